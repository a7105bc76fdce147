/* What people do to a task. Every function here is one transaction: load, check, change, event. */
#include "base/json.h"
#include "base/limits.h"
#include "ledger/change.h"
#include "ledger/common.h"
#include "ledger/rules.h"
#include "db/queries.h"

#include "base/banned.h"

const char *const task_verbs[] = {
    "accept", "submit",  "confirm",  "verify",       "return",  "close",   "reopen", "suspend", "resume",
    "cancel", "waive",   "incomputable", "comment", "evidence", "measure", NULL,
};

/* Beside the flow: what does not change the state. From these states, for this verb of may(). */
typedef struct {
    const char *verb, *states;
    Verb who;
    unsigned needs;
} SideVerb;

static const SideVerb side_verbs[] = {
    { "evidence", "working", VERB_WORK, 0 },
    { "measure", "working", VERB_WORK, 0 },
    { "comment", "issued working submitted verified closed returned reopened suspended cancelled waived", VERB_COMMENT, 0 },
    { "incomputable", "issued working submitted returned reopened", VERB_REVIEW, NEED_OTHER_PERSON | NEED_INDEPENDENT },
};

static const SideVerb *side_verb(const char *verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(side_verbs); i++)
        if (g_str_equal(verb, side_verbs[i].verb))
            return &side_verbs[i];
    return NULL;
}

static Allowed allowed_by(const User *user, const Task *task, unsigned needs, const May *answer, bool found, Arena *arena)
{
    if (!found || !answer->ok)
        return (Allowed) { .why = answer->why, .params = answer->who.p ? arena_printf(arena, "role=" STR_FMT, STR_ARG(answer->who)) : STR_NONE };
    Obstacle obstacle = task_obstacle(user, task, needs, NULL, arena);
    return (Allowed) { !obstacle.why, obstacle.why, obstacle.params };
}

static Allowed side_allowed(const User *user, const Task *task, const SideVerb *side, const MayObject *facts, Arena *arena)
{
    May answer = may(user, side->who, facts);
    if (answer.ok && !flow_has_word(side->states, task->state))
        answer = (May) { .why = "wrong-state" };
    if (answer.ok && g_str_equal(side->verb, "incomputable") && task->figures == 0)
        answer = (May) { .why = "no-figure" };
    return allowed_by(user, task, side->needs, &answer, true, arena);
}

Allowed task_allowed(const User *user, const Task *task, const char *verb, Arena *arena)
{
    MayObject facts = task_facts(task, arena);
    const SideVerb *side = side_verb(verb);
    if (side)
        return side_allowed(user, task, side, &facts, arena);
    May answer;
    const FlowStep *step = flow_step(&task_flow, task->state, str_from(verb), user, &facts, &answer);
    return allowed_by(user, task, step ? step->needs : 0, &answer, step != NULL, arena);
}

/* --- Errors of a refusal ----------------------------------------------------------------------------------------------- */

/* Refusals that are no question of rights: the class they belong to. All others are BH_FORBIDDEN. */
static const struct {
    const char *why;
    BhError code;
} refusal_classes[] = {
    { "wrong-state", BH_CONFLICT },           { "measures-unanswered", BH_CONFLICT },  { "evidence-missing", BH_CONFLICT },
    { "confirmations-missing", BH_CONFLICT }, { "incomputable-missing", BH_CONFLICT }, { "confirmed-already", BH_CONFLICT },
    { "no-figure", BH_CONFLICT },             { "reason-missing", BH_BAD_INPUT },      { "until-missing", BH_BAD_INPUT },
    { "no-verb", BH_NOT_FOUND },
};

static bool refuse(const char *why, Str verb, const Task *task, GError **err)
{
    BhError code = BH_FORBIDDEN;
    for (size_t i = 0; i < G_N_ELEMENTS(refusal_classes); i++)
        if (g_str_equal(why, refusal_classes[i].why))
            code = refusal_classes[i].code;
    error_set(err, code, "'" STR_FMT "' is refused for task " STR_FMT " in state '" STR_FMT "': %s", STR_ARG(verb), STR_ARG(task->uid),
              STR_ARG(task->state), why);
    return error_detail(err, why);
}

/* --- The flow's verbs ------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    Str uid, verb;
    int64_t version;
    const TaskWish *wish;
} DoArgs;

static void set_claim(Change *change, const TaskWish *wish)
{
    const User *user = change->actor->user;
    Task *task = &change->after;
    task->claim_account = user->account;
    task->claim_by = (PersonRef) { user->account_uid, user->person_name, user->org_uid, user->org_name };
    task->claim_at = change->actor->who.at_ms;
    task->claim_note = str_trim(wish->note).n ? wish->note : STR_NONE;
}

/* A claim that was not accepted is over: the next one needs its confirmations anew. */
static bool drop_claim(Change *change, GError **err)
{
    Task *task = &change->after;
    for (size_t i = 0; i < task->n_owners; i++)
        if (task->owners[i].confirmed_by.uid.p)
            change_set(change, arena_printf(change->arena, "confirmed/" STR_FMT, STR_ARG(task->owners[i].uid)), STR_NONE);
    task->claim_account = DB_NULL_INT;
    task->claim_by = (PersonRef) { 0 };
    task->claim_at = DB_NULL_INT;
    task->claim_note = STR_NONE;
    task->verified_account = DB_NULL_INT;
    task->verified_by = (PersonRef) { 0 };
    task->closed_at = DB_NULL_INT;
    return db_exec(change->tx, TaskOwnersUnconfirm, NULL, err, .task = task->id);
}

static bool confirm(Change *change, GError **err)
{
    const User *user = change->actor->user;
    for (size_t i = 0; i < change->after.n_owners; i++) {
        const TaskOwner *owner = &change->after.owners[i];
        if (!str_eq(owner->role, STR("lead")) || !org_within(user->org_path, owner->path) || owner->confirmed_by.uid.p)
            continue;
        change_set(change, arena_printf(change->arena, "confirmed/" STR_FMT, STR_ARG(owner->uid)), user->account_uid);
        if (!db_exec(change->tx, TaskOwnerConfirm, NULL, err, .task = change->after.id, .org = owner->org, .account = user->account,
                     .at = change->actor->who.at_ms))
            return false;
    }
    return true;
}

/* What a step does beside changing the state. */
static bool step_effects(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    Task *task = &change->after;
    const User *user = change->actor->user;
    if (g_str_equal(step->verb, "submit"))
        set_claim(change, wish);
    else if (g_str_equal(step->verb, "confirm"))
        return confirm(change, err);
    else if (g_str_equal(step->verb, "verify")) {
        task->verified_account = user->account;
        task->verified_by = (PersonRef) { user->account_uid, user->person_name, user->org_uid, user->org_name };
    } else if (g_str_equal(step->verb, "return")) {
        task->returns++;
        return drop_claim(change, err);
    } else if (g_str_equal(step->verb, "close"))
        task->closed_at = change->actor->who.at_ms;
    else if (g_str_equal(step->verb, "reopen")) {
        task->relapses++;
        return drop_claim(change, err);
    } else if (g_str_equal(step->verb, "suspend")) {
        task->state_before = change->before.state;
        task->suspended_until = wish->until;
    } else if (g_str_equal(step->verb, "resume")) {
        task->state_before = STR_NONE;
        task->suspended_until = DATE_NONE;
    }
    return true;
}

static bool keep_verdict(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    bool judged = g_str_equal(step->verb, "verify") || g_str_equal(step->verb, "close") || step->needs & NEED_REASON;
    if (!judged)
        return true;
    return db_exec(change->tx, TaskVerdictInsert, NULL, err, .task = change->after.id, .verb = str_from(step->verb),
                   .account = change->actor->user->account, .at = change->actor->who.at_ms, .reason = wish->reason.p ? wish->reason : STR(""));
}

static bool take_step(Change *change, const FlowStep *step, const TaskWish *wish, GError **err)
{
    bool back = g_str_equal(step->to, FLOW_BEFORE);
    change->after.state = back ? change->before.state_before : str_from(step->to);
    if (str_trim(wish->reason).n)
        change->reason = audit_digest(change->arena, wish->reason);
    return step_effects(change, step, wish, err) && keep_verdict(change, step, wish, err) && change_end(change, err);
}

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
        return refuse(answer.why, args->verb, &change.before, err);
    Obstacle obstacle = task_obstacle(args->actor->user, &change.before, step->needs, args->wish, arena);
    if (obstacle.why)
        return refuse(obstacle.why, args->verb, &change.before, err);
    return take_step(&change, step, args->wish, err);
}

/* What people write: at most LIMIT_TEXT_CHARS. */
static bool text_fits(Str text, const char *what, GError **err)
{
    if (utf8_length(text) <= LIMIT_TEXT_CHARS)
        return true;
    error_set(err, BH_TOO_LARGE, "the %s is longer than %d characters", what, LIMIT_TEXT_CHARS);
    return error_at(err, "/%s", what);
}

bool task_do(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str verb, const TaskWish *wish, GError **err)
{
    if (!text_fits(wish->reason, "reason", err) || !text_fits(wish->note, "note", err))
        return false;
    DoArgs args = { actor, uid, verb, version, wish };
    return ledger_write(ledger, do_in_tx, &args, err);
}

/* --- Beside the flow ---------------------------------------------------------------------------------------------------- */

static bool side_check(const Change *change, const char *verb, GError **err)
{
    Allowed allowed = task_allowed(change->actor->user, &change->before, verb, change->arena);
    return allowed.ok || refuse(allowed.why, str_from(verb), &change->before, err);
}

static bool incomputable_in_tx(DbConn *tx, void *data, GError **err)
{
    const DoArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->uid, args->version, "incomputable", err)
        || !side_check(&change, "incomputable", err))
        return false;
    const User *user = args->actor->user;
    change.after.incomputable = args->wish->reason;
    change.after.incomputable_account = user->account;
    change.after.incomputable_by = (PersonRef) { user->account_uid, user->person_name, user->org_uid, user->org_name };
    change.after.incomputable_at = args->actor->who.at_ms;
    return db_exec(tx, TaskVerdictInsert, NULL, err, .task = change.after.id, .verb = STR("incomputable"), .account = user->account,
                   .at = args->actor->who.at_ms, .reason = args->wish->reason)
           && change_end(&change, err);
}

bool task_incomputable(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str reason, GError **err)
{
    if (!text_fits(reason, "reason", err))
        return false;
    if (str_trim(reason).n == 0) {
        error_set(err, BH_BAD_INPUT, "a reason is needed");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    TaskWish wish = { .reason = reason, .until = DATE_NONE };
    DoArgs args = { actor, uid, STR("incomputable"), version, &wish };
    return ledger_write(ledger, incomputable_in_tx, &args, err);
}

typedef struct {
    const Actor *actor;
    Str task, measure, state, answer;
    int64_t version;
} MeasureArgs;

static const char measure_states[] = "open started effective done lasting";

static bool measure_in_tx(DbConn *tx, void *data, GError **err)
{
    const MeasureArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "measure", err) || !side_check(&change, "measure", err))
        return false;
    MeasureByUidRow measure;
    bool found;
    int64_t changes;
    if (!db_one(tx, MeasureByUid, arena, &measure, &found, err, .task = change.before.id, .uid = args->measure))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no measure '" STR_FMT "' in this task", STR_ARG(args->measure));
    if (!db_exec(tx, TaskMeasureSet, &changes, err, .id = measure.id, .version = args->version, .state = args->state, .answer = args->answer,
                 .account = args->actor->user->account, .at = args->actor->who.at_ms))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the measure was changed in between: it has version %" G_GINT64_FORMAT, measure.version);
        return error_detail(err, "version-stale");
    }
    change_set(&change, arena_printf(arena, "measure/" STR_FMT, STR_ARG(args->measure)), measure_state_value(arena, args->state, args->answer));
    return change_end(&change, err);
}

bool task_measure_set(const Ledger *ledger, const Actor *actor, Str uid, Str measure, int64_t version, Str state, Str answer, GError **err)
{
    if (!flow_has_word(measure_states, state)) {
        error_set(err, BH_BAD_INPUT, "a measure's state is one of %s, not '" STR_FMT "'", measure_states, STR_ARG(state));
        return error_at(err, "/state");
    }
    if (!text_fits(answer, "answer", err))
        return false;
    MeasureArgs args = { actor, uid, measure, state, answer, version };
    return ledger_write(ledger, measure_in_tx, &args, err);
}

typedef struct {
    const Actor *actor;
    Str task, uid;
    const NewEvidence *evidence;
} EvidenceArgs;

static const char evidence_kinds[] = "document training roster archive photo figure other";

static bool evidence_add_in_tx(DbConn *tx, void *data, GError **err)
{
    const EvidenceArgs *args = data;
    const NewEvidence *evidence = args->evidence;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "evidence", err) || !side_check(&change, "evidence", err))
        return false;
    if (change.before.n_evidence >= LIMIT_EVIDENCE_PER_TASK)
        return error_set(err, BH_TOO_LARGE, "a task takes at most %d pieces of evidence", LIMIT_EVIDENCE_PER_TASK);
    change_set(&change, arena_printf(arena, "evidence/" STR_FMT, STR_ARG(args->uid)), evidence->blob);
    return db_exec(tx, EvidenceInsert, NULL, err, .uid = args->uid, .task = change.before.id, .kind = evidence->kind,
                   .file_name = evidence->file_name, .media = evidence->media, .size = evidence->size, .blob = evidence->blob,
                   .note = evidence->note, .account = args->actor->user->account, .at = args->actor->who.at_ms)
           && change_end(&change, err);
}

bool task_evidence_add(const Ledger *ledger, const Actor *actor, Str uid, const NewEvidence *evidence, Arena *arena, Str *ret_uid, GError **err)
{
    if (!flow_has_word(evidence_kinds, evidence->kind)) {
        error_set(err, BH_BAD_INPUT, "evidence is one of %s, not '" STR_FMT "'", evidence_kinds, STR_ARG(evidence->kind));
        return error_at(err, "/kind");
    }
    if (!text_fits(evidence->note, "note", err))
        return false;
    char evidence_uid[UID_TEXT_MAX];
    uid_new(evidence_uid);
    EvidenceArgs args = { actor, uid, str_from(evidence_uid), evidence };
    if (!ledger_write(ledger, evidence_add_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}

static bool evidence_withdraw_in_tx(DbConn *tx, void *data, GError **err)
{
    const EvidenceArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    int64_t changes;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "evidence-withdraw", err)
        || !side_check(&change, "evidence", err))
        return false;
    if (!db_exec(tx, EvidenceWithdraw, &changes, err, .task = change.before.id, .uid = args->uid))
        return false;
    if (changes != 1)
        return error_set(err, BH_NOT_FOUND, "no evidence '" STR_FMT "' in this task", STR_ARG(args->uid));
    change_set(&change, arena_printf(arena, "evidence/" STR_FMT, STR_ARG(args->uid)), STR("withdrawn"));
    return change_end(&change, err);
}

bool task_evidence_withdraw(const Ledger *ledger, const Actor *actor, Str uid, Str evidence, GError **err)
{
    EvidenceArgs args = { actor, uid, evidence, NULL };
    return ledger_write(ledger, evidence_withdraw_in_tx, &args, err);
}

typedef struct {
    const Actor *actor;
    Str task, uid, text;
} CommentArgs;

static bool comment_in_tx(DbConn *tx, void *data, GError **err)
{
    const CommentArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "comment", err) || !side_check(&change, "comment", err))
        return false;
    /* A comment is no change of the task: its version stays, so that nobody's edit grows stale by it. */
    g_autoptr(GString) event = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_str(&json, "comment", args->uid);
    json_member_str(&json, "text", audit_digest(arena, args->text));
    json_end_object(&json);
    audit_append(tx, &args->actor->who, "comment", (AuditObject) { "task", args->task }, str_from_gstring(event));
    return db_exec(tx, TaskCommentInsert, NULL, err, .uid = args->uid, .task = change.before.id, .account = args->actor->user->account,
                   .at = args->actor->who.at_ms, .text = args->text);
}

bool task_comment(const Ledger *ledger, const Actor *actor, Str uid, Str text, Arena *arena, Str *ret_uid, GError **err)
{
    if (str_trim(text).n == 0) {
        error_set(err, BH_BAD_INPUT, "the comment is empty");
        return error_at(err, "/text");
    }
    if (!text_fits(text, "text", err))
        return false;
    char comment_uid[UID_TEXT_MAX];
    uid_new(comment_uid);
    CommentArgs args = { actor, uid, str_from(comment_uid), text };
    if (!ledger_write(ledger, comment_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}
