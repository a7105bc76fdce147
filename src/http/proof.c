/* Jobs about the event log: its proof, and its daily anchor. */
#include "base/file.h"
#include "http/import.h"
#include "ledger/search.h"

#include "base/banned.h"

/* --- Proof ------------------------------------------------------------------------------------------------------------------- */

/* Half of the progress is the chain, half the tables. A wish to stop cannot end the reading in between; the job then runs again. */
static void chain_progress(int64_t done, int64_t total, void *data)
{
    job_progress(data, total > 0 ? 0.5 * (double) done / (double) total : 0.5, "chain", NULL);
}

static void write_chain_problems(JsonWriter *json, const AuditReport *report)
{
    for (size_t i = 0; i < report->n_problems; i++) {
        json_begin_object(json);
        json_member_cstr(json, "code", report->problems[i].code);
        json_member_int(json, "seq", report->problems[i].seq);
        json_end_object(json);
    }
}

static void write_table_problems(JsonWriter *json, const RebuildReport *report)
{
    for (size_t i = 0; i < report->n_problems; i++) {
        json_begin_object(json);
        json_member_cstr(json, "code", "table-differs");
        json_member_str(json, "key", report->problems[i].key);
        json_member_cstr(json, "kind", report->problems[i].kind);
        json_member_str(json, "uid", report->problems[i].uid);
        json_end_object(json);
    }
}

bool job_verify_audit(JobRun *run, GError **err)
{
    AuditReport chain;
    RebuildReport tables;
    if (!audit_verify(run->db, run->arena, chain_progress, run, &chain, err) || !job_progress(run, 0.5, "tables", err)
        || !ledger_rebuild_check(run->db, run->arena, &tables, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_bool(json, "ok", chain.n_problems == 0 && tables.n_problems == 0);
    json_member_int(json, "events", chain.events);
    json_member_int(json, "tasks", tables.tasks);
    json_member_cstr(json, "head", chain.head.hash);
    json_key(json, "problems");
    json_begin_array(json);
    write_chain_problems(json, &chain);
    write_table_problems(json, &tables);
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* --- What lists and search look in -------------------------------------------------------------------------------------------- */

/* Begun again it begins at the beginning: until it ends, something may not be found. */
bool job_index(JobRun *run, GError **err)
{
    const HttpApp *app = run->data;
    Ledger ledger = { .db = run->db, .blobs = app->blobs, .clock = app->clock };
    int64_t tasks = 0;
    if (!job_progress(run, 0.05, "lists", err) || !task_scopes_rebuild(run->db, &tasks, err) || !job_progress(run, 0.4, "words", err)
        || !search_rebuild(&ledger, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "tasks", tasks);
    json_end_object(json);
    return true;
}

/* --- Anchors ----------------------------------------------------------------------------------------------------------------- */

/* One line into DATA/anchors/YYYY.jsonl. Anchored twice does no harm. */
bool job_anchor(JobRun *run, GError **err)
{
    const HttpApp *http = run->data;
    const BhApp *app = http->data;
    g_autoptr(GString) line = g_string_new(NULL);
    char at[INSTANT_TEXT_MAX];
    AuditHead head;
    {
        g_autoptr(DbConn) conn = db_reader(run->db, err);
        if (!conn || !audit_head(conn, run->arena, &head, err))
            return false;
    }
    instant_format(clock_now_ms(run->clock), clock_zone_minutes(run->clock), at);
    g_autofree char *folder = g_build_filename(http->data_dir, "anchors", NULL);
    g_autofree char *path = g_strdup_printf("%s/%.4s.jsonl", folder, at);
    if (!audit_anchor_make(&head, at, app->keys, line, err) || !file_make_dir(folder, err) || !file_append_sync(path, str_from_gstring(line), err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "seq", head.seq);
    json_member_cstr(json, "hash", head.hash);
    json_end_object(json);
    return true;
}
