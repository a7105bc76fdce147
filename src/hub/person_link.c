/* Persons that are one. A merge is an edge from a root to another root; person_link has one row for each, with the root where the edges end, so that nobody walks a chain to read, and no row of
 * a record is ever written. What is merged is the set of edges alone: to take one away gives exactly what would be without it. */
#include "base/limits.h"
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

/* --- Names outside ------------------------------------------------------------------------------------------------------------------ */

const char *hub_person_uid(const HubPersons *persons, int64_t person, char ret_uid[static UID_TEXT_MAX])
{
    return keyed_uid(persons->tokens, person, ret_uid);
}

bool hub_person_by_uid(const HubPersons *persons, Str uid, int64_t *ret_person)
{
    return keyed_uid_read(persons->tokens, uid, ret_person);
}

/* --- Groups ---------------------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(PersonLinksOfRootRow) Links;

static bool root_of(DbConn *conn, int64_t person, Arena *arena, int64_t *ret_root, bool *ret_merged, GError **err)
{
    PersonLinkOfRow link;
    if (!db_one(conn, PersonLinkOf, arena, &link, ret_merged, err, .person = person))
        return false;
    *ret_root = *ret_merged ? link.root : person;
    return true;
}

static bool links_of(DbConn *conn, int64_t root, Arena *arena, Links *ret_links, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonLinksOfRoot, err, .root = root);
    *ret_links = (Links) { 0 };
    for (PersonLinksOfRootRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, ret_links) = row;
    return db_rows_ok(rows);
}

bool hub_person_group(DbConn *conn, int64_t person, Arena *arena, const int64_t **ret_persons, size_t *ret_n, GError **err)
{
    int64_t root;
    bool merged;
    Links links;
    if (!root_of(conn, person, arena, &root, &merged, err) || !links_of(conn, root, arena, &links, err))
        return false;
    int64_t *all = ARENA_ARRAY(arena, int64_t, links.n + 1);
    all[0] = root;
    for (size_t i = 0; i < links.n; i++)
        all[i + 1] = links.v[i].person;
    *ret_persons = all;
    *ret_n = links.n + 1;
    return true;
}

/* --- Events ------------------------------------------------------------------------------------------------------------------------------ */

static void tell(const HubPersons *persons, DbConn *tx, const AuditWho *who, const char *verb, int64_t person, int64_t other)
{
    char uid[UID_TEXT_MAX], other_uid[UID_TEXT_MAX];
    g_autoptr(Arena) arena = arena_new();
    Str data = arena_printf(arena, "{\"onto\":\"%s\"}", hub_person_uid(persons, other, other_uid));
    audit_append(tx, who, verb, (AuditObject) { "person", str_from(hub_person_uid(persons, person, uid)) }, data);
}

static bool conflict(GError **err, const char *code, const char *message)
{
    error_set(err, BH_CONFLICT, "%s", message);
    return error_detail(err, code);
}

/* --- Merging --------------------------------------------------------------------------------------------------------------------------------- */

static bool exists(DbConn *conn, Arena *arena, int64_t person, GError **err)
{
    PersonKnownByIdRow row;
    bool found;
    return db_one(conn, PersonKnownById, arena, &row, &found, err, .id = person) && (found || error_set(err, BH_NOT_FOUND, "there is no such person"));
}

static bool move_links(DbConn *tx, const Links *links, int64_t root, GError **err)
{
    for (size_t i = 0; i < links->n; i++)
        if (!db_exec(tx, PersonLinkRoot, NULL, err, .person = links->v[i].person, .root = root))
            return false;
    return true;
}

bool hub_person_merge(HubPersons *persons, DbConn *tx, int64_t person, int64_t onto, int64_t account, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t own, root;
    bool merged, onto_merged;
    Links below, beside;
    if (!exists(tx, arena, person, err) || !exists(tx, arena, onto, err) || !root_of(tx, person, arena, &own, &merged, err) ||
        !root_of(tx, onto, arena, &root, &onto_merged, err))
        return false;
    if (own == root)
        return conflict(err, "persons-are-one", "these are one person already");
    if (merged)
        return conflict(err, "person-merged", "this person is merged onto another one");
    if (!links_of(tx, person, arena, &below, err) || !links_of(tx, root, arena, &beside, err))
        return false;
    if (below.n + beside.n + 2 > LIMIT_PERSON_GROUP)
        return error_set(err, BH_TOO_LARGE, "more than %d persons cannot be one", LIMIT_PERSON_GROUP);
    if (!db_exec(tx, PersonLinkInsert, NULL, err, .person = person, .onto = root, .account = account, .at = who->at_ms) || !move_links(tx, &below, root, err))
        return false;
    tell(persons, tx, who, "merge-person", person, root);
    return true;
}

/* --- Parting ------------------------------------------------------------------------------------------------------------------------------------ */

static bool holds(const Links *links, int64_t person)
{
    for (size_t i = 0; i < links->n; i++)
        if (links->v[i].person == person)
            return true;
    return false;
}

/* Of those with one root: whose way there leads over `person`. Few enough to be walked again and again. */
static void take_below(const Links *all, int64_t person, Arena *arena, Links *ret_below)
{
    *ret_below = (Links) { 0 };
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < all->n; i++)
            if ((all->v[i].onto == person || holds(ret_below, all->v[i].onto)) && !holds(ret_below, all->v[i].person)) {
                *ARENA_PUSH(arena, ret_below) = all->v[i];
                more = true;
            }
    }
}

/* Pairs of which one went and the other stayed wait again. */
static bool open_pairs_of(DbConn *tx, int64_t gone, const Links *below, int64_t person, Arena *arena, GError **err)
{
    ARENA_LIST(PersonPairsSameRow) pairs = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, PersonPairsSame, err, .person = gone);
    for (PersonPairsSameRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &pairs) = row;
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < pairs.n; i++) {
        int64_t other = pairs.v[i].a == gone ? pairs.v[i].b : pairs.v[i].a;
        if (other == person || holds(below, other))
            continue;
        if (!db_exec(tx, PersonPairDecide, NULL, err, .id = pairs.v[i].id, .version = pairs.v[i].version, .state = STR("open"), .account = DB_NULL_INT, .decided = DB_NULL_INT))
            return false;
    }
    return true;
}

bool hub_person_part(HubPersons *persons, DbConn *tx, int64_t person, int64_t account, const AuditWho *who, GError **err)
{
    (void) account; /* the event names who it was; the row goes */
    g_autoptr(Arena) arena = arena_new();
    int64_t root;
    bool merged;
    Links all, below;
    if (!exists(tx, arena, person, err) || !root_of(tx, person, arena, &root, &merged, err))
        return false;
    if (!merged)
        return conflict(err, "person-not-merged", "this person is merged onto no other");
    if (!links_of(tx, root, arena, &all, err))
        return false;
    take_below(&all, person, arena, &below);
    if (!db_exec(tx, PersonLinkDelete, NULL, err, .person = person) || !move_links(tx, &below, person, err) || !open_pairs_of(tx, person, &below, person, arena, err))
        return false;
    for (size_t i = 0; i < below.n; i++)
        if (!open_pairs_of(tx, below.v[i].person, &below, person, arena, err))
            return false;
    tell(persons, tx, who, "part-person", person, root);
    return true;
}

/* --- Pairs ------------------------------------------------------------------------------------------------------------------------------------------ */

static bool merge_pair(HubPersons *persons, DbConn *tx, const PersonPairByUidRow *pair, int64_t account, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t a, b;
    bool merged;
    if (!root_of(tx, pair->a, arena, &a, &merged, err) || !root_of(tx, pair->b, arena, &b, &merged, err))
        return false;
    return a == b || hub_person_merge(persons, tx, b, a, account, who, err); /* the one who was known first stays */
}

static bool still_two(DbConn *tx, const PersonPairByUidRow *pair, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t a, b;
    bool merged;
    if (!root_of(tx, pair->a, arena, &a, &merged, err) || !root_of(tx, pair->b, arena, &b, &merged, err))
        return false;
    return a != b || conflict(err, "persons-are-one", "these two are merged: part them first");
}

bool hub_pair_decide(HubPersons *persons, DbConn *tx, Str uid, int64_t version, Str decision, int64_t account, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    PersonPairByUidRow pair;
    bool found, same = str_eq(decision, STR("same")), open = str_eq(decision, STR("open"));
    if (!same && !open && !str_eq(decision, STR("different")) && !str_eq(decision, STR("later")))
        return error_set(err, BH_BAD_INPUT, "a pair is same, different, later, or open again");
    if (!db_one(tx, PersonPairByUid, arena, &pair, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "there is no such pair");
    if (pair.version != version)
        return conflict(err, "version-stale", "the pair was decided meanwhile");
    if ((same && !merge_pair(persons, tx, &pair, account, who, err)) || (!same && !still_two(tx, &pair, err)) ||
        !db_exec(tx, PersonPairDecide, NULL, err, .id = pair.id, .version = version, .state = decision, .account = open ? DB_NULL_INT : account, .decided = open ? DB_NULL_INT : who->at_ms))
        return false;
    Str data = arena_printf(arena, "{\"decision\":\"" STR_FMT "\"}", STR_ARG(decision));
    audit_append(tx, who, "decide-pair", (AuditObject) { "person-pair", uid }, data);
    return true;
}
