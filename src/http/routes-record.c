/* Records of a dataset, organisation by organisation and month by month, the newest month first. */
#include "db/pick.h"
#include "http/case-json.h"
#include "http/person-json.h"
#include "indicator/late.h"

#include "base/limits.h"

#include "base/banned.h"

enum { SEGMENTS = 50, LOOKED_AT = 100000, PICKED = 1000 };

/* --- One record in JSON ------------------------------------------------------------------------------------------------------------ */

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

bool data_json_record(HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, Str org_uid, Str org_name, JsonWriter *json, GError **err)
{
    BatchUidOfRow batch;
    if (!record_batch(request, conn, cells[RECORD_BATCH].number, &batch, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "id", data_record_id(request->arena, cells[RECORD_ORG].number, cells[RECORD_MONTH].number, cells[RECORD_KEY].number));
    json_member_ref(json, "org", org_uid, org_name);
    json_member_month(json, "month", cells[RECORD_MONTH].number);
    json_member_cstr(json, "state", record_state_word(cells[RECORD_STATE].number));
    json_member_str(json, "batch", batch.uid);
    write_own(view, cells, json);
    record_write_values(request, conn, view, cells, json);
    return json_member_known_person(request, conn, record_person(view, cells), json, err);
}

/* --- Filters --------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    const PacksRef *packs;
    RecordView view;
    int64_t first, last;  /* months */
    Str path;             /* of the organisation, "" for all */
    DbPickIf where[LIMIT_RECORD_FILTERS + 5]; /* fields; then the batch, where a row stands, from where on */
    size_t n_where;
    int64_t batch;        /* 0: of all */
    bool states[3], any_state;
    bool only_late;
    LateMonth *late;      /* of the segment in hand */
    int limit, written;
    int64_t looked;
    RecordPlace at;       /* from where on */
    PersonSeen seen;      /* only of this person, and of those that are one with it */
    int64_t note;         /* from which of its notes on; -1: of everybody */
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
        if (!field || field->retired || !value.p || pack_type_personal(field->type) || page->n_where == LIMIT_RECORD_FILTERS)
            return bad_query("field", "a filter is FIELD:value, several with commas, of fields that are not personal", err);
        if (!read_cell(page, field, value, &where->value))
            return bad_query("field", "the value is none of the field's", err);
        where->column = field->entry.id.p;
        where->op = DB_PICK_EQ;
        page->n_where++;
    }
    return true;
}

/* What a batch brought and is still as it brought it. */
static bool add_batch(Page *page, GError **err)
{
    Str uid = http_query(page->request, "batch");
    BatchIdRow row;
    bool found;
    if (!uid.p)
        return true;
    if (!db_one(page->conn, BatchId, page->request->arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return bad_query("batch", "no such batch", err);
    page->batch = row.id;
    page->where[page->n_where++] = (DbPickIf) { "batch_", DB_PICK_EQ, DB_INT(row.id) };
    return true;
}

static bool add_states(Page *page)
{
    Str rest = http_query(page->request, "state");
    for (Str word = rest.p ? str_cut(&rest, ',') : STR_NONE; word.p; word = str_cut(&rest, ','))
        for (int i = 0; i < 3; i++)
            if (str_eq(word, str_from(record_state_word(i))))
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
    if (page->note >= 0)
        return true;
    return cursor.n == 0 || record_place_read(cursor, &page->at) || bad_query("cursor", "this is no cursor of this list", err);
}

/* --- A page ------------------------------------------------------------------------------------------------------------------------------- */

static bool is_wanted(const Page *page, const DbValue *cells)
{
    int64_t state = cells[RECORD_STATE].number;
    return !page->any_state || (state >= 0 && state < 3 && page->states[state]);
}

/* What counts as its day or period, where the list is of late ones. */
static LateRecord late_of(const Page *page, const DbValue *cells)
{
    const PackDataset *dataset = page->view.dataset;
    LateRecord record = { .key = cells[RECORD_KEY].number, .batch = cells[RECORD_BATCH].number, .day = DATE_NONE };
    for (size_t i = RECORD_OWN; i < page->view.n; i++) {
        const PackField *field = page->view.fields[i];
        int64_t value = cells[i].number;
        if (!field && g_str_equal(page->view.columns[i], "period_"))
            record.period = (Period) value;
        else if (field && str_eq(field->entry.id, dataset->date) && (field->type == PACK_DATE ? value != DATE_NONE : value != DB_NULL_INT))
            record.day = field->type == PACK_DATE ? (Date) value : date_of_instant(value, clock_zone_minutes(page->request->app->clock));
    }
    return record;
}

static bool wanted(Page *page, const DbValue *cells, bool *ret_wanted, GError **err)
{
    *ret_wanted = is_wanted(page, cells);
    if (!*ret_wanted || !page->only_late)
        return true;
    LateRecord record = late_of(page, cells);
    return late_record(page->conn, page->late, &record, ret_wanted, err);
}

static bool end_here(Page *page, const DbValue *cells)
{
    page->next = data_record_id(page->request->arena, cells[RECORD_ORG].number, cells[RECORD_MONTH].number, cells[RECORD_KEY].number);
    return true;
}

/* *ret_any false: the list is of late records, and of this segment none can be. */
static bool begin_segment(Page *page, int64_t org, int64_t month, bool *ret_any, GError **err)
{
    *ret_any = true;
    if (!page->only_late)
        return true;
    page->late = late_month(page->conn, page->request->app->clock, page->view.dataset, page->view.tables.dataset, &page->view.tables.history, org, (int) month, page->request->arena, err);
    *ret_any = page->late && !late_none(page->late);
    return page->late != NULL;
}

/* The records of one organisation's month behind `after`, until the page is full. */
static bool write_segment(Page *page, const SegmentsSeenRow *segment, int64_t after, GError **err)
{
    size_t n = PICKED, width = page->view.n;
    bool any, is;
    if (!begin_segment(page, segment->org, segment->month, &any, err))
        return false;
    while (any && n == PICKED && !page->next.p) {
        page->where[page->n_where] = (DbPickIf) { "month_", DB_PICK_EQ, DB_INT(segment->month) };
        page->where[page->n_where + 1] = (DbPickIf) { "org_", DB_PICK_EQ, DB_INT(segment->org) };
        page->where[page->n_where + 2] = (DbPickIf) { "key_", after == INT64_MIN ? DB_PICK_GE : DB_PICK_GT, DB_INT(after == INT64_MIN ? INT64_MIN + 1 : after) };
        DbPick pick = { .table = &page->view.tables.rows, .columns = page->view.columns, .n_columns = width, .where = page->where, .n_where = page->n_where + 3, .order = "key_", .limit = PICKED };
        const DbValue *cells;
        if (!db_pick(page->conn, &pick, page->request->arena, &cells, &n, err))
            return false;
        for (size_t i = 0; i < n && !page->next.p; i++) {
            const DbValue *row = cells + i * width;
            if (page->written == page->limit || ++page->looked > LOOKED_AT)
                return end_here(page, i > 0 ? row - width : (const DbValue[]) { DB_INT(segment->month), DB_INT(segment->org), DB_INT(after) });
            if (!wanted(page, row, &is, err))
                return false;
            if (!is)
                continue;
            if (!data_json_record(page->request, page->conn, &page->view, row, segment->org_uid, segment->org_name, page->json, err)
                || !json_member_case(page->request, page->conn, page->packs, &page->view, &(RecordPlace) { segment->org, segment->month, row[RECORD_KEY].number }, false, page->json, err))
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
                                      .org = page->at.org, .batch = page->batch, .limit = SEGMENTS);
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

/* --- Of one person ---------------------------------------------------------------------------------------------------------------------------- */

/* Whoever may read no record of a person is not told that there is one. */
static bool add_person(Page *page, GError **err)
{
    Str uid = http_query(page->request, "person"), cursor = http_query(page->request, "cursor");
    int64_t person;
    page->note = -1;
    if (!uid.p)
        return true;
    page->note = 0;
    if (cursor.n > 0 && (!str_to_int64(cursor, &page->note) || page->note < 0))
        return bad_query("cursor", "this is no cursor of this list", err);
    if (!api_app(page->request)->persons || !hub_person_by_uid(api_app(page->request)->persons, uid, &person))
        return bad_query("person", "no such person", err);
    return person_seen(page->request, page->conn, person, &page->seen, err) && (person_may_read(page->request, &page->seen) || bad_query("person", "no such person", err));
}

static bool is_wished(const Page *page, const PersonRecord *note)
{
    const Org *org = person_seen_org(&page->seen, note->org);
    return note->dataset == page->view.tables.dataset && note->month >= page->first && note->month <= page->last && str_starts(org->path, page->path)
           && person_org_open(page->request, org);
}

static bool write_noted(Page *page, const PersonRecord *note, GError **err)
{
    const Org *org = person_seen_org(&page->seen, note->org);
    const DbValue *row;
    size_t n;
    bool is;
    page->where[page->n_where] = (DbPickIf) { "month_", DB_PICK_EQ, DB_INT(note->month) };
    page->where[page->n_where + 1] = (DbPickIf) { "org_", DB_PICK_EQ, DB_INT(note->org) };
    page->where[page->n_where + 2] = (DbPickIf) { "key_", DB_PICK_EQ, DB_INT(note->key) };
    DbPick pick = { .table = &page->view.tables.rows, .columns = page->view.columns, .n_columns = page->view.n, .where = page->where, .n_where = page->n_where + 3, .limit = 1 };
    if (!db_pick(page->conn, &pick, page->request->arena, &row, &n, err))
        return false;
    if (n == 0 || !person_seen_is(&page->seen, record_person(&page->view, row)))
        return true;
    if (!begin_segment(page, note->org, note->month, &is, err) || (is && !wanted(page, row, &is, err)))
        return false;
    if (!is)
        return true;
    if (!data_json_record(page->request, page->conn, &page->view, row, org->uid, org->name, page->json, err)
        || !json_member_case(page->request, page->conn, page->packs, &page->view, &(RecordPlace) { note->org, note->month, note->key }, false, page->json, err))
        return false;
    json_end_object(page->json);
    page->written++;
    return true;
}

static bool write_of_person(Page *page, GError **err)
{
    for (; page->note < (int64_t) page->seen.n_records; page->note++) {
        const PersonRecord *note = &page->seen.records[page->note];
        if (page->written == page->limit) {
            page->next = arena_printf(page->request->arena, "%" G_GINT64_FORMAT, page->note);
            return true;
        }
        if (is_wished(page, note) && !write_noted(page, note, err))
            return false;
    }
    return true;
}

static bool get_records(HttpRequest *request, GError **err)
{
    enum { DEFAULT = 50 };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    Page page = { .request = request, .conn = conn, .packs = packs, .limit = (int) http_query_int(request, "limit", DEFAULT), .only_late = http_query_flag(request, "late") };
    if (!conn || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !record_view(conn, dataset, request->arena, &page.view, err) || !add_fields(&page, err)
        || !add_states(&page) || !add_batch(&page, err) || !add_person(&page, err) || !add_place(&page, err))
        return false;
    page.json = http_list_open(request);
    if (!(page.note >= 0 ? write_of_person(&page, err) : write_page(&page, err)))
        return false;
    json_end_array(page.json);
    json_member_str(page.json, "next", page.next);
    json_end_object(page.json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/records/{dataset:text}", HTTP_SESSION, get_records, "limit:limit cursor org:uid from to state+:accepted|warned|held late:bool person:uid batch:uid field", HTTP_NO_BODY, "Records",
      "records of a dataset, the newest month first" },
};

static const HttpShape shapes[] = {
    { "Record", "id org:Ref month? state batch:uid? period? valid_from:date? valid_to:date? values:any person:KnownPerson? case:uid?" },
    { "Records", "rows:[Record] next?" },
};

const RouteTable record_routes = ROUTE_TABLE(routes, shapes);
