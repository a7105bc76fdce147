/* What one logs in with: the second factor, the sessions that are open, tokens for programs. All are a person's: a token may not change them. */
#include "db/queries.h"
#include "http/app.h"

#include "base/i18n.h"

#include "base/banned.h"

/* Who may end what is another's: who may change accounts. */
static bool others_too(const HttpRequest *request)
{
    return may(api_user(request), VERB_EDIT_ACCOUNT, NULL).ok;
}

static bool has_account(const HttpRequest *request, GError **err)
{
    if (api_user(request)->account != DB_NULL_INT)
        return api_person(request, err);
    error_set(err, BH_FORBIDDEN, "who owns the socket has no account");
    return error_detail(err, "no-account");
}

/* --- Second factor --------------------------------------------------------------------------------------------------------- */

static bool post_totp(HttpRequest *request, GError **err)
{
    Str secret, uri;
    if (!has_account(request, err)
        || !second_begin(request->app->db, api_app(request)->keys, api_user(request), i18n(LANG_ZH, "app.name"), request->arena, &secret, &uri, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_str(json, "secret", secret);
    json_member_str(json, "uri", uri);
    json_end_object(json);
    return true;
}

static bool post_confirm(HttpRequest *request, GError **err)
{
    Str code;
    const Str *codes;
    size_t n;
    AuditWho who = api_who(request);
    if (!has_account(request, err) || !json_get_str(request->json, "code", &code, err)
        || !second_confirm(request->app->db, api_app(request)->keys, api_user(request), code, &who, request->arena, &codes, &n, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "recovery");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        json_str(json, codes[i]);
    json_end_array(json);
    json_end_object(json);
    return true;
}

static bool delete_totp(HttpRequest *request, GError **err)
{
    Str password;
    AuditWho who = api_who(request);
    return has_account(request, err) && json_get_str(request->json, "password", &password, err)
           && second_off(request->app->db, request->app->clock, api_user(request), password, &who, err) && http_nothing(request);
}

typedef struct {
    HttpRequest *request;
    AuditWho who;
    Str uid, token;
    NewToken wish;
} LoginArgs;

static bool reset_in_tx(DbConn *tx, void *data, GError **err)
{
    const LoginArgs *args = data;
    return second_reset(tx, args->uid, api_user(args->request), &args->who, err);
}

static bool delete_totp_of(HttpRequest *request, GError **err)
{
    LoginArgs args = { .request = request, .who = api_who(request), .uid = http_path(request, "uid") };
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err) && http_write(request, reset_in_tx, &args, err) && http_nothing(request);
}

/* --- Whose --------------------------------------------------------------------------------------------------------------------- */

/* The account that a list is about: one's own, or the one named, for who may read accounts. */
static bool whose(const HttpRequest *request, DbConn *conn, int64_t *ret_account, GError **err)
{
    Str uid = http_query(request, "account");
    AccountByUidRow row;
    bool found;
    *ret_account = api_user(request)->account;
    if (!uid.p || str_eq(uid, api_user(request)->account_uid))
        return true;
    if (!api_may(request, VERB_READ_ACCOUNT, NULL, err) || !db_one(conn, AccountByUid, request->arena, &row, &found, err, .uid = uid))
        return false;
    *ret_account = row.id;
    return found || error_set(err, BH_NOT_FOUND, "no account '" STR_FMT "'", STR_ARG(uid));
}

/* --- Sessions --------------------------------------------------------------------------------------------------------------------- */

static const DbOrder session_orders[] = { { "seen", "s.seen", DB_TYPE_INT, true } };

static void write_session(const HttpRequest *request, const SessionListRow *row, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_instant(json, request, "created", row->created);
    json_member_instant(json, request, "seen", row->seen);
    json_member_str(json, "via", row->via);
    json_member_str(json, "agent", row->agent);
    json_member_bool(json, "current", str_eq(row->uid, api_session(request)->uid));
    json_end_object(json);
}

static bool get_sessions(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    int64_t account, idle_ms = (int64_t) api_app(request)->sessions.idle_minutes * 60000;
    if (!conn || !whose(request, conn, &account, err))
        return false;
    DbList *list = db_list_new(request->arena, SessionList, "s.id", .account = account, .after = clock_now_ms(request->app->clock) - idle_ms);
    if (!db_list_order(list, session_orders, G_N_ELEMENTS(session_orders), STR("seen"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (SessionListRow row; rows && db_list_next(list, rows, &row, err);)
        write_session(request, &row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool end_session_in_tx(DbConn *tx, void *data, GError **err)
{
    const LoginArgs *args = data;
    return session_end(tx, args->uid, api_user(args->request), others_too(args->request), &args->who, err);
}

static bool delete_session(HttpRequest *request, GError **err)
{
    LoginArgs args = { .request = request, .who = api_who(request), .uid = http_path(request, "uid") };
    return api_person(request, err) && http_write(request, end_session_in_tx, &args, err) && http_nothing(request);
}

/* --- Tokens ------------------------------------------------------------------------------------------------------------------------ */

static const DbOrder token_orders[] = { { "newest", "t.id", DB_TYPE_INT, true } };

static const char *token_state(const TokenListRow *row, Date today)
{
    return row->ended != DB_NULL_INT ? "ended" : row->until < today ? "over" : "good";
}

static void write_token(const HttpRequest *request, const TokenListRow *row, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "name", row->name);
    json_member_str(json, "scope", row->scope);
    json_member_date(json, "until", row->until);
    json_member_instant(json, request, "created", row->created);
    json_member_instant(json, request, "last_used", row->last_used);
    json_member_cstr(json, "state", token_state(row, clock_today(request->app->clock)));
    json_end_object(json);
}

static bool get_tokens(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    int64_t account;
    if (!conn || !whose(request, conn, &account, err))
        return false;
    DbList *list = db_list_new(request->arena, TokenList, "t.id", .account = account);
    if (!db_list_order(list, token_orders, G_N_ELEMENTS(token_orders), STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (TokenListRow row; rows && db_list_next(list, rows, &row, err);)
        write_token(request, &row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool make_token_in_tx(DbConn *tx, void *data, GError **err)
{
    LoginArgs *args = data;
    HttpRequest *request = args->request;
    return token_make(tx, &args->wish, api_user(request), clock_today(request->app->clock), &args->who, request->arena, &args->uid, &args->token, err);
}

static bool read_scope(const HttpRequest *request, bool *ret_write, GError **err)
{
    Str scope;
    if (!json_get_str(request->json, "scope", &scope, err))
        return false;
    *ret_write = str_eq(scope, STR("write"));
    return *ret_write || str_eq(scope, STR("read")) || json_bad(json_get(request->json, "scope"), err, "read or write is expected");
}

static bool read_token(const HttpRequest *request, NewToken *token, GError **err)
{
    Str until;
    return json_get_str(request->json, "name", &token->name, err) && json_get_str(request->json, "until", &until, err)
           && api_read_date(request->json, "until", &token->until, err) && read_scope(request, &token->write, err);
}

static bool post_token(HttpRequest *request, GError **err)
{
    LoginArgs args = { .request = request, .who = api_who(request) };
    if (!has_account(request, err) || !read_token(request, &args.wish, err) || !http_write(request, make_token_in_tx, &args, err))
        return false;
    JsonWriter *json = http_json(request, 201);
    json_begin_object(json);
    json_member_str(json, "uid", args.uid);
    json_member_str(json, "name", args.wish.name);
    json_member_cstr(json, "scope", args.wish.write ? "write" : "read");
    json_member_date(json, "until", args.wish.until);
    json_member_str(json, "token", args.token);
    json_end_object(json);
    return true;
}

static bool end_token_in_tx(DbConn *tx, void *data, GError **err)
{
    const LoginArgs *args = data;
    return token_end(tx, args->uid, api_user(args->request), others_too(args->request), &args->who, err);
}

static bool delete_token(HttpRequest *request, GError **err)
{
    LoginArgs args = { .request = request, .who = api_who(request), .uid = http_path(request, "uid") };
    return api_person(request, err) && http_write(request, end_token_in_tx, &args, err) && http_nothing(request);
}

#define TOTP "/api/v1/session/totp"

static const Route routes[] = {
    { HTTP_POST, TOTP, HTTP_SESSION, post_totp, NULL, HTTP_NO_BODY, "NewTotp", "begin a second factor", .secret_answer = true },
    { HTTP_POST, TOTP "/confirm", HTTP_SESSION, post_confirm, NULL, HTTP_JSON, "Recovery", "prove that it works", .secret_answer = true },
    { HTTP_DELETE, TOTP, HTTP_SESSION, delete_totp, NULL, HTTP_JSON, NULL, "switch my second factor off" },
    { HTTP_DELETE, "/api/v1/accounts/{uid}/totp", HTTP_SESSION, delete_totp_of, NULL, HTTP_NO_BODY, NULL, "switch off that of somebody who lost it" },
    { HTTP_GET, "/api/v1/sessions", HTTP_SESSION, get_sessions, HTTP_LIST_QUERY " account:uid", HTTP_NO_BODY, "Sessions", "where an account is logged in" },
    { HTTP_DELETE, "/api/v1/sessions/{uid}", HTTP_SESSION, delete_session, NULL, HTTP_NO_BODY, NULL, "end a session" },
    { HTTP_GET, "/api/v1/tokens", HTTP_SESSION, get_tokens, HTTP_LIST_QUERY " account:uid", HTTP_NO_BODY, "Tokens", "tokens of an account" },
    { HTTP_POST, "/api/v1/tokens", HTTP_SESSION, post_token, NULL, HTTP_JSON, "NewToken", "make a token", .secret_answer = true },
    { HTTP_DELETE, "/api/v1/tokens/{uid}", HTTP_SESSION, delete_token, NULL, HTTP_NO_BODY, NULL, "take a token back" },
};

static const HttpShape shapes[] = {
    { "NewTotp", "secret uri" },
    { "Recovery", "recovery:[text]" },
    { "SessionRow", "uid:uid created:instant seen:instant via agent? current:bool" },
    { "Sessions", "rows:[SessionRow] next? total:int" },
    { "TokenRow", "uid:uid name scope until:date created:instant last_used:instant? state" },
    { "Tokens", "rows:[TokenRow] next? total:int" },
    { "NewToken", "uid:uid name scope until:date token" },
};

const RouteTable login_routes = ROUTE_TABLE(routes, shapes);
