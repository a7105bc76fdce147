/* What the ledger does by itself, as jobs. */
#include "http/import.h"
#include "ledger/ledger.h"

#include "base/banned.h"

bool job_end_suspensions(JobRun *run, GError **err)
{
    int64_t ended;
    if (!ledger_end_suspensions(run->db, run->clock, &ended, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "ended", ended);
    json_end_object(json);
    return true;
}
