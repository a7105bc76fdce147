#include "db/sqlite_feed.h"

#include "db/merge_engine.h"

#include "base/banned.h"

static const char pointer_type[] = "feed_";
enum { OLD_COLUMN = DB_TABLE_COLUMNS, FEED_COLUMN };

typedef struct {
    sqlite3_vtab_cursor cursor; /* SQLite's part, first */
    const SqliteFeed *feed;
    size_t at;
    char day[DATE_TEXT_MAX * DB_TABLE_COLUMNS]; /* by column: a statement reads all of a row before it asks for the next */
} Cursor;

static int feed_connect(sqlite3 *handle, void *data, int argc, const char *const *argv, sqlite3_vtab **ret_table, char **ret_error)
{
    (void) data, (void) argc, (void) argv, (void) ret_error;
    GString *text = g_string_new("CREATE TABLE feed_ (");
    for (int i = 0; i < DB_TABLE_COLUMNS; i++)
        g_string_append_printf(text, "c%d_, ", i);
    g_string_append(text, "old_, feed_ HIDDEN)");
    int result = sqlite3_declare_vtab(handle, text->str);
    g_string_free(text, true);
    if (result != SQLITE_OK)
        return result;
    *ret_table = sqlite3_malloc(sizeof **ret_table);
    if (!*ret_table)
        return SQLITE_NOMEM;
    **ret_table = (sqlite3_vtab) { 0 };
    return SQLITE_OK;
}

static int feed_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* There is one way to read it: all, of the feed that is given. */
static int feed_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void) table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != FEED_COLUMN || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || !info->aConstraint[i].usable)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->estimatedCost = 1;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

static int feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    (void) table;
    Cursor *cursor = g_new0(Cursor, 1);
    *ret_cursor = &cursor->cursor;
    return SQLITE_OK;
}

static int feed_close(sqlite3_vtab_cursor *cursor)
{
    g_free(cursor);
    return SQLITE_OK;
}

static int feed_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void) number, (void) text, (void) argc;
    Cursor *c = (Cursor *) cursor;
    c->feed = sqlite3_value_pointer(argv[0], pointer_type);
    c->at = 0;
    return c->feed ? SQLITE_OK : SQLITE_MISUSE;
}

/* Rows were made by another thread, megabytes ago: the one after the next is fetched while this one is stored. */
static int feed_next(sqlite3_vtab_cursor *cursor)
{
    enum { LINE = 64 };
    Cursor *c = (Cursor *) cursor;
    const SqliteFeed *feed = c->feed;
    c->at++;
    if (c->at + 2 < feed->n) {
        const char *row = (const char *) (feed->cells + feed->rows[c->at + 2] * feed->n_cells);
        for (size_t i = 0; i < feed->n_cells * sizeof(DbValue); i += LINE)
            __builtin_prefetch(row + i);
    }
    return SQLITE_OK;
}

static int feed_eof(sqlite3_vtab_cursor *cursor)
{
    const Cursor *c = (const Cursor *) cursor;
    return c->at >= c->feed->n;
}

static void give(sqlite3_context *context, const DbValue *value, char *day)
{
    if (merge_is_null(value))
        return;
    if (value->type == DB_TYPE_INT || value->type == DB_TYPE_BOOL)
        sqlite3_result_int64(context, value->number);
    else if (value->type == DB_TYPE_DATE)
        sqlite3_result_text(context, date_format((Date) value->number, day), -1, SQLITE_STATIC);
    else if (value->type == DB_TYPE_BLOB)
        sqlite3_result_blob64(context, value->text.p, value->text.n, SQLITE_STATIC);
    else
        sqlite3_result_text64(context, value->text.p, value->text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static int feed_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    Cursor *c = (Cursor *) cursor;
    const SqliteFeed *feed = c->feed;
    uint32_t row = feed->rows[c->at];
    if (column == OLD_COLUMN)
        sqlite3_result_int(context, feed->told[row].old_month);
    else if ((size_t) column < feed->n_cells)
        give(context, &feed->cells[row * feed->n_cells + (size_t) column], c->day + column * DATE_TEXT_MAX);
    return SQLITE_OK;
}

static int feed_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret_id)
{
    *ret_id = (sqlite3_int64) ((const Cursor *) cursor)->at;
    return SQLITE_OK;
}

/* Without xCreate: it is there in every statement, under its own name, and in no schema. */
static const sqlite3_module module = {
    .iVersion = 0, .xConnect = feed_connect, .xBestIndex = feed_best_index, .xDisconnect = feed_disconnect, .xOpen = feed_open, .xClose = feed_close,
    .xFilter = feed_filter, .xNext = feed_next, .xEof = feed_eof, .xColumn = feed_column, .xRowid = feed_rowid,
};

int sqlite_feed_register(sqlite3 *handle)
{
    return sqlite3_create_module_v2(handle, pointer_type, &module, NULL, NULL);
}

int sqlite_feed_bind(sqlite3_stmt *stmt, int at, SqliteFeed *feed)
{
    return sqlite3_bind_pointer(stmt, at, feed, pointer_type, NULL);
}
