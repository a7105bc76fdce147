/* run.h: private to job: the jobs of a process, and one that is being run. */
#pragma once

#include "job/job.h"

struct Jobs {
    Db *db;
    const Clock *clock;
    const JobKind **kinds; /* all tables as one, by no order; ends in NULL */
    Log *log;
    void *data;
    GThread **threads;
    int n_threads;
    GMutex lock;  /* over the condition, listener and claiming */
    GCond wake;
    guint wakes; /* how often jobs_wake was called */
    JobListener listener;
    void *listener_data;
    GMutex claims; /* over mine, and while a row is claimed or taken back: before any work of the writer */
    GArray *mine;  /* JobMine: rows that this process runs */
    bool (*look)(void *data, GError **err);
    gint stopping, running; /* atomic */
    gint untrimmed;         /* atomic: looks at the memory that are still to come since a job ended */
};

typedef struct {
    int64_t id;
    const JobKind *kind; /* NULL: no such kind */
} JobMine;

/* A job from its claim to its end. */
typedef struct {
    JobRun run; /* first: kinds get a pointer to it */
    Jobs *jobs;
    const JobKind *kind;
    int64_t id;
    GString *result;
    JsonWriter writer;
    int64_t told_ms; /* when its progress was written last */
    int told_permille;
    const char *told_doing;
} JobState;

const JobKind *jobs_kind(const Jobs *jobs, Str name); /* NULL: none */

/* Claims the job that waits longest; *ret_found false: none. */
bool job_claim(Jobs *jobs, Arena *arena, JobState *ret_state, bool *ret_found, GError **err);

/* Runs a claimed job to its end and writes how it ended. */
void job_execute(JobState *state);

/* Tells the listener. */
void jobs_changed(Jobs *jobs, Str uid);

/* Inserts the periodic kinds that are due by the clock. */
bool schedule_insert_due(Jobs *jobs, GError **err);
