#include "doc/lines.h"

#include "base/banned.h"

static size_t line_end(const View *text, size_t from)
{
    while (from < text->n && text->norm[from] != '\n')
        from++;
    return from;
}

/* In Chinese print the stops take two columns, also where a web page has made western ones of them. */
static bool is_stop(char32_t c)
{
    return c == ',' || c == ':' || c == ';' || c == '(' || c == ')';
}

static uint32_t columns(const View *text, Range range)
{
    uint32_t sum = 0;
    for (size_t i = range.from; i < range.to; i++) {
        bool beside_wide = (i > range.from && char_columns(text->orig[i - 1]) == 2) || (i + 1 < range.to && char_columns(text->orig[i + 1]) == 2);
        sum += is_stop(text->orig[i]) && beside_wide ? 2 : char_columns(text->orig[i]);
    }
    return sum;
}

static uint32_t count_bars(const View *text, Range range)
{
    uint32_t count = 0;
    for (size_t i = range.from; i < range.to; i++)
        count += is_bar(text->norm[i]);
    return count;
}

static Line line_make(const View *text, Range whole)
{
    Range range = view_trim(text, whole, W(U""));
    bool blank = range.from >= range.to;
    return (Line) {
        .range = blank ? (Range) { whole.from, whole.from } : range,
        .indent = blank ? 0 : columns(text, (Range) { whole.from, range.from }),
        .width = blank ? 0 : columns(text, range),
        .bars = blank ? 0 : count_bars(text, range),
        .kind = blank ? LINE_BLANK : LINE_TEXT,
    };
}

/* "## 二、重点任务" is a heading of level 2; "> " before a quotation and "- " before a list's item say nothing. */
static void take_markdown(const View *text, Line *line)
{
    enum { DEEPEST = 6 };
    size_t i = line->range.from;
    while (i < line->range.to && text->norm[i] == '#')
        i++;
    size_t level = i - line->range.from;
    if (level >= 1 && level <= DEEPEST && i < line->range.to && text->norm[i] == ' ') {
        line->heading = (uint8_t) level;
        line->range = view_trim(text, (Range) { i, line->range.to }, W(U"#*"));
    } else if (view_at(text, line->range.from, W(U"> ")) || view_at(text, line->range.from, W(U"- ")) || view_at(text, line->range.from, W(U"* "))) {
        line->range = view_trim(text, (Range) { line->range.from + 2, line->range.to }, W(U""));
    }
}

Lines lines_split(Str text, bool markdown, Arena *arena)
{
    Lines lines = { .text = view_of_text(text, arena) };
    size_t count = 1;
    for (size_t i = 0; i < lines.text.n; i++)
        count += lines.text.norm[i] == '\n';
    lines.v = ARENA_ARRAY(arena, Line, count);
    for (size_t from = 0; from < lines.text.n;) {
        size_t to = line_end(&lines.text, from);
        Line *line = &lines.v[lines.n++];
        *line = line_make(&lines.text, (Range) { from, to });
        if (markdown && line->kind == LINE_TEXT)
            take_markdown(&lines.text, line);
        from = to + 1;
    }
    return lines;
}
