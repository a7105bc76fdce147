#include "store-ask.h"

#include "db/driver.h"

#include "base/banned.h"

int64_t store_ask(Db *db, const char *format, ...)
{
    g_autoptr(GError) err = NULL;
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(DbConn) conn = db_reader(db, &err);
    g_assert_no_error(err);
    int64_t n = 0;
    conn->driver->scalar(conn, sql, &n, &err);
    g_assert_no_error(err);
    return n;
}

static bool script(DbConn *tx, void *data, GError **err)
{
    return tx->driver->script(tx, data, err);
}

void store_run(Db *db, const char *format, ...)
{
    g_autoptr(GError) err = NULL;
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    db_write(db, DB_BULK, script, sql, &err);
    g_assert_no_error(err);
}
