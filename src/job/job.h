/* job.h: work that takes longer than a request: a row with its kind, argument, progress and result, done by a few threads
 * and shown on a page.
 *
 * A job is started inside the caller's transaction: it exists if the change exists. Rows outlive the process: what was
 * running when it died is waiting again when the next one opens the store, and a kind must therefore be such that
 * running it again does no harm. A job that was tried too often has failed. A row that says "running" and is run by nobody, because how
 * it ended could not be written (a full disk, a database server that was away), is taken back by the process itself.
 *
 * Threads: Jobs may be used by all; a JobRun by the thread that runs it. */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"

typedef struct Jobs Jobs;
typedef struct JobRun JobRun;

/* --- Kinds -------------------------------------------------------------------------------------------------------- */

/* Does the work; at its end job_result. Failing sets err, which becomes the row's `error`. BH_UNAVAILABLE is tried again, later, up to
 * the kind's attempts. */
typedef bool (*JobFunction)(JobRun *run, GError **err);

typedef struct {
    const char *name; /* "read-document": as in the API; stable */
    JobFunction run;
    int attempts;      /* how often it is begun at most, also after a process died in it; 0: 3 */
    int every_minutes; /* started by itself at that distance; 0: only when someone starts it */
    int from_hour;     /* with a day's distance: from this hour of the store's zone on, rather than that distance; 0: at any */
    bool alone;        /* never two of the kind at a time: the later one waits, and sees what the earlier one wrote */
} JobKind;

struct JobRun {
    Arena *arena; /* lives as long as the run */
    Db *db;
    const Clock *clock;
    Log *log;
    void *data; /* of JobsOptions: what kinds need */
    Str uid, kind;
    const JsonValue *argument; /* an object, or NULL */
    int64_t account;           /* who started it; DB_NULL_INT: the scheduler */
    int attempt;               /* 1 the first time */
};

/* Says how far it is: `progress` 0 to 1, `doing` one of the kind's own ids or NULL. Written at most five times a second.
 * Fails with BH_UNAVAILABLE "stopping" when the process wants to end: return that, and the job waits for the next one.
 * Long loops call it often. */
bool job_progress(JobRun *run, double progress, const char *doing, GError **err);

/* Opens the result: the caller writes one JSON value. */
JsonWriter *job_result(JobRun *run);

/* --- Starting ----------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *kind;
    Str argument;    /* a JSON object; STR_NONE: none */
    int64_t account; /* DB_NULL_INT: nobody */
    int64_t at_ms;   /* now, by the store's clock */
} JobStart;

/* A row in the caller's transaction; ret_uid in arena. jobs_wake after the commit, or the runners see it within a second. */
bool job_start(DbConn *tx, const JobStart *start, Arena *arena, Str *ret_uid, GError **err);
void jobs_wake(Jobs *jobs);

/* --- Running ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const JobKind *const *tables; /* each ends in a row without a name */
    size_t n_tables;
    Log *log; /* may be NULL */
    void *data;
    bool (*look)(void *data, GError **err); /* with that data, as often as the schedule is looked at; NULL: nothing */
} JobsOptions;

/* Told on a runner's thread after each committed change of a row; must be quick. */
typedef void (*JobListener)(Str uid, void *data);

/* Puts jobs that a dead process was running back to waiting. The caller owns the store (db_own or DATA/lock): nobody
 * else runs jobs in it. jobs_run then starts the threads (0: 2) that run them; without it, jobs_run_due does. */
Jobs *jobs_new(Db *db, const Clock *clock, const JobsOptions *options, GError **err);
void jobs_run(Jobs *jobs, int threads);

/* Only one listener: the server. Set before it serves, NULL before it goes. */
void jobs_listen(Jobs *jobs, JobListener listener, void *data);

/* Tells running jobs to stop, waits for them, frees. What they had begun waits for the next process. */
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)

/* Runs on this thread, one after the other, every job that waits and every periodic one that is due by the clock, until there
 * is none: for commands, and for `bihuan demo --advance`. ret_count (may be NULL): how many. */
bool jobs_run_due(Jobs *jobs, int64_t *ret_count, GError **err);

/* --- Reading ------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t id;
    Str uid, kind, state; /* "waiting", "running", "done", "failed" */
    int64_t progress_permille;
    Str doing, result, error; /* result, error: JSON, or STR_NONE */
    int64_t account;          /* DB_NULL_INT: the scheduler */
    int64_t created, finished; /* instants; finished may be DB_NULL_INT */
    int64_t attempts;
} Job;

bool job_by_uid(DbConn *conn, Arena *arena, Str uid, Job *ret_job, bool *ret_found, GError **err);

/* The members of a job as the API shows them, but for `by`, into an open object. */
void job_write(const Job *job, int zone_minutes, JsonWriter *writer);

/* How many wait (-1: the store cannot be read) and run, for metrics. */
void jobs_count(const Jobs *jobs, int *ret_waiting, int *ret_running);
