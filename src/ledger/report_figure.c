/* What shows a figure's rows: each figure of report_count.c as a condition on a list of tasks. */
#include "ledger/report_count.h"

#include "base/banned.h"

enum { MS_A_DAY = 86400000, MS_A_MINUTE = 60000 };

/* Alias t is the task; a ? stands for a number. Dates are days in milliseconds (the view task_day), so that both engines count alike. */
#define DUE_BY "EXISTS (SELECT 1 FROM task_day d WHERE d.task = t.id AND d.due_ms <= ?)"
#define OVERDUE "EXISTS (SELECT 1 FROM task_day d WHERE d.task = t.id AND d.due_ms < ?)"
#define CLAIMED_IN_TIME "EXISTS (SELECT 1 FROM task_day d WHERE d.task = t.id AND t.claim_at < d.due_ms + ?)"
#define FINISHED "t.state IN ('verified', 'closed')"
#define TO_DO "t.state IN ('issued', 'working', 'returned', 'reopened')"

#define ROW(name) #name, offsetof(Figures, name)
const FigureDef report_figures[] = {
    { ROW(tasks), NULL, "", false },
    { ROW(open), "t.state IN ('issued', 'working', 'returned', 'reopened', 'submitted', 'verified')", "", false },
    { ROW(due), DUE_BY, "d", true },
    { ROW(done), FINISHED " AND " DUE_BY, "d", true },
    { ROW(on_time), FINISHED " AND " DUE_BY " AND " CLAIMED_IN_TIME, "dc", true },
    { ROW(finished), FINISHED, "", false },
    { ROW(first_pass), FINISHED " AND t.returns = 0", "", false },
    { ROW(closed), "t.state = 'closed'", "", false },
    { ROW(ever_closed), "(t.state = 'closed' OR t.relapses > 0)", "", false, .each = true },
    { ROW(overdue), TO_DO " AND " OVERDUE, "d", false },
    { ROW(returned), "t.returns > 0", "", false },
    { ROW(relapsed), "t.relapses > 0", "", false, .each = true },
    { ROW(suspended), "t.state = 'suspended'", "", false },
    { ROW(cancelled), "t.state = 'cancelled'", "", false },
    { ROW(waived), "t.state = 'waived'", "", false },
};
const size_t report_n_figures = G_N_ELEMENTS(report_figures);

/* What every report leaves out. */
static void only_reported(DbList *list)
{
    db_list_where(list, "t.state NOT IN ('draft', 'discarded') AND NOT t.restricted", NULL, 0);
}

bool report_filter_figure(DbList *list, Str figure, Date on, int zone_minutes, GError **err)
{
    for (size_t i = 0; i < report_n_figures; i++) {
        const FigureDef *def = &report_figures[i];
        if (!str_eq(figure, str_from(def->name)))
            continue;
        int64_t values[4];
        size_t n = 0;
        for (const char *p = def->params; *p; p++)
            values[n++] = *p == 'd' ? (int64_t) on * MS_A_DAY : MS_A_DAY - (int64_t) zone_minutes * MS_A_MINUTE;
        only_reported(list);
        if (def->condition)
            db_list_where(list, def->condition, values, n);
        return true;
    }
    error_set(err, BH_BAD_INPUT, "no figure '" STR_FMT "'", STR_ARG(figure));
    return error_at(err, "figure");
}

/* --- Steps ------------------------------------------------------------------------------------------------------------------- */

#define STEP(what) "EXISTS (SELECT 1 FROM task_step s WHERE s.task = t.id AND s.seq > ? AND s.seq <= ? AND " what ")"
#define MADE STEP("s.field = 'state' AND coalesce(s.old, 'draft') = 'draft' AND s.new <> 'draft'")
/* The due date that stood before the first step of the range. */
#define DUE_STEP_BEFORE \
    "(SELECT CAST(s.old AS BIGINT) * 86400000 FROM task_step s WHERE s.task = t.id AND s.seq > ? AND s.seq <= ? AND s.field = 'due' ORDER BY s.seq LIMIT 1)"
#define SLIPPED "EXISTS (SELECT 1 FROM task_day d WHERE d.task = t.id AND d.due_ms > " DUE_STEP_BEFORE ")"

/* What stood before the first step of the range, else what stands now. A date that was none is later than any. */
#define FIRST_STEP(what, field) "(SELECT " what " FROM task_step s WHERE s.task = t.id AND s.seq > ? AND s.seq <= ? AND s.field = '" field "' ORDER BY s.seq LIMIT 1)"
#define WAS_TO_DO "coalesce(" FIRST_STEP("CASE WHEN s.old IN ('issued', 'working', 'returned', 'reopened') THEN 1 ELSE 0 END", "state") ", 1) = 1"
#define WAS_DUE \
    "coalesce(" FIRST_STEP("coalesce(CAST(s.old AS BIGINT) * 86400000, 9000000000000000)", "due") ", (SELECT d.due_ms FROM task_day d WHERE d.task = t.id)) < ?"

/* params, as the places stand in the condition: r for since and until, d for the day on which it holds, f for that on which the range begins. */
static const struct {
    const char *name, *condition, *params;
} steps[] = {
    { "relapsed", STEP("s.field = 'state' AND s.new = 'reopened'"), "r" },
    { "overdue", TO_DO " AND " OVERDUE " AND NOT (" WAS_TO_DO " AND " WAS_DUE ")", "drrf" },
    { "returned", STEP("s.field = 'state' AND s.new = 'returned'"), "r" },
    { "closed", "t.state = 'closed' AND " STEP("s.field = 'state' AND s.new = 'closed'"), "r" },
    { "new", MADE, "r" },
    { "slipped", SLIPPED " AND NOT " MADE, "rr" },
    { "owner", STEP("s.field = 'lead'") " AND NOT " MADE, "rr" },
    { "amended", "(" STEP("s.field = 'text'") " OR (" STEP("s.field = 'due'") " AND NOT " SLIPPED ")) AND NOT " MADE, "rrrr" },
    { "stopped", "t.state IN ('suspended', 'cancelled', 'waived') AND " STEP("s.field = 'state' AND s.new IN ('suspended', 'cancelled', 'waived')"), "r" },
};

static size_t fill_params(const ReportStep *step, const char *params, int64_t *values)
{
    size_t n = 0;
    for (const char *p = params; *p; p++) {
        if (*p == 'r')
            values[n++] = step->since;
        values[n++] = *p == 'r' ? (step->until > 0 ? step->until : INT64_MAX) : (int64_t) (*p == 'd' ? step->on : step->from) * MS_A_DAY;
    }
    return n;
}

bool report_filter_step(DbList *list, const ReportStep *step, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (!str_eq(step->name, str_from(steps[i].name)))
            continue;
        int64_t values[8];
        if (strchr(steps[i].params, 'f') && step->from == DATE_NONE) {
            error_set(err, BH_BAD_INPUT, "the day on which it was not yet so is needed");
            return error_at(err, "overdue_from");
        }
        only_reported(list);
        db_list_where(list, steps[i].condition, values, fill_params(step, steps[i].params, values));
        return true;
    }
    error_set(err, BH_BAD_INPUT, "no step '" STR_FMT "'", STR_ARG(step->name));
    return error_at(err, "step");
}
