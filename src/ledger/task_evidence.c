/* Evidence: given, checked by its register, withdrawn. Each is one transaction: load, check, change, event. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/register_check.h"
#include "ledger/task_do.h"

#include "base/banned.h"

typedef struct {
    const Actor *actor;
    Str task, uid;
    const NewEvidence *evidence;
    const Clock *clock;
} EvidenceArgs;

/* --- The register's word ------------------------------------------------------------------------------------------------------------ */

/* Notes the register's word in the change and in the store. */
static bool note_check(Change *change, TaskEvidence *piece, const Clock *clock, GError **err)
{
    TaskEvidence after;
    if (!register_check_again(change->tx, change->arena, &change->before, piece, clock, change->actor->who.at_ms, &after, err)
        || !register_check_keep(change->tx, change->arena, &after, err))
        return false;
    *piece = after;
    change_set(change, state_key(change->arena, "check", piece->uid), check_value(&after, change->arena));
    return true;
}

/* The entry or key that a new piece names, as the register knows it. */
static bool name_entry(Change *change, const NewEvidence *evidence, TaskEvidence *piece, GError **err)
{
    RegisterProvingRow row;
    bool found;
    if (!db_one(change->tx, RegisterProving, change->arena, &row, &found, err, .proves = evidence->kind))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no register proves evidence of kind '" STR_FMT "'", STR_ARG(evidence->kind));
        error_at(err, "/kind");
        return error_detail(err, "no-register");
    }
    piece->check = (EvidenceCheck) { .register_code = row.code, .row_uid = evidence->row_uid };
    if (!evidence->row_uid.p) {
        piece->check.key = register_key(evidence->key, change->arena);
        return true;
    }
    RegisterRow entry;
    if (!register_row_load(change->tx, change->arena, evidence->row_uid, &entry, err))
        return false;
    piece->check.key = entry.key;
    if (entry.register_id == row.id)
        return true;
    error_set(err, BH_BAD_INPUT, "the entry stands in another register than '" STR_FMT "'", STR_ARG(row.code));
    return error_at(err, "/row");
}

bool task_checks_again(Change *change, const Clock *clock, GError **err)
{
    Task *task = &change->after;
    TaskEvidence *pieces = ARENA_ARRAY(change->arena, TaskEvidence, MAX(task->n_evidence, 1));
    for (size_t i = 0; i < task->n_evidence; i++) {
        pieces[i] = task->evidence[i];
        if (!pieces[i].check.register_code.p || pieces[i].withdrawn)
            continue;
        TaskEvidence after;
        if (!register_check_again(change->tx, change->arena, &change->before, &pieces[i], clock, change->actor->who.at_ms, &after, err))
            return false;
        if (after.check.held == pieces[i].check.held && str_eq(after.check.facts, pieces[i].check.facts))
            continue; /* it says what it said: nothing to keep, and nothing to tell */
        if (!register_check_keep(change->tx, change->arena, &after, err))
            return false;
        change_set(change, state_key(change->arena, "check", after.uid), check_value(&after, change->arena));
        pieces[i] = after;
    }
    task->evidence = pieces;
    return true;
}

/* --- Giving --------------------------------------------------------------------------------------------------------------------------- */

static bool evidence_add_in_tx(DbConn *tx, void *data, GError **err)
{
    const EvidenceArgs *args = data;
    const NewEvidence *evidence = args->evidence;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "evidence", err) || !task_side_check(&change, "evidence", err))
        return false;
    if (change.before.n_evidence >= LIMIT_EVIDENCE_PER_TASK) /* with those that were withdrawn: they are kept too */
        return error_set(err, BH_TOO_LARGE, "a task takes at most %d pieces of evidence", LIMIT_EVIDENCE_PER_TASK);
    const User *user = args->actor->user;
    TaskEvidence piece = {
        .uid = args->uid, .kind = evidence->kind, .file_name = evidence->file_name, .media = evidence->media, .blob = evidence->blob,
        .note = evidence->note, .size = evidence->size, .at = args->actor->who.at_ms,
        .by = change_by(&change),
    };
    bool registered = evidence->row_uid.p || evidence->key.p;
    change_set(&change, state_key(arena, "evidence", piece.uid), evidence_value(&piece, arena));
    return db_exec(tx, EvidenceInsert, NULL, err, .uid = piece.uid, .task = change.before.id, .kind = piece.kind, .file_name = piece.file_name,
                   .media = piece.media, .size = piece.size, .blob = piece.blob, .note = piece.note, .account = user->account, .org = change_org(&change),
                   .at = piece.at)
           && (!registered || (name_entry(&change, evidence, &piece, err) && note_check(&change, &piece, args->clock, err)))
           && change_end(&change, err);
}

static bool evidence_fits(const NewEvidence *evidence, GError **err)
{
    if (!flow_has_word(register_kinds, evidence->kind)) {
        error_set(err, BH_BAD_INPUT, "evidence is one of %s, not '" STR_FMT "'", register_kinds, STR_ARG(evidence->kind));
        return error_at(err, "/kind");
    }
    if (utf8_length(evidence->file_name) > LIMIT_NAME_CHARS) {
        error_set(err, BH_TOO_LARGE, "the file's name is longer than %d characters", LIMIT_NAME_CHARS);
        return error_at(err, "/name");
    }
    if (utf8_length(evidence->key) > LIMIT_REGISTER_TEXT_CHARS) {
        error_set(err, BH_TOO_LARGE, "the key is longer than %d characters", LIMIT_REGISTER_TEXT_CHARS);
        return error_at(err, "/key");
    }
    return task_text_fits(evidence->note, "note", err);
}

bool task_evidence_add(const Ledger *ledger, const Actor *actor, Str uid, const NewEvidence *evidence, Arena *arena, Str *ret_uid, GError **err)
{
    if (!evidence_fits(evidence, err))
        return false;
    char evidence_uid[UID_TEXT_MAX];
    uid_new(evidence_uid);
    EvidenceArgs args = { actor, uid, str_from(evidence_uid), evidence, ledger->clock };
    if (!ledger_write(ledger, evidence_add_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}

/* --- Withdrawing ------------------------------------------------------------------------------------------------------------------------ */

static const TaskEvidence *evidence_of(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_evidence; i++)
        if (str_eq(task->evidence[i].uid, uid) && !task->evidence[i].withdrawn)
            return &task->evidence[i];
    return NULL;
}

static bool evidence_withdraw_in_tx(DbConn *tx, void *data, GError **err)
{
    const EvidenceArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->task, DB_NULL_INT, "evidence-withdraw", err)
        || !task_side_check(&change, "evidence", err))
        return false;
    const TaskEvidence *before = evidence_of(&change.before, args->uid);
    if (!before)
        return error_set(err, BH_NOT_FOUND, "no evidence '" STR_FMT "' in this task", STR_ARG(args->uid));
    TaskEvidence after = *before;
    after.withdrawn = true;
    change_set(&change, state_key(arena, "evidence", after.uid), evidence_value(&after, arena));
    return db_exec(tx, EvidenceWithdraw, NULL, err, .uid = after.uid) && change_end(&change, err);
}

bool task_evidence_withdraw(const Ledger *ledger, const Actor *actor, Str uid, Str evidence, GError **err)
{
    EvidenceArgs args = { .actor = actor, .task = uid, .uid = evidence };
    return ledger_write(ledger, evidence_withdraw_in_tx, &args, err);
}
