/* What is odd in the structure: numbers that are missing or twice, texts that stand twice, texts that break off, tasks without owner. */
#include "doc/structure.h"

#include "base/banned.h"

typedef struct {
    const Structure *structure;
    const View *view;
    Arena *arena;
    Diags *diags;
} Checker;

static Span span_of(const View *view, Range range)
{
    return (Span) { view->at[range.from], range.to > range.from ? view->at[range.to - 1] + 1 : view->at[range.from] };
}

/* --- Numbers ---------------------------------------------------------------------------------------------------- */

/* The run of a style: under one parent, or on across headings where it does not begin anew. */
typedef struct {
    uint32_t parent;
    int last;
    bool any;
} Run;

static void check_number(const Checker *checker, const Node *node, Run *run)
{
    const Label *label = &node->label;
    Str no = label_number(checker->view, label, checker->arena);
    Span span = span_of(checker->view, label->range);
    bool same_list = run->any && run->parent == node->parent;
    bool runs_on = run->any && !same_list && label->number > 1;
    if (same_list && label->number == run->last) {
        diag_add(checker->diags, "duplicate-number", no, span.from, span.to, "number " STR_FMT " stands twice", STR_ARG(no));
    } else if ((same_list || runs_on) && label->number > run->last + 1) {
        int missing = label->number - run->last - 1;
        diag_add(checker->diags, "missing-number", arena_printf(checker->arena, "%d", run->last + 1), span.from, span.to,
            "%d number%s missing before " STR_FMT, missing, missing == 1 ? "" : "s", STR_ARG(no));
        diag_params(checker->diags, "from=%d\nto=%d", run->last + 1, label->number - 1);
    } else if (!run->any && label->number > 1 && !label->inside) {
        diag_add(checker->diags, "missing-number", STR("1"), span.from, span.to, "the list begins with " STR_FMT, STR_ARG(no));
        diag_params(checker->diags, "from=1\nto=%d", label->number - 1);
    }
    *run = (Run) { node->parent, label->number, true };
}

static void check_numbers(const Checker *checker)
{
    Run runs[STYLE_MAX] = { 0 };
    for (size_t i = 0; i < checker->structure->outline.n; i++) {
        const Node *node = &checker->structure->outline.v[i];
        if (node->kind == NODE_BREAK)
            memset(runs, 0, sizeof runs);
        else if (node->kind == NODE_NUMBERED && node->label.style != STYLE_DECIMAL && node->label.style != STYLE_DECIMAL_DEEP)
            check_number(checker, node, &runs[node->label.style]);
    }
}

/* --- Repeated text ---------------------------------------------------------------------------------------------- */

typedef struct {
    size_t item; /* in which the sentence stood first, + 1 */
    size_t repeated; /* code points of the present item that stood in an earlier one */
    size_t total;    /* code points in all its sentences */
    Range range;
} Repeat;

static void add_sentence(const Checker *checker, GHashTable *seen, Range sentence, size_t item, Repeat *repeat)
{
    enum { SENTENCE_MIN = 10 };
    sentence = view_trim(checker->view, sentence, W(U"。;,:"));
    if (sentence.to - sentence.from < SENTENCE_MIN)
        return;
    repeat->total += sentence.to - sentence.from;
    Str *key = ARENA_NEW(checker->arena, Str);
    *key = view_value(checker->view, sentence, checker->arena).text;
    size_t first = GPOINTER_TO_SIZE(g_hash_table_lookup(seen, key));
    if (first == 0) {
        g_hash_table_insert(seen, key, GSIZE_TO_POINTER(item + 1));
    } else if (first != item + 1) {
        repeat->item = repeat->repeated == 0 ? first : repeat->item;
        repeat->range.from = repeat->repeated == 0 ? sentence.from : repeat->range.from;
        repeat->range.to = sentence.to;
        repeat->repeated += sentence.to - sentence.from;
    }
}

/* One finding an item: much of it, or most of it, stood in earlier ones. */
static void check_repeats_of(const Checker *checker, GHashTable *seen, size_t i)
{
    enum { MUCH = 80, LITTLE = 20 };
    const Structure *structure = checker->structure;
    Range text = { structure->places[i].range.from, structure->places[i].text_to };
    Repeat repeat = { 0 };
    for (size_t from = text.from; from < text.to;) {
        size_t end = from;
        while (end < text.to && !word_has(W(U"。;\n"), checker->view->norm[end]))
            end++;
        add_sentence(checker, seen, (Range) { from, end }, i, &repeat);
        from = end + 1;
    }
    bool most = repeat.repeated >= LITTLE && repeat.repeated * 2 >= repeat.total;
    if (repeat.repeated < MUCH && !most)
        return;
    Str no = structure->items[i].no, first = structure->items[repeat.item - 1].no;
    Span span = span_of(checker->view, repeat.range);
    diag_add(checker->diags, "repeated-text", no, span.from, span.to, "%zu characters of item " STR_FMT " already stand in item " STR_FMT,
        repeat.repeated, STR_ARG(no), STR_ARG(first));
    diag_params(checker->diags, "characters=%zu\nfirst=" STR_FMT, repeat.repeated, STR_ARG(first));
}

static void check_repeats(const Checker *checker)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < checker->structure->n_items; i++)
        if (checker->structure->items[i].kind != ITEM_NARRATIVE)
            check_repeats_of(checker, seen, i);
}

/* --- Broken-off text -------------------------------------------------------------------------------------------- */

/* A text with sentences in it whose last one has no end; headings alone have none. */
static void check_end(const Checker *checker, size_t i)
{
    const Structure *structure = checker->structure;
    const View *view = checker->view;
    const ItemPlace *place = &structure->places[i];
    Range whole = view_trim(view, place->range, W(U"")), text = view_trim(view, (Range) { place->range.from, place->text_to }, W(U""));
    if (place->node == NO_NODE || structure->outline.v[place->node].kind == NODE_ROW)
        return;
    if (text.from == text.to)
        return;
    char32_t last = view->norm[text.to - 1];
    bool open = word_has(W(U",、:("), last);
    bool sentences = find_outside(view, text, W(U"。")) < text.to;
    if (!open && !(sentences && is_han(last) && is_han(view->norm[whole.to - 1])))
        return;
    size_t from = text.to;
    while (from > text.from && !word_has(W(U"。;\n"), view->norm[from - 1]))
        from--;
    Span span = span_of(view, (Range) { from, text.to });
    diag_add(checker->diags, "broken-off", structure->items[i].no, span.from, span.to, "the text breaks off in the middle of a sentence");
}

/* --- Owners ----------------------------------------------------------------------------------------------------- */

static void check_owners(const Checker *checker)
{
    const Structure *structure = checker->structure;
    size_t owned = 0, bare = 0;
    for (size_t i = 0; i < structure->n_items; i++) {
        if (structure->items[i].kind == ITEM_NARRATIVE)
            continue;
        bool has = structure->items[i].n_lead + structure->items[i].n_support > 0;
        owned += has;
        bare += !has;
    }
    for (size_t i = 0; i < structure->n_items && owned >= bare && owned > 0; i++) {
        const DocItem *item = &structure->items[i];
        if (item->kind != ITEM_NARRATIVE && item->n_lead + item->n_support == 0)
            diag_add(checker->diags, "no-owner", item->no, item->title.span.from, item->title.span.to,
                "nobody is named for this item, as for the others");
    }
}

void findings_add(const Structure *structure, Arena *arena, Diags *diags)
{
    Checker checker = { structure, &structure->blocks->view, arena, diags };
    check_numbers(&checker);
    check_repeats(&checker);
    for (size_t i = 0; i < structure->n_items; i++)
        check_end(&checker, i);
    check_owners(&checker);
    bool expected = structure->facts->kind == DOC_PLAN || structure->facts->kind == DOC_RECTIFICATION || structure->facts->kind == DOC_OTHER;
    if (structure->n_items == 0 && expected)
        diag_add(diags, "no-items", STR_NONE, 0, 0, "no numbered items were found");
}
