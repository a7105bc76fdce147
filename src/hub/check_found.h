/* check_found.h: private to the check: what its batches found, put together by the thread that reads. */
#pragma once

#include "hub/check.h"
#include "hub/wrong_file.h"

enum { FIRST_PLACES = 3 }; /* of each finding, shown with it */

/* What came of a batch. */
typedef struct {
    Arena *arena;
    GString *wrong;    /* lines of the error file */
    GArray *rejects;   /* HubReject */
    Tally *tally;
    GArray *locked;    /* HubLocked */
    int64_t rejected, unread;
} BatchFound;

/* What was found in all batches, of one kind. */
typedef struct {
    int64_t rows;
    size_t n_first;
    Str first[FIRST_PLACES];
    bool lost; /* of the reader's findings: no row came of it */
} Found;

typedef struct {
    const Plan *plan;
    HubResult *result;
    Arena *arena; /* of the result */
    HubChecked *checked;
    ARENA_LIST(HubReject) rejects;
    Found *found;          /* by tally_of_found and tally_of_reject */
    GHashTable *lost;      /* code: Found */
    WrongFile *wrong;
    const Mapping *shown;  /* the first that is usable, else the first */
    int64_t passed_over;
    ARENA_LIST(HubLocked) locked;
    size_t locked_kept;
    uint32_t next_number;  /* of the row that is read next */
    bool too_many;         /* more is wrong than is kept: the file is refused */
} Findings;

/* The plan is made; the result, the check's and the arena outlive it. */
void check_found_begin(Findings *all, const Plan *plan, HubChecked *checked, HubResult *result, Arena *arena);
void check_found_clear(Findings *all);

/* Batches in the order of the file; `ours`: its table is of the dataset. */
bool check_found_add(Findings *all, const IngestBatch *batch, bool ours, const BatchFound *of, GError **err);

/* A file none of whose tables can be used (BH_BAD_INPUT: "no-columns", or the column that is missing); true where one can. */
bool check_found_table(Findings *all, GError **err);

/* Writes the result and the rejects; the run of what is stored is finished and stands in `checked`. */
bool check_found_end(Findings *all, GError **err);
