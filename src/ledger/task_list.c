/* A list of tasks: its parts put together, and what task_scope alone answers. */
#include "ledger/task_find.h"

#include "db/queries.h"

#include "base/banned.h"

static const DbOrder orders[] = {
    { "due", DUE, DB_TYPE_DATE, false },
    { "no", "t.seq", DB_TYPE_INT, false },
    { "changed", "t.changed", DB_TYPE_INT, true },
};

TaskFilter task_filter_none(void)
{
    return (TaskFilter) { .due_from = DATE_NONE, .due_to = DATE_NONE, .changed_from = DATE_NONE };
}

/* --- All of it -------------------------------------------------------------------------------------------------------------------------------- */

static bool begin(Finding *f, GError **err)
{
    if (!scopes_of_user(f->conn, f->user, f->arena, &f->own, err) || !finding_names(f, err) || !finding_states(f, err) || !finding_conditions(f, err))
        return false;
    scopes_where(f->list, f->user, f->arena);
    if (f->own.n == 0)
        db_list_where(f->list, "1 = 0", NULL, 0);
    return true;
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
    return db_list_order(list, orders, G_N_ELEMENTS(orders), known, err) && finding_look(&f, err);
}

bool task_list_all(DbList *list, DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, GError **err)
{
    Finding f = { .list = list, .conn = conn, .arena = arena, .user = user, .today = today, .filter = filter, .order = BY_DUE };
    return begin(&f, err) && finding_look(&f, err);
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
    Scopes units = finding_own_units(f);
    *ret_scope = owner ? (Scope) { f->owner, finding_owner_parts(f->filter) } : mine ? units.v[0] : own->v[0];
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
    if (!scopes_of_user(conn, user, arena, &f->own, err) || !finding_names(f, err) || !finding_states(f, err))
        return false;
    *ret_narrow = reads_all_of(f, &f->own) && narrow_scope(f, &f->own, &ret_tasks->scope);
    finding_keep_states(f, STR(SHOWN));
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
