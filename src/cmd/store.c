#include "cmd/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "db/queries.h"
#include "expr/expr.h"

#include "base/banned.h"

/* --- Configuration ---------------------------------------------------------------------------------------------------- */

/* Options of commands that are settings. */
static const struct {
    const char *option, *setting;
} flags[] = {
    { "data", "store-data" },     { "store-url", "store-url" },         { "key-path", "key-path" },       { "listen", "server-listen" },
    { "port", "server-port" },    { "behind-proxy", "server-behind-proxy" }, { "tls-certificate", "server-tls-certificate" },
    { "tls-key", "server-tls-key" }, { "log-level", "log-level" },      { "log-path", "log-path" },
};

Config *store_config(const Args *args, GError **err)
{
    g_autoptr(Config) config = config_load(args_value(args, "config"), err);
    if (!config)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        const char *value = args_takes(args, flags[i].option) ? args_value(args, flags[i].option) : NULL;
        if (value && !config_set(config, flags[i].setting, value, err))
            return NULL;
    }
    return g_steal_pointer(&config);
}

char *store_socket(const Config *config)
{
    return g_build_filename(config_str(config, CONFIG_STORE_DATA), "bihuan.sock", NULL);
}

const char *store_data(const Store *store)
{
    return config_str(store->config, CONFIG_STORE_DATA);
}

/* --- Opening -------------------------------------------------------------------------------------------------------------- */

static bool reads_only(StoreMode mode)
{
    return mode == STORE_READ || mode == STORE_LOOK;
}

static char *database_path(const Store *store)
{
    return g_build_filename(store_data(store), "bihuan.db", NULL);
}

/* Only serve, demo and restore make a store: a command with a wrong --data must not. */
static bool must_be_there(const Store *store, GError **err)
{
    g_autofree char *path = database_path(store);
    bool url = config_str(store->config, CONFIG_STORE_URL)[0] != '\0';
    if (g_file_test(url ? store_data(store) : path, G_FILE_TEST_EXISTS))
        return true;
    error_set(err, BH_NOT_FOUND, "there is no store in %s", store_data(store));
    return error_hint(err, "give its place with --data or in the configuration; bihuan serve makes a new one, bihuan demo the sample city");
}

/* DATA/lock, held as long as the process lives. */
static bool take_lock(Store *store, GError **err)
{
    g_autofree char *path = g_build_filename(store_data(store), "lock", NULL);
    if (g_mkdir_with_parents(store_data(store), 0700) != 0)
        return error_set_errno(err, errno, "cannot make the folder %s", store_data(store));
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    error_set(err, BH_UNAVAILABLE, "another process holds the store in %s", store_data(store));
    return error_hint(err, "a server that holds it answers other commands on %s/bihuan.sock; this one must wait until it has ended", store_data(store));
}

/* The first start makes a key. A store without its key is not opened: a new one would not fit what is there. */
static bool load_keys(Store *store, StoreMode mode, GError **err)
{
    const char *path = config_str(store->config, CONFIG_KEY_PATH);
    g_autofree char *blobs = g_build_filename(store_data(store), "blobs", NULL); /* there with either engine, from the first start on */
    bool first = mode == STORE_OWN && !g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(blobs, G_FILE_TEST_EXISTS);
    if (first && !key_file_create(path, clock_today(store->clock), err))
        return false;
    store->keys = key_ring_load(path, err);
    if (!store->keys && err && g_error_matches(*err, BH_ERROR, BH_NOT_FOUND))
        error_hint(err, "the store in %s was made with a key file; give its place with --key-path or in the configuration", store_data(store));
    return store->keys != NULL;
}

static bool open_log(Store *store, StoreMode mode, GError **err)
{
    const char *path = config_str(store->config, CONFIG_LOG_PATH);
    LogLevel level = LOG_LEVEL_INFO;
    bool quiet = mode != STORE_OWN && !path[0];
    log_level_parse(str_from(config_str(store->config, CONFIG_LOG_LEVEL)), &level);
    store->log_fd = path[0] ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (path[0] && store->log_fd < 0)
        return error_set_errno(err, errno, "cannot open the log %s", path);
    store->log = log_new(path[0] ? store->log_fd : STDERR_FILENO, quiet ? LOG_LEVEL_ERROR : level, store->clock);
    return true;
}

static bool open_database(Store *store, StoreMode mode, GError **err)
{
    const char *url = config_str(store->config, CONFIG_STORE_URL);
    g_autofree char *path = database_path(store);
    DbOptions options = {
        .url = url[0] ? url : NULL,
        .path = path,
        .readers = config_workers(store->config) + 4, /* one a worker, and those of the jobs */
        .read_only = reads_only(mode),
        .any_version = mode == STORE_ANY || mode == STORE_LOOK,
        .functions = expr_db_functions,
    };
    store->db = db_open(&options, err);
    return store->db && (reads_only(mode) || db_own(store->db, err));
}

static bool put_fingerprint(DbConn *tx, void *data, GError **err)
{
    return db_exec(tx, SettingPut, NULL, err, .name = STR("key_fingerprint"), .value = str_from(data));
}

static bool stored_fingerprint(Store *store, Arena *arena, Str *ret_fingerprint, GError **err)
{
    SettingGetRow row;
    bool found;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !db_one(conn, SettingGet, arena, &row, &found, err, .name = STR("key_fingerprint")))
        return false;
    *ret_fingerprint = found ? row.value : STR_NONE;
    return true;
}

/* A store remembers its first key: under another one it would serve pages whose files nobody can open, and seal new ones with a key that is not its
 * own. The first key stays in the file when keys are rotated. */
static bool check_key(Store *store, StoreMode mode, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    char present[KEY_FINGERPRINT_MAX];
    Str stored;
    key_ring_fingerprint(store->keys, 1, present);
    if (!stored_fingerprint(store, arena, &stored, err))
        return false;
    if (!stored.p)
        return mode != STORE_OWN || db_write(store->db, DB_INTERACTIVE, put_fingerprint, present, err);
    if (str_eq(stored, str_from(present)))
        return true;
    error_set(err, BH_CONFLICT, "the key in %s is not this store's: its fingerprint is %s, not " STR_FMT, config_str(store->config, CONFIG_KEY_PATH), present,
              STR_ARG(stored));
    return error_hint(err, "give the place of the store's own key file with --key-path or in the configuration");
}

/* "ID FINGERPRINT" of the key that seals. */
static Str newest_key(const Store *store, Arena *arena)
{
    char fingerprint[KEY_FINGERPRINT_MAX];
    uint32_t newest = key_ring_newest(store->keys);
    return arena_printf(arena, "%u %s", newest, key_ring_fingerprint(store->keys, newest, fingerprint));
}

static bool put_newest(DbConn *tx, void *data, GError **err)
{
    return db_exec(tx, SettingPut, NULL, err, .name = STR("key_newest"), .value = *(const Str *) data);
}

static bool has_key(const Store *store, Str stored)
{
    char fingerprint[KEY_FINGERPRINT_MAX];
    Str rest = stored, number = str_cut(&rest, ' ');
    int64_t id;
    return str_to_int64(number, &id) && id >= 1 && id <= key_ring_newest(store->keys) && str_eq(rest, str_from(key_ring_fingerprint(store->keys, (uint32_t) id, fingerprint)));
}

/* The newest key that ever sealed in this store is in the file: an old copy of the file, from before a rotation, would open some and not all. */
static bool check_newest_key(Store *store, StoreMode mode, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str present = newest_key(store, arena), stored;
    SettingGetRow row;
    bool found;
    {
        g_autoptr(DbConn) conn = db_reader(store->db, err);
        if (!conn || !db_one(conn, SettingGet, arena, &row, &found, err, .name = STR("key_newest")))
            return false;
        stored = found ? row.value : STR_NONE;
    }
    if (stored.p && !has_key(store, stored)) {
        error_set(err, BH_CONFLICT, "%s lacks the key that sealed last in this store: " STR_FMT, config_str(store->config, CONFIG_KEY_PATH), STR_ARG(stored));
        return error_hint(err, "give the place of a key file made after the last rotation");
    }
    bool writes = mode == STORE_OWN || mode == STORE_TAKE;
    return !writes || (stored.p && str_eq(stored, present)) || db_write(store->db, DB_INTERACTIVE, put_newest, &present, err);
}

/* A store that has a clock of its own says so in its settings. */
static bool load_clock(Store *store, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    SettingGetRow row;
    int64_t now_ms;
    if (!conn || !db_one(conn, SettingGet, arena, &row, &store->demo, err, .name = STR("demo_clock_ms")))
        return false;
    if (!store->demo)
        return true;
    if (!str_to_int64(row.value, &now_ms))
        return error_set(err, BH_INTERNAL, "the store's clock is '" STR_FMT "'", STR_ARG(row.value));
    int zone = clock_zone_minutes(store->clock);
    clock_free(store->clock);
    store->clock = clock_new_manual(now_ms, zone);
    return true;
}

Store *store_open(const Args *args, StoreMode mode, GError **err)
{
    g_autoptr(Store) store = g_new0(Store, 1);
    store->lock = store->log_fd = -1;
    store->config = store_config(args, err);
    if (!store->config)
        return NULL;
    store->clock = clock_new_system((int) config_int(store->config, CONFIG_STORE_ZONE_MINUTES));
    if ((mode != STORE_OWN && !must_be_there(store, err)) || (!reads_only(mode) && !take_lock(store, err)) || !load_keys(store, mode, err)
        || !open_database(store, mode, err) || (mode != STORE_ANY && (!check_key(store, mode, err) || !check_newest_key(store, mode, err))) || !load_clock(store, err)
        || !open_log(store, mode, err))
        return NULL;
    store->blobs = blob_store_open(store_data(store), store->keys, err);
    if (!store->blobs || (!reads_only(mode) && !blob_store_sweep(store->blobs, err)))
        return NULL;
    return g_steal_pointer(&store);
}

void store_close(Store *store)
{
    if (!store)
        return;
    blob_store_free(store->blobs);
    db_close(store->db);
    log_free(store->log);
    key_ring_free(store->keys);
    clock_free(store->clock);
    config_free(store->config);
    if (store->log_fd >= 0)
        close(store->log_fd);
    if (store->lock >= 0)
        close(store->lock);
    g_free(store);
}

/* --- A demo's clock ------------------------------------------------------------------------------------------------------- */

static bool put_clock(DbConn *tx, void *data, GError **err)
{
    const int64_t *now_ms = data;
    char text[32];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, *now_ms);
    return db_exec(tx, SettingPut, NULL, err, .name = STR("demo_clock_ms"), .value = str_from(text));
}

bool store_make_demo(Store *store, int64_t start_ms, GError **err)
{
    if (!db_write(store->db, DB_INTERACTIVE, put_clock, &start_ms, err))
        return false;
    int zone = clock_zone_minutes(store->clock);
    log_free(store->log);
    store->log = NULL;
    clock_free(store->clock);
    store->clock = clock_new_manual(start_ms, zone);
    store->demo = true;
    return open_log(store, STORE_OWN, err);
}

bool store_set_clock(Store *store, int64_t now_ms, GError **err)
{
    if (!store->demo) {
        error_set(err, BH_CONFLICT, "a live store goes by the system's clock");
        return error_hint(err, "only the store of a demo can be advanced");
    }
    if (!db_write(store->db, DB_INTERACTIVE, put_clock, &now_ms, err))
        return false;
    clock_set(store->clock, now_ms);
    return true;
}
