#include "base/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/crypto.h"

#include "base/banned.h"

enum { SHA1_BYTES = 20, WINDOW = 1 /* steps before and behind */ };

int64_t totp_step(int64_t at_ms)
{
    return at_ms / 1000 / TOTP_STEP_SECONDS;
}

const char *totp_code(const TotpSecret *secret, int64_t step, int digits, char *ret_text)
{
    uint8_t counter[8], mac[SHA1_BYTES];
    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (uint8_t) step;
    unsigned n = 0;
    if (!HMAC(EVP_sha1(), secret->bytes, TOTP_SECRET_BYTES, counter, sizeof counter, mac, &n) || n != SHA1_BYTES)
        g_error("the crypto library failed at a MAC");
    size_t at = mac[SHA1_BYTES - 1] & 15;
    uint32_t value = (uint32_t) (mac[at] & 0x7f) << 24 | (uint32_t) mac[at + 1] << 16 | (uint32_t) mac[at + 2] << 8 | mac[at + 3];
    ret_text[digits] = '\0';
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        ret_text[i] = (char) ('0' + value % 10);
    return ret_text;
}

/* The digits of what was typed; false unless they are as many as a code has. */
static bool read_digits(Str code, char ret_digits[static TOTP_DIGITS])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ')
            continue;
        if (!g_ascii_isdigit(code.p[i]) || n == TOTP_DIGITS)
            return false;
        ret_digits[n++] = code.p[i];
    }
    return n == TOTP_DIGITS;
}

bool totp_check(const TotpSecret *secret, Str code, int64_t at_ms, int64_t last_step, int64_t *ret_step)
{
    char given[TOTP_DIGITS], right[TOTP_DIGITS + 1];
    bool fits = false;
    if (!read_digits(code, given))
        return false;
    int64_t now = totp_step(at_ms);
    for (int64_t step = now - WINDOW; step <= now + WINDOW; step++)
        if (crypto_equal(given, totp_code(secret, step, TOTP_DIGITS, right), TOTP_DIGITS) && step > last_step) {
            *ret_step = step;
            fits = true;
        }
    return fits;
}

Str base32_text(const void *bytes, size_t n, Arena *arena)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const uint8_t *in = bytes;
    size_t chars = (n * 8 + 4) / 5, out = 0;
    char *text = arena_alloc(arena, chars + 1);
    uint32_t bits = 0;
    for (int held = 0; out < chars; held -= 5) {
        if (held < 5) {
            bits = bits << 8 | (n > 0 ? *in++ : 0);
            n -= n > 0;
            held += 8;
        }
        text[out++] = alphabet[bits >> (held - 5) & 31];
    }
    return (Str) { text, chars };
}

Str totp_uri(const TotpSecret *secret, Str issuer, Str account, Arena *arena)
{
    g_autofree char *by = g_uri_escape_bytes((const guint8 *) issuer.p, issuer.n, NULL);
    g_autofree char *of = g_uri_escape_bytes((const guint8 *) account.p, account.n, NULL);
    Str text = base32_text(secret->bytes, TOTP_SECRET_BYTES, arena);
    return arena_printf(arena, "otpauth://totp/%s:%s?secret=" STR_FMT "&issuer=%s", by, of, STR_ARG(text), by);
}
