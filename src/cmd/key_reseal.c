/* bihuan key reseal: what older keys sealed is sealed by the newest one. Each piece is changed whole or not at all, and none twice: a command that was ended is given again. */
#include <stdio.h>

#include "cmd/store.h"
#include "hub/reseal.h"
#include "org/org.h"

#include "base/banned.h"

typedef struct {
    const Store *store;
    int64_t changed, seen;
    GError **err;
    bool failed;
} Files;

static bool reseal_file(void *data, BlobId id, uint64_t stored_bytes, const char *stray)
{
    Files *files = data;
    bool changed = false;
    (void) stored_bytes;
    if (stray)
        return true;
    files->failed = !blob_reseal(files->store->blobs, id, &changed, files->err);
    files->changed += changed;
    files->seen++;
    return !files->failed;
}

static bool reseal_files(const Store *store, int64_t *ret_n, GError **err)
{
    Files files = { .store = store, .err = err };
    bool ok = blob_store_sweep(store->blobs, err) && blob_list(store->blobs, reseal_file, &files, err) && !files.failed;
    *ret_n = files.changed;
    return ok;
}

static void say(const char *what, int64_t n)
{
    printf("  %s %" G_GINT64_FORMAT "\n", what, n);
    fflush(stdout);
}

bool key_reseal(const Args *args, GError **err)
{
    g_autoptr(Store) store = store_open(args, STORE_TAKE, err);
    int64_t n = 0;
    char fingerprint[KEY_FINGERPRINT_MAX];
    if (!store)
        return false;
    uint32_t newest = key_ring_newest(store->keys);
    printf("sealing anew with key %u, %s\n", newest, key_ring_fingerprint(store->keys, newest, fingerprint));
    if (!second_reseal(store->db, store->keys, &n, err))
        return false;
    say("second factors", n);
    if (!hub_reseal_rejects(store->db, store->keys, &n, err))
        return false;
    say("rejected rows ", n);
    if (!hub_reseal_vault(store->db, store->keys, &n, err))
        return false;
    say("vault values  ", n);
    if (!reseal_files(store, &n, err))
        return false;
    say("files         ", n);
    printf("key %u seals all that is sealed. The first key stays needed: persons, records and recovery codes are found by it, and anchors are proven by the keys of their time\n", newest);
    return true;
}
