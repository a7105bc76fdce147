/* rules.h: private to ledger: the flow of a task and what its steps need. */
#pragma once

#include "ledger/ledger.h"

enum {
    NEED_REASON = 1 << 0,
    NEED_UNTIL = 1 << 1,
    NEED_MEASURES = 1 << 2,     /* every measure answered */
    NEED_EVIDENCE = 1 << 3,     /* at least one piece, and not one that its register contradicts */
    NEED_CONFIRMED = 1 << 4,    /* every other lead has confirmed */
    NEED_COMPUTED = 1 << 5,     /* rule c: a task with a figure goes on evidence only after a reviewer said why it cannot be computed */
    NEED_INDEPENDENT = 1 << 6,  /* rule f: another organisation than owner, claimant and evidence-giver, by all accounts of the person */
    NEED_OTHER_PERSON = 1 << 7, /* rule f: another person than who claimed, confirmed, gave evidence or answered a measure; and a proven one */
    NEED_OWNER = 1 << 9,        /* a lead is named */
    NEED_DUE = 1 << 10,         /* and a date */
    NEED_CHILDREN = 1 << 11,    /* rule h: every sub-task is closed or waived */
    NEED_PUBLICITY = 1 << 12,   /* it was shown in public as long as the plan wants */
    NEED_OTHER_LEAD = 1 << 8,   /* a lead that has not claimed or confirmed yet */
};

extern const Flow task_side_flow; /* beside the flow: verbs that change no state */

/* What stands in the way of a user who has the right by role; why NULL: nothing. `wish` NULL: what the wish must say is not asked. */
typedef struct {
    const char *why;
    Str params;
} Obstacle;
Obstacle task_obstacle(const User *user, const Task *task, unsigned needs, const TaskWish *wish, Arena *arena);

/* Whether the user can confirm the claim for this lead now: stands in it, has the right over it, and it has not agreed yet. */
bool task_speaks_for(const User *user, const Task *task, const TaskOwner *owner);
