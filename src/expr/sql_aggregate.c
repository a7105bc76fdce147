/* Aggregates as SQL, each with its condition as a FILTER: for a query that groups. */
#include "expr/sql.h"

#include "base/banned.h"

static void print_filter(SqlPrinter *p, const ExprAggregate *a, bool ordered)
{
    if (!a->condition && !ordered)
        return;
    sql_say(p, " FILTER (WHERE ");
    if (a->condition)
        sql_print(p, a->condition->root);
    sql_say(p, a->condition && ordered ? " AND " : "");
    if (ordered)
        sql_wrapped(p, "", a->order->root, " IS NOT NULL");
    sql_say(p, ")");
}

static void print_sum(SqlPrinter *p, const ExprAggregate *a)
{
    sql_wrapped(p, sql_is_postgres(p) ? "bh_fit(sum(" : "bh_sum(", a->value->root, ")");
    print_filter(p, a, false);
    sql_say(p, sql_is_postgres(p) ? ")" : "");
}

static void print_avg(SqlPrinter *p, const ExprAggregate *a)
{
    int shift = 6 - expr_type(a->value).scale;
    if (!sql_is_postgres(p)) {
        sql_wrapped(p, "bh_avg(", a->value->root, ", ");
        g_string_append_printf(p->sql, "%d)", shift);
        print_filter(p, a, false);
        return;
    }
    sql_wrapped(p, "bh_avg(sum(", a->value->root, ")");
    print_filter(p, a, false);
    sql_wrapped(p, ", count(", a->value->root, ")");
    print_filter(p, a, false);
    g_string_append_printf(p->sql, ", %d)", shift);
}

/* The first by order, and of those that are equal the one with the smaller key; the last the other way round. */
static void print_first(SqlPrinter *p, const ExprAggregate *a)
{
    bool last = a->kind == EXPR_LAST;
    if (!sql_is_postgres(p)) {
        sql_wrapped(p, last ? "bh_last(" : "bh_first(", a->value->root, ", ");
        sql_wrapped(p, "", a->order->root, ", ");
        g_string_append_printf(p->sql, "%s)", a->dataset->key_sql);
        print_filter(p, a, true);
        return;
    }
    sql_wrapped(p, "(array_agg(", a->value->root, " ORDER BY ");
    sql_operand(p, a->order->root);
    g_string_append_printf(p->sql, last ? " DESC, %s DESC)" : ", %s)", a->dataset->key_sql);
    print_filter(p, a, true);
    sql_say(p, ")[1]");
}

static void print_extreme(SqlPrinter *p, const ExprAggregate *a)
{
    sql_say(p, a->kind == EXPR_MIN ? "min(" : "max(");
    sql_operand(p, a->value->root);
    sql_say(p, ")");
    print_filter(p, a, false);
}

static void print_count(SqlPrinter *p, const ExprAggregate *a)
{
    if (a->value)
        sql_wrapped(p, "count(DISTINCT ", a->value->root, ")");
    else
        sql_say(p, a->kind == EXPR_EXISTS ? "(count(*)" : "count(*)");
    print_filter(p, a, false);
    sql_say(p, a->kind == EXPR_EXISTS ? " > 0)" : "");
}

void sql_aggregate(SqlPrinter *p, const ExprAggregate *a)
{
    static void (*const printers[])(SqlPrinter *, const ExprAggregate *) = {
        [EXPR_COUNT] = print_count, [EXPR_COUNT_DISTINCT] = print_count, [EXPR_EXISTS] = print_count, [EXPR_SUM] = print_sum, [EXPR_AVG] = print_avg,
        [EXPR_MIN] = print_extreme, [EXPR_MAX] = print_extreme, [EXPR_FIRST] = print_first, [EXPR_LAST] = print_first,
    };
    printers[a->kind](p, a);
}
