/* rebuild.h: private to ledger: what the rebuild check knows of one object while it holds its rows against its events. */
#pragma once

#include "base/json.h"
#include "ledger/change.h"

/* One object: its events folded into `state` (Str * to Str *), and what its rows say in a map that the caller holds against it. */
typedef struct {
    DbConn *conn;
    Arena *arena; /* of the object */
    Str uid;
    GHashTable *state;
    GHashTable *unsure;      /* keys that rows may have and need not: the events cannot say which */
    ARENA_LIST(Str) faults;  /* what else is wrong: "scopes", "search" */
} Held;

typedef struct {
    int64_t seq, at;
    const JsonValue *data, *set; /* NULL: none */
} HeldEvent;

/* Adds the "set" of an event to the state; what every subject's fold begins with. */
bool held_set(Held *held, const HeldEvent *event, GError **err);
Str held_value(const Held *held, Str key); /* STR_NONE: none */
void held_put(Held *held, Str key, Str value);
void held_push(Held *held, StateMap *map, Str key, Str value); /* unless value is STR_NONE */
void held_fault(Held *held, Str key);

/* Subjects. fold: how an event adds to the state; rows: what the rows say. */
bool held_fold_task(Held *held, const HeldEvent *event, GError **err);
bool held_rows_task(Held *held, StateMap *map, GError **err);
bool held_rows_plan(Held *held, StateMap *map, GError **err);
bool held_rows_look_back(Held *held, StateMap *map, GError **err);
bool held_fold_rule(Held *held, const HeldEvent *event, GError **err);
bool held_rows_rule(Held *held, StateMap *map, GError **err);
bool held_rows_duty(Held *held, StateMap *map, GError **err);
bool held_rows_report(Held *held, StateMap *map, GError **err);
bool held_rows_register(Held *held, StateMap *map, GError **err);
bool held_rows_entry(Held *held, StateMap *map, GError **err);
bool held_rows_document(Held *held, StateMap *map, GError **err);

/* Rows of what repeats other rows (search, scopes, steps, messages of reminders) that are of nothing. uid, or STR_NONE and the row's id. */
typedef void (*HeldStray)(void *data, const char *kind, Str uid, int64_t id);
bool held_strays(Db *db, HeldStray found, void *data, GError **err);
