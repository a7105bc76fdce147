/* Doing what the rows say. In steps of the bulk queue, so that others work on beside it; each row is a change of its own, refused alone where it came too late. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/common.h"
#include "ledger/import_do.h"

#include "base/banned.h"

enum { STEP_ROWS = 20 };

typedef struct {
    Importing *import;
    size_t from, to;
} Step;

/* --- One row --------------------------------------------------------------------------------------------------------------------- */

static bool write_here(void *write_data, DbWork work, void *data, GError **err)
{
    return work(write_data, data, err);
}

/* A row that says the same keeps what it said, and its place in the file, which is the layout now. */
static bool keep_row(DbConn *tx, const Importing *import, RowPlan *plan, Str uid, Arena *arena, GError **err)
{
    Task task;
    Str cells;
    if (!task_load(tx, arena, uid, &task, err))
        return false;
    bool same = plan->row.kind == IMPORT_SAME && task.kept.p, own = import->sheet.own;
    if (same)
        cells = task.kept;
    else if (!import_kept_of(import, plan->span, &task, arena, &cells, err))
        return false;
    return kept_write(tx, import->actor, arena, &task, own ? task.kept_row : plan->span->first, own ? task.kept_last : plan->span->last, cells,
                      same || own ? task.claimed : plan->claimed, err);
}

static bool add_row(DbConn *tx, Importing *import, RowPlan *plan, Arena *arena, GError **err)
{
    Ledger ledger = *import->ledger;
    ledger.write = write_here;
    ledger.write_data = tx;
    const JsonValue *fields = json_parse(plan->object, arena, err);
    NewTask wish = { .plan = import->plan.uid, .source = plan->source, .issue = !plan->row.draft, .fields = fields };
    Str uid;
    if (!fields || !task_add(&ledger, import->actor, &wish, arena, &uid, err))
        return false;
    plan->row.uid = arena_str(import->arena, uid);
    return import->sheet.own || keep_row(tx, import, plan, uid, arena, err);
}

static bool change_row(DbConn *tx, const Importing *import, RowPlan *plan, Arena *arena, GError **err)
{
    bool changed;
    const JsonValue *set = json_parse(plan->object, arena, err);
    TaskAmend amend = { .uid = plan->task->uid, .version = plan->task->version, .reason = import->wish->reason, .set = set };
    return set && (set->count == 0 || task_amend_in_tx(tx, import->actor, arena, clock_today(import->ledger->clock), &amend, &changed, err))
           && ((import->sheet.own && !plan->keeps) || keep_row(tx, import, plan, plan->task->uid, arena, err));
}

static bool is_refusal(const GError *err)
{
    BhError code = error_class_of(err)->code;
    return code == BH_CONFLICT || code == BH_BAD_INPUT || code == BH_FORBIDDEN;
}

static void refuse(Importing *import, RowPlan *plan, const GError *refusal)
{
    const char *detail = error_get_detail(refusal);
    plan->row.kind = IMPORT_REFUSED;
    diag_add(import->diags, detail ? detail : "row-refused", arena_printf(import->arena, "row %u", plan->row.row), 0, 0, "%s", refusal->message);
}

static bool do_row(DbConn *tx, Importing *import, RowPlan *plan, Arena *arena, GError **err)
{
    switch (plan->row.kind) {
    case IMPORT_NEW:
        return add_row(tx, import, plan, arena, err);
    case IMPORT_CHANGED:
        return change_row(tx, import, plan, arena, err);
    case IMPORT_SAME:
        return import->sheet.own || !import->known || keep_row(tx, import, plan, plan->task->uid, arena, err);
    case IMPORT_REFUSED:
        break;
    }
    return true;
}

static bool work_row(DbConn *tx, Importing *import, RowPlan *plan, Arena *arena, GError **err)
{
    g_autoptr(GError) refusal = NULL;
    if (do_row(tx, import, plan, arena, &refusal))
        return true;
    if (is_refusal(refusal)) {
        refuse(import, plan, refusal);
        return true;
    }
    g_propagate_error(err, g_steal_pointer(&refusal));
    return false;
}

static bool step_in_tx(DbConn *tx, void *data, GError **err)
{
    const Step *step = data;
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = step->from; i < step->to; i++) {
        ArenaMark mark = arena_mark(arena);
        if (!work_row(tx, step->import, &step->import->rows[i], arena, err))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}

/* --- The plan, its layout, what headings mean ----------------------------------------------------------------------------------------- */

static bool make_plan(Importing *import, GError **err)
{
    Ledger ledger = *import->ledger;
    Str uid, title = import->sheet.title.p ? import->sheet.title : import->wish->name;
    g_autoptr(DbConn) conn = db_reader(ledger.db, err);
    Org issuer;
    if (!conn || !org_by_id(conn, import->arena, import->issuer, &issuer, err))
        return false;
    NewPlan wish = { .title = title, .kind = STR("rectification"), .issuer = issuer.uid, .year = import->year };
    if (!plan_make(&ledger, import->actor, &wish, import->arena, &uid, err))
        return false;
    g_clear_pointer(&conn, db_done);
    g_autoptr(DbConn) fresh = db_reader(ledger.db, err);
    import->known = true;
    return fresh && plan_load(fresh, import->arena, uid, &import->plan, err);
}

static Str columns_json(const Importing *import, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_array(&json);
    for (size_t i = 0; i < import->sheet.n_columns; i++) {
        const ImportColumn *column = &import->sheet.columns[i];
        json_begin_object(&json);
        json_member_int(&json, "column", column->column);
        json_member_str(&json, "heading", column->heading);
        json_member_str(&json, "field", column->field);
        json_end_object(&json);
    }
    json_end_array(&json);
    return arena_str(arena, str_from_gstring(out));
}

static bool remember_headings(DbConn *tx, const Importing *import, Arena *arena, GError **err)
{
    for (size_t i = 0; i < import->sheet.n_columns; i++) {
        const ImportColumn *column = &import->sheet.columns[i];
        if (g_str_equal(column->how, "given")
            && !db_exec(tx, ImportHeadingSet, NULL, err, .org = import->issuer, .key = text_name_key(column->heading, arena),
                        .field = column->field.p ? column->field : STR("-")))
            return false;
    }
    return true;
}

static bool set_layout(DbConn *tx, const Importing *import, Arena *arena, GError **err)
{
    const ImportSheet *sheet = &import->sheet;
    return db_exec(tx, TaskKeptForget, NULL, err, .plan = import->plan.id)
           && db_exec(tx, PlanLayoutSet, NULL, err, .plan = import->plan.id, .blob = import->wish->blob, .file_name = import->wish->name,
                      .sheet = (int64_t) sheet->sheet, .head_first = sheet->head_first, .head_last = sheet->head_last, .columns = columns_json(import, arena),
                      .account = import->actor->user->account, .at = import->actor->who.at_ms);
}

/* Our own form is no layout: it would come out of any list the same. */
static bool prepare_in_tx(DbConn *tx, void *data, GError **err)
{
    const Importing *import = data;
    g_autoptr(Arena) arena = arena_new();
    bool layout = import->known && import->wish->blob.p && !import->sheet.own;
    return remember_headings(tx, import, arena, err) && (!layout || set_layout(tx, import, arena, err));
}

/* --- All --------------------------------------------------------------------------------------------------------------------------------- */

static bool any_of(const Importing *import, ImportKind kind)
{
    for (size_t i = 0; i < import->n_rows; i++)
        if (import->rows[i].row.kind == kind)
            return true;
    return false;
}

bool import_apply(Importing *import, GError **err)
{
    const ImportWish *wish = import->wish;
    if (!import->known && any_of(import, IMPORT_NEW) && !make_plan(import, err))
        return false;
    if (!db_write(import->ledger->db, DB_BULK, prepare_in_tx, import, err))
        return false;
    for (size_t from = 0; from < import->n_rows; from += STEP_ROWS) {
        Step step = { import, from, MIN(from + STEP_ROWS, import->n_rows) };
        if (!db_write(import->ledger->db, DB_BULK, step_in_tx, &step, err)
            || (wish->told && !wish->told((double) step.to / (double) import->n_rows, wish->told_data, err)))
            return false;
    }
    return true;
}
