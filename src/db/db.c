#include "db/driver.h"

#include "base/clock.h"

#include "base/banned.h"

struct Db {
    DbOptions options; /* its texts are ours */
    const DbDriver *driver;
    gint version; /* atomic */
    DbWriter *writer;
    DbKeptStore *kept; /* NULL: open for reading only */
    DbConn *owner;    /* holds the lock of db_own */
    GMutex lock;      /* over idle and n_open */
    GCond given_back;
    GPtrArray *idle;  /* readers */
    int n_open;
};

extern const DbProgram db_program; /* generated: what is in sql/ */

static Db *db_alloc(const DbOptions *options)
{
    Db *db = g_new0(Db, 1);
    db->options = *options;
    db->options.url = g_strdup(options->url);
    db->options.path = g_strdup(options->path);
    db->options.readers = MAX(options->readers, 1);
    if (!options->program)
        db->options.program = &db_program;
    db->driver = options->url ? &db_postgres : &db_sqlite;
    g_mutex_init(&db->lock);
    g_cond_init(&db->given_back);
    db->idle = g_ptr_array_new();
    return db;
}

/* --- Versions -------------------------------------------------------------------------------------------------- */

static bool accept_version(const Db *db, int version, GError **err)
{
    int ours = (int) db->options.program->n_migrations;
    if (version < 0) {
        error_set(err, BH_CONFLICT, "the database holds tables, but no store of bihuan");
        return error_hint(err, "give it a database or a schema of its own");
    }
    if (db->options.any_version || version == ours)
        return true;
    error_set(err, BH_CONFLICT, "the store has version %d, this program version %d", version, ours);
    if (version > ours)
        return error_hint(err, "a newer bihuan wrote it: use that");
    return error_hint(err, "back it up, then run `bihuan upgrade`");
}

/* An empty store is filled, others are looked at. At once: a crash must not leave a store that is neither empty nor of this version. */
static bool settle(Db *db, DbConn *conn, GError **err)
{
    int version = 0;
    if (!db_read_version(conn, &version, err))
        return false;
    if (version == 0 && !db->options.read_only && (!db_migrate(conn, true, err) || !db_read_version(conn, &version, err)))
        return false;
    g_atomic_int_set(&db->version, version);
    return accept_version(db, version, err);
}

int db_version(const Db *db)
{
    return g_atomic_int_get(&db->version);
}

int db_version_of_program(void)
{
    return (int) db_program.n_migrations;
}

bool db_upgrade(Db *db, GError **err)
{
    int version = db_version(db);
    if ((size_t) version > db->options.program->n_migrations) {
        error_set(err, BH_CONFLICT, "the store has version %d, newer than this program", version);
        return error_hint(err, "a newer bihuan wrote it: use that");
    }
    DbConn *conn = db->driver->open(&db->options, DB_FOR_WRITING, err);
    bool ok = conn && db_migrate(conn, false, err) && db_read_version(conn, &version, err);
    if (ok)
        g_atomic_int_set(&db->version, version);
    if (conn)
        db->driver->close(conn);
    return ok;
}

/* --- Opening and closing --------------------------------------------------------------------------------------- */

Db *db_open(const DbOptions *options, GError **err)
{
    g_autoptr(Db) db = db_alloc(options);
    DbConn *first = db->driver->open(&db->options, options->read_only ? DB_FOR_READING : DB_FOR_WRITING, err);
    if (!first)
        return NULL;
    if (!settle(db, first, err)) {
        db->driver->close(first);
        return NULL;
    }
    first->db = db;
    if (options->read_only) {
        g_ptr_array_add(db->idle, first);
        db->n_open = 1;
    } else {
        db->kept = db_kept_new();
        db->writer = db_writer_new(&db->options, db->driver, db, first);
    }
    return g_steal_pointer(&db);
}

void db_close(Db *db)
{
    if (!db)
        return;
    db_writer_free(db->writer);
    g_assert(db->n_open == (int) db->idle->len); /* every reader was given back */
    for (guint i = 0; i < db->idle->len; i++)
        db->driver->close(g_ptr_array_index(db->idle, i));
    if (db->owner)
        db->driver->close(db->owner);
    g_ptr_array_unref(db->idle);
    db_kept_free(db->kept);
    g_cond_clear(&db->given_back);
    g_mutex_clear(&db->lock);
    g_free((char *) db->options.url);
    g_free((char *) db->options.path);
    g_free(db);
}

DbKeptStore *db_kept_of(Db *db)
{
    return db->kept;
}

DbEngine db_engine(const Db *db)
{
    return db->driver->engine;
}

bool db_own(Db *db, GError **err)
{
    DbConn *conn = db->owner ? NULL : db->driver->open(&db->options, DB_FOR_COPYING, err);
    if (db->owner || !conn)
        return db->owner != NULL;
    if (!db->driver->own(conn, err) || !db->driver->calm(conn, err)) {
        db->driver->close(conn);
        return false;
    }
    db->owner = conn;
    return true;
}

bool db_still_own(Db *db, GError **err)
{
    g_mutex_lock(&db->lock);
    bool ok = !db->owner || db->driver->alive(db->owner) || db->driver->own(db->owner, err);
    g_mutex_unlock(&db->lock);
    return ok;
}

bool db_backup(Db *db, const char *to_path, GError **err)
{
    DbConn *conn = db->driver->open(&db->options, DB_FOR_COPYING, err);
    bool ok = conn && db->driver->backup(conn, to_path, err);
    if (conn)
        db->driver->close(conn);
    return ok;
}

bool db_write(Db *db, DbQueue queue, DbWork work, void *data, GError **err)
{
    if (!db->writer)
        return error_set(err, BH_INTERNAL, "the store is open for reading only");
    return db_writer_run(db->writer, queue, work, data, err);
}

bool db_write_step(Db *db, DbWork work, void *data, GError **err)
{
    if (!db->writer)
        return error_set(err, BH_INTERNAL, "the store is open for reading only");
    return db_writer_run_step(db->writer, work, data, err);
}

DbWriterState db_writer_state(const Db *db)
{
    return db->writer ? db_writer_look(db->writer) : (DbWriterState) { 0 };
}

/* --- Readers --------------------------------------------------------------------------------------------------- */

/* NULL without err: one may be opened, and is counted already. */
static DbConn *idle_reader(Db *db, bool *ret_may_open)
{
    int64_t end = g_get_monotonic_time() + DB_READ_LIMIT_MS * 1000;
    bool in_time = true;
    g_mutex_lock(&db->lock);
    while (db->idle->len == 0 && db->n_open >= db->options.readers && in_time)
        in_time = g_cond_wait_until(&db->given_back, &db->lock, end);
    DbConn *conn = db->idle->len > 0 ? g_ptr_array_remove_index(db->idle, db->idle->len - 1) : NULL;
    *ret_may_open = !conn && db->n_open < db->options.readers;
    db->n_open += *ret_may_open;
    g_mutex_unlock(&db->lock);
    return conn;
}

/* conn NULL: one that could not be opened. */
static void give_back(Db *db, DbConn *conn)
{
    g_mutex_lock(&db->lock);
    if (conn) {
        conn->idle_since_ms = monotonic_ms();
        g_ptr_array_add(db->idle, conn);
    } else
        db->n_open--;
    g_cond_signal(&db->given_back);
    g_mutex_unlock(&db->lock);
}

DbConn *db_reader(Db *db, GError **err)
{
    bool may_open = false;
    DbConn *conn = idle_reader(db, &may_open);
    if (!conn && !may_open) {
        error_set(err, BH_UNAVAILABLE, "no connection for reading came free within %d s", DB_READ_LIMIT_MS / 1000);
        return NULL;
    }
    if (may_open)
        conn = db->driver->open(&db->options, DB_FOR_READING, err);
    if (conn && (conn->db = db, conn->kept = db->kept, db_conn_begin(conn, err)))
        return conn;
    give_back(db, conn);
    return NULL;
}

DbConn *db_reader_long(Db *db, GError **err)
{
    enum { TIMES = 60 };
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn || (db->driver->longer && !db->driver->longer(conn, conn->read_limit_ms * TIMES, err)))
        return NULL;
    conn->deadline_ms = monotonic_ms() + (int64_t) conn->read_limit_ms * TIMES;
    return g_steal_pointer(&conn);
}

void db_done(DbConn *reader)
{
    if (!reader)
        return;
    g_assert(reader->open_rows == 0); /* rows are freed before their connection is given back */
    reader->driver->rollback(reader);
    db_conn_forget(reader);
    give_back(reader->db, reader);
}

/* Those used last stand last, so the first has rested longest. */
static DbConn *take_rested(Db *db, int64_t idle_ms)
{
    g_mutex_lock(&db->lock);
    DbConn *conn = db->idle->len > 0 ? g_ptr_array_index(db->idle, 0) : NULL;
    if (conn && conn->idle_since_ms + idle_ms <= monotonic_ms()) {
        g_ptr_array_remove_index(db->idle, 0);
        db->n_open--;
    } else
        conn = NULL;
    g_mutex_unlock(&db->lock);
    return conn;
}

int db_rest(Db *db, int64_t idle_ms)
{
    int closed = 0;
    for (DbConn *conn; (conn = take_rested(db, idle_ms)); closed++)
        db->driver->close(conn);
    if (closed > 0 && db->kept)
        db_kept_clear(db->kept);
    return closed;
}
