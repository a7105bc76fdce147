/* task_sheet.h: part of ledger's contract: tasks a page at a time with what the columns of a workbook show of them, in three questions for a page however many
 * they are. */
#pragma once

#include "ledger/task_list.h"
#include "ledger/ledger.h"

/* The list over which task_list_find says which tasks. */
#define task_sheet_list(arena) db_list_new(arena, TaskSheet, "t.id")

/* The tasks of a list whose page is set. Of each only what ledger_column_text (import.h) shows is there. Texts and *ret_tasks live in arena. */
bool task_sheet_page(DbList *list, DbConn *conn, Arena *arena, Task **ret_tasks, size_t *ret_n, GError **err);
