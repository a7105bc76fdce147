/* What arrives, and what became of it. */
#include "http/data.h"
#include "http/server.h"

#include "base/limits.h"

#include "base/banned.h"

/* --- One arrival ----------------------------------------------------------------------------------------------------------------- */

static Allowed in_states(Allowed allowed, Str state, const char *states)
{
    for (Str rest = str_from(states), word = str_cut(&rest, ' '); allowed.ok && word.p; word = str_cut(&rest, ' '))
        if (str_eq(word, state))
            return allowed;
    return allowed.ok ? (Allowed) { .why = "wrong-state" } : allowed;
}

static void write_may(const HttpRequest *request, const IntakeFindRow *row, bool has_errors, JsonWriter *json)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    Allowed send = api_allowed(request, VERB_SEND_DATA, &facts);
    Allowed errors = send.ok && !has_errors ? (Allowed) { .why = "no-errors" } : send;
    Allowed confirm = in_states(send, row->state, "asking"), cancel = in_states(send, row->state, "waiting asking"), again = in_states(send, row->state, "failed refused");
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "confirm", &confirm);
    json_member_allowed(json, "cancel", &cancel);
    json_member_allowed(json, "again", &again);
    json_member_allowed(json, "original", &send);
    json_member_allowed(json, "errors", &errors);
    json_end_object(json);
}

/* What the store keeps, but for the name of the error file's blob. */
static bool write_result(const HttpRequest *request, Str result, bool *ret_has_errors, JsonWriter *json, GError **err)
{
    *ret_has_errors = false;
    json_key(json, "result");
    if (!result.p) {
        json_null(json);
        return true;
    }
    const JsonValue *tree = json_parse(result, request->arena, err);
    if (!tree)
        return false;
    json_begin_object(json);
    for (const JsonValue *member = tree->first; member; member = member->next) {
        bool errors = str_eq(member->name, STR("errors"));
        json_key_str(json, member->name);
        if (errors)
            json_bool(json, *ret_has_errors = member->type == JSON_STRING);
        else
            json_value(json, member);
    }
    json_end_object(json);
    return true;
}

static bool write_batches(const HttpRequest *request, DbConn *conn, const PacksRef *packs, int64_t intake, JsonWriter *json, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, BatchesOfIntake, err, .intake = intake);
    json_key(json, "batches");
    json_begin_array(json);
    for (BatchesOfIntakeRow row; rows && db_next(rows, &row, err);) {
        BatchFindRow batch;
        bool found;
        if (!db_one(conn, BatchFind, request->arena, &batch, &found, err, .uid = arena_str(request->arena, row.uid)))
            return false;
        if (!found)
            continue;
        json_batch(request, packs, &batch, json);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

static bool find_intake(const HttpRequest *request, DbConn *conn, Str uid, IntakeFindRow *ret_row, GError **err)
{
    bool found;
    return db_one(conn, IntakeFind, request->arena, ret_row, &found, err, .uid = uid, .id = DB_NULL_INT)
           && (found || error_set(err, BH_NOT_FOUND, "no arrival '" STR_FMT "'", STR_ARG(uid)));
}

bool json_intake(HttpRequest *request, DbConn *conn, const PacksRef *packs, Str uid, bool whole, JsonWriter *json, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    PersonRef by;
    bool has_errors;
    if (!find_intake(request, conn, uid, &row, err) || !hub_intake_wish(conn, row.id, request->arena, &wish, err)
        || !person_ref(conn, request->arena, row.account, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row.uid);
    json_member_str(json, "channel", row.channel);
    json_member_ref(json, "org", row.org_uid, row.org_name);
    json_member_person(json, "by", &by);
    json_member_str(json, "source", row.source.n > 0 ? row.source : STR_NONE);
    json_member_str(json, "message_id", row.message_id);
    json_member_str(json, "name", row.name);
    json_member_str(json, "format", row.format);
    json_member_int(json, "size", row.size);
    json_member_instant(json, request, "received", row.received);
    json_member_str(json, "state", row.state);
    json_member_dataset(json, "dataset", packs, row.dataset_name);
    json_member_ref(json, "mapping", row.mapping_uid, row.mapping_name);
    json_member_str(json, "mode", row.mode);
    json_member_period(json, "period", row.period);
    json_member_bool(json, "strict", row.strict);
    json_member_bool(json, "dry_run", wish.dry_run);
    json_member_str(json, "job", row.job_uid);
    json_member_int(json, "taken_up", row.taken_up);
    json_member_instant(json, request, "finished", row.finished);
    if (!write_result(request, row.result, &has_errors, json, err))
        return false;
    json_member_text(json, "error", row.error);
    if (whole && !write_batches(request, conn, packs, row.id, json, err))
        return false;
    write_may(request, &row, has_errors, json);
    json_end_object(json);
    return true;
}

/* Whoever may not read the records of its sender is not told that it is there. */
static bool readable(const HttpRequest *request, DbConn *conn, Verb verb, IntakeFindRow *ret_row, GError **err)
{
    if (!find_intake(request, conn, http_path(request, "uid"), ret_row, err))
        return false;
    MayObject facts = data_facts(request->arena, ret_row->org_path, ret_row->org_area);
    if (!may(api_user(request), VERB_READ_DATA, &facts).ok)
        return error_set(err, BH_NOT_FOUND, "no arrival '" STR_FMT "'", STR_ARG(ret_row->uid));
    return verb == VERB_READ_DATA || api_may(request, verb, &facts, err);
}

static bool get_intake(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    IntakeFindRow row;
    return conn && readable(request, conn, VERB_READ_DATA, &row, err) && json_intake(request, conn, packs, row.uid, true, http_json(request, 200), err);
}

/* --- The list ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter intake_filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "channel", "i.channel", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "state", "i.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
};

static void filter_days(const HttpRequest *request, DbList *list)
{
    const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000, zone_ms = (int64_t) clock_zone_minutes(request->app->clock) * 60 * 1000;
    Date from = http_query_date(request, "from"), to = http_query_date(request, "to");
    int64_t first = from * day_ms - zone_ms, last = (to + 1) * day_ms - zone_ms;
    if (from != DATE_NONE)
        db_list_where(list, "i.received >= ?", &first, 1);
    if (to != DATE_NONE)
        db_list_where(list, "i.received < ?", &last, 1);
}

static bool get_intakes(HttpRequest *request, GError **err)
{
    static const DbOrder newest[] = { { "received", "i.received", DB_TYPE_INT, true } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, IntakeList, "i.id", .account = request->session->account, .today = clock_today(request->app->clock));
    for (size_t i = 0; conn && i < G_N_ELEMENTS(intake_filters); i++) {
        Str value = http_query(request, intake_filters[i].name);
        if (value.p && !db_list_filter(list, intake_filters, G_N_ELEMENTS(intake_filters), str_from(intake_filters[i].name), value, err))
            return false;
    }
    filter_days(request, list);
    if (!conn || !data_filter_below(request, conn, list, err) || !db_list_order(list, newest, 1, STR("received"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (IntakeListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!json_intake(request, conn, packs, arena_str(request->arena, row.uid), false, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- What people do with it --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    int64_t id;
    Str uid, reason;
} Doing;

static bool cancel_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    AuditWho who = api_who(doing->request);
    audit_append(tx, &who, "cancel", (AuditObject) { "intake", doing->uid }, STR("{}"));
    return hub_intake_cancel(tx, doing->id, doing->reason, clock_now_ms(doing->request->app->clock), err);
}

bool intake_find_own(HttpRequest *request, IntakeFindRow *ret_row, HubWish *ret_wish, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && readable(request, conn, VERB_SEND_DATA, ret_row, err) && hub_intake_wish(conn, ret_row->id, request->arena, ret_wish, err);
}

static bool post_cancel(HttpRequest *request, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    Doing doing = { .request = request, .reason = STR("") };
    if (!json_opt_str(request->json, "reason", &doing.reason, err) || !intake_find_own(request, &row, &wish, err))
        return false;
    doing.id = row.id;
    doing.uid = row.uid;
    return http_write(request, cancel_in_tx, &doing, err) && get_intake(request, err);
}

/* --- Its files ------------------------------------------------------------------------------------------------------------------------------ */

static bool get_original(HttpRequest *request, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    if (!intake_find_own(request, &row, &wish, err))
        return false;
    const JsonValue *kept = json_parse(row.options, request->arena, err);
    if (json_get(kept, "n")) /* one of several messages in a blob: the others are not this sender's business */
        return error_set(err, BH_NOT_FOUND, "the message is not kept as a file");
    return kept && api_send_blob(request, row.sha256, media_of_name(row.name), row.name, row.size, err);
}

static bool get_errors(HttpRequest *request, GError **err)
{
    IntakeFindRow row;
    HubWish wish;
    Str hash = STR_NONE;
    if (!intake_find_own(request, &row, &wish, err))
        return false;
    const JsonValue *result = row.result.p ? json_parse(row.result, request->arena, err) : NULL;
    if ((row.result.p && !result) || !json_opt_str(result, "errors", &hash, err))
        return false;
    if (!hash.p)
        return error_set(err, BH_NOT_FOUND, "no row of this arrival was refused or held");
    return api_send_blob(request, hash, "text/csv", arena_printf(request->arena, "errors-" STR_FMT ".csv", STR_ARG(row.uid)), -1, err);
}

static bool get_rejects(HttpRequest *request, GError **err)
{
    static const DbOrder in_order[] = { { "row", "r.row", DB_TYPE_INT, false } };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    IntakeFindRow intake;
    if (!conn || !readable(request, conn, VERB_READ_DATA, &intake, err))
        return false;
    DbList *list = db_list_new(request->arena, RejectList, "r.batch", .intake = intake.id);
    if (!db_list_order(list, in_order, 1, STR("row"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (RejectListRow row; rows && db_list_next(list, rows, &row, err);) {
        Str shown;
        if (!hub_reject_shown(api_app(request)->keys, row.at, row.raw, request->arena, &shown, err))
            return false;
        json_begin_object(json);
        json_member_int(json, "row", row.row);
        json_member_str(json, "at", row.at);
        json_member_str(json, "code", row.code);
        json_member_str(json, "field", row.field);
        json_member_str(json, "shown", shown);
        json_end_object(json);
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Routes ----------------------------------------------------------------------------------------------------------------------------------- */

#define INTAKE "/api/v1/intakes/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/intakes", HTTP_SESSION, get_intakes,
      HTTP_LIST_QUERY " org:uid dataset:text channel+:command|upload|drop|api|fhir|mllp|form state+:waiting|checking|asking|applying|done|refused|failed from:date to:date", HTTP_NO_BODY,
      "Intakes", "what arrived, the newest first" },
    { HTTP_GET, INTAKE, HTTP_SESSION, get_intake, NULL, HTTP_NO_BODY, "Intake", "an arrival, and what became of it" },
    { HTTP_POST, INTAKE "/cancel", HTTP_SESSION, post_cancel, NULL, HTTP_JSON, "Intake", "do not import it" },
    { HTTP_GET, INTAKE "/rejects", HTTP_SESSION, get_rejects, HTTP_LIST_QUERY, HTTP_NO_BODY, "Rejects", "the rows that could not be stored" },
    { HTTP_GET, INTAKE "/errors", HTTP_SESSION, get_errors, NULL, HTTP_NO_BODY, NULL, "the rows that were refused or held, to be mended and sent again" },
    { HTTP_GET, INTAKE "/original", HTTP_SESSION, get_original, NULL, HTTP_NO_BODY, NULL, "the file as it came" },
};

static const HttpShape shapes[] = {
    { "DatasetRef", "id name name_en?" },
    { "Intake", "uid:uid channel org:Ref by:PersonRef? source? message_id? name format size:int received:instant state dataset:DatasetRef? mapping:Ref? mode? period? strict:bool"
                " dry_run:bool job:uid? finished:instant? result:any? error:Problem? batches:any may:any" },
    { "Intakes", "rows:[Intake] next? total:int" },
    { "Reject", "row:int at code field? shown?" },
    { "Rejects", "rows:[Reject] next? total:int" },
};

const RouteTable intake_routes = ROUTE_TABLE(routes, shapes);
