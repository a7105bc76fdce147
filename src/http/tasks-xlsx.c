/* Tasks as a workbook: in our own form, whose rows carry uid and version, or in the layout in which their plan came. Both come back (ledger/import.h). */
#include "base/i18n.h"
#include "base/limits.h"
#include "base/package.h"
#include "db/queries.h"
#include "http/task-json.h"
#include "ledger/import.h"
#include "ledger/task_sheet.h"
#include "publish/layout.h"
#include "publish/publish.h"

#include "base/banned.h"

/* --- In our own form ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    HttpRequest *request;
    Lang lang;
    const LedgerColumn *columns;
    size_t n_columns;
} Export;

static bool write_task(const Export *export, XlsxSheet *sheet, const Task *task, Arena *arena, GError **err)
{
    TableCell *cells = ARENA_ARRAY(arena, TableCell, export->n_columns);
    for (size_t c = 0; c < export->n_columns; c++) {
        Date date;
        cells[c].text = ledger_column_text(task, c, export->lang, arena, &date);
        cells[c].date = date;
    }
    return xlsx_row(sheet, cells, err);
}

/* *cursor: of the next page, in `keep`; STR_NONE at the end. */
static bool write_page(const Export *export, XlsxSheet *sheet, GString *keep, Str *cursor, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(export->request->app->db, err);
    DbList *list = task_sheet_list(arena);
    Task *tasks;
    size_t n;
    if (!conn || !task_list_of_query(export->request, conn, list, true, err) || !db_list_page(list, *cursor, LIMIT_LIST_ROWS, err)
        || !task_sheet_page(list, conn, arena, &tasks, &n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!write_task(export, sheet, &tasks[i], arena, err))
            return false;
    Str next = db_list_cursor(list);
    g_string_truncate(keep, 0);
    g_string_append_len(keep, next.p, (gssize) next.n);
    *cursor = next.p ? str_from_gstring(keep) : STR_NONE;
    return true;
}

/* Pages by key, so that no read transaction grows old, and in the memory of one page however many they are. */
static bool write_pages(const Export *export, XlsxSheet *sheet, GError **err)
{
    g_autoptr(GString) keep = g_string_new(NULL);
    Str cursor = STR_NONE;
    do {
        ArenaMark mark = arena_mark(export->request->arena); /* what the list was made of */
        if (!write_page(export, sheet, keep, &cursor, err))
            return false;
        arena_rewind(export->request->arena, mark);
    } while (cursor.p);
    return true;
}

static bool write_book(const Export *export, const char *path, GError **err)
{
    g_autofree TableColumn *columns = g_new0(TableColumn, export->n_columns);
    for (size_t c = 0; c < export->n_columns; c++) {
        const LedgerColumn *column = &export->columns[c];
        columns[c] = (TableColumn) { .title = i18n(export->lang, column->heading).p, .type = column->kind == SHOWN_DATE ? COLUMN_DATE : COLUMN_TEXT,
                                     .width = column->width, .hidden = column->hidden };
    }
    g_autoptr(XlsxBook) book = xlsx_new(path, clock_now_ms(export->request->app->clock), err);
    XlsxSheet *sheet = book ? xlsx_sheet(book, i18n(export->lang, "ledger.sheet").p, columns, export->n_columns, err) : NULL;
    return sheet && write_pages(export, sheet, err) && xlsx_finish(book, err);
}

static bool send_own_form(HttpRequest *request, GError **err)
{
    Export export = { .request = request };
    export.columns = ledger_columns(&export.n_columns);
    lang_parse(http_query(request, "lang"), &export.lang);
    g_autofree char *path = http_book_path(request);
    return write_book(&export, path, err) && http_send_book(request, path, i18n(export.lang, "ledger.file_name"), err);
}

/* --- In the layout that came ------------------------------------------------------------------------------------------------------ */

/* Titles, sections and foot of the layout are the plan's: who does not see it does not see them. */
static bool plan_seen(const HttpRequest *request, DbConn *conn, Str plan, GError **err)
{
    PlanListRow row;
    bool seen;
    return db_one(conn, PlanList, request->arena, &row, &seen, err, .account = request->session->account, .today = clock_today(request->app->clock), .uid = plan)
           && (seen || error_set(err, BH_NOT_FOUND, "there is no such plan"));
}

static GString *layout_file(const HttpRequest *request, Str blob, GError **err)
{
    BlobId id;
    if (!hex_read(blob, HASH_SIZE, id.bytes)) {
        error_set(err, BH_INTERNAL, "'" STR_FMT "' is no blob's name", STR_ARG(blob));
        return NULL;
    }
    return blob_get(request->app->blobs, id, LIMIT_IMPORT_BYTES, err);
}

static bool no_workbook(GError **err)
{
    error_set(err, BH_NOT_FOUND, "the plan did not come from a workbook");
    return error_detail(err, "no-layout");
}

static bool write_layout(const HttpRequest *request, DbConn *conn, Str plan, Str file, GString *out, GError **err)
{
    LedgerLayout layout;
    if (!package_is(file))
        return no_workbook(err);
    if (!ledger_layout(conn, request->arena, api_user(request), plan, file, &layout, err))
        return false;
    LayoutCell *cells = ARENA_ARRAY(request->arena, LayoutCell, layout.n_cells + 1);
    for (size_t i = 0; i < layout.n_cells; i++)
        cells[i] = (LayoutCell) { layout.cells[i].row, layout.cells[i].column, layout.cells[i].text, layout.cells[i].date };
    const LayoutEdit edit = { .sheet = layout.sheet, .cells = cells, .n_cells = layout.n_cells, .without = layout.without, .n_without = layout.n_without,
                              .style_row = layout.style_row, .hide_first = layout.hide_first, .hide_last = layout.hide_last };
    return layout_write(file, &edit, out, err);
}

static bool send_layout(HttpRequest *request, GError **err)
{
    Str plan = http_query(request, "plan"), blob, name;
    if (!plan.p) {
        error_set(err, BH_BAD_INPUT, "a layout is that of a plan");
        return error_at(err, "query:plan");
    }
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !plan_seen(request, conn, plan, err) || !ledger_layout_blob(conn, request->arena, plan, &blob, &name, err))
        return false;
    g_autoptr(GString) file = layout_file(request, blob, err), out = g_string_new(NULL);
    if (!file || !write_layout(request, conn, plan, str_from_gstring(file), out, err))
        return false;
    http_attachment(request, name);
    return http_bytes(request, 200, media_of_name(STR(".xlsx")), str_from_gstring(out));
}

bool get_tasks_xlsx(HttpRequest *request, GError **err)
{
    return http_query_flag(request, "layout") ? send_layout(request, err) : send_own_form(request, err);
}
