#include "ledger/change.h"

#include "base/json.h"
#include "db/queries.h"

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
    return true;
}

void change_set(Change *change, Str key, Str value)
{
    *ARENA_PUSH(change->arena, &change->keys) = key;
    *ARENA_PUSH(change->arena, &change->values) = value;
}

/* --- What of a task's own row is its state -------------------------------------------------------------------------- */

static Str digest_or_none(Arena *arena, Str text)
{
    return text.p ? audit_digest(arena, text) : STR_NONE;
}

static Str date_or_none(Arena *arena, Date date)
{
    char text[DATE_TEXT_MAX];
    return date == DATE_NONE ? STR_NONE : arena_str(arena, str_from(date_format(date, text)));
}

static Str int_or_none(Arena *arena, int64_t value)
{
    return value == DB_NULL_INT ? STR_NONE : arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

static void push(Arena *arena, StateMap *map, const char *key, Str value)
{
    if (value.p)
        *ARENA_PUSH(arena, map) = (StateEntry) { str_from(key), value };
}

/* Only what is set; in the order of the keys. */
static void row_state(const Task *task, Arena *arena, StateMap *map)
{
    push(arena, map, "adjusted", task->adjusted ? STR("true") : STR_NONE);
    push(arena, map, "claim_at", int_or_none(arena, task->claim_at));
    push(arena, map, "claim_by", task->claim_by.uid);
    push(arena, map, "claim_note", digest_or_none(arena, task->claim_note));
    push(arena, map, "closed_at", int_or_none(arena, task->closed_at));
    push(arena, map, "due", date_or_none(arena, task->due));
    push(arena, map, "incomputable", digest_or_none(arena, task->incomputable));
    push(arena, map, "incomputable_by", task->incomputable_by.uid);
    push(arena, map, "manual", task->manual ? STR("true") : STR_NONE);
    push(arena, map, "relapses", task->relapses ? int_or_none(arena, task->relapses) : STR_NONE);
    push(arena, map, "returns", task->returns ? int_or_none(arena, task->returns) : STR_NONE);
    push(arena, map, "state", task->state);
    push(arena, map, "state_before", task->state_before);
    push(arena, map, "suspended_until", date_or_none(arena, task->suspended_until));
    push(arena, map, "verified_by", task->verified_by.uid);
}

static int by_key(const void *a, const void *b)
{
    const StateEntry *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

Str measure_state_value(Arena *arena, Str state, Str answer)
{
    return answer.p ? arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(state), STR_ARG(audit_digest(arena, answer))) : state;
}

void task_state_map(const Task *task, Arena *arena, StateMap *ret_map)
{
    StateMap map = { 0 };
    row_state(task, arena, &map);
    for (size_t i = 0; i < task->n_owners; i++) {
        const TaskOwner *owner = &task->owners[i];
        push(arena, &map, arena_printf(arena, "owner/%03zu", i + 1).p, arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(owner->role), STR_ARG(owner->uid)));
        push(arena, &map, arena_printf(arena, "confirmed/" STR_FMT, STR_ARG(owner->uid)).p, owner->confirmed_by.uid);
    }
    for (size_t i = 0; i < task->n_measures; i++) {
        const TaskMeasure *measure = &task->measures[i];
        push(arena, &map, arena_printf(arena, "measure/" STR_FMT, STR_ARG(measure->uid)).p, measure_state_value(arena, measure->state, measure->answer));
    }
    for (size_t i = 0; i < task->n_evidence; i++) {
        const TaskEvidence *evidence = &task->evidence[i];
        push(arena, &map, arena_printf(arena, "evidence/" STR_FMT, STR_ARG(evidence->uid)).p, evidence->withdrawn ? STR("withdrawn") : evidence->blob);
    }
    if (map.n > 1)
        qsort(map.v, map.n, sizeof *map.v, by_key);
    *ret_map = map;
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
    row_state(&change->before, change->arena, &old);
    row_state(&change->after, change->arena, &new);
    for (size_t i = 0; i < new.n; i++)
        if (!str_eq(find_value(&old, new.v[i].key), new.v[i].value))
            change_set(change, new.v[i].key, new.v[i].value);
    for (size_t i = 0; i < old.n; i++)
        if (!find_value(&new, old.v[i].key).p)
            change_set(change, old.v[i].key, STR_NONE);
}

static void write_set(const Change *change, JsonWriter *json)
{
    StateEntry *entries = ARENA_ARRAY(change->arena, StateEntry, change->keys.n + 1);
    for (size_t i = 0; i < change->keys.n; i++)
        entries[i] = (StateEntry) { change->keys.v[i], change->values.v[i] };
    qsort(entries, change->keys.n, sizeof *entries, by_key);
    json_key(json, "set");
    json_begin_object(json);
    for (size_t i = 0; i < change->keys.n; i++) {
        json_key_str(json, entries[i].key);
        json_str(json, entries[i].value);
    }
    json_end_object(json);
}

static bool write_row(Change *change, GError **err)
{
    const Task *task = &change->after;
    int64_t changes;
    if (!db_exec(change->tx, TaskUpdate, &changes, err, .id = task->id, .version = task->version, .state = task->state,
                 .state_before = task->state_before, .due = task->due, .suspended_until = task->suspended_until, .adjusted = task->adjusted,
                 .manual = task->manual, .relapses = task->relapses, .returns = task->returns, .claim_account = task->claim_account,
                 .claim_at = task->claim_at, .claim_note = task->claim_note, .incomputable = task->incomputable,
                 .incomputable_by = task->incomputable_account, .incomputable_at = task->incomputable_at, .verified_by = task->verified_account,
                 .closed_at = task->closed_at, .changed = change->actor->who.at_ms))
        return false;
    if (changes == 1)
        return true;
    error_set(err, BH_CONFLICT, "the task was changed in between");
    return error_detail(err, "version-stale");
}

bool change_end(Change *change, GError **err)
{
    if (!write_row(change, err))
        return false;
    compare_rows(change);
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    if (change->reason.p)
        json_member_str(&json, "reason", change->reason);
    write_set(change, &json);
    json_end_object(&json);
    audit_append(change->tx, &change->actor->who, change->verb, (AuditObject) { "task", change->after.uid }, str_from_gstring(data));
    return true;
}
