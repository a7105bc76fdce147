#include "expr/eval.h"

#include "expr/number.h"

#include "base/banned.h"

/* --- Arithmetic ----------------------------------------------------------------------------------------------------- */

static Vector number_answer(Frame *f, int64_t *out, uint8_t *bad, bool any_bad, uint8_t *nulls, const uint8_t *active)
{
    if (any_bad)
        nulls = frame_overflow(f, bad, nulls, active);
    return (Vector) { EXPR_NUMBER, false, out, nulls };
}

static int64_t power(int scale)
{
    static const int64_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
    return powers[scale];
}

static Vector times_constant(Frame *f, const Vector *a, int64_t factor, uint8_t *nulls, const uint8_t *active)
{
    Vector constant = { EXPR_NUMBER, true, &factor, NULL };
    int64_t *out = frame_values(f, EXPR_NUMBER);
    uint8_t *bad = frame_bytes(f);
    bool any_bad = kernel_mul(a, &constant, out, bad, f->n);
    return number_answer(f, out, bad, any_bad, nulls, active);
}

Vector eval_rescale(Frame *f, const Node *node, const uint8_t *active)
{
    bool all;
    Vector a = eval_node(f, node->args[0], active);
    uint8_t *nulls = frame_nulls(f, &a, 1, &all);
    return all ? vector_null(f, EXPR_NUMBER) : times_constant(f, &a, power(node->type.scale - node->args[0]->type.scale), nulls, active);
}

/* Sums want one scale; the value that has less is brought to it. */
static Vector at_scale(Frame *f, const Node *arg, const Vector *v, int scale, const uint8_t *active)
{
    if (arg->type.scale == scale || (v->constant && v->nulls && v->nulls[0]))
        return *v;
    uint8_t *nulls = v->nulls && !v->constant ? memcpy(frame_bytes(f), v->nulls, f->n) : NULL;
    return times_constant(f, v, power(scale - arg->type.scale), nulls, active);
}

static Vector eval_div(Frame *f, const Node *node, const Vector *v, uint8_t *nulls, const uint8_t *active)
{
    int64_t *out = frame_values(f, EXPR_NUMBER);
    int shift = 6 - node->args[0]->type.scale + node->args[1]->type.scale;
    nulls = nulls ? nulls : frame_bytes(f);
    for (size_t i = 0; i < f->n; i++) {
        if (!asked(active, nulls, i))
            continue;
        uint8_t fault = number_div(vector_numbers(&v[0])[v[0].constant ? 0 : i], vector_numbers(&v[1])[v[1].constant ? 0 : i], shift, &out[i]);
        if (fault) {
            nulls[i] = 1;
            frame_fault(f, i, fault);
        }
    }
    return (Vector) { EXPR_NUMBER, false, out, nulls };
}

Vector eval_arithmetic(Frame *f, const Node *node, const uint8_t *active)
{
    bool all;
    Vector v[2] = { { EXPR_NUMBER, true, NULL, NULL } };
    for (uint32_t i = 0; i < node->n; i++)
        v[i] = eval_node(f, node->args[i], active);
    bool sum = node->op == OP_ADD || node->op == OP_SUB;
    for (uint32_t i = 0; sum && i < node->n; i++)
        v[i] = at_scale(f, node->args[i], &v[i], node->type.scale, active);
    uint8_t *nulls = frame_nulls(f, v, node->n, &all);
    if (all)
        return vector_null(f, EXPR_NUMBER);
    if (node->op == OP_NEG)
        return times_constant(f, &v[0], -1, nulls, active);
    if (node->op == OP_DIV)
        return eval_div(f, node, v, nulls, active);
    int64_t *out = frame_values(f, EXPR_NUMBER);
    uint8_t *bad = frame_bytes(f);
    bool any_bad = (node->op == OP_ADD ? kernel_add : node->op == OP_SUB ? kernel_sub : kernel_mul)(&v[0], &v[1], out, bad, f->n);
    return number_answer(f, out, bad, any_bad, nulls, active);
}

/* --- Functions by their row -------------------------------------------------------------------------------------------- */

Value vector_value(const Vector *v, size_t row)
{
    size_t i = v->constant ? 0 : row;
    if (vector_is_null(v, row))
        return (Value) { .null = true };
    switch (v->kind) {
    case EXPR_TEXT: return (Value) { .text = vector_texts(v)[i] };
    case EXPR_DATE: return (Value) { .number = vector_days(v)[i] };
    case EXPR_BOOL: return (Value) { .number = vector_bools(v)[i] };
    default: return (Value) { .number = vector_numbers(v)[i] };
    }
}

void value_put(ExprKind kind, void *values, size_t row, const Value *value)
{
    switch (kind) {
    case EXPR_TEXT: ((Str *) values)[row] = value->text; break;
    case EXPR_DATE: ((Date *) values)[row] = (Date) value->number; break;
    case EXPR_BOOL: ((uint8_t *) values)[row] = (uint8_t) value->number; break;
    default: ((int64_t *) values)[row] = value->number;
    }
}

static Call call_of(const Frame *f, const Node *node)
{
    int scale = node->n > 0 ? node->args[0]->type.scale : 0;
    ExprKind kind = node->n > 0 ? node->args[0]->type.kind : EXPR_NONE;
    return (Call) { .arena = f->scratch, .zone_minutes = f->zone_minutes, .kind = kind, .scale = scale, .answer_scale = node->type.scale };
}

static Vector run_rows(Frame *f, const Node *node, const Function *function, const Vector *args, const uint8_t *active)
{
    ExprKind kind = node->type.kind;
    void *values = frame_values(f, kind);
    uint8_t *nulls = frame_bytes(f);
    Value *row = ARENA_ARRAY(f->scratch, Value, node->n);
    Call call = call_of(f, node);
    bool sees_null = function->flags & SEES_NULL;
    for (size_t i = 0; i < f->n; i++) {
        Value answer = { .null = true };
        bool given = !active || active[i];
        for (uint32_t k = 0; k < node->n && given; k++) {
            row[k] = vector_value(&args[k], i);
            given = sees_null || !row[k].null;
        }
        call.faults = 0;
        if (given)
            function->row(&call, row, node->n, &answer);
        if (call.faults)
            frame_fault(f, i, call.faults);
        nulls[i] = answer.null;
        if (!answer.null)
            value_put(kind, values, i, &answer);
    }
    return (Vector) { kind, false, values, nulls };
}

static Vector run_batch(Frame *f, const Node *node, const Function *function, const Vector *args, const uint8_t *active)
{
    bool all;
    uint8_t *nulls = frame_nulls(f, args, node->n, &all);
    if (all)
        return vector_null(f, node->type.kind);
    Call call = call_of(f, node);
    call.bad = function->flags & MAY_OVERFLOW ? frame_bytes(f) : NULL;
    Vector v = { node->type.kind, false, frame_values(f, node->type.kind), nulls };
    function->batch(&call, args, f->n, &v);
    if (call.bad && kernel_any(call.bad, f->n))
        v.nulls = frame_overflow(f, call.bad, nulls, active);
    if (nulls && v.kind == EXPR_BOOL)
        kernel_clear((uint8_t *) v.values, nulls, f->n);
    return v;
}

/* coalesce: an argument is worked out only for the rows that all before it left null. */
static Vector run_coalesce(Frame *f, const Node *node, const uint8_t *active)
{
    size_t size = kind_size(node->type.kind);
    char *values = frame_values(f, node->type.kind);
    uint8_t *nulls = frame_bytes(f), *open = frame_bytes(f);
    memset(nulls, 1, f->n);
    if (active)
        memcpy(open, active, f->n);
    else
        memset(open, 1, f->n);
    for (uint32_t k = 0; k < node->n && kernel_any(open, f->n); k++) {
        Vector v = eval_node(f, node->args[k], open);
        for (size_t i = 0; i < f->n; i++) {
            if (!open[i] || vector_is_null(&v, i))
                continue;
            memcpy(values + i * size, (const char *) v.values + (v.constant ? 0 : i) * size, size);
            nulls[i] = open[i] = 0;
        }
    }
    return (Vector) { node->type.kind, false, values, nulls };
}

static Vector run(Frame *f, const Node *node, const Function *function, const uint8_t *active)
{
    Vector *args = ARENA_ARRAY(f->scratch, Vector, node->n);
    for (uint32_t i = 0; i < node->n; i++)
        args[i] = eval_node(f, node->args[i], active);
    return function->batch ? run_batch(f, node, function, args, active) : run_rows(f, node, function, args, active);
}

Vector eval_function(Frame *f, const Node *node, const uint8_t *active)
{
    return node->function->row || node->function->batch ? run(f, node, node->function, active) : run_coalesce(f, node, active);
}

Vector eval_operator(Frame *f, const Node *node, const uint8_t *active)
{
    return run(f, node, operator_find(node->op), active);
}

/* --- case ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    char *values;
    uint8_t *nulls, *open; /* open: not taken by a branch yet */
} Cases;

/* The rows that take this branch: open, and the condition true. */
static uint8_t *taken_of(Frame *f, Cases *c, const Vector *condition)
{
    uint8_t *nulls, *taken = frame_own_bools(f, condition, &nulls);
    if (nulls)
        kernel_clear(taken, nulls, f->n);
    kernel_and_plain(taken, c->open, f->n);
    kernel_clear(c->open, taken, f->n);
    return taken;
}

static void take(Frame *f, Cases *c, const Node *value, const uint8_t *taken)
{
    if (!kernel_any(taken, f->n))
        return;
    Vector v = eval_node(f, value, taken);
    size_t size = kind_size(v.kind);
    for (size_t i = 0; i < f->n; i++) {
        if (!taken[i])
            continue;
        c->nulls[i] = vector_is_null(&v, i);
        memcpy(c->values + i * size, (const char *) v.values + (v.constant ? 0 : i) * size, size);
    }
}

Vector eval_case(Frame *f, const Node *node, const uint8_t *active)
{
    Cases c = { frame_values(f, node->type.kind), frame_bytes(f), frame_bytes(f) };
    memset(c.nulls, 1, f->n);
    if (active)
        memcpy(c.open, active, f->n);
    else
        memset(c.open, 1, f->n);
    for (uint32_t i = 0; i + 1 < node->n; i += 2) {
        Vector condition = eval_node(f, node->args[i], c.open);
        take(f, &c, node->args[i + 1], taken_of(f, &c, &condition));
    }
    if (node->n % 2)
        take(f, &c, node->args[node->n - 1], c.open);
    return (Vector) { node->type.kind, false, c.values, c.nulls };
}
