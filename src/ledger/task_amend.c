/* Amending a task: freely while it is a draft; later as the issuer's amendment, with a reason, the old value kept, and a mark that stays (rule b). Who handles it the
 * head of a lead says: that changes nothing of what was promised. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/apportion.h"
#include "ledger/scope.h"
#include "ledger/task_do.h"
#include "ledger/task_fields.h"

#include "base/banned.h"

/* --- What hangs on the task, where it is another one now --------------------------------------------------------------- */

static bool same_owner(const TaskOwner *a, const TaskOwner *b)
{
    return a->org == b->org && str_eq(a->role, b->role) && str_eq(a->written, b->written);
}

static void owner_keys(Change *change)
{
    size_t n = MAX(change->before.n_owners, change->after.n_owners);
    for (size_t i = 0; i < n; i++) {
        const TaskOwner *old = i < change->before.n_owners ? &change->before.owners[i] : NULL;
        const TaskOwner *new = i < change->after.n_owners ? &change->after.owners[i] : NULL;
        if (old && new && same_owner(old, new))
            continue;
        change_set(change, owner_key(change->arena, "owner", i), new ? owner_value(new, change->arena) : STR_NONE);
        change_set(change, owner_key(change->arena, "confirmed", i), new ? confirmed_value(new, change->arena) : STR_NONE);
    }
}

static bool owners_differ(const Change *change)
{
    bool differ = change->before.n_owners != change->after.n_owners;
    for (size_t i = 0; i < change->after.n_owners && !differ; i++)
        differ = !same_owner(&change->before.owners[i], &change->after.owners[i]);
    return differ;
}

static bool write_owners(Change *change, GError **err)
{
    const Task *task = &change->after;
    if (!owners_differ(change))
        return true;
    if (!db_exec(change->tx, TaskOwnersDelete, NULL, err, .task = task->id))
        return false;
    for (size_t i = 0; i < task->n_owners; i++)
        if (!db_exec(change->tx, TaskOwnerKeep, NULL, err, .task = task->id, .seq = (int64_t) i + 1, .org = task->owners[i].org, .role = task->owners[i].role,
                     .name = task->owners[i].written, .confirmed_by = task->owners[i].confirmed_by.uid, .confirmed_at = task->owners[i].confirmed_at))
            return false;
    owner_keys(change);
    return true;
}

static bool has_reader(const Task *task, int64_t account)
{
    for (size_t i = 0; i < task->n_readers; i++)
        if (task->readers[i].account == account)
            return true;
    return false;
}

static bool write_readers(Change *change, GError **err)
{
    const Task *old = &change->before, *new = &change->after;
    for (size_t i = 0; i < old->n_readers; i++) {
        if (has_reader(new, old->readers[i].account))
            continue;
        change_set(change, state_key(change->arena, "reader", old->readers[i].who.uid), STR_NONE);
        if (!db_exec(change->tx, TaskReaderDelete, NULL, err, .task = new->id, .account = old->readers[i].account))
            return false;
    }
    for (size_t i = 0; i < new->n_readers; i++) {
        if (has_reader(old, new->readers[i].account))
            continue;
        change_set(change, state_key(change->arena, "reader", new->readers[i].who.uid), STR("true"));
        if (!db_exec(change->tx, TaskReaderInsert, NULL, err, .task = new->id, .account = new->readers[i].account))
            return false;
    }
    return true;
}

static bool write_targets(Change *change, GError **err)
{
    for (size_t i = 0; i < change->after.n_targets; i++) {
        const TaskTarget *target = &change->after.targets[i];
        Str value = target_value(target, change->arena);
        if (str_eq(value, target_value(&change->before.targets[i], change->arena)))
            continue;
        change_set(change, state_key(change->arena, "target", target->uid), value);
        if (!db_exec(change->tx, TaskTargetSet, NULL, err, .uid = target->uid, .op = target->op, .value = target->value, .value2 = target->value2,
                     .unit = target->unit, .due = target->due))
            return false;
    }
    return true;
}

static bool has_measure(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_measures; i++)
        if (str_eq(task->measures[i].uid, uid))
            return true;
    return false;
}

/* Those that go were not answered; those that stay keep what was answered, in the order that is told. */
static bool write_measures(Change *change, GError **err)
{
    Task *new = &change->after;
    const Task *old = &change->before;
    for (size_t i = 0; i < old->n_measures && new->measures != old->measures; i++) {
        if (has_measure(new, old->measures[i].uid))
            continue;
        change_set(change, state_key(change->arena, "measure", old->measures[i].uid), STR_NONE);
        if (!db_exec(change->tx, TaskMeasureDelete, NULL, err, .uid = old->measures[i].uid))
            return false;
    }
    for (size_t i = 0; i < new->n_measures && new->measures != old->measures; i++) {
        TaskMeasure *measure = &new->measures[i];
        int64_t seq = (int64_t) i + 1;
        if (measure->uid.p) {
            if (!db_exec(change->tx, TaskMeasurePlace, NULL, err, .uid = measure->uid, .seq = seq))
                return false;
            continue;
        }
        measure->uid = fresh_uid(change->arena);
        change_set(change, state_key(change->arena, "measure", measure->uid), measure_value(measure, change->arena));
        if (!db_exec(change->tx, TaskMeasureInsert, NULL, err, .uid = measure->uid, .task = new->id, .seq = seq, .no = measure->no, .text = measure->text))
            return false;
    }
    return true;
}

/* --- What is kept of it ---------------------------------------------------------------------------------------------------- */

static bool keep_amendment(Change *change, const TaskField *field, Str old, Str new, Str reason, size_t index, GError **err)
{
    const User *user = change->actor->user;
    TaskAmendment amendment = { .field = str_from(task_field_name(field)), .old_value = old, .new_value = new, .reason = reason,
                                .by = { .uid = user->account_uid }, .at = change->actor->who.at_ms };
    change_set(change, amendment_key(change->arena, index), amendment_value(&amendment, change->arena));
    return db_exec(change->tx, TaskAmendmentInsert, NULL, err, .task = change->before.id, .field = amendment.field, .old_value = old, .new_value = new,
                   .reason = reason, .account = user->account, .at = amendment.at);
}

/* Every field that is another one now. ret_changed: how many. */
static bool keep_amendments(Change *change, bool kept, Str reason, size_t *ret_changed, GError **err)
{
    size_t n = 0;
    for (size_t i = 0; task_field_at(i); i++) {
        const TaskField *field = task_field_at(i);
        if (task_field_new_only(field))
            continue;
        Str old = task_field_print(&change->before, field, change->arena), new = task_field_print(&change->after, field, change->arena);
        if (str_eq(old, new))
            continue;
        if (kept && !keep_amendment(change, field, old, new, reason, change->before.n_amendments + n, err))
            return false;
        change->after.adjusted |= kept && task_field_marks(field);
        n++;
    }
    *ret_changed = n;
    return true;
}

/* --- One amendment ------------------------------------------------------------------------------------------------------------ */

static bool no_new_only(const JsonValue *set, GError **err)
{
    for (const JsonValue *member = set->first; member; member = member->next) {
        const TaskField *field = task_field(member->name);
        if (field && task_field_new_only(field))
            return json_bad(member, err, "'" STR_FMT "' stays as it was given", STR_ARG(member->name));
    }
    return true;
}

static bool reason_fits(Str reason, GError **err)
{
    if (str_trim(reason).n > 0)
        return true;
    error_set(err, BH_BAD_INPUT, "a reason is needed");
    error_at(err, "/reason");
    return error_detail(err, "reason-missing");
}

static bool amend_one(DbConn *tx, const Actor *actor, Arena *arena, Date today, const TaskAmend *amend, bool *ret_changed, GError **err)
{
    Change change;
    const JsonValue *set = amend->set;
    bool only_handler = set->count == 1 && str_eq(set->first->name, STR("handler"));
    const char *verb = only_handler ? "handler" : "amend";
    size_t changed;
    if (!change_begin(&change, tx, actor, arena, amend->uid, amend->version, verb, err))
        return false;
    bool draft = str_eq(change.before.state, STR("draft"));
    change.verb = draft ? "amend" : verb;
    if (!task_side_check(&change, change.verb, err) || !no_new_only(set, err) || (!draft && !only_handler && !reason_fits(amend->reason, err)))
        return false;
    FieldWork work = { tx, arena, today, &change.after };
    bool kept = !draft && !only_handler;
    if (!task_fields_set(&work, set, "", err) || !keep_amendments(&change, kept, amend->reason, &changed, err))
        return false;
    *ret_changed = changed > 0;
    if (changed == 0)
        return true;
    if (str_trim(amend->reason).n > 0)
        change.reason = audit_digest(arena, amend->reason);
    bool done = write_owners(&change, err) && write_readers(&change, err) && write_targets(&change, err) && write_measures(&change, err) && change_end(&change, err);
    return done && (!owners_differ(&change) || task_scopes_write(tx, change.before.id, err));
}

/* Where it fails the client finds the share that it is about. */
static bool amend_share(DbConn *tx, const Actor *actor, Arena *arena, Date today, const TaskAmend *amend, size_t i, bool *ret_changed, GError **err)
{
    const AmendShare *share = &amend->shares[i];
    TaskAmend one = { .uid = share->task, .reason = amend->reason, .version = share->version };
    bool done = apportion_fields(tx, arena, share, i, &one.set, err) && amend_one(tx, actor, arena, today, &one, ret_changed, err);
    if (!done && err && *err)
        error_at(err, "/shares/%zu", i);
    return done;
}

bool task_amend_in_tx(DbConn *tx, const Actor *actor, Arena *arena, Date today, const TaskAmend *amend, bool *ret_changed, GError **err)
{
    Wholes wholes = { 0 };
    bool touched = amend->n_shares > 0 || json_get(amend->set, "targets");
    if (touched && !apportion_find(tx, arena, amend->uid, &wholes, err))
        return false;
    for (size_t i = 0; i < amend->n_shares; i++)
        if (!apportion_find(tx, arena, amend->shares[i].task, &wholes, err))
            return false;
    if (!amend_one(tx, actor, arena, today, amend, ret_changed, err))
        return false;
    for (size_t i = 0; i < amend->n_shares; i++) {
        bool changed;
        if (!amend_share(tx, actor, arena, today, amend, i, &changed, err))
            return false;
        *ret_changed |= changed;
    }
    return apportion_check(tx, arena, &wholes, err);
}

typedef struct {
    const Actor *actor;
    const TaskAmend *amend;
    Date today;
} AmendArgs;

static bool amend_in_tx(DbConn *tx, void *data, GError **err)
{
    const AmendArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    bool changed;
    return task_amend_in_tx(tx, args->actor, arena, args->today, args->amend, &changed, err);
}

bool task_amend(const Ledger *ledger, const Actor *actor, const TaskAmend *amend, GError **err)
{
    AmendArgs args = { actor, amend, clock_today(ledger->clock) };
    return task_text_fits(amend->reason, "reason", err) && ledger_write(ledger, amend_in_tx, &args, err);
}
