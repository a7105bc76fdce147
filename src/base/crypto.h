/* crypto.h: hashes, seals, passwords and chance, over OpenSSL 3 and libsodium. Sources: SM3 GB/T 32905, SM4 GB/T 32907,
 * HMAC RFC 2104, SHA-256 FIPS 180-4, Argon2id RFC 9106.
 *
 * None of this fails but for the reasons named: a library without one of these algorithms ends the process at the
 * first use. Any thread; one Digest, Sealer or Unsealer by one thread at a time. */
#pragma once

#include "base/sink.h"

enum {
    HASH_SIZE = 32,                   /* SM3, HMAC-SM3 and SHA-256 alike */
    HASH_TEXT_MAX = 2 * HASH_SIZE + 1, /* in hex, NUL included */
    UID_CHARS = 26,
    UID_TEXT_MAX = UID_CHARS + 1,
};

typedef struct {
    uint8_t bytes[HASH_SIZE];
} Hash;

typedef struct {
    uint8_t bytes[32];
} SecretKey;

/* --- Hashes ------------------------------------------------------------------------------------------------------- */

typedef enum { DIGEST_SM3, DIGEST_SHA256 } DigestKind;

Hash digest_of(DigestKind kind, Str data);
Hash hmac_sm3(const SecretKey *key, Str data);

/* HMAC-SM3 under a key of any length, for standard test vectors and keys that others made. */
Hash hmac_sm3_raw(Str key, Str data);

typedef struct Digest Digest;
Digest *digest_new(DigestKind kind);
void digest_update(Digest *digest, Str data);
Hash digest_final(Digest *digest); /* once, at the end */
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

/* Whether two secrets of the same length are equal, in a time that does not depend on where they differ. */
bool crypto_equal(const void *a, const void *b, size_t n);
static inline bool hash_equal(Hash a, Hash b)
{
    return crypto_equal(a.bytes, b.bytes, HASH_SIZE);
}

/* --- Hex: lower case when written, either when read ------------------------------------------------------------------ */

/* `ret_text` holds 2 n + 1 bytes; it is returned. */
const char *hex_write(const void *bytes, size_t n, char *ret_text);

/* False unless hex is exactly 2 n digits; the output may then be partly written. */
bool hex_read(Str hex, size_t n, void *ret_bytes);

static inline const char *hash_write(Hash hash, char ret_text[static HASH_TEXT_MAX])
{
    return hex_write(hash.bytes, HASH_SIZE, ret_text);
}

/* --- Chance --------------------------------------------------------------------------------------------------------- */

void crypto_random(void *ret_bytes, size_t n);

/* 128 random bits as 26 characters of Crockford's base 32 in lower case (no i, l, o, u): the name that an object has
 * outside. uid_valid says whether a text can be one. */
const char *uid_new(char ret_text[static UID_TEXT_MAX]);
bool uid_valid(Str text);

/* The same form for 128 bits that are not by chance, and back (false: no uid). */
const char *uid_write(const uint8_t bytes[static 16], char ret_text[static UID_TEXT_MAX]);
bool uid_read(Str text, uint8_t ret_bytes[static 16]);

/* Overwrites a secret, also where the compiler thinks that nobody looks. */
void crypto_wipe(void *bytes, size_t n);

/* --- Passwords: Argon2id, t=2, m=19 MiB, about 25 ms ------------------------------------------------------------------ */

/* The text to store, salt and costs in it; g_free it. NULL and err: longer than LIMIT_PASSWORD_BYTES (BH_TOO_LARGE), or
 * no memory for it now (BH_UNAVAILABLE). */
char *password_hash(Str password, GError **err);

/* False for a wrong password and for a stored text that is none of ours. */
bool password_verify(const char *stored, Str password);

/* Whether a stored text was made with other costs than today's, so that the next log-in should store it anew. */
bool password_is_dated(const char *stored);

/* --- Seals: encrypted and protected against any change ---------------------------------------------------------------
 * SM4-CTR, then HMAC-SM3 over the result, each with a key of its own derived from key, `about` and a random nonce, so
 * that no key is used twice. `about` is what a seal belongs to (a header, an id): it is not in the output, and a seal
 * opens only where the same is given. Layout: nonce (16), then chunks of at most 64 KiB plain text: length (4, big
 * endian, top bit set in the last), cipher text, tag (32). The tag covers the chunk's number and length, so chunks
 * cannot be changed, moved, dropped or cut off unnoticed. Nothing is handed out before its chunk's tag was checked. */

void seal(const SecretKey *key, Str about, Str plain, GString *out);

/* False and err (BH_BAD_INPUT): altered, cut off, of another key or about something else. Appends to out. */
bool unseal(const SecretKey *key, Str about, Str sealed, GString *out, GError **err);

/* Makes bytes unreadable in place, or readable again (it is the same), that stand at `offset` of a content that lies on disk in parts, for a while: SM4-CTR under a key of `about`, which is to be another for
 * each content. Whether they were altered it does not tell: for what a hash is held against in the end. */
void veil(const SecretKey *key, Str about, uint64_t offset, void *bytes, size_t n);

/* The same in pieces, with constant memory; _finish once at the end. They fail only as the sink does, the Unsealer also
 * as unseal does: what its sink got before is authentic but not complete. */
typedef struct Sealer Sealer;
Sealer *sealer_new(const SecretKey *key, Str about, Sink sink);
bool sealer_write(Sealer *sealer, Str plain, GError **err);
bool sealer_finish(Sealer *sealer, GError **err);
void sealer_free(Sealer *sealer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sealer, sealer_free)

typedef struct Unsealer Unsealer;
Unsealer *unsealer_new(const SecretKey *key, Str about, Sink sink);
bool unsealer_write(Unsealer *unsealer, Str sealed, GError **err);
bool unsealer_finish(Unsealer *unsealer, GError **err);
void unsealer_free(Unsealer *unsealer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unsealer, unsealer_free)
