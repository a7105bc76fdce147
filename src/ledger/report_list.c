/* The lists of a report: the first few of each by its key. While all is counted they hold ids; what is shown of the tasks is read when they are known. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

/* Until the next meeting. */
static const int coming_days[REPORT_KINDS] = { 7, 31, 92 };

static int by_key(const void *a, const void *b)
{
    const Pick *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void pick_cut(PickList *list)
{
    if (list->picks.n > 1)
        qsort(list->picks.v, list->picks.n, sizeof *list->picks.v, by_key);
    list->picks.n = MIN(list->picks.n, list->most);
    list->cut = true;
}

/* When twice as many as wanted are there, the later half goes; from then on what comes after all that stay is not taken at all. */
static void offer(Report *report, ListId id, const ReportRow *row, const TaskSince *since, int64_t key)
{
    PickList *list = &report->lists[id];
    list->total++;
    if (list->most == 0) /* only counted */
        return;
    if (list->cut && list->picks.n >= list->most && key > list->picks.v[list->most - 1].key)
        return;
    *ARENA_PUSH(report->arena, &list->picks) = (Pick) { row->task, NULL, since, key, row->light };
    if (list->picks.n >= 2 * list->most)
        pick_cut(list);
}

static bool moved_later(const TaskSince *since, Date due)
{
    return since->due_changed && since->due_before != DATE_NONE && due != DATE_NONE && due > since->due_before;
}

static void offer_since(Report *report, const ReportRow *row, const TaskSince *since)
{
    bool made = since->made, slipped = !made && moved_later(since, row->due);
    if (since->relapsed)
        offer(report, LIST_RELAPSED, row, since, -since->relapsed_at);
    if (since->returned)
        offer(report, LIST_RETURNED, row, since, -since->returned_at);
    if (slipped)
        offer(report, LIST_SLIPPED, row, since, since->due_before - row->due);
    if (since->lead_changed && !made)
        offer(report, LIST_OWNER, row, since, row->task);
    if (!made && (since->text || (since->due_changed && !slipped)))
        offer(report, LIST_AMENDED, row, since, row->task);
    if (since->stopped && (row->is.suspended || row->is.cancelled || row->is.waived))
        offer(report, LIST_STOPPED, row, since, -since->stopped_at);
    if (made)
        offer(report, LIST_NEW, row, since, row->task);
    if (since->to_closed && row->is.closed)
        offer(report, LIST_CLOSED, row, since, -since->closed_at);
}

static bool was_overdue(const Report *report, const ReportRow *row, const TaskSince *since)
{
    bool to_do = since && since->state_changed ? since->state_before.p && report_state_kind(since->state_before).to_do : row->is.to_do;
    Date due = since && since->due_changed ? since->due_before : row->due;
    return to_do && due != DATE_NONE && due < report->since_day;
}

void report_offer(Report *report, const ReportRow *row)
{
    const TaskSince *since = g_hash_table_size(report->since) > 0 ? g_hash_table_lookup(report->since, &row->task) : NULL;
    if (since)
        offer_since(report, row, since);
    if (row->is.open || since)
        offer(report, LIST_TABLE, row, since, row->due != DATE_NONE ? row->due : INT32_MAX);
    if (!row->is.to_do || row->due == DATE_NONE)
        return;
    bool overdue = row->due < report->today;
    if (overdue && !was_overdue(report, row, since))
        offer(report, LIST_OVERDUE, row, since, row->due);
    if (overdue)
        offer(report, LIST_LATE, row, since, row->due);
    else if (row->due - report->today <= coming_days[report->kind])
        offer(report, LIST_COMING, row, since, row->due);
}

/* --- What is shown of them ---------------------------------------------------------------------------------------------------- */

static void add_lead(Report *report, ReportTask *task, const ReportTaskLeadsRow *row, ReportOrg leads[static REPORT_LEADS_MAX])
{
    Arena *arena = report->arena;
    if (task->n_leads == 0)
        *task = (ReportTask) { .id = task->id, .uid = arena_str(arena, row->uid), .number = arena_str(arena, row->number), .title = arena_str(arena, row->title),
                               .state = arena_str(arena, row->state), .handler = row->handler, .due = row->due, .light = task->light };
    if (task->n_leads < REPORT_LEADS_MAX)
        leads[task->n_leads++] = (ReportOrg) { .id = row->org, .uid = arena_str(arena, row->org_uid), .name = arena_str(arena, row->org_name) };
}

static bool read_task(Report *report, ReportTask *task, GError **err)
{
    const ReportScope *scope = report->scope;
    ReportOrg leads[REPORT_LEADS_MAX];
    g_autoptr(DbRows) rows = db_query(report->conn, ReportTaskLeads, err, .task = task->id, .path = scope->path, .path_end = scope->path_end, .area = scope->area);
    for (ReportTaskLeadsRow row; rows && db_next(rows, &row, err);)
        add_lead(report, task, &row, leads);
    if (!db_rows_ok(rows))
        return false;
    task->leads = ARENA_ARRAY(report->arena, ReportOrg, task->n_leads + 1);
    if (task->n_leads > 0)
        memcpy(task->leads, leads, task->n_leads * sizeof *leads);
    return true;
}

/* A task of several lists is read once. */
static bool read_pick(Report *report, GHashTable *read, Pick *pick, GError **err)
{
    ReportTask *task = g_hash_table_lookup(read, &pick->id);
    if (!task) {
        task = ARENA_NEW(report->arena, ReportTask);
        task->id = pick->id;
        task->light = pick->light;
        g_hash_table_insert(read, &task->id, task);
        if (!read_task(report, task, err))
            return false;
    }
    pick->task = task;
    return true;
}

bool report_read_picks(Report *report, GError **err)
{
    g_autoptr(GHashTable) read = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (size_t l = 0; l < LIST_COUNT; l++) {
        PickList *list = &report->lists[l];
        pick_cut(list);
        for (size_t i = 0; i < list->picks.n; i++)
            if (!read_pick(report, read, &list->picks.v[i], err))
                return false;
    }
    return true;
}
