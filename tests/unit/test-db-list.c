#include "db/build.h"

#include "db-fixture.h"

#include "base/banned.h"

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
static void test_list_pages(Fixture *f)
{
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
static void test_list_byte_order(Fixture *f)
{
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

static void test_list_filters(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (size_t i = 0; i < G_N_ELEMENTS(filter_cases); i++)
        check_filter(conn, &filter_cases[i]);
}

/* More texts than a connection keeps, each asked again when others have taken its place, and twice in a row. */
static void test_list_many_texts(Fixture *f)
{
    enum { TEXTS = 100, ROUNDS = 3 };
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_BULK, add_list_tasks, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (int round = 0; round < ROUNDS; round++) {
        g_autoptr(GString) weights = g_string_new("1");
        for (int n = 1; n <= TEXTS; n++, g_string_append(weights, ",9"))
            for (int again = 0; again <= n % 2; again++)
                check_filter(conn, &(FilterCase) { "weight", weights->str, 13 });
    }
}

/* Several at once, with a condition of ours and the statement's own argument. */
static void test_list_where(Fixture *f)
{
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

static void test_list_cursor(Fixture *f)
{
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
static void test_list_null_key(Fixture *f)
{
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

static const DbTest tests[] = {
    { "list-pages", test_list_pages, BOTH },
    { "list-byte-order", test_list_byte_order, BOTH },
    { "list-filters", test_list_filters, BOTH },
    { "list-many-texts", test_list_many_texts, BOTH },
    { "list-where", test_list_where, BOTH },
    { "list-cursor", test_list_cursor, BOTH },
    { "list-null-key", test_list_null_key, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-list", tests, G_N_ELEMENTS(tests));
}
