/* Numbers as people and programs write them: 1,234.50, +5, 1.2E3. Nothing is rounded. */
#include "pack/cell_kind.h"

#include "base/banned.h"

static const int64_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

static bool is_digit(char c)
{
    return (unsigned char) (c - '0') <= 9;
}

/* What was read: digits × 10^-scale, the digits without zeros at the end behind the point. */
typedef struct {
    int64_t digits;
    int scale;
    bool negative;
} Number;

static CellFault add_digit(Number *number, char c)
{
    bool over = __builtin_mul_overflow(number->digits, 10, &number->digits) || __builtin_add_overflow(number->digits, c - '0', &number->digits);
    return over ? CELL_RANGE : CELL_FINE;
}

/* The digits before the point. Once groups are marked, by commas or blanks, each has three, and the first begins with no 0: "0,125" is a decimal comma. */
static CellFault read_whole(Str s, size_t *at, Number *number)
{
    size_t group = 0, total = 0;
    bool grouped = false;
    for (; *at < s.n; (*at)++) {
        char c = s.p[*at];
        if (is_digit(c)) {
            if (add_digit(number, c) != CELL_FINE)
                return CELL_RANGE;
            group++;
            total++;
        } else if (c == ',' || c == ' ') {
            if (group == 0 || group > 3 || (grouped && group != 3) || number->digits == 0)
                return CELL_NUMBER;
            grouped = true;
            group = 0;
        } else {
            break;
        }
    }
    return total == 0 || (grouped && group != 3) ? CELL_NUMBER : CELL_FINE;
}

static CellFault read_fraction(Str s, size_t *at, Number *number)
{
    size_t end = ++*at;
    while (end < s.n && is_digit(s.p[end]))
        end++;
    size_t last = end, from = *at;
    *at = end;
    if (end == from)
        return CELL_NUMBER;
    while (last > from && s.p[last - 1] == '0')
        last--;
    for (size_t i = from; i < last; i++, number->scale++)
        if (add_digit(number, s.p[i]) != CELL_FINE)
            return CELL_DECIMALS;
    return CELL_FINE;
}

static CellFault read_exponent(Str s, size_t *at, Number *number)
{
    int exponent = 0;
    size_t i = *at + 1;
    bool negative = i < s.n && s.p[i] == '-';
    i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
    if (i == s.n || s.n - i > 3)
        return CELL_NUMBER;
    for (; i < s.n && is_digit(s.p[i]); i++)
        exponent = exponent * 10 + (s.p[i] - '0');
    *at = i;
    number->scale += negative ? exponent : -exponent;
    return CELL_FINE;
}

static CellFault at_scale(Number number, int scale, int64_t *ret_number)
{
    while (number.scale > scale && number.digits % 10 == 0 && number.digits != 0) {
        number.digits /= 10;
        number.scale--;
    }
    if (number.digits == 0)
        number.scale = scale;
    if (number.scale > scale)
        return CELL_DECIMALS;
    for (; number.scale < scale; number.scale++)
        if (__builtin_mul_overflow(number.digits, 10, &number.digits))
            return CELL_RANGE;
    *ret_number = number.negative ? -number.digits : number.digits;
    return CELL_FINE;
}

static CellFault read_any(Str s, int scale, int64_t *ret_number)
{
    Number number = { 0 };
    size_t at = 0;
    number.negative = s.n > 0 && s.p[0] == '-';
    at += s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    CellFault fault = read_whole(s, &at, &number);
    if (fault == CELL_FINE && at < s.n && s.p[at] == '.')
        fault = read_fraction(s, &at, &number);
    if (fault == CELL_FINE && at < s.n && (s.p[at] == 'e' || s.p[at] == 'E'))
        fault = read_exponent(s, &at, &number);
    if (fault == CELL_FINE && at < s.n)
        fault = CELL_NUMBER;
    return fault == CELL_FINE ? at_scale(number, scale, ret_number) : fault;
}

CellFault cell_percent(Str s, bool as_is, int scale, int64_t *ret_number)
{
    Str number = str_trim(str_head(s, s.n - 1));
    return number.n > 0 ? read_any(number, as_is ? scale : scale - 2, ret_number) : CELL_NUMBER;
}

/* Most are a few digits, with a point or without. */
CellFault cell_number(Str s, int scale, int64_t *ret_number)
{
    int64_t value = 0;
    size_t i = 0, decimals = 0;
    bool negative = s.p[0] == '-';
    if (s.n > 16)
        return read_any(s, scale, ret_number);
    for (i = negative; i < s.n && is_digit(s.p[i]); i++)
        value = value * 10 + (s.p[i] - '0');
    if (i == negative)
        return read_any(s, scale, ret_number);
    if (i + 1 < s.n && s.p[i] == '.')
        for (i++; i < s.n && is_digit(s.p[i]); i++, decimals++)
            value = value * 10 + (s.p[i] - '0');
    if (i < s.n || decimals > (size_t) scale || s.n + (size_t) scale - decimals > 18)
        return read_any(s, scale, ret_number);
    value *= powers[(size_t) scale - decimals];
    *ret_number = negative ? -value : value;
    return CELL_FINE;
}
