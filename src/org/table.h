/* table.h: private to org: the rows of an imported file by the names of their columns. */
#pragma once

#include "base/diags.h"
#include "org/org.h"

typedef struct {
    const char *id; /* as in the API and in English files */
    const char *text; /* key of its heading in i18n; compared folded like a name */
    bool required;  /* the column must be there */
} TableColumn;

enum { TABLE_COLUMNS_MAX = 16 };

typedef struct {
    const OrgRows *rows;
    const TableColumn *columns;
    size_t n_columns;
    ptrdiff_t place[TABLE_COLUMNS_MAX]; /* of each of our columns in the file; -1: not there */
    Diags *diags;
} Table;

/* Finds the columns in the header. Findings: header-missing; header-unknown for what is not ours (it is left out). False when one is
 * missing. */
bool table_init(Table *table, const OrgRows *rows, const TableColumn *columns, size_t n_columns, Diags *diags);

/* The trimmed cell of row r; STR_NONE where the column is missing or the cell is empty. */
Str table_text(const Table *table, size_t r, size_t column);

/* The id that a cell means: itself, or the text of "WORDS ID" in either language (as an exported list has it); STR_NONE: none of them. */
Str table_word(Str cell, const char *words, const char *const *ids, size_t n_ids);

/* Adds a finding at "row 12, column NAME"; row as a person counts lines of the file. */
void table_finding(const Table *table, size_t r, size_t column, const char *code, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The parts of a cell that are separated by ; or its full-width form or 、, or by a comma and a blank, as a list in English has them. Takes the next off; false at the end. */
bool table_part(Str *rest, Str *ret_part);

/* The event of an import. `kind`: "orgs" or "people". */
void import_event(DbConn *tx, const AuditWho *who, const char *kind, const OrgImportCount *count);
