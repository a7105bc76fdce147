/* Typical rules over columns here, and the same conditions over the same rows in SQLite: rows per second, one thread each. With a file name the rows are
 * also written there as CSV, and each rule as DuckDB has it is printed, for bench-expr.mjs.
 *   bench-expr [FILE.csv] */
#include "expr/expr.h"

#include "db/sqlite_function.h"

#include <stdio.h>
#include <time.h>

#include "base/banned.h"

enum { ROWS = 1000000, DICTIONARY = 1500, MEASURE_MS = 1000 };

typedef struct {
    const char *name, *expr, *sqlite; /* sqlite NULL: as expr_sql prints it, with our functions */
    const char *duckdb;
} Rule;

static const Rule rules[] = {
    { "range", "weight between 0.50 and 300", "weight BETWEEN 50 AND 30000", "weight BETWEEN 50 AND 30000" },
    { "range, arithmetic", "weight * 2 + height > 250.5", "weight * 2 + height > 25050", "weight * 2 + height > 25050" },
    { "order of days", "given >= birth", "given >= birth", "given >= birth" },
    { "three at once", "given >= birth and weight between 0.50 and 300 and dose in (1, 2, 3)", "given >= birth AND weight BETWEEN 50 AND 30000 AND dose IN (1, 2, 3)",
      "given >= birth AND weight BETWEEN 50 AND 30000 AND dose IN (1, 2, 3)" },
    { "codes", "code in ('A0007', 'A0100', 'A0999', 'A1200', 'B0000')", "code IN ('A0007', 'A0100', 'A0999', 'A1200', 'B0000')", "code IN ('A0007', 'A0100', 'A0999', 'A1200', 'B0000')" },
    { "ICD-10 ranges", "icd_in(code, 'A01-A03', 'A11')", "(substr(code, 1, 3) BETWEEN 'A01' AND 'A03' OR substr(code, 1, 3) = 'A11')",
      "(substr(code, 1, 3) BETWEEN 'A01' AND 'A03' OR substr(code, 1, 3) = 'A11')" },
    { "beginning of a text", "starts_with(code, 'A09')", "substr(code, 1, 3) = 'A09'", "starts_with(code, 'A09')" },
    { "age in months", "age_months(birth, given) between 24 and 83",
      "(CAST(substr(given, 1, 4) AS INTEGER) - CAST(substr(birth, 1, 4) AS INTEGER)) * 12 + CAST(substr(given, 6, 2) AS INTEGER) - CAST(substr(birth, 6, 2) AS INTEGER)"
      " - (substr(given, 9, 2) < substr(birth, 9, 2)) BETWEEN 24 AND 83",
      "date_sub('month', birth, given) BETWEEN 24 AND 83" },
    { "age in years", "age_years(birth, given) >= 65", "CAST(substr(given, 1, 4) AS INTEGER) - CAST(substr(birth, 1, 4) AS INTEGER) - (substr(given, 6) < substr(birth, 6)) >= 65",
      "date_sub('year', birth, given) >= 65" },
    { "eighteen months later", "given >= add_months(birth, 18)", "given >= date(birth, '+18 months')", "given >= birth + INTERVAL 18 MONTH" },
    { "identity number", "id_valid(number)", NULL, "regexp_full_match(number, '[0-9]{17}[0-9Xx]')" },
    { "telephone", "phone_valid(phone)", NULL, "regexp_full_match(phone, '1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}')" },
};

enum { WEIGHT, HEIGHT, DOSE, BIRTH, GIVEN, CODE, NUMBER, PHONE, COLUMNS };
static const ExprField fields[] = {
    { STR_INIT("weight"), { EXPR_NUMBER, 2, NULL }, WEIGHT, "weight" }, { STR_INIT("height"), { EXPR_NUMBER, 2, NULL }, HEIGHT, "height" },
    { STR_INIT("dose"), { EXPR_NUMBER, 0, NULL }, DOSE, "dose" },       { STR_INIT("birth"), { EXPR_DATE, 0, NULL }, BIRTH, "birth" },
    { STR_INIT("given"), { EXPR_DATE, 0, NULL }, GIVEN, "given" },      { STR_INIT("code"), { EXPR_TEXT, 0, NULL }, CODE, "code" },
    { STR_INIT("number"), { EXPR_TEXT, 0, NULL }, NUMBER, "number" },   { STR_INIT("phone"), { EXPR_TEXT, 0, NULL }, PHONE, "phone" },
};
static const ExprScope scope = { .fields = fields, .n_fields = COLUMNS, .zone_minutes = 480 };

typedef struct {
    int64_t *weight, *height, *dose;
    Date *birth, *given;
    uint32_t *code;
    Str *number, *phone;
    uint8_t *nulls; /* of weight */
    ExprDict dict;
} Table;

/* --- Rows ------------------------------------------------------------------------------------------------------------ */

/* Invented numbers with a right check digit, one in ten with a wrong one. */
static Str make_number(Arena *arena, GRand *rand, Date birth)
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int y, m, d, sum = 0;
    date_to_ymd(birth, &y, &m, &d);
    char text[24];
    g_snprintf(text, sizeof text, "000000%04d%02d%02d%03d", y, m, d, g_rand_int_range(rand, 0, 1000));
    for (int i = 0; i < 17; i++)
        sum += weights[i] * (text[i] - '0');
    return arena_printf(arena, "%s%c", text, "10X98765432"[(sum + (g_rand_int_range(rand, 0, 10) == 0)) % 11]);
}

static void make_table(Table *t, Arena *arena)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Str *codes = ARENA_ARRAY(arena, Str, DICTIONARY);
    for (int i = 0; i < DICTIONARY; i++)
        codes[i] = arena_printf(arena, "A%04d", i);
    *t = (Table) { ARENA_ARRAY(arena, int64_t, ROWS), ARENA_ARRAY(arena, int64_t, ROWS), ARENA_ARRAY(arena, int64_t, ROWS), ARENA_ARRAY(arena, Date, ROWS), ARENA_ARRAY(arena, Date, ROWS),
                   ARENA_ARRAY(arena, uint32_t, ROWS), ARENA_ARRAY(arena, Str, ROWS), ARENA_ARRAY(arena, Str, ROWS), ARENA_ARRAY(arena, uint8_t, ROWS), { codes, DICTIONARY, 1 } };
    for (size_t i = 0; i < ROWS; i++) {
        t->weight[i] = g_rand_int_range(rand, 0, 31000);
        t->height[i] = g_rand_int_range(rand, 3000, 21000);
        t->nulls[i] = g_rand_int_range(rand, 0, 20) == 0;
        t->dose[i] = g_rand_int_range(rand, 0, 6);
        t->birth[i] = g_rand_int_range(rand, -10000, 20000);
        t->given[i] = g_rand_int_range(rand, 15000, 20500);
        t->code[i] = (uint32_t) g_rand_int_range(rand, 0, DICTIONARY);
        t->number[i] = make_number(arena, rand, t->birth[i]);
        t->phone[i] = arena_printf(arena, "1%d%09d", g_rand_int_range(rand, 2, 10), g_rand_int_range(rand, 0, 999999999));
    }
}

/* --- Here ------------------------------------------------------------------------------------------------------------ */

static void batch_at(const Table *t, size_t at, ExprColumn *columns, ExprBatch *ret_batch)
{
    columns[WEIGHT] = (ExprColumn) { .values = t->weight + at, .nulls = t->nulls + at };
    columns[HEIGHT] = (ExprColumn) { .values = t->height + at };
    columns[DOSE] = (ExprColumn) { .values = t->dose + at };
    columns[BIRTH] = (ExprColumn) { .values = t->birth + at };
    columns[GIVEN] = (ExprColumn) { .values = t->given + at };
    columns[CODE] = (ExprColumn) { .codes = t->code + at, .dict = &t->dict };
    columns[NUMBER] = (ExprColumn) { .values = t->number + at };
    columns[PHONE] = (ExprColumn) { .values = t->phone + at };
    *ret_batch = (ExprBatch) { .n = MIN((size_t) EXPR_BATCH_ROWS, ROWS - at), .columns = columns };
}

static int64_t count_true(const ExprResult *result, size_t n)
{
    const uint8_t *values = result->column.values;
    int64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += values[i];
    return count;
}

static int64_t run_here(const Expr *expr, const Table *t, ExprRunner *runner, Arena *scratch)
{
    ExprColumn columns[COLUMNS];
    ExprBatch batch;
    ExprResult result;
    int64_t count = 0;
    for (size_t at = 0; at < ROWS; at += EXPR_BATCH_ROWS) {
        ArenaMark mark = arena_mark(scratch);
        batch_at(t, at, columns, &batch);
        expr_eval(runner, expr, &batch, scratch, &result);
        count += count_true(&result, batch.n);
        arena_rewind(scratch, mark);
    }
    return count;
}

/* --- SQLite ---------------------------------------------------------------------------------------------------------- */

static void check(sqlite3 *handle, int result)
{
    if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ROW)
        g_error("%s", sqlite3_errmsg(handle));
}

static void bind_str(sqlite3_stmt *stmt, int at, Str text)
{
    sqlite3_bind_text(stmt, at, text.p, (int) text.n, SQLITE_STATIC);
}

static sqlite3 *fill_sqlite(const Table *t)
{
    sqlite3 *handle;
    sqlite3_stmt *stmt;
    char birth[DATE_TEXT_MAX], given[DATE_TEXT_MAX];
    check(NULL, sqlite3_open(":memory:", &handle));
    check(handle, sqlite_functions_register(handle, expr_db_functions));
    check(handle, sqlite3_exec(handle, "CREATE TABLE r (weight INTEGER, height INTEGER, dose INTEGER, birth TEXT, given TEXT, code TEXT, number TEXT, phone TEXT) STRICT; BEGIN", NULL, NULL, NULL));
    check(handle, sqlite3_prepare_v2(handle, "INSERT INTO r VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1, &stmt, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        sqlite3_bind_null(stmt, 1);
        if (!t->nulls[i])
            sqlite3_bind_int64(stmt, 1, t->weight[i]);
        sqlite3_bind_int64(stmt, 2, t->height[i]);
        sqlite3_bind_int64(stmt, 3, t->dose[i]);
        bind_str(stmt, 4, str_from(date_format(t->birth[i], birth)));
        bind_str(stmt, 5, str_from(date_format(t->given[i], given)));
        bind_str(stmt, 6, t->dict.values[t->code[i]]);
        bind_str(stmt, 7, t->number[i]);
        bind_str(stmt, 8, t->phone[i]);
        check(handle, sqlite3_step(stmt));
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    check(handle, sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL));
    return handle;
}

static int64_t run_sqlite(sqlite3 *handle, const char *condition)
{
    sqlite3_stmt *stmt;
    g_autofree char *sql = g_strconcat("SELECT count(*) FROM r WHERE ", condition, NULL);
    check(handle, sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL));
    check(handle, sqlite3_step(stmt));
    int64_t count = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return count;
}

/* --- Measuring -------------------------------------------------------------------------------------------------------- */

/* Processor time, so that others on the machine do not count. */
static int64_t used_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void measure(const Rule *rule, const Table *t, sqlite3 *handle, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(Arena) scratch = arena_new();
    arena_alloc(scratch, 1);
    const Expr *expr = expr_parse(str_from(rule->expr), &scope, (ExprType) { EXPR_BOOL }, arena, diags);
    if (!expr)
        g_error("%s: " STR_FMT, rule->expr, STR_ARG(diags_get(diags, 0)->text));
    int64_t found = run_here(expr, t, runner, scratch), times = 0, start = used_ms(), took;
    do {
        found = run_here(expr, t, runner, scratch);
        times++;
    } while ((took = used_ms() - start) < MEASURE_MS);
    double here = (double) times * ROWS * 1000 / (double) took;
    const char *condition = rule->sqlite ? rule->sqlite : expr_sql(expr, DB_SQLITE, (ExprDays) { 0 }, NULL, arena).text;
    start = used_ms();
    int64_t there = run_sqlite(handle, condition);
    double sqlite = (double) ROWS * 1000 / (double) MAX(used_ms() - start, 1);
    printf("%-22s %9.1f M rows/s   SQLite %6.2f M rows/s   %7.1f times   %" G_GINT64_FORMAT " rows%s\n", rule->name, here / 1e6, sqlite / 1e6, here / sqlite, found,
           found == there ? "" : " (SQLite counts others)");
}

static void write_csv(const Table *t, const char *path)
{
    FILE *file = fopen(path, "w");
    char birth[DATE_TEXT_MAX], given[DATE_TEXT_MAX], weight[24];
    fprintf(file, "weight,height,dose,birth,given,code,number,phone\n");
    for (size_t i = 0; i < ROWS; i++) {
        g_snprintf(weight, sizeof weight, "%" G_GINT64_FORMAT, t->weight[i]);
        fprintf(file, "%s,%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%s,%s,%s,%s,%s\n", t->nulls[i] ? "" : weight, t->height[i], t->dose[i], date_format(t->birth[i], birth),
                date_format(t->given[i], given), t->dict.values[t->code[i]].p, t->number[i].p, t->phone[i].p);
    }
    fclose(file);
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        printf("duckdb\t%s\t%s\n", rules[i].name, rules[i].duckdb);
}

int main(int argc, char **argv)
{
    g_autoptr(Arena) arena = arena_new();
    Table t;
    make_table(&t, arena);
    if (argc > 1)
        write_csv(&t, argv[1]);
    sqlite3 *handle = fill_sqlite(&t);
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        measure(&rules[i], &t, handle, arena);
    sqlite3_close(handle);
    return 0;
}
