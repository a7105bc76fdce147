#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "base/package.h"

#include "base/banned.h"

enum { MOST_RATIO = 250, RATIO_MATTERS_BYTES = 4 * 1024 * 1024, MOST_ENTRIES = 20000 };

struct Package {
    zip_t *zip; /* or */
    const PackageEntry *entries;
    size_t n_entries;
};

bool package_is(Str bytes)
{
    return str_starts(bytes, STR("PK\x03\x04"));
}

bool package_is_ole(Str bytes)
{
    return str_starts(bytes, STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"));
}

/* Streams are named in UTF-16, each in a place of the directory of its own, which may lie anywhere. */
#define ENCRYPTED_STREAM "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e"
#define WORD_STREAM "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t"

PackageOle package_ole(Str bytes)
{
    if (str_has(bytes, STR(ENCRYPTED_STREAM)))
        return PACKAGE_OLE_ENCRYPTED;
    return str_has(bytes, STR(WORD_STREAM)) ? PACKAGE_OLE_DOC : PACKAGE_OLE_OTHER;
}

PackageOle package_ole_fd(int fd)
{
    enum { PIECE = 64 * 1024, OVERLAP = sizeof ENCRYPTED_STREAM };
    g_autofree char *piece = g_malloc(PIECE);
    PackageOle found = PACKAGE_OLE_OTHER;
    ssize_t got;
    for (off_t at = 0; found == PACKAGE_OLE_OTHER && (got = pread(fd, piece, PIECE, at)) > OVERLAP; at += got - OVERLAP)
        found = package_ole((Str) { piece, (size_t) got });
    return found;
}

static bool not_a_document(GError **err, const char *why)
{
    error_set(err, BH_BAD_INPUT, "the file is no document: %s", why);
    return error_detail(err, "not-a-document");
}

static Package *open_source(zip_source_t *source, GError **err)
{
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;
    if (zip && zip_get_num_entries(zip, 0) <= MOST_ENTRIES) {
        Package *package = g_new0(Package, 1);
        package->zip = zip;
        return package;
    }
    if (zip)
        zip_discard(zip);
    else if (source)
        zip_source_free(source);
    not_a_document(err, "its zip is damaged");
    return NULL;
}

Package *package_open(Str bytes, GError **err)
{
    return open_source(zip_source_buffer_create(bytes.p, bytes.n, 0, NULL), err);
}

Package *package_open_fd(int fd, GError **err)
{
    int own = dup(fd);
    FILE *file = own >= 0 ? fdopen(own, "rb") : NULL;
    if (!file) {
        error_set_errno(err, errno, "cannot read the file");
        file_close(&own);
        return NULL;
    }
    zip_source_t *source = zip_source_filep_create(file, 0, -1, NULL); /* closes it */
    if (!source)
        fclose(file);
    return open_source(source, err);
}

Package *package_of(const PackageEntry *entries, size_t n)
{
    Package *package = g_new0(Package, 1);
    package->entries = entries;
    package->n_entries = n;
    return package;
}

void package_close(Package *package)
{
    if (!package)
        return;
    if (package->zip)
        zip_discard(package->zip);
    g_free(package);
}

static const PackageEntry *entry_of(const Package *package, const char *name)
{
    for (size_t i = 0; i < package->n_entries; i++)
        if (g_str_equal(package->entries[i].name, name))
            return &package->entries[i];
    return NULL;
}

bool package_has(const Package *package, const char *name)
{
    return package->zip ? zip_name_locate(package->zip, name, 0) >= 0 : entry_of(package, name) != NULL;
}

/* --- A part as it is unpacked ------------------------------------------------------------------------------------------ */

typedef struct {
    zip_file_t *file;
    uint64_t packed, unpacked;
    size_t limit;
} Part;

static void part_close(Part *part)
{
    if (part->file)
        zip_fclose(part->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_close)

static bool too_large(const Part *part, GError **err)
{
    error_set(err, BH_TOO_LARGE, "a part of the document unpacks to more than %zu bytes, or %d times its size", part->limit, MOST_RATIO);
    return error_detail(err, "too-large");
}

static bool part_open(Package *package, const char *name, size_t limit, Part *ret_part, GError **err)
{
    zip_stat_t stat;
    *ret_part = (Part) { .limit = limit };
    if (!package->zip || zip_stat(package->zip, name, 0, &stat) != 0)
        return not_a_document(err, "a part is missing");
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE) {
        error_set(err, BH_BAD_INPUT, "the document is encrypted");
        return error_detail(err, "encrypted");
    }
    if ((stat.valid & ZIP_STAT_SIZE) && stat.size > limit)
        return too_large(ret_part, err);
    ret_part->packed = stat.comp_size;
    ret_part->file = zip_fopen(package->zip, name, 0);
    return ret_part->file || not_a_document(err, "its zip is damaged");
}

/* What the entry says of its size may be wrong: the limit holds for what really comes. */
static ssize_t part_read(void *data, char *buffer, size_t n, GError **err)
{
    Part *part = data;
    zip_int64_t got = zip_fread(part->file, buffer, n);
    if (got < 0) {
        not_a_document(err, "its zip is damaged");
        return -1;
    }
    part->unpacked += (uint64_t) got;
    bool bomb = part->unpacked > RATIO_MATTERS_BYTES && part->unpacked / MOST_RATIO > part->packed;
    if (part->unpacked <= part->limit && !bomb)
        return (ssize_t) got;
    too_large(part, err);
    return -1;
}

bool package_part(Package *package, const char *name, size_t limit, Arena *arena, Str *ret_part, GError **err)
{
    enum { PIECE = 256 * 1024 };
    if (!package_has(package, name) || !package->zip) {
        const PackageEntry *entry = entry_of(package, name);
        *ret_part = entry ? arena_str(arena, entry->content) : STR_NONE;
        return true;
    }
    g_auto(Part) part = { 0 };
    if (!part_open(package, name, limit, &part, err))
        return false;
    g_autoptr(GString) content = g_string_new(NULL);
    g_autofree char *piece = g_malloc(PIECE);
    ssize_t n;
    while ((n = part_read(&part, piece, PIECE, err)) > 0)
        g_string_append_len(content, piece, n);
    if (n < 0)
        return false;
    *ret_part = arena_str(arena, str_from_gstring(content));
    return true;
}

struct PackagePart {
    Part part;
    Str rest; /* of a part in memory */
};

PackagePart *package_part_open(Package *package, const char *name, size_t limit, GError **err)
{
    g_autoptr(PackagePart) part = g_new0(PackagePart, 1);
    const PackageEntry *entry = entry_of(package, name);
    if (entry)
        part->rest = entry->content;
    else if (!part_open(package, name, limit, &part->part, err))
        return NULL;
    return g_steal_pointer(&part);
}

void package_part_close(PackagePart *part)
{
    if (!part)
        return;
    part_close(&part->part);
    g_free(part);
}

ssize_t package_part_read(PackagePart *part, char *buffer, size_t n, GError **err)
{
    if (part->part.file)
        return part_read(&part->part, buffer, n, err);
    size_t taken = MIN(n, part->rest.n);
    if (taken > 0)
        memcpy(buffer, part->rest.p, taken);
    part->rest = str_from_at(part->rest, taken);
    return (ssize_t) taken;
}

bool package_xml(Package *package, const char *name, size_t limit, const XmlHandler *handler, void *data, GError **err)
{
    const PackageEntry *entry = entry_of(package, name);
    if (entry)
        return xml_parse(entry->content, handler, data, err);
    g_auto(Part) part = { 0 };
    return part_open(package, name, limit, &part, err) && xml_read((XmlSource) { part_read, &part }, handler, data, err);
}

/* --- Writing --------------------------------------------------------------------------------------------------------------- */

size_t package_count(const Package *package)
{
    return package->zip ? (size_t) zip_get_num_entries(package->zip, 0) : package->n_entries;
}

const char *package_name(const Package *package, size_t index)
{
    return package->zip ? zip_get_name(package->zip, index, 0) : package->entries[index].name;
}

static bool add_entry(zip_t *zip, const PackageEntry *entry)
{
    enum { FIRST_ZIP_DAY = 315532800 /* 1980-01-01, the first that a zip knows */ };
    zip_source_t *source = zip_source_buffer(zip, entry->content.p, entry->content.n, 0);
    zip_int64_t index = source ? zip_file_add(zip, entry->name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (source && index < 0)
        zip_source_free(source);
    return index >= 0 && zip_file_set_mtime(zip, (zip_uint64_t) index, FIRST_ZIP_DAY, 0) == 0
           && zip_set_file_compression(zip, (zip_uint64_t) index, ZIP_CM_DEFLATE, entry->level > 0 ? (zip_uint32_t) entry->level : 9) == 0;
}

static bool read_back(zip_source_t *whole, GString *out)
{
    enum { PIECE = 64 * 1024 };
    g_autofree char *piece = g_malloc(PIECE);
    if (zip_source_open(whole) != 0)
        return false;
    zip_int64_t n;
    while ((n = zip_source_read(whole, piece, PIECE)) > 0)
        g_string_append_len(out, piece, n);
    zip_source_close(whole);
    return n == 0;
}

static bool write_all(zip_source_t *whole, const PackageEntry *entries, size_t n)
{
    zip_t *zip = zip_open_from_source(whole, ZIP_TRUNCATE, NULL);
    bool added = zip != NULL;
    for (size_t i = 0; i < n && added; i++)
        added = add_entry(zip, &entries[i]);
    if (zip && (!added || zip_close(zip) != 0)) {
        zip_discard(zip);
        return false;
    }
    return added;
}

bool package_write(const PackageEntry *entries, size_t n, GString *out, GError **err)
{
    zip_source_t *whole = zip_source_buffer_create(NULL, 0, 0, NULL);
    if (!whole)
        return error_set(err, BH_INTERNAL, "cannot make a zip");
    zip_source_keep(whole);
    bool written = write_all(whole, entries, n) && read_back(whole, out);
    zip_source_free(whole);
    return written || error_set(err, BH_INTERNAL, "cannot make a zip");
}
