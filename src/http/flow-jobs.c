/* What every day brings by itself. */
#include "http/flow-json.h"

#include "base/banned.h"

bool flow_job_progress(void *run, GError **err)
{
    return job_progress(run, 0.5, NULL, err);
}

bool job_duties(JobRun *run, GError **err)
{
    DutyCount count = { 0 };
    if (!ledger_duties_daily(run->db, run->clock, flow_job_progress, run, &count, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "opened", count.opened);
    json_member_int(json, "missed", count.missed);
    json_member_int(json, "told", count.told);
    json_end_object(json);
    return true;
}
