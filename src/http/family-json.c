/* What the parts of a task add up to, and what was reported on it. */
#include "http/task-json.h"

#include "base/banned.h"

/* "12.5 beds, 3 visits": for a cell of a table; STR_NONE: nothing was claimed. */
static Str claimed_text(const TaskChild *child, Arena *arena)
{
    Str text = STR_NONE;
    for (size_t i = 0; i < child->n_shares; i++)
        if (child->shares[i].claimed.p)
            text = arena_printf(arena, STR_FMT "%s" STR_FMT STR_FMT, STR_ARG(text), text.p ? ", " : "", STR_ARG(child->shares[i].claimed),
                                STR_ARG(child->shares[i].unit));
    return text;
}

static void write_child(const HttpRequest *request, const Task *task, const TaskChild *child, JsonWriter *json)
{
    Date today = clock_today(request->app->clock);
    json_begin_object(json);
    json_member_str(json, "uid", child->uid);
    json_member_str(json, "number", child->number);
    json_member_str(json, "title", child->title);
    json_member_ref(json, "owner", child->owner_uid, child->owner_name);
    json_member_str(json, "state", child->state);
    json_member_cstr(json, "light", task_light(child->state, child->due, child->figures, child->incomputable, task->amber_days, today));
    json_member_date(json, "due", child->due);
    json_member_int(json, "relapses", child->relapses);
    json_member_int(json, "children", child->children);
    json_member_bool(json, "holds", child->holds);
    json_member_str(json, "claimed", claimed_text(child, request->arena));
    json_key(json, "share");
    json_begin_array(json);
    for (size_t i = 0; i < child->n_shares; i++) {
        const ChildShare *share = &child->shares[i];
        json_begin_object(json);
        json_member_str(json, "target", share->target);
        json_member_str(json, "metric", share->metric);
        json_member_str(json, "value", share->value);
        json_member_str(json, "unit", share->unit);
        json_member_str(json, "claimed", share->claimed);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_sum(const TargetSum *sum, JsonWriter *json)
{
    json_begin_object(json);
    json_member_str(json, "target", sum->target);
    json_member_str(json, "metric", sum->metric);
    json_member_str(json, "unit", sum->unit);
    json_member_str(json, "value", sum->value);
    json_member_bool(json, "adds", sum->adds);
    json_member_str(json, "shared", sum->shared);
    json_member_str(json, "claimed", sum->claimed);
    json_member_int(json, "reported", sum->reported);
    json_member_int(json, "of", sum->of);
    json_end_object(json);
}

static void write_roll_up(const Family *family, JsonWriter *json)
{
    json_key(json, "roll_up");
    if (family->total == 0) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_int(json, "total", family->total);
    json_member_int(json, "closed", family->closed);
    json_member_int(json, "waived", family->waived);
    json_member_int(json, "cancelled", family->cancelled);
    json_member_int(json, "late", family->late);
    json_key(json, "targets");
    json_begin_array(json);
    for (size_t i = 0; i < family->n_targets; i++)
        write_sum(&family->targets[i], json);
    json_end_array(json);
    json_end_object(json);
}

bool task_family_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err)
{
    Family family;
    if (!task_family(conn, request->arena, task, clock_today(request->app->clock), &family, err))
        return false;
    json_key(json, "children_list");
    json_begin_array(json);
    for (size_t i = 0; i < family.n_children; i++)
        write_child(request, task, &family.children[i], json);
    json_end_array(json);
    write_roll_up(&family, json);
    return true;
}

void task_progress_write(const HttpRequest *request, const TaskProgress *list, size_t n, JsonWriter *json)
{
    for (size_t i = 0; i < n; i++) {
        const TaskProgress *progress = &list[i];
        json_begin_object(json);
        json_member_str(json, "uid", progress->uid);
        json_member_str(json, "period", progress->period);
        json_member_str(json, "text", progress->text);
        json_member_str(json, "problem", progress->problem);
        json_member_str(json, "need", progress->need);
        json_member_str(json, "next", progress->next);
        json_key(json, "percent");
        if (progress->percent == DB_NULL_INT)
            json_null(json);
        else
            json_int(json, progress->percent);
        json_member_bool(json, "nothing_new", progress->nothing_new);
        json_member_person(json, "by", &progress->by);
        json_member_instant(json, request, "at", progress->at);
        json_end_object(json);
    }
}
