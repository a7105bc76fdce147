/* recipe.h: private to city: what recipes say, as read by the tables of shapes.c. */
#pragma once

#include "city/city.h"
#include "pack/shape.h"

/* --- Where a value comes from: exactly one of these ------------------------------------------------------------------- */

typedef struct {
    PackEntry entry;
    PackExpr from, to; /* both included; whole numbers or days */
} CityRange;

/* normal: mean, sd; lognormal: median, sigma. */
typedef struct {
    PackEntry entry;
    PackExpr mean, sd, median, min, max;
    Decimal sigma;
} CitySpread;

typedef struct {
    PackEntry entry;
    PackExpr day;
    Str from, to; /* times of day, as 08:30 */
    int from_minute, to_minute;
} CityClock;

typedef struct {
    PackEntry entry;
    PackExpr time, minutes;
} CityLater;

typedef struct {
    PackEntry entry;
    Str prefix;
    int64_t digits;
} CityNumber;

typedef enum { ORG_BY_ROW, ORG_BY_PERSON } CityOrgBy;

/* An institution: of some kinds, perhaps of the person's own place; or that where the person belongs; or the one that the row above it names. */
typedef struct {
    PackEntry entry;
    PackNames kinds;
    Decimal near; /* share that stays in its own area */
    int by;       /* a CityOrgBy */
    bool home, parent, reporter;
} CityOrgChoice;

typedef struct CityStream CityStream;

typedef struct {
    PackEntry entry;
    Str stream_name, by, sum;
    PackExpr is;
    bool of_area, so_far; /* of all institutions in its area; of all periods up to this one */
    const CityStream *stream;
    size_t tally;      /* its place in stream->tallies */
    PeriodKind period; /* of who counts */
} CityCount;

/* What a choice weighs. */
typedef struct {
    size_t n;
    const Str *texts;
    const Yaml *const *nodes;
    const double *sums;
} CityChoice;

typedef struct {
    PackEntry entry;
    Str is, column, copy;
    const CityRange *range;
    const CitySpread *normal, *lognormal;
    const CityClock *clock;
    const CityLater *later;
    const CityNumber *serial, *number;
    const CityOrgChoice *org;
    const CityCount *count;
    PackExpr expr;
    bool codes;          /* any code of the field's table that is in use on the day */
    CityChoice choice;
    PackExpr when;       /* empty where it is not true */
    PackExpr share;      /* filled in so many */
    int64_t decimals;    /* of a hidden value */
    int as;              /* a PackType, of a hidden value; -1: whatever it makes */
} CityValue;

typedef struct {
    const CityValue *v;
    size_t n;
} CityValues;

/* --- A stream: one kind of occurrence, and the rows that are sent of it ---------------------------------------------- */

typedef struct {
    PackEntry entry;
    PackExpr from, months, until;
} CityEvery;

typedef struct {
    PackEntry entry;
    Str file, weight, men, women, age_from, age_to, months; /* columns */
} CityPick;

/* A table beside the recipe. */
typedef struct {
    Str name;
    const Str *columns;
    size_t n_columns;
    const Str *const *rows;
    size_t n_rows;
} CityTable;

typedef enum { MISTAKE_SET, MISTAKE_BLANK, MISTAKE_TEXT, MISTAKE_SWAP, MISTAKE_DIGIT, MISTAKE_TWICE, MISTAKE_LOST } CityMistakeKind;
extern const char *const city_mistake_kinds[];

typedef struct {
    PackEntry entry;
    int kind; /* a CityMistakeKind */
    Str field, with, text;
    PackExpr expr, when, share;
    PackNames finds; /* rules of the dataset, or reject, required, type, none */
} CityMistake;

typedef enum { OF_PEOPLE, OF_INSTITUTIONS, OF_CENSUS, OF_PROCESS, OF_STREAM } CitySource;

/* How rows look in a software's own words. */
typedef struct {
    PackEntry entry;
    Str fhir, hl7;
} CityMessages;

struct CityStream {
    PackEntry entry;
    Str dataset_name, of_name, season_name, each_name;
    PackExpr who, at, rate, when, share;
    const CityEvery *every;
    const CityValue *lag;
    Decimal weekend;      /* share of what falls on a Saturday or Sunday that stays there */
    bool present, history;
    bool child;           /* it is about who was born at the end of the process */
    const CityOrgChoice *reporter;
    CityValues values, fields, by;
    const CityValue *valid_from, *valid_to;
    struct {
        const CityPick *v;
        size_t n;
    } picks;
    int files;            /* a PackEvery; -1: as the dataset says, else by month */
    bool replace;         /* each file is the whole of its period */
    struct {
        const CityMistake *v;
        size_t n;
    } mistakes;
    const CityMessages *messages;
    /* made of these */
    Str name;             /* PACK.id */
    const PackDataset *dataset; /* NULL: it only has others behind it */
    CitySource source;
    const struct CityProcess *process;
    const CityStream *parent;
    const CityTable *each;
    const CityTable **pick_tables;
    const double *season; /* twelve weights; NULL: none */
    struct CityPlan *plan;
    uint64_t id;          /* its place among all streams, from 1 */
    const CityCount **tallies; /* what others count of it */
    size_t n_tallies;
    bool has_children;
    int visiting;         /* while their order is looked for */
};

typedef struct {
    PackEntry entry;
    Str pack;
    struct {
        const CityStream *v;
        size_t n;
    } streams;
} CityRecipe;

/* --- People --------------------------------------------------------------------------------------------------------------- */

/* A number from an age on, to that of the next row. */
typedef struct {
    PackEntry entry;
    int64_t from;
    Decimal men, women, both;
} CityAge;

typedef struct {
    const CityAge *v;
    size_t n;
} CityAges;

typedef struct {
    PackEntry entry;
    CityAges ages; /* percent that have it */
} CityTrait;

typedef struct CityProcess {
    PackEntry entry;
    CityAges ages;   /* per 1000 of that age and year */
    int64_t apart;   /* days from one's end to the next */
    const CityValue *outcome, *days;
    Str birth;       /* the outcome at whose end somebody is born; STR_NONE: none */
    CityValues facts;
    const struct CityPlan *plan;
    int outcome_column, days_column;
} CityProcess;

typedef struct {
    PackEntry entry;
    int64_t count, last_age, boys_per_1000;
    CityAges ages, deaths, moved_in, moved_out; /* weights; per 1000 and year */
    Str names, phone_prefix;
    PackNames homes; /* kinds of institutions to which people belong */
    CityValues facts;
    struct {
        const CityTrait *v;
        size_t n;
    } traits;
} CityPeople;

/* --- Institutions --------------------------------------------------------------------------------------------------------- */

/* Columns of the file of organisations. */
typedef struct {
    PackEntry entry;
    Str code, name, short_name, kind, parent, area, rank, functions, until, since, legal_code;
} CityOrgColumns;

typedef struct {
    PackEntry entry;
    int64_t of_100;    /* share among those of --institutions; 0: all, beside that number */
    Str name, code;    /* how those are called that are invented: {n} their number, {area} that of one that is there */
} CityOrgKind;

typedef struct CitySoftware {
    PackEntry entry;
    int64_t weight;
    int format, headings, orgs, dates, codes;
    Str encoding, delimiter, line_end, yes, no, none, otherwise;
    PackNames title;
    bool bom;
    const struct CitySoftware *other; /* for what it has no words for */
} CitySoftware;

typedef struct {
    PackEntry entry;
    int64_t weight;
    Decimal mistakes;            /* times the rates of the recipes */
    Decimal late, silent, twice; /* shares of files */
    int64_t days_min, days_max, late_days; /* behind the period's end */
} CityDiligence;

typedef struct {
    PackEntry entry;
    int64_t count;
    const CityOrgColumns *columns;
    struct {
        const CityOrgKind *v;
        size_t n;
    } kinds;
    struct {
        const CitySoftware *v;
        size_t n;
    } software;
    struct {
        const CityDiligence *v;
        size_t n;
    } diligence;
} CityInstitutions;

typedef struct {
    PackEntry entry;
    const double *weights; /* twelve, that of January first */
} CitySeason;

typedef struct {
    PackEntry entry;
    Str title;
    Date ends;
    int64_t seed, years;
    const CityPeople *people;
    const CityInstitutions *institutions;
    CityValues inputs;
    struct {
        const CityProcess *v;
        size_t n;
    } processes;
    struct {
        const CitySeason *v;
        size_t n;
    } seasons;
} CityFile;

extern const Shape city_shape_file, city_shape_recipe;
extern const ShapeOpen city_open[];
extern const size_t city_n_open;

typedef enum { FORMAT_CSV, FORMAT_XLSX, FORMAT_FHIR, FORMAT_HL7 } CityFormat;
typedef enum { HEADINGS_ID, HEADINGS_NAME, HEADINGS_ALSO } CityHeadings;
typedef enum { ORGS_NAME, ORGS_CODE, ORGS_SHORT } CityOrgWords;
typedef enum { DATES_ISO, DATES_SLASH, DATES_PLAIN } CityDates;
typedef enum { CODES_CODE, CODES_NAME } CityCodeWords;
