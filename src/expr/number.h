/* number.h: exact arithmetic of one number, for batches and for SQLite alike; private to src/expr. */
#pragma once

#include "expr/expr.h"

typedef __int128 Wide;

/* Within ±(2^63 - 1); false (output untouched) outside. */
static inline bool number_fits(Wide wide, int64_t *ret)
{
    if (wide < -(Wide) INT64_MAX || wide > INT64_MAX)
        return false;
    *ret = (int64_t) wide;
    return true;
}

static inline Wide wide_power(int exponent)
{
    Wide p = 1;
    while (exponent-- > 0)
        p *= 10;
    return p;
}

/* n / d, half away from zero. d is not 0. */
static inline Wide wide_div(Wide n, Wide d)
{
    if (n >= INT64_MIN / 4 && n <= INT64_MAX / 4 && d >= INT64_MIN / 4 && d <= INT64_MAX / 4) { /* 64 bits are ten times as fast */
        int64_t a = (int64_t) n, b = (int64_t) d, quotient = a / b, rest = a % b;
        bool up = 2 * (rest < 0 ? -rest : rest) >= (b < 0 ? -b : b);
        return quotient + (up ? ((a < 0) == (b < 0) ? 1 : -1) : 0);
    }
    Wide quotient = n / d, rest = n % d;
    bool up = 2 * (rest < 0 ? -rest : rest) >= (d < 0 ? -d : d);
    return quotient + (up ? ((n < 0) == (d < 0) ? 1 : -1) : 0);
}

/* a × 10^shift / b; returns a fault, or 0. */
static inline uint8_t number_div(int64_t a, int64_t b, int shift, int64_t *ret)
{
    if (b == 0)
        return EXPR_FAULT_ZERO;
    return number_fits(wide_div(a * wide_power(shift), b), ret) ? 0 : EXPR_FAULT_OVERFLOW;
}
