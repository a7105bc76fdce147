/* apportion.h: private to ledger: what was apportioned adds up, whatever is amended later.
 *
 * A target whose shares add up to it before an amendment adds up after it, or the amendment is refused: the value of the whole, or of one share, alone would leave a
 * roll-up that differs from what was promised. So an amendment may name other tasks' shares beside its own values; each of them gets it as an amendment of its own,
 * with the same reason and the mark. */
#pragma once

#include "ledger/task_do.h"

/* Targets that are apportioned, by id; begins zeroed. */
typedef ARENA_LIST(int64_t) Wholes;

/* Adds those of a task that are apportioned, and those of which it holds a share, as they stand. */
bool apportion_find(DbConn *tx, Arena *arena, Str task, Wholes *wholes, GError **err);

/* Whether each of them still adds up, in the same unit. BH_CONFLICT "shares-differ" (target, number, sum, value), "not-additive" (metric). */
bool apportion_check(DbConn *tx, Arena *arena, const Wholes *wholes, GError **err);

/* The fields of a task that give its share of a whole (a target of its parent, by uid) another value: a JSON object for task_amend. The share is counted as the whole is.
 * BH_BAD_INPUT at "/shares/N" where the task has no such share. */
bool apportion_fields(DbConn *tx, Arena *arena, const AmendShare *share, size_t i, const JsonValue **ret_set, GError **err);
