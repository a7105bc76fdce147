/* pick.h: rows read out of a table whose columns are known at run time only (table.h): few at a time, by conditions on its columns, in the order of one of them. For pages and single records; who reads by the
 * million uses a scan. */
#pragma once

#include "db/build.h"
#include "db/table.h"

typedef struct {
    const char *column;
    enum { DB_PICK_EQ, DB_PICK_GT, DB_PICK_GE, DB_PICK_LE } op;
    DbValue value;
} DbPickIf;

typedef struct {
    const DbTable *table;
    const char *const *columns; /* of the table */
    size_t n_columns;
    const DbPickIf *where;      /* all hold */
    size_t n_where;
    const char *order;          /* a column, ascending, or descending; NULL: none */
    bool descending;
    int limit;                  /* at least 1 */
} DbPick;

/* ret_cells: *ret_n × n_columns, row by row, texts in arena; null as DB_NULL_INT, DATE_NONE, text without p. A column that the table has not is BH_INTERNAL. */
bool db_pick(DbConn *conn, const DbPick *pick, Arena *arena, const DbValue **ret_cells, size_t *ret_n, GError **err);
