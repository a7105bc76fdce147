/* hub.h: what institutions send is checked, stored with its versions, and told of.
 *
 *     arrive (arrive.h) ─▶ hub_import ─▶ hub_check: file ─▶ rows in order (run.h), rejects, error file       no lock of the store, several threads
 *                                    └▶ hub_apply (apply.h): into the table of records, history, defects      in short steps of the writer
 *
 * Sections of this header have one owner each; what is long has a header of its own: run.h (sorted rows), person.h (persons and the vault), apply.h (journal, history, defects),
 * arrive.h (arrivals, mappings, channels).
 *
 * Threads: a Hub is used by all. */
#pragma once

#include "base/blob.h"
#include "base/clock.h"
#include "hub/run.h"
#include "ingest/reader.h"
#include "pack/pack.h"

/* --- The hub -------------------------------------------------------------------------------------------------------------- */

typedef struct HubPersons HubPersons; /* person.h */

/* What is open; none of it is the hub's but `packs` and what is private. */
typedef struct {
    Db *db;
    const Clock *clock;
    const KeyRing *keys;
    const BlobStore *blobs;
    const char *data_dir;
    HubPersons *persons; /* NULL: datasets about persons are refused with BH_UNAVAILABLE */
    PacksRef *packs;     /* those that are installed; a reference is taken */
} HubOptions;

typedef struct Hub Hub;
Hub *hub_new(const HubOptions *options);
void hub_free(Hub *hub);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hub, hub_free)

const HubOptions *hub_open(const Hub *hub); /* as it was made; packs: see hub_packs */

/* The packs as they are installed now, a reference of the caller's own; an install puts others in their place. */
PacksRef *hub_packs(Hub *hub);
void hub_set_packs(Hub *hub, PacksRef *packs);

/* --- Names in the store ------------------------------------------------------------------------------------------------------ */

/* States of a stored row (state_). */
typedef enum { HUB_ACCEPTED, HUB_WARNED /* accepted with a defect */, HUB_HELD /* in no figure */ } HubState;

/* The columns in which the check hands the rows of a dataset over, in this order: month_, org_, key_, state_; person_ where the subject is a person; period_ of an aggregate; valid_from, valid_to of a
 * register; then the fields that are not retired, in their order, but the field of `org:`, which is org_. batch_ is the apply's own. In arena. */
RunTable hub_run_table(const PackDataset *dataset, Arena *arena);

/* Whether the same key may stand in one month only, because the key does not hold the day: kinds event and case. These have a table key_…. */
bool hub_key_moves(const PackDataset *dataset);

/* The month of a day, and of a period's first day: months since January 1970. */
int hub_month(Date day);

/* What a row's findings (run.h) mean. Below 0x8000: dataset->rules.v[number]. The program's own have a colon, which no rule's id has. */
enum {
    HUB_FOUND_TYPE = 0x8000,     /* + column of dataset->record: type:FIELD, the text is none of its type; the cell is empty */
    HUB_FOUND_REQUIRED = 0x9000, /* + column: required:FIELD */
    HUB_FOUND_REPEATED = RUN_REPEATED,
    HUB_FOUND_PERSON,            /* + bit of PERSON_…: person:unsure and its kin */
};
/* How it is called in `defect.rule`, in arena; and what it does to the row. */
Str hub_found_name(const PackDataset *dataset, uint16_t found, Arena *arena);
PackLevel hub_found_level(const PackDataset *dataset, uint16_t found);

/* --- What comes in (owner: hub) ------------------------------------------------------------------------------------------------ */

typedef enum { HUB_ADD, HUB_REPLACE /* the file is all of this organisation and period */ } HubMode;
extern const char *const hub_modes[];

/* A column of the file and what it is: the id of a field, of an input of the subject (an element), `period`, valid_from, valid_to; empty: nothing. */
typedef struct {
    Str from, to;
} HubColumn;

/* Asked of the one record of a form, beside what any file is told. */
typedef struct {
    const Expr *const *whens; /* conditions over the record */
    size_t n_whens;
    bool *holds;              /* n_whens places: those that are true */
    int64_t org, month, key;  /* where it stands, or would; key DB_NULL_INT: it cannot be stored */
    int64_t person;           /* DB_NULL_INT: of nobody that is known */
} HubOne;

typedef struct {
    const PackDataset *dataset; /* its packs outlive the import */
    int64_t org;                /* who sends; rows must be of it or of one below it, and are its own where they name none */
    int64_t intake;             /* the arrival; DB_NULL_INT: none */
    HubMode mode;
    Period period;              /* HUB_REPLACE: which (0 of a register: all); of aggregates: that of rows that name none. 0: none */
    const HubColumn *columns;   /* a mapping; headers that it does not name are looked for by their names */
    size_t n_columns;
    bool strict;                /* nothing is taken where a row is rejected or held */
    bool dry_run;               /* nothing is written */
    uint64_t bytes;             /* of the file, for progress; 0: not known */
    bool further;               /* the file was read for another dataset before: what was found in it of no dataset was told and counted there */
    bool sure;                  /* deletes also more than HUB_ASK_PERCENT of what is there */
    HubOne *one;                /* NULL: a file like any other */
} HubImport;

enum { HUB_ASK_PERCENT = 20 };

/* A period that is closed, from the day behind `since` on. */
typedef struct {
    Period period;
    Date since;
    int64_t rows; /* of the file that were rejected for it */
} HubLocked;

/* How often something was found, and where first. */
typedef struct {
    Str code;     /* "no-date", "type:dose", "after_birth"; "no-rows" of the file as a whole, with rows 0 */
    Str field;    /* or p NULL */
    bool reject, held; /* what it does to a row; neither: a warning */
    int64_t rows;
    Str first;    /* the places of the first three: "line 12, line 80" */
} HubFound;

typedef struct {
    Str from;      /* as in the file */
    Str to;        /* p NULL: unknown */
    const char *how; /* "mapping", "id", "name", "name_en", "also", "alias", "near", "example"; without `to`: "" unknown, "mapping" left out by it, "twice", "own" of an error file */
    Str twice;     /* "twice": what it would be, had not column `used` (from 0) been it before */
    size_t used;
    Str near;      /* unknown: what it may be: "; near: given_on", or "" */
} HubHeader;

typedef struct {
    int64_t rows;               /* that came; each is in one of the next five: */
    int64_t rejected, held, warned, accepted, repeated;
    int64_t added, changed, same, deleted; /* what the apply did */
    bool asks;                  /* nothing was written: would_delete of there rows would go */
    int64_t would_delete, there;
    int64_t unread;             /* rows of which nobody can tell which record they are: with mode replace, some of would_delete may be these */
    const HubLocked *locked;    /* closed periods of which there were rows, by period */
    size_t n_locked;
    bool refused;               /* strict (also where no row came), or too many rejects: nothing was written */
    const HubHeader *headers;
    size_t n_headers;
    const HubFound *found;      /* most frequent first */
    size_t n_found;
    bool has_errors;
    BlobId errors;              /* CSV of the rows that were rejected or held, with what is wrong in them; to be mended and sent again */
    int64_t batch;              /* DB_NULL_INT: none was made */
} HubResult;                    /* texts in the arena that was given */

/* How far it is; false with err ends it. */
typedef struct {
    enum { HUB_CHECKING, HUB_APPLYING } phase;
    int64_t rows, of; /* of: 0 while checking: nobody knows */
    double done;      /* 0 to 1, by bytes while checking */
} HubProgress;
typedef bool (*HubTold)(const HubProgress *progress, void *data, GError **err);

/* Checks and applies a file. `reader` was made for this dataset, by the caller, who closes it. BH_BAD_INPUT where the file has no row of the dataset ("no-columns": none of its headers is known; of a
 * column that must be there "no-org", "no-date", "no-key"); rows with mistakes are no failure. */
bool hub_import(Hub *hub, const HubImport *import, IngestReader *reader, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err);

/* --- The check (owner: hub) ----------------------------------------------------------------------------------------------------- */

/* A row that cannot be stored: organisation, key or day unreadable. */
typedef struct {
    uint32_t number;
    Str at;      /* "line 12" */
    const char *code; /* "bad-org", "many-orgs", "org-not-yours", "no-date", "bad-date", "no-key", "bad-key", "no-person", "no-period", "bad-period", "other-period", "period-locked", and those of IngestFinding */
    Str field;   /* or p NULL */
    Str sealed;  /* what is shown and the row as it came: the id of the key (4 bytes, big endian), then a seal (KEY_BLOB) about `at` */
    Str shown;   /* the cell in question, masked where it is personal; or p NULL */
    int64_t org, key; /* the record that it names, for mode replace; key DB_NULL_INT: not known, or not asked */
} HubReject;

/* Of a rejected row as the store keeps it: what may be shown of the cell that is wrong. */
bool hub_reject_shown(const KeyRing *keys, Str at, Str raw, Arena *arena, Str *ret, GError **err);

typedef struct {
    RunFile *run; /* the rows to be stored; NULL after hub_apply took it */
    const HubReject *rejects;
    size_t n_rejects;
    Str rules;    /* hash of the packs that checked it */
    Arena *arena;
} HubChecked;
void hub_checked_free(HubChecked *checked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HubChecked, hub_checked_free)

/* Whether a period of an organisation is closed, and by no grant open; *ret_since: the last day on which it was open. */
bool hub_period_locked(DbConn *conn, Arena *arena, Str dataset, int64_t org, Period period, Date today, bool *ret_locked, Date *ret_since, GError **err);

/* Everything but writing. What it counts stands in ret_result; with import->dry_run no person is made and no blob written. */
HubChecked *hub_check(Hub *hub, const HubImport *import, IngestReader *reader, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err);

/* The rules as they are now over the records that are stored: rows whose findings change are applied as a batch of `root` (the organisation above all); the others stay as they are. ret_result->rows: how
 * many were looked at; changed: whose state changed. What only the file could tell stays as it was found (recheck.c). */
bool hub_recheck(Hub *hub, const PackDataset *dataset, int64_t root, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err);

/* --- The apply (owner: store; apply.c) ------------------------------------------------------------------------------------------- */

/* Writes what was checked: batch and journal, rejects, records with history, marks, defects. Fills added, changed, same, deleted, asks, batch of *result. It is whole or, after a crash, rolled forward
 * by hub_recover. With import->dry_run it only counts what it would do. */
bool hub_apply(Hub *hub, const HubImport *import, HubChecked *checked, HubTold told, void *data, HubResult *result, GError **err);

/* Finishes what a crash left. Once, by the process that owns the store, before it serves. */
bool hub_recover(Hub *hub, GError **err);
