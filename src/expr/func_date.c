#include "expr/func.h"

#include "base/banned.h"

/* Days to year, month and day without a branch, so that a loop over a batch becomes vector instructions (C. Neri, L. Schneider, "Euclidean affine
 * functions and their application to calendar algorithms", 2023). Good for all days of 1900 to 2199; what stands at a null gives anything. */
typedef struct {
    uint32_t year, month, day;
} Civil;

static inline Civil civil_of(Date date)
{
    uint32_t n = (uint32_t) date + 719468, n1 = 4 * n + 3;
    uint32_t century = n1 / 146097, of_century = n1 % 146097 / 4;
    uint64_t p = (uint64_t) 2939745 * (4 * of_century + 3);
    uint32_t of_year = (uint32_t) p / 2939745 / 4, n3 = 2141 * of_year + 197913;
    uint32_t late = of_year >= 306; /* January and February belong to the year before */
    return (Civil) { 100 * century + (uint32_t) (p >> 32) + late, (n3 >> 16) - 12 * late, (n3 & 0xffff) / 2141 + 1 };
}

static inline uint32_t month_length(uint32_t year, uint32_t month)
{
    uint32_t leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0));
    return month == 2 ? 28 + leap : 30 + ((month ^ (month >> 3)) & 1);
}

/* The largest m so that `from`, m months later with its day clamped to the month's end, is not after `to`. */
static inline int32_t months_between(Date from, Date to)
{
    Civil a = civil_of(from), b = civil_of(to);
    uint32_t months = b.year * 12 + b.month - a.year * 12 - a.month;
    uint32_t length = month_length(b.year, b.month), day = a.day < length ? a.day : length;
    return (int32_t) (months - (day > b.day));
}

static inline int32_t years_between(Date from, Date to)
{
    int32_t months = months_between(from, to);
    return months / 12 - (months % 12 < 0);
}

static inline int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* --- Batches -------------------------------------------------------------------------------------------------------- */

#define BATCH_OF_ONE(name, expression) \
    VECTOR_LOOP BATCH(name) \
    { \
        const Date *a = args[0].values; \
        int64_t *out = (int64_t *) ret->values; \
        (void) call; \
        for (size_t i = 0; i < rows; i++) { \
            Date x = a[i]; \
            out[i] = (expression); \
        } \
    }

#define BATCH_OF_TWO(name, function) \
    VECTOR_LOOP BATCH(name) \
    { \
        const Date *a = args[0].values, *b = args[1].values; \
        int64_t *out = (int64_t *) ret->values; \
        Date one = a[0], other = b[0]; \
        (void) call; \
        if (!args[0].constant && !args[1].constant) \
            for (size_t i = 0; i < rows; i++) \
                out[i] = function(a[i], b[i]); \
        else if (!args[0].constant) \
            for (size_t i = 0; i < rows; i++) \
                out[i] = function(a[i], other); \
        else \
            for (size_t i = 0; i < rows; i++) \
                out[i] = function(one, args[1].constant ? other : b[i]); \
    }

static inline int64_t days_between(Date from, Date to)
{
    return (int64_t) to - from;
}

BATCH_OF_ONE(batch_year, civil_of(x).year)
BATCH_OF_ONE(batch_quarter, (civil_of(x).month + 2) / 3)
BATCH_OF_ONE(batch_month, civil_of(x).month)
BATCH_OF_ONE(batch_day, civil_of(x).day)
BATCH_OF_ONE(batch_weekday, (int64_t) (((uint32_t) x + 719468 + 2) % 7 + 1)) /* 0000-03-01 was a Wednesday */
BATCH_OF_TWO(batch_days, days_between)
BATCH_OF_TWO(batch_months, months_between)
BATCH_OF_TWO(batch_years, years_between)

/* Back again, as branch-free; good for the years 1 and later. */
static inline uint32_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t early = month <= 2, y = year - early, m = month + 12 * early - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

enum { FIRST_DAY = -25567 /* 1900-01-01 */, LAST_DAY = 84005 /* 2199-12-31 */, MOST_DAYS = 200000, MOST_MONTHS = 6000 /* further than from end to end */ };

static inline int32_t clamped(int64_t by, int32_t most)
{
    return by < -most ? -most : by > most ? most : (int32_t) by;
}

static inline Date months_later(Date date, int32_t months)
{
    Civil c = civil_of(date);
    uint32_t count = c.year * 12 + c.month - 1 + (uint32_t) months, year = count / 12, month = count % 12 + 1, length = month_length(year, month);
    return (Date) days_of(year, month, c.day < length ? c.day : length);
}

static inline Date days_later(Date date, int32_t days)
{
    return (Date) ((uint32_t) date + (uint32_t) days);
}

/* `most` times `unit` is what it is clamped to, in the function's unit. */
#define BATCH_OF_ADDING(name, function, most, unit) \
    VECTOR_LOOP BATCH(name) \
    { \
        const Date *restrict a = args[0].values; \
        const int64_t *restrict by = args[1].values; \
        Date *restrict out = (Date *) ret->values, one = a[0]; \
        uint8_t *restrict bad = call->bad; \
        int32_t other = clamped(by[0], most) * unit; \
        if (args[1].constant && !args[0].constant) \
            for (size_t i = 0; i < rows; i++) { \
                out[i] = function(a[i], other); \
                bad[i] = (out[i] < FIRST_DAY) | (out[i] > LAST_DAY); \
            } \
        else \
            for (size_t i = 0; i < rows; i++) { \
                out[i] = function(args[0].constant ? one : a[i], args[1].constant ? other : clamped(by[i], most) * unit); \
                bad[i] = (out[i] < FIRST_DAY) | (out[i] > LAST_DAY); \
            } \
    }
BATCH_OF_ADDING(batch_add_days, days_later, MOST_DAYS, 1)
BATCH_OF_ADDING(batch_add_months, months_later, MOST_MONTHS, 1)
BATCH_OF_ADDING(batch_add_years, months_later, MOST_MONTHS / 12, 12)

/* --- One row -------------------------------------------------------------------------------------------------------- */

static void answer_day(Call *call, Value *ret, int64_t day)
{
    if (day < FIRST_DAY || day > LAST_DAY)
        call->faults |= EXPR_FAULT_OVERFLOW;
    else
        answer_number(ret, day);
}

ROW(fn_add_days)
{
    (void) n;
    answer_day(call, ret, args[0].number + clamped(args[1].number, MOST_DAYS));
}

ROW(fn_add_months)
{
    (void) n;
    answer_day(call, ret, months_later((Date) args[0].number, clamped(args[1].number, MOST_MONTHS)));
}

ROW(fn_add_years)
{
    (void) n;
    answer_day(call, ret, months_later((Date) args[0].number, clamped(args[1].number, MOST_MONTHS / 12) * 12));
}

#define ROW_OF_ONE(name, expression) \
    ROW(name) \
    { \
        (void) call, (void) n; \
        Date x = (Date) args[0].number; \
        answer_number(ret, (expression)); \
    }

#define ROW_OF_TWO(name, expression) \
    ROW(name) \
    { \
        (void) call, (void) n; \
        int64_t x = args[0].number, y = args[1].number; \
        answer_number(ret, (expression)); \
    }

ROW_OF_ONE(fn_year, civil_of(x).year)
ROW_OF_ONE(fn_quarter, (civil_of(x).month + 2) / 3)
ROW_OF_ONE(fn_month, civil_of(x).month)
ROW_OF_ONE(fn_day, civil_of(x).day)
ROW_OF_ONE(fn_weekday, date_weekday(x))
ROW_OF_ONE(fn_month_start, x - (Date) civil_of(x).day + 1)
ROW_OF_ONE(fn_month_end, date_month_end((int) civil_of(x).year, (int) civil_of(x).month))
ROW_OF_ONE(fn_year_start, date_month_end((int) civil_of(x).year, 1) - 30)
ROW_OF_ONE(fn_year_end, date_month_end((int) civil_of(x).year, 12))
ROW_OF_TWO(fn_days, y - x)
ROW_OF_TWO(fn_months, months_between((Date) x, (Date) y))
ROW_OF_TWO(fn_years, years_between((Date) x, (Date) y))
ROW_OF_TWO(fn_hours, floor_div(y - x, 3600000))
ROW_OF_TWO(fn_minutes, floor_div(y - x, 60000))

ROW(fn_date_of)
{
    (void) n;
    answer_day(call, ret, floor_div(args[0].number + (int64_t) call->zone_minutes * 60000, 86400000));
}
