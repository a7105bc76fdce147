#include "doc/view.h"

#include "base/banned.h"

DocValue view_value(const View *view, Range range, Arena *arena)
{
    if (range.from >= range.to)
        return (DocValue) { STR_NONE, { 0, 0 } };
    char *text = arena_alloc(arena, (range.to - range.from) * 4 + 1);
    size_t n = 0;
    for (size_t i = range.from; i < range.to; i++)
        if (view->orig[i] != '\n')
            n += (size_t) g_unichar_to_utf8(view->orig[i], text + n);
    return (DocValue) { { text, n }, { view->at[range.from], view->at[range.to - 1] + 1 } };
}

Range view_trim(const View *view, Range range, Word also)
{
    while (range.from < range.to && (is_blank(view->norm[range.from]) || word_has(also, view->norm[range.from])))
        range.from++;
    while (range.from < range.to && (is_blank(view->norm[range.to - 1]) || word_has(also, view->norm[range.to - 1])))
        range.to--;
    return range;
}

size_t view_find(const View *view, Range range, Word word)
{
    for (size_t i = range.from; i + word.n <= range.to; i++)
        if (view->norm[i] == word.p[0] && view_at(view, i, word))
            return i;
    return range.to;
}

View view_of_text(Str text, Arena *arena)
{
    size_t n = utf8_length(text);
    char32_t *norm = ARENA_ARRAY(arena, char32_t, n + 1), *orig = ARENA_ARRAY(arena, char32_t, n + 1);
    uint32_t *at = ARENA_ARRAY(arena, uint32_t, n + 1);
    for (size_t i = 0, byte = 0; i < n; i++) {
        orig[i] = utf8_next(text, &byte);
        norm[i] = char_fold(orig[i]);
        at[i] = (uint32_t) i;
    }
    at[n] = (uint32_t) n;
    return (View) { norm, orig, at, n };
}
