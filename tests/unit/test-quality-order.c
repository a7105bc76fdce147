/* What is found does not depend on the order in which things come: visits, the volume and the stays that rules of theirs read, words that there was nothing, the day on which somebody begins to wait for them. The same
 * things in many orders, computed in between or not, give the same findings, items and scores; before the reports' day is over and behind it. */
#include "db/queries.h"
#include "quality-fixture.h"
#include "store-ask.h"

#include "base/banned.h"

enum { MARCH = 56 * 12 + 2, ORDERS = 12 };

/* --- Things that come -------------------------------------------------------------------------------------------------------------- */

static void daily(Watch *watch)
{
    g_autoptr(GError) err = NULL;
    ExpectedCount count;
    expected_daily(&watch->quality, NULL, NULL, &count, &err);
    g_assert_no_error(err);
}

static void visits(Watch *watch)
{
    for (int key = 1; key <= 8; key++)
        watch_visits(watch, &(WatchVisit) { watch->hospital, MARCH, key, "2026-03-02", "A", 100 * key, "p", key == 1 ? "s1" : key == 2 ? "s2" : NULL }, 1);
}

static void volume(Watch *watch)
{
    watch_volume(watch, watch->hospital, MARCH, 10, 2000);
}

/* It was a mistake. */
static void volume_taken(Watch *watch)
{
    store_run(watch->f->db, "DELETE FROM watch__volume; UPDATE segment SET version = version + 1, rows = 0 WHERE dataset = %d", (int) watch->volume_id);
}

static void stay(Watch *watch)
{
    watch_stay(watch, watch->other, MARCH, 1, "s1");
}

/* All but the one that sends some say that they have no stays; before anybody asks them they cannot. */
static bool zero_in_tx(DbConn *tx, void *data, GError **err)
{
    Watch *watch = data;
    const User *user = fixture_user(watch->f, "issuer01");
    ExpectedActor actor = { fixture_who(watch->f, user), user->account, clock_today(watch->f->clock) };
    Period march = period_add(period_of_date(PERIOD_MONTH, 0), MARCH);
    for (int64_t org = watch->hospital; org <= watch->other; org++) {
        ExpectedUidRow row;
        bool found;
        if (org == watch->other)
            continue;
        if (!db_one(tx, ExpectedUid, watch->f->arena, &row, &found, err, .dataset = STR("watch.stay"), .org = org, .period = march)
            || (found && !expected_say_zero(tx, &actor, arena_str(watch->f->arena, row.uid), 0, err)))
            return false;
    }
    return true;
}

static void zeros(Watch *watch)
{
    g_autoptr(GError) err = NULL;
    daily(watch);
    db_write(watch->f->db, DB_INTERACTIVE, zero_in_tx, watch, &err);
    g_assert_no_error(err);
}

typedef void (*Thing)(Watch *watch);
static const Thing things[] = { daily, visits, volume, stay, zeros };

/* --- What is kept of it -------------------------------------------------------------------------------------------------------------------- */

/* All that is open, counted and scored, as numbers. */
typedef struct {
    int64_t open, broken, items, sums, scores, of_rules[3];
} Kept;

static Kept kept(Watch *watch)
{
    Db *db = watch->f->db;
    static const char *const rules[] = { "has_stay", "declared", "fees_agree" };
    Kept now = {
        .open = store_ask(db, "SELECT count(*) FROM defect WHERE closed_at IS NULL"),
        .broken = store_ask(db, "SELECT CAST(coalesce(sum(coalesce(key, 7) * length(rule) + month + org * 3), 0) AS BIGINT) FROM defect WHERE closed_at IS NULL"),
        .items = store_ask(db, "SELECT count(*) FROM quality_item"),
        .sums = store_ask(db, "SELECT CAST(coalesce(sum((tested * 7 + passed * 13 + loss * 31 + measure * 5) * length(rule) * (org + dataset)), 0) AS BIGINT) FROM quality_item"),
        .scores = store_ask(db, "SELECT CAST(coalesce(sum(coalesce(score, -5) * (dataset + org) + length(state)), 0) AS BIGINT) FROM quality_score"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        now.of_rules[i] = store_ask(db, "SELECT count(*) FROM defect WHERE rule = '%s' AND closed_at IS NULL", rules[i]);
    return now;
}

static void assert_same(const Kept *got, const Kept *want, const char *order)
{
    g_test_message("%s", order);
    g_assert_cmpint(got->open, ==, want->open);
    g_assert_cmpint(got->broken, ==, want->broken);
    g_assert_cmpint(got->items, ==, want->items);
    g_assert_cmpint(got->sums, ==, want->sums);
    g_assert_cmpint(got->scores, ==, want->scores);
}

/* --- One order ------------------------------------------------------------------------------------------------------------------------------ */

/* Nothing came, nobody expects anything. */
static void empty(Watch *watch)
{
    store_run(watch->f->db, "DELETE FROM quality_due; DELETE FROM quality_item; DELETE FROM quality_score; DELETE FROM quality_volume; DELETE FROM quality_seen; DELETE FROM defect;"
                            "DELETE FROM signal; DELETE FROM expected; DELETE FROM watch__visit; DELETE FROM watch__volume; DELETE FROM watch__stay; DELETE FROM segment");
}

static void settle_all(Watch *watch, const char *day, Kept *ret_kept)
{
    watch_day(watch, day);
    daily(watch);
    watch_compute(watch);
    *ret_kept = kept(watch);
}

/* computed[i]: behind the i-th; mistake: the volume comes, is taken away, and comes again. */
static void come(Watch *watch, const size_t *order, const bool *computed, bool mistake)
{
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++) {
        things[order[i]](watch);
        if (computed[i])
            watch_compute(watch);
        if (!mistake || things[order[i]] != volume)
            continue;
        volume_taken(watch);
        if (computed[i])
            watch_compute(watch);
        volume(watch);
    }
}

static void shuffle(GRand *dice, size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t) g_rand_int_range(dice, 0, (gint32) i), was = order[i - 1];
        order[i - 1] = order[j];
        order[j] = was;
    }
}

static void test_any_order(Fixture *f)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(20261123);
    size_t order[] = { 0, 1, 2, 3, 4 };
    bool computed[] = { true, true, true, true, true };
    Kept first, now;
    Watch watch;
    watch_open_awaiting(f, &watch);
    watch_day(&watch, "2026-03-31");
    come(&watch, order, computed, false);
    settle_all(&watch, "2026-03-31", &first);
    g_assert_cmpint(first.of_rules[0], ==, 1); /* all stays are in: one is nobody's */
    g_assert_cmpint(first.of_rules[1], ==, 1); /* 8 of 10 */
    g_assert_cmpint(first.of_rules[2], ==, 1); /* 3600 of 2000 */
    for (int n = 0; n < ORDERS; n++) {
        g_autoptr(GString) said = g_string_new(NULL);
        shuffle(dice, order, G_N_ELEMENTS(order));
        for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
            computed[i] = g_rand_boolean(dice);
            g_string_append_printf(said, " %zu%s", order[i], computed[i] ? "c" : "");
        }
        empty(&watch);
        come(&watch, order, computed, g_rand_boolean(dice));
        settle_all(&watch, "2026-03-31", &now);
        assert_same(&now, &first, said->str);
    }
    watch_close(&watch);
}

/* Behind the day, where a clock does not go back: each order in a store of its own, held against the first on this engine. */
static void over(Fixture *f, const size_t *order, bool computed)
{
    static struct {
        bool known;
        Kept kept;
    } first[2];
    const bool each[] = { computed, computed, computed, computed, computed };
    Watch watch;
    Kept now;
    watch_open_awaiting(f, &watch);
    watch_day(&watch, "2026-03-31");
    come(&watch, order, each, false);
    settle_all(&watch, "2026-04-10", &now);
    bool known = first[f->engine].known;
    if (!known)
        first[f->engine].kept = now;
    first[f->engine].known = true;
    g_assert_cmpint(now.of_rules[0], ==, 1);
    assert_same(&now, &first[f->engine].kept, "over");
    watch_close(&watch);
}

static void test_over(Fixture *f)
{
    over(f, (const size_t[]) { 0, 1, 2, 3, 4 }, true);
}

static void test_over_backwards(Fixture *f)
{
    over(f, (const size_t[]) { 4, 3, 2, 1, 0 }, true);
}

static void test_over_at_once(Fixture *f)
{
    over(f, (const size_t[]) { 1, 3, 2, 0, 4 }, false);
}

/* As long as the volume is awaited nothing is found of it, whether visits came before or after somebody began to wait. */
static void test_awaited_in_any_order(Fixture *f)
{
    static const size_t orders[][3] = { { 0, 1, 3 }, { 1, 0, 3 }, { 1, 3, 0 }, { 3, 1, 0 }, { 3, 0, 1 } };
    Watch watch;
    Kept first = { 0 };
    watch_open_awaiting(f, &watch);
    for (size_t n = 0; n < G_N_ELEMENTS(orders); n++) {
        empty(&watch);
        watch_day(&watch, "2026-03-31");
        for (size_t i = 0; i < 3; i++) {
            things[orders[n][i]](&watch);
            watch_compute(&watch);
        }
        Kept now = kept(&watch);
        g_assert_cmpint(now.of_rules[0] + now.of_rules[1] + now.of_rules[2], ==, 0);
        if (n == 0)
            first = now;
        assert_same(&now, &first, "awaited");
    }
    watch_close(&watch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("quality-order", "any", true, test_any_order);
    fixture_add("quality-order", "over", true, test_over);
    fixture_add("quality-order", "over-backwards", true, test_over_backwards);
    fixture_add("quality-order", "over-at-once", true, test_over_at_once);
    fixture_add("quality-order", "awaited", true, test_awaited_in_any_order);
    return g_test_run();
}
