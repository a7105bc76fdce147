/* The nesting is learnt from the document: a label of a style that is open continues there, one of a new style opens a level below, unless the
 * numbers that follow show that it stands above. Nothing is assumed about which styles a document uses, or at which depth. */
#include "doc/structure.h"

#include "base/limits.h"

#include "base/banned.h"

typedef struct {
    Style style;
    char32_t stop;
    bool inside;
    int last;
    uint32_t node;
} Level;

typedef struct {
    const Blocks *blocks;
    const TableHead *const *heads;
    Arena *arena;
    ARENA_LIST(Node) nodes;
    Labels labels;
    Style parent[STYLE_MAX]; /* under which style each was opened last; STYLE_MAX: under none yet */
    size_t repeated; /* where an outer number stood that only repeats; SIZE_MAX: nowhere */
    Level levels[LIMIT_DOC_DEPTH];
    size_t depth;
    bool too_deep;
} Nesting;

/* --- Placing a label -------------------------------------------------------------------------------------------- */

/* How well a label continues an open level; 0: not at all. */
static int fit(const Level *level, const Label *label)
{
    if (level->style != label->style)
        return 0;
    bool continues = label->number == level->last + 1;
    if (label->number == 1 && !continues && label->inside != level->inside && label->inside)
        return 0; /* a list inside the text of an item that is numbered alike */
    if (label->number == 1 && !continues && level->last == 1 && label->stop != level->stop)
        return 0; /* 1、 1. 2. : another stop is another level */
    return 1 + 4 * continues + 2 * (label->inside == level->inside) + (label->stop == level->stop);
}

static size_t best_level(const Nesting *nesting, const Label *label)
{
    size_t best = nesting->depth;
    int best_fit = 0;
    for (size_t d = nesting->depth; d-- > 0;) {
        int f = fit(&nesting->levels[d], label);
        if (f > best_fit) {
            best_fit = f;
            best = d;
        }
    }
    return best;
}

/* Of the styles, named ones have no place of their own: they nest where they first stand. */
static bool usually_above(Style a, Style b)
{
    return a < b && a < STYLE_NAMED && b < STYLE_NAMED;
}

/* The next label of a style behind label i, within sight; labels.n: none. */
static size_t next_within(const Nesting *nesting, size_t i, Style style)
{
    enum { SIGHT = 256 };
    size_t to = MIN(nesting->labels.n, i + SIGHT);
    for (size_t k = i + 1; k < to; k++)
        if (nesting->labels.v[k].style == style && !nesting->labels.v[k].inside)
            return k;
    return nesting->labels.n;
}

static bool above_heading(const Nesting *nesting, const Level *level, const Label *label)
{
    const Node *heading = &nesting->nodes.v[level->node];
    return label->style <= STYLE_HAN && (label->number > 1 || heading_kind(&nesting->blocks->view, heading->own) == HEADING_NARRATIVE);
}

/* Whether label i, of a style that is not open, stands above the open level. Where the open list goes on behind it, the numbers tell: in
 * 1. （一）（二） 2. （一） the new style begins again and so lies below, in 3. 二、4. 三、 it goes on and lies above. Else custom does. */
static bool stands_above(const Nesting *nesting, const Level *level, size_t i)
{
    const Label *label = &nesting->labels.v[i];
    if (level->style == STYLE_HEADING)
        return !label->inside && above_heading(nesting, level, label);
    if (label->inside || nesting->parent[label->style] == level->style)
        return false;
    if (nesting->parent[level->style] == label->style)
        return true;
    if (!usually_above(label->style, level->style))
        return false;
    size_t again = next_within(nesting, i, level->style);
    if (again >= nesting->labels.n || nesting->labels.v[again].number != level->last + 1)
        return true;
    size_t following = next_within(nesting, again, label->style);
    return following < nesting->labels.n && nesting->labels.v[following].number > label->number;
}

static uint32_t add_node(Nesting *nesting, NodeKind kind, const Label *label, uint32_t parent, uint32_t block, Range at)
{
    uint32_t id = (uint32_t) nesting->nodes.n;
    Node *node = ARENA_PUSH(nesting->arena, &nesting->nodes);
    *node = (Node) { .kind = kind, .label = *label, .parent = parent, .first_child = NO_NODE, .last_child = NO_NODE, .next = NO_NODE,
        .block = block, .own = at, .whole = { label->range.from, at.to } };
    if (parent == NO_NODE)
        return id;
    Node *above = &nesting->nodes.v[parent];
    node->depth = above->depth + 1;
    if (above->last_child == NO_NODE)
        above->first_child = id;
    else
        nesting->nodes.v[above->last_child].next = id;
    above->last_child = id;
    above->n_children++;
    return id;
}

static uint32_t open_parent(const Nesting *nesting)
{
    return nesting->depth ? nesting->levels[nesting->depth - 1].node : NO_NODE;
}

static void push_level(Nesting *nesting, const Label *label, uint32_t node)
{
    nesting->levels[nesting->depth++] =
        (Level) { .style = label->style, .stop = label->stop, .inside = label->inside, .last = label->number, .node = node };
}

/* 1.(1), 1.(2): the outer number stands before each of its parts and does not begin anew. */
static bool repeats_parent(const Nesting *nesting, size_t i, size_t level)
{
    const Label *label = &nesting->labels.v[i];
    if (i + 1 >= nesting->labels.n || label->number != nesting->levels[level].last)
        return false;
    const Label *part = &nesting->labels.v[i + 1];
    if (part->block != label->block || part->range.from != label->range.to)
        return false;
    if (level + 1 == nesting->depth)
        return part->number == 1;
    const Level *below = &nesting->levels[level + 1];
    return part->style == below->style && part->number == below->last + 1;
}

static void place_label(Nesting *nesting, size_t i)
{
    Label label = nesting->labels.v[i];
    Range at = { label.range.to, nesting->blocks->blocks[label.block].range.to };
    size_t d = best_level(nesting, &label);
    if (d < nesting->depth) {
        if (repeats_parent(nesting, i, d)) {
            nesting->repeated = label.range.from;
            return;
        }
        nesting->depth = d;
    } else {
        while (nesting->depth && stands_above(nesting, &nesting->levels[nesting->depth - 1], i))
            nesting->depth--;
        if (nesting->depth)
            nesting->parent[label.style] = nesting->levels[nesting->depth - 1].style;
    }
    if (nesting->depth == LIMIT_DOC_DEPTH) {
        nesting->too_deep = true;
        nesting->depth--;
    }
    label.range.from = MIN(label.range.from, nesting->repeated);
    nesting->repeated = SIZE_MAX;
    push_level(nesting, &label, add_node(nesting, NODE_NUMBERED, &label, open_parent(nesting), label.block, at));
}

/* --- Headings without number, attachments, rows ---------------------------------------------------------------- */

static const Word attachment_words[] = { WORD_INIT(U"附件"), WORD_INIT(U"附表"), WORD_INIT(U"附录") };

/* 附件, 附件2, 附件1：…任务清单: what follows is another text. */
static bool begins_attachment(const View *view, Range line)
{
    enum { TITLE_MAX = 60 };
    Range text = view_trim(view, line, W(U""));
    size_t n = words_at(view, text.from, text.to, WORDS(attachment_words), NULL);
    if (!n || text.to - text.from > TITLE_MAX)
        return false;
    int number;
    size_t at = skip_blanks(view, text.from + n, text.to);
    size_t digits = digit_number(view, at, text.to, &number);
    if (!digits)
        digits = han_number(view, at, text.to, &number);
    return at + digits == text.to || word_has(W(U": .、"), view->norm[at + digits]) || (digits && view->norm[text.to - 1] != U'。');
}

static void place_break(Nesting *nesting, uint32_t block, Range line)
{
    Label none = { .style = STYLE_HEADING, .range = { line.from, line.from }, .block = block };
    nesting->depth = 0;
    add_node(nesting, NODE_BREAK, &none, NO_NODE, block, line);
}

/* It stands beside the sections where there are any (its number was lost), else it is the level of sections itself. */
static void place_heading(Nesting *nesting, uint32_t block, Range line)
{
    Label none = { .style = STYLE_HEADING, .range = { line.from, line.from }, .block = block };
    bool beside = nesting->depth > 0 && nesting->levels[0].style != STYLE_HEADING;
    nesting->depth = beside;
    uint32_t node = add_node(nesting, NODE_HEADING, &none, NO_NODE, block, line);
    if (beside)
        nesting->levels[0].node = node;
    else
        push_level(nesting, &none, node);
}

static const Word heading_marks = WORD_INIT(U"【】●■◆▲★▶◎");

/* 【深化医改】 and "● 深化医改". */
static bool is_marked(const View *view, Range line)
{
    Range text = view_trim(view, line, W(U""));
    bool bracket = view->norm[text.from] == U'【' && view->norm[text.to - 1] == U'】';
    return bracket || (view->norm[text.from] != U'【' && word_has(heading_marks, view->norm[text.from]));
}

static bool is_heading(const Blocks *blocks, size_t b)
{
    enum { HEADING_MAX = 24 };
    const Block *block = &blocks->blocks[b];
    Role role;
    Range text = view_trim(&blocks->view, block->range, W(U":【】●■◆▲★▶◎"));
    if (text.to - text.from > (block->heading ? 2 * HEADING_MAX : HEADING_MAX) || text.from == text.to)
        return false;
    if (word_has(W(U"。;,!?"), blocks->view.norm[text.to - 1]) || role_label_at(&blocks->view, text.from, text.to, &role))
        return false;
    if (is_marked(&blocks->view, block->range))
        return true;
    HeadingKind kind = heading_kind(&blocks->view, text);
    return block->heading > 0 || kind == HEADING_NARRATIVE || kind == HEADING_SECTION || kind == HEADING_REPORT;
}

/* 反馈问题：… in a ledger that numbers nothing. */
static bool begins_problem(const Blocks *blocks, size_t b)
{
    Range problem;
    return problem_labelled(&blocks->view, view_trim(&blocks->view, blocks->blocks[b].range, W(U"")), &problem);
}

static void place_row(Nesting *nesting, uint32_t block, Range line)
{
    Label none = { .style = STYLE_HEADING, .range = { line.from, line.from }, .block = block };
    add_node(nesting, NODE_ROW, &none, open_parent(nesting), block, line);
}

/* --- Texts and titles ------------------------------------------------------------------------------------------- */

/* Each node's text ends where the next node begins; what encloses it ends with its last descendant. */
static void close_ranges(Outline *outline, size_t end)
{
    for (size_t i = outline->n; i-- > 0;) {
        Node *node = &outline->v[i];
        size_t next = i + 1 < outline->n ? outline->v[i + 1].label.range.from : end;
        node->own.to = MAX(next, node->own.from);
        node->whole.to = node->last_child == NO_NODE ? node->own.to : MAX(outline->v[node->last_child].whole.to, node->own.to);
    }
}

static bool has_sentence_behind(const View *view, size_t from, size_t to)
{
    enum { REST_MIN = 6 };
    Range rest = view_trim(view, (Range) { from, to }, W(U"。;.:,"));
    return rest.to - rest.from >= REST_MIN;
}

/* "强化监测  各县区要……": a gap instead of a stop behind the heading. */
static size_t gap_end(const View *view, Range line)
{
    enum { TITLE_MIN = 4, TITLE_MAX = 26 };
    for (size_t i = line.from + TITLE_MIN; i < line.to && i - line.from <= TITLE_MAX; i++) {
        if (word_has(W(U"。;,:、!?("), view->norm[i]))
            return line.to;
        bool wide = view->orig[i] == U'\u3000' || (view->norm[i] == ' ' && i + 1 < line.to && view->norm[i + 1] == ' ');
        if (wide && is_han(view->norm[i - 1]) && has_sentence_behind(view, i, line.to))
            return i;
    }
    return line.to;
}

/* Where the title ends: at the first stop outside of quotes, or at a colon behind a short beginning of a long sentence. */
static size_t title_end(const View *view, Range line)
{
    enum { COLON_MAX = 24, SENTENCE_MAX = 36 };
    size_t gap = gap_end(view, line);
    if (gap < line.to)
        return gap;
    size_t stop = find_outside(view, line, W(U"。;!?\n"));
    if (stop - line.from > SENTENCE_MAX) {
        size_t colon = find_outside(view, (Range) { line.from, MIN(stop, line.from + COLON_MAX) }, W(U":"));
        if (colon < MIN(stop, line.from + COLON_MAX))
            return colon;
    }
    return stop;
}

Range title_of(const View *view, Range text)
{
    text.from = view_trim(view, text, heading_marks).from;
    return view_trim(view, (Range) { text.from, title_end(view, text) }, W(U"。;.:,、【】"));
}

static void find_title(const Blocks *blocks, Node *node)
{
    const View *view = &blocks->view;
    size_t line_end = MAX(node->own.from, MIN(node->own.to, blocks->blocks[node->block].range.to));
    Range line = { skip_blanks(view, node->own.from, line_end), line_end };
    size_t end = title_end(view, line);
    node->title = title_of(view, line);
    node->run_in = has_sentence_behind(view, end, line_end);
    Range own = view_trim(view, node->own, W(U""));
    node->ends_list = own.to > own.from && word_has(W(U";,"), view->norm[own.to - 1]);
}

Outline outline_make(const Blocks *blocks, const TableHead *const *heads, BlockRange body, Labels labels, Arena *arena)
{
    Nesting nesting = { .blocks = blocks, .heads = heads, .arena = arena, .labels = labels, .repeated = SIZE_MAX };
    for (size_t s = 0; s < STYLE_MAX; s++)
        nesting.parent[s] = STYLE_MAX;
    size_t l = 0;
    for (size_t b = body.from; b < body.to; b++) {
        Range line = blocks->blocks[b].range;
        bool labelled = l < labels.n && labels.v[l].block == b;
        if (blocks->blocks[b].kind == BLOCK_ROW && heads[b])
            place_row(&nesting, (uint32_t) b, line);
        else if (!labelled && begins_attachment(&blocks->view, line))
            place_break(&nesting, (uint32_t) b, line);
        else if (!labelled && blocks->blocks[b].kind == BLOCK_PARAGRAPH && (is_heading(blocks, b) || (labels.n == 0 && begins_problem(blocks, b))))
            place_heading(&nesting, (uint32_t) b, line);
        for (; l < labels.n && labels.v[l].block == b; l++)
            place_label(&nesting, l);
    }
    Outline outline = { nesting.nodes.v, nesting.nodes.n, nesting.too_deep };
    close_ranges(&outline, blocks_range(blocks, body).to);
    for (size_t i = 0; i < outline.n; i++)
        find_title(blocks, &outline.v[i]);
    return outline;
}

Range blocks_range(const Blocks *blocks, BlockRange range)
{
    if (range.from >= range.to)
        return (Range) { 0, 0 };
    return (Range) { blocks->blocks[range.from].range.from, blocks->blocks[range.to - 1].range.to };
}
