/* Calls of plans and divided tasks whose body is made of more than options. */
#include "cmd/call.h"

#include "base/banned.h"

static bool get_version(CallRun *run, Str path, const JsonValue **ret_object, int64_t *ret_version, GError **err)
{
    return client_get(run->client, path, run->arena, ret_object, err) && json_get_int(*ret_object, "version", 0, INT64_MAX, ret_version, err);
}

static void begin_body(JsonWriter *json, GString *body)
{
    json_writer_init(json, body, false);
    json_begin_object(json);
}

static bool send_body(CallRun *run, ClientCall *request, const char *below, JsonWriter *json, GString *body, GError **err)
{
    json_end_object(json);
    request->path = arena_printf(run->arena, STR_FMT "%s", STR_ARG(request->path), below);
    request->body = str_from_gstring(body);
    return call_send(run, request, err);
}

/* A list of organisations, given by name or uid with commas between, where the option was given. */
static bool write_orgs(CallRun *run, const char *option, JsonWriter *json, GError **err)
{
    Str uids;
    if (!args_has(run->args, option))
        return true;
    if (!call_orgs(run, str_from(args_value(run->args, option)), &uids, err))
        return false;
    json_key(json, option);
    json_begin_array(json);
    for (Str rest = uids; rest.p;)
        json_str(json, str_cut(&rest, ','));
    json_end_array(json);
    return true;
}

/* --- Stages ------------------------------------------------------------------------------------------------------------- */

/* NAME, NAME:GATE or NAME:closed=80. */
static bool write_stage(Str stage, JsonWriter *json, GError **err)
{
    Str gate = stage, name = str_cut(&gate, ':'), share = gate, word = str_cut(&share, '=');
    int64_t percent = 0;
    if (share.p && !str_to_int64(share, &percent))
        return error_set(err, BH_USAGE, "a stage is NAME, NAME:GATE or NAME:closed=PERCENT, not '" STR_FMT "'", STR_ARG(stage));
    json_begin_object(json);
    json_member_str(json, "name", name);
    json_member_str(json, "gate", gate.p ? word : STR("none"));
    if (share.p)
        json_member_int(json, "share", percent);
    json_end_object(json);
    return true;
}

bool plan_stages_set(CallRun *run, GError **err)
{
    ClientCall request = { .method = "POST" };
    const JsonValue *plan;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    if (!call_path(run, "/plans/{plan}", &request.path, err) || !get_version(run, request.path, &plan, &request.version, err))
        return false;
    begin_body(&json, body);
    json_key(&json, "stages");
    json_begin_array(&json);
    for (size_t i = 1; i < args_count(run->args); i++)
        if (!write_stage(str_from(args_operand(run->args, i)), &json, err))
            return false;
    json_end_array(&json);
    return send_body(run, &request, "/stages", &json, body, err);
}

/* --- Division -------------------------------------------------------------------------------------------------------------- */

/* The uid of the N'th target; of the only one that adds up where N was not given. */
static bool find_target(CallRun *run, const JsonValue *task, Str *ret_uid, GError **err)
{
    const JsonValue *list = json_get(task, "targets_list"), *found = NULL;
    int64_t wanted = 0, place = 0, adding = 0;
    if (args_has(run->args, "target") && !str_to_int64(str_from(args_value(run->args, "target")), &wanted))
        return error_set(err, BH_USAGE, "--target is a place from 1 on");
    for (const JsonValue *target = list ? list->first : NULL; target; target = target->next) {
        bool adds = false;
        json_opt_bool(target, "adds", &adds, NULL);
        adding += adds;
        if (++place == wanted || (wanted == 0 && adds))
            found = target;
    }
    if (!found || (wanted == 0 && adding != 1))
        return error_set(err, BH_USAGE, "say with --target which of the task's targets is apportioned");
    return json_get_str(found, "uid", ret_uid, err);
}

typedef struct {
    Str owner, value;
} Share;

typedef ARENA_LIST(Share) ShareList;

/* ORG=VALUE,ORG=VALUE */
static bool read_shares(CallRun *run, ShareList *list, GError **err)
{
    for (Str rest = str_from(args_value(run->args, "shares")); rest.p;) {
        Str value = str_cut(&rest, ','), name = str_cut(&value, '=');
        Share *share = ARENA_PUSH(run->arena, list);
        if (!value.p)
            return error_set(err, BH_USAGE, "shares are ORG=VALUE, several with commas");
        share->value = str_trim(value);
        if (!call_org(run, str_trim(name), &share->owner, err))
            return false;
    }
    return true;
}

static bool write_shares(CallRun *run, const JsonValue *task, JsonWriter *json, GError **err)
{
    Str target;
    ShareList list = { 0 };
    if (!args_has(run->args, "shares"))
        return true;
    if (!find_target(run, task, &target, err) || !read_shares(run, &list, err))
        return false;
    json_key(json, "shares");
    json_begin_array(json);
    for (size_t i = 0; i < list.n; i++) {
        json_begin_object(json);
        json_member_str(json, "owner", list.v[i].owner);
        json_member_str(json, "target", target);
        json_member_str(json, "value", list.v[i].value);
        json_end_object(json);
    }
    json_end_array(json);
    if (args_has(run->args, "owners"))
        return true;
    json_key(json, "owners");
    json_begin_array(json);
    for (size_t i = 0; i < list.n; i++)
        json_str(json, list.v[i].owner);
    json_end_array(json);
    return true;
}

static bool write_collective(CallRun *run, JsonWriter *json, GError **err)
{
    Str uid;
    if (!args_has(run->args, "collective"))
        return true;
    if (!call_org(run, str_from(args_value(run->args, "collective")), &uid, err))
        return false;
    json_member_str(json, "collective", uid);
    return true;
}

bool task_split_call(CallRun *run, GError **err)
{
    ClientCall request = { .method = "POST" };
    const JsonValue *task;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    const char *kind = args_value(run->args, "kind");
    if (!args_value(run->args, "reason"))
        return error_set(err, BH_USAGE, "it needs --reason TEXT");
    if (!call_path(run, "/tasks/{uid}", &request.path, err) || !get_version(run, request.path, &task, &request.version, err))
        return false;
    begin_body(&json, body);
    json_member_cstr(&json, "kind", kind ? kind : args_has(run->args, "shares") ? "apportioned" : "same");
    json_member_cstr(&json, "due", args_value(run->args, "due"));
    json_member_cstr(&json, "reason", args_value(run->args, "reason"));
    return write_shares(run, task, &json, err) && write_orgs(run, "owners", &json, err) && write_collective(run, &json, err)
           && send_body(run, &request, "/split", &json, body, err);
}

/* --- Many at once ------------------------------------------------------------------------------------------------------------ */

static bool write_tasks(CallRun *run, JsonWriter *json, GError **err)
{
    json_key(json, "tasks");
    json_begin_array(json);
    for (size_t i = 0; i < args_count(run->args); i++) {
        Str uid = str_from(args_operand(run->args, i));
        const JsonValue *task;
        int64_t version;
        Str path = arena_printf(run->arena, "/tasks/" STR_FMT, STR_ARG(client_escape(uid, run->arena)));
        if (!get_version(run, path, &task, &version, err))
            return false;
        json_begin_object(json);
        json_member_str(json, "uid", uid);
        json_member_int(json, "version", version);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static bool write_set(CallRun *run, JsonWriter *json, GError **err)
{
    static const char *const texts[] = { "due", "handler", "category" };
    json_key(json, "set");
    json_begin_object(json);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (args_has(run->args, texts[i]))
            json_member_cstr(json, texts[i], args_value(run->args, texts[i]));
    if (!write_orgs(run, "lead", json, err) || !write_orgs(run, "support", json, err))
        return false;
    json_end_object(json);
    return true;
}

bool tasks_bulk_call(CallRun *run, GError **err)
{
    ClientCall request = { .method = "POST", .path = STR("/tasks"), .version = NO_VERSION };
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    begin_body(&json, body);
    if (!write_tasks(run, &json, err) || !write_set(run, &json, err))
        return false;
    json_member_cstr(&json, "reason", args_value(run->args, "reason"));
    return send_body(run, &request, "/bulk", &json, body, err);
}
