/* expr-fixture.h: for tests and measurements of src/expr: a scope with fields of every kind, rows in several forms, and the same rows in a store. */
#pragma once

#include "expr/expr.h"

enum { EXF_FIELDS = 16 };

/* One cell, of any kind. */
typedef struct {
    bool null;
    int64_t number;
    Str text;
} ExfCell;

typedef struct {
    ExfCell cells[EXF_FIELDS];
} ExfRow;

/* Fields a b (whole), p (2 decimals), q (4), t u (text), d e (date), at until (time), ok, vaccine (codes, in groups, with years), grade (ranked), icd,
 * big (codes of a table with 500). `allows` as in ExprScope. Lives in arena. */
const ExprScope *exf_scope(Arena *arena, unsigned allows);

/* The place of a field, or -1. */
int exf_field(Str name);
ExprType exf_type(size_t field);

/* A cell as it is written in a case: null, 12, 12.34, true, 'text', 2026-01-31, 2026-01-31T08:00. Ends the test where it is not. */
ExfCell exf_read(size_t field, Str text, Arena *arena);
Str exf_write(ExprType type, const ExfCell *cell, int zone_minutes, Arena *arena);

/* Rows as a batch; `dictionaries`: the texts as codes of one dictionary a column. */
const ExprBatch *exf_batch(Arena *arena, const ExfRow *rows, size_t n, ExprDays days, bool dictionaries);
ExfCell exf_answer(ExprType type, const ExprResult *result, size_t row);

/* Rows with nulls, extremes, ends of months, leap days, Chinese and odd texts. */
ExfRow exf_random_row(GRand *rand, Arena *arena);

/* --- A store ---------------------------------------------------------------------------------------------------- */

typedef struct {
    Db *db;
    DbEngine engine;
    int zone_minutes;
} ExfStore;

/* A table `cells` (id from 0, and the fields) with these rows, made anew. */
void exf_fill(const ExfStore *store, const ExfRow *rows, size_t n);

/* The expression over all of them, by id. False and *err where the store refuses. */
bool exf_select(const ExfStore *store, const Expr *expr, ExprDays days, ExfCell *ret_cells, size_t n, Arena *arena, GError **err);

/* Any statement of one column of this kind, with `?` for the values. */
bool exf_query(const ExfStore *store, const char *before, ExprSql sql, const char *behind, ExprType type, ExfCell *ret_cells, size_t n, Arena *arena, GError **err);

/* --- Golden cases: tests/golden/expr.txt ---------------------------------------------------------------------------- */

/* One case: a line `expr`, then `rows`, `want`, `pg`, `lite`, or `error` alone; in rows and want ` | ` between rows. */
typedef struct {
    Str expr, rows, want, pg, lite, error;
    Str comment; /* what stands before it, with its line's end */
} ExfCase;
const ExfCase *exf_cases(Arena *arena, size_t *ret_n);
const ExfRow *exf_case_rows(const ExfCase *c, Arena *arena, size_t *ret_n);
char *exf_golden_path(void);

/* The answers for rows, as `want` has them: with the faults behind, if asked for. */
Str exf_want(const Expr *expr, const ExfRow *rows, size_t n, bool dictionaries, bool faults, Arena *arena);
