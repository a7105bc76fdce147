/* task-json.h: private to http: tasks as the API shows them. */
#pragma once

#include "http/app.h"
#include "db/queries.h"

/* A row of a list; its owners are read with it. */
bool task_row_write(const HttpRequest *request, DbConn *conn, const TaskListRow *row, JsonWriter *json, GError **err);

/* The whole task with what the asker may do. */
void task_write(const HttpRequest *request, const Task *task, JsonWriter *json);
