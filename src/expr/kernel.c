#include "expr/vector.h"

#include "base/banned.h"

size_t kind_size(ExprKind kind)
{
    switch (kind) {
    case EXPR_NUMBER:
    case EXPR_TIME: return sizeof(int64_t);
    case EXPR_TEXT: return sizeof(Str);
    case EXPR_DATE: return sizeof(Date);
    default: return 1;
    }
}

/* --- Comparison ----------------------------------------------------------------------------------------------------- */

#define COMPARE_LOOP(op) \
    if (b_constant) { \
        for (size_t i = 0; i < n; i++) \
            out[i] = a[i] op one; \
    } else { \
        for (size_t i = 0; i < n; i++) \
            out[i] = a[i] op b[i]; \
    } \
    break;

#define COMPARE(name, Type) \
    VECTOR_LOOP static void name(Order order, const Type *restrict a, const Type *restrict b, bool b_constant, uint8_t *restrict out, size_t n) \
    { \
        const Type one = b[0]; \
        switch (order) { \
        case ORDER_EQ: COMPARE_LOOP(==) \
        case ORDER_NE: COMPARE_LOOP(!=) \
        case ORDER_LT: COMPARE_LOOP(<) \
        case ORDER_LE: COMPARE_LOOP(<=) \
        case ORDER_GT: COMPARE_LOOP(>) \
        case ORDER_GE: COMPARE_LOOP(>=) \
        } \
    }
COMPARE(compare_numbers, int64_t)
COMPARE(compare_days, Date)
COMPARE(compare_bools, uint8_t)

static Order mirrored(Order order)
{
    static const Order mirror[] = { ORDER_EQ, ORDER_NE, ORDER_GT, ORDER_GE, ORDER_LT, ORDER_LE };
    return mirror[order];
}

void kernel_compare(Order order, const Vector *a, const Vector *b, uint8_t *out, size_t n)
{
    if (a->constant && !b->constant) {
        const Vector *swap = a;
        a = b;
        b = swap;
        order = mirrored(order);
    }
    if (a->kind == EXPR_DATE)
        compare_days(order, a->values, b->values, b->constant, out, n);
    else if (a->kind == EXPR_BOOL)
        compare_bools(order, a->values, b->values, b->constant, out, n);
    else
        compare_numbers(order, a->values, b->values, b->constant, out, n);
}

static bool holds(Order order, int sign)
{
    switch (order) {
    case ORDER_EQ: return sign == 0;
    case ORDER_NE: return sign != 0;
    case ORDER_LT: return sign < 0;
    case ORDER_LE: return sign <= 0;
    case ORDER_GT: return sign > 0;
    default: return sign >= 0;
    }
}

/* Texts of UTF-8 are in the order of their code points as bytes. */
void kernel_compare_texts(Order order, const Vector *a, const Vector *b, uint8_t *out, size_t n)
{
    const Str *x = a->values, *y = b->values;
    size_t step_a = a->constant ? 0 : 1, step_b = b->constant ? 0 : 1;
    if (order == ORDER_EQ || order == ORDER_NE)
        for (size_t i = 0; i < n; i++)
            out[i] = str_eq(x[i * step_a], y[i * step_b]) == (order == ORDER_EQ);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = holds(order, str_cmp(x[i * step_a], y[i * step_b]));
}

VECTOR_LOOP void kernel_between_numbers(const int64_t *restrict a, int64_t low, int64_t high, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (a[i] >= low) & (a[i] <= high);
}

VECTOR_LOOP void kernel_between_days(const Date *restrict a, Date low, Date high, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (a[i] >= low) & (a[i] <= high);
}

VECTOR_LOOP void kernel_or_number(const int64_t *restrict a, int64_t wanted, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] |= a[i] == wanted;
}

VECTOR_LOOP void kernel_or_day(const Date *restrict a, Date wanted, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] |= a[i] == wanted;
}

/* --- Logic ---------------------------------------------------------------------------------------------------------- */

/* AND is null where one is null and the other is not false; false is value 0 and null 0. */
VECTOR_LOOP void kernel_and(uint8_t *restrict a, uint8_t *restrict a_null, const uint8_t *restrict b, const uint8_t *restrict b_null, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t maybe_a = a[i] | a_null[i], maybe_b = b[i] | b_null[i];
        a_null[i] = (a_null[i] | b_null[i]) & maybe_a & maybe_b;
        a[i] &= b[i];
    }
}

VECTOR_LOOP void kernel_or(uint8_t *restrict a, uint8_t *restrict a_null, const uint8_t *restrict b, const uint8_t *restrict b_null, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        a[i] |= b[i];
        a_null[i] = (a_null[i] | b_null[i]) & (uint8_t) ~a[i] & 1;
    }
}

VECTOR_LOOP void kernel_and_plain(uint8_t *restrict a, const uint8_t *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] &= b[i];
}

VECTOR_LOOP void kernel_or_plain(uint8_t *restrict a, const uint8_t *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] |= b[i];
}

VECTOR_LOOP void kernel_not(const uint8_t *restrict a, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] ^ 1;
}

VECTOR_LOOP void kernel_clear(uint8_t *restrict a, const uint8_t *restrict where, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] &= where[i] ^ 1;
}

VECTOR_LOOP void kernel_join_nulls(uint8_t *restrict a, const uint8_t *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] |= b[i];
}

VECTOR_LOOP bool kernel_any(const uint8_t *a, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= a[i];
    return any != 0;
}

/* --- Arithmetic ----------------------------------------------------------------------------------------------------- */

/* Sums wrap, and overflowed where both signs differ from the answer's: no branch, so that it is one pass of vector instructions. */
#define SUM_LOOP(op, sign_test) \
    for (size_t i = 0; i < n; i++) { \
        uint64_t x = (uint64_t) a[i * step_a], y = (uint64_t) b[i * step_b], sum = x op y; \
        out[i] = (int64_t) sum; \
        bad[i] = (uint8_t) ((sign_test) >> 63) | (out[i] == INT64_MIN); \
    }

#define SUM(name, op, sign_test) \
    VECTOR_LOOP static void name(const int64_t *restrict a, size_t step_a, const int64_t *restrict b, size_t step_b, int64_t *restrict out, uint8_t *restrict bad, size_t n) \
    { \
        if (step_a && step_b) { \
            step_a = step_b = 1; \
            SUM_LOOP(op, sign_test) \
        } else if (step_a) { \
            step_a = 1, step_b = 0; \
            SUM_LOOP(op, sign_test) \
        } else { \
            SUM_LOOP(op, sign_test) \
        } \
    }
SUM(add_loop, +, (x ^ sum) & (y ^ sum))
SUM(sub_loop, -, (x ^ y) & (x ^ sum))

bool kernel_add(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n)
{
    add_loop(a->values, !a->constant, b->values, !b->constant, out, bad, n);
    return kernel_any(bad, n);
}

bool kernel_sub(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n)
{
    sub_loop(a->values, !a->constant, b->values, !b->constant, out, bad, n);
    return kernel_any(bad, n);
}

/* By a factor that is the same for all, what overflows is known by its size. */
VECTOR_LOOP static void times_loop(const int64_t *restrict a, int64_t factor, int64_t *restrict out, uint8_t *restrict bad, size_t n)
{
    int64_t most = factor == 0 ? INT64_MAX : INT64_MAX / ABS(factor);
    for (size_t i = 0; i < n; i++) {
        out[i] = (int64_t) ((uint64_t) a[i] * (uint64_t) factor);
        bad[i] = (a[i] > most) | (a[i] < -most);
    }
}

bool kernel_mul(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n)
{
    const int64_t *x = a->values, *y = b->values;
    size_t step_a = !a->constant, step_b = !b->constant;
    if (step_a && !step_b)
        times_loop(x, y[0], out, bad, n);
    else if (step_b && !step_a)
        times_loop(y, x[0], out, bad, n);
    else
        for (size_t i = 0; i < n; i++)
            bad[i] = __builtin_mul_overflow(x[i * step_a], y[i * step_b], &out[i]) | (out[i] == INT64_MIN);
    return kernel_any(bad, n);
}

/* --- From dictionaries ---------------------------------------------------------------------------------------------- */

#define GATHER_LOOP(Type) \
    do { \
        const Type *f = from; \
        Type *o = out; \
        if (nulls) \
            for (size_t i = 0; i < n; i++) \
                o[i] = f[nulls[i] ? 0 : (size_t) at[i] + 1]; \
        else \
            for (size_t i = 0; i < n; i++) \
                o[i] = f[(size_t) at[i] + 1]; \
    } while (0)

void kernel_gather_bytes(const uint8_t *from, const uint32_t *at, const uint8_t *nulls, uint8_t *out, size_t n)
{
    GATHER_LOOP(uint8_t);
}

void kernel_gather(ExprKind kind, const void *from, const uint32_t *at, const uint8_t *nulls, void *out, size_t n)
{
    switch (kind_size(kind)) {
    case 1: GATHER_LOOP(uint8_t); break;
    case sizeof(Date): GATHER_LOOP(Date); break;
    case sizeof(int64_t): GATHER_LOOP(int64_t); break;
    default: GATHER_LOOP(Str);
    }
}
