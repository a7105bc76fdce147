#include "base/clock.h"

#include "db-fixture.h"

#include "base/banned.h"

/* --- Values and statements ------------------------------------------------------------------------------------- */

static void test_values(Fixture *f)
{
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

static void test_statements(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    db_check_statements(conn, &err);
    g_assert_no_error(err);
}

/* Those of the program itself, on a store of its own. */
static void test_program_statements(Fixture *f)
{
    renew(f, NULL);
    reopen(f);
    g_assert_cmpint(db_version(f->db), ==, db_version_of_program());
    test_statements(f);
}

/* The text and the types of what the statement says about itself are compared when it is prepared. */
static void test_columns(Fixture *f)
{
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

/* Other statements, and the same one, in the loop over rows; a loop that is left early. */
static void test_nested(Fixture *f)
{
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

static void test_returning(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    int64_t id = 0;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, returning, &id, &err));
    g_assert_cmpint(id, ==, 1);
}

/* --- A statement for many ---------------------------------------------------------------------------------------- */

enum { MANY = 6000 }; /* more than is sent together, by COPY and by statements */

/* Every third is without what may be missing. The uid of number `twice` is that of the one before; 0: none is. */
static TryTaskAddArgs *many_tasks(Arena *arena, int twice)
{
    TryTaskAddArgs *all = ARENA_ARRAY(arena, TryTaskAddArgs, MANY);
    for (int i = 0; i < MANY; i++) {
        bool bare = i % 3 == 0;
        all[i] = (TryTaskAddArgs) { arena_printf(arena, "%05d", twice && i == twice ? i - 1 : i), DB_NULL_INT, arena_printf(arena, "任务 %d", i), bare ? DATE_NONE : i - 3000, i % 2 == 0, bare ? DB_NULL_INT : i,
                                   bare ? STR_NONE : (Str) { "a\0b", 3 } };
    }
    return all;
}

static void assert_many(DbConn *conn, Arena *arena)
{
    g_autoptr(GError) err = NULL;
    const TryTaskAddArgs *all = many_tasks(arena, 0);
    for (int i = 0; i < MANY; i++) {
        TryTaskByUidRow row;
        bool found = false, bare = i % 3 == 0;
        g_assert_true(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = all[i].uid) && found);
        g_assert_true(str_eq(row.title, all[i].title) && row.unit == DB_NULL_INT && row.due == all[i].due && row.done == all[i].done && row.weight == all[i].weight);
        g_assert_true(bare ? !row.body.p : str_eq(row.body, all[i].body));
    }
}

typedef struct {
    bool copied, in_loop;
    int twice;
} Many;

static bool write_many(DbConn *tx, const Many *many, Arena *arena, GError **err)
{
    const TryTaskAddArgs *all = many_tasks(arena, many->twice);
    if (!many->copied)
        return db_exec_all(tx, TryTaskAdd, all, MANY, err);
    G_STATIC_ASSERT(sizeof(TryTaskAddArgs) == sizeof(TryTaskAddManyArgs));
    return db_exec_all(tx, TryTaskAddMany, (const TryTaskAddManyArgs *) all, MANY, err);
}

static bool add_many(DbConn *tx, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const Many *many = data;
    g_autoptr(DbRows) rows = many->in_loop ? db_query(tx, TryTasksInOrder, err) : NULL;
    TryTasksInOrderRow row;
    g_assert_true(!rows || db_next(rows, &row, err));
    bool ok = write_many(tx, many, arena, err) && db_exec_all(tx, TryNoteAdd, NULL, 0, err);
    int n = 1;
    while (ok && rows && db_next(rows, &row, err))
        n++;
    g_assert_true(!ok || !rows || n >= 100); /* one store shows what came meanwhile, the other does not */
    return ok && (!rows || db_rows_ok(rows));
}

static bool remove_tasks(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryTaskDeleteAll, NULL, err);
}

static void test_many(Fixture *f)
{
    g_autoptr(Arena) arena = arena_new();
    for (int copied = 0; copied < 2; copied++) {
        g_autoptr(GError) err = NULL;
        g_assert_true(db_write(f->db, DB_BULK, add_many, &(Many) { .copied = copied }, &err));
        g_assert_cmpint(count_tasks(f->db), ==, MANY);
        DbConn *conn = db_reader(f->db, &err);
        assert_many(conn, arena);
        db_done(conn);
        g_assert_true(db_write(f->db, DB_BULK, remove_tasks, NULL, &err));
    }
}

/* While rows of another statement are read. */
static void test_many_in_loop(Fixture *f)
{
    for (int copied = 0; copied < 2; copied++) {
        g_autoptr(GError) err = NULL;
        g_assert_true(db_write(f->db, DB_BULK, remove_tasks, NULL, &err) && db_write(f->db, DB_BULK, add_hundred, NULL, &err));
        db_write(f->db, DB_BULK, add_many, &(Many) { .copied = copied, .in_loop = true }, &err);
        g_assert_no_error(err);
        g_assert_cmpint(count_tasks(f->db), ==, MANY + 100);
    }
}

static bool add_missing(DbConn *tx, void *data, GError **err)
{
    const TryNoteAddArgs notes[] = { { STR("a") }, { STR_NONE } };
    (void) data;
    return db_exec_all(tx, TryNoteAdd, notes, G_N_ELEMENTS(notes), err);
}

/* One that is refused refuses all of them, wherever it stands, and the connection goes on. */
static void test_many_refused(Fixture *f)
{
    static const int places[] = { 1, 255, 256, 257, 3000, MANY - 1 };
    g_autoptr(GError) err = NULL;
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(places); i++) {
        g_assert_false(db_write(f->db, DB_BULK, add_many, &(Many) { .copied = i % 2, .twice = places[i / 2] }, &err));
        assert_failed(&err, BH_CONFLICT);
        g_assert_cmpint(count_tasks(f->db), ==, 0);
    }
    g_assert_false(db_write(f->db, DB_BULK, add_missing, NULL, &err));
    assert_failed(&err, BH_INTERNAL);
    g_assert_true(db_write(f->db, DB_BULK, add_many, &(Many) { .copied = true }, &err));
    g_assert_cmpint(count_tasks(f->db), ==, MANY);
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

static void test_failures(Fixture *f)
{
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

static void test_null(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, add_two, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, TryTaskNullTitle, &err);
    TryTaskNullTitleRow row;
    g_assert_false(db_next(rows, &row, &err));
    g_assert_false(db_rows_ok(rows));
    assert_failed(&err, BH_INTERNAL);
}

/* --- Reading --------------------------------------------------------------------------------------------------- */

static void test_one_state(Fixture *f)
{
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

static void test_read_limit(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    TryTaskCountRow count;
    TryEndlessRow row;
    bool found = false;
    DbConn *conn = db_reader(f->db, &err);
    g_assert_false(db_one(conn, TryEndless, NULL, &row, &found, &err)); /* it would never end by itself */
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

static void test_readers_cannot_write(Fixture *f)
{
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
static void test_read_only_beside(Fixture *f)
{
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

static void test_pool(Fixture *f)
{
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

static const DbTest tests[] = {
    { "values", test_values, BOTH },
    { "statements", test_statements, BOTH },
    { "program-statements", test_program_statements, BOTH },
    { "columns", test_columns, BOTH },
    { "nested", test_nested, BOTH },
    { "returning", test_returning, BOTH },
    { "many", test_many, BOTH },
    { "many-refused", test_many_refused, BOTH },
    { "many-in-a-loop", test_many_in_loop, BOTH },
    { "failures", test_failures, BOTH },
    { "null", test_null, BOTH },
    { "one-state", test_one_state, BOTH },
    { "read-limit", test_read_limit, BOTH },
    { "read-only-beside", test_read_only_beside, BOTH },
    { "pool", test_pool, BOTH },
    { "readers-cannot-write", test_readers_cannot_write, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db", tests, G_N_ELEMENTS(tests));
}
