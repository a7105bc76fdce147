/* Tasks by hand, and what the issuer changes on them. */
#include "base/limits.h"
#include "http/task-answer.h"

#include "base/banned.h"

static bool post_task(HttpRequest *request, GError **err)
{
    NewTask new = { .fields = request->json };
    Str uid;
    if (!json_get_str(request->json, "source", &new.source, err) || !json_opt_str(request->json, "plan", &new.plan, err)
        || !json_opt_str(request->json, "issuer", &new.issuer, err) || !json_opt_str(request->json, "parent", &new.parent, err)
        || !json_opt_bool(request->json, "issue", &new.issue, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_add(&ledger, &actor, &new, request->arena, &uid, err) && task_answer_uid(request, uid, 201, err);
}

/* "shares":[{"task","target","value","version"}]: what others of one whole get. */
static bool read_shares(HttpRequest *request, TaskAmend *amend, GError **err)
{
    const JsonValue *list = json_get(request->json, "shares");
    if (!list || list->type == JSON_NULL)
        return true;
    if (list->type != JSON_BEGIN_ARRAY || list->count > LIMIT_SPLIT_OWNERS)
        return json_bad(list, err, "a list of at most %d shares is expected", LIMIT_SPLIT_OWNERS);
    AmendShare *shares = ARENA_ARRAY(request->arena, AmendShare, list->count + 1);
    for (const JsonValue *one = list->first; one; one = one->next) {
        AmendShare *share = &shares[amend->n_shares++];
        share->version = DB_NULL_INT;
        if (!json_get_str(one, "task", &share->task, err) || !json_get_str(one, "target", &share->target, err) || !json_get_str(one, "value", &share->value, err)
            || !json_opt_int(one, "version", 1, G_MAXINT32, &share->version, err))
            return false;
    }
    amend->shares = shares;
    return true;
}

static bool post_amend(HttpRequest *request, GError **err)
{
    TaskAmend amend = { .uid = http_path(request, "uid") };
    if (!http_if_match(request, &amend.version, err) || !json_get_object(request->json, "set", &amend.set, err)
        || !json_opt_str(request->json, "reason", &amend.reason, err) || !read_shares(request, &amend, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_amend(&ledger, &actor, &amend, err), err);
}

static const Route routes[] = {
    { HTTP_POST, "/api/v1/tasks", HTTP_SESSION, post_task, NULL, HTTP_JSON, "Task", "a task by hand, as a draft or issued" },
    { HTTP_POST, "/api/v1/tasks/{uid}/amend", HTTP_SESSION, post_amend, NULL, HTTP_JSON, "Task", "amend a task; once issued the old value stays visible" },
};

static const HttpShape shapes[] = { { NULL, NULL } };

const RouteTable task_edit_routes = { routes, G_N_ELEMENTS(routes), shapes, 0 };
