#include "db-fixture.h"

#include <inttypes.h>

#include "base/banned.h"

/* --- The writer ------------------------------------------------------------------------------------------------ */

static void test_group_commit(Fixture *f)
{
    Gate gate = { 0 };
    Caller first = { .db = f->db }, callers[9];
    static const char *const uids[] = { "a", "b", "c", "d", "a", "f", "g", "h", "i" }; /* one of the two a is refused */
    gate_start(&first, &gate);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        callers[i] = (Caller) { .db = f->db, .work = add_named, .data = (void *) uids[i] };
        caller_start(&callers[i]);
    }
    wait_until_waiting(f->db, DB_INTERACTIVE, G_N_ELEMENTS(callers));
    int64_t commits = db_writer_state(f->db).commits;
    g_atomic_int_set(&gate.go, 1);
    int refused = 0;
    caller_finish(&first);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        caller_finish(&callers[i]);
        if (!callers[i].ok) {
            assert_failed(&callers[i].error, BH_CONFLICT);
            g_assert_cmpstr(uids[i], ==, "a");
            refused++;
        }
    }
    g_assert_cmpint(refused, ==, 1);
    g_assert_cmpint(count_tasks(f->db), ==, 8);
    if (f->engine == DB_SQLITE)
        g_assert_cmpint(db_writer_state(f->db).commits - commits, ==, 2); /* the gate's, and one for all nine */
}

/* With one connection, what waits is served in the order of the queues, whatever came first. (On PostgreSQL they run side by side:
 * test_beside_bulk.) */
static void test_priorities(Fixture *f)
{
    Gate gate = { 0 };
    Caller first = { .db = f->db, .queue = DB_BULK };
    Caller callers[] = {
        { .db = f->db, .queue = DB_BULK, .work = add_named, .data = (void *) "bulk" },
        { .db = f->db, .queue = DB_MESSAGES, .work = add_named, .data = (void *) "message" },
        { .db = f->db, .queue = DB_INTERACTIVE, .work = add_named, .data = (void *) "interactive" },
    };
    gate_start(&first, &gate);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        caller_start(&callers[i]);
        wait_until_waiting(f->db, callers[i].queue, 1);
    }
    g_atomic_int_set(&gate.go, 1);
    caller_finish(&first);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++)
        caller_finish(&callers[i]);
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, TryTasksInOrder, &err);
    static const char *const want[] = { "interactive", "message", "bulk" };
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        TryTasksInOrderRow row;
        g_assert_true(db_next(rows, &row, &err));
        g_assert_true(str_eq(row.uid, str_from(want[i])));
    }
}

typedef struct {
    Db *db;
    gint steps;
} Series;

static bool slow_step(DbConn *tx, void *data, GError **err)
{
    (void) data;
    g_usleep(20 * 1000);
    return db_exec(tx, TryNoteAdd, NULL, err, .text = STR("step"));
}

static void *run_series(void *data)
{
    Series *series = data;
    for (int i = 0; i < 30; i++) {
        g_autoptr(GError) err = NULL;
        g_assert_true(db_write(series->db, DB_BULK, slow_step, NULL, &err));
        g_atomic_int_inc(&series->steps);
    }
    return NULL;
}

static void test_beside_bulk(Fixture *f)
{
    Series series[4] = { 0 };
    GThread *threads[4];
    g_autoptr(GError) err = NULL;
    for (int i = 0; i < 4; i++) {
        series[i].db = f->db;
        threads[i] = g_thread_new("series", run_series, &series[i]);
    }
    while (g_atomic_int_get(&series[0].steps) == 0)
        g_usleep(200);
    int before = g_atomic_int_get(&series[0].steps);
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "quick", &err));
    int waited = g_atomic_int_get(&series[0].steps) - before;
    g_assert_cmpint(waited, <=, 2);
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(count_tasks(f->db), ==, 1);
}

/* Everyone decides by what he read: the next number is the count so far. Side by side this works only when who lost a race runs
 * again. */
static bool add_next(DbConn *tx, void *data, GError **err)
{
    (void) data;
    TryTaskCountRow row;
    bool found = false;
    if (!db_one(tx, TryTaskCount, NULL, &row, &found, err))
        return false;
    char uid[32];
    g_snprintf(uid, sizeof uid, "%" PRId64, row.n);
    return add_task(tx, uid, 1, err);
}

static void *run_counters(void *data)
{
    for (int i = 0; i < 25; i++) {
        g_autoptr(GError) err = NULL;
        db_write(data, DB_MESSAGES, add_next, NULL, &err);
        g_assert_no_error(err);
    }
    return NULL;
}

static void test_races(Fixture *f)
{
    GThread *threads[6];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("counters", run_counters, f->db);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(count_tasks(f->db), ==, 150);
}

/* --- Hooks and data -------------------------------------------------------------------------------------------- */

typedef struct {
    int hook_runs, freed;
    int64_t seen;
    bool hook_fails;
} Hooked;

static bool count_at_end(DbConn *tx, void *data, GError **err)
{
    Hooked *hooked = data;
    TryTaskCountRow row;
    bool found = false;
    hooked->hook_runs++;
    if (hooked->hook_fails)
        return error_set(err, BH_FORBIDDEN, "not this one");
    if (!db_one(tx, TryTaskCount, NULL, &row, &found, err))
        return false;
    hooked->seen = row.n;
    return true;
}

static void count_free(void *data)
{
    ++*(int *) data;
}

static bool work_with_hook(DbConn *tx, void *data, GError **err)
{
    static const char key;
    Hooked *hooked = data;
    g_assert_null(db_tx_data(tx, &key));
    db_tx_set_data(tx, &key, &hooked->freed, count_free);
    g_assert_true(db_tx_data(tx, &key) == &hooked->freed);
    db_before_commit(tx, count_at_end, data);
    bool ok = add_task(tx, "a", 1, err);
    db_before_commit(tx, count_at_end, data);
    return ok && add_task(tx, "b", 1, err);
}

static void test_hooks(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Hooked hooked = { .hook_fails = true };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, work_with_hook, &hooked, &err));
    assert_failed(&err, BH_FORBIDDEN);
    g_assert_cmpint(count_tasks(f->db), ==, 0);
    hooked = (Hooked) { 0 };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, work_with_hook, &hooked, &err));
    g_assert_cmpint(hooked.hook_runs, ==, 1);
    g_assert_cmpint(hooked.seen, ==, 2);
    g_assert_cmpint(hooked.freed, ==, 1);
}

static const DbTest tests[] = {
    { "group-commit", test_group_commit, BOTH },
    { "priorities", test_priorities, ONLY_SQLITE },
    { "beside-bulk", test_beside_bulk, BOTH },
    { "races", test_races, BOTH },
    { "hooks", test_hooks, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-writer", tests, G_N_ELEMENTS(tests));
}
