/* Each row of the file against its task: which task it means, what its cells say that the task does not, and whether that may be. */
#include "base/i18n.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/import_do.h"
#include "ledger/task_fields.h"

#include "base/banned.h"

enum { TITLE_CHARS = 80 };

const char *import_kind_name(ImportKind kind)
{
    static const char *const names[] = { "same", "new", "changed", "refused" };
    return names[kind];
}

/* --- Which task a row means --------------------------------------------------------------------------------------------------- */

/* What may name a task of the plan: number, number of its source, title; a name that two have names none. */
typedef struct {
    GHashTable *by_name; /* Str * to Str * uid, or to &ambiguous */
    ARENA_LIST(Str) uids, numbers;
    GHashTable *seen;    /* uids that a row has taken */
} Tasks;

static Str ambiguous = STR_INIT("");

static void tasks_clear(Tasks *tasks)
{
    g_clear_pointer(&tasks->by_name, g_hash_table_unref);
    g_clear_pointer(&tasks->seen, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tasks, tasks_clear)

static void add_name(Tasks *tasks, Arena *arena, const char *kind, Str name, Str uid)
{
    Str key = text_name_key(name, arena);
    if (key.n == 0)
        return;
    Str *own = ARENA_NEW(arena, Str), *value = ARENA_NEW(arena, Str);
    *own = arena_printf(arena, "%s:" STR_FMT, kind, STR_ARG(key));
    *value = uid;
    const Str *before = g_hash_table_lookup(tasks->by_name, own);
    g_hash_table_insert(tasks->by_name, own, before && !str_eq(*before, uid) ? &ambiguous : value);
}

static Str named(const Tasks *tasks, Arena *arena, const char *kind, Str name)
{
    Str key = arena_printf(arena, "%s:" STR_FMT, kind, STR_ARG(text_name_key(name, arena)));
    const Str *uid = g_hash_table_lookup(tasks->by_name, &key);
    return uid && uid->n ? *uid : STR_NONE;
}

/* A title by what the file said last time, where it said it. */
static bool add_titles(Tasks *tasks, Arena *arena, const ImportTasksRow *row, Str uid, GError **err)
{
    KeptCells cells;
    bool any = false;
    if (!kept_parse(row->cells.p ? arena_str(arena, row->cells) : STR_NONE, arena, &cells, err))
        return false;
    for (size_t i = 0; i < cells.n; i++)
        if (cells.v[i].field.p && (str_eq(cells.v[i].field, STR("title")) || str_eq(cells.v[i].field, STR("problem")))) {
            add_name(tasks, arena, "title", cells.v[i].text, uid);
            any = true;
        }
    if (!any)
        add_name(tasks, arena, "title", row->title, uid);
    return true;
}

static bool load_tasks(Importing *import, DbConn *conn, Tasks *tasks, GError **err)
{
    Arena *arena = import->arena;
    tasks->by_name = g_hash_table_new(str_hash, str_equal);
    tasks->seen = g_hash_table_new(str_hash, str_equal);
    if (!import->known)
        return true;
    g_autoptr(DbRows) rows = db_query(conn, ImportTasks, err, .plan = import->plan.id);
    for (ImportTasksRow row; rows && db_next(rows, &row, err);) {
        Str uid = arena_str(arena, row.uid), number = arena_str(arena, row.number);
        *ARENA_PUSH(arena, &tasks->uids) = uid;
        *ARENA_PUSH(arena, &tasks->numbers) = number;
        add_name(tasks, arena, "number", number, uid);
        add_name(tasks, arena, "number", row.source_no, uid);
        if (!add_titles(tasks, arena, &row, uid, err))
            return false;
    }
    return db_rows_ok(rows);
}

static Str cell_of(const Importing *import, const ImportSpan *span, const char *field)
{
    const ImportColumn *column = import_column(&import->sheet, field);
    return column ? import_text(&import->sheet, span, column, import->arena, NULL) : STR("");
}

/* A printed number is unique but by accident, so it names a task of another plan too; where two have it, none. */
static bool by_printed_number(DbConn *conn, Arena *arena, Str number, Str *ret_uid, GError **err)
{
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query(conn, ImportTaskByNumber, err, .number = number);
    for (ImportTaskByNumberRow row; rows && db_next(rows, &row, err); n++)
        *ret_uid = n == 0 ? arena_str(arena, row.uid) : STR_NONE;
    return db_rows_ok(rows);
}

static bool find_task(const Importing *import, DbConn *conn, const Tasks *tasks, const ImportSpan *span, Str *ret_uid, GError **err)
{
    Str uid = cell_of(import, span, "uid"), number = cell_of(import, span, "number");
    *ret_uid = uid.n ? uid : STR_NONE;
    if (uid.n)
        return true;
    if (number.n) {
        *ret_uid = named(tasks, import->arena, "number", number);
        return ret_uid->p || import->known || by_printed_number(conn, import->arena, number, ret_uid, err);
    }
    Str title = cell_of(import, span, "title"), problem = cell_of(import, span, "problem");
    *ret_uid = title.n ? named(tasks, import->arena, "title", title) : STR_NONE;
    if (!ret_uid->p && problem.n)
        *ret_uid = named(tasks, import->arena, "title", problem);
    return true;
}

/* --- A row ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Importing *import;
    DbConn *conn;
    RowPlan *plan;
    KeptCells kept;       /* of the task */
    bool versioned, fresh; /* the row says on which version it was made; and that is the present one */
    Str marks;             /* what its cells said when it went out */
    GString *text;
    JsonWriter json;
    ARENA_LIST(ImportSet) sets;
    FieldCell cell;
} RowCheck;

static Str place_of(const RowCheck *check, const ImportColumn *column)
{
    Arena *arena = check->import->arena;
    return column ? arena_printf(arena, "row %u, column " STR_FMT, check->plan->row.row, STR_ARG(column->heading)) : arena_printf(arena, "row %u", check->plan->row.row);
}

static bool refuse_row(RowCheck *check, const char *code, const char *message)
{
    check->plan->row.kind = IMPORT_REFUSED;
    diag_add(check->import->diags, code, place_of(check, NULL), 0, 0, "%s", message);
    return true;
}

static void add_set(RowCheck *check, const ImportColumn *column, Str old, Str new)
{
    *ARENA_PUSH(check->import->arena, &check->sets) = (ImportSet) { column->field, column->heading, old, new };
}

/* Both changed it: the file and somebody here. Neither goes under. */
static void refuse_both(RowCheck *check, const ImportColumn *column, Str present, Str file)
{
    Diags *diags = check->import->diags;
    check->plan->row.kind = IMPORT_REFUSED;
    add_set(check, column, present, file);
    diag_add(diags, "changed-both", place_of(check, column), 0, 0, "it was changed here meanwhile: '" STR_FMT "' stands here, '" STR_FMT "' in the file",
             STR_ARG(present), STR_ARG(file));
    diag_params(diags, "present=" STR_FMT "\nfile=" STR_FMT, STR_ARG(present), STR_ARG(file));
}

typedef enum { CELL_SAYS_SAME, CELL_SAYS_ELSE, CELL_SAYS_BOTH, CELL_SAYS_OLD } CellSays;

/* Of a row that went out from here: what nobody edited is never a change, and what was edited is one unless somebody here changed the same. */
static CellSays says_of_row(const RowCheck *check, const ImportField *field, Str text, Date date)
{
    ImportSince since = import_field_since(field, check->plan->task, check->marks, text, date, check->import->arena);
    if (since == SINCE_LEFT)
        return CELL_SAYS_OLD;
    return check->fresh || since == SINCE_EDITED ? CELL_SAYS_ELSE : CELL_SAYS_BOTH;
}

/* A cell of a field, against the task and what came last time. */
static CellSays says_of_field(const RowCheck *check, const ImportField *field, const ImportColumn *column, Str text, Date date)
{
    const Task *task = check->plan->task;
    Arena *arena = check->import->arena;
    const KeptCell *kept = kept_cell(&check->kept, column->heading);
    bool unmoved = kept && kept->field.p && str_eq(kept->was, import_field_now(field, task, arena, NULL));
    if (import_field_says(field, task, text, date, arena) || (kept && unmoved && str_eq(kept->text, text)))
        return CELL_SAYS_SAME;
    if (check->versioned)
        return says_of_row(check, field, text, date);
    if (kept && str_eq(kept->text, text))
        return CELL_SAYS_SAME; /* only we have moved on */
    return !kept || unmoved ? CELL_SAYS_ELSE : CELL_SAYS_BOTH;
}

static bool check_field(RowCheck *check, const ImportColumn *column, Str text, Date date, GError **err)
{
    const ImportField *field = import_field(column->field);
    const Task *task = check->plan->task;
    CellSays says = task ? says_of_field(check, field, column, text, date) : CELL_SAYS_ELSE;
    check->plan->row.left |= says == CELL_SAYS_OLD && !check->fresh && !import_field_read_only(field);
    if (says == CELL_SAYS_SAME || says == CELL_SAYS_OLD)
        return true;
    Str now = task ? import_field_now(field, task, check->import->arena, NULL) : STR("");
    if (says == CELL_SAYS_BOTH && !import_field_read_only(field)) {
        refuse_both(check, column, now, text);
        return true;
    }
    check->cell.at = place_of(check, column);
    size_t before = check->text->len;
    if (!import_field_read(field, &check->cell, text, date, err))
        return false;
    if (check->text->len > before && task)
        add_set(check, column, now, text);
    return true;
}

static void check_kept(RowCheck *check, const ImportColumn *column, Str text)
{
    const KeptCell *kept = kept_cell(&check->kept, column->heading);
    Str before = kept ? kept->text : STR("");
    if (!check->plan->task || str_eq(before, text))
        return;
    if (check->versioned && !check->fresh && kept) {
        refuse_both(check, column, before, text);
        return;
    }
    check->plan->keeps = true;
    add_set(check, column, before, text);
}

/* What the file says of the state is kept, whatever the column is called. */
static bool is_kept(const RowCheck *check, const ImportColumn *column)
{
    bool state = column->field.p && str_eq(column->field, STR("state"));
    return !column->field.p || (state && !check->import->sheet.own);
}

static void check_claim(RowCheck *check, const ImportColumn *column, Str text)
{
    bool state = (column->field.p && str_eq(column->field, STR("state"))) || g_strcmp0(form_column(column->heading), "state") == 0;
    check->plan->claimed |= state && !check->import->sheet.own && form_claims_done(text);
}

static bool check_cells(RowCheck *check, GError **err)
{
    const ImportSheet *sheet = &check->import->sheet;
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const ImportColumn *column = &sheet->columns[i];
        Date date;
        Str text = import_text(sheet, check->plan->span, column, check->import->arena, &date);
        const SheetCell *cell = sheet_filled(&sheet->table, check->plan->span->first, column->column);
        if (cell && cell->formula && cell->kind == CELL_EMPTY)
            diag_add(check->import->diags, "formula-empty", place_of(check, column), 0, 0, "this formula has no value in the file: open and save it once");
        check_claim(check, column, text);
        if (is_kept(check, column))
            check_kept(check, column, text);
        else if (!check_field(check, column, text, date, err))
            return false;
    }
    return true;
}

/* --- New rows ---------------------------------------------------------------------------------------------------------------------------- */

/* A problem is a title where there is none; what is too long for one is cut there, and stands whole as text. */
static Str title_of(const RowCheck *check)
{
    static const char *const from[] = { "title", "problem", "text" };
    Str title = STR("");
    for (size_t i = 0; i < G_N_ELEMENTS(from) && title.n == 0; i++)
        title = cell_of(check->import, check->plan->span, from[i]);
    ptrdiff_t end = str_find(title, STR("\n"), 0);
    Str line = end > 0 ? str_head(title, (size_t) end) : title;
    if (utf8_length(line) <= TITLE_CHARS)
        return line;
    Str head = utf8_head(line, TITLE_CHARS - 1);
    return arena_printf(check->import->arena, STR_FMT "…", STR_ARG(head));
}

static bool finish_new(RowCheck *check)
{
    const Importing *import = check->import;
    RowPlan *plan = check->plan;
    bool has_title = import_column(&import->sheet, "title") && cell_of(import, plan->span, "title").n > 0;
    plan->row.title = title_of(check);
    if (plan->row.title.n == 0)
        return refuse_row(check, "value-missing", "the row says nothing that could be done");
    if (!has_title)
        json_member_str(&check->json, "title", plan->row.title);
    if (!import_column(&import->sheet, "text") || cell_of(import, plan->span, "text").n == 0)
        json_member_str(&check->json, "text", cell_of(import, plan->span, has_title ? "title" : "problem"));
    Str number = cell_of(import, plan->span, "number");
    if (number.n > 0 && cell_of(import, plan->span, "source_no").n == 0)
        json_member_str(&check->json, "source_no", number);
    if (plan->span->section.p && !import_column(&import->sheet, "category"))
        json_member_str(&check->json, "category", plan->span->section);
    if (!check->cell.has_due && import->wish->due != DATE_NONE) {
        char day[DATE_TEXT_MAX];
        json_member_cstr(&check->json, "due", date_format(import->wish->due, day));
        check->cell.has_due = true;
    }
    Str source = cell_of(import, plan->span, "source");
    plan->source = str_from(form_source(source.n ? source : import->known ? import->plan.title : import->sheet.title));
    plan->row.number = number;
    plan->row.draft = check->cell.open || !check->cell.has_due || !import_column(&import->sheet, "lead");
    return true;
}

/* --- Whether it may be ------------------------------------------------------------------------------------------------------------------------ */

static bool reach_plan(const Importing *import, GError **err)
{
    MayObject object = { .place = import->within, .area = import->plan.issuer_area, .plan = import->known ? import->plan.uid : STR_NONE };
    May answer = may(import->actor->user, VERB_ISSUE, &object);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "this account may not issue there: %s", answer.why);
    if (answer.who.p)
        error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
    return error_detail(err, answer.why);
}

/* The fields as the ledger reads them, on a copy: what it refuses now it would refuse then. A wish is read as a draft, where more may be open. */
static bool try_fields(RowCheck *check, GError **err)
{
    const Importing *import = check->import;
    g_autoptr(GError) refusal = NULL;
    Task task = check->plan->task ? *check->plan->task : task_blank();
    FieldWork work = { check->conn, import->arena, clock_today(import->ledger->clock), &task };
    const JsonValue *object = json_parse(check->plan->object, import->arena, err);
    if (!object)
        return false;
    if (!check->plan->task) {
        task.state = STR("draft");
        task.plan = import->known ? import->plan.id : 0;
        task.issuer_path = import->within;
        task.issuer_area = import->plan.issuer_area;
    }
    if (task_fields_set(&work, object, "", &refusal))
        return true;
    if (error_class_of(refusal)->code != BH_BAD_INPUT) {
        g_propagate_error(err, g_steal_pointer(&refusal));
        return false;
    }
    const char *detail = error_get_detail(refusal);
    return refuse_row(check, detail ? detail : "row-refused", refusal->message);
}

/* An amendment is the issuer's; of what is kept too, as it goes out under his name. */
static bool may_change(RowCheck *check)
{
    const RowPlan *plan = check->plan;
    Allowed allowed = task_allowed(check->import->actor->user, plan->task, "amend", check->import->arena);
    return allowed.ok || refuse_row(check, allowed.why, "this task is not to be changed by this account now");
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------------------------------- */

static bool begin_task(RowCheck *check, Str uid, GError **err)
{
    Importing *import = check->import;
    Task *task = ARENA_NEW(import->arena, Task);
    g_autoptr(GError) missing = NULL;
    bool loaded = task_load(check->conn, import->arena, uid, task, &missing);
    MayObject facts = loaded ? task_facts(task, import->arena) : (MayObject) { 0 };
    if (!loaded && error_class_of(missing)->code != BH_NOT_FOUND) {
        g_propagate_error(err, g_steal_pointer(&missing));
        return false;
    }
    if (!loaded || !may(import->actor->user, VERB_READ_TASK, &facts).ok)
        return refuse_row(check, "number-unknown", "there is no such task");
    if (import->known && task->plan != import->plan.id)
        return refuse_row(check, "other-plan", "the task belongs to another plan");
    int64_t version;
    check->plan->task = task;
    check->plan->row.uid = task->uid;
    check->plan->row.number = task->number;
    check->plan->row.title = task->title;
    check->versioned = str_to_int64(cell_of(import, check->plan->span, "version"), &version);
    check->fresh = check->versioned && version == task->version;
    check->marks = cell_of(import, check->plan->span, "written");
    return kept_parse(task->kept, import->arena, &check->kept, err);
}

static bool finish_row(RowCheck *check, GError **err)
{
    RowPlan *plan = check->plan;
    json_end_object(&check->json);
    plan->object = arena_str(check->import->arena, str_from_gstring(check->text));
    plan->row.sets = check->sets.v;
    plan->row.n_sets = check->sets.n;
    if (plan->row.kind == IMPORT_REFUSED)
        return true;
    bool amends = plan->task && !str_eq(plan->object, STR("{}"));
    if (check->cell.faulty && plan->task)
        return refuse_row(check, "row-refused", "a cell of the row is not understood");
    plan->keeps |= plan->task && !check->import->sheet.own && plan->claimed != plan->task->claimed && import_column(&check->import->sheet, "state");
    plan->row.kind = !plan->task ? IMPORT_NEW : amends || plan->keeps ? IMPORT_CHANGED : IMPORT_SAME;
    if (plan->row.kind == IMPORT_SAME)
        return true;
    if (plan->task && !may_change(check))
        return true;
    return plan->row.kind == IMPORT_REFUSED || plan->object.n == 2 || try_fields(check, err);
}

static bool check_row(Importing *import, DbConn *conn, Tasks *tasks, RowPlan *plan, GError **err)
{
    RowCheck check = { .import = import, .conn = conn, .plan = plan, .text = g_string_new(NULL) };
    g_autoptr(GString) text = check.text;
    Str uid;
    json_writer_init(&check.json, text, false);
    json_begin_object(&check.json);
    if (!find_task(import, conn, tasks, plan->span, &uid, err) || (uid.p && !begin_task(&check, uid, err)))
        return false;
    if (uid.p && plan->row.kind != IMPORT_REFUSED) {
        Str *own = ARENA_NEW(import->arena, Str);
        *own = plan->task->uid;
        if (!g_hash_table_add(tasks->seen, own))
            return refuse_row(&check, "number-twice", "another row is of the same task");
    }
    if (plan->row.kind == IMPORT_REFUSED)
        return true;
    check.cell = (FieldCell) { .conn = conn, .arena = import->arena, .within = import->within, .year = import->year, .due = import->wish->due,
                               .task = plan->task, .json = &check.json, .diags = import->diags,
                               .supported = import_column(&import->sheet, "support") != NULL };
    if (!check_cells(&check, err))
        return false;
    if (!plan->task)
        finish_new(&check);
    return finish_row(&check, err);
}

static bool has_heading(const ImportSheet *sheet, Str heading)
{
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (str_eq(sheet->columns[i].heading, heading))
            return true;
    return false;
}

/* A cell that says what it said last time keeps what the task said of it then: where we have moved on since, it is overtaken and stays so. */
bool import_kept_of(const Importing *import, const ImportSpan *span, const Task *task, Arena *arena, Str *ret_cells, GError **err)
{
    const ImportSheet *sheet = &import->sheet;
    KeptCells cells, old;
    if (!kept_parse(task->kept, arena, &old, err))
        return false;
    cells.v = ARENA_ARRAY(arena, KeptCell, sheet->n_columns + old.n);
    cells.n = 0;
    for (size_t i = 0; i < old.n && sheet->own; i++) /* our own form does not show what another file said */
        if (old.v[i].field.p || !has_heading(sheet, old.v[i].heading))
            cells.v[cells.n++] = old.v[i];
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const ImportColumn *column = &sheet->columns[i];
        const ImportField *field = column->field.p ? import_field(column->field) : NULL;
        if (field && (str_eq(column->field, STR("uid")) || str_eq(column->field, STR("version")) || str_eq(column->field, STR("written"))))
            continue;
        bool by_field = field && !str_eq(column->field, STR("state"));
        if (sheet->own && column->field.p)
            continue;
        KeptCell *cell = &cells.v[cells.n++];
        *cell = (KeptCell) { .heading = column->heading, .field = by_field ? column->field : STR_NONE, .text = import_text(sheet, span, column, arena, NULL) };
        const KeptCell *before = kept_cell(&old, column->heading);
        if (by_field)
            cell->was = before && before->field.p && str_eq(before->text, cell->text) ? before->was : import_field_now(field, task, arena, NULL);
    }
    *ret_cells = kept_print(&cells, arena);
    return true;
}

/* --- All ------------------------------------------------------------------------------------------------------------------------------------------ */

static bool find_gone(Importing *import, const Tasks *tasks)
{
    for (size_t i = 0; i < tasks->uids.n; i++)
        if (!g_hash_table_contains(tasks->seen, &tasks->uids.v[i]))
            *ARENA_PUSH(import->arena, &import->gone) = tasks->numbers.v[i];
    return true;
}

bool import_check(Importing *import, DbConn *conn, GError **err)
{
    g_auto(Tasks) tasks = { 0 };
    if (!reach_plan(import, err) || !load_tasks(import, conn, &tasks, err))
        return false;
    const ImportSheet *sheet = &import->sheet;
    import->rows = ARENA_ARRAY(import->arena, RowPlan, sheet->n_spans);
    import->n_rows = sheet->n_spans;
    for (size_t i = 0; i < sheet->n_spans; i++) {
        RowPlan *plan = &import->rows[i];
        plan->span = &sheet->spans[i];
        plan->row = (ImportRow) { .row = sheet->spans[i].first + 1, .kind = IMPORT_SAME };
        if (!check_row(import, conn, &tasks, plan, err))
            return false;
    }
    return find_gone(import, &tasks);
}
