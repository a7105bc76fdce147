/* A merge on SQLite: statements prepared once a call and run in a loop. What is looked for in order is found by a walk beside it: a step to the next stored row costs a fraction of a search, so the walk
 * goes on for some rows before it searches anew. That is right for a file of which all is there, and for one of which little is. */
#include "db/merge_engine.h"

#include <sqlite3.h>

#include "base/banned.h"

enum { STEPS_BEFORE_SEARCH = 8 };

typedef struct {
    DbConn *tx;
    sqlite3_stmt *stmt;
} Statement;

static void statement_clear(Statement *s)
{
    sqlite3_finalize(s->stmt);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Statement, statement_clear)

static bool prepare(const DbMerge *merge, MergeText which, Statement *s, GError **err)
{
    g_autofree char *text = merge_text(merge->spec, which, 0);
    *s = (Statement) { merge->tx, sqlite_prepare(merge->tx, text, err) };
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

typedef struct {
    Statement add, change, keep, remove, place, forget;
} Writer;

static void writer_clear(Writer *w)
{
    Statement *const all[] = { &w->add, &w->change, &w->keep, &w->remove, &w->place, &w->forget };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        statement_clear(all[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writer, writer_clear)

static bool prepare_writer(const DbMerge *merge, Writer *w, GError **err)
{
    bool places = merge->spec->places != NULL;
    return prepare(merge, LITE_ADD, &w->add, err) && prepare(merge, LITE_CHANGE, &w->change, err) && prepare(merge, LITE_KEEP, &w->keep, err) &&
           prepare(merge, LITE_DELETE, &w->remove, err) && (!places || (prepare(merge, LITE_PLACE_PUT, &w->place, err) && prepare(merge, LITE_PLACE_DELETE, &w->forget, err)));
}

static void bind_cell(sqlite3_stmt *stmt, int at, const DbValue *value, char *day)
{
    if (merge_is_null(value))
        sqlite3_bind_null(stmt, at);
    else if (value->type == DB_TYPE_INT || value->type == DB_TYPE_BOOL)
        sqlite3_bind_int64(stmt, at, value->number);
    else if (value->type == DB_TYPE_DATE)
        sqlite3_bind_text(stmt, at, date_format((Date) value->number, day), -1, SQLITE_STATIC);
    else if (value->type == DB_TYPE_BLOB)
        sqlite3_bind_blob64(stmt, at, value->text.p, value->text.n, SQLITE_STATIC);
    else
        sqlite3_bind_text64(stmt, at, value->text.p, value->text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static bool put(const DbMerge *merge, Statement *s, const DbValue *row, GError **err)
{
    size_t n = merge->spec->n;
    for (size_t i = 0; i < n; i++)
        bind_cell(s->stmt, (int) i + 1, &row[i], merge->days[i]);
    sqlite3_bind_int64(s->stmt, (int) n + 1, merge->spec->number);
    return run(s, err);
}

static bool keep(const DbMerge *merge, Writer *w, int64_t month, const DbValue *row, GError **err)
{
    return run_with(&w->keep, (int64_t[]) { month, row[1].number, row[2].number, merge->spec->number }, 4, err);
}

static bool write_row(const DbMerge *merge, Writer *w, size_t r, GError **err)
{
    const DbValue *row = merge_row(merge, r);
    int64_t old_month = merge->told[r].old_month;
    switch ((DbMergeOutcome) merge->told[r].outcome) {
    case DB_ADDED:
        return put(merge, &w->add, row, err);
    case DB_CHANGED:
        return keep(merge, w, row[0].number, row, err) && put(merge, &w->change, row, err);
    case DB_MOVED:
        return keep(merge, w, old_month, row, err) && run_with(&w->remove, (int64_t[]) { old_month, row[1].number, row[2].number }, 3, err) && put(merge, &w->add, row, err);
    case DB_SAME:
    case DB_CLASH:
        break;
    }
    return true;
}

static bool write_places(const DbMerge *merge, Writer *w, GError **err)
{
    for (size_t i = 0; i < merge->n; i++) {
        size_t r = merge->order[i];
        const DbValue *row = merge_row(merge, r);
        bool places = merge->told[r].outcome == DB_ADDED || merge->told[r].outcome == DB_MOVED;
        if (places && !run_with(&w->place, (int64_t[]) { row[1].number, row[2].number, row[0].number }, 3, err))
            return false;
    }
    return true;
}

static bool write_all(DbMerge *merge, GError **err)
{
    g_auto(Writer) w = { 0 };
    if (!prepare_writer(merge, &w, err))
        return false;
    for (size_t r = 0; r < merge->n; r++)
        if (!write_row(merge, &w, r, err))
            return false;
    return !merge->spec->places || write_places(merge, &w, err);
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
    g_auto(Writer) w = { 0 };
    if (!prepare_writer(merge, &w, err))
        return false;
    for (size_t i = 0; i < gone->n; i++) {
        const int64_t at[] = { range->month, range->org, gone->keys[i], merge->spec->number };
        if (!run_with(&w.keep, at, 4, err) || !run_with(&w.remove, at, 3, err) || (merge->spec->places && !run_with(&w.forget, at + 1, 2, err)))
            return false;
    }
    return true;
}

const MergeEngine merge_sqlite = { find_places, find, find_moved, write_all, range, remove_gone };
