/* The same expression in C, on SQLite and on PostgreSQL gives the same: the golden cases, thousands of random expressions over random rows, and
 * aggregates. */
#include "expr-fixture.h"
#include "fixture.h"

#include "base/limits.h"

#include "base/banned.h"

static const unsigned everything = EXPR_AGGREGATES | EXPR_PERIOD | EXPR_TODAY | EXPR_REGEXP;
static const ExprDays when = { 20484, 20454, 20484 };

/* The fixture's store, opened again with the functions of expressions. */
static ExfStore store_of(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_clear_pointer(&f->db, db_close);
    f->options.functions = expr_db_functions;
    f->options.read_limit_ms = 60000;
    f->db = db_open(&f->options, &err);
    g_assert_no_error(err);
    return (ExfStore) { f->db, f->engine, 480 };
}

static Str written(ExprType type, const ExfCell *cells, size_t n, Arena *arena)
{
    Str text = STR("");
    for (size_t i = 0; i < n; i++)
        text = arena_printf(arena, STR_FMT "%s" STR_FMT, STR_ARG(text), i > 0 ? " | " : "", STR_ARG(exf_write(type, &cells[i], 480, arena)));
    return text;
}

/* --- Golden cases ------------------------------------------------------------------------------------------------------- */

static void run_case(const ExfStore *store, const ExfCase *c, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) err = NULL;
    const Expr *expr = expr_parse(c->expr, exf_scope(arena, everything), (ExprType) { EXPR_NONE, -1, NULL }, arena, diags);
    if (!expr || !c->rows.p || str_has(c->expr, STR("regexp")))
        return;
    size_t n;
    const ExfRow *rows = exf_case_rows(c, arena, &n);
    ExfCell *cells = ARENA_ARRAY(arena, ExfCell, n);
    exf_fill(store, rows, n);
    g_test_message(STR_FMT, STR_ARG(c->expr));
    exf_select(store, expr, when, cells, n, arena, &err);
    g_assert_no_error(err);
    g_assert_cmpstr(written(expr_type(expr), cells, n, arena).p, ==, exf_want(expr, rows, n, false, false, arena).p);
}

static void test_golden(Fixture *f)
{
    ExfStore store = store_of(f);
    size_t n;
    const ExfCase *cases = exf_cases(f->arena, &n);
    for (size_t i = 0; i < n; i++)
        run_case(&store, &cases[i], f->arena);
}

/* --- Random expressions ------------------------------------------------------------------------------------------------- */

typedef struct {
    GRand *rand;
    GString *out;
} Maker;

static void make(Maker *m, ExprKind kind, int depth);

static int pick(Maker *m, int n)
{
    return g_rand_int_range(m->rand, 0, n);
}

/* A form: %b %n %t %d %T stand for parts of that kind, all else as it is. */
static void make_form(Maker *m, const char *form, int depth)
{
    static const struct {
        const char *mark;
        ExprKind kind;
    } marks[] = { { "%b", EXPR_BOOL }, { "%n", EXPR_NUMBER }, { "%t", EXPR_TEXT }, { "%d", EXPR_DATE }, { "%T", EXPR_TIME } };
    for (const char *p = form; *p; p++) {
        size_t k = 0;
        while (k < G_N_ELEMENTS(marks) && !g_str_has_prefix(p, marks[k].mark))
            k++;
        if (k == G_N_ELEMENTS(marks)) {
            g_string_append_c(m->out, *p);
            continue;
        }
        make(m, marks[k].kind, depth - 1);
        p++;
    }
}

#define FORMS(...) (const char *const[]) { __VA_ARGS__, NULL }

static const char *const *const leaves[] = {
    [EXPR_BOOL] = FORMS("ok", "ok", "true", "false", "null", "(vaccine = 'MMR')", "(grade >= '乙等')", "under(vaccine, 'measles')", "under(big, 'K120')", "icd_in(icd, 'A00-B99', 'C51', 'I21.0-I21.4')"),
    [EXPR_NUMBER] = FORMS("a", "b", "p", "q", "a", "b", "0", "1", "-1", "2.5", "100", "0.0001", "9223372036854775807", "-9223372036854775807", "7", "null", "rank(grade)", "round(p, 1)"),
    [EXPR_TEXT] = FORMS("t", "u", "t", "u", "'a'", "'接种'", "'%'", "'_b%'", "'😀'", "'12.50'", "trim(vaccine)", "icd", "null", "id_sex(t)"),
    [EXPR_DATE] = FORMS("d", "e", "person.birth", "date '2024-02-29'", "date '1900-01-01'", "date '2199-12-31'", "null", "period_end", "today()", "id_birth(u)"),
    [EXPR_TIME] = FORMS("at", "until", "at", "time '2024-02-29T00:00'", "null"),
};
static const char *const *const forms[] = {
    [EXPR_BOOL] = FORMS("(%b and %b)", "(%b or %b)", "(%b and %b or %b)", "(not %b)", "(%n = %n)", "(%n <> %n)", "(%n < %n)", "(%n <= %n)", "(%n > %n)", "(%n >= %n)", "(%t = %t)", "(%t < %t)",
                        "(%t >= %t)", "(%d < %d)", "(%d = %d)", "(%d between %d and %d)", "(%n between %n and %n)", "(%t between %t and %t)", "(%n in (%n, %n, %n))", "(%t in (%t, %t, 'x'))",
                        "(%d in (%d, %d))", "(%n not in (1, 2, null))", "(%t like %t)", "(%t not like '%' || %t)", "(%n is null)", "(%t is not null)", "(%d is null)", "(%b is null)", "starts_with(%t, %t)",
                        "ends_with(%t, %t)", "contains(%t, %t)", "id_valid(%t)", "uscc_valid(%t)", "phone_valid(%t)", "case when %b then %b else %b end", "coalesce(%b, %b)", "(%b = %b)", "(%T < %T)",
                        "code_in(%t, 'vaccine')", "code_in(%t, 'big')", "code_in(%t, 'vaccine', %d)", "icd_in(%t, 'A00-B99', 'O80')", "nullif(%b, %b)"),
    [EXPR_NUMBER] = FORMS("(%n + %n)", "(%n - %n)", "(%n * %n)", "(%n / %n)", "(- %n)", "abs(%n)", "round(%n, 0)", "round(%n, 2)", "floor(%n)", "ceil(%n)", "least(%n, %n)", "greatest(%n, %n, %n)",
                          "coalesce(%n, %n)", "nullif(%n, %n)", "case when %b then %n when %b then %n else %n end", "case when %b then %n end", "days(%d, %d)", "months(%d, %d)", "years(%d, %d)",
                          "age_months(%d, %d)", "age_years(%d, %d)", "age_days(%d, %d)", "year(%d)", "quarter(%d)", "month(%d)", "day(%d)", "weekday(%d)", "hours(%T, %T)", "minutes(%T, %T)", "length(%t)",
                          "number(%t, 0)", "number(%t, 3)", "case %n when 1 then %n when 2 then %n end"),
    [EXPR_TEXT] = FORMS("(%t || %t)", "upper(%t)", "lower(%t)", "trim(%t)", "substr(%t, 2)", "substr(%t, 1, 2)", "substr(%t, round(%n, 0), round(%n, 0))", "replace(%t, %t, %t)", "replace(%t, %t)", "text(%n)",
                        "coalesce(%t, %t)", "nullif(%t, %t)", "least(%t, %t)", "greatest(%t, %t)", "case when %b then %t else %t end"),
    [EXPR_DATE] = FORMS("add_days(%d, round(%n, 0))", "add_months(%d, round(%n, 0))", "add_years(%d, floor(%n))", "add_days(%d, days(%d, %d))", "month_start(%d)", "month_end(%d)", "year_start(%d)", "year_end(%d)",
                        "date_of(%T)", "coalesce(%d, %d)", "least(%d, %d)", "greatest(%d, %d)", "nullif(%d, %d)", "case when %b then %d end", "id_birth(%t)"),
    [EXPR_TIME] = FORMS("coalesce(%T, %T)", "greatest(%T, %T)", "least(%T, %T)", "case when %b then %T else %T end", "nullif(%T, %T)"),
};

static void make(Maker *m, ExprKind kind, int depth)
{
    const char *const *list = depth <= 0 || pick(m, 5) == 0 ? leaves[kind] : forms[kind];
    int n = 0;
    while (list[n])
        n++;
    make_form(m, list[pick(m, n)], depth);
}

static bool same(ExprKind kind, const ExfCell *a, const ExfCell *b)
{
    if (a->null || b->null)
        return a->null == b->null;
    return kind == EXPR_TEXT ? str_eq(a->text, b->text) : a->number == b->number;
}

/* Returns how many answers were not null. */
static size_t hold_together(const ExfStore *store, const Expr *expr, const ExprBatch *const *batches, const ExfRow *rows, size_t n, Arena *arena)
{
    size_t known = 0;
    g_autoptr(GError) err = NULL;
    g_autoptr(ExprRunner) runner = expr_runner_new();
    ExfCell *cells = ARENA_ARRAY(arena, ExfCell, n);
    ExprType type = expr_type(expr);
    if (!exf_select(store, expr, when, cells, n, arena, &err))
        g_error(STR_FMT ": %s\n%s", STR_ARG(expr_text(expr)), err->message, expr_sql(expr, store->engine, when, NULL, arena).text);
    for (int form = 0; form < 2; form++) {
        ExprResult result;
        expr_eval(runner, expr, batches[form], arena, &result);
        for (size_t i = 0; i < n; i++) {
            ExfCell cell = exf_answer(type, &result, i);
            if (same(type.kind, &cell, &cells[i]))
                continue;
            for (size_t k = 0; k < EXF_FIELDS; k++)
                g_printerr("# %s = " STR_FMT "\n", exf_scope(arena, 0)->fields[k].name.p, STR_ARG(exf_write(exf_type(k), &rows[i].cells[k], 480, arena)));
            g_error(STR_FMT " (%s, row %zu): here " STR_FMT ", there " STR_FMT "\n%s", STR_ARG(expr_text(expr)), form ? "dictionaries" : "plain", i,
                    STR_ARG(exf_write(type, &cell, 480, arena)), STR_ARG(exf_write(type, &cells[i], 480, arena)), expr_sql(expr, store->engine, when, NULL, arena).text);
        }
    }
    for (size_t i = 0; i < n; i++)
        known += !cells[i].null;
    return known;
}

enum { ROWS = 150 };

static void test_random(Fixture *f)
{
    ExfStore store = store_of(f);
    const char *wanted = g_getenv("BIHUAN_TEST_LONG") ? "20000" : "1000", *seed_text = g_getenv("EXPR_SEED");
    int64_t count = 0, seed = 0, good = 0, known = 0;
    str_to_int64(str_from(g_getenv("EXPR_COUNT") ? g_getenv("EXPR_COUNT") : wanted), &count);
    if (!seed_text || !str_to_int64(str_from(seed_text), &seed))
        seed = g_test_rand_int_range(1, G_MAXINT32);
    g_test_message("EXPR_SEED=%" G_GINT64_FORMAT, seed);
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) seed);
    ExfRow *rows = ARENA_ARRAY(f->arena, ExfRow, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = exf_random_row(rand, f->arena);
    exf_fill(&store, rows, ROWS);
    const ExprBatch *batches[] = { exf_batch(f->arena, rows, ROWS, when, false), exf_batch(f->arena, rows, ROWS, when, true) };
    const ExprScope *scope = exf_scope(f->arena, EXPR_PERIOD | EXPR_TODAY);
    for (int64_t i = 0; i < count; i++) {
        ArenaMark mark = arena_mark(f->arena);
        g_autoptr(Diags) diags = diags_new();
        Maker m = { rand, g_string_new(NULL) };
        make(&m, (ExprKind) g_rand_int_range(rand, EXPR_BOOL, EXPR_TIME + 1), g_rand_int_range(rand, 1, 5));
        const Expr *expr = expr_parse(arena_str(f->arena, str_from_gstring(m.out)), scope, (ExprType) { EXPR_NONE, -1, NULL }, f->arena, diags);
        if (!expr && !diags_has(diags, "expr-scale") && !diags_has(diags, "expr-type"))
            g_error("%s: %s " STR_FMT, m.out->str, diags_get(diags, 0)->code, STR_ARG(diags_get(diags, 0)->text));
        if (expr)
            known += (int64_t) hold_together(&store, expr, batches, rows, ROWS, f->arena);
        good += expr != NULL;
        g_string_free(m.out, true);
        arena_rewind(f->arena, mark);
    }
    g_test_message("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " were expressions, %.0f %% of their answers not null", good, count, 100.0 * (double) known / (double) (good * ROWS));
    g_assert_cmpint(good * 2, >, count);
    g_assert_cmpint(known * 5, >, good * ROWS);
}

/* --- The limit of texts that are made ------------------------------------------------------------------------------------ */

static void test_made(Fixture *f)
{
    ExfStore store = store_of(f);
    ExfRow rows[2];
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (size_t k = 0; k < EXF_FIELDS; k++)
            rows[i].cells[k].null = true;
        g_autofree char *text = g_strnfill(LIMIT_EXPR_MADE_BYTES / 2 + i, 'a'), *other = g_strnfill(LIMIT_EXPR_MADE_BYTES / 2, 'b');
        rows[i].cells[exf_field(STR("t"))] = (ExfCell) { .text = arena_str(f->arena, str_from(text)) };
        rows[i].cells[exf_field(STR("u"))] = (ExfCell) { .text = arena_str(f->arena, str_from(other)) };
    }
    exf_fill(&store, rows, 2);
    static const char *const texts[] = { "t || u is null", "length(replace(t, 'a', 'ab')) is null", "coalesce(length(t || u), 0) = 16384" };
    static const char *const wants[] = { "false | true !overflow", "false | true !overflow", "true | false !overflow" };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(GError) err = NULL;
        ExfCell cells[2];
        const Expr *expr = expr_parse(str_from(texts[i]), exf_scope(f->arena, 0), (ExprType) { EXPR_BOOL }, f->arena, diags);
        g_assert_cmpstr(exf_want(expr, rows, 2, false, true, f->arena).p, ==, wants[i]);
        exf_select(&store, expr, when, cells, 2, f->arena, &err);
        g_assert_no_error(err);
        g_assert_cmpstr(written(expr_type(expr), cells, 2, f->arena).p, ==, exf_want(expr, rows, 2, false, false, f->arena).p);
    }
}

/* --- Aggregates --------------------------------------------------------------------------------------------------------- */

static const char *const aggregates[] = {
    "count(visit)", "count(visit, ok)", "exists(visit, a > 1000000)", "sum(visit, a)", "sum(visit, p, ok)", "sum(visit, day(d))", "avg(visit, p)", "avg(visit, a, a between -200 and 200)",
    "avg(visit, q, ok)", "min(visit, t)", "max(visit, t, d is not null)", "min(visit, d)", "max(visit, at)", "max(visit, a * 2)", "count_distinct(visit, t)", "count_distinct(visit, a, ok)",
    "count_distinct(visit, year(d))", "first(visit, t, d)", "last(visit, t, d)", "first(visit, a, ok = true and a > 0)", "first(visit, d, t, ok)", "last(visit, p, a)", "last(visit, ok, at)", "first(visit, at, upper(t))",
};

static void hold_aggregate(const ExfStore *store, const char *text, const ExprBatch *batch, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(ExprRunner) runner = expr_runner_new();
    const Expr *expr = expr_parse(str_from(text), exf_scope(arena, everything), (ExprType) { EXPR_NONE, -1, NULL }, arena, diags);
    if (!expr) /* an order that is a bool */
        return;
    size_t n;
    const ExprAggregate *a = expr_aggregates(expr, &n);
    g_autoptr(ExprTotal) total = expr_total_new(a, 3);
    uint32_t *groups = ARENA_ARRAY(arena, uint32_t, batch->n);
    for (size_t i = 0; i < batch->n; i++)
        groups[i] = (uint32_t) (i % 3);
    expr_total_add(total, runner, batch, groups, arena);
    ExprResult result;
    expr_total_end(total, arena, &result);
    ExfCell cells[3];
    exf_query(store, "SELECT ", expr_aggregate_sql(a, store->engine, when, arena), " AS v FROM cells GROUP BY id % 3 ORDER BY id % 3", a->type, cells, 3, arena, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < 3; i++) {
        ExfCell cell = exf_answer(a->type, &result, i);
        g_test_message("%s, group %zu: " STR_FMT, text, i, STR_ARG(exf_write(a->type, &cell, 480, arena)));
        g_assert_cmpstr(exf_write(a->type, &cell, 480, arena).p, ==, exf_write(a->type, &cells[i], 480, arena).p);
    }
}

static void test_aggregates(Fixture *f)
{
    ExfStore store = store_of(f);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261);
    enum { MANY = 600 };
    ExfRow *rows = ARENA_ARRAY(f->arena, ExfRow, MANY);
    for (size_t i = 0; i < MANY; i++)
        rows[i] = exf_random_row(rand, f->arena);
    exf_fill(&store, rows, MANY);
    const ExprBatch *batch = exf_batch(f->arena, rows, MANY, when, false);
    for (size_t i = 0; i < G_N_ELEMENTS(aggregates); i++)
        hold_aggregate(&store, aggregates[i], batch, f->arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("expr-sql", "golden", false, test_golden);
    fixture_add("expr-sql", "random", false, test_random);
    fixture_add("expr-sql", "made", false, test_made);
    fixture_add("expr-sql", "aggregates", false, test_aggregates);
    return g_test_run();
}
