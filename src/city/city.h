/* city.h: the synthetic city: invented people, what happens to them, and the files that institutions send about it. Touches no database.
 *
 *     g_autoptr(PackReport) report = pack_report_new();
 *     g_autoptr(City) city = city_load(recipes, packs, organisations, report);
 *     bool done = city && city_make(city, &options, "out", told, data, &counts, err);
 *
 * What it makes is declared: a recipe says what people are like, which institutions there are, and for each pack which records come of it (docs/city.md).
 * The code knows no programme. The same recipes, packs and options give the same bytes.
 *
 * Nobody in it is real: identity numbers are of areas that begin with 99, which no place has; telephones of a range that is not given out. */
#pragma once

#include "base/csv.h"
#include "pack/pack.h"

typedef struct City City;

/* Reads the recipes: city.yaml, PACK.yaml for each pack that is to report, and their tables (NAME.csv).
 *   packs          those whose datasets are filled; a reference is kept
 *   organisations  a table as `bihuan org import` takes it; outlives the city
 * NULL: the report says what is wrong, each with file, line and column (codes city-… in docs/city.md). */
City *city_load(const PackFiles *recipes, PacksRef *packs, const CsvTable *organisations, PackReport *report);
void city_free(City *city);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(City, city_free)

typedef struct {
    int64_t people;       /* at the start; 0: as the recipe says. At most LIMIT_CITY_PEOPLE */
    int64_t years;        /* of records, up to the day on which the recipe ends; at most LIMIT_CITY_YEARS */
    Date first;           /* the first day of the records, before that on which the recipe ends; 0: `years` say it */
    int64_t institutions; /* that report, by the recipe's shares; those beyond the table are invented. At most LIMIT_CITY_INSTITUTIONS */
    uint64_t seed;        /* 0: the recipe's */
    int threads;          /* 0: as many as there are processors */
    bool check;           /* also run the packs' rules of one record over all that is made; see CityCounts */
} CityOptions;

typedef struct {
    uint64_t people, born, died;
    uint64_t institutions;
    uint64_t files, withheld, late, repeated; /* files not sent, sent behind their day, sent twice */
    uint64_t rows, mistakes, bytes;
    /* With `check`: rows without a mistake that break a rule, and mistakes that break none of the rules that they should. The first of each is told. */
    uint64_t checked, wrong_rows, tame_mistakes;
} CityCounts;

/* Makes OUT/ORGCODE/PERIOD/DATASET.EXT, OUT/manifest.json, OUT/mistakes.csv, OUT/organisations.csv (those that were invented) into a folder that is empty or not
 * there. `told` (may be NULL) gets a line for people now and then, on any thread but one at a time. BH_CONFLICT: the folder holds something. BH_USAGE: an option out of its range. BH_FULL. */
bool city_make(const City *city, const CityOptions *options, const char *out, void (*told)(void *data, const char *line), void *data, CityCounts *ret_counts, GError **err);
