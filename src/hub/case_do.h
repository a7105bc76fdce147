/* case_do.h: private to cases: a record with values filled in where it stands. */
#pragma once

#include "hub/case.h"
#include "hub/recheck.h"

/* The record of a case by the columns of its dataset's run; *ret_found false: it is not there. */
bool case_record(DbConn *conn, const PackDataset *dataset, int64_t month, int64_t org, int64_t key, Arena *arena, HubCells *ret_record, bool *ret_found, GError **err);

/* A filling under way: begun zeroed, fill_end in any case. */
typedef struct {
    Recheck recheck;
    Plan plan;
    PackTables tables;
    HubImport import;
    HubChecked checked;
    bool changed; /* a value is another than before */
} Filling;

bool fill_begin(Filling *filling, Hub *hub, const PackDataset *dataset, const PacksRef *packs, int64_t org, Arena *arena, GError **err);
void fill_end(Filling *filling);

/* Puts what was given into the record's cells. BH_BAD_INPUT "bad-value" at /values/FIELD. */
bool fill_put(Filling *filling, HubCells *record, const HubGiven *given, size_t n, GError **err);

/* Checks the record as it is now by the rules and makes its run, filling->checked; *ret_found is what was found, also where that is BH_CONFLICT "would-be-held". */
bool fill_check(Filling *filling, const HubCells *record, const HubGiven *given, size_t n, HubStepFounds *ret_found, GError **err);
