/* The stages of a plan and their gates. What a gate asks is a row: its name, and what is missing of it. */
#include "base/limits.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Gates -------------------------------------------------------------------------------------------------------------------- */

bool plan_stage_count(DbConn *conn, const Plan *plan, int64_t seq, StageCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    PlanStageCountRow row;
    bool found;
    if (!db_one(conn, PlanStageCount, arena, &row, &found, err, .plan = plan->id, .stage = seq))
        return false;
    *ret_count = (StageCount) { row.total, row.closed, row.open };
    return true;
}

/* STR_NONE: nothing is missing. */
static Str missing_decision(const PlanStage *stage, const StageCount *count, Arena *arena)
{
    (void) stage, (void) count, (void) arena;
    return STR("needs=decision");
}

static Str missing_claims(const PlanStage *stage, const StageCount *count, Arena *arena)
{
    (void) stage;
    if (count->open == 0)
        return STR_NONE;
    return arena_printf(arena, "needs=submitted\nopen=%" G_GINT64_FORMAT "\ntotal=%" G_GINT64_FORMAT, count->open, count->total);
}

/* Exact: closed / total >= share / 100. */
static Str missing_closed(const PlanStage *stage, const StageCount *count, Arena *arena)
{
    if (count->closed * 100 >= stage->share * count->total)
        return STR_NONE;
    return arena_printf(arena, "needs=closed\nclosed=%" G_GINT64_FORMAT "\ntotal=%" G_GINT64_FORMAT "\nshare=%" G_GINT64_FORMAT, count->closed, count->total,
                        stage->share);
}

static const struct {
    const char *gate;
    Str (*missing)(const PlanStage *stage, const StageCount *count, Arena *arena); /* NULL: nothing ever */
    bool decided; /* a reason is what it asks for: to give one forces nothing */
} gates[] = {
    { "none", NULL, false },
    { "decision", missing_decision, true },
    { "submitted", missing_claims, false },
    { "closed", missing_closed, false },
};

static bool gate_known(Str gate)
{
    for (size_t i = 0; i < G_N_ELEMENTS(gates); i++)
        if (str_eq(gate, str_from(gates[i].gate)))
            return true;
    return false;
}

/* What the stage's gate misses now; *ret_decided: a reason opens it by right. */
static bool gate_missing(DbConn *tx, const Plan *plan, const PlanStage *stage, Arena *arena, Str *ret_missing, bool *ret_decided, GError **err)
{
    StageCount count;
    if (!plan_stage_count(tx, plan, stage->seq, &count, err))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(gates); i++)
        if (str_eq(stage->gate, str_from(gates[i].gate))) {
            *ret_missing = gates[i].missing ? gates[i].missing(stage, &count, arena) : STR_NONE;
            *ret_decided = gates[i].decided;
        }
    return true;
}

/* --- Passing --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Actor *actor;
    Str uid, reason;
    int64_t version, seq;
} PassArgs;

static bool refuse_gate(Str missing, int64_t seq, GError **err)
{
    error_set(err, BH_CONFLICT, "the gate of stage %" G_GINT64_FORMAT " is shut", seq);
    error_hint(err, "the issuer can pass it all the same, with a reason that stays");
    error_params(err, STR_FMT, STR_ARG(missing));
    return error_detail(err, "gate-shut");
}

static bool write_pass(DbConn *tx, const PassArgs *args, const Plan *before, size_t at, Str missing, bool decided, Arena *arena, GError **err)
{
    bool reasoned = str_trim(args->reason).n > 0;
    Plan after = *before;
    after.stages = ARENA_ARRAY(arena, PlanStage, before->n_stages);
    memcpy(after.stages, before->stages, before->n_stages * sizeof *after.stages);
    PlanStage *stage = &after.stages[at];
    stage->passed_by = (PersonRef) { .uid = args->actor->user->account_uid };
    stage->passed_at = args->actor->who.at_ms;
    stage->reason = reasoned ? args->reason : STR_NONE;
    stage->forced = missing.p && !decided;
    stage->missing = stage->forced ? missing : STR_NONE;
    return db_exec(tx, PlanStagePass, NULL, err, .plan = before->id, .seq = stage->seq, .passed_by = args->actor->user->account, .passed_at = stage->passed_at,
                   .reason = stage->reason, .forced = stage->forced, .missing = stage->missing)
           && plan_change(tx, args->actor, before, &after, "plan-stage-pass", args->reason, arena, err);
}

static bool pass_in_tx(DbConn *tx, void *data, GError **err)
{
    const PassArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Plan plan;
    Str missing = STR_NONE;
    bool decided = false;
    if (!plan_open(tx, args->actor, args->uid, args->version, "pass", arena, &plan, err))
        return false;
    const PlanStage *stage = plan_stage_now(&plan);
    if (stage->seq != args->seq) {
        error_set(err, BH_CONFLICT, "the present stage is %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT, stage->seq, args->seq);
        return error_detail(err, "wrong-state");
    }
    if (!gate_missing(tx, &plan, stage, arena, &missing, &decided, err))
        return false;
    if (missing.p && str_trim(args->reason).n == 0)
        return refuse_gate(missing, stage->seq, err);
    return write_pass(tx, args, &plan, (size_t) (stage - plan.stages), missing, decided, arena, err);
}

bool plan_pass_stage(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, int64_t seq, Str reason, GError **err)
{
    if (!task_text_fits(reason, "reason", err))
        return false;
    PassArgs args = { actor, uid, reason, version, seq };
    return ledger_write(ledger, pass_in_tx, &args, err);
}

/* --- The list ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Actor *actor;
    Str uid;
    int64_t version;
    const PlanStage *stages;
    size_t n;
} StagesArgs;

static bool bad_stage(GError **err, size_t at, const char *member, const char *message)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    return error_at(err, "/stages/%zu/%s", at, member);
}

static bool stage_fits(const PlanStage *stages, size_t i, GError **err)
{
    const PlanStage *stage = &stages[i];
    bool share = str_eq(stage->gate, STR("closed"));
    if (str_trim(stage->name).n == 0 || utf8_length(stage->name) > LIMIT_NAME_CHARS)
        return bad_stage(err, i, "name", "a stage has a name");
    for (size_t k = 0; k < i; k++)
        if (str_eq(stages[k].name, stage->name))
            return bad_stage(err, i, "name", "two stages of one name");
    if (!gate_known(stage->gate))
        return bad_stage(err, i, "gate", "a gate is one of none, decision, submitted, closed");
    if (stage->begins != DATE_NONE && stage->ends != DATE_NONE && stage->ends < stage->begins)
        return bad_stage(err, i, "ends", "a stage ends before it begins");
    if (share ? stage->share < 1 || stage->share > 100 : stage->share != 0)
        return bad_stage(err, i, "share", "the gate 'closed' has a share of 1 to 100 percent, no other has one");
    return true;
}

static bool same_stage(const PlanStage *a, const PlanStage *b)
{
    return str_eq(a->name, b->name) && str_eq(a->gate, b->gate) && a->begins == b->begins && a->ends == b->ends && a->share == b->share;
}

/* The new list with what was passed in its place. */
static bool merge_stages(const Plan *before, const StagesArgs *args, Arena *arena, Plan *after, GError **err)
{
    after->stages = ARENA_ARRAY(arena, PlanStage, args->n + 1);
    after->n_stages = args->n;
    for (size_t i = 0; i < args->n; i++) {
        after->stages[i] = args->stages[i];
        after->stages[i].seq = (int64_t) i + 1;
        after->stages[i].passed_at = DB_NULL_INT;
    }
    for (size_t i = 0; i < before->n_stages && before->stages[i].passed_at != DB_NULL_INT; i++) {
        if (i >= args->n || !same_stage(&before->stages[i], &args->stages[i])) {
            error_set(err, BH_CONFLICT, "a stage that was passed stays as it was");
            error_at(err, "/stages/%zu", i);
            return error_detail(err, "stage-passed");
        }
        after->stages[i] = before->stages[i];
    }
    return true;
}

static bool write_stages(DbConn *tx, const Plan *plan, GError **err)
{
    if (!db_exec(tx, PlanStagesDelete, NULL, err, .plan = plan->id))
        return false;
    for (size_t i = 0; i < plan->n_stages; i++) {
        const PlanStage *stage = &plan->stages[i];
        if (stage->passed_at != DB_NULL_INT)
            continue;
        if (!db_exec(tx, PlanStageInsert, NULL, err, .plan = plan->id, .seq = stage->seq, .name = stage->name, .begins = stage->begins, .ends = stage->ends,
                     .gate = stage->gate, .share = stage->share))
            return false;
    }
    return true;
}

static bool check_used(DbConn *tx, const Plan *after, Arena *arena, GError **err)
{
    PlanStageTasksBehindRow row;
    bool found;
    if (!db_one(tx, PlanStageTasksBehind, arena, &row, &found, err, .plan = after->id, .seq = (int64_t) after->n_stages))
        return false;
    if (row.tasks == 0)
        return true;
    error_set(err, BH_CONFLICT, "%" G_GINT64_FORMAT " tasks belong to a stage that is to go", row.tasks);
    error_at(err, "/stages");
    error_params(err, "count=%" G_GINT64_FORMAT, row.tasks);
    return error_detail(err, "stage-used");
}

static bool stages_in_tx(DbConn *tx, void *data, GError **err)
{
    const StagesArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Plan before;
    if (!plan_open(tx, args->actor, args->uid, args->version, "stages", arena, &before, err))
        return false;
    Plan after = before;
    return merge_stages(&before, args, arena, &after, err) && check_used(tx, &after, arena, err) && write_stages(tx, &after, err)
           && plan_change(tx, args->actor, &before, &after, "plan-stages", STR_NONE, arena, err);
}

bool plan_set_stages(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanStage *stages, size_t n, GError **err)
{
    if (n > LIMIT_PLAN_STAGES) {
        error_set(err, BH_TOO_LARGE, "a plan has at most %d stages", LIMIT_PLAN_STAGES);
        return error_at(err, "/stages");
    }
    for (size_t i = 0; i < n; i++)
        if (!stage_fits(stages, i, err))
            return false;
    StagesArgs args = { actor, uid, version, stages, n };
    return ledger_write(ledger, stages_in_tx, &args, err);
}
