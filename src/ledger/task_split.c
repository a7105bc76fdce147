/* A task is divided among several: each owner gets a task of its own below it, made as every task is made. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/plan_do.h"
#include "ledger/steps.h"
#include "ledger/task_do.h"

#include "base/banned.h"

typedef struct {
    int64_t id;
    Str uid, name, path;
} Heir; /* who gets a sub-task */

typedef ARENA_LIST(Heir) HeirList;

typedef struct {
    DbConn *tx;
    const Actor *actor;
    Arena *arena;
    const TaskSplit *split;
    Date today;
    Change change;
    HeirList heirs;
    int64_t issuer; /* of the sub-tasks */
    int64_t present; /* sub-tasks that are there already */
} Splitting;

static bool refuse(GError **err, BhError code, const char *at, const char *detail, const char *message)
{
    error_set(err, code, "%s", message);
    if (at)
        error_at(err, "%s", at);
    return detail ? error_detail(err, detail) : false;
}

/* --- Sums ---------------------------------------------------------------------------------------------------------------- */

bool decimal_sum(const Str *values, size_t n, Str *ret_sum, Arena *arena)
{
    Decimal sum = decimal_make(0, 0), value;
    char text[DECIMAL_TEXT_MAX];
    for (size_t i = 0; i < n; i++)
        if (!decimal_parse(values[i], &value) || !decimal_add(sum, value, &sum))
            return false;
    *ret_sum = arena_str(arena, str_from(decimal_format(sum, text)));
    return true;
}

bool target_adds(const TaskTarget *target)
{
    Decimal value;
    return !target->value2.p && !flow_has_word("range ~", target->op) && decimal_parse(target->value, &value) && doc_figure_adds(target->metric, target->unit);
}

static const TaskTarget *target_of(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_targets; i++)
        if (str_eq(task->targets[i].uid, uid))
            return &task->targets[i];
    return NULL;
}

static bool is_heir(const HeirList *heirs, Str uid)
{
    for (size_t i = 0; i < heirs->n; i++)
        if (str_eq(heirs->v[i].uid, uid))
            return true;
    return false;
}

static bool check_share(const Splitting *work, size_t i, GError **err)
{
    const SplitShare *share = &work->split->shares[i];
    const TaskTarget *target = target_of(&work->change.before, share->target);
    Decimal value;
    if (!target || !is_heir(&work->heirs, share->owner) || !decimal_parse(share->value, &value) || value.value < 0) {
        error_set(err, BH_BAD_INPUT, "a share names one of the owners, a target of the task, and a decimal that is not negative");
        return error_at(err, "/shares/%zu/%s", i, !target ? "target" : !is_heir(&work->heirs, share->owner) ? "owner" : "value");
    }
    for (size_t k = 0; k < i; k++)
        if (str_eq(work->split->shares[k].owner, share->owner) && str_eq(work->split->shares[k].target, share->target)) {
            error_set(err, BH_BAD_INPUT, "an owner has one share of a target");
            return error_at(err, "/shares/%zu", i);
        }
    if (target_adds(target))
        return true;
    error_set(err, BH_CONFLICT, "this target is no number that adds up: it cannot be apportioned");
    error_at(err, "/shares/%zu/target", i);
    error_params(err, "metric=" STR_FMT, STR_ARG(target->metric));
    return error_detail(err, "not-additive");
}

static bool sum_of_shares(const Splitting *work, Str target, Str *ret_sum, size_t *ret_n, GError **err)
{
    Str *values = ARENA_ARRAY(work->arena, Str, work->split->n_shares + 1);
    size_t n = 0;
    for (size_t i = 0; i < work->split->n_shares; i++)
        if (str_eq(work->split->shares[i].target, target))
            values[n++] = work->split->shares[i].value;
    *ret_n = n;
    return decimal_sum(values, n, ret_sum, work->arena) || refuse(err, BH_BAD_INPUT, "/shares", NULL, "the sum of the shares is too large");
}

static bool check_sum(const Splitting *work, const TaskTarget *target, size_t *apportioned, GError **err)
{
    Str sum;
    size_t n;
    Decimal want, is;
    if (!sum_of_shares(work, target->uid, &sum, &n, err))
        return false;
    *apportioned += n > 0;
    if (n == 0 || (decimal_parse(sum, &is) && decimal_parse(target->value, &want) && decimal_cmp(is, want) == 0))
        return true;
    error_set(err, BH_CONFLICT, "the shares add up to " STR_FMT ", not to " STR_FMT, STR_ARG(sum), STR_ARG(target->value));
    error_at(err, "/shares");
    error_params(err, "target=" STR_FMT "\nsum=" STR_FMT "\nvalue=" STR_FMT, STR_ARG(target->uid), STR_ARG(sum), STR_ARG(target->value));
    return error_detail(err, "shares-differ");
}

static bool check_shares(const Splitting *work, GError **err)
{
    const Task *task = &work->change.before;
    size_t apportioned = 0;
    if (str_eq(work->split->kind, STR("same")))
        return work->split->n_shares == 0 || refuse(err, BH_BAD_INPUT, "/shares", NULL, "only what is apportioned has shares");
    for (size_t i = 0; i < work->split->n_shares; i++)
        if (!check_share(work, i, err))
            return false;
    for (size_t i = 0; i < task->n_targets; i++)
        if (!check_sum(work, &task->targets[i], &apportioned, err))
            return false;
    if (apportioned > 0)
        return true;
    for (size_t i = 0; i < task->n_targets; i++)
        if (target_adds(&task->targets[i]))
            return refuse(err, BH_BAD_INPUT, "/shares", "shares-missing", "what each owner gets of the target is not said");
    return refuse(err, BH_CONFLICT, NULL, "not-additive", "the task has no target that can be apportioned");
}

/* --- Who gets one ------------------------------------------------------------------------------------------------------------ */

static bool add_members(Splitting *work, int64_t collective, GError **err)
{
    g_autoptr(DbRows) rows = db_query(work->tx, OrgMembersOpen, err, .org = collective, .today = work->today);
    for (OrgMembersOpenRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(work->arena, &work->heirs)
            = (Heir) { row.id, arena_str(work->arena, row.uid), arena_str(work->arena, row.name), arena_str(work->arena, row.path) };
    if (!db_rows_ok(rows))
        return false;
    return work->heirs.n > 0 || refuse(err, BH_CONFLICT, "/collective", "no-members", "this organisation stands for no others");
}

static bool add_owner(Splitting *work, size_t i, GError **err)
{
    Org org;
    bool found;
    if (!org_by_uid(work->tx, work->arena, work->split->owners[i], &org, &found, err))
        return false;
    if (!found || is_heir(&work->heirs, org.uid)) {
        error_set(err, BH_BAD_INPUT, found ? "an organisation is named twice" : "there is no such organisation");
        return error_at(err, "/owners/%zu", i);
    }
    *ARENA_PUSH(work->arena, &work->heirs) = (Heir) { org.id, org.uid, org.name, org.path };
    return true;
}

/* The one organisation that leads the task, where it stands for others. */
static bool leading_collective(Splitting *work, int64_t *ret_org, GError **err)
{
    const Task *task = &work->change.before;
    size_t leads = 0;
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, STR("lead"))) {
            *ret_org = task->owners[i].org;
            leads++;
        }
    return leads == 1 || refuse(err, BH_BAD_INPUT, "/owners", NULL, "among whom the task is divided is not said");
}

static bool find_heirs(Splitting *work, GError **err)
{
    const TaskSplit *split = work->split;
    Org collective;
    bool found;
    int64_t org;
    if (split->n_owners > LIMIT_SPLIT_OWNERS)
        return refuse(err, BH_TOO_LARGE, "/owners", NULL, "too many owners");
    for (size_t i = 0; i < split->n_owners; i++)
        if (!add_owner(work, i, err))
            return false;
    if (split->n_owners > 0)
        return true;
    if (!split->collective.p)
        return leading_collective(work, &org, err) && add_members(work, org, err);
    if (!org_by_uid(work->tx, work->arena, split->collective, &collective, &found, err))
        return false;
    return found ? add_members(work, collective.id, err) : refuse(err, BH_BAD_INPUT, "/collective", NULL, "there is no such organisation");
}

/* Those that are there already, for whom no second one is made. */
static bool check_present(Splitting *work, GError **err)
{
    g_autoptr(DbRows) rows = db_query(work->tx, TaskChildren, err, .parent = work->change.before.id);
    for (TaskChildrenRow row; rows && db_next(rows, &row, err);) {
        work->present++;
        if (!row.owner_uid.p || !is_heir(&work->heirs, row.owner_uid))
            continue;
        error_set(err, BH_CONFLICT, "an owner has a sub-task of this task already");
        error_params(err, "org=" STR_FMT, STR_ARG(row.owner_name));
        return error_detail(err, "split-already");
    }
    if (!db_rows_ok(rows))
        return false;
    if (work->present + (int64_t) work->heirs.n > LIMIT_SPLIT_OWNERS)
        return refuse(err, BH_TOO_LARGE, "/owners", NULL, "too many sub-tasks");
    bool again = work->change.before.split.p != NULL, same = str_eq(work->split->kind, STR("same")) && str_eq(work->change.before.split, STR("same"));
    return !again || same || refuse(err, BH_CONFLICT, "/kind", "split-already", "what is apportioned is apportioned once");
}

/* --- By what right ------------------------------------------------------------------------------------------------------------- */

/* The lead for which the user may divide the task further: the first that the right reaches. */
static const TaskOwner *lead_of(const Splitting *work)
{
    const Task *task = &work->change.before;
    for (size_t i = 0; i < task->n_owners; i++) {
        const TaskOwner *owner = &task->owners[i];
        MayObject object = { .owner_paths = &owner->path, .owner_areas = &owner->area, .n_owners = 1, .plan = task->plan_uid };
        if (str_eq(owner->role, STR("lead")) && may(work->actor->user, VERB_SPLIT, &object).ok)
            return owner;
    }
    return NULL;
}

static bool check_right(Splitting *work, GError **err)
{
    const Task *task = &work->change.before;
    MayObject facts = task_facts(task, work->arena);
    work->issuer = task->issuer;
    if (may(work->actor->user, VERB_OVERSEE, &facts).ok)
        return true;
    const TaskOwner *lead = lead_of(work);
    if (!lead)
        return task_refuse("not-your-area", arena_printf(work->arena, "role=%s", role_name(ROLE_ISSUER)), STR("split"), task, err);
    work->issuer = lead->org;
    for (size_t i = 0; i < work->heirs.n; i++) {
        const Heir *heir = &work->heirs.v[i];
        if (heir->id == lead->org || !org_within(heir->path, lead->path))
            return task_refuse("not-below", arena_printf(work->arena, "org=" STR_FMT, STR_ARG(heir->name)), STR("split"), task, err);
    }
    return true;
}

/* --- Making them ------------------------------------------------------------------------------------------------------------------ */

/* What an heir's target is to be; STR_NONE: it has no part in it. */
static Str share_of(const TaskSplit *split, const TaskTarget *target, Str owner)
{
    bool apportioned = false;
    for (size_t i = 0; i < split->n_shares; i++) {
        if (!str_eq(split->shares[i].target, target->uid))
            continue;
        apportioned = true;
        if (str_eq(split->shares[i].owner, owner))
            return split->shares[i].value;
    }
    return apportioned ? STR_NONE : target->value;
}

static void set_targets(const Splitting *work, const Heir *heir, Task *task)
{
    const Task *parent = &work->change.before;
    TaskTarget *targets = ARENA_ARRAY(work->arena, TaskTarget, parent->n_targets + 1);
    task->n_targets = 0;
    task->figures = 0;
    for (size_t i = 0; i < parent->n_targets; i++) {
        Str value = share_of(work->split, &parent->targets[i], heir->uid);
        if (!value.p)
            continue;
        TaskTarget *target = &targets[task->n_targets++];
        *target = parent->targets[i];
        target->part_of = parent->targets[i].uid;
        target->value = value;
        target->claimed = STR_NONE;
        if (target->due == DATE_NONE || target->due > task->due)
            target->due = task->due;
        task->figures += !target->soft && str_eq(target->tense, STR("target"));
    }
    task->targets = targets;
}

static void set_measures(const Splitting *work, Task *task)
{
    const Task *parent = &work->change.before;
    task->measures = ARENA_ARRAY(work->arena, TaskMeasure, parent->n_measures + 1);
    for (size_t i = 0; i < parent->n_measures; i++)
        task->measures[i] = (TaskMeasure) { .no = parent->measures[i].no, .text = parent->measures[i].text };
    task->n_measures = parent->n_measures;
}

static bool make_child(const Splitting *work, size_t i, GError **err)
{
    const Task *parent = &work->change.before;
    const Heir *heir = &work->heirs.v[i];
    TaskOwner lead = { .uid = heir->uid, .org = heir->id, .role = STR("lead"), .written = heir->name };
    Task task = task_blank();
    task.plan = parent->plan;
    task.seq = parent->seq;
    task.issuer = work->issuer;
    task.parent = parent->id;
    task.number = arena_printf(work->arena, STR_FMT "-%02" G_GINT64_FORMAT, STR_ARG(parent->number), work->present + (int64_t) i + 1);
    task.no = parent->no;
    task.label = parent->label;
    task.kind = parent->kind;
    task.title = parent->title;
    task.text = parent->text;
    task.problem = parent->problem;
    task.path = parent->path;
    task.span = parent->span;
    task.source = parent->source;
    task.source_no = parent->source_no;
    task.source_date = parent->source_date;
    task.basis = parent->basis;
    task.stage = parent->stage;
    task.term = parent->term;
    task.category = parent->category;
    task.leader_account = parent->leader_account;
    task.restricted = parent->restricted;
    task.quiet = parent->quiet;
    task.readers = parent->readers;
    task.n_readers = parent->n_readers;
    task.due = work->split->due != DATE_NONE ? work->split->due : parent->due;
    task.holding_days = parent->holding_days;
    task.state = STR("issued");
    task.owners = &lead;
    task.n_owners = 1;
    set_targets(work, heir, &task);
    set_measures(work, &task);
    return task_create(work->tx, work->actor, work->arena, &task, err);
}

static bool make_children(Splitting *work, GError **err)
{
    for (size_t i = 0; i < work->heirs.n; i++)
        if (!make_child(work, i, err))
            return false;
    return true;
}

/* --- The whole ---------------------------------------------------------------------------------------------------------------------- */

static bool check_depth(const Splitting *work, GError **err)
{
    TaskDepthRow row;
    bool found;
    if (!db_one(work->tx, TaskDepth, work->arena, &row, &found, err, .task = work->change.before.id))
        return false;
    return row.depth < LIMIT_SPLIT_DEPTH || refuse(err, BH_TOO_LARGE, NULL, NULL, "there are sub-tasks of sub-tasks enough");
}

typedef struct {
    const Actor *actor;
    Str uid;
    int64_t version;
    const TaskSplit *split;
    Date today;
} SplitArgs;

static bool split_in_tx(DbConn *tx, void *data, GError **err)
{
    const SplitArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Splitting work = { .tx = tx, .actor = args->actor, .arena = arena, .split = args->split, .today = args->today };
    Change *change = &work.change;
    if (!change_begin(change, tx, args->actor, arena, args->uid, args->version, "split", err) || !task_side_check(change, "split", err))
        return false;
    if (args->split->due != DATE_NONE && change->before.due != DATE_NONE && args->split->due > change->before.due)
        return refuse(err, BH_BAD_INPUT, "/due", "due-after-parent", "a part is not due after the whole");
    if (!find_heirs(&work, err) || !check_right(&work, err) || !check_present(&work, err) || !check_depth(&work, err) || !check_shares(&work, err)
        || !make_children(&work, err))
        return false;
    change->after.split = args->split->kind;
    change->reason = audit_digest(arena, args->split->reason);
    return change_verdict(change, args->split->reason, err) && change_end(change, err);
}

static bool reason_fits(Str reason, GError **err)
{
    if (!task_text_fits(reason, "reason", err))
        return false;
    return str_trim(reason).n > 0 || refuse(err, BH_BAD_INPUT, "/reason", "reason-missing", "a reason is needed");
}

bool task_split(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const TaskSplit *split, GError **err)
{
    if (!flow_has_word("same apportioned", split->kind))
        return refuse(err, BH_BAD_INPUT, "/kind", NULL, "a task is divided as 'same' or 'apportioned'");
    SplitArgs args = { actor, uid, version, split, clock_today(ledger->clock) };
    return reason_fits(split->reason, err) && ledger_write(ledger, split_in_tx, &args, err);
}

/* --- A whole plan ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    SplitArgs split;
    const Str *tasks;
    bool *left; /* by task */
} ExpandArgs;

/* A refusal comes before anything is written: the task stays as it is. */
static bool expand_one(DbConn *tx, void *data, size_t i, GError **err)
{
    ExpandArgs *args = data;
    g_autoptr(GError) refusal = NULL;
    SplitArgs split = args->split;
    split.uid = args->tasks[i];
    args->left[i] = !split_in_tx(tx, &split, &refusal);
    if (!args->left[i] || error_class_of(refusal)->code == BH_CONFLICT)
        return true;
    g_propagate_error(err, g_steal_pointer(&refusal));
    return false;
}

static bool tasks_to_expand(const Ledger *ledger, const Actor *actor, Str uid, Arena *arena, const Str **ret_tasks, size_t *ret_n, GError **err)
{
    Plan plan;
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    if (!conn || !plan_load(conn, arena, uid, &plan, err))
        return false;
    Allowed allowed = plan_allowed(actor->user, &plan, "expand", arena);
    if (!allowed.ok)
        return plan_refuse(&allowed, &plan, "expand", err);
    g_autoptr(DbRows) rows = db_query(conn, TasksOfCollectives, err, .plan = plan.id);
    for (TasksOfCollectivesRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    *ret_tasks = uids.v;
    *ret_n = uids.n;
    return db_rows_ok(rows);
}

bool plan_expand(const Ledger *ledger, const Actor *actor, Str plan, Str reason, Expanded *ret_expanded, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    TaskSplit split = { .kind = STR("same"), .due = DATE_NONE, .reason = reason };
    ExpandArgs args = { .split = { actor, STR_NONE, DB_NULL_INT, &split, clock_today(ledger->clock) } };
    Steps steps = { .one = expand_one, .data = &args };
    if (!reason_fits(reason, err) || !tasks_to_expand(ledger, actor, plan, arena, &args.tasks, &steps.n, err))
        return false;
    args.left = ARENA_ARRAY(arena, bool, steps.n + 1);
    if (!ledger_steps(ledger, &steps, err))
        return false;
    *ret_expanded = (Expanded) { 0 };
    for (size_t i = 0; i < steps.n; i++)
        *(args.left[i] ? &ret_expanded->left : &ret_expanded->tasks) += 1;
    return true;
}
