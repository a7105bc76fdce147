/* What a scope holds, and which scopes a user's grants are. */
#include "ledger/scope.h"

#include "db/queries.h"

#include "base/banned.h"

#define TASK_HIDDEN "(t.restricted OR t.state IN ('draft', 'discarded'))"

enum { STEP_TASKS = 200 /* in one step of the bulk queue */ };

/* --- Which scopes ----------------------------------------------------------------------------------------------------- */

static void add_scope(Scopes *scopes, int64_t scope, unsigned parts)
{
    for (size_t i = 0; i < scopes->n; i++)
        if (scopes->v[i].scope == scope) {
            scopes->v[i].parts |= parts;
            return;
        }
    if (scopes->n < SCOPES_MOST)
        scopes->v[scopes->n++] = (Scope) { scope, parts };
    else
        *scopes = (Scopes) { .v = { { SCOPE_ALL, PART_ISSUER | PART_LEAD | PART_SUPPORT } }, .n = 1 };
}

static bool add_area(DbConn *conn, Str area, unsigned parts, Scopes *scopes, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, AreaTops, err, .area = area, .limit = SCOPES_MOST + 1);
    for (AreaTopsRow row; rows && db_next(rows, &row, err);)
        add_scope(scopes, row.id, parts);
    return db_rows_ok(rows);
}

bool scopes_of_area(DbConn *conn, Str area, unsigned parts, Scopes *ret_scopes, GError **err)
{
    *ret_scopes = (Scopes) { 0 };
    return add_area(conn, area, parts, ret_scopes, err);
}

static bool add_grant(DbConn *conn, const Grant *grant, Scopes *scopes, GError **err)
{
    unsigned parts = may_parts(grant->role, VERB_READ_TASK);
    if (grant->where == WHERE_AREA)
        return add_area(conn, grant->where_area, parts, scopes, err);
    if (grant->where == WHERE_ALL)
        add_scope(scopes, SCOPE_ALL, parts);
    for (size_t i = 0; i < grant->n_where; i++)
        add_scope(scopes, grant->where_orgs[i], parts);
    return true;
}

/* What lies in everything with the same parts needs no place of its own. */
static void drop_covered(Scopes *scopes)
{
    unsigned all = 0;
    for (size_t i = 0; i < scopes->n; i++)
        if (scopes->v[i].scope == SCOPE_ALL)
            all = scopes->v[i].parts;
    size_t kept = 0;
    for (size_t i = 0; i < scopes->n; i++)
        if (scopes->v[i].scope == SCOPE_ALL || (scopes->v[i].parts & ~all))
            scopes->v[kept++] = scopes->v[i];
    scopes->n = kept;
}

bool scopes_of_user(DbConn *conn, const User *user, Arena *arena, Scopes *ret_scopes, GError **err)
{
    Reach reach = may_reach(user, VERB_READ_TASK, arena);
    *ret_scopes = (Scopes) { 0 };
    for (size_t i = 0; i < reach.n; i++)
        if (!add_grant(conn, reach.grants[i], ret_scopes, err))
            return false;
    drop_covered(ret_scopes);
    return true;
}

/* --- How much of them ------------------------------------------------------------------------------------------------------ */

Str scopes_key(const char *what, const Scopes *scopes, int64_t most, Arena *arena)
{
    g_autoptr(GString) key = g_string_new(what);
    g_string_append_printf(key, " %" G_GINT64_FORMAT, most);
    for (size_t i = 0; i < scopes->n; i++)
        g_string_append_printf(key, " %" G_GINT64_FORMAT ".%u", scopes->v[i].scope, scopes->v[i].parts);
    return arena_str(arena, str_from_gstring(key));
}

bool scopes_size(DbConn *conn, const Scopes *scopes, int64_t most, int64_t *ret_size, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str key = scopes_key("size", scopes, most, arena);
    DbKept size = { .n = 0 };
    if (db_kept_find(conn, KEPT_SCOPES, key, &size)) {
        *ret_size = size.n;
        return true;
    }
    for (size_t i = 0; i < scopes->n && size.n < most; i++) {
        TaskScopeSizeRow row;
        bool found;
        if (!db_one(conn, TaskScopeSize, arena, &row, &found, err, .scope = scopes->v[i].scope, .most = most - size.n))
            return false;
        size.n += row.n;
    }
    db_kept_put(conn, KEPT_SCOPES, key, &size);
    *ret_size = size.n;
    return true;
}

bool scopes_set(DbConn *conn, const Scopes *scopes, int64_t most, Arena *arena, DbKept *ret_set, GError **err)
{
    Str key = scopes_key("set", scopes, most, arena);
    DbKept set = { STR(""), 0 };
    if (db_kept_find(conn, KEPT_SCOPES, key, ret_set))
        return true;
    for (size_t i = 0; i < scopes->n && set.n < most; i++) {
        TaskScopeSetRow row;
        bool found;
        if (!db_one(conn, TaskScopeSet, arena, &row, &found, err, .scope = scopes->v[i].scope, .parts = scopes->v[i].parts, .most = most - set.n))
            return false;
        set = (DbKept) { db_set_joined(set.set, row.tasks, arena), set.n + row.n };
    }
    if (set.n >= most || db_conn_engine(conn) != DB_SQLITE)
        set.set = STR_NONE;
    db_kept_put(conn, KEPT_SCOPES, key, &set);
    *ret_set = set;
    return true;
}

/* --- As a condition ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    ARENA_LIST(const char *) pieces;
    ARENA_LIST(DbValue) values;
} Condition;

static void say(Condition *c, const char *piece)
{
    *ARENA_PUSH(c->arena, &c->pieces) = piece;
}

static void value(Condition *c, DbValue v)
{
    *ARENA_PUSH(c->arena, &c->values) = v;
}

/* One row or none, looked up by its key. Of an EXISTS PostgreSQL makes a set of all that lie in the scope, for each branch of a list. */
#define LIES_THERE "coalesce((SELECT c.parts FROM task_scope c WHERE c.task = t.id AND c.scope = ?) & ?, 0) <> 0"
#define ISSUED "t.state NOT IN ('draft', 'discarded')"
#define NAMED "(t.handler = ? OR t.leader = ? OR EXISTS (SELECT 1 FROM task_reader n WHERE n.task = t.id AND n.account = ?))"
/* Parties are the scopes that are one themselves. */
#define OF_AREA \
    "EXISTS (SELECT 1 FROM task_scope c JOIN org a ON a.id = c.scope WHERE c.task = t.id AND (c.parts & ?) <> 0 AND substr(a.area, 1, length(?)) = ?)"

static void say_lies(Condition *c, int64_t scope, unsigned parts)
{
    say(c, LIES_THERE);
    value(c, DB_INT(scope));
    value(c, DB_INT(parts));
}

/* That one of the parties lies where the grant reaches. */
static void say_where(Condition *c, const Grant *grant, unsigned parts)
{
    if (grant->where == WHERE_ALL)
        say_lies(c, SCOPE_ALL, parts);
    else if (grant->where == WHERE_AREA) {
        say(c, OF_AREA);
        value(c, DB_INT(PART_DIRECT * parts));
        value(c, DB_TEXT(grant->where_area));
        value(c, DB_TEXT(grant->where_area));
    } else if (grant->n_where == 0)
        say(c, "1 = 0");
    for (size_t i = 0; i < grant->n_where; i++) {
        say(c, i > 0 ? " OR " : "");
        say_lies(c, grant->where_orgs[i], parts);
    }
}

/* The same, and that the plan is one that it is for. */
static void say_reaches(Condition *c, const Grant *grant, unsigned parts)
{
    say(c, "((");
    say_where(c, grant, parts);
    say(c, ")");
    if (grant->by_plan) {
        say(c, " AND p.uid IN (''");
        for (size_t i = 0; i < grant->n_plans; i++) {
            say(c, ", ?");
            value(c, DB_TEXT(grant->plans[i]));
        }
        say(c, ")");
    }
    say(c, ")");
}

/* Whether the grant reaches the unit of whose it is: by the tree; an area is asked of the organisations there (say_head). */
static bool reaches_own(const User *user, const Grant *grant)
{
    Str path = grant->of ? grant->of->org_path : user->org_path;
    if (grant->where == WHERE_ALL || grant->where == WHERE_AREA)
        return true;
    for (size_t i = 0; i < grant->n_where; i++)
        if (org_within(path, grant->where_paths[i]))
            return true;
    return false;
}

/* Heads see what is restricted where their own unit leads; the unit is that of whose grant it is. */
static void say_head(Condition *c, const User *user, const Grant *grant)
{
    int64_t unit = grant->of ? grant->of->org : user->org;
    say(c, " OR (t.restricted AND " ISSUED " AND " LIES_THERE " AND ");
    value(c, DB_INT(unit));
    value(c, DB_INT(PART_DIRECT * PART_LEAD));
    if (grant->where == WHERE_AREA) {
        say(c, "EXISTS (SELECT 1 FROM org a WHERE a.id = ? AND substr(a.area, 1, length(?)) = ?) AND ");
        value(c, DB_INT(unit));
        value(c, DB_TEXT(grant->where_area));
        value(c, DB_TEXT(grant->where_area));
    }
    say_reaches(c, grant, PART_LEAD);
    say(c, ")");
}

/* (issued, not restricted or named, reached by a grant) or reached by an issuer's grant, or led by a head's own unit. */
static void say_readable(Condition *c, const User *user)
{
    Reach reach = may_reach(user, VERB_READ_TASK, c->arena);
    say(c, "(" ISSUED " AND (NOT t.restricted OR " NAMED ") AND (1 = 0");
    for (int i = 0; i < 3; i++)
        value(c, DB_INT(user->account));
    for (size_t i = 0; i < reach.n; i++) {
        say(c, " OR ");
        say_reaches(c, reach.grants[i], may_parts(reach.grants[i]->role, VERB_READ_TASK));
    }
    say(c, "))");
    for (size_t i = 0; i < reach.n; i++) {
        const Grant *grant = reach.grants[i];
        if (grant->role == ROLE_ISSUER) {
            say(c, " OR ((t.restricted OR NOT (" ISSUED ")) AND ");
            say_reaches(c, grant, PART_ISSUER);
            say(c, ")");
        } else if (grant->role == ROLE_UNIT_HEAD && reaches_own(user, grant))
            say_head(c, user, grant);
    }
}

void scopes_where(DbList *list, const User *user, Arena *arena)
{
    Condition c = { .arena = arena };
    say_readable(&c, user);
    db_list_where_pieces(list, c.pieces.v, c.pieces.n, c.values.v, c.values.n);
}

void scopes_where_seen(DbList *list, const User *user, Arena *arena)
{
    Condition c = { .arena = arena };
    say(&c, "t.id IS NULL OR (NOT t.restricted AND " ISSUED ") OR ");
    say_readable(&c, user);
    db_list_where_pieces(list, c.pieces.v, c.pieces.n, c.values.v, c.values.n);
}

/* --- Light of many ------------------------------------------------------------------------------------------------------- */

GHashTable *plan_ambers(DbConn *conn, Arena *arena, GError **err)
{
    GHashTable *ambers = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(DbRows) rows = db_query(conn, PlanAmbers, err);
    for (PlanAmbersRow row; rows && db_next(rows, &row, err);) {
        int64_t *days = ARENA_ARRAY(arena, int64_t, 2);
        days[0] = row.plan;
        days[1] = row.days;
        g_hash_table_insert(ambers, &days[0], &days[1]);
    }
    if (!db_rows_ok(rows))
        g_clear_pointer(&ambers, g_hash_table_unref);
    return ambers;
}

int64_t plan_amber_days(GHashTable *ambers, int64_t plan)
{
    const int64_t *days = g_hash_table_lookup(ambers, &plan);
    return days ? *days : LIGHT_AMBER_DAYS;
}

/* --- Keeping ------------------------------------------------------------------------------------------------------------- */

static bool write_rows(DbConn *tx, int64_t first, int64_t last, GError **err)
{
    db_kept_stale(tx, KEPT_SCOPES);
    return db_exec(tx, TaskScopesForget, NULL, err, .first = first, .last = last) && db_exec(tx, TaskScopesFill, NULL, err, .first = first, .last = last);
}

bool task_scopes_write(DbConn *tx, int64_t task, GError **err)
{
    return write_rows(tx, task, task, err);
}

bool task_scopes_touch(DbConn *tx, const Task *before, const Task *after, GError **err)
{
    bool same = str_eq(before->state, after->state) && before->due == after->due && task_hidden(before) == task_hidden(after);
    if (same)
        return db_exec(tx, TaskScopesMark, NULL, err, .task = after->id, .changed = after->changed);
    return db_exec(tx, TaskScopesSet, NULL, err, .task = after->id, .state = after->state, .due = after->due, .restricted = task_hidden(after), .changed = after->changed);
}

typedef struct {
    int64_t org, after; /* tasks of this organisation's scope behind this one */
    bool more;
} Step;

static bool take_tasks(DbConn *tx, const Step *step, Arena *arena, GArray *tasks, GError **err)
{
    (void) arena;
    g_autoptr(DbRows) rows = db_query(tx, TasksOfScopeAfter, err, .scope = step->org, .after = step->after, .limit = STEP_TASKS);
    for (TasksOfScopeAfterRow row; rows && db_next(rows, &row, err);)
        g_array_append_val(tasks, row.task);
    return db_rows_ok(rows);
}

/* The next tasks of the scope; behind the last of a moved organisation it is done. A task that leaves the scope by this is not met again, nor missed. */
static bool step_in_tx(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GArray) tasks = g_array_new(false, false, sizeof(int64_t));
    if (!take_tasks(tx, step, arena, tasks, err))
        return false;
    for (guint i = 0; i < tasks->len; i++)
        if (!task_scopes_write(tx, g_array_index(tasks, int64_t, i), err))
            return false;
    step->more = tasks->len == STEP_TASKS;
    if (step->more) {
        step->after = g_array_index(tasks, int64_t, tasks->len - 1);
        return true;
    }
    return step->org == SCOPE_ALL || db_exec(tx, OrgMovedDone, NULL, err, .org = step->org);
}

static bool write_scope(Db *db, int64_t org, GError **err)
{
    for (Step step = { .org = org, .more = true }; step.more;) {
        Step next = step;
        if (!db_write(db, DB_BULK, step_in_tx, &next, err))
            return false;
        step = next;
    }
    return true;
}

static bool next_moved(Db *db, int64_t *org, bool *ret_found, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(db, err);
    OrgMovedNextRow row;
    if (!conn || !db_one(conn, OrgMovedNext, arena, &row, ret_found, err, .after = *org))
        return false;
    if (*ret_found)
        *org = row.org;
    return true;
}

bool task_scopes_catch_up(Db *db, GError **err)
{
    bool found = true;
    for (int64_t org = 0; found;) {
        if (!next_moved(db, &org, &found, err) || (found && !write_scope(db, org, err)))
            return false;
    }
    return true;
}

typedef struct {
    int64_t after, tasks;
    bool more;
} Rebuilding;

static bool rebuild_in_tx(DbConn *tx, void *data, GError **err)
{
    Rebuilding *at = data;
    int64_t last = at->after, n = 0;
    g_autoptr(DbRows) rows = db_query(tx, TasksAfter, err, .id = at->after, .limit = STEP_TASKS);
    for (TasksAfterRow row; rows && db_next(rows, &row, err); n++)
        last = row.id;
    if (!db_rows_ok(rows))
        return false;
    int64_t first = at->after + 1;
    *at = (Rebuilding) { last, at->tasks + n, n == STEP_TASKS };
    return n == 0 || write_rows(tx, first, last, err);
}

bool task_scopes_rebuild(Db *db, int64_t *ret_tasks, GError **err)
{
    Rebuilding at = { .more = true };
    while (at.more) {
        Rebuilding next = at;
        if (!db_write(db, DB_BULK, rebuild_in_tx, &next, err))
            return false;
        at = next;
    }
    if (ret_tasks)
        *ret_tasks = at.tasks;
    return true;
}

/* --- Proof ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t scope, parts;
} Part;
typedef ARENA_LIST(Part) Parts;

static void add_part(Arena *arena, Parts *parts, int64_t scope, int64_t part)
{
    for (size_t i = 0; i < parts->n; i++)
        if (parts->v[i].scope == scope) {
            parts->v[i].parts |= part;
            return;
        }
    *ARENA_PUSH(arena, parts) = (Part) { scope, part };
}

/* Everything above the organisation of a path, itself included. */
static void add_path(Arena *arena, Parts *parts, Str path, int64_t part)
{
    int64_t id = SCOPE_ALL;
    add_part(arena, parts, SCOPE_ALL, part);
    for (Str rest = path; rest.p;) {
        Str one = str_cut(&rest, '/');
        if (one.n > 0 && str_to_int64(one, &id))
            add_part(arena, parts, id, part);
    }
    add_part(arena, parts, id, PART_DIRECT * part);
}

static bool row_fits(const TaskScopesRow *row, const Task *task, const Parts *parts)
{
    int year = 0, month, day;
    date_to_ymd(row->due, &year, &month, &day);
    bool due = task->due == DATE_NONE ? year == 2199 : row->due == task->due;
    for (size_t i = 0; i < parts->n; i++)
        if (parts->v[i].scope == row->scope)
            return due && parts->v[i].parts == row->parts && str_eq(row->state, task->state) && row->restricted == task_hidden(task)
                   && row->marked && row->changed == task->changed;
    return false;
}

bool task_scopes_check(DbConn *conn, const Task *task, Arena *arena, bool *ret_right, GError **err)
{
    Parts parts = { 0 };
    add_path(arena, &parts, task->issuer_path, PART_ISSUER);
    add_path(arena, &parts, task->over_path, PART_ISSUER);
    for (size_t i = 0; i < task->n_owners; i++)
        add_path(arena, &parts, task->owners[i].path, str_eq(task->owners[i].role, STR("lead")) ? PART_LEAD : PART_SUPPORT);
    size_t n = 0;
    bool right = true;
    g_autoptr(DbRows) rows = db_query(conn, TaskScopes, err, .task = task->id);
    for (TaskScopesRow row; rows && db_next(rows, &row, err); n++)
        right &= row_fits(&row, task, &parts);
    *ret_right = right && n == parts.n;
    return db_rows_ok(rows);
}
