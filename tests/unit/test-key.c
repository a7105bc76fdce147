#include "base/key.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

enum { TODAY = 20779 }; /* 2026-11-22 */

typedef struct {
    TempDir *dir;
    char *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->dir = temp_dir_new(NULL);
    f->path = temp_dir_join(f->dir, "bihuan.key");
    g_assert_true(key_file_create(f->path, TODAY, NULL));
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    temp_dir_free(f->dir);
    g_free(f->path);
}

static KeyRing *load(const Fixture *f)
{
    g_autoptr(GError) err = NULL;
    KeyRing *ring = key_ring_load(f->path, &err);
    g_assert_no_error(err);
    return ring;
}

static void test_create(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    struct stat info;
    g_autoptr(KeyRing) ring = load(f);
    g_assert_cmpint(stat(f->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
    g_assert_cmpuint(key_ring_newest(ring), ==, 1);
    g_assert_null(key_ring_get(ring, 0, KEY_BLOB));
    g_assert_null(key_ring_get(ring, 2, KEY_BLOB));
    for (KeyUse a = 0; a < KEY_USES; a++)
        for (KeyUse b = 0; b < KEY_USES; b++)
            g_assert_true(crypto_equal(key_ring_get(ring, 1, a), key_ring_get(ring, 1, b), sizeof(SecretKey)) == (a == b));
    g_assert_false(key_file_create(f->path, TODAY, &err));
    g_assert_error(err, BH_ERROR, BH_CONFLICT);
    g_autoptr(KeyRing) again = load(f);
    g_assert_true(crypto_equal(key_ring_get(ring, 1, KEY_BLOB), key_ring_get(again, 1, KEY_BLOB), sizeof(SecretKey)));
}

static void test_rotate(Fixture *f, gconstpointer data)
{
    (void) data;
    char first[KEY_FINGERPRINT_MAX], second[KEY_FINGERPRINT_MAX], kept[KEY_FINGERPRINT_MAX];
    struct stat info;
    g_autoptr(KeyRing) before = load(f);
    g_assert_true(key_file_rotate(f->path, TODAY + 1, NULL));
    g_autoptr(KeyRing) after = load(f);
    g_assert_cmpuint(key_ring_newest(after), ==, 2);
    key_ring_fingerprint(before, 1, first);
    key_ring_fingerprint(after, 1, kept);
    key_ring_fingerprint(after, 2, second);
    g_assert_cmpstr(first, ==, kept);
    g_assert_cmpstr(first, !=, second);
    g_assert_true(g_regex_match_simple("^[0-9a-f]{4}(-[0-9a-f]{4}){3}$", first, 0, 0));
    g_assert_cmpint(stat(f->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
}

static void test_rotate_limit(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    for (int i = 1; i < LIMIT_KEYS; i++)
        g_assert_true(key_file_rotate(f->path, TODAY, NULL));
    g_assert_false(key_file_rotate(f->path, TODAY, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_autoptr(KeyRing) ring = load(f);
    g_assert_cmpuint(key_ring_newest(ring), ==, LIMIT_KEYS);
}

static void test_access(Fixture *f, gconstpointer data)
{
    (void) data;
    static const mode_t open_modes[] = { 0640, 0604, 0666, 0620 };
    for (size_t i = 0; i < G_N_ELEMENTS(open_modes); i++) {
        g_autoptr(GError) err = NULL;
        g_assert_cmpint(chmod(f->path, open_modes[i]), ==, 0);
        g_assert_null(key_ring_load(f->path, &err));
        g_assert_error(err, BH_ERROR, BH_FORBIDDEN);
        g_assert_nonnull(strstr(error_get_hint(err), "chmod 600"));
    }
    g_autoptr(GError) err = NULL;
    g_autofree char *none = temp_dir_join(f->dir, "none");
    g_assert_null(key_ring_load(none, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
    g_clear_error(&err);
    g_assert_null(key_ring_load(temp_dir_path(f->dir), &err));
    g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
}

static void test_damage(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GString) text = file_read(f->path, 10000, NULL);
    size_t line = (size_t) (strstr(text->str, "key 1") - text->str);
    for (size_t i = line; i < text->len - 1; i++) {
        g_autoptr(GError) err = NULL;
        char before = text->str[i];
        text->str[i] = before == '1' ? '2' : '1';
        bool day = i >= line + 6 && i < line + 16; /* another day of making changes no key */
        g_assert_true(file_write_atomic(f->path, str_from_gstring(text), 0600, NULL));
        g_autoptr(KeyRing) ring = key_ring_load(f->path, &err);
        g_assert_true(day || !ring);
        g_assert_true(ring || (error_get_at(err) && g_str_has_suffix(error_get_at(err), "bihuan.key:3")));
        text->str[i] = before;
    }
    g_autoptr(GError) err = NULL;
    g_assert_true(file_write_atomic(f->path, STR("# nothing\n"), 0600, NULL));
    g_assert_null(key_ring_load(f->path, &err));
    g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/key/create", Fixture, NULL, set_up, test_create, tear_down);
    g_test_add("/key/rotate", Fixture, NULL, set_up, test_rotate, tear_down);
    g_test_add("/key/rotate-limit", Fixture, NULL, set_up, test_rotate_limit, tear_down);
    g_test_add("/key/access", Fixture, NULL, set_up, test_access, tear_down);
    g_test_add("/key/damage", Fixture, NULL, set_up, test_damage, tear_down);
    return g_test_run();
}
