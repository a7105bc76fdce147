/* A stream made ready: where its occurrences come from, what its rows may name, what its files hold. */
#include "base/near.h"
#include "city/plan.h"

#include "base/banned.h"

typedef struct {
    City *city;
    CityStream *stream;
    CityPlan *plan;
} Planning;

static const ExprType text_type = { EXPR_TEXT, 0, NULL }, date_type = { EXPR_DATE, 0, NULL }, number_type = { EXPR_NUMBER, 0, NULL };

/* --- What a row may name ------------------------------------------------------------------------------------------------ */

/* The row above it: its columns behind those of people, as `parent.x`; what has a point in its name already keeps it. */
static void add_parent(Planning *p)
{
    const CityPlan *parent = p->plan->parent;
    for (uint32_t i = 0; i < parent->n; i++) {
        Str name = parent->fields[i].name;
        bool dotted = str_has(name, STR(".")), common = i < p->city->people->n;
        if (common && !str_eq(name, STR("at")) && !str_eq(name, STR("nth")))
            continue;
        plan_add(p->plan, dotted ? name : arena_concat(p->city->arena, STR("parent."), name),
                 (PlanColumn) { .kind = COLUMN_PARENT, .type = parent->columns[i].type, .as = parent->columns[i].as, .table = parent->columns[i].table, .index = i });
    }
}

static void add_table(Planning *p, const CityTable *table, Str prefix, ColumnKind kind, uint32_t index)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        PlanColumn column = { .kind = kind, .type = text_type, .as = PACK_TEXT, .index = index };
        plan_set_table(p->city, table, i, &column, p->stream->entry.node, &column.set);
        plan_add(p->plan, arena_printf(p->city->arena, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(str_trim(table->columns[i]))), column);
    }
}

static bool add_each(Planning *p)
{
    CityStream *stream = p->stream;
    if (!stream->each_name.p)
        return true;
    stream->each = city_table(p->city, stream->each_name, yaml_get(stream->entry.node, "each"));
    if (stream->each)
        add_table(p, stream->each, STR("each"), COLUMN_EACH, 0);
    return stream->each != NULL;
}

static bool check_pick(const City *city, const CityPick *pick, const CityTable *table)
{
    const Str columns[] = { pick->weight, pick->men, pick->women, pick->age_from, pick->age_to, pick->months };
    bool ok = true;
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (columns[i].p && city_table_column(table, columns[i]) < 0)
            ok = city_find(city, pick->entry.node, "city-no-such", STR_FMT " has no column '" STR_FMT "'", STR_ARG(table->name), STR_ARG(columns[i]));
    return ok;
}

static bool add_picks(Planning *p)
{
    CityStream *stream = p->stream;
    bool ok = true;
    stream->pick_tables = ARENA_ARRAY(p->city->arena, const CityTable *, stream->picks.n + 1);
    for (size_t i = 0; i < stream->picks.n; i++) {
        const CityPick *pick = &stream->picks.v[i];
        const CityTable *table = stream->pick_tables[i] = city_table(p->city, pick->file, yaml_get(pick->entry.node, "file"));
        ok &= table && check_pick(p->city, pick, table);
        if (table)
            add_table(p, table, pick->entry.id, COLUMN_PICK, (uint32_t) i);
    }
    return ok;
}

static bool add_census(Planning *p)
{
    CityPlan *people = p->plan->census = plan_new(p->city, p->city->people);
    size_t n = p->stream->by.n;
    bool ok = n > 0 || city_find(p->city, p->stream->entry.node, "pack-key-missing", "a census counts people by something");
    p->plan->by = ARENA_ARRAY(p->city->arena, uint32_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        const CityValue *value = &p->stream->by.v[i];
        Str name = arena_concat(p->city->arena, STR("census."), value->entry.id);
        ok &= plan_value(people, name, value, (PlanColumn) { .of = OF_PERSON, .type = text_type });
        p->plan->by[i] = people->n - 1;
        plan_add(p->plan, name, (PlanColumn) { .kind = COLUMN_GROUP, .type = text_type, .index = (uint32_t) i });
    }
    plan_add(p->plan, STR("census.people"), (PlanColumn) { .kind = COLUMN_GROUP_SIZE, .type = number_type, .as = PACK_INTEGER });
    return plan_expr(people, &p->stream->who, EXPR_BOOL) && ok;
}

/* --- Where its occurrences come from --------------------------------------------------------------------------------------- */

static bool find_source(Planning *p)
{
    CityStream *stream = p->stream;
    const CityFile *file = p->city->file;
    if (str_eq(stream->of_name, STR("people")) || str_eq(stream->of_name, STR("institutions")) || str_eq(stream->of_name, STR("census"))) {
        stream->source = stream->of_name.p[0] == 'p' ? OF_PEOPLE : stream->of_name.p[0] == 'i' ? OF_INSTITUTIONS : OF_CENSUS;
        return true;
    }
    for (size_t i = 0; i < file->processes.n; i++)
        if (str_eq(file->processes.v[i].entry.id, stream->of_name)) {
            stream->source = OF_PROCESS;
            stream->process = &file->processes.v[i];
            return true;
        }
    Str rest = stream->name;
    stream->parent = city_stream(p->city, stream->of_name, str_cut(&rest, '.'));
    stream->source = OF_STREAM;
    if (!stream->parent)
        return city_find(p->city, yaml_at(stream->entry.node, "of"), "city-no-such", "'" STR_FMT "' is neither people, institutions, census, a process nor a stream",
                         STR_ARG(stream->of_name));
    ((CityStream *) stream->parent)->has_children = true;
    return stream->parent->plan != NULL;
}

static bool check_times(const Planning *p)
{
    const CityStream *stream = p->stream;
    int ways = (stream->at.node != NULL) + (stream->every != NULL) + (stream->rate.node != NULL);
    bool of_orgs = stream->source == OF_INSTITUTIONS || stream->source == OF_CENSUS;
    if (of_orgs ? ways > 0 : ways != 1)
        return city_find(p->city, stream->entry.node, "city-value", of_orgs ? "what institutions report has no time of its own" : "exactly one of at, every, rate says when");
    if (stream->rate.node && stream->source != OF_PEOPLE)
        return city_find(p->city, stream->rate.node, "city-value", "a rate is of people");
    return true;
}

static bool find_season(Planning *p)
{
    CityStream *stream = p->stream;
    for (size_t i = 0; stream->season_name.p && i < p->city->file->seasons.n; i++)
        if (str_eq(p->city->file->seasons.v[i].entry.id, stream->season_name))
            stream->season = p->city->file->seasons.v[i].weights;
    return !stream->season_name.p || stream->season
           || city_find(p->city, yaml_at(stream->entry.node, "season"), "city-no-such", "there is no season '" STR_FMT "'", STR_ARG(stream->season_name));
}

static bool plan_times(Planning *p)
{
    CityStream *stream = p->stream;
    const CityPlan *plan = p->plan;
    bool ok = stream->source == OF_CENSUS || plan_expr(plan, &stream->who, EXPR_BOOL);
    ok &= plan_expr(plan, &stream->at, EXPR_DATE) && plan_expr(plan, &stream->rate, EXPR_NUMBER) && plan_expr(plan, &stream->when, EXPR_BOOL)
          && plan_expr(plan, &stream->share, EXPR_NUMBER);
    if (stream->every)
        ok &= plan_expr(plan, &stream->every->from, EXPR_DATE) && plan_expr(plan, &stream->every->months, EXPR_NUMBER) && plan_expr(plan, &stream->every->until, EXPR_DATE);
    if (stream->lag)
        ok &= plan_value(p->plan, STR("lag"), stream->lag, (PlanColumn) { .type = number_type, .as = PACK_INTEGER });
    return ok && check_times(p) && find_season(p);
}

/* --- Fields ------------------------------------------------------------------------------------------------------------------ */

static const PackElement *find_input(const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->by.n + person->otherwise.n; i++)
        if (person->inputs[i] && str_eq(person->inputs[i]->entry.id, id))
            return person->inputs[i];
    return NULL;
}

static bool no_such_field(const Planning *p, const Yaml *node, Str id)
{
    const PackDataset *dataset = p->stream->dataset;
    Str *names = ARENA_ARRAY(p->city->arena, Str, dataset->fields.n + 1);
    for (size_t i = 0; i < dataset->fields.n; i++)
        names[i] = dataset->fields.v[i].entry.id;
    yaml_find_key(p->city->report, node, "city-no-such", "the dataset '" STR_FMT "' has no field '" STR_FMT "'%s", STR_ARG(dataset->full_name), STR_ARG(id),
                  near_texts(p->city->arena, id, names, dataset->fields.n));
    return false;
}

static bool add_fields(Planning *p)
{
    bool ok = true;
    for (size_t i = 0; i < p->stream->fields.n; i++) {
        const CityValue *value = &p->stream->fields.v[i];
        const PackField *field = pack_field(p->stream->dataset, value->entry.id);
        const PackElement *input = field ? NULL : find_input(p->stream->dataset, value->entry.id);
        if (!field && !input) {
            ok = no_such_field(p, value->entry.node, value->entry.id);
            continue;
        }
        PlanColumn wanted = { .type = field ? field->expr_type : pack_element_type(input), .as = field ? field->type : input->type, .table = field ? field->codes : input->codes };
        ok &= plan_value(p->plan, value->entry.id, value, wanted);
    }
    if (p->stream->valid_from)
        ok &= plan_value(p->plan, STR("valid_from"), p->stream->valid_from, (PlanColumn) { .type = date_type, .as = PACK_DATE });
    if (p->stream->valid_to)
        ok &= plan_value(p->plan, STR("valid_to"), p->stream->valid_to, (PlanColumn) { .type = date_type, .as = PACK_DATE });
    return ok;
}

static PlanColumn wanted_as(const CityValue *value)
{
    static const ExprKind kinds[] = { [PACK_TEXT] = EXPR_TEXT, [PACK_INTEGER] = EXPR_NUMBER, [PACK_DECIMAL] = EXPR_NUMBER, [PACK_DATE] = EXPR_DATE, [PACK_TIME] = EXPR_TIME,
                                      [PACK_BOOL] = EXPR_BOOL };
    if (value->as < 0)
        return (PlanColumn) { 0 };
    return (PlanColumn) { .type = { kinds[value->as], value->as == PACK_DECIMAL ? (int) value->decimals : 0, NULL }, .as = (PackType) value->as };
}

static bool add_values(Planning *p)
{
    bool ok = true;
    for (size_t i = 0; i < p->stream->values.n; i++)
        ok &= plan_value(p->plan, p->stream->values.v[i].entry.id, &p->stream->values.v[i], wanted_as(&p->stream->values.v[i]));
    return ok;
}

/* --- Mistakes ---------------------------------------------------------------------------------------------------------------- */

static bool is_finding(const PackDataset *dataset, Str name)
{
    static const char *const words[] = { "reject", "required", "type", "repeated", "none" };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (str_eq(name, str_from(words[i])))
            return true;
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, name))
            return true;
    return false;
}

static bool check_mistake(const Planning *p, const CityMistake *mistake)
{
    static const bool needs_field[] = { [MISTAKE_SET] = true, [MISTAKE_BLANK] = true, [MISTAKE_TEXT] = true, [MISTAKE_SWAP] = true, [MISTAKE_DIGIT] = true, [MISTAKE_LOST] = false };
    const City *city = p->city;
    bool ok = true, field = needs_field[mistake->kind];
    for (size_t i = 0; i < mistake->finds.n; i++)
        if (!is_finding(p->stream->dataset, mistake->finds.v[i].text))
            ok = city_find(city, mistake->finds.v[i].node, "city-no-such", "the dataset has no rule '" STR_FMT "'", STR_ARG(mistake->finds.v[i].text));
    if (field != (mistake->field.p != NULL) || (mistake->kind == MISTAKE_SWAP) != (mistake->with.p != NULL) || (mistake->kind == MISTAKE_TEXT) != (mistake->text.p != NULL)
        || (mistake->kind == MISTAKE_SET) != (mistake->expr.node != NULL))
        return city_find(city, mistake->entry.node, "city-value", "a mistake of kind %s does not have these keys", city_mistake_kinds[mistake->kind]);
    const Str names[] = { mistake->field, mistake->with };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].p && plan_find(p->plan, names[i]) < 0 && plan_find(p->plan, arena_concat(city->arena, STR("input."), names[i])) < 0)
            ok = city_find(city, mistake->entry.node, "city-no-such", "there is no field '" STR_FMT "' with a value", STR_ARG(names[i]));
    return ok;
}

static bool plan_mistakes(const Planning *p)
{
    bool ok = true;
    for (size_t i = 0; i < p->stream->mistakes.n; i++) {
        const CityMistake *mistake = &p->stream->mistakes.v[i];
        int column = mistake->field.p ? plan_find(p->plan, mistake->field) : -1;
        ok &= check_mistake(p, mistake);
        ok &= plan_expr(p->plan, &mistake->share, EXPR_NUMBER) && plan_expr(p->plan, &mistake->when, EXPR_BOOL)
              && plan_expr(p->plan, &mistake->expr, column >= 0 ? p->plan->columns[column].type.kind : EXPR_NONE);
    }
    return ok;
}

/* --- What a file holds --------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(CityOutput) Outputs;

static void add_output(const Planning *p, Outputs *list, const PackField *field, const PackElement *input)
{
    Str id = field ? field->entry.id : input->entry.id;
    int column = plan_find(p->plan, id);
    if (column < 0 && !field)
        column = plan_find(p->plan, arena_concat(p->city->arena, STR("input."), id));
    *ARENA_PUSH(p->city->arena, list) = (CityOutput) {
        .field = field, .id = id, .name = field ? field->name : input->name, .also = field && field->also.n > 0 ? field->also.v[0].text : STR_NONE, .column = column,
        .as = field ? field->type : input->type, .codes = field ? field->codes : input->codes, .scale = field ? field->expr_type.scale : pack_element_type(input).scale,
    };
}

static void add_day_output(const Planning *p, Outputs *list, const char *id)
{
    int column = plan_find(p->plan, str_from(id));
    if (column >= 0)
        *ARENA_PUSH(p->city->arena, list) = (CityOutput) { .id = str_from(id), .name = str_from(id), .column = column, .as = PACK_DATE };
}

enum { PERIOD_OUTPUT = -2 };

static bool add_outputs(const Planning *p, CityOutputs *ret_outputs)
{
    const PackDataset *dataset = p->stream->dataset;
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    Outputs list = { 0 };
    bool ok = true;
    if (dataset->kind == PACK_AGGREGATE)
        *ARENA_PUSH(p->city->arena, &list) = (CityOutput) { .id = STR("period"), .name = STR("period"), .column = PERIOD_OUTPUT, .as = PACK_TEXT };
    for (size_t i = 0; person && i < person->by.n + person->otherwise.n; i++)
        if (!pack_field(dataset, person->inputs[i]->entry.id))
            add_output(p, &list, NULL, person->inputs[i]);
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        add_output(p, &list, field, NULL);
        if (list.v[list.n - 1].column < 0 && field->required)
            ok = city_find(p->city, p->stream->entry.node, "city-required", "the field '" STR_FMT "' of '" STR_FMT "' must be filled", STR_ARG(field->entry.id), STR_ARG(dataset->full_name));
    }
    if (dataset->kind == PACK_REGISTER) {
        add_day_output(p, &list, "valid_from");
        add_day_output(p, &list, "valid_to");
    }
    *ret_outputs = (CityOutputs) { list.v, list.n };
    return ok;
}

/* --- All ---------------------------------------------------------------------------------------------------------------------- */

static bool find_dataset(Planning *p)
{
    CityStream *stream = p->stream;
    if (!stream->dataset_name.p)
        return stream->fields.n == 0 || city_find(p->city, stream->entry.node, "city-value", "a stream without a dataset has no fields");
    Str rest = stream->name;
    Str pack = str_cut(&rest, '.');
    stream->dataset = packs_dataset(p->city->packs, arena_printf(p->city->arena, STR_FMT "." STR_FMT, STR_ARG(pack), STR_ARG(stream->dataset_name)));
    if (!stream->dataset)
        return city_find(p->city, yaml_at(stream->entry.node, "dataset"), "city-no-such", "the pack '" STR_FMT "' has no dataset '" STR_FMT "'", STR_ARG(pack), STR_ARG(stream->dataset_name));
    return stream->reporter || city_find(p->city, stream->entry.node, "pack-key-missing", "'reporter' is missing in stream");
}

bool plan_stream(City *city, CityStream *stream, CityOutputs *ret_outputs)
{
    Planning p = { city, stream, NULL };
    if (!find_dataset(&p) || !find_source(&p))
        return false;
    p.plan = plan_new(city, stream->source == OF_PROCESS ? stream->process->plan : city->people);
    p.plan->stream = stream;
    p.plan->parent = stream->parent ? stream->parent->plan : NULL;
    if (p.plan->parent)
        add_parent(&p);
    bool ok = add_each(&p) && add_picks(&p) && (stream->source != OF_CENSUS || add_census(&p)) && add_values(&p) && plan_times(&p);
    if (ok && stream->dataset)
        ok = add_fields(&p) && plan_mistakes(&p) && add_outputs(&p, ret_outputs);
    stream->plan = ok ? p.plan : NULL;
    return ok;
}
