#include "base/identity.h"

#include "base/banned.h"

static bool all_digits(Str s)
{
    unsigned bad = 0;
    for (size_t i = 0; i < s.n; i++)
        bad |= (unsigned char) (s.p[i] - '0') > 9;
    return !bad;
}

/* Sixteen digits at once. */
typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef int16_t Products __attribute__((vector_size(32)));

/* The first 17 characters' sum by the weights of GB 11643; -1 where one is no digit. */
static int id_sum(const char *p)
{
    static const Products weights = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4 };
    enum { LAST_WEIGHT = 2 };
    Bytes digits;
    memcpy(&digits, p, sizeof digits);
    digits -= '0';
    Bytes wrong = (Bytes) (digits > 9);
    Products products = __builtin_convertvector(digits, Products) * weights;
    uint64_t any[2];
    memcpy(any, &wrong, sizeof any);
    int sum = 0, last = (unsigned char) (p[16] - '0');
    if (any[0] | any[1] || last > 9)
        return -1;
    for (size_t i = 0; i < 16; i++)
        sum += products[i];
    return sum + LAST_WEIGHT * last;
}

static int number_at(Str s, size_t at, size_t n)
{
    int value = 0;
    for (size_t i = at; i < at + n; i++)
        value = value * 10 + (s.p[i] - '0');
    return value;
}

bool id_number_birth(Str number, Date *ret_birth)
{
    static const char check_digits[] = "10X98765432";
    Date birth;
    int sum = number.n == 18 ? id_sum(number.p) : -1;
    if (sum < 0)
        return false;
    if (g_ascii_toupper(number.p[17]) != check_digits[sum % 11] ||
        !date_from_ymd(number_at(number, 6, 4), number_at(number, 10, 2), number_at(number, 12, 2), &birth))
        return false;
    if (ret_birth)
        *ret_birth = birth;
    return true;
}

bool id_number_invented(Str number)
{
    return str_starts(number, STR("99")) && id_number_valid(number);
}

/* Place of c in the alphabet, or -1. */
static int uscc_value(char c)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int) (found - alphabet) : -1;
}

bool uscc_valid(Str code)
{
    static const int weights[17] = { 1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28 }; /* 3^i mod 31 */
    int sum = 0;
    if (code.n != 18)
        return false;
    for (size_t i = 0; i < 17; i++) {
        int value = uscc_value(code.p[i]);
        if (value < 0)
            return false;
        sum += value * weights[i];
    }
    return uscc_value(code.p[17]) == (31 - sum % 31) % 31;
}

static bool is_mobile(Str number)
{
    return number.n == 11 && all_digits(number) && number.p[0] == '1' && number.p[1] >= '3';
}

static bool is_land_line(Str number, size_t place)
{
    if (number.n < place + 7 || number.p[0] != '0' || !all_digits(str_head(number, place)))
        return false;
    Str rest = str_from_at(number, number.p[place] == '-' ? place + 1 : place);
    return (rest.n == 7 || rest.n == 8) && all_digits(rest);
}

bool phone_valid(Str number)
{
    return is_mobile(number) || is_land_line(number, 3) || is_land_line(number, 4);
}
