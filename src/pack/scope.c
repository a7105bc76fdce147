/* What the expressions of a pack may name, and typing them at their place in the file. */
#include "pack/load.h"

#include "base/banned.h"

typedef ARENA_LIST(ExprField) Fields;

static bool has_field(const Fields *fields, Str name)
{
    for (size_t i = 0; i < fields->n; i++)
        if (str_eq(fields->v[i].name, name))
            return true;
    return false;
}

static void add(Load *load, Fields *fields, Str name, ExprType type, const char *sql)
{
    uint32_t column = (uint32_t) fields->n;
    *ARENA_PUSH(load->arena, fields) = (ExprField) { name, type, column, sql };
}

static void add_inputs(Load *load, const PackDataset *dataset, Fields *fields)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->n_inputs; i++) {
        if (has_field(fields, person->inputs[i]->entry.id))
            yaml_find_key(load->report, person->entry.node, "pack-twice", "'" STR_FMT "' is an input of the person and a field, too", STR_ARG(person->inputs[i]->entry.id));
        else
            add(load, fields, person->inputs[i]->entry.id, pack_element_type(person->inputs[i]), NULL);
    }
}

static void add_person(Load *load, const PackDataset *dataset, Fields *fields)
{
    bool person = dataset->subject && dataset->subject->person;
    for (size_t i = 0; person && i < load->common->elements.n; i++) {
        const PackElement *element = &load->common->elements.v[i];
        if (element->of_person)
            add(load, fields, arena_concat(load->arena, STR("person."), element->entry.id), pack_element_type(element), NULL);
    }
}

/* What code_in may name: own tables and common ones by their ids, those of packs used as PACK.ID. */
void load_tables(Load *load)
{
    ARENA_LIST(const ExprCodes *) list = { 0 };
    for (size_t i = 0; i < load->pack->codes.n; i++)
        *ARENA_PUSH(load->arena, &list) = load->pack->codes.v[i].codes;
    for (size_t i = 0; i < load->common->codes.n; i++)
        *ARENA_PUSH(load->arena, &list) = load->common->codes.v[i].codes;
    for (size_t u = 0; u < load->pack->n_uses; u++) {
        const Pack *used = load->pack->uses[u];
        for (size_t i = 0; i < used->codes.n; i++)
            *ARENA_PUSH(load->arena, &list) = load_codes_as(load->arena, &used->codes.v[i],
                arena_printf(load->arena, STR_FMT "." STR_FMT, STR_ARG(used->id), STR_ARG(used->codes.v[i].entry.id)));
    }
    load->tables = list.v;
    load->n_tables = list.n;
}

static ExprScope *scope_new(Load *load, const Fields *fields, unsigned allows)
{
    ExprScope *scope = ARENA_NEW(load->arena, ExprScope);
    *scope = (ExprScope) { .fields = fields->v, .n_fields = fields->n, .tables = load->tables, .n_tables = load->n_tables, .allows = allows,
                           .zone_minutes = load->zone_minutes };
    return scope;
}

/* As the store has it: fields keep their places; those that hold what is personal are not there. The reporter's column is the engine's own. */
static const ExprDataset *stored(Load *load, const PackDataset *dataset)
{
    Fields fields = { 0 };
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        const char *sql = str_eq(field->entry.id, dataset->org) ? "org_" : arena_str(load->arena, field->entry.id).p;
        if (!pack_type_personal(field->type))
            *ARENA_PUSH(load->arena, &fields) = (ExprField) { field->entry.id, field->expr_type, field->column, sql, field->type == PACK_ORG };
    }
    size_t n = dataset->fields.n, before = fields.n;
    if (dataset->kind == PACK_REGISTER) {
        add(load, &fields, STR("valid_from"), (ExprType) { EXPR_DATE }, "valid_from");
        add(load, &fields, STR("valid_to"), (ExprType) { EXPR_DATE }, "valid_to");
    }
    add_person(load, dataset, &fields);
    for (size_t i = before; i < fields.n; i++)
        fields.v[i].column = (uint32_t) (n + i - before);
    ExprDataset *made = ARENA_NEW(load->arena, ExprDataset);
    *made = (ExprDataset) { dataset->full_name, scope_new(load, &fields, 0), "key_" };
    return made;
}

void load_scopes(Load *load, PackDataset *dataset)
{
    Fields fields = { 0 };
    for (size_t i = 0; i < dataset->fields.n; i++) {
        add(load, &fields, dataset->fields.v[i].entry.id, dataset->fields.v[i].expr_type, NULL);
        fields.v[i].opaque = dataset->fields.v[i].type == PACK_ORG;
    }
    if (dataset->kind == PACK_REGISTER) {
        add(load, &fields, STR("valid_from"), (ExprType) { EXPR_DATE }, NULL);
        add(load, &fields, STR("valid_to"), (ExprType) { EXPR_DATE }, NULL);
    }
    add_inputs(load, dataset, &fields);
    add_person(load, dataset, &fields);
    dataset->record = scope_new(load, &fields, EXPR_TODAY | EXPR_REGEXP | (dataset->kind == PACK_AGGREGATE ? EXPR_PERIOD : 0));
    dataset->stored = stored(load, dataset);
}

typedef ARENA_LIST(ExprDataset) Datasets;

static void add_datasets(Load *load, Datasets *list, const Pack *pack, bool own)
{
    for (size_t i = 0; i < pack->datasets.n; i++) {
        if (!pack->datasets.v[i].stored)
            continue;
        *ARENA_PUSH(load->arena, list) = *pack->datasets.v[i].stored;
        if (own) {
            *ARENA_PUSH(load->arena, list) = *pack->datasets.v[i].stored;
            list->v[list->n - 1].name = pack->datasets.v[i].entry.id;
        }
    }
}

const ExprScope *load_aggregate_scope(const Load *of)
{
    Load *load = (Load *) of;
    Datasets list = { 0 };
    add_datasets(load, &list, load->pack, true);
    for (size_t i = 0; i < load->pack->n_uses; i++)
        add_datasets(load, &list, load->pack->uses[i], false);
    ExprScope *scope = scope_new(load, &(Fields) { 0 }, EXPR_AGGREGATES | EXPR_PERIOD | EXPR_REGEXP);
    scope->datasets = list.v;
    scope->n_datasets = list.n;
    return scope;
}

bool load_expr(const Load *load, const PackExpr *expr, const ExprScope *scope, ExprKind wish)
{
    if (!expr->node || !scope)
        return false;
    g_autoptr(Diags) diags = diags_new();
    ((PackExpr *) expr)->expr = expr_parse(expr->text, scope, (ExprType) { wish, -1, NULL }, load->arena, diags);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        yaml_find_text(load->report, expr->node, diag->from, diag->code, STR_FMT, STR_ARG(diag->text));
    }
    return expr->expr != NULL;
}
