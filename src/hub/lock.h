/* lock.h: private to hub: the periods of a dataset that are closed. Behind its lock a period is changed only under a grant, which has a reason and an end (indicator/quality.h gives both; the tables are read here).
 *
 * The day of the lock is the last that is open; that of a grant's end, too. Registers have one state and no periods, so that nothing of them is closed. Any thread. */
#pragma once

#include "hub/hub.h"

typedef struct HubLocks HubLocks;

/* As of a day. NULL: the dataset is never locked, which all below take. */
HubLocks *hub_locks_new(Hub *hub, const PackDataset *dataset, Date today);
void hub_locks_free(HubLocks *locks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HubLocks, hub_locks_free)

/* What is closed of an organisation: asked for once, it never changes. */
typedef struct {
    size_t n;
    const HubLocked *v; /* by period */
} HubLockedList;
bool hub_locks_of(HubLocks *locks, int64_t org, const HubLockedList **ret_list, GError **err);

/* Whether a period is closed; whether one is that lies in a month, or reaches into it. */
bool hub_is_locked(const HubLockedList *list, Period period);
bool hub_month_locked(const HubLockedList *list, int month);
