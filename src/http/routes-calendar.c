/* Calendars of working days. */
#include "base/limits.h"
#include "flow/calendar.h"
#include "http/flow-json.h"
#include "ingest/ingest.h"

#include "base/banned.h"

enum { DAYS_MAX = 10000, CODE_MAX = 16, FILE_MAX = 1024 * 1024 };

void json_calendar_day(JsonWriter *json, Date date, bool working, Str name)
{
    json_begin_object(json);
    json_member_date(json, "date", date);
    json_member_bool(json, "working", working);
    json_member_str(json, "name", name);
    json_end_object(json);
}

static void write_years(JsonWriter *json, const Calendar *calendar, int64_t year)
{
    Str source = STR_NONE;
    json_key(json, "years");
    json_begin_array(json);
    for (size_t i = 0; i < calendar->n_years; i++) {
        json_int(json, calendar->years[i].year);
        if (calendar->years[i].year == year)
            source = calendar->years[i].source;
    }
    json_end_array(json);
    json_member_int(json, "year", year);
    json_member_bool(json, "known", source.p != NULL);
    json_member_str(json, "source", source);
}

static void write_calendar(JsonWriter *json, const Calendar *calendar, int64_t year)
{
    json_begin_object(json);
    json_member_str(json, "code", calendar->code);
    write_years(json, calendar, year);
    json_key(json, "days");
    json_begin_array(json);
    for (size_t i = 0; i < calendar->n_days; i++) {
        int y, month, day;
        date_to_ymd(calendar->days[i].day, &y, &month, &day);
        if (y == year)
            json_calendar_day(json, calendar->days[i].day, calendar->days[i].working, calendar->days[i].name);
    }
    json_end_array(json);
    json_end_object(json);
}

static bool get_calendar(HttpRequest *request, GError **err)
{
    int year, month, day;
    date_to_ymd(clock_today(request->app->clock), &year, &month, &day);
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Calendar calendar;
    if (!conn || !calendar_load(conn, request->arena, http_path(request, "code"), &calendar, err))
        return false;
    write_calendar(http_json(request, 200), &calendar, http_query_int(request, "year", year));
    return true;
}

/* The file becomes days in the transaction that takes the upload: a year is some forty lines. */
typedef struct {
    HttpRequest *request;
    Str upload;
    AuditWho who;
    Calendar calendar;
} Import;

static bool import_in_tx(DbConn *tx, void *data, GError **err)
{
    Import *import = data;
    HttpRequest *request = import->request;
    HttpUpload upload;
    CsvTable table;
    if (!http_upload_take(request, tx, import->upload, &upload, err))
        return false;
    g_autoptr(GString) content = blob_get(request->app->blobs, upload.blob, FILE_MAX, err);
    if (!content || !file_table(arena_str(request->arena, str_from_gstring(content)), DAYS_MAX, request->arena, &table, err))
        return false;
    OrgRows rows = { table.header, table.n_columns, table.rows, table.n_rows, table.first_line };
    return calendar_read(&rows, http_path(request, "code"), request->arena, &import->calendar, err)
           && calendar_import(tx, &import->calendar, &import->who, err);
}

static bool post_import(HttpRequest *request, GError **err)
{
    Import import = { .request = request, .who = api_who(request) };
    if (!api_may(request, VERB_ADMINISTER, NULL, err) || !json_get_str(request->json, "upload", &import.upload, err))
        return false;
    if (http_path(request, "code").n > CODE_MAX)
        return error_set(err, BH_BAD_INPUT, "a calendar's code has at most %d characters", CODE_MAX);
    if (!http_write(request, import_in_tx, &import, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Calendar stored;
    if (!conn || !calendar_load(conn, request->arena, import.calendar.code, &stored, err))
        return false;
    write_calendar(http_json(request, 200), &stored, import.calendar.years[0].year);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/calendars/{code:word}", HTTP_SESSION, get_calendar, "year:int", HTTP_NO_BODY, "Calendar",
      "the days of a year that are not as their weekday, and which years are known" },
    { HTTP_POST, "/api/v1/calendars/{code:word}/import", HTTP_SESSION, post_import, NULL, HTTP_JSON, "Calendar",
      "replace the years that a file names" },
};

static const HttpShape shapes[] = {
    { "CalendarDay", "date:date working:bool name?" },
    { "Calendar", "code years:[int] year:int known:bool source? days:[CalendarDay]" },
};

const RouteTable calendar_routes = ROUTE_TABLE(routes, shapes);
