/* The rules of today over the records of before, as after a new edition of a pack. Rows whose findings are others than what is open go through the apply like those of a file; the rest stays untouched.
 * What only the file could say (a cell that was none of its type, a key that came twice, what was odd about a person's number) stays as it was found, and so do rules that read what is not stored:
 * the subject's inputs and personal fields. */
#include "base/file.h"
#include "db/queries.h"
#include "db/scan.h"
#include "hub/recheck.h"

#include "base/banned.h"

/* --- What can be asked again ---------------------------------------------------------------------------------------------------- */

static int run_column(const RunTable *table, Str name)
{
    for (size_t i = 0; i < table->n; i++)
        if (str_eq(str_from(table->columns[i].name), name))
            return (int) i;
    return -1;
}

static bool reads_missing(const Recheck *r, const Expr *expr)
{
    size_t n = 0;
    const uint32_t *columns = expr ? expr_columns(expr, false, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (r->missing[columns[i]])
            return true;
    return false;
}

static void prepare_columns(Recheck *r)
{
    const Plan *plan = r->plan;
    const ExprScope *record = plan->dataset->record;
    r->names = ARENA_ARRAY(r->arena, const char *, plan->table.n);
    r->place_of = ARENA_ARRAY(r->arena, int, record->n_fields);
    r->missing = ARENA_ARRAY(r->arena, bool, record->n_fields);
    r->keeps = ARENA_ARRAY(r->arena, bool, plan->dataset->rules.n + 1);
    for (size_t i = 0; i < plan->table.n; i++)
        r->names[i] = plan->table.columns[i].name;
    for (size_t i = 0; i < record->n_fields; i++) {
        const PackField *field = pack_field(plan->dataset, record->fields[i].name);
        r->place_of[i] = str_eq(record->fields[i].name, plan->dataset->org) ? RUN_ORG : run_column(&plan->table, record->fields[i].name);
        r->missing[i] = r->place_of[i] < 0 || (field && pack_type_personal(field->type));
    }
    for (size_t i = 0; i < plan->n_facts; i++)
        r->missing[plan->facts[i].record] = false;
    for (size_t i = 0; i < plan->dataset->rules.n; i++)
        r->keeps[i] = reads_missing(r, plan->dataset->rules.v[i].check.expr) || reads_missing(r, plan->dataset->rules.v[i].when.expr);
}

/* --- What is open ------------------------------------------------------------------------------------------------------------------- */

/* The number of a finding by its name; false: none that a row's own check makes. *ret_kept: it is not asked again. */
static bool number_of(const Recheck *r, Str name, uint16_t *ret_found, bool *ret_kept)
{
    const PackDataset *dataset = r->plan->dataset;
    *ret_kept = true;
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, name)) {
            *ret_found = (uint16_t) i;
            *ret_kept = r->keeps[i];
            return dataset->rules.v[i].kind == PACK_ROW;
        }
    for (size_t i = 0; i < dataset->record->n_fields; i++)
        for (int required = 0; required < 2; required++) {
            *ret_found = (uint16_t) ((required ? (unsigned) HUB_FOUND_REQUIRED : (unsigned) HUB_FOUND_TYPE) + i);
            *ret_kept = !required || r->missing[i];
            if (str_eq(hub_found_name(dataset, *ret_found, r->arena), name))
                return true;
        }
    *ret_kept = true;
    for (unsigned i = 0; i < PERSON_MARKS; i++) {
        *ret_found = (uint16_t) (HUB_FOUND_REPEATED + i + (i > 0)); /* the first bit of a person rejects the row */
        if (str_eq(hub_found_name(dataset, *ret_found, r->arena), name))
            return true;
    }
    return false;
}

/* A rule that the pack has no more stands among what is open as UINT16_MAX: the row changes, and it is closed. */
bool recheck_read_open(const Recheck *r, DbConn *conn, int64_t org, int64_t month, Arena *arena, Opens *opens, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, ApplyOpenDefects, err, .dataset = r->tables->dataset, .org = org, .month = month, .first = INT64_MIN + 1, .last = INT64_MAX);
    for (ApplyOpenDefectsRow row; rows && db_next(rows, &row, err);) {
        uint16_t found;
        bool kept, known = number_of(r, row.rule, &found, &kept);
        bool others = false; /* rules that compare rows are not this check's */
        for (size_t i = 0; i < r->plan->dataset->rules.n; i++)
            others |= str_eq(r->plan->dataset->rules.v[i].entry.id, row.rule) && r->plan->dataset->rules.v[i].kind != PACK_ROW;
        if (!others)
            *ARENA_PUSH(arena, opens) = (Open) { row.key, known ? found : UINT16_MAX };
    }
    return db_rows_ok(rows);
}

/* --- A batch of rows ---------------------------------------------------------------------------------------------------------------------- */

static void narrow_bools(ExprColumn *column, size_t n, Arena *arena)
{
    const int64_t *wide = column->values;
    uint8_t *narrow = ARENA_ARRAY(arena, uint8_t, n);
    for (size_t i = 0; i < n; i++)
        narrow[i] = wide[i] == 1;
    column->values = narrow;
}

static ExprColumn *columns_of(const Recheck *r, const DbScanRows *scanned, Arena *arena)
{
    ExprColumn *columns = ARENA_ARRAY(arena, ExprColumn, r->plan->table.n);
    for (size_t c = 0; c < r->plan->table.n; c++) {
        columns[c] = (ExprColumn) { .values = scanned->columns[c].values, .nulls = scanned->columns[c].nulls };
        if (r->plan->table.columns[c].kind == EXPR_BOOL)
            narrow_bools(&columns[c], scanned->n, arena);
    }
    return columns;
}

static void make_record(const Recheck *r, Rows *rows, const ExprColumn *columns)
{
    const ExprScope *record = r->plan->dataset->record;
    int person = run_column(&r->plan->table, STR("person_")), period = run_column(&r->plan->table, STR("period_"));
    uint8_t *none = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    void *zeros = arena_alloc_array(rows->arena, rows->n, sizeof(Str));
    memset(none, 1, rows->n);
    rows->record = ARENA_ARRAY(rows->arena, ExprColumn, record->n_fields);
    for (size_t i = 0; i < record->n_fields; i++)
        rows->record[i] = r->missing[i] || r->place_of[i] < 0 ? (ExprColumn) { .values = zeros, .nulls = none } : columns[r->place_of[i]];
    rows->periods = period >= 0 ? (int64_t *) columns[period].values : NULL;
    for (size_t i = 0; person >= 0 && i < r->plan->n_facts; i++)
        hub_persons_fact(hub_open(r->hub)->persons, r->plan->facts[i].element, columns[person].values, rows->n, NULL, rows->arena, &rows->record[r->plan->facts[i].record]);
}

static void find_required(const Recheck *r, Rows *rows)
{
    const PackDataset *dataset = r->plan->dataset;
    for (size_t f = 0; f < dataset->fields.n; f++) {
        const uint8_t *nulls = rows->record[f].nulls;
        if (!dataset->fields.v[f].required || dataset->fields.v[f].retired || r->missing[f] || !nulls)
            continue;
        for (size_t i = 0; i < rows->n; i++)
            if (nulls[i])
                *ARENA_PUSH(rows->arena, &rows->found) = (Finding) { (uint32_t) i, (uint16_t) (HUB_FOUND_REQUIRED + f) };
    }
}

void recheck_put(Set *set, uint16_t found)
{
    size_t at = 0;
    while (at < set->n && set->v[at] < found)
        at++;
    if ((at < set->n && set->v[at] == found) || set->n == G_N_ELEMENTS(set->v))
        return;
    memmove(&set->v[at + 1], &set->v[at], (set->n - at) * sizeof set->v[0]);
    set->v[at] = found;
    set->n++;
}

static bool is_kept(const Recheck *r, uint16_t found)
{
    if (found == UINT16_MAX)
        return false;
    if (found < HUB_FOUND_TYPE)
        return r->keeps[found];
    if (found >= HUB_FOUND_REPEATED)
        return true;
    if (found >= HUB_FOUND_REQUIRED)
        return r->missing[found - (unsigned) HUB_FOUND_REQUIRED];
    return true;
}

int recheck_state(const Recheck *r, const Set *set)
{
    int state = HUB_ACCEPTED;
    for (size_t i = 0; i < set->n; i++)
        state = MAX(state, hub_found_level(r->plan->dataset, set->v[i]) == PACK_ERROR ? (int) HUB_HELD : (int) HUB_WARNED);
    return state;
}

/* Hands the rows that changed to the run, with what is found in them now. */
bool recheck_hand(Recheck *r, Rows *rows, const ExprColumn *columns, const Set *now, const uint32_t *picks, size_t n, GError **err)
{
    ExprColumn *picked = ARENA_ARRAY(rows->arena, ExprColumn, r->plan->table.n);
    int64_t *states = ARENA_ARRAY(rows->arena, int64_t, n);
    uint32_t *numbers = ARENA_ARRAY(rows->arena, uint32_t, n), *first = ARENA_ARRAY(rows->arena, uint32_t, n + 1);
    uint16_t *found = ARENA_ARRAY(rows->arena, uint16_t, n * G_N_ELEMENTS(now->v) + 1);
    for (size_t i = 0; i < n; i++) {
        const Set *set = &now[picks[i]];
        states[i] = recheck_state(r, set);
        numbers[i] = ++r->number;
        memcpy(found + first[i], set->v, set->n * sizeof found[0]);
        first[i + 1] = first[i] + (uint32_t) set->n;
    }
    for (size_t c = 0; c < r->plan->table.n; c++)
        picked[c] = column_pick(&columns[c], r->plan->table.columns[c].kind, picks, n, rows->arena);
    picked[RUN_STATE] = (ExprColumn) { .values = states };
    return run_add(r->plan->run, &(RunRows) { n, picked, numbers, first, found }, err);
}

void recheck_judge(Recheck *r, Rows *rows, const ExprColumn *columns, Set *ret_now)
{
    rows->faults = ARENA_ARRAY(rows->arena, uint8_t *, r->plan->n_targets);
    make_record(r, rows, columns);
    rows_run_rules(rows);
    find_required(r, rows);
    for (size_t i = 0; i < rows->found.n; i++)
        if (rows->found.v[i].found >= HUB_FOUND_TYPE || !r->keeps[rows->found.v[i].found])
            recheck_put(&ret_now[rows->found.v[i].row], rows->found.v[i].found);
}

void recheck_keep(const Recheck *r, const Set *was, Set *now)
{
    for (size_t k = 0; k < was->n; k++)
        if (is_kept(r, was->v[k]))
            recheck_put(now, was->v[k]);
}

static bool check_rows(Recheck *r, const DbScanRows *scanned, const Opens *opens, size_t *open_at, Arena *arena, GError **err)
{
    const ExprColumn *columns = columns_of(r, scanned, arena);
    const int64_t *keys = columns[RUN_KEY].values, *states = columns[RUN_STATE].values;
    Rows rows = { .plan = r->plan, .n = scanned->n, .arena = arena, .runner = r->runner };
    Set *now = ARENA_ARRAY(arena, Set, rows.n);
    uint32_t *picks = ARENA_ARRAY(arena, uint32_t, rows.n);
    size_t n = 0;
    recheck_judge(r, &rows, columns, now);
    for (size_t i = 0; i < rows.n; i++) {
        Set was = { { 0 }, 0 };
        while (*open_at < opens->n && opens->v[*open_at].key < keys[i])
            (*open_at)++;
        for (; *open_at < opens->n && opens->v[*open_at].key == keys[i]; (*open_at)++)
            recheck_put(&was, opens->v[*open_at].found);
        recheck_keep(r, &was, &now[i]);
        bool same = was.n == now[i].n && memcmp(was.v, now[i].v, was.n * sizeof was.v[0]) == 0 && states[i] == recheck_state(r, &now[i]);
        if (!same)
            picks[n++] = (uint32_t) i;
    }
    r->rows += (int64_t) rows.n;
    return n == 0 || recheck_hand(r, &rows, columns, now, picks, n, err);
}

/* --- A month of an organisation --------------------------------------------------------------------------------------------------------------- */

static bool check_part(Recheck *r, int64_t org, int64_t month, GError **err)
{
    g_autoptr(Arena) arena = arena_new(), scratch = arena_new();
    g_autoptr(DbConn) conn = db_reader(hub_open(r->hub)->db, err);
    Opens opens = { 0 };
    size_t at = 0;
    if (!conn || !recheck_read_open(r, conn, org, month, arena, &opens, err))
        return false;
    DbScan scan = { .table = &r->tables->rows, .columns = r->names, .n = r->plan->table.n, .first = month, .last = month, .of_second = true, .second = org };
    g_autoptr(DbScanner) scanner = db_scan(conn, &scan, arena, err);
    ArenaMark start = arena_mark(scratch);
    DbScanRows rows;
    bool ok = scanner != NULL;
    while (ok && (ok = db_scan_next(scanner, &rows, err)) && rows.n > 0) {
        ok = check_rows(r, &rows, &opens, &at, scratch, err);
        arena_rewind(scratch, start);
    }
    return ok;
}

typedef struct {
    int64_t org, month;
} Part;
typedef ARENA_LIST(Part) Parts;

static bool list_parts(const Recheck *r, Parts *parts, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(r->hub)->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, RecheckParts, err, .dataset = r->tables->dataset) : NULL;
    for (RecheckPartsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(r->arena, parts) = (Part) { row.org, row.month };
    return db_rows_ok(rows);
}

static bool check_all(Recheck *r, HubTold told, void *data, GError **err)
{
    Parts parts = { 0 };
    if (!list_parts(r, &parts, err))
        return false;
    for (size_t i = 0; i < parts.n; i++) {
        HubProgress progress = { .phase = HUB_CHECKING, .rows = r->rows, .done = (double) i / (double) parts.n };
        if ((told && !told(&progress, data, err)) || !check_part(r, parts.v[i].org, parts.v[i].month, err))
            return false;
    }
    return true;
}

bool recheck_open(Recheck *r, const HubImport *import, const PacksRef *packs, PackTables *tables, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(r->hub)->db, err);
    g_autofree char *tmp = g_build_filename(hub_open(r->hub)->data_dir, "tmp", NULL);
    if (!conn || !pack_tables(conn, import->dataset, r->arena, tables, err) || !hub_plan_make(r->plan, r->hub, import, packs, conn, r->arena, err) || !file_make_dir(tmp, err))
        return false;
    r->tables = tables;
    r->plan->run = run_writer_new(tmp, &r->plan->table, err);
    if (r->plan->run)
        prepare_columns(r);
    return r->plan->run != NULL;
}

void recheck_close(Recheck *r)
{
    run_writer_free(r->plan->run);
    hub_orgs_free((HubOrgs *) r->plan->orgs);
}

bool hub_recheck(Hub *hub, const PackDataset *dataset, int64_t root, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(ExprRunner) runner = expr_runner_new();
    Plan plan = { 0 };
    PackTables tables;
    HubImport import = { .dataset = dataset, .org = root, .intake = DB_NULL_INT };
    Recheck r = { .hub = hub, .plan = &plan, .runner = runner, .arena = arena };
    HubChecked checked = { .rules = dataset->pack->hash };
    *ret_result = (HubResult) { .batch = DB_NULL_INT };
    bool ok = recheck_open(&r, &import, packs, &tables, err) && check_all(&r, told, data, err);
    if (ok) {
        checked.run = run_finish(g_steal_pointer(&plan.run), err);
        ok = checked.run && (run_summary(checked.run)->rows == 0 || hub_apply(hub, &import, &checked, told, data, ret_result, err));
        ret_result->rows = r.rows;
    }
    run_free(checked.run);
    recheck_close(&r);
    return ok;
}
