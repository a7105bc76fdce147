/* Rows of periods that are closed. */
#include "hub/check.h"

#include "base/banned.h"

static void count_locked(Rows *rows, const HubLockedList *list, Period period)
{
    for (size_t i = 0; i < rows->locked.n; i++)
        if (rows->locked.v[i].period == period) {
            rows->locked.v[i].rows++;
            return;
        }
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].period == period)
            *ARENA_PUSH(rows->arena, &rows->locked) = (HubLocked) { period, list->v[i].since, 1 };
}

static Period period_of_row(const Rows *rows, size_t row)
{
    return rows->periods ? (Period) rows->periods[row] : period_of_date(rows->plan->every, rows_day(rows, row));
}

/* Files are by organisation and day, more or less, so that what was found for the row before is mostly right. */
bool rows_find_locked(Rows *rows, GError **err)
{
    const Plan *plan = rows->plan;
    const HubLockedList *list = NULL;
    int64_t org = 0;
    Period last = 0;
    bool closed = false;
    for (size_t i = 0; plan->locks && i < rows->n; i++) {
        if (rows->rejects[i])
            continue;
        if (!list || rows->orgs[i] != org) {
            if (!hub_locks_of(plan->locks, rows->orgs[i], &list, err))
                return false;
            org = rows->orgs[i];
            last = 0;
        }
        if (list->n == 0)
            continue;
        Period period = period_of_row(rows, i);
        if (period != last)
            closed = hub_is_locked(list, period);
        last = period;
        if (!closed)
            continue;
        rows_reject(rows, i, REJECT_LOCKED, rows->periods ? plan->period : plan->date);
        count_locked(rows, list, period);
    }
    return true;
}
