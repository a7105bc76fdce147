/* metric.c: what a figure counts. The noun stands before it (建档率90%), behind it (3个国家卫生镇), on both sides (辖区70%乡镇达到要求), or
 * with a neighbour (carry.c). Each figure owns the text between its neighbours. */
#include "doc/quantity.h"

#include "base/banned.h"

enum { QUOTE_CHARS_MAX = 240 };

/* The next live figure in the same stretch, or NULL. */
static const Figure *next_live(const Sentence *sentence, size_t index)
{
    const Figure *figure = SENTENCE_FIGURE(sentence, index);
    for (size_t i = index + 1; i < sentence->figures->len; i++) {
        const Figure *next = SENTENCE_FIGURE(sentence, i);
        if (next->around.from != figure->around.from)
            return NULL;
        if (next->live)
            return next;
    }
    return NULL;
}

/* How far the text of a stretch is taken by figures. */
typedef struct {
    size_t around; /* where the stretch begins */
    size_t to;
} Taken;

/* A figure's own text. Both sides (辖区70%乡镇达到要求) count where the left says of whom; else the noun behind a count is all (目前为A、B3家医院). */
static Parts own_parts(const Sentence *sentence, const Figure *figure, const Figure *next, Taken *taken)
{
    size_t from = taken->around == figure->around.from ? MAX(taken->to, figure->around.from) : figure->around.from;
    size_t end = next ? noun_split(sentence, figure, next) : figure->around.to;
    LeftNoun left = noun_before(sentence, figure, from);
    Parts parts = { .left = left.noun, .verb = left.verb };
    bool has_left = !range_empty(left.noun);
    bool relates = figure->whole.from > from && sentence->view->norm[figure->whole.from - 1] == U'的'; /* 晋升的11名干部 */
    *taken = (Taken) { figure->around.from, figure->whole.to };
    if (!noun_follows(sentence, figure, has_left && !left.ends_in_verb && !relates))
        return parts;
    parts.right = noun_behind(sentence, figure, end);
    taken->to = MAX(taken->to, end);
    bool acts = !sentence->context->results && (left.ends_in_verb || figure->before);
    if (!range_empty(parts.right) && figure->text.kind == UNIT_COUNT && !figure->each && !acts)
        parts.left.to = parts.left.from;
    return parts;
}

/* --- Writing ----------------------------------------------------------------------------------------------------- */

/* Whether a word inside a metric is none of it: 力争, and a comparator that its verb parts from the figure. */
static bool is_left_out(const Figure *figure, const Token *token)
{
    return token_is(token, ONE(WORD_SOFT)) || (token->kind == TOKEN_WORD && token->word == figure->earlier);
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

/* Whether a verb that stands alone before its figure is part of the metric: not where the noun has it (筛查4万人；已筛查2万人). */
static bool verb_counts(const Sentence *sentence, const Figure *figure, const Parts *parts)
{
    Range carried = bounded(parts->carried);
    if (range_empty(parts->verb) || !range_empty(parts->left))
        return false;
    if (range_empty(carried))
        return !figure->verb || figure->verb->class != WORD_BRING;
    Word verb = { sentence->view->norm + parts->verb.from, parts->verb.to - parts->verb.from };
    return view_find(sentence->view, carried, verb) == carried.to;
}

static Metric metric_of(const Sentence *sentence, const Figure *figure, const Parts *parts, GString *text)
{
    Range verb = verb_counts(sentence, figure, parts) ? parts->verb : (Range) { 0, 0 };
    Range left = bounded(parts->left), right = bounded(parts->right), carried = bounded(parts->carried);
    bool ahead = carried.from > figure->whole.from;
    const Range order[] = { verb, ahead ? left : carried, ahead ? carried : left, parts->tail, right };
    Metric metric = { .quote = figure->whole };
    g_string_truncate(text, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        append(text, sentence, figure, order[i]);
        widen(&metric.quote, order[i]);
    }
    metric.text = arena_str(sentence->arena, str_trim(str_from_gstring(text)));
    return metric;
}

void metrics_find(const Sentence *sentence, Metric *metrics)
{
    g_autofree Parts *parts = g_new0(Parts, sentence->figures->len);
    g_autoptr(GString) text = g_string_new(NULL);
    Taken taken = { SIZE_MAX, 0 };
    for (size_t i = 0; i < sentence->figures->len; i++)
        if (SENTENCE_FIGURE(sentence, i)->live)
            parts[i] = own_parts(sentence, SENTENCE_FIGURE(sentence, i), next_live(sentence, i), &taken);
    parts_carry(sentence, parts);
    for (size_t i = 0; i < sentence->figures->len; i++)
        if (SENTENCE_FIGURE(sentence, i)->live)
            metrics[i] = metric_of(sentence, SENTENCE_FIGURE(sentence, i), &parts[i], text);
}
