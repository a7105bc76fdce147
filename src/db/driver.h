/* driver.h: what an engine gives to db.c, private to src/db. A driver knows connections, transactions and statements; queues,
 * pools, migrations and lists are above it and the same for both.
 *
 * A statement that fails in a transaction ends it: PostgreSQL does so by itself, and here SQLite does the same, so that one work
 * behaves alike on both. The first failure stays in conn->failure, and every later statement fails with it. */
#pragma once

#include "db/kept.h"
#include "db/statement.h"

enum {
    DB_READ_LIMIT_MS = 5000,  /* a read transaction, unless the options say otherwise; and the wait for a connection */
    DB_BUSY_LIMIT_MS = 5000,  /* the wait for another process's lock */
};

typedef enum { DB_FOR_READING, DB_FOR_WRITING, DB_FOR_COPYING /* reading, without a limit of time */ } DbPurpose;
typedef enum { DB_STEP_ROW, DB_STEP_END, DB_STEP_FAILED } DbStep;

/* What may be won by running a failed work again. */
typedef enum {
    DB_RETRY_NO,
    DB_RETRY_RACE,      /* it met another transaction */
    DB_RETRY_IF_RACED,  /* a constraint refused: perhaps only because of another transaction at the same time */
    DB_RETRY_RECONNECT, /* the connection is gone, nothing was committed */
} DbRetry;

typedef struct DbDriver DbDriver;
typedef struct DbKeptStore DbKeptStore;

struct DbConn {
    const DbDriver *driver;
    const DbProgram *program;
    Db *db;              /* NULL: not of a pool */
    DbPurpose purpose;
    bool in_transaction;
    bool soft;           /* of a writer: the next transaction is a step (db_write_step), which need not reach the disk by itself */
    int open_rows;       /* DbRows not freed yet */
    int read_limit_ms;
    int64_t deadline_ms; /* of a read transaction, by monotonic_ms; 0: none */
    int64_t idle_since_ms; /* of a reader in the pool */
    GError *failure;     /* the first of this transaction */
    DbRetry retry;       /* about that failure */
    GArray *hooks, *data; /* Hook, TxData: made on first use, empty between works */
    DbKeptStore *kept;    /* NULL: nothing is kept */
    guint kept_numbers[DB_KEPT_SUBJECTS]; /* when the transaction began */
    unsigned stale;       /* subjects, as bits */
};

struct DbRows {
    DbConn *conn;
    const DbStatement *q;
    bool ended, failed;
};

/* All fail with err set. `begin` of a writer on SQLite takes the write lock; a failed `commit` leaves the transaction to `rollback`,
 * which accepts that there is none any more. */
struct DbDriver {
    DbEngine engine;
    int n_writers;
    DbConn *(*open)(const DbOptions *options, DbPurpose purpose, GError **err);
    void (*close)(DbConn *conn);
    bool (*begin)(DbConn *conn, GError **err);
    bool (*commit)(DbConn *conn, GError **err);
    void (*rollback)(DbConn *conn);
    bool (*script)(DbConn *conn, const char *sql, GError **err); /* any number of statements without arguments and rows */
    bool (*scalar)(DbConn *conn, const char *sql, int64_t *ret_value, GError **err); /* one int of one row of ours */
    bool (*exec)(DbConn *conn, const DbStatement *q, const void *args, int64_t *ret_changes, GError **err);
    bool (*exec_all)(DbConn *conn, const DbStatement *q, const void *all, size_t n, GError **err); /* NULL: one by one is as fast */
    DbRows *(*query)(DbConn *conn, const DbStatement *q, const void *args, bool first_only, GError **err);
    DbStep (*next)(DbRows *rows, void *ret_row, GError **err);
    void (*rows_free)(DbRows *rows);
    bool (*check)(DbConn *conn, const DbStatement *q, GError **err); /* prepares it, compares its columns */
    bool (*own)(DbConn *conn, GError **err);                         /* takes the store, for as long as the session lives */
    bool (*calm)(DbConn *conn, GError **err);                        /* waits until no transaction of others writes any more */
    bool (*alive)(DbConn *conn);                                     /* the session, without asking the server */
    bool (*longer)(DbConn *reader, int ms, GError **err);            /* the transaction that has begun may take so long; NULL: it is asked, and not told */
    void (*bulk)(DbConn *writer, bool on);                           /* bulk works begin; there were none for a while */
    bool (*backup)(DbConn *conn, const char *to_path, GError **err);
};

extern const DbDriver db_sqlite, db_postgres;

/* conn.c: what both engines need. */
void db_conn_init(DbConn *conn, const DbDriver *driver, const DbOptions *options, DbPurpose purpose);
void db_conn_clear(DbConn *conn);

/* Begins with a clean slate; ends what hangs on the transaction. */
bool db_conn_begin(DbConn *conn, GError **err);
void db_conn_forget(DbConn *conn);
bool db_conn_run_hooks(DbConn *conn, GError **err);

/* Keeps *err as the failure of conn's transaction. Returns false. `err` may be NULL; then the failure is kept anyway. */
bool db_conn_fail(DbConn *conn, DbRetry retry, GError **err, BhError code, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Members of Args and Row structs. */
static inline const void *db_member(const void *args, const DbField *field)
{
    return (const char *) args + field->offset;
}
bool db_arg_is_null(const DbField *field, const void *args);
void db_set_null(const DbField *field, void *row);
bool db_column_failed(DbConn *conn, const DbStatement *q, const DbField *column, const char *what, GError **err);

/* db.c: before each write: takes the lock of db_own again if its session ended, and fails where another process has it now. */
bool db_still_own(Db *db, GError **err);

/* kept.c: all that is kept for a Db; what beginning and committing a transaction means for it. */
DbKeptStore *db_kept_new(void);
void db_kept_clear(DbKeptStore *store);
void db_kept_free(DbKeptStore *store);
void db_kept_begin(DbConn *conn);
void db_kept_committed(DbConn *tx);
DbKeptStore *db_kept_of(Db *db); /* db.c */

/* migrate.c: the version in the store on this connection (0: nothing there yet; -1: tables that are not ours) and bringing it up to
 * the program's: in one transaction, or in one for each migration. */
bool db_read_version(DbConn *conn, int *ret_version, GError **err);
bool db_migrate(DbConn *conn, bool all_at_once, GError **err);

/* writer.c */
typedef struct DbWriter DbWriter;
DbWriter *db_writer_new(const DbOptions *options, const DbDriver *driver, Db *db, DbConn *first); /* first becomes its own */
void db_writer_free(DbWriter *writer); /* after the works that wait */
DbWriterState db_writer_look(DbWriter *writer);
bool db_writer_run(DbWriter *writer, DbQueue queue, DbWork work, void *data, GError **err);
bool db_writer_run_step(DbWriter *writer, DbWork work, void *data, GError **err);
