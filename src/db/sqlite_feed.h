/* sqlite_feed.h: rows in memory as a table that SQLite's statements read, private to src/db: INSERT … SELECT … FROM feed_(?1) runs one statement for ten thousand rows, where binding and stepping each
 * by itself takes nearly as long as storing it.
 *
 * Columns: c0_, c1_ … the cells; old_, told->old_month; feed_ stands in SQL only. The parameter is a SqliteFeed, bound by sqlite_feed_bind; cells must stay until the statement ended. */
#pragma once

#include <sqlite3.h>

#include "db/merge.h"

typedef struct {
    const DbValue *cells;    /* row by row */
    size_t n_cells;          /* of a row */
    const DbMergeTold *told; /* by row */
    const uint32_t *rows;    /* which of them, in this order */
    size_t n;
} SqliteFeed;

/* Both give SQLite's result. */
int sqlite_feed_register(sqlite3 *handle);
int sqlite_feed_bind(sqlite3_stmt *stmt, int at, SqliteFeed *feed);
