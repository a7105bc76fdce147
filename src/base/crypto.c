#include "base/crypto.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <sys/random.h>

#include "base/limits.h"

#include "base/banned.h"

/* --- Hashes ------------------------------------------------------------------------------------------------------- */

/* Looking an algorithm up takes longer than hashing a short text, so each is looked up once. */
static const EVP_MD *digest_algorithm(DigestKind kind)
{
    static const char *const names[] = { [DIGEST_SM3] = "SM3", [DIGEST_SHA256] = "SHA256" };
    static EVP_MD *fetched[G_N_ELEMENTS(names)];
    static gsize done;
    if (g_once_init_enter(&done)) {
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
            if (!(fetched[i] = EVP_MD_fetch(NULL, names[i], NULL)))
                g_error("the crypto library has no %s", names[i]);
        g_once_init_leave(&done, 1);
    }
    return fetched[kind];
}

static EVP_MAC *hmac_algorithm(void)
{
    static gsize fetched;
    if (g_once_init_enter(&fetched)) {
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        if (!mac)
            g_error("the crypto library has no HMAC");
        g_once_init_leave(&fetched, (gsize) mac);
    }
    return (EVP_MAC *) fetched;
}

/* What can only fail for want of memory, or by our own mistake. */
static void must(bool done, const char *what)
{
    if (!done)
        g_error("the crypto library failed at %s", what);
}

Hash digest_of(DigestKind kind, Str data)
{
    Hash hash = { 0 };
    must(EVP_Digest(data.p ? data.p : "", data.n, hash.bytes, NULL, digest_algorithm(kind), NULL), "a digest");
    return hash;
}

Hash hmac_sm3_raw(Str key, Str data)
{
    Hash hash = { 0 };
    size_t n = 0;
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac_algorithm());
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char *) "SM3", 0), OSSL_PARAM_construct_end() };
    must(mac && EVP_MAC_init(mac, (const unsigned char *) (key.p ? key.p : ""), key.n, params) &&
             EVP_MAC_update(mac, (const unsigned char *) data.p, data.n) &&
             EVP_MAC_final(mac, hash.bytes, &n, sizeof hash.bytes) && n == HASH_SIZE,
         "a MAC");
    EVP_MAC_CTX_free(mac);
    return hash;
}

Hash hmac_sm3(const SecretKey *key, Str data)
{
    return hmac_sm3_raw((Str) { (const char *) key->bytes, sizeof key->bytes }, data);
}

struct Digest {
    EVP_MD_CTX *context;
};

Digest *digest_new(DigestKind kind)
{
    Digest *digest = g_new0(Digest, 1);
    digest->context = EVP_MD_CTX_new();
    must(digest->context && EVP_DigestInit_ex2(digest->context, digest_algorithm(kind), NULL), "a digest");
    return digest;
}

void digest_update(Digest *digest, Str data)
{
    must(EVP_DigestUpdate(digest->context, data.p, data.n), "a digest");
}

Hash digest_final(Digest *digest)
{
    Hash hash = { 0 };
    must(EVP_DigestFinal_ex(digest->context, hash.bytes, NULL), "a digest");
    return hash;
}

void digest_free(Digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->context);
    g_free(digest);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *bytes, size_t n)
{
    OPENSSL_cleanse(bytes, n);
}

/* --- Hex ------------------------------------------------------------------------------------------------------------ */

const char *hex_write(const void *bytes, size_t n, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++) {
        ret_text[2 * i] = digits[p[i] >> 4];
        ret_text[2 * i + 1] = digits[p[i] & 15];
    }
    ret_text[2 * n] = '\0';
    return ret_text;
}

bool hex_read(Str hex, size_t n, void *ret_bytes)
{
    uint8_t *out = ret_bytes;
    if (hex.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = g_ascii_xdigit_value(hex.p[2 * i]), low = g_ascii_xdigit_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t) (high << 4 | low);
    }
    return true;
}

/* --- Chance ----------------------------------------------------------------------------------------------------------- */

void crypto_random(void *ret_bytes, size_t n)
{
    uint8_t *p = ret_bytes;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno != EINTR)
            g_error("the system gives no random bytes: %s", g_strerror(errno));
        p += got > 0 ? got : 0;
        n -= got > 0 ? (size_t) got : 0;
    }
}

static const char uid_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

const char *uid_new(char ret_text[static UID_TEXT_MAX])
{
    uint8_t bytes[16];
    crypto_random(bytes, sizeof bytes);
    return uid_write(bytes, ret_text);
}

const char *uid_write(const uint8_t bytes[static 16], char ret_text[static UID_TEXT_MAX])
{
    unsigned __int128 bits = 0;
    for (int i = 0; i < 16; i++)
        bits = bits << 8 | bytes[i];
    for (int i = UID_CHARS - 1; i >= 0; i--, bits >>= 5)
        ret_text[i] = uid_digits[(unsigned) bits & 31];
    ret_text[UID_CHARS] = '\0';
    return ret_text;
}

bool uid_valid(Str text)
{
    if (text.n != UID_CHARS || text.p[0] > '7') /* 26 times 5 bits are two more than 128 */
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!memchr(uid_digits, text.p[i], sizeof uid_digits - 1))
            return false;
    return true;
}

bool uid_read(Str text, uint8_t ret_bytes[static 16])
{
    unsigned __int128 bits = 0;
    if (!uid_valid(text))
        return false;
    for (size_t i = 0; i < text.n; i++)
        bits = bits << 5 | (unsigned) ((const char *) memchr(uid_digits, text.p[i], sizeof uid_digits - 1) - uid_digits);
    for (int i = 15; i >= 0; i--, bits >>= 8)
        ret_bytes[i] = (uint8_t) bits;
    return true;
}

/* --- Passwords --------------------------------------------------------------------------------------------------------- */

enum { ARGON_TIME = 2, ARGON_MEMORY = 19 * 1024 * 1024 };

static void start_sodium(void)
{
    if (sodium_init() < 0) /* any number of times, from any thread */
        g_error("libsodium does not start");
}

char *password_hash(Str password, GError **err)
{
    start_sodium();
    if (password.n > LIMIT_PASSWORD_BYTES) {
        error_set(err, BH_TOO_LARGE, "a password is at most %d bytes long", LIMIT_PASSWORD_BYTES);
        return NULL;
    }
    g_autofree char *text = g_malloc0(crypto_pwhash_STRBYTES);
    if (crypto_pwhash_str_alg(text, password.p ? password.p : "", password.n, ARGON_TIME, ARGON_MEMORY,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        error_set(err, BH_UNAVAILABLE, "no memory to hash a password");
        return NULL;
    }
    return g_steal_pointer(&text);
}

bool password_verify(const char *stored, Str password)
{
    start_sodium();
    return password.n <= LIMIT_PASSWORD_BYTES && strlen(stored) < crypto_pwhash_STRBYTES &&
           crypto_pwhash_str_verify(stored, password.p ? password.p : "", password.n) == 0;
}

bool password_is_dated(const char *stored)
{
    return crypto_pwhash_str_needs_rehash(stored, ARGON_TIME, ARGON_MEMORY) != 0;
}
