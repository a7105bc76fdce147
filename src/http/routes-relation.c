/* Later documents against earlier ones, and when a document is in force. */
#include "db/queries.h"
#include "http/app.h"
#include "ledger/relation.h"
#include "ledger/withhold.h"

#include "base/banned.h"

static bool readable(HttpRequest *request, DbConn *conn, Str uid, DocumentRow *ret_row, GError **err)
{
    MayObject facts;
    return document_by_uid(conn, request->arena, uid, ret_row, err) && document_facts(conn, request->arena, ret_row, api_user(request), &facts, err)
           && api_may(request, VERB_READ_DOCUMENT, &facts, err);
}

/* An item or an earlier task: its title and its promises. */
static void write_item(const DraftItem *item, int64_t index, JsonWriter *json)
{
    json_key(json, "item");
    if (!item) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_int(json, "index", index);
    json_member_str(json, "no", item->no);
    json_member_str(json, "title", item->title);
    json_end_object(json);
}

static void write_other(const RelationsOfRow *row, JsonWriter *json)
{
    json_key(json, "other");
    json_begin_object(json);
    json_key(json, "document");
    json_begin_object(json);
    json_member_str(json, "uid", row->other_uid);
    json_member_str(json, "title", row->other_title);
    json_member_str(json, "doc_no", row->other_doc_no);
    json_end_object(json);
    json_key(json, "task");
    if (row->task_uid.p) {
        json_begin_object(json);
        json_member_str(json, "uid", row->task_uid);
        json_member_str(json, "number", row->task_number);
        json_member_str(json, "title", row->task_title);
        json_member_str(json, "state", row->task_state);
        json_end_object(json);
    } else
        json_null(json);
    json_end_object(json);
}

static bool write_relation(const HttpRequest *request, DbConn *conn, const Draft *draft, const RelationsOfRow *row, JsonWriter *json, GError **err)
{
    PersonRef by;
    if (!person_ref(conn, request->arena, row->account, &by, NULL, err))
        return false;
    bool whole = row->item == DB_NULL_INT || row->item >= (int64_t) draft->n_items;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "state", row->state);
    json_member_int(json, "score", row->score);
    write_item(whole ? NULL : &draft->items[row->item], row->item, json);
    write_other(row, json);
    json_key(json, "why");
    json_raw(json, row->why);
    json_member_person(json, "by", &by);
    json_member_instant(json, request, "at", row->at);
    json_end_object(json);
    return true;
}

static bool is_withheld(const Draft *draft, int64_t item)
{
    return item != DB_NULL_INT && item < (int64_t) draft->n_items && draft->items[item].withheld;
}

/* Only of documents that the asker may read as well. */
static bool may_see_other(HttpRequest *request, DbConn *conn, Str uid)
{
    DocumentRow other;
    return readable(request, conn, uid, &other, NULL);
}

static bool answer_relations(HttpRequest *request, int status, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow row;
    Draft draft;
    DocumentForce force;
    Ledger ledger = api_ledger(request);
    if (!conn || !readable(request, conn, http_path(request, "uid"), &row, err) || !draft_load(&ledger, conn, request->arena, &row, &draft, err)
        || !document_force(conn, request->arena, row.id, clock_today(request->app->clock), &force, err))
        return false;
    MayObject facts;
    Withheld withheld;
    if (!document_facts(conn, request->arena, &row, api_user(request), &facts, err) || !document_withheld(conn, request->arena, api_user(request), &row, &withheld, err))
        return false;
    draft_withhold(&draft, &withheld, request->arena);
    Allowed allowed = api_allowed(request, VERB_EDIT_DOCUMENT, &facts);
    JsonWriter *json = http_json(request, status);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    g_autoptr(DbRows) rows = db_query(conn, RelationsOf, err, .document = row.id);
    for (RelationsOfRow relation; rows && db_next(rows, &relation, err);)
        if (!is_withheld(&draft, relation.item) && may_see_other(request, conn, relation.other_uid) && !write_relation(request, conn, &draft, &relation, json, err))
            return false;
    json_end_array(json);
    json_member_cstr(json, "force", force.state);
    json_member_date(json, "in_force_from", force.from);
    json_member_date(json, "in_force_to", force.to);
    json_member_ref(json, "replaced_by", force.replaced_uid, force.replaced_title);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "decide", &allowed);
    json_end_object(json);
    json_end_object(json);
    return db_rows_ok(rows);
}

static bool get_relations(HttpRequest *request, GError **err)
{
    return answer_relations(request, 200, err);
}

static bool check_readable(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DocumentRow row;
    return conn && readable(request, conn, http_path(request, "uid"), &row, err);
}

/* Anew, after corrections or when an earlier document was issued late. */
static bool post_find(HttpRequest *request, GError **err)
{
    Ledger ledger = api_ledger(request);
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        DocumentRow row;
        MayObject facts;
        if (!conn || !readable(request, conn, http_path(request, "uid"), &row, err) || !document_facts(conn, request->arena, &row, api_user(request), &facts, err)
            || !api_may(request, VERB_EDIT_DOCUMENT, &facts, err))
            return false;
    }
    return relations_find(&ledger, http_path(request, "uid"), NULL, err) && answer_relations(request, 200, err);
}

static bool post_relation(HttpRequest *request, GError **err)
{
    Str kind, other, task = STR_NONE;
    int64_t item = DB_NULL_INT;
    const JsonValue *target;
    if (!json_get_str(request->json, "kind", &kind, err) || !json_opt_int(request->json, "item", 0, G_MAXINT32, &item, err)
        || !json_get_object(request->json, "other", &target, err) || !json_get_str(target, "document", &other, err) || !json_opt_str(target, "task", &task, err)
        || !check_readable(request, err))
        return false;
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        DocumentRow row;
        if (!conn || !readable(request, conn, other, &row, err))
            return false;
    }
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return relation_add(&ledger, &actor, http_path(request, "uid"), item, other, task, kind, err) && answer_relations(request, 201, err);
}

static bool post_decision(HttpRequest *request, GError **err)
{
    Str state, kind = STR_NONE;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return json_get_str(request->json, "state", &state, err) && json_opt_str(request->json, "kind", &kind, err) && check_readable(request, err)
           && relation_decide(&ledger, &actor, http_path(request, "uid"), http_path(request, "relation"), state, kind, err) && answer_relations(request, 200, err);
}

static bool post_force(HttpRequest *request, GError **err)
{
    Date from, to;
    Str reason = STR("");
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return api_read_date(request->json, "from", &from, err) && api_read_date(request->json, "to", &to, err) && json_opt_str(request->json, "reason", &reason, err)
           && check_readable(request, err) && document_force_set(&ledger, &actor, http_path(request, "uid"), from, to, reason, err)
           && answer_relations(request, 200, err);
}

#define DOCUMENT "/api/v1/documents/{uid}"

static const Route routes[] = {
    { HTTP_GET, DOCUMENT "/relations", HTTP_SESSION, get_relations, NULL, HTTP_NO_BODY, "Relations", "what a document says again of earlier ones, and when it holds" },
    { HTTP_POST, DOCUMENT "/relations", HTTP_SESSION, post_relation, NULL, HTTP_JSON, "Relations", "state a relation by hand" },
    { HTTP_POST, DOCUMENT "/relations/find", HTTP_SESSION, post_find, NULL, HTTP_JSON, "Relations", "look for relations anew" },
    { HTTP_POST, DOCUMENT "/relations/{relation}", HTTP_SESSION, post_decision, NULL, HTTP_JSON, "Relations", "confirm or reject a proposed relation" },
    { HTTP_POST, DOCUMENT "/force", HTTP_SESSION, post_force, NULL, HTTP_JSON, "Relations", "set when a document is in force" },
};

static const HttpShape shapes[] = {
    { "RelationItem", "index:int no? title" },
    { "RelationDocument", "uid:uid title doc_no?" },
    { "RelationTask", "uid:uid number title state" },
    { "RelationOther", "document:RelationDocument task:RelationTask?" },
    { "RelationWhy", "code params:any" },
    { "Relation", "uid:uid kind state score:int item:RelationItem? other:RelationOther why:[RelationWhy] by:PersonRef? at:instant" },
    { "Relations", "rows:[Relation] force? in_force_from:date? in_force_to:date? replaced_by:Ref? may:any" },
};

const RouteTable relation_routes = ROUTE_TABLE(routes, shapes);
