#include "base/text.h"
#include "db/queries.h"
#include "hub/check.h"
#include "org/org.h"

#include "base/banned.h"

/* What a name means: an organisation; among the sender's own one, none or several of them. */
typedef struct {
    int64_t any, own; /* 0: none; -1: several */
} Meant;

struct HubOrgs {
    GHashTable *names; /* Str: Meant; folded, and as they stand */
};

static void mean(int64_t *meant, int64_t org)
{
    *meant = *meant == 0 || *meant == org ? org : -1;
}

static void add_name(HubOrgs *orgs, Arena *arena, Str name, int64_t org, bool own)
{
    if (name.n == 0)
        return;
    Meant *meant = g_hash_table_lookup(orgs->names, &name);
    if (!meant) {
        Str *key = ARENA_NEW(arena, Str);
        *key = name;
        meant = ARENA_NEW(arena, Meant);
        g_hash_table_insert(orgs->names, key, meant);
    }
    mean(&meant->any, org);
    if (own)
        mean(&meant->own, org);
}

static void add_both(HubOrgs *orgs, Arena *arena, Str name, int64_t org, bool own)
{
    if (!name.p)
        return;
    add_name(orgs, arena, arena_str(arena, name), org, own);
    add_name(orgs, arena, text_name_key(name, arena), org, own);
}

static bool add_orgs(HubOrgs *orgs, DbConn *conn, Str sender, GHashTable *own, Arena *arena, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, OrgAll, err);
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        bool below = org_within(row.path, sender);
        if (below)
            g_hash_table_add(own, g_memdup2(&row.id, sizeof row.id));
        add_both(orgs, arena, row.code, row.id, below);
        add_both(orgs, arena, row.name, row.id, below);
        add_both(orgs, arena, row.short_name, row.id, below);
    }
    return db_rows_ok(rows);
}

static bool add_aliases(HubOrgs *orgs, DbConn *conn, GHashTable *own, Arena *arena, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, OrgAliasesAll, err);
    for (OrgAliasesAllRow row; rows && db_next(rows, &row, err);)
        add_name(orgs, arena, arena_str(arena, row.key), row.org, g_hash_table_contains(own, &row.org));
    return db_rows_ok(rows);
}

HubOrgs *hub_orgs_load(DbConn *conn, int64_t sender, Arena *arena, GError **err)
{
    Org org;
    g_autoptr(GHashTable) own = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    if (!org_by_id(conn, arena, sender, &org, err))
        return NULL;
    HubOrgs *orgs = g_new0(HubOrgs, 1);
    orgs->names = g_hash_table_new(str_hash, str_equal);
    if (add_orgs(orgs, conn, org.path, own, arena, err) && add_aliases(orgs, conn, own, arena, err))
        return orgs;
    hub_orgs_free(orgs);
    return NULL;
}

void hub_orgs_free(HubOrgs *orgs)
{
    if (orgs)
        g_hash_table_unref(orgs->names);
    g_free(orgs);
}

HubOrgHow hub_orgs_find(const HubOrgs *orgs, Str text, bool own, Arena *scratch, int64_t *ret_org)
{
    const Meant *meant = g_hash_table_lookup(orgs->names, &text);
    if (!meant) {
        Str folded = text_name_key(text, scratch);
        meant = g_hash_table_lookup(orgs->names, &folded);
    }
    if (!meant)
        return HUB_ORG_UNKNOWN;
    int64_t org = own ? meant->own : meant->any;
    if (org > 0)
        *ret_org = org;
    return org > 0 ? HUB_ORG_FINE : org < 0 ? HUB_ORG_MANY : HUB_ORG_NOT_YOURS;
}
