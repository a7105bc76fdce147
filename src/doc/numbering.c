/* A label is what a paragraph begins with: 一、 （二） 3. 问题4： ⑤. Which of the candidates are labels is told by their runs: "2." between
 * "1." and "3." is one whatever follows it, "2.5" in running text never is. So all candidates are collected first, the doubtful ones marked
 * weak, and a second pass keeps the weak ones only where the numbers before and behind ask for them. */
#include "base/limits.h"
#include "doc/structure.h"

#include "base/banned.h"

/* Over three digits a number is rather a year or a count: such a label is weak, and stays only in a run. */
enum { LABEL_NUMBER_MAX = LIMIT_DOC_ITEMS, SURE_NUMBER_MAX = 999 };

/* One code point that is a whole label, by the first of its block. */
typedef struct {
    char32_t first, last;
    Style style;
    int number; /* of the first */
} SignRow;

static const SignRow sign_rows[] = {
    { U'①', U'⑳', STYLE_CIRCLED, 1 }, { U'㉑', U'㉟', STYLE_CIRCLED, 21 }, { U'㊱', U'㊿', STYLE_CIRCLED, 36 },
    { U'❶', U'❿', STYLE_CIRCLED, 1 }, { U'➀', U'➉', STYLE_CIRCLED, 1 }, { U'⑴', U'⒇', STYLE_ARABIC_PAREN, 1 },
    { U'⒈', U'⒛', STYLE_ARABIC, 1 }, { U'㈠', U'㈩', STYLE_HAN_PAREN, 1 },
};

/* 第N…, by what follows the number. */
typedef struct {
    Word word;
    Style style;
} OrdinalRow;

static const OrdinalRow ordinal_rows[] = {
    { WORD_INIT(U"部分"), STYLE_PART }, { WORD_INIT(U"篇"), STYLE_PART }, { WORD_INIT(U"章"), STYLE_CHAPTER },
    { WORD_INIT(U"节"), STYLE_SECTION }, { WORD_INIT(U"条"), STYLE_ARTICLE },
};

/* Words that a number follows: each is a style of its own, so that 措施1 nests under 问题1. */
static const Word named_words[] = {
    WORD_INIT(U"问题"), WORD_INIT(U"任务"), WORD_INIT(U"事项"), WORD_INIT(U"措施"), WORD_INIT(U"举措"), WORD_INIT(U"行动"),
    WORD_INIT(U"工程"), WORD_INIT(U"项目"), WORD_INIT(U"专项"), WORD_INIT(U"指标"), WORD_INIT(U"目标"), WORD_INIT(U"重点任务"),
    WORD_INIT(U"重点工作"), WORD_INIT(U"工作任务"), WORD_INIT(U"整改任务"), WORD_INIT(U"整改问题"), WORD_INIT(U"反馈问题"),
    WORD_INIT(U"具体问题"), WORD_INIT(U"整改措施"), WORD_INIT(U"工作措施"), WORD_INIT(U"主要任务"), WORD_INIT(U"存在问题"),
    WORD_INIT(U"整改事项"), WORD_INIT(U"序号"),
};
G_STATIC_ASSERT(G_N_ELEMENTS(named_words) < STYLE_MAX - STYLE_NAMED);

static const Word problem_signs[] = { WORD_INIT(U"问题") };

bool is_problem_style(Style style)
{
    if (style < STYLE_NAMED || style >= STYLE_NAMED + G_N_ELEMENTS(named_words))
        return false;
    Word word = named_words[style - STYLE_NAMED];
    View view = { .norm = word.p, .n = word.n };
    return words_in(&view, (Range) { 0, word.n }, WORDS(problem_signs));
}

/* What a number stands before when it counts or dates something: then it is no label without a stop. */
static const char32_t unit_chars[] = U"年月日号个家项名人次万亿千百%‰例所条种类岁元张届级期批度倍分点时周天季支台辆套户间座床部份件起处"
                                     U"轮楼层版月余多-~～—–/:+×℃·0123456789";
static const Word units = { unit_chars, G_N_ELEMENTS(unit_chars) - 1 };

static const Word stops = WORD_INIT(U".、．,:。)");
static const Word firm_stops = WORD_INIT(U".、．");

static bool is_digit(char32_t c)
{
    return c >= '0' && c <= '9';
}

static char32_t char_at(const View *view, size_t i, size_t to)
{
    return i < to ? view->norm[i] : 0;
}

static bool sign_label(const View *view, size_t i, size_t to, Label *label)
{
    for (size_t r = 0; r < G_N_ELEMENTS(sign_rows); r++) {
        const SignRow *row = &sign_rows[r];
        if (view->norm[i] < row->first || view->norm[i] > row->last)
            continue;
        size_t end = i + 1 + (char_at(view, i + 1, to) == U'、' || char_at(view, i + 1, to) == '.');
        *label = (Label) { .style = row->style, .number = row->number + (int) (view->norm[i] - row->first),
            .range = { i, end }, .digits = { i, i + 1 } };
        return true;
    }
    return false;
}

static bool ordinal_label(const View *view, size_t i, size_t to, Label *label)
{
    int number;
    size_t at = skip_blanks(view, i + 1, to);
    size_t n = han_number(view, at, to, &number);
    if (!n)
        n = digit_number(view, at, to, &number);
    if (!n)
        return false;
    size_t behind = skip_blanks(view, at + n, to);
    for (size_t r = 0; r < G_N_ELEMENTS(ordinal_rows); r++) {
        if (!word_here(view, behind, to, ordinal_rows[r].word))
            continue;
        size_t end = behind + ordinal_rows[r].word.n;
        char32_t stop = char_at(view, end, to);
        bool stopped = word_has(stops, stop) && stop != ')';
        *label = (Label) { .style = ordinal_rows[r].style, .number = number, .range = { i, end + stopped }, .digits = { at, at + n },
            .stop = stopped ? stop : 0, .weak = !stopped && stop != ' ' && stop != 0 };
        return true;
    }
    return false;
}

/* （一） (1) 【一】, blanks allowed inside. */
static bool bracket_label(const View *view, size_t i, size_t to, Label *label)
{
    int number;
    size_t at = skip_blanks(view, i + 1, to);
    size_t n = han_number(view, at, to, &number);
    Style style = STYLE_HAN_PAREN;
    if (!n) {
        n = digit_number(view, at, to, &number);
        style = STYLE_ARABIC_PAREN;
    }
    size_t close = skip_blanks(view, at + n, to);
    if (!n || !word_has(W(U")〕】"), char_at(view, close, to)))
        return false;
    char32_t next = char_at(view, close + 1, to);
    size_t end = close + 1 + (next == U'、' || next == '.');
    *label = (Label) { .style = style, .number = number, .range = { i, end }, .digits = { at, at + n }, .stop = '(',
        .weak = next == U'至' || next == ',' };
    return true;
}

/* 1.1 and 1.1.1: never certain, since a decimal looks the same. */
static bool decimal_label(const View *view, size_t i, size_t to, Label *label)
{
    int number = 0;
    size_t at = i, parts = 0;
    for (size_t n; (n = digit_number(view, at, to, &number)); at++) {
        at += n;
        parts++;
        if (char_at(view, at, to) != '.' || !is_digit(char_at(view, at + 1, to)))
            break;
    }
    char32_t next = char_at(view, at, to);
    if (parts < 2 || number > LABEL_NUMBER_MAX || word_has(units, next))
        return false;
    bool stopped = word_has(firm_stops, next);
    *label = (Label) { .style = parts == 2 ? STYLE_DECIMAL : STYLE_DECIMAL_DEEP, .number = number, .range = { i, at + stopped }, .digits = { i, at },
        .stop = stopped ? next : 0, .weak = true };
    return true;
}

static bool arabic_label(const View *view, size_t i, size_t to, Label *label)
{
    int number;
    size_t n = digit_number(view, i, to, &number);
    if (!n || number > LABEL_NUMBER_MAX)
        return false;
    char32_t stop = char_at(view, i + n, to);
    *label = (Label) { .style = STYLE_ARABIC, .number = number, .range = { i, i + n }, .digits = { i, i + n }, .stop = stop };
    if (stop == ')') {
        label->style = STYLE_ARABIC_PAREN;
        label->range.to++;
        label->weak = number > SURE_NUMBER_MAX;
        return true;
    }
    size_t gap = skip_blanks(view, i + n, to);
    if (gap > i + n && word_has(firm_stops, char_at(view, gap, to))) /* "1 ." */
        label->stop = stop = view->norm[gap], label->range.to = gap;
    if (word_has(stops, stop)) {
        label->range.to++;
        char32_t next = char_at(view, label->range.to, to);
        label->weak = number > SURE_NUMBER_MAX || !word_has(firm_stops, stop) || is_digit(next) || next == U'月' || next == '%';
        return true;
    }
    label->stop = 0;
    label->weak = true;
    return !word_has(units, char_at(view, gap, to));
}

static bool han_label(const View *view, size_t i, size_t to, Label *label)
{
    int number;
    size_t n = han_number(view, i, to, &number);
    if (!n || number == 0)
        return false;
    char32_t stop = char_at(view, i + n, to);
    *label = (Label) { .style = STYLE_HAN, .number = number, .range = { i, i + n + 1 }, .digits = { i, i + n }, .stop = stop };
    if (stop == ')') {
        label->style = STYLE_HAN_PAREN;
        return true;
    }
    size_t gap = skip_blanks(view, i + n, to);
    if (gap > i + n && char_at(view, gap, to) == U'、')
        label->stop = stop = U'、', label->range.to = gap + 1;
    int following;
    label->weak = !word_has(firm_stops, stop) || han_number(view, label->range.to, to, &following) > 0;
    return word_has(stops, stop) || stop == ' ';
}

static bool named_label(const View *view, size_t i, size_t to, Label *label)
{
    bool bracket = view->norm[i] == U'【' || view->norm[i] == '(' || view->norm[i] == U'〔';
    size_t word, at = i + bracket;
    size_t n = words_at(view, at, to, WORDS(named_words), &word);
    if (!n)
        return false;
    int number;
    at = skip_blanks(view, at + n, to);
    size_t digits = digit_number(view, at, to, &number);
    if (!digits)
        digits = han_number(view, at, to, &number);
    if (!digits || number > LABEL_NUMBER_MAX)
        return false;
    char32_t stop = char_at(view, at + digits, to);
    bool stopped = bracket ? word_has(W(U"】)〕"), stop) : word_has(stops, stop);
    if (bracket && !stopped)
        return false;
    *label = (Label) { .style = (Style) (STYLE_NAMED + word), .number = number, .range = { i, at + digits + stopped },
        .digits = { at, at + digits }, .stop = stopped ? stop : 0, .weak = !stopped && stop != ' ' };
    return stopped || !word_has(units, stop);
}

bool label_read(const View *view, size_t i, size_t to, Label *ret_label)
{
    if (i >= to)
        return false;
    char32_t c = view->norm[i];
    if (c == U'第')
        return ordinal_label(view, i, to, ret_label);
    if (c == '(' || c == U'〔' || c == U'【')
        return bracket_label(view, i, to, ret_label) || named_label(view, i, to, ret_label);
    if (is_digit(c))
        return decimal_label(view, i, to, ret_label) || arabic_label(view, i, to, ret_label);
    return sign_label(view, i, to, ret_label) || han_label(view, i, to, ret_label) || named_label(view, i, to, ret_label);
}

/* --- Candidates ------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(Label) LabelList;

static bool ends_sentence(const View *view, Range line, size_t i)
{
    if (view->norm[i - 1] == ' ' && i >= line.from + 2)
        i--;
    return word_has(W(U"。;!?)”"), view->norm[i - 1]);
}

/* 抓好防控1. 监测…: right behind a word only 1. and 1、 are looked at. */
static bool behind_word(const View *view, Range line, size_t i, Label *label)
{
    label->second = is_digit(view->norm[i]) && arabic_label(view, i, line.to, label) && !label->weak && label->style == STYLE_ARABIC
                    && word_has(firm_stops, label->stop);
    return label->second;
}

/* Before which characters a label may stand inside a paragraph. A bare number or 第… never does. */
static bool inside_label(const View *view, Range line, size_t i, Label *label)
{
    char32_t before = view->norm[i - 1];
    bool sentence = ends_sentence(view, line, i);
    if (is_han(before))
        return behind_word(view, line, i, label);
    if ((!sentence && !word_has(W(U":, "), before)) || !label_read(view, i, line.to, label))
        return false;
    if (label->style == STYLE_CIRCLED)
        return true;
    bool own_sign = label->style == STYLE_HAN_PAREN || label->style == STYLE_ARABIC_PAREN;
    return label->stop != 0 && label->style >= STYLE_HAN && (sentence || before == ':' || own_sign);
}

/* The labels that a paragraph begins with: 1.(1) has two. */
static size_t leading_labels(const View *view, Range line, uint32_t block, Arena *arena, LabelList *list)
{
    enum { LEADING_MAX = 3 };
    size_t at = line.from;
    while (at < line.to && (is_blank(view->norm[at]) || word_has(W(U"#*>"), view->norm[at])))
        at++;
    Label label;
    for (size_t k = 0; k < LEADING_MAX && label_read(view, at, line.to, &label) && (k == 0 || label.stop); k++) {
        if (k > 0 && (label.weak || label.style <= list->v[list->n - 1].style))
            break;
        label.block = block;
        *ARENA_PUSH(arena, list) = label;
        if ((label.style == STYLE_DECIMAL || label.style == STYLE_DECIMAL_DEEP) && arabic_label(view, at, line.to, &label)) {
            label.block = block; /* 4.120急救: perhaps 4. before a number */
            label.second = true;
            *ARENA_PUSH(arena, list) = label;
            break;
        }
        at = skip_blanks(view, label.range.to, line.to);
    }
    return at;
}

static void candidates_of_line(const View *view, Range line, uint32_t block, Arena *arena, LabelList *list)
{
    size_t labels = list->n, from = leading_labels(view, line, block, arena, list);
    bool heading = list->n > labels && list->v[list->n - 1].style < STYLE_ARABIC; /* and no stop since */
    for (size_t i = MAX(from, line.from + 1); i < line.to; i++) {
        Label label;
        heading = heading && !word_has(W(U"。;!?"), view->norm[i]);
        if (view->norm[i] < '(' || !inside_label(view, line, i, &label))
            continue;
        label.block = block;
        label.inside = label.weak = true;
        label.glued = heading && label.style == STYLE_ARABIC;
        *ARENA_PUSH(arena, list) = label;
        i = label.range.to - 1;
    }
}

/* --- Runs ------------------------------------------------------------------------------------------------------- */

/* For each label the next candidate of its style, or n. */
static uint32_t *next_of_style(const LabelList *list, Arena *arena)
{
    uint32_t *next = ARENA_ARRAY(arena, uint32_t, list->n + 1), ahead[STYLE_MAX];
    for (size_t s = 0; s < STYLE_MAX; s++)
        ahead[s] = (uint32_t) list->n;
    for (size_t i = list->n; i-- > 0;) {
        next[i] = ahead[list->v[i].style];
        if (!list->v[i].second)
            ahead[list->v[i].style] = (uint32_t) i;
    }
    return next;
}

/* The last accepted label of a style: in the middle of paragraphs lists are told apart from those at their beginning. */
typedef struct {
    int number[2];
    uint32_t block[2];
    bool any[2];
} LastOf;

static bool follows(const LastOf *last, const Label *label, bool inside)
{
    return last->any[inside] && label->number == last->number[inside] + 1 && (!inside || last->block[inside] == label->block);
}

/* Whether the numbers around a weak candidate ask for it. */
static bool run_wants(const LabelList *list, const LastOf *last, size_t i, const uint32_t *next)
{
    const Label *label = &list->v[i];
    const Label *ahead = next[i] < list->n ? &list->v[next[i]] : NULL;
    bool goes_on = ahead && ahead->number == label->number + 1;
    bool next_anywhere = (last->any[false] && label->number == last->number[false] + 1)
                         || (last->any[true] && label->number == last->number[true] + 1);
    if (label->glued)
        return label->number == 1 || next_anywhere;
    if (label->inside) {
        bool goes_on_here = goes_on && ahead->inside && ahead->block == label->block;
        if (follows(last, label, true) || (label->number == 1 && goes_on_here))
            return !label->second || goes_on;
        if (label->number == 1 && goes_on && label->style <= STYLE_ARABIC && !(last->any[false] && last->number[false] == 1))
            return true;
        if (follows(last, label, false) && last->block[false] == label->block)
            return true; /* a list that begins with its paragraph */
        return next_anywhere && (goes_on || !ahead) && label->style <= STYLE_ARABIC;
    }
    if (label->number == 1) /* "1.5" behind "1." and before "2." is none */
        return goes_on && !(last->any[false] && last->number[false] == 1);
    return follows(last, label, false) && (goes_on || !ahead || ahead->number == 1 || ahead->inside);
}

static const Word note_words[] = { WORD_INIT(U"注"), WORD_INIT(U"说明"), WORD_INIT(U"备注"), WORD_INIT(U"附注"), WORD_INIT(U"填表说明") };

/* 说明：1. … 2. …: the numbers of a remark are nobody's tasks. */
static bool is_note(const View *view, Range line)
{
    size_t from = skip_blanks(view, line.from, line.to);
    size_t n = words_at(view, from, line.to, WORDS(note_words), NULL);
    return n && char_at(view, from + n, line.to) == ':';
}

/* Notes below a table may go on in lines of their own. */
static bool continues_note(const Blocks *blocks, size_t b, bool in_note)
{
    Label label;
    Range line = blocks->blocks[b].range;
    return in_note && label_read(&blocks->view, skip_blanks(&blocks->view, line.from, line.to), line.to, &label) && label.style >= STYLE_ARABIC;
}

Labels labels_find(const Blocks *blocks, BlockRange body, Arena *arena)
{
    LabelList list = { 0 };
    bool in_note = false;
    for (size_t b = body.from; b < body.to; b++) {
        if (blocks->blocks[b].kind != BLOCK_PARAGRAPH)
            continue;
        bool below_table = b > body.from && blocks->blocks[b - 1].kind == BLOCK_ROW;
        bool note = is_note(&blocks->view, blocks->blocks[b].range), skip = note || continues_note(blocks, b, in_note);
        in_note = note ? below_table : skip;
        if (!skip)
            candidates_of_line(&blocks->view, blocks->blocks[b].range, (uint32_t) b, arena, &list);
    }
    const uint32_t *next = next_of_style(&list, arena);
    LastOf last[STYLE_MAX] = { 0 };
    size_t kept = 0;
    Label *accepted = ARENA_ARRAY(arena, Label, list.n + 1);
    for (size_t i = 0; i < list.n; i++) {
        const Label *label = &list.v[i];
        LastOf *of = &last[label->style];
        bool taken = kept > 0 && accepted[kept - 1].range.from == label->range.from;
        if (taken || (label->weak && !run_wants(&list, of, i, next)))
            continue;
        of->any[label->inside] = true;
        of->number[label->inside] = label->number;
        of->block[label->inside] = label->block;
        accepted[kept++] = *label;
    }
    return (Labels) { accepted, kept };
}

Str label_number(const View *view, const Label *label, Arena *arena)
{
    if (label->style == STYLE_DECIMAL || label->style == STYLE_DECIMAL_DEEP)
        return view_value(view, label->digits, arena).text;
    return arena_printf(arena, "%d", label->number);
}
