/* What programs send, and wait for the answer: a file as the body, FHIR resources. All through the same arrival as what is uploaded. */
#include "http/data.h"
#include "http/server.h"

#include "base/limits.h"

#include "base/banned.h"

/* --- Taken at once --------------------------------------------------------------------------------------------------------------- */

/* Stores the bytes and their row, imports them while the sender waits. */
bool data_take_now(DataArrival *data, Str bytes, IntakeFindRow *ret_row, GError **err)
{
    HttpRequest *request = data->request;
    Hub *hub;
    bool found;
    if (!data_hub(request, &hub, err) || !blob_put(request->app->blobs, bytes, &data->arrival.blob, err))
        return false;
    data->no_job = true;
    data->arrival.size = (int64_t) bytes.n;
    data->arrival.account = request->session->account;
    if (!http_write(request, data_arrive_in_tx, data, err) || !hub_intake_run(hub, data->arrived.id, NULL, NULL, err) || !quality_soon(request->app, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && db_one(conn, IntakeFind, request->arena, ret_row, &found, err, .id = data->arrived.id) && (found || error_set(err, BH_INTERNAL, "an arrival is gone"));
}

static bool sender(HttpRequest *request, Str uid, int64_t *ret_org, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Org org;
    if (!conn || !data_org(request, conn, uid, VERB_SEND_DATA, &org, err))
        return false;
    *ret_org = org.id;
    return true;
}

static bool has_body(const HttpRequest *request, GError **err)
{
    if (request->body.n > 0)
        return true;
    error_set(err, BH_BAD_INPUT, "the body is empty");
    return error_detail(err, "empty");
}

/* --- A file as the body -------------------------------------------------------------------------------------------------------------- */

static bool read_mode(HttpRequest *request, const PackDataset *dataset, HubWish *wish, GError **err)
{
    Str mode = http_query(request, "mode"), period = http_query(request, "period");
    wish->dataset = dataset->full_name;
    wish->mode = mode.p && str_eq(mode, str_from(hub_modes[HUB_REPLACE])) ? HUB_REPLACE : HUB_ADD;
    wish->strict = http_query_flag(request, "strict");
    wish->dry_run = http_query_flag(request, "dry_run");
    if (period.p && !period_parse(period, &wish->period)) {
        error_set(err, BH_BAD_INPUT, "a period is written 2026-01");
        return error_at(err, "query:period");
    }
    if (wish->mode != HUB_REPLACE || wish->period != 0 || dataset->kind == PACK_REGISTER)
        return true;
    error_set(err, BH_BAD_INPUT, "replace says for which period the file is all");
    error_at(err, "query:period");
    return error_detail(err, "mode-needs-period");
}

static bool post_data(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    DataArrival data = { .request = request, .arrival = { .channel = HUB_BY_API, .source = http_query(request, "source"), .message_id = http_query(request, "message_id"), .name = http_query(request, "name") } };
    const PackDataset *dataset;
    IntakeFindRow row;
    if (!packs || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !has_body(request, err) || !read_mode(request, dataset, &data.arrival.wish, err)
        || !sender(request, http_query(request, "org"), &data.arrival.org, err) || !data_check_open(request, dataset, data.arrival.org, &data.arrival.wish, err))
        return false;
    if (!data.arrival.name.p)
        data.arrival.name = STR("data");
    if (!data_take_now(&data, request->body, &row, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_intake(request, conn, packs, row.uid, true, http_json(request, data.arrived.again ? 200 : 201), err);
}

/* --- FHIR ------------------------------------------------------------------------------------------------------------------------------ */

#define FHIR_JSON "application/fhir+json"

static void issue(JsonWriter *json, const char *severity, const char *code, Str text, Str where)
{
    json_begin_object(json);
    json_member_cstr(json, "severity", severity);
    json_member_cstr(json, "code", code);
    json_member_str(json, "diagnostics", text);
    if (where.n > 0) {
        json_key(json, "expression");
        json_begin_array(json);
        json_str(json, where);
        json_end_array(json);
    }
    json_end_object(json);
}

static void begin_outcome(JsonWriter *json)
{
    json_begin_object(json);
    json_member_cstr(json, "resourceType", "OperationOutcome");
    json_key(json, "issue");
    json_begin_array(json);
}

static Str text_of(const JsonValue *object, const char *name)
{
    const JsonValue *value = json_get(object, name);
    return value && value->type == JSON_STRING ? value->text : STR("");
}

static int64_t count_of(const JsonValue *object, const char *name)
{
    int64_t n = 0;
    return json_opt_int(object, name, 0, INT64_MAX, &n, NULL) ? n : 0;
}

/* What was found, as issues: rules of the packs are business rules. */
static void write_issues(HttpRequest *request, JsonWriter *json, const IntakeFindRow *row)
{
    const JsonValue *result = row->result.p ? json_parse(row->result, request->arena, NULL) : NULL, *error = row->error.p ? json_parse(row->error, request->arena, NULL) : NULL;
    if (error)
        issue(json, "error", str_eq(row->state, STR("failed")) ? "exception" : "processing", text_of(error, "title"), text_of(error, "at"));
    const JsonValue *findings = json_get(result, "findings");
    for (const JsonValue *one = findings ? findings->first : NULL; one; one = one->next) {
        Str level = text_of(one, "level"), says = text_of(one, "says");
        bool warning = str_eq(level, STR("warning")), reject = str_eq(level, STR("reject"));
        Str text = arena_printf(request->arena, STR_FMT " " STR_FMT ": %" G_GINT64_FORMAT " %s" STR_FMT, STR_ARG(text_of(one, "dataset")), STR_ARG(text_of(one, "rule")),
                                count_of(one, "n"), says.n > 0 ? ": " : "", STR_ARG(says));
        issue(json, warning ? "warning" : "error", reject ? "value" : "business-rule", text, text_of(one, "first"));
    }
    if (!error && (!findings || findings->count == 0))
        issue(json, "information", "informational", arena_printf(request->arena, "%" G_GINT64_FORMAT " rows taken", count_of(result, "rows")), STR_NONE);
}

static int fhir_status(const IntakeFindRow *row)
{
    return str_eq(row->state, STR("done")) ? 200 : str_eq(row->state, STR("refused")) ? 422 : 500;
}

static bool fhir_answer(HttpRequest *request, int status, const GString *text)
{
    return http_bytes(request, status, FHIR_JSON, str_from_gstring(text));
}

static bool fhir_outcome(HttpRequest *request, const IntakeFindRow *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    begin_outcome(&json);
    write_issues(request, &json, row);
    json_end_array(&json);
    json_end_object(&json);
    return fhir_answer(request, fhir_status(row), text);
}

/* A failure before anything was stored: in FHIR's words. */
static bool fhir_failed(HttpRequest *request, const GError *failure)
{
    static const struct {
        BhError code;
        const char *issue;
    } codes[] = {
        { BH_BAD_INPUT, "invalid" }, { BH_TOO_LARGE, "too-long" }, { BH_NOT_FOUND, "not-found" }, { BH_FORBIDDEN, "forbidden" }, { BH_CONFLICT, "conflict" }, { BH_UNAVAILABLE, "transient" },
        { BH_FULL, "no-store" },
    };
    const ErrorClass *class = error_class_of(failure);
    const char *code = "exception", *detail = error_get_detail(failure), *at = error_get_at(failure);
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (codes[i].code == class->code)
            code = codes[i].issue;
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    begin_outcome(&json);
    issue(&json, "error", code, class->code == BH_INTERNAL ? STR("internal error") : arena_printf(request->arena, "%s%s%s", failure->message, detail ? "; " : "", detail ? detail : ""),
          at ? str_from(at) : STR_NONE);
    json_end_array(&json);
    json_end_object(&json);
    return fhir_answer(request, class->http_status, text);
}

/* Which entries were refused, by their places in the arrival's rejects. */
static bool refused_entries(HttpRequest *request, const IntakeFindRow *row, GHashTable *refused, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, RejectList, "r.batch", .intake = row->id);
    g_autoptr(DbRows) rows = conn ? db_list_run_all(list, conn, err) : NULL;
    for (RejectListRow one; rows && db_next(rows, &one, err);) {
        Str at = arena_str(request->arena, one.at);
        const char *open = at.n > 0 ? memchr(at.p, '[', at.n) : NULL;
        if (open)
            g_hash_table_add(refused, GINT_TO_POINTER((int) g_ascii_strtoll(open + 1, NULL, 10) + 1));
    }
    return db_rows_ok(rows);
}

static bool fhir_bundle(HttpRequest *request, const IntakeFindRow *row, Str type, size_t n, GError **err)
{
    g_autoptr(GHashTable) refused = g_hash_table_new(NULL, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    if (!refused_entries(request, row, refused, err))
        return false;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_cstr(&json, "resourceType", "Bundle");
    json_member_str(&json, "type", arena_printf(request->arena, STR_FMT "-response", STR_ARG(type)));
    json_key(&json, "entry");
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&json);
        json_key(&json, "response");
        json_begin_object(&json);
        json_member_cstr(&json, "status", g_hash_table_contains(refused, GINT_TO_POINTER((int) i + 1)) ? "422 Unprocessable Entity" : "200 OK");
        if (i == 0) {
            json_key(&json, "outcome");
            begin_outcome(&json);
            write_issues(request, &json, row);
            json_end_array(&json);
            json_end_object(&json);
        }
        json_end_object(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    return fhir_answer(request, 200, text);
}

typedef struct {
    Str bundle; /* its type; p NULL: none */
    size_t entries;
} FhirBody;

/* A bundle says whether all of it counts or each of it; a body that is no single JSON value (NDJSON) is each for itself. */
static bool look_at_body(HttpRequest *request, bool lines, FhirBody *ret_body, GError **err)
{
    FhirBody body = { .bundle = STR_NONE };
    *ret_body = body;
    if (lines)
        return true;
    const JsonValue *tree = json_parse(request->body, request->arena, err);
    if (!tree)
        return false;
    if (text_of(tree, "resourceType").n == 0)
        return json_bad(tree, err, "a FHIR resource has a resourceType");
    if (!str_eq(text_of(tree, "resourceType"), STR("Bundle")))
        return true;
    const JsonValue *entries = json_get(tree, "entry");
    body.bundle = text_of(tree, "type");
    body.entries = entries && entries->type == JSON_BEGIN_ARRAY ? entries->count : 0;
    if (!str_eq(body.bundle, STR("transaction")) && !str_eq(body.bundle, STR("batch")) && !str_eq(body.bundle, STR("collection")))
        return json_bad(json_get(tree, "type"), err, "a bundle that is sent is a transaction, a batch or a collection");
    *ret_body = body;
    return true;
}

static bool take_fhir(HttpRequest *request, bool lines, GError **err)
{
    DataArrival data = { .request = request, .arrival = { .channel = HUB_BY_FHIR, .source = STR("fhir"), .message_id = http_header(request, "X-Message-Id"), .name = STR("fhir"),
                                                         .format = ingest_formats[INGEST_FHIR] } };
    FhirBody body;
    IntakeFindRow row;
    Str org = http_header(request, "X-Organization");
    if (!has_body(request, err) || !look_at_body(request, lines, &body, err) || !sender(request, org, &data.arrival.org, err))
        return false;
    data.arrival.wish.strict = str_eq(body.bundle.p ? body.bundle : STR(""), STR("transaction"));
    if (!data_take_now(&data, request->body, &row, err))
        return false;
    bool each = body.bundle.p && !str_eq(body.bundle, STR("collection")) && str_eq(row.state, STR("done"));
    return each ? fhir_bundle(request, &row, body.bundle, body.entries, err) : fhir_outcome(request, &row);
}

static bool answer_fhir(HttpRequest *request, bool lines)
{
    g_autoptr(GError) failure = NULL;
    return take_fhir(request, lines, &failure) || fhir_failed(request, failure);
}

static bool post_fhir(HttpRequest *request, GError **err)
{
    (void) err;
    return answer_fhir(request, false);
}

static bool post_fhir_lines(HttpRequest *request, GError **err)
{
    (void) err;
    return answer_fhir(request, true);
}

static void write_resource(JsonWriter *json, const char *type)
{
    json_begin_object(json);
    json_member_cstr(json, "type", type);
    json_key(json, "interaction");
    json_begin_array(json);
    json_begin_object(json);
    json_member_cstr(json, "code", "create");
    json_end_object(json);
    json_end_array(json);
    json_end_object(json);
}

/* What may be sent: everything goes through the datasets of the packs, so what is taken is what their sources name. */
static bool get_metadata(HttpRequest *request, GError **err)
{
    static const char *const types[] = {
        "Patient", "Organization", "Practitioner", "Location", "Encounter", "Condition", "Observation", "DiagnosticReport", "Procedure", "Immunization", "MedicationRequest",
        "MedicationDispense", "AllergyIntolerance", "CarePlan", "ServiceRequest", "Composition", "DocumentReference", "MeasureReport",
    };
    static const char *const interactions[] = { "transaction", "batch" };
    char today[DATE_TEXT_MAX];
    (void) err;
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_cstr(&json, "resourceType", "CapabilityStatement");
    json_member_cstr(&json, "status", "active");
    json_member_cstr(&json, "date", date_format(clock_today(request->app->clock), today));
    json_member_cstr(&json, "kind", "instance");
    json_member_cstr(&json, "fhirVersion", "4.0.1");
    json_key(&json, "format");
    json_begin_array(&json);
    json_cstr(&json, FHIR_JSON);
    json_end_array(&json);
    json_key(&json, "rest");
    json_begin_array(&json);
    json_begin_object(&json);
    json_member_cstr(&json, "mode", "server");
    json_key(&json, "resource");
    json_begin_array(&json);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        write_resource(&json, types[i]);
    json_end_array(&json);
    json_key(&json, "interaction");
    json_begin_array(&json);
    for (size_t i = 0; i < G_N_ELEMENTS(interactions); i++) {
        json_begin_object(&json);
        json_member_cstr(&json, "code", interactions[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end_array(&json);
    json_end_object(&json);
    return fhir_answer(request, 200, text);
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------------------- */

static const Route routes[] = {
    { HTTP_POST, "/api/v1/data/{dataset:text}", HTTP_SESSION, post_data, "org:uid mode:add|replace period strict:bool dry_run:bool message_id source name", HTTP_RAW, "Intake",
      "send a file as the body, and wait for what became of it" },
    { HTTP_GET, "/fhir/metadata", HTTP_ANYONE, get_metadata, NULL, HTTP_NO_BODY, NULL, "what can be sent as FHIR R4" },
    { HTTP_POST, "/fhir", HTTP_SESSION, post_fhir, NULL, HTTP_RAW, NULL, "a FHIR bundle: transaction or batch" },
    { HTTP_POST, "/fhir/{type:text}", HTTP_SESSION, post_fhir, NULL, HTTP_RAW, NULL, "a FHIR resource" },
    { HTTP_POST, "/fhir/$import", HTTP_SESSION, post_fhir_lines, NULL, HTTP_RAW, NULL, "FHIR resources, a line each" },
};

const RouteTable send_routes = { .routes = routes, .n_routes = G_N_ELEMENTS(routes) };
