/* A server for tests/http and bench/bench-http.sh: the real http and job layers with two accounts, the sessions "one" and "two", and
 * routes that sleep, write, fail and echo. Prints its port and serves until SIGTERM.
 *
 *     test-server DATA [NAME=VALUE ...]     names: see set_option */
#include <signal.h>
#include <stdio.h>

#include "base/crypto.h"
#include "base/file.h"
#include "db/queries.h"
#include "http/routes.h"

#include "base/banned.h"

/* --- Accounts and sessions ------------------------------------------------------------------------------------------ */

enum { ACCOUNTS = 2 };

static const struct {
    Str token, csrf, uid;
} sessions[ACCOUNTS] = {
    { STR_INIT("one"), STR_INIT("csrf-one"), STR_INIT("00000000000000000000000001") },
    { STR_INIT("two"), STR_INIT("csrf-two"), STR_INIT("00000000000000000000000002") },
};

/* Through the socket no cookie is needed: the first account. */
static bool find_session(void *data, HttpRequest *request, Str token, HttpSession *ret_session, GError **err)
{
    const int64_t *accounts = data;
    size_t i = 0;
    while (i < ACCOUNTS && !str_eq(sessions[i].token, token))
        i++;
    if (request->via == HTTP_VIA_SOCKET && !token.p)
        i = 0;
    if (i == ACCOUNTS) {
        error_set(err, BH_UNAUTHENTICATED, "no session");
        return error_detail(err, token.p ? "session-expired" : "no-session");
    }
    *ret_session = (HttpSession) { .account = accounts[i], .account_uid = sessions[i].uid, .csrf = sessions[i].csrf, .administrator = i == 0 };
    return true;
}

static bool write_account(void *data, DbConn *conn, Arena *arena, int64_t account, JsonWriter *writer, GError **err)
{
    const int64_t *accounts = data;
    (void) conn;
    (void) arena;
    (void) err;
    json_begin_object(writer);
    json_member_str(writer, "uid", sessions[account == accounts[1]].uid);
    json_member_cstr(writer, "name", "somebody");
    json_end_object(writer);
    return true;
}

static bool insert_account(DbConn *tx, Arena *arena, size_t i, int64_t *ret_id, GError **err)
{
    OrgInsertRow org;
    PersonInsertRow person;
    AccountInsertRow account;
    bool found;
    if (!db_one(tx, OrgInsert, arena, &org, &found, err, .uid = sessions[i].uid, .code = sessions[i].uid, .name = STR("Office"),
                .kind = STR("department"), .parent = DB_NULL_INT, .area = STR("320000"), .opened = DATE_NONE, .closed = DATE_NONE) ||
        !db_one(tx, PersonInsert, arena, &person, &found, err, .uid = sessions[i].uid, .name = STR("Somebody")) ||
        !db_one(tx, AccountInsert, arena, &account, &found, err, .uid = sessions[i].uid, .username = sessions[i].token,
                .person = person.id, .org = org.id, .password = STR("")))
        return false;
    *ret_id = account.id;
    return true;
}

static bool accounts_work(DbConn *tx, void *data, GError **err)
{
    int64_t *accounts = data;
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < ACCOUNTS; i++) {
        AccountByUsernameRow row;
        bool found;
        if (!db_one(tx, AccountByUsername, arena, &row, &found, err, .username = sessions[i].token))
            return false;
        accounts[i] = found ? row.id : 0;
        if (!found && !insert_account(tx, arena, i, &accounts[i], err))
            return false;
    }
    return true;
}

/* --- Routes ------------------------------------------------------------------------------------------------------------ */

static bool get_sleep(HttpRequest *request, GError **err)
{
    (void) err;
    g_usleep((gulong) http_query_int(request, "ms", 0) * 1000);
    json_int(http_json(request, 200), http_query_int(request, "ms", 0));
    return true;
}

static bool get_params(HttpRequest *request, GError **err)
{
    (void) err;
    char day[DATE_TEXT_MAX];
    Date date = http_query_date(request, "day");
    JsonWriter *writer = http_json(request, 200);
    json_begin_object(writer);
    json_member_str(writer, "word", http_path(request, "word"));
    json_member_str(writer, "text", http_path(request, "text"));
    json_member_int(writer, "n", http_query_int(request, "n", -1));
    json_member_bool(writer, "flag", http_query_flag(request, "flag"));
    json_member_cstr(writer, "day", date == DATE_NONE ? NULL : date_format(date, day));
    json_member_str(writer, "kinds", http_query(request, "kinds"));
    json_member_str(writer, "q", http_query(request, "q"));
    json_end_object(writer);
    return true;
}

static bool post_echo(HttpRequest *request, GError **err)
{
    (void) err;
    JsonWriter *writer = http_json(request, 200);
    json_begin_object(writer);
    json_key(writer, "got");
    if (request->json)
        json_value(writer, request->json);
    else
        json_null(writer);
    json_member_str(writer, "peer", request->peer);
    json_member_bool(writer, "secure", request->secure);
    json_end_object(writer);
    return true;
}

static bool patch_object(HttpRequest *request, GError **err)
{
    (void) err;
    g_autoptr(GError) stale = NULL;
    if (http_check_version(request, 7, &stale)) {
        json_int(http_json(request, 200), 8);
        return true;
    }
    JsonWriter *writer = http_problem_open(request, stale);
    json_member_int(writer, "present", 7);
    json_end_object(writer);
    return true;
}

static bool get_fail(HttpRequest *request, GError **err)
{
    json_begin_object(http_json(request, 200));
    return error_set(err, BH_INTERNAL, "the secret place is broken");
}

static bool post_login(HttpRequest *request, GError **err)
{
    Str user;
    if (!json_get_str(request->json, "username", &user, err))
        return false;
    http_set_session(request, user);
    return http_nothing(request);
}

static bool get_blob(HttpRequest *request, GError **err)
{
    BlobId id;
    if (!hex_read(http_path(request, "hash"), HASH_SIZE, id.bytes))
        return error_set(err, BH_NOT_FOUND, "no such blob");
    http_attachment(request, STR("b\xc3\xa9 \"1\".bin"));
    return http_blob(request, "application/octet-stream", id, http_query_int(request, "size", 0));
}

typedef struct {
    HttpRequest *request;
    Str upload;
    HttpUpload taken;
} Taking;

static bool take_work(DbConn *tx, void *data, GError **err)
{
    Taking *taking = data;
    return http_upload_take(taking->request, tx, taking->upload, &taking->taken, err);
}

static bool post_take(HttpRequest *request, GError **err)
{
    Taking taking = { .request = request };
    if (!json_get_str(request->json, "upload", &taking.upload, err) || !http_write(request, take_work, &taking, err))
        return false;
    JsonWriter *writer = http_json(request, 201);
    json_begin_object(writer);
    json_member_str(writer, "name", taking.taken.name);
    json_member_int(writer, "size", taking.taken.size);
    json_end_object(writer);
    return true;
}

typedef struct {
    HttpRequest *request;
    const char *kind;
    Str uid;
} NewJob;

static bool start_work(DbConn *tx, void *data, GError **err)
{
    NewJob *job = data;
    const HttpRequest *request = job->request;
    JobStart start = { job->kind, STR("{\"steps\":5}"), request->session->account, clock_now_ms(request->app->clock) };
    return job_start(tx, &start, request->arena, &job->uid, err);
}

static bool post_job(HttpRequest *request, GError **err)
{
    Str kind;
    if (!json_get_str(request->json, "kind", &kind, err))
        return false;
    NewJob job = { .request = request, .kind = arena_str(request->arena, kind).p };
    return http_write(request, start_work, &job, err) && http_accepted(request, job.uid, err);
}

static bool bulk_work(DbConn *tx, void *data, GError **err)
{
    (void) data;
    for (int64_t until = monotonic_ms() + 200; monotonic_ms() < until;)
        if (!db_exec(tx, ScheduleSet, NULL, err, .kind = STR("bulk"), .due = monotonic_ms()))
            return false;
    return true;
}

/* Steps of 200 ms on the bulk queue, as long as asked. */
static bool post_bulk(HttpRequest *request, GError **err)
{
    for (int64_t until = monotonic_ms() + http_query_int(request, "ms", 0); monotonic_ms() < until;)
        if (!db_write(request->app->db, DB_BULK, bulk_work, NULL, err))
            return false;
    return http_nothing(request);
}

static bool small_work(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, ScheduleSet, NULL, err, .kind = STR("small"), .due = monotonic_ms());
}

static bool post_small(HttpRequest *request, GError **err)
{
    return http_write(request, small_work, NULL, err) && http_nothing(request);
}

#define PARAMS "n:int flag:bool day:date id:uid kinds+:a|b q limit:limit"
static const Route routes[] = {
    { HTTP_GET, "/test/sleep", HTTP_ANYONE, get_sleep, "ms:int", HTTP_NO_BODY, NULL, .summary = "sleep" },
    { HTTP_GET, "/test/fast", HTTP_ANYONE, get_sleep, "ms:int", HTTP_NO_BODY, NULL, .summary = "at once", .at_once = true },
    { HTTP_GET, "/test/params/{word:word}/{text:text}", HTTP_SESSION, get_params, PARAMS, HTTP_NO_BODY, NULL, .summary = "parameters" },
    { HTTP_POST, "/test/echo", HTTP_SESSION, post_echo, NULL, HTTP_JSON, NULL, .summary = "echo" },
    { HTTP_POST, "/test/login", HTTP_ANYONE, post_login, NULL, HTTP_JSON, NULL, .summary = "a cookie", .body_max = 1000 },
    { HTTP_PATCH, "/test/object", HTTP_SESSION, patch_object, NULL, HTTP_JSON, NULL, .summary = "version 7" },
    { HTTP_GET, "/test/fail", HTTP_SESSION, get_fail, NULL, HTTP_NO_BODY, NULL, .summary = "fail" },
    { HTTP_GET, "/test/blob/{hash:word}", HTTP_SESSION, get_blob, "size:int", HTTP_NO_BODY, NULL, .summary = "a stored file" },
    { HTTP_POST, "/test/take", HTTP_SESSION, post_take, NULL, HTTP_JSON, NULL, .summary = "take an upload" },
    { HTTP_POST, "/test/job", HTTP_SESSION, post_job, NULL, HTTP_JSON, "Job", .summary = "start a job" },
    { HTTP_POST, "/test/bulk", HTTP_SESSION, post_bulk, "ms:int", HTTP_NO_BODY, NULL, .summary = "write much" },
    { HTTP_POST, "/test/small", HTTP_SESSION, post_small, NULL, HTTP_NO_BODY, NULL, .summary = "write little" },
};
static const RouteTable test_routes = { routes, G_N_ELEMENTS(routes), NULL, 0 };

/* --- Jobs ---------------------------------------------------------------------------------------------------------------- */

static bool run_steps(JobRun *run, GError **err)
{
    int64_t steps;
    if (!json_get_int(run->argument, "steps", 1, 100, &steps, err))
        return false;
    for (int64_t i = 0; i < steps; i++) {
        if (!job_progress(run, (double) i / (double) steps, "step", err))
            return false;
        g_usleep(250 * 1000);
    }
    JsonWriter *writer = job_result(run);
    json_begin_object(writer);
    json_member_int(writer, "attempt", run->attempt);
    json_end_object(writer);
    return true;
}

static bool run_failing(JobRun *run, GError **err)
{
    (void) run;
    error_set(err, BH_BAD_INPUT, "nothing in it");
    return error_detail(err, "empty");
}

static bool run_crashing(JobRun *run, GError **err)
{
    (void) run;
    (void) err;
    raise(SIGKILL);
    return true;
}

static const JobKind test_kinds[] = {
    { "test-steps", run_steps, 0, 0 },
    { "test-fail", run_failing, 0, 0 },
    { "test-crash", run_crashing, .attempts = 2 },
    { 0 },
};

/* --- The program ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpOptions http;
    HttpApp app;
    int64_t accounts[ACCOUNTS];
    Clock *clock;
    KeyRing *keys;
    Log *log;
    const char *url; /* of PostgreSQL, or NULL */
} Program;

static void set_option(Program *program, const char *name, const char *value)
{
    HttpOptions *o = &program->http;
    const struct {
        const char *name;
        const char **text;
        int *integer;
    } options[] = {
        { "address", &o->address, NULL },         { "socket", &o->socket, NULL },   { "certificate", &o->certificate, NULL },
        { "key", &o->key, NULL },                 { "workers", NULL, &o->workers }, { "grace_ms", NULL, &o->grace_ms },
        { "connections", NULL, &o->connections }, { "client_ms", NULL, &o->client_ms }, { "url", &program->url, NULL },
    };
    int64_t number = 0;
    str_to_int64(str_from(value), &number);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (strcmp(options[i].name, name) != 0)
            continue;
        if (options[i].text)
            *options[i].text = value;
        else
            *options[i].integer = (int) number;
    }
    if (strcmp(name, "port") == 0)
        o->port = (uint16_t) number;
    if (strcmp(name, "behind_proxy") == 0)
        o->behind_proxy = number;
    if (strcmp(name, "log") == 0)
        program->log = log_new(2, LOG_LEVEL_INFO, program->clock);
}

static bool open_all(Program *program, const char *data, GError **err)
{
    g_autofree char *key = g_strdup_printf("%s.key", data), *path = g_build_filename(data, "bihuan.db", NULL);
    DbOptions options = { .url = program->url, .path = path, .readers = 8 };
    static const JobKind *const kinds[] = { test_kinds, http_job_kinds };
    HttpApp *app = &program->app;
    *app = (HttpApp) { .clock = program->clock, .data_dir = data, .log = program->log };
    app->auth = (HttpAuth) { find_session, write_account, program->accounts };
    if (!file_make_dir(data, err) || (!g_file_test(key, G_FILE_TEST_EXISTS) && !key_file_create(key, clock_today(program->clock), err)))
        return false;
    program->keys = key_ring_load(key, err);
    app->blobs = program->keys ? blob_store_open(data, program->keys, err) : NULL;
    app->db = app->blobs ? db_open(&options, err) : NULL;
    if (!app->db || !db_write(app->db, DB_INTERACTIVE, accounts_work, program->accounts, err))
        return false;
    app->jobs = jobs_new(app->db, program->clock, &(JobsOptions) { kinds, G_N_ELEMENTS(kinds), program->log, app }, err);
    return app->jobs != NULL;
}

static HttpServer *start(Program *program, const char *data, GError **err)
{
    static const RouteTable *const tables[] = { &test_routes, &upload_routes, &job_routes, &system_routes };
    program->http.tables = tables;
    program->http.n_tables = G_N_ELEMENTS(tables);
    return open_all(program, data, err) ? http_server_start(&program->http, &program->app, err) : NULL;
}

static void stop(Program *program, HttpServer *server)
{
    http_server_stop(server);
    jobs_free(program->app.jobs);
    db_close(program->app.db);
    blob_store_free(program->app.blobs);
    key_ring_free(program->keys);
    log_free(program->log);
    clock_free(program->clock);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) err = NULL;
    Program program = { .clock = clock_new_system(480) };
    sigset_t signals;
    int signal_number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 2; i < argc; i++) {
        g_auto(GStrv) pair = g_strsplit(argv[i], "=", 2);
        set_option(&program, pair[0], strchr(argv[i], '=') + 1);
    }
    HttpServer *server = start(&program, argv[1], &err);
    if (!server) {
        fprintf(stderr, "test-server: %s\n", err->message);
        stop(&program, NULL);
        return error_class_of(err)->exit_status;
    }
    printf("%u\n", (unsigned) http_server_port(server));
    fflush(stdout);
    jobs_run(program.app.jobs, 2);
    sigwait(&signals, &signal_number);
    stop(&program, server);
    return 0;
}
