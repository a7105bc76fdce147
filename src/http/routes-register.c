/* Registers and their entries. */
#include "base/limits.h"
#include "db/queries.h"
#include "http/app.h"
#include "ledger/register.h"

#include "base/banned.h"

/* --- Registers ------------------------------------------------------------------------------------------------------------------- */

/* Every registered user sees how registers are set up: whoever gives evidence must know what it is held against. */
static bool write_register(const RegisterAllRow *row, Arena *arena, JsonWriter *json, GError **err)
{
    const JsonValue *definition = json_parse(arena_str(arena, row->definition), arena, err);
    if (!definition)
        return false;
    json_begin_object(json);
    json_member_str(json, "code", row->code);
    json_member_str(json, "proves", row->proves);
    json_member_int(json, "rows", row->rows);
    json_member_int(json, "version", row->version);
    for (const JsonValue *member = definition->first; member; member = member->next) {
        json_key_str(json, member->name);
        json_value(json, member);
    }
    json_end_object(json);
    return true;
}

static bool get_registers(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, RegisterAll, err) : NULL;
    JsonWriter *json = http_list_open(request);
    for (RegisterAllRow row; rows && db_next(rows, &row, err);)
        if (!write_register(&row, request->arena, json, err))
            return false;
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_key(json, "checks");
    json_begin_array(json);
    for (size_t i = 0; register_check_name(i); i++)
        json_cstr(json, register_check_name(i));
    json_end_array(json);
    json_end_object(json);
    return db_rows_ok(rows);
}

/* The members of a body that make a definition, as its text. */
static const char *const definition_members[] = { "name", "name_en", "fields", "key", "checks", "words" };

static Str definition_of(const HttpRequest *request)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    for (size_t i = 0; i < G_N_ELEMENTS(definition_members); i++) {
        const JsonValue *member = json_get(request->json, definition_members[i]);
        if (!member)
            continue;
        json_key(&json, definition_members[i]);
        json_value(&json, member);
    }
    json_end_object(&json);
    return arena_str(request->arena, str_from_gstring(out));
}

static bool put_register(HttpRequest *request, Str code, int64_t version, GError **err)
{
    Str proves;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    if (!json_get_str(request->json, "proves", &proves, err) || !register_put(&ledger, &actor, code, version, proves, definition_of(request), err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Register reg;
    if (!conn || !register_by_code(conn, request->arena, code, &reg, err))
        return false;
    RegisterAllRow row = { .code = reg.code, .proves = reg.proves, .definition = reg.definition, .version = reg.version };
    return write_register(&row, request->arena, http_json(request, version == 0 ? 201 : 200), err);
}

static bool post_register(HttpRequest *request, GError **err)
{
    Str code;
    return json_get_str(request->json, "code", &code, err) && put_register(request, code, 0, err);
}

static bool patch_register(HttpRequest *request, GError **err)
{
    int64_t version;
    return http_if_match(request, &version, err) && put_register(request, http_path(request, "code"), version, err);
}

/* --- Entries ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter row_filters[] = {
    { "org", "o.uid", DB_FILTER_EQ, DB_TYPE_TEXT },          { "q", "r.fields", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "key", "r.key", DB_FILTER_EQ, DB_TYPE_TEXT },          { "from", "r.day", DB_FILTER_GE, DB_TYPE_DATE },
    { "to", "r.day", DB_FILTER_LE, DB_TYPE_DATE },           { "withdrawn", "r.withdrawn", DB_FILTER_EQ, DB_TYPE_BOOL },
};

static const DbOrder row_orders[] = { { "day", "r.day", DB_TYPE_DATE, true } };

static void write_row(const HttpRequest *request, const RegisterRow *row, JsonWriter *json)
{
    MayObject facts = register_row_facts(row, request->arena);
    Allowed allowed = api_allowed(request, VERB_WORK, &facts);
    if (allowed.ok && row->withdrawn)
        allowed = (Allowed) { .why = "wrong-state" };
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_date(json, "day", row->day);
    json_key(json, "fields");
    json_value(json, row->fields);
    json_member_str(json, "file", row->file_name);
    json_member_bool(json, "withdrawn", row->withdrawn);
    json_member_instant(json, request, "at", row->at);
    json_member_int(json, "version", row->version);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &allowed);
    json_end_object(json);
    json_end_object(json);
}

static bool write_list_row(const HttpRequest *request, const RegisterRowListRow *row, JsonWriter *json, GError **err)
{
    const JsonValue *fields = json_parse(arena_str(request->arena, row->fields), request->arena, err);
    if (!fields)
        return false;
    RegisterRow entry = {
        .version = row->version, .at = row->at, .uid = row->uid, .org_uid = row->org_uid, .org_name = row->org_name, .org_path = row->org_path,
        .org_area = row->org_area, .day = row->day, .fields = fields, .file_name = row->file_name, .withdrawn = row->withdrawn,
    };
    write_row(request, &entry, json);
    return true;
}

static bool get_rows(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Register reg;
    if (!conn || !register_by_code(conn, request->arena, http_path(request, "code"), &reg, err))
        return false;
    DbList *list = db_list_new(request->arena, RegisterRowList, "r.id", .reg = reg.id, .account = request->session->account,
                               .today = clock_today(request->app->clock));
    for (size_t i = 0; i < G_N_ELEMENTS(row_filters); i++) {
        Str value = http_query(request, row_filters[i].name);
        if (value.p && !db_list_filter(list, row_filters, G_N_ELEMENTS(row_filters), str_from(row_filters[i].name), value, err))
            return false;
    }
    if (!db_list_order(list, row_orders, 1, STR("day"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (RegisterRowListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_list_row(request, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* An entry of this register that the asker may see. */
static bool readable_row(const HttpRequest *request, DbConn *conn, RegisterRow *ret_row, GError **err)
{
    Register reg;
    if (!register_by_code(conn, request->arena, http_path(request, "code"), &reg, err)
        || !register_row_load(conn, request->arena, http_path(request, "uid"), ret_row, err))
        return false;
    if (ret_row->register_id != reg.id)
        return error_set(err, BH_NOT_FOUND, "no entry '" STR_FMT "' in register '" STR_FMT "'", STR_ARG(ret_row->uid), STR_ARG(reg.code));
    MayObject facts = register_row_facts(ret_row, request->arena);
    return api_may(request, VERB_READ_TASK, &facts, err);
}

static bool answer_row(HttpRequest *request, Str uid, int status, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    RegisterRow row;
    if (!conn || !register_row_load(conn, request->arena, uid, &row, err))
        return false;
    write_row(request, &row, http_json(request, status));
    return true;
}

typedef struct {
    HttpRequest *request;
    Str upload;
    NewRegisterRow *row;
    char blob[HASH_TEXT_MAX];
    DbWork work;
    void *data;
} RowWrite;

static bool take_file_in_tx(DbConn *tx, void *data, GError **err)
{
    RowWrite *write = data;
    HttpUpload upload;
    if (!http_upload_take(write->request, tx, write->upload, &upload, err))
        return false;
    write->row->file_name = upload.name;
    write->row->media = str_from(media_of_name(upload.name));
    write->row->blob = str_from(hash_write(upload.blob, write->blob));
    write->row->size = upload.size;
    return write->work(tx, write->data, err);
}

static bool write_with_file(void *write_data, DbWork work, void *data, GError **err)
{
    RowWrite *write = write_data;
    write->work = work;
    write->data = data;
    return http_write(write->request, take_file_in_tx, write, err);
}

static bool post_row(HttpRequest *request, GError **err)
{
    NewRegisterRow row = { 0 };
    RowWrite write = { .request = request, .row = &row };
    Str uid;
    if (!json_get_str(request->json, "org", &row.org_uid, err) || !json_get_object(request->json, "fields", &row.fields, err)
        || !json_opt_str(request->json, "upload", &write.upload, err))
        return false;
    Ledger ledger = api_ledger(request);
    if (write.upload.p) {
        ledger.write = write_with_file;
        ledger.write_data = &write;
    }
    Actor actor = api_actor(request);
    return register_row_add(&ledger, &actor, http_path(request, "code"), &row, request->arena, &uid, err) && answer_row(request, uid, 201, err);
}

static bool change_row(HttpRequest *request, const JsonValue *fields, bool withdraw, GError **err)
{
    int64_t version;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    RegisterRow row;
    if (!http_if_match(request, &version, err) || !conn || !readable_row(request, conn, &row, err))
        return false;
    g_clear_pointer(&conn, db_done);
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return register_row_set(&ledger, &actor, http_path(request, "uid"), version, fields, withdraw, err)
           && answer_row(request, http_path(request, "uid"), 200, err);
}

static bool patch_row(HttpRequest *request, GError **err)
{
    const JsonValue *fields;
    return json_get_object(request->json, "fields", &fields, err) && change_row(request, fields, false, err);
}

static bool delete_row(HttpRequest *request, GError **err)
{
    return change_row(request, NULL, true, err);
}

static bool get_row_file(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    RegisterRow row;
    if (!conn || !readable_row(request, conn, &row, err))
        return false;
    if (!row.blob.p)
        return error_set(err, BH_NOT_FOUND, "the entry has no file");
    return api_send_blob(request, row.blob, media_of_name(row.file_name), row.file_name, row.size, err);
}

/* --- Routes ------------------------------------------------------------------------------------------------------------------------- */

#define REGISTER "/api/v1/registers/{code:word}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/registers", HTTP_SESSION, get_registers, NULL, HTTP_NO_BODY, "Registers", "the registers that evidence is checked against" },
    { HTTP_POST, "/api/v1/registers", HTTP_SESSION, post_register, NULL, HTTP_JSON, "Register", "set up a register" },
    { HTTP_PATCH, REGISTER, HTTP_SESSION, patch_register, NULL, HTTP_JSON, "Register", "change a register's definition" },
    { HTTP_GET, REGISTER "/rows", HTTP_SESSION, get_rows, HTTP_LIST_QUERY " org:uid q key from:date to:date withdrawn:bool", HTTP_NO_BODY, "RegisterRows",
      "the entries that the asker may see" },
    { HTTP_POST, REGISTER "/rows", HTTP_SESSION, post_row, NULL, HTTP_JSON, "RegisterRow", "make an entry" },
    { HTTP_PATCH, REGISTER "/rows/{uid}", HTTP_SESSION, patch_row, NULL, HTTP_JSON, "RegisterRow", "correct an entry" },
    { HTTP_DELETE, REGISTER "/rows/{uid}", HTTP_SESSION, delete_row, NULL, HTTP_NO_BODY, "RegisterRow", "withdraw an entry" },
    { HTTP_GET, REGISTER "/rows/{uid}/file", HTTP_SESSION, get_row_file, NULL, HTTP_NO_BODY, NULL, "the file of an entry" },
};

static const HttpShape shapes[] = {
    { "RegisterField", "name label label_en type required:bool" },
    { "Register", "code name name_en proves key fields:[RegisterField] checks:any words:any? rows:int version:int" },
    { "Registers", "rows:[Register] next? checks:[text]" },
    { "RegisterRow", "uid:uid org:Ref day:date fields:any file? withdrawn:bool at:instant version:int may:any" },
    { "RegisterRows", "rows:[RegisterRow] next? total:int" },
};

const RouteTable register_routes = ROUTE_TABLE(routes, shapes);
