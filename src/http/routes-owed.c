/* What persons owe by their records: the list of those to be called, counts, and excusing. */
#include "http/person-json.h"
#include "indicator/owed.h"

#include "base/banned.h"

/* --- One --------------------------------------------------------------------------------------------------------------------- */

static const PackDuty *duty_of(const PacksRef *packs, Str name)
{
    const char *dot = memchr(name.p, '.', name.n);
    const Pack *pack = dot ? packs_find(packs, (Str) { name.p, (size_t) (dot - name.p) }) : NULL;
    for (size_t i = 0; pack && i < pack->duties.n; i++)
        if (str_eq(pack->duties.v[i].entry.id, str_from_at(name, (size_t) (dot - name.p) + 1)))
            return &pack->duties.v[i];
    return NULL;
}

/* As datasets are shown; of one that no pack declares any more the name stands for the words. */
static void json_member_duty(JsonWriter *json, const PacksRef *packs, Str name)
{
    const PackDuty *duty = duty_of(packs, name);
    json_key(json, "duty");
    json_begin_object(json);
    json_member_str(json, "id", name);
    json_member_str(json, "name", duty ? duty->name : name);
    json_member_str(json, "name_en", duty ? duty->name_en : STR_NONE);
    json_end_object(json);
}

/* Nobody excuses what his own organisation answers for. */
static Allowed may_excuse(const HttpRequest *request, Str org_path, const MayObject *facts)
{
    Allowed allowed = api_allowed(request, VERB_WAIVE_DATA, facts);
    return allowed.ok && user_stands_within(api_user(request), org_path) ? (Allowed) { .why = "own-organisation" } : allowed;
}

static bool write_one(HttpRequest *request, DbConn *conn, const PacksRef *packs, const OwedListRow *row, JsonWriter *json, GError **err)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    Allowed excuse = may_excuse(request, row->org_path, &facts);
    if (excuse.ok && row->done_on != DATE_NONE)
        excuse = (Allowed) { .why = "wrong-state" };
    json_begin_object(json);
    json_member_duty(json, packs, row->duty);
    if (!json_member_known_person(request, conn, row->person, json, err))
        return false;
    json_member_int(json, "seq", row->seq);
    json_member_period(json, "period", row->seq);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_date(json, "due", row->due);
    json_member_date(json, "last", row->last);
    json_member_int(json, "times", row->times);
    json_member_int(json, "done", row->done);
    json_member_date(json, "done_on", row->done_on);
    json_member_cstr(json, "state", owed_states[owed_state(row->due, row->last, row->done_on, row->reason.p != NULL, clock_today(request->app->clock))]);
    json_member_str(json, "reason", row->reason);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "excuse", &excuse);
    json_end_object(json);
    json_end_object(json);
    return true;
}

/* --- Lists -------------------------------------------------------------------------------------------------------------------- */

static const DbFilter filters[] = {
    { "duty", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "from", "w.due", DB_FILTER_GE, DB_TYPE_DATE },
    { "to", "w.due", DB_FILTER_LE, DB_TYPE_DATE },
};

/* The same as owed_state, for the store. Each ? is today. */
static const struct {
    const char *state, *condition;
    size_t days;
} states[] = {
    { "coming", "x.at IS NULL AND w.done_on IS NULL AND w.due > ?", 1 },
    { "due", "x.at IS NULL AND w.done_on IS NULL AND w.due <= ? AND w.last >= ?", 2 },
    { "missed", "x.at IS NULL AND w.done_on IS NULL AND w.last < ?", 1 },
    { "done", "x.at IS NULL AND w.done_on <= w.last", 0 },
    { "late", "x.at IS NULL AND w.done_on > w.last", 0 },
    { "excused", "x.at IS NOT NULL", 0 },
};

/* Duties by which records of a dataset are asked for. */
static bool filter_dataset(const HttpRequest *request, const PacksRef *packs, DbList *list, GError **err)
{
    Str name = http_query(request, "dataset");
    const PackDataset *dataset;
    GString *any;
    if (!name.p)
        return true;
    if (!data_dataset(packs, name, &dataset, err))
        return false;
    any = g_string_new(NULL);
    for (size_t p = 0; p < packs_count(packs); p++) {
        const Pack *pack = packs_get(packs, p);
        for (size_t i = 0; i < pack->duties.n; i++)
            if (pack->duties.v[i].done_by && pack->duties.v[i].done_by->dataset == dataset)
                g_string_append_printf(any, "%s" STR_FMT "." STR_FMT, any->len > 0 ? "," : "", STR_ARG(pack->id), STR_ARG(pack->duties.v[i].entry.id));
    }
    static const DbFilter duties[] = { { "duties", "d.name", DB_FILTER_EQ_ANY, DB_TYPE_TEXT } };
    Str names = arena_str(request->arena, any->len > 0 ? str_from_gstring(any) : STR("."));
    g_string_free(any, true);
    return db_list_filter(list, duties, 1, STR("duties"), names, err);
}

static bool filter_all(const HttpRequest *request, DbConn *conn, const PacksRef *packs, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        Str value = http_query(request, filters[i].name);
        if (value.p && !db_list_filter(list, filters, G_N_ELEMENTS(filters), str_from(filters[i].name), value, err))
            return false;
    }
    Date today = clock_today(request->app->clock);
    DbValue days[] = { DB_DATE(today), DB_DATE(today) };
    Str state = http_query(request, "state");
    for (size_t i = 0; state.p && i < G_N_ELEMENTS(states); i++)
        if (str_eq(state, str_from(states[i].state)))
            db_list_where_values(list, states[i].condition, days, states[i].days);
    return filter_dataset(request, packs, list, err) && data_filter_below(request, conn, list, err);
}

static bool get_owed(HttpRequest *request, GError **err)
{
    static const DbOrder orders[] = { { "due", "w.due", DB_TYPE_DATE, false } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, OwedList, "w.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_all(request, conn, packs, list, err) || !db_list_order(list, orders, 1, STR("due"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (OwedListRow row; rows && db_list_next(list, rows, &row, err);) {
        db_row_keep(OwedList, &row, request->arena);
        if (!write_one(request, conn, packs, &row, json, err))
            return false;
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, OwedCounts, "w.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_all(request, conn, packs, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (OwedCountsRow row; rows && db_next(rows, &row, err);) {
        json_begin_object(json);
        json_member_duty(json, packs, row.duty);
        json_member_ref(json, "org", row.org_uid, row.org_name);
        json_member_int(json, "coming", row.coming);
        json_member_int(json, "due", row.due);
        json_member_int(json, "missed", row.missed);
        json_member_int(json, "done", row.done);
        json_member_int(json, "late", row.late);
        json_member_int(json, "excused", row.excused);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    return db_rows_ok(rows);
}

/* --- Excusing ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    HttpRequest *request;
    OwedExcusing what;
} Excusing;

static bool find(HttpRequest *request, DbConn *conn, const OwedExcusing *what, OwedFindRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, OwedFind, request->arena, ret_row, &found, err, .duty = what->duty, .person = what->person, .seq = what->seq))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_row->org_path, ret_row->org_area) : (MayObject) { 0 };
    found = found && may(api_user(request), VERB_READ_DATA, &facts).ok;
    return found || error_set(err, BH_NOT_FOUND, "nothing of the kind is owed");
}

static bool check_may(const HttpRequest *request, const OwedFindRow *row, GError **err)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    if (!api_may(request, VERB_WAIVE_DATA, &facts, err))
        return false;
    if (!user_stands_within(api_user(request), row->org_path))
        return true;
    error_set(err, BH_FORBIDDEN, "nobody excuses what his own organisation owes");
    return error_detail(err, "own-organisation");
}

static bool excuse_in_tx(DbConn *tx, void *data, GError **err)
{
    Excusing *excusing = data;
    return owed_excuse(tx, &excusing->what, err);
}

static bool read_excuse(HttpRequest *request, Str *ret_person, OwedExcusing *what, GError **err)
{
    if (!json_get_str(request->json, "duty", &what->duty, err) || !json_get_str(request->json, "person", ret_person, err)
        || !json_get_int(request->json, "seq", 0, G_MAXINT32, &what->seq, err) || !json_get_str(request->json, "reason", &what->reason, err))
        return false;
    return hub_person_by_uid(api_app(request)->persons, *ret_person, &what->person) || error_set(err, BH_NOT_FOUND, "nothing of the kind is owed");
}

static bool post_excuse(HttpRequest *request, GError **err)
{
    Excusing excusing = { .request = request, .what = { .who = api_who(request), .account = request->session->account } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    OwedFindRow row;
    if (!packs || !read_excuse(request, &excusing.what.person_uid, &excusing.what, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !find(request, conn, &excusing.what, &row, err) || !check_may(request, &row, err))
        return false;
    db_done(g_steal_pointer(&conn));
    if (!http_write(request, excuse_in_tx, &excusing, err))
        return false;
    conn = db_reader(request->app->db, err);
    if (!conn || !find(request, conn, &excusing.what, &row, err))
        return false;
    OwedListRow one = { row.id, row.duty, row.person, row.seq, row.org_uid, row.org_name, row.org_path, row.org_area, row.due, row.last, row.times, row.done, row.done_on, row.reason };
    return write_one(request, conn, packs, &one, http_json(request, 200), err);
}

#define FILTERS "org:uid dataset:text duty:text state:coming|due|missed|done|late|excused from:date to:date"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/owed", HTTP_SESSION, get_owed, HTTP_LIST_QUERY " " FILTERS, HTTP_NO_BODY, "OwedList", "what persons owe by their records, and how it stands" },
    { HTTP_GET, "/api/v1/owed/counts", HTTP_SESSION, get_counts, FILTERS, HTTP_NO_BODY, "OwedCounts", "how many owe, missed or did it, by duty and organisation" },
    { HTTP_POST, "/api/v1/owed/excuse", HTTP_SESSION, post_excuse, NULL, HTTP_JSON, "Owed", "excuse a person from what is owed, with a reason" },
};

static const HttpShape shapes[] = {
    { "Owed", "duty:any person:any seq:int period? org:Ref due:date last:date times:int done:int done_on:date? state reason? may:any" },
    { "OwedList", "rows:[Owed] next? total:int" },
    { "OwedCount", "duty:any org:Ref coming:int due:int missed:int done:int late:int excused:int" },
    { "OwedCounts", "rows:[OwedCount]" },
};

static const HttpExportColumn columns[] = {
    { "duty.name", "export.duty", EXPORT_TEXT, 32 },          { "person.name", "export.owed_person", EXPORT_TEXT, 16 }, { "org.name", "export.unit", EXPORT_TEXT, 32 },
    { "period", "export.period", EXPORT_TEXT, 12 },           { "due", "export.due", EXPORT_DATE, 12 },                 { "last", "export.last", EXPORT_DATE, 12 },
    { "state", "export.state", EXPORT_TEXT, 12, .words = "owed.state." }, { "done", "export.owed_done", EXPORT_NUMBER, 8 }, { "times", "export.owed_times", EXPORT_NUMBER, 8 },
    { "done_on", "export.owed_done_on", EXPORT_DATE, 12 },    { "reason", "export.reason", EXPORT_TEXT, 28 },           { "person.uid", "export.uid", EXPORT_TEXT, 28 },
};
static const HttpExport lists[] = { { "/api/v1/owed", "owed.title", columns, G_N_ELEMENTS(columns) } };

const RouteTable owed_routes = { routes, G_N_ELEMENTS(routes), shapes, G_N_ELEMENTS(shapes), lists, G_N_ELEMENTS(lists) };
