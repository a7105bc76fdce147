/* The writer: threads that each own one connection for writing and serve three queues.
 *
 * A durable commit costs a flush of the disk, whatever it holds. So works that wait together share one, each in a savepoint: what
 * one does wrong is taken back alone. When a shared transaction breaks as a whole, its works run again one by one.
 *
 * On PostgreSQL transactions are SERIALIZABLE, so that a work may decide by what it read, as on SQLite. Interactive works
 * nevertheless go through one connection at a time: nearly all of them append to the audit chain, so side by side they would
 * only make each other run again. Messages and bulk run beside them; at least two connections are kept free of bulk. Who lost a race twice
 * runs alone, so that everyone gets through. */
#include "db/driver.h"

#include "base/clock.h"

#include "base/banned.h"

enum { MOST_TOGETHER = 64, TOGETHER_MS = 100, MOST_ATTEMPTS = 6, SHARED_ATTEMPTS = 2, CONNECTIONS_WITHOUT_BULK = 2, BULK_REST_MS = 1000 };

/* How many works of a queue share a commit. */
static const size_t most_together[] = { [DB_INTERACTIVE] = MOST_TOGETHER, [DB_MESSAGES] = 16, [DB_BULK] = 1 };
enum { N_QUEUES = G_N_ELEMENTS(most_together) };

/* Lives on the stack of the thread that waits for it. */
typedef struct Work Work;
struct Work {
    DbWork run;
    void *data;
    Work *next;
    bool step; /* db_write_step */
    bool ok, done;
    GError *error;
    GCond changed;
};

typedef struct {
    Work *first, *last;
    int running; /* batches of this queue that run now */
    int most_running;
} Queue;

typedef struct {
    DbWriter *writer;
    DbConn *conn; /* NULL: not opened yet */
    GThread *thread;
    bool bulk; /* the connection is set up for bulk */
    int64_t bulk_until_us; /* and no longer, unless another bulk work comes */
} Lane;

typedef struct {
    DbQueue queue;
    size_t n;
    Work *works[MOST_TOGETHER];
    int commits;
} Batch;

struct DbWriter {
    DbOptions options;
    const DbDriver *driver;
    Db *db;
    GMutex lock; /* over queues, state and stopping, and the results of works */
    GCond changed;
    Queue queues[N_QUEUES];
    DbWriterState state;
    bool stopping;
    GRWLock alone; /* written: one transaction only; read: many */
    Lane *lanes;
};

/* --- Running --------------------------------------------------------------------------------------------------- */

static bool lane_begin(Lane *lane, bool soft, GError **err)
{
    if (!lane->conn)
        lane->conn = lane->writer->driver->open(&lane->writer->options, DB_FOR_WRITING, err);
    if (!lane->conn)
        return false;
    lane->conn->soft = soft;
    lane->conn->db = lane->writer->db;
    lane->conn->kept = db_kept_of(lane->writer->db);
    return db_conn_begin(lane->conn, err) && db_still_own(lane->writer->db, err);
}

/* A work that overlooks a failed statement has failed all the same. */
static bool run_work(DbConn *conn, Work *work)
{
    g_clear_error(&work->error);
    bool ok = work->run(conn, work->data, &work->error) && db_conn_run_hooks(conn, &work->error) && !conn->failure;
    if (ok)
        g_clear_error(&work->error);
    else if (!work->error && conn->failure)
        work->error = g_error_copy(conn->failure);
    else if (!work->error)
        error_set(&work->error, BH_INTERNAL, "a change failed without saying why");
    work->ok = ok;
    return ok;
}

/* False: the whole transaction is gone, or is better tried again. */
static bool run_in_savepoint(DbConn *conn, Work *work)
{
    if (!conn->driver->script(conn, "SAVEPOINT work", NULL))
        return false;
    bool ok = run_work(conn, work);
    if (!conn->in_transaction || conn->retry != DB_RETRY_NO)
        return false;
    db_conn_forget(conn);
    return conn->driver->script(conn, ok ? "RELEASE work" : "ROLLBACK TO work", NULL);
}

static bool commit(DbConn *conn, GError **err)
{
    if (!conn->driver->commit(conn, err))
        return false;
    db_kept_committed(conn);
    return true;
}

/* Once, in a transaction of its own. */
static bool try_once(Lane *lane, Work *work, DbRetry *ret_retry)
{
    g_clear_error(&work->error);
    work->ok = lane_begin(lane, work->step, &work->error) && run_work(lane->conn, work) && commit(lane->conn, &work->error);
    *ret_retry = lane->conn ? lane->conn->retry : DB_RETRY_NO;
    if (!work->ok && lane->conn)
        lane->conn->driver->rollback(lane->conn);
    if (lane->conn)
        db_conn_forget(lane->conn);
    return work->ok;
}

/* True: committed. */
static bool run_alone(Lane *lane, Work *work)
{
    GRWLock *lock = &lane->writer->alone;
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        DbRetry retry = DB_RETRY_NO;
        bool alone = attempt >= SHARED_ATTEMPTS;
        alone ? g_rw_lock_writer_lock(lock) : g_rw_lock_reader_lock(lock);
        bool ok = try_once(lane, work, &retry);
        alone ? g_rw_lock_writer_unlock(lock) : g_rw_lock_reader_unlock(lock);
        if (ok || retry == DB_RETRY_NO || (retry == DB_RETRY_IF_RACED && alone))
            break;
        if (retry == DB_RETRY_IF_RACED)
            attempt = MAX(attempt, SHARED_ATTEMPTS - 1);
    }
    return work->ok;
}

static void fail_all(Work **works, size_t n, const GError *error)
{
    for (size_t i = 0; i < n; i++) {
        works[i]->ok = false;
        g_clear_error(&works[i]->error);
        works[i]->error = g_error_copy(error);
    }
}

/* In one transaction, as many as fit in TOGETHER_MS. Returns how many are through. */
static size_t run_together(Lane *lane, Work **works, size_t n)
{
    int64_t end_ms = monotonic_ms() + TOGETHER_MS;
    g_autoptr(GError) error = NULL;
    if (!lane_begin(lane, false, &error)) {
        fail_all(works, n, error);
        return n;
    }
    size_t done = 0;
    bool sound = true;
    while (sound && done < n && (done == 0 || monotonic_ms() < end_ms))
        sound = run_in_savepoint(lane->conn, works[done++]);
    sound = sound && commit(lane->conn, NULL);
    if (!sound)
        lane->conn->driver->rollback(lane->conn);
    db_conn_forget(lane->conn);
    return sound ? done : 0;
}

static void run_batch(Lane *lane, Batch *batch)
{
    size_t done = 0;
    bool together = batch->n > 1;
    while (together && done < batch->n) {
        g_rw_lock_reader_lock(&lane->writer->alone);
        size_t through = run_together(lane, batch->works + done, batch->n - done);
        g_rw_lock_reader_unlock(&lane->writer->alone);
        together = through > 0;
        batch->commits += together;
        done += through;
    }
    for (; done < batch->n; done++)
        batch->commits += run_alone(lane, batch->works[done]);
}

/* --- Queues ---------------------------------------------------------------------------------------------------- */

static void put(Queue *queue, Work *work)
{
    if (queue->last)
        queue->last->next = work;
    else
        queue->first = work;
    queue->last = work;
}

static bool take_from(DbWriter *writer, DbQueue q, Batch *batch)
{
    Queue *queue = &writer->queues[q];
    if (!queue->first || queue->running >= queue->most_running)
        return false;
    batch->queue = q;
    batch->commits = 0;
    for (batch->n = 0; queue->first && batch->n < most_together[q]; queue->first = queue->first->next)
        batch->works[batch->n++] = queue->first;
    if (!queue->first)
        queue->last = NULL;
    queue->running++;
    writer->state.waiting[q] -= (int) batch->n;
    return true;
}

static bool anything_waits(const DbWriter *writer)
{
    for (int q = 0; q < N_QUEUES; q++)
        if (writer->queues[q].first)
            return true;
    return false;
}

/* The large cache of bulk works is given back when none came for a while. */
static void wait_for_change(Lane *lane)
{
    DbWriter *writer = lane->writer;
    if (!lane->bulk) {
        g_cond_wait(&writer->changed, &writer->lock);
    } else if (g_get_monotonic_time() >= lane->bulk_until_us || !g_cond_wait_until(&writer->changed, &writer->lock, lane->bulk_until_us)) {
        lane->conn->driver->bulk(lane->conn, false);
        lane->bulk = false;
    }
}

/* False: the writer stops, and nothing waits. */
static bool take(Lane *lane, Batch *batch)
{
    DbWriter *writer = lane->writer;
    g_mutex_lock(&writer->lock);
    bool taken = false;
    for (;;) {
        for (int q = 0; q < N_QUEUES && !taken; q++)
            taken = take_from(writer, (DbQueue) q, batch);
        if (taken || (writer->stopping && !anything_waits(writer)))
            break;
        wait_for_change(lane);
    }
    g_mutex_unlock(&writer->lock);
    return taken;
}

static void give_back(DbWriter *writer, Batch *batch)
{
    g_mutex_lock(&writer->lock);
    for (size_t i = 0; i < batch->n; i++) {
        batch->works[i]->done = true;
        g_cond_signal(&batch->works[i]->changed);
    }
    writer->queues[batch->queue].running--;
    writer->state.works += (int64_t) batch->n;
    writer->state.commits += batch->commits;
    if (writer->stopping)
        g_cond_broadcast(&writer->changed);
    else if (anything_waits(writer)) /* this lane takes one; another may be allowed only now */
        g_cond_signal(&writer->changed);
    g_mutex_unlock(&writer->lock);
}

static void *serve(void *data)
{
    Lane *lane = data;
    Batch batch;
    while (take(lane, &batch)) {
        run_batch(lane, &batch);
        if (batch.queue == DB_BULK && lane->conn) {
            if (!lane->bulk)
                lane->conn->driver->bulk(lane->conn, true);
            lane->bulk = true;
            lane->bulk_until_us = g_get_monotonic_time() + BULK_REST_MS * 1000;
        }
        give_back(lane->writer, &batch);
    }
    return NULL;
}

DbWriterState db_writer_look(DbWriter *writer)
{
    g_mutex_lock(&writer->lock);
    DbWriterState state = writer->state;
    g_mutex_unlock(&writer->lock);
    return state;
}

static bool put_and_wait(DbWriter *writer, DbQueue queue, Work *work, GError **err)
{
    for (int i = 0; i < writer->driver->n_writers; i++)
        if (writer->lanes[i].thread == g_thread_self())
            return error_set(err, BH_INTERNAL, "db_write within a write");
    g_cond_init(&work->changed);
    g_mutex_lock(&writer->lock);
    put(&writer->queues[queue], work);
    writer->state.waiting[queue]++;
    g_cond_signal(&writer->changed);
    while (!work->done)
        g_cond_wait(&work->changed, &writer->lock);
    g_mutex_unlock(&writer->lock);
    g_cond_clear(&work->changed);
    if (!work->ok)
        g_propagate_error(err, work->error);
    return work->ok;
}

bool db_writer_run(DbWriter *writer, DbQueue queue, DbWork run, void *data, GError **err)
{
    return put_and_wait(writer, queue, &(Work) { .run = run, .data = data }, err);
}

bool db_writer_run_step(DbWriter *writer, DbWork run, void *data, GError **err)
{
    return put_and_wait(writer, DB_BULK, &(Work) { .run = run, .data = data, .step = true }, err);
}

DbWriter *db_writer_new(const DbOptions *options, const DbDriver *driver, Db *db, DbConn *first)
{
    DbWriter *writer = g_new0(DbWriter, 1);
    writer->options = *options;
    writer->driver = driver;
    writer->db = db;
    g_mutex_init(&writer->lock);
    g_cond_init(&writer->changed);
    g_rw_lock_init(&writer->alone);
    int n = driver->n_writers;
    writer->queues[DB_INTERACTIVE].most_running = 1;
    writer->queues[DB_MESSAGES].most_running = n;
    writer->queues[DB_BULK].most_running = MAX(1, n - CONNECTIONS_WITHOUT_BULK);
    writer->lanes = g_new0(Lane, n);
    for (int i = 0; i < n; i++)
        writer->lanes[i] = (Lane) { .writer = writer, .conn = i == 0 ? first : NULL };
    g_mutex_lock(&writer->lock);
    for (int i = 0; i < n; i++)
        writer->lanes[i].thread = g_thread_new("db-writer", serve, &writer->lanes[i]);
    g_mutex_unlock(&writer->lock);
    return writer;
}

void db_writer_free(DbWriter *writer)
{
    if (!writer)
        return;
    g_mutex_lock(&writer->lock);
    writer->stopping = true;
    g_cond_broadcast(&writer->changed);
    g_mutex_unlock(&writer->lock);
    for (int i = 0; i < writer->driver->n_writers; i++) {
        g_thread_join(writer->lanes[i].thread);
        if (writer->lanes[i].conn)
            writer->driver->close(writer->lanes[i].conn);
    }
    g_free(writer->lanes);
    g_rw_lock_clear(&writer->alone);
    g_cond_clear(&writer->changed);
    g_mutex_clear(&writer->lock);
    g_free(writer);
}
