/* Mode replace: what the file does not name goes, with its history. The organisations are those of the file and the sender's own: an institution of which the file says nothing is not emptied because its
 * county sent the others. Named are also records whose row was rejected. A month that is closed keeps what it has, and of a period that is no whole month its other days do. Deleting again deletes nothing, so
 * that this part of an apply needs no place in the journal. */
#include "db/queries.h"
#include "db/scan.h"
#include "hub/apply.h"
#include "hub/lock.h"

#include "base/banned.h"

typedef struct {
    int64_t month, org;
    int64_t rows; /* stored */
} Place;

typedef struct {
    Apply *apply;
    Arena *arena;
    ARENA_LIST(Place) places; /* by month and organisation */
    HubLocks *locks;
    ARENA_LIST(ApplyNamed) kept; /* what is not to go, by organisation and key: named by rejected rows, or of other days */
    int64_t there;
} Scope;

static void months_of(const Apply *apply, int64_t *first, int64_t *last)
{
    bool all = apply->dataset->kind == PACK_REGISTER || !apply->period;
    *first = all ? INT32_MIN : hub_month(period_start(apply->period));
    *last = all ? INT32_MAX : hub_month(period_end(apply->period));
}

static bool is_whole_months(Period period)
{
    Date start = period_start(period), end = period_end(period);
    return hub_month(start) != hub_month(start - 1) && hub_month(end) != hub_month(end + 1);
}

static void keep(Scope *scope, int64_t org, int64_t key)
{
    *ARENA_PUSH(scope->arena, &scope->kept) = (ApplyNamed) { org, key };
}

/* The day of a record's cell; of an aggregate that with which its period begins. */
static Date day_of(const Apply *apply, DbType type, const DbScanColumn *column, size_t row)
{
    if (type == DB_TYPE_DATE)
        return ((const Date *) column->values)[row];
    int64_t number = ((const int64_t *) column->values)[row];
    return apply->dataset->kind == PACK_AGGREGATE ? period_start((Period) number) : date_of_instant(number, clock_zone_minutes(hub_open(apply->hub)->clock));
}

static DbType type_of(const DbTable *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, name))
            return table->columns[i].type;
    return DB_TYPE_INT;
}

/* Of a month of which only some days are replaced the others stay. */
static bool keep_other_days(Scope *scope, DbConn *conn, Place *place, GError **err)
{
    const Apply *apply = scope->apply;
    const DbTable *table = &apply->tables.rows;
    const char *const names[] = { "key_", apply->dataset->kind == PACK_AGGREGATE ? "period_" : apply->dataset->date.p };
    DbScan scan = { .table = table, .columns = names, .n = G_N_ELEMENTS(names), .first = place->month, .last = place->month, .of_second = true, .second = place->org };
    DbType type = type_of(table, names[1]);
    Date first = period_start(apply->period), last = period_end(apply->period);
    g_autoptr(Arena) arena = arena_new(); /* the scan gives back what it takes of it at each step */
    g_autoptr(DbScanner) scanner = db_scan(conn, &scan, arena, err);
    DbScanRows rows = { 0 };
    while (scanner && db_scan_next(scanner, &rows, err)) {
        for (size_t i = 0; i < rows.n; i++) {
            Date day = day_of(apply, type, &rows.columns[1], i);
            if (day >= first && day <= last)
                continue;
            keep(scope, place->org, ((const int64_t *) rows.columns[0].values)[i]);
            place->rows--;
        }
        if (rows.n == 0)
            return true;
    }
    return false;
}

static bool add_places(Scope *scope, DbConn *conn, int64_t org, GError **err)
{
    const Apply *apply = scope->apply;
    const HubLockedList *closed;
    size_t before = scope->places.n;
    int64_t first, last;
    months_of(apply, &first, &last);
    if (!hub_locks_of(scope->locks, org, &closed, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, ApplySegmentsOf, err, .dataset = apply->tables.dataset, .org = org, .first = first, .last = last);
    for (ApplySegmentsOfRow row; rows && db_next(rows, &row, err);)
        if (!hub_month_locked(closed, (int) row.month))
            *ARENA_PUSH(scope->arena, &scope->places) = (Place) { row.month, org, row.rows };
    if (!db_rows_ok(rows))
        return false;
    bool part = apply->period && apply->dataset->kind != PACK_REGISTER && !is_whole_months(apply->period);
    for (size_t i = before; i < scope->places.n; i++) {
        if (part && !keep_other_days(scope, conn, &scope->places.v[i], err))
            return false;
        scope->there += scope->places.v[i].rows;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const Place *x = a, *y = b;
    return x->month != y->month ? (x->month < y->month ? -1 : 1) : (x->org > y->org) - (x->org < y->org);
}

static int by_kept(const void *a, const void *b)
{
    const ApplyNamed *x = a, *y = b;
    return x->org != y->org ? (x->org < y->org ? -1 : 1) : (x->key > y->key) - (x->key < y->key);
}

static bool find_places(Scope *scope, DbConn *conn, GError **err)
{
    const RunSummary *summary = run_summary(scope->apply->run);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(HubLocks) locks = hub_locks_new(scope->apply->hub, scope->apply->dataset, scope->apply->day);
    scope->locks = locks;
    for (size_t i = 0; i < scope->apply->n_named; i++)
        keep(scope, scope->apply->named[i].org, scope->apply->named[i].key);
    g_hash_table_add(seen, &scope->apply->org);
    if (!add_places(scope, conn, scope->apply->org, err))
        return false;
    for (size_t i = 0; i < summary->n_parts; i++)
        if (g_hash_table_add(seen, (gpointer) &summary->parts[i].org) && !add_places(scope, conn, summary->parts[i].org, err))
            return false;
    if (scope->places.n > 0)
        qsort(scope->places.v, scope->places.n, sizeof *scope->places.v, by_place);
    if (scope->kept.n > 1)
        qsort(scope->kept.v, scope->kept.n, sizeof *scope->kept.v, by_kept);
    return true;
}

/* --- The run's keys beside the places --------------------------------------------------------------------------------------------- */

typedef bool (*RangeWork)(void *data, const DbMergeRange *range, GError **err);

/* The keys of the run, chunk by chunk, in the order of the places. */
typedef struct {
    const Apply *apply;
    const Scope *scope;
    RunReader *reader;
    RunChunk chunk;
    size_t at;
    bool ended;
} Keys;

static const DbValue *head_of(const Keys *keys)
{
    return keys->chunk.cells + keys->at * keys->apply->spec.n;
}

static bool more(Keys *keys, GError **err)
{
    if (keys->at < keys->chunk.n || keys->ended)
        return true;
    keys->at = 0;
    if (!run_next(keys->reader, APPLY_STEP, &keys->chunk, err))
        return false;
    keys->ended = keys->chunk.n == 0;
    return true;
}

static int compare_to(const Keys *keys, const Place *place)
{
    const DbValue *head = head_of(keys);
    Place own = { head[RUN_MONTH].number, head[RUN_ORG].number, 0 };
    return by_place(&own, place);
}

static bool skip_to(Keys *keys, const Place *place, GError **err)
{
    for (;;) {
        if (!more(keys, err))
            return false;
        if (keys->ended || compare_to(keys, place) >= 0)
            return true;
        keys->at++;
    }
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

/* What is kept of the organisation in the range, among those that the run names; `named` has room for all. */
static void add_kept(const Scope *scope, DbMergeRange *range, int64_t *named)
{
    const ApplyNamed first = { range->org, range->from };
    size_t from = 0, to = scope->kept.n, before = range->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (by_kept(&scope->kept.v[middle], &first) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < scope->kept.n && scope->kept.v[from].org == range->org && scope->kept.v[from].key <= range->to; from++)
        named[range->n++] = scope->kept.v[from].key;
    if (range->n > before)
        qsort(named, range->n, sizeof *named, by_number);
}

/* All stored keys of the place, in ranges that end where a chunk does. */
static bool each_range(Keys *keys, const Place *place, RangeWork work, void *data, GError **err)
{
    g_autofree int64_t *named = g_new(int64_t, APPLY_STEP + keys->scope->kept.n);
    DbMergeRange range = { place->month, place->org, INT64_MIN + 1, INT64_MAX, named, 0 };
    if (!skip_to(keys, place, err))
        return false;
    for (bool last = false; !last;) {
        range.n = 0;
        while (!keys->ended && keys->at < keys->chunk.n && compare_to(keys, place) == 0 && range.n < APPLY_STEP)
            named[range.n++] = (keys->chunk.cells + keys->at++ * keys->apply->spec.n)[RUN_KEY].number;
        if (!more(keys, err))
            return false;
        last = keys->ended || compare_to(keys, place) != 0;
        range.to = last ? INT64_MAX : named[range.n - 1];
        add_kept(keys->scope, &range, named);
        if (!work(data, &range, err))
            return false;
        range.from = last ? 0 : range.to + 1;
    }
    return true;
}

static bool each_place(Scope *scope, RangeWork work, void *data, GError **err)
{
    Keys keys = { .apply = scope->apply, .scope = scope, .reader = run_reader_new(scope->apply->run, 0, err) };
    bool ok = keys.reader != NULL;
    for (size_t i = 0; ok && i < scope->places.n; i++)
        ok = each_range(&keys, &scope->places.v[i], work, data, err);
    run_reader_free(keys.reader);
    return ok;
}

/* --- Counting, deleting -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Apply *apply;
    Arena *arena;
    const DbMergeRange *range;
    DbConn *conn; /* of the transaction that everything is in; NULL: each step has its own */
    bool look;
    ApplyCounts counts;
    DbMergeGone gone; /* by the last step */
} Deleting;

static bool delete_in(DbConn *tx, void *data, GError **err)
{
    Deleting *d = data;
    Apply *apply = d->apply;
    ApplyPart part = { .month = d->range->month, .org = d->range->org };
    ArenaMark mark = arena_mark(d->arena);
    if (!db_merge_absent(tx, apply->merge, d->range, false, d->arena, &d->gone, err))
        return false;
    for (size_t i = 0; i < d->gone.n; i++)
        apply_state(&part, d->gone.states[i], -1);
    part.deleted = (int64_t) d->gone.n;
    bool ok = d->gone.n == 0 || (apply_parts(tx, apply, &part, 1, err) && apply_close(tx, apply, part.month, part.org, d->gone.keys, d->gone.n, err) && apply_cases_gone(tx, apply, part.month, part.org, d->gone.keys, d->gone.n, err) &&
                                 db_exec(tx, ApplyStepped, NULL, err, .id = apply->batch, .deleted = part.deleted));
    arena_rewind(d->arena, mark);
    return ok;
}

/* What fills a step waits for the next, which finds the rest. */
static bool delete_range(void *data, const DbMergeRange *range, GError **err)
{
    Deleting *d = data;
    d->range = range;
    do {
        bool ok = d->conn ? delete_in(d->conn, d, err) : db_write_step(hub_open(d->apply->hub)->db, delete_in, d, err);
        if (!ok)
            return false;
        d->counts.deleted += (int64_t) d->gone.n;
    } while (d->gone.more);
    return true;
}

static bool count_range(void *data, const DbMergeRange *range, GError **err)
{
    Deleting *d = data;
    DbMergeRange rest = *range;
    do {
        ArenaMark mark = arena_mark(d->arena);
        g_autoptr(DbConn) conn = db_reader(hub_open(d->apply->hub)->db, err);
        if (!conn || !db_merge_absent(conn, d->apply->merge, &rest, true, d->arena, &d->gone, err))
            return false;
        d->counts.deleted += (int64_t) d->gone.n;
        rest.from = d->gone.more ? d->gone.keys[d->gone.n - 1] + 1 : rest.from;
        arena_rewind(d->arena, mark);
    } while (d->gone.more);
    return true;
}

bool apply_absent(Apply *apply, bool look, int64_t *ret_gone, int64_t *ret_there, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Scope scope = { .apply = apply, .arena = arena };
    Deleting deleting = { .apply = apply, .arena = arena, .look = look };
    DbConn *conn = db_reader(hub_open(apply->hub)->db, err);
    bool ok = conn && find_places(&scope, conn, err);
    db_done(conn);
    if (!ok || !each_place(&scope, look ? count_range : delete_range, &deleting, err))
        return false;
    *ret_gone = deleting.counts.deleted;
    *ret_there = scope.there;
    return true;
}

bool apply_absent_in(DbConn *tx, Apply *apply, ApplyCounts *counts, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Scope scope = { .apply = apply, .arena = arena };
    Deleting deleting = { .apply = apply, .arena = arena, .conn = tx };
    if (!find_places(&scope, tx, err) || !each_place(&scope, delete_range, &deleting, err))
        return false;
    counts->deleted += deleting.counts.deleted;
    return true;
}
