/* Logging in, who I am, my password. Also how http finds sessions: HttpAuth by org's means. */
#include "flow/calendar.h"
#include "flow/message.h"
#include "http/app.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Finding the session of a request ------------------------------------------------------------------------------------ */

static bool no_session(bool had_token, GError **err)
{
    error_set(err, BH_UNAUTHENTICATED, had_token ? "the session has expired" : "there is no session: log in first");
    return error_detail(err, had_token ? "session-expired" : "no-session");
}

/* While a password must be changed, or a second factor is missing, only these are answered. */
static bool about_oneself(const HttpRequest *request)
{
    return g_str_equal(request->route->path, "/api/v1/session") || g_str_has_prefix(request->route->path, "/api/v1/session/");
}

static bool refuse_until(const char *detail, const char *message, GError **err)
{
    error_set(err, BH_FORBIDDEN, "%s", message);
    return error_detail(err, detail);
}

bool api_second_required(const BhApp *app, const User *user)
{
    return app->second_required && user->account != DB_NULL_INT && user_needs_second(user);
}

/* What stands before everything else that an account may do. */
static bool account_ready(const BhApp *app, const HttpRequest *request, const Session *session, GError **err)
{
    if (about_oneself(request) && !session->api_token.p)
        return true;
    if (session->user.must_change)
        return refuse_until("password-first", "the password must be changed first", err);
    return session->second || !api_second_required(app, &session->user)
           || refuse_until("totp-missing", "administrators and leaders need a second factor first", err);
}

static HttpSession session_for_http(const Session *session)
{
    return (HttpSession) {
        .account = session->user.account,
        .account_uid = session->user.account_uid,
        .csrf = session->csrf,
        .administrator = user_has_role(&session->user, ROLE_SYSTEM_ADMIN),
        .user = &session->user,
    };
}

/* Who comes through the socket without a session has proven by owning it that it administers the store; to act as somebody it logs in like everybody. */
static bool find_user(const BhApp *app, HttpRequest *request, Str token, Session *ret_session, bool *ret_found, GError **err)
{
    if (token.p)
        return session_find(request->app->db, request->app->clock, &app->sessions, token, request->arena, ret_session, ret_found, err);
    *ret_found = request->via == HTTP_VIA_SOCKET;
    if (*ret_found)
        *ret_session = (Session) { .user = user_of_socket(request->arena) };
    return true;
}

static bool find_session(void *data, HttpRequest *request, Str token, HttpSession *ret_session, GError **err)
{
    Session *session = ARENA_NEW(request->arena, Session);
    bool found = false;
    if (!find_user(data, request, token, session, &found, err))
        return false;
    if (!found)
        return no_session(token.p != NULL, err);
    if (!account_ready(data, request, session, err))
        return false;
    *ret_session = session_for_http(session);
    return true;
}

static bool bad_token(GError **err)
{
    error_set(err, BH_UNAUTHENTICATED, "no such token, or it is over");
    return error_detail(err, "bad-token");
}

static bool find_bearer(void *data, HttpRequest *request, Str token, HttpSession *ret_session, GError **err)
{
    const BhApp *app = data;
    Session *session = ARENA_NEW(request->arena, Session);
    int64_t now = g_get_monotonic_time() / 1000;
    bool found;
    if (!guesses_allow(app->guesses, request->peer, now, err)
        || !token_find(request->app->db, request->app->clock, token, request->arena, session, &found, err))
        return false;
    if (!found) {
        guesses_count(app->guesses, request->peer, now);
        return bad_token(err);
    }
    if (session->read_only && request->route->method != HTTP_GET)
        return refuse_until("token-read", "this token may only read", err);
    if (!account_ready(app, request, session, err))
        return false;
    *ret_session = session_for_http(session);
    return true;
}

static bool write_account(void *data, DbConn *conn, Arena *arena, int64_t account, JsonWriter *writer, GError **err)
{
    (void) data;
    PersonRef person;
    if (!person_ref(conn, arena, account, &person, NULL, err))
        return false;
    if (!person.uid.p) {
        json_null(writer);
        return true;
    }
    json_begin_object(writer);
    json_member_str(writer, "uid", person.uid);
    json_member_str(writer, "name", person.name);
    json_end_object(writer);
    return true;
}

HttpAuth api_auth(const BhApp *app)
{
    return (HttpAuth) { find_session, write_account, (void *) app, find_bearer };
}

/* --- The session as the pages see it ----------------------------------------------------------------------------------------- */

/* What the shell shows, and what one must be allowed for it; in order. */
static const struct {
    const char *section;
    Verb verbs[3];
    size_t n_verbs; /* 0: for everyone */
} sections[] = {
    { "work", { VERB_WORK, VERB_REVIEW, VERB_OVERSEE }, 3 },
    { "documents", { VERB_READ_DOCUMENT }, 1 },
    { "ledger", { VERB_READ_TASK }, 1 },
    { "duties", { VERB_READ_DUTY }, 1 },
    { "registers", { VERB_READ_TASK, VERB_ADMINISTER }, 2 },
    { "data", { VERB_READ_DATA, VERB_SEND_DATA }, 2 },
    { "orgs", { VERB_READ_ORG }, 0 },
    { "users", { VERB_READ_ACCOUNT }, 1 },
    { "audit", { VERB_READ_AUDIT }, 1 },
    { "jobs", { VERB_READ_ORG }, 0 },
};

static bool section_shown(const HttpRequest *request, size_t section)
{
    bool shown = sections[section].n_verbs == 0;
    for (size_t v = 0; v < sections[section].n_verbs && !shown; v++)
        shown = may_reach(api_user(request), sections[section].verbs[v], request->arena).n > 0;
    return shown;
}

static void write_sections(const HttpRequest *request, JsonWriter *json)
{
    json_key(json, "sections");
    json_begin_array(json);
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
        if (section_shown(request, i))
            json_cstr(json, sections[i].section);
    json_end_array(json);
}

/* What is not shown, and who may: so that a page can say why it is not there. */
static void write_closed(const HttpRequest *request, JsonWriter *json)
{
    json_key(json, "closed");
    json_begin_array(json);
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        if (section_shown(request, i))
            continue;
        May answer = may(api_user(request), sections[i].verbs[0], NULL);
        json_begin_object(json);
        json_member_cstr(json, "section", sections[i].section);
        json_member_cstr(json, "why", answer.why);
        json_member_str(json, "role", answer.who);
        json_end_object(json);
    }
    json_end_array(json);
}

/* What belongs to no object yet: whether one may do it somewhere, and else whose it is. */
static const struct {
    const char *name;
    Verb verb;
    const char *role;
} at_all[] = {
    { "new_task", VERB_ISSUE, "issuer" },
    { "new_plan", VERB_ISSUE, "issuer" },
    { "import_tasks", VERB_ISSUE, "issuer" },
    { "handover", VERB_HAND_OVER, "unit_head" },
    { "change_many", VERB_OVERSEE, "issuer" }, /* every field of tasks that were issued */
    { "name_handlers", VERB_SUBMIT, "unit_head" }, /* that field alone, of tasks that one's unit leads */
    { "duty_rules", VERB_RULE_DUTY, "issuer" },
    { "registers", VERB_ADMINISTER, "system_admin" }, /* their definitions */
    { "register_entry", VERB_WORK, "handler" },
};

static void write_may(const HttpRequest *request, JsonWriter *json)
{
    json_key(json, "may");
    json_begin_object(json);
    for (size_t i = 0; i < G_N_ELEMENTS(at_all); i++) {
        Allowed allowed = { .ok = may_reach(api_user(request), at_all[i].verb, request->arena).n > 0 };
        if (!allowed.ok) {
            allowed.why = "no-role";
            allowed.params = arena_printf(request->arena, "role=%s", at_all[i].role);
        }
        json_member_allowed(json, at_all[i].name, &allowed);
    }
    json_end_object(json);
}

static void write_grant(JsonWriter *json, const Grant *grant)
{
    json_begin_object(json);
    json_member_str(json, "uid", grant->uid);
    json_member_cstr(json, "role", role_name(grant->role));
    json_key(json, "where");
    json_begin_object(json);
    json_member_cstr(json, "kind", where_name(grant->where));
    json_member_ref(json, "org", grant->where == WHERE_ORG ? grant->where_uid : STR_NONE, grant->where_name);
    json_member_ref(json, "group", grant->where == WHERE_GROUP ? grant->where_uid : STR_NONE, grant->where_name);
    json_member_str(json, "area", grant->where_area);
    json_end_object(json);
    json_key(json, "what");
    json_begin_object(json);
    json_member_cstr(json, "kind", grant->by_plan ? "plans" : "all");
    json_key(json, "plans");
    json_begin_array(json);
    for (size_t i = 0; i < grant->n_plans; i++)
        json_str(json, grant->plans[i]);
    json_end_array(json);
    json_end_object(json);
    json_member_date(json, "from", grant->from);
    json_member_date(json, "to", grant->to);
    json_member_ref(json, "for", grant->of ? grant->of->account_uid : STR_NONE, grant->of ? grant->of->person_name : STR_NONE);
    json_end_object(json);
}

void json_member_grants(JsonWriter *json, const Grant *grants, size_t n)
{
    json_key(json, "grants");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        write_grant(json, &grants[i]);
    json_end_array(json);
}

static void write_roles(JsonWriter *json, const User *user)
{
    json_key(json, "roles");
    json_begin_array(json);
    for (Role role = 0; role < ROLE_COUNT; role++)
        if (user_has_role(user, role))
            json_cstr(json, role_name(role));
    json_end_array(json);
}

static void write_self(const HttpRequest *request, const User *user, const Org *org, JsonWriter *json)
{
    json_key(json, "account"); /* all null of the administrator of the socket */
    json_begin_object(json);
    json_member_str(json, "uid", user->account_uid);
    json_member_str(json, "username", user->username);
    json_member_bool(json, "must_change_password", user->must_change);
    json_end_object(json);
    json_key(json, "person");
    json_begin_object(json);
    json_member_str(json, "uid", user->person_uid);
    json_member_str(json, "name", user->person_name);
    json_member_bool(json, "proven", user->proven);
    json_end_object(json);
    json_key(json, "org");
    json_begin_object(json);
    json_member_str(json, "uid", org->uid);
    json_member_str(json, "name", org->name);
    json_member_str(json, "short_name", org->short_name);
    json_member_str(json, "kind", org->kind);
    json_end_object(json);
    json_member_grants(json, user->grants, user->n_grants);
    write_roles(json, user);
    json_member_str(json, "csrf", request->session->csrf);
}

static bool write_second(const HttpRequest *request, DbConn *conn, const User *user, JsonWriter *json, GError **err)
{
    bool on = false;
    int64_t left = 0;
    if (user->account != DB_NULL_INT && !second_state(conn, request->arena, user->account, &on, &left, err))
        return false;
    json_key(json, "totp");
    json_begin_object(json);
    json_member_bool(json, "on", on);
    json_member_bool(json, "required", api_second_required(api_app(request), user));
    json_member_int(json, "recovery_left", left);
    json_end_object(json);
    return true;
}

enum { CALENDAR_AHEAD_DAYS = 60 };

/* The first year of the days to come whose holidays nobody told: only its weekends are free, and pages say so. */
static bool write_calendar_gap(const HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    Calendar calendar;
    Date today = clock_today(request->app->clock);
    int year, month, day;
    if (!calendar_load(conn, request->arena, STR("cn"), &calendar, err))
        return false;
    json_key(json, "calendar_missing");
    date_to_ymd(calendar_knows(&calendar, today, today) ? today + CALENDAR_AHEAD_DAYS : today, &year, &month, &day);
    if (calendar_knows(&calendar, today, today + CALENDAR_AHEAD_DAYS))
        json_null(json);
    else
        json_int(json, year);
    return true;
}

static bool write_setup(const HttpRequest *request, DbConn *conn, Arena *arena, JsonWriter *json, GError **err)
{
    SetupCountsRow counts;
    bool found;
    if (!db_one(conn, SetupCounts, arena, &counts, &found, err))
        return false;
    json_key(json, "setup");
    json_begin_object(json);
    json_member_int(json, "orgs", counts.orgs);
    json_member_int(json, "documents", counts.documents);
    json_member_int(json, "plans", counts.plans);
    if (!write_calendar_gap(request, conn, json, err))
        return false;
    json_end_object(json);
    return true;
}

static bool get_session(HttpRequest *request, GError **err)
{
    const BhApp *app = api_app(request);
    const User *user = api_user(request);
    char today[DATE_TEXT_MAX];
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Org org = { 0 };
    int64_t unread = 0;
    if (!conn || (user->org != DB_NULL_INT && !org_by_id(conn, request->arena, user->org, &org, err))
        || !messages_unread(conn, request->session->account, &unread, err))
        return false;
    bool administrator = user_is_administrator(user);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    write_self(request, user, &org, json);
    json_member_int(json, "idle_minutes", administrator ? app->sessions.admin_idle_minutes : app->sessions.idle_minutes);
    json_member_bool(json, "demo", app->demo);
    json_member_instant(json, request, "now", clock_now_ms(request->app->clock));
    json_member_cstr(json, "today", date_format(clock_today(request->app->clock), today));
    json_member_int(json, "unread", unread);
    write_sections(request, json);
    write_closed(request, json);
    write_may(request, json);
    if (!write_second(request, conn, user, json, err) || !write_setup(request, conn, request->arena, json, err))
        return false;
    json_end_object(json);
    return true;
}

/* --- In and out ------------------------------------------------------------------------------------------------------------------ */

static bool post_session(HttpRequest *request, GError **err)
{
    LogIn login = { .via = request->via == HTTP_VIA_SOCKET ? "socket" : "http", .agent = http_header(request, "User-Agent") };
    Str token;
    if (!json_get_str(request->json, "username", &login.username, err) || !json_get_str(request->json, "password", &login.password, err)
        || !json_opt_str(request->json, "code", &login.code, err)
        || !session_open(request->app->db, request->app->clock, api_app(request)->keys, &login, request->arena, &token, err))
        return false;
    http_set_session(request, token);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_str(json, "username", login.username);
    json_end_object(json);
    return true;
}

static bool delete_session(HttpRequest *request, GError **err)
{
    const Session *session = api_session(request);
    if (!api_person(request, err))
        return false;
    if (session->token.p && !session_close(request->app->db, session->token, err))
        return false;
    http_set_session(request, STR_NONE);
    return http_nothing(request);
}

static bool post_password(HttpRequest *request, GError **err)
{
    Str old_password, new_password;
    AuditWho who = api_who(request);
    if (api_user(request)->account == DB_NULL_INT)
        return error_set(err, BH_FORBIDDEN, "who owns the socket has no password to change");
    if (!api_person(request, err) || !json_get_str(request->json, "old", &old_password, err) || !json_get_str(request->json, "new", &new_password, err)
        || !password_change(request->app->db, request->app->clock, api_user(request), old_password, new_password, api_session(request)->token, &who, err))
        return false;
    return http_nothing(request);
}

static const Route routes[] = {
    { HTTP_POST, "/api/v1/session", HTTP_ANYONE, post_session, NULL, HTTP_JSON, "LoggedIn", "log in", .secret_answer = true },
    { HTTP_GET, "/api/v1/session", HTTP_SESSION, get_session, NULL, HTTP_NO_BODY, "Session", "who I am and what I may see" },
    { HTTP_DELETE, "/api/v1/session", HTTP_SESSION, delete_session, NULL, HTTP_NO_BODY, NULL, "log out" },
    { HTTP_POST, "/api/v1/session/password", HTTP_SESSION, post_password, NULL, HTTP_JSON, NULL, "change my password", .secret_answer = true },
};

static const HttpShape shapes[] = {
    { "LoggedIn", "username" },
    { "Where", "kind org:Ref? group:Ref? area?" },
    { "What", "kind plans:[uid]" },
    { "Grant", "uid:uid role where:Where what:What from:date? to:date? for:Ref?" },
    { "OwnAccount", "uid:uid? username? must_change_password:bool" },
    { "OwnPerson", "uid:uid? name? proven:bool" },
    { "OwnOrg", "uid:uid? name? short_name? kind?" },
    { "ClosedSection", "section why role?" },
    { "OwnSecond", "on:bool required:bool recovery_left:int" },
    { "Setup", "orgs:int documents:int plans:int calendar_missing:int?" },
    { "Session", "account:OwnAccount person:OwnPerson org:OwnOrg grants:[Grant] roles:[text] csrf idle_minutes:int demo:bool now:instant today:date unread:int"
                 " sections:[text] closed:[ClosedSection] may:any totp:OwnSecond setup:Setup" },
};

const RouteTable session_routes = ROUTE_TABLE(routes, shapes);
