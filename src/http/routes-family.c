/* Tasks divided among several, what is reported on them, changes of many at once, and hand-over. */
#include "base/limits.h"
#include "http/task-answer.h"
#include "http/task-json.h"

#include "base/banned.h"

/* --- Dividing a task ---------------------------------------------------------------------------------------------------- */

static bool read_uids(const JsonValue *body, const char *name, size_t most, Arena *arena, const Str **ret_uids, size_t *ret_n, GError **err)
{
    const JsonValue *list = NULL;
    size_t n = 0;
    if (!json_opt_array(body, name, &list, err))
        return false;
    if (!list)
        return true;
    if (list->count > most)
        return json_bad(list, err, "at most %zu are taken", most);
    Str *uids = ARENA_ARRAY(arena, Str, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next)
        if (!json_as_str(value, &uids[n++], err))
            return false;
    *ret_uids = uids;
    *ret_n = n;
    return true;
}

static bool read_shares(const JsonValue *body, Arena *arena, TaskSplit *split, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(body, "shares", &list, err))
        return false;
    if (!list)
        return true;
    if (list->count > LIMIT_SPLIT_OWNERS * 10)
        return json_bad(list, err, "too many shares");
    SplitShare *shares = ARENA_ARRAY(arena, SplitShare, list->count + 1);
    for (const JsonValue *row = list->first; row; row = row->next) {
        SplitShare *share = &shares[split->n_shares++];
        if (!json_get_str(row, "owner", &share->owner, err) || !json_get_str(row, "target", &share->target, err)
            || !json_get_str(row, "value", &share->value, err))
            return false;
    }
    split->shares = shares;
    return true;
}

static bool post_split(HttpRequest *request, GError **err)
{
    const JsonValue *body = request->json;
    TaskSplit split = { .due = DATE_NONE };
    int64_t version;
    Str due = STR_NONE;
    if (!http_if_match(request, &version, err) || !json_get_str(body, "kind", &split.kind, err) || !json_opt_str(body, "reason", &split.reason, err)
        || !json_opt_str(body, "collective", &split.collective, err) || !json_opt_str(body, "due", &due, err)
        || !read_uids(body, "owners", LIMIT_SPLIT_OWNERS, request->arena, &split.owners, &split.n_owners, err)
        || !read_shares(body, request->arena, &split, err) || !task_check_readable(request, err))
        return false;
    if (due.p && !date_parse(due, &split.due))
        return json_bad(json_get(body, "due"), err, "a date like 2026-12-31 is expected");
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_split(&ledger, &actor, http_path(request, "uid"), version, &split, err), err);
}

/* --- Progress -------------------------------------------------------------------------------------------------------------- */

static bool read_values(const JsonValue *body, Arena *arena, NewProgress *progress, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(body, "values", &list, err))
        return false;
    if (!list)
        return true;
    if (list->count > LIMIT_ITEM_PARTS)
        return json_bad(list, err, "at most %d are taken", LIMIT_ITEM_PARTS);
    ClaimedValue *values = ARENA_ARRAY(arena, ClaimedValue, list->count + 1);
    for (const JsonValue *row = list->first; row; row = row->next) {
        ClaimedValue *value = &values[progress->n_values++];
        if (!json_get_str(row, "target", &value->target, err) || !json_get_str(row, "value", &value->value, err))
            return false;
    }
    progress->values = values;
    return true;
}

static bool post_progress(HttpRequest *request, GError **err)
{
    const JsonValue *body = request->json;
    NewProgress progress = { .text = STR(""), .percent = DB_NULL_INT };
    if (!json_opt_str(body, "period", &progress.period, err) || !json_opt_str(body, "text", &progress.text, err)
        || !json_opt_str(body, "problem", &progress.problem, err) || !json_opt_str(body, "need", &progress.need, err)
        || !json_opt_str(body, "next", &progress.next, err) || !json_opt_int(body, "percent", 0, 100, &progress.percent, err)
        || !json_opt_bool(body, "nothing_new", &progress.nothing_new, err) || !read_values(body, request->arena, &progress, err)
        || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_progress_add(&ledger, &actor, http_path(request, "uid"), &progress, err), err);
}

static bool get_progress(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    TaskProgress *list;
    size_t n;
    if (!conn || !task_readable(request, conn, &task, err) || !task_progress_list(conn, request->arena, &task, &list, &n, err))
        return false;
    JsonWriter *json = http_list_open(request);
    task_progress_write(request, list, n, json);
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return true;
}

/* --- Many at once ------------------------------------------------------------------------------------------------------------ */

static bool read_rows(HttpRequest *request, BulkRow **ret_rows, size_t *ret_n, GError **err)
{
    const JsonValue *list;
    size_t n = 0;
    if (!json_get_array(request->json, "tasks", &list, err))
        return false;
    if (list->count > LIMIT_BULK_TASKS)
        return json_bad(list, err, "at most %d tasks are changed at once", LIMIT_BULK_TASKS);
    BulkRow *rows = ARENA_ARRAY(request->arena, BulkRow, list->count + 1);
    for (const JsonValue *row = list->first; row; row = row->next, n++)
        if (!json_get_str(row, "uid", &rows[n].uid, err) || !json_get_int(row, "version", 1, INT64_MAX, &rows[n].version, err))
            return false;
    *ret_rows = rows;
    *ret_n = n;
    return true;
}

/* What was refused comes with the row as it is now, for those who may read it. */
static bool write_refused(HttpRequest *request, DbConn *conn, const BulkRow *row, JsonWriter *json, GError **err)
{
    Task task;
    bool written = true;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "code", row->code);
    json_member_str(json, "message", row->message);
    json_key(json, "params");
    json_params(json, row->params);
    json_key(json, "present");
    if (task_readable_uid(request, conn, row->uid, &task, NULL))
        written = task_head_write(request, conn, &task, json, err);
    else
        json_null(json);
    json_end_object(json);
    return written;
}

static bool write_bulk(HttpRequest *request, const BulkRow *rows, size_t n, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn)
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "done");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].done)
            continue;
        json_begin_object(json);
        json_member_str(json, "uid", rows[i].uid);
        json_member_int(json, "version", rows[i].now);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "refused");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        if (!rows[i].done && !write_refused(request, conn, &rows[i], json, err))
            return false;
    json_end_array(json);
    json_end_object(json);
    return true;
}

static bool post_bulk(HttpRequest *request, GError **err)
{
    BulkRow *rows = NULL;
    size_t n = 0;
    const JsonValue *set;
    Str reason = STR_NONE;
    if (!read_rows(request, &rows, &n, err) || !json_get_object(request->json, "set", &set, err) || !json_opt_str(request->json, "reason", &reason, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_bulk(&ledger, &actor, rows, n, set, reason, request->arena, err) && write_bulk(request, rows, n, err);
}

/* --- Hand-over ----------------------------------------------------------------------------------------------------------------- */

static bool post_handover(HttpRequest *request, GError **err)
{
    Handover handover = { .reason = STR_NONE };
    int64_t tasks;
    if (!json_get_str(request->json, "from", &handover.from, err) || !json_get_str(request->json, "to", &handover.to, err)
        || !json_opt_str(request->json, "reason", &handover.reason, err)
        || !read_uids(request->json, "tasks", LIMIT_BULK_TASKS, request->arena, &handover.tasks, &handover.n_tasks, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    if (!ledger_hand_over(&ledger, &actor, &handover, &tasks, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "tasks", tasks);
    json_end_object(json);
    return true;
}

/* --- Routes --------------------------------------------------------------------------------------------------------------------- */

#define TASK "/api/v1/tasks/{uid}"

static const Route routes[] = {
    { HTTP_POST, TASK "/split", HTTP_SESSION, post_split, NULL, HTTP_JSON, "Task", "divide a task among several owners" },
    { HTTP_GET, TASK "/progress", HTTP_SESSION, get_progress, NULL, HTTP_NO_BODY, "ProgressList", "what was reported on a task, newest first" },
    { HTTP_POST, TASK "/progress", HTTP_SESSION, post_progress, NULL, HTTP_JSON, "Task", "report how far a task is, or that nothing is new" },
    { HTTP_POST, "/api/v1/tasks/bulk", HTTP_SESSION, post_bulk, NULL, HTTP_JSON, "Bulk", "change many tasks at once, each by its own version" },
    { HTTP_POST, "/api/v1/handovers", HTTP_SESSION, post_handover, NULL, HTTP_JSON, "Handed", "pass on what somebody handles or leads" },
};

static const HttpShape shapes[] = {
    { "ProgressRef", "period percent:int? text" },
    { "ChildShare", "target:uid metric value unit claimed?" },
    { "Child", "uid:uid number title owner:Ref? state light due:date? relapses:int children:int holds:bool claimed? share:[ChildShare]" },
    { "TargetSum", "target:uid metric unit value adds:bool shared? claimed? reported:int of:int" },
    { "RollUp", "total:int closed:int waived:int cancelled:int late:int targets:[TargetSum]" },
    { "Progress", "uid:uid period text problem? need? next? percent:int? nothing_new:bool by:PersonRef at:instant" },
    { "ProgressList", "rows:[Progress] next?" },
    { "BulkDone", "uid:uid version:int" },
    { "BulkRefused", "uid:uid code message params:any? present:TaskRow?" },
    { "Bulk", "done:[BulkDone] refused:[BulkRefused]" },
    { "Handed", "tasks:int" },
};

const RouteTable family_routes = ROUTE_TABLE(routes, shapes);
