/* pairs.h: what two texts share, and the index against looking at every text. */
#include "ledger/pairs.h"

#include <glib.h>

#include "base/banned.h"

static Pairs pairs(const char *text, Arena *arena)
{
    return pairs_of(str_from(text), STR(""), arena);
}

static void test_share(void)
{
    static const struct {
        const char *a, *b;
        int share;
    } cases[] = {
        { "abcd", "abcd", 1000 },   { "abcd", "ABCD", 0 },      { "abcd", "a b,c-d", 1000 }, { "abcd", "ａｂｃｄ", 1000 },
        { "abcd", "abce", 666 },    { "ab", "cd", 0 },          { "", "", 0 },               { "a", "a", 0 },
        { "abab", "ab", 666 },      { "\xe9\x9c\x8d\xe4\xb9\xb1\xe7\x97\x85", "\xe9\x9c\x8d\xe4\xb9\xb1", 666 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        Pairs a = pairs(cases[i].a, arena), b = pairs(cases[i].b, arena);
        g_test_message("%s %s", cases[i].a, cases[i].b);
        g_assert_cmpint(pairs_share(&a, &b), ==, cases[i].share);
        g_assert_cmpint(pairs_share(&b, &a), ==, cases[i].share);
    }
}

enum { TEXTS = 60, LETTERS = 30, BEST = 4 };

static Pairs random_pairs(Arena *arena)
{
    char text[LETTERS + 1] = "";
    int n = g_test_rand_int_range(0, LETTERS);
    for (int i = 0; i < n; i++)
        text[i] = (char) ('a' + g_test_rand_int_range(0, 4));
    return pairs(text, arena);
}

/* Every text's best, found by looking at all. */
static size_t best_of_all(const Pairs *texts, const Pairs *text, int score, PairsHit *hits)
{
    size_t n = 0;
    for (size_t best = 0; best < BEST; best++) {
        PairsHit top = { SIZE_MAX, -1 };
        for (size_t i = 0; i < TEXTS; i++) {
            bool taken = false;
            for (size_t k = 0; k < n; k++)
                taken = taken || hits[k].index == i;
            int share = pairs_share(text, &texts[i]);
            if (!taken && share >= score && share > top.score)
                top = (PairsHit) { i, share };
        }
        if (top.score < 0)
            break;
        hits[n++] = top;
    }
    return n;
}

static void test_index_finds_what_looking_finds(void)
{
    for (int round = 0; round < 50; round++) {
        g_autoptr(Arena) arena = arena_new();
        Pairs texts[TEXTS];
        for (size_t i = 0; i < TEXTS; i++)
            texts[i] = random_pairs(arena);
        PairsIndex *index = pairs_index_new(texts, TEXTS, arena);
        for (int asked = 0; asked < 20; asked++) {
            Pairs text = random_pairs(arena);
            PairsHit found[BEST], want[BEST];
            int score = g_test_rand_int_range(1, 1000);
            size_t n = pairs_index_find(index, &text, score, found, BEST);
            g_assert_cmpuint(n, ==, best_of_all(texts, &text, score, want));
            for (size_t i = 0; i < n; i++) {
                g_assert_cmpuint(found[i].index, ==, want[i].index);
                g_assert_cmpint(found[i].score, ==, want[i].score);
            }
        }
    }
}

static void test_a_long_text_counts_to_its_limit(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *text = g_malloc0(3 * PAIRS_CHARS);
    for (int i = 0; i < 3 * PAIRS_CHARS - 1; i++)
        text[i] = (char) ('a' + (i * 7 + i / 26) % 26);
    Pairs all = pairs(text, arena);
    text[PAIRS_CHARS + 1] = 0;
    Pairs head = pairs(text, arena);
    g_assert_cmpint(pairs_share(&all, &head), ==, 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pairs/share", test_share);
    g_test_add_func("/pairs/index-finds-what-looking-finds", test_index_finds_what_looking_finds);
    g_test_add_func("/pairs/a-long-text-counts-to-its-limit", test_a_long_text_counts_to_its_limit);
    return g_test_run();
}
