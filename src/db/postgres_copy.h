/* postgres_copy.h: rows into a table by COPY in binary, private to db.
 *
 *     g_auto(PgCopy) copy = { 0 };
 *     pg_copy_begin(&copy, tx, "COPY t (a, b) FROM STDIN (FORMAT binary)", err);
 *     of each row: pg_put16(copy.out, columns), its cells: pg_put_cell… ; then pg_copy_row_end(&copy, err)
 *     pg_copy_end(&copy, err) */
#pragma once

#include <libpq-fe.h>

#include "db/engines.h"

enum { PG_DAYS_TO_2000 = 10957 /* PostgreSQL counts days from 2000-01-01 */, PG_COPY_PIECE = 256 * 1024 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

/* Bytes that are sent together; grows as needed. */
typedef struct {
    char *p;
    size_t n, cap;
} PgBytes;

void pg_bytes_grow(PgBytes *out, size_t n); /* room for n more */

static inline char *pg_bytes_more(PgBytes *out, size_t n)
{
    if (out->cap - out->n < n)
        pg_bytes_grow(out, n);
    char *at = out->p + out->n;
    out->n += n;
    return at;
}

static inline void pg_put16(PgBytes *out, int v)
{
    uint16_t be = GUINT16_TO_BE((uint16_t) v);
    memcpy(pg_bytes_more(out, sizeof be), &be, sizeof be);
}

static inline void pg_put32(PgBytes *out, int64_t v)
{
    uint32_t be = GUINT32_TO_BE((uint32_t) v);
    memcpy(pg_bytes_more(out, sizeof be), &be, sizeof be);
}

static inline void pg_put64(PgBytes *out, int64_t v)
{
    uint64_t be = GUINT64_TO_BE((uint64_t) v);
    memcpy(pg_bytes_more(out, sizeof be), &be, sizeof be);
}

/* Cells, each with its length before it. */
static inline void pg_put_null(PgBytes *out)
{
    pg_put32(out, -1);
}

static inline void pg_put_int(PgBytes *out, int64_t v)
{
    pg_put32(out, 8);
    pg_put64(out, v);
}

static inline void pg_put_date(PgBytes *out, int64_t day)
{
    pg_put32(out, 4);
    pg_put32(out, day - PG_DAYS_TO_2000);
}

static inline void pg_put_bytes(PgBytes *out, const void *p, size_t n)
{
    pg_put32(out, (int64_t) n);
    if (n > 0)
        memcpy(pg_bytes_more(out, n), p, n);
}

typedef struct {
    DbConn *tx;
    PGconn *pg;
    PgBytes *out, bytes;
} PgCopy;

bool pg_copy_begin(PgCopy *copy, DbConn *tx, const char *text, GError **err);
bool pg_copy_flush(PgCopy *copy, GError **err);
bool pg_copy_end(PgCopy *copy, GError **err);
void pg_copy_clear(PgCopy *copy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PgCopy, pg_copy_clear)

static inline bool pg_copy_row_end(PgCopy *copy, GError **err)
{
    return copy->bytes.n < PG_COPY_PIECE || pg_copy_flush(copy, err);
}
