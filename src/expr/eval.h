/* eval.h: running a tree over a batch, private to src/expr. */
#pragma once

#include "expr/function.h"

/* The rows that a subtree is run over: those of the batch, the entries of a dictionary, or one for what reads no column. */
typedef struct {
    ExprRunner *runner;
    const ExprBatch *batch;
    Arena *scratch;
    int zone_minutes;
    size_t n;
    uint8_t *faults; /* by row */
    bool faulted;
    const ExprColumn *lifted; /* stands for the column `lifted_column` */
    int lifted_column;
} Frame;

/* `active`: the rows that are asked for, NULL all; what is answered for others does not matter, and has no faults. */
Vector eval_node(Frame *f, const Node *node, const uint8_t *active);
typedef Vector (*EvalOp)(Frame *f, const Node *node, const uint8_t *active);

/* eval_logic.c */
Vector eval_compare(Frame *f, const Node *node, const uint8_t *active);
Vector eval_between(Frame *f, const Node *node, const uint8_t *active);
Vector eval_in(Frame *f, const Node *node, const uint8_t *active);
Vector eval_and(Frame *f, const Node *node, const uint8_t *active);
Vector eval_or(Frame *f, const Node *node, const uint8_t *active);
Vector eval_not(Frame *f, const Node *node, const uint8_t *active);
Vector eval_is_null(Frame *f, const Node *node, const uint8_t *active);

/* eval_value.c */
Vector eval_arithmetic(Frame *f, const Node *node, const uint8_t *active);
Vector eval_rescale(Frame *f, const Node *node, const uint8_t *active);
Vector eval_function(Frame *f, const Node *node, const uint8_t *active);
Vector eval_operator(Frame *f, const Node *node, const uint8_t *active); /* ||, like: by their row of expr_operators */
Vector eval_case(Frame *f, const Node *node, const uint8_t *active);

/* eval_code.c */
Vector eval_rank(Frame *f, const Node *node, const uint8_t *active);
Vector eval_code_in(Frame *f, const Node *node, const uint8_t *active);
Vector eval_icd_in(Frame *f, const Node *node, const uint8_t *active);
Vector eval_regexp(Frame *f, const Node *node, const uint8_t *active);

/* --- Vectors in the making ------------------------------------------------------------------------------------------ */

/* Zeroed. */
void *frame_values(Frame *f, ExprKind kind);
uint8_t *frame_bytes(Frame *f);

/* Where any of the arguments is null, as an array of its own; NULL: none is. ret_all: a constant among them is, so that every answer is null. */
uint8_t *frame_nulls(Frame *f, const Vector *args, size_t n, bool *ret_all);

Vector vector_null(Frame *f, ExprKind kind); /* for every row */
void frame_fault(Frame *f, size_t row, uint8_t bits);

/* A fault where bad, unless null before or not asked for; they become null. `nulls` may be NULL: then a new array is given back. */
uint8_t *frame_overflow(Frame *f, uint8_t *bad, uint8_t *nulls, const uint8_t *active);

/* A bool as arrays that may be written to; *ret_nulls NULL: none is null. */
uint8_t *frame_own_bools(Frame *f, const Vector *v, uint8_t **ret_nulls);

/* One row's value; a value into its place in an array of its kind. */
Value vector_value(const Vector *v, size_t row);
void value_put(ExprKind kind, void *values, size_t row, const Value *value);

static inline bool asked(const uint8_t *active, const uint8_t *nulls, size_t row)
{
    return (!active || active[row]) && (!nulls || !nulls[row]);
}

/* --- runner.c: what is kept between batches --------------------------------------------------------------------------- */

/* What a subtree answers for each entry of a dictionary: at 0 for null, at i + 1 for entry i. */
typedef struct {
    uint64_t dict;
    uint32_t n; /* entries answered */
    size_t cap;
    uint8_t *values, *nulls, *faults;
    bool any_null, any_fault;
    Arena *arena; /* texts */
} Memo;
Memo *runner_memo(ExprRunner *runner, const Node *node);

/* regexp.c: a compiled pattern with room for a match; opaque. */
typedef struct Pattern Pattern;
Pattern *runner_pattern(ExprRunner *runner, const Node *node);
Pattern *pattern_new(Str pattern);
void pattern_free(Pattern *pattern);
bool pattern_matches(Pattern *pattern, Str text, bool *ret_over); /* ret_over: a limit ended it */
