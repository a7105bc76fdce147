/* node.h: the tree of an expression, private to src/expr. The parser makes it untyped, type.c types it in place; then it never changes. */
#pragma once

#include "base/limits.h"
#include "base/near.h"
#include "expr/expr.h"
#include "expr/set.h"

typedef enum {
    OP_LITERAL,
    OP_NAME,      /* until it is typed */
    OP_CALL,      /* until it is typed */
    OP_FIELD,
    OP_DAY,       /* today(), period_start, period_end */
    OP_AGGREGATE,
    OP_FUNCTION,
    OP_NEG, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_JOIN,
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
    OP_AND, OP_OR, OP_NOT,
    OP_IS_NULL,
    OP_BETWEEN,   /* value, low, high */
    OP_IN,        /* value, members; members that are literals are a set */
    OP_LIKE,
    OP_CASE,      /* condition, value, …, and the value of else, if there is one */
    OP_RESCALE,   /* a number at more decimals: made by the typer */
    OP_RANK,      /* a code's rank: of rank(), and of comparisons of ranked codes */
    OP_CODE_IN,   /* code[, date]: in a table, or at or below a code of it */
    OP_ICD_IN,    /* code: in ranges of ICD-10 */
    OP_REGEXP,    /* text, a literal pattern */
} Op;

enum { COLUMN_NONE = -1, COLUMN_MANY = -2 };

/* The ranges of icd_in: what is between `low` and all that begins with `high`. */
typedef struct {
    Str low, high;
} IcdRange;

typedef struct Node Node;
typedef struct Function Function;

struct Node {
    uint8_t op;
    bool typed, failed;
    bool names_day;     /* it reads ExprDays somewhere */
    ExprType type;
    uint32_t from, to;  /* its place in the text */
    int only;           /* the one column that it reads, COLUMN_NONE, or COLUMN_MANY */
    uint32_t n;         /* args */
    Node **args;
    Str name;           /* of a name, a call */
    union {
        struct {
            bool null;
            int64_t number; /* bools, days and instants too */
            Str text;
        } literal;
        struct {
            const ExprField *field;
            bool outer; /* of the scope around the dataset */
        };
        size_t day;       /* offset in ExprDays */
        size_t aggregate; /* place in Expr.aggregates */
        const Function *function;
        struct {          /* OP_CODE_IN, OP_RANK */
            const ExprCodes *codes;
            const uint8_t *below; /* by code: whether it counts; NULL: all do */
        };
        struct {
            const IcdRange *ranges;
            size_t n_ranges;
        };
        struct {          /* OP_IN: args beyond the first that are no literals are in `args` */
            const TextSet *texts;
            const int64_t *numbers; /* ascending, different: numbers, days, instants, bools */
            size_t n_numbers;
            bool has_null;          /* a literal null among them */
        };
    };
};

typedef ARENA_LIST(ExprAggregate) Aggregates;
typedef ARENA_LIST(Node *) Nodes;

struct Expr {
    Str text;
    const Node *root;
    int zone_minutes;
    const ExprAggregate *aggregates;
    size_t n_aggregates;
    const uint32_t *columns[2]; /* own, outer */
    size_t n_columns[2];
};

/* parse.c: NULL and a finding where the text is no expression. */
Node *expr_read(Str text, Arena *arena, Diags *diags);

/* type.c: what all typing of one text shares. */
typedef struct {
    Str text;
    const ExprScope *scope;
    const ExprScope *outer; /* inside an aggregate: the scope around it */
    Arena *arena;
    Diags *diags;
    Aggregates aggregates;
} Typer;

/* Types a tree in place; false where something in it is wrong, which is a finding then. */
bool type_node(Typer *t, Node *node);
bool type_comparison(Typer *t, Node *node); /* type_compare.c: = <> < <= > >= between */
bool type_in(Typer *t, Node *node);
bool type_call(Typer *t, Node *node);      /* type_call.c: OP_CALL becomes what it calls */
bool type_aggregate(Typer *t, Node *node); /* type_aggregate.c */
bool type_is_opaque(Typer *t, Node *node); /* a finding, and true, where an argument is a field whose number only stands for something */
bool type_fail(const Typer *t, Node *node, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);
extern const char *const type_op_words[]; /* by Op, as they are written */
const char *type_name(ExprType type, char buffer[static 64]);

/* All of the same kind, numbers at one scale, by nodes put between; ret_type is theirs. `what` names the place in a finding ("in `case`"). */
bool type_unify(Typer *t, Node *node, Node **args, size_t n, const char *what, ExprType *ret_type);
void type_become(Node *node, ExprKind kind); /* a null takes the kind that its place wants */
bool type_is(const Typer *t, Node *arg, ExprKind kind, const char *what);
Node *type_rescale(Typer *t, Node *node, int scale);

/* A code that is written in the text must be in the table of the field that it stands beside. */
bool type_check_code(Typer *t, const ExprCodes *codes, Node *literal);

/* icd.c: "A00-B99" or "C51"; false where it is no range. The ends are copied without dots and marks. */
bool icd_range(Str text, Arena *arena, IcdRange *ret_range);
/* As codes are compared: large letters, no dots, no marks of dagger and asterisk. In buffer where something had to change. */
Str icd_plain(Str code, char buffer[static LIMIT_EXPR_CODE_BYTES]);
bool icd_in_range(Str plain, const IcdRange *range);

/* regexp.c: whether PCRE2 takes the pattern; what it says and where, if not. */
bool regexp_check(Str pattern, char *message, size_t size, size_t *ret_at);

/* names.c */
const ExprField *scope_field(const ExprScope *scope, Str name);
const ExprDataset *scope_dataset(const ExprScope *scope, Str name);
const ExprCodes *scope_table(const ExprScope *scope, Str name);
/* "; near: a, b" or "": the candidates that look like `name`. */
const char *near_names(const Typer *t, Str name, const Str *candidates, size_t n);

/* An Expr of a typed tree. */
const Expr *expr_finish(Typer *t, const Node *root);

static inline bool is_literal(const Node *node)
{
    return node->op == OP_LITERAL;
}
