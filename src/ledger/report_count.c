/* Counting: what a figure counts is said here once, in C, and once more as a condition in report_figure.c for the list that shows its rows; a property test holds both
 * against each other and against counting by hand. Everything and an organisation are counted from their scopes (scope.h): each task of the scope once, and
 * once more in the scope of each unit. A plan or an area is counted from its tasks with their leads. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

StateKind report_state_kind(Str state)
{
    bool to_do = flow_has_word("issued working returned reopened", state);
    return (StateKind) {
        .to_do = to_do, .open = to_do || flow_has_word("submitted verified", state), .finished = flow_has_word("verified closed", state),
        .closed = str_eq(state, STR("closed")), .suspended = str_eq(state, STR("suspended")), .cancelled = str_eq(state, STR("cancelled")),
        .waived = str_eq(state, STR("waived")),
    };
}

/* --- Figures --------------------------------------------------------------------------------------------------------------- */

/* What is part of a task that is counted here is not counted beside it, but for what fell back: it was struck off by itself, and neither dividing a task nor ending the whole hides a
 * relapse. Cancelled, waived and suspended tasks are in `tasks` and, from their date on, in `due`: ending a task improves no rate. */
static void count_figures(const Report *report, Figures *f, const ReportRow *row)
{
    const StateKind is = row->is;
    f->ever_closed += is.closed || (row->marks & MARK_RELAPSED);
    f->relapsed += (row->marks & MARK_RELAPSED) != 0;
    if (row->part_of)
        return;
    bool due = row->due != DATE_NONE && row->due <= report->to, overdue = is.to_do && row->due != DATE_NONE && row->due < report->today;
    bool asked = is.to_do && report->asks_progress, returned = row->marks & MARK_RETURNED;
    f->tasks++;
    f->to_do += is.to_do;
    f->asked += asked;
    f->told += asked && report_told_in_time(report, row->task);
    f->open += is.open;
    f->due += due;
    f->done += due && is.finished;
    f->on_time += due && is.finished && (row->marks & MARK_IN_TIME);
    f->finished += is.finished;
    f->first_pass += is.finished && !returned;
    f->closed += is.closed;
    f->overdue += overdue;
    f->returned += returned;
    f->suspended += is.suspended;
    f->cancelled += is.cancelled;
    f->waived += is.waived;
    f->lights[row->light]++;
    if (overdue)
        f->longest_overdue_days = MAX(f->longest_overdue_days, report->today - row->due);
}

static void count_all(Report *report, const ReportRow *row, const ReportOrg *leads, size_t n_leads)
{
    count_figures(report, &report->totals, row);
    report_paper_add(&report->paper, row->state, row->marks);
    report_offer(report, row);
    if (report->seen)
        report->seen(report->seen_data, row, SIZE_MAX, leads, n_leads);
}

static void count_unit(Report *report, size_t index, const ReportRow *row)
{
    ReportUnit *unit = &report->units.v[index];
    const TaskSince *since = g_hash_table_size(report->since) > 0 ? g_hash_table_lookup(report->since, &row->task) : NULL;
    count_figures(report, &unit->f, row);
    if (report->seen)
        report->seen(report->seen_data, row, index, NULL, 0);
    if (!since)
        return;
    unit->added += since->made;
    unit->returned += since->returned;
    unit->relapsed += since->relapsed;
    unit->closed += since->to_closed && row->is.closed;
}

/* --- Rows ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Report *report;
    ReportRow row;
    char state[24];
    Date never; /* as task_scope has it */
} Reader;

static void reader_init(Reader *reader, Report *report)
{
    *reader = (Reader) { .report = report };
    date_from_ymd(2199, 12, 31, &reader->never);
}

/* Rows of a state mostly follow one another. */
static void take_row(Reader *reader, int64_t task, Str state, Date due, int64_t marks, int64_t plan, bool part_of)
{
    ReportRow *row = &reader->row;
    if (!str_eq(state, row->state) || !row->state.p) {
        size_t n = MIN(state.n, sizeof reader->state);
        memcpy(reader->state, state.p, n);
        row->state = (Str) { reader->state, n };
        row->is = report_state_kind(row->state);
    }
    row->task = task;
    row->plan = plan;
    row->part_of = part_of;
    row->due = due == reader->never ? DATE_NONE : due;
    row->marks = marks;
    row->light = light_of(row->state, row->due, marks & MARK_DECIDES, row->is.to_do ? plan_amber_days(reader->report->ambers, plan) : 0, reader->report->today);
}

bool report_each_of_scope(Report *report, int64_t scope, unsigned parts, ReportEach each, void *data, GError **err)
{
    Reader reader;
    reader_init(&reader, report);
    g_autoptr(DbRows) rows = db_query(report->conn, ReportTasksOfScope, err, .scope = scope, .parts = parts);
    for (ReportTasksOfScopeRow row; rows && db_next(rows, &row, err);) {
        take_row(&reader, row.task, row.state, row.due, row.marks, row.plan, row.part_of);
        each(data, &reader.row);
    }
    return db_rows_ok(rows);
}

bool report_part_of(const Report *report, int64_t task, int64_t scope, bool *ret_part, GError **err)
{
    ReportPartOfRow row;
    return db_one(report->conn, ReportPartOf, report->arena, &row, ret_part, err, .task = task, .scope = scope);
}

/* --- Units ------------------------------------------------------------------------------------------------------------------- */

static size_t add_unit(Report *report, const ReportOrg *org)
{
    Arena *arena = report->arena;
    int64_t *id = ARENA_NEW(arena, int64_t);
    *id = org->id;
    *ARENA_PUSH(arena, &report->units) = (ReportUnit) {
        .org = { org->id, org->rank, arena_str(arena, org->uid), arena_str(arena, org->name), arena_str(arena, org->path) },
        .previous_rank = DB_NULL_INT, .previous_done = DB_NULL_INT, .previous_due = DB_NULL_INT,
    };
    g_hash_table_insert(report->unit_at, id, GSIZE_TO_POINTER(report->units.n));
    return report->units.n - 1;
}

bool report_by_scopes(const Report *report)
{
    return report->scope->plan == DB_NULL_INT && report->scope->area.n == 0;
}

/* --- By scopes: an organisation is shown by what lies directly below it ------------------------------------------------------- */

typedef struct {
    Report *report;
    size_t unit;
} OfUnit;

static void each_of_all(void *data, const ReportRow *row)
{
    count_all(data, row, NULL, 0);
}

static void each_of_unit(void *data, const ReportRow *row)
{
    const OfUnit *of = data;
    count_unit(of->report, of->unit, row);
}

static bool read_touched(Report *report, size_t unit, unsigned parts, GError **err)
{
    ReportTouchedRow row;
    bool found;
    if (report->units.v[unit].f.to_do == 0)
        return true;
    if (!db_one(report->conn, ReportTouched, report->arena, &row, &found, err, .scope = report->units.v[unit].org.id, .parts = parts))
        return false;
    report->units.v[unit].touched = found ? row.changed : 0;
    return true;
}

/* parts: what lies below an organisation, or what it leads itself. */
static bool count_scope(Report *report, const ReportOrg *org, unsigned parts, GError **err)
{
    OfUnit of = { report, add_unit(report, org) };
    return report_each_of_scope(report, org->id, parts, each_of_unit, &of, err) && read_touched(report, of.unit, parts, err);
}

typedef ARENA_LIST(ReportOrg) OrgList;

static void add_org(Arena *arena, OrgList *orgs, int64_t id, int64_t rank, Str uid, Str name, Str path)
{
    *ARENA_PUSH(arena, orgs) = (ReportOrg) { id, rank, arena_str(arena, uid), arena_str(arena, name), arena_str(arena, path) };
}

static bool read_children(Report *report, int64_t parent, OrgList *orgs, GError **err)
{
    g_autoptr(DbRows) rows = db_query(report->conn, OrgChildren, err, .parent = parent);
    for (OrgChildrenRow row; rows && db_next(rows, &row, err);)
        add_org(report->arena, orgs, row.id, row.rank, row.uid, row.name, row.path);
    return db_rows_ok(rows);
}

/* What stands above the units: the organisation, or what nothing stands above. */
static bool read_tops(Report *report, OrgList *tops, GError **err)
{
    if (report->scope->org != DB_NULL_INT) {
        Org org;
        if (!org_by_id(report->conn, report->arena, report->scope->org, &org, err))
            return false;
        add_org(report->arena, tops, org.id, org.rank, org.uid, org.name, org.path);
        return true;
    }
    g_autoptr(DbRows) rows = db_query(report->conn, OrgRoots, err);
    for (OrgRootsRow row; rows && db_next(rows, &row, err);)
        add_org(report->arena, tops, row.id, row.rank, row.uid, row.name, row.path);
    return db_rows_ok(rows);
}

static bool count_top(Report *report, const ReportOrg *top, GError **err)
{
    OrgList children = { 0 };
    if (!count_scope(report, top, PART_DIRECT * PART_LEAD, err) || !read_children(report, top->id, &children, err))
        return false;
    for (size_t i = 0; i < children.n; i++)
        if (!count_scope(report, &children.v[i], PART_LEAD, err))
            return false;
    return true;
}

static bool count_by_scopes(Report *report, GError **err)
{
    OrgList tops = { 0 };
    int64_t scope = report->scope->org == DB_NULL_INT ? SCOPE_ALL : report->scope->org;
    if (!report_each_of_scope(report, scope, PART_LEAD, each_of_all, report, err) || !read_tops(report, &tops, err))
        return false;
    for (size_t i = 0; i < tops.n; i++)
        if (!count_top(report, &tops.v[i], err))
            return false;
    return true;
}

/* --- By leads: a plan, or an area, is shown by those who lead ------------------------------------------------------------------- */

/* The rows of a task, one for each lead. */
typedef struct {
    Reader reader;
    Arena *arena; /* of the leads' paths: until the next task */
    ArenaMark start;
    ReportOrg leads[REPORT_LEADS_MAX];
    bool part_of[REPORT_LEADS_MAX]; /* a task that the lead has, too */
    size_t n_leads;
    int64_t changed;
} Gather;

static bool unit_of_lead(Report *report, const ReportOrg *lead, size_t *ret_unit, GError **err)
{
    size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(report->unit_at, &lead->id));
    Org org;
    if (found) {
        *ret_unit = found - 1;
        return true;
    }
    if (!org_by_id(report->conn, report->arena, lead->id, &org, err))
        return false;
    *ret_unit = add_unit(report, &(ReportOrg) { org.id, org.rank, org.uid, org.name, org.path });
    return true;
}

static bool gather_end(Gather *gather, GError **err)
{
    Report *report = gather->reader.report;
    const ReportRow *row = &gather->reader.row;
    if (gather->n_leads > 0)
        count_all(report, row, gather->leads, gather->n_leads);
    for (size_t i = 0; i < gather->n_leads; i++) {
        size_t unit;
        if (!unit_of_lead(report, &gather->leads[i], &unit, err))
            return false;
        ReportRow of_lead = *row;
        of_lead.part_of = gather->part_of[i];
        count_unit(report, unit, &of_lead);
        if (row->is.to_do)
            report->units.v[unit].touched = MAX(report->units.v[unit].touched, gather->changed);
    }
    gather->n_leads = 0;
    arena_rewind(gather->arena, gather->start);
    return true;
}

static bool gather_row(Gather *gather, const ReportTasksOfPlanRow *row, GError **err)
{
    if (gather->n_leads > 0 && gather->reader.row.task != row->task && !gather_end(gather, err))
        return false;
    if (gather->n_leads == 0)
        take_row(&gather->reader, row->task, row->state, row->due, row->marks, row->plan, row->part_of);
    gather->changed = row->changed;
    if (gather->n_leads == REPORT_LEADS_MAX)
        return true;
    gather->part_of[gather->n_leads] = row->part_of_lead;
    gather->leads[gather->n_leads++] = (ReportOrg) { .id = row->org, .path = arena_str(gather->arena, row->org_path) };
    return true;
}

/* The two statements have the same row. */
G_STATIC_ASSERT(sizeof(ReportTasksOfPlanRow) == sizeof(ReportTasksOfOrgsRow));

static DbRows *rows_with_leads(const Report *report, GError **err)
{
    const ReportScope *scope = report->scope;
    if (scope->plan != DB_NULL_INT)
        return db_query(report->conn, ReportTasksOfPlan, err, .plan = scope->plan, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
    return db_query(report->conn, ReportTasksOfOrgs, err, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
}

static bool count_by_leads(Report *report, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    arena_alloc(arena, 1); /* so that the mark keeps a block */
    Gather gather = { .arena = arena, .start = arena_mark(arena) };
    reader_init(&gather.reader, report);
    g_autoptr(DbRows) rows = rows_with_leads(report, err);
    for (ReportTasksOfPlanRow row; rows && db_next(rows, &row, err);)
        if (!gather_row(&gather, &row, err))
            return false;
    return db_rows_ok(rows) && gather_end(&gather, err);
}

/* --- All of it ------------------------------------------------------------------------------------------------------------------ */

bool report_count(Report *report, GError **err)
{
    report->ambers = plan_ambers(report->conn, report->arena, err);
    return report->ambers && report_read_since(report, err) && report_read_progress(report, err)
           && (report_by_scopes(report) ? count_by_scopes(report, err) : count_by_leads(report, err)) && report_read_picks(report, err);
}

int64_t report_silent_days(const Report *report, const ReportUnit *unit)
{
    Date touched = unit->touched ? date_of_instant(unit->touched, report->zone) : report->today;
    int64_t days = report->today - touched;
    return days > SILENT_DAYS ? days : 0;
}
