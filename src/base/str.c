#include "base/str.h"

#include <xxhash.h>

#include "base/banned.h"

int str_cmp(Str a, Str b)
{
    size_t n = MIN(a.n, b.n);
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t str_find(Str s, Str needle, size_t from)
{
    if (from > s.n)
        return -1;
    if (needle.n == 0)
        return (ptrdiff_t) from;
    if (!s.p)
        return -1;
    const char *found = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return found ? found - s.p : -1;
}

/* Bytes of the white space that s begins with; 0 if it begins with none. */
static size_t space_at_head(Str s)
{
    if (g_ascii_isspace(s.p[0]))
        return 1;
    if (str_starts(s, STR("\u00a0")))
        return 2;
    return str_starts(s, STR("\u3000")) || str_starts(s, STR("\ufeff")) ? 3 : 0;
}

static size_t space_at_tail(Str s)
{
    if (g_ascii_isspace(s.p[s.n - 1]))
        return 1;
    if (str_ends(s, STR("\u00a0")))
        return 2;
    return str_ends(s, STR("\u3000")) || str_ends(s, STR("\ufeff")) ? 3 : 0;
}

Str str_trim(Str s)
{
    for (size_t n; s.n > 0 && (n = space_at_head(s)) > 0;)
        s = str_from_at(s, n);
    for (size_t n; s.n > 0 && (n = space_at_tail(s)) > 0;)
        s.n -= n;
    return s;
}

char *str_dup(Str s)
{
    return s.p ? g_strndup(s.p, s.n) : NULL;
}

bool str_to_int64(Str s, int64_t *ret_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i >= s.n || s.n - i > 19)
        return false;
    uint64_t value = 0;
    for (; i < s.n; i++) {
        if (!g_ascii_isdigit(s.p[i]))
            return false;
        value = value * 10 + (uint64_t) (s.p[i] - '0'); /* 19 digits fit in 64 bits unsigned */
    }
    if (value > (uint64_t) INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_value = negative ? (int64_t) (0 - value) : (int64_t) value;
    return true;
}

static uint64_t hash_seed(void)
{
    static gsize seed; /* set once, before the first hash; the same for the life of the process */
    if (g_once_init_enter(&seed))
        g_once_init_leave(&seed, (gsize) g_random_int() << 1 | 1);
    return seed;
}

guint str_hash(gconstpointer str)
{
    const Str *s = str;
    return (guint) XXH3_64bits_withSeed(s->p ? s->p : "", s->n, hash_seed());
}

gboolean str_equal(gconstpointer a, gconstpointer b)
{
    return str_eq(*(const Str *) a, *(const Str *) b);
}

bool utf8_valid(Str s, size_t *ret_bad)
{
    const char *end = s.p;
    bool valid = s.n == 0 || g_utf8_validate_len(s.p, s.n, &end);
    if (!valid && ret_bad)
        *ret_bad = (size_t) (end - s.p);
    return valid;
}

size_t utf8_length(Str s)
{
    size_t chars = 0;
    for (size_t i = 0; i < s.n; i++)
        chars += ((unsigned char) s.p[i] & 0xC0) != 0x80;
    return chars;
}

Str utf8_head(Str s, size_t chars)
{
    size_t i = 0;
    for (; i < s.n; i++)
        if (((unsigned char) s.p[i] & 0xC0) != 0x80 && chars-- == 0)
            break;
    return str_head(s, i);
}
