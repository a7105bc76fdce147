/* Jobs of data quality: each day what is expected, and soon after records came what they are worth. */
#include "http/data.h"
#include "http/import.h"
#include "indicator/quality.h"

#include "base/banned.h"

static bool told(void *data, GError **err)
{
    return job_progress(data, 0.5, NULL, err);
}

/* A store without packs expects nothing. */
static bool open_quality(JobRun *run, Quality *ret_quality)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    if (!app->hub)
        return false;
    *ret_quality = (Quality) { run->db, run->clock, hub_packs(app->hub), hub_open(app->hub)->persons };
    return true;
}

bool job_quality(JobRun *run, GError **err)
{
    Quality quality = { 0 };
    int64_t months = 0;
    bool ok = !open_quality(run, &quality) || quality_run(&quality, told, run, &months, err);
    packs_unref(quality.packs);
    if (!ok || !ledger_take_signals(run->db, run->clock, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "months", months);
    json_end_object(json);
    return true;
}

bool job_expected(JobRun *run, GError **err)
{
    Quality quality = { 0 };
    ExpectedCount count = { 0 };
    bool ok = !open_quality(run, &quality) || expected_daily(&quality, told, run, &count, err);
    packs_unref(quality.packs);
    if (!ok)
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "opened", count.opened);
    json_member_int(json, "missed", count.missed);
    json_end_object(json);
    return true;
}

static bool soon_in_tx(DbConn *tx, void *data, GError **err)
{
    const HttpApp *http = data;
    g_autoptr(Arena) arena = arena_new();
    JobStart start = { "quality", STR_NONE, DB_NULL_INT, clock_now_ms(http->clock) };
    JobsWaitingOfKindRow waiting;
    Str uid;
    bool found;
    return db_one(tx, JobsWaitingOfKind, arena, &waiting, &found, err, .kind = str_from(start.kind)) && (waiting.n > 0 || job_start(tx, &start, arena, &uid, err));
}

bool quality_soon(const HttpApp *http, GError **err)
{
    if (!db_write(http->db, DB_MESSAGES, soon_in_tx, (void *) http, err))
        return false;
    if (http->jobs)
        jobs_wake(http->jobs);
    return true;
}
