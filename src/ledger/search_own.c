#include "ledger/search_own.h"

#include "db/queries.h"

#include "base/banned.h"

enum {
    OWN_FEW = 200,      /* the texts of so few are read where many say it: as fast as 10,000 rows of the index */
    SAID_LEAST = 1000, SAID_MOST = 50000, /* of tasks that say something a set is made: it takes 5 ms at most */
    SAID_SHARE = 200,   /* so many times as many as there are tasks for one of the user's: of fewer, who looks through the index reads nearly all for one page */
    COMMENTS_NEW = 500, /* so many that a kept set does not know are looked up one by one; of more it is made anew */
};

bool search_own(DbConn *conn, const User *user, int64_t most, Arena *arena, SearchOwn *ret_own, GError **err)
{
    SearchOwn own = { .most = most };
    DbKept set;
    if (!scopes_of_user(conn, user, arena, &own.scopes, err))
        return false;
    for (size_t i = 0; i < own.scopes.n; i++)
        own.everything |= own.scopes.v[i].scope == SCOPE_ALL;
    if (!own.everything && !scopes_set(conn, &own.scopes, most, arena, &set, err))
        return false;
    if (!own.everything) {
        own.n = set.n;
        own.set = set.set;
    }
    *ret_own = own;
    return true;
}

bool search_own_comments(DbConn *conn, const SearchOwn *own, Arena *arena, DbKept *ret_set, GError **err)
{
    SearchNewestCommentRow newest;
    SearchCommentSetRow row;
    bool found;
    Str key = scopes_key("comments", &own->scopes, own->most, arena);
    if (!db_one(conn, SearchNewestComment, arena, &newest, &found, err, 0))
        return false;
    if (db_kept_find(conn, KEPT_SCOPES, key, ret_set) && newest.id <= ret_set->n + COMMENTS_NEW)
        return true;
    *ret_set = (DbKept) { STR(""), newest.id };
    for (size_t i = 0; i < own->scopes.n; i++) {
        if (!db_one(conn, SearchCommentSet, arena, &row, &found, err, .scope = own->scopes.v[i].scope, .parts = own->scopes.v[i].parts))
            return false;
        ret_set->set = db_set_joined(ret_set->set, row.comments, arena);
    }
    db_kept_put(conn, KEPT_SCOPES, key, ret_set);
    return true;
}

bool search_said(DbConn *conn, Str match, int64_t most, Arena *arena, DbKept *ret_said, GError **err)
{
    SearchTaskSetRow row;
    bool found;
    DbKept many;
    g_autofree char *key = g_strdup_printf("many " STR_FMT, STR_ARG(match));
    if (db_kept_find(conn, KEPT_WORDS, match, ret_said))
        return true;
    *ret_said = (DbKept) { .n = most };
    if (db_kept_find(conn, KEPT_WORDS, str_from(key), &many) && many.n >= most)
        return true;
    if (!db_one(conn, SearchTaskSet, arena, &row, &found, err, .match = match, .most = most))
        return false;
    if (row.n < most)
        *ret_said = (DbKept) { row.tasks, row.n };
    db_kept_put(conn, KEPT_WORDS, row.n < most ? match : str_from(key), ret_said);
    return true;
}

/* Eight bytes of a set; behind its end nothing is in it. */
static uint64_t word_of(Str set, int64_t word)
{
    uint64_t bits = 0;
    size_t at = (size_t) word * sizeof bits;
    if (at < set.n)
        memcpy(&bits, set.p + at, MIN(sizeof bits, set.n - at));
    return GUINT64_FROM_LE(bits);
}

/* The largest number in a set below `before` (0: any); 0 where there is none. also: only what is in this set, too, where there is one. */
static int64_t largest_below(Str set, Str also, int64_t before)
{
    int64_t end = (int64_t) set.n * 8, id = (before > 0 ? MIN(before, end) : end) - 1;
    uint64_t mask = id >= 0 ? UINT64_MAX >> (63 - id % 64) : 0; /* not above id */
    for (int64_t word = id / 64; word >= 0 && mask; word--, mask = UINT64_MAX) {
        uint64_t bits = word_of(set, word) & (also.p ? word_of(also, word) : UINT64_MAX) & mask;
        if (bits)
            return word * 64 + 63 - __builtin_clzll(bits);
    }
    return 0;
}

bool search_own_few(DbConn *conn, const SearchOwn *own, Str match, int64_t before, size_t most, Arena *arena, bool *ret_few, Str *ret_tasks, int64_t *ret_last,
                    GError **err)
{
    DbKept said;
    int64_t enough = own->said_most ? own->said_most : CLAMP(SAID_SHARE * (int64_t) own->set.n * 8 / MAX(own->n, 1), SAID_LEAST, SAID_MOST);
    if (!search_said(conn, match, enough, arena, &said, err))
        return false;
    *ret_few = said.set.p || own->n <= OWN_FEW;
    if (!*ret_few)
        return true;
    g_autoptr(GString) tasks = g_string_new("[");
    size_t n = 0;
    int64_t last = 0;
    for (int64_t id = before; n < MAX(most, OWN_FEW) && (n < most || !said.set.p) && (id = largest_below(own->set, said.set, id)) > 0; last = id, n++)
        g_string_append_printf(tasks, "%s%" G_GINT64_FORMAT, n > 0 ? "," : "", id);
    g_string_append_c(tasks, ']');
    *ret_tasks = arena_str(arena, str_from_gstring(tasks));
    *ret_last = n > 0 && largest_below(own->set, said.set, last) > 0 ? last : 0;
    return true;
}
