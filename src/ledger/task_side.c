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
    const Str *mentions;
    size_t n_mentions;
    Date today;
} CommentArgs;

static bool find_mentioned(DbConn *tx, const CommentArgs *args, Arena *arena, size_t i, Audience *audience, GError **err)
{
    AccountIdByUidRow account;
    TaskReadableRow task;
    bool found, reads = false;
    if (!db_one(tx, AccountIdByUid, arena, &account, &found, err, .uid = args->mentions[i])
        || (found && !db_one(tx, TaskReadable, arena, &task, &reads, err, .uid = args->task, .account = account.id, .today = args->today)))
        return false;
    if (!reads) {
        error_set(err, BH_BAD_INPUT, "who is mentioned may not read this task");
        error_at(err, "/mentions/%zu", i);
        return error_detail(err, "cannot-read");
    }
    audience_add(audience, account.id);
    return true;
}

/* The uids with blanks between, each once; STR_NONE: nobody is mentioned. */
static Str join_mentions(const CommentArgs *args, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < args->n_mentions; i++) {
        if (flow_has_word(text->str, args->mentions[i]))
            continue;
        if (text->len > 0)
            g_string_append_c(text, ' ');
        g_string_append_len(text, args->mentions[i].p, (gssize) args->mentions[i].n);
    }
    return text->len > 0 ? arena_str(arena, str_from_gstring(text)) : STR_NONE;
}

static bool tell_mentioned(DbConn *tx, const CommentArgs *args, Arena *arena, GError **err)
{
    Audience audience = { .arena = arena, .today = args->today };
    Message message = { .kind = "mention", .about = { "task", args->task }, .by = args->actor->user->account, .at_ms = args->actor->who.at_ms };
    for (size_t i = 0; i < args->n_mentions; i++)
        if (!find_mentioned(tx, args, arena, i, &audience, err))
            return false;
    return message_send_all(tx, &audience, &message, err);
}

static bool comment_in_tx(DbConn *tx, void *data, GError **err)
{
    const CommentArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "comment", err) || !task_side_check(&change, "comment", err)
        || !tell_mentioned(tx, args, arena, err))
        return false;
    /* A comment is no change of the task: its version stays, so that nobody's edit grows stale by it. */
    const User *user = args->actor->user;
    int64_t at = args->actor->who.at_ms;
    Str mentions = join_mentions(args, arena);
    change_set(&change, state_key(arena, "comment", args->uid), comment_value(user->account_uid, at, args->text, mentions, arena));
    change_note(&change);
    TaskCommentInsertRow made;
    bool found;
    return db_one(tx, TaskCommentInsert, arena, &made, &found, err, .uid = args->uid, .task = change.before.id, .account = user->account, .at = at, .text = args->text,
                  .mentions = mentions)
           && search_write_comment(tx, made.id, args->text, err);
}

bool task_comment_to(const Ledger *ledger, const Actor *actor, Str uid, Str text, const Str *mentions, size_t n, Arena *arena, Str *ret_uid, GError **err)
{
    if (str_trim(text).n == 0) {
        error_set(err, BH_BAD_INPUT, "the comment is empty");
        return error_at(err, "/text");
    }
    if (!task_text_fits(text, "text", err))
        return false;
    if (n > LIMIT_MENTIONS) {
        error_set(err, BH_TOO_LARGE, "a comment mentions at most %d people", LIMIT_MENTIONS);
        return error_at(err, "/mentions");
    }
    char comment_uid[UID_TEXT_MAX];
    uid_new(comment_uid);
    CommentArgs args = { actor, uid, str_from(comment_uid), text, mentions, n, clock_today(ledger->clock) };
    if (!ledger_write(ledger, comment_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}

bool task_comment(const Ledger *ledger, const Actor *actor, Str uid, Str text, Arena *arena, Str *ret_uid, GError **err)
{
    return task_comment_to(ledger, actor, uid, text, NULL, 0, arena, ret_uid, err);
}
