/* Calls about tasks and rounds. */
#include "cmd/calls.h"

#include "base/banned.h"

#define TASK_VIEW \
    "uid number no title plan kind state marks light due days_left text problem lead support claim.at claim.note suspended_until holding_until relapses restricted handler leader source source_no source_date basis incomputable.reason version;" \
    " targets_list: quote metric op value value2 unit due tense; measures_list: no state text answer by uid;" \
    " evidence_list: kind name size note by at withdrawn uid;" \
    " amendments: at field old new by reason;" \
    " verdicts: at verb by reason"
#define PARTS_VIEW \
    "uid number title state split roll_up.total roll_up.closed roll_up.waived roll_up.cancelled roll_up.late version;" \
    " roll_up.targets: metric value unit shared claimed reported of; children_list: number owner.name state light due holds relapses share uid"
#define STATE_VIEW "uid title state light version"
#define ROUND_VIEW \
    "uid title plan.title org.name from until state sample share candidates seed total held relapsed unclear version; rows: task.number task.title task.state result note by task.uid"
#define VERB(name, options, body, help) \
    { name, "UID", options, help, "POST", "/tasks/{uid}/do/" name, NULL, body, CALL_AS | CALL_VERSION, "/tasks/{uid}", NULL, STATE_VIEW }
#define TASK_FILTERS "state plan owner owner-below kind due-from due-to late light q mine order"

static bool amend_task(CallRun *run, GError **err);
static bool draw_round(CallRun *run, GError **err);
static bool set_measure(CallRun *run, GError **err);
static bool save_evidence(CallRun *run, GError **err);

const Call ledger_calls[] = {
    { .name = "search", .operands = "WORDS", .help = "find documents, tasks and comments by what they say, the newest first", .method = "GET", .path = "/search?q={words}",
      .flags = CALL_AS, .view = "rows: kind number title at uid" },
    LIST("list", TASK_FILTERS, "/tasks", CALL_AS,
         "number state light due title lead measures_done measures evidence plan uid",
         "list tasks"),
    GET_AS("show", "UID", "/tasks/{uid}", TASK_VIEW, "show a task with all that hangs on it"),
    { .name = "add", .operands = "TITLE", .options = "source source-no source-date basis plan text lead support due term category restricted issue",
      .help = "make a task by hand: a draft, or issued with --issue; without --plan it goes into the issuer's plan of that source and year",
      .method = "POST", .path = "/tasks",
      .body = "title:TITLE source:--source! source_no:--source-no source_date:--source-date basis:--basis plan:--plan text:--text lead[]:--lead support[]:--support"
              " due:--due term:--term category:--category restricted:--restricted? issue:--issue?",
      .flags = CALL_AS, .view = "uid number title state version" },
    VERB("issue", NULL, "", "issue a draft"),
    VERB("discard", NULL, "", "put a draft away"),
    { .name = "amend", .operands = "UID FIELD VALUE", .options = "reason",
      .help = "change a field: title, text, due, lead, support, handler, leader, term, category, stage, restricted, readers; once issued the old value stays visible",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = amend_task, .view = "uid number title state marks version; amendments: at field old new by reason" },
    VERB("accept", "note", "note:--note", "take a task on"),
    VERB("submit", "note", "note:--note", "claim that it is done"),
    VERB("confirm", "note", "note:--note", "confirm the claim for one's own unit"),
    VERB("verify", "reason note", "reason:--reason note:--note", "find the claim proven"),
    VERB("overrule", "reason", "reason:--reason!", "find it done without proof, with a mark that stays"),
    VERB("return", "reason note", "reason:--reason! note:--note", "find it not proven, and give it back"),
    VERB("close", "reason note", "reason:--reason note:--note", "close what was verified"),
    VERB("reopen", "reason note", "reason:--reason! note:--note", "open it again"),
    VERB("suspend", "reason until note", "reason:--reason! until:--until! note:--note", "let it rest until a day"),
    VERB("resume", "reason note", "reason:--reason note:--note", "go on with what rested"),
    VERB("cancel", "reason note", "reason:--reason! note:--note", "end it without result"),
    VERB("waive", "reason share note", "reason:--reason! share:--share note:--note", "do without it, or a share of it, for good"),
    LIST("rounds", "plan state", "/look-backs", CALL_AS, "title plan.title from until state total held relapsed unclear uid", "list rounds of looking back"),
    { .name = "draw", .operands = "PLAN TITLE", .options = "from until percent",
      .help = "draw a round of looking back at the closed tasks of a plan: all, or so many percent of them", .flags = CALL_AS, .run = draw_round,
      .view = ROUND_VIEW },
    GET_AS("round", "UID", "/look-backs/{uid}", ROUND_VIEW, "show a round with the tasks drawn"),
    { .name = "found", .operands = "UID TASK RESULT", .options = "note", .help = "say what was found on a task of a round: held, relapsed or unclear",
      .method = "POST", .path = "/look-backs/{uid}/tasks/{task}", .body = "result:RESULT note:--note", .flags = CALL_AS, .view = ROUND_VIEW },
    { .name = "measure", .operands = "UID MEASURE STATE", .options = "answer",
      .help = "answer a measure, by its uid or its place in the list (1, 2, ...): open, started, effective, done or lasting",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = set_measure, .view = "uid title; measures_list: no state text answer by uid" },
    { .name = "evidence", .operands = "UID FILE", .options = "kind note",
      .help = "add a file as evidence: document, training, roster, archive, photo, figure or other",
      .method = "POST", .path = "/tasks/{uid}/evidence", .body = "upload:FILE kind:--kind! note:--note", .flags = CALL_AS,
      .view = "uid title; evidence_list: kind name size note by at withdrawn uid" },
    { .name = "withdraw", .operands = "UID EVIDENCE", .help = "withdraw evidence before it was claimed with",
      .method = "DELETE", .path = "/tasks/{uid}/evidence/{evidence}", .flags = CALL_AS,
      .view = "uid title; evidence_list: kind name size note by at withdrawn uid" },
    { .name = "fetch", .operands = "UID EVIDENCE OUT", .help = "save a file of evidence", .flags = CALL_AS, .run = save_evidence },
    { .name = "incomputable", .operands = "UID", .options = "reason", .help = "state why no figure can decide",
      .method = "POST", .path = "/tasks/{uid}/incomputable", .object = "/tasks/{uid}", .body = "reason:--reason!",
      .flags = CALL_AS | CALL_VERSION, .view = STATE_VIEW },
    { .name = "comment", .operands = "UID TEXT", .help = "say something about a task", .method = "POST", .path = "/tasks/{uid}/comments",
      .body = "text:TEXT", .flags = CALL_AS },
    GET_AS("comments", "UID", "/tasks/{uid}/comments", "rows: at by text", "show what was said about a task"),
    { .name = "events", .operands = "UID", .options = "limit", .help = "show a task's history, oldest first",
      .method = "GET", .path = "/tasks/{uid}/events", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: seq at verb by.name by.org.name via hash" },
    { .name = "split", .operands = "UID", .options = "kind owners collective due shares target reason",
      .help = "divide a task among --owners, or the members of --collective: --kind same, or apportioned with --shares; without either the collective that"
              " leads it stands for its members",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = task_split_call, .view = PARTS_VIEW },
    GET_AS("parts", "UID", "/tasks/{uid}", PARTS_VIEW, "show what a task's parts add up to, who holds it back first"),
    { .name = "progress", .operands = "UID [TEXT]", .options = "period problem need next percent nothing-new",
      .help = "report how far a task is, or --nothing-new", .method = "POST", .path = "/tasks/{uid}/progress",
      .body = "text:TEXT period:--period problem:--problem need:--need next:--next percent:--percent nothing_new:--nothing-new?", .flags = CALL_AS,
      .view = "uid title; progress_list: period percent text problem need next nothing_new by at" },
    { .name = "bulk", .operands = "UID...", .options = "due lead support handler category reason",
      .help = "change several tasks at once; each that was changed in between, or may not be, is left as it is and named", .flags = CALL_AS,
      .run = tasks_bulk_call, .view = "done: uid version; refused: present.number code message uid" },
    { .name = "hand-over", .operands = "FROM TO", .options = "reason",
      .help = "pass all open tasks that an account handles or leads on to another, both by uid", .method = "POST", .path = "/handovers",
      .body = "from:FROM to:TO reason:--reason!", .flags = CALL_AS, .view = "tasks" },
    { .name = "import", .operands = "FILE", .options = "check plan sheet map due reason",
      .help = "bring in a ledger kept in a workbook (XLSX or CSV): new rows become tasks of the plan (without --plan of a new one), changed ones amendments", .method = "POST",
      .path = "/tasks/import", .body = "upload:FILE apply:!--check plan:--plan sheet:--sheet map:--map due:--due reason:--reason", .flags = CALL_AS | CALL_JOB,
      .view = "result.sheet result.plan result.plan_title result.rows result.new result.changed result.same result.refused result.gone result.applied;"
              " result.columns: heading field how taken; result.errors: at code message" },
    { .name = "export", .operands = "OUT", .options = TASK_FILTERS " layout", .help = "save a list as an XLSX file that can be imported again", .path = "/tasks.xlsx",
      .query = TASK_FILTERS " layout", .flags = CALL_AS, .run = call_export },
    NONE,
};

/* By uid, or by its place from 1 on. */
static const JsonValue *find_measure(const JsonValue *task, Str which)
{
    const JsonValue *list = json_get(task, "measures_list");
    int64_t place = 0, wanted = 0;
    str_to_int64(which, &wanted);
    for (const JsonValue *m = list ? list->first : NULL; m; m = m->next)
        if (++place == wanted || (json_get(m, "uid") && str_eq(json_get(m, "uid")->text, which)))
            return m;
    return NULL;
}

static bool set_measure(CallRun *run, GError **err)
{
    Str path, which, state, uid;
    const JsonValue *task;
    ClientCall request = { .method = "PATCH" };
    if (!call_path(run, "/tasks/{uid}", &path, err) || !call_operand(run, "MEASURE", &which, err) || !call_operand(run, "STATE", &state, err)
        || !client_get(run->client, path, run->arena, &task, err))
        return false;
    const JsonValue *measure = find_measure(task, which);
    if (!measure)
        return error_set(err, BH_NOT_FOUND, "this task has no measure '" STR_FMT "'", STR_ARG(which));
    if (!json_get_str(measure, "uid", &uid, err) || !json_get_int(measure, "version", 0, INT64_MAX, &request.version, err))
        return false;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "state", state);
    json_member_cstr(&json, "answer", args_value(run->args, "answer"));
    json_end_object(&json);
    request.path = arena_printf(run->arena, STR_FMT "/measures/" STR_FMT, STR_ARG(path), STR_ARG(uid));
    request.body = str_from_gstring(body);
    return call_send(run, &request, err);
}

/* Names of organisations become uids; else VALUE is JSON where it is some, or a text. */
static bool write_field(CallRun *run, Str field, Str value, JsonWriter *json, GError **err)
{
    bool owners = str_eq(field, STR("lead")) || str_eq(field, STR("support"));
    if (!owners) {
        call_write_value(value, run->arena, json);
        return true;
    }
    if (value.n > 0 && !call_orgs(run, value, &value, err))
        return false;
    json_begin_array(json);
    for (Str rest = value; rest.n > 0;)
        json_str(json, str_cut(&rest, ','));
    json_end_array(json);
    return true;
}

static bool draw_round(CallRun *run, GError **err)
{
    Str plan, title;
    const char *percent = args_value(run->args, "percent");
    int64_t share = 100;
    if (!call_operand(run, "PLAN", &plan, err) || !call_operand(run, "TITLE", &title, err))
        return false;
    if (percent && (!str_to_int64(str_from(percent), &share) || share < 1 || share > 100))
        return error_set(err, BH_USAGE, "--percent is a number from 1 to 100, not '%s'", percent);
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "plan", plan);
    json_member_str(&json, "title", title);
    json_member_cstr(&json, "from", args_value(run->args, "from"));
    json_member_cstr(&json, "until", args_value(run->args, "until"));
    json_member_cstr(&json, "sample", share == 100 ? "all" : "share");
    if (share < 100)
        json_member_int(&json, "share", share);
    json_end_object(&json);
    return call_send(run, &(ClientCall) { .method = "POST", .path = STR("/look-backs"), .body = str_from_gstring(body) }, err);
}

static bool amend_task(CallRun *run, GError **err)
{
    Str field, value;
    const JsonValue *task;
    ClientCall request = { .method = "POST" };
    if (!call_operand(run, "FIELD", &field, err) || !call_operand(run, "VALUE", &value, err) || !call_path(run, "/tasks/{uid}", &request.path, err)
        || !client_get(run->client, request.path, run->arena, &task, err) || !json_get_int(task, "version", 0, INT64_MAX, &request.version, err))
        return false;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_cstr(&json, "reason", args_value(run->args, "reason"));
    json_key(&json, "set");
    json_begin_object(&json);
    json_key_str(&json, field);
    if (!write_field(run, field, value, &json, err))
        return false;
    json_end_object(&json);
    json_end_object(&json);
    request.path = arena_printf(run->arena, STR_FMT "/amend", STR_ARG(request.path));
    request.body = str_from_gstring(body);
    return call_send(run, &request, err);
}

static bool save_evidence(CallRun *run, GError **err)
{
    return call_save(run, "/tasks/{uid}/evidence/{evidence}", err);
}
