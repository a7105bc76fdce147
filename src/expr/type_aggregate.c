/* Aggregates: count(dataset[, condition]), sum(dataset, value[, condition]), first(dataset, value, order[, condition]). Each becomes an entry of
 * the expression's list; what stands in it is typed in the dataset's scope, with the scope around it behind. */
#include "expr/node.h"

#include "base/banned.h"

typedef struct {
    const char *name;
    ExprAggregateKind kind;
    uint32_t values; /* arguments between the dataset and the condition */
    const char *form;
} AggregateRow;

static const AggregateRow rows[] = {
    { "count", EXPR_COUNT, 0, "count(dataset[, condition])" },
    { "count_distinct", EXPR_COUNT_DISTINCT, 1, "count_distinct(dataset, value[, condition])" },
    { "exists", EXPR_EXISTS, 0, "exists(dataset[, condition])" },
    { "sum", EXPR_SUM, 1, "sum(dataset, number[, condition])" },
    { "avg", EXPR_AVG, 1, "avg(dataset, number[, condition])" },
    { "min", EXPR_MIN, 1, "min(dataset, value[, condition])" },
    { "max", EXPR_MAX, 1, "max(dataset, value[, condition])" },
    { "first", EXPR_FIRST, 2, "first(dataset, value, order[, condition])" },
    { "last", EXPR_LAST, 2, "last(dataset, value, order[, condition])" },
};

static const AggregateRow *row_of(Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (str_eq(name, str_from(rows[i].name)))
            return &rows[i];
    return NULL;
}

static const ExprDataset *dataset_of(Typer *t, Node *node)
{
    if (node->op != OP_NAME) {
        type_fail(t, node, "expr-type", "an aggregate begins with the name of a dataset");
        return NULL;
    }
    const ExprDataset *dataset = scope_dataset(t->scope, node->name);
    if (dataset)
        return dataset;
    Str *known = ARENA_ARRAY(t->arena, Str, t->scope->n_datasets);
    for (size_t i = 0; i < t->scope->n_datasets; i++)
        known[i] = t->scope->datasets[i].name;
    type_fail(t, node, "expr-unknown-name", "there is no dataset '" STR_FMT "'%s", STR_ARG(node->name),
              near_names(t, node->name, known, t->scope->n_datasets));
    return NULL;
}

/* One argument as an expression of its own; NULL stays NULL. */
static bool type_part(Typer *inside, Node *node, ExprKind wish, const char *what, const Expr **ret_expr)
{
    if (!node)
        return true;
    if (!type_node(inside, node) || (wish != EXPR_NONE && !type_is(inside, node, wish, what)))
        return false;
    if (node->type.kind == EXPR_NONE)
        return type_fail(inside, node, "expr-type", "%s is null", what);
    *ret_expr = expr_finish(inside, node);
    return true;
}

static bool ordered(Typer *t, Node *node, const Expr *expr, const char *what)
{
    return !expr || expr->root->type.kind != EXPR_BOOL || type_fail(t, node, "expr-type", "%s is a bool, which has no order", what);
}

static ExprType answer_type(const ExprAggregate *a)
{
    ExprType number = { EXPR_NUMBER, 0, NULL };
    switch (a->kind) {
    case EXPR_COUNT:
    case EXPR_COUNT_DISTINCT: return number;
    case EXPR_EXISTS: return (ExprType) { EXPR_BOOL, 0, NULL };
    case EXPR_AVG: return (ExprType) { EXPR_NUMBER, 6, NULL };
    default: return expr_type(a->value);
    }
}

static bool type_parts(Typer *t, Node *node, const AggregateRow *row, ExprAggregate *a)
{
    Typer inside = { .text = t->text, .scope = a->dataset->scope, .outer = t->scope, .arena = t->arena, .diags = t->diags };
    Node *value = row->values > 0 ? node->args[1] : NULL, *order = row->values > 1 ? node->args[2] : NULL;
    Node *condition = node->n > row->values + 1 ? node->args[row->values + 1] : NULL;
    bool number = row->kind == EXPR_SUM || row->kind == EXPR_AVG;
    bool ok = type_part(&inside, value, number ? EXPR_NUMBER : EXPR_NONE, "what it adds up", &a->value);
    ok &= type_part(&inside, order, EXPR_NONE, "the order", &a->order);
    ok &= type_part(&inside, condition, EXPR_BOOL, "the condition", &a->condition);
    return ok && ordered(t, node, a->order, "the order") && (a->kind != EXPR_MIN && a->kind != EXPR_MAX ? true : ordered(t, node, a->value, "the value"));
}

bool type_aggregate(Typer *t, Node *node)
{
    const AggregateRow *row = row_of(node->name);
    if (t->outer)
        return type_fail(t, node, "expr-place", "no aggregate stands inside another");
    if (!(t->scope->allows & EXPR_AGGREGATES))
        return type_fail(t, node, "expr-place", STR_FMT " counts rows of a dataset: this place sees one row", STR_ARG(node->name));
    if (node->n < row->values + 1 || node->n > row->values + 2)
        return type_fail(t, node, "expr-type", "it is written %s", row->form);
    ExprAggregate a = { .kind = row->kind, .dataset = dataset_of(t, node->args[0]) };
    if (!a.dataset || !type_parts(t, node, row, &a))
        return false;
    a.type = answer_type(&a);
    node->op = OP_AGGREGATE;
    node->aggregate = t->aggregates.n;
    node->type = a.type;
    node->only = COLUMN_MANY;
    node->n = 0;
    *ARENA_PUSH(t->arena, &t->aggregates) = a;
    return true;
}
