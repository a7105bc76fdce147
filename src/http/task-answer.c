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
static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    Task task;
    return task_readable(request, conn, &task, err) && task_write(request, conn, &task, json, err);
}

bool task_answer_change(HttpRequest *request, bool changed, GError **err)
{
    return changed ? task_answer(request, 200, err) : http_answer_stale(request, write_present, err);
}

bool task_check_readable(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    return conn && task_readable(request, conn, &task, err);
}
