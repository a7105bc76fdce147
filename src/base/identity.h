/* identity.h: the numbers by which people, organisations and telephones are known, and their own checks. A number that passes may still be invented. */
#pragma once

#include "base/date.h"

/* A resident identity number (GB 11643-1999): 17 digits with a day that exists (1900 to 2199) as 7 to 14, and the check digit of ISO 7064 MOD 11-2; the
 * letter X may be small. *ret_birth (may be NULL) is set where it is true. */
bool id_number_birth(Str number, Date *ret_birth);

static inline bool id_number_valid(Str number)
{
    return id_number_birth(number, NULL);
}

/* Whether a valid number can be nobody's: its area begins with 99, which no place has (GB/T 2260). The samples and the synthetic city have only such; the check of a number does not look at
 * its area, because those of former districts stay right. */
bool id_number_invented(Str number);

/* A unified social credit code (GB 32100-2015): 18 of the digits and large letters but I O S V Z, the last a check by modulus 31. */
bool uscc_valid(Str code);

/* A mobile (11 digits, 13 to 19 first) or a land line (0 and 2 or 3 digits of the place, 7 or 8 digits; a - may stand between). */
bool phone_valid(Str number);
