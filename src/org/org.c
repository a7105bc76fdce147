#include "org/org.h"

#include "base/limits.h"
#include "base/text.h"
#include "org/rows.h"

#include "base/banned.h"

enum { CANDIDATES_MAX = 20 };

Org org_copy(Arena *arena, const Org *org)
{
    Org copy = *org;
    copy.uid = arena_str(arena, org->uid);
    copy.code = arena_str(arena, org->code);
    copy.name = arena_str(arena, org->name);
    copy.short_name = arena_str(arena, org->short_name);
    copy.kind = arena_str(arena, org->kind);
    copy.area = arena_str(arena, org->area);
    copy.path = arena_str(arena, org->path);
    copy.legal_code = arena_str(arena, org->legal_code);
    return copy;
}

bool org_by_uid(DbConn *conn, Arena *arena, Str uid, Org *ret_org, bool *ret_found, GError **err)
{
    OrgByUidRow row;
    if (!db_one(conn, OrgByUid, arena, &row, ret_found, err, .uid = uid))
        return false;
    if (*ret_found)
        *ret_org = ORG_OF_ROW(row);
    return true;
}

bool org_by_id(DbConn *conn, Arena *arena, int64_t id, Org *ret_org, GError **err)
{
    OrgByIdRow row;
    bool found;
    if (!db_one(conn, OrgById, arena, &row, &found, err, .id = id))
        return false;
    if (!found)
        return error_set(err, BH_INTERNAL, "no organisation with the id %" G_GINT64_FORMAT, id);
    *ret_org = ORG_OF_ROW(row);
    return true;
}

bool org_legal_body(DbConn *conn, Str path, int64_t *ret_id, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OrgLegalBodyRow row;
    bool found;
    if (!db_one(conn, OrgLegalBody, arena, &row, &found, err, .path = path))
        return false;
    *ret_id = found ? row.id : DB_NULL_INT;
    return true;
}

/* --- Names ------------------------------------------------------------------------------------------------------- */

typedef struct {
    Org org;
    bool alias;
} Named;

/* How many ids two paths have in common from the root. */
static int shared_depth(Str a, Str b)
{
    int depth = 0;
    for (size_t i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
        depth += a.p[i] == '/';
    return depth;
}

static OrgHow how(const Named *named)
{
    return named->alias ? ORG_BY_ALIAS : ORG_BY_NAME;
}

/* The one that shares most with `within`, if it is alone in that; else -1. */
static ptrdiff_t nearest(const Named *named, size_t n, Str within)
{
    ptrdiff_t best = -1;
    int best_depth = -1;
    for (size_t i = 0; i < n; i++) {
        int depth = shared_depth(named[i].org.path, within);
        if (depth > best_depth) {
            best = (ptrdiff_t) i;
            best_depth = depth;
        } else if (depth == best_depth)
            best = -1;
    }
    return best;
}

static void set_candidates(Arena *arena, const Named *named, size_t n, OrgMatch *match)
{
    match->n_candidates = MIN(n, (size_t) CANDIDATES_MAX);
    Org *candidates = ARENA_ARRAY(arena, Org, match->n_candidates + 1);
    for (size_t i = 0; i < match->n_candidates; i++)
        candidates[i] = named[i].org;
    match->candidates = candidates;
}

bool org_resolve(DbConn *conn, Arena *arena, Str name, Str within, OrgMatch *ret_match, GError **err)
{
    ARENA_LIST(Named) named = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, OrgsByNameKey, err, .key = text_name_key(name, arena));
    for (OrgsByNameKeyRow row; rows && db_next(rows, &row, err);) {
        Org org = ORG_OF_ROW(row);
        *ARENA_PUSH(arena, &named) = (Named) { org_copy(arena, &org), row.alias };
    }
    if (!db_rows_ok(rows))
        return false;
    OrgMatch match = { 0 };
    ptrdiff_t best = named.n == 1 ? 0 : within.n > 0 ? nearest(named.v, named.n, within) : -1;
    if (best >= 0) {
        match.how = how(&named.v[best]);
        match.org = named.v[best].org;
    } else
        set_candidates(arena, named.v, named.n, &match);
    *ret_match = match;
    return true;
}

/* --- Aliases ------------------------------------------------------------------------------------------------------- */

static bool alias_write(DbConn *tx, int64_t org, Str key, Str alias, bool add, GError **err)
{
    int64_t changes;
    bool done = add ? db_exec(tx, OrgNameInsert, &changes, err, .key = key, .org = org, .text = alias, .alias = true)
                    : db_exec(tx, OrgAliasDelete, &changes, err, .org = org, .key = key);
    if (!done || changes == 1)
        return done;
    if (!add)
        return error_set(err, BH_NOT_FOUND, "the organisation has no alias '" STR_FMT "'", STR_ARG(alias));
    error_set(err, BH_CONFLICT, "the organisation goes by '" STR_FMT "' already", STR_ARG(alias));
    return error_detail(err, "alias-known");
}

static bool touch(DbConn *tx, const Org *org, int64_t version, GError **err)
{
    int64_t changes;
    if (!db_exec(tx, OrgTouch, &changes, err, .id = org->id, .version = version))
        return false;
    if (changes == 1)
        return true;
    error_set(err, BH_CONFLICT, "the organisation was changed in between: it has version %" G_GINT64_FORMAT, org->version);
    return error_detail(err, "version-stale");
}

bool org_set_alias(DbConn *tx, Str uid, int64_t version, Str alias, bool add, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Org org;
    bool found;
    Str key = text_name_key(alias, arena);
    if (key.n == 0 || utf8_length(alias) > LIMIT_NAME_CHARS) {
        error_set(err, BH_BAD_INPUT, "an alias has 1 to %d characters", LIMIT_NAME_CHARS);
        return error_at(err, "/alias");
    }
    if (!org_by_uid(tx, arena, uid, &org, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid));
    if (!touch(tx, &org, version, err))
        return false;
    audit_append(tx, who, add ? "alias-add" : "alias-remove", (AuditObject) { "org", uid }, STR("{}"));
    return alias_write(tx, org.id, key, str_trim(alias), add, err);
}

/* --- Who has it in his charge ---------------------------------------------------------------------------------------------- */

bool org_set_leader(DbConn *tx, Str uid, int64_t version, Str account, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Org org;
    AccountByUidRow leader;
    bool found;
    if (!org_by_uid(tx, arena, uid, &org, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid));
    found = false;
    if (account.p && !db_one(tx, AccountByUid, arena, &leader, &found, err, .uid = account))
        return false;
    if (account.p && (!found || !str_eq(leader.state, STR("active")))) {
        error_set(err, BH_BAD_INPUT, "no account in use '" STR_FMT "'", STR_ARG(account));
        error_at(err, "/account");
        return error_detail(err, "account-unknown");
    }
    Str data = account.p ? arena_printf(arena, "{\"account\":\"" STR_FMT "\"}", STR_ARG(account)) : STR("{\"account\":null}");
    audit_append(tx, who, "leader-set", (AuditObject) { "org", uid }, data);
    return touch(tx, &org, version, err)
           && (account.p ? db_exec(tx, OrgLeaderPut, NULL, err, .org = org.id, .account = leader.id) : db_exec(tx, OrgLeaderDelete, NULL, err, .org = org.id));
}

bool org_leader(DbConn *conn, int64_t org, Str path, int64_t *ret_account, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OrgLeaderAboveRow row;
    bool found;
    int64_t body;
    if (!org_legal_body(conn, path, &body, err) || !db_one(conn, OrgLeaderAbove, arena, &row, &found, err, .org = org, .path = path, .body = body))
        return false;
    *ret_account = found ? row.account : DB_NULL_INT;
    return true;
}
