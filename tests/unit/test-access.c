/* Groups by which grants reach, and deputies: what goes over to one, when, and what does not. */
#include "tasks.h"

#include "db/queries.h"

#include "base/banned.h"

#define OWN "990000-WJW-07" /* handler01, head01 */

typedef struct {
    const char *username;
    NewDeputy deputy;
    GroupWish group;
    Fixture *f;
    Str uid;
} Work;

static bool deputy_work(DbConn *tx, void *data, GError **err)
{
    Work *work = data;
    const User *by = fixture_user(work->f, work->username);
    AuditWho who = fixture_who(work->f, by);
    return deputy_add(tx, &work->deputy, by, clock_today(work->f->clock), &who, work->f->arena, &work->uid, err);
}

static bool end_work(DbConn *tx, void *data, GError **err)
{
    Work *work = data;
    const User *by = fixture_user(work->f, work->username);
    AuditWho who = fixture_who(work->f, by);
    return deputy_end(tx, work->uid, by, &who, err);
}

/* `deputy` for `account`, in days from today, as `by` says. */
static bool name_deputy(Fixture *f, const char *by, const char *account, const char *deputy, int from, int to, Str *ret_uid, GError **err)
{
    Date today = clock_today(f->clock);
    Work work = {
        .username = by, .f = f,
        .deputy = { fixture_user(f, account)->account_uid, fixture_user(f, deputy)->account_uid, STR("away"), today + from, today + to },
    };
    bool added = db_write(f->db, DB_INTERACTIVE, deputy_work, &work, err);
    if (added && ret_uid)
        *ret_uid = work.uid;
    return added;
}

static void deputy_for(Fixture *f, const char *account, const char *deputy, int from, int to)
{
    g_autoptr(GError) err = NULL;
    name_deputy(f, account, account, deputy, from, to, NULL, &err);
    g_assert_no_error(err);
}

static May may_submit(Fixture *f, const char *username, Date day)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    User *user = ARENA_NEW(f->arena, User);
    bool found;
    g_assert_true(user_by_name(conn, f->arena, str_from(username), day, user, &found, &err));
    Str unit = fixture_org(f, OWN).path;
    MayObject object = { .owner_paths = &unit, .n_owners = 1 };
    return may(user, VERB_SUBMIT, &object);
}

static void test_a_deputy_has_the_grants_for_the_days(Fixture *f)
{
    Date today = clock_today(f->clock);
    g_assert_false(may_submit(f, "issuer01", today + 2).ok);
    deputy_for(f, "head01", "issuer01", 1, 3);
    const bool holds[] = { false, true, true, true, false };
    for (int day = 0; day < (int) G_N_ELEMENTS(holds); day++) {
        May answer = may_submit(f, "issuer01", today + day);
        g_assert_true(answer.ok == holds[day]);
        g_assert_true(!answer.ok || str_eq(answer.of->person_name, fixture_user(f, "head01")->person_name));
    }
    g_assert_true(may_submit(f, "head01", today + 2).ok); /* who comes back early finds everything as it was */
    g_assert_null(may_submit(f, "head01", today + 2).of);
    g_assert_false(may_submit(f, "handler01", today + 2).ok);
}

static void test_administration_is_not_handed_over(Fixture *f)
{
    Date today = clock_today(f->clock);
    g_autoptr(GError) err = NULL;
    Str uid;
    name_deputy(f, "secadmin01", "auditadmin01", "handler01", 0, 5, &uid, &err);
    g_assert_no_error(err);
    g_assert_false(user_is_administrator(fixture_user(f, "handler01")));
    g_assert_cmpint(today, ==, clock_today(f->clock));
}

static void test_who_may_name_a_deputy(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid;
    g_assert_false(name_deputy(f, "handler01", "head01", "issuer01", 0, 1, NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(name_deputy(f, "head01", "issuer01", "handler01", 0, 1, NULL, &err)); /* of another unit */
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
    g_assert_true(name_deputy(f, "head01", "handler01", "issuer01", 0, 1, &uid, &err));
    g_assert_false(name_deputy(f, "handler01", "handler01", "leader01", 1, 4, NULL, &err));
    assert_refused(&err, BH_CONFLICT, "deputy-known");
    g_assert_false(name_deputy(f, "handler01", "handler01", "handler01b", 5, 6, NULL, &err));
    assert_refused(&err, BH_CONFLICT, "deputy-self");
    Work end = { .f = f, .username = "issuer01", .uid = uid };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, end_work, &end, &err)); /* not the deputy's to end */
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    end.username = "handler01";
    g_assert_true(db_write(f->db, DB_INTERACTIVE, end_work, &end, &err));
    g_assert_cmpuint(fixture_user(f, "issuer01")->n_absents, ==, 0);
    g_assert_false(db_write(f->db, DB_INTERACTIVE, end_work, &end, &err));
    assert_refused(&err, BH_CONFLICT, "deputy-over");
}

static void test_days_that_make_no_sense(Fixture *f)
{
    static const struct {
        int from, to;
        const char *at;
    } cases[] = { { 3, 2, "/to" }, { -3, -1, "/to" }, { -1, 2, "/from" }, { 0, 400, "/to" } };
    g_autoptr(GError) err = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_false(name_deputy(f, "head01", "head01", "issuer01", cases[i].from, cases[i].to, NULL, &err));
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
}

static Str last_event(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, EventsAfter, &err, .seq = 0, .limit = 100000);
    Str body = STR_NONE;
    for (EventsAfterRow row; db_next(rows, &row, &err);)
        body = arena_str(f->arena, row.body);
    return body;
}

/* Rule f: a deputy's claim is that of the one who is away, for both of them, also when he is back. */
static void test_both_count_as_one(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    deputy_for(f, "head01", "reviewer01", 0, 2);
    tasks_bring(f, uid, "working");
    g_assert_true(tasks_do(f, "reviewer01", uid, "submit", NULL, &err));
    g_assert_no_error(err);
    Str body = last_event(f), expected = arena_printf(f->arena, "\"for\":\"" STR_FMT "\"", STR_ARG(fixture_user(f, "head01")->account_uid));
    g_assert_true(str_has(body, expected));
    const Task *task = tasks_load(f, uid);
    g_assert_true(str_eq(task->claim_by.org_name, fixture_org(f, OWN).name)); /* the claim is the unit's */
    g_assert_true(str_eq(task->claim_by.uid, fixture_user(f, "reviewer01")->account_uid));
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-claim");
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) 30 * 24 * 3600 * 1000);
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-claim");
    g_assert_true(user_is_one_with(fixture_user(f, "head01"), task->claim_person, task->claim_at));
    g_assert_false(user_is_one_with(fixture_user(f, "head01"), task->claim_person, clock_now_ms(f->clock)));
    tasks_assert_proven(f);
}

/* While one stands for another, the other's unit counts as his own: he does not judge its work. */
static void test_a_deputy_stands_where_the_absent_one_does(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    tasks_bring(f, uid, "submitted");
    deputy_for(f, "handler01", "reviewer01", 0, 2);
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err));
    g_assert_cmpint(error_class_of(err)->code, ==, BH_FORBIDDEN);
    g_clear_error(&err);
}

/* --- Groups --------------------------------------------------------------------------------------------------------------- */

static bool group_work(DbConn *tx, void *data, GError **err)
{
    Work *work = data;
    const User *by = fixture_user(work->f, work->username);
    AuditWho who = fixture_who(work->f, by);
    return work->uid.p ? group_change(tx, &work->group, by, &who, err) : group_add(tx, &work->group, &who, work->f->arena, &work->uid, err);
}

static bool reads_task_of(Fixture *f, const char *code, Date day)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    User *user = ARENA_NEW(f->arena, User);
    bool found;
    g_assert_true(user_by_name(conn, f->arena, STR("handler01"), day, user, &found, &err));
    Str path = fixture_org(f, code).path;
    MayObject object = { .owner_paths = &path, .n_owners = 1 };
    return may(user, VERB_REVIEW, &object).ok;
}

static void test_a_grant_reaches_by_a_group(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Date today = clock_today(f->clock);
    const GroupMember members[] = {
        { fixture_org(f, "990101-WJW").uid, DATE_NONE, DATE_NONE }, { fixture_org(f, "990000-YY01").uid, today + 2, today + 3 },
    };
    Work work = { .f = f, .username = "secadmin01", .group = { .name = STR("alliance"), .kind = STR("alliance"), .members = members, .n_members = 2 } };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, group_work, &work, &err));
    const User *admin = fixture_user(f, "secadmin01");
    AuditWho who = fixture_who(f, admin);
    NewGrant grant = { .account_uid = fixture_user(f, "handler01")->account_uid, .role = ROLE_REVIEWER, .where = WHERE_GROUP, .where_uid = work.uid, .to = DATE_NONE, .from = DATE_NONE };
    Str made;
    g_assert_true(grant_add(f->db, &grant, admin, &who, f->arena, &made, &err));
    g_assert_true(reads_task_of(f, "990101-WJW-04", today)); /* below a member */
    g_assert_false(reads_task_of(f, "990102-WJW", today));
    const bool hospital[] = { false, false, true, true, false };
    for (int day = 0; day < (int) G_N_ELEMENTS(hospital); day++)
        g_assert_true(reads_task_of(f, "990000-YY01", today + day) == hospital[day]);

    work.group.n_members = 0;
    work.group.uid = work.uid;
    work.group.version = 7;
    g_assert_false(db_write(f->db, DB_INTERACTIVE, group_work, &work, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    work.group.version = 1;
    work.username = "handler01"; /* whoever it is: nobody changes what a grant of his own reaches by */
    g_assert_false(db_write(f->db, DB_INTERACTIVE, group_work, &work, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-grant");
    work.username = "secadmin01";
    g_assert_true(db_write(f->db, DB_INTERACTIVE, group_work, &work, &err));
    g_assert_false(reads_task_of(f, "990101-WJW-04", today));
}

/* Neither days that do not meet nor a small place make two administrations of one person possible. */
static void test_three_administrators_whatever_the_days_and_places(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Date today = clock_today(f->clock);
    const User *admin = fixture_user(f, "secadmin01");
    AuditWho who = fixture_who(f, admin);
    Str to = fixture_user(f, "handler01")->account_uid, made, area = STR("9901");
    NewGrant first = { .account_uid = to, .role = ROLE_SYSTEM_ADMIN, .where = WHERE_AREA, .where_area = area, .from = today - 20, .to = today - 10 };
    g_assert_true(grant_add(f->db, &first, admin, &who, f->arena, &made, &err));
    NewGrant later = { .account_uid = to, .role = ROLE_AUDIT_ADMIN, .where = WHERE_ALL, .from = today + 10, .to = DATE_NONE };
    g_assert_false(grant_add(f->db, &later, admin, &who, f->arena, &made, &err));
    assert_refused(&err, BH_CONFLICT, "roles-exclude");
    later.account_uid = fixture_user(f, "handler01b")->account_uid; /* the person's other account */
    g_assert_false(grant_add(f->db, &later, admin, &who, f->arena, &made, &err));
    assert_refused(&err, BH_CONFLICT, "roles-exclude");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("access", "a-deputy-has-the-grants-for-the-days", true, test_a_deputy_has_the_grants_for_the_days);
    fixture_add("access", "administration-is-not-handed-over", true, test_administration_is_not_handed_over);
    fixture_add("access", "who-may-name-a-deputy", true, test_who_may_name_a_deputy);
    fixture_add("access", "days-that-make-no-sense", true, test_days_that_make_no_sense);
    fixture_add("access", "both-count-as-one", true, test_both_count_as_one);
    fixture_add("access", "a-deputy-stands-where-the-absent-one-does", true, test_a_deputy_stands_where_the_absent_one_does);
    fixture_add("access", "a-grant-reaches-by-a-group", true, test_a_grant_reaches_by_a_group);
    fixture_add("access", "three-administrators-whatever-the-days-and-places", true, test_three_administrators_whatever_the_days_and_places);
    return g_test_run();
}
