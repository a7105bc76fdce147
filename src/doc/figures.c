/* figures.c: a numeral with its unit: 23.4%, 10/10万, 千分之五, 三分之二, 1～2所, 5%－10%, 1:1.6, 前500名. */
#include "doc/quantity.h"

#include "base/banned.h"

static bool is_ascii_letter(char32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether a number is part of a name: COVID-19, 1+X, B2, v2.0; but AED900台 counts. */
static bool in_name(const View *view, Range number, size_t end, bool counted)
{
    char32_t before = number.from > 0 ? view->norm[number.from - 1] : 0;
    char32_t behind = number.to < end ? view->norm[number.to] : 0;
    if ((is_ascii_letter(before) && !counted) || before == '+' || before == '.' || before == '#' || before == '_')
        return true;
    if (before == '-' && number.from > 1 && is_ascii_letter(view->norm[number.from - 2]))
        return true;
    return behind == '+' || behind == '@' || behind == '_';
}

/* Behind the dash, 至 or 到 of a range, and the blanks around it; `from` if there is none. */
static size_t dash_read(const View *view, size_t from, size_t end)
{
    size_t at = skip_blank(view, from, end), i = at;
    while (i < end && i - at < 2 && word_holds(W(U"-~—–〜―"), view->norm[i]))
        i++;
    if (i == at && i < end && (view->norm[i] == U'至' || view->norm[i] == U'到'))
        i++;
    return i > at ? skip_blank(view, i, end) : from;
}

/* As printed, but for the width of its characters: ９８％ is 98 with %. */
static Str unit_text(const View *view, const Unit *unit, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = unit->multiplier.from; i < unit->multiplier.to; i++)
        g_string_append_unichar(text, view->norm[i]);
    for (size_t i = unit->name.from; i < unit->name.to; i++)
        g_string_append_unichar(text, view->norm[i]);
    return arena_str(arena, str_from_gstring(text));
}

/* 百分之九十五, 三分之二: the part is the value, what it is a part of the unit. */
static bool parts_read(const View *view, const Numeral *whole, size_t end, Arena *arena, FigureText *figure)
{
    enum { PARTS_MAX = 1000000 };
    size_t i = whole->range.to;
    int64_t parts = MIN(whole->value.value, PARTS_MAX + 1);
    if (i < end && view->norm[i] == U'万')
        parts *= 10000, i++;
    Numeral part;
    if (!view_at(view, i, W(U"分之")) || i + 2 > end || whole->value.scale > 0 || parts <= 1 || parts > PARTS_MAX)
        return false;
    i += 2;
    if (i < end && view->norm[i] == U'百')
        part = (Numeral) { { i, i + 1 }, { 100, 0 }, true, true };
    else if (!numeral_read(view, i, end, &part))
        return false;
    figure->range = (Range) { whole->range.from, part.range.to };
    figure->value = part.value;
    figure->exact = part.exact;
    figure->chinese = false;
    figure->kind = UNIT_RATE;
    figure->unit_range = (Range) { whole->range.from, i };
    if (parts == 100 || parts == 1000)
        figure->unit = arena_str(arena, parts == 100 ? STR("%") : STR("‰"));
    else if (parts % 10000 == 0)
        figure->unit = parts == 10000 ? arena_str(arena, STR("/万")) : arena_printf(arena, "/%d万", (int) (parts / 10000));
    else
        figure->unit = arena_printf(arena, "/%d", (int) parts);
    return true;
}

/* 百分之三至百分之五. */
static bool parts_between_read(const View *view, const Numeral *whole, size_t end, Arena *arena, FigureText *figure)
{
    FigureText low = *figure, high = *figure;
    Numeral next;
    if (!parts_read(view, whole, end, arena, &low))
        return false;
    *figure = low;
    size_t dash = dash_read(view, low.range.to, end);
    if (dash == low.range.to || !numeral_read(view, dash, end, &next) || !parts_read(view, &next, end, arena, &high) || !str_eq(low.unit, high.unit))
        return true;
    figure->value2 = high.value;
    figure->between = true;
    figure->exact &= high.exact;
    figure->range.to = high.range.to;
    figure->unit_range = high.unit_range;
    return true;
}

/* 1:1.6, and 1/3: the second number with the first as its unit, or the first with the second as its whole. */
static bool ratio_read(const View *view, const Numeral *first, size_t end, Arena *arena, FigureText *figure)
{
    size_t i = first->range.to;
    Numeral second;
    if (i + 1 >= end || !is_digit(view->norm[i + 1]) || !is_digit(view->norm[first->range.from]))
        return false;
    char32_t sign = view->norm[i];
    if ((sign != ':' && sign != U'∶' && sign != '/') || !numeral_read(view, i + 1, end, &second))
        return false;
    if (unit_read(view, sign == '/' ? i : second.range.to, end).kind != UNIT_NONE)
        return false;
    figure->range = (Range) { first->range.from, second.range.to };
    figure->kind = UNIT_RATIO;
    figure->exact = first->exact && second.exact;
    figure->value = sign == '/' ? first->value : second.value;
    figure->unit_range = sign == '/' ? (Range) { i, second.range.to } : (Range) { first->range.from, i + 1 };
    figure->unit = sign == '/' ? view_value(view, figure->unit_range, arena).text
                               : arena_concat(arena, view_value(view, first->range, arena).text, STR(":"));
    return true;
}

static void take_unit(const View *view, const Unit *unit, Arena *arena, FigureText *figure)
{
    if (unit->kind == UNIT_NONE) {
        figure->unit = STR("");
        return;
    }
    figure->kind = unit->kind;
    figure->range.to = unit->to;
    figure->unit_range = unit->name;
    figure->unit = unit_text(view, unit, arena);
    figure->over |= unit->over;
    figure->chinese &= view->norm[unit->name.from] != U'万' && view->norm[unit->name.from] != U'亿' && range_empty(unit->multiplier);
}

/* 1-2个, 5%-10%, 一至两家: a second numeral behind a dash, with the same unit or the only one. */
static bool between_read(const View *view, const Numeral *low, size_t end, Arena *arena, FigureText *figure)
{
    Unit low_unit = unit_read(view, low->range.to, end);
    size_t i = low_unit.kind != UNIT_NONE ? low_unit.to : low->range.to;
    size_t dash = dash_read(view, i, end);
    Numeral high;
    if (dash == i || !numeral_read(view, dash, end, &high))
        return false;
    Unit unit = unit_read(view, high.range.to, end);
    if (low_unit.kind != UNIT_NONE && (unit.kind != low_unit.kind || unit.kind == UNIT_LABEL))
        return false;
    if (low_unit.kind == UNIT_NONE && unit.kind == UNIT_NONE) { /* 0510-8583: no quantity, passed over as a whole */
        figure->range.to = high.range.to;
        figure->unit = STR("");
        figure->kind = UNIT_LABEL;
        return true;
    }
    figure->value2 = high.value;
    figure->between = true;
    figure->exact &= high.exact;
    figure->range.to = high.range.to;
    take_unit(view, &unit, arena, figure);
    return true;
}

/* 前500名: the rank is the value. 第3名 ranks nobody by plan: an ordinal. */
static void rank_take(const View *view, FigureText *figure)
{
    size_t from = figure->range.from;
    if (from > 0 && (view->norm[from - 1] == U'第' || view->norm[from - 1] == U'后')) {
        figure->kind = UNIT_LABEL;
    } else if (from > 0 && view->norm[from - 1] == U'前' && (figure->kind == UNIT_COUNT || figure->kind == UNIT_RATE || figure->kind == UNIT_NONE)) {
        bool place = figure->kind != UNIT_COUNT || view->norm[figure->range.to - 1] == U'名' || view->norm[figure->range.to - 1] == U'位';
        figure->kind = place ? UNIT_RANK : UNIT_LABEL;
        figure->range.from--;
    }
}

bool figure_read(const View *view, size_t at, size_t end, Arena *arena, FigureText *ret_figure)
{
    Numeral numeral;
    if (!numeral_read(view, at, end, &numeral))
        return false;
    enum { MANNER_OF_SPEAKING_MAX = 10 }; /* 十大中心, but 十二名 counts */
    bool chinese = numeral.chinese && numeral.value.value <= MANNER_OF_SPEAKING_MAX;
    FigureText figure = { .range = numeral.range, .value = numeral.value, .chinese = chinese, .exact = numeral.exact };
    if (!parts_between_read(view, &numeral, end, arena, &figure) && !ratio_read(view, &numeral, end, arena, &figure)
        && !between_read(view, &numeral, end, arena, &figure)) {
        size_t i = numeral.range.to;
        figure.over = i < end && !numeral.chinese && view->norm[i] == U'余' && unit_read(view, i, end).kind == UNIT_NONE;
        Unit unit = unit_read(view, i, end);
        take_unit(view, &unit, arena, &figure);
    }
    if (figure.unit_range.to == 0)
        figure.unit_range = (Range) { figure.range.to, figure.range.to };
    rank_take(view, &figure);
    bool unitless = figure.kind == UNIT_NONE && figure.range.to < end && is_ascii_letter(view->norm[figure.range.to]);
    Range number = { numeral.range.from, figure.kind == UNIT_NONE ? figure.range.to : numeral.range.to };
    if (in_name(view, number, end, figure.kind == UNIT_COUNT) || unitless)
        figure.kind = UNIT_LABEL;
    *ret_figure = figure;
    return true;
}
