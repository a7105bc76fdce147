/* What must hold whatever people do: no way leads to closed past another person of another organisation, every row says what its events say, the chain
 * holds, and nothing acknowledged is lost when the process is killed. Histories are random; BIHUAN_TEST_HISTORIES says how many rounds; BIHUAN_TEST_LONG wants
 * hundreds. */
#include "tasks.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/json.h"
#include "db/queries.h"
#include "ledger/report.h"

#include "base/banned.h"

/* --- Random histories ------------------------------------------------------------------------------------------------------ */

static const char *const people[] = {
    "handler01", "head01", "handler01b", "reviewer01", "reviewer01b", "issuer01", "inspector01", "leader01", "lichuan", "jiangyuheng", "weichuqing", "jianglinyu",
    "luyuan", "fangchu", "zoushuping", "qinhaili", "sysadmin01", "secadmin01", "maqingyuan",
};

static const TaskSpec specs[] = {
    { .lead = "990000-WJW-07" },
    { .lead = "990000-WJW-07", .figures = 1, .targets = 1, .measures = 1 },
    { .lead = "990000-WJW-07 990000-WJW-02", .support = "990000-WJW-15", .measures = 2 },
    { .lead = "990101-WJW", .support = "990000-WJW-07" },
    { .lead = "990101-JK 990000-WJW-07", .targets = 2 },
    { .lead = "990000-WJW", .measures = 1 },
};

enum { TASKS = G_N_ELEMENTS(specs), MOST = TASKS + 30 /* with sub-tasks, and some by hand */, PEOPLE = G_N_ELEMENTS(people) };

typedef struct {
    int64_t relapses;
    size_t amendments;
    bool adjusted, manual, restricted;
} Seen;

typedef struct {
    Fixture *f;
    GRand *random;
    const Task *first[MOST];
    Seen seen[MOST];
    const User *users[PEOPLE];
    Str plan, uids[MOST];
    size_t n; /* of tasks, sub-tasks too */
    int done, refused, closed, splits, rounds, deputies, added, bulks, reminders;
} History;

static void begin(History *h, Fixture *f, guint32 seed)
{
    *h = (History) { .f = f, .random = g_rand_new_with_seed(seed) };
    for (size_t i = 0; i < PEOPLE; i++)
        h->users[i] = fixture_user(f, people[i]);
    h->plan = tasks_issue(f, "issuer01", "990000-WJW", specs, TASKS, h->uids);
    h->n = TASKS;
    for (size_t i = 0; i < TASKS; i++)
        h->first[i] = tasks_load(f, h->uids[i]);
}

static size_t pick(History *h, size_t n)
{
    return (size_t) g_rand_int_range(h->random, 0, (gint32) n);
}

typedef struct {
    Ledger ledger;
    Actor actor;
    const Task *task;
    const char *verb;
    Arena *arena;
} Step;

static bool step_measure(History *h, const Step *s, GError **err)
{
    static const Str words[] = { STR_INIT("open"), STR_INIT("started"), STR_INIT("done"), STR_INIT("done"), STR_INIT("lasting") };
    if (s->task->n_measures == 0)
        return false;
    const TaskMeasure *measure = &s->task->measures[pick(h, s->task->n_measures)];
    return task_measure_set(&s->ledger, &s->actor, s->task->uid, measure->uid, measure->version - (pick(h, 20) == 0), words[pick(h, G_N_ELEMENTS(words))],
                            pick(h, 3) ? STR("\xE5\xB7\xB2\xE5\xAE\x8C\xE6\x88\x90") : STR_NONE, err);
}

static bool step_evidence(History *h, const Step *s, GError **err)
{
    NewEvidence evidence = { STR("photo"), STR("\xE7\x85\xA7\xE7\x89\x87.jpg"), STR("image/jpeg"), STR("ab"), STR("\xE5\xBC\xA0\xE4\xB8\x89"), 7 };
    Str made;
    if (s->task->n_evidence > 0 && pick(h, 4) == 0)
        return task_evidence_withdraw(&s->ledger, &s->actor, s->task->uid, s->task->evidence[pick(h, s->task->n_evidence)].uid, err);
    return task_evidence_add(&s->ledger, &s->actor, s->task->uid, &evidence, s->arena, &made, err);
}

static bool step_flow(History *h, const Step *s, GError **err)
{
    TaskWish wish = { .reason = pick(h, 8) ? STR("\xE7\x90\x86\xE7\x94\xB1") : STR_NONE, .note = STR("\xE8\xAF\xB4\xE6\x98\x8E"),
                      .until = pick(h, 4) ? clock_today(h->f->clock) + 1 + (Date) pick(h, 9) : DATE_NONE };
    int64_t version = s->task->version - (pick(h, 20) == 0);
    if (g_str_equal(s->verb, "waive") && pick(h, 2))
        wish.share = STR("0.3");
    if (g_str_equal(s->verb, "incomputable"))
        return task_incomputable(&s->ledger, &s->actor, s->task->uid, version, wish.reason, err);
    return task_do(&s->ledger, &s->actor, s->task->uid, version, str_from(s->verb), &wish, err);
}

/* One field, as somebody would write it; `%s` is an account, an organisation or a target. */
static const char *const amendments[] = {
    "{\"title\":\"\xE6\x96\xB0\xE5\x90\x8D\"}", "{\"due\":\"2026-09-30\",\"text\":\"\xE6\x96\xB0\xE6\x96\x87\"}", "{\"term\":\"lasting\",\"stage\":2}", "{\"category\":\"a\",\"reminders\":\"off\"}",
    "{\"restricted\":true}", "{\"restricted\":false}", "{\"restricted\":false,\"readers\":[]}", "{}", "{\"due\":null}",
};
static const char *const amendments_of[] = { "{\"lead\":[\"%s\"]}", "{\"support\":[\"%s\"]}", "{\"leader\":\"%s\"}", "{\"readers\":[\"%s\"]}", "{\"handler\":\"%s\"}",
                                             "{\"targets\":[{\"uid\":\"%s\",\"value\":\"97\"}]}" };

static Str random_amendment(History *h, const Step *s)
{
    const User *user = h->users[pick(h, PEOPLE)];
    if (pick(h, 2))
        return str_from(amendments[pick(h, G_N_ELEMENTS(amendments))]);
    const char *form = amendments_of[pick(h, G_N_ELEMENTS(amendments_of))];
    bool target = strstr(form, "targets"), org = strstr(form, "lead\"") || strstr(form, "support");
    Str uid = target && s->task->n_targets ? s->task->targets[0].uid : org ? user->org_uid : user->account_uid;
    g_auto(GStrv) parts = g_strsplit(form, "%s", 2);
    return arena_printf(s->arena, "%s" STR_FMT "%s", parts[0], STR_ARG(uid), parts[1]);
}

static bool step_amend(History *h, const Step *s, GError **err)
{
    bool handler = g_str_equal(s->verb, "handler");
    Str set = handler ? arena_printf(s->arena, "{\"handler\":\"" STR_FMT "\"}", STR_ARG(h->users[pick(h, 3)]->account_uid)) : random_amendment(h, s);
    TaskAmend amend = { .uid = s->task->uid, .reason = pick(h, 8) ? STR("\xE7\x90\x86\xE7\x94\xB1") : STR_NONE, .version = s->task->version - (pick(h, 20) == 0),
                        .set = json_parse(set, s->arena, NULL) };
    g_assert_nonnull(amend.set);
    return task_amend(&s->ledger, &s->actor, &amend, err);
}

/* Two districts, or two departments, or one that has it already. */
static bool step_split(History *h, const Step *s, GError **err)
{
    Str owners[2] = { h->users[pick(h, PEOPLE)]->org_uid, h->users[pick(h, PEOPLE)]->org_uid };
    TaskSplit split = { .kind = STR("same"), .owners = owners, .n_owners = 2, .due = DATE_NONE, .reason = pick(h, 8) ? STR("\xE7\x90\x86\xE7\x94\xB1") : STR_NONE };
    if (h->n + 2 > MOST || !task_split(&s->ledger, &s->actor, s->task->uid, s->task->version - (pick(h, 20) == 0), &split, err))
        return false;
    h->splits++;
    return true;
}

static bool step_progress(History *h, const Step *s, GError **err)
{
    NewProgress said = { .text = STR("\xE8\xBF\x9B\xE5\xB1\x95"), .percent = (int64_t) pick(h, 101) };
    return task_progress_add(&s->ledger, &s->actor, s->task->uid, &said, err);
}

static bool step_remind(History *h, const Step *s, GError **err)
{
    static const Str levels[] = { STR_INIT("red"), STR_INIT("letter"), STR_INIT("order") };
    bool done = task_remind(&s->ledger, &s->actor, s->task->uid, levels[pick(h, G_N_ELEMENTS(levels))], STR("\xE5\x82\xAC"), err);
    h->reminders += done;
    return done;
}

static bool carry_out(History *h, const Step *s, GError **err)
{
    Str made;
    if (g_str_equal(s->verb, "measure"))
        return step_measure(h, s, err);
    if (g_str_equal(s->verb, "evidence"))
        return step_evidence(h, s, err);
    if (g_str_equal(s->verb, "amend") || g_str_equal(s->verb, "handler"))
        return step_amend(h, s, err);
    if (g_str_equal(s->verb, "split"))
        return step_split(h, s, err);
    if (g_str_equal(s->verb, "remind"))
        return step_remind(h, s, err);
    if (g_str_equal(s->verb, "progress"))
        return step_progress(h, s, err);
    if (g_str_equal(s->verb, "comment"))
        return task_comment(&s->ledger, &s->actor, s->task->uid, STR("\xE5\xA5\xBD"), s->arena, &made, err);
    return step_flow(h, s, err);
}

/* cancel and waive end a history, suspend holds it up, the others beside the way go on for ever: they are rarer than the steps that lead on. */
static const char *random_verb(History *h)
{
    static const char *const onwards[] = { "accept", "submit", "confirm", "verify", "close", "measure", "evidence" };
    size_t n = 0;
    while (task_verbs[n])
        n++;
    return pick(h, 6) > 0 ? onwards[pick(h, G_N_ELEMENTS(onwards))] : task_verbs[pick(h, n)];
}

/* Mostly a verb that somebody may, and one who may, or most steps would be refusals. */
static const User *random_user(History *h, const Task *task, Arena *arena, const char **ret_verb)
{
    for (int tries = 0; tries < 8; tries++) {
        const User *able[PEOPLE];
        size_t n = 0;
        *ret_verb = random_verb(h);
        for (size_t i = 0; i < PEOPLE; i++)
            if (task_allowed(h->users[i], task, *ret_verb, arena).ok)
                able[n++] = h->users[i];
        if (n > 0)
            return able[pick(h, n)];
    }
    return h->users[pick(h, PEOPLE)];
}

static bool load_task(Fixture *f, Arena *arena, Str uid, Task *ret_task)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    return conn && task_load(conn, arena, uid, ret_task, &err);
}

/* The sub-tasks that the histories do not follow yet. */
static void meet_children(History *h)
{
    for (size_t i = 0; i < h->n; i++) {
        g_autoptr(GError) err = NULL;
        g_autoptr(DbConn) conn = db_reader(h->f->db, &err);
        g_autoptr(DbRows) rows = db_query(conn, TaskChildren, &err, .parent = h->first[i]->id);
        for (TaskChildrenRow row; rows && db_next(rows, &row, &err);) {
            bool known = false;
            for (size_t k = 0; k < h->n; k++)
                known |= str_eq(h->uids[k], row.uid);
            if (known || h->n == MOST)
                continue;
            h->uids[h->n] = arena_str(h->f->arena, row.uid);
            h->first[h->n] = tasks_load(h->f, h->uids[h->n]);
            h->n++;
        }
        g_assert_no_error(err);
    }
}

/* A round over what is closed, and what somebody finds on one task of it. */
static void look_again(History *h)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(h->f);
    Actor inspector = tasks_actor(h->f, "inspector01");
    Date today = clock_today(h->f->clock);
    NewLookBack wish = { h->plan, STR("\xE5\x9B\x9E"), today, today + 9, 1 + (int64_t) pick(h, 100) };
    Str uid;
    if (!look_back_draw(&ledger, &inspector, &wish, h->f->arena, &uid, &err)) {
        assert_refused(&err, BH_CONFLICT, "nothing-closed");
        return;
    }
    g_autoptr(DbConn) conn = db_reader(h->f->db, &err);
    LookBack round;
    g_assert_true(look_back_load(conn, h->f->arena, uid, &round, &err));
    g_clear_pointer(&conn, db_done);
    const LookBackTask *task = &round.tasks[pick(h, round.n_tasks)];
    bool relapsed = pick(h, 2);
    int64_t before = tasks_load(h->f, task->task_uid)->relapses;
    LookBackFound found = { uid, task->task_uid, relapsed ? STR("relapsed") : STR("held"), STR("\xE5\x8F\x8D") };
    bool done = look_back_found(&ledger, &inspector, &found, &err);
    if (!done)
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
    g_assert_cmpint(tasks_load(h->f, task->task_uid)->relapses, ==, before + (done && relapsed));
    h->rounds++;
}

/* Who leaves passes on what he handles. */
static void pass_on(History *h)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(h->f);
    Actor head = tasks_actor(h->f, "head01");
    size_t from = pick(h, 2) * 2;
    Handover handover = { h->users[from]->account_uid, h->users[2 - from]->account_uid, STR("\xE8\xB0\x83"), NULL, 0 };
    int64_t tasks;
    if (!ledger_hand_over(&ledger, &head, &handover, &tasks, &err))
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
}

typedef struct {
    History *h;
    const User *by;
    NewDeputy wish;
} Absence;

static bool deputy_in_tx(DbConn *tx, void *data, GError **err)
{
    Absence *absence = data;
    Fixture *f = absence->h->f;
    AuditWho who = fixture_who(f, absence->by);
    Str uid;
    return deputy_add(tx, &absence->wish, absence->by, clock_today(f->clock), &who, f->arena, &uid, err);
}

static void load_users(History *h)
{
    for (size_t i = 0; i < PEOPLE; i++)
        h->users[i] = fixture_user(h->f, people[i]);
}

/* Somebody is absent for some days; from then on another has his rights. */
static void be_absent(History *h)
{
    g_autoptr(GError) err = NULL;
    Date today = clock_today(h->f->clock);
    size_t who = pick(h, PEOPLE);
    Absence absence = { h, h->users[who], { h->users[who]->account_uid, h->users[pick(h, PEOPLE)]->account_uid, STR("\xE5\x87\xBA"), today, today + (Date) pick(h, 5) } };
    if (db_write(h->f->db, DB_INTERACTIVE, deputy_in_tx, &absence, &err))
        h->deputies++;
    else
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
    load_users(h);
}

/* A task by hand, at once or as a draft. */
static void add_task(History *h)
{
    g_autoptr(GError) err = NULL;
    if (h->n + 1 >= MOST)
        return;
    g_autofree char *fields = g_strdup_printf("{\"title\":\"\xE6\x89\x8B\",\"due\":\"2026-07-01\",\"lead\":[\"" STR_FMT "\"]}", STR_ARG(h->users[pick(h, PEOPLE)]->org_uid));
    Str uid = tasks_add(h->f, "issuer01", "hotline", fields, pick(h, 2), &err);
    if (!uid.p) {
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
        return;
    }
    h->uids[h->n] = uid;
    h->first[h->n] = tasks_load(h->f, uid);
    h->n++;
    h->added++;
}

/* Somebody changes all rows that he sees at once, some of them stale. */
static void change_many(History *h)
{
    static const char *const sets[] = { "{\"category\":\"b\"}", "{\"due\":\"2026-10-31\"}", "{\"reminders\":\"off\"}", "{\"stage\":null}" };
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(h->f);
    const User *user = h->users[pick(h, 2) ? 5 : pick(h, PEOPLE)]; /* mostly the issuer */
    Actor actor = { user, fixture_who(h->f, user) };
    BulkRow rows[MOST] = { 0 };
    for (size_t i = 0; i < h->n; i++) {
        rows[i].uid = h->uids[i];
        rows[i].version = tasks_load(h->f, h->uids[i])->version - (pick(h, 5) == 0);
    }
    const JsonValue *set = json_parse(str_from(sets[pick(h, G_N_ELEMENTS(sets))]), h->f->arena, NULL);
    if (task_bulk(&ledger, &actor, rows, h->n, set, STR("\xE6\x89\xB9"), h->f->arena, &err))
        h->bulks++;
    else
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
}

/* Days pass now and then: suspensions end, the ladder is climbed, absences too are over. */
static void let_days_pass(History *h)
{
    g_autoptr(GError) err = NULL;
    int64_t ended;
    clock_set(h->f->clock, clock_now_ms(h->f->clock) + (int64_t) pick(h, 4) * 86400000);
    ledger_end_suspensions(h->f->db, h->f->clock, &ended, &err);
    g_assert_no_error(err);
    RemindCount sent;
    ladder_daily(h->f->db, h->f->clock, NULL, NULL, &sent, &err);
    g_assert_no_error(err);
    load_users(h);
}

/* What happens beside the steps of one task, each now and then. */
static const struct {
    void (*happen)(History *h);
    size_t rare;
} happenings[] = { { let_days_pass, 30 }, { look_again, 40 }, { pass_on, 40 }, { be_absent, 40 }, { add_task, 40 }, { change_many, 60 } };

/* What a draft says is free to change: what it promises is fixed by issuing it. */
static void meet_issued(History *h)
{
    for (size_t i = TASKS; i < h->n; i++)
        if (str_eq(h->first[i]->state, STR("draft")))
            h->first[i] = tasks_load(h->f, h->uids[i]);
}

/* One wish of one person. What is granted is what task_allowed says, but for stale versions and wishes that lack something. */
static void random_step(History *h)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    Task task;
    meet_issued(h);
    g_assert_true(load_task(h->f, arena, h->uids[pick(h, h->n)], &task));
    Step step = { .ledger = tasks_ledger(h->f), .task = &task, .arena = arena };
    const User *user = random_user(h, &task, arena, &step.verb);
    step.actor = (Actor) { user, fixture_who(h->f, user) };
    bool may_do = task_allowed(user, &task, step.verb, arena).ok;
    bool done = carry_out(h, &step, &err);
    if (done && !g_str_equal(step.verb, "amend")) /* of a head, an amendment that names a handler is that verb */
        g_assert_true(may_do);
    else if (err)
        g_assert_cmpint(err->code, !=, BH_INTERNAL);
    h->done += done;
    h->refused += !done;
    h->closed += done && g_str_equal(step.verb, "close");
    clock_set(h->f->clock, clock_now_ms(h->f->clock) + 1000);
    if (done && g_str_equal(step.verb, "split"))
        meet_children(h);
    for (size_t i = 0; i < G_N_ELEMENTS(happenings); i++)
        if (pick(h, happenings[i].rare) == 0)
            happenings[i].happen(h);
}

/* Whether somewhere on the way up from a path, itself included, stands `id`. */
static bool path_has(Str path, int64_t id)
{
    g_autofree char *mark = g_strdup_printf("/%" G_GINT64_FORMAT "/", id);
    return str_has(path, str_from(mark));
}

/* Rule f once more, from the rows alone and said another way. Where the owners were changed since, the mark shows it. */
static void assert_judged_by_another(History *h, const Task *task)
{
    const User *judge = NULL;
    for (size_t i = 0; i < PEOPLE; i++)
        if (str_eq(h->users[i]->account_uid, task->verified_by.uid))
            judge = h->users[i];
    g_assert_nonnull(judge);
    g_assert_true(judge->proven);
    g_assert_cmpint(judge->person, !=, task->claim_person);
    g_assert_true(judge->org != task->claim_org);
    for (size_t i = 0; i < task->n_owners && !task->adjusted; i++) {
        g_assert_false(path_has(judge->org_path, task->owners[i].org));
        g_assert_true(!path_has(task->owners[i].path, judge->org) || judge->org == task->issuer);
        g_assert_cmpint(judge->person, !=, task->owners[i].confirmed_person);
    }
    for (size_t i = 0; i < task->n_evidence; i++)
        g_assert_true(task->evidence[i].withdrawn || task->evidence[i].person != judge->person);
    g_assert_true(task->figures == 0 || task->incomputable.p);
}

/* What was marked once stays marked, also behind a cancellation; and what was promised did not change unseen. */
static void assert_nothing_is_hidden(History *h, size_t i, const Task *task)
{
    Seen *seen = &h->seen[i];
    g_assert_cmpint(task->relapses, >=, seen->relapses);
    g_assert_cmpuint(task->n_amendments, >=, seen->amendments);
    g_assert_true(task->adjusted >= seen->adjusted && task->manual >= seen->manual);
    g_assert_true(task->adjusted || (str_eq(task->title, h->first[i]->title) && str_eq(task->text, h->first[i]->text) && task->due == h->first[i]->due
                                     && task->owners[0].org == h->first[i]->owners[0].org && task->n_owners == h->first[i]->n_owners));
    g_assert_true((task->holding_until != DATE_NONE) == str_eq(task->state, STR("closed")));
    g_assert_true(seen->relapses == 0 || seen->restricted || !task->restricted); /* nor taken out of the reports */
    *seen = (Seen) { task->relapses, task->n_amendments, task->adjusted, task->manual, task->restricted };
}

static void assert_sound(History *h)
{
    g_autoptr(Arena) arena = arena_new();
    meet_issued(h);
    for (size_t i = 0; i < h->n; i++) {
        Task task;
        g_assert_true(load_task(h->f, arena, h->uids[i], &task));
        bool judged = str_eq(task.state, STR("closed")) || str_eq(task.state, STR("verified"));
        g_assert_true(judged <= (task.verified_by.uid.p != NULL));
        if (judged && task.overruled_by.uid.p)
            g_assert_true(task.manual);
        else if (judged)
            assert_judged_by_another(h, &task);
        assert_nothing_is_hidden(h, i, &task);
        if (judged) /* rule h */
            g_assert_cmpint(task.children, ==, task.children_closed);
        g_assert_true(str_eq(task.state, STR("closed")) == (task.closed_at != DB_NULL_INT));
        g_assert_true(str_eq(task.state, STR("suspended")) == (task.state_before.p != NULL));
    }
}

/* What is part of a task that is in the report is counted with that. */
static bool counts_with_another(History *h, Arena *arena, const Task *task)
{
    Task parent;
    if (!task->parent_uid.p)
        return false;
    g_assert_true(load_task(h->f, arena, task->parent_uid, &parent));
    return !parent.restricted;
}

/* What is cancelled, waived, divided or held up is in every denominator, and so is every relapse: nobody sees a better year by ending a task. */
static void assert_counted(History *h)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(h->f->db, &err);
    g_autoptr(GString) out = g_string_new(NULL);
    Ledger ledger = tasks_ledger(h->f);
    ReportScope scope;
    int64_t tasks, want[3] = { 0 };
    report_scope(conn, arena, h->plan, STR_NONE, STR_NONE, &scope, &err);
    g_assert_no_error(err);
    report_now(&ledger, conn, REPORT_WEEKLY, &scope, &(PersonRef) { 0 }, out, &tasks, &err);
    g_assert_no_error(err);
    const JsonValue *totals = json_get(json_parse(str_from_gstring(out), arena, NULL), "totals");
    for (size_t i = 0; i < h->n; i++) {
        Task task;
        g_assert_true(load_task(h->f, arena, h->uids[i], &task));
        if (!str_eq(task.plan_uid, h->plan) || task.restricted || str_eq(task.state, STR("draft")) || str_eq(task.state, STR("discarded")))
            continue;
        bool part = counts_with_another(h, arena, &task);
        want[0] += !part;
        want[1] += task.relapses > 0;
        want[2] += !part && str_eq(task.state, STR("cancelled"));
    }
    static const char *const names[] = { "tasks", "relapsed", "cancelled" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        int64_t said;
        json_get_int(totals, names[i], 0, INT64_MAX, &said, &err);
        g_assert_no_error(err);
        g_assert_cmpint(said, ==, want[i]);
    }
}

static int histories_wanted(int usual)
{
    const char *wanted = g_getenv("BIHUAN_TEST_HISTORIES");
    int64_t histories = g_getenv("BIHUAN_TEST_LONG") ? 20 * usual : usual;
    if (wanted)
        str_to_int64(str_from(wanted), &histories);
    return (int) histories;
}

static void test_random_histories(Fixture *f)
{
    enum { STEPS = 120 }; /* over six tasks, each a history of its own */
    int histories = histories_wanted(f->engine == DB_SQLITE ? 30 : 15), done = 0, closed = 0, splits = 0, rounds = 0, deputies = 0, added = 0, bulks = 0,
        reminders = 0;
    for (guint32 seed = 1; seed <= (guint32) histories; seed++) {
        History h;
        begin(&h, f, seed);
        for (int i = 0; i < STEPS; i++) {
            random_step(&h);
            if (i % 10 == 0)
                assert_sound(&h);
        }
        assert_sound(&h);
        assert_counted(&h);
        deputies += h.deputies;
        added += h.added;
        bulks += h.bulks;
        reminders += h.reminders;
        closed += h.closed;
        done += h.done;
        splits += h.splits;
        rounds += h.rounds;
        g_rand_free(h.random);
    }
    tasks_assert_proven(f);
    g_test_message("%d changes, %d closings, %d divisions, %d rounds, %d absences, %d by hand, %d of many at once, %d reminders", done, closed, splits, rounds, deputies, added,
                   bulks, reminders);
    g_assert_cmpint(MIN(MIN(deputies, added), MIN(bulks, reminders)), >, histories / 8);
    g_assert_cmpint(splits, >, histories / 4);
    g_assert_cmpint(rounds, >, histories / 8);
    g_assert_cmpint(done, >, 20 * histories); /* they were no histories of refusals */
    g_assert_cmpint(closed, >, histories / 4);
}

/* Events hold ids, states and digests: no word that people wrote, and no name. */
static void test_events_hold_no_words(Fixture *f)
{
    History h;
    begin(&h, f, 77);
    for (int i = 0; i < 400; i++)
        random_step(&h);
    g_rand_free(h.random);
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, EventsAfter, &err, .seq = 0, .limit = 1000000);
    int64_t events = 0;
    for (EventsAfterRow row; rows && db_next(rows, &row, &err); events++) {
        for (size_t i = 0; i < row.body.n; i++)
            g_assert_cmpint((unsigned char) row.body.p[i], <, 0x80);
        g_assert_false(str_has(row.body, STR("what is to be done")) || str_has(row.body, STR("a reason")) || str_has(row.body, STR(".jpg")));
    }
    g_assert_no_error(err);
    g_assert_cmpint(events, >, 200);
}

/* --- At work ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    History *h;
    int steps;
} Worker;

static gpointer work_on(gpointer data)
{
    Worker *worker = data;
    for (int i = 0; i < worker->steps; i++)
        random_step(worker->h);
    return NULL;
}

static void test_the_check_agrees_while_people_work(Fixture *f)
{
    History h;
    begin(&h, f, 5);
    Worker worker = { &h, 300 };
    GThread *thread = g_thread_new("worker", work_on, &worker);
    for (int i = 0; i < 10; i++)
        tasks_assert_proven(f);
    g_thread_join(thread);
    tasks_assert_proven(f);
    g_rand_free(h.random);
}

/* --- Killed ----------------------------------------------------------------------------------------------------------------------- */

/* What the child says was done: the task's uid and the version that it was told. */
typedef struct {
    char uid[UID_TEXT_MAX];
    int64_t version;
} Acknowledged;

static G_GNUC_NORETURN void live_until_killed(Fixture *f, int out, guint32 seed, const Str *uids)
{
    g_autoptr(GError) err = NULL;
    f->db = db_open(&f->options, &err);
    if (!f->db)
        _exit(3);
    History h = { .f = f, .random = g_rand_new_with_seed(seed) };
    for (size_t i = 0; i < PEOPLE; i++)
        h.users[i] = fixture_user(f, people[i]);
    for (h.n = 0; h.n < TASKS; h.n++) {
        h.uids[h.n] = uids[h.n];
        h.first[h.n] = tasks_load(f, uids[h.n]);
    }
    h.plan = h.first[0]->plan_uid;
    for (;;) {
        int before = h.done;
        random_step(&h);
        if (h.done == before)
            continue;
        for (size_t i = 0; i < TASKS; i++) {
            Acknowledged said = { .version = tasks_load(f, uids[i])->version };
            g_strlcpy(said.uid, uids[i].p, sizeof said.uid);
            if (write(out, &said, sizeof said) != sizeof said)
                _exit(4);
        }
    }
}

/* Reads what was acknowledged, and kills in the middle of something; the last version told of each task must still be reached. */
static void kill_after(Fixture *f, guint32 seed, const Str *uids, int acknowledgements)
{
    int ends[2];
    int64_t told[TASKS] = { 0 };
    g_assert_cmpint(pipe(ends), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        live_until_killed(f, ends[1], seed, uids);
    }
    close(ends[1]);
    Acknowledged said;
    for (int i = 0; i < acknowledgements && read(ends[0], &said, sizeof said) == sizeof said; i++)
        if (i == acknowledgements - 1)
            kill(child, SIGKILL);
        else
            for (size_t t = 0; t < TASKS; t++)
                if (str_eq(uids[t], str_from(said.uid)))
                    told[t] = MAX(told[t], said.version);
    int status;
    waitpid(child, &status, 0);
    close(ends[0]);
    g_assert_true(WIFSIGNALED(status));
    g_autoptr(GError) err = NULL;
    f->db = db_open(&f->options, &err);
    g_assert_no_error(err);
    for (size_t t = 0; t < TASKS; t++)
        g_assert_cmpint(tasks_load(f, uids[t])->version, >=, told[t]);
    tasks_assert_proven(f);
}

static void test_killed_in_the_middle(Fixture *f)
{
    History h;
    begin(&h, f, 9);
    g_rand_free(h.random);
    for (guint32 round = 1; round <= 4; round++) {
        g_clear_pointer(&f->db, db_close); /* a fork takes no threads along */
        kill_after(f, round, h.uids, 50 + 37 * (int) round);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("ledger-proof", "random-histories", true, test_random_histories);
    fixture_add("ledger-proof", "events-hold-no-words", true, test_events_hold_no_words);
    fixture_add("ledger-proof", "the-check-agrees-while-people-work", true, test_the_check_agrees_while_people_work);
    fixture_add("ledger-proof", "killed-in-the-middle", true, test_killed_in_the_middle);
    return g_test_run();
}
