/* Numbers by which somebody may be known, in one form. What many people could share is none: hospitals fill in 000000000000000000 where they do not know. */
#include "base/identity.h"
#include "base/text.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { RESIDENT = 18, RESIDENT_OLD = 15, CENTURY_AT = 6, OTHER_LEAST = 6, OTHER_DIGITS = 5, OTHER_MOST = 20, CARD_LEAST = 4 };

/* Half width, large letters, without blanks and hyphens; false where something else stands in it, or too much. */
static bool fold(Str number, char ret_form[static PERSON_NUMBER_MAX], size_t *ret_n)
{
    size_t n = 0;
    for (size_t at = 0; at < number.n;) {
        uint32_t c = text_fold_char(utf8_next(number, &at));
        if (c == ' ' || c == '-' || c == '\t')
            continue;
        if (c >= 0x80 || !g_ascii_isalnum((char) c) || n + 1 >= PERSON_NUMBER_MAX)
            return false;
        ret_form[n++] = g_ascii_toupper((char) c);
    }
    ret_form[n] = '\0';
    *ret_n = n;
    return n > 0;
}

static size_t count_digits(Str form)
{
    size_t n = 0;
    for (size_t i = 0; i < form.n; i++)
        n += g_ascii_isdigit(form.p[i]);
    return n;
}

/* Of digits that are all the same. Letters do not count: AAAA is no number, either. */
static bool is_monotone(Str form)
{
    char first = 0;
    for (size_t i = 0; i < form.n; i++) {
        if (!g_ascii_isdigit(form.p[i]))
            continue;
        if (first && form.p[i] != first)
            return false;
        first = form.p[i];
    }
    return true;
}

/* Numbers of the first generation had two digits of the year and no check digit: the bearers were born in the 1900s. */
static bool renew_resident(char form[static PERSON_NUMBER_MAX], size_t *n)
{
    static const char checks[] = "10X98765432";
    static const int weights[RESIDENT - 1] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;
    memmove(form + CENTURY_AT + 2, form + CENTURY_AT, RESIDENT_OLD - CENTURY_AT);
    form[CENTURY_AT] = '1';
    form[CENTURY_AT + 1] = '9';
    for (size_t i = 0; i < RESIDENT - 1; i++)
        sum += weights[i] * (form[i] - '0');
    form[RESIDENT - 1] = checks[sum % 11];
    form[RESIDENT] = '\0';
    *n = RESIDENT;
    return id_number_valid((Str) { form, RESIDENT });
}

static bool id_card_form(char form[static PERSON_NUMBER_MAX], size_t *n)
{
    Str whole = { form, *n };
    size_t digits = count_digits(whole);
    if (*n == RESIDENT && id_number_valid(whole))
        return true;
    if (*n == RESIDENT_OLD && digits == RESIDENT_OLD)
        return renew_resident(form, n);
    /* passports, permits of Hong Kong, Macao and Taiwan, of permanent residents: letters first, all different forms */
    return g_ascii_isalpha(form[0]) && *n >= OTHER_LEAST && *n <= OTHER_MOST && digits >= OTHER_DIGITS && !is_monotone(whole);
}

bool person_number_form(PackType type, Str number, char ret_form[static PERSON_NUMBER_MAX], size_t *ret_n)
{
    if (number.n == RESIDENT && id_number_valid(number)) { /* nearly all of them */
        memcpy(ret_form, number.p, RESIDENT);
        ret_form[RESIDENT - 1] = g_ascii_toupper(ret_form[RESIDENT - 1]);
        ret_form[RESIDENT] = '\0';
        *ret_n = RESIDENT;
        return true;
    }
    if (!fold(number, ret_form, ret_n))
        return false;
    if (type == PACK_ID_CARD)
        return id_card_form(ret_form, ret_n);
    return *ret_n >= CARD_LEAST && count_digits((Str) { ret_form, *ret_n }) > 0 && !is_monotone((Str) { ret_form, *ret_n });
}
