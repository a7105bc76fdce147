#include "base/decimal.h"

#include "base/banned.h"

static const int64_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
G_STATIC_ASSERT(G_N_ELEMENTS(powers) == DECIMAL_SCALE_MAX + 1);

/* All of an int64 times a power fits in 128 bits, so nothing below needs an order of steps that avoids overflow. */
typedef __int128 Wide;

static bool narrow(Wide wide, int64_t *ret_value)
{
    if (wide < INT64_MIN || wide > INT64_MAX)
        return false;
    *ret_value = (int64_t) wide;
    return true;
}

static bool reduce(Wide value, int scale, Decimal *ret_value)
{
    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    int64_t narrowed;
    if (!narrow(value, &narrowed))
        return false;
    *ret_value = (Decimal) { narrowed, scale };
    return true;
}

Decimal decimal_make(int64_t value, int scale)
{
    g_assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    Decimal made = { 0 };
    reduce(value, scale, &made);
    return made;
}

/* Appends the digits of s to *value, which is kept negative so that INT64_MIN can be read. */
static bool take_digits(Str s, int64_t *value)
{
    for (size_t i = 0; i < s.n; i++)
        if (!g_ascii_isdigit(s.p[i]) || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_sub_overflow(*value, s.p[i] - '0', value))
            return false;
    return true;
}

bool decimal_parse(Str s, Decimal *ret_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    Str fraction = negative ? str_from_at(s, 1) : s;
    Str whole = str_cut(&fraction, '.');
    if (whole.n == 0 || (fraction.p && fraction.n == 0))
        return false;
    while (fraction.n > 0 && fraction.p[fraction.n - 1] == '0')
        fraction.n--;
    int64_t value = 0;
    if (fraction.n > DECIMAL_SCALE_MAX || !take_digits(whole, &value) || !take_digits(fraction, &value))
        return false;
    if (!negative && value == INT64_MIN)
        return false;
    *ret_value = (Decimal) { negative ? value : -value, (int) fraction.n };
    return true;
}

const char *decimal_format(Decimal d, char buffer[static DECIMAL_TEXT_MAX])
{
    reduce(d.value, d.scale, &d);
    const char *sign = d.value < 0 ? "-" : "";
    uint64_t magnitude = d.value < 0 ? 0 - (uint64_t) d.value : (uint64_t) d.value;
    uint64_t power = (uint64_t) powers[d.scale];
    if (d.scale == 0)
        g_snprintf(buffer, DECIMAL_TEXT_MAX, "%s%" G_GUINT64_FORMAT, sign, magnitude);
    else
        g_snprintf(buffer, DECIMAL_TEXT_MAX, "%s%" G_GUINT64_FORMAT ".%0*" G_GUINT64_FORMAT, sign, magnitude / power,
                   d.scale, magnitude % power);
    return buffer;
}

static Wide widest(Decimal d)
{
    return (Wide) d.value * powers[DECIMAL_SCALE_MAX - d.scale];
}

int decimal_cmp(Decimal a, Decimal b)
{
    return (widest(a) > widest(b)) - (widest(a) < widest(b));
}

bool decimal_add(Decimal a, Decimal b, Decimal *ret_sum)
{
    return reduce(widest(a) + widest(b), DECIMAL_SCALE_MAX, ret_sum);
}

bool decimal_at_scale(Decimal d, int scale, int64_t *ret_value)
{
    g_assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    Wide value = widest(d);
    Wide step = powers[DECIMAL_SCALE_MAX - scale];
    return value % step == 0 && narrow(value / step, ret_value);
}
