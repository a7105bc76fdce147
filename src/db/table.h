/* table.h: tables whose columns are known at run time only: those of the records, which packs declare. Beside db/build.h the only place where SQL is built: from names that are checked here
 * (small letters, digits, '_', a letter first, no word of SQL: what ids of packs are, by pack_id_allowed), and never from values.
 *
 *     DbColumn columns[] = { { "month_", DB_TYPE_INT }, { "org_", DB_TYPE_INT }, { "key_", DB_TYPE_INT }, { "dose", DB_TYPE_INT, .null = true } };
 *     DbTable table = { .name = "immunization__vaccination", .columns = columns, .n = 4, .n_key = 3, .by_month = true };
 *     db_table_create(tx, &table, err);
 *
 * All fail with what the store says; a name that is none is BH_INTERNAL. A reader that runs while a table changes sees it as it was (PostgreSQL: it waits, or is waited for). */
#pragma once

#include "db/statement.h"

enum { DB_NAME_MOST = 60, DB_TABLE_COLUMNS = 400 }; /* PostgreSQL cuts at 63 */

typedef struct {
    const char *name;
    DbType type; /* a bool is an int, 0 or 1: the same on both engines */
    bool null;
} DbColumn;

typedef struct {
    const char *name;
    const DbColumn *columns;
    size_t n, n_key;  /* the first n_key are its primary key, in whose order it is stored */
    bool by_month;    /* the first column is a month: PostgreSQL has a partition for each, made by db_table_month */
} DbTable;

bool db_table_exists(DbConn *conn, const char *name, bool *ret_exists, GError **err);
bool db_table_create(DbConn *tx, const DbTable *table, GError **err);

bool db_table_drop(DbConn *tx, const char *name, GError **err); /* also where it is not there */

/* The place for a month's rows. Nothing to do on SQLite, nor where it is there. Before the first row of that month. */
bool db_table_month(DbConn *tx, const DbTable *table, int month, GError **err);

/* How a month's partition is called on PostgreSQL, behind the table's name. */
enum { DB_PART_MAX = 20 };
const char *db_table_part(int month, char buffer[static DB_PART_MAX]);

/* A further column, without a value in the rows that are there: column->null. */
bool db_table_add_column(DbConn *tx, const char *table, const DbColumn *column, GError **err);
bool db_table_rename_column(DbConn *tx, const char *table, const char *name, const char *new_name, GError **err);

/* The column by another type or scale, with its values: an int times 10^`digits` (0 to 18; a value that leaves the range fails), or as text, where column->type is that: then `was` says
 * what its values are. The whole table is written again. */
bool db_table_widen(DbConn *tx, const DbTable *table, const DbColumn *column, const DbColumn *was, int digits, GError **err);

/* A view: a table's rows as people read them. */
typedef struct {
    const char *name;
    int scale;        /* an int shown with so many decimals; 0: as it is */
} DbViewColumn;
typedef struct {
    const char *name, *table;
    const DbViewColumn *columns;
    size_t n;
    const char *but;  /* a column, and an int: rows that have it are left out; NULL: none */
    int64_t but_value;
} DbView;
bool db_view_create(DbConn *tx, const DbView *view, GError **err);
bool db_view_drop(DbConn *tx, const char *name, GError **err); /* also where it is not there */
