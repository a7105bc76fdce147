#include "flow/calendar.h"

#include "db/queries.h"

#include "base/banned.h"

static bool load_years(DbConn *conn, Arena *arena, Calendar *calendar, GError **err)
{
    ARENA_LIST(CalendarYear) years = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, CalendarYears, err, .calendar = calendar->code);
    for (CalendarYearsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &years) = (CalendarYear) { row.year, arena_str(arena, row.source) };
    calendar->years = years.v;
    calendar->n_years = years.n;
    return db_rows_ok(rows);
}

bool calendar_load(DbConn *conn, Arena *arena, Str code, Calendar *ret_calendar, GError **err)
{
    Calendar calendar = { .code = arena_str(arena, code) };
    ARENA_LIST(CalendarDay) days = { 0 };
    if (!load_years(conn, arena, &calendar, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, CalendarDays, err, .calendar = code);
    for (CalendarDaysRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &days) = (CalendarDay) { row.day, row.working, arena_str(arena, row.name) };
    calendar.days = days.v;
    calendar.n_days = days.n;
    *ret_calendar = calendar;
    return db_rows_ok(rows);
}

static int year_of(Date day)
{
    int year, month, of_month;
    date_to_ymd(day, &year, &month, &of_month);
    return year;
}

static bool knows_year(const Calendar *calendar, int year)
{
    for (size_t i = 0; i < calendar->n_years; i++)
        if (calendar->years[i].year == year)
            return true;
    return false;
}

bool calendar_knows(const Calendar *calendar, Date from, Date to)
{
    for (int year = year_of(from); year <= year_of(to); year++)
        if (!knows_year(calendar, year))
            return false;
    return true;
}

const CalendarDay *calendar_find(const Calendar *calendar, Date day)
{
    size_t low = 0, high = calendar->n_days;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (calendar->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->n_days && calendar->days[low].day == day ? &calendar->days[low] : NULL;
}

bool calendar_working(const Calendar *calendar, Date day)
{
    const CalendarDay *said = calendar_find(calendar, day);
    return said ? said->working : date_weekday(day) <= 5;
}

Date calendar_add(const Calendar *calendar, Date day, int n)
{
    int step = n < 0 ? -1 : 1;
    for (int left = ABS(n); left > 0;) {
        day += step;
        left -= calendar_working(calendar, day);
    }
    return day;
}

Date calendar_after(const Calendar *calendar, Date day, PackSpan span)
{
    enum { HOURS = 24 };
    switch (span.unit) {
    case PACK_HOURS: return day + (span.n + HOURS - 1) / HOURS;
    case PACK_DAYS: return day + span.n;
    case PACK_WORKING_DAYS: return calendar_add(calendar, day, span.n);
    case PACK_WEEKS: return day + 7 * span.n;
    case PACK_MONTHS: return date_add_months(day, span.n);
    case PACK_YEARS: return date_add_months(day, 12 * span.n);
    }
    g_assert_not_reached();
}

Date calendar_shift(const Calendar *calendar, Date day, int towards)
{
    while (!calendar_working(calendar, day))
        day += towards < 0 ? -1 : 1;
    return day;
}

int calendar_count(const Calendar *calendar, Date from, Date to)
{
    int count = 0;
    for (Date day = from; day < to;)
        count += calendar_working(calendar, ++day);
    for (Date day = from; day > to;)
        count -= calendar_working(calendar, --day);
    return count;
}
