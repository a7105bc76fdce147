/* What people do with defects: sent back, one or many at once, answered, let stand. */
#include "hub/defect.h"

#include "http/defect-json.h"

#include "base/limits.h"

#include "base/banned.h"

typedef struct {
    HttpRequest *request;
    HubActor actor;
    Str uid, text;
    int64_t version;
    Date due;
    bool corrected;
} Doing;

static Doing doing_of(HttpRequest *request, Str uid)
{
    HubActor actor = { api_who(request), request->session->account, clock_today(request->app->clock) };
    return (Doing) { .request = request, .actor = actor, .uid = uid, .text = STR("") };
}

static bool send_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_send(tx, &doing->actor, doing->uid, doing->version, doing->due, doing->text, err);
}

static bool answer_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_answer(tx, &doing->actor, doing->uid, doing->version, doing->text, doing->corrected, err);
}

static bool waive_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_waive(tx, &doing->actor, doing->uid, doing->version, doing->text, err);
}

static bool refused(GError **err, const Allowed *allowed)
{
    if (allowed->ok)
        return true;
    error_set(err, BH_FORBIDDEN, "this account may not do that: %s", allowed->why);
    if (allowed->params.p)
        error_params(err, STR_FMT, STR_ARG(allowed->params));
    return error_detail(err, allowed->why);
}

static bool check_may(HttpRequest *request, Str uid, Verb verb, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DefectFindRow row;
    if (!conn || !defect_find(request, conn, uid, &row, err))
        return false;
    MayObject facts = data_facts(request->arena, row.org_path, row.org_area);
    Allowed allowed = verb == VERB_WAIVE_DATA ? defect_may_waive(request, &row, &facts) : api_allowed(request, verb, &facts);
    return refused(err, &allowed);
}

static bool change(HttpRequest *request, Verb verb, DbWork work, Doing *doing, GError **err)
{
    if (!http_if_match(request, &doing->version, err) || !check_may(request, doing->uid, verb, err))
        return false;
    if (!http_write(request, work, doing, err))
        return http_answer_stale(request, defect_json_whole, err);
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && defect_json_whole(request, conn, http_json(request, 200), err);
}

static bool post_send(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return api_read_date(request->json, "due", &doing.due, err) && json_opt_str(request->json, "note", &doing.text, err)
           && change(request, VERB_RETURN_DATA, send_in_tx, &doing, err);
}

static bool post_answer(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return json_opt_str(request->json, "text", &doing.text, err) && json_opt_bool(request->json, "corrected", &doing.corrected, err)
           && change(request, VERB_SEND_DATA, answer_in_tx, &doing, err);
}

static bool post_waive(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return json_opt_str(request->json, "reason", &doing.text, err) && change(request, VERB_WAIVE_DATA, waive_in_tx, &doing, err);
}

/* --- Many at once ------------------------------------------------------------------------------------------------------------------------ */

static void write_refusal(JsonWriter *json, Str uid, const GError *failure)
{
    const char *detail = error_get_detail(failure);
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_member_cstr(json, "code", detail ? detail : error_class_of(failure)->name);
    json_member_cstr(json, "message", failure->message);
    json_end_object(json);
}

typedef struct {
    const HttpRequest *request;
    HubActor actor;
    HubDefectSend *list;
    const bool *barred; /* refused before anything was written */
    size_t n;
    Date due;
    Str text;
} Many;

static void forget(const Many *many)
{
    for (size_t i = 0; i < many->n; i++)
        if (!many->barred[i])
            g_clear_error(&many->list[i].failure);
}

static bool send_many_in_tx(DbConn *tx, void *data, GError **err)
{
    const Many *many = data;
    forget(many); /* of a try before this one */
    return hub_defects_send(tx, &many->actor, many->list, many->n, many->due, many->text, err);
}

static bool read_many(HttpRequest *request, const JsonValue *list, Many *many, GError **err)
{
    bool *barred = ARENA_ARRAY(request->arena, bool, list->count + 1);
    many->list = ARENA_ARRAY(request->arena, HubDefectSend, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next) {
        HubDefectSend *one = &many->list[many->n];
        if (!json_get_str(value, "uid", &one->uid, err) || !json_get_int(value, "version", 0, INT64_MAX, &one->version, err))
            return false;
        barred[many->n++] = !check_may(request, one->uid, VERB_RETURN_DATA, &one->failure);
    }
    many->barred = barred;
    return true;
}

static void write_many(const Many *many, JsonWriter *json)
{
    json_begin_object(json);
    json_key(json, "done");
    json_begin_array(json);
    for (size_t i = 0; i < many->n; i++) {
        if (many->list[i].failure)
            continue;
        json_begin_object(json);
        json_member_str(json, "uid", many->list[i].uid);
        json_member_int(json, "version", many->list[i].version + 1);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "refused");
    json_begin_array(json);
    for (size_t i = 0; i < many->n; i++)
        if (many->list[i].failure)
            write_refusal(json, many->list[i].uid, many->list[i].failure);
    json_end_array(json);
    json_end_object(json);
}

static bool post_send_many(HttpRequest *request, GError **err)
{
    Doing wish = doing_of(request, STR_NONE);
    Many many = { .request = request, .actor = wish.actor };
    const JsonValue *list;
    if (!json_get_array(request->json, "defects", &list, err) || !api_read_date(request->json, "due", &many.due, err) || !json_opt_str(request->json, "note", &wish.text, err))
        return false;
    if (list->count > LIMIT_LIST_ROWS)
        return json_bad(list, err, "at most %d at once", LIMIT_LIST_ROWS);
    many.text = wish.text;
    bool ok = read_many(request, list, &many, err) && http_write(request, send_many_in_tx, &many, err);
    if (ok)
        write_many(&many, http_json(request, 200));
    for (size_t i = 0; i < many.n; i++)
        g_clear_error(&many.list[i].failure);
    return ok;
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------------------- */

#define DEFECT "/api/v1/defects/{uid}"

static const Route routes[] = {
    { HTTP_POST, "/api/v1/defects/send", HTTP_SESSION, post_send_many, NULL, HTTP_JSON, "DefectsSent", "send several back" },
    { HTTP_POST, DEFECT "/send", HTTP_SESSION, post_send, NULL, HTTP_JSON, "DefectWhole", "send it back to its institution, with a day" },
    { HTTP_POST, DEFECT "/answer", HTTP_SESSION, post_answer, NULL, HTTP_JSON, "DefectWhole", "answer it, or say that it is corrected" },
    { HTTP_POST, DEFECT "/waive", HTTP_SESSION, post_waive, NULL, HTTP_JSON, "DefectWhole", "let it stand, with a reason" },
};

static const HttpShape shapes[] = {
    { "DefectsSent", "done:any refused:any" },
};

const RouteTable defect_act_routes = ROUTE_TABLE(routes, shapes);
