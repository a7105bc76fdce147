#include "base/near.h"

#include "base/banned.h"

enum { NEAR_MOST = 3, NEAR_BYTES = 40 };

/* Changes, additions and losses of a byte that make b of a (Levenshtein), in one row of the table at a time. */
static size_t distance(Str a, Str b)
{
    size_t row[NEAR_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = MIN(MIN(row[j], row[j - 1]) + 1, corner + (g_ascii_tolower(a.p[i - 1]) != g_ascii_tolower(b.p[j - 1])));
            corner = row[j];
            row[j] = best;
        }
    }
    return row[b.n];
}

/* `birth` of `person.birth`. */
static Str last_part(Str name)
{
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '.')
            return str_from_at(name, i);
    return name;
}

static bool is_near(Str a, Str b)
{
    b = str_has(a, STR(".")) ? b : last_part(b);
    if (a.n > NEAR_BYTES || b.n > NEAR_BYTES || a.n == 0 || b.n == 0)
        return false;
    size_t most = MAX(a.n, b.n) <= 4 ? 1 : 2;
    return (MAX(a.n, b.n) - MIN(a.n, b.n) <= most && distance(a, b) <= most) || (a.n >= 3 && (str_starts(b, a) || str_ends(b, a)));
}

const char *near_texts(Arena *arena, Str name, const Str *candidates, size_t n)
{
    Str text = STR("");
    for (size_t i = 0, found = 0; i < n && found < NEAR_MOST; i++)
        if (is_near(name, candidates[i]))
            text = arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(text), found++ > 0 ? ", " : "; near: ", STR_ARG(candidates[i]));
    return text.n > 0 ? text.p : "";
}
