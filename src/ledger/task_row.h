/* task_row.h: a page of a list of tasks as lists show it. Which rows stand on it is found first; then they, and each kind of thing that hangs on them (owners, counts, the last
 * report, names), are read of all of them in one statement, and what many of them name once: asked row by row it takes four times as long. */
#pragma once

#include "db/queries.h"
#include "ledger/task_list.h"

/* An organisation as rows name it; places of two rows may be the same one. */
typedef struct {
    int64_t id;
    Str uid, name, path, area;
} RowOrg;

typedef struct {
    const RowOrg *org;
    Str role; /* lead, support */
} RowOwner;

typedef struct {
    TaskRowHeadRow t;
    const RowOrg *issuer, *over; /* its own and its plan's */
    RowOwner *owners;            /* in their order */
    size_t n_owners;
    PersonRef handler, leader;
    Str parent_uid, parent_number, parent_title;
    Str stage_name;
    bool gate_passed;
    int64_t children, children_closed, targets, measures, measures_done, evidence, amber_days;
    Str progress_period, progress_text; /* of the last report; period STR_NONE: there is none */
    int64_t progress_percent;
    Str reminder; /* the level of the last one of this due date */
} TaskRow;

typedef struct {
    TaskRow *v;
    size_t n;
} TaskRows;

/* Reads the page of a list over TaskList; behind it db_list_cursor(list) tells of the next. All lives in arena. */
bool task_rows_read(DbList *list, DbConn *conn, Arena *arena, TaskRows *ret_rows, GError **err);

/* What a user may do by a verb, as task_allowed; *ret_tells false: a row does not tell, load the task. */
Allowed task_row_allowed(const User *user, const TaskRow *row, const char *verb, Arena *arena, bool *ret_tells);
