#include "db/queries.h"
#include "http/server.h"

#include "base/banned.h"

/* Whether the process answers, and no more: what asks this runs every few seconds and must not be kept waiting by work. */
static bool get_health(HttpRequest *request, GError **err)
{
    (void) err;
    answer_fixed(exchange_of(request), MHD_HTTP_OK, "application/json", STR("{\"status\":\"ok\"}"));
    return true;
}

static void gauge(GString *out, const char *name, int64_t value)
{
    g_string_append_printf(out, "bihuan_%s %" G_GINT64_FORMAT "\n", name, value);
}

static bool get_metrics(HttpRequest *request, GError **err)
{
    (void) err;
    HttpServer *server = exchange_of(request)->server;
    g_autoptr(GString) out = g_string_new(NULL);
    int waiting = 0, running = 0;
    if (request->app->jobs)
        jobs_count(request->app->jobs, &waiting, &running);
    metrics_write(server->metrics, server->router, out);
    gauge(out, "http_in_flight", g_atomic_int_get(&server->in_flight));
    gauge(out, "http_workers", server->options.workers);
    gauge(out, "http_workers_busy", g_atomic_int_get(&server->workers_busy));
    gauge(out, "http_queue", g_thread_pool_unprocessed(server->workers));
    gauge(out, "http_body_bytes", (int64_t) g_atomic_int_get(&server->body_pages) * 4096);
    gauge(out, "jobs_waiting", waiting);
    gauge(out, "jobs_running", running);
    return http_bytes(request, MHD_HTTP_OK, "text/plain; version=0.0.4", str_from_gstring(out));
}

static bool get_openapi(HttpRequest *request, GError **err)
{
    (void) err;
    Exchange *x = exchange_of(request);
    answer_fixed(x, MHD_HTTP_OK, "application/json", str_from_gstring(x->server->openapi));
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/healthz", HTTP_ANYONE, get_health, NULL, HTTP_NO_BODY, "Health", .summary = "whether the server answers", .at_once = true },
    { HTTP_GET, "/metrics", HTTP_LOCAL, get_metrics, NULL, HTTP_NO_BODY, NULL, .summary = "counters as text for Prometheus" },
    { HTTP_GET, "/api/openapi.json", HTTP_ANYONE, get_openapi, NULL, HTTP_NO_BODY, NULL, .summary = "this description", .at_once = true },
};

static const HttpShape shapes[] = {
    { "Health", "status" },
    { "Ref", "uid:uid name" },
    { "Problem", "type title status:int code params:any at? hint?" },
};

const RouteTable system_routes = ROUTE_TABLE(routes, shapes);

/* --- A job: forgetting what is old ------------------------------------------------------------------------------------------ */

#define A_DAY_MS (INT64_C(24) * 60 * 60 * 1000)
enum { JOBS_KEPT_DAYS = 90 };

static bool purge_work(DbConn *tx, void *data, GError **err)
{
    const HttpApp *app = data;
    int64_t now = clock_now_ms(app->clock);
    return db_exec(tx, IdempotencyPurge, NULL, err, .before = now - A_DAY_MS) &&
           db_exec(tx, JobsForget, NULL, err, .before = now - JOBS_KEPT_DAYS * A_DAY_MS);
}

static bool run_tidy(JobRun *run, GError **err)
{
    HttpApp *app = run->data;
    return uploads_expire(app, run->arena, err) && db_write(run->db, DB_BULK, purge_work, app, err);
}

const JobKind http_job_kinds[] = {
    { "tidy", run_tidy, .every_minutes = 60 },
    { 0 },
};
