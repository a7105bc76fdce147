/* look_back.h: part of ledger's contract (ledger.h includes it): rounds of looking back (in Chinese hui tou kan) at closed tasks: does it still hold?
 *
 * Which tasks a round looks at follows from its seed: of the plan's closed tasks that the drawer may read, those whose HMAC-SM3 of the uid under the seed
 * (its hex text as key) is smallest, as many as the share asks for. Who has seed and list draws the same again. Each task drawn is a duty of the unit that looks.
 *
 * Every change is an event of object kind "look_back" with {"set":{…}}, as for tasks. */
#pragma once

typedef struct {
    int64_t task;
    Str task_uid, result /* held relapsed unclear; STR_NONE: nobody has looked yet */, note;
    PersonRef by;
    int64_t at; /* DB_NULL_INT until then */
} LookBackTask;

typedef struct {
    int64_t id, issuer, org, share, candidates, made_at, version;
    Str uid, plan_uid, plan_title, issuer_path, issuer_area, org_uid, org_name, title, sample /* all share */, seed;
    Date begins, ends;
    PersonRef made_by;
    LookBackTask *tasks;
    size_t n_tasks;
} LookBack;

bool look_back_load(DbConn *conn, Arena *arena, Str uid, LookBack *ret_round, GError **err); /* BH_NOT_FOUND */

typedef struct {
    Str plan, title;
    Date begins, ends;
    int64_t share; /* percent; 100: all */
} NewLookBack;

/* Draws a round. Who may is who may reopen a task of the plan's issuer: its issuer and inspectors ("look_back" of plan_allowed). BH_BAD_INPUT "dates-wrong" (it ends
 * before it begins, before today, or after more than a year); BH_CONFLICT "nothing-closed". */
bool look_back_draw(const Ledger *ledger, const Actor *actor, const NewLookBack *wish, Arena *arena, Str *ret_uid, GError **err);

/* The drawing alone: the first of `n` uids come to stand in front, in the order of their marks; returns how many were drawn. */
size_t look_back_order(Str seed, int64_t share, int64_t *tasks, Str *uids, size_t n);

typedef struct {
    Str round, task, result, note;
} LookBackFound;

/* Whether the user may say of this task what was found; held: that it still holds. The task's own state does not matter. */
Allowed look_back_allowed(const User *user, const Task *task, bool held, Arena *arena);

/* What was found on one task, by who may reopen it. "relapsed" needs a note and reopens the task, if it is closed, with it as the reason; "held" may not be said by
 * who claimed it. A result stays, but "unclear" may become another. BH_CONFLICT "result-given"; BH_BAD_INPUT "reason-missing". */
bool look_back_found(const Ledger *ledger, const Actor *actor, const LookBackFound *found, GError **err);
