/* How many tasks there are of each kind, under the filters of the list: for boards, timelines and facets. */
#include "http/report-cache.h"
#include "http/task-json.h"
#include "ledger/task_count.h"

#include "base/banned.h"

enum { MOST_ROWS = 500 /* of plans and owners, the largest first */ };

/* --- Writing ---------------------------------------------------------------------------------------------------------------- */

static void write_sums(JsonWriter *json, const char *name, const TaskCounts *counts)
{
    json_key(json, name);
    json_begin_object(json);
    for (size_t i = 0; i < counts->n; i++) {
        json_key_str(json, counts->v[i].name);
        json_int(json, counts->v[i].n);
    }
    json_end_object(json);
}

static bool write_plans(const HttpRequest *request, DbConn *conn, JsonWriter *json, const TaskCounts *counts, GError **err)
{
    json_key(json, "plan");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(counts->n, MOST_ROWS); i++) {
        PlanNameRow plan;
        bool found;
        if (!db_one(conn, PlanName, request->arena, &plan, &found, err, .id = counts->v[i].id))
            return false;
        json_begin_object(json);
        json_member_str(json, "uid", plan.uid);
        json_member_str(json, "title", plan.title);
        json_member_int(json, "n", counts->v[i].n);
        json_member_int(json, "red", counts->v[i].lights[LIGHT_RED]);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static void write_months(JsonWriter *json, const TaskCounts *counts)
{
    json_key(json, "month");
    json_begin_array(json);
    for (size_t i = 0; i < counts->n; i++) {
        json_begin_object(json);
        json_member_str(json, "month", counts->v[i].name);
        json_member_int(json, "n", counts->v[i].n);
        json_member_int(json, "red", counts->v[i].lights[LIGHT_RED]);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool write_owners(const HttpRequest *request, DbConn *conn, JsonWriter *json, const TaskCounts *counts, GError **err)
{
    json_key(json, "owner");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(counts->n, MOST_ROWS); i++) {
        const TaskCount *count = &counts->v[i];
        Org org;
        if (!org_by_id(conn, request->arena, count->id, &org, err))
            return false;
        json_begin_object(json);
        json_member_ref(json, "org", org.uid, org.name);
        json_member_int(json, "n", count->n);
        json_member_int(json, "red", count->lights[LIGHT_RED]);
        json_member_int(json, "amber", count->lights[LIGHT_AMBER]);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

/* --- Districts -------------------------------------------------------------------------------------------------------------- */

static bool read_districts(const HttpRequest *request, DbConn *conn, GHashTable *areas, GError **err)
{
    Date today = clock_today(request->app->clock);
    DbList *list = db_list_new(request->arena, TaskDistrictCounts, "t.id");
    if (!task_list_of_query(request, conn, list, false, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskDistrictCountsRow row; rows && db_next(rows, &row, err);) {
        TaskCount *count = g_hash_table_lookup(areas, &row.area);
        if (!count) {
            count = ARENA_NEW(request->arena, TaskCount);
            count->name = arena_str(request->arena, row.area);
            g_hash_table_insert(areas, &count->name, count);
        }
        count->n += row.n;
        count->lights[light_of(row.state, row.due, row.decides, row.amber_days, today)] += row.n;
    }
    return db_rows_ok(rows);
}

static void write_district(JsonWriter *json, const DistrictsNowRow *row, const TaskCount *count)
{
    static const Light shown[] = { LIGHT_RED, LIGHT_AMBER, LIGHT_GREEN, LIGHT_GREY, LIGHT_NONE };
    json_begin_object(json);
    json_member_ref(json, "org", row->uid, row->name);
    json_member_str(json, "area", row->area);
    json_member_int(json, "n", count->n);
    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        json_member_int(json, light_name(shown[i]), count->lights[shown[i]]);
    json_end_object(json);
}

/* What the city itself leads is in none of them. */
static bool write_districts(const HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_autoptr(GHashTable) areas = g_hash_table_new(str_hash, str_equal);
    if (!read_districts(request, conn, areas, err))
        return false;
    json_key(json, "district");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, DistrictsNow, err);
    for (DistrictsNowRow row; rows && db_next(rows, &row, err);) {
        const TaskCount *count = g_hash_table_lookup(areas, &row.area);
        if (count)
            write_district(json, &row, count);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

/* --- All of it -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    DbConn *conn;
} Counting;

static bool filter_more(const void *data, DbList *list, GError **err)
{
    return task_filter_report(data, list, err);
}

static bool count_board(void *data, GString *out, int64_t *ret_tasks, GError **err)
{
    const Counting *c = data;
    HttpRequest *request = c->request;
    TaskFilter filter = task_filter_of_query(request);
    bool more = http_query(request, "figure").p || http_query(request, "step").p;
    TaskBoard board;
    JsonWriter json;
    if (!task_board(c->conn, request->arena, api_user(request), clock_today(request->app->clock), &filter, more ? filter_more : NULL, request, &board, err))
        return false;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    json_member_int(&json, "total", board.total);
    write_sums(&json, "state", &board.states);
    write_sums(&json, "light", &board.lights);
    if (!write_plans(request, c->conn, &json, &board.plans, err) || !write_owners(request, c->conn, &json, &board.owners, err))
        return false;
    write_months(&json, &board.months);
    if (http_query_flag(request, "districts") && !write_districts(request, c->conn, &json, err))
        return false;
    json_end_object(&json);
    *ret_tasks = board.total;
    return true;
}

/* What an account may see is its own, so its boards are. */
static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(GString) out = g_string_new(NULL);
    Counting counting = { request, conn };
    Str asked = http_query_all(request);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, asked.p, (gssize) asked.n);
    Str key = arena_printf(request->arena, "counts " STR_FMT " %d %s", STR_ARG(api_user(request)->account_uid), clock_today(request->app->clock), digest);
    if (!conn || !report_cache_get(api_app(request)->reports, key, count_board, &counting, out, err))
        return false;
    json_raw(http_json(request, 200), str_from_gstring(out));
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/tasks/counts", HTTP_SESSION, get_counts, "districts:bool" TASK_FILTERS, HTTP_NO_BODY, "TaskCounts", "how many tasks the asker may see, of each kind" },
};

static const HttpShape shapes[] = {
    { "PlanCount", "uid:uid title n:int red:int" },
    { "OwnerCount", "org:Ref n:int red:int amber:int" },
    { "MonthCount", "month n:int red:int" },
    { "TaskCounts", "total:int state:any light:any plan:[PlanCount] owner:[OwnerCount] month:[MonthCount] district:any?" },
};

const RouteTable counts_routes = ROUTE_TABLE(routes, shapes);
