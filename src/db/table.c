/* Statements about tables of records: made of names alone. Every name goes through `append_name`, which refuses what is none. */
#include "db/table.h"

#include "db/driver.h"

#include "base/banned.h"

typedef struct {
    DbConn *conn;
    DbEngine engine;
    GString *sql;
    const char *bad; /* the first name that was none */
} Text;

static bool is_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= DB_NAME_MOST && g_ascii_islower(name[0]) && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static void text_init(Text *text, DbConn *conn)
{
    *text = (Text) { .conn = conn, .engine = conn->driver->engine, .sql = g_string_new(NULL) };
}

static void text_clear(Text *text)
{
    if (text->sql)
        g_string_free(text->sql, true);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Text, text_clear)

static void append(Text *text, const char *part)
{
    g_string_append(text->sql, part);
}

static void append_name(Text *text, const char *name)
{
    if (!is_name(name))
        text->bad = text->bad ? text->bad : name;
    g_string_append(text->sql, name);
}

static void append_int(Text *text, int64_t n)
{
    g_string_append_printf(text->sql, "%" G_GINT64_FORMAT, n);
}

static bool text_run(Text *text, GError **err)
{
    DbConn *conn = text->conn;
    if (conn->failure) {
        g_propagate_error(err, g_error_copy(conn->failure));
        return false;
    }
    if (text->bad)
        return db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "'%s' is no name of a table or column", text->bad);
    return conn->driver->script(conn, text->sql->str, err);
}

/* Texts compare by their bytes on both. */
static const char *type_name(DbEngine engine, DbType type)
{
    static const char *const names[][2] = {
        [DB_TYPE_INT] = { " INTEGER", " BIGINT" },
        [DB_TYPE_BOOL] = { " INTEGER", " BIGINT" },
        [DB_TYPE_TEXT] = { " TEXT", " TEXT COLLATE \"C\"" },
        [DB_TYPE_BLOB] = { " BLOB", " BYTEA" },
        [DB_TYPE_DATE] = { " TEXT", " DATE" },
    };
    return names[type][engine];
}

static void append_column(Text *text, const DbColumn *column)
{
    append_name(text, column->name);
    append(text, type_name(text->engine, column->type));
    append(text, column->null ? "" : " NOT NULL");
}

/* --- Tables ------------------------------------------------------------------------------------------------------- */

static bool text_count(Text *text, bool *ret_any, GError **err)
{
    int64_t n = 0;
    if (text->bad)
        return text_run(text, err);
    if (!text->conn->driver->scalar(text->conn, text->sql->str, &n, err))
        return false;
    *ret_any = n > 0;
    return true;
}

bool db_table_exists(DbConn *conn, const char *name, bool *ret_exists, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, conn);
    append(&text, text.engine == DB_SQLITE ? "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = '"
                                           : "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = '");
    append_name(&text, name);
    append(&text, "'");
    return text_count(&text, ret_exists, err);
}

static void append_key(Text *text, const DbTable *table)
{
    append(text, ", PRIMARY KEY (");
    for (size_t i = 0; i < table->n_key; i++) {
        append(text, i > 0 ? ", " : "");
        append_name(text, table->columns[i].name);
    }
    append(text, ")");
}

static void append_table(Text *text, const DbTable *table, const char *name)
{
    append(text, "CREATE TABLE ");
    append_name(text, name);
    append(text, " (");
    for (size_t i = 0; i < table->n; i++) {
        append(text, i > 0 ? ", " : "");
        append_column(text, &table->columns[i]);
    }
    append_key(text, table);
    append(text, text->engine == DB_SQLITE ? ") STRICT, WITHOUT ROWID" : ")");
    if (text->engine == DB_POSTGRES && table->by_month) {
        append(text, " PARTITION BY RANGE (");
        append_name(text, table->columns[0].name);
        append(text, ")");
    }
}

bool db_table_create(DbConn *tx, const DbTable *table, GError **err)
{
    g_auto(Text) text = { 0 };
    g_assert(table->n_key > 0 && table->n_key <= table->n && table->n <= DB_TABLE_COLUMNS);
    text_init(&text, tx);
    append_table(&text, table, table->name);
    return text_run(&text, err);
}

bool db_table_drop(DbConn *tx, const char *name, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append(&text, "DROP TABLE IF EXISTS ");
    append_name(&text, name);
    return text_run(&text, err);
}

/* Ids have no two '_' behind each other, so that a partition's name is no table's. It is made beside the table and then attached, which holds nobody up who reads. */
const char *db_table_part(int month, char buffer[static DB_PART_MAX])
{
    g_snprintf(buffer, DB_PART_MAX, "%s%d", month < 0 ? "__before" : "__m", ABS(month));
    return buffer;
}

static void append_partition(Text *text, const DbTable *table, int month)
{
    char part[DB_PART_MAX];
    append_name(text, table->name);
    append(text, db_table_part(month, part));
}

static bool has_partition(DbConn *tx, const DbTable *table, int month, bool *ret_there, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append_partition(&text, table, month);
    return db_table_exists(tx, text.sql->str, ret_there, err);
}

bool db_table_month(DbConn *tx, const DbTable *table, int month, GError **err)
{
    g_auto(Text) text = { 0 };
    bool there = false;
    if (tx->driver->engine == DB_SQLITE || !table->by_month)
        return true;
    if (!has_partition(tx, table, month, &there, err))
        return false;
    if (there)
        return true;
    text_init(&text, tx);
    append(&text, "CREATE TABLE ");
    append_partition(&text, table, month);
    append(&text, " (LIKE ");
    append_name(&text, table->name);
    append(&text, " INCLUDING ALL); ALTER TABLE ");
    append_name(&text, table->name);
    append(&text, " ATTACH PARTITION ");
    append_partition(&text, table, month);
    append(&text, " FOR VALUES FROM (");
    append_int(&text, month);
    append(&text, ") TO (");
    append_int(&text, (int64_t) month + 1);
    append(&text, ")");
    return text_run(&text, err);
}

/* --- Columns -------------------------------------------------------------------------------------------------------- */

bool db_table_add_column(DbConn *tx, const char *table, const DbColumn *column, GError **err)
{
    g_auto(Text) text = { 0 };
    g_assert(column->null);
    text_init(&text, tx);
    append(&text, "ALTER TABLE ");
    append_name(&text, table);
    append(&text, " ADD COLUMN ");
    append_column(&text, column);
    return text_run(&text, err);
}

bool db_table_rename_column(DbConn *tx, const char *table, const char *name, const char *new_name, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append(&text, "ALTER TABLE ");
    append_name(&text, table);
    append(&text, " RENAME COLUMN ");
    append_name(&text, name);
    append(&text, " TO ");
    append_name(&text, new_name);
    return text_run(&text, err);
}

/* A column's values as the new type has them. A product that leaves the range is a REAL on SQLite, which a strict table refuses, and fails by itself on PostgreSQL. */
static void append_widened(Text *text, const DbColumn *column, const DbColumn *was, int digits)
{
    bool to_text = column->type == DB_TYPE_TEXT && was->type != DB_TYPE_TEXT;
    append(text, to_text ? "CAST(" : "(");
    append_name(text, column->name);
    for (int i = 0; i < digits; i++)
        append(text, " * 10");
    append(text, to_text ? " AS TEXT)" : ")");
}

static bool widen_in_place(DbConn *tx, const DbTable *table, const DbColumn *column, const DbColumn *was, int digits, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append(&text, "ALTER TABLE ");
    append_name(&text, table->name);
    append(&text, " ALTER COLUMN ");
    append_name(&text, column->name);
    append(&text, " TYPE");
    append(&text, type_name(DB_POSTGRES, column->type));
    append(&text, " USING ");
    append_widened(&text, column, was, digits);
    return text_run(&text, err);
}

/* SQLite knows no other way to another type. */
static bool widen_by_copy(DbConn *tx, const DbTable *table, const DbColumn *column, const DbColumn *was, int digits, GError **err)
{
    g_auto(Text) text = { 0 };
    g_autofree DbColumn *columns = g_memdup2(table->columns, table->n * sizeof *columns);
    DbTable wider = *table;
    wider.columns = columns;
    text_init(&text, tx);
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(columns[i].name, column->name))
            columns[i].type = column->type;
    append_table(&text, &wider, "wider_");
    append(&text, "; INSERT INTO wider_ SELECT ");
    for (size_t i = 0; i < table->n; i++) {
        append(&text, i > 0 ? ", " : "");
        if (g_str_equal(columns[i].name, column->name))
            append_widened(&text, column, was, digits);
        else
            append_name(&text, columns[i].name);
    }
    append(&text, " FROM ");
    append_name(&text, table->name);
    append(&text, "; DROP TABLE ");
    append_name(&text, table->name);
    append(&text, "; ALTER TABLE wider_ RENAME TO ");
    append_name(&text, table->name);
    return text_run(&text, err);
}

bool db_table_widen(DbConn *tx, const DbTable *table, const DbColumn *column, const DbColumn *was, int digits, GError **err)
{
    g_assert(digits >= 0 && digits <= 18);
    return (tx->driver->engine == DB_SQLITE ? widen_by_copy : widen_in_place)(tx, table, column, was, digits, err);
}

/* --- Views ------------------------------------------------------------------------------------------------------------ */

/* With its decimals, exactly: a text on SQLite, which has no such numbers, a numeric on PostgreSQL. Of a part: "name" is the column, "power" 10^scale. */
static void append_scaled(Text *text, const char *name, int scale)
{
    static const char *const parts[][12] = {
        [DB_SQLITE] = { "CASE WHEN ", "name", " IS NOT NULL THEN printf('%s%lld.%0*lld', CASE WHEN ", "name", " < 0 THEN '-' ELSE '' END, abs(", "name", " / ", "power", "), ", "scale", ", abs(", "name" },
        [DB_POSTGRES] = { "round(CAST(", "name", " AS NUMERIC) / ", "power", ", ", "scale", ")" },
    };
    int64_t power = 1;
    for (int i = 0; i < scale; i++)
        power *= 10;
    for (size_t i = 0; i < G_N_ELEMENTS(parts[0]) && parts[text->engine][i]; i++) {
        const char *part = parts[text->engine][i];
        if (g_str_equal(part, "name"))
            append_name(text, name);
        else if (g_str_equal(part, "power"))
            append_int(text, power);
        else if (g_str_equal(part, "scale"))
            append_int(text, scale);
        else
            append(text, part);
    }
    if (text->engine == DB_SQLITE) {
        append(text, " % ");
        append_int(text, power);
        append(text, ")) END");
    }
}

bool db_view_drop(DbConn *tx, const char *name, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append(&text, "DROP VIEW IF EXISTS ");
    append_name(&text, name);
    return text_run(&text, err);
}

bool db_view_create(DbConn *tx, const DbView *view, GError **err)
{
    g_auto(Text) text = { 0 };
    text_init(&text, tx);
    append(&text, "CREATE VIEW ");
    append_name(&text, view->name);
    append(&text, " AS SELECT ");
    for (size_t i = 0; i < view->n; i++) {
        const DbViewColumn *column = &view->columns[i];
        append(&text, i > 0 ? ", " : "");
        if (column->scale > 0)
            append_scaled(&text, column->name, column->scale);
        else
            append_name(&text, column->name);
        append(&text, " AS ");
        append_name(&text, column->name);
    }
    append(&text, " FROM ");
    append_name(&text, view->table);
    if (view->but) {
        append(&text, " WHERE ");
        append_name(&text, view->but);
        append(&text, " <> ");
        append_int(&text, view->but_value);
    }
    return text_run(&text, err);
}
