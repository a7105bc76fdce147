#include "base/columns.h"

#include <utf8proc.h>

#include "base/arena.h"

#include "base/banned.h"

static size_t width_of(uint32_t c)
{
    return (size_t) MAX(utf8proc_charwidth((utf8proc_int32_t) c), 0);
}

size_t columns_of(Str text)
{
    size_t sum = 0;
    for (size_t i = 0; i < text.n;)
        sum += width_of(utf8_next(text, &i));
    return sum;
}

void columns_cell(GString *out, Str text, size_t width)
{
    size_t used = 0, i = 0;
    bool cut = columns_of(text) > width;
    while (i < text.n) {
        size_t next = i;
        size_t own = width_of(utf8_next(text, &next));
        if (used + own > width - (cut ? 1 : 0))
            break;
        g_string_append_len(out, text.p + i, (gssize) (next - i));
        used += own;
        i = next;
    }
    if (cut) {
        g_string_append(out, "…");
        used++;
    }
    for (; used < width; used++)
        g_string_append_c(out, ' ');
}

/* --- Tables -------------------------------------------------------------------------------------------------------- */

struct Columns {
    Arena *arena;
    size_t n, most;
    size_t *widths;
    ARENA_LIST(Str *) rows; /* the header is the first */
};

static Str one_line(Arena *arena, Str text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        copy[i] = g_ascii_iscntrl(text.p[i]) ? ' ' : text.p[i];
    return (Str) { copy, text.n };
}

void columns_add(Columns *columns, const Str *cells)
{
    Str *row = ARENA_ARRAY(columns->arena, Str, columns->n);
    for (size_t c = 0; c < columns->n; c++) {
        row[c] = one_line(columns->arena, cells[c]);
        columns->widths[c] = MIN(MAX(columns->widths[c], columns_of(row[c])), columns->most);
    }
    *ARENA_PUSH(columns->arena, &columns->rows) = row;
}

Columns *columns_new(const Str *header, size_t n, size_t most)
{
    Arena *arena = arena_new();
    Columns *columns = ARENA_NEW(arena, Columns);
    *columns = (Columns) { .arena = arena, .n = n, .most = most, .widths = ARENA_ARRAY(arena, size_t, n) };
    columns_add(columns, header);
    return columns;
}

void columns_write(const Columns *columns, GString *out)
{
    for (size_t r = 0; columns->rows.n > 1 && r < columns->rows.n; r++) {
        for (size_t c = 0; c < columns->n; c++) {
            columns_cell(out, columns->rows.v[r][c], columns->widths[c]);
            g_string_append(out, "  ");
        }
        while (out->len > 0 && out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
}

void columns_free(Columns *columns)
{
    if (columns)
        arena_free(columns->arena);
}
