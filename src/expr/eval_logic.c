#include "expr/eval.h"

#include "base/banned.h"

/* A bool of these arrays; where it is null its value is 0. */
static Vector answer(Frame *f, uint8_t *bools, const uint8_t *nulls)
{
    if (nulls)
        kernel_clear(bools, nulls, f->n);
    return (Vector) { EXPR_BOOL, false, bools, nulls };
}

/* --- Comparison ----------------------------------------------------------------------------------------------------- */

/* Both constant happens where an aggregate's or a case's branch was: then one of them is spelled out. */
static Vector spelled(Frame *f, const Vector *v)
{
    size_t size = kind_size(v->kind);
    char *values = frame_values(f, v->kind);
    for (size_t i = 0; i < f->n; i++)
        memcpy(values + i * size, v->values, size);
    return (Vector) { v->kind, false, values, NULL };
}

static Vector compare(Frame *f, Order order, const Vector *a, const Vector *b)
{
    bool all;
    Vector both[] = { *a, *b };
    uint8_t *nulls = frame_nulls(f, both, 2, &all);
    if (all)
        return vector_null(f, EXPR_BOOL);
    if (a->constant && b->constant)
        both[0] = spelled(f, a);
    uint8_t *out = frame_bytes(f);
    (a->kind == EXPR_TEXT ? kernel_compare_texts : kernel_compare)(order, &both[0], &both[1], out, f->n);
    return answer(f, out, nulls);
}

Vector eval_compare(Frame *f, const Node *node, const uint8_t *active)
{
    Vector a = eval_node(f, node->args[0], active), b = eval_node(f, node->args[1], active);
    return compare(f, (Order) (ORDER_EQ + (node->op - OP_EQ)), &a, &b);
}

/* Both in place; either may be without nulls. */
static Vector join(Frame *f, bool is_and, const Vector *a, const Vector *b)
{
    uint8_t *a_nulls, *b_nulls;
    uint8_t *x = frame_own_bools(f, a, &a_nulls), *y = frame_own_bools(f, b, &b_nulls);
    if (!a_nulls && !b_nulls) {
        (is_and ? kernel_and_plain : kernel_or_plain)(x, y, f->n);
        return (Vector) { EXPR_BOOL, false, x, NULL };
    }
    a_nulls = a_nulls ? a_nulls : frame_bytes(f);
    (is_and ? kernel_and : kernel_or)(x, a_nulls, y, b_nulls ? b_nulls : frame_bytes(f), f->n);
    return (Vector) { EXPR_BOOL, false, x, a_nulls };
}

/* Bounds that are written down are the usual case: one pass. */
static bool between_constants(Frame *f, const Vector *v, Vector *ret_answer)
{
    if (v[0].kind == EXPR_TEXT || v[0].kind == EXPR_BOOL || v[0].constant || !v[1].constant || !v[2].constant || v[1].nulls || v[2].nulls)
        return false;
    uint8_t *out = frame_bytes(f);
    if (v[0].kind == EXPR_DATE)
        kernel_between_days(v[0].values, vector_days(&v[1])[0], vector_days(&v[2])[0], out, f->n);
    else
        kernel_between_numbers(v[0].values, vector_numbers(&v[1])[0], vector_numbers(&v[2])[0], out, f->n);
    *ret_answer = answer(f, out, v[0].nulls);
    return true;
}

Vector eval_between(Frame *f, const Node *node, const uint8_t *active)
{
    Vector v[3], result;
    for (size_t i = 0; i < 3; i++)
        v[i] = eval_node(f, node->args[i], active);
    if (between_constants(f, v, &result))
        return result;
    Vector low = compare(f, ORDER_GE, &v[0], &v[1]), high = compare(f, ORDER_LE, &v[0], &v[2]);
    return join(f, true, &low, &high);
}

/* --- in ------------------------------------------------------------------------------------------------------------- */

enum { FEW = 16 }; /* so many members are compared one by one, which is one pass of vector instructions each */

static bool holds_number(const Node *node, int64_t wanted)
{
    size_t low = 0, high = node->n_numbers;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (node->numbers[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < node->n_numbers && node->numbers[low] == wanted;
}

static int64_t number_at(const Vector *v, size_t row)
{
    return v->kind == EXPR_DATE ? vector_days(v)[row] : v->kind == EXPR_BOOL ? vector_bools(v)[row] : vector_numbers(v)[row];
}

static void find_numbers(Frame *f, const Node *node, const Vector *v, uint8_t *out)
{
    if (node->n_numbers > FEW || v->kind == EXPR_BOOL || v->constant)
        for (size_t i = 0; i < f->n; i++)
            out[i] = holds_number(node, number_at(v, v->constant ? 0 : i));
    else
        for (size_t k = 0; k < node->n_numbers; k++)
            v->kind == EXPR_DATE ? kernel_or_day(v->values, (Date) node->numbers[k], out, f->n) : kernel_or_number(v->values, node->numbers[k], out, f->n);
}

static Vector in_set(Frame *f, const Node *node, const Vector *v, const uint8_t *active)
{
    uint8_t *out = frame_bytes(f);
    const uint8_t *nulls = v->constant ? NULL : v->nulls;
    if (v->kind != EXPR_TEXT)
        find_numbers(f, node, v, out);
    else if (node->texts)
        for (size_t i = 0; i < f->n; i++)
            if (asked(active, nulls, i))
                out[i] = text_set_find(node->texts, vector_texts(v)[v->constant ? 0 : i]) >= 0;
    return answer(f, out, nulls);
}

/* A null among the members makes unknown what is not found. */
static Vector with_null(Frame *f, const Vector *found)
{
    Vector null = vector_null(f, EXPR_BOOL);
    return join(f, false, found, &null);
}

Vector eval_in(Frame *f, const Node *node, const uint8_t *active)
{
    Vector v = eval_node(f, node->args[0], active);
    if (v.constant && v.nulls && v.nulls[0])
        return vector_null(f, EXPR_BOOL);
    Vector found = in_set(f, node, &v, active);
    for (uint32_t i = 1; i < node->n; i++) {
        Vector member = eval_node(f, node->args[i], active), same = compare(f, ORDER_EQ, &v, &member);
        found = join(f, false, &found, &same);
    }
    return node->has_null ? with_null(f, &found) : found;
}

/* --- and, or, not, is null -------------------------------------------------------------------------------------------- */

/* The rows that the operands so far have not decided: not false for AND, not true for OR. */
static const uint8_t *undecided(Frame *f, bool is_and, const Vector *so_far, const uint8_t *active)
{
    uint8_t *open = frame_bytes(f), *nulls;
    const uint8_t *bools = frame_own_bools(f, so_far, &nulls);
    if (!is_and)
        kernel_not(bools, open, f->n);
    else
        memcpy(open, bools, f->n);
    if (is_and && nulls)
        kernel_or_plain(open, nulls, f->n);
    if (active)
        kernel_and_plain(open, active, f->n);
    return open;
}

static Vector chain(Frame *f, const Node *node, const uint8_t *active, bool is_and)
{
    Vector so_far = eval_node(f, node->args[0], active);
    for (uint32_t i = 1; i < node->n; i++) {
        const uint8_t *open = undecided(f, is_and, &so_far, active);
        if (!kernel_any(open, f->n))
            break;
        Vector next = eval_node(f, node->args[i], open);
        so_far = join(f, is_and, &so_far, &next);
    }
    return so_far;
}

Vector eval_and(Frame *f, const Node *node, const uint8_t *active)
{
    return chain(f, node, active, true);
}

Vector eval_or(Frame *f, const Node *node, const uint8_t *active)
{
    return chain(f, node, active, false);
}

Vector eval_not(Frame *f, const Node *node, const uint8_t *active)
{
    Vector v = eval_node(f, node->args[0], active);
    uint8_t *nulls, *bools = frame_own_bools(f, &v, &nulls), *out = frame_bytes(f);
    kernel_not(bools, out, f->n);
    return answer(f, out, nulls);
}

Vector eval_is_null(Frame *f, const Node *node, const uint8_t *active)
{
    Vector v = eval_node(f, node->args[0], active);
    uint8_t *out = frame_bytes(f);
    if (v.nulls && v.constant)
        memset(out, v.nulls[0], f->n);
    else if (v.nulls)
        memcpy(out, v.nulls, f->n);
    return (Vector) { EXPR_BOOL, false, out, NULL };
}
