/* From a text to an Expr: read, typed, and what it needs listed. */
#include "expr/node.h"

#include "base/banned.h"

static void collect(const Node *node, bool outer, Arena *arena, uint32_t **columns, size_t *n, size_t *cap)
{
    if (node->op == OP_FIELD && node->outer == outer) {
        size_t at = 0;
        while (at < *n && (*columns)[at] < node->field->column)
            at++;
        if (at < *n && (*columns)[at] == node->field->column)
            return;
        *columns = arena_grow(arena, *columns, *n, cap, sizeof **columns);
        memmove(*columns + at + 1, *columns + at, (*n - at) * sizeof **columns);
        (*columns)[at] = node->field->column;
        (*n)++;
    }
    for (uint32_t i = 0; i < node->n; i++)
        collect(node->args[i], outer, arena, columns, n, cap);
}

const Expr *expr_finish(Typer *t, const Node *root)
{
    Expr *expr = ARENA_NEW(t->arena, Expr);
    *expr = (Expr) { .text = { t->text.p + root->from, root->to - root->from }, .root = root, .zone_minutes = t->scope->zone_minutes,
                     .aggregates = t->aggregates.v, .n_aggregates = t->aggregates.n };
    for (int outer = 0; outer < 2; outer++) {
        uint32_t *columns = NULL;
        size_t cap = 0;
        collect(root, outer, t->arena, &columns, &expr->n_columns[outer], &cap);
        expr->columns[outer] = columns;
    }
    return expr;
}

/* What the place wants. A number with more decimals than it takes would be rounded by someone, silently. */
static bool fits_wish(Typer *t, Node **root, ExprType wish)
{
    char buffer[64];
    if ((*root)->type.kind == EXPR_NONE && wish.kind == EXPR_NONE)
        return type_fail(t, *root, "expr-type", "null alone is no expression");
    if (wish.kind == EXPR_NONE)
        return true;
    if (!type_is(t, *root, wish.kind, "the expression"))
        return false;
    if (wish.kind != EXPR_NUMBER || wish.scale < 0)
        return true;
    if ((*root)->type.scale > wish.scale)
        return type_fail(t, *root, "expr-scale", "the expression is a %s, and %d are wanted: round(…, %d)", type_name((*root)->type, buffer), wish.scale,
                         wish.scale);
    *root = type_rescale(t, *root, wish.scale);
    return true;
}

const Expr *expr_parse(Str text, const ExprScope *scope, ExprType wish, Arena *arena, Diags *diags)
{
    Typer t = { .text = text, .scope = scope, .arena = arena, .diags = diags };
    Node *root = expr_read(text, arena, diags);
    if (!root || !type_node(&t, root) || !fits_wish(&t, &root, wish))
        return NULL;
    Expr *expr = (Expr *) expr_finish(&t, root);
    expr->text = text;
    return expr;
}

ExprType expr_type(const Expr *expr)
{
    return expr->root->type;
}

Str expr_text(const Expr *expr)
{
    return expr->text;
}

const uint32_t *expr_columns(const Expr *expr, bool outer, size_t *ret_n)
{
    *ret_n = expr->n_columns[outer];
    return expr->columns[outer];
}

const ExprAggregate *expr_aggregates(const Expr *expr, size_t *ret_n)
{
    *ret_n = expr->n_aggregates;
    return expr->aggregates;
}
