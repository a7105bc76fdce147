/* scope.h: the table task_scope: which tasks lie in which scope, and the one place where a user's grants become a filter over tasks.
 *
 * A scope is an organisation with all below it, by its id, or SCOPE_ALL. A task lies in the scope of an organisation as far as one of its parties (its
 * plan's issuer, a lead, a support) does: parts says as which. So a grant over a subtree is one scope with the parts that its role may see; a
 * grant over a group of organisations one for each member; a grant over an area one for each topmost organisation of the area. Lists of tasks begin there
 * (task_list.h) and counts are made there, so that neither walks what the user may not see.
 *
 * What the table alone decides is a task that is not restricted, under a grant over a subtree, a group or everything, and for all plans: `sure`. All else
 * is asked of the view task_reach besides, which says what may() says. A test holds lists against may().
 *
 * The rows are written in the transaction that changes the task. An organisation that moves in the tree is noted in org_moved in its transaction, and
 * task_scopes_catch_up writes its tasks' rows anew; until then they are listed where they were (may() decides by the tree as it is). */
#pragma once

#include "db/build.h"
#include "ledger/ledger.h"

enum { SCOPE_ALL = 0, SCOPES_MOST = 32, PART_DIRECT = 8 /* times a part: the party is the organisation itself */ };

typedef struct {
    int64_t scope;
    unsigned parts; /* any of these */
    bool sure;
} Scope;

typedef struct {
    Scope v[SCOPES_MOST];
    size_t n;
    bool unsure; /* some grant needs more than the table */
} Scopes;

/* Where the tasks lie that a user may read. More than SCOPES_MOST become SCOPE_ALL, which then is not sure. */
bool scopes_of_user(DbConn *conn, const User *user, Arena *arena, Scopes *ret_scopes, GError **err);

/* Where the tasks of an area lie: of leads there. */
bool scopes_of_area(DbConn *conn, Str area, unsigned parts, Arena *arena, Scopes *ret_scopes, GError **err);

/* How many rows they hold, counted up to `most`. */
bool scopes_size(DbConn *conn, const Scopes *scopes, int64_t most, int64_t *ret_size, GError **err);

/* The condition that a task `t` of a plan `p` is one that the user may read. */
void scopes_where(DbList *list, const Scopes *scopes, const User *user, Date today);

/* SQL for one more condition on `t` and `p`: an account (int), today (date) twice. */
#define SCOPE_REACH \
    "EXISTS (SELECT 1 FROM task_reach r WHERE r.task = t.id AND r.account = ?" \
    " AND (r.valid_from IS NULL OR r.valid_from <= ?) AND (r.valid_to IS NULL OR r.valid_to >= ?))"

/* Writes the rows of a task: all of them (its parties are new, or others), or state, date and restriction alone. */
bool task_scopes_write(DbConn *tx, int64_t task, GError **err);
bool task_scopes_touch(DbConn *tx, const Task *task, GError **err);

/* Writes anew what organisations that moved made stale, in steps of the bulk queue. */
bool task_scopes_catch_up(Db *db, GError **err);

/* Writes all rows anew, in steps of the bulk queue. */
bool task_scopes_rebuild(Db *db, GError **err);

/* Whether a task's rows say what the task says. */
bool task_scopes_check(DbConn *conn, const Task *task, Arena *arena, bool *ret_right, GError **err);
