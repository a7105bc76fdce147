#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "pack/load.h"

#include "base/banned.h"

struct PackFiles {
    Arena *arena;
    GHashTable *by_path; /* Str → PackFile */
    size_t bytes;
};

PackFiles *pack_files_new(void)
{
    PackFiles *files = g_new0(PackFiles, 1);
    files->arena = arena_new();
    files->by_path = g_hash_table_new(str_hash, str_equal);
    return files;
}

void pack_files_free(PackFiles *files)
{
    if (!files)
        return;
    g_hash_table_unref(files->by_path);
    arena_free(files->arena);
    g_free(files);
}

void pack_files_add(PackFiles *files, Str path, Str bytes)
{
    static const Str mark = STR_INIT("\xEF\xBB\xBF");
    PackFile *file = ARENA_NEW(files->arena, PackFile);
    file->path = arena_str(files->arena, path);
    file->bytes = arena_str(files->arena, str_starts(bytes, mark) ? str_from_at(bytes, mark.n) : bytes);
    files->bytes += bytes.n;
    g_hash_table_replace(files->by_path, &file->path, file);
}

const PackFile *pack_files_find(const PackFiles *files, Str path)
{
    return g_hash_table_lookup(files->by_path, &path);
}

static int by_path(gconstpointer a, gconstpointer b)
{
    return str_cmp((*(PackFile *const *) a)->path, (*(PackFile *const *) b)->path);
}

GPtrArray *pack_files_sorted(const PackFiles *files)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer file;
    g_hash_table_iter_init(&iter, files->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &file))
        g_ptr_array_add(list, file);
    g_ptr_array_sort(list, by_path);
    return list;
}

void pack_files_take(PackFiles *files, const PackFiles *from, Str folder)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(from);
    for (guint i = 0; i < sorted->len; i++) {
        const PackFile *file = g_ptr_array_index(sorted, i);
        if (str_starts(file->path, folder))
            pack_files_add(files, file->path, file->bytes);
    }
}

/* --- From a folder ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *ending;
    size_t limit;
} kinds[] = { { ".yaml", LIMIT_PACK_YAML_BYTES }, { ".csv", LIMIT_PACK_CSV_BYTES }, { ".ndjson", LIMIT_PACK_CSV_BYTES }, { ".hl7", LIMIT_PACK_CSV_BYTES } };

size_t pack_file_limit(Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (str_ends(name, str_from(kinds[i].ending)))
            return kinds[i].limit;
    return 0;
}

static bool read_file(PackFiles *files, const char *path, const char *below, size_t limit, GError **err)
{
    g_autoptr(GString) content = file_read(path, limit, err);
    if (!content)
        return false;
    if (g_hash_table_size(files->by_path) >= LIMIT_PACK_FILES || files->bytes + content->len > LIMIT_PACK_BYTES)
        return error_set(err, BH_TOO_LARGE, "the folder holds more than %d files or %d MB of packs", LIMIT_PACK_FILES, LIMIT_PACK_BYTES / (1024 * 1024));
    pack_files_add(files, str_from(below), str_from_gstring(content));
    return true;
}

/* Links are followed to files only: a folder that is one may lead in a circle. */
static bool read_folder(PackFiles *files, const char *dir, const char *below, int depth, GError **err)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    if (!entries)
        return error_set_errno(err, errno, "cannot read the folder '%s'", dir);
    for (const char *name; (name = g_dir_read_name(entries));) {
        g_autofree char *path = g_build_filename(dir, name, NULL), *there = g_strconcat(below, name, NULL), *folder = g_strconcat(there, "/", NULL);
        struct stat st;
        if (name[0] == '.' || lstat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < (str_starts(str_from(there), STR("local/")) ? 3 : 2) && !read_folder(files, path, folder, depth + 1, err))
            return false;
        size_t limit = pack_file_limit(str_from(name));
        if (limit > 0 && g_file_test(path, G_FILE_TEST_IS_REGULAR) && !read_file(files, path, there, limit, err))
            return false;
    }
    return true;
}

PackFiles *pack_files_read(const char *dir, GError **err)
{
    g_autoptr(PackFiles) files = pack_files_new();
    return read_folder(files, dir, "", 0, err) ? g_steal_pointer(&files) : NULL;
}
