#include "hub/wrong_file.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

/* A blob is read from a file descriptor: the other end of a pair of sockets, on a thread of its own. */
struct WrongFile {
    const BlobStore *blobs;
    int to, from;
    GThread *thread;
    BlobId id;
    bool stored;
    GError *err;
};

static gpointer store(gpointer data)
{
    WrongFile *file = data;
    file->stored = blob_put_fd(file->blobs, file->from, LIMIT_ERROR_FILE_BYTES, &file->id, NULL, &file->err);
    file_close(&file->from); /* who still writes is told */
    return NULL;
}

WrongFile *wrong_file_new(const BlobStore *blobs, GError **err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        error_set_errno(err, errno, "no way for the error file");
        return NULL;
    }
    WrongFile *file = g_new0(WrongFile, 1);
    *file = (WrongFile) { .blobs = blobs, .to = ends[0], .from = ends[1] };
    file->thread = g_thread_new("errors", store, file);
    return file;
}

static void join(WrongFile *file)
{
    file_close(&file->to);
    if (file->thread)
        g_thread_join(g_steal_pointer(&file->thread));
}

bool wrong_file_add(WrongFile *file, Str text, GError **err)
{
    while (text.n > 0) {
        ssize_t n = send(file->to, text.p, text.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            join(file);
            if (file->err)
                g_propagate_error(err, g_steal_pointer(&file->err));
            else
                error_set(err, BH_INTERNAL, "the error file could not be written");
            return false;
        }
        text = str_from_at(text, (size_t) n);
    }
    return true;
}

bool wrong_file_end(WrongFile *file, BlobId *ret_id, GError **err)
{
    join(file);
    bool ok = file->stored;
    if (ok)
        *ret_id = file->id;
    else
        g_propagate_error(err, g_steal_pointer(&file->err));
    wrong_file_free(file);
    return ok;
}

void wrong_file_free(WrongFile *file)
{
    if (!file)
        return;
    join(file);
    g_clear_error(&file->err);
    g_free(file);
}
