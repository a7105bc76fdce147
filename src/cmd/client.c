#include "cmd/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "cmd/service.h"

#include "base/banned.h"

#define BASE "http://bihuan/api/v1"
enum { JOB_POLL_MS = 150, REACH_TRIES = 40, REACH_WAIT_MS = 100 };

struct Client {
    CURL *curl;
    const Args *args;
    char *socket;
    Store *store;     /* where no server runs; else NULL */
    Service *service; /* the same */
    bool logged_in;
    const char *token; /* BIHUAN_TOKEN, or NULL */
};

/* --- Problems ---------------------------------------------------------------------------------------------------------- */

static BhError class_of_status(int64_t status)
{
    for (BhError code = 0; code < BH_INTERNAL; code++)
        if (error_class(code)->http_status == status)
            return code;
    return BH_INTERNAL;
}

/* Who asks at a terminal has no form whose fields turn red: what `params` hold is said in the message. */
static Str params_text(const JsonValue *problem, Arena *arena)
{
    Str text = STR("");
    const JsonValue *params = json_get(problem, "params");
    for (const JsonValue *p = params ? params->first : NULL; p; p = p->next)
        if (p->text.p)
            text = arena_printf(arena, STR_FMT "%s" STR_FMT " " STR_FMT, STR_ARG(text), text.n ? ", " : "", STR_ARG(p->name), STR_ARG(p->text));
    return text;
}

static bool fail_with_problem(const JsonValue *problem, int64_t status, Arena *arena, GError **err)
{
    Str title = STR_NONE, at = STR_NONE, hint = STR_NONE, code = STR_NONE;
    json_opt_str(problem, "title", &title, NULL);
    json_opt_str(problem, "at", &at, NULL);
    json_opt_str(problem, "hint", &hint, NULL);
    json_opt_str(problem, "code", &code, NULL);
    json_opt_int(problem, "status", 100, 599, &status, NULL);
    BhError class = class_of_status(status);
    Str params = params_text(problem, arena);
    bool says_more = code.p && !str_eq(code, str_from(error_class(class)->name));
    error_set(err, class, STR_FMT "%s" STR_FMT "%s" STR_FMT "%s", STR_ARG(title.p ? title : STR("the server refused")), says_more ? " (" : "",
              STR_ARG(says_more ? code : STR("")), says_more && params.n ? ": " : "", STR_ARG(says_more ? params : STR("")), says_more ? ")" : "");
    if (at.p)
        error_at(err, STR_FMT, STR_ARG(at));
    if (hint.p)
        error_hint(err, STR_FMT, STR_ARG(hint));
    return str_eq(code, STR("code-needed")) ? error_detail(err, "code-needed") : false;
}

/* --- Reaching a server -------------------------------------------------------------------------------------------------- */

/* Whether somebody accepts connections there. A socket without a server is what a crash left. */
static bool answers(const Client *client)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return g_strlcpy(address.sun_path, client->socket, sizeof address.sun_path) < sizeof address.sun_path && fd >= 0
           && connect(fd, (struct sockaddr *) &address, sizeof address) == 0;
}

static bool serve_myself(Client *client, GError **err)
{
    client->store = store_open(client->args, STORE_TAKE, err);
    client->service = client->store ? service_start(client->store, SERVE_LOCAL, err) : NULL;
    if (!client->service) {
        g_clear_pointer(&client->store, store_close);
        return false;
    }
    service_run_jobs(client->service);
    return true;
}

/* Who holds the store may be about to serve it, or another command about to let it go: worth some seconds. */
static bool reach(Client *client, GError **err)
{
    g_autoptr(GError) failure = NULL;
    for (int i = 0; i < REACH_TRIES; i++) {
        g_clear_error(&failure);
        if (answers(client) || serve_myself(client, &failure))
            return true;
        if (!g_error_matches(failure, BH_ERROR, BH_UNAVAILABLE))
            break;
        g_usleep(REACH_WAIT_MS * 1000);
    }
    g_propagate_error(err, g_steal_pointer(&failure));
    return false;
}

/* --- One request ------------------------------------------------------------------------------------------------------- */

typedef struct {
    GString *body;
    int fd; /* where the body of a success goes instead; -1 */
    CURL *curl;
} Receiving;

static size_t receive(char *bytes, size_t size, size_t n, void *data)
{
    Receiving *receiving = data;
    long status = 0;
    curl_easy_getinfo(receiving->curl, CURLINFO_RESPONSE_CODE, &status);
    if (receiving->fd >= 0 && status < 300)
        return file_write_all(receiving->fd, (Str) { bytes, size * n }, NULL) ? size * n : 0;
    g_string_append_len(receiving->body, bytes, (gssize) (size * n));
    return size * n;
}

static struct curl_slist *add_header(struct curl_slist *headers, const char *format, ...) G_GNUC_PRINTF(2, 3);
static struct curl_slist *add_header(struct curl_slist *headers, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    return curl_slist_append(headers, line);
}

typedef struct {
    ClientCall call;
    const char *type;      /* of the body */
    int64_t upload_offset; /* -1: none */
} Sending;

static struct curl_slist *headers_of(const Client *client, const Sending *sending)
{
    struct curl_slist *headers = add_header(NULL, "Content-Type: %s", sending->type);
    if (client->token)
        headers = add_header(headers, "Authorization: Bearer %s", client->token);
    headers = add_header(headers, "Expect:"); /* no waiting for leave to send */
    if (sending->call.version != NO_VERSION)
        headers = add_header(headers, "If-Match: \"%" G_GINT64_FORMAT "\"", sending->call.version);
    if (sending->upload_offset >= 0)
        headers = add_header(headers, "Upload-Offset: %" G_GINT64_FORMAT, sending->upload_offset);
    return headers;
}

static void prepare_request(Client *client, const Sending *sending, struct curl_slist *headers, Receiving *receiving)
{
    CURL *curl = client->curl;
    g_autofree char *url = g_strdup_printf(BASE STR_FMT, STR_ARG(sending->call.path));
    bool get = g_str_equal(sending->call.method, "GET");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiving);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (!get) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) sending->call.body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sending->call.body.p ? sending->call.body.p : "");
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, get ? NULL : sending->call.method);
}

/* A server that was another command's ends with it: then nothing was sent, and the session stands in the store. */
static bool perform(Client *client, CURLcode *ret_result, GError **err)
{
    *ret_result = curl_easy_perform(client->curl);
    if (*ret_result != CURLE_COULDNT_CONNECT || client->service)
        return true;
    if (!reach(client, err))
        return false;
    *ret_result = curl_easy_perform(client->curl);
    return true;
}

/* Another command's server that is ending refuses what it has not begun: then it is asked of the next, which may be this process. */
static bool refused_by_end(const Client *client, long status, const JsonValue *problem)
{
    Str code = STR_NONE;
    json_opt_str(problem, "code", &code, NULL);
    return status == 503 && !client->service && str_eq(code, STR("stopping"));
}

/* The body of a success in receiving; a problem as an error. */
static bool exchange(Client *client, const Sending *sending, Receiving *receiving, Arena *arena, GError **err)
{
    const JsonValue *problem = NULL;
    long status = 0;
    for (int i = 0; i < REACH_TRIES; i++) {
        struct curl_slist *headers = headers_of(client, sending);
        prepare_request(client, sending, headers, receiving);
        CURLcode result;
        bool reached = perform(client, &result, err);
        curl_slist_free_all(headers);
        if (!reached)
            return false;
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK)
            return error_set(err, BH_UNAVAILABLE, "the server at %s breaks off: %s", client->socket, curl_easy_strerror(result));
        if (status < 300)
            return true;
        problem = json_parse(str_from_gstring(receiving->body), arena, NULL);
        if (!refused_by_end(client, status, problem))
            break;
        g_string_truncate(receiving->body, 0);
        g_usleep(REACH_WAIT_MS * 1000);
        if (!answers(client) && !reach(client, err))
            return false;
    }
    return fail_with_problem(problem, status, arena, err);
}

static bool send_for_json(Client *client, const Sending *sending, Arena *arena, ClientAnswer *ret_answer, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    Receiving receiving = { body, -1, client->curl };
    if (!exchange(client, sending, &receiving, arena, err))
        return false;
    ClientAnswer answer = { .text = arena_str(arena, str_from_gstring(body)) };
    if (answer.text.n > 0 && !(answer.json = json_parse(answer.text, arena, err)))
        return false;
    *ret_answer = answer;
    return true;
}

bool client_call(Client *client, const ClientCall *call, Arena *arena, ClientAnswer *ret_answer, GError **err)
{
    Sending sending = { *call, "application/json", -1 };
    return send_for_json(client, &sending, arena, ret_answer, err);
}

bool client_get(Client *client, Str path, Arena *arena, const JsonValue **ret_json, GError **err)
{
    ClientCall call = { "GET", path, STR_NONE, NO_VERSION };
    ClientAnswer answer;
    if (!client_call(client, &call, arena, &answer, err))
        return false;
    *ret_json = answer.json;
    return true;
}

bool client_download(Client *client, Str path, const char *file, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) problem = g_string_new(NULL);
    g_autofree char *folder = g_path_get_dirname(file);
    g_autoptr(AtomicFile) to = atomic_file_new(folder, err);
    if (!to)
        return false;
    Receiving receiving = { problem, atomic_file_fd(to), client->curl };
    Sending sending = { { "GET", path, STR_NONE, NO_VERSION }, "application/json", -1 };
    return exchange(client, &sending, &receiving, arena, err) && atomic_file_commit(to, file, 0600, err);
}

Str client_escape(Str value, Arena *arena)
{
    g_autofree char *text = str_dup(value);
    g_autofree char *escaped = g_uri_escape_string(text ? text : "", NULL, FALSE);
    return arena_str(arena, str_from(escaped));
}

/* --- Progress ---------------------------------------------------------------------------------------------------------- */

static void show_progress(Str what, double part)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K" STR_FMT " %d%%", STR_ARG(what), (int) (part * 100));
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

/* --- Uploads ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    int fd;
    int64_t size, chunk;
    Str uid, name;
    Digest *digest;
} Upload;

static bool begin_upload(Client *client, Upload *upload, Arena *arena, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "name", upload->name);
    json_member_int(&json, "size", upload->size);
    json_end_object(&json);
    ClientCall call = { "POST", STR("/uploads"), str_from_gstring(body), NO_VERSION };
    ClientAnswer answer;
    return client_call(client, &call, arena, &answer, err) && json_get_str(answer.json, "uid", &upload->uid, err)
           && json_get_int(answer.json, "chunk", 1, INT32_MAX, &upload->chunk, err);
}

static bool send_pieces(Client *client, Upload *upload, GError **err)
{
    g_autofree char *piece = g_malloc((gsize) upload->chunk);
    g_autofree char *path = g_strdup_printf("/uploads/" STR_FMT, STR_ARG(upload->uid));
    for (int64_t sent = 0; sent < upload->size;) {
        g_autoptr(Arena) arena = arena_new();
        ssize_t n = file_read_some(upload->fd, piece, (size_t) MIN(upload->chunk, upload->size - sent), err);
        if (n < 0)
            return false;
        if (n == 0)
            return error_set(err, BH_BAD_INPUT, "'" STR_FMT "' became shorter while it was sent", STR_ARG(upload->name));
        Str bytes = { piece, (size_t) n };
        Sending sending = { { "PATCH", str_from(path), bytes, NO_VERSION }, "application/octet-stream", sent };
        ClientAnswer answer;
        digest_update(upload->digest, bytes);
        if (!send_for_json(client, &sending, arena, &answer, err))
            return false;
        sent += n;
        show_progress(upload->name, (double) sent / (double) upload->size);
    }
    return true;
}

static bool finish_upload(Client *client, Upload *upload, Arena *arena, GError **err)
{
    char hash[HASH_TEXT_MAX];
    Str path = arena_printf(arena, "/uploads/" STR_FMT "/finish", STR_ARG(upload->uid));
    Str body = arena_printf(arena, "{\"sha256\":\"%s\"}", hash_write(digest_final(upload->digest), hash));
    ClientCall call = { "POST", path, body, NO_VERSION };
    ClientAnswer answer;
    return client_call(client, &call, arena, &answer, err);
}

bool client_upload(Client *client, const char *file, Arena *arena, Str *ret_uid, GError **err)
{
    struct stat info;
    AUTO_FD fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        return error_set_errno(err, errno, "cannot open '%s'", file);
    if (!S_ISREG(info.st_mode))
        return error_set(err, BH_BAD_INPUT, "'%s' is no file", file);
    g_autofree char *base = g_path_get_basename(file);
    g_autoptr(Digest) digest = digest_new(DIGEST_SHA256);
    Upload upload = { .fd = fd, .size = info.st_size, .name = arena_str(arena, str_from(base)), .digest = digest };
    if (!utf8_valid(upload.name, NULL))
        return error_set(err, BH_BAD_INPUT, "the file's name is not UTF-8");
    bool sent = begin_upload(client, &upload, arena, err) && send_pieces(client, &upload, err) && finish_upload(client, &upload, arena, err);
    end_progress();
    *ret_uid = upload.uid;
    return sent;
}

/* --- Jobs -------------------------------------------------------------------------------------------------------------- */

static bool is_over(const JsonValue *job)
{
    const JsonValue *state = json_get(job, "state");
    return state && (str_eq(state->text, STR("done")) || str_eq(state->text, STR("failed")));
}

static void show_job(const JsonValue *job)
{
    Str doing = STR("waiting");
    const JsonValue *progress = json_get(job, "progress");
    g_autofree char *part = progress ? str_dup(progress->text) : NULL;
    json_opt_str(job, "doing", &doing, NULL);
    show_progress(doing, part ? g_ascii_strtod(part, NULL) : 0);
}

static bool poll_job(Client *client, Str path, Arena *arena, ClientAnswer *ret_answer, GError **err)
{
    ClientCall call = { "GET", path, STR_NONE, NO_VERSION };
    for (;;) {
        if (!client_call(client, &call, arena, ret_answer, err))
            return false;
        if (is_over(ret_answer->json))
            return true;
        show_job(ret_answer->json);
        g_usleep(JOB_POLL_MS * 1000);
    }
}

bool client_wait(Client *client, const JsonValue *accepted, Arena *arena, ClientAnswer *ret_job, GError **err)
{
    Str uid;
    const JsonValue *job;
    ClientAnswer answer;
    if (!json_get_object(accepted, "job", &job, err) || !json_get_str(job, "uid", &uid, err))
        return false;
    bool polled = poll_job(client, arena_printf(arena, "/jobs/" STR_FMT, STR_ARG(uid)), arena, &answer, err);
    end_progress();
    if (!polled)
        return false;
    const JsonValue *problem = json_get(answer.json, "error");
    if (problem && problem->type == JSON_BEGIN_OBJECT)
        return fail_with_problem(problem, error_class(BH_INTERNAL)->http_status, arena, err);
    *ret_job = answer;
    return true;
}

/* --- Opening ----------------------------------------------------------------------------------------------------------- */

static bool send_log_in(Client *client, const char *user, const char *password, const char *code, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_cstr(&json, "code", code);
    json_member_cstr(&json, "password", password);
    json_member_cstr(&json, "username", user);
    json_end_object(&json);
    ClientCall call = { "POST", STR("/session"), str_from_gstring(body), NO_VERSION };
    ClientAnswer answer;
    client->logged_in = client_call(client, &call, arena, &answer, err);
    crypto_wipe(body->str, body->len);
    return client->logged_in;
}

/* Where the account has a second factor, its code comes from BIHUAN_CODE or is asked for. */
static bool log_in(Client *client, const char *user, const char *password, GError **err)
{
    g_autoptr(GError) failure = NULL;
    const char *given = g_getenv("BIHUAN_CODE");
    if (send_log_in(client, user, password, given, &failure))
        return true;
    const char *detail = error_get_detail(failure);
    if (given || !detail || !g_str_equal(detail, "code-needed")) {
        g_propagate_error(err, g_steal_pointer(&failure));
        return false;
    }
    g_autofree char *prompt = g_strdup_printf("code of %s's second factor: ", user);
    g_autofree char *code = password_read(NULL, prompt, err);
    return code && send_log_in(client, user, password, code, err);
}

static bool log_in_as(Client *client, const Args *args, GError **err)
{
    const char *user = args_value(args, "as"), *file = args_value(args, "password-file"), *given = g_getenv("BIHUAN_PASSWORD");
    if (!user && file)
        return error_set(err, BH_USAGE, "--password-file is the password of --as");
    if (!user) {
        client->token = g_getenv("BIHUAN_TOKEN");
        return true;
    }
    g_autofree char *prompt = g_strdup_printf("password of %s: ", user);
    g_autofree char *password = given && !file ? g_strdup(given) : password_read(file, prompt, err);
    bool done = password && log_in(client, user, password, err);
    if (password)
        crypto_wipe(password, strlen(password));
    return done;
}

Client *client_open(const Args *args, GError **err)
{
    g_autoptr(Client) client = g_new0(Client, 1);
    g_autoptr(Config) config = store_config(args, err);
    if (!config)
        return NULL;
    client->args = args;
    client->socket = store_socket(config);
    client->curl = curl_easy_init();
    if (!client->curl)
        return error_set(err, BH_INTERNAL, "libcurl cannot be used"), NULL;
    curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    curl_easy_setopt(client->curl, CURLOPT_COOKIEFILE, ""); /* keeps cookies, reads none */
    curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    if (!reach(client, err) || !log_in_as(client, args, err))
        return NULL;
    return g_steal_pointer(&client);
}

static void log_out(Client *client)
{
    g_autoptr(Arena) arena = arena_new();
    ClientCall call = { "DELETE", STR("/session"), STR_NONE, NO_VERSION };
    ClientAnswer answer;
    client_call(client, &call, arena, &answer, NULL);
}

void client_close(Client *client)
{
    if (!client)
        return;
    if (client->logged_in)
        log_out(client);
    if (client->curl)
        curl_easy_cleanup(client->curl);
    service_stop(client->service);
    store_close(client->store);
    g_free(client->socket);
    g_free(client);
}
