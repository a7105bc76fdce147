#include "db/db.h"

#include "test-queries.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* Each test runs on SQLite in a folder of its own, and on PostgreSQL in a schema of its own. */
typedef struct {
    DbEngine engine;
    char *folder;
    DbOptions options;
    Db *db;
} Fixture;

static Db *reopen(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_clear_pointer(&f->db, db_close);
    f->db = db_open(&f->options, &err);
    g_assert_no_error(err);
    return f->db;
}

static void set_up(Fixture *f, gconstpointer engine)
{
    f->engine = (DbEngine) GPOINTER_TO_INT(engine);
    f->folder = g_dir_make_tmp("bihuan-test-db-XXXXXX", NULL);
    f->options = (DbOptions) { .path = g_build_filename(f->folder, "bihuan.db", NULL), .readers = 2, .program = &test_program };
    reopen(f);
}

static void tear_down(Fixture *f, gconstpointer engine)
{
    (void) engine;
    static const char *const endings[] = { "", "-wal", "-shm" };
    db_close(f->db);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(f->options.path, endings[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(f->folder), ==, 0);
    g_free((char *) f->options.path);
    g_free(f->folder);
}

static bool add_two(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TaskAdd, NULL, err, .uid = STR("a"), .unit = DB_NULL_INT, .title = STR("第一"), .due = DATE_NONE, .weight = 3) &&
           db_exec(tx, TaskAdd, NULL, err, .uid = STR("b"), .unit = DB_NULL_INT, .title = STR(""), .due = 20000, .done = true,
                   .weight = DB_NULL_INT, .body = STR("\0\1\xff"));
}

static void test_values(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_two, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TaskByUidRow row;
    bool found = false;
    g_assert_true(db_one(conn, TaskByUid, arena, &row, &found, &err, .uid = STR("a")));
    g_assert_true(found);
    g_assert_true(str_eq(row.title, STR("第一")));
    g_assert_cmpint(row.due, ==, DATE_NONE);
    g_assert_cmpint(row.unit, ==, DB_NULL_INT);
    g_assert_cmpint(row.weight, ==, 3);
    g_assert_false(row.done);
    g_assert_null(row.body.p);
    g_assert_true(db_one(conn, TaskByUid, arena, &row, &found, &err, .uid = STR("b")));
    g_assert_true(row.done && row.title.p && row.title.n == 0);
    g_assert_cmpint(row.due, ==, 20000);
    g_assert_cmpint(row.weight, ==, DB_NULL_INT);
    g_assert_true(str_eq(row.body, STR("\0\1\xff")));
    g_assert_true(db_one(conn, TaskByUid, arena, &row, &found, &err, .uid = STR("c")));
    g_assert_false(found);
}

static void test_statements(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    g_assert_true(db_check_statements(conn, &err));
    g_assert_no_error(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/db/sqlite/values", Fixture, GINT_TO_POINTER(DB_SQLITE), set_up, test_values, tear_down);
    g_test_add("/db/sqlite/statements", Fixture, GINT_TO_POINTER(DB_SQLITE), set_up, test_statements, tear_down);
    return g_test_run();
}
