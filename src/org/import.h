/* import.h: private to org: an import of organisations between reading and applying. */
#pragma once

#include "org/rows.h"
#include "org/table.h"

enum { CODE, NAME, SHORT_NAME, KIND, PARENT, AREA, RANK, LEGAL_CODE, FUNCTIONS, ALIASES, MEMBERS, OPENED, CLOSED, ORG_UID, VERSION, ORG_COLUMNS };

typedef enum { ROW_NEW, ROW_CHANGED, ROW_SAME } RowState;

typedef ARENA_LIST(Str) StrList;

/* An organisation of the store, with its lists as the file has them. */
typedef struct {
    Org org;
    StrList aliases, functions, members; /* folded names, words, codes */
} Stored;

typedef struct {
    Str cell[ORG_COLUMNS];
    size_t row;
    int64_t rank;
    int64_t version; /* on which the row was made; -1: it says none */
    Date opened, closed;
    const Stored *old; /* the organisation of this code in the store, or NULL */
    RowState state;
    bool placed, deep;
    int64_t id;
    Str path; /* as it stands in the store; STR_NONE: not there yet */
} OrgImportRow;

/* A place in the tree as it will be: of the file, else of the store. */
typedef enum { WALK_NEW, WALK_ON, WALK_DONE } Walk;
typedef struct {
    Str code, parent;
    OrgImportRow *row; /* NULL: only in the store */
    Walk walk;
    int level; /* the root's is 1; in a circle 0 */
    Str path;  /* as it should be; STR_NONE: not computed yet */
} Place;

typedef struct {
    DbConn *conn;
    Arena *arena;
    Diags *diags;
    Table table;
    OrgImportRow *rows;
    size_t n_rows;
    GHashTable *by_code; /* Str * to OrgImportRow *: of the file */
    GHashTable *stored;  /* Str * to Stored *: of the store */
    GHashTable *by_id;   /* int64_t * to Stored * */
    ARENA_LIST(Stored *) stored_list; /* by id */
    GHashTable *places;  /* Str * to Place * */
    ARENA_LIST(Place *) place_list; /* the same in the order of the store, then of the file */
    size_t faults;       /* findings that forbid applying */
    OrgImportCount count;
    ARENA_LIST(OrgImportRow *) order; /* as they are written */
    ARENA_LIST(Place *) moved;        /* whose paths change */
} OrgImport;

void org_import_clear(OrgImport *import);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OrgImport, org_import_clear)

/* Reads all rows and checks them against each other and the store; conn, arena and diags of `import` are set. `faults` says whether they may be applied. */
bool org_import_read(OrgImport *import, const OrgRows *rows, GError **err);
