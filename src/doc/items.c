/* The items of a document: the units of its outline and the rows of its task tables, each with what it holds. */
#include "doc/structure.h"

#include "base/limits.h"

#include "base/banned.h"

typedef struct {
    Structure *structure;
    const View *view;
    Arena *arena;
    Diags *diags;
    OwnerHabits owner_habits;
    UnitHabits unit_habits;
    NodeFacts *facts;
    TargetContext targets;
    bool has_problems, has_results; /* anywhere in the document */
    ARENA_LIST(DocItem) items;
    ARENA_LIST(ItemPlace) places;
    size_t dropped;
    const TableHead *table; /* of the last row, */
    Range category;         /* and its category, which merged cells leave to the rows below */
} Reader;

/* --- What each node says ---------------------------------------------------------------------------------------- */


/* Owners in the title are not of it. */
static void cut_title(Node *node, const View *view, const RangeList *marks)
{
    for (size_t m = 0; m < marks->n; m++)
        if (marks->v[m].from >= node->title.from && marks->v[m].from < node->title.to) {
            node->title = view_trim(view, (Range) { node->title.from, marks->v[m].from }, W(U"。;:,、"));
            return;
        }
}

/* In a report about shortcomings, headings below its sections name them, except where it looks ahead. */
static bool names_wrongs(const Reader *reader, uint32_t id)
{
    const Node *node = &reader->structure->outline.v[id];
    if (reader->structure->facts->kind != DOC_RECTIFICATION || node->label.inside || node->label.style > STYLE_DECIMAL_DEEP)
        return false;
    for (uint32_t above = node->parent; above != NO_NODE; above = reader->structure->outline.v[above].parent)
        if (reader->facts[above].heading == HEADING_NARRATIVE || reader->facts[above].heading == HEADING_REPORT)
            return false;
    return node->parent != NO_NODE || node->n_children == 0;
}

static void note_node(Reader *reader, uint32_t id)
{
    Node *node = &reader->structure->outline.v[id];
    NodeFacts *facts = &reader->facts[id];
    facts->heading = heading_kind(reader->view, node->title);
    if (node->kind == NODE_ROW || node->kind == NODE_BREAK)
        return;
    owners_find(reader->view, node->own, reader->owner_habits, reader->arena, &facts->owners, &facts->marks);
    cut_title(node, reader->view, &facts->marks);
    Range problem;
    facts->quoted = node->label.style >= STYLE_NAMED ? is_problem_style(node->label.style) : heading_problem(reader->view, node->title, &problem);
    facts->problem = facts->quoted || (names_wrongs(reader, id) && heading_wrong(reader->view, node->title));
}

static void note_nodes(Reader *reader)
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
static HeadingKind section_kind(const Reader *reader, uint32_t id)
{
    const Outline *outline = &reader->structure->outline;
    for (uint32_t n = id; n != NO_NODE; n = outline->v[n].parent) {
        HeadingKind kind = reader->facts[n].heading;
        bool counts = n != id || outline->v[n].parent == NO_NODE;
        if (counts && (kind == HEADING_NARRATIVE || kind == HEADING_RESULTS || kind == HEADING_REPORT || kind == HEADING_PROBLEMS))
            return kind;
    }
    return HEADING_PLAIN;
}

static bool under_problem(const Reader *reader, uint32_t id)
{
    for (; id != NO_NODE; id = reader->structure->outline.v[id].parent)
        if (reader->facts[id].problem)
            return true;
    return false;
}

static ItemKind kind_of(const Reader *reader, uint32_t id, const DocItem *item)
{
    if (under_problem(reader, id))
        return ITEM_RECTIFICATION;
    bool owned = item->n_lead + item->n_support > 0;
    if (reader->structure->facts->kind == DOC_OTHER && reader->structure->outline.v[id].label.style == STYLE_ARTICLE && !owned)
        return ITEM_NARRATIVE; /* the articles of regulations are rules, not tasks */
    HeadingKind section = section_kind(reader, id);
    if (reader->structure->facts->kind == DOC_RECTIFICATION) {
        if (section == HEADING_NARRATIVE || section == HEADING_REPORT || reader->has_problems)
            return ITEM_NARRATIVE;
        return section == HEADING_RESULTS || section == HEADING_PROBLEMS || !reader->has_results ? ITEM_RECTIFICATION : ITEM_NARRATIVE;
    }
    return (section == HEADING_NARRATIVE || section == HEADING_PROBLEMS) && !owned ? ITEM_NARRATIVE : ITEM_TASK;
}

/* --- Parts of an item ------------------------------------------------------------------------------------------- */

static Str heading_text(const Reader *reader, uint32_t id)
{
    const Node *node = &reader->structure->outline.v[id];
    return view_value(reader->view, (Range) { node->label.range.from, MAX(node->title.to, node->label.range.to) }, reader->arena).text;
}

/* The headings above a node, and one more below them where `last` has text. */
static void set_path(Reader *reader, DocItem *item, uint32_t parent, Range last)
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
static void clause_measures(Reader *reader, uint32_t id, MeasureList *measures)
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

static void set_measures(Reader *reader, DocItem *item, uint32_t id, Range text, const RangeList *marks)
{
    MeasureList measures = { 0 };
    measures_find(reader->view, text, marks, reader->arena, &measures);
    if (measures.n == 0 && item->kind == ITEM_RECTIFICATION && reader->structure->outline.v[id].n_children > 1)
        clause_measures(reader, id, &measures);
    item->measures = measures.v;
    item->n_measures = measures.n;
}

/* An item without owners has those of the heading above it. */
static void set_owners(Reader *reader, DocItem *item, uint32_t id, Range text, RangeList *marks)
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
static Date due_in_item(const Reader *reader, const DocTarget *target, Date due)
{
    int year = reader->targets.plan_year;
    bool own = target->due != DATE_NONE && !(year > 0 && target->due == date_month_end(year, 12));
    return due == DATE_NONE || own || target->tense != TENSE_TARGET ? target->due : due;
}

static void add_targets(Reader *reader, DocItem *item, const Range *ranges, size_t n_ranges, Date due)
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
}

static void add_item(Reader *reader, const DocItem *item, ItemPlace place)
{
    if (reader->items.n >= LIMIT_DOC_ITEMS) {
        reader->dropped++;
        return;
    }
    *ARENA_PUSH(reader->arena, &reader->items) = *item;
    *ARENA_PUSH(reader->arena, &reader->places) = place;
}

static Span span_of(const View *view, Range range)
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

static void take_node(Reader *reader, uint32_t id)
{
    const View *view = reader->view;
    const Node *node = &reader->structure->outline.v[id];
    Range text = { node->own.from, node->whole.to };
    RangeList marks = { 0 };
    DocItem item = { .title = view_value(view, node->title, reader->arena), .span = span_of(view, node->whole) };
    if (node->kind == NODE_NUMBERED) {
        item.no = label_number(view, &node->label, reader->arena);
        item.label = view_value(view, view_trim(view, node->label.range, W(U"")), reader->arena);
    }
    set_path(reader, &item, node->parent, (Range) { 0, 0 });
    set_owners(reader, &item, id, text, &marks);
    item.kind = kind_of(reader, id, &item);
    if (item.kind == ITEM_RECTIFICATION) {
        Range problem = node->title;
        heading_problem(view, node->title, &problem);
        item.problem = view_value(view, problem, reader->arena);
    }
    set_measures(reader, &item, id, text, &marks);
    add_targets(reader, &item, &text, 1, due_of_text(view, text, &reader->targets));
    add_item(reader, &item, (ItemPlace) { id, node->parent, node->whole, text_end(view, node->whole, &marks) });
}

/* --- An item of a table ----------------------------------------------------------------------------------------- */

static void row_owners(Reader *reader, DocItem *item, const TableHead *head, const Block *row, Range task)
{
    static const struct {
        Column column;
        Role role;
    } owner_columns[] = { { COLUMN_LEAD, ROLE_LEAD }, { COLUMN_RESPONSIBLE, ROLE_RESPONSIBLE }, { COLUMN_SUPPORT, ROLE_SUPPORT } };
    OwnerList owners = { 0 };
    RangeList marks = { 0 };
    for (size_t c = 0; c < G_N_ELEMENTS(owner_columns); c++) {
        Range cell = table_cell(reader->view, head, row, owner_columns[c].column);
        OwnerList labelled = { 0 };
        owners_find(reader->view, cell, (OwnerHabits) { .first_leads = SIZE_MAX }, reader->arena, &labelled, &marks);
        if (labelled.n == 0)
            names_split(reader->view, cell, (Owner) { owner_columns[c].role, { 0, 0 }, 0 }, reader->arena, &owners);
        for (size_t i = 0; i < labelled.n; i++)
            *ARENA_PUSH(reader->arena, &owners) = labelled.v[i];
    }
    if (owners.n == 0)
        owners_find(reader->view, task, reader->owner_habits, reader->arena, &owners, &marks);
    owners_values(reader->view, &owners, reader->owner_habits, reader->arena, item);
}

/* The number in its own column, or before the task. Returns the task without it. */
static Range row_number(Reader *reader, DocItem *item, Range number, Range task)
{
    const View *view = reader->view;
    Label label;
    int value = 0;
    number = view_trim(view, number, W(U".、"));
    if (number.from < number.to) {
        size_t n = digit_number(view, number.from, number.to, &value);
        if (!n)
            n = han_number(view, number.from, number.to, &value);
        item->label = view_value(view, number, reader->arena);
        item->no = n == number.to - number.from ? arena_printf(reader->arena, "%d", value) : item->label.text;
    }
    if (label_read(view, task.from, task.to, &label) && !label.weak) {
        if (!item->no.p) {
            item->no = label_number(view, &label, reader->arena);
            item->label = view_value(view, label.range, reader->arena);
        }
        task.from = skip_blanks(view, label.range.to, task.to);
    }
    return task;
}

static const Column what_columns[] = { COLUMN_TASK, COLUMN_PROBLEM, COLUMN_DETAIL, COLUMN_MEASURE };
static const Column text_columns[] = { COLUMN_TASK, COLUMN_PROBLEM, COLUMN_DETAIL, COLUMN_MEASURE, COLUMN_RESULT };
enum { N_TEXT_COLUMNS = G_N_ELEMENTS(text_columns) };

static Range row_task(const View *view, const TableHead *head, const Block *row)
{
    Range task = { 0, 0 };
    for (size_t c = 0; c < G_N_ELEMENTS(what_columns) && task.from == task.to; c++)
        task = table_cell(view, head, row, what_columns[c]);
    return task;
}

static void row_measures(Reader *reader, DocItem *item, const TableHead *head, const Block *row)
{
    static const Column columns[] = { COLUMN_MEASURE, COLUMN_RESULT, COLUMN_DETAIL, COLUMN_TASK };
    MeasureList measures = { 0 };
    RangeList none = { 0 };
    for (size_t c = 0; c < G_N_ELEMENTS(columns); c++) {
        Range cell = table_cell(reader->view, head, row, columns[c]);
        size_t before = measures.n;
        measures_find(reader->view, cell, &none, reader->arena, &measures);
        if (measures.n == before && columns[c] == COLUMN_MEASURE)
            measures_numbered(reader->view, cell, reader->arena, &measures);
    }
    item->measures = measures.v;
    item->n_measures = measures.n;
}

static Range row_category(Reader *reader, const TableHead *head, const Block *row)
{
    Range category = view_trim(reader->view, table_cell(reader->view, head, row, COLUMN_CATEGORY), W(U""));
    if (category.from < category.to || reader->table != head)
        reader->category = category;
    reader->table = head;
    return reader->category;
}

static void take_row(Reader *reader, uint32_t id)
{
    const View *view = reader->view;
    const Node *node = &reader->structure->outline.v[id];
    const TableHead *head = reader->structure->heads[node->block];
    const Block *row = &reader->structure->blocks->blocks[node->block];
    DocItem item = { .span = span_of(view, row->range), .kind = ITEM_TASK };
    Range task = row_number(reader, &item, table_cell(view, head, row, COLUMN_NUMBER), row_task(view, head, row));
    if (task.from == task.to)
        return;
    OwnerList owners = { 0 };
    RangeList marks = { 0 };
    owners_find(view, task, reader->owner_habits, reader->arena, &owners, &marks);
    Node title = { .title = title_of(view, task) };
    cut_title(&title, view, &marks);
    item.title = view_value(view, title.title, reader->arena);
    Range problem = table_cell(view, head, row, COLUMN_PROBLEM);
    if (problem.from < problem.to) {
        item.kind = ITEM_RECTIFICATION;
        heading_problem(view, problem, &problem);
        item.problem = view_value(view, view_trim(view, problem, W(U"。;")), reader->arena);
    }
    set_path(reader, &item, node->parent, row_category(reader, head, row));
    row_owners(reader, &item, head, row, task);
    row_measures(reader, &item, head, row);
    Range texts[N_TEXT_COLUMNS];
    for (size_t c = 0; c < N_TEXT_COLUMNS; c++)
        texts[c] = table_cell(view, head, row, text_columns[c]);
    add_targets(reader, &item, texts, N_TEXT_COLUMNS, due_of_cell(view, table_cell(view, head, row, COLUMN_DUE), &reader->targets));
    add_item(reader, &item, (ItemPlace) { id, node->parent, row->range, row->range.to });
}

/* --- Appointments ----------------------------------------------------------------------------------------------- */

static const Word appointment_begins[] = {
    WORD_INIT(U"任命"), WORD_INIT(U"免去"), WORD_INIT(U"聘任"), WORD_INIT(U"聘请"), WORD_INIT(U"解聘"), WORD_INIT(U"提名"), WORD_INIT(U"推荐"), WORD_INIT(U"续聘"), WORD_INIT(U"决定任命"), WORD_INIT(U"决定免去"),
};
static const Word appointment_signs[] = {
    WORD_INIT(U"同志任"), WORD_INIT(U"同志为"), WORD_INIT(U"同志兼任"), WORD_INIT(U"同志不再"), WORD_INIT(U"同志挂职"), WORD_INIT(U"同志试用"), WORD_INIT(U"同志担任"),
};

static bool is_appointment(const View *view, Range clause)
{
    enum { PERSON_MIN = 4 };
    bool begins = words_at(view, clause.from, clause.to, WORDS(appointment_begins), NULL) > 0;
    return clause.to - clause.from > PERSON_MIN && (begins || words_in(view, clause, WORDS(appointment_signs)));
}

/* Each clause that appoints or relieves someone is an item without number. */
static void take_appointments(Reader *reader, Range body)
{
    const View *view = reader->view;
    for (size_t i = body.from; i < body.to;) {
        size_t end = find_outside(view, (Range) { i, body.to }, W(U"。;\n"));
        Range clause = view_trim(view, (Range) { i, end }, W(U":,"));
        if (clause.from < clause.to && is_appointment(view, clause)) {
            DocItem item = { .kind = ITEM_NARRATIVE, .title = view_value(view, clause, reader->arena), .span = span_of(view, clause) };
            add_item(reader, &item, (ItemPlace) { NO_NODE, NO_NODE, clause, clause.to });
        }
        i = end + 1;
    }
}

/* --- All of a document ------------------------------------------------------------------------------------------ */

static void take_units(Reader *reader, uint32_t id)
{
    const Outline *outline = &reader->structure->outline;
    if (outline->v[id].kind == NODE_ROW)
        take_row(reader, id);
    else if (outline->v[id].kind == NODE_BREAK || !unit_descends(reader->view, outline, reader->facts, &reader->unit_habits, id))
        take_node(reader, id);
    else
        for (uint32_t child = outline->v[id].first_child; child != NO_NODE; child = outline->v[child].next)
            take_units(reader, child);
}

/* Numbered sentences of news are no items, unless somebody answers for them. */
static bool has_items(const Reader *reader)
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
    Reader reader = { .structure = structure, .arena = arena, .diags = diags };
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
        take_appointments(&reader, structure->text);
    structure->items = reader.items.v;
    structure->places = reader.places.v;
    structure->n_items = reader.items.n;
    if (reader.dropped)
        diag_add(diags, "too-many-items", STR_NONE, 0, 0, "%zu items are more than the %d that are read", reader.items.n + reader.dropped, LIMIT_DOC_ITEMS);
    if (structure->outline.too_deep)
        diag_add(diags, "too-deep", STR_NONE, 0, 0, "numbering nests deeper than %d levels", LIMIT_DOC_DEPTH);
}
