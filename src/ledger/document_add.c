/* A file becomes a document in hand. Everything slow (decoding, reading, blobs) happens before the transaction, which looks once more whether the
 * document is there already, and inserts. A blob that a lost race leaves behind has no row; it is found by `doctor`. */
#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/search.h"
#include "ledger/common.h"
#include "ledger/document.h"
#include "ledger/draft.h"
#include "ledger/similar.h"

#include "base/banned.h"

static const Str doc_form_names[] = {
    [DOC_FORM_TXT] = STR_INIT("txt"),   [DOC_FORM_MD] = STR_INIT("md"),   [DOC_FORM_HTML] = STR_INIT("html"),
    [DOC_FORM_DOCX] = STR_INIT("docx"), [DOC_FORM_PDF] = STR_INIT("pdf"),
};

typedef struct {
    const Actor *actor;
    Arena *arena;
    DocText text;
    DraftSource source;
    DraftWork work;
    TextLikeness likeness;
    Str doc_no_key, file_name;
    Str original, text_blob, model_blob;
    char uid[UID_TEXT_MAX];
    DocumentAdded added;
} AddArgs;

static void add_args_clear(AddArgs *args)
{
    draft_work_clear(&args->work);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AddArgs, add_args_clear)

Str doc_no_key(Str doc_no, Arena *arena)
{
    return doc_no.n ? text_name_key(doc_no, arena) : STR_NONE;
}

/* --- Before anything is read ----------------------------------------------------------------------------------------------- */

static bool check_name(Str name, GError **err)
{
    if (!utf8_valid(name, NULL) || str_trim(name).n == 0)
        error_set(err, BH_BAD_INPUT, "the file needs a name");
    else if (utf8_length(name) > LIMIT_NAME_CHARS)
        error_set(err, BH_TOO_LARGE, "the file's name is longer than %d characters", LIMIT_NAME_CHARS);
    else
        return true;
    return error_at(err, "/name");
}

static bool check_right(const User *user, GError **err)
{
    MayObject unit = { .place = user->org_path };
    May answer = may(user, VERB_EDIT_DOCUMENT, &unit);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "documents cannot be added: %s", answer.why);
    error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
    return error_detail(err, answer.why);
}

/* --- Reading --------------------------------------------------------------------------------------------------------------------- */

static bool note_refusal(DbConn *tx, void *data, GError **err)
{
    (void) err;
    g_autoptr(GString) event = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_cstr(&json, "reason", "classified");
    json_end_object(&json);
    document_event(tx, data, "document-refused", STR(""), event);
    return true;
}

/* What a classified file leaves behind is that there was one, and who brought it. */
static bool refuse(const Ledger *ledger, const Actor *actor, const GError *why)
{
    bool classified = g_strcmp0(error_get_detail(why), "classified") == 0;
    return !classified || ledger_write(ledger, note_refusal, (void *) actor, NULL);
}

static size_t count_items(const Doc *doc)
{
    size_t n = doc->n_items;
    for (size_t i = 0; i < doc->n_parts; i++)
        n += doc->parts[i]->n_items;
    return n;
}

/* Held against the limit here, before a model is made whose size would be refused in words that tell nobody what to do. */
static bool check_size(const Doc *doc, GError **err)
{
    size_t n = count_items(doc);
    if (n <= LIMIT_DOCUMENT_ITEMS)
        return true;
    error_set(err, BH_TOO_LARGE, "a document in the ledger has at most %d items, this one %zu", LIMIT_DOCUMENT_ITEMS, n);
    error_params(err, "limit=%d\nitems=%zu", LIMIT_DOCUMENT_ITEMS, n);
    return error_detail(err, "too-many-items");
}

static bool read_document(const Ledger *ledger, AddArgs *args, Str bytes, GError **err)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GString) model = g_string_new(NULL);
    g_autoptr(GError) refusal = NULL;
    g_autofree char *name = str_dup(args->file_name);
    if (!doc_text_read(bytes, name, args->arena, diags, &args->text, &refusal)) {
        if (!refuse(ledger, args->actor, refusal))
            return error_set(err, BH_UNAVAILABLE, "the refusal of a document could not be recorded");
        g_propagate_error(err, g_steal_pointer(&refusal));
        return false;
    }
    const Doc *doc = doc_read(&args->text, args->arena, diags);
    if (!check_size(doc, err))
        return false;
    doc_write_json(doc, &args->text, diags, model);
    args->source = (DraftSource) {
        .model = arena_str(args->arena, str_from_gstring(model)),
        .text = args->text.text,
        .file_name = args->file_name,
        .org_path = args->actor->user->org_path,
        .today = clock_today(ledger->clock),
    };
    args->likeness = text_likeness(args->text.text);
    return true;
}

/* --- The same again --------------------------------------------------------------------------------------------------------------- */

static bool same(const AddArgs *args, const DocumentsAlikeRow *row)
{
    const Draft *draft = &args->work.draft;
    bool numbered = args->doc_no_key.n && row->doc_no_key.n;
    bool same_number = numbered && str_eq(args->doc_no_key, row->doc_no_key);
    if (str_eq(str_from(args->likeness.key), row->text_key) || (same_number && row->issuer_org == draft->issuer_org.id))
        return true;
    bool dated = draft->issued != DATE_NONE && row->issued != DATE_NONE;
    bool told_apart = (numbered && !same_number) || (dated && draft->issued != row->issued);
    return !told_apart && likeness_near(args->likeness.bits, row->text_sim);
}

static bool readable(DbConn *conn, const AddArgs *args, Str uid, bool *ret_readable, GError **err)
{
    DocumentRow row;
    MayObject facts;
    if (!document_by_uid(conn, args->arena, uid, &row, err) || !document_facts(conn, args->arena, &row, args->actor->user, &facts, err))
        return false;
    *ret_readable = may(args->actor->user, VERB_READ_DOCUMENT, &facts).ok;
    return true;
}

/* A document that the actor may not read is not spoken of: it is another one's. */
static bool find_existing(DbConn *conn, AddArgs *args, GError **err)
{
    int64_t bits = args->likeness.bits;
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DocumentsAlike, err, .text_key = str_from(args->likeness.key), .doc_no_key = args->doc_no_key,
                                      .issuer_org = args->work.draft.issuer_org.id,
                                      .sim_0 = likeness_byte(bits, 0), .sim_1 = likeness_byte(bits, 1),
                                      .sim_2 = likeness_byte(bits, 2), .sim_3 = likeness_byte(bits, 3),
                                      .sim_4 = likeness_byte(bits, 4), .sim_5 = likeness_byte(bits, 5),
                                      .sim_6 = likeness_byte(bits, 6), .sim_7 = likeness_byte(bits, 7));
    for (DocumentsAlikeRow row; rows && db_next(rows, &row, err);)
        if (same(args, &row))
            *ARENA_PUSH(args->arena, &uids) = arena_str(args->arena, row.uid);
    if (!db_rows_ok(rows))
        return false;
    args->added = (DocumentAdded) { str_from(args->uid), false };
    for (size_t i = 0; i < uids.n && !args->added.existing; i++) {
        bool may_read;
        if (!readable(conn, args, uids.v[i], &may_read, err))
            return false;
        if (may_read)
            args->added = (DocumentAdded) { uids.v[i], true };
    }
    return true;
}

/* The draft without corrections, for title, issuer and counts; and whether the document is there. */
static bool look_around(const Ledger *ledger, AddArgs *args, bool again, GError **err)
{
    DraftSteps none = { 0 };
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    if (!conn || !draft_build(conn, &args->source, &none, args->arena, &args->work, err))
        return false;
    args->doc_no_key = doc_no_key(args->work.draft.doc_no, args->arena);
    args->added = (DocumentAdded) { str_from(args->uid), false };
    return again || find_existing(conn, args, err);
}

/* --- Storing ------------------------------------------------------------------------------------------------------------------------ */

static bool put_blob(const Ledger *ledger, Str content, Arena *arena, Str *ret_id, GError **err)
{
    BlobId id;
    char text[HASH_TEXT_MAX];
    if (!blob_put(ledger->blobs, content, &id, err))
        return false;
    *ret_id = arena_str(arena, str_from(hash_write(id, text)));
    return true;
}

static void add_event(DbConn *tx, const AddArgs *args)
{
    const Draft *draft = &args->work.draft;
    g_autoptr(GString) event = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_int(&json, "items", (int64_t) draft->n_items);
    json_member_str(&json, "kind", draft->kind);
    json_member_str(&json, "original", args->original);
    json_member_str(&json, "text", args->text_blob);
    json_end_object(&json);
    document_event(tx, args->actor, "document-add", str_from(args->uid), event);
}

static bool write_words(DbConn *tx, const AddArgs *args, int64_t id, GError **err)
{
    const Draft *draft = &args->work.draft;
    SearchDocument document = { id, draft->title, draft->doc_no, draft->issuer, args->file_name, args->text.text };
    return search_write_document(tx, &document, err);
}

static bool insert(DbConn *tx, const AddArgs *args, GError **err)
{
    const Draft *draft = &args->work.draft;
    DocumentInsertRow made;
    bool found;
    return db_one(tx, DocumentInsert, args->arena, &made, &found, err, .uid = str_from(args->uid), .kind = draft->kind, .title = draft->title, .doc_no = draft->doc_no,
                   .doc_no_key = args->doc_no_key, .issuer = draft->issuer, .issued = draft->issued, .form = doc_form_names[args->text.form],
                   .file_name = args->file_name, .original = args->original, .text = args->text_blob, .model = args->model_blob,
                   .text_key = str_from(args->likeness.key), .text_sim = args->likeness.bits, .org = args->actor->user->org,
                   .issuer_org = draft->issuer_org.id, .uploaded_by = args->actor->user->account, .uploaded = args->actor->who.at_ms,
                   .items = (int64_t) draft->n_items, .confirmed = draft->confirmed, .left_out = draft->left_out, .findings = draft->unseen,
                  .unresolved = draft->unresolved)
           && write_words(tx, args, made.id, err);
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    AddArgs *args = data;
    if (!find_existing(tx, args, err))
        return false;
    if (args->added.existing)
        return true;
    if (!insert(tx, args, err))
        return false;
    add_event(tx, args);
    return true;
}

static bool add_again_in_tx(DbConn *tx, void *data, GError **err)
{
    const AddArgs *args = data;
    if (!insert(tx, args, err))
        return false;
    add_event(tx, args);
    return true;
}

static bool store(const Ledger *ledger, AddArgs *args, Str bytes, bool again, GError **err)
{
    return put_blob(ledger, bytes, args->arena, &args->original, err) && put_blob(ledger, args->text.text, args->arena, &args->text_blob, err)
           && put_blob(ledger, args->source.model, args->arena, &args->model_blob, err)
           && ledger_write(ledger, again ? add_again_in_tx : add_in_tx, args, err);
}

bool document_add(const Ledger *ledger, const Actor *actor, Str bytes, Str file_name, bool again, Arena *arena, DocumentAdded *ret_added, GError **err)
{
    g_autoptr(Arena) own = arena_new();
    g_auto(AddArgs) args = { .actor = actor, .arena = own, .file_name = str_trim(file_name) };
    uid_new(args.uid);
    if (!check_name(args.file_name, err) || !check_right(actor->user, err) || !read_document(ledger, &args, bytes, err)
        || !look_around(ledger, &args, again, err))
        return false;
    if (!args.added.existing && !store(ledger, &args, bytes, again, err))
        return false;
    *ret_added = (DocumentAdded) { arena_str(arena, args.added.uid), args.added.existing };
    return true;
}
