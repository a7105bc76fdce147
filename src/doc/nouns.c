/* nouns.c: the text before and behind a figure, as far as it says what is counted. What leads in (力争, 到2025年, 确保), what links (分别, 达到)
 * and the verb of a promise (建成) are cut off; 新增 and its like stay. */
#include "doc/quantity.h"

#include "base/banned.h"

Range noun_trim(const View *view, Range range)
{
    static const Word before = WORD_INIT(U" 、的"), behind = WORD_INIT(U" 、的了:.");
    while (range.from < range.to && word_holds(before, view->norm[range.from]))
        range.from++;
    while (range.from < range.to && word_holds(behind, view->norm[range.to - 1]))
        range.to--;
    return range;
}

/* The first token that begins at or behind a place. */
static size_t token_at(const Sentence *sentence, size_t at)
{
    size_t low = 0, high = sentence->tokens->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (SENTENCE_TOKEN(sentence, middle)->range.from < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void tokens_in(const Sentence *sentence, Range range, size_t *ret_first, size_t *ret_end)
{
    size_t end = token_at(sentence, range.to);
    *ret_first = MIN(token_at(sentence, range.from), end);
    *ret_end = end > *ret_first && SENTENCE_TOKEN(sentence, end - 1)->range.to > range.to ? end - 1 : end;
}

/* --- The text before a figure ------------------------------------------------------------------------------------ */

enum {
    DROPS_AT_END = ONE(WORD_LINK) | ONE(WORD_BEFORE) | ONE(WORD_SOFT) | ONE(WORD_EACH) | ONE(WORD_DONE) | ONE(WORD_LEAD) | ONE(WORD_ENSURE) | ONE(WORD_WILL)
                   | ONE(WORD_FROM) | ONE(WORD_JOIN),
    DROPS_AT_START = ONE(WORD_LINK) | ONE(WORD_LEAD) | ONE(WORD_ENSURE) | ONE(WORD_SOFT) | ONE(WORD_DONE) | ONE(WORD_WILL) | ONE(WORD_JOIN) | ONE(WORD_WORK)
                     | ONE(WORD_BEHIND),
};

static bool drops_at_end(const Token *token, bool keeps_area)
{
    return token->kind == TOKEN_DATE || token->kind == TOKEN_PAUSE || token_is(token, DROPS_AT_END | (keeps_area ? 0 : ONE(WORD_AREA)));
}

static bool drops_at_start(const Sentence *sentence, size_t i)
{
    const Token *token = SENTENCE_TOKEN(sentence, i);
    if (token_is(token, ONE(WORD_THAN))) { /* 较2023年同期发文减少, but not 较上年减少 */
        const Token *next = i + 1 < sentence->tokens->len ? token + 1 : token;
        bool bare = next->range.from == token->range.to && token_is(next, ONE(WORD_CHANGE));
        return !bare && (token->word->word.n > 1 || next->kind == TOKEN_DATE);
    }
    return token->kind == TOKEN_DATE || token->kind == TOKEN_PAUSE || token->kind == TOKEN_CLOSE || token_is(token, DROPS_AT_START);
}

/* 到2025年, 于6月底. */
static bool leads_date(char32_t c)
{
    return c == U'到' || c == U'至' || c == U'于' || c == U'在';
}

static Range strip_end(const Sentence *sentence, Range range, bool keeps_area, size_t first, size_t end)
{
    const View *view = sentence->view;
    while (end > first && SENTENCE_TOKEN(sentence, end - 1)->range.to == range.to && drops_at_end(SENTENCE_TOKEN(sentence, end - 1), keeps_area)) {
        const Token *last = SENTENCE_TOKEN(sentence, --end);
        range = noun_trim(view, (Range) { range.from, last->range.from });
        if (last->kind == TOKEN_DATE && range.from < range.to && leads_date(view->norm[range.to - 1]))
            range = noun_trim(view, (Range) { range.from, range.to - 1 });
    }
    return range;
}

static Range strip_start(const Sentence *sentence, Range range, size_t first, size_t end)
{
    for (; first < end; first++) {
        const Token *token = SENTENCE_TOKEN(sentence, first);
        bool dated = token->kind == TOKEN_DATE && token->range.from == range.from + 1 && leads_date(sentence->view->norm[range.from]);
        if (token->range.from >= range.from && !dated && (token->range.from != range.from || !drops_at_start(sentence, first)))
            break;
        if (token->range.from >= range.from)
            range = noun_trim(sentence->view, (Range) { MIN(token->range.to, range.to), range.to });
    }
    return range;
}

Range noun_strip(const Sentence *sentence, Range range, bool keeps_area)
{
    size_t first, end;
    tokens_in(sentence, range, &first, &end);
    range = strip_end(sentence, noun_trim(sentence->view, range), keeps_area, first, end);
    return strip_start(sentence, range, first, end);
}

/* In a plan, who brings something about is part of what is counted: 三级医院开展新技术; but not 全市建成, nor for whom: 为卫生院培养. */
static bool is_actor(const Sentence *sentence, Range range)
{
    static const Word ends = WORD_INIT(U"院心构室县区市镇校局所站社队位村业"), outsiders = WORD_INIT(U"全为对向");
    const View *view = sentence->view;
    range = noun_trim(view, range);
    bool receives = range.from > 0 && view->norm[range.from - 1] == U'为'; /* already cut off as a link */
    if (sentence->context->results || receives || range_empty(range) || word_holds(outsiders, view->norm[range.from]))
        return false;
    return word_holds(ends, view->norm[range.to - 1]);
}

/* 适宜技术推广项目, 手术完成例数: what looks like a verb is part of a noun. */
static bool is_in_noun(const View *view, size_t at)
{
    static const Word nouns[] = {
        WORD_INIT(U"项目"), WORD_INIT(U"工程"), WORD_INIT(U"行动"), WORD_INIT(U"基地"), WORD_INIT(U"中心"), WORD_INIT(U"工作"), WORD_INIT(U"活动"),
        WORD_INIT(U"率"), WORD_INIT(U"数"), WORD_INIT(U"人员"), WORD_INIT(U"能力"), WORD_INIT(U"水平"), WORD_INIT(U"机构"), WORD_INIT(U"单位"),
        WORD_INIT(U"体系"), WORD_INIT(U"量"), WORD_INIT(U"面积"), WORD_INIT(U"对象"), WORD_INIT(U"计划"), WORD_INIT(U"例数"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(nouns); i++)
        if (view_at(view, at, nouns[i]))
            return true;
    return false;
}

/* Where the metric begins that a verb in the middle introduces: 为卫生院培养学生80名; 通过会议确保签约率. */
static Range cut_lead(const Sentence *sentence, const Figure *figure, Range range, size_t first, size_t end)
{
    bool count = figure->text.kind == UNIT_COUNT && !figure->each;
    size_t from = range.from;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token_is(token, ONE(WORD_ADD)))
            break;
        bool brings = count && token_is(token, ONE(WORD_BRING)) && !is_in_noun(sentence->view, token->range.to);
        bool alone = brings && !is_actor(sentence, (Range) { range.from, token->range.from });
        if ((alone || token_is(token, ONE(WORD_ENSURE) | ONE(WORD_DONE))) && token->range.to + 1 < range.to)
            from = token->range.to;
    }
    return noun_trim(sentence->view, (Range) { from, range.to });
}

/* 自付费用控制在总费用的10%以内: what stands behind a comparator that rules from afar describes the figure. 至少 leads a verb instead. */
static Range cut_ruled(const Sentence *sentence, const Figure *figure, Range range, size_t first, size_t end)
{
    if (!figure->earlier || figure->earlier->word.p[0] == U'至' || figure->earlier->word.p[0] == U'最')
        return range;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_WORD && token->word == figure->earlier && token->range.from > range.from + 1)
            return noun_trim(sentence->view, (Range) { range.from, token->range.from });
    }
    return range;
}

/* Whether nothing but one verb is left. */
static bool is_verb_only(const Sentence *sentence, Range range, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->range.from == range.from && token->range.to == range.to)
            return token_is(token, PROMISING);
    }
    return false;
}

static bool ends_in_verb(const Sentence *sentence, Range range, size_t first, size_t end)
{
    while (end > first && SENTENCE_TOKEN(sentence, end - 1)->range.to > range.to)
        end--;
    if (end <= first)
        return false;
    const Token *token = SENTENCE_TOKEN(sentence, end - 1);
    return token->range.to == range.to && token_is(token, PROMISING);
}

/* 药占比由32%, 全市65家服务站: without the figure that it moves away from, what counts it stands before or behind that. */
static Range cut_base(const Sentence *sentence, Range range, size_t first, size_t end)
{
    size_t from = range.to;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token_is(token, ONE(WORD_THAN)))
            break;
        if (token_is(token, ONE(WORD_FROM)) && from == range.to)
            from = token->range.from;
        if (token->kind != TOKEN_FIGURE || !SENTENCE_FIGURE(sentence, token->index)->base)
            continue;
        if (token->range.to + 1 < range.to && view_find(sentence->view, (Range) { token->range.to, range.to }, W(U"基础上")) == range.to)
            return noun_trim(sentence->view, (Range) { token->range.to, range.to });
        if (from < token->range.from && token->range.to + 1 >= range.to)
            return noun_trim(sentence->view, (Range) { range.from, from });
    }
    return range;
}

/* 以县为单位: how it is counted, not what. */
static Range cut_by_unit(const View *view, Range range)
{
    size_t at = view_find(view, range, W(U"为单位"));
    return at < range.to && at + 4 < range.to ? (Range) { at + 3, range.to } : range;
}

/* 建设健康驿站4个: the verb at the head goes; not of a rate, whose first words may qualify a noun (开设晚门诊的医院比例). */
static Range cut_leading_verb(const Sentence *sentence, const Figure *figure, Range range, size_t first, size_t end)
{
    const Token *token = first < end ? SENTENCE_TOKEN(sentence, first) : NULL;
    if (!token || token->range.from != range.from || !token_is(token, ONE(WORD_BRING) | ONE(WORD_BUILD)) || figure->text.kind == UNIT_RATE)
        return range;
    return noun_trim(sentence->view, (Range) { token->range.to, range.to });
}

LeftNoun noun_before(const Sentence *sentence, const Figure *figure, size_t from)
{
    size_t first, end;
    bool keeps_area = figure->text.kind == UNIT_RANK;
    Range range = noun_strip(sentence, (Range) { MIN(from, figure->whole.from), figure->whole.from }, keeps_area);
    tokens_in(sentence, range, &first, &end);
    range = cut_base(sentence, range, first, end);
    range = cut_ruled(sentence, figure, range, first, end);
    range = cut_lead(sentence, figure, range, first, end);
    range = noun_strip(sentence, cut_by_unit(sentence->view, range), keeps_area);
    tokens_in(sentence, range, &first, &end);
    LeftNoun left = { .noun = range, .ends_in_verb = ends_in_verb(sentence, range, first, end) };
    if (is_verb_only(sentence, range, first, end)) {
        left.verb = range;
        left.noun.to = range.from;
    } else {
        left.noun = cut_leading_verb(sentence, figure, range, first, end);
    }
    return left;
}

/* --- The text behind a figure ------------------------------------------------------------------------------------ */

/* Words behind which a counted noun has ended: 330名医生支援县级医院. */
static bool ends_noun(const Sentence *sentence, const Token *token)
{
    bool all = token_is(token, ONE(WORD_LINK)) && word_holds(W(U"均都全"), token->word->word.p[0]);
    return all || token->kind == TOKEN_DATE || token_is(token, ONE(WORD_DONE) | ONE(WORD_WILL) | (sentence->context->results ? ONE(WORD_JOIN) : 0));
}

static const Word next_verbs[] = {
    WORD_INIT(U"参训"), WORD_INIT(U"参加"), WORD_INIT(U"参选"), WORD_INIT(U"参与"), WORD_INIT(U"支援"), WORD_INIT(U"提供"), WORD_INIT(U"前往"),
    WORD_INIT(U"赴"), WORD_INIT(U"用于"), WORD_INIT(U"接受"), WORD_INIT(U"进行"), WORD_INIT(U"到基层"), WORD_INIT(U"开展"), WORD_INIT(U"作出"),
    WORD_INIT(U"实施"),
};

static size_t noun_end(const Sentence *sentence, const Figure *figure, Range range, size_t first)
{
    for (size_t i = first; i < sentence->tokens->len && SENTENCE_TOKEN(sentence, i)->range.from < range.to; i++)
        if (SENTENCE_TOKEN(sentence, i)->range.from > range.from + 1 && ends_noun(sentence, SENTENCE_TOKEN(sentence, i)))
            range.to = SENTENCE_TOKEN(sentence, i)->range.from;
    for (size_t w = 0; w < G_N_ELEMENTS(next_verbs) && figure->text.kind == UNIT_COUNT; w++) {
        size_t at = view_find(sentence->view, (Range) { range.from + 2 < range.to ? range.from + 2 : range.to, range.to }, next_verbs[w]);
        range.to = MIN(range.to, at);
    }
    return range.to;
}

bool noun_follows(const Sentence *sentence, const Figure *figure, bool has_left)
{
    const View *view = sentence->view;
    size_t at = skip_blank(view, figure->whole.to, figure->around.to);
    if (is_boundary(view, at, figure->around.to))
        return false;
    if (view->norm[at] == U'的')
        return true;
    bool counts_left = has_left && figure->text.kind == UNIT_COUNT;
    bool has_verb = figure->verb && !figure->inherited && figure->verb->class != WORD_WORK;
    const LexWord *word = word_read(view, at, figure->around.to);
    if (counts_left && (has_verb || (word && word->class != WORD_PLAIN))) /* 招募医师60名到基层服务, 互联网医院10家投入运行 */
        return false;
    if (word && class_is(word->class, ONE(WORD_JOIN) | ONE(WORD_LEAD) | ONE(WORD_ENSURE) | ONE(WORD_SOFT)))
        return false;
    return figure->text.kind == UNIT_COUNT || figure->text.kind == UNIT_MONEY || !(has_left && figure->before);
}

size_t noun_split(const Sentence *sentence, const Figure *figure, const Figure *next)
{
    size_t split = next->whole.from, verb = next->whole.from;
    bool found = false;
    for (size_t i = figure->token + 1; i < next->token; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_PAUSE || token_is(token, ONE(WORD_JOIN))) {
            split = token->range.from;
            found = true;
        } else if (token_is(token, PROMISING) && token->range.from > figure->whole.to + 1) {
            verb = MIN(verb, token->range.from);
        }
    }
    return found ? split : verb;
}

Range noun_behind(const Sentence *sentence, const Figure *figure, size_t end)
{
    const View *view = sentence->view;
    Range range = noun_trim(view, (Range) { MIN(figure->whole.to, end), end });
    range.to = noun_end(sentence, figure, range, figure->token + 1);
    return noun_trim(view, range);
}
