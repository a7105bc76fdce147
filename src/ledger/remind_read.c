/* Reminders as they are read. */
#include "db/queries.h"
#include "ledger/change.h"

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

/* --- For the events ------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(Str) Said;

static void say(Arena *arena, Said *said, Str text)
{
    *ARENA_PUSH(arena, said) = arena_str(arena, text);
}

static void say_int(Arena *arena, Said *said, int64_t value)
{
    *ARENA_PUSH(arena, said) = value == DB_NULL_INT ? STR_NONE : arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

static bool say_messages(DbConn *conn, int64_t id, Arena *arena, Said *said, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, ReminderMessages, err, .reminder = id);
    for (ReminderMessagesRow row; rows && db_next(rows, &row, err);) {
        const Str texts[] = { row.account_uid, row.message, row.kind, row.level, row.subject, row.params };
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
            say(arena, said, texts[i]);
        say_int(arena, said, row.at);
    }
    return db_rows_ok(rows);
}

static bool say_letters(DbConn *conn, int64_t id, Arena *arena, Said *said, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, ReminderLetters, err, .reminder = id);
    for (ReminderLettersRow row; rows && db_next(rows, &row, err);) {
        const Str texts[] = { row.uid, row.kind, row.issuer_uid, row.task_uid, row.org_uid };
        const int64_t numbers[] = { row.year, row.number, row.day, row.reply_by };
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
            say(arena, said, texts[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
            say_int(arena, said, numbers[i]);
    }
    return db_rows_ok(rows);
}

bool reminder_value(DbConn *conn, int64_t id, Arena *arena, Str *ret_value, GError **err)
{
    ReminderWholeRow row;
    bool found;
    Said said = { 0 };
    if (!db_one(conn, ReminderWhole, arena, &row, &found, err, .id = id))
        return false;
    const Str texts[] = { row.task_uid, row.step, row.account_uid, row.text };
    const int64_t numbers[] = { row.due == DATE_NONE ? DB_NULL_INT : row.due, row.planned, row.day, row.sent };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        say(arena, &said, texts[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        say_int(arena, &said, numbers[i]);
    if (!say_messages(conn, id, arena, &said, err) || !say_letters(conn, id, arena, &said, err))
        return false;
    *ret_value = arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(row.level), STR_ARG(state_digest(arena, said.v, said.n)));
    return true;
}
