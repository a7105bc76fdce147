/* How many tasks of a plan somebody may know of: those whose existence is no secret are counted, of the few others each is asked for. */
#include "db/queries.h"
#include "ledger/scope.h"

#include "base/banned.h"

typedef ARENA_LIST(StateCount) Counts;

static int64_t *count_of(Counts *counts, Str state, Arena *arena)
{
    for (size_t i = 0; i < counts->n; i++)
        if (str_eq(counts->v[i].state, state))
            return &counts->v[i].tasks;
    *ARENA_PUSH(arena, counts) = (StateCount) { arena_str(arena, state), 0 };
    return &counts->v[counts->n - 1].tasks;
}

static bool count_open_to_all(DbConn *conn, Arena *arena, int64_t plan, int64_t stage, Counts *counts, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PlanStates, err, .plan = plan, .stage = stage);
    for (PlanStatesRow row; rows && db_next(rows, &row, err);)
        *count_of(counts, row.state, arena) += row.tasks;
    return db_rows_ok(rows);
}

static bool count_hidden(DbConn *conn, Arena *arena, const User *user, int64_t plan, int64_t stage, Counts *counts, GError **err)
{
    DbList *list = db_list_new(arena, PlanHidden, "t.id", .plan = plan, .stage = stage);
    scopes_where(list, user, arena);
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (PlanHiddenRow row; rows && db_list_next(list, rows, &row, err);)
        *count_of(counts, row.state, arena) += 1;
    return db_rows_ok(rows);
}

static int by_state(const void *a, const void *b)
{
    const StateCount *x = a, *y = b;
    return str_cmp(x->state, y->state);
}

bool plan_states_seen(DbConn *conn, Arena *arena, const User *user, int64_t plan, int64_t stage, const StateCount **ret_counts, size_t *ret_n, GError **err)
{
    Counts counts = { 0 };
    if (!count_open_to_all(conn, arena, plan, stage, &counts, err) || !count_hidden(conn, arena, user, plan, stage, &counts, err))
        return false;
    if (counts.n > 1)
        qsort(counts.v, counts.n, sizeof *counts.v, by_state);
    *ret_counts = counts.v;
    *ret_n = counts.n;
    return true;
}
