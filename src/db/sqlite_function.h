/* sqlite_function.h: functions of higher layers in SQLite, private to src/db. */
#pragma once

#include <sqlite3.h>

#include "db/db.h"

/* SQLite's result. */
int sqlite_functions_register(sqlite3 *handle, DbFunctions functions);
