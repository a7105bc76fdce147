/* Reports: every figure against counting by hand over random histories, against the list that its query gives, and what is kept stays as it was. */
#include "tasks.h"

#include "base/json.h"
#include "db/queries.h"
#include "ledger/report.h"
#include "ledger/task_list.h"

#include "base/banned.h"

enum { TASKS = 24, STEPS = 160, DAY_MS = 86400000 };

/* --- By hand -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Fixture *f;
    Str plans[3], uids[TASKS];
    size_t n;
} World;

static const char *const leads[] = { "990000-WJW-07", "990000-WJW-08", "990000-WJW-07 990000-WJW-09", "990101-WJW", "990000-B02" };

static void issue_some(World *w, size_t plan, size_t n)
{
    TaskSpec specs[TASKS];
    for (size_t i = 0; i < n; i++)
        specs[i] = (TaskSpec) { .lead = leads[g_test_rand_int_range(0, G_N_ELEMENTS(leads))], .support = "990000-WJW-04" };
    w->plans[plan] = tasks_issue(w->f, "issuer01", "990000-WJW", specs, n, w->uids + w->n);
    w->n += n;
}

static void move_days(World *w, int days)
{
    clock_set(w->f->clock, clock_now_ms(w->f->clock) + (int64_t) days * DAY_MS);
}

/* Somebody tries something; what is refused changes nothing. */
static void try_step(World *w)
{
    static const struct {
        const char *who, *verb;
    } wishes[] = {
        { "handler01", "accept" }, { "head01", "submit" }, { "reviewer01", "verify" }, { "reviewer01", "return" }, { "issuer01", "close" },
        { "inspector01", "reopen" }, { "issuer01", "suspend" }, { "issuer01", "resume" }, { "issuer01", "cancel" }, { "issuer01", "waive" },
        { "handler01", "accept" }, { "head01", "submit" }, { "reviewer01", "verify" }, { "issuer01", "close" }, { "inspector01", "reopen" },
    };
    int i = g_test_rand_int_range(0, G_N_ELEMENTS(wishes));
    Str uid = w->uids[g_test_rand_int_range(0, (int) w->n)];
    bool rare = flow_has_word("suspend cancel waive", str_from(wishes[i].verb));
    if (rare && g_test_rand_int_range(0, 4) != 0)
        return;
    g_autoptr(GError) err = NULL;
    tasks_evidence(w->f, "handler01", uid, NULL, &err);
    g_clear_error(&err);
    tasks_do(w->f, wishes[i].who, uid, wishes[i].verb, "because", &err);
}

static void live(World *w, int steps)
{
    for (int i = 0; i < steps; i++) {
        try_step(w);
        if (g_test_rand_int_range(0, 4) == 0)
            move_days(w, g_test_rand_int_range(0, 3));
    }
}

typedef struct {
    int64_t tasks, due, done, on_time, finished, first_pass, closed, ever_closed, overdue, longest, returned, relapsed, suspended, cancelled, waived;
} Counted;

static bool lies_in(const Task *task, Str plan, Str path)
{
    if (plan.p && !str_eq(plan, task->plan_uid))
        return false;
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, STR("lead")) && str_starts(task->owners[i].path, path))
            return true;
    return false;
}

static Counted count_by_hand(World *w, Str plan, Str path, Date to)
{
    Counted c = { 0 };
    Date today = clock_today(w->f->clock);
    for (size_t i = 0; i < w->n; i++) {
        const Task *t = tasks_load(w->f, w->uids[i]);
        if (!lies_in(t, plan, path))
            continue;
        bool verified = str_eq(t->state, STR("verified")), closed = str_eq(t->state, STR("closed"));
        bool working = str_eq(t->state, STR("issued")) || str_eq(t->state, STR("working")) || str_eq(t->state, STR("returned"))
                       || str_eq(t->state, STR("reopened"));
        c.tasks++;
        c.suspended += str_eq(t->state, STR("suspended"));
        c.cancelled += str_eq(t->state, STR("cancelled"));
        c.waived += str_eq(t->state, STR("waived"));
        c.closed += closed;
        c.finished += closed || verified;
        c.first_pass += (closed || verified) && !t->returns;
        c.returned += t->returns > 0;
        c.relapsed += t->relapses > 0;
        c.ever_closed += closed || t->relapses > 0;
        if (t->due <= to) {
            c.due++;
            c.done += closed || verified;
            c.on_time += (closed || verified) && t->claim_at < ((int64_t) t->due + 1) * DAY_MS - (int64_t) clock_zone_minutes(w->f->clock) * 60000;
        }
        if (working && t->due < today) {
            c.overdue++;
            c.longest = MAX(c.longest, today - t->due);
        }
    }
    return c;
}

/* --- What the report says ---------------------------------------------------------------------------------------------------- */

static const JsonValue *read_now(World *w, ReportKind kind, Str plan, const char *org_code)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    g_autoptr(GString) out = g_string_new(NULL);
    Ledger ledger = tasks_ledger(w->f);
    ReportScope scope;
    report_scope(conn, w->f->arena, plan, org_code ? fixture_org(w->f, org_code).uid : STR_NONE, STR_NONE, &scope, &err);
    g_assert_no_error(err);
    int64_t tasks;
    report_now(&ledger, conn, kind, &scope, &(PersonRef) { 0 }, out, &tasks, &err);
    g_assert_no_error(err);
    const JsonValue *report = json_parse(arena_str(w->f->arena, str_from_gstring(out)), w->f->arena, &err);
    g_assert_no_error(err);
    return report;
}

static int64_t figure(const JsonValue *object, const char *name)
{
    g_autoptr(GError) err = NULL;
    int64_t value;
    json_get_int(object, name, 0, INT64_MAX, &value, &err);
    g_assert_no_error(err);
    return value;
}

static int64_t part(const JsonValue *object, const char *name, int which)
{
    g_autoptr(GError) err = NULL;
    const JsonValue *ratio;
    int64_t value;
    json_get_array(object, name, &ratio, &err);
    g_assert_no_error(err);
    json_as_int(which == 0 ? ratio->first : ratio->first->next, 0, INT64_MAX, &value, &err);
    g_assert_no_error(err);
    return value;
}

static void assert_ratio(const JsonValue *object, const char *name, int64_t n, int64_t of)
{
    g_assert_cmpint(part(object, name, 0), ==, n);
    g_assert_cmpint(part(object, name, 1), ==, of);
}

static void assert_ratios(const JsonValue *object, const Counted *c)
{
    assert_ratio(object, "rate", c->done, c->due);
    assert_ratio(object, "on_time", c->on_time, c->due);
    assert_ratio(object, "first_pass", c->first_pass, c->finished);
    assert_ratio(object, "relapse", c->relapsed, c->ever_closed);
}

static void assert_totals(const JsonValue *report, const Counted *c)
{
    const JsonValue *totals = json_get(report, "totals");
    const struct {
        const char *name;
        int64_t value;
    } want[] = {
        { "tasks", c->tasks }, { "due", c->due }, { "done", c->done }, { "finished", c->finished }, { "closed", c->closed },
        { "ever_closed", c->ever_closed }, { "overdue", c->overdue }, { "longest_overdue_days", c->longest }, { "returned", c->returned },
        { "relapsed", c->relapsed }, { "suspended", c->suspended }, { "cancelled", c->cancelled }, { "waived", c->waived },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        g_test_message("%s", want[i].name);
        g_assert_cmpint(figure(totals, want[i].name), ==, want[i].value);
    }
    assert_ratios(totals, c);
}

static Date date_member(const JsonValue *object, const char *name)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(json_get(object, name)->text, &date));
    return date;
}

/* How many tasks the list of the ledger shows for a figure: "figure=due&on=2026-03-20" or "step=closed&since=1&until=9". */
static int64_t listed(World *w, Str plan, Str query)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    DbList *list = db_list_new(w->f->arena, TaskList, "t.id");
    TaskFilter filter = task_filter_none();
    Str figure_name = STR_NONE, step = STR_NONE;
    Date on = DATE_NONE, from = DATE_NONE;
    int64_t since = 0, until = 0, total;
    for (Str rest = query; rest.p;) {
        Str value = str_cut(&rest, '&'), name = str_cut(&value, '=');
        if (str_eq(name, STR("figure")))
            figure_name = value;
        if (str_eq(name, STR("step")))
            step = value;
        if (str_eq(name, STR("on")))
            g_assert_true(date_parse(value, &on));
        if (str_eq(name, STR("overdue_from")))
            g_assert_true(date_parse(value, &from));
        if (str_eq(name, STR("since")))
            g_assert_true(str_to_int64(value, &since));
        if (str_eq(name, STR("until")))
            g_assert_true(str_to_int64(value, &until));
    }
    filter.plan = plan;
    task_list_all(list, conn, w->f->arena, fixture_user(w->f, "leader01"), clock_today(w->f->clock), &filter, &err);
    g_assert_no_error(err);
    if (figure_name.p)
        report_filter_figure(list, figure_name, on, clock_zone_minutes(w->f->clock), &err);
    else
        report_filter_step(list, &(ReportStep) { step, since, until, on, from }, &err);
    g_assert_no_error(err);
    db_list_page(list, STR_NONE, 100, &err);
    db_list_total(list, conn, &total, &err);
    g_assert_no_error(err);
    return total;
}

static int64_t shown_by(World *w, Str plan, const JsonValue *report, const char *name)
{
    return listed(w, plan, json_get(json_get(report, "figures"), name)->text);
}

static void assert_lists(World *w, Str plan, const JsonValue *report)
{
    const JsonValue *totals = json_get(report, "totals"), *since = json_get(report, "since");
    static const char *const plain[] = { "tasks", "open", "due", "done", "finished", "closed", "ever_closed", "overdue", "returned", "relapsed", "suspended",
                                         "cancelled", "waived" };
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        g_test_message("%s", plain[i]);
        g_assert_cmpint(shown_by(w, plan, report, plain[i]), ==, figure(totals, plain[i]));
    }
    g_assert_cmpint(shown_by(w, plan, report, "on_time"), ==, part(totals, "on_time", 0));
    g_assert_cmpint(shown_by(w, plan, report, "first_pass"), ==, part(totals, "first_pass", 0));
    static const char *const changes[] = { "relapsed", "overdue", "returned", "slipped", "owner", "amended", "stopped", "new", "closed" };
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        const JsonValue *change = json_get(since, changes[i]);
        Str query = json_get(change, "query")->text, head = str_cut(&query, '&'); /* plan=UID& … */
        g_assert_true(str_starts(head, STR("plan=")));
        g_test_message("%s", changes[i]);
        g_assert_cmpint(listed(w, plan, query), ==, figure(change, "n"));
        g_assert_cmpuint(json_get(change, "lines")->count, ==, (size_t) MIN(figure(change, "n"), 50));
    }
}

/* What changed since an event, from the events alone. */
static void assert_since(World *w, Str plan, const JsonValue *report)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    const JsonValue *since = json_get(report, "since");
    int64_t from = figure(since, "seq"), relapsed = 0, returned = 0, closed = 0, made = 0, stopped = 0;
    for (size_t i = 0; i < w->n; i++) {
        const Task *t = tasks_load(w->f, w->uids[i]);
        bool saw[5] = { false };
        if (!str_eq(t->plan_uid, plan))
            continue;
        g_autoptr(DbRows) rows = db_query(conn, EventsOfObject, &err, .object_kind = STR("task"), .object_uid = t->uid, .after = from, .limit = 1000);
        for (EventsOfObjectRow row; rows && db_next(rows, &row, &err);) {
            const JsonValue *event = json_parse(arena_str(w->f->arena, row.body), w->f->arena, &err);
            const JsonValue *state = json_get(json_get(json_get(event, "data"), "set"), "state");
            if (!state)
                continue;
            saw[0] |= str_eq(state->text, STR("reopened"));
            saw[1] |= str_eq(state->text, STR("returned"));
            saw[2] |= str_eq(state->text, STR("closed"));
            saw[3] |= str_eq(row.verb, STR("issue"));
            saw[4] |= flow_has_word("suspended cancelled waived", state->text);
        }
        g_assert_no_error(err);
        relapsed += saw[0];
        returned += saw[1];
        closed += saw[2] && str_eq(t->state, STR("closed"));
        made += saw[3];
        stopped += saw[4] && flow_has_word("suspended cancelled waived", t->state);
    }
    g_assert_cmpint(figure(json_get(since, "relapsed"), "n"), ==, relapsed);
    g_assert_cmpint(figure(json_get(since, "returned"), "n"), ==, returned);
    g_assert_cmpint(figure(json_get(since, "closed"), "n"), ==, closed);
    g_assert_cmpint(figure(json_get(since, "new"), "n"), ==, made);
    g_assert_cmpint(figure(json_get(since, "stopped"), "n"), ==, stopped);
}

/* By the default weights, as one would on paper; in tenths, -1 where nothing can be said. */
static int64_t score_by_hand(const Counted *c, int64_t open)
{
    const struct {
        double weight;
        int64_t n, of;
    } parts[] = { { 40, c->on_time, c->due }, { 20, c->first_pass, c->finished }, { 20, c->ever_closed - c->relapsed, c->ever_closed }, { 10, open - c->overdue, open } };
    double sum = 0, weights = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].of > 0) {
            sum += parts[i].weight * (double) parts[i].n / (double) parts[i].of;
            weights += parts[i].weight;
        }
    return weights > 0 ? (int64_t) (sum / weights * 1000 + 0.5) : -1;
}

static void assert_score(const JsonValue *unit, int64_t tenths)
{
    const JsonValue *score = json_get(unit, "score");
    Decimal value;
    if (tenths < 0) {
        g_assert_cmpint(score->type, ==, JSON_NULL);
        return;
    }
    g_assert_true(decimal_parse(score->text, &value));
    double difference = g_ascii_strtod(score->text.p, NULL) * 10 - (double) tenths;
    g_assert_true(difference > -1.01 && difference < 1.01); /* the last digit may be rounded another way */
}

static void assert_units(World *w, Str plan, const JsonValue *report)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    Date to = date_member(report, "to");
    int64_t rank = 0;
    for (const JsonValue *unit = json_get(report, "units")->first; unit; unit = unit->next) {
        Org org;
        bool found;
        org_by_uid(conn, w->f->arena, json_get(json_get(unit, "org"), "uid")->text, &org, &found, &err);
        g_assert_no_error(err);
        Counted c = count_by_hand(w, plan, org.path, to);
        g_assert_cmpint(figure(unit, "total"), ==, c.tasks);
        g_assert_cmpint(figure(unit, "overdue"), ==, c.overdue);
        g_assert_cmpint(figure(unit, "longest_overdue_days"), ==, c.longest);
        assert_ratios(unit, &c);
        assert_score(unit, score_by_hand(&c, figure(unit, "open")));
        if (json_get(unit, "rank")->type == JSON_NUMBER) {
            g_assert_cmpint(figure(unit, "rank"), >=, rank);
            rank = figure(unit, "rank");
        }
    }
}

static void check_all(World *w)
{
    for (ReportKind kind = 0; kind < REPORT_KINDS; kind++)
        for (size_t p = 0; p < G_N_ELEMENTS(w->plans); p++) {
            const JsonValue *report = read_now(w, kind, w->plans[p], NULL);
            Counted c = count_by_hand(w, w->plans[p], STR("/"), date_member(report, "to"));
            assert_totals(report, &c);
            assert_units(w, w->plans[p], report);
            assert_lists(w, w->plans[p], report);
            assert_since(w, w->plans[p], report);
        }
    static const char *const orgs[] = { "990000-WJW", "990000-WJW-07", "990000-ZF", "990000-WJW-09" };
    for (size_t i = 0; i < G_N_ELEMENTS(orgs); i++) {
        const JsonValue *report = read_now(w, REPORT_WEEKLY, STR_NONE, orgs[i]);
        Counted c = count_by_hand(w, STR_NONE, fixture_org(w->f, orgs[i]).path, date_member(report, "to"));
        assert_totals(report, &c);
    }
}

static Str keep(World *w, ReportKind kind, Str plan)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    Ledger ledger = tasks_ledger(w->f);
    Actor actor = tasks_actor(w->f, "issuer01");
    ReportScope scope;
    Str uid;
    report_scope(conn, w->f->arena, plan, STR_NONE, STR_NONE, &scope, &err);
    g_assert_no_error(err);
    g_clear_pointer(&conn, db_done);
    report_keep(&ledger, &actor, kind, &scope, w->f->arena, &uid, &err);
    g_assert_no_error(err);
    return uid;
}

static Str kept_text(World *w, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(w->f->db, &err);
    g_autoptr(GString) out = g_string_new(NULL);
    ReportKept kept;
    report_by_uid(conn, w->f->arena, uid, &kept, &err);
    g_assert_no_error(err);
    report_write(conn, w->f->arena, &kept, w->f->clock, out, &err);
    g_assert_no_error(err);
    return arena_str(w->f->arena, str_from_gstring(out));
}

static World make_world(Fixture *f)
{
    World w = { .f = f };
    for (size_t p = 0; p < G_N_ELEMENTS(w.plans); p++) {
        issue_some(&w, p, TASKS / G_N_ELEMENTS(w.plans));
        move_days(&w, 20);
    }
    return w;
}

/* --- Cases -------------------------------------------------------------------------------------------------------------------- */

static void random_histories(Fixture *f)
{
    World w = make_world(f);
    for (int round = 0; round < 3; round++) {
        live(&w, STEPS / 4);
        check_all(&w);
        keep(&w, REPORT_WEEKLY, w.plans[0]);
        move_days(&w, 30);
    }
    live(&w, STEPS / 4);
    check_all(&w);
    tasks_assert_proven(f);
}

static void frozen(Fixture *f)
{
    World w = make_world(f);
    live(&w, 20);
    Str first = keep(&w, REPORT_WEEKLY, w.plans[1]), before = kept_text(&w, first);
    live(&w, 20);
    Str second = keep(&w, REPORT_WEEKLY, w.plans[1]);
    g_autoptr(GError) err = NULL;
    const JsonValue *later = json_parse(kept_text(&w, second), f->arena, &err);
    g_assert_no_error(err);
    g_assert_true(str_eq(before, kept_text(&w, first)));
    g_assert_true(str_eq(json_get(later, "previous")->text, first));
    const JsonValue *earlier = json_parse(before, f->arena, &err);
    g_assert_cmpint(figure(json_get(later, "since"), "seq"), ==, figure(json_get(earlier, "head"), "seq"));
    for (const JsonValue *unit = json_get(later, "units")->first; unit; unit = unit->next)
        for (const JsonValue *old = json_get(earlier, "units")->first; old; old = old->next)
            if (str_eq(json_get(json_get(old, "org"), "uid")->text, json_get(json_get(unit, "org"), "uid")->text)) {
                assert_ratio(unit, "previous_rate", part(old, "rate", 0), part(old, "rate", 1));
                const JsonValue *rank = json_get(old, "rank"), *previous = json_get(unit, "previous_rank");
                g_assert_true(previous->type == rank->type && (rank->type == JSON_NULL || str_eq(previous->text, rank->text)));
            }
    tasks_assert_proven(f);
}

/* A relapse stands first, and stays even when the task is cancelled. */
static void relapse_first(Fixture *f)
{
    World w = { .f = f, .n = 1 };
    g_autoptr(GError) err = NULL;
    w.plans[0] = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = "990000-WJW-07" }, 1, w.uids);
    tasks_bring(f, w.uids[0], "closed");
    keep(&w, REPORT_WEEKLY, w.plans[0]);
    move_days(&w, 7);
    tasks_do(f, "inspector01", w.uids[0], "reopen", "it is back", &err);
    g_assert_no_error(err);
    tasks_do(f, "issuer01", w.uids[0], "cancel", "never mind", &err);
    g_assert_no_error(err);
    const JsonValue *report = read_now(&w, REPORT_WEEKLY, w.plans[0], NULL), *since = json_get(report, "since");
    g_assert_cmpint(figure(json_get(since, "relapsed"), "n"), ==, 1);
    g_assert_cmpint(figure(json_get(since, "stopped"), "n"), ==, 1);
    const JsonValue *page = json_get(report, "pages")->first, *block = json_get(page, "blocks")->first;
    g_assert_true(str_eq(json_get(page, "id")->text, STR("changes")));
    g_assert_true(str_eq(json_get(block, "id")->text, STR("relapsed")));
    g_assert_cmpint(figure(block, "n"), ==, 1);
    g_assert_cmpint(figure(json_get(report, "totals"), "relapsed"), ==, 1);
}

static int64_t kept_when(Fixture *f, const char *day, int hour, int minute)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Date date;
    int64_t kept;
    g_assert_true(date_parse(str_from(day), &date));
    clock_set(f->clock, (int64_t) date * DAY_MS + hour * 3600000 + minute * 60000 - (int64_t) clock_zone_minutes(f->clock) * 60000);
    reports_keep_due(&ledger, &kept, &err);
    g_assert_no_error(err);
    return kept;
}

/* On Mondays at nine, the third of a month at nine (on the next weekday where that is none), and with it after a quarter: five minutes before, once, also
 * when nobody was there at the time. A meeting for which somebody kept the report himself finds that one. */
static void ready_in_time(Fixture *f)
{
    World w = { .f = f, .n = 1 };
    w.plans[0] = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = "990000-WJW-07" }, 1, w.uids);
    g_assert_cmpint(kept_when(f, "2026-03-21", 12, 0), ==, 0); /* issued on Friday: Monday's meeting was before it */
    g_assert_cmpint(kept_when(f, "2026-03-23", 8, 54), ==, 0);
    g_assert_cmpint(kept_when(f, "2026-03-23", 8, 55), ==, 1);
    g_assert_cmpint(kept_when(f, "2026-03-23", 9, 0), ==, 0);
    g_assert_cmpint(kept_when(f, "2026-03-31", 9, 0), ==, 1); /* a day late */
    g_assert_cmpint(kept_when(f, "2026-04-03", 8, 0), ==, 0);
    g_assert_cmpint(kept_when(f, "2026-04-03", 9, 0), ==, 2); /* monthly, and the quarter's */
    g_assert_cmpint(kept_when(f, "2026-05-06", 9, 0), ==, 2); /* weekly, and the third, a Sunday: held on Monday */
    g_assert_cmpint(kept_when(f, "2026-05-11", 8, 56), ==, 1);
    tasks_assert_proven(f);
}

typedef struct {
    const Org *org;
    OrgMeetings now;
    AuditWho who;
} SetMeetings;

static bool set_meetings_in_tx(DbConn *tx, void *data, GError **err)
{
    const SetMeetings *set = data;
    return org_meetings_set(tx, set->org, &set->now, &set->who, err);
}

static void set_meetings(Fixture *f, const char *org_code, OrgMeetings now)
{
    g_autoptr(GError) err = NULL;
    Org org = fixture_org(f, org_code);
    SetMeetings set = { &org, now, { .account = STR_NONE, .via = "command", .at_ms = clock_now_ms(f->clock) } };
    db_write(f->db, DB_INTERACTIVE, set_meetings_in_tx, &set, &err);
    g_assert_no_error(err);
}

/* An organisation with meetings gets its own, while it leads something open; on a free day on the next working day. */
static void of_an_organisation_too(Fixture *f)
{
    World w = { .f = f, .n = 1 };
    g_autoptr(GError) err = NULL;
    w.plans[0] = tasks_issue(f, "issuer01", "990000-WJW", &(TaskSpec) { .lead = "990000-WJW-07" }, 1, w.uids);
    kept_when(f, "2026-03-23", 9, 0);
    set_meetings(f, "990000-WJW-07", (OrgMeetings) { .weekly_day = 2, .weekly_hour = 14 });
    set_meetings(f, "990000-WJW-23", (OrgMeetings) { .weekly_day = 2, .weekly_hour = 14 }); /* it leads nothing */
    g_assert_cmpint(kept_when(f, "2026-03-24", 13, 54), ==, 0);
    g_assert_cmpint(kept_when(f, "2026-03-24", 13, 55), ==, 1);
    g_assert_cmpint(kept_when(f, "2026-03-24", 23, 0), ==, 0);
    set_meetings(f, "990000-WJW-07", (OrgMeetings) { .weekly_day = 2, .weekly_hour = 14, .monthly_day = 4, .monthly_hour = 10, .version = 1 });
    g_assert_cmpint(kept_when(f, "2026-03-31", 14, 0), ==, 2); /* the plan's of Monday, its own */
    g_assert_cmpint(kept_when(f, "2026-04-03", 9, 0), ==, 2);  /* the plan's month and quarter */
    g_assert_cmpint(kept_when(f, "2026-04-04", 10, 0), ==, 0); /* a Saturday: held on Monday */
    g_assert_cmpint(kept_when(f, "2026-04-06", 10, 0), ==, 3); /* its month and quarter, the week of the plan */
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    OrgMeetings now;
    Org org = fixture_org(f, "990000-WJW-07");
    g_assert_true(org_meetings_load(conn, f->arena, &org, &now, &err));
    g_assert_cmpint(now.version, ==, 2);
    g_clear_pointer(&conn, db_done);
    SetMeetings stale = { &org, { .version = 1 }, { .account = STR_NONE, .via = "command", .at_ms = clock_now_ms(f->clock) } };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, set_meetings_in_tx, &stale, &err));
    g_assert_cmpstr(error_get_detail(err), ==, "version-stale");
    tasks_bring(f, w.uids[0], "closed");
    g_assert_cmpint(kept_when(f, "2026-04-14", 14, 0), ==, 0); /* nothing is open */
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("ledger-report", "random-histories", true, random_histories);
    fixture_add("ledger-report", "frozen", true, frozen);
    fixture_add("ledger-report", "relapse-first", true, relapse_first);
    fixture_add("ledger-report", "ready-in-time", true, ready_in_time);
    fixture_add("ledger-report", "of-an-organisation-too", true, of_an_organisation_too);
    return g_test_run();
}
