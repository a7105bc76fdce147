/* steps.h: private to ledger: work on many things, cut into steps that end after a while, so that on SQLite nobody waits behind it. */
#pragma once

#include "ledger/common.h"

/* `one` works on the i'th; what it keeps of that it sets from scratch, because a step may run again. */
typedef struct {
    bool (*one)(DbConn *tx, void *data, size_t i, GError **err);
    void *data;
    size_t n;
    size_t begin, next; /* of the step that runs */
} Steps;

/* All of them; the first step takes the ledger's `write` (an Idempotency-Key) along. A failure leaves the steps before it. */
bool ledger_steps(const Ledger *ledger, Steps *steps, GError **err);
