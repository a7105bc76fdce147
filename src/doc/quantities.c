/* quantities.c: the targets of an item. Sentence by sentence: tokens, then which figures are targets, then what each counts and when. */
#include "doc/quantity.h"

#include "base/banned.h"

typedef ARENA_LIST(DocTarget) TargetList;

static bool ends_sentence(char32_t c)
{
    return c == U'。' || c == '!' || c == '?' || c == '\n';
}

/* Whether a sentence may hold a figure: most do not, and need no cutting up. */
static bool may_hold_figures(const View *view, Range range)
{
    for (size_t i = range.from; i < range.to; i++) {
        Numeral numeral;
        if (is_digit(view->norm[i]))
            return true;
        if (!numeral_begins(view->norm[i]) || !numeral_read(view, i, range.to, &numeral))
            continue;
        size_t to = numeral.range.to;
        if (view_at(view, to, W(U"分之")) || view_at(view, to, W(U"万分之")) || unit_read(view, to, range.to).kind != UNIT_NONE)
            return true;
        i = to - 1;
    }
    return false;
}

static bool heads_with(const View *view, Range sentence, const Word *words, size_t n)
{
    enum { HEAD_CHARS = 12 };
    Range head = { sentence.from, MIN(sentence.to, sentence.from + HEAD_CHARS) };
    for (size_t i = 0; i < n; i++)
        if (view_find(view, head, words[i]) < head.to)
            return true;
    return false;
}

/* Behind 完成情况 figures are results to the end of the item, or until the document says what is aimed at. */
static bool report_goes_on(const View *view, Range sentence, bool reporting)
{
    static const Word reports[] = {
        WORD_INIT(U"完成情况:"), WORD_INIT(U"进展情况:"), WORD_INIT(U"落实情况:"), WORD_INIT(U"整改情况:"), WORD_INIT(U"工作成效:"), WORD_INIT(U"整改成效:"),
        WORD_INIT(U"完成进度:"), WORD_INIT(U"实际完成:"),
    };
    static const Word aims[] = { WORD_INIT(U"目标:"), WORD_INIT(U"工作目标"), WORD_INIT(U"年度目标"), WORD_INIT(U"下一步") };
    if (reporting)
        return !heads_with(view, sentence, aims, G_N_ELEMENTS(aims));
    return heads_with(view, sentence, reports, G_N_ELEMENTS(reports));
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
    DocValue value = view_value(view, range, sentence->arena);
    diag_add(diags, "figure-too-long", value.text, value.span.from, value.span.to, "a figure has more digits than can be kept exactly");
}

static void sentence_targets(Sentence *sentence, Range range, bool reporting, TargetList *list, Diags *diags)
{
    sentence_read(sentence, range);
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
        Range stretch = { at, end };
        reporting = report_goes_on(view, stretch, reporting);
        if (may_hold_figures(view, stretch))
            sentence_targets(&sentence, stretch, reporting, &list, diags);
        at = end + 1;
    }
    sentence_clear(&sentence);
    wordy_find(view, range, diags);
    *ret_n = list.n;
    return list.v;
}
