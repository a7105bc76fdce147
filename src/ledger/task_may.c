/* Which verbs a user may do to a task now, and the errors that refuse the others. */
#include "base/limits.h"
#include "ledger/task_do.h"

#include "base/banned.h"

const char *const task_verbs[] = {
    "issue",  "discard", "accept", "submit",   "confirm",      "verify",  "return",   "overrule", "close", "reopen",
    "suspend", "resume", "cancel", "waive", "incomputable", "amend", "handler", "split", "progress", "comment", "evidence", "measure", "remind", NULL,
};

Str task_role_named(const May *answer, Arena *arena)
{
    return answer->who.p ? arena_printf(arena, "role=" STR_FMT, STR_ARG(answer->who)) : STR_NONE;
}

static Allowed allowed_by(const User *user, const Task *task, unsigned needs, const May *answer, bool found, Arena *arena)
{
    if (!found || !answer->ok)
        return (Allowed) { .why = answer->why, .params = task_role_named(answer, arena) };
    Obstacle obstacle = task_obstacle(user, task, needs, NULL, arena);
    return (Allowed) { !obstacle.why, obstacle.why, obstacle.params, answer->of };
}

/* The step that may() allows; NULL: *ret_answer says why none. It reads no more of the task than task_facts does, and its state and figures. */
static const FlowStep *step_allowed(const User *user, const Task *task, const char *verb, Arena *arena, May *ret_answer)
{
    static const Flow *const flows[] = { &task_flow, &task_side_flow };
    MayObject facts = task_facts(task, arena);
    const FlowStep *step = NULL;
    *ret_answer = (May) { .why = "no-verb" };
    for (size_t i = 0; i < G_N_ELEMENTS(flows) && !step && g_str_equal(ret_answer->why, "no-verb"); i++)
        step = flow_step(flows[i], task->state, str_from(verb), user, &facts, ret_answer);
    if (step && task->figures == 0 && g_str_equal(verb, "incomputable")) {
        *ret_answer = (May) { .why = "no-figure" };
        step = NULL;
    }
    return step;
}

Allowed task_allowed(const User *user, const Task *task, const char *verb, Arena *arena)
{
    May answer;
    const FlowStep *step = step_allowed(user, task, verb, arena, &answer);
    return allowed_by(user, task, step ? step->needs : 0, &answer, step != NULL, arena);
}

Allowed task_allowed_by_facts(const User *user, const Task *task, const char *verb, Arena *arena, bool *ret_tells)
{
    May answer;
    const FlowStep *step = step_allowed(user, task, verb, arena, &answer);
    *ret_tells = !step || step->needs == 0;
    return *ret_tells ? allowed_by(user, task, 0, &answer, step != NULL, arena) : (Allowed) { 0 };
}

/* --- Errors of a refusal ----------------------------------------------------------------------------------------------- */

/* Refusals that are no question of rights: the class they belong to. All others are BH_FORBIDDEN. */
static const struct {
    const char *why;
    BhError code;
} refusal_classes[] = {
    { "wrong-state", BH_CONFLICT },           { "measures-unanswered", BH_CONFLICT },  { "evidence-missing", BH_CONFLICT }, { "evidence-failed", BH_CONFLICT },
    { "confirmations-missing", BH_CONFLICT }, { "incomputable-missing", BH_CONFLICT }, { "confirmed-already", BH_CONFLICT },
    { "no-figure", BH_CONFLICT },             { "reason-missing", BH_BAD_INPUT },      { "until-missing", BH_BAD_INPUT },
    { "children-open", BH_CONFLICT },         { "publicity-running", BH_CONFLICT },  { "score-below", BH_CONFLICT },
    { "lead-missing", BH_CONFLICT },          { "due-missing", BH_CONFLICT },          { "no-verb", BH_NOT_FOUND },
};

bool task_refuse(const char *why, Str params, Str verb, const Task *task, GError **err)
{
    BhError code = BH_FORBIDDEN;
    for (size_t i = 0; i < G_N_ELEMENTS(refusal_classes); i++)
        if (g_str_equal(why, refusal_classes[i].why))
            code = refusal_classes[i].code;
    error_set(err, code, "'" STR_FMT "' is refused for task " STR_FMT " in state '" STR_FMT "': %s", STR_ARG(verb), STR_ARG(task->uid),
              STR_ARG(task->state), why);
    if (params.n > 0)
        error_params(err, STR_FMT, STR_ARG(params));
    return error_detail(err, why);
}

bool task_side_check(Change *change, const char *verb, GError **err)
{
    Allowed allowed = task_allowed(change->actor->user, &change->before, verb, change->arena);
    if (allowed.ok)
        change_for(change, allowed.of);
    return allowed.ok || task_refuse(allowed.why, allowed.params, str_from(verb), &change->before, err);
}

/* What people write: at most LIMIT_TEXT_CHARS. */
bool task_text_fits(Str text, const char *what, GError **err)
{
    if (utf8_length(text) <= LIMIT_TEXT_CHARS)
        return true;
    error_set(err, BH_TOO_LARGE, "the %s is longer than %d characters", what, LIMIT_TEXT_CHARS);
    return error_at(err, "/%s", what);
}
