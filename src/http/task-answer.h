/* task-answer.h: private to http: what every route about one task shares. */
#pragma once

#include "http/task-json.h"

/* The task of the path ("uid"), if the asker may read it. A restricted one, and a draft, is not there for others: BH_NOT_FOUND. */
bool task_readable(HttpRequest *request, DbConn *conn, Task *ret_task, GError **err);
bool task_readable_uid(HttpRequest *request, DbConn *conn, Str uid, Task *ret_task, GError **err); /* another one */

/* The same only as a check: who may not read a task is not told by a refused change that it exists and how it stands. */
bool task_check_readable(HttpRequest *request, GError **err);

/* The task of the path as it stands now; task_answer_uid: another one. */
bool task_answer(HttpRequest *request, int status, GError **err);
bool task_answer_uid(HttpRequest *request, Str uid, int status, GError **err);

/* Ends a changing handler: the fresh task, or the problem; with a stale version the task as it is now (`present`). `changed` and *err come from the ledger. */
bool task_answer_change(HttpRequest *request, bool changed, GError **err);
