/* Rows that repeat what is not there: looked for in ranges of ids, each in a read transaction of its own. */
#include "ledger/rebuild.h"

#include "db/queries.h"

#include "base/banned.h"

enum { RANGE = 20000 };

static bool stray_texts(DbConn *conn, int64_t first, HeldStray found, void *data, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, SearchTextsStray, err, .first = first, .last = first + RANGE - 1);
    for (SearchTextsStrayRow row; rows && db_next(rows, &row, err);)
        found(data, "search", STR_NONE, row.id);
    return db_rows_ok(rows);
}

static bool stray_tokens(DbConn *conn, int64_t first, HeldStray found, void *data, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, SearchTokensStray, err, .first = first, .last = first + RANGE - 1);
    for (SearchTokensStrayRow row; rows && db_next(rows, &row, err);)
        found(data, "search", STR_NONE, row.id);
    return db_rows_ok(rows);
}

static bool stray_messages(DbConn *conn, int64_t first, HeldStray found, void *data, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, MessagesStray, err, .first = first, .last = first + RANGE - 1);
    for (MessagesStrayRow row; rows && db_next(rows, &row, err);)
        found(data, "message", row.uid, 0);
    return db_rows_ok(rows);
}

static bool stray_tasks(DbConn *conn, int64_t first, HeldStray found, void *data, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, TaskRowsStray, err, .first = first, .last = first + RANGE - 1);
    for (TaskRowsStrayRow row; rows && db_next(rows, &row, err);)
        found(data, "task", STR_NONE, row.task);
    return db_rows_ok(rows);
}

typedef bool (*Look)(DbConn *conn, int64_t first, HeldStray found, void *data, GError **err);

static bool look_through(Db *db, Look look, int64_t last, HeldStray found, void *data, GError **err)
{
    for (int64_t first = 1; first <= last; first += RANGE) {
        g_autoptr(DbConn) conn = db_reader(db, err);
        if (!conn || !look(conn, first, found, data, err))
            return false;
    }
    return true;
}

bool held_strays(Db *db, HeldStray found, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(db, err);
    RangeEndsRow ends;
    bool there;
    if (!conn || !db_one(conn, RangeEnds, arena, &ends, &there, err))
        return false;
    g_clear_pointer(&conn, db_done);
    return look_through(db, stray_texts, ends.text, found, data, err) && look_through(db, stray_tokens, ends.tokens, found, data, err)
           && look_through(db, stray_messages, ends.message, found, data, err)
           && look_through(db, stray_tasks, MAX(ends.scope, ends.step), found, data, err);
}
