/* A task is made: its row, what hangs on it, and the event that says all of it. */
#include "base/crypto.h"
#include "db/queries.h"
#include "ledger/change.h"

#include "base/banned.h"

Str fresh_uid(Arena *arena)
{
    char uid[UID_TEXT_MAX];
    return arena_str(arena, str_from(uid_new(uid)));
}

static bool plan_naming(DbConn *conn, Arena *arena, int64_t plan, PlanNamingRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, PlanNaming, arena, ret_row, &found, err, .plan = plan))
        return false;
    return found || error_set(err, BH_INTERNAL, "no plan with the id %" G_GINT64_FORMAT, plan);
}

bool task_number(DbConn *conn, Arena *arena, int64_t plan, int64_t seq, Str *ret_number, GError **err)
{
    PlanNamingRow row;
    if (!plan_naming(conn, arena, plan, &row, err))
        return false;
    *ret_number = arena_printf(arena, STR_FMT "-%04" G_GINT64_FORMAT "-%03" G_GINT64_FORMAT, STR_ARG(row.code), row.year, seq);
    return true;
}

bool task_holding(DbConn *conn, Arena *arena, int64_t plan, int64_t *ret_days, GError **err)
{
    PlanNamingRow row;
    if (!plan_naming(conn, arena, plan, &row, err))
        return false;
    *ret_days = row.holding_days;
    return true;
}

Task task_blank(void)
{
    return (Task) {
        .issuer = DB_NULL_INT,
        .parent = DB_NULL_INT,
        .stage = DB_NULL_INT,
        .leader_account = DB_NULL_INT,
        .handler_account = DB_NULL_INT,
        .due = DATE_NONE,
        .source_date = DATE_NONE,
        .path = STR("[]"),
        .kind = STR("task"),
    };
}

static bool insert_row(DbConn *tx, const Actor *actor, Arena *arena, Task *task, GError **err)
{
    TaskInsertRow made;
    bool found;
    if (!db_one(tx, TaskInsert, arena, &made, &found, err, .uid = task->uid, .plan = task->plan, .seq = task->seq, .number = task->number,
                .issuer = task->issuer, .parent = task->parent, .split = task->split, .no = task->no, .label = task->label, .kind = task->kind, .title = task->title,
                .text = task->text, .problem = task->problem, .path = task->path, .span_from = task->span.from, .span_to = task->span.to,
                .source = task->source, .source_no = task->source_no, .source_date = task->source_date, .basis = task->basis, .stage = task->stage,
                .term = task->term, .category = task->category, .leader = task->leader_account, .handler = task->handler_account,
                .restricted = task->restricted, .quiet = task->quiet, .state = task->state, .due = task->due, .figures = task->figures,
                .holding_days = task->holding_days, .changed = actor->who.at_ms))
        return false;
    task->id = made.id;
    return true;
}

static bool insert_owners(DbConn *tx, const Task *task, GError **err)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (!db_exec(tx, TaskOwnerInsert, NULL, err, .task = task->id, .seq = (int64_t) i + 1, .org = task->owners[i].org, .role = task->owners[i].role,
                     .name = task->owners[i].written))
            return false;
    return true;
}

static bool insert_targets(DbConn *tx, Arena *arena, Task *task, GError **err)
{
    for (size_t i = 0; i < task->n_targets; i++) {
        TaskTarget *target = &task->targets[i];
        target->uid = fresh_uid(arena);
        if (!db_exec(tx, TaskTargetInsert, NULL, err, .uid = target->uid, .task = task->id, .seq = (int64_t) i + 1, .quote = target->quote,
                     .metric = target->metric, .op = target->op, .value = target->value, .value2 = target->value2, .unit = target->unit,
                     .due = target->due, .soft = target->soft, .tense = target->tense, .part_of = target->part_of))
            return false;
    }
    return true;
}

static bool insert_measures(DbConn *tx, Arena *arena, Task *task, GError **err)
{
    for (size_t i = 0; i < task->n_measures; i++) {
        TaskMeasure *measure = &task->measures[i];
        measure->uid = fresh_uid(arena);
        if (!db_exec(tx, TaskMeasureInsert, NULL, err, .uid = measure->uid, .task = task->id, .seq = (int64_t) i + 1, .no = measure->no, .text = measure->text))
            return false;
    }
    return true;
}

static bool insert_readers(DbConn *tx, const Task *task, GError **err)
{
    for (size_t i = 0; i < task->n_readers; i++)
        if (!db_exec(tx, TaskReaderInsert, NULL, err, .task = task->id, .account = task->readers[i].account))
            return false;
    return true;
}

bool task_create(DbConn *tx, const Actor *actor, Arena *arena, Task *task, GError **err)
{
    if (!task->uid.p)
        task->uid = fresh_uid(arena);
    if (!task->number.p && !task_number(tx, arena, task->plan, task->seq, &task->number, err))
        return false;
    if (task->holding_days == 0 && !task_holding(tx, arena, task->plan, &task->holding_days, err))
        return false;
    return insert_row(tx, actor, arena, task, err) && insert_owners(tx, task, err) && insert_targets(tx, arena, task, err)
           && insert_measures(tx, arena, task, err) && insert_readers(tx, task, err) && change_issued(tx, actor, arena, task->uid, err);
}
