#include "base/mark.h"

#include <xxhash.h>

#include "base/limits.h"

#include "base/banned.h"

enum { MARK_CHARS = 6, LETTER_BITS = 5 };

/* Line ends are what the program made of them that stored the file. */
static void write_mark(Str text, char ret_mark[static MARK_CHARS])
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    Str kept = str_trim(text);
    if (kept.n >= LIMIT_XLSX_TEXT_CHARS && utf8_length(kept) >= LIMIT_XLSX_TEXT_CHARS)
        kept = utf8_head(kept, LIMIT_XLSX_TEXT_CHARS - 1);
    XXH64_hash_t hash = XXH3_64bits("", 0);
    for (Str rest = kept; rest.p;) {
        Str line = str_cut(&rest, '\n');
        if (str_ends(line, STR("\r")))
            line.n--;
        hash = XXH3_64bits_withSeed(line.n ? line.p : "", line.n, hash + 1);
    }
    for (size_t i = 0; i < MARK_CHARS; i++, hash >>= LETTER_BITS)
        ret_mark[i] = letters[hash & ((1u << LETTER_BITS) - 1)];
}

void mark_add(GString *marks, Str text)
{
    char mark[MARK_CHARS];
    write_mark(text, mark);
    g_string_append_len(marks, mark, MARK_CHARS);
}

static bool mark_is(Str marks, size_t at, Str text)
{
    char mark[MARK_CHARS];
    if (marks.n < (at + 1) * MARK_CHARS)
        return false;
    write_mark(text, mark);
    return memcmp(marks.p + at * MARK_CHARS, mark, MARK_CHARS) == 0;
}

bool mark_fits(Str marks, Str form)
{
    return mark_is(marks, 0, form);
}

bool mark_says(Str marks, size_t column, Str text)
{
    return mark_is(marks, column + 1, text);
}
