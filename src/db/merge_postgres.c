/* A merge on PostgreSQL: what a month's rows need goes to the server at once: keys as arrays, rows by COPY in binary, into the month's partition itself. Where an organisation's month is empty nothing is
 * looked up; that is found by one question a month. */
#include "db/merge_leaf.h"

#include "base/banned.h"

/* --- Copying in ---------------------------------------------------------------------------------------------------------------- */

static void copy_cell(PgBytes *out, const DbValue *value)
{
    if (merge_is_null(value))
        pg_put_null(out);
    else if (value->type == DB_TYPE_INT || value->type == DB_TYPE_BOOL)
        pg_put_int(out, value->number);
    else if (value->type == DB_TYPE_DATE)
        pg_put_date(out, value->number);
    else
        pg_put_bytes(out, value->text.p, value->text.n);
}

/* Numbers that go as one argument. */
typedef struct {
    int64_t *v;
    size_t n;
} Numbers;

/* --- Rows that belong together -------------------------------------------------------------------------------------------------- */

/* Some rows of the call, with organisations and keys as arguments. */
typedef struct {
    uint32_t *rows;
    int64_t *orgs, *keys;
    size_t n;
} Group;

static void group_init(Group *group, size_t most)
{
    *group = (Group) { g_new(uint32_t, most), g_new(int64_t, most), g_new(int64_t, most), 0 };
}

static void group_clear(Group *group)
{
    g_free(group->rows);
    g_free(group->orgs);
    g_free(group->keys);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Group, group_clear)

static void group_add(Group *group, const DbMerge *merge, size_t r)
{
    const DbValue *row = merge_row(merge, r);
    group->rows[group->n] = (uint32_t) r;
    group->orgs[group->n] = row[1].number;
    group->keys[group->n++] = row[2].number;
}

static void group_args(const Group *group, PgArgs *args)
{
    pg_add_array(args, group->orgs, group->n);
    pg_add_array(args, group->keys, group->n);
}

/* The rows of one month follow each other. */
static size_t month_end(const DbMerge *merge, size_t from)
{
    size_t end = from + 1;
    while (end < merge->n && merge_row(merge, end)[0].number == merge_row(merge, from)[0].number)
        end++;
    return end;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return x < y ? -1 : x > y;
}

static bool holds(const Numbers *sorted, int64_t v)
{
    return bsearch(&v, sorted->v, sorted->n, sizeof v, by_number) != NULL;
}

/* Of these organisations, those for which there is any row. */
static bool find_full(const DbMerge *merge, MergeText which, int month, const Group *group, Numbers *ret_full, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    g_autofree int64_t *orgs = g_new(int64_t, group->n);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++)
        if (n == 0 || orgs[n - 1] != group->orgs[i])
            orgs[n++] = group->orgs[i];
    pg_add_array(&args, orgs, n);
    if (which == PG_FULL)
        pg_add_number(&args, month);
    g_autoptr(PGresult) result = merge_ask(merge, which, month, &args, err);
    if (!result)
        return false;
    *ret_full = (Numbers) { g_new(int64_t, PQntuples(result) + 1), (size_t) PQntuples(result) };
    for (int i = 0; i < PQntuples(result); i++)
        ret_full->v[i] = pg_get64(PQgetvalue(result, i, 0));
    qsort(ret_full->v, ret_full->n, sizeof *ret_full->v, by_number);
    return true;
}

static void keep_full(Group *group, const Numbers *full)
{
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        if (!holds(full, group->orgs[i]))
            continue;
        group->rows[n] = group->rows[i];
        group->orgs[n] = group->orgs[i];
        group->keys[n++] = group->keys[i];
    }
    group->n = n;
}

/* --- Finding ----------------------------------------------------------------------------------------------------------------------- */

/* Where eight keys or more begin alike, as those of running numbers do, all that begins so is asked for; else each key by itself. */
static void add_ranges(const Group *group, PgArgs *args)
{
    enum { NEAR_SHIFT = 48, NEAR_LEAST = 8 };
    g_autofree int64_t *orgs = g_new(int64_t, group->n), *from = g_new(int64_t, group->n), *to = g_new(int64_t, group->n);
    size_t n = 0;
    for (size_t i = 0, end; i < group->n; i = end) {
        for (end = i + 1; end < group->n && group->orgs[end] == group->orgs[i] && group->keys[end] >> NEAR_SHIFT == group->keys[i] >> NEAR_SHIFT;)
            end++;
        end = end - i < NEAR_LEAST ? i + 1 : end;
        orgs[n] = group->orgs[i];
        from[n] = group->keys[i];
        to[n++] = group->keys[end - 1];
    }
    pg_add_array(args, orgs, n);
    pg_add_array(args, from, n);
    pg_add_array(args, to, n);
}

/* Its place in a group that ascends by organisation and key; -1: it has none. */
static ssize_t group_find(const Group *group, int64_t org, int64_t key)
{
    size_t low = 0, high = group->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (group->orgs[middle] < org || (group->orgs[middle] == org && group->keys[middle] < key))
            low = middle + 1;
        else
            high = middle;
    }
    return low < group->n && group->orgs[low] == org && group->keys[low] == key ? (ssize_t) low : -1;
}

static bool find_places(DbMerge *merge, GError **err)
{
    if (merge_has_leaves(merge))
        return merge_leaves_find(merge, err);
    g_auto(Group) group;
    g_auto(PgArgs) args = { .n = 0 };
    Numbers full;
    group_init(&group, merge->n);
    for (size_t i = 0; i < merge->n; i++)
        group_add(&group, merge, merge->order[i]);
    if (!find_full(merge, PG_PLACES_FULL, 0, &group, &full, err))
        return false;
    keep_full(&group, &full);
    g_free(full.v);
    if (group.n == 0)
        return true;
    add_ranges(&group, &args);
    g_autoptr(PGresult) result = merge_ask(merge, PG_PLACES_FIND, 0, &args, err);
    for (int i = 0; result && i < PQntuples(result); i++) {
        ssize_t at = group_find(&group, pg_get64(PQgetvalue(result, i, 0)), pg_get64(PQgetvalue(result, i, 1)));
        if (at >= 0)
            merge->places[group.rows[at]] = pg_get64(PQgetvalue(result, i, 2));
    }
    return result != NULL;
}

/* --- What stood there ---------------------------------------------------------------------------------------------------------------- */

struct MergeStood {
    GPtrArray *results; /* of PG_FIND and PG_FIND_NEAR, by month */
    uint32_t *result, *at; /* by row */
    int *column_of;     /* by cell: in a result */
    int *cell_of;       /* by column of the rows: a cell, or … */
};

enum { CELL_BATCH = -1, CELL_NONE = -2 };
enum { FOUND_STATE, FOUND_LIES, FOUND_COLUMNS, FOUND_ORG = FOUND_COLUMNS + 1, FOUND_KEY };

static void clear_result(gpointer result)
{
    PQclear(result);
}

static struct MergeStood *stood_new(const DbMerge *merge)
{
    const DbMergeSpec *spec = merge->spec;
    struct MergeStood *stood = g_new0(struct MergeStood, 1);
    stood->results = g_ptr_array_new_with_free_func(clear_result);
    stood->result = g_new(uint32_t, merge->n);
    stood->at = g_new(uint32_t, merge->n);
    stood->column_of = g_new0(int, spec->n);
    stood->cell_of = g_new(int, spec->rows->n);
    for (size_t c = 0; c < spec->rows->n; c++) {
        stood->cell_of[c] = g_str_equal(spec->rows->columns[c].name, spec->batch) ? CELL_BATCH : CELL_NONE;
        for (size_t i = 0; i < spec->n; i++)
            if (g_str_equal(spec->columns[i], spec->rows->columns[c].name)) {
                stood->column_of[i] = FOUND_COLUMNS + (int) c;
                stood->cell_of[c] = (int) i;
            }
    }
    return stood;
}

static void end_call(DbMerge *merge)
{
    merge_leaves_free(g_steal_pointer(&merge->leaves));
    struct MergeStood *stood = g_steal_pointer(&merge->stood);
    if (!stood)
        return;
    g_ptr_array_unref(stood->results);
    g_free(stood->result);
    g_free(stood->at);
    g_free(stood->column_of);
    g_free(stood->cell_of);
    g_free(stood);
}

static const PGresult *stood_of(const DbMerge *merge, size_t r, int *ret_at)
{
    *ret_at = (int) merge->stood->at[r];
    return g_ptr_array_index(merge->stood->results, merge->stood->result[r]);
}

static int64_t number_of(const char *p, int n)
{
    uint64_t value = (int8_t) p[0] < 0 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | (uint8_t) p[i];
    return (int64_t) value;
}

static bool is_same(const PGresult *result, int at, int column, const DbValue *value)
{
    bool is_null = PQgetisnull(result, at, column);
    const char *p = PQgetvalue(result, at, column);
    int n = PQgetlength(result, at, column);
    if (is_null || merge_is_null(value))
        return is_null && merge_is_null(value);
    if (value->type == DB_TYPE_INT || value->type == DB_TYPE_BOOL)
        return number_of(p, n) == value->number;
    if (value->type == DB_TYPE_DATE)
        return number_of(p, n) + PG_DAYS_TO_2000 == value->number;
    return (size_t) n == value->text.n && memcmp(p, value->text.p, value->text.n) == 0;
}

static void compare(const DbMerge *merge, const PGresult *result, int at, size_t r)
{
    const DbValue *row = merge_row(merge, r);
    DbMergeTold *told = &merge->told[r];
    *told = (DbMergeTold) { DB_SAME, (int8_t) pg_get64(PQgetvalue(result, at, FOUND_STATE)), 0 };
    for (size_t i = 3; i < merge->spec->n && told->outcome != DB_CLASH; i++)
        if (!is_same(result, at, merge->stood->column_of[i], &row[i]))
            merge_differs(merge, told, i);
    merge->stood->at[r] = (uint32_t) at;
    merge->stood->result[r] = merge->stood->results->len;
}

/* Who only looks may find no place for a month. */
static bool has_month(const DbMerge *merge, int month, bool *ret_there, GError **err)
{
    char part[DB_PART_MAX];
    g_autofree char *name = g_strconcat(merge->spec->rows->name, db_table_part(month, part), NULL);
    return db_table_exists(merge->tx, name, ret_there, err);
}

/* Of a group, those organisations that have rows in the month; what the places say to be there is there. */
static bool keep_there(const DbMerge *merge, int month, Group *group, GError **err)
{
    Numbers full;
    bool there = false;
    if (merge->places || group->n == 0)
        return true;
    if (!has_month(merge, month, &there, err))
        return false;
    group->n = there ? group->n : 0;
    if (group->n == 0)
        return true;
    if (!find_full(merge, PG_FULL, month, group, &full, err))
        return false;
    keep_full(group, &full);
    g_free(full.v);
    return true;
}

static bool ask_group(const DbMerge *merge, MergeText which, int month, const Group *group, PgArgs *args, GError **err)
{
    pg_add_number(args, month);
    PGresult *result = merge_ask(merge, which, month, args, err);
    for (int i = 0; result && i < PQntuples(result); i++) {
        ssize_t at = group_find(group, pg_get64(PQgetvalue(result, i, FOUND_ORG)), pg_get64(PQgetvalue(result, i, FOUND_KEY)));
        if (at >= 0)
            compare(merge, result, i, group->rows[at]);
    }
    if (result)
        g_ptr_array_add(merge->stood->results, result);
    return result != NULL;
}

/* The spans of one kind: those of several keys, or those of one. */
static bool ask_spans(const DbMerge *merge, int month, const Group *group, const MergeSpan *spans, size_t n, bool several, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    g_autofree int64_t *orgs = g_new(int64_t, n), *from = g_new(int64_t, n), *to = g_new(int64_t, n);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if ((spans[i].from < spans[i].to) == several) {
            orgs[k] = spans[i].org;
            from[k] = spans[i].from;
            to[k++] = spans[i].to;
        }
    if (k == 0)
        return true;
    pg_add_array(&args, orgs, k);
    pg_add_array(&args, from, k);
    if (several)
        pg_add_array(&args, to, k);
    return ask_group(merge, several ? PG_FIND_NEAR : PG_FIND, month, group, &args, err);
}

static bool find_month(DbMerge *merge, size_t from, size_t end, GError **err)
{
    int month = (int) merge_row(merge, from)[0].number;
    g_auto(Group) group;
    group_init(&group, end - from);
    for (size_t r = from; r < end; r++)
        if (merge_may_be_there(merge, r))
            group_add(&group, merge, r);
    if (!keep_there(merge, month, &group, err))
        return false;
    if (group.n == 0)
        return true;
    if (merge->leaves) {
        g_autofree MergeSpan *spans = g_new(MergeSpan, group.n);
        size_t n = merge_leaves_spans(merge, group.orgs, group.keys, group.n, spans);
        return ask_spans(merge, month, &group, spans, n, true, err) && ask_spans(merge, month, &group, spans, n, false, err);
    }
    g_auto(PgArgs) args = { .n = 0 };
    group_args(&group, &args);
    return ask_group(merge, PG_FIND, month, &group, &args, err);
}

static bool find(DbMerge *merge, GError **err)
{
    merge->stood = stood_new(merge);
    for (size_t from = 0, next; from < merge->n; from = next) {
        next = month_end(merge, from);
        if (!find_month(merge, from, next, err))
            return false;
    }
    return true;
}

/* --- Rows that move: by the month where they stand ------------------------------------------------------------------------------------ */

typedef bool (*GroupWork)(DbMerge *merge, int month, const Group *group, GError **err);

static int by_old_month(const void *a, const void *b, void *data)
{
    const DbMergeTold *told = data;
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    if (told[x].old_month != told[y].old_month)
        return told[x].old_month < told[y].old_month ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool each_old_month(DbMerge *merge, GroupWork work, GError **err)
{
    g_autofree uint32_t *moved = g_new(uint32_t, merge->n);
    g_auto(Group) group;
    size_t n = 0;
    bool ok = true;
    group_init(&group, merge->n);
    for (size_t r = 0; r < merge->n; r++)
        if (merge->told[r].outcome == DB_MOVED)
            moved[n++] = (uint32_t) r;
    g_qsort_with_data(moved, (int) n, sizeof *moved, by_old_month, merge->told);
    for (size_t i = 0; ok && i < n; i++) {
        int month = merge->told[moved[i]].old_month;
        group_add(&group, merge, moved[i]);
        if (i + 1 < n && merge->told[moved[i + 1]].old_month == month)
            continue;
        ok = work(merge, month, &group, err);
        group.n = 0;
    }
    return ok;
}

static bool find_states(DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    group_args(group, &args);
    pg_add_number(&args, month);
    g_autoptr(PGresult) result = merge_ask(merge, PG_STATES, month, &args, err);
    if (result && (size_t) PQntuples(result) != group->n)
        return db_conn_fail(merge->tx, DB_RETRY_NO, err, BH_INTERNAL, "a key stands in no month");
    for (int i = 0; result && i < PQntuples(result); i++)
        merge->told[group->rows[pg_get64(PQgetvalue(result, i, 0)) - 1]].old_state = (int8_t) pg_get64(PQgetvalue(result, i, 1));
    return result != NULL;
}

static bool find_moved(DbMerge *merge, GError **err)
{
    return each_old_month(merge, find_states, err);
}

/* --- Writing ----------------------------------------------------------------------------------------------------------------------------- */

/* Into the history: of a month, by organisation and key. */
static bool keep(const DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    group_args(group, &args);
    pg_add_number(&args, month);
    pg_add_number(&args, merge->spec->number);
    return merge_tell(merge, PG_KEEP, month, &args, err);
}

static bool take_away(DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    group_args(group, &args);
    pg_add_number(&args, month);
    return keep(merge, month, group, err) && merge_tell(merge, PG_DELETE, month, &args, err);
}

static void copy_value(PgBytes *out, const PGresult *result, int at, int column)
{
    if (PQgetisnull(result, at, column))
        pg_put_null(out);
    else
        pg_put_bytes(out, PQgetvalue(result, at, column), (size_t) PQgetlength(result, at, column));
}

/* A row as the table has it. Columns that are not among the cells stay as they were. */
static void copy_row(const DbMerge *merge, PgBytes *out, size_t r)
{
    const DbMergeSpec *spec = merge->spec;
    const DbValue *row = merge_row(merge, r);
    const PGresult *stood = NULL;
    int at = 0;
    if (merge->told[r].outcome == DB_CHANGED)
        stood = stood_of(merge, r, &at);
    pg_put16(out, (int) spec->rows->n);
    for (size_t c = 0; c < spec->rows->n; c++) {
        int cell = merge->stood->cell_of[c];
        if (cell >= 0)
            copy_cell(out, &row[cell]);
        else if (cell == CELL_BATCH)
            pg_put_int(out, spec->number);
        else if (stood)
            copy_value(out, stood, at, FOUND_COLUMNS + (int) c);
        else
            pg_put_null(out);
    }
}

static bool copy_group(const DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgCopy) copy = { 0 };
    bool ok = merge_copy(&copy, merge, PG_COPY, month, err);
    for (size_t i = 0; ok && i < group->n; i++) {
        copy_row(merge, copy.out, group->rows[i]);
        ok = pg_copy_row_end(&copy, err);
    }
    return ok && pg_copy_end(&copy, err);
}

/* What stood there came when it was looked for, and goes back as it came: cheaper than to look it up once more there. */
static bool keep_found(const DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgCopy) copy = { 0 };
    int n = (int) merge->spec->rows->n;
    bool ok = merge_copy(&copy, merge, PG_KEEP_COPY, month, err);
    for (size_t i = 0; ok && i < group->n; i++) {
        int at;
        const PGresult *result = stood_of(merge, group->rows[i], &at);
        pg_put16(copy.out, n + 1);
        for (int c = 0; c < n; c++)
            copy_value(copy.out, result, at, FOUND_COLUMNS + c);
        pg_put_int(copy.out, merge->spec->number);
        ok = pg_copy_row_end(&copy, err);
    }
    return ok && pg_copy_end(&copy, err);
}

/* A row that changed is taken away by where it lies and comes with the new ones: the index gets its entry either way, and no copy of the new values has to lie beside the table meanwhile. */
static bool leave_found(const DbMerge *merge, int month, const Group *group, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    PgBytes lies = { 0 };
    for (size_t i = 0; i < group->n; i++) {
        int at;
        const PGresult *result = stood_of(merge, group->rows[i], &at);
        pg_put_bytes(&lies, PQgetvalue(result, at, FOUND_LIES), PG_LIES_SIZE);
    }
    pg_add_array_of(&args, PG_OID_TID, &lies, group->n);
    g_free(lies.p);
    return merge_tell(merge, PG_LEAVE, month, &args, err);
}

static bool write_month(DbMerge *merge, size_t from, size_t end, GError **err)
{
    int month = (int) merge_row(merge, from)[0].number;
    g_auto(Group) comes;
    g_auto(Group) changed;
    group_init(&comes, end - from);
    group_init(&changed, end - from);
    for (size_t r = from; r < end; r++) {
        DbMergeOutcome outcome = merge->told[r].outcome;
        if (outcome == DB_ADDED || outcome == DB_MOVED || outcome == DB_CHANGED)
            group_add(&comes, merge, r);
        if (outcome == DB_CHANGED)
            group_add(&changed, merge, r);
    }
    return (changed.n == 0 || (keep_found(merge, month, &changed, err) && leave_found(merge, month, &changed, err))) && (comes.n == 0 || copy_group(merge, month, &comes, err));
}

static bool copy_places(const DbMerge *merge, GError **err)
{
    g_auto(PgCopy) copy = { 0 };
    bool ok = merge_copy(&copy, merge, PG_PLACES_COPY, 0, err);
    for (size_t i = 0; ok && i < merge->n; i++) {
        const DbValue *row = merge_row(merge, merge->order[i]);
        if (merge->told[merge->order[i]].outcome != DB_ADDED)
            continue;
        pg_put16(copy.out, 3);
        for (int c = 1; c < 4; c++)
            pg_put_int(copy.out, row[c % 3].number);
        ok = pg_copy_row_end(&copy, err);
    }
    return ok && pg_copy_end(&copy, err);
}

static bool move_places(const DbMerge *merge, GError **err)
{
    g_auto(Group) group;
    g_auto(PgArgs) args = { .n = 0 };
    g_autofree int64_t *months = g_new(int64_t, merge->n);
    group_init(&group, merge->n);
    for (size_t r = 0; r < merge->n; r++)
        if (merge->told[r].outcome == DB_MOVED) {
            months[group.n] = merge_row(merge, r)[0].number;
            group_add(&group, merge, r);
        }
    if (group.n == 0)
        return true;
    group_args(&group, &args);
    pg_add_array(&args, months, group.n);
    return merge_tell(merge, PG_PLACES_MOVE, 0, &args, err);
}

static bool write_all(DbMerge *merge, GError **err)
{
    bool any_added = false;
    if (merge->places && !each_old_month(merge, take_away, err))
        return false;
    for (size_t from = 0, end; from < merge->n; from = end) {
        end = month_end(merge, from);
        if (!write_month(merge, from, end, err))
            return false;
    }
    for (size_t r = 0; r < merge->n; r++)
        any_added |= merge->told[r].outcome == DB_ADDED;
    if (merge->places && merge_has_leaves(merge))
        return merge_leaves_write(merge, err);
    return !merge->places || ((!any_added || copy_places(merge, err)) && move_places(merge, err));
}

/* --- What is not named --------------------------------------------------------------------------------------------------------------------- */

static bool range(DbMerge *merge, const DbMergeRange *range, Arena *arena, DbMergeGone *gone, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    ARENA_LIST(int64_t) keys = { 0 };
    ARENA_LIST(int8_t) states = { 0 };
    size_t named = 0;
    pg_add_number(&args, range->month);
    pg_add_number(&args, range->org);
    pg_add_number(&args, range->from);
    pg_add_number(&args, range->to);
    g_autoptr(PGresult) result = merge_ask(merge, PG_RANGE, (int) range->month, &args, err);
    for (int i = 0; result && i < PQntuples(result) && keys.n < DB_MERGE_MOST; i++) {
        int64_t key = pg_get64(PQgetvalue(result, i, 0));
        while (named < range->n && range->keys[named] < key)
            named++;
        if (named < range->n && range->keys[named] == key)
            continue;
        *ARENA_PUSH(arena, &keys) = key;
        *ARENA_PUSH(arena, &states) = (int8_t) pg_get64(PQgetvalue(result, i, 1));
    }
    *gone = (DbMergeGone) { keys.v, states.v, keys.n, keys.n == DB_MERGE_MOST };
    return result != NULL;
}

static bool remove_gone(DbMerge *merge, const DbMergeRange *range, const DbMergeGone *gone, GError **err)
{
    g_autofree int64_t *orgs = g_new(int64_t, gone->n);
    g_auto(PgArgs) args = { .n = 0 };
    Group group = { NULL, orgs, (int64_t *) gone->keys, gone->n };
    for (size_t i = 0; i < gone->n; i++)
        orgs[i] = range->org;
    group_args(&group, &args);
    if (!take_away(merge, (int) range->month, &group, err))
        return false;
    if (merge_has_leaves(merge))
        return merge_leaves_remove(merge, range->org, gone->keys, gone->n, err);
    return !merge->spec->places || merge_tell(merge, PG_PLACES_DELETE, 0, &args, err);
}

/* The planner would read all of a month for ten thousand keys, at a cost that grows with what is there; keys come in the order of the index, whose pages they share. */
static bool begin(DbMerge *merge, GError **err)
{
    return merge->tx->driver->script(merge->tx, "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off", err);
}

const MergeEngine merge_postgres = { begin, end_call, find_places, find, find_moved, write_all, range, remove_gone };
