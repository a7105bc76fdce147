#include "doc/facts.h"

#include "base/banned.h"

/* What a title's last word says. ANYWHERE rows count wherever they stand in the title, the first row that fits wins. */
typedef enum { AT_END, ANYWHERE } Place;
static const struct {
    Word word;
    Place place;
    DocKind kind;
} kind_words[] = {
    { WORD_INIT(U"政报"), AT_END, DOC_GAZETTE },
    { WORD_INIT(U"统计公报"), AT_END, DOC_OTHER },
    { WORD_INIT(U"状况公报"), AT_END, DOC_OTHER },
    { WORD_INIT(U"公报"), AT_END, DOC_GAZETTE },
    { WORD_INIT(U"整改方案"), ANYWHERE, DOC_PLAN },
    { WORD_INIT(U"整改工作方案"), ANYWHERE, DOC_PLAN },
    { WORD_INIT(U"整改实施方案"), ANYWHERE, DOC_PLAN },
    { WORD_INIT(U"整改"), ANYWHERE, DOC_RECTIFICATION },
    { WORD_INIT(U"任职"), ANYWHERE, DOC_APPOINTMENT },
    { WORD_INIT(U"免职"), ANYWHERE, DOC_APPOINTMENT },
    { WORD_INIT(U"任免"), ANYWHERE, DOC_APPOINTMENT },
    { WORD_INIT(U"职务的通知"), AT_END, DOC_APPOINTMENT },
    { WORD_INIT(U"任命"), ANYWHERE, DOC_APPOINTMENT },
    { WORD_INIT(U"工作要点"), ANYWHERE, DOC_PLAN },
    { WORD_INIT(U"决定"), AT_END, DOC_DECISION },
    { WORD_INIT(U"决议"), AT_END, DOC_DECISION },
    { WORD_INIT(U"要点"), AT_END, DOC_PLAN },
    { WORD_INIT(U"方案"), AT_END, DOC_PLAN },
    { WORD_INIT(U"计划"), AT_END, DOC_PLAN },
    { WORD_INIT(U"规划"), AT_END, DOC_PLAN },
    { WORD_INIT(U"行动"), AT_END, DOC_PLAN },
    { WORD_INIT(U"意见"), AT_END, DOC_PLAN },
    { WORD_INIT(U"措施"), AT_END, DOC_PLAN },
    { WORD_INIT(U"举措"), AT_END, DOC_PLAN },
    { WORD_INIT(U"任务"), AT_END, DOC_PLAN },
    { WORD_INIT(U"表"), AT_END, DOC_PLAN },
    { WORD_INIT(U"分工"), AT_END, DOC_PLAN },
    { WORD_INIT(U"清单"), AT_END, DOC_PLAN },
    { WORD_INIT(U"分解"), AT_END, DOC_PLAN },
    { WORD_INIT(U"攻坚战"), AT_END, DOC_PLAN },
    { WORD_INIT(U"路线图"), AT_END, DOC_PLAN },
    { WORD_INIT(U"安排"), AT_END, DOC_PLAN },
    { WORD_INIT(U"项目"), AT_END, DOC_PLAN },
    { WORD_INIT(U"实事"), AT_END, DOC_PLAN },
    { WORD_INIT(U"的通知"), AT_END, DOC_OTHER },
    { WORD_INIT(U"通知"), AT_END, DOC_OTHER },
    { WORD_INIT(U"通报"), AT_END, DOC_OTHER },
    { WORD_INIT(U"通告"), AT_END, DOC_OTHER },
    { WORD_INIT(U"公告"), AT_END, DOC_OTHER },
    { WORD_INIT(U"公示"), AT_END, DOC_OTHER },
    { WORD_INIT(U"报告"), AT_END, DOC_OTHER },
    { WORD_INIT(U"总结"), AT_END, DOC_OTHER },
    { WORD_INIT(U"请示"), AT_END, DOC_OTHER },
    { WORD_INIT(U"批复"), AT_END, DOC_OTHER },
    { WORD_INIT(U"函"), AT_END, DOC_OTHER },
    { WORD_INIT(U"纪要"), AT_END, DOC_OTHER },
    { WORD_INIT(U"办法"), AT_END, DOC_OTHER },
    { WORD_INIT(U"规定"), AT_END, DOC_OTHER },
    { WORD_INIT(U"细则"), AT_END, DOC_OTHER },
    { WORD_INIT(U"制度"), AT_END, DOC_OTHER },
    { WORD_INIT(U"规范"), AT_END, DOC_OTHER },
    { WORD_INIT(U"条例"), AT_END, DOC_OTHER },
    { WORD_INIT(U"预案"), AT_END, DOC_OTHER },
    { WORD_INIT(U"名单"), AT_END, DOC_OTHER },
    { WORD_INIT(U"命令"), AT_END, DOC_OTHER },
    { WORD_INIT(U"令"), AT_END, DOC_OTHER },
    { WORD_INIT(U"目录"), AT_END, DOC_OTHER },
    { WORD_INIT(U"台账"), AT_END, DOC_OTHER },
};

/* Periods of the five-year plans, by their last year. */
static const struct {
    Word word;
    int last_year;
} five_year_plans[] = {
    { WORD_INIT(U"十二五"), 2015 }, { WORD_INIT(U"十三五"), 2020 }, { WORD_INIT(U"十四五"), 2025 },
    { WORD_INIT(U"十五五"), 2030 }, { WORD_INIT(U"十六五"), 2035 },
};

/* Without what stands in brackets at the end: （2024—2026年） （试行）, and without quotation marks. */
static Range without_tail(const View *view, Range title)
{
    for (;;) {
        title = view_trim(view, title, W(U"》”\""));
        if (title.from >= title.to || view->norm[title.to - 1] != ')')
            return title;
        size_t i = title.to - 1;
        while (i > title.from && view->norm[i] != '(')
            i--;
        if (i == title.from)
            return title;
        title.to = i;
    }
}

static bool ends_with(const View *view, Range range, Word word)
{
    return range.to - range.from >= word.n && view_at(view, range.to - word.n, word);
}

DocKind title_kind(const View *view, Range title, bool *ret_genre)
{
    Range core = without_tail(view, title);
    for (size_t i = 0; i < G_N_ELEMENTS(kind_words); i++) {
        Word word = kind_words[i].word;
        if (kind_words[i].place == AT_END ? ends_with(view, core, word) : view_find(view, core, word) < core.to) {
            if (ret_genre)
                *ret_genre = true;
            return kind_words[i].kind;
        }
    }
    if (ret_genre)
        *ret_genre = false;
    return DOC_OTHER;
}

/* 关于印发X行动: the letter's title goes on up to 的通知. */
static bool is_open_letter(const View *view, Range core)
{
    static const Word verbs[] = { WORD_INIT(U"关于印发"), WORD_INIT(U"关于转发"), WORD_INIT(U"关于批转") };
    bool letter = false;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        letter = letter || view_find(view, core, verbs[i]) < core.to;
    return letter && !ends_with(view, core, W(U"通知")) && !ends_with(view, core, W(U"函")) && !ends_with(view, core, W(U"告"));
}

bool title_complete(const View *view, Range title)
{
    Range core = without_tail(view, title);
    if (is_open_letter(view, core))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kind_words); i++)
        if (kind_words[i].place == AT_END && ends_with(view, core, kind_words[i].word))
            return true;
    return false;
}

/* "2026年", "2026 年", "2026年度", and the second of "2024—2026年" and "2024年至2026年". */
static int year_at(const View *view, size_t i, size_t to)
{
    int year = 0;
    for (size_t k = i; k < i + 4; k++) {
        static const char32_t numerals[] = U"〇一二三四五六七八九";
        char32_t c = view->norm[k];
        int digit = c >= '0' && c <= '9' ? (int) (c - '0') : -1;
        for (int d = 0; d < 10 && digit < 0; d++)
            digit = c == numerals[d] ? d : -1;
        if (digit < 0)
            return 0;
        year = year * 10 + digit;
    }
    size_t behind = i + 4;
    while (behind < to && is_blank(view->norm[behind]))
        behind++;
    bool marked = behind < to && (view->norm[behind] == U'年' || view->norm[behind] == ')');
    return marked && year >= 1990 && year <= 2099 ? year : 0;
}

int title_year(const View *view, Range title)
{
    int last = 0;
    for (size_t i = title.from; i + 4 <= title.to; i++)
        last = MAX(last, year_at(view, i, title.to));
    for (size_t i = 0; last == 0 && i < G_N_ELEMENTS(five_year_plans); i++)
        if (view_find(view, title, five_year_plans[i].word) < title.to)
            last = five_year_plans[i].last_year;
    return last;
}

/* 《A》 of 《A》《B》 or of 《A》等: the place behind it; what is not quoted is taken whole. */
static size_t first_quoted_end(const View *view, Range range)
{
    size_t depth = 0;
    for (size_t i = range.from; i < range.to; i++) {
        if (view->norm[i] == U'《')
            depth++;
        else if (view->norm[i] == U'》' && depth > 0 && --depth == 0)
            return i + 1;
        if (depth == 0)
            break;
    }
    return range.to;
}

Range title_forwarded(const View *view, Range title)
{
    static const Word verbs[] = { WORD_INIT(U"印发"), WORD_INIT(U"转发"), WORD_INIT(U"批转"), WORD_INIT(U"下达"), WORD_INIT(U"发布"), WORD_INIT(U"公布") };
    static const Word ends[] = { WORD_INIT(U"的通知"), WORD_INIT(U"的函"), WORD_INIT(U"的公告"), WORD_INIT(U"的通告") };
    Range inner = { title.to, title.to };
    size_t begins = title.to;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        size_t at = view_find(view, title, verbs[i]);
        if (at < begins) {
            begins = at;
            inner.from = at + verbs[i].n;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (inner.from < title.to && ends_with(view, title, ends[i])) {
            inner.to = title.to - ends[i].n;
            return view_trim(view, (Range) { inner.from, first_quoted_end(view, inner) }, W(U"《》<>“”\""));
        }
    return (Range) { title.to, title.to };
}
