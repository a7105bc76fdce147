/* Where the tasks of a list are looked for: in the smallest place that holds them all, through an index in the list's order. */
#include "ledger/task_find.h"

#include "base/banned.h"

enum { MANY = 20000 /* where a rare filter is the better place to look */, ENOUGH = 4000 /* else counting goes no further */ };

/* --- Where to look: tasks that a filter names ------------------------------------------------------------------------------------------ */

/* Through an index on task. by: the orders in which the index gives them; in another order they are sorted. */
typedef struct {
    const char *where;
    const char *keys[BY_ID + 1];
} Way;

#define FROM_TASK "task t CROSS JOIN plan p"
#define FROM_SCOPE "task_scope s CROSS JOIN task t CROSS JOIN plan p"
#define IN_SCOPE "t.id = s.task AND p.id = t.plan AND s.scope = ? AND (s.parts & ?) <> 0"
#define OF_TASK "p.id = t.plan AND "

static const Way ways_by_number = { OF_TASK "t.number = ?", { NULL } };
static const Way ways_by_handler = { OF_TASK "t.handler = ?", { [BY_DUE] = DUE } };
static const Way ways_by_leader = { OF_TASK "t.leader = ?", { [BY_DUE] = DUE } };
static const Way ways_by_parent = { OF_TASK "t.parent = ?", { NULL } };
static const Way ways_by_plan = { OF_TASK "t.plan = ?", { [BY_DUE] = DUE, [BY_SEQ] = "t.seq" } };
static const Way ways_by_plan_state = { OF_TASK "t.plan = ? AND t.state = ?", { [BY_DUE] = DUE } };
static const Way ways_by_relapse = { OF_TASK "t.relapses > 0", { [BY_DUE] = DUE } };
static const Way ways_by_source = { OF_TASK "t.source = ?", { [BY_DUE] = DUE } };
static const Way ways_by_category = { OF_TASK "t.category = ?", { [BY_DUE] = DUE } };
static const Way ways_by_id = { OF_TASK "t.id >= 0", { [BY_ID] = "t.id" } };

static void look(Finding *f, const Way *way, const DbValue *values, size_t n)
{
    DbBranch branch = { FROM_TASK, way->where, "t.id", way->keys[f->order] };
    db_list_branch(f->list, &branch, values, n);
}

static bool single(Str list)
{
    return list.p && !memchr(list.p, ',', list.n);
}

/* One branch a state, where the plan may be large and most of it closed. */
static void look_in_plan(Finding *f)
{
    if (f->all_states || f->n_states > 8 || f->order != BY_DUE) {
        look(f, &ways_by_plan, &DB_INT(f->plan), 1);
        return;
    }
    for (size_t i = 0; i < f->n_states; i++)
        look(f, &ways_by_plan_state, (const DbValue[]) { DB_INT(f->plan), DB_TEXT(f->states[i]) }, 2);
}

/* Through the index of what is said, and of the user's own scopes. */
static void look_at_said(Finding *f)
{
    static const char *const ways[] = {
        [DB_SQLITE] = "search_task MATCH ? AND s.task = search_task.rowid / 512 AND " IN_SCOPE,
        [DB_POSTGRES] = "search_task.tokens @@ CAST(? AS tsquery) AND s.task = search_task.rowid / 512 AND " IN_SCOPE,
    };
    DbBranch branch = { "search_task CROSS JOIN " FROM_SCOPE, ways[db_conn_engine(f->conn)], "s.task", NULL };
    for (size_t i = 0; i < f->own.n; i++)
        db_list_branch(f->list, &branch, (const DbValue[]) { DB_TEXT(f->match), DB_INT(f->own.v[i].scope), DB_INT(f->own.v[i].parts) }, 3);
}

/* False: no filter names few. */
static bool look_at_named(Finding *f)
{
    if (f->few_said)
        look_at_said(f);
    else if (f->filter->number.p)
        look(f, &ways_by_number, &DB_TEXT(f->filter->number), 1);
    else if (f->parent)
        look(f, &ways_by_parent, &DB_INT(f->parent), 1);
    else if (f->handler)
        look(f, &ways_by_handler, &DB_INT(f->handler), 1);
    else if (f->leader)
        look(f, &ways_by_leader, &DB_INT(f->leader), 1);
    else if (f->plan)
        look_in_plan(f);
    else
        return false;
    return true;
}

/* Filters that may name few of a large scope; but of a state few are open, and those that are closed are many of anything. */
static bool asks_rare(const Finding *f)
{
    return f->order == BY_DUE && f->all_states && (f->filter->relapsed || single(f->filter->category) || single(f->filter->source));
}

static bool look_at_rare(Finding *f)
{
    if (!asks_rare(f))
        return false;
    if (f->filter->relapsed)
        look(f, &ways_by_relapse, NULL, 0);
    else if (single(f->filter->category))
        look(f, &ways_by_category, &DB_TEXT(f->filter->category), 1);
    else if (single(f->filter->source))
        look(f, &ways_by_source, &DB_TEXT(f->filter->source), 1);
    else
        return false;
    return true;
}

/* --- Where to look: scopes ---------------------------------------------------------------------------------------------------------------- */

#define IN_STATE " AND s.state = ?"
#define IN_DATES " AND s.due >= ? AND s.due <= ?"
#define AND_SAID(way) { way, way " AND " IN_SAID("s.task"), way " AND " IN_SOME("s.task"), way " AND " IN_MANY("s.task") }
enum { BY_DATES, BY_STATE, BY_ALL };
static const char *const scope_ways[][SAID_MANY + 1] = {
    [BY_DATES] = AND_SAID(IN_SCOPE IN_DATES),
    [BY_STATE] = AND_SAID(IN_SCOPE IN_DATES IN_STATE),
    [BY_ALL] = AND_SAID(IN_SCOPE),
};

static void look_by_change(Finding *f, const Scopes *scopes)
{
    for (size_t i = 0; i < scopes->n; i++) {
        DbBranch branch = { FROM_SCOPE, scope_ways[BY_ALL][f->says], "s.task", "s.changed" };
        db_list_branch(f->list, &branch, (const DbValue[]) { DB_INT(scopes->v[i].scope), DB_INT(scopes->v[i].parts), finding_said(f) }, f->says ? 3 : 2);
    }
}

/* Which are few. */
static void look_at_hidden(Finding *f, const Scopes *scopes)
{
    for (size_t i = 0; i < scopes->n; i++) {
        DbBranch branch = { FROM_SCOPE, IN_SCOPE " AND s.restricted", "s.task", NULL };
        db_list_branch(f->list, &branch, (const DbValue[]) { DB_INT(scopes->v[i].scope), DB_INT(scopes->v[i].parts) }, 2);
    }
}

static void look_in_scope(Finding *f, const Scope *scope, Str state, bool in_order)
{
    DbValue values[6];
    size_t n = 0;
    Date first, last;
    date_from_ymd(1900, 1, 1, &first);
    date_from_ymd(2199, 12, 31, &last);
    values[n++] = DB_INT(scope->scope);
    values[n++] = DB_INT(scope->parts);
    values[n++] = DB_DATE(f->due_from != DATE_NONE ? f->due_from : first);
    values[n++] = DB_DATE(f->due_to != DATE_NONE ? f->due_to : last);
    if (state.p)
        values[n++] = DB_TEXT(state);
    if (f->says)
        values[n++] = finding_said(f);
    DbBranch branch = { FROM_SCOPE, scope_ways[state.p ? BY_STATE : BY_DATES][f->says], "s.task", in_order ? "s.due" : NULL };
    db_list_branch(f->list, &branch, values, n);
}

static void look_in_scopes(Finding *f, const Scopes *scopes, bool in_order)
{
    bool by_state = !f->all_states && scopes->n * f->n_states <= DB_BRANCHES;
    for (size_t i = 0; i < scopes->n; i++) {
        for (size_t s = 0; by_state && s < f->n_states; s++)
            look_in_scope(f, &scopes->v[i], f->states[s], in_order);
        if (!by_state)
            look_in_scope(f, &scopes->v[i], STR_NONE, in_order);
    }
}

/* Places other than the user's own scopes that hold all that the filter wants: the owner's scope, the issuer's, the area's. */
static bool other_places(const Finding *f, Scopes *places, size_t *ret_n, GError **err)
{
    size_t n = 0;
    if (f->filter->mine)
        places[n++] = finding_own_units(f);
    if (f->owner)
        places[n++] = (Scopes) { .v = { { f->owner, finding_owner_parts(f->filter) } }, .n = 1 };
    if (f->issuer)
        places[n++] = (Scopes) { .v = { { f->issuer, PART_DIRECT * PART_ISSUER } }, .n = 1 };
    if (f->filter->area.p && !scopes_of_area(f->conn, f->filter->area, PART_LEAD, &places[n++], err))
        return false;
    *ret_n = n;
    return true;
}

static bool is_everything(const Scopes *scopes)
{
    return scopes->n > 0 && scopes->v[0].scope == SCOPE_ALL;
}

/* The smallest of the places that may hold them, and how many it holds, counted up to a limit; what is everything is counted only where that is asked for. */
static bool smallest_scopes(Finding *f, bool counted, int64_t most, Scopes *ret_scopes, int64_t *ret_size, GError **err)
{
    Scopes places[5];
    size_t n = 0;
    int64_t smallest = most;
    if (!other_places(f, places, &n, err))
        return false;
    *ret_scopes = n > 0 ? places[0] : f->own;
    if (n == 0 || !is_everything(&f->own))
        places[n++] = f->own;
    for (size_t i = 0; i < n && (counted || n > 1); i++) {
        int64_t size;
        if (!scopes_size(f->conn, &places[i], smallest, &size, err))
            return false;
        if (size < smallest)
            *ret_scopes = places[i];
        smallest = MIN(smallest, size);
    }
    *ret_size = smallest;
    return true;
}

/* What is looked for elsewhere is held against the user's own tasks, where they are few enough for a set, before his grants are asked of each. */
static bool hold_against_own(Finding *f, GError **err)
{
    DbKept own;
    if (db_conn_engine(f->conn) != DB_SQLITE || is_everything(&f->own))
        return true;
    if (!scopes_set(f->conn, &f->own, SCOPES_SET_MOST, f->arena, &own, err))
        return false;
    if (own.n < SCOPES_SET_MOST)
        db_list_where_values(f->list, "in_set(?, t.id)", &DB_BLOB(own.set), 1);
    return true;
}

static bool is_own(const Finding *f, const Scopes *scopes)
{
    bool same = scopes->n == f->own.n;
    for (size_t i = 0; same && i < scopes->n; i++)
        same = scopes->v[i].scope == f->own.v[i].scope && scopes->v[i].parts == f->own.v[i].parts;
    return same;
}

static bool look_around(Finding *f, GError **err)
{
    Scopes scopes;
    int64_t size;
    if (!smallest_scopes(f, f->order == BY_ID || asks_rare(f), asks_rare(f) ? MANY : ENOUGH, &scopes, &size, err))
        return false;
    if (f->filter->hidden) {
        look_at_hidden(f, &scopes);
        return true;
    }
    bool walk = f->order == BY_ID && size > FEW; /* too many to sort: through the whole table in the list's order instead */
    if (walk)
        look(f, &ways_by_id, NULL, 0);
    else if (f->order == BY_CHANGED)
        look_by_change(f, &scopes);
    else if (size < MANY || !look_at_rare(f))
        look_in_scopes(f, &scopes, f->order == BY_DUE);
    return is_own(f, &scopes) || hold_against_own(f, err);
}

/* --- All of it -------------------------------------------------------------------------------------------------------------------------------- */

bool finding_look(Finding *f, GError **err)
{
    if (f->own.n == 0)
        return true; /* no grant, no task */
    if (look_at_named(f))
        return f->few_said || hold_against_own(f, err);
    return look_around(f, err);
}
