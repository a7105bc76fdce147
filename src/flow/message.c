#include "flow/message.h"

#include "db/queries.h"

#include "base/banned.h"

bool message_send(DbConn *tx, int64_t account, const Message *message, GError **err)
{
    char uid[UID_TEXT_MAX];
    if (account == message->by)
        return true;
    return db_exec(tx, MessageInsert, NULL, err, .uid = message->uid.p ? message->uid : str_from(uid_new(uid)), .account = account, .kind = str_from(message->kind),
                   .level = str_from(message->level), .subject_kind = str_from(message->about.kind ? message->about.kind : ""),
                   .subject = message->about.kind ? message->about.uid : STR(""), .params = message->params.p ? message->params : STR("{}"),
                   .by_account = message->by, .holder = message->holder ? message->holder : DB_NULL_INT, .at = message->at_ms);
}

void audience_add_for(Audience *audience, int64_t account, int64_t holder)
{
    if (account == DB_NULL_INT)
        return;
    for (size_t i = 0; i < audience->accounts.n; i++)
        if (audience->accounts.v[i] == account) {
            if (holder == 0)
                audience->holders.v[i] = 0;
            return;
        }
    *ARENA_PUSH(audience->arena, &audience->accounts) = account;
    *ARENA_PUSH(audience->arena, &audience->holders) = holder;
}

void audience_add(Audience *audience, int64_t account)
{
    audience_add_for(audience, account, 0);
}

bool audience_add_person(DbConn *conn, Audience *audience, int64_t account, GError **err)
{
    if (account == DB_NULL_INT)
        return true;
    audience_add(audience, account);
    g_autoptr(DbRows) rows = db_query(conn, DeputiesOf, err, .account = account, .today = audience->today);
    for (DeputiesOfRow row; rows && db_next(rows, &row, err);)
        audience_add_for(audience, row.id, account);
    return db_rows_ok(rows);
}

bool audience_add_roles(DbConn *conn, Audience *audience, int64_t org, const Role *roles, size_t n_roles, size_t *ret_n, GError **err)
{
    size_t n = 0;
    for (size_t i = 0; i < n_roles; i++) {
        g_autoptr(DbRows) rows = db_query(conn, AccountsOfRole, err, .org = org, .role = str_from(role_name(roles[i])), .today = audience->today);
        for (AccountsOfRoleRow row; rows && db_next(rows, &row, err); n++)
            audience_add_for(audience, row.id, row.holder == row.id ? 0 : row.holder);
        if (!db_rows_ok(rows))
            return false;
    }
    if (ret_n)
        *ret_n = n;
    return true;
}

bool message_send_all(DbConn *tx, const Audience *audience, const Message *message, GError **err)
{
    for (size_t i = 0; i < audience->accounts.n; i++) {
        Message one = *message;
        one.holder = audience->holders.v[i];
        if (!message_send(tx, audience->accounts.v[i], &one, err))
            return false;
    }
    return true;
}

bool messages_unread(DbConn *conn, int64_t account, int64_t *ret_count, GError **err)
{
    MessagesUnreadRow row;
    bool found;
    g_autoptr(Arena) arena = arena_new();
    if (!db_one(conn, MessagesUnread, arena, &row, &found, err, .account = account))
        return false;
    *ret_count = row.n;
    return true;
}
