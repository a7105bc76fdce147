/* Tasks by hand, amendments with their marks, restricted tasks, overruling, shares waived, suspensions that end, the holding period, and relapses upwards. */
#include "tasks.h"

#include "base/json.h"
#include "db/build.h"
#include "db/queries.h"
#include "ledger/task_list.h"

#include "base/banned.h"

static const TaskSpec plain = { .lead = "990000-WJW-07" };

static void expect(bool done, GError **err)
{
    g_assert_no_error(*err);
    g_assert_true(done);
}

static void assert_state(Fixture *f, Str uid, const char *state)
{
    Str is = tasks_load(f, uid)->state;
    g_assert_cmpmem(is.p, is.n, state, strlen(state));
}

static Str fields(Fixture *f, const char *more)
{
    Org lead = fixture_org(f, "990000-WJW-07");
    return arena_printf(f->arena, "{\"title\":\"a call\",\"lead\":[\"" STR_FMT "\"],\"due\":\"2026-05-01\"%s}", STR_ARG(lead.uid), more);
}

static Str person_set(Fixture *f, const char *field, const char *username)
{
    return arena_printf(f->arena, "{\"%s\":\"" STR_FMT "\"}", field, STR_ARG(fixture_user(f, username)->account_uid));
}

static Str reader_set(Fixture *f, const char *username)
{
    return arena_printf(f->arena, "{\"readers\":[\"" STR_FMT "\"]}", STR_ARG(fixture_user(f, username)->account_uid));
}

/* --- By hand ------------------------------------------------------------------------------------------------------------ */

static void test_a_task_by_hand(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str more = fields(f, ",\"source_no\":\"N1\",\"source_date\":\"2026-03-01\",\"basis\":\"a paper\",\"measures\":[\"one\",\"two\"],"
                         "\"targets\":[{\"metric\":\"rate\",\"op\":\">=\",\"value\":\"95.0\",\"unit\":\"%\"}],\"term\":\"at_once\",\"category\":\"c\"");
    Str first = tasks_add(f, "issuer01", "hotline", more.p, true, &err), second = tasks_add(f, "issuer01", "hotline", "{\"title\":\"later\"}", false, &err);
    Str other = tasks_add(f, "issuer01", "audit", "{\"title\":\"found\"}", false, &err);
    g_assert_no_error(err);
    const Task *task = tasks_load(f, first), *draft = tasks_load(f, second);
    assert_state(f, first, "issued");
    assert_state(f, second, "draft");
    g_assert_cmpint(task->n_measures, ==, 2);
    g_assert_cmpint(task->figures, ==, 1);
    g_assert_true(str_eq(task->targets[0].value, STR("95")) && str_eq(task->term, STR("at_once")) && str_eq(task->source_no, STR("N1")));
    g_assert_true(str_eq(task->text, STR("a call"))); /* where nothing else is said */
    g_assert_true(str_ends(task->number, STR("-2026-001")) && str_ends(draft->number, STR("-2026-002")));
    g_assert_true(str_eq(task->plan_uid, draft->plan_uid) && !str_eq(task->plan_uid, tasks_load(f, other)->plan_uid)); /* one plan a source and year */
    tasks_assert_proven(f);
}

static void test_what_a_task_by_hand_needs(Fixture *f)
{
    static const struct {
        const char *who, *source, *fields, *detail;
        bool issue;
        BhError code;
    } cases[] = {
        { "issuer01", "hotline", "{}", "title-missing", false, BH_BAD_INPUT },
        { "issuer01", "hotline", "{\"title\":\"x\"}", "lead-missing", true, BH_BAD_INPUT },
        { "issuer01", "hotline", "{\"title\":\"x\",\"lead\":[\"00000000000000000000000000\"]}", "org-unknown", false, BH_BAD_INPUT },
        { "issuer01", "hotline", "{\"title\":\"x\",\"handler\":\"00000000000000000000000000\"}", "account-unknown", false, BH_BAD_INPUT },
        { "issuer01", "hotline", "{\"title\":\"x\",\"state\":\"closed\"}", NULL, false, BH_BAD_INPUT },
        { "issuer01", "rumour", "{\"title\":\"x\"}", NULL, false, BH_BAD_INPUT },
        { "head01", "hotline", "{\"title\":\"x\"}", "no-role", false, BH_FORBIDDEN },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_assert_null(tasks_add(f, cases[i].who, cases[i].source, cases[i].fields, cases[i].issue, &err).p);
        assert_refused(&err, cases[i].code, cases[i].detail);
    }
    tasks_assert_proven(f);
}

static void test_a_draft_is_its_issuers(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_add(f, "issuer01", "inspection", fields(f, "").p, false, &err);
    expect(uid.p != NULL, &err);
    g_assert_false(tasks_do(f, "handler01", uid, "accept", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    g_assert_cmpstr(task_allowed(fixture_user(f, "head01"), tasks_load(f, uid), "comment", f->arena).why, ==, "no-role");
    expect(tasks_amend(f, "issuer01", uid, "{\"title\":\"better\",\"due\":null}", NULL, &err), &err); /* free, without a reason */
    g_assert_false(tasks_load(f, uid)->adjusted);
    g_assert_cmpint(tasks_load(f, uid)->n_amendments, ==, 0);
    g_assert_false(tasks_do(f, "issuer01", uid, "issue", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "due-missing");
    expect(tasks_amend(f, "issuer01", uid, "{\"due\":\"2026-06-01\"}", NULL, &err), &err);
    expect(tasks_do(f, "issuer01", uid, "issue", NULL, &err), &err);
    tasks_bring(f, uid, "closed");
    Str gone = tasks_add(f, "issuer01", "inspection", "{\"title\":\"wrong\"}", false, &err);
    expect(tasks_do(f, "issuer01", gone, "discard", NULL, &err), &err);
    assert_state(f, gone, "discarded");
    tasks_assert_proven(f);
}

/* --- Amendments ---------------------------------------------------------------------------------------------------------------- */

static void test_an_amendment_keeps_what_stood_there(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07 990000-WJW-02", .support = "990000-WJW-15", .targets = 1, .figures = 1 });
    Str set = arena_printf(f->arena, "{\"due\":\"2026-12-31\",\"title\":\"task 1\",\"targets\":[{\"uid\":\"" STR_FMT "\",\"value\":\"90\"}],\"lead\":[\"" STR_FMT "\"]}",
                           STR_ARG(tasks_load(f, uid)->targets[0].uid), STR_ARG(fixture_org(f, "990000-WJW-07").uid));
    g_assert_false(tasks_amend(f, "issuer01", uid, set.p, NULL, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    expect(tasks_amend(f, "issuer01", uid, set.p, "the county asked", &err), &err);
    const Task *task = tasks_load(f, uid);
    g_assert_true(task->adjusted);
    g_assert_cmpint(task->n_amendments, ==, 3); /* the title is the same */
    g_assert_true(str_eq(task->amendments[0].field, STR("due")) && str_eq(task->amendments[0].old_value, STR("\"2026-06-28\""))
                  && str_eq(task->amendments[0].new_value, STR("\"2026-12-31\"")) && str_eq(task->amendments[0].reason, STR("the county asked")));
    g_assert_cmpint(task->n_owners, ==, 2);
    g_assert_true(str_eq(task->targets[0].value, STR("90")) && str_eq(task->targets[0].quote, STR("at least 95%")));
    expect(tasks_amend(f, "issuer01", uid, "{\"due\":\"2026-06-28\"}", "back", &err), &err);
    g_assert_true(tasks_load(f, uid)->adjusted); /* for good */
    int64_t version = tasks_load(f, uid)->version;
    expect(tasks_amend(f, "issuer01", uid, "{\"due\":\"2026-06-28\"}", "again", &err), &err);
    g_assert_cmpint(tasks_load(f, uid)->version, ==, version);
    tasks_assert_proven(f);
}

static void test_who_may_amend(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    g_assert_false(tasks_amend(f, "head01", uid, "{\"due\":\"2027-01-01\"}", "more time", &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    expect(tasks_amend(f, "head01", uid, person_set(f, "handler", "handler01").p, NULL, &err), &err);
    g_assert_false(tasks_load(f, uid)->adjusted);
    g_assert_cmpint(tasks_load(f, uid)->n_amendments, ==, 0);
    g_assert_false(tasks_amend(f, "head01", uid, person_set(f, "handler", "jiangyuheng").p, NULL, &err));
    assert_refused(&err, BH_BAD_INPUT, "handler-not-in-lead");
    g_assert_false(tasks_amend(f, "issuer01", uid, person_set(f, "leader", "handler01").p, "x", &err));
    assert_refused(&err, BH_BAD_INPUT, "leader-unreached");
    expect(tasks_amend(f, "issuer01", uid, person_set(f, "leader", "leader01").p, "a leader stands above it", &err), &err);
    Str lead = arena_printf(f->arena, "{\"lead\":[\"" STR_FMT "\"]}", STR_ARG(fixture_org(f, "990000-WJW-02").uid));
    expect(tasks_amend(f, "issuer01", uid, lead.p, "another department", &err), &err);
    g_assert_null(tasks_load(f, uid)->handler.uid.p); /* he does not stand there */
    g_assert_false(tasks_amend(f, "issuer01", uid, "{\"lead\":[]}", "x", &err));
    assert_refused(&err, BH_BAD_INPUT, "lead-missing");
    g_assert_false(tasks_amend(f, "issuer01", uid, "{\"source_no\":\"9\"}", "x", &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    expect(tasks_do(f, "issuer01", uid, "cancel", "over", &err), &err);
    g_assert_false(tasks_amend(f, "issuer01", uid, "{\"title\":\"x\"}", "x", &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    tasks_assert_proven(f);
}

/* --- Restricted ------------------------------------------------------------------------------------------------------------------ */

static bool listed(Fixture *f, const char *username, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    bool there = false;
    TaskFilter all = task_filter_none();
    DbList *list = db_list_new(f->arena, TaskList, "t.id");
    g_assert_true(task_list_find(list, conn, f->arena, fixture_user(f, username), clock_today(f->clock), &all, STR_NONE, &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    for (TaskListRow row; rows && db_list_next(list, rows, &row, &err);)
        there |= str_eq(row.uid, uid);
    g_assert_no_error(err);
    return there;
}

static size_t events_seen(Fixture *f, const char *username, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    size_t n = 0;
    static const DbOrder newest[] = { { "newest", "e.seq", DB_TYPE_INT, true } };
    DbList *list = db_list_new(f->arena, EventList, "e.seq");
    scopes_where_seen(list, fixture_user(f, username), f->arena);
    g_assert_true(db_list_order(list, newest, 1, STR("newest"), &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    for (EventListRow row; rows && db_list_next(list, rows, &row, &err);)
        n += str_eq(row.object_uid, uid);
    g_assert_no_error(err);
    return n;
}

static int64_t counted(Fixture *f, const char *username, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    int64_t n = 0;
    const StateCount *counts;
    size_t states;
    g_assert_true(plan_states_seen(conn, f->arena, fixture_user(f, username), tasks_load(f, uid)->plan, DB_NULL_INT, &counts, &states, &err));
    for (size_t i = 0; i < states; i++)
        n += counts[i].tasks;
    g_assert_no_error(err);
    return n;
}

static void assert_sees(Fixture *f, const char *username, Str uid, bool sees)
{
    MayObject facts = task_facts(tasks_load(f, uid), f->arena);
    g_assert_true(may(fixture_user(f, username), VERB_READ_TASK, &facts).ok == sees);
    g_assert_true(listed(f, username, uid) == sees);
    g_assert_true((events_seen(f, username, uid) > 0) == sees);
    g_assert_true((counted(f, username, uid) > 0) == sees);
}

static void test_a_restricted_task_is_not_there_for_others(Fixture *f)
{
    static const char *const outside[] = { "handler01", "reviewer01", "inspector01", "leader01", "auditadmin01", "lichuan" };
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .restricted = true });
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++)
        assert_sees(f, outside[i], uid, false);
    assert_sees(f, "issuer01", uid, true);
    assert_sees(f, "head01", uid, true);
    g_assert_false(tasks_do(f, "handler01", uid, "accept", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "restricted");
    expect(tasks_amend(f, "head01", uid, person_set(f, "handler", "handler01").p, NULL, &err), &err);
    expect(tasks_amend(f, "issuer01", uid, reader_set(f, "reviewer01").p, "to verify it", &err), &err);
    assert_sees(f, "handler01", uid, true);
    assert_sees(f, "reviewer01", uid, true);
    assert_sees(f, "inspector01", uid, false);
    tasks_bring(f, uid, "closed");
    g_assert_false(tasks_amend(f, "issuer01", uid, reader_set(f, "inspector01").p, "late", &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    tasks_assert_proven(f);
}

static void test_a_reader_must_have_a_role(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    g_assert_false(tasks_amend(f, "issuer01", uid, reader_set(f, "sysadmin01").p, "x", &err));
    assert_refused(&err, BH_BAD_INPUT, "reader-unreached");
    expect(tasks_amend(f, "issuer01", uid, reader_set(f, "reviewer01").p, "x", &err), &err);
    expect(tasks_amend(f, "issuer01", uid, "{\"restricted\":true,\"readers\":[]}", "x", &err), &err);
    assert_sees(f, "reviewer01", uid, false);
    g_assert_false(tasks_load(f, uid)->adjusted); /* nothing that was promised changed */
    g_assert_cmpint(tasks_load(f, uid)->n_amendments, ==, 3);
    tasks_assert_proven(f);
}

/* --- Overruling, shares, suspension, holding ------------------------------------------------------------------------------------- */

static void test_overruling_leaves_its_mark(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .figures = 1, .targets = 1 });
    tasks_bring(f, uid, "submitted");
    g_assert_false(tasks_do(f, "leader01", uid, "overrule", NULL, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_false(tasks_do(f, "issuer01", uid, "overrule", "x", &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    expect(tasks_do(f, "leader01", uid, "overrule", "seen with my own eyes", &err), &err);
    const Task *task = tasks_load(f, uid);
    g_assert_true(task->manual && str_eq(task->overruled_by.uid, fixture_user(f, "leader01")->account_uid));
    expect(tasks_do(f, "issuer01", uid, "close", NULL, &err), &err);
    expect(tasks_do(f, "inspector01", uid, "reopen", "it is not so", &err), &err);
    task = tasks_load(f, uid);
    g_assert_true(task->manual && !task->overruled_by.uid.p && task->relapses == 1);
    tasks_assert_proven(f);
}

static bool waive_share(Fixture *f, Str uid, const char *share, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "issuer01");
    TaskWish wish = { .reason = STR("the mill is closed"), .until = DATE_NONE, .share = str_from(share) };
    return task_do(&ledger, &actor, uid, tasks_load(f, uid)->version, STR("waive"), &wish, err);
}

static void test_a_share_may_be_waived(Fixture *f)
{
    static const char *const wrong[] = { "0", "1", "1.5", "-0.2", "a third", "0.12345" };
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(waive_share(f, uid, wrong[i], &err));
        assert_refused(&err, BH_BAD_INPUT, "share-bad");
    }
    expect(waive_share(f, uid, "0.3", &err), &err);
    assert_state(f, uid, "issued");
    g_assert_true(str_eq(tasks_load(f, uid)->waived_share, STR("0.3")));
    tasks_bring(f, uid, "closed");
    tasks_assert_proven(f);
}

static void next_days(Fixture *f, int days)
{
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) days * 86400000);
}

static void test_a_suspension_ends_by_itself(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    int64_t ended;
    Str uid = tasks_one(f, plain), other = tasks_one(f, plain);
    tasks_bring(f, uid, "working");
    expect(tasks_do(f, "issuer01", uid, "suspend", "the flood", &err), &err); /* for ten days */
    next_days(f, 9);
    expect(ledger_end_suspensions(f->db, f->clock, &ended, &err), &err);
    g_assert_cmpint(ended, ==, 0);
    assert_state(f, uid, "suspended");
    next_days(f, 1);
    expect(ledger_end_suspensions(f->db, f->clock, &ended, &err), &err);
    g_assert_cmpint(ended, ==, 1);
    assert_state(f, uid, "working");
    assert_state(f, other, "issued");
    g_assert_cmpint(tasks_load(f, uid)->suspended_until, ==, DATE_NONE);
    tasks_assert_proven(f);
}

static void test_a_closed_task_is_watched(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    tasks_bring(f, uid, "closed");
    g_assert_cmpint(tasks_load(f, uid)->holding_until, ==, clock_today(f->clock) + 180);
    expect(tasks_do(f, "inspector01", uid, "reopen", "it came back", &err), &err);
    g_assert_cmpint(tasks_load(f, uid)->holding_until, ==, DATE_NONE);
    expect(tasks_do(f, "issuer01", uid, "cancel", "never mind", &err), &err);
    g_assert_cmpint(tasks_load(f, uid)->relapses, ==, 1); /* a relapse cannot be hidden by cancelling */
    tasks_assert_proven(f);
}

/* A child that falls back takes what stands above it along, as far as that was claimed. */
static void test_what_fell_back_is_not_restricted(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07" });
    tasks_bring(f, uid, "closed");
    tasks_do(f, "inspector01", uid, "reopen", "a reason", &err);
    g_assert_no_error(err);
    g_assert_false(tasks_amend(f, "issuer01", uid, "{\"restricted\":true}", "out of sight", &err));
    assert_refused(&err, BH_BAD_INPUT, "relapsed");
    g_assert_false(tasks_load(f, uid)->restricted);
}

static void test_a_relapse_goes_upwards(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01");
    Str top = tasks_add(f, "issuer01", "meeting", fields(f, "").p, true, &err), below = STR_NONE;
    expect(top.p != NULL, &err);
    NewTask new = { .source = STR("meeting"), .issue = true, .parent = top, .plan = tasks_load(f, top)->plan_uid, .fields = json_parse(fields(f, ""), f->arena, NULL) };
    expect(task_add(&ledger, &issuer, &new, f->arena, &below, &err), &err);
    tasks_bring(f, below, "closed");
    tasks_bring(f, top, "closed");
    expect(tasks_do(f, "inspector01", below, "reopen", "it came back", &err), &err);
    assert_state(f, below, "reopened");
    assert_state(f, top, "reopened");
    g_assert_cmpint(tasks_load(f, top)->relapses, ==, 1);
    new.plan = tasks_load(f, tasks_one(f, plain))->plan_uid;
    g_assert_false(task_add(&ledger, &issuer, &new, f->arena, &below, &err));
    assert_refused(&err, BH_BAD_INPUT, "parent-unfit"); /* of another plan */
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "a-task-by-hand", test_a_task_by_hand },
        { "what-a-task-by-hand-needs", test_what_a_task_by_hand_needs },
        { "a-draft-is-its-issuers", test_a_draft_is_its_issuers },
        { "an-amendment-keeps-what-stood-there", test_an_amendment_keeps_what_stood_there },
        { "who-may-amend", test_who_may_amend },
        { "a-restricted-task-is-not-there-for-others", test_a_restricted_task_is_not_there_for_others },
        { "a-reader-must-have-a-role", test_a_reader_must_have_a_role },
        { "overruling-leaves-its-mark", test_overruling_leaves_its_mark },
        { "a-share-may-be-waived", test_a_share_may_be_waived },
        { "a-suspension-ends-by-itself", test_a_suspension_ends_by_itself },
        { "a-closed-task-is-watched", test_a_closed_task_is_watched },
        { "a-relapse-goes-upwards", test_a_relapse_goes_upwards },
        { "what-fell-back-is-not-restricted", test_what_fell_back_is_not_restricted },
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("ledger-hand", tests[i].name, true, tests[i].test);
    return g_test_run();
}
