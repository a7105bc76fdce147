/* private.h: private to indicator: what its files share. */
#pragma once

#include "hub/hub.h"
#include "indicator/quality.h"

/* The first day of a month as the hub counts them (hub_month). */
Date quality_month_start(int month);

/* The number of a dataset in the store; *ret_installed false: its pack is not installed. */
bool quality_dataset(DbConn *conn, const PackDataset *pack, int64_t *ret_id, bool *ret_installed, GError **err);

/* The key of the rule by which a dataset's reports are duties; in arena. */
Str quality_duty_key(Arena *arena, const PackDataset *pack);

/* What somebody owes for a dataset's period is done, or was said to be nothing; again and again is harmless. */
bool expected_meet(DbConn *tx, const AuditWho *who, const PackDataset *pack, int64_t org, Period period, bool zero, Date today, GError **err);

/* Why somebody need not report, or owes nothing: BH_BAD_INPUT "reason-missing" where nothing is said, BH_TOO_LARGE over LIMIT_TEXT_CHARS. */
bool reason_check(Str reason, GError **err);
