/* A plan in the layout in which it came: which of its cells say something else now, and which rows somebody may not see. */
#include "base/i18n.h"
#include "base/json.h"
#include "db/queries.h"
#include "ledger/import_do.h"

#include "base/banned.h"

typedef struct {
    DbConn *conn;
    Arena *arena;
    const User *user;
    SheetTable table;
    ImportColumn *columns;
    size_t n_columns;
    uint32_t head_last, uid_column, version_column, next_row;
    ARENA_LIST(LedgerCell) cells;
    bool *without;
    size_t n_without;
    bool any_without;
    uint32_t style_row;
} Laying;

static bool no_layout(GError **err)
{
    error_set(err, BH_NOT_FOUND, "the plan did not come from a workbook");
    return error_detail(err, "no-layout");
}

static bool find_layout(DbConn *conn, Arena *arena, const Plan *plan, PlanLayoutRow *ret_row, GError **err)
{
    bool found;
    return db_one(conn, PlanLayout, arena, ret_row, &found, err, .plan = plan->id) && (found || no_layout(err));
}

bool ledger_has_layout(DbConn *conn, Arena *arena, const Plan *plan, bool *ret_has, GError **err)
{
    PlanLayoutRow row;
    return db_one(conn, PlanLayout, arena, &row, ret_has, err, .plan = plan->id);
}

bool ledger_layout_blob(DbConn *conn, Arena *arena, Str uid, Str *ret_blob, Str *ret_name, GError **err)
{
    Plan plan;
    PlanLayoutRow row;
    if (!plan_load(conn, arena, uid, &plan, err) || !find_layout(conn, arena, &plan, &row, err))
        return false;
    *ret_blob = row.blob;
    *ret_name = row.file_name;
    return true;
}

static bool read_columns(Laying *laying, Str text, GError **err)
{
    const JsonValue *list = json_parse(text, laying->arena, err);
    if (!list)
        return false;
    laying->columns = ARENA_ARRAY(laying->arena, ImportColumn, list->count);
    for (const JsonValue *one = list->first; one; one = one->next) {
        int64_t column;
        ImportColumn *own = &laying->columns[laying->n_columns++];
        if (!json_get_int(one, "column", 0, INT32_MAX, &column, err) || !json_get_str(one, "heading", &own->heading, err)
            || !json_opt_str(one, "field", &own->field, err))
            return false;
        own->column = (uint32_t) column;
    }
    return true;
}

static uint32_t column_of(const Laying *laying, Str field, uint32_t otherwise)
{
    for (size_t i = 0; i < laying->n_columns; i++)
        if (laying->columns[i].field.p && str_eq(laying->columns[i].field, field))
            return laying->columns[i].column;
    return otherwise;
}

/* --- Cells ------------------------------------------------------------------------------------------------------------------------------- */

static void put(Laying *laying, uint32_t row, uint32_t column, Str text, Date date)
{
    *ARENA_PUSH(laying->arena, &laying->cells) = (LedgerCell) { row, column, text, date };
}

/* A day in words as the house writes it, for a cell that does not show days. */
static Str day_text(Date date, Arena *arena)
{
    int year, month, day;
    g_autoptr(GString) text = g_string_new(NULL);
    date_to_ymd(date, &year, &month, &day);
    i18n_format(text, LANG_ZH, "date.long", arena_printf(arena, "year=%d\nmonth=%d\nday=%d", year, month, day));
    return arena_str(arena, str_from_gstring(text));
}

static void put_field(Laying *laying, const Task *task, const ImportField *field, uint32_t row, uint32_t column)
{
    Date date;
    Str text = import_field_now(field, task, laying->arena, &date);
    put(laying, row, column, date != DATE_NONE ? day_text(date, laying->arena) : text, date);
}

/* Where one cell is merged over the rows of several tasks, only its top left is seen: another value for one of them stands there for all, and would be wrong. So it is
 * left as it is, and what the task says stands in the list of our own form. */
static bool is_shared(const Laying *laying, uint32_t first, uint32_t last, uint32_t column)
{
    const CellRange *range = sheet_merge(&laying->table, first, column);
    return range && (range->row < first || range->row_last > last);
}

static void put_changes(Laying *laying, const Task *task, const KeptCells *kept, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < laying->n_columns; i++) {
        const ImportColumn *column = &laying->columns[i];
        const ImportField *field = column->field.p ? import_field(column->field) : NULL;
        const KeptCell *cell = kept_cell(kept, column->heading);
        if (!field || !cell || !cell->field.p || is_shared(laying, first, last, column->column)
            || str_eq(cell->was, import_field_now(field, task, laying->arena, NULL)))
            continue;
        put_field(laying, task, field, first, column->column);
        for (uint32_t r = first + 1; r <= last; r++)
            if (sheet_cell(&laying->table, r, column->column))
                put(laying, r, column->column, STR(""), DATE_NONE);
    }
}

static void put_marks(Laying *laying, const Task *task, uint32_t row)
{
    put(laying, row, laying->uid_column, task->uid, DATE_NONE);
    put(laying, row, laying->version_column, arena_printf(laying->arena, "%" G_GINT64_FORMAT, task->version), DATE_NONE);
}

/* A task that the file did not have stands behind all that it had. */
static void put_new(Laying *laying, const Task *task)
{
    uint32_t row = laying->next_row++;
    for (size_t i = 0; i < laying->n_columns; i++) {
        const ImportField *field = laying->columns[i].field.p ? import_field(laying->columns[i].field) : NULL;
        if (field && laying->columns[i].column != laying->uid_column && laying->columns[i].column != laying->version_column)
            put_field(laying, task, field, row, laying->columns[i].column);
    }
    put_marks(laying, task, row);
}

/* --- Tasks ---------------------------------------------------------------------------------------------------------------------------------- */

static void leave_out(Laying *laying, uint32_t first, uint32_t last)
{
    for (uint32_t r = first; r <= last && r < laying->n_without; r++)
        laying->without[r] = true;
    laying->any_without = true;
}

static bool lay_task(Laying *laying, Str uid, int64_t row, int64_t row_last, GError **err)
{
    Task task;
    KeptCells kept;
    if (!task_load(laying->conn, laying->arena, uid, &task, err) || !kept_parse(task.kept, laying->arena, &kept, err))
        return false;
    MayObject facts = task_facts(&task, laying->arena);
    bool readable = may(laying->user, VERB_READ_TASK, &facts).ok, placed = row != DB_NULL_INT;
    if (!readable && placed)
        leave_out(laying, (uint32_t) row, (uint32_t) row_last);
    if (!readable)
        return true;
    if (!placed) {
        put_new(laying, &task);
        return true;
    }
    laying->style_row = (uint32_t) row;
    put_changes(laying, &task, &kept, (uint32_t) row, (uint32_t) row_last);
    put_marks(laying, &task, (uint32_t) row);
    return true;
}

static int by_place(const void *a, const void *b)
{
    const LedgerCell *x = a, *y = b;
    return x->row != y->row ? (x->row < y->row ? -1 : 1) : x->column < y->column ? -1 : x->column > y->column;
}

static bool lay_tasks(Laying *laying, int64_t plan, GError **err)
{
    g_autoptr(DbRows) rows = db_query(laying->conn, LayoutTasks, err, .plan = plan);
    ARENA_LIST(LayoutTasksRow) all = { 0 };
    for (LayoutTasksRow row; rows && db_next(rows, &row, err);) {
        row.uid = arena_str(laying->arena, row.uid);
        *ARENA_PUSH(laying->arena, &all) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < all.n; i++)
        if (!lay_task(laying, all.v[i].uid, all.v[i].at_row, all.v[i].at_last, err))
            return false;
    if (laying->cells.n > 0)
        qsort(laying->cells.v, laying->cells.n, sizeof *laying->cells.v, by_place);
    return true;
}

static bool read_table(Str file, size_t sheet, Arena *arena, SheetTable *ret_table, GError **err)
{
    size_t n;
    g_autoptr(XlsxFile) workbook = xlsx_file_open(file, err);
    if (!workbook)
        return false;
    xlsx_file_sheets(workbook, &n);
    return sheet < n ? xlsx_file_table(workbook, sheet, arena, ret_table, err) : error_set(err, BH_INTERNAL, "the layout's sheet is not in its file");
}

bool ledger_layout(DbConn *conn, Arena *arena, const User *user, Str uid, Str file, LedgerLayout *ret_layout, GError **err)
{
    Laying laying = { .conn = conn, .arena = arena, .user = user };
    Plan plan;
    PlanLayoutRow row;
    if (!plan_load(conn, arena, uid, &plan, err) || !find_layout(conn, arena, &plan, &row, err)
        || !read_table(file, (size_t) row.sheet, arena, &laying.table, err) || !read_columns(&laying, row.columns, err))
        return false;
    uint32_t beyond = laying.table.n_columns;
    laying.head_last = (uint32_t) row.head_last;
    laying.uid_column = column_of(&laying, STR("uid"), beyond);
    laying.version_column = column_of(&laying, STR("version"), laying.uid_column == beyond ? beyond + 1 : beyond);
    laying.next_row = laying.table.n_rows;
    laying.n_without = laying.table.n_rows;
    laying.without = ARENA_ARRAY(arena, bool, laying.n_without + 1);
    put(&laying, (uint32_t) row.head_first, laying.uid_column, STR("uid"), DATE_NONE);
    put(&laying, (uint32_t) row.head_first, laying.version_column, STR("version"), DATE_NONE);
    if (!lay_tasks(&laying, plan.id, err))
        return false;
    *ret_layout = (LedgerLayout) { .blob = row.blob, .file_name = row.file_name, .sheet = (size_t) row.sheet, .cells = laying.cells.v, .n_cells = laying.cells.n,
                                   .without = laying.any_without ? laying.without : NULL, .n_without = laying.n_without, .style_row = laying.style_row,
                                   .hide_first = MIN(laying.uid_column, laying.version_column), .hide_last = MAX(laying.uid_column, laying.version_column) };
    return true;
}
