/* check.h: private to the check: what its parts share. One plan an import, made before the first row; one `Rows` a batch, worked on by one thread. */
#pragma once

#include "hub/hub.h"
#include "hub/lock.h"
#include "hub/person.h"
#include "pack/cell.h"

/* --- Organisations (orgs.c) ------------------------------------------------------------------------------------------------------ */

/* All names of all organisations, as they are now, kept in the hub between imports. Never changes. */
typedef struct HubOrgBook HubOrgBook;
HubOrgBook *hub_org_book(Hub *hub, HubOrgBook *fresh); /* a reference to the hub's, or NULL; `fresh` takes its place before (hub.c) */
HubOrgBook *hub_org_book_ref(HubOrgBook *book);
void hub_org_book_unref(HubOrgBook *book); /* NULL is accepted */

typedef struct HubOrgs HubOrgs;
HubOrgs *hub_orgs_load(Hub *hub, DbConn *conn, int64_t sender, Arena *arena, GError **err); /* the arena outlives it */
void hub_orgs_free(HubOrgs *orgs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HubOrgs, hub_orgs_free)
typedef enum { HUB_ORG_FINE, HUB_ORG_UNKNOWN, HUB_ORG_MANY, HUB_ORG_NOT_YOURS } HubOrgHow;
/* By code, name, short name or alias. `own`: it must be the sender, or below it; else any. */
HubOrgHow hub_orgs_find(const HubOrgs *orgs, Str text, bool own, Arena *scratch, int64_t *ret_org);

/* --- Targets: what a column may be (target.c) --------------------------------------------------------------------------------------- */

typedef struct {
    Str id, name, name_en;
    PackNames also;
    PackType type;
    const CellType *cell;
    const PackField *field;     /* NULL: an input, a fact of the person, a day or period of the engine's own */
    const PackElement *element; /* of the field, or itself */
    int record;                 /* its column in dataset->record; -1: none */
    enum { TARGET_FIELD, TARGET_INPUT, TARGET_FACT, TARGET_PERIOD, TARGET_FROM, TARGET_TO } kind;
    bool needed;                /* a row without it cannot be stored */
} Target;

/* A rule or wish over one record. */
typedef struct {
    uint16_t found;
    const Expr *when, *check; /* broken where check is false and when is true (or NULL) */
    bool required;            /* check is no rule: where it is true the column must have a value */
    int record;
} RowRule;

typedef struct {
    int record;
    const PackElement *element;
    int said; /* the target that says it; -1 */
} Fact;

typedef struct {
    int field;  /* of a part of the key; -1: the person, -2: the period */
    int record;
} KeyPart;

/* By which part of the key records lie near each other in their table (rows_key.c). */
typedef enum { NEAR_NOTHING, NEAR_DAY, NEAR_TEXT, NEAR_NUMBER } KeyNear;

typedef struct {
    Hub *hub;
    const HubImport *import;
    const PackDataset *dataset;
    const HubOrgs *orgs;
    RunTable table;
    Arena *arena;
    Target *targets;
    size_t n_targets;
    int org, date, period, from, to; /* targets; -1: the dataset has none */
    const PackPerson *person;        /* NULL: not about persons */
    Fact *facts;
    size_t n_facts;
    RowRule *rules;
    size_t n_rules;
    KeyPart *key;
    size_t n_key;
    KeyNear near;
    size_t near_part;
    uint8_t key_secret[16];
    ExprDays days;
    PeriodKind every;
    HubLocks *locks;                 /* NULL: never locked */
    Date replace_from, replace_to;   /* the days of HUB_REPLACE; DATE_NONE: all */
    int zone_minutes;
    RunWriter *run;
    IngestReader *reader;
} Plan;

bool hub_plan_make(Plan *plan, Hub *hub, const HubImport *import, const PacksRef *packs, DbConn *conn, Arena *arena, GError **err);
int plan_target_of(const Plan *plan, Str id); /* -1: none */

/* --- Columns (header.c) -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const IngestTable *table;
    int *column_of;         /* by target: of the file, -1: it has none */
    HubHeader *headers;     /* by column of the file */
    bool usable;            /* it has what a row needs */
    const char *lacks;      /* else: "no-columns", "no-date", "no-key", "no-period" */
    Str lacks_field;
    int *error_places;      /* by column of the error file: the column here, -1 */
    size_t n_error_places;
} Mapping;
Mapping *mapping_make(const Plan *plan, const IngestBatch *first, Arena *arena);

/* --- A batch (rows.c, rows_key.c, rows_person.c, rows_rule.c) --------------------------------------------------------------------------- */

typedef enum {
    REJECT_NONE, REJECT_BAD_ORG, REJECT_MANY_ORGS, REJECT_NOT_YOURS, REJECT_NO_DATE, REJECT_BAD_DATE, REJECT_NO_KEY, REJECT_BAD_KEY, REJECT_NO_PERSON, REJECT_NO_PERIOD, REJECT_BAD_PERIOD,
    REJECT_OTHER_PERIOD, REJECT_LOCKED, REJECT_LOST, REJECTS,
} Reject;
extern const char *const reject_codes[];

/* Where each kind of finding is counted. */
typedef struct {
    uint32_t rows, first[3]; /* places in the batch */
} Tally;

typedef struct {
    uint32_t row;
    uint16_t found;
} Finding;

typedef struct {
    const Plan *plan;
    const Mapping *mapping;
    const IngestBatch *batch;
    size_t n;
    uint32_t first_number;   /* of the first row in the file, from 1 */
    Arena *arena;            /* of this batch */
    ExprRunner *runner;
    ExprColumn *typed;       /* by target; of organisations their ids */
    uint8_t **faults;        /* by target; NULL: there is none */
    ExprColumn *record;      /* by column of dataset->record */
    ExprColumn nothing[EXPR_TIME + 1]; /* by kind */
    int64_t *months, *orgs, *keys, *states, *persons, *periods;
    uint8_t *marks;          /* of the persons */
    int64_t **vault;         /* by field: ids of a personal field; NULL */
    uint8_t *rejects;        /* by row: Reject */
    int16_t *reject_targets; /* by row: which cell it is about, -1 */
    uint8_t *named;          /* mode replace, by row: it is rejected, and its key is in `keys` all the same; NULL: not asked */
    ARENA_LIST(HubLocked) locked; /* with the rows of this batch */
    ARENA_LIST(Finding) found;
    uint32_t *first_found;   /* by row, n + 1 */
    uint16_t *found_sorted;
    Tally *tally;            /* tally_place */
    int64_t n_rejected, n_held, n_warned, n_accepted, n_unread;
} Rows;

/* Reads, checks and counts a batch, and hands what can be stored to the run. */
bool rows_check(Rows *rows, GError **err);

void rows_reject(Rows *rows, size_t row, Reject reject, int target);
bool rows_find_locked(Rows *rows, GError **err);
Date rows_day(const Rows *rows, size_t row); /* on which a row that has a date falls */
bool rows_make_persons(Rows *rows, GError **err);
bool rows_make_vault(Rows *rows, GError **err);
void rows_check_parts(Rows *rows); /* rejects rows of whose key a part is missing */
void rows_make_keys(Rows *rows);
void rows_make_periods(Rows *rows);
void rows_run_rules(Rows *rows);
void rows_tell_one(const Rows *rows); /* fills in import->one, by the first row */
ExprColumn column_pick(const ExprColumn *column, ExprKind kind, const uint32_t *picks, size_t n, Arena *arena);

/* Findings and rejects are counted in one array. */
size_t tally_size(const Plan *plan);
size_t tally_of_found(const Plan *plan, uint16_t found);
size_t tally_of_reject(const Plan *plan, Reject reject, int target);
void tally_add(Tally *tally, size_t row);

/* --- What goes back (wrong.c) --------------------------------------------------------------------------------------------------------------- */

/* A line of the error file for a row. */
void wrong_line(const Rows *rows, size_t row, GString *out);
void wrong_header(const Plan *plan, const IngestTable *table, GString *out);
/* A row that cannot be stored, in arena. */
HubReject wrong_reject(const Rows *rows, size_t row, Arena *arena);
HubReject wrong_lost(const Plan *plan, const IngestFinding *finding, uint32_t number, Arena *arena);
/* The headings of the two columns that the error file adds, in either language. */
bool wrong_is_own_column(Str header);
