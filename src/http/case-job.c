/* The job of cases: who can take a step is told what waits, and what is late. */
#include "http/data.h"
#include "http/flow-json.h"
#include "hub/case.h"

#include "base/banned.h"

bool job_cases(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    int64_t cases = 0;
    if (app->hub && !hub_cases_tell(app->hub, flow_job_progress, run, &cases, err)) /* a store without packs has none */
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "told", cases);
    json_end_object(json);
    return true;
}
