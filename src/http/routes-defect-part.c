/* What a defect of a period is made of: what its rule counted, as it stands now, and the records behind each figure. */
#include "http/defect-json.h"
#include "http/person-json.h"
#include "indicator/quality.h"

#include "base/banned.h"

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    PacksRef *packs;
    DefectFindRow row;
    const PackDataset *dataset;
    const PackRule *rule;
    Period period;
    Quality quality;
} Asked;

static const PackRule *rule_of(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; dataset && i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, id))
            return &dataset->rules.v[i];
    return NULL;
}

/* A rule that another edition of the pack no longer has is made of nothing. */
static bool ask(Asked *asked, GError **err)
{
    if (!defect_find(asked->request, asked->conn, http_path(asked->request, "uid"), &asked->row, err))
        return false;
    asked->dataset = packs_dataset(asked->packs, asked->row.dataset);
    bool of_period = asked->row.key == DB_NULL_INT;
    asked->rule = of_period ? rule_of(asked->dataset, asked->row.rule) : NULL;
    asked->period = !asked->rule ? 0 : asked->row.period != DB_NULL_INT ? (Period) asked->row.period : quality_period(asked->dataset, (int) asked->row.month);
    asked->quality = (Quality) { asked->request->app->db, asked->request->app->clock, asked->packs, api_app(asked->request)->persons };
    return true;
}

static void write_part(const Asked *asked, const QualityPart *part, JsonWriter *json)
{
    json_begin_object(json);
    json_member_cstr(json, "how", part->how);
    json_member_dataset(json, "dataset", asked->packs, part->dataset->full_name);
    json_member_str(json, "value", part->value);
    json_member_str(json, "condition", part->condition);
    json_member_str(json, "answer", part->answer);
    json_member_int(json, "records", (int64_t) part->n_places);
    json_key(json, "apart");
    if (part->compared)
        json_int(json, (int64_t) part->n_apart);
    else
        json_null(json);
    json_end_object(json);
}

static bool get_parts(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Asked asked = { .request = request, .conn = conn, .packs = packs };
    const QualityPart *parts = NULL;
    size_t n = 0;
    if (!conn || !ask(&asked, err) || (asked.rule && !quality_parts(&asked.quality, asked.dataset, asked.rule, asked.row.org, asked.period, request->arena, &parts, &n, err)))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_period(json, "period", asked.period);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        write_part(&asked, &parts[i], json);
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* --- Records behind a part ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Asked *asked;
    RecordView view;
    const QualityPart *part;
    size_t from; /* the first that is shown */
    bool apart;  /* only those of persons who do not stand on the other side */
} Behind;

static bool is_behind(const QualityPlace *place, const RecordPlace *after)
{
    return place->month != after->month ? place->month > after->month : place->key > after->key;
}

static bool find_first(Behind *behind, GError **err)
{
    Str cursor = http_query(behind->asked->request, "cursor");
    RecordPlace after;
    if (cursor.n == 0)
        return true;
    if (!record_place_read(cursor, &after)) {
        error_set(err, BH_BAD_INPUT, "this is no cursor of this list");
        return error_at(err, "query:cursor");
    }
    while (behind->from < behind->part->n_places && !is_behind(&behind->part->places[behind->from], &after))
        behind->from++;
    return true;
}

/* One that was changed or deleted since is not shown: the next look no longer counts it. */
static bool write_record(const Behind *behind, const QualityPlace *at, JsonWriter *json, GError **err)
{
    const Asked *asked = behind->asked;
    RecordPlace place = { at->org, at->month, at->key };
    const DbValue *cells;
    bool found;
    if (!record_find(asked->conn, &behind->view, &place, asked->request->arena, &cells, &found, err))
        return false;
    if (!found)
        return true;
    if (!data_json_record(asked->request, asked->conn, &behind->view, cells, asked->row.org_uid, asked->row.org_name, json, err))
        return false;
    json_end_object(json);
    return true;
}

static bool write_page(const Behind *behind, int64_t limit, GError **err)
{
    HttpRequest *request = behind->asked->request;
    const QualityPart *part = behind->part;
    JsonWriter *json = http_list_open(request);
    const QualityPlace *last = NULL, *next = NULL;
    for (size_t i = behind->from; i < part->n_places && !next; i++) {
        if (behind->apart && part->places[i].elsewhere)
            continue;
        if (limit-- == 0)
            next = last;
        else if (!write_record(behind, last = &part->places[i], json, err))
            return false;
    }
    json_end_array(json);
    json_member_str(json, "next", next ? data_record_id(request->arena, next->org, next->month, next->key) : STR_NONE);
    json_end_object(json);
    return true;
}

static bool get_part_records(HttpRequest *request, GError **err)
{
    enum { DEFAULT = 50 };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Asked asked = { .request = request, .conn = conn, .packs = packs };
    Behind behind = { .asked = &asked, .apart = http_query_flag(request, "apart") };
    const QualityPart *parts = NULL;
    size_t n = 0;
    int64_t part;
    if (!conn || !ask(&asked, err) || (asked.rule && !quality_parts(&asked.quality, asked.dataset, asked.rule, asked.row.org, asked.period, request->arena, &parts, &n, err)))
        return false;
    if (!str_to_int64(http_path(request, "part"), &part) || part < 0 || (size_t) part >= n)
        return error_set(err, BH_NOT_FOUND, "the defect has no such part");
    behind.part = &parts[part];
    return record_view(conn, behind.part->dataset, request->arena, &behind.view, err) && find_first(&behind, err) && write_page(&behind, http_query_int(request, "limit", DEFAULT), err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/defects/{uid}/parts", HTTP_SESSION, get_parts, NULL, HTTP_NO_BODY, "DefectParts", "what the rule of a defect of a period counted, as it stands now" },
    { HTTP_GET, "/api/v1/defects/{uid}/parts/{part:word}/records", HTTP_SESSION, get_part_records, "limit:limit cursor apart:bool", HTTP_NO_BODY, "PartRecords", "the records behind one of its figures, the first is 0" },
};

static const HttpShape shapes[] = {
    { "DefectPart", "how dataset:DatasetRef value? condition? answer? records:int apart:int?" },
    { "DefectParts", "period? rows:[DefectPart]" },
    { "PartRecord", "id org:Ref month? state batch:uid? period? valid_from:date? valid_to:date? values:any person:KnownPerson?" },
    { "PartRecords", "rows:[PartRecord] next?" },
};

const RouteTable defect_part_routes = ROUTE_TABLE(routes, shapes);
