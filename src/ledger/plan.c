/* Plans: loading, who may do what, and the state that their events add up to. */
#include "ledger/plan_do.h"
#include "db/queries.h"

#include "base/banned.h"

PlanSettings plan_settings_default(void)
{
    return (PlanSettings) { .holding_days = HOLDING_DAYS, .weekly_day = 1, .weekly_hour = 9, .monthly_day = 3, .monthly_hour = 9, .publicity_working = true, .progress = STR("none"), .assess = STR("[]") };
}

static Plan plan_of_row(const PlanByUidRow *row)
{
    return (Plan) {
        .id = row->id, .version = row->version, .year = row->year, .issuer = row->issuer, .issued = row->issued, .edition = row->edition,
        .tasks = row->tasks, .uid = row->uid, .title = row->title, .doc_no = row->doc_no, .kind = row->kind, .code = row->code, .state = row->state,
        .basis = row->basis, .replaces_uid = row->replaces_uid, .document_uid = row->document_uid, .issuer_uid = row->issuer_uid, .issuer_name = row->issuer_name,
        .issuer_path = row->issuer_path, .issuer_area = row->issuer_area,
        .settings = {
            .holding_days = row->holding_days, .publicity_days = row->publicity_days, .publicity_working = row->publicity_working,
            .weekly_day = row->weekly_day, .weekly_hour = row->weekly_hour, .monthly_day = row->monthly_day, .monthly_hour = row->monthly_hour,
            .progress = row->progress, .assess = row->assess,
        },
    };
}

static bool load_stages(DbConn *conn, Arena *arena, Plan *plan, GError **err)
{
    ARENA_LIST(PlanStage) stages = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, PlanStages, err, .plan = plan->id);
    for (PlanStagesRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &stages) = (PlanStage) {
            .seq = row.seq, .name = arena_str(arena, row.name), .begins = row.begins, .ends = row.ends, .gate = arena_str(arena, row.gate),
            .share = row.share, .passed_at = row.passed_at, .reason = arena_str(arena, row.reason), .forced = row.forced,
            .missing = arena_str(arena, row.missing),
        };
        *ARENA_PUSH(arena, &by) = row.passed_by;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < stages.n; i++)
        if (!person_ref(conn, arena, by.v[i], &stages.v[i].passed_by, NULL, err))
            return false;
    plan->stages = stages.v;
    plan->n_stages = stages.n;
    return true;
}

bool plan_load(DbConn *conn, Arena *arena, Str uid, Plan *ret_plan, GError **err)
{
    PlanByUidRow row;
    PlanOpenTasksRow open;
    bool found, counted;
    if (!db_one(conn, PlanByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no plan '" STR_FMT "'", STR_ARG(uid));
    Plan plan = plan_of_row(&row);
    if (!db_one(conn, PlanOpenTasks, arena, &open, &counted, err, .plan = plan.id)
        || !person_ref(conn, arena, row.issued_by, &plan.issued_by, NULL, err) || !load_stages(conn, arena, &plan, err)
        || !plan_load_steps(conn, arena, &plan, err))
        return false;
    plan.open_tasks = open.tasks;
    *ret_plan = plan;
    return true;
}

MayObject plan_facts(const Plan *plan)
{
    return (MayObject) { .place = plan->issuer_path, .area = plan->issuer_area, .plan = plan->uid };
}

const PlanStage *plan_stage_now(const Plan *plan)
{
    for (size_t i = 0; i < plan->n_stages; i++)
        if (plan->stages[i].passed_at == DB_NULL_INT)
            return &plan->stages[i];
    return NULL;
}

/* --- Who may ------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *verb;
    Verb who;
    const char *state; /* the plan's */
} plan_rules[] = {
    { "edit", VERB_OVERSEE, "open" },   { "stages", VERB_OVERSEE, "open" },  { "steps", VERB_OVERSEE, "open" }, { "add", VERB_ISSUE, "open" },
    { "pass", VERB_OVERSEE, "open" },   { "close", VERB_OVERSEE, "open" },   { "open", VERB_OVERSEE, "closed" }, { "look_back", VERB_REOPEN, "open closed" },
    { "import", VERB_ISSUE, "open" }, { "expand", VERB_OVERSEE, "open" },
};

const char *const plan_verbs[] = { "edit", "stages", "steps", "add", "pass", "close", "open", "look_back", "import", "expand", NULL };

/* What the plan itself says against it. */
static Allowed plan_obstacle(const Plan *plan, const char *verb, Arena *arena)
{
    if (g_str_equal(verb, "close") && plan->open_tasks > 0)
        return (Allowed) { .why = "tasks-open", .params = arena_printf(arena, "open=%" G_GINT64_FORMAT, plan->open_tasks) };
    if (g_str_equal(verb, "pass") && !plan_stage_now(plan))
        return (Allowed) { .why = "no-stage" };
    return (Allowed) { .ok = true };
}

Allowed plan_allowed(const User *user, const Plan *plan, const char *verb, Arena *arena)
{
    MayObject facts = plan_facts(plan);
    for (size_t i = 0; i < G_N_ELEMENTS(plan_rules); i++) {
        if (!g_str_equal(verb, plan_rules[i].verb))
            continue;
        May answer = may(user, plan_rules[i].who, &facts);
        if (!answer.ok)
            return (Allowed) { .why = answer.why, .params = answer.who.p ? arena_printf(arena, "role=" STR_FMT, STR_ARG(answer.who)) : STR_NONE };
        if (!flow_has_word(plan_rules[i].state, plan->state))
            return (Allowed) { .why = "wrong-state" };
        return plan_obstacle(plan, verb, arena);
    }
    return (Allowed) { .why = "no-verb" };
}

bool plan_refuse(const Allowed *allowed, const Plan *plan, const char *verb, GError **err)
{
    bool conflict = flow_has_word("wrong-state tasks-open no-stage", str_from(allowed->why));
    error_set(err, conflict ? BH_CONFLICT : BH_FORBIDDEN, "'%s' is refused for plan " STR_FMT ": %s", verb, STR_ARG(plan->uid), allowed->why);
    if (allowed->params.n > 0)
        error_params(err, STR_FMT, STR_ARG(allowed->params));
    return error_detail(err, allowed->why);
}

/* --- The state ---------------------------------------------------------------------------------------------------------- */

static Str int_text(Arena *arena, int64_t value)
{
    return value == DB_NULL_INT || value == 0 ? STR_NONE : arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

static Str date_text(Arena *arena, Date date)
{
    char text[DATE_TEXT_MAX];
    return date == DATE_NONE ? STR_NONE : arena_str(arena, str_from(date_format(date, text)));
}

static Str digest(Arena *arena, Str text)
{
    return text.p ? audit_digest(arena, text) : STR_NONE;
}

/* "passed closed 80 sm3:…": what matters of a stage in words, its texts within the digest. */
static Str stage_value(const PlanStage *stage, Arena *arena)
{
    const Str said[] = { stage->name, date_text(arena, stage->begins), date_text(arena, stage->ends), stage->passed_by.uid, int_text(arena, stage->passed_at),
                         stage->reason, stage->missing };
    const char *how = stage->forced ? "forced" : stage->passed_at != DB_NULL_INT ? "passed" : "open";
    return arena_printf(arena, "%s " STR_FMT " %" G_GINT64_FORMAT " " STR_FMT, how, STR_ARG(stage->gate), stage->share,
                        STR_ARG(state_digest(arena, said, G_N_ELEMENTS(said))));
}

static Str step_value(const PlanStep *step, Arena *arena)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT "%s " STR_FMT "%s to " STR_FMT, step->days, step->working ? " working" : "", STR_ARG(step->level),
                        step->letter ? " letter" : "", STR_ARG(step->to));
}

void plan_state_map(const Plan *plan, Arena *arena, StateMap *ret_map)
{
    const PlanSettings *settings = &plan->settings;
    const StateEntry entries[] = {
        { STR_INIT("assess"), digest(arena, settings->assess) },
        { STR_INIT("basis"), digest(arena, plan->basis) },
        { STR_INIT("code"), digest(arena, plan->code) },
        { STR_INIT("doc_no"), digest(arena, plan->doc_no) },
        { STR_INIT("document"), plan->document_uid },
        { STR_INIT("edition"), int_text(arena, plan->edition) },
        { STR_INIT("holding_days"), int_text(arena, settings->holding_days) },
        { STR_INIT("issued"), int_text(arena, plan->issued) },
        { STR_INIT("issued_by"), plan->issued_by.uid },
        { STR_INIT("issuer"), plan->issuer_uid },
        { STR_INIT("kind"), plan->kind },
        { STR_INIT("monthly_day"), int_text(arena, settings->monthly_day) },
        { STR_INIT("monthly_hour"), int_text(arena, settings->monthly_hour) },
        { STR_INIT("progress"), settings->progress },
        { STR_INIT("publicity_days"), int_text(arena, settings->publicity_days) },
        { STR_INIT("publicity_working"), settings->publicity_working ? STR("true") : STR_NONE },
        { STR_INIT("replaces"), plan->replaces_uid },
        { STR_INIT("state"), plan->state },
        { STR_INIT("title"), digest(arena, plan->title) },
        { STR_INIT("version"), int_text(arena, plan->version) },
        { STR_INIT("weekly_day"), int_text(arena, settings->weekly_day) },
        { STR_INIT("weekly_hour"), int_text(arena, settings->weekly_hour) },
        { STR_INIT("year"), int_text(arena, plan->year) },
    };
    StateMap map = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        if (entries[i].value.p)
            *ARENA_PUSH(arena, &map) = entries[i];
    for (size_t i = 0; i < plan->n_stages; i++)
        *ARENA_PUSH(arena, &map) = (StateEntry) { owner_key(arena, "stage", i), stage_value(&plan->stages[i], arena) };
    for (size_t i = 0; plan->own_steps && i < plan->n_steps; i++)
        *ARENA_PUSH(arena, &map) = (StateEntry) { owner_key(arena, "step", i), step_value(&plan->steps[i], arena) };
    state_map_sort(&map);
    *ret_map = map;
}
