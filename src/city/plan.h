/* plan.h: private to city: a recipe made ready: every value that a row may have is a column with a number; what it needs are columns before it.
 *
 * The columns of people (and of a process) stand first and are the same in all plans, so that their expressions are typed once. */
#pragma once

#include "city/recipe.h"

typedef enum {
    COLUMN_AT, COLUMN_NTH, COLUMN_REPORTER, COLUMN_REPORTER_KIND, COLUMN_REPORTER_AREA, COLUMN_REPORTER_LEGAL_CODE, COLUMN_FIRST_DAY, COLUMN_LAST_DAY, COLUMN_PERIOD_DAY,
    COLUMN_BIRTH, COLUMN_SEX, COLUMN_DIED, COLUMN_SINCE, COLUMN_UNTIL, COLUMN_AREA, COLUMN_HOME,
    COLUMN_MOTHER,  /* with `copy`: a fact of the mother */
    COLUMN_TRAIT,   /* the day since when; null: never */
    COLUMN_START, COLUMN_END, /* of the process */
    COLUMN_PARENT,  /* of the row that this one follows */
    COLUMN_EACH,    /* of the table's row */
    COLUMN_PICK,    /* of a table's row that was picked by weight */
    COLUMN_GROUP, COLUMN_GROUP_SIZE, /* of a census */
    COLUMN_VALUE,   /* made as its recipe says */
} ColumnKind;

typedef enum { OF_ROW, OF_PERSON, OF_EPISODE } ColumnOf;

/* Values that were written in a recipe, read once. */
typedef struct {
    ExprKind kind;
    size_t n;
    const void *values;
    const uint8_t *nulls;
} PlanSet;

typedef enum {
    COPY_ID_NUMBER, COPY_NAME, COPY_PHONE, COPY_ADDRESS, COPY_BIRTH, COPY_SEX, COPY_AREA, COPY_HOME, COPY_RELATIVE,
    COPY_MOTHER_ID_NUMBER, COPY_MOTHER_NAME, COPY_MOTHER_PHONE, COPY_MOTHER_BIRTH, COPY_COUNT
} CopyKind;

typedef struct {
    ColumnKind kind;
    ColumnOf of;
    ExprType type;
    PackType as;            /* of fields and inputs */
    const PackCodes *table; /* their code table */
    uint32_t index;         /* by kind: which trait, the parent's column, the table's column, the group's part, the pick */
    uint64_t key;           /* of its name, for its chances */
    const CityValue *value;
    const PlanSet *set;     /* of choice, is, codes, table columns */
    CopyKind copy;
    uint32_t from;          /* of `column`: the one that it takes */
} PlanColumn;

enum { PLAN_COLUMNS_MAX = 900 };

typedef struct CityPlan {
    const City *city;
    const CityStream *stream;   /* NULL: of people, of a process */
    const CityProcess *process; /* NULL: none */
    const struct CityPlan *parent;
    ExprField *fields;          /* by column, for the scope */
    PlanColumn *columns;
    uint32_t n;
    const ExprScope *scope;     /* of what was added last */
    struct CityPlan *census;    /* of a census: that of the people who are counted */
    uint32_t *by;               /* its columns there */
} CityPlan;

/* What a file of the stream holds. */
typedef struct {
    const PackField *field;     /* NULL: an input, or one that records have anyway */
    Str id, name, also;         /* headings */
    int column;                 /* of the plan; -1: nothing is filled in */
    PackType as;
    const PackCodes *codes;
    int scale;
} CityOutput;

typedef struct {
    const CityOutput *v;
    size_t n;
} CityOutputs;

struct City {
    Arena *arena;
    PacksRef *packs;
    PackReport *report; /* while it is loaded */
    const PackFiles *files;
    ShapeReader reader;
    const CityFile *file;
    CityRecipe *recipes;
    size_t n_recipes;
    CityPlan *people;   /* the columns that all plans begin with */
    const CityTable *names;
    const CityTable **tables;
    size_t n_tables;
    const CityStream **streams; /* those that others need stand first */
    size_t n_streams;
    CityOutputs *outputs;       /* by place in `streams` */
    const struct CityTemplate **templates; /* the same, of FHIR and of HL7 */
    const CsvTable *organisations;
    int org_columns[11];        /* code, name, short, kind, parent, area, rank, functions, since, until, legal_code */
};

/* A finding at a value of a recipe; false. */
bool city_find(const City *city, const Yaml *node, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* table.c: a table beside the recipes, read once; NULL with a finding. */
const CityTable *city_table(City *city, Str file, const Yaml *node);
int city_table_column(const CityTable *table, Str name); /* -1: none */

/* set.c: reads texts as values of a type; false with a finding at the node, or of the file's line. `codes`: they are of this table. */
bool plan_set_texts(City *city, const CityChoice *texts, const PlanColumn *as, const PlanSet **ret_set);
bool plan_set_table(City *city, const CityTable *table, size_t column, const PlanColumn *as, const Yaml *node, const PlanSet **ret_set);
const PlanSet *plan_set_codes(City *city, const PackCodes *codes);

/* plan.c */
CityPlan *plan_new(City *city, const CityPlan *prefix);
uint32_t plan_add(CityPlan *plan, Str name, PlanColumn column);
int plan_find(const CityPlan *plan, Str name); /* -1: none */
bool plan_expr(const CityPlan *plan, const PackExpr *expr, ExprKind wish);
/* A value as a column: `wanted` says its type (kind EXPR_NONE: whatever it makes). False with findings. */
bool plan_value(CityPlan *plan, Str name, const CityValue *value, PlanColumn wanted);
bool plan_people(City *city);
bool plan_process(City *city, CityProcess *process);

/* stream_plan.c */
bool plan_stream(City *city, CityStream *stream, CityOutputs *ret_outputs);
const CityStream *city_stream(const City *city, Str name, Str pack);
