/* What people do to a task beside the flow: say why it cannot be computed, answer measures, comment. Evidence: task_evidence.c. Each is one transaction: load,
 * check, change, event. */
#include "base/limits.h"
#include "ledger/search.h"
#include "ledger/task_do.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Rule c ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    Str uid, reason;
    int64_t version;
} ReasonArgs;

static bool incomputable_in_tx(DbConn *tx, void *data, GError **err)
{
    const ReasonArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->uid, args->version, "incomputable", err)
        || !task_side_check(&change, "incomputable", err))
        return false;
    const User *user = args->actor->user;
    change.after.incomputable = args->reason;
    change.after.incomputable_account = user->account;
    change.after.incomputable_by = change_by(&change);
    change.after.incomputable_at = args->actor->who.at_ms;
    return change_verdict(&change, args->reason, err) && change_end(&change, err);
}

bool task_incomputable(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str reason, GError **err)
{
    if (!task_text_fits(reason, "reason", err))
        return false;
    if (str_trim(reason).n == 0) {
        error_set(err, BH_BAD_INPUT, "a reason is needed");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    ReasonArgs args = { actor, uid, reason, version };
    return ledger_write(ledger, incomputable_in_tx, &args, err);
}

/* --- Measures ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    Str task, measure, state, answer;
    int64_t version;
} MeasureArgs;

static const char measure_states[] = "open started effective done lasting";

static const TaskMeasure *measure_of(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_measures; i++)
        if (str_eq(task->measures[i].uid, uid))
            return &task->measures[i];
    return NULL;
}

static bool measure_in_tx(DbConn *tx, void *data, GError **err)
{
    const MeasureArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "measure", err) || !task_side_check(&change, "measure", err))
        return false;
    const TaskMeasure *before = measure_of(&change.before, args->measure);
    if (!before)
        return error_set(err, BH_NOT_FOUND, "no measure '" STR_FMT "' in this task", STR_ARG(args->measure));
    if (before->version != args->version) {
        error_set(err, BH_CONFLICT, "the measure was changed in between: it has version %" G_GINT64_FORMAT, before->version);
        return error_detail(err, "version-stale");
    }
    TaskMeasure after = *before;
    after.state = args->state;
    after.answer = args->answer;
    after.by.uid = args->actor->user->account_uid;
    after.at = args->actor->who.at_ms;
    after.version++;
    change_set(&change, state_key(arena, "measure", after.uid), measure_value(&after, arena));
    return db_exec(tx, TaskMeasureSet, NULL, err, .uid = after.uid, .version = before->version, .state = after.state, .answer = after.answer,
                   .account = args->actor->user->account, .at = after.at)
           && change_end(&change, err);
}

bool task_measure_set(const Ledger *ledger, const Actor *actor, Str uid, Str measure, int64_t version, Str state, Str answer, GError **err)
{
    if (!flow_has_word(measure_states, state)) {
        error_set(err, BH_BAD_INPUT, "a measure's state is one of %s, not '" STR_FMT "'", measure_states, STR_ARG(state));
        return error_at(err, "/state");
    }
    if (!task_text_fits(answer, "answer", err))
        return false;
    MeasureArgs args = { actor, uid, measure, state, answer, version };
    return ledger_write(ledger, measure_in_tx, &args, err);
}

/* --- Comments ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    Str task, uid, text;
} CommentArgs;

static bool comment_in_tx(DbConn *tx, void *data, GError **err)
{
    const CommentArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "comment", err) || !task_side_check(&change, "comment", err))
        return false;
    /* A comment is no change of the task: its version stays, so that nobody's edit grows stale by it. */
    const User *user = args->actor->user;
    int64_t at = args->actor->who.at_ms;
    change_set(&change, state_key(arena, "comment", args->uid), comment_value(user->account_uid, at, args->text, arena));
    change_note(&change);
    return db_exec(tx, TaskCommentInsert, NULL, err, .uid = args->uid, .task = change.before.id, .account = user->account, .at = at, .text = args->text)
           && search_write_comment(tx, change.before.id, args->uid, at, args->text, err);
}

bool task_comment(const Ledger *ledger, const Actor *actor, Str uid, Str text, Arena *arena, Str *ret_uid, GError **err)
{
    if (str_trim(text).n == 0) {
        error_set(err, BH_BAD_INPUT, "the comment is empty");
        return error_at(err, "/text");
    }
    if (!task_text_fits(text, "text", err))
        return false;
    char comment_uid[UID_TEXT_MAX];
    uid_new(comment_uid);
    CommentArgs args = { actor, uid, str_from(comment_uid), text };
    if (!ledger_write(ledger, comment_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}
