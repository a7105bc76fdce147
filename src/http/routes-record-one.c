/* One record, with its history and what is wrong in it. */
#include "http/case-json.h"
#include "http/person-json.h"

#include "base/banned.h"

/* Whoever may not read the organisation's records is not told whether there is one. */
static bool find_org(HttpRequest *request, DbConn *conn, const RecordPlace *place, Org *ret_org, GError **err)
{
    if (!org_by_id(conn, request->arena, place->org, ret_org, NULL))
        return error_set(err, BH_NOT_FOUND, "no such record");
    MayObject facts = data_facts(request->arena, ret_org->path, ret_org->area);
    return may(api_user(request), VERB_READ_DATA, &facts).ok || error_set(err, BH_NOT_FOUND, "no such record");
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

/* Of the record's own fields that lie in the vault, as they may be shown to anybody who may read it. */
static bool write_personal(HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, JsonWriter *json, GError **err)
{
    const HubPersons *persons = api_app(request)->persons;
    json_key(json, "personal");
    json_begin_array(json);
    for (size_t i = 0; persons && i < view->n; i++) {
        Str shown;
        if (!view->fields[i] || !pack_type_personal(view->fields[i]->type))
            continue;
        int64_t id = cells[i].number == DB_NULL_INT ? 0 : cells[i].number;
        if (!hub_vault_read(persons, conn, &id, 1, VAULT_MASKED, request->arena, &shown, err))
            return false;
        json_begin_object(json);
        json_member_cstr(json, "field", view->columns[i]);
        json_member_str(json, "shown", shown);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
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
    bool found, there;
    if (!conn || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !record_view(conn, dataset, request->arena, &view, err))
        return false;
    if (!record_place_read(http_path(request, "record"), &place))
        return error_set(err, BH_NOT_FOUND, "no such record");
    if (!find_org(request, conn, &place, &org, err) || !record_find(conn, &view, &place, request->arena, &cells, &found, err))
        return false;
    there = found;
    if (!found && !record_find_last(conn, &view, &place, request->arena, &cells, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no such record");
    JsonWriter *json = http_json(request, 200);
    if (!data_json_record(request, conn, &view, cells, org.uid, org.name, json, err) || !write_personal(request, conn, &view, cells, json, err))
        return false;
    json_member_bool(json, "deleted", !there);
    if (!record_write_history(request, conn, &view, &place, json, err) || !write_defects(request, conn, packs, &view, &place, json, err)
        || !json_member_case(request, conn, packs, &view, &place, true, json, err))
        return false;
    json_end_object(json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/records/{dataset:text}/{record:text}", HTTP_SESSION, get_record, NULL, HTTP_NO_BODY, "RecordWhole", "a record, its history, what is wrong in it" },
};

static const HttpShape shapes[] = {
    { "RecordWhole", "id org:Ref month? state batch:uid? period? valid_from:date? valid_to:date? values:any person:KnownPerson? personal:any deleted:bool moved? history:any defects:[Defect] case:any?" },
};

const RouteTable record_one_routes = ROUTE_TABLE(routes, shapes);
