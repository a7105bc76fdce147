/* form.c: the words of the ledgers that offices keep in workbooks. Every office makes its own form of the same dozen columns, so headings are told by what they
 * contain: the rows below in their order, the first that fits. A row needs a case in test-form. */
#include "doc/quantity.h"
#include "doc/structure.h"

#include "base/banned.h"

/* --- Headings ----------------------------------------------------------------------------------------------------------- */

/* Contains `word`, and (where given) one of `also`, which are separated by blanks. */
typedef struct {
    Str word, also;
    const char *field;
} HeadingRow;

static const HeadingRow headings[] = {
    { STR_INIT("序号"), STR_INIT(""), "no" },
    { STR_INIT("文号"), STR_INIT(""), "source_no" },
    { STR_INIT("编号"), STR_INIT(""), "number" },
    { STR_INIT("编码"), STR_INIT(""), "number" },
    { STR_INIT("回头看"), STR_INIT(""), "-" },
    { STR_INIT("佐证"), STR_INIT(""), "-" },
    { STR_INIT("证明"), STR_INIT("材料"), "-" },
    { STR_INIT("附件"), STR_INIT(""), "-" },
    { STR_INIT("销号"), STR_INIT("人 时间 日期 意见 签字"), "-" },
    { STR_INIT("验收"), STR_INIT(""), "-" },
    { STR_INIT("审核"), STR_INIT(""), "-" },
    { STR_INIT("交办"), STR_INIT("时间 日期"), "source_date" },
    { STR_INIT("反馈"), STR_INIT("时间 日期"), "source_date" },
    { STR_INIT("发现"), STR_INIT("时间 日期"), "source_date" },
    { STR_INIT("来源"), STR_INIT("时间 日期"), "source_date" },
    { STR_INIT("依据"), STR_INIT(""), "basis" },
    { STR_INIT("来源"), STR_INIT(""), "source" },
    { STR_INIT("问题"), STR_INIT("类别 类型 性质 分类"), "category" },
    { STR_INIT("类别"), STR_INIT(""), "category" },
    { STR_INIT("类型"), STR_INIT(""), "category" },
    { STR_INIT("分类"), STR_INIT(""), "category" },
    { STR_INIT("单位负责人"), STR_INIT(""), "handler" },
    { STR_INIT("单位责任人"), STR_INIT(""), "handler" },
    { STR_INIT("单位联系人"), STR_INIT(""), "handler" },
    { STR_INIT("牵头"), STR_INIT("单位 部门 处室 科室"), "lead" },
    { STR_INIT("主办"), STR_INIT(""), "lead" },
    { STR_INIT("配合"), STR_INIT(""), "support" },
    { STR_INIT("协办"), STR_INIT(""), "support" },
    { STR_INIT("协同"), STR_INIT(""), "support" },
    { STR_INIT("参与"), STR_INIT("单位 部门"), "support" },
    { STR_INIT("责任"), STR_INIT("单位 部门 处室 科室 主体"), "responsible" },
    { STR_INIT("整改"), STR_INIT("单位 部门 处室 科室 主体"), "responsible" },
    { STR_INIT("承办"), STR_INIT("单位 部门 处室 科室"), "responsible" },
    { STR_INIT("落实"), STR_INIT("单位 部门 处室 科室"), "responsible" },
    { STR_INIT("领导"), STR_INIT(""), "leader" },
    { STR_INIT("牵头人"), STR_INIT(""), "leader" },
    { STR_INIT("责任人"), STR_INIT(""), "handler" },
    { STR_INIT("经办人"), STR_INIT(""), "handler" },
    { STR_INIT("承办人"), STR_INIT(""), "handler" },
    { STR_INIT("联系人"), STR_INIT(""), "handler" },
    { STR_INIT("时限"), STR_INIT(""), "due" },
    { STR_INIT("期限"), STR_INIT(""), "due" },
    { STR_INIT("截止"), STR_INIT(""), "due" },
    { STR_INIT("要求"), STR_INIT("时间 日期"), "due" },
    { STR_INIT("计划"), STR_INIT("时间 日期"), "due" },
    { STR_INIT("时间节点"), STR_INIT(""), "due" },
    { STR_INIT("完成"), STR_INIT("时间 日期"), "finished" },
    { STR_INIT("进展"), STR_INIT(""), "-" },
    { STR_INIT("销号"), STR_INIT(""), "state" },
    { STR_INIT("状态"), STR_INIT(""), "state" },
    { STR_INIT("是否"), STR_INIT("完成 办结 到位 整改"), "state" },
    { STR_INIT("完成情况"), STR_INIT(""), "state" },
    { STR_INIT("办结情况"), STR_INIT(""), "state" },
    { STR_INIT("整改情况"), STR_INIT(""), "state" },
    { STR_INIT("落实情况"), STR_INIT(""), "-" },
    { STR_INIT("措施"), STR_INIT(""), "measures" },
    { STR_INIT("举措"), STR_INIT(""), "measures" },
    { STR_INIT("目标"), STR_INIT(""), "text" },
    { STR_INIT("要求"), STR_INIT(""), "text" },
    { STR_INIT("内容"), STR_INIT("工作 任务 具体"), "text" },
    { STR_INIT("备注"), STR_INIT(""), "-" },
    { STR_INIT("说明"), STR_INIT(""), "-" },
    { STR_INIT("问题"), STR_INIT(""), "problem" },
    { STR_INIT("任务"), STR_INIT(""), "title" },
    { STR_INIT("事项"), STR_INIT(""), "title" },
    { STR_INIT("项目"), STR_INIT(""), "title" },
    { STR_INIT("重点工作"), STR_INIT(""), "title" },
    { STR_INIT("牵头"), STR_INIT(""), "lead" },
};

static bool has_any(Str text, Str words)
{
    for (Str rest = words; rest.p;)
        if (str_has(text, str_cut(&rest, ' ')))
            return true;
    return false;
}

/* Without blanks, and without what stands in brackets, unless that is all. */
static Str bare_heading(Str heading, Arena *arena)
{
    Str key = text_name_key(heading, arena);
    ptrdiff_t open = str_find(key, STR("("), 0);
    return open > 0 ? str_head(key, (size_t) open) : key;
}

const char *form_column(Str heading)
{
    g_autoptr(Arena) arena = arena_new();
    Str bare = bare_heading(heading, arena);
    for (size_t i = 0; i < G_N_ELEMENTS(headings) && bare.n > 0; i++)
        if (str_has(bare, headings[i].word) && (headings[i].also.n == 0 || has_any(bare, headings[i].also)))
            return headings[i].field;
    return NULL;
}

/* --- Terms --------------------------------------------------------------------------------------------------------------- */

static const Str at_once_words[] = { STR_INIT("立行立改"), STR_INIT("立即"), STR_INIT("即知即改"), STR_INIT("边查边改"), STR_INIT("立查立改"), STR_INIT("马上") };
static const Str lasting_words[] = { STR_INIT("长期"), STR_INIT("持续"), STR_INIT("常态"), STR_INIT("常年"), STR_INIT("坚持") };

static bool has_word(Str text, const Str *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(text, words[i]))
            return true;
    return false;
}

/* 2026.6.30, 2026/6, 2026-06-30: what date_read leaves to those who mean a number by it. */
static bool dotted_date(Str text, Date *ret_due)
{
    int part[3] = { 0 }, n = 0;
    bool digit = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (g_ascii_isdigit(c) && part[n] < 100000)
            part[n] = part[n] * 10 + c - '0';
        else if (!digit || !strchr("./-", c) || ++n > 2)
            return false;
        digit = g_ascii_isdigit(c);
    }
    enum { FIRST = 1900, LAST = 2199 };
    if (!digit || n < 1 || part[0] < FIRST || part[0] > LAST || part[1] < 1 || part[1] > 12)
        return false;
    if (n == 1) {
        *ret_due = date_month_end(part[0], part[1]);
        return true;
    }
    return date_from_ymd(part[0], part[1], part[2], ret_due);
}

/* The latest of the days named. */
static Date last_date(Str text, int year, Arena *arena)
{
    Date due = DATE_NONE;
    View view = view_of_text(text, arena);
    for (size_t at = 0; at < view.n;) {
        DatePhrase date;
        bool read = date_begins(view.norm[at]) && date_read(&view, at, view.n, year, &date);
        if (read && date.due != DATE_NONE)
            due = MAX(due, date.due);
        at = read ? MAX(date.range.to, at + 1) : at + 1;
    }
    return due;
}

bool form_due(Str text, int year, FormDue *ret_due)
{
    g_autoptr(Arena) arena = arena_new();
    FormDue due = { .term = "dated", .due = DATE_NONE };
    Str trimmed = str_trim(text_fold_width(text, arena));
    if (!dotted_date(trimmed, &due.due))
        due.due = last_date(trimmed, year, arena);
    if (has_word(text, at_once_words, G_N_ELEMENTS(at_once_words)))
        due.term = "at_once";
    else if (has_word(text, lasting_words, G_N_ELEMENTS(lasting_words)))
        due.term = "lasting";
    else if (due.due == DATE_NONE)
        return false;
    *ret_due = due;
    return true;
}

/* --- Claims -------------------------------------------------------------------------------------------------------------- */

static const Str done_words[] = { STR_INIT("已完成"), STR_INIT("已销号"), STR_INIT("已整改"), STR_INIT("整改完成"), STR_INIT("已办结"), STR_INIT("完成整改"),
                                  STR_INIT("整改到位"), STR_INIT("已落实"), STR_INIT("已到位"), STR_INIT("办结"), STR_INIT("销号"), STR_INIT("完成"), STR_INIT("是") };
static const Str not_done_words[] = { STR_INIT("未"), STR_INIT("正在"), STR_INIT("否"), STR_INIT("部分"), STR_INIT("不"), STR_INIT("进行中"), STR_INIT("推进中"),
                                      STR_INIT("基本"), STR_INIT("待"), STR_INIT("计划"), STR_INIT("预计") };

/* Of the first clause: what follows tells how. */
bool form_claims_done(Str text)
{
    static const Str stops[] = { STR_INIT("，"), STR_INIT("。"), STR_INIT("；"), STR_INIT("\n"), STR_INIT(",") };
    Str first = str_trim(text);
    for (size_t i = 0; i < G_N_ELEMENTS(stops); i++) {
        ptrdiff_t at = str_find(first, stops[i], 0);
        first = at >= 0 ? str_head(first, (size_t) at) : first;
    }
    return has_word(first, done_words, G_N_ELEMENTS(done_words)) && !has_word(first, not_done_words, G_N_ELEMENTS(not_done_words));
}

bool form_is_foot(Str text)
{
    static const Str words[] = { STR_INIT("合计"), STR_INIT("总计"), STR_INIT("小计"), STR_INIT("填表说明"), STR_INIT("填报说明"), STR_INIT("填表人"), STR_INIT("制表"),
                                 STR_INIT("审核人"), STR_INIT("备注："), STR_INIT("备注:"), STR_INIT("说明："), STR_INIT("说明:"), STR_INIT("注："), STR_INIT("注:") };
    Str trimmed = str_trim(text);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (str_starts(trimmed, words[i]))
            return true;
    return false;
}

const char *form_source(Str text)
{
    static const struct {
        Str word;
        const char *source;
    } sources[] = {
        { STR_INIT("审计"), "audit" },      { STR_INIT("批示"), "instruction" }, { STR_INIT("12345"), "hotline" },    { STR_INIT("热线"), "hotline" },
        { STR_INIT("信访"), "hotline" },    { STR_INIT("会议"), "meeting" },     { STR_INIT("巡察"), "inspection" },  { STR_INIT("巡视"), "inspection" },
        { STR_INIT("督查"), "inspection" }, { STR_INIT("督导"), "inspection" },  { STR_INIT("检查"), "inspection" },  { STR_INIT("质控"), "inspection" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        if (str_has(text, sources[i].word))
            return sources[i].source;
    return "other";
}

/* --- Cells of many ------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(Str) StrList;

static void push_part(Arena *arena, StrList *list, Str part)
{
    part = str_trim(part);
    if (part.n > 0)
        *ARENA_PUSH(arena, list) = arena_str(arena, part);
}

static Str without_number(Str line, Arena *arena)
{
    View view = view_of_text(line, arena);
    Label label;
    if (!label_read(&view, 0, view.n, &label) || label.weak)
        return line;
    return view_value(&view, (Range) { label.range.to, view.n }, arena).text;
}

const Str *form_parts(Str text, Arena *arena, size_t *ret_n)
{
    StrList list = { 0 };
    MeasureList measures = { 0 };
    Str trimmed = str_trim(text);
    View view = view_of_text(trimmed, arena);
    measures_numbered(&view, (Range) { 0, view.n }, arena, &measures);
    for (size_t i = 0; i < measures.n && measures.n > 1; i++)
        push_part(arena, &list, measures.v[i].text.text);
    bool by_lines = list.n == 0;
    for (Str rest = trimmed; by_lines && rest.p;) {
        Str line = str_trim(str_cut(&rest, '\n'));
        push_part(arena, &list, line.n ? without_number(line, arena) : line);
    }
    *ret_n = list.n;
    return list.v;
}

static bool cuts_names(char32_t c, bool han)
{
    return word_has(W(U"、,;/\n()|"), c) || (han && c == ' ');
}

/* Chinese names have no blanks in them. */
static bool has_han(const View *view)
{
    for (size_t i = 0; i < view->n; i++)
        if (is_han(view->norm[i]))
            return true;
    return false;
}

/* 责任人：张某某 is 张某某. */
static Str behind_label(Str name)
{
    static const Str colons[] = { STR_INIT("："), STR_INIT(":") };
    for (size_t i = 0; i < G_N_ELEMENTS(colons); i++) {
        ptrdiff_t at = str_find(name, colons[i], 0);
        if (at >= 0)
            name = str_from_at(name, (size_t) at + colons[i].n);
    }
    return name;
}

/* 配合单位：医政处 supports; 牵头：疾控处 does not. */
static bool is_support_line(Str line)
{
    static const Str words[] = { STR_INIT("配合"), STR_INIT("协助"), STR_INIT("协同"), STR_INIT("参与"), STR_INIT("参加") };
    ptrdiff_t full = str_find(line, STR("："), 0), half = str_find(line, STR(":"), 0);
    ptrdiff_t colon = full >= 0 && (half < 0 || full < half) ? full : half;
    for (size_t i = 0; i < G_N_ELEMENTS(words) && colon > 0; i++)
        if (str_starts(line, words[i]))
            return true;
    return false;
}

static void add_line(GString *out, Str line)
{
    if (out->len > 0)
        g_string_append_c(out, '\n');
    g_string_append_len(out, line.p, (gssize) line.n);
}

Str form_support_lines(Str text, Arena *arena, Str *ret_rest)
{
    g_autoptr(GString) support = g_string_new(NULL), rest = g_string_new(NULL);
    for (Str left = text; left.p;) {
        Str line = str_trim(str_cut(&left, '\n'));
        if (line.n > 0)
            add_line(is_support_line(line) ? support : rest, line);
    }
    *ret_rest = support->len > 0 ? arena_str(arena, str_from_gstring(rest)) : text;
    return support->len > 0 ? arena_str(arena, str_from_gstring(support)) : STR_NONE;
}

const Str *form_names(Str text, Arena *arena, size_t *ret_n)
{
    StrList list = { 0 };
    View view = view_of_text(text, arena);
    bool han = has_han(&view);
    for (size_t from = 0, i = 0; i <= view.n; i++) {
        if (i < view.n && !cuts_names(view.norm[i], han))
            continue;
        if (i > from)
            push_part(arena, &list, behind_label(view_value(&view, (Range) { from, i }, arena).text));
        from = i + 1;
    }
    *ret_n = list.n;
    return list.v;
}
