/* What a heading says about what stands under it. A heading is taken apart at 和 与 及 、 into its parts, and each part must be made of the
 * words of the table: 强化组织保障 and 组织领导与保障措施 are narrative, 强化重点人群健康保障 is not. */
#include "doc/structure.h"

#include "base/banned.h"

/* May stand before a word of the tables, any number of them. */
static const Word lead_ins[] = {
    WORD_INIT(U"强化"), WORD_INIT(U"加强"), WORD_INIT(U"健全"), WORD_INIT(U"完善"), WORD_INIT(U"切实"), WORD_INIT(U"落实"),
    WORD_INIT(U"明确"), WORD_INIT(U"严格"), WORD_INIT(U"做好"), WORD_INIT(U"抓好"), WORD_INIT(U"全面"), WORD_INIT(U"总体"),
    WORD_INIT(U"主要"), WORD_INIT(U"工作"), WORD_INIT(U"有关"), WORD_INIT(U"相关"), WORD_INIT(U"具体"), WORD_INIT(U"基本"),
    WORD_INIT(U"发展"), WORD_INIT(U"行动"), WORD_INIT(U"规划"), WORD_INIT(U"整改"), WORD_INIT(U"年度"), WORD_INIT(U"活动"),
    WORD_INIT(U"其他"), WORD_INIT(U"项目"), WORD_INIT(U"考核"), WORD_INIT(U"建设"), WORD_INIT(U"进一步"), WORD_INIT(U"几点"),
};

static const Word narrative_words[] = {
    WORD_INIT(U"指导思想"), WORD_INIT(U"总体要求"), WORD_INIT(U"总体思路"), WORD_INIT(U"总体目标"), WORD_INIT(U"总体考虑"),
    WORD_INIT(U"总体安排"), WORD_INIT(U"总体情况"), WORD_INIT(U"目标"), WORD_INIT(U"指标"), WORD_INIT(U"工作目标"),
    WORD_INIT(U"主要目标"), WORD_INIT(U"年度目标"), WORD_INIT(U"发展目标"), WORD_INIT(U"行动目标"), WORD_INIT(U"思路"),
    WORD_INIT(U"原则"), WORD_INIT(U"基本原则"), WORD_INIT(U"工作原则"), WORD_INIT(U"要求"), WORD_INIT(U"工作要求"),
    WORD_INIT(U"组织保障"), WORD_INIT(U"保障措施"), WORD_INIT(U"保障"), WORD_INIT(U"保障机制"), WORD_INIT(U"组织领导"),
    WORD_INIT(U"组织实施"), WORD_INIT(U"组织推进"), WORD_INIT(U"组织机构"), WORD_INIT(U"实施步骤"), WORD_INIT(U"工作步骤"),
    WORD_INIT(U"时间安排"), WORD_INIT(U"进度安排"), WORD_INIT(U"时间步骤"), WORD_INIT(U"工作背景"), WORD_INIT(U"背景"),
    WORD_INIT(U"基本情况"), WORD_INIT(U"现状"), WORD_INIT(U"形势"), WORD_INIT(U"规划背景"), WORD_INIT(U"发展基础"),
    WORD_INIT(U"面临形势"), WORD_INIT(U"重要意义"), WORD_INIT(U"目的意义"), WORD_INIT(U"编制依据"), WORD_INIT(U"适用范围"),
    WORD_INIT(U"实施范围"), WORD_INIT(U"实施时间"), WORD_INIT(U"工作总结"), WORD_INIT(U"总结"), WORD_INIT(U"工作回顾"),
    WORD_INIT(U"回顾"), WORD_INIT(U"总则"), WORD_INIT(U"附则"), WORD_INIT(U"监督考核"), WORD_INIT(U"督导考核"),
    WORD_INIT(U"督查考核"), WORD_INIT(U"考核评价"), WORD_INIT(U"政策保障"), WORD_INIT(U"资金保障"), WORD_INIT(U"经费保障"),
    WORD_INIT(U"督导检查"), WORD_INIT(U"督促检查"), WORD_INIT(U"跟踪问效"), WORD_INIT(U"组织情况"), WORD_INIT(U"组织部署"),
    WORD_INIT(U"目标指标"), WORD_INIT(U"开展情况"), WORD_INIT(U"推进情况"), WORD_INIT(U"主要做法"), WORD_INIT(U"总体进展"),
};

/* Of these the first part of a heading is enough: 加强组织领导，确保任务落实. */
static const Word leading_words[] = { WORD_INIT(U"组织领导"), WORD_INIT(U"组织保障"), WORD_INIT(U"组织实施"), WORD_INIT(U"保障措施") };

/* Any of these anywhere in a heading of a report says that it looks ahead or at the organisation of the work, not at single problems. */
static const Word report_words[] = {
    WORD_INIT(U"下一步"), WORD_INIT(U"下步"), WORD_INIT(U"下阶段"), WORD_INIT(U"下一阶段"), WORD_INIT(U"工作打算"),
    WORD_INIT(U"工作安排"), WORD_INIT(U"工作计划"), WORD_INIT(U"组织情况"), WORD_INIT(U"组织领导"), WORD_INIT(U"组织部署"),
    WORD_INIT(U"组织推进"), WORD_INIT(U"总体情况"), WORD_INIT(U"履行"), WORD_INIT(U"长效机制"), WORD_INIT(U"基本情况"),
    WORD_INIT(U"继续"), WORD_INIT(U"巩固"), WORD_INIT(U"深化整改"), WORD_INIT(U"主要做法"), WORD_INIT(U"工作成效"),
    WORD_INIT(U"后续"),
};

/* Headings that end so are goals even between tasks. */
static const Word goal_words[] = { WORD_INIT(U"目标"), WORD_INIT(U"指标") };

static const Word section_words[] = {
    WORD_INIT(U"任务"), WORD_INIT(U"重点任务"), WORD_INIT(U"主要任务"), WORD_INIT(U"工作任务"), WORD_INIT(U"目标任务"),
    WORD_INIT(U"重点工作"), WORD_INIT(U"主要措施"), WORD_INIT(U"工作措施"), WORD_INIT(U"重点举措"), WORD_INIT(U"工作举措"),
    WORD_INIT(U"主要举措"), WORD_INIT(U"主要内容"), WORD_INIT(U"工作内容"), WORD_INIT(U"任务清单"), WORD_INIT(U"任务分工"),
    WORD_INIT(U"重点内容"), WORD_INIT(U"政策措施"), WORD_INIT(U"职责分工"),
};

static const Word problem_sections[] = {
    WORD_INIT(U"存在问题"), WORD_INIT(U"存在的问题"), WORD_INIT(U"主要问题"), WORD_INIT(U"存在的主要问题"), WORD_INIT(U"问题"),
    WORD_INIT(U"不足"), WORD_INIT(U"困难"), WORD_INIT(U"存在不足"), WORD_INIT(U"短板"),
};

static const Word results_words[] = {
    WORD_INIT(U"整改落实情况"), WORD_INIT(U"整改进展情况"), WORD_INIT(U"整改完成情况"), WORD_INIT(U"整改情况"),
    WORD_INIT(U"整改进展"), WORD_INIT(U"落实整改情况"), WORD_INIT(U"整改成效"), WORD_INIT(U"问题整改"), WORD_INIT(U"整改任务"),
    WORD_INIT(U"整改措施"), WORD_INIT(U"反馈意见"), WORD_INIT(U"反馈问题"), WORD_INIT(U"存在问题"), WORD_INIT(U"整改台账"),
};

static const Word joints[] = {
    WORD_INIT(U"和"), WORD_INIT(U"与"), WORD_INIT(U"及"), WORD_INIT(U"以及"), WORD_INIT(U"、"), WORD_INIT(U","),
    WORD_INIT(U" "),
};

static const Word year_words[] = { WORD_INIT(U"年"), WORD_INIT(U"年度"), WORD_INIT(U"年上半年"), WORD_INIT(U"年主要") };

bool heading_goal(const View *view, Range title)
{
    title = view_trim(view, title, W(U"。:;《》"));
    return words_before(view, title.to, title.from, WORDS(goal_words), NULL) > 0;
}

/* One part of a heading, up to the next joint: lead-ins and then one word of the table. Returns its end; 0: it is not made so. */
static size_t part_end(const View *view, size_t i, size_t to, Words words)
{
    int year;
    size_t digits = digit_number(view, i, to, &year);
    i += digits ? digits + words_at(view, i + digits, to, WORDS(year_words), NULL) : 0; /* 2025年工作总结 */
    for (;;) {
        size_t n = words_at(view, i, to, words, NULL);
        if (n && (i + n == to || words_at(view, i + n, to, WORDS(joints), NULL)))
            return i + n;
        size_t lead = words_at(view, i, to, WORDS(lead_ins), NULL);
        if (!lead)
            return 0;
        i += lead;
    }
}

static bool made_of(const View *view, Range title, Words words)
{
    if (title.from >= title.to)
        return false;
    for (size_t i = title.from; i < title.to;) {
        size_t end = part_end(view, i, title.to, words);
        if (!end)
            return false;
        i = end + words_at(view, end, title.to, WORDS(joints), NULL);
    }
    return true;
}

HeadingKind heading_kind(const View *view, Range title)
{
    enum { TITLE_MAX = 40 };
    title = view_trim(view, title, W(U"。:;《》"));
    if (title.to - title.from > TITLE_MAX)
        return HEADING_PLAIN;
    Range first = { title.from, find_outside(view, title, W(U",")) };
    if (made_of(view, title, WORDS(narrative_words)) || made_of(view, first, WORDS(leading_words)))
        return HEADING_NARRATIVE;
    if (made_of(view, title, WORDS(section_words)))
        return HEADING_SECTION;
    if (made_of(view, title, WORDS(problem_sections)))
        return HEADING_PROBLEMS;
    if (words_in(view, title, WORDS(report_words)))
        return HEADING_REPORT;
    return words_in(view, title, WORDS(results_words)) ? HEADING_RESULTS : HEADING_PLAIN;
}

/* --- Problems --------------------------------------------------------------------------------------------------- */

static const Word about_words[] = { WORD_INIT(U"关于"), WORD_INIT(U"针对"), WORD_INIT(U"对于"), WORD_INIT(U"对照"), WORD_INIT(U"反馈") };

/* What may stand behind the quoted problem. */
static const Word behind_words[] = {
    WORD_INIT(U"问题"), WORD_INIT(U"的问题"), WORD_INIT(U"等问题"), WORD_INIT(U"方面的问题"), WORD_INIT(U"方面问题"),
    WORD_INIT(U"方面存在的问题"), WORD_INIT(U"的整改"), WORD_INIT(U"整改"), WORD_INIT(U"的整改情况"), WORD_INIT(U"整改情况"),
    WORD_INIT(U"的整改落实情况"), WORD_INIT(U"整改落实情况"), WORD_INIT(U"的情况"), WORD_INIT(U"的整改进展情况"),
    WORD_INIT(U"整改进展情况"), WORD_INIT(U"方面"), WORD_INIT(U"的"),
};

/* Behind a label, as in 问题：…. */
static const Word problem_labels[] = {
    WORD_INIT(U"问题描述"), WORD_INIT(U"反馈问题"), WORD_INIT(U"存在问题"), WORD_INIT(U"具体问题"), WORD_INIT(U"主要问题"),
    WORD_INIT(U"问题表现"), WORD_INIT(U"问题"),
};

static const Word problem_signs[] = { WORD_INIT(U"问题") };

/* Without what stands behind the problem: "…”问题的整改" to "…". */
static size_t problem_end(const View *view, Range title)
{
    size_t end = title.to;
    for (size_t n; (n = words_before(view, end, title.from, WORDS(behind_words), NULL));)
        end -= n;
    return end;
}

static Range unquoted(const View *view, Range range)
{
    range = view_trim(view, range, W(U",:;"));
    if (range.to - range.from > 2 && word_has(W(U"“\"‘「"), view->norm[range.from]) && word_has(W(U"”\"’」"), view->norm[range.to - 1]))
        return (Range) { range.from + 1, range.to - 1 };
    return range;
}

/* 问题：X, 存在问题：X */
bool problem_labelled(const View *view, Range title, Range *ret_problem)
{
    size_t n = words_at(view, title.from, title.to, WORDS(problem_labels), NULL);
    if (!n || title.from + n >= title.to || view->norm[title.from + n] != ':')
        return false;
    *ret_problem = unquoted(view, (Range) { title.from + n + 1, title.to });
    return true;
}

/* What a heading ends in that names something wrong without quoting it. */
static const Word wrong_endings[] = {
    WORD_INIT(U"问题"), WORD_INIT(U"薄弱"), WORD_INIT(U"滞后"), WORD_INIT(U"缺失"), WORD_INIT(U"欠缺"), WORD_INIT(U"缺乏"),
    WORD_INIT(U"差距"), WORD_INIT(U"短板"), WORD_INIT(U"漏洞"), WORD_INIT(U"隐患"), WORD_INIT(U"反弹"), WORD_INIT(U"偏低"),
    WORD_INIT(U"偏高"), WORD_INIT(U"偏少"), WORD_INIT(U"较低"), WORD_INIT(U"较少"), WORD_INIT(U"较弱"), WORD_INIT(U"缓慢"),
    WORD_INIT(U"迟缓"), WORD_INIT(U"突出"), WORD_INIT(U"乏力"), WORD_INIT(U"有待加强"), WORD_INIT(U"时有发生"),
    WORD_INIT(U"流于形式"), WORD_INIT(U"走过场"), WORD_INIT(U"弱化"), WORD_INIT(U"淡薄"), WORD_INIT(U"混乱"),
    WORD_INIT(U"不足"), WORD_INIT(U"违规"),
};

bool heading_wrong(const View *view, Range title)
{
    enum { NEAR = 6 }; /* 不够深入, 不到位 */
    title = view_trim(view, title, W(U"。:;,"));
    for (size_t i = title.to - MIN(title.to - title.from, (size_t) NEAR); i < title.to; i++)
        if (view->norm[i] == U'不' || view->norm[i] == U'未')
            return true;
    return words_before(view, title.to, title.from, WORDS(wrong_endings), NULL) > 0;
}

bool heading_problem(const View *view, Range title, Range *ret_problem)
{
    title = view_trim(view, title, W(U"。:;,"));
    if (problem_labelled(view, title, ret_problem))
        return true;
    size_t about = words_at(view, title.from, title.to, WORDS(about_words), NULL);
    size_t end = problem_end(view, title);
    bool quoted = title.from + about < title.to && word_has(W(U"“\"‘「"), view->norm[title.from + about])
                  && word_has(W(U"”\"’」"), view->norm[end - 1]);
    bool says_problem = end < title.to && words_in(view, (Range) { end, title.to }, WORDS(problem_signs));
    if (title.from + about >= end || !says_problem || (!about && !quoted))
        return false;
    *ret_problem = unquoted(view, (Range) { title.from + about, end });
    return true;
}
