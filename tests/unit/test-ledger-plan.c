/* Plans: made by hand, their codes, settings, stages and gates. */
#include "tasks.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

#define OWN "990000-WJW-07" /* handler01, head01 */

typedef struct {
    Fixture *f;
    Ledger ledger;
    Actor issuer;
} Desk;

static Desk desk_of(Fixture *f)
{
    return (Desk) { f, tasks_ledger(f), tasks_actor(f, "issuer01") };
}

static Str make(Desk *desk, NewPlan wish)
{
    g_autoptr(GError) err = NULL;
    Str uid;
    wish.issuer = fixture_org(desk->f, "990000-WJW").uid;
    plan_make(&desk->ledger, &desk->issuer, &wish, desk->f->arena, &uid, &err);
    g_assert_no_error(err);
    return uid;
}

static const Plan *load(Desk *desk, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    Plan *plan = ARENA_NEW(desk->f->arena, Plan);
    g_assert_no_error(err);
    plan_load(conn, desk->f->arena, uid, plan, &err);
    g_assert_no_error(err);
    return plan;
}

static void assert_str(Str is, const char *want)
{
    g_assert_cmpmem(is.p, is.n, want, strlen(want));
}

static bool edit(Desk *desk, Str uid, PlanEdit wish, GError **err)
{
    return plan_edit(&desk->ledger, &desk->issuer, uid, load(desk, uid)->version, &wish, err);
}

/* --- Codes ---------------------------------------------------------------------------------------------------------------- */

static void test_codes_are_unique(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str first = make(&desk, (NewPlan) { .title = STR("a"), .kind = STR("inspection") });
    Str second = make(&desk, (NewPlan) { .title = STR("b"), .kind = STR("inspection") });
    Str later = make(&desk, (NewPlan) { .title = STR("c"), .kind = STR("inspection"), .year = 2027 });
    assert_str(load(&desk, first)->code, "督查");
    assert_str(load(&desk, second)->code, "督查2");
    assert_str(load(&desk, later)->code, "督查");
    g_assert_cmpint(load(&desk, first)->year, ==, 2026);
    NewPlan taken = { .title = STR("d"), .kind = STR("audit"), .code = STR("督查"), .issuer = fixture_org(f, "990000-WJW").uid };
    Str uid;
    g_assert_false(plan_make(&desk.ledger, &desk.issuer, &taken, f->arena, &uid, &err));
    assert_refused(&err, BH_CONFLICT, "code-taken");
    g_assert_false(edit(&desk, second, (PlanEdit) { .code = STR("督查") }, &err));
    assert_refused(&err, BH_CONFLICT, "code-taken");
    g_assert_true(edit(&desk, second, (PlanEdit) { .code = STR("专项"), .title = STR(" b2 ") }, &err));
    assert_str(load(&desk, second)->code, "专项");
    assert_str(load(&desk, second)->title, "b2");
    tasks_assert_proven(f);
}

static void test_a_code_in_use_stays(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str task, plan = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = OWN }, 1, &task);
    g_assert_false(edit(&desk, plan, (PlanEdit) { .code = STR("别的") }, &err));
    assert_refused(&err, BH_CONFLICT, "code-in-use");
}

static void test_what_is_wrong_is_refused(Fixture *f)
{
    static const NewPlan wrong[] = {
        { .title = STR_INIT(" "), .kind = STR_INIT("plan") },
        { .title = STR_INIT("a"), .kind = STR_INIT("thing") },
        { .title = STR_INIT("a"), .kind = STR_INIT("plan"), .code = STR_INIT("a-b") },
        { .title = STR_INIT("a"), .kind = STR_INIT("plan"), .code = STR_INIT("a　b") },
        { .title = STR_INIT("a"), .kind = STR_INIT("plan"), .code = STR_INIT("一二三四五六七八九十一二三四五六七八九十一") },
        { .title = STR_INIT("a"), .kind = STR_INIT("plan"), .year = 1999 },
        { .title = STR_INIT("a"), .kind = STR_INIT("plan"), .issuer = STR_INIT("00000000000000000000000000") },
    };
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        NewPlan wish = wrong[i];
        if (!wish.issuer.p)
            wish.issuer = fixture_org(f, "990000-WJW").uid;
        g_assert_false(plan_make(&desk.ledger, &desk.issuer, &wish, f->arena, &uid, &err));
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
    Actor head = tasks_actor(f, "head01");
    NewPlan fine = { .title = STR("a"), .kind = STR("plan"), .issuer = fixture_org(f, "990000-WJW").uid };
    g_assert_false(plan_make(&desk.ledger, &head, &fine, f->arena, &uid, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    Actor district = tasks_actor(f, "jianglinyu");
    g_assert_false(plan_make(&desk.ledger, &district, &fine, f->arena, &uid, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
}

/* --- Settings -------------------------------------------------------------------------------------------------------------- */

static void test_settings(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = make(&desk, (NewPlan) { .title = STR("a"), .kind = STR("rectification") });
    PlanSettings settings = load(&desk, uid)->settings;
    g_assert_cmpint(settings.holding_days, ==, 180);
    settings.publicity_days = 5;
    settings.weekly_day = 1;
    settings.weekly_hour = 9;
    settings.progress = STR("week");
    g_assert_true(edit(&desk, uid, (PlanEdit) { .settings = &settings }, &err));
    g_assert_cmpint(load(&desk, uid)->settings.publicity_days, ==, 5);
    assert_str(load(&desk, uid)->settings.progress, "week");
    settings.monthly_day = 31;
    g_assert_false(edit(&desk, uid, (PlanEdit) { .settings = &settings }, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    settings.monthly_day = 0;
    settings.progress = STR("day");
    g_assert_false(edit(&desk, uid, (PlanEdit) { .settings = &settings }, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    PlanEdit late = { .title = STR("x") };
    g_assert_false(plan_edit(&desk.ledger, &desk.issuer, uid, 1, &late, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    tasks_assert_proven(f);
}

static void test_closing(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str task, plan = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = OWN }, 1, &task);
    g_assert_false(edit(&desk, plan, (PlanEdit) { .state = STR("closed") }, &err));
    g_assert_cmpstr(error_get_params(err), ==, "open=1");
    assert_refused(&err, BH_CONFLICT, "tasks-open");
    tasks_bring(f, task, "closed");
    g_assert_true(edit(&desk, plan, (PlanEdit) { .state = STR("closed") }, &err));
    g_assert_false(edit(&desk, plan, (PlanEdit) { .title = STR("b") }, &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    g_assert_false(edit(&desk, plan, (PlanEdit) { .state = STR("open") }, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_true(edit(&desk, plan, (PlanEdit) { .state = STR("open"), .reason = STR("more came") }, &err));
    tasks_assert_proven(f);
}

static void test_a_relapse_opens_the_plan(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str task, plan = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = OWN }, 1, &task);
    tasks_bring(f, task, "closed");
    g_assert_true(edit(&desk, plan, (PlanEdit) { .state = STR("closed") }, &err));
    g_assert_true(tasks_do(f, "inspector01", task, "reopen", "it fell back", &err));
    assert_str(load(&desk, plan)->state, "open");
    tasks_assert_proven(f);
}

/* Five working days from Friday the 20th: until Friday the 27th; calendar days until Wednesday. */
static void test_closing_waits_for_the_days_in_public(Fixture *f)
{
    static const struct {
        bool working;
        const char *until;
        int days; /* from the verification to the first on which it may be closed */
    } cases[] = { { true, "until=2026-03-27", 8 }, { false, "until=2026-04-02", 6 } };
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Str task, plan = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = OWN }, 1, &task);
        PlanSettings settings = load(&desk, plan)->settings;
        settings.publicity_days = 5;
        settings.publicity_working = cases[i].working;
        g_assert_true(edit(&desk, plan, (PlanEdit) { .settings = &settings }, &err));
        tasks_bring(f, task, "verified");
        g_assert_false(tasks_do(f, "issuer01", task, "close", NULL, &err));
        g_assert_cmpstr(error_get_params(err), ==, cases[i].until);
        assert_refused(&err, BH_CONFLICT, "publicity-running");
        clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) (cases[i].days - 1) * 86400000);
        g_assert_false(tasks_do(f, "issuer01", task, "close", NULL, &err));
        assert_refused(&err, BH_CONFLICT, "publicity-running");
        clock_set(f->clock, clock_now_ms(f->clock) + 86400000);
        g_assert_true(tasks_do(f, "issuer01", task, "close", NULL, &err));
    }
    tasks_assert_proven(f);
}

/* --- Stages ---------------------------------------------------------------------------------------------------------------- */

static const PlanStage four[] = {
    { .name = STR_INIT("整改准备"), .begins = DATE_NONE, .ends = DATE_NONE, .gate = STR_INIT("decision") },
    { .name = STR_INIT("集中整改"), .begins = DATE_NONE, .ends = DATE_NONE, .gate = STR_INIT("submitted") },
    { .name = STR_INIT("日常监督"), .begins = DATE_NONE, .ends = DATE_NONE, .gate = STR_INIT("closed"), .share = 80 },
    { .name = STR_INIT("评估核验"), .begins = DATE_NONE, .ends = DATE_NONE, .gate = STR_INIT("none") },
};

static bool set_stages(Desk *desk, Str uid, const PlanStage *stages, size_t n, GError **err)
{
    return plan_set_stages(&desk->ledger, &desk->issuer, uid, load(desk, uid)->version, stages, n, err);
}

static bool pass(Desk *desk, Str uid, int64_t seq, const char *reason, GError **err)
{
    return plan_pass_stage(&desk->ledger, &desk->issuer, uid, load(desk, uid)->version, seq, str_from(reason), err);
}

static void assert_shut(GError **err, const char *params)
{
    g_assert_cmpstr(error_get_params(*err), ==, params);
    assert_refused(err, BH_CONFLICT, "gate-shut");
}

static void test_gates(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str tasks[2], plan = tasks_issue(f, "issuer01", "990000-WJW", (const TaskSpec[]) { { .lead = OWN }, { .lead = OWN } }, 2, tasks);
    g_assert_false(pass(&desk, plan, 1, NULL, &err));
    assert_refused(&err, BH_CONFLICT, "no-stage");
    g_assert_true(set_stages(&desk, plan, four, 4, &err));
    g_assert_false(pass(&desk, plan, 2, NULL, &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    g_assert_false(pass(&desk, plan, 1, " ", &err));
    assert_shut(&err, "needs=decision");
    g_assert_true(pass(&desk, plan, 1, "decided by the meeting", &err));
    g_assert_false(load(&desk, plan)->stages[0].forced);
    tasks_bring(f, tasks[0], "submitted");
    g_assert_false(pass(&desk, plan, 2, NULL, &err));
    assert_shut(&err, "needs=submitted\nopen=1\ntotal=2");
    tasks_bring(f, tasks[1], "submitted");
    g_assert_true(pass(&desk, plan, 2, NULL, &err));
    g_assert_true(tasks_do(f, "reviewer01", tasks[0], "verify", NULL, &err) && tasks_do(f, "issuer01", tasks[0], "close", NULL, &err));
    g_assert_false(pass(&desk, plan, 3, NULL, &err));
    assert_shut(&err, "needs=closed\nclosed=1\ntotal=2\nshare=80");
    g_assert_true(pass(&desk, plan, 3, "the year ends", &err)); /* all the same, and to be seen for good */
    const Plan *now = load(&desk, plan);
    g_assert_true(now->stages[2].forced);
    assert_str(now->stages[2].missing, "needs=closed\nclosed=1\ntotal=2\nshare=80");
    assert_str(plan_stage_now(now)->name, "评估核验");
    g_assert_true(pass(&desk, plan, 4, NULL, &err));
    g_assert_null(plan_stage_now(load(&desk, plan)));
    tasks_assert_proven(f);
}

static void test_what_was_passed_stays(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = make(&desk, (NewPlan) { .title = STR("a"), .kind = STR("rectification") });
    g_assert_true(set_stages(&desk, uid, four, 4, &err));
    g_assert_true(pass(&desk, uid, 1, "decided", &err));
    PlanStage changed[4];
    memcpy(changed, four, sizeof changed);
    changed[0].gate = STR("none");
    g_assert_false(set_stages(&desk, uid, changed, 4, &err));
    assert_refused(&err, BH_CONFLICT, "stage-passed");
    g_assert_false(set_stages(&desk, uid, four, 0, &err));
    assert_refused(&err, BH_CONFLICT, "stage-passed");
    g_assert_true(set_stages(&desk, uid, four, 2, &err));
    g_assert_cmpuint(load(&desk, uid)->n_stages, ==, 2);
    assert_str(load(&desk, uid)->stages[0].reason, "decided");
    tasks_assert_proven(f);
}

static void test_stages_are_checked(Fixture *f)
{
    static const PlanStage wrong[][2] = {
        { { .name = STR_INIT(" "), .gate = STR_INIT("none") } },
        { { .name = STR_INIT("a"), .gate = STR_INIT("maybe") } },
        { { .name = STR_INIT("a"), .gate = STR_INIT("closed") } },
        { { .name = STR_INIT("a"), .gate = STR_INIT("none"), .share = 5 } },
        { { .name = STR_INIT("a"), .gate = STR_INIT("none"), .begins = 20000, .ends = 19999 } },
        { { .name = STR_INIT("a"), .gate = STR_INIT("none") }, { .name = STR_INIT("a"), .gate = STR_INIT("none") } },
    };
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = make(&desk, (NewPlan) { .title = STR("a"), .kind = STR("rectification") });
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(set_stages(&desk, uid, wrong[i], wrong[i][1].name.p ? 2 : 1, &err));
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
    PlanStage *many = ARENA_ARRAY(f->arena, PlanStage, LIMIT_PLAN_STAGES + 1);
    g_assert_false(set_stages(&desk, uid, many, LIMIT_PLAN_STAGES + 1, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("ledger-plan", "codes-are-unique", true, test_codes_are_unique);
    fixture_add("ledger-plan", "a-code-in-use-stays", true, test_a_code_in_use_stays);
    fixture_add("ledger-plan", "what-is-wrong-is-refused", true, test_what_is_wrong_is_refused);
    fixture_add("ledger-plan", "settings", true, test_settings);
    fixture_add("ledger-plan", "closing", true, test_closing);
    fixture_add("ledger-plan", "a-relapse-opens-the-plan", true, test_a_relapse_opens_the_plan);
    fixture_add("ledger-plan", "closing-waits-for-the-days-in-public", true, test_closing_waits_for_the_days_in_public);
    fixture_add("ledger-plan", "gates", true, test_gates);
    fixture_add("ledger-plan", "what-was-passed-stays", true, test_what_was_passed_stays);
    fixture_add("ledger-plan", "stages-are-checked", true, test_stages_are_checked);
    return g_test_run();
}
