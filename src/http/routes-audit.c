/* The event log for people, and its proof. */
#include "db/queries.h"
#include "http/app.h"
#include "ledger/scope.h"

#include "base/banned.h"

static const DbFilter event_filters[] = {
    { "object", "e.object_uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "kind", "e.object_kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "verb", "e.verb", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "account", "e.account_uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "from", "e.at", DB_FILTER_GE, DB_TYPE_INT },
    { "to", "e.at", DB_FILTER_LT, DB_TYPE_INT },
};

static const DbOrder newest_first[] = { { "newest", "e.seq", DB_TYPE_INT, true } };
static const DbOrder oldest_first[] = { { "oldest", "e.seq", DB_TYPE_INT, false } };

/* For whom a deputy acted, and whether a token stood for the account. */
static bool write_behalf(const HttpRequest *request, DbConn *conn, const JsonValue *event, JsonWriter *json, GError **err)
{
    Str account = STR_NONE, token = STR_NONE;
    AccountByUidRow row = { 0 };
    bool found = false;
    if (!json_opt_str(event, "for", &account, err) || !json_opt_str(event, "token", &token, err)
        || (account.p && !db_one(conn, AccountByUid, request->arena, &row, &found, err, .uid = account)))
        return false;
    PersonRef absent = { account, row.person_name, row.org_uid, row.org_name };
    json_member_person(json, "for", &absent);
    json_member_str(json, "token", token);
    return true;
}

/* --- What changed, field by field ------------------------------------------------------------------------------------------------ */

enum { CHANGES_MOST = 60 };

#define DIGEST_MARK "sm3:"

/* What every change changes, and tells nobody anything. */
static bool is_noise(Str field)
{
    return str_eq(field, STR("version")) || str_eq(field, STR("changed"));
}

static bool name_of(const HttpRequest *request, DbConn *conn, Str uid, Str *ret_name, GError **err)
{
    NameOfUidRow row;
    bool found;
    *ret_name = STR_NONE;
    if (!uid_valid(uid))
        return true;
    if (!db_one(conn, NameOfUid, request->arena, &row, &found, err, .uid = uid))
        return false;
    if (found)
        *ret_name = row.name;
    return true;
}

/* What a value names: the first of its words that is somebody's or something's uid. */
static bool name_in(const HttpRequest *request, DbConn *conn, Str value, Str *ret_name, GError **err)
{
    *ret_name = STR_NONE;
    for (Str rest = value; rest.p && !ret_name->p;)
        if (!name_of(request, conn, str_cut(&rest, ' '), ret_name, err))
            return false;
    return true;
}

/* A value is a word, or several of which the first says it; a digest stands for what people wrote. "owner/001" is one of several of a field. */
static bool write_change(const HttpRequest *request, DbConn *conn, const JsonValue *entry, JsonWriter *json, GError **err)
{
    Str rest = entry->name, field = str_cut(&rest, '/'), value = entry->type == JSON_STRING ? entry->text : STR_NONE, tail = value, name, of;
    Str word = str_cut(&tail, ' ');
    bool digest = str_has(value, STR(DIGEST_MARK));
    if (!name_in(request, conn, value, &name, err) || !name_of(request, conn, rest, &of, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "field", field);
    json_member_str(json, "of", of);
    json_member_str(json, "value", str_starts(word, STR(DIGEST_MARK)) ? STR_NONE : digest ? word : value);
    json_member_str(json, "name", name);
    json_member_bool(json, "digest", digest);
    json_end_object(json);
    return true;
}

static bool write_changes(const HttpRequest *request, DbConn *conn, const JsonValue *data, JsonWriter *json, GError **err)
{
    const JsonValue *set = data ? json_get(data, "set") : NULL;
    int n = 0;
    json_key(json, "changes");
    json_begin_array(json);
    for (const JsonValue *entry = set && set->type == JSON_BEGIN_OBJECT ? set->first : NULL; entry && n < CHANGES_MOST; entry = entry->next)
        if (!is_noise(entry->name) && (n++, !write_change(request, conn, entry, json, err)))
            return false;
    json_end_array(json);
    return true;
}

/* What the hashed text says, from its "data" member on, and how it came. */
static bool write_body(const HttpRequest *request, DbConn *conn, Str body, JsonWriter *json, GError **err)
{
    const JsonValue *event = json_parse(body, request->arena, err);
    if (!event)
        return false;
    Str via = STR_NONE;
    if (!json_opt_str(event, "via", &via, err))
        return false;
    json_member_str(json, "via", via);
    if (!write_behalf(request, conn, event, json, err))
        return false;
    json_key(json, "data");
    const JsonValue *data = json_get(event, "data");
    if (data)
        json_value(json, data);
    else
        json_null(json);
    return write_changes(request, conn, data, json, err);
}

static bool write_event(const HttpRequest *request, DbConn *conn, const EventListRow *row, JsonWriter *json, GError **err)
{
    PersonRef by = { row->account_uid, row->account_name, row->org_uid, row->org_name };
    json_begin_object(json);
    json_member_int(json, "seq", row->seq);
    json_member_instant(json, request, "at", row->at);
    json_member_str(json, "verb", row->verb);
    json_key(json, "object");
    json_begin_object(json);
    json_member_str(json, "kind", row->object_kind);
    json_member_str(json, "uid", row->object_uid);
    json_member_str(json, "title", row->title);
    json_end_object(json);
    json_member_person(json, "by", &by);
    if (!write_body(request, conn, row->body, json, err))
        return false;
    json_member_str(json, "hash", row->hash);
    json_end_object(json);
    return true;
}

static bool write_list(HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (EventListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_event(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool filter(DbList *list, const char *name, Str value, GError **err)
{
    return !value.p || db_list_filter(list, event_filters, G_N_ELEMENTS(event_filters), str_from(name), value, err);
}

static DbList *visible_events(const HttpRequest *request)
{
    DbList *list = db_list_new(request->arena, EventList, "e.seq");
    scopes_where_seen(list, api_user(request), request->arena);
    return list;
}

bool api_write_events(HttpRequest *request, DbConn *conn, const char *kind, Str uid, GError **err)
{
    DbList *list = visible_events(request);
    return filter(list, "kind", str_from(kind), err) && filter(list, "object", uid, err)
           && db_list_order(list, oldest_first, 1, STR("oldest"), err) && http_list_page(request, list, err)
           && write_list(request, conn, list, err);
}

/* The first instant of a day in the store's zone, as text for a filter; a day later for the end of a range. */
static Str day_start(const HttpRequest *request, Date day, int days_later)
{
    if (day == DATE_NONE)
        return STR_NONE;
    int64_t at = ((int64_t) day + days_later) * 86400000 - (int64_t) clock_zone_minutes(request->app->clock) * 60000;
    return arena_printf(request->arena, "%" G_GINT64_FORMAT, at);
}

static bool get_events(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_events(request);
    return conn && api_may(request, VERB_READ_AUDIT, NULL, err) && filter(list, "object", http_query(request, "object"), err)
           && filter(list, "kind", http_query(request, "kind"), err) && filter(list, "verb", http_query(request, "verb"), err)
           && filter(list, "account", http_query(request, "account"), err)
           && filter(list, "from", day_start(request, http_query_date(request, "from"), 0), err)
           && filter(list, "to", day_start(request, http_query_date(request, "to"), 1), err)
           && db_list_order(list, newest_first, 1, STR("newest"), err) && http_list_page(request, list, err)
           && write_list(request, conn, list, err);
}

static bool get_head(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    AuditHead head;
    if (!conn || !api_may(request, VERB_READ_AUDIT, NULL, err) || !audit_head(conn, request->arena, &head, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "seq", head.seq);
    json_member_cstr(json, "hash", head.hash);
    json_end_object(json);
    return true;
}

static bool post_verify(HttpRequest *request, GError **err)
{
    return api_may(request, VERB_READ_AUDIT, NULL, err) && api_start_job(request, "verify-audit", STR_NONE, err);
}

/* --- The proof as a file ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const HttpApp *app;
    const KeyRing *keys;
    int64_t from, to;
    GString *anchors;
    char made[INSTANT_TEXT_MAX];
} Proof;

static bool run_proof(void *data, Sink sink, GError **err)
{
    const Proof *proof = data;
    return audit_proof_write(proof->app->db, proof->from, proof->to, str_from_gstring(proof->anchors), proof->made, proof->keys, sink, err);
}

static void close_proof(void *data)
{
    Proof *proof = data;
    g_string_free(proof->anchors, TRUE);
    g_free(proof);
}

/* From the first event to the last, or those between: only for who keeps the whole log, because restricted tasks' events are among them. */
static bool get_proof(HttpRequest *request, GError **err)
{
    int64_t from = http_query_int(request, "from", 1), to = http_query_int(request, "to", 0);
    if (!api_may(request, VERB_PROVE_AUDIT, NULL, err))
        return false;
    if (from < 1 || (to > 0 && to < from)) {
        error_set(err, BH_BAD_INPUT, "events have numbers from 1, and the last is not before the first");
        return error_at(err, from < 1 ? "query:from" : "query:to");
    }
    GString *anchors = audit_anchors_read(request->app->data_dir, err);
    if (!anchors)
        return false;
    Proof *proof = g_new0(Proof, 1);
    *proof = (Proof) { .app = request->app, .keys = api_app(request)->keys, .from = from, .to = to, .anchors = anchors };
    instant_format(clock_now_ms(request->app->clock), clock_zone_minutes(request->app->clock), proof->made);
    http_attachment(request, arena_printf(request->arena, "bihuan-audit-%.10s.ndjson", proof->made));
    return http_stream(request, "application/x-ndjson", -1, (HttpSource) { run_proof, close_proof, proof });
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/events", HTTP_SESSION, get_events, HTTP_LIST_QUERY " object kind verb account:uid from:date to:date", HTTP_NO_BODY, "Events",
      "what happened, newest first" },
    { HTTP_GET, "/api/v1/audit/head", HTTP_SESSION, get_head, NULL, HTTP_NO_BODY, "Head", "the end of the chain" },
    { HTTP_GET, "/api/v1/audit/proof", HTTP_SESSION, get_proof, "from:int to:int", HTTP_NO_BODY, NULL, "the chain, its anchors and its end as a file" },
    { HTTP_POST, "/api/v1/audit/verify", HTTP_SESSION, post_verify, NULL, HTTP_NO_BODY, "JobAccepted", "prove the chain and the tables" },
};

static const HttpShape shapes[] = {
    { "EventChange", "field of? value? name? digest:bool" },
    { "EventObject", "kind uid title?" },
    { "Event", "seq:int at:instant verb object:EventObject by:PersonRef? via for:PersonRef? token? data:any changes:[EventChange] hash" },
    { "Events", "rows:[Event] next? total:int" },
    { "Head", "seq:int hash" },
};

const RouteTable audit_routes = ROUTE_TABLE(routes, shapes);
