/* backup.h: private to cmd: a copy of a store in a folder of its own.
 *
 * DIR/{bihuan.db or bihuan.dump, blobs/…, anchors/…, manifest.json}. The database is copied first, then the files: a file is written before it is named in the
 * database and never changes, so whatever the copy names is there, also when a server works on. The manifest is written last: a folder without it is no backup. It
 * holds the size and SHA-256 of each file, and the fingerprints of the keys with which the store can be opened; never a key. */
#pragma once

#include "cmd/store.h"

/* Makes `dir`, which must not exist. Progress on standard output. PostgreSQL is copied by pg_dump. */
bool backup_make(Store *store, const char *dir, GError **err);

typedef struct {
    const char *dir;
    DbEngine engine;
    int64_t version;       /* of the store */
    Str created;
    const Str *keys;       /* fingerprints; any of them, as the ring may have been rotated since */
    size_t n_keys;
    const struct BackupFile {
        Str path; /* below dir */
        Str sha256;
        int64_t size;
    } *files;
    size_t n_files;
} Backup;

/* Reads the manifest and holds every file against it; BH_BAD_INPUT names the first that differs. */
bool backup_check(const char *dir, Arena *arena, Backup *ret_backup, GError **err);

/* The file in which a backup holds the database. */
const char *backup_database(DbEngine engine);

/* Copies one file, synced; its SHA-256 and size as they were read. Makes the folders above it. */
bool backup_copy(const char *from, const char *to, Hash *ret_hash, int64_t *ret_size, GError **err);

/* Runs pg_dump or pg_restore. BH_UNAVAILABLE where there is none. */
bool backup_run(const char *const *argv, GError **err);
