/* Calls about documents and the plans that they become. An edit names the value that stood there. */
#include "cmd/calls.h"

#include "base/banned.h"

static bool edit_document(CallRun *run, GError **err);
static bool resolve_owner(CallRun *run, GError **err);
static bool confirm_items(CallRun *run, GError **err);
static bool save_original(CallRun *run, GError **err);

#define PLAN_VIEW \
    "uid code year title kind issuer state stage tasks open_tasks settings version;" \
    " stages_list: seq name begins ends gate share state tasks closed passed_by reason forced"

const Call plan_calls[] = {
    { .name = "add", .operands = "FILE...", .options = "again", .help = "read documents; each becomes a draft",
      .method = "POST", .path = "/documents", .body = "upload:FILE again:--again?", .flags = CALL_AS | CALL_JOB,
      .view = "result.document result.existing" },
    LIST("documents", "state kind q", "/documents", CALL_AS,
         "state kind title doc_no issued items confirmed unresolved findings plan uid",
         "list documents, the newest first"),
    GET_AS("show", "UID", "/documents/{uid}",
        "uid title doc_no kind issuer issued state confirmed left_out unresolved plan discarded version; items: index no kind status title due lead support;"
        " owners: name items org.name; findings: code at seen message",
        "show what was read in a document, and what was made of it"),
    { .name = "edit", .operands = "UID PATH VALUE", .help = "correct what was read: bihuan plan edit UID /items/3/title TEXT",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = edit_document, .view = "uid title version" },
    { .name = "resolve", .operands = "UID NAME ORG", .help = "say which organisation a name in this document means",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = resolve_owner,
      .view = "uid unresolved version; owners: name items org.name" },
    { .name = "confirm", .operands = "UID [ITEM...]", .options = "all", .help = "confirm items by their index, or --all that are open",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = confirm_items, .view = "uid confirmed left_out version" },
    { .name = "issue", .operands = "UID", .options = "expand",
      .help = "make a plan of it, with a task for each item; with --expand what collectives lead is divided among their members",
      .method = "POST", .path = "/documents/{uid}/issue", .object = "/documents/{uid}", .body = "expand:--expand?", .flags = CALL_AS | CALL_VERSION,
      .view = "plan.uid expanded" },
    { .name = "discard", .operands = "UID", .options = "reason", .help = "put a draft away",
      .method = "POST", .path = "/documents/{uid}/discard", .object = "/documents/{uid}", .body = "reason:--reason!",
      .flags = CALL_AS | CALL_VERSION, .view = "uid state" },
    { .name = "original", .operands = "UID OUT", .help = "save the file as it came", .flags = CALL_AS, .run = save_original },
    LIST("list", "kind year issuer state q", "/plans", CALL_AS,
         "code year title kind state stage issuer.name issued edition tasks by_state uid",
         "list plans"),
    { .name = "make", .operands = "TITLE", .options = "kind code year issuer basis", .help = "make a plan by hand, to which tasks are added later",
      .method = "POST", .path = "/plans", .body = "title:TITLE kind:--kind! code:--code year:--year issuer:--issuer basis:--basis", .flags = CALL_AS,
      .view = PLAN_VIEW },
    EXPORT("stages-export", "PLAN OUT", NULL, "/plans/{plan}/stages.xlsx", CALL_AS, "save a plan's stages as an XLSX file that can be imported again"),
    IMPORT("stages-import", "PLAN FILE", "/plans/{plan}/stages/import", CALL_AS, "set a plan's stages as such a file has them, all of them; passed ones stay"),
    EXPORT("ladder-export", "PLAN OUT", NULL, "/plans/{plan}/steps.xlsx", CALL_AS, "save a plan's ladder of reminders as an XLSX file that can be imported again"),
    IMPORT("ladder-import", "PLAN FILE", "/plans/{plan}/steps/import", CALL_AS, "set a plan's ladder as such a file has it, all of its steps"),
    GET_AS("stages", "PLAN", "/plans/{plan}", PLAN_VIEW, "show a plan, by its own uid, with its settings and stages"),
    { .name = "set", .operands = "PLAN", .options = "title code holding-days publicity-days progress", .help = "change a plan's title, code and settings",
      .method = "PATCH", .path = "/plans/{plan}", .object = "/plans/{plan}",
      .body = "title:--title code:--code settings.holding_days:--holding-days settings.publicity_days:--publicity-days settings.progress:--progress",
      .flags = CALL_AS | CALL_VERSION, .view = PLAN_VIEW },
    { .name = "set-stages", .operands = "PLAN STAGE...", .object = "/plans/{plan}", .flags = CALL_AS, .run = plan_stages_set, .view = PLAN_VIEW,
      .help = "set the whole list of its stages, each as NAME, or NAME:GATE with a gate of decision, submitted or closed=PERCENT" },
    { .name = "pass", .operands = "PLAN STAGE", .options = "reason",
      .help = "pass the present stage, by its place from 1 on; with a reason also where its gate is shut, and the mark stays",
      .method = "POST", .path = "/plans/{plan}/stages/{stage}/pass", .object = "/plans/{plan}", .body = "reason:--reason",
      .flags = CALL_AS | CALL_VERSION, .view = PLAN_VIEW },
    { .name = "expand", .operands = "PLAN", .options = "reason", .help = "divide every task that a collective leads among its members", .method = "POST",
      .path = "/plans/{plan}/expand", .body = "reason:--reason!", .flags = CALL_AS, .view = "tasks left" },
    { .name = "close", .operands = "PLAN", .help = "close a plan whose tasks have all ended", .method = "PATCH", .path = "/plans/{plan}",
      .object = "/plans/{plan}", .body = "state:=closed", .flags = CALL_AS | CALL_VERSION, .view = "uid title state" },
    { .name = "reopen", .operands = "PLAN", .options = "reason", .help = "open it again", .method = "PATCH", .path = "/plans/{plan}",
      .object = "/plans/{plan}", .body = "state:=open reason:--reason!", .flags = CALL_AS | CALL_VERSION, .view = "uid title state" },
    NONE,
};

/* The member, or the element of that index, of an object or array. */
static const JsonValue *child_of(const JsonValue *value, Str name)
{
    g_autofree char *text = str_dup(name);
    int64_t index;
    if (!value || value->type != JSON_BEGIN_ARRAY)
        return json_get(value, text);
    const JsonValue *element = str_to_int64(name, &index) && index >= 0 ? value->first : NULL;
    for (; element && index > 0; index--)
        element = element->next;
    return element;
}

/* What stands at a path of an edit: that of /issuer_org is a uid; of /items/3/lead the names; of /findings/0/seen and the rest what is there. */
static void write_present(const JsonValue *document, Str path, JsonWriter *json)
{
    const JsonValue *value = document;
    for (Str rest = str_from_at(path, 1); rest.p && value;)
        value = child_of(value, str_cut(&rest, '/'));
    bool names = str_ends(path, STR("/lead")) || str_ends(path, STR("/support"));
    if (names && value) {
        json_begin_array(json);
        for (const JsonValue *owner = value->first; owner; owner = owner->next)
            json_value(json, json_get(owner, "name"));
        json_end_array(json);
        return;
    }
    if (str_eq(path, STR("/issuer_org")))
        value = json_get(value, "uid");
    if (value)
        json_value(json, value);
    else
        json_null(json);
}

typedef struct {
    CallRun *run;
    const JsonValue *document;
    GString *body;
    JsonWriter json;
} Edits;

static bool edits_begin(CallRun *run, Edits *edits, GError **err)
{
    Str path;
    *edits = (Edits) { .run = run, .body = g_string_new(NULL) };
    json_writer_init(&edits->json, edits->body, false);
    json_begin_object(&edits->json);
    json_key(&edits->json, "edits");
    json_begin_array(&edits->json);
    return call_path(run, "/documents/{uid}", &path, err) && client_get(run->client, path, run->arena, &edits->document, err);
}

static void edits_clear(Edits *edits)
{
    if (edits->body)
        g_string_free(edits->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Edits, edits_clear)

static bool edits_send(Edits *edits, GError **err)
{
    ClientCall request = { .method = "POST" };
    json_end_array(&edits->json);
    json_end_object(&edits->json);
    request.body = str_from_gstring(edits->body);
    return call_path(edits->run, "/documents/{uid}/edits", &request.path, err)
           && json_get_int(edits->document, "version", 0, INT64_MAX, &request.version, err) && call_send(edits->run, &request, err);
}

/* VALUE as JSON where it is some, else as a text: null, true, ["a","b"]; a date, a figure or a name as they are. */
void call_write_value(Str value, Arena *arena, JsonWriter *json)
{
    const JsonValue *parsed = json_parse(value, arena, NULL);
    if (parsed && parsed->type != JSON_NUMBER)
        json_value(json, parsed);
    else
        json_str(json, value);
}

static bool edit_document(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    Str path, value;
    if (!call_operand(run, "PATH", &path, err) || !call_operand(run, "VALUE", &value, err) || !edits_begin(run, &edits, err))
        return false;
    if (!str_starts(path, STR("/")) || !utf8_valid(value, NULL))
        return error_set(err, BH_USAGE, "PATH is like /items/3/title, and VALUE is UTF-8");
    json_begin_object(&edits.json);
    json_member_str(&edits.json, "path", path);
    json_key(&edits.json, "old");
    write_present(edits.document, path, &edits.json);
    json_key(&edits.json, "new");
    call_write_value(value, run->arena, &edits.json);
    json_end_object(&edits.json);
    return edits_send(&edits, err);
}

static const JsonValue *find_name(const JsonValue *document, Str name)
{
    const JsonValue *owners = json_get(document, "owners");
    for (const JsonValue *owner = owners ? owners->first : NULL; owner; owner = owner->next)
        if (json_get(owner, "name") && str_eq(json_get(owner, "name")->text, name))
            return owner;
    return NULL;
}

/* "~" and "/" as a JSON pointer has them (RFC 6901). */
static char *pointer_escape(Str name)
{
    g_autofree char *text = str_dup(name);
    g_auto(GStrv) tildes = g_strsplit(text, "~", -1);
    g_autofree char *once = g_strjoinv("~0", tildes);
    g_auto(GStrv) slashes = g_strsplit(once, "/", -1);
    return g_strjoinv("~1", slashes);
}

static bool resolve_owner(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    Str name, org;
    if (!call_operand(run, "NAME", &name, err) || !call_operand(run, "ORG", &org, err) || !edits_begin(run, &edits, err))
        return false;
    const JsonValue *owner = find_name(edits.document, name), *old = json_get(json_get(owner, "org"), "uid");
    if (!owner)
        return error_set(err, BH_NOT_FOUND, "this document names no '" STR_FMT "'", STR_ARG(name));
    g_autofree char *escaped = pointer_escape(name);
    json_begin_object(&edits.json);
    json_member_str(&edits.json, "path", arena_printf(run->arena, "/owners/%s", escaped));
    json_member_str(&edits.json, "old", old ? old->text : STR_NONE);
    json_member_str(&edits.json, "new", org);
    json_end_object(&edits.json);
    return edits_send(&edits, err);
}

static void write_confirmation(Edits *edits, Str index, Str before)
{
    json_begin_object(&edits->json);
    json_member_str(&edits->json, "path", arena_printf(edits->run->arena, "/items/" STR_FMT "/status", STR_ARG(index)));
    json_member_str(&edits->json, "old", before);
    json_member_cstr(&edits->json, "new", "confirmed");
    json_end_object(&edits->json);
}

static bool is_chosen(const CallRun *run, Str index, Str status)
{
    if (args_has(run->args, "all"))
        return str_eq(status, STR("open"));
    for (size_t i = 1; i < args_count(run->args); i++)
        if (str_eq(str_from(args_operand(run->args, i)), index))
            return true;
    return false;
}

static bool confirm_items(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    size_t chosen = 0, wanted = args_count(run->args) - 1;
    if ((wanted > 0) == args_has(run->args, "all"))
        return error_set(err, BH_USAGE, "which items: their index, or --all");
    const JsonValue *items;
    if (!edits_begin(run, &edits, err) || !json_get_array(edits.document, "items", &items, err))
        return false;
    for (const JsonValue *item = items->first; item; item = item->next) {
        const JsonValue *index = json_get(item, "index"), *status = json_get(item, "status");
        if (!index || !status || !is_chosen(run, index->text, status->text))
            continue;
        chosen++;
        if (!str_eq(status->text, STR("confirmed")))
            write_confirmation(&edits, index->text, status->text);
    }
    if (wanted > 0 && chosen < wanted)
        return error_set(err, BH_NOT_FOUND, "this document has no such item; indexes are from 0 to %zu", items->count ? items->count - 1 : 0);
    if (edits.body->str[edits.body->len - 1] == '[')
        return error_set(err, BH_CONFLICT, "there is nothing to confirm");
    return edits_send(&edits, err);
}

static bool save_original(CallRun *run, GError **err)
{
    return call_save(run, "/documents/{uid}/original", err);
}
