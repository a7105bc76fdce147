/* What is wrong in records: the work list of those who send it back and of those who mend it, and its counts. */
#include "hub/defect.h"

#include "http/defect-json.h"

#include "base/banned.h"

static bool get_defect(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && defect_json_whole(request, conn, http_json(request, 200), err);
}

/* --- Lists ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter defect_filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },    { "rule", "f.rule", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "level", "f.level", DB_FILTER_EQ, DB_TYPE_TEXT },     { "state", "f.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "due_to", "f.due", DB_FILTER_LE, DB_TYPE_DATE },
};

#define FILTERS " org:uid dataset:text rule+:text level:error|warning state+:found|sent|corrected|closed|waived from to due_to:date intake:uid mine:bool"

bool data_filter_months(const HttpRequest *request, const char *name, bool last, int64_t *ret_month, GError **err)
{
    Str text = http_query(request, name);
    Period period;
    if (!text.p)
        return true;
    if (!period_parse(text, &period)) {
        error_set(err, BH_BAD_INPUT, "a month is written 2026-01");
        return error_at(err, "query:%s", name);
    }
    *ret_month = hub_month(last ? period_end(period) : period_start(period));
    return true;
}

static bool filter_months(const HttpRequest *request, DbList *list, GError **err)
{
    int64_t from = -1, to = -1;
    if (!data_filter_months(request, "from", false, &from, err) || !data_filter_months(request, "to", true, &to, err))
        return false;
    if (from >= 0)
        db_list_where(list, "f.month >= ?", &from, 1);
    if (to >= 0)
        db_list_where(list, "f.month <= ?", &to, 1);
    return true;
}

static bool filter_defects(const HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(defect_filters); i++) {
        Str value = http_query(request, defect_filters[i].name);
        if (value.p && !db_list_filter(list, defect_filters, G_N_ELEMENTS(defect_filters), str_from(defect_filters[i].name), value, err))
            return false;
    }
    Str intake = http_query(request, "intake");
    DbValue uid[] = { DB_TEXT(intake), DB_TEXT(api_user(request)->org_path), DB_TEXT(api_user(request)->org_path) };
    if (intake.p)
        db_list_where_values(list, "f.found_batch IN (SELECT b.id FROM batch b JOIN intake i ON i.id = b.intake WHERE i.uid = ?)", uid, 1);
    if (http_query_flag(request, "mine")) {
        db_list_where_values(list, "substr(o.path, 1, length(?)) = ?", &uid[1], 2);
        db_list_where_values(list, "f.state = ?", (DbValue[]) { DB_TEXT(STR("sent")) }, 1);
    }
    return filter_months(request, list, err) && data_filter_below(request, conn, list, err);
}

static bool get_defects(HttpRequest *request, GError **err)
{
    static const DbOrder orders[] = { { "found", "f.found_at", DB_TYPE_INT, true }, { "due", "coalesce(f.due, '9999-12-31')", DB_TYPE_DATE, false } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Str order = http_query(request, "order");
    DbList *list = db_list_new(request->arena, DefectList, "f.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_defects(request, conn, list, err) || !db_list_order(list, orders, G_N_ELEMENTS(orders), order.p ? order : STR("found"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DefectListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!data_json_defect(request, conn, packs, arena_str(request->arena, row.uid), json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Counts ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str key, one, other; /* key: of both */
    Str level;
    int64_t n, late;
} Tally;

typedef struct {
    Arena *arena;
    GHashTable *by_key; /* Str * → Tally * */
    ARENA_LIST(Tally *) all;
} Tallies;

static void tally(Tallies *tallies, Str one, Str other, Str level, bool late)
{
    Str key = arena_printf(tallies->arena, STR_FMT "\n" STR_FMT, STR_ARG(one), STR_ARG(other));
    Tally *found = g_hash_table_lookup(tallies->by_key, &key);
    if (!found) {
        found = ARENA_NEW(tallies->arena, Tally);
        *found = (Tally) { .key = key, .one = arena_str(tallies->arena, one), .other = arena_str(tallies->arena, other), .level = arena_str(tallies->arena, level) };
        g_hash_table_insert(tallies->by_key, &found->key, found);
        *ARENA_PUSH(tallies->arena, &tallies->all) = found;
    }
    found->n++;
    found->late += late;
}

static int most_first(const void *a, const void *b)
{
    const Tally *one = *(Tally *const *) a, *other = *(Tally *const *) b;
    return one->n != other->n ? (one->n > other->n ? -1 : 1) : str_cmp(one->key, other->key);
}

enum { BY_STATE, BY_LEVEL, BY_DATASET, BY_RULE, BY_ORG, BY_ALL };

static void add_row(Tallies *by, const DefectCountRow *row)
{
    static const Str none = STR_INIT("");
    tally(&by[BY_STATE], row->state, none, none, row->late);
    tally(&by[BY_LEVEL], row->level, none, none, row->late);
    tally(&by[BY_DATASET], row->dataset, none, none, row->late);
    tally(&by[BY_RULE], row->dataset, row->rule, row->level, row->late);
    tally(&by[BY_ORG], row->org_uid, row->org_name, none, row->late);
}

static void write_words(JsonWriter *json, const char *name, const Tallies *tallies)
{
    json_key(json, name);
    json_begin_object(json);
    for (size_t i = 0; i < tallies->all.n; i++) {
        json_key_str(json, tallies->all.v[i]->one);
        json_int(json, tallies->all.v[i]->n);
    }
    json_end_object(json);
}

static void write_tallies(JsonWriter *json, const char *name, const PacksRef *packs, const Tallies *tallies, int by)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < tallies->all.n; i++) {
        const Tally *one = tallies->all.v[i];
        json_begin_object(json);
        if (by == BY_ORG)
            json_member_ref(json, "org", one->one, one->other);
        else
            json_member_dataset(json, "dataset", packs, one->one);
        if (by == BY_RULE) {
            json_member_str(json, "rule", one->other);
            json_rule_texts(json, packs, one->one, one->other);
            json_member_str(json, "level", one->level);
        }
        json_member_int(json, "n", one->n);
        json_member_int(json, "late", one->late);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, DefectCount, "f.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_defects(request, conn, list, err))
        return false;
    Tallies by[BY_ALL];
    int64_t total = 0;
    for (int i = 0; i < BY_ALL; i++)
        by[i] = (Tallies) { .arena = request->arena, .by_key = g_hash_table_new(str_hash, str_equal) };
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (DefectCountRow row; rows && db_next(rows, &row, err); total++)
        add_row(by, &row);
    for (int i = 0; i < BY_ALL; i++) {
        g_hash_table_unref(by[i].by_key);
        if (by[i].all.n > 1)
            qsort(by[i].all.v, by[i].all.n, sizeof *by[i].all.v, most_first);
    }
    if (!db_rows_ok(rows))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "total", total);
    write_words(json, "state", &by[BY_STATE]);
    write_words(json, "level", &by[BY_LEVEL]);
    write_tallies(json, "dataset", packs, &by[BY_DATASET], BY_DATASET);
    write_tallies(json, "rule", packs, &by[BY_RULE], BY_RULE);
    write_tallies(json, "org", packs, &by[BY_ORG], BY_ORG);
    json_end_object(json);
    return true;
}

/* --- Every day ---------------------------------------------------------------------------------------------------------------------------- */

static bool go_on(void *run, GError **err)
{
    return job_progress(run, 0.5, NULL, err);
}

bool job_defects(JobRun *run, GError **err)
{
    HubDefectDay day;
    if (!hub_defects_daily(run->db, run->clock, go_on, run, &day, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "returned", day.returned);
    json_member_int(json, "late", day.late);
    json_member_int(json, "raised", day.raised);
    json_end_object(json);
    return true;
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------------------- */

#define DEFECT "/api/v1/defects/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/defects", HTTP_SESSION, get_defects, HTTP_LIST_QUERY FILTERS " order:found|due", HTTP_NO_BODY, "Defects", "what is wrong in records" },
    { HTTP_GET, "/api/v1/defects/counts", HTTP_SESSION, get_counts, FILTERS, HTTP_NO_BODY, "DefectCounts", "how much, by state, dataset, rule and organisation" },
    { HTTP_GET, DEFECT, HTTP_SESSION, get_defect, NULL, HTTP_NO_BODY, "DefectWhole", "a defect with what was said of it" },
};

#define MEMBERS "uid:uid org:Ref dataset:DatasetRef rule says? says_en? level state month? period? record? found:instant due:date? sent:instant? closed:instant? reason? again:int late:bool" \
                " version:int may:any"

static const HttpShape shapes[] = {
    { "Defect", MEMBERS },
    { "Defects", "rows:[Defect] next? total:int" },
    { "DefectWhole", MEMBERS " values:any notes:any found_how found_by:uid? closed_how? closed_by:uid?" },
    { "DefectCounts", "total:int state:any level:any dataset:any rule:any org:any" },
};

const RouteTable defect_routes = ROUTE_TABLE(routes, shapes);
