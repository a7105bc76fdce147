/* Roles and grants: which a person may hold together, which come with an account, and those that the security administrator gives or takes. */
#include "base/crypto.h"
#include "base/json.h"
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

bool grant_insert(DbConn *tx, Arena *arena, const GrantValues *values, Str *ret_uid, GError **err)
{
    char uid[UID_TEXT_MAX];
    GrantInsertRow row;
    bool found;
    if (!db_one(tx, GrantInsert, arena, &row, &found, err, .uid = str_from(uid_new(uid)), .account = values->account, .role = str_from(role_name(values->role)),
                .where_kind = str_from(where_name(values->where)), .where_org = values->org, .where_area = values->area, .where_group = values->group,
                .what_kind = values->by_plan ? STR("plans") : STR("all"), .valid_from = values->from, .valid_to = values->to))
        return false;
    for (size_t i = 0; i < values->n_plans; i++)
        if (!db_exec(tx, GrantPlanInsert, NULL, err, .grant = row.id, .plan = values->plans[i]))
            return false;
    if (ret_uid)
        *ret_uid = arena_str(arena, str_from(uid));
    return true;
}

bool grants_delete(DbConn *tx, int64_t account, GError **err)
{
    return db_exec(tx, GrantPlansDelete, NULL, err, .account = account) && db_exec(tx, GrantsDeleteOf, NULL, err, .account = account);
}

bool grants_by_default(DbConn *tx, Arena *arena, int64_t account, const Org *org, RoleSet roles, GError **err)
{
    int64_t body;
    if (!roles_fit_person(tx, arena, account, roles, err) || !org_legal_body(tx, org->path, &body, err))
        return false;
    for (Role role = 0; role < ROLE_COUNT; role++) {
        if (!(roles & ROLE_BIT(role)))
            continue;
        bool all = is_administration(role);
        GrantValues values = {
            .account = account, .role = role, .where = all ? WHERE_ALL : WHERE_ORG, .group = DB_NULL_INT, .from = DATE_NONE, .to = DATE_NONE,
            .org = all ? DB_NULL_INT : is_across(role) && body != DB_NULL_INT ? body : org->id,
        };
        if (!grant_insert(tx, arena, &values, NULL, err))
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

typedef struct {
    Str account, grant_uid; /* grant_uid: the one that is taken, or was made */
    const NewGrant *grant;
    const User *by;
    const AuditWho *who;
    Arena *arena;
} GrantArgs;

static bool bad_place(const char *what, Str uid, GError **err)
{
    error_set(err, BH_BAD_INPUT, "no %s '" STR_FMT "'", what, STR_ARG(uid));
    return error_at(err, "/where/%s", g_str_equal(what, "group") ? "group" : "org");
}

static bool where_org(DbConn *tx, const GrantArgs *args, int64_t *ret_org, GError **err)
{
    Org org;
    bool found;
    if (!org_by_uid(tx, args->arena, args->grant->where_uid, &org, &found, err))
        return false;
    if (found)
        *ret_org = org.id;
    return found || bad_place("organisation", args->grant->where_uid, err);
}

static bool where_group(DbConn *tx, const GrantArgs *args, int64_t *ret_group, GError **err)
{
    GroupByUidRow row;
    bool found;
    if (!db_one(tx, GroupByUid, args->arena, &row, &found, err, .uid = args->grant->where_uid))
        return false;
    if (found)
        *ret_group = row.id;
    return found || bad_place("group", args->grant->where_uid, err);
}

static bool grant_values(DbConn *tx, const GrantArgs *args, GrantValues *values, GError **err)
{
    const NewGrant *grant = args->grant;
    *values = (GrantValues) {
        .role = grant->role, .where = grant->where, .org = DB_NULL_INT, .group = DB_NULL_INT, .area = grant->where == WHERE_AREA ? grant->where_area : STR_NONE,
        .by_plan = grant->by_plan, .plans = grant->plans, .n_plans = grant->n_plans, .from = grant->from, .to = grant->to,
    };
    switch (grant->where) {
    case WHERE_ORG: return where_org(tx, args, &values->org, err);
    case WHERE_GROUP: return where_group(tx, args, &values->group, err);
    default: return true;
    }
}

/* All that it says: who reads the log need not look for it elsewhere. */
static void grant_event(DbConn *tx, const GrantArgs *args)
{
    const NewGrant *grant = args->grant;
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_date(&json, "from", grant->from);
    json_member_str(&json, "grant", args->grant_uid);
    json_key(&json, "plans");
    json_begin_array(&json);
    for (size_t i = 0; i < grant->n_plans; i++)
        json_str(&json, grant->plans[i]);
    json_end_array(&json);
    json_member_cstr(&json, "role", role_name(grant->role));
    json_member_date(&json, "to", grant->to);
    json_member_str(&json, "where", grant->where == WHERE_AREA ? grant->where_area : grant->where_uid);
    json_member_cstr(&json, "where_kind", where_name(grant->where));
    json_end_object(&json);
    audit_append(tx, args->who, "grant-add", (AuditObject) { "account", args->account }, str_from_gstring(data));
}

static bool grant_add_in_tx(DbConn *tx, void *data, GError **err)
{
    GrantArgs *args = data;
    AccountByUidRow row;
    GrantValues values;
    if (!account_of_another(tx, args->arena, args->account, args->by, &row, err) || !grant_values(tx, args, &values, err)
        || !roles_fit_person(tx, args->arena, row.id, ROLE_BIT(args->grant->role), err))
        return false;
    values.account = row.id;
    if (!grant_insert(tx, args->arena, &values, &args->grant_uid, err))
        return false;
    grant_event(tx, args);
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
    for (size_t i = 0; i < grant->n_plans; i++)
        if (!uid_valid(grant->plans[i])) {
            error_set(err, BH_BAD_INPUT, "no plan '" STR_FMT "'", STR_ARG(grant->plans[i]));
            return error_at(err, "/what/plans/%zu", i);
        }
    if (grant->by_plan && grant->n_plans == 0) {
        error_set(err, BH_BAD_INPUT, "a grant for plans names at least one");
        return error_at(err, "/what/plans");
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
    if (!account_of_another(tx, args->arena, args->account, args->by, &row, err)
        || !db_exec(tx, GrantPlansDelete, NULL, err, .account = row.id, .uid = args->grant_uid)
        || !db_exec(tx, GrantDelete, &changes, err, .account = row.id, .uid = args->grant_uid))
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
