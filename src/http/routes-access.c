/* Groups of organisations, by which grants reach, and who is deputy for whom. */
#include "db/queries.h"
#include "http/app.h"

#include "base/banned.h"

/* --- Groups ----------------------------------------------------------------------------------------------------------------- */

static const DbFilter group_filters[] = {
    { "q", "r.name", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "kind", "r.kind", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static const DbOrder group_orders[] = { { "name", "r.name", DB_TYPE_TEXT, false } };

static bool filter_by(const HttpRequest *request, DbList *list, const DbFilter *filters, size_t n, GError **err)
{
    for (size_t i = 0; i < n; i++) {
        Str value = http_query(request, filters[i].name);
        if (value.p && !db_list_filter(list, filters, n, str_from(filters[i].name), value, err))
            return false;
    }
    return true;
}

static bool get_groups(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, GroupList, "r.id", .today = clock_today(request->app->clock));
    if (!conn || !filter_by(request, list, group_filters, G_N_ELEMENTS(group_filters), err)
        || !db_list_order(list, group_orders, G_N_ELEMENTS(group_orders), STR("name"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (GroupListRow row; rows && db_list_next(list, rows, &row, err);) {
        json_begin_object(json);
        json_member_str(json, "uid", row.uid);
        json_member_str(json, "name", row.name);
        json_member_str(json, "kind", row.kind);
        json_member_int(json, "members", row.members);
        json_member_int(json, "version", row.version);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool write_members(DbConn *conn, int64_t group, JsonWriter *json, GError **err)
{
    json_key(json, "members");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, GroupMembers, err, .group = group);
    for (GroupMembersRow row; rows && db_next(rows, &row, err);) {
        json_begin_object(json);
        json_member_ref(json, "org", row.uid, row.name);
        json_member_date(json, "from", row.valid_from);
        json_member_date(json, "to", row.valid_to);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static void write_may(const HttpRequest *request, JsonWriter *json)
{
    Allowed edit = api_allowed(request, VERB_EDIT_ACCOUNT, NULL);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_end_object(json);
}

static bool write_group(HttpRequest *request, DbConn *conn, const GroupByUidRow *row, JsonWriter *json, GError **err)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "name", row->name);
    json_member_str(json, "kind", row->kind);
    json_member_int(json, "version", row->version);
    if (!write_members(conn, row->id, json, err))
        return false;
    write_may(request, json);
    json_end_object(json);
    return true;
}

static bool find_group(HttpRequest *request, DbConn *conn, Str uid, GroupByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, GroupByUid, request->arena, ret_row, &found, err, .uid = uid))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "no group '" STR_FMT "'", STR_ARG(uid));
}

static bool answer_group(HttpRequest *request, int status, Str uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    GroupByUidRow row;
    return conn && find_group(request, conn, uid, &row, err) && write_group(request, conn, &row, http_json(request, status), err);
}

static bool get_group(HttpRequest *request, GError **err)
{
    return answer_group(request, 200, http_path(request, "uid"), err);
}

static bool read_members(const HttpRequest *request, GroupWish *wish, GError **err)
{
    const JsonValue *list = json_get(request->json, "members");
    if (!list) /* a new one has none yet, one that is there keeps them */
        return true;
    if (!json_get_array(request->json, "members", &list, err))
        return false;
    GroupMember *members = ARENA_ARRAY(request->arena, GroupMember, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next) {
        GroupMember *member = &members[wish->n_members++];
        if (!json_get_str(value, "org", &member->org_uid, err) || !api_read_date(value, "from", &member->from, err)
            || !api_read_date(value, "to", &member->to, err))
            return false;
    }
    wish->members = members;
    return true;
}

typedef struct {
    HttpRequest *request;
    AuditWho who;
    GroupWish wish;
    Str uid;
} GroupArgs;

static bool read_group(const HttpRequest *request, GroupWish *wish, GError **err)
{
    return json_get_str(request->json, "name", &wish->name, err) && json_get_str(request->json, "kind", &wish->kind, err) && read_members(request, wish, err);
}

static bool add_group_in_tx(DbConn *tx, void *data, GError **err)
{
    GroupArgs *args = data;
    return group_add(tx, &args->wish, &args->who, args->request->arena, &args->uid, err);
}

static bool post_group(HttpRequest *request, GError **err)
{
    GroupArgs args = { .request = request, .who = api_who(request) };
    return api_may(request, VERB_EDIT_ACCOUNT, NULL, err) && read_group(request, &args.wish, err) && http_write(request, add_group_in_tx, &args, err)
           && answer_group(request, 201, args.uid, err);
}

static bool change_group_in_tx(DbConn *tx, void *data, GError **err)
{
    GroupArgs *args = data;
    return group_change(tx, &args->wish, api_user(args->request), &args->who, err);
}

/* What is not named stays as it is. */
static bool keep_group(HttpRequest *request, GroupWish *wish, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    GroupByUidRow row;
    if (!conn || !find_group(request, conn, wish->uid, &row, err))
        return false;
    wish->name = row.name;
    wish->kind = row.kind;
    ARENA_LIST(GroupMember) members = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, GroupMembers, err, .group = row.id);
    for (GroupMembersRow member; rows && db_next(rows, &member, err);)
        *ARENA_PUSH(request->arena, &members) = (GroupMember) { arena_str(request->arena, member.uid), member.valid_from, member.valid_to };
    wish->members = members.v;
    wish->n_members = members.n;
    return db_rows_ok(rows);
}

static bool read_changes(HttpRequest *request, GroupWish *wish, GError **err)
{
    bool members = json_get(request->json, "members") != NULL;
    if (!keep_group(request, wish, err) || !json_opt_str(request->json, "name", &wish->name, err) || !json_opt_str(request->json, "kind", &wish->kind, err))
        return false;
    if (members)
        wish->n_members = 0;
    return read_members(request, wish, err);
}

/* Who was quicker is shown what the group is now. */
static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    GroupByUidRow row;
    return find_group(request, conn, http_path(request, "uid"), &row, err) && write_group(request, conn, &row, json, err);
}

static bool patch_group(HttpRequest *request, GError **err)
{
    GroupArgs args = { .request = request, .who = api_who(request), .wish = { .uid = http_path(request, "uid") } };
    if (!api_may(request, VERB_EDIT_ACCOUNT, NULL, err) || !http_if_match(request, &args.wish.version, err) || !read_changes(request, &args.wish, err))
        return false;
    if (!http_write(request, change_group_in_tx, &args, err))
        return http_answer_stale(request, write_present, err);
    return answer_group(request, 200, args.wish.uid, err);
}

/* --- Deputies --------------------------------------------------------------------------------------------------------------- */

static const DbFilter deputy_filters[] = {
    { "account", "a.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "deputy", "b.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static const DbOrder deputy_orders[] = { { "newest", "d.id", DB_TYPE_INT, true } };

static const char *deputy_state(const DeputyListRow *row, Date today)
{
    return row->ended != DB_NULL_INT ? "ended" : row->valid_to < today ? "over" : row->valid_from > today ? "coming" : "now";
}

static void write_deputy(const HttpRequest *request, const DeputyListRow *row, JsonWriter *json)
{
    const PersonRef account = { row->account_uid, row->account_name, row->account_org_uid, row->account_org_name };
    const PersonRef deputy = { row->deputy_uid, row->deputy_name, row->deputy_org_uid, row->deputy_org_name };
    const PersonRef by = { row->by_uid, row->by_name, row->by_org_uid, row->by_org_name };
    const char *state = deputy_state(row, clock_today(request->app->clock));
    May answer = deputy_may(api_user(request), row->account_id, row->org_path, row->org_area);
    bool over = g_str_equal(state, "ended") || g_str_equal(state, "over");
    Allowed end = api_allowed_of(request->arena, &answer);
    if (end.ok && over)
        end = (Allowed) { .why = "deputy-over" };
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_person(json, "account", &account);
    json_member_person(json, "deputy", &deputy);
    json_member_date(json, "from", row->valid_from);
    json_member_date(json, "to", row->valid_to);
    json_member_str(json, "reason", row->reason);
    json_member_cstr(json, "state", state);
    json_member_person(json, "by", &by);
    json_member_instant(json, request, "made", row->made);
    json_member_instant(json, request, "ended", row->ended);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "end", &end);
    json_end_object(json);
    json_end_object(json);
}

static DbList *visible_deputies(const HttpRequest *request)
{
    bool all = may_reach(api_user(request), VERB_READ_ACCOUNT, request->arena).n > 0;
    return db_list_new(request->arena, DeputyList, "d.id", .account = request->session->account, .today = clock_today(request->app->clock), .all = all);
}

static bool get_deputies(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_deputies(request);
    if (!conn || !filter_by(request, list, deputy_filters, G_N_ELEMENTS(deputy_filters), err)
        || !db_list_order(list, deputy_orders, G_N_ELEMENTS(deputy_orders), STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DeputyListRow row; rows && db_list_next(list, rows, &row, err);)
        write_deputy(request, &row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

typedef struct {
    HttpRequest *request;
    AuditWho who;
    NewDeputy wish;
    Str uid;
} DeputyArgs;

static bool answer_deputy(HttpRequest *request, Str uid, GError **err)
{
    static const DbFilter by_uid[] = { { "uid", "d.uid", DB_FILTER_EQ, DB_TYPE_TEXT } };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, DeputyList, "d.id", .account = request->session->account, .today = clock_today(request->app->clock), .all = true);
    if (!conn || !db_list_filter(list, by_uid, 1, STR("uid"), uid, err) || !db_list_order(list, deputy_orders, 1, STR("newest"), err)
        || !db_list_page(list, STR_NONE, 1, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    DeputyListRow row;
    if (!rows || !db_list_next(list, rows, &row, err))
        return db_rows_ok(rows) && error_set(err, BH_INTERNAL, "the deputy is not there");
    write_deputy(request, &row, http_json(request, 201));
    return true;
}

static bool add_deputy_in_tx(DbConn *tx, void *data, GError **err)
{
    DeputyArgs *args = data;
    HttpRequest *request = args->request;
    return deputy_add(tx, &args->wish, api_user(request), clock_today(request->app->clock), &args->who, request->arena, &args->uid, err);
}

static bool read_day(const HttpRequest *request, const char *name, Date *ret_day, GError **err)
{
    Str text;
    return json_get_str(request->json, name, &text, err) && api_read_date(request->json, name, ret_day, err);
}

static bool post_deputy(HttpRequest *request, GError **err)
{
    DeputyArgs args = { .request = request, .who = api_who(request) };
    return json_get_str(request->json, "account", &args.wish.account_uid, err) && json_get_str(request->json, "deputy", &args.wish.deputy_uid, err)
           && read_day(request, "from", &args.wish.from, err) && read_day(request, "to", &args.wish.to, err)
           && json_get_str(request->json, "reason", &args.wish.reason, err) && http_write(request, add_deputy_in_tx, &args, err)
           && answer_deputy(request, args.uid, err);
}

static bool end_deputy_in_tx(DbConn *tx, void *data, GError **err)
{
    const DeputyArgs *args = data;
    return deputy_end(tx, args->uid, api_user(args->request), &args->who, err);
}

static bool delete_deputy(HttpRequest *request, GError **err)
{
    DeputyArgs args = { .request = request, .who = api_who(request), .uid = http_path(request, "uid") };
    return http_write(request, end_deputy_in_tx, &args, err) && http_nothing(request);
}

/* --- People to choose from ------------------------------------------------------------------------------------------------------- */

static const DbFilter people_filters[] = { { "q", "p.name || ' ' || a.username || ' ' || o.name", DB_FILTER_HAS, DB_TYPE_TEXT } };
static const DbOrder people_orders[] = { { "name", "p.name", DB_TYPE_TEXT, false } };

/* The legal body's path; where there is none, the unit's own. */
static bool body_path(const HttpRequest *request, DbConn *conn, Str *ret_path, GError **err)
{
    const User *user = api_user(request);
    Org body;
    *ret_path = user->org_path;
    if (user->legal_body == DB_NULL_INT)
        return true;
    if (!org_by_id(conn, request->arena, user->legal_body, &body, err))
        return false;
    *ret_path = body.path;
    return true;
}

static bool get_people(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    const User *user = api_user(request);
    Str body;
    bool all = may(user, VERB_READ_ACCOUNT, NULL).ok || may(user, VERB_READ_AUDIT, NULL).ok;
    if (!conn || !body_path(request, conn, &body, err))
        return false;
    DbList *list = db_list_new(request->arena, PeopleList, "a.id", .account = user->account, .org = user->org, .body = body,
                               .today = clock_today(request->app->clock), .all = all);
    if (!filter_by(request, list, people_filters, G_N_ELEMENTS(people_filters), err)
        || !db_list_order(list, people_orders, G_N_ELEMENTS(people_orders), STR("name"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (PeopleListRow row; rows && db_list_next(list, rows, &row, err);) {
        json_begin_object(json);
        json_member_str(json, "uid", row.uid);
        json_member_str(json, "name", row.name);
        json_member_str(json, "username", row.username);
        json_member_ref(json, "org", row.org_uid, row.org_name);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Plans to grant for --------------------------------------------------------------------------------------------------------- */

static const DbFilter plan_filters[] = { { "q", "p.title", DB_FILTER_HAS, DB_TYPE_TEXT } };
static const DbOrder plan_orders[] = { { "newest", "p.issued", DB_TYPE_INT, true } };

static bool get_plan_names(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, PlanNames, "p.id", 0);
    if (!conn || !api_may(request, VERB_EDIT_ACCOUNT, NULL, err) || !filter_by(request, list, plan_filters, G_N_ELEMENTS(plan_filters), err)
        || !db_list_order(list, plan_orders, G_N_ELEMENTS(plan_orders), STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (PlanNamesRow row; rows && db_list_next(list, rows, &row, err);) {
        json_begin_object(json);
        json_member_str(json, "uid", row.uid);
        json_member_str(json, "title", row.title);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/plan-names", HTTP_SESSION, get_plan_names, HTTP_LIST_QUERY " q", HTTP_NO_BODY, "PlanNames", "plans by name, for grants" },
    { HTTP_GET, "/api/v1/people", HTTP_SESSION, get_people, HTTP_LIST_QUERY " q", HTTP_NO_BODY, "People", "people to choose from, by name, account or unit" },
    { HTTP_GET, "/api/v1/groups", HTTP_SESSION, get_groups, HTTP_LIST_QUERY " q kind:text", HTTP_NO_BODY, "Groups", "groups of organisations" },
    { HTTP_POST, "/api/v1/groups", HTTP_SESSION, post_group, NULL, HTTP_JSON, "Group", "make a group" },
    { HTTP_GET, "/api/v1/groups/{uid}", HTTP_SESSION, get_group, NULL, HTTP_NO_BODY, "Group", "a group with its members" },
    { HTTP_PATCH, "/api/v1/groups/{uid}", HTTP_SESSION, patch_group, NULL, HTTP_JSON, "Group", "change a group and its members" },
    { HTTP_GET, "/api/v1/deputies", HTTP_SESSION, get_deputies, HTTP_LIST_QUERY " account:uid deputy:uid", HTTP_NO_BODY, "Deputies", "who acts for whom" },
    { HTTP_POST, "/api/v1/deputies", HTTP_SESSION, post_deputy, NULL, HTTP_JSON, "Deputy", "name who acts for somebody absent" },
    { HTTP_DELETE, "/api/v1/deputies/{uid}", HTTP_SESSION, delete_deputy, NULL, HTTP_NO_BODY, NULL, "end that" },
};

static const HttpShape shapes[] = {
    { "PlanName", "uid:uid title" },
    { "PlanNames", "rows:[PlanName] next? total:int" },
    { "PersonRow", "uid:uid name username org:Ref" },
    { "People", "rows:[PersonRow] next? total:int" },
    { "GroupRow", "uid:uid name kind members:int version:int" },
    { "Groups", "rows:[GroupRow] next? total:int" },
    { "GroupMember", "org:Ref from:date? to:date?" },
    { "Group", "uid:uid name kind version:int members:[GroupMember] may:any" },
    { "Deputy", "uid:uid account:PersonRef deputy:PersonRef from:date to:date reason state by:PersonRef? made:instant ended:instant? may:any" },
    { "Deputies", "rows:[Deputy] next? total:int" },
};

const RouteTable access_routes = ROUTE_TABLE(routes, shapes);
