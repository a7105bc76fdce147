/* second.h: private to org: the second factor where a password was right. */
#pragma once

#include "db/queries.h"
#include "org/org.h"

/* What an account's second factor says to a code, found before the transaction that uses it. */
typedef enum { SECOND_NONE /* it has none */, SECOND_MISSING, SECOND_WRONG, SECOND_CODE, SECOND_RECOVERY } SecondFit;

typedef struct {
    SecondFit fit;
    int64_t step;              /* SECOND_CODE */
    char hash[HASH_TEXT_MAX];  /* SECOND_RECOVERY */
} Second;

bool second_check(DbConn *conn, Arena *arena, const KeyRing *keys, int64_t account, Str account_uid, Str code, int64_t now_ms, Second *ret_second, GError **err);

/* Takes it away; the event only where there was one. */
bool second_delete(DbConn *tx, int64_t account, Str account_uid, const AuditWho *who, GError **err);

/* Uses it up; *ret_used false: somebody else has, meanwhile. */
bool second_use(DbConn *tx, int64_t account, const Second *second, int64_t now_ms, bool *ret_used, GError **err);
