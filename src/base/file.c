#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { READ_CHUNK = 64 * 1024, WALK_FDS = 16 };

void file_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

/* -1 with errno. */
static ssize_t read_some(int fd, char *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, buffer + done, size - done);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n == 0)
            break;
        done += n > 0 ? (size_t) n : 0;
    }
    return (ssize_t) done;
}

ssize_t file_read_some(int fd, void *buffer, size_t size, GError **err)
{
    ssize_t n = read_some(fd, buffer, size);
    if (n < 0)
        error_set_errno(err, errno, "cannot read");
    return n;
}

GString *file_read_fd(int fd, const char *name, size_t limit, GError **err)
{
    g_autoptr(GString) content = g_string_new(NULL);
    for (ssize_t n = 1; n > 0;) {
        gsize before = content->len;
        g_string_set_size(content, before + READ_CHUNK);
        n = read_some(fd, content->str + before, READ_CHUNK);
        g_string_truncate(content, before + (n > 0 ? (gsize) n : 0));
        if (n < 0) {
            error_set_errno(err, errno, "cannot read %s", name);
            return NULL;
        }
        if (content->len > limit) {
            error_set(err, BH_TOO_LARGE, "%s is larger than %zu bytes", name, limit);
            return NULL;
        }
    }
    return g_steal_pointer(&content);
}

GString *file_read(const char *path, size_t limit, GError **err)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0) {
        error_set_errno(err, errno, "cannot open %s", path);
        return NULL;
    }
    if (S_ISREG(info.st_mode) && info.st_size > 0 && (size_t) info.st_size > limit) {
        error_set(err, BH_TOO_LARGE, "%s is larger than %zu bytes", path, limit);
        return NULL;
    }
    return file_read_fd(fd, path, limit, err);
}

GString *file_read_stdin(size_t limit, GError **err)
{
    return file_read_fd(STDIN_FILENO, "standard input", limit, err);
}

/* --- Writing ------------------------------------------------------------------------------------------------------- */

bool file_write_all(int fd, Str content, GError **err)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, errno, "cannot write");
        content = str_from_at(content, n > 0 ? (size_t) n : 0);
    }
    return true;
}

bool file_sync_dir(const char *path, GError **err)
{
    AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return error_set_errno(err, errno, "cannot sync folder %s", path);
    return true;
}

static bool sync_folder_of(const char *path, GError **err)
{
    g_autofree char *folder = g_path_get_dirname(path);
    return file_sync_dir(folder, err);
}

bool file_make_dir(const char *path, GError **err)
{
    if (g_mkdir_with_parents(path, 0700) < 0)
        return error_set_errno(err, errno, "cannot make folder %s", path);
    return true;
}

/* Puts the path before a message that does not have it. */
static bool name_path(GError **err, const char *path)
{
    g_prefix_error(err, "%s: ", path);
    return false;
}

bool file_write_atomic(const char *path, Str content, mode_t mode, GError **err)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(AtomicFile) file = atomic_file_new(folder, err);
    if (!file)
        return false;
    if (!file_write_all(atomic_file_fd(file), content, err))
        return name_path(err, path);
    return atomic_file_commit(file, path, mode, err);
}

/* Appends to what is open, or leaves it as long as it was. */
static bool append_whole(int fd, Str content, GError **err)
{
    off_t before = lseek(fd, 0, SEEK_END);
    if (before < 0)
        return error_set_errno(err, errno, "cannot append");
    if (file_write_all(fd, content, err)) {
        if (fdatasync(fd) == 0)
            return true;
        error_set_errno(err, errno, "cannot sync");
    }
    /* Without this a later line would continue the half one. That it may fail too changes nothing for the caller. */
    if (ftruncate(fd, before) < 0)
        error_hint(err, "the file may end in half a line");
    return false;
}

bool file_append_sync(const char *path, Str content, GError **err)
{
    bool created = access(path, F_OK) < 0;
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    if (!append_whole(fd, content, err))
        return name_path(err, path);
    return !created || sync_folder_of(path, err);
}

/* --- Files that come in pieces --------------------------------------------------------------------------------------- */

struct AtomicFile {
    int fd;
    char *path; /* NULL once it is committed */
};

AtomicFile *atomic_file_new(const char *dir, GError **err)
{
    g_autofree char *path = g_build_filename(dir, ATOMIC_FILE_PREFIX "XXXXXX", NULL);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(err, errno, "cannot make a file in %s", dir);
        return NULL;
    }
    AtomicFile *file = g_new0(AtomicFile, 1);
    *file = (AtomicFile) { fd, g_steal_pointer(&path) };
    return file;
}

int atomic_file_fd(const AtomicFile *file)
{
    return file->fd;
}

const int *atomic_file_fd_place(const AtomicFile *file)
{
    return &file->fd;
}

bool atomic_file_commit(AtomicFile *file, const char *path, mode_t mode, GError **err)
{
    if (fchmod(file->fd, mode) < 0 || fsync(file->fd) < 0 || rename(file->path, path) < 0)
        return error_set_errno(err, errno, "cannot write %s", path);
    g_clear_pointer(&file->path, g_free);
    return sync_folder_of(path, err);
}

void atomic_file_free(AtomicFile *file)
{
    if (!file)
        return;
    file_close(&file->fd);
    if (file->path)
        unlink(file->path);
    g_free(file->path);
    g_free(file);
}

/* --- Folders for a while --------------------------------------------------------------------------------------------- */

struct TempDir {
    char *path;
};

TempDir *temp_dir_new(GError **err)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "bihuan-XXXXXX", NULL);
    if (!g_mkdtemp(path)) {
        error_set_errno(err, errno, "cannot make folder %s", path);
        return NULL;
    }
    TempDir *dir = g_new0(TempDir, 1);
    dir->path = g_steal_pointer(&path);
    return dir;
}

const char *temp_dir_path(const TempDir *dir)
{
    return dir->path;
}

char *temp_dir_join(const TempDir *dir, const char *name)
{
    return g_build_filename(dir->path, name, NULL);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void) info, (void) type, (void) where;
    remove(path);
    return 0;
}

void temp_dir_free(TempDir *dir)
{
    if (!dir)
        return;
    nftw(dir->path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS);
    g_free(dir->path);
    g_free(dir);
}
