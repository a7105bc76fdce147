/* links.h: private to indicator: persons that were merged or parted since somebody last computed with them. A merge and a parting change no record, so that nothing else tells of them. */
#pragma once

#include "base/arena.h"
#include "db/db.h"

/* Who computes keeps apart what it has seen. */
#define LINKS_OF_QUALITY STR("quality")
#define LINKS_OF_OWED    STR("owed")

typedef struct {
    int64_t person, root;
} PersonLink;

/* persons: all whom it concerns, each once: who was merged, its root, the root before, who was parted and from whom, and all that are one with any of these. */
typedef struct {
    ARENA_LIST(PersonLink) merged;
    ARENA_LIST(int64_t) parted, persons;
} LinkNews;

/* What `of` has not seen, at most `most` merges and as many partings; lists in the arena. */
bool links_unseen(DbConn *conn, Str of, int64_t most, Arena *arena, LinkNews *ret_news, GError **err);

/* `of` has seen it. */
bool links_seen(DbConn *tx, Str of, const LinkNews *news, GError **err);

/* The root of everybody who is merged now, into a table from person to root (int64_t by value, freed by the table). */
bool links_roots(DbConn *conn, GHashTable *roots, GError **err);
