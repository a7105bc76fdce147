#include "base/season.h"

#include <math.h>
#include <stdlib.h>

#include <glib.h>

#include "base/banned.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double season_median(double *values, size_t n)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static int of_year(int month)
{
    return ((month % 12) + 12) % 12;
}

/* --- The season of peers ----------------------------------------------------------------------------------------------------- */

/* Each of a peer's months as a part of its median month; nothing of one whose median is 0 or whose history is short. */
static void add_peer(const SeasonHistory *peer, GArray *parts[12])
{
    if (peer->n < SEASON_HISTORY)
        return;
    g_autofree double *values = g_new(double, peer->n);
    for (size_t i = 0; i < peer->n; i++)
        values[i] = (double) peer->months[i].value;
    double median = season_median(values, peer->n);
    for (size_t i = 0; median > 0 && i < peer->n; i++) {
        double part = (double) peer->months[i].value / median;
        g_array_append_val(parts[of_year(peer->months[i].month)], part);
    }
}

/* How far each of a peer's months is from what its level and the season make of it. */
static void add_distances(const SeasonHistory *peer, const SeasonIndex *index, GArray *distances)
{
    if (peer->n < SEASON_HISTORY)
        return;
    g_autofree double *values = g_new(double, peer->n);
    for (size_t i = 0; i < peer->n; i++)
        values[i] = (double) peer->months[i].value / index->of[of_year(peer->months[i].month)];
    g_autofree double *sorted = g_memdup2(values, peer->n * sizeof *values);
    double median = season_median(sorted, peer->n);
    for (size_t i = 0; median > 0 && i < peer->n; i++) {
        double distance = fabs(values[i] / median - 1);
        g_array_append_val(distances, distance);
    }
}

static double usual_distance(const SeasonHistory *peers, size_t n, const SeasonIndex *index)
{
    g_autoptr(GArray) distances = g_array_new(false, false, sizeof(double));
    for (size_t i = 0; i < n; i++)
        add_distances(&peers[i], index, distances);
    return season_median((double *) (void *) distances->data, distances->len);
}

SeasonIndex season_index(const SeasonHistory *peers, size_t n)
{
    SeasonIndex index = { .known = false };
    GArray *parts[12];
    size_t enough = 0;
    for (int m = 0; m < 12; m++)
        parts[m] = g_array_new(false, false, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        enough += peers[i].n >= SEASON_HISTORY;
        add_peer(&peers[i], parts);
    }
    for (int m = 0; m < 12; m++) {
        double median = season_median((double *) (void *) parts[m]->data, parts[m]->len);
        index.of[m] = parts[m]->len >= SEASON_PEERS && median > 0 ? median : 1;
        g_array_free(parts[m], true);
    }
    index.known = enough >= SEASON_PEERS;
    index.spread = index.known ? usual_distance(peers, n, &index) : 0;
    return index;
}

/* --- Judging ------------------------------------------------------------------------------------------------------------------ */

static bool is_before(const SeasonMonth *of, int month, int back_months)
{
    return of->month < month && of->month >= month - back_months;
}

static bool value_of(SeasonHistory own, int month, double *ret_value)
{
    for (size_t i = 0; i < own.n; i++)
        if (own.months[i].month == month) {
            *ret_value = (double) own.months[i].value;
            return true;
        }
    return false;
}

double season_growth(SeasonHistory own, int month)
{
    double ratios[12], before;
    size_t n = 0;
    for (size_t i = 0; i < own.n && n < G_N_ELEMENTS(ratios); i++)
        if (is_before(&own.months[i], month, 12) && value_of(own, own.months[i].month - 12, &before) && before > 0)
            ratios[n++] = (double) own.months[i].value / before;
    return n < SEASON_PAIRS ? 1 : fmin(fmax(season_median(ratios, n), 0.5), 2);
}

/* Each as it would be this year. */
static size_t same_months(SeasonHistory own, int month, int back_months, double *values)
{
    double growth = season_growth(own, month);
    size_t n = 0;
    for (size_t i = 0; i < own.n; i++)
        if (is_before(&own.months[i], month, back_months) && of_year(own.months[i].month) == of_year(month))
            values[n++] = (double) own.months[i].value * pow(growth, (month - own.months[i].month) / 12);
    return n;
}

/* As they would be in the month that is judged. */
static size_t own_months(SeasonHistory own, const SeasonIndex *index, int month, int back_months, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < own.n; i++)
        if (is_before(&own.months[i], month, back_months))
            values[n++] = (double) own.months[i].value * (index->known ? index->of[of_year(month)] / index->of[of_year(own.months[i].month)] : 1);
    return n;
}

/* By so much the MAD of n values is too small on average: table of Croux and Rousseeuw (1992). */
static double for_few(size_t n)
{
    static const double of[] = { 1, 1, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107 };
    return n < G_N_ELEMENTS(of) ? of[n] : (double) n / ((double) n - 0.8);
}

static double spread(double *values, size_t n, double median, const SeasonIndex *index)
{
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - median);
    double chance = fmax(0.6745 * sqrt(fabs(median)), 0.6745), peers = index->spread * fabs(median);
    return fmax(season_median(values, n) * for_few(n), fmax(chance, peers));
}

SeasonJudged season_judge(SeasonHistory own, const SeasonIndex *index, SeasonMonth month, int back_months, double deviations)
{
    SeasonJudged judged = { .basis = SEASON_BY_YEARS };
    g_autofree double *values = g_new(double, MAX(own.n, 1));
    size_t n = same_months(own, month.month, back_months, values);
    if (n < SEASON_YEARS) {
        judged.basis = index->known ? SEASON_BY_PEERS : SEASON_BY_MONTHS;
        n = own_months(own, index, month.month, back_months, values);
        if (n < SEASON_MONTHS)
            return judged;
    }
    double median = season_median(values, n), apart = spread(values, n, median, index);
    double z = 0.6745 * ((double) month.value - median) / apart;
    judged.n = (int) n;
    judged.usual = (int64_t) llround(median);
    judged.distance_tenths = (int64_t) llround(fmin(fabs(z), 1e9) * 10);
    judged.verdict = z < -deviations ? SEASON_FEW : z > deviations ? SEASON_MANY : SEASON_USUAL;
    return judged;
}
