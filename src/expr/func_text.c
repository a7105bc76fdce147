#include "expr/func.h"

#include "base/decimal.h"

#include "base/banned.h"

ROW(fn_length)
{
    (void) call, (void) n;
    answer_number(ret, (int64_t) utf8_length(args[0].text));
}

static Str changed(Call *call, Str text, char (*change)(char))
{
    char *out = arena_alloc(call->arena, text.n);
    for (size_t i = 0; i < text.n; i++)
        out[i] = change(text.p[i]);
    return (Str) { out, text.n };
}

ROW(fn_upper)
{
    (void) n;
    *ret = (Value) { .text = changed(call, args[0].text, g_ascii_toupper) };
}

ROW(fn_lower)
{
    (void) n;
    *ret = (Value) { .text = changed(call, args[0].text, g_ascii_tolower) };
}

ROW(fn_trim)
{
    (void) n;
    answer_text(call, ret, str_trim(args[0].text));
}

/* substr(text, from[, count]): from 1; what lies outside is left out. A count below 0 is none. */
ROW(fn_substr)
{
    (void) call;
    Str text = args[0].text;
    Wide from = args[1].number, end = n > 2 ? from + args[2].number : INT64_MAX; /* the first one behind */
    from = MAX(from, 1);
    if (end <= from || (n > 2 && args[2].number < 0))
        return;
    size_t skipped = utf8_head(text, (size_t) from - 1).n;
    Str rest = str_from_at(text, skipped);
    Str part = utf8_head(rest, (size_t) (end - from));
    if (part.n > 0)
        *ret = (Value) { .text = part };
}

/* replace(text, what[, by]); without `by` it is taken out. */
ROW(fn_replace)
{
    Str text = args[0].text, what = args[1].text, by = n > 2 ? args[2].text : STR("");
    g_autoptr(GString) out = g_string_new(NULL);
    size_t at = 0;
    for (ptrdiff_t found; (found = str_find(text, what, at)) >= 0 && out->len <= LIMIT_EXPR_MADE_BYTES; at = (size_t) found + what.n) {
        g_string_append_len(out, text.p + at, found - (ptrdiff_t) at);
        g_string_append_len(out, by.p, (gssize) by.n);
    }
    g_string_append_len(out, text.p + at, (gssize) (text.n - at));
    answer_text(call, ret, out->len > LIMIT_EXPR_MADE_BYTES ? str_from_gstring(out) : arena_str(call->arena, str_from_gstring(out)));
}

ROW(fn_starts_with)
{
    (void) call, (void) n;
    answer_number(ret, str_starts(args[0].text, args[1].text));
}

ROW(fn_ends_with)
{
    (void) call, (void) n;
    answer_number(ret, str_ends(args[0].text, args[1].text));
}

ROW(fn_contains)
{
    (void) call, (void) n;
    answer_number(ret, str_has(args[0].text, args[1].text));
}

#define BATCH_OF_TEXTS(name, test) \
    BATCH(name) \
    { \
        const Str *a = args[0].values, *b = args[1].values; \
        size_t step_a = !args[0].constant, step_b = !args[1].constant; \
        uint8_t *out = (uint8_t *) ret->values; \
        (void) call; \
        for (size_t i = 0; i < rows; i++) \
            out[i] = test(a[i * step_a], b[i * step_b]); \
    }
BATCH_OF_TEXTS(batch_starts_with, str_starts)
BATCH_OF_TEXTS(batch_ends_with, str_ends)
BATCH_OF_TEXTS(batch_contains, str_has)

/* The scale is the second argument where SQLite calls, and the type's here. */
ROW(fn_text)
{
    char buffer[DECIMAL_TEXT_MAX];
    int scale = n > 1 ? (int) args[1].number : call->scale;
    decimal_format(decimal_make(args[0].number, CLAMP(scale, 0, DECIMAL_SCALE_MAX)), buffer);
    *ret = (Value) { .text = arena_str(call->arena, str_from(buffer)) };
}

enum { NUMBER_BYTES = 40 };

ROW(fn_number)
{
    (void) call, (void) n;
    Decimal d;
    int64_t number;
    int scale = (int) CLAMP(args[1].number, 0, DECIMAL_SCALE_MAX);
    if (args[0].text.n <= NUMBER_BYTES && decimal_parse(args[0].text, &d) && decimal_at_scale(d, scale, &number) && number != INT64_MIN)
        answer_number(ret, number);
}

ROW(fn_join)
{
    (void) n;
    if (args[0].text.n + args[1].text.n > LIMIT_EXPR_MADE_BYTES)
        call->faults |= EXPR_FAULT_OVERFLOW;
    else
        *ret = (Value) { .text = arena_concat(call->arena, args[0].text, args[1].text) };
}

/* --- like ----------------------------------------------------------------------------------------------------------- */

/* Bytes of the character at `at`. */
static size_t char_size(Str s, size_t at)
{
    size_t end = at;
    utf8_next(s, &end);
    return end - at;
}

/* Greedy, with one place to come back to: the last %. */
static bool like(Str text, Str pattern)
{
    size_t t = 0, p = 0, back_t = 0, back_p = SIZE_MAX;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '%') {
            back_p = ++p;
            back_t = t;
        } else if (p < pattern.n && pattern.p[p] == '_') {
            t += char_size(text, t);
            p++;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) { /* bytes of one character match all or not at all */
            t++;
            p++;
        } else if (back_p != SIZE_MAX) {
            back_t += char_size(text, back_t);
            t = back_t;
            p = back_p;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '%')
        p++;
    return p == pattern.n;
}

ROW(fn_like)
{
    (void) call, (void) n;
    answer_number(ret, like(args[0].text, args[1].text));
}

/* For SQLite: whether a line "code\tfrom\tto\n" of the table, open ends left empty, holds the code and the day. */
ROW(fn_code_on)
{
    (void) n;
    Str table = args[2].text, begin = arena_printf(call->arena, "\n" STR_FMT "\t", STR_ARG(args[0].text));
    bool in = false;
    for (ptrdiff_t at = 0; !in && (at = str_find(table, begin, (size_t) at)) >= 0; at++) {
        Str days = str_from_at(table, (size_t) at + begin.n), to = str_cut(&days, '\n'), from = str_cut(&to, '\t');
        Date first, last;
        in = (from.n == 0 || (date_parse(from, &first) && first <= args[1].number)) && (to.n == 0 || (date_parse(to, &last) && args[1].number <= last));
    }
    answer_number(ret, in);
}
