/* The leader's page: counted as a report is, and beside it the lights by plan and owner and by district. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

enum { PLANS_MAX = 30, OWNERS_MAX = 40 };

typedef struct {
    int64_t plan; /* id */
    size_t unit;  /* index; SIZE_MAX: all of the plan */
    int64_t n, lights[LIGHTS];
} Cell;

typedef struct {
    ReportOrg org;
    int64_t n, red, amber, closed, done, due;
    int64_t last; /* the task that was counted here last: one of two leads in a district counts once */
} District;

typedef struct {
    Report *report;
    GHashTable *cells; /* "plan unit" as Cell itself */
    ARENA_LIST(Cell *) plans;
    ARENA_LIST(District) districts;
    GHashTable *district_at; /* int64_t id to index + 1 */
    GError *failed;          /* while it was counted: told when that ends */
} Overview;

/* --- Counting -------------------------------------------------------------------------------------------------------------------- */

static guint cell_hash(gconstpointer key)
{
    const Cell *cell = key;
    return (guint) cell->plan * 31 + (guint) cell->unit;
}

static gboolean cell_equal(gconstpointer a, gconstpointer b)
{
    const Cell *x = a, *y = b;
    return x->plan == y->plan && x->unit == y->unit;
}

static Cell *cell_of(Overview *overview, int64_t plan, size_t unit)
{
    Cell key = { .plan = plan, .unit = unit }, *cell = g_hash_table_lookup(overview->cells, &key);
    if (cell)
        return cell;
    cell = ARENA_NEW(overview->report->arena, Cell);
    *cell = key;
    g_hash_table_add(overview->cells, cell);
    if (unit == SIZE_MAX)
        *ARENA_PUSH(overview->report->arena, &overview->plans) = cell;
    return cell;
}

static void count_cell(Cell *cell, const ReportRow *row)
{
    cell->n += !row->part_of;
    cell->lights[row->light] += !row->part_of;
}

static District *district_of(const Overview *overview, Str path)
{
    for (Str rest = str_from_at(path, 1); rest.p;) {
        int64_t id;
        size_t at = str_to_int64(str_cut(&rest, '/'), &id) ? GPOINTER_TO_SIZE(g_hash_table_lookup(overview->district_at, &id)) : 0;
        if (at)
            return &overview->districts.v[at - 1];
    }
    return NULL;
}

static void count_district(const Report *report, District *district, const ReportRow *row)
{
    if (row->part_of)
        return;
    bool due = row->due != DATE_NONE && row->due <= report->today;
    district->last = row->task;
    district->n++;
    district->red += row->light == LIGHT_RED;
    district->amber += row->light == LIGHT_AMBER;
    district->closed += row->is.closed;
    district->due += due;
    district->done += due && row->is.finished;
}

static void count_beside(void *data, const ReportRow *row, size_t unit, const ReportOrg *leads, size_t n_leads)
{
    Overview *overview = data;
    count_cell(cell_of(overview, row->plan, unit), row);
    for (size_t i = 0; i < n_leads; i++) {
        District *district = district_of(overview, leads[i].path);
        if (!district || district->last == row->task)
            continue;
        ReportRow here = *row;
        here.part_of = false;
        if ((row->marks & MARK_SUB) && !overview->failed)
            report_part_of(overview->report, row->task, district->org.id, &here.part_of, &overview->failed);
        count_district(overview->report, district, &here);
        district->last = row->task;
    }
}

typedef struct {
    const Report *report;
    District *district;
} InDistrict;

static void count_in_district(void *data, const ReportRow *row)
{
    const InDistrict *in = data;
    count_district(in->report, in->district, row);
}

/* Where leads are not read with the tasks, each district's scope is. What lies within another district counts there. */
static bool count_districts(Overview *overview, GError **err)
{
    for (size_t i = 0; i < overview->districts.n && report_by_scopes(overview->report); i++) {
        District *district = &overview->districts.v[i];
        InDistrict in = { overview->report, district };
        if (district_of(overview, district->org.path) == district
            && !report_each_of_scope(overview->report, district->org.id, PART_LEAD, count_in_district, &in, err))
            return false;
    }
    return true;
}

static bool add_districts(Overview *overview, Str kind, GError **err)
{
    const Report *report = overview->report;
    Arena *arena = report->arena;
    g_autoptr(DbRows) rows = db_query(report->conn, OrgsOfKind, err, .kind = kind, .path = report->scope->path, .path_end = report->scope->path_end);
    for (OrgsOfKindRow row; rows && db_next(rows, &row, err);) {
        int64_t *id = ARENA_NEW(arena, int64_t);
        *id = row.id;
        *ARENA_PUSH(arena, &overview->districts) = (District) {
            .org = { row.id, row.rank, arena_str(arena, row.uid), arena_str(arena, row.name), arena_str(arena, row.path) } };
        g_hash_table_insert(overview->district_at, id, GSIZE_TO_POINTER(overview->districts.n));
    }
    return db_rows_ok(rows);
}

/* --- Writing ----------------------------------------------------------------------------------------------------------------------- */

static void write_figures(const Report *report, JsonWriter *json)
{
    const Figures *f = &report->totals;
    const struct {
        const char *id;
        int64_t value, of;
        const char *query;
    } figures[] = {
        { "open", f->open, f->tasks, "figure=open&whole=1" },
        { "overdue", f->overdue, f->open, "light=red&whole=1" },
        { "due_soon", f->lights[LIGHT_AMBER], f->open, "light=amber&whole=1" },
        { "relapsed", f->relapsed, f->ever_closed, "figure=relapsed" },
        { "closed", f->closed, f->tasks, "figure=closed&whole=1" },
    };
    json_key(json, "figures");
    json_begin_array(json);
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        g_autoptr(GString) query = g_string_new(NULL);
        report_json_scope_query(report->scope, query);
        g_string_append(query, figures[i].query);
        json_begin_object(json);
        json_member_cstr(json, "id", figures[i].id);
        json_member_int(json, "value", figures[i].value);
        json_member_int(json, "of", figures[i].of);
        report_json_query(json, "query", query);
        json_end_object(json);
    }
    json_end_array(json);
}

/* Most red first, then largest. */
static int by_red(const void *a, const void *b)
{
    const Cell *x = *(Cell *const *) a, *y = *(Cell *const *) b;
    if (x->lights[LIGHT_RED] != y->lights[LIGHT_RED])
        return x->lights[LIGHT_RED] > y->lights[LIGHT_RED] ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->plan < y->plan ? -1 : x->plan > y->plan;
}

static void write_lights(const Cell *cell, JsonWriter *json)
{
    static const Light shown[] = { LIGHT_RED, LIGHT_AMBER, LIGHT_GREEN, LIGHT_GREY };
    json_member_int(json, "n", cell->n);
    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        json_member_int(json, light_name(shown[i]), cell->lights[shown[i]]);
}

typedef struct {
    Str uid, title;
} PlanRef;

static bool write_plans(Overview *overview, PlanRef *refs, size_t n, JsonWriter *json, GError **err)
{
    const Report *report = overview->report;
    json_key(json, "plans");
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        PlanNameRow plan;
        bool found;
        if (!db_one(report->conn, PlanName, report->arena, &plan, &found, err, .id = overview->plans.v[i]->plan))
            return false;
        refs[i] = (PlanRef) { plan.uid, plan.title };
        json_begin_object(json);
        json_member_str(json, "uid", plan.uid);
        json_member_str(json, "title", plan.title);
        write_lights(overview->plans.v[i], json);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static size_t choose_owners(const Report *report, size_t owners[static OWNERS_MAX])
{
    size_t n = 0;
    for (size_t u = 0; u < report->units.n && n < OWNERS_MAX; u++)
        if (report->units.v[u].f.tasks > 0)
            owners[n++] = u;
    return n;
}

static void write_cells(Overview *overview, const PlanRef *plans, size_t n_plans, const size_t *owners, size_t n_owners, JsonWriter *json)
{
    json_key(json, "cells");
    json_begin_array(json);
    for (size_t p = 0; p < n_plans; p++)
        for (size_t o = 0; o < n_owners; o++) {
            Cell key = { .plan = overview->plans.v[p]->plan, .unit = owners[o] };
            const Cell *cell = g_hash_table_lookup(overview->cells, &key);
            if (!cell)
                continue;
            json_begin_object(json);
            json_member_str(json, "plan", plans[p].uid);
            json_member_str(json, "owner", overview->report->units.v[owners[o]].org.uid);
            write_lights(cell, json);
            json_end_object(json);
        }
    json_end_array(json);
}

static bool write_matrix(Overview *overview, JsonWriter *json, GError **err)
{
    const Report *report = overview->report;
    size_t owners[OWNERS_MAX], n_owners = choose_owners(report, owners), n_plans = MIN(overview->plans.n, PLANS_MAX);
    PlanRef plans[PLANS_MAX];
    if (overview->plans.n > 1)
        qsort(overview->plans.v, overview->plans.n, sizeof *overview->plans.v, by_red);
    json_key(json, "matrix");
    json_begin_object(json);
    json_member_int(json, "plans_total", (int64_t) overview->plans.n);
    if (!write_plans(overview, plans, n_plans, json, err))
        return false;
    json_key(json, "owners");
    json_begin_array(json);
    for (size_t o = 0; o < n_owners; o++) {
        const ReportUnit *unit = &report->units.v[owners[o]];
        json_begin_object(json);
        json_member_str(json, "uid", unit->org.uid);
        json_member_str(json, "name", unit->org.name);
        json_member_int(json, "n", unit->f.tasks);
        json_member_int(json, "red", unit->f.lights[LIGHT_RED]);
        json_member_int(json, "amber", unit->f.lights[LIGHT_AMBER]);
        json_end_object(json);
    }
    json_end_array(json);
    write_cells(overview, plans, n_plans, owners, n_owners, json);
    json_end_object(json);
    return true;
}

static void write_lines(Report *report, const char *name, ListId list, JsonWriter *json)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < report->lists[list].picks.n; i++)
        report_json_line(report, list, &report->lists[list].picks.v[i], json);
    json_end_array(json);
}

static void write_districts(const Overview *overview, JsonWriter *json)
{
    json_key(json, "districts");
    json_begin_array(json);
    for (size_t i = 0; i < overview->districts.n; i++) {
        const District *d = &overview->districts.v[i];
        if (d->n == 0)
            continue;
        json_begin_object(json);
        report_json_ref(json, "org", d->org.uid, "name", d->org.name);
        json_member_int(json, "n", d->n);
        json_member_int(json, "red", d->red);
        json_member_int(json, "amber", d->amber);
        json_member_int(json, "closed", d->closed);
        report_json_ratio(json, "rate", d->done, d->due);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool write_all(Overview *overview, GString *out, GError **err)
{
    Report *report = overview->report;
    JsonWriter json;
    char day[DATE_TEXT_MAX];
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    report_json_ref(&json, "org", report->scope->org_uid, "name", report->scope->org_name);
    report_json_ref(&json, "plan", report->scope->plan_uid, "title", report->scope->plan_title);
    json_member_str(&json, "area", report->scope->area.n > 0 ? report->scope->area : STR_NONE);
    json_member_cstr(&json, "on", date_format(report->today, day));
    write_figures(report, &json);
    if (!write_matrix(overview, &json, err))
        return false;
    json_member_date(&json, "since", report->since_day);
    json_member_int(&json, "turned_red_total", report->lists[LIST_OVERDUE].total);
    report_json_list_query(report, LIST_OVERDUE, "turned_red_query", &json);
    write_lines(report, "turned_red", LIST_OVERDUE, &json);
    write_lines(report, "relapses", LIST_RELAPSED, &json);
    report_json_silent(report, &json);
    write_districts(overview, &json);
    json_end_object(&json);
    return true;
}

bool overview_write(const Ledger *ledger, DbConn *conn, const ReportScope *scope, GString *out, int64_t *ret_tasks, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_auto(Report) report = { 0 };
    g_autoptr(GHashTable) cells = g_hash_table_new(cell_hash, cell_equal);
    g_autoptr(GHashTable) districts = g_hash_table_new(g_int64_hash, g_int64_equal);
    Overview overview = { .report = &report, .cells = cells, .district_at = districts };
    if (!report_begin(&report, ledger, conn, arena, REPORT_WEEKLY, scope, err) || !report_since_period(&report, err)
        || !add_districts(&overview, STR("district_government"), err) || !add_districts(&overview, STR("district_commission"), err))
        return false;
    for (size_t i = 0; i < LIST_COUNT; i++) /* what the page does not show is not read */
        if (i != LIST_OVERDUE && i != LIST_RELAPSED)
            report.lists[i].most = 0;
    report.seen = count_beside;
    report.seen_data = &overview;
    bool counted = report_count(&report, err);
    if (counted && overview.failed) {
        g_propagate_error(err, g_steal_pointer(&overview.failed));
        counted = false;
    }
    g_clear_error(&overview.failed);
    if (!counted || !count_districts(&overview, err) || !write_all(&overview, out, err))
        return false;
    *ret_tasks = report.totals.tasks;
    return true;
}
