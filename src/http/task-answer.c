/* How a request about one task is answered: with the task as it stands, and what the asker may do with it. */
#include "http/task-answer.h"

#include "base/banned.h"

static bool readable(HttpRequest *request, DbConn *conn, Str uid, Task *ret_task, GError **err)
{
    if (!task_load(conn, request->arena, uid, ret_task, err) || !task_load_reminders(conn, request->arena, ret_task, err))
        return false;
    MayObject facts = task_facts(ret_task, request->arena);
    if (!may(api_user(request), VERB_READ_TASK, &facts).ok && (facts.restricted || facts.unissued))
        return error_set(err, BH_NOT_FOUND, "no task '" STR_FMT "'", STR_ARG(uid));
    return api_may(request, VERB_READ_TASK, &facts, err);
}

bool task_readable_uid(HttpRequest *request, DbConn *conn, Str uid, Task *ret_task, GError **err)
{
    return readable(request, conn, uid, ret_task, err);
}

bool task_readable(HttpRequest *request, DbConn *conn, Task *ret_task, GError **err)
{
    return readable(request, conn, http_path(request, "uid"), ret_task, err);
}

bool task_answer_uid(HttpRequest *request, Str uid, int status, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    if (!conn || !readable(request, conn, uid, &task, err))
        return false;
    return task_write(request, conn, &task, http_json(request, status), err);
}

bool task_answer(HttpRequest *request, int status, GError **err)
{
    return task_answer_uid(request, http_path(request, "uid"), status, err);
}

/* A change that came too late is answered with the task as it is now, so that the asker can lay his own over it. */
static bool answer_stale(HttpRequest *request, const GError *stale)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, NULL);
    Task task;
    if (!conn || !task_readable(request, conn, &task, NULL))
        return false;
    JsonWriter *json = http_problem_open(request, stale);
    json_key(json, "present");
    bool written = task_write(request, conn, &task, json, NULL);
    json_end_object(json);
    return written;
}

bool task_answer_change(HttpRequest *request, bool changed, GError **err)
{
    if (changed)
        return task_answer(request, 200, err);
    const char *detail = err && *err ? error_get_detail(*err) : NULL;
    if (detail && g_str_equal(detail, "version-stale") && answer_stale(request, *err)) {
        g_clear_error(err);
        return true;
    }
    return false;
}

bool task_check_readable(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    return conn && task_readable(request, conn, &task, err);
}
