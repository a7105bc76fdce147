/* The calendar of what is due: tasks, stages, duties, meetings, documents that end, day by day. */
#include "http/flow-json.h"
#include "http/task-json.h"

#include "base/banned.h"

enum { DAYS_MAX = 400, TASKS_SINGLE = 300 /* beyond these only how many a plan has on a day */, DOCUMENTS_MAX = 300, NEAR_DAYS = 10 };

typedef struct {
    Date date;
    const char *kind, *light;
    Str title, uid, plan_uid, plan_title;
    int64_t n, hour; /* hour -1: none */
} Entry;

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    Arena *arena;
    Date from, to, today;
    Str plan, org, path; /* STR_NONE: all */
    Calendar calendar;
    ARENA_LIST(Entry) entries;
} Year;

static Entry *add(Year *year, Date date, const char *kind, Str title, Str uid)
{
    Entry *entry = ARENA_PUSH(year->arena, &year->entries);
    *entry = (Entry) { .date = date, .kind = kind, .light = "none", .title = arena_str(year->arena, title), .uid = arena_str(year->arena, uid), .n = 1, .hour = -1 };
    return entry;
}

/* What is open on a day that is past is red, on a near one amber. */
static const char *entry_light(const Year *year, Date date, bool open)
{
    return !open ? "green" : date < year->today ? "red" : date - year->today <= NEAR_DAYS ? "amber" : "none";
}

/* --- Tasks -------------------------------------------------------------------------------------------------------------------- */

#define SHOWN "issued,working,submitted,verified,closed,returned,reopened,suspended"

static TaskFilter filter_of(const Year *year)
{
    TaskFilter filter = task_filter_none();
    filter.state = STR(SHOWN);
    filter.due_from = year->from;
    filter.due_to = year->to;
    filter.plan = year->plan;
    filter.owner = year->org;
    filter.owner_below = true;
    return filter;
}

static int weight(const char *light)
{
    static const char *const order[] = { "green", "none", "grey", "amber", "red" };
    int i = 0;
    while (i < (int) G_N_ELEMENTS(order) - 1 && !g_str_equal(order[i], light))
        i++;
    return i;
}

/* How many of each plan on each day, with the worst of their lights. */
static void add_count(Year *year, const TaskCountsRow *row)
{
    const char *light = task_light(row->state, row->due, row->decides, false, row->amber_days, year->today);
    for (size_t i = 0; i < year->entries.n; i++) {
        Entry *entry = &year->entries.v[i];
        if (entry->date != row->due || !str_eq(entry->plan_uid, row->plan_uid))
            continue;
        entry->n += row->n;
        entry->light = weight(light) > weight(entry->light) ? light : entry->light;
        return;
    }
    Entry *entry = add(year, row->due, "task", row->plan_title, row->plan_uid);
    entry->n = row->n;
    entry->light = light;
    entry->plan_uid = entry->uid;
    entry->plan_title = entry->title;
}

static bool count_tasks(Year *year, int64_t *ret_n, GError **err)
{
    TaskFilter filter = filter_of(year);
    DbList *list = db_list_new(year->arena, TaskCounts, "t.id");
    if (!task_list_all(list, year->conn, year->arena, api_user(year->request), year->today, &filter, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, year->conn, err);
    for (TaskCountsRow row; rows && db_next(rows, &row, err); *ret_n += row.n)
        add_count(year, &row);
    return db_rows_ok(rows);
}

static bool list_tasks(Year *year, GError **err)
{
    TaskFilter filter = filter_of(year);
    DbList *list = db_list_new(year->arena, TaskList, "t.id");
    if (!task_list_find(list, year->conn, year->arena, api_user(year->request), year->today, &filter, STR_NONE, err)
        || !db_list_page(list, STR_NONE, TASKS_SINGLE, err))
        return false;
    TaskRows rows;
    if (!task_rows_read(list, year->conn, year->arena, &rows, err))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        const TaskRowHeadRow *row = &rows.v[i].t;
        Entry *entry = add(year, row->due, "task", row->title, row->uid);
        entry->light = task_light(row->state, row->due, row->figures, row->incomputable, rows.v[i].amber_days, year->today);
        entry->plan_uid = row->plan_uid;
        entry->plan_title = row->plan_title;
    }
    return true;
}

static bool add_tasks(Year *year, GError **err)
{
    int64_t n = 0;
    if (!count_tasks(year, &n, err))
        return false;
    if (n > TASKS_SINGLE)
        return true;
    year->entries.n = 0;
    return list_tasks(year, err);
}

/* --- The others ---------------------------------------------------------------------------------------------------------------- */

static bool add_duties(Year *year, GError **err)
{
    g_autoptr(DbRows) rows = db_query(year->conn, CalendarDuties, err, .account = year->request->session->account, .today = year->today, .from_day = year->from,
                                      .to_day = year->to, .plan = year->plan, .path = year->path);
    for (CalendarDutiesRow row; rows && db_next(rows, &row, err);) {
        bool round = row.key.p && str_starts(row.key, STR("look-back/"));
        Entry *entry = add(year, row.due, round ? "look-back" : "duty", row.rule_name, round ? str_from_at(row.key, strlen("look-back/")) : row.rule_uid);
        entry->n = row.n;
        entry->light = row.missed > 0 ? "red" : entry_light(year, row.due, row.open > 0);
    }
    return db_rows_ok(rows);
}

static bool add_stages(Year *year, GError **err)
{
    g_autoptr(DbRows) rows = db_query(year->conn, CalendarStages, err, .account = year->request->session->account, .today = year->today, .from_day = year->from,
                                      .to_day = year->to, .plan = year->plan);
    for (CalendarStagesRow row; rows && db_next(rows, &row, err);) {
        Entry *entry = add(year, row.ends, "stage", row.name, row.uid);
        entry->light = entry_light(year, row.ends, !row.passed);
        entry->plan_uid = entry->uid;
        entry->plan_title = arena_str(year->arena, row.title);
    }
    return db_rows_ok(rows);
}

/* On a day that is free a meeting is held on the next working day. */
static void add_meeting(Year *year, const CalendarMeetingsRow *row, Date planned, int64_t hour)
{
    Date held = calendar_shift(&year->calendar, planned, 1);
    if (held < year->from || held > year->to || planned < date_of_instant(row->issued, clock_zone_minutes(year->request->app->clock)))
        return;
    for (size_t i = 0; i < year->entries.n; i++) /* what falls on one day is held as one */
        if (year->entries.v[i].date == held && g_str_equal(year->entries.v[i].kind, "meeting") && str_eq(year->entries.v[i].uid, row->uid))
            return;
    Entry *entry = add(year, held, "meeting", row->title, row->uid);
    entry->hour = hour;
    entry->plan_uid = entry->uid;
    entry->plan_title = entry->title;
}

static void add_meetings_of(Year *year, const CalendarMeetingsRow *row)
{
    enum { SHIFT_MAX = 15 }; /* longer than any holiday */
    for (Date day = year->from - SHIFT_MAX; day <= year->to; day++) {
        int y, month, of_month;
        date_to_ymd(day, &y, &month, &of_month);
        if (row->weekly_day > 0 && date_weekday(day) == row->weekly_day)
            add_meeting(year, row, day, row->weekly_hour);
        if (row->monthly_day > 0 && of_month == row->monthly_day)
            add_meeting(year, row, day, row->monthly_hour);
    }
}

static bool add_meetings(Year *year, GError **err)
{
    g_autoptr(DbRows) rows = db_query(year->conn, CalendarMeetings, err, .account = year->request->session->account, .today = year->today, .plan = year->plan);
    for (CalendarMeetingsRow row; rows && db_next(rows, &row, err);)
        add_meetings_of(year, &row);
    return db_rows_ok(rows);
}

static const DbFilter force_filters[] = {
    { "from", "f.valid_to", DB_FILTER_GE, DB_TYPE_DATE },
    { "to", "f.valid_to", DB_FILTER_LE, DB_TYPE_DATE },
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
};

static bool add_documents(Year *year, GError **err)
{
    char from[DATE_TEXT_MAX], to[DATE_TEXT_MAX];
    DbList *list = db_list_new(year->arena, DocumentList, "d.id", .account = year->request->session->account, .today = year->today);
    if (!db_list_filter(list, force_filters, G_N_ELEMENTS(force_filters), STR("from"), str_from(date_format(year->from, from)), err)
        || !db_list_filter(list, force_filters, G_N_ELEMENTS(force_filters), STR("to"), str_from(date_format(year->to, to)), err)
        || (year->plan.p && !db_list_filter(list, force_filters, G_N_ELEMENTS(force_filters), STR("plan"), year->plan, err))
        || !db_list_page(list, STR_NONE, DOCUMENTS_MAX, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, year->conn, err);
    for (DocumentListRow row; rows && db_list_next(list, rows, &row, err);)
        add(year, row.force_to, "document", row.title, row.uid);
    return db_rows_ok(rows);
}

/* --- The answer ------------------------------------------------------------------------------------------------------------------- */

static int by_date(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    int kind = strcmp(x->kind, y->kind);
    return x->date != y->date ? (x->date > y->date) - (x->date < y->date) : kind ? kind : str_cmp(x->uid, y->uid);
}

static void write_days(const Year *year, JsonWriter *json)
{
    json_member_date(json, "from", year->from);
    json_member_date(json, "to", year->to);
    json_member_bool(json, "known", calendar_knows(&year->calendar, year->from, year->to));
    json_key(json, "days");
    json_begin_array(json);
    for (Date day = year->from; day <= year->to; day++) {
        const CalendarDay *said = calendar_find(&year->calendar, day);
        json_calendar_day(json, day, calendar_working(&year->calendar, day), said ? said->name : STR_NONE);
    }
    json_end_array(json);
}

static void write_entry(const Entry *entry, JsonWriter *json)
{
    json_begin_object(json);
    json_member_date(json, "date", entry->date);
    json_member_cstr(json, "kind", entry->kind);
    json_member_str(json, "title", entry->title);
    json_member_int(json, "n", entry->n);
    json_member_str(json, "uid", entry->uid);
    json_member_cstr(json, "light", entry->light);
    json_key(json, "plan");
    if (entry->plan_uid.p) {
        json_begin_object(json);
        json_member_str(json, "uid", entry->plan_uid);
        json_member_str(json, "title", entry->plan_title);
        json_end_object(json);
    } else
        json_null(json);
    json_key(json, "hour");
    if (entry->hour < 0)
        json_null(json);
    else
        json_int(json, entry->hour);
    json_end_object(json);
}

static bool read_range(Year *year, GError **err)
{
    int y, month, day;
    date_to_ymd(year->today, &y, &month, &day);
    year->from = http_query_date(year->request, "from");
    year->to = http_query_date(year->request, "to");
    if (year->from == DATE_NONE)
        year->from = year->today - day + 1;
    if (year->to == DATE_NONE)
        year->to = date_add_months(year->from, 1) - 1;
    if (year->to >= year->from && year->to - year->from < DAYS_MAX)
        return true;
    error_set(err, BH_BAD_INPUT, "a calendar shows 1 to %d days", DAYS_MAX);
    return error_at(err, "query:to");
}

static bool read_org(Year *year, GError **err)
{
    Org org;
    bool found;
    year->org = http_query(year->request, "org");
    if (!year->org.p)
        return true;
    if (!org_by_uid(year->conn, year->arena, year->org, &org, &found, err))
        return false;
    year->path = org.path;
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(year->org));
    return error_at(err, "query:org");
}

static bool get_year(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Year year = { .request = request, .conn = conn, .arena = request->arena, .today = clock_today(request->app->clock), .plan = http_query(request, "plan") };
    if (!conn || !read_range(&year, err) || !read_org(&year, err) || !calendar_load(conn, request->arena, CALENDAR_CHINA, &year.calendar, err)
        || !add_tasks(&year, err) || !add_duties(&year, err) || !add_stages(&year, err) || !add_meetings(&year, err) || !add_documents(&year, err))
        return false;
    if (year.entries.n > 1)
        qsort(year.entries.v, year.entries.n, sizeof *year.entries.v, by_date);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    write_days(&year, json);
    json_key(json, "entries");
    json_begin_array(json);
    for (size_t i = 0; i < year.entries.n; i++)
        write_entry(&year.entries.v[i], json);
    json_end_array(json);
    json_end_object(json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/calendar", HTTP_SESSION, get_year, "from:date to:date plan:uid org:uid", HTTP_NO_BODY, "YearCalendar",
      "what is due between two days, and which days are worked on" },
};

static const HttpShape shapes[] = {
    { "CalendarEntry", "date:date kind title n:int uid:uid light plan:PlanRef? hour:int?" },
    { "YearCalendar", "from:date to:date known:bool days:[CalendarDay] entries:[CalendarEntry]" },
};

const RouteTable year_routes = ROUTE_TABLE(routes, shapes);
