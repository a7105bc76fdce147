/* A list as a workbook: its own handler is asked for page after page, as if the asker asked, and a table says which values of a row stand in which column. So every list goes out by
 * the same few lines, with the rights and filters that it has. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "http/list-rows.h"
#include "publish/publish.h"

#include "base/banned.h"

typedef struct {
    HttpRequest *request;
    HttpExport list;
    Lang lang;
    XlsxSheet *sheet;
} Export;

static TableCell cell_of(const Export *export, const HttpExportColumn *column, const JsonValue *answer, const JsonValue *row, Arena *arena)
{
    TableCell cell = { .date = DATE_NONE, .text = list_cell_text(column, export->lang, answer, row, arena) };
    cell.has_number = column->type == EXPORT_NUMBER && decimal_parse(cell.text, &cell.number);
    if (column->type == EXPORT_DATE)
        date_parse(str_head(cell.text, 10), &cell.date);
    return cell;
}

static bool write_rows(void *data, const JsonValue *answer, Arena *arena, GError **err)
{
    const Export *export = data;
    g_autofree TableCell *cells = g_new0(TableCell, export->list.n_columns + 1);
    for (const JsonValue *row = list_rows(&export->list, answer); row; row = row->next) {
        for (size_t c = 0; c < export->list.n_columns; c++)
            cells[c] = cell_of(export, &export->list.columns[c], answer, row, arena);
        if (list_marked(&export->list))
            cells[export->list.n_columns] = (TableCell) { .date = DATE_NONE, .text = list_marks(&export->list, export->lang, answer, row, arena) };
        if (!xlsx_row(export->sheet, cells, err))
            return false;
    }
    return true;
}

static Str query_without_lang(const Exchange *x, Arena *arena)
{
    Str all = STR("");
    for (Str rest = x->query; rest.p;) {
        Str pair = str_cut(&rest, '&');
        if (pair.n > 0 && !str_starts(pair, STR("lang=")))
            all = arena_printf(arena, STR_FMT STR_FMT "&", STR_ARG(all), STR_ARG(pair));
    }
    return all;
}

/* --- The book ------------------------------------------------------------------------------------------------------------------ */

static bool write_book(Export *export, const char *path, GError **err)
{
    static const ColumnType types[] = { [EXPORT_TEXT] = COLUMN_TEXT, [EXPORT_NUMBER] = COLUMN_NUMBER, [EXPORT_DATE] = COLUMN_DATE };
    size_t n = export->list.n_columns;
    g_autofree TableColumn *columns = g_new0(TableColumn, n + 1);
    for (size_t c = 0; c < n; c++) {
        const HttpExportColumn *column = &export->list.columns[c];
        columns[c] = (TableColumn) { .title = list_heading(column, export->lang), .type = types[column->type], .width = column->width, .hidden = column->hidden };
    }
    if (list_marked(&export->list))
        columns[n++] = (TableColumn) { .title = i18n(export->lang, "export.written").p, .type = COLUMN_TEXT, .width = 8, .hidden = true };
    g_autoptr(XlsxBook) book = xlsx_new(path, clock_now_ms(export->request->app->clock), err);
    Exchange *x = exchange_of(export->request);
    ListAsk ask = { x, x->match.info->exported, query_without_lang(x, export->request->arena) };
    export->sheet = book ? xlsx_sheet(book, i18n(export->lang, export->list.title).p, columns, n, err) : NULL;
    return export->sheet && list_pages(&ask, write_rows, export, err) && xlsx_finish(book, err);
}

/* --- Sending: the file has no name any more, and goes out piece by piece --------------------------------------------------- */

enum { PIECE_BYTES = 64 * 1024 };

static bool run_book(void *data, Sink sink, GError **err)
{
    const int *fd = data;
    g_autofree char *piece = g_malloc(PIECE_BYTES);
    ssize_t n;
    while ((n = file_read_some(*fd, piece, PIECE_BYTES, err)) > 0)
        if (!sink_write(sink, (Str) { piece, (size_t) n }, err))
            return false;
    return n == 0;
}

static void close_book(void *data)
{
    file_close(data);
    g_free(data);
}

bool http_send_book(HttpRequest *request, const char *path, Str name, GError **err)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return error_set_errno(err, errno, "cannot open '%s'", path);
    g_unlink(path);
    int *given = g_new(int, 1);
    *given = fd;
    fd = -1;
    http_attachment(request, name);
    return http_stream(request, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", info.st_size, (HttpSource) { run_book, close_book, given });
}

char *http_book_path(const HttpRequest *request)
{
    return g_strdup_printf("%s/tmp/%s.xlsx", request->app->data_dir, request->id);
}

bool export_list(HttpRequest *request, GError **err)
{
    Export export = { .request = request, .list = *exchange_of(request)->match.info->export };
    if (!list_columns(request, &export.list, err))
        return false;
    lang_parse(http_query(request, "lang"), &export.lang);
    g_autofree char *path = http_book_path(request);
    if (!write_book(&export, path, err))
        return false;
    Str title = i18n(export.lang, export.list.title);
    return http_send_book(request, path, arena_printf(request->arena, STR_FMT ".xlsx", STR_ARG(title)), err);
}
