/* The ladder itself: which step on which day. Touches no database but for setting a plan's own. */
#include "db/queries.h"
#include "ledger/plan_do.h"

#include "base/banned.h"

/* design/ledger.md: 20 days before to the handler, 10 days to the deputy leader too, overdue to the unit and its head; then the letters. */
const PlanStep ladder_default[] = {
    { -20, false, STR_INIT("green"), STR_INIT("handler"), false },
    { -10, false, STR_INIT("yellow"), STR_INIT("handler deputy"), false },
    { 1, false, STR_INIT("red"), STR_INIT("unit head"), false },
    { 5, true, STR_INIT("letter"), STR_INIT("unit head"), true },
    { 10, true, STR_INIT("order"), STR_INIT("unit head leader"), true },
    { 20, true, STR_INIT("bulletin"), STR_INIT("unit head leader issuer"), false },
    { 30, true, STR_INIT("talk"), STR_INIT("head leader issuer"), false },
};
const size_t ladder_default_n = G_N_ELEMENTS(ladder_default);

static const char levels[] = "green yellow red letter order bulletin talk", receivers[] = "handler head deputy leader unit issuer";

Date ladder_day(const Calendar *calendar, const PlanStep *step, Date due)
{
    int days = (int) step->days;
    return calendar_shift(calendar, step->working ? calendar_add(calendar, due, days) : due + days, days > 0 ? 1 : -1);
}

/* The last step before the due date whose day has come, unless it, or a later one of them, was sent. */
static ptrdiff_t next_before(const Calendar *calendar, const PlanStep *steps, size_t n, const Date *sent, Date due, Date today, Date *ret_planned)
{
    ptrdiff_t last = -1;
    for (size_t i = 0; i < n; i++) {
        if (steps[i].days > 0)
            continue;
        Date day = ladder_day(calendar, &steps[i], due);
        if (sent[i] != DATE_NONE)
            last = -1;
        else if (day <= today) {
            last = (ptrdiff_t) i;
            *ret_planned = day;
        }
    }
    return last;
}

static Date day_behind(const Calendar *calendar, const PlanStep *step, const PlanStep *below, Date below_sent, Date due)
{
    Date day = ladder_day(calendar, step, due);
    if (!below)
        return day;
    int apart = (int) (step->days - below->days);
    Date after = calendar_shift(calendar, step->working ? calendar_add(calendar, below_sent, apart) : below_sent + apart, 1);
    return MAX(day, after);
}

static ptrdiff_t next_behind(const Calendar *calendar, const PlanStep *steps, size_t n, const Date *sent, Date due, Date today, Date *ret_planned)
{
    const PlanStep *below = NULL;
    Date below_sent = DATE_NONE;
    for (size_t i = 0; i < n; i++) {
        if (steps[i].days <= 0)
            continue;
        if (sent[i] == DATE_NONE) {
            *ret_planned = day_behind(calendar, &steps[i], below, below_sent, due);
            return *ret_planned <= today ? (ptrdiff_t) i : -1;
        }
        below = &steps[i];
        below_sent = sent[i];
    }
    return -1;
}

ptrdiff_t ladder_next(const Calendar *calendar, const PlanStep *steps, size_t n, const Date *sent, Date due, Date today, Date *ret_planned)
{
    if (!calendar_working(calendar, today))
        return -1;
    return (today <= due ? next_before : next_behind)(calendar, steps, n, sent, due, today, ret_planned);
}

int64_t ladder_amber_days(const PlanStep *steps, size_t n)
{
    int64_t most = -1;
    for (size_t i = 0; i < n; i++)
        if (str_eq(steps[i].level, STR("yellow")) && steps[i].days <= 0)
            most = MAX(most, steps[i].working ? (4 - steps[i].days * 7) / 5 : -steps[i].days);
    return most < 0 ? LIGHT_AMBER_DAYS : most;
}

/* --- Setting ------------------------------------------------------------------------------------------------------------------ */

static bool bad(GError **err, size_t i, const char *member, const char *what)
{
    error_set(err, BH_BAD_INPUT, "%s", what);
    return error_at(err, "/steps/%zu%s%s", i, member[0] ? "/" : "", member);
}

static bool check_receivers(Str to, size_t i, GError **err)
{
    for (Str rest = to; rest.p;)
        if (!flow_has_word(receivers, str_cut(&rest, ' ')))
            return bad(err, i, "to", "some of handler, head, deputy, leader, unit and issuer are expected");
    return true;
}

bool ladder_check(const PlanStep *steps, size_t n, GError **err)
{
    if (n > LADDER_STEPS_MAX) {
        error_set(err, BH_BAD_INPUT, "a ladder has at most %d steps", LADDER_STEPS_MAX);
        return error_at(err, "/steps");
    }
    for (size_t i = 0; i < n; i++) {
        if (steps[i].days < -LADDER_BEFORE_MAX || steps[i].days > LADDER_BEHIND_MAX)
            return bad(err, i, "days", "-120 to 366 days are expected");
        if (i > 0 && steps[i].days <= steps[i - 1].days)
            return bad(err, i, "days", "a step comes later than the one before it");
        if (!flow_has_word(levels, steps[i].level))
            return bad(err, i, "level", "one of green, yellow, red, letter, order, bulletin and talk is expected");
        if (!check_receivers(steps[i].to, i, err))
            return false;
    }
    return true;
}

typedef struct {
    const Actor *actor;
    Str uid;
    int64_t version;
    const PlanStep *steps;
    size_t n;
} StepsArgs;

static bool steps_in_tx(DbConn *tx, void *data, GError **err)
{
    const StepsArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Plan before;
    if (!plan_open(tx, args->actor, args->uid, args->version, "steps", arena, &before, err)
        || !db_exec(tx, PlanStepsDelete, NULL, err, .plan = before.id))
        return false;
    for (size_t i = 0; i < args->n; i++) {
        const PlanStep *step = &args->steps[i];
        if (!db_exec(tx, PlanStepInsert, NULL, err, .plan = before.id, .seq = (int64_t) i + 1, .days = step->days, .working = step->working,
                     .level = step->level, .to_whom = step->to, .letter = step->letter))
            return false;
    }
    Plan after = before;
    if (!plan_load_steps(tx, arena, &after, err))
        return false;
    return plan_change(tx, args->actor, &before, &after, "plan-steps", STR_NONE, arena, err);
}

bool plan_set_steps(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanStep *steps, size_t n, GError **err)
{
    StepsArgs args = { actor, uid, version, steps, n };
    return ladder_check(steps, n, err) && ledger_write(ledger, steps_in_tx, &args, err);
}

bool ladder_load(DbConn *conn, Arena *arena, int64_t plan, PlanStep **ret_steps, size_t *ret_n, GError **err)
{
    ARENA_LIST(PlanStep) steps = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, PlanSteps, err, .plan = plan);
    for (PlanStepsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &steps) = (PlanStep) { row.days, row.working, arena_str(arena, row.level), arena_str(arena, row.to_whom), row.letter };
    *ret_steps = steps.v;
    *ret_n = steps.n;
    return db_rows_ok(rows);
}

bool plan_load_steps(DbConn *conn, Arena *arena, Plan *plan, GError **err)
{
    if (!ladder_load(conn, arena, plan->id, &plan->steps, &plan->n_steps, err))
        return false;
    plan->own_steps = plan->n_steps > 0;
    if (plan->own_steps)
        return true;
    plan->steps = ARENA_ARRAY(arena, PlanStep, ladder_default_n);
    memcpy(plan->steps, ladder_default, ladder_default_n * sizeof *plan->steps);
    plan->n_steps = ladder_default_n;
    return true;
}
