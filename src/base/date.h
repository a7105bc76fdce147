/* date.h: dates as days, periods as kind and ordinal, instants as milliseconds. No time zone database: the store has
 * one zone, given in minutes east of UTC (Asia/Shanghai: 480, without summer time since 1991). */
#pragma once

#include "base/str.h"

typedef int32_t Date; /* days since 1970-01-01, proleptic Gregorian */
#define DATE_NONE INT32_MIN
enum { DATE_TEXT_MAX = 16, INSTANT_TEXT_MAX = 32 }; /* bytes that a printed one needs, NUL included */

/* False for a day that does not exist, and outside the years 1900 to 2199. */
bool date_from_ymd(int year, int month, int day, Date *ret_date);
void date_to_ymd(Date date, int *ret_year, int *ret_month, int *ret_day);

/* The last day of a month. */
Date date_month_end(int year, int month);

/* The same day `months` later or earlier, clamped to the end of the month. */
Date date_add_months(Date date, int months);

/* 1 Monday … 7 Sunday. */
int date_weekday(Date date);

/* "2026-11-22", and nothing else. */
bool date_parse(Str s, Date *ret_date);
const char *date_format(Date date, char buffer[static DATE_TEXT_MAX]);

/* The day on which an instant falls in the store's zone, and the instant printed as "2026-11-22T14:30:05+08:00". */
Date date_of_instant(int64_t instant_ms, int zone_minutes);
const char *instant_format(int64_t instant_ms, int zone_minutes, char buffer[static INSTANT_TEXT_MAX]);

/* `2026-01-01T08:30` or `2026-01-01 08:30:05`, and nothing else: milliseconds since 1970 as if it were UTC; take the zone off. */
bool local_time_parse(Str s, int64_t *ret_local_ms);

/* --- Periods -------------------------------------------------------------------------------------------------
 * Written `2026`, `2026H1`, `2026Q3`, `2026-09`, `2026W37` (ISO week), `2026-09-05`, `2026-09/ytd` (year to the end of
 * that month). Kind in the top byte, ordinal below: periods of one kind compare as integers. */
typedef int32_t Period;
typedef enum { PERIOD_YEAR = 1, PERIOD_HALF, PERIOD_QUARTER, PERIOD_MONTH, PERIOD_WEEK, PERIOD_DAY, PERIOD_YTD } PeriodKind;
enum { PERIOD_TEXT_MAX = 16 };

bool period_parse(Str s, Period *ret_period);
const char *period_format(Period period, char buffer[static PERIOD_TEXT_MAX]);
PeriodKind period_kind(Period period);
Date period_start(Period period);
Date period_end(Period period); /* the last day, included */

/* The period of that kind in which the date lies; the one `count` further (count may be negative). */
Period period_of_date(PeriodKind kind, Date date);
Period period_add(Period period, int count);
