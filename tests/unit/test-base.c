#include "base/arena.h"
#include "base/clock.h"
#include "base/diags.h"
#include "base/error.h"
#include "base/limits.h"

#include "base/banned.h"

static void test_cut(void)
{
    Str rest = STR("a,,b,");
    const Str want[] = { STR_INIT("a"), STR_INIT(""), STR_INIT("b"), STR_INIT("") };
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_nonnull(rest.p);
        g_assert_true(str_eq(str_cut(&rest, ','), want[i]));
    }
    g_assert_null(rest.p);
}

static void test_trim(void)
{
    g_assert_true(str_eq(str_trim(STR(" \t\u3000卫健委\u00a0\r\n")), STR("卫健委")));
    g_assert_cmpuint(str_trim(STR("\u3000\u3000")).n, ==, 0);
}

static void test_int64(void)
{
    static const struct {
        Str text;
        bool ok;
        int64_t value;
    } cases[] = {
        { STR_INIT("0"), true, 0 },
        { STR_INIT("-9223372036854775808"), true, INT64_MIN },
        { STR_INIT("9223372036854775807"), true, INT64_MAX },
        { STR_INIT("9223372036854775808"), false, 0 },
        { STR_INIT("99999999999999999999"), false, 0 },
        { STR_INIT(""), false, 0 },
        { STR_INIT("-"), false, 0 },
        { STR_INIT(" 1"), false, 0 },
        { STR_INIT("1x"), false, 0 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t value = 42;
        g_assert_cmpint(str_to_int64(cases[i].text, &value), ==, cases[i].ok);
        g_assert_cmpint(value, ==, cases[i].ok ? cases[i].value : 42);
    }
}

static void test_utf8(void)
{
    Str s = STR("a中😀");
    size_t at = 0, bad = 0;
    g_assert_cmpuint(utf8_next(s, &at), ==, 'a');
    g_assert_cmpuint(utf8_next(s, &at), ==, 0x4E2D);
    g_assert_cmpuint(utf8_next(s, &at), ==, 0x1F600);
    g_assert_cmpuint(at, ==, s.n);
    g_assert_cmpuint(utf8_length(s), ==, 3);
    g_assert_true(str_eq(utf8_head(s, 2), STR("a中")));
    g_assert_true(utf8_valid(s, NULL));
    g_assert_false(utf8_valid((Str) { "ab\xff", 3 }, &bad));
    g_assert_cmpuint(bad, ==, 2);
    g_assert_false(utf8_valid((Str) { "a\0b", 3 }, NULL));
}

static void test_arena(void)
{
    g_autoptr(Arena) arena = arena_new();
    ArenaMark empty = arena_mark(arena);
    char *first = arena_alloc(arena, 10);
    memset(first, 'x', 10);
    ArenaMark mark = arena_mark(arena);
    for (int i = 0; i < 1000; i++)
        memset(arena_alloc(arena, 5000), 'y', 5000);
    arena_rewind(arena, mark);
    char *again = arena_alloc(arena, 5000);
    for (int i = 0; i < 5000; i++)
        g_assert_cmpint(again[i], ==, 0); /* zeroed again after a rewind */
    g_assert_cmpint(first[9], ==, 'x');
    arena_rewind(arena, empty);
    g_assert_cmpuint(arena_used(arena), ==, 0);

    ARENA_LIST(int) list = { 0 };
    for (int i = 0; i < 100; i++)
        *ARENA_PUSH(arena, &list) = i;
    for (int i = 0; i < 100; i++)
        g_assert_cmpint(list.v[i], ==, i);
}

static void test_error(void)
{
    g_autoptr(GError) err = NULL;
    g_assert_false(error_set(&err, BH_NOT_FOUND, "no task '%s'", "x"));
    error_hint(&err, "see %s", "the list");
    error_params(&err, "until=%s\nfailures=%d", "noon", 5);
    error_at(&err, "/items/%d", 3);
    error_detail(&err, "no-task");
    g_autoptr(GError) copy = g_error_copy(err);
    g_assert_cmpstr(error_get_hint(copy), ==, "see the list");
    g_assert_cmpstr(error_get_at(copy), ==, "/items/3");
    g_assert_cmpstr(error_get_params(copy), ==, "until=noon\nfailures=5");
    g_assert_cmpstr(error_get_detail(copy), ==, "no-task");
    g_assert_cmpint(error_class_of(copy)->http_status, ==, 404);
    for (int code = 0; code <= BH_INTERNAL; code++)
        g_assert_cmpint((int) error_class((BhError) code)->code, ==, code);
    error_hint(NULL, "nothing to hang it on");
}

static void test_diags_limit(void)
{
    g_autoptr(Diags) diags = diags_new();
    for (size_t i = 0; i < LIMIT_DOC_FINDINGS + 3; i++)
        diag_add(diags, "odd", STR("7"), LIMIT_DOC_FINDINGS + 3 - i, 0, "finding %zu", i);
    diag_params(diags, "lost=1");
    g_assert_cmpuint(diags_count(diags), ==, LIMIT_DOC_FINDINGS);
    g_assert_cmpuint(diags_dropped(diags), ==, 3);
    g_assert_null(diags_get(diags, LIMIT_DOC_FINDINGS - 1)->params.p);
    diags_sort(diags);
    g_assert_cmpuint(diags_get(diags, 0)->from, <, diags_get(diags, 1)->from);
}

static void test_dates(void)
{
    char text[DATE_TEXT_MAX];
    Date date;
    g_assert_true(date_parse(STR("1970-01-01"), &date));
    g_assert_cmpint(date, ==, 0);
    for (Date d = -25567; d < 84000; d++) { /* every day of 1900 to 2199 */
        date_format(d, text);
        g_assert_true(date_parse(str_from(text), &date));
        g_assert_cmpint(date, ==, d);
    }
    static const Str bad[] = { STR_INIT("2026-02-29"), STR_INIT("2026-13-01"), STR_INIT("2026-1-01"), STR_INIT("1899-12-31"), STR_INIT("") };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(date_parse(bad[i], &date));
    g_assert_true(date_parse(STR("2024-01-31"), &date));
    g_assert_cmpstr(date_format(date_add_months(date, 1), text), ==, "2024-02-29");
    g_assert_cmpstr(date_format(date_add_months(date, -2), text), ==, "2023-11-30");
    g_assert_true(date_parse(STR("2026-11-22"), &date));
    g_assert_cmpint(date_weekday(date), ==, 7);
}

static void test_periods(void)
{
    static const struct {
        Str text;
        const char *start, *end, *next;
    } cases[] = {
        { STR_INIT("2026"), "2026-01-01", "2026-12-31", "2027" },
        { STR_INIT("2026H2"), "2026-07-01", "2026-12-31", "2027H1" },
        { STR_INIT("2026Q4"), "2026-10-01", "2026-12-31", "2027Q1" },
        { STR_INIT("2024-02"), "2024-02-01", "2024-02-29", "2024-03" },
        { STR_INIT("2026W53"), "2026-12-28", "2027-01-03", "2027W01" },
        { STR_INIT("2026-09-30"), "2026-09-30", "2026-09-30", "2026-10-01" },
        { STR_INIT("2026-09/ytd"), "2026-01-01", "2026-09-30", "2026-10/ytd" },
    };
    char text[DATE_TEXT_MAX], name[PERIOD_TEXT_MAX];
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Period period;
        g_assert_true(period_parse(cases[i].text, &period));
        g_assert_cmpstr(period_format(period, name), ==, cases[i].text.p);
        g_assert_cmpstr(date_format(period_start(period), text), ==, cases[i].start);
        g_assert_cmpstr(date_format(period_end(period), text), ==, cases[i].end);
        g_assert_cmpstr(period_format(period_add(period, 1), name), ==, cases[i].next);
        g_assert_cmpint(period_of_date(period_kind(period), period_end(period)), ==, period);
    }
    static const Str bad[] = { STR_INIT("2026Q5"), STR_INIT("2025W53"), STR_INIT("2026H0"), STR_INIT("2026-13"), STR_INIT("26"), STR_INIT("2026-02-30") };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Period period;
        g_assert_false(period_parse(bad[i], &period));
    }
}

static void test_clock(void)
{
    char text[INSTANT_TEXT_MAX];
    g_autoptr(Clock) clock = clock_new_manual(1795363200000 - 1, 480); /* 2026-11-23 00:00 in Shanghai is 16:00 UTC the day before */
    g_assert_cmpstr(instant_format(clock_now_ms(clock) + 1, 480, text), ==, "2026-11-23T00:00:00+08:00");
    Date before = clock_today(clock);
    clock_set(clock, clock_now_ms(clock) + 1);
    g_assert_cmpint(clock_today(clock), ==, before + 1);
    clock_set(clock, 0); /* never backwards */
    g_assert_cmpint(clock_today(clock), ==, before + 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/str/cut", test_cut);
    g_test_add_func("/base/str/trim", test_trim);
    g_test_add_func("/base/str/int64", test_int64);
    g_test_add_func("/base/str/utf8", test_utf8);
    g_test_add_func("/base/arena", test_arena);
    g_test_add_func("/base/error", test_error);
    g_test_add_func("/base/diags/limit", test_diags_limit);
    g_test_add_func("/base/date", test_dates);
    g_test_add_func("/base/period", test_periods);
    g_test_add_func("/base/clock", test_clock);
    return g_test_run();
}
