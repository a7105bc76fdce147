/* common.h: private to ledger. */
#pragma once

#include "ledger/ledger.h"

/* The one behind an account, for showing; an account of DB_NULL_INT gives an empty reference. ret_person (may be NULL): the person's id. */
bool person_ref(DbConn *conn, Arena *arena, int64_t account, PersonRef *ret_ref, int64_t *ret_person, GError **err);

/* A change through the ledger's `write`. */
bool ledger_write(const Ledger *ledger, DbWork work, void *data, GError **err);
