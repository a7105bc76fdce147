#include "db/driver.h"

#include "base/clock.h"

#include "base/banned.h"

typedef struct {
    DbHook run;
    void *data;
} Hook;

typedef struct {
    const void *key;
    void *value;
    GDestroyNotify free_value;
} TxData;

void db_conn_init(DbConn *conn, const DbDriver *driver, const DbOptions *options, DbPurpose purpose)
{
    conn->driver = driver;
    conn->program = options->program;
    conn->purpose = purpose;
    conn->read_limit_ms = options->read_limit_ms > 0 ? options->read_limit_ms : DB_READ_LIMIT_MS;
}

void db_conn_clear(DbConn *conn)
{
    db_conn_forget(conn);
    g_clear_pointer(&conn->hooks, g_array_unref);
    g_clear_pointer(&conn->data, g_array_unref);
}

bool db_conn_begin(DbConn *conn, GError **err)
{
    db_conn_forget(conn);
    conn->deadline_ms = conn->purpose == DB_FOR_READING ? monotonic_ms() + conn->read_limit_ms : 0;
    db_kept_begin(conn);
    conn->in_transaction = conn->driver->begin(conn, err);
    return conn->in_transaction;
}

void db_conn_forget(DbConn *conn)
{
    for (guint i = conn->data ? conn->data->len : 0; i-- > 0;) {
        TxData *data = &g_array_index(conn->data, TxData, i);
        if (data->free_value)
            data->free_value(data->value);
    }
    if (conn->data)
        g_array_set_size(conn->data, 0);
    if (conn->hooks)
        g_array_set_size(conn->hooks, 0);
    g_clear_error(&conn->failure);
    conn->retry = DB_RETRY_NO;
}

bool db_conn_fail(DbConn *conn, DbRetry retry, GError **err, BhError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    GError *failure = g_error_new_valist(BH_ERROR, (int) code, format, args);
    va_end(args);
    if (!conn->failure) {
        conn->failure = g_error_copy(failure);
        conn->retry = retry;
    }
    g_propagate_error(err, failure);
    return false;
}

/* --- Hooks and data of a transaction --------------------------------------------------------------------------- */

void db_before_commit(DbConn *tx, DbHook hook, void *data)
{
    if (!tx->hooks)
        tx->hooks = g_array_new(false, false, sizeof(Hook));
    for (guint i = 0; i < tx->hooks->len; i++) {
        const Hook *known = &g_array_index(tx->hooks, Hook, i);
        if (known->run == hook && known->data == data)
            return;
    }
    g_array_append_val(tx->hooks, ((Hook) { hook, data }));
}

/* A hook may add another: the array may move while they run. */
bool db_conn_run_hooks(DbConn *conn, GError **err)
{
    for (guint i = 0; conn->hooks && i < conn->hooks->len; i++) {
        Hook hook = g_array_index(conn->hooks, Hook, i);
        if (!hook.run(conn, hook.data, err))
            return false;
    }
    return true;
}

static TxData *tx_data_of(DbConn *tx, const void *key)
{
    for (guint i = 0; tx->data && i < tx->data->len; i++)
        if (g_array_index(tx->data, TxData, i).key == key)
            return &g_array_index(tx->data, TxData, i);
    return NULL;
}

void *db_tx_data(DbConn *tx, const void *key)
{
    TxData *data = tx_data_of(tx, key);
    return data ? data->value : NULL;
}

void db_tx_set_data(DbConn *tx, const void *key, void *value, GDestroyNotify free_value)
{
    TxData *old = tx_data_of(tx, key);
    if (old && old->free_value)
        old->free_value(old->value);
    if (old) {
        *old = (TxData) { key, value, free_value };
        return;
    }
    if (!tx->data)
        tx->data = g_array_new(false, false, sizeof(TxData));
    g_array_append_val(tx->data, ((TxData) { key, value, free_value }));
}

/* --- Statements ------------------------------------------------------------------------------------------------ */

DbEngine db_conn_engine(const DbConn *conn)
{
    return conn->driver->engine;
}

static bool is_text(const DbField *field)
{
    return field->type == DB_TYPE_TEXT || field->type == DB_TYPE_BLOB;
}

bool db_arg_is_null(const DbField *field, const void *args)
{
    const void *member = db_member(args, field);
    if (is_text(field))
        return !((const Str *) member)->p;
    if (field->type == DB_TYPE_DATE)
        return *(const Date *) member == DATE_NONE;
    return field->nullable && field->type == DB_TYPE_INT && *(const int64_t *) member == DB_NULL_INT;
}

void db_set_null(const DbField *field, void *row)
{
    void *member = (char *) row + field->offset;
    if (is_text(field))
        *(Str *) member = STR_NONE;
    else if (field->type == DB_TYPE_DATE)
        *(Date *) member = DATE_NONE;
    else
        *(int64_t *) member = DB_NULL_INT;
}

const char *db_type_name(DbType type)
{
    static const char *const names[] = { "int", "bool", "text", "blob", "date" };
    return names[type];
}

bool db_column_failed(DbConn *conn, const DbStatement *q, const DbField *column, const char *what, GError **err)
{
    return db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s): column '%s' is %s, not %s", q->name, q->at,
                        column->name, what, db_type_name((DbType) column->type));
}

/* PostgreSQL refuses a text that is not UTF-8 or holds U+0000; SQLite would store it. */
static bool args_are_good(DbConn *conn, const DbStatement *q, const void *args, GError **err)
{
    for (size_t i = 0; i < q->n_args; i++) {
        const DbField *field = &q->args[i];
        if (db_arg_is_null(field, args)) {
            if (!field->nullable)
                return db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "statement %s (%s): no value for '%s'", q->name, q->at,
                                    field->name);
        } else if (field->type == DB_TYPE_TEXT && !utf8_valid(*(const Str *) db_member(args, field), NULL)) {
            return db_conn_fail(conn, DB_RETRY_NO, err, BH_BAD_INPUT, "the text for '%s' is not UTF-8", field->name);
        }
    }
    return true;
}

static bool in_time(DbConn *conn, GError **err)
{
    return !conn->deadline_ms || monotonic_ms() <= conn->deadline_ms ||
           db_conn_fail(conn, DB_RETRY_NO, err, BH_UNAVAILABLE, "reading took too long");
}

static bool may_run(DbConn *conn, const DbStatement *q, const void *args, GError **err)
{
    g_assert(q->index == DB_NOT_CACHED || conn->program->statements[q->index] == q);
    if (conn->failure) {
        g_propagate_error(err, g_error_copy(conn->failure));
        return false;
    }
    return in_time(conn, err) && args_are_good(conn, q, args, err);
}

bool db_exec_raw(DbConn *tx, const DbStatement *q, const void *args, int64_t *ret_changes, GError **err)
{
    int64_t changes = 0;
    if (!may_run(tx, q, args, err) || !tx->driver->exec(tx, q, args, &changes, err))
        return false;
    if (ret_changes)
        *ret_changes = changes;
    return true;
}

static bool each_alone(DbConn *tx, const DbStatement *q, const void *all, size_t n, GError **err)
{
    int64_t changes;
    for (size_t i = 0; i < n; i++)
        if (!tx->driver->exec(tx, q, (const char *) all + i * q->args_size, &changes, err))
            return false;
    return true;
}

bool db_exec_all_raw(DbConn *tx, const DbStatement *q, const void *all, size_t n, GError **err)
{
    for (size_t i = 0; i < n; i++)
        if (!may_run(tx, q, (const char *) all + i * q->args_size, err))
            return false;
    return n == 0 || (tx->driver->exec_all ? tx->driver->exec_all : each_alone)(tx, q, all, n, err);
}

static DbRows *query(DbConn *conn, const DbStatement *q, const void *args, bool first_only, GError **err)
{
    DbRows *rows = may_run(conn, q, args, err) ? conn->driver->query(conn, q, args, first_only, err) : NULL;
    conn->open_rows += rows != NULL;
    return rows;
}

DbRows *db_query_raw(DbConn *conn, const DbStatement *q, const void *args, GError **err)
{
    return query(conn, q, args, false, err);
}

void db_row_keep_raw(const DbStatement *q, void *row, Arena *arena)
{
    for (size_t i = 0; i < q->n_columns; i++) {
        Str *text = (Str *) ((char *) row + q->columns[i].offset);
        if (is_text(&q->columns[i]))
            *text = arena_str(arena, *text);
    }
}

bool db_one_raw(DbConn *conn, const DbStatement *q, const void *args, Arena *arena, void *ret_row, bool *ret_found, GError **err)
{
    g_autoptr(DbRows) rows = query(conn, q, args, true, err);
    bool found = rows && db_next_raw(rows, ret_row, q->row_size, err);
    if (!db_rows_ok(rows))
        return false;
    if (found)
        db_row_keep_raw(q, ret_row, arena);
    *ret_found = found;
    return true;
}

bool db_next_raw(DbRows *rows, void *ret_row, size_t row_size, GError **err)
{
    g_assert(row_size == rows->q->row_size);
    if (rows->ended || rows->failed)
        return false;
    DbStep step = in_time(rows->conn, err) ? rows->conn->driver->next(rows, ret_row, err) : DB_STEP_FAILED;
    rows->ended = step == DB_STEP_END;
    rows->failed = step == DB_STEP_FAILED;
    return step == DB_STEP_ROW;
}

bool db_rows_ok(const DbRows *rows)
{
    return rows && !rows->failed;
}

void db_rows_free(DbRows *rows)
{
    if (!rows)
        return;
    rows->conn->open_rows--;
    rows->conn->driver->rows_free(rows);
}

/* An array of JSON for the one, a literal of an array for the other. */
Str db_ids(const DbConn *conn, Arena *arena, const int64_t *ids, size_t n)
{
    static const char brackets[][2] = { [DB_SQLITE] = { '[', ']' }, [DB_POSTGRES] = { '{', '}' } };
    const char *bracket = brackets[conn->driver->engine];
    enum { ID_MAX = 21 /* digits, sign and comma */ };
    char *text = arena_alloc(arena, n * ID_MAX + 3), *at = text;
    *at++ = bracket[0];
    for (size_t i = 0; i < n; i++)
        at += g_snprintf(at, ID_MAX + 1, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", ids[i]);
    *at++ = bracket[1];
    return (Str) { text, (size_t) (at - text) };
}

bool db_check_statements(DbConn *conn, GError **err)
{
    for (size_t i = 0; i < conn->program->n_statements; i++)
        if (!conn->driver->check(conn, conn->program->statements[i], err))
            return false;
    return true;
}
