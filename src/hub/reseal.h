/* reseal.h: what the hub's tables hold sealed, sealed anew by the newest key of the ring: the vault, and rows that could not be stored. Only for the process that owns the store; nothing else may write.
 * A step at a time, and what is done is not done again: whoever is interrupted begins once more. */
#pragma once

#include "base/key.h"
#include "db/db.h"

/* *ret_n: how many were sealed anew. BH_INTERNAL where one cannot be opened, or its key is not in the ring; what was done by then stays done. */
bool hub_reseal_vault(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err);
bool hub_reseal_rejects(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err);
