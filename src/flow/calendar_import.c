/* A calendar from a file, and into the store. */
#include "base/i18n.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "flow/calendar.h"
#include "db/queries.h"

#include "base/banned.h"

enum { DAY, WORKING, NAME, SOURCE, COLUMNS };

static const struct {
    const char *id, *text; /* as an id, and as a key of i18n */
} columns[COLUMNS] = {
    [DAY] = { "date", "column.calendar.date" },
    [WORKING] = { "working", "column.calendar.working" },
    [NAME] = { "name", "column.calendar.name" },
    [SOURCE] = { "source", "column.calendar.source" },
};

typedef struct {
    const OrgRows *rows;
    Arena *arena;
    size_t place[COLUMNS];
    ARENA_LIST(CalendarDay) days;
    ARENA_LIST(CalendarYear) years;
} Reading;

/* Whether a cell is this word, or says what this key says in either language. */
static bool means(Str cell, const char *word, const char *key, Arena *arena)
{
    if (str_eq(cell, str_from(word)))
        return true;
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (str_eq(text_name_key(cell, arena), text_name_key(i18n(lang, key), arena)))
            return true;
    return false;
}

static bool find_columns(Reading *reading, GError **err)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t h = 0;
        while (h < reading->rows->n_columns && !means(str_trim(reading->rows->header[h]), columns[c].id, columns[c].text, reading->arena))
            h++;
        if (h == reading->rows->n_columns) {
            error_set(err, BH_BAD_INPUT, "there is no column '%s'", columns[c].id);
            error_params(err, "column=%s", columns[c].id);
            return error_detail(err, "header-missing");
        }
        reading->place[c] = h;
    }
    return true;
}

static bool refuse(const Reading *reading, size_t r, size_t column, const char *code, const char *what, GError **err)
{
    error_set(err, BH_BAD_INPUT, "row %zu, column '%s': %s", reading->rows->first_line + r, columns[column].id, what);
    error_at(err, "row %zu, column " STR_FMT, reading->rows->first_line + r, STR_ARG(reading->rows->header[reading->place[column]]));
    return error_detail(err, code);
}

static Str cell(const Reading *reading, size_t r, size_t column)
{
    return str_trim(reading->rows->rows[r][reading->place[column]]);
}

static bool read_working(const Reading *reading, size_t r, bool *ret_working, GError **err)
{
    Str said = cell(reading, r, WORKING);
    *ret_working = means(said, "1", "calendar.working", reading->arena);
    return *ret_working || means(said, "0", "calendar.off", reading->arena)
           || refuse(reading, r, WORKING, "value-unknown", "1 for a working day or 0 for a free one is expected", err);
}

/* A year has one source. */
static bool add_year(Reading *reading, size_t r, Date day, GError **err)
{
    int year, month, of_month;
    Str source = cell(reading, r, SOURCE);
    date_to_ymd(day, &year, &month, &of_month);
    for (size_t i = 0; i < reading->years.n; i++)
        if (reading->years.v[i].year == year)
            return str_eq(reading->years.v[i].source, source) || refuse(reading, r, SOURCE, "sources-differ", "a year has one notice", err);
    *ARENA_PUSH(reading->arena, &reading->years) = (CalendarYear) { year, source };
    return true;
}

static bool read_row(Reading *reading, size_t r, GError **err)
{
    CalendarDay day = { .name = cell(reading, r, NAME) };
    if (!date_parse(cell(reading, r, DAY), &day.day))
        return refuse(reading, r, DAY, "date-bad", "a date like 2026-10-01 is expected", err);
    if (!read_working(reading, r, &day.working, err))
        return false;
    if (day.working && date_weekday(day.day) <= 5)
        return refuse(reading, r, DAY, "day-weekday", "a working day is made up on a weekend", err);
    if (day.name.n == 0 || utf8_length(day.name) > LIMIT_NAME_CHARS)
        return refuse(reading, r, NAME, "value-missing", "a name is expected", err);
    if (cell(reading, r, SOURCE).n == 0 || utf8_length(cell(reading, r, SOURCE)) > LIMIT_NAME_CHARS)
        return refuse(reading, r, SOURCE, "value-missing", "the notice's number is expected", err);
    *ARENA_PUSH(reading->arena, &reading->days) = day;
    return add_year(reading, r, day.day, err);
}

static int by_day(const void *a, const void *b)
{
    const CalendarDay *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

static bool check_twice(const Reading *reading, GError **err)
{
    for (size_t i = 1; i < reading->days.n; i++)
        if (reading->days.v[i].day == reading->days.v[i - 1].day) {
            char text[DATE_TEXT_MAX];
            error_set(err, BH_BAD_INPUT, "%s stands twice", date_format(reading->days.v[i].day, text));
            return error_detail(err, "day-twice");
        }
    return true;
}

bool calendar_read(const OrgRows *rows, Str code, Arena *arena, Calendar *ret_calendar, GError **err)
{
    Reading reading = { .rows = rows, .arena = arena };
    if (!find_columns(&reading, err))
        return false;
    if (rows->n_rows == 0)
        return error_set(err, BH_BAD_INPUT, "the file holds no day");
    for (size_t r = 0; r < rows->n_rows; r++)
        if (!read_row(&reading, r, err))
            return false;
    qsort(reading.days.v, reading.days.n, sizeof *reading.days.v, by_day);
    if (!check_twice(&reading, err))
        return false;
    *ret_calendar = (Calendar) { code, reading.days.v, reading.days.n, reading.years.v, reading.years.n };
    return true;
}

/* --- Into the store ------------------------------------------------------------------------------------------------------ */

static bool put_year(DbConn *tx, const Calendar *calendar, const CalendarYear *year, GError **err)
{
    Date first = 0, last = 0;
    if (!date_from_ymd((int) year->year, 1, 1, &first) || !date_from_ymd((int) year->year, 12, 31, &last))
        return error_set(err, BH_INTERNAL, "%" G_GINT64_FORMAT " is no year", year->year);
    if (!db_exec(tx, CalendarYearPut, NULL, err, .calendar = calendar->code, .year = year->year, .source = year->source)
        || !db_exec(tx, CalendarDaysDelete, NULL, err, .calendar = calendar->code, .first = first, .last = last))
        return false;
    for (size_t i = 0; i < calendar->n_days; i++) {
        const CalendarDay *day = &calendar->days[i];
        if (day->day >= first && day->day <= last
            && !db_exec(tx, CalendarDayInsert, NULL, err, .calendar = calendar->code, .day = day->day, .working = day->working, .name = day->name))
            return false;
    }
    return true;
}

static void append_event(DbConn *tx, const Calendar *calendar, const CalendarYear *year, const AuditWho *who)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "source", year->source);
    json_member_int(&json, "year", year->year);
    json_end_object(&json);
    audit_append(tx, who, "calendar-import", (AuditObject) { "calendar", calendar->code }, str_from_gstring(data));
}

bool calendar_import(DbConn *tx, const Calendar *calendar, const AuditWho *who, GError **err)
{
    for (size_t i = 0; i < calendar->n_years; i++) {
        if (!put_year(tx, calendar, &calendar->years[i], err))
            return false;
        append_event(tx, calendar, &calendar->years[i], who);
    }
    return true;
}

static bool knows_year(const Calendar *calendar, int64_t year)
{
    for (size_t i = 0; i < calendar->n_years; i++)
        if (calendar->years[i].year == year)
            return true;
    return false;
}

bool calendar_complete(DbConn *tx, const Calendar *shipped, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar present, missing = *shipped;
    ARENA_LIST(CalendarYear) years = { 0 };
    if (!calendar_load(tx, arena, shipped->code, &present, err))
        return false;
    for (size_t i = 0; i < shipped->n_years; i++)
        if (!knows_year(&present, shipped->years[i].year))
            *ARENA_PUSH(arena, &years) = shipped->years[i];
    missing.years = years.v;
    missing.n_years = years.n;
    return calendar_import(tx, &missing, who, err);
}
