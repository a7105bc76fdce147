/* Files that become something by a job: documents to read, organisations and people to import. A job finds the file as
 * a blob, so that it survives a crash between upload and work. */
#include "http/data.h"
#include "http/import.h"
#include "http/data.h"
#include "http/flow-json.h"
#include "http/server.h"

#include "base/limits.h"
#include "db/queries.h"
#include "ingest/ingest.h"
#include "ledger/relation.h"
#include "ledger/report.h"
#include "ledger/scope.h"

#include "base/banned.h"

/* --- Starting ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    const char *kind;
    Str upload;
    bool apply, again;
    Str job;
} StartArgs;

static Str job_argument(const StartArgs *args, const HttpUpload *upload)
{
    char blob[HASH_TEXT_MAX];
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_bool(&json, "again", args->again);
    json_member_bool(&json, "apply", args->apply);
    json_member_str(&json, "path", exchange_of(args->request)->path);
    json_member_cstr(&json, "blob", hash_write(upload->blob, blob));
    json_member_str(&json, "name", upload->name);
    json_member_cstr(&json, "via", api_who(args->request).via);
    json_key(&json, "wish");
    json_value(&json, args->request->json);
    json_end_object(&json);
    return arena_str(args->request->arena, str_from_gstring(text));
}

static bool start_in_tx(DbConn *tx, void *data, GError **err)
{
    StartArgs *args = data;
    HttpRequest *request = args->request;
    HttpUpload upload;
    if (!http_upload_take(request, tx, args->upload, &upload, err))
        return false;
    JobStart start = { args->kind, job_argument(args, &upload), request->session->account, clock_now_ms(request->app->clock) };
    return job_start(tx, &start, request->arena, &args->job, err);
}

bool import_start(HttpRequest *request, const char *kind, GError **err)
{
    StartArgs args = { .request = request, .kind = kind };
    return json_get_str(request->json, "upload", &args.upload, err) && json_opt_bool(request->json, "apply", &args.apply, err)
           && json_opt_bool(request->json, "again", &args.again, err) && http_write(request, start_in_tx, &args, err)
           && http_accepted(request, args.job, err);
}

/* --- What a job begins with -------------------------------------------------------------------------------------------------- */

void file_job_clear(FileJob *job)
{
    if (job->content)
        g_string_free(job->content, TRUE);
}

/* Who started it, with the rights of today. */
static bool load_user(JobRun *run, User *ret_user, GError **err)
{
    if (run->account == DB_NULL_INT) {
        *ret_user = user_of_socket(run->arena);
        return true;
    }
    g_autoptr(DbConn) conn = db_reader(run->db, err);
    return conn && user_load(conn, run->arena, run->account, clock_today(run->clock), ret_user, err);
}

bool file_job_begin(JobRun *run, FileJob *ret_job, size_t limit, GError **err)
{
    Str blob, via = STR("http");
    FileJob job = { .http = run->data };
    job.app = job.http->data;
    if (!json_get_str(run->argument, "blob", &blob, err) || !json_get_str(run->argument, "name", &job.name, err)
        || !json_opt_str(run->argument, "path", &job.path, err) || !json_opt_bool(run->argument, "apply", &job.apply, err) || !json_opt_bool(run->argument, "again", &job.again, err)
        || !json_opt_str(run->argument, "via", &via, err) || !load_user(run, &job.user, err))
        return false;
    if (!hex_read(blob, HASH_SIZE, job.blob.bytes))
        return error_set(err, BH_INTERNAL, "'" STR_FMT "' is no blob's name", STR_ARG(blob));
    job.wish = json_get(run->argument, "wish");
    job.who = (AuditWho) { job.user.account_uid, str_eq(via, STR("socket")) ? "socket" : "http", clock_now_ms(run->clock) };
    job.content = blob_get(job.http->blobs, job.blob, limit, err);
    *ret_job = job;
    return job.content != NULL;
}

/* --- Documents ------------------------------------------------------------------------------------------------------------------ */

static bool forget_in_tx(DbConn *tx, void *data, GError **err)
{
    const JobRun *run = data;
    return db_exec(tx, JobForgetArgument, NULL, err, .uid = run->uid);
}

/* Nothing of a refused file stays, its name neither, unless the same content is something else's too. What cannot be removed now `doctor` finds. */
static void forget_refused(JobRun *run, const FileJob *job)
{
    db_write(run->db, DB_INTERACTIVE, forget_in_tx, run, NULL);
    char name[HASH_TEXT_MAX];
    BlobUsesRow uses;
    bool found;
    g_autoptr(DbConn) conn = db_reader(run->db, NULL);
    if (conn && db_one(conn, BlobUses, run->arena, &uses, &found, NULL, .blob = str_from(hash_write(job->blob, name))) && uses.uses == 0)
        blob_remove(job->http->blobs, job->blob, NULL);
}

static bool read_document(JobRun *run, GError **err)
{
    g_auto(FileJob) job = { 0 };
    DocumentAdded added;
    if (!file_job_begin(run, &job, LIMIT_DOC_FILE_BYTES, err) || !job_progress(run, 0.2, "reading", err))
        return false;
    Ledger ledger = { .db = run->db, .blobs = job.http->blobs, .clock = run->clock, .keys = job.app->keys };
    Actor actor = { &job.user, job.who };
    g_autoptr(GError) refusal = NULL;
    if (!document_add(&ledger, &actor, str_from_gstring(job.content), job.name, job.again, run->arena, &added, &refusal)) {
        if (!g_error_matches(refusal, BH_ERROR, BH_UNAVAILABLE)) /* else the job is tried again, and needs its file */
            forget_refused(run, &job);
        g_propagate_error(err, g_steal_pointer(&refusal));
        return false;
    }
    int64_t relations = 0;
    if (!added.existing && (!job_progress(run, 0.8, "comparing", err) || !relations_find(&ledger, added.uid, &relations, err)))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_str(json, added.existing ? "existing" : "document", added.uid);
    json_member_int(json, "relations", relations);
    json_end_object(json);
    return true;
}

/* --- Organisations and people ------------------------------------------------------------------------------------------------- */

/* An import of one kind: how it is checked and applied. */
typedef struct {
    bool (*check)(DbConn *conn, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err);
    bool (*apply)(JobRun *run, const FileJob *job, const OrgRows *rows, OrgImportCount *ret_count, GError **err);
} Importer;

/* The check before was the first 0.4. */
static bool tell_applied(double done, void *data, GError **err)
{
    return job_progress(data, 0.4 + 0.6 * done, "applying", err);
}

static bool apply_orgs(JobRun *run, const FileJob *job, const OrgRows *rows, OrgImportCount *ret_count, GError **err)
{
    return org_import_in_steps(run->db, rows, &job->who, tell_applied, run, ret_count, err) && task_scopes_catch_up(run->db, err);
}

typedef struct {
    const FileJob *job;
    const OrgRows *rows;
    OrgImportCount count;
} PeopleArgs;

static bool people_in_tx(DbConn *tx, void *data, GError **err)
{
    PeopleArgs *args = data;
    return people_import_apply(tx, args->rows, STR_NONE, args->job->app->keys, &args->job->who, &args->count, err);
}

static bool apply_people(JobRun *run, const FileJob *job, const OrgRows *rows, OrgImportCount *ret_count, GError **err)
{
    PeopleArgs args = { .job = job, .rows = rows };
    if (!db_write(run->db, DB_BULK, people_in_tx, &args, err))
        return false;
    *ret_count = args.count;
    return true;
}

static bool finding_forbids(const Diag *diag)
{
    return !g_str_equal(diag->code, "header-unknown");
}

static void write_params(JsonWriter *json, Str params)
{
    json_key(json, "params");
    json_begin_object(json);
    for (Str rest = params; rest.p;) {
        Str value = str_cut(&rest, '\n'), name = str_cut(&value, '=');
        if (value.p)
            json_key_str(json, name), json_str(json, value);
    }
    json_end_object(json);
}

void import_write_finding(JsonWriter *json, const Diag *diag, bool forbids)
{
    json_begin_object(json);
    json_member_str(json, "at", diag->at);
    json_member_cstr(json, "code", diag->code);
    json_member_bool(json, "forbids", forbids);
    json_member_str(json, "message", diag->text);
    write_params(json, diag->params);
    json_end_object(json);
}

static void write_findings(JsonWriter *json, const Diags *diags)
{
    json_key(json, "errors");
    json_begin_array(json);
    for (size_t i = 0; i < diags_count(diags); i++)
        import_write_finding(json, diags_get(diags, i), finding_forbids(diags_get(diags, i)));
    json_end_array(json);
}

static bool check_rows(JobRun *run, const Importer *importer, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->db, err);
    return conn && importer->check(conn, rows, diags, ret_count, err);
}

static bool any_forbids(const Diags *diags)
{
    for (size_t i = 0; i < diags_count(diags); i++)
        if (finding_forbids(diags_get(diags, i)))
            return true;
    return false;
}

static void write_import(JobRun *run, const OrgImportCount *count, const Diags *diags, bool applied)
{
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "rows", count->rows);
    json_member_int(json, "new", count->added);
    json_member_int(json, "changed", count->changed);
    json_member_int(json, "same", count->same);
    write_findings(json, diags);
    json_member_bool(json, "applied", applied);
    json_end_object(json);
}

static bool import_rows(JobRun *run, const Importer *importer, GError **err)
{
    g_auto(FileJob) job = { 0 };
    g_autoptr(Diags) diags = diags_new();
    CsvTable table;
    OrgImportCount count;
    if (!file_job_begin(run, &job, LIMIT_IMPORT_BYTES, err) || !job_progress(run, 0.1, "checking", err)
        || !file_table(str_from_gstring(job.content), LIMIT_ORGS, run->arena, &table, err))
        return false;
    OrgRows rows = { table.header, table.n_columns, table.rows, table.n_rows, table.first_line };
    if (!check_rows(run, importer, &rows, diags, &count, err) || !job_progress(run, 0.4, "applying", err))
        return false;
    bool applied = job.apply && !any_forbids(diags);
    if (applied && !importer->apply(run, &job, &rows, &count, err))
        return false;
    write_import(run, &count, diags, applied);
    return true;
}

static bool import_orgs(JobRun *run, GError **err)
{
    static const Importer importer = { org_import_check, apply_orgs };
    return import_rows(run, &importer, err);
}

static bool import_accounts(JobRun *run, GError **err)
{
    static const Importer importer = { people_import_check, apply_people };
    return import_rows(run, &importer, err);
}

enum { QUALITY_MINUTES = 5 /* beside each import, which starts one */, OWED_MINUTES = 10 };

const JobKind api_job_kinds[] = {
    { .name = "read-document", .run = read_document },
    { .name = "import-orgs", .run = import_orgs, .attempts = 10 }, /* goes on where it was, so it may be begun often */
    { .name = "import-accounts", .run = import_accounts },
    { .name = "import-tasks", .run = job_import_tasks },
    { .name = "import-list", .run = job_import_list },
    { .name = "recheck", .run = job_recheck, .attempts = 3 },
    { .name = "import", .run = job_import, .attempts = 10 }, /* begun anew it changes nothing that is there */
    { .name = "messages", .run = job_messages, .every_minutes = 1, .alone = true },
    { .name = "inbox", .run = job_inbox, .every_minutes = 1, .alone = true },
    { .name = "verify-audit", .run = job_verify_audit },
    { .name = "index", .run = job_index },
    { .name = "end-suspensions", .run = job_end_suspensions, .every_minutes = 60 },
    { .name = "anchor", .run = job_anchor, .every_minutes = 24 * 60 },
    { .name = "reminders", .run = job_reminders, .every_minutes = 24 * 60, .from_hour = 8 },
    { .name = "expected", .run = job_expected, .every_minutes = 24 * 60, .from_hour = 1, .alone = true }, /* before the duties that it opens and meets are told of */
    { .name = "duties", .run = job_duties, .every_minutes = 24 * 60, .from_hour = 7 },
    { .name = "defects", .run = job_defects, .every_minutes = 24 * 60, .from_hour = 8 },
    { .name = "quality", .run = job_quality, .every_minutes = QUALITY_MINUTES, .alone = true },
    { .name = "owed", .run = job_owed, .every_minutes = OWED_MINUTES, .alone = true },
    { .name = "cases", .run = job_cases, .every_minutes = OWED_MINUTES, .alone = true },
    { .name = "settle-records", .run = job_settle_records, .every_minutes = 6 * 60 },
    { .name = "sweep-persons", .run = job_sweep_persons, .every_minutes = 24 * 60, .from_hour = 3 },
    { .name = "reports", .run = job_reports, .every_minutes = REPORT_LEAD_MINUTES },
    { 0 },
};
