/* sql.h: printing a tree, private to src/expr. */
#pragma once

#include "expr/node.h"

typedef struct {
    Arena *arena;
    GString *sql;
    ARENA_LIST(DbValue) values;
    DbEngine engine;
    ExprDays days;
    const char *const *aggregates; /* columns of their answers, or NULL */
    const Expr *expr;
} SqlPrinter;

static inline bool sql_is_postgres(const SqlPrinter *p)
{
    return p->engine == DB_POSTGRES;
}

void sql_say(SqlPrinter *p, const char *text);
void sql_print(SqlPrinter *p, const Node *node);
void sql_operand(SqlPrinter *p, const Node *node); /* with the order of bytes, if it is a text */
void sql_wrapped(SqlPrinter *p, const char *before, const Node *node, const char *after);
void sql_aggregate(SqlPrinter *p, const ExprAggregate *aggregate);
