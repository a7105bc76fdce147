/* What the demo's issuers divide among others, and what its leads report from time to time. */
#include "base/decimal.h"
#include "cmd/demo_act.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Division ---------------------------------------------------------------------------------------------------------------- */

/* The story's word on a task of that title; NULL: none. */
static const JsonValue *division_of(const DemoPlay *play, Str title)
{
    const JsonValue *list = json_get(play->story, "divisions");
    for (const JsonValue *row = list ? list->first : NULL; row; row = row->next)
        if (json_get(row, "title") && str_eq(json_get(row, "title")->text, title))
            return row;
    return NULL;
}

typedef ARENA_LIST(Str) UidList;

static bool members(DemoPlay *play, Arena *arena, Str collective, Str within, UidList *list, GError **err)
{
    OrgMatch match;
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    if (!conn || !org_resolve(conn, arena, collective, within, &match, err))
        return false;
    if (match.how == ORG_UNRESOLVED)
        return true;
    g_autoptr(DbRows) rows = db_query(conn, OrgMembersOpen, err, .org = match.org.id, .today = clock_today(play->store->clock));
    for (OrgMembersOpenRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, list) = arena_str(arena, row.uid);
    return db_rows_ok(rows);
}

/* The i'th of n shares of a value, as even as its decimals allow. */
static Str even_share(Str value, size_t i, size_t n, Arena *arena)
{
    Decimal whole;
    char text[DECIMAL_TEXT_MAX];
    if (!decimal_parse(value, &whole))
        return STR("0");
    int64_t most = (int64_t) n, share = whole.value / most + ((int64_t) i < whole.value % most);
    return arena_str(arena, str_from(decimal_format(decimal_make(share, whole.scale), text)));
}

static const TaskTarget *adding_target(const Task *task)
{
    for (size_t i = 0; i < task->n_targets; i++)
        if (target_adds(&task->targets[i]))
            return &task->targets[i];
    return NULL;
}

static bool divide(DemoPlay *play, const User *user, const Task *task, const UidList *owners, Str reason, Arena *arena, GError **err)
{
    const TaskTarget *target = adding_target(task);
    SplitShare *shares = ARENA_ARRAY(arena, SplitShare, owners->n + 1);
    for (size_t i = 0; i < owners->n && target; i++)
        shares[i] = (SplitShare) { owners->v[i], target->uid, even_share(target->value, i, owners->n, arena) };
    TaskSplit split = { .kind = target ? STR("apportioned") : STR("same"), .owners = owners->v, .n_owners = owners->n, .due = DATE_NONE, .reason = reason,
                        .shares = target ? shares : NULL, .n_shares = target ? owners->n : 0 };
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, user);
    return task_split(&ledger, &actor, task->uid, task->version, &split, err);
}

bool demo_divide(DemoPlay *play, const Task *task, int64_t issuer, bool *ret_did, GError **err)
{
    const JsonValue *story = task->split.p || task->parent_uid.p ? NULL : division_of(play, task->title);
    Str collective, reason;
    *ret_did = false;
    if (!story)
        return true;
    g_autoptr(Arena) arena = arena_new();
    UidList owners = { 0 };
    const User *user = demo_actor(play, task, "split", ROLE_ISSUER, issuer, err);
    if (!user)
        return err == NULL || *err == NULL;
    if (!json_get_str(story, "collective", &collective, err) || !json_get_str(story, "reason", &reason, err)
        || !members(play, arena, collective, task->issuer_path, &owners, err))
        return false;
    *ret_did = owners.n > 0;
    return owners.n == 0 || divide(play, user, task, &owners, reason, arena, err);
}

/* --- Reports ----------------------------------------------------------------------------------------------------------------- */

static const JsonValue *report_of(const DemoPlay *play, const Task *task, int64_t nth)
{
    const JsonValue *list = json_get(play->story, "progress");
    size_t n = list ? list->count : 0, at = n ? (demo_chance(task->number, "report", 1000) + (size_t) nth) % n : 0;
    const JsonValue *row = list ? list->first : NULL;
    for (; row && at > 0; at--)
        row = row->next;
    return row;
}

/* What is reached of a part by now. */
static size_t reached(const Task *task, int64_t percent, ClaimedValue *values, Arena *arena)
{
    char text[DECIMAL_TEXT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < task->n_targets; i++) {
        Decimal whole;
        const TaskTarget *target = &task->targets[i];
        if (!target->part_of.p || !target_adds(target) || !decimal_parse(target->value, &whole))
            continue;
        Decimal now = decimal_make(whole.value * percent / 100, whole.scale);
        values[n++] = (ClaimedValue) { target->uid, arena_str(arena, str_from(decimal_format(now, text))) };
    }
    return n;
}

bool demo_report(DemoPlay *play, const User *user, const Task *task, int64_t percent, int64_t nth, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *story = report_of(play, task, nth);
    NewProgress progress = { .percent = percent };
    if (!story)
        return true;
    if (!json_get_str(story, "text", &progress.text, err) || !json_opt_str(story, "problem", &progress.problem, err)
        || !json_opt_str(story, "need", &progress.need, err) || !json_opt_str(story, "next", &progress.next, err))
        return false;
    progress.nothing_new = str_trim(progress.text).n == 0;
    ClaimedValue *values = ARENA_ARRAY(arena, ClaimedValue, task->n_targets + 1);
    progress.n_values = reached(task, percent, values, arena);
    progress.values = values;
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, user);
    return task_progress_add(&ledger, &actor, task->uid, &progress, err);
}
