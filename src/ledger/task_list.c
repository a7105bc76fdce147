/* A list of tasks: its conditions, and where it begins. */
#include "ledger/task_list.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/search.h"

#include "base/banned.h"

enum { ZONE_MINUTES = 8 * 60, FEW = 3000 /* rows that may be sorted for one page */, FEW_SAID = 500 /* that are looked up one by one */, MANY = 20000, /* where a rare filter is the better place to look */ ENOUGH = 4000 /* else counting goes no further */, DAY_MS = 24 * 60 * 60 * 1000 };

#define DUE "COALESCE(t.due, '2199-12-31')"

static const DbFilter filters[] = {
    { "state", "t.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "kind", "t.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "source", "t.source", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "term", "t.term", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "category", "t.category", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "number", "t.number", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "stage", "t.stage", DB_FILTER_EQ_ANY, DB_TYPE_INT },
};

static const DbOrder orders[] = {
    { "due", DUE, DB_TYPE_DATE, false },
    { "no", "t.seq", DB_TYPE_INT, false },
    { "changed", "t.changed", DB_TYPE_INT, true },
};

typedef enum { BY_DUE, BY_SEQ, BY_CHANGED, BY_ID } Order;

#define TO_DO "issued,working,returned,reopened"

/* What is being put together. Ids are those of the uids that the filter names; 0: not asked for. */
typedef struct {
    DbList *list;
    DbConn *conn;
    Arena *arena;
    const User *user;
    Date today;
    const TaskFilter *filter;
    Order order;
    Scopes own;
    int64_t plan, owner, handler, leader, parent, issuer;
    Str states[16]; /* those that may be shown */
    size_t n_states;
    bool all_states;
    Date due_from, due_to;
    Str match;     /* of q */
    Str said;      /* which tasks say so, on SQLite (in_set) */
    int says;      /* how a task is asked whether it does: SAID_ */
    bool few_said; /* few do */
} Finding;

TaskFilter task_filter_none(void)
{
    return (TaskFilter) { .due_from = DATE_NONE, .due_to = DATE_NONE, .changed_from = DATE_NONE };
}

/* --- What the filter names ---------------------------------------------------------------------------------------------------- */

static bool named(bool found, Str uid, const char *what, GError **err)
{
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "no %s '" STR_FMT "'", what, STR_ARG(utf8_head(uid, 40)));
    return error_at(err, "%s", what);
}

static bool find_org(const Finding *f, Str uid, const char *what, int64_t *ret_id, GError **err)
{
    Org org;
    bool found = true;
    if (!uid.p)
        return true;
    if (!org_by_uid(f->conn, f->arena, uid, &org, &found, err) || !named(found, uid, what, err))
        return false;
    *ret_id = org.id;
    return true;
}

static bool find_account(const Finding *f, Str uid, const char *what, int64_t *ret_id, GError **err)
{
    AccountIdByUidRow row;
    bool found = true;
    if (!uid.p)
        return true;
    if (!db_one(f->conn, AccountIdByUid, f->arena, &row, &found, err, .uid = uid) || !named(found, uid, what, err))
        return false;
    *ret_id = row.id;
    return true;
}

static bool find_plan(const Finding *f, Str uid, int64_t *ret_id, GError **err)
{
    PlanIdByUidRow row;
    bool found = true;
    if (!uid.p)
        return true;
    if (!db_one(f->conn, PlanIdByUid, f->arena, &row, &found, err, .uid = uid))
        return false;
    *ret_id = found ? row.id : -1; /* a plan that is none has no tasks */
    return true;
}

static bool find_parent(const Finding *f, Str uid, int64_t *ret_id, GError **err)
{
    TaskIdByUidRow row;
    bool found = true;
    if (!uid.p || str_eq(uid, STR("none")))
        return true;
    if (!db_one(f->conn, TaskIdByUid, f->arena, &row, &found, err, .uid = uid))
        return false;
    *ret_id = found ? row.id : -1;
    return true;
}

static bool find_named(Finding *f, GError **err)
{
    const TaskFilter *filter = f->filter;
    return find_plan(f, filter->plan, &f->plan, err) && find_org(f, filter->owner, "owner", &f->owner, err)
           && find_org(f, filter->issuer, "issuer", &f->issuer, err) && find_account(f, filter->handler, "handler", &f->handler, err)
           && find_account(f, filter->leader, "leader", &f->leader, err) && find_parent(f, filter->parent, &f->parent, err);
}

/* --- States and dates ------------------------------------------------------------------------------------------------------------ */

/* A light is states and dates; task_light() tells it of one task, this of all. figures: without a figure that could decide. */
static const struct {
    const char *light, *states;
    bool from, to, figures;
    int days_from, days_to; /* from today */
} lights[] = {
    { "green", "verified,closed", false, false, false, 0, 0 },
    { "red", TO_DO, false, true, false, 0, -1 },
    { "amber", TO_DO, true, false, false, 0, 0 }, /* its end: take_ladders */
    { "grey", "submitted", false, false, true, 0, 0 },
};

static bool has_word(Str list, Str word)
{
    for (Str rest = list; rest.p;)
        if (str_eq(str_cut(&rest, ','), word))
            return true;
    return false;
}

/* Only those of the list stay. */
static void keep_states(Finding *f, Str list)
{
    size_t kept = 0;
    if (f->all_states)
        for (Str rest = list; rest.p && kept < G_N_ELEMENTS(f->states);) {
            Str state = str_cut(&rest, ',');
            bool again = false;
            for (size_t i = 0; i < kept; i++)
                again |= str_eq(state, f->states[i]);
            if (!again)
                f->states[kept++] = state;
        }
    else
        for (size_t i = 0; i < f->n_states; i++)
            if (has_word(list, f->states[i]))
                f->states[kept++] = f->states[i];
    f->n_states = kept;
    f->all_states = false;
}

static void end_due(Finding *f, Date day)
{
    f->due_to = f->due_to == DATE_NONE ? day : MIN(f->due_to, day);
}

/* Amber begins with the yellow step of each plan's ladder. */
static bool take_ladders(Finding *f, GError **err)
{
    AmberRangeRow range;
    bool found;
    if (!db_one(f->conn, AmberRange, f->arena, &range, &found, err))
        return false;
    end_due(f, f->today + (Date) MAX(range.most, LIGHT_AMBER_DAYS));
    if (range.plans > 0)
        db_list_where_values(f->list, "(SELECT a.amber_from FROM task_amber a WHERE a.task = t.id) <= ?", &DB_DATE(f->today), 1);
    return true;
}

static bool take_light(Finding *f, Str light, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lights); i++) {
        if (!str_eq(light, str_from(lights[i].light)))
            continue;
        keep_states(f, str_from(lights[i].states));
        if (lights[i].from)
            f->due_from = MAX(f->due_from, f->today + lights[i].days_from);
        if (lights[i].to)
            end_due(f, f->today + lights[i].days_to);
        if (g_str_equal(lights[i].light, "amber") && !take_ladders(f, err))
            return false;
        if (lights[i].figures)
            db_list_where(f->list, "t.figures > 0 AND t.incomputable IS NULL", NULL, 0);
        return true;
    }
    error_set(err, BH_BAD_INPUT, "no light '" STR_FMT "'", STR_ARG(utf8_head(light, 40)));
    return error_at(err, "light");
}

static bool take_states(Finding *f, GError **err)
{
    f->all_states = true;
    f->due_from = f->filter->due_from;
    f->due_to = f->filter->due_to;
    if (f->filter->state.p)
        keep_states(f, f->filter->state);
    if (f->filter->silent)
        keep_states(f, STR(TO_DO));
    if (f->filter->late && !take_light(f, STR("red"), err))
        return false;
    return !f->filter->light.p || take_light(f, f->filter->light, err);
}

/* --- Conditions -------------------------------------------------------------------------------------------------------------------- */

static bool plain(Finding *f, const char *name, Str value, GError **err)
{
    return !value.p || db_list_filter(f->list, filters, G_N_ELEMENTS(filters), str_from(name), value, err);
}

static void where_id(Finding *f, const char *condition, int64_t id)
{
    if (id)
        db_list_where(f->list, condition, &id, 1);
}

static Str joined_states(const Finding *f)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < f->n_states; i++) {
        g_string_append(text, i > 0 ? "," : "");
        g_string_append_len(text, f->states[i].p, (gssize) f->states[i].n);
    }
    return arena_str(f->arena, str_from_gstring(text));
}

static bool where_states(Finding *f, GError **err)
{
    if (f->all_states)
        return true;
    if (f->n_states > 0)
        return plain(f, "state", joined_states(f), err);
    db_list_where(f->list, "1 = 0", NULL, 0);
    return true;
}

static void where_dates(Finding *f)
{
    if (f->due_from != DATE_NONE)
        db_list_where_values(f->list, "t.due >= ?", &DB_DATE(f->due_from), 1);
    if (f->due_to != DATE_NONE)
        db_list_where_values(f->list, "t.due <= ?", &DB_DATE(f->due_to), 1);
    int64_t since = f->filter->changed_from == DATE_NONE ? 0 : (int64_t) f->filter->changed_from * DAY_MS - ZONE_MINUTES * 60 * 1000;
    int64_t until = ((int64_t) f->today - SILENT_DAYS) * DAY_MS - ZONE_MINUTES * 60 * 1000;
    if (since)
        db_list_where(f->list, "t.changed >= ?", &since, 1);
    if (f->filter->silent)
        db_list_where(f->list, "t.changed < ? AND NOT EXISTS (SELECT 1 FROM task_progress g WHERE g.task = t.id AND g.at >= ?)",
                      (const int64_t[]) { until, until }, 2);
}

/* As what the owner asked for is a party. */
static unsigned role_parts(const TaskFilter *filter)
{
    return str_eq(filter->role, STR("lead")) ? PART_LEAD : str_eq(filter->role, STR("support")) ? PART_SUPPORT : PART_LEAD | PART_SUPPORT;
}

static unsigned owner_parts(const TaskFilter *filter)
{
    return filter->owner_below ? role_parts(filter) : role_parts(filter) * PART_DIRECT;
}

#define LIES_IN "coalesce((SELECT w.parts FROM task_scope w WHERE w.task = t.id AND w.scope = ?) & ?, 0) <> 0" /* see scope.c */

/* The user's unit, and those of whom he is deputy for. */
static Scopes own_units(const Finding *f)
{
    Scopes units = { .v = { { f->user->org, role_parts(f->filter) } }, .n = 1 };
    for (size_t i = 0; i < f->user->n_absents && units.n < SCOPES_MOST; i++) {
        bool there = false;
        for (size_t k = 0; k < units.n; k++)
            there |= units.v[k].scope == f->user->absents[i].org;
        if (!there)
            units.v[units.n++] = (Scope) { f->user->absents[i].org, role_parts(f->filter) };
    }
    return units;
}

static void where_mine(Finding *f)
{
    Scopes units = own_units(f);
    const char *pieces[2 * SCOPES_MOST];
    DbValue values[2 * SCOPES_MOST];
    for (size_t i = 0; i < units.n; i++) {
        pieces[2 * i] = i > 0 ? " OR " : "";
        pieces[2 * i + 1] = LIES_IN;
        values[2 * i] = DB_INT(units.v[i].scope);
        values[2 * i + 1] = DB_INT(units.v[i].parts);
    }
    db_list_where_pieces(f->list, pieces, 2 * units.n, values, 2 * units.n);
}

#define PARENT_THERE \
    "t.parent IS NULL OR NOT EXISTS (SELECT 1 FROM task_scope v WHERE v.task = t.parent AND v.scope = ? AND (v.parts & ?) <> 0 AND NOT v.restricted" \
    " AND EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.parent AND w.role = 'lead' AND substr(o.area, 1, length(?)) = ?))"

static void where_whole(Finding *f)
{
    Str area = f->filter->area.p ? f->filter->area : STR("");
    DbValue values[] = { DB_INT(f->owner ? f->owner : SCOPE_ALL), DB_INT(f->owner ? owner_parts(f->filter) : PART_LEAD), DB_TEXT(area), DB_TEXT(area) };
    db_list_where_values(f->list, PARENT_THERE, values, G_N_ELEMENTS(values));
}

static void where_parties(Finding *f)
{
    if (f->filter->whole)
        where_whole(f);
    if (f->owner)
        db_list_where(f->list, LIES_IN, (const int64_t[]) { f->owner, owner_parts(f->filter) }, 2);
    if (f->filter->mine)
        where_mine(f);
    where_id(f, "p.issuer = ?", f->issuer);
    if (f->filter->area.p)
        db_list_where_values(f->list, "EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.id AND w.role = 'lead'"
                                      " AND substr(o.area, 1, length(?)) = ?)",
                             (const DbValue[]) { DB_TEXT(f->filter->area), DB_TEXT(f->filter->area) }, 2);
}

/* Whether a task says what is wished: SQLite has all that do as a set; PostgreSQL makes one of some, and asks each where many do. It guesses badly how many will: IS TRUE and OFFSET
 * keep it from turning the question round. Of the rows of a scope it is asked before the task is looked up. */
enum { SAID_NOTHING, SAID_SET, SAID_SOME, SAID_MANY };
#define IN_SAID(task) "in_set(?, " task ")"
#define IN_SOME(task) "(" task " IN (SELECT f.rowid / 512 FROM search_task f WHERE f.tokens @@ CAST(? AS tsquery))) IS TRUE"
#define IN_MANY(task) \
    "EXISTS (SELECT 1 FROM search_task f WHERE f.rowid BETWEEN " task " * 512 AND " task " * 512 + 511 AND (f.tokens @@ CAST(? AS tsquery)) IS TRUE OFFSET 0)"
static const char *const said_here[] = { [SAID_SET] = IN_SAID("t.id"), [SAID_SOME] = IN_SOME("t.id"), [SAID_MANY] = IN_MANY("t.id") };

static DbValue said_value(const Finding *f)
{
    return f->says == SAID_SET ? DB_BLOB(f->said) : DB_TEXT(f->match);
}

/* Of a word that few tasks say the index is the place to look; one that many say is asked of each task. */
static bool where_said(Finding *f, GError **err)
{
    DbKept said;
    DbEngine engine = db_conn_engine(f->conn);
    if (!f->filter->q.p)
        return true;
    if (!search_wish(engine, f->filter->q, f->arena, &f->match)) {
        db_list_where(f->list, "1 = 0", NULL, 0);
        return true;
    }
    if (!search_said(f->conn, f->match, engine == DB_SQLITE ? INT64_MAX : FEW + 1, f->arena, &said, err))
        return false;
    f->said = said.set;
    f->few_said = said.n <= FEW_SAID;
    if (!f->few_said) {
        f->says = engine == DB_SQLITE ? SAID_SET : said.n <= FEW ? SAID_SOME : SAID_MANY;
        const DbValue value = said_value(f);
        db_list_where_values(f->list, said_here[f->says], &value, 1);
    }
    return true;
}

static bool where_filter(Finding *f, GError **err)
{
    const TaskFilter *filter = f->filter;
    where_id(f, "t.plan = ?", f->plan);
    where_id(f, "t.handler = ?", f->handler);
    where_id(f, "t.leader = ?", f->leader);
    where_id(f, "t.parent = ?", f->parent);
    if (str_eq(filter->parent, STR("none")))
        db_list_where(f->list, "t.parent IS NULL", NULL, 0);
    if (filter->relapsed)
        db_list_where(f->list, "t.relapses > 0", NULL, 0);
    if (filter->hidden)
        db_list_where(f->list, "(t.restricted OR t.state IN ('draft', 'discarded'))", NULL, 0);
    where_dates(f);
    where_parties(f);
    return where_said(f, err) && where_states(f, err) && plain(f, "kind", filter->kind, err) && plain(f, "source", filter->source, err) && plain(f, "term", filter->term, err)
           && plain(f, "category", filter->category, err) && plain(f, "number", filter->number, err) && plain(f, "stage", filter->stage, err);
}

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
        db_list_branch(f->list, &branch, (const DbValue[]) { DB_INT(scopes->v[i].scope), DB_INT(scopes->v[i].parts), said_value(f) }, f->says ? 3 : 2);
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
        values[n++] = said_value(f);
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
        places[n++] = own_units(f);
    if (f->owner)
        places[n++] = (Scopes) { .v = { { f->owner, owner_parts(f->filter) } }, .n = 1 };
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
    return true;
}

/* --- All of it -------------------------------------------------------------------------------------------------------------------------------- */

static bool begin(Finding *f, GError **err)
{
    if (!scopes_of_user(f->conn, f->user, f->arena, &f->own, err) || !find_named(f, err) || !take_states(f, err) || !where_filter(f, err))
        return false;
    scopes_where(f->list, f->user, f->arena);
    if (f->own.n == 0)
        db_list_where(f->list, "1 = 0", NULL, 0);
    return true;
}

static bool look_for(Finding *f, GError **err)
{
    if (f->own.n == 0)
        return true; /* no grant, no task */
    return look_at_named(f) || look_around(f, err);
}

static Order order_of(Str name, const TaskFilter *filter)
{
    if (str_eq(name, STR("no")))
        return filter->plan.p ? BY_SEQ : BY_ID;
    return str_eq(name, STR("changed")) ? BY_CHANGED : BY_DUE;
}

bool task_seen_for(DbConn *conn, const User *user, int64_t task, const Absent **ret_of, GError **err)
{
    bool own = false;
    *ret_of = NULL;
    if (user->n_absents == 0)
        return true;
    g_autoptr(DbRows) rows = db_query(conn, TaskHolders, err, .task = task, .account = user->account, .today = user->today);
    for (TaskHoldersRow row; rows && db_next(rows, &row, err);) {
        own |= row.holder == user->account;
        for (size_t i = 0; i < user->n_absents && !*ret_of; i++)
            if (user->absents[i].account == row.holder)
                *ret_of = &user->absents[i];
    }
    if (own)
        *ret_of = NULL;
    return db_rows_ok(rows);
}

bool task_list_find(DbList *list, DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, Str order, GError **err)
{
    Finding f = { .list = list, .conn = conn, .arena = arena, .user = user, .today = today, .filter = filter, .order = order_of(order, filter) };
    if (!begin(&f, err))
        return false;
    Str known = f.order == BY_ID ? STR("") : order.p ? order : STR("due");
    return db_list_order(list, orders, G_N_ELEMENTS(orders), known, err) && look_for(&f, err);
}

bool task_list_all(DbList *list, DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, GError **err)
{
    Finding f = { .list = list, .conn = conn, .arena = arena, .user = user, .today = today, .filter = filter, .order = BY_DUE };
    return begin(&f, err) && look_for(&f, err);
}

/* --- Without looking at each ------------------------------------------------------------------------------------------------------------------- */

#define SHOWN "issued,working,submitted,verified,closed,returned,reopened,suspended,cancelled,waived"

/* That the user reads all of what lies in his one scope: by a grant for every plan. */
static bool reads_all_of(const Finding *f, const Scopes *scopes)
{
    Reach reach = may_reach(f->user, VERB_READ_TASK, f->arena);
    bool all = scopes->n == 1;
    for (size_t i = 0; i < reach.n; i++)
        all &= !reach.grants[i]->by_plan && reach.grants[i]->where != WHERE_AREA;
    return all;
}

/* Only states, dates, an owner or the own unit are asked for. */
static bool asks_little(const TaskFilter *filter)
{
    return !filter->kind.p && !filter->source.p && !filter->term.p && !filter->category.p && !filter->plan.p && !filter->parent.p && !filter->handler.p
           && !filter->leader.p && !filter->number.p && !filter->stage.p && !filter->issuer.p && !filter->area.p && !filter->q.p && !filter->relapsed
           && !filter->silent && !filter->hidden && !filter->whole && filter->changed_from == DATE_NONE
           && (!filter->light.p || str_eq(filter->light, STR("red")) || str_eq(filter->light, STR("green")));
}

/* The one scope that is asked for. That of an owner or of the own unit is one only for who reads everything: else some of it may be hidden. */
static bool narrow_scope(Finding *f, const Scopes *own, Scope *ret_scope)
{
    bool owner = f->owner != 0, mine = f->filter->mine;
    bool everything = own->v[0].scope == SCOPE_ALL && own->v[0].parts == (PART_ISSUER | PART_LEAD | PART_SUPPORT);
    Scopes units = own_units(f);
    *ret_scope = owner ? (Scope) { f->owner, owner_parts(f->filter) } : mine ? units.v[0] : own->v[0];
    if (!owner && !mine)
        return true;
    return everything && !(owner && mine) && (owner || units.n == 1);
}

bool task_list_narrow(DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, TaskNarrow *ret_tasks, bool *ret_narrow, GError **err)
{
    Finding *f = ARENA_NEW(arena, Finding);
    *f = (Finding) { .conn = conn, .arena = arena, .user = user, .today = today, .filter = filter };
    *ret_narrow = false;
    if (!asks_little(filter))
        return true;
    if (!scopes_of_user(conn, user, arena, &f->own, err) || !find_named(f, err) || !take_states(f, err))
        return false;
    *ret_narrow = reads_all_of(f, &f->own) && narrow_scope(f, &f->own, &ret_tasks->scope);
    keep_states(f, STR(SHOWN));
    ret_tasks->states = f->states;
    ret_tasks->n_states = f->n_states;
    ret_tasks->due_from = f->due_from;
    ret_tasks->due_to = f->due_to;
    if (f->due_from == DATE_NONE)
        date_from_ymd(1900, 1, 1, &ret_tasks->due_from);
    if (f->due_to == DATE_NONE) /* whoever asks for dates does not mean those without */
        date_from_ymd(2199, 12, f->due_from == DATE_NONE ? 31 : 30, &ret_tasks->due_to);
    return true;
}
