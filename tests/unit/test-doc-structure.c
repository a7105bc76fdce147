/* The structure at its limits: items, depth, owners without number, hostile text; and that time grows with the text, not with its square. */
#include "base/limits.h"
#include "doc/doc.h"

#include "base/banned.h"

static const char title[] = "2026年东岭市卫生健康工作要点\n\n";

typedef struct {
    Arena *arena;
    Diags *diags;
    const Doc *doc;
} Reading;

static Reading read_text(const GString *text)
{
    Reading reading = { .arena = arena_new(), .diags = diags_new() };
    DocText stored;
    g_autoptr(GError) err = NULL;
    g_assert_true(doc_text_read(str_from_gstring(text), "test.txt", reading.arena, reading.diags, &stored, &err));
    reading.doc = doc_read(&stored, reading.arena, reading.diags);
    return reading;
}

static void reading_clear(Reading *reading)
{
    arena_free(reading->arena);
    diags_free(reading->diags);
}

/* The title and n times the same. */
static GString *repeated(const char *line, size_t n)
{
    GString *text = g_string_new(title);
    for (size_t i = 0; i < n; i++)
        g_string_append(text, line);
    return text;
}

static GString *numbered(size_t n)
{
    GString *text = g_string_new(title);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "（%zu）做好事情\n", i % 900 + 1);
    return text;
}

/* --- Limits ------------------------------------------------------------------------------------------------------- */

static void check_items(size_t n, size_t wanted, bool finding)
{
    g_autoptr(GString) text = numbered(n);
    Reading reading = read_text(text);
    g_assert_cmpuint(reading.doc->n_items, ==, wanted);
    g_assert_cmpint(diags_has(reading.diags, "too-many-items"), ==, finding);
    reading_clear(&reading);
}

static void test_items_at_limit(void)
{
    check_items(LIMIT_DOC_ITEMS, LIMIT_DOC_ITEMS, false);
    check_items(LIMIT_DOC_ITEMS + 1, LIMIT_DOC_ITEMS, true);
}

/* Four digits are a number too where they go on from three. */
static void test_long_list(void)
{
    g_autoptr(GString) text = g_string_new(title);
    for (int i = 1; i <= 1203; i++)
        g_string_append_printf(text, "%d.做好第%d项工作。加强管理。\n", i, i);
    Reading reading = read_text(text);
    g_assert_cmpuint(reading.doc->n_items, ==, 1203);
    g_assert_true(str_eq(reading.doc->items[1202].no, STR("1203")));
    reading_clear(&reading);
}

/* Every style once, each below the last: more than LIMIT_DOC_DEPTH of them. */
static const char *const nested[] = {
    "第一部分 甲", "第一章 甲", "第一节 甲", "第一条 甲", "一、甲", "（一）甲", "1.甲", "1.1 甲", "1.1.1 甲", "（1）甲", "①甲", "问题1、甲", "任务1、甲", "事项1、甲", "措施1、甲", "举措1、甲",
    "行动1、甲", "工程1、甲", "项目1、甲", "专项1、甲", "指标1、甲", "目标1、甲", "重点任务1、甲", "重点工作1、甲", "工作任务1、甲", "整改任务1、甲", "整改问题1、甲", "反馈问题1、甲", "具体问题1、甲",
    "整改措施1、甲", "工作措施1、甲", "主要任务1、甲", "存在问题1、甲", "整改事项1、甲", "序号1、甲",
};

static void check_depth(size_t levels, bool finding)
{
    g_autoptr(GString) text = g_string_new(title);
    for (size_t i = 0; i < levels; i++)
        g_string_append_printf(text, "%s\n", nested[i]);
    Reading reading = read_text(text);
    g_assert_cmpint(diags_has(reading.diags, "too-deep"), ==, finding);
    for (size_t i = 0; i < reading.doc->n_items; i++)
        g_assert_cmpuint(reading.doc->items[i].n_path, <, LIMIT_DOC_DEPTH);
    reading_clear(&reading);
}

static void test_depth_at_limit(void)
{
    /* 1.1 and 1.1.1 alone are no run, and so no labels */
    check_depth(LIMIT_DOC_DEPTH, false);
    check_depth(G_N_ELEMENTS(nested), true);
}

static void test_nothing(void)
{
    g_autoptr(GString) text = g_string_new("……\n");
    Reading reading = read_text(text);
    g_assert_cmpuint(reading.doc->n_items, ==, 0);
    reading_clear(&reading);
}

/* Without a date of issue, the first goal tells the plan's time; a goal far behind it is a vision. */
static void test_vision(void)
{
    g_autoptr(GString) text = g_string_new("东岭市康复服务实施意见\n\n一、工作目标\n到2027年，体系健全。到2040年，体系成熟。\n二、主要任务\n"
                                           "（一）增设门诊。设置康复门诊6个。（责任单位：市卫健委）\n");
    Reading reading = read_text(text);
    Date end;
    g_assert_true(date_from_ymd(2027, 12, 31, &end));
    g_assert_cmpuint(reading.doc->n_items, ==, 2);
    g_assert_cmpuint(reading.doc->items[1].n_targets, ==, 1);
    g_assert_cmpint(reading.doc->items[1].targets[0].due, ==, end);
    reading_clear(&reading);
}

/* --- Days ----------------------------------------------------------------------------------------------------------- */

static void test_due(void)
{
    static const struct {
        const char *text, *due;
    } cases[] = {
        { "完善制度。修订管理办法，2026年10月底前完成。", "2026-10-31" },
        { "开展培训。6月底前完成首轮，11月30日前全部完成。", "2026-11-30" },
        { "强化监管。加强监管。整改时限：2026年9月30日。", "2026-09-30" },
        { "巩固成果。与2025年12月底前完成的工作衔接，做好总结。", NULL }, /* over: no promise */
        { "推进建设。到2025年建设体系，持续用力。", NULL },
        { "做好宣传。6月开展宣传月活动。", NULL },
    };
    g_autoptr(GString) text = g_string_new(title);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_string_append_printf(text, "%zu. %s\n", i + 1, cases[i].text);
    Reading reading = read_text(text);
    g_assert_cmpuint(reading.doc->n_items, ==, G_N_ELEMENTS(cases));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Date wanted = DATE_NONE;
        g_assert_true(!cases[i].due || date_parse(str_from(cases[i].due), &wanted));
        g_assert_cmpint(reading.doc->items[i].due, ==, wanted);
    }
    reading_clear(&reading);
}

/* --- Findings that need the outside ------------------------------------------------------------------------------- */

static bool knows_no_one(Str name, void *data)
{
    (void) data;
    return str_eq(name, STR("疾控处"));
}

static void test_check(void)
{
    g_autoptr(GString) text = g_string_new(title);
    g_string_append(text, "1.提高接种率。接种率2026年6月底前达到95%以上。（牵头处室：疾控处；配合处室：某处）\n2.做好随访。规范随访。（牵头处室：疾控处）\n");
    Reading reading = read_text(text);
    Date as_of;
    g_assert_true(date_from_ymd(2026, 7, 1, &as_of));
    doc_check(reading.doc, reading.diags, knows_no_one, NULL, DATE_NONE);
    g_assert_true(diags_has(reading.diags, "unknown-owner"));
    g_assert_false(diags_has(reading.diags, "date-past"));
    doc_check(reading.doc, reading.diags, NULL, NULL, as_of);
    g_assert_true(diags_has(reading.diags, "date-past"));
    reading_clear(&reading);
}

/* --- Time --------------------------------------------------------------------------------------------------------- */

/* Lines that tempt to look far ahead or back at each of them. */
static const char *const hostile[] = {
    "（", "（责任单位：甲局、", "责任单位：\n市局、\n", "一是做事。\n", "。1.", "1\n", "（一）做事。", "针对甲问题。一是做事。", "“《（", "牵头单位：", "各区、", "市局和", "1.1.", "|甲", "第一章\n", "说明：1.甲\n", "由甲局牵头，",
};

/* So many of them that a reader whose time grew with the square would not end within the test's limit; one that is linear takes a second. */
static void test_linear(void)
{
    enum { TIMES = 300000 };
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autoptr(GString) text = repeated(hostile[i], TIMES);
        Reading reading = read_text(text);
        reading_clear(&reading);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/doc/structure/items-at-limit", test_items_at_limit);
    g_test_add_func("/doc/structure/long-list", test_long_list);
    g_test_add_func("/doc/structure/depth-at-limit", test_depth_at_limit);
    g_test_add_func("/doc/structure/nothing", test_nothing);
    g_test_add_func("/doc/structure/vision", test_vision);
    g_test_add_func("/doc/structure/due", test_due);
    g_test_add_func("/doc/structure/check", test_check);
    g_test_add_func("/doc/structure/linear", test_linear);
    return g_test_run();
}
