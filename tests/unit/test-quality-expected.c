/* Who is expected to report what by when, and how it stands: on both stores. A silent institution and one that reports zero are two things. */
#include "db/queries.h"
#include "flow/signals.h"
#include "quality-fixture.h"
#include "store-ask.h"

#include "base/banned.h"

/* --- What decides ---------------------------------------------------------------------------------------------------------- */

static void test_state(void)
{
    static const struct {
        ExpectedFacts facts;
        ExpectedState state;
    } cases[] = {
        { { .timed = true, .came = DATE_NONE, .due = 10, .today = 10 }, EXPECTED_WAITING },
        { { .timed = true, .came = DATE_NONE, .due = 10, .today = 11 }, EXPECTED_MISSING },
        { { .timed = true, .came = 10, .records = 1, .due = 10, .today = 20 }, EXPECTED_IN },
        { { .timed = true, .came = 11, .records = 1, .due = 10, .today = 20 }, EXPECTED_LATE },
        { { .timed = false, .came = 11, .records = 1, .due = 10, .today = 20 }, EXPECTED_IN }, /* was over when it was first expected */
        { { .timed = true, .came = DATE_NONE, .zero = true, .due = 10, .today = 20 }, EXPECTED_ZERO },
        { { .timed = true, .came = 9, .zero = true, .records = 3, .due = 10, .today = 20 }, EXPECTED_IN }, /* records say more than a zero */
        { { .timed = true, .came = DATE_NONE, .excused = true, .due = 10, .today = 20 }, EXPECTED_EXCUSED },
        { { .timed = true, .came = 12, .records = 5, .excused = true, .due = 10, .today = 20 }, EXPECTED_EXCUSED },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(expected_state(&cases[i].facts), ==, cases[i].state);
}

static void assert_day(const char *end, int n, PackUnit unit, const char *should)
{
    char text[DATE_TEXT_MAX];
    Calendar weekends = { .code = STR("none") };
    Date day = DATE_NONE;
    g_assert_true(date_parse(str_from(end), &day));
    g_assert_cmpstr(date_format(expected_day(&weekends, day, (PackSpan) { n, unit, NULL }), text), ==, should);
}

static void test_days(void)
{
    assert_day("2026-03-31", 24, PACK_HOURS, "2026-04-01");
    assert_day("2026-03-31", 25, PACK_HOURS, "2026-04-02");
    assert_day("2026-03-31", 7, PACK_DAYS, "2026-04-07");
    assert_day("2026-03-31", 3, PACK_WORKING_DAYS, "2026-04-03");
    assert_day("2026-03-31", 4, PACK_WORKING_DAYS, "2026-04-06");
    assert_day("2026-03-31", 2, PACK_WEEKS, "2026-04-14");
    assert_day("2026-03-31", 1, PACK_MONTHS, "2026-04-30");
    assert_day("2026-03-31", 1, PACK_YEARS, "2027-03-31");
}

/* --- In the store ------------------------------------------------------------------------------------------------------------ */

static ExpectedCount daily(Watch *watch)
{
    g_autoptr(GError) err = NULL;
    ExpectedCount count = { 0 };
    expected_daily(&watch->quality, NULL, NULL, &count, &err);
    g_assert_no_error(err);
    return count;
}

static const char *state_of(Watch *watch, int64_t org, const char *month)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(watch->f->db, &err);
    Period period;
    ExpectedUidRow uid = { 0 };
    ExpectedByUidRow row = { 0 };
    bool found = false;
    g_assert_true(period_parse(str_from(month), &period));
    db_one(conn, ExpectedUid, watch->f->arena, &uid, &found, &err, .dataset = STR(WATCH_VISITS), .org = org, .period = period);
    g_assert_no_error(err);
    if (!found)
        return "none";
    db_one(conn, ExpectedByUid, watch->f->arena, &row, &found, &err, .uid = uid.uid);
    g_assert_no_error(err);
    return row.state.p;
}

static Str uid_of(Watch *watch, int64_t org, const char *month)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(watch->f->db, &err);
    Period period;
    ExpectedUidRow uid = { 0 };
    bool found = false;
    g_assert_true(period_parse(str_from(month), &period));
    db_one(conn, ExpectedUid, watch->f->arena, &uid, &found, &err, .dataset = STR(WATCH_VISITS), .org = org, .period = period);
    g_assert_no_error(err);
    g_assert_true(found);
    return uid.uid;
}

static void test_opened_and_missed(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    g_assert_cmpint(daily(&watch).opened, ==, watch.reporters);
    g_assert_cmpint(daily(&watch).opened, ==, 0); /* once */
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "waiting");
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-02"), ==, "none"); /* was over when the pack came */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM expected WHERE due = '2026-04-03' AND locked = '2026-04-14'"), ==, watch.reporters);
    watch_day(&watch, "2026-04-03");
    g_assert_cmpint(daily(&watch).missed, ==, 0); /* on the last day there is time */
    watch_day(&watch, "2026-04-04");
    ExpectedCount count = daily(&watch);
    g_assert_cmpint(count.missed, ==, watch.reporters);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "missing");
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-04"), ==, "waiting");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM quality_due"), ==, 2 * watch.reporters);
    watch_close(&watch);
}

/* What is expected is a duty, too, which the institution finds on its own page and is told of. */
static void test_duties(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Watch watch;
    DutyCount duties;
    watch_open(f, &watch);
    daily(&watch); /* opens them, too, so that what is in already can be met before anybody is told */
    duties_daily(f->db, f->clock, NULL, NULL, &duties, &err);
    g_assert_no_error(err);
    g_assert_cmpint(duties.opened, ==, 0);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM duty WHERE period = '2026-03' AND due = '2026-04-03' AND subject = '" WATCH_VISITS "'"), ==, watch.reporters);
    daily(&watch);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM event WHERE verb = 'duty-rule-add' OR verb = 'duty-rule-change'"), ==, 1);
    watch_close(&watch);
}

/* A batch that was opened on a day left so many records in an organisation's month. */
static void arrive(Watch *watch, int64_t org, int month, int records)
{
    static int n;
    store_run(watch->f->db, "INSERT INTO batch (uid, dataset, org, mode, state, rows, rejected, held, warned, added, changed, same, deleted, done_rows, run_name, run_hash, rules,"
                                             " opened) VALUES ('b%d', %d, %d, 'add', 'done', 1, 0, 0, 0, 1, 0, 0, 0, 1, '', '', '', %" G_GINT64_FORMAT ")",
                                             ++n, (int) watch->visit_id, (int) org, clock_now_ms(watch->f->clock));
    store_run(watch->f->db, "INSERT INTO segment (dataset, org, month, version, rows, held, warned, batch, loading) VALUES (%d, %d, %d, 1, %d, 0, 0,"
                                               " (SELECT max(id) FROM batch), FALSE) ON CONFLICT (dataset, org, month) DO UPDATE SET version = segment.version + 1, rows = excluded.rows,"
                                               " batch = excluded.batch",
                                               (int) watch->visit_id, (int) org, month, records);
}

typedef struct {
    Watch *watch;
    int64_t org;
    int month;
} Settle;

static bool settle_in_tx(DbConn *tx, void *data, GError **err)
{
    const Settle *settle = data;
    ExpectedPlace place = { .dataset = settle->watch->visit_id, .org = settle->org, .pack = settle->watch->visits, .month = settle->month };
    return expected_settle(tx, &settle->watch->quality, &place, err);
}

static void settle(Watch *watch, int64_t org, int month)
{
    g_autoptr(GError) err = NULL;
    Settle data = { watch, org, month };
    db_write(watch->f->db, DB_BULK, settle_in_tx, &data, &err);
    g_assert_no_error(err);
}

enum { MARCH = 56 * 12 + 2, JANUARY = 56 * 12 };

/* A duty that was opened behind its report is met by the next day's job, as of the day on which the report came; others stay. */
static void test_answered_before_it_was_asked(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    watch_day(&watch, "2026-04-02");
    arrive(&watch, watch.hospital, MARCH, 5);
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM duty WHERE state = 'done'"), ==, 1);
    store_run(f->db, "UPDATE duty SET state = 'due', done_at = NULL WHERE state = 'done'");
    watch_day(&watch, "2026-04-09");
    daily(&watch);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM duty WHERE state = 'done' AND late_days = 0 AND period = '2026-03'"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM duty WHERE state = 'done'"), ==, 1);
    watch_close(&watch);
}

static void test_what_came(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DutyCount duties;
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    duties_daily(f->db, f->clock, NULL, NULL, &duties, &err);
    g_assert_no_error(err);
    watch_day(&watch, "2026-04-02");
    arrive(&watch, watch.hospital, MARCH, 5);
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "in");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM duty WHERE state = 'done'"), ==, 1); /* met by what arrived */
    watch_day(&watch, "2026-04-07");
    daily(&watch);
    arrive(&watch, watch.other, MARCH, 5);
    settle(&watch, watch.other, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.other, "2026-03"), ==, "late");
    arrive(&watch, watch.hospital, MARCH, 6); /* sent again late: it was in time */
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "in");
    arrive(&watch, watch.hospital, MARCH, 0); /* all deleted */
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "missing");
    watch_close(&watch);
}

/* History that comes when the pack is installed is expected, but nobody is late with it. */
static void test_history(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    for (int64_t org = watch.hospital; org <= watch.hospital + watch.reporters / 4; org++)
        arrive(&watch, org, JANUARY, 1);
    arrive(&watch, watch.hospital, JANUARY - 12, 1); /* one alone may be a slip of the pen */
    g_assert_cmpint(daily(&watch).opened, ==, 2 * watch.reporters);
    settle(&watch, watch.hospital, JANUARY);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-01"), ==, "in");
    g_assert_cmpstr(state_of(&watch, watch.other, "2026-01"), ==, "missing");
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2025-12"), ==, "none");
    watch_close(&watch);
}

/* --- What people say ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Watch *watch;
    Str uid, reason;
    bool zero;
} Saying;

static bool say_in_tx(DbConn *tx, void *data, GError **err)
{
    const Saying *saying = data;
    const User *user = fixture_user(saying->watch->f, "issuer01");
    ExpectedActor actor = { fixture_who(saying->watch->f, user), user->account, clock_today(saying->watch->f->clock) };
    return saying->zero ? expected_say_zero(tx, &actor, saying->uid, 0, err) : expected_excuse(tx, &actor, saying->uid, 0, saying->reason, err);
}

static bool say(Watch *watch, int64_t org, bool zero, const char *reason, GError **err)
{
    Saying saying = { watch, uid_of(watch, org, "2026-03"), str_from(reason), zero };
    return db_write(watch->f->db, DB_INTERACTIVE, say_in_tx, &saying, err);
}

static void test_zero_and_silent(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    g_assert_true(say(&watch, watch.hospital, true, NULL, &err));
    g_assert_no_error(err);
    watch_day(&watch, "2026-04-07");
    daily(&watch);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "zero");
    g_assert_cmpstr(state_of(&watch, watch.other, "2026-03"), ==, "missing");
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "zero");
    arrive(&watch, watch.hospital, MARCH, 2);
    settle(&watch, watch.hospital, MARCH);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "late");
    g_assert_false(say(&watch, watch.hospital, true, NULL, &err));
    assert_refused(&err, BH_CONFLICT, "records-there");
    watch_close(&watch);
}

static void test_excused(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    g_assert_false(say(&watch, watch.hospital, false, " ", &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_true(say(&watch, watch.hospital, false, "moved house", &err));
    g_assert_no_error(err);
    watch_day(&watch, "2026-04-07");
    daily(&watch);
    g_assert_cmpstr(state_of(&watch, watch.hospital, "2026-03"), ==, "excused");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM event WHERE verb = 'report-excuse'"), ==, 1);
    watch_close(&watch);
}

/* --- Signals ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t org, value, now_ms;
    bool clear, was_new;
    const Signal *take;
    const Signal *end;
} Signalling;

static bool signal_in_tx(DbConn *tx, void *data, GError **err)
{
    Signalling *s = data;
    SignalSeen seen = { "quality", STR("watch.visit/X"), STR(WATCH_VISITS), s->org, 0, s->value, 900000, STR("{}") };
    if (s->take)
        return signal_take(tx, s->take, STR("task"), err);
    if (s->end)
        return signal_end(tx, s->end, err);
    return s->clear ? signal_clear(tx, seen.kind, seen.subject, s->value, s->now_ms, err) : signal_raise(tx, &seen, s->now_ms, &s->was_new, err);
}

static bool do_signal(Fixture *f, Signalling s)
{
    g_autoptr(GError) err = NULL;
    db_write(f->db, DB_BULK, signal_in_tx, &s, &err);
    g_assert_no_error(err);
    return s.was_new;
}

static Signal *in_state(Fixture *f, const char *state, size_t should)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Signal *signals = NULL;
    size_t n = 0;
    signals_in(conn, "quality", state, 10, f->arena, &signals, &n, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(n, ==, should);
    return signals;
}

static void test_signals(Fixture *f)
{
    int64_t org = store_ask(f->db, "SELECT min(id) FROM org"), now = clock_now_ms(f->clock);
    g_assert_true(do_signal(f, (Signalling) { .org = org, .value = 800000, .now_ms = now }));
    g_assert_false(do_signal(f, (Signalling) { .org = org, .value = 700000, .now_ms = now })); /* the same one */
    Signal *open = in_state(f, "open", 1);
    g_assert_cmpint(open[0].value, ==, 700000);
    do_signal(f, (Signalling) { .take = open });
    in_state(f, "open", 0);
    g_assert_false(do_signal(f, (Signalling) { .org = org, .value = 600000, .now_ms = now })); /* while the task stands, too */
    do_signal(f, (Signalling) { .org = org, .value = 950000, .now_ms = now, .clear = true });
    do_signal(f, (Signalling) { .end = in_state(f, "cleared", 1) });
    in_state(f, "done", 1);
    g_assert_true(do_signal(f, (Signalling) { .org = org, .value = 800000, .now_ms = now })); /* it fell again */
    do_signal(f, (Signalling) { .org = org, .value = 950000, .now_ms = now, .clear = true });
    in_state(f, "done", 2); /* over before anybody took it */
}

/* --- What waits for a report ---------------------------------------------------------------------------------------------------- */

/* A report of another dataset of March that has not come, due on a day. */
static void await(Watch *watch, int64_t dataset, int64_t org, const char *due)
{
    static int n;
    Period march = period_of_date(PERIOD_MONTH, clock_today(watch->f->clock));
    store_run(watch->f->db, "INSERT INTO expected (uid, dataset, org, period, month, due, timed, closed, state, records, excused, version)"
                            " VALUES ('aw%d', %d, %d, %d, %d, '%s', TRUE, FALSE, 'waiting', 0, FALSE, 1)", ++n, (int) dataset, (int) org, (int) march, MARCH, due);
}

static int64_t found(Watch *watch, const char *rule)
{
    return store_ask(watch->f->db, "SELECT count(*) FROM defect WHERE rule = '%s' AND closed_at IS NULL", rule);
}

/* A visit's stay is sought everywhere: while any hospital's stays may still come, it is not missed. Once all are in, or their day is over, it is. */
static void test_link_waits(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, 1, "2026-03-02", "A", -1, NULL, "s1" }, 1);
    await(&watch, watch.stay_id, watch.other, "2026-04-03");
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "has_stay"), ==, 0);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM quality_item WHERE rule = 'has_stay'"), ==, 0); /* nor does it count for anything */
    watch_day(&watch, "2026-04-04");
    daily(&watch);
    g_assert_cmpint(watch_compute(&watch), >, 0); /* nothing was sent: the day that is over says it */
    g_assert_cmpint(found(&watch, "has_stay"), ==, 1);
    watch_close(&watch);
}

/* The stays of all hospitals are there before their day is over. */
static void test_link_of_what_came(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, 1, "2026-03-02", "A", -1, NULL, "s1" }, 1);
    await(&watch, watch.stay_id, watch.other, "2026-04-03");
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "has_stay"), ==, 0);
    watch_stay(&watch, watch.other, MARCH, 2, "s2"); /* not hers */
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "has_stay"), ==, 1);
    watch_close(&watch);
}

/* 8 visits, of which 10 are declared: by the hospital itself. What another one has not declared is nothing to it. */
static void test_total_waits(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    for (int key = 1; key <= 8; key++)
        watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, key, "2026-03-02", "A", 100, "p", NULL }, 1);
    await(&watch, watch.volume_id, watch.other, "2026-04-03");
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "fees_agree"), ==, 1); /* fees, and none declared */
    await(&watch, watch.volume_id, watch.hospital, "2026-04-03");
    for (int key = 1; key <= 8; key++)
        watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, key, "2026-03-03", "A", -1, NULL, NULL }, 1);
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "fees_agree"), ==, 0); /* it is awaited now: what was found before is taken back, until it can be judged */
    watch_volume(&watch, watch.hospital, MARCH, 10, 2000);
    watch_compute(&watch);
    g_assert_cmpint(found(&watch, "fees_agree"), ==, 0);
    g_assert_cmpint(found(&watch, "declared"), ==, 1);
    watch_close(&watch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expected/state", test_state);
    g_test_add_func("/expected/days", test_days);
    fixture_add("expected", "opened-and-missed", true, test_opened_and_missed);
    fixture_add("expected", "duties", true, test_duties);
    fixture_add("expected", "answered-before-it-was-asked", true, test_answered_before_it_was_asked);
    fixture_add("expected", "what-came", true, test_what_came);
    fixture_add("expected", "history", true, test_history);
    fixture_add("expected", "zero-and-silent", true, test_zero_and_silent);
    fixture_add("expected", "excused", true, test_excused);
    fixture_add("expected", "signals", true, test_signals);
    fixture_add("expected", "link-waits", true, test_link_waits);
    fixture_add("expected", "link-of-what-came", true, test_link_of_what_came);
    fixture_add("expected", "total-waits", true, test_total_waits);
    return g_test_run();
}
