/* trial.h: private to cmd: cases of packs' proofs tried in a store made for them: the files are imported, each on its day, and what is then owed, expected and noticed is held against what
 * the case says. It is the program's own work that is looked at, not a second one like it. */
#pragma once

#include "base/csv.h"
#include "base/file.h"
#include "hub/hub.h"
#include "hub/person.h"
#include "indicator/owed.h"

/* A store in which packs are installed, and nothing else: each case gets a copy of it. */
typedef struct {
    TempDir *dir;
    KeyRing *keys;
    const PackFiles *files;
    PacksRef *packs; /* as they are installed there */
} TrialBase;

/* Installs these packs of `files` (those that are right). */
bool trial_base_open(TrialBase *base, const PackFiles *files, const PacksRef *packs, GError **err);
void trial_base_close(TrialBase *base);

/* Whether a case has something that only a store can tell. */
bool trial_wanted(const PackCase *c);

/* Tries it; what does not come out is a finding (pack-proof) at its place. `found` (may be NULL): all that there is, in the form of a proof, for who writes one. */
bool trial_run(const TrialBase *base, const Pack *pack, const PackCase *c, PackReport *report, GString *found, GError **err);

/* The case's sample read by its dataset's sources must give the rows of its file. */
bool trial_sample(const PackFiles *files, const Pack *pack, const PackCase *c, PackReport *report, GError **err);

/* --- What the parts share ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const PackDataset *dataset;
    Str path; /* below the folder of packs */
    CsvTable table;
    Date on;
    bool own; /* the case's own, not one beside it */
} TrialFile;

typedef struct {
    Str name, kind, function; /* function: or STR_NONE */
    int64_t id; /* once it is in the store */
    Str path;
} TrialOrg;

typedef struct {
    const TrialBase *base;
    const PackCase *c; /* of the packs that were checked: its places are those of the findings */
    PackReport *report;
    GString *found; /* or NULL */
    Arena *arena;
    Clock *clock;
    Db *db;
    BlobStore *blobs;
    HubPersons *persons;
    Hub *hub;
    TempDir *dir;
    TrialFile *files; /* by day */
    size_t n_files;
    ARENA_LIST(TrialOrg) orgs;
    int64_t root;
    Str root_path;
    Str *cases; /* by row of the case's own file: the uid of what was begun; p NULL: nothing. NULL: no step is walked here */
    Quality quality;
} Trial;

const TrialOrg *trial_org(const Trial *trial, Str name); /* NULL: there is none */

/* What was said by people, and what is looked at last. */
bool trial_reports(Trial *trial, GError **err);
bool trial_reports_said(Trial *trial, GError **err);
bool trial_owed(Trial *trial, GError **err);
bool trial_owed_said(Trial *trial, GError **err);
bool trial_signals(Trial *trial, GError **err);

/* trial_walk.c: whether steps are tried at their time, the institutions that it takes, the row's case noted as it comes, the steps taken as people would. */
bool trial_walks(const PackCase *c);
bool trial_walk_came(Trial *trial, size_t row, GError **err);
bool trial_walk(Trial *trial, GError **err);

/* trial_found.c: all that is owed, expected and noticed, as `duties:`, `reports:` and `signals:` of a case have it. */
bool trial_found(Trial *trial, GError **err);
int64_t trial_person(const Trial *trial, const TrialFile *file, size_t row); /* whom a row of a register is about; 0: nobody is known */
