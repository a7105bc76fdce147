/* Logging in. Passwords are hashed outside any transaction: 25 ms of work must not hold the writer. */
#include "base/crypto.h"
#include "base/limits.h"
#include "org/people.h"
#include "org/second.h"
#include "org/rows.h"

#include "base/banned.h"

enum { FAILURES_MAX = 5, LOCK_MINUTES = 15, SEEN_STEP_MS = 60000, CSRF_BYTES = 16, TOKEN_BYTES = 32, PASSWORD_CHARS_MIN = 10 };

#define SESSION_KEPT_MS ((int64_t) 24 * 3600 * 1000) /* unused so long it is over whatever the limits say */

/* --- Opening ---------------------------------------------------------------------------------------------------------- */

/* What a log-in was checked against, and what becomes of it. Other log-ins go on meanwhile, so inside the transaction the account is read again. */
typedef struct {
    const Clock *clock;
    const AccountByUsernameRow *account;
    Str username, agent;
    const char *via;
    const Second *second;
    char token_hash[HASH_TEXT_MAX], csrf[2 * CSRF_BYTES + 1];
} OpenArgs;

static bool bad_login(GError **err)
{
    error_set(err, BH_UNAUTHENTICATED, "the account name or the password is wrong");
    return error_detail(err, "bad-login");
}

static bool bad_code(SecondFit fit, GError **err)
{
    bool missing = fit == SECOND_MISSING;
    error_set(err, BH_UNAUTHENTICATED, missing ? "the code of the second factor is needed" : "the code of the second factor is wrong, or was used");
    return error_detail(err, missing ? "code-needed" : "code-wrong");
}

static bool locked(const AccountByUsernameRow *account, const Clock *clock, GError **err)
{
    char until[INSTANT_TEXT_MAX];
    if (account->locked_until == DB_NULL_INT || account->locked_until <= clock_now_ms(clock))
        return false;
    instant_format(account->locked_until, clock_zone_minutes(clock), until);
    error_set(err, BH_LOCKED, "too many failed log-ins; the account is locked until %s", until);
    error_detail(err, "locked");
    error_params(err, "until=%s", until);
    return true;
}

static bool open_in_tx(DbConn *tx, void *data, GError **err)
{
    const OpenArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    AccountByUsernameRow now_there;
    bool found, used;
    char uid[UID_TEXT_MAX];
    int64_t now = clock_now_ms(args->clock);
    if (!db_one(tx, AccountByUsername, arena, &now_there, &found, err, .username = args->username))
        return false;
    if (!found || !str_eq(now_there.state, STR("active")) || !str_eq(now_there.password, args->account->password))
        return bad_login(err);
    if (locked(&now_there, args->clock, err))
        return false;
    if (!second_use(tx, now_there.id, args->second, now, &used, err))
        return false;
    if (!used)
        return bad_code(SECOND_WRONG, err);
    AuditWho who = { now_there.uid, args->via, now, STR_NONE };
    audit_append(tx, &who, "log-in", (AuditObject) { "account", now_there.uid }, STR("{}"));
    return db_exec(tx, SessionsDeleteOld, NULL, err, .before = now - SESSION_KEPT_MS) && db_exec(tx, AccountLoggedIn, NULL, err, .id = now_there.id, .at = now)
           && db_exec(tx, SessionInsert, NULL, err, .uid = str_from(uid_new(uid)), .via = str_from(args->via), .agent = args->agent, .token = str_from(args->token_hash), .account = now_there.id, .csrf = str_from(args->csrf), .now = now);
}

/* Counts on what stands there now: of many guesses at the same time each one counts. */
static bool failed_in_tx(DbConn *tx, void *data, GError **err)
{
    const OpenArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    AccountByUsernameRow account;
    bool found;
    int64_t now = clock_now_ms(args->clock);
    if (!db_one(tx, AccountByUsername, arena, &account, &found, err, .username = args->username))
        return false;
    if (!found || (account.locked_until != DB_NULL_INT && account.locked_until > now))
        return true;
    bool lock = account.failures + 1 >= FAILURES_MAX;
    AuditWho who = { account.uid, args->via, now, STR_NONE };
    if (lock)
        audit_append(tx, &who, "account-locked", (AuditObject) { "account", account.uid }, STR("{}"));
    return db_exec(tx, AccountFailed, NULL, err, .id = account.id, .failures = lock ? 0 : account.failures + 1,
                   .locked_until = lock ? now + (int64_t) LOCK_MINUTES * 60000 : DB_NULL_INT);
}

/* Checks a password against what is stored. For an account that is not there, or has no password yet, the same work is done on a hash of nobody's, so
 * that the time does not tell. */
static bool password_fits(const AccountByUsernameRow *account, bool found, Str password)
{
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bool usable = found && str_starts(account->password, STR("$"));
    g_autofree char *stored = usable ? str_dup(account->password) : g_strdup(nobody);
    bool fits = password_verify(stored, password);
    return fits && usable && str_eq(account->state, STR("active"));
}

Str secret_new(Arena *arena)
{
    uint8_t random[TOKEN_BYTES];
    char *text = arena_alloc(arena, 2 * TOKEN_BYTES + 1);
    crypto_random(random, sizeof random);
    return str_from(hex_write(random, sizeof random, text));
}

void secret_hash(Str token, char ret_hash[static HASH_TEXT_MAX])
{
    hash_write(digest_of(DIGEST_SM3, token), ret_hash);
}

static bool find_account(Db *db, Arena *arena, Str username, AccountByUsernameRow *ret_row, bool *ret_found, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    return conn && db_one(conn, AccountByUsername, arena, ret_row, ret_found, err, .username = username);
}

static bool find_second(Db *db, Arena *arena, const KeyRing *keys, const AccountByUsernameRow *account, Str code, int64_t now, Second *ret_second, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    return conn && second_check(conn, arena, keys, account->id, account->uid, code, now, ret_second, err);
}

static bool count_failure(Db *db, OpenArgs *args, GError **err)
{
    return db_write(db, DB_INTERACTIVE, failed_in_tx, args, err);
}

bool session_open(Db *db, const Clock *clock, const KeyRing *keys, const LogIn *login, Arena *arena, Str *ret_token, GError **err)
{
    AccountByUsernameRow account;
    Second second;
    bool found;
    if (!find_account(db, arena, login->username, &account, &found, err) || (found && locked(&account, clock, err)))
        return false;
    OpenArgs args = { .clock = clock, .account = &account, .username = login->username, .via = login->via, .agent = utf8_head(login->agent, LIMIT_AGENT_CHARS), .second = &second };
    if (!password_fits(&account, found, login->password))
        return (!found || count_failure(db, &args, err)) && bad_login(err);
    if (!find_second(db, arena, keys, &account, login->code, clock_now_ms(clock), &second, err))
        return false;
    if (second.fit == SECOND_MISSING || second.fit == SECOND_WRONG)
        return (second.fit == SECOND_MISSING || count_failure(db, &args, err)) && bad_code(second.fit, err);
    Str token = secret_new(arena);
    uint8_t csrf[CSRF_BYTES];
    crypto_random(csrf, sizeof csrf);
    hex_write(csrf, sizeof csrf, args.csrf);
    secret_hash(token, args.token_hash);
    if (!db_write(db, DB_INTERACTIVE, open_in_tx, &args, err))
        return false;
    *ret_token = token;
    return true;
}

static bool close_in_tx(DbConn *tx, void *data, GError **err)
{
    return db_exec(tx, SessionDelete, NULL, err, .token = str_from(data));
}

bool session_close(Db *db, Str token, GError **err)
{
    char hash[HASH_TEXT_MAX];
    secret_hash(token, hash);
    return db_write(db, DB_INTERACTIVE, close_in_tx, hash, err);
}

/* --- Finding ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id, seen;
} SeenArgs;

static bool seen_in_tx(DbConn *tx, void *data, GError **err)
{
    const SeenArgs *args = data;
    return db_exec(tx, SessionSeen, NULL, err, .id = args->id, .seen = args->seen);
}

static bool session_read(Db *db, const Clock *clock, Str token, Arena *arena, SessionByTokenRow *ret_row, Session *ret_session, bool *ret_found, GError **err)
{
    char hash[HASH_TEXT_MAX];
    secret_hash(token, hash);
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn || !db_one(conn, SessionByToken, arena, ret_row, ret_found, err, .token = str_from(hash)))
        return false;
    if (*ret_found) {
        ret_session->uid = ret_row->uid;
        ret_session->csrf = ret_row->csrf;
        ret_session->second = ret_row->second;
    }
    return !*ret_found || user_load(conn, arena, ret_row->account, clock_today(clock), &ret_session->user, err);
}

bool session_find(Db *db, const Clock *clock, const SessionLimits *limits, Str token, Arena *arena, Session *ret_session, bool *ret_found, GError **err)
{
    SessionByTokenRow row;
    Session session = { .token = token };
    bool found;
    if (!session_read(db, clock, token, arena, &row, &session, &found, err))
        return false;
    *ret_found = false;
    if (!found)
        return true;
    int64_t now = clock_now_ms(clock);
    session.idle_minutes = user_is_administrator(&session.user) ? limits->admin_idle_minutes : limits->idle_minutes;
    if (!session.user.active || now - row.seen > (int64_t) session.idle_minutes * 60000)
        return true;
    SeenArgs args = { row.id, now };
    if (now - row.seen >= SEEN_STEP_MS && !db_write(db, DB_INTERACTIVE, seen_in_tx, &args, err))
        return false;
    *ret_session = session;
    *ret_found = true;
    return true;
}

/* Which sessions there are, and what one may end: its own; with others, anybody's. */
bool session_end(DbConn *tx, Str uid, const User *by, bool others, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    SessionByUidRow row;
    bool found;
    if (!db_one(tx, SessionByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found || (!others && row.account != by->account))
        return error_set(err, BH_NOT_FOUND, "no session '" STR_FMT "'", STR_ARG(uid));
    account_event(tx, who, "session-end", row.account_uid, NULL, STR_NONE);
    return db_exec(tx, SessionEnd, NULL, err, .id = row.id);
}

/* --- What only the password allows ----------------------------------------------------------------------------------- */

typedef struct {
    const User *user;
    const AuditWho *who;
    const char *hash;
    Str kept;
} PasswordArgs;

static bool password_in_tx(DbConn *tx, void *data, GError **err)
{
    const PasswordArgs *args = data;
    char kept[HASH_TEXT_MAX] = "";
    if (args->kept.p)
        secret_hash(args->kept, kept);
    audit_append(tx, args->who, "password", (AuditObject) { "account", args->user->account_uid }, STR("{}"));
    return db_exec(tx, AccountSetPassword, NULL, err, .id = args->user->account, .password = str_from(args->hash), .must_change = false)
           && db_exec(tx, SessionsDeleteOthers, NULL, err, .account = args->user->account, .token = str_from(kept));
}

static bool password_acceptable(Str old_password, Str new_password, GError **err)
{
    if (utf8_length(new_password) < PASSWORD_CHARS_MIN)
        error_set(err, BH_BAD_INPUT, "a password has at least %d characters", PASSWORD_CHARS_MIN);
    else if (str_eq(old_password, new_password))
        error_set(err, BH_BAD_INPUT, "the new password is the old one");
    else
        return true;
    error_at(err, "/new");
    return error_detail(err, "weak-password");
}

/* A wrong password counts like a failed log-in: a session left open is no place to guess from. */
static bool password_proves(Db *db, const Clock *clock, const User *user, Str password, const char *via, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    AccountByUsernameRow account;
    bool found;
    if (!find_account(db, arena, user->username, &account, &found, err) || (found && locked(&account, clock, err)))
        return false;
    OpenArgs login = { .clock = clock, .account = &account, .username = user->username, .via = via };
    return password_fits(&account, found, password) || (count_failure(db, &login, err) && bad_login(err));
}

bool password_change(Db *db, const Clock *clock, const User *user, Str old_password, Str new_password, Str kept, const AuditWho *who, GError **err)
{
    if (!password_acceptable(old_password, new_password, err) || !password_proves(db, clock, user, old_password, who->via, err))
        return false;
    g_autofree char *hash = password_hash(new_password, err);
    PasswordArgs args = { user, who, hash, kept };
    return hash && db_write(db, DB_INTERACTIVE, password_in_tx, &args, err);
}

static bool off_in_tx(DbConn *tx, void *data, GError **err)
{
    const PasswordArgs *args = data;
    return second_delete(tx, args->user->account, args->user->account_uid, args->who, err);
}

bool second_off(Db *db, const Clock *clock, const User *user, Str password, const AuditWho *who, GError **err)
{
    PasswordArgs args = { .user = user, .who = who };
    return password_proves(db, clock, user, password, who->via, err) && db_write(db, DB_INTERACTIVE, off_in_tx, &args, err);
}
