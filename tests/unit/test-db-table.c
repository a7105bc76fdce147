/* Tables whose columns are known at run time only, on both engines. */
#include "db/table.h"

#include "db/build.h"
#include "db-fixture.h"
#include "db/driver.h"

#include "base/banned.h"

static const DbColumn columns[] = {
    { "month_", DB_TYPE_INT }, { "org_", DB_TYPE_INT }, { "key_", DB_TYPE_INT }, { "amount", DB_TYPE_INT, true }, { "given", DB_TYPE_DATE, true }, { "note", DB_TYPE_TEXT, true },
};
static const DbTable table = { "a__b", columns, G_N_ELEMENTS(columns), 3, true };

static bool make(DbConn *tx, void *data, GError **err)
{
    return db_table_create(tx, data, err) && db_table_month(tx, data, 670, err) && db_table_month(tx, data, -3, err) && db_table_month(tx, data, 670, err);
}

static bool script(DbConn *tx, void *data, GError **err)
{
    return tx->driver->script(tx, data, err);
}

static int64_t ask(Db *db, const char *sql)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(db, &err);
    int64_t n = 0;
    g_assert_no_error(err);
    conn->driver->scalar(conn, sql, &n, &err);
    g_assert_no_error(err);
    return n;
}

static void do_write(Db *db, DbWork work, const void *data)
{
    g_autoptr(GError) err = NULL;
    db_write(db, DB_BULK, work, (void *) data, &err);
    g_assert_no_error(err);
}

static void fill(Fixture *f)
{
    do_write(f->db, make, &table);
    do_write(f->db, script, "INSERT INTO a__b VALUES (670, 1, 5, 12345, '2026-01-02', 'x'), (670, 1, 6, -7, NULL, NULL), (-3, 2, 5, NULL, NULL, '')");
}

static void test_made(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    bool there = false;
    fill(f);
    DbConn *conn = db_reader(f->db, &err);
    g_assert_true(db_table_exists(conn, "a__b", &there, &err) && there);
    g_assert_true(db_table_exists(conn, "a__c", &there, &err) && !there);
    g_assert_false(db_table_exists(conn, "a'b", &there, &err));
    assert_failed(&err, BH_INTERNAL);
    db_done(conn);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b"), ==, 3);
    g_assert_false(db_write(f->db, DB_BULK, make, (void *) &table, &err));
    g_clear_error(&err);
}

static bool make_view(DbConn *tx, void *data, GError **err)
{
    static const DbViewColumn shown[] = { { "org_" }, { "key_" }, { "amount", 2 }, { "note" } };
    const DbView view = { "v_a__b", "a__b", shown, G_N_ELEMENTS(shown), data, 2 };
    return db_view_drop(tx, "v_a__b", err) && db_view_create(tx, &view, err);
}

static void test_view(Fixture *f)
{
    fill(f);
    do_write(f->db, make_view, NULL);
    do_write(f->db, make_view, "org_");
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM v_a__b WHERE CAST(amount AS TEXT) IN ('123.45', '-0.07')"), ==, 2);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM v_a__b"), ==, 2);
}

static bool add(DbConn *tx, void *data, GError **err)
{
    (void) data;
    const DbColumn more = { "dose", DB_TYPE_INT, true };
    return db_table_add_column(tx, "a__b", &more, err) && db_table_rename_column(tx, "a__b", "note", "note__1", err);
}

static void test_columns(Fixture *f)
{
    fill(f);
    do_write(f->db, add, NULL);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b WHERE dose IS NULL AND (note__1 = 'x' OR note__1 IS NULL OR note__1 = '')"), ==, 3);
}

static bool widen(DbConn *tx, void *data, GError **err)
{
    const int *digits = data;
    const DbColumn was = { "amount", DB_TYPE_INT, true }, wide = { "amount", *digits < 0 ? DB_TYPE_TEXT : DB_TYPE_INT, true };
    return db_table_widen(tx, &table, &wide, &was, MAX(*digits, 0), err);
}

static void test_widened(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    fill(f);
    do_write(f->db, widen, &(int) { 3 });
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN (12345000, -7000)"), ==, 2);
    g_assert_false(db_write(f->db, DB_BULK, widen, &(int) { 18 }, &err));
    g_clear_error(&err);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN (12345000, -7000)"), ==, 2);
    do_write(f->db, widen, &(int) { -1 });
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN ('12345000', '-7000')"), ==, 2);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM a__b WHERE given = '2026-01-02'"), ==, 1);
}

static bool make_bad(DbConn *tx, void *data, GError **err)
{
    const DbColumn one[] = { { data, DB_TYPE_INT } };
    return db_table_create(tx, &(DbTable) { "a__b", one, 1, 1, false }, err);
}

static void test_names(Fixture *f)
{
    static const char *const bad[] = { "", "a b", "x\"", "A", "1a", "_a", "x;", "x)", "a-b", "0123456789012345678901234567890123456789012345678901234567890", "\xE5\x90\x8D" };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) err = NULL;
        g_assert_false(db_write(f->db, DB_BULK, make_bad, (void *) bad[i], &err));
        assert_failed(&err, BH_INTERNAL);
    }
}

/* The longest names that packs can give, with the most columns, on both. */
static void test_longest(Fixture *f)
{
    enum { N = 310 };
    static char names[N][24];
    static DbColumn many[N];
    for (int i = 0; i < N; i++) {
        g_snprintf(names[i], sizeof names[i], "a_field_of_length_%02x", i);
        many[i] = (DbColumn) { names[i], DB_TYPE_INT, i > 2 };
    }
    const DbTable longest = { "hist_a_pack_of_length_20c__a_dataset_of_len_20cc", many, N, 3, true };
    do_write(f->db, make, &longest);
    g_assert_cmpint(ask(f->db, "SELECT count(*) FROM hist_a_pack_of_length_20c__a_dataset_of_len_20cc"), ==, 0);
}

static const DbTest tests[] = {
    { "made", test_made, BOTH }, { "view", test_view, BOTH }, { "columns", test_columns, BOTH }, { "widened", test_widened, BOTH },
    { "names", test_names, BOTH }, { "longest", test_longest, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-table", tests, G_N_ELEMENTS(tests));
}
