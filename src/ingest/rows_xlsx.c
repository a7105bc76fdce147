/* Sheets of a workbook as batches. The first rows of a sheet are kept until the header is known among them. */
#include "base/limits.h"
#include "ingest/read.h"
#include "ingest/xlsx.h"

#include "base/banned.h"

typedef struct {
    Arena *arena;      /* of the rows kept */
    XlsxFile *file;
    size_t sheet;      /* the one in hand */
    bool only;         /* no other one is wanted */
    SheetStream *stream; /* NULL: none is open */
    IngestReader *reader;
    IngestTable *table; /* NULL: the header is not known yet */
    ARENA_LIST(HeadRow) kept;
} Book;

static void close_book(IngestReader *reader)
{
    Book *book = reader->state;
    if (!book)
        return;
    sheet_stream_close(book->stream);
    xlsx_file_close(book->file);
    arena_free(book->arena);
    g_free(book);
    reader->state = NULL;
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------- */

static void wrong_count(Book *book, int64_t number, size_t n)
{
    Box *box = book->reader->box;
    IngestFinding *finding = box_find(box, "row-long", true, reader_place(book->reader, INGEST_AT_ROW, number), book->table, STR_NONE,
                                      "the row has a value in column %zu, the header %zu columns", n, book->table->n_columns);
    box_params(box, finding, "count=%zu\nexpected=%zu", n, book->table->n_columns);
}

/* A row whose cells live as long as the box. */
static void take_cells(Book *book, const Str *cells, size_t n, int64_t number)
{
    Box *box = book->reader->box;
    size_t width = header_width(cells, n), n_columns = book->table->n_columns;
    if (width == 0)
        return;
    if (width > n_columns) {
        wrong_count(book, number, width);
        return;
    }
    box_reserve_cells(box, n_columns);
    for (size_t c = 0; c < n_columns; c++)
        box->cells[box->n_cells++] = c < width ? cells[c] : STR("");
    box_row(box, reader_place(book->reader, INGEST_AT_ROW, number), STR_NONE);
}

static HeadRow copy_row(const SheetRow *row, Arena *arena)
{
    size_t n = row->n_cells > 0 ? (size_t) row->cells[row->n_cells - 1].column + 1 : 0;
    Str *cells = ARENA_ARRAY(arena, Str, n + 1);
    for (size_t c = 0; c < n; c++)
        cells[c] = STR("");
    for (size_t i = 0; i < row->n_cells; i++)
        cells[row->cells[i].column] = arena_str(arena, row->cells[i].text);
    return (HeadRow) { cells, n, (int64_t) row->row + 1 };
}

static bool take_row(void *data, const SheetRow *row, GError **err)
{
    (void) err;
    Book *book = data;
    if (row->n_cells == 0)
        return true;
    HeadRow copy = copy_row(row, book->table ? book->reader->box->arena : book->arena);
    if (!book->table)
        *ARENA_PUSH(book->arena, &book->kept) = copy;
    else
        take_cells(book, copy.cells, copy.n_cells, copy.number);
    return true;
}

/* --- The header ------------------------------------------------------------------------------------------------------------ */

/* Among the rows kept; those behind it stay kept. False: it has none. */
static bool find_header(Book *book)
{
    IngestReader *reader = book->reader;
    bool none = reader->options.header_row < 0;
    size_t n = MIN(book->kept.n, (size_t) MAX(HEADER_ROWS, reader->options.header_row));
    size_t at = none && n > 0 ? 0 : header_find(book->kept.v, n, &reader->options);
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
}

/* The sheet in hand up to its header. *ret_found false: it has none. */
static bool open_sheet(Book *book, bool *ret_found, GError **err)
{
    bool more = true;
    *ret_found = false;
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
    if (!book->file || !choose_sheet(book, err) || !find_sheet(book, &found, err))
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
        const HeadRow *row = &book->kept.v[i];
        Str *cells = ARENA_ARRAY(box->arena, Str, row->n_cells + 1);
        for (size_t c = 0; c < row->n_cells; c++)
            cells[c] = arena_str(box->arena, row->cells[c]);
        take_cells(book, cells, row->n_cells, row->number);
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
