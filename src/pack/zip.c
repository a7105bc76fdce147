/* A folder of packs as one file, on its way to a store. */
#include "base/limits.h"
#include "base/package.h"
#include "pack/load.h"

#include "base/banned.h"

bool pack_files_zip(const PackFiles *files, GString *out, GError **err)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(files);
    g_autofree PackageEntry *entries = g_new0(PackageEntry, sorted->len);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < sorted->len; i++) {
        const PackFile *file = sorted->pdata[i];
        g_ptr_array_add(names, str_dup(file->path));
        entries[i] = (PackageEntry) { g_ptr_array_index(names, i), file->bytes };
    }
    return package_write(entries, sorted->len, out, err);
}

/* What a folder of packs would be read for; the rest of a zip (folders, hidden files, notes) is left out. */
static bool is_wanted(Str path)
{
    bool hidden = path.n == 0 || path.p[0] == '.' || str_has(path, STR("/.")) || str_has(path, STR(".."));
    return !hidden && pack_file_limit(path) > 0;
}

PackFiles *pack_files_unzip(Str bytes, GError **err)
{
    g_autoptr(Package) package = package_open(bytes, err);
    g_autoptr(PackFiles) files = pack_files_new();
    size_t total = 0, n = 0;
    for (size_t i = 0; package && i < package_count(package); i++) {
        g_autoptr(Arena) arena = arena_new();
        Str path = str_from(package_name(package, i)), part;
        size_t limit = pack_file_limit(path);
        if (!is_wanted(path))
            continue;
        if (!package_part(package, package_name(package, i), limit, arena, &part, err))
            return NULL;
        total += part.n;
        if (++n > LIMIT_PACK_FILES || total > LIMIT_PACK_BYTES) {
            error_set(err, BH_TOO_LARGE, "the file holds more than %d files or %d MB of packs", LIMIT_PACK_FILES, LIMIT_PACK_BYTES / (1024 * 1024));
            return NULL;
        }
        pack_files_add(files, path, part);
    }
    return package ? g_steal_pointer(&files) : NULL;
}
