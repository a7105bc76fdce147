/* A ledger from a workbook, as a job: what it would do, and where it is wished, doing it. */
#include "http/import.h"

#include "base/limits.h"
#include "ledger/import.h"

#include "base/banned.h"

enum { SHOWN_ROWS = 2000 };

/* --- What it says ------------------------------------------------------------------------------------------------------------- */

static void write_columns(JsonWriter *json, const ImportReport *report)
{
    json_key(json, "columns");
    json_begin_array(json);
    for (size_t i = 0; i < report->n_columns; i++) {
        const ImportColumn *column = &report->columns[i];
        json_begin_object(json);
        json_member_int(json, "index", column->column);
        json_member_str(json, "heading", column->heading);
        json_member_str(json, "field", column->field);
        json_member_cstr(json, "how", column->how);
        json_member_cstr(json, "taken", column->taken);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_row(JsonWriter *json, const ImportRow *row)
{
    json_begin_object(json);
    json_member_int(json, "row", row->row);
    json_member_str(json, "task", row->uid);
    json_member_str(json, "number", row->number);
    json_member_str(json, "title", row->title);
    json_member_cstr(json, "change", import_kind_name(row->kind));
    json_member_bool(json, "draft", row->draft);
    json_member_bool(json, "left", row->left);
    json_key(json, "set");
    json_begin_array(json);
    for (size_t i = 0; i < row->n_sets; i++) {
        json_begin_object(json);
        json_member_str(json, "field", row->sets[i].field);
        json_member_str(json, "heading", row->sets[i].heading);
        json_member_str(json, "old", row->sets[i].old_text);
        json_member_str(json, "new", row->sets[i].new_text);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

/* What differs comes first where there is more than is shown. */
static void write_preview(JsonWriter *json, const ImportReport *report)
{
    size_t shown = 0;
    json_key(json, "preview");
    json_begin_array(json);
    for (int same = 0; same <= 1; same++)
        for (size_t i = 0; i < report->n_rows && shown < SHOWN_ROWS; i++)
            if ((report->rows[i].kind == IMPORT_SAME && !report->rows[i].left) == same) {
                write_row(json, &report->rows[i]);
                shown++;
            }
    json_end_array(json);
    json_member_bool(json, "more", shown < report->n_rows);
}

/* A finding that does not keep its row back. */
static bool is_notice(const char *code)
{
    static const char *const notices[] = { "header-unknown", "column-twice", "person-unknown", "state-not-taken", "column-read-only", "formula-empty", "sheet-left" };
    for (size_t i = 0; i < G_N_ELEMENTS(notices); i++)
        if (g_str_equal(code, notices[i]))
            return true;
    return false;
}

static void write_errors(JsonWriter *json, const Diags *diags)
{
    json_key(json, "errors");
    json_begin_array(json);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        import_write_finding(json, diag, !is_notice(diag->code));
    }
    json_end_array(json);
}

static void write_report(JsonWriter *json, const ImportReport *report, const Diags *diags)
{
    json_begin_object(json);
    json_member_str(json, "sheet", report->sheet);
    json_member_str(json, "title", report->title);
    json_member_int(json, "title_rows", report->title_rows);
    json_member_bool(json, "hidden_rows", report->hidden_rows);
    write_columns(json, report);
    json_member_int(json, "rows", (int64_t) report->n_rows);
    json_member_int(json, "new", (int64_t) report->added);
    json_member_int(json, "changed", (int64_t) report->changed);
    json_member_int(json, "same", (int64_t) report->same);
    json_member_int(json, "refused", (int64_t) report->refused);
    json_member_int(json, "left", (int64_t) report->left);
    json_member_int(json, "gone", (int64_t) report->n_gone);
    json_key(json, "gone_list");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(report->n_gone, SHOWN_ROWS); i++)
        json_str(json, report->gone[i]);
    json_end_array(json);
    write_preview(json, report);
    write_errors(json, diags);
    json_member_str(json, "plan", report->plan);
    json_member_str(json, "plan_title", report->plan_title);
    json_member_bool(json, "applied", report->applied);
    json_end_object(json);
}

/* --- The job ------------------------------------------------------------------------------------------------------------------- */

static bool tell(double done, void *data, GError **err)
{
    return job_progress(data, 0.3 + 0.7 * done, "applying", err);
}

/* An object, or as the command line has it: HEADING=FIELD,HEADING=FIELD. */
static bool read_map(JobRun *run, const FileJob *job, const JsonValue **ret_map, GError **err)
{
    const JsonValue *given = json_get(job->wish, "map");
    if (!given || given->type != JSON_STRING)
        return json_opt_object(job->wish, "map", ret_map, err);
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    for (Str rest = given->text; rest.p;) {
        Str field = str_cut(&rest, ','), heading = str_cut(&field, '=');
        if (!field.p)
            return json_bad(given, err, "a map is HEADING=FIELD,HEADING=FIELD");
        json_key_str(&json, str_trim(heading));
        json_str(&json, str_trim(field));
    }
    json_end_object(&json);
    *ret_map = json_parse(arena_str(run->arena, str_from_gstring(text)), run->arena, err);
    return *ret_map != NULL;
}

static bool read_wish(JobRun *run, const FileJob *job, ImportWish *wish, GError **err)
{
    return json_opt_str(job->wish, "plan", &wish->plan, err) && json_opt_str(job->wish, "sheet", &wish->sheet, err) && read_map(run, job, &wish->map, err) && json_opt_str(job->wish, "reason", &wish->reason, err)
           && api_read_date(job->wish, "due", &wish->due, err);
}

bool job_import_tasks(JobRun *run, GError **err)
{
    g_auto(FileJob) job = { 0 };
    g_autoptr(Diags) diags = diags_new();
    char blob[HASH_TEXT_MAX];
    ImportReport report;
    if (!file_job_begin(run, &job, LIMIT_IMPORT_BYTES, err))
        return false;
    ImportWish wish = { .bytes = str_from_gstring(job.content), .name = job.name, .blob = str_from(hash_write(job.blob, blob)), .plan = STR_NONE,
                        .due = DATE_NONE, .reason = STR_NONE, .apply = job.apply, .told = tell, .told_data = run };
    if (!read_wish(run, &job, &wish, err) || !job_progress(run, 0.1, "checking", err))
        return false;
    Ledger ledger = { .db = run->db, .blobs = job.http->blobs, .clock = run->clock, .keys = job.app->keys };
    Actor actor = { &job.user, job.who };
    if (!ledger_import(&ledger, &actor, &wish, run->arena, diags, &report, err))
        return false;
    write_report(job_result(run), &report, diags);
    return true;
}
