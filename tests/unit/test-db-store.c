#include "db-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

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

static void test_versions(Fixture *f)
{
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
static void test_bad_migration(Fixture *f)
{
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
static void test_open_at_once(Fixture *f)
{
    for (int round = 0; round < 5; round++) {
        GThread *threads[4];
        renew(f, &test_program);
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
            threads[i] = g_thread_new("open", open_and_close, &f->options);
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
            g_thread_join(threads[i]);
    }
}

static void test_owner(Fixture *f)
{
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

/* A writer that is in the middle while another process takes the store. */
typedef struct {
    Db *db;
    gint writes; /* atomic */
} Slow;

static bool write_slowly(DbConn *tx, void *data, GError **err)
{
    Slow *slow = data;
    bool ok = db_exec(tx, TryTaskAdd, NULL, err, .uid = STR("slow"), .unit = DB_NULL_INT, .title = STR("slow"), .due = DATE_NONE, .weight = DB_NULL_INT);
    g_atomic_int_set(&slow->writes, 1);
    g_usleep(300000);
    return ok;
}

static void *write_on_thread(void *data)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(((Slow *) data)->db, DB_INTERACTIVE, write_slowly, data, &err));
    return NULL;
}

/* What a process that was killed had sent is in the store before the next one reads it. */
static void test_owner_waits(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Db) other = db_open(&f->options, &err);
    Slow slow = { .db = other };
    GThread *thread = g_thread_new("slow", write_on_thread, &slow);
    while (!g_atomic_int_get(&slow.writes))
        g_usleep(1000);
    g_assert_true(db_own(f->db, &err));
    g_assert_no_error(err);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TryTaskByUidRow row;
    bool found;
    g_assert_true(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = STR("slow")));
    g_assert_true(found);
    g_thread_join(thread);
}

static void test_foreign_tables(Fixture *f)
{
    DbMigration theirs[] = { { 1, "0001-theirs", { "CREATE TABLE theirs (n INTEGER)", "CREATE TABLE theirs (n INTEGER)" } } };
    DbProgram program = { NULL, 0, theirs, 1 };
    renew(f, &program);
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

static void test_killed(Fixture *f)
{
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
static void test_reconnect(Fixture *f)
{
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

/* Readers that rest are closed; one in use is not, and the next ask opens one again. */
static void test_rest(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_named, (void *) "a", &err));
    DbConn *one = db_reader(f->db, &err), *two = db_reader(f->db, &err);
    g_assert_no_error(err);
    db_done(one);
    g_assert_cmpint(db_rest(f->db, 3600000), ==, 0);
    g_assert_cmpint(db_rest(f->db, 0), ==, 1);
    db_done(two);
    g_assert_cmpint(db_rest(f->db, 0), ==, 1);
    g_assert_cmpint(db_rest(f->db, 0), ==, 0);
    g_assert_cmpint(count_tasks(f->db), ==, 1);
}

/* --- Faults of the file ---------------------------------------------------------------------------------------- */

static void test_file_mode(Fixture *f)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(f->options.path, endings[i], NULL);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    }
}

/* Opens the store as the only statement of another process, reads, and leaves. */
static void visit(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    const char *argv[] = { "python3", "-c",
                           "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n"
                           "assert db.execute('SELECT count(*) FROM task').fetchone()[0] == 100\ndb.close()",
                           f->options.path, NULL };
    int status = 0;
    g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &err);
    g_assert_no_error(err);
    g_assert_cmpint(status, ==, 0);
}

/* A visitor from outside (a backup program, an administrator's shell) never finds the store unheld: it would remove the log when it leaves. */
static void test_visitor(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *log = g_strconcat(f->options.path, "-wal", NULL);
    g_autofree char *copy = g_build_filename(f->folder, "copy.db", NULL);
    g_assert_true(db_write(f->db, DB_BULK, add_hundred, NULL, &err));
    g_assert_cmpint(count_tasks(f->db), ==, 100);
    g_assert_true(db_backup(f->db, copy, &err)); /* opens one more connection, and closes it */
    visit(f);
    g_assert_true(g_file_test(log, G_FILE_TEST_EXISTS));
    db_write(f->db, DB_BULK, add_named, (void *) "after the visit", &err);
    g_assert_no_error(err);
    g_assert_cmpint(count_tasks(f->db), ==, 101);
}

static void test_not_a_database(Fixture *f)
{
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
static void test_damaged(Fixture *f)
{
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
static void test_full(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, limit_pages, NULL, &err));
    Gate gate = { 0 };
    Caller first = { .db = f->db };
    Caller callers[] = {
        { .db = f->db, .work = add_named, .data = (void *) "before" },
        { .db = f->db, .work = add_large },
        { .db = f->db, .work = add_named, .data = (void *) "after" },
    };
    gate_start(&first, &gate);
    for (int i = 0; i < 3; i++) {
        caller_start(&callers[i]);
        wait_until_waiting(f->db, DB_INTERACTIVE, i + 1);
    }
    g_atomic_int_set(&gate.go, 1);
    caller_finish(&first);
    for (int i = 0; i < 3; i++)
        caller_finish(&callers[i]);
    g_assert_true(callers[0].ok && callers[2].ok);
    assert_failed(&callers[1].error, BH_FULL);
    g_assert_cmpint(count_tasks(f->db), ==, 2);
}

static void test_backup(Fixture *f)
{
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

static const DbTest tests[] = {
    { "versions", test_versions, BOTH },
    { "bad-migration", test_bad_migration, BOTH },
    { "open-at-once", test_open_at_once, BOTH },
    { "owner", test_owner, BOTH },
    { "owner-waits", test_owner_waits, ONLY_POSTGRES },
    { "foreign-tables", test_foreign_tables, BOTH },
    { "killed", test_killed, BOTH },
    { "reconnect", test_reconnect, ONLY_POSTGRES },
    { "rest", test_rest, BOTH },
    { "file-mode", test_file_mode, ONLY_SQLITE },
    { "visitor", test_visitor, ONLY_SQLITE },
    { "not-a-database", test_not_a_database, ONLY_SQLITE },
    { "damaged", test_damaged, ONLY_SQLITE },
    { "full", test_full, ONLY_SQLITE },
    { "backup", test_backup, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-store", tests, G_N_ELEMENTS(tests));
}
