/* How fast files are hashed, compressed, sealed and synced, and read back: random bytes (a scan, a packed file) and text. */
#include <stdio.h>

#include "base/blob.h"
#include "base/file.h"

#include "base/banned.h"

enum { MEGABYTES = 64 };

static double seconds_since(int64_t start)
{
    return (double) (g_get_monotonic_time() - start) / 1e6;
}

static void measure(const BlobStore *store, const char *name, Str content)
{
    BlobId id = { 0 };
    int64_t start = g_get_monotonic_time();
    if (!blob_put(store, content, &id, NULL))
        g_error("cannot put");
    double put = seconds_since(start);
    start = g_get_monotonic_time();
    if (!blob_verify(store, id, NULL))
        g_error("cannot read");
    double get = seconds_since(start);
    printf("%-12s put %5.0f MB/s   get %5.0f MB/s\n", name, (double) content.n / 1e6 / put, (double) content.n / 1e6 / get);
}

int main(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *key_path = temp_dir_join(dir, "key");
    g_autofree char *data = temp_dir_join(dir, "data");
    key_file_create(key_path, 20779, NULL);
    g_autoptr(KeyRing) keys = key_ring_load(key_path, NULL);
    g_autoptr(BlobStore) store = keys ? blob_store_open(data, keys, NULL) : NULL;
    if (!store)
        g_error("no store in %s", temp_dir_path(dir));
    size_t size = MEGABYTES * 1000000;
    g_autofree char *random = g_malloc(size);
    g_autoptr(GString) text = g_string_sized_new(size);
    crypto_random(random, size);
    for (int i = 0; text->len < size; i++)
        g_string_append_printf(text, "%d. keep the rate of vaccination at %d.%d%% or above\n", i, i % 100, i % 7);
    measure(store, "random", (Str) { random, size });
    measure(store, "text", str_from_gstring(text));
    return 0;
}
