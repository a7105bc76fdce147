/* Persons that were merged or parted since somebody last computed with them. */
#include "indicator/links.h"

#include "db/queries.h"

#include "base/banned.h"

static bool read_merged(DbConn *conn, Str of, int64_t most, Arena *arena, LinkNews *news, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, LinksMerged, err, .seen_by = of, .limit = most);
    for (LinksMergedRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &news->merged) = (PersonLink) { row.person, row.root };
        *ARENA_PUSH(arena, &news->persons) = row.person;
        *ARENA_PUSH(arena, &news->persons) = row.root;
        if (row.before != DB_NULL_INT)
            *ARENA_PUSH(arena, &news->persons) = row.before;
    }
    return db_rows_ok(rows);
}

static bool read_parted(DbConn *conn, Str of, int64_t most, Arena *arena, LinkNews *news, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, LinksParted, err, .seen_by = of, .limit = most);
    for (LinksPartedRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &news->parted) = row.person;
        *ARENA_PUSH(arena, &news->persons) = row.person;
        *ARENA_PUSH(arena, &news->persons) = row.root;
    }
    return db_rows_ok(rows);
}

bool links_unseen(DbConn *conn, Str of, int64_t most, Arena *arena, LinkNews *ret_news, GError **err)
{
    *ret_news = (LinkNews) { 0 };
    return read_merged(conn, of, most, arena, ret_news, err) && read_parted(conn, of, most, arena, ret_news, err);
}

bool links_seen(DbConn *tx, Str of, const LinkNews *news, GError **err)
{
    for (size_t i = 0; i < news->merged.n; i++)
        if (!db_exec(tx, LinkSeen, NULL, err, .seen_by = of, .person = news->merged.v[i].person, .root = news->merged.v[i].root))
            return false;
    for (size_t i = 0; i < news->parted.n; i++)
        if (!db_exec(tx, LinkForget, NULL, err, .seen_by = of, .person = news->parted.v[i]))
            return false;
    return true;
}

bool links_roots(DbConn *conn, GHashTable *roots, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonLinksAll, err);
    for (PersonLinksAllRow row; rows && db_next(rows, &row, err);)
        g_hash_table_insert(roots, g_memdup2(&row.person, sizeof row.person), g_memdup2(&row.root, sizeof row.root));
    return db_rows_ok(rows);
}
