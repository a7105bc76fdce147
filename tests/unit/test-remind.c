/* The ladder of reminders: on which day which step, each once. */
#include "tasks.h"

#include "db/queries.h"
#include "ledger/change.h"

#include "base/banned.h"

#define OWN "990000-WJW-07" /* handler01, head01 */

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(str_from(text), &date));
    return date;
}

/* --- The ladder alone ------------------------------------------------------------------------------------------------------ */

/* A calendar of two years with holidays and made-up days where chance puts them. */
static Calendar random_calendar(Arena *arena, Date from)
{
    ARENA_LIST(CalendarDay) days = { 0 };
    for (Date d = from; d < from + 730; d++) {
        int luck = g_test_rand_int_range(0, 100), length = g_test_rand_int_range(1, 11);
        if (luck < 4)
            for (int i = 0; i < length; i++, d++)
                *ARENA_PUSH(arena, &days) = (CalendarDay) { d, false, STR("free") };
        else if (luck < 10 && date_weekday(d) > 5)
            *ARENA_PUSH(arena, &days) = (CalendarDay) { d, true, STR("made up") };
    }
    return (Calendar) { .code = STR("x"), .days = days.v, .n_days = days.n };
}

static size_t random_ladder(PlanStep *steps)
{
    static const Str level[] = { STR_INIT("green"), STR_INIT("yellow"), STR_INIT("red"), STR_INIT("letter"), STR_INIT("order") };
    size_t n = (size_t) g_test_rand_int_range(1, 8);
    int64_t days = g_test_rand_int_range(-40, 0);
    for (size_t i = 0; i < n; i++) {
        steps[i] = (PlanStep) { days, g_test_rand_int_range(0, 2), level[g_test_rand_int_range(0, G_N_ELEMENTS(level))], STR("head"), false };
        days += g_test_rand_int_range(1, 16);
    }
    return n;
}

/* A later step may fall on an earlier day, where one counts working days and the other does not, or on the same. */
static bool overtaken(const Calendar *calendar, const PlanStep *steps, size_t n, size_t i, Date due)
{
    for (size_t j = i + 1; j < n; j++)
        if (steps[j].days <= 0 && ladder_day(calendar, &steps[j], due) <= ladder_day(calendar, &steps[i], due))
            return true;
    return false;
}

/* A task from some day on, looked at on each day, or with days left out on which nothing ran. Every step at most once and on a working day; those before the date
 * in their order; those behind it one after the other. Without days left out, each on its own day. */
static void live_through(const Calendar *calendar, const PlanStep *steps, size_t n, Date begins, Date due, int left_out)
{
    Date sent[LADDER_STEPS_MAX], last = DATE_NONE;
    ptrdiff_t highest = -1;
    for (size_t i = 0; i < n; i++)
        sent[i] = DATE_NONE;
    for (Date today = begins; today < due + 250; today++) {
        Date planned = DATE_NONE;
        if (g_test_rand_int_range(0, 100) < left_out)
            continue;
        ptrdiff_t next = ladder_next(calendar, steps, n, sent, due, today, &planned);
        if (next < 0)
            continue;
        g_assert_true(sent[next] == DATE_NONE && next > highest && today > last);
        g_assert_true(calendar_working(calendar, today) && calendar_working(calendar, planned) && planned <= today);
        g_assert_true((steps[next].days > 0) == (today > due));
        if (left_out == 0 && planned > begins)
            g_assert_cmpint(today, ==, planned);
        if (left_out == 0 && steps[next].days <= 0 && planned > begins)
            g_assert_cmpint(planned, ==, ladder_day(calendar, &steps[next], due));
        sent[next] = today;
        highest = next;
        last = today;
        g_assert_cmpint(ladder_next(calendar, steps, n, sent, due, today, &planned), !=, next); /* never again */
    }
    for (size_t i = 0; i < n; i++)
        if (steps[i].days > 0 && steps[i].days < 60)
            g_assert_true(sent[i] != DATE_NONE); /* in the end all of them */
    for (size_t i = 0; left_out == 0 && i < n; i++)
        if (steps[i].days <= 0 && ladder_day(calendar, &steps[i], due) > begins && !overtaken(calendar, steps, n, i, due))
            g_assert_true(sent[i] != DATE_NONE);
}

static void test_random_ladders(void)
{
    for (int round = 0; round < 600; round++) {
        g_autoptr(Arena) arena = arena_new();
        PlanStep steps[LADDER_STEPS_MAX];
        Date from = day("2026-01-01");
        Calendar calendar = random_calendar(arena, from - 100);
        size_t n = random_ladder(steps);
        Date begins = from + g_test_rand_int_range(0, 200), due = from + g_test_rand_int_range(0, 300);
        live_through(&calendar, steps, n, MIN(begins, due), due, round % 3 == 0 ? 30 : 0);
    }
}

static void test_known_days(void)
{
    static const CalendarDay golden_week[] = {
        { 20727, false, STR_INIT("x") }, { 20728, false, STR_INIT("x") }, { 20729, false, STR_INIT("x") }, /* 2026-10-01 to 03 */
    };
    Calendar calendar = { .code = STR("x"), .days = golden_week, .n_days = 3 };
    g_assert_cmpint(golden_week[0].day, ==, day("2026-10-01"));
    PlanStep before = { -10, false, STR("yellow"), STR("head"), false }, working = { -10, true, STR("yellow"), STR("head"), false },
             behind = { 1, false, STR("red"), STR("head"), false };
    g_assert_cmpint(ladder_day(&calendar, &before, day("2026-10-12")), ==, day("2026-09-30"));  /* the 2nd is free: the day before */
    g_assert_cmpint(ladder_day(&calendar, &behind, day("2026-09-30")), ==, day("2026-10-05"));  /* behind: after it */
    g_assert_cmpint(ladder_day(&calendar, &working, day("2026-10-12")), ==, day("2026-09-24"));
    g_assert_cmpint(ladder_amber_days(&before, 1), ==, 10);
    g_assert_cmpint(ladder_amber_days(&working, 1), ==, 14);
    g_assert_cmpint(ladder_amber_days(&behind, 1), ==, LIGHT_AMBER_DAYS);
    g_assert_true(ladder_check(ladder_default, ladder_default_n, NULL));
}

/* --- In the store ------------------------------------------------------------------------------------------------------------- */

static RemindCount daily(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    RemindCount count = { 0 };
    ladder_daily(f->db, f->clock, NULL, NULL, &count, &err);
    g_assert_no_error(err);
    return count;
}

static void set_today(Fixture *f, Date date)
{
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) (date - clock_today(f->clock)) * 86400000);
}

/* Day by day up to and with that day; how many were sent. */
static int64_t live_to(Fixture *f, Date end)
{
    int64_t sent = 0;
    while (clock_today(f->clock) < end) {
        set_today(f, clock_today(f->clock) + 1);
        sent += daily(f).sent;
    }
    return sent;
}

static const Task *load(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Task *task = ARENA_NEW(f->arena, Task);
    g_assert_no_error(err);
    task_load(conn, f->arena, uid, task, &err);
    g_assert_no_error(err);
    task_load_reminders(conn, f->arena, task, &err);
    g_assert_no_error(err);
    return task;
}

static const char *levels_of(Fixture *f, const Task *task)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < task->n_reminders; i++)
        g_string_append_printf(text, "%s" STR_FMT, i ? " " : "", STR_ARG(task->reminders[i].level));
    return arena_printf(f->arena, "%s", text->str).p;
}

/* How many unread messages of these kinds somebody has. */
static int64_t told(Fixture *f, const char *username, const char *kinds)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    int64_t count = 0;
    g_assert_no_error(err);
    g_autoptr(DbRows) rows = db_query(conn, MessageList, &err, .account = fixture_user(f, username)->account);
    for (MessageListRow row; rows && db_next(rows, &row, &err);)
        count += row.read_at == DB_NULL_INT && flow_has_word(kinds, row.kind);
    g_assert_true(db_rows_ok(rows));
    return count;
}

static int64_t unread(Fixture *f, const char *username)
{
    return told(f, username, "reminder letter");
}

/* The default ladder from end to end: green, yellow, red, then the letters. The fixture's tasks are due in 100 days. */
static void test_the_default_ladder(Fixture *f)
{
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Date due = load(f, uid)->due;
    g_assert_cmpint(live_to(f, due - 25), ==, 0);
    g_assert_cmpint(unread(f, "handler01"), ==, 0);
    g_assert_cmpint(live_to(f, due - 15), ==, 1);
    g_assert_cmpint(unread(f, "handler01"), ==, 1);
    g_assert_cmpint(unread(f, "head01"), ==, 0); /* green is for the handler alone */
    g_assert_cmpint(live_to(f, due), ==, 1);
    g_assert_cmpint(unread(f, "head01"), ==, 1);
    live_to(f, due + 90);
    const Task *task = load(f, uid);
    g_assert_cmpstr(levels_of(f, task), ==, "green yellow red letter order bulletin talk");
    g_assert_cmpint(task->reminders[2].sent, >, 0);
    for (size_t i = 0; i < task->n_reminders; i++) {
        g_assert_true(task->reminders[i].n_to > 0);
        g_assert_cmpuint(task->reminders[i].n_letters, ==, flow_has_word("letter order", task->reminders[i].level) ? 1 : 0);
    }
    g_assert_cmpint(daily(f).sent, ==, 0);
    tasks_assert_proven(f);
}

typedef struct {
    Str org, account;
    int64_t version;
    Actor actor;
} Charge;

static bool charge_in_tx(DbConn *tx, void *data, GError **err)
{
    const Charge *charge = data;
    return org_set_leader(tx, charge->org, charge->version, charge->account, &charge->actor.who, err);
}

static bool in_charge(Fixture *f, const char *code, const char *username, int64_t stale, GError **err)
{
    Org org = fixture_org(f, code);
    Charge charge = { org.uid, username ? fixture_user(f, username)->account_uid : STR_NONE, org.version - stale, tasks_actor(f, "issuer01") };
    return db_write(f->db, DB_INTERACTIVE, charge_in_tx, &charge, err);
}

static bool yellow_reached(Fixture *f, Str uid, const char *username)
{
    const Task *task = load(f, uid);
    for (size_t i = 0; i < task->n_reminders; i++)
        for (size_t k = 0; k < task->reminders[i].n_to && str_eq(task->reminders[i].level, STR("yellow")); k++)
            if (str_eq(task->reminders[i].to[k].uid, fixture_user(f, username)->account_uid))
                return true;
    return false;
}

static Str reminded(Fixture *f, const char *lead)
{
    Str uid = tasks_one(f, (TaskSpec) { .lead = lead });
    live_to(f, load(f, uid)->due - 9);
    return uid;
}

/* Who has a unit in his charge gets its yellow reminder; one of the commission stands for all its units that have none of their own, and for no other body's. */
static void test_the_leader_in_charge_is_told(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = reminded(f, OWN);
    g_assert_false(yellow_reached(f, uid, "sunan"));
    g_assert_true(yellow_reached(f, uid, "head01")); /* nobody is named: as ever */
    g_assert_true(in_charge(f, "990000-WJW", "sunan", 0, &err));
    uid = reminded(f, OWN);
    g_assert_true(yellow_reached(f, uid, "sunan"));
    g_assert_false(yellow_reached(f, uid, "head01"));
    g_assert_false(yellow_reached(f, reminded(f, "990101-WJW"), "sunan")); /* a district's commission is a body of its own */
    g_assert_true(in_charge(f, OWN, "renlilin", 0, &err));
    uid = reminded(f, OWN);
    g_assert_true(yellow_reached(f, uid, "renlilin"));
    g_assert_false(yellow_reached(f, uid, "sunan"));
    g_assert_false(in_charge(f, OWN, "sunan", 1, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_true(in_charge(f, OWN, NULL, 0, &err));
    g_assert_no_error(err);
    tasks_assert_proven(f);
}

static void test_only_open_and_audible_tasks(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str working = tasks_one(f, (TaskSpec) { .lead = OWN }), closed = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 1 }),
        suspended = tasks_one(f, (TaskSpec) { .lead = OWN }), cancelled = tasks_one(f, (TaskSpec) { .lead = OWN });
    tasks_bring(f, closed, "closed");
    tasks_do(f, "issuer01", suspended, "suspend", "a reason", &err);
    g_assert_no_error(err);
    tasks_do(f, "issuer01", cancelled, "cancel", "a reason", &err);
    g_assert_no_error(err);
    live_to(f, load(f, working)->due - 12);
    g_assert_cmpstr(levels_of(f, load(f, working)), ==, "green");
    g_assert_cmpuint(load(f, closed)->n_reminders, ==, 0);
    g_assert_cmpuint(load(f, suspended)->n_reminders, ==, 0);
    g_assert_cmpuint(load(f, cancelled)->n_reminders, ==, 0);
}

/* A task that is given late gets the step that holds now, not all that are over; one long overdue begins with red, and climbs from there. */
static void test_given_late(Fixture *f)
{
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Date due = load(f, uid)->due;
    set_today(f, calendar_shift(&(Calendar) { .code = STR("x") }, due - 5, -1));
    g_assert_cmpint(daily(f).sent, ==, 1);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "yellow");
    set_today(f, calendar_shift(&(Calendar) { .code = STR("x") }, due + 60, 1));
    g_assert_cmpint(daily(f).sent, ==, 1);
    g_assert_cmpint(daily(f).sent, ==, 0);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "yellow red");
    g_assert_cmpint(live_to(f, clock_today(f->clock) + 4), ==, 0); /* not all at once */
    g_assert_cmpint(live_to(f, clock_today(f->clock) + 6), ==, 1);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "yellow red letter");
}

typedef struct {
    Str uid, plan;
    const char *way; /* "due", "quiet" */
    Fixture *f;
} Set;

static bool set_in_tx(DbConn *tx, void *data, GError **err)
{
    const Set *set = data;
    g_autoptr(Arena) arena = arena_new();
    Actor actor = tasks_actor(set->f, "issuer01");
    Change change;
    if (!change_begin(&change, tx, &actor, arena, set->uid, DB_NULL_INT, "amend", err))
        return false;
    if (g_str_equal(set->way, "due"))
        change.after.due += 60;
    else if (g_str_equal(set->way, "restricted"))
        change.after.restricted = true;
    else
        change.after.quiet = true;
    return change_end(&change, err);
}

static void set(Fixture *f, Str uid, const char *way)
{
    g_autoptr(GError) err = NULL;
    Set args = { uid, STR_NONE, way, f };
    db_write(f->db, DB_INTERACTIVE, set_in_tx, &args, &err);
    g_assert_no_error(err);
}

static void test_a_moved_date_begins_anew(Fixture *f)
{
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN }), still = tasks_one(f, (TaskSpec) { .lead = OWN });
    Date due = load(f, uid)->due;
    set(f, still, "quiet");
    live_to(f, due - 5);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "green yellow");
    set(f, uid, "due");
    g_assert_true(task_reminder_level(load(f, uid)).p == NULL);
    live_to(f, due + 56);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "green yellow green yellow");
    g_assert_true(str_eq(task_reminder_level(load(f, uid)), STR("yellow")));
    g_assert_cmpuint(load(f, still)->n_reminders, ==, 0);
    tasks_assert_proven(f);
}

/* A restricted task is seen by the heads of its leads and whom it names: its handlers hear nothing of it. */
static void test_restricted_tasks_are_told_to_few(Fixture *f)
{
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    set(f, uid, "restricted");
    live_to(f, load(f, uid)->due + 3);
    const Task *task = load(f, uid);
    g_assert_cmpstr(levels_of(f, task), ==, "green yellow red");
    g_assert_cmpint(unread(f, "handler01"), ==, 0);
    g_assert_cmpint(unread(f, "head01"), ==, 3); /* green, too, which is for handlers elsewhere */
}

static void test_a_ladder_of_its_own(Fixture *f)
{
    static const PlanStep steps[] = {
        { -30, false, STR_INIT("yellow"), STR_INIT("head issuer"), false },
        { 2, true, STR_INIT("order"), STR_INIT("head"), true },
    };
    static const PlanStep bad[] = { { 3, false, STR_INIT("red"), STR_INIT("head"), false }, { 3, false, STR_INIT("order"), STR_INIT("head"), false } };
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01"), head = tasks_actor(f, "head01");
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN }), plan = load(f, uid)->plan_uid;
    g_assert_false(plan_set_steps(&ledger, &head, plan, 1, steps, 2, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(plan_set_steps(&ledger, &issuer, plan, 7, steps, 2, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_false(plan_set_steps(&ledger, &issuer, plan, 1, bad, 2, &err));
    g_assert_cmpstr(error_get_at(err), ==, "/steps/1/days");
    assert_refused(&err, BH_BAD_INPUT, NULL);
    plan_set_steps(&ledger, &issuer, plan, 1, steps, 2, &err);
    g_assert_no_error(err);
    const Task *task = load(f, uid);
    g_assert_cmpint(task->amber_days, ==, 30);
    g_assert_cmpstr(task_light(task->state, task->due, 0, false, task->amber_days, task->due - 25), ==, "amber");
    live_to(f, task->due + 20);
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "yellow order");
    g_assert_cmpint(unread(f, "issuer01"), >=, 1);
    tasks_assert_proven(f);
}

static void test_letters_are_numbered_without_gaps(Fixture *f)
{
    enum { N = 7 };
    TaskSpec specs[N];
    Str uids[N];
    for (size_t i = 0; i < N; i++)
        specs[i] = (TaskSpec) { .lead = i % 2 ? OWN " 990000-WJW-01" : OWN };
    tasks_issue(f, "issuer01", "990000-WJW", specs, N, uids);
    live_to(f, load(f, uids[0])->due + 40);
    int64_t seen[2][32] = { { 0 } }, most[2] = { 0 };
    for (size_t i = 0; i < N; i++) {
        const Task *task = load(f, uids[i]);
        for (size_t r = 0; r < task->n_reminders; r++)
            for (size_t l = 0; l < task->reminders[r].n_letters; l++) {
                const TaskLetter *letter = &task->reminders[r].letters[l];
                int kind = str_eq(letter->kind, STR("order"));
                g_assert_cmpint(letter->number, <, 32);
                seen[kind][letter->number]++;
                most[kind] = MAX(most[kind], letter->number);
            }
    }
    for (int kind = 0; kind < 2; kind++) {
        g_assert_cmpint(most[kind], ==, 10); /* four for one unit, three for two */
        for (int64_t i = 1; i <= most[kind]; i++)
            g_assert_cmpint(seen[kind][i], ==, 1);
    }
}

static void test_by_hand(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01"), head = tasks_actor(f, "head01");
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    g_assert_false(task_remind(&ledger, &head, uid, STR("red"), STR_NONE, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(task_remind(&ledger, &issuer, uid, STR("purple"), STR_NONE, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    for (int i = 0; i < 2; i++) { /* as often as he likes */
        task_remind(&ledger, &issuer, uid, STR("letter"), STR("before Friday"), &err);
        g_assert_no_error(err);
    }
    const Task *task = load(f, uid);
    g_assert_cmpstr(levels_of(f, task), ==, "letter letter");
    g_assert_cmpint(task->reminders[1].letters[0].number, ==, 2);
    g_assert_true(str_eq(task->reminders[0].by.uid, issuer.user->account_uid));
    g_assert_cmpint(unread(f, "head01"), ==, 2);
    live_to(f, task->due - 15); /* the ladder's own steps are sent all the same */
    g_assert_cmpstr(levels_of(f, load(f, uid)), ==, "letter letter green");
    tasks_assert_proven(f);
}

static bool cut_off(void *data, GError **err)
{
    int *left = data;
    return (*left)-- > 0 || error_set(err, BH_UNAVAILABLE, "stopping");
}

static void test_cut_off_and_run_again(Fixture *f)
{
    enum { N = 130 };
    static TaskSpec specs[N];
    static Str uids[N];
    g_autoptr(GError) err = NULL;
    for (size_t i = 0; i < N; i++)
        specs[i] = (TaskSpec) { .lead = OWN };
    tasks_issue(f, "issuer01", "990000-WJW", specs, N, uids);
    set_today(f, calendar_shift(&(Calendar) { .code = STR("x") }, load(f, uids[0])->due - 19, 1));
    int64_t sent = 0;
    for (int left = 1; left < 3; left++) {
        RemindCount count = { 0 };
        int steps = left;
        g_assert_false(ladder_daily(f->db, f->clock, cut_off, &steps, &count, &err));
        assert_refused(&err, BH_UNAVAILABLE, NULL);
    }
    sent += daily(f).sent;
    g_assert_cmpint(sent, ==, N - 100);
    g_assert_cmpint(daily(f).sent, ==, 0);
    for (size_t i = 0; i < N; i++)
        g_assert_cmpstr(levels_of(f, load(f, uids[i])), ==, "green");
    g_assert_cmpint(unread(f, "handler01"), ==, N);
}

/* --- What else is told ------------------------------------------------------------------------------------------------------------ */

static void test_new_tasks_of_a_plan_are_one_message(Fixture *f)
{
    enum { N = 5 };
    TaskSpec specs[N];
    Str uids[N];
    for (size_t i = 0; i < N; i++)
        specs[i] = (TaskSpec) { .lead = OWN };
    tasks_issue(f, "issuer01", "990000-WJW", specs, N, uids);
    g_assert_cmpint(told(f, "head01", "assigned"), ==, 1);
    g_assert_cmpint(told(f, "handler01", "assigned"), ==, 0); /* nobody was named */
    g_assert_cmpint(told(f, "xuheshu", "assigned"), ==, 0);
    tasks_issue(f, "issuer01", "990000-WJW", specs, 1, uids);
    g_assert_cmpint(told(f, "head01", "assigned"), ==, 2);
}

static void test_what_came_back_and_fell_back(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 1 });
    tasks_bring(f, uid, "submitted");
    g_assert_cmpint(told(f, "head01", "returned relapse"), ==, 0);
    tasks_do(f, "reviewer01", uid, "return", "a reason", &err);
    g_assert_no_error(err);
    g_assert_cmpint(told(f, "head01", "returned"), ==, 1);
    g_assert_cmpint(told(f, "handler01", "returned"), ==, 1);
    g_assert_cmpint(told(f, "xuheshu", "returned"), ==, 0);
    Str other = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 1 });
    tasks_bring(f, other, "closed");
    tasks_do(f, "inspector01", other, "reopen", "a reason", &err);
    g_assert_no_error(err);
    g_assert_cmpint(told(f, "head01", "relapse"), ==, 1);
    tasks_assert_proven(f);
}

static void test_who_is_mentioned(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN }), comment;
    const Str both[] = { fixture_user(f, "head01")->account_uid, fixture_user(f, "issuer01")->account_uid, fixture_user(f, "head01")->account_uid };
    const Str stranger[] = { both[0], fixture_user(f, "xuheshu")->account_uid }, nobody[] = { STR("00000000000000000000000000") };
    task_comment_to(&ledger, &handler, uid, STR("please look"), both, 3, f->arena, &comment, &err);
    g_assert_no_error(err);
    g_assert_cmpint(told(f, "head01", "mention"), ==, 1);
    g_assert_cmpint(told(f, "issuer01", "mention"), ==, 1);
    g_assert_cmpint(told(f, "handler01", "mention"), ==, 0);
    g_assert_false(task_comment_to(&ledger, &handler, uid, STR("please look"), stranger, 2, f->arena, &comment, &err));
    g_assert_cmpstr(error_get_at(err), ==, "/mentions/1");
    assert_refused(&err, BH_BAD_INPUT, "cannot-read");
    g_assert_false(task_comment_to(&ledger, &handler, uid, STR("please look"), nobody, 1, f->arena, &comment, &err));
    assert_refused(&err, BH_BAD_INPUT, "cannot-read");
    g_assert_cmpint(told(f, "head01", "mention"), ==, 1); /* nothing of a refused comment is told */
    tasks_assert_proven(f);
}

/* --- Progress that is owed ---------------------------------------------------------------------------------------------------------- */

static void set_progress(Fixture *f, Str uid, Str progress)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01");
    Plan plan;
    g_assert_no_error(err);
    plan_load(conn, f->arena, uid, &plan, &err);
    g_assert_no_error(err);
    g_clear_pointer(&conn, db_done);
    PlanSettings settings = plan.settings;
    settings.progress = progress;
    plan_edit(&ledger, &issuer, uid, plan.version, &(PlanEdit) { .settings = &settings }, &err);
    g_assert_no_error(err);
}

static DutyCount duties_of_today(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DutyCount count = { 0 };
    ledger_duties_daily(f->db, f->clock, NULL, NULL, &count, &err);
    g_assert_no_error(err);
    return count;
}

static void report(Fixture *f, Str uid, bool nothing_new)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor handler = tasks_actor(f, "handler01");
    NewProgress progress = { .text = nothing_new ? STR("") : STR("half of it"), .percent = DB_NULL_INT, .nothing_new = nothing_new };
    task_progress_add(&ledger, &handler, uid, &progress, &err);
    g_assert_no_error(err);
}

/* "2026W12 done, 2026W13 due": what head01 sees of a task's duties. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static const char *duties_of(Fixture *f, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DbRows) rows = conn ? db_query(conn, DutyList, &err, .account = fixture_user(f, "head01")->account, .today = clock_today(f->clock)) : NULL;
    for (DutyListRow row; rows && db_next(rows, &row, &err);)
        if (str_eq(row.subject, uid))
            g_ptr_array_add(said, g_strdup_printf(STR_FMT " " STR_FMT, STR_ARG(row.period), STR_ARG(row.state)));
    g_assert_no_error(err);
    g_ptr_array_sort(said, by_text);
    g_ptr_array_add(said, NULL);
    g_autofree char *text = g_strjoinv(", ", (char **) said->pdata);
    return arena_printf(f->arena, "%s", text).p;
}

static void test_progress_is_owed_by_open_tasks(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    TaskSpec specs[] = { { .lead = OWN }, { .lead = OWN }, { .lead = OWN } };
    Str uids[3], plan = tasks_issue(f, "issuer01", "990000-WJW", specs, 3, uids);
    g_assert_cmpint(duties_of_today(f).opened, ==, 0);
    set_progress(f, plan, STR("week"));
    report(f, uids[1], false); /* before anything was opened */
    g_assert_cmpint(duties_of_today(f).opened, ==, 3);
    g_assert_cmpint(duties_of_today(f).opened, ==, 0);
    report(f, uids[0], false);
    g_assert_cmpstr(duties_of(f, uids[0]), ==, "2026W12 done");
    g_assert_cmpstr(duties_of(f, uids[1]), ==, "2026W12 done");
    tasks_do(f, "issuer01", uids[1], "cancel", "a reason", &err);
    g_assert_no_error(err);
    for (int i = 0; i < 7; i++) {
        set_today(f, clock_today(f->clock) + 1);
        duties_of_today(f);
    }
    report(f, uids[0], true);
    g_assert_cmpstr(duties_of(f, uids[0]), ==, "2026W12 done, 2026W13 zero");
    g_assert_cmpstr(duties_of(f, uids[1]), ==, "2026W12 done"); /* it has ended */
    g_assert_cmpstr(duties_of(f, uids[2]), ==, "2026W12 missed, 2026W13 due");
    tasks_do(f, "issuer01", uids[2], "suspend", "a reason", &err);
    g_assert_no_error(err);
    duties_of_today(f);
    g_assert_cmpstr(duties_of(f, uids[2]), ==, "2026W12 missed, 2026W13 excused");
    set_progress(f, plan, STR("none"));
    set_today(f, clock_today(f->clock) + 14);
    g_assert_cmpint(duties_of_today(f).opened, ==, 0);
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remind/random-ladders", test_random_ladders);
    g_test_add_func("/remind/known-days", test_known_days);
    fixture_add("remind", "default-ladder", true, test_the_default_ladder);
    fixture_add("remind", "the-leader-in-charge-is-told", true, test_the_leader_in_charge_is_told);
    fixture_add("remind", "only-open", true, test_only_open_and_audible_tasks);
    fixture_add("remind", "given-late", true, test_given_late);
    fixture_add("remind", "moved-date", true, test_a_moved_date_begins_anew);
    fixture_add("remind", "restricted", true, test_restricted_tasks_are_told_to_few);
    fixture_add("remind", "own-ladder", true, test_a_ladder_of_its_own);
    fixture_add("remind", "letters", true, test_letters_are_numbered_without_gaps);
    fixture_add("remind", "by-hand", true, test_by_hand);
    fixture_add("remind", "cut-off", true, test_cut_off_and_run_again);
    fixture_add("remind", "assigned", true, test_new_tasks_of_a_plan_are_one_message);
    fixture_add("remind", "returned-relapse", true, test_what_came_back_and_fell_back);
    fixture_add("remind", "progress", true, test_progress_is_owed_by_open_tasks);
    fixture_add("remind", "mentioned", true, test_who_is_mentioned);
    return g_test_run();
}
