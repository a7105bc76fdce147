/* What is done for persons by itself. */
#include "hub/person.h"
#include "http/app.h"

#include "base/banned.h"

static const int64_t day_ms = 24 * 60 * 60 * 1000;
enum { SWEPT_AFTER_DAYS = 7 };

static const BhApp *app_of(const JobRun *run)
{
    return ((const HttpApp *) run->data)->data;
}

bool job_settle_records(JobRun *run, GError **err)
{
    for (bool more = true; more;)
        if (!hub_records_settle(run->db, &more, err) || !job_progress(run, 0.5, NULL, err))
            return false;
    return true;
}

bool job_sweep_persons(JobRun *run, GError **err)
{
    HubPersons *persons = app_of(run)->persons;
    int64_t swept = 0;
    if (persons && !hub_persons_sweep(persons, clock_now_ms(run->clock) - SWEPT_AFTER_DAYS * day_ms, &swept, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "swept", swept);
    json_end_object(json);
    return true;
}
