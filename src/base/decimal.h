/* decimal.h: exact decimal numbers, as targets and figures are written ("0.8", "23.4"): an integer and how many of its
 * digits stand behind the point. No binary fraction comes near them, so what was read is what is printed. */
#pragma once

#include "base/str.h"

/* value / 10^scale. Every function here returns the smallest scale that is exact, so two equal numbers are equal in
 * both members; decimal_cmp also takes others. */
typedef struct {
    int64_t value;
    int scale; /* 0 to DECIMAL_SCALE_MAX */
} Decimal;

enum { DECIMAL_SCALE_MAX = 6, DECIMAL_TEXT_MAX = 24 }; /* the bytes that a printed one needs, NUL included */

/* The whole of s: an optional '-', digits, and optionally a point and digits. No exponent, no sign '+', no spaces, a
 * digit on both sides of the point. False (output untouched) for anything else, for more than six decimals that are
 * not zeros at the end, and where the digits do not fit in 63 bits. */
bool decimal_parse(Str s, Decimal *ret_value);

/* Shortest exact: "0.8", "-12", "0"; without exponent or trailing zeros. */
const char *decimal_format(Decimal d, char buffer[static DECIMAL_TEXT_MAX]);

/* A number from its parts, brought to the smallest scale: decimal_make(2340, 2) is 23.4. */
Decimal decimal_make(int64_t value, int scale);

/* By value: negative, 0, positive. */
int decimal_cmp(Decimal a, Decimal b);

/* a + b; false (output untouched) when the sum does not fit. */
bool decimal_add(Decimal a, Decimal b, Decimal *ret_sum);

/* The integer that d is at a given scale, as the stores keep it: 23.4 at 2 is 2340. False (output untouched) when that
 * would lose digits or does not fit. */
bool decimal_at_scale(Decimal d, int scale, int64_t *ret_value);
