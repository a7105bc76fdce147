#include "city/plan.h"

#include "base/near.h"
#include "city/random.h"

#include "base/banned.h"

/* --- Plans ---------------------------------------------------------------------------------------------------------------- */

CityPlan *plan_new(City *city, const CityPlan *prefix)
{
    CityPlan *plan = ARENA_NEW(city->arena, CityPlan);
    ExprScope *scope = ARENA_NEW(city->arena, ExprScope);
    *plan = (CityPlan) { .city = city, .fields = ARENA_ARRAY(city->arena, ExprField, PLAN_COLUMNS_MAX),
                         .columns = ARENA_ARRAY(city->arena, PlanColumn, PLAN_COLUMNS_MAX), .scope = scope };
    *scope = (ExprScope) { .fields = plan->fields, .zone_minutes = 480 };
    if (prefix) {
        memcpy(plan->fields, prefix->fields, prefix->n * sizeof *plan->fields);
        memcpy(plan->columns, prefix->columns, prefix->n * sizeof *plan->columns);
        plan->n = prefix->n;
        scope->n_fields = prefix->n;
        plan->process = prefix->process;
    }
    return plan;
}

uint32_t plan_add(CityPlan *plan, Str name, PlanColumn column)
{
    g_assert(plan->n < PLAN_COLUMNS_MAX);
    column.key = random_key(0, name);
    plan->columns[plan->n] = column;
    plan->fields[plan->n] = (ExprField) { name, column.type, plan->n, NULL };
    ((ExprScope *) plan->scope)->n_fields = plan->n + 1;
    return plan->n++;
}

int plan_find(const CityPlan *plan, Str name)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (str_eq(plan->fields[i].name, name))
            return (int) i;
    return -1;
}

bool plan_expr(const CityPlan *plan, const PackExpr *expr, ExprKind wish)
{
    if (!expr->node || expr->expr)
        return true;
    g_autoptr(Diags) diags = diags_new();
    ((PackExpr *) expr)->expr = expr_parse(expr->text, plan->scope, (ExprType) { wish, -1, NULL }, plan->city->arena, diags);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        yaml_find_text(plan->city->report, expr->node, diag->from, diag->code, STR_FMT, STR_ARG(diag->text));
    }
    return expr->expr != NULL;
}

/* --- Values: each maker types what it needs, and says what it makes -------------------------------------------------------- */

typedef struct {
    CityPlan *plan;
    City *city;
    const CityValue *value;
    PlanColumn column; /* on its way; type.kind EXPR_NONE: nobody asked for one */
} Making;

static const ExprType text_type = { EXPR_TEXT, 0, NULL }, date_type = { EXPR_DATE, 0, NULL }, time_type = { EXPR_TIME, 0, NULL };

static bool wanted_is_open(const Making *m)
{
    return m->column.type.kind == EXPR_NONE;
}

static void want(Making *m, ExprType type)
{
    if (wanted_is_open(m))
        m->column.type = type;
}

static bool mismatch(const Making *m, const char *made)
{
    return city_find(m->city, m->value->entry.node, "city-type", "it makes %s, and type %s is expected", made, pack_types[m->column.as]);
}

static bool make_one(Making *m)
{
    CityChoice *one = ARENA_NEW(m->city->arena, CityChoice);
    const Yaml **nodes = ARENA_NEW(m->city->arena, const Yaml *);
    *nodes = yaml_get(m->value->entry.node, "is");
    *one = (CityChoice) { 1, &m->value->is, nodes, NULL };
    want(m, text_type);
    return plan_set_texts(m->city, one, &m->column, &m->column.set);
}

static bool make_choice(Making *m)
{
    want(m, text_type);
    return plan_set_texts(m->city, &m->value->choice, &m->column, &m->column.set);
}

static bool make_codes(Making *m)
{
    if (!m->column.table)
        return city_find(m->city, m->value->entry.node, "city-type", "only a field with a code table takes any of its codes");
    m->column.set = plan_set_codes(m->city, m->column.table);
    return m->column.set->n > 0 || city_find(m->city, m->value->entry.node, "city-type", "its code table has no codes");
}

static bool make_expr(Making *m)
{
    const PackExpr *expr = &m->value->expr;
    if (!plan_expr(m->plan, expr, m->column.type.kind))
        return false;
    want(m, expr_type(expr->expr));
    return m->column.type.kind == expr_type(expr->expr).kind || expr_type(expr->expr).kind == EXPR_NONE || mismatch(m, "something else");
}

static bool make_range(Making *m)
{
    const CityRange *range = m->value->range;
    if (!plan_expr(m->plan, &range->from, m->column.type.kind) || !plan_expr(m->plan, &range->to, expr_type(range->from.expr).kind))
        return false;
    ExprKind kind = expr_type(range->from.expr).kind;
    if (kind != EXPR_NUMBER && kind != EXPR_DATE)
        return city_find(m->city, range->entry.node, "city-type", "a range is of numbers or days");
    want(m, (ExprType) { kind, (int) m->value->decimals, NULL });
    return m->column.type.kind == kind || mismatch(m, kind == EXPR_DATE ? "days" : "numbers");
}

static bool make_spread(Making *m)
{
    const CitySpread *spread = m->value->normal ? m->value->normal : m->value->lognormal;
    const PackExpr *parts[] = { &spread->mean, &spread->sd, &spread->median, &spread->min, &spread->max };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (!plan_expr(m->plan, parts[i], EXPR_NUMBER))
            return false;
    want(m, (ExprType) { EXPR_NUMBER, (int) m->value->decimals, NULL });
    return (m->column.type.kind == EXPR_NUMBER && m->column.as != PACK_ORG) || mismatch(m, "numbers");
}

static bool read_minute(const Making *m, Str text, int *ret_minute)
{
    int64_t hour, minute;
    Str rest = text, head = str_cut(&rest, ':');
    if (!str_to_int64(head, &hour) || !rest.p || !str_to_int64(rest, &minute) || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return city_find(m->city, m->value->clock->entry.node, "city-value", "'" STR_FMT "' is no time of day, as 08:30", STR_ARG(text));
    *ret_minute = (int) (hour * 60 + minute);
    return true;
}

static bool make_clock(Making *m)
{
    CityClock *clock = (CityClock *) m->value->clock;
    want(m, time_type);
    return plan_expr(m->plan, &clock->day, EXPR_DATE) && read_minute(m, clock->from, &clock->from_minute) && read_minute(m, clock->to, &clock->to_minute)
           && (m->column.type.kind == EXPR_TIME || mismatch(m, "instants"));
}

static bool make_later(Making *m)
{
    const CityLater *later = m->value->later;
    want(m, time_type);
    return plan_expr(m->plan, &later->time, EXPR_TIME) && plan_expr(m->plan, &later->minutes, EXPR_NUMBER) && (m->column.type.kind == EXPR_TIME || mismatch(m, "instants"));
}

static bool make_number(Making *m)
{
    want(m, text_type);
    return (m->column.type.kind == EXPR_TEXT && !m->column.table) || mismatch(m, "texts");
}

static bool make_copy(Making *m)
{
    static const struct {
        Str word;
        ExprKind kind;
    } words[COPY_COUNT] = {
        [COPY_ID_NUMBER] = { STR_INIT("id_number"), EXPR_TEXT }, [COPY_NAME] = { STR_INIT("name"), EXPR_TEXT }, [COPY_PHONE] = { STR_INIT("phone"), EXPR_TEXT },
        [COPY_ADDRESS] = { STR_INIT("address"), EXPR_TEXT }, [COPY_BIRTH] = { STR_INIT("birth"), EXPR_DATE }, [COPY_SEX] = { STR_INIT("sex"), EXPR_TEXT },
        [COPY_AREA] = { STR_INIT("area"), EXPR_TEXT }, [COPY_RELATIVE] = { STR_INIT("relative"), EXPR_TEXT }, [COPY_HOME] = { STR_INIT("home"), EXPR_NUMBER },
        [COPY_MOTHER_ID_NUMBER] = { STR_INIT("mother_id_number"), EXPR_TEXT }, [COPY_MOTHER_NAME] = { STR_INIT("mother_name"), EXPR_TEXT },
        [COPY_MOTHER_PHONE] = { STR_INIT("mother_phone"), EXPR_TEXT }, [COPY_MOTHER_BIRTH] = { STR_INIT("mother_birth"), EXPR_DATE },
    };
    for (size_t i = 0; i < COPY_COUNT; i++)
        if (str_eq(m->value->copy, words[i].word)) {
            m->column.copy = (CopyKind) i;
            want(m, (ExprType) { words[i].kind, 0, NULL });
            return m->column.type.kind == words[i].kind || mismatch(m, "something else");
        }
    return city_find(m->city, yaml_at(m->value->entry.node, "copy"), "city-value", "'" STR_FMT "' cannot be copied from a person", STR_ARG(m->value->copy));
}

static bool make_org(Making *m)
{
    const CityOrgChoice *org = m->value->org;
    bool open = wanted_is_open(m);
    int ways = (org->kinds.n > 0) + org->home + org->parent + org->reporter;
    want(m, (ExprType) { EXPR_NUMBER, 0, NULL });
    if (ways != 1)
        return city_find(m->city, org->entry.node, "city-value", "one of kinds, home, parent, reporter says which institution it is");
    if (org->parent && !m->plan->parent)
        return city_find(m->city, org->entry.node, "city-value", "there is no row above this one");
    return open || m->column.as == PACK_ORG || mismatch(m, "institutions");
}

static bool make_count(Making *m)
{
    want(m, (ExprType) { EXPR_NUMBER, 0, NULL });
    return plan_expr(m->plan, &m->value->count->is, EXPR_NONE) && (m->column.type.kind == EXPR_NUMBER || mismatch(m, "numbers"));
}

/* A table's column is read anew, as the type that is wanted. */
static bool make_column(Making *m)
{
    int from = plan_find(m->plan, m->value->column);
    const Yaml *node = yaml_at(m->value->entry.node, "column");
    if (from < 0) {
        Str *names = ARENA_ARRAY(m->city->arena, Str, m->plan->n);
        for (uint32_t i = 0; i < m->plan->n; i++)
            names[i] = m->plan->fields[i].name;
        return city_find(m->city, node, "city-no-such", "there is no column '" STR_FMT "'%s", STR_ARG(m->value->column), near_texts(m->city->arena, m->value->column, names, m->plan->n));
    }
    const PlanColumn *source = &m->plan->columns[from];
    m->column.from = (uint32_t) from;
    want(m, source->type);
    if (source->kind == COLUMN_EACH || source->kind == COLUMN_PICK) {
        const CityStream *stream = m->plan->stream;
        const CityTable *table = source->kind == COLUMN_EACH ? stream->each : stream->pick_tables[source->index];
        return plan_set_table(m->city, table, (size_t) city_table_column(table, str_from_at(m->value->column, (size_t) str_find(m->value->column, STR("."), 0) + 1)), &m->column, node,
                              &m->column.set);
    }
    return m->column.type.kind == source->type.kind || mismatch(m, "something else");
}

typedef struct {
    bool given;
    bool (*make)(Making *m);
} Maker;

/* The makers that the value names; more or less than one is a fault. */
static bool find_maker(const Making *m, Maker *ret_maker)
{
    const CityValue *v = m->value;
    const Maker makers[] = {
        { v->is.p != NULL, make_one }, { v->choice.n > 0, make_choice }, { v->codes, make_codes }, { v->expr.node != NULL, make_expr }, { v->range != NULL, make_range },
        { v->normal || v->lognormal, make_spread }, { v->clock != NULL, make_clock }, { v->later != NULL, make_later }, { v->serial || v->number, make_number },
        { v->copy.p != NULL, make_copy }, { v->org != NULL, make_org }, { v->count != NULL, make_count }, { v->column.p != NULL, make_column },
    };
    size_t given = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
        if (makers[i].given) {
            *ret_maker = makers[i];
            given++;
        }
    return given == 1 || city_find(m->city, v->entry.node, "city-value", "exactly one key says where a value comes from; here are %zu", given);
}

bool plan_value(CityPlan *plan, Str name, const CityValue *value, PlanColumn wanted)
{
    wanted.kind = COLUMN_VALUE;
    wanted.value = value;
    Making making = { plan, (City *) plan->city, value, wanted };
    Maker maker = { 0 };
    bool ok = find_maker(&making, &maker) && maker.make(&making);
    ok &= plan_expr(plan, &value->when, EXPR_BOOL) && plan_expr(plan, &value->share, EXPR_NUMBER);
    if (ok)
        plan_add(plan, name, making.column);
    return ok;
}

/* --- People ------------------------------------------------------------------------------------------------------------------- */

static void add_people_columns(CityPlan *plan)
{
    const ExprType number = { EXPR_NUMBER, 0, NULL };
    const struct {
        const char *name;
        ColumnKind kind;
        ExprType type;
        PackType as;
    } rows[] = {
        { "at", COLUMN_AT, date_type, PACK_DATE }, { "nth", COLUMN_NTH, number, PACK_INTEGER }, { "reporter", COLUMN_REPORTER, number, PACK_ORG },
        { "reporter_kind", COLUMN_REPORTER_KIND, text_type, PACK_TEXT },
        { "reporter_area", COLUMN_REPORTER_AREA, text_type, PACK_TEXT }, { "reporter_legal_code", COLUMN_REPORTER_LEGAL_CODE, text_type, PACK_TEXT },
        { "first_day", COLUMN_FIRST_DAY, date_type, PACK_DATE }, { "last_day", COLUMN_LAST_DAY, date_type, PACK_DATE }, { "period_day", COLUMN_PERIOD_DAY, date_type, PACK_DATE },
        { "person.birth", COLUMN_BIRTH, date_type, PACK_DATE }, { "person.sex", COLUMN_SEX, text_type, PACK_TEXT }, { "person.died", COLUMN_DIED, date_type, PACK_DATE },
        { "person.since", COLUMN_SINCE, date_type, PACK_DATE }, { "person.until", COLUMN_UNTIL, date_type, PACK_DATE },
        { "person.area", COLUMN_AREA, text_type, PACK_TEXT }, { "person.home", COLUMN_HOME, number, PACK_ORG },
        { "person.mother_birth", COLUMN_MOTHER, date_type, PACK_DATE },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        plan_add(plan, str_from(rows[i].name), (PlanColumn) { .kind = rows[i].kind, .type = rows[i].type, .as = rows[i].as });
}

static bool add_inputs(City *city, CityPlan *plan)
{
    size_t n;
    const PackElement *elements = packs_elements(city->packs, &n);
    bool ok = true;
    for (size_t i = 0; i < city->file->inputs.n; i++) {
        const CityValue *value = &city->file->inputs.v[i];
        const PackElement *element = NULL;
        for (size_t e = 0; e < n; e++)
            if (str_eq(elements[e].entry.id, value->entry.id))
                element = &elements[e];
        if (!element)
            ok = city_find(city, value->entry.node, "city-no-such", "there is no element '" STR_FMT "'", STR_ARG(value->entry.id));
        else
            ok &= plan_value(plan, arena_concat(city->arena, STR("input."), value->entry.id), value,
                             (PlanColumn) { .of = OF_PERSON, .type = pack_element_type(element), .as = element->type, .table = element->codes });
    }
    return ok;
}

bool plan_people(City *city)
{
    const CityPeople *people = city->file->people;
    CityPlan *plan = city->people = plan_new(city, NULL);
    bool ok = true;
    add_people_columns(plan);
    for (size_t i = 0; i < people->traits.n; i++)
        plan_add(plan, arena_concat(city->arena, STR("person."), people->traits.v[i].entry.id),
                 (PlanColumn) { .kind = COLUMN_TRAIT, .type = date_type, .as = PACK_DATE, .index = (uint32_t) i });
    for (size_t i = 0; i < people->facts.n; i++)
        ok &= plan_value(plan, arena_concat(city->arena, STR("person."), people->facts.v[i].entry.id), &people->facts.v[i], (PlanColumn) { .of = OF_PERSON });
    return add_inputs(city, plan) && ok;
}

bool plan_process(City *city, CityProcess *process)
{
    CityPlan *plan = plan_new(city, city->people);
    Str dot = arena_concat(city->arena, process->entry.id, STR("."));
    bool ok = true;
    plan->process = process;
    plan_add(plan, arena_concat(city->arena, dot, STR("start")), (PlanColumn) { .kind = COLUMN_START, .type = date_type, .as = PACK_DATE });
    process->outcome_column = -1;
    if (process->outcome) {
        ok &= plan_value(plan, arena_concat(city->arena, dot, STR("outcome")), process->outcome, (PlanColumn) { .of = OF_EPISODE, .type = text_type });
        process->outcome_column = ok ? (int) plan->n - 1 : -1;
    }
    ok &= plan_value(plan, arena_concat(city->arena, dot, STR("days")), process->days, (PlanColumn) { .of = OF_EPISODE, .type = { EXPR_NUMBER, 0, NULL }, .as = PACK_INTEGER });
    process->days_column = ok ? (int) plan->n - 1 : -1;
    plan_add(plan, arena_concat(city->arena, dot, STR("end")), (PlanColumn) { .kind = COLUMN_END, .type = date_type, .as = PACK_DATE });
    for (size_t i = 0; i < process->facts.n; i++)
        ok &= plan_value(plan, arena_concat(city->arena, dot, process->facts.v[i].entry.id), &process->facts.v[i], (PlanColumn) { .of = OF_EPISODE });
    process->plan = plan;
    if (process->birth.p && !process->outcome)
        ok = city_find(city, yaml_at(process->entry.node, "birth"), "city-value", "a birth at an outcome needs an outcome");
    return ok;
}
