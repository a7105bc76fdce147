/* An expression: whatever is written, there is an answer for each row or a finding with its place; dictionaries change nothing, and the SQL has a place
 * for each value. */
#include "../tests/unit/expr-fixture.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 24 };
static const ExprDays when = { 20484, 20454, 20484 };
static const ExprType any = { EXPR_NONE, -1, NULL };

static void check_findings(const Diags *diags, Str text)
{
    g_assert_cmpuint(diags_count(diags), >, 0);
    for (size_t i = 0; i < diags_count(diags); i++)
        g_assert_true(diags_get(diags, i)->from <= diags_get(diags, i)->to && diags_get(diags, i)->to <= text.n);
}

static void check_sql(const Expr *expr, Arena *arena)
{
    g_assert_cmpuint(expr_normal(expr, arena).n, >, 0);
    for (int engine = 0; engine < 2; engine++) {
        ExprSql sql = expr_sql(expr, (DbEngine) engine, when, NULL, arena);
        size_t places = 0;
        for (const char *p = sql.text; *p; p++)
            places += *p == '?';
        g_assert_cmpuint(places, ==, sql.n_values);
    }
}

static bool same(ExprKind kind, const ExfCell *a, const ExfCell *b)
{
    if (a->null || b->null)
        return a->null == b->null;
    return kind == EXPR_TEXT ? str_eq(a->text, b->text) : a->number == b->number;
}

/* What is the same for every input: made once, kept to the end. */
typedef struct {
    Arena *arena;
    const ExprScope *printed, *run;
    const ExprBatch *plain, *coded;
} World;

static const World *world(void)
{
    static World w;
    if (w.arena)
        return &w;
    w.arena = arena_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    ExfRow *rows = ARENA_ARRAY(w.arena, ExfRow, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = exf_random_row(rand, w.arena);
    w.plain = exf_batch(w.arena, rows, ROWS, when, false);
    w.coded = exf_batch(w.arena, rows, ROWS, when, true);
    w.printed = exf_scope(w.arena, EXPR_AGGREGATES | EXPR_PERIOD | EXPR_TODAY);
    w.run = exf_scope(w.arena, EXPR_REGEXP | EXPR_PERIOD | EXPR_TODAY);
    return &w;
}

static void check_answers(const Expr *expr, Arena *arena)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    ExprResult plain, coded;
    expr_eval(runner, expr, world()->plain, arena, &plain);
    expr_eval(runner, expr, world()->coded, arena, &coded);
    for (size_t i = 0; i < ROWS; i++) {
        ExfCell a = exf_answer(expr_type(expr), &plain, i), b = exf_answer(expr_type(expr), &coded, i);
        g_assert_true(same(expr_type(expr).kind, &a, &b));
        g_assert_cmpint(plain.faults ? plain.faults[i] : 0, ==, coded.faults ? coded.faults[i] : 0);
        if (expr_type(expr).kind == EXPR_TEXT && !a.null)
            g_assert_true(a.text.n > 0 && utf8_valid(a.text, NULL));
    }
}

/* Read where all is allowed; what has no aggregate is run, and what may be printed is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Str text = { (const char *) data, size };
    const Expr *expr = expr_parse(text, world()->printed, any, arena, diags);
    if (expr)
        check_sql(expr, arena);
    else
        check_findings(diags, text);
    g_autoptr(Diags) again = diags_new();
    expr = expr_parse(text, world()->run, any, arena, again);
    if (expr)
        check_answers(expr, arena);
    return 0;
}
