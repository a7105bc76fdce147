/* merge_ask.h: private to db: what a merge says to PostgreSQL: values in binary, arrays of them as one argument, rows by COPY. */
#pragma once

#include "db/merge_engine.h"
#include "db/postgres_copy.h"

enum { PG_LIES_SIZE = 6 /* where a row lies (ctid), in binary */ };

static inline int64_t pg_get64(const char *p)
{
    uint64_t be;
    memcpy(&be, p, sizeof be);
    return (int64_t) GUINT64_FROM_BE(be);
}

enum { PG_ARGS_MOST = 4 };

typedef struct {
    PgBytes values[PG_ARGS_MOST];
    Oid types[PG_ARGS_MOST];
    int n;
} PgArgs;

void pg_args_clear(PgArgs *args);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PgArgs, pg_args_clear)

void pg_add_number(PgArgs *args, int64_t v);
void pg_add_array(PgArgs *args, const int64_t *v, size_t n);
/* Of what is no number: `elements` as they stand in a COPY, each with its length before it. */
void pg_add_array_of(PgArgs *args, Oid element, const PgBytes *elements, size_t n);
enum { PG_OID_BYTEA = 17, PG_OID_TID = 27 };

/* A statement of this call alone: its plan is made for these values. args NULL: it has none. */
PGresult *merge_ask(const DbMerge *merge, MergeText which, int month, const PgArgs *args, GError **err);
bool merge_tell(const DbMerge *merge, MergeText which, int month, const PgArgs *args, GError **err);
bool merge_copy(PgCopy *copy, const DbMerge *merge, MergeText which, int month, GError **err);
