/* plan_do.h: private to ledger: what the files that make and change plans share. */
#pragma once

#include "ledger/change.h"
#include "ledger/common.h"

/* A plan to be written: who makes it answers for code and issuer. */
typedef struct {
    Str uid, title, doc_no, kind, code /* STR_NONE: that of the kind, made unique */, basis;
    int64_t document /* DB_NULL_INT: none */, issuer, year, edition, replaces /* DB_NULL_INT: none */, tasks;
} PlanSeed;

/* Writes it with its event. verb: "plan-issue", "plan-make". BH_CONFLICT "code-taken". */
bool plan_insert(DbConn *tx, const Actor *actor, const PlanSeed *seed, const char *verb, Arena *arena, int64_t *ret_id, GError **err);

/* The plan inside the transaction that changes it: right and state by plan_allowed(verb), then version. */
bool plan_open(DbConn *tx, const Actor *actor, Str uid, int64_t version, const char *verb, Arena *arena, Plan *ret_plan, GError **err);
bool plan_refuse(const Allowed *allowed, const Plan *plan, const char *verb, GError **err); /* returns false */

/* Writes what differs: the row's next version and the event with {"reason":…,"set":{…}}. reason: as given, or STR_NONE. */
bool plan_change(DbConn *tx, const Actor *actor, const Plan *before, const Plan *after, const char *verb, Str reason, Arena *arena, GError **err);

/* The ladder of a plan; plan_load_steps: or the default one. */
bool plan_load_steps(DbConn *conn, Arena *arena, Plan *plan, GError **err);
bool ladder_load(DbConn *conn, Arena *arena, int64_t plan, PlanStep **ret_steps, size_t *ret_n, GError **err);

/* Opens a closed plan because one of its tasks is open again; any other stays as it is. */
bool plan_open_again(DbConn *tx, const Actor *actor, Str uid, Str reason, Arena *arena, GError **err);

/* The state of a plan as sorted keys and values. */
void plan_state_map(const Plan *plan, Arena *arena, StateMap *ret_map);

/* Where a name or code is not what it should be: BH_BAD_INPUT at `at`. */
bool plan_title_fits(Str title, const char *at, GError **err);
bool plan_code_fits(Str code, const char *at, GError **err);
bool plan_code_free(DbConn *conn, int64_t issuer, Str code, int64_t year, GError **err);
