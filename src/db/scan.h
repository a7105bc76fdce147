/* scan.h: rows of a table of records read in the order of its key, thousands at a time, straight into columns.
 *
 *     DbScan scan = { .table = &tables.rows, .columns = names, .n = 3, .first = month, .last = month, .of_second = true, .second = org };
 *     DbScanner *scanner = db_scan(conn, &scan, arena, err);
 *     for (DbScanRows rows; scanner && db_scan_next(scanner, &rows, err) && rows.n > 0;) …
 *
 * For tables of db/table.h whose first two key columns are ints (month and organisation). Names come from DbTable. One reader's transaction ends after 5 s: who reads much reads it by months. */
#pragma once

#include "db/table.h"

typedef struct {
    const DbTable *table;
    const char *const *columns; /* of the table */
    size_t n;
    int64_t first, last;        /* of the first key column, both included */
    bool of_second;             /* only those with `second` in the second key column */
    int64_t second;
} DbScan;

enum { DB_SCAN_ROWS = 4096 };

/* By type: int64_t (also a bool), Str, Date. Where nulls[row], the value is DB_NULL_INT, STR_NONE, DATE_NONE. */
typedef struct {
    const void *values;
    const uint8_t *nulls;
} DbScanColumn;
typedef struct {
    size_t n; /* at most DB_SCAN_ROWS; 0: the end */
    const DbScanColumn *columns;
} DbScanRows;

/* `arena` holds the statement and the columns; what the rows' texts take is given back at each step. The scan itself need not live on; its names do. NULL with err: BH_INTERNAL for a column that the table
 * has not. */
typedef struct DbScanner DbScanner;
DbScanner *db_scan(DbConn *conn, const DbScan *scan, Arena *arena, GError **err);
bool db_scan_next(DbScanner *scanner, DbScanRows *ret_rows, GError **err); /* the rows live until the next call */
void db_scan_free(DbScanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbScanner, db_scan_free)
