/* The rules as they are now over the records of a dataset: a job that an administrator starts, as after a new edition of a pack. */
#include "http/data.h"
#include "http/routes.h"
#include "http/server.h"

#include "base/banned.h"

static bool told(const HubProgress *progress, void *data, GError **err)
{
    double applied = progress->of > 0 ? (double) progress->rows / (double) progress->of : 0;
    return progress->phase == HUB_CHECKING ? job_progress(data, progress->done * 0.9, "check", err) : job_progress(data, 0.9 + applied / 10, "apply", err);
}

static void write_result(JobRun *run, const HubResult *result)
{
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "rows", result->rows);
    json_member_int(json, "changed", result->changed);
    json_end_object(json);
}

static bool root_of(JobRun *run, int64_t *ret_root, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->db, err);
    OrgRootRow root;
    bool found;
    if (!conn || !db_one(conn, OrgRoot, run->arena, &root, &found, err))
        return false;
    *ret_root = root.id;
    return found || error_set(err, BH_NOT_FOUND, "there is no organisation");
}

bool job_recheck(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    const PackDataset *dataset;
    HubResult result;
    int64_t root;
    Str name;
    if (!app->hub)
        return error_set(err, BH_UNAVAILABLE, "no packs are installed");
    g_autoptr(PacksRef) packs = hub_packs(app->hub);
    if (!json_get_str(run->argument, "dataset", &name, err) || !data_dataset(packs, name, &dataset, err) || !root_of(run, &root, err)
        || !hub_recheck(app->hub, dataset, root, told, run, run->arena, &result, err))
        return false;
    write_result(run, &result);
    return true;
}

static bool post_recheck(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = NULL;
    const PackDataset *dataset;
    if (!api_may(request, VERB_ADMINISTER, NULL, err) || !(packs = data_packs(request, err)) || !data_dataset(packs, http_path(request, "dataset"), &dataset, err))
        return false;
    return api_start_job(request, "recheck", arena_printf(request->arena, "{\"dataset\":\"" STR_FMT "\"}", STR_ARG(dataset->full_name)), err);
}

static const Route routes[] = {
    { HTTP_POST, "/api/v1/datasets/{dataset:text}/recheck", HTTP_SESSION, post_recheck, NULL, HTTP_NO_BODY, "JobAccepted", "run the rules as they are now over the records that are stored" },
};

static const HttpShape shapes[] = { { "Rechecked", "rows:int changed:int" } };

const RouteTable recheck_routes = ROUTE_TABLE(routes, shapes);
