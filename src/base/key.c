#include "base/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

enum { CHECK_SIZE = 4, FINGERPRINT_SIZE = 8 };

typedef struct {
    SecretKey main, uses[KEY_USES];
} Key;

struct KeyRing {
    uint32_t count;
    Key keys[LIMIT_KEYS];
};

/* A label is part of what is sealed with its key: never change one. */
static const Str use_labels[] = {
    [KEY_BLOB] = STR_INIT("blob"),   [KEY_AUDIT] = STR_INIT("audit"),   [KEY_PERSON] = STR_INIT("person"),
    [KEY_TOKEN] = STR_INIT("token"), [KEY_BACKUP] = STR_INIT("backup"),
};
G_STATIC_ASSERT(G_N_ELEMENTS(use_labels) == KEY_USES);

static void derive_uses(Key *key)
{
    for (int use = 0; use < KEY_USES; use++) {
        Hash derived = hmac_sm3(&key->main, use_labels[use]);
        memcpy(key->uses[use].bytes, derived.bytes, HASH_SIZE);
        crypto_wipe(&derived, sizeof derived);
    }
}

static Hash check_of(const SecretKey *key)
{
    return hmac_sm3(key, STR("check"));
}

/* --- Reading ----------------------------------------------------------------------------------------------------------- */

/* "key ID DATE HEX CHECK", with the id that is due. */
static bool read_key(Str line, uint32_t id, SecretKey *ret_key)
{
    Str word = str_cut(&line, ' ');
    int64_t read_id;
    Date made;
    uint8_t check[CHECK_SIZE];
    if (!str_eq(word, STR("key")) || !str_to_int64(str_cut(&line, ' '), &read_id) || read_id != id ||
        !date_parse(str_cut(&line, ' '), &made) || !hex_read(str_cut(&line, ' '), sizeof ret_key->bytes, ret_key->bytes) ||
        !hex_read(line, CHECK_SIZE, check))
        return false;
    Hash want = check_of(ret_key);
    return crypto_equal(want.bytes, check, CHECK_SIZE);
}

static bool read_line(KeyRing *ring, Str line, GError **err)
{
    if (line.n == 0 || line.p[0] == '#')
        return true;
    if (ring->count == LIMIT_KEYS)
        return error_set(err, BH_TOO_LARGE, "more than %d keys", LIMIT_KEYS);
    Key *key = &ring->keys[ring->count];
    if (!read_key(line, ring->count + 1, &key->main)) {
        error_set(err, BH_BAD_INPUT, "no intact line for key %u", ring->count + 1);
        return error_hint(err, "take the key file from its backup; without it sealed data stays closed");
    }
    derive_uses(key);
    ring->count++;
    return true;
}

static bool read_lines(KeyRing *ring, Str text, const char *path, GError **err)
{
    for (int number = 1; text.p; number++)
        if (!read_line(ring, str_trim(str_cut(&text, '\n')), err))
            return error_at(err, "%s:%d", path, number);
    return ring->count > 0 || error_set(err, BH_BAD_INPUT, "no key in %s", path);
}

/* Only the owner can have written it, and nobody else can read it. */
static bool check_access(int fd, const char *path, GError **err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return error_set_errno(err, errno, "cannot open key file %s", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, BH_BAD_INPUT, "key file %s is not a regular file", path);
    if (info.st_uid != geteuid())
        return error_set(err, BH_FORBIDDEN, "key file %s belongs to another user", path);
    if (info.st_mode & 077) {
        error_set(err, BH_FORBIDDEN, "others may read key file %s (mode %04o)", path, (unsigned) info.st_mode & 07777);
        return error_hint(err, "chmod 600 %s", path);
    }
    return true;
}

static GString *read_file(const char *path, GError **err)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        error_set_errno(err, errno, "cannot open key file %s", path);
        return NULL;
    }
    return check_access(fd, path, err) ? file_read_fd(fd, path, LIMIT_KEY_FILE_BYTES, err) : NULL;
}

static void wipe_and_free(GString *text)
{
    if (!text)
        return;
    crypto_wipe(text->str, text->len);
    g_string_free(text, TRUE);
}

static KeyRing *ring_of(const GString *text, const char *path, GError **err)
{
    g_autoptr(KeyRing) ring = g_new0(KeyRing, 1);
    return read_lines(ring, str_from_gstring(text), path, err) ? g_steal_pointer(&ring) : NULL;
}

KeyRing *key_ring_load(const char *path, GError **err)
{
    GString *text = read_file(path, err);
    KeyRing *ring = text ? ring_of(text, path, err) : NULL;
    wipe_and_free(text);
    return ring;
}

void key_ring_free(KeyRing *ring)
{
    if (!ring)
        return;
    crypto_wipe(ring, sizeof *ring);
    g_free(ring);
}

uint32_t key_ring_newest(const KeyRing *ring)
{
    return ring->count;
}

const SecretKey *key_ring_get(const KeyRing *ring, uint32_t id, KeyUse use)
{
    return id >= 1 && id <= ring->count ? &ring->keys[id - 1].uses[use] : NULL;
}

const char *key_ring_fingerprint(const KeyRing *ring, uint32_t id, char ret_text[static KEY_FINGERPRINT_MAX])
{
    g_assert(id >= 1 && id <= ring->count);
    Hash hash = hmac_sm3(&ring->keys[id - 1].main, STR("fingerprint"));
    char hex[2 * FINGERPRINT_SIZE + 1];
    hex_write(hash.bytes, FINGERPRINT_SIZE, hex);
    g_snprintf(ret_text, KEY_FINGERPRINT_MAX, "%.4s-%.4s-%.4s-%.4s", hex, hex + 4, hex + 8, hex + 12);
    return ret_text;
}

/* --- Writing ----------------------------------------------------------------------------------------------------------- */

static void append_fresh_key(GString *text, uint32_t id, Date today)
{
    SecretKey key;
    char day[DATE_TEXT_MAX], hex[2 * sizeof key.bytes + 1], check[2 * CHECK_SIZE + 1];
    crypto_random(key.bytes, sizeof key.bytes);
    hex_write(key.bytes, sizeof key.bytes, hex);
    hex_write(check_of(&key).bytes, CHECK_SIZE, check);
    g_string_append_printf(text, "key %u %s %s %s\n", id, date_format(today, day), hex, check);
    crypto_wipe(&key, sizeof key);
    crypto_wipe(hex, sizeof hex);
}

static bool write_new(const char *path, Str text, GError **err)
{
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        return error_set(err, BH_CONFLICT, "there is already a file %s", path);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot make key file %s", path);
    if (file_write_all(fd, text, err)) {
        if (fsync(fd) == 0)
            return true;
        error_set_errno(err, errno, "cannot sync key file %s", path);
    }
    unlink(path);
    return false;
}

bool key_file_create(const char *path, Date today, GError **err)
{
    g_autofree char *folder = g_path_get_dirname(path);
    GString *text = g_string_new("# Keys of a Bihuan store. Keep a copy apart from the data and its backups:\n"
                                 "# without this file what is sealed cannot be read again.\n");
    append_fresh_key(text, 1, today);
    bool done = write_new(path, str_from_gstring(text), err) && file_sync_dir(folder, err);
    wipe_and_free(text);
    return done;
}

bool key_file_rotate(const char *path, Date today, GError **err)
{
    GString *text = read_file(path, err);
    g_autoptr(KeyRing) ring = text ? ring_of(text, path, err) : NULL;
    bool done = false;
    if (ring && ring->count == LIMIT_KEYS)
        error_set(err, BH_TOO_LARGE, "key file %s holds %d keys already", path, LIMIT_KEYS);
    else if (ring) {
        if (text->str[text->len - 1] != '\n')
            g_string_append_c(text, '\n');
        append_fresh_key(text, ring->count + 1, today);
        done = file_write_atomic(path, str_from_gstring(text), 0600, err);
    }
    wipe_and_free(text);
    return done;
}
