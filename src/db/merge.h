/* merge.h: rows by the ten thousand brought into a table of records that keeps its history, and read out of it.
 *
 *     DbMerge *merge = db_merge_new(&spec, db_engine(db));
 *     db_merge_rows(tx, merge, cells, n, told, err);          some thousand rows a step, in the order of their keys, in the caller's transaction
 *     db_merge_absent(tx, merge, &range, arena, &gone, err);  what a range holds and was not named
 *
 * A row whose key is new is added; one that differs is changed, and what stood there goes to the history with the number of who took it away; an equal one stays untouched. Where a table of places is
 * given, a key stands once in an organisation: the same key with another month moves. Both engines give the same outcomes (tests hold both to a model); how they get there differs:
 * SQLite walks the range of the keys, and looks up singly where few of it are named; PostgreSQL asks for the keys of a step at once and copies in. Neither looks up where an organisation's month is empty. */
#pragma once

#include "db/build.h"
#include "db/table.h"

/* --- What is merged ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const DbTable *rows;     /* by_month; key: month, organisation, key, all ints */
    const DbTable *history;  /* the same columns and one more at any place, `out` */
    const DbTable *places;   /* columns: organisation, key (its key), month; or, on PostgreSQL, organisation, from (its key), cells, a blob (merge_leaf.h); NULL: there is none */
    const char *const *columns; /* of the cells that come: names; the first three are the key of `rows` */
    size_t n;
    size_t state;            /* which of them is the row's state: told of what stood there */
    const char *batch, *out; /* columns that get `number`: in rows, who wrote it (never compared); in the history, who took it away */
    int64_t number;
    const uint32_t *identity; /* which of the cells are what the key is made of: equal keys with another identity clash */
    size_t n_identity;
} DbMergeSpec;

typedef struct DbMerge DbMerge;
DbMerge *db_merge_new(const DbMergeSpec *spec, DbEngine engine); /* copies none of it: the spec outlives the merge */
void db_merge_free(DbMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbMerge, db_merge_free)

typedef enum {
    DB_ADDED, DB_CHANGED, DB_SAME,
    DB_MOVED, /* changed, and stood in another month */
    DB_CLASH, /* two keys of one number: not written */
} DbMergeOutcome;

typedef struct {
    uint8_t outcome;   /* DbMergeOutcome */
    int8_t old_state;  /* of what stood there; -1: nothing did */
    int32_t old_month; /* of what was moved */
} DbMergeTold;

enum { DB_MERGE_MOST = 20000 }; /* rows of one call */

/* `cells`: n × spec.n, row by row, ascending by key, no key twice (with places: no organisation and key twice). Null as DB_NULL_INT, DATE_NONE, text without p. ret_told: n. */
bool db_merge_rows(DbConn *tx, DbMerge *merge, const DbValue *cells, size_t n, DbMergeTold *ret_told, GError **err);

/* The same on any connection, and nothing is written: what would become of them. */
bool db_merge_look(DbConn *conn, DbMerge *merge, const DbValue *cells, size_t n, DbMergeTold *ret_told, GError **err);

/* --- What is not named ----------------------------------------------------------------------------------------------------- */

/* Of one organisation's month: the keys from `from` to `to`, both included, but for those named, which ascend. The month has been written to before. */
typedef struct {
    int64_t month, org, from, to;
    const int64_t *keys;
    size_t n;
} DbMergeRange;

typedef struct {
    const int64_t *keys; /* in the arena */
    const int8_t *states;
    size_t n;
    bool more;           /* DB_MERGE_MOST were deleted; the rest waits for another call */
} DbMergeGone;

/* Deletes them, into the history. With `look` nothing is deleted, only told. */
bool db_merge_absent(DbConn *tx, DbMerge *merge, const DbMergeRange *range, bool look, Arena *arena, DbMergeGone *ret_gone, GError **err);
