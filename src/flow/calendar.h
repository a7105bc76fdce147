/* calendar.h: which days are working days. Monday to Friday are, Saturday and Sunday are not, but for the days that the yearly notice names: public holidays,
 * and working days made up for them. A calendar knows the years that it was given; in any other the weekdays alone decide, and whoever shows a day of
 * such a year says so (calendar_knows).
 *
 * A Calendar is read whole (some 40 days a year) and never changes after that: any thread may use it. */
#pragma once

#include "org/org.h"
#include "pack/shape.h"

#define CALENDAR_CHINA STR("cn") /* the one that is shipped (calendars/cn.csv), and the default of everything */

typedef struct {
    Date day;
    bool working;
    Str name; /* of the holiday for which it is free, or made up */
} CalendarDay;

typedef struct {
    int64_t year;
    Str source; /* the notice's number */
} CalendarYear;

typedef struct {
    Str code;
    const CalendarDay *days; /* in their order */
    size_t n_days;
    const CalendarYear *years; /* in their order */
    size_t n_years;
} Calendar;

/* All texts in arena. A code that nobody imported is a calendar that knows no year. */
bool calendar_load(DbConn *conn, Arena *arena, Str code, Calendar *ret_calendar, GError **err);

/* Whether every year from the one day to the other (both included) is known. */
bool calendar_knows(const Calendar *calendar, Date from, Date to);

/* What is said of a day; NULL where its weekday decides. */
const CalendarDay *calendar_find(const Calendar *calendar, Date day);

bool calendar_working(const Calendar *calendar, Date day);

/* The n-th working day after a day, before it where n is negative; the day itself for 0, working or not. */
Date calendar_add(const Calendar *calendar, Date day, int n);

/* The last day of a span that begins behind a day; hours count as the days that they begin. */
Date calendar_after(const Calendar *calendar, Date day, PackSpan span);

/* The day itself if it is a working day, else the nearest one after it (towards > 0) or before it (towards < 0). */
Date calendar_shift(const Calendar *calendar, Date day, int towards);

/* How many working days lie after `from` up to and with `to`; negative where `to` is before `from`, so that it undoes calendar_add. */
int calendar_count(const Calendar *calendar, Date from, Date to);

/* A calendar from the rows of a file: columns date, working (or off), name and source, in Chinese or as ids. Views into the rows. BH_BAD_INPUT with `at` "row
 * 12, column X" and the details header-missing, date-bad, value-unknown, value-missing, day-twice, day-weekday (a made-up working day that is no
 * weekend), sources-differ (a year has one notice). */
bool calendar_read(const OrgRows *rows, Str code, Arena *arena, Calendar *ret_calendar, GError **err);

/* Stores it, each year that it knows in place of what was there; other years stay. With an event. */
bool calendar_import(DbConn *tx, const Calendar *calendar, const AuditWho *who, GError **err);

/* Stores the years that the store does not know yet: what the program brings. */
bool calendar_complete(DbConn *tx, const Calendar *shipped, const AuditWho *who, GError **err);
