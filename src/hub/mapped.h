/* mapped.h: an array in a file that is used where it lies, and can always be made anew: an index of what the store holds. Private to src/hub.
 *
 * A file is believed only if it was settled (written down whole, with a hash over all of it) and nothing was changed since; whatever a crash leaves is unsettled, and begun anew.
 * One process, the owner of the store; one thread changes, while none reads. */
#pragma once

#include "base/error.h"

typedef struct {
    uint64_t magic, layout; /* layout: what the body is; another one is not believed */
    uint64_t stamp;         /* what the store says, too, since it was settled */
    int64_t through, used;  /* the newest row of the store that is in it; how many things it holds */
    uint64_t size;          /* of the body, in bytes */
    uint64_t settled, body_hash, head_hash;
} MappedHead;

typedef struct {
    MappedHead *head;
    uint8_t *body; /* moves when it grows */
    char *path;    /* NULL: in memory only */
    int fd;
    bool fresh;    /* there was nothing to be believed: it is empty */
} Mapped;

/* Opens a file or begins it anew, with a body of `least` bytes of zero then. BH_FULL, BH_INTERNAL. path NULL: in memory. */
Mapped *mapped_open(const char *path, uint64_t layout, uint64_t stamp, size_t least, GError **err);
Mapped *mapped_new(const char *path, uint64_t layout, size_t size, GError **err); /* anew whatever is there */
void mapped_free(Mapped *mapped); /* as it is: unsettled unless mapped_settle was last */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mapped, mapped_free)

/* A larger body, the rest zero. The room is taken from the disk at once: a full disk fails here, and not where somebody writes into the body. */
bool mapped_grow(Mapped *mapped, size_t size, GError **err);

/* Before the first change: from here on it is not believed until it is settled. */
bool mapped_touch(Mapped *mapped, GError **err);
bool mapped_settle(Mapped *mapped, uint64_t stamp, GError **err);

/* Puts `mapped`, which has another path, into the place of the file at `path`. */
bool mapped_rename(Mapped *mapped, const char *path, GError **err);
