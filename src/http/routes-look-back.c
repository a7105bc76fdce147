/* Rounds of looking back. */
#include "base/limits.h"
#include "http/task-json.h"
#include "ledger/task_list.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Rows ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str uid, plan_uid, plan_title, org_uid, org_name, title, sample;
    Date begins, ends;
    int64_t id, share, made_at, version;
    bool open;
    PersonRef by;
} Head;

typedef struct {
    int64_t total, held, relapsed, unclear;
} Found;

/* What was found, of the tasks that the asker may know of. */
static bool count_found(const HttpRequest *request, DbConn *conn, int64_t round, Found *found, GError **err)
{
    DbList *list = db_list_new(request->arena, LookBackResults, "x.id", .look_back = round);
    scopes_where_seen(list, api_user(request), request->arena);
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (LookBackResultsRow row; rows && db_list_next(list, rows, &row, err);) {
        found->total++;
        found->held += str_eq(row.result, STR("held"));
        found->relapsed += str_eq(row.result, STR("relapsed"));
        found->unclear += str_eq(row.result, STR("unclear"));
    }
    return db_rows_ok(rows);
}

static bool write_head(const HttpRequest *request, DbConn *conn, const Head *head, JsonWriter *json, GError **err)
{
    Found found = { 0 };
    if (!count_found(request, conn, head->id, &found, err))
        return false;
    json_member_str(json, "uid", head->uid);
    json_member_str(json, "title", head->title);
    json_key(json, "plan");
    json_begin_object(json);
    json_member_str(json, "uid", head->plan_uid);
    json_member_str(json, "title", head->plan_title);
    json_end_object(json);
    json_member_ref(json, "org", head->org_uid, head->org_name);
    json_member_date(json, "from", head->begins);
    json_member_date(json, "until", head->ends);
    json_member_cstr(json, "state", head->open ? "open" : "done");
    json_member_str(json, "sample", head->sample);
    json_member_int(json, "share", head->share);
    json_member_int(json, "total", found.total);
    json_member_int(json, "held", found.held);
    json_member_int(json, "relapsed", found.relapsed);
    json_member_int(json, "unclear", found.unclear);
    json_member_instant(json, request, "made", head->made_at);
    json_member_person(json, "by", &head->by);
    json_member_int(json, "version", head->version);
    return true;
}

static const DbFilter round_filters[] = {
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static const DbOrder round_orders[] = { { "newest", "l.id", DB_TYPE_INT, true } };

/* "open": of some task nothing was found yet. */
static void filter_state(DbList *list, Str state)
{
    static const char open[] = "EXISTS (SELECT 1 FROM look_back_task y WHERE y.look_back = l.id AND y.result IS NULL) = (1 = ?)";
    if (state.p)
        db_list_where(list, open, (const int64_t[]) { str_eq(state, STR("open")) }, 1);
}

static bool write_row(const HttpRequest *request, DbConn *conn, const LookBackListRow *row, JsonWriter *json, GError **err)
{
    Head head = { .id = row->id, .uid = row->uid, .plan_uid = row->plan_uid, .plan_title = row->plan_title, .org_uid = row->org_uid, .org_name = row->org_name,
                  .title = row->title, .sample = row->sample, .begins = row->begins, .ends = row->ends, .share = row->share, .made_at = row->made_at,
                  .version = row->version, .open = row->open };
    if (!person_ref(conn, request->arena, row->made_by, &head.by, NULL, err))
        return false;
    json_begin_object(json);
    if (!write_head(request, conn, &head, json, err))
        return false;
    json_end_object(json);
    return true;
}

static DbList *visible_rounds(const HttpRequest *request)
{
    return db_list_new(request->arena, LookBackList, "l.id", .account = request->session->account, .today = clock_today(request->app->clock));
}

static bool get_rounds(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_rounds(request);
    Str plan = http_query(request, "plan");
    filter_state(list, http_query(request, "state"));
    if (!conn || (plan.p && !db_list_filter(list, round_filters, 1, STR("plan"), plan, err)) || !db_list_order(list, round_orders, 1, STR("newest"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (LookBackListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_row(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- One round ----------------------------------------------------------------------------------------------------------------- */

static const LookBackTask *found_of(const LookBack *round, Str task)
{
    for (size_t i = 0; i < round->n_tasks; i++)
        if (str_eq(round->tasks[i].task_uid, task))
            return &round->tasks[i];
    return NULL;
}

/* What the asker may say of a task of which the last word is not said; else nothing. */
static bool write_may(const HttpRequest *request, DbConn *conn, const LookBackTask *found, JsonWriter *json, GError **err)
{
    Task task;
    bool open = !found->result.p || str_eq(found->result, STR("unclear"));
    if (open && !task_load(conn, request->arena, found->task_uid, &task, err))
        return false;
    json_key(json, "may");
    json_begin_object(json);
    for (int held = 0; open && held <= 1; held++) {
        Allowed allowed = look_back_allowed(api_user(request), &task, held, request->arena);
        json_member_allowed(json, held ? "hold" : "record", &allowed);
    }
    json_end_object(json);
    return true;
}

static bool write_found(const HttpRequest *request, DbConn *conn, const LookBack *round, const TaskRow *row, JsonWriter *json, GError **err)
{
    const LookBackTask *found = found_of(round, row->t.uid);
    json_begin_object(json);
    json_key(json, "task");
    task_row_write(request, row, NULL, json);
    json_member_str(json, "result", found->result);
    json_member_str(json, "note", found->note);
    json_member_person(json, "by", &found->by);
    json_member_instant(json, request, "at", found->at);
    bool written = write_may(request, conn, found, json, err);
    json_end_object(json);
    return written;
}

/* Those that the asker may read, page by page of the list. */
static bool write_tasks(const HttpRequest *request, DbConn *conn, const LookBack *round, JsonWriter *json, GError **err)
{
    TaskFilter all = task_filter_none();
    Str cursor = STR_NONE;
    all.plan = round->plan_uid;
    do {
        DbList *list = db_list_new(request->arena, TaskList, "t.id");
        db_list_where(list, "EXISTS (SELECT 1 FROM look_back_task y WHERE y.task = t.id AND y.look_back = ?)", &round->id, 1);
        if (!task_list_find(list, conn, request->arena, api_user(request), clock_today(request->app->clock), &all, STR("no"), err)
            || !db_list_page(list, cursor, LIMIT_LIST_ROWS, err))
            return false;
        TaskRows rows;
        if (!task_rows_read(list, conn, request->arena, &rows, err))
            return false;
        for (size_t i = 0; i < rows.n; i++)
            if (!write_found(request, conn, round, &rows.v[i], json, err))
                return false;
        cursor = db_list_cursor(list);
    } while (cursor.p);
    return true;
}

static bool is_open(const LookBack *round)
{
    for (size_t i = 0; i < round->n_tasks; i++)
        if (!round->tasks[i].result.p)
            return true;
    return false;
}

static bool write_round(const HttpRequest *request, DbConn *conn, const LookBack *round, JsonWriter *json, GError **err)
{
    Head head = { .id = round->id, .uid = round->uid, .plan_uid = round->plan_uid, .plan_title = round->plan_title, .org_uid = round->org_uid,
                  .org_name = round->org_name, .title = round->title, .sample = round->sample, .begins = round->begins, .ends = round->ends, .share = round->share,
                  .made_at = round->made_at, .version = round->version, .open = is_open(round), .by = round->made_by };
    json_begin_object(json);
    if (!write_head(request, conn, &head, json, err))
        return false;
    json_member_str(json, "seed", round->seed);
    json_member_int(json, "candidates", round->candidates);
    json_key(json, "rows");
    json_begin_array(json);
    if (!write_tasks(request, conn, round, json, err))
        return false;
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* The round as its list shows it: one that is not seen there is not found here. */
static bool readable_round(const HttpRequest *request, DbConn *conn, Str uid, LookBack *ret_round, GError **err)
{
    static const DbFilter by_uid[] = { { "uid", "l.uid", DB_FILTER_EQ, DB_TYPE_TEXT } };
    DbList *list = visible_rounds(request);
    if (!db_list_filter(list, by_uid, 1, STR("uid"), uid, err) || !db_list_order(list, round_orders, 1, STR("newest"), err) || !db_list_page(list, STR_NONE, 1, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    LookBackListRow row;
    bool found = rows && db_list_next(list, rows, &row, err);
    if (!db_rows_ok(rows))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no round '" STR_FMT "'", STR_ARG(uid));
    return look_back_load(conn, request->arena, uid, ret_round, err);
}

static bool answer_round(HttpRequest *request, int status, Str uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    LookBack round;
    return conn && readable_round(request, conn, uid, &round, err) && write_round(request, conn, &round, http_json(request, status), err);
}

static bool get_round(HttpRequest *request, GError **err)
{
    return answer_round(request, 200, http_path(request, "uid"), err);
}

static bool read_date(const JsonValue *body, const char *name, Date *ret_date, GError **err)
{
    Str text;
    return json_get_str(body, name, &text, err) && (date_parse(text, ret_date) || json_bad(json_get(body, name), err, "a date like 2026-12-31 is expected"));
}

static bool read_share(const JsonValue *body, int64_t *ret_share, GError **err)
{
    Str sample;
    *ret_share = 100;
    if (!json_get_str(body, "sample", &sample, err))
        return false;
    if (str_eq(sample, STR("all")))
        return true;
    if (!str_eq(sample, STR("share")))
        return json_bad(json_get(body, "sample"), err, "a sample is all, or a share");
    return json_get_int(body, "share", 1, 99, ret_share, err);
}

static bool post_round(HttpRequest *request, GError **err)
{
    NewLookBack wish = { .share = 100 };
    Str uid;
    if (!json_get_str(request->json, "plan", &wish.plan, err) || !json_get_str(request->json, "title", &wish.title, err)
        || !read_date(request->json, "from", &wish.begins, err) || !read_date(request->json, "until", &wish.ends, err)
        || !read_share(request->json, &wish.share, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return look_back_draw(&ledger, &actor, &wish, request->arena, &uid, err) && answer_round(request, 201, uid, err);
}

static bool post_found(HttpRequest *request, GError **err)
{
    LookBackFound found = { .round = http_path(request, "uid"), .task = http_path(request, "task"), .note = STR("") };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    LookBack round;
    if (!conn || !readable_round(request, conn, found.round, &round, err) || !json_get_str(request->json, "result", &found.result, err)
        || !json_opt_str(request->json, "note", &found.note, err))
        return false;
    db_done(g_steal_pointer(&conn));
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return look_back_found(&ledger, &actor, &found, err) && answer_round(request, 200, found.round, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/look-backs", HTTP_SESSION, get_rounds, HTTP_LIST_QUERY " plan:uid state:open|done", HTTP_NO_BODY, "LookBacks", "rounds of looking back, newest first" },
    { HTTP_POST, "/api/v1/look-backs", HTTP_SESSION, post_round, NULL, HTTP_JSON, "LookBack", "draw a round" },
    { HTTP_GET, "/api/v1/look-backs/{uid}", HTTP_SESSION, get_round, NULL, HTTP_NO_BODY, "LookBack", "a round with its tasks" },
    { HTTP_POST, "/api/v1/look-backs/{uid}/tasks/{task}", HTTP_SESSION, post_found, NULL, HTTP_JSON, "LookBack", "what was found on a task" },
};

#define ROUND \
    "uid:uid title plan:PlanRef org:Ref from:date until:date state sample share:int total:int held:int relapsed:int unclear:int made:instant by:PersonRef version:int"

static const HttpShape shapes[] = {
    { "LookBackRow", ROUND },
    { "LookBacks", "rows:[LookBackRow] next? total:int" },
    { "LookBackTask", "task:TaskRow result? note? by:PersonRef? at:instant? may:any" },
    { "LookBack", ROUND " seed candidates:int rows:[LookBackTask]" },
};

const RouteTable look_back_routes = ROUTE_TABLE(routes, shapes);
