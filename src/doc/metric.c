/* metric.c: what a figure counts. The noun stands before it (建档率90%), behind it (3个国家卫生镇), on both sides (辖区70%乡镇达到要求), or
 * with a neighbour: the figure before (…，2030年达到35%), the next in a list (新建2家、…新建1家乡镇卫生院), or the clause before (提升素养，并保持在29%).
 *
 * Each figure owns the text between its neighbours; what it needs of theirs it copies as a range, so that the whole is linear. */
#include "doc/quantity.h"

#include "base/banned.h"

enum { METRIC_CHARS_MAX = 120, QUOTE_CHARS_MAX = 240 }; /* longer is no metric but a lost comma; keeps carried metrics linear */

/* What is known of a figure's metric: text before and behind it, or carried. */
typedef struct {
    Range left, right, carried;
    Range verb; /* at the head of left, where left was nothing but a verb */
    Range tail; /* what all elements of a list share: 患者管理率 in 高血压、糖尿病患者管理率 */
} Parts;

typedef struct {
    const Sentence *sentence;
    Parts *parts;
} Finder;

static bool is_word(const Token *token, WordClass class)
{
    return token->kind == TOKEN_WORD && token->word->class == class;
}

static bool is_verb(const Token *token)
{
    return token->kind == TOKEN_WORD && is_promising(token->word->class);
}

static Range trim(const View *view, Range range)
{
    while (range.from < range.to && (is_blank(view->norm[range.from]) || view->norm[range.from] == U'、' || view->norm[range.from] == U'的'))
        range.from++;
    while (range.from < range.to && (is_blank(view->norm[range.to - 1]) || view->norm[range.to - 1] == U'、' || view->norm[range.to - 1] == U'的'
                                     || view->norm[range.to - 1] == U'了' || view->norm[range.to - 1] == ':' || view->norm[range.to - 1] == '.'))
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

/* The tokens that lie in a range: from the first to behind the last. */
static void tokens_in(const Sentence *sentence, Range range, size_t *ret_first, size_t *ret_end)
{
    size_t end = token_at(sentence, range.to);
    *ret_first = MIN(token_at(sentence, range.from), end);
    *ret_end = end > *ret_first && SENTENCE_TOKEN(sentence, end - 1)->range.to > range.to ? end - 1 : end;
}

/* --- The text before a figure ------------------------------------------------------------------------------------ */

static bool drops_at_end(const Token *token, bool keeps_area)
{
    if (token->kind == TOKEN_DATE || token->kind == TOKEN_PAUSE)
        return true;
    return token->kind == TOKEN_WORD
           && (token->word->class == WORD_LINK || token->word->class == WORD_BEFORE || token->word->class == WORD_SOFT || token->word->class == WORD_EACH
               || token->word->class == WORD_DONE || token->word->class == WORD_LEAD || token->word->class == WORD_ENSURE || token->word->class == WORD_WILL || token->word->class == WORD_FROM
               || token->word->class == WORD_JOIN || (token->word->class == WORD_AREA && !keeps_area));
}

static bool drops_at_start(const Sentence *sentence, size_t i)
{
    const Token *token = SENTENCE_TOKEN(sentence, i);
    if (is_word(token, WORD_THAN)) /* 较2023年同期减少, 较上年减少 */
        return token->word->word.n > 1 || (i + 1 < sentence->tokens->len && (token + 1)->kind == TOKEN_DATE);
    if (token->kind == TOKEN_DATE || token->kind == TOKEN_PAUSE || token->kind == TOKEN_CLOSE)
        return true;
    return token->kind == TOKEN_WORD
           && (token->word->class == WORD_LINK || token->word->class == WORD_LEAD || token->word->class == WORD_ENSURE || token->word->class == WORD_SOFT || token->word->class == WORD_DONE
               || token->word->class == WORD_WILL || token->word->class == WORD_JOIN || token->word->class == WORD_WORK || token->word->class == WORD_BEHIND);
}

/* 到2025年, 于6月底. */
static bool leads_date(char32_t c)
{
    return c == U'到' || c == U'至' || c == U'于' || c == U'在';
}

/* Cuts words off both ends that are no part of a metric. *first and *end bound its tokens. keeps_area: of a rank (居全省前5名). */
static Range strip(const Sentence *sentence, Range range, bool keeps_area, size_t *first, size_t *end)
{
    const View *view = sentence->view;
    range = trim(view, range);
    while (*end > *first && SENTENCE_TOKEN(sentence, *end - 1)->range.to == range.to && drops_at_end(SENTENCE_TOKEN(sentence, *end - 1), keeps_area)) {
        const Token *last = SENTENCE_TOKEN(sentence, --*end);
        range = trim(view, (Range) { range.from, last->range.from });
        if (last->kind == TOKEN_DATE && range.from < range.to && leads_date(view->norm[range.to - 1]))
            range = trim(view, (Range) { range.from, range.to - 1 });
    }
    for (;;) {
        while (*first < *end && SENTENCE_TOKEN(sentence, *first)->range.from < range.from)
            ++*first;
        if (range.from < range.to && leads_date(view->norm[range.from]) && *first < *end
            && SENTENCE_TOKEN(sentence, *first)->kind == TOKEN_DATE && SENTENCE_TOKEN(sentence, *first)->range.from == range.from + 1)
            range.from++;
        if (*first >= *end || SENTENCE_TOKEN(sentence, *first)->range.from != range.from || !drops_at_start(sentence, *first))
            return range;
        range = trim(view, (Range) { SENTENCE_TOKEN(sentence, (*first)++)->range.to, range.to });
    }
}

/* In a plan, who brings something about is part of what is counted: 三级医院开展新技术; but not 全市建成, nor for whom: 为卫生院培养. */
static bool is_actor(const Sentence *sentence, Range range)
{
    static const Word ends = WORD_INIT(U"院心构室县区市镇校局所站社队位村业");
    const View *view = sentence->view;
    range = trim(view, range);
    bool receives = range.from > 0 && view->norm[range.from - 1] == U'为'; /* already cut off as a link */
    if (sentence->context->results || receives || range_empty(range) || view->norm[range.from] == U'全' || view->norm[range.from] == U'为' || view->norm[range.from] == U'对' || view->norm[range.from] == U'向')
        return false;
    for (size_t i = 0; i < ends.n; i++)
        if (view->norm[range.to - 1] == ends.p[i])
            return true;
    return false;
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
    bool count = figure->text.kind == UNIT_COUNT;
    size_t from = range.from;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (is_word(token, WORD_ADD))
            break;
        bool brings = count && !figure->each && is_word(token, WORD_BRING) && !is_in_noun(sentence->view, token->range.to) && !is_actor(sentence, (Range) { range.from, token->range.from });
        if ((brings || is_word(token, WORD_ENSURE) || is_word(token, WORD_DONE)) && token->range.to + 1 < range.to)
            from = token->range.to;
    }
    return trim(sentence->view, (Range) { from, range.to });
}

/* 自付费用控制在总费用的10%以内: what stands behind a comparator that rules from afar describes the figure. 至少 leads a verb instead. */
static Range cut_ruled(const Sentence *sentence, const Figure *figure, Range range, size_t first, size_t end)
{
    if (!figure->earlier || figure->earlier->word.p[0] == U'至' || figure->earlier->word.p[0] == U'最')
        return range;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_WORD && token->word == figure->earlier && token->range.from > range.from + 1)
            return trim(sentence->view, (Range) { range.from, token->range.from });
    }
    return range;
}

/* Whether nothing but one verb is left. */
static bool is_verb_only(const Sentence *sentence, Range range, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->range.from == range.from && token->range.to == range.to)
            return is_verb(token);
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
    return token->range.to == range.to && is_verb(token);
}

/* 药占比由32%, 全市65家服务站: without the figure that it moves away from, what counts it stands before or behind that. */
static Range cut_base(const Sentence *sentence, Range range, size_t first, size_t end)
{
    size_t from = range.to;
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (is_word(token, WORD_THAN))
            break;
        if (is_word(token, WORD_FROM) && from == range.to)
            from = token->range.from;
        if (token->kind != TOKEN_FIGURE || !SENTENCE_FIGURE(sentence, token->index)->base)
            continue;
        if (token->range.to + 1 < range.to && view_find(sentence->view, (Range) { token->range.to, range.to }, W(U"基础上")) == range.to)
            return trim(sentence->view, (Range) { token->range.to, range.to });
        if (from < token->range.from && token->range.to + 1 >= range.to)
            return trim(sentence->view, (Range) { range.from, from });
    }
    return range;
}

/* Behind a semi-colon of thought: 以县为单位. */
static Range cut_by_unit(const View *view, Range range)
{
    size_t at = view_find(view, range, W(U"为单位"));
    return at < range.to && at + 4 < range.to ? (Range) { at + 3, range.to } : range;
}

static bool is_leading_verb(const Token *token)
{
    return is_word(token, WORD_BRING) || is_word(token, WORD_BUILD);
}

static Range left_of(const Sentence *sentence, const Figure *figure, Range range, Range *ret_verb, bool *ret_ends_in_verb)
{
    size_t first, end;
    tokens_in(sentence, range, &first, &end);
    range = strip(sentence, range, figure->text.kind == UNIT_RANK, &first, &end);
    range = cut_base(sentence, range, first, end);
    range = cut_ruled(sentence, figure, range, first, end);
    range = cut_lead(sentence, figure, range, first, end);
    range = cut_by_unit(sentence->view, range);
    tokens_in(sentence, range, &first, &end);
    range = strip(sentence, range, figure->text.kind == UNIT_RANK, &first, &end);
    *ret_ends_in_verb = ends_in_verb(sentence, range, first, end);
    if (is_verb_only(sentence, range, first, end)) {
        *ret_verb = range;
        range.to = range.from;
    } else if (first < end && SENTENCE_TOKEN(sentence, first)->range.from == range.from && is_leading_verb(SENTENCE_TOKEN(sentence, first)) && figure->text.kind != UNIT_RATE) {
        range = trim(sentence->view, (Range) { SENTENCE_TOKEN(sentence, first)->range.to, range.to });
    }
    return range;
}

/* --- The text behind a figure ------------------------------------------------------------------------------------ */

/* Words behind which a counted noun has ended: 330名医生支援县级医院. */
static bool ends_noun(const Sentence *sentence, const Token *token)
{
    return token->kind == TOKEN_DATE || is_word(token, WORD_DONE) || is_word(token, WORD_WILL)
           || (is_word(token, WORD_LINK) && (token->word->word.p[0] == U'均' || token->word->word.p[0] == U'都')) || (is_word(token, WORD_JOIN) && sentence->context->results);
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

/* Whether the text behind the figure says what it counts, and not what is done with it. */
static bool noun_follows(const Sentence *sentence, const Figure *figure, bool has_left)
{
    const View *view = sentence->view;
    size_t at = skip_blank(view, figure->whole.to, figure->around.to);
    if (is_boundary(view, at, figure->around.to))
        return false;
    if (view->norm[at] == U'的')
        return true;
    if (has_left && figure->text.kind == UNIT_COUNT && figure->verb && !figure->inherited && figure->verb->class != WORD_WORK) /* 招募医师60名到基层服务 */
        return false;
    const LexWord *word = word_read(view, at, figure->around.to);
    if (word && (word->class == WORD_JOIN || word->class == WORD_LEAD || word->class == WORD_SOFT))
        return false;
    if (word && word->class != WORD_PLAIN && has_left && figure->text.kind == UNIT_COUNT)
        return false;
    return figure->text.kind == UNIT_COUNT || figure->text.kind == UNIT_MONEY || !(has_left && figure->before);
}

/* Where the text of the next figure begins: behind the last 、 or conjunction before it, or at a verb before it. */
static size_t split_before(const Sentence *sentence, const Figure *figure, const Figure *next)
{
    size_t split = next->whole.from, verb = next->whole.from;
    bool found = false;
    for (size_t i = figure->token + 1; i < next->token; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->kind == TOKEN_PAUSE || is_word(token, WORD_JOIN)) {
            split = token->range.from;
            found = true;
        } else if (is_verb(token) && token->range.from > figure->whole.to + 1) {
            verb = MIN(verb, token->range.from);
        }
    }
    return found ? split : verb;
}

static Range right_of(const Sentence *sentence, const Figure *figure, size_t end)
{
    const View *view = sentence->view;
    Range range = trim(view, (Range) { MIN(figure->whole.to, end), end });
    range.to = noun_end(sentence, figure, range, figure->token + 1);
    return trim(view, range);
}

static Range bounded(Range range)
{
    return range.to - range.from > METRIC_CHARS_MAX && !range_empty(range) ? (Range) { range.to - METRIC_CHARS_MAX, range.to } : range;
}

/* --- Neighbours -------------------------------------------------------------------------------------------------- */

/* The next live figure in the same stretch, or NULL. */
static const Figure *next_live(const Sentence *sentence, size_t index, size_t *ret_index)
{
    const Figure *figure = SENTENCE_FIGURE(sentence, index);
    for (size_t i = index + 1; i < sentence->figures->len; i++) {
        const Figure *next = SENTENCE_FIGURE(sentence, i);
        if (next->around.from != figure->around.from)
            return NULL;
        if (next->live) {
            *ret_index = i;
            return next;
        }
    }
    return NULL;
}

/* Left and right text of every live figure. */
static void own_parts(Finder *finder)
{
    const Sentence *sentence = finder->sentence;
    size_t taken = 0, taken_in = SIZE_MAX; /* text up to here belongs to the figure before, in the stretch that begins there */
    for (size_t i = 0, n = 0; i < sentence->figures->len; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        Parts *parts = &finder->parts[i];
        size_t from = taken_in == figure->around.from ? MAX(taken, figure->around.from) : figure->around.from;
        bool verb_last = false;
        parts->left = left_of(sentence, figure, (Range) { MIN(from, figure->whole.from), figure->whole.from }, &parts->verb, &verb_last);
        bool has_left = !range_empty(parts->left);
        const Figure *next = next_live(sentence, i, &n);
        size_t end = next ? split_before(sentence, figure, next) : figure->around.to;
        taken = figure->whole.to;
        taken_in = figure->around.from;
        bool relates = figure->whole.from > from && sentence->view->norm[figure->whole.from - 1] == U'的'; /* 晋升的11名干部 */
        if (!noun_follows(sentence, figure, has_left && !verb_last && !relates))
            continue;
        parts->right = right_of(sentence, figure, end);
        taken = MAX(taken, end);
        bool keeps = figure->each || figure->text.kind != UNIT_COUNT || (!sentence->context->results && (verb_last || figure->before));
        if (!range_empty(parts->right) && has_left && !keeps)
            parts->left.to = parts->left.from;
    }
}

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
    if (!range_empty(parts->right) || range_empty(noun) || noun.from <= figure->whole.to || !wanting || (!adjoins && !str_eq(figure->text.unit, next->text.unit)))
        return;
    parts->carried = noun;
    if (adjoins && !figure->each && figure->verb && figure->verb->class == WORD_BRING) /* 为居民提供12类46项服务 */
        parts->left.to = parts->left.from;
}

/* 14类55项服务; 新建2家、如东县新建1家卫生院: the noun that a figure shares with the next. */
static void borrow_ahead(Finder *finder)
{
    const Sentence *sentence = finder->sentence;
    const Figure *next = NULL;
    const Parts *ahead = NULL;
    for (size_t i = sentence->figures->len; i-- > 0;) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        if (next && figure->clause == next->clause)
            borrow(sentence, figure, next, ahead, &finder->parts[i]);
        next = figure;
        ahead = &finder->parts[i];
    }
}

/* 高血压、糖尿病患者规范管理率分别达到A和B: one element each, and what the last alone has in full. */
static const Word holders[] = {
    WORD_INIT(U"患者"), WORD_INIT(U"病人"), WORD_INIT(U"人群"), WORD_INIT(U"儿童"), WORD_INIT(U"孕产妇"), WORD_INIT(U"居民"), WORD_INIT(U"家庭"),
    WORD_INIT(U"人员"), WORD_INIT(U"学生"), WORD_INIT(U"老年人"), WORD_INIT(U"妇女"), WORD_INIT(U"机构"), WORD_INIT(U"医院"), WORD_INIT(U"筛查"),
    WORD_INIT(U"死亡率"), WORD_INIT(U"规范"), WORD_INIT(U"管理"), WORD_INIT(U"覆盖率"), WORD_INIT(U"达标率"), WORD_INIT(U"合格率"), WORD_INIT(U"占比"),
    WORD_INIT(U"比例"),
};

static bool is_measure(char32_t c)
{
    return c == U'率' || c == U'数' || c == U'比' || c == U'量' || c == U'例' || c == U'度' || c == U'平' || c == U'重' || c == U'值' || c == U'用' || c == U'积' || c == U'额';
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
        if (depth > 0 || (token->kind != TOKEN_PAUSE && !is_word(token, WORD_JOIN)))
            continue;
        if (n < max)
            ret_elements[n] = trim(sentence->view, (Range) { from, token->range.from });
        n++;
        from = token->range.to;
    }
    if (n < max)
        ret_elements[n] = trim(sentence->view, (Range) { from, range.to });
    return n + 1;
}

enum { LIST_MAX = 16 };

/* Deals a compound metric out to a list of as many bare figures; or gives the whole to each. */
static void deal_out(Finder *finder, size_t first, size_t end)
{
    const Sentence *sentence = finder->sentence;
    Parts *parts = &finder->parts[first];
    Range list[LIST_MAX];
    size_t n = end - first;
    if (range_empty(parts->left) || n < 2)
        return;
    size_t found = n <= LIST_MAX ? elements(sentence, parts->left, list, LIST_MAX) : 0;
    if (found != n) {
        for (size_t i = first + 1; i < end; i++)
            finder->parts[i].carried = parts->left;
        return;
    }
    Range tail = shared_tail(sentence->view, list[n - 1]);
    for (size_t i = 0; i < n; i++) {
        Parts *own = &finder->parts[first + i];
        own->left = i == 0 ? list[0] : own->left;
        own->carried = i == 0 ? (Range) { 0, 0 } : list[i];
        bool whole = !range_empty(list[i]) && is_measure(sentence->view->norm[list[i].to - 1]);
        if (i + 1 < n && (!whole || !is_measure(sentence->view->norm[list[n - 1].to - 1])))
            own->tail = tail;
    }
}

static void share_lists(Finder *finder)
{
    const Sentence *sentence = finder->sentence;
    for (size_t i = 0; i < sentence->figures->len;) {
        size_t end = i + 1;
        while (end < sentence->figures->len && SENTENCE_FIGURE(sentence, end)->listed && SENTENCE_FIGURE(sentence, end)->live && range_empty(finder->parts[end].left)
               && range_empty(finder->parts[end].right))
            end++;
        if (SENTENCE_FIGURE(sentence, i)->live && range_empty(finder->parts[i].right))
            deal_out(finder, i, end);
        i = end;
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

static void share_measure(const Sentence *sentence, const Figure *before, const Parts *above, const Figure *figure, Parts *parts)
{
    const View *view = sentence->view;
    bool alike = figure->text.kind == UNIT_RATE && str_eq(before->text.unit, figure->text.unit) && range_empty(parts->right) && range_empty(above->right);
    if (!alike || range_empty(parts->left) || !range_empty(parts->carried) || !range_empty(measure_before(view, bounded(parts->left))))
        return;
    Range measure = !range_empty(above->carried) ? above->carried : measure_before(view, bounded(above->left));
    bool qualified = !range_empty(above->carried) || measure.to + 1 < above->left.to;
    if (qualified && measure.to <= figure->whole.from && !range_empty(measure))
        parts->carried = measure;
}

static void share_measures(Finder *finder)
{
    const Sentence *sentence = finder->sentence;
    const Figure *before = NULL;
    const Parts *above = NULL;
    for (size_t i = 0; i < sentence->figures->len; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        if (before)
            share_measure(sentence, before, above, figure, &finder->parts[i]);
        before = figure;
        above = &finder->parts[i];
    }
}

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
    size_t first = before->first_token, end = before->end_token;
    return strip(sentence, before->range, false, &first, &end);
}

/* The head of a share's noun, up to what its members reach: 基层机构 of 基层机构达到标准. */
static Range head_of(const Sentence *sentence, Range noun)
{
    size_t first, end;
    tokens_in(sentence, noun, &first, &end);
    for (size_t i = first; i < end; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        if (token->range.from > noun.from && (is_word(token, WORD_BEFORE) || is_verb(token)))
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
    return word && (word->class == WORD_BEFORE || is_promising(word->class));
}

/* From the figure before, in the same sentence. */
static void carry_on(Finder *finder)
{
    const Sentence *sentence = finder->sentence;
    const Parts *last = NULL;
    const Figure *last_figure = NULL;
    for (size_t i = 0; i < sentence->figures->len; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (!figure->live)
            continue;
        Parts *parts = &finder->parts[i];
        bool lacks = lacks_subject(sentence, figure, parts);
        if ((!is_found(parts) || lacks) && last) {
            Range noun = !range_empty(last->carried) ? last->carried : !range_empty(last->right) ? last->right : last->left;
            bool same = range_empty(parts->verb) || str_eq(figure->text.unit, last_figure->text.unit);
            if (same && noun.to <= figure->whole.from)
                parts->carried = lacks ? head_of(sentence, noun) : noun;
        }
        if (!is_found(parts) && range_empty(parts->verb))
            parts->carried = clause_object(sentence, figure->clause);
        if (!is_found(parts)) {
            parts->left = parts->verb;
            parts->verb = (Range) { 0, 0 };
        }
        last = parts;
        last_figure = figure;
    }
}

/* --- Writing ----------------------------------------------------------------------------------------------------- */

/* Whether a word inside a metric is none of it: 力争, and a comparator that its verb parts from the figure. */
static bool is_left_out(const Figure *figure, const Token *token)
{
    return is_word(token, WORD_SOFT) || (token->kind == TOKEN_WORD && token->word == figure->earlier);
}

static void append(GString *out, const Sentence *sentence, const Figure *figure, Range range)
{
    size_t i = 0, end = 0;
    if (range_empty(range))
        return;
    tokens_in(sentence, range, &i, &end);
    for (size_t at = range.from; at < range.to; at++) {
        while (i < end && SENTENCE_TOKEN(sentence, i)->range.from < at)
            i++;
        if (i < end && SENTENCE_TOKEN(sentence, i)->range.from == at && is_left_out(figure, SENTENCE_TOKEN(sentence, i)))
            at = SENTENCE_TOKEN(sentence, i)->range.to - 1;
        else
            g_string_append_unichar(out, sentence->view->orig[at]);
    }
}

static void widen(Range *quote, Range part)
{
    if (range_empty(part))
        return;
    Range wide = { MIN(quote->from, part.from), MAX(quote->to, part.to) };
    if (wide.to - wide.from <= QUOTE_CHARS_MAX)
        *quote = wide;
}

static Metric metric_of(const Sentence *sentence, const Figure *figure, const Parts *parts, GString *text)
{
    Range left = bounded(parts->left), right = bounded(parts->right), carried = bounded(parts->carried), verb = parts->verb;
    bool ahead = !range_empty(carried) && carried.from > figure->whole.from;
    Word verb_word = { sentence->view->norm + verb.from, verb.to - verb.from };
    bool said = range_empty(carried) ? false : view_find(sentence->view, carried, verb_word) < carried.to; /* 筛查4万人；已筛查2万人 */
    bool verb_counts = range_empty(left) && !range_empty(verb) && !said && (!range_empty(carried) || figure->verb == NULL || figure->verb->class != WORD_BRING);
    Metric metric = { .quote = figure->whole };
    g_string_truncate(text, 0);
    if (verb_counts)
        append(text, sentence, figure, verb);
    if (ahead)
        append(text, sentence, figure, left);
    append(text, sentence, figure, carried);
    if (!ahead)
        append(text, sentence, figure, left);
    append(text, sentence, figure, parts->tail);
    append(text, sentence, figure, right);
    widen(&metric.quote, left);
    widen(&metric.quote, right);
    widen(&metric.quote, carried);
    if (verb_counts)
        widen(&metric.quote, verb);
    metric.text = arena_str(sentence->arena, str_trim(str_from_gstring(text)));
    return metric;
}

void metrics_find(const Sentence *sentence, Metric *metrics)
{
    Finder finder = { sentence, g_new0(Parts, sentence->figures->len) };
    g_autofree Parts *parts = finder.parts;
    g_autoptr(GString) text = g_string_new(NULL);
    own_parts(&finder);
    borrow_ahead(&finder);
    share_lists(&finder);
    share_measures(&finder);
    carry_on(&finder);
    for (size_t i = 0; i < sentence->figures->len; i++)
        if (SENTENCE_FIGURE(sentence, i)->live)
            metrics[i] = metric_of(sentence, SENTENCE_FIGURE(sentence, i), &parts[i], text);
}
