/* What the plans' settings mean for the duties: which tasks owe progress. */
#include "base/i18n.h"
#include "db/queries.h"
#include "ledger/ledger.h"

#include "base/banned.h"

enum { STEP_ROWS = 100, WEEK_GRACE_DAYS = 2, MONTH_DUE_DAYS = 3, MONTH_GRACE_DAYS = 3 };

typedef struct {
    AuditWho who;
    Date today;
    const PlansOfProgressRow *plan;
    int64_t rule;
    int64_t count; /* in this step */
} Keeping;

static Str rule_key(Arena *arena, Str plan)
{
    return arena_printf(arena, PROGRESS_RULE STR_FMT, STR_ARG(plan));
}

static Str rule_name(Arena *arena, Str plan_title)
{
    g_autoptr(GString) name = g_string_new(NULL);
    i18n_format(name, LANG_ZH, "duty.progress.name", arena_printf(arena, "plan=" STR_FMT, STR_ARG(utf8_head(plan_title, 150))));
    return arena_str(arena, str_from_gstring(name));
}

/* By the end of the week, so that Monday's meeting has it; of a month by the third working day behind it. */
static DutyRule rule_of(const Keeping *keeping, Arena *arena)
{
    const PlansOfProgressRow *plan = keeping->plan;
    bool month = str_eq(plan->progress, STR("month"));
    return (DutyRule) {
        .key = rule_key(arena, plan->uid), .name = rule_name(arena, plan->title), .org = plan->issuer, .owed = STR("subjects"),
        .every = month ? STR("month") : STR("week"), .due_days = month ? MONTH_DUE_DAYS : 0, .due_working = month,
        .grace_days = month ? MONTH_GRACE_DAYS : WEEK_GRACE_DAYS, .calendar = CALENDAR_CHINA, .from = keeping->today, .to = DATE_NONE, .plan = plan->uid,
        .on = plan->open && !str_eq(plan->progress, STR("none")),
    };
}

/* The day from which a rule is owed stays that of its making. */
static bool keep_rule(DbConn *tx, Keeping *keeping, Arena *arena, GError **err)
{
    DutyRule rule = rule_of(keeping, arena);
    DutyRuleByKeyRow known;
    DutyRuleByUidRow row;
    bool found;
    if (!db_one(tx, DutyRuleByKey, arena, &known, &found, err, .key = rule.key)
        || (found && !db_one(tx, DutyRuleByUid, arena, &row, &found, err, .uid = known.uid)))
        return false;
    if (found)
        rule.from = row.valid_from;
    return duty_rule_keep(tx, &keeping->who, &rule, keeping->today, arena, &keeping->rule, err);
}

static bool keep_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *keeping = data;
    g_autoptr(Arena) arena = arena_new();
    return keep_rule(tx, keeping, arena, err)
           && (!keeping->plan->open
               || db_exec(tx, ProgressSubjectsAdd, NULL, err, .rule = keeping->rule, .plan = keeping->plan->id, .today = keeping->today));
}

typedef ARENA_LIST(Str) Uids;

static bool end_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *keeping = data;
    g_autoptr(Arena) arena = arena_new();
    Uids uids = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, ProgressSubjectsOver, err, .rule = keeping->rule, .limit = STEP_ROWS);
    for (ProgressSubjectsOverRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!duty_subject_end(tx, &keeping->who, (AuditObject) { "task", uids.v[i] }, keeping->today, i18n(LANG_ZH, "duty.task.over"), err))
            return false;
    keeping->count = (int64_t) uids.n;
    return true;
}

static bool keep_plan(Db *db, Keeping *keeping, GError **err)
{
    if (!db_write(db, DB_BULK, keep_in_tx, keeping, err))
        return false;
    do
        if (!db_write(db, DB_BULK, end_in_tx, keeping, err))
            return false;
    while (keeping->count == STEP_ROWS);
    return true;
}

static PlansOfProgressRow copy_plan(Arena *arena, const PlansOfProgressRow *row)
{
    PlansOfProgressRow copy = *row;
    copy.uid = arena_str(arena, row->uid);
    copy.title = arena_str(arena, row->title);
    copy.progress = arena_str(arena, row->progress);
    return copy;
}

static bool keep_plans(Db *db, Keeping *keeping, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(PlansOfProgressRow) plans = { 0 };
    g_autoptr(DbConn) conn = db_reader(db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, PlansOfProgress, err) : NULL;
    for (PlansOfProgressRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &plans) = copy_plan(arena, &row);
    if (!db_rows_ok(rows))
        return false;
    g_clear_pointer(&rows, db_rows_free);
    g_clear_pointer(&conn, db_done);
    for (size_t i = 0; i < plans.n; i++) {
        keeping->plan = &plans.v[i];
        if (!keep_plan(db, keeping, err))
            return false;
    }
    return true;
}

/* --- Met ----------------------------------------------------------------------------------------------------------------------- */

bool progress_met(DbConn *tx, const AuditWho *who, const Task *task, Str period, bool zero, int64_t account, Date today, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DutyMet met = { rule_key(arena, task->plan_uid), DB_NULL_INT, { "task", task->uid }, period, zero, account, today };
    return duty_met(tx, who, &met, err);
}

static bool reported_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *keeping = data;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(DutyMet) list = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, ProgressReported, err, .limit = STEP_ROWS);
    for (ProgressReportedRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &list) = (DutyMet) { arena_str(arena, row.key), row.org, { "task", arena_str(arena, row.subject) }, arena_str(arena, row.period),
                                                row.nothing_new, row.account, keeping->today };
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!duty_met(tx, &keeping->who, &list.v[i], err))
            return false;
    keeping->count = (int64_t) list.n;
    return true;
}

bool ledger_duties_daily(Db *db, const Clock *clock, DutyTold told, void *told_data, DutyCount *ret_count, GError **err)
{
    Keeping keeping = { .who = { .via = "engine", .at_ms = clock_now_ms(clock) }, .today = clock_today(clock) };
    if (!keep_plans(db, &keeping, err) || !duties_daily(db, clock, told, told_data, ret_count, err))
        return false;
    do
        if (!db_write(db, DB_BULK, reported_in_tx, &keeping, err))
            return false;
    while (keeping.count == STEP_ROWS);
    return true;
}
