/* file.h: files read with a limit and written so that a crash leaves the old or the new, never half. Messages name the
 * path, where there is one. A full disk is BH_FULL, a missing file BH_NOT_FOUND, other failures of the system BH_INTERNAL. */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* Closes it unless it is negative, and makes it -1. AUTO_FD fd = open(...): closed on every way out. */
void file_close(int *fd);
#define AUTO_FD __attribute__((cleanup(file_close))) int

/* The whole of a file, a NUL behind it; NULL and err where it cannot be read, is a folder, or holds more than `limit`
 * bytes (BH_TOO_LARGE, found without reading more). */
GString *file_read(const char *path, size_t limit, GError **err);

/* The same of what is open already, up to its end; `name` is what messages call it. */
GString *file_read_fd(int fd, const char *name, size_t limit, GError **err);
GString *file_read_stdin(size_t limit, GError **err);

/* Up to `size` bytes of what is open, less only at the end; -1 and err on failure. */
ssize_t file_read_some(int fd, void *buffer, size_t size, GError **err);

/* Writes all of it, however many calls that takes. */
bool file_write_all(int fd, Str content, GError **err);

/* Replaces a file, or makes it, in one step: written beside it, synced, renamed, its folder synced. When this returns
 * true the content survives a crash of the machine; when false the old file is as it was. */
bool file_write_atomic(const char *path, Str content, mode_t mode, GError **err);

/* Appends and syncs; the file is made with mode 0600 where it is missing. What could be written only in part is cut off
 * again. One writer at a time. */
bool file_append_sync(const char *path, Str content, GError **err);

/* Makes a folder and those above it, mode 0700; one that exists is left alone. */
bool file_make_dir(const char *path, GError **err);

/* Makes what was created, renamed or removed in a folder survive a crash. */
bool file_sync_dir(const char *path, GError **err);

/* --- A file whose content comes in pieces, or whose name depends on the content ---------------------------------- */

typedef struct AtomicFile AtomicFile;

/* How the names begin that unfinished ones have; no other file may be called so. */
#define ATOMIC_FILE_PREFIX ".tmp-"

/* Opens a new file (mode 0600) of a name of its own, beginning with ATOMIC_FILE_PREFIX, in `dir`, which exists and is on the file
 * system where the file shall stand in the end. */
AtomicFile *atomic_file_new(const char *dir, GError **err);
int atomic_file_fd(const AtomicFile *file);
const int *atomic_file_fd_place(const AtomicFile *file); /* for sink_to_fd */

/* Syncs it, gives it its name and mode, and syncs that folder. */
bool atomic_file_commit(AtomicFile *file, const char *path, mode_t mode, GError **err);

/* Closes it, and removes it unless it was committed. */
void atomic_file_free(AtomicFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AtomicFile, atomic_file_free)

/* --- A folder for a while ------------------------------------------------------------------------------------------ */

typedef struct TempDir TempDir;

/* A new empty folder (mode 0700) below the system's folder for such ($TMPDIR). */
TempDir *temp_dir_new(GError **err);
const char *temp_dir_path(const TempDir *dir);

/* The path of something in it; g_free it. */
char *temp_dir_join(const TempDir *dir, const char *name);

/* Removes it with all that is in it; links are removed, not followed. */
void temp_dir_free(TempDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TempDir, temp_dir_free)
