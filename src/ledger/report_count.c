/* Counting: every task of the scope goes by once. What a figure counts is said here once, in C, and once more as a condition in report_figure.c for the list that shows
 * its rows; a property test holds both against each other and against counting by hand. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

enum { LARGE_SCOPE = 20000, PICKS = 50, TABLE_PICKS = 300 };

/* Until the next meeting. */
static const int coming_days[REPORT_KINDS] = { 7, 31, 92 };

bool report_is_to_do(Str state)
{
    return flow_has_word("issued working returned reopened", state);
}

const char *report_light(const Report *report, const ReportTask *task)
{
    return task_light(task->state, task->due, task->figures, task->incomputable, task->amber_days, report->today);
}

/* --- Figures --------------------------------------------------------------------------------------------------------------- */

static void count_light(Figures *f, const char *light)
{
    f->green += g_str_equal(light, "green");
    f->amber += g_str_equal(light, "amber");
    f->red += g_str_equal(light, "red");
    f->grey += g_str_equal(light, "grey");
}

/* Cancelled, waived and suspended tasks are in `tasks` and, from their date on, in `due`: ending a task improves no rate. */
static void count_figures(const Report *report, Figures *f, const ReportTask *task)
{
    bool finished = flow_has_word("verified closed", task->state), closed = str_eq(task->state, STR("closed"));
    bool due = task->due != DATE_NONE && task->due <= report->to, to_do = report_is_to_do(task->state);
    bool overdue = to_do && task->due != DATE_NONE && task->due < report->today;
    bool in_time = task->claim_at != DB_NULL_INT && task->due != DATE_NONE && date_of_instant(task->claim_at, report->zone) <= task->due;
    f->tasks++;
    f->to_do += to_do;
    f->asked += to_do && report->asks_progress;
    f->told += to_do && report->asks_progress && report_told_in_time(report, task);
    f->open += to_do || flow_has_word("submitted verified", task->state);
    f->due += due;
    f->done += due && finished;
    f->on_time += due && finished && in_time;
    f->finished += finished;
    f->first_pass += finished && task->returns == 0;
    f->closed += closed;
    f->ever_closed += closed || task->relapses > 0;
    f->overdue += overdue;
    f->returned += task->returns > 0;
    f->relapsed += task->relapses > 0;
    f->suspended += str_eq(task->state, STR("suspended"));
    f->cancelled += str_eq(task->state, STR("cancelled"));
    f->waived += str_eq(task->state, STR("waived"));
    if (overdue)
        f->longest_overdue_days = MAX(f->longest_overdue_days, report->today - task->due);
    count_light(f, report_light(report, task));
}

static void count_unit(const Report *report, ReportUnit *unit, const ReportTask *task, const TaskSince *since)
{
    count_figures(report, &unit->f, task);
    if (report_is_to_do(task->state))
        unit->touched = MAX(unit->touched, task->changed);
    if (!since)
        return;
    unit->added += since->made;
    unit->returned += since->returned;
    unit->relapsed += since->relapsed;
    unit->closed += since->to_closed && str_eq(task->state, STR("closed"));
}

/* --- Lists ------------------------------------------------------------------------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
    const Pick *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->task->id < y->task->id ? -1 : x->task->id > y->task->id;
}

static void pick_cut(PickList *list)
{
    if (list->picks.n > 1)
        qsort(list->picks.v, list->picks.n, sizeof *list->picks.v, by_key);
    list->picks.n = MIN(list->picks.n, list->most);
    list->cut = true;
}

static const ReportTask *copy_task(Arena *arena, const ReportTask *task)
{
    ReportTask *copy = ARENA_NEW(arena, ReportTask);
    *copy = *task;
    copy->uid = arena_str(arena, task->uid);
    copy->number = arena_str(arena, task->number);
    copy->title = arena_str(arena, task->title);
    copy->state = arena_str(arena, task->state);
    copy->leads = ARENA_ARRAY(arena, ReportOrg, task->n_leads + 1);
    for (size_t i = 0; i < task->n_leads; i++) {
        copy->leads[i] = task->leads[i];
        copy->leads[i].uid = arena_str(arena, task->leads[i].uid);
        copy->leads[i].name = arena_str(arena, task->leads[i].name);
        copy->leads[i].path = arena_str(arena, task->leads[i].path);
    }
    return copy;
}

typedef struct {
    Report *report;
    const ReportTask *task;
    const ReportTask *copy; /* made when the first list wants it */
    const TaskSince *since;
} Offer;

/* When twice as many as wanted are there, the later half goes; from then on what comes after all that stay is not taken at all. */
static void offer(Offer *o, ListId id, int64_t key)
{
    PickList *list = &o->report->lists[id];
    list->total++;
    if (list->cut && list->picks.n >= list->most && key > list->picks.v[list->most - 1].key)
        return;
    if (!o->copy)
        o->copy = copy_task(o->report->arena, o->task);
    *ARENA_PUSH(o->report->arena, &list->picks) = (Pick) { o->copy, o->since, key };
    if (list->picks.n >= 2 * list->most)
        pick_cut(list);
}

static bool moved_later(const TaskSince *since, Date due)
{
    return since->due_changed && since->due_before != DATE_NONE && due != DATE_NONE && due > since->due_before;
}

static void offer_since(Offer *o)
{
    const ReportTask *task = o->task;
    const TaskSince *since = o->since;
    bool made = since->made, slipped = !made && moved_later(since, task->due);
    if (since->relapsed)
        offer(o, LIST_RELAPSED, -since->relapsed_at);
    if (since->returned)
        offer(o, LIST_RETURNED, -since->returned_at);
    if (slipped)
        offer(o, LIST_SLIPPED, since->due_before - task->due);
    if (since->lead_changed && !made)
        offer(o, LIST_OWNER, task->id);
    if (!made && (since->text || (since->due_changed && !slipped)))
        offer(o, LIST_AMENDED, task->id);
    if (since->stopped && flow_has_word("suspended cancelled waived", task->state))
        offer(o, LIST_STOPPED, -since->stopped_at);
    if (made)
        offer(o, LIST_NEW, task->id);
    if (since->to_closed && str_eq(task->state, STR("closed")))
        offer(o, LIST_CLOSED, -since->closed_at);
}

bool report_was_overdue(const Report *report, const ReportTask *task, const TaskSince *since)
{
    Str state = since && since->state_changed ? since->state_before : task->state;
    Date due = since && since->due_changed ? since->due_before : task->due;
    return state.p && report_is_to_do(state) && due != DATE_NONE && due < report->since_day;
}

static void offer_lists(Report *report, const ReportTask *task, const TaskSince *since)
{
    Offer o = { report, task, NULL, since };
    bool to_do = report_is_to_do(task->state), dated = task->due != DATE_NONE, overdue = to_do && dated && task->due < report->today;
    if (since)
        offer_since(&o);
    if (overdue && !report_was_overdue(report, task, since))
        offer(&o, LIST_OVERDUE, task->due);
    if (overdue)
        offer(&o, LIST_LATE, task->due);
    if (to_do && dated && !overdue && task->due - report->today <= coming_days[report->kind])
        offer(&o, LIST_COMING, task->due);
    if (to_do || flow_has_word("submitted verified", task->state) || since)
        offer(&o, LIST_TABLE, dated ? task->due : INT32_MAX);
}

/* --- Units -------------------------------------------------------------------------------------------------------------------- */

static void add_unit(Report *report, const ReportOrg *org)
{
    Arena *arena = report->arena;
    int64_t *id = ARENA_NEW(arena, int64_t);
    *id = org->id;
    ReportUnit *unit = ARENA_PUSH(arena, &report->units);
    *unit = (ReportUnit) {
        .org = { org->id, org->rank, arena_str(arena, org->uid), arena_str(arena, org->name), arena_str(arena, org->path) },
        .previous_rank = DB_NULL_INT, .previous_done = DB_NULL_INT, .previous_due = DB_NULL_INT,
    };
    g_hash_table_insert(report->unit_at, id, GSIZE_TO_POINTER(report->units.n));
}

static size_t find_unit(const Report *report, int64_t id) /* index + 1; 0: none */
{
    return GPOINTER_TO_SIZE(g_hash_table_lookup(report->unit_at, &id));
}

static bool add_children(Report *report, int64_t parent, GError **err)
{
    g_autoptr(DbRows) rows = db_query(report->conn, OrgChildren, err, .parent = parent);
    for (OrgChildrenRow row; rows && db_next(rows, &row, err);)
        add_unit(report, &(ReportOrg) { row.id, row.rank, row.uid, row.name, row.path });
    return db_rows_ok(rows);
}

/* A whole organisation is shown by what lies directly below it; a plan, or an area, by those who lead. */
static bool by_children(const Report *report)
{
    return report->scope->plan == DB_NULL_INT && report->scope->area.n == 0;
}

static bool prepare_units(Report *report, GError **err)
{
    if (!by_children(report))
        return true;
    OrgRootRow root = { .id = report->scope->org };
    bool found = true;
    if (root.id == DB_NULL_INT && !db_one(report->conn, OrgRoot, report->arena, &root, &found, err))
        return false;
    Org org;
    if (!found)
        return true;
    if (!org_by_id(report->conn, report->arena, root.id, &org, err))
        return false;
    add_unit(report, &(ReportOrg) { org.id, org.rank, org.uid, org.name, org.path });
    return add_children(report, org.id, err);
}

/* The unit under which a lead counts: of those on its path the innermost that is one; itself where none is. */
static size_t unit_of(Report *report, const ReportOrg *lead)
{
    size_t unit = by_children(report) ? 0 : find_unit(report, lead->id);
    for (Str rest = by_children(report) ? str_from_at(lead->path, 1) : STR_NONE; rest.p;) {
        int64_t id;
        size_t found = str_to_int64(str_cut(&rest, '/'), &id) ? find_unit(report, id) : 0;
        unit = found ? found : unit;
    }
    if (unit == 0)
        add_unit(report, lead);
    return unit ? unit - 1 : report->units.n - 1;
}

enum { LEADS_MAX = 64 }; /* of one task; more than any document names */

static size_t units_of(Report *report, const ReportTask *task, size_t units[static LEADS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < task->n_leads && n < LEADS_MAX; i++) {
        size_t unit = unit_of(report, &task->leads[i]);
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there |= units[k] == unit;
        if (!there)
            units[n++] = unit;
    }
    return n;
}

static void count_task(Report *report, const ReportTask *task)
{
    size_t units[LEADS_MAX], n = units_of(report, task, units);
    const TaskSince *since = g_hash_table_lookup(report->since, &task->id);
    count_figures(report, &report->totals, task);
    for (size_t i = 0; i < n; i++)
        count_unit(report, &report->units.v[units[i]], task, since);
    offer_lists(report, task, since);
    if (report->told)
        report->told(report->told_data, task, units, n);
}

/* --- Rows: one a lead, those of a task together --------------------------------------------------------------------------------- */

typedef struct {
    Report *report;
    Arena *arena; /* of a task's texts: those of a row live until the next */
    ArenaMark start;
    ReportTask task;
    ReportOrg leads[LEADS_MAX];
    bool any;
} Gather;

static void gather_end(Gather *gather)
{
    if (gather->any)
        count_task(gather->report, &gather->task);
    gather->any = false;
    arena_rewind(gather->arena, gather->start);
}

static void gather_lead(Gather *gather, const ReportTasksOfPlanRow *row)
{
    Arena *arena = gather->arena;
    if (gather->task.n_leads < LEADS_MAX)
        gather->leads[gather->task.n_leads++]
            = (ReportOrg) { row->org, row->org_rank, arena_str(arena, row->org_uid), arena_str(arena, row->org_name), arena_str(arena, row->org_path) };
}

static void gather_row(Gather *gather, const ReportTasksOfPlanRow *row)
{
    Arena *arena = gather->arena;
    if (gather->any && gather->task.id == row->id) {
        gather_lead(gather, row);
        return;
    }
    gather_end(gather);
    gather->any = true;
    gather->task = (ReportTask) {
        .id = row->id, .plan = row->plan, .claim_at = row->claim_at, .figures = row->figures, .returns = row->returns, .relapses = row->relapses,
        .changed = row->changed, .uid = arena_str(arena, row->uid), .number = arena_str(arena, row->number), .handler = row->handler, .title = arena_str(arena, row->title),
        .state = arena_str(arena, row->state), .due = row->due, .incomputable = row->incomputable, .amber_days = row->amber_days, .leads = gather->leads,
    };
    gather_lead(gather, row);
}

/* The three statements have the same row. */
G_STATIC_ASSERT(sizeof(ReportTasksOfPlanRow) == sizeof(ReportTasksOfOrgsRow) && sizeof(ReportTasksOfPlanRow) == sizeof(ReportTasksOfAllRow));

static DbRows *scope_rows(const Report *report, bool large, GError **err)
{
    const ReportScope *scope = report->scope;
    if (scope->plan != DB_NULL_INT)
        return db_query(report->conn, ReportTasksOfPlan, err, .plan = scope->plan, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
    if (large)
        return db_query(report->conn, ReportTasksOfAll, err, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
    return db_query(report->conn, ReportTasksOfOrgs, err, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
}

static bool is_large(const Report *report, bool *ret_large, GError **err)
{
    ReportScopeSizeRow row = { .n = 0 };
    bool found = true, plan = report->scope->plan != DB_NULL_INT;
    if (!plan && !db_one(report->conn, ReportScopeSize, report->arena, &row, &found, err, .path = report->scope->path, .path_end = report->scope->path_end,
                         .most = LARGE_SCOPE))
        return false;
    *ret_large = row.n >= LARGE_SCOPE;
    return true;
}

static bool count_rows(Report *report, GError **err)
{
    bool large;
    if (!is_large(report, &large, err))
        return false;
    g_autoptr(Arena) arena = arena_new();
    arena_alloc(arena, 1); /* so that the mark keeps a block */
    Gather gather = { .report = report, .arena = arena, .start = arena_mark(arena) };
    g_autoptr(DbRows) rows = scope_rows(report, large, err);
    for (ReportTasksOfPlanRow row; rows && db_next(rows, &row, err);)
        gather_row(&gather, &row);
    if (!db_rows_ok(rows))
        return false;
    gather_end(&gather);
    return true;
}

bool report_count(Report *report, GError **err)
{
    for (size_t i = 0; i < LIST_COUNT; i++)
        report->lists[i].most = i == LIST_TABLE ? TABLE_PICKS : PICKS;
    if (!report_read_since(report, err) || !report_read_progress(report, err) || !prepare_units(report, err) || !count_rows(report, err))
        return false;
    for (size_t i = 0; i < LIST_COUNT; i++)
        pick_cut(&report->lists[i]);
    return true;
}

int64_t report_silent_days(const Report *report, const ReportUnit *unit)
{
    Date touched = unit->touched ? date_of_instant(unit->touched, report->zone) : report->today;
    int64_t days = report->today - touched;
    return days > SILENT_DAYS ? days : 0;
}
