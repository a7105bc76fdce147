/* Expressions in C: reading, types, findings, limits, the golden cases, dictionaries, aggregates. What the stores make of them: test-expr-sql.c. */
#include "expr-fixture.h"

#include "base/limits.h"

#include "base/banned.h"

static const unsigned everything = EXPR_AGGREGATES | EXPR_REGEXP | EXPR_PERIOD | EXPR_TODAY;

static const Expr *parse(const char *text, unsigned allows, Arena *arena, Diags *diags)
{
    return expr_parse(str_from(text), exf_scope(arena, allows), (ExprType) { EXPR_NONE, -1, NULL }, arena, diags);
}

/* --- Golden cases ----------------------------------------------------------------------------------------------------- */

static Str findings(const Diags *diags, Arena *arena)
{
    Str text = STR("");
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *d = diags_get(diags, i);
        text = arena_printf(arena, STR_FMT "%s%s %zu-%zu " STR_FMT, STR_ARG(text), i > 0 ? " | " : "", d->code, d->from, d->to, STR_ARG(d->text));
    }
    return text;
}

/* What the case should say by what is so. */
static ExfCase run_case(const ExfCase *c, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    ExfCase found = { .expr = c->expr, .rows = c->rows, .comment = c->comment };
    const Expr *expr = expr_parse(c->expr, exf_scope(arena, EXPR_REGEXP | EXPR_PERIOD | EXPR_TODAY | EXPR_AGGREGATES), (ExprType) { EXPR_NONE, -1, NULL }, arena, diags);
    if (!expr) {
        found.error = findings(diags, arena);
        return found;
    }
    g_assert_cmpuint(diags_count(diags), ==, 0);
    size_t n;
    const ExfRow *rows = exf_case_rows(c, arena, &n);
    ExprDays when = { 20484, 20454, 20484 };
    if (c->rows.p) {
        found.want = exf_want(expr, rows, n, false, true, arena);
        Str other = exf_want(expr, rows, n, true, true, arena);
        g_assert_cmpstr(found.want.p, ==, other.p); /* by dictionary the same */
    }
    if (str_find(c->expr, STR("regexp"), 0) >= 0)
        return found;
    found.pg = str_from(expr_sql(expr, DB_POSTGRES, when, NULL, arena).text);
    found.lite = str_from(expr_sql(expr, DB_SQLITE, when, NULL, arena).text);
    return found;
}

static void write_case(GString *out, const ExfCase *c)
{
    const struct {
        const char *word;
        Str part;
    } parts[] = { { "expr  ", c->expr }, { "rows  ", c->rows }, { "want  ", c->want }, { "pg    ", c->pg }, { "lite  ", c->lite }, { "error ", c->error } };
    g_string_append_len(out, c->comment.p, (gssize) c->comment.n);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].part.p)
            g_string_append_printf(out, "%s" STR_FMT "\n", parts[i].word, STR_ARG(parts[i].part));
}

static void test_golden(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    bool update = g_getenv("UPDATE_GOLDEN") != NULL;
    size_t n;
    const ExfCase *cases = exf_cases(arena, &n);
    g_assert_cmpuint(n, >, 50);
    for (size_t i = 0; i < n; i++) {
        ExfCase found = run_case(&cases[i], arena);
        g_autoptr(GString) is = g_string_new(NULL), should = g_string_new(NULL);
        write_case(out, &found);
        write_case(is, &found);
        write_case(should, &cases[i]);
        if (!update)
            g_assert_cmpstr(is->str, ==, should->str);
    }
    g_autofree char *path = exf_golden_path();
    if (update)
        g_assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
}

/* --- Limits ----------------------------------------------------------------------------------------------------------- */

static bool refused(const char *text, const char *code)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = parse(text, everything, arena, diags);
    g_assert_true((expr == NULL) == (diags_count(diags) > 0));
    if (code && !diags_has(diags, code))
        g_test_message("%.60s: %s", text, diags_count(diags) > 0 ? diags_get(diags, 0)->code : "no finding");
    return code ? diags_has(diags, code) : !expr;
}

static char *repeated(const char *head, const char *part, size_t n, const char *tail)
{
    GString *out = g_string_new(head);
    while (n-- > 0)
        g_string_append(out, part);
    return g_string_free(g_string_append(out, tail), false);
}

static void test_limits(void)
{
    g_autofree char *depth = repeated("", "(", LIMIT_EXPR_DEPTH - 1, "a"), *close = repeated("", ")", LIMIT_EXPR_DEPTH - 1, "");
    g_autofree char *good = g_strconcat(depth, close, NULL), *deep = g_strconcat("(", good, ")", NULL);
    g_assert_false(refused(good, NULL));
    g_assert_true(refused(deep, "expr-too-deep"));
    g_autofree char *nots = repeated("", "not ", LIMIT_EXPR_DEPTH + 1, "ok"), *signs = repeated("", "- ", LIMIT_EXPR_DEPTH + 1, "a");
    g_assert_true(refused(nots, "expr-too-deep"));
    g_assert_true(refused(signs, "expr-too-deep"));

    g_autofree char *fits = repeated("a", "+a", LIMIT_EXPR_NODES / 2 - 1, ""), *many = repeated("a", "+a", LIMIT_EXPR_NODES / 2, "");
    g_assert_false(refused(fits, NULL));
    g_assert_true(refused(many, "expr-too-deep"));

    g_autofree char *blanks = repeated("a", " ", LIMIT_EXPR_BYTES - 1, ""), *longer = repeated("a", " ", LIMIT_EXPR_BYTES, "");
    g_assert_false(refused(blanks, NULL));
    g_assert_true(refused(longer, "expr-too-long"));

    /* A case in the subject of a case in the subject …: each level would double what is worked out. */
    g_autofree char *heads = repeated("", "case ", 12, "a"), *cases = repeated(heads, " when 1 then 2 when 2 then 3 end", 12, "");
    g_assert_true(refused(cases, "expr-too-deep"));
}

static void test_not_utf8(void)
{
    g_assert_true(refused("a = '\xff'", "expr-syntax"));
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_assert_null(expr_parse(STR("brith > 1"), exf_scope(arena, 0), (ExprType) { EXPR_NONE, -1, NULL }, arena, NULL)); /* nobody wants to know why */
    g_assert_null(expr_parse((Str) { "a\0b", 3 }, exf_scope(arena, 0), (ExprType) { EXPR_NONE, -1, NULL }, arena, diags));
}

/* --- What the place wants and allows ---------------------------------------------------------------------------------- */

static const char *first_code(const char *text, unsigned allows, ExprType wish)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = expr_parse(str_from(text), exf_scope(arena, allows), wish, arena, diags);
    return expr ? NULL : diags_get(diags, 0)->code;
}

static void test_place(void)
{
    const ExprType any = { EXPR_NONE, -1, NULL };
    g_assert_cmpstr(first_code("today() > d", EXPR_PERIOD, any), ==, "expr-place");
    g_assert_cmpstr(first_code("today() > d", EXPR_TODAY, any), ==, NULL);
    g_assert_cmpstr(first_code("period_end > d", EXPR_TODAY, any), ==, "expr-place");
    g_assert_cmpstr(first_code("period_end > d", EXPR_PERIOD, any), ==, NULL);
    g_assert_cmpstr(first_code("regexp(t, 'x')", EXPR_AGGREGATES, any), ==, "expr-place");
    g_assert_cmpstr(first_code("count(visit) > 1", EXPR_REGEXP, any), ==, "expr-place");
    g_assert_cmpstr(first_code("count(visit, regexp(t, 'x')) > 1", everything, any), ==, "expr-place");
    g_assert_cmpstr(first_code("count(visit, count(visit) > 1)", everything, any), ==, "expr-place");
    g_assert_cmpstr(first_code("count(visit, given <= period_end)", everything, any), ==, "expr-unknown-name");
    g_assert_cmpstr(first_code("count(visit, d <= period_end)", everything, any), ==, NULL);
}

static void test_wish(void)
{
    g_assert_cmpstr(first_code("a", 0, (ExprType) { EXPR_BOOL, 0, NULL }), ==, "expr-type");
    g_assert_cmpstr(first_code("p", 0, (ExprType) { EXPR_NUMBER, 1, NULL }), ==, "expr-scale");
    g_assert_cmpstr(first_code("p", 0, (ExprType) { EXPR_NUMBER, 2, NULL }), ==, NULL);
    g_assert_cmpstr(first_code("q", 0, (ExprType) { EXPR_NUMBER, -1, NULL }), ==, NULL);
    g_assert_cmpstr(first_code("null", 0, (ExprType) { EXPR_NONE, 0, NULL }), ==, "expr-type");
    g_assert_cmpstr(first_code("null", 0, (ExprType) { EXPR_DATE, 0, NULL }), ==, NULL);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = expr_parse(STR("a"), exf_scope(arena, 0), (ExprType) { EXPR_NUMBER, 3, NULL }, arena, diags);
    g_assert_cmpint(expr_type(expr).scale, ==, 3);
}

static void test_columns(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    size_t n = 0;
    const Expr *expr = parse("case when d > e then a else a + p end + count(visit, t = 'x')", everything, arena, diags);
    const uint32_t *columns = expr_columns(expr, false, &n);
    g_assert_cmpuint(n, ==, 4);
    g_assert_cmpuint(columns[0], ==, 0);
    g_assert_cmpuint(columns[1], ==, 2);
    g_assert_cmpuint(columns[3], ==, 7);
    const ExprAggregate *aggregates = expr_aggregates(expr, &n);
    g_assert_cmpuint(n, ==, 1);
    g_assert_cmpint(aggregates[0].kind, ==, EXPR_COUNT);
    columns = expr_columns(aggregates[0].condition, false, &n);
    g_assert_cmpuint(n, ==, 1);
    g_assert_cmpuint(columns[0], ==, 4);
}

static void test_words(void)
{
    static const char *const taken[] = { "end", "case", "in", "is", "Like", "period_end" }, *const free_names[] = { "date", "count", "ends", "birth" };
    for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
        g_assert_false(expr_may_name(str_from(taken[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(free_names); i++)
        g_assert_true(expr_may_name(str_from(free_names[i])));
    g_assert_false(refused("d >= DATE '2026-01-31' OR d IS NULL", NULL));
}

/* However it is written, what means the same has one form, and what does not has another. */
static void test_normal(void)
{
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        { "a>1 AND t in ('x','y')", "(a > 1)  and t In ('y', 'x', 'y')", true },
        { "a > 1.0", "a > 1", true },
        { "count(visit,d<=period_end)>=2", "count( visit , d <= period_end ) >= 2", true },
        { "icd_in(icd, 'A00')", "icd_in(icd, 'a00-A00')", true },
        { "a > 1", "a >= 1", false },
        { "a > b", "b > a", false },
        { "t = 'a' or u = 'b'", "t = 'a' and u = 'b'", false },
        { "t || 'ab' = u", "t || 'a' = u", false },
        { "under(vaccine, 'measles')", "under(vaccine, 'liver')", false },
        { "code_in(t, 'big')", "code_in(t, 'grade')", false },
        { "count(visit) > 1", "count(immunization.vaccination) > 1", false },
        { "count(visit, ok) > 1", "count(visit) > 1", false },
        { "min(visit, a) > 1", "max(visit, a) > 1", false },
        { "period_start = d", "period_end = d", false },
        { "p > 1", "q > 1", false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        Str a = expr_normal(parse(pairs[i].a, everything, arena, diags), arena), b = expr_normal(parse(pairs[i].b, everything, arena, diags), arena);
        g_test_message("%s: " STR_FMT, pairs[i].a, STR_ARG(a));
        g_assert_true(str_eq(a, b) == pairs[i].same);
    }
}

/* Several mistakes are told at once, each with its place. */
static void test_several(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_assert_null(parse("brith > d and vaccine = 'MMRV' and lenght(t) > 3", everything, arena, diags));
    g_assert_cmpuint(diags_count(diags), ==, 3);
    g_assert_cmpuint(diags_get(diags, 0)->from, ==, 0);
    g_assert_cmpuint(diags_get(diags, 1)->from, ==, 24);
    g_assert_true(str_has(diags_get(diags, 1)->text, STR("near: MMR")));
    g_assert_true(str_has(diags_get(diags, 2)->text, STR("near: length")));
}

/* --- Batches ---------------------------------------------------------------------------------------------------------- */

static void test_empty_and_full_batch(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    const Expr *expr = parse("a + 1 > b or t = 'x' or d between e and d", 0, arena, diags);
    ExfRow *rows = ARENA_ARRAY(arena, ExfRow, EXPR_BATCH_ROWS);
    for (size_t i = 0; i < EXPR_BATCH_ROWS; i++)
        rows[i] = exf_random_row(rand, arena);
    ExprResult result;
    expr_eval(runner, expr, exf_batch(arena, rows, 0, (ExprDays) { 0 }, false), arena, &result);
    expr_eval(runner, expr, exf_batch(arena, rows, EXPR_BATCH_ROWS, (ExprDays) { 0 }, false), arena, &result);
    g_assert_nonnull(result.column.values);
}

/* A dictionary that grows from batch to batch: only what is new is worked out, and what is known is still right. */
static void test_growing_dictionary(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    const Expr *expr = parse("length(t) * 2 + 1 = 5 or t is null", 0, arena, diags);
    Str values[] = { STR("一"), STR("一二"), STR("三四"), STR("x") };
    uint32_t codes[] = { 0, 1, 2, 3, 1, 0 };
    uint8_t nulls[] = { 0, 0, 0, 0, 0, 1 };
    for (uint32_t known = 1; known <= 4; known++) {
        ExprDict dict = { values, known, 4711 };
        ExprColumn columns[EXF_FIELDS] = { [4] = { .codes = codes, .nulls = nulls, .dict = &dict } };
        uint32_t shown[] = { 0, 1 % known, 2 % known, 3 % known, 1 % known, 0 };
        columns[4].codes = shown;
        ExprResult result;
        expr_eval(runner, expr, &(ExprBatch) { .n = 6, .columns = columns }, arena, &result);
        for (size_t i = 0; i < 5; i++)
            g_assert_cmpint(((const uint8_t *) result.column.values)[i], ==, utf8_length(values[shown[i]]) == 2);
        g_assert_cmpint(((const uint8_t *) result.column.values)[5], ==, 1);
    }
}

/* One that is larger than the batch is not worked out whole; one that grows by thousands is, stretch by stretch. */
static void test_large_dictionary(void)
{
    enum { ENTRIES = 8000 };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    const Expr *expr = parse("number(t, 0) * 2 + coalesce(length(u), 0)", 0, arena, diags);
    Str *values = ARENA_ARRAY(arena, Str, ENTRIES);
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, EXPR_BATCH_ROWS);
    uint8_t *all = ARENA_ARRAY(arena, uint8_t, EXPR_BATCH_ROWS);
    memset(all, 1, EXPR_BATCH_ROWS);
    for (size_t i = 0; i < ENTRIES; i++)
        values[i] = arena_printf(arena, "%zu", i * 3);
    static const struct {
        uint32_t entries, rows;
    } steps[] = { { ENTRIES, 5 }, { 4000, EXPR_BATCH_ROWS }, { ENTRIES, EXPR_BATCH_ROWS }, { ENTRIES, 3 } };
    for (size_t k = 0; k < G_N_ELEMENTS(steps); k++) {
        ExprDict dict = { values, steps[k].entries, 4712 };
        for (uint32_t i = 0; i < steps[k].rows; i++)
            codes[i] = (uint32_t) ((i * 7919ull + k) % steps[k].entries);
        ExprColumn columns[EXF_FIELDS] = { [4] = { .codes = codes, .dict = &dict }, [5] = { .codes = codes, .dict = &dict, .nulls = all } };
        ExprResult result;
        expr_eval(runner, expr, &(ExprBatch) { .n = steps[k].rows, .columns = columns }, arena, &result);
        for (uint32_t i = 0; i < steps[k].rows; i++)
            g_assert_cmpint(((const int64_t *) result.column.values)[i], ==, (int64_t) codes[i] * 6);
    }
}

/* A pattern that would try for ever is stopped, and the row says so. */
static void test_pattern_limit(void)
{
    g_autoptr(Arena) arena = arena_new();
    ExfRow row = { 0 };
    for (size_t k = 0; k < EXF_FIELDS; k++)
        row.cells[k].null = true;
    row.cells[4] = (ExfCell) { .text = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") };
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = parse("regexp(t, '^(a+)+$')", everything, arena, diags);
    g_assert_nonnull(expr);
    Str want = exf_want(expr, &row, 1, false, true, arena);
    g_assert_true(str_eq(want, STR("false !overflow")));
}

/* --- Aggregates --------------------------------------------------------------------------------------------------------- */

static ExfCell total_of(const char *text, const ExfRow *rows, size_t n, const uint32_t *groups, size_t group, uint8_t *ret_fault, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    const Expr *expr = parse(text, everything, arena, diags);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    size_t count;
    const ExprAggregate *a = expr_aggregates(expr, &count);
    g_autoptr(ExprTotal) total = expr_total_new(a, 3);
    const ExprBatch *batch = exf_batch(arena, rows, n, (ExprDays) { 0, 0, 20000 }, false);
    expr_total_add(total, runner, batch, groups, arena);
    ExprResult result;
    expr_total_end(total, arena, &result);
    *ret_fault = result.faults ? result.faults[group] : 0;
    return exf_answer(a->type, &result, group);
}

static void test_totals(void)
{
    static const struct {
        const char *text, *want[3]; /* by group; the third has no rows */
    } cases[] = {
        { "count(visit)", { "3", "2", "0" } },
        { "count(visit, a > 1)", { "2", "0", "0" } },
        { "exists(visit, a > 1)", { "true", "false", "false" } },
        { "sum(visit, a)", { "6", "null", "null" } },
        { "sum(visit, p)", { "1.5", "null!", "null" } },
        { "avg(visit, a, a < 3)", { "1.5", "null", "null" } },
        { "avg(visit, p)", { "0.5", "null!", "null" } },
        { "min(visit, t)", { "'a'", "'中'", "null" } },
        { "max(visit, d)", { "2024-02-29", "1970-01-01", "null" } },
        { "count_distinct(visit, t)", { "2", "1", "0" } },
        { "count_distinct(visit, a)", { "3", "0", "0" } },
        { "first(visit, t, d)", { "'a'", "'中'", "null" } },
        { "last(visit, t, d)", { "'b'", "'中'", "null" } },
        { "first(visit, a, ok)", { NULL } },
        { "last(visit, a, b)", { "3", "null", "null" } },
        { "first(visit, a, b)", { "1", "null", "null" } },
        { "sum(visit, a / (a - 1))", { "3.5!", "null", "null" } },
    };
    g_autoptr(Arena) arena = arena_new();
    static const char *const lines[] = {
        "a=1 p=0.5 t='a' d=2023-01-01 b=5", "a=2 p=0.5 t='b' d=2024-02-29 b=5", "a=3 p=0.5 t='b' d=2024-02-29 b=5",
        "p=92233720368547758.07 t='中' d=1970-01-01", "p=92233720368547758.07 t='中' d=1970-01-01",
    };
    static const uint32_t groups[] = { 0, 0, 0, 1, 1 };
    g_autofree char *joined = g_strjoinv("|", (char *[]) { (char *) lines[0], (char *) lines[1], (char *) lines[2], (char *) lines[3], (char *) lines[4], NULL });
    size_t n;
    const ExfRow *rows = exf_case_rows(&(ExfCase) { .rows = str_from(joined) }, arena, &n);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        for (size_t group = 0; group < 3 && cases[i].want[0]; group++) {
            g_autoptr(Diags) diags = diags_new();
            uint8_t fault;
            ExfCell cell = total_of(cases[i].text, rows, n, groups, group, &fault, arena);
            ExprType type = expr_type(parse(cases[i].text, everything, arena, diags));
            Str is = arena_printf(arena, STR_FMT "%s", STR_ARG(exf_write(type, &cell, 480, arena)), fault ? "!" : "");
            g_test_message("%s of group %zu", cases[i].text, group);
            g_assert_cmpstr(is.p, ==, cases[i].want[group]);
        }
    g_assert_true(refused("first(visit, a, ok)", "expr-type"));
}

/* Names of the scope around: each row of the dataset sees the row of its group there. */
static void test_outer_names(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    static const ExprField own[] = { { STR_INIT("given"), { EXPR_DATE }, 0, "given" } };
    static const ExprField around[] = { { STR_INIT("birth"), { EXPR_DATE }, 0, "birth" } };
    static const ExprScope inner = { .fields = own, .n_fields = 1 };
    static const ExprDataset datasets[] = { { STR_INIT("dose"), &inner, "id" } };
    static const ExprScope outer = { .fields = around, .n_fields = 1, .datasets = datasets, .n_datasets = 1, .allows = EXPR_AGGREGATES | EXPR_PERIOD };
    const Expr *expr = expr_parse(STR("count(dose, given < add_months(birth, 8) and given <= period_end) >= 1"), &outer, (ExprType) { EXPR_BOOL }, arena, diags);
    g_assert_nonnull(expr);
    size_t n;
    const ExprAggregate *a = expr_aggregates(expr, &n);
    expr_columns(a->condition, true, &n);
    g_assert_cmpuint(n, ==, 1);

    static const Date births[] = { 19000, 19500 }, given[] = { 19100, 19300, 19600 };
    static const uint32_t groups[] = { 0, 0, 1 };
    ExprColumn birth = { .values = births }, day = { .values = given };
    ExprBatch persons = { .n = 2, .columns = &birth, .days = { .period_end = 20000 } };
    ExprBatch doses = { .n = 3, .columns = &day, .days = persons.days, .outer = &persons, .outer_rows = groups };
    g_autoptr(ExprTotal) total = expr_total_new(a, 2);
    expr_total_add(total, runner, &doses, groups, arena);
    ExprResult counts, answer;
    expr_total_end(total, arena, &counts);
    g_assert_cmpint(((const int64_t *) counts.column.values)[0], ==, 1);
    g_assert_cmpint(((const int64_t *) counts.column.values)[1], ==, 1);
    persons.aggregates = &counts.column;
    expr_eval(runner, expr, &persons, arena, &answer);
    g_assert_cmpint(((const uint8_t *) answer.column.values)[1], ==, 1);
}

/* What a query has counted before is a column of it. */
static void test_counted_before(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = parse("count(visit) >= 2 and sum(visit, a) > 0", everything, arena, diags);
    const char *const columns[] = { "n.visits", "n.total" };
    ExprSql sql = expr_sql(expr, DB_POSTGRES, (ExprDays) { 0 }, columns, arena);
    g_assert_cmpstr(sql.text, ==, "((n.visits >= ?) AND (n.total > ?))");
    g_assert_cmpuint(sql.n_values, ==, 2);
    g_assert_cmpint(sql.values[0].number, ==, 2);
}

/* --- Code tables -------------------------------------------------------------------------------------------------------- */

static void test_code_loops(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Expr *expr = parse("under(vaccine, 'round1')", 0, arena, diags); /* its parent is below itself */
    g_assert_nonnull(expr);
}

/* --- Documentation ------------------------------------------------------------------------------------------------------ */

/* The examples of docs/expressions.md: `expression` → `answer`, of literals only. */
static void check_example(Str expr, Str want, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    char *text = arena_str(arena, expr).p ? (char *) arena_str(arena, expr).p : NULL;
    const Expr *parsed = parse(text, everything, arena, diags);
    g_test_message("%s", text);
    if (!parsed)
        g_error("%s: " STR_FMT, text, STR_ARG(diags_get(diags, 0)->text));
    ExfRow row;
    for (size_t k = 0; k < EXF_FIELDS; k++)
        row.cells[k] = (ExfCell) { .null = true };
    Str is = exf_want(parsed, &row, 1, false, false, arena);
    g_assert_cmpstr(arena_str(arena, is).p, ==, arena_str(arena, want).p);
}

static void test_documented(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "docs/expressions.md", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    Str all = str_from(text);
    size_t examples = 0;
    for (ptrdiff_t at = 0; (at = str_find(all, STR("` → `"), (size_t) at)) >= 0; at++, examples++) {
        size_t from = (size_t) at, to = (size_t) at + STR("` → `").n;
        while (all.p[from - 1] != '`')
            from--;
        ptrdiff_t end = str_find(all, STR("`"), to);
        check_example((Str) { all.p + from, (size_t) at - from }, (Str) { all.p + to, (size_t) end - to }, arena);
    }
    g_assert_cmpuint(examples, >, 60);
    for (size_t i = 0; expr_function_name(i); i++) {
        g_autofree char *called = g_strdup_printf("`%s(", expr_function_name(i));
        if (!str_has(all, str_from(called)))
            g_error("docs/expressions.md has nothing on %s", expr_function_name(i));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expr/golden", test_golden);
    g_test_add_func("/expr/limits", test_limits);
    g_test_add_func("/expr/not-utf8", test_not_utf8);
    g_test_add_func("/expr/place", test_place);
    g_test_add_func("/expr/wish", test_wish);
    g_test_add_func("/expr/columns", test_columns);
    g_test_add_func("/expr/normal", test_normal);
    g_test_add_func("/expr/words", test_words);
    g_test_add_func("/expr/several", test_several);
    g_test_add_func("/expr/batches", test_empty_and_full_batch);
    g_test_add_func("/expr/growing-dictionary", test_growing_dictionary);
    g_test_add_func("/expr/large-dictionary", test_large_dictionary);
    g_test_add_func("/expr/pattern-limit", test_pattern_limit);
    g_test_add_func("/expr/totals", test_totals);
    g_test_add_func("/expr/outer-names", test_outer_names);
    g_test_add_func("/expr/counted-before", test_counted_before);
    g_test_add_func("/expr/code-loops", test_code_loops);
    g_test_add_func("/expr/documented", test_documented);
    return g_test_run();
}
