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

/* found, sent, corrected ─▶ sent. BH_BAD_INPUT "due-past". note may be empty. Those who report for the organisation are told. */
bool hub_defect_send(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Date due, Str note, GError **err);

/* Many at once: each organisation is told once. One that cannot be sent has `failure` set and stays as it is; the others are sent. The caller frees the failures. */
typedef struct {
    Str uid;
    int64_t version;
    GError *failure;
} HubDefectSend;
bool hub_defects_send(DbConn *tx, const HubActor *actor, HubDefectSend *list, size_t n, Date due, Str note, GError **err);

/* What a day does by itself: what was said to be corrected and was still there on its due day goes back (note `overdue`); of what is late, its organisation's people and whoever sent it back are told
 * the day after, and those above seven days later (messages `defects-late`, one an organisation). In steps; running it again does no harm. */
typedef struct {
    int64_t returned, late, raised; /* defects */
} HubDefectDay;
typedef bool (*HubDefectGoOn)(void *data, GError **err);
bool hub_defects_daily(Db *db, const Clock *clock, HubDefectGoOn go_on, void *data, HubDefectDay *ret_day, GError **err);

/* Private to the hub: those who mend the records of an organisation are told that so many came back. */
bool defects_tell_sent(DbConn *tx, const HubActor *actor, int64_t org, int64_t n, Date due, Str text, GError **err);

/* found, sent ─▶ corrected, where `corrected`; else the words alone. BH_BAD_INPUT "text-missing". */
bool hub_defect_answer(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str text, bool corrected, GError **err);

/* any that is open ─▶ waived. BH_BAD_INPUT "reason-missing". */
bool hub_defect_waive(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str reason, GError **err);
