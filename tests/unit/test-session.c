/* Logging in, and who one is then: sessions and their ends, passwords, accounts, grants, and one person behind several accounts. */
#include "fixture.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

static const SessionLimits limits = { 30, 15 };

static bool log_in(Fixture *f, const char *username, const char *password, Str *ret_token, GError **err)
{
    LogIn login = { .username = str_from(username), .password = str_from(password), .via = "http" };
    return session_open(f->db, f->clock, f->keys, &login, f->arena, ret_token, err);
}

static Str logged_in(Fixture *f, const char *username)
{
    g_autoptr(GError) err = NULL;
    Str token;
    log_in(f, username, FIXTURE_PASSWORD, &token, &err);
    g_assert_no_error(err);
    return token;
}

static bool find(Fixture *f, Str token, Session *ret_session)
{
    g_autoptr(GError) err = NULL;
    bool found = false;
    session_find(f->db, f->clock, &limits, token, f->arena, ret_session, &found, &err);
    g_assert_no_error(err);
    return found;
}

static bool open_still(Fixture *f, Str token)
{
    Session session;
    return find(f, token, &session);
}

static void pass(Fixture *f, int64_t ms)
{
    clock_set(f->clock, clock_now_ms(f->clock) + ms);
}

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static void assert_log_in_refused(Fixture *f, const char *username, const char *password, BhError code, const char *why)
{
    g_autoptr(GError) err = NULL;
    Str token;
    g_assert_false(log_in(f, username, password, &token, &err));
    assert_refused(&err, code, why);
}

/* --- In and out ------------------------------------------------------------------------------------------------------------- */

static void test_log_in_and_out(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str token = logged_in(f, "issuer01"), other = logged_in(f, "issuer01");
    Session session;
    g_assert_true(find(f, token, &session));
    g_assert_true(str_eq(session.user.username, STR("issuer01")));
    g_assert_true(user_has_role(&session.user, ROLE_ISSUER));
    g_assert_false(session.user.must_change);
    g_assert_cmpint(session.idle_minutes, ==, 30);
    g_assert_cmpuint(session.csrf.n, ==, 32);
    g_assert_false(str_eq(token, other));
    g_assert_true(session_close(f->db, token, &err));
    g_assert_false(open_still(f, token));
    g_assert_true(open_still(f, other));
}

static void test_only_a_hash_of_the_token_is_stored(Fixture *f)
{
    Str token = logged_in(f, "issuer01");
    g_assert_false(fixture_stored(f, token));
    g_assert_false(fixture_stored(f, STR(FIXTURE_PASSWORD)));
    g_assert_false(open_still(f, STR("")));
    g_assert_false(open_still(f, str_head(token, token.n - 1)));
}

static void test_wrong_password_and_unknown_account_are_one(Fixture *f)
{
    assert_log_in_refused(f, "issuer01", "wrong", BH_UNAUTHENTICATED, "bad-login");
    assert_log_in_refused(f, "issuer01", "", BH_UNAUTHENTICATED, "bad-login");
    assert_log_in_refused(f, "nobody", FIXTURE_PASSWORD, BH_UNAUTHENTICATED, "bad-login");
    assert_log_in_refused(f, "", "", BH_UNAUTHENTICATED, "bad-login");
    assert_log_in_refused(f, "ISSUER01", FIXTURE_PASSWORD, BH_UNAUTHENTICATED, "bad-login");
}

/* --- Locked ----------------------------------------------------------------------------------------------------------------- */

static void fail_to_log_in(Fixture *f, int times)
{
    for (int i = 0; i < times; i++)
        assert_log_in_refused(f, "issuer01", "wrong", BH_UNAUTHENTICATED, "bad-login");
}

static void test_five_failures_lock_for_fifteen_minutes(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str token;
    fail_to_log_in(f, 5);
    g_assert_false(log_in(f, "issuer01", FIXTURE_PASSWORD, &token, &err));
    g_assert_cmpstr(error_get_params(err), ==, "until=2026-03-20T09:15:00+08:00");
    assert_refused(&err, BH_LOCKED, "locked");
    pass(f, 15 * MINUTE - 1);
    assert_log_in_refused(f, "issuer01", FIXTURE_PASSWORD, BH_LOCKED, "locked");
    logged_in(f, "head01"); /* nobody else is */
    pass(f, 1);
    logged_in(f, "issuer01");
    fail_to_log_in(f, 4); /* and counts from none again */
    logged_in(f, "issuer01");
}

static void test_a_log_in_forgets_the_failures_before(Fixture *f)
{
    for (int i = 0; i < 3; i++) {
        fail_to_log_in(f, 4);
        logged_in(f, "issuer01");
    }
}

static gpointer guess(gpointer data)
{
    Fixture *f = data;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    Str token;
    LogIn login = { .username = STR("issuer01"), .password = STR("a guess"), .via = "http" };
    session_open(f->db, f->clock, f->keys, &login, arena, &token, &err);
    return NULL;
}

/* Who guesses many at a time gets no more guesses than one at a time. */
static void test_guesses_at_the_same_time_all_count(Fixture *f)
{
    GThread *threads[5];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("guess", guess, f);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_log_in_refused(f, "issuer01", FIXTURE_PASSWORD, BH_LOCKED, "locked");
}

/* --- Idle -------------------------------------------------------------------------------------------------------------------- */

static void check_idle(Fixture *f, const char *username, int minutes)
{
    Str token = logged_in(f, username), unused = logged_in(f, username);
    for (int i = 0; i < 3; i++) { /* used it stays */
        pass(f, (int64_t) minutes * MINUTE);
        g_assert_true(open_still(f, token));
    }
    g_assert_false(open_still(f, unused));
    pass(f, (int64_t) minutes * MINUTE + 1);
    g_assert_false(open_still(f, token));
}

static void test_idle_sessions_end(Fixture *f)
{
    check_idle(f, "issuer01", 30);
    check_idle(f, "sysadmin01", 15);
    check_idle(f, "secadmin01", 15);
    check_idle(f, "auditadmin01", 15);
}

static int64_t written(Fixture *f)
{
    return db_writer_state(f->db).works;
}

static void test_use_is_written_once_a_minute(Fixture *f)
{
    Str token = logged_in(f, "issuer01");
    int64_t before = written(f);
    for (int i = 0; i < 59; i++) {
        pass(f, SECOND);
        g_assert_true(open_still(f, token));
    }
    g_assert_cmpint(written(f), ==, before);
    pass(f, SECOND);
    g_assert_true(open_still(f, token));
    g_assert_true(open_still(f, token));
    g_assert_cmpint(written(f), ==, before + 1);
}

/* --- Passwords -------------------------------------------------------------------------------------------------------------- */

#define NEW_PASSWORD "another-good-one"

/* kept: the session it is done from. */
static bool change_from(Fixture *f, const char *username, const char *old_password, const char *new_password, Str kept, GError **err)
{
    const User *user = fixture_user(f, username);
    AuditWho who = fixture_who(f, user);
    return password_change(f->db, f->clock, user, str_from(old_password), str_from(new_password), kept, &who, err);
}

static bool change(Fixture *f, const char *username, const char *old_password, const char *new_password, GError **err)
{
    return change_from(f, username, old_password, new_password, STR_NONE, err);
}

static void test_changing_ones_password(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(change(f, "issuer01", FIXTURE_PASSWORD, NEW_PASSWORD, &err));
    assert_log_in_refused(f, "issuer01", FIXTURE_PASSWORD, BH_UNAUTHENTICATED, "bad-login");
    Str token;
    g_assert_true(log_in(f, "issuer01", NEW_PASSWORD, &token, &err));
}

static void test_passwords_that_are_refused(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *huge = g_strnfill(LIMIT_PASSWORD_BYTES + 1, 'x');
    g_assert_false(change(f, "issuer01", FIXTURE_PASSWORD, "123456789", &err));
    g_assert_cmpstr(error_get_at(err), ==, "/new");
    assert_refused(&err, BH_BAD_INPUT, "weak-password");
    g_assert_false(change(f, "issuer01", FIXTURE_PASSWORD, FIXTURE_PASSWORD, &err)); /* the one that somebody else knows too */
    assert_refused(&err, BH_BAD_INPUT, "weak-password");
    g_assert_false(change(f, "issuer01", FIXTURE_PASSWORD, huge, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
    g_assert_true(change(f, "issuer01", FIXTURE_PASSWORD, "1234567890", &err)); /* ten are enough */
}

/* A session left open is no place to guess from. */
static void test_a_wrong_old_password_counts_as_a_failure(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    for (int i = 0; i < 5; i++) {
        g_assert_false(change(f, "issuer01", "wrong", NEW_PASSWORD, &err));
        assert_refused(&err, BH_UNAUTHENTICATED, "bad-login");
    }
    g_assert_false(change(f, "issuer01", FIXTURE_PASSWORD, NEW_PASSWORD, &err));
    assert_refused(&err, BH_LOCKED, "locked");
    assert_log_in_refused(f, "issuer01", FIXTURE_PASSWORD, BH_LOCKED, "locked");
}

/* --- The security administrator ---------------------------------------------------------------------------------------------- */

typedef struct {
    const User *user;
    AuditWho who;
} By;

static By by(Fixture *f, const char *username)
{
    const User *user = fixture_user(f, username);
    return (By) { user, fixture_who(f, user) };
}

static int64_t version_of(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    AccountByUidRow row;
    bool found;
    g_assert_true(db_one(conn, AccountByUid, f->arena, &row, &found, &err, .uid = uid));
    return row.version;
}

static void test_a_disabled_account_is_out_at_once(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    By admin = by(f, "secadmin01");
    Str uid = fixture_user(f, "issuer01")->account_uid, token = logged_in(f, "issuer01");
    g_assert_false(account_set_state(f->db, uid, STR("asleep"), 1, admin.user, &admin.who, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_false(account_set_state(f->db, uid, STR("disabled"), 99, admin.user, &admin.who, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_true(account_set_state(f->db, uid, STR("disabled"), version_of(f, uid), admin.user, &admin.who, &err));
    g_assert_false(open_still(f, token));
    assert_log_in_refused(f, "issuer01", FIXTURE_PASSWORD, BH_UNAUTHENTICATED, "bad-login");
    g_assert_true(account_set_state(f->db, uid, STR("active"), version_of(f, uid), admin.user, &admin.who, &err));
    g_assert_false(open_still(f, token)); /* its sessions do not come back */
    logged_in(f, "issuer01");
}

static void test_a_reset_password_must_be_changed(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    By admin = by(f, "secadmin01");
    Str uid = fixture_user(f, "issuer01")->account_uid, token = logged_in(f, "issuer01"), password;
    fail_to_log_in(f, 5);
    g_assert_true(account_reset_password(f->db, uid, admin.user, &admin.who, f->arena, &password, &err));
    g_assert_false(open_still(f, token));
    Session session;
    g_assert_true(log_in(f, "issuer01", password.p, &token, &err)); /* and the lock is off */
    g_assert_true(find(f, token, &session));
    g_assert_true(session.user.must_change);
    g_assert_true(change_from(f, "issuer01", password.p, NEW_PASSWORD, token, &err));
    g_assert_true(find(f, token, &session));
    g_assert_false(session.user.must_change);
}

static void test_nobody_changes_his_own_rights(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    By admin = by(f, "secadmin01");
    Str own = admin.user->account_uid, made;
    NewGrant grant = { .account_uid = own, .role = ROLE_LEADER, .where = WHERE_ALL, .from = DATE_NONE, .to = DATE_NONE };
    g_assert_false(grant_add(f->db, &grant, admin.user, &admin.who, f->arena, &made, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-grant");
    g_assert_false(grant_remove(f->db, own, admin.user->grants[0].uid, admin.user, &admin.who, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-grant");
    g_assert_false(account_reset_password(f->db, own, admin.user, &admin.who, f->arena, &made, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-grant");
    By other_self = by(f, "handler01b"); /* nor those of his other account */
    NewGrant other = { .account_uid = fixture_user(f, "handler01")->account_uid, .role = ROLE_REVIEWER, .where = WHERE_ALL, .from = DATE_NONE, .to = DATE_NONE };
    g_assert_false(grant_add(f->db, &other, other_self.user, &other_self.who, f->arena, &made, &err));
    assert_refused(&err, BH_FORBIDDEN, "own-grant");
}

static void test_grants_that_make_no_sense(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    By admin = by(f, "secadmin01");
    Str to = fixture_user(f, "issuer01")->account_uid, made;
    static const Str some_plan = STR_INIT("some plan");
    const struct {
        NewGrant grant;
        const char *at;
    } cases[] = {
#define OPEN .from = DATE_NONE, .to = DATE_NONE
        { { to, ROLE_LEADER, WHERE_AREA, .where_area = STR(""), OPEN }, "/where/area" },
        { { to, ROLE_LEADER, WHERE_AREA, OPEN }, "/where/area" },
        { { to, ROLE_LEADER, WHERE_AREA, .where_area = STR("99%"), OPEN }, "/where/area" },
        { { to, ROLE_LEADER, WHERE_ORG, .where_uid = STR("nowhere"), OPEN }, "/where/org" },
        { { to, ROLE_LEADER, WHERE_GROUP, .where_uid = STR("no group"), OPEN }, "/where/group" },
        { { to, ROLE_LEADER, WHERE_ALL, .by_plan = true, .plans = &some_plan, .n_plans = 1, OPEN }, "/what/plans/0" },
        { { to, ROLE_LEADER, WHERE_ALL, .by_plan = true, OPEN }, "/what/plans" },
        { { to, ROLE_LEADER, WHERE_ALL, .from = 20001, .to = 20000 }, "/to" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_false(grant_add(f->db, &cases[i].grant, admin.user, &admin.who, f->arena, &made, &err));
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
    NewGrant one_day = { to, ROLE_LEADER, WHERE_AREA, .where_area = STR("9901"), .from = 20000, .to = 20000 };
    g_assert_true(grant_add(f->db, &one_day, admin.user, &admin.who, f->arena, &made, &err));
    g_assert_false(grant_remove(f->db, fixture_user(f, "head01")->account_uid, made, admin.user, &admin.who, &err)); /* another's grant */
    assert_refused(&err, BH_NOT_FOUND, NULL);
    g_assert_true(grant_remove(f->db, to, made, admin.user, &admin.who, &err));
}

/* --- Persons ------------------------------------------------------------------------------------------------------------------- */

static void test_two_accounts_of_one_person(Fixture *f)
{
    const User *a = fixture_user(f, "handler01"), *b = fixture_user(f, "handler01b"), *c = fixture_user(f, "reviewer01"), *d = fixture_user(f, "reviewer01b");
    g_assert_cmpint(a->person, ==, b->person);
    g_assert_cmpint(c->person, ==, d->person);
    g_assert_cmpint(a->person, !=, c->person);
    g_assert_cmpuint(a->n_person_paths, ==, 2); /* each knows where the other stands */
    g_assert_cmpuint(b->n_person_paths, ==, 2);
    g_assert_true(a->proven && b->proven);
    g_assert_cmpuint(fixture_user(f, "head01")->n_person_paths, ==, 1);
}

static void test_without_a_number_nobody_is_proven(Fixture *f)
{
    g_assert_false(fixture_user(f, "maqingyuan")->proven);
    g_assert_false(fixture_user(f, "mazhi")->proven);
    g_assert_true(fixture_user(f, "issuer01")->proven);
}

static bool create(Fixture *f, NewAccount account, Str *ret_uid, Str *ret_password, GError **err)
{
    By admin = by(f, "secadmin01");
    if (!account.org_uid.p)
        account.org_uid = fixture_org(f, "990000-WJW-12").uid;
    return account_create(f->db, &account, f->keys, &admin.who, f->arena, ret_uid, ret_password, err);
}

static void test_making_an_account(Fixture *f)
{
    static const Role roles[] = { ROLE_REVIEWER, ROLE_HANDLER };
    g_autoptr(GError) err = NULL;
    NewAccount account = { .username = STR("new.one"), .person_name = STR("Somebody New"), .telephone = STR("19911111111"), .roles = roles, .n_roles = 2 };
    Str uid, password, token;
    g_assert_true(create(f, account, &uid, &password, &err));
    g_assert_no_error(err);
    g_assert_cmpuint(password.n, ==, 19);
    g_assert_true(log_in(f, "new.one", password.p, &token, &err));
    const User *user = fixture_user(f, "new.one");
    g_assert_true(user->must_change && user->proven);
    for (size_t i = 0; i < user->n_grants; i++) /* a handler works in its unit, a reviewer reviews in the whole commission */
        g_assert_true(str_eq(user->grants[i].where_uid, fixture_org(f, user->grants[i].role == ROLE_HANDLER ? "990000-WJW-12" : "990000-WJW").uid));
    g_assert_false(create(f, account, &uid, &password, &err));
    assert_refused(&err, BH_CONFLICT, "username-taken");
    account.username = STR("new.two"); /* the same proof is the same person */
    g_assert_true(create(f, account, &uid, &password, &err));
    g_assert_cmpint(fixture_user(f, "new.two")->person, ==, user->person);
    account.username = STR("new.three");
    account.person_name = STR("Somebody Else");
    g_assert_false(create(f, account, &uid, &password, &err));
    assert_refused(&err, BH_CONFLICT, "person-known");
}

static void test_accounts_that_are_refused(Fixture *f)
{
    static const char *const usernames[] = { "", "ab", ".abc", "a b c", "abc/d", "abcdefghijklmnopqrstuvwxyz1234567" };
    g_autoptr(GError) err = NULL;
    Str uid, password;
    for (size_t i = 0; i < G_N_ELEMENTS(usernames); i++) {
        g_assert_false(create(f, (NewAccount) { .username = str_from(usernames[i]), .person_name = STR("A") }, &uid, &password, &err));
        assert_refused(&err, BH_BAD_INPUT, "username-bad");
    }
    g_assert_false(create(f, (NewAccount) { .username = STR("abc"), .person_name = STR(" ") }, &uid, &password, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    static const char *const numbers[] = { "990000196401010013", "990000196413010012", "99000019640101001", "9900001964010100122", "99000019640101001A" };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        NewAccount account = { .username = STR("abc"), .person_name = STR("A"), .id_number = str_from(numbers[i]) };
        g_assert_false(create(f, account, &uid, &password, &err));
        assert_refused(&err, BH_BAD_INPUT, "person-bad");
    }
    g_assert_false(create(f, (NewAccount) { .username = STR("abc"), .person_name = STR("A"), .org_uid = STR("none") }, &uid, &password, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
}

static const Role administrators[] = { ROLE_SYSTEM_ADMIN, ROLE_SECURITY_ADMIN, ROLE_AUDIT_ADMIN };

static void test_administrators_exclude_each_other_for_a_person(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    By admin = by(f, "secadmin01");
    Str uid, password, made;
    const User *holder = fixture_user(f, "sysadmin01");
    for (size_t i = 0; i < 3; i++) {
        Role two[] = { administrators[i], administrators[(i + 1) % 3] };
        NewAccount both = { .username = STR("both"), .person_name = STR("A"), .roles = two, .n_roles = 2 };
        g_assert_false(create(f, both, &uid, &password, &err));
        assert_refused(&err, BH_CONFLICT, "roles-exclude");
        if (administrators[i] == ROLE_SYSTEM_ADMIN)
            continue;
        NewGrant grant = { .account_uid = holder->account_uid, .role = administrators[i], .where = WHERE_ALL, .from = DATE_NONE, .to = DATE_NONE };
        g_assert_false(grant_add(f->db, &grant, admin.user, &admin.who, f->arena, &made, &err));
        assert_refused(&err, BH_CONFLICT, "roles-exclude");
        NewAccount second = { .username = STR("second"), .person_uid = holder->person_uid, .roles = &administrators[i], .n_roles = 1 };
        g_assert_false(create(f, second, &uid, &password, &err)); /* nor by a second account */
        assert_refused(&err, BH_CONFLICT, "roles-exclude");
    }
    NewAccount harmless = { .username = STR("second"), .person_uid = holder->person_uid, .roles = (const Role[]) { ROLE_HANDLER }, .n_roles = 1 };
    g_assert_true(create(f, harmless, &uid, &password, &err));
}

static void test_the_first_administrator(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str username, password, token;
    g_assert_true(first_administrator(f->db, f->clock, f->arena, &username, &password, &err));
    g_assert_no_error(err);
    g_assert_true(log_in(f, username.p, password.p, &token, &err));
    const User *user = fixture_user(f, username.p);
    g_assert_true(user->must_change);
    g_assert_cmpuint(user->n_grants, ==, 1);
    g_assert_true(user_has_role(user, ROLE_SECURITY_ADMIN));
    g_assert_false(first_administrator(f->db, f->clock, f->arena, &username, &password, &err)); /* only once */
    g_assert_no_error(err);
}

static void test_a_city_needs_no_first_administrator(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str username, password;
    g_assert_false(first_administrator(f->db, f->clock, f->arena, &username, &password, &err));
    g_assert_no_error(err);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "log-in-and-out", test_log_in_and_out },
        { "only-a-hash-of-the-token-is-stored", test_only_a_hash_of_the_token_is_stored },
        { "wrong-password-and-unknown-account-are-one", test_wrong_password_and_unknown_account_are_one },
        { "five-failures-lock-for-fifteen-minutes", test_five_failures_lock_for_fifteen_minutes },
        { "a-log-in-forgets-the-failures-before", test_a_log_in_forgets_the_failures_before },
        { "guesses-at-the-same-time-all-count", test_guesses_at_the_same_time_all_count },
        { "idle-sessions-end", test_idle_sessions_end },
        { "use-is-written-once-a-minute", test_use_is_written_once_a_minute },
        { "changing-ones-password", test_changing_ones_password },
        { "passwords-that-are-refused", test_passwords_that_are_refused },
        { "a-wrong-old-password-counts-as-a-failure", test_a_wrong_old_password_counts_as_a_failure },
        { "a-disabled-account-is-out-at-once", test_a_disabled_account_is_out_at_once },
        { "a-reset-password-must-be-changed", test_a_reset_password_must_be_changed },
        { "nobody-changes-his-own-rights", test_nobody_changes_his_own_rights },
        { "grants-that-make-no-sense", test_grants_that_make_no_sense },
        { "two-accounts-of-one-person", test_two_accounts_of_one_person },
        { "without-a-number-nobody-is-proven", test_without_a_number_nobody_is_proven },
        { "making-an-account", test_making_an_account },
        { "accounts-that-are-refused", test_accounts_that_are_refused },
        { "administrators-exclude-each-other-for-a-person", test_administrators_exclude_each_other_for_a_person },
        { "a-city-needs-no-first-administrator", test_a_city_needs_no_first_administrator },
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("session", tests[i].name, true, tests[i].test);
    fixture_add("session", "the-first-administrator", false, test_the_first_administrator);
    return g_test_run();
}
