/* common.h: private to ledger. */
#pragma once

#include "ledger/ledger.h"

/* A change through the ledger's `write`. */
bool ledger_write(const Ledger *ledger, DbWork work, void *data, GError **err);
