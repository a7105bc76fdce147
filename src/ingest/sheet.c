/* A sheet in memory: the rows are gathered as they come; the grid is laid when its size is known. */
#include "base/limits.h"
#include "base/package.h"
#include "ingest/ingest.h"

#include "base/banned.h"

typedef struct {
    uint32_t row;
    bool hidden;
    const SheetCell *cells;
    size_t n_cells;
} Kept;

typedef struct {
    Arena *arena;
    const XlsxFile *file;
    ARENA_LIST(Kept) rows;
    ARENA_LIST(CellRange) merges;
    SheetColumn columns[LIMIT_XLSX_COLUMNS];
    uint32_t n_rows, n_columns;
    size_t cells, bytes;
} Gathering;

static bool too_large(GError **err, const char *what, int limit)
{
    error_set(err, BH_TOO_LARGE, "the sheet has more than %d %s", limit, what);
    return error_detail(err, "too-large");
}

static bool take_columns(void *data, uint32_t first, uint32_t last, double width, bool hidden, GError **err)
{
    (void) err;
    Gathering *all = data;
    for (uint32_t c = first; c <= last && c < LIMIT_XLSX_COLUMNS; c++)
        all->columns[c] = (SheetColumn) { width, hidden };
    return true;
}

static bool take_row(void *data, const SheetRow *row, GError **err)
{
    Gathering *all = data;
    if (row->n_cells == 0 && !row->hidden)
        return true;
    all->cells += row->n_cells;
    if (all->cells > LIMIT_XLSX_TABLE_CELLS || all->rows.n >= LIMIT_XLSX_TABLE_CELLS)
        return too_large(err, "cells", LIMIT_XLSX_TABLE_CELLS);
    SheetCell *cells = ARENA_ARRAY(all->arena, SheetCell, row->n_cells);
    for (size_t i = 0; i < row->n_cells; i++) {
        cells[i] = row->cells[i];
        all->bytes += cells[i].text.n;
        if (all->bytes > LIMIT_XLSX_STRING_BYTES)
            return too_large(err, "bytes of text", LIMIT_XLSX_STRING_BYTES);
        cells[i].text = arena_str(all->arena, cells[i].text);
    }
    *ARENA_PUSH(all->arena, &all->rows) = (Kept) { row->row, row->hidden, cells, row->n_cells };
    if (row->n_cells > 0) {
        all->n_rows = row->row + 1;
        all->n_columns = MAX(all->n_columns, cells[row->n_cells - 1].column + 1);
    }
    return true;
}

static bool take_merge(void *data, const CellRange *range, GError **err)
{
    (void) err;
    Gathering *all = data;
    *ARENA_PUSH(all->arena, &all->merges) = *range;
    return true;
}

/* --- Laying ---------------------------------------------------------------------------------------------------------- */

static size_t place(const SheetTable *table, uint32_t row, uint32_t column)
{
    return (size_t) row * table->n_columns + column;
}

static void lay_rows(const Gathering *all, SheetTable *table, bool *hidden)
{
    for (size_t r = 0; r < all->rows.n; r++) {
        const Kept *row = &all->rows.v[r];
        if (row->row >= table->n_rows)
            continue;
        hidden[row->row] = row->hidden;
        for (size_t c = 0; c < row->n_cells; c++)
            table->cells[place(table, row->row, row->cells[c].column)] = &row->cells[c];
    }
}

/* Clipped to the grid, each place belongs to one range: so no file can make this long. */
static bool lay_merges(Gathering *all, SheetTable *table, GError **err)
{
    size_t n = 0;
    for (size_t i = 0; i < all->merges.n; i++) {
        CellRange range = all->merges.v[i];
        if (range.row >= table->n_rows || range.column >= table->n_columns)
            continue;
        range.row_last = MIN(range.row_last, table->n_rows - 1);
        range.column_last = MIN(range.column_last, table->n_columns - 1);
        all->merges.v[n++] = range;
        for (uint32_t r = range.row; r <= range.row_last; r++)
            for (uint32_t c = range.column; c <= range.column_last; c++) {
                uint32_t *at = &table->merge_of[place(table, r, c)];
                if (*at) {
                    error_set(err, BH_BAD_INPUT, "merged ranges of the sheet lie over each other");
                    return error_detail(err, "not-a-document");
                }
                *at = (uint32_t) n;
            }
    }
    table->merges = all->merges.v;
    table->n_merges = n;
    return true;
}

static bool lay(Gathering *all, Str name, SheetTable *ret_table, GError **err)
{
    SheetTable table = { .name = name, .n_rows = all->n_rows, .n_columns = all->n_columns };
    size_t places = (size_t) table.n_rows * table.n_columns;
    if (places > LIMIT_XLSX_TABLE_CELLS)
        return too_large(err, "places for cells", LIMIT_XLSX_TABLE_CELLS);
    bool *hidden = ARENA_ARRAY(all->arena, bool, (size_t) table.n_rows + 1);
    SheetColumn *columns = ARENA_ARRAY(all->arena, SheetColumn, (size_t) table.n_columns + 1);
    for (uint32_t c = 0; c < table.n_columns; c++)
        columns[c] = all->columns[c];
    table.cells = ARENA_ARRAY(all->arena, const SheetCell *, places + 1);
    table.merge_of = ARENA_ARRAY(all->arena, uint32_t, places + 1);
    table.hidden_rows = hidden;
    table.columns = columns;
    lay_rows(all, &table, hidden);
    if (!lay_merges(all, &table, err))
        return false;
    *ret_table = table;
    return true;
}

bool xlsx_file_table(XlsxFile *file, size_t sheet, Arena *arena, SheetTable *ret_table, GError **err)
{
    static const SheetHandler handler = { take_columns, take_row, take_merge };
    size_t n;
    const XlsxSheetInfo *info = &xlsx_file_sheets(file, &n)[sheet];
    g_autofree Gathering *all = g_new0(Gathering, 1);
    all->arena = arena;
    all->file = file;
    return xlsx_file_read(file, sheet, &handler, all, err) && lay(all, arena_str(arena, info->name), ret_table, err);
}

bool csv_sheet(Str bytes, Arena *arena, SheetTable *ret_table, GError **err)
{
    CsvReader csv;
    bool more = true;
    g_autofree Gathering *all = g_new0(Gathering, 1);
    all->arena = arena;
    if (!csv_init(&csv, bytes, arena, err))
        return false;
    for (uint32_t r = 0; csv_next(&csv, &more, err) && more; r++) {
        SheetCell cells[LIMIT_CSV_COLUMNS];
        SheetRow row = { .row = r, .cells = cells };
        for (size_t i = 0; i < csv.n_fields; i++)
            if (str_trim(csv.fields[i]).n > 0)
                cells[row.n_cells++] = (SheetCell) { .column = (uint32_t) i, .kind = CELL_TEXT, .date = DATE_NONE, .text = csv.fields[i] };
        if (!take_row(all, &row, err))
            return false;
    }
    return !more && lay(all, STR("csv"), ret_table, err);
}

/* --- Asking ---------------------------------------------------------------------------------------------------------- */

const SheetCell *sheet_cell(const SheetTable *table, uint32_t row, uint32_t column)
{
    return row < table->n_rows && column < table->n_columns ? table->cells[place(table, row, column)] : NULL;
}

const CellRange *sheet_merge(const SheetTable *table, uint32_t row, uint32_t column)
{
    uint32_t index = row < table->n_rows && column < table->n_columns ? table->merge_of[place(table, row, column)] : 0;
    return index ? &table->merges[index - 1] : NULL;
}

const SheetCell *sheet_filled(const SheetTable *table, uint32_t row, uint32_t column)
{
    const CellRange *range = sheet_merge(table, row, column);
    return range ? sheet_cell(table, range->row, range->column) : sheet_cell(table, row, column);
}

/* --- A plain table ------------------------------------------------------------------------------------------------------ */

static size_t filled(const SheetTable *sheet, uint32_t row)
{
    size_t n = 0;
    for (uint32_t c = 0; c < sheet->n_columns; c++)
        n += sheet_cell(sheet, row, c) && str_trim(sheet_cell(sheet, row, c)->text).n > 0;
    return n;
}

static const Str *texts_of(const SheetTable *sheet, uint32_t row, Arena *arena)
{
    Str *texts = ARENA_ARRAY(arena, Str, sheet->n_columns + 1);
    for (uint32_t c = 0; c < sheet->n_columns; c++)
        texts[c] = sheet_cell(sheet, row, c) ? sheet_cell(sheet, row, c)->text : STR("");
    return texts;
}

/* An empty row between others is kept as one, so that the lines are those that a person counts; those at the end are not. */
static bool plain_table(const SheetTable *sheet, size_t rows_max, Arena *arena, CsvTable *ret_table, GError **err)
{
    uint32_t head = 0;
    while (head < sheet->n_rows && filled(sheet, head) < 2)
        head++;
    if (head == sheet->n_rows) {
        error_set(err, BH_BAD_INPUT, "the file has no header");
        return error_detail(err, "empty");
    }
    size_t n = sheet->n_rows - head - 1;
    while (n > 0 && filled(sheet, head + (uint32_t) n) == 0)
        n--;
    if (n > rows_max)
        return error_set(err, BH_TOO_LARGE, "the file has more than %zu rows", rows_max);
    const Str **rows = ARENA_ARRAY(arena, const Str *, n + 1);
    for (size_t r = 0; r < n; r++)
        rows[r] = texts_of(sheet, head + 1 + (uint32_t) r, arena);
    *ret_table = (CsvTable) { .header = texts_of(sheet, head, arena), .n_columns = sheet->n_columns, .rows = rows, .n_rows = n, .first_line = head + 2 };
    return true;
}

bool file_table(Str bytes, size_t rows_max, Arena *arena, CsvTable *ret_table, GError **err)
{
    if (!package_is(bytes) && !package_is_ole(bytes))
        return csv_table(bytes, rows_max, arena, ret_table, err);
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, err);
    size_t n = 0, first = 0;
    const XlsxSheetInfo *sheets = file ? xlsx_file_sheets(file, &n) : NULL;
    while (first + 1 < n && sheets[first].hidden)
        first++;
    SheetTable sheet;
    return file && xlsx_file_table(file, first, arena, &sheet, err) && plain_table(&sheet, rows_max, arena, ret_table, err);
}
