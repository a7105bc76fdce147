/* merge_text.h: private to db: the statements of a merge. Names come from DbTable, which table.c has checked when it made them; values are parameters. */
#pragma once

#include "db/merge.h"

typedef enum {
    /* SQLite: by place of the cells (?1 month, ?2 organisation, ?3 key …) */
    LITE_WALK,         /* key, state, cells from the fourth on: of a month and organisation, from a key on */
    LITE_ADD, LITE_CHANGE, /* of a feed (sqlite_feed.h), batch */
    LITE_KEEP, LITE_KEEP_OLD, /* of a feed, number: rows that stand where it says, or stood before they moved */
    LITE_KEEP_ONE,     /* month, organisation, key, number */
    LITE_LEAVE,        /* of a feed: where rows stood before they moved */
    LITE_DELETE, LITE_STATE, /* month, organisation, key */
    LITE_RANGE,        /* key, state: month, organisation, from, to */
    LITE_PLACE_WALK,   /* key, month: organisation, from a key on */
    LITE_PLACE_ADD, LITE_PLACE_MOVE, /* of a feed */
    LITE_PLACE_DELETE, /* organisation, key */
    /* PostgreSQL, of one month's partition; arrays of organisations $1 and keys $2, then month $3, number $4 */
    PG_FULL,           /* which organisations ($1) have rows */
    PG_FIND,           /* state, where it lies (ctid), columns */
    PG_FIND_NEAR,      /* the same: organisations $1, keys from $2 to $3, month $4 */
    PG_STATES,         /* ordinal, state */
    PG_COPY,           /* columns */
    PG_KEEP, PG_DELETE,
    PG_KEEP_COPY,      /* columns, number: of rows that were found */
    PG_LEAVE,          /* where they lie: $1 */
    PG_RANGE,          /* key, state: month $1, organisation $2, from, to, most */
    PG_PLACES_FULL, PG_PLACES_FIND /* organisation, key, month: of ranges of keys, from $2 to $3 */, PG_PLACES_COPY, PG_PLACES_MOVE /* months: $3 */, PG_PLACES_DELETE,
    /* PostgreSQL, places in leaves (merge_leaf.h) */
    PG_LEAVES_FIND,    /* ordinal, where it lies, from, cells: organisations $1, keys from $2 to $3, at most $4 that begin between them */
    PG_LEAVES_COPY,    /* organisation, from, cells */
    PG_LEAVES_CHANGE,  /* where they lie $1, cells $2 */
    MERGE_TEXTS
} MergeText;

/* g_free it. month: of the partition. */
char *merge_text(const DbMergeSpec *spec, MergeText which, int month);
