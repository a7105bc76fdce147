/* Records as columns for expressions. Each month is read by a reader of its own: a transaction for reading lasts five seconds at most, and a dataset may hold ten years. */
#include "indicator/records.h"

#include "db/queries.h"
#include "db/scan.h"

#include "base/banned.h"

/* --- Datasets that are installed --------------------------------------------------------------------------------------------- */

bool records_sets(DbConn *conn, const PacksRef *packs, Arena *arena, RecordSets *ret_sets, GError **err)
{
    ARENA_LIST(RecordSet) sets = { 0 };
    for (size_t p = 0; p < packs_count(packs); p++) {
        const Pack *pack = packs_get(packs, p);
        for (size_t i = 0; i < pack->datasets.n; i++) {
            RecordSet set = { .pack = &pack->datasets.v[i] };
            bool installed = false;
            if (!quality_dataset(conn, set.pack, &set.id, &installed, err) || (installed && !pack_tables(conn, set.pack, arena, &set.tables, err)))
                return false;
            if (installed)
                *ARENA_PUSH(arena, &sets) = set;
        }
    }
    *ret_sets = (RecordSets) { sets.v, sets.n };
    return true;
}

const RecordSet *records_set(const RecordSets *sets, const PackDataset *pack)
{
    for (size_t i = 0; i < sets->n; i++)
        if (sets->v[i].pack == pack)
            return &sets->v[i];
    return NULL;
}

const RecordSet *records_set_of_scope(const RecordSets *sets, const ExprScope *stored_scope)
{
    for (size_t i = 0; i < sets->n; i++)
        if (sets->v[i].pack->stored->scope == stored_scope)
            return &sets->v[i];
    return NULL;
}

const RecordSet *records_set_by_id(const RecordSets *sets, int64_t id)
{
    for (size_t i = 0; i < sets->n; i++)
        if (sets->v[i].id == id)
            return &sets->v[i];
    return NULL;
}

/* --- What is read -------------------------------------------------------------------------------------------------------------- */

/* Behind the engine's own columns those of the scope that are stored; each knows which column of the scan it is. */
enum { MONTH, ORG, KEY, BATCH, STATE, OWN };

typedef struct {
    const RecordWish *wish;
    const PacksRef *packs;
    Arena *arena;         /* of the reading */
    Arena *scratch;       /* of a batch */
    const char **names;
    size_t n;
    int person, period;   /* places in the scan; -1: there is none */
    int *place_of;        /* by column of the stored scope; -1: not read */
    size_t n_columns;
    ExprColumn *columns;
    RecordEach each;
    void *data;
} Reading;

static bool is_wished(const RecordWish *wish, Str name)
{
    for (size_t i = 0; i < wish->n_names; i++)
        if (str_eq(wish->names[i], name))
            return true;
    return wish->names == NULL;
}

static int add_name(Reading *r, Str name)
{
    r->names[r->n] = name.p;
    return (int) r->n++;
}

/* The scope's columns that are no facts of persons; personal fields stand beside the scope, by their own places. */
static void choose(Reading *r)
{
    const PackDataset *pack = r->wish->set->pack;
    const ExprScope *scope = pack->stored->scope;
    static const char *const own[] = { "month_", "org_", "key_", "batch_", "state_" };
    r->n_columns = pack->fields.n + scope->n_fields;
    r->names = ARENA_ARRAY(r->arena, const char *, r->n_columns + OWN + 2);
    r->place_of = ARENA_ARRAY(r->arena, int, r->n_columns);
    r->columns = ARENA_ARRAY(r->arena, ExprColumn, r->n_columns);
    for (size_t i = 0; i < OWN; i++)
        add_name(r, str_from(own[i]));
    r->person = pack->subject && pack->subject->person ? add_name(r, STR("person_")) : -1;
    r->period = pack->kind == PACK_AGGREGATE ? add_name(r, STR("period_")) : -1;
    for (size_t i = 0; i < r->n_columns; i++)
        r->place_of[i] = -1;
    for (size_t i = 0; i < pack->fields.n; i++) {
        const PackField *field = &pack->fields.v[i];
        if (!field->retired && is_wished(r->wish, field->entry.id))
            r->place_of[i] = str_eq(field->entry.id, pack->org) ? ORG : add_name(r, field->entry.id);
    }
    for (size_t i = 0; pack->kind == PACK_REGISTER && i < scope->n_fields; i++)
        if (scope->fields[i].column >= pack->fields.n && !str_starts(scope->fields[i].name, STR("person.")))
            r->place_of[scope->fields[i].column] = add_name(r, scope->fields[i].name);
}

/* --- Batches ---------------------------------------------------------------------------------------------------------------------- */

static const ExprField *field_of_column(const ExprScope *scope, size_t column)
{
    for (size_t i = 0; i < scope->n_fields; i++)
        if (scope->fields[i].column == column)
            return &scope->fields[i];
    return NULL;
}

/* A bool is an int in the store. */
static const void *as_bytes(const int64_t *values, size_t n, Arena *arena)
{
    uint8_t *bytes = ARENA_ARRAY(arena, uint8_t, n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = values[i] == 1;
    return bytes;
}

static const PackElement *element_of(const Reading *r, Str id)
{
    size_t n;
    const PackElement *elements = packs_elements(r->packs, &n);
    for (size_t i = 0; i < n; i++)
        if (str_eq(elements[i].entry.id, id))
            return &elements[i];
    return NULL;
}

static void all_null(size_t n, Arena *arena, ExprColumn *ret_column)
{
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n + 1);
    memset(nulls, 1, n);
    *ret_column = (ExprColumn) { .values = arena_alloc_array(arena, n + 1, sizeof(Str)), .nulls = nulls };
}

static void add_facts(Reading *r, const RecordBatch *batch)
{
    const ExprScope *scope = r->wish->set->pack->stored->scope;
    Str person = STR("person.");
    for (size_t i = 0; i < scope->n_fields; i++) {
        const ExprField *field = &scope->fields[i];
        if (!str_starts(field->name, person) || r->wish->names)
            continue;
        const PackElement *element = element_of(r, str_from_at(field->name, person.n));
        all_null(batch->n, r->scratch, &r->columns[field->column]);
        if (r->wish->persons && batch->persons && element)
            hub_persons_fact(r->wish->persons, element, batch->persons, batch->n, NULL, r->scratch, &r->columns[field->column]);
    }
}

/* What is about somebody who was merged is about the root. Facts are those of whom the row names. */
static const int64_t *roots_of(const Reading *r, const int64_t *persons, size_t n)
{
    GHashTable *roots = r->wish->roots;
    if (!persons || !roots || g_hash_table_size(roots) == 0)
        return persons;
    int64_t *all = ARENA_ARRAY(r->scratch, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        const int64_t *root = g_hash_table_lookup(roots, &persons[i]);
        all[i] = root ? *root : persons[i];
    }
    return all;
}

static bool give(Reading *r, const DbScanRows *rows, GError **err)
{
    const PackDataset *pack = r->wish->set->pack;
    arena_rewind(r->scratch, (ArenaMark) { 0 });
    for (size_t c = 0; c < r->n_columns; c++) {
        const DbScanColumn *from = r->place_of[c] < 0 ? NULL : &rows->columns[r->place_of[c]];
        const ExprField *field = field_of_column(pack->stored->scope, c);
        bool flag = field && field->type.kind == EXPR_BOOL;
        if (from)
            r->columns[c] = (ExprColumn) { .values = flag ? as_bytes(from->values, rows->n, r->scratch) : from->values, .nulls = from->nulls };
        else
            r->columns[c] = (ExprColumn) { 0 };
    }
    RecordBatch batch = { .n = rows->n, .columns = r->columns, .months = rows->columns[MONTH].values, .orgs = rows->columns[ORG].values,
                          .keys = rows->columns[KEY].values, .batches = rows->columns[BATCH].values, .states = rows->columns[STATE].values,
                          .persons = r->person < 0 ? NULL : rows->columns[r->person].values, .periods = r->period < 0 ? NULL : rows->columns[r->period].values };
    add_facts(r, &batch);
    batch.persons = roots_of(r, batch.persons, rows->n);
    return r->each(&batch, r->data, err);
}

static bool read_month(Reading *r, const Quality *quality, int month, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader_long(quality->db, err);
    const RecordWish *wish = r->wish;
    DbScan scan = { .table = wish->history ? &wish->set->tables.history : &wish->set->tables.rows, .columns = r->names, .n = r->n, .first = month, .last = month,
                    .of_second = wish->org != 0, .second = wish->org };
    g_autoptr(DbScanner) scanner = conn ? db_scan(conn, &scan, arena, err) : NULL;
    if (!scanner)
        return false;
    for (DbScanRows rows;;) {
        if (!db_scan_next(scanner, &rows, err) || (rows.n > 0 && !give(r, &rows, err)))
            return false;
        if (rows.n == 0)
            return true;
    }
}

typedef ARENA_LIST(int) Months;

/* In which there is something; of the history nobody keeps count, so it is asked for single months. */
static bool find_months(const Reading *r, const Quality *quality, Months *months, GError **err)
{
    const RecordWish *wish = r->wish;
    if (wish->first == wish->last || wish->history) {
        for (int month = wish->first; month <= wish->last; month++)
            *ARENA_PUSH(r->arena, months) = month;
        return true;
    }
    g_autoptr(DbConn) conn = db_reader(quality->db, err);
    g_autoptr(DbRows) rows = !conn ? NULL
                             : wish->org != 0 ? db_query(conn, SegmentMonthsOf, err, .dataset = wish->set->id, .org = wish->org, .first = wish->first, .last = wish->last)
                                              : db_query(conn, SegmentMonthsAll, err, .dataset = wish->set->id, .first = wish->first, .last = wish->last);
    SegmentMonthsOfRow row;
    while (rows && db_next(rows, &row, err))
        *ARENA_PUSH(r->arena, months) = (int) row.month;
    return db_rows_ok(rows);
}

bool records_read(const Quality *quality, const RecordWish *wish, RecordEach each, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Arena) scratch = arena_new();
    Reading r = { .wish = wish, .packs = quality->packs, .arena = arena, .scratch = scratch, .each = each, .data = data };
    Months months = { 0 };
    choose(&r);
    if (!find_months(&r, quality, &months, err))
        return false;
    for (size_t i = 0; i < months.n; i++)
        if (!read_month(&r, quality, months.v[i], err))
            return false;
    return true;
}

bool records_column(const PackDataset *pack, const RecordBatch *batch, Str name, ExprColumn *ret_column, ExprKind *ret_kind)
{
    if (str_eq(name, STR("person")) && batch->persons) {
        *ret_column = (ExprColumn) { .values = batch->persons };
        *ret_kind = EXPR_NUMBER;
        return true;
    }
    const PackField *field = pack_field(pack, name);
    if (field) {
        *ret_column = batch->columns[field->column];
        *ret_kind = pack_type_personal(field->type) ? EXPR_NUMBER : field->expr_type.kind;
        return ret_column->values != NULL;
    }
    for (size_t i = 0; i < pack->stored->scope->n_fields; i++)
        if (str_eq(pack->stored->scope->fields[i].name, name)) {
            *ret_column = batch->columns[pack->stored->scope->fields[i].column];
            *ret_kind = pack->stored->scope->fields[i].type.kind;
            return ret_column->values != NULL;
        }
    return false;
}
