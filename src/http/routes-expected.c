/* Who is expected to report, who did, who is silent, and what people say about it. */
#include "http/data.h"
#include "indicator/quality.h"

#include "base/banned.h"

/* --- One ---------------------------------------------------------------------------------------------------------------------- */

/* As the API says states: a wait is open, what did not come is silence. */
static const char *state_word(Str state)
{
    static const char *const words[][2] = { { "waiting", "open" }, { "missing", "silent" }, { "in", "in" }, { "zero", "zero" }, { "late", "late" }, { "excused", "excused" } };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (str_eq(state, str_from(words[i][0])))
            return words[i][1];
    return "open";
}

#define STATE_SQL "CASE e.state WHEN 'waiting' THEN 'open' WHEN 'missing' THEN 'silent' ELSE e.state END"

/* The commission's issuers decide, and those of what stands above the institution. */
static bool facts_of(const HttpRequest *request, DbConn *conn, const ExpectedByUidRow *row, MayObject *ret_facts, GError **err)
{
    QualityHome home;
    if (!quality_home(conn, request->arena, &home, err))
        return false;
    Str above = str_head(row->org_path, row->org_path.n > 0 ? row->org_path.n - 1 : 0);
    while (above.n > 0 && above.p[above.n - 1] != '/')
        above.n--;
    *ret_facts = data_facts(request->arena, row->org_path, row->org_area);
    ret_facts->place = home.path;
    ret_facts->area = home.area;
    ret_facts->over = above;
    return true;
}

static Allowed may_excuse(const HttpRequest *request, const ExpectedByUidRow *row, const MayObject *facts)
{
    Allowed allowed = api_allowed(request, VERB_EXCUSE_DUTY, facts);
    return allowed.ok && user_stands_within(api_user(request), row->org_path) ? (Allowed) { .why = "own-organisation" } : allowed;
}

static Allowed unless(Allowed allowed, bool wrong)
{
    return allowed.ok && wrong ? (Allowed) { .why = "wrong-state" } : allowed;
}

static void write_may(const HttpRequest *request, const ExpectedByUidRow *row, const MayObject *facts, JsonWriter *json)
{
    Date today = clock_today(request->app->clock);
    bool there = row->records > 0 || row->excused;
    Allowed zero = unless(api_allowed(request, VERB_DO_DUTY, facts), there || str_eq(row->state, STR("zero")) || expected_closed(row->locked, row->opened, today));
    Allowed excuse = unless(may_excuse(request, row, facts), row->excused);
    Allowed open = unless(may_excuse(request, row, facts), row->locked == DATE_NONE || today <= row->locked);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "zero", &zero);
    json_member_allowed(json, "excuse", &excuse);
    json_member_allowed(json, "open", &open);
    json_end_object(json);
}

static bool write_duty(const HttpRequest *request, DbConn *conn, const ExpectedByUidRow *row, JsonWriter *json, GError **err)
{
    char period[PERIOD_TEXT_MAX];
    ExpectedDutyRow duty;
    bool found;
    Str key = arena_concat(request->arena, STR("data/"), row->dataset_name);
    if (!db_one(conn, ExpectedDuty, request->arena, &duty, &found, err, .key = key, .org = row->org, .subject = row->dataset_name,
                .period = str_from(period_format((Period) row->period, period))))
        return false;
    json_member_str(json, "duty", found ? duty.uid : STR_NONE);
    return true;
}

static bool write_one(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const ExpectedByUidRow *row, JsonWriter *json, GError **err)
{
    MayObject facts;
    if (!facts_of(request, conn, row, &facts, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_dataset(json, "dataset", packs, row->dataset_name);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_period(json, "period", row->period);
    json_member_date(json, "due", row->due);
    json_member_date(json, "lock", row->locked);
    json_member_date(json, "opened", row->opened);
    json_member_instant(json, request, "corrected", row->corrected);
    json_member_cstr(json, "state", state_word(row->state));
    json_key(json, "rows");
    if (row->records > 0)
        json_int(json, row->records);
    else
        json_null(json);
    json_member_instant(json, request, "received", row->first_in != DB_NULL_INT ? row->first_in : row->zero_at);
    json_member_str(json, "reason", row->reason);
    if (!write_duty(request, conn, row, json, err))
        return false;
    json_member_int(json, "version", row->version);
    write_may(request, row, &facts, json);
    json_end_object(json);
    return true;
}

static bool load(const HttpRequest *request, DbConn *conn, Str uid, ExpectedByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, ExpectedByUid, request->arena, ret_row, &found, err, .uid = uid))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_row->org_path, ret_row->org_area) : (MayObject) { 0 };
    found = found && may(api_user(request), VERB_READ_DATA, &facts).ok;
    return found || error_set(err, BH_NOT_FOUND, "no such report is expected");
}

/* --- Lists ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "state", STATE_SQL, DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
};

/* A period, and those that begin in it. */
/* A day or a week is that one; of what is longer, what begins in it. */
static bool filter_period(const HttpRequest *request, DbList *list, GError **err)
{
    int64_t months[2] = { -1, -1 };
    Str text = http_query(request, "period");
    Period period;
    if (text.p && period_parse(text, &period) && (period_kind(period) == PERIOD_DAY || period_kind(period) == PERIOD_WEEK)) {
        int64_t one = period;
        db_list_where(list, "e.period = ?", &one, 1);
        return true;
    }
    if (!data_filter_months(request, "period", false, &months[0], err) || !data_filter_months(request, "period", true, &months[1], err))
        return false;
    if (months[0] >= 0)
        db_list_where(list, "e.month BETWEEN ? AND ?", months, 2);
    return true;
}

static bool filter_all(const HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        Str value = http_query(request, filters[i].name);
        if (value.p && !db_list_filter(list, filters, G_N_ELEMENTS(filters), str_from(filters[i].name), value, err))
            return false;
    }
    return filter_period(request, list, err) && data_filter_below(request, conn, list, err);
}

static bool get_expected(HttpRequest *request, GError **err)
{
    static const DbOrder orders[] = { { "due", "e.due", DB_TYPE_DATE, true }, { "soon", "e.due", DB_TYPE_DATE, false } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Str order = http_query(request, "order");
    DbList *list = db_list_new(request->arena, ExpectedList, "e.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_all(request, conn, list, err) || !db_list_order(list, orders, G_N_ELEMENTS(orders), order.p ? order : STR("due"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (ExpectedListRow row; rows && db_list_next(list, rows, &row, err);) {
        ExpectedByUidRow one;
        if (!load(request, conn, row.uid, &one, err) || !write_one(request, conn, packs, &one, json, err))
            return false;
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

typedef struct {
    Str dataset;
    int64_t period, n[EXPECTED_EXCUSED + 1];
} Count;
typedef ARENA_LIST(Count) Counts;

static void count(Arena *arena, Counts *counts, const ExpectedCountsRow *row)
{
    size_t at = 0;
    while (at < counts->n && !(counts->v[at].period == row->period && str_eq(counts->v[at].dataset, row->dataset)))
        at++;
    if (at == counts->n)
        *ARENA_PUSH(arena, counts) = (Count) { .dataset = arena_str(arena, row->dataset), .period = row->period };
    for (int i = 0; expected_states[i]; i++)
        counts->v[at].n[i] += str_eq(row->state, str_from(expected_states[i]));
}

static int by_dataset(const void *a, const void *b)
{
    const Count *x = a, *y = b;
    int order = str_cmp(x->dataset, y->dataset);
    return order ? order : (x->period > y->period) - (x->period < y->period);
}

static void write_counts(JsonWriter *json, const PacksRef *packs, const Counts *counts)
{
    for (size_t i = 0; i < counts->n; i++) {
        const Count *one = &counts->v[i];
        int64_t all = 0;
        json_begin_object(json);
        json_member_dataset(json, "dataset", packs, one->dataset);
        json_member_period(json, "period", one->period);
        for (int s = 0; expected_states[s]; s++) {
            json_member_int(json, state_word(str_from(expected_states[s])), one->n[s]);
            all += one->n[s];
        }
        json_member_int(json, "expected", all);
        json_end_object(json);
    }
}

static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, ExpectedCounts, "e.id", .account = request->session->account, .today = clock_today(request->app->clock));
    Counts counts = { 0 };
    if (!conn || !filter_all(request, conn, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (ExpectedCountsRow row; rows && db_next(rows, &row, err);)
        count(request->arena, &counts, &row);
    if (!db_rows_ok(rows))
        return false;
    if (counts.n > 1)
        qsort(counts.v, counts.n, sizeof *counts.v, by_dataset);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    write_counts(json, packs, &counts);
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* --- What people say -------------------------------------------------------------------------------------------------------------- */

typedef enum { SAY_ZERO, SAY_EXCUSE, SAY_OPEN } Say;

typedef struct {
    HttpRequest *request;
    Say say;
    ExpectedByUidRow row;
    Str reason;
    Date until;
} Saying;

static bool find_report(HttpRequest *request, DbConn *conn, Str dataset, int64_t org, Period period, ExpectedByUidRow *ret_row, GError **err)
{
    ExpectedUidRow uid;
    bool found;
    if (!db_one(conn, ExpectedUid, request->arena, &uid, &found, err, .dataset = dataset, .org = org, .period = period))
        return false;
    return found ? load(request, conn, uid.uid, ret_row, err) : error_set(err, BH_NOT_FOUND, "no such report is expected");
}

/* The report of a body: dataset, organisation, period. */
static bool find(HttpRequest *request, DbConn *conn, ExpectedByUidRow *ret_row, GError **err)
{
    Str dataset, org_uid;
    Period period;
    Org org;
    bool found;
    if (!json_get_str(request->json, "dataset", &dataset, err) || !json_get_str(request->json, "org", &org_uid, err) || !data_period(request->json, "period", &period, err)
        || !org_by_uid(conn, request->arena, org_uid, &org, &found, err))
        return false;
    return found ? find_report(request, conn, dataset, org.id, period, ret_row, err) : error_set(err, BH_NOT_FOUND, "no such report is expected");
}

static bool check_may(const HttpRequest *request, DbConn *conn, const Saying *saying, GError **err)
{
    MayObject facts;
    if (!facts_of(request, conn, &saying->row, &facts, err))
        return false;
    if (saying->say == SAY_ZERO)
        return api_may(request, VERB_DO_DUTY, &facts, err);
    if (!api_may(request, VERB_EXCUSE_DUTY, &facts, err))
        return false;
    if (!user_stands_within(api_user(request), saying->row.org_path))
        return true;
    error_set(err, BH_FORBIDDEN, "nobody excuses his own organisation");
    return error_detail(err, "own-organisation");
}

/* The duty that it is ends with it. */
static bool end_duty(DbConn *tx, const Saying *saying, GError **err)
{
    char period[PERIOD_TEXT_MAX];
    HttpRequest *request = saying->request;
    AuditWho who = api_who(request);
    DutyMet met = { .key = arena_concat(request->arena, STR("data/"), saying->row.dataset_name), .org = saying->row.org, .subject = { "dataset", saying->row.dataset_name },
                    .period = str_from(period_format((Period) saying->row.period, period)), .zero = true, .account = request->session->account,
                    .today = clock_today(request->app->clock) };
    return saying->say == SAY_ZERO ? duty_met(tx, &who, &met, err) : duty_excused(tx, &who, &met, saying->reason, err);
}

static bool say_in_tx(DbConn *tx, void *data, GError **err)
{
    Saying *saying = data;
    HttpRequest *request = saying->request;
    ExpectedActor actor = { api_who(request), request->session->account, clock_today(request->app->clock) };
    if (saying->say == SAY_OPEN)
        return expected_open(tx, &actor, saying->row.uid, saying->until, saying->reason, err);
    return (saying->say == SAY_ZERO ? expected_say_zero(tx, &actor, saying->row.uid, 0, err) : expected_excuse(tx, &actor, saying->row.uid, 0, saying->reason, err))
           && end_duty(tx, saying, err);
}

static bool prepare(HttpRequest *request, Saying *saying, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && find(request, conn, &saying->row, err) && check_may(request, conn, saying, err);
}

static bool say(HttpRequest *request, Saying saying, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    if (!packs || !prepare(request, &saying, err) || !http_write(request, say_in_tx, &saying, err) || !quality_soon(request->app, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    ExpectedByUidRow row;
    return conn && load(request, conn, saying.row.uid, &row, err) && write_one(request, conn, packs, &row, http_json(request, 200), err);
}

bool data_say_zero(HttpRequest *request, const PackDataset *dataset, int64_t org, Period period, GError **err)
{
    Saying saying = { .request = request, .say = SAY_ZERO };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    bool ok = conn && find_report(request, conn, dataset->full_name, org, period, &saying.row, err) && check_may(request, conn, &saying, err);
    db_done(g_steal_pointer(&conn));
    return ok && http_write(request, say_in_tx, &saying, err);
}

static bool post_zero(HttpRequest *request, GError **err)
{
    return say(request, (Saying) { .request = request, .say = SAY_ZERO }, err);
}

static bool post_excuse(HttpRequest *request, GError **err)
{
    Saying saying = { .request = request, .say = SAY_EXCUSE };
    return json_get_str(request->json, "reason", &saying.reason, err) && say(request, saying, err);
}

static bool post_open(HttpRequest *request, GError **err)
{
    Saying saying = { .request = request, .say = SAY_OPEN, .until = DATE_NONE };
    return json_get_str(request->json, "reason", &saying.reason, err) && api_read_date(request->json, "until", &saying.until, err) && say(request, saying, err);
}

#define FILTERS " org:uid dataset:text state+:open|in|zero|late|silent|excused period"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/expected", HTTP_SESSION, get_expected, HTTP_LIST_QUERY FILTERS " order:due|soon", HTTP_NO_BODY, "Reports", "the reports that are expected, and how they stand" },
    { HTTP_GET, "/api/v1/expected/counts", HTTP_SESSION, get_counts, "org:uid dataset:text state+:open|in|zero|late|silent|excused period", HTTP_NO_BODY, "ReportCounts",
      "how many came, were zero, late or silent, by dataset and period" },
    { HTTP_POST, "/api/v1/expected/zero", HTTP_SESSION, post_zero, NULL, HTTP_JSON, "Report", "say that there was nothing to report" },
    { HTTP_POST, "/api/v1/expected/excuse", HTTP_SESSION, post_excuse, NULL, HTTP_JSON, "Report", "excuse a report, with a reason" },
    { HTTP_POST, "/api/v1/expected/open", HTTP_SESSION, post_open, NULL, HTTP_JSON, "Report", "allow changes of a closed period until a day, with a reason" },
};

static const HttpShape shapes[] = {
    { "Report", "uid:uid dataset:any org:Ref period due:date lock:date? opened:date? corrected:instant? state rows:int? received:instant? reason? duty:uid? version:int may:any" },
    { "Reports", "rows:[Report] next? total:int" },
    { "ReportCount", "dataset:any period expected:int in:int zero:int late:int silent:int excused:int open:int" },
    { "ReportCounts", "rows:[ReportCount]" },
};

const RouteTable expected_routes = ROUTE_TABLE(routes, shapes);
