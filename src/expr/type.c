/* The types of a tree, from the leaves up. Each node is typed once; one that failed has told why, and those above it are silent. */
#include "expr/function.h"

#include "base/decimal.h"

#include "base/banned.h"

static const char *const kind_names[] = { "null", "bool", "number", "text", "date", "time" };
const char *const type_op_words[] = {
    [OP_NEG] = "-", [OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_JOIN] = "||", [OP_EQ] = "=", [OP_NE] = "<>", [OP_LT] = "<",
    [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=", [OP_AND] = "and", [OP_OR] = "or", [OP_NOT] = "not", [OP_BETWEEN] = "between", [OP_IN] = "in",
    [OP_LIKE] = "like", [OP_CASE] = "case",
};

const char *type_name(ExprType type, char buffer[static 64])
{
    if (type.kind == EXPR_NUMBER && type.scale > 0)
        g_snprintf(buffer, 64, "number with %d decimals", type.scale);
    else
        g_snprintf(buffer, 64, "%s", kind_names[type.kind]);
    return buffer;
}

bool type_fail(const Typer *t, Node *node, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    diag_add(t->diags, code, utf8_head((Str) { t->text.p + node->from, node->to - node->from }, 80), node->from, node->to, "%s", text);
    node->failed = true;
    return false;
}

void type_become(Node *node, ExprKind kind)
{
    if (node->type.kind != EXPR_NONE)
        return;
    node->type.kind = kind;
    for (uint32_t i = 0; i < node->n; i++)
        type_become(node->args[i], kind);
}

bool type_is(const Typer *t, Node *arg, ExprKind kind, const char *what)
{
    char buffer[64];
    type_become(arg, kind);
    if (arg->type.kind == kind)
        return true;
    return type_fail(t, arg, "expr-type", "%s is a %s, not a %s", what, type_name(arg->type, buffer), kind_names[kind]);
}

/* --- Unifying ------------------------------------------------------------------------------------------------------- */

Node *type_rescale(Typer *t, Node *arg, int scale)
{
    if (arg->type.scale == scale)
        return arg;
    ExprType type = { EXPR_NUMBER, scale, NULL };
    if (is_literal(arg)) {
        Node *literal = ARENA_NEW(t->arena, Node);
        *literal = *arg;
        literal->type = type;
        int64_t number = 0;
        if (arg->literal.null || decimal_at_scale((Decimal) { arg->literal.number, arg->type.scale }, scale, &number)) {
            literal->literal.number = number;
            return literal;
        }
    }
    Node *node = ARENA_NEW(t->arena, Node);
    *node = (Node) { .op = OP_RESCALE, .typed = true, .type = type, .from = arg->from, .to = arg->to, .only = arg->only, .names_day = arg->names_day, .n = 1 };
    node->args = ARENA_ARRAY(t->arena, Node *, 1);
    node->args[0] = arg;
    return node;
}

/* A literal beside a coded field is of its table; two tables make none. */
static const ExprCodes *common_codes(Node **args, size_t n)
{
    const ExprCodes *codes = NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_literal(args[i]))
            continue;
        if (!args[i]->type.codes || (codes && codes != args[i]->type.codes))
            return NULL;
        codes = args[i]->type.codes;
    }
    for (size_t i = 0; codes && i < n; i++)
        if (is_literal(args[i]) && !args[i]->literal.null && text_set_find(codes->set, args[i]->literal.text) < 0)
            return NULL;
    return codes;
}

bool type_unify(Typer *t, Node *node, Node **args, size_t n, const char *what, ExprType *ret_type)
{
    ExprType type = { EXPR_NONE, 0, NULL };
    char first[64], other[64];
    for (size_t i = 0; i < n; i++) {
        ExprType its = args[i]->type;
        if (type.kind == EXPR_NONE)
            type.kind = its.kind;
        else if (its.kind != EXPR_NONE && its.kind != type.kind)
            return type_fail(t, node, "expr-type", "%s: a %s and a %s do not go together", what, type_name(type, first), type_name(its, other));
        type.scale = its.kind == EXPR_NUMBER ? MAX(type.scale, its.scale) : type.scale;
    }
    for (size_t i = 0; i < n; i++) {
        type_become(args[i], type.kind);
        if (type.kind == EXPR_NUMBER)
            args[i] = type_rescale(t, args[i], type.scale);
    }
    if (type.kind == EXPR_TEXT)
        type.codes = common_codes(args, n);
    *ret_type = type;
    return true;
}

/* --- Names ---------------------------------------------------------------------------------------------------------- */

static const struct {
    Str name;
    size_t at; /* in ExprDays */
} days[] = {
    { STR_INIT("period_start"), offsetof(ExprDays, period_start) },
    { STR_INIT("period_end"), offsetof(ExprDays, period_end) },
};

static bool unknown_name(Typer *t, Node *node)
{
    const ExprScope *scopes[] = { t->scope, t->outer };
    ARENA_LIST(Str) known = { 0 };
    for (size_t s = 0; s < G_N_ELEMENTS(scopes) && scopes[s]; s++)
        for (size_t i = 0; i < scopes[s]->n_fields; i++)
            *ARENA_PUSH(t->arena, &known) = scopes[s]->fields[i].name;
    if (scope_dataset(t->scope, node->name))
        return type_fail(t, node, "expr-unknown-name", "'" STR_FMT "' is a dataset: it stands in count(…) and the like", STR_ARG(node->name));
    return type_fail(t, node, "expr-unknown-name", "there is no field '" STR_FMT "'%s", STR_ARG(node->name),
                     near_names(t, node->name, known.v, known.n));
}

static bool type_day(Typer *t, Node *node, size_t at)
{
    const ExprScope *scope = t->outer ? t->outer : t->scope;
    if (!((scope->allows | t->scope->allows) & EXPR_PERIOD))
        return type_fail(t, node, "expr-place", "'" STR_FMT "' is known in indicators only", STR_ARG(node->name));
    node->op = OP_DAY;
    node->day = at;
    node->type.kind = EXPR_DATE;
    return true;
}

static bool type_field(Typer *t, Node *node)
{
    const ExprField *field = scope_field(t->scope, node->name);
    bool outer = !field && t->outer && (field = scope_field(t->outer, node->name));
    for (size_t i = 0; !field && i < G_N_ELEMENTS(days); i++)
        if (str_eq(node->name, days[i].name))
            return type_day(t, node, days[i].at);
    if (!field)
        return unknown_name(t, node);
    node->op = OP_FIELD;
    node->field = field;
    node->outer = outer;
    node->type = field->type;
    node->only = outer ? COLUMN_MANY : (int) field->column;
    return true;
}

/* --- Operators ------------------------------------------------------------------------------------------------------ */

/* What somebody who writes `birth + 30` is looking for. */
static const char *date_hint(const Node *node)
{
    bool dated = false;
    for (uint32_t i = 0; i < node->n; i++)
        dated |= node->args[i]->type.kind == EXPR_DATE;
    if (!dated)
        return "";
    return node->op == OP_ADD ? ": add_days(date, n), add_months, add_years" : node->op == OP_SUB ? ": days(from, to), add_days(date, -n)" : "";
}

bool type_is_opaque(Typer *t, Node *node)
{
    for (uint32_t i = 0; i < node->n; i++) {
        const Node *arg = node->args[i];
        if (arg->op == OP_FIELD && arg->field->opaque) {
            type_fail(t, node, "expr-type", "%s has no meaning for '" STR_FMT "', which is an organisation: = and in compare it", type_op_words[node->op], STR_ARG(arg->field->name));
            return true;
        }
    }
    return false;
}

static bool type_arithmetic(Typer *t, Node *node)
{
    char buffer[64];
    if (type_is_opaque(t, node))
        return false;
    for (uint32_t i = 0; i < node->n; i++) {
        type_become(node->args[i], EXPR_NUMBER);
        if (node->args[i]->type.kind != EXPR_NUMBER)
            return type_fail(t, node, "expr-type", "%s wants numbers, not a %s%s", type_op_words[node->op], type_name(node->args[i]->type, buffer), date_hint(node));
    }
    int a = node->args[0]->type.scale, b = node->n > 1 ? node->args[1]->type.scale : 0;
    int scale = node->op == OP_MUL ? a + b : node->op == OP_DIV ? DECIMAL_SCALE_MAX : MAX(a, b);
    node->type = (ExprType) { EXPR_NUMBER, scale, NULL };
    return scale <= DECIMAL_SCALE_MAX ||
           type_fail(t, node, "expr-scale", "a product of %d and %d decimals has more than %d: round(…, n) first", a, b, DECIMAL_SCALE_MAX);
}

static bool type_all(Typer *t, Node *node, ExprKind kind, ExprKind answer)
{
    bool ok = true;
    for (uint32_t i = 0; i < node->n; i++)
        ok &= type_is(t, node->args[i], kind, type_op_words[node->op]);
    node->type.kind = answer;
    return ok;
}

static bool type_logic(Typer *t, Node *node)
{
    char buffer[64];
    bool ok = true;
    for (uint32_t i = 0; i < node->n; i++) {
        type_become(node->args[i], EXPR_BOOL);
        if (node->args[i]->type.kind != EXPR_BOOL)
            ok = type_fail(t, node->args[i], "expr-type", "`%s` wants conditions, not a %s", type_op_words[node->op], type_name(node->args[i]->type, buffer));
    }
    node->type.kind = EXPR_BOOL;
    return ok;
}

static bool type_join(Typer *t, Node *node)
{
    return type_all(t, node, EXPR_TEXT, EXPR_TEXT);
}

static bool type_like(Typer *t, Node *node)
{
    return type_all(t, node, EXPR_TEXT, EXPR_BOOL);
}

static bool type_is_null(Typer *t, Node *node)
{
    (void) t;
    type_become(node->args[0], EXPR_BOOL);
    node->type.kind = EXPR_BOOL;
    return true;
}

static bool type_case(Typer *t, Node *node)
{
    Node **values = ARENA_ARRAY(t->arena, Node *, node->n);
    size_t n = 0;
    bool ok = true;
    for (uint32_t i = 0; i + 1 < node->n; i += 2) {
        ok &= type_is(t, node->args[i], EXPR_BOOL, "what follows `when`");
        values[n++] = node->args[i + 1];
    }
    if (node->n % 2)
        values[n++] = node->args[node->n - 1];
    if (!ok || !type_unify(t, node, values, n, "case", &node->type))
        return false;
    n = 0;
    for (uint32_t i = 0; i + 1 < node->n; i += 2)
        node->args[i + 1] = values[n++];
    if (node->n % 2)
        node->args[node->n - 1] = values[n];
    return true;
}

/* An instant is written in the zone of the store. */
static bool type_literal(Typer *t, Node *node)
{
    if (node->type.kind == EXPR_TIME)
        node->literal.number -= (int64_t) t->scope->zone_minutes * 60000;
    return true;
}

/* Called with the arguments typed, but for names and calls, which do that themselves. */
static bool (*const typers[])(Typer *, Node *) = {
    [OP_LITERAL] = type_literal, [OP_NAME] = type_field, [OP_CALL] = type_call, [OP_NEG] = type_arithmetic, [OP_ADD] = type_arithmetic,
    [OP_SUB] = type_arithmetic, [OP_MUL] = type_arithmetic, [OP_DIV] = type_arithmetic, [OP_JOIN] = type_join, [OP_EQ] = type_comparison,
    [OP_NE] = type_comparison, [OP_LT] = type_comparison, [OP_LE] = type_comparison, [OP_GT] = type_comparison, [OP_GE] = type_comparison,
    [OP_AND] = type_logic, [OP_OR] = type_logic, [OP_NOT] = type_logic, [OP_IS_NULL] = type_is_null, [OP_BETWEEN] = type_comparison,
    [OP_IN] = type_in, [OP_LIKE] = type_like, [OP_CASE] = type_case,
};

static int join_columns(int a, int b)
{
    return a == COLUMN_NONE ? b : b == COLUMN_NONE || a == b ? a : COLUMN_MANY;
}

bool type_node(Typer *t, Node *node)
{
    if (node->typed)
        return !node->failed;
    node->typed = true;
    bool ok = true;
    for (uint32_t i = 0; i < node->n && node->op != OP_CALL; i++)
        ok &= type_node(t, node->args[i]);
    if (!ok || !typers[node->op](t, node)) {
        node->failed = true;
        return false;
    }
    node->names_day = node->op == OP_DAY;
    for (uint32_t i = 0; i < node->n && node->op != OP_AGGREGATE; i++) {
        node->only = join_columns(node->only, node->args[i]->only);
        node->names_day |= node->args[i]->names_day;
    }
    return true;
}
