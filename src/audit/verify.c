#include "audit/audit.h"
#include "base/json.h"
#include "db/queries.h"

#include "audit/chain.h"

#include "base/banned.h"

enum { STEP = 10000, PROBLEMS_KEPT = 100 };

#define BEFORE_ALL (INT64_MIN + 1) /* also before a row that somebody put in front of the first */

void chain_hash(Str previous, Str body, char ret_hex[static 65])
{
    g_autoptr(GString) text = g_string_new_len(previous.p, (gssize) previous.n);
    g_string_append_c(text, '\n');
    g_string_append_len(text, body.p, (gssize) body.n);
    hash_write(digest_of(DIGEST_SM3, str_from_gstring(text)), ret_hex);
}

/* --- The chain ------------------------------------------------------------------------------------------------ */

void chain_problem(ChainCheck *check, int64_t seq, const char *code)
{
    if (check->problems.n < PROBLEMS_KEPT)
        *ARENA_PUSH(check->arena, &check->problems) = (struct AuditProblem) { seq, code };
}

/* Whether the columns say what the hashed text says. */
static bool columns_agree(const JsonValue *body, const EventsAfterRow *row)
{
    const JsonValue *object = json_get(body, "object");
    int64_t seq, at;
    Str verb, kind, uid, account = STR_NONE;
    return json_get_int(body, "seq", 1, INT64_MAX, &seq, NULL) && json_get_int(body, "at", INT64_MIN, INT64_MAX, &at, NULL)
           && json_get_str(body, "verb", &verb, NULL) && object && json_get_str(object, "kind", &kind, NULL)
           && json_get_str(object, "uid", &uid, NULL) && json_opt_str(body, "account", &account, NULL) && seq == row->seq
           && at == row->at && str_eq(verb, row->verb) && str_eq(kind, row->object_kind) && str_eq(uid, row->object_uid)
           && str_eq(account, row->account_uid);
}

void chain_check_event(ChainCheck *check, int64_t seq, Str body, Str hash, Arena *arena, const JsonValue **ret_body)
{
    if (seq != check->head.seq + 1)
        chain_problem(check, seq, "seq-gap");
    char right[65];
    chain_hash(str_from(check->head.hash), body, right);
    if (!str_eq(str_from(right), hash))
        chain_problem(check, seq, "hash-differs");
    g_autoptr(GString) canonical = g_string_new(NULL);
    *ret_body = json_parse(body, arena, NULL);
    if (!*ret_body || !json_canonical(*ret_body, canonical, NULL) || !str_eq(str_from_gstring(canonical), body)) {
        chain_problem(check, seq, "not-canonical");
        *ret_body = NULL;
    }
    check->head.seq = seq;
    g_snprintf(check->head.hash, sizeof check->head.hash, STR_FMT, STR_ARG(hash));
    check->events++;
}

static void check_event(ChainCheck *check, const EventsAfterRow *row)
{
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *body;
    chain_check_event(check, row->seq, row->body, row->hash, arena, &body);
    if (body && !columns_agree(body, row))
        chain_problem(check, row->seq, "column-differs");
}

/* One step in a read transaction of its own; *ret_more tells whether there may be another. */
static bool check_step(Db *db, ChainCheck *check, bool *ret_more, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    int64_t after = check->events > 0 ? check->head.seq : BEFORE_ALL;
    g_autoptr(DbRows) rows = conn ? db_query(conn, EventsAfter, err, .seq = after, .limit = STEP) : NULL;
    int64_t before = check->events;
    for (EventsAfterRow row; rows && db_next(rows, &row, err);)
        check_event(check, &row);
    *ret_more = check->events - before == STEP;
    return db_rows_ok(rows);
}

bool audit_verify(Db *db, Arena *arena, AuditProgress progress, void *data, AuditReport *ret_report, GError **err)
{
    AuditHead end;
    {
        g_autoptr(DbConn) conn = db_reader(db, err);
        if (!conn || !audit_head(conn, arena, &end, err))
            return false;
    }
    ChainCheck check = { .arena = arena, .head = { .hash = CHAIN_START } };
    for (bool more = true; more;) {
        if (!check_step(db, &check, &more, err))
            return false;
        if (progress)
            progress(check.events, MAX(end.seq, check.events), data);
    }
    *ret_report = (AuditReport) { check.events, check.head, check.problems.v, check.problems.n };
    return true;
}

/* --- Anchors --------------------------------------------------------------------------------------------------- */

/* The HMAC over what an anchor says. */
static bool anchor_mac(const KeyRing *keys, int64_t key_id, int64_t seq, Str hash, Str at, char ret_hex[static HASH_TEXT_MAX], GError **err)
{
    const SecretKey *key = key_id > 0 && key_id <= key_ring_newest(keys) ? key_ring_get(keys, (uint32_t) key_id, KEY_AUDIT) : NULL;
    if (!key)
        return error_set(err, BH_NOT_FOUND, "the key file has no key %" G_GINT64_FORMAT ", with which this anchor was made", key_id);
    g_autofree char *said = g_strdup_printf("%" G_GINT64_FORMAT "\n" STR_FMT "\n" STR_FMT, seq, STR_ARG(hash), STR_ARG(at));
    hash_write(hmac_sm3(key, str_from(said)), ret_hex);
    return true;
}

bool audit_anchor_make(const AuditHead *head, const char *at, const KeyRing *keys, GString *out, GError **err)
{
    char mac[HASH_TEXT_MAX];
    uint32_t key_id = key_ring_newest(keys);
    if (!anchor_mac(keys, key_id, head->seq, str_from(head->hash), str_from(at), mac, err))
        return false;
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    json_member_cstr(&json, "at", at);
    json_member_cstr(&json, "hash", head->hash);
    json_member_int(&json, "key", key_id);
    json_member_cstr(&json, "mac", mac);
    json_member_int(&json, "seq", head->seq);
    json_end_object(&json);
    g_string_append_c(out, '\n');
    return true;
}

bool anchor_read(const JsonValue *object, Anchor *ret_anchor, GError **err)
{
    return json_get_int(object, "seq", 0, INT64_MAX, &ret_anchor->seq, err) && json_get_str(object, "hash", &ret_anchor->hash, err)
           && json_get_str(object, "at", &ret_anchor->at, err) && json_get_int(object, "key", 1, UINT32_MAX, &ret_anchor->key, err)
           && json_get_str(object, "mac", &ret_anchor->mac, err);
}

static bool anchor_parse(Str line, Arena *arena, Anchor *ret_anchor, GError **err)
{
    const JsonValue *object = json_parse(line, arena, err);
    return object && anchor_read(object, ret_anchor, err);
}

bool anchor_is_ours(const Anchor *anchor, const KeyRing *keys, bool *ret_ours, GError **err)
{
    char mac[HASH_TEXT_MAX];
    if (!anchor_mac(keys, anchor->key, anchor->seq, anchor->hash, anchor->at, mac, err))
        return false;
    *ret_ours = str_eq(anchor->mac, str_from(mac));
    return true;
}

/* What is wrong with an anchor against the chain; *ret_code NULL: nothing. */
static bool anchor_judge(DbConn *conn, Arena *arena, const Anchor *anchor, const KeyRing *keys, const char **ret_code, GError **err)
{
    bool ours;
    if (!anchor_is_ours(anchor, keys, &ours, err))
        return false;
    *ret_code = NULL;
    if (!ours) {
        *ret_code = "anchor-forged";
        return true;
    }
    if (anchor->seq == 0)
        return true;
    EventBySeqRow row;
    bool found;
    if (!db_one(conn, EventBySeq, arena, &row, &found, err, .seq = anchor->seq))
        return false;
    if (!found)
        *ret_code = "anchor-ahead";
    else if (!str_eq(row.hash, anchor->hash))
        *ret_code = "anchor-differs";
    return true;
}

bool audit_anchor_check(Db *db, Arena *arena, Str anchors, const KeyRing *keys, AuditReport *report, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn)
        return false;
    ChainCheck check = { .arena = arena };
    for (size_t i = 0; i < report->n_problems; i++)
        chain_problem(&check, report->problems[i].seq, report->problems[i].code);
    int line_no = 0;
    for (Str rest = anchors; rest.p;) {
        Str line = str_trim(str_cut(&rest, '\n'));
        line_no++;
        if (line.n == 0)
            continue;
        Anchor anchor;
        const char *code;
        if (!anchor_parse(line, arena, &anchor, err) || !anchor_judge(conn, arena, &anchor, keys, &code, err))
            return error_at(err, "line %d", line_no);
        if (code)
            chain_problem(&check, anchor.seq, code);
    }
    report->problems = check.problems.v;
    report->n_problems = check.problems.n;
    return true;
}
