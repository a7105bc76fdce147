/* dates.c: phrases that name a day, month, quarter or year, and so the date by which something must hold: the last day of what is named.
 *
 * A phrase without a year belongs to the plan's. A date that something is compared with (较2020年, 2020年以来) or counted up to (截至6月底) is `base`. */
#include "doc/quantity.h"

#include "base/banned.h"

/* A phrase without figures: months are counted from the plan's year. */
typedef struct {
    Word word;
    int years;  /* after the plan's */
    int month;  /* at the end of which it falls */
} NamedDate;

static const NamedDate named_dates[] = {
    { WORD_INIT(U"年底前"), 0, 12 }, { WORD_INIT(U"年底"), 0, 12 }, { WORD_INIT(U"年末"), 0, 12 }, { WORD_INIT(U"年内"), 0, 12 },
    { WORD_INIT(U"今年底前"), 0, 12 }, { WORD_INIT(U"今年"), 0, 12 }, { WORD_INIT(U"今年内"), 0, 12 }, { WORD_INIT(U"今年年底"), 0, 12 },
    { WORD_INIT(U"今年年底前"), 0, 12 }, { WORD_INIT(U"本年"), 0, 12 }, { WORD_INIT(U"本年度"), 0, 12 }, { WORD_INIT(U"当年"), 0, 12 },
    { WORD_INIT(U"明年"), 1, 12 }, { WORD_INIT(U"明年底"), 1, 12 }, { WORD_INIT(U"明年底前"), 1, 12 }, { WORD_INIT(U"明年年底"), 1, 12 },
    { WORD_INIT(U"明年年底前"), 1, 12 }, { WORD_INIT(U"上半年"), 0, 6 }, { WORD_INIT(U"今年上半年"), 0, 6 }, { WORD_INIT(U"下半年"), 0, 12 },
    { WORD_INIT(U"今年下半年"), 0, 12 }, { WORD_INIT(U"年中"), 0, 6 }, { WORD_INIT(U"一季度"), 0, 3 }, { WORD_INIT(U"二季度"), 0, 6 },
    { WORD_INIT(U"三季度"), 0, 9 }, { WORD_INIT(U"四季度"), 0, 12 }, { WORD_INIT(U"第一季度"), 0, 3 }, { WORD_INIT(U"第二季度"), 0, 6 },
    { WORD_INIT(U"第三季度"), 0, 9 }, { WORD_INIT(U"第四季度"), 0, 12 }, { WORD_INIT(U"1季度"), 0, 3 }, { WORD_INIT(U"2季度"), 0, 6 },
    { WORD_INIT(U"3季度"), 0, 9 }, { WORD_INIT(U"4季度"), 0, 12 },
};

/* What may end a phrase and changes nothing of its last day. */
static const Word tails[] = {
    WORD_INIT(U"底前"), WORD_INIT(U"末前"), WORD_INIT(U"底之前"), WORD_INIT(U"底"), WORD_INIT(U"末"), WORD_INIT(U"之前"), WORD_INIT(U"以前"),
    WORD_INIT(U"前"), WORD_INIT(U"内"), WORD_INIT(U"期间"), WORD_INIT(U"年底前"), WORD_INIT(U"年底"), WORD_INIT(U"全年"), WORD_INIT(U"期末"),
};

static const Word base_before[] = {
    WORD_INIT(U"较"), WORD_INIT(U"比"), WORD_INIT(U"与"), WORD_INIT(U"截至"), WORD_INIT(U"截止"), WORD_INIT(U"截止到"), WORD_INIT(U"截至到"),
    WORD_INIT(U"自"), WORD_INIT(U"从"), WORD_INIT(U"由"), WORD_INIT(U"相比于"),
};
static const Word base_behind[] = {
    WORD_INIT(U"以来"), WORD_INIT(U"基础上"), WORD_INIT(U"的基础"), WORD_INIT(U"同期"), WORD_INIT(U"起"), WORD_INIT(U"相比"), WORD_INIT(U"水平的基础"),
    WORD_INIT(U"开始"), WORD_INIT(U"度基础上"),
};

static const Word *longest(const View *view, size_t at, size_t end, const Word *words, size_t n)
{
    const Word *best = NULL;
    for (size_t i = 0; i < n; i++)
        if ((!best || words[i].n > best->n) && at < end && word_stands(view, at, end, words[i]))
            best = &words[i];
    return best;
}

static bool ends_in(const View *view, size_t at, const Word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].n <= at && view_at(view, at - words[i].n, words[i]))
            return true;
    return false;
}

bool date_begins(char32_t c)
{
    return is_digit(c) || numeral_begins(c) || word_holds(W(U"年今本明当上下第“\""), c);
}

static Date month_end(int year, int month)
{
    return year >= 1900 && year < 2200 ? date_month_end(year, month) : DATE_NONE;
}

/* A whole number of at most four digits at `*at`, from low to high; moves behind it. */
static bool number_read(const View *view, size_t *at, size_t end, int low, int high, int *ret_number)
{
    Numeral numeral;
    if (!numeral_read(view, *at, end, &numeral) || !numeral.exact || numeral.value.scale > 0)
        return false;
    if (numeral.value.value < low || numeral.value.value > high)
        return false;
    *ret_number = (int) numeral.value.value;
    *at = numeral.range.to;
    return true;
}

static bool is_dash(char32_t c)
{
    return word_holds(W(U"-~—–〜―至、"), c);
}

/* The place behind `c`, which may stand a blank behind i (2026 年); 0: it does not. */
static size_t behind_sign(const View *view, size_t i, size_t end, char32_t c)
{
    i = skip_blank(view, i, end);
    return i < end && view->norm[i] == c ? i + 1 : 0;
}

/* 2025年, 2021-2025年. */
static bool year_read(const View *view, size_t *at, size_t end, int *ret_year)
{
    size_t i = *at;
    int year;
    if (!number_read(view, &i, end, 1900, 2199, &year))
        return false;
    size_t j = i;
    while (j < end && is_dash(view->norm[j]) && j - i < 2)
        j++;
    int last;
    if (j > i && number_read(view, &j, end, 1900, 2199, &last) && behind_sign(view, j, end, U'年'))
        year = last, i = j;
    size_t behind = behind_sign(view, i, end, U'年');
    if (!behind)
        return false;
    *at = behind;
    *ret_year = year;
    return true;
}

/* 6月, 1-7月份, 6月30日; *ret_due is its last day. */
static bool month_read(const View *view, size_t *at, size_t end, int year, Date *ret_due)
{
    size_t i = *at;
    int month, day;
    if (!number_read(view, &i, end, 1, 12, &month))
        return false;
    if (i + 1 < end && is_dash(view->norm[i]) && view->norm[i] != U'、') {
        size_t j = i + 1;
        if (number_read(view, &j, end, 1, 12, &month))
            i = j;
    }
    i = behind_sign(view, i, end, U'月');
    if (!i || (i < end && (view->norm[i] == U'龄' || view->norm[i] == U'均')))
        return false;
    *ret_due = month_end(year, month);
    if (i < end && view->norm[i] == U'份')
        i++;
    size_t j = skip_blank(view, i, end), behind = 0;
    if (number_read(view, &j, end, 1, 31, &day))
        behind = MAX(behind_sign(view, j, end, U'日'), behind_sign(view, j, end, U'号'));
    if (behind) {
        Date date;
        if (date_from_ymd(year, month, day, &date))
            *ret_due = date;
        i = behind;
    } else if (i < end && (view->norm[i] == U'上' || view->norm[i] == U'中' || view->norm[i] == U'下') && i + 1 < end && view->norm[i + 1] == U'旬') {
        i += 2;
    }
    *at = i;
    return true;
}

static const NamedDate *named_read(const View *view, size_t at, size_t end)
{
    const NamedDate *best = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(named_dates); i++)
        if ((!best || named_dates[i].word.n > best->word.n) && at < end && word_stands(view, at, end, named_dates[i].word))
            best = &named_dates[i];
    return best;
}

/* “十四五”末, 十四五期间: the five-year plans end in 1955 + 5n. Only with a word of time behind it: a 十四五规划 is a document. */
static bool plan_period_read(const View *view, size_t *at, size_t end, Date *ret_due)
{
    static const Word times[] = {
        WORD_INIT(U"末"), WORD_INIT(U"期末"), WORD_INIT(U"期间"), WORD_INIT(U"时期"), WORD_INIT(U"时期末"), WORD_INIT(U"规划期末"), WORD_INIT(U"规划末"),
        WORD_INIT(U"末期"),
    };
    size_t i = *at;
    bool quoted = view->norm[i] == U'“' || view->norm[i] == '"';
    i += quoted;
    Numeral numeral;
    if (i + 2 >= end || view->norm[i] != U'十' || view->norm[i + 2] != U'五' || !numeral_read(view, i, i + 2, &numeral) || numeral.range.to != i + 2)
        return false;
    i += 3;
    if (quoted && i < end && (view->norm[i] == U'”' || view->norm[i] == '"'))
        i++;
    const Word *time = longest(view, i, end, times, G_N_ELEMENTS(times));
    if (!time)
        return false;
    *at = i + time->n;
    *ret_due = month_end(1955 + 5 * (int) numeral.value.value, 12);
    return true;
}

/* What follows a year: 6月底, 上半年, 三季度末, or only 底, 度 and the like. */
static size_t rest_of_year_read(const View *view, size_t at, size_t end, int year, Date *ret_due)
{
    *ret_due = month_end(year, 12);
    size_t i = skip_blank(view, at, end);
    const NamedDate *named = named_read(view, i, end);
    if (month_read(view, &i, end, year, ret_due))
        return i;
    if (named && named->years == 0 && named->word.p[0] != U'今' && named->word.p[0] != U'本' && named->word.p[0] != U'当') {
        *ret_due = month_end(year, named->month);
        return i + named->word.n;
    }
    return at < end && view->norm[at] == U'度' ? at + 1 : at;
}

static bool phrase_read(const View *view, size_t *at, size_t end, int plan_year, Date *ret_due)
{
    size_t i = *at;
    int year;
    const NamedDate *named = named_read(view, i, end);
    if (year_read(view, &i, end, &year)) {
        i = rest_of_year_read(view, i, end, year, ret_due);
    } else if (named) {
        *ret_due = plan_year > 0 ? month_end(plan_year + named->years, named->month) : DATE_NONE;
        i += named->word.n;
    } else if (month_read(view, &i, end, plan_year, ret_due)) {
        *ret_due = plan_year > 0 ? *ret_due : DATE_NONE;
    } else if (!plan_period_read(view, &i, end, ret_due)) {
        return false;
    }
    *at = i;
    return true;
}

bool date_read(const View *view, size_t at, size_t end, int plan_year, DatePhrase *ret_date)
{
    size_t i = at;
    DatePhrase date = { .due = DATE_NONE };
    if (!phrase_read(view, &i, end, plan_year, &date.due))
        return false;
    const Word *tail = longest(view, i, end, tails, G_N_ELEMENTS(tails));
    if (tail)
        i += tail->n;
    date.range = (Range) { at, i };
    date.base = ends_in(view, at, base_before, G_N_ELEMENTS(base_before)) || longest(view, i, end, base_behind, G_N_ELEMENTS(base_behind));
    *ret_date = date;
    return true;
}
