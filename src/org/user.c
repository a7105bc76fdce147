/* Who a user is: the account, its person and unit, and the grants by which it acts today: its own, and those of whom it is deputy for. */
#include "org/people.h"
#include "org/rows.h"

#include "base/banned.h"

#define DAY_MS ((int64_t) 24 * 3600 * 1000)

/* --- Grants ------------------------------------------------------------------------------------------------------------ */

static bool load_plans(DbConn *conn, Arena *arena, const GrantsHeldRow *row, Grant *grant, GError **err)
{
    ARENA_LIST(Str) plans = { 0 };
    grant->by_plan = !str_eq(row->what_kind, STR("all"));
    if (!grant->by_plan)
        return true;
    g_autoptr(DbRows) rows = db_query(conn, GrantPlans, err, .grant = row->id);
    for (GrantPlansRow plan; rows && db_next(rows, &plan, err);)
        *ARENA_PUSH(arena, &plans) = arena_str(arena, plan.plan);
    grant->plans = plans.v;
    grant->n_plans = plans.n;
    return db_rows_ok(rows);
}

static bool load_where(DbConn *conn, Arena *arena, const GrantsHeldRow *row, Date today, Grant *grant, GError **err)
{
    ARENA_LIST(Str) paths = { 0 };
    ARENA_LIST(int64_t) orgs = { 0 };
    grant->where_uid = arena_str(arena, row->where_uid);
    grant->where_name = arena_str(arena, row->where_name);
    grant->where_area = arena_str(arena, row->where_area);
    if (grant->where == WHERE_ORG) {
        *ARENA_PUSH(arena, &orgs) = row->where_org;
        *ARENA_PUSH(arena, &paths) = arena_str(arena, row->where_path);
    }
    g_autoptr(DbRows) rows = grant->where == WHERE_GROUP ? db_query(conn, GroupPlaces, err, .group = row->where_group, .day = today) : NULL;
    for (GroupPlacesRow member; rows && db_next(rows, &member, err);) {
        *ARENA_PUSH(arena, &orgs) = member.org;
        *ARENA_PUSH(arena, &paths) = arena_str(arena, member.path);
    }
    grant->where_orgs = orgs.v;
    grant->where_paths = paths.v;
    grant->n_where = paths.n;
    return grant->where != WHERE_GROUP || db_rows_ok(rows);
}

static bool load_grant(DbConn *conn, Arena *arena, const GrantsHeldRow *row, Date today, Grant *ret_grant, GError **err)
{
    Grant grant = { .uid = arena_str(arena, row->uid), .from = row->valid_from, .to = row->valid_to };
    if (!role_parse(row->role, &grant.role) || !where_parse(row->where_kind, &grant.where))
        return error_set(err, BH_INTERNAL, "grant " STR_FMT " has an unknown role or place", STR_ARG(row->uid));
    if (!load_where(conn, arena, row, today, &grant, err) || !load_plans(conn, arena, row, &grant, err))
        return false;
    *ret_grant = grant;
    return true;
}

static bool holds(const GrantsHeldRow *row, Date today)
{
    return (row->valid_from == DATE_NONE || row->valid_from <= today) && (row->valid_to == DATE_NONE || today <= row->valid_to);
}

typedef ARENA_LIST(Absent *) AbsentList;

/* Whose grant it is: NULL for the user's own. */
static bool absent_of(DbConn *conn, Arena *arena, int64_t holder, int64_t account, AbsentList *absents, const Absent **ret_absent, GError **err)
{
    *ret_absent = NULL;
    if (holder == account)
        return true;
    for (size_t i = 0; i < absents->n && !*ret_absent; i++)
        if (absents->v[i]->account == holder)
            *ret_absent = absents->v[i];
    if (*ret_absent)
        return true;
    AccountFullRow row;
    bool found;
    if (!db_one(conn, AccountFull, arena, &row, &found, err, .id = holder))
        return false;
    Absent *absent = ARENA_NEW(arena, Absent);
    *absent = (Absent) {
        .account = holder, .person = row.person, .org = row.org, .account_uid = row.uid, .person_name = row.person_name, .org_uid = row.org_uid,
        .org_name = row.org_name, .org_path = row.org_path,
    };
    *ARENA_PUSH(arena, absents) = absent;
    *ret_absent = absent;
    return true;
}

static void keep_absents(Arena *arena, const AbsentList *absents, User *user)
{
    Absent *list = ARENA_ARRAY(arena, Absent, absents->n + 1);
    for (size_t i = 0; i < absents->n; i++)
        list[i] = *absents->v[i];
    user->absents = list;
    user->n_absents = absents->n;
}

static bool load_grants(DbConn *conn, Arena *arena, Date today, User *user, GError **err)
{
    ARENA_LIST(Grant) grants = { 0 };
    AbsentList absents = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, GrantsHeld, err, .account = user->account);
    for (GrantsHeldRow row; rows && db_next(rows, &row, err);) {
        Grant grant;
        const Absent *of;
        if (!holds(&row, today))
            continue;
        if (!load_grant(conn, arena, &row, today, &grant, err) || !absent_of(conn, arena, row.holder, user->account, &absents, &of, err))
            return false;
        grant.of = of;
        *ARENA_PUSH(arena, &grants) = grant;
    }
    user->grants = grants.v;
    user->n_grants = grants.n;
    keep_absents(arena, &absents, user);
    return db_rows_ok(rows);
}

bool grants_of_account(DbConn *conn, Arena *arena, int64_t account, Date today, const Grant **ret_grants, size_t *ret_n, GError **err)
{
    ARENA_LIST(Grant) grants = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, GrantsHeld, err, .account = account);
    for (GrantsHeldRow row; rows && db_next(rows, &row, err);)
        if (row.holder == account && !load_grant(conn, arena, &row, today, ARENA_PUSH(arena, &grants), err))
            return false;
    *ret_grants = grants.v;
    *ret_n = grants.n;
    return db_rows_ok(rows);
}

/* --- Where a person stands, and with whom it is one ------------------------------------------------------------------------ */

typedef ARENA_LIST(Str) PathList;

static bool add_paths(DbConn *conn, Arena *arena, int64_t person, PathList *paths, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PathsOfPerson, err, .person = person);
    for (PathsOfPersonRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, paths) = arena_str(arena, row.path);
    return db_rows_ok(rows);
}

/* A day more on either side, so that no zone makes it one less. */
static SamePerson same_person(const DeputiesOfPersonRow *row, Date today)
{
    int64_t end = ((int64_t) row->valid_to + 2) * DAY_MS;
    return (SamePerson) {
        .person = row->other_person,
        .from_ms = ((int64_t) row->valid_from - 1) * DAY_MS,
        .to_ms = row->ended == DB_NULL_INT ? end : MIN(end, row->ended + 1),
        .now = row->ended == DB_NULL_INT && row->valid_from <= today && today <= row->valid_to,
    };
}

static bool load_paths(DbConn *conn, Arena *arena, Date today, User *user, GError **err)
{
    PathList paths = { 0 };
    ARENA_LIST(SamePerson) same = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, DeputiesOfPerson, err, .person = user->person);
    for (DeputiesOfPersonRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &same) = same_person(&row, today);
    if (!db_rows_ok(rows) || !add_paths(conn, arena, user->person, &paths, err))
        return false;
    for (size_t i = 0; i < same.n; i++)
        if (same.v[i].now && !add_paths(conn, arena, same.v[i].person, &paths, err))
            return false;
    user->person_paths = paths.v;
    user->n_person_paths = paths.n;
    user->same = same.v;
    user->n_same = same.n;
    return true;
}

bool user_is_one_with(const User *user, int64_t person, int64_t at_ms)
{
    if (user->person == person)
        return true;
    for (size_t i = 0; i < user->n_same; i++) {
        const SamePerson *same = &user->same[i];
        if (same->person == person && (same->now || (at_ms >= same->from_ms && at_ms < same->to_ms)))
            return true;
    }
    return false;
}

bool user_stands_within(const User *user, Str path)
{
    for (size_t i = 0; i < user->n_absents; i++)
        if (org_within(user->absents[i].org_path, path))
            return true;
    return org_within(user->org_path, path);
}

/* --- Users ------------------------------------------------------------------------------------------------------------------- */

bool user_load(DbConn *conn, Arena *arena, int64_t account, Date today, User *ret_user, GError **err)
{
    AccountFullRow row;
    bool found;
    if (!db_one(conn, AccountFull, arena, &row, &found, err, .id = account))
        return false;
    if (!found)
        return error_set(err, BH_INTERNAL, "no account with the id %" G_GINT64_FORMAT, account);
    User user = {
        .account = row.id,
        .person = row.person,
        .org = row.org,
        .account_uid = row.uid,
        .username = row.username,
        .person_uid = row.person_uid,
        .person_name = row.person_name,
        .org_uid = row.org_uid,
        .org_name = row.org_name,
        .org_path = row.org_path,
        .proven = row.proof.p != NULL,
        .must_change = row.must_change,
        .active = str_eq(row.state, STR("active")),
        .today = today,
    };
    if (!org_legal_body(conn, user.org_path, &user.legal_body, err) || !load_grants(conn, arena, today, &user, err)
        || !load_paths(conn, arena, today, &user, err))
        return false;
    *ret_user = user;
    return true;
}

bool user_by_name(DbConn *conn, Arena *arena, Str username, Date today, User *ret_user, bool *ret_found, GError **err)
{
    AccountByUsernameRow row;
    if (!db_one(conn, AccountByUsername, arena, &row, ret_found, err, .username = username))
        return false;
    return !*ret_found || user_load(conn, arena, row.id, today, ret_user, err);
}

User user_of_socket(Arena *arena)
{
    static const Role roles[] = { ROLE_SYSTEM_ADMIN, ROLE_SECURITY_ADMIN, ROLE_AUDIT_ADMIN };
    Grant *grants = ARENA_ARRAY(arena, Grant, G_N_ELEMENTS(roles));
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        grants[i] = (Grant) { .role = roles[i], .where = WHERE_ALL, .from = DATE_NONE, .to = DATE_NONE };
    return (User) {
        .account = DB_NULL_INT,
        .person = DB_NULL_INT,
        .org = DB_NULL_INT,
        .legal_body = DB_NULL_INT,
        .active = true,
        .grants = grants,
        .n_grants = G_N_ELEMENTS(roles),
    };
}

bool user_has_role(const User *user, Role role)
{
    for (size_t i = 0; i < user->n_grants; i++)
        if (user->grants[i].role == role)
            return true;
    return false;
}

bool user_is_administrator(const User *user)
{
    return user_has_role(user, ROLE_SYSTEM_ADMIN) || user_has_role(user, ROLE_SECURITY_ADMIN) || user_has_role(user, ROLE_AUDIT_ADMIN);
}

bool user_needs_second(const User *user)
{
    return user_is_administrator(user) || user_has_role(user, ROLE_LEADER);
}
