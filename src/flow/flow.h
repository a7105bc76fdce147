/* flow.h: one engine of states and transitions, for tasks now, for cases, defects and notices later. A flow is a table; the engine answers which
 * step a verb takes from a state, and for whom. What a step needs beyond that (evidence, confirmations) is a set of bits which the flow's own
 * layer gives a meaning and checks. */
#pragma once

#include "org/org.h"

typedef struct {
    const char *verb;
    const char *from;   /* states, separated by spaces */
    const char *to;     /* state, or FLOW_BEFORE: the one kept when it was suspended */
    Verb who;           /* what may() must allow; of several rows of one verb the first that it allows counts: that with fewer needs stands first */
    unsigned needs;     /* bits of the flow's own */
} FlowStep;

#define FLOW_BEFORE "="

typedef struct {
    const char *name;
    const char *states; /* all of them, separated by spaces; the first is where it begins */
    const FlowStep *steps;
    size_t n_steps;
} Flow;

/* Whether `word` is one of the words in a list separated by spaces. */
bool flow_has_word(const char *list, Str word);

/* The step that `verb` takes from `state` for this user and object. NULL: *ret_may says why not: why "no-verb" (the flow knows no such verb), "wrong-state", or may()'s
 * refusal (of several rows that fit, of one for which the user has a role). */
const FlowStep *flow_step(const Flow *flow, Str state, Str verb, const User *user, const MayObject *object, May *ret_may);

/* Our own mistakes in a table: a step from or to an unknown state, a state that cannot be reached, a state without a way out that is not named in `ends`. NULL: none;
 * else what, in arena. For the unit test of each flow. */
const char *flow_check(const Flow *flow, const char *ends, Arena *arena);
