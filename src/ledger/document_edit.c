/* Corrections: what stands there is compared, the new value checked by its type, and path and values are kept for ever. The event holds no texts, but
 * the digest of all that was said. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/search.h"
#include "ledger/common.h"
#include "ledger/document.h"
#include "ledger/draft.h"

#include "base/banned.h"

typedef struct {
    DocumentWish wish;
    const DraftSource *source;
    const DraftEdit *edits;
    size_t n_edits;
} EditArgs;

typedef struct {
    DbConn *tx;
    const EditArgs *args;
    Arena *arena;
    DocumentRow row;
    DraftSteps steps; /* those of before, then the new ones */
    int64_t last;
    Str *paths; /* of the edits, as they are stored */
} Editing;

/* --- One edit ----------------------------------------------------------------------------------------------------------------- */

static bool org_exists(DbConn *conn, const JsonValue *uid, Arena *arena, GError **err)
{
    Org org;
    bool found = false;
    Str text;
    if (uid->type == JSON_NULL)
        return true;
    if (!json_as_str(uid, &text, err) || !org_by_uid(conn, arena, text, &org, &found, err))
        return false;
    return found || json_bad(uid, err, "no organisation '" STR_FMT "'", STR_ARG(text));
}

static bool stale(GError **err)
{
    error_set(err, BH_CONFLICT, "something else stands there now");
    return error_detail(err, "edit-stale");
}

static bool check_edit(Editing *editing, const DraftWork *before, const DraftEdit *edit, Str *ret_path, GError **err)
{
    DraftSpot spot;
    const JsonValue *old = json_parse(edit->old_value, editing->arena, err);
    const JsonValue *new = old ? json_parse(edit->new_value, editing->arena, err) : NULL;
    if (!new || !draft_find(before, edit->path, &spot, err))
        return false;
    if (!draft_stands(before, &spot, old))
        return stale(err);
    if (draft_spot_is_org(&spot) && !org_exists(editing->tx, new, editing->arena, err))
        return false;
    *ret_path = draft_lasting_path(before, &spot, edit->path, editing->arena);
    return true;
}

/* Against what stood there before the call, so that the edits of one call do not depend on each other. */
static bool check_edits(Editing *editing, const DraftWork *before, GError **err)
{
    const EditArgs *args = editing->args;
    editing->paths = ARENA_ARRAY(editing->arena, Str, args->n_edits + 1);
    for (size_t i = 0; i < args->n_edits; i++) {
        if (!check_edit(editing, before, &args->edits[i], &editing->paths[i], err))
            return error_at(err, STR_FMT, STR_ARG(args->edits[i].path));
        *ARENA_PUSH(editing->arena, &editing->steps) = (DraftStep) { editing->paths[i], args->edits[i].new_value };
    }
    return true;
}

/* What several edits make together: a range has two ends. */
static bool check_targets(const Draft *draft, GError **err)
{
    for (size_t i = 0; i < draft->n_items; i++)
        for (size_t t = 0; t < draft->items[i].n_targets; t++) {
            const DraftTarget *target = &draft->items[i].targets[t];
            if (target->removed || !str_eq(target->op, STR("range")) || target->value2.p)
                continue;
            error_set(err, BH_BAD_INPUT, "a range needs its second figure");
            return error_at(err, "/items/%zu/targets/%zu/value2", i, t);
        }
    return true;
}

/* --- Storing ----------------------------------------------------------------------------------------------------------------------- */

static bool insert_edits(const Editing *editing, GError **err)
{
    const EditArgs *args = editing->args;
    for (size_t i = 0; i < args->n_edits; i++)
        if (!db_exec(editing->tx, DocumentEditInsert, NULL, err, .document = editing->row.id, .seq = editing->last + 1 + (int64_t) i,
                     .path = editing->paths[i], .old_value = args->edits[i].old_value, .new_value = args->edits[i].new_value,
                     .account = args->wish.actor->user->account, .at = args->wish.actor->who.at_ms))
            return false;
    return true;
}

static bool update_row(const Editing *editing, const Draft *draft, GError **err)
{
    int64_t changes;
    if (!db_exec(editing->tx, DocumentUpdate, &changes, err, .id = editing->row.id, .version = editing->row.version, .kind = draft->kind,
                 .title = draft->title, .doc_no = draft->doc_no, .doc_no_key = doc_no_key(draft->doc_no, editing->arena), .issued = draft->issued,
                 .issuer_org = draft->issuer_org.id, .items = (int64_t) draft->n_items, .confirmed = draft->confirmed,
                 .left_out = draft->left_out, .findings = draft->unseen, .unresolved = draft->unresolved))
        return false;
    if (changes != 1)
        return document_stale(editing->row.version, err);
    bool same = str_eq(draft->title, editing->row.title) && str_eq(draft->doc_no, editing->row.doc_no);
    SearchDocument named = { editing->row.id, draft->title, draft->doc_no, draft->issuer, editing->row.file_name, STR_NONE };
    return same || search_write_document(editing->tx, &named, err);
}

/* The digest binds the rows that hold path, old and new value, one line each. */
static void edit_event(const Editing *editing)
{
    const EditArgs *args = editing->args;
    g_autoptr(GString) all = g_string_new(NULL), event = g_string_new(NULL);
    for (size_t i = 0; i < args->n_edits; i++)
        g_string_append_printf(all, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(editing->paths[i]), STR_ARG(args->edits[i].old_value),
                               STR_ARG(args->edits[i].new_value));
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_str(&json, "digest", audit_digest(editing->arena, str_from_gstring(all)));
    json_member_int(&json, "edits", (int64_t) args->n_edits);
    json_member_int(&json, "first", editing->last + 1);
    json_end_object(&json);
    document_event(editing->tx, args->wish.actor, "document-edit", editing->row.uid, event);
}

static bool edit_in_tx(DbConn *tx, void *data, GError **err)
{
    const EditArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    g_auto(DraftWork) before = { 0 };
    g_auto(DraftWork) after = { 0 };
    Editing editing = { .tx = tx, .args = args, .arena = arena };
    if (!document_open(tx, &args->wish, "edit", arena, &editing.row, err)
        || !draft_of_document(tx, args->source, editing.row.id, arena, &before, &editing.steps, &editing.last, err)
        || !check_edits(&editing, &before, err) || !draft_build(tx, args->source, &editing.steps, arena, &after, err)
        || !check_targets(&after.draft, err) || !insert_edits(&editing, err) || !update_row(&editing, &after.draft, err))
        return false;
    edit_event(&editing);
    return true;
}

bool document_edit(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const DraftEdit *edits, size_t n_edits, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DraftSource source;
    if (n_edits == 0)
        return error_set(err, BH_BAD_INPUT, "no edit is given");
    if (n_edits > LIMIT_EDITS)
        return error_set(err, BH_TOO_LARGE, "at most %d edits are taken at once", LIMIT_EDITS);
    if (!document_source(ledger, arena, uid, &source, err))
        return false;
    EditArgs args = { { actor, uid, version }, &source, edits, n_edits };
    return ledger_write(ledger, edit_in_tx, &args, err);
}
