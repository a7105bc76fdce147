/* Tables whose columns are known at run time only, on both engines. */
#include "db/table.h"

#include "db-fixture.h"
#include "db/build.h"
#include "db/driver.h"
#include "db/scan.h"
#include "store-ask.h"

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
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b"), ==, 3);
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
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM v_a__b WHERE CAST(amount AS TEXT) IN ('123.45', '-0.07')"), ==, 2);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM v_a__b"), ==, 2);
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
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE dose IS NULL AND (note__1 = 'x' OR note__1 IS NULL OR note__1 = '')"), ==, 3);
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
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN (12345000, -7000)"), ==, 2);
    g_assert_false(db_write(f->db, DB_BULK, widen, &(int) { 18 }, &err));
    g_clear_error(&err);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN (12345000, -7000)"), ==, 2);
    do_write(f->db, widen, &(int) { -1 });
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE amount IN ('12345000', '-7000')"), ==, 2);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE given = '2026-01-02'"), ==, 1);
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
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM hist_a_pack_of_length_20c__a_dataset_of_len_20cc"), ==, 0);
}

/* --- Reading -------------------------------------------------------------------------------------------------------------- */

static int64_t scan_sum(Fixture *f, const DbScan *scan, int64_t *ret_n)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    DbConn *conn = db_reader(f->db, &err);
    DbScanner *scanner = db_scan(conn, scan, arena, &err);
    int64_t sum = 0;
    g_assert_no_error(err);
    *ret_n = 0;
    for (DbScanRows rows; db_scan_next(scanner, &rows, &err) && rows.n > 0; *ret_n += (int64_t) rows.n)
        for (size_t i = 0; i < rows.n; i++)
            sum += ((const int64_t *) rows.columns[0].values)[i];
    g_assert_no_error(err);
    db_scan_free(scanner);
    db_done(conn);
    return sum;
}

static void test_scan(Fixture *f)
{
    static const char *const all[] = { "key_", "amount", "given", "note" }, *const none[] = { "key_", "other" };
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    DbScan scan = { .table = &table, .columns = all, .n = 4, .first = 670, .last = 670, .of_second = true, .second = 1 };
    DbScanRows rows;
    char day[DATE_TEXT_MAX];
    fill(f);
    DbConn *conn = db_reader(f->db, &err);
    DbScanner *scanner = db_scan(conn, &scan, arena, &err);
    g_assert_no_error(err);
    g_assert_true(db_scan_next(scanner, &rows, &err) && rows.n == 2);
    g_assert_cmpint(((const int64_t *) rows.columns[1].values)[0], ==, 12345);
    g_assert_cmpstr(date_format(((const Date *) rows.columns[2].values)[0], day), ==, "2026-01-02");
    g_assert_true(str_eq(((const Str *) rows.columns[3].values)[0], STR("x")));
    g_assert_true(!rows.columns[2].nulls[0] && rows.columns[2].nulls[1] && rows.columns[3].nulls[1] && !rows.columns[1].nulls[1]);
    g_assert_true(db_scan_next(scanner, &rows, &err) && rows.n == 0);
    g_assert_true(db_scan_next(scanner, &rows, &err) && rows.n == 0); /* the end lasts */
    db_scan_free(scanner);
    scan.columns = none;
    g_assert_null(db_scan(conn, &scan, arena, &err));
    assert_failed(&err, BH_INTERNAL);
    db_done(conn);
}

static const char insert_many[] = "INSERT INTO a__b (month_, org_, key_) WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 9000) SELECT 670, 7, k FROM n";

/* More than one step of rows, of one organisation among others, and of all. */
static void test_scan_many(Fixture *f)
{
    static const char *const key[] = { "key_" };
    DbScan scan = { .table = &table, .columns = key, .n = 1, .first = 670, .last = 700, .of_second = true, .second = 7 };
    int64_t n;
    fill(f);
    do_write(f->db, script, insert_many);
    g_assert_cmpint(scan_sum(f, &scan, &n), ==, 9000 * 9001 / 2);
    g_assert_cmpint(n, ==, 9000);
    scan.of_second = false;
    scan.first = -3;
    g_assert_cmpint(scan_sum(f, &scan, &n), ==, 9000 * 9001 / 2 + 5 + 6 + 5);
    g_assert_cmpint(n, ==, 9003);
    scan.last = -4;
    g_assert_cmpint(scan_sum(f, &scan, &n), ==, 0);
}

static const DbTest tests[] = {
    { "scan", test_scan, BOTH }, { "scan-many", test_scan_many, BOTH },
    { "made", test_made, BOTH }, { "view", test_view, BOTH }, { "columns", test_columns, BOTH }, { "widened", test_widened, BOTH },
    { "names", test_names, BOTH }, { "longest", test_longest, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-table", tests, G_N_ELEMENTS(tests));
}
