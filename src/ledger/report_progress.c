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
bool report_told_in_time(const Report *report, const ReportTask *task)
{
    const TaskTold *told = g_hash_table_lookup(report->told_of, &task->id);
    Period period;
    return told && period_parse(told->period, &period) && period_kind(period) == period_kind(report->asked_period) && period >= report->asked_period;
}
