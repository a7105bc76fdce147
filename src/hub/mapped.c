#include "hub/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"

#include "base/banned.h"

enum { BODY_AT = 4096 };
static const uint64_t magic = 0x3158444950484942; /* BIHPIDX1 */
G_STATIC_ASSERT(sizeof(MappedHead) <= BODY_AT);

static uint64_t hash_of_head(const MappedHead *head)
{
    return XXH3_64bits(head, offsetof(MappedHead, head_hash));
}

static void set_base(Mapped *mapped, void *base)
{
    mapped->head = base;
    mapped->body = (uint8_t *) base + BODY_AT;
}

static bool map(Mapped *mapped, size_t size, GError **err)
{
    int flags = mapped->fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *base = mmap(NULL, BODY_AT + size, PROT_READ | PROT_WRITE, flags, mapped->fd, 0);
    if (base == MAP_FAILED)
        return error_set_errno(err, errno, "%s cannot be mapped", mapped->path ? mapped->path : "an index");
    set_base(mapped, base);
    return true;
}

static void unmap(Mapped *mapped)
{
    if (mapped->head)
        munmap(mapped->head, BODY_AT + mapped->head->size);
    mapped->head = NULL;
    mapped->body = NULL;
}

static bool take_room(Mapped *mapped, size_t size, GError **err)
{
    int failed = mapped->fd >= 0 ? posix_fallocate(mapped->fd, 0, (off_t) (BODY_AT + size)) : 0;
    return failed == 0 || error_set_errno(err, failed, "%s cannot have %zu bytes", mapped->path, BODY_AT + size);
}

static bool begin(Mapped *mapped, uint64_t layout, size_t size, GError **err)
{
    unmap(mapped);
    if (mapped->fd >= 0 && ftruncate(mapped->fd, 0) != 0)
        return error_set_errno(err, errno, "%s cannot be emptied", mapped->path);
    if (!take_room(mapped, size, err) || !map(mapped, size, err))
        return false;
    *mapped->head = (MappedHead) { .magic = magic, .layout = layout, .size = size };
    mapped->fresh = true;
    return true;
}

/* Whether what lies there is a file of ours, settled and unchanged. Then it is mapped. */
static bool believed(Mapped *mapped, uint64_t layout, uint64_t stamp)
{
    struct stat status;
    MappedHead head;
    if (fstat(mapped->fd, &status) != 0 || pread(mapped->fd, &head, sizeof head, 0) != (ssize_t) sizeof head)
        return false;
    if (head.magic != magic || head.layout != layout || head.stamp != stamp || !head.settled || head.head_hash != hash_of_head(&head) ||
        status.st_size < BODY_AT || head.size != (uint64_t) status.st_size - BODY_AT || !map(mapped, head.size, NULL))
        return false;
    if (XXH3_64bits(mapped->body, head.size) == head.body_hash)
        return true;
    unmap(mapped);
    return false;
}

static Mapped *open_file(const char *path, GError **err)
{
    g_autoptr(Mapped) mapped = g_new0(Mapped, 1);
    mapped->fd = -1;
    mapped->path = g_strdup(path);
    if (path && (mapped->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0) {
        error_set_errno(err, errno, "%s cannot be opened", path);
        return NULL;
    }
    return g_steal_pointer(&mapped);
}

Mapped *mapped_open(const char *path, uint64_t layout, uint64_t stamp, size_t least, GError **err)
{
    g_autoptr(Mapped) mapped = open_file(path, err);
    if (!mapped)
        return NULL;
    if (!(mapped->fd >= 0 && believed(mapped, layout, stamp)) && !begin(mapped, layout, least, err))
        return NULL;
    return g_steal_pointer(&mapped);
}

Mapped *mapped_new(const char *path, uint64_t layout, size_t size, GError **err)
{
    g_autoptr(Mapped) mapped = open_file(path, err);
    return mapped && begin(mapped, layout, size, err) ? g_steal_pointer(&mapped) : NULL;
}

void mapped_free(Mapped *mapped)
{
    if (!mapped)
        return;
    unmap(mapped);
    file_close(&mapped->fd);
    g_free(mapped->path);
    g_free(mapped);
}

bool mapped_grow(Mapped *mapped, size_t size, GError **err)
{
    size_t old = mapped->head->size;
    if (!take_room(mapped, size, err))
        return false;
    void *base = mremap(mapped->head, BODY_AT + old, BODY_AT + size, MREMAP_MAYMOVE);
    if (base == MAP_FAILED)
        return error_set_errno(err, errno, "an index of %zu bytes cannot be mapped", size);
    set_base(mapped, base);
    mapped->head->size = size;
    return true;
}

bool mapped_touch(Mapped *mapped, GError **err)
{
    if (!mapped->head->settled)
        return true;
    mapped->head->settled = 0;
    return mapped->fd < 0 || msync(mapped->head, BODY_AT, MS_SYNC) == 0 || error_set_errno(err, errno, "%s cannot be written", mapped->path);
}

bool mapped_settle(Mapped *mapped, uint64_t stamp, GError **err)
{
    MappedHead *head = mapped->head;
    head->stamp = stamp;
    head->body_hash = XXH3_64bits(mapped->body, head->size);
    if (mapped->fd >= 0 && msync(head, BODY_AT + head->size, MS_SYNC) != 0)
        return error_set_errno(err, errno, "%s cannot be written", mapped->path);
    head->settled = 1;
    head->head_hash = hash_of_head(head);
    return mapped->fd < 0 || msync(head, BODY_AT, MS_SYNC) == 0 || error_set_errno(err, errno, "%s cannot be written", mapped->path);
}

bool mapped_rename(Mapped *mapped, const char *path, GError **err)
{
    if (!path)
        return true;
    if (rename(mapped->path, path) != 0)
        return error_set_errno(err, errno, "%s cannot be renamed", mapped->path);
    g_free(mapped->path);
    mapped->path = g_strdup(path);
    return true;
}
