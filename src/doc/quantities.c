/* quantities.c: the targets of an item. Sentence by sentence: tokens, then which figures are targets, then what each counts and when. */
#include "doc/quantity.h"

#include "base/banned.h"

typedef ARENA_LIST(DocTarget) TargetList;

static bool ends_sentence(char32_t c)
{
    return c == U'。' || c == '!' || c == '?' || c == '\n';
}

/* Behind 完成情况 figures are results to the end of the item, or until the document says what is aimed at. */
static bool report_goes_on(const Sentence *sentence, bool reporting)
{
    for (size_t i = 0; i < sentence->tokens->len; i++) {
        const Token *token = SENTENCE_TOKEN(sentence, i);
        bool heads = token->kind == TOKEN_WORD && token->word->class == WORD_REPORT && token->range.to < sentence->range.to && sentence->view->norm[token->range.to] == ':';
        reporting |= heads;
    }
    static const Word aims[] = { WORD_INIT(U"目标:"), WORD_INIT(U"工作目标"), WORD_INIT(U"年度目标"), WORD_INIT(U"下一步") };
    for (size_t i = 0; i < G_N_ELEMENTS(aims); i++)
        if (reporting && view_find(sentence->view, (Range) { sentence->range.from, MIN(sentence->range.to, sentence->range.from + 12) }, aims[i]) < MIN(sentence->range.to, sentence->range.from + 12))
            return false;
    return reporting;
}

static Date due_of(const Promise *promise, const TargetContext *context)
{
    if (promise->tense == TENSE_RESULT)
        return DATE_NONE;
    if (promise->due != DATE_NONE)
        return promise->due;
    return context->plan_year > 0 ? date_month_end(context->plan_year, 12) : DATE_NONE;
}

static void target_add(Sentence *sentence, const Figure *figure, const Metric *metric, const Promise *promise, TargetList *list)
{
    *ARENA_PUSH(sentence->arena, list) = (DocTarget) {
        .quote = view_value(sentence->view, metric->quote, sentence->arena),
        .metric = metric->text,
        .op = figure->op,
        .value = figure->text.value,
        .value2 = figure->text.value2,
        .unit = figure->text.unit,
        .due = due_of(promise, sentence->context),
        .soft = promise->soft,
        .tense = promise->tense,
    };
}

/* More digits than a figure holds: said, and no target made of it. */
static void report_inexact(const Sentence *sentence, const Figure *figure, Diags *diags)
{
    const View *view = sentence->view;
    Range range = figure->text.range;
    diag_add(diags, "figure-too-long", view_value(view, range, sentence->arena).text, view->at[range.from], view->at[range.to], "a figure has more digits than can be kept exactly");
}

static void sentence_targets(Sentence *sentence, bool reporting, TargetList *list, Diags *diags)
{
    size_t n = sentence->figures->len;
    g_autofree Metric *metrics = g_new0(Metric, n);
    g_autofree Promise *promises = g_new0(Promise, n);
    figures_compare(sentence);
    figures_judge(sentence);
    metrics_find(sentence, metrics);
    promises_find(sentence, reporting, promises);
    for (size_t i = 0; i < n; i++) {
        const Figure *figure = SENTENCE_FIGURE(sentence, i);
        if (figure->live && !figure->text.exact)
            report_inexact(sentence, figure, diags);
        else if (figure->live && metrics[i].text.n > 0)
            target_add(sentence, figure, &metrics[i], &promises[i], list);
    }
}

const DocTarget *targets_find(const View *view, Range range, const TargetContext *context, Arena *arena, Diags *diags, size_t *ret_n)
{
    TargetList list = { 0 };
    Sentence sentence;
    bool reporting = false;
    sentence_init(&sentence, view, context, arena);
    for (size_t at = range.from; at < range.to;) {
        size_t end = at;
        while (end < range.to && !ends_sentence(view->norm[end]))
            end++;
        sentence_read(&sentence, (Range) { at, end });
        reporting = report_goes_on(&sentence, reporting);
        if (sentence.figures->len > 0)
            sentence_targets(&sentence, reporting, &list, diags);
        at = end + 1;
    }
    sentence_clear(&sentence);
    wordy_find(view, range, diags);
    *ret_n = list.n;
    return list.v;
}
