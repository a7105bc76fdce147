/* Finding by words, and views that somebody keeps. */
#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"
#include "http/app.h"
#include "ledger/search.h"

#include "base/banned.h"

/* --- Search --------------------------------------------------------------------------------------------------------------------- */

enum { HITS = 20, HITS_MOST = 100 };

static void write_hit(const HttpRequest *request, const SearchHit *hit, JsonWriter *json)
{
    json_begin_object(json);
    json_member_cstr(json, "kind", search_kind_name(hit->kind));
    json_member_str(json, "uid", hit->uid);
    json_member_str(json, "title", hit->title);
    json_member_str(json, "number", hit->task_number);
    json_key(json, "parts");
    json_begin_array(json);
    for (size_t i = 0; i < hit->n_pieces; i++) {
        json_begin_object(json);
        json_member_str(json, "text", hit->pieces[i].text);
        json_member_bool(json, "hit", hit->pieces[i].hit);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_instant(json, request, "at", hit->at_ms);
    json_key(json, "task");
    if (!hit->task_uid.p)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_str(json, "uid", hit->task_uid);
        json_member_str(json, "number", hit->task_number);
        json_end_object(json);
    }
    json_end_object(json);
}

static unsigned kinds_of(Str kind)
{
    static const SearchKind kinds[] = { SEARCH_DOCUMENT, SEARCH_TASK, SEARCH_COMMENT };
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (str_eq(kind, str_from(search_kind_name(kinds[i]))))
            return kinds[i];
    return SEARCH_ALL;
}

static bool get_search(HttpRequest *request, GError **err)
{
    const SearchHit *hits;
    size_t n;
    Str next;
    SearchAsk ask = { .words = http_query(request, "q"), .kinds = kinds_of(http_query(request, "kind")), .cursor = http_query(request, "cursor"),
                      .limit = (size_t) MIN(http_query_int(request, "limit", HITS), HITS_MOST) };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !search_find(conn, api_user(request), &ask, request->arena, &hits, &n, &next, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        write_hit(request, &hits[i], json);
    json_end_array(json);
    json_member_str(json, "next", next);
    json_end_object(json);
    return true;
}

/* Only the system administrator: it keeps the writer busy for a while. */
static bool post_index(HttpRequest *request, GError **err)
{
    return api_may(request, VERB_ADMINISTER, NULL, err) && api_start_job(request, "index", STR_NONE, err);
}

/* --- Views ------------------------------------------------------------------------------------------------------------------------ */

enum { VIEWS_MOST = 200, PAGE_CHARS = 40, QUERY_BYTES = 4000 };

/* What a request says of a view; before it is read, what stands there. */
typedef struct {
    HttpRequest *request;
    char uid[UID_TEXT_MAX];
    Str page, name, query;
    bool shared;
    ViewByUidRow row;
    int64_t version;
} ViewArgs;

static bool text_fits(Str text, const char *at, size_t chars, GError **err)
{
    if (str_trim(text).n > 0 && utf8_length(text) <= chars)
        return true;
    error_set(err, BH_BAD_INPUT, "1 to %zu characters are expected", chars);
    return error_at(err, "/%s", at);
}

static bool read_view(ViewArgs *args, GError **err)
{
    const JsonValue *json = args->request->json;
    if (!json_opt_str(json, "name", &args->name, err) || !json_opt_str(json, "query", &args->query, err) || !json_opt_bool(json, "shared", &args->shared, err))
        return false;
    if (!text_fits(args->name, "name", LIMIT_NAME_CHARS, err))
        return false;
    if (args->query.p && args->query.n <= QUERY_BYTES)
        return true;
    error_set(err, BH_BAD_INPUT, "a view's query has at most %d bytes", QUERY_BYTES);
    return error_at(err, "/query");
}

static bool write_view(const HttpRequest *request, DbConn *conn, const ViewListRow *row, JsonWriter *json, GError **err)
{
    PersonRef by;
    if (!person_ref(conn, request->arena, row->account, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "page", row->page);
    json_member_str(json, "name", row->name);
    json_member_str(json, "query", row->query);
    json_member_bool(json, "shared", row->shared);
    json_member_bool(json, "mine", row->account == request->session->account);
    json_member_person(json, "by", &by);
    json_member_int(json, "version", row->version);
    json_end_object(json);
    return true;
}

static const DbFilter view_filters[] = { { "page", "v.page", DB_FILTER_EQ, DB_TYPE_TEXT } };
static const DbOrder view_orders[] = { { "name", "v.name", DB_TYPE_TEXT, false } };

static bool get_views(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    const User *user = api_user(request);
    DbList *list = db_list_new(request->arena, ViewList, "v.id", .account = user->account, .org = user->org);
    Str page = http_query(request, "page");
    if (!conn || (page.p && !db_list_filter(list, view_filters, 1, STR("page"), page, err)) || !db_list_order(list, view_orders, 1, STR("name"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (ViewListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_view(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool answer_view(HttpRequest *request, int status, Str uid, GError **err)
{
    ViewByUidRow row;
    bool found;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !db_one(conn, ViewByUid, request->arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no view '" STR_FMT "'", STR_ARG(uid));
    ViewListRow shown = { row.id, row.uid, row.account, row.page, row.name, row.query, row.shared, row.version };
    return write_view(request, conn, &shown, http_json(request, status), err);
}

/* Of one account two views of a page have different names. */
static bool name_taken(GError **err)
{
    if (!err || !g_error_matches(*err, BH_ERROR, BH_CONFLICT))
        return false;
    error_at(err, "/name");
    return error_detail(err, "name-taken");
}

static bool insert_in_tx(DbConn *tx, void *data, GError **err)
{
    const ViewArgs *args = data;
    const User *user = api_user(args->request);
    ViewCountRow count;
    bool found;
    if (!db_one(tx, ViewCount, args->request->arena, &count, &found, err, .account = user->account))
        return false;
    if (count.n >= VIEWS_MOST) {
        error_set(err, BH_TOO_LARGE, "one keeps at most %d views", VIEWS_MOST);
        return error_detail(err, "too-many-views");
    }
    return db_exec(tx, ViewInsert, NULL, err, .uid = str_from(args->uid), .account = user->account, .org = user->org, .page = args->page, .name = args->name,
                   .query = args->query, .shared = args->shared);
}

/* The administrator of the socket has no account, and keeps nothing. */
static bool has_account(const HttpRequest *request, GError **err)
{
    if (request->session->account != DB_NULL_INT)
        return true;
    error_set(err, BH_FORBIDDEN, "only an account keeps views");
    return error_detail(err, "no-role");
}

static bool post_view(HttpRequest *request, GError **err)
{
    ViewArgs args = { .request = request };
    uid_new(args.uid);
    if (!has_account(request, err) || !json_get_str(request->json, "page", &args.page, err) || !text_fits(args.page, "page", PAGE_CHARS, err) || !read_view(&args, err))
        return false;
    return http_write(request, insert_in_tx, &args, err) ? answer_view(request, 201, arena_str(request->arena, str_from(args.uid)), err) : name_taken(err);
}

/* One's own alone: another's is not there, unless it is shared, and then it is not one's to change. */
static bool own_view(DbConn *tx, ViewArgs *args, GError **err)
{
    bool found;
    Str uid = http_path(args->request, "uid");
    if (!db_one(tx, ViewByUid, args->request->arena, &args->row, &found, err, .uid = uid))
        return false;
    if (!found || args->row.account != args->request->session->account)
        return error_set(err, BH_NOT_FOUND, "no view '" STR_FMT "' of yours", STR_ARG(uid));
    return true;
}

static bool update_in_tx(DbConn *tx, void *data, GError **err)
{
    ViewArgs *args = data;
    int64_t changes;
    if (!own_view(tx, args, err))
        return false;
    args->name = args->row.name;
    args->query = args->row.query;
    args->shared = args->row.shared;
    if (!read_view(args, err) || !http_check_version(args->request, args->row.version, err))
        return false;
    return db_exec(tx, ViewUpdate, &changes, err, .id = args->row.id, .version = args->row.version, .name = args->name, .query = args->query, .shared = args->shared);
}

static bool patch_view(HttpRequest *request, GError **err)
{
    ViewArgs args = { .request = request };
    if (!http_if_match(request, &args.version, err))
        return false;
    if (http_write(request, update_in_tx, &args, err))
        return answer_view(request, 200, http_path(request, "uid"), err);
    const char *detail = err && *err ? error_get_detail(*err) : NULL;
    return detail ? false : name_taken(err);
}

static bool delete_in_tx(DbConn *tx, void *data, GError **err)
{
    ViewArgs *args = data;
    return own_view(tx, args, err) && db_exec(tx, ViewDelete, NULL, err, .id = args->row.id);
}

static bool delete_view(HttpRequest *request, GError **err)
{
    ViewArgs args = { .request = request };
    return http_write(request, delete_in_tx, &args, err) && http_nothing(request);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/search", HTTP_SESSION, get_search, "q kind:document|task|comment limit:limit cursor", HTTP_NO_BODY, "Hits",
      "documents, tasks and comments that say these words, the newest first" },
    { HTTP_POST, "/api/v1/search/index", HTTP_SESSION, post_index, NULL, HTTP_NO_BODY, "JobAccepted", "write anew what lists and search look in" },
    { HTTP_GET, "/api/v1/views", HTTP_SESSION, get_views, HTTP_LIST_QUERY " page", HTTP_NO_BODY, "Views", "views that the asker keeps, and those shared in the unit" },
    { HTTP_POST, "/api/v1/views", HTTP_SESSION, post_view, NULL, HTTP_JSON, "View", "keep a view" },
    { HTTP_PATCH, "/api/v1/views/{uid}", HTTP_SESSION, patch_view, NULL, HTTP_JSON, "View", "change a view of one's own" },
    { HTTP_DELETE, "/api/v1/views/{uid}", HTTP_SESSION, delete_view, NULL, HTTP_NO_BODY, NULL, "forget a view of one's own" },
};

static const HttpShape shapes[] = {
    { "HitPart", "text hit:bool" },
    { "HitTask", "uid:uid number" },
    { "Hit", "kind uid:uid title number? parts:[HitPart] at:instant task:HitTask?" },
    { "Hits", "rows:[Hit] next?" },
    { "View", "uid:uid page name query shared:bool mine:bool by:PersonRef version:int" },
    { "Views", "rows:[View] next? total:int" },
};

const RouteTable search_routes = ROUTE_TABLE(routes, shapes);
