/* bihuan backup, restore, upgrade. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/backup.h"

#include "base/banned.h"

const Option backup_options[] = { STORE_OPTIONS, { NULL, NULL, NULL } };

const Option restore_options[] = {
    STORE_OPTIONS,
    { "check", NULL, "only check that the backup is whole and that the key file fits it" },
    { NULL, NULL, NULL },
};

const Option upgrade_options[] = {
    STORE_OPTIONS,
    { "backup", "DIR", "where to back up first (default: beside the data folder, with the old version in its name)" },
    { NULL, NULL, NULL },
};

static bool one_folder(const Args *args, GError **err)
{
    return args_count(args) == 1 || error_set(err, BH_USAGE, "it needs DIR, one folder");
}

bool cmd_backup(const Args *args, GError **err)
{
    if (!one_folder(args, err))
        return false;
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    return store && backup_make(store, args_operand(args, 0), err);
}

/* --- Restoring --------------------------------------------------------------------------------------------------------- */

static bool has_key(const KeyRing *keys, Str fingerprint)
{
    for (uint32_t id = 1; id <= key_ring_newest(keys); id++) {
        char text[KEY_FINGERPRINT_MAX];
        if (str_eq(str_from(key_ring_fingerprint(keys, id, text)), fingerprint))
            return true;
    }
    return false;
}

/* Every key of that time must be there; one that was added since does no harm. */
static bool key_fits(const Backup *backup, const Config *config, GError **err)
{
    const char *path = config_str(config, CONFIG_KEY_PATH);
    g_autoptr(KeyRing) keys = key_ring_load(path, err);
    if (!keys)
        return error_hint(err, "a backup never holds the key: put the key file back to %s, or say where it is with --key-path", path);
    for (size_t i = 0; i < backup->n_keys; i++)
        if (!has_key(keys, backup->keys[i]))
            return error_set(err, BH_CONFLICT, "the key file %s lacks the key " STR_FMT " of this backup", path, STR_ARG(backup->keys[i]));
    return true;
}

/* A store is never written over. */
static bool is_free(const Config *config, const Backup *backup, GError **err)
{
    bool url = config_str(config, CONFIG_STORE_URL)[0] != '\0';
    g_autofree char *database = g_build_filename(config_str(config, CONFIG_STORE_DATA), backup_database(DB_SQLITE), NULL);
    g_autofree char *blobs = g_build_filename(config_str(config, CONFIG_STORE_DATA), "blobs", NULL);
    if (url != (backup->engine == DB_POSTGRES))
        return error_set(err, BH_CONFLICT, url ? "this is the backup of an SQLite store: restore it without a store-url"
                                               : "this is the backup of a PostgreSQL store: give an empty database with --store-url");
    if (!g_file_test(database, G_FILE_TEST_EXISTS) && !g_file_test(blobs, G_FILE_TEST_EXISTS))
        return true;
    error_set(err, BH_CONFLICT, "there is a store in %s", config_str(config, CONFIG_STORE_DATA));
    return error_hint(err, "give another folder with --data, or move that one away");
}

static bool copy_file(const Backup *backup, const Config *config, const struct BackupFile *file, GError **err)
{
    g_autofree char *from = g_strdup_printf("%s/" STR_FMT, backup->dir, STR_ARG(file->path));
    g_autofree char *to = g_strdup_printf("%s/" STR_FMT, config_str(config, CONFIG_STORE_DATA), STR_ARG(file->path));
    Hash hash;
    int64_t size;
    return backup_copy(from, to, &hash, &size, err);
}

static bool is_database(const struct BackupFile *file)
{
    return !memchr(file->path.p, '/', file->path.n);
}

/* The files first: what is there of a broken-off restore has no database, and is no store. */
static bool put_files(const Backup *backup, const Config *config, GError **err)
{
    for (size_t i = 0; i < backup->n_files; i++)
        if (!is_database(&backup->files[i]) && !copy_file(backup, config, &backup->files[i], err))
            return false;
    return true;
}

static bool put_database(const Backup *backup, const Config *config, GError **err)
{
    struct BackupFile database = { .path = str_from(backup_database(backup->engine)) };
    if (backup->engine == DB_SQLITE)
        return copy_file(backup, config, &database, err);
    g_autofree char *url = g_strconcat("--dbname=", config_str(config, CONFIG_STORE_URL), NULL);
    g_autofree char *dump = g_build_filename(backup->dir, backup_database(DB_POSTGRES), NULL);
    const char *const argv[] = { "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", url, dump, NULL };
    return backup_run(argv, err);
}

bool cmd_restore(const Args *args, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Config) config = one_folder(args, err) ? store_config(args, err) : NULL;
    Backup backup;
    if (!config || !backup_check(args_operand(args, 0), arena, &backup, err) || !key_fits(&backup, config, err))
        return false;
    printf("%zu files, as they were backed up on " STR_FMT "\n", backup.n_files, STR_ARG(backup.created));
    if (args_has(args, "check"))
        return true;
    if (!is_free(config, &backup, err) || !file_make_dir(config_str(config, CONFIG_STORE_DATA), err) || !put_files(&backup, config, err)
        || !put_database(&backup, config, err))
        return false;
    printf("restored to %s; see: bihuan doctor\n", config_str(config, CONFIG_STORE_DATA));
    return true;
}

/* --- Upgrading --------------------------------------------------------------------------------------------------------- */

static bool back_up_before(Store *store, const Args *args, GError **err)
{
    g_autofree char *usual = g_strdup_printf("%s-before-%d", store_data(store), db_version_of_program());
    const char *dir = args_value(args, "backup");
    return backup_make(store, dir ? dir : usual, err);
}

bool cmd_upgrade(const Args *args, GError **err)
{
    g_autoptr(Store) store = store_open(args, STORE_ANY, err);
    if (!store)
        return false;
    int before = db_version(store->db);
    if (before == db_version_of_program()) {
        printf("the store has this program's version %d already\n", before);
        return true;
    }
    if ((before < db_version_of_program() && !back_up_before(store, args, err)) || !db_upgrade(store->db, err))
        return false;
    printf("upgraded from version %d to %d\n", before, db_version(store->db));
    return true;
}
