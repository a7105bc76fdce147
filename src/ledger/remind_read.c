/* Reminders as they are read. */
#include "db/queries.h"
#include "ledger/ledger.h"

#include "base/banned.h"

static bool load_receivers(DbConn *conn, Arena *arena, TaskReminder *reminder, GError **err)
{
    ARENA_LIST(int64_t) accounts = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, ReminderTos, err, .reminder = reminder->id);
    for (ReminderTosRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &accounts) = row.account;
        reminder->read += row.read_at != DB_NULL_INT;
    }
    if (!db_rows_ok(rows))
        return false;
    reminder->to = ARENA_ARRAY(arena, PersonRef, accounts.n + 1);
    reminder->n_to = accounts.n;
    for (size_t i = 0; i < accounts.n; i++)
        if (!person_ref(conn, arena, accounts.v[i], &reminder->to[i], NULL, err))
            return false;
    return true;
}

static bool load_letters(DbConn *conn, Arena *arena, TaskReminder *reminder, GError **err)
{
    ARENA_LIST(TaskLetter) letters = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, LettersOfReminder, err, .reminder = reminder->id);
    for (LettersOfReminderRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &letters) = (TaskLetter) {
            .uid = arena_str(arena, row.uid), .kind = arena_str(arena, row.kind), .org_uid = arena_str(arena, row.org_uid),
            .org_name = arena_str(arena, row.org_name), .year = row.year, .number = row.number, .reply_by = row.reply_by,
        };
    reminder->letters = letters.v;
    reminder->n_letters = letters.n;
    return db_rows_ok(rows);
}

bool reminder_load_parts(DbConn *conn, Arena *arena, TaskReminder *reminder, int64_t account, GError **err)
{
    return person_ref(conn, arena, account, &reminder->by, NULL, err) && load_receivers(conn, arena, reminder, err) && load_letters(conn, arena, reminder, err);
}

bool task_load_reminders(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskReminder) list = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, RemindersOfTask, err, .task = task->id);
    for (RemindersOfTaskRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &list) = (TaskReminder) {
            .id = row.id, .sent = row.sent, .uid = arena_str(arena, row.uid), .level = arena_str(arena, row.level), .text = arena_str(arena, row.text),
            .due = row.due, .planned = row.planned,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!reminder_load_parts(conn, arena, &list.v[i], by.v[i], err))
            return false;
    task->reminders = list.v;
    task->n_reminders = list.n;
    return true;
}

Str task_reminder_level(const Task *task)
{
    for (size_t i = task->n_reminders; i > 0; i--)
        if (task->reminders[i - 1].due == task->due)
            return task->reminders[i - 1].level;
    return STR_NONE;
}
