/* doc_read: the stages in their order. */
#include "doc/structure.h"

#include "base/banned.h"

static Doc *read_one(const Blocks *blocks, BlockRange range, Arena *arena, Diags *diags)
{
    DocFacts facts = facts_find(blocks, range, arena, diags);
    Range whole = blocks_range(blocks, range);
    Structure structure = { .blocks = blocks, .body = facts.body, .facts = &facts, .whole = whole };
    structure_read(&structure, arena, diags);
    findings_add(&structure, arena, diags);
    Doc *doc = ARENA_NEW(arena, Doc);
    *doc = (Doc) {
        .kind = facts.kind, .title = facts.title, .doc_no = facts.doc_no, .issuer = facts.issuer, .issued_text = facts.issued_text,
        .issued = facts.issued, .plan_year = facts.plan_year, .items = structure.items, .n_items = structure.n_items,
        .span = { blocks->view.at[whole.from], blocks->view.at[whole.to] },
    };
    doc->declared = declared_find(&structure, arena, diags, &doc->n_declared);
    return doc;
}

/* A gazette has a title of its own, which stands before its documents. */
static Doc *read_gazette(const Blocks *blocks, BlockRange whole, const BlockRange *parts, size_t n_parts, Arena *arena, Diags *diags)
{
    BlockRange head = { whole.from, parts[0].from };
    DocFacts facts = facts_find(blocks, head, arena, diags);
    Structure structure = { .blocks = blocks, .body = head, .facts = &facts, .whole = blocks_range(blocks, head), .text = blocks_range(blocks, head) };
    const Doc **read = ARENA_ARRAY(arena, const Doc *, n_parts);
    for (size_t p = 0; p < n_parts; p++)
        read[p] = read_one(blocks, parts[p], arena, diags);
    Doc *doc = ARENA_NEW(arena, Doc);
    *doc = (Doc) {
        .kind = DOC_GAZETTE, .title = facts.title, .doc_no = facts.doc_no, .issuer = facts.issuer, .issued_text = facts.issued_text,
        .issued = facts.issued, .parts = read, .n_parts = n_parts, .span = { 0, blocks->view.at[blocks->view.n] },
    };
    doc->declared = declared_find(&structure, arena, diags, &doc->n_declared);
    return doc;
}

const Doc *doc_read(const DocText *text, Arena *arena, Diags *diags)
{
    Blocks blocks = blocks_make(text, arena, diags);
    BlockRange whole = { 0, blocks.n_blocks };
    size_t n_parts = 0;
    const BlockRange *parts = gazette_parts(&blocks, whole, arena, &n_parts);
    Doc *doc = n_parts > 0 ? read_gazette(&blocks, whole, parts, n_parts, arena, diags) : read_one(&blocks, whole, arena, diags);
    diags_sort(diags);
    return doc;
}

/* --- Findings that need the outside ----------------------------------------------------------------------------- */

static void check_names(const DocItem *item, const DocValue *names, size_t n, Diags *diags, DocKnownOwner known, void *data)
{
    for (size_t i = 0; i < n; i++)
        if (!known(names[i].text, data)) {
            diag_add(diags, "unknown-owner", item->no, names[i].span.from, names[i].span.to, "no organisation is called " STR_FMT, STR_ARG(names[i].text));
            diag_params(diags, "name=" STR_FMT, STR_ARG(names[i].text));
        }
}

static void check_dates(const DocItem *item, Diags *diags, Date as_of)
{
    char buffer[DATE_TEXT_MAX];
    for (size_t t = 0; t < item->n_targets; t++) {
        const DocTarget *target = &item->targets[t];
        if (target->tense != TENSE_TARGET || target->due == DATE_NONE || target->due >= as_of)
            continue;
        diag_add(diags, "date-past", item->no, target->quote.span.from, target->quote.span.to, "was due on %s", date_format(target->due, buffer));
        diag_params(diags, "due=%s", date_format(target->due, buffer));
    }
}

void doc_check(const Doc *doc, Diags *diags, DocKnownOwner known, void *data, Date as_of)
{
    for (size_t i = 0; i < doc->n_items; i++) {
        const DocItem *item = &doc->items[i];
        if (known) {
            check_names(item, item->lead, item->n_lead, diags, known, data);
            check_names(item, item->support, item->n_support, diags, known, data);
        }
        if (as_of != DATE_NONE)
            check_dates(item, diags, as_of);
    }
    for (size_t p = 0; p < doc->n_parts; p++)
        doc_check(doc->parts[p], diags, known, data, as_of);
}
