/* What is uploaded becomes an arrival and a job that imports it. */
#include "http/data.h"
#include "http/server.h"

#include "base/banned.h"

/* --- A new one ------------------------------------------------------------------------------------------------------------------------ */

static bool read_mode(const JsonValue *body, const PackDataset *dataset, HubWish *wish, GError **err)
{
    Str mode = STR_NONE;
    if (!json_opt_str(body, "mode", &mode, err) || !data_period(body, "period", &wish->period, err))
        return false;
    if (mode.p && !str_eq(mode, str_from(hub_modes[HUB_ADD])) && !str_eq(mode, str_from(hub_modes[HUB_REPLACE])))
        return json_bad(json_get(body, "mode"), err, "a mode is add or replace");
    wish->mode = mode.p && str_eq(mode, str_from(hub_modes[HUB_REPLACE])) ? HUB_REPLACE : HUB_ADD;
    if (wish->mode == HUB_REPLACE && wish->period == 0 && !(dataset && dataset->kind == PACK_REGISTER)) {
        error_set(err, BH_BAD_INPUT, "replace says for which period the file is all");
        error_detail(err, "mode-needs-period");
        return error_at(err, "/period");
    }
    return true;
}

static bool read_columns(HttpRequest *request, const PacksRef *packs, const PackDataset *dataset, HubWish *wish, GError **err)
{
    if (!hub_columns_read(json_get(request->json, "columns"), request->arena, &wish->columns, &wish->n_columns, err)
        || !hub_options_read(json_get(request->json, "options"), &wish->options, err) || !json_opt_str(request->json, "mapping", &wish->mapping, err))
        return false;
    return data_check_columns(packs, dataset, wish->columns, wish->n_columns, err);
}

static bool read_wish(HttpRequest *request, const PacksRef *packs, int64_t org, HubWish *wish, GError **err)
{
    const PackDataset *dataset;
    if (!data_dataset_named(packs, request->json, &dataset, err) || !read_columns(request, packs, dataset, wish, err) || !read_mode(request->json, dataset, wish, err)
        || !json_opt_bool(request->json, "strict", &wish->strict, err) || !json_opt_bool(request->json, "dry_run", &wish->dry_run, err))
        return false;
    wish->dataset = dataset ? dataset->full_name : STR_NONE;
    return data_check_open(request, dataset, org, wish, err);
}

static bool answer_accepted(HttpRequest *request, const PacksRef *packs, Str uid, Str job_uid, bool again, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Job job;
    bool found = false;
    jobs_wake(request->app->jobs);
    if (!conn || (job_uid.p && !job_by_uid(conn, request->arena, job_uid, &job, &found, err)))
        return false;
    JsonWriter *json = http_json(request, MHD_HTTP_ACCEPTED);
    json_begin_object(json);
    json_key(json, "job");
    if (!found)
        json_null(json);
    else if (!job_answer(request->app, conn, request->arena, &job, json, err))
        return false;
    json_key(json, "intake");
    if (!json_intake(request, conn, packs, uid, false, json, err))
        return false;
    json_member_bool(json, "again", again);
    json_end_object(json);
    return true;
}

static bool sender(HttpRequest *request, Org *ret_org, GError **err)
{
    Str uid = STR_NONE;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_opt_str(request->json, "org", &uid, err) && data_org(request, conn, uid, VERB_SEND_DATA, ret_org, err);
}

/* --- The mapping, kept ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    DataArrival data;
    bool keep; /* its columns become a mapping of the institution */
} Arriving;

enum { NAMES_TRIED = 100 };

/* Called as the dataset, with a number where there is one of that name. */
static bool free_name(DbConn *tx, const HttpRequest *request, int64_t org, int64_t dataset, Str name, Str *ret_name, GError **err)
{
    MappingTakenRow row = { .n = 1 };
    bool found;
    for (int i = 1; row.n > 0 && i <= NAMES_TRIED; i++) {
        *ret_name = i == 1 ? name : arena_printf(request->arena, STR_FMT " %d", STR_ARG(name), i);
        if (!db_one(tx, MappingTaken, request->arena, &row, &found, err, .org = org, .dataset = dataset, .name = *ret_name, .but = 0))
            return false;
    }
    if (row.n == 0)
        return true;
    error_set(err, BH_CONFLICT, "there are %d mappings '" STR_FMT "' already", NAMES_TRIED, STR_ARG(name));
    return error_detail(err, "name-taken");
}

static bool keep_mapping(DbConn *tx, Arriving *arriving, GError **err)
{
    HttpRequest *request = arriving->data.request;
    HubWish *wish = &arriving->data.arrival.wish;
    g_autoptr(PacksRef) packs = data_packs(request, err);
    const PackDataset *dataset = packs ? packs_dataset(packs, wish->dataset) : NULL;
    g_autoptr(GString) columns = g_string_new(NULL), options = g_string_new(NULL);
    char uid[UID_TEXT_MAX];
    DatasetIdOfRow id;
    MappingInsertRow row;
    Str name;
    bool found;
    JsonWriter json;
    json_writer_init(&json, columns, false);
    hub_columns_write(&json, wish->columns, wish->n_columns);
    json_writer_init(&json, options, false);
    hub_options_write(&json, &wish->options);
    if (!dataset || !db_one(tx, DatasetIdOf, request->arena, &id, &found, err, .name = wish->dataset) || !found
        || !free_name(tx, request, arriving->data.arrival.org, id.id, dataset->name, &name, err)
        || !db_one(tx, MappingInsert, request->arena, &row, &found, err, .uid = str_from(uid_new(uid)), .org = arriving->data.arrival.org, .dataset = id.id, .name = name,
                   .format = STR("auto"), .options = str_from_gstring(options), .columns = str_from_gstring(columns), .mode = str_from(hub_modes[wish->mode])))
        return false;
    AuditWho who = api_who(request);
    wish->mapping = arena_str(request->arena, str_from(uid));
    wish->columns = NULL; /* the arrival is by the mapping */
    wish->n_columns = 0;
    audit_append(tx, &who, "mapping-add", (AuditObject) { "mapping", wish->mapping }, STR("{}"));
    return true;
}

/* A transaction may be tried again, so that what it changes of the wish is put back first. */
static bool arrive_in_tx(DbConn *tx, void *data, GError **err)
{
    Arriving *arriving = data;
    const HubWish wish = arriving->data.arrival.wish;
    bool ok = (!arriving->keep || keep_mapping(tx, arriving, err)) && data_arrive_in_tx(tx, &arriving->data, err);
    arriving->data.arrival.wish = wish;
    return ok;
}

/* What is kept is the institution's, for a dataset that is named, by somebody who may say what its columns mean. */
static bool read_keep(HttpRequest *request, const HubWish *wish, bool *ret_keep, GError **err)
{
    Str uid = STR_NONE;
    Org org;
    if (!json_opt_bool(request->json, "keep", ret_keep, err))
        return false;
    *ret_keep = *ret_keep && wish->columns && wish->n_columns > 0;
    if (!*ret_keep)
        return true;
    if (!wish->dataset.p)
        return json_bad(json_get(request->json, "keep"), err, "a mapping is kept for a dataset: name it");
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_opt_str(request->json, "org", &uid, err) && data_org(request, conn, uid, VERB_MAP_DATA, &org, err);
}

static bool post_intake(HttpRequest *request, GError **err)
{
    Arriving arriving = { .data = { .request = request, .arrival = { .channel = HUB_BY_UPLOAD, .account = request->session->account } } };
    Org org;
    g_autoptr(PacksRef) packs = data_packs(request, err);
    if (!packs || !json_get_str(request->json, "upload", &arriving.data.upload, err) || !sender(request, &org, err) || !read_wish(request, packs, org.id, &arriving.data.arrival.wish, err)
        || !read_keep(request, &arriving.data.arrival.wish, &arriving.keep, err))
        return false;
    arriving.data.arrival.org = org.id;
    return http_write(request, arrive_in_tx, &arriving, err) && answer_accepted(request, packs, arriving.data.arrived.uid, arriving.data.job, arriving.data.arrived.again, err);
}

/* --- Again ----------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    int64_t id;
    Str uid, job;
    const HubWish *wish;
    const char *verb;
} Doing;

static bool again_in_tx(DbConn *tx, void *data, GError **err)
{
    Doing *doing = data;
    HttpRequest *request = doing->request;
    Str argument = arena_printf(request->arena, "{\"intake\":%" G_GINT64_FORMAT "}", doing->id);
    JobStart start = { "import", argument, request->session->account, clock_now_ms(request->app->clock) };
    AuditWho who = api_who(request);
    audit_append(tx, &who, doing->verb, (AuditObject) { "intake", doing->uid }, STR("{}"));
    return hub_intake_again(tx, doing->id, doing->wish, err) && job_start(tx, &start, request->arena, &doing->job, err)
           && db_exec(tx, IntakeJob, NULL, err, .id = doing->id, .job_uid = doing->job);
}

static bool run_again(HttpRequest *request, const IntakeFindRow *row, const HubWish *wish, const char *verb, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    Doing doing = { .request = request, .verb = verb, .id = row->id, .uid = row->uid, .wish = wish };
    return packs && http_write(request, again_in_tx, &doing, err) && answer_accepted(request, packs, row->uid, doing.job, false, err);
}

static bool wrong_state(Str state, GError **err)
{
    error_set(err, BH_CONFLICT, "this arrival is '" STR_FMT "'", STR_ARG(state));
    error_params(err, "state=" STR_FMT, STR_ARG(state));
    return error_detail(err, "wrong-state");
}

static bool post_confirm(HttpRequest *request, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    if (!intake_find_own(request, &row, &wish, err))
        return false;
    if (!str_eq(row.state, STR("asking")))
        return wrong_state(row.state, err);
    wish.sure = true;
    return run_again(request, &row, &wish, "confirm", err);
}

static bool post_again(HttpRequest *request, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    if (!intake_find_own(request, &row, &wish, err))
        return false;
    if (!str_eq(row.state, STR("failed")) && !str_eq(row.state, STR("refused")))
        return wrong_state(row.state, err);
    if (json_get(request->json, "columns") && !hub_columns_read(json_get(request->json, "columns"), request->arena, &wish.columns, &wish.n_columns, err))
        return false;
    return json_opt_str(request->json, "mapping", &wish.mapping, err) && run_again(request, &row, &wish, "again", err);
}

/* --- Routes ----------------------------------------------------------------------------------------------------------------------------------- */

#define INTAKE "/api/v1/intakes/{uid}"

static const Route routes[] = {
    { HTTP_POST, "/api/v1/intakes", HTTP_SESSION, post_intake, NULL, HTTP_JSON, "IntakeAccepted", "import an uploaded file" },
    { HTTP_POST, INTAKE "/confirm", HTTP_SESSION, post_confirm, NULL, HTTP_JSON, "IntakeAccepted", "yes, delete what the file does not have" },
    { HTTP_POST, INTAKE "/again", HTTP_SESSION, post_again, NULL, HTTP_JSON, "IntakeAccepted", "try again what failed or was refused" },
};

static const HttpShape shapes[] = { { "IntakeAccepted", "job:Job? intake:Intake again:bool" } };

const RouteTable import_routes = ROUTE_TABLE(routes, shapes);
