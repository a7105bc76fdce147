#include "db/driver.h"

#include "base/banned.h"

/* Whose tables are there? One question, one answer: another process may be filling the store meanwhile. (information_schema would
 * hide tables that the role may not use.) */
enum { NO_TABLES, OURS, SOMEONES };
static const char *const whose_tables[] = {
    "SELECT CASE WHEN count(*) = 0 THEN 0 WHEN max(name = 'schema_version') THEN 1 ELSE 2 END FROM sqlite_master WHERE type = 'table'",
    "SELECT CASE WHEN count(*) = 0 THEN 0 WHEN bool_or(tablename = 'schema_version') THEN 1 ELSE 2 END FROM pg_tables"
    " WHERE schemaname = current_schema()",
};
static const char *const make_version_table[] = {
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL)",
};
/* Of two processes that fill an empty store at once the second waits, and finds it filled. SQLite's write lock does that; on PostgreSQL
 * the lock is taken before the transaction begins, so that its view of the store is not from before. */
static const char *const lock_out_others[] = { "", "SELECT pg_advisory_lock(hashtext('bihuan migrate'), hashtext(current_schema()))" };
static const char *const let_others_in[] = { "", "SELECT pg_advisory_unlock(hashtext('bihuan migrate'), hashtext(current_schema()))" };

static const DbField record_args[] = { { "version", 0, DB_TYPE_INT, false }, { "name", 8, DB_TYPE_TEXT, false } };
typedef struct {
    int64_t version;
    Str name;
} RecordArgs;
static const DbStatement record_version = {
    .name = "record_version", .at = "migrate.c", .index = DB_NOT_CACHED,
    .sql = { "INSERT INTO schema_version (version, name) VALUES (?1, ?2)",
             "INSERT INTO schema_version (version, name) VALUES ($1, $2)" },
    .args = record_args, .n_args = 2, .args_size = sizeof(RecordArgs),
};

bool db_read_version(DbConn *conn, int *ret_version, GError **err)
{
    int64_t whose = 0, version = 0;
    if (!conn->driver->scalar(conn, whose_tables[conn->driver->engine], &whose, err))
        return false;
    if (whose == OURS && !conn->driver->scalar(conn, "SELECT coalesce(max(version), 0) FROM schema_version", &version, err))
        return false;
    *ret_version = whose == SOMEONES ? -1 : (int) version;
    return true;
}

static bool apply(DbConn *conn, const DbMigration *migration, GError **err)
{
    const char *sql = migration->sql[conn->driver->engine];
    RecordArgs args = { migration->number, str_from(migration->name) };
    return (!*sql || conn->driver->script(conn, sql, err)) && db_exec_raw(conn, &record_version, &args, NULL, err);
}

/* The next migration, or all that are missing. ret_more: there may be another. */
static bool step(DbConn *conn, bool all, bool *ret_more, GError **err)
{
    const DbProgram *program = conn->program;
    int version = 0;
    if (!conn->driver->script(conn, make_version_table[conn->driver->engine], err) || !db_read_version(conn, &version, err))
        return false;
    size_t end = all ? program->n_migrations : MIN((size_t) version + 1, program->n_migrations);
    for (size_t i = (size_t) version; i < end; i++)
        if (!apply(conn, &program->migrations[i], err)) {
            g_prefix_error(err, "migration %s: ", program->migrations[i].name);
            return false;
        }
    *ret_more = end < program->n_migrations;
    return true;
}

static bool step_committed(DbConn *conn, bool all, bool *ret_more, GError **err)
{
    if (db_conn_begin(conn, err) && step(conn, all, ret_more, err) && conn->driver->commit(conn, err))
        return true;
    conn->driver->rollback(conn);
    return false;
}

bool db_migrate(DbConn *conn, bool all_at_once, GError **err)
{
    DbEngine engine = conn->driver->engine;
    if (!conn->driver->script(conn, lock_out_others[engine], err))
        return false;
    bool ok = true;
    for (bool more = true; ok && more;)
        ok = step_committed(conn, all_at_once, &more, err);
    conn->driver->script(conn, let_others_in[engine], NULL);
    return ok;
}
