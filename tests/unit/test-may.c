/* Who may do what: every role with every verb, towards objects inside and just outside each kind of grant; rule f as a table; and the lists' SQL against
 * may() itself. */
#include "ledger/task_list.h"

#include "tasks.h"

#include "base/crypto.h"
#include "base/i18n.h"
#include "db/build.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Every role, every verb --------------------------------------------------------------------------------------------------- */

#define HERE "/1/5/27/"
#define BELOW "/1/5/27/90/"
#define BESIDE "/1/5/28/" /* just outside */
#define ABOVE "/1/5/"
#define ALIKE "/1/5/271/" /* begins with the same digits */

/* The table of design/running.md once more, as letters: a anywhere, o an owner, i owner or supporter, p the place, c the place or an owner. */
static const char *const rights[ROLE_COUNT][VERB_COUNT] = {
#define SENDS [VERB_READ_DATA] = "o", [VERB_SEND_DATA] = "o", [VERB_MAP_DATA] = "o", [VERB_MOVE_CASE] = "o"
#define SEES [VERB_UNMASK_PERSON] = "o"
#define MERGES [VERB_MERGE_PERSON] = "o"
#define OWES [VERB_READ_DUTY] = "o", [VERB_DO_DUTY] = "o", SENDS
#define HANDLER_READS [VERB_READ_TASK] = "i", [VERB_COMMENT] = "i", [VERB_READ_DOCUMENT] = "i", [VERB_READ_ORG] = "a", OWES
#define ACROSS_READS [VERB_READ_TASK] = "c", [VERB_COMMENT] = "c", [VERB_READ_DOCUMENT] = "c", [VERB_READ_ORG] = "a", [VERB_READ_DUTY] = "c", [VERB_READ_DATA] = "c"
#define RETURNS [VERB_RETURN_DATA] = "c", [VERB_WAIVE_DATA] = "c", [VERB_MOVE_CASE] = "c"
    [ROLE_HANDLER] = { HANDLER_READS, SEES, [VERB_WORK] = "o" },
    [ROLE_UNIT_HEAD] = { HANDLER_READS, SEES, [VERB_WORK] = "o", [VERB_SUBMIT] = "o", [VERB_CONFIRM] = "o", [VERB_HAND_OVER] = "o", [VERB_DEPUTISE] = "p" },
    [ROLE_ISSUER] = { ACROSS_READS, SEES, MERGES, [VERB_ISSUE] = "p", [VERB_OVERSEE] = "p", [VERB_REOPEN] = "p", [VERB_EDIT_DOCUMENT] = "p",
                      [VERB_EXCUSE_DUTY] = "p", [VERB_RULE_DUTY] = "p", [VERB_SPLIT] = "c", RETURNS },
    [ROLE_REVIEWER] = { ACROSS_READS, MERGES, [VERB_REVIEW] = "c", RETURNS },
    [ROLE_INSPECTOR] = { ACROSS_READS, SEES, [VERB_REOPEN] = "c", [VERB_READ_AUDIT] = "a" },
    [ROLE_LEADER] = { ACROSS_READS, [VERB_OVERRULE] = "c", [VERB_HAND_OVER] = "o" },
    [ROLE_REPORTER] = { [VERB_READ_ORG] = "a", OWES },
    [ROLE_SYSTEM_ADMIN] = { [VERB_READ_ORG] = "a", [VERB_EDIT_ORG] = "a", [VERB_ADMINISTER] = "a" },
    [ROLE_SECURITY_ADMIN] = { [VERB_READ_ORG] = "a", [VERB_DEPUTISE] = "a", [VERB_READ_ACCOUNT] = "a", [VERB_EDIT_ACCOUNT] = "a" },
    [ROLE_AUDIT_ADMIN] = { [VERB_READ_ORG] = "a", [VERB_READ_AUDIT] = "a", [VERB_PROVE_AUDIT] = "a" },
};

typedef struct {
    const char *path, *area;
} Where;

static const Where wheres[] = {
    { HERE, "990101" }, { BELOW, "990101001" }, { BESIDE, "990102" }, { ABOVE, "990100" }, { ALIKE, "99010" }, { "/1/", "990000" },
};

static bool inside(const Grant *grant, const Where *where)
{
    switch (grant->where) {
    case WHERE_ALL: return true;
    case WHERE_ORG: return g_str_has_prefix(where->path, HERE);
    case WHERE_AREA: return g_str_has_prefix(where->area, "990101");
    case WHERE_GROUP: return g_str_has_prefix(where->path, HERE) || g_str_has_prefix(where->path, ALIKE);
    case WHERE_KINDS: break;
    }
    return false;
}

static bool expected(const char *right, bool place, bool owner, bool support)
{
    if (!right)
        return false;
    switch (*right) {
    case 'a': return true;
    case 'o': return owner;
    case 'i': return owner || support;
    case 'p': return place;
    default: return place || owner;
    }
}

static void check_may(Role role, Verb verb, const Grant *grant, const Where *place, const Where *owner, const Where *support, const char *plan)
{
    const Where nowhere = { "/77/", "88" };
    const Where *p = place ? place : &nowhere, *o = owner ? owner : &nowhere, *s = support ? support : &nowhere;
    Str owner_path = str_from(o->path), owner_area = str_from(o->area), support_path = str_from(s->path), support_area = str_from(s->area);
    MayObject object = {
        .owner_paths = &owner_path, .owner_areas = &owner_area, .n_owners = 1, .support_paths = &support_path, .support_areas = &support_area,
        .n_supports = 1, .place = str_from(p->path), .area = str_from(p->area), .plan = str_from(plan),
    };
    User user = { .grants = grant, .n_grants = 1 };
    const char *right = rights[role][verb];
    bool other_plan = grant->by_plan && !str_eq(object.plan, STR("plan-a")) && !str_eq(object.plan, STR("plan-c")) && verb != VERB_READ_ORG;
    bool want = !other_plan && expected(right, inside(grant, p), inside(grant, o), inside(grant, s));
    May answer = may(&user, verb, &object);
    if (answer.ok != want)
        g_error("role %s, verb %d, where %d, place %s, owner %s, supporter %s, plan %s: %s", role_name(role), (int) verb, (int) grant->where, p->path, o->path,
                s->path, plan, answer.ok ? "granted" : answer.why);
    if (!want)
        g_assert_cmpstr(answer.why, ==, !right ? "no-role" : other_plan ? "not-your-plan" : *right == 'o' || *right == 'i' ? "not-owner" : "not-your-area");
}

static void test_every_role_and_verb_at_the_edge_of_each_grant(void)
{
    static const char *const plans[] = { "plan-a", "plan-b", "plan-c" };
    static const Str here[] = { STR_INIT(HERE), STR_INIT(ALIKE) }, covered[] = { STR_INIT("plan-a"), STR_INIT("plan-c") };
    for (Role role = 0; role < ROLE_COUNT; role++)
        for (Verb verb = 0; verb < VERB_COUNT; verb++)
            for (WhereKind where = WHERE_ALL; where < WHERE_KINDS; where++)
                for (int what = 0; what < 2; what++)
                    for (size_t i = 0; i < G_N_ELEMENTS(wheres); i++)
                        for (size_t p = 0; p < G_N_ELEMENTS(plans); p++) {
                            Grant grant = { .role = role, .where = where, .where_paths = here, .n_where = where == WHERE_GROUP ? 2 : 1,
                                            .where_area = STR("990101"), .by_plan = what == 1, .plans = covered, .n_plans = what ? 2 : 0 };
                            check_may(role, verb, &grant, &wheres[i], NULL, NULL, plans[p]);
                            check_may(role, verb, &grant, NULL, &wheres[i], NULL, plans[p]);
                            check_may(role, verb, &grant, NULL, NULL, &wheres[i], plans[p]);
                            check_may(role, verb, &grant, &wheres[i], &wheres[i], &wheres[i], plans[p]);
                        }
}

static void test_without_a_grant_nothing_but_the_directory(void)
{
    User nobody = { 0 };
    for (Verb verb = 0; verb < VERB_COUNT; verb++) {
        May answer = may(&nobody, verb, NULL);
        g_assert_true(answer.ok == (verb == VERB_READ_ORG));
        g_assert_true(answer.ok || answer.who.p); /* it says who may */
    }
}

static void assert_words(const char *table, const char *code)
{
    for (Lang lang = LANG_ZH; lang <= LANG_EN; lang++) {
        g_autofree char *key = g_strdup_printf("%s.%s", table, code);
        if (!i18n(lang, key).p)
            g_error("no text %s", key);
    }
}

/* A page never says "no permission" without why: whatever may() answers has its words, and so has who may. */
static void test_every_refusal_has_its_words(void)
{
    static const Str here[] = { STR_INIT(HERE) }, other[] = { STR_INIT(BESIDE) }, covered[] = { STR_INIT("plan-a") };
    const MayObject objects[] = {
        { 0 }, { .owner_paths = other, .n_owners = 1, .place = STR(BESIDE), .plan = STR("plan-a") }, { .place = STR(HERE), .plan = STR("plan-b") },
        { .owner_paths = here, .n_owners = 1, .place = STR(HERE), .plan = STR("plan-a"), .restricted = true },
    };
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (Role role = 0; role < ROLE_COUNT; role++)
        for (Verb verb = 0; verb < VERB_COUNT; verb++)
            for (size_t o = 0; o < G_N_ELEMENTS(objects); o++) {
                Grant grant = { .role = role, .where = WHERE_ORG, .where_paths = here, .n_where = 1, .by_plan = true, .plans = covered, .n_plans = 1 };
                User user = { .grants = &grant, .n_grants = 1 };
                May answer = may(&user, verb, &objects[o]);
                if (answer.ok)
                    continue;
                assert_words("why", answer.why);
                g_assert_true(answer.who.p);
                assert_words("role", answer.who.p);
                g_hash_table_add(seen, (char *) answer.why);
            }
    g_assert_cmpuint(g_hash_table_size(seen), ==, 5); /* no-role, not-owner, not-your-area, not-your-plan, restricted */
}

static void test_an_empty_area_is_nowhere(void)
{
    Grant grant = { .role = ROLE_LEADER, .where = WHERE_AREA, .where_area = STR("") };
    User user = { .grants = &grant, .n_grants = 1 };
    MayObject object = { .place = STR(HERE), .area = STR("990101") };
    g_assert_false(may(&user, VERB_READ_TASK, &object).ok);
}

/* --- Dates of grants --------------------------------------------------------------------------------------------------------------- */

static bool holds_on(Fixture *f, const char *username, Date day, Role role)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    User user;
    bool found;
    g_assert_true(user_by_name(conn, f->arena, str_from(username), day, &user, &found, &err));
    return user_has_role(&user, role);
}

static void test_a_grant_holds_from_its_first_to_its_last_day(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    const User *by = fixture_user(f, "secadmin01"), *to = fixture_user(f, "handler01");
    AuditWho who = fixture_who(f, by);
    Org org = fixture_org(f, "990000-WJW");
    Date today = clock_today(f->clock);
    NewGrant grant = { .account_uid = to->account_uid, .role = ROLE_LEADER, .where = WHERE_ORG, .where_uid = org.uid, .from = today + 2, .to = today + 4 };
    Str uid;
    g_assert_true(grant_add(f->db, &grant, by, &who, f->arena, &uid, &err));
    g_assert_no_error(err);
    for (int day = 0; day < 7; day++)
        g_assert_true(holds_on(f, "handler01", today + day, ROLE_LEADER) == (day >= 2 && day <= 4));
    g_assert_true(grant_remove(f->db, to->account_uid, uid, by, &who, &err));
    g_assert_false(holds_on(f, "handler01", today + 3, ROLE_LEADER));
}

/* --- Rule f --------------------------------------------------------------------------------------------------------------------------- */

static void test_independence(Fixture *f)
{
    static const struct {
        const char *reviewer, *owner;
        bool issued, independent;
    } cases[] = {
        { "990000-WJW-12", "990000-WJW-12", false, false }, /* itself */
        { "990000-WJW-12", "990000-WJW-12", true, false },
        { "990000-WJW-12", "990000-WJW-07", false, true },  /* two departments of one commission are two */
        { "990000-WJW", "990000-WJW-07", false, false },    /* the commission is one organisation with its department */
        { "990000-WJW", "990000-WJW-07", true, false },
        { "990000-WJW-07", "990000-WJW", false, false },    /* and the department with it */
        { "990000-WJW", "990000-YY01", false, false },      /* a hospital's commission is its superior */
        { "990000-WJW", "990000-YY01", true, true },        /* but may judge what it issued */
        { "990000-YY01", "990000-WJW", false, false },      /* nobody judges whom he answers to */
        { "990000-YY01", "990000-WJW", true, false },
        { "990000-YY02", "990000-YY01", false, true },      /* one hospital another */
        { "990000-WJW-12", "990000-YY01", false, true },    /* a department of the commission a hospital */
        { "990000-WJW", "990101-WJW", false, true },        /* the city's commission does not stand above the district's in the tree */
        { "990101-WJW", "990000-WJW", false, true },
        { "990101-WJW", "990102-WJW", false, true },
        { "990101-WJW-04", "990101-WJW", false, false },
        { "990000-ZF", "990101-WJW", false, false },        /* the city's government stands above all */
        { "990000-ZF", "990101-WJW", true, true },
        { "990101-ZF", "990101-WJW", false, false },
        { "990101-ZF", "990101-WJW-04", true, true },       /* beyond the department's legal body, and issued */
        { "990101-ZF", "990101-WJW-04", false, false },
    };
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Org reviewer = fixture_org(f, cases[i].reviewer), owner = fixture_org(f, cases[i].owner);
        int64_t body;
        g_assert_true(org_legal_body(conn, owner.path, &body, &err));
        if (org_independent(reviewer.path, owner.path, body, cases[i].issued) != cases[i].independent)
            g_error("%s judging %s%s", cases[i].reviewer, cases[i].owner, cases[i].issued ? ", its own plan" : "");
    }
}

static void test_without_a_legal_code_all_above_are_one(void)
{
    g_assert_false(org_independent(STR("/1/"), STR("/1/2/3/"), DB_NULL_INT, true));
    g_assert_false(org_independent(STR("/1/2/"), STR("/1/2/3/"), DB_NULL_INT, true));
    g_assert_true(org_independent(STR("/1/2/4/"), STR("/1/2/3/"), DB_NULL_INT, false));
    g_assert_true(org_independent(STR("/1/2/33/"), STR("/1/2/3/"), DB_NULL_INT, false)); /* no prefix of digits */
}

static void test_the_legal_body_is_the_nearest_upwards(Fixture *f)
{
    static const char *const pairs[][2] = {
        { "990000-WJW-07", "990000-WJW" }, { "990000-WJW", "990000-WJW" }, { "990101-WJW-04", "990101-WJW" }, { "990000-YY01", "990000-YY01" },
    };
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    int64_t body;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_assert_true(org_legal_body(conn, fixture_org(f, pairs[i][0]).path, &body, &err));
        g_assert_cmpint(body, ==, fixture_org(f, pairs[i][1]).id);
    }
    g_assert_true(org_legal_body(conn, STR("/999999/"), &body, &err));
    g_assert_cmpint(body, ==, DB_NULL_INT);
}

/* Towards a restricted object: of those whom it would let in, only the ones it names, the issuer of its place, and a head in the owner itself. */
static bool let_in(Role role, const Where *unit, const Where *place, const Where *owner, bool named)
{
    return named || (role == ROLE_ISSUER && inside(&(Grant) { .where = WHERE_ORG }, place))
           || (role == ROLE_UNIT_HEAD && g_str_equal(unit->path, owner->path) && inside(&(Grant) { .where = WHERE_ORG }, owner));
}

static void check_restricted(Role role, Verb verb, const Where *unit, const Where *place, const Where *owner, bool named)
{
    static const int64_t others[] = { 7, 9 }, with_me[] = { 7, 8 };
    static const Str here[] = { STR_INIT(HERE) };
    Grant grant = { .role = role, .where = WHERE_ORG, .where_paths = here, .n_where = 1 };
    User user = { .account = 8, .org_path = str_from(unit->path), .grants = &grant, .n_grants = 1 };
    Str owner_path = str_from(owner->path), owner_area = str_from(owner->area);
    MayObject object = { .owner_paths = &owner_path, .owner_areas = &owner_area, .n_owners = 1, .place = str_from(place->path), .area = str_from(place->area) };
    bool open = may(&user, verb, &object).ok;
    object.restricted = true;
    object.named = named ? with_me : others;
    object.n_named = 2;
    May answer = may(&user, verb, &object);
    bool want = verb == VERB_READ_ORG || (open && let_in(role, unit, place, owner, named));
    if (answer.ok != want)
        g_error("restricted: role %s, verb %d, unit %s, place %s, owner %s, named %d: %s", role_name(role), (int) verb, unit->path, place->path, owner->path,
                named, answer.ok ? "granted" : answer.why);
    if (open && !want)
        g_assert_cmpstr(answer.why, ==, "restricted");
}

static void test_a_draft_is_for_its_issuer(void)
{
    static const Str here[] = { STR_INIT(HERE) };
    for (Role role = 0; role < ROLE_COUNT; role++)
        for (Verb verb = 0; verb < VERB_COUNT; verb++)
            for (size_t place = 0; place < G_N_ELEMENTS(wheres); place++)
                for (size_t owner = 0; owner < G_N_ELEMENTS(wheres); owner++) {
                    Grant grant = { .role = role, .where = WHERE_ORG, .where_paths = here, .n_where = 1 };
                    User user = { .grants = &grant, .n_grants = 1 };
                    Str path = str_from(wheres[owner].path);
                    MayObject object = { .owner_paths = &path, .n_owners = 1, .place = str_from(wheres[place].path) };
                    bool open = may(&user, verb, &object).ok;
                    object.unissued = true;
                    bool want = verb == VERB_READ_ORG || (open && role == ROLE_ISSUER && inside(&grant, &wheres[place]));
                    g_assert_true(may(&user, verb, &object).ok == want);
                }
}

static void test_a_restricted_object_is_for_few(void)
{
    for (Role role = 0; role < ROLE_COUNT; role++)
        for (Verb verb = 0; verb < VERB_COUNT; verb++)
            for (size_t unit = 0; unit < G_N_ELEMENTS(wheres); unit++)
                for (size_t place = 0; place < G_N_ELEMENTS(wheres); place++)
                    for (size_t owner = 0; owner < G_N_ELEMENTS(wheres); owner++)
                        for (int named = 0; named < 2; named++)
                            check_restricted(role, verb, &wheres[unit], &wheres[place], &wheres[owner], named);
}

/* --- The lists' SQL against may() ----------------------------------------------------------------------------------------------------- */

enum { USERS = 150, PLANS = 6, GROUPS = 8, TASKS_EACH = 10 };

static const char *const codes[] = {
    "990000-ZF", "990000-WJW", "990000-WJW-01", "990000-WJW-07", "990000-WJW-12", "990000-YY01", "990000-JK", "990101-ZF", "990101-WJW", "990101-WJW-04",
    "990101-JK", "990101-JC01", "990102-WJW", "990102-WJW-02", "990121-WJW",
};

typedef struct {
    Fixture *f;
    GRand *random;
    Str plans[PLANS];
    Str tasks[PLANS * TASKS_EACH];
    int64_t accounts[USERS], groups[GROUPS];
} Lists;

static const char *random_code(GRand *random)
{
    return codes[g_rand_int_range(random, 0, G_N_ELEMENTS(codes))];
}

static void make_tasks(Lists *lists)
{
    for (size_t p = 0; p < PLANS; p++) {
        TaskSpec specs[TASKS_EACH];
        for (size_t t = 0; t < TASKS_EACH; t++) {
            const char *lead = random_code(lists->random), *support = random_code(lists->random);
            specs[t] = (TaskSpec) { .lead = lead, .support = g_rand_boolean(lists->random) ? support : NULL, .restricted = t % 3 == 0,
                                   .draft = t % 5 == 1 };
        }
        lists->plans[p] = tasks_issue(lists->f, "issuer01", p == 0 ? "990000-WJW" : random_code(lists->random), specs, TASKS_EACH, lists->tasks + p * TASKS_EACH);
    }
}

static Date random_day(const Lists *lists)
{
    return g_rand_int_range(lists->random, 0, 3) ? DATE_NONE : clock_today(lists->f->clock) + g_rand_int_range(lists->random, -1, 2);
}

/* Groups of a few members each, some of whom have left or not yet come. */
static bool make_groups(DbConn *tx, Lists *lists, GError **err)
{
    for (size_t g = 0; g < GROUPS; g++) {
        char uid[UID_TEXT_MAX];
        GroupInsertRow group;
        bool found;
        uid_new(uid);
        if (!db_one(tx, GroupInsert, lists->f->arena, &group, &found, err, .uid = str_from(uid), .name = str_from(uid), .kind = STR("other")))
            return false;
        lists->groups[g] = group.id;
        for (int64_t m = 0; m < g_rand_int_range(lists->random, 0, 4); m++)
            if (!db_exec(tx, GroupMemberInsert, NULL, err, .group = group.id, .seq = m, .org = fixture_org(lists->f, random_code(lists->random)).id,
                         .from = random_day(lists), .to = random_day(lists)))
                return false;
    }
    return true;
}

static bool make_plan_set(DbConn *tx, Lists *lists, int64_t grant, GError **err)
{
    for (int n = g_rand_int_range(lists->random, 0, 3); n > 0; n--)
        if (!db_exec(tx, GrantPlanInsert, NULL, err, .grant = grant, .plan = lists->plans[g_rand_int_range(lists->random, 0, PLANS)]))
            return false;
    return true;
}

static bool make_grant(DbConn *tx, Lists *lists, int64_t account, GError **err)
{
    static const char *const areas[] = { "99", "9901", "990101", "990102", "990000", "98" };
    static const char *const kinds[] = { "all", "area", "area", "group", "group", "org", "org", "org" };
    GRand *random = lists->random;
    char uid[UID_TEXT_MAX];
    const char *where = kinds[g_rand_int_range(random, 0, G_N_ELEMENTS(kinds))];
    bool by_plan = g_rand_int_range(random, 0, 4) == 0, found;
    GrantInsertRow row;
    return db_one(tx, GrantInsert, lists->f->arena, &row, &found, err, .uid = str_from(uid_new(uid)), .account = account,
                  .role = str_from(role_name((Role) g_rand_int_range(random, 0, ROLE_COUNT))), .where_kind = str_from(where),
                  .where_org = *where == 'o' ? fixture_org(lists->f, random_code(random)).id : DB_NULL_INT,
                  .where_area = g_str_equal(where, "area") ? str_from(areas[g_rand_int_range(random, 0, G_N_ELEMENTS(areas))]) : STR_NONE,
                  .where_group = *where == 'g' ? lists->groups[g_rand_int_range(random, 0, GROUPS)] : DB_NULL_INT,
                  .what_kind = by_plan ? STR("plans") : STR("all"), .valid_from = random_day(lists), .valid_to = random_day(lists))
           && (!by_plan || make_plan_set(tx, lists, row.id, err));
}

/* Every fourth account is deputy for another one, about today. */
static bool make_deputies(DbConn *tx, Lists *lists, GError **err)
{
    Date today = clock_today(lists->f->clock);
    for (size_t u = 0; u < USERS; u += 4) {
        char uid[UID_TEXT_MAX];
        int64_t other = lists->accounts[g_rand_int_range(lists->random, 0, USERS)];
        if (other != lists->accounts[u]
            && !db_exec(tx, DeputyInsert, NULL, err, .uid = str_from(uid_new(uid)), .account = other, .deputy = lists->accounts[u],
                        .from = today + g_rand_int_range(lists->random, -2, 2), .to = today + g_rand_int_range(lists->random, -1, 3), .reason = STR(""),
                        .made_by = DB_NULL_INT, .made = 0))
            return false;
    }
    return true;
}

/* One or two grants of any kind, given past all checks. */
static bool make_grants(DbConn *tx, void *data, GError **err)
{
    Lists *lists = data;
    if (!make_groups(tx, lists, err) || !make_deputies(tx, lists, err))
        return false;
    for (size_t u = 0; u < USERS; u++)
        for (int g = g_rand_int_range(lists->random, 1, 3); g > 0; g--)
            if (!make_grant(tx, lists, lists->accounts[u], err))
                return false;
    return true;
}

/* Every third task is restricted; some accounts are named on it. */
static bool name_readers(DbConn *tx, Lists *lists, GError **err)
{
    for (size_t t = 0; t < G_N_ELEMENTS(lists->tasks); t += 3)
        for (size_t u = t % 5; u < USERS; u += 5)
            if (!db_exec(tx, TaskReaderInsert, NULL, err, .task = tasks_load(lists->f, lists->tasks[t])->id, .account = lists->accounts[u]))
                return false;
    return true;
}

static bool take_accounts(DbConn *tx, void *data, GError **err)
{
    Lists *lists = data;
    g_autoptr(DbRows) rows = db_query(tx, AccountList, err, 0);
    size_t n = 0;
    for (AccountListRow row; n < USERS && rows && db_next(rows, &row, err);)
        lists->accounts[n++] = row.id;
    if (n < USERS)
        return false;
    g_clear_pointer(&rows, db_rows_free);
    for (size_t u = 0; u < USERS; u++)
        if (!db_exec(tx, GrantsDeleteOf, NULL, err, .account = lists->accounts[u]))
            return false;
    return make_grants(tx, lists, err) && name_readers(tx, lists, err);
}

static GHashTable *listed_tasks(Lists *lists, DbConn *conn, const User *user)
{
    g_autoptr(GError) err = NULL;
    GHashTable *uids = g_hash_table_new(str_hash, str_equal);
    TaskFilter all = task_filter_none();
    DbList *list = db_list_new(lists->f->arena, TaskList, "t.id");
    g_assert_true(task_list_find(list, conn, lists->f->arena, user, clock_today(lists->f->clock), &all, STR_NONE, &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    for (TaskListRow row; rows && db_list_next(list, rows, &row, &err);) {
        Str *uid = ARENA_NEW(lists->f->arena, Str);
        *uid = arena_str(lists->f->arena, row.uid);
        g_assert_true(g_hash_table_add(uids, uid)); /* each once, by however many grants */
    }
    g_assert_no_error(err);
    return uids;
}

static size_t listed_plans(Lists *lists, DbConn *conn, int64_t account, Str only)
{
    g_autoptr(GError) err = NULL;
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query(conn, PlanList, &err, .account = account, .today = clock_today(lists->f->clock), .uid = only);
    for (PlanListRow row; rows && db_next(rows, &row, &err);)
        n++;
    g_assert_no_error(err);
    return n;
}

static void test_lists_show_what_may_allows(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Lists lists = { .f = f, .random = g_rand_new_with_seed(20260320) };
    make_tasks(&lists);
    db_write(f->db, DB_BULK, take_accounts, &lists, &err);
    g_assert_no_error(err);
    const Task *tasks[PLANS * TASKS_EACH];
    for (size_t t = 0; t < G_N_ELEMENTS(tasks); t++)
        tasks[t] = tasks_load(f, lists.tasks[t]);
    size_t seen = 0;
    for (size_t u = 0; u < USERS; u++) {
        g_autoptr(DbConn) conn = db_reader(f->db, &err); /* each its own: reading has a limit of time */
        User user;
        g_assert_true(user_load(conn, f->arena, lists.accounts[u], clock_today(f->clock), &user, &err));
        g_autoptr(GHashTable) listed = listed_tasks(&lists, conn, &user);
        bool plan_seen[PLANS] = { false };
        for (size_t t = 0; t < G_N_ELEMENTS(tasks); t++) {
            MayObject facts = task_facts(tasks[t], f->arena);
            bool may_read = may(&user, VERB_READ_TASK, &facts).ok;
            if (may_read != (bool) g_hash_table_contains(listed, &lists.tasks[t]))
                g_error("account %" G_GINT64_FORMAT ", task %zu: may() says %d, the list the other", user.account, t, may_read);
            TaskReadableRow reached;
            bool in_view = may_read;
            if (u % 8 == 0 && !db_one(conn, TaskReadable, f->arena, &reached, &in_view, &err, .uid = lists.tasks[t], .account = user.account, .today = clock_today(f->clock)))
                g_error("%s", err->message);
            if (may_read != in_view)
                g_error("account %" G_GINT64_FORMAT ", task %zu: may() says %d, the view task_reach the other", user.account, t, may_read);
            plan_seen[t / TASKS_EACH] |= may_read;
            seen += may_read;
        }
        for (size_t p = 0; p < PLANS; p++)
            g_assert_cmpuint(listed_plans(&lists, conn, user.account, lists.plans[p]), ==, plan_seen[p]);
    }
    g_test_message("%zu of %d pairs may be seen", seen, USERS * PLANS * TASKS_EACH);
    g_assert_cmpuint(seen, >, USERS * PLANS * TASKS_EACH / 20);
    g_assert_cmpuint(seen, <, USERS * PLANS * TASKS_EACH / 2);
    g_rand_free(lists.random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/may/every-role-and-verb-at-the-edge-of-each-grant", test_every_role_and_verb_at_the_edge_of_each_grant);
    g_test_add_func("/may/without-a-grant-nothing-but-the-directory", test_without_a_grant_nothing_but_the_directory);
    g_test_add_func("/may/every-refusal-has-its-words", test_every_refusal_has_its_words);
    g_test_add_func("/may/an-empty-area-is-nowhere", test_an_empty_area_is_nowhere);
    g_test_add_func("/may/without-a-legal-code-all-above-are-one", test_without_a_legal_code_all_above_are_one);
    g_test_add_func("/may/a-draft-is-for-its-issuer", test_a_draft_is_for_its_issuer);
    g_test_add_func("/may/a-restricted-object-is-for-few", test_a_restricted_object_is_for_few);
    fixture_add("may", "a-grant-holds-from-its-first-to-its-last-day", true, test_a_grant_holds_from_its_first_to_its_last_day);
    fixture_add("may", "independence", true, test_independence);
    fixture_add("may", "the-legal-body-is-the-nearest-upwards", true, test_the_legal_body_is_the_nearest_upwards);
    fixture_add("may", "lists-show-what-may-allows", true, test_lists_show_what_may_allows);
    return g_test_run();
}
