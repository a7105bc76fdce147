/* http.h: the API, uploads, live events and the pages' files over HTTP: what a route is, what its handler gets, and
 * how it answers.
 *
 * A route is a row of a table. From it come dispatch, the check of session, parameters and body before the handler
 * runs, and /api/openapi.json:
 *
 *     static const Route routes[] = {
 *         { HTTP_GET, "/api/v1/tasks", HTTP_SESSION, get_tasks, HTTP_LIST_QUERY " plan:uid late:bool order:due|no", HTTP_NO_BODY,
 *           "Tasks", .summary = "the tasks that the asker may see" },
 *     };
 *     const RouteTable task_routes = ROUTE_TABLE(routes, shapes);
 *
 * The tables stand together in routes.c.
 *
 * Threads: the library's two threads read requests, find the route and serve the pages; a handler runs on a worker
 * (as many as CPUs, at least 4) while its connection is suspended, and may block. A request is used by one thread at
 * a time. Nothing here is global: what is open comes from HttpApp. */
#pragma once

#include <sys/types.h>

#include "base/blob.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/json.h"
#include "db/build.h"
#include "job/job.h"

typedef struct HttpRequest HttpRequest;
typedef struct HttpServer HttpServer;

/* --- Routes ------------------------------------------------------------------------------------------------------ */

typedef enum { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD_COUNT } HttpMethod;
typedef enum {
    HTTP_ANYONE,  /* without a session; a changing request must still come from our own pages */
    HTTP_SESSION, /* with one; what the asker may do with the object is decided by may() in the handler */
    HTTP_LOCAL,   /* from this machine without one (behind a proxy: through the socket); else with that of a system administrator */
} HttpNeed;
typedef enum {
    HTTP_NO_BODY,
    HTTP_JSON, /* one JSON object as application/json; nothing at all leaves request->json NULL, as if it had no members */
    HTTP_RAW,  /* bytes, in request->body */
} HttpBody;

/* Answers through one of the functions below and returns true; or sets err and returns false, which answers with the
 * problem. An internal error is logged, and the client told no more than that. */
typedef bool (*HttpHandler)(HttpRequest *request, GError **err);

typedef struct {
    HttpMethod method; /* HEAD is answered by GET's handler */
    /* Segments as they are, or {name} for a uid, {name:word} for one of our ids (a-z, 0-9, '-', '_'), {name:text} for any text.
     * A segment as it is goes before a parameter. */
    const char *path;
    HttpNeed need;
    HttpHandler handler;
    /* Parameters in any order, "name:type": uid, int (0 to 2^53), bool (1 or 0), date, text (also with no type), limit (1 to
     * LIMIT_LIST_ROWS), or words "draft|issued"; "name+:type": several, commas between. NULL: none. What is not named is refused. */
    const char *query;
    HttpBody body;
    const char *answer;  /* the shape of the answer in openapi.json; NULL: none, or not JSON */
    const char *summary; /* for openapi.json: a few words in lower case */
    size_t body_max;     /* 0: LIMIT_HTTP_BODY_BYTES, or LIMIT_UPLOAD_CHUNK_BYTES for raw bytes */
    bool secret_answer;  /* holds what is shown once (a password): never kept for an Idempotency-Key */
    bool at_once;        /* answered on the library's thread: takes no time, touches neither store nor file; no session, no body */
} Route;

#define HTTP_LIST_QUERY "limit:limit cursor total:bool"

/* A JSON object of the API for openapi.json: "uid:uid offset:int name? rows:[Job] job:Job". Types: text (also with no type),
 * uid, int, number, bool, date, instant, any, or another shape's name; '?' behind it: may be null. */
typedef struct {
    const char *name, *members;
} HttpShape;

/* A list that also goes out as a workbook: PATH.xlsx beside PATH, with the same parameters but those of pages, and `lang`. "^version" as a value: of the answer, not of the row. The rows are those of the list's own handler, so that
 * nobody sees more by it. */
typedef struct {
    const char *value;   /* where it stands in a row: "plan.title"; "lead[].name": all of them */
    const char *heading; /* its key in i18n */
    enum { EXPORT_TEXT, EXPORT_NUMBER, EXPORT_DATE /* or an instant: its day and time */ } type;
    double width;
    const char *words;   /* a value W is shown as the i18n text of words W; NULL: as it is */
    bool hidden;
    const char *label[LANG_COUNT]; /* the heading where it is no text of the program (the field of a register); else NULL */
    /* A list that comes back: where a cell goes in the body of a change ("due.days", "to[]"), as what. NULL: what stands here is not taken, and is told where it was changed. */
    const char *set;
    enum { TAKE_TEXT, TAKE_INT, TAKE_BOOL, TAKE_DATE, TAKE_WORD, TAKE_WORDS, TAKE_ORG, TAKE_ORGS, TAKE_ACCOUNT } take;
    const char *choices; /* of words: all that there are, blanks between */
    bool new_only;       /* taken of new rows */
} HttpExportColumn;

typedef struct HttpExport HttpExport;
struct HttpExport {
    const char *path;    /* of the list */
    const char *title;   /* key in i18n: of the sheet, and the file's name */
    const HttpExportColumn *columns;
    size_t n_columns;
    const char *rows;    /* the member of the answer in which the rows stand; NULL: "rows" */
    const char *as;      /* where it goes out; NULL: PATH.xlsx */
    /* Columns that are known only when it is asked for (those of a register): sets columns and n_columns, in the request's arena. NULL: those above. */
    bool (*find_columns)(const HttpRequest *request, DbConn *conn, HttpExport *list, GError **err);
    /* A list that comes back (import-list.c): the address for it, and the routes by which its rows are changed, each with the rights and checks that it has. NULL: none. */
    const char *import;
    const char *patch; /* of one row: the list's parameters, then the row's uid */
    const char *add;   /* of a new one */
    const char *whole; /* in place of both: a POST, or where there is none a PATCH, that takes all rows at once */
    const char *whole_as; /* in this member of its body; NULL: `rows` */
};

typedef struct {
    const Route *routes;
    size_t n_routes;
    const HttpShape *shapes;
    size_t n_shapes;
    const HttpExport *exports; /* of lists in any table */
    size_t n_exports;
} RouteTable;
#define ROUTE_TABLE(r, s) { r, G_N_ELEMENTS(r), s, G_N_ELEMENTS(s), NULL, 0 }

/* Every table of the program. */
extern const RouteTable *const http_tables[];
extern const size_t http_n_tables;

/* --- Who asks ------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t account; /* its id in the store; DB_NULL_INT: the administrator of the socket. His Idempotency-Keys are not kept */
    Str account_uid; /* or STR_NONE */
    Str csrf;         /* what a changing request of a browser must carry */
    bool administrator; /* of the system: sees metrics and everybody's jobs */
    const void *user; /* org's User, in the request's arena */
} HttpSession;

/* How sessions are found: org's part, so that http can be tested without it. */
typedef struct {
    /* Called on a worker. `token`: the cookie's value, or STR_NONE. A request through the socket (request->via) may be given a
     * session without one. Fails with BH_UNAUTHENTICATED "no-session" or "session-expired", BH_FORBIDDEN for one that may not use
     * this route (a password that must be changed first). */
    bool (*find)(void *data, HttpRequest *request, Str token, HttpSession *ret_session, GError **err);
    /* {"uid","name"} of an account, or null, for rows that name who did it. */
    bool (*write_account)(void *data, DbConn *conn, Arena *arena, int64_t account, JsonWriter *writer, GError **err);
    void *data;
    /* The same as find for an `Authorization: Bearer …`, which no browser sends by itself: such a request needs no CSRF token. NULL: there are none. */
    bool (*find_bearer)(void *data, HttpRequest *request, Str token, HttpSession *ret_session, GError **err);
} HttpAuth;

/* --- A request ------------------------------------------------------------------------------------------------------ */

/* What is open, for handlers. `db` needs a reader for each worker and each thread of jobs. */
typedef struct {
    Db *db;
    const Clock *clock;
    Jobs *jobs;
    BlobStore *blobs;
    Log *log;             /* may be NULL */
    const char *data_dir; /* DATA */
    int64_t upload_max;   /* bytes of one file; 0: LIMIT_UPLOAD_BYTES, which is the most in any case */
    HttpAuth auth;
    void *data; /* of the tables that the program brings itself */
} HttpApp;

typedef enum { HTTP_VIA_TCP, HTTP_VIA_SOCKET } HttpVia;

struct HttpRequest {
    Arena *arena; /* lives as long as the request */
    const HttpApp *app;
    const Route *route;
    const HttpSession *session; /* NULL where the route needs none */
    Str body;                   /* as it came */
    const JsonValue *json;      /* of HTTP_JSON: an object, or NULL */
    HttpVia via;
    uid_t peer_uid; /* HTTP_VIA_SOCKET: who is at the other end */
    Str peer;       /* its address, for the log and for counting failures; not to be shown */
    bool secure;    /* came over TLS, here or at the proxy */
    char id[24];    /* in X-Request-Id and in the log */
};

/* A parameter of the path, decoded and checked. The name must be in the route. */
Str http_path(const HttpRequest *request, const char *name);

/* Parameters of the query, checked by their types. STR_NONE, `otherwise`, false, DATE_NONE where there is none. */
Str http_query(const HttpRequest *request, const char *name);
int64_t http_query_int(const HttpRequest *request, const char *name, int64_t otherwise);
bool http_query_flag(const HttpRequest *request, const char *name);
Date http_query_date(const HttpRequest *request, const char *name);
Str http_query_all(const HttpRequest *request); /* what was given, in the route's order, as one text: the same for the same; no query to be parsed */

/* A header's value, or STR_NONE. */
Str http_header(const HttpRequest *request, const char *name);

/* The version in If-Match ("7", quoted): BH_PRECONDITION without one, BH_BAD_INPUT for anything else. */
bool http_if_match(const HttpRequest *request, int64_t *ret_version, GError **err);

/* Fails with BH_CONFLICT "version-stale" unless If-Match names `present`. The handler then answers with
 * http_problem_open and the present object as member `present`. */
bool http_check_version(const HttpRequest *request, int64_t present, GError **err);

/* db_write for a handler's change, on the interactive queue. With an Idempotency-Key the key is taken in the same
 * transaction: the same key again never repeats the change. */
bool http_write(HttpRequest *request, DbWork work, void *data, GError **err);

/* --- Answers: one a request, by one of these ------------------------------------------------------------------------- */

/* Begins a JSON answer; the handler writes one value. */
JsonWriter *http_json(HttpRequest *request, int status);

/* A list: the page that the query asks for (HTTP_LIST_QUERY) is set; `{"rows":[` is begun, then the handler writes each row with
 * db_list_next; the rest with the next cursor, and the total where it was asked for. */
bool http_list_page(const HttpRequest *request, DbList *list, GError **err);
JsonWriter *http_list_open(HttpRequest *request);
bool http_list_close(const HttpRequest *request, DbList *list, DbConn *conn, JsonWriter *writer, GError **err);

/* 204. */
bool http_nothing(HttpRequest *request);

/* 202 with {"job":{…}}; wakes the runners. */
bool http_accepted(HttpRequest *request, Str job_uid, GError **err);

/* Text or bytes at once; `body` is copied. `type` is a literal. */
bool http_bytes(HttpRequest *request, int status, const char *type, Str body);

/* The problem of an error (RFC 9457), with its object open for more members: the caller ends it. */
JsonWriter *http_problem_open(HttpRequest *request, const GError *err);

/* Ends a change that came too late ("version-stale", "edit-stale"): answers the problem with the object as it is now, as `present` finds it by the path and writes it, and
 * clears err. False: it was refused for something else, or is not there for this user; err is the answer. */
typedef bool (*HttpPresent)(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err);
bool http_answer_stale(HttpRequest *request, HttpPresent present, GError **err);

/* Bytes that are made while they are sent: `run` writes them into the sink, on a thread of its own, and is held up there
 * while the client is slow; a failure breaks the connection off. size -1: not known. `close` is called once, in every case. */
typedef struct {
    bool (*run)(void *data, Sink sink, GError **err);
    void (*close)(void *data);
    void *data;
} HttpSource;
bool http_stream(HttpRequest *request, const char *type, int64_t size, HttpSource source);

/* A stored file of that size. */
bool http_blob(HttpRequest *request, const char *type, BlobId id, int64_t size);

/* Makes the answer a file to save: its name as it will stand on the client's disk (RFC 6266); sent with a policy under
 * which nothing in it can run. Before or after http_bytes, http_stream. */
void http_attachment(HttpRequest *request, Str name);

/* A workbook that was written at http_book_path (g_free it), as a file to save; it is taken away from there. */
char *http_book_path(const HttpRequest *request);
bool http_send_book(HttpRequest *request, const char *path, Str name, GError **err);

/* One more header of the answer. `name` is a literal; `value` is copied; control characters in it become spaces. */
void http_add_header(HttpRequest *request, const char *name, Str value);

/* The session's cookie; STR_NONE takes it away. */
void http_set_session(HttpRequest *request, Str token);

/* text/event-stream of a job, from its present state to its end: the job at each change. */
bool http_job_events(HttpRequest *request, Str job_uid, GError **err);

/* --- Uploads ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str name;
    int64_t size;
    BlobId blob;
} HttpUpload;

/* Takes a finished upload of this account for what it becomes part of: in that change's transaction, after which the upload
 * is no more. BH_NOT_FOUND; BH_CONFLICT "upload-unfinished"; BH_TOO_LARGE over LIMIT_FILE_BYTES. */
bool http_upload_take(HttpRequest *request, DbConn *tx, Str uid, HttpUpload *ret_upload, GError **err);

/* The same for data of institutions, of any size that an upload may have; and a look at one that stays. */
bool http_upload_take_data(HttpRequest *request, DbConn *tx, Str uid, HttpUpload *ret_upload, GError **err);
bool http_upload_look(HttpRequest *request, DbConn *conn, Str uid, HttpUpload *ret_upload, GError **err);

/* Jobs of this layer: forgets what is old (uploads, kept answers, finished jobs). Their data is an HttpApp. */
extern const JobKind http_job_kinds[];

/* --- The server -------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *address;    /* NULL: 127.0.0.1 */
    uint16_t port;          /* 0: any free one */
    const char *socket;     /* a UNIX socket beside it, or NULL; only this user and root may use it */
    bool local_only;        /* the socket alone */
    const char *certificate, *key; /* PEM files; both or none */
    bool behind_proxy;      /* a proxy in front does TLS: it is believed about the client's address and the scheme */
    int connections;        /* 0: 1000 */
    int workers;            /* 0: CPUs, at least 4 */
    int grace_ms;           /* 0: 20 s: how long a stop waits for requests under way */
    int client_ms;          /* 0: 60 s: how long we wait for a request's headers; for its body half that, and the time that it takes at 16 KB/s */
    const RouteTable *const *tables;
    size_t n_tables;
} HttpOptions;

/* Listens and serves. BH_USAGE: an address beyond loopback without TLS and without a proxy; BH_UNAVAILABLE: the port is
 * taken; BH_BAD_INPUT: certificate files. `app` outlives the server. */
HttpServer *http_server_start(const HttpOptions *options, const HttpApp *app, GError **err);

uint16_t http_server_port(const HttpServer *server);

/* Takes no new connection, lets requests under way end (grace_ms), ends live events, waits for every handler, frees. */
void http_server_stop(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_stop)

/* /api/openapi.json of these tables. */
void http_openapi(const RouteTable *const *tables, size_t n_tables, GString *out);
