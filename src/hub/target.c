/* What columns of files may be, and all that is made once before the first row of an import. */
#include "base/i18n.h"
#include "hub/check.h"

#include "base/banned.h"

int plan_target_of(const Plan *plan, Str id)
{
    for (size_t i = 0; i < plan->n_targets; i++)
        if (str_eq(plan->targets[i].id, id))
            return (int) i;
    return -1;
}

static int record_column(const PackDataset *dataset, Str name)
{
    for (size_t i = 0; i < dataset->record->n_fields; i++)
        if (str_eq(dataset->record->fields[i].name, name))
            return (int) i;
    return -1;
}

/* --- Targets ------------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(Target) Targets;

static const CellType *cell_of(const Plan *plan, const PackWords *words, PackType type, int scale, const PackCodes *codes)
{
    return cell_type_new(words, type, scale, codes, plan->zone_minutes, plan->arena);
}

static const CellType *cell_of_field(const Plan *plan, const PackWords *words, const PackField *field)
{
    CellType *type = cell_type_new(words, field->type, field->expr_type.scale, field->codes, plan->zone_minutes, plan->arena);
    cell_type_unit(type, field->unit);
    return type;
}

static void add_fields(const Plan *plan, const PackWords *words, Targets *list)
{
    for (size_t i = 0; i < plan->dataset->fields.n; i++) {
        const PackField *field = &plan->dataset->fields.v[i];
        if (!field->retired)
            *ARENA_PUSH(plan->arena, list) = (Target) { field->entry.id, field->name, field->name_en, field->also, field->type,
                cell_of_field(plan, words, field), field, field->element, (int) field->column, TARGET_FIELD, false };
    }
}

static bool is_field_of(const Plan *plan, const PackElement *element)
{
    for (size_t i = 0; i < plan->dataset->fields.n; i++)
        if (plan->dataset->fields.v[i].element == element || str_eq(plan->dataset->fields.v[i].entry.id, element->entry.id))
            return true;
    return false;
}

static void add_element(const Plan *plan, const PackWords *words, Targets *list, const PackElement *element, int kind)
{
    int record = kind == TARGET_INPUT ? record_column(plan->dataset, element->entry.id) : -1;
    Target *target = ARENA_PUSH(plan->arena, list);
    *target = (Target) { element->entry.id, element->name, element->name_en, { NULL, 0 }, element->type,
                         cell_of(plan, words, element->type, (int) MAX(element->decimals, 0), element->codes), NULL, element, record, 0, false };
    target->kind = kind == TARGET_INPUT ? TARGET_INPUT : TARGET_FACT;
}

/* Inputs, and what else is known of a person if a file says it. */
static void add_person(const Plan *plan, const PacksRef *packs, const PackWords *words, Targets *list)
{
    size_t n;
    const PackElement *elements = packs_elements(packs, &n);
    for (size_t i = 0; i < plan->person->n_inputs; i++)
        add_element(plan, words, list, plan->person->inputs[i], TARGET_INPUT);
    for (size_t i = 0; i < n; i++) {
        bool known = !elements[i].of_person || is_field_of(plan, &elements[i]) || (elements[i].type == PACK_CODE && !elements[i].codes);
        for (size_t k = 0; k < plan->person->n_inputs; k++)
            known |= plan->person->inputs[k] == &elements[i];
        if (!known)
            add_element(plan, words, list, &elements[i], TARGET_FACT);
    }
}

static void add_own(const Plan *plan, const PackWords *words, Targets *list, const char *id, int kind)
{
    Target *target = ARENA_PUSH(plan->arena, list);
    g_autofree char *key = g_strconcat("hub.column.", id, NULL);
    PackType type = kind == TARGET_PERIOD ? PACK_TEXT : PACK_DATE;
    *target = (Target) { .id = str_from(id), .name = i18n(LANG_ZH, key), .name_en = i18n(LANG_EN, key), .type = type, .cell = cell_of(plan, words, type, 0, NULL),
                         .record = record_column(plan->dataset, str_from(id)) };
    target->kind = kind == TARGET_PERIOD ? TARGET_PERIOD : kind == TARGET_FROM ? TARGET_FROM : TARGET_TO;
}

static void make_targets(Plan *plan, const PacksRef *packs)
{
    const PackWords *words = packs_words(packs);
    const PackDataset *dataset = plan->dataset;
    Targets list = { 0 };
    add_fields(plan, words, &list);
    if (plan->person)
        add_person(plan, packs, words, &list);
    if (dataset->kind == PACK_AGGREGATE)
        add_own(plan, words, &list, "period", TARGET_PERIOD);
    if (dataset->kind == PACK_REGISTER) {
        add_own(plan, words, &list, "valid_from", TARGET_FROM);
        add_own(plan, words, &list, "valid_to", TARGET_TO);
    }
    plan->targets = list.v;
    plan->n_targets = list.n;
    plan->org = plan_target_of(plan, dataset->org);
    plan->date = dataset->date.p ? plan_target_of(plan, dataset->date) : -1;
    plan->period = dataset->kind == PACK_AGGREGATE ? plan_target_of(plan, STR("period")) : -1;
    plan->from = dataset->kind == PACK_REGISTER ? plan_target_of(plan, STR("valid_from")) : -1;
    plan->to = dataset->kind == PACK_REGISTER ? plan_target_of(plan, STR("valid_to")) : -1;
    if (plan->date >= 0)
        plan->targets[plan->date].needed = true;
}

/* --- Facts, rules, key ------------------------------------------------------------------------------------------------------------- */

static int target_of_element(const Plan *plan, const PackElement *element)
{
    for (size_t i = 0; i < plan->n_targets; i++)
        if (plan->targets[i].element && str_eq(plan->targets[i].element->entry.id, element->entry.id))
            return (int) i;
    return -1;
}

static void make_facts(Plan *plan, const PacksRef *packs)
{
    size_t n;
    const PackElement *elements = packs_elements(packs, &n);
    const ExprScope *record = plan->dataset->record;
    plan->facts = ARENA_ARRAY(plan->arena, Fact, record->n_fields + 1);
    for (size_t i = 0; i < record->n_fields; i++) {
        Str name = record->fields[i].name;
        if (!str_starts(name, STR("person.")))
            continue;
        for (size_t e = 0; e < n; e++)
            if (str_eq(elements[e].entry.id, str_from_at(name, 7)))
                plan->facts[plan->n_facts++] = (Fact) { (int) record->fields[i].column, &elements[e], target_of_element(plan, &elements[e]) };
    }
}

/* In the order of their findings' numbers. */
static void make_rules(Plan *plan)
{
    const PackDataset *dataset = plan->dataset;
    plan->rules = ARENA_ARRAY(plan->arena, RowRule, dataset->rules.n + dataset->fields.n);
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (dataset->rules.v[i].kind == PACK_ROW && dataset->rules.v[i].check.expr)
            plan->rules[plan->n_rules++] = (RowRule) { (uint16_t) i, dataset->rules.v[i].when.expr, dataset->rules.v[i].check.expr, false, -1 };
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (dataset->fields.v[i].required_when.expr && !dataset->fields.v[i].retired)
            plan->rules[plan->n_rules++] = (RowRule) { (uint16_t) (HUB_FOUND_REQUIRED + i), NULL, dataset->fields.v[i].required_when.expr, true, (int) i };
}

static KeyNear near_of(const Plan *plan, const KeyPart *part)
{
    const Target *target = part->field >= 0 ? &plan->targets[part->field] : NULL;
    if (!target) /* the person: numbers are given in the order in which persons come */
        return NEAR_NUMBER;
    if (part->field == plan->date)
        return NEAR_DAY;
    return target->type == PACK_TEXT ? NEAR_TEXT : target->type == PACK_INTEGER && part->field != plan->org ? NEAR_NUMBER : NEAR_NOTHING;
}

/* The day where the key holds it, else a text (most are running numbers), else a number. */
static void find_near(Plan *plan)
{
    static const int worth[] = { [NEAR_NOTHING] = 0, [NEAR_NUMBER] = 1, [NEAR_TEXT] = 2, [NEAR_DAY] = 3 };
    for (size_t i = 0; i < plan->n_key; i++) {
        KeyNear near = near_of(plan, &plan->key[i]);
        if (worth[near] > worth[plan->near]) {
            plan->near = near;
            plan->near_part = i;
        }
    }
}

static void make_key(Plan *plan)
{
    const PackDataset *dataset = plan->dataset;
    plan->key = ARENA_ARRAY(plan->arena, KeyPart, dataset->key.n + 1);
    for (size_t i = 0; i < dataset->key.n; i++) {
        int target = plan_target_of(plan, dataset->key.v[i].text);
        if (target >= 0)
            plan->targets[target].needed = true;
        plan->key[plan->n_key++] = (KeyPart) { target, target >= 0 ? plan->targets[target].record : -1 };
    }
    find_near(plan);
    if (dataset->kind == PACK_AGGREGATE)
        plan->key[plan->n_key++] = (KeyPart) { -2, -1 };
    /* Of the first key there is, so that a record is found again when another key was added. */
    Hash secret = hmac_sm3(key_ring_get(hub_open(plan->hub)->keys, 1, KEY_PERSON), STR("keys of records"));
    memcpy(plan->key_secret, secret.bytes, sizeof plan->key_secret);
}

static const PeriodKind kinds[] = { [PACK_EVERY_DAY] = PERIOD_DAY, [PACK_EVERY_WEEK] = PERIOD_WEEK, [PACK_EVERY_MONTH] = PERIOD_MONTH, [PACK_EVERY_QUARTER] = PERIOD_QUARTER,
                                    [PACK_EVERY_YEAR] = PERIOD_YEAR };

/* A file that is all of a month may hold days of it; a row then says its own. */
static bool fits(const HubImport *import, PeriodKind every)
{
    return period_kind(import->period) == every
           || (import->mode == HUB_REPLACE && period_end(import->period) - period_start(import->period) > period_end(period_of_date(every, period_start(import->period))) - period_start(period_of_date(every, period_start(import->period))));
}

static bool check_import(const Plan *plan, GError **err)
{
    const HubImport *import = plan->import;
    if (import->mode == HUB_REPLACE && import->period == 0 && plan->dataset->kind != PACK_REGISTER)
        return error_set(err, BH_BAD_INPUT, "to replace, it must be said which period") || error_detail(err, "no-period");
    if (import->period == 0 || plan->dataset->kind != PACK_AGGREGATE || fits(import, plan->every))
        return true;
    error_set(err, BH_BAD_INPUT, "the period is not of the kind that is reported: %s", pack_every[plan->dataset->every]);
    return error_detail(err, "other-period");
}

bool hub_plan_make(Plan *plan, Hub *hub, const HubImport *import, const PacksRef *packs, DbConn *conn, Arena *arena, GError **err)
{
    *plan = (Plan) { .hub = hub, .import = import, .dataset = import->dataset, .arena = arena, .replace_from = DATE_NONE, .replace_to = DATE_NONE };
    plan->person = import->dataset->subject ? import->dataset->subject->person : NULL;
    plan->zone_minutes = clock_zone_minutes(hub_open(hub)->clock);
    plan->every = import->dataset->every == PACK_NEVER ? PERIOD_MONTH : kinds[import->dataset->every];
    plan->days = (ExprDays) { clock_today(hub_open(hub)->clock), DATE_NONE, DATE_NONE };
    if (import->mode == HUB_REPLACE && import->period != 0) {
        plan->replace_from = period_start(import->period);
        plan->replace_to = period_end(import->period);
    }
    if (plan->person && !hub_open(hub)->persons)
        return error_set(err, BH_UNAVAILABLE, "the register of persons is not open");
    if (!check_import(plan, err))
        return false;
    plan->table = hub_run_table(import->dataset, arena);
    make_targets(plan, packs);
    make_facts(plan, packs);
    make_rules(plan);
    make_key(plan);
    plan->orgs = hub_orgs_load(hub, conn, import->org, arena, err);
    return plan->orgs != NULL;
}
