/* The check as a whole: the caller reads, workers check batch by batch, and what they found is put together in the order of the file. So the answer is the same for any number of workers, and no more than
 * a few batches are in memory. */
#include "hub/check_found.h"

#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

enum { WORKERS_MOST = 8 };

/* A batch on its way. */
typedef struct {
    const IngestBatch *batch;
    const Mapping *mapping; /* NULL: its rows are passed over */
    uint32_t first_number;
    bool taken, done;
    GError *err;
    BatchFound found;
} Job;

typedef struct {
    Plan *plan;
    Findings findings;
    Arena *arena;     /* of the result */
    Mapping *mapping; /* of the table in hand */
    /* workers; a ring of jobs from `head` to before `tail` */
    GMutex lock;
    GCond changed;
    Job *jobs;
    size_t n_jobs, head, tail;
    bool ended;
    GThread *threads[WORKERS_MOST];
    size_t n_threads;
} Check;

/* --- One batch ------------------------------------------------------------------------------------------------------------------ */

static void keep_wrong(const Rows *rows, Job *job)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (!rows->rejects[i] && rows->states[i] != HUB_HELD)
            continue;
        wrong_line(rows, i, job->found.wrong);
        if (rows->rejects[i] && job->found.rejects->len <= LIMIT_BATCH_REJECTS) {
            HubReject reject = wrong_reject(rows, i, job->found.arena);
            g_array_append_val(job->found.rejects, reject);
        }
    }
}

static void run_job(const Check *check, Job *job, ExprRunner *runner, Arena *arena)
{
    const Plan *plan = check->plan;
    Rows rows = { .plan = plan, .mapping = job->mapping, .batch = job->batch, .first_number = job->first_number, .arena = arena, .runner = runner };
    job->found.arena = arena_new();
    job->found.wrong = g_string_new(NULL);
    job->found.rejects = g_array_new(false, false, sizeof(HubReject));
    job->found.locked = g_array_new(false, false, sizeof(HubLocked));
    job->found.tally = ARENA_ARRAY(job->found.arena, Tally, tally_size(plan));
    if (!job->mapping || job->batch->n_rows == 0 || !rows_check(&rows, &job->err))
        return;
    memcpy(job->found.tally, rows.tally, tally_size(plan) * sizeof(Tally));
    job->found.rejected = rows.n_rejected;
    job->found.unread = rows.n_unread;
    if (rows.locked.n > 0)
        g_array_append_vals(job->found.locked, rows.locked.v, (guint) rows.locked.n);
    keep_wrong(&rows, job);
}

static void clear_job(Job *job)
{
    ingest_batch_free(job->batch);
    g_clear_error(&job->err);
    arena_free(job->found.arena);
    if (job->found.wrong)
        g_string_free(job->found.wrong, true);
    if (job->found.rejects)
        g_array_unref(job->found.rejects);
    if (job->found.locked)
        g_array_unref(job->found.locked);
    *job = (Job) { 0 };
}

/* --- Workers -------------------------------------------------------------------------------------------------------------------- */

static Job *next_job(Check *check)
{
    for (;;) {
        for (size_t i = check->head; i < check->tail; i++)
            if (!check->jobs[i % check->n_jobs].taken)
                return &check->jobs[i % check->n_jobs];
        if (check->ended)
            return NULL;
        g_cond_wait(&check->changed, &check->lock);
    }
}

static gpointer worker(gpointer data)
{
    Check *check = data;
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(Arena) arena = arena_new();
    ArenaMark start = arena_mark(arena);
    Job *job;
    g_mutex_lock(&check->lock);
    while ((job = next_job(check))) {
        job->taken = true;
        g_mutex_unlock(&check->lock);
        run_job(check, job, runner, arena);
        arena_rewind(arena, start);
        g_mutex_lock(&check->lock);
        job->done = true;
        g_cond_broadcast(&check->changed);
    }
    g_mutex_unlock(&check->lock);
    return NULL;
}

static void start_workers(Check *check)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = (size_t) CLAMP(cpus, 1, WORKERS_MOST);
    for (; check->n_threads < n; check->n_threads++)
        check->threads[check->n_threads] = g_thread_new("check", worker, check);
}

static void end_workers(Check *check)
{
    g_mutex_lock(&check->lock);
    check->ended = true;
    g_cond_broadcast(&check->changed);
    g_mutex_unlock(&check->lock);
    for (size_t i = 0; i < check->n_threads; i++)
        g_thread_join(check->threads[i]);
    check->n_threads = 0;
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------------- */

/* The columns of the error file are those of the first table. */
static void make_error_places(const Check *check, Mapping *mapping)
{
    const IngestTable *first = check->findings.shown->table;
    mapping->error_places = ARENA_ARRAY(check->arena, int, first->n_columns);
    for (size_t c = 0; c < first->n_columns; c++) {
        if (wrong_is_own_column(str_trim(first->columns[c])))
            continue;
        int place = mapping->table == first ? (int) c : -1;
        for (size_t k = 0; place < 0 && k < mapping->table->n_columns; k++)
            place = str_eq(mapping->table->columns[k], first->columns[c]) ? (int) k : -1;
        mapping->error_places[mapping->n_error_places++] = place;
    }
}

static void see_table(Check *check, const IngestBatch *batch)
{
    if (!batch->table || (check->mapping && check->mapping->table == batch->table))
        return;
    check->mapping = mapping_make(check->plan, batch, check->arena);
    if (!check->findings.shown || (!check->findings.shown->usable && check->mapping->usable))
        check->findings.shown = check->mapping;
    make_error_places(check, check->mapping);
}

/* A file of a heading alone has no batch that would show its table. */
static void see_header_alone(Check *check)
{
    const IngestTable *table = ingest_header(check->plan->reader);
    if (!check->mapping && table)
        see_table(check, &(IngestBatch) { .table = table });
}

static bool is_ours(const Check *check, const IngestBatch *batch)
{
    return batch->table && (!batch->table->dataset || batch->table->dataset == check->plan->dataset) && check->mapping->usable;
}

static bool read_job(Check *check, Job *job, bool *ret_more, GError **err)
{
    const IngestBatch *batch;
    if (!ingest_next(check->plan->reader, &batch, err))
        return false;
    *ret_more = batch != NULL;
    if (!batch)
        return true;
    *job = (Job) { .batch = ingest_batch_take(check->plan->reader), .first_number = check->findings.next_number };
    see_table(check, job->batch);
    job->mapping = is_ours(check, job->batch) ? check->mapping : NULL;
    check->findings.next_number += (uint32_t) job->batch->n_rows;
    return true;
}

static bool tell(const Check *check, HubTold told, void *data, GError **err)
{
    uint64_t bytes = check->plan->import->bytes;
    HubProgress progress = { .phase = HUB_CHECKING, .rows = check->findings.result->rows, .done = bytes > 0 ? MIN(1.0, (double) ingest_position(check->plan->reader) / (double) bytes) : 0 };
    return !told || told(&progress, data, err);
}

static bool add_job(Check *check, Job *job, GError **err)
{
    if (!job->err)
        return check_found_add(&check->findings, job->batch, job->mapping != NULL, &job->found, err);
    g_propagate_error(err, g_steal_pointer(&job->err));
    return false;
}

/* Takes in what the oldest job found, once it is done. */
static bool finish_oldest(Check *check, GError **err)
{
    Job *job = &check->jobs[check->head % check->n_jobs];
    g_mutex_lock(&check->lock);
    while (!job->done)
        g_cond_wait(&check->changed, &check->lock);
    check->head++;
    g_mutex_unlock(&check->lock);
    bool ok = add_job(check, job, err);
    clear_job(job);
    return ok;
}

static void put_job(Check *check, const Job *job)
{
    g_mutex_lock(&check->lock);
    check->jobs[check->tail++ % check->n_jobs] = *job;
    g_cond_broadcast(&check->changed);
    g_mutex_unlock(&check->lock);
}

/* A file of one batch needs no other thread. */
static bool run_alone(Check *check, Job *job, GError **err)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(Arena) arena = arena_new();
    run_job(check, job, runner, arena);
    bool ok = add_job(check, job, err);
    clear_job(job);
    return ok;
}

static bool run_together(Check *check, Job *first, Job *second, HubTold told, void *data, GError **err)
{
    bool more = true, ok = true;
    start_workers(check);
    put_job(check, first);
    put_job(check, second);
    while (ok && more && !check->findings.too_many) {
        Job job = { 0 };
        if (check->tail - check->head == check->n_jobs)
            ok = finish_oldest(check, err) && tell(check, told, data, err);
        ok = ok && read_job(check, &job, &more, err);
        if (ok && more)
            put_job(check, &job);
    }
    while (ok && check->head < check->tail && !check->findings.too_many)
        ok = finish_oldest(check, err);
    end_workers(check);
    for (size_t i = check->head; i < check->tail; i++)
        clear_job(&check->jobs[i % check->n_jobs]);
    return ok;
}

static bool read_all(Check *check, HubTold told, void *data, GError **err)
{
    Job first = { 0 }, second = { 0 };
    bool more, others = false;
    if (!read_job(check, &first, &more, err))
        return false;
    if (!more)
        return true;
    if (!read_job(check, &second, &others, err)) {
        clear_job(&first);
        return false;
    }
    bool ok = others ? run_together(check, &first, &second, told, data, err) : run_alone(check, &first, err);
    return ok && tell(check, told, data, err);
}

/* --- All ------------------------------------------------------------------------------------------------------------------------------------- */

void hub_checked_free(HubChecked *checked)
{
    if (!checked)
        return;
    run_free(checked->run);
    arena_free(checked->arena);
    g_free(checked);
}

static bool prepare(Check *check, Hub *hub, const HubImport *import, const PacksRef *packs, Arena *arena, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(hub)->db, err);
    g_autofree char *tmp = g_build_filename(hub_open(hub)->data_dir, "tmp", NULL);
    if (!conn || !hub_plan_make(check->plan, hub, import, packs, conn, arena, err) || !file_make_dir(tmp, err))
        return false;
    check->plan->locks = hub_locks_new(hub, import->dataset, clock_today(hub_open(hub)->clock));
    check->plan->run = run_writer_new(tmp, &check->plan->table, err);
    return check->plan->run != NULL;
}

static bool finish(Check *check, HubChecked *checked, GError **err)
{
    see_header_alone(check);
    if (!check_found_table(&check->findings, err))
        return false;
    checked->run = run_finish(g_steal_pointer(&check->plan->run), err);
    return checked->run && check_found_end(&check->findings, err);
}

HubChecked *hub_check(Hub *hub, const HubImport *import, IngestReader *reader, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err)
{
    g_autoptr(HubChecked) checked = g_new0(HubChecked, 1);
    g_autoptr(PacksRef) packs = hub_packs(hub);
    Plan plan = { 0 };
    Job jobs[2 * WORKERS_MOST] = { 0 };
    checked->arena = arena_new();
    checked->rules = arena_str(checked->arena, import->dataset->pack->hash);
    *ret_result = (HubResult) { .batch = DB_NULL_INT };
    Check check = { .plan = &plan, .arena = arena, .jobs = jobs, .n_jobs = G_N_ELEMENTS(jobs) };
    g_mutex_init(&check.lock);
    g_cond_init(&check.changed);
    bool ok = prepare(&check, hub, import, packs, arena, err);
    plan.reader = reader;
    if (ok) {
        check_found_begin(&check.findings, &plan, checked, ret_result, arena);
        ok = read_all(&check, told, data, err) && finish(&check, checked, err);
        check_found_clear(&check.findings);
    }
    g_cond_clear(&check.changed);
    g_mutex_clear(&check.lock);
    run_writer_free(plan.run);
    hub_orgs_free((HubOrgs *) plan.orgs);
    hub_locks_free(plan.locks);
    return ok ? g_steal_pointer(&checked) : NULL;
}
