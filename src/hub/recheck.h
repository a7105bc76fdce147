/* recheck.h: private to hub: the rules over rows as they are stored (recheck.c): of whole datasets after a new edition of their pack, and of one row whose values change where it stands (case_fill.c). */
#pragma once

#include "hub/check.h"
#include "pack/store.h"

typedef struct {
    Hub *hub;
    Plan *plan;
    const PackTables *tables;
    const char **names;   /* of the run's columns */
    int *place_of;        /* by column of the record: of the run, -1 */
    bool *keeps;          /* by rule of the dataset: it reads what is not stored */
    bool *missing;        /* by column of the record: it is not stored */
    ExprRunner *runner;
    uint32_t number;      /* rows handed to the run so far */
    int64_t rows;
    Arena *arena;         /* of the whole */
} Recheck;

/* An open defect that a row's own check makes; found is UINT16_MAX where the pack has the rule no more. */
typedef struct {
    int64_t key;
    uint16_t found;
} Open;
typedef ARENA_LIST(Open) Opens;

/* What is found in a row, ascending. */
typedef struct {
    uint16_t v[64];
    size_t n;
} Set;

/* The plan, tables and run of a dataset, then what can be asked again. `import` and what `r` points to outlive it. recheck_close in any case. */
bool recheck_open(Recheck *r, const HubImport *import, const PacksRef *packs, PackTables *tables, GError **err);
void recheck_close(Recheck *r);

/* What is open of an organisation's month, by key. */
bool recheck_read_open(const Recheck *r, DbConn *conn, int64_t org, int64_t month, Arena *arena, Opens *opens, GError **err);

/* What the rules find now in rows by the run's columns, and what is kept of what was found; the state that follows. */
void recheck_judge(Recheck *r, Rows *rows, const ExprColumn *columns, Set *ret_now);
void recheck_keep(const Recheck *r, const Set *was, Set *now);
void recheck_put(Set *set, uint16_t found);
int recheck_state(const Recheck *r, const Set *set);

/* Hands rows to the run, with what is found in them. */
bool recheck_hand(Recheck *r, Rows *rows, const ExprColumn *columns, const Set *now, const uint32_t *picks, size_t n, GError **err);
