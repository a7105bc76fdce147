/* Little paper: how much evidence a scope was asked for, gave, had checked by a register, and had believed by a reviewer. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

static int64_t bits(int64_t marks, int below, int n)
{
    return (marks >> below) & ((1 << n) - 1);
}

void report_paper_add(ReportPaper *paper, Str state, int64_t marks)
{
    int64_t asks = bits(marks, MARK_ASKS, MARK_GIVEN - MARK_ASKS), given = bits(marks, MARK_GIVEN, MARK_HELD - MARK_GIVEN), held = bits(marks, MARK_HELD, MARK_HELD - MARK_GIVEN);
    bool finished = flow_has_word("verified closed", state);
    paper->asked += marks & MARK_DECIDES ? 0 : MAX(asks, 1);
    paper->given += given;
    paper->checked += held;
    paper->believed += finished ? given - held : 0;
    paper->by_number += finished && !(marks & MARK_BY_PERSON);
    paper->without += given == 0;
}

bool report_paper_of_plan(DbConn *conn, int64_t plan, ReportPaper *ret_paper, GError **err)
{
    ReportPaper paper = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, PlanMarks, err, .plan = plan);
    for (PlanMarksRow row; rows && db_next(rows, &row, err);)
        report_paper_add(&paper, row.state, row.marks);
    if (!db_rows_ok(rows))
        return false;
    *ret_paper = paper;
    return true;
}

void report_paper_write(const ReportPaper *paper, JsonWriter *json)
{
    json_key(json, "paper");
    json_begin_object(json);
    json_member_int(json, "evidence_asked", paper->asked);
    json_member_int(json, "evidence_given", paper->given);
    json_member_int(json, "checked", paper->checked);
    json_member_int(json, "believed", paper->believed);
    json_member_int(json, "by_number", paper->by_number);
    json_member_int(json, "tasks_without_paper", paper->without);
    json_end_object(json);
}
