/* The words of ledgers kept in workbooks. */
#include "doc/doc.h"

#include "base/banned.h"

static void test_columns(void)
{
    static const struct {
        const char *heading, *field;
    } cases[] = {
        { "序号", "no" }, { "序 号", "no" }, { "问题编号", "number" }, { "来源", "source" }, { "问题来源（巡察/督查/审计）", "source" }, { "交办文号", "source_no" },
        { "问题描述", "problem" }, { "存在的主要问题", "problem" }, { "问题类别/性质", "category" }, { "问题类别", "category" }, { "整改目标", "text" },
        { "整改措施", "measures" }, { "牵头单位/领导", "lead" }, { "牵头领导", "leader" }, { "包案领导", "leader" }, { "责任单位/人", "responsible" },
        { "责任单位及责任人", "responsible" }, { "责任人", "handler" }, { "单位责任人", "handler" }, { "配合单位", "support" }, { "整改时限", "due" },
        { "整改时限\n（立行立改/限期/长期）", "due" }, { "完成时限", "due" }, { "计划完成时间", "due" }, { "完成时间", "finished" }, { "整改进展", "-" },
        { "佐证材料", "-" }, { "验收意见", "-" }, { "销号时间", "-" }, { "销号人", "-" }, { "是否销号", "state" }, { "整改状态", "state" },
        { "回头看结果", "-" }, { "备注", "-" }, { "重点任务", "title" }, { "工作事项", "title" }, { "反馈日期", "source_date" }, { "政策依据", "basis" },
        { "拨付金额", NULL }, { "", NULL }, { "（）", NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(form_column(str_from(cases[i].heading)), ==, cases[i].field);
}

static void test_due(void)
{
    static const struct {
        const char *text, *term, *due;
    } cases[] = {
        { "2026年6月底", "dated", "2026-06-30" }, { "2026年6月30日前", "dated", "2026-06-30" }, { "6月底前", "dated", "2026-06-30" },
        { "2026年12月31日", "dated", "2026-12-31" }, { "2026.6", "dated", "2026-06-30" }, { "2026/6/5", "dated", "2026-06-05" },
        { "2026-02-28", "dated", "2026-02-28" }, { "2026年底", "dated", "2026-12-31" }, { "2026年上半年", "dated", "2026-06-30" },
        { "立行立改", "at_once", NULL }, { "立行立改，2026年3月底前完成", "at_once", "2026-03-31" }, { "长期坚持", "lasting", NULL },
        { "2026年9月底并长期坚持", "lasting", "2026-09-30" }, { "待定", NULL, NULL }, { "2026.13", NULL, NULL }, { "", NULL, NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FormDue due;
        char day[DATE_TEXT_MAX];
        bool read = form_due(str_from(cases[i].text), 2026, &due);
        g_assert_cmpstr(read ? due.term : NULL, ==, cases[i].term);
        if (read)
            g_assert_cmpstr(due.due == DATE_NONE ? NULL : date_format(due.due, day), ==, cases[i].due);
    }
}

static void test_claims(void)
{
    static const char *const done[] = { "已完成", "已销号", "整改完成，建立长效机制", "是", "完成" };
    static const char *const open[] = { "未完成", "正在推进", "基本完成", "否", "", "进行中", "计划6月完成" };
    for (size_t i = 0; i < G_N_ELEMENTS(done); i++)
        g_assert_true(form_claims_done(str_from(done[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(open); i++)
        g_assert_false(form_claims_done(str_from(open[i])));
}

static void check_list(const Str *(*cut)(Str, Arena *, size_t *), const char *text, const char *want)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) got = g_string_new(NULL);
    size_t n;
    const Str *parts = cut(str_from(text), arena, &n);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(got, "[" STR_FMT "]", STR_ARG(parts[i]));
    g_assert_cmpstr(got->str, ==, want);
}

static void test_lists(void)
{
    check_list(form_parts, "1.修订制度。\n2.开展培训。", "[修订制度][开展培训]");
    check_list(form_parts, "修订制度\n\n开展培训", "[修订制度][开展培训]");
    check_list(form_parts, "修订制度，开展培训", "[修订制度，开展培训]");
    check_list(form_parts, "", "");
    check_list(form_names, "疾控处、医政处", "[疾控处][医政处]");
    check_list(form_names, "疾控处\n（责任人：张某某）", "[疾控处][张某某]");
    check_list(form_names, "市卫健委/王某", "[市卫健委][王某]");
    check_list(form_names, "疾控处  张某某", "[疾控处][张某某]");
    check_list(form_names, "Water Bureau", "[Water Bureau]");
    check_list(form_names, "、", "");
}

static void test_foot(void)
{
    g_assert_true(form_is_foot(STR("合计")) && form_is_foot(STR(" 填表说明：1.")));
    g_assert_false(form_is_foot(STR("备注栏未填写")) || form_is_foot(STR("3")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/columns", test_columns);
    g_test_add_func("/form/due", test_due);
    g_test_add_func("/form/claims", test_claims);
    g_test_add_func("/form/lists", test_lists);
    g_test_add_func("/form/foot", test_foot);
    return g_test_run();
}
