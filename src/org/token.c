/* Tokens: what a program shows instead of a session. */
#include "base/crypto.h"
#include "base/limits.h"
#include "org/people.h"

#include "base/banned.h"

enum { USED_STEP_MS = 60000 };

#define TOKEN_PREFIX "bihuan_" /* so that one who finds it knows what it is */

/* --- Making and ending --------------------------------------------------------------------------------------------------- */

static bool bad(const char *at, GError **err, const char *message)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    return error_at(err, "%s", at);
}

static bool token_valid(const NewToken *token, Date today, GError **err)
{
    if (str_trim(token->name).n == 0 || utf8_length(token->name) > LIMIT_NAME_CHARS)
        return bad("/name", err, "a token has a name, not longer than that of a file");
    if (token->until < today)
        return bad("/until", err, "a token is good today at least");
    return token->until - today <= LIMIT_TOKEN_DAYS || bad("/until", err, "a token is good for a year at most");
}

bool token_make(DbConn *tx, const NewToken *token, const User *user, Date today, const AuditWho *who, Arena *arena, Str *ret_uid, Str *ret_token, GError **err)
{
    TokensLiveRow live;
    bool found;
    char uid[UID_TEXT_MAX], hash[HASH_TEXT_MAX];
    if (!token_valid(token, today, err) || !db_one(tx, TokensLive, arena, &live, &found, err, .account = user->account, .today = today))
        return false;
    if (live.n >= LIMIT_TOKENS)
        return error_set(err, BH_TOO_MANY, "an account has at most %d tokens at a time", LIMIT_TOKENS);
    Str secret = arena_printf(arena, TOKEN_PREFIX STR_FMT, STR_ARG(secret_new(arena)));
    secret_hash(secret, hash);
    if (!db_exec(tx, TokenInsert, NULL, err, .uid = str_from(uid_new(uid)), .token = str_from(hash), .account = user->account, .name = token->name,
                 .scope = token->write ? STR("write") : STR("read"), .until = token->until, .created = who->at_ms))
        return false;
    *ret_uid = arena_str(arena, str_from(uid));
    *ret_token = secret;
    account_event(tx, who, "token-add", user->account_uid, "token", *ret_uid);
    return true;
}

bool token_end(DbConn *tx, Str uid, const User *by, bool others, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    TokenByUidRow row;
    bool found;
    int64_t changes;
    if (!db_one(tx, TokenByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found || (!others && row.account != by->account))
        return error_set(err, BH_NOT_FOUND, "no token '" STR_FMT "'", STR_ARG(uid));
    if (!db_exec(tx, TokenEnd, &changes, err, .id = row.id, .at = who->at_ms))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the token was taken back already");
        return error_detail(err, "token-over");
    }
    account_event(tx, who, "token-end", row.account_uid, "token", uid);
    return true;
}

/* --- Finding ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id, at;
} UsedArgs;

static bool used_in_tx(DbConn *tx, void *data, GError **err)
{
    const UsedArgs *args = data;
    return db_exec(tx, TokenSeen, NULL, err, .id = args->id, .at = args->at);
}

static bool token_read(Db *db, Str token, Date today, Arena *arena, TokenByHashRow *ret_row, User *ret_user, bool *ret_found, GError **err)
{
    char hash[HASH_TEXT_MAX];
    secret_hash(token, hash);
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn || !db_one(conn, TokenByHash, arena, ret_row, ret_found, err, .token = str_from(hash)))
        return false;
    *ret_found = *ret_found && ret_row->ended == DB_NULL_INT && ret_row->until >= today;
    return !*ret_found || user_load(conn, arena, ret_row->account, today, ret_user, err);
}

bool token_find(Db *db, const Clock *clock, Str token, Arena *arena, Session *ret_session, bool *ret_found, GError **err)
{
    TokenByHashRow row;
    Session session = { 0 };
    int64_t now = clock_now_ms(clock);
    *ret_found = false;
    if (!str_starts(token, STR(TOKEN_PREFIX)))
        return true;
    if (!token_read(db, token, clock_today(clock), arena, &row, &session.user, ret_found, err))
        return false;
    *ret_found = *ret_found && session.user.active;
    if (!*ret_found)
        return true;
    session.api_token = row.uid;
    session.read_only = str_eq(row.scope, STR("read"));
    session.second = row.second;
    *ret_session = session;
    UsedArgs args = { row.id, now };
    bool due = row.last_used == DB_NULL_INT || now - row.last_used >= USED_STEP_MS;
    return !due || db_write(db, DB_INTERACTIVE, used_in_tx, &args, err);
}
