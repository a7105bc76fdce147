/* store.h: packs in a store: installed by the hash of what is in them, with the tables that their datasets need. The folder that they came from is never read again.
 *
 * What is there is kept: a field or code that a new edition adds is added in place; a type that grows (integer to decimal, more decimals, date to text …) is grown by a copy of the table; a field
 * that goes, or whose type narrows, is retired: its column is hidden and kept. What is installed here and what was changed here are two things: files under `local/` are laid over the packs of
 * the same name (overlay.c), and stay through an upgrade.
 *
 *     PacksRef *packs = packs_from_store(db, sections, 480, err);         what the program works by
 *     pack_install(db, &wish, arena, &done, &packs, &report, err);        and the same after an install */
#pragma once

#include "audit/audit.h"
#include "db/table.h"
#include "pack/pack.h"

/* --- What is installed ------------------------------------------------------------------------------------------------------ */

/* All files of installed packs, as a folder of packs has them: elements.yaml, PACK/…, local/…. */
PackFiles *pack_store_files(DbConn *conn, GError **err);

/* The packs that are installed; none is no failure. They were right when they were installed: BH_INTERNAL, naming the first finding, where they are not (another edition of the program). */
PacksRef *packs_from_store(Db *db, const PackSections *sections, int zone_minutes, GError **err);

/* --- Installing -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const PackFiles *files;  /* as a folder of packs has them; elements.yaml of it is taken, too, where it is there */
    const Str *names;        /* which packs of it; `local` is what is laid over the others */
    size_t n;                /* 0: all */
    bool upgrade;            /* those that are there become these. Without it one that is there, and is another, is BH_CONFLICT "pack-installed" */
    bool check;              /* only tells what would be */
    const PackSections *sections;
    int zone_minutes;
    AuditWho who;
    int64_t account;         /* DB_NULL_INT: none */
} PackWish;

typedef struct {
    Str name, version, was;  /* was: the version before, or p NULL */
    const char *what;        /* "installed", "upgraded", "same" */
} PackStepDone;

typedef struct {
    const PackStepDone *v;
    size_t n;
} PackInstalled;

/* One transaction, long where a table is copied. All packs are loaded together as they would stand in the store, and an error in any of them fails with BH_BAD_INPUT "pack-wrong": *ret_report
 * has what was found, also where nothing fails (warnings); the caller frees it. BH_CONFLICT "pack-installed", "pack-older" (an upgrade has a greater version, or the same content), "pack-key-changed"
 * (there are records, and a new edition knows them by another key), "pack-busy" (an import is being applied); BH_NOT_FOUND "no-pack".
 * ret_packs: as packs_from_store would give them now, a reference of the caller's. Texts of ret_done in arena. */
bool pack_install(Db *db, const PackWish *wish, Arena *arena, PackInstalled *ret_done, PacksRef **ret_packs, PackReport **ret_report, GError **err);

/* --- Tables of records --------------------------------------------------------------------------------------------------------- */

/* As they are in the store: columns by name, retired ones among them. The first five are month_, org_, key_, batch_, state_. */
typedef struct {
    int64_t dataset;     /* its number */
    DbTable rows;        /* PACK__DATASET; key: month_, org_, key_ */
    DbTable history;     /* hist_…: the same and batch_out_; key: month_, org_, key_, batch_ */
    DbTable places;      /* key_…: org_, key_, month_; key: org_, key_. On PostgreSQL, where keys are running texts, leaves of them: org_, from_, keys_ (db/merge.h). No name: there is none */
} PackTables;

/* What the store has for an installed dataset; BH_NOT_FOUND "no-dataset" where it is not. In arena. */
bool pack_tables(DbConn *conn, const PackDataset *dataset, Arena *arena, PackTables *ret_tables, GError **err);

/* Whether a key stands in one month only, because it does not hold the day: kinds event and case. */
bool pack_key_moves(const PackDataset *dataset);

/* --- Differences --------------------------------------------------------------------------------------------------------------- */

/* A difference between two editions of a pack, by where it stands: "datasets.vaccination.fields.dose.type". was, now: the text of a value, "…" of what holds others; p NULL: it is not there. */
typedef struct {
    Str at, was, now;
    Str local;          /* what is laid over it here, or p NULL */
    bool clash;         /* laid over here, and changed by the new edition: the local one stays */
} PackChange;
typedef struct {
    const PackChange *v;
    size_t n;
} PackChanges;

/* From what is installed (`base`, without what is laid over it) to `next`, with what is laid over here. Of one pack; base or next may lack it. */
PackChanges pack_diff(const PackFiles *base, const PackFiles *next, Str name, Arena *arena);
