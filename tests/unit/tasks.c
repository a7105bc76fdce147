#include "tasks.h"

#include "base/crypto.h"
#include "db/queries.h"
#include "ledger/plan_do.h"
#include "base/json.h"
#include "ledger/change.h"

#include "base/banned.h"

typedef struct {
    Fixture *f;
    const Actor *actor;
    const char *issuer_code;
    const TaskSpec *specs;
    size_t n;
    Str plan, *uids;
} Issue;

typedef ARENA_LIST(TaskOwner) OwnerList;

static bool add_owners(DbConn *tx, Fixture *f, const char *codes, Str role, OwnerList *list, GError **err)
{
    for (Str rest = str_from(codes); rest.p;) {
        Str code = str_cut(&rest, ' ');
        OrgByCodeRow org;
        bool found = false;
        if (!db_one(tx, OrgByCode, f->arena, &org, &found, err, .code = code))
            return false;
        g_assert_true(found);
        *ARENA_PUSH(f->arena, list) = (TaskOwner) { .org = org.id, .role = role, .written = org.name };
    }
    return true;
}

static void add_parts(Fixture *f, const TaskSpec *spec, Task *task)
{
    task->n_measures = (size_t) spec->measures;
    task->measures = ARENA_ARRAY(f->arena, TaskMeasure, task->n_measures + 1);
    for (size_t i = 0; i < task->n_measures; i++)
        task->measures[i] = (TaskMeasure) { .text = arena_printf(f->arena, "measure %zu", i + 1) };
    task->n_targets = (size_t) spec->targets;
    task->targets = ARENA_ARRAY(f->arena, TaskTarget, task->n_targets + 1);
    for (size_t i = 0; i < task->n_targets; i++)
        task->targets[i] = (TaskTarget) { .quote = STR("at least 95%"), .metric = STR("rate"), .op = STR(">="),
                                          .value = str_from(spec->value ? spec->value : "95"), .unit = str_from(spec->unit ? spec->unit : "%"),
                                          .due = DATE_NONE, .tense = STR("target") };
}

static bool insert_task(DbConn *tx, Issue *issue, int64_t plan, size_t i, GError **err)
{
    Fixture *f = issue->f;
    const TaskSpec *spec = &issue->specs[i];
    OwnerList owners = { 0 };
    Task task = task_blank();
    task.plan = plan;
    task.seq = (int64_t) i + 1;
    task.title = spec->title ? str_from(spec->title) : arena_printf(f->arena, "task %zu", i + 1);
    task.text = spec->text ? str_from(spec->text) : STR("what is to be done");
    task.source = STR("document");
    task.due = clock_today(f->clock) + (spec->due_in ? spec->due_in : 100);
    task.figures = spec->figures;
    task.restricted = spec->restricted;
    task.state = spec->draft ? STR("draft") : STR("issued");
    add_parts(f, spec, &task);
    if (!add_owners(tx, f, spec->lead, STR("lead"), &owners, err) || !add_owners(tx, f, spec->support, STR("support"), &owners, err))
        return false;
    task.owners = owners.v;
    task.n_owners = owners.n;
    bool made = task_create(tx, issue->actor, f->arena, &task, err);
    issue->uids[i] = task.uid;
    return made;
}

static bool issue_in_tx(DbConn *tx, void *data, GError **err)
{
    Issue *issue = data;
    OrgByCodeRow org;
    int64_t plan;
    bool found;
    issue->plan = fresh_uid(issue->f->arena);
    if (!db_one(tx, OrgByCode, issue->f->arena, &org, &found, err, .code = str_from(issue->issuer_code))
        || !plan_insert(tx, issue->actor, &(PlanSeed) { .uid = issue->plan, .document = DB_NULL_INT, .title = STR("a plan"), .kind = STR("plan"),
                                                        .issuer = org.id, .year = 2026, .edition = 1, .replaces = DB_NULL_INT, .tasks = (int64_t) issue->n },
                        "plan-issue", issue->f->arena, &plan, err))
        return false;
    for (size_t i = 0; i < issue->n; i++)
        if (!insert_task(tx, issue, plan, i, err))
            return false;
    return true;
}

Str tasks_issue(Fixture *f, const char *issuer, const char *issuer_code, const TaskSpec *specs, size_t n, Str *ret_uids)
{
    g_autoptr(GError) err = NULL;
    Actor actor = tasks_actor(f, issuer);
    Issue issue = { f, &actor, issuer_code, specs, n, STR_NONE, ret_uids };
    db_write(f->db, DB_INTERACTIVE, issue_in_tx, &issue, &err);
    g_assert_no_error(err);
    return issue.plan;
}

Str tasks_one(Fixture *f, TaskSpec spec)
{
    Str uid;
    tasks_issue(f, "issuer01", "990000-WJW", &spec, 1, &uid);
    return uid;
}

Ledger tasks_ledger(const Fixture *f)
{
    return (Ledger) { .db = f->db, .blobs = f->blobs, .clock = f->clock, .keys = f->keys };
}

Actor tasks_actor(Fixture *f, const char *username)
{
    const User *user = fixture_user(f, username);
    return (Actor) { user, fixture_who(f, user) };
}

const Task *tasks_load(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Task *task = ARENA_NEW(f->arena, Task);
    g_assert_no_error(err);
    task_load(conn, f->arena, uid, task, &err);
    g_assert_no_error(err);
    return task;
}

bool tasks_do(Fixture *f, const char *username, Str uid, const char *verb, const char *reason, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    TaskWish wish = { .reason = str_from(reason), .until = g_str_equal(verb, "suspend") ? clock_today(f->clock) + 10 : DATE_NONE };
    return task_do(&ledger, &actor, uid, tasks_load(f, uid)->version, str_from(verb), &wish, err);
}

bool tasks_amend(Fixture *f, const char *username, Str uid, const char *set, const char *reason, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    TaskAmend amend = { .uid = uid, .reason = str_from(reason), .version = tasks_load(f, uid)->version, .set = json_parse(str_from(set), f->arena, NULL) };
    g_assert_nonnull(amend.set);
    return task_amend(&ledger, &actor, &amend, err);
}

Str tasks_add(Fixture *f, const char *username, const char *source, const char *fields, bool issue, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    NewTask new = { .source = str_from(source), .issue = issue, .fields = json_parse(str_from(fields), f->arena, NULL) };
    Str uid = STR_NONE;
    g_assert_nonnull(new.fields);
    task_add(&ledger, &actor, &new, f->arena, &uid, err);
    return uid;
}

bool tasks_evidence(Fixture *f, const char *username, Str uid, Str *ret_uid, GError **err)
{
    static const NewEvidence paper = { STR_INIT("document"), STR_INIT("paper.pdf"), STR_INIT("application/pdf"),
                                       STR_INIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), STR_INIT("issued"), 100 };
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    Str evidence;
    return task_evidence_add(&ledger, &actor, uid, &paper, f->arena, ret_uid ? ret_uid : &evidence, err);
}

void tasks_answer(Fixture *f, const char *username, Str uid)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    const Task *task = tasks_load(f, uid);
    for (size_t i = 0; i < task->n_measures; i++) {
        task_measure_set(&ledger, &actor, uid, task->measures[i].uid, task->measures[i].version, STR("done"), STR("it was done"), &err);
        g_assert_no_error(err);
    }
}

void tasks_bring(Fixture *f, Str uid, const char *state)
{
    static const struct {
        const char *state, *who, *verb;
    } way[] = {
        { "working", "handler01", "accept" },
        { "submitted", "head01", "submit" },
        { "verified", "reviewer01", "verify" },
        { "closed", "issuer01", "close" },
    };
    g_autoptr(GError) err = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(way) && !str_eq(tasks_load(f, uid)->state, str_from(state)); i++) {
        tasks_do(f, way[i].who, uid, way[i].verb, NULL, &err);
        g_assert_no_error(err);
        if (i == 0) {
            tasks_answer(f, "handler01", uid);
            tasks_evidence(f, "handler01", uid, NULL, &err);
            g_assert_no_error(err);
        }
    }
}

void tasks_assert_proven(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    AuditReport chain;
    RebuildReport rows;
    audit_verify(f->db, arena, NULL, NULL, &chain, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < chain.n_problems; i++)
        g_test_message("event %" G_GINT64_FORMAT ": %s", chain.problems[i].seq, chain.problems[i].code);
    g_assert_cmpuint(chain.n_problems, ==, 0);
    ledger_rebuild_check(f->db, arena, &rows, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < rows.n_problems; i++)
        g_test_message("%s " STR_FMT ", " STR_FMT ": the events say '" STR_FMT "', the row '" STR_FMT "'", rows.problems[i].kind, STR_ARG(rows.problems[i].uid),
                       STR_ARG(rows.problems[i].key), STR_ARG(rows.problems[i].event_says), STR_ARG(rows.problems[i].row_says));
    g_assert_cmpuint(rows.n_problems, ==, 0);
}
