/* governors.c: what stands around a figure and rules it: its comparators, and the verb whose object it is.
 *
 * A comparator stands directly before (达到30%) or behind (30%以上) a figure, or earlier, with verb or noun between (至少新增1家). In a list of bare
 * figures (分别降到4.0‰、4.5‰以下) the first one's leading and the last one's trailing comparator serve all. */
#include "doc/quantity.h"

#include "base/banned.h"

enum { LOOK_BACK_TOKENS = 64 }; /* nothing farther off governs a figure; keeps long lists linear */

static bool governs(WordClass class)
{
    return class_is(class, PROMISING | ONE(WORD_WORK));
}

/* Comparators that rule a figure from afar. 达到 does not: 达到标准的机构占比92%. */
static bool rules_from_afar(const LexWord *word)
{
    return word->word.n >= 3 ? word->word.p[1] != U'到' : word->word.p[0] == U'至' || word->word.p[0] == U'最';
}

bool is_denominator(const View *view, const Figure *figure)
{
    size_t from = figure->text.range.from;
    return from > 0 && view->norm[from - 1] == U'每';
}

/* What may stand between a comparator and its figure. */
static bool is_between(const Sentence *sentence, const Token *token)
{
    if (token->kind == TOKEN_DATE)
        return true;
    if (token->kind == TOKEN_FIGURE)
        return is_denominator(sentence->view, SENTENCE_FIGURE(sentence, token->index));
    return token_is(token, ONE(WORD_LINK) | ONE(WORD_PER) | ONE(WORD_EACH));
}

/* Where the figure's own text begins, when a token ends before `at`: 的 of a date (增加到2025年的20家) and so many of something (达到每千人口5张,
 * 每10万人口100台) stand between a comparator and its figure. */
static size_t skip_per(const Sentence *sentence, const Token *token, size_t at)
{
    enum { PER_CHARS = 8 };
    const View *view = sentence->view;
    if (token->kind == TOKEN_DATE && token->range.to + 1 == at && view->norm[at - 1] == U'的')
        return token->range.to;
    if (token->kind == TOKEN_FIGURE && is_denominator(view, SENTENCE_FIGURE(sentence, token->index)) && token->range.to + PER_CHARS >= at)
        return token->range.to;
    if (token->range.to < at && token->range.to + PER_CHARS >= at && view->norm[token->range.to] == U'每')
        return token->range.to;
    return at;
}

/* The comparator directly before the figure; only links (人均, 分别) may stand between. Gives the start of the whole. */
static void look_before(Sentence *sentence, Figure *figure)
{
    const View *view = sentence->view;
    size_t at = figure->text.range.from;
    for (size_t i = figure->token; i > 0; i--) {
        const Token *token = SENTENCE_TOKEN(sentence, i - 1);
        at = skip_per(sentence, token, at);
        if (token->range.from < figure->around.from || skip_blank(view, token->range.to, at) != at)
            return;
        at = token->range.from;
        if (is_between(sentence, token))
            continue;
        if (token->kind != TOKEN_WORD || token->word->class != WORD_BEFORE)
            return;
        if (!figure->before)
            figure->before = token->word;
        figure->whole.from = at;
    }
}

static void look_behind(Sentence *sentence, Figure *figure)
{
    if (figure->token + 1 >= sentence->tokens->len)
        return;
    const Token *next = SENTENCE_TOKEN(sentence, figure->token + 1);
    size_t at = skip_blank(sentence->view, figure->text.range.to, sentence->range.to);
    if (next->kind == TOKEN_WORD && next->word->class == WORD_BEHIND && next->range.from == at) {
        figure->behind = next->word;
        figure->whole.to = next->range.to;
    }
}

/* An age or a grade inside a metric (65岁以上老年人, 二级医院) parts nothing. */
static bool is_aside(const Sentence *sentence, const Figure *figure)
{
    UnitKind kind = figure->text.kind;
    return figure->named || kind == UNIT_TIME || kind == UNIT_LABEL || kind == UNIT_NONE || is_denominator(sentence->view, figure);
}

/* The verb, 每 and far comparator, back to the figure before or the start of the stretch. */
static void look_back(Sentence *sentence, Figure *figure)
{
    for (size_t i = figure->token; i > 0 && i + LOOK_BACK_TOKENS > figure->token; i--) {
        const Token *token = SENTENCE_TOKEN(sentence, i - 1);
        if (token->range.from < figure->around.from)
            return;
        if (token->kind == TOKEN_FIGURE && !is_aside(sentence, SENTENCE_FIGURE(sentence, token->index)))
            return;
        if (token->kind != TOKEN_WORD)
            continue;
        if (!figure->verb && governs(token->word->class))
            figure->verb = token->word;
        figure->each |= token->word->class == WORD_EACH;
        if (!figure->before && !figure->earlier && token->word->class == WORD_BEFORE && rules_from_afar(token->word))
            figure->earlier = token->word;
    }
}

/* Whether only 、 or a conjunction stands between two figures with their comparators. */
static bool is_listed(const Sentence *sentence, const Figure *before, const Figure *figure)
{
    const View *view = sentence->view;
    if (before->clause != figure->clause || before->bracketed != figure->bracketed)
        return false;
    size_t at = skip_blank(view, before->whole.to, figure->whole.from);
    for (size_t i = before->token + 1; i < figure->token; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->range.from < at)
            continue;
        bool joins = token->kind == TOKEN_PAUSE || token_is(token, ONE(WORD_JOIN) | ONE(WORD_LINK));
        if (token->range.from != at || !joins)
            break;
        at = skip_blank(view, token->range.to, figure->whole.from);
    }
    return at >= figure->whole.from && before->whole.to < figure->whole.from;
}

static void share_in_lists(Sentence *sentence)
{
    for (size_t i = 1; i < sentence->figures->len; i++) {
        Figure *before = SENTENCE_FIGURE(sentence, i - 1), *figure = SENTENCE_FIGURE(sentence, i);
        figure->listed = is_listed(sentence, before, figure);
        if (figure->listed && !figure->before)
            figure->before = before->before;
    }
    for (size_t i = sentence->figures->len; i > 1; i--) {
        Figure *before = SENTENCE_FIGURE(sentence, i - 2), *figure = SENTENCE_FIGURE(sentence, i - 1);
        if (figure->listed && !before->behind)
            before->behind = figure->behind;
    }
}

/* What governs the figure before in its clause (or list) governs this one too, if nothing of its own does. */
static void inherit(Sentence *sentence)
{
    for (size_t i = 1; i < sentence->figures->len; i++) {
        Figure *before = SENTENCE_FIGURE(sentence, i - 1), *figure = SENTENCE_FIGURE(sentence, i);
        const Clause *clause = SENTENCE_CLAUSE(sentence, figure->clause);
        bool begins = skip_blank(sentence->view, clause->range.from, clause->range.to) == figure->text.range.from;
        if (figure->verb || (before->clause != figure->clause && (!begins || clause->fresh || before->clause + 1 != figure->clause)))
            continue;
        figure->verb = before->verb;
        figure->inherited = true;
        figure->each |= before->each;
    }
}

static TargetOp op_of(const Figure *figure)
{
    if (figure->text.between)
        return OP_RANGE;
    if (figure->text.kind == UNIT_RANK)
        return OP_LE;
    const LexWord *word = figure->behind ? figure->behind : figure->before ? figure->before : figure->earlier;
    if (word)
        return word->op;
    return figure->text.over ? OP_GE : OP_EQ;
}

void figures_compare(Sentence *sentence)
{
    for (size_t i = 0; i < sentence->figures->len; i++) {
        Figure *figure = SENTENCE_FIGURE(sentence, i);
        look_before(sentence, figure);
        look_behind(sentence, figure);
        look_back(sentence, figure);
    }
    share_in_lists(sentence);
    inherit(sentence);
    for (size_t i = 0; i < sentence->figures->len; i++)
        SENTENCE_FIGURE(sentence, i)->op = op_of(SENTENCE_FIGURE(sentence, i));
}
