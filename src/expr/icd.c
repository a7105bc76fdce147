/* Codes of ICD-10 as ranges of its chapters and blocks: 'A00-B99' holds A00 to B99 with all that is below them. A code may be written with or without
 * its dot, with the marks of dagger and asterisk, in small letters (WHO, ICD-10 volume 2, 3.1.3; the Chinese edition adds digits behind). */
#include "expr/func.h"

#include "base/banned.h"

static const Str marks[] = { STR_INIT("."), STR_INIT("*"), STR_INIT("+"), STR_INIT("\u2020") };

static size_t mark_at(Str rest)
{
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (str_starts(rest, marks[i]))
            return marks[i].n;
    return 0;
}

Str icd_plain(Str code, char buffer[static LIMIT_EXPR_CODE_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < LIMIT_EXPR_CODE_BYTES;) {
        size_t mark = mark_at(str_from_at(code, i));
        if (mark == 0)
            buffer[n++] = g_ascii_toupper(code.p[i]);
        i += MAX(mark, 1);
    }
    return (Str) { buffer, n };
}

bool icd_in_range(Str plain, const IcdRange *range)
{
    return str_cmp(plain, range->low) >= 0 && str_cmp(str_head(plain, range->high.n), range->high) <= 0;
}

/* A letter, a digit, then digits and letters: A00, C7A, I214, A01000X001. */
static bool is_code(Str plain)
{
    if (plain.n < 3 || plain.n > 16 || !g_ascii_isupper(plain.p[0]) || !g_ascii_isdigit(plain.p[1]))
        return false;
    for (size_t i = 2; i < plain.n; i++)
        if (!g_ascii_isdigit(plain.p[i]) && !g_ascii_isupper(plain.p[i]))
            return false;
    return true;
}

bool icd_range(Str text, Arena *arena, IcdRange *ret_range)
{
    char buffer[LIMIT_EXPR_CODE_BYTES];
    Str high = text, low = str_cut(&high, '-');
    low = arena_str(arena, icd_plain(low, buffer));
    high = high.p ? arena_str(arena, icd_plain(high, buffer)) : low;
    if (!is_code(low) || !is_code(high) || str_cmp(low, high) > 0)
        return false;
    *ret_range = (IcdRange) { low, high };
    return true;
}

/* For SQLite: the ranges as one text, "A00-B99,C51-C51". */
ROW(fn_icd_in)
{
    (void) n;
    char buffer[LIMIT_EXPR_CODE_BYTES];
    Str plain = icd_plain(args[0].text, buffer), rest = args[1].text;
    IcdRange range;
    bool in = false;
    while (rest.p && !in)
        in = icd_range(str_cut(&rest, ','), call->arena, &range) && icd_in_range(plain, &range);
    answer_number(ret, in);
}
