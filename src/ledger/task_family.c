/* What the parts of a task add up to, and what a step of one means for those above and below it (rule h). */
#include "db/queries.h"
#include "ledger/task_do.h"

#include "base/banned.h"

/* --- Sums over the levels --------------------------------------------------------------------------------------------------- */

/* A target that is part of another one, at any level below the task. */
typedef struct {
    int64_t id, part_of, task;
    Str metric, unit, value, claimed;
    bool direct; /* of a sub-task of the task itself */
} Part;

typedef ARENA_LIST(Part) PartList;

/* The deepest first. */
static bool load_parts(DbConn *conn, Arena *arena, const Task *task, PartList *list, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TaskParts, err, .task = task->id);
    for (TaskPartsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, list) = (Part) { row.id, row.part_of, row.task, arena_str(arena, row.metric), arena_str(arena, row.unit), arena_str(arena, row.value),
                                            arena_str(arena, row.claimed), row.depth == 1 };
    return db_rows_ok(rows);
}

static Str sum_or_none(const Str *values, size_t n, Arena *arena)
{
    Str sum;
    return n > 0 && decimal_sum(values, n, &sum, arena) ? sum : STR_NONE;
}

/* What the parts of a target claim together. Parts come deepest first, so theirs is known. */
static Str claimed_below(const PartList *parts, int64_t target, Arena *arena)
{
    Str *values = ARENA_ARRAY(arena, Str, parts->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++)
        if (parts->v[i].part_of == target && parts->v[i].claimed.p)
            values[n++] = parts->v[i].claimed;
    return sum_or_none(values, n, arena);
}

static void sum_claims(PartList *parts, Arena *arena)
{
    for (size_t i = 0; i < parts->n; i++) {
        Part *part = &parts->v[i];
        if (!part->claimed.p && doc_figure_adds(part->metric, part->unit))
            part->claimed = claimed_below(parts, part->id, arena);
    }
}

static TargetSum sum_target(const TaskTarget *target, const PartList *parts, Arena *arena)
{
    TargetSum sum = { .target = target->uid, .metric = target->metric, .unit = target->unit, .value = target->value, .adds = target_adds(target) };
    Str *shares = ARENA_ARRAY(arena, Str, parts->n + 1), *claims = ARENA_ARRAY(arena, Str, parts->n + 1);
    size_t n = 0, claimed = 0;
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->v[i].part_of != target->id)
            continue;
        shares[n++] = parts->v[i].value;
        if (parts->v[i].claimed.p)
            claims[claimed++] = parts->v[i].claimed;
    }
    sum.of = (int64_t) n;
    sum.reported = (int64_t) claimed;
    sum.shared = sum.adds ? sum_or_none(shares, n, arena) : STR_NONE;
    sum.claimed = sum.adds ? sum_or_none(claims, claimed, arena) : STR_NONE;
    return sum;
}

/* --- The sub-tasks ------------------------------------------------------------------------------------------------------------ */

static Str target_uid(const Task *task, int64_t id)
{
    for (size_t i = 0; i < task->n_targets; i++)
        if (task->targets[i].id == id)
            return task->targets[i].uid;
    return STR_NONE;
}

static void set_shares(const Task *task, const PartList *parts, int64_t child, TaskChild *ret_child, Arena *arena)
{
    ChildShare *shares = ARENA_ARRAY(arena, ChildShare, parts->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++) {
        const Part *part = &parts->v[i];
        if (part->direct && part->task == child)
            shares[n++] = (ChildShare) { target_uid(task, part->part_of), part->metric, part->value, part->unit, part->claimed };
    }
    ret_child->shares = shares;
    ret_child->n_shares = n;
}

static void count_child(Family *family, const TaskChild *child, Date today)
{
    family->total++;
    family->closed += str_eq(child->state, STR("closed"));
    family->waived += str_eq(child->state, STR("waived"));
    family->cancelled += str_eq(child->state, STR("cancelled"));
    family->late += flow_has_word("issued working returned reopened", child->state) && child->due != DATE_NONE && child->due < today;
}

typedef ARENA_LIST(TaskChild) ChildList;

static bool load_children(DbConn *conn, Arena *arena, const Task *task, const PartList *parts, Date today, ChildList *list, Family *family, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TaskChildren, err, .parent = task->id);
    for (TaskChildrenRow row; rows && db_next(rows, &row, err);) {
        TaskChild child = {
            .uid = arena_str(arena, row.uid), .number = arena_str(arena, row.number), .title = arena_str(arena, row.title),
            .state = arena_str(arena, row.state), .owner_uid = arena_str(arena, row.owner_uid), .owner_name = arena_str(arena, row.owner_name),
            .due = row.due, .figures = row.figures, .relapses = row.relapses, .children = row.children, .incomputable = row.incomputable,
        };
        child.holds = !flow_has_word("closed waived", child.state);
        set_shares(task, parts, row.id, &child, arena);
        count_child(family, &child, today);
        *ARENA_PUSH(arena, list) = child;
    }
    return db_rows_ok(rows);
}

static Date need_by(const TaskChild *child)
{
    return !child->holds || child->due == DATE_NONE ? INT32_MAX : child->due;
}

/* Who holds it back first, by date; then by number. */
static int by_need(const void *a, const void *b)
{
    const TaskChild *x = a, *y = b;
    if (x->holds != y->holds)
        return x->holds ? -1 : 1;
    if (need_by(x) != need_by(y))
        return need_by(x) < need_by(y) ? -1 : 1;
    return str_cmp(x->number, y->number);
}

bool task_family(DbConn *conn, Arena *arena, const Task *task, Date today, Family *ret_family, GError **err)
{
    Family family = { 0 };
    PartList parts = { 0 };
    ChildList children = { 0 };
    TargetSum *sums = ARENA_ARRAY(arena, TargetSum, task->n_targets + 1);
    if (task->children == 0) {
        *ret_family = family;
        return true;
    }
    if (!load_parts(conn, arena, task, &parts, err))
        return false;
    sum_claims(&parts, arena);
    if (!load_children(conn, arena, task, &parts, today, &children, &family, err))
        return false;
    if (children.n > 1)
        qsort(children.v, children.n, sizeof *children.v, by_need);
    for (size_t i = 0; i < task->n_targets; i++)
        sums[i] = sum_target(&task->targets[i], &parts, arena);
    family.children = children.v;
    family.n_children = children.n;
    family.targets = sums;
    family.n_targets = task->n_targets;
    *ret_family = family;
    return true;
}

/* --- Upwards: a task that nobody can claim closes with the last of its sub-tasks ------------------------------------------------- */

static bool is_led_by_collectives(const Change *change, bool *ret_led, GError **err)
{
    TaskLeadsRow row;
    bool found;
    if (!db_one(change->tx, TaskLeads, change->arena, &row, &found, err, .task = change->before.id))
        return false;
    *ret_led = row.leads > 0 && row.leads == row.collectives;
    return true;
}

bool family_closed(const Change *child, GError **err)
{
    Change change;
    bool led;
    if (!child->before.parent_uid.p)
        return true;
    if (!change_begin(&change, child->tx, child->actor, child->arena, child->before.parent_uid, DB_NULL_INT, "roll-up", err)
        || !is_led_by_collectives(&change, &led, err))
        return false;
    const Task *parent = &change.before;
    if (!led || parent->children != parent->children_closed || parent->children_proven == 0
        || !flow_has_word("issued working submitted verified returned reopened", parent->state))
        return true;
    change.today = child->today;
    change.after.state = STR("closed");
    change.after.closed_at = child->actor->who.at_ms;
    change.after.holding_until = child->today + (Date) parent->holding_days;
    return change_end(&change, err) && family_closed(&change, err);
}

/* --- Downwards: what is cancelled or waived as a whole is so in its parts ----------------------------------------------------------- */

typedef ARENA_LIST(Str) UidList;

static bool open_children(const Change *parent, UidList *uids, GError **err)
{
    g_autoptr(DbRows) rows = db_query(parent->tx, TaskChildren, err, .parent = parent->before.id);
    for (TaskChildrenRow row; rows && db_next(rows, &row, err);)
        if (!flow_has_word("closed waived cancelled", row.state))
            *ARENA_PUSH(parent->arena, uids) = arena_str(parent->arena, row.uid);
    return db_rows_ok(rows);
}

bool family_ended(const Change *parent, Str reason, GError **err)
{
    UidList uids = { 0 };
    if (parent->before.children == 0)
        return true;
    if (!open_children(parent, &uids, err))
        return false;
    for (size_t i = 0; i < uids.n; i++) {
        Change change;
        if (!change_begin(&change, parent->tx, parent->actor, parent->arena, uids.v[i], DB_NULL_INT, parent->verb, err))
            return false;
        change.today = parent->today;
        change.reason = parent->reason;
        change.after.state = parent->after.state;
        change.after.state_before = STR_NONE;
        change.after.suspended_until = DATE_NONE;
        if (!change_verdict(&change, reason, err) || !change_end(&change, err) || !family_ended(&change, reason, err))
            return false;
    }
    return true;
}
