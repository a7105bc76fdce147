/* Tasks: who may take which step when, and what stands in the way. design/ledger.md is what these tests read out. */
#include "tasks.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

#define OWN "990000-WJW-07" /* handler01, head01 */

static const TaskSpec plain = { .lead = OWN };

static void assert_refused_verb(Fixture *f, const char *username, Str uid, const char *verb, BhError code, const char *why)
{
    g_autoptr(GError) err = NULL;
    g_assert_false(tasks_do(f, username, uid, verb, "a reason", &err));
    assert_refused(&err, code, why);
}

static void assert_allowed(Fixture *f, const char *username, Str uid, const char *verb)
{
    g_autoptr(GError) err = NULL;
    tasks_do(f, username, uid, verb, "a reason", &err);
    g_assert_no_error(err);
}

static void assert_state(Fixture *f, Str uid, const char *state)
{
    Str is = tasks_load(f, uid)->state;
    g_assert_cmpmem(is.p, is.n, state, strlen(state));
}

/* What the pages are told agrees with what happens. */
static void assert_shown(Fixture *f, const char *username, Str uid, const char *verb, const char *why)
{
    Allowed allowed = task_allowed(fixture_user(f, username), tasks_load(f, uid), verb, f->arena);
    g_assert_cmpstr(allowed.why, ==, why);
    g_assert_true(allowed.ok == !why);
}

/* --- The table of transitions ---------------------------------------------------------------------------------------- */

static void test_table_is_sound(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_assert_cmpstr(flow_check(&task_flow, "cancelled waived discarded", arena), ==, NULL);
}

static const char *const states[] = { "issued", "working", "submitted", "verified", "closed", "returned", "reopened", "suspended", "cancelled", "waived" };

/* verb, who, states it leaves, state it leads to ("=": the one before) */
static const struct {
    const char *verb, *who, *from, *to;
} transitions[] = {
    { "accept", "handler01", "issued returned reopened", "working" },
    { "submit", "head01", "working", "submitted" },
    { "verify", "reviewer01", "submitted", "verified" },
    { "return", "reviewer01", "submitted", "returned" },
    { "return", "issuer01", "submitted", "returned" },
    { "overrule", "leader01", "working submitted returned", "verified" },
    { "close", "issuer01", "verified", "closed" },
    { "reopen", "issuer01", "closed", "reopened" },
    { "reopen", "inspector01", "closed", "reopened" },
    { "suspend", "issuer01", "issued working submitted verified returned reopened", "suspended" },
    { "resume", "issuer01", "suspended", "=" },
    { "cancel", "issuer01", "issued working submitted verified returned reopened suspended", "cancelled" },
    { "waive", "issuer01", "issued working submitted verified returned reopened suspended", "waived" },
};

/* A task in any state, by the way that leads there. */
static Str task_in(Fixture *f, const char *state)
{
    static const struct {
        const char *state, *before, *who, *verb;
    } last[] = {
        { "returned", "submitted", "reviewer01", "return" },  { "reopened", "closed", "inspector01", "reopen" },
        { "suspended", "working", "issuer01", "suspend" },    { "cancelled", "issued", "issuer01", "cancel" },
        { "waived", "issued", "issuer01", "waive" },
    };
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 1 });
    for (size_t i = 0; i < G_N_ELEMENTS(last); i++)
        if (g_str_equal(state, last[i].state)) {
            tasks_bring(f, uid, last[i].before);
            assert_allowed(f, last[i].who, uid, last[i].verb);
            return uid;
        }
    tasks_bring(f, uid, state);
    return uid;
}

static void test_every_verb_from_every_state(Fixture *f)
{
    for (size_t t = 0; t < G_N_ELEMENTS(transitions); t++)
        for (size_t s = 0; s < G_N_ELEMENTS(states); s++) {
            Str uid = task_in(f, states[s]);
            assert_state(f, uid, states[s]);
            if (g_str_equal(transitions[t].verb, "submit") && g_str_equal(states[s], "working"))
                assert_shown(f, "head01", uid, "submit", NULL);
            if (flow_has_word(transitions[t].from, str_from(states[s]))) {
                assert_allowed(f, transitions[t].who, uid, transitions[t].verb);
                assert_state(f, uid, g_str_equal(transitions[t].to, "=") ? "working" : transitions[t].to);
            } else {
                assert_shown(f, transitions[t].who, uid, transitions[t].verb, "wrong-state");
                assert_refused_verb(f, transitions[t].who, uid, transitions[t].verb, BH_CONFLICT, "wrong-state");
                assert_state(f, uid, states[s]);
            }
        }
    tasks_assert_proven(f);
}

static void test_no_verb_is_made_up(Fixture *f)
{
    Str uid = tasks_one(f, plain);
    assert_refused_verb(f, "issuer01", uid, "declare", BH_NOT_FOUND, "no-verb");
    assert_refused_verb(f, "issuer01", uid, "issue", BH_CONFLICT, "wrong-state");
    assert_refused_verb(f, "issuer01", uid, "discard", BH_CONFLICT, "wrong-state");
}

static void test_each_verb_has_its_role(Fixture *f)
{
    Str issued = tasks_one(f, plain), working = task_in(f, "working"), submitted = task_in(f, "submitted"), verified = task_in(f, "verified"), closed = task_in(f, "closed");
    assert_refused_verb(f, "issuer01", issued, "accept", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "jiangyuheng", issued, "accept", BH_FORBIDDEN, "not-owner"); /* a handler of another department */
    assert_refused_verb(f, "handler01", working, "submit", BH_FORBIDDEN, "no-role");    /* the unit head's */
    assert_refused_verb(f, "head01", submitted, "verify", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "issuer01", submitted, "verify", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "reviewer01", verified, "close", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "leader01", verified, "close", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "reviewer01", closed, "reopen", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "head01", working, "cancel", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "sysadmin01", closed, "reopen", BH_FORBIDDEN, "no-role");
}

/* Rule e: what was issued above belongs to its issuer, also where the owner's district has issuers of its own. */
static void test_an_owners_issuer_has_no_say(Fixture *f)
{
    static const char *const verbs[] = { "suspend", "cancel", "waive" };
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990101-WJW" });
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        assert_refused_verb(f, "jianglinyu", uid, verbs[i], BH_FORBIDDEN, "not-your-area");
}

/* --- What a step needs -------------------------------------------------------------------------------------------------- */

static void test_a_claim_needs_answers_and_evidence(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 2 }), evidence;
    assert_allowed(f, "handler01", uid, "accept");
    g_assert_false(tasks_do(f, "head01", uid, "submit", NULL, &err));
    g_assert_cmpstr(error_get_params(err), ==, "count=2");
    assert_refused(&err, BH_CONFLICT, "measures-unanswered");
    tasks_answer(f, "handler01", uid);
    assert_refused_verb(f, "head01", uid, "submit", BH_CONFLICT, "evidence-missing");
    g_assert_true(tasks_evidence(f, "handler01", uid, &evidence, &err));
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    g_assert_true(task_evidence_withdraw(&ledger, &handler, uid, evidence, &err));
    assert_refused_verb(f, "head01", uid, "submit", BH_CONFLICT, "evidence-missing"); /* withdrawn is not given */
    g_assert_false(task_evidence_withdraw(&ledger, &handler, uid, evidence, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
    g_assert_true(tasks_evidence(f, "handler01", uid, NULL, &err));
    assert_allowed(f, "head01", uid, "submit");
    g_assert_false(tasks_evidence(f, "handler01", uid, NULL, &err)); /* once claimed, nothing is slipped in */
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    tasks_assert_proven(f);
}

static void test_decisions_need_a_reason(Fixture *f)
{
    static const struct {
        const char *state, *who, *verb;
    } cases[] = {
        { "submitted", "reviewer01", "return" }, { "submitted", "issuer01", "return" }, { "closed", "inspector01", "reopen" },
        { "working", "issuer01", "suspend" },    { "working", "issuer01", "cancel" },   { "working", "issuer01", "waive" },
    };
    g_autoptr(GError) err = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Str uid = task_in(f, cases[i].state);
        g_assert_false(tasks_do(f, cases[i].who, uid, cases[i].verb, " \t\n", &err));
        assert_refused(&err, BH_BAD_INPUT, "reason-missing");
        g_assert_false(tasks_do(f, cases[i].who, uid, cases[i].verb, NULL, &err));
        assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    }
}

static bool suspend_until(Fixture *f, Str uid, Date until, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "issuer01");
    TaskWish wish = { .reason = STR("a flood"), .until = until };
    return task_do(&ledger, &actor, uid, tasks_load(f, uid)->version, STR("suspend"), &wish, err);
}

static void test_a_suspension_has_an_end_to_come(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    Date today = clock_today(f->clock);
    g_assert_false(suspend_until(f, uid, DATE_NONE, &err));
    assert_refused(&err, BH_BAD_INPUT, "until-missing");
    g_assert_false(suspend_until(f, uid, today, &err));
    assert_refused(&err, BH_BAD_INPUT, "until-past");
    g_assert_true(suspend_until(f, uid, today + 1, &err));
    g_assert_cmpint(tasks_load(f, uid)->suspended_until, ==, today + 1);
    assert_allowed(f, "issuer01", uid, "cancel");
    g_assert_cmpint(tasks_load(f, uid)->suspended_until, ==, DATE_NONE);
    g_assert_null(tasks_load(f, uid)->state_before.p);
    tasks_assert_proven(f);
}

/* Rule c. */
static void test_a_figure_is_not_proven_by_paper(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .figures = 1, .targets = 1 });
    tasks_bring(f, uid, "submitted");
    assert_refused_verb(f, "reviewer01", uid, "verify", BH_CONFLICT, "incomputable-missing");
    Actor own = tasks_actor(f, "handler01b"), reviewer = tasks_actor(f, "reviewer01");
    int64_t version = tasks_load(f, uid)->version;
    g_assert_false(task_incomputable(&ledger, &own, uid, version, STR("cannot be counted"), &err)); /* not by one of the owner's people */
    assert_refused(&err, BH_FORBIDDEN, "own-evidence");
    g_assert_false(task_incomputable(&ledger, &reviewer, uid, version, STR("  "), &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_true(task_incomputable(&ledger, &reviewer, uid, version, STR("no register holds it"), &err));
    g_assert_no_error(err);
    assert_allowed(f, "reviewer01", uid, "verify");
    const Task *task = tasks_load(f, uid);
    g_assert_true(str_eq(task->incomputable, STR("no register holds it")));
    g_assert_true(str_eq(task->incomputable_by.uid, reviewer.user->account_uid));
    tasks_assert_proven(f);
}

static void test_without_a_figure_there_is_nothing_to_excuse(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor reviewer = tasks_actor(f, "reviewer01");
    Str uid = tasks_one(f, plain);
    g_assert_false(task_incomputable(&ledger, &reviewer, uid, 1, STR("a reason"), &err));
    assert_refused(&err, BH_CONFLICT, "no-figure");
}

/* --- Rule f ------------------------------------------------------------------------------------------------------------- */

static void test_nobody_judges_his_own(Fixture *f)
{
    Str uid = task_in(f, "submitted");
    assert_refused_verb(f, "handler01b", uid, "verify", BH_FORBIDDEN, "own-evidence"); /* the same person in another department */
    assert_refused_verb(f, "handler01b", uid, "return", BH_FORBIDDEN, "own-evidence");
    assert_allowed(f, "reviewer01", uid, "verify"); /* two departments of one commission are two */
}

static void test_a_person_stands_wherever_it_has_an_account(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .support = "990000-WJW-15" });
    tasks_bring(f, uid, "submitted");
    assert_refused_verb(f, "reviewer01", uid, "verify", BH_FORBIDDEN, "own-organisation"); /* reviewer01b works in the supporting department */
    assert_allowed(f, "weichuqing", uid, "verify");
}

static void test_who_worked_does_not_judge(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-09", .measures = 1 });
    const User *worker = fixture_user(f, "handler01b");
    Task task = *tasks_load(f, uid);
    task.state = STR("submitted");
    task.n_owners = 0;
    task.measures[0].person = worker->person;
    Allowed allowed = task_allowed(worker, &task, "verify", f->arena);
    g_assert_cmpstr(allowed.why, ==, "own-work");
}

static void test_the_unproven_do_not_judge(Fixture *f)
{
    Str submitted = task_in(f, "submitted"), verified = task_in(f, "verified");
    User reviewer = *fixture_user(f, "reviewer01"), issuer = *fixture_user(f, "issuer01");
    reviewer.proven = issuer.proven = false;
    g_assert_cmpstr(task_allowed(&reviewer, tasks_load(f, submitted), "verify", f->arena).why, ==, "not-proven");
    g_assert_cmpstr(task_allowed(&issuer, tasks_load(f, verified), "close", f->arena).why, ==, "not-proven");
}

static void test_where_a_claimant_stood_counts_after_he_moved(Fixture *f)
{
    Str uid = task_in(f, "submitted");
    Task task = *tasks_load(f, uid);
    const User *reviewer = fixture_user(f, "reviewer01");
    g_assert_true(task_allowed(reviewer, &task, "verify", f->arena).ok);
    Org elsewhere = fixture_org(f, "990000-WJW-12"); /* as if head01 had stood in reviewer01's department */
    task.claim_org = elsewhere.id;
    task.claim_path = elsewhere.path;
    g_assert_cmpstr(task_allowed(reviewer, &task, "verify", f->arena).why, ==, "own-organisation");
}

/* --- Several leads --------------------------------------------------------------------------------------------------------- */

#define SECOND "990000-WJW-02" /* jiangyuheng, lichuan */

static void test_every_lead_answers_for_a_claim(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN " " SECOND, .support = "990000-WJW-03" });
    tasks_bring(f, uid, "submitted");
    g_assert_false(tasks_do(f, "reviewer01", uid, "verify", NULL, &err));
    g_assert_true(g_str_has_prefix(error_get_params(err), "org="));
    assert_refused(&err, BH_CONFLICT, "confirmations-missing");
    assert_refused_verb(f, "head01", uid, "confirm", BH_CONFLICT, "confirmed-already"); /* it claimed */
    assert_refused_verb(f, "jiangyuheng", uid, "confirm", BH_FORBIDDEN, "no-role");
    assert_refused_verb(f, "fanwenmo", uid, "confirm", BH_FORBIDDEN, "not-owner"); /* a supporter has nothing to confirm */
    assert_allowed(f, "lichuan", uid, "confirm");
    assert_refused_verb(f, "lichuan", uid, "confirm", BH_CONFLICT, "confirmed-already");
    tasks_assert_proven(f);

    assert_allowed(f, "reviewer01", uid, "return"); /* a returned claim is over with all its confirmations */
    g_assert_null(tasks_load(f, uid)->owners[1].confirmed_by.uid.p);
    g_assert_null(tasks_load(f, uid)->claim_by.uid.p);
    assert_allowed(f, "jiangyuheng", uid, "accept");
    assert_allowed(f, "lichuan", uid, "submit");
    assert_refused_verb(f, "reviewer01", uid, "verify", BH_CONFLICT, "confirmations-missing");
    assert_allowed(f, "head01", uid, "confirm");
    assert_allowed(f, "reviewer01", uid, "verify");
    assert_allowed(f, "issuer01", uid, "close");
    const Task *task = tasks_load(f, uid);
    g_assert_cmpint(task->returns, ==, 1);
    g_assert_cmpuint(task->n_verdicts, ==, 3);
    tasks_assert_proven(f);
}

static void test_a_relapse_is_counted_and_begins_anew(Fixture *f)
{
    Str uid = task_in(f, "reopened");
    const Task *task = tasks_load(f, uid);
    g_assert_cmpint(task->relapses, ==, 1);
    g_assert_cmpint(task->closed_at, ==, DB_NULL_INT);
    g_assert_null(task->verified_by.uid.p);
    assert_refused_verb(f, "issuer01", uid, "close", BH_CONFLICT, "wrong-state");
    tasks_bring(f, uid, "closed");
    tasks_assert_proven(f);
}

/* --- Two at one task --------------------------------------------------------------------------------------------------------- */

static void test_of_two_edits_of_one_version_one_is_told(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Str uid = task_in(f, "working");
    int64_t seen = tasks_load(f, uid)->version;
    Actor one = tasks_actor(f, "issuer01"), two = tasks_actor(f, "yanglizhi");
    TaskWish wish = { .reason = STR("a flood"), .until = clock_today(f->clock) + 5 }, other = { .reason = STR("not needed"), .until = DATE_NONE };
    g_assert_true(task_do(&ledger, &one, uid, seen, STR("suspend"), &wish, &err));
    g_assert_false(task_do(&ledger, &two, uid, seen, STR("cancel"), &other, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    assert_state(f, uid, "suspended");
    g_assert_cmpuint(tasks_load(f, uid)->n_verdicts, ==, 1);
}

typedef struct {
    Fixture *f;
    Str uid;
    Actor actor;
    int64_t version;
    bool done, stale;
} Racer;

static gpointer race(gpointer data)
{
    Racer *racer = data;
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(racer->f);
    TaskWish wish = { .until = DATE_NONE };
    racer->done = task_do(&ledger, &racer->actor, racer->uid, racer->version, STR("accept"), &wish, &err);
    racer->stale = err && g_strcmp0(error_get_detail(err), "version-stale") == 0;
    return NULL;
}

static void test_of_many_at_once_one_wins(Fixture *f)
{
    enum { RACERS = 8 };
    for (int round = 0; round < 10; round++) {
        Str uid = tasks_one(f, plain);
        Racer racers[RACERS];
        GThread *threads[RACERS];
        for (int i = 0; i < RACERS; i++)
            racers[i] = (Racer) { f, uid, tasks_actor(f, i % 2 ? "handler01" : "head01"), 1, false, false };
        for (int i = 0; i < RACERS; i++)
            threads[i] = g_thread_new("racer", race, &racers[i]);
        int done = 0, stale = 0;
        for (int i = 0; i < RACERS; i++) {
            g_thread_join(threads[i]);
            done += racers[i].done;
            stale += racers[i].stale;
        }
        g_assert_cmpint(done, ==, 1);
        g_assert_cmpint(stale, ==, RACERS - 1);
    }
    tasks_assert_proven(f);
}

static void test_measures_have_versions_of_their_own(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 2 });
    assert_allowed(f, "handler01", uid, "accept");
    const Task *task = tasks_load(f, uid);
    Str first = task->measures[0].uid, second = task->measures[1].uid;
    Actor one = tasks_actor(f, "handler01"), two = tasks_actor(f, "head01");
    g_assert_true(task_measure_set(&ledger, &one, uid, first, 1, STR("done"), STR("by one"), &err));
    g_assert_true(task_measure_set(&ledger, &two, uid, second, 1, STR("started"), STR_NONE, &err)); /* another measure is no conflict */
    g_assert_false(task_measure_set(&ledger, &two, uid, first, 1, STR("lasting"), STR("by two"), &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_true(str_eq(tasks_load(f, uid)->measures[0].answer, STR("by one")));
    g_assert_false(task_measure_set(&ledger, &two, uid, first, 2, STR("splendid"), STR_NONE, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_false(task_measure_set(&ledger, &two, uid, STR("nothing"), 1, STR("done"), STR_NONE, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
    Actor stranger = tasks_actor(f, "jiangyuheng");
    g_assert_false(task_measure_set(&ledger, &stranger, uid, first, 2, STR("done"), STR_NONE, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-owner");
    tasks_assert_proven(f);
}

/* --- Evidence, comments, limits ------------------------------------------------------------------------------------------------ */

static void test_evidence_has_an_end(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    assert_allowed(f, "handler01", uid, "accept");
    for (int i = 0; i < LIMIT_EVIDENCE_PER_TASK; i++) {
        tasks_evidence(f, "handler01", uid, NULL, &err);
        g_assert_no_error(err);
    }
    g_assert_false(tasks_evidence(f, "handler01", uid, NULL, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    NewEvidence odd = { STR("dream"), STR("a"), STR("a/b"), STR("00"), STR(""), 1 };
    Str made;
    g_assert_false(task_evidence_add(&ledger, &handler, uid, &odd, f->arena, &made, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
}

static void test_comments_leave_the_version_alone(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .support = SECOND }), comment;
    Actor support = tasks_actor(f, "jiangyuheng"), stranger = tasks_actor(f, "zhumoqing");
    g_assert_true(task_comment(&ledger, &support, uid, STR("when?"), f->arena, &comment, &err));
    g_assert_no_error(err);
    g_assert_cmpint(tasks_load(f, uid)->version, ==, 1);
    g_assert_cmpint(tasks_load(f, uid)->comments, ==, 1);
    g_assert_false(task_comment(&ledger, &stranger, uid, STR("me too"), f->arena, &comment, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-owner");
    g_assert_false(task_comment(&ledger, &support, uid, STR(" \n"), f->arena, &comment, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    tasks_assert_proven(f);
}

static void test_texts_end_at_their_limit(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    Str uid = tasks_one(f, plain), comment;
    g_autofree char *text = g_strnfill(LIMIT_TEXT_CHARS + 1, 'a');
    Str longest = { text, LIMIT_TEXT_CHARS }, longer = { text, LIMIT_TEXT_CHARS + 1 };
    g_assert_true(task_comment(&ledger, &handler, uid, longest, f->arena, &comment, &err));
    g_assert_false(task_comment(&ledger, &handler, uid, longer, f->arena, &comment, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
    TaskWish wish = { .reason = longer, .until = DATE_NONE };
    g_assert_false(task_do(&ledger, &handler, uid, 1, STR("accept"), &wish, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
}

static void test_a_task_that_is_not_there(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    TaskWish wish = { .until = DATE_NONE };
    g_assert_false(task_do(&ledger, &handler, STR("00000000000000000000000000"), 1, STR("accept"), &wish, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
}

/* --- Lights --------------------------------------------------------------------------------------------------------------------- */

static void test_lights(void)
{
    static const struct {
        const char *state;
        int due_in;
        int figures;
        bool incomputable;
        const char *light;
    } cases[] = {
        { "issued", -1, 0, false, "red" },     { "working", 0, 0, false, "amber" },     { "working", LIGHT_AMBER_DAYS, 0, false, "amber" },
        { "working", LIGHT_AMBER_DAYS + 1, 0, false, "none" },                          { "submitted", -1, 1, false, "grey" },
        { "submitted", -1, 1, true, "none" },  { "submitted", -1, 0, false, "none" },   { "verified", -1, 0, false, "green" },
        { "closed", -1, 0, false, "green" },   { "cancelled", -1, 0, false, "none" },   { "suspended", -1, 0, false, "none" },
        { "returned", -5, 1, false, "red" },   { "reopened", 5, 0, false, "amber" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(task_light(str_from(cases[i].state), 20000 + cases[i].due_in, cases[i].figures, cases[i].incomputable, LIGHT_AMBER_DAYS, 20000), ==, cases[i].light);
    g_assert_cmpstr(task_light(STR("working"), DATE_NONE, 0, false, LIGHT_AMBER_DAYS, 20000), ==, "none");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "every-verb-from-every-state", test_every_verb_from_every_state },
        { "no-verb-is-made-up", test_no_verb_is_made_up },
        { "each-verb-has-its-role", test_each_verb_has_its_role },
        { "an-owners-issuer-has-no-say", test_an_owners_issuer_has_no_say },
        { "a-claim-needs-answers-and-evidence", test_a_claim_needs_answers_and_evidence },
        { "decisions-need-a-reason", test_decisions_need_a_reason },
        { "a-suspension-has-an-end-to-come", test_a_suspension_has_an_end_to_come },
        { "a-figure-is-not-proven-by-paper", test_a_figure_is_not_proven_by_paper },
        { "without-a-figure-there-is-nothing-to-excuse", test_without_a_figure_there_is_nothing_to_excuse },
        { "nobody-judges-his-own", test_nobody_judges_his_own },
        { "a-person-stands-wherever-it-has-an-account", test_a_person_stands_wherever_it_has_an_account },
        { "who-worked-does-not-judge", test_who_worked_does_not_judge },
        { "the-unproven-do-not-judge", test_the_unproven_do_not_judge },
        { "where-a-claimant-stood-counts-after-he-moved", test_where_a_claimant_stood_counts_after_he_moved },
        { "every-lead-answers-for-a-claim", test_every_lead_answers_for_a_claim },
        { "a-relapse-is-counted-and-begins-anew", test_a_relapse_is_counted_and_begins_anew },
        { "of-two-edits-of-one-version-one-is-told", test_of_two_edits_of_one_version_one_is_told },
        { "of-many-at-once-one-wins", test_of_many_at_once_one_wins },
        { "measures-have-versions-of-their-own", test_measures_have_versions_of_their_own },
        { "evidence-has-an-end", test_evidence_has_an_end },
        { "comments-leave-the-version-alone", test_comments_leave_the_version_alone },
        { "texts-end-at-their-limit", test_texts_end_at_their_limit },
        { "a-task-that-is-not-there", test_a_task_that_is_not_there },
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger-task/table-is-sound", test_table_is_sound);
    g_test_add_func("/ledger-task/lights", test_lights);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("ledger-task", tests[i].name, true, tests[i].test);
    return g_test_run();
}
