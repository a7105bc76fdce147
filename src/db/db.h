/* db.h: one thin face over SQLite and PostgreSQL.
 *
 * SQL stands in sql/query/NAME.sql, one named statement each, with its arguments and its row; tools/sqlgen.py turns
 * each into an id and two structs, so that a statement is called with named, typed arguments and read into a typed row:
 *
 *     -- name: TaskByUid
 *     -- args: uid text
 *     -- row:  id int, title text, due date?, version int
 *     SELECT id, title, due, version FROM task WHERE uid = :uid;
 *
 *     TaskByUidRow task;
 *     bool found;
 *     if (!db_one(conn, TaskByUid, arena, &task, &found, err, .uid = uid))
 *         return false;
 *
 * Types: int (int64_t), bool, text (Str, UTF-8), blob (Str), date (Date). With `?` a value may be NULL: then it is
 * DB_NULL_INT, STR_NONE or DATE_NONE in C; a bool has no NULL. Instants are int. Where the engines must differ, the file has
 * a `-- sqlite:` and a `-- postgres:` body. No other SQL exists but what db/build.h builds; a test prepares every
 * statement on both engines.
 *
 * Threads: a Db may be used by all; a DbConn by the one that got it, until it gives it back. */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/error.h"

typedef struct Db Db;
typedef struct DbConn DbConn; /* a connection inside a transaction: for reading, or the caller's part of a write */
typedef struct DbRows DbRows;
typedef struct DbProgram DbProgram; /* statements and migrations; generated: db/statement.h */

#define DB_NULL_INT INT64_MIN

typedef enum { DB_SQLITE, DB_POSTGRES } DbEngine;

/* A function that statements on SQLite may call, given by a layer above: value in, value out, always the same for the same. On PostgreSQL a migration
 * makes it. An aggregate has `step` and `end` instead of `call`. */
typedef struct {
    enum { DB_CALL_NULL, DB_CALL_INT, DB_CALL_TEXT } kind;
    int64_t number;
    Str text; /* of an answer: in the arena that was given, or static */
} DbCallValue;
typedef struct {
    char name[32];
    const void *data; /* handed to the three */
    void (*call)(const void *data, const DbCallValue *args, size_t n, Arena *arena, DbCallValue *ret); /* *ret is null when it comes */
    void (*step)(const void *data, void **state, const DbCallValue *args, size_t n); /* *state is NULL at first; the aggregate's own */
    void (*end)(const void *data, void *state, Arena *arena, DbCallValue *ret);      /* frees the state; once, also where a statement is left early */
} DbFunction;
typedef bool (*DbFunctions)(size_t index, DbFunction *ret_function); /* false behind the last */

typedef struct {
    const char *url;     /* a PostgreSQL connection string, or NULL */
    const char *path;    /* SQLite's file, used where url is NULL; made where it does not exist, mode 0600 */
    int readers;         /* connections for reading, at least 1 */
    bool read_only;      /* no writer: db_write fails; the file must exist. For commands beside a running server */
    int read_limit_ms;   /* the longest read transaction; 0: 5 s */
    bool any_version;    /* do not refuse a store of another version: for upgrade and doctor */
    const DbProgram *program; /* NULL: what is in sql/; tests bring their own */
    DbFunctions functions;    /* for SQLite; NULL: none */
} DbOptions;

/* Opens a store. An empty one gets every migration, in one transaction. One of an older or newer version is refused with BH_CONFLICT and a hint
 * (`bihuan upgrade`; or: a newer bihuan wrote it) unless any_version. BH_UNAVAILABLE where it is not reached or damaged. */
Db *db_open(const DbOptions *options, GError **err);
void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

DbEngine db_engine(const Db *db);

/* The number of the newest migration in the store and in this program; db_upgrade applies what is missing, each in a transaction
 * of its own. Migrations go forward only. */
int db_version(const Db *db);
int db_version_of_program(void);
bool db_upgrade(Db *db, GError **err);

/* A consistent copy of an SQLite store into a new file while it is used. Not for PostgreSQL (pg_dump is). */
bool db_backup(Db *db, const char *to_path, GError **err);

/* Takes the store for this process: an advisory lock on PostgreSQL that lives as long as the Db. On SQLite the caller's lock
 * file does this; there it always succeeds. BH_UNAVAILABLE where another process holds it. */
bool db_own(Db *db, GError **err);

/* --- Writing ---------------------------------------------------------------------------------------------------
 * One writer with three queues, served in this order. db_write runs `work` there and returns when its changes are durable, or
 * none of them is. On SQLite one thread owns the one write connection; interactive works that wait together share a commit, each in
 * a savepoint, so that the failure of one leaves the others. On PostgreSQL four connections serve the same queues.
 *   work   may be run again from the start after a lost race: it touches nothing but the connection and *data, which it sets from
 *          scratch. It aims to stay under 250 ms: bulk work is cut into steps by its caller. It must not call db_write.
 * Fails with what work set, or with BH_UNAVAILABLE, BH_FULL (the disk), BH_CONFLICT (a constraint). The caller waits; call it from a worker,
 * never from a thread that serves sockets. */
typedef enum { DB_INTERACTIVE, DB_MESSAGES, DB_BULK } DbQueue;
typedef bool (*DbWork)(DbConn *tx, void *data, GError **err);
bool db_write(Db *db, DbQueue queue, DbWork work, void *data, GError **err);

/* The same on the bulk queue for a step of something longer, which the store can roll forward: committed, but not yet safe from a loss of power when it returns. What is committed durably after it makes it
 * so; steps are never lost out of their order. The last step goes by db_write. */
bool db_write_step(Db *db, DbWork work, void *data, GError **err);

/* Runs `hook` as the last thing of this work's transaction, once for the same (hook, data): the audit chain uses it. */
typedef bool (*DbHook)(DbConn *tx, void *data, GError **err);
void db_before_commit(DbConn *tx, DbHook hook, void *data);

/* What hangs on the transaction under a static key until it ends, freed with `free_value`; NULL if nothing does. */
void *db_tx_data(DbConn *tx, const void *key);
void db_tx_set_data(DbConn *tx, const void *key, void *value, GDestroyNotify free_value);

/* What the writer did since the store was opened, and what waits now. */
typedef struct {
    int64_t works, commits; /* fewer commits than works: some shared one */
    int waiting[DB_BULK + 1];
} DbWriterState;
DbWriterState db_writer_state(const Db *db);

/* --- Reading ---------------------------------------------------------------------------------------------------
 * A connection from the pool in a read transaction (one state of the store throughout); waits for a free one up to 5 s. A transaction
 * over 5 s is ended: its next statement fails with BH_UNAVAILABLE. */
DbConn *db_reader(Db *db, GError **err);

/* The same for a job that walks a whole table: sixty times as long. Not for a request. */
DbConn *db_reader_long(Db *db, GError **err);
void db_done(DbConn *reader); /* its DbRows are freed before */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbConn, db_done)

/* Closes the readers that nobody has used for so long, and gives back what they hold: pages, statements that were prepared, and what they kept (kept.h). Returns how many. */
int db_rest(Db *db, int64_t idle_ms);

DbEngine db_conn_engine(const DbConn *conn);

/* --- Statements ------------------------------------------------------------------------------------------------ */

typedef struct DbStatement DbStatement; /* generated into db/queries.h: XArgs, XRow and Q_X for each statement X */

/* A statement that fails ends its transaction: later ones fail with the same error, and so does the work, whatever it returns.
 * Where a refusal is expected, ask first or write ON CONFLICT. A text argument must be UTF-8 without U+0000 (BH_BAD_INPUT);
 * an argument without `?` must have a value, and texts do not have one by themselves: leaving one out is BH_INTERNAL. */

/* A statement without rows. ret_changes (may be NULL): rows changed. BH_CONFLICT when a unique, foreign or check constraint refuses. */
#define db_exec(tx, Name, ret_changes, err, ...) \
    db_exec_raw(tx, &Q_##Name, &(Name##Args) { __VA_ARGS__ }, ret_changes, err)

/* A statement without rows for each of n XArgs, in their order. On PostgreSQL nobody waits for one before the next is sent; a statement whose text is a COPY there, its columns being the arguments in their
 * order, takes them by the thousand (then a constraint refuses all of them). */
#define db_exec_all(tx, Name, all, n, err) db_exec_all_raw(tx, &Q_##Name, 1 ? (all) : (const Name##Args *) NULL, n, err)

/* The first row. Its texts are copied into `arena`. ret_row is set where *ret_found. Also for INSERT … RETURNING. */
#define db_one(conn, Name, arena, ret_row, ret_found, err, ...) \
    db_one_raw(conn, &Q_##Name, &(Name##Args) { __VA_ARGS__ }, arena, 1 ? (ret_row) : (Name##Row *) NULL, ret_found, err)

/* All rows one by one:
 *     g_autoptr(DbRows) rows = db_query(conn, TasksOfPlan, err, .plan = id);
 *     for (TasksOfPlanRow row; rows && db_next(rows, &row, err);) …
 * Texts of a row live until the next db_next. After the loop *err tells an end from a failure: db_rows_ok(rows). */
#define db_query(conn, Name, err, ...) db_query_raw(conn, &Q_##Name, &(Name##Args) { __VA_ARGS__ }, err)
#define db_next(rows, ret_row, err) db_next_raw(rows, ret_row, sizeof *(ret_row), err)
/* Copies the texts of a row that was read into `arena`, so that it outlives the next one. */
#define db_row_keep(Name, row, arena) db_row_keep_raw(&Q_##Name, 1 ? (row) : (Name##Row *) NULL, arena)
void db_row_keep_raw(const DbStatement *q, void *row, Arena *arena);
bool db_rows_ok(const DbRows *rows); /* false for NULL and after a failure */
void db_rows_free(DbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

/* Ids as the value of an argument `:ids` that a statement uses as `x IN $IDS(:ids)`. */
Str db_ids(const DbConn *conn, Arena *arena, const int64_t *ids, size_t n);

bool db_exec_raw(DbConn *tx, const DbStatement *q, const void *args, int64_t *ret_changes, GError **err);
bool db_one_raw(DbConn *conn, const DbStatement *q, const void *args, Arena *arena, void *ret_row, bool *ret_found, GError **err);
bool db_exec_all_raw(DbConn *tx, const DbStatement *q, const void *all, size_t n, GError **err);
DbRows *db_query_raw(DbConn *conn, const DbStatement *q, const void *args, GError **err);
bool db_next_raw(DbRows *rows, void *ret_row, size_t row_size, GError **err);

/* Prepares every statement of the program on this connection; the first that fails is named. For the tests and `doctor`. */
bool db_check_statements(DbConn *conn, GError **err);
