#include "ledger/report_step.h"

#include "db/queries.h"

#include "base/banned.h"

typedef struct {
    size_t event;
    int64_t task, at;
    const char *field;
    Str old, new;
} Step;

typedef struct {
    Arena *arena;
    ARENA_LIST(Step) list;
    size_t written; /* a hook may run again after another added more */
} Steps;

static const char steps_key[] = "task steps";

static void steps_free(void *data)
{
    Steps *steps = data;
    arena_free(steps->arena);
    g_free(steps);
}

static bool write_steps(DbConn *tx, void *data, GError **err)
{
    Steps *steps = data;
    for (; steps->written < steps->list.n; steps->written++) {
        const Step *step = &steps->list.v[steps->written];
        if (!db_exec(tx, TaskStepInsert, NULL, err, .seq = audit_seq(tx, step->event), .task = step->task, .field = str_from(step->field), .at = step->at,
                     .old = step->old, .new_value = step->new))
            return false;
    }
    return true;
}

static Steps *steps_of(DbConn *tx)
{
    Steps *steps = db_tx_data(tx, steps_key);
    if (!steps) {
        steps = g_new0(Steps, 1);
        steps->arena = arena_new();
        db_tx_set_data(tx, steps_key, steps, steps_free);
        db_before_commit(tx, write_steps, steps);
    }
    return steps;
}

static void add(const Change *change, const char *field, Str old, Str new)
{
    if (str_eq(old, new) && old.p && new.p)
        return;
    if (!old.p && !new.p)
        return;
    Steps *steps = steps_of(change->tx);
    *ARENA_PUSH(steps->arena, &steps->list) = (Step) {
        .event = change->event,
        .task = change->after.id,
        .at = change->actor->who.at_ms,
        .field = field,
        .old = arena_str(steps->arena, old),
        .new = arena_str(steps->arena, new),
    };
}

static Str day_text(Arena *arena, Date day)
{
    return day == DATE_NONE ? STR_NONE : arena_printf(arena, "%d", day);
}

static Str leads_text(Arena *arena, const Task *task)
{
    g_autoptr(GString) uids = g_string_new(NULL);
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, STR("lead")))
            g_string_append_printf(uids, "%s" STR_FMT, uids->len > 0 ? " " : "", STR_ARG(task->owners[i].uid));
    return arena_str(arena, str_from_gstring(uids));
}

static bool says_the_same(const Task *a, const Task *b)
{
    return str_eq(a->title, b->title) && str_eq(a->text, b->text);
}

void report_steps(const Change *change)
{
    const Task *before = &change->before, *after = &change->after;
    bool made = !before->uid.p;
    add(change, "state", made ? STR_NONE : before->state, after->state);
    if (made)
        return;
    if (before->due != after->due)
        add(change, "due", day_text(change->arena, before->due), day_text(change->arena, after->due));
    add(change, "lead", leads_text(change->arena, before), leads_text(change->arena, after));
    if (!says_the_same(before, after))
        add(change, "text", STR(""), STR_NONE);
}
