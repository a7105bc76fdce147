/* What people decide about relations, and when a document holds. */
#include "ledger/relation.h"

#include "base/json.h"
#include "db/queries.h"
#include "ledger/common.h"
#include "ledger/document.h"
#include "ledger/task_do.h"

#include "base/banned.h"

const char relation_kinds[] = "repeats tightens loosens replaces continues";

/* --- Force ------------------------------------------------------------------------------------------------------------------------- */

DocumentForce document_force_on(Date from, Date to, bool replaced, Date today)
{
    bool over = to != DATE_NONE && to < today;
    const char *state = from == DATE_NONE ? NULL : from > today ? "not_yet" : !over ? "in_force" : replaced ? "replaced" : "expired";
    return (DocumentForce) { .from = from, .to = to, .state = state };
}

bool document_force(DbConn *conn, Arena *arena, int64_t document, Date today, DocumentForce *ret_force, GError **err)
{
    ForceOfRow row;
    bool found;
    *ret_force = (DocumentForce) { .from = DATE_NONE, .to = DATE_NONE };
    if (!db_one(conn, ForceOf, arena, &row, &found, err, .document = document) || !found)
        return err == NULL || *err == NULL;
    *ret_force = document_force_on(row.valid_from, row.valid_to, row.replaced_by != DB_NULL_INT, today);
    ret_force->replaced_uid = row.replaced_uid;
    ret_force->replaced_title = row.replaced_title;
    return true;
}

bool document_force_begin(DbConn *tx, int64_t document, const Draft *draft, Date today, GError **err)
{
    Date end = draft->n_items > 0 ? draft->items[0].plan_end : DATE_NONE, from = draft->issued != DATE_NONE ? draft->issued : today;
    return db_exec(tx, ForcePut, NULL, err, .document = document, .valid_from = from, .valid_to = end != DATE_NONE && end < from ? DATE_NONE : end,
                   .replaced_by = DB_NULL_INT);
}

/* The document, if the actor may decide about its place. */
static bool open_document(DbConn *tx, const Actor *actor, Str uid, Arena *arena, DocumentRow *ret_row, GError **err)
{
    MayObject facts;
    if (!document_by_uid(tx, arena, uid, ret_row, err) || !document_facts(tx, arena, ret_row, actor->user, &facts, err))
        return false;
    May answer = may(actor->user, VERB_EDIT_DOCUMENT, &facts);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "only who issues documents of this place decides");
    Str role = task_role_named(&answer, arena);
    if (role.n > 0)
        error_params(err, STR_FMT, STR_ARG(role));
    return error_detail(err, answer.why);
}

static void force_event(DbConn *tx, const Actor *actor, Str uid, Date from, Date to, Str reason, Arena *arena)
{
    char text[DATE_TEXT_MAX];
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_cstr(&json, "from", date_format(from, text));
    if (reason.n > 0)
        json_member_str(&json, "reason", audit_digest(arena, reason));
    json_member_date(&json, "to", to);
    json_end_object(&json);
    document_event(tx, actor, "document-force", uid, data);
}

typedef struct {
    const Actor *actor;
    Str uid, reason;
    Date from, to;
} ForceArgs;

static bool force_in_tx(DbConn *tx, void *data, GError **err)
{
    const ForceArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    DocumentRow row;
    if (!open_document(tx, args->actor, args->uid, arena, &row, err))
        return false;
    if (!str_eq(row.state, STR("issued"))) {
        error_set(err, BH_CONFLICT, "only an issued document is in force");
        return error_detail(err, "wrong-state");
    }
    force_event(tx, args->actor, args->uid, args->from, args->to, args->reason, arena);
    return db_exec(tx, ForcePut, NULL, err, .document = row.id, .valid_from = args->from, .valid_to = args->to, .replaced_by = DB_NULL_INT);
}

bool document_force_set(const Ledger *ledger, const Actor *actor, Str document_uid, Date from, Date to, Str reason, GError **err)
{
    if (str_trim(reason).n == 0) {
        error_set(err, BH_BAD_INPUT, "a reason is needed");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    if (from == DATE_NONE || (to != DATE_NONE && to < from)) {
        error_set(err, BH_BAD_INPUT, "a beginning, and an end not before it, are expected");
        return error_at(err, from == DATE_NONE ? "/from" : "/to");
    }
    ForceArgs args = { actor, document_uid, reason, from, to };
    return task_text_fits(reason, "reason", err) && ledger_write(ledger, force_in_tx, &args, err);
}

/* --- Relations ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Actor *actor;
    Str document, relation, state, kind, other, task;
    int64_t item;
    const Clock *clock;
} RelationArgs;

static void relation_event(DbConn *tx, const RelationArgs *args, Str uid, Str kind, Str state)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "kind", kind);
    json_member_str(&json, "relation", uid);
    json_member_str(&json, "state", state);
    json_end_object(&json);
    document_event(tx, args->actor, "document-relation", args->document, data);
}

/* The other one's force ends where the new one's begins. */
static bool end_other(DbConn *tx, const RelationArgs *args, const DocumentRow *document, int64_t other, Arena *arena, GError **err)
{
    DocumentForce force, own;
    Date today = clock_today(args->clock);
    if (!document_force(tx, arena, other, today, &force, err) || !document_force(tx, arena, document->id, today, &own, err))
        return false;
    Date begin = own.from != DATE_NONE ? own.from : document->issued != DATE_NONE ? document->issued : today;
    if (!force.state)
        return true;
    return db_exec(tx, ForcePut, NULL, err, .document = other, .valid_from = MIN(force.from, begin - 1), .valid_to = begin - 1, .replaced_by = document->id);
}

static bool take_effect(DbConn *tx, const RelationArgs *args, const DocumentRow *document, int64_t item, int64_t other, Str kind, Arena *arena, GError **err)
{
    if (!str_eq(kind, STR("replaces")) || item != DB_NULL_INT)
        return true;
    return end_other(tx, args, document, other, arena, err);
}

static bool decide_in_tx(DbConn *tx, void *data, GError **err)
{
    const RelationArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    DocumentRow document;
    RelationByUidRow row;
    bool found;
    if (!open_document(tx, args->actor, args->document, arena, &document, err) || !db_one(tx, RelationByUid, arena, &row, &found, err, .uid = args->relation))
        return false;
    if (!found || row.document != document.id)
        return error_set(err, BH_NOT_FOUND, "no relation '" STR_FMT "' of this document", STR_ARG(args->relation));
    Str kind = args->kind.p ? args->kind : row.kind;
    relation_event(tx, args, args->relation, kind, args->state);
    return db_exec(tx, RelationSet, NULL, err, .id = row.id, .kind = kind, .state = args->state, .account = args->actor->user->account, .at = args->actor->who.at_ms)
           && (!str_eq(args->state, STR("confirmed")) || take_effect(tx, args, &document, row.item, row.other, kind, arena, err));
}

static bool kind_fits(Str kind, GError **err)
{
    if (flow_has_word(relation_kinds, kind))
        return true;
    error_set(err, BH_BAD_INPUT, "a relation is one of %s, not '" STR_FMT "'", relation_kinds, STR_ARG(kind));
    return error_at(err, "/kind");
}

bool relation_decide(const Ledger *ledger, const Actor *actor, Str document_uid, Str relation_uid, Str state, Str kind, GError **err)
{
    if (!flow_has_word("confirmed rejected", state)) {
        error_set(err, BH_BAD_INPUT, "a relation is confirmed or rejected");
        return error_at(err, "/state");
    }
    RelationArgs args = { .actor = actor, .document = document_uid, .relation = relation_uid, .state = state, .kind = kind, .clock = ledger->clock };
    return (!kind.p || kind_fits(kind, err)) && ledger_write(ledger, decide_in_tx, &args, err);
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    const RelationArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    DocumentRow document, other;
    Task task = { .id = DB_NULL_INT };
    char uid[UID_TEXT_MAX];
    if (!open_document(tx, args->actor, args->document, arena, &document, err) || !document_by_uid(tx, arena, args->other, &other, err)
        || (args->task.p && !task_load(tx, arena, args->task, &task, err)))
        return false;
    if (other.id == document.id || (args->task.p && !str_eq(task.document_uid, other.uid)) || args->item >= document.items) {
        error_set(err, BH_BAD_INPUT, "an item of this document and a task of another one are expected");
        return error_at(err, "/other");
    }
    relation_event(tx, args, str_from(uid_new(uid)), args->kind, STR("confirmed"));
    return db_exec(tx, RelationInsert, NULL, err, .uid = str_from(uid), .document = document.id, .item = args->item, .other = other.id, .task = task.id, .kind = args->kind,
                   .state = STR("confirmed"), .score = 1000, .why = STR("[]"), .account = args->actor->user->account, .at = args->actor->who.at_ms)
           && take_effect(tx, args, &document, args->item, other.id, args->kind, arena, err);
}

bool relation_add(const Ledger *ledger, const Actor *actor, Str document_uid, int64_t item, Str other_uid, Str task_uid, Str kind, GError **err)
{
    RelationArgs args = { .actor = actor, .document = document_uid, .item = item, .other = other_uid, .task = task_uid, .kind = kind, .clock = ledger->clock };
    return kind_fits(kind, err) && ledger_write(ledger, add_in_tx, &args, err);
}
