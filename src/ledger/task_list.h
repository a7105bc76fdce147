/* task_list.h: lists of tasks: which ones a user sees by which filters in which order, found where they are instead of by walking the table.
 *
 * A list stands over any statement whose tables are `task t JOIN plan p ON p.id = t.plan` and whose WHERE ends in the mark of db/build.h:
 *
 *     DbList *list = db_list_new(arena, TaskList, "t.id");
 *     if (!task_list_find(list, conn, arena, user, today, &filter, order, err) || !db_list_page(list, cursor, 50, err)) …
 *
 * What decides is always the same: the filters and the user's grants (scope.h), as conditions. Where the rows are looked for is chosen by size: the filter
 * that names few (a number, a handler, a plan), the scope of the owner that is asked for, or the user's own scopes, each with an index in the list's order. */
#pragma once

#include "ledger/scope.h"

/* STR_NONE, DATE_NONE, false: does not filter. */
typedef struct {
    Str state, kind, source, term, category; /* one or several, commas between */
    Str plan, parent /* uid, or "none" */, handler, leader, number, stage /* its seq */, issuer;
    Str owner, role /* lead, support; else either */;
    bool owner_below; /* with all below it */
    bool mine;        /* of the user's own unit, or of one whom he is deputy for, with all below it, in that role */
    bool late;        /* as light red */
    bool whole;       /* without what is part of a task that the owner and the area that are asked for have, too (all tasks, where none is): as reports count */
    Str area;         /* of a lead: a prefix of area codes */
    Str light;        /* green red amber grey */
    Str q;            /* words of its texts: db/search.h */
    bool relapsed, silent /* open, and nothing happened for SILENT_DAYS */;
    Date due_from, due_to, changed_from;
    bool hidden;      /* only those that a grant alone does not show: restricted, or not issued */
} TaskFilter;

enum { SILENT_DAYS = 30 };

TaskFilter task_filter_none(void);

/* order: "due" (default), "no" (within a plan; else as they were made), "changed" (newest first). BH_BAD_INPUT with `at` for an organisation, plan or person that is
 * none, or a word that is none. */
bool task_list_find(DbList *list, DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, Str order, GError **err);

/* For whom the user sees a task as deputy; NULL: by a right of his own. */
bool task_seen_for(DbConn *conn, const User *user, int64_t task, const Absent **ret_of, GError **err);

/* Where task_scope alone says which of the tasks that are not hidden a filter means: of one scope, all of whose tasks the user may read, in some states, between two
 * dates. For counting what is too many to be looked at one by one. *ret_narrow false: the filter asks for more. */
typedef struct {
    Scope scope;
    const Str *states;
    size_t n_states;
    Date due_from, due_to; /* both included; all dates where none was asked for */
} TaskNarrow;
bool task_list_narrow(DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, TaskNarrow *ret_tasks, bool *ret_narrow, GError **err);

/* The same tasks without an order, for counting. */
bool task_list_all(DbList *list, DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, GError **err);
