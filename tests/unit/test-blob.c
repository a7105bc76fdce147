#include "base/blob.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

typedef struct {
    TempDir *dir;
    char *key_path, *data;
    KeyRing *keys;
    BlobStore *store;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    f->dir = temp_dir_new(&err);
    f->key_path = temp_dir_join(f->dir, "key");
    f->data = temp_dir_join(f->dir, "data");
    g_assert_true(key_file_create(f->key_path, 20779, &err));
    f->keys = key_ring_load(f->key_path, &err);
    f->store = blob_store_open(f->data, f->keys, &err);
    g_assert_no_error(err);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    blob_store_free(f->store);
    key_ring_free(f->keys);
    temp_dir_free(f->dir);
    g_free(f->key_path);
    g_free(f->data);
}

static BlobId put(const Fixture *f, Str content)
{
    g_autoptr(GError) err = NULL;
    BlobId id = { 0 };
    g_assert_true(blob_put(f->store, content, &id, &err));
    g_assert_no_error(err);
    return id;
}

static void assert_content(const Fixture *f, BlobId id, Str want)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) content = blob_get(f->store, id, want.n, &err);
    g_assert_no_error(err);
    g_assert_true(str_eq(str_from_gstring(content), want));
}

static char *blob_path(const Fixture *f, BlobId id)
{
    char hex[HASH_TEXT_MAX];
    hash_write(id, hex);
    return g_strdup_printf("%s/blobs/%.2s/%s.zst", f->data, hex, hex);
}

typedef struct {
    int blobs, strays;
    BlobId last;
    char *stray;
} Seen;

static bool count_one(void *data, BlobId id, uint64_t stored_bytes, const char *stray)
{
    Seen *seen = data;
    if (stray) {
        seen->strays++;
        g_free(seen->stray);
        seen->stray = g_strdup(stray);
        return true;
    }
    g_assert_cmpuint(stored_bytes, >, 0);
    g_assert_cmpint(memcmp(seen->last.bytes, id.bytes, HASH_SIZE), <, 0);
    seen->last = id;
    seen->blobs++;
    return true;
}

static Seen list_all(const Fixture *f)
{
    Seen seen = { 0 };
    g_assert_true(blob_list(f->store, count_one, &seen, NULL));
    return seen;
}

static int left_in_tmp(const Fixture *f)
{
    g_autofree char *path = g_build_filename(f->data, "tmp", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    int count = 0;
    while (g_dir_read_name(dir))
        count++;
    return count;
}

static void test_put_and_get(Fixture *f, gconstpointer data)
{
    (void) data;
    Str content = STR("国家免疫规划疫苗接种率保持在98%以上");
    BlobId id = put(f, content);
    g_assert_true(hash_equal(id, digest_of(DIGEST_SHA256, content)));
    assert_content(f, id, content);
    assert_content(f, put(f, STR("")), STR(""));
    g_assert_true(hash_equal(put(f, content), id));
    g_assert_cmpint(list_all(f).blobs, ==, 2);
    g_assert_cmpint(left_in_tmp(f), ==, 0);
    g_assert_true(blob_exists(f->store, id));

    g_autofree char *path = blob_path(f, id);
    g_autoptr(GString) stored = file_read(path, 10000, NULL);
    g_assert_cmpint(str_find(str_from_gstring(stored), STR("98%"), 0), ==, -1);
}

static void test_get_errors(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    BlobId id = put(f, STR("12345"));
    g_assert_null(blob_get(f->store, id, 4, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);
    BlobId none = digest_of(DIGEST_SHA256, STR("never put"));
    g_assert_null(blob_get(f->store, none, 4, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
    g_assert_false(blob_exists(f->store, none));
}

static void test_every_byte(Fixture *f, gconstpointer data)
{
    (void) data;
    BlobId id = put(f, STR("evidence of a measure, evidence of a measure"));
    g_autofree char *path = blob_path(f, id);
    g_autoptr(GString) stored = file_read(path, 10000, NULL);
    g_assert_true(blob_verify(f->store, id, NULL));
    for (size_t i = 0; i <= stored->len; i++) {
        g_autoptr(GError) err = NULL;
        g_autoptr(GString) changed = g_string_new_len(stored->str, (gssize) stored->len);
        if (i < stored->len)
            changed->str[i] ^= 1;
        else
            g_string_append_c(changed, 'x');
        g_assert_true(g_file_set_contents(path, changed->str, (gssize) changed->len, NULL));
        g_assert_false(blob_verify(f->store, id, &err));
        g_assert_error(err, BH_ERROR, BH_INTERNAL);
        g_assert_cmpstr(error_get_detail(err), ==, "blob-damaged");
    }
    g_assert_true(g_file_set_contents(path, stored->str, (gssize) stored->len / 2, NULL));
    g_assert_false(blob_verify(f->store, id, NULL));
    put(f, STR("evidence of a measure, evidence of a measure")); /* mends it */
    g_assert_true(blob_verify(f->store, id, NULL));
}

/* An intact blob under another's name. */
static void test_exchanged(Fixture *f, gconstpointer data)
{
    (void) data;
    BlobId a = put(f, STR("a")), b = put(f, STR("b"));
    g_autofree char *path_a = blob_path(f, a), *path_b = blob_path(f, b);
    g_assert_cmpint(g_rename(path_a, path_b), ==, 0);
    g_assert_false(blob_verify(f->store, b, NULL));
}

static void test_rotation(Fixture *f, gconstpointer data)
{
    (void) data;
    BlobId old = put(f, STR("under the first key"));
    g_assert_true(key_file_rotate(f->key_path, 20780, NULL));
    g_autoptr(KeyRing) first = g_steal_pointer(&f->keys);
    blob_store_free(f->store);
    f->keys = key_ring_load(f->key_path, NULL);
    f->store = blob_store_open(f->data, f->keys, NULL);
    BlobId fresh = put(f, STR("under the second key"));
    assert_content(f, old, STR("under the first key"));
    assert_content(f, fresh, STR("under the second key"));
    g_autoptr(BlobStore) behind = blob_store_open(f->data, first, NULL);
    g_assert_true(blob_verify(behind, old, NULL));
    g_assert_false(blob_verify(behind, fresh, NULL));
}

static char *big_file(const Fixture *f, size_t size)
{
    char *path = temp_dir_join(f->dir, "big");
    g_autofree char *bytes = g_malloc(size);
    crypto_random(bytes, size / 2);
    memset(bytes + size / 2, 'x', size - size / 2);
    g_assert_true(g_file_set_contents(path, bytes, (gssize) size, NULL));
    return path;
}

static void test_stream(Fixture *f, gconstpointer data)
{
    (void) data;
    enum { SIZE = 3 * 1024 * 1024 + 17 };
    g_autoptr(GError) err = NULL;
    g_autofree char *path = big_file(f, SIZE);
    g_autoptr(GString) content = file_read(path, SIZE, NULL);
    AUTO_FD fd = open(path, O_RDONLY);
    BlobId id = { 0 };
    uint64_t size = 0;
    g_assert_true(blob_put_fd(f->store, fd, SIZE, &id, &size, &err));
    g_assert_cmpuint(size, ==, SIZE);
    assert_content(f, id, str_from_gstring(content));
    g_assert_true(hash_equal(id, put(f, str_from_gstring(content))));

    lseek(fd, 0, SEEK_SET);
    g_assert_false(blob_put_fd(f->store, fd, SIZE - 1, &id, &size, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_assert_cmpint(left_in_tmp(f), ==, 0);
}

/* Memory stays the same however long the stream is. */
static void stream_in_little_memory(Fixture *f)
{
    enum { SIZE = 64 * 1024 * 1024 };
    g_autofree char *path = temp_dir_join(f->dir, "zeros");
    AUTO_FD fd = open(path, O_RDWR | O_CREAT, 0600);
    BlobId id = { 0 };
    struct rusage before, after;
    g_assert_cmpint(ftruncate(fd, SIZE), ==, 0);
    getrusage(RUSAGE_SELF, &before);
    g_assert_true(blob_put_fd(f->store, fd, SIZE, &id, NULL, NULL));
    g_assert_true(blob_verify(f->store, id, NULL));
    getrusage(RUSAGE_SELF, &after);
    g_test_message("%ld KB more at the most", after.ru_maxrss - before.ru_maxrss);
    g_assert_cmpint(after.ru_maxrss - before.ru_maxrss, <, SIZE / 4 / 1024);
}

static void test_memory(Fixture *f, gconstpointer data)
{
    (void) data;
    if (g_test_subprocess()) {
        stream_in_little_memory(f);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

static void test_sweep(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autofree char *left = g_build_filename(f->data, "tmp", ".tmp-abc123", NULL);
    g_autofree char *other = g_build_filename(f->data, "tmp", "an import's", NULL);
    g_assert_true(g_file_set_contents(left, "half", 4, NULL));
    g_assert_true(g_file_set_contents(other, "whole", 5, NULL));
    g_assert_true(blob_store_sweep(f->store, NULL));
    g_assert_cmpint(left_in_tmp(f), ==, 1);
    g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
}

static void test_list(Fixture *f, gconstpointer data)
{
    (void) data;
    for (int i = 0; i < 50; i++) {
        g_autofree char *text = g_strdup_printf("content %d", i);
        put(f, str_from(text));
    }
    g_assert_cmpint(list_all(f).blobs, ==, 50);
    g_autofree char *stray = g_build_filename(f->data, "blobs", "zz", NULL);
    g_assert_true(g_file_set_contents(stray, "x", 1, NULL));
    Seen seen = list_all(f);
    g_assert_cmpint(seen.blobs, ==, 50);
    g_assert_cmpint(seen.strays, ==, 1);
    g_assert_cmpstr(seen.stray, ==, "zz");
    g_free(seen.stray);
}

static void test_remove(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    BlobId id = put(f, STR("classified"));
    g_assert_true(blob_remove(f->store, id, &err));
    g_assert_false(blob_exists(f->store, id));
    g_assert_true(blob_remove(f->store, id, &err)); /* again: nothing there is as good */
    g_assert_no_error(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/blob/put-and-get", Fixture, NULL, set_up, test_put_and_get, tear_down);
    g_test_add("/blob/get-errors", Fixture, NULL, set_up, test_get_errors, tear_down);
    g_test_add("/blob/every-byte", Fixture, NULL, set_up, test_every_byte, tear_down);
    g_test_add("/blob/exchanged", Fixture, NULL, set_up, test_exchanged, tear_down);
    g_test_add("/blob/rotation", Fixture, NULL, set_up, test_rotation, tear_down);
    g_test_add("/blob/stream", Fixture, NULL, set_up, test_stream, tear_down);
    g_test_add("/blob/memory", Fixture, NULL, set_up, test_memory, tear_down);
    g_test_add("/blob/sweep", Fixture, NULL, set_up, test_sweep, tear_down);
    g_test_add("/blob/remove", Fixture, NULL, set_up, test_remove, tear_down);
    g_test_add("/blob/list", Fixture, NULL, set_up, test_list, tear_down);
    return g_test_run();
}
