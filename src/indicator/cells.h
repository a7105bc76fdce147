/* cells.h: private to indicator: what one reading of a month's records counts: cells that are filled, rows to which a rule applies. */
#pragma once

#include "indicator/records.h"

typedef struct {
    int64_t required, filled; /* of required cells; where the requirement has a condition, only rows where it holds */
    int64_t there;            /* cells that are not empty */
} CellField;

typedef struct {
    int64_t rows, held;
    CellField *fields;  /* by PackField.column */
    int64_t *applies;   /* by rule of kind row: rows where `when` holds; -1: it reads what is not stored, and nobody knows */
} CellCount;

CellCount cells_new(const PackDataset *pack, Arena *arena);
void cells_add(CellCount *count, const PackDataset *pack, const RecordBatch *batch, ExprRunner *runner, Date today, Arena *scratch);

/* Whether an expression over the record as it came reads stored columns only; then ret_batch's columns are laid out as it reads them. */
bool cells_layout(const PackDataset *pack, const Expr *expr, const RecordBatch *batch, Date today, Arena *scratch, ExprBatch *ret_batch);
