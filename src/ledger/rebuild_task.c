/* A task held against its events: all that hangs on it, and what repeats it for lists, reports and search. */
#include "ledger/rebuild.h"

#include "db/queries.h"
#include "ledger/scope.h"
#include "ledger/search.h"

#include "base/banned.h"

/* --- Steps ------------------------------------------------------------------------------------------------------------------
 * Rows of task_step follow from what a change set (report_step.c), but for "text": the digest of all that a task says changes with other fields, too. */

static Str step_name(Arena *arena, int64_t seq, Str field)
{
    return arena_printf(arena, "step/%08" G_GINT64_FORMAT "/" STR_FMT, seq, STR_ARG(field));
}

static Str step_says(Arena *arena, int64_t at, Str old, Str new)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT " %s" STR_FMT " > %s" STR_FMT, at, old.p ? "=" : "", STR_ARG(old), new.p ? "=" : "", STR_ARG(new));
}

typedef struct {
    Str state, due, leads;
} Standing;

static Str leads_of(const Held *held)
{
    g_autoptr(GString) uids = g_string_new(NULL);
    for (size_t i = 0;; i++) {
        Str rest = held_value(held, owner_key(held->arena, "owner", i));
        if (!rest.p)
            return arena_str(held->arena, str_from_gstring(uids));
        Str role = str_cut(&rest, ' '), uid = str_cut(&rest, ' ');
        if (str_eq(role, STR("lead")))
            g_string_append_printf(uids, "%s" STR_FMT, uids->len ? " " : "", STR_ARG(uid));
    }
}

/* A day as task_step has it. */
static Str due_of(const Held *held)
{
    Str text = held_value(held, STR("due"));
    Date day;
    return text.p && date_parse(text, &day) ? arena_printf(held->arena, "%d", day) : STR_NONE;
}

static Standing stands(const Held *held)
{
    return (Standing) { held_value(held, STR("state")), due_of(held), leads_of(held) };
}

static void add_step(Held *held, const HeldEvent *event, const char *field, Str old, Str new)
{
    if ((old.p || new.p) && !(old.p && new.p && str_eq(old, new)))
        held_put(held, step_name(held->arena, event->seq, str_from(field)), step_says(held->arena, event->at, old, new));
}

static void add_text_step(Held *held, const HeldEvent *event)
{
    Str name = step_name(held->arena, event->seq, STR("text"));
    for (const JsonValue *entry = event->set->first; entry; entry = entry->next)
        if (str_starts(entry->name, STR("amendment/")) && (str_starts(entry->text, STR("title ")) || str_starts(entry->text, STR("text ")))) {
            held_put(held, name, step_says(held->arena, event->at, STR(""), STR_NONE));
            return;
        }
    if (json_get(event->set, "content")) {
        Str *key = ARENA_NEW(held->arena, Str);
        *key = name;
        g_hash_table_add(held->unsure, key);
    }
}

bool held_fold_task(Held *held, const HeldEvent *event, GError **err)
{
    if (!event->set)
        return true;
    bool made = !held_value(held, STR("state")).p;
    Standing before = stands(held);
    if (!held_set(held, event, err))
        return false;
    Standing after = stands(held);
    add_step(held, event, "state", before.state, after.state);
    if (made)
        return true;
    add_step(held, event, "due", before.due, after.due);
    add_step(held, event, "lead", before.leads, after.leads);
    add_text_step(held, event);
    return true;
}

static bool add_steps(Held *held, int64_t task, StateMap *map, GError **err)
{
    g_autoptr(DbRows) rows = db_query(held->conn, TaskStepsOf, err, .task = task);
    for (TaskStepsOfRow row; rows && db_next(rows, &row, err);)
        held_push(held, map, step_name(held->arena, row.seq, row.field), step_says(held->arena, row.at, row.old, row.new_value));
    return db_rows_ok(rows);
}

/* --- What hangs on it -------------------------------------------------------------------------------------------------------- */

static bool hold_words(Held *held, SearchKind kind, int64_t object, Str text, Str fault, GError **err)
{
    bool right;
    if (!search_check(held->conn, kind, object, text, &right, err))
        return false;
    if (!right)
        held_fault(held, fault);
    return true;
}

static bool add_comments(Held *held, int64_t task, StateMap *map, GError **err)
{
    g_autoptr(DbRows) rows = db_query(held->conn, TaskComments, err, .task = task);
    for (TaskCommentsRow row; rows && db_next(rows, &row, err);) {
        held_push(held, map, state_key(held->arena, "comment", row.uid), comment_value(row.account_uid, row.at, row.text, row.mentions, held->arena));
        if (!hold_words(held, SEARCH_COMMENT, row.id, row.text, state_key(held->arena, "search", row.uid), err))
            return false;
    }
    return db_rows_ok(rows);
}

static bool add_progress(Held *held, const Task *task, StateMap *map, GError **err)
{
    TaskProgress *list;
    size_t n;
    if (!task_progress_list(held->conn, held->arena, task, &list, &n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        held_push(held, map, state_key(held->arena, "progress", list[i].uid), progress_value(&list[i], held->arena));
    return true;
}

static bool add_reminders(Held *held, int64_t task, StateMap *map, GError **err)
{
    g_autoptr(DbRows) rows = db_query(held->conn, ReminderIdsOf, err, .task = task);
    for (ReminderIdsOfRow row; rows && db_next(rows, &row, err);) {
        Str value;
        if (!reminder_value(held->conn, row.id, held->arena, &value, err))
            return false;
        held_push(held, map, state_key(held->arena, "reminder", row.uid), value);
    }
    return db_rows_ok(rows);
}

/* --- What repeats it ----------------------------------------------------------------------------------------------------------- */

static bool hold_scopes(Held *held, const Task *task, GError **err)
{
    bool right;
    if (!task_scopes_check(held->conn, task, held->arena, &right, err))
        return false;
    if (!right)
        held_fault(held, STR("scopes"));
    return true;
}

static bool hold_text(Held *held, const Task *task, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    return search_task_text(held->conn, task->id, text, err) && hold_words(held, SEARCH_TASK, task->id, str_from_gstring(text), STR("search"), err);
}

bool held_rows_task(Held *held, StateMap *map, GError **err)
{
    Task task;
    if (!task_load(held->conn, held->arena, held->uid, &task, err))
        return false;
    task_state_map(&task, held->arena, map);
    return add_comments(held, task.id, map, err) && add_progress(held, &task, map, err) && add_reminders(held, task.id, map, err)
           && add_steps(held, task.id, map, err) && hold_scopes(held, &task, err) && hold_text(held, &task, err);
}
