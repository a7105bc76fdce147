/* A report that came, that was said to be zero, that was excused: how it stands now, and the duty that it meets. */
#include "base/limits.h"
#include "db/queries.h"
#include "indicator/private.h"

#include "base/banned.h"

/* --- By records ------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(ExpectedOfRow) Reports;

typedef struct {
    const Quality *quality;
    const ExpectedPlace *place;
    Arena *arena;
    AuditWho who;
    Date today;
} Settling;

static Date day_of(const Quality *quality, int64_t instant)
{
    return instant == DB_NULL_INT ? DATE_NONE : date_of_instant(instant, clock_zone_minutes(quality->clock));
}

static bool is_short(Period period)
{
    return period_kind(period) == PERIOD_DAY || period_kind(period) == PERIOD_WEEK;
}

/* A week may end in the next month, whose records are counted there: what is known of it is the more of both. */
static int64_t counted(const ExpectedPlace *place, Period period)
{
    for (size_t i = 0; i < place->n_counts; i++)
        if (place->counts[i].period == period)
            return place->counts[i].records;
    return 0;
}

/* A register has one state, which is sent again for each period: what came in its last week or behind it is of the period. */
static bool is_of_period(const Settling *s, const ExpectedOfRow *report, int64_t came)
{
    enum { LAST_DAYS = 7 };
    return report->first_in != DB_NULL_INT || day_of(s->quality, came) > period_end((Period) report->period) - LAST_DAYS;
}

static bool count_records(DbConn *tx, const Settling *s, const ExpectedOfRow *report, int64_t *ret_records, int64_t *ret_came, GError **err)
{
    bool reg = s->place->pack->kind == PACK_REGISTER;
    int first = reg ? 0 : (int) report->month, last = reg ? 0 : hub_month(period_end((Period) report->period));
    SegmentSumRow sum;
    bool found;
    if (!db_one(tx, SegmentSum, s->arena, &sum, &found, err, .dataset = s->place->dataset, .org = s->place->org, .first = first, .last = last))
        return false;
    *ret_came = sum.came;
    *ret_records = reg ? (is_of_period(s, report, sum.came) ? sum.records : 0) : is_short((Period) report->period) ? counted(s->place, (Period) report->period) : sum.records;
    return true;
}

bool expected_meet(DbConn *tx, const AuditWho *who, const PackDataset *pack, int64_t org, Period period, bool zero, Date today, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    char text[PERIOD_TEXT_MAX];
    DutyMet met = { .key = quality_duty_key(arena, pack), .org = org, .subject = { "dataset", pack->full_name },
                    .period = str_from(period_format(period, text)), .zero = zero, .account = DB_NULL_INT, .today = today };
    return duty_met(tx, who, &met, err);
}

static bool settle_one(DbConn *tx, const Settling *s, const ExpectedOfRow *report, GError **err)
{
    int64_t records, came;
    if (!count_records(tx, s, report, &records, &came, err))
        return false;
    int64_t first_in = records == 0 ? DB_NULL_INT : report->first_in != DB_NULL_INT ? report->first_in : came;
    ExpectedFacts facts = { .excused = report->excused, .timed = report->timed, .zero = report->zero_at != DB_NULL_INT, .records = records,
                            .came = day_of(s->quality, first_in), .due = report->due, .today = s->today };
    ExpectedState state = expected_state(&facts);
    Str word = str_from(expected_states[state]);
    if (str_eq(word, report->state) && records == report->records && first_in == report->first_in)
        return true;
    if (!db_exec(tx, ExpectedSet, NULL, err, .id = report->id, .state = word, .records = records, .first_in = first_in))
        return false;
    return (state != EXPECTED_IN && state != EXPECTED_LATE)
           || expected_meet(tx, &s->who, s->place->pack, s->place->org, (Period) report->period, false, s->today, err);
}

/* The first month of the longest period that a month lies in; of a register also the months before, which may still be waited for. */
static int first_month(const PackDataset *pack, int month)
{
    PeriodKind kind;
    if (pack->kind == PACK_REGISTER)
        return month - 12;
    if (!expected_kind(pack, &kind) || kind == PERIOD_DAY || kind == PERIOD_WEEK)
        return month;
    return hub_month(period_start(period_of_date(kind, quality_month_start(month))));
}

bool expected_settle(DbConn *tx, const Quality *quality, const ExpectedPlace *place, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Reports reports = { 0 };
    Settling s = { quality, place, arena, { STR_NONE, "engine", clock_now_ms(quality->clock) }, clock_today(quality->clock) };
    g_autoptr(DbRows) rows = db_query(tx, ExpectedOf, err, .dataset = place->dataset, .org = place->org, .first = first_month(place->pack, place->month), .last = place->month);
    for (ExpectedOfRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(ExpectedOf, &row, arena);
        *ARENA_PUSH(arena, &reports) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < reports.n; i++)
        if (!settle_one(tx, &s, &reports.v[i], err))
            return false;
    return true;
}

/* --- By people --------------------------------------------------------------------------------------------------------------------- */

static void append_event(DbConn *tx, const ExpectedActor *actor, const char *verb, const ExpectedByUidRow *row, Str reason)
{
    g_autoptr(Arena) arena = arena_new();
    char period[PERIOD_TEXT_MAX];
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "dataset", row->dataset_name);
    json_member_str(&json, "org", row->org_uid);
    json_member_cstr(&json, "period", period_format((Period) row->period, period));
    json_member_str(&json, "reason", reason.p ? audit_digest(arena, reason) : STR_NONE);
    json_end_object(&json);
    audit_append(tx, &actor->who, verb, (AuditObject) { "report", row->uid }, str_from_gstring(data));
}

static bool load(DbConn *tx, Str uid, int64_t version, Arena *arena, ExpectedByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(tx, ExpectedByUid, arena, ret_row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no report '" STR_FMT "'", STR_ARG(uid));
    if (version == 0 || version == ret_row->version)
        return true;
    error_set(err, BH_CONFLICT, "the report was changed in between: it has version %" G_GINT64_FORMAT, ret_row->version);
    return error_detail(err, "version-stale");
}

/* As expected_settle would find it; the score follows. */
static bool set_state(DbConn *tx, const ExpectedByUidRow *row, ExpectedState state, GError **err)
{
    return db_exec(tx, ExpectedSet, NULL, err, .id = row->id, .state = str_from(expected_states[state]), .records = row->records, .first_in = row->first_in)
           && db_exec(tx, QualityDueAdd, NULL, err, .dataset = row->dataset, .org = row->org, .month = row->month);
}

bool expected_closed(Date locked, Date opened, Date today)
{
    return locked != DATE_NONE && today > locked && (opened == DATE_NONE || opened < today);
}

static bool closed_error(const ExpectedByUidRow *row, GError **err)
{
    char period[PERIOD_TEXT_MAX], since[DATE_TEXT_MAX];
    error_set(err, BH_CONFLICT, "%s is closed since %s; it can be opened for a time by who stands above", period_format((Period) row->period, period), date_format(row->locked, since));
    error_params(err, "period=%s\nsince=%s", period, since);
    return error_detail(err, "period-locked");
}

bool expected_say_zero(DbConn *tx, const ExpectedActor *actor, Str uid, int64_t version, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ExpectedByUidRow row;
    if (!load(tx, uid, version, arena, &row, err))
        return false;
    if (row.records > 0) {
        error_set(err, BH_CONFLICT, "there are %" G_GINT64_FORMAT " records of that period", row.records);
        return error_detail(err, "records-there");
    }
    if (expected_closed(row.locked, row.opened, actor->today))
        return closed_error(&row, err);
    if (!db_exec(tx, ExpectedZero, NULL, err, .id = row.id, .version = row.version, .zero_at = actor->who.at_ms, .zero_by = actor->account)
        || !set_state(tx, &row, row.excused ? EXPECTED_EXCUSED : EXPECTED_ZERO, err))
        return false;
    append_event(tx, actor, "report-zero", &row, STR_NONE);
    return true;
}

bool reason_check(Str reason, GError **err)
{
    if (str_trim(reason).n == 0) {
        error_set(err, BH_BAD_INPUT, "a reason is needed");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    if (utf8_length(reason) <= LIMIT_TEXT_CHARS)
        return true;
    error_set(err, BH_TOO_LARGE, "the text is longer than %d characters", LIMIT_TEXT_CHARS);
    return error_at(err, "/reason");
}

bool expected_excuse(DbConn *tx, const ExpectedActor *actor, Str uid, int64_t version, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ExpectedByUidRow row;
    if (!reason_check(reason, err) || !load(tx, uid, version, arena, &row, err) || !db_exec(tx, ExpectedExcuse, NULL, err, .id = row.id, .version = row.version, .reason = reason)
        || !set_state(tx, &row, EXPECTED_EXCUSED, err))
        return false;
    append_event(tx, actor, "report-excuse", &row, reason);
    return true;
}

bool expected_follow(DbConn *tx, const ExpectedActor *actor, const Duty *duty, bool zero, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ExpectedUidRow uid;
    ExpectedByUidRow row;
    Period period;
    bool found = period_parse(duty->period, &period) && str_eq(duty->subject_kind, STR("dataset"));
    if (!found)
        return true;
    if (!db_one(tx, ExpectedUid, arena, &uid, &found, err, .dataset = duty->subject, .org = duty->org, .period = period))
        return false;
    if (!found)
        return true;
    if (!load(tx, uid.uid, 0, arena, &row, err))
        return false;
    return !zero ? expected_excuse(tx, actor, uid.uid, 0, reason, err) : row.records > 0 || expected_say_zero(tx, actor, uid.uid, 0, err);
}

static bool check_open(const ExpectedActor *actor, const ExpectedByUidRow *row, Date until, GError **err)
{
    if (until == DATE_NONE || until < actor->today) {
        error_set(err, BH_BAD_INPUT, "a day that is not past is needed");
        error_at(err, "/until");
        return error_detail(err, "grant-past");
    }
    if (row->locked != DATE_NONE && actor->today > row->locked)
        return true;
    error_set(err, BH_CONFLICT, "the period is not closed");
    return error_detail(err, "not-locked");
}

bool expected_open(DbConn *tx, const ExpectedActor *actor, Str uid, Date until, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ExpectedByUidRow row;
    char grant[UID_TEXT_MAX];
    if (!reason_check(reason, err) || !load(tx, uid, 0, arena, &row, err) || !check_open(actor, &row, until, err)
        || !db_exec(tx, ExpectedGrantAdd, NULL, err, .uid = str_from(uid_new(grant)), .expected = row.id, .until = until, .reason = reason, .account = actor->account,
                    .at = actor->who.at_ms))
        return false;
    append_event(tx, actor, "report-open", &row, reason);
    return true;
}
