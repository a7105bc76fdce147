/* classifiers.c: what may stand behind a numeral, by table. A unit is a classifier, alone or behind 万, 亿, 千, 余 …, and may be per another
 * (次/年, 张/千人, 元/人/月). What is no unit here makes a number no quantity. A row needs a case in tests/unit/test-doc-targets.c. */
#include "doc/quantity.h"

#include "base/banned.h"

#define ROW(s, kind) { WORD_INIT(U##s), kind }

static const UnitRow unit_rows[] = {
    ROW("%", UNIT_RATE), ROW("‰", UNIT_RATE), ROW("个百分点", UNIT_RATE), ROW("百分点", UNIT_RATE), ROW("个千分点", UNIT_RATE), ROW("成", UNIT_RATE),
    ROW("倍", UNIT_RATE), ROW("DDDs", UNIT_RATE), ROW("DDD", UNIT_RATE),

    ROW("元", UNIT_MONEY), ROW("美元", UNIT_MONEY), ROW("欧元", UNIT_MONEY), ROW("块", UNIT_MONEY),

    ROW("年", UNIT_TIME), ROW("年度", UNIT_TIME), ROW("个月", UNIT_TIME), ROW("月", UNIT_TIME), ROW("月龄", UNIT_TIME), ROW("周", UNIT_TIME),
    ROW("星期", UNIT_TIME), ROW("天", UNIT_TIME), ROW("日", UNIT_TIME), ROW("个工作日", UNIT_TIME), ROW("工作日", UNIT_TIME), ROW("个小时", UNIT_TIME),
    ROW("小时", UNIT_TIME), ROW("分钟", UNIT_TIME), ROW("秒", UNIT_TIME), ROW("秒钟", UNIT_TIME), ROW("岁", UNIT_TIME), ROW("周岁", UNIT_TIME),
    ROW("个季度", UNIT_TIME), ROW("季度", UNIT_TIME), ROW("周年", UNIT_TIME),

    ROW("级", UNIT_LABEL), ROW("等", UNIT_LABEL), ROW("届", UNIT_LABEL), ROW("号", UNIT_LABEL), ROW("版", UNIT_LABEL), ROW("代", UNIT_LABEL),
    ROW("大", UNIT_LABEL), ROW("批", UNIT_LABEL), ROW("型", UNIT_LABEL), ROW("甲", UNIT_LABEL), ROW("线", UNIT_LABEL), ROW("世纪", UNIT_LABEL),
    ROW("楼", UNIT_LABEL), ROW("路", UNIT_LABEL), ROW("院", UNIT_LABEL), ROW("癌", UNIT_LABEL),

    ROW("期", UNIT_COUNT), ROW("人", UNIT_COUNT), ROW("人次", UNIT_COUNT), ROW("人份", UNIT_COUNT), ROW("名", UNIT_COUNT), ROW("位", UNIT_COUNT),
    ROW("个", UNIT_COUNT), ROW("家", UNIT_COUNT), ROW("家次", UNIT_COUNT), ROW("户", UNIT_COUNT), ROW("户次", UNIT_COUNT), ROW("所", UNIT_COUNT),
    ROW("项", UNIT_COUNT), ROW("项次", UNIT_COUNT), ROW("种", UNIT_COUNT), ROW("类", UNIT_COUNT), ROW("例", UNIT_COUNT), ROW("例次", UNIT_COUNT),
    ROW("件", UNIT_COUNT), ROW("次", UNIT_COUNT), ROW("张", UNIT_COUNT), ROW("床", UNIT_COUNT), ROW("张床", UNIT_COUNT), ROW("场", UNIT_COUNT),
    ROW("场次", UNIT_COUNT), ROW("条", UNIT_COUNT), ROW("份", UNIT_COUNT), ROW("支", UNIT_COUNT), ROW("剂", UNIT_COUNT), ROW("剂次", UNIT_COUNT),
    ROW("针", UNIT_COUNT), ROW("台", UNIT_COUNT), ROW("台次", UNIT_COUNT), ROW("台(套)", UNIT_COUNT), ROW("套", UNIT_COUNT), ROW("辆", UNIT_COUNT),
    ROW("架", UNIT_COUNT), ROW("部", UNIT_COUNT), ROW("座", UNIT_COUNT), ROW("处", UNIT_COUNT), ROW("间", UNIT_COUNT), ROW("栋", UNIT_COUNT),
    ROW("幢", UNIT_COUNT), ROW("宗", UNIT_COUNT), ROW("起", UNIT_COUNT), ROW("篇", UNIT_COUNT), ROW("本", UNIT_COUNT), ROW("册", UNIT_COUNT),
    ROW("幅", UNIT_COUNT), ROW("门", UNIT_COUNT), ROW("课时", UNIT_COUNT), ROW("学时", UNIT_COUNT), ROW("个学时", UNIT_COUNT),
    ROW("个课时", UNIT_COUNT), ROW("学分", UNIT_COUNT), ROW("分", UNIT_COUNT), ROW("批次", UNIT_COUNT), ROW("轮", UNIT_COUNT), ROW("对", UNIT_COUNT),
    ROW("组", UNIT_COUNT), ROW("队", UNIT_COUNT), ROW("片", UNIT_COUNT), ROW("道", UNIT_COUNT), ROW("款", UNIT_COUNT), ROW("只", UNIT_COUNT),
    ROW("头", UNIT_COUNT), ROW("株", UNIT_COUNT), ROW("盒", UNIT_COUNT), ROW("瓶", UNIT_COUNT), ROW("箱", UNIT_COUNT), ROW("单位", UNIT_COUNT),
    ROW("个单位", UNIT_COUNT), ROW("治疗量", UNIT_COUNT), ROW("个治疗量", UNIT_COUNT), ROW("毫升", UNIT_COUNT), ROW("升", UNIT_COUNT),
    ROW("克", UNIT_COUNT), ROW("千克", UNIT_COUNT), ROW("毫克", UNIT_COUNT), ROW("微克", UNIT_COUNT), ROW("轮次", UNIT_COUNT),
    ROW("公斤", UNIT_COUNT), ROW("吨", UNIT_COUNT), ROW("米", UNIT_COUNT), ROW("千米", UNIT_COUNT), ROW("公里", UNIT_COUNT),
    ROW("平方米", UNIT_COUNT), ROW("㎡", UNIT_COUNT), ROW("平方公里", UNIT_COUNT), ROW("亩", UNIT_COUNT), ROW("立方米", UNIT_COUNT),
    ROW("个人", UNIT_COUNT),

    ROW("强", UNIT_RANK),
};

const UnitTable units_table = { unit_rows, G_N_ELEMENTS(unit_rows) };

/* 个人, 个单位 and the like end where a longer word goes on that is not the unit: 10个人才团队, 5个单位病种. */
static const Word not_in_unit[] = {
    WORD_INIT(U"个人才"), WORD_INIT(U"个人工"), WORD_INIT(U"个人大"), WORD_INIT(U"个单位病"), WORD_INIT(U"个人均"), WORD_INIT(U"人才"), WORD_INIT(U"分之"),
    WORD_INIT(U"分别"), WORD_INIT(U"分类"), WORD_INIT(U"分级"), WORD_INIT(U"分期"), WORD_INIT(U"种植"), WORD_INIT(U"个体"), WORD_INIT(U"成为"),
    WORD_INIT(U"成立"), WORD_INIT(U"成员"), WORD_INIT(U"成果"), WORD_INIT(U"成效"), WORD_INIT(U"场所"), WORD_INIT(U"家庭"), WORD_INIT(U"个别"),
    WORD_INIT(U"个性"), WORD_INIT(U"所有"), WORD_INIT(U"部门"), WORD_INIT(U"部分"), WORD_INIT(U"级别"), WORD_INIT(U"对一"), WORD_INIT(U"对象"),
    WORD_INIT(U"人民"), WORD_INIT(U"日间"), WORD_INIT(U"分析"), WORD_INIT(U"升级"), WORD_INIT(U"期工程"), WORD_INIT(U"期项目"), WORD_INIT(U"期建设"),
    WORD_INIT(U"期改造"), WORD_INIT(U"期间"), WORD_INIT(U"期限"), WORD_INIT(U"期末"), WORD_INIT(U"升至"), WORD_INIT(U"升到"), WORD_INIT(U"人口"),
};

static bool goes_on(const View *view, size_t at, size_t end)
{
    for (size_t i = 0; i < G_N_ELEMENTS(not_in_unit); i++)
        if (word_stands(view, at, end, not_in_unit[i]))
            return true;
    return false;
}

static const Firsts *unit_firsts(void)
{
    static Firsts firsts;
    static gsize built;
    if (g_once_init_enter(&built)) {
        for (size_t i = 0; i < G_N_ELEMENTS(unit_rows); i++)
            firsts_add(&firsts, unit_rows[i].word.p[0]);
        g_once_init_leave(&built, 1);
    }
    return &firsts;
}

/* The longest row at `at`; of a word that goes on only 个, which stands before any noun. */
static const UnitRow *row_read(const View *view, size_t at, size_t end)
{
    const UnitRow *best = NULL, *shortest = NULL;
    if (at >= end || !firsts_may(unit_firsts(), view->norm[at]))
        return NULL;
    for (const UnitRow *row = unit_rows; row < unit_rows + G_N_ELEMENTS(unit_rows); row++) {
        if (!word_stands(view, at, end, row->word))
            continue;
        best = !best || row->word.n > best->word.n ? row : best;
        shortest = row->word.n == 1 ? row : shortest;
    }
    if (!best || !goes_on(view, at, end))
        return best;
    return view->norm[at] == U'个' ? shortest : NULL;
}

static size_t multiplier_read(const View *view, size_t at, size_t end)
{
    enum { MULTIPLIER_CHARS = 3 };
    size_t i = at;
    while (i < end && i < at + MULTIPLIER_CHARS && word_holds(W(U"十百千万亿"), view->norm[i]))
        i++;
    return i;
}

/* /10万, /千, /100000: per so many. */
static size_t per_many_read(const View *view, size_t at, size_t end)
{
    size_t i = at + 1;
    while (i < end && is_digit(view->norm[i]))
        i++;
    size_t digits = i - at - 1;
    size_t to = multiplier_read(view, i, end);
    return to > i || digits >= 4 ? to : at;
}

/* /年, /千人, ·月: per another unit, or per so many (of it). */
static size_t per_read(const View *view, size_t at, size_t end)
{
    while (at + 1 < end && (view->norm[at] == '/' || view->norm[at] == U'·')) {
        size_t to = view->norm[at] == '/' ? per_many_read(view, at, end) : at;
        const UnitRow *row = row_read(view, to > at ? to : at + 1, end);
        if (row)
            to = (to > at ? to : at + 1) + row->word.n;
        if (to == at)
            break;
        at = to;
    }
    return at;
}

Unit unit_read(const View *view, size_t at, size_t end)
{
    Unit unit = { .to = at };
    size_t i = skip_blank(view, at, end);
    size_t start = i;
    if (i < end && view->norm[i] == '/') { /* 8/10万 */
        size_t to = per_many_read(view, i, end);
        return to > i ? (Unit) { UNIT_RATE, to, { i, i }, { i, to }, false } : unit;
    }
    const UnitRow *row = row_read(view, i, end);
    size_t multiplier_end = row ? i : multiplier_read(view, i, end); /* 百分点, 千克 begin like multipliers */
    i = multiplier_end;
    if (i < end && (view->norm[i] == U'余' || view->norm[i] == U'多')) {
        unit.over = true;
        i++;
    }
    if (multiplier_end == start && !row) /* 10余万人 */
        start = i, i = multiplier_end = multiplier_read(view, i, end);
    row = row_read(view, i, end);
    if (row) {
        unit.kind = row->kind;
        unit.to = per_read(view, i + row->word.n, end);
    } else if (multiplier_end > start) { /* 10万 */
        unit.kind = UNIT_COUNT;
        unit.to = i;
    }
    bool apart = unit.over && i > multiplier_end;
    unit.multiplier = apart ? (Range) { start, multiplier_end } : (Range) { start, start };
    unit.name = apart ? (Range) { i, unit.to } : (Range) { start, unit.to };
    return unit;
}
