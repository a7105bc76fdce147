/* change.h: private to ledger: a change to a task: its event's data and its rows, kept in step.
 *
 * The event says {"reason":…,"set":{key: value, …}}; null takes a key away. The keys and values are those of task_state_map(), so that the sum of all
 * sets is the present state; ledger_rebuild_check holds the two against each other. Every column of a task and of what hangs on it is in the map, as
 * itself where it is an id, a state, a date or a count, else within a digest. */
#pragma once

#include "base/json.h"
#include "ledger/ledger.h"

typedef struct {
    DbConn *tx;
    const Actor *actor;
    Arena *arena;
    Task before, after; /* after begins as a copy */
    const char *verb;
    Date today; /* where a step needs it */
    Str reason; /* the digest of a reason given, or STR_NONE */
    const Absent *of; /* done as deputy: for whom; NULL: for oneself */
    ARENA_LIST(Str) keys;
    ARENA_LIST(Str) values;
    size_t event; /* the place of its event in the transaction, once it is noted */
} Change;

/* Loads the task and holds `version` against it (DB_NULL_INT: whatever it is). BH_CONFLICT "version-stale". */
bool change_begin(Change *change, DbConn *tx, const Actor *actor, Arena *arena, Str uid, int64_t version, const char *verb, GError **err);

/* Done by a right that one has as deputy (NULL: by one's own): the events say so, and what is given counts as that one's unit's. */
void change_for(Change *change, const Absent *of);
/* The unit that what is given counts for, by id and as who did it. */
int64_t change_org(const Change *change);
PersonRef change_by(const Change *change);

/* A key outside the task's own row: "measure/UID", "evidence/UID", "owner/001", "confirmed/001", "target/UID", "reader/UID", "verdict/0001",
 * "amendment/0001", "comment/UID", "progress/UID". STR_NONE: gone. */
void change_set(Change *change, Str key, Str value);

/* Keeps what was decided under the change's verb, with its reason (STR_NONE: none given); by the engine where nobody acts. At most one in a change. */
bool change_verdict(Change *change, Str reason, GError **err);

/* Writes the row as `after` says, with the next version, and appends the event. */
bool change_end(Change *change, GError **err);

/* Tells who should know of it (tell.c): what came back, what fell back, what is new in one's hands. change_end and task_create do it. */
bool change_tell(const Change *change, GError **err);

/* Appends the event only: for what is no change of the task itself (a comment). */
void change_note(Change *change);

/* Writes a new task with its owners (org, role, written), targets, measures and readers, and its event, which says everything that it is. Every task is
 * made by this: from a document, by hand, by splitting, from a file. Needed: plan, seq, kind, title, text, source, state ("draft" or "issued");
 * task_blank() sets what else must not be 0. Given here: uid, number, path and holding_days where they are not set, uids of targets and measures; id. */
Task task_blank(void);
bool task_create(DbConn *tx, const Actor *actor, Arena *arena, Task *task, GError **err);

/* The printed number of the seq'th task of a plan: code, year, seq. */
bool task_number(DbConn *conn, Arena *arena, int64_t plan, int64_t seq, Str *ret_number, GError **err);

/* How long a task of a plan is watched once it is closed, as the plan says now. */
bool task_holding(DbConn *conn, Arena *arena, int64_t plan, int64_t *ret_days, GError **err);

/* A uid that is not in use. */
Str fresh_uid(Arena *arena);

/* The event of a task that was just written: everything it is. task_create calls it. */
bool change_issued(DbConn *tx, const Actor *actor, Arena *arena, Str uid, GError **err);

/* The state of a task as sorted keys and values, from its rows. */
typedef struct {
    Str key, value;
} StateEntry;
typedef ARENA_LIST(StateEntry) StateMap;
void task_state_map(const Task *task, Arena *arena, StateMap *ret_map);
void task_row_state(const Task *task, Arena *arena, StateMap *map); /* adds what the task's own row says, not sorted */
void state_map_sort(StateMap *map);

/* Writes "set":{…} with what is other in `after` (both sorted); null for what is gone. */
void state_write_set(const StateMap *before, const StateMap *after, JsonWriter *json);

/* One digest of several values; each with its length before it, so that none can lend a letter to its neighbour. */
Str state_digest(Arena *arena, const Str *values, size_t n);

Str state_key(Arena *arena, const char *kind, Str uid); /* "measure/UID" */
Str owner_key(Arena *arena, const char *kind, size_t index); /* of the index'th owner from 0: "confirmed/001" */
Str verdict_key(Arena *arena, size_t index);            /* "verdict/0001" */
Str amendment_key(Arena *arena, size_t index);          /* "amendment/0001" */

/* What stands in the map for one of the things that hang on a task. */
Str confirmed_value(const TaskOwner *owner, Arena *arena); /* STR_NONE: not confirmed */
Str measure_value(const TaskMeasure *measure, Arena *arena);
Str evidence_value(const TaskEvidence *evidence, Arena *arena);
Str owner_value(const TaskOwner *owner, Arena *arena);
Str target_value(const TaskTarget *target, Arena *arena);
Str kept_value(Str cells, bool claimed, Arena *arena); /* STR_NONE where there are no cells */
Str amendment_value(const TaskAmendment *amendment, Arena *arena);
Str check_value(const TaskEvidence *evidence, Arena *arena); /* STR_NONE: no register was asked */
Str verdict_value(const TaskVerdict *verdict, Arena *arena);
Str progress_value(const TaskProgress *progress, Arena *arena);
Str comment_value(Str account, int64_t at, Str text, Str mentions, Arena *arena);
