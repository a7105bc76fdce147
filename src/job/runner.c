#include <malloc.h>

#include "db/queries.h"
#include "job/run.h"

#include "base/banned.h"

enum {
    THREADS = 2,
    POLL_MS = 1000,      /* jobs that another transaction started, and those whose time has come */
    SCHEDULE_MS = 20000, /* how often periodic kinds are looked at */
    REST_MS = 60000,     /* readers that were not used for so long are closed */
    TRIMS = 2,           /* looks at the memory behind a job: the writer's large cache is given back a while after it */
};

const JobKind *jobs_kind(const Jobs *jobs, Str name)
{
    for (const JobKind **kind = jobs->kinds; *kind; kind++)
        if (str_eq(str_from((*kind)->name), name))
            return *kind;
    return NULL;
}

/* --- Telling ------------------------------------------------------------------------------------------------------------- */

void jobs_changed(Jobs *jobs, Str uid)
{
    g_mutex_lock(&jobs->lock);
    if (jobs->listener)
        jobs->listener(uid, jobs->listener_data);
    g_mutex_unlock(&jobs->lock);
}

void jobs_listen(Jobs *jobs, JobListener listener, void *data)
{
    g_mutex_lock(&jobs->lock);
    jobs->listener = listener;
    jobs->listener_data = data;
    g_mutex_unlock(&jobs->lock);
}

void jobs_wake(Jobs *jobs)
{
    g_mutex_lock(&jobs->lock);
    jobs->wakes++;
    g_cond_broadcast(&jobs->wake);
    g_mutex_unlock(&jobs->lock);
}

/* --- Running -------------------------------------------------------------------------------------------------------------- */

/* One job, if one waits. */
static bool run_one(Jobs *jobs, bool *ret_ran, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    JobState state;
    if (!job_claim(jobs, arena, &state, ret_ran, err))
        return false;
    if (*ret_ran) {
        job_execute(&state);
        g_atomic_int_set(&jobs->untrimmed, TRIMS);
    }
    return true;
}

static guint wakes_so_far(Jobs *jobs)
{
    g_mutex_lock(&jobs->lock);
    guint wakes = jobs->wakes;
    g_mutex_unlock(&jobs->lock);
    return wakes;
}

/* Until somebody wakes us who had not yet when `seen` was read: so a wake between looking and pausing is not lost. */
static void pause_since(Jobs *jobs, guint seen)
{
    gint64 until = g_get_monotonic_time() + POLL_MS * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&jobs->lock);
    while (jobs->wakes == seen && !g_atomic_int_get(&jobs->stopping) && g_cond_wait_until(&jobs->wake, &jobs->lock, until)) {
    }
    g_mutex_unlock(&jobs->lock);
}

static gpointer runner(gpointer data)
{
    Jobs *jobs = data;
    while (!g_atomic_int_get(&jobs->stopping)) {
        g_autoptr(GError) err = NULL;
        guint seen = wakes_so_far(jobs);
        bool ran = false;
        if (!run_one(jobs, &ran, &err))
            log_failure(jobs->log, LOG_LEVEL_ERROR, "jobs-not-read", err);
        if (!ran)
            pause_since(jobs, seen);
    }
    return NULL;
}

/* --- Rows that nobody runs ------------------------------------------------------------------------------------------------- */

typedef struct {
    Jobs *jobs;
    Arena *arena;
    ARENA_LIST(int64_t) ids; /* of rows that say "running", and are not mine */
} Recovery;

static bool is_mine(const Jobs *jobs, int64_t id)
{
    for (guint i = 0; i < jobs->mine->len; i++)
        if (g_array_index(jobs->mine, JobMine, i).id == id)
            return true;
    return false;
}

static bool read_lost(DbConn *conn, Recovery *recovery, GError **err)
{
    recovery->ids.n = 0;
    g_autoptr(DbRows) rows = db_query(conn, JobsRunning, err);
    for (JobsRunningRow row; rows && db_next(rows, &row, err);)
        if (!is_mine(recovery->jobs, row.id))
            *ARENA_PUSH(recovery->arena, &recovery->ids) = row.id;
    return db_rows_ok(rows);
}

static bool recover_work(DbConn *tx, void *data, GError **err)
{
    Recovery *recovery = data;
    if (!read_lost(tx, recovery, err))
        return false;
    for (size_t i = 0; i < recovery->ids.n; i++)
        if (!db_exec(tx, JobAgain, NULL, err, .id = recovery->ids.v[i], .not_before = clock_now_ms(recovery->jobs->clock), .back = 0))
            return false;
    return true;
}

static bool anything_lost(Recovery *recovery, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(recovery->jobs->db, err);
    return conn && read_lost(conn, recovery, err) && recovery->ids.n > 0;
}

/* What a dead process was running, and what this one ran whose end, or whose claim, could not be written for certain. */
static bool recover(Jobs *jobs, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) problem = NULL;
    Recovery recovery = { .jobs = jobs, .arena = arena };
    g_mutex_lock(&jobs->claims);
    bool ok = anything_lost(&recovery, &problem) ? db_write(jobs->db, DB_INTERACTIVE, recover_work, &recovery, &problem) : !problem;
    g_mutex_unlock(&jobs->claims);
    if (!ok)
        g_propagate_error(err, g_steal_pointer(&problem));
    return ok;
}

/* --- The schedule ---------------------------------------------------------------------------------------------------------- */

/* A day's jobs over a large ledger read much; what they held goes back to the system, not only to the allocator. */
static void rest(Jobs *jobs)
{
    if (db_rest(jobs->db, REST_MS) == 0 && g_atomic_int_get(&jobs->untrimmed) == 0)
        return;
    if (g_atomic_int_get(&jobs->untrimmed) > 0)
        g_atomic_int_add(&jobs->untrimmed, -1);
    malloc_trim(0);
}

/* One thread of its own: a long job must not keep a periodic one from its time. */
static gpointer scheduler(gpointer data)
{
    Jobs *jobs = data;
    for (int64_t next = 0; !g_atomic_int_get(&jobs->stopping); pause_since(jobs, wakes_so_far(jobs))) {
        g_autoptr(GError) err = NULL;
        if (monotonic_ms() < next)
            continue;
        next = monotonic_ms() + SCHEDULE_MS;
        if (!schedule_insert_due(jobs, &err) || !recover(jobs, &err) || (jobs->look && !jobs->look(jobs->data, &err)))
            log_failure(jobs->log, LOG_LEVEL_ERROR, "schedule-not-read", err);
        rest(jobs);
    }
    return NULL;
}

bool jobs_run_due(Jobs *jobs, int64_t *ret_count, GError **err)
{
    int64_t count = 0;
    if (!schedule_insert_due(jobs, err))
        return false;
    for (bool ran = true; ran; count += ran)
        if (!run_one(jobs, &ran, err))
            return false;
    if (ret_count)
        *ret_count = count;
    return true;
}

/* --- Begin and end ---------------------------------------------------------------------------------------------------------- */

static const JobKind **all_kinds(const JobsOptions *options)
{
    GPtrArray *kinds = g_ptr_array_new();
    for (size_t i = 0; i < options->n_tables; i++)
        for (const JobKind *kind = options->tables[i]; kind->name; kind++)
            g_ptr_array_add(kinds, (gpointer) (uintptr_t) kind);
    g_ptr_array_add(kinds, NULL);
    return (const JobKind **) g_ptr_array_free(kinds, FALSE);
}

Jobs *jobs_new(Db *db, const Clock *clock, const JobsOptions *options, GError **err)
{
    Jobs *jobs = g_new0(Jobs, 1);
    jobs->db = db;
    jobs->clock = clock;
    jobs->kinds = all_kinds(options);
    jobs->log = options->log;
    jobs->data = options->data;
    jobs->look = options->look;
    jobs->mine = g_array_new(FALSE, FALSE, sizeof(JobMine));
    g_mutex_init(&jobs->claims);
    g_mutex_init(&jobs->lock);
    g_cond_init(&jobs->wake);
    if (!recover(jobs, err)) {
        jobs_free(jobs);
        return NULL;
    }
    return jobs;
}

void jobs_run(Jobs *jobs, int threads)
{
    jobs->n_threads = (threads > 0 ? threads : THREADS) + 1;
    jobs->threads = g_new0(GThread *, jobs->n_threads);
    for (int i = 0; i < jobs->n_threads; i++)
        jobs->threads[i] = i == 0 ? g_thread_new("job-schedule", scheduler, jobs) : g_thread_new("job", runner, jobs);
}

void jobs_free(Jobs *jobs)
{
    if (!jobs)
        return;
    g_atomic_int_set(&jobs->stopping, 1);
    jobs_wake(jobs);
    for (int i = 0; i < jobs->n_threads; i++)
        g_thread_join(jobs->threads[i]);
    g_array_unref(jobs->mine);
    g_mutex_clear(&jobs->claims);
    g_mutex_clear(&jobs->lock);
    g_cond_clear(&jobs->wake);
    g_free(jobs->threads);
    g_free(jobs->kinds);
    g_free(jobs);
}

/* --- Counting ------------------------------------------------------------------------------------------------------------- */

static int waiting(const Jobs *jobs)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(jobs->db, NULL);
    JobCountRow row = { 0 };
    bool found;
    return conn && db_one(conn, JobCount, arena, &row, &found, NULL, .state = STR("waiting")) ? (int) row.n : -1;
}

void jobs_count(const Jobs *jobs, int *ret_waiting, int *ret_running)
{
    *ret_waiting = waiting(jobs);
    *ret_running = g_atomic_int_get(&jobs->running);
}
