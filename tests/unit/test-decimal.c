#include "base/decimal.h"

#include "base/banned.h"

static Decimal parsed(const char *text)
{
    Decimal d = { 0 };
    g_assert_true(decimal_parse(str_from(text), &d));
    return d;
}

static void test_print_what_was_read(void)
{
    static const char *const cases[][2] = {
        { "0.8", "0.8" },
        { "23.40", "23.4" },
        { "98", "98" },
        { "-0.5", "-0.5" },
        { "-0", "0" },
        { "-0.000", "0" },
        { "007.50", "7.5" },
        { "0.000001", "0.000001" },
        { "1.00000000000", "1" },
        { "100", "100" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "-922337203685477580.8", "-922337203685477580.8" },
        { "9223372036854.775807", "9223372036854.775807" },
    };
    char buffer[DECIMAL_TEXT_MAX];
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(decimal_format(parsed(cases[i][0]), buffer), ==, cases[i][1]);
}

static void test_refused(void)
{
    static const char *const cases[] = {
        "", "-", ".", "5.", ".5", "+1", " 1", "1 ", "1e3", "1.2.3", "--1", "1,000", "0.0000001", "1.2345678", "９",
        "9223372036854775808", "-9223372036854775809", "9223372036854775807.1", "99999999999999999999999", "0x10",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Decimal d = { 42, 1 };
        g_test_message("%s", cases[i]);
        g_assert_false(decimal_parse(str_from(cases[i]), &d));
        g_assert_cmpint(d.value, ==, 42);
    }
    Decimal d;
    g_assert_false(decimal_parse(STR_NONE, &d));
}

static void test_order(void)
{
    static const char *const ascending[] = { "-9223372036854775808", "-2", "-1.999999", "0", "0.000001", "0.1", "0.8",
                                             "1",                    "23.4", "23.41",  "98", "9223372036854775807" };
    for (int i = 0; i < (int) G_N_ELEMENTS(ascending); i++)
        for (int j = 0; j < (int) G_N_ELEMENTS(ascending); j++)
            g_assert_cmpint(decimal_cmp(parsed(ascending[i]), parsed(ascending[j])), ==, (i > j) - (i < j));
    g_assert_cmpint(decimal_cmp((Decimal) { 2340, 2 }, (Decimal) { 234, 1 }), ==, 0);
}

static void test_sum(void)
{
    char buffer[DECIMAL_TEXT_MAX];
    Decimal sum;
    g_assert_true(decimal_add(parsed("0.1"), parsed("0.2"), &sum));
    g_assert_cmpstr(decimal_format(sum, buffer), ==, "0.3");
    g_assert_true(decimal_add(parsed("0.75"), parsed("0.25"), &sum));
    g_assert_cmpint(sum.value, ==, 1);
    g_assert_cmpint(sum.scale, ==, 0);
    g_assert_true(decimal_add(parsed("9223372036854775807"), parsed("-9223372036854775808"), &sum));
    g_assert_cmpint(sum.value, ==, -1);
    g_assert_false(decimal_add(parsed("9223372036854775807"), parsed("1"), &sum));
    g_assert_false(decimal_add(parsed("9223372036854775807"), parsed("0.000001"), &sum));
    g_assert_cmpint(sum.value, ==, -1);
}

static void test_scale(void)
{
    int64_t value = 0;
    g_assert_true(decimal_at_scale(parsed("23.4"), 2, &value));
    g_assert_cmpint(value, ==, 2340);
    g_assert_false(decimal_at_scale(parsed("23.45"), 1, &value));
    g_assert_false(decimal_at_scale(parsed("9223372036854775807"), 1, &value));
    g_assert_cmpint(value, ==, 2340);
    Decimal made = decimal_make(2340, 2);
    g_assert_cmpint(made.value, ==, 234);
    g_assert_cmpint(made.scale, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/decimal/print", test_print_what_was_read);
    g_test_add_func("/decimal/refused", test_refused);
    g_test_add_func("/decimal/order", test_order);
    g_test_add_func("/decimal/sum", test_sum);
    g_test_add_func("/decimal/scale", test_scale);
    return g_test_run();
}
