/* The verbs of the flow. Each is one transaction: load, check, change, event. */
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
    task->closed_at = DB_NULL_INT;
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

static bool close_task(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish, (void) err;
    change->after.closed_at = change->actor->who.at_ms;
    return true;
}

static bool reopen(Change *change, const TaskWish *wish, GError **err)
{
    (void) wish;
    change->after.relapses++;
    return drop_claim(change, err);
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

/* By verb; one that is not here does nothing else. judged: kept as a verdict also where no reason is asked. */
static const struct {
    const char *verb;
    bool (*effect)(Change *change, const TaskWish *wish, GError **err);
    bool judged;
} effects[] = {
    { "submit", claim, false },
    { "confirm", confirm, false },
    { "verify", verify, true },
    { "return", give_back, true },
    { "close", close_task, true },
    { "reopen", reopen, true },
    { "suspend", suspend, true },
    { "resume", end_suspension, false },
    { "cancel", end_suspension, true },
    { "waive", end_suspension, true },
};

static bool take_effect(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(effects); i++)
        if (g_str_equal(step->verb, effects[i].verb))
            return effects[i].effect(change, wish, err) && (!effects[i].judged || change_verdict(change, wish->reason, err));
    return true;
}

/* --- A step --------------------------------------------------------------------------------------------------------------- */

static bool take_step(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    bool back = g_str_equal(step->to, FLOW_BEFORE);
    change->after.state = back ? change->before.state_before : str_from(step->to);
    if (str_trim(wish->reason).n)
        change->reason = audit_digest(change->arena, wish->reason);
    return take_effect(change, step, wish, err) && change_end(change, err);
}

typedef struct {
    const Actor *actor;
    Str uid, verb;
    int64_t version;
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
    MayObject facts = task_facts(&change.before, arena);
    May answer;
    const FlowStep *step = flow_step(&task_flow, change.before.state, args->verb, args->actor->user, &facts, &answer);
    if (!step)
        return task_refuse(answer.why, task_role_named(&answer, arena), args->verb, &change.before, err);
    if (step->needs & NEED_EVIDENCE && !task_checks_again(&change, args->clock, err))
        return false;
    change.before.evidence = change.after.evidence; /* as the registers say now */
    Obstacle obstacle = task_obstacle(args->actor->user, &change.before, step->needs, args->wish, arena);
    if (obstacle.why)
        return task_refuse(obstacle.why, obstacle.params, args->verb, &change.before, err);
    change_for(&change, answer.of);
    return take_step(&change, step, args->wish, err);
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
    DoArgs args = { actor, uid, verb, version, wish, ledger->clock };
    return ledger_write(ledger, do_in_tx, &args, err);
}
