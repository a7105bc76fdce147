/* sqlite_set.h: functions of our own in SQLite's statements, private to src/db.
 *
 * Sets of ids as one value: id_set(id), an aggregate, makes one of the ids of the rows (NULLs left out); in_set(set, id) says whether an id is in it. A set is a blob with a
 * bit for each number up to the largest: for ids, which lie close together. Made once and given as a parameter it is asked by any number of places of a statement; SQLite
 * would write down what an IN (SELECT …) gives for each place anew, at three times the cost for each id. id_set fails for an id below 0 or of ID_SET_MOST and above.
 * says(text, wish) is search_says() of db/search.h.
 * PostgreSQL needs none: its statements are written without. */
#pragma once

#include <sqlite3.h>

enum { ID_SET_MOST = 1 << 28 /* 32 MB */ };

/* SQLite's result. */
int sqlite_set_register(sqlite3 *handle);
