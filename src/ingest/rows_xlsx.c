/* Sheets of a workbook as batches. The first rows of a sheet are kept until the header is known among them. What stands in a cell merged over several rows stands in each of them. */
#include "base/limits.h"
#include "ingest/read.h"
#include "ingest/xlsx.h"

#include "base/banned.h"

/* What goes down a column, as long as a merged cell does. */
typedef struct {
    uint32_t last; /* its last row */
    char *text;    /* NULL: nothing */
} Down;

typedef struct {
    Arena *arena;      /* of the rows kept */
    XlsxFile *file;
    size_t sheet;      /* the one in hand */
    bool only;         /* no other one is wanted */
    bool by_words;     /* only a sheet whose header has words that are known */
    SheetStream *stream; /* NULL: none is open */
    IngestReader *reader;
    IngestTable *table; /* NULL: the header is not known yet */
    ARENA_LIST(HeadRow) kept;
    Arena *merged;     /* of the sheet's merged ranges */
    SheetMerges merges;
    size_t next_merge;
    uint32_t down_to;  /* some column of `down` goes to this row */
    Down down[LIMIT_XLSX_COLUMNS];
} Book;

static void close_book(IngestReader *reader)
{
    Book *book = reader->state;
    if (!book)
        return;
    sheet_stream_close(book->stream);
    xlsx_file_close(book->file);
    for (size_t c = 0; c < G_N_ELEMENTS(book->down); c++)
        g_free(book->down[c].text);
    arena_free(book->merged);
    arena_free(book->arena);
    g_free(book);
    reader->state = NULL;
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------- */

static IngestFinding *tell(Book *book, const char *code, int64_t number, const char *text)
{
    return box_find(book->reader->box, code, false, reader_place(book->reader, INGEST_AT_ROW, number), book->table, STR_NONE, "%s", text);
}

static void tell_notes(Book *book, const HeadRow *row)
{
    if (row->merged)
        tell(book, "cells-merged", row->number, "merged cells: what stands in them was taken for each of their rows");
    if (row->formula)
        tell(book, "formula-empty", row->number, "a formula without a value: the file was never calculated");
}

/* A row whose cells live as long as the box. What stands beside the table is not part of it: nothing can have moved there, as it can in a CSV. */
static void take_cells(Book *book, const HeadRow *row)
{
    Box *box = book->reader->box;
    size_t width = header_width(row->cells, row->n_cells), n_columns = book->table->n_columns;
    tell_notes(book, row);
    if (width > n_columns) {
        box_params(box, tell(book, "cell-beyond", row->number, "a value stands behind the header's columns"), "count=%zu\nexpected=%zu", width, n_columns);
        width = header_width(row->cells, n_columns);
    }
    if (width == 0)
        return;
    box_reserve_cells(box, n_columns);
    for (size_t c = 0; c < n_columns; c++)
        box->cells[box->n_cells++] = c < width ? row->cells[c] : STR("");
    box_row(box, reader_place(book->reader, INGEST_AT_ROW, row->number), STR_NONE);
}

/* Merged cells that begin in this row, and those that go down through it. False: none does. */
static bool is_merged(Book *book, const SheetRow *row)
{
    while (book->next_merge < book->merges.n && book->merges.v[book->next_merge].row < row->row)
        book->next_merge++;
    return row->row <= book->down_to || (book->next_merge < book->merges.n && book->merges.v[book->next_merge].row == row->row);
}

static void begin_merges(Book *book, const SheetRow *row, Str *cells, size_t n)
{
    for (; book->next_merge < book->merges.n && book->merges.v[book->next_merge].row == row->row; book->next_merge++) {
        const CellRange *range = &book->merges.v[book->next_merge];
        if (range->column >= n || range->column >= G_N_ELEMENTS(book->down) || cells[range->column].n == 0)
            continue;
        Down *down = &book->down[range->column];
        g_free(down->text);
        *down = (Down) { range->row_last, g_strndup(cells[range->column].p, cells[range->column].n) };
        book->down_to = MAX(book->down_to, range->row_last);
    }
}

/* The row has room for LIMIT_XLSX_COLUMNS cells. */
static void fill_down(Book *book, const SheetRow *sheet_row, Str *cells, HeadRow *row, Arena *arena)
{
    for (size_t c = 0; c < G_N_ELEMENTS(book->down) && sheet_row->row <= book->down_to; c++) {
        const Down *down = &book->down[c];
        if (!down->text || sheet_row->row > down->last || cells[c].n > 0)
            continue;
        cells[c] = arena_str(arena, str_from(down->text));
        row->n_cells = MAX(row->n_cells, c + 1);
        row->merged = true;
    }
    begin_merges(book, sheet_row, cells, row->n_cells);
}

/* An instant at midnight is still one. */
static Str text_of(const Book *book, const SheetCell *cell, Arena *arena)
{
    size_t style = (size_t) cell->style;
    bool clock = cell->kind == CELL_DATE && !cell->has_time && style < book->file->formats.n && book->file->formats.v[style].kind == FORMAT_DATE_TIME;
    return clock ? arena_concat(arena, cell->text, STR(" 00:00")) : arena_str(arena, cell->text);
}

static HeadRow copy_row(Book *book, const SheetRow *row, Arena *arena)
{
    bool merged = is_merged(book, row);
    size_t n = row->n_cells > 0 ? (size_t) row->cells[row->n_cells - 1].column + 1 : 0, room = merged ? LIMIT_XLSX_COLUMNS : n;
    Str *cells = ARENA_ARRAY(arena, Str, room + 1);
    HeadRow copy = { .cells = cells, .n_cells = n, .number = (int64_t) row->row + 1 };
    for (size_t c = 0; c < room; c++)
        cells[c] = STR("");
    for (size_t i = 0; i < row->n_cells; i++) {
        cells[row->cells[i].column] = text_of(book, &row->cells[i], arena);
        copy.formula |= row->cells[i].formula && row->cells[i].kind == CELL_EMPTY;
    }
    if (merged)
        fill_down(book, row, cells, &copy, arena);
    return copy;
}

static bool take_row(void *data, const SheetRow *row, GError **err)
{
    (void) err;
    Book *book = data;
    if (row->n_cells == 0)
        return true;
    HeadRow copy = copy_row(book, row, book->table ? book->reader->box->arena : book->arena);
    if (!book->table)
        *ARENA_PUSH(book->arena, &book->kept) = copy;
    else
        take_cells(book, &copy);
    return true;
}

/* --- The header ------------------------------------------------------------------------------------------------------------ */

/* Among the rows kept; those behind it stay kept. False: it has none. */
static bool find_header(Book *book)
{
    IngestReader *reader = book->reader;
    bool none = reader->options.header_row < 0;
    size_t n = MIN(book->kept.n, (size_t) MAX(HEADER_ROWS, reader->options.header_row));
    size_t at = none && n > 0 ? 0 : book->by_words ? header_known(book->kept.v, n, &reader->options) : header_find(book->kept.v, n, &reader->options);
    if (at >= n)
        return false;
    const HeadRow *row = &book->kept.v[at];
    size_t width = header_width(row->cells, row->n_cells);
    size_t sheets;
    book->table = reader_table(reader, none ? header_numbers(width, reader->arena) : row->cells, width);
    book->table->sheet = arena_str(reader->arena, xlsx_file_sheets(book->file, &sheets)[book->sheet].name);
    if (!none) {
        book->table->header_row = row->number;
        book->table->above = header_above(book->kept.v, at, reader->arena);
    }
    size_t gone = none ? 0 : at + 1;
    memmove(book->kept.v, book->kept.v + gone, (book->kept.n - gone) * sizeof *book->kept.v);
    book->kept.n -= gone;
    return true;
}

static bool is_enough(const Book *book)
{
    int64_t wanted = book->reader->options.header_row;
    return wanted > 0 ? book->kept.n > 0 && book->kept.v[book->kept.n - 1].number >= wanted : book->kept.n >= HEADER_ROWS;
}

/* --- Sheets ------------------------------------------------------------------------------------------------------------------ */

static const SheetHandler sheet_handler = { .row = take_row };

static void close_sheet(Book *book)
{
    sheet_stream_close(book->stream);
    book->stream = NULL;
    book->table = NULL;
    book->kept.v = NULL;
    book->kept.n = book->kept.cap = 0;
    for (size_t c = 0; c < G_N_ELEMENTS(book->down); c++)
        g_clear_pointer(&book->down[c].text, g_free);
    book->down_to = 0;
}

static bool read_merges(Book *book, GError **err)
{
    arena_free(book->merged);
    book->merged = arena_new();
    book->next_merge = 0;
    return sheet_merges(book->file, book->sheet, book->merged, &book->merges, err);
}

/* The sheet in hand up to its header. *ret_found false: it has none. */
static bool open_sheet(Book *book, bool *ret_found, GError **err)
{
    bool more = true;
    *ret_found = false;
    if (!read_merges(book, err))
        return false;
    book->stream = sheet_stream_open(book->file, book->sheet, &sheet_handler, book, err);
    if (!book->stream)
        return false;
    while (more && !is_enough(book))
        if (!sheet_stream_step(book->stream, &more, err))
            return false;
    *ret_found = find_header(book);
    if (!*ret_found)
        close_sheet(book);
    else if (!more) {
        sheet_stream_close(book->stream);
        book->stream = NULL;
    }
    return true;
}

/* The next sheet with a header, from the one in hand on. */
static bool find_sheet(Book *book, bool *ret_found, GError **err)
{
    size_t n;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(book->file, &n);
    for (*ret_found = false; book->sheet < n; book->sheet++) {
        if (sheets[book->sheet].hidden && !book->only)
            continue;
        if (!open_sheet(book, ret_found, err))
            return false;
        if (*ret_found || book->only)
            break;
    }
    return true;
}

/* The first sheet with known words in its header: explanations and lists of codes often stand before it. Without any, the first with a header. */
static bool find_first(Book *book, bool *ret_found, GError **err)
{
    const IngestOptions *options = &book->reader->options;
    *ret_found = false;
    book->by_words = !book->only && options->header_row == 0 && options->n_known > 0 && !options->sheet.p;
    if (book->by_words && !find_sheet(book, ret_found, err))
        return false;
    if (*ret_found)
        return true;
    book->by_words = false;
    book->sheet = book->only ? book->sheet : 0;
    return find_sheet(book, ret_found, err);
}

static bool choose_sheet(Book *book, GError **err)
{
    Str wanted = book->reader->options.sheet;
    if (!wanted.p || str_eq(wanted, STR("*")))
        return true;
    size_t n;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(book->file, &n);
    for (book->sheet = 0; book->sheet < n; book->sheet++)
        if (str_eq(sheets[book->sheet].name, wanted)) {
            book->only = true;
            return true;
        }
    error_set(err, BH_BAD_INPUT, "the workbook has no sheet '" STR_FMT "'", STR_ARG(wanted));
    return error_detail(err, "no-sheet");
}

static XlsxFile *open_file(const IngestInput *input, GError **err)
{
    if (input->read) {
        error_set(err, BH_USAGE, "a workbook is read from a file or from memory");
        return NULL;
    }
    return input->bytes.p ? xlsx_file_open(input->bytes, err) : xlsx_file_open_fd(input->fd, err);
}

static bool open_book(IngestReader *reader, GError **err)
{
    Book *book = reader->state = g_new0(Book, 1);
    bool found;
    book->arena = arena_new();
    book->reader = reader;
    book->file = open_file(reader->stream.input, err);
    if (!book->file || !choose_sheet(book, err) || !find_first(book, &found, err))
        return false;
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "the workbook has no sheet with a header");
    return error_detail(err, "empty");
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------ */

static void give_kept(Book *book)
{
    Box *box = book->reader->box;
    for (size_t i = 0; i < book->kept.n; i++) {
        HeadRow row = book->kept.v[i];
        Str *cells = ARENA_ARRAY(box->arena, Str, row.n_cells + 1);
        for (size_t c = 0; c < row.n_cells; c++)
            cells[c] = arena_str(box->arena, row.cells[c]);
        row.cells = cells;
        take_cells(book, &row);
    }
    book->kept.n = 0;
}

static bool next_book(IngestReader *reader, bool *ret_more, GError **err)
{
    Book *book = reader->state;
    bool more = true, found = true;
    *ret_more = true;
    if (book->kept.n > 0)
        give_kept(book);
    else if (book->stream) {
        if (!sheet_stream_step(book->stream, &more, err))
            return false;
        if (!more) {
            sheet_stream_close(book->stream);
            book->stream = NULL;
        }
    } else if (str_eq(reader->options.sheet, STR("*")) && !book->only) {
        close_sheet(book);
        book->sheet++;
        if (!find_sheet(book, &found, err))
            return false;
        *ret_more = found;
    } else
        *ret_more = false;
    box_close(reader->box, book->table);
    return true;
}

const Driver driver_xlsx = { open_book, next_book, close_book };

bool ingest_sheets(const IngestInput *input, Arena *arena, const IngestSheet **ret_sheets, size_t *ret_n, GError **err)
{
    g_autoptr(XlsxFile) file = open_file(input, err);
    if (!file)
        return false;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(file, ret_n);
    IngestSheet *copies = ARENA_ARRAY(arena, IngestSheet, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        copies[i] = (IngestSheet) { arena_str(arena, sheets[i].name), sheets[i].hidden };
    *ret_sheets = copies;
    return true;
}
