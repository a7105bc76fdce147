/* What time alone does to duties: opened, missed, told of. Each step is a transaction that may be cut off behind any other: what is opened is unique by rule,
 * organisation, subject and period, and states only go forward. */
#include "db/queries.h"
#include "flow/duty_private.h"

#include "base/banned.h"

enum { STEP_ROWS = 200, TELL_DAYS = 3 };

typedef struct {
    Db *db;
    Arena *arena; /* of the whole run: rules */
    Date today;
    AuditWho who;
    DutyTold told;
    void *told_data;
    DutyCount count;
} Daily;

static bool go_on(const Daily *daily, GError **err)
{
    return !daily->told || daily->told(daily->told_data, err);
}

/* --- Opening ------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(DutyOwersRow) Owers;

/* One step: those who owe for a period, from behind the last one of the step before. */
typedef struct {
    const Daily *daily;
    const DutyRulesToOpenRow *rule;
    const Calendar *calendar;
    Period period;
    int64_t after_org;
    Str after_subject;
    Arena *arena; /* of the step */
    Owers owers;
    DutySum opened;
} Opening;

static bool read_owers(DbConn *tx, Opening *opening, GError **err)
{
    Date day = MIN(opening->daily->today, period_end(opening->period));
    opening->owers = (Owers) { 0 };
    g_autoptr(DbRows) rows = db_query(tx, DutyOwers, err, .rule = opening->rule->id, .day = day, .after_org = opening->after_org,
                                      .after_subject = opening->after_subject, .limit = STEP_ROWS);
    for (DutyOwersRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(opening->arena, &opening->owers)
            = (DutyOwersRow) { row.org, arena_str(opening->arena, row.kind), arena_str(opening->arena, row.subject) };
    return db_rows_ok(rows);
}

static bool open_one(DbConn *tx, Opening *opening, const DutyOwersRow *ower, GError **err)
{
    const DutyRulesToOpenRow *rule = opening->rule;
    DutyDays days = duty_days(opening->calendar, period_end(opening->period), (int) rule->due_days, rule->due_working, (int) rule->grace_days);
    char uid[UID_TEXT_MAX], period[PERIOD_TEXT_MAX];
    int64_t changes;
    DutyOpened duty = { str_from(uid_new(uid)), ower->kind, ower->subject, str_from(period_format(opening->period, period)), ower->org, days.due, days.last };
    if (!db_exec(tx, DutyInsert, &changes, err, .uid = duty.uid, .rule = rule->id, .org = ower->org, .subject_kind = ower->kind,
                 .subject = ower->subject, .period = duty.period, .due = days.due, .last = days.last))
        return false;
    if (changes == 1)
        duty_sum_add(&opening->opened, &duty);
    return true;
}

static void append_opened(DbConn *tx, const Opening *opening)
{
    char period[PERIOD_TEXT_MAX];
    g_autofree char *sum = g_strdup_printf("%016" G_GINT64_MODIFIER "x", opening->opened.sum);
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_int(&json, "opened", opening->opened.n);
    json_member_cstr(&json, "period", period_format(opening->period, period));
    json_member_cstr(&json, "sum", sum);
    json_end_object(&json);
    audit_append(tx, &opening->daily->who, "duty-open", (AuditObject) { "duty_rule", opening->rule->uid }, str_from_gstring(data));
}

static bool open_in_tx(DbConn *tx, void *data, GError **err)
{
    Opening *opening = data;
    opening->opened = (DutySum) { 0 };
    if (!read_owers(tx, opening, err))
        return false;
    for (size_t i = 0; i < opening->owers.n; i++)
        if (!open_one(tx, opening, &opening->owers.v[i], err))
            return false;
    if (opening->opened.n > 0)
        append_opened(tx, opening);
    return true;
}

static bool open_period(Daily *daily, const DutyRulesToOpenRow *rule, const Calendar *calendar, Period period, GError **err)
{
    g_autoptr(Arena) kept = arena_new(); /* where the steps stand */
    Opening opening = { .daily = daily, .rule = rule, .calendar = calendar, .period = period, .after_org = -1, .after_subject = STR("") };
    do {
        g_autoptr(Arena) arena = arena_new();
        opening.arena = arena;
        if (!go_on(daily, err) || !db_write(daily->db, DB_BULK, open_in_tx, &opening, err))
            return false;
        daily->count.opened += opening.opened.n;
        if (opening.owers.n > 0) {
            const DutyOwersRow *last = &opening.owers.v[opening.owers.n - 1];
            opening.after_org = last->org;
            opening.after_subject = arena_str(kept, last->subject);
        }
    } while (opening.owers.n == STEP_ROWS);
    return true;
}

static bool opened_in_tx(DbConn *tx, void *data, GError **err)
{
    const Opening *opening = data;
    return db_exec(tx, DutyRuleOpened, NULL, err, .id = opening->rule->id, .today = opening->daily->today);
}

/* Also the period that was opened already: others may owe in it by now. */
static bool open_rule(Daily *daily, const DutyRulesToOpenRow *rule, const Calendar *calendar, GError **err)
{
    PeriodKind kind;
    if (!duty_period_kind(rule->every, &kind))
        return error_set(err, BH_INTERNAL, "the rule " STR_FMT " is for every '" STR_FMT "'", STR_ARG(rule->uid), STR_ARG(rule->every));
    bool once = kind == PERIOD_DAY;
    Date until = rule->valid_to == DATE_NONE ? daily->today : MIN(daily->today, rule->valid_to);
    Date from = once ? rule->valid_from : MAX(rule->valid_from, rule->opened);
    Period last = period_of_date(kind, once ? from : until);
    for (Period period = period_of_date(kind, from); period <= last && from <= until; period = period_add(period, 1))
        if (!open_period(daily, rule, calendar, period, err))
            return false;
    Opening done = { .daily = daily, .rule = rule };
    return db_write(daily->db, DB_BULK, opened_in_tx, &done, err);
}

static DutyRulesToOpenRow copy_rule(Arena *arena, const DutyRulesToOpenRow *row)
{
    DutyRulesToOpenRow copy = *row;
    copy.uid = arena_str(arena, row->uid);
    copy.name = arena_str(arena, row->name);
    copy.owed = arena_str(arena, row->owed);
    copy.every = arena_str(arena, row->every);
    copy.calendar = arena_str(arena, row->calendar);
    return copy;
}

typedef ARENA_LIST(DutyRulesToOpenRow) Rules;

static bool read_rules(Daily *daily, Rules *rules, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(daily->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, DutyRulesToOpen, err, .today = daily->today) : NULL;
    for (DutyRulesToOpenRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(daily->arena, rules) = copy_rule(daily->arena, &row);
    return db_rows_ok(rows);
}

static bool read_calendar(Daily *daily, Str code, Calendar *ret_calendar, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(daily->db, err);
    return conn && calendar_load(conn, daily->arena, code, ret_calendar, err);
}

static bool open_all(Daily *daily, GError **err)
{
    Rules rules = { 0 };
    Calendar calendar;
    if (!read_rules(daily, &rules, err))
        return false;
    for (size_t i = 0; i < rules.n; i++)
        if (!read_calendar(daily, rules.v[i].calendar, &calendar, err) || !open_rule(daily, &rules.v[i], &calendar, err))
            return false;
    return true;
}

/* --- Missing ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Daily *daily;
    int64_t count;
} Missing;

static bool miss_in_tx(DbConn *tx, void *data, GError **err)
{
    Missing *missing = data;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(Str) uids = { 0 };
    missing->count = 0;
    g_autoptr(DbRows) rows = db_query(tx, DutiesLapsed, err, .today = missing->daily->today, .limit = STEP_ROWS);
    for (DutiesLapsedRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!duty_miss(tx, &missing->daily->who, uids.v[i], missing->daily->today, err))
            return false;
    missing->count = (int64_t) uids.n;
    return true;
}

static bool miss_all(Daily *daily, GError **err)
{
    Missing missing = { .daily = daily };
    do {
        if (!go_on(daily, err) || !db_write(daily->db, DB_BULK, miss_in_tx, &missing, err))
            return false;
        daily->count.missed += missing.count;
    } while (missing.count == STEP_ROWS);
    return true;
}

/* --- Telling ------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(DutiesToTellRow) ToTell;

typedef struct {
    const Daily *daily;
    int64_t after, count;
    int64_t last; /* the id that this step came to */
} Telling;

static Str told_params(Arena *arena, const DutiesToTellRow *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_date(&json, "due", row->due);
    json_member_str(&json, "period", row->period);
    json_member_str(&json, "rule", row->rule_name);
    json_member_str(&json, "state", row->state);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

static bool tell_one(DbConn *tx, const Daily *daily, Arena *arena, const DutiesToTellRow *row, GError **err)
{
    static const Role roles[] = { ROLE_UNIT_HEAD, ROLE_HANDLER, ROLE_REPORTER };
    Audience audience = { .arena = arena, .today = daily->today };
    bool missed = str_eq(row->state, STR("missed"));
    Message message = { .kind = "duty", .level = missed ? "red" : "green", .about = { "duty", row->uid }, .params = told_params(arena, row), .by = DB_NULL_INT,
                        .at_ms = daily->who.at_ms };
    return audience_add_roles(tx, &audience, row->org, roles, G_N_ELEMENTS(roles), NULL, err) && message_send_all(tx, &audience, &message, err)
           && db_exec(tx, DutyTold, NULL, err, .id = row->id, .told = missed ? 2 : 1);
}

static DutiesToTellRow copy_told(Arena *arena, const DutiesToTellRow *row)
{
    DutiesToTellRow copy = *row;
    copy.uid = arena_str(arena, row->uid);
    copy.state = arena_str(arena, row->state);
    copy.period = arena_str(arena, row->period);
    copy.rule_name = arena_str(arena, row->rule_name);
    return copy;
}

static bool tell_in_tx(DbConn *tx, void *data, GError **err)
{
    Telling *telling = data;
    g_autoptr(Arena) arena = arena_new();
    ToTell list = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, DutiesToTell, err, .until = telling->daily->today + TELL_DAYS, .after = telling->after, .limit = STEP_ROWS);
    for (DutiesToTellRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &list) = copy_told(arena, &row);
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!tell_one(tx, telling->daily, arena, &list.v[i], err))
            return false;
    telling->count = (int64_t) list.n;
    telling->last = list.n > 0 ? list.v[list.n - 1].id : telling->after;
    return true;
}

static bool tell_all(Daily *daily, GError **err)
{
    Telling telling = { .daily = daily };
    do {
        if (!go_on(daily, err) || !db_write(daily->db, DB_BULK, tell_in_tx, &telling, err))
            return false;
        daily->count.told += telling.count;
        telling.after = telling.last;
    } while (telling.count == STEP_ROWS);
    return true;
}

static Daily daily_of(Db *db, const Clock *clock, DutyTold told, void *told_data, Arena *arena)
{
    return (Daily) { .db = db, .arena = arena, .today = clock_today(clock), .who = { STR_NONE, "engine", clock_now_ms(clock) }, .told = told, .told_data = told_data };
}

bool duties_open(Db *db, const Clock *clock, DutyTold told, void *told_data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Daily daily = daily_of(db, clock, told, told_data, arena);
    return open_all(&daily, err);
}

bool duties_daily(Db *db, const Clock *clock, DutyTold told, void *told_data, DutyCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Daily daily = daily_of(db, clock, told, told_data, arena);
    if (!open_all(&daily, err) || !miss_all(&daily, err) || !tell_all(&daily, err))
        return false;
    *ret_count = daily.count;
    return true;
}
