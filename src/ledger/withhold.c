#include "ledger/withhold.h"

#include "db/queries.h"

#include "base/banned.h"

/* U+25A0: no letter, digit or ideograph, so that nothing is found by it. */
static const char cover[] = "\xE2\x96\xA0";

bool document_withheld(DbConn *conn, Arena *arena, const User *user, const DocumentRow *row, Withheld *ret_withheld, GError **err)
{
    ARENA_LIST(Span) spans = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DocumentRestricted, err, .document = row->id);
    for (DocumentRestrictedRow task; rows && db_next(rows, &task, err);) {
        TaskReadableRow readable;
        bool found;
        if (!db_one(conn, TaskReadable, arena, &readable, &found, err, .uid = task.uid, .account = user->account, .today = user->today))
            return false;
        if (!found)
            *ARENA_PUSH(arena, &spans) = (Span) { (uint32_t) task.span_from, (uint32_t) task.span_to };
    }
    *ret_withheld = (Withheld) { spans.v, spans.n };
    return db_rows_ok(rows);
}

bool withheld_has(const Withheld *withheld, Span span)
{
    for (size_t i = 0; i < withheld->n; i++)
        if (span.to > span.from && span.from < withheld->spans[i].to && withheld->spans[i].from < span.to)
            return true;
    return false;
}

Str withheld_cover(const Withheld *withheld, Str text, size_t first, Arena *arena)
{
    if (withheld->n == 0)
        return text;
    g_autoptr(GString) out = g_string_sized_new(text.n);
    size_t place = first;
    for (size_t at = 0; at < text.n; place++) {
        size_t begin = at;
        bool line_end = utf8_next(text, &at) == '\n'; /* lines stay: the page draws the text by them */
        Span one = { (uint32_t) place, (uint32_t) place + 1 };
        if (!line_end && withheld_has(withheld, one))
            g_string_append(out, cover);
        else
            g_string_append_len(out, text.p + begin, (gssize) (at - begin));
    }
    return arena_str(arena, str_from_gstring(out));
}

/* --- A draft --------------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(Span) SpanList;

static void add_span(SpanList *list, Span span, Arena *arena)
{
    if (span.to > span.from)
        *ARENA_PUSH(arena, list) = span;
}

/* Where an item speaks; parts of a table may stand beside its own span. */
static void add_item(SpanList *list, const DraftItem *item, Arena *arena)
{
    add_span(list, item->span, arena);
    add_span(list, item->title_span, arena);
    add_span(list, item->problem_span, arena);
    for (size_t i = 0; i < item->n_measures; i++)
        add_span(list, item->measures[i].span, arena);
    for (size_t i = 0; i < item->n_targets; i++)
        add_span(list, item->targets[i].span, arena);
}

static bool within(Span inner, Span outer)
{
    return inner.to > inner.from && outer.from <= inner.from && inner.to <= outer.to;
}

static bool is_withheld(const Withheld *withheld, const DraftItem *item)
{
    for (size_t i = 0; i < withheld->n; i++)
        if (within(item->span, withheld->spans[i]))
            return true;
    return false;
}

/* The names in such an item are no longer counted; one that stands in no other is gone. */
static void forget_names(Draft *draft, const DraftItem *item)
{
    for (size_t i = 0; i < draft->n_owners; i++)
        for (size_t k = 0; k < item->n_lead + item->n_support; k++) {
            const DraftOwner *owner = k < item->n_lead ? &item->lead[k] : &item->support[k - item->n_lead];
            if (item->status != ITEM_LEFT_OUT && str_eq(owner->name, draft->owners[i].name)) {
                draft->owners[i].items--;
                break;
            }
        }
}

static DraftItem emptied(const DraftItem *item)
{
    return (DraftItem) { .no = item->no, .label = item->label, .kind = item->kind, .title = STR(""), .path = item->path, .n_path = item->n_path, .span = item->span,
                         .due = DATE_NONE, .stated = DATE_NONE, .plan_end = item->plan_end, .status = item->status, .part = item->part, .withheld = true };
}

/* What an item that holds a withheld one says with the same words. */
static void cover_parts(DraftItem *item, const Withheld *withheld)
{
    size_t n = 0;
    if (withheld_has(withheld, item->title_span))
        item->title = str_from(cover);
    if (withheld_has(withheld, item->problem_span))
        item->problem = str_from(cover);
    for (size_t i = 0; i < item->n_measures; i++)
        if (withheld_has(withheld, item->measures[i].span))
            item->measures[i].text = str_from(cover);
    for (size_t i = 0; i < item->n_targets; i++)
        if (!withheld_has(withheld, item->targets[i].span))
            item->targets[n++] = item->targets[i];
    item->n_targets = n;
}

static bool finding_hidden(const Draft *draft, const Withheld *withheld, const DraftFinding *finding)
{
    if (withheld_has(withheld, finding->span))
        return true;
    for (size_t i = 0; i < draft->n_items; i++)
        if (draft->items[i].withheld && draft->items[i].no.n > 0 && str_eq(finding->at, draft->items[i].no))
            return true;
    return false;
}

static void cover_lists(Draft *draft, const Withheld *withheld)
{
    size_t names = 0, findings = 0, declared = 0;
    for (size_t i = 0; i < draft->n_owners; i++)
        if (draft->owners[i].items > 0)
            draft->owners[names++] = draft->owners[i];
    for (size_t i = 0; i < draft->n_findings; i++)
        if (!finding_hidden(draft, withheld, &draft->findings[i]))
            draft->findings[findings++] = draft->findings[i];
    for (size_t i = 0; i < draft->n_declared; i++)
        if (!withheld_has(withheld, draft->declared[i].span))
            draft->declared[declared++] = draft->declared[i];
    draft->n_owners = names;
    draft->n_findings = findings;
    draft->n_declared = declared;
}

void draft_withhold(Draft *draft, const Withheld *withheld, Arena *arena)
{
    SpanList spans = { 0 };
    if (withheld->n == 0)
        return;
    for (size_t i = 0; i < withheld->n; i++)
        add_span(&spans, withheld->spans[i], arena);
    for (size_t i = 0; i < draft->n_items; i++)
        if (is_withheld(withheld, &draft->items[i])) {
            add_item(&spans, &draft->items[i], arena);
            forget_names(draft, &draft->items[i]);
            draft->items[i] = emptied(&draft->items[i]);
        }
    const Withheld all = { spans.v, spans.n };
    for (size_t i = 0; i < draft->n_items; i++)
        if (!draft->items[i].withheld)
            cover_parts(&draft->items[i], &all);
    cover_lists(draft, &all);
    draft->text = withheld_cover(&all, draft->text, 0, arena);
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) draft->text.p, draft->text.n);
    draft->text_sha256 = arena_str(arena, str_from(digest)); /* of what is shown: the other would prove a guess */
}

bool draft_edit_withheld(const Draft *draft, Str path)
{
    int64_t index;
    Str rest = str_starts(path, STR("/")) ? (Str) { path.p + 1, path.n - 1 } : path;
    if (!str_eq(str_cut(&rest, '/'), STR("items")) || !str_to_int64(str_cut(&rest, '/'), &index))
        return false;
    return index >= 0 && (size_t) index < draft->n_items && draft->items[index].withheld;
}

bool document_whole(const Withheld *withheld, GError **err)
{
    if (withheld->n == 0)
        return true;
    error_set(err, BH_FORBIDDEN, "the document holds restricted tasks that are not open to you");
    error_params(err, "n=%zu", withheld->n);
    return error_detail(err, "document-withheld");
}
