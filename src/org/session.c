/* Logging in, and who a session's user is. Passwords are hashed outside any transaction: 25 ms of work must not hold the writer. */
#include "base/crypto.h"
#include "org/rows.h"

#include "base/banned.h"

enum { FAILURES_MAX = 5, LOCK_MINUTES = 15, SEEN_STEP_MS = 60000, CSRF_BYTES = 16, TOKEN_BYTES = 32, PASSWORD_CHARS_MIN = 10 };

#define SESSION_KEPT_MS ((int64_t) 24 * 3600 * 1000) /* unused so long it is over whatever the limits say */

/* --- The user -------------------------------------------------------------------------------------------------------- */

static bool holds(const GrantsOfAccountRow *row, Date today)
{
    return (row->valid_from == DATE_NONE || row->valid_from <= today) && (row->valid_to == DATE_NONE || today <= row->valid_to);
}

static bool where_parse(Str text, WhereKind *ret_where)
{
    static const char *const names[] = { [WHERE_ALL] = "all", [WHERE_ORG] = "org", [WHERE_AREA] = "area" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_eq(text, str_from(names[i]))) {
            *ret_where = (WhereKind) i;
            return true;
        }
    return false;
}

static bool load_grants(DbConn *conn, Arena *arena, Date today, User *user, GError **err)
{
    ARENA_LIST(Grant) grants = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, GrantsOfAccount, err, .account = user->account);
    for (GrantsOfAccountRow row; rows && db_next(rows, &row, err);) {
        Grant grant = { .uid = arena_str(arena, row.uid), .where_org = row.where_org, .from = row.valid_from, .to = row.valid_to };
        if (!role_parse(row.role, &grant.role) || !where_parse(row.where_kind, &grant.where))
            return error_set(err, BH_INTERNAL, "grant " STR_FMT " has an unknown role or place", STR_ARG(row.uid));
        grant.where_path = arena_str(arena, row.where_path);
        grant.where_uid = arena_str(arena, row.where_uid);
        grant.where_name = arena_str(arena, row.where_name);
        grant.where_area = arena_str(arena, row.where_area);
        grant.what_plan = arena_str(arena, row.what_plan);
        if (holds(&row, today))
            *ARENA_PUSH(arena, &grants) = grant;
    }
    user->grants = grants.v;
    user->n_grants = grants.n;
    return db_rows_ok(rows);
}

static bool load_paths(DbConn *conn, Arena *arena, User *user, GError **err)
{
    ARENA_LIST(Str) paths = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, PathsOfPerson, err, .person = user->person);
    for (PathsOfPersonRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &paths) = arena_str(arena, row.path);
    user->person_paths = paths.v;
    user->n_person_paths = paths.n;
    return db_rows_ok(rows);
}

bool user_load(DbConn *conn, Arena *arena, int64_t account, Date today, User *ret_user, GError **err)
{
    AccountFullRow row;
    bool found;
    if (!db_one(conn, AccountFull, arena, &row, &found, err, .id = account))
        return false;
    if (!found)
        return error_set(err, BH_INTERNAL, "no account with the id %" G_GINT64_FORMAT, account);
    User user = {
        .account = row.id,
        .person = row.person,
        .org = row.org,
        .account_uid = row.uid,
        .username = row.username,
        .person_uid = row.person_uid,
        .person_name = row.person_name,
        .org_uid = row.org_uid,
        .org_name = row.org_name,
        .org_path = row.org_path,
        .proven = row.proof.p != NULL,
        .must_change = row.must_change,
        .active = str_eq(row.state, STR("active")),
    };
    if (!org_legal_body(conn, user.org_path, &user.legal_body, err) || !load_grants(conn, arena, today, &user, err)
        || !load_paths(conn, arena, &user, err))
        return false;
    *ret_user = user;
    return true;
}

bool user_by_name(DbConn *conn, Arena *arena, Str username, Date today, User *ret_user, bool *ret_found, GError **err)
{
    AccountByUsernameRow row;
    if (!db_one(conn, AccountByUsername, arena, &row, ret_found, err, .username = username))
        return false;
    return !*ret_found || user_load(conn, arena, row.id, today, ret_user, err);
}

User user_of_socket(Arena *arena)
{
    static const Role roles[] = { ROLE_SYSTEM_ADMIN, ROLE_SECURITY_ADMIN, ROLE_AUDIT_ADMIN };
    Grant *grants = ARENA_ARRAY(arena, Grant, G_N_ELEMENTS(roles));
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        grants[i] = (Grant) { .role = roles[i], .where = WHERE_ALL, .where_org = DB_NULL_INT, .from = DATE_NONE, .to = DATE_NONE };
    return (User) {
        .account = DB_NULL_INT,
        .person = DB_NULL_INT,
        .org = DB_NULL_INT,
        .legal_body = DB_NULL_INT,
        .active = true,
        .grants = grants,
        .n_grants = G_N_ELEMENTS(roles),
    };
}

bool user_has_role(const User *user, Role role)
{
    for (size_t i = 0; i < user->n_grants; i++)
        if (user->grants[i].role == role)
            return true;
    return false;
}

bool user_is_administrator(const User *user)
{
    return user_has_role(user, ROLE_SYSTEM_ADMIN) || user_has_role(user, ROLE_SECURITY_ADMIN) || user_has_role(user, ROLE_AUDIT_ADMIN);
}

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
           && db_exec(tx, SessionInsert, NULL, err, .token = str_from(args->token_hash), .account = now_there.id, .csrf = str_from(args->csrf), .now = now);
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
