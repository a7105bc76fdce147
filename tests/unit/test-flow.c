/* Calendars and duties: days that are worked on, and what is owed by one of them. */
#include "db/queries.h"
#include "fixture.h"
#include "flow/duty_private.h"
#include "ingest/ingest.h"

#include "base/banned.h"

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(str_from(text), &date));
    return date;
}

static void assert_day(Date is, const char *should)
{
    char text[DATE_TEXT_MAX];
    g_assert_cmpstr(date_format(is, text), ==, should);
}

/* --- Calendars ----------------------------------------------------------------------------------------------------------- */

static bool read_calendar(Arena *arena, Str bytes, Calendar *ret_calendar, GError **err)
{
    CsvTable table;
    if (!csv_table(bytes, 10000, arena, &table, err))
        return false;
    OrgRows rows = { table.header, table.n_columns, table.rows, table.n_rows, table.first_line };
    return calendar_read(&rows, CALENDAR_CHINA, arena, ret_calendar, err);
}

static Calendar shipped(Arena *arena)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "calendars", "cn.csv", NULL);
    g_autoptr(GString) content = file_read(path, 1024 * 1024, &err);
    g_assert_no_error(err);
    Calendar calendar;
    read_calendar(arena, arena_str(arena, str_from_gstring(content)), &calendar, &err);
    g_assert_no_error(err);
    return calendar;
}

static void test_the_shipped_years(void)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena);
    g_assert_true(calendar_knows(&cn, day("2025-01-01"), day("2026-12-31")));
    g_assert_false(calendar_knows(&cn, day("2026-12-31"), day("2027-01-01")));
    g_assert_false(calendar_knows(&cn, day("2024-12-31"), day("2025-01-01")));
    /* Working days of a year, counted by hand from the notices. */
    g_assert_cmpint(calendar_count(&cn, day("2024-12-31"), day("2025-12-31")), ==, 248);
    g_assert_cmpint(calendar_count(&cn, day("2025-12-31"), day("2026-12-31")), ==, 248);
}

static void test_edges_of_holidays(void)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena);
    g_assert_true(calendar_working(&cn, day("2026-02-14")));  /* a Saturday made up */
    g_assert_false(calendar_working(&cn, day("2026-02-16"))); /* a Monday in the holidays */
    g_assert_false(calendar_working(&cn, day("2026-02-23")));
    g_assert_true(calendar_working(&cn, day("2026-02-24")));
    g_assert_true(calendar_working(&cn, day("2026-02-28"))); /* a Saturday made up */
    g_assert_false(calendar_working(&cn, day("2026-03-01")));
    g_assert_true(calendar_working(&cn, day("2026-01-04")));  /* a Sunday made up */
    assert_day(calendar_add(&cn, day("2026-02-13"), 1), "2026-02-14");
    assert_day(calendar_add(&cn, day("2026-02-13"), 2), "2026-02-24");
    assert_day(calendar_add(&cn, day("2026-02-24"), -1), "2026-02-14");
    assert_day(calendar_add(&cn, day("2026-10-03"), -1), "2026-09-30"); /* from within a holiday */
    assert_day(calendar_add(&cn, day("2026-10-03"), 3), "2026-10-10");
    assert_day(calendar_add(&cn, day("2026-10-03"), 0), "2026-10-03");
    assert_day(calendar_shift(&cn, day("2026-10-03"), 1), "2026-10-08");
    assert_day(calendar_shift(&cn, day("2026-10-03"), -1), "2026-09-30");
    assert_day(calendar_shift(&cn, day("2026-10-10"), 1), "2026-10-10");
    assert_day(calendar_shift(&cn, day("2025-10-12"), 1), "2025-10-13");
    g_assert_cmpstr(calendar_find(&cn, day("2026-10-10"))->name.p ? "named" : "", ==, "named");
    g_assert_null(calendar_find(&cn, day("2026-03-02")));
}

/* From 2025 into 2026: New Year is three days, with a Sunday made up behind them; months' ends that are none. */
static void test_across_the_year(void)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena);
    static const struct {
        const char *from;
        int n;
        const char *to;
    } cases[] = {
        { "2025-12-31", 1, "2026-01-04" },  { "2025-12-31", 2, "2026-01-05" },  { "2026-01-04", -1, "2025-12-31" }, { "2026-01-01", -1, "2025-12-31" },
        { "2026-01-03", 1, "2026-01-04" },  { "2025-12-26", 3, "2025-12-31" },  { "2025-12-30", 4, "2026-01-06" },  { "2026-01-05", -3, "2025-12-30" },
        { "2025-09-30", 1, "2025-10-09" },  { "2026-01-30", 1, "2026-02-02" },  { "2026-04-30", 1, "2026-05-06" },  { "2026-02-28", 1, "2026-03-02" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_day(calendar_add(&cn, day(cases[i].from), cases[i].n), cases[i].to);
        if (calendar_working(&cn, day(cases[i].from)))
            g_assert_cmpint(calendar_count(&cn, day(cases[i].from), day(cases[i].to)), ==, cases[i].n);
    }
    assert_day(calendar_shift(&cn, day("2026-01-01"), 1), "2026-01-04");
    assert_day(calendar_shift(&cn, day("2026-01-03"), -1), "2025-12-31");
    g_assert_true(calendar_knows(&cn, day("2025-12-31"), day("2026-01-01")));
}

static void test_an_unknown_year_has_weekends_alone(void)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena), none = { .code = STR("none") };
    g_assert_true(calendar_working(&cn, day("2027-10-01"))); /* a Friday: not known to be free */
    g_assert_false(calendar_working(&cn, day("2027-10-02")));
    assert_day(calendar_add(&none, day("2026-09-30"), 1), "2026-10-01");
    g_assert_false(calendar_knows(&none, day("2026-01-01"), day("2026-01-01")));
    assert_day(calendar_add(&cn, day("2026-12-31"), 2), "2027-01-04"); /* across into it */
}

static void test_counting_undoes_adding(void)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena);
    for (int i = 0; i < 3000; i++) {
        Date from = day("2024-11-01") + g_test_rand_int_range(0, 1000);
        int n = g_test_rand_int_range(-60, 61);
        Date to = calendar_add(&cn, from, n);
        g_assert_cmpint(calendar_count(&cn, from, to), ==, n < 0 && !calendar_working(&cn, to) ? n - 1 : n);
        g_assert_true(n == 0 || calendar_working(&cn, to));
    }
}

static void test_bad_files(void)
{
    static const struct {
        const char *text, *detail, *at;
    } cases[] = {
        { "date,name,source\n2026-01-01,a,b\n", "header-missing", NULL },
        { "date,working,name,source\n2026-02-30,0,a,b\n", "date-bad", "row 2, column date" },
        { "date,working,name,source\n2026-01-01,0,a,b\n2026-01-02,perhaps,a,b\n", "value-unknown", "row 3, column working" },
        { "date,working,name,source\n2026-01-02,1,a,b\n", "day-weekday", "row 2, column date" },
        { "date,working,name,source\n2026-01-01,0,,b\n", "value-missing", "row 2, column name" },
        { "date,working,name,source\n2026-01-01,0,a,\n", "value-missing", "row 2, column source" },
        { "date,working,name,source\n2026-01-01,0,a,b\n2026-01-01,0,a,b\n", "day-twice", NULL },
        { "date,working,name,source\n2026-01-01,0,a,b\n2026-01-02,0,a,c\n", "sources-differ", "row 3, column source" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        Calendar calendar;
        g_assert_false(read_calendar(arena, str_from(cases[i].text), &calendar, &err));
        if (cases[i].at)
            g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        assert_refused(&err, BH_BAD_INPUT, cases[i].detail);
    }
}

typedef struct {
    Calendar calendar;
    AuditWho who;
    bool complete;
} Import;

static bool import_in_tx(DbConn *tx, void *data, GError **err)
{
    const Import *import = data;
    return (import->complete ? calendar_complete : calendar_import)(tx, &import->calendar, &import->who, err);
}

static void put_calendar(Fixture *f, const Calendar *calendar, bool complete)
{
    g_autoptr(GError) err = NULL;
    Import import = { *calendar, { STR_NONE, "command", clock_now_ms(f->clock) }, complete };
    db_write(f->db, DB_INTERACTIVE, import_in_tx, &import, &err);
    g_assert_no_error(err);
}

static Calendar stored(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Calendar calendar;
    g_assert_no_error(err);
    calendar_load(conn, f->arena, CALENDAR_CHINA, &calendar, &err);
    g_assert_no_error(err);
    return calendar;
}

static void test_stored_and_replaced(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Calendar cn = shipped(f->arena), own;
    g_assert_cmpuint(stored(f).n_years, ==, 0);
    put_calendar(f, &cn, true);
    Calendar is = stored(f);
    g_assert_cmpuint(is.n_days, ==, cn.n_days);
    g_assert_cmpuint(is.n_years, ==, 2);
    for (size_t i = 0; i < cn.n_days; i++)
        g_assert_true(is.days[i].day == cn.days[i].day && is.days[i].working == cn.days[i].working && str_eq(is.days[i].name, cn.days[i].name));
    read_calendar(f->arena, STR("date,working,name,source\n2026-05-05,0,own,ours\n"), &own, &err);
    g_assert_no_error(err);
    put_calendar(f, &own, false); /* the year whole; the other stays */
    is = stored(f);
    g_assert_true(calendar_working(&is, day("2026-05-04")));
    g_assert_false(calendar_working(&is, day("2026-05-05")));
    g_assert_false(calendar_working(&is, day("2025-05-02")));
    put_calendar(f, &cn, true); /* what the program brings never overwrites */
    is = stored(f);
    g_assert_true(calendar_working(&is, day("2026-05-04")));
}

/* --- Duties ----------------------------------------------------------------------------------------------------------------- */

static void test_duty_flow_is_sound(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_assert_cmpstr(flow_check(&duty_flow, "done zero excused", arena), ==, NULL);
}

typedef struct {
    Fixture *f;
    DutyRule rule;
    AuditWho who;
    Str uid;
    int64_t id;
} Keeping;

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *k = data;
    return duty_rule_check(&k->rule, err) && duty_rule_add(tx, &k->who, &k->rule, clock_today(k->f->clock), k->f->arena, &k->uid, err);
}

static bool keep_in_tx(DbConn *tx, void *data, GError **err)
{
    Keeping *k = data;
    return duty_rule_check(&k->rule, err) && duty_rule_keep(tx, &k->who, &k->rule, clock_today(k->f->clock), k->f->arena, &k->id, err);
}

static DutyRule rule_of(Fixture *f, const char *every)
{
    int64_t *orgs = ARENA_ARRAY(f->arena, int64_t, 1);
    orgs[0] = fixture_org(f, "990000-WJW-07").id;
    return (DutyRule) {
        .name = STR("a report"), .org = fixture_org(f, "990000-WJW").id, .owed = STR("orgs"), .orgs = orgs, .n_orgs = 1, .every = str_from(every),
        .due_days = 3, .due_working = true, .grace_days = 2, .calendar = CALENDAR_CHINA, .from = clock_today(f->clock), .to = DATE_NONE, .on = true,
    };
}

static Str add_rule(Fixture *f, DutyRule rule)
{
    g_autoptr(GError) err = NULL;
    Keeping k = { .f = f, .rule = rule, .who = { STR_NONE, "command", clock_now_ms(f->clock) } };
    db_write(f->db, DB_INTERACTIVE, add_in_tx, &k, &err);
    g_assert_no_error(err);
    return k.uid;
}

static DutyCount daily(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DutyCount count = { 0 };
    duties_daily(f->db, f->clock, NULL, NULL, &count, &err);
    g_assert_no_error(err);
    return count;
}

static void pass_days(Fixture *f, int days)
{
    clock_set(f->clock, clock_now_ms(f->clock) + (int64_t) days * 86400000);
}

static int by_period(const void *a, const void *b)
{
    const Duty *x = a, *y = b;
    int order = str_cmp(x->period, y->period);
    return order ? order : str_cmp(x->org_name, y->org_name);
}

typedef struct {
    Duty *v;
    size_t n;
} Duties;

/* What an account sees, by period. */
static Duties duties(Fixture *f, const char *username)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    ARENA_LIST(Duty) list = { 0 };
    ARENA_LIST(Str) uids = { 0 };
    g_assert_no_error(err);
    g_autoptr(DbRows) rows = db_query(conn, DutyList, &err, .account = fixture_user(f, username)->account, .today = clock_today(f->clock));
    for (DutyListRow row; rows && db_next(rows, &row, &err);)
        *ARENA_PUSH(f->arena, &uids) = arena_str(f->arena, row.uid);
    g_assert_true(db_rows_ok(rows));
    for (size_t i = 0; i < uids.n; i++) {
        duty_load(conn, f->arena, uids.v[i], ARENA_PUSH(f->arena, &list), &err);
        g_assert_no_error(err);
    }
    if (list.n > 1)
        qsort(list.v, list.n, sizeof *list.v, by_period);
    return (Duties) { list.v, list.n };
}

static void assert_state(const Duty *duty, const char *period, const char *due, const char *state)
{
    g_assert_cmpmem(duty->period.p, duty->period.n, period, strlen(period));
    assert_day(duty->due, due);
    g_assert_cmpmem(duty->state.p, duty->state.n, state, strlen(state));
}

typedef struct {
    DutyActor actor;
    Str uid, reason;
    const char *verb;
} Doing;

static bool do_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return duty_do(tx, &doing->actor, doing->uid, doing->verb, doing->reason, err);
}

static bool act(Fixture *f, const char *username, Str uid, const char *verb, const char *reason, GError **err)
{
    const User *user = fixture_user(f, username);
    Doing doing = { { user, fixture_who(f, user), clock_today(f->clock) }, uid, str_from(reason), verb };
    return db_write(f->db, DB_INTERACTIVE, do_in_tx, &doing, err);
}

static int64_t unread(Fixture *f, const char *username)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    int64_t count = -1;
    g_assert_no_error(err);
    messages_unread(conn, fixture_user(f, username)->account, &count, &err);
    g_assert_no_error(err);
    return count;
}

/* From Friday 2026-03-20 on, a report a week: due on the third working day of the next, missed two days later. */
static void test_a_weekly_report(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Calendar cn = shipped(f->arena);
    put_calendar(f, &cn, false);
    add_rule(f, rule_of(f, "week"));
    g_assert_cmpint(daily(f).opened, ==, 1);
    g_assert_cmpint(daily(f).opened, ==, 0); /* again on the same day: nothing */
    Duties list = duties(f, "head01");
    g_assert_cmpuint(list.n, ==, 1);
    assert_state(&list.v[0], "2026W12", "2026-03-25", "due");
    pass_days(f, 3); /* Monday */
    DutyCount count = daily(f);
    g_assert_cmpint(count.opened, ==, 1);
    g_assert_cmpint(count.told, ==, 1); /* soon due */
    g_assert_cmpint(unread(f, "head01"), ==, 1);
    g_assert_cmpint(unread(f, "handler01"), ==, 1);
    pass_days(f, 4); /* Friday: the grace ends today */
    g_assert_cmpint(daily(f).missed, ==, 0);
    pass_days(f, 1);
    count = daily(f);
    g_assert_cmpint(count.missed, ==, 1);
    g_assert_cmpint(count.told, ==, 1);
    g_assert_cmpint(unread(f, "head01"), ==, 2);
    list = duties(f, "head01");
    assert_state(&list.v[0], "2026W12", "2026-03-25", "missed");
    assert_state(&list.v[1], "2026W13", "2026-04-01", "due");
    act(f, "handler01", list.v[0].uid, "done", NULL, &err); /* late: marked for good */
    g_assert_no_error(err);
    act(f, "handler01", list.v[1].uid, "zero", "nothing happened", &err);
    g_assert_no_error(err);
    pass_days(f, 30);
    list = duties(f, "head01");
    assert_state(&list.v[0], "2026W12", "2026-03-25", "done");
    g_assert_cmpint(list.v[0].late_days, ==, 3);
    g_assert_cmpint(duty_late_days(&list.v[0], clock_today(f->clock)), ==, 3);
    assert_state(&list.v[1], "2026W13", "2026-04-01", "zero");
    g_assert_cmpint(list.v[1].late_days, ==, 0);
    /* A month without the job: what lies between was owed all the same; the week of Qingming is due on its own third working day. */
    g_assert_cmpint(daily(f).opened, ==, 5);
    list = duties(f, "head01");
    assert_state(&list.v[2], "2026W14", "2026-04-09", "missed"); /* Monday the 6th is free */
    assert_state(&list.v[5], "2026W17", "2026-04-29", "due");
    assert_state(&list.v[6], "2026W18", "2026-05-08", "due"); /* its end lies in the holidays of May */
}

static void test_who_may_what(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    add_rule(f, rule_of(f, "month"));
    daily(f);
    Str uid = duties(f, "head01").v[0].uid;
    g_assert_cmpuint(duties(f, "issuer01").n, ==, 1); /* whose rule it is */
    g_assert_cmpuint(duties(f, "xuheshu").n, ==, 0);   /* another unit */
    g_assert_cmpuint(duties(f, "sysadmin01").n, ==, 0);
    g_assert_false(act(f, "xuheshu", uid, "done", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-owner");
    g_assert_false(act(f, "head01", uid, "excuse", "why", &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(act(f, "issuer01", uid, "done", NULL, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(act(f, "issuer01", uid, "excuse", " ", &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_false(act(f, "issuer01", uid, "miss", "why", &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    act(f, "issuer01", uid, "excuse", "a flood", &err);
    g_assert_no_error(err);
    g_assert_false(act(f, "head01", uid, "done", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
}

static void test_collectives_and_functions(Fixture *f)
{
    DutyRule rule = rule_of(f, "quarter");
    int64_t collective = fixture_org(f, "990000-JH02").id; /* eight county commissions */
    rule.owed = STR("collective");
    rule.orgs = &collective;
    add_rule(f, rule);
    g_assert_cmpint(daily(f).opened, ==, 8);
    rule.owed = STR("function");
    rule.n_orgs = 0;
    rule.function = STR("planning_info");
    add_rule(f, rule);
    pass_days(f, 1);
    g_assert_cmpint(daily(f).opened, >=, 1);
    g_assert_cmpint(daily(f).opened, ==, 0);
}

static void test_rules_that_are_none(Fixture *f)
{
    static const struct {
        const char *every, *owed, *at;
        int days, grace;
    } cases[] = {
        { "fortnight", "orgs", "/every", 1, 0 }, { "week", "somebody", "/owed_by", 1, 0 },  { "week", "function", "/owed_by/function", 1, 0 },
        { "week", "orgs", "/due/days", 400, 0 }, { "week", "orgs", "/grace_days", 1, -1 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        DutyRule rule = rule_of(f, cases[i].every);
        rule.owed = str_from(cases[i].owed);
        rule.due_days = cases[i].days;
        rule.grace_days = cases[i].grace;
        g_assert_false(duty_rule_check(&rule, &err));
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
}

/* --- Of a subject ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Keeping keeping;
    int64_t org;
    Date from;
    const char *what; /* "set", "end", "met" */
    Str period;
    bool zero;
} Subject;

#define THING ((AuditObject) { "thing", STR("abcdefghjkmnpqrstvwxyz0123") })

static bool subject_in_tx(DbConn *tx, void *data, GError **err)
{
    Subject *s = data;
    Date today = clock_today(s->keeping.f->clock);
    if (g_str_equal(s->what, "end"))
        return duty_subject_end(tx, &s->keeping.who, THING, today, STR("it is over"), err);
    DutyMet met = { s->keeping.rule.key, DB_NULL_INT, THING, s->period, s->zero, DB_NULL_INT, today };
    if (g_str_equal(s->what, "met"))
        return duty_met(tx, &s->keeping.who, &met, err);
    return keep_in_tx(tx, &s->keeping, err) && duty_subject_set(tx, s->keeping.id, s->org, THING, s->from, DATE_NONE, err);
}

static void subject(Fixture *f, Subject *s, const char *what)
{
    g_autoptr(GError) err = NULL;
    s->what = what;
    db_write(f->db, DB_INTERACTIVE, subject_in_tx, s, &err);
    g_assert_no_error(err);
}

static void test_owed_for_a_subject(Fixture *f)
{
    DutyRule rule = rule_of(f, "week");
    rule.key = STR("progress/x");
    rule.owed = STR("subjects");
    rule.n_orgs = 0;
    Subject s = { .keeping = { .f = f, .rule = rule, .who = { STR_NONE, "engine", clock_now_ms(f->clock) } }, .org = fixture_org(f, "990000-WJW-07").id,
                  .from = clock_today(f->clock) };
    subject(f, &s, "set");
    subject(f, &s, "set"); /* keeping it is no change */
    g_assert_cmpint(daily(f).opened, ==, 1);
    s.period = STR("2026W12");
    subject(f, &s, "met");
    subject(f, &s, "met"); /* nothing is open any more */
    pass_days(f, 7);
    g_assert_cmpint(daily(f).opened, ==, 1);
    s.period = STR("2026W13");
    s.zero = true;
    subject(f, &s, "met");
    pass_days(f, 7);
    daily(f);
    subject(f, &s, "end");
    pass_days(f, 7);
    g_assert_cmpint(daily(f).opened, ==, 0);
    Duties list = duties(f, "head01");
    g_assert_cmpuint(list.n, ==, 3);
    assert_state(&list.v[0], "2026W12", "2026-03-25", "done");
    assert_state(&list.v[1], "2026W13", "2026-04-01", "zero");
    g_assert_true(str_eq(list.v[2].state, STR("excused")) && str_eq(list.v[2].subject, THING.uid));
}

static void test_once(Fixture *f)
{
    DutyRule rule = rule_of(f, "once");
    rule.from += 2;
    rule.due_days = 5;
    rule.due_working = false;
    add_rule(f, rule);
    g_assert_cmpint(daily(f).opened, ==, 0);
    pass_days(f, 4); /* late to open, but owed from its day on */
    g_assert_cmpint(daily(f).opened, ==, 1);
    pass_days(f, 40);
    g_assert_cmpint(daily(f).opened, ==, 0);
    Duties list = duties(f, "head01");
    assert_state(&list.v[0], "2026-03-22", "2026-03-27", "missed");
}

/* --- Edges of periods ---------------------------------------------------------------------------------------------------------- */

/* Month ends, leap years, the week that lies in two years, week 53, made-up working days behind New Year. */
static void test_edges_of_periods(void)
{
    static const struct {
        const char *day, *every, *period;
        int due_days;
        bool working;
        int grace_days;
        const char *due, *last;
    } cases[] = {
        { "2026-02-11", "month", "2026-02", 1, true, 0, "2026-03-02", "2026-03-02" },  /* ends on a Saturday that is worked */
        { "2026-01-31", "month", "2026-01", 1, true, 2, "2026-02-02", "2026-02-04" },
        { "2026-01-31", "month", "2026-01", 28, false, 0, "2026-02-28", "2026-02-28" },
        { "2026-01-01", "month", "2026-01", 29, false, 0, "2026-03-01", "2026-03-01" },
        { "2028-02-29", "month", "2028-02", 1, true, 1, "2028-03-01", "2028-03-02" },  /* a leap year */
        { "2028-02-01", "month", "2028-02", 3, false, 0, "2028-03-03", "2028-03-03" },
        { "2027-02-01", "month", "2027-02", 1, true, 0, "2027-03-01", "2027-03-01" },
        { "2025-11-11", "quarter", "2025Q4", 1, true, 0, "2026-01-04", "2026-01-04" }, /* the first day worked is a Sunday */
        { "2025-12-31", "quarter", "2025Q4", 2, true, 3, "2026-01-05", "2026-01-08" },
        { "2025-07-01", "half", "2025H2", 1, true, 0, "2026-01-04", "2026-01-04" },
        { "2026-06-30", "half", "2026H1", 10, true, 0, "2026-07-14", "2026-07-14" },
        { "2025-01-01", "year", "2025", 3, true, 10, "2026-01-06", "2026-01-16" },
        { "2026-12-31", "year", "2026", 5, false, 0, "2027-01-05", "2027-01-05" },
        { "2025-12-28", "week", "2025W52", 3, true, 0, "2025-12-31", "2025-12-31" },
        { "2025-12-28", "week", "2025W52", 4, true, 1, "2026-01-04", "2026-01-05" },   /* over the year's end */
        { "2025-12-29", "week", "2026W01", 1, true, 0, "2026-01-05", "2026-01-05" },   /* begins in the year before */
        { "2026-12-31", "week", "2026W53", 1, true, 0, "2027-01-04", "2027-01-04" },
        { "2027-01-03", "week", "2026W53", 0, false, 0, "2027-01-03", "2027-01-03" },
        { "2027-01-04", "week", "2027W01", 2, true, 0, "2027-01-12", "2027-01-12" },
        { "2026-09-30", "week", "2026W40", 1, true, 0, "2026-10-08", "2026-10-08" },   /* ends in the holidays */
    };
    g_autoptr(Arena) arena = arena_new();
    Calendar cn = shipped(arena);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Date day;
        PeriodKind kind = PERIOD_MONTH;
        char text[PERIOD_TEXT_MAX];
        g_assert_true(date_parse(str_from(cases[i].day), &day) && duty_period_kind(str_from(cases[i].every), &kind));
        Period period = period_of_date(kind, day);
        g_assert_cmpstr(period_format(period, text), ==, cases[i].period);
        DutyDays days = duty_days(&cn, period_end(period), cases[i].due_days, cases[i].working, cases[i].grace_days);
        g_test_message("%s", cases[i].period);
        assert_day(days.due, cases[i].due);
        assert_day(days.last, cases[i].last);
    }
}

static void set_day(Fixture *f, const char *text)
{
    Date day;
    g_assert_true(date_parse(str_from(text), &day));
    clock_set(f->clock, (int64_t) day * 86400000);
}

static void assert_periods(Fixture *f, Str rule, const char *want)
{
    Duties list = duties(f, "head01");
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < list.n; i++)
        if (str_eq(list.v[i].rule_uid, rule))
            g_string_append_printf(text, "%s" STR_FMT, text->len > 0 ? " " : "", STR_ARG(list.v[i].period));
    g_assert_cmpstr(text->str, ==, want);
}

/* Day by day over the end of a year with week 53 and the last of February of a leap year: each period once. */
static void test_over_the_year(Fixture *f)
{
    Calendar cn = shipped(f->arena);
    put_calendar(f, &cn, false);
    set_day(f, "2026-12-22");
    Str week = add_rule(f, rule_of(f, "week")), month = add_rule(f, rule_of(f, "month")), year = add_rule(f, rule_of(f, "year"));
    for (int days = 0; days < 21; days++, pass_days(f, 1))
        daily(f);
    assert_periods(f, week, "2026W52 2026W53 2027W01 2027W02");
    assert_periods(f, month, "2026-12 2027-01");
    assert_periods(f, year, "2026 2027");
    DutyRule rule = rule_of(f, "month");
    set_day(f, "2028-02-28");
    rule.from = clock_today(f->clock);
    rule.due_days = 1;
    rule.due_working = false;
    rule.grace_days = 0;
    Str leap = add_rule(f, rule);
    daily(f);
    assert_periods(f, leap, "2028-02");
    pass_days(f, 1); /* the 29th */
    daily(f);
    assert_periods(f, leap, "2028-02");
    pass_days(f, 1);
    daily(f);
    assert_periods(f, leap, "2028-02 2028-03");
    Duties list = duties(f, "head01");
    for (size_t i = 0; i < list.n; i++)
        if (str_eq(list.v[i].rule_uid, leap) && str_eq(list.v[i].period, STR("2028-02")))
            assert_state(&list.v[i], "2028-02", "2028-03-01", "due");
    pass_days(f, 1);
    g_assert_cmpint(daily(f).missed, >=, 1);
}

/* --- Cut off anywhere ---------------------------------------------------------------------------------------------------------- */

static bool cut_off(void *data, GError **err)
{
    int *left = data;
    return (*left)-- > 0 || error_set(err, BH_UNAVAILABLE, "stopping");
}

/* A daily run that is broken off between any two of its steps, again and again, comes to the same as one that is not; nothing twice. */
static void test_cut_off_and_run_again(Fixture *f)
{
    DutyRule rule = rule_of(f, "week");
    int64_t collective = fixture_org(f, "990000-JH09").id; /* some eighty */
    rule.owed = STR("collective");
    rule.orgs = &collective;
    rule.due_days = 0;
    rule.grace_days = 0;
    add_rule(f, rule);
    add_rule(f, rule_of(f, "month"));
    g_autoptr(GError) failure = NULL;
    for (int days = 0; days < 21; days++) {
        for (int left = 0; left < 12; left++) {
            DutyCount count = { 0 };
            int steps = left + g_test_rand_int_range(0, 2);
            if (duties_daily(f->db, f->clock, cut_off, &steps, &count, &failure))
                break;
            assert_refused(&failure, BH_UNAVAILABLE, NULL);
        }
        daily(f);
        DutyCount again = daily(f);
        g_assert_cmpint(again.opened + again.missed + again.told, ==, 0);
        pass_days(f, 1);
    }
    Duties list = duties(f, "issuer01");
    size_t weeks = 4; /* 12 to 15 */
    g_assert_cmpuint(list.n, ==, weeks * (list.n - 2) / weeks + 2);
    for (size_t i = 0; i < list.n; i++)
        for (size_t j = i + 1; j < list.n && str_eq(list.v[i].period, list.v[j].period); j++)
            g_assert_false(str_eq(list.v[i].rule_uid, list.v[j].rule_uid) && list.v[i].org == list.v[j].org);
    for (size_t i = 0; i < list.n; i++)
        if (list.v[i].last < clock_today(f->clock) - 1)
            g_assert_true(str_eq(list.v[i].state, STR("missed")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flow/calendar/shipped-years", test_the_shipped_years);
    g_test_add_func("/flow/calendar/edges", test_edges_of_holidays);
    g_test_add_func("/flow/calendar/across-the-year", test_across_the_year);
    g_test_add_func("/flow/calendar/unknown-year", test_an_unknown_year_has_weekends_alone);
    g_test_add_func("/flow/calendar/count-undoes-add", test_counting_undoes_adding);
    g_test_add_func("/flow/calendar/bad-files", test_bad_files);
    g_test_add_func("/flow/duty/table", test_duty_flow_is_sound);
    g_test_add_func("/flow/duty/edges-of-periods", test_edges_of_periods);
    fixture_add("flow", "calendar-stored", false, test_stored_and_replaced);
    fixture_add("flow", "weekly-report", true, test_a_weekly_report);
    fixture_add("flow", "who-may", true, test_who_may_what);
    fixture_add("flow", "collectives-functions", true, test_collectives_and_functions);
    fixture_add("flow", "bad-rules", true, test_rules_that_are_none);
    fixture_add("flow", "of-a-subject", true, test_owed_for_a_subject);
    fixture_add("flow", "once", true, test_once);
    fixture_add("flow", "over-the-year", true, test_over_the_year);
    fixture_add("flow", "cut-off", true, test_cut_off_and_run_again);
    return g_test_run();
}
