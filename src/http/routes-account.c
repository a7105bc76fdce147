/* People and accounts, for the security administrator. */
#include "http/app.h"
#include "http/import.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Lists ------------------------------------------------------------------------------------------------------------------------ */

static const DbFilter account_filters[] = {
    { "q", "a.username || ' ' || p.name || ' ' || o.name", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "org", "o.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static const DbOrder account_orders[] = { { "username", "a.username", DB_TYPE_TEXT, false } };

static bool filter_query(const HttpRequest *request, DbList *list, GError **err)
{
    static const char *const names[] = { "q", "org" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Str value = http_query(request, names[i]);
        if (value.p && !db_list_filter(list, account_filters, G_N_ELEMENTS(account_filters), str_from(names[i]), value, err))
            return false;
    }
    return true;
}

static bool write_roles(DbConn *conn, int64_t account, JsonWriter *json, GError **err)
{
    json_key(json, "roles");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, RolesOfAccount, err, .account = account);
    for (RolesOfAccountRow row; rows && db_next(rows, &row, err);)
        json_str(json, row.role);
    json_end_array(json);
    return db_rows_ok(rows);
}

static void write_person(JsonWriter *json, Str uid, Str name, bool proven)
{
    json_key(json, "person");
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_member_str(json, "name", name);
    json_member_bool(json, "proven", proven);
    json_end_object(json);
}

static bool write_row(const HttpRequest *request, DbConn *conn, const AccountListRow *row, JsonWriter *json, GError **err)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "username", row->username);
    write_person(json, row->person_uid, row->person_name, row->proof.p != NULL);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_str(json, "org_code", row->org_code);
    json_member_str(json, "title", row->title);
    json_member_str(json, "state", row->state);
    json_member_instant(json, request, "last_login", row->last_login);
    json_member_int(json, "version", row->version);
    bool written = write_roles(conn, row->id, json, err);
    json_end_object(json);
    return written;
}

static bool get_accounts(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, AccountList, "a.id", .role = http_query(request, "role"));
    if (!conn || !api_may(request, VERB_READ_ACCOUNT, NULL, err) || !filter_query(request, list, err)
        || !db_list_order(list, account_orders, G_N_ELEMENTS(account_orders), STR("username"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (AccountListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_row(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- One account -------------------------------------------------------------------------------------------------------------------- */

static void write_may(const HttpRequest *request, const AccountByUidRow *row, JsonWriter *json)
{
    Allowed edit = api_allowed(request, VERB_EDIT_ACCOUNT, NULL);
    if (edit.ok && row->person == api_user(request)->person)
        edit = (Allowed) { .why = "own-grant" };
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_end_object(json);
}

/* The one account's object; a password shown once goes with it, or STR_NONE. */
static bool answer_account(HttpRequest *request, int status, Str uid, Str password, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    AccountByUidRow row;
    const Grant *grants;
    size_t n;
    bool found;
    if (!conn || !db_one(conn, AccountByUid, request->arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no account '" STR_FMT "'", STR_ARG(uid));
    if (!grants_of_account(conn, request->arena, row.id, clock_today(request->app->clock), &grants, &n, err))
        return false;
    JsonWriter *json = http_json(request, status);
    json_begin_object(json);
    json_member_str(json, "uid", row.uid);
    json_member_str(json, "username", row.username);
    write_person(json, row.person_uid, row.person_name, row.proof.p != NULL);
    json_member_ref(json, "org", row.org_uid, row.org_name);
    json_member_str(json, "title", row.title);
    json_member_str(json, "state", row.state);
    json_member_instant(json, request, "last_login", row.last_login);
    json_member_bool(json, "must_change_password", row.must_change);
    json_member_int(json, "version", row.version);
    if (!write_roles(conn, row.id, json, err))
        return false;
    json_member_grants(json, grants, n);
    write_may(request, &row, json);
    if (password.p)
        json_member_str(json, "password", password);
    json_end_object(json);
    return true;
}

static bool get_account(HttpRequest *request, GError **err)
{
    return api_may(request, VERB_READ_ACCOUNT, NULL, err) && answer_account(request, 200, http_path(request, "uid"), STR_NONE, err);
}

/* --- Making and changing -------------------------------------------------------------------------------------------------------------- */

static bool read_roles(const HttpRequest *request, NewAccount *account, GError **err)
{
    const JsonValue *list;
    if (!json_get_array(request->json, "roles", &list, err))
        return false;
    Role *roles = ARENA_ARRAY(request->arena, Role, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next) {
        Str name;
        if (!json_as_str(value, &name, err))
            return false;
        if (!role_parse(name, &roles[account->n_roles]))
            return json_bad(value, err, "there is no role '" STR_FMT "'", STR_ARG(name));
        account->n_roles++;
    }
    account->roles = roles;
    return true;
}

static bool read_account(const HttpRequest *request, NewAccount *account, GError **err)
{
    const JsonValue *person;
    return json_get_str(request->json, "username", &account->username, err) && json_get_str(request->json, "org", &account->org_uid, err)
           && json_opt_str(request->json, "title", &account->title, err) && json_get_object(request->json, "person", &person, err)
           && json_opt_str(person, "uid", &account->person_uid, err) && json_opt_str(person, "name", &account->person_name, err)
           && json_opt_str(person, "id_number", &account->id_number, err) && json_opt_str(person, "telephone", &account->telephone, err)
           && read_roles(request, account, err);
}

static bool post_account(HttpRequest *request, GError **err)
{
    NewAccount account = { 0 };
    Str uid, password;
    AuditWho who = api_who(request);
    if (!api_may(request, VERB_EDIT_ACCOUNT, NULL, err) || !read_account(request, &account, err)
        || !account_create(request->app->db, &account, api_app(request)->keys, &who, request->arena, &uid, &password, err))
        return false;
    return answer_account(request, 201, uid, password, err);
}

static bool patch_account(HttpRequest *request, GError **err)
{
    int64_t version;
    Str state, uid = http_path(request, "uid");
    AuditWho who = api_who(request);
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err) && http_if_match(request, &version, err)
           && json_get_str(request->json, "state", &state, err)
           && account_set_state(request->app->db, uid, state, version, api_user(request), &who, err)
           && answer_account(request, 200, uid, STR_NONE, err);
}

static bool post_password(HttpRequest *request, GError **err)
{
    Str password, uid = http_path(request, "uid");
    AuditWho who = api_who(request);
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err)
           && account_reset_password(request->app->db, uid, api_user(request), &who, request->arena, &password, err)
           && answer_account(request, 200, uid, password, err);
}

/* --- Grants ------------------------------------------------------------------------------------------------------------------------------ */

static bool read_where(const JsonValue *where, NewGrant *grant, GError **err)
{
    Str kind;
    if (!json_get_str(where, "kind", &kind, err))
        return false;
    if (!where_parse(kind, &grant->where))
        return json_bad(json_get(where, "kind"), err, "org, area, group or all is expected");
    switch (grant->where) {
    case WHERE_ORG: return json_get_str(where, "org", &grant->where_uid, err);
    case WHERE_AREA: return json_get_str(where, "area", &grant->where_area, err);
    case WHERE_GROUP: return json_get_str(where, "group", &grant->where_uid, err);
    default: return true;
    }
}

/* {"kind":"all"}, or {"kind":"plans","plans":[uid]}; none at all: all. */
static bool read_what(const HttpRequest *request, NewGrant *grant, GError **err)
{
    const JsonValue *what = NULL, *list;
    Str kind = STR("all");
    if (!json_opt_object(request->json, "what", &what, err) || (what && !json_get_str(what, "kind", &kind, err)))
        return false;
    grant->by_plan = str_eq(kind, STR("plans"));
    if (!grant->by_plan)
        return str_eq(kind, STR("all")) || json_bad(json_get(what, "kind"), err, "all or plans is expected");
    if (!json_get_array(what, "plans", &list, err))
        return false;
    Str *plans = ARENA_ARRAY(request->arena, Str, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next)
        if (!json_as_str(value, &plans[grant->n_plans++], err))
            return false;
    grant->plans = plans;
    return true;
}

static bool read_grant(const HttpRequest *request, NewGrant *grant, GError **err)
{
    const JsonValue *where;
    Str role;
    if (!json_get_str(request->json, "role", &role, err) || !json_get_object(request->json, "where", &where, err) || !read_where(where, grant, err)
        || !read_what(request, grant, err) || !api_read_date(request->json, "from", &grant->from, err)
        || !api_read_date(request->json, "to", &grant->to, err))
        return false;
    return role_parse(role, &grant->role) || json_bad(json_get(request->json, "role"), err, "there is no role '" STR_FMT "'", STR_ARG(role));
}

static bool post_grant(HttpRequest *request, GError **err)
{
    NewGrant grant = { .account_uid = http_path(request, "uid") };
    Str uid;
    AuditWho who = api_who(request);
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err) && read_grant(request, &grant, err)
           && grant_add(request->app->db, &grant, api_user(request), &who, request->arena, &uid, err)
           && answer_account(request, 201, grant.account_uid, STR_NONE, err);
}

static bool delete_grant(HttpRequest *request, GError **err)
{
    Str uid = http_path(request, "uid");
    AuditWho who = api_who(request);
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err)
           && grant_remove(request->app->db, uid, http_path(request, "grant"), api_user(request), &who, err)
           && answer_account(request, 200, uid, STR_NONE, err);
}

static bool post_import(HttpRequest *request, GError **err)
{
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err) && import_start(request, "import-accounts", err);
}

#define ACCOUNT "/api/v1/accounts/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/accounts", HTTP_SESSION, get_accounts, HTTP_LIST_QUERY " q org:uid role:text", HTTP_NO_BODY, "Accounts",
      "people and their accounts" },
    { HTTP_POST, "/api/v1/accounts", HTTP_SESSION, post_account, NULL, HTTP_JSON, "Account", "make an account", .secret_answer = true },
    { HTTP_POST, "/api/v1/accounts/import", HTTP_SESSION, post_import, NULL, HTTP_JSON, "JobAccepted", "check or apply a file of people" },
    { HTTP_GET, ACCOUNT, HTTP_SESSION, get_account, NULL, HTTP_NO_BODY, "Account", "an account with its grants" },
    { HTTP_PATCH, ACCOUNT, HTTP_SESSION, patch_account, NULL, HTTP_JSON, "Account", "disable or enable an account" },
    { HTTP_POST, ACCOUNT "/password", HTTP_SESSION, post_password, NULL, HTTP_NO_BODY, "Account", "set a new random password", .secret_answer = true },
    { HTTP_POST, ACCOUNT "/grants", HTTP_SESSION, post_grant, NULL, HTTP_JSON, "Account", "grant a role" },
    { HTTP_DELETE, ACCOUNT "/grants/{grant}", HTTP_SESSION, delete_grant, NULL, HTTP_NO_BODY, "Account", "take a role away" },
};

static const HttpShape shapes[] = {
    { "AccountPerson", "uid:uid name proven:bool" },
    { "AccountRow", "uid:uid username person:AccountPerson org:Ref org_code title? state last_login:instant? version:int roles:[text]" },
    { "Accounts", "rows:[AccountRow] next? total:int" },
    { "Account", "uid:uid username person:AccountPerson org:Ref title? state last_login:instant? must_change_password:bool version:int roles:[text]"
                 " grants:[Grant] may:any password?" },
};

const RouteTable account_routes = ROUTE_TABLE(routes, shapes);
