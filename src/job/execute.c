#include "base/problem.h"
#include "db/queries.h"
#include "job/run.h"

#include "base/banned.h"

enum {
    ATTEMPTS = 3,
    PROGRESS_MS = 200,      /* at least so long between two writings of a job's progress */
    AGAIN_MS = 30 * 1000,   /* how long a job waits that could not reach something, times its attempts */
    END_ATTEMPTS = 6,       /* to write how it ended: a row that says "running" is run by nobody until it is taken back */
    END_PAUSE_MS = 1000,
};

/* --- Claiming ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t now;
    Str busy; /* kinds that are run alone and are: |one|other| */
    Arena *arena;
    JobNextRow row;
    bool found;
} Claim;

/* By who holds the claims. */
static Str busy_kinds(const Jobs *jobs, Arena *arena)
{
    Str busy = STR("|");
    for (guint i = 0; i < jobs->mine->len; i++) {
        const JobKind *kind = g_array_index(jobs->mine, JobMine, i).kind;
        if (kind && kind->alone)
            busy = arena_printf(arena, STR_FMT "%s|", STR_ARG(busy), kind->name);
    }
    return busy;
}

static bool claim_work(DbConn *tx, void *data, GError **err)
{
    Claim *claim = data;
    int64_t changes;
    if (!db_one(tx, JobNext, claim->arena, &claim->row, &claim->found, err, .now = claim->now, .busy = claim->busy))
        return false;
    if (!claim->found)
        return true;
    if (!db_exec(tx, JobBegin, &changes, err, .id = claim->row.id))
        return false;
    claim->found = changes == 1; /* 0: on a server of databases another connection was quicker */
    return true;
}

static bool something_waits(Jobs *jobs, const Claim *claim, bool *ret_waits, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(jobs->db, err);
    JobNextRow row;
    return conn && db_one(conn, JobNext, claim->arena, &row, ret_waits, err, .now = claim->now, .busy = claim->busy);
}

/* A row that is claimed is mine before anybody looks for rows that nobody runs. */
static bool claim_row(Jobs *jobs, Claim *claim, GError **err)
{
    g_mutex_lock(&jobs->claims);
    claim->busy = busy_kinds(jobs, claim->arena);
    bool ok = db_write(jobs->db, DB_INTERACTIVE, claim_work, claim, err);
    if (ok && claim->found) {
        JobMine mine = { claim->row.id, jobs_kind(jobs, claim->row.kind) };
        g_array_append_val(jobs->mine, mine);
    }
    g_mutex_unlock(&jobs->claims);
    return ok;
}

static void let_go(Jobs *jobs, int64_t id)
{
    g_mutex_lock(&jobs->claims);
    for (guint i = jobs->mine->len; i-- > 0;)
        if (g_array_index(jobs->mine, JobMine, i).id == id)
            g_array_remove_index_fast(jobs->mine, i);
    g_mutex_unlock(&jobs->claims);
}

bool job_claim(Jobs *jobs, Arena *arena, JobState *ret_state, bool *ret_found, GError **err)
{
    Claim claim = { .now = clock_now_ms(jobs->clock), .arena = arena };
    g_mutex_lock(&jobs->claims);
    claim.busy = busy_kinds(jobs, arena);
    g_mutex_unlock(&jobs->claims);
    if (!something_waits(jobs, &claim, ret_found, err))
        return false;
    if (*ret_found && !claim_row(jobs, &claim, err))
        return false;
    *ret_found = claim.found;
    if (!claim.found)
        return true;
    *ret_state = (JobState) {
        .run = { .arena = arena, .db = jobs->db, .clock = jobs->clock, .log = jobs->log, .data = jobs->data, .uid = claim.row.uid,
                 .kind = claim.row.kind, .account = claim.row.account, .attempt = (int) claim.row.attempts + 1 },
        .jobs = jobs, .kind = jobs_kind(jobs, claim.row.kind), .id = claim.row.id,
    };
    ret_state->run.argument = claim.row.argument.p ? json_parse(claim.row.argument, arena, NULL) : NULL;
    return true;
}

/* --- While it runs --------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id, permille;
    const char *doing;
} Progress;

static bool progress_work(DbConn *tx, void *data, GError **err)
{
    const Progress *progress = data;
    return db_exec(tx, JobProgress, NULL, err, .id = progress->id, .progress = progress->permille, .doing = str_from(progress->doing));
}

bool job_progress(JobRun *run, double progress, const char *doing, GError **err)
{
    JobState *state = (JobState *) run;
    if (g_atomic_int_get(&state->jobs->stopping)) {
        error_set(err, BH_UNAVAILABLE, "the program is stopping");
        return error_detail(err, "stopping");
    }
    Progress step = { state->id, (int64_t) (CLAMP(progress, 0, 1) * 1000), doing };
    int64_t now = monotonic_ms();
    bool same = step.permille == state->told_permille && doing == state->told_doing;
    if (same || (state->told_ms > 0 && now - state->told_ms < PROGRESS_MS))
        return true;
    state->told_ms = now;
    state->told_permille = (int) step.permille;
    state->told_doing = doing;
    if (!db_write(run->db, DB_MESSAGES, progress_work, &step, err))
        return false;
    jobs_changed(state->jobs, run->uid);
    return true;
}

JsonWriter *job_result(JobRun *run)
{
    JobState *state = (JobState *) run;
    if (!state->result)
        state->result = g_string_new(NULL);
    g_string_truncate(state->result, 0);
    json_writer_init(&state->writer, state->result, false);
    return &state->writer;
}

/* --- How it ends ------------------------------------------------------------------------------------------------------------- */

static bool done_work(DbConn *tx, void *data, GError **err)
{
    const JobState *state = data;
    Str result = state->result ? str_from_gstring(state->result) : STR_NONE;
    return db_exec(tx, JobDone, NULL, err, .id = state->id, .result = result, .finished = clock_now_ms(state->run.clock));
}

typedef struct {
    const JobState *state;
    Str error;          /* failed with it; or */
    int64_t not_before; /* waits again until then */
    int64_t back;
} Ending;

static bool ending_work(DbConn *tx, void *data, GError **err)
{
    const Ending *ending = data;
    if (ending->error.p)
        return db_exec(tx, JobFailed, NULL, err, .id = ending->state->id, .error = ending->error,
                       .finished = clock_now_ms(ending->state->run.clock));
    return db_exec(tx, JobAgain, NULL, err, .id = ending->state->id, .not_before = ending->not_before, .back = ending->back);
}

static bool is_stopping(const GError *err)
{
    return g_strcmp0(error_get_detail(err), "stopping") == 0;
}

static int attempts_of(const JobKind *kind)
{
    return kind && kind->attempts > 0 ? kind->attempts : ATTEMPTS;
}

static bool end_badly(JobState *state, const GError *failure, GError **err)
{
    bool again = is_stopping(failure) || (error_class_of(failure)->code == BH_UNAVAILABLE && state->run.attempt < attempts_of(state->kind));
    bool stands = clock_is_manual(state->run.clock) && state->jobs->n_threads > 0; /* a demo that is served: its clock reaches no later time by itself */
    bool at_once = is_stopping(failure) || stands;
    Ending ending = { .state = state, .not_before = clock_now_ms(state->run.clock) + (at_once ? 0 : (int64_t) AGAIN_MS * state->run.attempt),
                      .back = is_stopping(failure) };
    g_autoptr(GString) problem = g_string_new(NULL);
    JsonWriter writer;
    json_writer_init(&writer, problem, false);
    problem_write(&writer, failure);
    if (!again) {
        ending.error = str_from_gstring(problem);
        g_autoptr(GError) told = g_error_copy(failure);
        g_prefix_error(&told, STR_FMT ": ", STR_ARG(state->run.kind));
        log_failure(state->jobs->log, LOG_LEVEL_WARNING, "job-failed", told);
    }
    return db_write(state->run.db, DB_INTERACTIVE, ending_work, &ending, err);
}

static bool run_kind(JobState *state, GError **err)
{
    if (!state->kind)
        return error_set(err, BH_INTERNAL, "no such kind of job");
    if (state->run.attempt > attempts_of(state->kind)) {
        error_set(err, BH_CONFLICT, "the program, or the store, went away %d times while this job ran", attempts_of(state->kind));
        return error_detail(err, "job-crashed");
    }
    return state->kind->run(&state->run, err);
}

static bool is_passing(const GError *problem)
{
    BhError code = error_class_of(problem)->code;
    return code == BH_UNAVAILABLE || code == BH_FULL;
}

/* failure NULL: it is done. To write the same twice changes nothing. */
static bool write_end(JobState *state, const GError *failure, GError **err)
{
    for (int i = 1;; i++) {
        g_autoptr(GError) problem = NULL;
        if (failure ? end_badly(state, failure, &problem) : db_write(state->run.db, DB_INTERACTIVE, done_work, state, &problem))
            return true;
        if (i == END_ATTEMPTS || !is_passing(problem)) {
            g_propagate_error(err, g_steal_pointer(&problem));
            return false;
        }
        g_usleep(END_PAUSE_MS * 1000);
    }
}

void job_execute(JobState *state)
{
    g_autoptr(GError) failure = NULL, err = NULL;
    g_atomic_int_inc(&state->jobs->running);
    jobs_changed(state->jobs, state->run.uid);
    if (run_kind(state, &failure))
        g_clear_error(&failure);
    else if (!failure)
        error_set(&failure, BH_INTERNAL, "a job failed without saying why");
    if (!write_end(state, failure, &err)) /* the row says "running" until it is taken back */
        log_failure(state->jobs->log, LOG_LEVEL_ERROR, "job-end-not-written", err);
    let_go(state->jobs, state->id);
    if (state->result)
        g_string_free(state->result, TRUE);
    g_atomic_int_add(&state->jobs->running, -1);
    jobs_changed(state->jobs, state->run.uid);
}
