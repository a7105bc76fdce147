/* duty_private.h: private to flow. */
#pragma once

#include "flow/duty.h"

bool duty_miss(DbConn *tx, const AuditWho *who, Str uid, Date today, GError **err);

/* "2026W37" for the rule's kind of period; false for a word that is none. "once" is a day. */
bool duty_period_kind(Str every, PeriodKind *ret_kind);
