/* defect.h: what people do about what is wrong in records: sent back with a day, answered, waived with a reason. Closed it is by the check alone, when the row comes again without it or is gone (apply). */
#pragma once

#include "audit/audit.h"
#include "hub/hub.h"

typedef struct {
    AuditWho who;
    int64_t account; /* DB_NULL_INT: none */
    Date today;
} HubActor;

/* All in the caller's transaction, with an event; the caller asked may(). BH_CONFLICT "version-stale", "wrong-state"; BH_NOT_FOUND. */

/* found, sent, corrected ─▶ sent. BH_BAD_INPUT "due-past". note may be empty. */
bool hub_defect_send(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Date due, Str note, GError **err);

/* found, sent ─▶ corrected, where `corrected`; else the words alone. BH_BAD_INPUT "text-missing". */
bool hub_defect_answer(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str text, bool corrected, GError **err);

/* any that is open ─▶ waived. BH_BAD_INPUT "reason-missing". */
bool hub_defect_waive(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str reason, GError **err);
