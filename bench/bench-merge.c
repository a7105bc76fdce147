/* What bringing rows into a table with history costs beside sqlite3's bare `.import`, or PostgreSQL's bare COPY, of the same rows into a plain table without a key; see docs/performance.md.
 *
 *   bench-merge FOLDER [ROWS]            SQLite, in an empty FOLDER
 *   bench-merge --postgres URL [ROWS]    PostgreSQL, in a schema of its own that is dropped at the end
 *
 * Both are told in processor time of our process and its children and in time on the wall; of PostgreSQL, whose server works elsewhere, only the latter says all. */
#include "db/merge.h"

#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "db/driver.h"

#include "base/banned.h"

enum { FIELDS = 20, CELLS = 4 + FIELDS, STEP = 10000, KNOWN_MONTHS = 24 };
static const DbProgram no_program = { 0 };

static DbColumn columns[5 + FIELDS + 1], place_columns[] = { { "org_", DB_TYPE_INT }, { "key_", DB_TYPE_INT }, { "month_", DB_TYPE_INT } };
static char names[FIELDS][8];
static const char *cells[CELLS];
static const DbTable rows_table = { "a__b", columns, 5 + FIELDS, 3, true }, history_table = { "hist_a__b", columns, 5 + FIELDS + 1, 4, true },
                     places_table = { "key_a__b", place_columns, 3, 2, false };

/* --- Rows ------------------------------------------------------------------------------------------------------------------ */

static DbType type_of(int field)
{
    return field % 4 == 0 ? DB_TYPE_DATE : field % 4 == 1 ? DB_TYPE_INT : DB_TYPE_TEXT;
}

static void name_columns(void)
{
    static const char *const fixed[] = { "month_", "org_", "key_", "batch_", "state_" };
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
        columns[i] = (DbColumn) { fixed[i], DB_TYPE_INT, false };
    for (int i = 0; i < 4; i++)
        cells[i] = fixed[i < 3 ? i : 4];
    for (int i = 0; i < FIELDS; i++) {
        g_snprintf(names[i], sizeof names[i], "f%d", i);
        columns[5 + i] = (DbColumn) { names[i], type_of(i), true };
        cells[4 + i] = names[i];
    }
    columns[5 + FIELDS] = (DbColumn) { "batch_out_", DB_TYPE_INT, false };
}

/* Some texts occur often, some once, as in files. */
static Str text_of(Arena *arena, int field, uint64_t hash)
{
    static const Str often[] = { STR_INIT("1"), STR_INIT("02"), STR_INIT("MMR"), STR_INIT("\xE9\x97\xA8\xE8\xAF\x8A"), STR_INIT("A09.900") };
    return field % 4 == 2 ? often[hash % G_N_ELEMENTS(often)] : arena_printf(arena, "%08x%04x", (unsigned) hash, (unsigned) (hash >> 40) & 0xffff);
}

static int by_key(const void *a, const void *b)
{
    const DbValue *x = a, *y = b;
    for (int i = 0; i < 3; i++)
        if (x[i].number != y[i].number)
            return x[i].number < y[i].number ? -1 : 1;
    return 0;
}

static DbValue *make_rows(Arena *arena, size_t n, uint64_t first, int change)
{
    DbValue *rows = g_new(DbValue, n * CELLS);
    for (size_t r = 0; r < n; r++) {
        uint64_t id = first + r, hash = id * 0x9E3779B97F4A7C15u;
        DbValue *row = rows + r * CELLS;
        row[0] = DB_INT(600 + (int64_t) (id % 3));
        row[1] = DB_INT(17);
        row[2] = DB_INT((int64_t) (hash ^ hash >> 29));
        row[3] = DB_INT(0);
        for (int f = 0; f < FIELDS; f++) {
            hash = (hash ^ hash >> 31) * 0xBF58476D1CE4E5B9u;
            row[4 + f] = type_of(f) == DB_TYPE_DATE ? DB_DATE(20000 + (int64_t) (hash % 700)) : type_of(f) == DB_TYPE_INT ? DB_INT((int64_t) (hash % 100000) + (f == 1 ? change : 0)) : DB_TEXT(text_of(arena, f, hash));
        }
    }
    qsort(rows, n, sizeof(DbValue[CELLS]), by_key);
    return rows;
}

static void write_csv(const char *path, const DbValue *rows, size_t n)
{
    FILE *file = fopen(path, "w");
    char day[DATE_TEXT_MAX];
    for (size_t r = 0; r < n; r++)
        for (int f = 0; f < FIELDS; f++) {
            const DbValue *v = &rows[r * CELLS + 4 + (size_t) f];
            const char *end = f == FIELDS - 1 ? "\n" : ",";
            if (v->type == DB_TYPE_TEXT)
                fprintf(file, STR_FMT "%s", STR_ARG(v->text), end);
            else if (v->type == DB_TYPE_DATE)
                fprintf(file, "%s%s", date_format((Date) v->number, day), end);
            else
                fprintf(file, "%" G_GINT64_FORMAT "%s", v->number, end);
        }
    fclose(file);
}

/* --- Time ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    double cpu, wall;
} Cost;

static double cpu_of(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double) (u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double) (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static Cost now(void)
{
    return (Cost) { cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN), (double) g_get_monotonic_time() / 1e6 };
}

static Cost since(Cost begun)
{
    Cost end = now();
    return (Cost) { end.cpu - begun.cpu, end.wall - begun.wall };
}

static void show(const char *what, Cost cost, Cost bare, size_t n)
{
    printf("%-52s %8.2f us/row cpu %8.2f wall   times bare: %5.2f cpu %5.2f wall\n", what, cost.cpu / (double) n * 1e6, cost.wall / (double) n * 1e6, cost.cpu / bare.cpu, cost.wall / bare.wall);
    fflush(stdout);
}

/* --- Ours --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const DbMergeSpec *spec;
    const DbValue *rows;
    size_t n;
} Step;

static bool make(DbConn *tx, void *data, GError **err)
{
    (void) data;
    return db_table_create(tx, &rows_table, err) && db_table_create(tx, &history_table, err) && db_table_create(tx, &places_table, err);
}

static bool step(DbConn *tx, void *data, GError **err)
{
    static DbMergeTold told[STEP];
    const Step *s = data;
    g_autoptr(DbMerge) merge = db_merge_new(s->spec, db_conn_engine(tx));
    return db_merge_rows(tx, merge, s->rows, s->n, told, err);
}

static bool nothing(DbConn *tx, void *data, GError **err)
{
    (void) tx, (void) data, (void) err;
    return true;
}

static Cost merge_all(Db *db, const DbValue *rows, size_t n, bool places)
{
    static int64_t batch;
    g_autoptr(GError) err = NULL;
    const DbMergeSpec spec = { .rows = &rows_table, .history = &history_table, .places = places ? &places_table : NULL, .columns = cells, .n = CELLS, .state = 3, .batch = "batch_", .out = "batch_out_",
                               .number = ++batch };
    Cost begun = now();
    for (size_t done = 0; done < n; done += STEP) {
        Step s = { &spec, rows + done * CELLS, MIN(STEP, n - done) };
        db_write_step(db, step, &s, &err);
        g_assert_no_error(err);
    }
    db_write(db, DB_BULK, nothing, NULL, &err);
    g_assert_no_error(err);
    return since(begun);
}

/* --- Peers --------------------------------------------------------------------------------------------------------------------- */

static void run(const char *const *command, Cost *ret_cost)
{
    Cost begun = now();
    g_autoptr(GError) err = NULL;
    int status = 0;
    g_spawn_sync(NULL, (char **) command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &err);
    g_assert_no_error(err);
    g_assert_cmpint(status, ==, 0);
    *ret_cost = since(begun);
}

static char *plain_table(const char *types[3])
{
    GString *sql = g_string_new("CREATE TABLE plain (");
    for (int f = 0; f < FIELDS; f++)
        g_string_append_printf(sql, "%sf%d %s", f > 0 ? ", " : "", f, types[type_of(f) == DB_TYPE_DATE ? 0 : type_of(f) == DB_TYPE_INT ? 1 : 2]);
    g_string_append(sql, ")");
    return g_string_free(sql, false);
}

static Cost bare_import(const char *folder, const char *csv)
{
    g_autofree char *db = g_build_filename(folder, "plain.db", NULL), *import = g_strdup_printf(".import --csv %s plain", csv), *table = plain_table((const char *[]) { "TEXT", "INTEGER", "TEXT" });
    Cost cost;
    run((const char *const[]) { "sqlite3", db, "PRAGMA journal_mode = WAL", table, NULL }, &cost);
    run((const char *const[]) { "sqlite3", db, import, NULL }, &cost);
    return cost;
}

static Cost bare_copy(const char *url, const char *csv)
{
    g_autofree char *copy = g_strdup_printf("\\copy plain FROM '%s' (FORMAT csv)", csv), *table = plain_table((const char *[]) { "DATE", "BIGINT", "TEXT" });
    Cost cost;
    run((const char *const[]) { "psql", url, "-q", "-c", table, NULL }, &cost);
    run((const char *const[]) { "psql", url, "-q", "-c", copy, NULL }, &cost);
    return cost;
}

static void on_server(const char *url, const char *sql)
{
    PGconn *pg = PQconnectdb(url);
    PQclear(PQexec(pg, "SET client_min_messages = warning"));
    PQclear(PQexec(pg, sql));
    PQfinish(pg);
}

/* --- Everything ------------------------------------------------------------------------------------------------------------------ */

static void measure(Db *db, Cost bare, size_t n, bool places)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree DbValue *first = make_rows(arena, n, 0, 0), *changed = make_rows(arena, n, 0, 1), *more = make_rows(arena, n, n, 0), *large = make_rows(arena, 8 * n, 2 * n, 0),
                       *late = make_rows(arena, n, 10 * n, 0);
    printf("%zu rows of %d columns%s\n", n, FIELDS, places ? ", with places" : "");
    show("new, into nothing", merge_all(db, first, n, places), bare, n);
    show("the same again", merge_all(db, first, n, places), bare, n);
    show("all changed", merge_all(db, changed, n, places), bare, n);
    show("as many again, among them", merge_all(db, more, n, places), bare, n);
    show("eight times as many, among them", merge_all(db, large, 8 * n, places), (Cost) { bare.cpu * 8, bare.wall * 8 }, 8 * n);
    show("new, among ten times as many", merge_all(db, late, n, places), bare, n);
    show("the same again, among eleven times as many", merge_all(db, late, n, places), bare, n);
}

static int run_sqlite(const char *folder, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autofree DbValue *rows = make_rows(arena, n, 0, 0);
    g_autofree char *csv = g_build_filename(folder, "rows.csv", NULL), *path = g_build_filename(folder, "merge.db", NULL), *path2 = g_build_filename(folder, "merge2.db", NULL);
    write_csv(csv, rows, n);
    Cost bare = bare_import(folder, csv);
    printf("sqlite3 .import: %.2f us/row cpu, %.2f wall\n", bare.cpu / (double) n * 1e6, bare.wall / (double) n * 1e6);
    for (int places = 0; places < 2; places++) {
        const DbOptions options = { .path = places ? path2 : path, .readers = 1, .program = &no_program, .any_version = true };
        g_autoptr(Db) db = db_open(&options, &err);
        g_assert_no_error(err);
        db_write(db, DB_BULK, make, NULL, &err);
        g_assert_no_error(err);
        measure(db, bare, n, places == 1);
    }
    return 0;
}

static int run_postgres(const char *url, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autofree DbValue *rows = make_rows(arena, n, 0, 0);
    g_autofree char *csv = g_build_filename(g_get_tmp_dir(), "bench-merge.csv", NULL), *there = g_strdup_printf("%s options='-csearch_path=bench_merge'", url);
    on_server(url, "DROP SCHEMA IF EXISTS bench_merge CASCADE; CREATE SCHEMA bench_merge");
    write_csv(csv, rows, n);
    Cost bare = bare_copy(there, csv);
    printf("COPY: %.2f us/row wall\n", bare.wall / (double) n * 1e6);
    on_server(there, "DROP TABLE plain"); /* a store is made in an empty schema only */
    const DbOptions options = { .url = there, .readers = 1, .program = &no_program, .any_version = true };
    Db *db = db_open(&options, &err);
    g_assert_no_error(err);
    db_write(db, DB_BULK, make, NULL, &err);
    g_assert_no_error(err);
    measure(db, bare, n, false);
    db_close(db);
    on_server(url, "DROP SCHEMA bench_merge CASCADE");
    g_unlink(csv);
    return 0;
}

int main(int argc, char **argv)
{
    bool postgres = argc > 2 && g_str_equal(argv[1], "--postgres");
    const char *where = argc > 1 ? argv[postgres ? 2 : 1] : NULL, *count = argc > (postgres ? 3 : 2) ? argv[postgres ? 3 : 2] : "50000";
    int64_t n = 0;
    if (!where || !str_to_int64(str_from(count), &n) || n < 1) {
        fprintf(stderr, "usage: bench-merge FOLDER [ROWS], or bench-merge --postgres URL [ROWS]\n");
        return 64;
    }
    name_columns();
    return postgres ? run_postgres(where, (size_t) n) : run_sqlite(where, (size_t) n);
}
