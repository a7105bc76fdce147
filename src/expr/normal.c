/* What an expression means, as a text that is the same however it was written: prefix form of the typed tree, so that blanks, letter case of words, brackets
 * that are not needed and the order of an IN list do not show. For hashes of definitions; nothing reads it back. */
#include "expr/function.h"

#include "base/banned.h"

typedef struct {
    const Expr *expr;
    GString *out;
} Normal;

static const char *const heads[] = {
    [OP_LITERAL] = "literal", [OP_FIELD] = "field", [OP_DAY] = "day", [OP_AGGREGATE] = "aggregate", [OP_FUNCTION] = "call", [OP_NEG] = "neg", [OP_ADD] = "+",
    [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_JOIN] = "||", [OP_EQ] = "=", [OP_NE] = "<>", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=",
    [OP_AND] = "and", [OP_OR] = "or", [OP_NOT] = "not", [OP_IS_NULL] = "null?", [OP_BETWEEN] = "between", [OP_IN] = "in", [OP_LIKE] = "like", [OP_CASE] = "case",
    [OP_RESCALE] = "rescale", [OP_RANK] = "rank", [OP_CODE_IN] = "code", [OP_ICD_IN] = "icd", [OP_REGEXP] = "regexp",
};

/* Names, not numbers of an enum: a hash is kept for years. */
static const char kind_letters[] = { [EXPR_NONE] = '?', [EXPR_BOOL] = 'b', [EXPR_NUMBER] = 'n', [EXPR_TEXT] = 't', [EXPR_DATE] = 'd', [EXPR_TIME] = 'T' };
static const char *const day_names[] = { " today", " period_start", " period_end" };
G_STATIC_ASSERT(offsetof(ExprDays, period_start) == 1 * sizeof(Date) && offsetof(ExprDays, period_end) == 2 * sizeof(Date));
static const char *const aggregate_names[] = {
    [EXPR_COUNT] = " count", [EXPR_COUNT_DISTINCT] = " count_distinct", [EXPR_EXISTS] = " exists", [EXPR_SUM] = " sum", [EXPR_AVG] = " avg",
    [EXPR_MIN] = " min", [EXPR_MAX] = " max", [EXPR_FIRST] = " first", [EXPR_LAST] = " last",
};

static void node_normal(Normal *n, const Node *node);

/* With its length before it, so that no text can look like two. */
static void text_normal(Normal *n, Str text)
{
    g_string_append_printf(n->out, " %zu:" STR_FMT, text.n, STR_ARG(text));
}

static void literal_normal(Normal *n, const Node *node)
{
    if (node->literal.null)
        g_string_append(n->out, " null");
    else if (node->type.kind == EXPR_TEXT)
        text_normal(n, node->literal.text);
    else
        g_string_append_printf(n->out, " %" G_GINT64_FORMAT, node->literal.number);
}

static void set_normal(Normal *n, const Node *node)
{
    for (size_t i = 0; node->texts && i < node->texts->n; i++)
        text_normal(n, node->texts->texts[i]);
    for (size_t i = 0; i < node->n_numbers; i++)
        g_string_append_printf(n->out, " %" G_GINT64_FORMAT, node->numbers[i]);
    g_string_append(n->out, node->has_null ? " null" : "");
}

static void codes_normal(Normal *n, const Node *node)
{
    text_normal(n, node->codes->name);
    for (size_t i = 0; node->below && i < node->codes->set->n; i++)
        if (node->below[i])
            text_normal(n, node->codes->set->texts[i]);
}

static void icd_normal(Normal *n, const Node *node)
{
    for (size_t i = 0; i < node->n_ranges; i++)
        g_string_append_printf(n->out, " " STR_FMT "-" STR_FMT, STR_ARG(node->ranges[i].low), STR_ARG(node->ranges[i].high));
}

static void aggregate_normal(Normal *n, const Node *node)
{
    const ExprAggregate *a = &n->expr->aggregates[node->aggregate];
    const Expr *parts[] = { a->value, a->condition, a->order };
    g_string_append(n->out, aggregate_names[a->kind]);
    text_normal(n, a->dataset->name);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_string_append_c(n->out, ' ');
        if (parts[i])
            node_normal(n, parts[i]->root);
        else
            g_string_append(n->out, "()");
    }
}

/* What a node says besides its arguments. */
static void own_normal(Normal *n, const Node *node)
{
    switch ((Op) node->op) {
    case OP_LITERAL: literal_normal(n, node); break;
    case OP_FIELD: text_normal(n, node->field->name); g_string_append(n->out, node->outer ? " outer" : ""); break;
    case OP_DAY: g_string_append(n->out, day_names[node->day / sizeof(Date)]); break;
    case OP_AGGREGATE: aggregate_normal(n, node); break;
    case OP_FUNCTION: g_string_append_printf(n->out, " %s", node->function->name); break;
    case OP_IN: set_normal(n, node); break;
    case OP_RANK:
    case OP_CODE_IN: codes_normal(n, node); break;
    case OP_ICD_IN: icd_normal(n, node); break;
    default: break;
    }
}

static void node_normal(Normal *n, const Node *node)
{
    g_string_append_printf(n->out, "(%s %c%d", heads[node->op], kind_letters[node->type.kind], node->type.scale);
    own_normal(n, node);
    for (uint32_t i = 0; i < node->n; i++) {
        g_string_append_c(n->out, ' ');
        node_normal(n, node->args[i]);
    }
    g_string_append_c(n->out, ')');
}

Str expr_normal(const Expr *expr, Arena *arena)
{
    Normal n = { expr, g_string_new(NULL) };
    node_normal(&n, expr->root);
    Str text = arena_str(arena, str_from_gstring(n.out));
    g_string_free(n.out, true);
    return text;
}
