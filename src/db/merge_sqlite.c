/* A merge on SQLite. What is looked for in order is found by a walk beside it: a step to the next stored row costs a fraction of a search, so the walk
 * goes on for some rows before it searches anew. That is right for a file of which all is there, and for one of which little is. */
#include "db/merge_engine.h"
#include "db/sqlite_feed.h"

#include "base/banned.h"

enum { STEPS_BEFORE_SEARCH = 8 };

typedef struct {
    DbConn *tx;
    sqlite3_stmt *stmt;
} Statement;

/* What was bound may be gone before it runs again. */
static void statement_clear(Statement *s)
{
    if (!s->stmt)
        return;
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Statement, statement_clear)

static bool prepare(DbMerge *merge, MergeText which, Statement *s, GError **err)
{
    if (!merge->texts[which])
        merge->texts[which] = merge_text(merge->spec, which, 0);
    *s = (Statement) { merge->tx, sqlite_merging(merge->tx, merge->texts[which], err) };
    return s->stmt != NULL;
}

static bool run(Statement *s, GError **err)
{
    int result = sqlite3_step(s->stmt);
    sqlite3_reset(s->stmt);
    return result == SQLITE_DONE || sqlite_fail(s->tx, result, err);
}

static bool run_with(Statement *s, const int64_t *values, int n, GError **err)
{
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(s->stmt, i + 1, values[i]);
    return run(s, err);
}

/* --- Walking ----------------------------------------------------------------------------------------------------------- */

/* A statement of rows by key, from a key on, within a group (an organisation's month, an organisation). Its first column is the key. */
typedef struct {
    Statement s;
    int n_group;
    int64_t group[2];
    bool begun, ended; /* of this group */
} Walk;

static void walk_clear(Walk *walk)
{
    statement_clear(&walk->s);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static bool step(Walk *walk, GError **err)
{
    int result = sqlite3_step(walk->s.stmt);
    walk->ended = result == SQLITE_DONE;
    return result == SQLITE_ROW || result == SQLITE_DONE || sqlite_fail(walk->s.tx, result, err);
}

static bool search(Walk *walk, int64_t key, GError **err)
{
    sqlite3_reset(walk->s.stmt);
    for (int i = 0; i < walk->n_group; i++)
        sqlite3_bind_int64(walk->s.stmt, i + 1, walk->group[i]);
    sqlite3_bind_int64(walk->s.stmt, walk->n_group + 1, key);
    walk->begun = true;
    return step(walk, err);
}

/* The row of that key, if there is one; keys of a group ascend. */
static bool walk_to(Walk *walk, const int64_t *group, int64_t key, bool *ret_found, GError **err)
{
    bool same = walk->begun;
    for (int i = 0; i < walk->n_group; i++) {
        same &= walk->group[i] == group[i];
        walk->group[i] = group[i];
    }
    if (!same && !search(walk, key, err))
        return false;
    for (int steps = 0; !walk->ended && sqlite3_column_int64(walk->s.stmt, 0) < key; steps++)
        if (!(steps < STEPS_BEFORE_SEARCH ? step(walk, err) : search(walk, key, err)))
            return false;
    *ret_found = !walk->ended && sqlite3_column_int64(walk->s.stmt, 0) == key;
    return true;
}

static bool find_places(DbMerge *merge, GError **err)
{
    g_auto(Walk) walk = { .n_group = 1 };
    if (!prepare(merge, LITE_PLACE_WALK, &walk.s, err))
        return false;
    for (size_t i = 0; i < merge->n; i++) {
        const DbValue *row = merge_row(merge, merge->order[i]);
        bool found;
        if (!walk_to(&walk, &row[1].number, row[2].number, &found, err))
            return false;
        if (found)
            merge->places[merge->order[i]] = sqlite3_column_int64(walk.s.stmt, 1);
    }
    return true;
}

/* --- Comparing ----------------------------------------------------------------------------------------------------------- */

static bool is_same(sqlite3_stmt *stmt, int at, const DbValue *value)
{
    bool is_null = sqlite3_column_type(stmt, at) == SQLITE_NULL;
    char day[DATE_TEXT_MAX];
    if (is_null || merge_is_null(value))
        return is_null && merge_is_null(value);
    if (value->type == DB_TYPE_INT || value->type == DB_TYPE_BOOL)
        return sqlite3_column_int64(stmt, at) == value->number;
    Str text = value->type == DB_TYPE_DATE ? str_from(date_format((Date) value->number, day)) : value->text;
    const void *stored = value->type == DB_TYPE_BLOB ? sqlite3_column_blob(stmt, at) : sqlite3_column_text(stmt, at);
    return (size_t) sqlite3_column_bytes(stmt, at) == text.n && (text.n == 0 || memcmp(stored, text.p, text.n) == 0);
}

/* The statement's columns: key, state, the cells from the fourth on. */
static void compare(const DbMerge *merge, sqlite3_stmt *stmt, size_t r)
{
    const DbValue *row = merge_row(merge, r);
    DbMergeTold *told = &merge->told[r];
    *told = (DbMergeTold) { DB_SAME, (int8_t) sqlite3_column_int(stmt, 1), 0 };
    for (size_t i = 3; i < merge->spec->n && told->outcome != DB_CLASH; i++)
        if (!is_same(stmt, (int) i - 1, &row[i]))
            merge_differs(merge, told, i);
}

static bool find(DbMerge *merge, GError **err)
{
    g_auto(Walk) walk = { .n_group = 2 };
    if (!prepare(merge, LITE_WALK, &walk.s, err))
        return false;
    for (size_t r = 0; r < merge->n; r++) {
        const DbValue *row = merge_row(merge, r);
        bool found;
        if (!merge_may_be_there(merge, r))
            continue;
        if (!walk_to(&walk, (int64_t[]) { row[0].number, row[1].number }, row[2].number, &found, err))
            return false;
        if (found)
            compare(merge, walk.s.stmt, r);
    }
    return true;
}

static bool find_moved(DbMerge *merge, GError **err)
{
    g_auto(Statement) state = { NULL, NULL };
    if (!prepare(merge, LITE_STATE, &state, err))
        return false;
    for (size_t r = 0; r < merge->n; r++) {
        const DbValue *row = merge_row(merge, r);
        if (merge->told[r].outcome != DB_MOVED)
            continue;
        sqlite3_bind_int64(state.stmt, 1, merge->told[r].old_month);
        sqlite3_bind_int64(state.stmt, 2, row[1].number);
        sqlite3_bind_int64(state.stmt, 3, row[2].number);
        int result = sqlite3_step(state.stmt);
        if (result == SQLITE_ROW)
            merge->told[r].old_state = (int8_t) sqlite3_column_int(state.stmt, 0);
        sqlite3_reset(state.stmt);
        if (result != SQLITE_ROW)
            return result == SQLITE_DONE ? db_conn_fail(merge->tx, DB_RETRY_NO, err, BH_INTERNAL, "a key stands in no month") : sqlite_fail(merge->tx, result, err);
    }
    return true;
}

/* --- Writing --------------------------------------------------------------------------------------------------------------- */

/* Rows of one outcome, in the order of their keys, go through one statement. */
typedef struct {
    MergeText text;
    DbMergeOutcome of, or_of;
    bool places; /* only where there are places, and in their order */
} Phase;

/* What stood there is kept before it goes, and a row that moves leaves before it comes. */
static const Phase phases[] = {
    { LITE_KEEP, DB_CHANGED, DB_CHANGED, false },     { LITE_KEEP_OLD, DB_MOVED, DB_MOVED, false },   { LITE_LEAVE, DB_MOVED, DB_MOVED, false },
    { LITE_ADD, DB_ADDED, DB_MOVED, false },          { LITE_CHANGE, DB_CHANGED, DB_CHANGED, false }, { LITE_PLACE_ADD, DB_ADDED, DB_ADDED, true },
    { LITE_PLACE_MOVE, DB_MOVED, DB_MOVED, true },
};

static size_t pick(const DbMerge *merge, const Phase *phase, uint32_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < merge->n; i++) {
        uint32_t r = phase->places ? merge->order[i] : (uint32_t) i;
        rows[n] = r;
        n += merge->told[r].outcome == phase->of || merge->told[r].outcome == phase->or_of;
    }
    return n;
}

static bool feed(DbMerge *merge, MergeText text, const uint32_t *rows, size_t n, GError **err)
{
    g_auto(Statement) s = { 0 };
    SqliteFeed feed = { merge->cells, merge->spec->n, merge->told, rows, n };
    if (!prepare(merge, text, &s, err))
        return false;
    sqlite_feed_bind(s.stmt, 1, &feed);
    if (sqlite3_bind_parameter_count(s.stmt) > 1)
        sqlite3_bind_int64(s.stmt, 2, merge->spec->number);
    return run(&s, err);
}

static bool write_all(DbMerge *merge, GError **err)
{
    g_autofree uint32_t *rows = g_new(uint32_t, merge->n + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++) {
        size_t n = phases[i].places && !merge->spec->places ? 0 : pick(merge, &phases[i], rows);
        if (n > 0 && !feed(merge, phases[i].text, rows, n, err))
            return false;
    }
    return true;
}

/* --- What is not named -------------------------------------------------------------------------------------------------------- */

static bool range(DbMerge *merge, const DbMergeRange *range, Arena *arena, DbMergeGone *gone, GError **err)
{
    g_auto(Statement) s = { NULL, NULL };
    ARENA_LIST(int64_t) keys = { 0 };
    ARENA_LIST(int8_t) states = { 0 };
    size_t named = 0;
    int result = SQLITE_DONE;
    const int64_t values[] = { range->month, range->org, range->from, range->to };
    if (!prepare(merge, LITE_RANGE, &s, err))
        return false;
    for (int i = 0; i < 4; i++)
        sqlite3_bind_int64(s.stmt, i + 1, values[i]);
    while (keys.n < DB_MERGE_MOST && (result = sqlite3_step(s.stmt)) == SQLITE_ROW) {
        int64_t key = sqlite3_column_int64(s.stmt, 0);
        while (named < range->n && range->keys[named] < key)
            named++;
        if (named < range->n && range->keys[named] == key)
            continue;
        *ARENA_PUSH(arena, &keys) = key;
        *ARENA_PUSH(arena, &states) = (int8_t) sqlite3_column_int(s.stmt, 1);
    }
    *gone = (DbMergeGone) { keys.v, states.v, keys.n, keys.n == DB_MERGE_MOST };
    return result == SQLITE_DONE || result == SQLITE_ROW || sqlite_fail(merge->tx, result, err);
}

static bool remove_gone(DbMerge *merge, const DbMergeRange *range, const DbMergeGone *gone, GError **err)
{
    g_auto(Statement) keep = { 0 }, remove = { 0 }, forget = { 0 };
    bool places = merge->spec->places != NULL;
    if (!prepare(merge, LITE_KEEP_ONE, &keep, err) || !prepare(merge, LITE_DELETE, &remove, err) || (places && !prepare(merge, LITE_PLACE_DELETE, &forget, err)))
        return false;
    for (size_t i = 0; i < gone->n; i++) {
        const int64_t at[] = { range->month, range->org, gone->keys[i], merge->spec->number };
        if (!run_with(&keep, at, 4, err) || !run_with(&remove, at, 3, err) || (places && !run_with(&forget, at + 1, 2, err)))
            return false;
    }
    return true;
}

static bool begin(DbMerge *merge, GError **err)
{
    (void) merge, (void) err;
    return true;
}

static void end(DbMerge *merge)
{
    (void) merge;
}

const MergeEngine merge_sqlite = { begin, end, find_places, find, find_moved, write_all, range, remove_gone };
