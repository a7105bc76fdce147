/* The arithmetic of data quality, against values computed by hand. */
#include "indicator/score.h"
#include "base/season.h"

#include "base/banned.h"

/* --- Scores ------------------------------------------------------------------------------------------------------------- */

static QualityItem item(const char *rule, QualityMeasure measure, int64_t weight, int64_t passed, int64_t tested)
{
    return (QualityItem) { .rule = str_from(rule), .measure = measure, .weight = weight, .tested = tested, .passed = passed };
}

static void test_ratios(void)
{
    static const struct {
        int64_t passed, tested, ratio;
    } cases[] = {
        { 0, 0, -1 }, { 0, 5, 0 }, { 5, 5, 1000000 }, { 1, 3, 333333 }, { 2, 3, 666666 },
        { 9999999, 10000000, 999999 }, /* one of ten millions still shows */
        { INT64_MAX - 1, INT64_MAX, 999999 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(quality_ratio(cases[i].passed, cases[i].tested), ==, cases[i].ratio);
}

/* Completeness: (0.9 × 1 + 0.5 × 1) / 2 = 0.7; validity: (1 × 3 + 0.8 × 1) / 4 = 0.95; timeliness 1; nothing about the other two.
 * Score: (30 × 0.7 + 20 × 0.95 + 20 × 1) / 70 = 60 / 70 = 0.857142. */
static void test_score(void)
{
    QualityItem items[] = {
        item("filled", QUALITY_COMPLETENESS, 1, 90, 100), item("coverage", QUALITY_COMPLETENESS, 1, 5, 10), item("a", QUALITY_VALIDITY, 3, 40, 40),
        item("b", QUALITY_VALIDITY, 1, 8, 10),            item("on_time", QUALITY_TIMELINESS, 1, 7, 7),     item("c", QUALITY_CONSISTENCY, 1, 0, 0),
    };
    QualityScore score = quality_score(items, G_N_ELEMENTS(items), quality_weights);
    g_assert_cmpint(score.measures[QUALITY_COMPLETENESS], ==, 700000);
    g_assert_cmpint(score.measures[QUALITY_VALIDITY], ==, 950000);
    g_assert_cmpint(score.measures[QUALITY_CONSISTENCY], ==, -1);
    g_assert_cmpint(score.measures[QUALITY_UNIQUENESS], ==, -1);
    g_assert_cmpint(score.measures[QUALITY_TIMELINESS], ==, 1000000);
    g_assert_cmpint(score.score, ==, 857142);
    /* coverage: 30/70 × 1/2 × 0.5 = 0.107142; filled 30/70 × 1/2 × 0.1 = 0.021428; b 20/70 × 1/4 × 0.2 = 0.014285 */
    const QualityItem *losses[3];
    g_assert_cmpuint(quality_losses(items, G_N_ELEMENTS(items), losses, 3), ==, 3);
    g_assert_true(str_eq(losses[0]->rule, STR("coverage")) && losses[0]->loss_ppm == 107142);
    g_assert_true(str_eq(losses[1]->rule, STR("filled")) && losses[1]->loss_ppm == 21428);
    g_assert_true(str_eq(losses[2]->rule, STR("b")) && losses[2]->loss_ppm == 14285);
    g_assert_cmpuint(quality_losses(items, G_N_ELEMENTS(items), losses, 1), ==, 1);
}

static void test_score_of_nothing(void)
{
    QualityItem none = item("a", QUALITY_VALIDITY, 1, 0, 0), unweighed = item("b", QUALITY_VALIDITY, 0, 1, 2);
    g_assert_cmpint(quality_score(NULL, 0, quality_weights).score, ==, -1);
    g_assert_cmpint(quality_score(&none, 1, quality_weights).score, ==, -1);
    g_assert_cmpint(quality_score(&unweighed, 1, quality_weights).score, ==, -1);
    g_assert_cmpint(unweighed.loss_ppm, ==, 0);
    const int64_t zero_weight[PACK_MEASURES] = { 100, 0, 0, 0, 0 };
    QualityItem late = item("c", QUALITY_TIMELINESS, 1, 1, 2);
    g_assert_cmpint(quality_score(&late, 1, zero_weight).score, ==, -1); /* the pack gives it no weight */
}

static void test_grades(void)
{
    static const struct {
        int64_t score;
        char grade;
    } cases[] = { { 1000000, 'A' }, { 950000, 'A' }, { 949999, 'B' }, { 900000, 'B' }, { 899999, 'C' }, { 800000, 'C' }, { 799999, 'D' }, { 0, 'D' } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(quality_grade(cases[i].score), ==, cases[i].grade);
}

/* By the formula with z = 1.96: 9 of 10 gives (0.9 + 0.19208 - 1.96 √(0.009 + 0.009604)) / 1.38416 = 0.824743 / 1.38416 = 0.595843. */
static void test_lower_bound(void)
{
    g_assert_cmpint(quality_lower_bound(900000, 10), ==, 595843);
    g_assert_cmpint(quality_lower_bound(1000000, 10), ==, 722459); /* 1 / 1.38416 */
    g_assert_cmpint(quality_lower_bound(0, 10), ==, 0);
    g_assert_cmpint(quality_lower_bound(500000, 0), ==, -1);
    g_assert_cmpint(quality_lower_bound(-1, 10), ==, -1);
}

static void test_ranks(void)
{
    QualityRank ranks[] = {
        { STR("hospital"), 900000, false }, { STR("hospital"), 950000, false }, { STR("hospital"), 900000, false }, { STR("hospital"), 100000, false },
        { STR("hospital"), 990000, true },  { STR("centre"), 10, false },       { STR("clinic"), 10, true },
        { STR("school"), 0, false },        { STR("school"), 0, false },        { STR("school"), 990000, true }, { STR("station"), 0, false }, { STR("station"), 1, false },
    };
    static const int64_t should[] = { 2, 1, 2, 4, 0, 1, 0, 0, 0, 0, 2, 1 }, of[] = { 4, 4, 4, 4, 4, 1, 0, 0, 0, 0, 2, 2 };
    quality_ranks(ranks, G_N_ELEMENTS(ranks));
    for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
        g_assert_cmpint(ranks[i].rank, ==, should[i]);
        g_assert_cmpint(ranks[i].of, ==, of[i]);
    }
    quality_ranks(NULL, 0);
}

/* --- Seasons ------------------------------------------------------------------------------------------------------------- */

static void test_median(void)
{
    double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 3, 2 };
    g_assert_cmpfloat(season_median(odd, 3), ==, 5);
    g_assert_cmpfloat(season_median(even, 4), ==, 2.5);
    g_assert_cmpfloat(season_median(NULL, 0), ==, 0);
}

static const SeasonIndex plain = { .known = false };

/* Januaries 100, 110, 120: median 110, MAD 10, of three values 14.95 (chance: 0.6745 √110 = 7.07). 60: 0.6745 × -50 / 14.95 = -2.26; 40: -3.16; 0: -4.96; 210: 4.51. */
static void test_same_months(void)
{
    const SeasonMonth months[] = { { 0, 100 }, { 12, 110 }, { 24, 120 }, { 35, 9999 } };
    const SeasonHistory own = { months, G_N_ELEMENTS(months) };
    static const struct {
        int64_t value, tenths;
        SeasonVerdict verdict;
    } cases[] = { { 110, 0, SEASON_USUAL }, { 60, 23, SEASON_USUAL }, { 40, 32, SEASON_USUAL }, { 0, 50, SEASON_FEW }, { 210, 45, SEASON_MANY } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SeasonJudged judged = season_judge(own, &plain, (SeasonMonth) { 36, cases[i].value }, 36, 4);
        g_assert_cmpint(judged.verdict, ==, cases[i].verdict);
        g_assert_cmpint(judged.basis, ==, SEASON_BY_YEARS);
        g_assert_cmpint(judged.n, ==, 3);
        g_assert_cmpint(judged.usual, ==, 110);
        g_assert_cmpint(judged.distance_tenths, ==, cases[i].tenths);
    }
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 36, 110 }, 12, 4).basis, ==, SEASON_BY_MONTHS); /* one January within a year, */
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 36, 110 }, 12, 4).verdict, ==, SEASON_UNKNOWN); /* and two months are too few */
}

/* Equal months: the spread is that of chance: 0.6745 × (x - 400) / (0.6745 × 20). */
static void test_equal_months(void)
{
    const SeasonMonth months[] = { { 1, 400 }, { 2, 400 }, { 3, 400 } };
    const SeasonHistory own = { months, 3 };
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 4, 330 }, 36, 4).verdict, ==, SEASON_USUAL);
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 4, 330 }, 36, 4).distance_tenths, ==, 35);
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 4, 300 }, 36, 4).verdict, ==, SEASON_FEW);
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 3, 300 }, 36, 4).verdict, ==, SEASON_UNKNOWN); /* what comes later is no history */
}

/* Peers have twice as much in February. Own months of 100 make 200 usual there; 100 would be few. */
static void test_season_of_peers(void)
{
    SeasonMonth months[3][12];
    SeasonHistory peers[3];
    for (int p = 0; p < 3; p++) {
        for (int m = 0; m < 12; m++)
            months[p][m] = (SeasonMonth) { m, (p + 1) * (m == 1 ? 2000 : 1000) };
        peers[p] = (SeasonHistory) { months[p], 12 };
    }
    SeasonIndex index = season_index(peers, 3), two = season_index(peers, 2);
    g_assert_true(index.known);
    g_assert_cmpfloat(index.of[0], ==, 1);
    g_assert_cmpfloat(index.of[1], ==, 2);
    g_assert_false(two.known);
    const SeasonMonth mine[] = { { 22, 100 }, { 23, 100 }, { 24, 100 } };
    SeasonJudged judged = season_judge((SeasonHistory) { mine, 3 }, &index, (SeasonMonth) { 25, 200 }, 36, 4);
    g_assert_cmpint(judged.verdict, ==, SEASON_USUAL);
    g_assert_cmpint(judged.basis, ==, SEASON_BY_PEERS);
    g_assert_cmpint(judged.usual, ==, 200);
    g_assert_cmpint(season_judge((SeasonHistory) { mine, 3 }, &index, (SeasonMonth) { 25, 100 }, 36, 4).verdict, ==, SEASON_FEW);
    g_assert_cmpint(season_judge((SeasonHistory) { mine, 3 }, &plain, (SeasonMonth) { 25, 200 }, 36, 4).verdict, ==, SEASON_MANY);
}

/* Two years, each January with twice as much, the second year with a quarter more. So has the third: 12500 in its January is usual, and not the 9000 that stand between the two before it. */
static void test_growth(void)
{
    SeasonMonth months[24];
    for (int m = 0; m < 24; m++)
        months[m] = (SeasonMonth) { m, (m < 12 ? 4000 : 5000) * (m % 12 == 0 ? 2 : 1) };
    const SeasonHistory own = { months, 24 };
    g_assert_cmpfloat(season_growth(own, 24), ==, 1.25);
    g_assert_cmpfloat(season_growth((SeasonHistory) { months, 17 }, 17), ==, 1); /* five pairs are too few */
    SeasonJudged judged = season_judge(own, &plain, (SeasonMonth) { 24, 12500 }, 36, 4);
    g_assert_cmpint(judged.verdict, ==, SEASON_USUAL);
    g_assert_cmpint(judged.usual, ==, 12500);
    g_assert_cmpint(judged.distance_tenths, ==, 0);
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 24, 6250 }, 36, 4).verdict, ==, SEASON_FEW); /* usual in any other month */
    months[20].value = 1; /* one bad month moves nothing */
    g_assert_cmpfloat(season_growth(own, 24), ==, 1.25);
    for (int m = 12; m < 24; m++)
        months[m].value *= 9;
    g_assert_cmpfloat(season_growth(own, 24), ==, 2); /* nobody grows so: another thing is counted */
}

/* Peers whose every other month has a tenth more, or less, than its level: own months that were all alike are not held to be so for ever. */
static void test_spread_of_peers(void)
{
    SeasonMonth months[4][24];
    SeasonHistory peers[4];
    for (int p = 0; p < 4; p++) {
        for (int m = 0; m < 24; m++)
            months[p][m] = (SeasonMonth) { m, 10000 + ((m + p) % 2 ? 1000 : -1000) };
        peers[p] = (SeasonHistory) { months[p], 24 };
    }
    SeasonIndex index = season_index(peers, 4);
    g_assert_cmpfloat_with_epsilon(index.spread, 0.1, 1e-9);
    const SeasonMonth mine[] = { { 21, 10000 }, { 22, 10000 }, { 23, 10000 } };
    const SeasonHistory own = { mine, 3 };
    /* 0.6745 × 5000 / 1000 = 3.4; by chance alone it would be 0.6745 × 5000 / 67.45 = 50 */
    g_assert_cmpint(season_judge(own, &index, (SeasonMonth) { 24, 5000 }, 36, 4).distance_tenths, ==, 34);
    g_assert_cmpint(season_judge(own, &plain, (SeasonMonth) { 24, 5000 }, 36, 4).distance_tenths, ==, 500);
    g_assert_cmpint(season_judge(own, &index, (SeasonMonth) { 24, 3000 }, 36, 4).verdict, ==, SEASON_FEW);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quality/ratios", test_ratios);
    g_test_add_func("/quality/score", test_score);
    g_test_add_func("/quality/score-of-nothing", test_score_of_nothing);
    g_test_add_func("/quality/grades", test_grades);
    g_test_add_func("/quality/lower-bound", test_lower_bound);
    g_test_add_func("/quality/ranks", test_ranks);
    g_test_add_func("/quality/median", test_median);
    g_test_add_func("/quality/same-months", test_same_months);
    g_test_add_func("/quality/equal-months", test_equal_months);
    g_test_add_func("/quality/season-of-peers", test_season_of_peers);
    g_test_add_func("/quality/growth", test_growth);
    g_test_add_func("/quality/spread-of-peers", test_spread_of_peers);
    return g_test_run();
}
