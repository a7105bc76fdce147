/* Whether figures of a kind add up: 120 beds and 80 beds are 200, but two rates of 95% are no rate of 190%. Decides who may be given a share of a target. */
#include "doc/quantity.h"

#include "base/banned.h"

/* Where a metric has one of these at its end or in it, its figure is a mean or a ratio, whatever the unit says. */
static const Word ratio_ends[] = {
    WORD_INIT(U"率"), WORD_INIT(U"比"), WORD_INIT(U"比例"), WORD_INIT(U"比重"), WORD_INIT(U"占比"), WORD_INIT(U"指数"), WORD_INIT(U"得分"), WORD_INIT(U"满意度"),
    WORD_INIT(U"预期寿命"), WORD_INIT(U"水平"), WORD_INIT(U"增幅"), WORD_INIT(U"增速"), WORD_INIT(U"降幅"),
};
static const Word mean_words[] = { WORD_INIT(U"平均"), WORD_INIT(U"人均"), WORD_INIT(U"次均"), WORD_INIT(U"户均"), WORD_INIT(U"每"), WORD_INIT(U"均次") };

/* Units in the table as counts, but of scores. */
static const Word score_units[] = { WORD_INIT(U"分") };

static bool ends_in(const View *view, const Word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (view->n >= words[i].n && view_at(view, view->n - words[i].n, words[i]))
            return true;
    return false;
}

static bool holds(const View *view, const Word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (view_find(view, (Range) { 0, view->n }, words[i]) < view->n)
            return true;
    return false;
}

/* 次/年 and 万元/年 add up; 元/人 and 张/千人 do not. */
static bool per_time_only(const View *unit)
{
    size_t at = view_find(unit, (Range) { 0, unit->n }, W(U"/"));
    if (at == unit->n)
        return view_find(unit, (Range) { 0, unit->n }, W(U"·")) == unit->n;
    Unit per = unit_read(unit, at + 1, unit->n);
    return per.kind == UNIT_TIME && per.to == unit->n;
}

static bool unit_adds(const View *unit)
{
    if (unit->n == 0)
        return true;
    UnitKind kind = unit_read(unit, 0, unit->n).kind;
    bool score = unit->n == score_units[0].n && ends_in(unit, score_units, G_N_ELEMENTS(score_units));
    return (kind == UNIT_COUNT || kind == UNIT_MONEY) && !score && per_time_only(unit);
}

bool doc_figure_adds(Str metric, Str unit)
{
    g_autoptr(Arena) arena = arena_new();
    View what = view_of_text(metric, arena), of = view_of_text(unit, arena);
    return !ends_in(&what, ratio_ends, G_N_ELEMENTS(ratio_ends)) && !holds(&what, mean_words, G_N_ELEMENTS(mean_words)) && unit_adds(&of);
}
