/* change.h: private to ledger: a change to a task: its event's data and its row, kept in step.
 *
 * The event says {"reason":…,"set":{key: value, …}}; null takes a key away. The keys and values are those of task_state_map(), so that the sum of all sets is the
 * present state; ledger_rebuild_check holds the two against each other. */
#pragma once

#include "ledger/ledger.h"

typedef struct {
    DbConn *tx;
    const Actor *actor;
    Arena *arena;
    Task before, after; /* after begins as a copy */
    const char *verb;
    Str reason; /* the digest of a reason given, or STR_NONE */
    ARENA_LIST(Str) keys;
    ARENA_LIST(Str) values;
} Change;

/* Loads the task and holds `version` against it (DB_NULL_INT: whatever it is). BH_CONFLICT "version-stale". */
bool change_begin(Change *change, DbConn *tx, const Actor *actor, Arena *arena, Str uid, int64_t version, const char *verb, GError **err);

/* A key outside the task's own row: "measure/UID", "evidence/UID", "confirmed/UID". STR_NONE: gone. */
void change_set(Change *change, Str key, Str value);

/* Writes the row as `after` says, appends the event. */
bool change_end(Change *change, GError **err);

/* The state of a task as sorted keys and values, from its rows. */
typedef struct {
    Str key, value;
} StateEntry;
typedef ARENA_LIST(StateEntry) StateMap;
/* What a measure is in the map: its state, and the digest of its answer if it has one. */
Str measure_state_value(Arena *arena, Str state, Str answer);
void task_state_map(const Task *task, Arena *arena, StateMap *ret_map);
