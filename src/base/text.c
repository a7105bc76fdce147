#include "base/text.h"

#include <utf8proc.h>

#include "base/banned.h"

/* All characters to fold begin with one of two bytes, which are rare otherwise (U+3xxx holds the CJK punctuation, but
 * 汉字 begin with 0xE4 to 0xE9): the way to the next is a search for a byte. */
static bool folds_at(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *) p;
    if (n < 3)
        return false;
    if (u[0] == 0xE3)
        return u[1] == 0x80 && u[2] == 0x80;
    return u[0] == 0xEF && ((u[1] == 0xBC && u[2] >= 0x81) || (u[1] == 0xBD && u[2] <= 0x9E));
}

/* From byte `from` on, the first that begins a character to fold; s.n where there is none. */
static size_t next_fold(Str s, size_t from)
{
    size_t i = from;
    for (; i < s.n; i++)
        if (((unsigned char) s.p[i] == 0xEF || (unsigned char) s.p[i] == 0xE3) && folds_at(s.p + i, s.n - i))
            break;
    return i;
}

Str text_fold_width(Str s, Arena *arena)
{
    size_t at = next_fold(s, 0);
    if (at >= s.n)
        return s;
    char *start = arena_alloc(arena, s.n + 1), *out = start;
    for (size_t from = 0;; at = next_fold(s, from)) {
        memcpy(out, s.p + from, at - from);
        out += at - from;
        if (at >= s.n)
            return (Str) { start, (size_t) (out - start) };
        from = at;
        *out++ = (char) text_fold_char(utf8_next(s, &from));
    }
}

/* What is left to unify behind NFKC, which has already made full-width forms ASCII. 0: dropped. Sorted. */
static const struct {
    utf8proc_int32_t from, to;
} name_folds[] = {
    { '\t', 0 },       { '\n', 0 },       { '\r', 0 },       { ' ', 0 },        { ',', 0x3001 },   { ';', 0x3001 },
    { '[', '(' },      { ']', ')' },      { 0x2010, '-' },   { 0x2011, '-' },   { 0x2012, '-' },   { 0x2013, '-' },
    { 0x2014, '-' },   { 0x2015, '-' },   { 0x2022, 0xB7 },  { 0x2027, 0xB7 },  { 0x2212, '-' },   { 0x3010, '(' },
    { 0x3011, ')' },   { 0x3014, '(' },   { 0x3015, ')' },   { 0x3016, '(' },   { 0x3017, ')' },   { 0x30FB, 0xB7 },
};

static utf8proc_int32_t fold_name_char(utf8proc_int32_t c)
{
    for (size_t low = 0, high = G_N_ELEMENTS(name_folds); low < high;) {
        size_t middle = (low + high) / 2;
        if (name_folds[middle].from == c)
            return name_folds[middle].to;
        if (name_folds[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return c;
}

/* Decomposed, compatible, case folded, without invisible characters; unified; composed again. */
static const utf8proc_option_t decompose = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;

/* Whether a text is of ASCII and the common ideographs only, which most names are: these have no other form to be unified but capitals and what stands in name_folds. */
static bool is_plain(Str s)
{
    const unsigned char *u = (const unsigned char *) s.p;
    for (size_t i = 0; i < s.n;) {
        if (u[i] < 0x80) {
            i++;
            continue;
        }
        /* U+4E00 to U+9FFF: E4 B8 80 to E9 BF BF */
        if (u[i] < 0xE4 || u[i] > 0xE9 || s.n - i < 3 || (u[i] == 0xE4 && u[i + 1] < 0xB8))
            return false;
        i += 3;
    }
    return true;
}

static Str plain_name_key(Str s, Arena *arena)
{
    char *start = arena_alloc(arena, 3 * s.n + 1), *out = start; /* a comma becomes three bytes */
    for (size_t i = 0; i < s.n;) {
        if ((unsigned char) s.p[i] >= 0x80) {
            memcpy(out, s.p + i, 3);
            out += 3;
            i += 3;
            continue;
        }
        gunichar folded = (gunichar) fold_name_char(g_ascii_tolower(s.p[i++]));
        out += folded ? g_unichar_to_utf8(folded, out) : 0;
    }
    return (Str) { start, (size_t) (out - start) };
}

Str text_name_key(Str s, Arena *arena)
{
    if (s.p && is_plain(s))
        return plain_name_key(s, arena);
    const utf8proc_uint8_t *text = (const utf8proc_uint8_t *) (s.p ? s.p : "");
    utf8proc_ssize_t need = utf8proc_decompose(text, (utf8proc_ssize_t) s.n, NULL, 0, decompose);
    g_return_val_if_fail(need >= 0, STR(""));
    /* utf8proc_reencode writes its UTF-8, and a NUL, over the code points. */
    utf8proc_int32_t *chars = ARENA_ARRAY(arena, utf8proc_int32_t, (size_t) need + 1);
    utf8proc_decompose(text, (utf8proc_ssize_t) s.n, chars, need, decompose);
    utf8proc_ssize_t kept = 0;
    bool marks = false;
    for (utf8proc_ssize_t i = 0; i < need; i++)
        if ((chars[kept] = fold_name_char(chars[i])) != 0)
            marks |= utf8proc_get_property(chars[kept++])->combining_class != 0;
    utf8proc_ssize_t n = utf8proc_reencode(chars, kept, UTF8PROC_COMPOSE);
    Str key = { (const char *) chars, n > 0 ? (size_t) n : 0 };
    return marks && kept < need ? text_name_key(key, arena) : key; /* marks that a blank held apart are to be put in their order; it is shorter each time */
}
