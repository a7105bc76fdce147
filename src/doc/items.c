/* The items of a document: the units of its outline and the rows of its task tables, each with what it holds. */
#include "doc/items.h"

#include "base/limits.h"

#include "base/banned.h"


/* --- What each node says ---------------------------------------------------------------------------------------- */

Range title_without(const View *view, Range title, const RangeList *marks)
{
    for (size_t m = 0; m < marks->n; m++)
        if (marks->v[m].from >= title.from && marks->v[m].from < title.to)
            return view_trim(view, (Range) { title.from, marks->v[m].from }, W(U"。;:,、—–-"));
    return title;
}

/* In a report about shortcomings, headings below its sections name them, except where it looks ahead. */
static bool names_wrongs(const ItemReader *reader, uint32_t id)
{
    const Node *node = &reader->structure->outline.v[id];
    if (reader->structure->facts->kind != DOC_RECTIFICATION || node->label.inside || node->label.style > STYLE_DECIMAL_DEEP)
        return false;
    for (uint32_t above = node->parent; above != NO_NODE; above = reader->structure->outline.v[above].parent)
        if (reader->facts[above].heading == HEADING_NARRATIVE || reader->facts[above].heading == HEADING_REPORT)
            return false;
    return node->parent != NO_NODE || node->n_children == 0;
}

static void note_node(ItemReader *reader, uint32_t id)
{
    Node *node = &reader->structure->outline.v[id];
    NodeFacts *facts = &reader->facts[id];
    facts->heading = heading_kind(reader->view, node->title);
    if (node->kind == NODE_ROW || node->kind == NODE_BREAK)
        return;
    owners_find(reader->view, node->own, reader->owner_habits, reader->arena, &facts->owners, &facts->marks);
    node->title = title_without(reader->view, node->title, &facts->marks);
    Range problem;
    facts->quoted = node->label.style >= STYLE_NAMED ? is_problem_style(node->label.style) : heading_problem(reader->view, node->title, &problem);
    facts->problem = facts->quoted || (names_wrongs(reader, id) && heading_wrong(reader->view, node->title));
}

static void note_nodes(ItemReader *reader)
{
    Outline *outline = &reader->structure->outline;
    reader->facts = ARENA_ARRAY(reader->arena, NodeFacts, outline->n + 1);
    for (uint32_t i = 0; i < outline->n; i++)
        note_node(reader, i);
    for (size_t i = outline->n; i-- > 0;) {
        NodeFacts *facts = &reader->facts[i];
        facts->owned_below += facts->owners.n > 0 || outline->v[i].kind == NODE_ROW;
        if (outline->v[i].parent != NO_NODE)
            reader->facts[outline->v[i].parent].owned_below += facts->owned_below;
        reader->has_problems = reader->has_problems || facts->quoted;
        reader->has_results = reader->has_results || facts->heading == HEADING_RESULTS;
    }
    reader->unit_habits = unit_habits(outline, reader->facts);
}

/* --- Kinds ------------------------------------------------------------------------------------------------------ */

/* The nearest heading from the node upwards that says what stands under it; what an item says of itself counts only where it is a
 * section too. */
static HeadingKind section_kind(const ItemReader *reader, uint32_t id)
{
    const Outline *outline = &reader->structure->outline;
    for (uint32_t n = id; n != NO_NODE; n = outline->v[n].parent) {
        HeadingKind kind = reader->facts[n].heading;
        bool counts = n != id || outline->v[n].parent == NO_NODE || heading_goal(reader->view, outline->v[n].title);
        if (counts && (kind == HEADING_NARRATIVE || kind == HEADING_RESULTS || kind == HEADING_REPORT || kind == HEADING_PROBLEMS))
            return kind;
    }
    return HEADING_PLAIN;
}

static bool under_problem(const ItemReader *reader, uint32_t id)
{
    for (; id != NO_NODE; id = reader->structure->outline.v[id].parent)
        if (reader->facts[id].problem)
            return true;
    return false;
}

static const Word award_words[] = { WORD_INIT(U"表彰"), WORD_INIT(U"表扬"), WORD_INIT(U"授予"), WORD_INIT(U"嘉奖"), WORD_INIT(U"命名") };

static ItemKind kind_of(const ItemReader *reader, uint32_t id, const DocItem *item)
{
    if (under_problem(reader, id))
        return ITEM_RECTIFICATION;
    bool owned = item->n_lead + item->n_support > 0;
    if (reader->structure->facts->kind == DOC_OTHER && reader->structure->outline.v[id].label.style == STYLE_ARTICLE && !owned)
        return ITEM_NARRATIVE; /* the articles of regulations are rules, not tasks */
    if (reader->structure->facts->kind == DOC_DECISION && !owned && words_in(reader->view, reader->structure->whole, WORDS(award_words)))
        return ITEM_NARRATIVE; /* lists of those who are praised */
    HeadingKind section = section_kind(reader, id);
    if (reader->structure->facts->kind == DOC_RECTIFICATION) {
        if (section == HEADING_NARRATIVE || section == HEADING_REPORT || reader->has_problems)
            return ITEM_NARRATIVE;
        return section == HEADING_RESULTS || section == HEADING_PROBLEMS || !reader->has_results ? ITEM_RECTIFICATION : ITEM_NARRATIVE;
    }
    return (section == HEADING_NARRATIVE || section == HEADING_PROBLEMS) && !owned ? ITEM_NARRATIVE : ITEM_TASK;
}

/* --- Parts of an item ------------------------------------------------------------------------------------------- */

static Str heading_text(const ItemReader *reader, uint32_t id)
{
    const Node *node = &reader->structure->outline.v[id];
    if (node->kind == NODE_HEADING)
        return view_value(reader->view, node->title, reader->arena).text;
    return view_value(reader->view, (Range) { node->label.range.from, MAX(node->title.to, node->label.range.to) }, reader->arena).text;
}

void item_set_path(ItemReader *reader, DocItem *item, uint32_t parent, Range last)
{
    const Outline *outline = &reader->structure->outline;
    size_t n = last.from < last.to, depth;
    for (uint32_t id = parent; id != NO_NODE; id = outline->v[id].parent)
        n++;
    Str *path = ARENA_ARRAY(reader->arena, Str, n);
    item->path = path;
    item->n_path = depth = n;
    if (last.from < last.to)
        path[--depth] = view_value(reader->view, last, reader->arena).text;
    for (uint32_t id = parent; id != NO_NODE; id = outline->v[id].parent)
        path[--depth] = heading_text(reader, id);
}

/* The numbered clauses below a problem are its measures where no 一是 is. */
static void clause_measures(ItemReader *reader, uint32_t id, MeasureList *measures)
{
    const Outline *outline = &reader->structure->outline;
    for (uint32_t child = outline->v[id].first_child; child != NO_NODE; child = outline->v[child].next) {
        const Node *node = &outline->v[child];
        if (node->n_children > 0) {
            clause_measures(reader, child, measures);
            continue;
        }
        Range line = { node->own.from, MIN(node->own.to, reader->structure->blocks->blocks[node->block].range.to) };
        measure_add(reader->view, node->label.digits, line, &reader->facts[child].marks, reader->arena, measures);
    }
}

static void set_measures(ItemReader *reader, DocItem *item, uint32_t id, Range text, const RangeList *marks)
{
    MeasureList measures = { 0 };
    measures_find(reader->view, text, marks, reader->arena, &measures);
    if (measures.n == 0 && item->kind == ITEM_RECTIFICATION && reader->structure->outline.v[id].n_children > 1)
        clause_measures(reader, id, &measures);
    item->measures = measures.v;
    item->n_measures = measures.n;
}

/* An item without owners has those of the heading above it. */
static void set_owners(ItemReader *reader, DocItem *item, uint32_t id, Range text, RangeList *marks)
{
    const Outline *outline = &reader->structure->outline;
    OwnerList owners = reader->facts[id].owners;
    *marks = reader->facts[id].marks;
    if (outline->v[id].n_children > 0) {
        owners = (OwnerList) { 0 };
        *marks = (RangeList) { 0 };
        owners_find(reader->view, text, reader->owner_habits, reader->arena, &owners, marks);
    }
    for (uint32_t above = outline->v[id].parent; owners.n == 0 && above != NO_NODE; above = outline->v[above].parent)
        owners = owners_copy(&reader->facts[above].owners, reader->arena);
    owners_values(reader->view, &owners, reader->owner_habits, reader->arena, item);
}

/* A target without a date of its own, which has the last day of the plan's year, is due when its item is. */
static Date due_in_item(const ItemReader *reader, const DocTarget *target, Date due)
{
    int year = reader->targets.plan_year;
    bool own = target->due != DATE_NONE && !(year > 0 && target->due == date_month_end(year, 12));
    return due == DATE_NONE || own || target->tense != TENSE_TARGET ? target->due : due;
}

void item_set_targets(ItemReader *reader, DocItem *item, const Range *ranges, size_t n_ranges, Date due)
{
    ARENA_LIST(DocTarget) all = { 0 };
    for (size_t r = 0; r < n_ranges; r++) {
        size_t n = 0;
        const DocTarget *found = targets_find(reader->view, ranges[r], &reader->targets, reader->arena, reader->diags, &n);
        for (size_t t = 0; t < n; t++) {
            DocTarget *target = ARENA_PUSH(reader->arena, &all);
            *target = found[t];
            target->due = due_in_item(reader, target, due);
        }
    }
    item->targets = all.v;
    item->n_targets = all.n;
    item->due = due;
}

void item_add(ItemReader *reader, const DocItem *item, ItemPlace place)
{
    if (reader->items.n >= LIMIT_DOC_ITEMS) {
        reader->dropped++;
        return;
    }
    *ARENA_PUSH(reader->arena, &reader->items) = *item;
    *ARENA_PUSH(reader->arena, &reader->places) = place;
}

Span item_span(const View *view, Range range)
{
    range = view_trim(view, range, W(U""));
    return range.from < range.to ? (Span) { view->at[range.from], view->at[range.to - 1] + 1 } : (Span) { 0, 0 };
}

/* Where the text of an item ends, before the owners that stand behind it. */
static size_t text_end(const View *view, Range text, const RangeList *marks)
{
    for (size_t m = marks->n; m-- > 0;) {
        if (view_trim(view, (Range) { marks->v[m].to, MAX(text.to, marks->v[m].to) }, W(U"。;,")).from < text.to)
            break;
        text.to = marks->v[m].from;
    }
    return text.to;
}

/* --- An item of the outline ------------------------------------------------------------------------------------- */

static void take_node(ItemReader *reader, uint32_t id)
{
    const View *view = reader->view;
    const Node *node = &reader->structure->outline.v[id];
    Range text = { node->own.from, node->whole.to };
    RangeList marks = { 0 };
    DocItem item = { .title = view_value(view, node->title, reader->arena), .span = item_span(view, node->whole) };
    if (node->kind == NODE_NUMBERED) {
        item.no = label_number(view, &node->label, reader->arena);
        item.label = view_value(view, view_trim(view, node->label.range, W(U"")), reader->arena);
    }
    item_set_path(reader, &item, node->parent, (Range) { 0, 0 });
    set_owners(reader, &item, id, text, &marks);
    item.kind = kind_of(reader, id, &item);
    if (item.kind == ITEM_RECTIFICATION) {
        Range problem = node->title;
        heading_problem(view, node->title, &problem);
        item.problem = view_value(view, problem, reader->arena);
    }
    Range behind = { reader->facts[id].problem ? node->title.to : text.from, text.to };
    set_measures(reader, &item, id, behind, &marks);
    item_set_targets(reader, &item, &text, 1, due_of_text(view, text, &reader->targets));
    if (item.due == DATE_NONE && !reader->targets.results)
        item.due = done_by(view, text, &reader->targets);
    item_add(reader, &item, (ItemPlace) { id, node->parent, node->whole, text_end(view, node->whole, &marks) });
}

/* --- All of a document ------------------------------------------------------------------------------------------ */

/* A heading without number that nothing stands under: a line that only looked like one. */
static bool is_bare(const View *view, const Node *node)
{
    Range rest = view_trim(view, (Range) { MAX(node->title.to, node->own.from), MAX(node->own.to, node->title.to) }, W(U"。;:】"));
    return node->kind == NODE_HEADING && node->n_children == 0 && rest.from == rest.to;
}

static void take_units(ItemReader *reader, uint32_t id)
{
    const Outline *outline = &reader->structure->outline;
    if (is_bare(reader->view, &outline->v[id]))
        return;
    if (outline->v[id].kind == NODE_ROW)
        row_take(reader, id);
    else if (outline->v[id].kind == NODE_BREAK || !unit_descends(reader->view, outline, reader->facts, &reader->unit_habits, id))
        take_node(reader, id);
    else
        for (uint32_t child = outline->v[id].first_child; child != NO_NODE; child = outline->v[child].next)
            take_units(reader, child);
}

/* Numbered sentences of news are no items, unless somebody answers for them. */
static bool has_items(const ItemReader *reader)
{
    if (reader->structure->facts->kind != DOC_NEWS)
        return true;
    for (size_t i = 0; i < reader->structure->outline.n; i++)
        if (reader->facts[i].owned_below > 0)
            return true;
    return false;
}

static bool is_unit(const Node *node)
{
    return node->parent == NO_NODE && node->kind != NODE_BREAK;
}

void structure_read(Structure *structure, Arena *arena, Diags *diags)
{
    const DocFacts *facts = structure->facts;
    ItemReader reader = { .structure = structure, .arena = arena, .diags = diags };
    Tables *tables = ARENA_NEW(arena, Tables);
    *tables = tables_find(structure->blocks, structure->body, arena);
    structure->blocks = &tables->blocks;
    structure->body = tables->body;
    structure->heads = tables->heads;
    reader.view = &tables->blocks.view;
    structure->text = blocks_range(&tables->blocks, tables->body);
    reader.owner_habits = owners_habits(reader.view, structure->whole, arena);
    structure->outline = outline_make(&tables->blocks, tables->heads, tables->body, labels_find(&tables->blocks, tables->body, arena), arena);
    note_nodes(&reader);
    reader.targets = context_of(structure, reader.facts);
    if (has_items(&reader))
        for (uint32_t i = 0; i < structure->outline.n; i++)
            if (is_unit(&structure->outline.v[i]))
                take_units(&reader, i);
    if (facts->kind == DOC_APPOINTMENT && reader.items.n == 0)
        appointments_take(&reader, structure->text);
    structure->items = reader.items.v;
    structure->places = reader.places.v;
    structure->n_items = reader.items.n;
    if (reader.dropped)
        diag_add(diags, "too-many-items", STR_NONE, 0, 0, "%zu items are more than the %d that are read",
            reader.items.n + reader.dropped, LIMIT_DOC_ITEMS);
    if (structure->outline.too_deep)
        diag_add(diags, "too-deep", STR_NONE, 0, 0, "numbering nests deeper than %d levels", LIMIT_DOC_DEPTH);
}
