/* server.h: private to http: the server, a request from its first byte to its last, and the parts that both are made of.
 *
 * The life of an exchange (exchange.c), each step on the thread named:
 *     library  headers are there: what is malformed is refused, the route found
 *     worker   the session is looked up, parameters are checked (before the body, so that a stranger's body is not kept)
 *     library  the body is received
 *     worker   the body is parsed, the handler runs
 *     library  the answer is sent; at its end the exchange is counted, logged and freed
 * Between library and worker the connection is suspended: only one thread has it at a time. */
#pragma once

#include <microhttpd.h>

#include "http/router.h"

/* --- Work for the workers --------------------------------------------------------------------------------------------- */

typedef struct HttpTask HttpTask;
struct HttpTask {
    void (*run)(HttpTask *task); /* the task lies in what it is about */
};
/* To a worker; to a thread for sending. False: the server has closed, and the task will not run. */
bool server_push(HttpServer *server, HttpTask *task);
bool server_push_sender(HttpServer *server, HttpTask *task);
bool server_is_closed(HttpServer *server);

/* --- Names that one request has at a time: an upload, an Idempotency-Key ------------------------------------------------- */

/* False: another has it. The name stays where it is until it is released. */
bool busy_take(HttpServer *server, const Str *name);
void busy_release(HttpServer *server, const Str *name);

/* --- Metrics (metrics.c) --------------------------------------------------------------------------------------------- */

typedef struct Metrics Metrics;
Metrics *metrics_new(const Router *router);
void metrics_free(Metrics *metrics);
/* route_index: router_count for what no route answered. */
void metrics_count(Metrics *metrics, size_t route_index, int status, int64_t us);
void metrics_write(const Metrics *metrics, const Router *router, GString *out);

/* --- Slow clients (watch.c) ----------------------------------------------------------------------------------------------
 * The library's time-out is one of silence: a byte now and then keeps a connection for ever. So each connection that we are
 * waiting for has a deadline, after which it is shut down. */

typedef struct Watch Watch;
typedef struct Watched Watched; /* a connection */
Watch *watch_new(void);
void watch_free(Watch *watch);
void watch_begin(Watch *watch, struct MHD_Connection *connection, void **context, int64_t ms);
void watch_end(Watch *watch, void **context);
/* We wait for the client, at most so long; or (0) it waits for us. */
void watch_expect(Watch *watch, struct MHD_Connection *connection, int64_t ms);
void watch_cut_late(Watch *watch, int64_t now_ms);

/* --- Streams (stream.c) ---------------------------------------------------------------------------------------------------
 * A body that is made while it is sent: by a source, on a thread that the stream has to itself (a slow reader must not hold a
 * worker), or by whoever has something to say (events). */

typedef struct Stream Stream;
Stream *stream_new_source(HttpServer *server, HttpSource source);
Stream *stream_new_events(void);
void stream_ref(Stream *stream);
void stream_unref(Stream *stream);
struct MHD_Response *stream_response(Stream *stream, struct MHD_Connection *connection, int64_t size);
void stream_append(Stream *stream, Str bytes);
void stream_end(Stream *stream); /* after what is pending */
bool stream_ended(Stream *stream); /* nobody reads it any more, or it was ended */

/* --- Live events of jobs (events.c) --------------------------------------------------------------------------------------- */

typedef struct Events Events;
Events *events_new(HttpServer *server);
void events_free(Events *events);
void events_changed(Str job_uid, void *events); /* a JobListener */
void events_heartbeat(Events *events);
void events_end(Events *events);

/* --- Answers (answer.c) ----------------------------------------------------------------------------------------------------- */

typedef enum { POLICY_DATA, POLICY_PAGE, POLICY_FILE } ContentPolicy;

typedef struct {
    int status; /* 0: none yet */
    const char *type;
    GString *body;         /* owned; or */
    Str fixed;             /* lives as long as the program; or */
    Stream *stream;        /* owned */
    int64_t stream_size;   /* -1: open end */
    JsonWriter writer;
    ContentPolicy policy;
    Str cache;             /* Cache-Control; STR_NONE: no-store */
    bool close;            /* the connection ends with it */
    ARENA_LIST(struct AnswerHeader { const char *name; Str value; }) headers;
} Answer;

/* --- An exchange -------------------------------------------------------------------------------------------------------------- */

typedef enum { STAGE_NEW, STAGE_CHECKING, STAGE_RECEIVING, STAGE_WORKING } Stage;

typedef struct Exchange {
    HttpRequest request; /* first: handlers get a pointer to it */
    HttpTask task;
    HttpServer *server;
    struct MHD_Connection *connection;
    Stage stage;
    Str path, query; /* as they came */
    HttpMethod method;
    RouteMatch match;
    Str query_values[ROUTE_QUERY_MAX];
    HttpSession session;
    bool checked; /* session and parameters are good */
    bool trial, tried; /* what it writes is undone again, and the handler fails; tried: it could have been written */
    bool bulk;    /* it writes on the queue of the bulk, beside people */
    Str if_match; /* of one that did not come over a connection: the version in quotes */
    int64_t body_length, body_counted; /* announced; counted against the server's budget */
    GByteArray *body;
    Str idempotency; /* the key under which http_write takes it; STR_NONE */
    Str idempotency_busy; /* the name under which no other request has it now */
    bool idempotency_taken;
    Answer answer;
    int64_t started_us;
    int status_sent;
} Exchange;

static inline Exchange *exchange_of(HttpRequest *request)
{
    return (Exchange *) request;
}
static inline const Exchange *exchange_of_const(const HttpRequest *request)
{
    return (const Exchange *) request;
}

/* The library's callbacks. */
void *exchange_uri(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_step(void *server, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                              const char *data, size_t *size, void **context);
void exchange_completed(void *server, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code);

/* check.c: what must hold before a handler runs. */
bool check_headers(Exchange *x, const char *version, GError **err);  /* malformed: the connection is closed */
bool check_peer(Exchange *x, GError **err);                          /* of the socket; fills in peer, secure */
bool check_session(Exchange *x, GError **err);
bool check_parameters(Exchange *x, GError **err);
bool check_body(Exchange *x, GError **err);

/* idempotency.c */
bool idempotency_begin(Exchange *x, bool *ret_answered, GError **err);
void idempotency_end(Exchange *x);

/* pages.c: the pages' files; for an address that is none of the API's. */
void pages_answer(Exchange *x);

/* routes-job.c: a job as the API shows it. upload.c: its part of the job that forgets what is old. */
bool job_answer(const HttpApp *app, DbConn *conn, Arena *arena, const Job *job, JsonWriter *writer, GError **err);
bool uploads_expire(const HttpApp *app, Arena *arena, GError **err);

void answer_problem(Exchange *x, const GError *err);
void answer_stream(Exchange *x, const char *type, Stream *stream, int64_t size); /* takes over the caller's reference */
void answer_fixed(Exchange *x, int status, const char *type, Str body);
struct MHD_Response *answer_response(Exchange *x);
void answer_clear(Answer *answer);

/* --- The server ------------------------------------------------------------------------------------------------------------------ */

struct HttpServer {
    HttpOptions options;
    const HttpApp *app;
    Router *router;
    GString *openapi;
    struct MHD_Daemon *tcp, *local;
    char *certificate, *key; /* their text */
    uint16_t port;
    GThreadPool *workers, *senders;
    Metrics *metrics;
    Watch *watch;
    Events *events;
    GThread *ticker;
    GMutex lock;        /* over busy, ticking, closed and the condition */
    GCond changed;      /* an exchange has ended; or stop ticking */
    GHashTable *busy;   /* Str * of those that have them */
    bool ticking, closed;
    gint stopping, in_flight, workers_busy; /* atomic */
    gint body_pages;    /* atomic: memory that bodies hold, in pages of 4096 */
    uint32_t id_seed;
    gint id_next;       /* atomic */
};
