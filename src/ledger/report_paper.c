/* Little paper: how much evidence a scope was asked for, gave, had checked by a register, and had believed by a reviewer. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

bool report_paper(DbConn *conn, Arena *arena, const ReportScope *scope, ReportPaper *ret_paper, GError **err)
{
    ReportPaperOfPlanRow row;
    ReportPaperOfOrgsRow of_orgs;
    bool found;
    if (scope->plan != DB_NULL_INT) {
        if (!db_one(conn, ReportPaperOfPlan, arena, &row, &found, err, .plan = scope->plan, .path = scope->path, .path_end = scope->path_end,
                    .area = scope->area))
            return false;
    } else {
        if (!db_one(conn, ReportPaperOfOrgs, arena, &of_orgs, &found, err, .path = scope->path, .path_end = scope->path_end, .area = scope->area))
            return false;
        row = (ReportPaperOfPlanRow) { of_orgs.asked, of_orgs.given, of_orgs.checked, of_orgs.believed, of_orgs.by_number, of_orgs.without };
    }
    *ret_paper = (ReportPaper) { row.asked, row.given, row.checked, row.believed, row.by_number, row.without };
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
