/* carry.c: what a figure has of its neighbours: the noun of the next in a list (新建2家、…新建1家乡镇卫生院), its share of a compound metric
 * (死亡率、发病率分别…), the measure of the one before (覆盖率城区60%、农区50%), its noun (…，2030年达到35%), or the object of the clause
 * before (提升素养，并保持在29%). What it takes it copies as a range, so that the whole is linear. */
#include "doc/quantity.h"

#include "base/banned.h"

/* --- The next ---------------------------------------------------------------------------------------------------- */

static bool left_ends_in_verb(const Sentence *sentence, const Figure *figure, Range left)
{
    if (!figure->verb || figure->verb->class == WORD_WORK || figure->verb->word.n > left.to)
        return false;
    return view_at(sentence->view, left.to - figure->verb->word.n, figure->verb->word);
}

static void borrow(const Sentence *sentence, const Figure *figure, const Figure *next, const Parts *ahead, Parts *parts)
{
    Range noun = !range_empty(ahead->right) ? ahead->right : ahead->carried;
    bool wanting = range_empty(parts->left) || left_ends_in_verb(sentence, figure, parts->left);
    bool adjoins = figure->whole.to == next->whole.from;
    bool fits = adjoins || str_eq(figure->text.unit, next->text.unit);
    if (!range_empty(parts->right) || range_empty(noun) || noun.from <= figure->whole.to || !wanting || !fits)
        return;
    parts->carried = noun;
    if (adjoins && !figure->each && figure->verb && figure->verb->class == WORD_BRING) /* 为居民提供12类46项服务 */
        parts->left.to = parts->left.from;
}

/* 14类55项服务; 新建2家、如东县新建1家卫生院: the noun that a figure shares with the next. */
static void borrow_ahead(const Sentence *sentence, Parts *parts)
{
    const Figure *next = NULL;
    const Parts *ahead = NULL;
    for (size_t i = sentence->figures->len; i-- > 0;) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        if (next && figure->clause == next->clause)
            borrow(sentence, figure, next, ahead, &parts[i]);
        next = figure;
        ahead = &parts[i];
    }
}

/* --- Lists -------------------------------------------------------------------------------------------------------- */

/* 高血压、糖尿病患者规范管理率分别达到A和B: one element each, and what the last alone has in full. */
static const Word holders[] = {
    WORD_INIT(U"患者"), WORD_INIT(U"病人"), WORD_INIT(U"人群"), WORD_INIT(U"儿童"), WORD_INIT(U"孕产妇"), WORD_INIT(U"居民"), WORD_INIT(U"家庭"),
    WORD_INIT(U"人员"), WORD_INIT(U"学生"), WORD_INIT(U"老年人"), WORD_INIT(U"妇女"), WORD_INIT(U"机构"), WORD_INIT(U"医院"), WORD_INIT(U"筛查"),
    WORD_INIT(U"死亡率"), WORD_INIT(U"规范"), WORD_INIT(U"管理"), WORD_INIT(U"覆盖率"), WORD_INIT(U"达标率"), WORD_INIT(U"合格率"), WORD_INIT(U"占比"),
    WORD_INIT(U"比例"),
};

static bool is_measure(char32_t c)
{
    static const Word ends = WORD_INIT(U"率数比量例度平重值用积额");
    return word_holds(ends, c);
}

static Range shared_tail(const View *view, Range last)
{
    size_t best = last.to;
    for (size_t i = 0; i < G_N_ELEMENTS(holders); i++) {
        Range inner = { MIN(last.from + 1, last.to), last.to };
        best = MIN(best, view_find(view, inner, holders[i]));
    }
    size_t change = MIN(view_find(view, last, W(U"同比")), view_find(view, last, W(U"较")));
    return (Range) { MIN(best, change), last.to };
}

/* The elements of a list in `range`: up to `max`, their number. */
static size_t elements(const Sentence *sentence, Range range, Range *ret_elements, size_t max)
{
    size_t first, end, n = 0, from = range.from, depth = 0;
    tokens_in(sentence, range, &first, &end);
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        depth += token->kind == TOKEN_OPEN;
        depth -= token->kind == TOKEN_CLOSE && depth > 0;
        if (depth > 0 || (token->kind != TOKEN_PAUSE && !token_is(token, ONE(WORD_JOIN))))
            continue;
        if (n < max)
            ret_elements[n] = noun_trim(sentence->view, (Range) { from, token->range.from });
        n++;
        from = token->range.to;
    }
    if (n < max)
        ret_elements[n] = noun_trim(sentence->view, (Range) { from, range.to });
    return n + 1;
}

/* Gives each bare figure of a list its element of a compound metric. */
static void deal_elements(const View *view, const Range *list, size_t n, Parts *parts)
{
    Range tail = shared_tail(view, list[n - 1]);
    bool last_measures = !range_empty(list[n - 1]) && is_measure(view->norm[list[n - 1].to - 1]);
    for (size_t i = 0; i < n; i++) {
        bool measures = !range_empty(list[i]) && is_measure(view->norm[list[i].to - 1]);
        if (i == 0)
            parts[i].left = list[i];
        else
            parts[i].carried = list[i];
        if (i + 1 < n && (!measures || !last_measures))
            parts[i].tail = tail;
    }
}

/* Deals the metric of the first of n bare figures out to them; the whole to each, if it has not as many elements. */
static void deal_out(const Sentence *sentence, Parts *parts, size_t n)
{
    enum { LIST_MAX = 16 };
    Range list[LIST_MAX];
    if (range_empty(parts->left) || n < 2)
        return;
    size_t found = n <= LIST_MAX ? elements(sentence, parts->left, list, LIST_MAX) : 0;
    if (found == n)
        deal_elements(sentence->view, list, n, parts);
    else
        for (size_t i = 1; i < n; i++)
            parts[i].carried = parts->left;
}

/* Whether a figure only goes on with the list of the one before. */
static bool goes_on(const Figure *figure, const Parts *parts)
{
    return figure->listed && figure->live && range_empty(parts->left) && range_empty(parts->right);
}

static void share_lists(const Sentence *sentence, Parts *parts)
{
    for (size_t i = 0, end; i < sentence->figures->len; i = end) {
        for (end = i + 1; end < sentence->figures->len && goes_on(SENTENCE_FIGURE(sentence, end), &parts[end]);)
            end++;
        if (SENTENCE_FIGURE(sentence, i)->live && range_empty(parts[i].right))
            deal_out(sentence, &parts[i], end - i);
    }
}

/* 签约覆盖率城区达到60%、农区达到50%: what the first measures, the second does too. */
static Range measure_before(const View *view, Range left)
{
    static const Word measures[] = {
        WORD_INIT(U"率"), WORD_INIT(U"占比"), WORD_INIT(U"比例"), WORD_INIT(U"比重"), WORD_INIT(U"半径"), WORD_INIT(U"时间"), WORD_INIT(U"增幅"),
        WORD_INIT(U"费用"),
    };
    for (size_t to = left.to; to > left.from; to--)
        for (size_t i = 0; i < G_N_ELEMENTS(measures); i++)
            if (to >= left.from + measures[i].n && view_at(view, to - measures[i].n, measures[i]))
                return (Range) { left.from, to };
    return (Range) { left.from, left.from };
}

static void share_measure(const View *view, const Figure *before, const Parts *above, const Figure *figure, Parts *parts)
{
    bool alike = figure->text.kind == UNIT_RATE && str_eq(before->text.unit, figure->text.unit);
    bool bare = range_empty(parts->right) && range_empty(above->right) && range_empty(parts->carried) && !range_empty(parts->left);
    if (!alike || !bare || !range_empty(measure_before(view, bounded(parts->left))))
        return;
    bool carries = !range_empty(above->carried);
    Range measure = carries ? above->carried : measure_before(view, bounded(above->left));
    bool qualified = carries || measure.to + 1 < above->left.to;
    if (qualified && measure.to <= figure->whole.from && !range_empty(measure))
        parts->carried = measure;
}

static void share_measures(const Sentence *sentence, Parts *parts)
{
    const Figure *before = NULL;
    const Parts *above = NULL;
    for (size_t i = 0; i < sentence->figures->len; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        if (before)
            share_measure(sentence->view, before, above, figure, &parts[i]);
        before = figure;
        above = &parts[i];
    }
}

/* --- The one before ---------------------------------------------------------------------------------------------- */

static bool is_found(const Parts *parts)
{
    return !range_empty(parts->left) || !range_empty(parts->right) || !range_empty(parts->carried);
}

/* The object of the clause before a figure's own: 持续提升居民健康素养，并保持在29%. */
static Range clause_object(const Sentence *sentence, size_t clause)
{
    const Clause *own = SENTENCE_CLAUSE(sentence, clause);
    if (clause == 0 || own->fresh)
        return (Range) { 0, 0 };
    const Clause *before = SENTENCE_CLAUSE(sentence, clause - 1);
    return noun_strip(sentence, before->range, false);
}

/* The head of a share's noun, up to what its members reach: 基层机构 of 基层机构达到标准. */
static Range head_of(const Sentence *sentence, Range noun)
{
    size_t first, end;
    tokens_in(sentence, noun, &first, &end);
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->range.from > noun.from && token_is(token, ONE(WORD_BEFORE) | PROMISING))
            return (Range) { noun.from, token->range.from };
    }
    return noun;
}

/* Whether the noun behind a figure begins with a verb, so that its subject is missing: 其中70%达到推荐标准. */
static bool lacks_subject(const Sentence *sentence, const Figure *figure, const Parts *parts)
{
    if (range_empty(parts->right) || !range_empty(parts->left) || figure->text.kind != UNIT_RATE)
        return false;
    const LexWord *word = word_read(sentence->view, parts->right.from, parts->right.to);
    return word && class_is(word->class, ONE(WORD_BEFORE) | PROMISING);
}

/* 较上年提高, 同比增长: whose change is said before. */
static bool is_change_only(const Sentence *sentence, const Parts *parts)
{
    enum { CHANGE_CHARS = 10 };
    static const Word heads[] = { WORD_INIT(U"同比"), WORD_INIT(U"环比"), WORD_INIT(U"较"), WORD_INIT(U"比"), WORD_INIT(U"年均") };
    Range left = parts->left;
    if (range_empty(left) || left.to > left.from + CHANGE_CHARS || !range_empty(parts->right))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
        if (word_stands(sentence->view, left.from, left.to, heads[i]))
            return true;
    return false;
}

/* From the figure before, in the same sentence. A verb goes with its noun only where they count the same (启动24家，完成10家). */
static void carry_from(const Sentence *sentence, const Figure *before, const Parts *above, const Figure *figure, Parts *parts)
{
    bool lacks = lacks_subject(sentence, figure, parts), changes = is_change_only(sentence, parts);
    bool same = range_empty(parts->verb) || str_eq(figure->text.unit, before->text.unit);
    if ((is_found(parts) && !lacks && !changes) || !same)
        return;
    Range noun = !range_empty(above->carried) ? above->carried : !range_empty(above->right) ? above->right : above->left;
    if (noun.to <= figure->whole.from)
        parts->carried = lacks ? head_of(sentence, noun) : noun;
}

static void carry_on(const Sentence *sentence, Parts *parts)
{
    const Parts *above = NULL;
    const Figure *before = NULL;
    for (size_t i = 0; i < sentence->figures->len; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        if (before)
            carry_from(sentence, before, above, figure, &parts[i]);
        if (!is_found(&parts[i]) && range_empty(parts[i].verb))
            parts[i].carried = clause_object(sentence, figure->clause);
        if (!is_found(&parts[i])) { /* 培训800人次: the verb is all there is */
            parts[i].left = parts[i].verb;
            parts[i].verb = (Range) { 0, 0 };
        }
        before = figure;
        above = &parts[i];
    }
}

void parts_carry(const Sentence *sentence, Parts *parts)
{
    borrow_ahead(sentence, parts);
    share_lists(sentence, parts);
    share_measures(sentence, parts);
    carry_on(sentence, parts);
}
