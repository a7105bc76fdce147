/* What a report is about, its period, and what changed since the one before. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

static const char *const kind_names[REPORT_KINDS] = { "weekly", "monthly", "quarterly" };
static const PeriodKind kind_periods[REPORT_KINDS] = { PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER };

bool report_kind_parse(Str name, ReportKind *ret_kind)
{
    for (ReportKind kind = 0; kind < REPORT_KINDS; kind++)
        if (str_eq(name, str_from(kind_names[kind]))) {
            *ret_kind = kind;
            return true;
        }
    return false;
}

const char *report_kind_name(ReportKind kind)
{
    return kind_names[kind];
}

/* --- Scopes ------------------------------------------------------------------------------------------------------------------ */

static ReportScope everything(void)
{
    return (ReportScope) { .plan = DB_NULL_INT, .org = DB_NULL_INT, .path = STR(""), .path_end = STR("~"), .area = STR("") };
}

/* Paths end in '/', which '0' follows. */
static void within_path(ReportScope *scope, Arena *arena, Str path)
{
    scope->path = path;
    scope->path_end = arena_printf(arena, STR_FMT "0", STR_ARG(str_head(path, path.n - 1)));
}

static void within_org(ReportScope *scope, Arena *arena, const Org *org)
{
    Str *path = ARENA_NEW(arena, Str), *area = ARENA_NEW(arena, Str);
    *path = org->path;
    *area = org->area;
    scope->org = org->id;
    scope->org_uid = org->uid;
    scope->org_name = org->name;
    within_path(scope, arena, org->path);
    scope->facts.owner_paths = path;
    scope->facts.owner_areas = area;
    scope->facts.n_owners = 1;
}

static bool scope_plan(DbConn *conn, Arena *arena, Str uid, ReportScope *scope, GError **err)
{
    PlanForReportRow plan;
    bool found;
    if (!db_one(conn, PlanForReport, arena, &plan, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no plan '" STR_FMT "'", STR_ARG(uid));
    scope->plan = plan.id;
    scope->plan_uid = plan.uid;
    scope->plan_title = plan.title;
    scope->facts.place = plan.issuer_path;
    scope->facts.area = plan.issuer_area;
    scope->facts.plan = plan.uid;
    return true;
}

static bool scope_org(DbConn *conn, Arena *arena, Str uid, ReportScope *scope, GError **err)
{
    Org org;
    bool found;
    if (!org_by_uid(conn, arena, uid, &org, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid));
    within_org(scope, arena, &org);
    return true;
}

static void within_area(ReportScope *scope, Arena *arena, Str area)
{
    Str *path = ARENA_NEW(arena, Str), *areas = ARENA_NEW(arena, Str);
    scope->area = *areas = arena_str(arena, area);
    *path = STR("");
    scope->facts.owner_paths = path;
    scope->facts.owner_areas = areas;
    scope->facts.n_owners = 1;
}

bool report_scope(DbConn *conn, Arena *arena, Str plan_uid, Str org_uid, Str area, ReportScope *ret_scope, GError **err)
{
    ReportScope scope = everything();
    if (area.n > 0)
        within_area(&scope, arena, area);
    if ((plan_uid.p && !scope_plan(conn, arena, plan_uid, &scope, err)) || (org_uid.p && !scope_org(conn, arena, org_uid, &scope, err)))
        return false;
    *ret_scope = scope;
    return true;
}

/* Everywhere before an organisation, that with the shorter path before another, any before an area. */
static int width(const Grant *grant)
{
    enum { ALL = 1 << 20, ORG = 1 << 19, AREA = 1 << 10 };
    if (grant->where == WHERE_ALL)
        return ALL;
    if (grant->where == WHERE_AREA)
        return AREA - (int) grant->where_area.n;
    return grant->n_where > 0 ? ORG - (int) MIN(grant->where_paths[0].n, (size_t) AREA) : 0;
}

typedef ARENA_LIST(ReportScope) ScopeList;

static void add_scope(Arena *arena, ScopeList *scopes, const ReportScope *scope)
{
    for (size_t i = 0; i < scopes->n; i++)
        if (scopes->v[i].plan == scope->plan && scopes->v[i].org == scope->org && str_eq(scopes->v[i].area, scope->area))
            return;
    if (scopes->n < REPORT_SCOPES_MOST)
        *ARENA_PUSH(arena, scopes) = *scope;
}

/* Each place of a grant, once for each plan that it is for. */
static bool add_place(DbConn *conn, Arena *arena, const Grant *grant, const ReportScope *place, ScopeList *scopes, GError **err)
{
    if (!grant->by_plan)
        add_scope(arena, scopes, place);
    for (size_t i = 0; i < grant->n_plans && grant->by_plan; i++) {
        ReportScope scope = *place;
        if (!scope_plan(conn, arena, grant->plans[i], &scope, err))
            return false;
        add_scope(arena, scopes, &scope);
    }
    return true;
}

static bool add_grant(DbConn *conn, Arena *arena, const Grant *grant, ScopeList *scopes, GError **err)
{
    ReportScope scope = everything();
    if (grant->where == WHERE_AREA)
        within_area(&scope, arena, grant->where_area);
    if (grant->where == WHERE_AREA || grant->where == WHERE_ALL)
        return add_place(conn, arena, grant, &scope, scopes, err);
    for (size_t i = 0; i < grant->n_where; i++) {
        Org org;
        scope = everything();
        if (!org_by_id(conn, arena, grant->where_orgs[i], &org, err))
            return false;
        within_org(&scope, arena, &org);
        if (!add_place(conn, arena, grant, &scope, scopes, err))
            return false;
    }
    return true;
}

/* Grants for every plan first, of these the widest. */
static int by_width(const void *a, const void *b)
{
    const Grant *x = *(const Grant *const *) a, *y = *(const Grant *const *) b;
    if (x->by_plan != y->by_plan)
        return x->by_plan ? 1 : -1;
    return width(y) - width(x);
}

bool report_scopes_of_user(DbConn *conn, Arena *arena, const User *user, const ReportScope **ret_scopes, size_t *ret_n, GError **err)
{
    Reach reach = may_reach(user, VERB_READ_TASK, arena);
    const Grant **grants = ARENA_ARRAY(arena, const Grant *, reach.n + 1);
    ScopeList scopes = { 0 };
    for (size_t i = 0; i < reach.n; i++)
        grants[i] = reach.grants[i];
    if (reach.n > 1)
        qsort(grants, reach.n, sizeof *grants, by_width);
    for (size_t i = 0; i < reach.n; i++)
        if (!add_grant(conn, arena, grants[i], &scopes, err))
            return false;
    if (scopes.n == 0) {
        error_set(err, BH_FORBIDDEN, "no grant of this account reaches any task");
        error_params(err, "role=%s", role_name(ROLE_LEADER));
        return error_detail(err, "no-role");
    }
    *ret_scopes = scopes.v;
    *ret_n = scopes.n;
    return true;
}

/* --- The period -------------------------------------------------------------------------------------------------------------- */

/* A week's dispatch is about the week that runs. A month's or quarter's report is made at the beginning of the next one: in its first half month it is about
 * the one that is over. */
static Period period_of(ReportKind kind, Date today)
{
    enum { HALF_A_MONTH = 15 };
    Date day = kind == REPORT_WEEKLY ? today : today - HALF_A_MONTH;
    return period_of_date(kind_periods[kind], day);
}

static int64_t day_begins(const Report *report, Date day)
{
    return (int64_t) day * 86400000 - (int64_t) report->zone * 60000;
}

/* The last event before an instant. The clock never runs backwards along the chain by more than moments, so halving finds it. */
static bool last_event_before(Report *report, int64_t instant, int64_t *ret_seq, GError **err)
{
    int64_t low = 0, high = report->head.seq;
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        EventAtRow row;
        bool found;
        if (!db_one(report->conn, EventAt, report->arena, &row, &found, err, .seq = middle))
            return false;
        if (found && row.at < instant)
            low = middle;
        else
            high = middle - 1;
    }
    *ret_seq = low;
    return true;
}

bool report_since_period(Report *report, GError **err)
{
    report->since_day = report->from;
    report->since_at = day_begins(report, report->from);
    return last_event_before(report, report->since_at, &report->since_seq, err);
}

static bool find_previous(Report *report, GError **err)
{
    const ReportScope *scope = report->scope;
    ReportNewestRow row;
    if (!db_one(report->conn, ReportNewest, report->arena, &row, &report->has_previous, err, .kind = str_from(kind_names[report->kind]), .plan = scope->plan,
                .org = scope->org))
        return false;
    report->previous = DB_NULL_INT;
    if (!report->has_previous)
        return report_since_period(report, err);
    report->previous = row.id;
    report->previous_uid = row.uid;
    report->since_seq = row.seq;
    report->since_at = row.made;
    report->since_day = date_of_instant(row.made, report->zone);
    report->previous_units = row.units;
    return true;
}

bool report_begin(Report *report, const Ledger *ledger, DbConn *conn, Arena *arena, ReportKind kind, const ReportScope *scope, GError **err)
{
    *report = (Report) { .ledger = ledger, .conn = conn, .arena = arena, .scope = scope, .kind = kind };
    report->now = clock_now_ms(ledger->clock);
    report->zone = clock_zone_minutes(ledger->clock);
    report->today = date_of_instant(report->now, report->zone);
    report->period = period_of(kind, report->today);
    report->from = period_start(report->period);
    report->to = MIN(period_end(report->period), report->today);
    for (size_t i = 0; i < LIST_COUNT; i++)
        report->lists[i].most = i == LIST_TABLE ? REPORT_TABLE_PICKS : REPORT_PICKS;
    report->unit_at = g_hash_table_new(g_int64_hash, g_int64_equal);
    report->since = g_hash_table_new(g_int64_hash, g_int64_equal);
    report->told_of = g_hash_table_new(g_int64_hash, g_int64_equal);
    report->handlers = g_hash_table_new(g_int64_hash, g_int64_equal);
    return audit_head(conn, arena, &report->head, err) && find_previous(report, err);
}

void report_clear(Report *report)
{
    g_clear_pointer(&report->unit_at, g_hash_table_unref);
    g_clear_pointer(&report->since, g_hash_table_unref);
    g_clear_pointer(&report->told_of, g_hash_table_unref);
    g_clear_pointer(&report->handlers, g_hash_table_unref);
    g_clear_pointer(&report->ambers, g_hash_table_unref);
}

/* --- Steps -------------------------------------------------------------------------------------------------------------------- */

static TaskSince *since_of(Report *report, int64_t task)
{
    TaskSince *since = g_hash_table_lookup(report->since, &task);
    if (!since) {
        since = ARENA_NEW(report->arena, TaskSince);
        since->task = task;
        g_hash_table_insert(report->since, &since->task, since);
    }
    return since;
}

static void fold_state(Report *report, TaskSince *since, const ReportStepsOfPlanRow *row)
{
    if (!since->state_changed)
        since->state_before = arena_str(report->arena, row->old);
    since->state_changed = true;
    since->state_last = arena_str(report->arena, row->new_value);
    static const struct {
        const char *states;
        size_t flag, at;
    } reached[] = {
        { "reopened", offsetof(TaskSince, relapsed), offsetof(TaskSince, relapsed_at) },
        { "closed", offsetof(TaskSince, to_closed), offsetof(TaskSince, closed_at) },
        { "returned", offsetof(TaskSince, returned), offsetof(TaskSince, returned_at) },
        { "suspended cancelled waived", offsetof(TaskSince, stopped), offsetof(TaskSince, stopped_at) },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(reached); i++)
        if (flow_has_word(reached[i].states, row->new_value)) {
            *(bool *) ((char *) since + reached[i].flag) = true;
            *(int64_t *) (void *) ((char *) since + reached[i].at) = row->at;
        }
    if ((!row->old.p || str_eq(row->old, STR("draft"))) && !str_eq(row->new_value, STR("draft"))) {
        since->made = true;
        since->made_at = row->at;
    }
}

static void fold_step(Report *report, const ReportStepsOfPlanRow *row)
{
    TaskSince *since = since_of(report, row->task);
    since->at = row->at;
    if (str_eq(row->field, STR("state")))
        fold_state(report, since, row);
    if (str_eq(row->field, STR("text")))
        since->text = true;
    if (str_eq(row->field, STR("due")) && !since->due_changed) {
        int64_t day;
        since->due_before = row->old.p && str_to_int64(row->old, &day) ? (Date) day : DATE_NONE;
        since->due_changed = true;
    }
    if (str_eq(row->field, STR("lead"))) {
        if (!since->lead_changed)
            since->lead_before = arena_str(report->arena, row->old);
        since->lead_changed = true;
        since->lead_last = arena_str(report->arena, row->new_value);
    }
}

G_STATIC_ASSERT(sizeof(ReportStepsOfPlanRow) == sizeof(ReportStepsOfScopeRow));

static DbRows *steps_rows(const Report *report, GError **err)
{
    const ReportScope *scope = report->scope;
    if (scope->plan != DB_NULL_INT)
        return db_query(report->conn, ReportStepsOfPlan, err, .plan = scope->plan, .since = report->since_seq);
    int64_t within = scope->org != DB_NULL_INT ? scope->org : SCOPE_ALL;
    return db_query(report->conn, ReportStepsOfScope, err, .scope = within, .since = report->since_seq);
}

bool report_read_since(Report *report, GError **err)
{
    g_autoptr(DbRows) rows = steps_rows(report, err);
    for (ReportStepsOfPlanRow row; rows && db_next(rows, &row, err);)
        fold_step(report, &row);
    return db_rows_ok(rows);
}

Str report_org_names(Report *report, Str uids)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (Str rest = uids.n > 0 ? uids : STR_NONE; rest.p;) {
        Org org;
        bool found = false;
        Str uid = str_cut(&rest, ' ');
        if (org_by_uid(report->conn, report->arena, uid, &org, &found, NULL) && found)
            g_string_append_printf(names, "%s" STR_FMT, names->len > 0 ? ", " : "", STR_ARG(org.name));
    }
    return arena_str(report->arena, str_from_gstring(names));
}
