/* Roles and grants: which a person may hold together, which come with an account, and those that the security administrator gives or takes. */
#include "base/crypto.h"
#include "org/people.h"
#include "org/rows.h"

#include "base/banned.h"

enum { AREA_DIGITS_MIN = 2, AREA_DIGITS_MAX = 12 };

/* --- Roles -------------------------------------------------------------------------------------------------------------------- */

bool roles_exclude(RoleSet roles)
{
    int held = 0;
    held += (roles & ROLE_BIT(ROLE_SYSTEM_ADMIN)) != 0;
    held += (roles & ROLE_BIT(ROLE_SECURITY_ADMIN)) != 0;
    held += (roles & ROLE_BIT(ROLE_AUDIT_ADMIN)) != 0;
    return held > 1;
}

bool roles_refused(GError **err)
{
    error_set(err, BH_CONFLICT, "system, security and audit administration exclude each other for one person");
    return error_detail(err, "roles-exclude");
}

static void add_role(RoleSet *roles, Str name)
{
    Role role;
    if (role_parse(name, &role))
        *roles |= ROLE_BIT(role);
}

bool roles_of_account(DbConn *conn, int64_t account, RoleSet *ret_roles, GError **err)
{
    RoleSet roles = 0;
    g_autoptr(DbRows) rows = db_query(conn, RolesOfAccount, err, .account = account);
    for (RolesOfAccountRow row; rows && db_next(rows, &row, err);)
        add_role(&roles, row.role);
    *ret_roles = roles;
    return db_rows_ok(rows);
}

bool roles_of_person(DbConn *conn, int64_t person, RoleSet *ret_roles, GError **err)
{
    RoleSet roles = 0;
    g_autoptr(DbRows) rows = db_query(conn, GrantsOfPerson, err, .person = person);
    for (GrantsOfPersonRow row; rows && db_next(rows, &row, err);)
        add_role(&roles, row.role);
    *ret_roles = roles;
    return db_rows_ok(rows);
}

static bool is_administration(Role role)
{
    return role == ROLE_SYSTEM_ADMIN || role == ROLE_SECURITY_ADMIN || role == ROLE_AUDIT_ADMIN;
}

static bool is_across(Role role)
{
    return role == ROLE_ISSUER || role == ROLE_REVIEWER || role == ROLE_INSPECTOR || role == ROLE_LEADER;
}

bool roles_fit_person(DbConn *tx, Arena *arena, int64_t account, RoleSet roles, GError **err)
{
    PersonOfAccountRow person;
    RoleSet held;
    bool found;
    if (!db_one(tx, PersonOfAccount, arena, &person, &found, err, .account = account) || !roles_of_person(tx, person.person, &held, err))
        return false;
    return !roles_exclude(held | roles) || roles_refused(err);
}

bool grants_by_default(DbConn *tx, Arena *arena, int64_t account, const Org *org, RoleSet roles, GError **err)
{
    int64_t body;
    if (!roles_fit_person(tx, arena, account, roles, err) || !org_legal_body(tx, org->path, &body, err))
        return false;
    for (Role role = 0; role < ROLE_COUNT; role++) {
        char uid[UID_TEXT_MAX];
        if (!(roles & ROLE_BIT(role)))
            continue;
        bool all = is_administration(role);
        int64_t where = all ? DB_NULL_INT : is_across(role) && body != DB_NULL_INT ? body : org->id;
        if (!db_exec(tx, GrantInsert, NULL, err, .uid = str_from(uid_new(uid)), .account = account, .role = str_from(role_name(role)),
                     .where_kind = all ? STR("all") : STR("org"), .where_org = where, .valid_from = DATE_NONE, .valid_to = DATE_NONE))
            return false;
    }
    return true;
}

Str role_words(Arena *arena, RoleSet roles)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (Role role = 0; role < ROLE_COUNT; role++)
        if (roles & ROLE_BIT(role))
            g_string_append_printf(text, "%s%s", text->len ? " " : "", role_name(role));
    return arena_str(arena, str_from_gstring(text));
}

/* --- Grants ------------------------------------------------------------------------------------------------------------------------- */

static const char *const where_kinds[] = { [WHERE_ALL] = "all", [WHERE_ORG] = "org", [WHERE_AREA] = "area" };

typedef struct {
    Str account, grant_uid; /* grant_uid: the one that is taken, or was made */
    const NewGrant *grant;
    const User *by;
    const AuditWho *who;
    Arena *arena;
} GrantArgs;

static bool where_org(DbConn *tx, const GrantArgs *args, int64_t *ret_org, GError **err)
{
    *ret_org = DB_NULL_INT;
    if (args->grant->where != WHERE_ORG)
        return true;
    Org org;
    bool found;
    if (!org_by_uid(tx, args->arena, args->grant->where_org_uid, &org, &found, err))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(args->grant->where_org_uid));
        return error_at(err, "/where/org");
    }
    *ret_org = org.id;
    return true;
}

static bool grant_add_in_tx(DbConn *tx, void *data, GError **err)
{
    GrantArgs *args = data;
    const NewGrant *grant = args->grant;
    AccountByUidRow row;
    int64_t org;
    char uid[UID_TEXT_MAX];
    if (!account_of_another(tx, args->arena, args->account, args->by, &row, err) || !where_org(tx, args, &org, err)
        || !roles_fit_person(tx, args->arena, row.id, ROLE_BIT(grant->role), err))
        return false;
    if (!db_exec(tx, GrantInsert, NULL, err, .uid = str_from(uid_new(uid)), .account = row.id, .role = str_from(role_name(grant->role)),
                 .where_kind = str_from(where_kinds[grant->where]), .where_org = org,
                 .where_area = grant->where == WHERE_AREA ? grant->where_area : STR_NONE, .what_plan = grant->what_plan,
                 .valid_from = grant->from, .valid_to = grant->to))
        return false;
    args->grant_uid = arena_str(args->arena, str_from(uid));
    account_event(tx, args->who, "grant-add", args->account, "role", str_from(role_name(grant->role)));
    return true;
}

/* A part of a code of GB/T 2260 from the province on: an empty one would be everywhere. */
static bool area_valid(Str area)
{
    for (size_t i = 0; i < area.n; i++)
        if (!g_ascii_isdigit(area.p[i]))
            return false;
    return area.n >= AREA_DIGITS_MIN && area.n <= AREA_DIGITS_MAX;
}

static bool grant_valid(const NewGrant *grant, GError **err)
{
    if (grant->from != DATE_NONE && grant->to != DATE_NONE && grant->to < grant->from) {
        error_set(err, BH_BAD_INPUT, "a grant does not end before it begins");
        return error_at(err, "/to");
    }
    if (grant->where == WHERE_AREA && !area_valid(grant->where_area)) {
        error_set(err, BH_BAD_INPUT, "an area is 2 to %d digits of an area code, not '" STR_FMT "'", AREA_DIGITS_MAX, STR_ARG(grant->where_area));
        return error_at(err, "/where/area");
    }
    if (grant->what_plan.p && !uid_valid(grant->what_plan)) {
        error_set(err, BH_BAD_INPUT, "no plan '" STR_FMT "'", STR_ARG(grant->what_plan));
        return error_at(err, "/what/plan");
    }
    return true;
}

bool grant_add(Db *db, const NewGrant *grant, const User *by, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err)
{
    if (!grant_valid(grant, err))
        return false;
    GrantArgs args = { .account = grant->account_uid, .by = by, .who = who, .grant = grant, .arena = arena };
    if (!db_write(db, DB_INTERACTIVE, grant_add_in_tx, &args, err))
        return false;
    *ret_uid = args.grant_uid;
    return true;
}

static bool grant_remove_in_tx(DbConn *tx, void *data, GError **err)
{
    const GrantArgs *args = data;
    AccountByUidRow row;
    int64_t changes;
    if (!account_of_another(tx, args->arena, args->account, args->by, &row, err) || !db_exec(tx, GrantDelete, &changes, err, .account = row.id, .uid = args->grant_uid))
        return false;
    if (changes != 1)
        return error_set(err, BH_NOT_FOUND, "no grant '" STR_FMT "'", STR_ARG(args->grant_uid));
    account_event(tx, args->who, "grant-remove", args->account, "grant", args->grant_uid);
    return true;
}

bool grant_remove(Db *db, Str account_uid, Str grant_uid, const User *by, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    GrantArgs args = { .account = account_uid, .grant_uid = grant_uid, .by = by, .who = who, .arena = arena };
    return db_write(db, DB_INTERACTIVE, grant_remove_in_tx, &args, err);
}
