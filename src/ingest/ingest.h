/* ingest.h: files of institutions: bytes in, rows out; touches no database. So far XLSX, and CSV (base/csv.h) as such a sheet; FHIR and HL7 v2 follow. */
#pragma once

#include "base/arena.h"
#include "base/csv.h"
#include "base/date.h"
#include "base/diags.h"
#include "base/error.h"

/* --- XLSX (ECMA-376 part 1, 18 SpreadsheetML) --------------------------------------------------------------------------
 * What Excel, WPS and LibreOffice write. A cell is what a person sees in it: shared and inline strings with their runs joined, a date where the number format
 * makes one of the serial, a percentage with its sign; a formula counts by the value that was stored with it. */

typedef enum { CELL_EMPTY, CELL_TEXT, CELL_NUMBER, CELL_BOOL, CELL_DATE, CELL_TIME, CELL_ERROR } CellKind;

typedef struct {
    uint32_t column; /* from 0 */
    CellKind kind;
    bool formula;    /* with CELL_EMPTY: no value was stored with it */
    bool has_time;   /* CELL_DATE: with a time of day */
    int32_t style;   /* index into the workbook's cell formats */
    int32_t second;  /* of the day: CELL_TIME, CELL_DATE */
    Date date;       /* CELL_DATE, else DATE_NONE */
    double number;   /* CELL_NUMBER, CELL_BOOL; the serial of dates and times */
    /* As shown: text with LF as line end; "0.5", "50%", "001" by the format; "2026-06-30", "2026-06-30 08:30", "08:30"; "TRUE"; "#N/A". "" for CELL_EMPTY. */
    Str text;
} SheetCell;

typedef struct {
    uint32_t row; /* from 0 */
    bool hidden;
    const SheetCell *cells; /* those with a value or a formula, by column */
    size_t n_cells;
} SheetRow;

typedef struct {
    uint32_t row, column, row_last, column_last; /* both ends included */
} CellRange;

typedef struct {
    Str name;
    bool hidden; /* hidden, or only to be shown by a macro */
    Str part;    /* its name in the package */
} XlsxSheetInfo;

typedef struct XlsxFile XlsxFile;

/* Reads what belongs to all sheets. `bytes` outlive the file. BH_BAD_INPUT: "not-a-workbook"; "old-excel" (.xls),
 * "encrypted", what else it is by its name (unread.c), "not-a-document" (damaged). BH_TOO_LARGE: over LIMIT_XLSX_PART_BYTES, _STRING_BYTES, _STYLES, _SHEETS. */
XlsxFile *xlsx_file_open(Str bytes, GError **err);
void xlsx_file_close(XlsxFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XlsxFile, xlsx_file_close)

const XlsxSheetInfo *xlsx_file_sheets(const XlsxFile *file, size_t *ret_n); /* in the order of their tabs */
Str xlsx_shared_string(const XlsxFile *file, size_t index);                 /* STR_NONE: there is none */

/* A text as a workbook must hold it: what looks like one of the format's escapes (_x000D_) is escaped. g_free it. */
char *xlsx_escaped(Str text);

bool xlsx_style_is_date(const XlsxFile *file, int32_t style);               /* a number in a cell of this format is shown as a day */

/* What is told of a sheet while it is read; each may be NULL; false with err ends it. Columns come before the rows, merged ranges behind them. A row's cells and their
 * texts are valid during the call only. */
typedef struct {
    bool (*columns)(void *data, uint32_t first, uint32_t last, double width, bool hidden, GError **err); /* width in characters */
    bool (*row)(void *data, const SheetRow *row, GError **err);
    bool (*merge)(void *data, const CellRange *range, GError **err);
} SheetHandler;

/* One sheet as a stream, in memory of one row. Any sheet of a file at a time, in any order, any number of times. BH_BAD_INPUT "not-a-document", with `at` a
 * cell where a value makes no sense; BH_TOO_LARGE: over LIMIT_XLSX_UNPACKED_BYTES, _COLUMNS, _MERGES. */
bool xlsx_file_read(XlsxFile *file, size_t sheet, const SheetHandler *handler, void *data, GError **err);

/* A sheet in memory: a grid up to the last row and column with a value. */
typedef struct {
    double width; /* 0: the sheet's own */
    bool hidden;
} SheetColumn;

typedef struct {
    Str name;
    uint32_t n_rows, n_columns;
    const SheetCell **cells;   /* n_rows × n_columns; NULL: empty */
    const bool *hidden_rows;   /* n_rows */
    const SheetColumn *columns; /* n_columns */
    const CellRange *merges;   /* clipped to the grid where they are larger */
    size_t n_merges;
    uint32_t *merge_of;        /* n_rows × n_columns: which of them covers the place, from 1; 0: none */
} SheetTable;

/* BH_TOO_LARGE: over LIMIT_XLSX_TABLE_CELLS, or LIMIT_XLSX_STRING_BYTES of texts. BH_BAD_INPUT: merged ranges that overlap. */
bool xlsx_file_table(XlsxFile *file, size_t sheet, Arena *arena, SheetTable *ret_table, GError **err);

/* What stands at a place; NULL: nothing. sheet_filled: within a merged range that which stands at its top left. */
const SheetCell *sheet_cell(const SheetTable *table, uint32_t row, uint32_t column);
const SheetCell *sheet_filled(const SheetTable *table, uint32_t row, uint32_t column);
const CellRange *sheet_merge(const SheetTable *table, uint32_t row, uint32_t column); /* the range over a place, or NULL */

/* A CSV as such a table, its cells all text. */
bool csv_sheet(Str bytes, Arena *arena, SheetTable *ret_table, GError **err);

/* A CSV, or the first visible sheet of a workbook, as one table (CsvTable above): the header is the first row with more than one value. BH_* as csv_table and the readers
 * of workbooks; "empty". */
bool file_table(Str bytes, size_t rows_max, Arena *arena, CsvTable *ret_table, GError **err);

/* "B12" of a place, and back ("$" allowed). */
enum { CELL_NAME_MAX = 16 };
const char *cell_name(uint32_t row, uint32_t column, char buffer[static CELL_NAME_MAX]);
bool cell_parse(Str name, uint32_t *ret_row, uint32_t *ret_column);
bool range_parse(Str text, CellRange *ret_range); /* "A1:C3" or "A1" */
