#include "cmd/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

#include "base/banned.h"

enum { COPY_BYTES = 256 * 1024 };

static const char manifest_name[] = "manifest.json";

const char *backup_database(DbEngine engine)
{
    return engine == DB_SQLITE ? "bihuan.db" : "bihuan.dump";
}

/* --- Copying ----------------------------------------------------------------------------------------------------------- */

/* `to` < 0: only read. */
static bool copy_bytes(int from, int to, Hash *ret_hash, int64_t *ret_size, GError **err)
{
    g_autoptr(Digest) digest = digest_new(DIGEST_SHA256);
    g_autofree char *piece = g_malloc(COPY_BYTES);
    int64_t size = 0;
    for (ssize_t n; (n = file_read_some(from, piece, COPY_BYTES, err)) != 0; size += n) {
        Str bytes = { piece, n < 0 ? 0 : (size_t) n };
        if (n < 0 || (to >= 0 && !file_write_all(to, bytes, err)))
            return false;
        digest_update(digest, bytes);
    }
    *ret_hash = digest_final(digest);
    *ret_size = size;
    return true;
}

bool backup_copy(const char *from, const char *to, Hash *ret_hash, int64_t *ret_size, GError **err)
{
    g_autofree char *folder = g_path_get_dirname(to);
    AUTO_FD in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return error_set_errno(err, errno, "cannot open %s", from);
    g_autoptr(AtomicFile) out = file_make_dir(folder, err) ? atomic_file_new(folder, err) : NULL;
    return out && copy_bytes(in, atomic_file_fd(out), ret_hash, ret_size, err) && atomic_file_commit(out, to, 0600, err);
}

static bool hash_file(const char *path, Hash *ret_hash, int64_t *ret_size, GError **err)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    return copy_bytes(fd, -1, ret_hash, ret_size, err);
}

bool backup_run(const char *const *argv, GError **err)
{
    g_autofree char *program = g_find_program_in_path(argv[0]), *complaint = NULL;
    int status = 0;
    if (!program) {
        error_set(err, BH_UNAVAILABLE, "there is no program '%s'", argv[0]);
        return error_hint(err, "install PostgreSQL's client programs (Debian: postgresql-client)");
    }
    if (!g_spawn_sync(NULL, (char **) (uintptr_t) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &complaint, &status, err))
        return false;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || error_set(err, BH_UNAVAILABLE, "%s fails: %s", argv[0], g_strstrip(complaint));
}

/* --- Making ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Store *store;
    const char *dir;
    JsonWriter json;
    int64_t files, bytes;
    GError **err;
    bool failed;
} Making;

static void record(Making *making, const char *path, Hash hash, int64_t size)
{
    char hex[HASH_TEXT_MAX];
    json_begin_object(&making->json);
    json_member_cstr(&making->json, "path", path);
    json_member_cstr(&making->json, "sha256", hash_write(hash, hex));
    json_member_int(&making->json, "size", size);
    json_end_object(&making->json);
    making->files++;
    making->bytes += size;
}

static bool copy_database(Making *making, GError **err)
{
    DbEngine engine = db_engine(making->store->db);
    g_autofree char *to = g_build_filename(making->dir, backup_database(engine), NULL);
    g_autofree char *url = g_strconcat("--dbname=", config_str(making->store->config, CONFIG_STORE_URL), NULL);
    g_autofree char *file = g_strconcat("--file=", to, NULL);
    const char *const dump[] = { "pg_dump", "--format=custom", "--no-owner", "--no-privileges", url, file, NULL };
    Hash hash;
    int64_t size;
    if (!(engine == DB_SQLITE ? db_backup(making->store->db, to, err) : backup_run(dump, err)) || !hash_file(to, &hash, &size, err))
        return false;
    record(making, backup_database(engine), hash, size);
    return true;
}

static bool copy_into(Making *making, const char *path, GError **err)
{
    g_autofree char *from = g_build_filename(store_data(making->store), path, NULL);
    g_autofree char *to = g_build_filename(making->dir, path, NULL);
    Hash hash;
    int64_t size;
    if (!backup_copy(from, to, &hash, &size, err))
        return false;
    record(making, path, hash, size);
    return true;
}

/* A blob that is taken away between the listing and the copying was named by nothing. */
static bool copy_blob(void *data, BlobId id, uint64_t stored_bytes, const char *stray)
{
    Making *making = data;
    char hex[HASH_TEXT_MAX];
    (void) stored_bytes;
    if (stray)
        return true;
    hash_write(id, hex);
    g_autofree char *path = g_strdup_printf("blobs/%.2s/%s.zst", hex, hex);
    g_autoptr(GError) failure = NULL;
    if (copy_into(making, path, &failure) || (g_error_matches(failure, BH_ERROR, BH_NOT_FOUND) && !blob_exists(making->store->blobs, id)))
        return true;
    g_propagate_error(making->err, g_steal_pointer(&failure));
    making->failed = true;
    return false;
}

static bool copy_anchors(Making *making, GError **err)
{
    g_autofree char *folder = g_build_filename(store_data(making->store), "anchors", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename("anchors", name, NULL);
        if (g_str_has_suffix(name, ".jsonl") && !copy_into(making, path, err))
            return false;
    }
    return true;
}

static void write_keys(Making *making)
{
    json_key(&making->json, "keys");
    json_begin_array(&making->json);
    for (uint32_t id = 1; id <= key_ring_newest(making->store->keys); id++) {
        char text[KEY_FINGERPRINT_MAX];
        json_cstr(&making->json, key_ring_fingerprint(making->store->keys, id, text));
    }
    json_end_array(&making->json);
}

static void write_head(Making *making)
{
    char at[INSTANT_TEXT_MAX];
    const Clock *clock = making->store->clock;
    json_begin_object(&making->json);
    json_member_cstr(&making->json, "created", instant_format(clock_now_ms(clock), clock_zone_minutes(clock), at));
    json_member_cstr(&making->json, "engine", db_engine(making->store->db) == DB_SQLITE ? "sqlite" : "postgres");
    json_member_int(&making->json, "version", db_version(making->store->db));
    write_keys(making);
    json_key(&making->json, "files");
    json_begin_array(&making->json);
}

bool backup_make(Store *store, const char *dir, GError **err)
{
    g_autoptr(GString) manifest = g_string_new(NULL);
    g_autofree char *path = g_build_filename(dir, manifest_name, NULL);
    g_autofree char *parent = g_path_get_dirname(dir);
    Making making = { .store = store, .dir = dir, .err = err };
    if (!file_make_dir(parent, err))
        return false;
    if (mkdir(dir, 0700) != 0)
        return errno == EEXIST ? error_set(err, BH_CONFLICT, "%s is there already: a backup gets a folder of its own", dir)
                               : error_set_errno(err, errno, "cannot make %s", dir);
    json_writer_init(&making.json, manifest, true);
    write_head(&making);
    if (!copy_database(&making, err) || !blob_list(store->blobs, copy_blob, &making, err) || making.failed || !copy_anchors(&making, err))
        return false;
    json_end_array(&making.json);
    json_end_object(&making.json);
    g_string_append_c(manifest, '\n');
    if (!file_write_atomic(path, str_from_gstring(manifest), 0600, err) || !file_sync_dir(parent, err))
        return false;
    printf("%s: %" G_GINT64_FORMAT " files, %" G_GINT64_FORMAT " bytes\n", dir, making.files, making.bytes);
    return true;
}

/* --- Checking ---------------------------------------------------------------------------------------------------------- */

/* Only what a backup holds: nothing that leads out of the folder. */
static bool is_backup_path(Str path)
{
    bool known = str_eq(path, STR("bihuan.db")) || str_eq(path, STR("bihuan.dump")) || str_starts(path, STR("blobs/")) || str_starts(path, STR("anchors/"));
    return known && !str_has(path, STR("..")) && !str_has(path, STR("//"));
}

static bool check_file(const char *dir, const struct BackupFile *file, GError **err)
{
    g_autofree char *path = g_strdup_printf("%s/" STR_FMT, dir, STR_ARG(file->path));
    char hex[HASH_TEXT_MAX];
    Hash hash;
    int64_t size;
    if (!hash_file(path, &hash, &size, err))
        return false;
    return (size == file->size && str_eq(file->sha256, str_from(hash_write(hash, hex))))
           || error_set(err, BH_BAD_INPUT, "%s is not what was backed up", path);
}

static bool read_files(const JsonValue *list, const char *dir, Arena *arena, Backup *backup, GError **err)
{
    struct BackupFile *files = ARENA_ARRAY(arena, struct BackupFile, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next) {
        struct BackupFile *file = &files[backup->n_files++];
        if (!json_get_str(value, "path", &file->path, err) || !json_get_str(value, "sha256", &file->sha256, err)
            || !json_get_int(value, "size", 0, INT64_MAX, &file->size, err))
            return false;
        if (!is_backup_path(file->path))
            return json_bad(json_get(value, "path"), err, "no backup holds '" STR_FMT "'", STR_ARG(file->path));
        if (!check_file(dir, file, err))
            return false;
    }
    backup->files = files;
    return true;
}

static bool read_keys(const JsonValue *list, Arena *arena, Backup *backup, GError **err)
{
    Str *keys = ARENA_ARRAY(arena, Str, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next)
        if (!json_as_str(value, &keys[backup->n_keys++], err))
            return false;
    backup->keys = keys;
    return true;
}

bool backup_check(const char *dir, Arena *arena, Backup *ret_backup, GError **err)
{
    g_autofree char *path = g_build_filename(dir, manifest_name, NULL);
    g_autoptr(GString) text = file_read(path, LIMIT_MANIFEST_BYTES, err);
    if (!text) {
        error_hint(err, "a folder without a manifest is no backup, or one that was not finished");
        return false;
    }
    const JsonValue *files, *keys, *manifest = json_parse(arena_str(arena, str_from_gstring(text)), arena, err);
    Backup backup = { .dir = dir };
    Str engine;
    if (!manifest || !json_get_str(manifest, "engine", &engine, err) || !json_get_int(manifest, "version", 1, INT32_MAX, &backup.version, err)
        || !json_get_str(manifest, "created", &backup.created, err) || !json_get_array(manifest, "keys", &keys, err)
        || !json_get_array(manifest, "files", &files, err) || !read_keys(keys, arena, &backup, err) || !read_files(files, dir, arena, &backup, err)) {
        if (!manifest)
            g_prefix_error(err, "%s: ", path);
        return false;
    }
    backup.engine = str_eq(engine, STR("postgres")) ? DB_POSTGRES : DB_SQLITE;
    *ret_backup = backup;
    return true;
}
