/* What institutions' columns mean, kept. */
#include "http/data.h"

#include "base/limits.h"

#include "base/banned.h"

/* --- Showing ------------------------------------------------------------------------------------------------------------------ */

/* Everybody's is changed by who keeps the program. */
static Allowed may_edit(const HttpRequest *request, const MappingFindRow *row)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    return row->org == DB_NULL_INT ? api_allowed(request, VERB_ADMINISTER, NULL) : api_allowed(request, VERB_MAP_DATA, &facts);
}

static void write_mapping(const HttpRequest *request, const PacksRef *packs, const MappingFindRow *row, JsonWriter *json)
{
    Allowed edit = may_edit(request, row);
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_dataset(json, "dataset", packs, row->dataset);
    json_member_str(json, "name", row->name);
    json_member_str(json, "format", row->format);
    json_member_text(json, "options", row->options);
    json_member_text(json, "columns", row->columns);
    json_member_str(json, "mode", row->mode);
    json_member_instant(json, request, "used", row->used);
    json_member_int(json, "version", row->version);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_member_allowed(json, "delete", &edit);
    json_end_object(json);
    json_end_object(json);
}

static bool find_mapping(const HttpRequest *request, DbConn *conn, Str uid, MappingFindRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, MappingFind, request->arena, ret_row, &found, err, .uid = uid, .id = DB_NULL_INT))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_row->org_path, ret_row->org_area) : (MayObject) { 0 };
    found = found && (ret_row->org == DB_NULL_INT || may(api_user(request), VERB_READ_DATA, &facts).ok);
    return found || error_set(err, BH_NOT_FOUND, "no mapping '" STR_FMT "'", STR_ARG(uid));
}

static bool answer(HttpRequest *request, Str uid, int status, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    MappingFindRow row;
    if (!conn || !find_mapping(request, conn, uid, &row, err))
        return false;
    write_mapping(request, packs, &row, http_json(request, status));
    return true;
}

static bool get_mapping(HttpRequest *request, GError **err)
{
    return answer(request, http_path(request, "uid"), 200, err);
}

static const DbFilter mapping_filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "format", "m.format", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static bool get_mappings(HttpRequest *request, GError **err)
{
    static const DbOrder by_name[] = { { "name", "m.name", DB_TYPE_TEXT, false } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, MappingList, "m.id", .account = request->session->account, .today = clock_today(request->app->clock));
    for (size_t i = 0; conn && i < G_N_ELEMENTS(mapping_filters); i++) {
        Str value = http_query(request, mapping_filters[i].name);
        if (value.p && !db_list_filter(list, mapping_filters, G_N_ELEMENTS(mapping_filters), str_from(mapping_filters[i].name), value, err))
            return false;
    }
    if (!conn || !data_filter_below(request, conn, list, err) || !db_list_order(list, by_name, 1, STR("name"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (MappingListRow row; rows && db_list_next(list, rows, &row, err);) {
        MappingFindRow mapping;
        bool found;
        if (!db_one(conn, MappingFind, request->arena, &mapping, &found, err, .id = row.id))
            return false;
        if (found)
            write_mapping(request, packs, &mapping, json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Changing ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    const char *verb;
    int64_t id, version, org;
    Str uid, dataset, name, format, options, columns, mode;
} Wish;

static Str as_text(Arena *arena, const HubFileOptions *options, const HubColumn *columns, size_t n)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    if (options)
        hub_options_write(&json, options);
    else
        hub_columns_write(&json, columns, n);
    return arena_str(arena, str_from_gstring(text));
}

static bool is_one_of(Str word, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (str_eq(word, str_from(words[i])))
            return true;
    return false;
}

static bool read_wish(HttpRequest *request, const PacksRef *packs, const PackDataset *dataset, Wish *wish, GError **err)
{
    const JsonValue *body = request->json;
    const HubColumn *columns;
    HubFileOptions options;
    size_t n;
    wish->format = STR("auto");
    wish->mode = STR("add");
    if (!json_get_str(body, "name", &wish->name, err) || !json_opt_str(body, "format", &wish->format, err) || !json_opt_str(body, "mode", &wish->mode, err)
        || !hub_options_read(json_get(body, "options"), &options, err) || !hub_columns_read(json_get(body, "columns"), request->arena, &columns, &n, err)
        || !data_check_columns(packs, dataset, columns, n, err))
        return false;
    if (wish->name.n == 0 || utf8_length(wish->name) > LIMIT_NAME_CHARS)
        return json_bad(json_get(body, "name"), err, "a name has 1 to %d characters", LIMIT_NAME_CHARS);
    if (!is_one_of(wish->format, ingest_formats))
        return json_bad(json_get(body, "format"), err, "a format is auto, csv, xlsx, json, fhir or hl7");
    if (!is_one_of(wish->mode, hub_modes))
        return json_bad(json_get(body, "mode"), err, "a mode is add or replace");
    wish->options = as_text(request->arena, &options, NULL, 0);
    wish->columns = as_text(request->arena, NULL, columns, n);
    return true;
}

static void append_event(DbConn *tx, const Wish *wish)
{
    AuditWho who = api_who(wish->request);
    audit_append(tx, &who, wish->verb, (AuditObject) { "mapping", wish->uid }, STR("{}"));
}

static bool name_free(DbConn *tx, const Wish *wish, int64_t dataset, GError **err)
{
    MappingTakenRow row;
    bool found;
    if (!db_one(tx, MappingTaken, wish->request->arena, &row, &found, err, .org = wish->org, .dataset = dataset, .name = wish->name, .but = wish->id))
        return false;
    if (row.n == 0)
        return true;
    error_set(err, BH_CONFLICT, "there is a mapping '" STR_FMT "' already", STR_ARG(wish->name));
    return error_detail(err, "name-taken");
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    Wish *wish = data;
    DatasetIdOfRow dataset;
    MappingInsertRow row;
    bool found;
    if (!db_one(tx, DatasetIdOf, wish->request->arena, &dataset, &found, err, .name = wish->dataset))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no dataset '" STR_FMT "'", STR_ARG(wish->dataset));
    append_event(tx, wish);
    return name_free(tx, wish, dataset.id, err)
           && db_one(tx, MappingInsert, wish->request->arena, &row, &found, err, .uid = wish->uid, .org = wish->org, .dataset = dataset.id, .name = wish->name, .format = wish->format,
                     .options = wish->options, .columns = wish->columns, .mode = wish->mode);
}

static bool find_org(HttpRequest *request, int64_t *ret_org, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Str uid = STR_NONE;
    Org org;
    *ret_org = DB_NULL_INT;
    if (!conn || !json_opt_str(request->json, "org", &uid, err))
        return false;
    if (!uid.p && json_get(request->json, "org")) /* null: everybody's */
        return api_may(request, VERB_ADMINISTER, NULL, err);
    if (!data_org(request, conn, uid, VERB_MAP_DATA, &org, err))
        return false;
    *ret_org = org.id;
    return true;
}

static bool post_mapping(HttpRequest *request, GError **err)
{
    char uid[UID_TEXT_MAX];
    Wish wish = { .request = request, .verb = "mapping-add", .uid = str_from(uid_new(uid)), .id = 0 };
    const PackDataset *dataset;
    g_autoptr(PacksRef) packs = data_packs(request, err);
    if (!packs || !json_get_str(request->json, "dataset", &wish.dataset, err) || !data_dataset_named(packs, request->json, &dataset, err)
        || !find_org(request, &wish.org, err) || !read_wish(request, packs, dataset, &wish, err))
        return false;
    return http_write(request, add_in_tx, &wish, err) && answer(request, wish.uid, 201, err);
}

static bool find_editable(HttpRequest *request, MappingFindRow *ret_row, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !find_mapping(request, conn, http_path(request, "uid"), ret_row, err))
        return false;
    MayObject facts = data_facts(request->arena, ret_row->org_path, ret_row->org_area);
    return ret_row->org == DB_NULL_INT ? api_may(request, VERB_ADMINISTER, NULL, err) : api_may(request, VERB_MAP_DATA, &facts, err);
}

static bool stale(GError **err)
{
    error_set(err, BH_CONFLICT, "the mapping has changed");
    return error_detail(err, "version-stale");
}

static bool set_in_tx(DbConn *tx, void *data, GError **err)
{
    const Wish *wish = data;
    DatasetIdOfRow dataset;
    int64_t changes;
    bool found;
    append_event(tx, wish);
    if (!db_one(tx, DatasetIdOf, wish->request->arena, &dataset, &found, err, .name = wish->dataset) || !name_free(tx, wish, dataset.id, err)
        || !db_exec(tx, MappingSet, &changes, err, .id = wish->id, .version = wish->version, .name = wish->name, .format = wish->format, .options = wish->options,
                    .columns = wish->columns, .mode = wish->mode))
        return false;
    return changes == 1 || stale(err);
}

static bool delete_in_tx(DbConn *tx, void *data, GError **err)
{
    const Wish *wish = data;
    int64_t changes;
    append_event(tx, wish);
    return db_exec(tx, MappingDelete, &changes, err, .id = wish->id, .version = wish->version) && (changes == 1 || stale(err));
}

static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    MappingFindRow row;
    if (!packs || !find_mapping(request, conn, http_path(request, "uid"), &row, err))
        return false;
    write_mapping(request, packs, &row, json);
    return true;
}

static bool patch_mapping(HttpRequest *request, GError **err)
{
    MappingFindRow row;
    Wish wish = { .request = request, .verb = "mapping-change" };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    if (!packs || !http_if_match(request, &wish.version, err) || !find_editable(request, &row, err)
        || !read_wish(request, packs, packs_dataset(packs, row.dataset), &wish, err))
        return false;
    wish.id = row.id;
    wish.uid = row.uid;
    wish.org = row.org;
    wish.dataset = row.dataset;
    if (!http_write(request, set_in_tx, &wish, err))
        return http_answer_stale(request, write_present, err);
    return get_mapping(request, err);
}

static bool delete_mapping(HttpRequest *request, GError **err)
{
    MappingFindRow row;
    Wish wish = { .request = request, .verb = "mapping-delete" };
    if (!http_if_match(request, &wish.version, err) || !find_editable(request, &row, err))
        return false;
    wish.id = row.id;
    wish.uid = row.uid;
    if (!http_write(request, delete_in_tx, &wish, err))
        return http_answer_stale(request, write_present, err);
    return http_nothing(request);
}

/* --- Batches ------------------------------------------------------------------------------------------------------------------------ */

void json_batch(const HttpRequest *request, const PacksRef *packs, const BatchFindRow *row, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "intake", row->intake_uid);
    json_member_dataset(json, "dataset", packs, row->dataset);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_str(json, "mode", row->mode);
    json_member_period(json, "period", row->period);
    json_member_str(json, "state", row->state);
    json_member_int(json, "rows", row->rows);
    json_member_int(json, "rejected", row->rejected);
    json_member_int(json, "held", row->held);
    json_member_int(json, "warned", row->warned);
    json_member_int(json, "added", row->added);
    json_member_int(json, "changed", row->changed);
    json_member_int(json, "same", row->same);
    json_member_int(json, "deleted", row->deleted);
    json_member_int(json, "done_rows", row->done_rows);
    json_member_instant(json, request, "opened", row->opened);
    json_member_instant(json, request, "done", row->done_at);
}

static bool write_parts(DbConn *conn, int64_t batch, JsonWriter *json, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, BatchParts, err, .batch = batch);
    json_key(json, "parts");
    json_begin_array(json);
    for (BatchPartsRow row; rows && db_next(rows, &row, err);) {
        json_begin_object(json);
        json_member_ref(json, "org", row.org_uid, row.org_name);
        json_member_month(json, "month", row.month);
        json_member_int(json, "rows", row.rows);
        json_member_int(json, "held", row.held);
        json_member_int(json, "warned", row.warned);
        json_member_int(json, "added", row.added);
        json_member_int(json, "changed", row.changed);
        json_member_int(json, "same", row.same);
        json_member_int(json, "deleted", row.deleted);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool find_batch(const HttpRequest *request, DbConn *conn, Str uid, BatchFindRow *ret_row, bool *ret_readable, GError **err)
{
    bool found;
    if (!db_one(conn, BatchFind, request->arena, ret_row, &found, err, .uid = uid))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_row->org_path, ret_row->org_area) : (MayObject) { 0 };
    *ret_readable = found && may(api_user(request), VERB_READ_DATA, &facts).ok;
    return true;
}

static bool get_batch(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Str uid = http_path(request, "uid");
    BatchFindRow row;
    bool seen;
    if (!conn || !find_batch(request, conn, uid, &row, &seen, err))
        return false;
    if (!seen)
        return error_set(err, BH_NOT_FOUND, "no batch '" STR_FMT "'", STR_ARG(uid));
    JsonWriter *json = http_json(request, 200);
    json_batch(request, packs, &row, json);
    if (!write_parts(conn, row.id, json, err))
        return false;
    json_end_object(json);
    return true;
}

static const DbFilter batch_filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "intake", "i.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "state", "b.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
};

static bool get_batches(HttpRequest *request, GError **err)
{
    static const DbOrder newest[] = { { "opened", "b.opened", DB_TYPE_INT, true } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, BatchList, "b.id", .account = request->session->account, .today = clock_today(request->app->clock));
    for (size_t i = 0; conn && i < G_N_ELEMENTS(batch_filters); i++) {
        Str value = http_query(request, batch_filters[i].name);
        if (value.p && !db_list_filter(list, batch_filters, G_N_ELEMENTS(batch_filters), str_from(batch_filters[i].name), value, err))
            return false;
    }
    if (!conn || !data_filter_below(request, conn, list, err) || !db_list_order(list, newest, 1, STR("opened"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (BatchListRow row; rows && db_list_next(list, rows, &row, err);) {
        BatchFindRow batch;
        bool seen;
        if (!find_batch(request, conn, arena_str(request->arena, row.uid), &batch, &seen, err))
            return false;
        if (!seen)
            continue;
        json_batch(request, packs, &batch, json);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------------- */

static const Route routes[] = {
    { HTTP_GET, "/api/v1/mappings", HTTP_SESSION, get_mappings, HTTP_LIST_QUERY " org:uid dataset:text format:auto|csv|xlsx|json|fhir|hl7", HTTP_NO_BODY, "Mappings",
      "what columns of files mean" },
    { HTTP_POST, "/api/v1/mappings", HTTP_SESSION, post_mapping, NULL, HTTP_JSON, "Mapping", "keep a mapping" },
    { HTTP_GET, "/api/v1/mappings/{uid}", HTTP_SESSION, get_mapping, NULL, HTTP_NO_BODY, "Mapping", "a mapping" },
    { HTTP_PATCH, "/api/v1/mappings/{uid}", HTTP_SESSION, patch_mapping, NULL, HTTP_JSON, "Mapping", "change a mapping, whole" },
    { HTTP_DELETE, "/api/v1/mappings/{uid}", HTTP_SESSION, delete_mapping, NULL, HTTP_NO_BODY, NULL, "take a mapping away" },
    { HTTP_GET, "/api/v1/batches", HTTP_SESSION, get_batches, HTTP_LIST_QUERY " org:uid dataset:text intake:uid state+:applying|done|undone", HTTP_NO_BODY, "Batches",
      "what was brought into the records, the newest first" },
    { HTTP_GET, "/api/v1/batches/{uid}", HTTP_SESSION, get_batch, NULL, HTTP_NO_BODY, "Batch", "a batch, by organisation and month" },
};

static const HttpShape shapes[] = {
    { "Mapping", "uid:uid org:Ref? dataset:DatasetRef name format options:any columns:any mode used:instant? version:int may:any" },
    { "Mappings", "rows:[Mapping] next? total:int" },
    { "Batch", "uid:uid intake:uid? dataset:DatasetRef org:Ref mode period? state rows:int rejected:int held:int warned:int added:int changed:int same:int deleted:int done_rows:int"
               " opened:instant done:instant? parts:any" },
    { "Batches", "rows:[Batch] next? total:int" },
};

const RouteTable mapping_routes = ROUTE_TABLE(routes, shapes);
