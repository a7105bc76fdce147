/* What the leads reported, for the week's table and for the measure "progress" of the assessment. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

static const TaskTold *keep(Report *report, const ReportProgressOfPlanRow *row)
{
    Arena *arena = report->arena;
    TaskTold *told = ARENA_NEW(arena, TaskTold);
    *told = (TaskTold) {
        .task = row->task, .percent = row->percent, .period = arena_str(arena, row->period), .text = arena_str(arena, row->text),
        .problem = arena_str(arena, row->problem), .need = arena_str(arena, row->need), .next = arena_str(arena, row->next_text),
        .nothing_new = row->nothing_new,
    };
    g_hash_table_insert(report->told_of, &told->task, told);
    return told;
}

static bool read_all(Report *report, GError **err)
{
    g_autoptr(DbRows) rows = db_query(report->conn, ReportProgressOfPlan, err, .plan = report->scope->plan);
    for (ReportProgressOfPlanRow row; rows && db_next(rows, &row, err);)
        keep(report, &row);
    return db_rows_ok(rows);
}

bool report_read_progress(Report *report, GError **err)
{
    PlanAssessRow plan;
    bool found;
    if (report->scope->plan == DB_NULL_INT)
        return true;
    if (!db_one(report->conn, PlanAssess, report->arena, &plan, &found, err, .plan = report->scope->plan))
        return false;
    report->asks_progress = found && !str_eq(plan.progress, STR("none"));
    report->asked_period = period_add(period_of_date(found && str_eq(plan.progress, STR("month")) ? PERIOD_MONTH : PERIOD_WEEK, report->today), -1);
    return read_all(report, err);
}

G_STATIC_ASSERT(sizeof(ReportProgressOfPlanRow) == sizeof(ReportProgressOfTaskRow));

bool report_progress_of(Report *report, int64_t task, const TaskTold **ret_told, GError **err)
{
    *ret_told = g_hash_table_lookup(report->told_of, &task);
    if (report->scope->plan != DB_NULL_INT || *ret_told)
        return true;
    ReportProgressOfTaskRow row;
    bool found;
    if (!db_one(report->conn, ReportProgressOfTask, report->arena, &row, &found, err, .task = task))
        return false;
    if (found) {
        ReportProgressOfPlanRow same = { .task = row.task, .period = row.period, .text = row.text, .problem = row.problem, .need = row.need,
                                         .next_text = row.next_text, .percent = row.percent, .nothing_new = row.nothing_new, .at = row.at };
        *ret_told = keep(report, &same);
    }
    return true;
}

/* In the last period that is over, or a later one; of the same kind. */
bool report_told_in_time(const Report *report, int64_t task)
{
    const TaskTold *told = g_hash_table_lookup(report->told_of, &task);
    Period period;
    return told && period_parse(told->period, &period) && period_kind(period) == period_kind(report->asked_period) && period >= report->asked_period;
}

/* --- The week's table --------------------------------------------------------------------------------------------------------------- */

static bool handler_of(Report *report, int64_t account, const PersonRef **ret_handler, GError **err)
{
    *ret_handler = g_hash_table_lookup(report->handlers, &account);
    if (*ret_handler)
        return true;
    int64_t *key = ARENA_NEW(report->arena, int64_t);
    PersonRef *handler = ARENA_NEW(report->arena, PersonRef);
    *key = account;
    if (!person_ref(report->conn, report->arena, account, handler, NULL, err))
        return false;
    g_hash_table_insert(report->handlers, key, handler);
    *ret_handler = handler;
    return true;
}

static void write_told(const TaskTold *told, JsonWriter *json)
{
    json_member_str(json, "period", told ? told->period : STR_NONE);
    json_member_str(json, "progress", told ? told->text : STR_NONE);
    report_json_int(json, "percent", told ? told->percent : DB_NULL_INT);
    json_member_str(json, "problem", told ? told->problem : STR_NONE);
    json_member_str(json, "need", told ? told->need : STR_NONE);
    json_member_str(json, "next", told ? told->next : STR_NONE);
}

static bool write_table_row(Report *report, const Pick *pick, JsonWriter *json, GError **err)
{
    const ReportTask *task = pick->task;
    const PersonRef *handler;
    const TaskTold *told;
    if (!handler_of(report, task->handler, &handler, err) || !report_progress_of(report, task->id, &told, err))
        return false;
    json_begin_object(json);
    report_json_task(task, json);
    report_json_ref(json, "handler", handler->uid, "name", handler->name);
    json_member_cstr(json, "light", light_name(task->light));
    json_member_bool(json, "changed", pick->since != NULL);
    report_json_int(json, "days_left", task->due == DATE_NONE ? DB_NULL_INT : task->due - report->today);
    write_told(told, json);
    json_end_object(json);
    return true;
}

bool report_json_table(Report *report, JsonWriter *json, GError **err)
{
    const PickList *list = &report->lists[LIST_TABLE];
    json_member_int(json, "table_total", list->total);
    json_key(json, "table");
    json_begin_array(json);
    for (size_t i = 0; i < list->picks.n; i++)
        if (!write_table_row(report, &list->picks.v[i], json, err))
            return false;
    json_end_array(json);
    return true;
}
