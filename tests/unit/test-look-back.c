/* Rounds of looking back: the draw follows from the seed, what relapsed is open again, and each task drawn is owed. */
#include "tasks.h"

#include "db/queries.h"
#include "flow/duty.h"

#include "base/banned.h"

static void expect(bool done, GError **err)
{
    g_assert_no_error(*err);
    g_assert_true(done);
}

enum { TASKS = 10 };

/* A plan of ten tasks, nine of them closed. */
static Str closed_plan(Fixture *f, Str *uids)
{
    TaskSpec specs[TASKS];
    for (size_t i = 0; i < TASKS; i++)
        specs[i] = (TaskSpec) { .lead = "990000-WJW-07" };
    Str plan = tasks_issue(f, "issuer01", "990000-WJW", specs, TASKS, uids);
    for (size_t i = 0; i + 1 < TASKS; i++)
        tasks_bring(f, uids[i], "closed");
    return plan;
}

static bool draw(Fixture *f, const char *username, Str plan, int64_t share, Str *ret_uid, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    Date today = clock_today(f->clock);
    NewLookBack wish = { .plan = plan, .title = STR("a look back"), .begins = today, .ends = today + 20, .share = share };
    return look_back_draw(&ledger, &actor, &wish, f->arena, ret_uid, err);
}

static bool find(Fixture *f, const char *username, Str round, Str task, const char *result, const char *note, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    LookBackFound found = { round, task, str_from(result), str_from(note) };
    return look_back_found(&ledger, &actor, &found, err);
}

static const LookBack *load(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    LookBack *round = ARENA_NEW(f->arena, LookBack);
    expect(look_back_load(conn, f->arena, uid, round, &err), &err);
    return round;
}

static void test_the_draw_follows_from_the_seed(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uids[TASKS], uid;
    int64_t ids[TASKS] = { 0 };
    Str plan = closed_plan(f, uids);
    expect(draw(f, "inspector01", plan, 30, &uid, &err), &err);
    const LookBack *round = load(f, uid);
    g_assert_cmpint(round->candidates, ==, TASKS - 1);
    g_assert_cmpuint(round->n_tasks, ==, 3); /* 2.7 */
    size_t drawn = look_back_order(round->seed, round->share, ids, uids, TASKS - 1);
    g_assert_cmpuint(drawn, ==, round->n_tasks);
    for (size_t i = 0; i < drawn; i++)
        g_assert_true(str_eq(round->tasks[i].task_uid, uids[i]));
    expect(draw(f, "issuer01", plan, 100, &uid, &err), &err);
    g_assert_cmpuint(load(f, uid)->n_tasks, ==, TASKS - 1);
    g_assert_false(str_eq(load(f, uid)->seed, round->seed));
    tasks_assert_proven(f);
}

static void test_who_may_draw(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uids[TASKS], uid;
    TaskSpec spec = { .lead = "990000-WJW-07" };
    Str open = tasks_issue(f, "issuer01", "990000-WJW", &spec, 1, uids);
    g_assert_false(draw(f, "head01", open, 100, &uid, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(draw(f, "inspector01", open, 100, &uid, &err));
    assert_refused(&err, BH_CONFLICT, "nothing-closed");
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "inspector01");
    Date today = clock_today(f->clock);
    const NewLookBack wrong[] = {
        { open, STR("x"), today, today - 1, 100 }, { open, STR("x"), today - 9, today - 1, 100 }, { open, STR("x"), today, today + 400, 100 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(look_back_draw(&ledger, &actor, &wrong[i], f->arena, &uid, &err));
        assert_refused(&err, BH_BAD_INPUT, "dates-wrong");
    }
}

static void test_what_relapsed_is_open_again(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uids[TASKS], uid;
    Str plan = closed_plan(f, uids);
    expect(draw(f, "inspector01", plan, 100, &uid, &err), &err);
    g_assert_false(find(f, "inspector01", uid, uids[0], "relapsed", NULL, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_false(find(f, "head01", uid, uids[0], "held", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(find(f, "inspector01", uid, uids[TASKS - 1], "held", NULL, &err)); /* it was not drawn */
    assert_refused(&err, BH_NOT_FOUND, NULL);
    expect(find(f, "inspector01", uid, uids[0], "relapsed", "the roster is full again", &err), &err);
    const Task *task = tasks_load(f, uids[0]);
    g_assert_true(str_eq(task->state, STR("reopened")) && task->relapses == 1 && str_eq(task->look_backs[0].result, STR("relapsed")));
    g_assert_true(str_eq(task->verdicts[task->n_verdicts - 1].reason, STR("the roster is full again")));
    expect(find(f, "inspector01", uid, uids[1], "unclear", "nobody was there", &err), &err);
    expect(find(f, "inspector01", uid, uids[1], "held", NULL, &err), &err);
    g_assert_false(find(f, "inspector01", uid, uids[1], "relapsed", "after all", &err));
    assert_refused(&err, BH_CONFLICT, "result-given");
    g_assert_true(str_eq(tasks_load(f, uids[1])->state, STR("closed")));
    tasks_assert_proven(f);
}

static int64_t duties(Fixture *f, const char *state)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    int64_t n = 0;
    g_autoptr(DbRows) rows = db_query(conn, DutyList, &err, .account = fixture_user(f, "inspector01")->account, .today = clock_today(f->clock));
    for (DutyListRow row; rows && db_next(rows, &row, &err);)
        n += str_eq(row.state, str_from(state));
    g_assert_no_error(err);
    return n;
}

static void test_each_task_drawn_is_owed(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DutyCount count;
    Str uids[TASKS], uid;
    Str plan = closed_plan(f, uids);
    expect(draw(f, "inspector01", plan, 100, &uid, &err), &err);
    expect(duties_daily(f->db, f->clock, NULL, NULL, &count, &err), &err);
    g_assert_cmpint(duties(f, "due"), ==, TASKS - 1);
    expect(find(f, "inspector01", uid, uids[0], "held", NULL, &err), &err);
    expect(find(f, "inspector01", uid, uids[1], "unclear", NULL, &err), &err);
    g_assert_cmpint(duties(f, "done"), ==, 1);
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) 21 * 86400000);
    expect(duties_daily(f->db, f->clock, NULL, NULL, &count, &err), &err);
    g_assert_cmpint(duties(f, "missed"), ==, TASKS - 2);
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("look-back", "the-draw-follows-from-the-seed", true, test_the_draw_follows_from_the_seed);
    fixture_add("look-back", "who-may-draw", true, test_who_may_draw);
    fixture_add("look-back", "what-relapsed-is-open-again", true, test_what_relapsed_is_open_again);
    fixture_add("look-back", "each-task-drawn-is-owed", true, test_each_task_drawn_is_owed);
    return g_test_run();
}
