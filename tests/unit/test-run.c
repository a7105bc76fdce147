/* Runs: rows added in any order, from several threads, in memory and through a file, come back in theirs; the last of a key stays; a file that was cut or altered is found. */
#include "hub/run.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/file.h"
#include "hub/run_do.h"

#include "base/banned.h"

static const RunColumn columns[] = {
    { "month_", EXPR_NUMBER }, { "org_", EXPR_NUMBER }, { "key_", EXPR_NUMBER }, { "state_", EXPR_NUMBER },
    { "day", EXPR_DATE }, { "name", EXPR_TEXT }, { "done", EXPR_BOOL }, { "n", EXPR_NUMBER }, { "kind", EXPR_TEXT },
};
enum { COLUMNS = G_N_ELEMENTS(columns) };
static const Str kinds[] = { STR_INIT("a"), STR_INIT("a kind with a long name") };
static const ExprDict dict = { kinds, 2, 77 };

/* What row `number` is, so that it can be told when it comes back. */
static int64_t key_of(uint32_t number) { return (int64_t) ((uint64_t) number * 0x9E3779B97F4A7C15u); }
static int month_of(uint32_t number) { return 600 + (int) (number % 7); }
static Str name_of(Arena *arena, uint32_t number)
{
    return number % 5 == 0 ? STR_NONE : number % 101 == 0 ? arena_printf(arena, "%0300u", number) : arena_printf(arena, "name %u", number);
}

typedef struct {
    Arena *arena;
    RunRows rows;
    ExprColumn columns[COLUMNS];
} Made;

typedef int64_t (*KeyOf)(uint32_t number);

static void make(Made *made, Arena *arena, uint32_t first, uint32_t step, size_t n, KeyOf key)
{
    int64_t *months = ARENA_ARRAY(arena, int64_t, n), *orgs = ARENA_ARRAY(arena, int64_t, n), *keys = ARENA_ARRAY(arena, int64_t, n), *states = ARENA_ARRAY(arena, int64_t, n),
            *numbers = ARENA_ARRAY(arena, int64_t, n);
    Date *days = ARENA_ARRAY(arena, Date, n);
    Str *names = ARENA_ARRAY(arena, Str, n);
    uint8_t *done = ARENA_ARRAY(arena, uint8_t, n), *no_name = ARENA_ARRAY(arena, uint8_t, n);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, n), *codes = ARENA_ARRAY(arena, uint32_t, n), *first_found = ARENA_ARRAY(arena, uint32_t, n + 1);
    uint16_t *found = ARENA_ARRAY(arena, uint16_t, 2 * n);
    uint32_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t number = rows[i] = first + (uint32_t) i * step;
        months[i] = month_of(number);
        orgs[i] = number % 3 + 1;
        keys[i] = key(number);
        states[i] = number % 10 == 0 ? 2 : number % 10 == 1;
        days[i] = (Date) number - 1000;
        names[i] = name_of(arena, number);
        no_name[i] = names[i].p == NULL;
        done[i] = number % 2;
        numbers[i] = -(int64_t) number;
        codes[i] = number % 2;
        first_found[i] = n_found;
        for (uint32_t f = 0; f < number % 3; f++)
            found[n_found++] = (uint16_t) (number % 50 + f);
    }
    first_found[n] = n_found;
    const void *values[] = { months, orgs, keys, states, days, names, done, numbers, NULL };
    for (size_t c = 0; c < COLUMNS; c++)
        made->columns[c] = (ExprColumn) { .values = values[c] };
    made->columns[5].nulls = no_name;
    made->columns[8] = (ExprColumn) { .codes = codes, .dict = &dict };
    made->rows = (RunRows) { n, made->columns, rows, first_found, found };
}

static void check_row(const DbValue *cells, const RunRow *row, Arena *arena)
{
    uint32_t number = row->number;
    Str name = name_of(arena, number);
    g_assert_cmpint(cells[0].number, ==, month_of(number));
    g_assert_cmpint(cells[1].number, ==, number % 3 + 1);
    g_assert_cmpint(cells[4].number, ==, (Date) number - 1000);
    g_assert_true(cells[5].type == DB_TYPE_TEXT && str_eq(cells[5].text, name) && (cells[5].text.p == NULL) == (name.p == NULL));
    g_assert_true(cells[6].type == DB_TYPE_INT && cells[6].number == number % 2);
    g_assert_cmpint(cells[7].number, ==, -(int64_t) number);
    g_assert_true(str_eq(cells[8].text, kinds[number % 2]));
}

/* Reads all from `skip` on; the order holds; each row is what it was. */
static int64_t read_all(const RunFile *run, int64_t skip, size_t most, int64_t *ret_again)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(RunReader) reader = run_reader_new(run, skip, &err);
    g_autoptr(Arena) arena = arena_new();
    RunChunk chunk;
    int64_t n = 0, last[3] = { INT64_MIN, 0, 0 }, again = 0;
    while (run_next(reader, most, &chunk, &err) && chunk.n > 0) {
        g_assert_cmpuint(chunk.n, <=, most);
        for (size_t i = 0; i < chunk.n; i++, n++) {
            const DbValue *cells = chunk.cells + i * COLUMNS;
            bool later = cells[0].number != last[0] ? cells[0].number > last[0] : cells[1].number != last[1] ? cells[1].number > last[1] : cells[2].number > last[2];
            g_assert_true(later);
            for (size_t k = 0; k < 3; k++)
                last[k] = cells[k].number;
            const RunRow *row = &chunk.rows[i];
            bool repeated = row->n_found > 0 && row->found[row->n_found - 1] == RUN_REPEATED;
            again += repeated;
            g_assert_cmpint(row->n_found, ==, row->number % 3 + repeated);
            g_assert_cmpint(cells[3].number, ==, row->number % 10 == 0 ? 2 : row->number % 10 == 1 || repeated);
            check_row(cells, row, arena);
        }
        g_assert_cmpint(n % (int64_t) most == 0 || chunk.n < most, ==, true);
    }
    g_assert_no_error(err);
    if (ret_again)
        *ret_again = again;
    return n;
}

typedef struct {
    RunWriter *writer;
    uint32_t thread;
    size_t batches;
    KeyOf key;
} Adding;

enum { THREADS = 3, BATCH = 2000 };

static gpointer add(gpointer data)
{
    const Adding *adding = data;
    for (size_t b = adding->batches; b-- > 0;) { /* backwards: no order is needed */
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        Made made;
        make(&made, arena, (uint32_t) (1 + adding->thread + b * BATCH * THREADS), THREADS, BATCH, adding->key);
        g_assert_true(run_add(adding->writer, &made.rows, &err));
    }
    return NULL;
}

static RunFile *fill(const char *dir, size_t batches, KeyOf key, bool moves)
{
    g_autoptr(GError) err = NULL;
    RunTable table = { "a.b", columns, COLUMNS, moves };
    RunWriter *writer = run_writer_new(dir, &table, &err);
    GThread *threads[THREADS];
    Adding adding[THREADS];
    g_assert_no_error(err);
    for (uint32_t t = 0; t < THREADS; t++) {
        adding[t] = (Adding) { writer, t, batches, key };
        threads[t] = g_thread_new("add", add, &adding[t]);
    }
    for (uint32_t t = 0; t < THREADS; t++)
        g_thread_join(threads[t]);
    RunFile *run = run_finish(writer, &err);
    g_assert_no_error(err);
    return run;
}

static void check_parts(const RunSummary *summary)
{
    int64_t rows = 0, held = 0, warned = 0;
    for (size_t i = 0; i < summary->n_parts; i++) {
        rows += summary->parts[i].rows;
        held += summary->parts[i].held;
        warned += summary->parts[i].warned;
        g_assert_true(i == 0 || summary->parts[i - 1].month < summary->parts[i].month || summary->parts[i - 1].org < summary->parts[i].org);
    }
    g_assert_true(rows == summary->rows && held == summary->held && warned == summary->warned);
}

static void check_run(size_t batches, bool keep)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), batches, key_of, true);
    int64_t n = (int64_t) (batches * BATCH * THREADS), again;
    g_assert_cmpint(run_summary(run)->rows, ==, n);
    g_assert_cmpint(run_summary(run)->held, ==, n / 10);
    g_assert_cmpint(run_summary(run)->n_parts, ==, n > 0 ? 21 : 0);
    check_parts(run_summary(run));
    g_assert_cmpint(read_all(run, 0, 1024, &again), ==, n);
    g_assert_cmpint(again, ==, 0);
    g_assert_cmpint(read_all(run, n / 3, 999, NULL), ==, n - n / 3);
    g_assert_cmpint(read_all(run, n, 7, NULL), ==, 0);
    if (!keep)
        return;
    Hash hash;
    g_assert_true(run_keep(run, "run-x", &hash, &err));
    g_assert_cmpint(read_all(run, n / 2, 1024, NULL), ==, n - n / 2);
    g_autoptr(RunFile) opened = run_open(temp_dir_path(dir), "run-x", &hash, &err);
    g_assert_no_error(err);
    g_assert_cmpint(run_summary(opened)->rows, ==, n);
    g_assert_cmpstr(run_table(opened)->dataset, ==, "a.b");
    g_assert_cmpint(read_all(opened, 5, 1024, NULL), ==, n - 5);
    g_assert_true(run_remove(temp_dir_path(dir), "run-x", &err) && run_remove(temp_dir_path(dir), "run-x", &err));
}

static void test_memory(void) { check_run(3, false); }
static void test_kept(void) { check_run(10, true); }
static void test_spilled(void) { check_run(130, true); }

static void test_empty(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), 0, key_of, true);
    Hash hash;
    g_assert_cmpint(read_all(run, 0, 10, NULL), ==, 0);
    g_assert_true(run_keep(run, "run-0", &hash, &err));
    g_autoptr(RunFile) opened = run_open(temp_dir_path(dir), "run-0", &hash, &err);
    g_assert_cmpint(read_all(opened, 0, 10, NULL), ==, 0);
}

/* --- Repeated keys ---------------------------------------------------------------------------------------------------------- */

enum { DIFFERENT = 21 * 100 };
static int64_t few_keys(uint32_t number) { return number % DIFFERENT; } /* the same organisation and month for the same key */
static int64_t few_keys_moving(uint32_t number) { return number % 300; } /* the same organisation, several months */

static void test_repeated(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), 2, few_keys, false);
    int64_t again, n = 2 * BATCH * THREADS;
    g_assert_cmpint(run_summary(run)->rows, ==, DIFFERENT);
    g_assert_cmpint(run_summary(run)->repeated, ==, n - DIFFERENT);
    check_parts(run_summary(run));
    g_assert_cmpint(read_all(run, 0, 100, &again), ==, DIFFERENT);
    g_assert_cmpint(again, ==, DIFFERENT);
    for (uint32_t number = 1; number <= n; number++)
        g_assert_true(run_is_repeated(run, number) == (number + DIFFERENT <= n));
}

/* So many that one sieve leaves more rows than are held against each other. */
enum { MANY_BATCHES = 720, MANY = MANY_BATCHES * BATCH * THREADS, AGAIN = 7 };
static int64_t nearly_unique(uint32_t number) { return number > MANY - AGAIN ? number - 21000 : number; }

static void test_sieves(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), MANY_BATCHES, nearly_unique, true);
    g_assert_cmpint(run_summary(run)->repeated, ==, AGAIN);
    g_assert_cmpint(run_summary(run)->rows, ==, MANY - AGAIN);
    check_parts(run_summary(run));
    for (uint32_t number = MANY - AGAIN + 1; number <= MANY; number++)
        g_assert_true(run_is_repeated(run, number - 21000) && !run_is_repeated(run, number));
}

static void test_moved(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), 2, few_keys_moving, true);
    g_autoptr(RunFile) apart = fill(temp_dir_path(dir), 2, few_keys_moving, false);
    g_assert_cmpint(run_summary(run)->rows, ==, 300);
    g_assert_cmpint(run_summary(apart)->rows, ==, 2100); /* the same key in each of seven months is another one */
    Hash hash;
    int64_t again;
    g_assert_true(run_keep(run, "run-m", &hash, &err));
    g_autoptr(RunFile) opened = run_open(temp_dir_path(dir), "run-m", &hash, &err);
    g_assert_cmpint(read_all(opened, 0, 64, &again), ==, 300);
    g_assert_cmpint(again, ==, 300);
    g_assert_cmpint(read_all(opened, 100, 64, &again), ==, 200);
}

/* --- Damage -------------------------------------------------------------------------------------------------------------------- */

/* Whether what is left is found to be damaged, at the latest when it is read. */
static bool is_damaged(const char *dir, const Hash *hash)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(RunFile) run = run_open(dir, "run-d", hash, &err);
    g_autoptr(RunReader) reader = run ? run_reader_new(run, 0, &err) : NULL;
    RunChunk chunk = { 1, NULL, NULL };
    while (reader && chunk.n > 0 && run_next(reader, 100, &chunk, &err)) {}
    return err && g_str_equal(error_get_detail(err), "run-damaged");
}

static void test_damaged(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autoptr(RunFile) run = fill(temp_dir_path(dir), 1, key_of, true);
    g_autofree char *path = temp_dir_join(dir, "run-d");
    Hash hash, other = { { 1 } };
    g_assert_true(run_keep(run, "run-d", &hash, &err));
    g_autoptr(GString) whole = file_read(path, 1 << 24, &err);
    g_assert_true(!is_damaged(temp_dir_path(dir), &hash) && is_damaged(temp_dir_path(dir), &other));
    for (size_t i = 0; i < 60; i++) {
        g_autoptr(GString) altered = g_string_new_len(whole->str, (gssize) whole->len);
        altered->str[(whole->len - 1) * i / 59] ^= 0x10;
        g_assert_true(file_write_atomic(path, str_from_gstring(altered), 0600, &err) && is_damaged(temp_dir_path(dir), &hash));
        g_assert_true(file_write_atomic(path, (Str) { whole->str, whole->len * i / 60 }, 0600, &err) && is_damaged(temp_dir_path(dir), &hash));
    }
    g_unlink(path);
    g_assert_null(run_open(temp_dir_path(dir), "run-d", &hash, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/run/memory", test_memory);
    g_test_add_func("/run/empty", test_empty);
    g_test_add_func("/run/kept", test_kept);
    g_test_add_func("/run/spilled", test_spilled);
    g_test_add_func("/run/repeated", test_repeated);
    g_test_add_func("/run/sieves", test_sieves);
    g_test_add_func("/run/moved", test_moved);
    g_test_add_func("/run/damaged", test_damaged);
    return g_test_run();
}
