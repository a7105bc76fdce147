/* kept.h: what readers keep for each other: sets of ids, and how many there are, that take long to find and change seldom.
 *
 * What is kept is about a subject, a small number that the layers above give out. Whoever changes what a subject's sets are made of says so in the transaction that does
 * (db_kept_stale); with its commit, before the write returns, all that is kept about it is forgotten. So a reader that begins behind an acknowledged write
 * never finds what was true before; one that runs beside a write may find either. Nothing is kept for a transaction that writes, nor where another process may write
 * (a store that is open for reading only). */
#pragma once

#include "db/db.h"

enum { DB_KEPT_SUBJECTS = 8, DB_KEPT_MOST = 256 /* values: of more, the one that was not asked for longest goes */, DB_KEPT_BYTES = 16 << 20 /* in all */ };

typedef struct {
    Str set;   /* as id_set makes it (sqlite_set.h); STR_NONE: none was made */
    int64_t n; /* how many are in it, or what else its maker counts */
} DbKept;

/* What is kept under a key; ret_kept->set lives until conn's transaction ends. False: nothing is. */
bool db_kept_find(DbConn *conn, unsigned subject, Str key, DbKept *ret_kept);

/* Keeps a copy of what conn's transaction read. */
void db_kept_put(DbConn *conn, unsigned subject, Str key, const DbKept *kept);

/* What is in one of two sets. Lives in arena. */
Str db_set_joined(Str a, Str b, Arena *arena);

/* In a writing transaction: what is kept about the subject will be wrong. */
void db_kept_stale(DbConn *tx, unsigned subject);
