/* package.h: the parts of an office file (DOCX, XLSX): a zip that comes from outside. A part is unpacked against a limit and against its packed size:
 * office programs pack no better than 1 to some tens, zip bombs better than 1 to 1000. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/xml.h"

typedef struct Package Package;

bool package_is(Str bytes);                /* any zip */
bool package_is_ole(Str bytes);            /* the binary form before: .doc, .xls, or an encrypted file of today */

/* What such a file of the binary form holds, told by the names of its streams. */
typedef enum { PACKAGE_OLE_OTHER /* .xls among them */, PACKAGE_OLE_ENCRYPTED /* a file of today behind a password */, PACKAGE_OLE_DOC } PackageOle;
PackageOle package_ole(Str bytes);
PackageOle package_ole_fd(int fd); /* of a regular file, wherever it stands */

/* `bytes` outlive the package. BH_BAD_INPUT "not-a-document": the zip is damaged. */
Package *package_open(Str bytes, GError **err);
/* Of a regular file, which is read while parts are; it stays the caller's to close. One package of a file at a time. */
Package *package_open_fd(int fd, GError **err);
/* The names of all parts, in the order of the zip. */
size_t package_count(const Package *package);
const char *package_name(const Package *package, size_t index);

/* A zip of these parts, packed; the same parts give the same bytes. */
typedef struct PackageEntry PackageEntry;
bool package_write(const PackageEntry *entries, size_t n, GString *out, GError **err);

/* A package of parts that are there already, for tests and for the fuzzer, which finds no way into a zip. They outlive the package. */
struct PackageEntry {
    const char *name;
    Str content;
    int level; /* of packing, when written: 1 fast to 9 small; 0: 9 */
};
Package *package_of(const PackageEntry *entries, size_t n);
void package_close(Package *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Package, package_close)

bool package_has(const Package *package, const char *name);

/* A whole part into the arena; STR_NONE where there is none of that name. BH_TOO_LARGE "too-large": over `limit`, or a bomb; BH_BAD_INPUT "encrypted",
 * "not-a-document". */
bool package_part(Package *package, const char *name, size_t limit, Arena *arena, Str *ret_part, GError **err);

/* The same for a caller who reads on when he wants to; bytes up to `limit`, 0 at the end. The part must be there. Closed before the package. */
typedef struct PackagePart PackagePart;
PackagePart *package_part_open(Package *package, const char *name, size_t limit, GError **err);
ssize_t package_part_read(PackagePart *part, char *buffer, size_t n, GError **err);
void package_part_close(PackagePart *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackagePart, package_part_close)

/* The same piece by piece, as XML. The part must be there. */
bool package_xml(Package *package, const char *name, size_t limit, const XmlHandler *handler, void *data, GError **err);
