/* totp.h: codes of six digits that change every 30 seconds, as authenticator programs show them. Sources: RFC 4226 (5.3, 5.4), RFC 6238 (4; appendix B),
 * base 32 RFC 4648 (6). SHA-1, because that is what all of those programs have; as a MAC it is sound. */
#pragma once

#include "base/arena.h"

enum { TOTP_SECRET_BYTES = 20, TOTP_DIGITS = 6, TOTP_STEP_SECONDS = 30 };

typedef struct {
    uint8_t bytes[TOTP_SECRET_BYTES];
} TotpSecret;

/* The step that an instant lies in. */
int64_t totp_step(int64_t at_ms);

/* The code of a step; `digits` at most 9. ret_text holds digits + 1 bytes; it is returned. */
const char *totp_code(const TotpSecret *secret, int64_t step, int digits, char *ret_text);

/* Whether `code` (spaces left out) is that of this instant, or of the step before or behind it: clocks differ. Only a step after `last_step` counts, so that
 * nobody who saw a code uses it again; *ret_step is the one to keep. Tells nothing by its time. */
bool totp_check(const TotpSecret *secret, Str code, int64_t at_ms, int64_t last_step, int64_t *ret_step);

/* Capital letters and digits 2 to 7, without padding. */
Str base32_text(const void *bytes, size_t n, Arena *arena);

/* What a QR code says: otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER */
Str totp_uri(const TotpSecret *secret, Str issuer, Str account, Arena *arena);
