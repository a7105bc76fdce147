/* wordy.c: targets in words: 全覆盖, 应采尽采, 清零. They are no targets of the schema but findings, so that a person can bind or reject them.
 * A row needs a case in tests/unit/test-doc-targets.c. */
#include "doc/quantity.h"

#include "base/banned.h"

typedef struct {
    Word word;           /* ？ stands for any one character */
    const char *meaning; /* what it probably promises */
} WordyRow;

#define ROW(s, meaning) { WORD_INIT(U##s), meaning }

static const WordyRow wordy_rows[] = {
    ROW("全覆盖", ">=100%"), ROW("全面覆盖", ">=100%"), ROW("全员覆盖", ">=100%"), ROW("全部覆盖", ">=100%"), ROW("应？尽？", ">=100%"),
    ROW("全部达标", ">=100%"), ROW("全面达标", ">=100%"), ROW("全部完成", ">=100%"), ROW("全部开展", ">=100%"), ROW("全部实现", ">=100%"),
    ROW("全部建成", ">=100%"), ROW("户户", ">=100%"), ROW("村村", ">=100%"), ROW("人人", ">=100%"), ROW("不漏一", ">=100%"), ROW("一个不漏", ">=100%"),
    ROW("一个不少", ">=100%"),
    ROW("一半以上", ">=50%"), ROW("过半", ">=50%"), ROW("半数以上", ">=50%"),
    ROW("零发生", "=0"), ROW("零事故", "=0"), ROW("零报告病例", "=0"), ROW("零死亡", "=0"), ROW("零投诉", "=0"), ROW("零差错", "=0"), ROW("零感染", "=0"),
    ROW("零增长", "=0"), ROW("清零", "=0"), ROW("不发生", "=0"), ROW("杜绝", "=0"), ROW("无重大", "=0"),
    ROW("零容忍", NULL),
    ROW("只减不增", "<=last"),
    ROW("不增反降", "<last"), ROW("逐年下降", "<last"), ROW("稳中有降", "<last"), ROW("持续下降", "<last"),
    ROW("只增不减", ">=last"),
    ROW("逐年提高", ">last"), ROW("逐年增长", ">last"), ROW("稳中有升", ">last"),
    ROW("省定目标", "reference"), ROW("省定要求", "reference"), ROW("省定标准", "reference"), ROW("国家目标", "reference"), ROW("国家标准要求", "reference"),
    ROW("国定目标", "reference"), ROW("全省平均水平", "reference"), ROW("全国平均水平", "reference"), ROW("全市平均水平", "reference"),
    ROW("？级以上", "grade"),
    ROW("翻一番", ">=200%"), ROW("翻番", ">=200%"),
};

/* 所有 and 全部 promise something of every member only of things that act. */
static const Word every_words[] = { WORD_INIT(U"所有"), WORD_INIT(U"全部"), WORD_INIT(U"各级各类") };
static const Word members[] = {
    WORD_INIT(U"医院"), WORD_INIT(U"机构"), WORD_INIT(U"卫生院"), WORD_INIT(U"卫生室"), WORD_INIT(U"中心"), WORD_INIT(U"乡镇"), WORD_INIT(U"县区"),
    WORD_INIT(U"行政村"), WORD_INIT(U"学校"), WORD_INIT(U"社区"), WORD_INIT(U"县(市"),
};
static const Word deeds[] = {
    WORD_INIT(U"完成"), WORD_INIT(U"覆盖"), WORD_INIT(U"达到"), WORD_INIT(U"实现"), WORD_INIT(U"开展"), WORD_INIT(U"建成"), WORD_INIT(U"设立"),
    WORD_INIT(U"设置"), WORD_INIT(U"接入"), WORD_INIT(U"通过"), WORD_INIT(U"建立"), WORD_INIT(U"配备"), WORD_INIT(U"提供"),
};

static bool row_matches(const View *view, size_t at, size_t end, const Word *word)
{
    if (at + word->n > end)
        return false;
    for (size_t i = 0; i < word->n; i++)
        if (word->p[i] != U'？' ? view->norm[at + i] != word->p[i] : is_boundary(view, at + i, end))
            return false;
    return true;
}

/* B级以上 grades something; 二级以上, 县级以上 only say which. */
static bool is_letter_grade(const View *view, size_t at)
{
    return view->norm[at] >= 'A' && view->norm[at] <= 'F';
}

static size_t clause_end(const View *view, size_t at, size_t end)
{
    enum { CLAUSE_CHARS = 60 };
    size_t i = at, last = MIN(end, at + CLAUSE_CHARS);
    while (i < last && view->norm[i] != ',' && view->norm[i] != ';' && view->norm[i] != U'。' && view->norm[i] != '\n')
        i++;
    return i;
}

static bool holds_any(const View *view, Range range, const Word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (view_find(view, range, words[i]) < range.to)
            return true;
    return false;
}

static void report(const View *view, Range word, const char *meaning, Diags *diags)
{
    g_autoptr(Arena) arena = arena_new();
    DocValue value = view_value(view, word, arena);
    diag_add(diags, "wordy-target", value.text, value.span.from, value.span.to, "a target in words, without a figure");
    diag_params(diags, "meaning=%s\nquote=" STR_FMT, meaning, STR_ARG(value.text));
}

/* 年内所有医院完成章程制定: every member of something does it. */
static size_t every_find(const View *view, Range range, size_t at, Diags *diags)
{
    enum { DEED_CHARS = 6 }; /* 覆盖辖区所有乡镇 */
    size_t end = range.to, deed = MAX(range.from + DEED_CHARS, at) - DEED_CHARS;
    for (size_t i = 0; i < G_N_ELEMENTS(every_words); i++) {
        if (!row_matches(view, at, end, &every_words[i]))
            continue;
        Range clause = { at + every_words[i].n, clause_end(view, at, end) };
        if (holds_any(view, clause, members, G_N_ELEMENTS(members)) && holds_any(view, (Range) { deed, clause.to }, deeds, G_N_ELEMENTS(deeds))) {
            report(view, (Range) { at, clause.to }, ">=100%", diags);
            return clause.to;
        }
    }
    return at;
}

static const Firsts *wordy_firsts(void)
{
    static Firsts firsts;
    static gsize built;
    if (g_once_init_enter(&built)) {
        for (size_t i = 0; i < G_N_ELEMENTS(wordy_rows); i++)
            if (wordy_rows[i].word.p[0] != U'？')
                firsts_add(&firsts, wordy_rows[i].word.p[0]);
        for (size_t i = 0; i < G_N_ELEMENTS(every_words); i++)
            firsts_add(&firsts, every_words[i].p[0]);
        for (char32_t grade = 'A'; grade <= 'F'; grade++)
            firsts_add(&firsts, grade);
        g_once_init_leave(&built, 1);
    }
    return &firsts;
}

/* The longest row that stands here. */
static const WordyRow *row_find(const View *view, size_t at, size_t end)
{
    const WordyRow *best = NULL;
    for (const WordyRow *row = wordy_rows; row < wordy_rows + G_N_ELEMENTS(wordy_rows); row++) {
        if (row->word.p[0] != view->norm[at] && !(row->word.p[0] == U'？' && is_letter_grade(view, at)))
            continue;
        if ((!best || row->word.n > best->word.n) && row_matches(view, at, end, &row->word))
            best = row;
    }
    return best;
}

void wordy_find(const View *view, Range range, Diags *diags)
{
    const Firsts *firsts = wordy_firsts();
    for (size_t at = range.from; at < range.to; at++) {
        if (!firsts_may(firsts, view->norm[at]))
            continue;
        const WordyRow *row = row_find(view, at, range.to);
        if (row && row->meaning)
            report(view, (Range) { at, at + row->word.n }, row->meaning, diags);
        size_t to = row ? at + row->word.n : every_find(view, range, at, diags);
        if (to > at)
            at = to - 1;
    }
}
