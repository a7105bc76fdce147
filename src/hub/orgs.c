/* Organisations by their names. All names are read once and kept in the hub, until the store says that organisations have changed: most files come from institutions that send every day. */
#include "base/text.h"
#include "db/queries.h"
#include "hub/check.h"
#include "org/org.h"

#include "base/banned.h"

/* One of the organisations that a name means. */
typedef struct Meant Meant;
struct Meant {
    int64_t org;
    Str path;
    Meant *next;
};

/* Never changes. */
struct HubOrgBook {
    gint refs;         /* atomic */
    int64_t orgs, versions, names; /* what the store said when it was read */
    Arena *arena;
    GHashTable *means; /* Str, folded and as it stands: Meant */
};

/* What an import sees of them. */
struct HubOrgs {
    HubOrgBook *book;
    Str sender; /* its path */
};

/* --- The book ------------------------------------------------------------------------------------------------------------------- */

static void add_name(HubOrgBook *book, Str name, int64_t org, Str path)
{
    if (name.n == 0)
        return;
    Meant *first = g_hash_table_lookup(book->means, &name);
    for (const Meant *known = first; known; known = known->next)
        if (known->org == org)
            return;
    Meant *meant = ARENA_NEW(book->arena, Meant);
    *meant = (Meant) { org, path, first };
    Str *key = ARENA_NEW(book->arena, Str);
    *key = name;
    g_hash_table_replace(book->means, key, meant);
}

static void add_both(HubOrgBook *book, Str name, int64_t org, Str path)
{
    if (!name.p)
        return;
    add_name(book, arena_str(book->arena, name), org, path);
    add_name(book, text_name_key(name, book->arena), org, path);
}

static bool add_orgs(HubOrgBook *book, DbConn *conn, GHashTable *paths, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, OrgAll, err);
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        Str *path = ARENA_NEW(book->arena, Str);
        *path = arena_str(book->arena, row.path);
        g_hash_table_insert(paths, g_memdup2(&row.id, sizeof row.id), path);
        add_both(book, row.code, row.id, *path);
        add_both(book, row.name, row.id, *path);
        add_both(book, row.short_name, row.id, *path);
    }
    return db_rows_ok(rows);
}

static bool add_aliases(HubOrgBook *book, DbConn *conn, GHashTable *paths, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, OrgAliasesAll, err);
    for (OrgAliasesAllRow row; rows && db_next(rows, &row, err);) {
        const Str *path = g_hash_table_lookup(paths, &row.org);
        if (path)
            add_name(book, arena_str(book->arena, row.key), row.org, *path);
    }
    return db_rows_ok(rows);
}

HubOrgBook *hub_org_book_ref(HubOrgBook *book)
{
    if (book)
        g_atomic_int_inc(&book->refs);
    return book;
}

void hub_org_book_unref(HubOrgBook *book)
{
    if (!book || !g_atomic_int_dec_and_test(&book->refs))
        return;
    g_hash_table_unref(book->means);
    arena_free(book->arena);
    g_free(book);
}

static HubOrgBook *read_book(DbConn *conn, const OrgStampRow *stamp, GError **err)
{
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    HubOrgBook *book = g_new0(HubOrgBook, 1);
    *book = (HubOrgBook) { 1, stamp->orgs, stamp->versions, stamp->names, arena_new(), g_hash_table_new(str_hash, str_equal) };
    if (add_orgs(book, conn, paths, err) && add_aliases(book, conn, paths, err))
        return book;
    hub_org_book_unref(book);
    return NULL;
}

static bool is_of(const HubOrgBook *book, const OrgStampRow *stamp)
{
    return book && book->orgs == stamp->orgs && book->versions == stamp->versions && book->names == stamp->names;
}

/* The caller's own reference. */
static HubOrgBook *get_book(Hub *hub, DbConn *conn, Arena *arena, GError **err)
{
    OrgStampRow stamp;
    bool found;
    if (!db_one(conn, OrgStamp, arena, &stamp, &found, err))
        return NULL;
    HubOrgBook *book = hub_org_book(hub, NULL);
    if (is_of(book, &stamp))
        return book;
    hub_org_book_unref(book);
    book = read_book(conn, &stamp, err);
    return book ? hub_org_book(hub, book) : NULL;
}

/* --- For an import ---------------------------------------------------------------------------------------------------------------- */

HubOrgs *hub_orgs_load(Hub *hub, DbConn *conn, int64_t sender, Arena *arena, GError **err)
{
    Org org;
    if (!org_by_id(conn, arena, sender, &org, err))
        return NULL;
    HubOrgBook *book = get_book(hub, conn, arena, err);
    if (!book)
        return NULL;
    HubOrgs *orgs = g_new0(HubOrgs, 1);
    *orgs = (HubOrgs) { book, org.path };
    return orgs;
}

void hub_orgs_free(HubOrgs *orgs)
{
    if (orgs)
        hub_org_book_unref(orgs->book);
    g_free(orgs);
}

HubOrgHow hub_orgs_find(const HubOrgs *orgs, Str text, bool own, Arena *scratch, int64_t *ret_org)
{
    const Meant *meant = g_hash_table_lookup(orgs->book->means, &text);
    if (!meant) {
        Str folded = text_name_key(text, scratch);
        meant = g_hash_table_lookup(orgs->book->means, &folded);
    }
    if (!meant)
        return HUB_ORG_UNKNOWN;
    int n = 0;
    for (; meant; meant = meant->next)
        if (!own || org_within(meant->path, orgs->sender)) {
            n++;
            *ret_org = meant->org;
        }
    return n == 1 ? HUB_ORG_FINE : n > 1 ? HUB_ORG_MANY : HUB_ORG_NOT_YOURS;
}
