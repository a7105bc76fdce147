/* vector.h: values of a batch on their way through a tree, and the loops over them; private to src/expr. The loops stand in kernel.c, which is
 * compiled so that they become vector instructions: no branch, no call, one pass. */
#pragma once

#include "expr/expr.h"

/* Before a loop over a batch: compiled for the plain x86-64 and for AVX2, which is chosen when the program starts. (The sanitizers start later than that.) */
#if defined(__x86_64__) && defined(__ELF__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define VECTOR_LOOP __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_LOOP
#endif

/* Values by kind: uint8_t (0, 1), int64_t, Str, Date, int64_t. A bool that is null is stored as 0; of other kinds it does not matter. */
typedef struct {
    ExprKind kind;
    bool constant;        /* one value, for every row */
    const void *values;
    const uint8_t *nulls; /* NULL: none is null; of a constant: one */
} Vector;

static inline const uint8_t *vector_bools(const Vector *v)
{
    return v->values;
}

static inline const int64_t *vector_numbers(const Vector *v)
{
    return v->values;
}

static inline const Date *vector_days(const Vector *v)
{
    return v->values;
}

static inline const Str *vector_texts(const Vector *v)
{
    return v->values;
}

static inline bool vector_is_null(const Vector *v, size_t row)
{
    return v->nulls && v->nulls[v->constant ? 0 : row];
}

/* Bytes of one value. */
size_t kind_size(ExprKind kind);

typedef enum { ORDER_EQ, ORDER_NE, ORDER_LT, ORDER_LE, ORDER_GT, ORDER_GE } Order;

/* out[i] = a[i] op b[i]; a constant stands at [0]. All kinds but text. */
void kernel_compare(Order order, const Vector *a, const Vector *b, uint8_t *out, size_t n);
void kernel_compare_texts(Order order, const Vector *a, const Vector *b, uint8_t *out, size_t n);

/* out[i] = low <= a[i] && a[i] <= high, of numbers and instants, of days. */
void kernel_between_numbers(const int64_t *a, int64_t low, int64_t high, uint8_t *out, size_t n);
void kernel_between_days(const Date *a, Date low, Date high, uint8_t *out, size_t n);

/* out[i] |= a[i] == wanted */
void kernel_or_number(const int64_t *a, int64_t wanted, uint8_t *out, size_t n);
void kernel_or_day(const Date *a, Date wanted, uint8_t *out, size_t n);

/* In three-valued logic: value and null of `a` become those of a AND b, a OR b. Bools that are null are 0 before and after. */
void kernel_and(uint8_t *a, uint8_t *a_null, const uint8_t *b, const uint8_t *b_null, size_t n);
void kernel_or(uint8_t *a, uint8_t *a_null, const uint8_t *b, const uint8_t *b_null, size_t n);
void kernel_and_plain(uint8_t *a, const uint8_t *b, size_t n); /* nothing is null */
void kernel_or_plain(uint8_t *a, const uint8_t *b, size_t n);

void kernel_not(const uint8_t *a, uint8_t *out, size_t n);       /* out = 1 - a */
void kernel_clear(uint8_t *a, const uint8_t *where, size_t n);   /* a = 0 where `where` */
void kernel_join_nulls(uint8_t *a, const uint8_t *b, size_t n);  /* a |= b */
bool kernel_any(const uint8_t *a, size_t n);

/* Where the answer leaves ±(2^63 - 1), bad[i] is set to 1; returns whether any was. A constant stands at [0]. */
bool kernel_add(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n);
bool kernel_sub(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n);
bool kernel_mul(const Vector *a, const Vector *b, int64_t *out, uint8_t *bad, size_t n);

/* out[i] = from[at[i] + 1], and out[i] = from[0] where nulls[i]. */
void kernel_gather_bytes(const uint8_t *from, const uint32_t *at, const uint8_t *nulls, uint8_t *out, size_t n);
void kernel_gather(ExprKind kind, const void *from, const uint32_t *at, const uint8_t *nulls, void *out, size_t n);
