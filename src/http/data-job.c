/* Arrivals that a job imports, and how one is made of a request. */
#include "http/data.h"
#include "hub/message.h"
#include "http/server.h"

#include "base/problem.h"

#include "base/banned.h"

/* --- Arriving ----------------------------------------------------------------------------------------------------------------- */

static bool take_upload(DbConn *tx, DataArrival *data, GError **err)
{
    HttpUpload upload;
    if (!data->upload.p)
        return true;
    /* What was only looked at is sent in earnest afterwards. */
    if (!(data->arrival.wish.dry_run ? http_upload_look : http_upload_take_data)(data->request, tx, data->upload, &upload, err))
        return false;
    data->arrival.name = upload.name;
    data->arrival.blob = upload.blob;
    data->arrival.size = upload.size;
    return true;
}

/* The event says where its bytes are and who sent them; not its name, which is people's own words. */
static void append_event(DbConn *tx, const DataArrival *data)
{
    char hash[HASH_TEXT_MAX];
    AuditWho who = api_who(data->request);
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_cstr(&json, "channel", hub_channels[data->arrival.channel]);
    json_member_cstr(&json, "mode", hub_modes[data->arrival.wish.mode]);
    json_member_cstr(&json, "sha256", hash_write(data->arrival.blob, hash));
    json_end_object(&json);
    audit_append(tx, &who, "arrive", (AuditObject) { "intake", data->arrived.uid }, str_from_gstring(text));
}

static bool start_job(DbConn *tx, DataArrival *data, GError **err)
{
    HttpRequest *request = data->request;
    Str argument = arena_printf(request->arena, "{\"intake\":%" G_GINT64_FORMAT "}", data->arrived.id);
    JobStart start = { "import", argument, request->session->account, clock_now_ms(request->app->clock) };
    return job_start(tx, &start, request->arena, &data->job, err) && db_exec(tx, IntakeJob, NULL, err, .id = data->arrived.id, .job_uid = data->job);
}

bool data_arrive_in_tx(DbConn *tx, void *data, GError **err)
{
    DataArrival *arrival = data;
    HttpRequest *request = arrival->request;
    arrival->job = STR_NONE;
    if (!take_upload(tx, arrival, err) || !hub_arrive(tx, &arrival->arrival, clock_now_ms(request->app->clock), request->arena, &arrival->arrived, err))
        return false;
    if (arrival->arrived.again)
        return true;
    append_event(tx, arrival);
    return arrival->no_job || start_job(tx, arrival, err);
}

/* --- What nobody carries out ------------------------------------------------------------------------------------------------- */

enum { TAKEN_UP_MOST = 5 };

typedef struct {
    const HttpApp *http;
    Hub *hub;
    Arena *arena;
    ARENA_LIST(IntakesLeftRow) left;
} Resuming;

static bool read_left(DbConn *conn, Resuming *all, GError **err)
{
    all->left.n = 0;
    g_autoptr(DbRows) rows = db_query(conn, IntakesLeft, err);
    for (IntakesLeftRow row; rows && db_next(rows, &row, err);)
        if (!all->hub || !hub_intake_is_run(all->hub, row.id))
            *ARENA_PUSH(all->arena, &all->left) = row;
    return db_rows_ok(rows);
}

static bool give_job(DbConn *tx, const Resuming *all, const IntakesLeftRow *row, GError **err)
{
    Str argument = arena_printf(all->arena, "{\"intake\":%" G_GINT64_FORMAT "}", row->id), job;
    JobStart start = { "import", argument, row->account, clock_now_ms(all->http->clock) };
    return job_start(tx, &start, all->arena, &job, err) && db_exec(tx, IntakeJob, NULL, err, .id = row->id, .job_uid = job) && db_exec(tx, IntakeTakenUp, NULL, err, .id = row->id);
}

/* Somebody has to look; then it may be tried `again` by hand. */
static bool give_up(DbConn *tx, const Resuming *all, const IntakesLeftRow *row, GError **err)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    error_set(&why, BH_UNAVAILABLE, "it broke off %d times", TAKEN_UP_MOST + 1);
    error_detail(&why, "broke-off");
    json_writer_init(&json, text, false);
    problem_write(&json, why);
    return db_exec(tx, IntakeEnd, NULL, err, .id = row->id, .state = STR("failed"), .result = STR_NONE, .error = str_from_gstring(text), .finished = clock_now_ms(all->http->clock));
}

static bool resume_in_tx(DbConn *tx, void *data, GError **err)
{
    Resuming *all = data;
    bool ok = read_left(tx, all, err);
    for (size_t i = 0; ok && i < all->left.n; i++)
        ok = (all->left.v[i].taken_up < TAKEN_UP_MOST ? give_job : give_up)(tx, all, &all->left.v[i], err);
    return ok;
}

bool api_resume(void *data, GError **err)
{
    const HttpApp *http = data;
    g_autoptr(Arena) arena = arena_new();
    Resuming all = { http, ((const BhApp *) http->data)->hub, arena, { 0 } };
    g_autoptr(DbConn) conn = db_reader(http->db, err);
    bool ok = conn && read_left(conn, &all, err);
    db_done(g_steal_pointer(&conn)); /* not held while the writer is waited for */
    return ok && (all.left.n == 0 || db_write(http->db, DB_MESSAGES, resume_in_tx, &all, err));
}

/* --- The job --------------------------------------------------------------------------------------------------------------------- */

/* Reading is half of it, writing the other. */
static bool told(const HubProgress *progress, void *data, GError **err)
{
    double applied = progress->of > 0 ? (double) progress->rows / (double) progress->of : 0;
    if (progress->phase == HUB_CHECKING)
        return job_progress(data, progress->done / 2, "check", err);
    return job_progress(data, 0.5 + applied / 2, "apply", err);
}

static bool write_job_result(JobRun *run, int64_t id, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->db, err);
    IntakeFindRow row;
    bool found;
    if (!conn || !db_one(conn, IntakeFind, run->arena, &row, &found, err, .id = id) || !found)
        return conn != NULL && found;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_str(json, "intake", row.uid);
    json_member_str(json, "state", row.state);
    json_member_text(json, "result", row.result);
    json_member_text(json, "error", row.error);
    json_end_object(json);
    return true;
}

bool job_import(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    int64_t id;
    if (!json_get_int(run->argument, "intake", 1, INT64_MAX, &id, err))
        return false;
    if (!app->hub)
        return error_set(err, BH_UNAVAILABLE, "no packs are installed");
    return job_progress(run, 0, "read", err) && hub_intake_run(app->hub, id, told, run, err) && write_job_result(run, id, err) && quality_soon(run->data, err);
}

bool job_messages(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    int64_t total = 0;
    for (size_t n = 1; app->hub && n > 0; total += (int64_t) n)
        if (!hub_messages_import(app->hub, told, run, &n, err))
            return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "messages", total);
    json_end_object(json);
    return true;
}
