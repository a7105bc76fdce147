/* Scores, losses, grades, ranks. */
#include "indicator/score.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

const int64_t quality_weights[PACK_MEASURES] = { 30, 20, 20, 10, 20 };

int64_t quality_ratio(int64_t passed, int64_t tested)
{
    return tested <= 0 ? -1 : (int64_t) ((__int128) passed * QUALITY_PPM / tested);
}

/* --- Scores ------------------------------------------------------------------------------------------------------------- */

static int64_t measure_weight(const QualityItem *items, size_t n, QualityMeasure measure)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i].measure == measure && items[i].tested > 0)
            sum += items[i].weight;
    return sum;
}

static int64_t score_measure(const QualityItem *items, size_t n, QualityMeasure measure, int64_t weight)
{
    int64_t sum = 0;
    if (weight == 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (items[i].measure == measure && items[i].tested > 0)
            sum += items[i].weight * quality_ratio(items[i].passed, items[i].tested);
    return sum / weight;
}

QualityScore quality_score(QualityItem *items, size_t n, const int64_t weights[static PACK_MEASURES])
{
    QualityScore score = { .score = -1 };
    int64_t of_items[PACK_MEASURES], all = 0, sum = 0;
    for (int m = 0; m < PACK_MEASURES; m++) {
        of_items[m] = measure_weight(items, n, (QualityMeasure) m);
        score.measures[m] = score_measure(items, n, (QualityMeasure) m, of_items[m]);
        if (score.measures[m] < 0)
            continue;
        all += weights[m];
        sum += weights[m] * score.measures[m];
    }
    if (all > 0)
        score.score = sum / all;
    for (size_t i = 0; i < n; i++) {
        QualityItem *item = &items[i];
        bool says = item->tested > 0 && item->weight > 0 && all > 0;
        item->loss_ppm = says ? weights[item->measure] * item->weight * (QUALITY_PPM - quality_ratio(item->passed, item->tested)) / (all * of_items[item->measure]) : 0;
    }
    return score;
}

static int by_loss(const void *a, const void *b)
{
    const QualityItem *x = *(const QualityItem *const *) a, *y = *(const QualityItem *const *) b;
    if (x->loss_ppm != y->loss_ppm)
        return x->loss_ppm > y->loss_ppm ? -1 : 1;
    int order = str_cmp(x->rule, y->rule);
    return order ? order : (int) x->measure - (int) y->measure;
}

size_t quality_losses(const QualityItem *items, size_t n, const QualityItem **ret_items, size_t most)
{
    g_autofree const QualityItem **found = g_new(const QualityItem *, MAX(n, 1));
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i].loss_ppm > 0)
            found[n_found++] = &items[i];
    qsort(found, n_found, sizeof *found, by_loss);
    n_found = MIN(n_found, most);
    if (n_found > 0)
        memcpy(ret_items, found, n_found * sizeof *found);
    return n_found;
}

char quality_grade(int64_t score_ppm)
{
    static const struct {
        int64_t from_ppm;
        char grade;
    } grades[] = { { 950000, 'A' }, { 900000, 'B' }, { 800000, 'C' } };
    for (size_t i = 0; i < G_N_ELEMENTS(grades); i++)
        if (score_ppm >= grades[i].from_ppm)
            return grades[i].grade;
    return 'D';
}

int64_t quality_lower_bound(int64_t ratio_ppm, int64_t n)
{
    if (ratio_ppm < 0 || n <= 0)
        return -1;
    const double z = 1.96, p = (double) ratio_ppm / QUALITY_PPM, count = (double) n;
    double middle = p + z * z / (2 * count), half = z * sqrt(p * (1 - p) / count + z * z / (4 * count * count));
    double lower = (middle - half) / (1 + z * z / count);
    return (int64_t) (MAX(lower, 0) * QUALITY_PPM);
}

/* --- Ranks -------------------------------------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
    const QualityRank *x = *(const QualityRank *const *) a, *y = *(const QualityRank *const *) b;
    int order = str_cmp(x->group, y->group);
    if (order)
        return order;
    if (x->left_out != y->left_out)
        return x->left_out ? 1 : -1;
    return x->score == y->score ? 0 : x->score > y->score ? -1 : 1;
}

/* Those of one group, the ranked ones first. */
static void rank_group(QualityRank **ranks, size_t n)
{
    size_t of = 0;
    while (of < n && !ranks[of]->left_out)
        of++;
    if (of > 0 && ranks[0]->score == 0) /* those that sent nothing come behind others; before nobody they are no first */
        of = 0;
    for (size_t i = 0; i < n; i++) {
        bool shared = i > 0 && i < of && ranks[i]->score == ranks[i - 1]->score;
        ranks[i]->rank = i >= of ? 0 : shared ? ranks[i - 1]->rank : (int64_t) i + 1;
        ranks[i]->of = (int64_t) of;
    }
}

void quality_ranks(QualityRank *ranks, size_t n)
{
    g_autofree QualityRank **sorted = g_new(QualityRank *, MAX(n, 1));
    for (size_t i = 0; i < n; i++)
        sorted[i] = &ranks[i];
    qsort(sorted, n, sizeof *sorted, by_rank);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && str_eq(sorted[end]->group, sorted[first]->group);)
            end++;
        rank_group(sorted + first, end - first);
    }
}
