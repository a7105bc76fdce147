#include "http/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

enum {
    LIBRARY_THREADS = 2,
    WORKERS_MIN = 4,
    SENDERS_MAX = 32, /* downloads at a time */
    CONNECTIONS = 1000,
    SILENCE_S = 60,
    GRACE_MS = 20 * 1000,
    CLIENT_MS = 60 * 1000,
    TICK_MS = 1000,
    HEARTBEAT_TICKS = 15,
    BACKLOG = 512,
    PEM_MAX = 1024 * 1024,
};

/* --- Workers ---------------------------------------------------------------------------------------------------------- */

static void run_task(gpointer task, gpointer data)
{
    HttpServer *server = data;
    g_atomic_int_inc(&server->workers_busy);
    ((HttpTask *) task)->run(task);
    g_atomic_int_add(&server->workers_busy, -1);
}

static void run_sender(gpointer task, gpointer data)
{
    (void) data;
    ((HttpTask *) task)->run(task);
}

/* Under the lock, so that nothing comes into a pool that is being freed. */
static bool push(HttpServer *server, GThreadPool *pool, HttpTask *task)
{
    g_mutex_lock(&server->lock);
    bool open = !server->closed;
    if (open)
        g_thread_pool_push(pool, task, NULL);
    g_mutex_unlock(&server->lock);
    return open;
}

bool server_push(HttpServer *server, HttpTask *task)
{
    return push(server, server->workers, task);
}

bool server_push_sender(HttpServer *server, HttpTask *task)
{
    return push(server, server->senders, task);
}

bool server_is_closed(HttpServer *server)
{
    g_mutex_lock(&server->lock);
    bool closed = server->closed;
    g_mutex_unlock(&server->lock);
    return closed;
}

bool busy_take(HttpServer *server, const Str *name)
{
    g_mutex_lock(&server->lock);
    bool taken = !g_hash_table_contains(server->busy, name) && g_hash_table_add(server->busy, (gpointer) (uintptr_t) name);
    g_mutex_unlock(&server->lock);
    return taken;
}

void busy_release(HttpServer *server, const Str *name)
{
    g_mutex_lock(&server->lock);
    g_hash_table_remove(server->busy, name);
    g_mutex_unlock(&server->lock);
}

static gpointer tick(gpointer data)
{
    HttpServer *server = data;
    g_mutex_lock(&server->lock);
    for (int n = 1; server->ticking; n++) {
        gint64 until = g_get_monotonic_time() + TICK_MS * G_TIME_SPAN_MILLISECOND;
        while (server->ticking && g_cond_wait_until(&server->changed, &server->lock, until)) {
        }
        g_mutex_unlock(&server->lock);
        watch_cut_late(server->watch, monotonic_ms());
        if (n % HEARTBEAT_TICKS == 0)
            events_heartbeat(server->events);
        g_mutex_lock(&server->lock);
    }
    g_mutex_unlock(&server->lock);
    return NULL;
}

/* --- What the library calls ----------------------------------------------------------------------------------------------- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
    HttpServer *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        watch_begin(server->watch, connection, context, server->options.client_ms);
    else
        watch_end(server->watch, context);
}

/* The address is decoded by the router, which tells a broken escape from an unknown path. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void) cls;
    (void) connection;
    return strlen(text);
}

G_GNUC_PRINTF(2, 0) static void on_library_message(void *cls, const char *format, va_list args)
{
    (void) cls;
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_debug("microhttpd: %s", g_strstrip(text));
}

/* --- Listening -------------------------------------------------------------------------------------------------------- */

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} Address;

static bool read_address(const char *text, uint16_t port, Address *ret_address, GError **err)
{
    *ret_address = (Address) { 0 };
    if (inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1) {
        ret_address->v4.sin_family = AF_INET;
        ret_address->v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1) {
        ret_address->v6.sin6_family = AF_INET6;
        ret_address->v6.sin6_port = htons(port);
    } else {
        return error_set(err, BH_USAGE, "no IP address to listen on: '%s'", text);
    }
    return true;
}

static bool is_loopback(const Address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

/* Passwords and personal data never go over a network in the clear. */
static bool check_exposure(const HttpOptions *options, const Address *address, GError **err)
{
    if (is_loopback(address) || options->certificate || options->behind_proxy)
        return true;
    error_set(err, BH_USAGE, "listening on %s needs TLS", options->address);
    return error_hint(err, "give certificate and key files, or --behind-proxy where a proxy in front does TLS");
}

static bool read_certificate(HttpServer *server, GError **err)
{
    const HttpOptions *options = &server->options;
    if (!options->certificate != !options->key)
        return error_set(err, BH_USAGE, "TLS needs both a certificate and its key");
    if (!options->certificate)
        return true;
    GString *certificate = file_read(options->certificate, PEM_MAX, err);
    server->certificate = certificate ? g_string_free(certificate, FALSE) : NULL;
    GString *key = certificate ? file_read(options->key, PEM_MAX, err) : NULL;
    server->key = key ? g_string_free(key, FALSE) : NULL;
    return key != NULL;
}

/* Options of both daemons; each adds its own as an array. */
static struct MHD_Daemon *start_daemon(HttpServer *server, unsigned flags, uint16_t port, struct MHD_OptionItem *own)
{
    return MHD_start_daemon(
        flags | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, port, NULL, NULL, exchange_step, server,
        MHD_OPTION_EXTERNAL_LOGGER, on_library_message, NULL, MHD_OPTION_URI_LOG_CALLBACK, exchange_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned) SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) LIMIT_HTTP_HEADER_BYTES, MHD_OPTION_ARRAY, own, MHD_OPTION_END);
}

static bool listen_tcp(HttpServer *server, GError **err)
{
    const HttpOptions *options = &server->options;
    Address address;
    if (!read_address(options->address, options->port, &address, err) || !check_exposure(options, &address, err))
        return false;
    unsigned limit = (unsigned) options->connections;
    struct MHD_OptionItem own[] = {
        { MHD_OPTION_SOCK_ADDR, 0, &address.any },
        { MHD_OPTION_THREAD_POOL_SIZE, LIBRARY_THREADS, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, limit, NULL },
        { MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->behind_proxy ? 0 : limit / 2, NULL },
        { MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, NULL },
        { server->key ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, server->key },
        { MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) (uintptr_t) "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = (server->key ? MHD_USE_TLS : 0) | (address.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    errno = 0;
    server->tcp = start_daemon(server, flags, options->port, own);
    if (!server->tcp)
        return error_set(err, errno == EADDRINUSE ? BH_UNAVAILABLE : BH_BAD_INPUT, "cannot listen on %s port %u: %s", options->address,
                         (unsigned) options->port, errno ? g_strerror(errno) : "the certificate or its key cannot be used");
    server->port = MHD_get_daemon_info(server->tcp, MHD_DAEMON_INFO_BIND_PORT)->port;
    return true;
}

/* The store's lock tells that nobody else serves it: a socket that is left lies there since a crash. */
static int open_socket(const char *path, GError **err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
        return error_set(err, BH_USAGE, "the socket's path is too long: %s", path), -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(path);
    if (fd >= 0 && bind(fd, (struct sockaddr *) &address, sizeof address) == 0 && chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error_set_errno(err, errno, "cannot listen on %s", path);
    file_close(&fd);
    return -1;
}

static bool listen_unix(HttpServer *server, GError **err)
{
    if (!server->options.socket)
        return true;
    int fd = open_socket(server->options.socket, err);
    if (fd < 0)
        return false;
    struct MHD_OptionItem own[] = {
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, 100, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    g_atomic_pointer_set(&server->local, start_daemon(server, 0, 0, own)); /* its threads ask for it already (exchange.c) */
    if (server->local)
        return true;
    file_close(&fd);
    return error_set(err, BH_INTERNAL, "cannot serve %s", server->options.socket);
}

/* --- Start and stop ---------------------------------------------------------------------------------------------------- */

static HttpOptions settled_options(const HttpOptions *options)
{
    HttpOptions settled = *options;
    settled.address = g_strdup(options->address ? options->address : "127.0.0.1");
    settled.socket = g_strdup(options->socket);
    settled.connections = options->connections > 0 ? options->connections : CONNECTIONS;
    settled.workers = options->workers > 0 ? options->workers : MAX((int) g_get_num_processors(), WORKERS_MIN);
    settled.grace_ms = options->grace_ms > 0 ? options->grace_ms : GRACE_MS;
    settled.client_ms = options->client_ms > 0 ? options->client_ms : CLIENT_MS;
    return settled;
}

static HttpServer *server_alloc(const HttpOptions *options, const HttpApp *app)
{
    HttpServer *server = g_new0(HttpServer, 1);
    server->options = settled_options(options);
    server->app = app;
    server->router = router_new(options->tables, options->n_tables);
    server->openapi = g_string_new(NULL);
    http_openapi(options->tables, options->n_tables, server->openapi);
    server->metrics = metrics_new(server->router);
    server->watch = watch_new();
    server->events = events_new(server);
    server->busy = g_hash_table_new(str_hash, str_equal);
    g_mutex_init(&server->lock);
    g_cond_init(&server->changed);
    crypto_random(&server->id_seed, sizeof server->id_seed);
    return server;
}

static void server_free(HttpServer *server)
{
    router_free(server->router);
    g_string_free(server->openapi, TRUE);
    metrics_free(server->metrics);
    watch_free(server->watch);
    events_free(server->events);
    g_hash_table_unref(server->busy);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->changed);
    g_free((char *) (uintptr_t) server->options.address);
    g_free((char *) (uintptr_t) server->options.socket);
    g_free(server->certificate);
    g_free(server->key);
    g_free(server);
}

static bool start_threads(HttpServer *server, GError **err)
{
    server->workers = g_thread_pool_new(run_task, server, server->options.workers, TRUE, err);
    server->senders = server->workers ? g_thread_pool_new(run_sender, server, SENDERS_MAX, FALSE, err) : NULL;
    if (!server->senders)
        return false;
    server->ticking = true;
    server->ticker = g_thread_try_new("http-tick", tick, server, err);
    return server->ticker != NULL;
}

HttpServer *http_server_start(const HttpOptions *options, const HttpApp *app, GError **err)
{
    HttpServer *server = server_alloc(options, app);
    if (!read_certificate(server, err) || !start_threads(server, err)
        || !listen_unix(server, err) || (!options->local_only && !listen_tcp(server, err))) {
        http_server_stop(server);
        return NULL;
    }
    if (app->jobs)
        jobs_listen(app->jobs, events_changed, server->events);
    return server;
}

uint16_t http_server_port(const HttpServer *server)
{
    return server->port;
}

static void stop_accepting(struct MHD_Daemon *daemon)
{
    int fd = daemon ? MHD_quiesce_daemon(daemon) : -1;
    file_close(&fd);
}

static void wait_for_exchanges(HttpServer *server)
{
    gint64 until = g_get_monotonic_time() + server->options.grace_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&server->lock);
    while (g_atomic_int_get(&server->in_flight) > 0 && g_cond_wait_until(&server->changed, &server->lock, until)) {
    }
    server->ticking = false;
    server->closed = true;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
}

/* The order matters: the library must not be stopped while a connection is suspended, and a connection is suspended as long as a
 * worker, a sender or an event stream has it. */
void http_server_stop(HttpServer *server)
{
    if (!server)
        return;
    g_atomic_int_set(&server->stopping, 1);
    if (server->app->jobs)
        jobs_listen(server->app->jobs, NULL, NULL);
    stop_accepting(server->tcp);
    stop_accepting(server->local);
    events_end(server->events);
    wait_for_exchanges(server);
    if (server->ticker)
        g_thread_join(server->ticker);
    if (server->workers)
        g_thread_pool_free(server->workers, FALSE, TRUE);
    if (server->senders)
        g_thread_pool_free(server->senders, FALSE, TRUE);
    events_end(server->events);
    if (server->local)
        MHD_stop_daemon(server->local);
    if (server->tcp)
        MHD_stop_daemon(server->tcp);
    if (server->options.socket)
        unlink(server->options.socket);
    server_free(server);
}
