#include "cmd/service.h"

#include "cmd/packs.h"

#include <signal.h>

#include "db/queries.h"
#include "http/api.h"
#include "hub/person.h"
#include "job/mllp.h"
#include "pack/store.h"

#include "base/banned.h"

struct Service {
    Store *store;
    PackSections *sections;
    BhApp app;
    HubPersons *persons;
    HttpApp http;
    Jobs *jobs;
    HttpServer *server;
    Arena *arena; /* what the listeners were told */
    MllpServer *mllp;
    char *address;
};

static bool start_jobs(Service *service, GError **err)
{
    static const JobKind *const tables[] = { http_job_kinds, api_job_kinds };
    JobsOptions options = { .tables = tables, .n_tables = G_N_ELEMENTS(tables), .data = &service->http, .log = service->store->log, .look = api_resume };
    service->jobs = jobs_new(service->store->db, service->store->clock, &options, err);
    service->http.jobs = service->jobs;
    return service->jobs != NULL;
}

static const char *set_or_null(const Config *config, ConfigId id)
{
    const char *value = config_str(config, id);
    return value[0] ? value : NULL;
}

static bool start_server(Service *service, ServeMode mode, GError **err)
{
    const Config *config = service->store->config;
    g_autofree char *socket = store_socket(config);
    HttpOptions options = {
        .address = set_or_null(config, CONFIG_SERVER_LISTEN),
        .port = (uint16_t) config_int(config, CONFIG_SERVER_PORT),
        .socket = socket,
        .local_only = mode == SERVE_LOCAL,
        .certificate = set_or_null(config, CONFIG_SERVER_TLS_CERTIFICATE),
        .key = set_or_null(config, CONFIG_SERVER_TLS_KEY),
        .behind_proxy = config_bool(config, CONFIG_SERVER_BEHIND_PROXY),
        .workers = config_workers(config),
        .tables = http_tables,
        .n_tables = http_n_tables,
    };
    service->server = http_server_start(&options, &service->http, err);
    if (!service->server || mode == SERVE_LOCAL)
        return service->server != NULL;
    const char *scheme = options.certificate ? "https" : "http", *host = options.address ? options.address : "127.0.0.1";
    service->address = g_strdup_printf(strchr(host, ':') ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme, host, http_server_port(service->server));
    return true;
}

/* --- MLLP ------------------------------------------------------------------------------------------------------------------ */

static bool org_of_code(Service *service, ConfigId id, Str *ret_path, int64_t *ret_id, GError **err)
{
    const char *code = config_str(service->store->config, id);
    OrgByCodeRow row;
    bool found;
    if (!code[0])
        return true;
    g_autoptr(DbConn) conn = db_reader(service->store->db, err);
    if (!conn || !db_one(conn, OrgByCode, service->arena, &row, &found, err, .code = str_from(code)))
        return false;
    *ret_path = row.path;
    *ret_id = row.id;
    return found || error_set(err, BH_USAGE, "%s: there is no organisation '%s'", config_source(service->store->config, id), code);
}

/* Messages were taken: a job brings them into the records, one for all that wait. */
static bool start_import_in_tx(DbConn *tx, void *data, GError **err)
{
    Service *service = data;
    g_autoptr(Arena) arena = arena_new();
    JobsWaitingOfKindRow waiting;
    JobStart start = { "messages", STR_NONE, DB_NULL_INT, clock_now_ms(service->store->clock) };
    bool found;
    Str uid;
    if (!db_one(tx, JobsWaitingOfKind, arena, &waiting, &found, err, .kind = STR("messages")))
        return false;
    return waiting.n > 0 || job_start(tx, &start, arena, &uid, err);
}

/* On a server of databases a job may have been claimed, and have looked, while the messages were being committed beside it: now that they are there, one must wait or be begun. Else the next minute's takes them. */
static void messages_taken(void *data)
{
    Service *service = data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(service->store->db, &err);
    JobsWaitingOfKindRow waiting = { 0 };
    bool found, read = conn && db_one(conn, JobsWaitingOfKind, arena, &waiting, &found, &err, .kind = STR("messages"));
    db_done(g_steal_pointer(&conn));
    if (!read || (waiting.n == 0 && !db_write(service->store->db, DB_MESSAGES, start_import_in_tx, service, &err)))
        log_failure(service->store->log, LOG_LEVEL_WARNING, "mllp-job-not-started", err);
    jobs_wake(service->jobs);
}

static bool start_mllp(Service *service, GError **err)
{
    const Config *config = service->store->config;
    const char *address = set_or_null(config, CONFIG_MLLP_LISTEN);
    MllpOptions options = {
        .address = address,
        .port = (uint16_t) config_int(config, CONFIG_MLLP_PORT),
        .certificate = set_or_null(config, CONFIG_MLLP_TLS_CERTIFICATE),
        .key = set_or_null(config, CONFIG_MLLP_TLS_KEY),
        .behind_proxy = config_bool(config, CONFIG_MLLP_BEHIND_PROXY),
        .connections = (int) config_int(config, CONFIG_MLLP_CONNECTIONS),
        .place = { .within = STR(""), .also = start_import_in_tx, .also_data = service },
        .taken = messages_taken,
        .data = service,
        .log = service->store->log,
        .clock = service->store->clock,
    };
    int64_t ignored;
    if (!address)
        return true;
    if (!org_of_code(service, CONFIG_MLLP_WITHIN, &options.place.within, &ignored, err)
        || !org_of_code(service, CONFIG_MLLP_SENDER, &options.place.sender, &options.place.sender_org, err))
        return false;
    service->mllp = mllp_start(&options, service->app.hub, err);
    if (!service->mllp)
        return false;
    log_info(service->store->log, "mllp-started", LOG_INT("port", mllp_port(service->mllp)));
    return true;
}

static bool second_required(const Store *store)
{
    const char *setting = config_str(store->config, CONFIG_SERVER_SECOND_FACTOR);
    return g_str_equal(setting, "required") || (g_str_equal(setting, "auto") && !store->demo);
}

/* What institutions send is checked by the packs that are installed; none are no failure. */
static bool open_hub(Service *service, GError **err)
{
    Store *store = service->store;
    g_autoptr(PacksRef) packs = packs_from_store(store->db, service->sections, clock_zone_minutes(store->clock), err);
    if (!packs)
        return false;
    HubPersonsOptions who = { .db = store->db, .clock = store->clock, .keys = store->keys, .data_dir = store_data(store) };
    service->persons = hub_persons_open(&who, err);
    if (!service->persons || !hub_persons_use(service->persons, packs, err))
        return false;
    service->app.persons = service->persons;
    HubOptions options = { .db = store->db, .clock = store->clock, .keys = store->keys, .blobs = store->blobs, .data_dir = store_data(store), .persons = service->persons, .packs = packs };
    service->app.hub = hub_new(&options);
    return hub_recover(service->app.hub, err); /* what a crash left is finished before anybody is served */
}

Service *service_start(Store *store, ServeMode mode, GError **err)
{
    g_autoptr(Service) service = g_new0(Service, 1);
    service->store = store;
    service->sections = pack_all_sections();
    service->app = (BhApp) {
        .keys = store->keys,
        .sections = service->sections,
        .sessions = { (int) config_int(store->config, CONFIG_SERVER_IDLE_MINUTES), (int) config_int(store->config, CONFIG_SERVER_ADMIN_IDLE_MINUTES) },
        .demo = store->demo,
        .second_required = second_required(store),
        .guesses = guesses_new(),
        .reports = report_cache_new(),
    };
    service->http = (HttpApp) {
        .db = store->db,
        .clock = store->clock,
        .blobs = store->blobs,
        .log = store->log,
        .data_dir = store_data(store),
        .upload_max = config_int(store->config, CONFIG_LIMITS_UPLOAD_MB) * 1024 * 1024,
        .auth = api_auth(&service->app),
        .data = &service->app,
    };
    service->arena = arena_new();
    if (!open_hub(service, err) || !api_resume(&service->http, err) || !start_jobs(service, err) || !start_server(service, mode, err) || (mode == SERVE_ALL && !start_mllp(service, err)))
        return NULL;
    log_info(store->log, "server-started", LOG_INT("port", http_server_port(service->server)), LOG_BOOL("demo", store->demo));
    return g_steal_pointer(&service);
}

void service_stop(Service *service)
{
    if (!service)
        return;
    mllp_stop(service->mllp);
    http_server_stop(service->server);
    jobs_free(service->jobs);
    if (service->server)
        log_info(service->store->log, "server-stopped");
    hub_free(service->app.hub);
    hub_persons_close(service->persons);
    pack_sections_free(service->sections);
    guesses_free(service->app.guesses);
    report_cache_free(service->app.reports);
    arena_free(service->arena);
    g_free(service->address);
    g_free(service);
}

const char *service_address(const Service *service)
{
    return service->address;
}

Hub *service_hub(Service *service)
{
    return service->app.hub;
}

Jobs *service_jobs(Service *service)
{
    return service->jobs;
}

void service_run_jobs(Service *service)
{
    jobs_run(service->jobs, 0);
}

static sigset_t ending_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

void service_block_signals(void)
{
    sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool service_shall_end(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

void service_wait_for_signal(void)
{
    sigset_t signals = ending_signals();
    int which;
    sigwait(&signals, &which);
}
