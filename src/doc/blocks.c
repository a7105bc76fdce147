#include "doc/facts.h"
#include "doc/lines.h"

#include "base/banned.h"

/* Where a paragraph ends is not written in a text file: a line may end because the paragraph does, because the column was full, or
 * because the page was. Three things tell: how the line ends (。 or mid-sentence), whether it fills the column that the text is
 * wrapped at, if it is, and how the next one begins (a label, an indent). */

typedef struct {
    size_t wrap;     /* columns of a full line; 0: the text is not wrapped */
    bool indented;   /* paragraphs begin with an indent, other lines do not */
    bool markdown;
    bool loose;      /* from a PDF: a full line has fewer characters where the setting spread them */
    Lines lines;
    Arena *arena;
    ARENA_LIST(Block) blocks;
    char32_t *norm, *orig;
    uint32_t *at;
    size_t n;
    uint32_t tables;
    bool framed; /* the present table has bars at both ends of its rows */
    size_t last; /* the line emitted last, lines.n: none */
} Maker;

/* --- How lines begin and end ------------------------------------------------------------------------------------- */

static bool in_set(char32_t c, const char32_t *set)
{
    for (; *set; set++)
        if (c == *set)
            return true;
    return false;
}

static bool is_digit(char32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_numeral(char32_t c)
{
    return in_set(c, U"一二三四五六七八九十百零〇两");
}

static size_t skip(const View *text, size_t i, size_t to, bool (*is)(char32_t))
{
    while (i < to && is(text->norm[i]))
        i++;
    return i;
}

/* "（二十）", "(3)". */
static bool bracketed_begins(const View *text, Range range)
{
    size_t i = range.from + 1, to = MIN(range.to, range.from + 8);
    size_t end = skip(text, i, to, is_digit);
    if (end == i)
        end = skip(text, i, to, is_numeral);
    return text->norm[range.from] == '(' && end > i && end < to && text->norm[end] == ')';
}

/* "一、" "三是" "十二." and "第一条". */
static bool numeral_begins(const View *text, Range range)
{
    bool ordinal = text->norm[range.from] == U'第';
    size_t i = range.from + (ordinal ? 1 : 0), to = MIN(range.to, range.from + 8);
    size_t end = skip(text, i, to, is_numeral);
    if (end == i && ordinal)
        end = skip(text, i, to, is_digit);
    return end > i && end < to && in_set(text->norm[end], ordinal ? U"条章节项款" : U"、.是:");
}

/* "12." but not "1.5", "3、". */
static bool digits_begin(const View *text, Range range)
{
    size_t end = skip(text, range.from, MIN(range.to, range.from + 5), is_digit);
    return end > range.from && end < range.to && in_set(text->norm[end], U".、)")
           && !(text->norm[end] == '.' && end + 1 < range.to && is_digit(text->norm[end + 1]));
}

bool label_begins(const View *text, Range range)
{
    if (range.from >= range.to)
        return false;
    char32_t c = text->norm[range.from];
    return (c >= 0x2460 && c <= 0x24FF) || (c >= 0x2776 && c <= 0x2793) || in_set(c, U"•●■◆▲★○□") || bracketed_begins(text, range)
           || numeral_begins(text, range) || digits_begin(text, range);
}

typedef enum { END_SENTENCE, END_COMMA, END_OPEN } LineEnd;

/* A line of a list of contents: "……12". */
static bool ends_with_page(const View *text, Range range)
{
    size_t i = range.to;
    while (i > range.from && (is_digit(text->norm[i - 1]) || text->norm[i - 1] == ' '))
        i--;
    return i < range.to && i > range.from + 1 && in_set(text->norm[i - 1], U"…·.") && text->norm[i - 2] == text->norm[i - 1];
}

/* "……。（牵头处室：疾控处）": a remark behind a full stop, or one with a colon, ends the paragraph. */
static bool ends_with_remark(const View *text, Range range)
{
    enum { FAR = 300 };
    bool colon = false;
    if (range.from == range.to || text->norm[range.to - 1] != ')')
        return false;
    for (size_t i = range.to - 1, depth = 0; i > range.from && range.to - i < FAR; i--) {
        colon = colon || text->norm[i] == ':';
        depth += text->norm[i] == ')';
        if (text->norm[i] == '(' && --depth == 0)
            return colon || in_set(text->norm[i - 1], U"。!?;");
    }
    return false;
}

static LineEnd line_ends(const View *text, Range range)
{
    size_t i = range.to;
    if (ends_with_remark(text, range))
        return END_SENTENCE;
    while (i > range.from && in_set(text->norm[i - 1], U"”’\"')]】〉"))
        i--;
    if (i == range.from || ends_with_page(text, range))
        return END_SENTENCE;
    char32_t c = text->norm[i - 1];
    if (in_set(c, U"。!?;:…."))
        return END_SENTENCE;
    return in_set(c, U",、(《“‘〈—") ? END_COMMA : END_OPEN;
}

/* A bracket or quotation is open at the end of `range`, and `next` closes it, not only those that it opens itself. */
static bool closes_in_next(const View *text, Range range, Range next)
{
    static const struct {
        char32_t open, close;
    } pairs[] = { { U'《', U'》' }, { '(', ')' }, { U'“', U'”' }, { U'〔', U'〕' } };
    enum { FAR = 200 };
    for (size_t k = 0; k < G_N_ELEMENTS(pairs); k++) {
        size_t open = 0, inner = 0;
        for (size_t i = range.to - MIN((size_t) FAR, range.to - range.from); i < range.to; i++)
            open = text->norm[i] == pairs[k].open ? open + 1 : open - (open > 0 && text->norm[i] == pairs[k].close);
        for (size_t i = next.from; open > 0 && i < MIN(next.to, next.from + FAR); i++) {
            if (text->norm[i] == pairs[k].close && inner == 0)
                return true;
            inner = text->norm[i] == pairs[k].open ? inner + 1 : inner - (text->norm[i] == pairs[k].close);
        }
    }
    return false;
}

/* --- The column that the text is wrapped at ---------------------------------------------------------------------- */

enum { NARROWEST = 36, WIDEST = 160 }; /* columns of a text that is wrapped at all */

static size_t extent(const Line *line)
{
    return line->indent + line->width;
}

/* The widest extent that a good share of the lines comes near, with hardly a line beyond it. */
static size_t find_wrap(const Lines *lines)
{
    enum { NEAR = 3, BEYOND_PERCENT = 3, SHARE_PERCENT = 20, FEWEST = 5 };
    size_t count[WIDEST + 1] = { 0 }, total = 0;
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].kind == LINE_TEXT) {
            count[MIN(extent(&lines->v[i]), (size_t) WIDEST)]++;
            total++;
        }
    size_t beyond = count[WIDEST];
    for (size_t wrap = WIDEST - 1; wrap >= NARROWEST && beyond * 100 <= total * BEYOND_PERCENT; wrap--) {
        size_t near = 0;
        for (size_t k = wrap - NEAR; k <= wrap; k++)
            near += count[k];
        if (near >= FEWEST && near * 100 >= total * SHARE_PERCENT)
            return wrap;
        beyond += count[wrap];
    }
    return 0;
}

static bool is_full(const Maker *maker, const Line *line)
{
    enum { SLACK = 5 }; /* a character of two columns and a mark that may not begin a line do not fit */
    size_t slack = maker->loose ? maker->wrap / 5 : SLACK;
    return maker->wrap > 0 && extent(line) + slack >= maker->wrap;
}

/* Whether lines that follow a full, unfinished one stand at the margin, while others are indented. */
static bool find_indented(const Maker *maker)
{
    size_t margin = 0, indented = 0;
    for (size_t i = 0; i + 1 < maker->lines.n; i++) {
        const Line *line = &maker->lines.v[i], *next = line + 1;
        if (line->kind != LINE_TEXT || next->kind != LINE_TEXT || !is_full(maker, line))
            continue;
        bool ended = line_ends(&maker->lines.text, line->range) == END_SENTENCE;
        margin += !ended && next->indent == 0;
        indented += next->indent >= 2;
    }
    return margin > 0 && indented > 0 && margin > indented;
}

/* --- Joining ----------------------------------------------------------------------------------------------------- */

static bool joins_wrapped(const Maker *maker, const Line *line, const Line *next, LineEnd end, bool apart)
{
    if (!is_full(maker, line) || (maker->indented && next->indent >= 2))
        return false;
    return end != END_SENTENCE || (maker->indented && !apart);
}

/* Whether `next` continues the paragraph of `line`. apart: blank lines or chrome between them. */
static bool joins(const Maker *maker, const Line *line, const Line *next, bool apart)
{
    enum { LONG = 120, FAR_IN = 12 }; /* columns: no heading is so long; a signature or centred title stands so far in */
    const View *text = &maker->lines.text;
    if (line->kind != LINE_TEXT || next->kind != LINE_TEXT || line->heading || next->heading)
        return false;
    if (closes_in_next(text, line->range, next->range))
        return true;
    LineEnd end = line_ends(text, line->range);
    Range number; /* of the document, below a title that fills its line */
    if (next->indent >= FAR_IN || label_begins(text, next->range) || mark_doc_no(text, next->range, &number))
        return false;
    if (end == END_COMMA)
        return !apart || line->width >= LONG || is_full(maker, line);
    return joins_wrapped(maker, line, next, end, apart) || (end == END_OPEN && line->width >= LONG);
}

static void push(Maker *maker, char32_t norm, char32_t orig, size_t at)
{
    maker->norm[maker->n] = norm;
    maker->orig[maker->n] = orig;
    maker->at[maker->n++] = (uint32_t) at;
}

/* Western words on both sides of a line break: a space belongs between them. */
static bool parts_words(char32_t before, char32_t after)
{
    if (before >= 0x80 || after >= 0x80)
        return false;
    return g_ascii_isalnum((char) after) && (g_ascii_isalnum((char) before) || (g_ascii_isalpha((char) after) && strchr(",;:.", (char) before)));
}

static bool is_invisible(char32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || c == 0xFEFF || c == 0x00AD || c == 0x2060 || c < ' ';
}

/* In markdown ** is emphasis, and no text. */
static void copy(Maker *maker, Range range)
{
    const View *text = &maker->lines.text;
    for (size_t i = range.from; i < range.to; i++)
        if (maker->markdown && i + 1 < range.to && view_at(text, i, W(U"**")))
            i++;
        else if (!is_invisible(text->norm[i]))
            push(maker, text->norm[i], text->orig[i], i);
}

/* A space that is put between words has the place of the break. */
static void append(Maker *maker, Block *block, const Line *line)
{
    const View *text = &maker->lines.text;
    if (maker->n > 0 && parts_words(maker->norm[maker->n - 1], text->norm[line->range.from]))
        push(maker, ' ', ' ', maker->at[maker->n - 1] + 1);
    copy(maker, line->range);
    block->range.to = maker->n;
}

static void end_block(Maker *maker)
{
    if (maker->blocks.n > 0)
        push(maker, '\n', '\n', maker->n > 0 ? maker->at[maker->n - 1] + 1 : 0);
}

static Block *begin_block(Maker *maker, const Line *line)
{
    end_block(maker);
    enum { CENTRED_INDENT = 6, CENTRED_WIDTH = 70 };
    Block *block = ARENA_PUSH(maker->arena, &maker->blocks);
    *block = (Block) {
        .kind = line->kind == LINE_ROW ? BLOCK_ROW : BLOCK_PARAGRAPH,
        .range = { maker->n, maker->n },
        .centred = line->indent >= CENTRED_INDENT && line->width <= CENTRED_WIDTH,
        .heading = line->heading,
    };
    append(maker, block, line);
    return block;
}

/* --- Tables ------------------------------------------------------------------------------------------------------ */

/* Bars at both ends of a table's first row are its frame; else a bar at an end has an empty cell beside it. */
static bool is_framed(const Maker *maker, const Block *row)
{
    return row->range.to - row->range.from > 1 && is_bar(maker->norm[row->range.from]) && is_bar(maker->norm[row->range.to - 1]);
}

static void split_cells(Maker *maker, Block *row)
{
    View view = { maker->norm, maker->orig, maker->at, maker->n };
    size_t from = row->range.from + (maker->framed && is_bar(view.norm[row->range.from]) ? 1 : 0);
    size_t to = row->range.to - (maker->framed && row->range.to > from && is_bar(view.norm[row->range.to - 1]) ? 1 : 0);
    ARENA_LIST(Range) cells = { 0 };
    for (size_t i = from; i <= to; i++)
        if (i == to || is_bar(view.norm[i])) {
            *ARENA_PUSH(maker->arena, &cells) = view_trim(&view, (Range) { from, i }, W(U""));
            from = i + 1;
        }
    row->cells = cells.v;
    row->n_cells = cells.n;
}

/* Whether a table goes on behind a line that spans it (一、公共卫生): the row above that has as many cells. */
static bool goes_on_behind_heading(const Maker *maker, size_t n_cells)
{
    enum { BETWEEN = 2 };
    const Block *blocks = maker->blocks.v;
    for (size_t i = maker->blocks.n - 1, k = 0; i-- > 0 && k <= BETWEEN; k++)
        if (blocks[i].kind == BLOCK_ROW)
            return blocks[i].n_cells == n_cells;
    return false;
}

static void add_row(Maker *maker, const Line *line, bool continues)
{
    Block *row = begin_block(maker, line);
    bool framed = maker->framed;
    if (!continues)
        maker->framed = is_framed(maker, row);
    split_cells(maker, row);
    if (!continues && goes_on_behind_heading(maker, row->n_cells))
        maker->framed = framed;
    else if (!continues)
        maker->tables++;
    row->table = maker->tables;
}

/* --- Making ------------------------------------------------------------------------------------------------------ */

static bool same_text(const View *text, Range a, Range b)
{
    size_t i = a.from, k = b.from;
    for (;; i++, k++) {
        while (i < a.to && text->norm[i] == ' ')
            i++;
        while (k < b.to && text->norm[k] == ' ')
            k++;
        if (i >= a.to || k >= b.to)
            return i >= a.to && k >= b.to;
        if (text->norm[i] != text->norm[k])
            return false;
    }
}

/* A title printed twice, once by the page and once by the document. */
static bool is_doubled(const Maker *maker, const Line *line)
{
    enum { WIDEST_TITLE = 200 };
    if (maker->last == maker->lines.n || line->kind != LINE_TEXT || line->width > WIDEST_TITLE)
        return false;
    const Line *last = &maker->lines.v[maker->last];
    const View *text = &maker->lines.text;
    return last->kind == LINE_TEXT && !label_begins(text, line->range) && line_ends(text, line->range) == END_OPEN
           && same_text(text, last->range, line->range);
}

static void add_line(Maker *maker, size_t i)
{
    const Line *line = &maker->lines.v[i];
    const Line *last = maker->last < maker->lines.n ? &maker->lines.v[maker->last] : NULL;
    bool apart = maker->last + 1 != i;
    if (is_doubled(maker, line))
        return;
    if (line->kind == LINE_ROW)
        add_row(maker, line, last && last->kind == LINE_ROW);
    else if (last && joins(maker, last, line, apart))
        append(maker, &maker->blocks.v[maker->blocks.n - 1], line);
    else
        begin_block(maker, line);
    maker->last = i;
}

Blocks blocks_make(const DocText *text, Arena *arena, Diags *diags)
{
    bool markdown = text->form == DOC_FORM_MD;
    Maker maker = { .arena = arena, .markdown = markdown, .loose = text->form == DOC_FORM_PDF, .lines = lines_split(text->text, markdown, arena) };
    chrome_mark(&maker.lines, diags);
    /* A line adds at most a space or an end to its own characters. */
    size_t room = maker.lines.text.n + 2 * maker.lines.n + 2;
    maker.norm = ARENA_ARRAY(arena, char32_t, room);
    maker.orig = ARENA_ARRAY(arena, char32_t, room);
    maker.at = ARENA_ARRAY(arena, uint32_t, room);
    maker.wrap = find_wrap(&maker.lines);
    maker.indented = find_indented(&maker);
    maker.last = maker.lines.n;
    for (size_t i = 0; i < maker.lines.n; i++)
        if (maker.lines.v[i].kind == LINE_TEXT || maker.lines.v[i].kind == LINE_ROW)
            add_line(&maker, i);
    end_block(&maker);
    maker.at[maker.n] = (uint32_t) maker.lines.text.n;
    Blocks blocks = { .view = { maker.norm, maker.orig, maker.at, maker.n }, .blocks = maker.blocks.v, .n_blocks = maker.blocks.n };
    blocks.fields = chrome_fields(&maker.lines, arena, &blocks.n_fields);
    return blocks;
}
