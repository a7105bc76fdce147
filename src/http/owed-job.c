/* The job of what persons owe: soon after records came, and when a new month begins. */
#include "http/data.h"
#include "http/import.h"
#include "indicator/owed.h"

#include "base/banned.h"

static bool told(void *data, GError **err)
{
    return job_progress(data, 0.5, NULL, err);
}

bool job_owed(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    int64_t changed = 0;
    if (app->hub) { /* a store without packs knows no duties */
        Quality quality = { run->db, run->clock, hub_packs(app->hub), hub_open(app->hub)->persons };
        bool ok = owed_run(&quality, told, run, &changed, err);
        packs_unref(quality.packs);
        if (!ok)
            return false;
    }
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "changed", changed);
    json_end_object(json);
    return true;
}
