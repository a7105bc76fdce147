/* PostgreSQL through libpq. Values go in and out in binary: nothing is printed or parsed on the way, and the types that a
 * statement declares are compared with those that the server finds when it is prepared.
 *
 * A query's rows are taken off the connection one by one, so that a large result needs no memory here. When another statement comes
 * in between (within the loop over the rows), the rest is first put aside. */
#include "db/postgres_copy.h"

#include <poll.h>

#include "base/banned.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_VARCHAR = 1043, OID_DATE = 1082 };
enum { OWN_ATTEMPTS = 60, OWN_PAUSE_MS = 50 };
enum { PIPELINED = 256 }; /* sent before answers are read: these must fit between the two */
enum { BUILT_MOST = 64 }; /* a list's plan takes a megabyte of the server's memory, in each session */

typedef struct PgRows PgRows;

/* Arguments in libpq's form; grows to the largest statement. */
typedef struct {
    size_t cap;
    const char **values;
    int *lengths, *formats;
    Oid *types;
    uint64_t *numbers;
} Params;

enum { MADE = 1 /* the server knows it */, CHECKED /* and its columns are ours */ };

/* A statement that was built at run time and prepared: by its text, since its values are parameters. */
typedef struct {
    char *text;
    guint hash;
    uint8_t *types; /* DbType of each parameter */
    size_t n;
    uint64_t used;  /* the session's count when it was used last */
} Built;

typedef struct {
    DbConn conn;
    PGconn *pg;
    uint8_t *prepared; /* 0, MADE or CHECKED, by the statement's index */
    Built built[BUILT_MOST];
    uint64_t uses;
    PgRows *streaming; /* whose rows still come over the connection */
    Params params;
} PgConn;

struct PgRows {
    DbRows rows;
    PGresult *current;
    int at; /* the next row in it */
    bool fits; /* its columns were compared */
    GQueue later; /* PGresult, taken off the connection already */
};

typedef struct {
    const char *state; /* SQLSTATE, or its first two characters */
    BhError code;
    DbRetry retry;
    const char *text;
} PgError;

static const PgError pg_errors[] = {
    { "23", BH_CONFLICT, DB_RETRY_IF_RACED, "refused by the store" },
    { "08", BH_UNAVAILABLE, DB_RETRY_RECONNECT, "the line to the database server breaks" },
    { "40003", BH_UNAVAILABLE, DB_RETRY_NO, "nobody knows whether the change was kept" },
    { "40", BH_UNAVAILABLE, DB_RETRY_RACE, "others changed the same at the same time" },
    { "53100", BH_FULL, DB_RETRY_NO, "no room for the store" },
    { "53", BH_UNAVAILABLE, DB_RETRY_NO, "the database server has no resources left" },
    { "54", BH_TOO_LARGE, DB_RETRY_NO, "a value is too large for the store" },
    { "55P03", BH_UNAVAILABLE, DB_RETRY_NO, "the store is locked by another process" },
    { "55006", BH_UNAVAILABLE, DB_RETRY_NO, "the store is locked by another process" },
    { "57014", BH_UNAVAILABLE, DB_RETRY_NO, "reading took too long" },
    { "57", BH_UNAVAILABLE, DB_RETRY_RECONNECT, "the database server stops or starts" },
    { "25P03", BH_UNAVAILABLE, DB_RETRY_RECONNECT, "reading took too long" },
    { "58", BH_UNAVAILABLE, DB_RETRY_NO, "the database server's disk fails" },
    { "XX001", BH_UNAVAILABLE, DB_RETRY_NO, "the store is damaged" },
    { "XX002", BH_UNAVAILABLE, DB_RETRY_NO, "the store is damaged" },
};
static const PgError pg_other_error = { "", BH_INTERNAL, DB_RETRY_NO, "the store refuses" };
static const PgError pg_gone = { "", BH_UNAVAILABLE, DB_RETRY_RECONNECT, "the database server cannot be reached" };

/* By DbType: as what an argument goes, and as what else a column may come. */
static const Oid type_oids[][3] = {
    [DB_TYPE_INT] = { OID_INT8, OID_INT4, OID_INT2 },
    [DB_TYPE_BOOL] = { OID_BOOL, OID_BOOL, OID_BOOL },
    [DB_TYPE_TEXT] = { OID_TEXT, OID_VARCHAR, OID_VARCHAR },
    [DB_TYPE_BLOB] = { OID_BYTEA, OID_BYTEA, OID_BYTEA },
    [DB_TYPE_DATE] = { OID_DATE, OID_DATE, OID_DATE },
};

static PgConn *pg_of(DbConn *conn)
{
    return (PgConn *) conn;
}

/* --- Failures -------------------------------------------------------------------------------------------------- */

static const PgError *error_of(const PgConn *c, const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    for (size_t i = 0; state && i < G_N_ELEMENTS(pg_errors); i++)
        if (g_str_has_prefix(state, pg_errors[i].state))
            return &pg_errors[i];
    return PQstatus(c->pg) == CONNECTION_BAD ? &pg_gone : &pg_other_error;
}

/* Whether the line stands, having read what lies on it. A server that ends a session says why, then closes the socket; on an idle one there is nothing else to read. */
static bool line_stands(PGconn *pg)
{
    struct pollfd fd = { .fd = PQsocket(pg), .events = POLLIN };
    while (fd.fd >= 0 && poll(&fd, 1, 0) > 0)
        if (!PQconsumeInput(pg))
            return false;
    return PQstatus(pg) == CONNECTION_OK;
}

/* Only the first line of what the server says: the detail below it quotes values. What has no SQLSTATE the client library says by itself: it could not write, and has not read yet that the line is closed. */
static bool pg_failed(PgConn *c, const DbStatement *q, const PGresult *result, GError **err)
{
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    g_autofree char *said = g_strdup(primary ? primary : PQerrorMessage(c->pg));
    if (!result || !PQresultErrorField(result, PG_DIAG_SQLSTATE))
        line_stands(c->pg);
    const PgError *row = error_of(c, result);
    g_strdelimit(g_strchomp(said), "\n\t", ' ');
    if (PQstatus(c->pg) == CONNECTION_BAD)
        c->conn.in_transaction = false;
    if (q)
        return db_conn_fail(&c->conn, row->retry, err, row->code, "%s: %s (%s)", row->text, said, q->name);
    return db_conn_fail(&c->conn, row->retry, err, row->code, "%s: %s", row->text, said);
}

static bool mistake(PgConn *c, const DbStatement *q, const char *what, GError **err)
{
    return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s) %s", q->name, q->at, what);
}

/* --- Connections ----------------------------------------------------------------------------------------------- */

static void ignore_notice(void *data, const PGresult *result)
{
    (void) data, (void) result;
}

/* Frees the connection for the next command. */
static void put_rows_aside(PgConn *c)
{
    PgRows *rows = c->streaming;
    c->streaming = NULL;
    for (PGresult *result; rows && (result = PQgetResult(c->pg));)
        g_queue_push_tail(&rows->later, result);
}

PGconn *pg_handle(DbConn *conn)
{
    put_rows_aside(pg_of(conn));
    return pg_of(conn)->pg;
}

bool pg_fail(DbConn *conn, const PGresult *result, GError **err)
{
    return pg_failed(pg_of(conn), NULL, result, err);
}

static bool pg_script(DbConn *conn, const char *sql, GError **err)
{
    PgConn *c = pg_of(conn);
    put_rows_aside(c);
    g_autoptr(PGresult) result = PQexec(c->pg, sql);
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || pg_failed(c, NULL, result, err);
}

static bool limit_statements(PgConn *c, GError **err)
{
    char limit[16];
    const char *const values[] = { limit };
    g_snprintf(limit, sizeof limit, "%d", c->conn.read_limit_ms);
    g_autoptr(PGresult) result = PQexecParams(c->pg, "SELECT set_config('statement_timeout', $1, false)", 1, NULL, values, NULL,
                                              NULL, 0);
    return PQresultStatus(result) == PGRES_TUPLES_OK || pg_failed(c, NULL, result, err);
}

static void forget_built(Built *built)
{
    g_clear_pointer(&built->text, g_free);
    g_clear_pointer(&built->types, g_free);
}

static void forget_all_built(PgConn *c)
{
    for (size_t i = 0; i < BUILT_MOST; i++)
        forget_built(&c->built[i]);
}

/* For a session that was made just now. A reader that is forgotten in a transaction would keep the server from cleaning up. Readers make one plan for a statement,
 * which goes as its text does: to compile or to plan a list again takes longer than to run it. What they read is taken to be in memory. */
static bool set_up_session(PgConn *c, GError **err)
{
    static const char *const setup[] = {
        [DB_FOR_READING] = "SET idle_in_transaction_session_timeout = 60000;"
                           "SET jit = off;"
                           "SET plan_cache_mode = force_generic_plan;"
                           "SET join_collapse_limit = 1;"
                           "SET random_page_cost = 1.1",
        [DB_FOR_WRITING] = "SET lock_timeout = 5000;"
                           "SET jit = off;"
                           "SELECT set_config('synchronous_commit', 'on', false)"
                           " WHERE current_setting('synchronous_commit') = 'off'",
        [DB_FOR_COPYING] = "SET tcp_keepalives_idle = 60",
    };
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    memset(c->prepared, 0, c->conn.program->n_statements * sizeof *c->prepared);
    forget_all_built(c);
    if (PQstatus(c->pg) != CONNECTION_OK)
        return pg_failed(c, NULL, NULL, err);
    if (PQserverVersion(c->pg) < 150000)
        return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_UNAVAILABLE, "PostgreSQL %d is too old: 15 is needed",
                            PQserverVersion(c->pg) / 10000);
    return pg_script(&c->conn, setup[c->conn.purpose], err) &&
           (c->conn.purpose != DB_FOR_READING || limit_statements(c, err));
}

static void pg_close(DbConn *conn)
{
    PgConn *c = pg_of(conn);
    PQfinish(c->pg);
    forget_all_built(c);
    g_free(c->prepared);
    g_free(c->params.values);
    g_free(c->params.lengths);
    g_free(c->params.formats);
    g_free(c->params.types);
    g_free(c->params.numbers);
    db_conn_clear(conn);
    g_free(c);
}

static DbConn *pg_open(const DbOptions *options, DbPurpose purpose, GError **err)
{
    const char *const keys[] = { "dbname", "client_encoding", "connect_timeout", "fallback_application_name", NULL };
    const char *const values[] = { options->url, "UTF8", "5", "bihuan", NULL };
    PgConn *c = g_new0(PgConn, 1);
    db_conn_init(&c->conn, &db_postgres, options, purpose);
    c->prepared = g_new0(uint8_t, options->program->n_statements + 1); /* never NULL, for memset */
    c->pg = PQconnectdbParams(keys, values, 1);
    if (set_up_session(c, err))
        return &c->conn;
    pg_close(&c->conn);
    return NULL;
}

/* The server was restarted, or the line broke, since the last transaction. */
static bool reconnect(PgConn *c, GError **err)
{
    c->streaming = NULL;
    db_conn_forget(&c->conn);
    PQreset(c->pg);
    return set_up_session(c, err);
}

static bool pg_begin(DbConn *conn, GError **err)
{
    PgConn *c = pg_of(conn);
    const char *sql = conn->purpose != DB_FOR_WRITING ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                      : conn->soft                    ? "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL synchronous_commit = off"
                                                      : "BEGIN ISOLATION LEVEL SERIALIZABLE";
    if (PQstatus(c->pg) == CONNECTION_OK && pg_script(conn, sql, NULL))
        return true;
    if (PQstatus(c->pg) == CONNECTION_OK) {
        g_propagate_error(err, g_error_copy(conn->failure));
        return false;
    }
    return reconnect(c, err) && pg_script(conn, sql, err);
}

/* The server answers ROLLBACK to the COMMIT of a transaction that had failed. When the line breaks here, nobody knows whether the commit
 * was done: it must not be tried again. */
static bool pg_commit(DbConn *conn, GError **err)
{
    PgConn *c = pg_of(conn);
    put_rows_aside(c);
    g_autoptr(PGresult) result = PQexec(c->pg, "COMMIT");
    if (PQresultStatus(result) != PGRES_COMMAND_OK && !line_stands(c->pg))
        return db_conn_fail(conn, DB_RETRY_NO, err, BH_UNAVAILABLE,
                            "the database server went away during the commit: look whether the change was kept");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return pg_failed(c, NULL, result, err);
    conn->in_transaction = false;
    return strcmp(PQcmdStatus(result), "COMMIT") == 0 ||
           db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "the transaction had failed before its commit");
}

static void pg_rollback(DbConn *conn)
{
    PgConn *c = pg_of(conn);
    put_rows_aside(c);
    if (PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        PQclear(PQexec(c->pg, "ROLLBACK"));
    conn->in_transaction = false;
}

static bool pg_scalar(DbConn *conn, const char *sql, int64_t *ret_value, GError **err)
{
    PgConn *c = pg_of(conn);
    put_rows_aside(c);
    g_autoptr(PGresult) result = PQexec(c->pg, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return pg_failed(c, NULL, result, err);
    Str text = { PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0) };
    return str_to_int64(text, ret_value) || pg_failed(c, NULL, result, err);
}

/* Stores in different schemas of one database have different locks. Asked again on the same session it succeeds again. */
static bool try_own(PgConn *c, int64_t *ret_got, GError **err)
{
    static const char sql[] = "SELECT pg_try_advisory_lock(hashtext('bihuan'), hashtext(current_schema()))::int";
    db_conn_forget(&c->conn);
    return pg_scalar(&c->conn, sql, ret_got, NULL) || (reconnect(c, err) && pg_scalar(&c->conn, sql, ret_got, err));
}

/* The server notices a moment later that a process ended: one that starts in its place has to ask more than once. */
static bool ask_often(PgConn *c, bool (*ask)(PgConn *c, int64_t *ret_yes, GError **err), bool *ret_yes, GError **err)
{
    int64_t yes = 0;
    for (int i = 0; i < OWN_ATTEMPTS && !yes; i++) {
        if (i > 0)
            g_usleep(OWN_PAUSE_MS * 1000);
        if (!ask(c, &yes, err))
            return false;
    }
    *ret_yes = yes != 0;
    return true;
}

static bool pg_own(DbConn *conn, GError **err)
{
    bool got;
    if (!ask_often(pg_of(conn), try_own, &got, err))
        return false;
    if (got)
        return true;
    error_set(err, BH_UNAVAILABLE, "another process holds the store");
    return error_hint(err, "is a server running on it?");
}

/* Who has changed a row holds such a lock on its table until its transaction ends. */
static bool nobody_writes(PgConn *c, int64_t *ret_yes, GError **err)
{
    static const char sql[] = "SELECT (NOT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class t ON t.oid = l.relation"
                              " WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.mode = 'RowExclusiveLock'"
                              " AND l.granted AND l.pid <> pg_backend_pid() AND t.relnamespace = current_schema()::regnamespace))::int";
    db_conn_forget(&c->conn);
    return pg_scalar(&c->conn, sql, ret_yes, err);
}

/* What a killed process had sent may still be on its way into the store: its last COMMIT, above all. */
static bool pg_calm(DbConn *conn, GError **err)
{
    bool calm;
    if (!ask_often(pg_of(conn), nobody_writes, &calm, err))
        return false;
    return calm || error_set(err, BH_UNAVAILABLE, "another process still writes to the store");
}

static bool pg_alive(DbConn *conn)
{
    return line_stands(pg_of(conn)->pg);
}

static bool pg_longer(DbConn *reader, int ms, GError **err)
{
    char sql[64];
    g_snprintf(sql, sizeof sql, "SET LOCAL statement_timeout = %d", ms);
    return pg_script(reader, sql, err);
}

static void pg_bulk(DbConn *writer, bool on)
{
    (void) writer, (void) on; /* the server's memory is the server's */
}

static bool pg_backup(DbConn *conn, const char *to_path, GError **err)
{
    (void) conn, (void) to_path;
    error_set(err, BH_USAGE, "a store on PostgreSQL is not copied to a file from here");
    return error_hint(err, "use pg_dump");
}

/* --- Arguments ------------------------------------------------------------------------------------------------- */

static void reserve(Params *params, size_t n)
{
    if (n <= params->cap)
        return;
    params->cap = MAX(n, 16);
    params->values = g_renew(const char *, params->values, params->cap);
    params->lengths = g_renew(int, params->lengths, params->cap);
    params->formats = g_renew(int, params->formats, params->cap);
    params->types = g_renew(Oid, params->types, params->cap);
    params->numbers = g_renew(uint64_t, params->numbers, params->cap);
}

static void set_param(Params *params, size_t i, const void *bytes, size_t n)
{
    params->values[i] = bytes;
    params->lengths[i] = (int) n;
}

static void set_number(Params *params, size_t i, const DbField *field, const void *member)
{
    uint64_t *number = &params->numbers[i];
    if (field->type == DB_TYPE_BOOL) {
        *(uint8_t *) number = *(const bool *) member;
        set_param(params, i, number, 1);
    } else if (field->type == DB_TYPE_DATE) {
        *(uint32_t *) number = GUINT32_TO_BE((uint32_t) (*(const Date *) member - PG_DAYS_TO_2000));
        set_param(params, i, number, 4);
    } else {
        *number = GUINT64_TO_BE((uint64_t) * (const int64_t *) member);
        set_param(params, i, number, 8);
    }
}

static void bind(PgConn *c, const DbStatement *q, const void *args)
{
    Params *params = &c->params;
    reserve(params, q->n_args);
    for (size_t i = 0; i < q->n_args; i++) {
        const DbField *field = &q->args[i];
        const void *member = db_member(args, field);
        params->formats[i] = 1;
        params->types[i] = type_oids[field->type][0];
        if (db_arg_is_null(field, args))
            set_param(params, i, NULL, 0);
        else if (field->type == DB_TYPE_TEXT || field->type == DB_TYPE_BLOB)
            set_param(params, i, ((const Str *) member)->p, ((const Str *) member)->n);
        else
            set_number(params, i, field, member);
    }
}

/* --- Statements ------------------------------------------------------------------------------------------------ */

static bool column_fits(const PGresult *result, int i, const DbField *column)
{
    Oid found = PQftype(result, i);
    const Oid *oids = type_oids[column->type];
    return strcmp(PQfname(result, i), column->name) == 0 && (found == oids[0] || found == oids[1] || found == oids[2]);
}

/* count(*) is int8, but sum() of int8 is numeric: such a column needs a cast, and is found here, not in a wrong figure. */
static bool columns_fit(PgConn *c, const DbStatement *q, const PGresult *result, GError **err)
{
    if (PQnfields(result) != q->n_columns)
        return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s) has %d columns, not %d", q->name, q->at,
                            PQnfields(result), q->n_columns);
    for (int i = 0; i < q->n_columns; i++)
        if (!column_fits(result, i, &q->columns[i]))
            return db_conn_fail(&c->conn, DB_RETRY_NO, err, BH_INTERNAL,
                                "statement %s (%s): column %d is '%s' of the type with oid %u, not '%s' %s", q->name, q->at, i + 1,
                                PQfname(result, i), PQftype(result, i), q->columns[i].name,
                                db_type_name((DbType) q->columns[i].type));
    return true;
}

typedef struct {
    char text[16];
} StatementName;

static StatementName name_of(char kind, size_t index)
{
    StatementName name;
    g_snprintf(name.text, sizeof name.text, "%c%zu", kind, index);
    return name;
}

/* The types of the arguments are given, not guessed from where they stand. */
static bool prepare_as(PgConn *c, const DbStatement *q, const char *name, GError **err)
{
    reserve(&c->params, q->n_args);
    for (size_t i = 0; i < q->n_args; i++)
        c->params.types[i] = type_oids[q->args[i].type][0];
    g_autoptr(PGresult) made = PQprepare(c->pg, name, q->sql[DB_POSTGRES], q->n_args, c->params.types);
    return PQresultStatus(made) == PGRES_COMMAND_OK || pg_failed(c, q, made, err);
}

/* Once for each session. */
static bool prepare_fixed(PgConn *c, const DbStatement *q, const char *name, GError **err)
{
    if (c->prepared[q->index] == CHECKED)
        return true;
    if (!c->prepared[q->index] && !prepare_as(c, q, name, err))
        return false;
    c->prepared[q->index] = MADE;
    g_autoptr(PGresult) described = PQdescribePrepared(c->pg, name);
    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        return pg_failed(c, q, described, err);
    if (!columns_fit(c, q, described, err))
        return false;
    c->prepared[q->index] = CHECKED;
    return true;
}

static bool is_same(const Built *built, const DbStatement *q, guint hash)
{
    if (built->hash != hash || built->n != q->n_args || strcmp(built->text, q->sql[DB_POSTGRES]) != 0)
        return false;
    for (size_t i = 0; i < q->n_args; i++)
        if (built->types[i] != q->args[i].type)
            return false;
    return true;
}

/* The place of a text: where it stands, else a free one, else that which rested longest. */
static size_t place_of_built(const PgConn *c, const DbStatement *q, guint hash)
{
    size_t place = 0;
    for (size_t i = 0; i < BUILT_MOST; i++) {
        const Built *built = &c->built[i];
        if (!built->text || is_same(built, q, hash))
            return i; /* places are filled in their order */
        if (built->used < c->built[place].used)
            place = i;
    }
    return place;
}

/* To plan a list's statement takes the server longer than to run it: those that are asked again and again are kept. */
static bool prepare_built(PgConn *c, const DbStatement *q, StatementName *ret_name, GError **err)
{
    guint hash = g_str_hash(q->sql[DB_POSTGRES]);
    size_t place = place_of_built(c, q, hash);
    Built *built = &c->built[place];
    *ret_name = name_of('b', place);
    built->used = ++c->uses;
    if (built->text && is_same(built, q, hash))
        return true;
    if (built->text) {
        char deallocate[32];
        g_snprintf(deallocate, sizeof deallocate, "DEALLOCATE %s", ret_name->text);
        if (!pg_script(&c->conn, deallocate, err))
            return false;
        forget_built(built);
    }
    if (!prepare_as(c, q, ret_name->text, err))
        return false;
    built->text = g_strdup(q->sql[DB_POSTGRES]);
    built->hash = hash;
    built->n = q->n_args;
    built->types = g_new(uint8_t, q->n_args + 1u);
    for (size_t i = 0; i < q->n_args; i++)
        built->types[i] = q->args[i].type;
    return true;
}

static bool prepare(PgConn *c, const DbStatement *q, StatementName *ret_name, GError **err)
{
    if (q->index == DB_NOT_CACHED)
        return prepare_built(c, q, ret_name, err);
    *ret_name = name_of('s', q->index);
    return prepare_fixed(c, q, ret_name->text, err);
}

/* Prepares, binds, runs to the end. NULL: it could not be prepared. */
static PGresult *run(PgConn *c, const DbStatement *q, const void *args, GError **err)
{
    StatementName name;
    put_rows_aside(c);
    if (!prepare(c, q, &name, err))
        return NULL;
    const Params *p = &c->params;
    bind(c, q, args);
    return PQexecPrepared(c->pg, name.text, q->n_args, p->values, p->lengths, p->formats, 1);
}

static bool send(PgConn *c, const DbStatement *q, const void *args, GError **err)
{
    StatementName name;
    put_rows_aside(c);
    if (!prepare(c, q, &name, err))
        return false;
    const Params *p = &c->params;
    bind(c, q, args);
    return (PQsendQueryPrepared(c->pg, name.text, q->n_args, p->values, p->lengths, p->formats, 1) && PQsetSingleRowMode(c->pg)) ||
           pg_failed(c, q, NULL, err);
}

static bool pg_exec(DbConn *conn, const DbStatement *q, const void *args, int64_t *ret_changes, GError **err)
{
    PgConn *c = pg_of(conn);
    g_autoptr(PGresult) result = run(c, q, args, err);
    if (!result)
        return conn->failure ? false : pg_failed(c, q, NULL, err);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return mistake(c, q, "has rows: use db_one or db_query", err);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return pg_failed(c, q, result, err);
    str_to_int64(str_from(PQcmdTuples(result)), ret_changes);
    return true;
}

/* --- The same for many ------------------------------------------------------------------------------------------- */

static void put_member(PgBytes *out, const DbField *field, const void *args)
{
    const void *member = db_member(args, field);
    if (db_arg_is_null(field, args))
        pg_put_null(out);
    else if (field->type == DB_TYPE_TEXT || field->type == DB_TYPE_BLOB)
        pg_put_bytes(out, ((const Str *) member)->p, ((const Str *) member)->n);
    else if (field->type == DB_TYPE_DATE)
        pg_put_date(out, *(const Date *) member);
    else if (field->type == DB_TYPE_BOOL)
        pg_put_bytes(out, &(char) { *(const bool *) member }, 1);
    else
        pg_put_int(out, *(const int64_t *) member);
}

static bool copy_all(DbConn *conn, const DbStatement *q, const char *all, size_t n, GError **err)
{
    g_auto(PgCopy) copy = { 0 };
    bool ok = pg_copy_begin(&copy, conn, q->sql[DB_POSTGRES], err);
    for (size_t i = 0; ok && i < n; i++) {
        pg_put16(copy.out, q->n_args);
        for (size_t a = 0; a < q->n_args; a++)
            put_member(copy.out, &q->args[a], all + i * q->args_size);
        ok = pg_copy_row_end(&copy, err);
    }
    return ok && pg_copy_end(&copy, err);
}

/* All answers are read, up to that for the sync behind the statements; the first bad one is what is told. */
static bool take_answers(PgConn *c, const DbStatement *q, GError **err)
{
    bool ok = true, between = false;
    for (;;) {
        g_autoptr(PGresult) result = PQgetResult(c->pg);
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC)
            return ok;
        if (result && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_ABORTED && ok)
            ok = status == PGRES_TUPLES_OK ? mistake(c, q, "has rows: use db_query", err) : pg_failed(c, q, result, err);
        if (!result && (between || PQstatus(c->pg) == CONNECTION_BAD))
            return ok ? pg_failed(c, q, NULL, err) : false;
        between = !result;
    }
}

static bool pipeline(PgConn *c, const DbStatement *q, const char *name, const char *all, size_t n, GError **err)
{
    const Params *p = &c->params;
    bool sent = true;
    for (size_t i = 0; sent && i < n; i++) {
        bind(c, q, all + i * q->args_size);
        sent = PQsendQueryPrepared(c->pg, name, q->n_args, p->values, p->lengths, p->formats, 1);
    }
    return (sent && PQpipelineSync(c->pg)) ? take_answers(c, q, err) : pg_failed(c, q, NULL, err);
}

static bool pg_exec_all(DbConn *conn, const DbStatement *q, const void *all, size_t n, GError **err)
{
    PgConn *c = pg_of(conn);
    StatementName name;
    if (g_str_has_prefix(q->sql[DB_POSTGRES], "COPY "))
        return copy_all(conn, q, all, n, err);
    put_rows_aside(c);
    if (!prepare(c, q, &name, err) || !(PQenterPipelineMode(c->pg) || pg_failed(c, q, NULL, err)))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i += PIPELINED)
        ok = pipeline(c, q, name.text, (const char *) all + i * q->args_size, MIN(n - i, (size_t) PIPELINED), err);
    return (PQexitPipelineMode(c->pg) || (ok && pg_failed(c, q, NULL, err))) && ok;
}

static DbRows *pg_query(DbConn *conn, const DbStatement *q, const void *args, bool first_only, GError **err)
{
    PgConn *c = pg_of(conn);
    PGresult *all = first_only ? run(c, q, args, err) : NULL;
    if (first_only ? !all : !send(c, q, args, err)) {
        if (!conn->failure)
            pg_failed(c, q, NULL, err);
        return NULL;
    }
    PgRows *rows = g_new0(PgRows, 1);
    rows->rows = (DbRows) { .conn = conn, .q = q };
    g_queue_init(&rows->later);
    if (all)
        g_queue_push_tail(&rows->later, all);
    else
        c->streaming = rows;
    return &rows->rows;
}

/* Rows that nobody wants have to come over the line all the same: cancelling would end the transaction. */
static void pg_rows_free(DbRows *rows)
{
    PgRows *r = (PgRows *) rows;
    PgConn *c = pg_of(rows->conn);
    if (c->streaming == r) {
        c->streaming = NULL;
        for (PGresult *result; (result = PQgetResult(c->pg));)
            PQclear(result);
    }
    PQclear(r->current);
    g_queue_clear_full(&r->later, (GDestroyNotify) PQclear);
    g_free(r);
}

static int64_t read_int(const char *p, int n)
{
    uint64_t value = (int8_t) p[0] < 0 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | (uint8_t) p[i];
    return (int64_t) value;
}

static bool read_column(DbRows *rows, const PGresult *result, int at, int i, void *row, GError **err)
{
    const DbField *column = &rows->q->columns[i];
    void *member = (char *) row + column->offset;
    const char *value = PQgetvalue(result, at, i);
    int n = PQgetlength(result, at, i);
    if (PQgetisnull(result, at, i)) {
        if (!column->nullable)
            return db_column_failed(rows->conn, rows->q, column, "NULL", err);
        db_set_null(column, row);
    } else if (column->type == DB_TYPE_INT) {
        *(int64_t *) member = read_int(value, n);
    } else if (column->type == DB_TYPE_BOOL) {
        *(bool *) member = *value != 0;
    } else if (column->type == DB_TYPE_DATE) {
        *(Date *) member = (Date) read_int(value, n) + PG_DAYS_TO_2000;
    } else {
        *(Str *) member = (Str) { value, (size_t) n };
    }
    return true;
}

static PGresult *next_result(PgConn *c, PgRows *r)
{
    if (!g_queue_is_empty(&r->later))
        return g_queue_pop_head(&r->later);
    PGresult *result = c->streaming == r ? PQgetResult(c->pg) : NULL;
    if (!result && c->streaming == r)
        c->streaming = NULL;
    return result;
}

static bool result_is_good(PgConn *c, PgRows *r, const PGresult *result, GError **err)
{
    const DbStatement *q = r->rows.q;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK)
        return mistake(c, q, "has no rows: use db_exec", err);
    if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE)
        return pg_failed(c, q, result, err);
    r->fits = r->fits || q->index != DB_NOT_CACHED || columns_fit(c, q, result, err); /* every row of a stream is a result of its own */
    return r->fits;
}

static DbStep pg_next(DbRows *rows, void *ret_row, GError **err)
{
    PgRows *r = (PgRows *) rows;
    PgConn *c = pg_of(rows->conn);
    while (!r->current || r->at >= PQntuples(r->current)) {
        PQclear(r->current);
        r->current = next_result(c, r);
        r->at = 0;
        if (!r->current)
            return DB_STEP_END;
        if (!result_is_good(c, r, r->current, err))
            return DB_STEP_FAILED;
    }
    for (int i = 0; i < rows->q->n_columns; i++)
        if (!read_column(rows, r->current, r->at, i, ret_row, err))
            return DB_STEP_FAILED;
    r->at++;
    return DB_STEP_ROW;
}

static bool pg_check(DbConn *conn, const DbStatement *q, GError **err)
{
    StatementName name;
    put_rows_aside(pg_of(conn));
    return prepare(pg_of(conn), q, &name, err);
}

const DbDriver db_postgres = {
    .engine = DB_POSTGRES, .n_writers = 4,
    .open = pg_open, .close = pg_close,
    .begin = pg_begin, .commit = pg_commit, .rollback = pg_rollback,
    .script = pg_script, .scalar = pg_scalar,
    .exec = pg_exec, .exec_all = pg_exec_all, .query = pg_query, .next = pg_next, .rows_free = pg_rows_free,
    .check = pg_check, .own = pg_own, .calm = pg_calm, .alive = pg_alive, .longer = pg_longer, .bulk = pg_bulk, .backup = pg_backup,
};
