/* Events wait in the transaction until its last step, which gives them their numbers and hashes. So on PostgreSQL the lock that orders
 * the chain is held only from there to the commit, and not while somebody's work runs. */
#include "audit/audit.h"
#include "base/json.h"
#include "db/queries.h"

#include "audit/chain.h"

#include "base/banned.h"

typedef struct {
    AuditWho who;
    const char *verb;
    AuditObject object;
    Str on_behalf, data;
} Pending;

typedef struct {
    Arena *arena;
    ARENA_LIST(Pending) list;
    Str on_behalf;
    int64_t before; /* the number of the event before the first of the list, once the chain has them */
} PendingEvents;

static const char pending_key[] = "audit";

static void pending_free(void *data)
{
    PendingEvents *pending = data;
    arena_free(pending->arena);
    g_free(pending);
}

/* The exact text of an event: keys in order, as canonical JSON has them. */
static Str event_body(Arena *arena, int64_t seq, const Pending *event)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "account", event->who.account);
    json_member_int(&json, "at", event->who.at_ms);
    json_key(&json, "data");
    json_raw(&json, event->data);
    if (event->on_behalf.p)
        json_member_str(&json, "for", event->on_behalf);
    json_key(&json, "object");
    json_begin_object(&json);
    json_member_cstr(&json, "kind", event->object.kind);
    json_member_str(&json, "uid", event->object.uid);
    json_end_object(&json);
    json_member_int(&json, "seq", seq);
    if (event->who.token.p)
        json_member_str(&json, "token", event->who.token);
    json_member_cstr(&json, "verb", event->verb);
    json_member_cstr(&json, "via", event->who.via);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

static bool insert_event(DbConn *tx, Arena *arena, AuditHead *head, const Pending *event, GError **err)
{
    Str body = event_body(arena, head->seq + 1, event);
    char hash[65];
    chain_hash(str_from(head->hash), body, hash);
    *head = (AuditHead) { .seq = head->seq + 1 };
    g_strlcpy(head->hash, hash, sizeof head->hash);
    return db_exec(tx, EventInsert, NULL, err, .seq = head->seq, .at = event->who.at_ms, .verb = str_from(event->verb),
                   .object_kind = str_from(event->object.kind), .object_uid = event->object.uid, .account_uid = event->who.account,
                   .body = body, .hash = str_from(head->hash));
}

static bool append_pending(DbConn *tx, void *data, GError **err)
{
    PendingEvents *pending = data;
    EventLockRow lock;
    bool locked;
    AuditHead head;
    if (!db_one(tx, EventLock, pending->arena, &lock, &locked, err) || !audit_head(tx, pending->arena, &head, err))
        return false;
    pending->before = head.seq;
    for (size_t i = 0; i < pending->list.n; i++)
        if (!insert_event(tx, pending->arena, &head, &pending->list.v[i], err))
            return false;
    return true;
}

static PendingEvents *pending_of(DbConn *tx)
{
    PendingEvents *pending = db_tx_data(tx, pending_key);
    if (!pending) {
        pending = g_new0(PendingEvents, 1);
        pending->arena = arena_new();
        db_tx_set_data(tx, pending_key, pending, pending_free);
        db_before_commit(tx, append_pending, pending);
    }
    return pending;
}

size_t audit_append(DbConn *tx, const AuditWho *who, const char *verb, AuditObject object, Str data)
{
    g_assert(data.n == 0 || !memchr(data.p, '\n', data.n)); /* canonical JSON: what is laid out for people is another text to a verifier */
    PendingEvents *pending = pending_of(tx);
    Arena *arena = pending->arena;
    *ARENA_PUSH(arena, &pending->list) = (Pending) {
        .who = { .account = arena_str(arena, who->account), .token = arena_str(arena, who->token), .via = who->via, .at_ms = who->at_ms },
        .verb = arena_str(arena, str_from(verb)).p,
        .object = { arena_str(arena, str_from(object.kind)).p, arena_str(arena, object.uid) },
        .on_behalf = pending->on_behalf,
        .data = arena_str(arena, data),
    };
    return pending->list.n - 1;
}

int64_t audit_seq(DbConn *tx, size_t place)
{
    const PendingEvents *pending = db_tx_data(tx, pending_key);
    g_assert(pending && place < pending->list.n);
    return pending->before + 1 + (int64_t) place;
}

void audit_on_behalf(DbConn *tx, Str account)
{
    PendingEvents *pending = pending_of(tx);
    pending->on_behalf = arena_str(pending->arena, account);
}

Str audit_digest(Arena *arena, Str text)
{
    char hex[65];
    chain_hash(STR("text"), text, hex);
    return arena_printf(arena, "sm3:%.32s", hex);
}

bool audit_head(DbConn *conn, Arena *arena, AuditHead *ret_head, GError **err)
{
    EventHeadRow row;
    bool found;
    if (!db_one(conn, EventHead, arena, &row, &found, err))
        return false;
    *ret_head = (AuditHead) { .seq = found ? row.seq : 0 };
    Str hash = found ? row.hash : STR(CHAIN_START);
    g_snprintf(ret_head->hash, sizeof ret_head->hash, STR_FMT, STR_ARG(hash));
    return true;
}
