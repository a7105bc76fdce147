/* Outliers, counted: three years of figures of institutions with a season and a trend of their own each, into which spikes and drops were planted; every January is a peak that is none. All of it goes
 * through the store on both engines: what is found again (recall), what is found that nobody planted (false alarms), and whether the sentence why says what is true. */
#include "quality-fixture.h"
#include "base/season.h"
#include "store-ask.h"

#include <math.h>

#include "base/banned.h"

enum {
    JANUARY = 53 * 12,   /* of the first year */
    MONTHS = 36,
    HISTORY = 18,        /* months in which nothing is planted */
    MOST = 40,           /* institutions */
    PLANTED_IN = 3       /* every third institution has some */
};

/* --- What institutions send ----------------------------------------------------------------------------------------------------------- */

/* Numbers by a seed, the same on every machine. */
typedef struct {
    uint64_t state;
} Dice;

static double dice_next(Dice *dice) /* 0 to 1 */
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (double) (dice->state >> 11) / 9007199254740992.0;
}

static double dice_normal(Dice *dice)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += dice_next(dice);
    return sum - 6;
}

typedef struct {
    int64_t org;
    double base[MONTHS];  /* what stands behind the figure: size, trend and season */
    int value[MONTHS];
    bool planted[MONTHS];
} Series;

typedef struct {
    Watch watch;
    Series series[MOST];
    int n, n_planted;
} Outliers;

/* As much in winter as 1.4 times the mean and 0.6 in summer; half as much again in January. */
static double season(int month)
{
    enum { YEAR = 12 };
    return (1 + 0.4 * cos(2 * G_PI * (month % YEAR) / YEAR)) * (month % YEAR == 0 ? 1.5 : 1);
}

static void make_series(Series *series, Dice *dice)
{
    enum { SMALLEST = 80, LARGEST = 3000 };
    double size = SMALLEST * pow((double) LARGEST / SMALLEST, dice_next(dice)), trend = 0.9 + 0.25 * dice_next(dice); /* a year: from a tenth less to 15 % more */
    for (int m = 0; m < MONTHS; m++) {
        series->base[m] = size * pow(trend, m / 12.0) * season(m);
        double chance = sqrt(series->base[m]) * dice_normal(dice), habit = 0.04 * series->base[m] * dice_normal(dice);
        series->value[m] = MAX(0, (int) lround(series->base[m] + chance + habit));
    }
}

/* Two months a year and a half or more behind the beginning: one with far too much, one with most of it missing; never two neighbours. */
static void plant(Outliers *o, Series *series, Dice *dice)
{
    int spike = HISTORY + (int) (dice_next(dice) * 8), drop = spike + 2 + (int) (dice_next(dice) * 8);
    g_assert_cmpint(drop, <, MONTHS);
    series->value[spike] = (int) lround(series->value[spike] * (2 + dice_next(dice)));
    series->value[drop] = (int) lround(series->value[drop] * 0.4 * dice_next(dice));
    series->planted[spike] = series->planted[drop] = true;
    o->n_planted += 2;
}

static void make_all(Outliers *o, uint64_t seed)
{
    Dice dice = { seed };
    for (int i = 0; i < o->n; i++) {
        make_series(&o->series[i], &dice);
        if (i % PLANTED_IN == 0)
            plant(o, &o->series[i], &dice);
    }
}

/* The organisations of the kind of which there are most. */
static void open_all(Outliers *o, Fixture *f)
{
    watch_open(f, &o->watch);
    o->n = (int) store_ask(f->db, "SELECT count(*) FROM org GROUP BY kind ORDER BY count(*) DESC LIMIT 1");
    o->n = MIN(o->n, MOST);
    g_assert_cmpint(o->n, >=, 12);
    for (int i = 0; i < o->n; i++)
        o->series[i].org = store_ask(f->db, "SELECT id FROM org WHERE kind = (SELECT kind FROM org GROUP BY kind ORDER BY count(*) DESC LIMIT 1) ORDER BY id LIMIT 1 OFFSET %d", i);
}

static void send_all(Outliers *o)
{
    for (int m = 0; m < MONTHS; m++)
        for (int i = 0; i < o->n; i++)
            watch_volume(&o->watch, o->series[i].org, JANUARY + m, o->series[i].value[m], 100);
}

/* --- What is found ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int found, missed, wrong, right, peaks;
} Counted;

static bool is_found(const Outliers *o, const Series *series, int m)
{
    return store_ask(o->watch.f->db, "SELECT count(*) FROM defect WHERE dataset = %d AND org = %d AND month = %d AND rule = 'usual' AND closed_at IS NULL", (int) o->watch.volume_id,
                     (int) series->org, JANUARY + m)
           > 0;
}

static Counted count_all(const Outliers *o)
{
    Counted counted = { 0 };
    for (int i = 0; i < o->n; i++)
        for (int m = 0; m < MONTHS; m++) {
            const Series *series = &o->series[i];
            bool found = is_found(o, series, m);
            counted.found += series->planted[m] && found;
            counted.missed += series->planted[m] && !found;
            counted.wrong += !series->planted[m] && found;
            counted.right += !series->planted[m] && !found;
            counted.peaks += !series->planted[m] && found && m % 12 == 0;
        }
    return counted;
}

/* --- The sentence why -------------------------------------------------------------------------------------------------------------------- */

static int64_t says(const Outliers *o, const Series *series, int m, const char *text)
{
    return store_ask(o->watch.f->db, "SELECT count(*) FROM quality_item WHERE dataset = %d AND org = %d AND month = %d AND rule = 'usual' AND why LIKE '%%%s%%'", (int) o->watch.volume_id,
                     (int) series->org, JANUARY + m, text);
}

/* What this month has, what would have been usual, how far apart both are, and how many months say so: as the history of this institution, read here by itself, makes of it. */
static void assert_why(const Outliers *o, const Series *series, int m)
{
    SeasonMonth months[MONTHS];
    for (int i = 0; i < m; i++)
        months[i] = (SeasonMonth) { i, series->value[i] };
    const SeasonHistory own = { months, (size_t) m };
    double growth = season_growth(own, m), same[2] = { series->value[m - 12] * growth, m >= 24 ? series->value[m - 24] * growth * growth : 0 };
    bool few = series->value[m] < series->base[m], years = m >= 24;
    g_autofree char *value = g_strdup_printf("\"value\":\"%d\"", series->value[m]);
    g_assert_cmpint(says(o, series, m, value), ==, 1);
    g_assert_cmpint(says(o, series, m, few ? "volume-few-" : "volume-many-"), ==, 1);
    g_assert_cmpint(says(o, series, m, years ? "-years" : "-peers"), ==, 1);
    g_autofree char *n = g_strdup_printf("\"n\":\"%d\"", years ? 2 : m);
    g_assert_cmpint(says(o, series, m, n), ==, 1);
    if (years) {
        g_autofree char *usual = g_strdup_printf("\"usual\":\"%ld\"", lround((same[0] + same[1]) / 2));
        g_assert_cmpint(says(o, series, m, usual), ==, 1);
    }
}

/* The deviations that it says are those at which the verdict was made: more than four. */
static void assert_deviations(const Outliers *o)
{
    g_assert_cmpint(store_ask(o->watch.f->db, "SELECT count(*) FROM quality_item WHERE rule = 'usual' AND why LIKE '%%\"deviations\":\"%%'"), >, 0);
    for (int under = 0; under < 4; under++)
        g_assert_cmpint(store_ask(o->watch.f->db, "SELECT count(*) FROM quality_item WHERE rule = 'usual' AND (why LIKE '%%\"deviations\":\"%d.%%' OR why LIKE '%%\"deviations\":\"%d\"%%')", under, under),
                        ==, 0);
}

/* --- Tests ---------------------------------------------------------------------------------------------------------------------------------- */

static void test_planted(Fixture *f)
{
    g_autofree Outliers *o = g_new0(Outliers, 1);
    open_all(o, f);
    make_all(o, 20260101);
    send_all(o);
    g_assert_cmpint(watch_compute(&o->watch), ==, o->n * MONTHS);
    Counted counted = count_all(o);
    g_test_message("%d institutions, %d months: of %d planted %d found; of %d others %d found, of these %d in January", o->n, MONTHS, o->n_planted, counted.found, counted.wrong + counted.right,
                   counted.wrong, counted.peaks);
    g_assert_cmpint(counted.found + counted.missed, ==, o->n_planted);
    g_assert_cmpint(counted.found * 100, >=, o->n_planted * 90);
    g_assert_cmpint(counted.wrong * 100, <=, (counted.wrong + counted.right) * 1); /* one in a hundred */
    g_assert_cmpint(counted.peaks, ==, 0);
    for (int i = 0; i < o->n; i++)
        for (int m = 0; m < MONTHS; m++)
            if (o->series[i].planted[m] && is_found(o, &o->series[i], m))
                assert_why(o, &o->series[i], m);
    assert_deviations(o);
    watch_close(&o->watch);
}

/* Mended, it is closed; and the months behind it, which were held against it, are none the worse. */
static void test_mended(Fixture *f)
{
    g_autofree Outliers *o = g_new0(Outliers, 1);
    open_all(o, f);
    make_all(o, 7);
    o->n = 12;
    send_all(o);
    watch_compute(&o->watch);
    Series *series = &o->series[0];
    for (int m = 0; m < MONTHS; m++)
        if (series->planted[m])
            watch_volume(&o->watch, series->org, JANUARY + m, (int) lround(series->base[m]), 100);
    watch_compute(&o->watch);
    for (int m = HISTORY; m < MONTHS; m++)
        g_assert_false(is_found(o, series, m));
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE rule = 'usual' AND state = 'closed' AND org = %d", (int) series->org), >=, 1);
    watch_close(&o->watch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("outliers", "planted", true, test_planted);
    fixture_add("outliers", "mended", true, test_mended);
    return g_test_run();
}
