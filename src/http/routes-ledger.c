/* The ledger as lists: on the page, and as a file. */
#include <glib/gstdio.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "http/task-json.h"
#include "ledger/report.h"
#include "publish/publish.h"

#include "base/banned.h"

/* --- Lists -------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t at;
} text_filters[] = {
    { "state", offsetof(TaskFilter, state) },   { "kind", offsetof(TaskFilter, kind) },       { "plan", offsetof(TaskFilter, plan) },
    { "owner", offsetof(TaskFilter, owner) },   { "role", offsetof(TaskFilter, role) },       { "issuer", offsetof(TaskFilter, issuer) },
    { "light", offsetof(TaskFilter, light) },   { "q", offsetof(TaskFilter, q) },             { "number", offsetof(TaskFilter, number) },
    { "stage", offsetof(TaskFilter, stage) },   { "handler", offsetof(TaskFilter, handler) }, { "leader", offsetof(TaskFilter, leader) },
    { "parent", offsetof(TaskFilter, parent) }, { "source", offsetof(TaskFilter, source) },   { "term", offsetof(TaskFilter, term) },
    { "area", offsetof(TaskFilter, area) },     { "category", offsetof(TaskFilter, category) },
};

static TaskFilter filter_of_query(const HttpRequest *request)
{
    TaskFilter filter = task_filter_none();
    for (size_t i = 0; i < G_N_ELEMENTS(text_filters); i++)
        *(Str *) ((char *) &filter + text_filters[i].at) = http_query(request, text_filters[i].name);
    filter.owner_below = http_query_flag(request, "owner_below");
    filter.mine = http_query_flag(request, "mine");
    filter.late = http_query_flag(request, "late");
    filter.relapsed = http_query_flag(request, "relapsed");
    filter.silent = http_query_flag(request, "silent");
    filter.due_from = http_query_date(request, "due_from");
    filter.due_to = http_query_date(request, "due_to");
    filter.changed_from = http_query_date(request, "changed_from");
    return filter;
}

/* The rows behind a figure of a report, and behind what a report says has changed. */
static bool filter_report(const HttpRequest *request, DbList *list, GError **err)
{
    Str figure = http_query(request, "figure"), step = http_query(request, "step");
    Date on = http_query_date(request, "on");
    if (on == DATE_NONE)
        on = clock_today(request->app->clock);
    if (figure.p && !report_filter_figure(list, figure, on, clock_zone_minutes(request->app->clock), err))
        return false;
    return !step.p || report_filter_step(list, step, http_query_int(request, "since", 0), http_query_int(request, "until", 0), err);
}

bool task_list_of_query(const HttpRequest *request, DbConn *conn, DbList *list, bool order, GError **err)
{
    TaskFilter filter = filter_of_query(request);
    Date today = clock_today(request->app->clock);
    if (!filter_report(request, list, err))
        return false;
    if (!order)
        return task_list_all(list, conn, request->arena, api_user(request), today, &filter, err);
    return task_list_find(list, conn, request->arena, api_user(request), today, &filter, http_query(request, "order"), err);
}

/* --- On the page ---------------------------------------------------------------------------------------------------------- */

static bool get_tasks(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, TaskList, "t.id");
    if (!conn || !task_list_of_query(request, conn, list, true, err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (TaskListRow row; rows && db_list_next(list, rows, &row, err);)
        task_row_write(request, &row, json);
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- As a file ------------------------------------------------------------------------------------------------------------- */

enum { NO, TITLE, PLAN, STATE, DUE, LEAD, SUPPORT, MEASURES, MEASURES_DONE, EVIDENCE, COLUMNS };

/* Texts of the headings in i18n, type and width. */
static const struct {
    const char *key;
    ColumnType type;
    double width;
} sheet_columns[COLUMNS] = {
    [NO] = { "ledger.column.no", COLUMN_TEXT, 8 },
    [TITLE] = { "ledger.column.title", COLUMN_TEXT, 48 },
    [PLAN] = { "ledger.column.plan", COLUMN_TEXT, 32 },
    [STATE] = { "ledger.column.state", COLUMN_TEXT, 10 },
    [DUE] = { "ledger.column.due", COLUMN_DATE, 12 },
    [LEAD] = { "ledger.column.lead", COLUMN_TEXT, 28 },
    [SUPPORT] = { "ledger.column.support", COLUMN_TEXT, 36 },
    [MEASURES] = { "ledger.column.measures", COLUMN_NUMBER, 8 },
    [MEASURES_DONE] = { "ledger.column.measures_done", COLUMN_NUMBER, 8 },
    [EVIDENCE] = { "ledger.column.evidence", COLUMN_NUMBER, 8 },
};

typedef struct {
    HttpRequest *request;
    DbConn *conn;
    DbList *list;
    Lang lang;
    Arena *arena; /* of a row */
} Export;

static Str owner_names(const Export *export, int64_t task, Str role, GError **err)
{
    g_autoptr(GString) names = g_string_new(NULL);
    Str separator = i18n(export->lang, "list.separator");
    g_autoptr(DbRows) rows = db_query(export->conn, TaskOwners, err, .task = task);
    for (TaskOwnersRow row; rows && db_next(rows, &row, err);) {
        if (!str_eq(row.role, role))
            continue;
        if (names->len > 0)
            g_string_append_len(names, separator.p, (gssize) separator.n);
        g_string_append_len(names, row.org_name.p, (gssize) row.org_name.n);
    }
    return db_rows_ok(rows) ? arena_str(export->arena, str_from_gstring(names)) : STR_NONE;
}

static TableCell text_cell(Str text)
{
    return (TableCell) { .text = text, .date = DATE_NONE };
}

static TableCell count_cell(int64_t count)
{
    return (TableCell) { .number = decimal_make(count, 0), .has_number = true, .date = DATE_NONE };
}

static bool export_row(const Export *export, XlsxSheet *sheet, const TaskListRow *row, GError **err)
{
    ArenaMark mark = arena_mark(export->arena);
    Str state_key = arena_printf(export->arena, "task.state." STR_FMT, STR_ARG(row->state));
    Str lead = owner_names(export, row->id, STR("lead"), err), support = lead.p ? owner_names(export, row->id, STR("support"), err) : STR_NONE;
    const TableCell cells[COLUMNS] = {
        [NO] = text_cell(row->label.p ? row->label : row->no),
        [TITLE] = text_cell(row->title),
        [PLAN] = text_cell(row->plan_title),
        [STATE] = text_cell(i18n(export->lang, state_key.p)),
        [DUE] = { .date = row->due },
        [LEAD] = text_cell(lead),
        [SUPPORT] = text_cell(support),
        [MEASURES] = count_cell(row->measures),
        [MEASURES_DONE] = count_cell(row->measures_done),
        [EVIDENCE] = count_cell(row->evidence),
    };
    bool written = support.p && xlsx_row(sheet, cells, err);
    arena_rewind(export->arena, mark);
    return written;
}

/* Pages by key, so that no read transaction grows old. */
static bool export_pages(Export *export, XlsxSheet *sheet, GError **err)
{
    for (Str cursor = STR_NONE;;) {
        g_autoptr(DbConn) conn = db_reader(export->request->app->db, err);
        DbList *list = db_list_new(export->request->arena, TaskList, "t.id");
        if (!conn || !task_list_of_query(export->request, conn, list, true, err) || !db_list_page(list, cursor, LIMIT_LIST_ROWS, err))
            return false;
        export->conn = conn;
        g_autoptr(DbRows) rows = db_list_run(list, conn, err);
        for (TaskListRow row; rows && db_list_next(list, rows, &row, err);)
            if (!export_row(export, sheet, &row, err))
                return false;
        if (!db_rows_ok(rows))
            return false;
        cursor = db_list_cursor(list);
        if (!cursor.p)
            return true;
    }
}

static bool write_book(Export *export, const char *path, GError **err)
{
    TableColumn columns[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++)
        columns[c] = (TableColumn) { i18n(export->lang, sheet_columns[c].key).p, sheet_columns[c].type, sheet_columns[c].width };
    g_autoptr(XlsxBook) book = xlsx_new(path, clock_now_ms(export->request->app->clock), err);
    XlsxSheet *sheet = book ? xlsx_sheet(book, i18n(export->lang, "ledger.sheet").p, columns, COLUMNS, err) : NULL;
    return sheet && export_pages(export, sheet, err) && xlsx_finish(book, err);
}

static bool get_tasks_xlsx(HttpRequest *request, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Export export = { .request = request, .arena = arena };
    lang_parse(http_query(request, "lang"), &export.lang);
    g_autofree char *path = g_strdup_printf("%s/tmp/%s.xlsx", request->app->data_dir, request->id);
    if (!write_book(&export, path, err))
        return false;
    g_autoptr(GString) file = file_read(path, LIMIT_EXPORT_BYTES, err);
    g_unlink(path);
    if (!file)
        return false;
    http_attachment(request, i18n(export.lang, "ledger.file_name"));
    return http_bytes(request, 200, media_of_name(STR(".xlsx")), str_from_gstring(file));
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------- */

#define FILTERS TASK_FILTERS " order:due|no|changed"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/tasks", HTTP_SESSION, get_tasks, HTTP_LIST_QUERY FILTERS, HTTP_NO_BODY, "Tasks", "the tasks that the asker may see" },
    { HTTP_GET, "/api/v1/tasks.xlsx", HTTP_SESSION, get_tasks_xlsx, "lang" FILTERS, HTTP_NO_BODY, NULL, "the same tasks as a file" },
};

static const HttpShape shapes[] = {
    { "TaskRow", "uid:uid number no? label? title plan:PlanRef kind state marks:[text] light due:date? days_left:int? lead:[Ref] support:[Ref] targets:int"
                 " measures:int measures_done:int evidence:int"
                 " stage:StageRef? handler:PersonRef? leader:PersonRef? term? category? parent:TaskRef? children:Children? restricted:bool relapses:int holding_until:date? progress:ProgressRef? reminder? changed:instant version:int" },
    { "Tasks", "rows:[TaskRow] next? total:int" },
};

const RouteTable ledger_routes = ROUTE_TABLE(routes, shapes);
