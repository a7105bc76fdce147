/* Organisations: the tree, one of them, its aliases, names resolved, files imported. */
#include "base/text.h"
#include "http/app.h"
#include "http/import.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Lists -------------------------------------------------------------------------------------------------------------------- */

static const DbFilter org_filters[] = {
    { "parent", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "root", "o.parent", DB_FILTER_IS_SET, DB_TYPE_BOOL },
    { "kind", "o.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "area", "o.area", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static const DbOrder org_orders[] = { { "rank", "o.rank", DB_TYPE_INT, false }, { "name", "o.name", DB_TYPE_TEXT, false } };

static bool filter_parent(DbList *list, Str parent, GError **err)
{
    bool root = str_eq(parent, STR("root"));
    return !parent.p
           || db_list_filter(list, org_filters, G_N_ELEMENTS(org_filters), root ? STR("root") : STR("parent"), root ? STR("false") : parent, err);
}

static bool filter_query(const HttpRequest *request, DbList *list, GError **err)
{
    static const char *const names[] = { "kind", "area" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Str value = http_query(request, names[i]);
        if (value.p && !db_list_filter(list, org_filters, G_N_ELEMENTS(org_filters), str_from(names[i]), value, err))
            return false;
    }
    return filter_parent(list, http_query(request, "parent"), err);
}

static void write_lines(JsonWriter *json, const char *name, Str lines)
{
    json_key(json, name);
    json_begin_array(json);
    for (Str rest = lines; rest.p;)
        json_str(json, str_cut(&rest, '\n'));
    json_end_array(json);
}

static void write_row(JsonWriter *json, const OrgListRow *row)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "code", row->code);
    json_member_str(json, "name", row->name);
    json_member_str(json, "short_name", row->short_name);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "area", row->area);
    json_member_int(json, "rank", row->rank);
    json_member_ref(json, "parent", row->parent_uid, row->parent_name);
    json_member_str(json, "parent_code", row->parent_code);
    json_member_int(json, "children", row->children);
    json_member_str(json, "legal_code", row->legal_code);
    json_member_date(json, "opened", row->opened);
    json_member_date(json, "closed", row->closed);
    json_member_int(json, "version", row->version);
    write_lines(json, "functions", row->functions);
    write_lines(json, "alias_names", row->aliases);
    write_lines(json, "member_codes", row->members);
    json_end_object(json);
}

static bool get_orgs(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Str q = str_trim(http_query(request, "q")), order = http_query(request, "order");
    DbList *list = db_list_new(request->arena, OrgList, "o.id", .q = q.n > 0 ? text_name_key(q, request->arena) : STR_NONE);
    if (!conn || !filter_query(request, list, err)
        || !db_list_order(list, org_orders, G_N_ELEMENTS(org_orders), order.p ? order : STR("rank"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (OrgListRow row; rows && db_list_next(list, rows, &row, err);)
        write_row(json, &row);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- One organisation ----------------------------------------------------------------------------------------------------------- */

static bool org_of_path(const HttpRequest *request, DbConn *conn, Org *ret_org, GError **err)
{
    Str uid = http_path(request, "uid");
    bool found;
    if (!org_by_uid(conn, request->arena, uid, ret_org, &found, err))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid));
}

static bool write_names(DbConn *conn, int64_t org, JsonWriter *json, GError **err)
{
    json_key(json, "aliases");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, OrgNamesOf, err, .org = org);
    for (OrgNamesOfRow row; rows && db_next(rows, &row, err);) {
        if (!row.alias)
            continue;
        json_begin_object(json);
        json_member_str(json, "alias", row.text);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool write_functions(DbConn *conn, int64_t org, JsonWriter *json, GError **err)
{
    json_key(json, "functions");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, OrgFunctionsOf, err, .org = org);
    for (OrgFunctionsOfRow row; rows && db_next(rows, &row, err);)
        json_str(json, row.function);
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool write_members(DbConn *conn, int64_t org, JsonWriter *json, GError **err)
{
    json_key(json, "members");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, OrgMembersOf, err, .org = org);
    for (OrgMembersOfRow row; rows && db_next(rows, &row, err);)
        json_ref(json, row.uid, row.name);
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool write_path(DbConn *conn, const Org *org, JsonWriter *json, GError **err)
{
    json_key(json, "path");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, OrgAncestors, err, .path = org->path);
    for (OrgAncestorsRow row; rows && db_next(rows, &row, err);)
        json_ref(json, row.uid, row.name);
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool write_leader(const HttpRequest *request, DbConn *conn, const Org *org, JsonWriter *json, GError **err)
{
    OrgLeaderOfRow row = { DB_NULL_INT };
    PersonRef leader;
    bool found;
    if (!db_one(conn, OrgLeaderOf, request->arena, &row, &found, err, .org = org->id) || !person_ref(conn, request->arena, row.account, &leader, NULL, err))
        return false;
    json_member_person(json, "leader", &leader);
    return true;
}

static bool write_counts(const HttpRequest *request, DbConn *conn, const Org *org, JsonWriter *json, GError **err)
{
    OrgCountsRow counts;
    bool found;
    Str end = arena_concat(request->arena, org->path, STR("~")); /* behind every path that begins with this one */
    if (!db_one(conn, OrgCounts, request->arena, &counts, &found, err, .id = org->id, .path = org->path, .path_end = end))
        return false;
    json_member_int(json, "children", counts.children);
    json_member_int(json, "accounts", counts.accounts);
    json_member_int(json, "open_tasks", counts.open_tasks);
    return true;
}

static bool write_org(HttpRequest *request, DbConn *conn, const Org *org, JsonWriter *json, GError **err)
{
    Org parent = { 0 };
    if (org->parent != DB_NULL_INT && !org_by_id(conn, request->arena, org->parent, &parent, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", org->uid);
    json_member_str(json, "code", org->code);
    json_member_str(json, "name", org->name);
    json_member_str(json, "short_name", org->short_name);
    json_member_str(json, "kind", org->kind);
    json_member_str(json, "area", org->area);
    json_member_int(json, "rank", org->rank);
    json_member_ref(json, "parent", parent.uid, parent.name);
    json_member_str(json, "legal_code", org->legal_code);
    json_member_date(json, "opened", org->opened);
    json_member_date(json, "closed", org->closed);
    json_member_int(json, "version", org->version);
    if (!write_leader(request, conn, org, json, err) || !write_counts(request, conn, org, json, err) || !write_functions(conn, org->id, json, err) || !write_names(conn, org->id, json, err)
        || !write_members(conn, org->id, json, err) || !write_path(conn, org, json, err))
        return false;
    May answer = may(api_user(request), VERB_EDIT_ORG, NULL);
    Allowed edit = { answer.ok, answer.why, answer.who.p ? arena_printf(request->arena, "role=" STR_FMT, STR_ARG(answer.who)) : STR_NONE };
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_end_object(json);
    json_end_object(json);
    return true;
}

static bool answer_org(HttpRequest *request, int status, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Org org;
    return conn && org_of_path(request, conn, &org, err) && write_org(request, conn, &org, http_json(request, status), err);
}

static bool get_org(HttpRequest *request, GError **err)
{
    return answer_org(request, 200, err);
}

/* --- Aliases ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    int64_t version;
    Str value; /* the alias, or the leader's account */
    bool add;
    AuditWho who;
} ChangeArgs;

static bool alias_in_tx(DbConn *tx, void *data, GError **err)
{
    const ChangeArgs *args = data;
    return org_set_alias(tx, http_path(args->request, "uid"), args->version, args->value, args->add, &args->who, err);
}

static bool change_alias(HttpRequest *request, Str alias, bool add, GError **err)
{
    ChangeArgs args = { .request = request, .value = alias, .add = add, .who = api_who(request) };
    return api_may(request, VERB_EDIT_ORG, NULL, err) && http_if_match(request, &args.version, err) && http_write(request, alias_in_tx, &args, err)
           && answer_org(request, 200, err);
}

static bool post_alias(HttpRequest *request, GError **err)
{
    Str alias;
    return json_get_str(request->json, "alias", &alias, err) && change_alias(request, alias, true, err);
}

static bool delete_alias(HttpRequest *request, GError **err)
{
    return change_alias(request, http_path(request, "alias"), false, err);
}

/* --- The leader in charge ------------------------------------------------------------------------------------------------------------- */

static bool leader_in_tx(DbConn *tx, void *data, GError **err)
{
    const ChangeArgs *args = data;
    return org_set_leader(tx, http_path(args->request, "uid"), args->version, args->value, &args->who, err);
}

static bool post_leader(HttpRequest *request, GError **err)
{
    ChangeArgs args = { .request = request, .value = STR_NONE, .who = api_who(request) };
    return json_opt_str(request->json, "account", &args.value, err) && api_may(request, VERB_EDIT_ORG, NULL, err) && http_if_match(request, &args.version, err)
           && http_write(request, leader_in_tx, &args, err) && answer_org(request, 200, err);
}

/* --- Names ------------------------------------------------------------------------------------------------------------------------- */

static bool get_resolve(HttpRequest *request, GError **err)
{
    static const char *const how[] = { [ORG_UNRESOLVED] = "unresolved", [ORG_BY_NAME] = "name", [ORG_BY_ALIAS] = "alias" };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Str within_uid = http_query(request, "within");
    Org within = { 0 };
    OrgMatch match;
    bool found;
    if (!conn || (within_uid.p && !org_by_uid(conn, request->arena, within_uid, &within, &found, err))
        || !org_resolve(conn, request->arena, http_query(request, "name"), within.path, &match, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_ref(json, "org", match.how == ORG_UNRESOLVED ? STR_NONE : match.org.uid, match.org.name);
    json_member_cstr(json, "how", how[match.how]);
    json_key(json, "candidates");
    json_begin_array(json);
    for (size_t i = 0; i < match.n_candidates; i++)
        json_ref(json, match.candidates[i].uid, match.candidates[i].name);
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* --- Import -------------------------------------------------------------------------------------------------------------------------- */

static bool post_import(HttpRequest *request, GError **err)
{
    return api_may(request, VERB_EDIT_ORG, NULL, err) && import_start(request, "import-orgs", err);
}

#define ORG "/api/v1/orgs/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/orgs", HTTP_SESSION, get_orgs, HTTP_LIST_QUERY " parent kind area q order:rank|name", HTTP_NO_BODY, "Orgs",
      "organisations in official order" },
    { HTTP_GET, "/api/v1/orgs/resolve", HTTP_SESSION, get_resolve, "name within:uid", HTTP_NO_BODY, "OrgMatch", "which organisation a name means" },
    { HTTP_POST, "/api/v1/orgs/import", HTTP_SESSION, post_import, NULL, HTTP_JSON, "JobAccepted", "check or apply a file of organisations" },
    { HTTP_GET, ORG, HTTP_SESSION, get_org, NULL, HTTP_NO_BODY, "Org", "an organisation" },
    { HTTP_POST, ORG "/leader", HTTP_SESSION, post_leader, NULL, HTTP_JSON, "Org", "name the leader who has it in his charge, or nobody" },
    { HTTP_POST, ORG "/aliases", HTTP_SESSION, post_alias, NULL, HTTP_JSON, "Org", "add an alias" },
    { HTTP_DELETE, ORG "/aliases/{alias:text}", HTTP_SESSION, delete_alias, NULL, HTTP_NO_BODY, "Org", "take an alias away" },
};

static const HttpShape shapes[] = {
    { "OrgRow", "uid:uid code name short_name? kind area rank:int parent:Ref? parent_code? children:int legal_code? opened:date? closed:date? version:int"
                " functions:[text] alias_names:[text] member_codes:[text]" },
    { "Orgs", "rows:[OrgRow] next? total:int" },
    { "Alias", "alias" },
    { "Org", "uid:uid code name short_name? kind area rank:int parent:Ref? legal_code? opened:date? closed:date? version:int leader:PersonRef? children:int accounts:int"
             " open_tasks:int functions:[text] aliases:[Alias] members:[Ref] path:[Ref] may:any" },
    { "OrgMatch", "org:Ref? how candidates:[Ref]" },
};

const RouteTable org_routes = ROUTE_TABLE(routes, shapes);
