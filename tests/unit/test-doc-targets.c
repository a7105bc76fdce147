/* Targets of sentences, against tests/golden/doc-targets.txt (which says how it is written). With UPDATE_GOLDEN=1 the file is written anew. */
#include <locale.h>

#include "doc/quantity.h"

static const char *golden_path(void)
{
    static char path[4096];
    g_snprintf(path, sizeof path, "%s/tests/golden/doc-targets.txt", g_getenv("SOURCE_ROOT"));
    return path;
}

static Str golden_read(void)
{
    char *text;
    size_t n;
    g_assert_true(g_file_get_contents(golden_path(), &text, &n, NULL));
    return (Str) { text, n };
}

/* --- Printing as the file is written ----------------------------------------------------------------------------- */

static void print_figure(GString *out, DocFigure figure)
{
    char digits[32];
    g_snprintf(digits, sizeof digits, "%0*" G_GINT64_FORMAT, figure.scale + 1, figure.value);
    size_t whole = strlen(digits) - figure.scale;
    g_string_append_len(out, digits, (gssize) whole);
    if (figure.scale > 0)
        g_string_append_printf(out, ".%s", digits + whole);
}

static void print_target(GString *out, const DocTarget *target, int year)
{
    static const char *const ops[] = { "=", ">=", "<=", "~", "range" };
    g_string_append_printf(out, "    " STR_FMT " | %s ", STR_ARG(target->metric), ops[target->op]);
    print_figure(out, target->value);
    if (target->op == OP_RANGE) {
        g_string_append(out, "..");
        print_figure(out, target->value2);
    }
    if (target->unit.n > 0)
        g_string_append_printf(out, " " STR_FMT, STR_ARG(target->unit));
    g_string_append(out, " |");
    char date[DATE_TEXT_MAX];
    if (target->tense == TENSE_RESULT)
        g_string_append(out, " result");
    else if (target->due == DATE_NONE)
        g_string_append(out, " @none");
    else if (year == 0 || target->due != date_month_end(year, 12))
        g_string_append_printf(out, " @%s", date_format(target->due, date));
    g_string_append(out, target->soft ? " soft\n" : "\n");
}

static void print_finding(GString *out, const Diag *finding)
{
    if (g_str_equal(finding->code, "wordy-target")) {
        Str params = finding->params;
        str_cut(&params, '=');
        Str meaning = str_cut(&params, '\n');
        g_string_append_printf(out, "    ~ " STR_FMT " = " STR_FMT "\n", STR_ARG(finding->at), STR_ARG(meaning));
    } else {
        g_string_append_printf(out, "    ! %s\n", finding->code);
    }
}

/* Quotes are what their spans say, and hold the figure; a result is due at no time. */
static void check_spans(const View *view, const DocTarget *target)
{
    Arena *arena = arena_new();
    Range range = { target->quote.span.from, target->quote.span.to };
    g_assert_cmpuint(range.to, <=, view->n);
    g_assert_true(str_eq(view_value(view, range, arena).text, target->quote.text));
    g_assert_true(target->tense == TENSE_TARGET || target->due == DATE_NONE);
    arena_free(arena);
}

static void print_sentence(GString *out, Str sentence, TargetContext context)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    View view = view_of_text(sentence, arena);
    size_t n;
    const DocTarget *targets = targets_find(&view, (Range) { 0, view.n }, &context, arena, diags, &n);
    for (size_t i = 0; i < n; i++) {
        check_spans(&view, &targets[i]);
        print_target(out, &targets[i], context.plan_year);
    }
    for (size_t i = 0; i < diags_count(diags); i++)
        print_finding(out, diags_get(diags, i));
    if (n == 0 && diags_count(diags) == 0)
        g_string_append(out, "    -\n");
}

/* --- The file ---------------------------------------------------------------------------------------------------- */

static bool is_expectation(Str line)
{
    return str_starts(line, STR("    "));
}

static bool is_sentence(Str line)
{
    return line.n > 0 && line.p[0] != '#' && line.p[0] != '=' && line.p[0] != ' ';
}

static void take_context(Str line, TargetContext *context)
{
    Str rest = line;
    int64_t year;
    str_cut(&rest, ' ');
    g_assert_true(str_to_int64(str_cut(&rest, ' '), &year));
    context->plan_year = (int) year;
    context->results = str_eq(rest, STR("report"));
}

/* Takes the expectations that follow off `rest`. */
static void take_expected(Str *rest, GString *out)
{
    while (is_expectation(*rest)) {
        Str line = str_cut(rest, '\n');
        g_string_append_printf(out, STR_FMT "\n", STR_ARG(line));
    }
}

static void test_golden(void)
{
    Str text = golden_read(), rest = text;
    TargetContext context = { 0, false };
    g_autoptr(GString) all = g_string_new(NULL);
    size_t cases = 0, wrong = 0;
    while (rest.p && rest.n > 0) {
        Str line = str_cut(&rest, '\n');
        g_string_append_printf(all, STR_FMT "\n", STR_ARG(line));
        if (str_starts(line, STR("= ")))
            take_context(line, &context);
        if (!is_sentence(line))
            continue;
        g_autoptr(GString) want = g_string_new(NULL);
        g_autoptr(GString) got = g_string_new(NULL);
        take_expected(&rest, want);
        print_sentence(got, line, context);
        g_string_append(all, got->str);
        cases++;
        if (!g_string_equal(want, got)) {
            wrong++;
            g_test_message("%.*s\nwant\n%sgot\n%s", (int) line.n, line.p, want->str, got->str);
        }
    }
    g_test_message("%zu sentences, %zu differ", cases, wrong);
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(golden_path(), all->str, (gssize) all->len, NULL));
    else
        g_assert_cmpuint(wrong, ==, 0);
    g_free((char *) text.p);
}

/* Every row of the tables of comparators and units stands in some sentence of the file. */
static Str word_text(Word word, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < word.n; i++)
        g_string_append_unichar(text, word.p[i]);
    return arena_str(arena, str_from_gstring(text));
}

static bool has_word(const View *view, Word word)
{
    return view_find(view, (Range) { 0, view->n }, word) < view->n;
}

static void test_rows_have_cases(void)
{
    g_autoptr(Arena) arena = arena_new();
    Str text = golden_read();
    View view = view_of_text(text, arena);
    for (size_t i = 0; i < opwords_table.n; i++)
        if (!has_word(&view, opwords_table.rows[i].word))
            g_test_message("no case for comparator %zu: " STR_FMT, i, STR_ARG(word_text(opwords_table.rows[i].word, arena))), g_test_fail();
    for (size_t i = 0; i < units_table.n; i++)
        if (!has_word(&view, units_table.rows[i].word))
            g_test_message("no case for unit %zu: " STR_FMT, i, STR_ARG(word_text(units_table.rows[i].word, arena))), g_test_fail();
    g_free((char *) text.p);
}

/* --- Size and hostile text --------------------------------------------------------------------------------------- */

/* So much of each, with nothing that ends the sentence, that time growing with the square would not end within the test's limit. */
static void test_linear(void)
{
    enum { TIMES = 300000 };
    static const char *const pieces[] = {
        "签约率达到90%以上，", "新建2家、", "3岁", "，", "、", "（", "“", "到2025年、", "50%的", "至少", "力争", "一", "4.0‰、", "由7%降至", "每个县新建1所学校", "比2020年", "1:1", "百", "第", "和", "A级", "万",
        "建成", "2至", "12类", "应", "所有", "１２，", "人均预期寿命", "目前",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(GString) text = g_string_new(NULL);
        for (size_t n = 0; n < TIMES; n++)
            g_string_append(text, pieces[i]);
        View view = view_of_text(str_from_gstring(text), arena);
        TargetContext context = { 2025, false };
        size_t n;
        targets_find(&view, (Range) { 0, view.n }, &context, arena, diags, &n);
    }
}

static void test_empty(void)
{
    g_autoptr(Arena) arena = arena_new();
    View view = view_of_text(STR(""), arena);
    TargetContext context = { 0, false };
    size_t n = 1;
    targets_find(&view, (Range) { 0, 0 }, &context, arena, NULL, &n);
    g_assert_cmpuint(n, ==, 0);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* for messages */
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/doc/targets/golden", test_golden);
    g_test_add_func("/doc/targets/rows", test_rows_have_cases);
    g_test_add_func("/doc/targets/linear", test_linear);
    g_test_add_func("/doc/targets/empty", test_empty);
    return g_test_run();
}
