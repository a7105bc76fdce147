/* publish.h: what leaves the system as a file: tables as XLSX. */
#pragma once

#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"

/* --- Tables ----------------------------------------------------------------------------------------------------- */

typedef enum { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_DATE } ColumnType;

typedef struct {
    const char *title;
    ColumnType type;
    double width; /* in characters of the default font */
    bool hidden;
    const char *format; /* of numbers and days, as Excel writes it ("0.0%"); NULL: as it comes, and yyyy-mm-dd */
    const char *group;  /* stands in a row of its own above the titles, once over neighbours that have the same; NULL: none */
} TableColumn;

/* A cell, read by the type of its column. Nothing (an empty cell) is STR_NONE, absent, or DATE_NONE. */
typedef struct {
    Str text;
    Decimal number;
    bool has_number;
    Date date;
} TableCell;

/* An XLSX workbook that is written row by row, in constant memory however many they are. Text is always text: nothing that comes
 * from outside becomes a formula, a link or a number. A text over LIMIT_XLSX_TEXT_CHARS is cut and ends in "…". The same rows and
 * the same `created_ms` give the same bytes. */
typedef struct XlsxBook XlsxBook;
typedef struct XlsxSheet XlsxSheet;

/* Begins a book that will stand at `path`; nothing is there before xlsx_finish. created_ms is over 0. NULL and err if no temporary file can
 * be made. */
XlsxBook *xlsx_new(const char *path, int64_t created_ms, GError **err);
void xlsx_free(XlsxBook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XlsxBook, xlsx_free)

/* Adds a sheet with its heading row (two where columns have groups), which stays in view and filters. The book owns it.
 *   name     at most 31 characters, none of []:*?/\, not used before; else NULL and BH_BAD_INPUT
 *   columns  live as long as the book */
XlsxSheet *xlsx_sheet(XlsxBook *book, const char *name, const TableColumn *columns, size_t n_columns, GError **err);

/* The next row of a sheet; cells: one a column. False: the sheet is full (BH_TOO_LARGE, 1,048,575 rows) or the disk. */
bool xlsx_row(XlsxSheet *sheet, const TableCell *cells, GError **err);

/* Writes the file in one step: the old one or the new one is there, never half. The book takes no more after it. */
bool xlsx_finish(XlsxBook *book, GError **err);
