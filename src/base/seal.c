#include <openssl/evp.h>

#include "base/crypto.h"

#include "base/banned.h"

/* Encrypt, then authenticate, by chunks: the reader of a large file needs neither the whole in memory nor to hand out
 * bytes that nobody vouched for. OpenSSL 3.0 has no SM4-GCM. */
enum {
    NONCE_SIZE = 16,
    CHUNK_SIZE = 64 * 1024,
    LENGTH_SIZE = 4,
    SM4_KEY_SIZE = 16,
    SM4_BLOCK = 16,
    VEIL_STEP = 64 * 1024,
    CHUNK_MAX = LENGTH_SIZE + CHUNK_SIZE + HASH_SIZE,
};
static const uint32_t last_bit = 1u << 31;

typedef struct {
    EVP_CIPHER_CTX *cipher; /* CTR mode: one key stream through all chunks, the same for both directions */
    SecretKey mac_key;
    uint64_t chunk;
} Session;

static Hash derive(const SecretKey *key, const char *label, const uint8_t *nonce, Str about)
{
    g_autoptr(GString) input = g_string_new(label);
    g_string_append_c(input, '\0');
    g_string_append_len(input, (const char *) nonce, NONCE_SIZE);
    g_string_append_len(input, about.p, (gssize) about.n);
    return hmac_sm3(key, str_from_gstring(input));
}

static EVP_CIPHER *sm4_ctr(void)
{
    static gsize fetched;
    if (g_once_init_enter(&fetched)) {
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
        if (!cipher)
            g_error("the crypto library has no SM4-CTR");
        g_once_init_leave(&fetched, (gsize) cipher);
    }
    return (EVP_CIPHER *) fetched;
}

static void session_init(Session *session, const SecretKey *key, Str about, const uint8_t *nonce)
{
    static const unsigned char first_counter[16];
    Hash cipher_key = derive(key, "bihuan seal cipher", nonce, about);
    Hash mac_key = derive(key, "bihuan seal mac", nonce, about);
    G_STATIC_ASSERT(sizeof session->mac_key == sizeof mac_key && sizeof cipher_key >= SM4_KEY_SIZE);
    memcpy(session->mac_key.bytes, mac_key.bytes, HASH_SIZE);
    session->cipher = EVP_CIPHER_CTX_new();
    if (!session->cipher || !EVP_EncryptInit_ex2(session->cipher, sm4_ctr(), cipher_key.bytes, first_counter, NULL))
        g_error("the crypto library failed to start SM4");
    crypto_wipe(&cipher_key, sizeof cipher_key);
    crypto_wipe(&mac_key, sizeof mac_key);
}

static void session_clear(Session *session)
{
    EVP_CIPHER_CTX_free(session->cipher);
    crypto_wipe(session, sizeof *session);
}

static void crypt_bytes(Session *session, uint8_t *bytes, size_t n)
{
    int written = 0;
    if (n > 0 && !EVP_EncryptUpdate(session->cipher, bytes, &written, bytes, (int) n))
        g_error("the crypto library failed at SM4");
}

/* The tag of the chunk whose number, length and cipher text stand in this order in `framed`; the number, which is not
 * stored, is put there. */
static Hash chunk_tag(Session *session, uint8_t *number, size_t framed)
{
    uint64_t big_endian = GUINT64_TO_BE(session->chunk);
    memcpy(number, &big_endian, sizeof big_endian);
    session->chunk++;
    return hmac_sm3(&session->mac_key, (Str) { (const char *) number, sizeof big_endian + framed });
}

/* A chunk being filled: its number, then what is stored. */
typedef struct {
    uint8_t number[8];
    uint8_t stored[CHUNK_MAX];
} Chunk;
G_STATIC_ASSERT(sizeof(Chunk) == 8 + CHUNK_MAX);

/* --- Veiling --------------------------------------------------------------------------------------------------------- */

void veil(const SecretKey *key, Str about, uint64_t offset, void *bytes, size_t n)
{
    static const uint8_t no_nonce[NONCE_SIZE];
    Hash cipher_key = derive(key, "bihuan veil cipher", no_nonce, about);
    uint8_t counter[SM4_BLOCK] = { 0 }, before[SM4_BLOCK] = { 0 };
    uint64_t block = GUINT64_TO_BE(offset / SM4_BLOCK);
    memcpy(counter + SM4_BLOCK - sizeof block, &block, sizeof block);
    Session session = { .cipher = EVP_CIPHER_CTX_new() };
    if (!session.cipher || !EVP_EncryptInit_ex2(session.cipher, sm4_ctr(), cipher_key.bytes, counter, NULL))
        g_error("the crypto library failed to start SM4");
    crypt_bytes(&session, before, offset % SM4_BLOCK);
    for (uint8_t *at = bytes, *end = at + n; at < end; at += MIN((size_t) (end - at), VEIL_STEP))
        crypt_bytes(&session, at, MIN((size_t) (end - at), VEIL_STEP));
    crypto_wipe(&cipher_key, sizeof cipher_key);
    session_clear(&session);
}

/* --- Sealing --------------------------------------------------------------------------------------------------------- */

struct Sealer {
    Session session;
    Sink sink;
    uint8_t nonce[NONCE_SIZE];
    bool started;
    size_t filled; /* plain bytes in chunk.stored behind the length */
    Chunk chunk;
};

Sealer *sealer_new(const SecretKey *key, Str about, Sink sink)
{
    Sealer *sealer = g_new0(Sealer, 1);
    sealer->sink = sink;
    crypto_random(sealer->nonce, NONCE_SIZE);
    session_init(&sealer->session, key, about, sealer->nonce);
    return sealer;
}

static bool flush_chunk(Sealer *s, bool last, GError **err)
{
    uint32_t length = GUINT32_TO_BE((uint32_t) s->filled | (last ? last_bit : 0));
    size_t framed = LENGTH_SIZE + s->filled;
    memcpy(s->chunk.stored, &length, LENGTH_SIZE);
    crypt_bytes(&s->session, s->chunk.stored + LENGTH_SIZE, s->filled);
    Hash tag = chunk_tag(&s->session, s->chunk.number, framed);
    memcpy(s->chunk.stored + framed, tag.bytes, HASH_SIZE);
    s->filled = 0;
    if (!s->started && !sink_write(s->sink, (Str) { (const char *) s->nonce, NONCE_SIZE }, err))
        return false;
    s->started = true;
    return sink_write(s->sink, (Str) { (const char *) s->chunk.stored, framed + HASH_SIZE }, err);
}

bool sealer_write(Sealer *sealer, Str plain, GError **err)
{
    while (plain.n > 0) {
        if (sealer->filled == CHUNK_SIZE && !flush_chunk(sealer, false, err))
            return false;
        size_t n = MIN(plain.n, CHUNK_SIZE - sealer->filled);
        memcpy(sealer->chunk.stored + LENGTH_SIZE + sealer->filled, plain.p, n);
        sealer->filled += n;
        plain = str_from_at(plain, n);
    }
    return true;
}

bool sealer_finish(Sealer *sealer, GError **err)
{
    return flush_chunk(sealer, true, err);
}

void sealer_free(Sealer *sealer)
{
    if (!sealer)
        return;
    session_clear(&sealer->session);
    crypto_wipe(sealer, sizeof *sealer);
    g_free(sealer);
}

void seal(const SecretKey *key, Str about, Str plain, GString *out)
{
    StringSink to = { out, SIZE_MAX };
    g_autoptr(Sealer) sealer = sealer_new(key, about, sink_to_string(&to));
    if (!sealer_write(sealer, plain, NULL) || !sealer_finish(sealer, NULL))
        g_assert_not_reached(); /* a string without limit takes all */
}

/* --- Opening --------------------------------------------------------------------------------------------------------- */

struct Unsealer {
    Session session;
    Sink sink;
    SecretKey key; /* until the nonce is there */
    char *about;
    size_t about_n;
    bool started, complete;
    size_t filled, needed; /* bytes in chunk.stored; how many make the next step possible */
    Chunk chunk;
};

Unsealer *unsealer_new(const SecretKey *key, Str about, Sink sink)
{
    Unsealer *unsealer = g_new0(Unsealer, 1);
    unsealer->sink = sink;
    unsealer->key = *key;
    unsealer->about = g_memdup2(about.p, about.n); /* may hold NULs, so not str_dup */
    unsealer->about_n = about.n;
    unsealer->needed = NONCE_SIZE;
    return unsealer;
}

static bool broken(GError **err)
{
    error_set(err, BH_BAD_INPUT, "the seal is broken: altered, cut off, or of another key");
    return error_detail(err, "seal-broken");
}

static uint32_t stored_length(const Unsealer *u)
{
    uint32_t length;
    memcpy(&length, u->chunk.stored, LENGTH_SIZE);
    return GUINT32_FROM_BE(length);
}

static void take_nonce(Unsealer *u)
{
    session_init(&u->session, &u->key, (Str) { u->about, u->about_n }, u->chunk.stored);
    u->started = true;
    u->filled = 0;
    u->needed = LENGTH_SIZE;
}

static bool open_chunk(Unsealer *u, size_t n, bool last, GError **err)
{
    uint8_t *tag = u->chunk.stored + LENGTH_SIZE + n;
    Hash want = chunk_tag(&u->session, u->chunk.number, LENGTH_SIZE + n);
    if (!crypto_equal(want.bytes, tag, HASH_SIZE))
        return broken(err);
    crypt_bytes(&u->session, u->chunk.stored + LENGTH_SIZE, n);
    u->filled = 0;
    u->needed = LENGTH_SIZE;
    u->complete = last;
    return sink_write(u->sink, (Str) { (const char *) u->chunk.stored + LENGTH_SIZE, n }, err);
}

/* With `needed` bytes there: the nonce, a length, or a whole chunk. */
static bool advance(Unsealer *u, GError **err)
{
    if (!u->started) {
        take_nonce(u);
        return true;
    }
    size_t n = stored_length(u) & ~last_bit;
    bool last = stored_length(u) & last_bit;
    if (n > CHUNK_SIZE)
        return broken(err);
    u->needed = LENGTH_SIZE + n + HASH_SIZE;
    return u->filled < u->needed || open_chunk(u, n, last, err);
}

bool unsealer_write(Unsealer *unsealer, Str sealed, GError **err)
{
    while (sealed.n > 0) {
        if (unsealer->complete)
            return broken(err);
        size_t n = MIN(sealed.n, unsealer->needed - unsealer->filled);
        memcpy(unsealer->chunk.stored + unsealer->filled, sealed.p, n);
        unsealer->filled += n;
        sealed = str_from_at(sealed, n);
        if (unsealer->filled == unsealer->needed && !advance(unsealer, err))
            return false;
    }
    return true;
}

bool unsealer_finish(Unsealer *unsealer, GError **err)
{
    return unsealer->complete || broken(err);
}

void unsealer_free(Unsealer *unsealer)
{
    if (!unsealer)
        return;
    session_clear(&unsealer->session);
    g_free(unsealer->about);
    crypto_wipe(unsealer, sizeof *unsealer);
    g_free(unsealer);
}

bool unseal(const SecretKey *key, Str about, Str sealed, GString *out, GError **err)
{
    StringSink to = { out, SIZE_MAX };
    g_autoptr(Unsealer) unsealer = unsealer_new(key, about, sink_to_string(&to));
    gsize before = out->len;
    if (unsealer_write(unsealer, sealed, err) && unsealer_finish(unsealer, err))
        return true;
    g_string_truncate(out, before);
    return false;
}
