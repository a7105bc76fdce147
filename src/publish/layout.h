/* layout.h: part of publish: a workbook that came from outside goes out as it came, but for some cells. */
#pragma once

#include "ingest/ingest.h"

/* What stands in a cell instead of what came. */
typedef struct {
    uint32_t row, column; /* from 0 */
    Str text;             /* "": empty */
    Date date;            /* where the cell's own format shows days, written as one; DATE_NONE: only text */
} LayoutCell;

typedef struct {
    size_t sheet;             /* of xlsx_file_sheets */
    const LayoutCell *cells;  /* by row, then column; each place once. A row behind the last of the sheet is added */
    size_t n_cells;
    const bool *without;      /* n_without: rows that not everybody may see: nothing of them goes out; NULL: none */
    size_t n_without;
    uint32_t style_row;       /* added rows look like this one */
    uint32_t hide_first, hide_last; /* columns that are hidden; first > last: none */
} LayoutEdit;

/* The workbook with these cells changed. Everything else stays: other sheets, formats, widths, heights, merged ranges, formulas with their values, print settings. With rows
 * left out nothing else than the sheet goes out: no other sheet, comment, picture, property, and no string that only they held.
 * BH_* as xlsx_file_open and xlsx_file_read. */
bool layout_write(Str original, const LayoutEdit *edit, GString *out, GError **err);
