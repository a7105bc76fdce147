/* plan.h: part of ledger's contract (ledger.h includes it): plans, made of a document or by hand, their settings, stages and gates.
 *
 * Every change of a plan is an event of object kind "plan": {"set":{…}}, key by key as plan_state_map has them, so that the sum of a plan's events is its
 * present state (ledger_rebuild_check holds the two against each other). */
#pragma once

enum { HOLDING_DAYS = 180 }; /* where a plan says nothing else */

/* What is agreed once for all tasks of a plan. */
typedef struct {
    int64_t holding_days;    /* a closed task is watched so long; fixed on each task when it is issued */
    int64_t publicity_days;  /* a verified task is shown in public so long before it may be closed; 0: the plan has no such stage */
    bool publicity_working;  /* these are working days */
    int64_t weekly_day;      /* 1 Monday … 7 Sunday; 0: no weekly meeting */
    int64_t weekly_hour;
    int64_t monthly_day;     /* of the month, 1 to 28; 0: no monthly meeting */
    int64_t monthly_hour;
    Str progress;            /* how often the leads report: "none", "week", "month" */
    Str assess;              /* what the quarterly assessment weighs: a JSON list of {"measure","weight"} */
} PlanSettings;
PlanSettings plan_settings_default(void);

typedef struct {
    int64_t seq; /* from 1 */
    Str name;
    Date begins, ends; /* DATE_NONE: open */
    Str gate;          /* what must be true before it is passed: "none", "decision" (a reason), "submitted" (every task), "closed" (`share` percent of them) */
    int64_t share;     /* percent; 0 but for "closed" */
    PersonRef passed_by;
    int64_t passed_at; /* DB_NULL_INT: not passed */
    Str reason;
    bool forced;       /* passed although the gate was shut, and for good to be seen */
    Str missing;       /* what was missing then, name=value lines */
} PlanStage;

typedef struct {
    int64_t id, version, year, issuer, issued, edition, tasks;
    Str uid, title, doc_no, kind, code, state /* open closed */, basis, document_uid, replaces_uid;
    Str issuer_uid, issuer_name, issuer_path, issuer_area;
    PersonRef issued_by;
    PlanSettings settings;
    PlanStage *stages;
    size_t n_stages;
    struct PlanStep *steps; /* its ladder (ladder.h) */
    size_t n_steps;
    bool own_steps; /* else the default ladder */
    int64_t open_tasks; /* neither closed nor ended otherwise */
} Plan;

bool plan_load(DbConn *conn, Arena *arena, Str uid, Plan *ret_plan, GError **err); /* BH_NOT_FOUND */
MayObject plan_facts(const Plan *plan); /* the place of its issuer, and the plan itself */

/* The first stage that is not passed; NULL: there is none. */
const PlanStage *plan_stage_now(const Plan *plan);

/* What may be done with a plan now: "edit", "stages", "steps", "add" (a task), "pass" (the present stage), "close", "open", "look_back", "import", "expand". Beside may()'s
 * codes: "wrong-state", "tasks-open" (open), "no-stage". */
Allowed plan_allowed(const User *user, const Plan *plan, const char *verb, Arena *arena);
extern const char *const plan_verbs[]; /* NULL at the end */

/* --- Making and changing ------------------------------------------------------------------------------------------------ */

typedef struct {
    Str title, kind, code /* STR_NONE: that of the kind, made unique */, issuer /* uid */, basis /* or STR_NONE */;
    int64_t year; /* 0: this one */
} NewPlan;

/* A plan by hand, without tasks. Kinds: those of documents, and instruction hotline inspection audit meeting. BH_FORBIDDEN as may() says of issuing for
 * that issuer; BH_BAD_INPUT at /title, /kind, /code ("code-bad": 1 to 20 characters without blanks, '-' and '/'), /year, /issuer; BH_CONFLICT "code-taken". */
bool plan_make(const Ledger *ledger, const Actor *actor, const NewPlan *wish, Arena *arena, Str *ret_uid, GError **err);

/* What is to be another; a member that stays is STR_NONE, and settings NULL. */
typedef struct {
    Str title, code, state, reason;
    const PlanSettings *settings;
} PlanEdit;

/* BH_CONFLICT "version-stale", "wrong-state", "code-taken", "code-in-use" (its tasks bear numbers already), "tasks-open" when closing; BH_BAD_INPUT as plan_make, and at
 * /settings/NAME; "reason-missing" when a closed plan is opened again. */
bool plan_edit(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanEdit *edit, GError **err);

/* The whole list of stages; those that were passed must stand in it as they are (BH_CONFLICT "stage-passed"), and none that has tasks may go ("stage-used"). Names are unique; a stage ends not before it begins;
 * share is 1 to 100 with the gate "closed". At most LIMIT_PLAN_STAGES. */
bool plan_set_stages(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanStage *stages, size_t n, GError **err);

/* Passes the present stage. BH_CONFLICT "gate-shut" with what is missing (needs=decision; open, total; closed, total, share), unless a reason is given: then it is passed all the
 * same, and the mark stays on the stage and on its tasks. "wrong-state": another stage is the present one. */
bool plan_pass_stage(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, int64_t seq, Str reason, GError **err);

typedef struct {
    Str state;
    int64_t tasks;
} StateCount;

/* How many tasks of which state a user may know of, sub-tasks apart, by state. stage: of this one, and those without a stage; DB_NULL_INT: of all. */
bool plan_states_seen(DbConn *conn, Arena *arena, const User *user, int64_t plan, int64_t stage, const StateCount **ret_counts, size_t *ret_n, GError **err);

/* The tasks that a stage's gate asks about: those of the stage, and those without one; sub-tasks count by their parents, drafts not at all. */
typedef struct {
    int64_t total, closed /* and waived, cancelled ones are in the total only */, open /* not yet claimed */;
} StageCount;
bool plan_stage_count(DbConn *conn, const Plan *plan, int64_t seq, StageCount *ret_count, GError **err);
