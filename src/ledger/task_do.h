/* task_do.h: private to ledger: what the files that change tasks share. */
#pragma once

#include "ledger/change.h"
#include "ledger/common.h"
#include "ledger/rules.h"

/* The error of a refusal: its class by the code, `why` as detail, params as name=value lines (STR_NONE: none). Returns false. */
bool task_refuse(const char *why, Str params, Str verb, const Task *task, GError **err);

/* One step of the flow in a transaction of the caller's, as task_do. */
bool task_do_in_tx(DbConn *tx, const Actor *actor, const Clock *clock, Str uid, int64_t version, Str verb, const TaskWish *wish, GError **err);

/* A step that a number decides and no person takes: "verify", "close", "reopen" (a relapse, if it was closed). `reason` says which number, for people to read. The caller knows that the state allows it. */
bool task_do_by_number(DbConn *tx, int64_t at_ms, Date today, Arena *arena, Str uid, const char *verb, Str reason, GError **err);

/* Refuses unless task_allowed. */
bool task_side_check(Change *change, const char *verb, GError **err);

/* Asks the registers anew of all evidence that names one; what differs goes into the change. */
bool task_checks_again(Change *change, const Clock *clock, GError **err);

/* Rule h, upwards: closes the parent that is led by collectives alone, if this was the last of its sub-tasks; and so on. */
bool family_closed(const Change *child, GError **err);

/* Downwards: what is cancelled or waived as a whole is so in its parts that are still open. */
bool family_ended(const Change *parent, Str reason, GError **err);

/* What people write: at most LIMIT_TEXT_CHARS; BH_TOO_LARGE at "/WHAT". */
bool task_text_fits(Str text, const char *what, GError **err);

/* "role=reviewer" for a refusal of may(), or STR_NONE. */
Str task_role_named(const May *answer, Arena *arena);
