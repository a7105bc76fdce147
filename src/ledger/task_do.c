/* The verbs of the flow. Each is one transaction: load, check, change, event. */
#include "base/decimal.h"
#include "flow/signals.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- What a step does beside changing the state ----------------------------------------------------------------------- */

static bool claim(Change *change, const TaskWish *wish, GError **err)
{
    (void) err;
    const User *user = change->actor->user;
    Task *task = &change->after;
    task->claim_account = user->account;
    task->claim_org = change_org(change);
    task->claim_by = change_by(change);
    task->claim_at = change->actor->who.at_ms;
    task->claim_note = str_trim(wish->note).n ? wish->note : STR_NONE;
    return true;
}

/* A claim that was not accepted is over: the next one needs its confirmations anew. */
static bool drop_claim(Change *change, GError **err)
{
    Task *task = &change->after;
    for (size_t i = 0; i < task->n_owners; i++)
        if (task->owners[i].confirmed_by.uid.p)
            change_set(change, owner_key(change->arena, "confirmed", i), STR_NONE);
    task->claim_account = task->claim_org = DB_NULL_INT;
    task->claim_by = (PersonRef) { 0 };
    task->claim_at = DB_NULL_INT;
    task->claim_note = STR_NONE;
    task->verified_account = DB_NULL_INT;
    task->verified_by = (PersonRef) { 0 };
    task->overruled_account = DB_NULL_INT;
    task->overruled_by = (PersonRef) { 0 };
    task->closed_at = DB_NULL_INT;
    task->holding_until = DATE_NONE;
    return db_exec(change->tx, TaskOwnersUnconfirm, NULL, err, .task = task->id);
}

static bool confirm(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish;
    const User *user = change->actor->user;
    for (size_t i = 0; i < change->before.n_owners; i++) {
        TaskOwner owner = change->before.owners[i];
        if (!task_speaks_for(user, &change->before, &owner))
            continue;
        owner.confirmed_by = change_by(change);
        owner.confirmed_at = change->actor->who.at_ms;
        change_set(change, owner_key(change->arena, "confirmed", i), confirmed_value(&owner, change->arena));
        if (!db_exec(change->tx, TaskOwnerConfirm, NULL, err, .task = change->after.id, .org = owner.org, .account = user->account,
                     .at = owner.confirmed_at))
            return false;
    }
    return true;
}

static bool verify(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish, (void) err;
    change->after.verified_account = change->actor->user->account;
    change->after.verified_by = change_by(change);
    return true;
}

static bool give_back(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish;
    change->after.returns++;
    return drop_claim(change, err);
}

/* Whoever finds a task done although the proof is not there answers for it: the mark stays for good. */
static bool overrule(Change *change, const TaskWish *wish, GError **err)
{
    change->after.manual = true;
    change->after.overruled_account = change->actor->user->account;
    change->after.overruled_by = change_by(change);
    return verify(change, wish, err);
}

/* From here on what the plan says of holding counts for this task as it stood today. */
static bool issue(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish;
    return task_holding(change->tx, change->arena, change->before.plan, &change->after.holding_days, err);
}

/* Rule i: from here on it is watched. */
static bool close_task(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish, (void) err;
    change->after.closed_at = change->actor->who.at_ms;
    change->after.holding_until = change->today + (Date) change->before.holding_days;
    return true;
}

static bool reopen_parent(const Change *child, GError **err);

static bool reopen(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish;
    change->after.relapses++;
    return drop_claim(change, err) && reopen_parent(change, err);
}

/* What stood on a child that fell back stands no more: its parent's claim ends with it, and the parent's parent's. A parent that was closed
 * relapsed itself. */
static bool reopen_parent(const Change *child, GError **err)
{
    static const TaskWish nothing = { .until = DATE_NONE };
    Change change;
    if (!child->before.parent_uid.p)
        return true;
    if (!change_begin(&change, child->tx, child->actor, child->arena, child->before.parent_uid, DB_NULL_INT, "reopen", err))
        return false;
    bool rests = str_eq(change.before.state, STR("suspended")), closed = str_eq(change.before.state, STR("closed"));
    if (!flow_has_word("submitted verified closed", rests ? change.before.state_before : change.before.state))
        return true;
    change.today = child->today;
    change.reason = child->reason;
    *(rests ? &change.after.state_before : &change.after.state) = STR("reopened");
    return (closed ? reopen(&change, &nothing, err) : drop_claim(&change, err) && reopen_parent(&change, err)) && change_end(&change, err);
}

static bool suspend(Change *change, const TaskWish *wish, GError **err)
{
    (void) err;
    change->after.state_before = change->before.state;
    change->after.suspended_until = wish->until;
    return true;
}

static bool end_suspension(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish, (void) err;
    change->after.state_before = STR_NONE;
    change->after.suspended_until = DATE_NONE;
    return true;
}

/* All of it, or a share: then the rest stays as it was. */
static bool waive(Change *change, const TaskWish *wish, GError **err)
{
    if (!wish->share.p)
        return end_suspension(change, wish, err);
    change->after.state = change->before.state;
    change->after.waived_share = wish->share;
    return true;
}

/* By verb; one that is not here does nothing else. judged: kept as a verdict also where no reason is asked. */
static const struct {
    const char *verb;
    bool (*effect)(Change *change, const TaskWish *wish, GError **err);
    bool judged;
} effects[] = {
    { "issue", issue, false },
    { "submit", claim, false },
    { "confirm", confirm, false },
    { "verify", verify, true },
    { "return", give_back, true },
    { "overrule", overrule, true },
    { "close", close_task, true },
    { "reopen", reopen, true },
    { "suspend", suspend, true },
    { "resume", end_suspension, false },
    { "cancel", end_suspension, true },
    { "waive", waive, true },
};

static bool take_effect(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(effects); i++)
        if (g_str_equal(step->verb, effects[i].verb))
            return effects[i].effect(change, wish, err) && (!effects[i].judged || change_verdict(change, wish->reason, err));
    return true;
}

/* --- A step --------------------------------------------------------------------------------------------------------------- */

/* What it means for those above and below it, and for the plan: one that is closed has no open task. */
static bool follow(const Change *change, const TaskWish *wish, GError **err)
{
    if (str_eq(change->after.state, change->before.state))
        return true;
    if (str_eq(change->after.state, STR("reopened")) && !plan_open_again(change->tx, change->actor, change->before.plan_uid, wish->reason, change->arena, err))
        return false;
    if (flow_has_word("cancelled waived", change->after.state) && !family_ended(change, wish->reason, err))
        return false;
    return !flow_has_word("closed waived", change->after.state) || family_closed(change, err);
}

static bool take_step(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    bool back = g_str_equal(step->to, FLOW_BEFORE);
    change->after.state = back ? change->before.state_before : str_from(step->to);
    if (str_trim(wish->reason).n)
        change->reason = audit_digest(change->arena, wish->reason);
    return take_effect(change, step, wish, err) && change_end(change, err) && follow(change, wish, err);
}

typedef struct {
    const Actor *actor;
    Str uid, verb;
    int64_t version;
    Date today;
    const TaskWish *wish;
    const Clock *clock;
} DoArgs;

static bool do_in_tx(DbConn *tx, void *data, GError **err)
{
    const DoArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    g_autofree char *verb = str_dup(args->verb);
    if (!change_begin(&change, tx, args->actor, arena, args->uid, args->version, verb, err))
        return false;
    change.today = args->today;
    MayObject facts = task_facts(&change.before, arena);
    May answer;
    const FlowStep *step = flow_step(&task_flow, change.before.state, args->verb, args->actor->user, &facts, &answer);
    if (!step)
        return task_refuse(answer.why, task_role_named(&answer, arena), args->verb, &change.before, err);
    if (step->needs & NEED_EVIDENCE && !task_checks_again(&change, args->clock, err))
        return false;
    bool lasts = false;
    if (g_str_equal(step->verb, "verify") && !signal_lasts(tx, change.before.uid, &lasts, err)) /* nobody finds done by word what a score says is not */
        return false;
    if (lasts)
        return task_refuse("score-below", STR_NONE, args->verb, &change.before, err);
    change.before.evidence = change.after.evidence; /* as the registers say now */
    Obstacle obstacle = task_obstacle(args->actor->user, &change.before, step->needs, args->wish, arena);
    if (obstacle.why)
        return task_refuse(obstacle.why, obstacle.params, args->verb, &change.before, err);
    change_for(&change, answer.of);
    return take_step(&change, step, args->wish, err);
}

bool task_do_by_number(DbConn *tx, int64_t at_ms, Date today, Arena *arena, Str uid, const char *verb, Str reason, GError **err)
{
    static const struct {
        const char *verb, *to;
    } steps[] = { { "verify", "verified" }, { "close", "closed" }, { "reopen", "reopened" } };
    const Actor engine = { NULL, { STR_NONE, "engine", at_ms } };
    const TaskWish wish = { .reason = reason, .until = DATE_NONE };
    Change change;
    if (!change_begin(&change, tx, &engine, arena, uid, DB_NULL_INT, verb, err))
        return false;
    bool closed = str_eq(change.before.state, STR("closed")), reopens = g_str_equal(verb, "reopen");
    change.today = today;
    change.reason = audit_digest(arena, reason);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (g_str_equal(verb, steps[i].verb))
            change.after.state = str_from(steps[i].to);
    bool ok = !reopens ? !g_str_equal(verb, "close") || close_task(&change, &wish, err) : closed ? reopen(&change, &wish, err) : drop_claim(&change, err) && reopen_parent(&change, err);
    return ok && change_verdict(&change, reason, err) && change_end(&change, err) && follow(&change, &wish, err);
}

/* More than nothing and less than all, with at most four places. */
static bool share_fits(Str share)
{
    Decimal value;
    return decimal_parse(share, &value) && value.scale <= 4 && decimal_cmp(value, decimal_make(0, 0)) > 0 && decimal_cmp(value, decimal_make(1, 0)) < 0;
}

bool task_do_in_tx(DbConn *tx, const Actor *actor, const Clock *clock, Str uid, int64_t version, Str verb, const TaskWish *wish, GError **err)
{
    DoArgs args = { actor, uid, verb, version, clock_today(clock), wish, clock };
    return do_in_tx(tx, &args, err);
}

bool task_do(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str verb, const TaskWish *wish, GError **err)
{
    if (!task_text_fits(wish->reason, "reason", err) || !task_text_fits(wish->note, "note", err))
        return false;
    if (wish->until != DATE_NONE && wish->until <= clock_today(ledger->clock)) {
        error_set(err, BH_BAD_INPUT, "a suspension ends after today");
        error_at(err, "/until");
        return error_detail(err, "until-past");
    }
    if (wish->share.p && !share_fits(wish->share)) {
        error_set(err, BH_BAD_INPUT, "a share is a decimal between 0 and 1, such as 0.3");
        error_at(err, "/share");
        return error_detail(err, "share-bad");
    }
    DoArgs args = { actor, uid, verb, version, clock_today(ledger->clock), wish, ledger->clock };
    return ledger_write(ledger, do_in_tx, &args, err);
}
