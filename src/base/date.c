#include "base/date.h"

#include "base/banned.h"

/* Days ↔ civil date by counting in eras of 400 years from 1 March, so that the leap day ends a year
 * (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static Date days_from_civil(int y, int m, int d)
{
    y -= m <= 2;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void date_to_ymd(Date date, int *ret_year, int *ret_month, int *ret_day)
{
    int z = date + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int mp = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * mp + 2) / 5 + 1;
    *ret_month = mp < 10 ? mp + 3 : mp - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool date_from_ymd(int year, int month, int day, Date *ret_date)
{
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *ret_date = days_from_civil(year, month, day);
    return true;
}

Date date_month_end(int year, int month)
{
    return days_from_civil(year, month, month_days(year, month));
}

Date date_add_months(Date date, int months)
{
    int y, m, d;
    date_to_ymd(date, &y, &m, &d);
    int count = y * 12 + m - 1 + months;
    y = count / 12;
    m = count % 12 + 1;
    return days_from_civil(y, m, MIN(d, month_days(y, m)));
}

int date_weekday(Date date)
{
    int since_monday = (date + 3) % 7; /* 1970-01-01 was a Thursday */
    return (since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

/* `digits` decimal digits at `at`, or -1. */
static int digits_at(Str s, size_t at, size_t digits)
{
    int value = 0;
    if (at + digits > s.n)
        return -1;
    for (size_t i = at; i < at + digits; i++) {
        if (!g_ascii_isdigit(s.p[i]))
            return -1;
        value = value * 10 + (s.p[i] - '0');
    }
    return value;
}

bool date_parse(Str s, Date *ret_date)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    return date_from_ymd(digits_at(s, 0, 4), digits_at(s, 5, 2), digits_at(s, 8, 2), ret_date);
}

static void put_two(char *to, int n)
{
    to[0] = (char) ('0' + n / 10);
    to[1] = (char) ('0' + n % 10);
}

const char *date_format(Date date, char buffer[static DATE_TEXT_MAX])
{
    int y, m, d;
    date_to_ymd(date, &y, &m, &d);
    if (y < 0 || y > 9999) {
        g_snprintf(buffer, DATE_TEXT_MAX, "%04d-%02d-%02d", y, m, d);
        return buffer;
    }
    put_two(buffer, y / 100); /* by hand: rows by the million are stored with days as texts */
    put_two(buffer + 2, y % 100);
    put_two(buffer + 5, m);
    put_two(buffer + 8, d);
    buffer[4] = buffer[7] = '-';
    buffer[10] = '\0';
    return buffer;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

Date date_of_instant(int64_t instant_ms, int zone_minutes)
{
    return (Date) floor_div(instant_ms + (int64_t) zone_minutes * 60000, 86400000);
}

const char *instant_format(int64_t instant_ms, int zone_minutes, char buffer[static INSTANT_TEXT_MAX])
{
    Date day = date_of_instant(instant_ms, zone_minutes);
    int second = (int) (floor_div(instant_ms + (int64_t) zone_minutes * 60000, 1000) - (int64_t) day * 86400);
    char text[DATE_TEXT_MAX];
    g_snprintf(buffer, INSTANT_TEXT_MAX, "%sT%02d:%02d:%02d%c%02d:%02d", date_format(day, text), second / 3600, second / 60 % 60,
               second % 60, zone_minutes < 0 ? '-' : '+', ABS(zone_minutes) / 60, ABS(zone_minutes) % 60);
    return buffer;
}

bool local_time_parse(Str s, int64_t *ret_ms)
{
    Date day;
    int64_t hour, minute, second = 0;
    bool whole = s.n == 19 && s.p[16] == ':';
    if ((!whole && s.n != 16) || (s.p[10] != 'T' && s.p[10] != ' ') || s.p[13] != ':' || !date_parse(str_head(s, 10), &day))
        return false;
    if (!g_ascii_isdigit(s.p[11]) || !g_ascii_isdigit(s.p[14]) || (whole && !g_ascii_isdigit(s.p[17])))
        return false;
    if (!str_to_int64((Str) { s.p + 11, 2 }, &hour) || !str_to_int64((Str) { s.p + 14, 2 }, &minute) ||
        (whole && !str_to_int64((Str) { s.p + 17, 2 }, &second)) || hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_ms = ((int64_t) day * 86400 + hour * 3600 + minute * 60 + second) * 1000;
    return true;
}

/* --- Periods ------------------------------------------------------------------------------------------------- */

/* Ordinals count from a fixed start: years 0; halves, quarters, months from January of year 0; days from 1970; weeks
 * from Monday 1969-12-29. */
enum { KIND_SHIFT = 24, ORDINAL_MASK = (1 << KIND_SHIFT) - 1, FIRST_MONDAY = -3, DAY_BASE = 1 << 22 };

static Period make_period(PeriodKind kind, int ordinal)
{
    return (Period) kind << KIND_SHIFT | (ordinal & ORDINAL_MASK);
}

static int ordinal_of(Period period)
{
    return period & ORDINAL_MASK;
}

PeriodKind period_kind(Period period)
{
    return (PeriodKind) (period >> KIND_SHIFT);
}

/* How many months a kind is long; 0 for weeks and days. */
static int months_of(PeriodKind kind)
{
    static const int months[] = { [PERIOD_YEAR] = 12, [PERIOD_HALF] = 6, [PERIOD_QUARTER] = 3, [PERIOD_MONTH] = 1, [PERIOD_YTD] = 1 };
    return kind < (int) G_N_ELEMENTS(months) ? months[kind] : 0;
}

Period period_of_date(PeriodKind kind, Date date)
{
    int y, m, d;
    date_to_ymd(date, &y, &m, &d);
    if (kind == PERIOD_DAY)
        return make_period(kind, date + DAY_BASE);
    if (kind == PERIOD_WEEK)
        return make_period(kind, (int) floor_div(date - FIRST_MONDAY, 7) + DAY_BASE);
    return make_period(kind, (y * 12 + m - 1) / months_of(kind));
}

Period period_add(Period period, int count)
{
    return make_period(period_kind(period), ordinal_of(period) + count);
}

Date period_start(Period period)
{
    PeriodKind kind = period_kind(period);
    int ordinal = ordinal_of(period);
    if (kind == PERIOD_DAY)
        return ordinal - DAY_BASE;
    if (kind == PERIOD_WEEK)
        return (ordinal - DAY_BASE) * 7 + FIRST_MONDAY;
    int month = ordinal * months_of(kind);
    return days_from_civil(month / 12, kind == PERIOD_YTD ? 1 : month % 12 + 1, 1);
}

Date period_end(Period period)
{
    PeriodKind kind = period_kind(period);
    if (kind == PERIOD_DAY)
        return period_start(period);
    if (kind == PERIOD_WEEK)
        return period_start(period) + 6;
    int last_month = (ordinal_of(period) + 1) * months_of(kind) - 1;
    return date_month_end(last_month / 12, last_month % 12 + 1);
}

/* The number of the ISO week of a Monday, and the year it belongs to (that of its Thursday). */
static void iso_week(Date monday, int *ret_year, int *ret_week)
{
    int m, d;
    date_to_ymd(monday + 3, ret_year, &m, &d);
    *ret_week = (monday + 3 - days_from_civil(*ret_year, 1, 1)) / 7 + 1;
}

static bool parse_week(int year, int week, Period *ret_period)
{
    Date fourth = days_from_civil(year, 1, 4); /* always in week 1 */
    Date monday = fourth - date_weekday(fourth) + 1 + (week - 1) * 7;
    int found_year, found_week;
    iso_week(monday, &found_year, &found_week);
    if (week < 1 || found_year != year)
        return false;
    *ret_period = period_of_date(PERIOD_WEEK, monday);
    return true;
}

static bool parse_part(PeriodKind kind, int year, int part, Period *ret_period)
{
    int parts = 12 / months_of(kind);
    if (part < 1 || part > parts)
        return false;
    *ret_period = make_period(kind, year * parts + part - 1);
    return true;
}

bool period_parse(Str s, Period *ret_period)
{
    int year = digits_at(s, 0, 4);
    if (year < 1900 || year > 2199)
        return false;
    Str rest = str_from_at(s, 4);
    Date day;
    if (rest.n == 0)
        return parse_part(PERIOD_YEAR, year, 1, ret_period);
    if (rest.n == 2 && rest.p[0] == 'H')
        return parse_part(PERIOD_HALF, year, digits_at(rest, 1, 1), ret_period);
    if (rest.n == 2 && rest.p[0] == 'Q')
        return parse_part(PERIOD_QUARTER, year, digits_at(rest, 1, 1), ret_period);
    if (rest.n == 3 && rest.p[0] == 'W')
        return parse_week(year, digits_at(rest, 1, 2), ret_period);
    if (rest.n == 3 && rest.p[0] == '-')
        return parse_part(PERIOD_MONTH, year, digits_at(rest, 1, 2), ret_period);
    if (rest.n == 7 && rest.p[0] == '-' && str_ends(rest, STR("/ytd")))
        return parse_part(PERIOD_YTD, year, digits_at(rest, 1, 2), ret_period);
    if (!date_parse(s, &day))
        return false;
    *ret_period = period_of_date(PERIOD_DAY, day);
    return true;
}

const char *period_format(Period period, char buffer[static PERIOD_TEXT_MAX])
{
    PeriodKind kind = period_kind(period);
    int ordinal = ordinal_of(period), year, week;
    switch (kind) {
    case PERIOD_YEAR: g_snprintf(buffer, PERIOD_TEXT_MAX, "%04d", ordinal); break;
    case PERIOD_HALF: g_snprintf(buffer, PERIOD_TEXT_MAX, "%04dH%d", ordinal / 2, ordinal % 2 + 1); break;
    case PERIOD_QUARTER: g_snprintf(buffer, PERIOD_TEXT_MAX, "%04dQ%d", ordinal / 4, ordinal % 4 + 1); break;
    case PERIOD_MONTH: g_snprintf(buffer, PERIOD_TEXT_MAX, "%04d-%02d", ordinal / 12, ordinal % 12 + 1); break;
    case PERIOD_YTD: g_snprintf(buffer, PERIOD_TEXT_MAX, "%04d-%02d/ytd", ordinal / 12, ordinal % 12 + 1); break;
    case PERIOD_WEEK:
        iso_week(period_start(period), &year, &week);
        g_snprintf(buffer, PERIOD_TEXT_MAX, "%04dW%02d", year, week);
        break;
    case PERIOD_DAY: date_format(period_start(period), buffer); break;
    }
    return buffer;
}
