/* keyed.h: what is done with short values by the million under one key: tokens to find them by, marks to compare them by, small seals, and names of rows for outside. Sources:
 * HMAC RFC 2104 over SM3 GB/T 32905; SipHash-2-4 with 128 bits (Aumasson, Bernstein); SIV after RFC 5297 (the tag is the nonce); SM4 GB/T 32907.
 *
 * None of this fails but unseal. A Keyed never changes: any thread. */
#pragma once

#include "base/crypto.h"

/* 128 bits: of HMAC-SM3 its first half, or a SipHash. */
typedef struct {
    uint64_t high, low;
} Mark;
enum { MARK_SIZE = 16, MARK_TEXT_MAX = 64 /* bytes of a text that is hashed in lanes; longer ones one by one */ };

static inline bool mark_eq(Mark a, Mark b)
{
    return a.high == b.high && a.low == b.low;
}

/* The key of one use, with what can be computed of it beforehand. `use` is told apart from other uses of the same key: "person token". */
typedef struct Keyed Keyed;
Keyed *keyed_new(const SecretKey *key, const char *use);
void keyed_free(Keyed *keyed); /* overwrites it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keyed, keyed_free)

/* HMAC-SM3 cut to 128 bits, of n texts: four are computed side by side. */
void keyed_tokens(const Keyed *keyed, const Str *texts, size_t n, Mark *ret_tokens);

/* The same as hmac_sm3 under the derived key gives, whole; for tests. */
Hash keyed_hmac(const Keyed *keyed, Str text);

/* SipHash-2-4-128: to tell equal values from others where nobody outside chooses keys. */
Mark keyed_mark(const Keyed *keyed, Str text);

/* A mark as 16 bytes, and back. */
void mark_write(Mark mark, uint8_t ret_bytes[static MARK_SIZE]);
Mark mark_read(const uint8_t bytes[static MARK_SIZE]);

/* Seals a short value: a tag of 16 bytes (HMAC-SM3 over about and value), which is also the first counter of SM4-CTR. The same value about the same is sealed to the same bytes.
 * `about` is at most 32 bytes, not in the output, and needed to open it. Writes MARK_SIZE + value.n bytes. */
void keyed_seal(const Keyed *keyed, Str about, Str value, uint8_t *ret_sealed);

/* Writes sealed.n - MARK_SIZE bytes. BH_BAD_INPUT: altered, of another key or about something else. */
bool keyed_unseal(const Keyed *keyed, Str about, Str sealed, uint8_t *ret_value, GError **err);

/* The name that row `id` has outside, one block of SM4: nobody without the key can tell ids from it, or make one. */
const char *keyed_uid(const Keyed *keyed, int64_t id, char ret_text[static UID_TEXT_MAX]);
bool keyed_uid_read(const Keyed *keyed, Str uid, int64_t *ret_id); /* false: it is none of this key */
