#include "http/plan-json.h"

#include "base/limits.h"
#include "ledger/import.h"
#include "ledger/report.h"

#include "base/banned.h"

/* --- Writing -------------------------------------------------------------------------------------------------------------- */

/* How many tasks of which state the asker may know of. */
static bool write_states(const HttpRequest *request, DbConn *conn, int64_t plan, JsonWriter *json, GError **err)
{
    int64_t tasks = 0, open = 0;
    const StateCount *counts;
    size_t n;
    if (!plan_states_seen(conn, request->arena, api_user(request), plan, DB_NULL_INT, &counts, &n, err))
        return false;
    json_key(json, "by_state");
    json_begin_object(json);
    for (size_t i = 0; i < n; i++) {
        json_key_str(json, counts[i].state);
        json_int(json, counts[i].tasks);
        tasks += counts[i].tasks;
        open += flow_has_word("closed cancelled waived discarded", counts[i].state) ? 0 : counts[i].tasks;
    }
    json_end_object(json);
    json_member_int(json, "tasks", tasks);
    json_member_int(json, "open_tasks", open);
    return true;
}

bool plan_row_write(const HttpRequest *request, DbConn *conn, const PlanListRow *row, JsonWriter *json, GError **err)
{
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "title", row->title);
    json_member_str(json, "doc_no", row->doc_no);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "code", row->code);
    json_member_int(json, "year", row->year);
    json_member_str(json, "state", row->state);
    json_member_ref(json, "issuer", row->issuer_uid, row->issuer_name);
    json_member_instant(json, request, "issued", row->issued);
    json_member_int(json, "edition", row->edition);
    json_member_str(json, "document", row->document_uid);
    json_member_int(json, "stages", row->stages);
    json_member_str(json, "stage", row->stage);
    json_member_int(json, "version", row->version);
    return write_states(request, conn, row->id, json, err);
}

static bool write_stage(const HttpRequest *request, DbConn *conn, const Plan *plan, const PlanStage *stage, JsonWriter *json, GError **err)
{
    int64_t total = 0, closed = 0;
    const StateCount *counts;
    size_t n;
    if (!plan_states_seen(conn, request->arena, api_user(request), plan->id, stage->seq, &counts, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        total += flow_has_word("draft discarded", counts[i].state) ? 0 : counts[i].tasks;
        closed += flow_has_word("closed waived", counts[i].state) ? counts[i].tasks : 0;
    }
    bool passed = stage->passed_at != DB_NULL_INT;
    json_begin_object(json);
    json_member_int(json, "seq", stage->seq);
    json_member_str(json, "name", stage->name);
    json_member_date(json, "begins", stage->begins);
    json_member_date(json, "ends", stage->ends);
    json_member_str(json, "gate", stage->gate);
    json_key(json, "share");
    if (str_eq(stage->gate, STR("closed")))
        json_int(json, stage->share);
    else
        json_null(json);
    json_member_cstr(json, "state", passed ? "passed" : stage == plan_stage_now(plan) ? "current" : "open");
    json_member_person(json, "passed_by", &stage->passed_by);
    json_member_instant(json, request, "passed_at", stage->passed_at);
    json_member_str(json, "reason", stage->reason);
    json_member_bool(json, "forced", stage->forced);
    json_key(json, "missing");
    if (stage->missing.p)
        json_params(json, stage->missing);
    else
        json_null(json);
    json_member_int(json, "tasks", total);
    json_member_int(json, "closed", closed);
    json_end_object(json);
    return true;
}

static void write_steps(const Plan *plan, JsonWriter *json)
{
    json_key(json, "steps");
    json_begin_array(json);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const PlanStep *step = &plan->steps[i];
        json_begin_object(json);
        json_member_int(json, "seq", (int64_t) i + 1);
        json_member_int(json, "days", step->days);
        json_member_bool(json, "working", step->working);
        json_member_str(json, "level", step->level);
        json_key(json, "to");
        json_begin_array(json);
        for (Str rest = step->to; rest.p;)
            json_str(json, str_cut(&rest, ' '));
        json_end_array(json);
        json_member_bool(json, "letter", step->letter);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_bool(json, "own_steps", plan->own_steps);
}

void plan_meeting_write(JsonWriter *json, const char *name, int64_t day, int64_t hour)
{
    json_key(json, name);
    if (day == 0) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_int(json, "day", day);
    json_member_int(json, "hour", hour);
    json_end_object(json);
}

static void write_settings(const PlanSettings *settings, JsonWriter *json)
{
    json_key(json, "settings");
    json_begin_object(json);
    json_member_int(json, "holding_days", settings->holding_days);
    json_member_int(json, "publicity_days", settings->publicity_days);
    json_member_bool(json, "publicity_working", settings->publicity_working);
    plan_meeting_write(json, "weekly", settings->weekly_day, settings->weekly_hour);
    plan_meeting_write(json, "monthly", settings->monthly_day, settings->monthly_hour);
    json_member_str(json, "progress", settings->progress);
    json_key(json, "assess");
    json_raw(json, settings->assess);
    json_end_object(json);
}

static void write_may(const HttpRequest *request, const Plan *plan, JsonWriter *json)
{
    json_key(json, "may");
    json_begin_object(json);
    for (size_t i = 0; plan_verbs[i]; i++) {
        Allowed allowed = plan_allowed(api_user(request), plan, plan_verbs[i], request->arena);
        json_member_allowed(json, plan_verbs[i], &allowed);
    }
    json_end_object(json);
}

bool plan_rest_write(const HttpRequest *request, DbConn *conn, const Plan *plan, JsonWriter *json, GError **err)
{
    json_member_str(json, "basis", plan->basis);
    json_member_person(json, "issued_by", &plan->issued_by);
    json_key(json, "stages_list");
    json_begin_array(json);
    for (size_t i = 0; i < plan->n_stages; i++)
        if (!write_stage(request, conn, plan, &plan->stages[i], json, err))
            return false;
    json_end_array(json);
    write_steps(plan, json);
    write_settings(&plan->settings, json);
    ReportPaper paper;
    if (!report_paper_of_plan(conn, plan->id, &paper, err))
        return false;
    bool layout;
    if (!ledger_has_layout(conn, request->arena, plan, &layout, err))
        return false;
    report_paper_write(&paper, json);
    json_member_bool(json, "layout", layout);
    write_may(request, plan, json);
    return true;
}

/* --- Reading ---------------------------------------------------------------------------------------------------------------- */

bool plan_meeting_read(const JsonValue *settings, const char *name, int64_t max_day, int64_t *day, int64_t *hour, GError **err)
{
    const JsonValue *value = json_get(settings, name);
    if (!value)
        return true;
    if (value->type == JSON_NULL) {
        *day = *hour = 0;
        return true;
    }
    return json_get_object(settings, name, &value, err) && json_get_int(value, "day", 1, max_day, day, err) && json_get_int(value, "hour", 0, 23, hour, err);
}


static bool read_assess(const JsonValue *settings, Arena *arena, Str *ret_assess, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(settings, "assess", &list, err) || !list)
        return !json_get(settings, "assess") || json_get(settings, "assess")->type == JSON_NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_array(&json);
    for (const JsonValue *row = list->first; row; row = row->next) {
        Str measure;
        int64_t weight;
        if (!json_get_str(row, "measure", &measure, err) || !json_get_int(row, "weight", 0, 100, &weight, err))
            return false;
        if (!flow_has_word(report_measures, measure))
            return json_bad(json_get(row, "measure"), err, "one of %s", report_measures);
        json_begin_object(&json);
        json_member_str(&json, "measure", measure);
        json_member_int(&json, "weight", weight);
        json_end_object(&json);
    }
    json_end_array(&json);
    *ret_assess = arena_str(arena, str_from_gstring(out));
    return true;
}

static bool present_settings(HttpRequest *request, Str uid, PlanSettings *ret_settings, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Plan plan;
    if (!conn || !plan_load(conn, request->arena, uid, &plan, err))
        return false;
    *ret_settings = plan.settings;
    return true;
}

bool plan_settings_read(HttpRequest *request, const JsonValue *body, Str uid, PlanSettings *settings, const PlanSettings **ret_given, GError **err)
{
    const JsonValue *given = NULL;
    if (!json_opt_object(body, "settings", &given, err))
        return false;
    if (!given)
        return true;
    if (!present_settings(request, uid, settings, err) || !json_opt_int(given, "holding_days", 0, 3650, &settings->holding_days, err)
        || !json_opt_int(given, "publicity_days", 0, 3650, &settings->publicity_days, err)
        || !json_opt_bool(given, "publicity_working", &settings->publicity_working, err)
        || !plan_meeting_read(given, "weekly", 7, &settings->weekly_day, &settings->weekly_hour, err)
        || !plan_meeting_read(given, "monthly", 28, &settings->monthly_day, &settings->monthly_hour, err)
        || !json_opt_str(given, "progress", &settings->progress, err) || !read_assess(given, request->arena, &settings->assess, err))
        return false;
    *ret_given = settings;
    return true;
}

bool plan_stages_read(HttpRequest *request, PlanStage **ret_stages, size_t *ret_n, GError **err)
{
    const JsonValue *list;
    size_t n = 0;
    if (!json_get_array(request->json, "stages", &list, err))
        return false;
    if (list->count > LIMIT_PLAN_STAGES)
        return json_bad(list, err, "at most %d stages", LIMIT_PLAN_STAGES);
    PlanStage *stages = ARENA_ARRAY(request->arena, PlanStage, list->count + 1);
    for (const JsonValue *row = list->first; row; row = row->next, n++) {
        PlanStage *stage = &stages[n];
        stage->gate = STR("none");
        if (!json_get_str(row, "name", &stage->name, err) || !api_read_date(row, "begins", &stage->begins, err) || !api_read_date(row, "ends", &stage->ends, err)
            || !json_opt_str(row, "gate", &stage->gate, err) || !json_opt_int(row, "share", 0, 100, &stage->share, err))
            return false;
    }
    *ret_stages = stages;
    *ret_n = n;
    return true;
}

static bool read_receivers(const JsonValue *row, Arena *arena, Str *ret_to, GError **err)
{
    const JsonValue *list;
    g_autoptr(GString) words = g_string_new(NULL);
    if (!json_get_array(row, "to", &list, err))
        return false;
    for (const JsonValue *value = list->first; value; value = value->next) {
        Str word;
        if (!json_as_str(value, &word, err))
            return false;
        if (words->len > 0)
            g_string_append_c(words, ' ');
        g_string_append_len(words, word.p, (gssize) word.n);
    }
    *ret_to = arena_str(arena, str_from_gstring(words));
    return words->len > 0 || json_bad(list, err, "who is reminded is missing");
}

bool plan_steps_read(HttpRequest *request, PlanStep **ret_steps, size_t *ret_n, GError **err)
{
    const JsonValue *list;
    size_t n = 0;
    if (!json_get_array(request->json, "steps", &list, err))
        return false;
    if (list->count > LADDER_STEPS_MAX)
        return json_bad(list, err, "at most %d steps", LADDER_STEPS_MAX);
    PlanStep *steps = ARENA_ARRAY(request->arena, PlanStep, list->count + 1);
    for (const JsonValue *row = list->first; row; row = row->next, n++) {
        PlanStep *step = &steps[n];
        if (!json_get_int(row, "days", -LADDER_BEFORE_MAX, LADDER_BEHIND_MAX, &step->days, err) || !json_opt_bool(row, "working", &step->working, err)
            || !json_get_str(row, "level", &step->level, err) || !read_receivers(row, request->arena, &step->to, err)
            || !json_opt_bool(row, "letter", &step->letter, err))
            return false;
    }
    *ret_steps = steps;
    *ret_n = n;
    return true;
}
