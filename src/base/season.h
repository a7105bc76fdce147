/* season.h: whether a month's figure is far from an institution's own history: robust statistics that know the season. Touches no store.
 *
 * The middle is a median, the spread the median of the distances from it (MAD), so one bad month in the history moves neither. Distance: z = 0.6745 (x - median) / spread (Iglewicz and
 * Hoaglin 1993). Whose history: the same month of earlier years where there are two, brought to this year's level; else one's own earlier months, each divided by how that month of the year
 * is among the peers.
 *
 * A few months' MAD is too small more often than not, and every month that it is too small for is a false alarm. So the spread is that MAD times what makes it right for so few (Croux and
 * Rousseeuw 1992), and never below what chance alone does to a count of that size, 0.6745 √median, nor below how far the peers' months usually are from their own level and season. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SEASON_YEARS = 2,   /* same months of earlier years that are enough */
    SEASON_MONTHS = 3,  /* own earlier months that are enough */
    SEASON_PEERS = 3,   /* peers by whom a season is told */
    SEASON_HISTORY = 12, /* months that a peer must have for it */
    SEASON_PAIRS = 6     /* of the last twelve months, those with the same of a year before by which a level is told */
};

typedef struct {
    int month;      /* since 1970-01 */
    int64_t value;  /* at the scale of the measure */
} SeasonMonth;

/* How a month of the year is among the peers, as a part of their median month; 1 where nothing is known. */
typedef struct {
    double of[12];
    double spread; /* the median distance of a peer's month from what its level and the season make of it, as a part of that; 0 where nothing is known */
    bool known;
} SeasonIndex;

typedef struct {
    const SeasonMonth *months;
    size_t n;
} SeasonHistory;

/* peers: the histories of institutions of the same kind. */
SeasonIndex season_index(const SeasonHistory *peers, size_t n);

typedef enum { SEASON_UNKNOWN /* too little history */, SEASON_USUAL, SEASON_FEW, SEASON_MANY } SeasonVerdict;
typedef struct {
    SeasonVerdict verdict;
    enum { SEASON_BY_YEARS, SEASON_BY_PEERS, SEASON_BY_MONTHS } basis; /* the sentence why: what it was held against, */
    int n;                                                            /* how many months of it, */
    int64_t usual;                                                    /* their middle, brought to the month's season or level, */
    int64_t distance_tenths;                                          /* and how many robust deviations off, in tenths */
} SeasonJudged;

/* `own`: without the month itself; months after it, and more than back_months before it, are not looked at. deviations: more of them are too many. */
SeasonJudged season_judge(SeasonHistory own, const SeasonIndex *index, SeasonMonth month, int back_months, double deviations);

/* By how much the last twelve months are over the same months of the year before: the median of their ratios, between half and double; 1 where too few months tell. */
double season_growth(SeasonHistory own, int month);

/* For tests: the median of n values, which are sorted by it; of an even number the middle of two. */
double season_median(double *values, size_t n);
