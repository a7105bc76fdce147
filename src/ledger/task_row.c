/* Every statement gives its rows by task, so they are laid beside the page's rows by one walk over both. */
#include "ledger/task_row.h"

#include "base/banned.h"

/* --- Ids -------------------------------------------------------------------------------------------------------------- */

/* Sorted, each once. */
typedef struct {
    int64_t *v;
    size_t n;
} Ids;

typedef struct {
    DbConn *conn;
    Arena *arena;
    TaskRow *rows;
    size_t n;
    TaskRow **by_id; /* the same, by task */
    Str tasks;       /* their ids, as an argument */
} Page;

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static int by_task(const void *a, const void *b)
{
    return by_number(&(*(TaskRow *const *) a)->t.id, &(*(TaskRow *const *) b)->t.id);
}

static void add_id(Ids *ids, int64_t id)
{
    if (id != DB_NULL_INT)
        ids->v[ids->n++] = id;
}

static void sort_ids(Ids *ids)
{
    size_t kept = 0;
    qsort(ids->v, ids->n, sizeof *ids->v, by_number);
    for (size_t i = 0; i < ids->n; i++)
        if (kept == 0 || ids->v[i] != ids->v[kept - 1])
            ids->v[kept++] = ids->v[i];
    ids->n = kept;
}

/* Of a list of n, sorted by the int64_t with which each begins; NULL: there is none. */
static void *found_in(const void *list, size_t n, size_t size, int64_t id)
{
    return n > 0 && id != DB_NULL_INT ? bsearch(&id, list, n, size, by_number) : NULL;
}

/* The ids that column_at holds in the rows. */
static Ids ids_of(const Page *page, size_t column_at)
{
    Ids ids = { .v = ARENA_ARRAY(page->arena, int64_t, page->n + 1) };
    for (size_t i = 0; i < page->n; i++)
        add_id(&ids, *(const int64_t *) ((const char *) &page->rows[i].t + column_at));
    sort_ids(&ids);
    return ids;
}

/* The page's row of a task; *at goes on, since statements give them in order. */
static TaskRow *row_of(const Page *page, size_t *at, int64_t task)
{
    while (*at < page->n && page->by_id[*at]->t.id < task)
        (*at)++;
    g_assert(*at < page->n && page->by_id[*at]->t.id == task);
    return page->by_id[*at];
}

/* --- The rows -------------------------------------------------------------------------------------------------------------- */

static bool find_rows(Page *page, DbList *list, GError **err)
{
    int64_t *ids;
    if (!db_list_ids(list, page->conn, &ids, &page->n, err))
        return false;
    page->rows = ARENA_ARRAY(page->arena, TaskRow, page->n + 1);
    page->by_id = ARENA_ARRAY(page->arena, TaskRow *, page->n + 1);
    for (size_t i = 0; i < page->n; i++) {
        page->rows[i] = (TaskRow) { .t.id = ids[i], .progress_percent = DB_NULL_INT };
        page->by_id[i] = &page->rows[i];
    }
    qsort(page->by_id, page->n, sizeof *page->by_id, by_task);
    page->tasks = db_ids(page->conn, page->arena, ids, page->n);
    return true;
}

static bool add_heads(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowHead, err, .tasks = page->tasks);
    for (TaskRowHeadRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(TaskRowHead, &row, page->arena);
        row_of(page, &at, row.id)->t = row;
    }
    return db_rows_ok(rows);
}

/* --- Owners and organisations ------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(TaskRowOwnersRow) Owners;
typedef ARENA_LIST(RowOrg) Orgs;

static bool read_owners(const Page *page, Owners *owners, GError **err)
{
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowOwners, err, .tasks = page->tasks);
    for (TaskRowOwnersRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(TaskRowOwners, &row, page->arena);
        *ARENA_PUSH(page->arena, owners) = row;
    }
    return db_rows_ok(rows);
}

static Ids orgs_named(const Page *page, const Owners *owners)
{
    Ids ids = { .v = ARENA_ARRAY(page->arena, int64_t, owners->n + 2 * page->n + 1) };
    for (size_t i = 0; i < owners->n; i++)
        add_id(&ids, owners->v[i].org);
    for (size_t i = 0; i < page->n; i++) {
        add_id(&ids, page->rows[i].t.issuer);
        add_id(&ids, page->rows[i].t.over_org);
    }
    sort_ids(&ids);
    return ids;
}

static bool read_orgs(const Page *page, const Ids *ids, Orgs *orgs, GError **err)
{
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowOrgs, err, .orgs = db_ids(page->conn, page->arena, ids->v, ids->n));
    for (TaskRowOrgsRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(TaskRowOrgs, &row, page->arena);
        *ARENA_PUSH(page->arena, orgs) = (RowOrg) { row.id, row.uid, row.name, row.path, row.area };
    }
    return db_rows_ok(rows);
}

static const RowOrg *org_named(const Orgs *orgs, int64_t id)
{
    const RowOrg *org = found_in(orgs->v, orgs->n, sizeof *orgs->v, id);
    g_assert(org); /* what a task names is there: a foreign key */
    return org;
}

static bool add_owners(const Page *page, GError **err)
{
    Owners owners = { 0 };
    Orgs orgs = { 0 };
    if (!read_owners(page, &owners, err))
        return false;
    Ids ids = orgs_named(page, &owners);
    if (!read_orgs(page, &ids, &orgs, err))
        return false;
    RowOwner *all = ARENA_ARRAY(page->arena, RowOwner, owners.n + 1);
    for (size_t i = 0, at = 0; i < owners.n; i++) {
        TaskRow *row = row_of(page, &at, owners.v[i].task);
        all[i] = (RowOwner) { org_named(&orgs, owners.v[i].org), owners.v[i].role };
        if (row->n_owners++ == 0)
            row->owners = &all[i];
    }
    for (size_t i = 0; i < page->n; i++) {
        page->rows[i].issuer = org_named(&orgs, page->rows[i].t.issuer);
        page->rows[i].over = org_named(&orgs, page->rows[i].t.over_org);
    }
    return true;
}

/* --- People, parents --------------------------------------------------------------------------------------------------------- */

static PersonRef person_named(const TaskRowPeopleRow *people, size_t n, int64_t account)
{
    const TaskRowPeopleRow *found = found_in(people, n, sizeof *people, account);
    return found ? (PersonRef) { found->uid, found->name, found->org_uid, found->org_name } : (PersonRef) { 0 };
}

static bool add_people(const Page *page, GError **err)
{
    Ids ids = { .v = ARENA_ARRAY(page->arena, int64_t, 2 * page->n + 1) };
    ARENA_LIST(TaskRowPeopleRow) people = { 0 };
    for (size_t i = 0; i < page->n; i++) {
        add_id(&ids, page->rows[i].t.handler);
        add_id(&ids, page->rows[i].t.leader);
    }
    if (ids.n == 0)
        return true;
    sort_ids(&ids);
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowPeople, err, .accounts = db_ids(page->conn, page->arena, ids.v, ids.n));
    for (TaskRowPeopleRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(TaskRowPeople, &row, page->arena);
        *ARENA_PUSH(page->arena, &people) = row;
    }
    for (size_t i = 0; i < page->n; i++) {
        page->rows[i].handler = person_named(people.v, people.n, page->rows[i].t.handler);
        page->rows[i].leader = person_named(people.v, people.n, page->rows[i].t.leader);
    }
    return db_rows_ok(rows);
}

static bool add_parents(const Page *page, GError **err)
{
    Ids ids = ids_of(page, offsetof(TaskRowHeadRow, parent));
    ARENA_LIST(TaskRowParentsRow) parents = { 0 };
    if (ids.n == 0)
        return true;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowParents, err, .tasks = db_ids(page->conn, page->arena, ids.v, ids.n));
    for (TaskRowParentsRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(TaskRowParents, &row, page->arena);
        *ARENA_PUSH(page->arena, &parents) = row;
    }
    for (size_t i = 0; i < page->n; i++) {
        const TaskRowParentsRow *parent = found_in(parents.v, parents.n, sizeof *parents.v, page->rows[i].t.parent);
        if (!parent)
            continue;
        page->rows[i].parent_uid = parent->uid;
        page->rows[i].parent_number = parent->number;
        page->rows[i].parent_title = parent->title;
    }
    return db_rows_ok(rows);
}

/* --- What the plans say -------------------------------------------------------------------------------------------------------- */

static bool add_ambers(const Page *page, Str plans, GError **err)
{
    ARENA_LIST(TaskRowAmbersRow) ambers = { 0 };
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowAmbers, err, .plans = plans);
    for (TaskRowAmbersRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(page->arena, &ambers) = row;
    for (size_t i = 0; i < page->n; i++) {
        const TaskRowAmbersRow *amber = found_in(ambers.v, ambers.n, sizeof *ambers.v, page->rows[i].t.plan);
        page->rows[i].amber_days = amber ? amber->days : LIGHT_AMBER_DAYS;
    }
    return db_rows_ok(rows);
}

/* A task that is in no stage stands behind every gate of its plan. */
static bool add_stages(const Page *page, Str plans, GError **err)
{
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowStages, err, .plans = plans);
    for (TaskRowStagesRow row; rows && db_next(rows, &row, err);) {
        Str name = arena_str(page->arena, row.name);
        for (size_t i = 0; i < page->n; i++) {
            TaskRow *at = &page->rows[i];
            bool own = at->t.stage == row.seq;
            if (at->t.plan != row.plan)
                continue;
            if (own)
                at->stage_name = name;
            at->gate_passed |= row.forced && (own || at->t.stage == DB_NULL_INT);
        }
    }
    return db_rows_ok(rows);
}

static bool add_of_plans(const Page *page, GError **err)
{
    Ids ids = ids_of(page, offsetof(TaskRowHeadRow, plan));
    Str plans = db_ids(page->conn, page->arena, ids.v, ids.n);
    return add_ambers(page, plans, err) && add_stages(page, plans, err);
}

/* --- What hangs on the tasks ---------------------------------------------------------------------------------------------------- */

static bool add_children(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowChildren, err, .tasks = page->tasks);
    for (TaskRowChildrenRow row; rows && db_next(rows, &row, err);) {
        TaskRow *task = row_of(page, &at, row.parent);
        task->children = row.n;
        task->children_closed = row.closed;
    }
    return db_rows_ok(rows);
}

static bool add_targets(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowTargets, err, .tasks = page->tasks);
    for (TaskRowTargetsRow row; rows && db_next(rows, &row, err);)
        row_of(page, &at, row.task)->targets = row.n;
    return db_rows_ok(rows);
}

static bool add_measures(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowMeasures, err, .tasks = page->tasks);
    for (TaskRowMeasuresRow row; rows && db_next(rows, &row, err);) {
        TaskRow *task = row_of(page, &at, row.task);
        task->measures = row.n;
        task->measures_done = row.done;
    }
    return db_rows_ok(rows);
}

static bool add_evidence(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowEvidence, err, .tasks = page->tasks);
    for (TaskRowEvidenceRow row; rows && db_next(rows, &row, err);)
        row_of(page, &at, row.task)->evidence = row.n;
    return db_rows_ok(rows);
}

static bool add_progress(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowProgress, err, .tasks = page->tasks);
    for (TaskRowProgressRow row; rows && db_next(rows, &row, err);) {
        TaskRow *task = row_of(page, &at, row.task);
        db_row_keep(TaskRowProgress, &row, page->arena);
        task->progress_period = row.period;
        task->progress_percent = row.percent;
        task->progress_text = row.text;
    }
    return db_rows_ok(rows);
}

static bool add_reminders(const Page *page, GError **err)
{
    size_t at = 0;
    g_autoptr(DbRows) rows = db_query(page->conn, TaskRowReminders, err, .tasks = page->tasks);
    for (TaskRowRemindersRow row; rows && db_next(rows, &row, err);) {
        TaskRow *task = row_of(page, &at, row.task);
        if (row.due == task->t.due)
            task->reminder = arena_str(page->arena, row.level);
    }
    return db_rows_ok(rows);
}

/* --- All of it ------------------------------------------------------------------------------------------------------------------- */

bool task_rows_read(DbList *list, DbConn *conn, Arena *arena, TaskRows *ret_rows, GError **err)
{
    static bool (*const parts[])(const Page *, GError **) = {
        add_heads, add_owners, add_people, add_parents, add_of_plans, add_children, add_targets, add_measures, add_evidence, add_progress, add_reminders,
    };
    Page page = { .conn = conn, .arena = arena };
    if (!find_rows(&page, list, err))
        return false;
    for (size_t i = 0; page.n > 0 && i < G_N_ELEMENTS(parts); i++)
        if (!parts[i](&page, err))
            return false;
    *ret_rows = (TaskRows) { page.rows, page.n };
    return true;
}

/* The task as far as task_facts reads it; who is named as a reader of a restricted one it does not say. */
static Task task_of_list_row(const TaskRow *row, Arena *arena)
{
    TaskOwner *owners = ARENA_ARRAY(arena, TaskOwner, row->n_owners + 1);
    for (size_t i = 0; i < row->n_owners; i++) {
        const RowOrg *org = row->owners[i].org;
        owners[i] = (TaskOwner) { .org = org->id, .uid = org->uid, .name = org->name, .path = org->path, .area = org->area, .role = row->owners[i].role };
    }
    return (Task) {
        .id = row->t.id, .uid = row->t.uid, .state = row->t.state, .figures = row->t.figures, .plan_uid = row->t.plan_uid,
        .issuer_path = row->issuer->path, .issuer_area = row->issuer->area, .over_path = row->over->path, .over_area = row->over->area,
        .owners = owners, .n_owners = row->n_owners,
    };
}

Allowed task_row_allowed(const User *user, const TaskRow *row, const char *verb, Arena *arena, bool *ret_tells)
{
    *ret_tells = !row->t.restricted;
    if (row->t.restricted)
        return (Allowed) { 0 };
    Task task = task_of_list_row(row, arena);
    return task_allowed_by_facts(user, &task, verb, arena, ret_tells);
}
