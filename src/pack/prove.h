/* prove.h: private to pack: a case of the proof while it is carried out. Its records are those of its files: its own, and those beside it. */
#pragma once

#include "pack/load.h"

/* The records of one file. */
typedef struct {
    const PackDataset *dataset;
    const CsvTable *table;
    Str path;
    size_t n;
    const ExprColumn *columns; /* by field of the record's scope */
    const ExprColumn *stored;  /* by column of the stored scope */
    const Date *from, *to;     /* the days for which each record stands; DATE_NONE: open */
    const int64_t *orgs;       /* who reports it; 0: nobody is named */
} ProofTable;

/* A defect that was found. Of a record: row from 1; of an organisation's period: row 0. */
typedef struct {
    size_t row;
    int64_t org;
    Period period;
    Str rule; /* or the field that is missing, */
    bool missing;
    bool said; /* by the case */
} ProofFound;

typedef struct {
    const Load *load;
    const PackCase *c;
    ExprRunner *runner;
    GHashTable *org_of;    /* names as numbers from 1 */
    ARENA_LIST(Str) orgs;
    ProofTable *tables;    /* the case's own first */
    size_t n_tables;
    ARENA_LIST(ProofFound) found;
} Proof;

/* prove_table.c: the file as columns; a finding (pack-proof) for each cell that is not of its type. */
void proof_table(Proof *proof, const PackDataset *dataset, Str path, const CsvTable *table, ProofTable *ret_table);
Str proof_cell(const ProofTable *table, size_t row, Str column); /* STR_NONE: it is empty, or the file has no such column */
bool proof_has_column(const ProofTable *table, Str column);

/* prove_period.c: the kind of period by which a dataset's rules are judged; a rule of kind set, total or volume. */
PeriodKind proof_kind(const PackDataset *dataset, const PackRule *rule);
void proof_period_rule(Proof *proof, const PackRule *rule);

/* The answers of a condition over the rows of a table: 1 true, 0 false, 2 null. NULL: there is no such expression. */
const uint8_t *proof_run(Proof *proof, const PackExpr *expr, const ExprColumn *columns, size_t n);

/* prove_walk.c: the steps that the case tries, what forms hide. */
void proof_walk(Proof *proof);
