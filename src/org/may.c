/* One table says which role may do what, and what binds the role to the object: its owners, all involved in it, the place it belongs to,
 * that or its owners, or nothing. A grant gives the role within a subtree, an area, a group or everywhere, and for all plans or some. */
#include "org/org.h"

#include "base/banned.h"

typedef enum {
    TO_ANYONE,    /* the role alone is enough */
    TO_OWNERS,    /* an owner lies where the grant reaches */
    TO_INVOLVED,  /* an owner or a supporter does */
    TO_PLACE,     /* the place does: an owner's own issuer has no say in what was issued above it (rule e of the ledger) */
    TO_CONCERNED, /* the place does, or an owner */
} Scope;

typedef struct {
    Verb verb;
    Role role;
    Scope scope;
} RoleVerb;

/* After the table of roles in design/running.md. Where nobody may, the first role of a verb is the one that is named. */
static const RoleVerb role_verbs[] = {
    { VERB_READ_TASK, ROLE_HANDLER, TO_INVOLVED },
    { VERB_READ_TASK, ROLE_UNIT_HEAD, TO_INVOLVED },
    { VERB_READ_TASK, ROLE_ISSUER, TO_CONCERNED },
    { VERB_READ_TASK, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_READ_TASK, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_READ_TASK, ROLE_LEADER, TO_CONCERNED },
    { VERB_WORK, ROLE_HANDLER, TO_OWNERS },
    { VERB_WORK, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_SUBMIT, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_CONFIRM, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_REVIEW, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_ISSUE, ROLE_ISSUER, TO_PLACE },
    { VERB_OVERSEE, ROLE_ISSUER, TO_PLACE },
    { VERB_SPLIT, ROLE_ISSUER, TO_CONCERNED },
    { VERB_HAND_OVER, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_HAND_OVER, ROLE_LEADER, TO_OWNERS },
    { VERB_REOPEN, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_REOPEN, ROLE_ISSUER, TO_PLACE },
    { VERB_OVERRULE, ROLE_LEADER, TO_CONCERNED },
    { VERB_COMMENT, ROLE_HANDLER, TO_INVOLVED },
    { VERB_COMMENT, ROLE_UNIT_HEAD, TO_INVOLVED },
    { VERB_COMMENT, ROLE_ISSUER, TO_CONCERNED },
    { VERB_COMMENT, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_COMMENT, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_COMMENT, ROLE_LEADER, TO_CONCERNED },
    { VERB_READ_DOCUMENT, ROLE_ISSUER, TO_CONCERNED },
    { VERB_READ_DOCUMENT, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_READ_DOCUMENT, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_READ_DOCUMENT, ROLE_LEADER, TO_CONCERNED },
    { VERB_READ_DOCUMENT, ROLE_HANDLER, TO_INVOLVED },
    { VERB_READ_DOCUMENT, ROLE_UNIT_HEAD, TO_INVOLVED },
    { VERB_EDIT_DOCUMENT, ROLE_ISSUER, TO_PLACE },
    { VERB_EDIT_ORG, ROLE_SYSTEM_ADMIN, TO_ANYONE },
    { VERB_READ_ACCOUNT, ROLE_SECURITY_ADMIN, TO_ANYONE },
    { VERB_EDIT_ACCOUNT, ROLE_SECURITY_ADMIN, TO_ANYONE },
    { VERB_READ_AUDIT, ROLE_AUDIT_ADMIN, TO_ANYONE },
    { VERB_READ_AUDIT, ROLE_INSPECTOR, TO_ANYONE },
    { VERB_ADMINISTER, ROLE_SYSTEM_ADMIN, TO_ANYONE },
    { VERB_PROVE_AUDIT, ROLE_AUDIT_ADMIN, TO_ANYONE },
    { VERB_READ_DUTY, ROLE_HANDLER, TO_OWNERS },
    { VERB_READ_DUTY, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_READ_DUTY, ROLE_REPORTER, TO_OWNERS },
    { VERB_READ_DUTY, ROLE_ISSUER, TO_CONCERNED },
    { VERB_READ_DUTY, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_READ_DUTY, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_READ_DUTY, ROLE_LEADER, TO_CONCERNED },
    { VERB_DO_DUTY, ROLE_HANDLER, TO_OWNERS },
    { VERB_DO_DUTY, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_DO_DUTY, ROLE_REPORTER, TO_OWNERS },
    { VERB_EXCUSE_DUTY, ROLE_ISSUER, TO_PLACE },
    { VERB_RULE_DUTY, ROLE_ISSUER, TO_PLACE },
    { VERB_DEPUTISE, ROLE_UNIT_HEAD, TO_PLACE },
    { VERB_DEPUTISE, ROLE_SECURITY_ADMIN, TO_ANYONE },
    { VERB_READ_DATA, ROLE_REPORTER, TO_OWNERS },
    { VERB_READ_DATA, ROLE_HANDLER, TO_OWNERS },
    { VERB_READ_DATA, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_READ_DATA, ROLE_ISSUER, TO_CONCERNED },
    { VERB_READ_DATA, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_READ_DATA, ROLE_INSPECTOR, TO_CONCERNED },
    { VERB_READ_DATA, ROLE_LEADER, TO_CONCERNED },
    { VERB_SEND_DATA, ROLE_REPORTER, TO_OWNERS },
    { VERB_SEND_DATA, ROLE_HANDLER, TO_OWNERS },
    { VERB_SEND_DATA, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_MAP_DATA, ROLE_REPORTER, TO_OWNERS },
    { VERB_MAP_DATA, ROLE_HANDLER, TO_OWNERS },
    { VERB_MAP_DATA, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_MOVE_CASE, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_MOVE_CASE, ROLE_ISSUER, TO_CONCERNED },
    { VERB_MOVE_CASE, ROLE_HANDLER, TO_OWNERS },
    { VERB_MOVE_CASE, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_MOVE_CASE, ROLE_REPORTER, TO_OWNERS },
    { VERB_UNMASK_PERSON, ROLE_UNIT_HEAD, TO_OWNERS },
    { VERB_UNMASK_PERSON, ROLE_HANDLER, TO_OWNERS },
    { VERB_UNMASK_PERSON, ROLE_ISSUER, TO_OWNERS },
    { VERB_UNMASK_PERSON, ROLE_INSPECTOR, TO_OWNERS },
    { VERB_MERGE_PERSON, ROLE_REVIEWER, TO_OWNERS },
    { VERB_MERGE_PERSON, ROLE_ISSUER, TO_OWNERS },
    { VERB_RETURN_DATA, ROLE_REVIEWER, TO_CONCERNED },
    { VERB_RETURN_DATA, ROLE_ISSUER, TO_CONCERNED },
    { VERB_WAIVE_DATA, ROLE_ISSUER, TO_CONCERNED },
    { VERB_WAIVE_DATA, ROLE_REVIEWER, TO_CONCERNED },
};

static const char *const role_names[] = {
    [ROLE_HANDLER] = "handler",
    [ROLE_UNIT_HEAD] = "unit_head",
    [ROLE_ISSUER] = "issuer",
    [ROLE_REVIEWER] = "reviewer",
    [ROLE_INSPECTOR] = "inspector",
    [ROLE_LEADER] = "leader",
    [ROLE_REPORTER] = "reporter",
    [ROLE_SYSTEM_ADMIN] = "system_admin",
    [ROLE_SECURITY_ADMIN] = "security_admin",
    [ROLE_AUDIT_ADMIN] = "audit_admin",
};
G_STATIC_ASSERT(G_N_ELEMENTS(role_names) == ROLE_COUNT);

const char *role_name(Role role)
{
    return role_names[role];
}

bool role_parse(Str name, Role *ret_role)
{
    for (Role role = 0; role < ROLE_COUNT; role++)
        if (str_eq(name, str_from(role_names[role]))) {
            *ret_role = role;
            return true;
        }
    return false;
}

static const char *const where_names[] = { [WHERE_ALL] = "all", [WHERE_ORG] = "org", [WHERE_AREA] = "area", [WHERE_GROUP] = "group" };
G_STATIC_ASSERT(G_N_ELEMENTS(where_names) == WHERE_KINDS);

const char *where_name(WhereKind where)
{
    return where_names[where];
}

bool where_parse(Str name, WhereKind *ret_where)
{
    for (WhereKind where = 0; where < WHERE_KINDS; where++)
        if (str_eq(name, str_from(where_names[where]))) {
            *ret_where = where;
            return true;
        }
    return false;
}

/* Whether an organisation, by its path and area, lies where a grant reaches. For lists the view grant_place (sql/migrate/0002-org.sql) says the same. */
static bool grant_reaches_org(const Grant *grant, Str path, Str area)
{
    if (grant->where == WHERE_ALL)
        return true;
    if (grant->where == WHERE_AREA)
        return grant->where_area.n > 0 && area.n > 0 && str_starts(area, grant->where_area);
    for (size_t i = 0; i < grant->n_where; i++)
        if (path.n > 0 && org_within(path, grant->where_paths[i]))
            return true;
    return false;
}

static bool grant_covers_plan(const Grant *grant, Str plan)
{
    for (size_t i = 0; i < grant->n_plans; i++)
        if (str_eq(grant->plans[i], plan))
            return true;
    return !grant->by_plan;
}

static bool any_reached(const Grant *grant, const Str *paths, const Str *areas, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (grant_reaches_org(grant, paths[i], areas ? areas[i] : STR_NONE))
            return true;
    return false;
}

/* The object's place, or the one above it for which it was made. */
static bool reaches_place(const Grant *grant, const MayObject *object)
{
    return grant_reaches_org(grant, object->place, object->area) || (object->over.p && grant_reaches_org(grant, object->over, object->over_area));
}

static bool grant_reaches(const Grant *grant, Scope scope, const MayObject *object)
{
    bool owner = any_reached(grant, object->owner_paths, object->owner_areas, object->n_owners);
    bool support = any_reached(grant, object->support_paths, object->support_areas, object->n_supports);
    bool place = reaches_place(grant, object);
    switch (scope) {
    case TO_ANYONE: return true;
    case TO_OWNERS: return owner;
    case TO_INVOLVED: return owner || support;
    case TO_PLACE: return place;
    case TO_CONCERNED: return place || owner;
    }
    return false;
}

/* Whom a restricted object lets in: those it names (not who is deputy for them: it is persons who are trusted), its issuer, and a head in the very unit
 * that owns it. The view task_reach says the same. */
static bool admitted(const User *user, const Grant *grant, const MayObject *object)
{
    for (size_t i = 0; i < object->n_named; i++)
        if (object->named[i] == user->account)
            return true;
    if (grant->role == ROLE_ISSUER)
        return reaches_place(grant, object);
    Str unit = grant->of ? grant->of->org_path : user->org_path;
    for (size_t i = 0; i < object->n_owners && grant->role == ROLE_UNIT_HEAD; i++)
        if (str_eq(object->owner_paths[i], unit) && any_reached(grant, &object->owner_paths[i], object->owner_areas ? &object->owner_areas[i] : NULL, 1))
            return true;
    return false;
}

/* What stands between a grant that has the verb and the object; NULL: nothing. */
static const char *obstacle(const User *user, const Grant *grant, Scope scope, const MayObject *object)
{
    if (!grant_covers_plan(grant, object->plan))
        return "not-your-plan";
    if (object->unissued && !(grant->role == ROLE_ISSUER && grant_reaches_org(grant, object->place, object->area)))
        return "not-issued";
    if (object->restricted && !admitted(user, grant, object))
        return "restricted";
    if (!grant_reaches(grant, scope, object))
        return scope == TO_OWNERS || scope == TO_INVOLVED ? "not-owner" : "not-your-area";
    return NULL;
}

May may(const User *user, Verb verb, const MayObject *object)
{
    static const MayObject nothing = { 0 };
    May answer = { .why = "no-role" };
    const Absent *of = NULL; /* one's own right goes before that of a deputy */
    if (verb == VERB_READ_ORG)
        return (May) { .ok = true };
    for (size_t r = 0; r < G_N_ELEMENTS(role_verbs); r++) {
        const RoleVerb *row = &role_verbs[r];
        if (row->verb != verb)
            continue;
        if (!answer.who.p)
            answer.who = str_from(role_names[row->role]);
        for (size_t g = 0; g < user->n_grants; g++) {
            if (user->grants[g].role != row->role)
                continue;
            const char *why = obstacle(user, &user->grants[g], row->scope, object ? object : &nothing);
            if (!why && !user->grants[g].of)
                return (May) { .ok = true };
            if (!why && !of)
                of = user->grants[g].of;
            answer.why = why ? why : answer.why;
        }
    }
    return of ? (May) { .ok = true, .of = of } : answer;
}

static bool role_has_verb(Role role, Verb verb)
{
    for (size_t r = 0; r < G_N_ELEMENTS(role_verbs); r++)
        if (role_verbs[r].verb == verb && role_verbs[r].role == role)
            return true;
    return false;
}

Reach may_reach(const User *user, Verb verb, Arena *arena)
{
    const Grant **list = ARENA_ARRAY(arena, const Grant *, user->n_grants + 1);
    Reach reach = { .grants = list };
    for (size_t g = 0; g < user->n_grants; g++) {
        const Grant *grant = &user->grants[g];
        if (!role_has_verb(grant->role, verb))
            continue;
        list[reach.n++] = grant;
        reach.all |= grant->where == WHERE_ALL && !grant->by_plan;
    }
    return reach;
}

unsigned may_parts(Role role, Verb verb)
{
    static const unsigned parts[] = {
        [TO_ANYONE] = PART_ISSUER | PART_LEAD | PART_SUPPORT, [TO_OWNERS] = PART_LEAD, [TO_INVOLVED] = PART_LEAD | PART_SUPPORT,
        [TO_PLACE] = PART_ISSUER, [TO_CONCERNED] = PART_ISSUER | PART_LEAD,
    };
    unsigned all = 0;
    for (size_t r = 0; r < G_N_ELEMENTS(role_verbs); r++)
        if (role_verbs[r].verb == verb && role_verbs[r].role == role)
            all |= parts[role_verbs[r].scope];
    return all;
}

bool org_independent(Str reviewer_path, Str owner_path, int64_t owner_legal_body, bool reviewer_issued)
{
    if (org_within(reviewer_path, owner_path))
        return false; /* the same, or below it */
    if (!org_within(owner_path, reviewer_path))
        return true; /* neither above nor below */
    /* Above: the chain from the owner up to its legal body is one organisation with it. */
    if (owner_legal_body == DB_NULL_INT)
        return false;
    char mark[32];
    g_snprintf(mark, sizeof mark, "/%" G_GINT64_FORMAT "/", owner_legal_body);
    return !str_has(reviewer_path, str_from(mark)) && reviewer_issued;
}
