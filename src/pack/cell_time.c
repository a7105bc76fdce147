/* Days and instants in all the forms that files have. */
#include "pack/cell_kind.h"

#include "base/banned.h"

/* The characters behind year, month, day, hour, minute, second; the day and the hour have two each. */
enum { YEAR = 0x5E74, MONTH = 0x6708, DAY = 0x65E5, DAY_TOO = 0x53F7, HOUR = 0x65F6, HOUR_TOO = 0x70B9, MINUTE = 0x5206, SECOND = 0x79D2 };

typedef struct {
    Str s;
    size_t at;
} Text;

static bool is_digit(char c)
{
    return (unsigned char) (c - '0') <= 9;
}

static size_t digits_ahead(const Text *t)
{
    size_t n = 0;
    while (t->at + n < t->s.n && is_digit(t->s.p[t->at + n]))
        n++;
    return n;
}

/* Takes `n` digits that are there. */
static int take(Text *t, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (t->s.p[t->at + i] - '0');
    t->at += n;
    return value;
}

/* One or two digits; -1: none, or more. */
static int take_short(Text *t)
{
    size_t n = digits_ahead(t);
    return n == 1 || n == 2 ? take(t, n) : -1;
}

/* The character ahead, 0 at the end. */
static uint32_t ahead(const Text *t, size_t *ret_next)
{
    *ret_next = t->at;
    return t->at < t->s.n ? utf8_next(t->s, ret_next) : 0;
}

static bool skip(Text *t, uint32_t a, uint32_t b)
{
    size_t next;
    uint32_t c = ahead(t, &next);
    bool is = c != 0 && (c == a || c == b);
    t->at = is ? next : t->at;
    return is;
}

static void skip_blanks(Text *t)
{
    while (t->at < t->s.n && t->s.p[t->at] == ' ')
        t->at++;
}

/* --- Days ---------------------------------------------------------------------------------------------------------------- */

static CellFault make_day(int y, int m, int d, Date *ret_day)
{
    return date_from_ymd(y, m, d, ret_day) ? CELL_FINE : CELL_RANGE;
}

/* 2026-6-30 and its kin: the sign behind the year stands behind the month too. */
static CellFault read_parted(Text *t, Date *ret_day)
{
    size_t next;
    int y = take(t, 4), m, d;
    uint32_t sign = ahead(t, &next);
    if (sign != '-' && sign != '/' && sign != '.' && sign != YEAR)
        return CELL_DATE;
    t->at = next;
    if ((m = take_short(t)) < 0 || !skip(t, sign == YEAR ? MONTH : sign, 0) || (d = take_short(t)) < 0)
        return CELL_DATE;
    if (sign == YEAR)
        (void) skip(t, DAY, DAY_TOO);
    return make_day(y, m, d, ret_day);
}

static CellFault read_day(Text *t, Date *ret_day)
{
    size_t n = digits_ahead(t);
    if (n == 4)
        return read_parted(t, ret_day);
    if (n != 8 && n != 12 && n != 14)
        return CELL_DATE;
    int y = take(t, 4), m = take(t, 2), d = take(t, 2);
    return make_day(y, m, d, ret_day);
}

/* --- Times of day -------------------------------------------------------------------------------------------------------- */

static void read_thousandths(Text *t, int64_t *ms)
{
    if (t->at >= t->s.n || t->s.p[t->at] != '.')
        return;
    t->at++;
    int64_t unit = 100;
    for (; t->at < t->s.n && is_digit(t->s.p[t->at]); t->at++, unit /= 10)
        *ms += unit * (t->s.p[t->at] - '0');
}

static bool time_of(int h, int m, int s, int64_t *ret_ms)
{
    *ret_ms = (((int64_t) h * 60 + m) * 60 + s) * 1000;
    return h >= 0 && h <= 23 && m >= 0 && m <= 59 && s >= 0 && s <= 59;
}

/* 8:30, 08:30:05.123, with the characters for hour, minute and second, or as four or six digits. */
static bool read_time(Text *t, int64_t *ret_ms)
{
    size_t n = digits_ahead(t);
    int h, m, s = 0;
    if (n == 4 || n == 6) {
        h = take(t, 2);
        m = take(t, 2);
        s = n == 6 ? take(t, 2) : 0;
    } else {
        if ((h = take_short(t)) < 0 || !(skip(t, ':', 0) || skip(t, HOUR, HOUR_TOO)) || (m = take_short(t)) < 0)
            return false;
        bool more = skip(t, ':', 0) || (skip(t, MINUTE, 0) && digits_ahead(t) > 0);
        if (more && (s = take_short(t)) < 0)
            return false;
        (void) skip(t, SECOND, 0);
    }
    bool ok = time_of(h, m, s, ret_ms);
    read_thousandths(t, ret_ms);
    return ok;
}

/* Z, +08, +0800, +08:00: minutes east. */
static bool read_zone(Text *t, int *zone_minutes)
{
    if (skip(t, 'Z', 'z')) {
        *zone_minutes = 0;
        return true;
    }
    bool west = t->at < t->s.n && t->s.p[t->at] == '-';
    if (!skip(t, '+', '-'))
        return true;
    size_t n = digits_ahead(t);
    if (n != 2 && n != 4)
        return false;
    int hours = take(t, 2), minutes = n == 4 ? take(t, 2) : 0;
    if (n == 2 && skip(t, ':', 0) && (minutes = take_short(t)) < 0)
        return false;
    *zone_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return hours <= 14 && minutes <= 59;
}

/* The whole text; *ret_ms is where it is in UTC, *timed whether there is a time in it. */
static CellFault read_moment(Str s, int zone_minutes, Date *ret_day, bool *timed, bool *zoned, int64_t *ret_ms)
{
    Text t = { s, 0 };
    int64_t ms = 0;
    int zone = zone_minutes;
    CellFault fault = read_day(&t, ret_day);
    if (fault != CELL_FINE)
        return fault;
    bool marked = skip(&t, 'T', 't');
    skip_blanks(&t);
    *timed = t.at < t.s.n;
    if (*timed && !read_time(&t, &ms))
        return CELL_TIME;
    skip_blanks(&t);
    size_t before = t.at;
    if (*timed && !read_zone(&t, &zone))
        return CELL_TIME;
    *zoned = t.at > before;
    if (t.at < t.s.n || (marked && !*timed))
        return CELL_TIME;
    *ret_ms = (int64_t) *ret_day * 86400000 + ms - (int64_t) zone * 60000;
    return CELL_FINE;
}

CellFault cell_time(Str s, int zone_minutes, int64_t *ret_ms)
{
    Date day;
    bool timed, zoned;
    int64_t ms;
    CellFault fault = read_moment(s, zone_minutes, &day, &timed, &zoned, &ms);
    if (fault != CELL_FINE)
        return fault == CELL_DATE ? CELL_TIME : fault;
    if (!timed)
        return CELL_TIME;
    *ret_ms = ms;
    return CELL_FINE;
}

CellFault cell_date(Str s, int zone_minutes, Date *ret_day)
{
    bool timed, zoned;
    int64_t ms;
    if (date_parse(s, ret_day))
        return CELL_FINE;
    CellFault fault = read_moment(s, zone_minutes, ret_day, &timed, &zoned, &ms);
    if (fault != CELL_FINE)
        return fault == CELL_TIME ? CELL_DATE : fault;
    if (zoned)
        *ret_day = date_of_instant(ms, zone_minutes);
    return CELL_FINE;
}
