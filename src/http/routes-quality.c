/* What the data of institutions are worth: ranks of a month, one institution's items, its way from month to month, the bulletin. */
#include "base/limits.h"
#include "base/i18n.h"
#include "http/quality-json.h"

#include "base/banned.h"

enum { PAGE_ROWS = 50, WORST_RULES = 10 };

/* --- Rows ------------------------------------------------------------------------------------------------------------------------ */

static bool is_below(const ScoredMonth *one)
{
    int64_t line = one->dataset->quality ? one->dataset->quality->line : 0;
    return one->row.score != DB_NULL_INT && one->row.score < line * (QUALITY_PPM / 100);
}

static bool write_score(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const ScoredMonth *one, int month, JsonWriter *json, GError **err)
{
    const PackQuality *quality = one->dataset->quality;
    int64_t score = one->row.score, line = quality ? quality->line : 0;
    char grade[2] = { score == DB_NULL_INT ? 0 : quality_grade(score), 0 };
    json_begin_object(json);
    json_member_ref(json, "org", one->row.org_uid, one->row.org_name);
    json_member_str(json, "group", one->row.org_kind);
    json_member_dataset(json, "dataset", packs, one->dataset->full_name);
    json_member_month(json, "month", month);
    json_member_cstr(json, "state", str_eq(one->row.state, STR("missing")) ? "silent" : one->row.state.n > 0 ? one->row.state.p : NULL);
    json_member_int(json, "records", one->row.records);
    json_member_int(json, "held", one->row.held);
    json_member_str(json, "score", quality_text(request->arena, score, 1));
    json_member_str(json, "lower", one->few && score != DB_NULL_INT ? quality_text(request->arena, quality_lower_bound(score, one->row.records), 1) : STR_NONE);
    json_member_cstr(json, "grade", score == DB_NULL_INT ? NULL : grade);
    json_key(json, "rank");
    if (one->rank.rank > 0)
        json_int(json, one->rank.rank);
    else
        json_null(json);
    json_member_int(json, "peers", one->rank.of);
    json_member_str(json, "before", quality_text(request->arena, one->row.before, 1));
    json_member_int(json, "line", line);
    json_member_bool(json, "below", is_below(one));
    json_member_instant(json, request, "computed", one->row.computed);
    json_member_instant(json, request, "corrected", one->row.corrected);
    if (!json_measures(request, conn, packs, one, month, json, err))
        return false;
    json_end_object(json);
    return true;
}

/* --- The list ------------------------------------------------------------------------------------------------------------------------ */

/* The organisation of the query with those below; their group; those below the line. */
static bool keep_wished(const HttpRequest *request, DbConn *conn, ScoredMonths *months, GError **err)
{
    Str uid = http_query(request, "org"), group = http_query(request, "group");
    Org org = { 0 };
    bool found = true, below = http_query_flag(request, "below");
    size_t kept = 0;
    if (uid.p && !org_by_uid(conn, request->arena, uid, &org, &found, err))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(uid));
        error_detail(err, "org-unknown");
        return error_at(err, "query:org");
    }
    for (size_t i = 0; i < months->n; i++)
        if ((!uid.p || org_within(months->v[i].row.org_path, org.path)) && (!group.p || str_eq(months->v[i].row.org_kind, group)) && (!below || is_below(&months->v[i])))
            months->v[kept++] = months->v[i];
    months->n = kept;
    return true;
}

static bool wished_dataset(const HttpRequest *request, const PacksRef *packs, const PackDataset **ret_dataset, GError **err)
{
    Str name = http_query(request, "dataset");
    *ret_dataset = NULL;
    return !name.p || data_dataset(packs, name, ret_dataset, err);
}

/* The rows are ranked anew for each page, so a page is named by how many stand before it. */
static bool page_of(const HttpRequest *request, size_t *ret_from, size_t *ret_n, GError **err)
{
    Str cursor = http_query(request, "cursor");
    int64_t from = 0;
    *ret_n = (size_t) http_query_int(request, "limit", PAGE_ROWS);
    if (cursor.p && (!str_to_int64(cursor, &from) || from < 0)) {
        error_set(err, BH_BAD_INPUT, "this is no cursor of this list");
        return error_at(err, "query:cursor");
    }
    *ret_from = (size_t) from;
    return true;
}

static bool get_quality(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    ScoredMonths months;
    size_t from = 0, n = 0;
    int month;
    if (!conn || !wished_dataset(request, packs, &dataset, err) || !quality_month_of(request, &month, err) || !page_of(request, &from, &n, err)
        || !quality_months(request, conn, packs, dataset, month, true, &months, err) || !keep_wished(request, conn, &months, err))
        return false;
    JsonWriter *json = http_list_open(request);
    for (size_t i = from; i < MIN(months.n, from + n); i++)
        if (!write_score(request, conn, packs, &months.v[i], month, json, err))
            return false;
    json_end_array(json);
    json_member_str(json, "next", from + n < months.n ? arena_printf(request->arena, "%zu", from + n) : STR_NONE);
    if (http_query_flag(request, "total"))
        json_member_int(json, "total", (int64_t) months.n);
    json_end_object(json);
    return true;
}

/* --- One institution ------------------------------------------------------------------------------------------------------------------- */

static bool own_org(const HttpRequest *request, DbConn *conn, Str uid, Org *ret_org, GError **err)
{
    bool found;
    if (!org_by_uid(conn, request->arena, uid, ret_org, &found, err))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_org->path, ret_org->area) : (MayObject) { 0 };
    found = found && may(api_user(request), VERB_READ_DATA, &facts).ok;
    return found || error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid));
}

static bool get_one(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    ScoredMonths months;
    Period period;
    Org org;
    if (!conn || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !own_org(request, conn, http_path(request, "org"), &org, err))
        return false;
    if (!period_parse(http_path(request, "month"), &period)) {
        error_set(err, BH_BAD_INPUT, "a month is written 2026-01");
        return error_at(err, "path:month");
    }
    int month = hub_month(period_start(period));
    if (!quality_months(request, conn, packs, dataset, month, true, &months, err))
        return false;
    for (size_t i = 0; i < months.n; i++)
        if (months.v[i].row.org == org.id)
            return write_score(request, conn, packs, &months.v[i], month, http_json(request, 200), err);
    return error_set(err, BH_NOT_FOUND, "nothing is known of that month");
}

static void write_trend(const HttpRequest *request, const QualityTrendRow *row, JsonWriter *json)
{
    const int64_t scores[] = { row->completeness, row->validity, row->consistency, row->uniqueness, row->timeliness };
    json_begin_object(json);
    json_member_month(json, "month", row->month);
    json_member_str(json, "score", quality_text(request->arena, row->score, 1));
    json_member_str(json, "state", row->state);
    json_key(json, "measures");
    json_begin_object(json);
    for (int m = 0; m < PACK_MEASURES; m++)
        json_member_str(json, pack_measures[m], quality_text(request->arena, scores[m], 1));
    json_end_object(json);
    json_end_object(json);
}

static bool get_trend(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset = NULL;
    DatasetByNameRow id = { 0 };
    bool found = false;
    Org org;
    int64_t last = hub_month(clock_today(request->app->clock)), first = last - 11;
    if (!conn || !data_dataset(packs, http_query(request, "dataset"), &dataset, err) || !own_org(request, conn, http_query(request, "org"), &org, err)
        || !data_filter_months(request, "from", false, &first, err) || !data_filter_months(request, "to", true, &last, err)
        || !db_one(conn, DatasetByName, request->arena, &id, &found, err, .name = dataset->full_name))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, QualityTrend, err, .dataset = found ? id.id : 0, .org = org.id, .first = first, .last = last);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (QualityTrendRow row; rows && db_next(rows, &row, err);)
        write_trend(request, &row, json);
    json_end_array(json);
    json_end_object(json);
    return db_rows_ok(rows);
}

/* --- The bulletin ---------------------------------------------------------------------------------------------------------------------- */

/* It goes to everybody who is ranked in it, so it shows all: scores and ranks, no record. */
static void write_line(const HttpRequest *request, const ScoredMonth *one, JsonWriter *json)
{
    int64_t score = one->row.score;
    char grade[2] = { score == DB_NULL_INT ? 0 : quality_grade(score), 0 };
    json_begin_object(json);
    json_member_ref(json, "org", one->row.org_uid, one->row.org_name);
    json_member_str(json, "group", one->row.org_kind);
    json_member_cstr(json, "state", str_eq(one->row.state, STR("missing")) ? "silent" : one->row.state.n > 0 ? one->row.state.p : NULL);
    json_member_int(json, "records", one->row.records);
    json_member_str(json, "score", quality_text(request->arena, score, 1));
    json_member_cstr(json, "grade", score == DB_NULL_INT ? NULL : grade);
    json_member_int(json, "rank", one->rank.rank);
    json_member_int(json, "peers", one->rank.of);
    json_member_str(json, "before", quality_text(request->arena, one->row.before, 1));
    json_member_bool(json, "below", is_below(one));
    json_end_object(json);
}

static bool write_worst(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const PackDataset *dataset, int month, JsonWriter *json, GError **err)
{
    DatasetByNameRow id;
    bool found;
    if (!db_one(conn, DatasetByName, request->arena, &id, &found, err, .name = dataset->full_name))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, QualityWorst, err, .dataset = found ? id.id : 0, .month = month, .limit = WORST_RULES);
    json_key(json, "worst");
    json_begin_array(json);
    for (QualityWorstRow row; rows && db_next(rows, &row, err);) {
        json_begin_object(json);
        json_member_str(json, "rule", row.rule);
        json_rule_texts(json, packs, dataset->full_name, row.rule);
        json_member_cstr(json, "measure", pack_measures[row.measure]);
        json_member_int(json, "orgs", row.orgs);
        json_member_int(json, "tested", row.tested);
        json_member_int(json, "failed", row.tested - row.passed);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static void write_silent(const ScoredMonths *months, JsonWriter *json)
{
    json_key(json, "silent");
    json_begin_array(json);
    for (size_t i = 0; i < months->n; i++)
        if (str_eq(months->v[i].row.state, STR("missing")))
            json_ref(json, months->v[i].row.org_uid, months->v[i].row.org_name);
    json_end_array(json);
}

static bool write_section(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const PackDataset *dataset, int month, JsonWriter *json, GError **err)
{
    ScoredMonths months;
    if (!quality_months(request, conn, packs, dataset, month, false, &months, err) || months.n == 0)
        return months.n == 0 && (!err || !*err);
    json_begin_object(json);
    json_member_dataset(json, "dataset", packs, dataset->full_name);
    json_member_int(json, "line", dataset->quality ? dataset->quality->line : 0);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t i = 0; i < months.n; i++)
        write_line(request, &months.v[i], json);
    json_end_array(json);
    write_silent(&months, json);
    if (!write_worst(request, conn, packs, dataset, month, json, err))
        return false;
    json_end_object(json);
    return true;
}

/* Whoever may read data of somebody may read how all stand. */
static bool may_read_bulletin(const HttpRequest *request, GError **err)
{
    if (may_reach(api_user(request), VERB_READ_DATA, request->arena).n > 0)
        return true;
    error_set(err, BH_FORBIDDEN, "this user reads no data");
    return error_detail(err, "no-role");
}

static bool get_bulletin(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs && may_read_bulletin(request, err) ? db_reader(request->app->db, err) : NULL;
    const PackDataset *wished;
    int month;
    if (!conn || !wished_dataset(request, packs, &wished, err) || !quality_month_of(request, &month, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_month(json, "month", month);
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t p = 0; p < packs_count(packs); p++) {
        const Pack *pack = packs_get(packs, p);
        for (size_t i = 0; i < pack->datasets.n; i++)
            if ((!wished || wished == &pack->datasets.v[i]) && !write_section(request, conn, packs, &pack->datasets.v[i], month, json, err))
                return false;
    }
    json_end_array(json);
    json_end_object(json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/quality", HTTP_SESSION, get_quality, HTTP_LIST_QUERY " org:uid dataset:text month group:text below:bool", HTTP_NO_BODY, "Scores",
      "what the data of a month are worth, ranked among peers" },
    { HTTP_GET, "/api/v1/quality/trend", HTTP_SESSION, get_trend, "org:uid dataset:text from to", HTTP_NO_BODY, "ScoreTrend", "an institution's scores from month to month" },
    { HTTP_GET, "/api/v1/quality/bulletin", HTTP_SESSION, get_bulletin, "dataset:text month", HTTP_NO_BODY, "Bulletin", "ranks, silent institutions and worst rules of a month" },
    { HTTP_GET, "/api/v1/quality/{dataset:text}/{org}/{month:text}", HTTP_SESSION, get_one, NULL, HTTP_NO_BODY, "Score", "all that was tested in an institution's month" },
};

static const HttpShape shapes[] = {
    { "ScoreItem", "rule says? says_en? weight:int tested:int failed:int lost why? why_en? opens:ScoreOpens" },
    { "ScoreOpens", "list rules:[text] late:bool" },
    { "ScoreMeasure", "measure weight:int score? pass:int tested:int losses:[ScoreItem] items:[ScoreItem]" },
    { "Score", "org:Ref group dataset:any month state? records:int held:int score? lower? grade? rank:int? peers:int before? line:int below:bool computed:instant corrected:instant? measures:[ScoreMeasure]" },
    { "Scores", "rows:[Score] next? total:int" },
    { "ScoreMonth", "month score? state measures:any" },
    { "ScoreTrend", "rows:[ScoreMonth]" },
    { "BulletinRow", "org:Ref group state? records:int score? grade? rank:int peers:int before? below:bool" },
    { "BulletinRule", "rule says? says_en? measure orgs:int tested:int failed:int" },
    { "BulletinDataset", "dataset:any line:int rows:[BulletinRow] silent:[Ref] worst:[BulletinRule]" },
    { "Bulletin", "month datasets:[BulletinDataset]" },
};

/* Of one dataset: its ranking as a workbook. */
static const HttpExportColumn columns[] = {
    { "rank", "quality.rank", EXPORT_NUMBER, 8 },        { "org.name", "duties.org", EXPORT_TEXT, 36 },          { "dataset.name", "data.dataset", EXPORT_TEXT, 24 },
    { "month", "reports.period", EXPORT_TEXT, 12 },      { "records", "quality.records", EXPORT_NUMBER, 12 },    { "score", "quality.score", EXPORT_TEXT, 10 },
    { "grade", "quality.grade", EXPORT_TEXT, 8 },        { "before", "quality.before", EXPORT_TEXT, 10 },        { "measures[].score", "quality.measures", EXPORT_TEXT, 40 },
    { "state", "quality.state", EXPORT_TEXT, 12, .words = "quality.state." },
};
static const HttpExport lists[] = { { "/api/v1/quality", "quality.bulletin", columns, G_N_ELEMENTS(columns) } };

const RouteTable quality_routes = { routes, G_N_ELEMENTS(routes), shapes, G_N_ELEMENTS(shapes), lists, G_N_ELEMENTS(lists) };
