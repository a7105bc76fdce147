#include "db/queries.h"
#include "fixture.h"
#include "job/job.h"

#include "base/banned.h"

/* What the black-box tests cannot see: the clock's part in it. Jobs run here on the test's own thread. */

typedef struct {
    int runs, failures; /* the first `failures` runs cannot reach something */
} Counter;

static bool run_counted(JobRun *run, GError **err)
{
    Counter *counter = run->data;
    counter->runs++;
    if (counter->runs <= counter->failures)
        return error_set(err, BH_UNAVAILABLE, "nobody answers");
    json_int(job_result(run), counter->runs);
    return job_progress(run, 1, "end", err);
}

static const JobKind kinds[] = {
    { "test-once", run_counted, .attempts = 2, .every_minutes = 0 },
    { "test-hourly", run_counted, .attempts = 0, .every_minutes = 60 },
    { 0 },
};

static Jobs *open_jobs(Fixture *f, Counter *counter)
{
    static const JobKind *const tables[] = { kinds };
    g_autoptr(GError) err = NULL;
    Jobs *jobs = jobs_new(f->db, f->clock, &(JobsOptions) { tables, 1, NULL, counter }, &err);
    g_assert_no_error(err);
    return jobs;
}

static int64_t run_due(Jobs *jobs)
{
    g_autoptr(GError) err = NULL;
    int64_t count = -1;
    jobs_run_due(jobs, &count, &err);
    g_assert_no_error(err);
    return count;
}

static void advance(Fixture *f, int minutes)
{
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) minutes * 60 * 1000);
}

typedef struct {
    Fixture *f;
    Str uid;
    bool fail;
} Start;

static bool start_work(DbConn *tx, void *data, GError **err)
{
    Start *start = data;
    JobStart job = { "test-once", STR("{}"), DB_NULL_INT, clock_now_ms(start->f->clock) };
    if (!job_start(tx, &job, start->f->arena, &start->uid, err))
        return false;
    return !start->fail || error_set(err, BH_CONFLICT, "the change fails");
}

static Job read_job(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Job job;
    bool found;
    job_by_uid(conn, f->arena, uid, &job, &found, &err);
    g_assert_no_error(err);
    g_assert_true(found);
    return job;
}

static void test_exists_with_its_change(Fixture *f)
{
    Counter counter = { 0 };
    g_autoptr(GError) err = NULL;
    g_autoptr(Jobs) jobs = open_jobs(f, &counter);
    run_due(jobs); /* the hourly one */
    Start start = { .f = f, .fail = true };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, start_work, &start, &err));
    assert_refused(&err, BH_CONFLICT, NULL);
    g_assert_cmpint(run_due(jobs), ==, 0);
    start.fail = false;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, start_work, &start, &err));
    g_assert_cmpint(run_due(jobs), ==, 1);
    Job job = read_job(f, start.uid);
    g_assert_true(str_eq(job.state, STR("done")) && str_eq(job.result, STR("2")));
    g_assert_cmpint(job.progress_permille, ==, 1000);
    g_assert_cmpint(job.finished, ==, clock_now_ms(f->clock));
}

static void test_tries_again_later(Fixture *f)
{
    Counter counter = { 0 };
    g_autoptr(GError) err = NULL;
    g_autoptr(Jobs) jobs = open_jobs(f, &counter);
    run_due(jobs);
    Start start = { .f = f };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, start_work, &start, &err));
    counter = (Counter) { .failures = 9 };
    g_assert_cmpint(run_due(jobs), ==, 1);
    g_assert_true(str_eq(read_job(f, start.uid).state, STR("waiting")));
    g_assert_cmpint(run_due(jobs), ==, 0); /* not yet */
    advance(f, 1);
    g_assert_cmpint(run_due(jobs), ==, 1);
    Job job = read_job(f, start.uid);
    g_assert_true(str_eq(job.state, STR("failed")));
    g_assert_true(str_has(job.error, STR("\"code\":\"unavailable\"")));
    g_assert_cmpint(job.attempts, ==, 2);
}

static void test_periodic_follows_the_clock(Fixture *f)
{
    Counter counter = { 0 };
    g_autoptr(Jobs) jobs = open_jobs(f, &counter);
    g_assert_cmpint(run_due(jobs), ==, 1);
    g_assert_cmpint(run_due(jobs), ==, 0);
    advance(f, 59);
    g_assert_cmpint(run_due(jobs), ==, 0);
    advance(f, 1);
    g_assert_cmpint(run_due(jobs), ==, 1);
    advance(f, 600); /* late by nine: done once */
    g_assert_cmpint(run_due(jobs), ==, 1);
    g_assert_cmpint(run_due(jobs), ==, 0);
    g_assert_cmpint(counter.runs, ==, 3);
}

static bool claim_work(DbConn *tx, void *data, GError **err)
{
    Fixture *f = data;
    JobNextRow row;
    bool found;
    return db_one(tx, JobNext, f->arena, &row, &found, err, .now = clock_now_ms(f->clock), .busy = STR("|")) && found &&
           db_exec(tx, JobBegin, NULL, err, .id = row.id);
}

static void test_recovers_what_was_running(Fixture *f)
{
    Counter counter = { 0 };
    g_autoptr(GError) err = NULL;
    Start start = { .f = f };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, start_work, &start, &err));
    for (int dead = 0; dead < 2; dead++) {
        g_assert_true(db_write(f->db, DB_INTERACTIVE, claim_work, f, &err));
        g_assert_true(str_eq(read_job(f, start.uid).state, STR("running")));
        g_autoptr(Jobs) jobs = open_jobs(f, &counter);
        g_assert_true(str_eq(read_job(f, start.uid).state, STR("waiting")));
    }
    g_autoptr(Jobs) jobs = open_jobs(f, &counter);
    run_due(jobs);
    Job job = read_job(f, start.uid);
    g_assert_true(str_eq(job.state, STR("failed")) && str_has(job.error, STR("\"code\":\"job-crashed\"")));
    g_assert_cmpint(counter.runs, ==, 1); /* only the hourly one */
}

/* --- Kinds of which one runs at a time ------------------------------------------------------------------------------------- */

enum { ALONE = 4, WAIT_MS = 10000 };

/* Shared by the runners' threads: atomic. */
typedef struct {
    gint at_once, most, alone, others;
} Crowd;

static void wait_for(const gint *count, int want)
{
    for (int ms = 0; ms < WAIT_MS && g_atomic_int_get(count) < want; ms += 5)
        g_usleep(5000);
}

/* Long enough that a second one would be seen beside it: until one of the other kind has run. */
static bool run_alone(JobRun *run, GError **err)
{
    (void) err;
    Crowd *crowd = run->data;
    int now = g_atomic_int_add(&crowd->at_once, 1) + 1;
    if (now > g_atomic_int_get(&crowd->most))
        g_atomic_int_set(&crowd->most, now);
    wait_for(&crowd->others, 1);
    g_usleep(20000);
    g_atomic_int_add(&crowd->at_once, -1);
    g_atomic_int_inc(&crowd->alone);
    return true;
}

static bool run_other(JobRun *run, GError **err)
{
    (void) err;
    Crowd *crowd = run->data;
    g_atomic_int_inc(&crowd->others);
    return true;
}

static bool start_crowd(DbConn *tx, void *data, GError **err)
{
    Fixture *f = data;
    Str uid;
    for (int i = 0; i <= ALONE; i++) /* the other one comes last, behind all that wait for each other */
        if (!job_start(tx, &(JobStart) { i < ALONE ? "test-alone" : "test-other", STR("{}"), DB_NULL_INT, clock_now_ms(f->clock) }, f->arena, &uid, err))
            return false;
    return true;
}

static void test_one_of_a_kind_at_a_time(Fixture *f)
{
    static const JobKind crowd_kinds[] = { { "test-alone", run_alone, .alone = true }, { "test-other", run_other }, { 0 } };
    static const JobKind *const tables[] = { crowd_kinds };
    g_autoptr(GError) err = NULL;
    Crowd crowd = { 0 };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, start_crowd, f, &err));
    g_autoptr(Jobs) jobs = jobs_new(f->db, f->clock, &(JobsOptions) { tables, 1, NULL, &crowd }, &err);
    g_assert_no_error(err);
    jobs_run(jobs, 3);
    wait_for(&crowd.alone, ALONE);
    g_assert_cmpint(g_atomic_int_get(&crowd.others), ==, 1);
    g_assert_cmpint(g_atomic_int_get(&crowd.alone), ==, ALONE);
    g_assert_cmpint(g_atomic_int_get(&crowd.most), ==, 1);
}

static void test_statements_of_the_program(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_true(db_check_statements(conn, &err));
    g_assert_no_error(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("job", "exists-with-its-change", false, test_exists_with_its_change);
    fixture_add("job", "tries-again-later", false, test_tries_again_later);
    fixture_add("job", "periodic-follows-the-clock", false, test_periodic_follows_the_clock);
    fixture_add("job", "recovers-what-was-running", false, test_recovers_what_was_running);
    fixture_add("job", "one-of-a-kind-at-a-time", false, test_one_of_a_kind_at_a_time);
    fixture_add("job", "statements-of-the-program", false, test_statements_of_the_program);
    return g_test_run();
}
