/* run.h: private to city: a city that is being made: its people, its institutions, and rows by the batch. */
#pragma once

#include "city/plan.h"

/* --- Institutions (orgs.c) ------------------------------------------------------------------------------------------------ */

typedef struct {
    Str code, name, short_name, kind, parent, functions;
    Str legal_code;      /* none of those that were invented */
    uint32_t area;       /* of CityOrgs.areas */
    const CitySoftware *software;
    const CityDiligence *diligence;
    uint64_t key;
    double weight;
    bool invented;
} CityOrg;

/* Institutions among which a choice is made: by area, and (the last) all. */
typedef struct {
    uint32_t n;
    const uint16_t *orgs;
    const double *sums;
} CityOrgList;

typedef struct {
    const CityOrg *v;
    size_t n, n_invented;
    const Str *areas;
    size_t n_areas;
    CityOrgList homes;    /* to which people belong */
    GHashTable *choosers; /* CityOrgChoice: array of n_areas + 1 CityOrgList */
} CityOrgs;

typedef struct CityRun CityRun;
bool orgs_make(CityRun *run, GError **err);
CityOrgList orgs_list(const CityRun *run, const CityOrgChoice *choice); /* all of the choice's kinds */
const CityOrgList *orgs_chooser(const CityRun *run, const CityOrgChoice *choice);
/* By two chances; `area`: where it is near. -1: there is none of these kinds. */
int orgs_choose(const CityRun *run, const CityOrgList *lists, const CityOrgChoice *choice, uint32_t area, uint64_t key);

/* --- People (people.c) ------------------------------------------------------------------------------------------------------ */

#define NOBODY UINT32_MAX

typedef struct {
    size_t n, cap;
    uint64_t *uid;
    Date *birth, *since, *until, *died; /* until: the last day here */
    uint32_t *mother;
    uint16_t *home, *number;            /* number: of the sequence in the identity number */
    uint8_t *woman;
} CityFolk;

/* What somebody goes through, from a day to a day. */
typedef struct {
    size_t n;
    uint32_t *person, *child;
    Date *start, *end;
    uint64_t *key;
} CityEpisodes;

bool people_make(CityRun *run, GError **err);

/* The day since when; DATE_NONE: never. */
Date people_trait(const CityRun *run, uint32_t trait, uint32_t person);

/* Writes what the person is known by: at most PEOPLE_TEXT_MAX bytes; returns how many. */
enum { PEOPLE_TEXT_MAX = 256 };
size_t people_copy(const CityRun *run, CopyKind what, uint32_t person, char *out);

/* --- Occurrences (occur.c) ----------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t source;   /* of people: the person; of a process: the episode; of a stream: the row above it; of institutions: which; of a census: the group */
    uint32_t person;   /* NOBODY: it is about none */
    Date day;
    uint32_t serial;   /* running number in its institution */
    uint16_t nth, row; /* the how-manieth of its source; the table's row */
    uint16_t org;      /* who reports it */
    uint16_t file;     /* of which period; 0: what lies before the first day */
} CityOcc;

typedef struct {
    const Str *parts; /* by what is counted */
    int64_t people;
} CityGroup;

/* What is kept of a stream while others need it. */
typedef struct {
    const CityStream *stream;
    CityOcc *occs;
    size_t n;
    CityGroup *groups;
    size_t n_groups;
    Arena *arena;         /* of the groups */
    GHashTable **tallies; /* by place in stream->tallies: key to int64 */
    PeriodKind period_kind, row_kind; /* of its files; of its rows, where they have a period */
    uint16_t n_files;     /* periods, with that before the first day */
    uint16_t *file_of;    /* by day from run->first */
    Period *periods;      /* by file */
    uint64_t key;
} CityStreamRun;

/* Finds, orders and numbers all occurrences. */
void occur_find(CityRun *run, CityStreamRun *stream);
PeriodKind stream_period_kind(const CityStream *stream); /* of its files */
PeriodKind stream_row_kind(const CityStream *stream);

/* --- A city that is being made --------------------------------------------------------------------------------------------------- */

struct CityRun {
    const City *city;
    const CityOptions *options;
    uint64_t seed;
    Date first, last;
    Arena *arena;
    CityOrgs orgs;
    CityFolk folk;
    CityEpisodes *episodes;    /* by process */
    CityStreamRun *streams;    /* by place in city->streams */
    double *name_sums[3];      /* family names, of men, of women */
    uint32_t *name_rows[3];
    size_t n_names[3];
    uint64_t born, died;
};

/* --- Rows by the batch (rows.c) ------------------------------------------------------------------------------------------------------ */

enum { ROWS_MAX = EXPR_BATCH_ROWS };

/* Columns are made when they are asked for, with all that they need. Everything lives in scratch. */
typedef struct CityRows CityRows;
struct CityRows {
    const CityRun *run;
    const CityPlan *plan;
    const CityStreamRun *stream; /* NULL: of people, of a process */
    const CityEpisodes *episodes;
    const CityOcc *occs;
    size_t n;
    ExprColumn *columns;
    uint8_t *have;
    uint64_t *keys;              /* of each row, for its chances */
    CityRows *parent;
    uint32_t **picked;           /* by pick: the table's row of each */
    ExprRunner *runner;
    Arena *scratch;
};

CityRows *rows_new(const CityRun *run, const CityPlan *plan, const CityStreamRun *stream, const CityOcc *occs, size_t n, ExprRunner *runner, Arena *scratch);
const ExprColumn *rows_column(CityRows *rows, uint32_t column);
const uint64_t *rows_keys(CityRows *rows);
/* The answer of an expression; NULL: there is none. */
const ExprColumn *rows_eval(CityRows *rows, const PackExpr *expr);
/* By row: is it true (`otherwise` where there is no expression). A new array. */
uint8_t *rows_true(CityRows *rows, const PackExpr *expr, bool otherwise);
/* By row: the number as a ratio; `otherwise` where there is no expression or no answer. */
double *rows_number(CityRows *rows, const PackExpr *expr, double otherwise);
/* By row: a chance of that share comes true. `salt` tells one question from another. */
uint8_t *rows_chance(CityRows *rows, const PackExpr *share, const uint64_t *keys, uint64_t salt);

/* What a tally is kept by. */
uint64_t tally_key(const CityRun *run, const CityStreamRun *counted, const CityCount *count, uint16_t org, Period period, Str text);

/* values.c: a column that its recipe makes. */
void rows_make_value(CityRows *rows, const PlanColumn *column, ExprColumn *ret_column);
size_t column_size(ExprKind kind);
int64_t number_rescale(int64_t value, int from, int to); /* half away from zero */

static inline bool column_null(const ExprColumn *column, size_t row)
{
    return column->nulls && column->nulls[row];
}
