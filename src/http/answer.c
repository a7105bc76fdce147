#include "http/server.h"

#include "base/problem.h"

#include "base/banned.h"

/* Scripts and styles come from this server and nowhere else. style-src-attr: charts and pop-ups of the pages place
 * themselves by style attributes, which can run nothing. */
#define PAGE_POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; " \
    "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static const char *const content_policies[] = {
    [POLICY_DATA] = "default-src 'none'; frame-ancestors 'none'",
    [POLICY_PAGE] = PAGE_POLICY,
    [POLICY_FILE] = "default-src 'none'; sandbox; frame-ancestors 'none'",
};

static const struct {
    const char *name, *value;
} common_headers[] = {
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "same-origin" },
    { "X-Frame-Options", "DENY" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
};

/* --- What handlers call --------------------------------------------------------------------------------------------- */

/* Whatever was begun before is dropped: a handler that fails half-way through its JSON answers with the problem. */
static void restart(Answer *answer, int status, const char *type)
{
    if (answer->body)
        g_string_free(answer->body, TRUE);
    stream_unref(answer->stream);
    answer->body = NULL;
    answer->stream = NULL;
    answer->fixed = STR_NONE;
    answer->status = status;
    answer->type = type;
}

static JsonWriter *begin_json(Answer *answer, int status, const char *type)
{
    restart(answer, status, type);
    answer->body = g_string_new(NULL);
    json_writer_init(&answer->writer, answer->body, false);
    return &answer->writer;
}

JsonWriter *http_json(HttpRequest *request, int status)
{
    return begin_json(&exchange_of(request)->answer, status, "application/json");
}

JsonWriter *http_problem_open(HttpRequest *request, const GError *err)
{
    JsonWriter *writer = begin_json(&exchange_of(request)->answer, error_class_of(err)->http_status, "application/problem+json");
    problem_open(writer, err);
    return writer;
}

bool http_answer_stale(HttpRequest *request, HttpPresent present, GError **err)
{
    const char *detail = err && *err ? error_get_detail(*err) : NULL;
    if (!detail || !(g_str_equal(detail, "version-stale") || g_str_equal(detail, "edit-stale")))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, NULL);
    if (!conn)
        return false;
    JsonWriter *json = http_problem_open(request, *err);
    json_key(json, "present");
    if (!present(request, conn, json, NULL))
        return false;
    json_end_object(json);
    g_clear_error(err);
    return true;
}

void answer_problem(Exchange *x, const GError *err)
{
    json_end_object(http_problem_open(&x->request, err));
}

bool http_nothing(HttpRequest *request)
{
    restart(&exchange_of(request)->answer, MHD_HTTP_NO_CONTENT, NULL);
    return true;
}

bool http_bytes(HttpRequest *request, int status, const char *type, Str body)
{
    Answer *answer = &exchange_of(request)->answer;
    restart(answer, status, type);
    answer->body = g_string_new_len(body.p, (gssize) body.n);
    return true;
}

void answer_fixed(Exchange *x, int status, const char *type, Str body)
{
    restart(&x->answer, status, type);
    x->answer.fixed = body;
}

void answer_stream(Exchange *x, const char *type, Stream *stream, int64_t size)
{
    restart(&x->answer, MHD_HTTP_OK, type);
    x->answer.stream = stream;
    x->answer.stream_size = size;
}

bool http_stream(HttpRequest *request, const char *type, int64_t size, HttpSource source)
{
    Exchange *x = exchange_of(request);
    answer_stream(x, type, stream_new_source(x->server, source), size);
    return true;
}

typedef struct {
    const BlobStore *blobs;
    BlobId id;
} BlobSource;

static bool run_blob(void *data, Sink sink, GError **err)
{
    const BlobSource *source = data;
    return blob_stream(source->blobs, source->id, sink, err);
}

bool http_blob(HttpRequest *request, const char *type, BlobId id, int64_t size)
{
    BlobSource *source = g_new(BlobSource, 1);
    *source = (BlobSource) { request->app->blobs, id };
    return http_stream(request, type, size, (HttpSource) { run_blob, g_free, source });
}

void http_add_header(HttpRequest *request, const char *name, Str value)
{
    Exchange *x = exchange_of(request);
    Str copy = arena_str(request->arena, value);
    char *p = (char *) copy.p;
    for (size_t i = 0; i < copy.n; i++)
        if (g_ascii_iscntrl(p[i]))
            p[i] = ' ';
    *ARENA_PUSH(request->arena, &x->answer.headers) = (struct AnswerHeader) { name, copy };
}

static bool is_attr_char(char c)
{
    return g_ascii_isalnum(c) || strchr("!#$&+-.^_`|~", c) != NULL;
}

void http_attachment(HttpRequest *request, Str name)
{
    static const char hex[] = "0123456789ABCDEF";
    g_autoptr(GString) value = g_string_new("attachment; filename*=UTF-8''");
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char) name.p[i];
        if (c && c < 0x80 && is_attr_char((char) c)) {
            g_string_append_c(value, (char) c);
        } else {
            char escaped[4] = { '%', hex[c >> 4], hex[c & 15], 0 };
            g_string_append(value, escaped);
        }
    }
    exchange_of(request)->answer.policy = POLICY_FILE;
    http_add_header(request, "Content-Disposition", str_from_gstring(value));
}

void http_set_session(HttpRequest *request, Str token)
{
    Str cookie = request->secure ? arena_printf(request->arena, "__Host-bihuan=" STR_FMT "; Secure", STR_ARG(token))
                                 : arena_printf(request->arena, "bihuan=" STR_FMT, STR_ARG(token));
    const char *gone = token.p ? "" : "; Max-Age=0";
    http_add_header(request, "Set-Cookie",
                    arena_printf(request->arena, STR_FMT "; Path=/; HttpOnly; SameSite=Strict%s", STR_ARG(cookie), gone));
}

/* --- For the library --------------------------------------------------------------------------------------------------- */

static struct MHD_Response *body_response(Exchange *x)
{
    Answer *answer = &x->answer;
    if (answer->stream)
        return stream_response(answer->stream, x->connection, answer->stream_size);
    if (answer->body) {
        size_t n = answer->body->len;
        char *text = g_string_free(answer->body, FALSE); /* g_free is free since GLib 2.46 */
        answer->body = NULL;
        return MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
    }
    return MHD_create_response_from_buffer(answer->fixed.n, (void *) (uintptr_t) answer->fixed.p, MHD_RESPMEM_PERSISTENT);
}

struct MHD_Response *answer_response(Exchange *x)
{
    Answer *answer = &x->answer;
    struct MHD_Response *response = body_response(x);
    if (answer->type)
        MHD_add_response_header(response, "Content-Type", answer->type);
    MHD_add_response_header(response, "Cache-Control", answer->cache.p ? answer->cache.p : "no-store");
    MHD_add_response_header(response, "X-Request-Id", x->request.id);
    MHD_add_response_header(response, "Content-Security-Policy", content_policies[answer->policy]);
    for (size_t i = 0; i < G_N_ELEMENTS(common_headers); i++)
        MHD_add_response_header(response, common_headers[i].name, common_headers[i].value);
    if (x->request.secure)
        MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    for (size_t i = 0; i < answer->headers.n; i++)
        MHD_add_response_header(response, answer->headers.v[i].name, answer->headers.v[i].value.p);
    if (answer->close || g_atomic_int_get(&x->server->stopping))
        MHD_add_response_header(response, "Connection", "close");
    return response;
}

void answer_clear(Answer *answer)
{
    restart(answer, 0, NULL);
}
