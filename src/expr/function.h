/* function.h: the table of functions, private to src/expr. A row is name, arguments, answer, its forms in C, and its forms in SQL. */
#pragma once

#include "expr/node.h"
#include "expr/vector.h"

/* One value of any kind. */
typedef struct {
    bool null;
    int64_t number;
    Str text;
} Value;

/* What a function is given besides its arguments. */
typedef struct {
    Arena *arena;     /* for texts that it makes */
    int zone_minutes;
    ExprKind kind;    /* of the first argument */
    int scale;        /* of the first argument */
    int answer_scale;
    uint8_t faults;   /* it adds to them */
    uint8_t *bad;     /* of a batch: 1 where the answer leaves its range. NULL unless the row says MAY_OVERFLOW */
} Call;

/* One row: *ret is null when it comes. Where the function is strict, no argument is null. */
typedef void (*RowForm)(Call *call, const Value *args, size_t n, Value *ret);

/* A batch at once, for what is asked most; the arguments are strict and their nulls are dealt with (a text there is empty). */
typedef void (*BatchForm)(const Call *call, const Vector *args, size_t rows, Vector *ret);

enum { STRICT = 0, SEES_NULL = 1, MAY_OVERFLOW = 2 };

struct Function {
    const char *name;
    /* By letter: n number, i integer, t text, d date, T time, a any (all `a` unified); c a literal 0 to 6; `?` before those that may be
     * missing, `*` behind the last: more of it. */
    const char *args;
    const char *answer;   /* a letter, or s: a number of as many decimals as c says (fewer where the first argument has fewer: r) */
    RowForm row;
    BatchForm batch;
    const char *postgres, *sqlite; /* $1 …: the arguments; $s, $z: scale of the first, zone; NULL: bh_NAME(all arguments) */
    unsigned flags;
};

extern const Function expr_functions[]; /* ends with a name of NULL */
const Function *function_find(Str name);

/* The operators that SQLite runs as functions of ours, called bh_…; not to be written in an expression. */
extern const Function expr_operators[];
const Function *operator_find(Op op); /* of ||, like */
