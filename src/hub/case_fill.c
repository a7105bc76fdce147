/* What a step fills in: read as a cell of a file is, put into the record that is stored, and judged with it. */
#include "db/pick.h"
#include "hub/case_do.h"

#include "base/banned.h"

/* --- The record ------------------------------------------------------------------------------------------------------------------ */

bool case_record(DbConn *conn, const PackDataset *dataset, int64_t month, int64_t org, int64_t key, Arena *arena, HubCells *ret_record, bool *ret_found, GError **err)
{
    RunTable table = hub_run_table(dataset, arena);
    const char **columns = ARENA_ARRAY(arena, const char *, table.n);
    DbPickIf where[] = { { "month_", DB_PICK_EQ, DB_INT(month) }, { "org_", DB_PICK_EQ, DB_INT(org) }, { "key_", DB_PICK_EQ, DB_INT(key) } };
    PackTables tables;
    size_t n = 0;
    for (size_t i = 0; i < table.n; i++)
        columns[i] = table.columns[i].name;
    *ret_record = (HubCells) { .columns = columns, .width = table.n };
    if (!pack_tables(conn, dataset, arena, &tables, err))
        return false;
    DbPick pick = { .table = &tables.rows, .columns = columns, .n_columns = table.n, .where = where, .n_where = G_N_ELEMENTS(where), .limit = 1 };
    if (!db_pick(conn, &pick, arena, &ret_record->cells, &n, err))
        return false;
    ret_record->n = n;
    *ret_found = n > 0;
    return true;
}

/* --- Values ---------------------------------------------------------------------------------------------------------------------- */

bool fill_begin(Filling *filling, Hub *hub, const PackDataset *dataset, const PacksRef *packs, int64_t org, Arena *arena, GError **err)
{
    filling->import = (HubImport) { .dataset = dataset, .org = org, .intake = DB_NULL_INT };
    filling->checked = (HubChecked) { .rules = dataset->pack->hash };
    filling->recheck = (Recheck) { .hub = hub, .plan = &filling->plan, .runner = expr_runner_new(), .arena = arena };
    return recheck_open(&filling->recheck, &filling->import, packs, &filling->tables, err);
}

void fill_end(Filling *filling)
{
    run_free(filling->checked.run);
    expr_runner_free(filling->recheck.runner);
    if (filling->recheck.plan)
        recheck_close(&filling->recheck);
}

static bool bad_value(const HubGiven *given, const char *fault, GError **err)
{
    error_set(err, BH_BAD_INPUT, "this is no value of '" STR_FMT "'", STR_ARG(given->field));
    error_params(err, "fault=%s", fault);
    error_at(err, "/values/" STR_FMT, STR_ARG(given->field));
    return error_detail(err, "bad-value");
}

static Str text_of(const ExprColumn *column)
{
    return column->dict ? column->dict->values[column->codes[0]] : ((const Str *) column->values)[0];
}

/* By uid, as pages have it, or any of its names. */
static bool put_org(const Filling *filling, const HubGiven *given, Str text, DbValue *value, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(filling->recheck.hub)->db, err);
    bool found = false;
    Org org;
    if (!conn || !org_by_uid(conn, filling->recheck.arena, text, &org, &found, err))
        return false;
    if (found)
        value->number = org.id;
    return found || hub_orgs_find(filling->plan.orgs, text, false, filling->recheck.arena, &value->number) == HUB_ORG_FINE || bad_value(given, "org", err);
}

static bool put_text(const Filling *filling, const HubGiven *given, const Target *target, Str text, DbValue *value, GError **err)
{
    HubPersons *persons = hub_open(filling->recheck.hub)->persons;
    if (target->type == PACK_ORG)
        return put_org(filling, given, text, value, err);
    if (!pack_type_personal(target->type)) {
        value->text = text;
        return true;
    }
    return persons ? hub_vault_put(persons, target->type, &text, 1, false, &value->number, err) : error_set(err, BH_UNAVAILABLE, "the vault is not open");
}

static bool read_value(const Filling *filling, const HubGiven *given, const Target *target, DbValue *value, GError **err)
{
    uint8_t fault = CELL_FINE;
    ExprColumn column;
    cell_column(target->cell, &given->text, 1, 1, filling->recheck.arena, &column, &fault);
    if (fault != CELL_FINE)
        return bad_value(given, cell_fault_name((CellFault) fault), err);
    bool none = column.nulls && column.nulls[0];
    if (none) {
        *value = value->type == DB_TYPE_TEXT ? DB_TEXT(STR_NONE) : value->type == DB_TYPE_DATE ? DB_DATE(DATE_NONE) : DB_INT(DB_NULL_INT);
        return true;
    }
    switch (cell_kind(target->cell)) {
    case EXPR_BOOL: value->number = ((const uint8_t *) column.values)[0]; return true;
    case EXPR_DATE: value->number = ((const Date *) column.values)[0]; return true;
    case EXPR_TEXT: return put_text(filling, given, target, text_of(&column), value, err);
    default: value->number = ((const int64_t *) column.values)[0]; return true;
    }
}

static bool same_value(const DbValue *a, const DbValue *b)
{
    return a->type == DB_TYPE_TEXT ? !a->text.p == !b->text.p && str_eq(a->text, b->text) : a->number == b->number;
}

bool fill_put(Filling *filling, HubCells *record, const HubGiven *given, size_t n, GError **err)
{
    DbValue *cells = ARENA_ARRAY(filling->recheck.arena, DbValue, record->width);
    memcpy(cells, record->cells, record->width * sizeof *cells);
    record->cells = cells;
    for (size_t i = 0; i < n; i++) {
        const DbValue *place = hub_cell(record, 0, given[i].field);
        int target = plan_target_of(&filling->plan, given[i].field);
        if (!place || target < 0)
            return bad_value(&given[i], "field", err);
        DbValue before = *place, *value = &cells[place - cells];
        if (!read_value(filling, &given[i], &filling->plan.targets[target], value, err))
            return false;
        filling->changed |= !same_value(&before, value);
    }
    return true;
}

/* --- Judging ------------------------------------------------------------------------------------------------------------------------ */

static ExprColumn column_of(const DbValue *value, ExprKind kind, Arena *arena)
{
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, 1);
    void *values = arena_alloc_array(arena, 1, sizeof(Str));
    nulls[0] = kind == EXPR_TEXT ? !value->text.p : kind == EXPR_DATE ? value->number == DATE_NONE : value->number == DB_NULL_INT;
    if (kind == EXPR_TEXT)
        *(Str *) values = value->text;
    else if (kind == EXPR_DATE)
        *(Date *) values = (Date) value->number;
    else if (kind == EXPR_BOOL)
        *(uint8_t *) values = value->number == 1;
    else
        *(int64_t *) values = value->number;
    return (ExprColumn) { .values = values, .nulls = nulls };
}

static const ExprColumn *columns_of(const Filling *filling, const HubCells *record)
{
    const RunTable *table = &filling->plan.table;
    ExprColumn *columns = ARENA_ARRAY(filling->recheck.arena, ExprColumn, table->n);
    for (size_t i = 0; i < table->n; i++)
        columns[i] = column_of(&record->cells[i], table->columns[i].kind, filling->recheck.arena);
    return columns;
}

/* What was found in the cell of a field that is given now is found no more. */
static bool is_given(const PackDataset *dataset, uint16_t found, const HubGiven *given, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const PackField *field = pack_field(dataset, given[i].field);
        if (field && (found == HUB_FOUND_TYPE + field->column || found == HUB_FOUND_REQUIRED + field->column))
            return true;
    }
    return false;
}

static bool find_was(const Filling *filling, const HubCells *record, const HubGiven *given, size_t n, Set *was, GError **err)
{
    const Recheck *r = &filling->recheck;
    g_autoptr(DbConn) conn = db_reader(hub_open(r->hub)->db, err);
    Opens opens = { 0 };
    if (!conn || !recheck_read_open(r, conn, record->cells[RUN_ORG].number, record->cells[RUN_MONTH].number, r->arena, &opens, err))
        return false;
    for (size_t i = 0; i < opens.n; i++)
        if (opens.v[i].key == record->cells[RUN_KEY].number && !is_given(filling->import.dataset, opens.v[i].found, given, n))
            recheck_put(was, opens.v[i].found);
    return true;
}

static HubStepFounds founds_of(const Filling *filling, const Set *now)
{
    const PackDataset *dataset = filling->import.dataset;
    HubStepFound *list = ARENA_ARRAY(filling->recheck.arena, HubStepFound, now->n);
    for (size_t i = 0; i < now->n; i++)
        list[i] = (HubStepFound) { hub_found_name(dataset, now->v[i], filling->recheck.arena), hub_found_level(dataset, now->v[i]) };
    return (HubStepFounds) { list, now->n };
}

static bool would_be_held(GError **err)
{
    error_set(err, BH_CONFLICT, "with these values the record would be held back");
    return error_detail(err, "would-be-held");
}

bool fill_check(Filling *filling, const HubCells *record, const HubGiven *given, size_t n, HubStepFounds *ret_found, GError **err)
{
    Recheck *r = &filling->recheck;
    const ExprColumn *columns = columns_of(filling, record);
    Rows rows = { .plan = &filling->plan, .n = 1, .arena = r->arena, .runner = r->runner };
    Set was = { .n = 0 }, now = { .n = 0 };
    uint32_t first = 0;
    if (!find_was(filling, record, given, n, &was, err))
        return false;
    recheck_judge(r, &rows, columns, &now);
    recheck_keep(r, &was, &now);
    *ret_found = founds_of(filling, &now);
    if (recheck_state(r, &now) == HUB_HELD)
        return would_be_held(err);
    if (!recheck_hand(r, &rows, columns, &now, &first, 1, err))
        return false;
    filling->checked.run = run_finish(g_steal_pointer(&filling->plan.run), err);
    return filling->checked.run != NULL;
}
