/* The time that targets stand in: the year that a document speaks of, where its title names none, and the day that a single item sets. */
#include "doc/quantity.h"
#include "doc/structure.h"

#include "base/banned.h"

enum { YEAR_MIN = 1990, YEAR_MAX = 2099, VISION = 6 /* years: what a goal sets further ahead is a vision, not the plan's end */ };

/* A year at i, written 2026年. */
static int year_at(const View *view, size_t i, size_t to)
{
    int year = 0;
    size_t n = digit_number(view, i, to, &year), behind = skip_blanks(view, i + n, to);
    return n == 4 && behind < to && view->norm[behind] == U'年' && year >= YEAR_MIN && year <= YEAR_MAX ? year : 0;
}

/* 到2027年, 到 2027 年. */
static bool is_ahead(const View *view, size_t i, size_t from)
{
    i = before_blank(view, i, from);
    return i > from && view->norm[i - 1] == U'到';
}

static bool figure_begins(const View *view, size_t i, size_t from)
{
    return view->norm[i] >= '0' && view->norm[i] <= '9' && (i == from || view->norm[i - 1] < '0' || view->norm[i - 1] > '9');
}

/* 0: none. */
static int first_year_ahead(const View *view, Range text)
{
    for (size_t i = text.from; i < text.to; i++) {
        int year = figure_begins(view, i, text.from) && is_ahead(view, i, text.from) ? year_at(view, i, text.to) : 0;
        if (year)
            return year;
    }
    return 0;
}

/* The last year that the text names up to a limit; `ahead`: only as 到2027年. */
static int last_year(const View *view, Range text, int limit, bool ahead)
{
    int last = 0;
    for (size_t i = text.from; i < text.to; i++) {
        if (!figure_begins(view, i, text.from) || (ahead && !is_ahead(view, i, text.from)))
            continue;
        int year = year_at(view, i, text.to);
        last = year <= limit ? MAX(last, year) : last;
    }
    return last;
}

static int issue_year(const DocFacts *facts)
{
    int year = 0, month, day;
    if (facts->issued != DATE_NONE)
        date_to_ymd(facts->issued, &year, &month, &day);
    return year;
}

/* A document without a date is taken to be of the time that its first goal is for: a later one may be the vision. */
static int goal_year(const Structure *structure, const NodeFacts *facts, int issued)
{
    const View *view = &structure->blocks->view;
    int last = 0, from = issued;
    for (size_t i = 0; i < structure->outline.n; i++) {
        Range own = structure->outline.v[i].own;
        if (facts[i].heading != HEADING_NARRATIVE)
            continue;
        from = from ? from : first_year_ahead(view, own);
        last = MAX(last, last_year(view, own, from + VISION, true));
    }
    return last;
}

TargetContext context_of(const Structure *structure, const NodeFacts *facts)
{
    const DocFacts *head = structure->facts;
    int issued = issue_year(head), year = head->plan_year;
    bool reports = head->kind == DOC_RECTIFICATION;
    if (!year && !reports)
        year = goal_year(structure, facts, issued);
    if (!year)
        year = issued;
    size_t first = structure->outline.n ? structure->outline.v[0].label.range.from : structure->text.to;
    if (!year && reports)
        year = last_year(&structure->blocks->view, (Range) { structure->text.from, MAX(first, structure->text.from) }, YEAR_MAX, false);
    return (TargetContext) { year, reports };
}

/* --- The day that an item sets ---------------------------------------------------------------------------------- */

static const Word due_words[] = {
    WORD_INIT(U"完成时限"), WORD_INIT(U"完成时间"), WORD_INIT(U"整改时限"), WORD_INIT(U"时间节点"), WORD_INIT(U"时间要求"),
    WORD_INIT(U"时限要求"), WORD_INIT(U"完成期限"), WORD_INIT(U"整改期限"), WORD_INIT(U"时限"), WORD_INIT(U"实施期限"),
    WORD_INIT(U"整改完成时限"), WORD_INIT(U"推进时限"), WORD_INIT(U"完成日期"),
};

static Date first_date(const View *view, Range text, int year)
{
    for (size_t i = text.from; i < text.to; i++) {
        DatePhrase date;
        if (date_begins(view->norm[i]) && date_read(view, i, text.to, year, &date) && !date.base)
            return date.due;
    }
    return DATE_NONE;
}

Date due_of_cell(const View *view, Range cell, const TargetContext *context)
{
    return first_date(view, cell, context->plan_year);
}

Date due_of_text(const View *view, Range text, const TargetContext *context)
{
    enum { FIELD_MAX = 24 };
    for (size_t i = text.from; i < text.to; i++) {
        if ((view->norm[i] != ':' && view->norm[i] != ' ') || !words_before(view, i, text.from, WORDS(due_words), NULL))
            continue;
        Range field = { i + 1, MIN(text.to, i + 1 + FIELD_MAX) };
        field.to = find_outside(view, field, W(U"。;)\n"));
        return first_date(view, field, context->plan_year);
    }
    return DATE_NONE;
}

/* What is said to have happened by a day. */
static const Word done_words[] = {
    WORD_INIT(U"完成"), WORD_INIT(U"办结"), WORD_INIT(U"整改到位"), WORD_INIT(U"落实到位"), WORD_INIT(U"整改完毕"), WORD_INIT(U"全部完成"),
    WORD_INIT(U"全面完成"), WORD_INIT(U"建成"), WORD_INIT(U"投入使用"), WORD_INIT(U"印发"), WORD_INIT(U"出台"), WORD_INIT(U"上报"), WORD_INIT(U"报送"),
};

Date done_by(const View *view, Range text, const TargetContext *context)
{
    Date last = DATE_NONE;
    for (size_t i = text.from; i < text.to; i++) {
        DatePhrase date;
        if (!date_begins(view->norm[i]) || !date_read(view, i, text.to, context->plan_year, &date))
            continue;
        size_t behind = skip_blanks(view, date.range.to, text.to);
        if (!date.base && date.due != DATE_NONE && words_at(view, behind, text.to, WORDS(done_words), NULL))
            last = last == DATE_NONE ? date.due : MAX(last, date.due);
        i = date.range.to - 1;
    }
    return last;
}
