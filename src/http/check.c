#include "http/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/limits.h"

#include "base/banned.h"

/* --- Headers -----------------------------------------------------------------------------------------------------------
 * The library accepts what two programs in a row could read differently: two lengths, a length beside chunks, a name that
 * ends in a space. Whoever reads the second request of such a connection may be reading what the first one smuggled in; so
 * these are refused, and the connection ends. */

typedef struct {
    int hosts, lengths, encodings;
    bool bad_name;
    const char *length;
} HeaderCount;

static bool is_token_char(unsigned char c)
{
    return c > ' ' && c < 0x7F && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static bool is_token(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_token_char((unsigned char) name[i]))
            return false;
    return n > 0;
}

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                                    size_t value_size)
{
    HeaderCount *count = cls;
    (void) kind;
    (void) value_size;
    if (!is_token(name, name_size))
        count->bad_name = true;
    else if (g_ascii_strcasecmp(name, "Host") == 0)
        count->hosts++;
    else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0)
        count->encodings++;
    else if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
        count->lengths++;
        count->length = value;
    }
    return MHD_YES;
}

bool check_headers(Exchange *x, const char *version, GError **err)
{
    HeaderCount count = { 0 };
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, count_header, &count);
    if (count.bad_name)
        return error_set(err, BH_BAD_INPUT, "a header's name holds a character that no name may hold");
    if (count.hosts > 1 || (count.hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0))
        return error_set(err, BH_BAD_INPUT, "a request has one Host");
    if (count.lengths > 1)
        return error_set(err, BH_BAD_INPUT, "more than one Content-Length");
    if (count.encodings > 0)
        return error_set(err, BH_BAD_INPUT, "a body comes with its Content-Length, not in chunks");
    if (count.lengths == 1 && (!g_ascii_isdigit(count.length[0]) || !str_to_int64(str_from(count.length), &x->body_length)))
        return error_set(err, BH_BAD_INPUT, "no such Content-Length");
    return true;
}

/* --- The other end ------------------------------------------------------------------------------------------------------ */

static Str address_text(const struct sockaddr *address, Arena *arena)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *) address)->sin_addr, text, sizeof text);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *) address)->sin6_addr, text, sizeof text);
    return arena_str(arena, str_from(text));
}

/* Of the list that proxies add to, the last is ours: what stands before it anyone may have written. */
static Str forwarded_for(HttpRequest *request)
{
    Str rest = http_header(request, "X-Forwarded-For"), last = STR_NONE;
    while (rest.p)
        last = str_trim(str_cut(&rest, ','));
    return last;
}

static bool check_socket_peer(Exchange *x, GError **err)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return error_set_errno(err, errno, "cannot tell who is at the socket");
    x->request.peer_uid = peer.uid;
    x->request.peer = STR("socket");
    if (peer.uid != 0 && peer.uid != geteuid())
        return error_set(err, BH_FORBIDDEN, "the socket belongs to another user");
    return true;
}

bool check_peer(Exchange *x, GError **err)
{
    const HttpOptions *options = &x->server->options;
    if (x->request.via == HTTP_VIA_SOCKET)
        return check_socket_peer(x, err);
    x->request.secure = options->certificate || options->behind_proxy;
    Str forwarded = options->behind_proxy ? forwarded_for(&x->request) : STR_NONE;
    if (forwarded.p) {
        x->request.peer = forwarded;
        return true;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    x->request.peer = address_text(info->client_addr, x->request.arena);
    return true;
}

/* --- Session ------------------------------------------------------------------------------------------------------------ */

static Str cookie_of(Exchange *x)
{
    const char *name = x->request.secure ? "__Host-bihuan" : "bihuan";
    const char *value = MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, name);
    return value && *value ? str_from(value) : STR_NONE;
}

/* The token of an Authorization header, or STR_NONE. */
static Str bearer_of(const HttpRequest *request)
{
    Str header = http_header(request, "Authorization"), rest = header;
    Str scheme = str_cut(&rest, ' ');
    bool bearer = rest.p && scheme.n == strlen("Bearer") && g_ascii_strncasecmp(scheme.p, "Bearer", scheme.n) == 0;
    return bearer ? str_trim(rest) : STR_NONE;
}

static bool same_secret(Str a, Str b)
{
    return a.n > 0 && a.n == b.n && crypto_equal(a.p, b.p, a.n);
}

/* A page of another site can make a browser send our cookie; it cannot read our token, nor change what the browser says about
 * where a request comes from. */
static bool check_forgery(Exchange *x, Str token, GError **err)
{
    if (x->method == HTTP_GET || x->request.via == HTTP_VIA_SOCKET)
        return true;
    Str site = http_header(&x->request, "Sec-Fetch-Site");
    bool ours = !site.p || str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
    if (ours && (!token.p || !x->request.session || same_secret(http_header(&x->request, "X-CSRF-Token"), x->request.session->csrf)))
        return true;
    error_set(err, BH_FORBIDDEN, "a change needs the token of its session");
    error_hint(err, "X-CSRF-Token is in GET /api/v1/session");
    return error_detail(err, "csrf");
}

/* Behind a proxy everybody comes from this machine. */
static bool is_local(const Exchange *x)
{
    Str peer = x->request.peer;
    bool loopback = str_starts(peer, STR("127.")) || str_eq(peer, STR("::1"));
    return x->request.via == HTTP_VIA_SOCKET || (loopback && !x->server->options.behind_proxy);
}

bool check_session(Exchange *x, GError **err)
{
    const HttpAuth *auth = &x->request.app->auth;
    HttpNeed need = x->request.route->need;
    if (need == HTTP_ANYONE || (need == HTTP_LOCAL && is_local(x)))
        return check_forgery(x, STR_NONE, err);
    Str token = cookie_of(x), bearer = auth->find_bearer ? bearer_of(&x->request) : STR_NONE;
    bool found = bearer.p ? auth->find_bearer(auth->data, &x->request, bearer, &x->session, err) : auth->find(auth->data, &x->request, token, &x->session, err);
    if (!found)
        return false;
    x->request.session = &x->session;
    if (need == HTTP_LOCAL && !x->session.administrator)
        return error_set(err, BH_FORBIDDEN, "only for the administrator of the system");
    return bearer.p || check_forgery(x, token, err);
}

/* --- Parameters and body -------------------------------------------------------------------------------------------------- */

bool check_parameters(Exchange *x, GError **err)
{
    return router_check_path(&x->match, x->request.arena, err) &&
           router_read_query(x->match.info, x->query, x->request.arena, x->query_values, err);
}

static bool is_json_type(Str type)
{
    Str name = str_trim(str_cut(&type, ';'));
    return name.n == strlen("application/json") && g_ascii_strncasecmp(name.p, "application/json", name.n) == 0;
}

/* Asking for the type keeps away what a form of another site can send. */
static bool check_json(Exchange *x, GError **err)
{
    HttpRequest *request = &x->request;
    if (str_trim(request->body).n == 0)
        return true;
    if (!is_json_type(http_header(request, "Content-Type"))) {
        error_set(err, BH_BAD_INPUT, "the body is not declared to be application/json");
        return error_at(err, "header:Content-Type");
    }
    request->json = json_parse(request->body, request->arena, err);
    if (!request->json)
        return false;
    if (request->json->type != JSON_BEGIN_OBJECT) {
        error_set(err, BH_BAD_INPUT, "the body is not a JSON object");
        return error_at(err, "/");
    }
    return true;
}

bool check_body(Exchange *x, GError **err)
{
    x->request.body = x->body ? (Str) { (const char *) x->body->data, x->body->len } : STR("");
    return x->request.route->body != HTTP_JSON || check_json(x, err);
}
