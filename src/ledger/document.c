/* Documents in hand: the row, who may do what with it, and leaving it. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/search.h"
#include "ledger/common.h"
#include "ledger/document.h"

#include "base/banned.h"

/* --- The row ----------------------------------------------------------------------------------------------------------- */

static DocumentRow document_of_row(const DocumentByUidRow *row)
{
    return (DocumentRow) {
        .id = row->id,
        .org = row->org,
        .issuer_org = row->issuer_org,
        .version = row->version,
        .uploaded = row->uploaded,
        .items = row->items,
        .confirmed = row->confirmed,
        .left_out = row->left_out,
        .findings = row->findings,
        .unresolved = row->unresolved,
        .uid = row->uid,
        .state = row->state,
        .kind = row->kind,
        .title = row->title,
        .doc_no = row->doc_no,
        .issuer = row->issuer,
        .form = row->form,
        .file_name = row->file_name,
        .original = row->original,
        .text = row->text,
        .model = row->model,
        .discarded = row->discarded,
        .issued = row->issued,
        .org_uid = row->org_uid,
        .org_name = row->org_name,
        .org_path = row->org_path,
        .org_area = row->org_area,
        .issuer_org_uid = row->issuer_org_uid,
        .issuer_org_name = row->issuer_org_name,
        .issuer_org_path = row->issuer_org_path,
        .plan_uid = row->plan_uid,
    };
}

bool document_by_uid(DbConn *conn, Arena *arena, Str uid, DocumentRow *ret_row, GError **err)
{
    DocumentByUidRow row;
    bool found;
    if (!db_one(conn, DocumentByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no document '" STR_FMT "'", STR_ARG(uid));
    DocumentRow document = document_of_row(&row);
    if (!person_ref(conn, arena, row.uploaded_by, &document.uploaded_by, NULL, err))
        return false;
    *ret_row = document;
    return true;
}

bool document_facts(DbConn *conn, Arena *arena, const DocumentRow *row, const User *user, MayObject *ret_object, GError **err)
{
    ARENA_LIST(Str) owners = { 0 }, owner_areas = { 0 }, supports = { 0 }, support_areas = { 0 };
    if (str_eq(row->state, STR("issued"))) {
        g_autoptr(DbRows) rows = db_query(conn, DocumentOwnerPaths, err, .document = row->id, .account = user->account, .today = user->today);
        for (DocumentOwnerPathsRow owner; rows && db_next(rows, &owner, err);) {
            bool lead = str_eq(owner.role, STR("lead"));
            *(lead ? ARENA_PUSH(arena, &owners) : ARENA_PUSH(arena, &supports)) = arena_str(arena, owner.path);
            *(lead ? ARENA_PUSH(arena, &owner_areas) : ARENA_PUSH(arena, &support_areas)) = arena_str(arena, owner.area);
        }
        if (!db_rows_ok(rows))
            return false;
    }
    *ret_object = (MayObject) {
        .owner_paths = owners.v, .owner_areas = owner_areas.v, .n_owners = owners.n,
        .support_paths = supports.v, .support_areas = support_areas.v, .n_supports = supports.n,
        .place = row->org_path, .area = row->org_area, .plan = row->plan_uid,
    };
    return true;
}

/* --- What may be done -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *verb;
    Verb who;
} verbs[] = {
    { "edit", VERB_EDIT_DOCUMENT },
    { "issue", VERB_ISSUE },
    { "discard", VERB_EDIT_DOCUMENT },
};

static Allowed refused(const char *why, const char *name, int64_t count, Arena *arena)
{
    return (Allowed) { .why = why, .params = arena_printf(arena, "%s=%" G_GINT64_FORMAT, name, count) };
}

static Allowed refused_by_role(const May *answer, Arena *arena)
{
    return (Allowed) { .why = answer->why, .params = answer->who.p ? arena_printf(arena, "role=" STR_FMT, STR_ARG(answer->who)) : STR_NONE };
}

static Allowed draft_is_ready(const Draft *draft, Arena *arena)
{
    if (draft->open > 0)
        return refused("items-open", "open", draft->open, arena);
    if (draft->confirmed == 0)
        return (Allowed) { .why = "no-items" };
    if (draft->unresolved > 0)
        return refused("owners-unresolved", "count", draft->unresolved, arena);
    if (draft->without_owner > 0)
        return refused("no-owner", "count", draft->without_owner, arena);
    if (draft->without_due > 0)
        return refused("no-due", "count", draft->without_due, arena);
    return (Allowed) { .ok = true };
}

static May may_issue_for(const User *user, const Draft *draft)
{
    MayObject issuer = { .place = draft->issuer_org.path, .area = draft->issuer_org.area };
    return may(user, VERB_ISSUE, &issuer);
}

Allowed document_allowed(const User *user, const DocumentRow *row, const Draft *draft, const MayObject *facts, const char *verb, Arena *arena)
{
    May answer = { .why = "no-verb" };
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (g_str_equal(verb, verbs[i].verb))
            answer = may(user, verbs[i].who, facts);
    if (answer.ok && g_str_equal(verb, "issue"))
        answer = may_issue_for(user, draft);
    if (!answer.ok)
        return refused_by_role(&answer, arena);
    if (!str_eq(row->state, STR("draft")))
        return (Allowed) { .why = "wrong-state" };
    Allowed ready = g_str_equal(verb, "issue") ? draft_is_ready(draft, arena) : (Allowed) { .ok = true };
    ready.of = answer.of;
    return ready;
}

/* --- What changes have in common -------------------------------------------------------------------------------------------------- */

bool document_stale(int64_t present, GError **err)
{
    error_set(err, BH_CONFLICT, "the document was changed in between: it has version %" G_GINT64_FORMAT, present);
    return error_detail(err, "version-stale");
}

/* Refusals that are no matter of rights. */
static const char refused_by_state[] = "wrong-state items-open no-items owners-unresolved no-owner no-due";

bool document_check(DbConn *tx, const User *user, const DocumentRow *row, const Draft *draft, const char *verb, Arena *arena, GError **err)
{
    MayObject facts;
    if (!document_facts(tx, arena, row, user, &facts, err))
        return false;
    Allowed allowed = document_allowed(user, row, draft, &facts, verb, arena);
    if (allowed.ok) {
        audit_on_behalf(tx, allowed.of ? allowed.of->account_uid : STR_NONE);
        return true;
    }
    bool state = flow_has_word(refused_by_state, str_from(allowed.why));
    error_set(err, state ? BH_CONFLICT : BH_FORBIDDEN, "'%s' is refused for document " STR_FMT ": %s", verb, STR_ARG(row->uid), allowed.why);
    error_params(err, STR_FMT, STR_ARG(allowed.params));
    return error_detail(err, allowed.why);
}

bool document_open(DbConn *tx, const DocumentWish *wish, const char *verb, Arena *arena, DocumentRow *ret_row, GError **err)
{
    DocumentRow row;
    if (!document_by_uid(tx, arena, wish->uid, &row, err))
        return false;
    /* The draft is asked for "issue" only, which checks once it has one. */
    if (!g_str_equal(verb, "issue") && !document_check(tx, wish->actor->user, &row, NULL, verb, arena, err))
        return false;
    if (row.version != wish->version)
        return document_stale(row.version, err);
    *ret_row = row;
    return true;
}

void document_event(DbConn *tx, const Actor *actor, const char *verb, Str uid, const GString *data)
{
    audit_append(tx, &actor->who, verb, (AuditObject) { "document", uid }, data ? str_from_gstring(data) : STR("{}"));
}

/* --- Leaving it --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    DocumentWish wish;
    Str reason;
} DiscardArgs;

static bool discard_in_tx(DbConn *tx, void *data, GError **err)
{
    const DiscardArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    DocumentRow row;
    int64_t changes;
    if (!document_open(tx, &args->wish, "discard", arena, &row, err)
        || !db_exec(tx, DocumentLeave, &changes, err, .id = row.id, .version = row.version, .state = STR("discarded"), .discarded = args->reason)
        || !search_forget(tx, SEARCH_DOCUMENT, row.id, err))
        return false;
    if (changes != 1)
        return document_stale(row.version, err);
    g_autoptr(GString) event = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_str(&json, "reason", audit_digest(arena, args->reason));
    json_end_object(&json);
    document_event(tx, args->wish.actor, "document-discard", row.uid, event);
    return true;
}

bool document_discard(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str reason, GError **err)
{
    DiscardArgs args = { { actor, uid, version }, str_trim(reason) };
    if (args.reason.n == 0) {
        error_set(err, BH_BAD_INPUT, "a reason is needed");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    if (utf8_length(args.reason) > LIMIT_TEXT_CHARS) {
        error_set(err, BH_TOO_LARGE, "the reason is longer than %d characters", LIMIT_TEXT_CHARS);
        return error_at(err, "/reason");
    }
    return ledger_write(ledger, discard_in_tx, &args, err);
}
