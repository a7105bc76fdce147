/* Reports that are ready when their meeting begins. */
#include "ledger/report_count.h"

#include "db/queries.h"
#include "flow/calendar.h"

#include "base/banned.h"

enum { MS_AN_HOUR = 3600000, MS_A_DAY = 24 * MS_AN_HOUR, MS_A_MINUTE = 60000, MONTHS_A_QUARTER = 3 };
enum { QUARTER_DAY = 3, QUARTER_HOUR = 9 }; /* of a plan without monthly meetings */

typedef struct {
    Str plan, org; /* one of the two */
    ReportKind kind;
} DueReport;

typedef struct {
    const Ledger *ledger;
    Arena *arena;
    Calendar calendar;
    int64_t now;
    Date today;
    bool of_orgs; /* the rows are */
    ARENA_LIST(DueReport) list;
} DueReports;

/* When a meeting of that day begins; on a day that is free it is held on the next working day. */
static int64_t meeting_begins(const DueReports *due, Date day, int64_t hour)
{
    Date held = calendar_shift(&due->calendar, day, 1);
    return (int64_t) held * MS_A_DAY + hour * MS_AN_HOUR - (int64_t) clock_zone_minutes(due->ledger->clock) * MS_A_MINUTE;
}

/* That meeting is near or past, the plan (or the setting) was there already, and nothing was kept for it. */
static void add_if_due(DueReports *due, const PlansReportingRow *row, ReportKind kind, Date day, int64_t hour, int64_t made)
{
    int64_t from = meeting_begins(due, day, hour) - (int64_t) REPORT_LEAD_MINUTES * MS_A_MINUTE;
    Str uid = due->now >= from && row->issued < from && (made == DB_NULL_INT || made < from) ? arena_str(due->arena, row->uid) : STR_NONE;
    if (uid.p)
        *ARENA_PUSH(due->arena, &due->list) = (DueReport) { due->of_orgs ? STR_NONE : uid, due->of_orgs ? uid : STR_NONE, kind };
}

static void add_row(DueReports *due, const PlansReportingRow *row)
{
    int year, month, day;
    Date first;
    date_to_ymd(due->today, &year, &month, &day);
    date_from_ymd(year, month, 1, &first);
    if (row->weekly_day > 0)
        add_if_due(due, row, REPORT_WEEKLY, due->today - date_weekday(due->today) + (Date) row->weekly_day, row->weekly_hour, row->weekly_made);
    if (row->monthly_day > 0)
        add_if_due(due, row, REPORT_MONTHLY, first + (Date) row->monthly_day - 1, row->monthly_hour, row->monthly_made);
    bool monthly = row->monthly_day > 0;
    if (month % MONTHS_A_QUARTER == 1)
        add_if_due(due, row, REPORT_QUARTERLY, first + (monthly ? (Date) row->monthly_day : QUARTER_DAY) - 1, monthly ? row->monthly_hour : QUARTER_HOUR,
                   row->quarterly_made);
}

/* Both have the same rows. */
G_STATIC_ASSERT(sizeof(PlansReportingRow) == sizeof(OrgsReportingRow));

static bool find_among(DueReports *due, DbConn *conn, bool orgs, GError **err)
{
    due->of_orgs = orgs;
    g_autoptr(DbRows) rows = orgs ? db_query(conn, OrgsReporting, err) : db_query(conn, PlansReporting, err);
    for (PlansReportingRow row; rows && db_next(rows, &row, err);)
        add_row(due, &row);
    return db_rows_ok(rows);
}

static bool find_due(DueReports *due, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(due->ledger->db, err);
    return conn && calendar_load(conn, due->arena, CALENDAR_CHINA, &due->calendar, err) && find_among(due, conn, false, err) && find_among(due, conn, true, err);
}

static bool keep_one(const DueReports *due, const DueReport *wanted, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ReportScope scope;
    Str uid;
    g_autoptr(DbConn) conn = db_reader(due->ledger->db, err);
    if (!conn || !report_scope(conn, arena, wanted->plan, wanted->org, STR_NONE, &scope, err))
        return false;
    g_clear_pointer(&conn, db_done);
    return report_keep(due->ledger, NULL, wanted->kind, &scope, arena, &uid, err);
}

bool reports_keep_due(const Ledger *ledger, int64_t *ret_kept, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DueReports due = { .ledger = ledger, .arena = arena, .now = clock_now_ms(ledger->clock), .today = clock_today(ledger->clock) };
    if (!find_due(&due, err))
        return false;
    for (size_t i = 0; i < due.list.n; i++)
        if (!keep_one(&due, &due.list.v[i], err))
            return false;
    *ret_kept = (int64_t) due.list.n;
    return true;
}
