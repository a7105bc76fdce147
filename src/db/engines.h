/* engines.h: private to db: the engines themselves, for what goes by more than one statement at a time. */
#pragma once

#include "db/driver.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
sqlite3 *sqlite_handle(DbConn *conn);
/* Fails with what SQLite says. */
bool sqlite_fail(DbConn *conn, int result, GError **err);
/* The connection's own, kept under its text beyond the transaction; who used it resets it. */
sqlite3_stmt *sqlite_merging(DbConn *conn, const char *sql, GError **err);

struct pg_conn;
struct pg_result;
/* Ready for the next command: rows that still come are put aside. */
struct pg_conn *pg_handle(DbConn *conn);
/* result NULL: the line broke. */
bool pg_fail(DbConn *conn, const struct pg_result *result, GError **err);
