/* The check as a whole: the caller reads, workers check batch by batch, and what they found is put together in the order of the file. So the answer is the same for any number of workers, and no more than
 * a few batches are in memory. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "hub/check.h"
#include "hub/wrong_file.h"

#include "base/banned.h"

enum { WORKERS_MOST = 8, FIRST_PLACES = 3, LOCKED_KEPT = 1000 /* of closed periods a file may hold whole years: they are counted, and so many kept as rejects */ };

/* A batch on its way. */
typedef struct {
    const IngestBatch *batch;
    const Mapping *mapping; /* NULL: its rows are passed over */
    uint32_t first_number;
    bool taken, done;
    GError *err;
    /* what came of it */
    Arena *arena;
    GString *wrong;
    GArray *rejects;
    Tally *tally;
    GArray *locked; /* HubLocked */
    int64_t rejected, unread;
} Job;

/* What was found in all batches. */
typedef struct {
    int64_t rows;
    size_t n_first;
    Str first[FIRST_PLACES];
    bool lost; /* of the reader's findings: no row came of it */
} Found;

typedef struct {
    Plan *plan;
    HubResult *result;
    Arena *arena; /* of the result */
    HubChecked *checked;
    ARENA_LIST(HubReject) rejects;
    Found *found;
    GHashTable *lost; /* code: Found */
    WrongFile *wrong;
    Mapping *mapping; /* of the table in hand */
    Mapping *shown;   /* the first that is usable, else the first */
    int64_t passed_over;
    ARENA_LIST(HubLocked) locked;
    size_t locked_kept;
    uint32_t next_number;
    bool too_many;
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
        wrong_line(rows, i, job->wrong);
        if (rows->rejects[i] && job->rejects->len <= LIMIT_BATCH_REJECTS) {
            HubReject reject = wrong_reject(rows, i, job->arena);
            g_array_append_val(job->rejects, reject);
        }
    }
}

static void run_job(const Check *check, Job *job, ExprRunner *runner, Arena *arena)
{
    const Plan *plan = check->plan;
    Rows rows = { .plan = plan, .mapping = job->mapping, .batch = job->batch, .first_number = job->first_number, .arena = arena, .runner = runner };
    job->arena = arena_new();
    job->wrong = g_string_new(NULL);
    job->rejects = g_array_new(false, false, sizeof(HubReject));
    job->locked = g_array_new(false, false, sizeof(HubLocked));
    job->tally = ARENA_ARRAY(job->arena, Tally, tally_size(plan));
    if (!job->mapping || job->batch->n_rows == 0 || !rows_check(&rows, &job->err))
        return;
    memcpy(job->tally, rows.tally, tally_size(plan) * sizeof(Tally));
    job->rejected = rows.n_rejected;
    job->unread = rows.n_unread;
    if (rows.locked.n > 0)
        g_array_append_vals(job->locked, rows.locked.v, (guint) rows.locked.n);
    keep_wrong(&rows, job);
}

static void clear_job(Job *job)
{
    ingest_batch_free(job->batch);
    g_clear_error(&job->err);
    arena_free(job->arena);
    if (job->wrong)
        g_string_free(job->wrong, true);
    if (job->rejects)
        g_array_unref(job->rejects);
    if (job->locked)
        g_array_unref(job->locked);
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

/* --- Put together ------------------------------------------------------------------------------------------------------------------ */

static Str place_of(const Check *check, const IngestPlace *place)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ingest_place_write(check->plan->reader, place, text);
    return arena_str(check->arena, str_from_gstring(text));
}

static void add_tally(Check *check, const Job *job)
{
    for (size_t i = 0; i < tally_size(check->plan); i++) {
        const Tally *tally = &job->tally[i];
        Found *found = &check->found[i];
        found->rows += tally->rows;
        for (size_t k = 0; k < MIN((size_t) tally->rows, G_N_ELEMENTS(tally->first)) && found->n_first < FIRST_PLACES; k++)
            found->first[found->n_first++] = place_of(check, &job->batch->rows[tally->first[k]].place);
    }
}

/* More than LIMIT_BATCH_REJECTS, and the file is refused; what a lock rejects is no mistake in it. */
static bool has_room(const Check *check)
{
    return check->rejects.n - check->locked_kept <= LIMIT_BATCH_REJECTS;
}

static void add_locked(Check *check, const HubLocked *locked)
{
    for (size_t i = 0; i < check->locked.n; i++)
        if (check->locked.v[i].period == locked->period) {
            check->locked.v[i].rows += locked->rows;
            return;
        }
    *ARENA_PUSH(check->arena, &check->locked) = *locked;
}

static void add_lost(Check *check, const IngestFinding *finding)
{
    Found *found = g_hash_table_lookup(check->lost, finding->code);
    if (!found) {
        found = ARENA_NEW(check->arena, Found);
        g_hash_table_insert(check->lost, (gpointer) finding->code, found);
    }
    found->rows++;
    found->lost |= finding->lost;
    if (found->n_first < FIRST_PLACES)
        found->first[found->n_first++] = place_of(check, &finding->place);
    if (!finding->lost)
        return;
    check->result->rows++;
    check->result->rejected++;
    check->result->unread++;
    if (has_room(check))
        *ARENA_PUSH(check->checked->arena, &check->rejects) = wrong_lost(check->plan, finding, check->next_number++, check->checked->arena);
}

static HubReject copy_reject(const HubReject *reject, Arena *arena)
{
    HubReject copy = *reject;
    copy.at = arena_str(arena, reject->at);
    copy.field = arena_str(arena, reject->field);
    copy.sealed = arena_str(arena, reject->sealed);
    copy.shown = arena_str(arena, reject->shown);
    return copy;
}

static void add_rejects(Check *check, const Job *job)
{
    for (guint i = 0; i < job->rejects->len && has_room(check); i++) {
        const HubReject *reject = &g_array_index(job->rejects, HubReject, i);
        bool locked = g_str_equal(reject->code, reject_codes[REJECT_LOCKED]);
        if (locked && check->locked_kept == LOCKED_KEPT)
            continue;
        check->locked_kept += locked;
        *ARENA_PUSH(check->checked->arena, &check->rejects) = copy_reject(reject, check->checked->arena);
    }
}

static int by_period(const void *a, const void *b)
{
    const HubLocked *x = a, *y = b;
    return (x->period > y->period) - (x->period < y->period);
}

static bool write_wrong(Check *check, const Job *job, GError **err)
{
    if (job->wrong->len == 0 || check->plan->import->dry_run)
        return true;
    if (!check->wrong) {
        g_autoptr(GString) header = g_string_new(NULL);
        wrong_header(check->plan, check->shown->table, header);
        check->wrong = wrong_file_new(hub_open(check->plan->hub)->blobs, err);
        if (!check->wrong || !wrong_file_add(check->wrong, str_from_gstring(header), err))
            return false;
    }
    return wrong_file_add(check->wrong, str_from_gstring(job->wrong), err);
}

static bool add_job(Check *check, Job *job, GError **err)
{
    if (job->err) {
        g_propagate_error(err, g_steal_pointer(&job->err));
        return false;
    }
    check->result->rows += (int64_t) job->batch->n_rows;
    if (!job->mapping) {
        check->passed_over += (int64_t) job->batch->n_rows;
        check->result->rejected += (int64_t) job->batch->n_rows;
        check->result->unread += (int64_t) job->batch->n_rows;
    } else {
        add_tally(check, job);
        check->result->rejected += job->rejected;
        check->result->unread += job->unread;
    }
    for (guint i = 0; i < job->locked->len; i++)
        add_locked(check, &g_array_index(job->locked, HubLocked, i));
    add_rejects(check, job);
    for (size_t i = 0; i < job->batch->n_findings; i++)
        add_lost(check, &job->batch->findings[i]);
    check->too_many |= !has_room(check);
    return write_wrong(check, job, err);
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------------- */

/* The columns of the error file are those of the first table. */
static void make_error_places(const Check *check, Mapping *mapping)
{
    const IngestTable *first = check->shown->table;
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
    if (!check->shown || (!check->shown->usable && check->mapping->usable))
        check->shown = check->mapping;
    make_error_places(check, check->mapping);
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
    *job = (Job) { .batch = ingest_batch_take(check->plan->reader), .first_number = check->next_number };
    see_table(check, job->batch);
    job->mapping = is_ours(check, job->batch) ? check->mapping : NULL;
    check->next_number += (uint32_t) job->batch->n_rows;
    return true;
}

static bool tell(const Check *check, HubTold told, void *data, GError **err)
{
    uint64_t bytes = check->plan->import->bytes;
    HubProgress progress = { .phase = HUB_CHECKING, .rows = check->result->rows, .done = bytes > 0 ? MIN(1.0, (double) ingest_position(check->plan->reader) / (double) bytes) : 0 };
    return !told || told(&progress, data, err);
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
    while (ok && more && !check->too_many) {
        Job job = { 0 };
        if (check->tail - check->head == check->n_jobs)
            ok = finish_oldest(check, err) && tell(check, told, data, err);
        ok = ok && read_job(check, &job, &more, err);
        if (ok && more)
            put_job(check, &job);
    }
    while (ok && check->head < check->tail && !check->too_many)
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

/* --- The result --------------------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(HubFound) FoundList;

static void list_found(const Check *check, FoundList *list, const Found *found, HubFound what)
{
    if (found->rows == 0)
        return;
    Str first = STR("");
    for (size_t i = 0; i < found->n_first; i++)
        first = i == 0 ? found->first[i] : arena_printf(check->arena, STR_FMT ", " STR_FMT, STR_ARG(first), STR_ARG(found->first[i]));
    what.rows = found->rows;
    what.first = first;
    *ARENA_PUSH(check->arena, list) = what;
}

static void list_number(const Check *check, FoundList *list, uint16_t number)
{
    const PackDataset *dataset = check->plan->dataset;
    Str name = hub_found_name(dataset, number, check->arena);
    HubFound what = { .code = name, .held = hub_found_level(dataset, number) == PACK_ERROR };
    if (number >= HUB_FOUND_TYPE && number < HUB_FOUND_REPEATED) {
        what.field = name;
        (void) str_cut(&what.field, ':');
    }
    list_found(check, list, &check->found[tally_of_found(check->plan, number)], what);
}

static int by_rows(const void *a, const void *b)
{
    const HubFound *p = a, *q = b;
    int order = (p->rows < q->rows) - (p->rows > q->rows);
    return order ? order : str_cmp(p->code, q->code) ? str_cmp(p->code, q->code) : str_cmp(p->field, q->field);
}

static void list_rejects(const Check *check, FoundList *list)
{
    const Plan *plan = check->plan;
    for (int reject = 1; reject < REJECTS; reject++)
        for (int t = -1; t < (int) plan->n_targets; t++)
            list_found(check, list, &check->found[tally_of_reject(plan, (Reject) reject, t)],
                       (HubFound) { .code = str_from(reject_codes[reject]), .field = t >= 0 ? plan->targets[t].id : STR_NONE, .reject = true });
    GHashTableIter iter;
    gpointer code, found;
    g_hash_table_iter_init(&iter, check->lost);
    while (g_hash_table_iter_next(&iter, &code, &found))
        list_found(check, list, found, (HubFound) { .code = str_from(code), .reject = ((const Found *) found)->lost });
    list_found(check, list, &(Found) { .rows = check->passed_over }, (HubFound) { .code = STR("other-table"), .reject = true });
}

static void write_found(Check *check, int64_t repeated)
{
    const Plan *plan = check->plan;
    FoundList list = { 0 };
    for (size_t i = 0; i < plan->dataset->rules.n; i++)
        list_number(check, &list, (uint16_t) i);
    for (size_t i = 0; i < plan->dataset->record->n_fields; i++) {
        list_number(check, &list, (uint16_t) (HUB_FOUND_TYPE + i));
        list_number(check, &list, (uint16_t) (HUB_FOUND_REQUIRED + i));
    }
    for (unsigned bit = 1; bit < PERSON_MARKS; bit++)
        list_number(check, &list, (uint16_t) (HUB_FOUND_PERSON + bit));
    check->found[tally_of_found(plan, HUB_FOUND_REPEATED)].rows = repeated;
    list_number(check, &list, HUB_FOUND_REPEATED);
    list_rejects(check, &list);
    if (list.n > 0)
        qsort(list.v, list.n, sizeof *list.v, by_rows);
    check->result->found = list.v;
    check->result->n_found = list.n;
}

static bool refuse_table(const Check *check, GError **err)
{
    const Mapping *mapping = check->shown;
    Str field = mapping->lacks_field;
    if (g_str_equal(mapping->lacks, "no-columns"))
        error_set(err, BH_BAD_INPUT, "no column of the file is one of " STR_FMT, STR_ARG(check->plan->dataset->full_name));
    else
        error_set(err, BH_BAD_INPUT, "the file has no column for '" STR_FMT "', which each row must say", STR_ARG(field));
    error_hint(err, "columns are known by id, name or other names; a mapping says which are called otherwise");
    error_params(err, "field=" STR_FMT "\ndataset=" STR_FMT, STR_ARG(field), STR_ARG(check->plan->dataset->full_name));
    return error_detail(err, mapping->lacks);
}

static void write_headers(Check *check)
{
    if (!check->shown)
        return;
    check->result->headers = check->shown->headers;
    check->result->n_headers = check->shown->table->n_columns;
}

static bool write_result(Check *check, GError **err)
{
    HubResult *result = check->result;
    write_headers(check);
    if (check->shown && !check->shown->usable)
        return refuse_table(check, err);
    check->checked->run = run_finish(g_steal_pointer(&check->plan->run), err);
    if (!check->checked->run)
        return false;
    const RunSummary *summary = run_summary(check->checked->run);
    result->held = summary->held;
    result->warned = summary->warned;
    result->repeated = summary->repeated;
    result->accepted = summary->rows - summary->held - summary->warned;
    result->refused = check->too_many || (check->plan->import->strict && (result->rejected > 0 || result->held > 0));
    write_found(check, summary->repeated);
    check->checked->rejects = check->rejects.v;
    check->checked->n_rejects = check->too_many ? MIN(check->rejects.n, (size_t) LIMIT_BATCH_REJECTS) : check->rejects.n;
    if (check->locked.n > 1)
        qsort(check->locked.v, check->locked.n, sizeof *check->locked.v, by_period);
    result->locked = check->locked.v;
    result->n_locked = check->locked.n;
    if (check->wrong) {
        result->has_errors = true;
        return wrong_file_end(g_steal_pointer(&check->wrong), &result->errors, err);
    }
    return true;
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
    check->found = ARENA_ARRAY(arena, Found, tally_size(check->plan));
    return check->plan->run != NULL;
}

HubChecked *hub_check(Hub *hub, const HubImport *import, IngestReader *reader, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err)
{
    g_autoptr(HubChecked) checked = g_new0(HubChecked, 1);
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(GHashTable) lost = g_hash_table_new(g_str_hash, g_str_equal);
    Plan plan = { 0 };
    Job jobs[2 * WORKERS_MOST] = { 0 };
    checked->arena = arena_new();
    checked->rules = arena_str(checked->arena, import->dataset->pack->hash);
    *ret_result = (HubResult) { .batch = DB_NULL_INT };
    Check check = { .plan = &plan, .result = ret_result, .arena = arena, .checked = checked, .lost = lost, .next_number = 1, .jobs = jobs, .n_jobs = G_N_ELEMENTS(jobs) };
    g_mutex_init(&check.lock);
    g_cond_init(&check.changed);
    bool ok = prepare(&check, hub, import, packs, arena, err);
    plan.reader = reader;
    ok = ok && read_all(&check, told, data, err) && write_result(&check, err);
    g_cond_clear(&check.changed);
    g_mutex_clear(&check.lock);
    wrong_file_free(check.wrong);
    run_writer_free(plan.run);
    hub_orgs_free((HubOrgs *) plan.orgs);
    hub_locks_free(plan.locks);
    return ok ? g_steal_pointer(&checked) : NULL;
}
