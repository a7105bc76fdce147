/* Every day: periods that began are expected of whom the packs name, and what was due is missed. In short transactions; what is opened is unique by dataset, organisation and period. */
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

enum { BACK_MONTHS = 36, REPORTERS_OF_SEASON = 4 /* a quarter of them */, STEP_ROWS = 500 };

typedef struct {
    int64_t id;
    Str uid;
    Date opened, closed;
} Reporter;

/* An exception of the pack, its organisation found. */
typedef struct {
    int64_t org;
    Date since, until;
    Str reason;
} Excepted;

typedef struct {
    const Quality *quality;
    const PackDataset *pack;
    PeriodKind kind;
    int64_t dataset;
    Date today;
    AuditWho who;
    Calendar calendar;
    QualityHome home;
    ARENA_LIST(Reporter) reporters;
    ARENA_LIST(Excepted) excepted;
    Period first, last;
    Period period; /* the one that is opened now */
    int64_t opened, awaited; /* of that period; those whose day is not over */
    const RecordSets *sets;
} Opening;

/* --- Who and from when ------------------------------------------------------------------------------------------------------- */

/* One of a kind that is named may have a function that is named, too. */
static bool is_reporter(const Opening *opening, int64_t org)
{
    for (size_t i = 0; i < opening->reporters.n; i++)
        if (opening->reporters.v[i].id == org)
            return true;
    return false;
}

static bool read_reporters(DbConn *conn, Opening *opening, Arena *arena, GError **err)
{
    const PackReporters *who = opening->pack->reporters;
    for (size_t i = 0; i < who->types.n; i++) {
        g_autoptr(DbRows) rows = db_query(conn, ReportersOf, err, .word = who->types.v[i].text);
        for (ReportersOfRow row; rows && db_next(rows, &row, err);)
            if (!is_reporter(opening, row.id))
                *ARENA_PUSH(arena, &opening->reporters) = (Reporter) { row.id, arena_str(arena, row.uid), row.opened, row.closed };
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

/* An exception of an organisation that is not known here excepts nobody. */
static bool read_exceptions(DbConn *conn, Opening *opening, Arena *arena, GError **err)
{
    const PackReporters *who = opening->pack->reporters;
    for (size_t i = 0; i < who->exceptions.n; i++) {
        const PackException *exception = &who->exceptions.v[i];
        OrgMatch match;
        if (!org_resolve(conn, arena, exception->org, STR_NONE, &match, err))
            return false;
        if (match.how != ORG_UNRESOLVED)
            *ARENA_PUSH(arena, &opening->excepted) = (Excepted) { match.org.id, exception->since, exception->until, exception->reason };
    }
    return true;
}

/* The first month in which so many have records that it is no mistake of somebody. */
static bool first_reported(DbConn *conn, const Opening *opening, Date *ret_day, GError **err)
{
    int now = hub_month(opening->today);
    g_autoptr(DbRows) rows = db_query(conn, SegmentMonths, err, .dataset = opening->dataset, .first = now - BACK_MONTHS);
    *ret_day = opening->today;
    for (SegmentMonthsRow row; rows && db_next(rows, &row, err);)
        if (row.n * REPORTERS_OF_SEASON >= (int64_t) opening->reporters.n) {
            *ret_day = MIN(*ret_day, quality_month_start((int) row.month));
            break;
        }
    return db_rows_ok(rows);
}

/* From the last period that was opened on; from the first one where something was reported that lies before all that was opened. */
static bool find_span(DbConn *conn, Opening *opening, Arena *arena, GError **err)
{
    const PackReporters *who = opening->pack->reporters;
    ExpectedSpanRow known;
    bool found;
    Date begin = opening->today;
    if (!db_one(conn, ExpectedSpan, arena, &known, &found, err, .dataset = opening->dataset) || !first_reported(conn, opening, &begin, err))
        return false;
    begin = who->since == DATE_NONE ? begin : MAX(begin, who->since);
    opening->first = period_of_date(opening->kind, begin);
    if (known.first != DB_NULL_INT && known.first <= opening->first)
        opening->first = (Period) known.last;
    opening->last = period_of_date(opening->kind, who->until == DATE_NONE ? opening->today : MIN(opening->today, who->until));
    return true;
}

/* --- Opening ------------------------------------------------------------------------------------------------------------------ */

static bool reports_in(const Reporter *reporter, Date day)
{
    return (reporter->opened == DATE_NONE || reporter->opened <= day) && (reporter->closed == DATE_NONE || reporter->closed > day);
}

/* The whole period lies in the exception: a part of it is reported. */
static const Excepted *exception_of(const Opening *opening, int64_t org)
{
    for (size_t i = 0; i < opening->excepted.n; i++) {
        const Excepted *e = &opening->excepted.v[i];
        if (e->org == org && e->since <= period_start(opening->period) && e->until >= period_end(opening->period))
            return e;
    }
    return NULL;
}

static bool open_one(DbConn *tx, Opening *opening, const Reporter *reporter, GError **err)
{
    const PackDataset *pack = opening->pack;
    char uid[UID_TEXT_MAX];
    Date end = period_end(opening->period);
    Date due = pack->due.node ? expected_day(&opening->calendar, end, pack->due) : end;
    const Excepted *excepted = exception_of(opening, reporter->id);
    int month = hub_month(period_start(opening->period));
    Date locked = pack->lock.node ? expected_day(&opening->calendar, end, pack->lock) : DATE_NONE;
    int64_t made;
    if (locked < opening->today) /* what was over before anybody expected it may still be sent: an institution's history when it joins */
        locked = DATE_NONE;
    if (!db_exec(tx, ExpectedInsert, &made, err, .uid = str_from(uid_new(uid)), .dataset = opening->dataset, .org = reporter->id, .period = opening->period,
                 .month = month, .due = due, .locked = locked,
                 .timed = pack->due.node && opening->today <= due, .state = str_from(expected_states[excepted ? EXPECTED_EXCUSED : EXPECTED_WAITING]),
                 .excused = excepted != NULL, .reason = excepted ? excepted->reason : STR_NONE))
        return false;
    opening->opened += made;
    opening->awaited += due >= opening->today ? made : 0;
    /* What is there already is told of by the compute, which settles it. */
    return made == 0 || db_exec(tx, QualityDueAdd, NULL, err, .dataset = opening->dataset, .org = reporter->id, .month = month);
}

static bool open_in_tx(DbConn *tx, void *data, GError **err)
{
    Opening *opening = data;
    opening->opened = opening->awaited = 0;
    Date day = MIN(opening->today, period_end(opening->period));
    for (size_t i = 0; i < opening->reporters.n; i++)
        if (reports_in(&opening->reporters.v[i], day) && !open_one(tx, opening, &opening->reporters.v[i], err))
            return false;
    /* What was judged before anybody expected this waits for it now. */
    return opening->awaited == 0
           || report_turned(tx, opening->sets, &(ReportTurn) { opening->dataset, 0, hub_month(period_start(opening->period)), false, opening->today }, err);
}

/* --- Duties ------------------------------------------------------------------------------------------------------------------- */

/* A rule of duties counts days; spans of months and years, and daily reports, have no place in it. */
static bool rule_of(const Opening *opening, Arena *arena, DutyRule *ret_rule)
{
    static const char *const every[] = { [PACK_EVERY_WEEK] = "week", [PACK_EVERY_MONTH] = "month", [PACK_EVERY_QUARTER] = "quarter", [PACK_EVERY_YEAR] = "year" };
    const PackDataset *pack = opening->pack;
    PackSpan due = pack->due;
    if (!due.node || pack->every == PACK_EVERY_DAY || due.unit == PACK_MONTHS || due.unit == PACK_YEARS || due.n > DUTY_DAYS_MAX / 7)
        return false;
    bool working = due.unit == PACK_WORKING_DAYS;
    Date from = pack->reporters->since;
    if (from == DATE_NONE)
        date_from_ymd(2000, 1, 1, &from);
    *ret_rule = (DutyRule) {
        .key = quality_duty_key(arena, pack), .name = pack->name, .org = opening->home.id, .owed = STR("subjects"), .every = str_from(every[pack->every]),
        .due_days = working ? due.n : expected_day(NULL, 0, due), .due_working = working, .calendar = CALENDAR_CHINA, .from = from, .to = pack->reporters->until, .on = true,
    };
    return true;
}

/* Who owes it is written again only when somebody new does. */
static bool keep_duties(DbConn *tx, void *data, GError **err)
{
    Opening *opening = data;
    g_autoptr(Arena) arena = arena_new();
    DutyRule rule;
    int64_t id, owers;
    if (!rule_of(opening, arena, &rule))
        return true;
    QualityOwersRow known;
    bool found;
    if (!duty_rule_keep(tx, &opening->who, &rule, opening->today, arena, &id, err) || !db_one(tx, QualityOwers, arena, &known, &found, err, .rule = id))
        return false;
    owers = found ? known.n : 0;
    for (size_t i = 0; owers != (int64_t) opening->reporters.n && i < opening->reporters.n; i++)
        if (!duty_subject_set(tx, id, opening->reporters.v[i].id, (AuditObject) { "dataset", opening->pack->full_name }, rule.from, rule.to, err))
            return false;
    return true;
}

typedef struct {
    const Quality *quality;
    AuditWho who;
    int64_t after, last; /* the ids behind which, and to which, a step goes */
    int64_t n;
} Answering;

typedef ARENA_LIST(DutiesAnsweredRow) Answered;

/* On the day on which it came, though it is said of it today. */
static bool answer_one(DbConn *tx, const Answering *answering, const DutiesAnsweredRow *row, GError **err)
{
    const Clock *clock = answering->quality->clock;
    const PackDataset *pack = packs_dataset(answering->quality->packs, row->dataset);
    Date came = row->came == DB_NULL_INT ? clock_today(clock) : date_of_instant(row->came, clock_zone_minutes(clock));
    return !pack || expected_meet(tx, &answering->who, pack, row->org, (Period) row->period, str_eq(row->state, str_from(expected_states[EXPECTED_ZERO])), came, err);
}

static bool answer_in_tx(DbConn *tx, void *data, GError **err)
{
    Answering *answering = data;
    g_autoptr(Arena) arena = arena_new();
    Answered list = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, DutiesAnswered, err, .after = answering->after, .limit = STEP_ROWS);
    for (DutiesAnsweredRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(DutiesAnswered, &row, arena);
        *ARENA_PUSH(arena, &list) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!answer_one(tx, answering, &list.v[i], err))
            return false;
    answering->n = (int64_t) list.n;
    answering->last = list.n > 0 ? list.v[list.n - 1].id : answering->after;
    return true;
}

/* What came before anybody said that it is owed is no longer: nobody is reminded of it. */
static bool open_duties(const Quality *quality, QualityTold told, void *data, GError **err)
{
    Answering answering = { .quality = quality, .who = { STR_NONE, "engine", clock_now_ms(quality->clock) } };
    if (!duties_open(quality->db, quality->clock, told, data, err))
        return false;
    do {
        answering.after = answering.last;
        if ((told && !told(data, err)) || !db_write(quality->db, DB_BULK, answer_in_tx, &answering, err))
            return false;
    } while (answering.n == STEP_ROWS);
    return true;
}

/* --- Each dataset --------------------------------------------------------------------------------------------------------------- */

static bool prepare(Opening *opening, Arena *arena, bool *ret_installed, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(opening->quality->db, err);
    return conn && quality_dataset(conn, opening->pack, &opening->dataset, ret_installed, err)
           && (!*ret_installed
               || (calendar_load(conn, arena, CALENDAR_CHINA, &opening->calendar, err) && quality_home(conn, arena, &opening->home, err)
                   && read_reporters(conn, opening, arena, err) && read_exceptions(conn, opening, arena, err) && find_span(conn, opening, arena, err)));
}

static bool open_dataset(const Quality *quality, const PackDataset *pack, const RecordSets *sets, QualityTold told, void *data, ExpectedCount *count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Opening opening = { .quality = quality, .pack = pack, .sets = sets, .today = clock_today(quality->clock), .who = { STR_NONE, "engine", clock_now_ms(quality->clock) } };
    bool installed = false;
    if (!pack->reporters || !expected_kind(pack, &opening.kind))
        return true;
    if (!prepare(&opening, arena, &installed, err))
        return false;
    if (!installed || opening.reporters.n == 0)
        return true;
    if (!db_write(quality->db, DB_BULK, keep_duties, &opening, err))
        return false;
    for (opening.period = opening.first; opening.period <= opening.last; opening.period = period_add(opening.period, 1)) {
        if ((told && !told(data, err)) || !db_write(quality->db, DB_BULK, open_in_tx, &opening, err))
            return false;
        count->opened += opening.opened;
    }
    return true;
}

/* --- Closing ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Date today;
    const RecordSets *sets;
    int64_t closed, missed;
} Aging;

typedef ARENA_LIST(ExpectedOverRow) Over;

/* Nothing was computed when it was no longer awaited: it never came, or somebody said something of it. */
static bool came_silently(const ExpectedOverRow *row)
{
    return !str_eq(row->state, str_from(expected_states[EXPECTED_IN])) && !str_eq(row->state, str_from(expected_states[EXPECTED_LATE]));
}

static bool close_in_tx(DbConn *tx, void *data, GError **err)
{
    Aging *aging = data;
    g_autoptr(Arena) arena = arena_new();
    Over over = { 0 };
    aging->closed = aging->missed = 0;
    g_autoptr(DbRows) rows = db_query(tx, ExpectedOver, err, .today = aging->today, .limit = STEP_ROWS);
    for (ExpectedOverRow row; rows && db_next(rows, &row, err);) {
        aging->missed += str_eq(row.state, STR("waiting"));
        db_row_keep(ExpectedOver, &row, arena);
        *ARENA_PUSH(arena, &over) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < over.n; i++, aging->closed++)
        if (!db_exec(tx, ExpectedClose, NULL, err, .id = over.v[i].id)
            || !db_exec(tx, QualityDueAdd, NULL, err, .dataset = over.v[i].dataset, .org = over.v[i].org, .month = over.v[i].month)
            || (came_silently(&over.v[i])
                && !report_turned(tx, aging->sets, &(ReportTurn) { over.v[i].dataset, over.v[i].org, (int) over.v[i].month, true, aging->today }, err)))
            return false;
    return true;
}

static bool close_all(const Quality *quality, const RecordSets *sets, QualityTold told, void *data, ExpectedCount *count, GError **err)
{
    Aging aging = { .today = clock_today(quality->clock), .sets = sets };
    do {
        if ((told && !told(data, err)) || !db_write(quality->db, DB_BULK, close_in_tx, &aging, err))
            return false;
        count->missed += aging.missed;
    } while (aging.closed == STEP_ROWS);
    return true;
}

bool expected_daily(const Quality *quality, QualityTold told, void *data, ExpectedCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ExpectedCount count = { 0 };
    RecordSets sets;
    g_autoptr(DbConn) conn = db_reader(quality->db, err);
    if (!conn || !records_sets(conn, quality->packs, arena, &sets, err))
        return false;
    db_done(g_steal_pointer(&conn));
    for (size_t p = 0; p < packs_count(quality->packs); p++) {
        const Pack *pack = packs_get(quality->packs, p);
        for (size_t i = 0; i < pack->datasets.n; i++)
            if (!open_dataset(quality, &pack->datasets.v[i], &sets, told, data, &count, err))
                return false;
    }
    if (!open_duties(quality, told, data, err) || !close_all(quality, &sets, told, data, &count, err))
        return false;
    *ret_count = count;
    return true;
}
