/* A wish (the first line) and a text: tokens are whole characters, the engines' syntax stays closed, and what is shown is a stretch of the text. */
#include "db/search.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(Str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

static void check_tokens(Str text, Arena *arena)
{
    for (Str rest = text; rest.p;) {
        Str part = search_part(&rest);
        Str plain = search_tokens(DB_SQLITE, part, arena), placed = search_tokens(DB_POSTGRES, part, arena);
        g_assert_true(utf8_valid(plain, NULL) && utf8_valid(placed, NULL));
        g_assert_cmpuint(count(plain, '"') + count(plain, '\'') + count(placed, '\\'), ==, 0);
        g_assert_cmpuint(count(plain, ' '), ==, count(placed, ' '));
        g_assert_cmpuint(count(placed, '\''), ==, plain.n > 0 ? 2 * (count(plain, ' ') + 1) : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    Str text = { (const char *) data, size }, match;
    if (!utf8_valid(text, NULL))
        return 0;
    Str wish = str_cut(&text, '\n');
    text = text.p ? text : STR("");
    check_tokens(text, arena);
    if (search_wish(DB_SQLITE, wish, arena, &match))
        g_assert_cmpuint(count(match, '"') % 2, ==, 0);
    if (search_wish(DB_POSTGRES, wish, arena, &match))
        g_assert_cmpuint(count(match, '\'') % 2, ==, 0);
    const SearchPiece *pieces;
    size_t n = search_pieces(text, wish, 80, arena, &pieces);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(pieces[i].text.p >= text.p && pieces[i].text.p + pieces[i].text.n <= text.p + text.n);
        g_assert_true(utf8_valid(pieces[i].text, NULL));
        g_assert_true(i == 0 || pieces[i].text.p == pieces[i - 1].text.p + pieces[i - 1].text.n);
    }
    return 0;
}
