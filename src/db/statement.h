/* statement.h: what tools/sqlgen.py makes of sql/: statements as tables, so that binding and reading are one loop each.
 *
 * The generated db/queries.h holds, for each statement X of sql/query, `XArgs`, `XRow` and `Q_X`. */
#pragma once

#include "db/db.h"

typedef enum { DB_TYPE_INT, DB_TYPE_BOOL, DB_TYPE_TEXT, DB_TYPE_BLOB, DB_TYPE_DATE } DbType;

/* As sql/ writes it. */
const char *db_type_name(DbType type);

/* One argument or column: a member of the Args or Row struct. */
typedef struct {
    const char *name;
    uint16_t offset;
    uint8_t type; /* DbType */
    bool nullable;
} DbField;

enum { DB_NOT_CACHED = UINT16_MAX }; /* index of a statement built at run time */

struct DbStatement {
    const char *name, *at; /* "TaskByUid", "task.sql:12" */
    const char *sql[2];    /* by DbEngine */
    const DbField *args, *columns;
    uint16_t index, n_args, n_columns; /* index: its place in the program */
    uint16_t args_size, row_size;
};

/* A step of the schema; `sql` may hold several statements. */
typedef struct {
    int number;
    const char *name; /* "0001-organisations" */
    const char *sql[2];
} DbMigration;

struct DbProgram {
    const DbStatement *const *statements;
    size_t n_statements;
    const DbMigration *migrations;
    size_t n_migrations;
};
