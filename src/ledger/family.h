/* family.h: part of ledger's contract (ledger.h includes it): tasks divided among several, and what their parts add up to.
 *
 * Rule h: a task with sub-tasks is claimed, verified and closed only when each of them is closed or waived; one that is reopened reopens what stands above it;
 * a cancelled one stays in the count, and keeps its parent open. What is led by a collective alone (各镇) has nobody to claim it: it closes with the last of
 * its sub-tasks. */
#pragma once

typedef struct {
    Str owner, target; /* uids */
    Str value;
} SplitShare;

typedef struct {
    Str kind;          /* "same": each has the task as it stands; "apportioned": each a share of its targets */
    const Str *owners; /* uids of organisations; none: the members of `collective`, or of the collective that leads the task */
    size_t n_owners;
    Str collective;
    Date due;          /* DATE_NONE: as the task's; never later */
    Str reason;
    const SplitShare *shares; /* of an apportioned one: those of a target add up to its value exactly */
    size_t n_shares;
} TaskSplit;

/* Makes a sub-task for each owner. The issuer gives it to anybody; the issuer of an organisation that leads the task only to those below that organisation, which
 * then is the sub-tasks' issuer. Again later only with kind "same", for owners that have none yet. BH_FORBIDDEN as may() says, "not-below" (org);
 * BH_CONFLICT "version-stale", "wrong-state", "split-already" (org), "shares-differ" (target, sum, value), "not-additive" (metric), "no-members"; BH_BAD_INPUT
 * "reason-missing", "due-after-parent", and by member; BH_TOO_LARGE over LIMIT_SPLIT_OWNERS and LIMIT_SPLIT_DEPTH. */
bool task_split(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const TaskSplit *split, GError **err);

/* Divides every task of a plan that one collective leads and that is not divided yet among its members, the same for each; in steps. What cannot be (nobody stands
 * behind the name) stays, and is counted as left. BH_FORBIDDEN, BH_CONFLICT as plan_allowed says of "expand". */
typedef struct {
    int64_t tasks, left;
} Expanded;
bool plan_expand(const Ledger *ledger, const Actor *actor, Str plan, Str reason, Expanded *ret_expanded, GError **err);

/* Whether a target can be apportioned: one exact number that adds up. */
bool target_adds(const TaskTarget *target);

/* The sum of decimals; false where one is none, or the sum does not fit. */
bool decimal_sum(const Str *values, size_t n, Str *ret_sum, Arena *arena);

typedef struct {
    Str target, metric, value, unit; /* target: uid of the parent's */
    Str claimed;                     /* what its owner last said; else what its own sub-tasks' say together; STR_NONE: nothing */
} ChildShare;

typedef struct {
    Str uid, number, title, state, owner_uid, owner_name;
    Date due;
    int64_t figures, relapses, children;
    bool incomputable;
    bool holds; /* the parent waits for it */
    const ChildShare *shares;
    size_t n_shares;
} TaskChild;

typedef struct {
    Str target, metric, unit, value;
    bool adds;
    Str shared;  /* the sum of the sub-tasks' values; STR_NONE: they do not add up */
    Str claimed; /* the sum of what was claimed; STR_NONE: nothing, or it does not add up */
    int64_t reported, of; /* sub-tasks that claimed something, sub-tasks that have the target */
} TargetSum;

typedef struct {
    const TaskChild *children; /* those that hold the task back first, by date; then the others */
    size_t n_children;
    int64_t total, closed, waived, cancelled, late;
    const TargetSum *targets;
    size_t n_targets;
} Family;

bool task_family(DbConn *conn, Arena *arena, const Task *task, Date today, Family *ret_family, GError **err);
