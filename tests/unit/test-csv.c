#include "base/limits.h"
#include "ingest/ingest.h"

#include "base/banned.h"

/* Rows printed as [a|b][c] for comparing. */
static char *rows_of(Str bytes, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    CsvReader csv;
    GString *out = g_string_new(NULL);
    bool more = true;
    if (!csv_init(&csv, bytes, arena, err))
        return g_string_free(out, FALSE);
    while (csv_next(&csv, &more, err) && more) {
        g_string_append_printf(out, "%" G_GINT64_FORMAT "[", csv.line);
        for (size_t i = 0; i < csv.n_fields; i++)
            g_string_append_printf(out, "%s" STR_FMT, i ? "|" : "", STR_ARG(csv.fields[i]));
        g_string_append_c(out, ']');
    }
    return g_string_free(out, FALSE);
}

static void test_rows(void)
{
    static const struct {
        Str in;
        const char *want;
    } cases[] = {
        { STR_INIT("a,b\nc,d\n"), "1[a|b]2[c|d]" },
        { STR_INIT("a,b\r\nc,d"), "1[a|b]2[c|d]" },
        { STR_INIT("\ufeffa,\n"), "1[a|]" },
        { STR_INIT("\"a,1\",\"say \"\"x\"\"\"\n"), "1[a,1|say \"x\"]" },
        { STR_INIT("\"a\nb\",c\nd,e\n"), "1[a\nb|c]3[d|e]" },
        { STR_INIT("a\n\n\r\nb\n"), "1[a]4[b]" },
        { STR_INIT("a\"b,c\n"), "1[a\"b|c]" },
        { STR_INIT(",\n"), "1[|]" },
        { STR_INIT("\"\"\n"), "1[]" },
        { STR_INIT("\xd6\xd0,\xce\xc4\n"), "1[中|文]" }, /* GB18030 */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_autofree char *got = rows_of(cases[i].in, &err);
        g_assert_no_error(err);
        g_assert_cmpstr(got, ==, cases[i].want);
    }
}

static void test_faults(void)
{
    static const struct {
        Str in;
        const char *at;
    } cases[] = {
        { STR_INIT("a\n中,\"b\n"), "2:3" },
        { STR_INIT("\"a\"b\n"), "1:4" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_autofree char *got = rows_of(cases[i].in, &err);
        g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
    }
}

static void test_limits(void)
{
    g_autoptr(GString) row = g_string_new(NULL);
    for (int i = 1; i < LIMIT_CSV_COLUMNS; i++)
        g_string_append_c(row, ',');
    g_autoptr(GError) err = NULL;
    g_autofree char *widest = rows_of(str_from_gstring(row), &err);
    g_assert_no_error(err);
    g_string_append_c(row, ',');
    g_autofree char *too_wide = rows_of(str_from_gstring(row), &err);
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);

    g_autofree char *field = g_strnfill(LIMIT_CSV_FIELD_BYTES + 1, 'x');
    g_autofree char *longest = rows_of((Str) { field, LIMIT_CSV_FIELD_BYTES }, &err);
    g_assert_no_error(err);
    g_autofree char *too_long = rows_of(str_from(field), &err);
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
}

static void test_table(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    CsvTable table;
    g_assert_true(csv_table(STR("a,b\n1\n2,3\n"), 2, arena, &table, &err));
    g_assert_cmpuint(table.n_rows, ==, 2);
    g_assert_cmpuint(table.first_line, ==, 2);
    g_assert_true(str_eq(table.rows[0][1], STR("")));
    g_assert_false(csv_table(STR("a,b\n1\n2,3\n"), 1, arena, &table, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);
    g_assert_false(csv_table(STR("a,b\n1,2,3\n"), 9, arena, &table, &err));
    g_assert_cmpstr(error_get_at(err), ==, "2:1");
    g_clear_error(&err);
    g_assert_false(csv_table(STR("\n"), 9, arena, &table, &err));
    g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/rows", test_rows);
    g_test_add_func("/csv/faults", test_faults);
    g_test_add_func("/csv/limits", test_limits);
    g_test_add_func("/csv/table", test_table);
    return g_test_run();
}
