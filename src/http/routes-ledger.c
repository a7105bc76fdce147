/* The ledger as lists: on the page, and as a file. */
#include <glib/gstdio.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "http/task-json.h"
#include "publish/publish.h"

#include "base/banned.h"

/* --- Lists -------------------------------------------------------------------------------------------------------------- */

static const DbFilter task_filters[] = {
    { "state", "t.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "kind", "t.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "due_from", "t.due", DB_FILTER_GE, DB_TYPE_DATE },
    { "due_to", "t.due", DB_FILTER_LE, DB_TYPE_DATE },
    { "due_before", "t.due", DB_FILTER_LT, DB_TYPE_DATE },
    { "q", "t.title || ' ' || t.text || ' ' || COALESCE(t.label, '')", DB_FILTER_HAS, DB_TYPE_TEXT },
    { "figures", "t.figures", DB_FILTER_GT, DB_TYPE_INT },
    { "incomputable", "t.incomputable", DB_FILTER_IS_SET, DB_TYPE_BOOL },
};

#define FAR_DATE "'9999-12-31'"

static const DbOrder task_orders[] = {
    { "due", "COALESCE(t.due, " FAR_DATE ")", DB_TYPE_DATE, false },
    { "no", "t.seq", DB_TYPE_INT, false },
    { "changed", "t.changed", DB_TYPE_INT, true },
};

#define UNFINISHED "issued,working,submitted,returned,reopened"
#define TO_DO "issued,working,returned,reopened"

static bool filter(DbList *list, const char *name, Str value, GError **err)
{
    return !value.p || db_list_filter(list, task_filters, G_N_ELEMENTS(task_filters), str_from(name), value, err);
}

static bool filter_date(DbList *list, const char *name, Date date, GError **err)
{
    char text[DATE_TEXT_MAX];
    return filter(list, name, str_from(date_format(date, text)), err);
}

/* A light is a state and a date; task_light() tells it of one task, this finds all tasks of it. */
static bool filter_light(DbList *list, Str light, Date today, GError **err)
{
    if (!light.p)
        return true;
    if (str_eq(light, STR("green")))
        return filter(list, "state", STR("verified,closed"), err);
    if (str_eq(light, STR("red")))
        return filter(list, "state", STR(TO_DO), err) && filter_date(list, "due_before", today, err);
    if (str_eq(light, STR("amber")))
        return filter(list, "state", STR(TO_DO), err) && filter_date(list, "due_from", today, err)
               && filter_date(list, "due_to", today + LIGHT_AMBER_DAYS, err);
    return filter(list, "state", STR("submitted"), err) && filter(list, "figures", STR("0"), err) && filter(list, "incomputable", STR("false"), err);
}

/* Tasks of an organisation: as lead, as support, or either; with those below it. */
static bool filter_owner(HttpRequest *request, DbConn *conn, DbList *list, Str uid, Str role, bool below, GError **err)
{
    Org org;
    bool found;
    if (!org_by_uid(conn, request->arena, uid, &org, &found, err))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(uid));
        return error_at(err, "owner");
    }
    bool lead = str_eq(role, STR("lead")), support = str_eq(role, STR("support"));
    db_list_where(list,
                  "EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org JOIN org a ON a.id = ? WHERE w.task = t.id "
                  "AND (o.id = a.id OR (1 = ? AND substr(o.path, 1, length(a.path)) = a.path)) "
                  "AND ((w.role = 'lead' AND 1 = ?) OR (w.role = 'support' AND 1 = ?)))",
                  (const int64_t[]) { org.id, below, !support, !lead }, 4);
    return true;
}

static bool filter_query(HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    static const char *const plain[] = { "state", "kind", "plan", "due_from", "due_to", "q" };
    Date today = clock_today(request->app->clock);
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if (!filter(list, plain[i], http_query(request, plain[i]), err))
            return false;
    if (http_query_flag(request, "late") && !filter_light(list, STR("red"), today, err))
        return false;
    Str owner = http_query(request, "owner"), role = http_query(request, "role");
    if (owner.p && !filter_owner(request, conn, list, owner, role, http_query_flag(request, "owner_below"), err))
        return false;
    if (http_query_flag(request, "mine") && !filter_owner(request, conn, list, api_user(request)->org_uid, role, true, err))
        return false;
    return filter_light(list, http_query(request, "light"), today, err);
}

static DbList *visible_tasks(const HttpRequest *request)
{
    return db_list_new(request->arena, TaskList, "t.id", .account = request->session->account, .today = clock_today(request->app->clock));
}

/* --- On the page ---------------------------------------------------------------------------------------------------------- */

static bool get_tasks(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = visible_tasks(request);
    Str order = http_query(request, "order");
    if (!conn || !filter_query(request, conn, list, err)
        || !db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), order.p ? order : STR("due"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (TaskListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!task_row_write(request, conn, &row, json, err))
            return false;
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
        Str order = http_query(export->request, "order");
        DbList *list = visible_tasks(export->request);
        if (!conn || !filter_query(export->request, conn, list, err)
            || !db_list_order(list, task_orders, G_N_ELEMENTS(task_orders), order.p ? order : STR("due"), err)
            || !db_list_page(list, cursor, LIMIT_LIST_ROWS, err))
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

#define FILTERS \
    " state kind:task|rectification plan:uid owner:uid owner_below:bool role:lead|support due_from:date due_to:date late:bool" \
    " light:green|amber|red|grey q mine:bool order:due|no|changed"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/tasks", HTTP_SESSION, get_tasks, HTTP_LIST_QUERY FILTERS, HTTP_NO_BODY, "Tasks", "the tasks that the asker may see" },
    { HTTP_GET, "/api/v1/tasks.xlsx", HTTP_SESSION, get_tasks_xlsx, "lang" FILTERS, HTTP_NO_BODY, NULL, "the same tasks as a file" },
};

static const HttpShape shapes[] = {
    { "TaskRow", "uid:uid number no? label? title plan:PlanRef kind state marks:[text] light due:date? days_left:int? lead:[Ref] support:[Ref] targets:int"
                 " measures:int measures_done:int evidence:int"
                 " stage:StageRef? handler:PersonRef? leader:PersonRef? term? category? parent:TaskRef? children:Children? restricted:bool relapses:int holding_until:date? changed:instant version:int" },
    { "Tasks", "rows:[TaskRow] next? total:int" },
};

const RouteTable ledger_routes = ROUTE_TABLE(routes, shapes);
