/* The state of a task as keys and values, made from its rows: what the events must add up to. */
#include "ledger/change.h"

#include "base/banned.h"

/* --- Values ----------------------------------------------------------------------------------------------------------- */

static Str date_or_none(Arena *arena, Date date)
{
    char text[DATE_TEXT_MAX];
    return date == DATE_NONE ? STR_NONE : arena_str(arena, str_from(date_format(date, text)));
}

static Str int_or_none(Arena *arena, int64_t value)
{
    return value == DB_NULL_INT ? STR_NONE : arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

static Str count_or_none(Arena *arena, int64_t value)
{
    return value == 0 ? STR_NONE : int_or_none(arena, value);
}

static Str flag_or_none(bool set)
{
    return set ? STR("true") : STR_NONE;
}

static Str digest_or_none(Arena *arena, Str text)
{
    return text.p ? audit_digest(arena, text) : STR_NONE;
}

Str state_digest(Arena *arena, const Str *values, size_t n)
{
    g_autoptr(GString) said = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        if (values[i].p) {
            g_string_append_printf(said, "%zu:", values[i].n);
            g_string_append_len(said, values[i].p, (gssize) values[i].n);
        }
        g_string_append_c(said, ',');
    }
    return audit_digest(arena, str_from_gstring(said));
}

#define DIGEST_ALL(arena, ...) state_digest(arena, (const Str[]) { __VA_ARGS__ }, G_N_ELEMENTS(((const Str[]) { __VA_ARGS__ })))

Str confirmed_value(const TaskOwner *owner, Arena *arena)
{
    if (!owner->confirmed_by.uid.p && owner->confirmed_at == DB_NULL_INT)
        return STR_NONE;
    return arena_printf(arena, STR_FMT " %" G_GINT64_FORMAT, STR_ARG(owner->confirmed_by.uid), owner->confirmed_at);
}

Str measure_value(const TaskMeasure *measure, Arena *arena)
{
    Str digest = DIGEST_ALL(arena, measure->no, measure->text, measure->answer, measure->by.uid, int_or_none(arena, measure->at),
                            int_or_none(arena, measure->version));
    return arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(measure->state), STR_ARG(digest));
}

Str evidence_value(const TaskEvidence *evidence, Arena *arena)
{
    Str digest = DIGEST_ALL(arena, evidence->kind, evidence->file_name, evidence->media, evidence->note, evidence->by.uid, evidence->by.org_uid,
                            int_or_none(arena, evidence->size), int_or_none(arena, evidence->at));
    return arena_printf(arena, "%s " STR_FMT " " STR_FMT, evidence->withdrawn ? "withdrawn" : "given", STR_ARG(evidence->blob), STR_ARG(digest));
}

Str check_value(const TaskEvidence *evidence, Arena *arena)
{
    const EvidenceCheck *check = &evidence->check;
    if (!check->register_code.p)
        return STR_NONE;
    Str digest = DIGEST_ALL(arena, check->register_code, check->row_uid, check->key, check->facts, int_or_none(arena, check->at));
    return arena_printf(arena, "%s " STR_FMT, check->held ? "held" : "failed", STR_ARG(digest));
}

Str verdict_value(const TaskVerdict *verdict, Arena *arena)
{
    Str digest = DIGEST_ALL(arena, verdict->by.uid, int_or_none(arena, verdict->at), verdict->reason);
    return arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(verdict->verb), STR_ARG(digest));
}

Str comment_value(Str account, int64_t at, Str text, Str mentions, Arena *arena)
{
    return DIGEST_ALL(arena, account, int_or_none(arena, at), text, mentions);
}

Str target_value(const TaskTarget *target, Arena *arena)
{
    return DIGEST_ALL(arena, target->quote, target->metric, target->op, target->value, target->value2, target->unit, target->tense,
                      date_or_none(arena, target->due), flag_or_none(target->soft), target->part_of, target->claimed, target->claimed_by.uid,
                      int_or_none(arena, target->claimed_at));
}

Str owner_value(const TaskOwner *owner, Arena *arena)
{
    return arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(owner->role), STR_ARG(owner->uid),
                        STR_ARG(audit_digest(arena, owner->written)));
}

Str progress_value(const TaskProgress *progress, Arena *arena)
{
    return DIGEST_ALL(arena, progress->period, progress->text, progress->problem, progress->need, progress->next, int_or_none(arena, progress->percent),
                      flag_or_none(progress->nothing_new), progress->by.uid, progress->by.org_uid, int_or_none(arena, progress->at));
}

Str kept_value(Str cells, bool claimed, Arena *arena)
{
    return cells.p ? arena_printf(arena, "%s " STR_FMT, claimed ? "claimed" : "kept", STR_ARG(audit_digest(arena, cells))) : STR_NONE;
}

Str amendment_value(const TaskAmendment *amendment, Arena *arena)
{
    Str digest = DIGEST_ALL(arena, amendment->old_value, amendment->new_value, amendment->reason, amendment->by.uid, int_or_none(arena, amendment->at));
    return arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(amendment->field), STR_ARG(digest));
}

/* What a task says; once it is issued only an amendment changes it. */
static Str content_value(const Task *task, Arena *arena)
{
    return DIGEST_ALL(arena, task->plan_uid, int_or_none(arena, task->seq), task->number, task->no, task->label, task->kind, task->title, task->text, task->problem,
                      task->path, task->source, task->source_no, date_or_none(arena, task->source_date), task->basis, int_or_none(arena, task->span.from), int_or_none(arena, task->span.to),
                      int_or_none(arena, task->figures));
}

/* --- Keys -------------------------------------------------------------------------------------------------------------- */

Str state_key(Arena *arena, const char *kind, Str uid)
{
    return arena_printf(arena, "%s/" STR_FMT, kind, STR_ARG(uid));
}

Str owner_key(Arena *arena, const char *kind, size_t index)
{
    return arena_printf(arena, "%s/%03zu", kind, index + 1);
}

Str verdict_key(Arena *arena, size_t index)
{
    return arena_printf(arena, "verdict/%04zu", index + 1);
}

Str amendment_key(Arena *arena, size_t index)
{
    return arena_printf(arena, "amendment/%04zu", index + 1);
}

/* --- The map ------------------------------------------------------------------------------------------------------------ */

static void push(Arena *arena, StateMap *map, Str key, Str value)
{
    if (value.p)
        *ARENA_PUSH(arena, map) = (StateEntry) { key, value };
}

/* Only what is set. */
void task_row_state(const Task *task, Arena *arena, StateMap *map)
{
    const struct {
        Str key, value;
    } entries[] = {
        { STR_INIT("adjusted"), flag_or_none(task->adjusted) },
        { STR_INIT("category"), digest_or_none(arena, task->category) },
        { STR_INIT("changed"), int_or_none(arena, task->changed) },
        { STR_INIT("claim_at"), int_or_none(arena, task->claim_at) },
        { STR_INIT("claim_by"), task->claim_by.uid },
        { STR_INIT("claim_note"), digest_or_none(arena, task->claim_note) },
        { STR_INIT("claim_org"), task->claim_by.org_uid },
        { STR_INIT("closed_at"), int_or_none(arena, task->closed_at) },
        { STR_INIT("content"), content_value(task, arena) },
        { STR_INIT("due"), date_or_none(arena, task->due) },
        { STR_INIT("handler"), task->handler.uid },
        { STR_INIT("holding_days"), count_or_none(arena, task->holding_days) },
        { STR_INIT("holding_until"), date_or_none(arena, task->holding_until) },
        { STR_INIT("incomputable"), digest_or_none(arena, task->incomputable) },
        { STR_INIT("incomputable_at"), int_or_none(arena, task->incomputable_at) },
        { STR_INIT("incomputable_by"), task->incomputable_by.uid },
        { STR_INIT("issuer"), task->issuer_uid },
        { STR_INIT("leader"), task->leader.uid },
        { STR_INIT("manual"), flag_or_none(task->manual) },
        { STR_INIT("overruled_by"), task->overruled_by.uid },
        { STR_INIT("parent"), task->parent_uid },
        { STR_INIT("quiet"), flag_or_none(task->quiet) },
        { STR_INIT("relapses"), count_or_none(arena, task->relapses) },
        { STR_INIT("restricted"), flag_or_none(task->restricted) },
        { STR_INIT("returns"), count_or_none(arena, task->returns) },
        { STR_INIT("split"), task->split },
        { STR_INIT("stage"), int_or_none(arena, task->stage) },
        { STR_INIT("state"), task->state },
        { STR_INIT("state_before"), task->state_before },
        { STR_INIT("suspended_until"), date_or_none(arena, task->suspended_until) },
        { STR_INIT("term"), task->term },
        { STR_INIT("verified_by"), task->verified_by.uid },
        { STR_INIT("version"), int_or_none(arena, task->version) },
        { STR_INIT("waived_share"), task->waived_share },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        push(arena, map, entries[i].key, entries[i].value);
}

static int by_key(const void *a, const void *b)
{
    const StateEntry *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

void state_map_sort(StateMap *map)
{
    if (map->n > 1)
        qsort(map->v, map->n, sizeof *map->v, by_key);
}

void task_state_map(const Task *task, Arena *arena, StateMap *ret_map)
{
    StateMap map = { 0 };
    task_row_state(task, arena, &map);
    for (size_t i = 0; i < task->n_owners; i++) {
        const TaskOwner *owner = &task->owners[i];
        push(arena, &map, owner_key(arena, "owner", i), owner_value(owner, arena));
        push(arena, &map, owner_key(arena, "confirmed", i), confirmed_value(owner, arena));
    }
    for (size_t i = 0; i < task->n_measures; i++)
        push(arena, &map, state_key(arena, "measure", task->measures[i].uid), measure_value(&task->measures[i], arena));
    for (size_t i = 0; i < task->n_targets; i++)
        push(arena, &map, state_key(arena, "target", task->targets[i].uid), target_value(&task->targets[i], arena));
    for (size_t i = 0; i < task->n_evidence; i++) {
        push(arena, &map, state_key(arena, "evidence", task->evidence[i].uid), evidence_value(&task->evidence[i], arena));
        push(arena, &map, state_key(arena, "check", task->evidence[i].uid), check_value(&task->evidence[i], arena));
    }
    for (size_t i = 0; i < task->n_readers; i++)
        push(arena, &map, state_key(arena, "reader", task->readers[i].who.uid), STR("true"));
    for (size_t i = 0; i < task->n_amendments; i++)
        push(arena, &map, amendment_key(arena, i), amendment_value(&task->amendments[i], arena));
    for (size_t i = 0; i < task->n_verdicts; i++)
        push(arena, &map, verdict_key(arena, i), verdict_value(&task->verdicts[i], arena));
    push(arena, &map, STR("kept"), kept_value(task->kept, task->claimed, arena));
    for (size_t i = 0; i < task->n_asks; i++)
        push(arena, &map, state_key(arena, "ask", task->asks[i].kind), audit_digest(arena, task->asks[i].word));
    state_map_sort(&map);
    *ret_map = map;
}

static void write_entry(JsonWriter *json, Str key, Str value)
{
    json_key_str(json, key);
    json_str(json, value);
}

void state_write_set(const StateMap *before, const StateMap *after, JsonWriter *json)
{
    size_t b = 0, a = 0;
    json_key(json, "set");
    json_begin_object(json);
    while (b < before->n || a < after->n) {
        int order = b == before->n ? 1 : a == after->n ? -1 : str_cmp(before->v[b].key, after->v[a].key);
        if (order < 0)
            write_entry(json, before->v[b++].key, STR_NONE);
        else if (order > 0 || !str_eq(before->v[b].value, after->v[a].value)) {
            write_entry(json, after->v[a].key, after->v[a].value);
            b += order == 0;
            a++;
        } else
            b++, a++;
    }
    json_end_object(json);
}
