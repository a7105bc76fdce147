#include "http/server.h"

#include "base/limits.h"

#include "base/banned.h"

enum {
    PAGE = 4096,
    BODY_BYTES_A_SECOND = 16 * 1024, /* a client that sends no faster for long is given up */
};

static void work(HttpTask *task);

/* --- Begin and end -------------------------------------------------------------------------------------------------------- */

void *exchange_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    HttpServer *server = cls;
    Arena *arena = arena_new();
    Exchange *x = ARENA_NEW(arena, Exchange);
    x->request.arena = arena;
    x->request.app = server->app;
    x->server = server;
    x->connection = connection;
    x->started_us = g_get_monotonic_time();
    x->query = arena_str(arena, str_from(uri));
    x->path = str_cut(&x->query, '?');
    x->match.info = NULL;
    unsigned number = (unsigned) g_atomic_int_add(&server->id_next, 1);
    g_snprintf(x->request.id, sizeof x->request.id, "%08x%08x", server->id_seed, number);
    g_atomic_int_inc(&server->in_flight);
    return x;
}

static int pages_of(int64_t bytes)
{
    return (int) ((bytes + PAGE - 1) / PAGE);
}

/* The log names the route, not the address: in that may stand what somebody searched for. */
static void count_and_log(const Exchange *x, int64_t us)
{
    const RouteInfo *info = x->match.info;
    metrics_count(x->server->metrics, info ? info->index : router_count(x->server->router), x->status_sent, us);
    log_info(x->request.app->log, "request", LOG_CSTR("id", x->request.id), LOG_CSTR("method", method_name(x->method)),
             LOG_CSTR("route", info ? info->route->path : "other"), LOG_INT("status", x->status_sent), LOG_INT("us", us),
             LOG_STR("account", x->session.account_uid));
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
    HttpServer *server = cls;
    Exchange *x = *context;
    (void) code;
    if (!x)
        return;
    *context = NULL;
    count_and_log(x, g_get_monotonic_time() - x->started_us);
    watch_expect(server->watch, connection, server->options.client_ms);
    g_atomic_int_add(&server->body_pages, -pages_of(x->body_counted));
    if (x->body)
        g_byte_array_unref(x->body);
    answer_clear(&x->answer);
    arena_free(x->request.arena);
    g_mutex_lock(&server->lock);
    g_atomic_int_add(&server->in_flight, -1);
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
}

/* --- Sending ---------------------------------------------------------------------------------------------------------------- */

static enum MHD_Result send_answer(Exchange *x)
{
    struct MHD_Response *response = answer_response(x);
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned) x->answer.status, response);
    MHD_destroy_response(response);
    x->status_sent = x->answer.status;
    return result;
}

/* The library takes an answer at the first call only with the end of the connection. So we wait for the last call, which comes
 * after the body, if there is one: a client that is still sending would lose the answer with the connection. But a body larger
 * than any that we take is not waited for. */
static enum MHD_Result answer_later(Exchange *x)
{
    x->stage = STAGE_RECEIVING;
    x->answer.close |= x->body_length > LIMIT_UPLOAD_CHUNK_BYTES;
    return x->answer.close ? send_answer(x) : MHD_YES;
}

static enum MHD_Result refuse(Exchange *x, const GError *err)
{
    answer_problem(x, err);
    return answer_later(x);
}

/* --- To a worker and back ----------------------------------------------------------------------------------------------------- */

static void problem_busy(Exchange *x, const char *message)
{
    g_autoptr(GError) err = NULL;
    error_set(&err, BH_UNAVAILABLE, "%s", message);
    error_detail(&err, "busy");
    answer_problem(x, err);
    http_add_header(&x->request, "Retry-After", STR("5"));
}

/* Suspended before it is pushed: the worker may be quicker than we are with the next line. */
static enum MHD_Result to_worker(Exchange *x, Stage stage)
{
    HttpServer *server = x->server;
    x->stage = stage;
    x->task.run = work;
    watch_expect(server->watch, x->connection, 0);
    MHD_suspend_connection(x->connection);
    if ((int) g_thread_pool_unprocessed(server->workers) < LIMIT_HTTP_QUEUE * server->options.workers && server_push(server, &x->task))
        return MHD_YES;
    problem_busy(x, "too many requests are waiting");
    MHD_resume_connection(x->connection);
    return MHD_YES;
}

static bool check(Exchange *x, GError **err)
{
    x->checked = x->checked || (check_session(x, err) && check_parameters(x, err));
    return x->checked;
}

/* A failure that names nobody's mistake but ours is logged where it happened: nothing of it goes to the client. */
static void fail(Exchange *x, const GError *err)
{
    if (error_class_of(err)->code == BH_INTERNAL)
        log_error(x->request.app->log, "request-failed", LOG_CSTR("id", x->request.id), LOG_CSTR("message", err->message));
    answer_problem(x, err);
}

static void handle(Exchange *x)
{
    g_autoptr(GError) err = NULL;
    bool answered = false;
    if (!check(x, &err) || !check_body(x, &err) || !idempotency_begin(x, &answered, &err)) {
        fail(x, err);
        return;
    }
    if (!answered && !x->request.route->handler(&x->request, &err))
        fail(x, err);
    idempotency_end(x);
}

static void work(HttpTask *task)
{
    Exchange *x = (Exchange *) ((char *) task - offsetof(Exchange, task));
    if (x->stage == STAGE_CHECKING) {
        g_autoptr(GError) err = NULL;
        if (!check(x, &err))
            fail(x, err);
    } else {
        handle(x);
    }
    MHD_resume_connection(x->connection);
}

/* --- The first call: the headers are there --------------------------------------------------------------------------------------- */

static HttpMethod method_of(const char *method)
{
    for (HttpMethod m = 0; m < HTTP_METHOD_COUNT; m++)
        if (strcmp(method_name(m), method) == 0)
            return m;
    return strcmp(method, "HEAD") == 0 ? HTTP_GET : HTTP_METHOD_COUNT;
}

static void add_allow(Exchange *x)
{
    g_autoptr(GString) allow = g_string_new(NULL);
    for (HttpMethod m = 0; m < HTTP_METHOD_COUNT; m++)
        if (x->match.allow & 1u << m)
            g_string_append_printf(allow, "%s%s", allow->len ? ", " : "", m == HTTP_GET ? "GET, HEAD" : method_name(m));
    http_add_header(&x->request, "Allow", str_from_gstring(allow));
}

/* An address outside /api is one of the pages': they have addresses of their own, which the program does not know. */
static enum MHD_Result no_route(Exchange *x)
{
    g_autoptr(GError) err = NULL;
    if (x->match.allow) {
        add_allow(x);
        error_set(&err, BH_NOT_ALLOWED, "the address does not take this method");
        return refuse(x, err);
    }
    if (x->method == HTTP_GET && !str_starts(x->path, STR("/api/")) && x->body_length == 0) {
        pages_answer(x);
        return answer_later(x);
    }
    error_set(&err, BH_NOT_FOUND, "no such address");
    return refuse(x, err);
}

static bool body_fits(Exchange *x, GError **err)
{
    const Route *route = x->request.route;
    int64_t most = route->body == HTTP_NO_BODY ? 0
                   : route->body_max > 0       ? (int64_t) route->body_max
                   : route->body == HTTP_RAW   ? LIMIT_UPLOAD_CHUNK_BYTES
                                               : LIMIT_HTTP_BODY_BYTES;
    if (x->body_length <= most)
        return true;
    if (most == 0)
        return error_set(err, BH_BAD_INPUT, "this request has no body");
    error_set(err, BH_TOO_LARGE, "the body is larger than %" G_GINT64_FORMAT " bytes", most);
    return error_params(err, "limit=%" G_GINT64_FORMAT, most);
}

static bool count_body(Exchange *x)
{
    int pages = pages_of(x->body_length);
    if (g_atomic_int_add(&x->server->body_pages, pages) + pages > LIMIT_HTTP_BODIES_BYTES / PAGE) {
        g_atomic_int_add(&x->server->body_pages, -pages);
        return false;
    }
    x->body_counted = x->body_length;
    return true;
}

static void receive(Exchange *x)
{
    if (x->answer.status == 0 && !count_body(x))
        problem_busy(x, "too much is being received");
    x->stage = STAGE_RECEIVING;
    int64_t ms = x->server->options.client_ms / 2 + x->body_length * 1000 / BODY_BYTES_A_SECOND;
    watch_expect(x->server->watch, x->connection, ms);
}

static enum MHD_Result answer_at_once(Exchange *x)
{
    g_autoptr(GError) err = NULL;
    if (!check_parameters(x, &err) || !x->request.route->handler(&x->request, &err))
        answer_problem(x, err);
    return answer_later(x);
}

static enum MHD_Result route(Exchange *x, const char *method)
{
    g_autoptr(GError) err = NULL;
    x->method = method_of(method);
    x->match = router_match(x->server->router, x->method, x->path);
    if (!x->match.info)
        return no_route(x);
    x->request.route = x->match.info->route;
    if (!body_fits(x, &err))
        return refuse(x, err);
    if (x->request.route->at_once)
        return answer_at_once(x);
    if (x->body_length > 0 && x->request.route->need != HTTP_ANYONE)
        return to_worker(x, STAGE_CHECKING);
    receive(x);
    return MHD_YES;
}

static enum MHD_Result begin(Exchange *x, const char *method, const char *version)
{
    g_autoptr(GError) err = NULL;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_DAEMON);
    x->request.via = info->daemon == g_atomic_pointer_get(&x->server->local) ? HTTP_VIA_SOCKET : HTTP_VIA_TCP;
    if (!check_headers(x, version, &err) || !check_peer(x, &err)) {
        x->answer.close = true;
        return refuse(x, err);
    }
    if (g_atomic_int_get(&x->server->stopping)) {
        error_set(&err, BH_UNAVAILABLE, "the server is stopping");
        error_detail(&err, "stopping");
        return refuse(x, err);
    }
    return route(x, method);
}

/* --- Every call --------------------------------------------------------------------------------------------------------------------- */

static enum MHD_Result take_body(Exchange *x, const char *data, size_t *size)
{
    if (x->answer.status == 0) {
        if (!x->body)
            x->body = g_byte_array_sized_new((guint) x->body_length);
        g_byte_array_append(x->body, (const guint8 *) data, (guint) *size);
    }
    *size = 0;
    return MHD_YES;
}

enum MHD_Result exchange_step(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                              const char *data, size_t *size, void **context)
{
    Exchange *x = *context;
    (void) cls;
    (void) connection;
    (void) url;
    switch (x->stage) {
    case STAGE_NEW:
        return begin(x, method, version);
    case STAGE_CHECKING: /* back from the worker, the first call is repeated */
        receive(x);
        return MHD_YES;
    case STAGE_RECEIVING:
        if (*size > 0)
            return take_body(x, data, size);
        return x->answer.status == 0 ? to_worker(x, STAGE_WORKING) : send_answer(x);
    case STAGE_WORKING:
        return send_answer(x);
    }
    g_assert_not_reached();
}
