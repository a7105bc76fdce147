#include "ledger/change.h"
#include "ledger/report_step.h"
#include "ledger/search.h"

#include "base/json.h"
#include "db/queries.h"
#include "ledger/register.h"

#include "base/banned.h"

bool change_begin(Change *change, DbConn *tx, const Actor *actor, Arena *arena, Str uid, int64_t version, const char *verb, GError **err)
{
    *change = (Change) { .tx = tx, .actor = actor, .arena = arena, .verb = verb };
    if (!task_load(tx, arena, uid, &change->before, err))
        return false;
    if (version != DB_NULL_INT && version != change->before.version) {
        error_set(err, BH_CONFLICT, "the task was changed in between: it has version %" G_GINT64_FORMAT, change->before.version);
        return error_detail(err, "version-stale");
    }
    change->after = change->before;
    change->after.version++;
    change->after.changed = actor->who.at_ms;
    return true;
}

void change_for(Change *change, const Absent *of)
{
    change->of = of;
    audit_on_behalf(change->tx, of ? of->account_uid : STR_NONE);
}

int64_t change_org(const Change *change)
{
    return change->of ? change->of->org : change->actor->user->org;
}

PersonRef change_by(const Change *change)
{
    const User *user = change->actor->user;
    const Absent *of = change->of;
    return (PersonRef) { user->account_uid, user->person_name, of ? of->org_uid : user->org_uid, of ? of->org_name : user->org_name };
}

void change_set(Change *change, Str key, Str value)
{
    *ARENA_PUSH(change->arena, &change->keys) = key;
    *ARENA_PUSH(change->arena, &change->values) = value;
}

/* --- Writing ---------------------------------------------------------------------------------------------------------- */

static Str find_value(const StateMap *map, Str key)
{
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->v[i].key, key))
            return map->v[i].value;
    return STR_NONE;
}

/* The keys of the row whose value is another one now. */
static void compare_rows(Change *change)
{
    StateMap old = { 0 }, new = { 0 };
    task_row_state(&change->before, change->arena, &old);
    task_row_state(&change->after, change->arena, &new);
    for (size_t i = 0; i < new.n; i++)
        if (!str_eq(find_value(&old, new.v[i].key), new.v[i].value))
            change_set(change, new.v[i].key, new.v[i].value);
    for (size_t i = 0; i < old.n; i++)
        if (!find_value(&new, old.v[i].key).p)
            change_set(change, old.v[i].key, STR_NONE);
}

static void write_set(const Change *change, JsonWriter *json)
{
    StateMap set = { 0 };
    for (size_t i = 0; i < change->keys.n; i++)
        *ARENA_PUSH(change->arena, &set) = (StateEntry) { change->keys.v[i], change->values.v[i] };
    state_map_sort(&set);
    json_key(json, "set");
    json_begin_object(json);
    for (size_t i = 0; i < set.n; i++) {
        json_key_str(json, set.v[i].key);
        json_str(json, set.v[i].value);
    }
    json_end_object(json);
}

void change_note(Change *change)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    if (change->reason.p)
        json_member_str(&json, "reason", change->reason);
    write_set(change, &json);
    json_end_object(&json);
    change->event = audit_append(change->tx, &change->actor->who, change->verb, (AuditObject) { "task", change->after.uid }, str_from_gstring(data));
}

static bool write_row(Change *change, GError **err)
{
    const Task *task = &change->after;
    int64_t changes;
    if (!db_exec(change->tx, TaskUpdate, &changes, err, .id = task->id, .version = change->before.version, .parent = task->parent, .split = task->split,
                 .title = task->title, .text = task->text, .problem = task->problem, .figures = task->figures, .stage = task->stage, .term = task->term,
                 .category = task->category, .leader = task->leader_account, .handler = task->handler_account, .restricted = task->restricted,
                 .quiet = task->quiet, .overruled_by = task->overruled_account, .waived_share = task->waived_share,
                 .holding_days = task->holding_days, .holding_until = task->holding_until, .state = task->state,
                 .state_before = task->state_before, .due = task->due, .suspended_until = task->suspended_until, .adjusted = task->adjusted,
                 .manual = task->manual, .relapses = task->relapses, .returns = task->returns, .claim_account = task->claim_account, .claim_org = task->claim_org,
                 .claim_at = task->claim_at, .claim_note = task->claim_note, .incomputable = task->incomputable,
                 .incomputable_by = task->incomputable_account, .incomputable_at = task->incomputable_at, .verified_by = task->verified_account,
                 .closed_at = task->closed_at, .changed = task->changed))
        return false;
    if (changes == 1)
        return true;
    error_set(err, BH_CONFLICT, "the task was changed in between");
    return error_detail(err, "version-stale");
}

/* Where the task lies for lists: anew where it has other owners. */
static bool write_scopes(const Change *change, GError **err)
{
    const Task *before = &change->before, *after = &change->after;
    for (size_t i = 0; i < change->keys.n; i++)
        if (str_starts(change->keys.v[i], STR("owner/")))
            return task_scopes_write(change->tx, after->id, err);
    return task_scopes_touch(change->tx, before, after, err);
}

static bool write_words(const Change *change, GError **err)
{
    const Task *before = &change->before, *after = &change->after;
    bool same = str_eq(before->title, after->title) && str_eq(before->text, after->text) && str_eq(before->problem, after->problem)
                && str_eq(before->category, after->category) && before->measures == after->measures;
    return same || search_write_task(change->tx, after->id, err);
}

bool change_end(Change *change, GError **err)
{
    if (!write_row(change, err) || !write_scopes(change, err) || !write_words(change, err))
        return false;
    compare_rows(change);
    change_note(change);
    report_steps(change);
    return change_tell(change, err);
}

bool change_verdict(Change *change, Str reason, GError **err)
{
    const User *user = change->actor->user;
    TaskVerdict verdict = { .verb = str_from(change->verb), .reason = reason.p ? reason : STR(""), .by = { .uid = user ? user->account_uid : STR_NONE }, .at = change->actor->who.at_ms };
    change_set(change, verdict_key(change->arena, change->before.n_verdicts), verdict_value(&verdict, change->arena));
    return db_exec(change->tx, TaskVerdictInsert, NULL, err, .task = change->after.id, .verb = verdict.verb, .account = user ? user->account : DB_NULL_INT, .at = verdict.at,
                   .reason = verdict.reason);
}

bool change_issued(DbConn *tx, const Actor *actor, Arena *arena, Str uid, GError **err)
{
    Change change = { .tx = tx, .actor = actor, .arena = arena };
    if (!task_load(tx, arena, uid, &change.after, err) || !task_asks_write(tx, arena, &change.after, err))
        return false;
    change.verb = str_eq(change.after.state, STR("draft")) ? "add" : "issue";
    StateMap map;
    task_state_map(&change.after, arena, &map);
    for (size_t i = 0; i < map.n; i++)
        change_set(&change, map.v[i].key, map.v[i].value);
    change_note(&change);
    report_steps(&change);
    return task_scopes_write(tx, change.after.id, err) && change_tell(&change, err) && search_write_task(tx, change.after.id, err);
}
