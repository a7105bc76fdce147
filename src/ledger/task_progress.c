/* What a lead reports on a task from time to time: how far it is, what is in the way, what comes next; or that there is nothing new. Like a comment it is no change of
 * the task itself: its version stays, so that nobody's edit grows stale by it. What it says of a target's figure becomes the figure that is claimed. */
#include "db/queries.h"
#include "ledger/task_do.h"

#include "base/banned.h"

typedef struct {
    const Actor *actor;
    Str task, uid;
    const NewProgress *progress;
    Date today;
} ProgressArgs;

static bool bad(GError **err, const char *at, const char *detail, const char *message)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    error_at(err, "%s", at);
    return detail ? error_detail(err, detail) : false;
}

/* By week or month as the plan wants it; by week where it wants nothing. */
static bool find_period(const ProgressArgs *args, Str every, Str *ret_period, Arena *arena, GError **err)
{
    char text[PERIOD_TEXT_MAX];
    bool month = str_eq(every, STR("month"));
    Period now = period_of_date(month ? PERIOD_MONTH : PERIOD_WEEK, args->today), given;
    *ret_period = args->progress->period;
    if (!args->progress->period.p) {
        *ret_period = arena_str(arena, str_from(period_format(now, text)));
        return true;
    }
    if (!period_parse(args->progress->period, &given) || (period_kind(given) != PERIOD_WEEK && period_kind(given) != PERIOD_MONTH))
        return bad(err, "/period", NULL, "a period is like 2026W37 or 2026-09");
    if (!str_eq(every, STR("none")) && period_kind(given) != period_kind(now))
        return bad(err, "/period", "period-unfit", "this plan reports by the other kind of period");
    return period_start(given) <= args->today || bad(err, "/period", "period-unfit", "this period has not begun");
}

static ptrdiff_t target_at(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_targets; i++)
        if (str_eq(task->targets[i].uid, uid))
            return (ptrdiff_t) i;
    return -1;
}

static bool claim_value(Change *change, const ClaimedValue *value, size_t i, GError **err)
{
    ptrdiff_t at = target_at(&change->before, value->target);
    Decimal figure;
    if (at < 0 || !decimal_parse(value->value, &figure)) {
        error_set(err, BH_BAD_INPUT, at < 0 ? "the task has no such target" : "a decimal is expected");
        return error_at(err, "/values/%zu/%s", i, at < 0 ? "target" : "value");
    }
    TaskTarget target = change->before.targets[at];
    target.claimed = value->value;
    target.claimed_by = (PersonRef) { .uid = change->actor->user->account_uid };
    target.claimed_at = change->actor->who.at_ms;
    change_set(change, state_key(change->arena, "target", target.uid), target_value(&target, change->arena));
    return db_exec(change->tx, TaskTargetClaim, NULL, err, .uid = target.uid, .claimed = target.claimed, .account = change->actor->user->account,
                   .at = target.claimed_at);
}

static bool progress_in_tx(DbConn *tx, void *data, GError **err)
{
    const ProgressArgs *args = data;
    const NewProgress *given = args->progress;
    g_autoptr(Arena) arena = arena_new();
    const User *user = args->actor->user;
    Change change;
    Plan plan;
    Str period;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "progress", err) || !task_side_check(&change, "progress", err)
        || !plan_load(tx, arena, change.before.plan_uid, &plan, err) || !find_period(args, plan.settings.progress, &period, arena, err))
        return false;
    TaskProgress entry = {
        .uid = args->uid, .period = period, .text = given->text, .problem = given->problem, .need = given->need, .next = given->next,
        .percent = given->percent, .nothing_new = given->nothing_new, .by = change_by(&change),
        .at = args->actor->who.at_ms,
    };
    change_set(&change, state_key(arena, "progress", entry.uid), progress_value(&entry, arena));
    for (size_t i = 0; i < given->n_values; i++)
        if (!claim_value(&change, &given->values[i], i, err))
            return false;
    change_note(&change);
    return db_exec(tx, TaskProgressInsert, NULL, err, .uid = entry.uid, .task = change.before.id, .period = period, .text = entry.text,
                   .problem = entry.problem, .need = entry.need, .next = entry.next, .percent = entry.percent, .nothing_new = entry.nothing_new,
                   .account = user->account, .org = change_org(&change), .at = entry.at)
           && progress_met(tx, &args->actor->who, &change.before, period, entry.nothing_new, user->account, args->today, err);
}

static bool texts_fit(const NewProgress *progress, GError **err)
{
    if (!task_text_fits(progress->text, "text", err) || !task_text_fits(progress->problem, "problem", err) || !task_text_fits(progress->need, "need", err)
        || !task_text_fits(progress->next, "next", err))
        return false;
    bool says = str_trim(progress->text).n > 0;
    if (progress->nothing_new)
        return !says || bad(err, "/text", NULL, "either there is nothing new, or a text says what");
    return says || bad(err, "/text", "text-missing", "what was done is not said");
}

bool task_progress_add(const Ledger *ledger, const Actor *actor, Str uid, const NewProgress *progress, GError **err)
{
    char progress_uid[UID_TEXT_MAX];
    if (!texts_fit(progress, err))
        return false;
    if (progress->percent != DB_NULL_INT && (progress->percent < 0 || progress->percent > 100))
        return bad(err, "/percent", NULL, "0 to 100 percent");
    uid_new(progress_uid);
    ProgressArgs args = { actor, uid, str_from(progress_uid), progress, clock_today(ledger->clock) };
    return ledger_write(ledger, progress_in_tx, &args, err);
}

bool task_progress_list(DbConn *conn, Arena *arena, const Task *task, TaskProgress **ret_list, size_t *ret_n, GError **err)
{
    ARENA_LIST(TaskProgress) list = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskProgressOf, err, .task = task->id);
    for (TaskProgressOfRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &list) = (TaskProgress) {
            .uid = arena_str(arena, row.uid), .period = arena_str(arena, row.period), .text = arena_str(arena, row.text),
            .problem = arena_str(arena, row.problem), .need = arena_str(arena, row.need), .next = arena_str(arena, row.next), .percent = row.percent,
            .nothing_new = row.nothing_new, .by = { .org_uid = arena_str(arena, row.org_uid), .org_name = arena_str(arena, row.org_name) }, .at = row.at,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++) {
        PersonRef who;
        if (!person_ref(conn, arena, by.v[i], &who, NULL, err))
            return false;
        list.v[i].by.uid = who.uid;
        list.v[i].by.name = who.name;
    }
    *ret_list = list.v;
    *ret_n = list.n;
    return true;
}
