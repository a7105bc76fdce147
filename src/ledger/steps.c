#include "ledger/steps.h"

#include "base/banned.h"

enum { STEP_MS = 150 }; /* of a step's 250 ms, the commit included */

static bool one_step(DbConn *tx, void *data, GError **err)
{
    Steps *steps = data;
    int64_t begun = monotonic_ms();
    for (steps->next = steps->begin; steps->next < steps->n && monotonic_ms() - begun < STEP_MS; steps->next++)
        if (!steps->one(tx, steps->data, steps->next, err))
            return false;
    return true;
}

bool ledger_steps(const Ledger *ledger, Steps *steps, GError **err)
{
    bool first = true;
    do {
        steps->begin = steps->next;
        if (!(first ? ledger_write(ledger, one_step, steps, err) : db_write(ledger->db, DB_INTERACTIVE, one_step, steps, err)))
            return false;
        first = false;
    } while (steps->next < steps->n);
    return true;
}
