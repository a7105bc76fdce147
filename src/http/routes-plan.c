/* Plans, and what waits for me. */
#include "db/queries.h"
#include "http/plan-json.h"
#include "http/task-json.h"

#include "base/banned.h"

/* --- Lists ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter plan_filters[] = {
    { "kind", "p.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "year", "p.year", DB_FILTER_EQ, DB_TYPE_INT },
    { "issuer", "i.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "state", "p.state", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "q", "p.title || ' ' || p.code || ' ' || COALESCE(p.doc_no, '')", DB_FILTER_HAS, DB_TYPE_TEXT },
};

static const DbOrder plan_orders[] = { { "issued", "p.issued", DB_TYPE_INT, true } };

static DbList *visible_plans(const HttpRequest *request)
{
    return db_list_new(request->arena, PlanList, "p.id", .account = request->session->account, .today = clock_today(request->app->clock),
                       .uid = STR_NONE);
}

static bool get_plans(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_plans(request);
    for (size_t i = 0; i < G_N_ELEMENTS(plan_filters); i++) {
        Str value = http_query(request, plan_filters[i].name);
        if (value.p && !db_list_filter(list, plan_filters, G_N_ELEMENTS(plan_filters), str_from(plan_filters[i].name), value, err))
            return false;
    }
    if (!conn || !db_list_order(list, plan_orders, 1, STR("issued"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (PlanListRow row; rows && db_list_next(list, rows, &row, err);) {
        json_begin_object(json);
        if (!plan_row_write(request, conn, &row, json, err))
            return false;
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- One plan -------------------------------------------------------------------------------------------------------------------- */

/* The plan as its list shows it: one that is not seen there is not found here. */
static bool readable_plan(HttpRequest *request, DbConn *conn, Str uid, PlanListRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, PlanList, request->arena, ret_row, &found, err, .account = request->session->account,
                .today = clock_today(request->app->clock), .uid = uid))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "no plan '" STR_FMT "'", STR_ARG(uid));
}

static bool write_plan(HttpRequest *request, DbConn *conn, Str uid, JsonWriter *json, GError **err)
{
    PlanListRow row;
    Plan plan;
    if (!readable_plan(request, conn, uid, &row, err) || !plan_load(conn, request->arena, uid, &plan, err))
        return false;
    json_begin_object(json);
    if (!plan_row_write(request, conn, &row, json, err) || !plan_rest_write(request, conn, &plan, json, err))
        return false;
    json_end_object(json);
    return true;
}

static bool answer_plan(HttpRequest *request, int status, Str uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PlanListRow row;
    return conn && readable_plan(request, conn, uid, &row, err) && write_plan(request, conn, uid, http_json(request, status), err);
}

static bool get_plan(HttpRequest *request, GError **err)
{
    return answer_plan(request, 200, http_path(request, "uid"), err);
}

static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    return write_plan(request, conn, http_path(request, "uid"), json, err);
}

/* Ends a changing handler: the fresh plan, the plan as it is for one that came too late, or the problem. */
static bool answer_change(HttpRequest *request, bool changed, GError **err)
{
    return changed ? answer_plan(request, 200, http_path(request, "uid"), err) : http_answer_stale(request, write_present, err);
}

/* Who may not read a plan is not told by a refused change that it exists; the version is that of If-Match. */
static bool begin_change(HttpRequest *request, int64_t *ret_version, GError **err)
{
    if (!http_if_match(request, ret_version, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PlanListRow row;
    return conn && readable_plan(request, conn, http_path(request, "uid"), &row, err);
}

static bool post_plan(HttpRequest *request, GError **err)
{
    NewPlan wish = { .code = STR_NONE };
    const JsonValue *body = request->json;
    Str uid;
    if (!json_get_str(body, "title", &wish.title, err) || !json_get_str(body, "kind", &wish.kind, err) || !json_opt_str(body, "code", &wish.code, err)
        || !json_opt_int(body, "year", 0, 9999, &wish.year, err) || !json_opt_str(body, "basis", &wish.basis, err))
        return false;
    wish.issuer = api_user(request)->org_uid;
    if (!json_opt_str(body, "issuer", &wish.issuer, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return plan_make(&ledger, &actor, &wish, request->arena, &uid, err) && answer_plan(request, 201, uid, err);
}

static bool patch_plan(HttpRequest *request, GError **err)
{
    PlanEdit edit = { .title = STR_NONE };
    const JsonValue *body = request->json;
    int64_t version;
    PlanSettings settings;
    if (!json_opt_str(body, "title", &edit.title, err) || !json_opt_str(body, "code", &edit.code, err) || !json_opt_str(body, "state", &edit.state, err)
        || !json_opt_str(body, "reason", &edit.reason, err) || !begin_change(request, &version, err)
        || !plan_settings_read(request, body, http_path(request, "uid"), &settings, &edit.settings, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, plan_edit(&ledger, &actor, http_path(request, "uid"), version, &edit, err), err);
}

static bool post_stages(HttpRequest *request, GError **err)
{
    int64_t version;
    PlanStage *stages;
    size_t n;
    if (!plan_stages_read(request, &stages, &n, err) || !begin_change(request, &version, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, plan_set_stages(&ledger, &actor, http_path(request, "uid"), version, stages, n, err), err);
}

static bool post_steps(HttpRequest *request, GError **err)
{
    int64_t version;
    PlanStep *steps;
    size_t n;
    if (!plan_steps_read(request, &steps, &n, err) || !begin_change(request, &version, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, plan_set_steps(&ledger, &actor, http_path(request, "uid"), version, steps, n, err), err);
}

static bool post_stage_pass(HttpRequest *request, GError **err)
{
    int64_t version, seq;
    Str reason = STR_NONE;
    if (!json_opt_str(request->json, "reason", &reason, err) || !begin_change(request, &version, err))
        return false;
    if (!str_to_int64(http_path(request, "seq"), &seq)) {
        error_set(err, BH_BAD_INPUT, "a stage is named by its place, from 1 on");
        return error_at(err, "path:seq");
    }
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, plan_pass_stage(&ledger, &actor, http_path(request, "uid"), version, seq, reason, err), err);
}

static bool post_expand(HttpRequest *request, GError **err)
{
    Str reason, uid = http_path(request, "uid");
    Expanded expanded;
    PlanListRow row;
    if (!json_get_str(request->json, "reason", &reason, err))
        return false;
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        if (!conn || !readable_plan(request, conn, uid, &row, err))
            return false;
    }
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    if (!plan_expand(&ledger, &actor, uid, reason, &expanded, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "tasks", expanded.tasks);
    json_member_int(json, "left", expanded.left);
    json_end_object(json);
    return true;
}

static bool get_plan_events(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PlanListRow row;
    return conn && readable_plan(request, conn, http_path(request, "uid"), &row, err) && api_write_events(request, conn, "plan", row.uid, err);
}

/* --- My work ------------------------------------------------------------------------------------------------------------------------ */

enum { WORK_ROWS = 50, WORK_ROWS_MOST = 200 };

/* Why a task waits for somebody: in this state, this verb is allowed to the asker. The first row that fits counts. */
static const struct {
    const char *why, *state, *verb;
    Verb who; /* as may() knows it: only roles that have it are asked for that state at all */
} reasons[] = {
    { "relapse", "reopened", "accept", VERB_WORK },   { "returned", "returned", "accept", VERB_WORK }, { "accept", "issued", "accept", VERB_WORK },
    { "work", "working", "measure", VERB_WORK },      { "review", "submitted", "verify", VERB_REVIEW }, { "decide", "submitted", "incomputable", VERB_REVIEW },
    { "confirm", "submitted", "confirm", VERB_CONFIRM }, { "close", "verified", "close", VERB_OVERSEE },
};

/* The states in which something may wait for the user, with commas between. */
static Str states_that_wait(const User *user, Arena *arena)
{
    g_autoptr(GString) states = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        bool has = false;
        for (size_t g = 0; g < user->n_grants; g++)
            has |= may_parts(user->grants[g].role, reasons[i].who) != 0;
        if (has)
            g_string_append_printf(states, "%s%s", states->len > 0 ? "," : "", reasons[i].state);
    }
    return arena_str(arena, states->len > 0 ? str_from_gstring(states) : STR("none"));
}

/* A row of the list tells most; what hangs on more of the task is asked of the task, which is loaded once. */
typedef struct {
    const TaskRow *row;
    Task *task; /* NULL: not loaded yet */
    const Absent *of;
} Waiting;

static bool may_do(const HttpRequest *request, DbConn *conn, Waiting *waiting, const char *verb, bool *ret_may, GError **err)
{
    bool tells;
    Allowed allowed = task_row_allowed(api_user(request), waiting->row, verb, request->arena, &tells);
    if (!tells && !waiting->task) {
        waiting->task = ARENA_NEW(request->arena, Task);
        if (!task_load_for_rights(conn, request->arena, waiting->row->t.uid, waiting->task, err))
            return false;
    }
    if (!tells)
        allowed = task_allowed(api_user(request), waiting->task, verb, request->arena);
    waiting->of = allowed.of;
    *ret_may = allowed.ok;
    return true;
}

/* *ret_why NULL: it does not wait. */
static bool why_it_waits(const HttpRequest *request, DbConn *conn, Waiting *waiting, const char **ret_why, GError **err)
{
    *ret_why = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(reasons) && !*ret_why; i++) {
        bool allowed;
        if (!str_eq(waiting->row->t.state, str_from(reasons[i].state)))
            continue;
        if (g_str_equal(reasons[i].why, "decide") && waiting->row->t.incomputable)
            continue;
        if (!may_do(request, conn, waiting, reasons[i].verb, &allowed, err))
            return false;
        *ret_why = allowed ? reasons[i].why : NULL;
    }
    return true;
}

static bool write_waiting(const HttpRequest *request, DbConn *conn, const TaskRow *row, JsonWriter *json, GError **err)
{
    Waiting waiting = { .row = row };
    const char *why;
    if (!why_it_waits(request, conn, &waiting, &why, err))
        return false;
    if (!why)
        return true;
    json_begin_object(json);
    json_member_cstr(json, "why", why);
    json_member_instant(json, request, "since", row->t.changed);
    json_member_cstr(json, "document", NULL);
    json_member_for(json, waiting.of);
    json_key(json, "task");
    task_row_write(request, row, waiting.of, json);
    json_end_object(json);
    return true;
}

static bool get_work(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, TaskList, "t.id");
    TaskFilter filter = task_filter_none();
    int limit = (int) MIN(http_query_int(request, "limit", WORK_ROWS), WORK_ROWS_MOST);
    filter.state = states_that_wait(api_user(request), request->arena);
    if (!conn || !task_list_find(list, conn, request->arena, api_user(request), clock_today(request->app->clock), &filter, STR("due"), err)
        || !db_list_page(list, http_query(request, "cursor"), limit, err))
        return false;
    JsonWriter *json = http_list_open(request);
    if (!http_query(request, "cursor").p && !api_write_waiting_documents(request, conn, json, err))
        return false;
    TaskRows rows;
    if (!task_rows_read(list, conn, request->arena, &rows, err))
        return false;
    for (size_t i = 0; i < rows.n; i++)
        if (!write_waiting(request, conn, &rows.v[i], json, err))
            return false;
    return http_list_close(request, list, conn, json, err);
}

#define PLAN "/api/v1/plans/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/plans", HTTP_SESSION, get_plans, HTTP_LIST_QUERY " kind year:int issuer:uid state:open|closed q", HTTP_NO_BODY, "Plans",
      "the plans that the asker may see" },
    { HTTP_POST, "/api/v1/plans", HTTP_SESSION, post_plan, NULL, HTTP_JSON, "Plan", "make a plan by hand" },
    { HTTP_GET, PLAN, HTTP_SESSION, get_plan, NULL, HTTP_NO_BODY, "Plan", "a plan with its stages and settings" },
    { HTTP_PATCH, PLAN, HTTP_SESSION, patch_plan, NULL, HTTP_JSON, "Plan", "change a plan's title, code, settings or state" },
    { HTTP_POST, PLAN "/stages", HTTP_SESSION, post_stages, NULL, HTTP_JSON, "Plan", "set the whole list of a plan's stages" },
    { HTTP_POST, PLAN "/stages/{seq:word}/pass", HTTP_SESSION, post_stage_pass, NULL, HTTP_JSON, "Plan", "pass the present stage" },
    { HTTP_POST, PLAN "/steps", HTTP_SESSION, post_steps, NULL, HTTP_JSON, "Plan", "set a plan's ladder of reminders; none: the default" },
    { HTTP_POST, PLAN "/expand", HTTP_SESSION, post_expand, NULL, HTTP_JSON, "Expanded", "divide what collectives lead among their members" },
    { HTTP_GET, PLAN "/events", HTTP_SESSION, get_plan_events, HTTP_LIST_QUERY, HTTP_NO_BODY, "Events", "a plan's history, oldest first" },
    { HTTP_GET, "/api/v1/work", HTTP_SESSION, get_work, HTTP_LIST_QUERY, HTTP_NO_BODY, "Work", "what waits for the asker, soonest first" },
};

static const HttpShape shapes[] = {
    { "PlanRow", "uid:uid title doc_no? kind code year:int state issuer:Ref issued:instant edition:int tasks:int document:uid? stages:int stage?"
                 " version:int by_state:any" },
    { "PlanStage", "seq:int name begins:date? ends:date? gate share:int? state passed_by:PersonRef? passed_at:instant? reason? forced:bool missing:any?"
                   " tasks:int closed:int" },
    { "PlanStep", "seq:int days:int working:bool level to:[text] letter:bool" },
    { "Meeting", "day:int hour:int" },
    { "PlanSettings", "holding_days:int publicity_days:int publicity_working:bool weekly:Meeting? monthly:Meeting? progress assess:any" },
    { "Plan", "uid:uid title doc_no? kind code year:int state issuer:Ref issued:instant edition:int tasks:int document:uid? stages:int stage? version:int"
              " by_state:any basis? issued_by:PersonRef open_tasks:int stages_list:[PlanStage] steps:[PlanStep] own_steps:bool settings:PlanSettings paper:any layout:bool may:any" },
    { "Expanded", "tasks:int left:int" },
    { "Plans", "rows:[PlanRow] next? total:int" },
    { "WorkRow", "why since:instant for:Ref? task:TaskRow? document:DocumentRow?" },
    { "Work", "rows:[WorkRow] next? total:int" },
};

const RouteTable plan_routes = ROUTE_TABLE(routes, shapes);
