/* One SELECT, read row by row through the engine's own face: what it costs beside a loop over the engine's calls is a copy of sixteen bytes a cell. */
#include "db/scan.h"

#include "db/driver.h"

#include "base/banned.h"

typedef union {
    int64_t number;
    Date date;
    Str text;
} ScanCell;

enum { SCAN_ARGS = 3, FIRST_ROWS = 64 /* most months of most institutions are small: columns grow as they fill */, GROW = 8 };

struct DbScanner {
    DbRows *rows;
    DbStatement q;
    int64_t args[SCAN_ARGS];
    size_t n;
    const DbField *fields;
    ScanCell *row;
    void **values; /* by column */
    uint8_t **nulls;
    DbScanColumn *columns;
    size_t room; /* rows that the columns hold */
    Arena *arena, *texts;
    bool ended;
};

static const DbColumn *find_column(const DbTable *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static void append_arg(GString *sql, DbEngine engine, int number)
{
    g_string_append_printf(sql, "%c%d", engine == DB_SQLITE ? '?' : '$', number);
}

/* Said as "=", so that the engine goes on by the second key column; a range over one value would read all of the month. */
static bool one_month(const DbScan *scan)
{
    return scan->first == scan->last;
}

/* Names come from DbTable, whose owner checked them; see table.c. */
static const char *make_text(DbEngine engine, const DbScan *scan, Arena *arena)
{
    const DbColumn *keys = scan->table->columns;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (size_t i = 0; i < scan->n; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        g_string_append(sql, scan->columns[i]);
    }
    g_string_append(sql, " FROM ");
    g_string_append(sql, scan->table->name);
    g_string_append(sql, " WHERE ");
    g_string_append(sql, keys[0].name);
    if (one_month(scan)) {
        g_string_append(sql, " = ");
        append_arg(sql, engine, 1);
    } else {
        g_string_append(sql, " >= ");
        append_arg(sql, engine, 1);
        g_string_append(sql, " AND ");
        g_string_append(sql, keys[0].name);
        g_string_append(sql, " <= ");
        append_arg(sql, engine, 2);
    }
    if (scan->of_second) {
        g_string_append(sql, " AND ");
        g_string_append(sql, keys[1].name);
        g_string_append(sql, " = ");
        append_arg(sql, engine, one_month(scan) ? 2 : 3);
    }
    g_string_append(sql, " ORDER BY ");
    for (size_t i = 0; i < scan->table->n_key; i++) {
        g_string_append(sql, i > 0 ? ", " : "");
        g_string_append(sql, keys[i].name);
    }
    return arena_str(arena, str_from_gstring(sql)).p;
}

static size_t size_of(DbType type)
{
    return type == DB_TYPE_DATE ? sizeof(Date) : type == DB_TYPE_TEXT || type == DB_TYPE_BLOB ? sizeof(Str) : sizeof(int64_t);
}

/* Room for so many rows, with what stands in the columns. */
static void make_room(DbScanner *s, size_t room)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t size = size_of((DbType) s->fields[i].type);
        void *values = arena_alloc_array(s->arena, room, size);
        uint8_t *nulls = ARENA_ARRAY(s->arena, uint8_t, room);
        if (s->room > 0) {
            memcpy(values, s->values[i], s->room * size);
            memcpy(nulls, s->nulls[i], s->room);
        }
        s->values[i] = values;
        s->nulls[i] = nulls;
        s->columns[i] = (DbScanColumn) { values, nulls };
    }
    s->room = room;
}

static bool make_columns(DbConn *conn, DbScanner *s, const DbScan *scan, Arena *arena, GError **err)
{
    DbField *fields = ARENA_ARRAY(arena, DbField, scan->n + 1);
    s->n = scan->n;
    s->row = ARENA_ARRAY(arena, ScanCell, scan->n + 1);
    s->values = ARENA_ARRAY(arena, void *, scan->n + 1);
    s->nulls = ARENA_ARRAY(arena, uint8_t *, scan->n + 1);
    s->columns = ARENA_ARRAY(arena, DbScanColumn, scan->n + 1);
    for (size_t i = 0; i < scan->n; i++) {
        const DbColumn *column = find_column(scan->table, scan->columns[i]);
        if (!column)
            return db_conn_fail(conn, DB_RETRY_NO, err, BH_INTERNAL, "%s has no column '%s'", scan->table->name, scan->columns[i]);
        DbType type = column->type == DB_TYPE_BOOL ? DB_TYPE_INT : column->type;
        fields[i] = (DbField) { .name = column->name, .offset = (uint16_t) (i * sizeof(ScanCell)), .type = (uint8_t) type, .nullable = true };
    }
    s->fields = fields;
    s->arena = arena;
    make_room(s, FIRST_ROWS);
    return true;
}

DbScanner *db_scan(DbConn *conn, const DbScan *scan, Arena *arena, GError **err)
{
    static const DbField args[SCAN_ARGS] = {
        { .name = "first", .offset = 0, .type = DB_TYPE_INT }, { .name = "last", .offset = 8, .type = DB_TYPE_INT }, { .name = "second", .offset = 16, .type = DB_TYPE_INT },
    };
    g_autoptr(DbScanner) s = g_new0(DbScanner, 1);
    s->texts = arena_new();
    if (!make_columns(conn, s, scan, arena, err))
        return NULL;
    int n_args = 0;
    s->args[n_args++] = scan->first;
    if (!one_month(scan))
        s->args[n_args++] = scan->last;
    if (scan->of_second)
        s->args[n_args++] = scan->second;
    const char *text = make_text(conn->driver->engine, scan, arena);
    s->q = (DbStatement) { .name = "scan", .at = scan->table->name, .sql = { text, text }, .args = args, .columns = s->fields, .index = DB_NOT_CACHED,
                           .n_args = (uint16_t) n_args, .n_columns = (uint16_t) s->n, .args_size = sizeof s->args,
                           .row_size = (uint16_t) (s->n * sizeof(ScanCell)) };
    s->rows = db_query_raw(conn, &s->q, s->args, err);
    return s->rows ? g_steal_pointer(&s) : NULL;
}

/* A cell into its column. */
static void put(DbScanner *s, size_t i, size_t at)
{
    const ScanCell *cell = &s->row[i];
    switch ((DbType) s->fields[i].type) {
    case DB_TYPE_DATE:
        ((Date *) s->values[i])[at] = cell->date;
        s->nulls[i][at] = cell->date == DATE_NONE;
        return;
    case DB_TYPE_TEXT:
    case DB_TYPE_BLOB:
        ((Str *) s->values[i])[at] = arena_str(s->texts, cell->text);
        s->nulls[i][at] = cell->text.p == NULL;
        return;
    default:
        ((int64_t *) s->values[i])[at] = cell->number;
        s->nulls[i][at] = cell->number == DB_NULL_INT;
    }
}

bool db_scan_next(DbScanner *s, DbScanRows *ret_rows, GError **err)
{
    size_t n = 0;
    arena_rewind(s->texts, (ArenaMark) { 0 });
    while (!s->ended && n < DB_SCAN_ROWS) {
        if (!db_next_raw(s->rows, s->row, s->q.row_size, err)) {
            s->ended = true;
            break;
        }
        if (n == s->room)
            make_room(s, MIN(s->room * GROW, DB_SCAN_ROWS));
        for (size_t i = 0; i < s->n; i++)
            put(s, i, n);
        n++;
    }
    *ret_rows = (DbScanRows) { n, s->columns };
    return !s->ended || db_rows_ok(s->rows);
}

void db_scan_free(DbScanner *s)
{
    if (!s)
        return;
    db_rows_free(s->rows);
    arena_free(s->texts);
    g_free(s);
}
