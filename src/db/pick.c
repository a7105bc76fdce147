#include "db/pick.h"

#include "base/banned.h"

enum { SLOT = 16 }; /* of a row or of arguments: holds any type */

static const DbColumn *column_of(const DbTable *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static DbField field_of(const DbColumn *column, size_t place, bool argument)
{
    return (DbField) { column->name, (uint16_t) (place * SLOT), column->type == DB_TYPE_BOOL ? DB_TYPE_INT : column->type, argument || column->null };
}

/* Only names of the table go into the text. */
static bool add_columns(const DbPick *pick, GString *sql, DbField *fields, GError **err)
{
    for (size_t i = 0; i < pick->n_columns; i++) {
        const DbColumn *column = column_of(pick->table, pick->columns[i]);
        if (!column)
            return error_set(err, BH_INTERNAL, "'%s' has no column '%s'", pick->table->name, pick->columns[i]);
        g_string_append(sql, i > 0 ? ", " : "SELECT ");
        g_string_append(sql, column->name);
        fields[i] = field_of(column, i, false);
    }
    return true;
}

static bool add_conditions(const DbPick *pick, DbEngine engine, GString *sql, DbField *fields, char *args, GError **err)
{
    static const char *const ops[] = { [DB_PICK_EQ] = " = ", [DB_PICK_GT] = " > ", [DB_PICK_GE] = " >= ", [DB_PICK_LE] = " <= " };
    for (size_t i = 0; i < pick->n_where; i++) {
        const DbPickIf *where = &pick->where[i];
        const DbColumn *column = column_of(pick->table, where->column);
        if (!column)
            return error_set(err, BH_INTERNAL, "'%s' has no column '%s'", pick->table->name, where->column);
        g_string_append(sql, i > 0 ? " AND " : " WHERE ");
        g_string_append(sql, column->name);
        g_string_append(sql, ops[where->op]);
        g_string_append_printf(sql, engine == DB_SQLITE ? "?%zu" : "$%zu", i + 1);
        fields[i] = field_of(column, i, true);
        if (fields[i].type == DB_TYPE_TEXT)
            *(Str *) (void *) (args + i * SLOT) = where->value.text;
        else if (fields[i].type == DB_TYPE_DATE)
            *(Date *) (void *) (args + i * SLOT) = (Date) where->value.number;
        else
            *(int64_t *) (void *) (args + i * SLOT) = where->value.number;
    }
    return true;
}

static bool add_order(const DbPick *pick, GString *sql, GError **err)
{
    if (pick->order && !column_of(pick->table, pick->order))
        return error_set(err, BH_INTERNAL, "'%s' has no column '%s'", pick->table->name, pick->order);
    if (pick->order) {
        g_string_append(sql, " ORDER BY ");
        g_string_append(sql, pick->order);
        g_string_append(sql, pick->descending ? " DESC" : "");
    }
    g_string_append_printf(sql, " LIMIT %d", MAX(pick->limit, 1));
    return true;
}

static DbValue cell_of(const DbField *field, const char *row, Arena *arena)
{
    const void *at = row + field->offset;
    if (field->type == DB_TYPE_TEXT || field->type == DB_TYPE_BLOB)
        return (DbValue) { .type = (DbType) field->type, .text = arena_str(arena, *(const Str *) at) };
    if (field->type == DB_TYPE_DATE)
        return DB_DATE(*(const Date *) at);
    return DB_INT(*(const int64_t *) at);
}

bool db_pick(DbConn *conn, const DbPick *pick, Arena *arena, const DbValue **ret_cells, size_t *ret_n, GError **err)
{
    DbEngine engine = db_conn_engine(conn);
    g_autoptr(GString) sql = g_string_new(NULL);
    DbField *columns = ARENA_ARRAY(arena, DbField, pick->n_columns + 1), *args = ARENA_ARRAY(arena, DbField, pick->n_where + 1);
    char *values = (char *) ARENA_ARRAY(arena, Str, pick->n_where + 1), *row = (char *) ARENA_ARRAY(arena, Str, pick->n_columns + 1);
    G_STATIC_ASSERT(sizeof(Str) == SLOT);
    if (!add_columns(pick, sql, columns, err))
        return false;
    g_string_append(sql, " FROM ");
    g_string_append(sql, pick->table->name);
    if (!add_conditions(pick, engine, sql, args, values, err) || !add_order(pick, sql, err))
        return false;
    DbStatement q = {
        .name = pick->table->name, .at = "a pick", .args = args, .columns = columns, .index = DB_NOT_CACHED, .n_args = (uint16_t) pick->n_where,
        .n_columns = (uint16_t) pick->n_columns, .args_size = (uint16_t) (pick->n_where * SLOT), .row_size = (uint16_t) (pick->n_columns * SLOT),
    };
    q.sql[engine] = sql->str;
    DbValue *cells = ARENA_ARRAY(arena, DbValue, (size_t) pick->limit * pick->n_columns + 1);
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query_raw(conn, &q, values, err);
    for (; rows && n < (size_t) pick->limit && db_next_raw(rows, row, q.row_size, err); n++)
        for (size_t i = 0; i < pick->n_columns; i++)
            cells[n * pick->n_columns + i] = cell_of(&columns[i], row, arena);
    *ret_cells = cells;
    *ret_n = n;
    return db_rows_ok(rows);
}
