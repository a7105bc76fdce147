#include "job/mllp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"

#include "base/banned.h"

enum { CONNECTIONS = 200, IDLE_MS = 10 * 60 * 1000, PIECE = 16 * 1024, STACK = 256 * 1024, LARGE = 64 * 1024, BACKLOG = 128 };

typedef struct Client Client;
struct Client {
    MllpServer *server;
    int fd;
    SSL *ssl;
    Client *next;       /* of those that wait for an answer */
    Str message;
    GString *answer;    /* filled by the thread that takes */
    bool answered;
};

struct MllpServer {
    MllpOptions options;
    Hub *hub;
    SSL_CTX *tls;
    int listener;
    uint16_t port;
    int wake[2];        /* a pipe: closed at the end, which every poll sees */
    pthread_t accepting, taking;
    GMutex lock;        /* over what follows */
    GCond changed;
    Client *waiting, **last;
    int clients;
    bool stopping;
    uint32_t answers;   /* for their MSH-10 */
};

/* --- Bytes ------------------------------------------------------------------------------------------------------------------------ */

/* False: nothing came in that time, the other side is gone, or the server stops. */
static bool wait_for(Client *client, short events, int ms)
{
    struct pollfd fds[] = { { client->fd, events, 0 }, { client->server->wake[0], POLLIN, 0 } };
    int n;
    do
        n = poll(fds, 2, ms);
    while (n < 0 && errno == EINTR);
    return n > 0 && !fds[1].revents;
}

static ssize_t tls_result(Client *client, int n, int ms, bool *ret_again)
{
    int why = SSL_get_error(client->ssl, n);
    *ret_again = (why == SSL_ERROR_WANT_READ && wait_for(client, POLLIN, ms)) || (why == SSL_ERROR_WANT_WRITE && wait_for(client, POLLOUT, ms));
    return -1;
}

static ssize_t receive(Client *client, char *buffer, size_t n, int ms)
{
    for (bool again = true; again;) {
        if (!client->ssl)
            return wait_for(client, POLLIN, ms) ? recv(client->fd, buffer, n, 0) : -1;
        int got = SSL_read(client->ssl, buffer, (int) n);
        if (got > 0)
            return got;
        tls_result(client, got, ms, &again);
    }
    return -1;
}

static bool send_all(Client *client, Str text, int ms)
{
    while (text.n > 0) {
        bool again = true;
        ssize_t n = client->ssl ? SSL_write(client->ssl, text.p, (int) text.n) : wait_for(client, POLLOUT, ms) ? send(client->fd, text.p, text.n, MSG_NOSIGNAL) : -1;
        if (client->ssl && n <= 0)
            tls_result(client, (int) n, ms, &again);
        if (n <= 0 && (!client->ssl || !again))
            return false;
        text = str_from_at(text, n > 0 ? (size_t) n : 0);
    }
    return true;
}

static bool begin_tls(Client *client, int ms)
{
    client->ssl = SSL_new(client->server->tls);
    if (!client->ssl || SSL_set_fd(client->ssl, client->fd) != 1)
        return false;
    for (bool again = true; again;) {
        int n = SSL_accept(client->ssl);
        if (n == 1)
            return true;
        tls_result(client, n, ms, &again);
    }
    return false;
}

/* --- A message and its answer -------------------------------------------------------------------------------------------------------- */

static void write_answer(MllpServer *server, GString *out, Str message, Hl7AckCode code, Hl7ErrorCode error, Str text)
{
    Hl7Head head;
    char id[24];
    bool known = hl7_head(message, &head);
    bool enhanced = known && (head.accept_ack.n > 0 || head.app_ack.n > 0);
    static const Hl7AckCode commits[] = { [HL7_AA] = HL7_CA, [HL7_AE] = HL7_CE, [HL7_AR] = HL7_CR };
    Hl7Error one = { .code = error, .severity = 'E', .text = text };
    g_autoptr(GString) ack = g_string_new(NULL);
    g_snprintf(id, sizeof id, "%08x%08x", (unsigned) (clock_now_ms(server->options.clock) / 1000), g_atomic_int_add(&server->answers, 1));
    hl7_ack_write(ack, known ? &head : NULL, enhanced && head.app_ack.n == 0 ? commits[code] : code, str_from(id), clock_now_ms(server->options.clock),
                  clock_zone_minutes(server->options.clock), text, &one, error == HL7_ERR_OK ? 0 : 1);
    mllp_write(out, str_from_gstring(ack));
}

/* Waits until the thread that takes has answered. */
static bool take_and_answer(Client *client, Str message)
{
    MllpServer *server = client->server;
    g_string_truncate(client->answer, 0);
    client->message = message;
    client->answered = false;
    client->next = NULL;
    g_mutex_lock(&server->lock);
    *server->last = client;
    server->last = &client->next;
    g_cond_broadcast(&server->changed);
    while (!client->answered)
        g_cond_wait(&server->changed, &server->lock);
    g_mutex_unlock(&server->lock);
    return send_all(client, str_from_gstring(client->answer), server->options.idle_ms / 10);
}

static bool refuse(Client *client, Str message, MllpEvent event)
{
    g_string_truncate(client->answer, 0);
    Str why = event == MLLP_TOO_LARGE ? STR("the message is too large") : STR("the frame was not ended");
    write_answer(client->server, client->answer, message, HL7_AE, HL7_ERR_INTERNAL, why);
    return send_all(client, str_from_gstring(client->answer), client->server->options.idle_ms / 10);
}

static bool handle_piece(Client *client, MllpReader *reader, Str piece)
{
    Str message;
    bool ok = true;
    for (MllpEvent event; ok && (event = mllp_feed(reader, &piece, &message)) != MLLP_MORE;)
        ok = event == MLLP_MESSAGE ? take_and_answer(client, message) : refuse(client, message, event);
    return ok;
}

static void serve(Client *client)
{
    char *buffer = g_malloc(PIECE);
    MllpReader reader;
    mllp_init(&reader, LIMIT_MLLP_BYTES);
    for (bool ok = true; ok;) {
        bool inside = reader.state != MLLP_OUTSIDE;
        ssize_t n = receive(client, buffer, PIECE, inside ? client->server->options.idle_ms / 10 : client->server->options.idle_ms);
        ok = n > 0 && handle_piece(client, &reader, (Str) { buffer, (size_t) n });
        if (ok && reader.state == MLLP_OUTSIDE && reader.message->allocated_len > LARGE) {
            mllp_clear(&reader);
            mllp_init(&reader, LIMIT_MLLP_BYTES);
        }
    }
    mllp_clear(&reader);
    g_free(buffer);
}

static void *client_thread(void *data)
{
    Client *client = data;
    MllpServer *server = client->server;
    int one = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!server->tls || begin_tls(client, server->options.idle_ms / 10))
        serve(client);
    if (client->ssl) {
        SSL_shutdown(client->ssl);
        SSL_free(client->ssl);
    }
    close(client->fd);
    g_string_free(client->answer, TRUE);
    g_free(client);
    g_mutex_lock(&server->lock);
    server->clients--;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
    return NULL;
}

/* --- The thread that takes ----------------------------------------------------------------------------------------------------------------- */

static size_t gather(MllpServer *server, Client **ret_clients)
{
    size_t n = 0;
    g_mutex_lock(&server->lock);
    while (!server->waiting && !(server->stopping && server->clients == 0))
        g_cond_wait(&server->changed, &server->lock);
    for (; server->waiting && n < HUB_MESSAGES_MOST; n++) {
        ret_clients[n] = server->waiting;
        server->waiting = server->waiting->next;
    }
    if (!server->waiting)
        server->last = &server->waiting;
    g_mutex_unlock(&server->lock);
    return n;
}

static void answer_all(MllpServer *server, Client **clients, const HubMessage *messages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        write_answer(server, clients[i]->answer, messages[i].message, messages[i].code, messages[i].error, messages[i].text);
    g_mutex_lock(&server->lock);
    for (size_t i = 0; i < n; i++)
        clients[i]->answered = true;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
}

static void *taking_thread(void *data)
{
    MllpServer *server = data;
    static const HubMessage none = { 0 };
    Client *clients[HUB_MESSAGES_MOST];
    HubMessage *messages = g_new(HubMessage, HUB_MESSAGES_MOST);
    for (size_t n; (n = gather(server, clients)) > 0;) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        size_t taken = 0;
        for (size_t i = 0; i < n; i++) {
            messages[i] = none;
            messages[i].message = clients[i]->message;
        }
        if (!hub_messages_take(server->hub, &server->options.place, messages, n, arena, &taken, &err))
            log_error(server->options.log, "mllp-not-stored", LOG_CSTR("message", err->message));
        answer_all(server, clients, messages, n);
        if (taken > 0 && server->options.taken)
            server->options.taken(server->options.data);
    }
    g_free(messages);
    return NULL;
}

/* --- Listening ---------------------------------------------------------------------------------------------------------------------------------- */

static bool start_client(MllpServer *server, int fd)
{
    pthread_t thread;
    pthread_attr_t attr;
    Client *client = g_new0(Client, 1);
    *client = (Client) { .server = server, .fd = fd, .answer = g_string_new(NULL) };
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    bool ok = pthread_create(&thread, &attr, client_thread, client) == 0;
    pthread_attr_destroy(&attr);
    if (!ok) {
        g_string_free(client->answer, TRUE);
        g_free(client);
    }
    return ok;
}

static void admit(MllpServer *server, int fd)
{
    g_mutex_lock(&server->lock);
    bool room = !server->stopping && server->clients < server->options.connections;
    server->clients += room;
    g_mutex_unlock(&server->lock);
    if (room && start_client(server, fd))
        return;
    close(fd);
    g_mutex_lock(&server->lock);
    server->clients -= room;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
}

static void *accepting_thread(void *data)
{
    MllpServer *server = data;
    struct pollfd fds[] = { { server->listener, POLLIN, 0 }, { server->wake[0], POLLIN, 0 } };
    for (;;) {
        int n = poll(fds, 2, -1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || fds[1].revents)
            return NULL;
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | (server->tls ? SOCK_NONBLOCK : 0));
        if (fd >= 0)
            admit(server, fd);
        else
            g_usleep(10 * 1000); /* no descriptors left: not at full speed */
    }
}

static bool open_listener(MllpServer *server, const char *address, GError **err)
{
    struct addrinfo wish = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV }, *found = NULL;
    char port[8];
    int one = 1;
    g_snprintf(port, sizeof port, "%u", server->options.port);
    if (getaddrinfo(address, port, &wish, &found) != 0)
        return error_set(err, BH_USAGE, "'%s' is no address to listen on", address);
    server->listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = server->listener >= 0 && setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0
              && bind(server->listener, found->ai_addr, found->ai_addrlen) == 0 && listen(server->listener, BACKLOG) == 0;
    int failed = errno;
    freeaddrinfo(found);
    if (!ok)
        return error_set(err, BH_UNAVAILABLE, "cannot listen for MLLP on %s:%u: %s", address, server->options.port, g_strerror(failed));
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(server->listener, (struct sockaddr *) &bound, &size) == 0)
        server->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *) &bound)->sin6_port : ((struct sockaddr_in *) &bound)->sin_port);
    return true;
}

static bool open_tls(MllpServer *server, GError **err)
{
    const MllpOptions *options = &server->options;
    if (!options->certificate)
        return true;
    server->tls = SSL_CTX_new(TLS_server_method());
    if (!server->tls || !SSL_CTX_set_min_proto_version(server->tls, TLS1_2_VERSION)
        || SSL_CTX_use_certificate_chain_file(server->tls, options->certificate) != 1
        || SSL_CTX_use_PrivateKey_file(server->tls, options->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(server->tls) != 1) {
        ERR_clear_error();
        return error_set(err, BH_BAD_INPUT, "the certificate %s or its key %s cannot be used", options->certificate, options->key);
    }
    SSL_CTX_set_mode(server->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return true;
}

static bool is_loopback(const char *address)
{
    return g_str_has_prefix(address, "127.") || g_str_equal(address, "::1");
}

MllpServer *mllp_start(const MllpOptions *options, Hub *hub, GError **err)
{
    const char *address = options->address ? options->address : "127.0.0.1";
    if (!is_loopback(address) && !options->certificate && !options->behind_proxy) {
        error_set(err, BH_USAGE, "MLLP beyond this machine needs TLS, or a proxy that does it");
        error_hint(err, "give mllp.tls_certificate and mllp.tls_key, or mllp.behind_proxy");
        return NULL;
    }
    MllpServer *server = g_new0(MllpServer, 1);
    server->options = *options;
    server->options.connections = options->connections > 0 ? options->connections : CONNECTIONS;
    server->options.idle_ms = options->idle_ms > 0 ? options->idle_ms : IDLE_MS;
    server->hub = hub;
    server->listener = server->wake[0] = server->wake[1] = -1;
    server->last = &server->waiting;
    g_mutex_init(&server->lock);
    g_cond_init(&server->changed);
    if (!open_tls(server, err) || !open_listener(server, address, err)) {
        mllp_stop(server);
        return NULL;
    }
    if (pipe(server->wake) != 0 || pthread_create(&server->taking, NULL, taking_thread, server) != 0)
        g_error("no thread to take messages with");
    if (pthread_create(&server->accepting, NULL, accepting_thread, server) != 0)
        g_error("no thread to listen with");
    return server;
}

uint16_t mllp_port(const MllpServer *server)
{
    return server->port;
}

static void end_threads(MllpServer *server)
{
    g_mutex_lock(&server->lock);
    server->stopping = true;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
    close(server->wake[1]); /* every poll sees it */
    pthread_join(server->accepting, NULL);
    g_mutex_lock(&server->lock);
    while (server->clients > 0)
        g_cond_wait(&server->changed, &server->lock);
    g_mutex_unlock(&server->lock);
    pthread_join(server->taking, NULL);
    close(server->wake[0]);
}

void mllp_stop(MllpServer *server)
{
    if (!server)
        return;
    if (server->wake[0] >= 0)
        end_threads(server);
    if (server->listener >= 0)
        close(server->listener);
    SSL_CTX_free(server->tls);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->changed);
    g_free(server);
}
