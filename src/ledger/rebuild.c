/* Proves that the tables say what the events say: folds the "set" of every event of a task or plan into a map for each, then holds each map against the one made from
 * the rows. Memory grows with the tasks' states, not with the number of events. People go on working meanwhile, so every step that compares first folds
 * what its own read transaction sees. */
#include "base/json.h"
#include "ledger/look_back_do.h"
#include "ledger/plan_do.h"
#include "ledger/scope.h"
#include "db/queries.h"

#include "base/banned.h"

enum { STEP = 5000, TASK_STEP = 200, PROBLEMS_KEPT = 100 };

typedef struct {
    Arena *arena;
    GHashTable *tasks;    /* Str * uid to GHashTable * of Str * to Str *; not those that are compared already */
    GHashTable *compared; /* Str * uid */
    int64_t folded;       /* events up to this one */
    RebuildReport report;
    ARENA_LIST(struct RebuildProblem) problems;
} Rebuild;

static Str *keep(Arena *arena, Str s)
{
    Str *kept = ARENA_NEW(arena, Str);
    *kept = arena_str(arena, s);
    return kept;
}

static GHashTable *state_of(Rebuild *rebuild, Str uid)
{
    GHashTable *state = g_hash_table_lookup(rebuild->tasks, &uid);
    if (!state) {
        state = g_hash_table_new(str_hash, str_equal);
        g_hash_table_insert(rebuild->tasks, keep(rebuild->arena, uid), state);
    }
    return state;
}

static bool fold_event(Rebuild *rebuild, const TaskEventsAfterRow *row, GError **err)
{
    rebuild->folded = row->seq;
    if (g_hash_table_contains(rebuild->compared, &row->object_uid))
        return true;
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *body = json_parse(row->body, arena, err);
    const JsonValue *data = body ? json_get(body, "data") : NULL;
    const JsonValue *set = data ? json_get(data, "set") : NULL;
    if (!body)
        return error_at(err, "event %" G_GINT64_FORMAT, row->seq);
    GHashTable *state = state_of(rebuild, row->object_uid);
    for (const JsonValue *member = set ? set->first : NULL; member; member = member->next) {
        Str value;
        if (member->type == JSON_NULL)
            g_hash_table_remove(state, &member->name);
        else if (json_as_str(member, &value, err))
            g_hash_table_insert(state, keep(rebuild->arena, member->name), keep(rebuild->arena, value));
        else
            return error_at(err, "event %" G_GINT64_FORMAT, row->seq);
    }
    return true;
}

/* The next events that this transaction sees, at most STEP. */
static bool fold_step(Rebuild *rebuild, DbConn *conn, int64_t *ret_folded, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TaskEventsAfter, err, .seq = rebuild->folded, .limit = STEP);
    *ret_folded = 0;
    for (TaskEventsAfterRow row; rows && db_next(rows, &row, err); *ret_folded += 1)
        if (!fold_event(rebuild, &row, err))
            return false;
    return db_rows_ok(rows);
}

static bool fold_events(Rebuild *rebuild, Db *db, GError **err)
{
    int64_t folded;
    do {
        g_autoptr(DbConn) conn = db_reader(db, err);
        if (!conn || !fold_step(rebuild, conn, &folded, err))
            return false;
    } while (folded == STEP);
    return true;
}

/* All that this transaction sees and an earlier one did not. */
static bool fold_rest(Rebuild *rebuild, DbConn *conn, GError **err)
{
    int64_t folded;
    do {
        if (!fold_step(rebuild, conn, &folded, err))
            return false;
    } while (folded == STEP);
    return true;
}

static void problem(Rebuild *rebuild, Str task, Str key, Str event_says, Str row_says)
{
    Arena *arena = rebuild->arena;
    if (rebuild->problems.n < PROBLEMS_KEPT)
        *ARENA_PUSH(arena, &rebuild->problems)
            = (struct RebuildProblem) { arena_str(arena, task), arena_str(arena, key), arena_str(arena, event_says), arena_str(arena, row_says) };
}

/* The events' map loses what the rows say too; what is left there the rows do not have. */
static void compare_state(Rebuild *rebuild, Str uid, GHashTable *state, const StateMap *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const Str *said = g_hash_table_lookup(state, &rows->v[i].key);
        if (!said || !str_eq(*said, rows->v[i].value))
            problem(rebuild, uid, rows->v[i].key, said ? *said : STR_NONE, rows->v[i].value);
        g_hash_table_remove(state, &rows->v[i].key);
    }
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, state);
    while (g_hash_table_iter_next(&iter, &key, &value))
        problem(rebuild, uid, *(Str *) key, *(Str *) value, STR_NONE);
}

/* A task is loaded without its comments and reports. */
static bool add_comments(DbConn *conn, Arena *arena, const Task *task, StateMap *map, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TaskComments, err, .task = task->id);
    for (TaskCommentsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, map) = (StateEntry) { state_key(arena, "comment", row.uid), comment_value(row.account_uid, row.at, row.text, row.mentions, arena) };
    return db_rows_ok(rows);
}

static void compare_object(Rebuild *rebuild, Str uid, const StateMap *map)
{
    compare_state(rebuild, uid, state_of(rebuild, uid), map);
    g_hash_table_remove(rebuild->tasks, &uid);
    g_hash_table_add(rebuild->compared, keep(rebuild->arena, uid));
}

static bool add_progress(DbConn *conn, Arena *arena, const Task *task, StateMap *map, GError **err)
{
    TaskProgress *list;
    size_t n;
    if (!task_progress_list(conn, arena, task, &list, &n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        *ARENA_PUSH(arena, map) = (StateEntry) { state_key(arena, "progress", list[i].uid), progress_value(&list[i], arena) };
    return true;
}

static bool compare_task(Rebuild *rebuild, DbConn *conn, Str uid, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Task task;
    StateMap map;
    if (!task_load(conn, arena, uid, &task, err))
        return false;
    task_state_map(&task, arena, &map);
    if (!add_comments(conn, arena, &task, &map, err) || !add_progress(conn, arena, &task, &map, err))
        return false;
    bool scopes_right;
    if (!task_scopes_check(conn, &task, arena, &scopes_right, err))
        return false;
    if (!scopes_right)
        problem(rebuild, uid, STR("scopes"), STR_NONE, STR_NONE);
    compare_object(rebuild, uid, &map);
    rebuild->report.tasks++;
    return true;
}

static bool compare_plan(Rebuild *rebuild, DbConn *conn, Str uid, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Plan plan;
    StateMap map;
    if (!plan_load(conn, arena, uid, &plan, err))
        return false;
    plan_state_map(&plan, arena, &map);
    compare_object(rebuild, uid, &map);
    return true;
}

static bool compare_look_back(Rebuild *rebuild, DbConn *conn, Str uid, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    LookBack round;
    StateMap map;
    if (!look_back_load(conn, arena, uid, &round, err))
        return false;
    look_back_state_map(&round, arena, &map);
    compare_object(rebuild, uid, &map);
    return true;
}

typedef ARENA_LIST(Str) UidList;

static bool next_tasks(DbConn *conn, int64_t *after, Arena *arena, UidList *uids, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TasksAfter, err, .id = *after, .limit = TASK_STEP);
    for (TasksAfterRow row; rows && db_next(rows, &row, err); *after = row.id)
        *ARENA_PUSH(arena, uids) = arena_str(arena, row.uid);
    return db_rows_ok(rows);
}

static bool next_plans(DbConn *conn, int64_t *after, Arena *arena, UidList *uids, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PlansAfter, err, .id = *after, .limit = TASK_STEP);
    for (PlansAfterRow row; rows && db_next(rows, &row, err); *after = row.id)
        *ARENA_PUSH(arena, uids) = arena_str(arena, row.uid);
    return db_rows_ok(rows);
}

static bool next_look_backs(DbConn *conn, int64_t *after, Arena *arena, UidList *uids, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, LookBacksAfter, err, .id = *after, .limit = TASK_STEP);
    for (LookBacksAfterRow row; rows && db_next(rows, &row, err); *after = row.id)
        *ARENA_PUSH(arena, uids) = arena_str(arena, row.uid);
    return db_rows_ok(rows);
}

/* What is compared: its rows in steps, and one of them. */
typedef struct {
    bool (*next)(DbConn *conn, int64_t *after, Arena *arena, UidList *uids, GError **err);
    bool (*compare)(Rebuild *rebuild, DbConn *conn, Str uid, GError **err);
} Subject;

static const Subject subjects[] = { { next_tasks, compare_task }, { next_plans, compare_plan }, { next_look_backs, compare_look_back } };

static bool compare_step(Rebuild *rebuild, const Subject *subject, DbConn *conn, int64_t *after, int64_t *ret_compared, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    UidList uids = { 0 };
    if (!fold_rest(rebuild, conn, err) || !subject->next(conn, after, arena, &uids, err))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!subject->compare(rebuild, conn, uids.v[i], err))
            return false;
    *ret_compared = (int64_t) uids.n;
    return true;
}

static bool compare_all(Rebuild *rebuild, const Subject *subject, Db *db, GError **err)
{
    int64_t after = 0, compared;
    do {
        g_autoptr(DbConn) conn = db_reader(db, err);
        if (!conn || !compare_step(rebuild, subject, conn, &after, &compared, err))
            return false;
    } while (compared == TASK_STEP);
    return true;
}

static bool compare_subjects(Rebuild *rebuild, Db *db, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
        if (!compare_all(rebuild, &subjects[i], db, err))
            return false;
    return true;
}

/* Tasks and plans that the events know and the tables do not. */
static void report_lost(Rebuild *rebuild)
{
    GHashTableIter iter;
    gpointer uid;
    g_hash_table_iter_init(&iter, rebuild->tasks);
    while (g_hash_table_iter_next(&iter, &uid, NULL))
        problem(rebuild, *(Str *) uid, STR("task"), STR("issued"), STR_NONE);
}

static int by_task(const void *a, const void *b)
{
    const struct RebuildProblem *x = a, *y = b;
    int order = str_cmp(x->task, y->task);
    return order ? order : str_cmp(x->key, y->key);
}

bool ledger_rebuild_check(Db *db, Arena *arena, RebuildReport *ret_report, GError **err)
{
    Rebuild rebuild = { .arena = arena };
    rebuild.compared = g_hash_table_new(str_hash, str_equal);
    rebuild.tasks = g_hash_table_new_full(str_hash, str_equal, NULL, (GDestroyNotify) g_hash_table_unref);
    bool done = fold_events(&rebuild, db, err) && compare_subjects(&rebuild, db, err);
    if (done) {
        report_lost(&rebuild);
        if (rebuild.problems.n > 1)
            qsort(rebuild.problems.v, rebuild.problems.n, sizeof *rebuild.problems.v, by_task);
        rebuild.report.problems = rebuild.problems.v;
        rebuild.report.n_problems = rebuild.problems.n;
        *ret_report = rebuild.report;
    }
    g_hash_table_unref(rebuild.tasks);
    g_hash_table_unref(rebuild.compared);
    return done;
}
