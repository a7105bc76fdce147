/* Persons: found by a number or a full description, seen masked, shown with a purpose, merged and parted. Nobody learns that there is a person of whom he may read no record. */
#include "base/limits.h"
#include "http/case-json.h"
#include "http/person-json.h"

#include "base/banned.h"

/* --- Finding -------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    Str kind, value, phone, purpose;
    Date birth;
    PersonSeen found[LIMIT_PERSON_FOUND]; /* that the asker may know of */
    size_t n;
} Find;

static bool read_find(Find *find, GError **err)
{
    const JsonValue *json = find->request->json;
    bool known = false;
    if (!json_get_str(json, "kind", &find->kind, err) || !json_get_str(json, "value", &find->value, err) || !json_get_str(json, "purpose", &find->purpose, err) ||
        !json_opt_str(json, "phone", &find->phone, err) || !api_read_date(json, "birth", &find->birth, err))
        return false;
    for (const char *const *purpose = hub_purposes; *purpose; purpose++)
        known |= str_eq(find->purpose, str_from(*purpose));
    if (known)
        return true;
    json_bad(json_get(json, "purpose"), err, "there is no such purpose");
    return error_detail(err, "purpose-unknown");
}

/* A number names one; a name alone names nobody: its birth or telephone must be known, too. */
static bool find_ids(Find *find, int64_t *ids, size_t *ret_n, GError **err)
{
    HubPersons *persons = api_app(find->request)->persons;
    g_autoptr(PacksRef) packs = data_packs(find->request, err);
    const PackElement *element = packs ? person_element(packs, find->kind) : NULL;
    if (!packs)
        return false;
    if (element && element->type == PACK_PERSON_NAME) {
        *ret_n = hub_persons_like(persons, find->value, find->birth, find->phone, ids, LIMIT_PERSON_FOUND);
        return find->birth != DATE_NONE || find->phone.p || json_bad(json_get(find->request->json, "value"), err, "a name is looked for with a birth or a telephone");
    }
    if (!element || (element->type != PACK_ID_CARD && element->type != PACK_CARD_NO))
        return json_bad(json_get(find->request->json, "kind"), err, "expected an element that is a number or a name");
    ids[0] = hub_person_find(persons, element, find->value);
    *ret_n = ids[0] ? 1 : 0;
    return true;
}

/* Who looked for somebody, what for, and how many were found; of each that was found, an event of its own. Neither number nor name stands in it. */
static bool log_find(DbConn *tx, void *data, GError **err)
{
    const Find *find = data;
    AuditWho who = api_who(find->request);
    (void) err;
    Str text = arena_printf(find->request->arena, "{\"found\":%zu,\"kind\":\"" STR_FMT "\",\"purpose\":\"" STR_FMT "\"}", find->n, STR_ARG(find->kind), STR_ARG(find->purpose));
    for (size_t i = 0; i < find->n; i++) {
        char uid[UID_TEXT_MAX];
        audit_append(tx, &who, "find-person", (AuditObject) { "person", str_from(hub_person_uid(api_app(find->request)->persons, find->found[i].person, uid)) }, text);
    }
    if (find->n == 0)
        audit_append(tx, &who, "find-person", (AuditObject) { "account", who.account }, text);
    return true;
}

static bool find_seen(Find *find, DbConn *conn, GError **err)
{
    int64_t ids[LIMIT_PERSON_FOUND];
    size_t n = 0;
    if (!find_ids(find, ids, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!person_seen(find->request, conn, ids[i], &find->found[find->n], err))
            return false;
        find->n += person_may_read(find->request, &find->found[find->n]);
    }
    return true;
}

static bool post_find(HttpRequest *request, GError **err)
{
    Find *find = ARENA_NEW(request->arena, Find);
    find->request = request;
    g_autoptr(DbConn) conn = NULL;
    if (!read_find(find, err) || !(conn = db_reader(request->app->db, err)) || !find_seen(find, conn, err) || !http_write(request, log_find, find, err))
        return false;
    JsonWriter *json = http_list_open(request);
    for (size_t i = 0; i < find->n; i++)
        if (!json_person_short(request, conn, find->found[i].person, json, err))
            return false;
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return true;
}

/* --- Seeing ----------------------------------------------------------------------------------------------------------------------------- */

static bool get_person(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PersonSeen seen;
    return conn && person_of_path(request, conn, &seen, err) && json_person_whole(request, conn, &seen, http_json(request, 200), err);
}

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    PacksRef *packs;
    const PersonSeen *seen;
    JsonWriter *json;
    int64_t written, limit, at;
    Str dataset; /* only of this one */
} Records;

static bool write_one(Records *records, const PackDataset *dataset, const PersonRecord *note, const Org *org, GError **err)
{
    RecordView view;
    RecordPlace place = { note->org, note->month, note->key };
    const DbValue *cells;
    bool found;
    if (!record_view(records->conn, dataset, records->request->arena, &view, err) ||
        !record_find(records->conn, &view, &place, records->request->arena, &cells, &found, err))
        return false;
    if (!found || !person_seen_is(records->seen, record_person(&view, cells)))
        return true;
    if (!data_json_record(records->request, records->conn, &view, cells, org->uid, org->name, records->json, err)
        || !json_member_case(records->request, records->conn, records->packs, &view, &place, false, records->json, err))
        return false;
    json_member_dataset(records->json, "dataset", records->packs, dataset->full_name);
    json_end_object(records->json);
    records->written++;
    return true;
}

static bool write_note(Records *records, const PersonRecord *note, GError **err)
{
    const Org *org = person_seen_org(records->seen, note->org);
    DatasetNameRow name;
    bool found;
    if (!person_org_open(records->request, org)) /* of another institution: not told of */
        return true;
    if (!db_one(records->conn, DatasetName, records->request->arena, &name, &found, err, .id = note->dataset))
        return false;
    const PackDataset *dataset = found ? packs_dataset(records->packs, name.name) : NULL;
    return !dataset || (records->dataset.p && !str_eq(records->dataset, name.name)) || write_one(records, dataset, note, org, err);
}

/* The cursor is how many notes were looked at: what comes in meanwhile may show a record twice, never hide one of those that are there. */
static bool get_records(HttpRequest *request, GError **err)
{
    enum { DEFAULT = 50 };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    PersonSeen seen;
    Str cursor = http_query(request, "cursor");
    Records records = { .request = request, .conn = conn, .packs = packs, .seen = &seen, .limit = http_query_int(request, "limit", DEFAULT), .dataset = http_query(request, "dataset") };
    if (cursor.n > 0 && (!str_to_int64(cursor, &records.at) || records.at < 0))
        return error_set(err, BH_BAD_INPUT, "this is no cursor of this list") || error_at(err, "query:cursor");
    if (!conn || !person_of_path(request, conn, &seen, err))
        return false;
    records.json = http_list_open(request);
    for (; records.at < (int64_t) seen.n_records && records.written < records.limit; records.at++)
        if (!write_note(&records, &seen.records[records.at], err))
            return false;
    json_end_array(records.json);
    json_member_str(records.json, "next", records.at < (int64_t) seen.n_records ? arena_printf(request->arena, "%" G_GINT64_FORMAT, records.at) : STR_NONE);
    json_end_object(records.json);
    return true;
}

/* --- Showing ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    PersonLook look;
    const PersonValue *values;
    size_t n;
} Show;

static bool show_in_tx(DbConn *tx, void *data, GError **err)
{
    Show *show = data;
    AuditWho who = api_who(show->request);
    return hub_person_show(api_app(show->request)->persons, tx, &show->look, &who, show->request->arena, &show->values, &show->n, err);
}

static bool read_fields(HttpRequest *request, PersonLook *look, GError **err)
{
    const JsonValue *list = json_get(request->json, "fields");
    size_t n = 0;
    if (!list || list->type == JSON_NULL)
        return true;
    if (!json_get_array(request->json, "fields", &list, err))
        return false;
    for (const JsonValue *item = list->first; item; item = item->next, n++)
        if (item->type != JSON_STRING || n == LIMIT_PACK_FIELDS)
            return json_bad(item, err, "expected ids of elements");
    Str *fields = ARENA_ARRAY(request->arena, Str, n + 1);
    for (const JsonValue *item = list->first; item; item = item->next)
        fields[look->n_fields++] = item->text;
    look->fields = fields;
    return true;
}

/* By right, and only behind a second factor. */
static bool check_show(const HttpRequest *request, const PersonSeen *seen, GError **err)
{
    if (!api_may(request, VERB_UNMASK_PERSON, &seen->facts, err))
        return false;
    if (person_may_show(request, seen).ok)
        return true;
    error_set(err, BH_FORBIDDEN, "who sees such values needs a second factor");
    return error_detail(err, "second-needed");
}

static void write_shown(const Show *show, const PacksRef *packs, Date birth, JsonWriter *json)
{
    json_begin_object(json);
    json_member_date(json, "birth", birth);
    json_key(json, "fields");
    json_begin_array(json);
    for (size_t i = 0; i < show->n; i++) {
        json_begin_object(json);
        json_member_str(json, "id", show->values[i].element);
        json_element_names(json, packs, show->values[i].element);
        json_member_str(json, "value", show->values[i].shown);
        json_member_bool(json, "further", show->values[i].further);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static bool post_unmask(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(PacksRef) packs = data_packs(request, NULL);
    PersonSeen seen;
    PersonView view;
    bool found;
    Show show = { .request = request };
    if (!api_person(request, err) || !conn || !person_of_path(request, conn, &seen, err) || !check_show(request, &seen, err))
        return false;
    show.look.person = seen.person;
    show.look.account = request->session->account;
    if (!json_get_str(request->json, "purpose", &show.look.purpose, err) || !json_opt_str(request->json, "reason", &show.look.reason, err) || !read_fields(request, &show.look, err) ||
        !hub_person_view(api_app(request)->persons, conn, seen.person, request->arena, &view, &found, err) || !http_write(request, show_in_tx, &show, err))
        return false;
    write_shown(&show, packs, found ? view.birth : DATE_NONE, http_json(request, 200));
    return true;
}

/* Who looked: for whoever may look himself, and for those who oversee it. */
static bool get_looks(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    PersonSeen seen;
    int64_t person;
    if (!conn || !hub_person_by_uid(api_app(request)->persons, http_path(request, "uid"), &person) || !person_seen(request, conn, person, &seen, err))
        return err && *err ? false : error_set(err, BH_NOT_FOUND, "no such person");
    if (!may(api_user(request), VERB_READ_AUDIT, NULL).ok && !person_may_read(request, &seen))
        return error_set(err, BH_NOT_FOUND, "no such person");
    if (!may(api_user(request), VERB_READ_AUDIT, NULL).ok && !api_may(request, VERB_UNMASK_PERSON, &seen.facts, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, PersonLooks, err, .person = person, .most = LIMIT_PERSON_LOOKS);
    JsonWriter *json = http_list_open(request);
    for (PersonLooksRow row; rows && db_next(rows, &row, err);) {
        json_begin_object(json);
        json_member_instant(json, request, "at", row.at);
        json_key(json, "by");
        json_begin_object(json);
        json_member_str(json, "uid", row.account_uid);
        json_member_str(json, "name", row.account_person);
        json_member_ref(json, "org", row.org_uid, row.org_name);
        json_end_object(json);
        json_member_str(json, "purpose", row.purpose);
        json_member_str(json, "reason", row.reason);
        json_member_str(json, "fields", row.fields);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return db_rows_ok(rows);
}

/* --- Merging and parting ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    HttpRequest *request;
    int64_t person, onto; /* onto 0: parted */
} Merge;

static bool merge_in_tx(DbConn *tx, void *data, GError **err)
{
    const Merge *merge = data;
    HubPersons *persons = api_app(merge->request)->persons;
    AuditWho who = api_who(merge->request);
    return merge->onto ? hub_person_merge(persons, tx, merge->person, merge->onto, merge->request->session->account, &who, err)
                       : hub_person_part(persons, tx, merge->person, merge->request->session->account, &who, err);
}

static bool person_may_merge(const HttpRequest *request, const PersonSeen *seen, GError **err)
{
    return api_may(request, VERB_MERGE_PERSON, &seen->facts, err);
}

static bool change(HttpRequest *request, bool merges, GError **err)
{
    PersonSeen seen, onto = { 0 };
    Merge merge = { .request = request };
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        if (!conn || !person_of_path(request, conn, &seen, err) || !person_may_merge(request, &seen, err) ||
            (merges && (!person_of_member(request, conn, "onto", &onto, err) || !person_may_merge(request, &onto, err))))
            return false;
    }
    merge.person = seen.person;
    merge.onto = merges ? onto.person : 0;
    return http_write(request, merge_in_tx, &merge, err) && get_person(request, err);
}

static bool post_merge(HttpRequest *request, GError **err)
{
    return change(request, true, err);
}

static bool post_unmerge(HttpRequest *request, GError **err)
{
    return change(request, false, err);
}

/* --- The table ------------------------------------------------------------------------------------------------------------------------------ */

#define PERSON "/api/v1/persons/{uid}"

static const Route routes[] = {
    { HTTP_POST, "/api/v1/persons/find", HTTP_SESSION, post_find, NULL, HTTP_JSON, "FoundPersons", "who has a number, or a name with birth or telephone: of those whose records the asker may read" },
    { HTTP_GET, PERSON, HTTP_SESSION, get_person, NULL, HTTP_NO_BODY, "PersonWhole", "a person of records, masked" },
    { HTTP_GET, PERSON "/records", HTTP_SESSION, get_records, HTTP_LIST_QUERY " dataset", HTTP_NO_BODY, "PersonRecords", "its records of all datasets that the asker may read, the newest month first" },
    { HTTP_POST, PERSON "/unmask", HTTP_SESSION, post_unmask, NULL, HTTP_JSON, "PersonShown", "values as they are; who, when and what for is kept", .secret_answer = true },
    { HTTP_GET, PERSON "/looks", HTTP_SESSION, get_looks, NULL, HTTP_NO_BODY, "PersonLooks", "who saw values of it, the newest first" },
    { HTTP_POST, PERSON "/merge", HTTP_SESSION, post_merge, NULL, HTTP_JSON, "PersonWhole", "it is the same person as another one" },
    { HTTP_POST, PERSON "/unmerge", HTTP_SESSION, post_unmerge, NULL, HTTP_JSON, "PersonWhole", "it is not" },
};

static const HttpShape shapes[] = {
    { "KnownPerson", "uid:uid name? sex? birth?" },
    { "FoundPersons", "rows:[KnownPerson] next?" },
    { "PersonField", "id name name_en? type shown further:bool" },
    { "MergedPerson", "uid:uid name? sex? birth? onto:uid? at:instant?" },
    { "PersonFact", "id name name_en? type? value? words? words_en? further:bool at:instant org:any" },
    { "PersonWhole", "uid:uid name? sex? birth? root:uid records:int fields:[PersonField] facts:[PersonFact] group:[MergedPerson] may:any" },
    { "PersonRecord", "id org:any month? state batch:uid? period? valid_from:date? valid_to:date? values:any person:KnownPerson? dataset:any" },
    { "PersonRecords", "rows:[PersonRecord] next?" },
    { "ShownField", "id name name_en? value further:bool" },
    { "PersonShown", "birth:date? fields:[ShownField]" },
    { "PersonLook", "at:instant by:any purpose reason? fields" },
    { "PersonLooks", "rows:[PersonLook] next?" },
};

const RouteTable person_routes = ROUTE_TABLE(routes, shapes);
