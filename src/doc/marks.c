#include "doc/facts.h"

#include "base/banned.h"

enum { LONGEST_TITLE_LINE = 60, LONGEST_ORGAN = 40, LONGEST_ADDRESSEES = 300 };

static bool is_in(char32_t c, Word set)
{
    for (size_t i = 0; i < set.n; i++)
        if (set.p[i] == c)
            return true;
    return false;
}

static bool is_digit(char32_t c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_blank(const View *view, size_t i, size_t to)
{
    while (i < to && is_blank(view->norm[i]))
        i++;
    return i;
}

/* --- Document numbers --------------------------------------------------------------------------------------------- */

static const Word number_openers = WORD_INIT(U"〔[(【﹝");
static const Word number_closers = WORD_INIT(U"〕])】﹞");

/* "3号" or "第3号" at i; the place behind it, or 0. */
static size_t serial_end(const View *view, size_t i, size_t to)
{
    enum { DIGITS = 5 };
    i = skip_blank(view, i, to);
    if (i < to && view->norm[i] == U'第')
        i = skip_blank(view, i + 1, to);
    size_t from = i;
    while (i < to && is_digit(view->norm[i]))
        i++;
    size_t end = skip_blank(view, i, to);
    return i > from && i - from <= DIGITS && end < to && view->norm[end] == U'号' ? end + 1 : 0;
}

/* "〔2020〕" at i; the place behind it, or 0. */
static size_t year_end(const View *view, size_t i, size_t to)
{
    if (i >= to || !is_in(view->norm[i], number_openers))
        return 0;
    i = skip_blank(view, i + 1, to);
    size_t from = i;
    while (i < to && is_digit(view->norm[i]))
        i++;
    size_t digits = i - from;
    if (i < to && view->norm[i] == U'年')
        i++;
    i = skip_blank(view, i, to);
    return digits == 4 && i < to && is_in(view->norm[i], number_closers) ? i + 1 : 0;
}

/* The organ's own word before the year: 锡卫发, 示卫办函. */
static size_t organ_word_end(const View *view, size_t i, size_t to)
{
    enum { LONGEST = 16 };
    size_t from = i;
    while (i < to && i - from < LONGEST && (is_han(view->norm[i]) || is_blank(view->norm[i])))
        i++;
    return i;
}

bool mark_doc_no(const View *view, Range range, Range *ret_number)
{
    enum { LONGEST = 60 };
    Range inside = view_trim(view, range, W(U"()"));
    if (inside.to - inside.from > LONGEST)
        return false;
    size_t word = organ_word_end(view, inside.from, inside.to), year = year_end(view, word, inside.to);
    size_t end = year > 0 && word > inside.from ? serial_end(view, year, inside.to) : 0;
    if (end == 0 && view->norm[inside.from] == U'第')
        end = serial_end(view, inside.from, inside.to);
    if (end == 0)
        return false;
    size_t behind = skip_blank(view, end, inside.to);
    if (behind < inside.to && !view_at(view, behind, W(U"签发人")) && !mark_organ(view, (Range) { behind, inside.to }))
        return false;
    *ret_number = (Range) { inside.from, end };
    return true;
}

/* --- Dates -------------------------------------------------------------------------------------------------------- */

static int numeral_of(char32_t c)
{
    static const char32_t digits[] = U"〇一二三四五六七八九";
    for (int i = 0; i < 10; i++)
        if (c == digits[i])
            return i;
    return c == U'○' || c == U'零' || c == U'Ｏ' || c == U'O' || c == U'◯' ? 0 : -1;
}

/* A number of at most `most` characters: digits, 二〇二六, 十二, 二十八. Blanks between are passed over. Nothing there gives false. */
static bool read_number(const View *view, size_t *i, size_t to, size_t most, int *ret_number)
{
    int value = 0;
    size_t count = 0;
    for (; *i < to && count <= most; (*i)++) {
        char32_t c = view->norm[*i];
        if (c == U'十') {
            bool ends = *i + 1 >= to || numeral_of(view->norm[*i + 1]) < 0;
            value = (count == 0 ? 1 : value) * (ends ? 10 : 1);
        } else if (is_digit(c) || numeral_of(c) >= 0) {
            value = value * 10 + (is_digit(c) ? (int) (c - '0') : numeral_of(c));
        } else if (!is_blank(c)) {
            break;
        }
        count += !is_blank(c);
    }
    *ret_number = value;
    return count > 0 && count <= most;
}

/* "6月": a number with its mark behind it. Where the number is lost, or too long, `lost` is set; without the mark it is no date. */
static bool read_part(const View *view, size_t *i, size_t to, Word marks, size_t most, int *ret_number, bool *lost)
{
    *i = skip_blank(view, *i, to);
    *lost |= !read_number(view, i, to, most, ret_number);
    if (*i >= to || !is_in(view->norm[*i], marks))
        return false;
    (*i)++;
    return true;
}

static bool date_in_words(const View *view, Range range, Date *ret_date)
{
    int year = 0, month = 0, day = 0;
    bool lost = false;
    size_t i = range.from;
    if (!read_part(view, &i, range.to, W(U"年"), 4, &year, &lost) || !read_part(view, &i, range.to, W(U"月"), 3, &month, &lost)
        || !read_part(view, &i, range.to, W(U"日"), 3, &day, &lost) || skip_blank(view, i, range.to) != range.to)
        return false;
    if (lost || !date_from_ymd(year, month, day, ret_date))
        *ret_date = DATE_NONE;
    return true;
}

static bool date_in_figures(const View *view, Range range, Date *ret_date)
{
    int year, month, day;
    bool lost = false;
    size_t i = range.from;
    return read_part(view, &i, range.to, W(U"-./"), 4, &year, &lost) && read_part(view, &i, range.to, W(U"-./"), 2, &month, &lost)
           && read_number(view, &i, range.to, 2, &day) && i == range.to && !lost && date_from_ymd(year, month, day, ret_date);
}

bool mark_date(const View *view, Range range, Date *ret_date)
{
    enum { LONGEST = 24 };
    Range inside = view_trim(view, range, W(U"()"));
    size_t n = inside.to - inside.from;
    return n >= 4 && n <= LONGEST && (date_in_words(view, inside, ret_date) || date_in_figures(view, inside, ret_date));
}

bool mark_signed_date(const View *view, Range range, Range *ret_name, Range *ret_date)
{
    enum { LONGEST = 80 };
    if (range.to <= range.from || range.to - range.from > LONGEST || view->norm[range.to - 1] != U'日')
        return false;
    for (size_t i = range.from + 1; i < range.to; i++) {
        char32_t c = view->norm[i];
        Date date;
        bool begins = (is_digit(c) || numeral_of(c) >= 0) && !is_digit(view->norm[i - 1]) && numeral_of(view->norm[i - 1]) < 0;
        if (begins && mark_date(view, (Range) { i, range.to }, &date)) {
            *ret_name = view_trim(view, (Range) { range.from, i }, W(U""));
            *ret_date = (Range) { i, range.to };
            return mark_organ(view, *ret_name);
        }
    }
    return false;
}

/* --- Lines of head and foot --------------------------------------------------------------------------------------- */

static const Word organ_ends[] = {
    WORD_INIT(U"委员会"), WORD_INIT(U"委"),     WORD_INIT(U"局"),   WORD_INIT(U"厅"),   WORD_INIT(U"人民政府"), WORD_INIT(U"办公室"),
    WORD_INIT(U"办公厅"), WORD_INIT(U"部"),     WORD_INIT(U"院"),   WORD_INIT(U"中心"), WORD_INIT(U"领导小组"), WORD_INIT(U"指挥部"),
    WORD_INIT(U"党组"),   WORD_INIT(U"党委"),   WORD_INIT(U"市委"), WORD_INIT(U"区委"), WORD_INIT(U"县委"),     WORD_INIT(U"所"),
    WORD_INIT(U"处"),     WORD_INIT(U"协会"),   WORD_INIT(U"学会"), WORD_INIT(U"总会"), WORD_INIT(U"联合会"),   WORD_INIT(U"专班"),
    WORD_INIT(U"大队"),   WORD_INIT(U"支队"),   WORD_INIT(U"总队"), WORD_INIT(U"站"),   WORD_INIT(U"公司"),     WORD_INIT(U"大学"),
    WORD_INIT(U"集团"),   WORD_INIT(U"联席会议"), WORD_INIT(U"管委会"),
};

static bool ends_with(const View *view, Range range, Word word)
{
    return range.to - range.from >= word.n && view_at(view, range.to - word.n, word);
}

static bool has_any(const View *view, Range range, Word set)
{
    for (size_t i = range.from; i < range.to; i++)
        if (is_in(view->norm[i], set))
            return true;
    return false;
}

bool mark_organ(const View *view, Range range)
{
    if (range.to - range.from < 3 || range.to - range.from > LONGEST_ORGAN || has_any(view, range, W(U",。;:!?、《》\"“”0123456789")))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(organ_ends); i++)
        if (ends_with(view, range, organ_ends[i]))
            return true;
    return false;
}

bool mark_addressees(const View *view, Range range)
{
    return range.to - range.from <= LONGEST_ADDRESSEES && ends_with(view, range, W(U":")) && !has_any(view, range, W(U"。"));
}

bool mark_bracketed(const View *view, Range range)
{
    return range.to - range.from > 2 && view->norm[range.from] == '(' && view->norm[range.to - 1] == ')';
}

static bool is_label(const View *view, Range range)
{
    static const Word seconds = WORD_INIT(U"、.");
    size_t i = range.from;
    bool bracket = view->norm[i] == '(';
    i += bracket ? 1 : 0;
    size_t from = i;
    while (i < range.to && (is_digit(view->norm[i]) || is_in(view->norm[i], W(U"一二三四五六七八九十百"))))
        i++;
    return i > from && i < range.to && (bracket ? view->norm[i] == ')' : is_in(view->norm[i], seconds));
}

bool mark_title(const View *view, Range range)
{
    size_t n = range.to - range.from;
    Range number;
    Date date;
    if (n < 2 || n > LONGEST_TITLE_LINE || is_label(view, range) || mark_doc_no(view, range, &number) || mark_date(view, range, &date))
        return false;
    return !is_in(view->norm[range.to - 1], W(U"。;:,!?、")) && !ends_with(view, range, W(U"文件")) && !view_at(view, range.from, W(U"附件"))
           && !view_at(view, range.from, W(U"签发人"));
}
