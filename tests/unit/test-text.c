#include "base/columns.h"
#include "base/text.h"

#include "base/banned.h"

static void assert_folded(Str in, Str want)
{
    g_autoptr(Arena) arena = arena_new();
    Str folded = text_fold_width(in, arena);
    g_assert_true(str_eq(folded, want));
    if (str_eq(in, want))
        g_assert_true(folded.p == in.p); /* no copy */
}

static void test_width(void)
{
    static const Str cases[][2] = {
        { STR_INIT(""), STR_INIT("") },
        { STR_INIT("９８．５％以上"), STR_INIT("98.5%以上") },
        { STR_INIT("（ＡＢｃ）～！"), STR_INIT("(ABc)~!") },
        { STR_INIT("一、二。《三》"), STR_INIT("一、二。《三》") },
        { STR_INIT("a\u3000b"), STR_INIT("a b") },
        { STR_INIT("\uFF00\uFF5F\uFFE5\uFEFF"), STR_INIT("\uFF00\uFF5F\uFFE5\uFEFF") },
        { STR_INIT("\uFF01\uFF3F\uFF40\uFF5E"), STR_INIT("!_`~") },
        { STR_INIT("😀１"), STR_INIT("😀1") },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_folded(cases[i][0], cases[i][1]);
    assert_folded(STR_NONE, STR_NONE);
}

/* Character by character and over a text it is the same, for every character there is. */
static void test_width_of_all(void)
{
    g_autoptr(GString) in = g_string_new(NULL);
    g_autoptr(GString) want = g_string_new(NULL);
    for (uint32_t c = 1; c < 0x30000; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        g_string_append_unichar(in, c);
        g_string_append_unichar(want, text_fold_char(c));
    }
    assert_folded(str_from_gstring(in), str_from_gstring(want));
}

static void test_same_name(void)
{
    static const Str cases[][2] = {
        { STR_INIT("市卫生健康委（办公室）"), STR_INIT("市卫生健康委(办公室)") },
        { STR_INIT("〔应急处〕"), STR_INIT("[应急处]") },
        { STR_INIT("【应急处】"), STR_INIT("（应急处）") },
        { STR_INIT("各区、县人民政府"), STR_INIT("各区，县 人民政府") },
        { STR_INIT(" 市 教育局\u3000"), STR_INIT("市教育局") },
        { STR_INIT("ＣＤＣ"), STR_INIT("cdc") },
        { STR_INIT("市一院\u200b"), STR_INIT("\ufeff市一院") },
        { STR_INIT("阿依·努尔诊所"), STR_INIT("阿依・努尔诊所") },
        { STR_INIT("中心—东院"), STR_INIT("中心-东院") },
        { STR_INIT("第２医院"), STR_INIT("第2医院") },
        { STR_INIT("⽂化局"), STR_INIT("文化局") }, /* a Kangxi radical, as some PDF files have them */
        { STR_INIT("e\u0301cole"), STR_INIT("École") },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        Str a = text_name_key(cases[i][0], arena), b = text_name_key(cases[i][1], arena);
        g_assert_true(str_eq(a, b));
        g_assert_true(str_eq(text_name_key(a, arena), a)); /* a key's key is itself */
    }
}

static void test_other_name(void)
{
    static const Str cases[][2] = {
        { STR_INIT("市第一医院"), STR_INIT("市第二医院") },
        { STR_INIT("区、县"), STR_INIT("区县") },
        { STR_INIT("医院(东院)"), STR_INIT("医院东院") },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_assert_false(str_eq(text_name_key(cases[i][0], arena), text_name_key(cases[i][1], arena)));
    }
}

static void test_key_form(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(str_eq(text_name_key(STR("［各区］，县 Ａ"), arena), STR("(各区)、县a")));
    g_assert_true(str_eq(text_name_key(STR(" \u3000\t"), arena), STR("")));
    g_assert_true(str_eq(text_name_key(STR_NONE, arena), STR("")));
}

static void test_cells(void)
{
    static const struct {
        Str text;
        size_t width;
        const char *want;
    } cases[] = {
        { STR_INIT("abc"), 5, "abc  " },   { STR_INIT("abcdef"), 5, "abcd…" }, { STR_INIT("疾控处"), 6, "疾控处" },
        { STR_INIT("疾控处"), 5, "疾控…" }, { STR_INIT("疾控处"), 4, "疾… " },   { STR_INIT("e\u0301"), 2, "e\u0301 " },
        { STR_INIT(""), 2, "  " },         { STR_INIT("疾"), 1, "…" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        columns_cell(out, cases[i].text, cases[i].width);
        g_assert_cmpstr(out->str, ==, cases[i].want);
        g_assert_cmpuint(columns_of(str_from_gstring(out)), ==, cases[i].width);
    }
}

static void test_table(void)
{
    const Str header[] = { STR("no"), STR("name") }, rows[][2] = { { STR("1"), STR("疾控处") }, { STR_NONE, STR("two\nlines and more") } };
    g_autoptr(Columns) columns = columns_new(header, 2, 8);
    g_autoptr(GString) out = g_string_new(NULL);
    columns_write(columns, out);
    g_assert_cmpstr(out->str, ==, "");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        columns_add(columns, rows[i]);
    columns_write(columns, out);
    g_assert_cmpstr(out->str, ==, "no  name\n1   疾控处\n    two lin…\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/width", test_width);
    g_test_add_func("/text/width-of-all", test_width_of_all);
    g_test_add_func("/text/same-name", test_same_name);
    g_test_add_func("/text/other-name", test_other_name);
    g_test_add_func("/text/key-form", test_key_form);
    g_test_add_func("/columns/cells", test_cells);
    g_test_add_func("/columns/table", test_table);
    return g_test_run();
}
