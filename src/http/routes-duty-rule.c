/* Rules of duties: who owes what how often. */
#include "db/queries.h"
#include "http/flow-json.h"

#include "base/banned.h"

/* --- Showing ------------------------------------------------------------------------------------------------------------------ */

static bool write_owers(DbConn *conn, const DutyRuleByUidRow *row, JsonWriter *json, GError **err)
{
    bool one = str_eq(row->owed, STR("collective"));
    json_key(json, "owed_by");
    json_begin_object(json);
    if (str_eq(row->owed, STR("function")))
        json_member_str(json, "function", row->function);
    else if (str_eq(row->owed, STR("subjects")))
        json_member_bool(json, "subjects", true);
    else {
        json_key(json, one ? "collective" : "orgs");
        if (!one)
            json_begin_array(json);
        g_autoptr(DbRows) rows = db_query(conn, DutyRuleOrgs, err, .rule = row->id);
        for (DutyRuleOrgsRow org; rows && db_next(rows, &org, err);)
            json_ref(json, org.uid, org.name);
        if (!one)
            json_end_array(json);
        if (!db_rows_ok(rows))
            return false;
    }
    json_end_object(json);
    return true;
}

static MayObject facts_of(const DutyRuleByUidRow *row)
{
    return (MayObject) { .place = row->org_path, .area = row->org_area, .plan = row->what_plan };
}

/* A rule that the program keeps for a plan or a round is changed there. */
static Allowed may_edit(const HttpRequest *request, const DutyRuleByUidRow *row)
{
    MayObject facts = facts_of(row);
    May answer = may(api_user(request), VERB_RULE_DUTY, &facts);
    if (answer.ok && row->key.p)
        answer = (May) { .why = "kept-rule" };
    return (Allowed) { answer.ok, answer.why, answer.who.p ? arena_printf(request->arena, "role=" STR_FMT, STR_ARG(answer.who)) : STR_NONE };
}

static bool write_rule(const HttpRequest *request, DbConn *conn, const DutyRuleByUidRow *row, JsonWriter *json, GError **err)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "name", row->name);
    json_member_ref(json, "issuer", row->org_uid, row->org_name);
    if (!write_owers(conn, row, json, err))
        return false;
    json_member_str(json, "every", row->every);
    json_key(json, "due");
    json_begin_object(json);
    json_member_int(json, "days", row->due_days);
    json_member_bool(json, "working", row->due_working);
    json_end_object(json);
    json_member_int(json, "grace_days", row->grace_days);
    json_member_str(json, "calendar", row->calendar);
    json_member_date(json, "from", row->valid_from);
    json_member_date(json, "to", row->valid_to);
    json_member_str(json, "plan", row->what_plan);
    json_member_str(json, "state", row->state);
    json_member_int(json, "version", row->version);
    Allowed edit = may_edit(request, row);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_end_object(json);
    json_end_object(json);
    return true;
}

/* The rule as its list shows it: one that is not seen there is not found here. */
static bool find_rule(const HttpRequest *request, DbConn *conn, Str uid, DutyRuleByUidRow *ret_row, GError **err)
{
    DutyRuleListRow visible;
    bool found;
    if (!db_one(conn, DutyRuleList, request->arena, &visible, &found, err, .account = request->session->account,
                .today = clock_today(request->app->clock), .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no duty rule '" STR_FMT "'", STR_ARG(uid));
    return db_one(conn, DutyRuleByUid, request->arena, ret_row, &found, err, .uid = uid);
}

static bool answer_rule(HttpRequest *request, int status, Str uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DutyRuleByUidRow row;
    return conn && find_rule(request, conn, uid, &row, err) && write_rule(request, conn, &row, http_json(request, status), err);
}

static bool get_rule(HttpRequest *request, GError **err)
{
    return answer_rule(request, 200, http_path(request, "uid"), err);
}

static const DbFilter rule_filters[] = {
    { "state", "r.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "plan", "r.what_plan", DB_FILTER_EQ, DB_TYPE_TEXT },
};
static const DbOrder rule_orders[] = { { "name", "r.name", DB_TYPE_TEXT, false } };

static bool get_rules(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, DutyRuleList, "r.id", .account = request->session->account, .today = clock_today(request->app->clock),
                               .uid = STR_NONE);
    for (size_t i = 0; i < G_N_ELEMENTS(rule_filters); i++) {
        Str value = http_query(request, rule_filters[i].name);
        if (value.p && !db_list_filter(list, rule_filters, G_N_ELEMENTS(rule_filters), str_from(rule_filters[i].name), value, err))
            return false;
    }
    if (!conn || !db_list_order(list, rule_orders, 1, STR("name"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DutyRuleListRow row; rows && db_list_next(list, rows, &row, err);) {
        DutyRuleByUidRow whole;
        bool found;
        if (!db_one(conn, DutyRuleByUid, request->arena, &whole, &found, err, .uid = row.uid) || !write_rule(request, conn, &whole, json, err))
            return false;
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------- */

static bool org_of(HttpRequest *request, DbConn *conn, const JsonValue *value, Org *ret_org, GError **err)
{
    Str uid;
    bool found;
    if (!json_as_str(value, &uid, err) || !org_by_uid(conn, request->arena, uid, ret_org, &found, err))
        return false;
    return found || json_bad(value, err, "no such organisation");
}

static bool read_orgs(HttpRequest *request, DbConn *conn, const JsonValue *list, DutyRule *rule, GError **err)
{
    if (list->type != JSON_BEGIN_ARRAY || list->count > DUTY_ORGS_MAX)
        return json_bad(list, err, "a list of at most %d organisations is expected", DUTY_ORGS_MAX);
    int64_t *orgs = ARENA_ARRAY(request->arena, int64_t, list->count + 1);
    rule->owed = STR("orgs");
    rule->orgs = orgs;
    rule->n_orgs = 0;
    for (const JsonValue *value = list->first; value; value = value->next) {
        Org org;
        if (!org_of(request, conn, value, &org, err))
            return false;
        orgs[rule->n_orgs++] = org.id;
    }
    return true;
}

static bool read_collective(HttpRequest *request, DbConn *conn, const JsonValue *value, DutyRule *rule, GError **err)
{
    Org org;
    int64_t *id = ARENA_NEW(request->arena, int64_t);
    if (!org_of(request, conn, value, &org, err))
        return false;
    *id = org.id;
    rule->owed = STR("collective");
    rule->orgs = id;
    rule->n_orgs = 1;
    return true;
}

static bool read_owers(HttpRequest *request, DbConn *conn, DutyRule *rule, GError **err)
{
    const JsonValue *owed = NULL;
    if (!json_opt_object(request->json, "owed_by", &owed, err) || !owed)
        return owed || !*err;
    const JsonValue *orgs = json_get(owed, "orgs"), *collective = json_get(owed, "collective");
    if (orgs)
        return read_orgs(request, conn, orgs, rule, err);
    if (collective)
        return read_collective(request, conn, collective, rule, err);
    rule->owed = STR("function");
    rule->n_orgs = 0;
    return json_get_str(owed, "function", &rule->function, err);
}

static bool read_day(const HttpRequest *request, const char *name, Date *day, GError **err)
{
    Str text = STR_NONE;
    const JsonValue *value = json_get(request->json, name);
    if (value && value->type == JSON_NULL)
        *day = DATE_NONE;
    return json_opt_str(request->json, name, &text, err)
           && (!text.p || date_parse(text, day) || json_bad(value, err, "a date like 2026-12-31 is expected"));
}

static bool read_due(const HttpRequest *request, DutyRule *rule, GError **err)
{
    const JsonValue *due = NULL;
    int64_t days = rule->due_days, grace = rule->grace_days;
    if (!json_opt_object(request->json, "due", &due, err) || (due && !json_opt_int(due, "days", 0, DUTY_DAYS_MAX, &days, err))
        || (due && !json_opt_bool(due, "working", &rule->due_working, err)) || !json_opt_int(request->json, "grace_days", 0, DUTY_DAYS_MAX, &grace, err))
        return false;
    rule->due_days = (int) days;
    rule->grace_days = (int) grace;
    return true;
}

/* A plan that the asker sees. */
static bool read_plan(HttpRequest *request, DbConn *conn, DutyRule *rule, GError **err)
{
    Str uid = STR_NONE;
    PlanListRow plan;
    bool found;
    if (!json_opt_str(request->json, "plan", &uid, err))
        return false;
    if (!uid.p)
        return true;
    if (!db_one(conn, PlanList, request->arena, &plan, &found, err, .account = request->session->account, .today = clock_today(request->app->clock),
                .uid = uid))
        return false;
    rule->plan = uid;
    return found || json_bad(json_get(request->json, "plan"), err, "no such plan");
}

/* What the body says over what is there. */
static bool read_rule(HttpRequest *request, DbConn *conn, DutyRule *rule, GError **err)
{
    Str state = STR_NONE;
    if (!json_opt_str(request->json, "name", &rule->name, err) || !read_owers(request, conn, rule, err)
        || !json_opt_str(request->json, "every", &rule->every, err) || !read_due(request, rule, err) || !read_day(request, "from", &rule->from, err)
        || !read_day(request, "to", &rule->to, err) || !read_plan(request, conn, rule, err) || !json_opt_str(request->json, "state", &state, err))
        return false;
    if (state.p && !str_eq(state, STR("on")) && !str_eq(state, STR("off")))
        return json_bad(json_get(request->json, "state"), err, "on or off is expected");
    if (state.p)
        rule->on = str_eq(state, STR("on"));
    if (rule->from == DATE_NONE)
        rule->from = clock_today(request->app->clock);
    return duty_rule_check(rule, err);
}

/* --- Changing -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    DutyRule rule;
    AuditWho who;
    Str uid;
    int64_t version;
} Keeping;

/* What is owed already is opened now, not only tomorrow. */
static bool open_soon(DbConn *tx, const Keeping *keeping, GError **err)
{
    Str uid;
    JobStart start = { "duties", STR_NONE, DB_NULL_INT, keeping->who.at_ms };
    return job_start(tx, &start, keeping->request->arena, &uid, err);
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *keeping = data;
    return duty_rule_add(tx, &keeping->who, &keeping->rule, clock_today(keeping->request->app->clock), keeping->request->arena, &keeping->uid, err)
           && open_soon(tx, keeping, err);
}

/* Whose rule it is: the unit named, else the asker's own. */
static bool find_issuer(HttpRequest *request, DbConn *conn, Org *ret_org, GError **err)
{
    Str uid = api_user(request)->org_uid;
    bool found = false;
    if (!json_opt_str(request->json, "issuer", &uid, err) || (uid.p && !org_by_uid(conn, request->arena, uid, ret_org, &found, err)))
        return false;
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "no such organisation");
    return error_at(err, "/issuer");
}

static bool prepare_new(HttpRequest *request, DutyRule *rule, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Org issuer;
    if (!conn || !find_issuer(request, conn, &issuer, err))
        return false;
    *rule = (DutyRule) { .org = issuer.id, .calendar = CALENDAR_CHINA, .from = DATE_NONE, .to = DATE_NONE, .on = true, .due_working = true };
    if (!read_plan(request, conn, rule, err))
        return false;
    MayObject facts = { .place = issuer.path, .area = issuer.area, .plan = rule->plan };
    return api_may(request, VERB_RULE_DUTY, &facts, err) && read_rule(request, conn, rule, err);
}

static bool wake(const HttpRequest *request)
{
    jobs_wake(request->app->jobs);
    return true;
}

static bool post_rule(HttpRequest *request, GError **err)
{
    Keeping keeping = { .request = request, .who = api_who(request) };
    return prepare_new(request, &keeping.rule, err) && http_write(request, add_in_tx, &keeping, err) && wake(request)
           && answer_rule(request, 201, keeping.uid, err);
}

static bool rule_of_row(HttpRequest *request, DbConn *conn, const DutyRuleByUidRow *row, DutyRule *ret_rule, GError **err)
{
    ARENA_LIST(int64_t) orgs = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DutyRuleOrgs, err, .rule = row->id);
    for (DutyRuleOrgsRow org; rows && db_next(rows, &org, err);)
        *ARENA_PUSH(request->arena, &orgs) = org.org;
    *ret_rule = (DutyRule) {
        .name = row->name, .org = row->org, .owed = row->owed, .orgs = orgs.v, .n_orgs = orgs.n, .function = row->function, .every = row->every,
        .due_days = (int) row->due_days, .due_working = row->due_working, .grace_days = (int) row->grace_days, .calendar = row->calendar,
        .from = row->valid_from, .to = row->valid_to, .plan = row->what_plan, .on = str_eq(row->state, STR("on")),
    };
    return db_rows_ok(rows);
}

static bool prepare_change(HttpRequest *request, Keeping *keeping, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DutyRuleByUidRow row;
    if (!conn || !find_rule(request, conn, keeping->uid, &row, err))
        return false;
    Allowed edit = may_edit(request, &row);
    if (!edit.ok) {
        error_set(err, BH_FORBIDDEN, "this account may not change the rule: %s", edit.why);
        return error_detail(err, edit.why);
    }
    return rule_of_row(request, conn, &row, &keeping->rule, err) && read_rule(request, conn, &keeping->rule, err);
}

static bool change_in_tx(DbConn *tx, void *data, GError **err)
{
    const Keeping *keeping = data;
    return duty_rule_change(tx, &keeping->who, keeping->uid, keeping->version, &keeping->rule, err);
}

static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    DutyRuleByUidRow row;
    return find_rule(request, conn, http_path(request, "uid"), &row, err) && write_rule(request, conn, &row, json, err);
}

static bool patch_rule(HttpRequest *request, GError **err)
{
    Keeping keeping = { .request = request, .who = api_who(request), .uid = http_path(request, "uid") };
    if (!http_if_match(request, &keeping.version, err) || !prepare_change(request, &keeping, err))
        return false;
    if (http_write(request, change_in_tx, &keeping, err))
        return answer_rule(request, 200, keeping.uid, err);
    return http_answer_stale(request, write_present, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/duty-rules", HTTP_SESSION, get_rules, HTTP_LIST_QUERY " state:on|off plan:uid", HTTP_NO_BODY, "DutyRules", "rules of duties" },
    { HTTP_POST, "/api/v1/duty-rules", HTTP_SESSION, post_rule, NULL, HTTP_JSON, "DutyRule", "say who owes what how often" },
    { HTTP_GET, "/api/v1/duty-rules/{uid}", HTTP_SESSION, get_rule, NULL, HTTP_NO_BODY, "DutyRule", "a rule" },
    { HTTP_PATCH, "/api/v1/duty-rules/{uid}", HTTP_SESSION, patch_rule, NULL, HTTP_JSON, "DutyRule", "change a rule, for periods to come" },
};

static const HttpShape shapes[] = {
    { "DutyRule", "uid:uid name issuer:Ref owed_by:any every due:any grace_days:int calendar from:date to:date? plan:uid? state version:int may:any" },
    { "DutyRules", "rows:[DutyRule] next? total:int" },
};

const RouteTable duty_rule_routes = ROUTE_TABLE(routes, shapes);
