/* Reminders that were sent, and the letters among them. */
#include "db/queries.h"
#include "http/flow-json.h"
#include "http/task-answer.h"

#include "base/banned.h"

/* --- Pieces ------------------------------------------------------------------------------------------------------------------- */

static void write_letters(const TaskReminder *reminder, JsonWriter *json)
{
    json_key(json, "letters");
    json_begin_array(json);
    for (size_t i = 0; i < reminder->n_letters; i++) {
        const TaskLetter *letter = &reminder->letters[i];
        json_begin_object(json);
        json_member_str(json, "uid", letter->uid);
        json_member_str(json, "kind", letter->kind);
        json_member_int(json, "year", letter->year);
        json_member_int(json, "number", letter->number);
        json_member_ref(json, "org", letter->org_uid, letter->org_name);
        json_member_date(json, "reply_by", letter->reply_by);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_reminder(const HttpRequest *request, const TaskReminder *reminder, JsonWriter *json)
{
    json_member_str(json, "uid", reminder->uid);
    json_member_str(json, "level", reminder->level);
    json_member_date(json, "due", reminder->due);
    json_member_date(json, "planned", reminder->planned);
    json_member_instant(json, request, "sent", reminder->sent);
    json_member_person(json, "by", &reminder->by);
    json_member_str(json, "text", reminder->text);
    json_key(json, "to");
    json_begin_array(json);
    for (size_t i = 0; i < reminder->n_to; i++)
        json_person(json, &reminder->to[i]);
    json_end_array(json);
    json_member_int(json, "read", (int64_t) reminder->read);
    write_letters(reminder, json);
}

void json_member_reminders(const HttpRequest *request, JsonWriter *json, const Task *task)
{
    json_key(json, "reminders");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_reminders; i++) {
        json_begin_object(json);
        write_reminder(request, &task->reminders[i], json);
        json_end_object(json);
    }
    json_end_array(json);
}

/* --- Lists -------------------------------------------------------------------------------------------------------------------- */

#define OF_LEAD "(SELECT x.uid FROM task_owner w JOIN org x ON x.id = w.org WHERE w.task = t.id AND w.role = 'lead' ORDER BY w.seq LIMIT 1)"

static const DbFilter reminder_filters[] = {
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "task", "t.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "level", "r.level", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "org", OF_LEAD, DB_FILTER_EQ, DB_TYPE_TEXT },
    { "from", "r.day", DB_FILTER_GE, DB_TYPE_DATE },
    { "to", "r.day", DB_FILTER_LE, DB_TYPE_DATE },
};
static const DbOrder reminder_orders[] = { { "newest", "r.id", DB_TYPE_INT, true } };

static const DbFilter letter_filters[] = {
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "task", "t.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "kind", "l.kind", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "year", "l.year", DB_FILTER_EQ, DB_TYPE_INT },
    { "org", "o.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
};
static const DbOrder letter_orders[] = { { "newest", "l.id", DB_TYPE_INT, true } };

static bool filter_all(const HttpRequest *request, DbList *list, const DbFilter *filters, size_t n, GError **err)
{
    for (size_t i = 0; i < n; i++) {
        Str value = http_query(request, filters[i].name);
        if (value.p && !db_list_filter(list, filters, n, str_from(filters[i].name), value, err))
            return false;
    }
    return true;
}

static bool get_reminders(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, ReminderList, "r.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_all(request, list, reminder_filters, G_N_ELEMENTS(reminder_filters), err)
        || !db_list_order(list, reminder_orders, 1, STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (ReminderListRow row; rows && db_list_next(list, rows, &row, err);) {
        TaskReminder reminder = { .id = row.id, .sent = row.sent, .uid = row.uid, .level = row.level, .text = row.text, .due = row.due, .planned = row.planned };
        json_begin_object(json);
        if (!json_member_task(request, conn, json, "task", row.task_uid, err) || !reminder_load_parts(conn, request->arena, &reminder, row.account, err))
            return false;
        write_reminder(request, &reminder, json);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static void write_letter(const LetterListRow *row, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "kind", row->kind);
    json_member_int(json, "year", row->year);
    json_member_int(json, "number", row->number);
    json_member_ref(json, "issuer", row->issuer_uid, row->issuer_name);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_key(json, "task");
    json_begin_object(json);
    json_member_str(json, "uid", row->task_uid);
    json_member_str(json, "number", row->task_number);
    json_member_str(json, "title", row->task_title);
    json_end_object(json);
    json_member_str(json, "problem", row->problem);
    json_member_str(json, "basis", row->basis);
    json_member_date(json, "due", row->due);
    json_member_date(json, "day", row->day);
    json_member_date(json, "reply_by", row->reply_by);
    json_member_str(json, "text", row->text);
    json_end_object(json);
}

static bool get_letters(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, LetterList, "l.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_all(request, list, letter_filters, G_N_ELEMENTS(letter_filters), err)
        || !db_list_order(list, letter_orders, 1, STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (LetterListRow row; rows && db_list_next(list, rows, &row, err);)
        write_letter(&row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- By hand -------------------------------------------------------------------------------------------------------------------- */

static bool get_task_reminders(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    if (!conn || !task_readable(request, conn, &task, err))
        return false;
    JsonWriter *json = http_json(request, request->route->method == HTTP_POST ? 201 : 200);
    json_begin_object(json);
    json_member_reminders(request, json, &task);
    json_end_object(json);
    return true;
}

static bool post_reminder(HttpRequest *request, GError **err)
{
    Str level, text = STR_NONE;
    if (!json_get_str(request->json, "level", &level, err) || !json_opt_str(request->json, "text", &text, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_remind(&ledger, &actor, http_path(request, "uid"), level, text, err) && get_task_reminders(request, err);
}

bool job_reminders(JobRun *run, GError **err)
{
    RemindCount count = { 0 };
    if (!ladder_daily(run->db, run->clock, flow_job_progress, run, &count, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "tasks", count.looked);
    json_member_int(json, "sent", count.sent);
    json_member_int(json, "letters", count.letters);
    json_end_object(json);
    return true;
}

#define LEVELS "green|yellow|red|letter|order|bulletin|talk"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/reminders", HTTP_SESSION, get_reminders, HTTP_LIST_QUERY " plan:uid task:uid level+:" LEVELS " org:uid from:date to:date",
      HTTP_NO_BODY, "Reminders", "reminders that were sent, the newest first" },
    { HTTP_GET, "/api/v1/letters", HTTP_SESSION, get_letters, HTTP_LIST_QUERY " plan:uid task:uid kind:letter|order year:int org:uid", HTTP_NO_BODY, "Letters",
      "numbered letters, the newest first" },
    { HTTP_GET, "/api/v1/tasks/{uid}/reminders", HTTP_SESSION, get_task_reminders, NULL, HTTP_NO_BODY, "TaskReminders", "the reminders of a task" },
    { HTTP_POST, "/api/v1/tasks/{uid}/reminders", HTTP_SESSION, post_reminder, NULL, HTTP_JSON, "TaskReminders", "remind of a task by hand" },
};

static const HttpShape shapes[] = {
    { "ReminderLetter", "uid:uid kind year:int number:int org:Ref reply_by:date" },
    { "TaskReminder", "uid:uid level due:date? planned:date sent:instant by:PersonRef? text? to:[PersonRef] read:int letters:[ReminderLetter]" },
    { "TaskReminders", "reminders:[TaskReminder]" },
    { "Reminder", "task:TaskRef? uid:uid level due:date? planned:date sent:instant by:PersonRef? text? to:[PersonRef] read:int letters:[ReminderLetter]" },
    { "Reminders", "rows:[Reminder] next? total:int" },
    { "Letter", "uid:uid kind year:int number:int issuer:Ref org:Ref task:TaskRef problem? basis? due:date? day:date reply_by:date text?" },
    { "Letters", "rows:[Letter] next? total:int" },
};

const RouteTable remind_routes = ROUTE_TABLE(routes, shapes);
