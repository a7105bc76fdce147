/* Persons that were merged or parted since somebody last computed with them. */
#include "indicator/links.h"

#include "db/queries.h"
#include "hub/person.h"

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

/* Who is one with any of them is concerned, too: a record of the one may have been what a rule looked for with the other. */
static bool add_groups(DbConn *conn, Arena *arena, LinkNews *news, GError **err)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
    size_t said = news->persons.n;
    int64_t *first = ARENA_ARRAY(arena, int64_t, said + 1);
    memcpy(first, said > 0 ? news->persons.v : first, said * sizeof *first);
    news->persons.n = 0;
    for (size_t i = 0; i < said; i++) {
        const int64_t *group;
        size_t n;
        if (g_hash_table_contains(known, &first[i]))
            continue;
        if (!hub_person_group(conn, first[i], arena, &group, &n, err))
            return false;
        for (size_t k = 0; k < n; k++)
            if (g_hash_table_add(known, (gpointer) &group[k]))
                *ARENA_PUSH(arena, &news->persons) = group[k];
    }
    return true;
}

bool links_unseen(DbConn *conn, Str of, int64_t most, Arena *arena, LinkNews *ret_news, GError **err)
{
    *ret_news = (LinkNews) { 0 };
    return read_merged(conn, of, most, arena, ret_news, err) && read_parted(conn, of, most, arena, ret_news, err) && add_groups(conn, arena, ret_news, err);
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
