/* bihuan import: a file of records sent as any other sender would, over the API: to a server that runs, or to this process for as long as it lasts. */
#include "cmd/call.h"
#include "cmd/view.h"

#include <stdio.h>

#include "base/banned.h"

const Option import_options[] = {
    { "dataset", "PACK.DATASET", "what it holds (default: what its columns fit)" },
    { "org", "ORG", "who sends (default: your own unit)" },
    { "mode", "add|replace", "replace: the file is all of that unit and period; what it lacks is deleted (default: add)" },
    { "period", "PERIOD", "2026-06, 2026Q2 or the like: of replace, and of totals that do not name theirs" },
    { "mapping", "UID", "the mapping of its columns (default: the one used last that fits)" },
    { "map", "COLUMN=FIELD;...", "what single columns are, for this once" },
    { "sheet", "NAME", "of a workbook: which sheet" },
    { "header-row", "N", "the row with the headings (default: found by what they say)" },
    { "encoding", "NAME", "utf-8, gb18030, gbk, utf-16le, utf-16be (default: found by content)" },
    { "delimiter", "C", "of CSV: what divides columns; tab for the tabulator (default: found by content)" },
    { "dry-run", NULL, "check everything, write nothing" },
    { "strict", NULL, "take all rows or none" },
    { "sure", NULL, "with replace: delete even if it is much" },
    { "errors", "OUT", "save the rows that were refused or held, with what is wrong in them, to be mended and sent again" },
    { "json", NULL, "print the answer as JSON" },
    STORE_OPTIONS,
    CLIENT_OPTIONS,
    { NULL, NULL, NULL },
};

#define RESULT_VIEW \
    "state result.rows result.accepted result.warned result.held result.rejected result.repeated result.added result.changed result.same result.deleted result.unknown;" \
    " result.findings: level rule field n first says"

/* --- The request ---------------------------------------------------------------------------------------------------------------- */

static void put_option(JsonWriter *json, const Args *args, const char *name, const char *member)
{
    if (args_has(args, name))
        json_member_cstr(json, member, args_value(args, name));
}

static bool put_options(JsonWriter *json, const Args *args, GError **err)
{
    int64_t row = 0;
    const char *delimiter = args_value(args, "delimiter");
    if (delimiter && !delimiter[0])
        return error_set(err, BH_USAGE, "--delimiter takes one character, or tab");
    if (args_has(args, "header-row") && !str_to_int64(str_from(args_value(args, "header-row")), &row))
        return error_set(err, BH_USAGE, "--header-row takes a number, not '%s'", args_value(args, "header-row"));
    json_key(json, "options");
    json_begin_object(json);
    put_option(json, args, "sheet", "sheet");
    put_option(json, args, "encoding", "encoding");
    if (delimiter)
        json_member_cstr(json, "delimiter", g_str_equal(delimiter, "tab") ? "\t" : delimiter);
    if (args_has(args, "header-row"))
        json_member_int(json, "header_row", row);
    json_end_object(json);
    return true;
}

static bool put_columns(JsonWriter *json, const Args *args, GError **err)
{
    if (!args_has(args, "map"))
        return true;
    json_key(json, "columns");
    json_begin_array(json);
    for (Str rest = str_from(args_value(args, "map")); rest.p;) {
        Str to = str_cut(&rest, ';'), from = str_cut(&to, '=');
        if (!to.p)
            return error_set(err, BH_USAGE, "--map takes COLUMN=FIELD, not '" STR_FMT "'", STR_ARG(from));
        json_begin_object(json);
        json_member_str(json, "from", str_trim(from));
        json_member_str(json, "to", str_trim(to).n > 0 ? str_trim(to) : STR_NONE);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static bool make_body(CallRun *run, Str upload, GString *text, GError **err)
{
    JsonWriter json;
    Str org;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "upload", upload);
    if (args_has(run->args, "org")) {
        if (!call_org(run, str_from(args_value(run->args, "org")), &org, err))
            return false;
        json_member_str(&json, "org", org);
    }
    put_option(&json, run->args, "dataset", "dataset");
    put_option(&json, run->args, "mode", "mode");
    put_option(&json, run->args, "period", "period");
    put_option(&json, run->args, "mapping", "mapping");
    if (args_has(run->args, "strict"))
        json_member_bool(&json, "strict", true);
    if (args_has(run->args, "dry-run"))
        json_member_bool(&json, "dry_run", true);
    if (!put_columns(&json, run->args, err) || !put_options(&json, run->args, err))
        return false;
    json_end_object(&json);
    return true;
}

/* --- The answer ------------------------------------------------------------------------------------------------------------------- */

/* Sends, waits for the job, and reads what became of the arrival. */
static bool send(CallRun *run, Str path, Str body, ClientAnswer *ret_intake, GError **err)
{
    ClientCall call = { "POST", path, body, NO_VERSION };
    ClientAnswer accepted, job;
    const JsonValue *intake;
    Str uid;
    if (!client_call(run->client, &call, run->arena, &accepted, err) || !json_get_object(accepted.json, "intake", &intake, err) || !json_get_str(intake, "uid", &uid, err))
        return false;
    const JsonValue *started = json_get(accepted.json, "job");
    if (started && started->type == JSON_BEGIN_OBJECT && !client_wait(run->client, accepted.json, run->arena, &job, err))
        return false;
    ClientCall get = { "GET", arena_printf(run->arena, "/intakes/" STR_FMT, STR_ARG(uid)), STR_NONE, NO_VERSION };
    return client_call(run->client, &get, run->arena, ret_intake, err);
}

static bool show(const CallRun *run, const ClientAnswer *intake, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_has(run->args, "json"))
        g_string_append_printf(out, STR_FMT "\n", STR_ARG(str_trim(intake->text)));
    else
        view_write(intake->json, RESULT_VIEW, 60, out);
    return print_out(str_from_gstring(out), err);
}

/* What a table of counts does not show: columns that mean the same, and that there was nothing. */
static void tell_twice(const JsonValue *result)
{
    const JsonValue *list = json_get(result, "twice");
    for (const JsonValue *one = list ? list->first : NULL; one; one = one->next) {
        int64_t column, used;
        Str name, used_name, field;
        if (json_get_int(one, "column", 1, INT32_MAX, &column, NULL) && json_get_int(one, "used", 1, INT32_MAX, &used, NULL) && json_get_str(one, "name", &name, NULL)
            && json_get_str(one, "used_name", &used_name, NULL) && json_get_str(one, "field", &field, NULL))
            fprintf(stderr, "column %" G_GINT64_FORMAT " (" STR_FMT ") was left out: it is '" STR_FMT "', as column %" G_GINT64_FORMAT " (" STR_FMT ") is, which was used\n", column, STR_ARG(name),
                    STR_ARG(field), used, STR_ARG(used_name));
    }
}

static void tell_nothing(const JsonValue *intake, Str state)
{
    int64_t rows = 1;
    if (str_eq(state, STR("done")) && json_get_int(json_get(intake, "result"), "rows", 0, INT64_MAX, &rows, NULL) && rows == 0)
        fprintf(stderr, "0 rows: nothing was taken in; to say that there was nothing, report zero: bihuan hub zero DATASET ORG PERIOD\n");
}

static bool save_errors(CallRun *run, Str uid, const JsonValue *intake, GError **err)
{
    bool errors = false;
    const char *out = args_value(run->args, "errors");
    if (!json_get_bool(json_get(intake, "result"), "errors", &errors, NULL) || !errors)
        return true;
    if (!out) {
        fprintf(stderr, "rows were refused or held: --errors OUT saves them with what is wrong\n");
        return true;
    }
    return client_download(run->client, arena_printf(run->arena, "/intakes/" STR_FMT "/errors", STR_ARG(uid)), out, err);
}

/* What was not taken in is no success. */
static bool end_state(const JsonValue *intake, Str state, GError **err)
{
    Str message = STR("nothing was taken in"), code = STR_NONE;
    const JsonValue *error = json_get(intake, "error");
    if (str_eq(state, STR("done")))
        return true;
    if (str_eq(state, STR("asking"))) {
        error_set(err, BH_CONFLICT, "much of what is there would be deleted; nothing was taken in yet");
        return error_hint(err, "with --sure it is");
    }
    (void) json_get_str(error, "title", &message, NULL);
    (void) json_get_str(error, "code", &code, NULL);
    error_set(err, str_eq(state, STR("failed")) ? BH_UNAVAILABLE : BH_BAD_INPUT, STR_FMT, STR_ARG(message));
    Str hint, at;
    if (json_get_str(error, "at", &at, NULL))
        error_at(err, STR_FMT, STR_ARG(at));
    return json_get_str(error, "hint", &hint, NULL) ? error_hint(err, STR_FMT, STR_ARG(hint)) : false;
}

static bool import_one(CallRun *run, const char *file, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    ClientAnswer intake;
    Str upload, uid, state;
    if (!client_upload(run->client, file, run->arena, &upload, err) || !make_body(run, upload, body, err) || !send(run, STR("/intakes"), str_from_gstring(body), &intake, err)
        || !json_get_str(intake.json, "uid", &uid, err) || !json_get_str(intake.json, "state", &state, err))
        return false;
    if (str_eq(state, STR("asking")) && args_has(run->args, "sure")) {
        Str path = arena_printf(run->arena, "/intakes/" STR_FMT "/confirm", STR_ARG(uid));
        if (!send(run, path, STR("{}"), &intake, err) || !json_get_str(intake.json, "state", &state, err))
            return false;
    }
    if (!show(run, &intake, err))
        return false;
    tell_twice(json_get(intake.json, "result"));
    tell_nothing(intake.json, state);
    return save_errors(run, uid, intake.json, err) && end_state(intake.json, state, err);
}

bool cmd_import(const Args *args, GError **err)
{
    if (args_count(args) == 0)
        return error_set(err, BH_USAGE, "which file?");
    if (!args_has(args, "as") && !g_getenv("BIHUAN_TOKEN"))
        return error_set(err, BH_USAGE, "somebody must send it: --as USER is missing");
    if (args_has(args, "errors") && args_count(args) > 1)
        return error_set(err, BH_USAGE, "--errors is of one file");
    g_autoptr(Client) client = client_open(args, err);
    g_autoptr(Arena) arena = arena_new();
    CallRun run = { .args = args, .client = client, .arena = arena };
    for (size_t i = 0; client && i < args_count(args); i++)
        if (!import_one(&run, args_operand(args, i), err))
            return false;
    return client != NULL;
}
