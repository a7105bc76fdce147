/* What somebody is told. */
#include "db/queries.h"
#include "http/flow-json.h"

#include "base/banned.h"

enum { UIDS_MAX = 500 };

bool json_member_task(const HttpRequest *request, DbConn *conn, JsonWriter *json, const char *name, Str uid, GError **err)
{
    TaskReadableRow row;
    bool found = false;
    if (uid.p && !db_one(conn, TaskReadable, request->arena, &row, &found, err, .uid = uid, .account = request->session->account,
                         .today = clock_today(request->app->clock)))
        return false;
    json_key(json, name);
    if (!found) {
        json_null(json);
        return true;
    }
    json_begin_object(json);
    json_member_str(json, "uid", row.uid);
    json_member_str(json, "number", row.number);
    json_member_str(json, "title", row.title);
    json_end_object(json);
    return true;
}

static const DbFilter message_filters[] = {
    { "kind", "m.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "read", "m.read_at", DB_FILTER_IS_SET, DB_TYPE_BOOL },
};
static const DbOrder message_orders[] = { { "newest", "m.id", DB_TYPE_INT, true } };

static bool write_message(const HttpRequest *request, DbConn *conn, const MessageListRow *row, JsonWriter *json, GError **err)
{
    PersonRef by, holder;
    bool task = str_eq(row->subject_kind, STR("task"));
    if (!person_ref(conn, request->arena, row->by_account, &by, NULL, err) || !person_ref(conn, request->arena, row->holder, &holder, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "level", row->level);
    if (!json_member_task(request, conn, json, "task", task ? row->subject : STR_NONE, err))
        return false;
    json_key(json, "about");
    if (row->subject_kind.n == 0)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_str(json, "kind", row->subject_kind);
        json_member_str(json, "uid", row->subject);
        json_end_object(json);
    }
    json_key(json, "params");
    json_raw(json, row->params);
    json_member_person(json, "by", &by);
    json_member_person(json, "for", &holder);
    json_member_instant(json, request, "at", row->at);
    json_member_instant(json, request, "read", row->read_at);
    json_end_object(json);
    return true;
}

static DbList *own_messages(const HttpRequest *request)
{
    int64_t account = request->session->account; /* the administrator of the socket has none, and no messages */
    return db_list_new(request->arena, MessageList, "m.id", .account = account == DB_NULL_INT ? -1 : account);
}

static bool get_messages(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = own_messages(request);
    Str kind = http_query(request, "kind");
    if (!conn || (kind.p && !db_list_filter(list, message_filters, G_N_ELEMENTS(message_filters), STR("kind"), kind, err))
        || (http_query_flag(request, "unread") && !db_list_filter(list, message_filters, G_N_ELEMENTS(message_filters), STR("read"), STR("false"), err))
        || !db_list_order(list, message_orders, 1, STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (MessageListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_message(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

typedef struct {
    const HttpRequest *request;
    const JsonValue *uids; /* NULL: all */
} Reading;

static bool read_in_tx(DbConn *tx, void *data, GError **err)
{
    const Reading *reading = data;
    int64_t account = reading->request->session->account, at = clock_now_ms(reading->request->app->clock);
    if (!reading->uids)
        return db_exec(tx, MessageRead, NULL, err, .account = account, .uid = STR_NONE, .at = at);
    for (const JsonValue *value = reading->uids->first; value; value = value->next) {
        Str uid;
        if (!json_as_str(value, &uid, err) || !db_exec(tx, MessageRead, NULL, err, .account = account, .uid = uid, .at = at))
            return false;
    }
    return true;
}

static bool post_read(HttpRequest *request, GError **err)
{
    Reading reading = { .request = request };
    int64_t unread = 0;
    if (!json_opt_array(request->json, "uids", &reading.uids, err))
        return false;
    if (reading.uids && reading.uids->count > UIDS_MAX)
        return json_bad(reading.uids, err, "at most %d at a time", UIDS_MAX);
    if (request->session->account != DB_NULL_INT && !http_write(request, read_in_tx, &reading, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !messages_unread(conn, request->session->account, &unread, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "unread", unread);
    json_end_object(json);
    return true;
}

#define KINDS "reminder|mention|handover|deputy|returned|relapse|report|assigned|letter|duty|defects|defects-late"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/messages", HTTP_SESSION, get_messages, HTTP_LIST_QUERY " unread:bool kind+:" KINDS, HTTP_NO_BODY, "Messages",
      "what the asker was told, the newest first" },
    { HTTP_POST, "/api/v1/messages/read", HTTP_SESSION, post_read, NULL, HTTP_JSON, "Unread", "mark messages as read, or all" },
};

static const HttpShape shapes[] = {
    { "About", "kind uid" },
    { "Message", "uid:uid kind level? task:TaskRef? about:About? params:any by:PersonRef? for:PersonRef? at:instant read:instant?" },
    { "Messages", "rows:[Message] next? total:int" },
    { "Unread", "unread:int" },
};

const RouteTable message_routes = ROUTE_TABLE(routes, shapes);
