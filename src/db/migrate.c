#include "db/driver.h"

#include "base/banned.h"

/* The counts of tables beside ours keep us from settling in somebody else's database. information_schema would hide tables that the role may not use. */
static const char *const count_version_table[] = {
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'",
};
static const char *const count_tables[] = {
    "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
};
static const char *const make_version_table[] = {
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL)",
};
/* Two processes that open an empty store at once: SQLite's write lock already lets only one of them in. */
static const char *const wait_for_others[] = { "", "LOCK TABLE schema_version" };

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
    DbEngine engine = conn->driver->engine;
    int64_t ours = 0, tables = 0, version = 0;
    if (!conn->driver->scalar(conn, count_version_table[engine], &ours, err))
        return false;
    if (ours == 0 && !conn->driver->scalar(conn, count_tables[engine], &tables, err))
        return false;
    if (ours > 0 && !conn->driver->scalar(conn, "SELECT coalesce(max(version), 0) FROM schema_version", &version, err))
        return false;
    *ret_version = tables > 0 ? -1 : (int) version;
    return true;
}

static bool apply(DbConn *conn, const DbMigration *migration, GError **err)
{
    const char *sql = migration->sql[conn->driver->engine];
    RecordArgs args = { migration->number, str_from(migration->name) };
    return (!*sql || conn->driver->script(conn, sql, err)) && db_exec_raw(conn, &record_version, &args, NULL, err);
}

/* One step in a transaction of its own: the version is read inside it, where no other process can change it any more.
 * ret_more: there may be another step. */
static bool step(DbConn *conn, bool *ret_more, GError **err)
{
    const DbProgram *program = conn->program;
    int64_t ours = 0;
    int version = 0;
    DbEngine engine = conn->driver->engine;
    if (!conn->driver->scalar(conn, count_version_table[engine], &ours, err))
        return false;
    if (ours == 0 && !conn->driver->script(conn, make_version_table[engine], err))
        return false;
    if (*wait_for_others[engine] && !conn->driver->script(conn, wait_for_others[engine], err))
        return false;
    if (!db_read_version(conn, &version, err))
        return false;
    *ret_more = (size_t) version < program->n_migrations;
    if (!*ret_more || apply(conn, &program->migrations[version], err))
        return true;
    g_prefix_error(err, "migration %s: ", program->migrations[version].name);
    return false;
}

bool db_migrate(DbConn *conn, GError **err)
{
    for (bool more = true; more;) {
        bool ok = db_conn_begin(conn, err) && step(conn, &more, err) && conn->driver->commit(conn, err);
        if (!ok) {
            conn->driver->rollback(conn);
            return false;
        }
    }
    return true;
}
