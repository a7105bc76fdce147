/* What the layer src/db costs beside bare calls of SQLite or libpq that do the same; see docs/performance.md.
 *
 *   bench-db FOLDER            SQLite in an empty FOLDER
 *   bench-db --postgres URL    PostgreSQL, in a schema of its own that is dropped at the end */
#include "base/clock.h"
#include "db/db.h"

#include "test-queries.h"

#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/banned.h"

enum { SECONDS = 2, MOST_THREADS = 16, BULK_ROWS = 200000, STEP_ROWS = 20000, READS = 200000, PG_READS = 40000, PG_BULK_ROWS = 60000 };
static const char schema[] = "bihuan_bench";
static const char insert_sqlite[] = "INSERT INTO task (uid, unit, title, due, done, weight, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char insert_postgres[] = "INSERT INTO task (uid, unit, title, due, done, weight, body) "
                                      "VALUES ($1, NULL, $2, '2024-10-04'::date, false, $3::bigint, NULL)";
static const char select_sqlite[] = "SELECT id, unit, title, due, done, weight, body FROM task WHERE uid = ?1";
static const char select_postgres[] = "SELECT id, unit, title, due, done, weight, body FROM task WHERE uid = $1";
static const char scan[] = "SELECT id, uid FROM task ORDER BY id";

typedef struct {
    DbOptions options;
    Db *db;
    gint next; /* makes each uid once */
    int bulk_rows, reads;
    double commits_bare, bulk_bare, reads_bare, scan_bare;
} Bench;

static void must(bool ok, GError *err)
{
    if (!ok)
        g_error("%s", err ? err->message : "failed");
}

static double seconds_since(int64_t start_us)
{
    return (double) (g_get_monotonic_time() - start_us) / 1e6;
}

static void show(const char *what, double per_second, double bare)
{
    if (bare > 0)
        printf("%-44s %10.0f /s   bare %10.0f /s   ratio %.2f\n", what, per_second, bare, per_second / bare);
    else
        printf("%-44s %10.0f /s\n", what, per_second);
    fflush(stdout);
}

static Str make_uid(char buffer[static 16], int i)
{
    return (Str) { buffer, (size_t) g_snprintf(buffer, 16, "%010d", i) };
}

static bool add_one(DbConn *tx, int i, GError **err)
{
    char buffer[16];
    return db_exec(tx, TryTaskAdd, NULL, err, .uid = make_uid(buffer, i), .unit = DB_NULL_INT, .title = STR("国家免疫规划疫苗接种率"),
                   .due = 20000, .weight = i);
}

/* --- Through the layer ----------------------------------------------------------------------------------------- */

static bool small_work(DbConn *tx, void *data, GError **err)
{
    Bench *bench = data;
    return add_one(tx, g_atomic_int_add(&bench->next, 1), err);
}

static void *commit_for_a_while(void *data)
{
    Bench *bench = data;
    int64_t end_ms = monotonic_ms() + SECONDS * 1000;
    g_autoptr(GError) err = NULL;
    while (monotonic_ms() < end_ms)
        must(db_write(bench->db, DB_INTERACTIVE, small_work, bench, &err), err);
    return NULL;
}

static void bench_commits(Bench *bench, int n_threads)
{
    GThread *threads[MOST_THREADS];
    int first = g_atomic_int_get(&bench->next);
    DbWriterState before = db_writer_state(bench->db);
    int64_t start_us = g_get_monotonic_time();
    for (int i = 0; i < n_threads; i++)
        threads[i] = g_thread_new("bench", commit_for_a_while, bench);
    for (int i = 0; i < n_threads; i++)
        g_thread_join(threads[i]);
    double seconds = seconds_since(start_us);
    DbWriterState after = db_writer_state(bench->db);
    g_autofree char *what = g_strdup_printf("durable changes, %d waiting (%.1f a commit)", n_threads,
                                            (double) (after.works - before.works) / (double) (after.commits - before.commits));
    show(what, (g_atomic_int_get(&bench->next) - first) / seconds, bench->commits_bare);
}

static bool bulk_step(DbConn *tx, void *data, GError **err)
{
    Bench *bench = data;
    for (int i = 0; i < STEP_ROWS; i++)
        if (!add_one(tx, bench->next + i, err))
            return false;
    return true;
}

static void bench_bulk(Bench *bench)
{
    g_autoptr(GError) err = NULL;
    int64_t start_us = g_get_monotonic_time();
    for (int rows = 0; rows < bench->bulk_rows; rows += STEP_ROWS) {
        must(db_write(bench->db, DB_BULK, bulk_step, bench, &err), err);
        bench->next += STEP_ROWS;
    }
    show("rows inserted, 20,000 a step", bench->bulk_rows / seconds_since(start_us), bench->bulk_bare);
}

/* All rows of one query. */
static void bench_scan(Bench *bench)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(bench->db, &err);
    int64_t start_us = g_get_monotonic_time();
    int64_t n = 0, sum = 0;
    g_autoptr(DbRows) rows = db_query(conn, TryTasksInOrder, &err);
    for (TryTasksInOrderRow row; rows && db_next(rows, &row, &err); n++)
        sum += row.id + row.uid.p[0];
    must(sum > 0 && db_rows_ok(rows), err);
    show("rows of one query", (double) n / seconds_since(start_us), bench->scan_bare);
}

static void bench_reads(Bench *bench)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    DbConn *conn = db_reader(bench->db, &err);
    int64_t start_us = g_get_monotonic_time();
    for (int i = 0; i < bench->reads; i++) {
        char buffer[16];
        TryTaskByUidRow row;
        bool found = false;
        ArenaMark mark = arena_mark(arena);
        must(db_one(conn, TryTaskByUid, arena, &row, &found, &err, .uid = make_uid(buffer, i * 7919 % bench->next)) && found, err);
        arena_rewind(arena, mark);
    }
    show("point queries in one transaction", bench->reads / seconds_since(start_us), bench->reads_bare);
    db_done(conn);
    start_us = g_get_monotonic_time();
    for (int i = 0; i < bench->reads / 4; i++) {
        TryNoteCountRow row;
        bool found = false;
        DbConn *each = db_reader(bench->db, &err);
        must(each && db_one(each, TryNoteCount, arena, &row, &found, &err), err);
        db_done(each);
    }
    show("reader, one query, back", bench->reads / 4 / seconds_since(start_us), 0);
    bench_scan(bench);
}

static void *bulk_for_a_while(void *data)
{
    Bench *bench = data;
    int64_t end_ms = monotonic_ms() + SECONDS * 1000;
    g_autoptr(GError) err = NULL;
    while (monotonic_ms() < end_ms) {
        must(db_write(bench->db, DB_BULK, bulk_step, bench, &err), err);
        g_atomic_int_add(&bench->next, STEP_ROWS);
    }
    return NULL;
}

static bool note_work(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_exec(tx, TryNoteAdd, NULL, err, .text = STR("beside"));
}

static int compare_ms(gconstpointer a, gconstpointer b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* How long somebody waits for a small change while bulk steps run one after the other. */
static void bench_beside_bulk(Bench *bench)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GArray) waits_ms = g_array_new(false, false, sizeof(double));
    GThread *bulk = g_thread_new("bulk", bulk_for_a_while, bench);
    int64_t end_ms = monotonic_ms() + SECONDS * 1000 - 300;
    while (monotonic_ms() < end_ms) {
        int64_t start_us = g_get_monotonic_time();
        must(db_write(bench->db, DB_INTERACTIVE, note_work, NULL, &err), err);
        double ms = seconds_since(start_us) * 1000;
        g_array_append_val(waits_ms, ms);
        g_usleep(5000);
    }
    g_thread_join(bulk);
    g_array_sort(waits_ms, compare_ms);
    printf("a change beside bulk, %u times: median %.1f ms, 99 %% %.1f ms, longest %.1f ms\n", waits_ms->len,
           g_array_index(waits_ms, double, waits_ms->len / 2), g_array_index(waits_ms, double, waits_ms->len * 99 / 100),
           g_array_index(waits_ms, double, waits_ms->len - 1));
}

static void bench_writes(Bench *bench)
{
    bench_commits(bench, 1);
    bench_commits(bench, MOST_THREADS);
    bench_bulk(bench);
    bench_beside_bulk(bench);
}

/* --- Bare SQLite ----------------------------------------------------------------------------------------------- */

static void sqlite_do(sqlite3 *handle, const char *sql)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(handle));
}

static void sqlite_insert(sqlite3_stmt *stmt, int i)
{
    char buffer[16], date[DATE_TEXT_MAX];
    Str uid = make_uid(buffer, i);
    sqlite3_bind_text(stmt, 1, uid.p, (int) uid.n, SQLITE_STATIC);
    sqlite3_bind_null(stmt, 2);
    sqlite3_bind_text(stmt, 3, "国家免疫规划疫苗接种率", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, date_format(20000, date), -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 5, 0);
    sqlite3_bind_int64(stmt, 6, i);
    sqlite3_bind_null(stmt, 7);
    if (sqlite3_step(stmt) != SQLITE_DONE)
        g_error("%s", sqlite3_errmsg(sqlite3_db_handle(stmt)));
    sqlite3_reset(stmt);
}

static void sqlite_writes(Bench *bench, sqlite3 *handle)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(handle, insert_sqlite, -1, &stmt, NULL);
    int64_t start_us = g_get_monotonic_time();
    int first = bench->next;
    while (seconds_since(start_us) < SECONDS) {
        sqlite_do(handle, "BEGIN IMMEDIATE");
        sqlite_insert(stmt, bench->next++);
        sqlite_do(handle, "COMMIT");
    }
    bench->commits_bare = (bench->next - first) / seconds_since(start_us);
    sqlite_do(handle, "PRAGMA cache_size = -200000");
    start_us = g_get_monotonic_time();
    for (int rows = 0; rows < bench->bulk_rows; rows += STEP_ROWS) {
        sqlite_do(handle, "BEGIN IMMEDIATE");
        for (int i = 0; i < STEP_ROWS; i++)
            sqlite_insert(stmt, bench->next++);
        sqlite_do(handle, "COMMIT");
    }
    bench->bulk_bare = bench->bulk_rows / seconds_since(start_us);
    sqlite3_finalize(stmt);
}

static void sqlite_reads(Bench *bench, sqlite3 *handle)
{
    sqlite3_stmt *stmt = NULL;
    int64_t sum = 0;
    sqlite3_prepare_v2(handle, select_sqlite, -1, &stmt, NULL);
    sqlite_do(handle, "BEGIN");
    int64_t start_us = g_get_monotonic_time();
    for (int i = 0; i < bench->reads; i++) {
        char buffer[16];
        Str uid = make_uid(buffer, i * 7919 % bench->next);
        Date due = 0;
        sqlite3_bind_text(stmt, 1, uid.p, (int) uid.n, SQLITE_STATIC);
        if (sqlite3_step(stmt) != SQLITE_ROW)
            g_error("%s", sqlite3_errmsg(handle));
        sum += sqlite3_column_int64(stmt, 0) + sqlite3_column_type(stmt, 1) + sqlite3_column_int(stmt, 4);
        sum += sqlite3_column_int64(stmt, 5) + sqlite3_column_text(stmt, 2)[0] + sqlite3_column_type(stmt, 6);
        date_parse(str_from((const char *) sqlite3_column_text(stmt, 3)), &due);
        sum += due;
        sqlite3_reset(stmt);
    }
    bench->reads_bare = sum ? bench->reads / seconds_since(start_us) : 0;
    sqlite_do(handle, "COMMIT");
    sqlite3_finalize(stmt);
}

static void sqlite_scan(Bench *bench, sqlite3 *handle)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n = 0, sum = 0;
    sqlite3_prepare_v2(handle, scan, -1, &stmt, NULL);
    int64_t start_us = g_get_monotonic_time();
    for (; sqlite3_step(stmt) == SQLITE_ROW; n++)
        sum += sqlite3_column_int64(stmt, 0) + sqlite3_column_text(stmt, 1)[0];
    bench->scan_bare = sum ? (double) n / seconds_since(start_us) : 0;
    sqlite3_finalize(stmt);
}

static void bench_sqlite(const char *folder)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = g_build_filename(folder, "bench.db", NULL);
    Bench bench = { .options = { .path = path, .readers = 2, .program = &test_program }, .bulk_rows = BULK_ROWS, .reads = READS };
    bench.db = db_open(&bench.options, &err);
    must(bench.db != NULL, err);
    sqlite3 *handle = NULL;
    sqlite3_open(path, &handle);
    sqlite_do(handle, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000; PRAGMA cache_size = -16000");
    sqlite_writes(&bench, handle);
    bench_writes(&bench);
    sqlite_do(handle, "PRAGMA cache_size = -16000"); /* as a reader has */
    sqlite_reads(&bench, handle);
    sqlite_scan(&bench, handle);
    bench_reads(&bench);
    sqlite3_close(handle);
    db_close(bench.db);
    g_unlink(path);
}

/* --- Bare libpq ------------------------------------------------------------------------------------------------ */

static void pg_do(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
}

static void pg_insert(PGconn *pg, int i)
{
    char buffer[16], weight[16];
    g_snprintf(weight, sizeof weight, "%d", i);
    const char *const values[] = { make_uid(buffer, i).p, "国家免疫规划疫苗接种率", weight };
    PGresult *result = PQexecPrepared(pg, "insert", 3, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s", PQerrorMessage(pg));
    PQclear(result);
}

static void pg_writes(Bench *bench, PGconn *pg)
{
    PQclear(PQprepare(pg, "insert", insert_postgres, 3, NULL));
    int64_t start_us = g_get_monotonic_time();
    int first = bench->next;
    while (seconds_since(start_us) < SECONDS) {
        pg_do(pg, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        pg_insert(pg, bench->next++);
        pg_do(pg, "COMMIT");
    }
    bench->commits_bare = (bench->next - first) / seconds_since(start_us);
    start_us = g_get_monotonic_time();
    for (int rows = 0; rows < bench->bulk_rows; rows += STEP_ROWS) {
        pg_do(pg, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        for (int i = 0; i < STEP_ROWS; i++)
            pg_insert(pg, bench->next++);
        pg_do(pg, "COMMIT");
    }
    bench->bulk_bare = bench->bulk_rows / seconds_since(start_us);
}

/* Values as text, as most programs use libpq. */
static void pg_reads(Bench *bench, PGconn *pg)
{
    int64_t sum = 0;
    PQclear(PQprepare(pg, "select", select_postgres, 1, NULL));
    pg_do(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    int64_t start_us = g_get_monotonic_time();
    for (int i = 0; i < bench->reads; i++) {
        char buffer[16];
        const char *const values[] = { make_uid(buffer, i * 7919 % bench->next).p };
        PGresult *result = PQexecPrepared(pg, "select", 1, values, NULL, NULL, 0);
        Date due = 0;
        if (PQntuples(result) != 1)
            g_error("%s", PQerrorMessage(pg));
        sum += g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10) + g_ascii_strtoll(PQgetvalue(result, 0, 5), NULL, 10);
        date_parse(str_from(PQgetvalue(result, 0, 3)), &due);
        sum += due;
        PQclear(result);
    }
    bench->reads_bare = sum ? bench->reads / seconds_since(start_us) : 0;
    pg_do(pg, "COMMIT");
}

/* The whole result in memory at once. */
static void pg_scan(Bench *bench, PGconn *pg)
{
    int64_t sum = 0;
    int64_t start_us = g_get_monotonic_time();
    PGresult *result = PQexec(pg, scan);
    for (int i = 0; i < PQntuples(result); i++)
        sum += g_ascii_strtoll(PQgetvalue(result, i, 0), NULL, 10) + PQgetvalue(result, i, 1)[0];
    bench->scan_bare = sum ? PQntuples(result) / seconds_since(start_us) : 0;
    PQclear(result);
}

static void bench_postgres(const char *url)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *with_schema = g_strconcat(url, " options='-c search_path=", schema, " -c client_min_messages=warning'", NULL);
    Bench bench = { .options = { .url = with_schema, .readers = 2, .program = &test_program }, .bulk_rows = PG_BULK_ROWS,
                    .reads = PG_READS };
    PGconn *pg = PQconnectdb(with_schema);
    pg_do(pg, "CREATE SCHEMA bihuan_bench");
    bench.db = db_open(&bench.options, &err);
    must(bench.db != NULL, err);
    pg_writes(&bench, pg);
    bench_writes(&bench);
    pg_reads(&bench, pg);
    pg_scan(&bench, pg);
    bench_reads(&bench);
    db_close(bench.db);
    pg_do(pg, "DROP SCHEMA bihuan_bench CASCADE");
    PQfinish(pg);
}

int main(int argc, char **argv)
{
    if (argc == 3 && g_str_equal(argv[1], "--postgres"))
        bench_postgres(argv[2]);
    else if (argc == 2 && g_file_test(argv[1], G_FILE_TEST_IS_DIR))
        bench_sqlite(argv[1]);
    else
        fputs("usage: bench-db FOLDER | bench-db --postgres URL\n", stderr);
    return 0;
}
