/* progress.h: part of ledger's contract (ledger.h includes it): what leads report on their tasks, changes of many tasks at once, hand-over. */
#pragma once

typedef struct {
    Str uid, period, text, problem, need, next; /* text "" where there is nothing new */
    int64_t percent;                            /* DB_NULL_INT: not said */
    bool nothing_new;                           /* the zero report */
    PersonRef by;                               /* with the organisation that it stood in then */
    int64_t at;
} TaskProgress;

typedef struct {
    Str target, value; /* uid of a target of the task; a decimal */
} ClaimedValue;

typedef struct {
    Str period; /* STR_NONE: the present one, by week or month as the plan reports */
    Str text, problem, need, next;
    int64_t percent; /* DB_NULL_INT: not said */
    bool nothing_new;
    const ClaimedValue *values; /* what is reached of the targets now */
    size_t n_values;
} NewProgress;

/* By who works on it, until it is verified. BH_BAD_INPUT at its member, "period-unfit" (not that of the plan, or not begun), "text-missing"; else as task_do. */
bool task_progress_add(const Ledger *ledger, const Actor *actor, Str uid, const NewProgress *progress, GError **err);

/* The newest first. */
bool task_progress_list(DbConn *conn, Arena *arena, const Task *task, TaskProgress **ret_list, size_t *ret_n, GError **err);

/* --- Many at once ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str uid;
    int64_t version; /* as the asker saw it */
    /* answered */
    bool done;
    int64_t now;     /* its version after it */
    Str code, message, params; /* not done: what a change of this one alone would have failed with; params as name=value lines */
} BulkRow;

/* Amends each of the tasks by task_amend's rules and by its own version, in steps under 250 ms; what is refused does not hold up the rest. set: due, lead, support, handler,
 * leader, stage, category, reminders. BH_BAD_INPUT for another field, or where a task is named twice; BH_TOO_LARGE over LIMIT_BULK_TASKS. Who may not read a task
 * is told that there is none. */
bool task_bulk(const Ledger *ledger, const Actor *actor, BulkRow *rows, size_t n, const JsonValue *set, Str reason, Arena *arena, GError **err);

typedef struct {
    Str from, to, reason; /* accounts by uid */
    const Str *tasks;     /* NULL: every open task that `from` handles or leads */
    size_t n_tasks;
} Handover;

/* Who handled or led tasks passes them on, by the head of the unit, in steps. BH_FORBIDDEN as may() says of `from`'s unit; BH_BAD_INPUT at /from, /to ("account-unfit": not in use, or of
 * another legal body), /tasks/N, "reason-missing". */
bool ledger_hand_over(const Ledger *ledger, const Actor *actor, const Handover *handover, int64_t *ret_tasks, GError **err);
