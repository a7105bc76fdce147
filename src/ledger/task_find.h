/* task_find.h: private to ledger: a list of tasks that is being put together. task_list.c begins and ends it, task_where.c says which tasks it means, task_look.c where they are
 * looked for. */
#pragma once

#include "ledger/task_list.h"

enum { FEW = 3000 /* rows that may be sorted for one page */ };

#define DUE "COALESCE(t.due, '2199-12-31')"

typedef enum { BY_DUE, BY_SEQ, BY_CHANGED, BY_ID } Order;

/* What is being put together. Ids are those of the uids that the filter names; 0: not asked for. */
typedef struct {
    DbList *list;
    DbConn *conn;
    Arena *arena;
    const User *user;
    Date today;
    const TaskFilter *filter;
    Order order;
    Scopes own;
    int64_t plan, owner, handler, leader, parent, issuer;
    Str states[16]; /* those that may be shown */
    size_t n_states;
    bool all_states;
    Date due_from, due_to;
    Str match;     /* of q */
    Str said;      /* which tasks say so, on SQLite (in_set) */
    int says;      /* how a task is asked whether it does: SAID_ */
    bool few_said; /* few do */
} Finding;

/* Whether a task says what is wished: SQLite has all that do as a set; PostgreSQL makes one of some, and asks each where many do. It guesses badly how many will: IS TRUE and OFFSET
 * keep it from turning the question round. Of the rows of a scope it is asked before the task is looked up. */
enum { SAID_NOTHING, SAID_SET, SAID_SOME, SAID_MANY };
#define IN_SAID(task) "in_set(?, " task ")"
#define IN_SOME(task) "(" task " IN (SELECT f.rowid / 512 FROM search_task f WHERE f.tokens @@ CAST(? AS tsquery))) IS TRUE"
#define IN_MANY(task) \
    "EXISTS (SELECT 1 FROM search_task f WHERE f.rowid BETWEEN " task " * 512 AND " task " * 512 + 511 AND (f.tokens @@ CAST(? AS tsquery)) IS TRUE OFFSET 0)"

/* task_where.c: the ids of what the filter names; the states and dates that it means; and all of it as conditions of the list. */
bool finding_names(Finding *f, GError **err);
bool finding_states(Finding *f, GError **err);
bool finding_conditions(Finding *f, GError **err);

/* Only those of the list stay. */
void finding_keep_states(Finding *f, Str list);

/* As what the owner asked for is a party; the user's unit, and those of whom he is deputy for. */
unsigned finding_owner_parts(const TaskFilter *filter);
Scopes finding_own_units(const Finding *f);

/* What stands for ? in IN_SAID, IN_SOME, IN_MANY. */
DbValue finding_said(const Finding *f);

/* task_look.c: the branches of the list. */
bool finding_look(Finding *f, GError **err);
