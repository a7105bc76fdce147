#include "base/clock.h"
#include "db/build.h"

#include "test-queries.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

/* Each test runs on SQLite in a folder of its own, and on PostgreSQL in a schema of its own. */
typedef struct {
    DbEngine engine;
    char *folder, *schema;
    DbOptions options;
    Db *db;
} Fixture;

enum { READ_LIMIT_MS = 1000 };

static const char *test_pg(void)
{
    return g_getenv("BIHUAN_TEST_PG");
}

/* Beside the store: what an administrator does. */
/* `%s` in sql is the schema. */
static void run_on_server(const char *template, const char *schema)
{
    PGconn *pg = PQconnectdb(test_pg());
    PQclear(PQexec(pg, "SET client_min_messages = warning"));
    g_auto(GStrv) parts = g_strsplit(template, "%s", -1);
    g_autofree char *sql = g_strjoinv(schema, parts);
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        g_error("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

static Db *reopen(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_clear_pointer(&f->db, db_close);
    f->db = db_open(&f->options, &err);
    g_assert_no_error(err);
    return f->db;
}

static void set_up_sqlite(Fixture *f)
{
    f->folder = g_dir_make_tmp("bihuan-test-db-XXXXXX", NULL);
    f->options.path = g_build_filename(f->folder, "bihuan.db", NULL);
}

static void set_up_postgres(Fixture *f)
{
    static int count;
    f->schema = g_strdup_printf("t_%d_%d", (int) getpid(), ++count);
    run_on_server("CREATE SCHEMA %s", f->schema);
    f->options.url = g_strdup_printf("%s options='-c search_path=%s -c client_min_messages=warning' application_name=%s", test_pg(),
                                     f->schema, f->schema);
}

static void set_up(Fixture *f, gconstpointer engine)
{
    f->engine = (DbEngine) GPOINTER_TO_INT(engine);
    f->options = (DbOptions) { .readers = 2, .read_limit_ms = READ_LIMIT_MS, .program = &test_program };
    if (f->engine == DB_SQLITE)
        set_up_sqlite(f);
    else
        set_up_postgres(f);
    reopen(f);
}

static void tear_down(Fixture *f, gconstpointer engine)
{
    (void) engine;
    db_close(f->db);
    if (f->schema)
        run_on_server("DROP SCHEMA %s CASCADE", f->schema);
    g_autoptr(GDir) dir = f->folder ? g_dir_open(f->folder, 0, NULL) : NULL;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL);
        g_unlink(path);
    }
    if (f->folder)
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
    g_free((char *) f->options.path);
    g_free((char *) f->options.url);
    g_free(f->folder);
    g_free(f->schema);
}

static void assert_failed(GError **err, BhError code)
{
    g_assert_error(*err, BH_ERROR, (int) code);
    g_clear_error(err);
}

/* --- Small works ----------------------------------------------------------------------------------------------- */

static bool add_task(DbConn *tx, const char *uid, int64_t weight, GError **err)
{
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = str_from(uid), .unit = DB_NULL_INT, .title = STR("t"), .due = DATE_NONE,
                   .weight = weight);
}

static bool add_named(DbConn *tx, void *uid, GError **err)
{
    return add_task(tx, uid, 1, err);
}

static int64_t count_tasks(Db *db)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(db, &err);
    g_assert_no_error(err);
    TryTaskCountRow row;
    bool found = false;
    g_assert_true(db_one(conn, TryTaskCount, NULL, &row, &found, &err));
    return row.n;
}

/* A work in a thread of its own. */
typedef struct {
    Db *db;
    DbQueue queue;
    DbWork work;
    void *data;
    GThread *thread;
    bool ok;
    GError *error;
    int64_t end_us;
} Caller;

static void *call(void *data)
{
    Caller *caller = data;
    caller->ok = db_write(caller->db, caller->queue, caller->work, caller->data, &caller->error);
    caller->end_us = g_get_monotonic_time();
    return NULL;
}

static void start(Caller *caller)
{
    caller->thread = g_thread_new("caller", call, caller);
}

static void finish(Caller *caller)
{
    g_thread_join(caller->thread);
}

static void wait_until_waiting(Db *db, DbQueue queue, int n)
{
    while (db_writer_state(db).waiting[queue] < n)
        g_usleep(200);
}

/* A work that holds its connection until it is let go. */
typedef struct {
    gint begun, go;
} Gate;

static bool wait_at_gate(DbConn *tx, void *data, GError **err)
{
    (void) tx, (void) err;
    Gate *gate = data;
    g_atomic_int_set(&gate->begun, 1);
    while (!g_atomic_int_get(&gate->go))
        g_usleep(200);
    return true;
}

static void start_gate(Caller *caller, Gate *gate)
{
    caller->work = wait_at_gate;
    caller->data = gate;
    start(caller);
    while (!g_atomic_int_get(&gate->begun))
        g_usleep(200);
}

/* --- Values and statements ------------------------------------------------------------------------------------- */

static bool add_two(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("a"), .unit = DB_NULL_INT, .title = STR("第一"), .due = DATE_NONE,
                   .weight = INT64_MAX) &&
           db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("b"), .unit = DB_NULL_INT, .title = STR(""), .due = 20000, .done = true,
                   .weight = DB_NULL_INT, .body = STR("\0\1\xff"));
}

static void test_values(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_two, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TryTaskByUidRow row;
    bool found = false;
    g_assert_true(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = STR("a")));
    g_assert_true(found);
    g_assert_true(str_eq(row.title, STR("第一")));
    g_assert_cmpint(row.due, ==, DATE_NONE);
    g_assert_cmpint(row.unit, ==, DB_NULL_INT);
    g_assert_cmpint(row.weight, ==, INT64_MAX);
    g_assert_false(row.done);
    g_assert_null(row.body.p);
    g_assert_true(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = STR("b")));
    g_assert_true(row.done && row.title.p && row.title.n == 0);
    g_assert_cmpint(row.due, ==, 20000);
    g_assert_cmpint(row.weight, ==, DB_NULL_INT);
    g_assert_true(str_eq(row.body, STR("\0\1\xff")));
    g_assert_true(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = STR("c")));
    g_assert_false(found);
}

static void test_statements(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    db_check_statements(conn, &err);
    g_assert_no_error(err);
}

/* Those of the program itself, on a store of its own. */
static void test_program_statements(Fixture *f, gconstpointer data)
{
    tear_down(f, data);
    *f = (Fixture) { .engine = f->engine, .options = { .readers = 1 } };
    if (f->engine == DB_SQLITE)
        set_up_sqlite(f);
    else
        set_up_postgres(f);
    reopen(f);
    g_assert_cmpint(db_version(f->db), ==, db_version_of_program());
    test_statements(f, data);
}

/* The text and the types of what the statement says about itself are compared when it is prepared. */
static void test_columns(Fixture *f, gconstpointer data)
{
    (void) data;
    static const DbField wrong_name[] = { { "uid", 0, DB_TYPE_TEXT, false } };
    static const DbField wrong_type[] = { { "title", 0, DB_TYPE_INT, false } };
    const DbStatement statements[] = {
        { .name = "A", .at = "a:1", .index = DB_NOT_CACHED, .sql = { "SELECT title FROM task", "SELECT title FROM task" },
          .columns = wrong_name, .n_columns = 1, .row_size = sizeof(Str) },
        { .name = "B", .at = "b:1", .index = DB_NOT_CACHED, .sql = { "SELECT title FROM task", "SELECT title FROM task" },
          .columns = wrong_type, .n_columns = 1, .row_size = sizeof(Str) },
        { .name = "C", .at = "c:1", .index = DB_NOT_CACHED, .sql = { "SELECT title FROM task", "SELECT title FROM task" } },
    };
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_two, NULL, &err));
    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        g_autoptr(DbConn) conn = db_reader(f->db, &err);
        g_autoptr(DbRows) rows = db_query_raw(conn, &statements[i], "", &err);
        Str text;
        if (rows)
            g_assert_false(db_next_raw(rows, &text, statements[i].row_size, &err));
        g_assert_false(db_rows_ok(rows));
        assert_failed(&err, BH_INTERNAL);
    }
}

static bool add_hundred(DbConn *tx, void *data, GError **err)
{
    (void) data;
    for (int i = 0; i < 100; i++) {
        char uid[16];
        g_snprintf(uid, sizeof uid, "%03d", i);
        if (!add_task(tx, uid, i, err))
            return false;
    }
    return true;
}

/* Other statements, and the same one, in the loop over rows; a loop that is left early. */
static void test_nested(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_BULK, add_hundred, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, TryTasksInOrder, &err);
    int n = 0;
    for (TryTasksInOrderRow row; rows && db_next(rows, &row, &err); n++) {
        TryTaskByUidRow task;
        bool found = false;
        g_autofree char *uid = g_strdup_printf("%03d", n);
        g_assert_true(str_eq(row.uid, str_from(uid)));
        g_assert_true(db_one(conn, TryTaskByUid, arena, &task, &found, &err, .uid = row.uid));
        g_assert_cmpint(task.weight, ==, n);
        g_assert_true(str_eq(row.uid, str_from(uid)));
        g_autoptr(DbRows) inner = db_query(conn, TryTasksInOrder, &err);
        TryTasksInOrderRow first;
        g_assert_true(db_next(inner, &first, &err));
        g_assert_true(str_eq(first.uid, STR("000")));
    }
    g_assert_no_error(err);
    g_assert_true(db_rows_ok(rows));
    g_assert_cmpint(n, ==, 100);
}

static bool returning(DbConn *tx, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    TryTaskAddReturningRow row;
    bool found = false;
    if (!db_one(tx, TryTaskAddReturning, arena, &row, &found, err, .uid = STR("r"), .title = STR("r")))
        return false;
    *(int64_t *) data = row.id;
    int64_t changes = -1;
    bool ok = db_exec(tx, TryTaskSetDone, &changes, err, .before = 0);
    g_assert_cmpint(changes, ==, 0);
    return ok;
}

static void test_returning(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    int64_t id = 0;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, returning, &id, &err));
    g_assert_cmpint(id, ==, 1);
}

/* --- Failures of statements ------------------------------------------------------------------------------------ */

static bool bad_unique(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return add_task(tx, "same", 1, err) && add_task(tx, "same", 1, err);
}

static bool bad_check(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return add_task(tx, "c", -1, err);
}

static bool bad_foreign_key(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("f"), .unit = 99, .title = STR("f"), .due = DATE_NONE, .weight = 1);
}

static bool bad_text(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryNoteAdd, NULL, err, .text = STR("\xff"));
}

static bool bad_nul(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryNoteAdd, NULL, err, .text = STR("a\0b"));
}

static bool missing_text(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryNoteAdd, NULL, err);
}

static bool overlooked(DbConn *tx, void *data, GError **err)
{
    (void) data, (void) err;
    add_task(tx, "kept?", 1, NULL);
    bad_check(tx, NULL, NULL);
    return true;
}

static bool silent(DbConn *tx, void *data, GError **err)
{
    (void) data, (void) err;
    return add_task(tx, "kept?", 1, NULL) && false;
}

static bool write_inside(DbConn *tx, void *data, GError **err)
{
    (void) tx;
    return db_write(data, DB_INTERACTIVE, add_named, (void *) "inside", err);
}

static void test_failures(Fixture *f, gconstpointer data)
{
    (void) data;
    static const struct {
        DbWork work;
        BhError code;
    } cases[] = {
        { bad_unique, BH_CONFLICT }, { bad_check, BH_CONFLICT }, { bad_foreign_key, BH_CONFLICT }, { bad_text, BH_BAD_INPUT },
        { bad_nul, BH_BAD_INPUT },   { missing_text, BH_INTERNAL }, { overlooked, BH_CONFLICT },   { silent, BH_INTERNAL },
        { write_inside, BH_INTERNAL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_test_message("case %zu", i);
        g_assert_false(db_write(f->db, DB_INTERACTIVE, cases[i].work, f->db, &err));
        assert_failed(&err, cases[i].code);
        g_assert_cmpint(count_tasks(f->db), ==, 0);
    }
}

static void test_null(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_two, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, TryTaskNullTitle, &err);
    TryTaskNullTitleRow row;
    g_assert_false(db_next(rows, &row, &err));
    g_assert_false(db_rows_ok(rows));
    assert_failed(&err, BH_INTERNAL);
}

/* --- The writer ------------------------------------------------------------------------------------------------ */

static void test_group_commit(Fixture *f, gconstpointer data)
{
    (void) data;
    Gate gate = { 0 };
    Caller first = { .db = f->db }, callers[9];
    static const char *const uids[] = { "a", "b", "c", "d", "a", "f", "g", "h", "i" }; /* one of the two a is refused */
    start_gate(&first, &gate);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        callers[i] = (Caller) { .db = f->db, .work = add_named, .data = (void *) uids[i] };
        start(&callers[i]);
    }
    wait_until_waiting(f->db, DB_INTERACTIVE, G_N_ELEMENTS(callers));
    int64_t commits = db_writer_state(f->db).commits;
    g_atomic_int_set(&gate.go, 1);
    int refused = 0;
    finish(&first);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        finish(&callers[i]);
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
static void test_priorities(Fixture *f, gconstpointer data)
{
    (void) data;
    Gate gate = { 0 };
    Caller first = { .db = f->db, .queue = DB_BULK };
    Caller callers[] = {
        { .db = f->db, .queue = DB_BULK, .work = add_named, .data = (void *) "bulk" },
        { .db = f->db, .queue = DB_MESSAGES, .work = add_named, .data = (void *) "message" },
        { .db = f->db, .queue = DB_INTERACTIVE, .work = add_named, .data = (void *) "interactive" },
    };
    start_gate(&first, &gate);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++) {
        start(&callers[i]);
        wait_until_waiting(f->db, callers[i].queue, 1);
    }
    g_atomic_int_set(&gate.go, 1);
    finish(&first);
    for (size_t i = 0; i < G_N_ELEMENTS(callers); i++)
        finish(&callers[i]);
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

static void test_beside_bulk(Fixture *f, gconstpointer data)
{
    (void) data;
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

static void test_races(Fixture *f, gconstpointer data)
{
    (void) data;
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

static void test_hooks(Fixture *f, gconstpointer data)
{
    (void) data;
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

/* --- Reading --------------------------------------------------------------------------------------------------- */

static void test_one_state(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TryTaskCountRow row;
    bool found = false;
    g_assert_true(db_one(conn, TryTaskCount, NULL, &row, &found, &err));
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "new", &err));
    g_assert_true(db_one(conn, TryTaskCount, NULL, &row, &found, &err));
    g_assert_cmpint(row.n, ==, 0);
    g_assert_cmpint(count_tasks(f->db), ==, 1);
}

static void test_read_limit(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    TryTaskCountRow count;
    TryEndlessRow row;
    bool found = false;
    DbConn *conn = db_reader(f->db, &err);
    int64_t begin_ms = monotonic_ms();
    g_assert_false(db_one(conn, TryEndless, NULL, &row, &found, &err));
    g_assert_cmpint(monotonic_ms() - begin_ms, <, READ_LIMIT_MS * 3);
    assert_failed(&err, BH_UNAVAILABLE);
    g_assert_false(db_one(conn, TryTaskCount, NULL, &count, &found, &err));
    assert_failed(&err, BH_UNAVAILABLE);
    db_done(conn);
    g_assert_cmpint(count_tasks(f->db), ==, 0); /* the connection is as good as new */
    conn = db_reader(f->db, &err);
    g_usleep((READ_LIMIT_MS + 50) * 1000);
    g_assert_false(db_one(conn, TryTaskCount, NULL, &count, &found, &err));
    assert_failed(&err, BH_UNAVAILABLE);
    db_done(conn);
}

static void test_readers_cannot_write(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    DbConn *conn = db_reader(f->db, &err);
    g_assert_false(add_task(conn, "a", 1, &err));
    assert_failed(&err, BH_INTERNAL);
    db_done(conn);
    f->options.read_only = true;
    reopen(f);
    g_assert_false(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "a", &err));
    assert_failed(&err, BH_INTERNAL);
    g_assert_cmpint(count_tasks(f->db), ==, 0);
}

/* A command that reads beside a running server. */
static void test_read_only_beside(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    DbOptions options = f->options;
    options.read_only = true;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "a", &err));
    g_autoptr(Db) other = db_open(&options, &err);
    g_assert_no_error(err);
    g_assert_cmpint(count_tasks(other), ==, 1);
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "b", &err));
    g_assert_cmpint(count_tasks(other), ==, 2);
}

/* A third who asks for one of two connections gets the one that is given back. */
static void *give_back_soon(void *conn)
{
    g_usleep(100 * 1000);
    db_done(conn);
    return NULL;
}

static void test_pool(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    DbConn *first = db_reader(f->db, &err), *second = db_reader(f->db, &err);
    g_assert_true(first && second && first != second);
    GThread *thread = g_thread_new("soon", give_back_soon, first);
    DbConn *third = db_reader(f->db, &err);
    g_assert_true(third == first);
    g_thread_join(thread);
    db_done(second);
    db_done(third);
}

/* --- Opening --------------------------------------------------------------------------------------------------- */

static void refuse(const DbOptions *options, BhError code)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Db) db = db_open(options, &err);
    g_assert_null(db);
    g_assert_nonnull(err);
    g_test_message("%s", err->message);
    assert_failed(&err, code);
}

static void test_versions(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    DbProgram older = { NULL, 0, test_program.migrations, 1 };
    DbMigration migrations[3] = { test_program.migrations[0], test_program.migrations[1],
                                  { 3, "0003-more", { "CREATE TABLE more (n INTEGER)", "CREATE TABLE more (n INTEGER)" } } };
    DbProgram newer = { NULL, 0, migrations, 3 };
    DbOptions options = f->options;
    g_assert_cmpint(db_version(f->db), ==, 2);
    g_clear_pointer(&f->db, db_close);
    options.program = &older;
    refuse(&options, BH_CONFLICT);
    options.program = &newer;
    refuse(&options, BH_CONFLICT);
    options.any_version = true;
    f->db = db_open(&options, &err);
    g_assert_no_error(err);
    g_assert_cmpint(db_version(f->db), ==, 2);
    g_assert_true(db_upgrade(f->db, &err));
    g_assert_cmpint(db_version(f->db), ==, 3);
    g_assert_true(db_upgrade(f->db, &err));
    db_close(f->db);
    f->db = NULL;
    refuse(&f->options, BH_CONFLICT);
}

/* A migration that fails leaves nothing, and the ones before it stay. */
static void test_bad_migration(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    static const char bad[] = "CREATE TABLE half (n INTEGER); CREATE TABLE task (n INTEGER)";
    DbMigration migrations[3] = { test_program.migrations[0], test_program.migrations[1], { 3, "0003-bad", { bad, bad } } };
    DbProgram program = { NULL, 0, migrations, 3 };
    DbOptions options = f->options;
    g_clear_pointer(&f->db, db_close);
    options.program = &program;
    options.any_version = true;
    f->db = db_open(&options, &err);
    g_assert_false(db_upgrade(f->db, &err));
    g_assert_nonnull(strstr(err->message, "0003-bad"));
    assert_failed(&err, BH_INTERNAL);
    migrations[2].sql[f->engine] = "CREATE TABLE half (n INTEGER)";
    g_assert_true(db_upgrade(f->db, &err));
}

static void *open_and_close(void *data)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Db) db = db_open(data, &err);
    g_assert_no_error(err);
    g_assert_cmpint(db_version(db), ==, 2);
    return NULL;
}

/* An empty store is filled once, however many find it empty. */
static void test_open_at_once(Fixture *f, gconstpointer data)
{
    tear_down(f, data);
    for (int round = 0; round < 5; round++) {
        GThread *threads[4];
        *f = (Fixture) { .engine = f->engine, .options = { .readers = 1, .program = &test_program } };
        if (f->engine == DB_SQLITE)
            set_up_sqlite(f);
        else
            set_up_postgres(f);
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
            threads[i] = g_thread_new("open", open_and_close, &f->options);
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
            g_thread_join(threads[i]);
        if (round < 4)
            tear_down(f, data);
    }
}

static void test_owner(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_own(f->db, &err));
    g_assert_true(db_own(f->db, &err));
    g_autoptr(Db) other = db_open(&f->options, &err);
    g_assert_no_error(err);
    if (f->engine == DB_SQLITE)
        return;
    g_assert_false(db_own(other, &err));
    assert_failed(&err, BH_UNAVAILABLE);
    g_clear_pointer(&f->db, db_close);
    g_assert_true(db_own(other, &err));
}

static void test_foreign_tables(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) err = NULL;
    DbMigration theirs[] = { { 1, "0001-theirs", { "CREATE TABLE theirs (n INTEGER)", "CREATE TABLE theirs (n INTEGER)" } } };
    DbProgram program = { NULL, 0, theirs, 1 };
    tear_down(f, data);
    *f = (Fixture) { .engine = f->engine, .options = { .readers = 1, .program = &program } };
    if (f->engine == DB_SQLITE)
        set_up_sqlite(f);
    else
        set_up_postgres(f);
    reopen(f);
    g_clear_pointer(&f->db, db_close);
    if (f->engine == DB_SQLITE) {
        sqlite3 *handle = NULL;
        g_assert_cmpint(sqlite3_open(f->options.path, &handle), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_exec(handle, "DROP TABLE schema_version", NULL, NULL, NULL), ==, SQLITE_OK);
        sqlite3_close(handle);
    } else {
        run_on_server("DROP TABLE %s.schema_version", f->schema);
    }
    refuse(&f->options, BH_CONFLICT);
}

/* --- Durability ------------------------------------------------------------------------------------------------ */

/* Writes and tells each acknowledged write by a byte, until it is killed. */
static void write_until_killed(const DbOptions *options, int pipe_fd)
{
    Db *db = db_open(options, NULL);
    for (int i = 0; db && i < 100000; i++) {
        g_autofree char *uid = g_strdup_printf("%d", i);
        if (!db_write(db, DB_INTERACTIVE, add_named, uid, NULL) || write(pipe_fd, "x", 1) != 1)
            break;
    }
    _exit(1);
}

static void test_killed(Fixture *f, gconstpointer data)
{
    (void) data;
    int fds[2];
    g_clear_pointer(&f->db, db_close);
    g_assert_cmpint(pipe(fds), ==, 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        write_until_killed(&f->options, fds[1]);
    }
    close(fds[1]);
    int acknowledged = 0;
    char byte;
    while (acknowledged < 200 && read(fds[0], &byte, 1) == 1)
        acknowledged++;
    g_assert_cmpint(acknowledged, ==, 200);
    kill(pid, SIGKILL);
    while (read(fds[0], &byte, 1) == 1)
        acknowledged++;
    close(fds[0]);
    waitpid(pid, NULL, 0);
    reopen(f);
    int64_t kept = count_tasks(f->db);
    g_assert_cmpint(kept, >=, acknowledged);
    g_assert_cmpint(kept, <=, acknowledged + 1);
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "after", &err));
}

/* All sessions of this test end, as when the server is restarted. */
static void test_reconnect(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_own(f->db, &err));
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "a", &err));
    g_assert_cmpint(count_tasks(f->db), ==, 1);
    DbConn *conn = db_reader(f->db, &err);
    run_on_server("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '%s'", f->schema);
    TryTaskCountRow row;
    bool found = false;
    g_assert_false(db_one(conn, TryTaskCount, NULL, &row, &found, &err));
    assert_failed(&err, BH_UNAVAILABLE);
    db_done(conn);
    db_write(f->db, DB_INTERACTIVE, add_named, (void *) "b", &err);
    g_assert_no_error(err);
    g_assert_cmpint(count_tasks(f->db), ==, 2);
    g_autoptr(Db) other = db_open(&f->options, &err);
    g_assert_false(db_own(other, &err)); /* the lock was taken again */
}

/* --- Faults of the file ---------------------------------------------------------------------------------------- */

static void test_file_mode(Fixture *f, gconstpointer data)
{
    (void) data;
    static const char *const endings[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(f->options.path, endings[i], NULL);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    }
}

static void test_not_a_database(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autofree char *text = g_strnfill(10000, 'x');
    DbOptions options = f->options;
    g_clear_pointer(&f->db, db_close);
    g_assert_true(g_file_set_contents(f->options.path, text, -1, NULL));
    refuse(&options, BH_UNAVAILABLE);
    g_unlink(f->options.path);
    options.read_only = true;
    refuse(&options, BH_NOT_FOUND);
    g_assert_false(g_file_test(f->options.path, G_FILE_TEST_EXISTS));
    options.path = "/nowhere/at/all/bihuan.db";
    options.read_only = false;
    refuse(&options, BH_NOT_FOUND);
}

/* Pages of the tables overwritten; the first, which SQLite reads when it opens, is whole. */
static void test_damaged(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_BULK, add_hundred, NULL, &err));
    g_clear_pointer(&f->db, db_close);
    g_autofree char *content = NULL;
    gsize n = 0;
    g_assert_true(g_file_get_contents(f->options.path, &content, &n, NULL));
    memset(content + 4096, 0x55, n - 4096);
    g_assert_true(g_file_set_contents(f->options.path, content, (gssize) n, NULL));
    refuse(&f->options, BH_UNAVAILABLE);
    g_assert_true(g_file_set_contents(f->options.path, content, 6000, NULL));
    refuse(&f->options, BH_UNAVAILABLE);
}

static bool limit_pages(DbConn *tx, void *data, GError **err)
{
    (void) data;
    static const DbField columns[] = { { "max_page_count", 0, DB_TYPE_INT, false } };
    static const DbStatement pragma = { .name = "limit", .at = "test", .index = DB_NOT_CACHED,
                                        .sql = { "PRAGMA max_page_count = 40", "" },
                                        .columns = columns, .n_columns = 1,
                                        .row_size = sizeof(int64_t) };
    int64_t n = 0;
    bool found = false;
    return db_one_raw(tx, &pragma, "", NULL, &n, &found, err);
}

static bool add_large(DbConn *tx, void *data, GError **err)
{
    (void) data;
    g_autofree char *text = g_strnfill(400000, 'x');
    return db_exec(tx, TryNoteAdd, NULL, err, .text = str_from(text));
}

/* A full disk fails the one that needed the room; the others who shared its transaction are run again. */
static void test_full(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, limit_pages, NULL, &err));
    Gate gate = { 0 };
    Caller first = { .db = f->db };
    Caller callers[] = {
        { .db = f->db, .work = add_named, .data = (void *) "before" },
        { .db = f->db, .work = add_large },
        { .db = f->db, .work = add_named, .data = (void *) "after" },
    };
    start_gate(&first, &gate);
    for (int i = 0; i < 3; i++) {
        start(&callers[i]);
        wait_until_waiting(f->db, DB_INTERACTIVE, i + 1);
    }
    g_atomic_int_set(&gate.go, 1);
    finish(&first);
    for (int i = 0; i < 3; i++)
        finish(&callers[i]);
    g_assert_true(callers[0].ok && callers[2].ok);
    assert_failed(&callers[1].error, BH_FULL);
    g_assert_cmpint(count_tasks(f->db), ==, 2);
}

static void test_backup(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    if (f->engine == DB_POSTGRES) {
        g_assert_false(db_backup(f->db, "/nowhere", &err));
        assert_failed(&err, BH_USAGE);
        return;
    }
    g_assert_true(db_write(f->db, DB_BULK, add_hundred, NULL, &err));
    g_autofree char *path = g_build_filename(f->folder, "copy.db", NULL);
    db_backup(f->db, path, &err);
    g_assert_no_error(err);
    struct stat st;
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_assert_false(db_backup(f->db, path, &err)); /* never over another */
    assert_failed(&err, BH_INTERNAL);
    DbOptions options = f->options;
    options.path = path;
    g_autoptr(Db) copy = db_open(&options, &err);
    g_assert_no_error(err);
    g_assert_cmpint(count_tasks(copy), ==, 100);
}

/* --- Lists ----------------------------------------------------------------------------------------------------- */

static const DbFilter task_filters[] = {
    { "title", "t.title", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "has", "t.title", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "done", "t.done", DB_FILTER_EQ, DB_TYPE_BOOL },
    { "due_before", "t.due", DB_FILTER_LT, DB_TYPE_DATE },
    { "due_from", "t.due", DB_FILTER_GE, DB_TYPE_DATE },
    { "due", "t.due", DB_FILTER_IS_SET, DB_TYPE_DATE },
    { "weight", "t.weight", DB_FILTER_EQ_ANY, DB_TYPE_INT },
    { "heavier", "t.weight", DB_FILTER_GT, DB_TYPE_INT },
    { "title_to", "t.title", DB_FILTER_LE, DB_TYPE_TEXT },
};

static const DbOrder task_orders[] = {
    { "title", "t.title", DB_TYPE_TEXT, false },
    { "-title", "t.title", DB_TYPE_TEXT, true },
    { "weight", "COALESCE(t.weight, -1)", DB_TYPE_INT, false },
    { "-weight", "COALESCE(t.weight, -1)", DB_TYPE_INT, true },
    { "done", "t.done", DB_TYPE_BOOL, true },
    { "due", "COALESCE(t.due, '2199-12-31')", DB_TYPE_DATE, false },
    { "bad-due", "t.due", DB_TYPE_DATE, false },
};

static const char *const list_titles[] = { "b", "B", "a", "é", "疫苗", "医院", "", "ab", "a b", "Ａ", "𠀀" };
enum { LIST_TASKS = 44 };

static bool add_list_tasks(DbConn *tx, void *data, GError **err)
{
    (void) data;
    for (int i = 0; i < LIST_TASKS; i++) {
        g_autofree char *uid = g_strdup_printf("u%d", i);
        Str title = str_from(list_titles[i % (int) G_N_ELEMENTS(list_titles)]);
        if (!db_exec(tx, TryTaskAdd, NULL, err, .uid = str_from(uid), .unit = DB_NULL_INT, .title = title,
                     .due = i % 5 == 0 ? DATE_NONE : 20000 + i % 3, .done = i % 4 == 0, .weight = i % 7 == 0 ? DB_NULL_INT : i % 3))
            return false;
    }
    return true;
}

/* The ids of one page, appended; the cursor of the next, in the arena. */
static Str read_page(DbConn *conn, Arena *arena, const char *order, Str cursor, int limit, GArray *ids)
{
    g_autoptr(GError) err = NULL;
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), str_from(order), &err);
    g_assert_no_error(err);
    db_list_page(list, cursor, limit, &err);
    g_assert_no_error(err);
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    int n = 0;
    for (TryTaskListRow row; rows && db_list_next(list, rows, &row, &err); n++)
        g_array_append_val(ids, row.id);
    g_assert_no_error(err);
    g_assert_cmpint(n, <=, limit);
    g_assert_true(n == limit || !db_list_cursor(list).p);
    return db_list_cursor(list);
}

/* In each order, pages of every size give the same as one page, each row once. */
static void test_list_pages(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (size_t o = 0; o < G_N_ELEMENTS(task_orders); o++) {
        const char *order = o + 1 < G_N_ELEMENTS(task_orders) ? task_orders[o].name : "";
        g_autoptr(GArray) all = g_array_new(false, false, sizeof(int64_t));
        g_assert_null(read_page(conn, arena, order, STR_NONE, LIST_TASKS, all).p);
        g_assert_cmpint(all->len, ==, LIST_TASKS);
        for (int limit = 1; limit <= 23; limit++) {
            g_autoptr(GArray) pages = g_array_new(false, false, sizeof(int64_t));
            Str cursor = STR_NONE;
            do
                cursor = read_page(conn, arena, order, cursor, limit, pages);
            while (cursor.p);
            g_assert_cmpmem(pages->data, pages->len * sizeof(int64_t), all->data, all->len * sizeof(int64_t));
        }
    }
}

/* Texts stand in the order of their bytes, whatever the server's collation. */
static void test_list_byte_order(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    g_assert_true(db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), STR("title"), &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    Str last = STR("");
    for (TryTaskListRow row; db_list_next(list, rows, &row, &err);) {
        g_assert_cmpint(str_cmp(last, row.title), <=, 0);
        last = arena_str(arena, row.title);
    }
    g_assert_true(str_eq(last, STR("𠀀")));
}

typedef struct {
    const char *filter, *value;
    int rows; /* -1: refused */
} FilterCase;

static const FilterCase filter_cases[] = {
    { "title", "a", 4 },          { "title", "a,疫苗,", 12 }, { "title", "nothing", 0 },    { "has", "B", 16 },
    { "has", "苗", 4 },           { "has", "%", 0 },          { "done", "true", 11 },       { "done", "false", 33 },
    { "done", "1", -1 },          { "due", "true", 35 },      { "due", "false", 9 },        { "due_before", "2024-10-05", 12 },
    { "due_from", "2024-10-05", 23 }, { "due_from", "5.10.2024", -1 }, { "weight", "1,2", 25 }, { "weight", "1,x", -1 },
    { "weight", "", -1 },         { "heavier", "1", 12 },     { "title_to", "B", 8 },       { "nothing", "1", -1 },
    { "title", "a' OR '1'='1", 0 }, { "title", "\xff", -1 },
};

static void check_filter(DbConn *conn, const FilterCase *c)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    bool ok = db_list_filter(list, task_filters, G_N_ELEMENTS(task_filters), str_from(c->filter), str_from(c->value), &err);
    if (c->rows < 0) {
        g_assert_false(ok);
        assert_failed(&err, BH_BAD_INPUT);
        return;
    }
    g_assert_no_error(err);
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    int n = 0;
    for (TryTaskListRow row; rows && db_list_next(list, rows, &row, &err);)
        n++;
    g_assert_no_error(err);
    int64_t total = 0;
    g_assert_true(db_list_total(list, conn, &total, &err));
    g_test_message("%s=%s: %d", c->filter, c->value, n);
    g_assert_cmpint(n, ==, c->rows);
    g_assert_cmpint(total, ==, c->rows);
}

static void test_list_filters(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (size_t i = 0; i < G_N_ELEMENTS(filter_cases); i++)
        check_filter(conn, &filter_cases[i]);
}

/* Several at once, with a condition of ours and the statement's own argument. */
static void test_list_where(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    g_assert_true(db_list_filter(list, task_filters, G_N_ELEMENTS(task_filters), STR("done"), STR("false"), &err));
    db_list_where(list, "t.id BETWEEN ? AND ? OR t.id = ?", (const int64_t[]) { 10, 20, 40 }, 3);
    g_assert_true(db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), STR("-weight"), &err));
    g_assert_true(db_list_page(list, STR_NONE, 5, &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    int n = 0;
    for (TryTaskListRow row; db_list_next(list, rows, &row, &err); n++)
        g_assert_true(!row.done && ((row.id >= 10 && row.id <= 20) || row.id == 40));
    int64_t total = 0;
    g_assert_true(db_list_total(list, conn, &total, &err));
    g_assert_cmpint(n, ==, 5);
    g_assert_cmpint(total, ==, 10);
    g_assert_nonnull(db_list_cursor(list).p);
}

static void test_list_cursor(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GArray) ids = g_array_new(false, false, sizeof(int64_t));
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Str cursor = read_page(conn, arena, "title", STR_NONE, 5, ids);
    for (size_t i = 0; i < cursor.n - 1; i++) {
        g_autofree char *changed = str_dup(cursor);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
        g_assert_true(db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), STR("title"), &err));
        g_assert_false(db_list_page(list, str_from(changed), 5, &err));
        assert_failed(&err, BH_BAD_INPUT);
    }
    static const char *const bad[] = { "x", "=", "AAAA", "%%%%", "\xff" };
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(db_list_page(list, str_from(bad[i]), 5, &err));
        assert_failed(&err, BH_BAD_INPUT);
    }
    g_assert_false(db_list_page(list, cursor, 5, &err)); /* of another order */
    assert_failed(&err, BH_BAD_INPUT);
    g_assert_false(db_list_page(list, STR_NONE, 0, &err));
    assert_failed(&err, BH_BAD_INPUT);
    g_assert_false(db_list_page(list, STR_NONE, 501, &err));
    assert_failed(&err, BH_BAD_INPUT);
    g_assert_false(db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), STR("uid"), &err));
    assert_failed(&err, BH_BAD_INPUT);
}

/* A page would silently lose the rows without a value: an order by a column that may be NULL is our mistake, and says so. */
static void test_list_null_key(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DbList *list = db_list_new(arena, TryTaskList, "t.id", .unit = DB_NULL_INT);
    g_assert_true(db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), STR("bad-due"), &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    TryTaskListRow row;
    while (rows && db_list_next(list, rows, &row, &err))
        continue;
    g_assert_false(db_rows_ok(rows));
    assert_failed(&err, BH_INTERNAL);
}

/* --- All of them ----------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    void (*run)(Fixture *f, gconstpointer data);
    enum { BOTH, ONLY_SQLITE, ONLY_POSTGRES } where;
} Test;

static const Test tests[] = {
    { "values", test_values, BOTH },
    { "statements", test_statements, BOTH },
    { "program-statements", test_program_statements, BOTH },
    { "columns", test_columns, BOTH },
    { "nested", test_nested, BOTH },
    { "returning", test_returning, BOTH },
    { "failures", test_failures, BOTH },
    { "null", test_null, BOTH },
    { "group-commit", test_group_commit, BOTH },
    { "priorities", test_priorities, ONLY_SQLITE },
    { "beside-bulk", test_beside_bulk, BOTH },
    { "races", test_races, BOTH },
    { "hooks", test_hooks, BOTH },
    { "one-state", test_one_state, BOTH },
    { "read-limit", test_read_limit, BOTH },
    { "read-only-beside", test_read_only_beside, BOTH },
    { "pool", test_pool, BOTH },
    { "readers-cannot-write", test_readers_cannot_write, BOTH },
    { "versions", test_versions, BOTH },
    { "bad-migration", test_bad_migration, BOTH },
    { "open-at-once", test_open_at_once, BOTH },
    { "owner", test_owner, BOTH },
    { "foreign-tables", test_foreign_tables, BOTH },
    { "killed", test_killed, BOTH },
    { "reconnect", test_reconnect, ONLY_POSTGRES },
    { "file-mode", test_file_mode, ONLY_SQLITE },
    { "not-a-database", test_not_a_database, ONLY_SQLITE },
    { "damaged", test_damaged, ONLY_SQLITE },
    { "full", test_full, ONLY_SQLITE },
    { "backup", test_backup, BOTH },
    { "list-pages", test_list_pages, BOTH },
    { "list-byte-order", test_list_byte_order, BOTH },
    { "list-filters", test_list_filters, BOTH },
    { "list-where", test_list_where, BOTH },
    { "list-cursor", test_list_cursor, BOTH },
    { "list-null-key", test_list_null_key, BOTH },
};

static void no_postgres(void)
{
    if (g_getenv("BIHUAN_TEST_NO_PG"))
        g_test_skip("BIHUAN_TEST_NO_PG is set");
    else
        g_error("BIHUAN_TEST_PG is not set: start a server with `tests/pg.sh start DIR`, or set BIHUAN_TEST_NO_PG=1");
}

static void add_test(const Test *test, DbEngine engine)
{
    g_autofree char *path = g_strdup_printf("/db/%s/%s", engine == DB_SQLITE ? "sqlite" : "postgres", test->name);
    g_test_add(path, Fixture, GINT_TO_POINTER(engine), set_up, test->run, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        if (tests[i].where != ONLY_POSTGRES)
            add_test(&tests[i], DB_SQLITE);
        if (tests[i].where != ONLY_SQLITE && test_pg())
            add_test(&tests[i], DB_POSTGRES);
    }
    if (!test_pg())
        g_test_add_func("/db/postgres", no_postgres);
    return g_test_run();
}
