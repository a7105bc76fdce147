#include "db/queries.h"
#include "http/server.h"

#include "base/banned.h"

/* --- Jobs as the API shows them ------------------------------------------------------------------------------------------ */

bool job_answer(const HttpApp *app, DbConn *conn, Arena *arena, const Job *job, JsonWriter *writer, GError **err)
{
    json_begin_object(writer);
    job_write(job, clock_zone_minutes(app->clock), writer);
    json_key(writer, "by");
    if (job->account == DB_NULL_INT)
        json_null(writer);
    else if (!app->auth.write_account(app->auth.data, conn, arena, job->account, writer, err))
        return false;
    json_end_object(writer);
    return true;
}

/* A job is shown to who started it, and to the administrator of the system. */
static bool may_see(const HttpRequest *request, const Job *job)
{
    return request->session->administrator || job->account == request->session->account;
}

static bool find_job(HttpRequest *request, DbConn *conn, Str uid, Job *ret_job, GError **err)
{
    bool found;
    if (!job_by_uid(conn, request->arena, uid, ret_job, &found, err))
        return false;
    return (found && may_see(request, ret_job)) || error_set(err, BH_NOT_FOUND, "no such job");
}

static bool get_job(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Job job;
    return conn && find_job(request, conn, http_path(request, "uid"), &job, err) &&
           job_answer(request->app, conn, request->arena, &job, http_json(request, MHD_HTTP_OK), err);
}

bool http_accepted(HttpRequest *request, Str job_uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Job job;
    jobs_wake(request->app->jobs);
    if (!conn || !find_job(request, conn, job_uid, &job, err))
        return false;
    JsonWriter *writer = http_json(request, MHD_HTTP_ACCEPTED);
    json_begin_object(writer);
    json_key(writer, "job");
    if (!job_answer(request->app, conn, request->arena, &job, writer, err))
        return false;
    json_end_object(writer);
    return true;
}

static bool get_job_events(HttpRequest *request, GError **err)
{
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        Job job;
        if (!conn || !find_job(request, conn, http_path(request, "uid"), &job, err))
            return false;
    }
    return http_job_events(request, http_path(request, "uid"), err);
}

/* --- The list --------------------------------------------------------------------------------------------------------------- */

static const DbFilter job_filters[] = {
    { "state", "j.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "kind", "j.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
};

static bool begin_list(HttpRequest *request, DbList *list, GError **err)
{
    static const DbOrder newest_first[] = { { "created", "j.created", DB_TYPE_INT, true } };
    for (size_t i = 0; i < G_N_ELEMENTS(job_filters); i++) {
        Str value = http_query(request, job_filters[i].name);
        if (value.p && !db_list_filter(list, job_filters, G_N_ELEMENTS(job_filters), str_from(job_filters[i].name), value, err))
            return false;
    }
    if (!request->session->administrator)
        db_list_where(list, "j.account = ?", &request->session->account, 1);
    return db_list_order(list, newest_first, 1, STR("created"), err) && http_list_page(request, list, err);
}

static bool write_rows(HttpRequest *request, DbConn *conn, DbList *list, JsonWriter *writer, GError **err)
{
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (JobListRow row; rows && db_list_next(list, rows, &row, err);) {
        Job job = { row.id, row.uid, row.kind, row.state, row.progress, row.doing, row.result, row.error,
                    row.account, row.created, row.finished, row.attempts };
        if (!job_answer(request->app, conn, request->arena, &job, writer, err))
            return false;
    }
    return db_rows_ok(rows);
}

static bool get_jobs(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, JobList, "j.id");
    if (!conn || !begin_list(request, list, err))
        return false;
    JsonWriter *writer = http_list_open(request);
    return write_rows(request, conn, list, writer, err) && http_list_close(request, list, conn, writer, err);
}

/* --- Routes ----------------------------------------------------------------------------------------------------------------- */

static const Route routes[] = {
    { HTTP_GET, "/api/v1/jobs", HTTP_SESSION, get_jobs, HTTP_LIST_QUERY " state+:waiting|running|done|failed kind+:word", HTTP_NO_BODY,
      "Jobs", .summary = "jobs, the newest first" },
    { HTTP_GET, "/api/v1/jobs/{uid}", HTTP_SESSION, get_job, NULL, HTTP_NO_BODY, "Job", .summary = "one job" },
    { HTTP_GET, "/api/v1/jobs/{uid}/events", HTTP_SESSION, get_job_events, NULL, HTTP_NO_BODY, NULL,
      .summary = "a job at each of its changes, as text/event-stream" },
};

static const HttpShape shapes[] = {
    { "Job", "uid:uid kind state progress:number doing? result:any? error:Problem? created:instant finished:instant? by:Ref?" },
    { "Jobs", "rows:[Job] next? total:int?" },
    { "JobAccepted", "job:Job" },
};

const RouteTable job_routes = ROUTE_TABLE(routes, shapes);
