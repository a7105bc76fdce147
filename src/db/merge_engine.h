/* merge_engine.h: private to db: what a merge does on each engine. merge.c decides; these find and write. */
#pragma once

#include "db/engines.h"
#include "db/merge_text.h"

struct DbMerge {
    const DbMergeSpec *spec;
    DbEngine engine;
    DbType *types;               /* by cell */
    char *texts[MERGE_TEXTS];    /* of SQLite's statements; NULL: not yet */
    /* of the call in hand */
    DbConn *tx;
    const DbValue *cells;
    size_t n;
    DbMergeTold *told;
    int64_t *places; /* by row: the month in which the key stands, NO_PLACE; NULL: there is no table of them */
    uint32_t *order; /* rows by organisation and key, where there are places */
    struct MergeStood *stood; /* PostgreSQL: what was found, by row */
    struct MergeLeaves *leaves; /* PostgreSQL: what was found of places in leaves */
};

#define MERGE_NO_PLACE INT64_MIN

static inline const DbValue *merge_row(const DbMerge *merge, size_t row)
{
    return merge->cells + row * merge->spec->n;
}

static inline bool merge_is_null(const DbValue *value)
{
    return value->type == DB_TYPE_TEXT || value->type == DB_TYPE_BLOB ? !value->text.p
           : value->type == DB_TYPE_DATE                              ? value->number == DATE_NONE
                                                                      : value->number == DB_NULL_INT;
}

/* Whether a row must be looked for: it is where it was, as far as the places know. */
static inline bool merge_may_be_there(const DbMerge *merge, size_t row)
{
    return !merge->places || merge->places[row] == merge_row(merge, row)[0].number;
}

/* A cell that differs makes it a change; one of the identity, a clash. */
void merge_differs(const DbMerge *merge, DbMergeTold *told, size_t cell);

/* Each works through all rows of the call. find: outcome, old_state of rows that may be there. write: by outcome. */
typedef struct {
    bool (*begin)(DbMerge *merge, GError **err);
    void (*end)(DbMerge *merge); /* of a call, however it went */
    bool (*find_places)(DbMerge *merge, GError **err);
    bool (*find)(DbMerge *merge, GError **err);
    bool (*find_moved)(DbMerge *merge, GError **err); /* old_state of rows of DB_MOVED */
    bool (*write)(DbMerge *merge, GError **err);
    bool (*range)(DbMerge *merge, const DbMergeRange *range, Arena *arena, DbMergeGone *gone, GError **err); /* those not named, at most DB_MERGE_MOST */
    bool (*remove)(DbMerge *merge, const DbMergeRange *range, const DbMergeGone *gone, GError **err);
} MergeEngine;
extern const MergeEngine merge_sqlite, merge_postgres;
