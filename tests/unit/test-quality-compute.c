/* Months of institutions computed from what the store holds, on both engines. What the issue calls "not done" is tested here by its words: a score that does not change when records are
 * withheld; January sent again that changes February; a silent institution that looks like one that reports zero. */
#include "db/queries.h"
#include "flow/signals.h"
#include "quality-fixture.h"
#include "store-ask.h"

#include "base/banned.h"

enum { JANUARY = 56 * 12, FEBRUARY, MARCH };

/* --- What was computed --------------------------------------------------------------------------------------------------------- */

static int64_t score_of(Watch *watch, int64_t org, int month)
{
    return store_ask(watch->f->db, "SELECT coalesce(max(score), -1) FROM quality_score WHERE dataset = %d AND org = %d AND month = %d", (int) watch->visit_id, (int) org, month);
}

static int64_t item(Watch *watch, int month, const char *rule, QualityMeasure measure, const char *what)
{
    return store_ask(watch->f->db, "SELECT coalesce(max(%s), -1) FROM quality_item WHERE dataset = %d AND org = %d AND month = %d AND rule = '%s' AND measure = %d", what, (int) watch->visit_id,
               (int) watch->hospital, month, rule, measure);
}

static void assert_item(Watch *watch, int month, const char *rule, QualityMeasure measure, int64_t passed, int64_t tested)
{
    g_test_message("%s", rule);
    g_assert_cmpint(item(watch, month, rule, measure, "tested"), ==, tested);
    g_assert_cmpint(item(watch, month, rule, measure, "passed"), ==, passed);
}

static int64_t defects(Watch *watch, int month, const char *rule)
{
    return store_ask(watch->f->db, "SELECT count(*) FROM defect WHERE dataset = %d AND month = %d AND rule = '%s' AND closed_at IS NULL", (int) watch->visit_id, month, rule);
}

static void add_month(Watch *watch, int64_t org, int month, int n)
{
    for (int i = 0; i < n; i++) {
        g_autofree char *day = g_strdup_printf("2026-%02d-%02d", month - JANUARY + 1, i % 28 + 1);
        watch_visits(watch, &(WatchVisit) { org, month, 100 * month + i, day, i % 2 ? "A" : "B", 100 * i, "p", NULL }, 1);
    }
}

/* --- Items --------------------------------------------------------------------------------------------------------------------------- */

/* Four records: one ward empty; a fee twice above 0 of which one names no payer. */
static void test_cells(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    const WatchVisit visits[] = {
        { watch.hospital, JANUARY, 1, "2026-01-01", "A", 0, NULL, NULL },
        { watch.hospital, JANUARY, 2, "2026-01-02", NULL, -1, NULL, NULL },
        { watch.hospital, JANUARY, 3, "2026-01-03", "B", 500, NULL, NULL },
        { watch.hospital, JANUARY, 4, "2026-01-04", "B", 20000, "p", NULL },
    };
    watch_visits(&watch, visits, G_N_ELEMENTS(visits));
    watch_defect(&watch, watch.hospital, JANUARY, 2, "type:fee");
    watch_defect(&watch, watch.hospital, JANUARY, 3, "fee_range");
    g_assert_cmpint(watch_compute(&watch), ==, 1);
    /* required: number, day, ward of 4 each, payer of 2 where the fee is above 0: 14 cells; filled 4 + 4 + 3 + 1 */
    assert_item(&watch, JANUARY, "filled", QUALITY_COMPLETENESS, 12, 14);
    assert_item(&watch, JANUARY, "filled:payer", QUALITY_COMPLETENESS, 1, 2);
    /* cells that are not empty: 4 numbers, 4 days, 3 wards, 3 fees, 1 payer; and the fee that was none */
    assert_item(&watch, JANUARY, "type", QUALITY_VALIDITY, 15, 16);
    assert_item(&watch, JANUARY, "fee_range", QUALITY_VALIDITY, 3, 4);
    assert_item(&watch, JANUARY, "ward_of_fee", QUALITY_VALIDITY, 1, 1); /* applies to fees above 100 only, and reads one field */
    assert_item(&watch, JANUARY, "repeated", QUALITY_UNIQUENESS, 4, 4);
    g_assert_cmpint(item(&watch, JANUARY, "on_time", QUALITY_TIMELINESS, "tested"), ==, -1); /* nobody expected that month */
    g_assert_cmpint(watch_compute(&watch), ==, 0);
    watch_close(&watch);
}

static void test_links(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    const WatchVisit visits[] = {
        { watch.hospital, JANUARY, 1, "2026-01-01", "A", -1, NULL, "s1" },
        { watch.hospital, JANUARY, 2, "2026-01-02", "A", -1, NULL, "s2" },
        { watch.hospital, JANUARY, 3, "2026-01-03", "A", -1, NULL, NULL },
    };
    watch_visits(&watch, visits, G_N_ELEMENTS(visits));
    watch_stay(&watch, watch.hospital, JANUARY - 1, 1, "s1"); /* in another month */
    watch_compute(&watch);
    assert_item(&watch, JANUARY, "has_stay", QUALITY_COMPLETENESS, 1, 2); /* one has no number of a stay */
    g_assert_cmpint(defects(&watch, JANUARY, "has_stay"), ==, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT key FROM defect WHERE rule = 'has_stay' AND closed_at IS NULL"), ==, 2);
    watch_stay(&watch, watch.other, JANUARY, 2, "s2"); /* the parent comes later: nothing of the visits changed, their defect is closed all the same */
    g_assert_cmpint(watch_compute(&watch), ==, 2);
    assert_item(&watch, JANUARY, "has_stay", QUALITY_COMPLETENESS, 2, 2);
    g_assert_cmpint(defects(&watch, JANUARY, "has_stay"), ==, 0);
    watch_close(&watch);
}

static void test_unique(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    const WatchVisit visits[] = {
        { watch.hospital, JANUARY, 1, "2026-01-05", "A", 100, "p", "s1" },
        { watch.hospital, JANUARY, 2, "2026-01-05", "A", 100, "p", NULL }, /* twice in one place */
        { watch.hospital, JANUARY, 3, "2026-01-05", "B", 100, "p", NULL },
        { watch.other, JANUARY, 4, "2026-01-05", "A", 100, "p", NULL },    /* another institution's is no twin */
        { watch.other, FEBRUARY, 5, "2026-02-05", "A", 100, "p", "s1" },   /* but a stay is one, wherever */
    };
    watch_visits(&watch, visits, G_N_ELEMENTS(visits));
    watch_compute(&watch);
    assert_item(&watch, JANUARY, "once", QUALITY_UNIQUENESS, 2, 3);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT key FROM defect WHERE rule = 'once' AND closed_at IS NULL"), ==, 2);
    assert_item(&watch, JANUARY, "elsewhere", QUALITY_UNIQUENESS, 1, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT key FROM defect WHERE rule = 'elsewhere' AND closed_at IS NULL"), ==, 5); /* the first one counts */
    watch_visits(&watch, &(WatchVisit) { watch.hospital, JANUARY, 2, "2026-01-06", "A", 100, "p", NULL }, 1);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, JANUARY, 1, "2026-01-05", "A", 100, "p", "s9" }, 1); /* mended here, */
    watch_compute(&watch);
    g_assert_cmpint(defects(&watch, JANUARY, "once"), ==, 0);
    g_assert_cmpint(defects(&watch, FEBRUARY, "elsewhere"), ==, 0); /* closed there */
    watch_visits(&watch, &(WatchVisit) { watch.hospital, JANUARY, 1, "2026-01-05", "A", 100, "p", "s1" }, 1);
    watch_compute(&watch);
    g_assert_cmpint(defects(&watch, FEBRUARY, "elsewhere"), ==, 1); /* and found there, though nothing was sent for February */
    g_assert_cmpint(store_ask(watch.f->db, "SELECT max(times) FROM defect WHERE rule = 'elsewhere'"), ==, 1);
    watch_close(&watch);
}

/* What is said of each month is not said twice; what two say of one month is. */
static void test_unique_in_period(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    watch_volume(&watch, watch.hospital, JANUARY, 10, 2000);
    watch_volume(&watch, watch.hospital, FEBRUARY, 10, 2000);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM defect WHERE rule = 'one_teller'"), ==, 0);
    watch_volume(&watch, watch.other, FEBRUARY, 10, 2000);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM defect WHERE rule = 'one_teller' AND closed_at IS NULL"), ==, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT month FROM defect WHERE rule = 'one_teller'"), ==, FEBRUARY);
    watch_close(&watch);
}

/* 8 of 10 declared, 5 % allowed; fees 28 of 20 declared. */
static void test_totals_and_sets(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    add_month(&watch, watch.hospital, JANUARY, 8);
    watch_volume(&watch, watch.hospital, JANUARY, 10, 2000);
    watch_compute(&watch);
    assert_item(&watch, JANUARY, "declared", QUALITY_COMPLETENESS, 8, 10);
    assert_item(&watch, JANUARY, "declared", QUALITY_CONSISTENCY, 8, 10);
    g_assert_cmpint(defects(&watch, JANUARY, "declared"), ==, 1);
    assert_item(&watch, JANUARY, "fees_agree", QUALITY_CONSISTENCY, 0, 1);
    watch_volume(&watch, watch.hospital, JANUARY, 7, 2800); /* only what was declared changed: the visits' month is computed */
    watch_compute(&watch);
    assert_item(&watch, JANUARY, "declared", QUALITY_COMPLETENESS, 7, 7);
    assert_item(&watch, JANUARY, "declared", QUALITY_CONSISTENCY, 6, 7);
    assert_item(&watch, JANUARY, "fees_agree", QUALITY_CONSISTENCY, 1, 1);
    g_assert_cmpint(defects(&watch, JANUARY, "fees_agree"), ==, 0);
    watch_volume(&watch, watch.hospital, JANUARY, 8, 2800);
    watch_compute(&watch);
    g_assert_cmpint(defects(&watch, JANUARY, "declared"), ==, 0);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM defect WHERE rule = 'declared' AND state = 'closed'"), ==, 1);
    watch_close(&watch);
}

/* Three months of 20, then 2: 0.6745 × 18 / (0.6745 √20) = 4.0 deviations; then 1. */
static void test_volume(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    for (int m = 0; m < 3; m++)
        add_month(&watch, watch.hospital, JANUARY + m, 20);
    add_month(&watch, watch.hospital, MARCH + 1, 1);
    watch_compute(&watch);
    g_assert_cmpint(item(&watch, MARCH, "steady", QUALITY_COMPLETENESS, "tested"), ==, -1); /* two months are no history */
    assert_item(&watch, MARCH + 1, "steady", QUALITY_COMPLETENESS, 1, 20);
    assert_item(&watch, MARCH + 1, "steady", QUALITY_CONSISTENCY, 1, 1);
    g_assert_cmpint(defects(&watch, MARCH + 1, "steady"), ==, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM quality_item WHERE rule = 'steady' AND why LIKE '%%volume-few-months%%\"deviations\":\"4.2\"%%'"), ==, 1);
    watch_close(&watch);
}

/* --- What must not be ----------------------------------------------------------------------------------------------------------------- */

static void test_withheld(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    add_month(&watch, watch.hospital, JANUARY, 10);
    watch_volume(&watch, watch.hospital, JANUARY, 10, 4500);
    watch_compute(&watch);
    int64_t all = score_of(&watch, watch.hospital, JANUARY);
    g_assert_cmpint(all, ==, 1000000);
    watch_take(&watch, watch.hospital, JANUARY, 100 * JANUARY + 9);
    watch_compute(&watch);
    int64_t less = score_of(&watch, watch.hospital, JANUARY);
    g_assert_cmpint(less, <, all);
    watch_take(&watch, watch.hospital, JANUARY, 100 * JANUARY + 8);
    watch_compute(&watch);
    g_assert_cmpint(score_of(&watch, watch.hospital, JANUARY), <, less);
    watch_close(&watch);
}

/* All that is kept of a month, as one number. */
static int64_t print_of(Watch *watch, int month)
{
    return store_ask(watch->f->db, "SELECT CAST(coalesce(sum((tested * 7 + passed * 13 + loss * 31 + measure * 5) * length(rule)), 0) AS BIGINT) FROM quality_item WHERE month = %d", month)
           + 3 * score_of(watch, watch->hospital, month) + 100003 * store_ask(watch->f->db, "SELECT count(*) FROM defect WHERE month = %d", month);
}

static void test_january_again(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    add_month(&watch, watch.hospital, JANUARY, 12);
    watch_volume(&watch, watch.hospital, JANUARY, 12, 6600);
    add_month(&watch, watch.hospital, FEBRUARY, 12);
    watch_volume(&watch, watch.hospital, FEBRUARY, 14, 6600);
    watch_compute(&watch);
    int64_t january = print_of(&watch, JANUARY), february = print_of(&watch, FEBRUARY);
    add_month(&watch, watch.hospital, JANUARY, 12); /* the same again */
    watch_compute(&watch);
    g_assert_cmpint(print_of(&watch, JANUARY), ==, january);
    g_assert_cmpint(print_of(&watch, FEBRUARY), ==, february);
    add_month(&watch, watch.hospital, JANUARY, 9); /* and with less and other records */
    watch_take(&watch, watch.hospital, JANUARY, 100 * JANUARY + 11);
    watch_take(&watch, watch.hospital, JANUARY, 100 * JANUARY + 10);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, JANUARY, 100 * JANUARY, "2026-01-09", NULL, 100, NULL, "s7" }, 1);
    g_assert_cmpint(watch_compute(&watch), ==, 1); /* one month */
    g_assert_cmpint(print_of(&watch, JANUARY), !=, january);
    g_assert_cmpint(print_of(&watch, FEBRUARY), ==, february);
    watch_close(&watch);
}

/* Computed anew from nothing, all comes out as it was. */
static void test_again_the_same(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    add_month(&watch, watch.hospital, JANUARY, 12);
    watch_volume(&watch, watch.hospital, JANUARY, 14, 100);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, JANUARY, 7, "2026-01-09", NULL, 100, NULL, "s7" }, 1);
    watch_compute(&watch);
    int64_t january = print_of(&watch, JANUARY);
    store_run(f->db, "DELETE FROM quality_item; DELETE FROM quality_score; DELETE FROM quality_volume; DELETE FROM quality_seen");
    watch_compute(&watch);
    g_assert_cmpint(print_of(&watch, JANUARY), ==, january);
    watch_close(&watch);
}

static void daily(Watch *watch)
{
    g_autoptr(GError) err = NULL;
    ExpectedCount count;
    expected_daily(&watch->quality, NULL, NULL, &count, &err);
    g_assert_no_error(err);
}

static bool zero_in_tx(DbConn *tx, void *data, GError **err)
{
    Watch *watch = data;
    const User *user = fixture_user(watch->f, "issuer01");
    ExpectedActor actor = { fixture_who(watch->f, user), user->account, clock_today(watch->f->clock) };
    Period march;
    ExpectedUidRow row;
    bool found;
    return period_parse(STR("2026-03"), &march) && db_one(tx, ExpectedUid, watch->f->arena, &row, &found, err, .dataset = STR(WATCH_VISITS), .org = watch->other, .period = march)
           && expected_say_zero(tx, &actor, row.uid, 0, err);
}

/* Of three: one is silent, one says that there was nothing, one reports. */
static void test_silent_and_zero(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    watch_day(&watch, "2026-04-02");
    db_write(f->db, DB_INTERACTIVE, zero_in_tx, &watch, &err);
    g_assert_no_error(err);
    int64_t third = store_ask(f->db, "SELECT max(id) FROM org WHERE kind = 'hospital' AND id < (SELECT max(id) FROM org WHERE kind = 'hospital')");
    add_month(&watch, third, MARCH, 3);
    watch_volume(&watch, third, MARCH, 3, 300);
    watch_day(&watch, "2026-04-10");
    daily(&watch);
    watch_compute(&watch);
    g_assert_cmpint(score_of(&watch, watch.hospital, MARCH), ==, 0);
    g_assert_cmpint(score_of(&watch, watch.other, MARCH), ==, 1000000);
    g_assert_cmpint(score_of(&watch, third, MARCH), ==, 1000000);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM quality_score WHERE state = 'missing' AND org = %d AND month = %d", (int) watch.hospital, MARCH), ==, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM quality_score WHERE state = 'zero' AND org = %d AND month = %d", (int) watch.other, MARCH), ==, 1);
    assert_item(&watch, MARCH, "reported", QUALITY_COMPLETENESS, 0, 1);
    assert_item(&watch, MARCH, "on_time", QUALITY_TIMELINESS, 0, 1);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM quality_score WHERE month = %d", MARCH + 1), ==, 0); /* April is not over */
    watch_close(&watch);
}

/* A record that came in time stays so when it is corrected late. */
static void test_on_time(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    watch_day(&watch, "2026-04-01");
    add_month(&watch, watch.hospital, MARCH, 3);
    watch_day(&watch, "2026-04-10");
    daily(&watch);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, 999, "2026-03-09", "A", 1, "p", NULL }, 1);
    watch_compute(&watch);
    assert_item(&watch, MARCH, "on_time", QUALITY_TIMELINESS, 3, 4);
    store_run(f->db, "INSERT INTO hist_watch__visit (month_, org_, key_, batch_, state_, number, on_day, ward, batch_out_) SELECT month_, org_, key_, batch_, state_, number,"
                                            " on_day, ward, 99 FROM watch__visit WHERE key_ = %d",
                                            100 * MARCH);
    watch_visits(&watch, &(WatchVisit) { watch.hospital, MARCH, 100 * MARCH, "2026-03-01", "C", 0, NULL, NULL }, 1);
    watch_compute(&watch);
    assert_item(&watch, MARCH, "on_time", QUALITY_TIMELINESS, 3, 4);
    watch_close(&watch);
}

/* A month under the line is noticed once, and is over when it is on the line again. */
static void test_signal(Fixture *f)
{
    Watch watch;
    watch_open(f, &watch);
    daily(&watch);
    watch_day(&watch, "2026-04-02");
    add_month(&watch, watch.hospital, MARCH, 10);
    watch_volume(&watch, watch.hospital, MARCH, 40, 4500);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM signal"), ==, 0); /* there is time until the 3rd */
    watch_day(&watch, "2026-04-10");
    daily(&watch);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM signal"), ==, watch.reporters); /* all others are silent */
    g_assert_cmpint(score_of(&watch, watch.hospital, MARCH), <, 900000);
    watch_volume(&watch, watch.hospital, MARCH, 40, 4600);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM signal WHERE org = %d", (int) watch.hospital), ==, 1);
    watch_volume(&watch, watch.hospital, MARCH, 10, 4500);
    watch_compute(&watch);
    g_assert_cmpint(store_ask(watch.f->db, "SELECT count(*) FROM signal WHERE org = %d AND state = 'done'", (int) watch.hospital), ==, 1);
    watch_close(&watch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("quality-compute", "cells", true, test_cells);
    fixture_add("quality-compute", "links", true, test_links);
    fixture_add("quality-compute", "unique", true, test_unique);
    fixture_add("quality-compute", "unique-in-period", true, test_unique_in_period);
    fixture_add("quality-compute", "totals-and-sets", true, test_totals_and_sets);
    fixture_add("quality-compute", "volume", true, test_volume);
    fixture_add("quality-compute", "withheld", true, test_withheld);
    fixture_add("quality-compute", "january-again", true, test_january_again);
    fixture_add("quality-compute", "again-the-same", true, test_again_the_same);
    fixture_add("quality-compute", "silent-and-zero", true, test_silent_and_zero);
    fixture_add("quality-compute", "on-time", true, test_on_time);
    fixture_add("quality-compute", "signal", true, test_signal);
    return g_test_run();
}
