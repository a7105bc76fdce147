/* str.h: Str, a view of bytes that owns nothing, and what one does with it.
 *
 * A Str points into memory that someone else keeps; there is no NUL behind it. Parsed text stays a Str into its
 * input (a copy per field makes a reader three times slower); copy it (str_dup, arena_str) where it must outlive it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *p; /* NULL: no value at all, which is not the same as "" */
    size_t n;
} Str;

#define STR_INIT(s) { "" s, sizeof(s) - 1 } /* for tables */
#define STR(s) ((Str) STR_INIT(s))
#define STR_NONE ((Str) { NULL, 0 })
#define STR_FMT "%.*s" /* printf: STR_FMT with STR_ARG(s) */
#define STR_ARG(s) (int) (s).n, (s).p ? (s).p : ""

static inline Str str_from(const char *nul_ended)
{
    return (Str) { nul_ended, nul_ended ? strlen(nul_ended) : 0 };
}

static inline Str str_from_gstring(const GString *string)
{
    return (Str) { string->str, string->len };
}

static inline bool str_eq(Str a, Str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(Str s, Str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(Str s, Str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The part from byte `from` to the end, or of `n` bytes; what lies outside is cut off. */
static inline Str str_from_at(Str s, size_t from)
{
    return from >= s.n ? (Str) { s.p + s.n, 0 } : (Str) { s.p + from, s.n - from };
}

static inline Str str_head(Str s, size_t n)
{
    return (Str) { s.p, n < s.n ? n : s.n };
}

/* Takes what precedes `sep` off `rest`; after the last piece rest->p is NULL, so "a," gives "a" and "". */
static inline Str str_cut(Str *rest, char sep)
{
    const char *q = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    Str head = { rest->p, q ? (size_t) (q - rest->p) : rest->n };
    *rest = q ? (Str) { q + 1, rest->n - head.n - 1 } : STR_NONE;
    return head;
}

/* Byte order, shorter first where one begins the other. */
int str_cmp(Str a, Str b);

/* Where `needle` first stands in s at or after byte `from`; -1 if nowhere. An empty needle stands everywhere. */
ptrdiff_t str_find(Str s, Str needle, size_t from);

static inline bool str_has(Str s, Str needle)
{
    return str_find(s, needle, 0) >= 0;
}

/* Without white space (ASCII, U+00A0, U+3000, U+FEFF) at both ends. */
Str str_trim(Str s);

/* A copy that ends in NUL; g_free it. NULL stays NULL. */
char *str_dup(Str s);

/* The whole of s as a number, in the C locale; false (output untouched) when s is anything else or out of range. */
bool str_to_int64(Str s, int64_t *ret_value);

/* For GHashTable with keys of type Str * from outside: seeded once per process, so that no one can choose colliding
 * keys. g_str_hash must not be used for such keys. */
guint str_hash(gconstpointer str);
gboolean str_equal(gconstpointer a, gconstpointer b);

/* --- UTF-8 --------------------------------------------------------------------------------------------------- */

/* Decodes the code point at *at (at < s.n) and moves *at behind it. s must be valid UTF-8. */
static inline uint32_t utf8_next(Str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *) s.p + *at;
    if (p[0] < 0x80) {
        *at += 1;
        return p[0];
    }
    if (p[0] < 0xE0) {
        *at += 2;
        return (uint32_t) (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    }
    if (p[0] < 0xF0) {
        *at += 3;
        return (uint32_t) (p[0] & 0x0F) << 12 | (uint32_t) (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    }
    *at += 4;
    return (uint32_t) (p[0] & 0x07) << 18 | (uint32_t) (p[1] & 0x3F) << 12 | (uint32_t) (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

/* Whether s is valid UTF-8 without U+0000; *ret_bad (may be NULL) is the byte offset of the first fault. */
bool utf8_valid(Str s, size_t *ret_bad);

/* Code points in s, which must be valid. */
size_t utf8_length(Str s);

/* The first `chars` code points of s. */
Str utf8_head(Str s, size_t chars);

static inline bool is_han(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x3FFFF);
}
