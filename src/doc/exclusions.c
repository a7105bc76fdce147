/* exclusions.c: which figures are targets. A rate is one unless it is the base that something is compared with; a count is one when
 * something is brought about in that number; a duration only of a metric that is itself a time. The tables here name what speaks against. */
#include "doc/quantity.h"

#include "base/banned.h"

/* What a plan counts of itself or merely lists, when it stands behind a count. */
static const Word listed_things[] = {
    WORD_INIT(U"方面"), WORD_INIT(U"部门"), WORD_INIT(U"环节"), WORD_INIT(U"阶段"), WORD_INIT(U"步骤"), WORD_INIT(U"原则"), WORD_INIT(U"层面"),
    WORD_INIT(U"维度"), WORD_INIT(U"问题"), WORD_INIT(U"专项行动"), WORD_INIT(U"行动"), WORD_INIT(U"任务"), WORD_INIT(U"重点任务"), WORD_INIT(U"重点工作"),
    WORD_INIT(U"工作"), WORD_INIT(U"整改"), WORD_INIT(U"措施"), WORD_INIT(U"具体措施"), WORD_INIT(U"举措"), WORD_INIT(U"要求"), WORD_INIT(U"配套文件"),
    WORD_INIT(U"配套"), WORD_INIT(U"文件"), WORD_INIT(U"制度"), WORD_INIT(U"指标"), WORD_INIT(U"主要指标"), WORD_INIT(U"关键"), WORD_INIT(U"条件"),
    WORD_INIT(U"内容"), WORD_INIT(U"板块"), WORD_INIT(U"领域"), WORD_INIT(U"机制"), WORD_INIT(U"体系"), WORD_INIT(U"清单"), WORD_INIT(U"台账"),
    WORD_INIT(U"防线"), WORD_INIT(U"关口"), WORD_INIT(U"共同体"), WORD_INIT(U"格局"), WORD_INIT(U"模式"), WORD_INIT(U"核心制度"), WORD_INIT(U"意识"),
    WORD_INIT(U"维护"), WORD_INIT(U"自信"), WORD_INIT(U"全覆盖"), WORD_INIT(U"月内"), WORD_INIT(U"专项方案"), WORD_INIT(U"子方案"), WORD_INIT(U"重大工程"),
    WORD_INIT(U"统一"), WORD_INIT(U"一体"), WORD_INIT(U"专班"), WORD_INIT(U"工作组"), WORD_INIT(U"专项小组"), WORD_INIT(U"小组"),
};

/* Places: a count of them says where, unless the count itself is promised. */
static const Word places[] = {
    WORD_INIT(U"城区"), WORD_INIT(U"区县"), WORD_INIT(U"县区"), WORD_INIT(U"县(市"), WORD_INIT(U"区(县"), WORD_INIT(U"市(县"), WORD_INIT(U"市县"),
    WORD_INIT(U"市州"), WORD_INIT(U"地市"), WORD_INIT(U"乡镇("), WORD_INIT(U"镇街"), WORD_INIT(U"地区"), WORD_INIT(U"行政村"), WORD_INIT(U"设区市"),
    WORD_INIT(U"省份"),
};

/* Metrics that are a time; their ends. */
static const Word times[] = {
    WORD_INIT(U"时间"), WORD_INIT(U"时长"), WORD_INIT(U"时限"), WORD_INIT(U"住院日"), WORD_INIT(U"天数"), WORD_INIT(U"寿命"), WORD_INIT(U"周期"),
    WORD_INIT(U"时效"), WORD_INIT(U"日数"), WORD_INIT(U"年龄"), WORD_INIT(U"间隔"), WORD_INIT(U"期限"), WORD_INIT(U"耗时"), WORD_INIT(U"用时"),
    WORD_INIT(U"响应"), WORD_INIT(U"反应"), WORD_INIT(U"DNT"), WORD_INIT(U"D-to-B"),
};
static const Word life_times[] = { WORD_INIT(U"寿命"), WORD_INIT(U"住院日"), WORD_INIT(U"住院天数") };
static const Word ratios[] = { WORD_INIT(U"比"), WORD_INIT(U"比例"), WORD_INIT(U"之比"), WORD_INIT(U"配比") };
static const Word grades[] = { WORD_INIT(U"级别"), WORD_INIT(U"等级"), WORD_INIT(U"水平"), WORD_INIT(U"分级") };
static const Word sums[] = {
    WORD_INIT(U"标准"), WORD_INIT(U"补助"), WORD_INIT(U"投资"), WORD_INIT(U"资金"), WORD_INIT(U"经费"), WORD_INIT(U"投入"), WORD_INIT(U"补贴"),
    WORD_INIT(U"奖励"), WORD_INIT(U"基金"), WORD_INIT(U"费用"), WORD_INIT(U"收入"),
};

/* Comparators of a movement from one figure to the next. */
static bool moves_to(const LexWord *before)
{
    char32_t last = before ? before->word.p[before->word.n - 1] : 0;
    return before && before->word.n >= 2 && before->word.p[0] != U'达' && (last == U'到' || last == U'至' || last == U'为' || last == U'成');
}

static bool starts_with_any(const View *view, size_t at, size_t end, const Word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at < end && word_stands(view, at, end, words[i]))
            return true;
    return false;
}

/* Whether a metric ends in one of the words, before `at` and what links it to its figure. */
static bool ends_with_any(const Sentence *sentence, const Figure *figure, const Word *words, size_t n)
{
    enum { SKIPS = ONE(WORD_SOFT) | ONE(WORD_LINK) | ONE(WORD_FROM) | ONE(WORD_BEFORE) | ONE(WORD_WILL) | ONE(WORD_CHANGE) | ONE(WORD_THAN) };
    size_t at = figure->whole.from;
    for (size_t i = figure->token; i > 0; i--) {
        const Token *token = SENTENCE_TOKEN(sentence, i - 1);
        bool skip = token->kind == TOKEN_DATE || token_is(token, SKIPS);
        bool base = token->kind == TOKEN_FIGURE && SENTENCE_FIGURE(sentence, token->index)->base; /* 由9.1天降至 */
        if (token->range.to == at && (skip || base))
            at = token->range.from;
        else if (token->range.from < at)
            break;
    }
    for (size_t i = 0; i < n; i++)
        if (figure->around.from + words[i].n <= at && view_at(sentence->view, at - words[i].n, words[i]))
            return true;
    return false;
}

/* What stands behind the figure, 的 left out. */
static size_t noun_at(const Sentence *sentence, const Figure *figure)
{
    size_t at = skip_blank(sentence->view, figure->whole.to, figure->around.to);
    return at < figure->around.to && sentence->view->norm[at] == U'的' ? at + 1 : at;
}

static bool trails(const Sentence *sentence, const Figure *figure)
{
    return is_boundary(sentence->view, skip_blank(sentence->view, figure->whole.to, figure->around.to), figure->around.to);
}

static const Token *token_before(const Sentence *sentence, const Figure *figure)
{
    return figure->token > 0 ? SENTENCE_TOKEN(sentence, figure->token - 1) : NULL;
}

/* A word of the class directly before the figure. */
static bool follows(const Sentence *sentence, const Figure *figure, WordClass class)
{
    const Token *token = token_before(sentence, figure);
    return token && token_is(token, ONE(class)) && skip_blank(sentence->view, token->range.to, figure->text.range.from) == figure->text.range.from;
}

/* 较2020年的4.5‰; 85%的基础上: what something is compared with. */
static bool is_compared_with(const Sentence *sentence, const Figure *figure)
{
    static const Word grounds[] = { WORD_INIT(U"基础上"), WORD_INIT(U"的基础上"), WORD_INIT(U"水平上") };
    const View *view = sentence->view;
    if (starts_with_any(view, figure->text.range.to, figure->around.to, grounds, G_N_ELEMENTS(grounds)) || follows(sentence, figure, WORD_THAN))
        return true;
    const Token *token = token_before(sentence, figure);
    if (!token || token->kind != TOKEN_DATE || token->range.from < figure->around.from)
        return false;
    size_t at = token->range.to;
    while (at < figure->text.range.from && word_holds(W(U"的底度末为"), view->norm[at]))
        at++;
    const DatePhrase *date = SENTENCE_DATE(sentence, token->index);
    bool past = date->due != DATE_NONE && sentence->context->plan_year > 0 && date->due < date_month_end(sentence->context->plan_year - 1, 12) + 1;
    return at == figure->text.range.from && (date->base || (figure->bracketed && past && !figure->before));
}

/* Whether 、 or a conjunction stands anywhere between two figures. */
static bool is_joined(const Sentence *sentence, const Figure *before, const Figure *figure)
{
    for (size_t i = before->token + 1; i < figure->token; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_PAUSE || token_is(token, ONE(WORD_JOIN)))
            return true;
    }
    return false;
}

/* 由7%降至6%, 137个合并成109个: whether the next figure is what this one becomes. */
static bool moves_on(const Sentence *sentence, size_t index)
{
    if (index + 1 >= sentence->figures->len)
        return false;
    const Figure *figure = SENTENCE_FIGURE(sentence, index), *next = SENTENCE_FIGURE(sentence, index + 1);
    bool alike = next->clause == figure->clause && next->text.kind == figure->text.kind && str_eq(next->text.unit, figure->text.unit);
    return alike && moves_to(next->before) && !next->listed && !is_joined(sentence, figure, next);
}

/* Whether 、 or a conjunction stands right before the figure. */
static bool is_listed_after(const Sentence *sentence, const Figure *figure)
{
    const Token *token = token_before(sentence, figure);
    return token && token->range.to == figure->whole.from && (token->kind == TOKEN_PAUSE || token_is(token, ONE(WORD_JOIN)));
}

/* 由12.9分钟缩短至11.6分钟: whatever moves is measured. */
static bool moves_here(const Sentence *sentence, const Figure *figure)
{
    const Token *token = figure->token > 0 ? SENTENCE_TOKEN(sentence, figure->token - 1) : NULL;
    for (size_t i = figure->token; i > 0 && token->kind == TOKEN_WORD && token->range.from > figure->around.from; i--)
        token = SENTENCE_TOKEN(sentence, i - 1);
    return token && token->kind == TOKEN_FIGURE && SENTENCE_FIGURE(sentence, token->index)->base && moves_to(figure->before);
}

/* 50%的卫生院开展6类15项技术: whether the count belongs to what a share or a number of something does. */
static bool is_inside_noun(const Sentence *sentence, size_t index)
{
    const Figure *figure = SENTENCE_FIGURE(sentence, index);
    if (index == 0 || figure_compared(figure) || figure->text.kind != UNIT_COUNT)
        return false;
    const Figure *before = SENTENCE_FIGURE(sentence, index - 1);
    if (before->clause != figure->clause || before->bracketed != figure->bracketed || is_listed_after(sentence, figure))
        return false;
    bool adjoins = before->text.range.to == figure->text.range.from;
    if (before->inside)
        return adjoins;
    if (!before->live || trails(sentence, before) || adjoins)
        return false;
    return before->text.kind == UNIT_RATE || (before->text.kind == UNIT_COUNT && !figure->verb && !is_joined(sentence, before, figure));
}

/* 每月1次, 每年2轮: how often. */
static bool is_frequency(const Sentence *sentence, const Figure *figure)
{
    static const Word often[] = { WORD_INIT(U"次"), WORD_INIT(U"轮"), WORD_INIT(U"遍") };
    const View *view = sentence->view;
    bool counted = starts_with_any(view, figure->text.unit_range.from, figure->text.range.to, often, G_N_ELEMENTS(often));
    if (!counted || figure_compared(figure) || figure->text.between)
        return false;
    size_t from = figure->text.range.from - figure->around.from > 6 ? figure->text.range.from - 6 : figure->around.from;
    for (size_t i = from; i < figure->text.range.from; i++)
        if (view->norm[i] == U'每' || view->norm[i] == U'月' || view->norm[i] == U'周' || view->norm[i] == U'日' || view->norm[i] == U'天')
            return true;
    return false;
}

static bool unit_is_any(const Sentence *sentence, const Figure *figure, Word units)
{
    Range name = figure->text.unit_range;
    for (size_t i = 0; i < units.n; i++)
        if (name.to == name.from + 1 && sentence->view->norm[name.from] == units.p[i])
            return true;
    return false;
}

/* 分3期: parts of a whole. */
static bool divides(const Sentence *sentence, const Figure *figure)
{
    size_t from = figure->text.range.from;
    return from > sentence->range.from && sentence->view->norm[from - 1] == U'分' && unit_is_any(sentence, figure, W(U"期批轮次步类"));
}

/* Counts in Chinese numerals are promises only where something new is brought about, and 一 only per something or of an institution. */
static bool chinese_count_counts(const Sentence *sentence, const Figure *figure)
{
    static const Word institutions[] = { WORD_INIT(U"家"), WORD_INIT(U"所"), WORD_INIT(U"座"), WORD_INIT(U"名") };
    const View *view = sentence->view;
    bool institution = starts_with_any(view, figure->text.unit_range.from, figure->text.range.to, institutions, G_N_ELEMENTS(institutions));
    bool brings = figure->verb && class_is(figure->verb->class, ONE(WORD_ADD) | ONE(WORD_BRING) | ONE(WORD_BUILD));
    if (figure->text.value.value == 1 && !figure->text.between)
        return institution && (figure->each || brings);
    bool promised = figure->verb && class_is(figure->verb->class, PROMISING);
    if (figure->text.between && trails(sentence, figure))
        return true;
    if (brings && (institution || figure->listed || follows(sentence, figure, figure->verb->class)))
        return true;
    return (figure->each && figure->verb) || (promised && trails(sentence, figure));
}

/* 低于60%的，予以约谈: a condition. */
static bool is_condition(const Sentence *sentence, const Figure *figure)
{
    const View *view = sentence->view;
    size_t at = skip_blank(view, figure->whole.to, figure->around.to);
    bool relative = at < figure->around.to && view->norm[at] == U'的' && is_boundary(view, at + 1, figure->around.to);
    return relative && at + 1 < view->n && figure_compared(figure);
}

/* 扣2分, 加1分: points of an assessment. */
static bool is_score(const Sentence *sentence, const Figure *figure)
{
    static const Word signs = WORD_INIT(U"扣加减记计得分");
    const View *view = sentence->view;
    if (figure->text.range.from == figure->around.from || !view_at(view, figure->text.unit_range.from, W(U"分")))
        return false;
    for (size_t i = 0; i < signs.n; i++)
        if (view->norm[figure->text.range.from - 1] == signs.p[i])
            return true;
    return false;
}

/* 3万至10万服务人口: how many somebody serves. */
static bool is_population(const Sentence *sentence, const Figure *figure)
{
    enum { NOUN_CHARS = 6 };
    Range noun = { figure->text.range.to, MIN(figure->around.to, figure->text.range.to + NOUN_CHARS) };
    return !figure_compared(figure) && unit_is_any(sentence, figure, W(U"万亿千")) && view_find(sentence->view, noun, W(U"人口")) < noun.to;
}

/* Counts that are no quantity of anything, whatever stands around them. */
static bool is_no_amount(const Sentence *sentence, const Figure *figure)
{
    return figure->inside || follows(sentence, figure, WORD_ETC) || follows(sentence, figure, WORD_BEHIND) || is_denominator(sentence->view, figure)
           || is_population(sentence, figure) || divides(sentence, figure) || is_score(sentence, figure) || is_frequency(sentence, figure);
}

static bool count_counts(const Sentence *sentence, const Figure *figure)
{
    const View *view = sentence->view;
    size_t noun = noun_at(sentence, figure);
    if (is_no_amount(sentence, figure))
        return false;
    if (figure->text.chinese && unit_is_any(sentence, figure, W(U"类"))) /* 三类以上岗位: a grade */
        return false;
    if (figure_compared(figure))
        return true;
    bool adds = figure->verb && figure->verb->class == WORD_ADD;
    bool vague = unit_is_any(sentence, figure, W(U"个项条类种份套"));
    if (vague && starts_with_any(view, noun, figure->around.to, listed_things, G_N_ELEMENTS(listed_things)) && !adds && !figure->text.between)
        return false;
    if (figure->text.chinese)
        return chinese_count_counts(sentence, figure);
    if (trails(sentence, figure))
        return true;
    bool somewhere = starts_with_any(view, noun, figure->around.to, places, G_N_ELEMENTS(places));
    if (follows(sentence, figure, WORD_AT) && (somewhere || !sentence->context->results))
        return false;
    if (figure->verb && figure->verb->class == WORD_WORK)
        return false;
    return figure->verb || sentence->context->results || !somewhere;
}

static bool rank_counts(const Sentence *sentence, const Figure *figure)
{
    static const Word rows[] = { WORD_INIT(U"行列"), WORD_INIT(U"以内"), WORD_INIT(U"之列"), WORD_INIT(U"方阵"), WORD_INIT(U"阵营") };
    return trails(sentence, figure) || starts_with_any(sentence->view, figure->whole.to, figure->around.to, rows, G_N_ELEMENTS(rows));
}

/* A number without unit is a target only as an index that is compared: 指数提高到1.15. */
static bool bare_counts(const Sentence *sentence, const Figure *figure)
{
    bool small = figure->text.value.scale > 0 || figure->text.value.value < 1000;
    return (figure->before || figure->behind) && !figure->text.chinese && small && trails(sentence, figure) && !figure->text.between;
}

/* 总投资12亿元的新院区: what something costs, not what is promised. */
static bool describes_project(const Sentence *sentence, const Figure *figure)
{
    static const Word costs[] = { WORD_INIT(U"投资"), WORD_INIT(U"造价"), WORD_INIT(U"耗资") };
    const View *view = sentence->view;
    size_t at = skip_blank(view, figure->whole.to, figure->around.to);
    return at < figure->around.to && view->norm[at] == U'的' && ends_with_any(sentence, figure, costs, G_N_ELEMENTS(costs));
}

static bool money_counts(const Sentence *sentence, const Figure *figure)
{
    if (describes_project(sentence, figure))
        return false;
    if (figure_compared(figure))
        return true;
    return figure->verb ? figure->verb->class != WORD_WORK : ends_with_any(sentence, figure, sums, G_N_ELEMENTS(sums));
}

/* 住院日缩短至6.8天，同比减少1.2天: a change of the time before. */
static bool goes_on_changing(const Sentence *sentence, const Figure *figure)
{
    const Token *token = token_before(sentence, figure);
    if (figure == SENTENCE_FIGURE(sentence, 0) || !token || token->range.to != figure->text.range.from)
        return false;
    const Figure *before = figure - 1;
    bool changes = token_is(token, ONE(WORD_CHANGE) | ONE(WORD_ADD) | ONE(WORD_WORK));
    return changes && before->live && before->clause + 1 == figure->clause && str_eq(before->text.unit, figure->text.unit);
}

/* A time is a target of a metric that is one: 等候时间不超过20分钟, 缩短5分钟, 预期寿命80岁. */
static bool time_counts(const Sentence *sentence, const Figure *figure)
{
    if (goes_on_changing(sentence, figure))
        return true;
    if (!ends_with_any(sentence, figure, times, G_N_ELEMENTS(times)) && !moves_here(sentence, figure))
        return false;
    return figure_compared(figure) || follows(sentence, figure, WORD_CHANGE) || ends_with_any(sentence, figure, life_times, G_N_ELEMENTS(life_times));
}

static bool counts(const Sentence *sentence, const Figure *figure)
{
    switch (figure->text.kind) {
    case UNIT_RATE:
        return true;
    case UNIT_COUNT:
        return count_counts(sentence, figure);
    case UNIT_MONEY:
        return money_counts(sentence, figure);
    case UNIT_TIME:
        return time_counts(sentence, figure);
    case UNIT_RANK:
        return rank_counts(sentence, figure);
    case UNIT_RATIO:
        return figure_compared(figure) || ends_with_any(sentence, figure, ratios, G_N_ELEMENTS(ratios));
    case UNIT_LABEL:
        return figure->before && figure->text.value.scale > 0 && ends_with_any(sentence, figure, grades, G_N_ELEMENTS(grades));
    case UNIT_NONE:
        return bare_counts(sentence, figure);
    }
    return false;
}

void figures_judge(Sentence *sentence)
{
    for (size_t i = 0; i < sentence->figures->len; i++) {
        Figure *figure = SENTENCE_FIGURE(sentence, i);
        figure->inside = is_inside_noun(sentence, i);
        figure->base = is_compared_with(sentence, figure) || moves_on(sentence, i);
        figure->live = !figure->named && !figure->base && !is_condition(sentence, figure) && counts(sentence, figure);
        const Token *before = token_before(sentence, figure);
        if (figure->base && before && before->kind == TOKEN_DATE) /* 在2024年65%的基础上: the date is the base's */
            SENTENCE_DATE(sentence, before->index)->base = true;
    }
}
