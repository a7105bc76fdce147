#include "db-fixture.h"

#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "base/banned.h"

static const char *test_pg(void)
{
    return g_getenv("BIHUAN_TEST_PG");
}

void run_on_server(const char *sql, const char *schema)
{
    PGconn *pg = PQconnectdb(test_pg());
    PQclear(PQexec(pg, "SET client_min_messages = warning"));
    g_auto(GStrv) parts = g_strsplit(sql, "%s", -1);
    g_autofree char *whole = g_strjoinv(schema, parts);
    PGresult *result = PQexec(pg, whole);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        g_error("%s: %s", whole, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

Db *reopen(Fixture *f)
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

static void make_place(Fixture *f)
{
    if (f->engine == DB_SQLITE)
        set_up_sqlite(f);
    else
        set_up_postgres(f);
}

static void tear_down(Fixture *f)
{
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

void renew(Fixture *f, const DbProgram *program)
{
    tear_down(f);
    *f = (Fixture) { .engine = f->engine, .options = { .readers = 2, .read_limit_ms = READ_LIMIT_MS, .program = program } };
    make_place(f);
}

void assert_failed(GError **err, BhError code)
{
    g_assert_error(*err, BH_ERROR, (int) code);
    g_clear_error(err);
}

/* --- Small works ------------------------------------------------------------------------------------------------ */

bool add_task(DbConn *tx, const char *uid, int64_t weight, GError **err)
{
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = str_from(uid), .unit = DB_NULL_INT, .title = STR("t"), .due = DATE_NONE,
                   .weight = weight);
}

bool add_named(DbConn *tx, void *uid, GError **err)
{
    return add_task(tx, uid, 1, err);
}

int64_t count_tasks(Db *db)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(db, &err);
    g_assert_no_error(err);
    TryTaskCountRow row;
    bool found = false;
    g_assert_true(db_one(conn, TryTaskCount, NULL, &row, &found, &err));
    return row.n;
}

static void *call(void *data)
{
    Caller *caller = data;
    caller->ok = db_write(caller->db, caller->queue, caller->work, caller->data, &caller->error);
    return NULL;
}

void caller_start(Caller *caller)
{
    caller->thread = g_thread_new("caller", call, caller);
}

void caller_finish(Caller *caller)
{
    g_thread_join(caller->thread);
}

void wait_until_waiting(Db *db, DbQueue queue, int n)
{
    while (db_writer_state(db).waiting[queue] < n)
        g_usleep(200);
}

static bool wait_at_gate(DbConn *tx, void *data, GError **err)
{
    (void) tx, (void) err;
    Gate *gate = data;
    g_atomic_int_set(&gate->begun, 1);
    while (!g_atomic_int_get(&gate->go))
        g_usleep(200);
    return true;
}

void gate_start(Caller *caller, Gate *gate)
{
    caller->work = wait_at_gate;
    caller->data = gate;
    caller_start(caller);
    while (!g_atomic_int_get(&gate->begun))
        g_usleep(200);
}

bool add_two(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("a"), .unit = DB_NULL_INT, .title = STR("第一"), .due = DATE_NONE,
                   .weight = INT64_MAX) &&
           db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("b"), .unit = DB_NULL_INT, .title = STR(""), .due = 20000, .done = true,
                   .weight = DB_NULL_INT, .body = STR("\0\1\xff"));
}

bool add_hundred(DbConn *tx, void *data, GError **err)
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

/* --- The tests of a table --------------------------------------------------------------------------------------- */

typedef struct {
    const DbTest *test;
    DbEngine engine;
} Case;

static void run_case(gconstpointer data)
{
    const Case *c = data;
    Fixture f = { .engine = c->engine };
    renew(&f, &test_program);
    reopen(&f);
    c->test->run(&f);
    tear_down(&f);
}

static void no_postgres(void)
{
    if (g_getenv("BIHUAN_TEST_NO_PG"))
        g_test_skip("BIHUAN_TEST_NO_PG is set");
    else
        g_error("BIHUAN_TEST_PG is not set: start a server with `tests/pg.sh start DIR`, or set BIHUAN_TEST_NO_PG=1");
}

static void add_test(const char *suite, const DbTest *test, DbEngine engine)
{
    g_autofree char *path = g_strdup_printf("/%s/%s/%s", suite, engine == DB_SQLITE ? "sqlite" : "postgres", test->name);
    Case *c = g_new(Case, 1);
    *c = (Case) { test, engine };
    g_test_add_data_func_full(path, c, run_case, g_free);
}

int db_test_main(int argc, char **argv, const char *suite, const DbTest *tests, size_t n_tests)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_tests; i++) {
        if (tests[i].where != ONLY_POSTGRES)
            add_test(suite, &tests[i], DB_SQLITE);
        if (tests[i].where != ONLY_SQLITE && test_pg())
            add_test(suite, &tests[i], DB_POSTGRES);
    }
    if (!test_pg())
        g_test_add_func("/postgres", no_postgres);
    return g_test_run();
}
