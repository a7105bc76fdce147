/* search_own.h: a user's own tasks as sets, for search.c: what may be his is known before anything of a task is looked up. What is his is decided by scopes_where. */
#pragma once

#include "ledger/search.h"

typedef struct {
    Scopes scopes;   /* where tasks lie that he may read */
    bool everything; /* all do: the rest is not set */
    int64_t n, most; /* how many lie there, up to `most` */
    int64_t said_most; /* 0, but for tests (SearchAsk) */
    Str set;         /* of fewer than `most`, on SQLite */
} SearchOwn;

bool search_own(DbConn *conn, const User *user, int64_t most, Arena *arena, SearchOwn *ret_own, GError **err);

/* That there are few enough for a set. */
static inline bool search_own_has_set(const SearchOwn *own)
{
    return !own->everything && own->n < own->most;
}

/* SQLite: the comments on them as a set; and in n the id up to which it knows them. */
bool search_own_comments(DbConn *conn, const SearchOwn *own, Arena *arena, DbKept *ret_set, GError **err);

/* SQLite: those of them before a task (0: from the newest on) that may say the match, the newest first, as a JSON array: at most `most` where it is known which do. *ret_few false: too
 * many may, and are to be looked for in the index. *ret_last: the last of them where there are more, else 0. */
bool search_own_few(DbConn *conn, const SearchOwn *own, Str match, int64_t before, size_t most, Arena *arena, bool *ret_few, Str *ret_tasks, int64_t *ret_last,
                    GError **err);
