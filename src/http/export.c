/* A list as a workbook: its own handler is asked for page after page, as if the asker asked, and a table says which values of a row stand in which column. So every list goes out by
 * the same few lines, with the rights and filters that it has. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "http/server.h"
#include "publish/publish.h"

#include "base/banned.h"

typedef struct {
    Exchange *x;
    HttpExport list;
    const RouteInfo *route; /* of the list */
    Lang lang;
    Str query;              /* of the asker, without lang */
    Arena *arena;           /* of a page */
} Export;

/* --- Values ----------------------------------------------------------------------------------------------------------------- */

static Str word_of(const Export *export, const HttpExportColumn *column, Str value)
{
    Str text = column->words ? i18n(export->lang, arena_printf(export->arena, "%s" STR_FMT, column->words, STR_ARG(value)).p) : STR_NONE;
    return text.p ? text : value;
}

/* 2026-11-22T14:30:05+08:00 is shown as 2026-11-22 14:30. */
static Str shown_instant(const Export *export, Str text)
{
    enum { DAY = 10, MINUTE = 16 };
    if (text.n <= MINUTE || text.p[DAY] != 'T' || text.p[4] != '-')
        return text;
    return arena_printf(export->arena, STR_FMT " " STR_FMT, STR_ARG(str_head(text, DAY)), STR_ARG(str_from_at(str_head(text, MINUTE), DAY + 1)));
}

static Str value_text(const Export *export, const HttpExportColumn *column, const JsonValue *value)
{
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return i18n(export->lang, value->type == JSON_TRUE ? "export.yes" : "export.no");
    if (value->type != JSON_STRING && value->type != JSON_NUMBER)
        return STR_NONE;
    return word_of(export, column, shown_instant(export, value->text));
}

/* All that a path names, one behind the other. */
static void gather(const Export *export, const HttpExportColumn *column, const JsonValue *at, Str path, GString *out)
{
    Str rest = path, name = str_cut(&rest, '.');
    bool all = str_ends(name, STR("[]"));
    g_autofree char *member = str_dup(all ? str_head(name, name.n - 2) : name);
    const JsonValue *value = name.p && *member ? json_get(at, member) : at;
    if (all) {
        for (const JsonValue *one = value && value->type == JSON_BEGIN_ARRAY ? value->first : NULL; one; one = one->next)
            gather(export, column, one, rest.p ? rest : STR(""), out);
        return;
    }
    if (value && rest.p) {
        gather(export, column, value, rest, out);
        return;
    }
    Str text = value ? value_text(export, column, value) : STR_NONE, separator = i18n(export->lang, "list.separator");
    if (text.n == 0)
        return;
    if (out->len > 0)
        g_string_append_len(out, separator.p, (gssize) separator.n);
    g_string_append_len(out, text.p, (gssize) text.n);
}

static TableCell cell_of(const Export *export, const HttpExportColumn *column, const JsonValue *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    TableCell cell = { .date = DATE_NONE };
    gather(export, column, row, str_from(column->value), text);
    cell.text = arena_str(export->arena, str_from_gstring(text));
    cell.has_number = column->type == EXPORT_NUMBER && decimal_parse(cell.text, &cell.number);
    if (column->type == EXPORT_DATE)
        date_parse(str_head(cell.text, 10), &cell.date);
    return cell;
}

/* --- Pages ------------------------------------------------------------------------------------------------------------------- */

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

static bool has_param(const RouteInfo *route, const char *name)
{
    for (size_t i = 0; i < route->n_query; i++)
        if (str_eq(route->query[i].name, str_from(name)))
            return true;
    return false;
}

static void append_escaped(GString *out, Str text)
{
    g_autofree char *plain = str_dup(text);
    g_autofree char *escaped = g_uri_escape_string(plain, NULL, false);
    g_string_append(out, escaped);
}

static Str page_query(const Export *export, Str cursor)
{
    g_autoptr(GString) query = g_string_new_len(export->query.p, (gssize) export->query.n);
    if (has_param(export->route, "limit"))
        g_string_append_printf(query, "limit=%d", LIMIT_LIST_ROWS);
    if (cursor.p) {
        g_string_append(query, "&cursor=");
        append_escaped(query, cursor);
    }
    return arena_str(export->arena, str_from_gstring(query));
}

/* A request of its own for the list's handler, which answers into it. */
static bool ask_page(const Export *export, Str cursor, Exchange *sub, const JsonValue **ret_answer, GError **err)
{
    sub->request = export->x->request;
    sub->request.arena = export->arena;
    sub->request.route = export->route->route;
    sub->server = export->x->server;
    sub->connection = export->x->connection;
    sub->match = export->x->match;
    sub->match.info = export->route;
    if (!router_read_query(export->route, page_query(export, cursor), export->arena, sub->query_values, err)
        || !export->route->route->handler(&sub->request, err))
        return false;
    if (sub->answer.status != 200 || !sub->answer.body)
        return error_set(err, BH_INTERNAL, "the list %s did not answer with rows", export->list.path);
    *ret_answer = json_parse(str_from_gstring(sub->answer.body), export->arena, err);
    return *ret_answer != NULL;
}

static bool write_rows(const Export *export, XlsxSheet *sheet, const JsonValue *answer, GError **err)
{
    const JsonValue *rows = json_get(answer, export->list.rows ? export->list.rows : "rows");
    g_autofree TableCell *cells = g_new0(TableCell, export->list.n_columns);
    for (const JsonValue *row = rows ? rows->first : NULL; row; row = row->next) {
        for (size_t c = 0; c < export->list.n_columns; c++)
            cells[c] = cell_of(export, &export->list.columns[c], row);
        if (!xlsx_row(sheet, cells, err))
            return false;
    }
    return true;
}

/* *ret_cursor: of the next page, in `keep`; STR_NONE at the end. */
static bool export_page(Export *export, XlsxSheet *sheet, GString *keep, Str *cursor, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree Exchange *sub = g_new0(Exchange, 1);
    const JsonValue *answer = NULL;
    Str next = STR_NONE;
    export->arena = arena;
    bool done = ask_page(export, *cursor, sub, &answer, err) && write_rows(export, sheet, answer, err) && json_opt_str(answer, "next", &next, err);
    g_string_assign(keep, "");
    g_string_append_len(keep, next.p, (gssize) next.n);
    *cursor = next.p ? str_from_gstring(keep) : STR_NONE;
    answer_clear(&sub->answer); /* in which next lay */
    return done;
}

static bool export_pages(Export *export, XlsxSheet *sheet, GError **err)
{
    g_autoptr(GString) keep = g_string_new(NULL);
    Str cursor = STR_NONE;
    do {
        if (!export_page(export, sheet, keep, &cursor, err))
            return false;
    } while (cursor.p);
    return true;
}

/* --- The book ------------------------------------------------------------------------------------------------------------------ */

static bool write_book(Export *export, const char *path, GError **err)
{
    static const ColumnType types[] = { [EXPORT_TEXT] = COLUMN_TEXT, [EXPORT_NUMBER] = COLUMN_NUMBER, [EXPORT_DATE] = COLUMN_DATE };
    g_autofree TableColumn *columns = g_new0(TableColumn, export->list.n_columns);
    for (size_t c = 0; c < export->list.n_columns; c++) {
        const HttpExportColumn *column = &export->list.columns[c];
        const char *title = column->label[export->lang] ? column->label[export->lang] : i18n(export->lang, column->heading).p;
        columns[c] = (TableColumn) { .title = title, .type = types[column->type], .width = column->width, .hidden = column->hidden };
    }
    g_autoptr(XlsxBook) book = xlsx_new(path, clock_now_ms(export->x->request.app->clock), err);
    XlsxSheet *sheet = book ? xlsx_sheet(book, i18n(export->lang, export->list.title).p, columns, export->list.n_columns, err) : NULL;
    return sheet && export_pages(export, sheet, err) && xlsx_finish(book, err);
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

static bool find_columns(const HttpRequest *request, HttpExport *list, GError **err)
{
    g_autoptr(DbConn) conn = list->find_columns ? db_reader(request->app->db, err) : NULL;
    return !list->find_columns || (conn && list->find_columns(request, conn, list, err));
}

bool export_list(HttpRequest *request, GError **err)
{
    Exchange *x = exchange_of(request);
    Export export = { .x = x, .list = *x->match.info->export, .route = x->match.info->exported };
    if (!find_columns(request, &export.list, err))
        return false;
    export.query = query_without_lang(x, request->arena);
    lang_parse(http_query(request, "lang"), &export.lang);
    g_autofree char *path = http_book_path(request);
    if (!write_book(&export, path, err))
        return false;
    Str title = i18n(export.lang, export.list.title);
    return http_send_book(request, path, arena_printf(request->arena, STR_FMT ".xlsx", STR_ARG(title)), err);
}
