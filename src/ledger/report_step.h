/* report_step.h: private to ledger: what a change made of a task, field by field, beside its event: rows of task_step, from which "what changed since" is
 * read. The rows say nothing that the events do not say; they are here to be found fast. */
#pragma once

#include "ledger/change.h"

/* The steps of a change whose event was just noted; `before` without a uid: the task is new. Written as the transaction's last step, when the event
 * has its number. */
void report_steps(const Change *change);
