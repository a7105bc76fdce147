/* A draft from its sources: what follows from model and corrections together (dates, owners, findings, counts) is computed here. */
#include "ledger/draft.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

void draft_work_clear(DraftWork *work)
{
    g_clear_pointer(&work->choices, g_hash_table_unref);
    g_clear_pointer(&work->seen, g_hash_table_unref);
    g_clear_pointer(&work->by_name, g_hash_table_unref);
}

/* --- What is stored --------------------------------------------------------------------------------------------------- */

/* What was stored by us and does not fit, or is gone, is no fault of who asks. */
static bool damaged(GError **err)
{
    if (err && (g_error_matches(*err, BH_ERROR, BH_BAD_INPUT) || g_error_matches(*err, BH_ERROR, BH_NOT_FOUND)))
        (*err)->code = BH_INTERNAL;
    return false;
}

static bool load_blob(const Ledger *ledger, Arena *arena, Str id_text, Str *ret_content, GError **err)
{
    BlobId id;
    if (!hex_read(id_text, HASH_SIZE, &id))
        return error_set(err, BH_INTERNAL, "'" STR_FMT "' is no name of a blob", STR_ARG(id_text));
    g_autoptr(GString) content = blob_get(ledger->blobs, id, LIMIT_FILE_BYTES, err);
    if (!content)
        return damaged(err);
    *ret_content = arena_str(arena, str_from_gstring(content));
    return true;
}

static bool draft_source(const Ledger *ledger, Arena *arena, const DocumentRow *row, DraftSource *ret_source, GError **err)
{
    DraftSource source = { .file_name = row->file_name, .org_path = row->org_path, .today = clock_today(ledger->clock) };
    if (!load_blob(ledger, arena, row->model, &source.model, err) || !load_blob(ledger, arena, row->text, &source.text, err))
        return false;
    *ret_source = source;
    return true;
}

bool document_source(const Ledger *ledger, Arena *arena, Str uid, DraftSource *ret_source, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    DocumentRow row;
    return conn && document_by_uid(conn, arena, uid, &row, err) && draft_source(ledger, arena, &row, ret_source, err);
}

static bool draft_steps(DbConn *conn, Arena *arena, int64_t document, DraftSteps *ret_steps, int64_t *ret_last, GError **err)
{
    int64_t last = 0;
    DraftSteps steps = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DocumentEdits, err, .document = document);
    for (DocumentEditsRow row; rows && db_next(rows, &row, err); last = row.seq)
        *ARENA_PUSH(arena, &steps) = (DraftStep) { arena_str(arena, row.path), arena_str(arena, row.new_value) };
    if (!db_rows_ok(rows))
        return false;
    *ret_steps = steps;
    if (ret_last)
        *ret_last = last;
    return true;
}

static bool take_step(DraftWork *work, const DraftStep *step, GError **err)
{
    DraftSpot spot;
    const JsonValue *value = json_parse(step->new_value, work->arena, err);
    if (value && draft_find(work, step->path, &spot, err) && draft_apply(work, &spot, value, err))
        return true;
    return error_at(err, STR_FMT, STR_ARG(step->path));
}

/* --- Dates and figures -------------------------------------------------------------------------------------------------------------- */

static bool promises(const DraftTarget *target)
{
    return !target->removed && str_eq(target->tense, STR("target"));
}

static void default_due(DraftItem *item)
{
    if (item->due_edited)
        return;
    item->due = item->stated;
    for (size_t i = 0; i < item->n_targets && item->stated == DATE_NONE; i++)
        if (promises(&item->targets[i]))
            item->due = MAX(item->due, item->targets[i].due);
    if (item->due == DATE_NONE)
        item->due = item->plan_end;
}
G_STATIC_ASSERT(DATE_NONE < 0); /* below every date, so that MAX passes it over */

/* A second figure belongs to a range only. */
static void drop_second_figures(DraftItem *item)
{
    for (size_t i = 0; i < item->n_targets; i++)
        if (!str_eq(item->targets[i].op, STR("range")))
            item->targets[i].value2 = STR_NONE;
}

/* --- Organisations --------------------------------------------------------------------------------------------------------- */

/* An organisation that somebody chose; not found either where it was closed since. */
static bool chosen_org(DbConn *conn, Arena *arena, Str uid, Org *ret_org, bool *ret_found, GError **err)
{
    *ret_found = false;
    if (!uid.p)
        return true;
    if (!org_by_uid(conn, arena, uid, ret_org, ret_found, err))
        return false;
    *ret_found = *ret_found && ret_org->closed == DATE_NONE;
    return true;
}

/* The legal body of the document's unit, or the unit where it has none. */
static bool home_org(DbConn *conn, Arena *arena, Str unit_path, Org *ret_org, GError **err)
{
    int64_t id;
    if (!org_legal_body(conn, unit_path, &id, err))
        return false;
    if (id == DB_NULL_INT) {
        Str rest = str_head(unit_path, unit_path.n - 1), last = STR_NONE;
        while (rest.p)
            last = str_cut(&rest, '/');
        if (!str_to_int64(last, &id))
            return error_set(err, BH_INTERNAL, "'" STR_FMT "' is no path of an organisation", STR_ARG(unit_path));
    }
    return org_by_id(conn, arena, id, ret_org, err);
}

static bool find_issuer(DraftWork *work, DbConn *conn, Str unit_path, GError **err)
{
    Draft *draft = &work->draft;
    bool found;
    if (!chosen_org(conn, work->arena, work->issuer_choice, &draft->issuer_org, &found, err))
        return false;
    OrgMatch match = { 0 };
    if (!found && draft->issuer.n && !org_resolve(conn, work->arena, draft->issuer, unit_path, &match, err))
        return false;
    if (match.how != ORG_UNRESOLVED)
        draft->issuer_org = match.org;
    return found || match.how != ORG_UNRESOLVED || home_org(conn, work->arena, unit_path, &draft->issuer_org, err);
}

static const char *const hows[] = { [ORG_UNRESOLVED] = "unresolved", [ORG_BY_NAME] = "name", [ORG_BY_ALIAS] = "alias" };

static bool resolve_name(DraftWork *work, DbConn *conn, DraftName *name, GError **err)
{
    const Str *choice = g_hash_table_lookup(work->choices, &name->name);
    OrgMatch match = { 0 };
    bool chosen;
    if (!chosen_org(conn, work->arena, choice ? *choice : STR_NONE, &match.org, &chosen, err))
        return false;
    if (!chosen && !org_resolve(conn, work->arena, name->name, work->draft.issuer_org.path, &match, err))
        return false;
    name->how = chosen ? "edit" : hows[match.how];
    name->candidates = match.candidates;
    name->n_candidates = match.n_candidates;
    if (!chosen && match.how == ORG_UNRESOLVED)
        return true;
    name->org = match.org.id;
    name->org_uid = match.org.uid;
    name->org_name = match.org.name;
    return true;
}

typedef ARENA_LIST(DraftName) NameList;

/* Every name once; its place in the list becomes the owner's, until names stop moving. */
static void collect(DraftWork *work, NameList *names, GHashTable *places, const DraftItem *item, const DraftOwner *owners, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gpointer place;
        if (!g_hash_table_lookup_extended(places, &owners[i].name, NULL, &place)) {
            place = GSIZE_TO_POINTER(names->n);
            g_hash_table_insert(places, (gpointer) &owners[i].name, place);
            *ARENA_PUSH(work->arena, names) = (DraftName) { .name = owners[i].name, .org = DB_NULL_INT };
        }
        names->v[GPOINTER_TO_SIZE(place)].items += item->status != ITEM_LEFT_OUT;
    }
}

static void collect_names(DraftWork *work)
{
    NameList names = { 0 };
    g_autoptr(GHashTable) places = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < work->draft.n_items; i++) {
        const DraftItem *item = &work->draft.items[i];
        collect(work, &names, places, item, item->lead, item->n_lead);
        collect(work, &names, places, item, item->support, item->n_support);
    }
    work->names = names.v;
    work->n_names = names.n;
    work->by_name = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < names.n; i++)
        g_hash_table_insert(work->by_name, &names.v[i].name, &names.v[i]);
}

static void name_owners(const DraftWork *work, DraftOwner *owners, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const DraftName *name = g_hash_table_lookup(work->by_name, &owners[i].name);
        owners[i].how = name->how;
        owners[i].org = name->org;
        owners[i].org_uid = name->org_uid;
        owners[i].org_name = name->org_name;
        owners[i].candidates = name->candidates;
        owners[i].n_candidates = name->n_candidates;
    }
}

/* The names that count, those that are to be asked about before the others. */
static void list_owners(DraftWork *work)
{
    Draft *draft = &work->draft;
    draft->owners = ARENA_ARRAY(work->arena, DraftName, work->n_names + 1);
    for (int resolved = 0; resolved <= 1; resolved++) {
        for (size_t i = 0; i < work->n_names; i++)
            if (work->names[i].items > 0 && (work->names[i].org != DB_NULL_INT) == resolved)
                draft->owners[draft->n_owners++] = work->names[i];
        if (!resolved)
            draft->unresolved = (int64_t) draft->n_owners;
    }
}

static bool find_owners(DraftWork *work, DbConn *conn, GError **err)
{
    collect_names(work);
    for (size_t i = 0; i < work->n_names; i++)
        if (!resolve_name(work, conn, &work->names[i], err))
            return false;
    for (size_t i = 0; i < work->draft.n_items; i++) {
        DraftItem *item = &work->draft.items[i];
        name_owners(work, item->lead, item->n_lead);
        name_owners(work, item->support, item->n_support);
    }
    list_owners(work);
    return true;
}

/* --- Findings that only the ledger can know ------------------------------------------------------------------------------------ */

typedef ARENA_LIST(DraftFinding) FindingList;

static Str one_param(Arena *arena, const char *name, Str value)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    json_member_str(&json, name, value);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(out));
}

/* Once for each name, where it first stands. */
static void find_unknown(DraftWork *work, FindingList *list, GHashTable *told, const DraftItem *item, const DraftOwner *owners, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const DraftOwner *owner = &owners[i];
        if (owner->org != DB_NULL_INT || !g_hash_table_add(told, (gpointer) &owner->name))
            continue;
        const char *code = owner->n_candidates ? "ambiguous-owner" : "unknown-owner";
        const char *who = owner->n_candidates ? "more than one organisation" : "no organisation";
        *ARENA_PUSH(work->arena, list) = (DraftFinding) {
            .code = str_from(code),
            .at = item->no,
            .message = arena_printf(work->arena, "%s is called " STR_FMT, who, STR_ARG(owner->name)),
            .params = one_param(work->arena, "name", owner->name),
            .span = owner->span,
            .key = arena_printf(work->arena, "%s@" STR_FMT, code, STR_ARG(owner->name)),
        };
    }
}

static void add_past(DraftWork *work, FindingList *list, const DraftItem *item, Date due, Span span, Str place)
{
    char text[DATE_TEXT_MAX];
    Str date = arena_str(work->arena, str_from(date_format(due, text)));
    *ARENA_PUSH(work->arena, list) = (DraftFinding) {
        .code = STR("date-past"),
        .at = item->no,
        .message = arena_printf(work->arena, "was due on " STR_FMT, STR_ARG(date)),
        .params = one_param(work->arena, "due", date),
        .span = span,
        .key = arena_printf(work->arena, "date-past@" STR_FMT, STR_ARG(place)),
    };
}

/* Each target that is past; the item itself where no target says it. */
static void find_past(DraftWork *work, FindingList *list, size_t i, Date today)
{
    const DraftItem *item = &work->draft.items[i];
    size_t before = list->n;
    for (size_t t = 0; t < item->n_targets; t++) {
        const DraftTarget *target = &item->targets[t];
        if (promises(target) && target->due != DATE_NONE && target->due < today)
            add_past(work, list, item, target->due, target->span, arena_printf(work->arena, "%zu.%zu", i, t));
    }
    if (item->due != DATE_NONE && item->due < today && list->n == before)
        add_past(work, list, item, item->due, item->title_span, arena_printf(work->arena, "%zu", i));
}

static Str finding_key(const DraftFinding *finding, Arena *arena)
{
    return arena_printf(arena, STR_FMT "@" STR_FMT "@%u-%u", STR_ARG(finding->code), STR_ARG(finding->at), finding->span.from, finding->span.to);
}

static void find_findings(DraftWork *work, Date today)
{
    Draft *draft = &work->draft;
    FindingList list = { draft->findings, draft->n_findings, draft->n_findings };
    g_autoptr(GHashTable) told = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < list.n; i++)
        list.v[i].key = finding_key(&list.v[i], work->arena);
    for (size_t i = 0; i < draft->n_items; i++) {
        const DraftItem *item = &draft->items[i];
        if (item->status == ITEM_LEFT_OUT)
            continue;
        find_unknown(work, &list, told, item, item->lead, item->n_lead);
        find_unknown(work, &list, told, item, item->support, item->n_support);
        find_past(work, &list, i, today);
    }
    for (size_t i = 0; i < list.n; i++) {
        list.v[i].seen = g_hash_table_contains(work->seen, &list.v[i].key);
        draft->unseen += !list.v[i].seen;
    }
    draft->findings = list.v;
    draft->n_findings = list.n;
}

/* --- All of it ---------------------------------------------------------------------------------------------------------------------- */

static void count_items(Draft *draft)
{
    for (size_t i = 0; i < draft->n_items; i++) {
        const DraftItem *item = &draft->items[i];
        draft->open += item->status == ITEM_OPEN;
        draft->confirmed += item->status == ITEM_CONFIRMED;
        draft->left_out += item->status == ITEM_LEFT_OUT;
        draft->without_owner += item->status != ITEM_LEFT_OUT && item->n_lead == 0;
        draft->without_due += item->status != ITEM_LEFT_OUT && item->due == DATE_NONE;
    }
}

static bool finish(DraftWork *work, DbConn *conn, const DraftSource *source, GError **err)
{
    Draft *draft = &work->draft;
    draft->text = source->text;
    if (draft->title.n == 0)
        draft->title = source->file_name;
    for (size_t i = 0; i < draft->n_items; i++) {
        default_due(&draft->items[i]);
        drop_second_figures(&draft->items[i]);
    }
    if (!find_issuer(work, conn, source->org_path, err) || !find_owners(work, conn, err))
        return false;
    find_findings(work, source->today);
    count_items(draft);
    return true;
}

bool draft_build(DbConn *conn, const DraftSource *source, const DraftSteps *steps, Arena *arena, DraftWork *ret_work, GError **err)
{
    *ret_work = (DraftWork) {
        .arena = arena,
        .choices = g_hash_table_new(str_hash, str_equal),
        .seen = g_hash_table_new(str_hash, str_equal),
    };
    if (!draft_parse(ret_work, source->model, err))
        return false;
    for (size_t i = 0; i < steps->n; i++)
        if (!take_step(ret_work, &steps->v[i], err))
            return false;
    return finish(ret_work, conn, source, err);
}

bool draft_of_document(DbConn *conn, const DraftSource *source, int64_t document, Arena *arena, DraftWork *ret_work, DraftSteps *ret_steps, int64_t *ret_last,
                       GError **err)
{
    if (!draft_steps(conn, arena, document, ret_steps, ret_last, err))
        return false;
    return draft_build(conn, source, ret_steps, arena, ret_work, err) || damaged(err);
}

bool draft_load(const Ledger *ledger, DbConn *conn, Arena *arena, const DocumentRow *row, Draft *ret_draft, GError **err)
{
    g_auto(DraftWork) work = { 0 };
    DraftSource source;
    DraftSteps steps;
    if (!draft_source(ledger, arena, row, &source, err) || !draft_of_document(conn, &source, row->id, arena, &work, &steps, NULL, err))
        return false;
    *ret_draft = work.draft;
    return true;
}
