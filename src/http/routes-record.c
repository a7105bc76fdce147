/* Records: of a dataset, organisation by organisation and month by month, the newest month first; one with its history and what is wrong in it. */
#include "db/pick.h"
#include "http/data.h"

#include "base/limits.h"

#include "base/banned.h"

enum { SEGMENTS = 50, LOOKED_AT = 100000, PICKED = 1000 };

/* --- One record in JSON ------------------------------------------------------------------------------------------------------------ */

static void write_values(const HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, JsonWriter *json)
{
    json_key(json, "values");
    json_begin_object(json);
    for (size_t i = 0; i < view->n; i++)
        if (view->fields[i] && !pack_type_personal(view->fields[i]->type))
            json_member_str(json, view->columns[i], record_cell(request, conn, view->fields[i], &cells[i]));
    json_end_object(json);
}

static void write_own(const RecordView *view, const DbValue *cells, JsonWriter *json)
{
    int64_t period = DB_NULL_INT;
    Date from = DATE_NONE, to = DATE_NONE;
    for (size_t i = RECORD_OWN; i < view->n && !view->fields[i]; i++) {
        if (g_str_equal(view->columns[i], "period_"))
            period = cells[i].number;
        else if (g_str_equal(view->columns[i], "valid_from"))
            from = (Date) cells[i].number;
        else if (g_str_equal(view->columns[i], "valid_to"))
            to = (Date) cells[i].number;
    }
    json_member_period(json, "period", period);
    json_member_date(json, "valid_from", from);
    json_member_date(json, "valid_to", to);
}

static const char *state_word(int64_t state)
{
    static const char *const words[] = { [HUB_ACCEPTED] = "accepted", [HUB_WARNED] = "warned", [HUB_HELD] = "held" };
    return state >= 0 && state < (int64_t) G_N_ELEMENTS(words) ? words[state] : "held";
}

static bool write_batch(const HttpRequest *request, DbConn *conn, int64_t id, BatchUidOfRow *ret_row, GError **err)
{
    bool found;
    *ret_row = (BatchUidOfRow) { .opened = DB_NULL_INT };
    return db_one(conn, BatchUidOf, request->arena, ret_row, &found, err, .id = id);
}

bool data_json_record(HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, Str org_uid, Str org_name, JsonWriter *json, GError **err)
{
    BatchUidOfRow batch;
    if (!write_batch(request, conn, cells[RECORD_BATCH].number, &batch, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "id", data_record_id(request->arena, cells[RECORD_ORG].number, cells[RECORD_MONTH].number, cells[RECORD_KEY].number));
    json_member_ref(json, "org", org_uid, org_name);
    json_member_month(json, "month", cells[RECORD_MONTH].number);
    json_member_cstr(json, "state", state_word(cells[RECORD_STATE].number));
    json_member_str(json, "batch", batch.uid);
    write_own(view, cells, json);
    write_values(request, conn, view, cells, json);
    return true;
}

/* --- Filters --------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    RecordView view;
    int64_t first, last;  /* months */
    Str path;             /* of the organisation, "" for all */
    DbPickIf where[16];
    size_t n_where, n_fixed;
    bool states[3], any_state;
    int limit, written;
    int64_t looked;
    RecordPlace at;       /* from where on */
    Str next;
    JsonWriter *json;
} Page;

static bool bad_query(const char *name, const char *what, GError **err)
{
    error_set(err, BH_BAD_INPUT, "%s", what);
    return error_at(err, "query:%s", name);
}

static bool read_cell(const Page *page, const PackField *field, Str text, DbValue *ret_value)
{
    Date day;
    int64_t number;
    switch (field->type) {
    case PACK_TEXT: case PACK_CODE: *ret_value = DB_TEXT(text); return true;
    case PACK_DATE: return date_parse(text, &day) && (*ret_value = DB_DATE(day), true);
    case PACK_INTEGER: return str_to_int64(text, &number) && (*ret_value = DB_INT(number), true);
    case PACK_BOOL: *ret_value = DB_INT(str_eq(text, STR("true"))); return true;
    default: (void) page; return false;
    }
}

/* vaccine:MMR,dose:2 */
static bool add_fields(Page *page, GError **err)
{
    Str rest = http_query(page->request, "field");
    while (rest.p) {
        Str value = str_cut(&rest, ','), id = str_cut(&value, ':');
        const PackField *field = pack_field(page->view.dataset, id);
        DbPickIf *where = &page->where[page->n_where];
        if (!field || field->retired || !value.p || pack_type_personal(field->type) || page->n_where + 2 >= G_N_ELEMENTS(page->where))
            return bad_query("field", "a filter is FIELD:value, several with commas, of fields that are not personal", err);
        if (!read_cell(page, field, value, &where->value))
            return bad_query("field", "the value is none of the field's", err);
        where->column = field->entry.id.p;
        where->op = DB_PICK_EQ;
        page->n_where++;
    }
    return true;
}

static bool add_states(Page *page)
{
    Str rest = http_query(page->request, "state");
    for (Str word = rest.p ? str_cut(&rest, ',') : STR_NONE; word.p; word = str_cut(&rest, ','))
        for (int i = 0; i < 3; i++)
            if (str_eq(word, str_from(state_word(i))))
                page->any_state = page->states[i] = true;
    return true;
}

static bool add_place(Page *page, GError **err)
{
    Str uid = http_query(page->request, "org"), cursor = http_query(page->request, "cursor");
    bool found = true;
    Org org;
    page->path = STR("/");
    if (uid.p && !org_by_uid(page->conn, page->request->arena, uid, &org, &found, err))
        return false;
    if (!found)
        return bad_query("org", "no such organisation", err);
    if (uid.p)
        page->path = org.path;
    page->first = 0;
    page->last = page->at.month = 100000;
    if (!data_filter_months(page->request, "from", false, &page->first, err) || !data_filter_months(page->request, "to", true, &page->last, err))
        return false;
    page->at.key = INT64_MIN;
    return cursor.n == 0 || record_place_read(cursor, &page->at) || bad_query("cursor", "this is no cursor of this list", err);
}

/* --- A page ------------------------------------------------------------------------------------------------------------------------------- */

static bool wanted(const Page *page, const DbValue *cells)
{
    int64_t state = cells[RECORD_STATE].number;
    return !page->any_state || (state >= 0 && state < 3 && page->states[state]);
}

static bool end_here(Page *page, const DbValue *cells)
{
    page->next = data_record_id(page->request->arena, cells[RECORD_ORG].number, cells[RECORD_MONTH].number, cells[RECORD_KEY].number);
    return true;
}

/* The records of one organisation's month behind `after`, until the page is full. */
static bool write_segment(Page *page, const SegmentsSeenRow *segment, int64_t after, GError **err)
{
    size_t n = PICKED, width = page->view.n;
    while (n == PICKED && !page->next.p) {
        page->where[page->n_fixed] = (DbPickIf) { "month_", DB_PICK_EQ, DB_INT(segment->month) };
        page->where[page->n_fixed + 1] = (DbPickIf) { "org_", DB_PICK_EQ, DB_INT(segment->org) };
        page->where[page->n_fixed + 2] = (DbPickIf) { "key_", after == INT64_MIN ? DB_PICK_GE : DB_PICK_GT, DB_INT(after == INT64_MIN ? INT64_MIN + 1 : after) };
        DbPick pick = { .table = &page->view.tables.rows, .columns = page->view.columns, .n_columns = width, .where = page->where, .n_where = page->n_fixed + 3, .order = "key_", .limit = PICKED };
        const DbValue *cells;
        if (!db_pick(page->conn, &pick, page->request->arena, &cells, &n, err))
            return false;
        for (size_t i = 0; i < n && !page->next.p; i++) {
            const DbValue *row = cells + i * width;
            if (page->written == page->limit || ++page->looked > LOOKED_AT)
                return end_here(page, i > 0 ? row - width : (const DbValue[]) { DB_INT(segment->month), DB_INT(segment->org), DB_INT(after) });
            if (!wanted(page, row))
                continue;
            if (!data_json_record(page->request, page->conn, &page->view, row, segment->org_uid, segment->org_name, page->json, err))
                return false;
            json_end_object(page->json);
            page->written++;
        }
        if (n > 0)
            after = cells[(n - 1) * width + RECORD_KEY].number;
    }
    return true;
}

static bool segments(Page *page, SegmentsSeenRow *ret, size_t *ret_n, GError **err)
{
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, SegmentsSeen, err, .dataset = page->view.tables.dataset, .account = page->request->session->account,
                                      .today = clock_today(page->request->app->clock), .path = page->path, .first = page->first, .last = page->last, .month = page->at.month,
                                      .org = page->at.org, .limit = SEGMENTS);
    for (SegmentsSeenRow row; rows && n < SEGMENTS && db_next(rows, &row, err); n++) {
        db_row_keep(SegmentsSeen, &row, page->request->arena);
        ret[n] = row;
    }
    *ret_n = n;
    return db_rows_ok(rows);
}

static bool write_page(Page *page, GError **err)
{
    SegmentsSeenRow list[SEGMENTS];
    size_t n = SEGMENTS;
    while (n == SEGMENTS && !page->next.p) {
        if (!segments(page, list, &n, err))
            return false;
        for (size_t i = 0; i < n && !page->next.p; i++) {
            bool same = list[i].month == page->at.month && list[i].org == page->at.org;
            if (!write_segment(page, &list[i], same ? page->at.key : INT64_MIN, err))
                return false;
        }
        if (n > 0)
            page->at = (RecordPlace) { list[n - 1].org + 1, list[n - 1].month, INT64_MIN };
    }
    return true;
}

static bool get_records(HttpRequest *request, GError **err)
{
    enum { DEFAULT = 50 };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    Page page = { .request = request, .conn = conn, .limit = (int) http_query_int(request, "limit", DEFAULT) };
    if (!conn || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !record_view(conn, dataset, request->arena, &page.view, err) || !add_fields(&page, err)
        || !add_states(&page) || !add_place(&page, err))
        return false;
    page.n_fixed = page.n_where;
    page.json = http_list_open(request);
    if (!write_page(&page, err))
        return false;
    json_end_array(page.json);
    json_member_str(page.json, "next", page.next);
    json_end_object(page.json);
    return true;
}

/* --- One ---------------------------------------------------------------------------------------------------------------------------------- */

/* Whoever may not read the organisation's records is not told whether there is one. */
static bool find_org(HttpRequest *request, DbConn *conn, const RecordPlace *place, Org *ret_org, GError **err)
{
    if (!org_by_id(conn, request->arena, place->org, ret_org, NULL))
        return error_set(err, BH_NOT_FOUND, "no such record");
    MayObject facts = data_facts(request->arena, ret_org->path, ret_org->area);
    return may(api_user(request), VERB_READ_DATA, &facts).ok || error_set(err, BH_NOT_FOUND, "no such record");
}

static bool write_version(HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, int64_t out, bool deleted, JsonWriter *json, GError **err)
{
    BatchUidOfRow batch, until = { .opened = DB_NULL_INT };
    if (!write_batch(request, conn, cells[RECORD_BATCH].number, &batch, err) || (out != DB_NULL_INT && !write_batch(request, conn, out, &until, err)))
        return false;
    json_begin_object(json);
    json_member_str(json, "batch", batch.uid);
    json_key(json, "by");
    json_begin_object(json);
    json_member_str(json, "intake", batch.intake_uid);
    json_member_str(json, "name", batch.intake_name);
    json_member_str(json, "channel", batch.channel);
    json_end_object(json);
    json_member_instant(json, request, "at", batch.opened);
    json_member_instant(json, request, "until", until.opened);
    json_member_bool(json, "deleted", deleted);
    json_member_cstr(json, "state", state_word(cells[RECORD_STATE].number));
    write_values(request, conn, view, cells, json);
    json_end_object(json);
    return true;
}

static bool write_history(HttpRequest *request, DbConn *conn, const RecordView *view, const RecordPlace *place, const DbValue *now, JsonWriter *json, GError **err)
{
    enum { MOST = 200 };
    const char **columns = ARENA_ARRAY(request->arena, const char *, view->n + 1);
    memcpy(columns, view->columns, view->n * sizeof *columns);
    columns[view->n] = "batch_out_";
    DbPickIf where[] = {
        { "month_", DB_PICK_EQ, DB_INT(place->month) }, { "org_", DB_PICK_EQ, DB_INT(place->org) }, { "key_", DB_PICK_EQ, DB_INT(place->key) },
    };
    DbPick pick = { .table = &view->tables.history, .columns = columns, .n_columns = view->n + 1, .where = where, .n_where = G_N_ELEMENTS(where), .order = "batch_", .descending = true, .limit = MOST };
    const DbValue *rows;
    size_t n;
    if (!db_pick(conn, &pick, request->arena, &rows, &n, err))
        return false;
    json_key(json, "history");
    json_begin_array(json);
    if (now && !write_version(request, conn, view, now, DB_NULL_INT, false, json, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const DbValue *cells = rows + i * (view->n + 1);
        if (!write_version(request, conn, view, cells, cells[view->n].number, i == 0 && !now, json, err))
            return false;
    }
    json_end_array(json);
    return n > 0 || now || error_set(err, BH_NOT_FOUND, "no such record");
}

static bool write_defects(HttpRequest *request, DbConn *conn, const PacksRef *packs, const RecordView *view, const RecordPlace *place, JsonWriter *json, GError **err)
{
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DefectsOfRecord, err, .dataset = view->tables.dataset, .org = place->org, .month = place->month, .key = place->key);
    for (DefectsOfRecordRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(request->arena, &uids) = arena_str(request->arena, row.uid);
    json_key(json, "defects");
    json_begin_array(json);
    for (size_t i = 0; i < uids.n; i++)
        if (!data_json_defect(request, conn, packs, uids.v[i], json, err))
            return false;
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool get_record(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    RecordView view;
    RecordPlace place;
    Org org;
    const DbValue *cells = NULL;
    bool found;
    if (!conn || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !record_view(conn, dataset, request->arena, &view, err))
        return false;
    if (!record_place_read(http_path(request, "record"), &place))
        return error_set(err, BH_NOT_FOUND, "no such record");
    if (!find_org(request, conn, &place, &org, err) || !record_find(conn, &view, &place, request->arena, &cells, &found, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    if (!found)
        json_begin_object(json);
    else if (!data_json_record(request, conn, &view, cells, org.uid, org.name, json, err))
        return false;
    json_member_bool(json, "deleted", !found);
    if (!write_history(request, conn, &view, &place, found ? cells : NULL, json, err) || !write_defects(request, conn, packs, &view, &place, json, err))
        return false;
    json_end_object(json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/records/{dataset:text}", HTTP_SESSION, get_records, "limit:limit cursor org:uid from to state+:accepted|warned|held field", HTTP_NO_BODY, "Records",
      "records of a dataset, the newest month first" },
    { HTTP_GET, "/api/v1/records/{dataset:text}/{record:text}", HTTP_SESSION, get_record, NULL, HTTP_NO_BODY, "RecordWhole", "a record, its history, what is wrong in it" },
};

#define MEMBERS "id org:Ref month? state batch:uid? period? valid_from:date? valid_to:date? values:any"

static const HttpShape shapes[] = {
    { "Record", MEMBERS },
    { "Records", "rows:[Record] next?" },
    { "RecordWhole", MEMBERS " deleted:bool history:any defects:[Defect]" },
};

const RouteTable record_routes = ROUTE_TABLE(routes, shapes);
