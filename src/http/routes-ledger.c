/* The ledger as a list on the page; as a file it is in tasks-xlsx.c. */
#include "http/import.h"
#include "http/task-json.h"
#include "ledger/report.h"

#include "base/banned.h"

/* --- Lists -------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t at;
} text_filters[] = {
    { "state", offsetof(TaskFilter, state) },   { "kind", offsetof(TaskFilter, kind) },       { "plan", offsetof(TaskFilter, plan) },
    { "owner", offsetof(TaskFilter, owner) },   { "role", offsetof(TaskFilter, role) },       { "issuer", offsetof(TaskFilter, issuer) },
    { "light", offsetof(TaskFilter, light) },   { "q", offsetof(TaskFilter, q) },             { "number", offsetof(TaskFilter, number) },
    { "stage", offsetof(TaskFilter, stage) },   { "handler", offsetof(TaskFilter, handler) }, { "leader", offsetof(TaskFilter, leader) },
    { "parent", offsetof(TaskFilter, parent) }, { "source", offsetof(TaskFilter, source) },   { "term", offsetof(TaskFilter, term) },
    { "area", offsetof(TaskFilter, area) },     { "category", offsetof(TaskFilter, category) },
};

TaskFilter task_filter_of_query(const HttpRequest *request)
{
    TaskFilter filter = task_filter_none();
    for (size_t i = 0; i < G_N_ELEMENTS(text_filters); i++)
        *(Str *) ((char *) &filter + text_filters[i].at) = http_query(request, text_filters[i].name);
    filter.owner_below = http_query_flag(request, "owner_below");
    filter.mine = http_query_flag(request, "mine");
    filter.late = http_query_flag(request, "late");
    filter.whole = http_query_flag(request, "whole");
    filter.relapsed = http_query_flag(request, "relapsed");
    filter.silent = http_query_flag(request, "silent");
    filter.due_from = http_query_date(request, "due_from");
    filter.due_to = http_query_date(request, "due_to");
    filter.changed_from = http_query_date(request, "changed_from");
    return filter;
}

/* The rows behind a figure of a report, and behind what a report says has changed. */
bool task_filter_report(const HttpRequest *request, DbList *list, GError **err)
{
    Str figure = http_query(request, "figure"), step = http_query(request, "step");
    Date on = http_query_date(request, "on");
    if (on == DATE_NONE)
        on = clock_today(request->app->clock);
    if (figure.p && !report_filter_figure(list, figure, on, clock_zone_minutes(request->app->clock), err))
        return false;
    ReportStep range = { step, http_query_int(request, "since", 0), http_query_int(request, "until", 0), on, http_query_date(request, "overdue_from") };
    return !step.p || report_filter_step(list, &range, err);
}

bool task_list_of_query(const HttpRequest *request, DbConn *conn, DbList *list, bool order, GError **err)
{
    TaskFilter filter = task_filter_of_query(request);
    Date today = clock_today(request->app->clock);
    if (!task_filter_report(request, list, err))
        return false;
    if (!order)
        return task_list_all(list, conn, request->arena, api_user(request), today, &filter, err);
    return task_list_find(list, conn, request->arena, api_user(request), today, &filter, http_query(request, "order"), err);
}

/* --- On the page ---------------------------------------------------------------------------------------------------------- */

static bool get_tasks(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, TaskList, "t.id");
    if (!conn || !task_list_of_query(request, conn, list, true, err) || !http_list_page(request, list, err))
        return false;
    TaskRows rows;
    if (!task_rows_read(list, conn, request->arena, &rows, err))
        return false;
    JsonWriter *json = http_list_open(request);
    bool mine = http_query_flag(request, "mine");
    for (size_t i = 0; i < rows.n; i++) {
        const Absent *of = NULL;
        if (mine && !task_seen_for(conn, api_user(request), rows.v[i].t.id, &of, err))
            return false;
        task_row_write(request, &rows.v[i], of, json);
    }
    return http_list_close(request, list, conn, json, err);
}

/* Who issues nowhere is told at once; the job asks for the plan. */
static bool post_import(HttpRequest *request, GError **err)
{
    Reach reach = may_reach(api_user(request), VERB_ISSUE, request->arena);
    if (reach.all || reach.n > 0)
        return import_start(request, "import-tasks", err);
    error_set(err, BH_FORBIDDEN, "this account issues nothing anywhere");
    error_params(err, "role=%s", role_name(ROLE_ISSUER));
    return error_detail(err, "no-role");
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------- */

#define FILTERS TASK_FILTERS " order:due|no|changed"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/tasks", HTTP_SESSION, get_tasks, HTTP_LIST_QUERY FILTERS, HTTP_NO_BODY, "Tasks", "the tasks that the asker may see" },
    { HTTP_GET, "/api/v1/tasks.xlsx", HTTP_SESSION, get_tasks_xlsx, "lang layout:bool" FILTERS, HTTP_NO_BODY, NULL,
      "the same tasks as a workbook that can be imported; with layout and a plan in the form in which it came" },
    { HTTP_POST, "/api/v1/tasks/import", HTTP_SESSION, post_import, NULL, HTTP_JSON, "JobAccepted", "check or apply a ledger kept in a workbook" },
};

static const HttpShape shapes[] = {
    { "TaskRow", "uid:uid number no? label? title plan:PlanRef kind state marks:[text] light due:date? days_left:int? lead:[Ref] support:[Ref] targets:int"
                 " measures:int measures_done:int evidence:int"
                 " stage:StageRef? handler:PersonRef? leader:PersonRef? term? category? parent:TaskRef? children:Children? restricted:bool relapses:int holding_until:date? progress:ProgressRef? reminder? for:Ref? changed:instant version:int" },
    { "Tasks", "rows:[TaskRow] next? total:int" },
};

const RouteTable ledger_routes = ROUTE_TABLE(routes, shapes);
