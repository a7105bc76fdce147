#include "cmd/service.h"

#include "cmd/packs.h"

#include <signal.h>

#include "http/api.h"
#include "pack/store.h"

#include "base/banned.h"

struct Service {
    Store *store;
    PackSections *sections;
    BhApp app;
    HttpApp http;
    Jobs *jobs;
    HttpServer *server;
    char *address;
};

static bool start_jobs(Service *service, GError **err)
{
    static const JobKind *const tables[] = { http_job_kinds, api_job_kinds };
    JobsOptions options = { .tables = tables, .n_tables = G_N_ELEMENTS(tables), .data = &service->http, .log = service->store->log };
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
    HubOptions options = { .db = store->db, .clock = store->clock, .keys = store->keys, .blobs = store->blobs, .data_dir = store_data(store), .packs = packs };
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
    if (!open_hub(service, err) || !start_jobs(service, err) || !start_server(service, mode, err))
        return NULL;
    log_info(store->log, "server-started", LOG_INT("port", http_server_port(service->server)), LOG_BOOL("demo", store->demo));
    return g_steal_pointer(&service);
}

void service_stop(Service *service)
{
    if (!service)
        return;
    http_server_stop(service->server);
    jobs_free(service->jobs);
    if (service->server)
        log_info(service->store->log, "server-stopped");
    hub_free(service->app.hub);
    pack_sections_free(service->sections);
    guesses_free(service->app.guesses);
    report_cache_free(service->app.reports);
    g_free(service->address);
    g_free(service);
}

const char *service_address(const Service *service)
{
    return service->address;
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

void service_wait_for_signal(void)
{
    sigset_t signals = ending_signals();
    int which;
    sigwait(&signals, &which);
}
