/* task-json.h: private to http: tasks as the API shows them. */
#pragma once

#include "http/app.h"
#include "ledger/task_row.h"

/* task-row-json.c: a row of a list, and its members alone, into an open object. of: for whom the asker has it as deputy; NULL: for himself. claimed: a file says that it is
 * done, which is told of the task alone. */
void task_row_write(const HttpRequest *request, const TaskRow *row, const Absent *of, JsonWriter *json);
void task_row_members(const HttpRequest *request, const TaskRow *row, const Absent *of, bool claimed, JsonWriter *json);

/* The same of a whole task. */
bool task_head_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err);

/* The whole task with what the asker may do. */
bool task_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err);

/* family-json.c: the members "children_list" and "roll_up"; reports on a task as elements of an open list. */
bool task_family_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err);
void task_progress_write(const HttpRequest *request, const TaskProgress *list, size_t n, JsonWriter *json);

/* The filters of the query (TASK_FILTERS) over a list of tasks that the asker may see, and its order ("order", by due). `order` false: for a count. */
#define TASK_FILTERS \
    " state kind:task|rectification plan:uid owner:uid owner_below:bool role:lead|support issuer:uid due_from:date due_to:date late:bool" \
    " light:green|amber|red|grey q mine:bool number stage:int handler:uid leader:uid parent source term category relapsed:bool area silent:bool" \
    " changed_from:date figure on:date step since:int until:int overdue_from:date whole:bool"
TaskFilter task_filter_of_query(const HttpRequest *request);
bool task_filter_report(const HttpRequest *request, DbList *list, GError **err); /* figure and step, which are no part of TaskFilter */
bool task_list_of_query(const HttpRequest *request, DbConn *conn, DbList *list, bool order, GError **err);

/* tasks-xlsx.c: a list of tasks as a workbook. */
bool get_tasks_xlsx(HttpRequest *request, GError **err);
