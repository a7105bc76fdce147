#include "base/crypto.h"

#include <openssl/evp.h>

#include "base/keyed.h"
#include "base/limits.h"
#include "base/totp.h"

#include "base/banned.h"

static const SecretKey key_a = { { 1, 2, 3 } }, key_b = { { 1, 2, 4 } };

static void assert_hash(Hash hash, const char *want)
{
    char text[HASH_TEXT_MAX];
    g_assert_cmpstr(hash_write(hash, text), ==, want);
}

/* GB/T 32905-2016, appendix A; FIPS 180-4 examples. */
static void test_digests(void)
{
    Str four = STR("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd");
    assert_hash(digest_of(DIGEST_SM3, STR("abc")), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    assert_hash(digest_of(DIGEST_SM3, four), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    assert_hash(digest_of(DIGEST_SM3, STR_NONE), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    assert_hash(digest_of(DIGEST_SHA256, STR("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hash(digest_of(DIGEST_SHA256, STR_NONE), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    g_autoptr(Digest) pieces = digest_new(DIGEST_SM3);
    for (size_t i = 0; i < four.n; i += 10)
        digest_update(pieces, str_head(str_from_at(four, i), 10));
    assert_hash(digest_final(pieces), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* The inputs are those of RFC 4231, case 2, and of a key longer than a word; results by Python's hmac over SM3. */
static void test_hmac(void)
{
    uint8_t key[37], data[50];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t) (i + 1);
    memset(data, 0xcd, sizeof data);
    assert_hash(hmac_sm3_raw(STR("Jefe"), STR("what do ya want for nothing?")),
                "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882");
    assert_hash(hmac_sm3_raw((Str) { (char *) key, sizeof key }, (Str) { (char *) data, sizeof data }),
                "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae");
}

/* RFC 6238, appendix B: the secret is "12345678901234567890". */
static void test_totp(void)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } vectors[] = {
        { 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
        { 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
    };
    TotpSecret secret;
    char text[9];
    memcpy(secret.bytes, "12345678901234567890", sizeof secret.bytes);
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++)
        g_assert_cmpstr(totp_code(&secret, totp_step(vectors[i].seconds * 1000), 8, text), ==, vectors[i].code);

    int64_t at = 1111111111 * (int64_t) 1000, step = 0;
    g_assert_true(totp_check(&secret, STR("050 471"), at, 0, &step));
    g_assert_cmpint(step, ==, totp_step(at));
    g_assert_false(totp_check(&secret, STR("050471"), at, step, &step)); /* once */
    g_assert_true(totp_check(&secret, STR("081804"), at, 0, &step));     /* two seconds ago it was this */
    g_assert_true(totp_check(&secret, STR("050471"), at + 30000, 0, &step));
    g_assert_false(totp_check(&secret, STR("050471"), at + 60000, 0, &step));
    g_assert_false(totp_check(&secret, STR("050471"), at - 60000, 0, &step));
    static const char *const wrong[] = { "", "05047", "0504711", "05047x", "\xe4\xb8\x80" };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(totp_check(&secret, str_from(wrong[i]), at, 0, &step));
}

/* RFC 4648, chapter 10, without padding. */
static void test_base32(void)
{
    static const char *const vectors[][2] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" },
                                              { "foobar", "MZXW6YTBOI" } };
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Str text = base32_text(vectors[i][0], strlen(vectors[i][0]), arena);
        g_assert_cmpmem(text.p, text.n, vectors[i][1], strlen(vectors[i][1]));
    }
    TotpSecret secret = { { 0 } };
    Str uri = totp_uri(&secret, STR("a b"), STR("li.ming"), arena);
    g_assert_true(str_eq(uri, STR("otpauth://totp/a%20b:li.ming?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&issuer=a%20b")));
}

static void test_hex(void)
{
    uint8_t bytes[3] = { 0 };
    char text[7];
    g_assert_true(hex_read(STR("00fFa9"), 3, bytes));
    g_assert_cmpstr(hex_write(bytes, 3, text), ==, "00ffa9");
    g_assert_false(hex_read(STR("00ff"), 3, bytes));
    g_assert_false(hex_read(STR("00ffag"), 3, bytes));
    g_assert_false(hex_read(STR("00ffa99"), 3, bytes));
}

static void test_uid(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 1000; i++) {
        char *uid = g_malloc(UID_TEXT_MAX);
        uid_new(uid);
        g_assert_true(uid_valid(str_from(uid)));
        g_assert_true(g_hash_table_add(seen, uid));
    }
    g_assert_true(uid_valid(STR("7zzzzzzzzzzzzzzzzzzzzzzzzz")));
    g_assert_false(uid_valid(STR("80000000000000000000000000")));
    g_assert_false(uid_valid(STR("0000000000000000000000000")));
    g_assert_false(uid_valid(STR("0000000000000000000000000u")));
    g_assert_false(uid_valid(STR("0000000000000000000000000A")));
    g_assert_false(uid_valid(STR_NONE));
}

static void test_equal(void)
{
    g_assert_true(crypto_equal("same", "same", 4));
    g_assert_false(crypto_equal("same", "sane", 4));
}

static void test_passwords(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *stored = password_hash(STR("示例 password 1"), &err);
    g_autofree char *again = password_hash(STR("示例 password 1"), &err);
    g_assert_no_error(err);
    g_assert_true(g_str_has_prefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"));
    g_assert_cmpstr(stored, !=, again);
    g_assert_true(password_verify(stored, STR("示例 password 1")));
    g_assert_false(password_verify(stored, STR("示例 password 2")));
    g_assert_false(password_verify(stored, STR_NONE));
    g_assert_false(password_verify("", STR("x")));
    g_assert_false(password_verify("plain", STR("plain")));
    g_assert_false(password_is_dated(stored));
    g_assert_true(password_is_dated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                    "ktLXUZzSPqXXkVQ3C6WWHbXLpkIQ9TiFrwpBYkRSPpg"));
    g_autofree char *long_text = g_strnfill(LIMIT_PASSWORD_BYTES + 1, 'x');
    g_assert_null(password_hash(str_from(long_text), &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    long_text[LIMIT_PASSWORD_BYTES] = '\0';
    g_autofree char *longest = password_hash(str_from(long_text), NULL);
    g_assert_nonnull(longest);
}

/* GB/T 32907-2016, appendix A.1, seen through counter mode: the key stream's first block is the counter encrypted. */
static void test_sm4(void)
{
    uint8_t block[16], stream[16] = { 0 };
    int n = 0;
    g_assert_true(hex_read(STR("0123456789abcdeffedcba9876543210"), 16, block));
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    g_assert_cmpint(EVP_EncryptInit_ex2(cipher, EVP_sm4_ctr(), block, block, NULL), ==, 1);
    g_assert_cmpint(EVP_EncryptUpdate(cipher, stream, &n, stream, 16), ==, 1);
    EVP_CIPHER_CTX_free(cipher);
    char text[33];
    g_assert_cmpstr(hex_write(stream, 16, text), ==, "681edf34d206965e86b3e94f536e4246");
}

static GString *plain_of(size_t n)
{
    GString *plain = g_string_sized_new(n);
    for (size_t i = 0; i < n; i++)
        g_string_append_c(plain, (char) (i * 7 + i / 256));
    return plain;
}

static void test_seal_sizes(void)
{
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 65535, 65536, 65537, 131072, 300000 };
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) err = NULL;
        g_autoptr(GString) plain = plain_of(sizes[i]);
        g_autoptr(GString) sealed = g_string_new(NULL);
        g_autoptr(GString) opened = g_string_new("before ");
        seal(&key_a, STR("about"), str_from_gstring(plain), sealed);
        size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + 65535) / 65536;
        g_assert_cmpuint(sealed->len, ==, 16 + sizes[i] + chunks * 36);
        g_assert_true(unseal(&key_a, STR("about"), str_from_gstring(sealed), opened, &err));
        g_assert_true(str_eq(str_from_at(str_from_gstring(opened), 7), str_from_gstring(plain)));
    }
}

/* K = HMAC-SM3(key, label, 00, nonce, about). */
static Hash derived(Str label, Str nonce, Str about)
{
    g_autoptr(GString) input = g_string_new_len(label.p, (gssize) label.n + 1);
    g_string_append_len(input, nonce.p, (gssize) nonce.n);
    g_string_append_len(input, about.p, (gssize) about.n);
    return hmac_sm3(&key_a, str_from_gstring(input));
}

/* A seal opened by hand, as docs/internals/sealing.md describes it. */
static void test_seal_layout(void)
{
    static const uint8_t zeros[16];
    g_autoptr(GString) sealed = g_string_new(NULL);
    seal(&key_a, STR("about"), STR("short text"), sealed);
    Str nonce = str_head(str_from_gstring(sealed), 16), chunk = str_from_at(str_from_gstring(sealed), 16);
    Hash cipher_key = derived(STR("bihuan seal cipher"), nonce, STR("about"));
    Hash mac_key = derived(STR("bihuan seal mac"), nonce, STR("about"));
    g_assert_cmpmem(chunk.p, 4, "\x80\0\0\x0a", 4);

    g_autoptr(GString) framed = g_string_new_len("\0\0\0\0\0\0\0\0", 8);
    g_string_append_len(framed, chunk.p, 4 + 10);
    Hash tag = hmac_sm3_raw((Str) { (char *) mac_key.bytes, HASH_SIZE }, str_from_gstring(framed));
    g_assert_cmpmem(chunk.p + 14, chunk.n - 14, tag.bytes, HASH_SIZE);

    uint8_t plain[16];
    int n = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    g_assert_cmpint(EVP_DecryptInit_ex2(cipher, EVP_sm4_ctr(), cipher_key.bytes, zeros, NULL), ==, 1);
    g_assert_cmpint(EVP_DecryptUpdate(cipher, plain, &n, (const uint8_t *) chunk.p + 4, 10), ==, 1);
    EVP_CIPHER_CTX_free(cipher);
    g_assert_cmpmem(plain, n, "short text", 10);
}

static bool opens(const SecretKey *key, Str about, Str sealed)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) out = g_string_new("before");
    bool opened = unseal(key, about, sealed, out, &err);
    if (!opened) {
        g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
        g_assert_cmpstr(out->str, ==, "before");
    }
    return opened;
}

static void test_seal_refuses(void)
{
    g_autoptr(GString) plain = plain_of(300);
    g_autoptr(GString) sealed = g_string_new(NULL);
    seal(&key_a, STR("about"), str_from_gstring(plain), sealed);
    Str whole = str_from_gstring(sealed);
    g_assert_true(opens(&key_a, STR("about"), whole));
    g_assert_false(opens(&key_b, STR("about"), whole));
    g_assert_false(opens(&key_a, STR("abouT"), whole));
    g_assert_false(opens(&key_a, STR_NONE, whole));
    for (size_t n = 0; n < whole.n; n++)
        g_assert_false(opens(&key_a, STR("about"), str_head(whole, n)));
    for (size_t bit = 0; bit < whole.n * 8; bit++) {
        sealed->str[bit / 8] ^= (char) (1 << bit % 8);
        g_assert_false(opens(&key_a, STR("about"), whole));
        sealed->str[bit / 8] ^= (char) (1 << bit % 8);
    }
    g_string_append_c(sealed, 'x');
    g_assert_false(opens(&key_a, STR("about"), str_from_gstring(sealed)));
}

/* Whole chunks, each authentic in itself, in another order or fewer of them. */
static void test_seal_chunk_order(void)
{
    enum { FIRST = 16, CHUNK = 4 + 65536 + 32 };
    g_autoptr(GString) plain = plain_of(3 * 65536);
    g_autoptr(GString) sealed = g_string_new(NULL);
    seal(&key_a, STR_NONE, str_from_gstring(plain), sealed);
    Str whole = str_from_gstring(sealed);
    g_autoptr(GString) swapped = g_string_new_len(whole.p, FIRST);
    g_string_append_len(swapped, whole.p + FIRST + CHUNK, CHUNK);
    g_string_append_len(swapped, whole.p + FIRST, CHUNK);
    g_string_append_len(swapped, whole.p + FIRST + 2 * CHUNK, CHUNK);
    g_assert_false(opens(&key_a, STR_NONE, str_from_gstring(swapped)));
    g_autoptr(GString) dropped = g_string_new_len(whole.p, FIRST + CHUNK);
    g_string_append_len(dropped, whole.p + FIRST + 2 * CHUNK, CHUNK);
    g_assert_false(opens(&key_a, STR_NONE, str_from_gstring(dropped)));
    g_assert_false(opens(&key_a, STR_NONE, str_head(whole, FIRST + 2 * CHUNK)));
    g_assert_true(opens(&key_a, STR_NONE, whole));
}

static void test_seal_pieces(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) plain = plain_of(200000);
    g_autoptr(GString) sealed = g_string_new(NULL);
    g_autoptr(GString) opened = g_string_new(NULL);
    StringSink to_sealed = { sealed, SIZE_MAX }, to_opened = { opened, SIZE_MAX };
    g_autoptr(Sealer) sealer = sealer_new(&key_a, STR("x"), sink_to_string(&to_sealed));
    for (size_t i = 0; i < plain->len; i += 999)
        g_assert_true(sealer_write(sealer, str_head(str_from_at(str_from_gstring(plain), i), 999), &err));
    g_assert_true(sealer_finish(sealer, &err));
    g_autoptr(Unsealer) unsealer = unsealer_new(&key_a, STR("x"), sink_to_string(&to_opened));
    for (size_t i = 0; i < sealed->len; i += 77)
        g_assert_true(unsealer_write(unsealer, str_head(str_from_at(str_from_gstring(sealed), i), 77), &err));
    g_assert_true(unsealer_finish(unsealer, &err));
    g_assert_true(g_string_equal(opened, plain));
}

static void test_seal_about_bytes(void)
{
    g_autoptr(GString) sealed = g_string_new(NULL);
    seal(&key_a, STR("a\0b"), STR("text"), sealed);
    g_assert_true(opens(&key_a, STR("a\0b"), str_from_gstring(sealed)));
    g_assert_false(opens(&key_a, STR("a\0c"), str_from_gstring(sealed)));
}

/* Two seals of one text have nothing in common. */
static void test_seal_nonce(void)
{
    g_autoptr(GString) one = g_string_new(NULL);
    g_autoptr(GString) two = g_string_new(NULL);
    seal(&key_a, STR_NONE, STR("the same text, long enough"), one);
    seal(&key_a, STR_NONE, STR("the same text, long enough"), two);
    g_assert_cmpint(memcmp(one->str, two->str, 16), !=, 0);
    g_assert_cmpint(memcmp(one->str + 20, two->str + 20, 16), !=, 0);
}

/* However it is cut, it is the same; of another name or place it is another. */
static void test_veil(void)
{
    SecretKey key;
    char whole[200 * 1024], pieces[sizeof whole], plain[sizeof whole];
    memset(key.bytes, 7, sizeof key.bytes);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (char) (i * 31 >> 3);
    memcpy(whole, plain, sizeof plain);
    memcpy(pieces, plain, sizeof plain);
    veil(&key, STR("a"), 0, whole, sizeof whole);
    g_assert_true(memcmp(whole, plain, sizeof whole) != 0);
    for (size_t at = 0, n = 1; at < sizeof pieces; at += n, n = MIN(n * 3 + 1, sizeof pieces - at))
        veil(&key, STR("a"), at, pieces + at, n);
    g_assert_cmpmem(whole, sizeof whole, pieces, sizeof pieces);
    veil(&key, STR("b"), 0, pieces, sizeof pieces);
    g_assert_true(memcmp(pieces, plain, sizeof pieces) != 0);
    veil(&key, STR("a"), 16, plain, 100);
    g_assert_true(memcmp(plain, whole, 100) != 0);
    veil(&key, STR("a"), 0, whole, 0);
    veil(&key, STR("a"), 0, whole, sizeof whole);
    for (size_t i = 0; i < sizeof whole; i++)
        g_assert_cmpint(whole[i], ==, (char) (i * 31 >> 3));
}

static void test_sink_failure(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) plain = plain_of(100000);
    StringSink to = { out, 1000 };
    g_autoptr(Sealer) sealer = sealer_new(&key_a, STR_NONE, sink_to_string(&to));
    g_assert_false(sealer_write(sealer, str_from_gstring(plain), &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
}

/* The lanes give what one HMAC after the other gives, for every length about the block's edge and every number of texts. */
static void test_keyed_tokens(void)
{
    g_autoptr(Keyed) keyed = keyed_new(&key_a, "test"), other = keyed_new(&key_a, "else");
    char text[MARK_TEXT_MAX + 8];
    Str texts[MARK_TEXT_MAX];
    Mark tokens[MARK_TEXT_MAX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char) (i * 37);
    for (size_t i = 0; i < MARK_TEXT_MAX; i++)
        texts[i] = (Str) { text + i % 8, i };
    for (size_t n = 0; n <= MARK_TEXT_MAX; n++) {
        keyed_tokens(keyed, texts, n, tokens);
        for (size_t i = 0; i < n; i++)
            g_assert_true(mark_eq(tokens[i], mark_read(keyed_hmac(keyed, texts[i]).bytes)));
    }
    Mark mark = keyed_mark(keyed, STR("abc"));
    g_assert_true(mark_eq(mark, keyed_mark(keyed, STR("abc"))));
    g_assert_false(mark_eq(mark, keyed_mark(keyed, STR("abd"))));
    g_assert_false(mark_eq(mark, keyed_mark(other, STR("abc"))));
    g_assert_false(mark_eq(tokens[5], mark_read(keyed_hmac(other, texts[5]).bytes)));
}

static void test_keyed_seals(void)
{
    g_autoptr(Keyed) keyed = keyed_new(&key_a, "test"), other = keyed_new(&key_b, "test");
    char text[200];
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n <= sizeof text; n += n < 40 ? 1 : 40) {
        uint8_t sealed[sizeof text + MARK_SIZE], back[sizeof text];
        Str value = { text, n }, whole = { (char *) sealed, n + MARK_SIZE };
        keyed_seal(keyed, STR("a"), value, sealed);
        g_assert_true(keyed_unseal(keyed, STR("a"), whole, back, NULL));
        g_assert_cmpmem(back, n, text, n);
        g_assert_false(keyed_unseal(keyed, STR("b"), whole, back, NULL));
        g_assert_false(keyed_unseal(other, STR("a"), whole, back, NULL));
        for (size_t bit = 0; bit < 8 * whole.n; bit += 5) {
            sealed[bit / 8] ^= (uint8_t) (1 << bit % 8);
            g_assert_false(keyed_unseal(keyed, STR("a"), whole, back, NULL));
            sealed[bit / 8] ^= (uint8_t) (1 << bit % 8);
        }
        g_assert_false(keyed_unseal(keyed, STR("a"), str_head(whole, n + MARK_SIZE - 1), back, NULL));
    }
}

static void test_keyed_uids(void)
{
    g_autoptr(Keyed) keyed = keyed_new(&key_a, "test"), other = keyed_new(&key_b, "test");
    static const int64_t ids[] = { 1, 2, 3, 4096, INT64_MAX };
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        char uid[UID_TEXT_MAX];
        int64_t back = 0;
        g_assert_true(uid_valid(str_from(keyed_uid(keyed, ids[i], uid))));
        g_assert_true(keyed_uid_read(keyed, str_from(uid), &back));
        g_assert_cmpint(back, ==, ids[i]);
        g_assert_false(keyed_uid_read(other, str_from(uid), &back));
        uid[5] = uid[5] == 'a' ? 'b' : 'a';
        g_assert_false(keyed_uid_read(keyed, str_from(uid), &back));
        g_assert_false(keyed_uid_read(keyed, STR("no uid"), &back));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto/digests", test_digests);
    g_test_add_func("/crypto/hmac", test_hmac);
    g_test_add_func("/crypto/keyed-tokens", test_keyed_tokens);
    g_test_add_func("/crypto/keyed-seals", test_keyed_seals);
    g_test_add_func("/crypto/keyed-uids", test_keyed_uids);
    g_test_add_func("/crypto/totp", test_totp);
    g_test_add_func("/crypto/base32", test_base32);
    g_test_add_func("/crypto/hex", test_hex);
    g_test_add_func("/crypto/uid", test_uid);
    g_test_add_func("/crypto/equal", test_equal);
    g_test_add_func("/crypto/passwords", test_passwords);
    g_test_add_func("/crypto/sm4", test_sm4);
    g_test_add_func("/crypto/seal-sizes", test_seal_sizes);
    g_test_add_func("/crypto/seal-layout", test_seal_layout);
    g_test_add_func("/crypto/seal-refuses", test_seal_refuses);
    g_test_add_func("/crypto/seal-chunk-order", test_seal_chunk_order);
    g_test_add_func("/crypto/seal-pieces", test_seal_pieces);
    g_test_add_func("/crypto/seal-about-bytes", test_seal_about_bytes);
    g_test_add_func("/crypto/seal-nonce", test_seal_nonce);
    g_test_add_func("/crypto/veil", test_veil);
    g_test_add_func("/crypto/sink-failure", test_sink_failure);
    return g_test_run();
}
