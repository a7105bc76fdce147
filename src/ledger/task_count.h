/* task_count.h: how many tasks of each kind a filter holds: by state, light, plan, month and who leads them.
 *
 * Where the user reads all of a scope and the filter asks for little, task_scope alone is walked (task_list_narrow), at a microsecond a task; what a grant alone does not
 * show is counted by the list's own conditions, as all else is. A test holds both ways against each other. */
#pragma once

#include "ledger/task_list.h"

typedef struct {
    int64_t id;  /* of a plan or an organisation */
    Str name;    /* a state, light, or month "2026-03" */
    int64_t n, lights[LIGHTS];
} TaskCount;

typedef struct {
    const TaskCount *v; /* ids: the largest first, then by id; names: by name */
    size_t n;
} TaskCounts;

typedef struct {
    int64_t total;
    TaskCounts states, lights, plans, owners, months; /* owners: those who lead; a task of two counts for both. months: of due dates */
} TaskBoard;

/* Conditions that are no part of the filter, for each list that is counted. */
typedef bool (*TaskMore)(const void *data, DbList *list, GError **err);

/* more: or NULL. Lives in arena. Fails as task_list_all does. */
bool task_board(DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, TaskMore more, const void *more_data, TaskBoard *ret_board,
                GError **err);
