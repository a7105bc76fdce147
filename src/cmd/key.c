/* bihuan key: the key file, which lies outside the data folder and outside every backup of it. */
#include <stdio.h>

#include "cmd/store.h"

#include "base/banned.h"

const Option key_options[] = {
    STORE_OPTIONS,
    { NULL, NULL, NULL },
};

static bool show(const char *path, GError **err)
{
    g_autoptr(KeyRing) keys = key_ring_load(path, err);
    if (!keys)
        return false;
    uint32_t newest = key_ring_newest(keys);
    for (uint32_t id = 1; id <= newest; id++) {
        char fingerprint[KEY_FINGERPRINT_MAX];
        printf("%u  %s%s\n", id, key_ring_fingerprint(keys, id, fingerprint), id == newest ? "  (writes)" : "");
    }
    return true;
}

static bool create(const char *path, Date today, GError **err)
{
    if (!key_file_create(path, today, err))
        return false;
    printf("made %s; without it nothing in the store's blobs can be read: keep a copy apart from the backups\n", path);
    return show(path, err);
}

static bool rotate(const char *path, Date today, GError **err)
{
    if (!key_file_rotate(path, today, err))
        return false;
    printf("added a key to %s; a running server takes it at its next start: keep a copy of the file. `bihuan key reseal` seals what is there with it\n", path);
    return show(path, err);
}

bool cmd_key(const Args *args, GError **err)
{
    g_autoptr(Config) config = store_config(args, err);
    if (!config)
        return false;
    g_autoptr(Clock) clock = clock_new_system((int) config_int(config, CONFIG_STORE_ZONE_MINUTES));
    const char *path = config_str(config, CONFIG_KEY_PATH), *verb = args_count(args) == 1 ? args_operand(args, 0) : "";
    if (g_str_equal(verb, "show"))
        return show(path, err);
    if (g_str_equal(verb, "create"))
        return create(path, clock_today(clock), err);
    if (g_str_equal(verb, "rotate"))
        return rotate(path, clock_today(clock), err);
    if (g_str_equal(verb, "reseal"))
        return key_reseal(args, err);
    return error_set(err, BH_USAGE, "create, show, rotate or reseal is expected");
}
