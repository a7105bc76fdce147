/* Plans, and what waits for me. */
#include "db/queries.h"
#include "http/task-json.h"

#include "base/banned.h"

/* --- Plans ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter plan_filters[] = {
    { "kind", "p.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "q", "p.title || ' ' || COALESCE(p.doc_no, '')", DB_FILTER_HAS, DB_TYPE_TEXT },
};

static const DbOrder plan_orders[] = { { "issued", "p.issued", DB_TYPE_INT, true } };

static bool write_states(const HttpRequest *request, DbConn *conn, int64_t plan, JsonWriter *json, GError **err)
{
    json_key(json, "by_state");
    json_begin_object(json);
    g_autoptr(DbRows) rows = db_query(conn, PlanStates, err, .plan = plan, .account = request->session->account,
                                        .today = clock_today(request->app->clock));
    for (PlanStatesRow row; rows && db_next(rows, &row, err);) {
        json_key_str(json, row.state);
        json_int(json, row.tasks);
    }
    json_end_object(json);
    return db_rows_ok(rows);
}

static bool write_plan(const HttpRequest *request, DbConn *conn, const PlanListRow *row, JsonWriter *json, GError **err)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "title", row->title);
    json_member_str(json, "doc_no", row->doc_no);
    json_member_str(json, "kind", row->kind);
    json_member_ref(json, "issuer", row->issuer_uid, row->issuer_name);
    json_member_instant(json, request, "issued", row->issued);
    json_member_int(json, "edition", row->edition);
    json_member_int(json, "tasks", row->tasks);
    json_member_str(json, "document", row->document_uid);
    json_member_int(json, "version", row->version);
    bool written = write_states(request, conn, row->id, json, err);
    json_end_object(json);
    return written;
}

static DbList *visible_plans(const HttpRequest *request)
{
    return db_list_new(request->arena, PlanList, "p.id", .account = request->session->account, .today = clock_today(request->app->clock),
                       .uid = STR_NONE);
}

static bool get_plans(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_plans(request);
    for (size_t i = 0; i < G_N_ELEMENTS(plan_filters); i++) {
        Str value = http_query(request, plan_filters[i].name);
        if (value.p && !db_list_filter(list, plan_filters, G_N_ELEMENTS(plan_filters), str_from(plan_filters[i].name), value, err))
            return false;
    }
    if (!conn || !db_list_order(list, plan_orders, 1, STR("issued"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (PlanListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_plan(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* The plan as its list shows it: one that is not seen there is not found here. */
static bool get_plan(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PlanListRow row;
    bool found;
    Str uid = http_path(request, "uid");
    if (!conn || !db_one(conn, PlanList, request->arena, &row, &found, err, .account = request->session->account,
                         .today = clock_today(request->app->clock), .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no plan '" STR_FMT "'", STR_ARG(uid));
    return write_plan(request, conn, &row, http_json(request, 200), err);
}

/* --- My work ------------------------------------------------------------------------------------------------------------------------ */

enum { WORK_ROWS = 200 };

/* Why a task waits for somebody: in this state, this verb is allowed to the asker. The first row that fits counts. */
static const struct {
    const char *why, *state, *verb;
} reasons[] = {
    { "relapse", "reopened", "accept" },   { "returned", "returned", "accept" },        { "accept", "issued", "accept" },
    { "work", "working", "measure" },      { "review", "submitted", "verify" },         { "decide", "submitted", "incomputable" },
    { "confirm", "submitted", "confirm" }, { "close", "verified", "close" },
};

static const char *why_it_waits(const HttpRequest *request, const Task *task)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if (!str_eq(task->state, str_from(reasons[i].state)))
            continue;
        if (g_str_equal(reasons[i].why, "decide") && task->incomputable.p)
            continue;
        if (task_allowed(api_user(request), task, reasons[i].verb, request->arena).ok)
            return reasons[i].why;
    }
    return NULL;
}

static const DbFilter work_filters[] = { { "state", "t.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT } };
static const DbOrder work_orders[] = { { "due", "COALESCE(t.due, '9999-12-31')", DB_TYPE_DATE, false } };

static bool write_task(const HttpRequest *request, DbConn *conn, const TaskListRow *row, JsonWriter *json, GError **err)
{
    Task task;
    if (!task_load(conn, request->arena, row->uid, &task, err))
        return false;
    const char *why = why_it_waits(request, &task);
    if (!why)
        return true;
    json_begin_object(json);
    json_member_cstr(json, "why", why);
    json_member_instant(json, request, "since", task.changed);
    json_member_cstr(json, "document", NULL);
    json_key(json, "task");
    bool written = task_row_write(request, conn, row, json, err);
    json_end_object(json);
    return written;
}

static bool get_work(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, TaskList, "t.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !db_list_filter(list, work_filters, 1, STR("state"), STR("issued,working,submitted,verified,returned,reopened"), err)
        || !db_list_order(list, work_orders, 1, STR("due"), err) || !db_list_page(list, http_query(request, "cursor"), WORK_ROWS, err))
        return false;
    JsonWriter *json = http_list_open(request);
    if (!http_query(request, "cursor").p && !api_write_waiting_documents(request, conn, json, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (TaskListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_task(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/plans", HTTP_SESSION, get_plans, HTTP_LIST_QUERY " kind q", HTTP_NO_BODY, "Plans", "the plans that the asker may see" },
    { HTTP_GET, "/api/v1/plans/{uid}", HTTP_SESSION, get_plan, NULL, HTTP_NO_BODY, "Plan", "a plan" },
    { HTTP_GET, "/api/v1/work", HTTP_SESSION, get_work, HTTP_LIST_QUERY, HTTP_NO_BODY, "Work", "what waits for the asker, soonest first" },
};

static const HttpShape shapes[] = {
    { "Plan", "uid:uid title doc_no? kind issuer:Ref issued:instant edition:int tasks:int document:uid? version:int by_state:any" },
    { "Plans", "rows:[Plan] next? total:int" },
    { "WorkRow", "why since:instant task:TaskRow? document:DocumentRow?" },
    { "Work", "rows:[WorkRow] next? total:int" },
};

const RouteTable plan_routes = ROUTE_TABLE(routes, shapes);
