/* The second factor: a secret that an authenticator program shares with us, sealed under the account it belongs to, and codes for the day on which that is lost. */
#include "org/second.h"

#include "base/crypto.h"
#include "base/totp.h"
#include "org/people.h"

#include "base/banned.h"

enum { RECOVERY_CODES = 10, RECOVERY_CHARS = 10 /* 48 bits; each wrong guess counts like a wrong password */ };

/* --- Secrets ------------------------------------------------------------------------------------------------------------ */

static Str sealed_about(Arena *arena, Str account_uid)
{
    return arena_printf(arena, "totp " STR_FMT, STR_ARG(account_uid));
}

static bool open_secret(Arena *arena, const KeyRing *keys, const TotpOfAccountRow *row, Str account_uid, TotpSecret *ret_secret, GError **err)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    const SecretKey *key = row->key > 0 && row->key <= key_ring_newest(keys) ? key_ring_get(keys, (uint32_t) row->key, KEY_TOKEN) : NULL;
    if (!key)
        return error_set(err, BH_INTERNAL, "the key file has no key %" G_GINT64_FORMAT ", with which a second factor was sealed", row->key);
    if (!unseal(key, sealed_about(arena, account_uid), row->secret, plain, err))
        return false;
    if (plain->len != TOTP_SECRET_BYTES)
        return error_set(err, BH_INTERNAL, "a second factor has no secret of the right length");
    memcpy(ret_secret->bytes, plain->str, TOTP_SECRET_BYTES);
    crypto_wipe(plain->str, plain->len);
    return true;
}

/* As typed: letters of either size, with or without the line in the middle. */
static void recovery_hash(const KeyRing *keys, Str account_uid, Str code, char ret_hash[static HASH_TEXT_MAX])
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_string_append_printf(said, STR_FMT "\n", STR_ARG(account_uid));
    for (size_t i = 0; i < code.n; i++)
        if (g_ascii_isalnum(code.p[i]))
            g_string_append_c(said, g_ascii_tolower(code.p[i]));
    /* Always the first key: a code must be found again after the keys were rotated. */
    hash_write(hmac_sm3(key_ring_get(keys, 1, KEY_TOKEN), str_from_gstring(said)), ret_hash);
}

/* --- Held against what was typed ------------------------------------------------------------------------------------------- */

static bool check_recovery(DbConn *conn, Arena *arena, int64_t account, Second *second, GError **err)
{
    RecoveryHasRow row;
    bool found;
    if (!db_one(conn, RecoveryHas, arena, &row, &found, err, .account = account, .hash = str_from(second->hash)))
        return false;
    second->fit = row.n > 0 ? SECOND_RECOVERY : SECOND_WRONG;
    return true;
}

bool second_check(DbConn *conn, Arena *arena, const KeyRing *keys, int64_t account, Str account_uid, Str code, int64_t now_ms, Second *ret_second, GError **err)
{
    TotpOfAccountRow row;
    TotpSecret secret;
    bool found;
    *ret_second = (Second) { .fit = SECOND_NONE };
    if (!db_one(conn, TotpOfAccount, arena, &row, &found, err, .account = account))
        return false;
    if (!found || row.confirmed == DB_NULL_INT)
        return true;
    ret_second->fit = SECOND_MISSING;
    if (str_trim(code).n == 0)
        return true;
    if (!open_secret(arena, keys, &row, account_uid, &secret, err))
        return false;
    bool right = totp_check(&secret, code, now_ms, row.last_step, &ret_second->step);
    crypto_wipe(&secret, sizeof secret);
    ret_second->fit = SECOND_CODE;
    if (right)
        return true;
    recovery_hash(keys, account_uid, code, ret_second->hash);
    return check_recovery(conn, arena, account, ret_second, err);
}

bool second_use(DbConn *tx, int64_t account, const Second *second, int64_t now_ms, bool *ret_used, GError **err)
{
    int64_t changes = 1;
    if (second->fit == SECOND_CODE && !db_exec(tx, TotpUsed, &changes, err, .account = account, .step = second->step))
        return false;
    if (second->fit == SECOND_RECOVERY && !db_exec(tx, RecoveryUsed, &changes, err, .account = account, .hash = str_from(second->hash), .at = now_ms))
        return false;
    *ret_used = changes == 1;
    return true;
}

/* --- Enrolling ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const User *user;
    const KeyRing *keys;
    const AuditWho *who;
    Arena *arena;
    Str code, sealed;
    Str *codes;
} EnrolArgs;

static bool on_already(GError **err)
{
    error_set(err, BH_CONFLICT, "the second factor is on already");
    error_hint(err, "switch it off first");
    return error_detail(err, "totp-on");
}

static bool begin_in_tx(DbConn *tx, void *data, GError **err)
{
    const EnrolArgs *args = data;
    TotpOfAccountRow row;
    bool found;
    if (!db_one(tx, TotpOfAccount, args->arena, &row, &found, err, .account = args->user->account))
        return false;
    if (found && row.confirmed != DB_NULL_INT)
        return on_already(err);
    return db_exec(tx, TotpPut, NULL, err, .account = args->user->account, .secret = args->sealed, .key = key_ring_newest(args->keys));
}

bool second_begin(Db *db, const KeyRing *keys, const User *user, Str issuer, Arena *arena, Str *ret_secret, Str *ret_uri, GError **err)
{
    TotpSecret secret;
    g_autoptr(GString) sealed = g_string_new(NULL);
    crypto_random(&secret, sizeof secret);
    seal(key_ring_get(keys, key_ring_newest(keys), KEY_TOKEN), sealed_about(arena, user->account_uid), (Str) { (const char *) secret.bytes, TOTP_SECRET_BYTES }, sealed);
    EnrolArgs args = { .user = user, .keys = keys, .arena = arena, .sealed = str_from_gstring(sealed) };
    bool begun = db_write(db, DB_INTERACTIVE, begin_in_tx, &args, err);
    if (begun) {
        *ret_secret = base32_text(secret.bytes, TOTP_SECRET_BYTES, arena);
        *ret_uri = totp_uri(&secret, issuer, user->username, arena);
    }
    crypto_wipe(&secret, sizeof secret);
    return begun;
}

static bool wrong_code(GError **err)
{
    error_set(err, BH_BAD_INPUT, "this is not the code of now");
    error_at(err, "/code");
    return error_detail(err, "totp-wrong");
}

static bool write_codes(DbConn *tx, const EnrolArgs *args, GError **err)
{
    if (!db_exec(tx, RecoveryDelete, NULL, err, .account = args->user->account))
        return false;
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        char hash[HASH_TEXT_MAX];
        recovery_hash(args->keys, args->user->account_uid, args->codes[i], hash);
        if (!db_exec(tx, RecoveryInsert, NULL, err, .account = args->user->account, .hash = str_from(hash)))
            return false;
    }
    return true;
}

static bool confirm_in_tx(DbConn *tx, void *data, GError **err)
{
    const EnrolArgs *args = data;
    TotpOfAccountRow row;
    TotpSecret secret;
    bool found;
    int64_t step, now = args->who->at_ms;
    if (!db_one(tx, TotpOfAccount, args->arena, &row, &found, err, .account = args->user->account))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no second factor was begun");
    if (row.confirmed != DB_NULL_INT)
        return on_already(err);
    if (!open_secret(args->arena, args->keys, &row, args->user->account_uid, &secret, err))
        return false;
    if (!totp_check(&secret, args->code, now, row.last_step, &step))
        return wrong_code(err);
    account_event(tx, args->who, "totp-on", args->user->account_uid, NULL, STR_NONE);
    return db_exec(tx, TotpConfirm, NULL, err, .account = args->user->account, .at = now)
           && db_exec(tx, TotpUsed, NULL, err, .account = args->user->account, .step = step) && write_codes(tx, args, err);
}

static Str recovery_code(Arena *arena)
{
    char uid[UID_TEXT_MAX];
    uid_new(uid);
    return arena_printf(arena, "%.*s-%.*s", RECOVERY_CHARS / 2, uid, RECOVERY_CHARS / 2, uid + RECOVERY_CHARS / 2);
}

bool second_confirm(Db *db, const KeyRing *keys, const User *user, Str code, const AuditWho *who, Arena *arena, const Str **ret_codes, size_t *ret_n, GError **err)
{
    Str *codes = ARENA_ARRAY(arena, Str, RECOVERY_CODES);
    for (size_t i = 0; i < RECOVERY_CODES; i++)
        codes[i] = recovery_code(arena);
    EnrolArgs args = { .user = user, .keys = keys, .who = who, .arena = arena, .code = code, .codes = codes };
    if (!db_write(db, DB_INTERACTIVE, confirm_in_tx, &args, err))
        return false;
    *ret_codes = codes;
    *ret_n = RECOVERY_CODES;
    return true;
}

/* --- Switching off --------------------------------------------------------------------------------------------------------------- */

bool second_delete(DbConn *tx, int64_t account, Str account_uid, const AuditWho *who, GError **err)
{
    int64_t changes;
    if (!db_exec(tx, RecoveryDelete, NULL, err, .account = account) || !db_exec(tx, TotpDelete, &changes, err, .account = account))
        return false;
    if (changes > 0)
        account_event(tx, who, "totp-off", account_uid, NULL, STR_NONE);
    return true;
}

bool second_reset(DbConn *tx, Str account_uid, const User *by, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    AccountByUidRow row;
    return account_of_another(tx, arena, account_uid, by, &row, err) && second_delete(tx, row.id, row.uid, who, err)
           && db_exec(tx, SessionsDeleteOf, NULL, err, .account = row.id);
}

bool second_state(DbConn *conn, Arena *arena, int64_t account, bool *ret_on, int64_t *ret_recovery_left, GError **err)
{
    TotpOfAccountRow row;
    RecoveryLeftRow left;
    bool found, counted;
    if (!db_one(conn, TotpOfAccount, arena, &row, &found, err, .account = account)
        || !db_one(conn, RecoveryLeft, arena, &left, &counted, err, .account = account))
        return false;
    *ret_on = found && row.confirmed != DB_NULL_INT;
    *ret_recovery_left = left.n;
    return true;
}

/* --- Under another key ------------------------------------------------------------------------------------------------------- */

typedef struct {
    const KeyRing *keys;
    int64_t n;
} Resealing;

static bool reseal_one(DbConn *tx, const KeyRing *keys, const TotpOlderRow *row, Arena *arena, GError **err)
{
    TotpOfAccountRow as_stored = { row->secret, row->key, row->confirmed, row->last_step };
    uint32_t newest = key_ring_newest(keys);
    g_autoptr(GString) sealed = g_string_new(NULL);
    TotpSecret secret;
    if (!open_secret(arena, keys, &as_stored, row->uid, &secret, err))
        return false;
    seal(key_ring_get(keys, newest, KEY_TOKEN), sealed_about(arena, row->uid), (Str) { (const char *) secret.bytes, TOTP_SECRET_BYTES }, sealed);
    crypto_wipe(&secret, sizeof secret);
    return db_exec(tx, TotpReseal, NULL, err, .account = row->account, .secret = str_from_gstring(sealed), .key = newest);
}

static bool reseal_in_tx(DbConn *tx, void *data, GError **err)
{
    Resealing *all = data;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(TotpOlderRow) list = { 0 };
    {
        g_autoptr(DbRows) rows = db_query(tx, TotpOlder, err, .key = key_ring_newest(all->keys));
        for (TotpOlderRow row; rows && db_next(rows, &row, err);) {
            db_row_keep(TotpOlder, &row, arena);
            *ARENA_PUSH(arena, &list) = row;
        }
        if (!db_rows_ok(rows))
            return false;
    }
    for (size_t i = 0; i < list.n; i++)
        if (!reseal_one(tx, all->keys, &list.v[i], arena, err))
            return false;
    all->n = (int64_t) list.n;
    return true;
}

bool second_reseal(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err)
{
    Resealing all = { keys, 0 };
    bool ok = db_write(db, DB_INTERACTIVE, reseal_in_tx, &all, err);
    *ret_n = all.n;
    return ok;
}
