/* score.h: the arithmetic of data quality: what was tested and what passed, as dimensions, a score, a grade, a rank. Touches no store.
 *
 * All ratios are parts per million, cut off and not rounded: one record that fails among millions never shows as 100 %. docs/quality.md has each formula with an example. Source:
 * the tables of data quality in facts/data-quality.md §1 and §3; Wilson (1927) for the lower bound. */
#pragma once

#include "base/arena.h"
#include "pack/pack.h"

enum { QUALITY_PPM = 1000000 };

/* The measures of pack_measures, by place. */
typedef enum { QUALITY_COMPLETENESS, QUALITY_VALIDITY, QUALITY_CONSISTENCY, QUALITY_UNIQUENESS, QUALITY_TIMELINESS } QualityMeasure;
G_STATIC_ASSERT(QUALITY_TIMELINESS + 1 == PACK_MEASURES);

/* What one rule found in an organisation's month. Nothing was tested: it says nothing, and is left out. */
typedef struct {
    Str rule; /* a rule of the pack, or one of the program's own: filled, type, repeated, on_time … */
    QualityMeasure measure;
    int64_t weight;
    int64_t tested, passed; /* 0 <= passed <= tested */
    int64_t loss_ppm;       /* set by quality_score: by so much the score would be higher if all had passed */
} QualityItem;

/* passed / tested; -1 where nothing was tested. */
int64_t quality_ratio(int64_t passed, int64_t tested);

typedef struct {
    int64_t measures[PACK_MEASURES]; /* -1: no item says anything about it */
    int64_t score;                   /* -1: nothing was tested at all */
} QualityScore;

/* A measure is the mean of its items' ratios by their weights, the score that of the measures by theirs (percent, as packs say them); measures and items that say nothing are left out
 * of both. */
QualityScore quality_score(QualityItem *items, size_t n, const int64_t weights[static PACK_MEASURES]);

/* The weights where a pack says none. */
extern const int64_t quality_weights[PACK_MEASURES];

/* The items that cost most, most first (by rule and measure where two cost the same); those that cost nothing are left out. ret_items has room for `most`. */
size_t quality_losses(const QualityItem *items, size_t n, const QualityItem **ret_items, size_t most);

/* 'A' from 95 %, 'B' from 90, 'C' from 80, else 'D'. */
char quality_grade(int64_t score_ppm);

/* Under so many records a score is uncertain: its lower bound is shown, and it has no rank. */
enum { QUALITY_FEW_RECORDS = 30 };

/* The lower end of Wilson's interval at 95 % of a ratio that was seen in n. */
int64_t quality_lower_bound(int64_t ratio_ppm, int64_t n);

/* Ranks by score, the highest first; equal ones share theirs, and the next is by so many further: 1, 2, 2, 4. Only those of one `group` are compared; where `left_out`, there is no rank (0), and it
 * counts for nobody's. A group in which nobody has any points has no ranks. `of`: how many are ranked in the group. */
typedef struct {
    Str group;
    int64_t score;
    bool left_out;
    int64_t rank, of; /* set */
} QualityRank;
void quality_ranks(QualityRank *ranks, size_t n);
