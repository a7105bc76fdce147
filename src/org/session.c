/* Logging in. Passwords are hashed outside any transaction: 25 ms of work must not hold the writer. */
#include "base/crypto.h"
#include "org/rows.h"

#include "base/banned.h"

enum { FAILURES_MAX = 5, LOCK_MINUTES = 15, SEEN_STEP_MS = 60000, CSRF_BYTES = 16, TOKEN_BYTES = 32, PASSWORD_CHARS_MIN = 10 };

#define SESSION_KEPT_MS ((int64_t) 24 * 3600 * 1000) /* unused so long it is over whatever the limits say */

/* --- Opening ---------------------------------------------------------------------------------------------------------- */

/* What a log-in was checked against, and what becomes of it. Other log-ins go on meanwhile, so inside the transaction the account is read again. */
typedef struct {
    const Clock *clock;
    const AccountByUsernameRow *account;
    Str username;
    char token_hash[HASH_TEXT_MAX], csrf[2 * CSRF_BYTES + 1];
} OpenArgs;

static bool bad_login(GError **err)
{
    error_set(err, BH_UNAUTHENTICATED, "the account name or the password is wrong");
    return error_detail(err, "bad-login");
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
    bool found;
    char uid[UID_TEXT_MAX];
    int64_t now = clock_now_ms(args->clock);
    if (!db_one(tx, AccountByUsername, arena, &now_there, &found, err, .username = args->username))
        return false;
    if (!found || !str_eq(now_there.state, STR("active")) || !str_eq(now_there.password, args->account->password))
        return bad_login(err);
    if (locked(&now_there, args->clock, err))
        return false;
    AuditWho who = { now_there.uid, "http", now };
    audit_append(tx, &who, "log-in", (AuditObject) { "account", now_there.uid }, STR("{}"));
    return db_exec(tx, SessionsDeleteOld, NULL, err, .before = now - SESSION_KEPT_MS) && db_exec(tx, AccountLoggedIn, NULL, err, .id = now_there.id, .at = now)
           && db_exec(tx, SessionInsert, NULL, err, .uid = str_from(uid_new(uid)), .via = STR("http"), .agent = STR_NONE, .token = str_from(args->token_hash), .account = now_there.id, .csrf = str_from(args->csrf), .now = now);
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
    AuditWho who = { account.uid, "http", now };
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

static Str new_token(Arena *arena)
{
    uint8_t random[TOKEN_BYTES];
    char *text = arena_alloc(arena, 2 * TOKEN_BYTES + 1);
    crypto_random(random, sizeof random);
    return str_from(hex_write(random, sizeof random, text));
}

static void token_hash(Str token, char ret_hash[static HASH_TEXT_MAX])
{
    hash_write(digest_of(DIGEST_SM3, token), ret_hash);
}

static bool find_account(Db *db, Arena *arena, Str username, AccountByUsernameRow *ret_row, bool *ret_found, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    return conn && db_one(conn, AccountByUsername, arena, ret_row, ret_found, err, .username = username);
}

bool session_open(Db *db, const Clock *clock, Str username, Str password, Arena *arena, Str *ret_token, GError **err)
{
    AccountByUsernameRow account;
    bool found;
    if (!find_account(db, arena, username, &account, &found, err) || (found && locked(&account, clock, err)))
        return false;
    OpenArgs args = { .clock = clock, .account = &account, .username = username };
    if (!password_fits(&account, found, password))
        return (!found || db_write(db, DB_INTERACTIVE, failed_in_tx, &args, err)) && bad_login(err);
    Str token = new_token(arena);
    uint8_t csrf[CSRF_BYTES];
    crypto_random(csrf, sizeof csrf);
    hex_write(csrf, sizeof csrf, args.csrf);
    token_hash(token, args.token_hash);
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
    token_hash(token, hash);
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
    token_hash(token, hash);
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn || !db_one(conn, SessionByToken, arena, ret_row, ret_found, err, .token = str_from(hash)))
        return false;
    ret_session->csrf = ret_row->csrf;
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

/* --- Changing one's password ---------------------------------------------------------------------------------------- */

typedef struct {
    const User *user;
    const AuditWho *who;
    const char *hash;
} PasswordArgs;

static bool password_in_tx(DbConn *tx, void *data, GError **err)
{
    const PasswordArgs *args = data;
    audit_append(tx, args->who, "password", (AuditObject) { "account", args->user->account_uid }, STR("{}"));
    return db_exec(tx, AccountSetPassword, NULL, err, .id = args->user->account, .password = str_from(args->hash), .must_change = false);
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

/* A wrong old password counts like a failed log-in: a session left open is no place to guess from. */
bool password_change(Db *db, const Clock *clock, const User *user, Str old_password, Str new_password, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    AccountByUsernameRow account;
    bool found;
    if (!password_acceptable(old_password, new_password, err) || !find_account(db, arena, user->username, &account, &found, err)
        || (found && locked(&account, clock, err)))
        return false;
    OpenArgs login = { .clock = clock, .account = &account, .username = user->username };
    if (!password_fits(&account, found, old_password))
        return db_write(db, DB_INTERACTIVE, failed_in_tx, &login, err) && bad_login(err);
    g_autofree char *hash = password_hash(new_password, err);
    PasswordArgs args = { user, who, hash };
    return hash && db_write(db, DB_INTERACTIVE, password_in_tx, &args, err);
}
