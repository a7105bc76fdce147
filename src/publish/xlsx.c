#include <fcntl.h>
#include <xlsxwriter.h>

#include "base/file.h"
#include "base/limits.h"
#include "ingest/ingest.h"
#include "publish/publish.h"

#include "base/banned.h"

enum { SHEET_ROWS = 1048576, COPY_BYTES = 64 * 1024, HEAD_COLOR = 0xE8EEF4, PAPER_A3 = 8, PAPER_A4 = 9, A4_CHARS = 150 /* of width that are still read on it */ };

struct XlsxSheet {
    XlsxBook *book;
    lxw_worksheet *worksheet;
    const TableColumn *columns;
    size_t n_columns;
    lxw_format **formats; /* of the columns that have their own; else NULL */
    lxw_row_t head, row;  /* that of the titles; the next */
};

struct XlsxBook {
    char *path;
    TempDir *dir;
    char *draft; /* the file as the library writes it */
    lxw_workbook *workbook;
    lxw_format *head, *group, *text, *day;
    GPtrArray *sheets; /* of XlsxSheet */
};

static bool check(lxw_error error, GError **err)
{
    if (error == LXW_NO_ERROR)
        return true;
    BhError code = error == LXW_ERROR_CREATING_TMPFILE || error == LXW_ERROR_CREATING_XLSX_FILE ? BH_FULL : BH_INTERNAL;
    return error_set(err, code, "cannot write the workbook: %s", lxw_strerror(error));
}

static void set_properties(XlsxBook *book, int64_t created_ms)
{
    enum { MS_PER_SECOND = 1000 };
    lxw_doc_properties properties = { .created = (time_t) (created_ms / MS_PER_SECOND) };
    workbook_set_properties(book->workbook, &properties);
}

static void make_formats(XlsxBook *book)
{
    book->head = workbook_add_format(book->workbook);
    format_set_bold(book->head);
    format_set_text_wrap(book->head);
    format_set_align(book->head, LXW_ALIGN_CENTER);
    format_set_align(book->head, LXW_ALIGN_VERTICAL_CENTER);
    format_set_bg_color(book->head, HEAD_COLOR);
    format_set_border(book->head, LXW_BORDER_THIN);
    book->group = workbook_add_format(book->workbook);
    format_set_bold(book->group);
    format_set_align(book->group, LXW_ALIGN_CENTER);
    book->text = workbook_add_format(book->workbook);
    format_set_text_wrap(book->text);
    format_set_align(book->text, LXW_ALIGN_VERTICAL_TOP);
    book->day = workbook_add_format(book->workbook);
    format_set_num_format(book->day, "yyyy-mm-dd");
    format_set_align(book->day, LXW_ALIGN_VERTICAL_TOP);
}

static void sheet_free(gpointer data)
{
    XlsxSheet *sheet = data;
    g_free(sheet->formats);
    g_free(sheet);
}

XlsxBook *xlsx_new(const char *path, int64_t created_ms, GError **err)
{
    g_autoptr(XlsxBook) book = g_new0(XlsxBook, 1);
    book->path = g_strdup(path);
    book->sheets = g_ptr_array_new_with_free_func(sheet_free);
    book->dir = temp_dir_new(err);
    if (!book->dir)
        return NULL;
    book->draft = temp_dir_join(book->dir, "book.xlsx");
    g_autofree char *scratch = g_strdup(temp_dir_path(book->dir));
    lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = scratch };
    book->workbook = workbook_new_opt(book->draft, &options);
    if (!book->workbook) {
        error_set(err, BH_INTERNAL, "cannot begin a workbook");
        return NULL;
    }
    set_properties(book, created_ms);
    make_formats(book);
    return g_steal_pointer(&book);
}

void xlsx_free(XlsxBook *book)
{
    if (!book)
        return;
    if (book->workbook)
        lxw_workbook_free(book->workbook);
    temp_dir_free(book->dir);
    g_ptr_array_unref(book->sheets);
    g_free(book->draft);
    g_free(book->path);
    g_free(book);
}

static bool has_groups(const XlsxSheet *sheet)
{
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (sheet->columns[i].group)
            return true;
    return false;
}

/* Neighbours of one group share a cell. Each row is written once and in order: nothing is merged downwards. */
static bool write_groups(XlsxSheet *sheet, GError **err)
{
    for (size_t i = 0, last; i < sheet->n_columns; i = last + 1) {
        const char *group = sheet->columns[i].group;
        for (last = i; group && last + 1 < sheet->n_columns && g_strcmp0(sheet->columns[last + 1].group, group) == 0;)
            last++;
        lxw_error error = !group      ? LXW_NO_ERROR
                          : last == i ? worksheet_write_string(sheet->worksheet, 0, (lxw_col_t) i, group, sheet->book->group)
                                      : worksheet_merge_range(sheet->worksheet, 0, (lxw_col_t) i, 0, (lxw_col_t) last, group, sheet->book->group);
        if (!check(error, err))
            return false;
    }
    return true;
}

/* --- Heights: who shows a book sets rows of wrapped text higher, or does not ------------------------------------------------------ */

enum { LINE_POINTS = 15, ROW_POINTS_MAX = 405 };

static bool is_wide(const char *p)
{
    enum { FIRST_WIDE = 0x1100 };
    return g_utf8_get_char(p) >= FIRST_WIDE;
}

/* The lines that a text takes in a column of that many characters, a Chinese one as two. */
static size_t lines_of(Str text, double width)
{
    size_t lines = 1, room = (size_t) MAX(width - 2, 1), used = 0;
    g_autofree char *all = str_dup(text);
    for (const char *p = all; *p; p = g_utf8_next_char(p)) {
        size_t takes = is_wide(p) ? 2 : 1;
        if (*p == '\n' || used + takes > room) {
            lines++;
            used = 0;
        }
        used += *p == '\n' ? 0 : takes;
    }
    return lines;
}

static bool set_height(XlsxSheet *sheet, size_t lines, GError **err)
{
    double points = MIN((double) lines * LINE_POINTS, ROW_POINTS_MAX);
    return lines < 2 || check(worksheet_set_row(sheet->worksheet, sheet->row, points, NULL), err);
}

static size_t lines_of_row(const XlsxSheet *sheet, const TableCell *cells)
{
    size_t lines = 1;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (sheet->columns[i].type == COLUMN_TEXT && !sheet->columns[i].hidden && cells[i].text.n > 0)
            lines = MAX(lines, lines_of(cells[i].text, sheet->columns[i].width));
    return lines;
}

static size_t lines_of_titles(const XlsxSheet *sheet)
{
    size_t lines = 1;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (!sheet->columns[i].hidden)
            lines = MAX(lines, lines_of(str_from(sheet->columns[i].title), sheet->columns[i].width));
    return lines;
}

static bool set_column(XlsxSheet *sheet, size_t i, GError **err)
{
    const TableColumn *column = &sheet->columns[i];
    lxw_row_col_options options = { .hidden = column->hidden };
    if (column->format) {
        sheet->formats[i] = workbook_add_format(sheet->book->workbook);
        format_set_num_format(sheet->formats[i], column->format);
        format_set_align(sheet->formats[i], LXW_ALIGN_VERTICAL_TOP);
    }
    return check(worksheet_set_column_opt(sheet->worksheet, (lxw_col_t) i, (lxw_col_t) i, column->width, NULL, &options), err);
}

/* Across the page, as wide as the sheet of paper; headings and page numbers on each; lines between the cells. */
static void set_page(const XlsxSheet *sheet)
{
    double chars = 0;
    for (size_t i = 0; i < sheet->n_columns; i++)
        chars += sheet->columns[i].hidden ? 0 : sheet->columns[i].width;
    worksheet_set_landscape(sheet->worksheet);
    worksheet_set_paper(sheet->worksheet, chars > A4_CHARS ? PAPER_A3 : PAPER_A4);
    worksheet_fit_to_pages(sheet->worksheet, 1, 0);
    worksheet_set_margins(sheet->worksheet, 0.4, 0.4, 0.6, 0.6);
    worksheet_repeat_rows(sheet->worksheet, 0, sheet->head);
    worksheet_gridlines(sheet->worksheet, LXW_SHOW_ALL_GRIDLINES);
    worksheet_set_header(sheet->worksheet, "&C&B&A");
    worksheet_set_footer(sheet->worksheet, "&C&P / &N");
}

static bool write_heading(XlsxSheet *sheet, GError **err)
{
    sheet->head = has_groups(sheet) ? 1 : 0;
    set_page(sheet);
    if (sheet->head > 0 && !write_groups(sheet, err))
        return false;
    sheet->row = sheet->head;
    if (!set_height(sheet, lines_of_titles(sheet), err))
        return false;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (!set_column(sheet, i, err)
            || !check(worksheet_write_string(sheet->worksheet, sheet->head, (lxw_col_t) i, sheet->columns[i].title, sheet->book->head), err))
            return false;
    sheet->row = sheet->head + 1;
    worksheet_freeze_panes(sheet->worksheet, sheet->row, 0);
    return true;
}

XlsxSheet *xlsx_sheet(XlsxBook *book, const char *name, const TableColumn *columns, size_t n_columns, GError **err)
{
    if (workbook_validate_sheet_name(book->workbook, name) != LXW_NO_ERROR) {
        error_set(err, BH_BAD_INPUT, "'%s' cannot be the name of a sheet", name);
        return NULL;
    }
    XlsxSheet *sheet = g_new0(XlsxSheet, 1);
    g_ptr_array_add(book->sheets, sheet);
    *sheet = (XlsxSheet) { .book = book, .worksheet = workbook_add_worksheet(book->workbook, name), .columns = columns, .n_columns = n_columns };
    sheet->formats = g_new0(lxw_format *, n_columns);
    return write_heading(sheet, err) ? sheet : NULL;
}

static lxw_error write_text(XlsxSheet *sheet, lxw_col_t col, Str text)
{
    g_autofree char *shown = xlsx_escaped(text);
    if (utf8_length(str_from(shown)) > LIMIT_XLSX_TEXT_CHARS) {
        Str head = utf8_head(str_from(shown), LIMIT_XLSX_TEXT_CHARS - 1);
        char *cut = g_strdup_printf(STR_FMT "…", STR_ARG(head));
        g_free(shown);
        shown = cut;
    }
    return worksheet_write_string(sheet->worksheet, sheet->row, col, shown, sheet->book->text);
}

static lxw_format *format_or(const XlsxSheet *sheet, lxw_col_t col, lxw_format *otherwise)
{
    return sheet->formats[col] ? sheet->formats[col] : otherwise;
}

static lxw_error write_number(XlsxSheet *sheet, lxw_col_t col, Decimal number)
{
    char text[DECIMAL_TEXT_MAX];
    return worksheet_write_number(sheet->worksheet, sheet->row, col, g_ascii_strtod(decimal_format(number, text), NULL),
                                  format_or(sheet, col, sheet->book->text));
}

static lxw_error write_date(XlsxSheet *sheet, lxw_col_t col, Date date)
{
    int year, month, day;
    date_to_ymd(date, &year, &month, &day);
    lxw_datetime when = { .year = year, .month = month, .day = day };
    return worksheet_write_datetime(sheet->worksheet, sheet->row, col, &when, format_or(sheet, col, sheet->book->day));
}

static lxw_error write_cell(XlsxSheet *sheet, lxw_col_t col, const TableCell *cell)
{
    switch (sheet->columns[col].type) {
    case COLUMN_NUMBER:
        return cell->has_number ? write_number(sheet, col, cell->number) : LXW_NO_ERROR;
    case COLUMN_DATE:
        return cell->date != DATE_NONE ? write_date(sheet, col, cell->date) : LXW_NO_ERROR;
    case COLUMN_TEXT:
        break;
    }
    return cell->text.n > 0 ? write_text(sheet, col, cell->text) : LXW_NO_ERROR;
}

bool xlsx_row(XlsxSheet *sheet, const TableCell *cells, GError **err)
{
    if (sheet->row >= SHEET_ROWS)
        return error_set(err, BH_TOO_LARGE, "a sheet holds %d rows", SHEET_ROWS - 1);
    if (!set_height(sheet, lines_of_row(sheet, cells), err))
        return false;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (!check(write_cell(sheet, (lxw_col_t) i, &cells[i]), err))
            return false;
    sheet->row++;
    return true;
}

/* The filters need the last row, which is known only now. */
static void add_filters(const XlsxBook *book)
{
    for (guint i = 0; i < book->sheets->len; i++) {
        const XlsxSheet *sheet = book->sheets->pdata[i];
        if (sheet->n_columns > 0)
            worksheet_autofilter(sheet->worksheet, sheet->head, 0, sheet->row - 1, (lxw_col_t) (sheet->n_columns - 1));
    }
}

static bool copy_to(const char *from, int to, GError **err)
{
    AUTO_FD fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open '%s'", from);
    g_autofree char *buffer = g_malloc(COPY_BYTES);
    ssize_t n;
    while ((n = file_read_some(fd, buffer, COPY_BYTES, err)) > 0)
        if (!file_write_all(to, (Str) { buffer, (size_t) n }, err))
            return false;
    return n == 0;
}

bool xlsx_finish(XlsxBook *book, GError **err)
{
    add_filters(book);
    lxw_error error = workbook_close(book->workbook); /* frees it, whatever it returns */
    book->workbook = NULL;
    if (!check(error, err))
        return false;
    g_autofree char *folder = g_path_get_dirname(book->path);
    g_autoptr(AtomicFile) file = atomic_file_new(folder, err);
    return file && copy_to(book->draft, atomic_file_fd(file), err) && atomic_file_commit(file, book->path, 0644, err);
}
