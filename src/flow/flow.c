#include "flow/flow.h"

#include "base/banned.h"

bool flow_has_word(const char *list, Str word)
{
    for (Str rest = str_from(list); rest.p;)
        if (str_eq(str_cut(&rest, ' '), word))
            return word.n > 0;
    return false;
}

const FlowStep *flow_step(const Flow *flow, Str state, Str verb, const User *user, const MayObject *object, May *ret_may)
{
    May refusal = { .why = "no-verb" };
    bool fits = false;
    for (size_t i = 0; i < flow->n_steps; i++) {
        const FlowStep *step = &flow->steps[i];
        if (!str_eq(verb, str_from(step->verb)))
            continue;
        if (!flow_has_word(step->from, state)) {
            if (!fits)
                refusal = (May) { .why = "wrong-state" };
            continue;
        }
        May answer = may(user, step->who, object);
        if (answer.ok) {
            *ret_may = answer;
            return step;
        }
        if (!fits || g_str_equal(refusal.why, "no-role"))
            refusal = answer;
        fits = true;
    }
    *ret_may = refusal;
    return NULL;
}

/* --- Checking a table ------------------------------------------------------------------------------------------ */

static const char *check_step(const Flow *flow, const FlowStep *step, Arena *arena)
{
    for (Str rest = str_from(step->from); rest.p;) {
        Str state = str_cut(&rest, ' ');
        if (!flow_has_word(flow->states, state))
            return arena_printf(arena, "%s: '%s' leaves the unknown state '" STR_FMT "'", flow->name, step->verb, STR_ARG(state)).p;
    }
    bool known = g_str_equal(step->to, FLOW_BEFORE) || flow_has_word(flow->states, str_from(step->to));
    return known ? NULL : arena_printf(arena, "%s: '%s' leads to the unknown state '%s'", flow->name, step->verb, step->to).p;
}

static bool has_way_in(const Flow *flow, Str state)
{
    for (size_t i = 0; i < flow->n_steps; i++)
        if (str_eq(str_from(flow->steps[i].to), state))
            return true;
    return false;
}

static bool has_way_out(const Flow *flow, Str state)
{
    for (size_t i = 0; i < flow->n_steps; i++)
        if (flow_has_word(flow->steps[i].from, state))
            return true;
    return false;
}

const char *flow_check(const Flow *flow, const char *ends, Arena *arena)
{
    for (size_t i = 0; i < flow->n_steps; i++) {
        const char *fault = check_step(flow, &flow->steps[i], arena);
        if (fault)
            return fault;
    }
    bool first = true;
    for (Str rest = str_from(flow->states); rest.p; first = false) {
        Str state = str_cut(&rest, ' ');
        if (!first && !has_way_in(flow, state))
            return arena_printf(arena, "%s: nothing leads to '" STR_FMT "'", flow->name, STR_ARG(state)).p;
        if (has_way_out(flow, state) == flow_has_word(ends, state))
            return arena_printf(arena, "%s: '" STR_FMT "' and its ways out do not agree", flow->name, STR_ARG(state)).p;
    }
    return NULL;
}
