/* Signals of data quality as tasks: one for an institution and programme, claimed by people, verified, struck off and opened again by the scores alone. */
#include "flow/signals.h"
#include "tasks.h"

#include "base/banned.h"

typedef struct {
    Fixture *f;
    const char *dataset;
    int64_t value;
} Raising;

static bool raise_in_tx(DbConn *tx, void *data, GError **err)
{
    const Raising *raising = data;
    int64_t now = clock_now_ms(raising->f->clock);
    SignalSeen seen = { "quality", arena_concat(raising->f->arena, str_from(raising->dataset), STR("/1")), str_from(raising->dataset), fixture_org(raising->f, "990000-WJW-07").id, period_of_date(PERIOD_MONTH, clock_today(raising->f->clock)), raising->value, 900000,
                        STR("{\"name\":\"D\",\"period\":\"2026-03\",\"programme\":\"P\"}") };
    return raising->value >= seen.line ? signal_clear(tx, seen.kind, seen.subject, raising->value, now, err) : signal_raise(tx, &seen, now, NULL, err);
}

static void score_of(Fixture *f, const char *dataset, int64_t value)
{
    g_autoptr(GError) err = NULL;
    Raising raising = { f, dataset, value };
    db_write(f->db, DB_BULK, raise_in_tx, &raising, &err);
    g_assert_no_error(err);
    ledger_take_signals(f->db, f->clock, &err);
    g_assert_no_error(err);
}

static void score_is(Fixture *f, int64_t value)
{
    score_of(f, "p.d", value);
}

/* The task of the one signal in that state. */
static Str task_of(Fixture *f, const char *state)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Signal *signals = NULL;
    size_t n = 0;
    signals_in(conn, "quality", state, 10, f->arena, &signals, &n, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(n, ==, 1);
    return signals[0].task;
}

static void test_made_once_and_verified(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    score_is(f, 800000);
    Str uid = task_of(f, "taken");
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("issued")));
    g_assert_true(str_eq(tasks_load(f, uid)->source, STR("quality")));
    score_is(f, 700000); /* worse: the same task */
    g_assert_true(str_eq(task_of(f, "taken"), uid));
    tasks_bring(f, uid, "submitted");
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err)); /* by no word */
    assert_refused(&err, BH_CONFLICT, "score-below");
    score_is(f, 950000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("closed")));
    task_of(f, "done");
    tasks_assert_proven(f);
}

static void test_waits_for_its_claim(Fixture *f)
{
    score_is(f, 800000);
    Str uid = task_of(f, "taken");
    score_is(f, 950000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("issued"))); /* nobody said yet what was done */
    score_is(f, 800000);                                             /* and it falls again: the same task */
    g_assert_true(str_eq(task_of(f, "taken"), uid));
    tasks_bring(f, uid, "submitted");
    score_is(f, 810000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("submitted"))); /* what was over before proves nothing now */
    score_is(f, 900000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("closed")));
    tasks_assert_proven(f);
}

/* Struck off by the score, it is watched as any other: what falls in its holding period opens it again and counts as a relapse; what falls later is a new task. */
static void test_falls_back(Fixture *f)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    score_is(f, 800000);
    Str uid = task_of(f, "taken");
    tasks_bring(f, uid, "submitted");
    score_is(f, 950000);
    const Task *task = tasks_load(f, uid);
    g_assert_true(str_eq(task->state, STR("closed")));
    g_assert_cmpint(task->relapses, ==, 0);
    const TaskVerdict *last = &task->verdicts[task->n_verdicts - 1];
    g_assert_true(str_eq(last->verb, STR("close")) && !last->by.uid.p); /* by the engine, which says by which figure */
    g_assert_nonnull(g_strstr_len(last->reason.p, (gssize) last->reason.n, "95"));
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) task->holding_days * DAY_MS);
    score_is(f, 820000);
    task = tasks_load(f, uid);
    g_assert_true(str_eq(task->state, STR("reopened")));
    g_assert_cmpint(task->relapses, ==, 1);
    g_assert_true(str_eq(task_of(f, "taken"), uid));
    g_assert_nonnull(g_strstr_len(task->verdicts[task->n_verdicts - 1].reason.p, -1, "82"));
    tasks_bring(f, uid, "submitted");
    score_is(f, 910000);
    task = tasks_load(f, uid);
    g_assert_true(str_eq(task->state, STR("closed")));
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) (task->holding_days + 1) * DAY_MS);
    score_is(f, 820000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("closed")));
    g_assert_false(str_eq(task_of(f, "taken"), uid));
    tasks_assert_proven(f);
}

/* The signals of a state; *ret_tasks: for how many tasks. */
static size_t signals_of(Fixture *f, const char *state, size_t *ret_tasks)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(GHashTable) tasks = g_hash_table_new(str_hash, str_equal);
    Signal *signals = NULL;
    size_t n = 0;
    signals_in(conn, "quality", state, 10, f->arena, &signals, &n, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < n; i++)
        g_hash_table_add(tasks, &signals[i].task);
    *ret_tasks = g_hash_table_size(tasks);
    return n;
}

/* Another dataset of the programme hangs on the task, another programme has one of its own; it is verified when both are right. */
static void test_gathers_a_programme(Fixture *f)
{
    size_t tasks;
    score_is(f, 800000);
    Str uid = task_of(f, "taken");
    score_of(f, "p.e", 700000);
    g_assert_cmpuint(signals_of(f, "taken", &tasks), ==, 2);
    g_assert_cmpuint(tasks, ==, 1);
    score_of(f, "pp.d", 700000); /* not of it, though it begins alike */
    g_assert_cmpuint(signals_of(f, "taken", &tasks), ==, 3);
    g_assert_cmpuint(tasks, ==, 2);
    tasks_bring(f, uid, "submitted");
    score_is(f, 950000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("submitted")));
    g_autoptr(GError) err = NULL;
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err)); /* the other lasts */
    assert_refused(&err, BH_CONFLICT, "score-below");
    score_of(f, "p.e", 950000);
    g_assert_true(str_eq(tasks_load(f, uid)->state, STR("closed")));
    g_assert_cmpuint(signals_of(f, "done", &tasks), ==, 2);
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("signal-task", "made-once-and-verified", true, test_made_once_and_verified);
    fixture_add("signal-task", "waits-for-its-claim", true, test_waits_for_its_claim);
    fixture_add("signal-task", "falls-back", true, test_falls_back);
    fixture_add("signal-task", "gathers-a-programme", true, test_gathers_a_programme);
    return g_test_run();
}
