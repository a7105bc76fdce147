#include "base/keyed.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "base/banned.h"

/* --- SM3 over four blocks side by side -------------------------------------------------------------------------------
 * OpenSSL takes about 1.5 µs for the HMAC of an identity number, nearly all of it for making and copying contexts. Here the two blocks of the key are hashed once, and each
 * instruction works on four texts. */
enum { LANES = 4, SM3_WORDS = 8, SM3_BLOCK = 64, SM3_ROUNDS = 64, SM4_KEY = 16, LENGTH_AT = 56 };
typedef uint32_t Lanes __attribute__((vector_size(4 * LANES)));

static const uint32_t sm3_start[SM3_WORDS] = { 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e };

static inline Lanes turn(Lanes x, int by)
{
    return x << by | x >> (32 - by);
}

static inline uint32_t turn_word(uint32_t x, int by)
{
    return by ? x << by | x >> (32 - by) : x;
}

static inline Lanes p0(Lanes x)
{
    return x ^ turn(x, 9) ^ turn(x, 17);
}

static inline Lanes p1(Lanes x)
{
    return x ^ turn(x, 15) ^ turn(x, 23);
}

/* One block of each lane: w has its 16 words and room for 52 more. */
static void sm3_blocks(Lanes v[SM3_WORDS], Lanes w[SM3_ROUNDS + 4])
{
    for (int j = 16; j < SM3_ROUNDS + 4; j++)
        w[j] = p1(w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)) ^ turn(w[j - 13], 7) ^ w[j - 6];
    Lanes a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
    for (int j = 0; j < SM3_ROUNDS; j++) {
        Lanes ss1 = turn(turn(a, 12) + e + turn_word(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32), 7);
        Lanes ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        Lanes gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
        Lanes tt1 = ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4]);
        Lanes tt2 = gg + h + ss1 + w[j];
        d = c, c = turn(b, 9), b = a, a = tt1;
        h = g, g = turn(f, 19), f = e, e = p0(tt2);
    }
    v[0] ^= a, v[1] ^= b, v[2] ^= c, v[3] ^= d, v[4] ^= e, v[5] ^= f, v[6] ^= g, v[7] ^= h;
}

/* --- The key ---------------------------------------------------------------------------------------------------------- */

struct Keyed {
    SecretKey key;
    uint32_t inner[SM3_WORDS], outer[SM3_WORDS]; /* SM3 behind the key's own block */
    uint8_t sip[crypto_shorthash_siphashx24_KEYBYTES];
    uint8_t cipher[SM4_KEY], block[SM4_KEY];     /* of seals; of uids */
};

static EVP_CIPHER *cipher_of(const char *name, gsize *kept)
{
    if (g_once_init_enter(kept)) {
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
        if (!cipher)
            g_error("the crypto library has no %s", name);
        g_once_init_leave(kept, (gsize) cipher);
    }
    return (EVP_CIPHER *) *kept;
}

static void hash_pad(const SecretKey *key, uint8_t with, uint32_t ret_state[SM3_WORDS])
{
    Lanes v[SM3_WORDS], w[SM3_ROUNDS + 4];
    for (int i = 0; i < SM3_WORDS; i++)
        v[i] = (Lanes) { 0 } + sm3_start[i];
    for (size_t i = 0; i < 16; i++) {
        uint32_t word = 0;
        for (size_t b = 4 * i; b < 4 * i + 4; b++)
            word = word << 8 | (uint8_t) ((b < sizeof key->bytes ? key->bytes[b] : 0) ^ with);
        w[i] = (Lanes) { 0 } + word;
    }
    sm3_blocks(v, w);
    for (int i = 0; i < SM3_WORDS; i++)
        ret_state[i] = v[i][0];
    crypto_wipe(w, sizeof w);
}

static Hash derived(const SecretKey *key, const char *use, const char *part)
{
    g_autofree char *label = g_strconcat("bihuan ", use, part, NULL);
    return hmac_sm3(key, str_from(label));
}

Keyed *keyed_new(const SecretKey *key, const char *use)
{
    if (sodium_init() < 0)
        g_error("libsodium does not start");
    Keyed *keyed = g_new0(Keyed, 1);
    Hash mac = derived(key, use, " mac"), sip = derived(key, use, " mark"), cipher = derived(key, use, " cipher"), block = derived(key, use, " uid");
    memcpy(keyed->key.bytes, mac.bytes, sizeof keyed->key.bytes);
    memcpy(keyed->sip, sip.bytes, sizeof keyed->sip);
    memcpy(keyed->cipher, cipher.bytes, SM4_KEY);
    memcpy(keyed->block, block.bytes, SM4_KEY);
    hash_pad(&keyed->key, 0x36, keyed->inner);
    hash_pad(&keyed->key, 0x5c, keyed->outer);
    Hash *const secrets[] = { &mac, &sip, &cipher, &block };
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        crypto_wipe(secrets[i], sizeof *secrets[i]);
    return keyed;
}

void keyed_free(Keyed *keyed)
{
    if (!keyed)
        return;
    crypto_wipe(keyed, sizeof *keyed);
    g_free(keyed);
}

/* --- Tokens ------------------------------------------------------------------------------------------------------------- */

enum { SHORT_TEXT = LENGTH_AT - 1 }; /* a text that fits in one block with its end mark and length */

Hash keyed_hmac(const Keyed *keyed, Str text)
{
    return hmac_sm3(&keyed->key, text);
}

static Mark mark_of_hash(Hash hash)
{
    return mark_read(hash.bytes);
}

/* The only block behind the key's: the text, 0x80, the length of both in bits. */
static void load_text(Lanes w[SM3_ROUNDS + 4], size_t lane, Str text)
{
    uint8_t block[SM3_BLOCK] = { 0 };
    uint64_t bits = GUINT64_TO_BE((uint64_t) (SM3_BLOCK + text.n) * 8);
    if (text.n > 0)
        memcpy(block, text.p, text.n);
    block[text.n] = 0x80;
    memcpy(block + LENGTH_AT, &bits, sizeof bits);
    for (size_t i = 0; i < 16; i++) {
        uint32_t word;
        memcpy(&word, block + 4 * i, 4);
        w[i][lane] = GUINT32_FROM_BE(word);
    }
}

static void load_state(Lanes v[SM3_WORDS], const uint32_t state[SM3_WORDS])
{
    for (int i = 0; i < SM3_WORDS; i++)
        v[i] = (Lanes) { 0 } + state[i];
}

static void hmac_lanes(const Keyed *keyed, const Str *texts, size_t n, Mark *ret_tokens)
{
    Lanes v[SM3_WORDS], w[SM3_ROUNDS + 4];
    for (size_t lane = 0; lane < LANES; lane++)
        load_text(w, lane, lane < n ? texts[lane] : STR_NONE);
    load_state(v, keyed->inner);
    sm3_blocks(v, w);
    for (int i = 0; i < SM3_WORDS; i++)
        w[i] = v[i];
    w[8] = (Lanes) { 0 } + 0x80000000;
    for (int i = 9; i < 15; i++)
        w[i] = (Lanes) { 0 };
    w[15] = (Lanes) { 0 } + 8 * (SM3_BLOCK + HASH_SIZE);
    load_state(v, keyed->outer);
    sm3_blocks(v, w);
    for (size_t lane = 0; lane < n; lane++)
        ret_tokens[lane] = (Mark) { (uint64_t) v[0][lane] << 32 | v[1][lane], (uint64_t) v[2][lane] << 32 | v[3][lane] };
}

void keyed_tokens(const Keyed *keyed, const Str *texts, size_t n, Mark *ret_tokens)
{
    for (size_t i = 0; i < n; i += LANES) {
        size_t some = MIN(n - i, (size_t) LANES);
        bool fit = true;
        for (size_t k = i; k < i + some; k++)
            fit &= texts[k].n <= SHORT_TEXT;
        if (fit)
            hmac_lanes(keyed, texts + i, some, ret_tokens + i);
        for (size_t k = i; k < i + some && !fit; k++)
            ret_tokens[k] = mark_of_hash(keyed_hmac(keyed, texts[k]));
    }
}

/* --- Marks -------------------------------------------------------------------------------------------------------------- */

void mark_write(Mark mark, uint8_t ret_bytes[static MARK_SIZE])
{
    uint64_t parts[2] = { GUINT64_TO_BE(mark.high), GUINT64_TO_BE(mark.low) };
    memcpy(ret_bytes, parts, sizeof parts);
}

Mark mark_read(const uint8_t bytes[static MARK_SIZE])
{
    uint64_t parts[2];
    memcpy(parts, bytes, sizeof parts);
    return (Mark) { GUINT64_FROM_BE(parts[0]), GUINT64_FROM_BE(parts[1]) };
}

Mark keyed_mark(const Keyed *keyed, Str text)
{
    uint8_t bytes[crypto_shorthash_siphashx24_BYTES];
    G_STATIC_ASSERT(sizeof bytes == MARK_SIZE);
    crypto_shorthash_siphashx24(bytes, (const uint8_t *) (text.p ? text.p : ""), text.n, keyed->sip);
    return mark_read(bytes);
}

/* --- Small seals ---------------------------------------------------------------------------------------------------------- */

enum { ABOUT_MAX = 32 };

static Mark seal_tag(const Keyed *keyed, Str about, Str value)
{
    char small[MARK_TEXT_MAX];
    g_autofree char *large = NULL;
    size_t n = 1 + about.n + value.n;
    char *all = n <= sizeof small ? small : (large = g_malloc(n));
    all[0] = (char) about.n;
    memcpy(all + 1, about.p ? about.p : "", about.n);
    memcpy(all + 1 + about.n, value.p ? value.p : "", value.n);
    Mark tag;
    if (n <= SHORT_TEXT)
        keyed_tokens(keyed, &(Str) { all, n }, 1, &tag);
    else
        tag = mark_of_hash(keyed_hmac(keyed, (Str) { all, n }));
    crypto_wipe(all, n);
    return tag;
}

static void crypt_value(const Keyed *keyed, const uint8_t counter[static MARK_SIZE], Str from, uint8_t *to)
{
    static gsize kept;
    int written = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || !EVP_EncryptInit_ex2(context, cipher_of("SM4-CTR", &kept), keyed->cipher, counter, NULL) ||
        (from.n > 0 && !EVP_EncryptUpdate(context, to, &written, (const uint8_t *) from.p, (int) from.n)))
        g_error("the crypto library failed at SM4");
    EVP_CIPHER_CTX_free(context);
}

void keyed_seal(const Keyed *keyed, Str about, Str value, uint8_t *ret_sealed)
{
    g_assert(about.n <= ABOUT_MAX);
    mark_write(seal_tag(keyed, about, value), ret_sealed);
    crypt_value(keyed, ret_sealed, value, ret_sealed + MARK_SIZE);
}

bool keyed_unseal(const Keyed *keyed, Str about, Str sealed, uint8_t *ret_value, GError **err)
{
    if (sealed.n < MARK_SIZE || about.n > ABOUT_MAX)
        return error_set(err, BH_BAD_INPUT, "a sealed value of %zu bytes is none", sealed.n);
    const uint8_t *bytes = (const uint8_t *) sealed.p;
    Str cipher = str_from_at(sealed, MARK_SIZE);
    crypt_value(keyed, bytes, cipher, ret_value);
    uint8_t tag[MARK_SIZE];
    mark_write(seal_tag(keyed, about, (Str) { (const char *) ret_value, cipher.n }), tag);
    if (crypto_equal(tag, bytes, MARK_SIZE))
        return true;
    crypto_wipe(ret_value, cipher.n);
    return error_set(err, BH_BAD_INPUT, "a sealed value was altered, or is of another key");
}

/* --- Names of rows ---------------------------------------------------------------------------------------------------------- */

static void crypt_block(const Keyed *keyed, bool encrypt, const uint8_t from[static MARK_SIZE], uint8_t to[static MARK_SIZE])
{
    static gsize kept;
    int written = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || !EVP_CipherInit_ex2(context, cipher_of("SM4-ECB", &kept), keyed->block, NULL, encrypt, NULL) ||
        !EVP_CIPHER_CTX_set_padding(context, 0) || !EVP_CipherUpdate(context, to, &written, from, MARK_SIZE) || written != MARK_SIZE)
        g_error("the crypto library failed at SM4");
    EVP_CIPHER_CTX_free(context);
}

const char *keyed_uid(const Keyed *keyed, int64_t id, char ret_text[static UID_TEXT_MAX])
{
    uint8_t plain[MARK_SIZE], sealed[MARK_SIZE];
    mark_write((Mark) { 0, (uint64_t) id }, plain);
    crypt_block(keyed, true, plain, sealed);
    return uid_write(sealed, ret_text);
}

bool keyed_uid_read(const Keyed *keyed, Str uid, int64_t *ret_id)
{
    uint8_t plain[MARK_SIZE], sealed[MARK_SIZE];
    if (!uid_read(uid, sealed))
        return false;
    crypt_block(keyed, false, sealed, plain);
    Mark mark = mark_read(plain);
    if (mark.high != 0 || mark.low == 0 || mark.low > INT64_MAX)
        return false;
    *ret_id = (int64_t) mark.low;
    return true;
}
