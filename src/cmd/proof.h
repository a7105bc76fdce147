/* proof.h: private to cmd: what a store proves of itself, for audit and doctor. */
#pragma once

#include "audit/audit.h"
#include "cmd/store.h"
#include "ledger/ledger.h"

/* The chain, held against every anchor in DATA/anchors and in the file `anchors` (or NULL). Progress on standard error where that is a terminal. */
bool proof_of_chain(Store *store, Arena *arena, const char *anchors, AuditReport *ret_report, GError **err);
