/* quality-json.h: private to http: scores of a month with their ranks, as pages, bulletin and workbook show them. */
#pragma once

#include "http/data.h"
#include "indicator/quality.h"

typedef struct {
    QualityScoresRow row; /* texts in the request's arena */
    const PackDataset *dataset;
    QualityRank rank;
    bool few; /* of so few records that the score is uncertain */
} ScoredMonth;

typedef struct {
    ScoredMonth *v;
    size_t n;
} ScoredMonths;

/* All institutions of a month, ranked among their kind: of one dataset, or (NULL) of all; by dataset, then rank, those without one behind. What the asker may not read is
 * ranked, and left out where `own`. */
bool quality_months(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const PackDataset *of, int month, bool own, ScoredMonths *ret_months, GError **err);

/* "92.5" of millionths; STR_NONE for DB_NULL_INT. Cut off, as scores are. */
Str quality_text(Arena *arena, int64_t ppm, int decimals);

/* Which month: of the query, else the last that is over. BH_BAD_INPUT. */
bool quality_month_of(const HttpRequest *request, int *ret_month, GError **err);

/* The sentence of an item's `why` in a language; STR_NONE where it has none. */
Str quality_why(Arena *arena, Str why, Lang lang);

/* What was tested in the month `of`, by measure, with what was lost. */
bool json_measures(const HttpRequest *request, DbConn *conn, const PacksRef *packs, const ScoredMonth *month, int of, JsonWriter *json, GError **err);
