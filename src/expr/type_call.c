/* Calls: functions by their row of the table, and the few that are more than a function. */
#include "expr/function.h"

#include "base/banned.h"

static const struct {
    char letter;
    ExprKind kind;
} letters[] = {
    { 'b', EXPR_BOOL }, { 'n', EXPR_NUMBER }, { 'i', EXPR_NUMBER }, { 's', EXPR_NUMBER }, { 'r', EXPR_NUMBER },
    { 'c', EXPR_NUMBER }, { 't', EXPR_TEXT }, { 'd', EXPR_DATE }, { 'T', EXPR_TIME },
};

static ExprKind kind_of(char letter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (letters[i].letter == letter)
            return letters[i].kind;
    return EXPR_NONE;
}

/* The letter of argument `at`, or 0 where there is none. */
static char letter_at(const char *args, size_t at)
{
    size_t place = 0;
    char last = 0;
    for (const char *p = args; *p; p++) {
        if (*p == '?')
            continue;
        if (*p == '*')
            return last;
        last = *p;
        if (place++ == at)
            return *p;
    }
    return 0;
}

static size_t args_wanted(const char *args)
{
    return strcspn(args, "?*");
}

static Str text_of(const Typer *t, const Node *node)
{
    return (Str) { t->text.p + node->from, node->to - node->from };
}

/* Decimals are written, not computed: they are part of the type. */
static bool type_decimals(Typer *t, Node *arg, int *ret_decimals)
{
    if (!is_literal(arg) || arg->literal.null || arg->type.scale != 0 || arg->literal.number < 0 || arg->literal.number > 6)
        return type_fail(t, arg, "expr-type", "decimals are a number from 0 to 6 that is written here, not computed");
    *ret_decimals = (int) arg->literal.number;
    return true;
}

static bool type_arg(Typer *t, Node *node, size_t i, char letter, int *ret_decimals)
{
    Node *arg = node->args[i];
    g_autofree char *what = g_strdup_printf("argument %zu of " STR_FMT, i + 1, STR_ARG(node->name));
    ExprKind kind = kind_of(letter);
    if (kind != EXPR_NONE && !type_is(t, arg, kind, what))
        return false;
    if (letter == 'i' && arg->type.scale != 0)
        return type_fail(t, arg, "expr-type", "%s is a number with decimals, not a whole one: round(…, 0)", what);
    return letter != 'c' || type_decimals(t, arg, ret_decimals);
}

/* All that are `a`, from the first of them. */
static bool unify_any(Typer *t, Node *node, ExprType *ret_type)
{
    char what[80];
    g_snprintf(what, sizeof what, STR_FMT, STR_ARG(node->name));
    if (!type_unify(t, node, node->args, node->n, what, ret_type))
        return false;
    if (ret_type->codes && ret_type->codes->ranked && (str_eq(node->name, STR("least")) || str_eq(node->name, STR("greatest"))))
        return type_fail(t, node, "expr-type", STR_FMT " compares texts, not ranks: take rank(…)", STR_ARG(node->name));
    return true;
}

static void set_answer(Node *node, const Function *function, ExprType any, int decimals)
{
    int given = node->n > 0 && node->args[0]->type.kind == EXPR_NUMBER ? node->args[0]->type.scale : 0;
    switch (function->answer[0]) {
    case 'a': node->type = any; break;
    case 'n': node->type = (ExprType) { EXPR_NUMBER, given, NULL }; break;
    case 's': node->type = (ExprType) { EXPR_NUMBER, decimals, NULL }; break;
    case 'r': node->type = (ExprType) { EXPR_NUMBER, MIN(decimals, given), NULL }; break;
    default: node->type = (ExprType) { kind_of(function->answer[0]), 0, NULL };
    }
}

static bool type_function(Typer *t, Node *node, const Function *function)
{
    size_t least = args_wanted(function->args);
    if (node->n < least || (node->n > 0 && !letter_at(function->args, node->n - 1)))
        return type_fail(t, node, "expr-type", STR_FMT " takes %zu argument%s%s, not %u", STR_ARG(node->name), least, least == 1 ? "" : "s",
                         strchr(function->args, '?') || strchr(function->args, '*') ? " or more" : "", node->n);
    ExprType any = { EXPR_NONE, 0, NULL };
    int decimals = 0;
    bool ok = true;
    for (uint32_t i = 0; i < node->n; i++)
        ok &= type_arg(t, node, i, letter_at(function->args, i), &decimals);
    if (!ok || (function->args[0] == 'a' && !unify_any(t, node, &any)))
        return false;
    node->op = OP_FUNCTION;
    node->function = function;
    set_answer(node, function, any, decimals);
    return true;
}

/* --- More than functions --------------------------------------------------------------------------------------------- */

static bool is_text_literal(const Node *node)
{
    return is_literal(node) && node->type.kind == EXPR_TEXT && !node->literal.null;
}

static bool wants(Typer *t, Node *node, bool good, const char *form)
{
    return good || type_fail(t, node, "expr-type", "it is written %s", form);
}

/* code_in(x, 'table'[, on]) */
static bool type_code_in(Typer *t, Node *node)
{
    if (!wants(t, node, (node->n == 2 || node->n == 3) && is_text_literal(node->args[1]), "code_in(field, 'table') or code_in(field, 'table', date)"))
        return false;
    const ExprScope *scopes[] = { t->scope, t->outer };
    const ExprCodes *codes = NULL;
    ARENA_LIST(Str) known = { 0 };
    for (size_t s = 0; s < G_N_ELEMENTS(scopes) && scopes[s] && !codes; s++) {
        codes = scope_table(scopes[s], node->args[1]->literal.text);
        for (size_t i = 0; i < scopes[s]->n_tables; i++)
            *ARENA_PUSH(t->arena, &known) = scopes[s]->tables[i]->name;
    }
    if (!codes)
        return type_fail(t, node->args[1], "expr-unknown-name", "there is no code table '" STR_FMT "'%s", STR_ARG(node->args[1]->literal.text),
                         near_names(t, node->args[1]->literal.text, known.v, known.n));
    if (!type_is(t, node->args[0], EXPR_TEXT, "argument 1 of code_in") ||
        (node->n == 3 && !type_is(t, node->args[2], EXPR_DATE, "argument 3 of code_in")))
        return false;
    node->args[1] = node->args[node->n - 1];
    node->n--;
    node->op = OP_CODE_IN;
    node->codes = codes;
    node->type.kind = EXPR_BOOL;
    return true;
}

static bool has_codes(Typer *t, Node *node, Node *arg)
{
    return type_is(t, arg, EXPR_TEXT, "it") &&
           (arg->type.codes || type_fail(t, arg, "expr-type", STR_FMT " wants a field with a code table", STR_ARG(node->name)));
}

/* under(x, 'code'): the code or one below it. */
static bool type_under(Typer *t, Node *node)
{
    if (!wants(t, node, node->n == 2 && is_text_literal(node->args[1]), "under(field, 'code')") || !has_codes(t, node, node->args[0]) ||
        !type_check_code(t, node->args[0]->type.codes, node->args[1]))
        return false;
    const ExprCodes *codes = node->args[0]->type.codes;
    node->op = OP_CODE_IN;
    node->below = codes_below(codes, (size_t) text_set_find(codes->set, node->args[1]->literal.text), t->arena);
    node->codes = codes;
    node->n = 1;
    node->type.kind = EXPR_BOOL;
    return true;
}

static bool type_rank(Typer *t, Node *node)
{
    if (!wants(t, node, node->n == 1, "rank(field)") || !has_codes(t, node, node->args[0]))
        return false;
    const ExprCodes *codes = node->args[0]->type.codes;
    if (!codes->ranked)
        return type_fail(t, node, "expr-type", "the codes of " STR_FMT " have no ranks", STR_ARG(codes->name));
    node->op = OP_RANK;
    node->codes = codes;
    node->type = (ExprType) { EXPR_NUMBER, 0, NULL };
    return true;
}

/* icd_in(x, 'A00-B99', 'C51') */
static bool type_icd_in(Typer *t, Node *node)
{
    bool ok = wants(t, node, node->n >= 2, "icd_in(field, 'A00-B99', …)");
    if (!ok || !type_is(t, node->args[0], EXPR_TEXT, "argument 1 of icd_in"))
        return false;
    IcdRange *ranges = ARENA_ARRAY(t->arena, IcdRange, node->n - 1);
    for (uint32_t i = 1; i < node->n; i++)
        if (!is_text_literal(node->args[i]) || !icd_range(node->args[i]->literal.text, t->arena, &ranges[i - 1]))
            ok = type_fail(t, node->args[i], "expr-literal", STR_FMT " is no range of ICD-10 like 'A00-B99', 'C51' or 'I21.0-I21.4'",
                           STR_ARG(text_of(t, node->args[i])));
    node->op = OP_ICD_IN;
    node->ranges = ranges;
    node->n_ranges = node->n - 1;
    node->n = 1;
    node->type.kind = EXPR_BOOL;
    return ok;
}

static bool type_regexp(Typer *t, Node *node)
{
    char message[160];
    size_t at = 0;
    if (!(t->scope->allows & EXPR_REGEXP))
        return type_fail(t, node, "expr-place", "regexp is for rules, which always run here; this place may become SQL");
    if (!wants(t, node, node->n == 2 && is_text_literal(node->args[1]), "regexp(text, 'pattern')") ||
        !type_is(t, node->args[0], EXPR_TEXT, "argument 1 of regexp"))
        return false;
    if (!regexp_check(node->args[1]->literal.text, message, sizeof message, &at))
        return type_fail(t, node->args[1], "expr-literal", "the pattern is wrong at byte %zu: %s", at, message);
    node->op = OP_REGEXP;
    node->type.kind = EXPR_BOOL;
    return true;
}

static bool type_today(Typer *t, Node *node)
{
    if (!wants(t, node, node->n == 0, "today()"))
        return false;
    if (!(t->scope->allows & EXPR_TODAY))
        return type_fail(t, node, "expr-place", "there is no today() here: an answer must be the same tomorrow");
    node->op = OP_DAY;
    node->day = offsetof(ExprDays, today);
    node->type.kind = EXPR_DATE;
    return true;
}

static const struct {
    Str name;
    bool (*type)(Typer *, Node *);
    bool untyped; /* types its arguments itself */
} specials[] = {
    { STR_INIT("code_in"), type_code_in, false },
    { STR_INIT("under"), type_under, false },
    { STR_INIT("rank"), type_rank, false },
    { STR_INIT("icd_in"), type_icd_in, false },
    { STR_INIT("regexp"), type_regexp, false },
    { STR_INIT("today"), type_today, false },
    { STR_INIT("count"), type_aggregate, true },
    { STR_INIT("count_distinct"), type_aggregate, true },
    { STR_INIT("exists"), type_aggregate, true },
    { STR_INIT("sum"), type_aggregate, true },
    { STR_INIT("avg"), type_aggregate, true },
    { STR_INIT("min"), type_aggregate, true },
    { STR_INIT("max"), type_aggregate, true },
    { STR_INIT("first"), type_aggregate, true },
    { STR_INIT("last"), type_aggregate, true },
};

static size_t n_functions(void)
{
    size_t n = 0;
    while (expr_functions[n].name)
        n++;
    return n;
}

const char *expr_function_name(size_t index)
{
    size_t n = n_functions();
    return index < n ? expr_functions[index].name : index < n + G_N_ELEMENTS(specials) ? specials[index - n].name.p : NULL;
}

const Function *function_find(Str name)
{
    for (const Function *f = expr_functions; f->name; f++)
        if (str_eq(name, str_from(f->name)))
            return f;
    return NULL;
}

static bool unknown_function(Typer *t, Node *node)
{
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; expr_function_name(i); i++)
        *ARENA_PUSH(t->arena, &known) = str_from(expr_function_name(i));
    return type_fail(t, node, "expr-unknown-name", "there is no function '" STR_FMT "'%s", STR_ARG(node->name),
                     near_names(t, node->name, known.v, known.n));
}

static bool type_args(Typer *t, Node *node)
{
    bool ok = true;
    for (uint32_t i = 0; i < node->n; i++)
        ok &= type_node(t, node->args[i]);
    return ok;
}

bool type_call(Typer *t, Node *node)
{
    for (size_t i = 0; i < G_N_ELEMENTS(specials); i++)
        if (str_eq(node->name, specials[i].name))
            return (specials[i].untyped || type_args(t, node)) && specials[i].type(t, node);
    const Function *function = function_find(node->name);
    if (!function) /* the arguments are looked at all the same: two mistakes are told at once */
        return (type_args(t, node), unknown_function(t, node));
    return type_args(t, node) && type_function(t, node, function);
}
