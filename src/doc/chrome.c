#include "doc/lines.h"

#include "base/banned.h"

/* What belongs to the page or the print and not to the document. Words are in the folded form of the view. */

enum { WIDEST_CHROME = 160 /* columns: a line wider than this is text, whatever it begins with */ };

/* A line that is made of such words only, however they are divided. */
static const Word chrome_words[] = {
    WORD_INIT(U"首页"), WORD_INIT(U"打印"), WORD_INIT(U"打印本页"), WORD_INIT(U"打印此页"), WORD_INIT(U"关闭"), WORD_INIT(U"关闭窗口"),
    WORD_INIT(U"关闭本页"), WORD_INIT(U"分享"), WORD_INIT(U"分享到"), WORD_INIT(U"分享到:"), WORD_INIT(U"收藏"), WORD_INIT(U"加入收藏"),
    WORD_INIT(U"返回"), WORD_INIT(U"返回顶部"), WORD_INIT(U"返回列表"), WORD_INIT(U"返回首页"), WORD_INIT(U"大"), WORD_INIT(U"中"),
    WORD_INIT(U"小"), WORD_INIT(U"字体"), WORD_INIT(U"字体:"), WORD_INIT(U"字号"), WORD_INIT(U"字号:"), WORD_INIT(U"纠错"),
    WORD_INIT(U"下载"), WORD_INIT(U"微信"), WORD_INIT(U"微博"), WORD_INIT(U"新浪微博"), WORD_INIT(U"QQ"), WORD_INIT(U"QQ空间"),
    WORD_INIT(U"登录"), WORD_INIT(U"注册"), WORD_INIT(U"无障碍"), WORD_INIT(U"无障碍浏览"), WORD_INIT(U"无障碍阅读"),
    WORD_INIT(U"长者模式"), WORD_INIT(U"适老化"), WORD_INIT(U"关怀版"), WORD_INIT(U"繁体"), WORD_INIT(U"简体"), WORD_INIT(U"English"),
    WORD_INIT(U"搜索"), WORD_INIT(U"网站地图"), WORD_INIT(U"联系我们"), WORD_INIT(U"关于我们"), WORD_INIT(U"网站声明"),
    WORD_INIT(U"政务公开"), WORD_INIT(U"政务服务"), WORD_INIT(U"互动交流"), WORD_INIT(U"新闻中心"), WORD_INIT(U"信息公开"),
    WORD_INIT(U"政府信息公开"), WORD_INIT(U"专题专栏"), WORD_INIT(U"政策文件"), WORD_INIT(U"通知公告"), WORD_INIT(U"机构概况"),
    WORD_INIT(U"公众参与"), WORD_INIT(U"办事服务"), WORD_INIT(U"数据开放"), WORD_INIT(U"上一篇"), WORD_INIT(U"下一篇"),
    WORD_INIT(U"目录"), WORD_INIT(U"正文"), WORD_INIT(U"手机版"), WORD_INIT(U"客户端"), WORD_INIT(U"扫一扫在手机打开当前页"),
};

/* WEAK rows need a neighbour that is chrome for certain: they begin lines of documents too. */
typedef enum { CERTAIN, WEAK } Certainty;
typedef struct {
    Word word;
    Certainty certainty;
} ChromeMark;

static const ChromeMark chrome_beginnings[] = {
    { WORD_INIT(U"您当前的位置"), CERTAIN }, { WORD_INIT(U"您的位置"), CERTAIN },   { WORD_INIT(U"您所在的位置"), CERTAIN },
    { WORD_INIT(U"你的位置"), CERTAIN },     { WORD_INIT(U"当前位置"), CERTAIN },   { WORD_INIT(U"所在位置"), CERTAIN },
    { WORD_INIT(U"现在位置"), CERTAIN },     { WORD_INIT(U"首页>"), CERTAIN },      { WORD_INIT(U"首页 >"), CERTAIN },
    { WORD_INIT(U"上一篇"), CERTAIN },       { WORD_INIT(U"下一篇"), CERTAIN },     { WORD_INIT(U"上一条"), CERTAIN },
    { WORD_INIT(U"下一条"), CERTAIN },       { WORD_INIT(U"扫一扫"), CERTAIN },     { WORD_INIT(U"分享到"), CERTAIN },
    { WORD_INIT(U"分享至"), CERTAIN },       { WORD_INIT(U"版权所有"), CERTAIN },   { WORD_INIT(U"信息来源:"), CERTAIN },
    { WORD_INIT(U"来源:"), CERTAIN },        { WORD_INIT(U"稿源:"), CERTAIN },      { WORD_INIT(U"责任编辑:"), CERTAIN },
    { WORD_INIT(U"责编:"), CERTAIN },        { WORD_INIT(U"发布时间:"), CERTAIN },  { WORD_INIT(U"发布日期:"), CERTAIN },
    { WORD_INIT(U"发布者:"), CERTAIN },      { WORD_INIT(U"浏览次数"), CERTAIN },   { WORD_INIT(U"浏览量"), CERTAIN },
    { WORD_INIT(U"点击数"), CERTAIN },       { WORD_INIT(U"点击率"), CERTAIN },     { WORD_INIT(U"阅读次数"), CERTAIN },
    { WORD_INIT(U"阅读量"), CERTAIN },       { WORD_INIT(U"访问量"), CERTAIN },     { WORD_INIT(U"访问次数"), CERTAIN },
    { WORD_INIT(U"字体:"), CERTAIN },        { WORD_INIT(U"字号:"), CERTAIN },      { WORD_INIT(U"字体大小"), CERTAIN },
    { WORD_INIT(U"保护视力色"), CERTAIN },   { WORD_INIT(U"打印本"), CERTAIN },     { WORD_INIT(U"关闭窗口"), CERTAIN },
    { WORD_INIT(U"下转第"), CERTAIN },       { WORD_INIT(U"上接第"), CERTAIN },     { WORD_INIT(U"(下转"), CERTAIN },
    { WORD_INIT(U"(上接"), CERTAIN },        { WORD_INIT(U"抄送:"), CERTAIN },      { WORD_INIT(U"抄报:"), CERTAIN }, { WORD_INIT(U"主题词:"), CERTAIN },
    { WORD_INIT(U"(此件"), CERTAIN },        { WORD_INIT(U"(信息公开形式"), CERTAIN }, { WORD_INIT(U"Copyright"), CERTAIN },
    { WORD_INIT(U"建议使用"), WEAK },        { WORD_INIT(U"主办单位:"), WEAK },     { WORD_INIT(U"主办:"), WEAK },
    { WORD_INIT(U"承办单位:"), WEAK },       { WORD_INIT(U"承办:"), WEAK },         { WORD_INIT(U"技术支持:"), WEAK },
    { WORD_INIT(U"地址:"), WEAK },           { WORD_INIT(U"联系电话:"), WEAK },     { WORD_INIT(U"邮编:"), WEAK },
    { WORD_INIT(U"作者:"), WEAK },           { WORD_INIT(U"编辑:"), WEAK },         { WORD_INIT(U"相关链接"), WEAK },
    { WORD_INIT(U"相关文档"), WEAK },        { WORD_INIT(U"相关解读"), WEAK },      { WORD_INIT(U"相关附件"), WEAK },
    { WORD_INIT(U"附件下载"), WEAK },
};

/* Anywhere in a line that is not too wide. */
static const Word chrome_inside[] = {
    WORD_INIT(U"ICP备"),   WORD_INIT(U"公网安备"), WORD_INIT(U"网站标识码"), WORD_INIT(U"浏览次数:"), WORD_INIT(U"累计次数:"),
    WORD_INIT(U"点击数:"), WORD_INIT(U"阅读次数:"), WORD_INIT(U"访问次数:"), WORD_INIT(U"保护视力"),   WORD_INIT(U"版权所有:"),
};

/* The page's own table about the document. */
static const struct {
    Word word;
    PageFieldName name;
} field_words[] = {
    { WORD_INIT(U"索引号"), FIELD_OTHER },     { WORD_INIT(U"信息索引号"), FIELD_OTHER }, { WORD_INIT(U"分类"), FIELD_OTHER },
    { WORD_INIT(U"主题分类"), FIELD_OTHER },   { WORD_INIT(U"体裁分类"), FIELD_OTHER },   { WORD_INIT(U"组配分类"), FIELD_OTHER },
    { WORD_INIT(U"信息分类"), FIELD_OTHER },   { WORD_INIT(U"信息类别"), FIELD_OTHER },   { WORD_INIT(U"公开类别"), FIELD_OTHER },
    { WORD_INIT(U"文号"), FIELD_DOC_NO },      { WORD_INIT(U"发文字号"), FIELD_DOC_NO },  { WORD_INIT(U"文件编号"), FIELD_DOC_NO },
    { WORD_INIT(U"文件号"), FIELD_DOC_NO },    { WORD_INIT(U"发布文号"), FIELD_DOC_NO },  { WORD_INIT(U"发布机构"), FIELD_ISSUER },
    { WORD_INIT(U"发文机关"), FIELD_ISSUER },  { WORD_INIT(U"发文机构"), FIELD_ISSUER },  { WORD_INIT(U"发文单位"), FIELD_ISSUER },
    { WORD_INIT(U"发布单位"), FIELD_ISSUER },  { WORD_INIT(U"制发机关"), FIELD_ISSUER },  { WORD_INIT(U"公开主体"), FIELD_OTHER },
    { WORD_INIT(U"成文日期"), FIELD_ISSUED },  { WORD_INIT(U"发文日期"), FIELD_ISSUED },  { WORD_INIT(U"制发日期"), FIELD_ISSUED },
    { WORD_INIT(U"生成日期"), FIELD_ISSUED },  { WORD_INIT(U"印发日期"), FIELD_ISSUED },  { WORD_INIT(U"发布日期"), FIELD_OTHER },
    { WORD_INIT(U"发布时间"), FIELD_OTHER },   { WORD_INIT(U"公开日期"), FIELD_OTHER },   { WORD_INIT(U"有效性"), FIELD_OTHER },
    { WORD_INIT(U"效力状态"), FIELD_OTHER },   { WORD_INIT(U"时效"), FIELD_OTHER },       { WORD_INIT(U"文件状态"), FIELD_OTHER },
    { WORD_INIT(U"名称"), FIELD_TITLE },       { WORD_INIT(U"标题"), FIELD_TITLE },       { WORD_INIT(U"信息名称"), FIELD_TITLE },
    { WORD_INIT(U"文件名称"), FIELD_TITLE },   { WORD_INIT(U"主题词"), FIELD_OTHER },     { WORD_INIT(U"关键词"), FIELD_OTHER },
    { WORD_INIT(U"公开形式"), FIELD_OTHER },   { WORD_INIT(U"公开方式"), FIELD_OTHER },   { WORD_INIT(U"公开时限"), FIELD_OTHER },
    { WORD_INIT(U"公开范围"), FIELD_OTHER },   { WORD_INIT(U"公开程序"), FIELD_OTHER },   { WORD_INIT(U"内容概述"), FIELD_OTHER },
    { WORD_INIT(U"废止日期"), FIELD_OTHER },   { WORD_INIT(U"失效日期"), FIELD_OTHER },   { WORD_INIT(U"生效日期"), FIELD_OTHER },
    { WORD_INIT(U"施行日期"), FIELD_OTHER },   { WORD_INIT(U"有效期"), FIELD_OTHER },     { WORD_INIT(U"文件效力"), FIELD_OTHER },
};

static bool is_divider(char32_t c)
{
    static const char32_t dividers[] = U" []【】|>》<·•/\\-—_.。,、()";
    for (size_t i = 0; dividers[i]; i++)
        if (c == dividers[i])
            return true;
    return false;
}

static bool range_is(const View *text, Range range, Word word)
{
    return range.to - range.from == word.n && view_at(text, range.from, word);
}

static bool is_chrome_word(const View *text, Range range)
{
    for (size_t i = 0; i < G_N_ELEMENTS(chrome_words); i++)
        if (range_is(text, range, chrome_words[i]))
            return true;
    return false;
}

static bool only_chrome_words(const View *text, Range range)
{
    size_t words = 0;
    for (size_t i = range.from; i < range.to;) {
        if (is_divider(text->norm[i])) {
            i++;
            continue;
        }
        size_t to = i;
        while (to < range.to && !is_divider(text->norm[to]))
            to++;
        if (!is_chrome_word(text, (Range) { i, to }))
            return false;
        words++;
        i = to;
    }
    return words > 0;
}

/* "- 12 -", "—3—", "第3页 共10页": dashes on both sides, or 页. */
static bool is_page_number(const View *text, Range range)
{
    size_t digits = 0, dashes = 0, pages = 0;
    for (size_t i = range.from; i < range.to; i++) {
        char32_t c = text->norm[i];
        digits += c >= '0' && c <= '9';
        dashes += c == '-' || c == U'—' || c == U'–' || c == U'―' || c == U'一';
        pages += c == U'页';
        if (!(c >= '0' && c <= '9') && c != ' ' && c != '-' && c != '/' && c != U'—' && c != U'–' && c != U'―' && c != U'一'
            && c != U'第' && c != U'页' && c != U'共')
            return false;
    }
    return digits > 0 && digits <= 8 && (pages > 0 || (dashes >= 2 && digits <= 4));
}

/* "某某办公室   2020年6月10日印发": the imprint. */
static bool is_imprint(const View *text, Range range)
{
    return range.to - range.from > 3 && view_at(text, range.to - 3, W(U"日印发"));
}

static bool is_rule(const View *text, Range range)
{
    for (size_t i = range.from; i < range.to; i++) {
        char32_t c = text->norm[i];
        if (c != '-' && c != '|' && c != ':' && c != '+' && c != '=' && c != '_' && c != '*' && c != ' ' && c != U'—' && !(c >= 0x2500 && c <= 0x257F))
            return false;
    }
    return range.to - range.from >= 3;
}

static bool begins_as(const View *text, Range range, Certainty certainty)
{
    for (size_t i = 0; i < G_N_ELEMENTS(chrome_beginnings); i++)
        if (chrome_beginnings[i].certainty == certainty && view_at(text, range.from, chrome_beginnings[i].word))
            return true;
    return false;
}

static bool has_inside(const View *text, Range range)
{
    for (size_t i = 0; i < G_N_ELEMENTS(chrome_inside); i++)
        if (view_find(text, range, chrome_inside[i]) < range.to)
            return true;
    return false;
}

static bool is_chrome(const View *text, const Line *line)
{
    return line->width <= WIDEST_CHROME
           && (begins_as(text, line->range, CERTAIN) || only_chrome_words(text, line->range) || is_page_number(text, line->range)
               || is_imprint(text, line->range) || is_rule(text, line->range) || has_inside(text, line->range));
}

/* --- Fields of the page ----------------------------------------------------------------------------------------- */

/* The place behind the word at i, which may be spaced out (文  号); 0: it is not there. */
static size_t spaced_end(const View *text, size_t i, size_t to, Word word)
{
    for (size_t k = 0; k < word.n; k++, i++) {
        while (k > 0 && i < to && text->norm[i] == ' ')
            i++;
        if (i >= to || text->norm[i] != word.p[k])
            return 0;
    }
    return i;
}

/* A field's word at i with a colon or a cell's end behind it: sets where its value begins. */
static bool field_at(const View *text, size_t i, size_t to, PageFieldName *ret_name, size_t *ret_value)
{
    for (size_t k = 0; k < G_N_ELEMENTS(field_words); k++) {
        size_t at = spaced_end(text, i, to, field_words[k].word);
        if (at == 0)
            continue;
        while (at < to && text->norm[at] == ' ')
            at++;
        if (at < to && (text->norm[at] == ':' || text->norm[at] == '|')) {
            *ret_name = field_words[k].name;
            *ret_value = at + 1;
            return true;
        }
    }
    return false;
}

/* Fields begin at the line's head or behind a space or a cell's end. */
static bool next_field(const View *text, size_t from, size_t to, size_t *ret_at, PageFieldName *ret_name, size_t *ret_value)
{
    for (size_t i = from; i < to; i++) {
        bool begins = i == from || is_blank(text->norm[i - 1]) || text->norm[i - 1] == '|' || text->norm[i - 1] == '[';
        if (begins && field_at(text, i, to, ret_name, ret_value)) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

static size_t count_fields(const View *text, Range range)
{
    size_t count = 0, at, value;
    PageFieldName name;
    for (size_t from = range.from; next_field(text, from, range.to, &at, &name, &value); from = value)
        count++;
    return count;
}

static bool begins_with_field(const View *text, const Line *line)
{
    PageFieldName name;
    size_t value, from = line->range.from + (text->norm[line->range.from] == '|' ? 1 : 0);
    while (from < line->range.to && text->norm[from] == ' ')
        from++;
    return line->width <= 2 * WIDEST_CHROME && field_at(text, from, line->range.to, &name, &value);
}

/* Only in the head of a text, and only where there are several: one "名称:" may be the document's own. */
static void mark_fields(Lines *lines)
{
    enum { HEAD_LINES = 80, ENOUGH = 2 };
    size_t head = MIN(lines->n, (size_t) HEAD_LINES), count = 0;
    for (size_t i = 0; i < head; i++)
        if (lines->v[i].kind == LINE_TEXT && begins_with_field(&lines->text, &lines->v[i]))
            count += count_fields(&lines->text, lines->v[i].range);
    for (size_t i = 0; i < head && count >= ENOUGH; i++)
        if (lines->v[i].kind == LINE_TEXT && begins_with_field(&lines->text, &lines->v[i]))
            lines->v[i].kind = LINE_FIELDS;
}

/* The name of the page's section above its fields (计划总结, 政策文件): too short for the document's title. */
static void mark_section_name(Lines *lines)
{
    enum { HEAD_LINES = 80, WIDEST_NAME = 14 };
    size_t fields = 0, last = lines->n;
    while (fields < MIN(lines->n, (size_t) HEAD_LINES) && lines->v[fields].kind != LINE_FIELDS) {
        last = lines->v[fields].kind == LINE_BLANK ? last : fields;
        fields++;
    }
    bool found = fields < lines->n && lines->v[fields].kind == LINE_FIELDS && last < fields;
    if (found && lines->v[last].kind == LINE_TEXT && lines->v[last].width <= WIDEST_NAME)
        lines->v[last].kind = LINE_CHROME;
}

const PageField *chrome_fields(const Lines *lines, Arena *arena, size_t *ret_n)
{
    ARENA_LIST(PageField) list = { 0 };
    const View *text = &lines->text;
    for (size_t i = 0; i < lines->n; i++) {
        if (lines->v[i].kind != LINE_FIELDS)
            continue;
        size_t at, value, next_at, next_value, to = lines->v[i].range.to;
        PageFieldName name, next_name;
        bool more = next_field(text, lines->v[i].range.from, to, &at, &name, &value);
        while (more) {
            more = next_field(text, value, to, &next_at, &next_name, &next_value);
            Range range = view_trim(text, (Range) { value, more ? next_at : to }, W(U"|[]"));
            if (name != FIELD_OTHER && range.from < range.to)
                *ARENA_PUSH(arena, &list) = (PageField) { name, view_value(text, range, arena) };
            name = next_name;
            value = next_value;
        }
    }
    *ret_n = list.n;
    return list.v;
}

/* --- Marking ---------------------------------------------------------------------------------------------------- */

static size_t neighbour(const Lines *lines, size_t i, int step)
{
    for (size_t k = i + (size_t) step; k < lines->n; k += (size_t) step)
        if (lines->v[k].kind != LINE_BLANK)
            return k;
    return lines->n;
}

static bool is_kind(const Lines *lines, size_t i, LineKind kind)
{
    return i < lines->n && lines->v[i].kind == kind;
}

static void mark_weak(Lines *lines, size_t i)
{
    Line *line = &lines->v[i];
    if (line->kind == LINE_TEXT && line->width <= WIDEST_CHROME && begins_as(&lines->text, line->range, WEAK)
        && (is_kind(lines, neighbour(lines, i, 1), LINE_CHROME) || is_kind(lines, neighbour(lines, i, -1), LINE_CHROME)))
        line->kind = LINE_CHROME;
}

/* A row has three cells or more, or another row beside it. */
static void mark_rows(Lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].kind == LINE_TEXT && lines->v[i].bars >= 2)
            lines->v[i].kind = LINE_ROW;
    for (size_t i = 0; i < lines->n; i++)
        if (lines->v[i].kind == LINE_TEXT && lines->v[i].bars == 1) {
            size_t next = neighbour(lines, i, 1);
            bool beside = is_kind(lines, neighbour(lines, i, -1), LINE_ROW)
                          || (is_kind(lines, next, LINE_TEXT) && lines->v[next].bars == 1);
            lines->v[i].kind = beside ? LINE_ROW : LINE_TEXT;
        }
}

/* "下转第3版>>>" at the end of a line, where the page was full. */
static void take_jump(Lines *lines, Line *line, Diags *diags)
{
    enum { LONGEST = 14 };
    const View *text = &lines->text;
    size_t from = line->range.to - MIN((size_t) LONGEST, line->range.to - line->range.from);
    size_t at = view_find(text, (Range) { from, line->range.to }, W(U"下转第"));
    if (at == line->range.to)
        return;
    diag_add(diags, "page-jump", STR_NONE, at, line->range.to, "the text jumps to another page here; what follows may belong elsewhere");
    line->range = view_trim(text, (Range) { line->range.from, at }, W(U"("));
}

void chrome_mark(Lines *lines, Diags *diags)
{
    mark_fields(lines);
    mark_section_name(lines);
    for (size_t i = 0; i < lines->n; i++) {
        Line *line = &lines->v[i];
        if (line->kind == LINE_TEXT)
            take_jump(lines, line, diags);
        if (line->kind == LINE_TEXT && is_chrome(&lines->text, line))
            line->kind = LINE_CHROME;
    }
    for (size_t i = 0; i < lines->n; i++)
        mark_weak(lines, i);
    for (size_t i = lines->n; i-- > 0;)
        mark_weak(lines, i);
    mark_rows(lines);
}
