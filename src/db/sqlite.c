#include "db/driver.h"

#include "base/clock.h"
#include "db/engines.h"
#include "db/sqlite_feed.h"
#include "db/sqlite_function.h"
#include "db/sqlite_set.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

/* Write-ahead log, so that readers never wait for the writer; synchronous=FULL, so that what was acknowledged survives a power cut.
 * A checkpoint at 20,000 pages instead of 1,000: large imports write a page to the database once, not many times. Temporary
 * tables stay in memory: no personal data in files of others. */
static const char writer_setup[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000;"
                                   "PRAGMA secure_delete = ON;"; /* what is taken away is gone from the file, too */
static const char common_setup[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";
static const char usual_cache[] = "PRAGMA cache_size = -16000"; /* kB */
static const char bulk_cache[] = "PRAGMA cache_size = -128000"; /* what is over the usual is the larger part of what an import of any size takes */

typedef struct {
    DbConn conn;
    sqlite3 *handle;
    sqlite3_stmt **prepared; /* by the statement's index; NULL: not yet */
    bool soft;               /* commits do not reach the disk by themselves now */
    GHashTable *built;       /* char * text to sqlite3_stmt *: those built at run time. To read such a text takes longer than to run it */
    GHashTable *merging;     /* the same, of merges */
} SqliteConn;

enum { BUILT_MOST = 32, MERGING_MOST = 256 };

typedef struct {
    DbRows rows;
    sqlite3_stmt *stmt;
    bool own_stmt; /* not of the cache: finalized with the rows */
} SqliteRows;

typedef struct {
    int result; /* SQLite's primary code */
    BhError code;
    const char *text;
    const char *hint;
} SqliteError;

static const SqliteError sqlite_errors[] = {
    { SQLITE_CONSTRAINT, BH_CONFLICT, "refused by the store", NULL },
    { SQLITE_FULL, BH_FULL, "no room for the store", "make room on the disk, then try again" },
    { SQLITE_IOERR, BH_UNAVAILABLE, "the store's disk fails", "look at the system's log for errors of the disk" },
    { SQLITE_BUSY, BH_UNAVAILABLE, "the store is locked by another process", NULL },
    { SQLITE_LOCKED, BH_UNAVAILABLE, "the store is locked", NULL },
    { SQLITE_CANTOPEN, BH_UNAVAILABLE, "the store cannot be opened", NULL },
    { SQLITE_CORRUPT, BH_UNAVAILABLE, "the store is damaged", "keep the file, and restore the last backup" },
    { SQLITE_NOTADB, BH_UNAVAILABLE, "the store is no SQLite database", "keep the file, and restore the last backup" },
    { SQLITE_PERM, BH_UNAVAILABLE, "the store may not be opened", NULL },
    { SQLITE_TOOBIG, BH_TOO_LARGE, "a value is too large for the store", NULL },
    { SQLITE_INTERRUPT, BH_UNAVAILABLE, "reading took too long", NULL },
};
static const SqliteError sqlite_other_error = { 0, BH_INTERNAL, "the store refuses", NULL };

static SqliteConn *sqlite_of(DbConn *conn)
{
    return (SqliteConn *) conn;
}

static const SqliteError *error_of(sqlite3 *handle, int result)
{
    int primary = result & 0xff;
    int system_error = sqlite3_system_errno(handle);
    if (primary == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT))
        primary = SQLITE_FULL;
    for (size_t i = 0; i < G_N_ELEMENTS(sqlite_errors); i++)
        if (sqlite_errors[i].result == primary)
            return &sqlite_errors[i];
    return &sqlite_other_error;
}

/* Fails with what SQLite says, and notices when it took the transaction back by itself (a full disk does that). */
static bool sqlite_failed(SqliteConn *c, const DbStatement *q, int result, GError **err)
{
    const SqliteError *row = error_of(c->handle, result);
    const char *said = c->handle ? sqlite3_errmsg(c->handle) : sqlite3_errstr(result);
    if (q)
        db_conn_fail(&c->conn, DB_RETRY_NO, err, row->code, "%s: %s (%s)", row->text, said, q->name);
    else
        db_conn_fail(&c->conn, DB_RETRY_NO, err, row->code, "%s: %s", row->text, said);
    if (row->hint)
        error_hint(err, "%s", row->hint);
    if (c->handle && sqlite3_get_autocommit(c->handle))
        c->conn.in_transaction = false;
    return false;
}

sqlite3 *sqlite_handle(DbConn *conn)
{
    return sqlite_of(conn)->handle;
}

bool sqlite_fail(DbConn *conn, int result, GError **err)
{
    return sqlite_failed(sqlite_of(conn), NULL, result, err);
}

/* --- Connections ----------------------------------------------------------------------------------------------- */

static int past_deadline(void *data)
{
    const DbConn *conn = data;
    return conn->deadline_ms && monotonic_ms() > conn->deadline_ms;
}

static bool sqlite_script(DbConn *conn, const char *sql, GError **err)
{
    int result = sqlite3_exec(sqlite_of(conn)->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_failed(sqlite_of(conn), NULL, result, err);
}

/* Only the first writer may make the file; SQLite gives its mode to the log beside it. A file that is there is never opened here: to close
 * any descriptor of a file takes away all locks that the process has on it (POSIX), SQLite's own among them. Another process that opens
 * the store and leaves it would then take itself for the last one, and remove the log under us. */
static bool make_file(const DbOptions *options, DbPurpose purpose, GError **err)
{
    bool may_make = purpose == DB_FOR_WRITING;
    int fd = may_make ? open(options->path, O_CLOEXEC | O_RDWR | O_CREAT | O_EXCL, 0600) : -1;
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if ((may_make && errno != EEXIST) || access(options->path, may_make ? R_OK | W_OK : R_OK) != 0)
        return error_set_errno(err, errno, "cannot open the store '%s'", options->path);
    return true;
}

static void sqlite_close(DbConn *conn)
{
    SqliteConn *c = sqlite_of(conn);
    for (size_t i = 0; c->prepared && i < conn->program->n_statements; i++)
        sqlite3_finalize(c->prepared[i]);
    g_free(c->prepared);
    g_clear_pointer(&c->built, g_hash_table_unref);
    g_clear_pointer(&c->merging, g_hash_table_unref);
    sqlite3_close(c->handle);
    db_conn_clear(conn);
    g_free(c);
}

/* Changing to the write-ahead log does not wait for others by itself, as every other statement does. */
static bool set_up_writer(SqliteConn *c, GError **err)
{
    int64_t end_ms = monotonic_ms() + DB_BUSY_LIMIT_MS;
    int result;
    while ((result = sqlite3_exec(c->handle, writer_setup, NULL, NULL, NULL)) != SQLITE_OK) {
        if ((result & 0xff) != SQLITE_BUSY || monotonic_ms() > end_ms)
            return sqlite_failed(c, NULL, result, err);
        g_usleep(10 * 1000);
    }
    return true;
}

/* SQLite counts what it allocates for the whole process under one lock, which all connections would stand at; nobody asks for it. Refused once SQLite is in use: then it counts. */
static void configure(void)
{
    static gsize done;
    if (g_once_init_enter(&done)) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        g_once_init_leave(&done, 1);
    }
}

static bool set_up(SqliteConn *c, const DbOptions *options, GError **err)
{
    DbConn *conn = &c->conn;
    int flags = options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int result = sqlite3_open_v2(options->path, &c->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (result == SQLITE_OK)
        result = sqlite_set_register(c->handle);
    if (result == SQLITE_OK)
        result = sqlite_feed_register(c->handle);
    if (result == SQLITE_OK && options->functions)
        result = sqlite_functions_register(c->handle, options->functions);
    if (result != SQLITE_OK)
        return sqlite_failed(c, NULL, result, err);
    sqlite3_busy_timeout(c->handle, DB_BUSY_LIMIT_MS);
    if (!sqlite_script(conn, common_setup, err) || !sqlite_script(conn, usual_cache, err))
        return false;
    if (conn->purpose == DB_FOR_WRITING)
        return set_up_writer(c, err);
    if (conn->purpose == DB_FOR_COPYING) /* VACUUM INTO does not work with query_only */
        return true;
    sqlite3_progress_handler(c->handle, 10000, past_deadline, conn);
    return sqlite_script(conn, "PRAGMA query_only = ON", err);
}

static DbConn *sqlite_open(const DbOptions *options, DbPurpose purpose, GError **err)
{
    if (!make_file(options, purpose, err))
        return NULL;
    configure();
    SqliteConn *c = g_new0(SqliteConn, 1);
    db_conn_init(&c->conn, &db_sqlite, options, purpose);
    c->prepared = g_new0(sqlite3_stmt *, options->program->n_statements);
    if (set_up(c, options, err))
        return &c->conn;
    g_prefix_error(err, "'%s': ", options->path);
    sqlite_close(&c->conn);
    return NULL;
}

/* Can be changed between transactions only. The log keeps its order, so that a durable commit takes along all before it. */
static bool set_soft(DbConn *conn, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    if (conn->soft == c->soft)
        return true;
    if (!sqlite_script(conn, conn->soft ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", err))
        return false;
    c->soft = conn->soft;
    return true;
}

static bool sqlite_begin(DbConn *conn, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    if (c->merging && g_hash_table_size(c->merging) > MERGING_MOST)
        g_hash_table_remove_all(c->merging);
    return set_soft(conn, err) && sqlite_script(conn, conn->purpose == DB_FOR_WRITING ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static bool sqlite_commit(DbConn *conn, GError **err)
{
    if (!sqlite_script(conn, "COMMIT", err))
        return false;
    conn->in_transaction = false;
    return true;
}

static void sqlite_rollback(DbConn *conn)
{
    if (!sqlite3_get_autocommit(sqlite_of(conn)->handle))
        sqlite3_exec(sqlite_of(conn)->handle, "ROLLBACK", NULL, NULL, NULL);
    conn->in_transaction = false;
}

static void sqlite_bulk(DbConn *writer, bool on)
{
    sqlite3 *handle = sqlite_of(writer)->handle;
    sqlite_script(writer, on ? bulk_cache : usual_cache, NULL);
    if (!on)
        sqlite3_db_release_memory(handle);
}

/* --- Statements ------------------------------------------------------------------------------------------------ */

/* The names are compared too: a row whose columns stand in another order than the struct would be read wrong, silently. */
static bool columns_fit(SqliteConn *c, sqlite3_stmt *stmt, const DbStatement *q, GError **err)
{
    int n = sqlite3_column_count(stmt);
    if (n != q->n_columns)
        return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s) has %d columns, not %d", q->name, q->at, n,
                            q->n_columns);
    for (int i = 0; i < n; i++) {
        const char *name = sqlite3_column_name(stmt, i);
        if (!name || strcmp(name, q->columns[i].name) != 0)
            return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s): column %d is '%s', not '%s'", q->name,
                                q->at, i + 1, name ? name : "", q->columns[i].name);
    }
    return true;
}

static sqlite3_stmt *prepare(SqliteConn *c, const DbStatement *q, unsigned flags, GError **err)
{
    sqlite3_stmt *stmt = NULL;
    int result = sqlite3_prepare_v3(c->handle, q->sql[DB_SQLITE], -1, flags, &stmt, NULL);
    if (result != SQLITE_OK)
        sqlite_failed(c, q, result, err);
    else if (columns_fit(c, stmt, q, err))
        return stmt;
    sqlite3_finalize(stmt);
    return NULL;
}

static void finalize(void *stmt)
{
    sqlite3_finalize(stmt);
}

/* What was kept once stays: rows that are at their end, or not begun, hold a statement that is not busy. Lists have few texts, since what comes from outside are values. */
static sqlite3_stmt *built_statement(SqliteConn *c, const DbStatement *q, bool *ret_own, GError **err)
{
    const char *text = q->sql[DB_SQLITE];
    if (!c->built)
        c->built = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    sqlite3_stmt *stmt = g_hash_table_lookup(c->built, text);
    *ret_own = stmt ? sqlite3_stmt_busy(stmt) != 0 : g_hash_table_size(c->built) >= BUILT_MOST;
    if (*ret_own)
        return prepare(c, q, 0, err);
    if (stmt && !columns_fit(c, stmt, q, err))
        return NULL;
    if (!stmt && (stmt = prepare(c, q, SQLITE_PREPARE_PERSISTENT, err)))
        g_hash_table_insert(c->built, g_strdup(text), stmt);
    return stmt;
}

/* Of each dataset a merge has some ten statements; more than are kept go before the next transaction. */
sqlite3_stmt *sqlite_merging(DbConn *conn, const char *sql, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    if (!c->merging)
        c->merging = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    sqlite3_stmt *stmt = g_hash_table_lookup(c->merging, sql);
    if (stmt)
        return stmt;
    int result = sqlite3_prepare_v3(c->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (result != SQLITE_OK) {
        sqlite_fail(conn, result, err);
        return NULL;
    }
    g_hash_table_insert(c->merging, g_strdup(sql), stmt);
    return stmt;
}

/* The cached one; a fresh one when that is being read (a statement within the loop over its own rows), or for a text that was built, see above. */
static sqlite3_stmt *statement(SqliteConn *c, const DbStatement *q, bool *ret_own, GError **err)
{
    if (q->index == DB_NOT_CACHED)
        return built_statement(c, q, ret_own, err);
    sqlite3_stmt **place = &c->prepared[q->index];
    *ret_own = *place && sqlite3_stmt_busy(*place);
    if (*ret_own)
        return prepare(c, q, 0, err);
    if (!*place)
        *place = prepare(c, q, SQLITE_PREPARE_PERSISTENT, err);
    return *place;
}

static int bind_one(sqlite3_stmt *stmt, int at, const DbField *field, const void *args, sqlite3_destructor_type keep)
{
    const void *member = db_member(args, field);
    char buffer[DATE_TEXT_MAX];
    if (db_arg_is_null(field, args))
        return sqlite3_bind_null(stmt, at);
    switch ((DbType) field->type) {
    case DB_TYPE_INT:
        return sqlite3_bind_int64(stmt, at, *(const int64_t *) member);
    case DB_TYPE_BOOL:
        return sqlite3_bind_int(stmt, at, *(const bool *) member);
    case DB_TYPE_DATE:
        return sqlite3_bind_text(stmt, at, date_format(*(const Date *) member, buffer), -1, SQLITE_TRANSIENT);
    case DB_TYPE_BLOB:
        return sqlite3_bind_blob64(stmt, at, ((const Str *) member)->p, ((const Str *) member)->n, keep);
    case DB_TYPE_TEXT:
        break;
    }
    return sqlite3_bind_text64(stmt, at, ((const Str *) member)->p, ((const Str *) member)->n, keep, SQLITE_UTF8);
}

/* A body for SQLite need not use the last arguments: then SQLite knows fewer places. */
static bool bind(SqliteConn *c, sqlite3_stmt *stmt, const DbStatement *q, const void *args, sqlite3_destructor_type keep,
                 GError **err)
{
    int n = MIN(sqlite3_bind_parameter_count(stmt), (int) q->n_args);
    for (int i = 0; i < n; i++) {
        int result = bind_one(stmt, i + 1, &q->args[i], args, keep);
        if (result != SQLITE_OK)
            return sqlite_failed(c, q, result, err);
    }
    return true;
}

static void let_go(sqlite3_stmt *stmt, bool own)
{
    if (own)
        sqlite3_finalize(stmt);
    else
        sqlite3_reset(stmt);
}

static bool sqlite_exec(DbConn *conn, const DbStatement *q, const void *args, int64_t *ret_changes, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    bool own = false;
    sqlite3_stmt *stmt = statement(c, q, &own, err);
    if (!stmt)
        return false;
    bool ok = bind(c, stmt, q, args, SQLITE_STATIC, err);
    int result = ok ? sqlite3_step(stmt) : SQLITE_OK;
    if (ok && result == SQLITE_ROW)
        ok = db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s) has rows: use db_one or db_query", q->name, q->at);
    else if (ok && result != SQLITE_DONE)
        ok = sqlite_failed(c, q, result, err);
    *ret_changes = sqlite3_changes64(c->handle);
    let_go(stmt, own);
    return ok;
}

/* The texts are copied: the caller's may be gone before the last row is read. */
static DbRows *sqlite_query(DbConn *conn, const DbStatement *q, const void *args, bool first_only, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    bool own = false;
    sqlite3_stmt *stmt = statement(c, q, &own, err);
    if (!stmt)
        return NULL;
    if (!bind(c, stmt, q, args, first_only ? SQLITE_STATIC : SQLITE_TRANSIENT, err)) {
        let_go(stmt, own);
        return NULL;
    }
    SqliteRows *rows = g_new0(SqliteRows, 1);
    *rows = (SqliteRows) { { .conn = conn, .q = q }, stmt, own };
    return &rows->rows;
}

static void sqlite_rows_free(DbRows *rows)
{
    SqliteRows *r = (SqliteRows *) rows;
    let_go(r->stmt, r->own_stmt);
    g_free(r);
}

static const char *found_type(int type)
{
    return type == SQLITE_INTEGER ? "an integer" : type == SQLITE_TEXT ? "a text" : type == SQLITE_BLOB ? "a blob" : "another type";
}

static Str column_text(sqlite3_stmt *stmt, int i, bool blob)
{
    const void *p = blob ? sqlite3_column_blob(stmt, i) : sqlite3_column_text(stmt, i);
    return (Str) { p ? p : "", (size_t) sqlite3_column_bytes(stmt, i) };
}

static bool read_column(DbRows *rows, sqlite3_stmt *stmt, int i, void *row, GError **err)
{
    static const int stored_as[] = { SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB, SQLITE_TEXT };
    const DbField *column = &rows->q->columns[i];
    void *member = (char *) row + column->offset;
    int type = sqlite3_column_type(stmt, i);
    if (type == SQLITE_NULL && column->nullable) {
        db_set_null(column, row);
        return true;
    }
    if (type != stored_as[column->type])
        return db_column_failed(rows->conn, rows->q, column, type == SQLITE_NULL ? "NULL" : found_type(type), err);
    if (column->type == DB_TYPE_INT)
        *(int64_t *) member = sqlite3_column_int64(stmt, i);
    else if (column->type == DB_TYPE_BOOL)
        *(bool *) member = sqlite3_column_int(stmt, i) != 0;
    else if (column->type != DB_TYPE_DATE)
        *(Str *) member = column_text(stmt, i, column->type == DB_TYPE_BLOB);
    else if (!date_parse(column_text(stmt, i, false), member))
        return db_column_failed(rows->conn, rows->q, column, "a text", err);
    return true;
}

static DbStep sqlite_next(DbRows *rows, void *ret_row, GError **err)
{
    sqlite3_stmt *stmt = ((SqliteRows *) rows)->stmt;
    int result = sqlite3_step(stmt);
    if (result == SQLITE_DONE)
        return DB_STEP_END;
    if (result != SQLITE_ROW) {
        sqlite_failed(sqlite_of(rows->conn), rows->q, result, err);
        return DB_STEP_FAILED;
    }
    for (int i = 0; i < rows->q->n_columns; i++)
        if (!read_column(rows, stmt, i, ret_row, err))
            return DB_STEP_FAILED;
    return DB_STEP_ROW;
}

static bool sqlite_scalar(DbConn *conn, const char *sql, int64_t *ret_value, GError **err)
{
    SqliteConn *c = sqlite_of(conn);
    sqlite3_stmt *stmt = NULL;
    int result = sqlite3_prepare_v2(c->handle, sql, -1, &stmt, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(stmt);
    if (result == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(stmt, 0);
    else
        sqlite_failed(c, NULL, result, err);
    sqlite3_finalize(stmt);
    return result == SQLITE_ROW;
}

static bool sqlite_check(DbConn *conn, const DbStatement *q, GError **err)
{
    bool own = false;
    sqlite3_stmt *stmt = statement(sqlite_of(conn), q, &own, err);
    if (own)
        sqlite3_finalize(stmt);
    return stmt != NULL;
}

static bool sqlite_own(DbConn *conn, GError **err)
{
    (void) conn, (void) err;
    return true; /* the caller's lock file does it */
}

/* The system takes a process's locks away when it ends. */
static bool sqlite_calm(DbConn *conn, GError **err)
{
    (void) conn, (void) err;
    return true;
}

static bool sqlite_alive(DbConn *conn)
{
    (void) conn;
    return true;
}

/* --- Backup ---------------------------------------------------------------------------------------------------- */

static bool sync_path(const char *path, int flags, GError **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        error_set_errno(err, errno, "cannot write '%s' to the disk", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* VACUUM INTO copies one state, packed, and writers go on meanwhile; it leaves writing to the disk to us. */
static bool copy_into(SqliteConn *c, const char *path, GError **err)
{
    sqlite3_stmt *stmt = NULL;
    int result = sqlite3_prepare_v2(c->handle, "VACUUM INTO ?1", -1, &stmt, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
    if (result == SQLITE_OK)
        result = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return result == SQLITE_DONE || sqlite_failed(c, NULL, result, err);
}

static bool sqlite_backup(DbConn *conn, const char *to_path, GError **err)
{
    int fd = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot make '%s'", to_path);
    close(fd);
    g_autofree char *folder = g_path_get_dirname(to_path);
    if (copy_into(sqlite_of(conn), to_path, err) && sync_path(to_path, 0, err) && sync_path(folder, O_DIRECTORY, err))
        return true;
    unlink(to_path);
    return false;
}

const DbDriver db_sqlite = {
    .engine = DB_SQLITE, .n_writers = 1,
    .open = sqlite_open, .close = sqlite_close,
    .begin = sqlite_begin, .commit = sqlite_commit, .rollback = sqlite_rollback,
    .script = sqlite_script, .scalar = sqlite_scalar,
    .exec = sqlite_exec, .query = sqlite_query, .next = sqlite_next, .rows_free = sqlite_rows_free,
    .check = sqlite_check, .own = sqlite_own, .calm = sqlite_calm, .alive = sqlite_alive, .bulk = sqlite_bulk, .backup = sqlite_backup,
};
