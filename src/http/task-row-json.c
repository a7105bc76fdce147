/* A task as lists show it: the members that rows and whole tasks share. */
#include "http/flow-json.h"
#include "http/task-json.h"

#include "base/banned.h"

static void write_marks(JsonWriter *json, const TaskRow *row, bool claimed)
{
    const TaskRowHeadRow *t = &row->t;
    const struct {
        const char *name;
        bool shown;
    } list[] = {
        { "adjusted", t->adjusted },
        { "manual", t->manual },
        { "incomputable", t->incomputable },
        { "figure", t->figures > 0 && !t->incomputable },
        { "split", t->split.p != NULL },
        { "relapsed", t->relapses > 0 },
        { "restricted", t->restricted },
        { "part-waived", t->part_waived },
        { "gate-passed", row->gate_passed },
        { "claimed", claimed },
    };
    json_key(json, "marks");
    json_begin_array(json);
    for (size_t i = 0; i < G_N_ELEMENTS(list); i++)
        if (list[i].shown)
            json_cstr(json, list[i].name);
    json_end_array(json);
}

static void write_time(const HttpRequest *request, const TaskRow *row, JsonWriter *json)
{
    const TaskRowHeadRow *t = &row->t;
    Date today = clock_today(request->app->clock);
    json_member_cstr(json, "light", task_light(t->state, t->due, t->figures, t->incomputable, row->amber_days, today));
    json_member_date(json, "due", t->due);
    json_key(json, "days_left");
    if (t->due == DATE_NONE)
        json_null(json);
    else
        json_int(json, t->due - today);
}

static void write_owners(JsonWriter *json, const TaskRow *row)
{
    static const char *const roles[] = { "lead", "support" };
    for (size_t r = 0; r < G_N_ELEMENTS(roles); r++) {
        json_key(json, roles[r]);
        json_begin_array(json);
        for (size_t i = 0; i < row->n_owners; i++)
            if (str_eq(row->owners[i].role, str_from(roles[r])))
                json_ref(json, row->owners[i].org->uid, row->owners[i].org->name);
        json_end_array(json);
    }
}

static void write_stage(JsonWriter *json, const TaskRow *row)
{
    json_key(json, "stage");
    if (row->t.stage == DB_NULL_INT) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_int(json, "seq", row->t.stage);
    json_member_str(json, "name", row->stage_name);
    json_end_object(json);
}

static void write_family(JsonWriter *json, const TaskRow *row)
{
    json_key(json, "parent");
    if (!row->parent_uid.p)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_str(json, "uid", row->parent_uid);
        json_member_str(json, "number", row->parent_number);
        json_member_str(json, "title", row->parent_title);
        json_end_object(json);
    }
    json_key(json, "children");
    if (row->children == 0)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_int(json, "total", row->children);
        json_member_int(json, "closed", row->children_closed);
        json_end_object(json);
    }
}

static void write_progress(JsonWriter *json, const TaskRow *row)
{
    json_key(json, "progress");
    if (!row->progress_period.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "period", row->progress_period);
    json_key(json, "percent");
    if (row->progress_percent == DB_NULL_INT)
        json_null(json);
    else
        json_int(json, row->progress_percent);
    json_member_str(json, "text", row->progress_text);
    json_end_object(json);
}

static void write_what(JsonWriter *json, const TaskRowHeadRow *t)
{
    json_member_str(json, "uid", t->uid);
    json_member_str(json, "number", t->number);
    json_member_str(json, "no", t->no);
    json_member_str(json, "label", t->label);
    json_member_str(json, "title", t->title);
    json_key(json, "plan");
    json_begin_object(json);
    json_member_str(json, "uid", t->plan_uid);
    json_member_str(json, "title", t->plan_title);
    json_end_object(json);
    json_member_str(json, "kind", t->kind);
    json_member_str(json, "state", t->state);
}

void task_row_members(const HttpRequest *request, const TaskRow *row, const Absent *of, bool claimed, JsonWriter *json)
{
    write_what(json, &row->t);
    write_marks(json, row, claimed);
    write_time(request, row, json);
    write_owners(json, row);
    json_member_int(json, "targets", row->targets);
    json_member_int(json, "measures", row->measures);
    json_member_int(json, "measures_done", row->measures_done);
    json_member_int(json, "evidence", row->evidence);
    write_stage(json, row);
    json_member_person(json, "handler", &row->handler);
    json_member_person(json, "leader", &row->leader);
    json_member_str(json, "term", row->t.term);
    json_member_str(json, "category", row->t.category);
    write_family(json, row);
    json_member_bool(json, "restricted", row->t.restricted);
    json_member_int(json, "relapses", row->t.relapses);
    json_member_date(json, "holding_until", row->t.holding_until);
    write_progress(json, row);
    json_member_str(json, "reminder", row->reminder);
    json_member_for(json, of);
    json_member_instant(json, request, "changed", row->t.changed);
    json_member_int(json, "version", row->t.version);
}

void task_row_write(const HttpRequest *request, const TaskRow *row, const Absent *of, JsonWriter *json)
{
    json_begin_object(json);
    task_row_members(request, row, of, false, json);
    json_end_object(json);
}
