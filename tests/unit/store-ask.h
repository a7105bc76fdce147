/* store-ask.h: for tests that look into a store, or change it, beside the program's own statements. A failure ends the test program. */
#pragma once

#include "db/db.h"

/* The first number of the first row; the SQL by printf's rules (a sign of percent is "%%"). */
int64_t store_ask(Db *db, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Statements, parted by semicolons, in one transaction. */
void store_run(Db *db, const char *format, ...) G_GNUC_PRINTF(2, 3);
