/* To load each task with all that hangs on it takes thirty questions a row; a workbook shows a few of its columns. */
#include "ledger/task_sheet.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

typedef ARENA_LIST(Task) TaskPage;

static void set_owners(Task *task, Str lines, Arena *arena)
{
    ARENA_LIST(TaskOwner) owners = { 0 };
    for (Str rest = lines; rest.p;) {
        Str name = str_cut(&rest, '\n'), role = str_cut(&name, ' ');
        *ARENA_PUSH(arena, &owners) = (TaskOwner) { .role = role, .name = name };
    }
    task->owners = owners.v;
    task->n_owners = owners.n;
}

static Task task_of(const TaskSheetRow *row, Arena *arena)
{
    Task task = {
        .id = row->id,
        .version = row->version,
        .uid = arena_str(arena, row->uid),
        .number = arena_str(arena, row->number),
        .label = arena_str(arena, row->label),
        .plan_title = arena_str(arena, row->plan_title),
        .title = arena_str(arena, row->title),
        .problem = arena_str(arena, row->problem),
        .text = arena_str(arena, row->text),
        .leader = { .name = arena_str(arena, row->leader_name) },
        .handler = { .name = arena_str(arena, row->handler_name) },
        .due = row->due,
        .term = arena_str(arena, row->term),
        .category = arena_str(arena, row->category),
        .source = arena_str(arena, row->source),
        .source_no = arena_str(arena, row->source_no),
        .source_date = row->source_date,
        .basis = arena_str(arena, row->basis),
        .state = arena_str(arena, row->state),
    };
    set_owners(&task, arena_str(arena, row->owners), arena);
    return task;
}

/* --- Measures ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t task, seq;
    Str text;
} Measure;

static int by_place(const void *a, const void *b)
{
    const Measure *x = a, *y = b;
    return x->task != y->task ? (x->task > y->task) - (x->task < y->task) : (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_task(const void *key, const void *one)
{
    const int64_t *task = key;
    const Measure *measure = one;
    return (*task > measure->task) - (*task < measure->task);
}

/* Of the tasks of the page, in one question. */
static void where_of_page(DbList *list, const TaskPage *page, Arena *arena)
{
    const char **pieces = ARENA_ARRAY(arena, const char *, page->n + 1);
    DbValue *values = ARENA_ARRAY(arena, DbValue, page->n);
    for (size_t i = 0; i < page->n; i++) {
        pieces[i] = i == 0 ? "m.task IN (?" : ", ?";
        values[i] = DB_INT(page->v[i].id);
    }
    pieces[page->n] = ")";
    db_list_where_pieces(list, pieces, page->n + 1, values, page->n);
}

static bool read_measures(DbConn *conn, const TaskPage *page, Arena *arena, Measure **ret_measures, size_t *ret_n, GError **err)
{
    ARENA_LIST(Measure) measures = { 0 };
    DbList *list = db_list_new(arena, TaskSheetMeasures, "m.id");
    where_of_page(list, page, arena);
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskSheetMeasuresRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &measures) = (Measure) { row.task, row.seq, arena_str(arena, row.text) };
    *ret_measures = measures.v;
    *ret_n = measures.n;
    return db_rows_ok(rows);
}

static void set_measures(Task *task, const Measure *all, size_t n, Arena *arena)
{
    const Measure *found = bsearch(&task->id, all, n, sizeof *all, by_task);
    if (!found)
        return;
    size_t first = (size_t) (found - all), last = first;
    while (first > 0 && all[first - 1].task == task->id)
        first--;
    while (last + 1 < n && all[last + 1].task == task->id)
        last++;
    task->n_measures = last - first + 1;
    task->measures = ARENA_ARRAY(arena, TaskMeasure, task->n_measures);
    for (size_t i = 0; i < task->n_measures; i++)
        task->measures[i] = (TaskMeasure) { .text = all[first + i].text };
}

static bool load_measures(DbConn *conn, const TaskPage *page, Arena *arena, GError **err)
{
    Measure *all;
    size_t n;
    if (page->n == 0)
        return true;
    if (!read_measures(conn, page, arena, &all, &n, err))
        return false;
    if (n > 1)
        qsort(all, n, sizeof *all, by_place);
    for (size_t i = 0; i < page->n && n > 0; i++)
        set_measures(&page->v[i], all, n, arena);
    return true;
}

bool task_sheet_page(DbList *list, DbConn *conn, Arena *arena, Task **ret_tasks, size_t *ret_n, GError **err)
{
    TaskPage page = { 0 };
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    for (TaskSheetRow row; rows && db_list_next(list, rows, &row, err);)
        *ARENA_PUSH(arena, &page) = task_of(&row, arena);
    if (!db_rows_ok(rows))
        return false;
    g_clear_pointer(&rows, db_rows_free);
    *ret_tasks = page.v;
    *ret_n = page.n;
    return load_measures(conn, &page, arena, err);
}
