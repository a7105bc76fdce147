/* apply.h: private to the apply: rows that were checked brought into the tables of records.
 *
 * What fits in one transaction is one. The rest is a journal: the run file is made to survive, a batch of state `applying` says where it lies, steps of at most APPLY_STEP rows add to its done_rows in
 * their own transactions, then come deletions (which may be done again), then a last, durable transaction ends it. Whoever opens the store finishes what it finds. */
#pragma once

#include "hub/case.h"
#include "hub/person.h"
#include "pack/store.h"
#include "db/merge.h"

enum { APPLY_STEP = 10000 };

/* Rows that are about persons, of the step in hand. */
typedef struct {
    PersonRecord *v;
    size_t n, cap;
} ApplyNotes;

typedef struct {
    int64_t org, key;
} ApplyNamed;

/* What is brought to one place, by the dataset's own rules. */
typedef struct {
    Hub *hub;
    const PackDataset *dataset;
    const RunFile *run;
    PackTables tables;
    DbMergeSpec spec;
    DbMerge *merge;
    HubFlow *flow;        /* NULL: the dataset has none */
    int64_t batch;
    int64_t org;          /* the sender */
    HubMode mode;
    Period period;
    int64_t now_ms;
    Date day;             /* by which periods are closed: that on which it began */
    const ApplyNamed *named; /* records that rejected rows name, by organisation and key: for mode replace they are not absent */
    size_t n_named;
    Arena *arena;         /* of the apply */
    ApplyNotes notes;
} Apply;

/* Of one dataset one apply runs at a time (hub.c). */
void hub_apply_enter(Hub *hub, Str dataset);
void hub_apply_leave(Hub *hub, Str dataset);

/* Finishes what an apply of the dataset left, as each apply does first; inside hub_apply_enter. */
bool apply_settle(Hub *hub, Str dataset, GError **err);

/* A few rows in one transaction with what belongs to them, written as the caller writes; inside hub_apply_enter. `before` may set import->intake. All may run several times. */
typedef struct {
    HubWrite write;
    void *writer;
    DbWork before;
    bool (*after)(DbConn *tx, void *data, int64_t batch, GError **err);
    void *data;
} ApplyWith;
bool apply_with(Hub *hub, const HubImport *import, HubChecked *checked, const ApplyWith *with, GError **err);

/* Makes spec and merge for a batch; BH_CONFLICT "packs-changed" where the tables have not the columns of the run. */
bool apply_prepare(Apply *apply, DbConn *conn, GError **err);

/* What steps count. */
typedef struct {
    int64_t added, changed, same, deleted;
} ApplyCounts;

/* --- Rows (apply_rows.c) ------------------------------------------------------------------------------------------------------ */

/* One step in the transaction: the reader's next rows, `most` at most, with history, segments, parts, defects, and whom they are about. Adds to *counts; ret_rows: how many it were. */
bool apply_rows(DbConn *tx, Apply *apply, RunReader *reader, size_t most, ApplyCounts *counts, size_t *ret_rows, GError **err);

/* What an organisation's month gains. */
typedef struct {
    int64_t month, org;
    int64_t rows, held, warned;              /* in the table */
    int64_t came, came_held, came_warned;    /* in the file */
    int64_t added, changed, same, deleted;
} ApplyPart;
bool apply_parts(DbConn *tx, const Apply *apply, const ApplyPart *parts, size_t n, GError **err);
void apply_state(ApplyPart *part, int state, int by); /* a row of that state comes (1) or goes (-1) */

/* Without writing: what the rows would do. */
bool apply_look(Apply *apply, HubResult *result, GError **err);

/* --- Defects (apply_defect.c) -------------------------------------------------------------------------------------------------- */

/* Closed where a row no longer breaks a rule: of rows of one organisation's month, those from `first` to before `end` of the chunk. */
bool apply_mended(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, size_t first, size_t end, GError **err);

/* Opened where one breaks a rule: of all rows of the chunk, when what is mended is closed. */
bool apply_found(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, GError **err);

/* All that are open of these keys, which ascend. */
bool apply_close(DbConn *tx, const Apply *apply, int64_t month, int64_t org, const int64_t *keys, size_t n, GError **err);

/* --- Cases (apply_case.c) ---------------------------------------------------------------------------------------------------------- */

/* Of rows of one organisation's month: begun where they are accepted, due anew where they changed. */
bool apply_cases(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, size_t first, size_t end, GError **err);
bool apply_case_move(DbConn *tx, const Apply *apply, int64_t org, int64_t key, int64_t from, int64_t to, GError **err);
bool apply_cases_gone(DbConn *tx, const Apply *apply, int64_t month, int64_t org, const int64_t *keys, size_t n, GError **err);

/* --- What the file does not name (apply_absent.c) --------------------------------------------------------------------------------- */

/* Mode replace: deletes what the organisations of the run (and the sender) have in the period and the run has not, in steps. look: only counts, and how many there are. */
bool apply_absent(Apply *apply, bool look, int64_t *ret_gone, int64_t *ret_there, GError **err);
/* The same in one transaction, for what is little. */
bool apply_absent_in(DbConn *tx, Apply *apply, ApplyCounts *counts, GError **err);
