/* scope.h: the table task_scope: which tasks lie in which scope, and the one place where a user's grants become a filter over tasks.
 *
 * A scope is an organisation with all below it, by its id, or SCOPE_ALL. A task lies in the scope of an organisation as far as one of its parties (its
 * plan's issuer, a lead, a support) does: parts says as which. So a grant over a subtree is one scope with the parts that its role may see; a
 * grant over a group of organisations one for each member; a grant over an area one for each topmost organisation of the area. Lists of tasks begin there
 * (task_list.h) and counts are made there, so that neither walks what the user may not see.
 *
 * That a task lies in a scope is not all: restricted tasks and drafts are for fewer, a grant may be for some plans only. scopes_where says all of it, in the words of
 * may(), from the grants that the user's session holds; a test holds lists against may(). The view task_reach says the same for statements that ask of one task: it
 * is not for lists, since SQLite writes all of such a view down before it looks into it.
 *
 * The rows are written in the transaction that changes the task. An organisation that moves in the tree is noted in org_moved in its transaction, and
 * task_scopes_catch_up writes its tasks' rows anew; until then they are listed where they were (may() decides by the tree as it is). */
#pragma once

#include "db/build.h"
#include "db/kept.h"
#include "ledger/ledger.h"

enum { SCOPE_ALL = 0, SCOPES_MOST = 32, PART_DIRECT = 8 /* times a part: the party is the organisation itself */ };

/* What the rows repeat of a task in one number, as the view task_marks makes it. */
enum { MARK_IN_TIME = 1, MARK_RETURNED = 2, MARK_RELAPSED = 4, MARK_DECIDES = 8 /* figures may */, MARK_BY_PERSON = 16, MARK_SUB = 32, MARK_ASKS = 8, MARK_GIVEN = 12, MARK_HELD = 24 /* bits below the counts */ };

typedef struct {
    int64_t scope;
    unsigned parts; /* any of these */
} Scope;

typedef struct {
    Scope v[SCOPES_MOST];
    size_t n;
} Scopes;

/* Where the tasks lie that a user may read: nothing else may be read, but not all of it may. More than SCOPES_MOST become SCOPE_ALL. */
bool scopes_of_user(DbConn *conn, const User *user, Arena *arena, Scopes *ret_scopes, GError **err);

/* Where the tasks of an area lie: of leads there. */
bool scopes_of_area(DbConn *conn, Str area, unsigned parts, Scopes *ret_scopes, GError **err);

/* What readers keep for each other of the ledger (db/kept.h): what lies in scopes, and which tasks say a word. */
enum { KEPT_SCOPES, KEPT_WORDS };

/* The key of something about scopes that is kept. */
Str scopes_key(const char *what, const Scopes *scopes, int64_t most, Arena *arena);

/* How many rows they hold, counted up to `most`. */
bool scopes_size(DbConn *conn, const Scopes *scopes, int64_t most, int64_t *ret_size, GError **err);

enum { SCOPES_SET_MOST = 20000 }; /* a set of so many takes 2 to 4 ms to make */

/* Which tasks lie there, hidden ones too: their number, up to `most`; where they are fewer, on SQLite also the set of them, as long as the transaction lives. A task that
 * lies in two scopes may count twice. */
bool scopes_set(DbConn *conn, const Scopes *scopes, int64_t most, Arena *arena, DbKept *ret_set, GError **err);

/* The condition that a task `t` of a plan `p` is one that the user may read. */
void scopes_where(DbList *list, const User *user, Arena *arena);

/* For statements about anything that may be of a task (t and p joined on the left side): that there is none, or that its existence is no secret, or that the user may
 * read it. */
void scopes_where_seen(DbList *list, const User *user, Arena *arena);

/* From how many days before the due date on the tasks of a plan are amber, for all plans in one: an int64_t plan to its days where they are its own. Lives in arena; to be
 * unref'd. NULL with err. */
GHashTable *plan_ambers(DbConn *conn, Arena *arena, GError **err);
int64_t plan_amber_days(GHashTable *ambers, int64_t plan);

/* Writes the rows of a task: all of them (its parties are new, or others), or what else of it they repeat. */
bool task_scopes_write(DbConn *tx, int64_t task, GError **err);
bool task_scopes_touch(DbConn *tx, const Task *before, const Task *after, GError **err);

/* Writes anew what organisations that moved made stale, in steps of the bulk queue. */
bool task_scopes_catch_up(Db *db, GError **err);

/* Writes all rows anew, in steps of the bulk queue. ret_tasks (may be NULL): of how many tasks. */
bool task_scopes_rebuild(Db *db, int64_t *ret_tasks, GError **err);

/* Whether a task's rows say what the task says. */
bool task_scopes_check(DbConn *conn, const Task *task, Arena *arena, bool *ret_right, GError **err);
