/* Documents in hand: the list, the document, corrections, issue. */
#include "base/i18n.h"
#include "http/document-json.h"
#include "http/import.h"
#include "ledger/withhold.h"

#include "base/banned.h"

/* --- Lists ----------------------------------------------------------------------------------------------------------------------- */

static const DbFilter document_filters[] = {
    { "state", "d.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "kind", "d.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "q", "d.title || ' ' || COALESCE(d.doc_no, '')", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "uploaded_by", "a.uid", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "force_from", "f.valid_from", DB_FILTER_LE, DB_TYPE_DATE },
    { "force_to", "COALESCE(f.valid_to, '9999-12-31')", DB_FILTER_GE, DB_TYPE_DATE },
};

static const DbOrder newest_first[] = { { "newest", "d.uploaded", DB_TYPE_INT, true } };

static DbList *visible_documents(const HttpRequest *request)
{
    return db_list_new(request->arena, DocumentList, "d.id", .account = request->session->account, .today = clock_today(request->app->clock));
}

static bool filter(DbList *list, const char *name, Str value, GError **err)
{
    return !value.p || db_list_filter(list, document_filters, G_N_ELEMENTS(document_filters), str_from(name), value, err);
}

static bool filter_in_force(const HttpRequest *request, DbList *list, GError **err)
{
    char text[DATE_TEXT_MAX];
    Str today = arena_str(request->arena, str_from(date_format(clock_today(request->app->clock), text)));
    return filter(list, "force_from", today, err) && filter(list, "force_to", today, err);
}

static bool get_documents(HttpRequest *request, GError **err)
{
    static const char *const names[] = { "state", "kind", "q" };
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_documents(request);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (!filter(list, names[i], http_query(request, names[i]), err))
            return false;
    if (http_query_flag(request, "in_force") && !filter_in_force(request, list, err))
        return false;
    if (!conn || !db_list_order(list, newest_first, 1, STR("newest"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DocumentListRow row; rows && db_list_next(list, rows, &row, err);)
        document_row_write(request, &row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

enum { WAITING_DOCUMENTS = 50 };

/* The asker and those whom he is deputy for, as a filter has them. */
static Str own_accounts(const HttpRequest *request)
{
    const User *user = api_user(request);
    g_autoptr(GString) uids = g_string_new(NULL);
    g_string_append_len(uids, user->account_uid.p, (gssize) user->account_uid.n);
    for (size_t i = 0; i < user->n_absents; i++)
        g_string_append_printf(uids, "," STR_FMT, STR_ARG(user->absents[i].account_uid));
    return arena_str(request->arena, str_from_gstring(uids));
}

static void write_uploaded_for(const HttpRequest *request, Str uploader, JsonWriter *json)
{
    const User *user = api_user(request);
    const Absent *of = NULL;
    for (size_t i = 0; i < user->n_absents; i++)
        if (str_eq(user->absents[i].account_uid, uploader))
            of = &user->absents[i];
    json_member_for(json, of);
}

/* A draft of mine waits for me: for owners while names are unresolved, else to be issued. */
bool api_write_waiting_documents(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    DbList *list = visible_documents(request);
    if (!filter(list, "state", STR("draft"), err) || !filter(list, "uploaded_by", own_accounts(request), err)
        || !db_list_order(list, newest_first, 1, STR("newest"), err) || !db_list_page(list, STR_NONE, WAITING_DOCUMENTS, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (DocumentListRow row; rows && db_list_next(list, rows, &row, err);) {
        json_begin_object(json);
        json_member_cstr(json, "why", row.unresolved > 0 ? "owners" : "issue");
        json_member_instant(json, request, "since", row.uploaded);
        json_member_cstr(json, "task", NULL);
        write_uploaded_for(request, row.uploader_uid, json);
        json_key(json, "document");
        document_row_write(request, &row, json);
        json_end_object(json);
    }
    return db_rows_ok(rows);
}

/* --- One document ------------------------------------------------------------------------------------------------------------------- */

static bool readable_document(HttpRequest *request, DbConn *conn, DocumentRow *ret_row, MayObject *ret_facts, GError **err)
{
    return document_by_uid(conn, request->arena, http_path(request, "uid"), ret_row, err)
           && document_facts(conn, request->arena, ret_row, api_user(request), ret_facts, err) && api_may(request, VERB_READ_DOCUMENT, ret_facts, err);
}

static bool answer_document(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow row;
    MayObject facts;
    return conn && readable_document(request, conn, &row, &facts, err)
           && document_write(request, conn, &row, &facts, http_json(request, 200), err);
}

static bool get_document(HttpRequest *request, GError **err)
{
    return answer_document(request, err);
}

static bool check_readable(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow row;
    MayObject facts;
    return conn && readable_document(request, conn, &row, &facts, err);
}

/* A correction that came too late is answered with the document as it is now. */
static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    DocumentRow row;
    MayObject facts;
    return readable_document(request, conn, &row, &facts, err) && document_write(request, conn, &row, &facts, json, err);
}

static bool answer_change(HttpRequest *request, bool changed, GError **err)
{
    return changed ? answer_document(request, err) : http_answer_stale(request, write_present, err);
}

/* --- Corrections ------------------------------------------------------------------------------------------------------------------------ */

/* A member of an edit as JSON text again; null where it is missing. */
static Str json_text(Arena *arena, const JsonValue *value)
{
    if (!value)
        return STR("null");
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_value(&json, value);
    return arena_str(arena, str_from_gstring(text));
}

static bool read_edits(const HttpRequest *request, DraftEdit **ret_edits, size_t *ret_n, GError **err)
{
    const JsonValue *list;
    if (!json_get_array(request->json, "edits", &list, err))
        return false;
    if (list->count == 0)
        return json_bad(list, err, "at least one edit is expected");
    DraftEdit *edits = ARENA_ARRAY(request->arena, DraftEdit, list->count);
    size_t n = 0;
    for (const JsonValue *edit = list->first; edit; edit = edit->next, n++) {
        if (!json_get_str(edit, "path", &edits[n].path, err))
            return false;
        edits[n].old_value = json_text(request->arena, json_get(edit, "old"));
        edits[n].new_value = json_text(request->arena, json_get(edit, "new"));
    }
    *ret_edits = edits;
    *ret_n = n;
    return true;
}

static bool post_edits(HttpRequest *request, GError **err)
{
    int64_t version;
    DraftEdit *edits = NULL;
    size_t n = 0;
    if (!http_if_match(request, &version, err) || !read_edits(request, &edits, &n, err) || !check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, document_edit(&ledger, &actor, http_path(request, "uid"), version, edits, n, err), err);
}

/* The draft as the asker sees it, where something is withheld; else an empty one, which withholds nothing. */
static bool load_shown(HttpRequest *request, DbConn *conn, const DocumentRow *document, Draft *ret_draft, GError **err)
{
    Ledger ledger = api_ledger(request);
    Withheld withheld;
    *ret_draft = (Draft) { 0 };
    if (!document_withheld(conn, request->arena, api_user(request), document, &withheld, err))
        return false;
    if (withheld.n == 0)
        return true;
    if (!draft_load(&ledger, conn, request->arena, document, ret_draft, err))
        return false;
    draft_withhold(ret_draft, &withheld, request->arena);
    return true;
}

static bool get_edits(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow document;
    MayObject facts;
    if (!conn || !readable_document(request, conn, &document, &facts, err))
        return false;
    Draft draft;
    if (!load_shown(request, conn, &document, &draft, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, DocumentEdits, err, .document = document.id);
    JsonWriter *json = http_list_open(request);
    for (DocumentEditsRow row; rows && db_next(rows, &row, err);) {
        PersonRef by;
        if (draft_edit_withheld(&draft, row.path))
            continue;
        if (!person_ref(conn, request->arena, row.account, &by, NULL, err))
            return false;
        json_begin_object(json);
        json_member_str(json, "path", row.path);
        json_key(json, "old");
        json_raw(json, row.old_value);
        json_key(json, "new");
        json_raw(json, row.new_value);
        json_member_person(json, "by", &by);
        json_member_instant(json, request, "at", row.at);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return db_rows_ok(rows);
}

/* --- Coming and going ---------------------------------------------------------------------------------------------------------------------- */

static bool post_document(HttpRequest *request, GError **err)
{
    MayObject place = { .place = api_user(request)->org_path };
    return api_may(request, VERB_EDIT_DOCUMENT, &place, err) && import_start(request, "read-document", err);
}

/* The key was taken by the issue; what is divided after it is divided once by itself. */
static bool expand_issued(HttpRequest *request, Str plan, bool wanted, Expanded *ret_expanded, GError **err)
{
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    ledger.write = NULL;
    *ret_expanded = (Expanded) { 0 };
    return !wanted || plan_expand(&ledger, &actor, plan, i18n(LANG_ZH, "plan.expanded"), ret_expanded, err);
}

static bool post_issue(HttpRequest *request, GError **err)
{
    int64_t version;
    Str plan;
    bool expand = false;
    Expanded expanded;
    if (!http_if_match(request, &version, err) || !json_opt_bool(request->json, "expand", &expand, err) || !check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    if (!document_issue(&ledger, &actor, http_path(request, "uid"), version, request->arena, &plan, err))
        return answer_change(request, false, err);
    if (!expand_issued(request, plan, expand, &expanded, err))
        return false;
    JsonWriter *json = http_json(request, 201);
    json_begin_object(json);
    json_key(json, "plan");
    json_begin_object(json);
    json_member_str(json, "uid", plan);
    json_end_object(json);
    json_member_int(json, "expanded", expanded.tasks);
    json_end_object(json);
    return true;
}

static bool post_discard(HttpRequest *request, GError **err)
{
    int64_t version;
    Str reason;
    if (!http_if_match(request, &version, err) || !json_get_str(request->json, "reason", &reason, err) || !check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return answer_change(request, document_discard(&ledger, &actor, http_path(request, "uid"), version, reason, err), err);
}

static bool get_original(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow row;
    MayObject facts;
    Withheld withheld;
    return conn && readable_document(request, conn, &row, &facts, err) && document_withheld(conn, request->arena, api_user(request), &row, &withheld, err)
           && document_whole(&withheld, err) && api_send_blob(request, row.original, media_of_name(row.file_name), row.file_name, -1, err);
}

#define DOCUMENT "/api/v1/documents/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/documents", HTTP_SESSION, get_documents, HTTP_LIST_QUERY " state kind q in_force:bool", HTTP_NO_BODY, "Documents", "documents, newest first" },
    { HTTP_POST, "/api/v1/documents", HTTP_SESSION, post_document, NULL, HTTP_JSON, "JobAccepted", "read an upload as a document" },
    { HTTP_GET, DOCUMENT, HTTP_SESSION, get_document, NULL, HTTP_NO_BODY, "Document", "a document with its text and what was read in it" },
    { HTTP_POST, DOCUMENT "/edits", HTTP_SESSION, post_edits, NULL, HTTP_JSON, "Document", "correct what was read" },
    { HTTP_GET, DOCUMENT "/edits", HTTP_SESSION, get_edits, NULL, HTTP_NO_BODY, "Edits", "the corrections, oldest first" },
    { HTTP_POST, DOCUMENT "/issue", HTTP_SESSION, post_issue, NULL, HTTP_JSON, "Issued", "make a plan of it" },
    { HTTP_POST, DOCUMENT "/discard", HTTP_SESSION, post_discard, NULL, HTTP_JSON, "Document", "put a draft away" },
    { HTTP_GET, DOCUMENT "/original", HTTP_SESSION, get_original, NULL, HTTP_NO_BODY, NULL, "the file as it came" },
};

static const HttpShape shapes[] = {
    { "DocumentRow", "uid:uid title doc_no? kind issuer? issued:date? state file_name items:int confirmed:int left_out:int findings:int unresolved:int org:Ref"
                     " uploaded_by:Ref uploaded:instant plan:uid? in_force_from:date? in_force_to:date? force? version:int" },
    { "Documents", "rows:[DocumentRow] next? total:int" },
    { "DraftOwner", "name span:any? org:Ref? how candidates:[Ref]" },
    { "DraftMeasure", "no? text span:any? removed:bool" },
    { "DraftTarget", "quote span:any? metric op value value2? unit due:date? soft:bool tense removed:bool" },
    { "DraftItem", "index:int no? label? kind path:[text] title title_span:any? span:any? problem? problem_span:any? lead:[DraftOwner] support:[DraftOwner]"
                   " measures:[DraftMeasure] targets:[DraftTarget] due:date? status edited:[text] part? withheld:bool" },
    { "DraftName", "name items:int org:Ref? how candidates:[Ref]" },
    { "DraftFinding", "code key at? span:any? message params:any? seen:bool" },
    { "DraftDeclared", "what value:int quote span:any? found:int? ok:any?" },
    { "Document", "uid:uid title doc_no? kind issuer? issued:date? state file_name confirmed:int left_out:int unresolved:int org:Ref uploaded_by:PersonRef"
                  " uploaded:instant plan:uid? discarded? version:int text text_sha256 title_span:any? doc_no_span:any? issued_span:any?"
                  " declared:[DraftDeclared] items:[DraftItem] owners:[DraftName] findings:[DraftFinding] issuer_org:Ref? may:any" },
    { "Edit", "path old:any new:any by:PersonRef at:instant" },
    { "Edits", "rows:[Edit] next?" },
    { "IssuedPlan", "uid:uid" },
    { "Issued", "plan:IssuedPlan expanded:int" },
};

const RouteTable document_routes = ROUTE_TABLE(routes, shapes);
