/* How many tasks there are of each kind, under the filters of the list: for boards, timelines and facets. */
#include "http/task-json.h"

#include "base/banned.h"

enum { MONTH_TEXT = 8, MOST_ROWS = 500 /* of plans and owners, the largest first */ };

/* A name with its count; what is shown beside it. */
typedef struct {
    Str key, title;
    int64_t n, red, amber, green, grey;
} Count;

typedef struct {
    Arena *arena;
    GHashTable *by_key; /* Str * to Count * */
    ARENA_LIST(Count *) all;
} Counts;

static Count *count_of(Counts *counts, Str key)
{
    Count *count = g_hash_table_lookup(counts->by_key, &key);
    if (count)
        return count;
    count = ARENA_NEW(counts->arena, Count);
    count->key = arena_str(counts->arena, key);
    g_hash_table_insert(counts->by_key, &count->key, count);
    *ARENA_PUSH(counts->arena, &counts->all) = count;
    return count;
}

static void counts_init(Counts *counts, Arena *arena)
{
    *counts = (Counts) { .arena = arena, .by_key = g_hash_table_new(str_hash, str_equal) };
}

static void counts_clear(Counts *counts)
{
    g_hash_table_unref(counts->by_key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Counts, counts_clear)

static int by_size(const void *a, const void *b)
{
    const Count *x = *(Count *const *) a, *y = *(Count *const *) b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : str_cmp(x->key, y->key);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(Count *const *) a)->key, (*(Count *const *) b)->key);
}

static size_t sorted(Counts *counts, int (*compare)(const void *, const void *))
{
    if (counts->all.n > 1)
        qsort(counts->all.v, counts->all.n, sizeof(Count *), compare);
    return MIN(counts->all.n, MOST_ROWS);
}

/* --- Reading --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Counts states, lights, plans, months;
    int64_t total;
} Board;

static Str month_of(Date due, char text[static DATE_TEXT_MAX])
{
    return (Str) { date_format(due, text), MONTH_TEXT - 1 };
}

static void add_row(Board *board, const TaskCountsRow *row, Date today)
{
    char text[DATE_TEXT_MAX];
    Str light = str_from(task_light(row->state, row->due, row->decides, false, row->amber_days, today));
    bool red = str_eq(light, STR("red"));
    board->total += row->n;
    count_of(&board->states, row->state)->n += row->n;
    count_of(&board->lights, light)->n += row->n;
    Count *plan = count_of(&board->plans, row->plan_uid);
    plan->n += row->n;
    plan->red += red ? row->n : 0;
    if (!plan->title.p)
        plan->title = arena_str(board->plans.arena, row->plan_title);
    if (row->due == DATE_NONE)
        return;
    Count *month = count_of(&board->months, month_of(row->due, text));
    month->n += row->n;
    month->red += red ? row->n : 0;
}

static bool read_board(const HttpRequest *request, DbConn *conn, Board *board, GError **err)
{
    Date today = clock_today(request->app->clock);
    DbList *list = db_list_new(request->arena, TaskCounts, "t.id");
    if (!task_list_of_query(request, conn, list, false, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskCountsRow row; rows && db_next(rows, &row, err);)
        add_row(board, &row, today);
    return db_rows_ok(rows);
}

/* --- Writing ---------------------------------------------------------------------------------------------------------------- */

static void write_sums(JsonWriter *json, const char *name, Counts *counts)
{
    size_t n = sorted(counts, by_key);
    json_key(json, name);
    json_begin_object(json);
    for (size_t i = 0; i < n; i++) {
        json_key_str(json, counts->all.v[i]->key);
        json_int(json, counts->all.v[i]->n);
    }
    json_end_object(json);
}

static void write_plans(JsonWriter *json, Counts *counts)
{
    size_t n = sorted(counts, by_size);
    json_key(json, "plan");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        const Count *count = counts->all.v[i];
        json_begin_object(json);
        json_member_str(json, "uid", count->key);
        json_member_str(json, "title", count->title);
        json_member_int(json, "n", count->n);
        json_member_int(json, "red", count->red);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_months(JsonWriter *json, Counts *counts)
{
    size_t n = sorted(counts, by_key);
    json_key(json, "month");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        const Count *count = counts->all.v[i];
        json_begin_object(json);
        json_member_str(json, "month", count->key);
        json_member_int(json, "n", count->n);
        json_member_int(json, "red", count->red);
        json_end_object(json);
    }
    json_end_array(json);
}

static int by_tasks(const void *a, const void *b)
{
    const TaskOwnerCountsRow *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->org < y->org ? -1 : x->org > y->org;
}

static bool write_owner(const HttpRequest *request, DbConn *conn, JsonWriter *json, const TaskOwnerCountsRow *row, GError **err)
{
    Org org;
    if (!org_by_id(conn, request->arena, row->org, &org, err))
        return false;
    json_begin_object(json);
    json_member_ref(json, "org", org.uid, org.name);
    json_member_int(json, "n", row->n);
    json_member_int(json, "red", row->red);
    json_member_int(json, "amber", row->amber);
    json_end_object(json);
    return true;
}

static bool write_owners(const HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    Date today = clock_today(request->app->clock);
    ARENA_LIST(TaskOwnerCountsRow) owners = { 0 };
    DbList *list = db_list_new(request->arena, TaskOwnerCounts, "t.id", .today = today, .soon = today + LADDER_AMBER_MAX);
    if (!task_list_of_query(request, conn, list, false, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskOwnerCountsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(request->arena, &owners) = row;
    if (!db_rows_ok(rows))
        return false;
    if (owners.n > 1)
        qsort(owners.v, owners.n, sizeof *owners.v, by_tasks);
    json_key(json, "owner");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(owners.n, MOST_ROWS); i++)
        if (!write_owner(request, conn, json, &owners.v[i], err))
            return false;
    json_end_array(json);
    return true;
}

/* --- Districts -------------------------------------------------------------------------------------------------------------- */

static void add_light(Count *count, const char *light, int64_t n)
{
    count->n += n;
    count->red += g_str_equal(light, "red") ? n : 0;
    count->amber += g_str_equal(light, "amber") ? n : 0;
    count->green += g_str_equal(light, "green") ? n : 0;
    count->grey += g_str_equal(light, "grey") ? n : 0;
}

static bool read_districts(const HttpRequest *request, DbConn *conn, Counts *areas, GError **err)
{
    Date today = clock_today(request->app->clock);
    DbList *list = db_list_new(request->arena, TaskDistrictCounts, "t.id");
    if (!task_list_of_query(request, conn, list, false, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskDistrictCountsRow row; rows && db_next(rows, &row, err);)
        add_light(count_of(areas, row.area), task_light(row.state, row.due, row.decides, false, row.amber_days, today), row.n);
    return db_rows_ok(rows);
}

static void write_district(JsonWriter *json, const DistrictsNowRow *row, const Count *count)
{
    json_begin_object(json);
    json_member_ref(json, "org", row->uid, row->name);
    json_member_str(json, "area", row->area);
    json_member_int(json, "n", count->n);
    json_member_int(json, "red", count->red);
    json_member_int(json, "amber", count->amber);
    json_member_int(json, "green", count->green);
    json_member_int(json, "grey", count->grey);
    json_member_int(json, "none", count->n - count->red - count->amber - count->green - count->grey);
    json_end_object(json);
}

/* What the city itself leads is in none of them. */
static bool write_districts(const HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_auto(Counts) areas;
    counts_init(&areas, request->arena);
    if (!read_districts(request, conn, &areas, err))
        return false;
    json_key(json, "district");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, DistrictsNow, err);
    for (DistrictsNowRow row; rows && db_next(rows, &row, err);) {
        const Count *count = g_hash_table_lookup(areas.by_key, &row.area);
        if (count)
            write_district(json, &row, count);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool write_board(HttpRequest *request, DbConn *conn, Board *board, GError **err)
{
    if (!read_board(request, conn, board, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "total", board->total);
    write_sums(json, "state", &board->states);
    write_sums(json, "light", &board->lights);
    write_plans(json, &board->plans);
    if (!write_owners(request, conn, json, err))
        return false;
    write_months(json, &board->months);
    if (http_query_flag(request, "districts") && !write_districts(request, conn, json, err))
        return false;
    json_end_object(json);
    return true;
}

static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_auto(Counts) states, lights, plans, months;
    counts_init(&states, request->arena);
    counts_init(&lights, request->arena);
    counts_init(&plans, request->arena);
    counts_init(&months, request->arena);
    Board board = { states, lights, plans, months, 0 };
    return conn && write_board(request, conn, &board, err);
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
