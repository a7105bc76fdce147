/* Packs: which are installed, and installing others. */
#include "base/limits.h"
#include "db/queries.h"
#include "http/data.h"
#include "hub/person.h"
#include "pack/store.h"

#include "base/banned.h"

enum { FINDINGS_TOLD = 20 };

/* --- What is there -------------------------------------------------------------------------------------------------------------- */

static void write_datasets(JsonWriter *json, const PacksRef *packs, const Pack *pack)
{
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t i = 0; i < pack->datasets.n; i++)
        json_dataset(json, packs, pack->datasets.v[i].full_name);
    json_end_array(json);
}

static void write_pack(const HttpRequest *request, JsonWriter *json, const PacksRef *packs, const Pack *pack, const PacksInstalledRow *row)
{
    json_member_str(json, "id", pack->id);
    json_member_str(json, "name", pack->name);
    json_member_str(json, "name_en", pack->name_en);
    json_member_str(json, "version", pack->version);
    json_member_str(json, "hash", pack->hash);
    json_member_instant(json, request, "installed", row->at);
    json_member_ref(json, "by", row->account, row->by);
    write_datasets(json, packs, pack);
}

/* The rows of the store beside the packs; elements.yaml and what is laid over are none. */
static bool each_installed(HttpRequest *request, const PacksRef *packs, void (*work)(HttpRequest *request, const PacksRef *packs, const Pack *pack, const PacksInstalledRow *row, void *data), void *data,
                           GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, PacksInstalled, err) : NULL;
    for (PacksInstalledRow row; rows && db_next(rows, &row, err);) {
        const Pack *pack = packs_find(packs, row.name);
        if (pack)
            work(request, packs, pack, &row, data);
    }
    return db_rows_ok(rows);
}

static void write_row(HttpRequest *request, const PacksRef *packs, const Pack *pack, const PacksInstalledRow *row, void *data)
{
    JsonWriter *json = data;
    json_begin_object(json);
    write_pack(request, json, packs, pack, row);
    json_end_object(json);
}

static void write_may(const HttpRequest *request, JsonWriter *json)
{
    Allowed install = api_allowed(request, VERB_ADMINISTER, NULL);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "install", &install);
    json_end_object(json);
}

static bool get_packs(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    if (!packs)
        return false;
    JsonWriter *json = http_list_open(request);
    if (!each_installed(request, packs, write_row, json, err))
        return false;
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    write_may(request, json);
    json_end_object(json);
    return true;
}

/* --- One of them ------------------------------------------------------------------------------------------------------------------ */

static void write_names(JsonWriter *json, const char *key, PackNames names)
{
    json_key(json, key);
    json_begin_array(json);
    for (size_t i = 0; i < names.n; i++)
        json_str(json, names.v[i].text);
    json_end_array(json);
}

static void write_facts(JsonWriter *json, const Pack *pack)
{
    static const char *const bases[] = { [PACK_SOURCED] = "sourced", [PACK_MEMORY] = "memory", [PACK_PRACTICE] = "practice" };
    json_key(json, "facts");
    json_begin_array(json);
    for (size_t i = 0; i < pack->facts.n; i++) {
        json_begin_object(json);
        json_member_str(json, "says", pack->facts.v[i].says);
        json_member_str(json, "source", pack->facts.v[i].source);
        json_member_cstr(json, "basis", bases[pack->facts.v[i].basis]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_changes(JsonWriter *json, PackChanges changes)
{
    json_key(json, "local");
    json_begin_array(json);
    for (size_t i = 0; i < changes.n; i++) {
        json_begin_object(json);
        json_member_str(json, "at", changes.v[i].at);
        json_member_str(json, "was", changes.v[i].was);
        json_member_str(json, "now", changes.v[i].local);
        json_end_object(json);
    }
    json_end_array(json);
}

/* What is laid over it here: the differences of the pack from itself. */
static bool write_local(HttpRequest *request, JsonWriter *json, const Pack *pack, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(PackFiles) files = conn ? pack_store_files(conn, err) : NULL;
    if (!files)
        return false;
    write_changes(json, pack_diff(files, files, pack->id, request->arena));
    return true;
}

typedef struct {
    Str id;
    JsonWriter *json; /* NULL: it is not there */
} One;

static void write_one(HttpRequest *request, const PacksRef *packs, const Pack *pack, const PacksInstalledRow *row, void *data)
{
    One *one = data;
    if (!str_eq(pack->id, one->id))
        return;
    one->json = http_json(request, 200);
    json_begin_object(one->json);
    write_pack(request, one->json, packs, pack, row);
    json_member_str(one->json, "about", pack->about);
    json_member_str(one->json, "about_en", pack->about_en);
    write_names(one->json, "uses", pack->uses_names);
    write_facts(one->json, pack);
    write_may(request, one->json);
}

static bool get_pack(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    One one = { .id = http_path(request, "id") };
    const Pack *pack = packs ? packs_find(packs, one.id) : NULL;
    if (!packs || (!pack && !error_set(err, BH_NOT_FOUND, "no pack '" STR_FMT "' is installed", STR_ARG(one.id))))
        return false;
    if (!each_installed(request, packs, write_one, &one, err))
        return false;
    if (!one.json)
        return error_set(err, BH_NOT_FOUND, "no pack '" STR_FMT "' is installed", STR_ARG(one.id));
    bool ok = write_local(request, one.json, pack, err);
    json_end_object(one.json);
    return ok;
}

/* --- Installing ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    Str upload;
    HttpUpload taken;
} Taking;

static bool take_in_tx(DbConn *tx, void *data, GError **err)
{
    Taking *taking = data;
    return http_upload_take(taking->request, tx, taking->upload, &taking->taken, err);
}

static PackFiles *read_upload(HttpRequest *request, Str upload, GError **err)
{
    Taking taking = { .request = request, .upload = upload };
    if (!http_write(request, take_in_tx, &taking, err))
        return NULL;
    g_autoptr(GString) content = blob_get(request->app->blobs, taking.taken.blob, LIMIT_PACK_BYTES, err);
    return content ? pack_files_unzip(str_from_gstring(content), err) : NULL;
}

static bool read_names(HttpRequest *request, PackWish *wish, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(request->json, "packs", &list, err))
        return false;
    Str *names = ARENA_ARRAY(request->arena, Str, list ? list->count + 1 : 1);
    for (const JsonValue *name = list ? list->first : NULL; name; name = name->next)
        if (!json_as_str(name, &names[wish->n++], err))
            return false;
    wish->names = names;
    return true;
}

/* What else was found stands in the hint: a pack is mended where it was made, not here. */
static void tell_findings(const PackReport *report, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t told = 0;
    for (size_t i = 0; i < pack_report_count(report) && told < FINDINGS_TOLD; i++) {
        const PackFinding *f = pack_report_get(report, i);
        if (f->warning)
            continue;
        g_string_append_printf(text, "%s" STR_FMT ":%u:%u: " STR_FMT " [%s]", told++ > 0 ? "\n  " : "", STR_ARG(f->path), f->line, f->column, STR_ARG(f->text), f->code);
    }
    if (told > 1)
        error_hint(err, "%s", text->str);
}

static void write_done(HttpRequest *request, const PackInstalled *done, const PackReport *report)
{
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t i = 0; i < done->n; i++) {
        json_begin_object(json);
        json_member_str(json, "id", done->v[i].name);
        json_member_str(json, "version", done->v[i].version);
        json_member_str(json, "was", done->v[i].was);
        json_member_cstr(json, "what", done->v[i].what);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_int(json, "warnings", (int64_t) (pack_report_count(report) - pack_report_errors(report)));
    json_end_object(json);
}

static bool use_packs(HttpRequest *request, PacksRef *packs, GError **err)
{
    Hub *hub = api_app(request)->hub;
    HubPersons *persons = hub ? hub_open(hub)->persons : NULL;
    if (hub)
        hub_set_packs(hub, packs);
    return !persons || hub_persons_use(persons, packs, err);
}

static bool post_packs(HttpRequest *request, GError **err)
{
    PackWish wish = { .sections = api_app(request)->sections, .zone_minutes = clock_zone_minutes(request->app->clock), .who = api_who(request), .account = request->session->account };
    PackInstalled done;
    Str upload;
    if (!api_may(request, VERB_ADMINISTER, NULL, err) || !json_get_str(request->json, "upload", &upload, err) || !json_opt_bool(request->json, "upgrade", &wish.upgrade, err) ||
        !json_opt_bool(request->json, "check", &wish.check, err) || !read_names(request, &wish, err))
        return false;
    g_autoptr(PackFiles) files = read_upload(request, upload, err);
    g_autoptr(PackReport) report = NULL;
    g_autoptr(PacksRef) packs = NULL;
    wish.files = files;
    if (!files)
        return false;
    if (!pack_install(request->app->db, &wish, request->arena, &done, &packs, &report, err)) {
        tell_findings(report, err);
        return false;
    }
    write_done(request, &done, report);
    return wish.check || use_packs(request, packs, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/packs", HTTP_SESSION, get_packs, NULL, HTTP_NO_BODY, "PackList", "the packs that are installed" },
    { HTTP_GET, "/api/v1/packs/{id:word}", HTTP_SESSION, get_pack, NULL, HTTP_NO_BODY, "PackWhole", "a pack: where its rules come from, and what is laid over it here" },
    { HTTP_POST, "/api/v1/packs", HTTP_SESSION, post_packs, NULL, HTTP_JSON, "PacksInstalled", "install the packs of an upload (a zip of a folder of packs), or newer editions of them" },
};

static const HttpShape shapes[] = {
    { "Pack", "id name name_en? version hash installed:instant by:Ref? datasets:[any]" },
    { "PackList", "rows:[Pack] next? may:any" },
    { "PackWhole", "id name name_en? version hash installed:instant by:Ref? datasets:[any] about? about_en? uses:[text] facts:[any] local:[any] may:any" },
    { "PacksInstalled", "rows:[any] warnings:int" },
};

const RouteTable pack_routes = ROUTE_TABLE(routes, shapes);
