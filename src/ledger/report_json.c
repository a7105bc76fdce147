/* A counted report as the API shows it. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

const char *const report_list_names[LIST_SINCE_COUNT] = {
    [LIST_RELAPSED] = "relapsed", [LIST_OVERDUE] = "overdue", [LIST_RETURNED] = "returned", [LIST_SLIPPED] = "slipped", [LIST_OWNER] = "owner",
    [LIST_AMENDED] = "amended", [LIST_STOPPED] = "stopped", [LIST_NEW] = "new", [LIST_CLOSED] = "closed",
};

/* --- Pieces ------------------------------------------------------------------------------------------------------------------ */

void report_json_ref(JsonWriter *json, const char *name, Str uid, const char *text_name, Str text)
{
    json_key(json, name);
    if (!uid.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_member_str(json, text_name, text);
    json_end_object(json);
}

static void json_instant(const Report *report, JsonWriter *json, const char *name, int64_t at)
{
    char text[INSTANT_TEXT_MAX];
    json_member_cstr(json, name, at > 0 ? instant_format(at, report->zone, text) : NULL);
}

void report_json_int(JsonWriter *json, const char *name, int64_t value)
{
    json_key(json, name);
    if (value == DB_NULL_INT)
        json_null(json);
    else
        json_int(json, value);
}

void report_json_ratio(JsonWriter *json, const char *name, int64_t n, int64_t of)
{
    json_key(json, name);
    json_begin_array(json);
    json_int(json, n);
    json_int(json, of);
    json_end_array(json);
}

void report_json_scope_query(const ReportScope *scope, GString *out)
{
    if (scope->plan_uid.p)
        g_string_append_printf(out, "plan=" STR_FMT "&", STR_ARG(scope->plan_uid));
    if (scope->org_uid.p)
        g_string_append_printf(out, "owner=" STR_FMT "&owner_below=1&role=lead&", STR_ARG(scope->org_uid));
    if (scope->area.n > 0)
        g_string_append_printf(out, "area=" STR_FMT "&", STR_ARG(scope->area));
}

void report_json_query(JsonWriter *json, const char *name, GString *query)
{
    if (query->len > 0 && query->str[query->len - 1] == '&')
        g_string_truncate(query, query->len - 1);
    json_member_str(json, name, str_from_gstring(query));
}

static void append_figure(const Report *report, const FigureDef *def, GString *query)
{
    char day[DATE_TEXT_MAX];
    g_string_append_printf(query, "figure=%s%s", def->name, def->each ? "" : "&whole=1");
    if (def->params[0])
        g_string_append_printf(query, "&on=%s", date_format(def->by_period ? report->to : report->today, day));
}

static void append_since(const Report *report, const char *list, GString *query)
{
    g_string_append_printf(query, "step=%s&since=%" G_GINT64_FORMAT "&until=%" G_GINT64_FORMAT, list, report->since_seq, report->head.seq);
}

void report_json_task(const ReportTask *task, JsonWriter *json)
{
    json_key(json, "task");
    json_begin_object(json);
    json_member_str(json, "uid", task->uid);
    json_member_str(json, "number", task->number);
    json_member_str(json, "title", task->title);
    json_key(json, "lead");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_leads; i++) {
        json_begin_object(json);
        json_member_str(json, "uid", task->leads[i].uid);
        json_member_str(json, "name", task->leads[i].name);
        json_end_object(json);
    }
    json_end_array(json);
    json_member_date(json, "due", task->due);
    json_member_str(json, "state", task->state);
    json_member_cstr(json, "light", light_name(task->light));
    json_end_object(json);
}

/* --- What changed ------------------------------------------------------------------------------------------------------------- */

static int64_t line_at(ListId list, const TaskSince *since)
{
    switch (list) {
    case LIST_RELAPSED: return since->relapsed_at;
    case LIST_RETURNED: return since->returned_at;
    case LIST_CLOSED: return since->closed_at;
    case LIST_STOPPED: return since->stopped_at;
    case LIST_NEW: return since->made_at;
    default: return since->at;
    }
}

static void write_from_to(Report *report, ListId list, const Pick *pick, JsonWriter *json)
{
    const TaskSince *since = pick->since;
    char from[DATE_TEXT_MAX], to[DATE_TEXT_MAX];
    bool dates = since && since->due_changed && (list == LIST_SLIPPED || list == LIST_AMENDED);
    bool states = since && since->state_changed && (list == LIST_RELAPSED || list == LIST_RETURNED || list == LIST_STOPPED || list == LIST_CLOSED);
    if (dates) {
        json_member_cstr(json, "from", since->due_before == DATE_NONE ? NULL : date_format(since->due_before, from));
        json_member_cstr(json, "to", pick->task->due == DATE_NONE ? NULL : date_format(pick->task->due, to));
        return;
    }
    if (list == LIST_OWNER) {
        json_member_str(json, "from", report_org_names(report, since->lead_before));
        json_member_str(json, "to", report_org_names(report, since->lead_last));
        return;
    }
    json_member_str(json, "from", states ? since->state_before : STR_NONE);
    json_member_str(json, "to", states ? since->state_last : STR_NONE);
}

static int64_t line_days(const Report *report, ListId list, const Pick *pick)
{
    if (list == LIST_OVERDUE || list == LIST_LATE)
        return report->today - pick->task->due;
    if (list == LIST_SLIPPED)
        return pick->task->due - pick->since->due_before;
    return DB_NULL_INT;
}

void report_json_line(Report *report, ListId list, const Pick *pick, JsonWriter *json)
{
    json_begin_object(json);
    report_json_task(pick->task, json);
    write_from_to(report, list, pick, json);
    report_json_int(json, "days", line_days(report, list, pick));
    json_instant(report, json, "at", pick->since && list != LIST_OVERDUE ? line_at(list, pick->since) : 0);
    json_end_object(json);
}

/* Newly overdue is nothing that happened: its rows are those that are overdue today, and were not on the day of the report before. */
void report_json_list_query(const Report *report, ListId list, const char *name, JsonWriter *json)
{
    g_autoptr(GString) query = g_string_new(NULL);
    char on[DATE_TEXT_MAX], from[DATE_TEXT_MAX];
    report_json_scope_query(report->scope, query);
    append_since(report, report_list_names[list], query);
    if (list == LIST_OVERDUE)
        g_string_append_printf(query, "&on=%s&overdue_from=%s", date_format(report->today, on), date_format(report->since_day, from));
    report_json_query(json, name, query);
}

void report_json_silent(const Report *report, JsonWriter *json)
{
    json_key(json, "silent");
    json_begin_array(json);
    for (size_t i = 0; i < report->units.n; i++) {
        const ReportUnit *unit = &report->units.v[i];
        int64_t days = report_silent_days(report, unit);
        if (days == 0)
            continue;
        json_begin_object(json);
        report_json_ref(json, "org", unit->org.uid, "name", unit->org.name);
        json_member_int(json, "days", days);
        json_member_int(json, "tasks", unit->f.to_do);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_since(Report *report, JsonWriter *json)
{
    json_key(json, "since");
    json_begin_object(json);
    json_member_int(json, "seq", report->since_seq);
    json_instant(report, json, "at", report->since_at);
    for (ListId list = 0; list < LIST_SINCE_COUNT; list++) {
        const PickList *picks = &report->lists[list];
        json_key(json, report_list_names[list]);
        json_begin_object(json);
        json_member_int(json, "n", picks->total);
        report_json_list_query(report, list, "query", json);
        json_key(json, "lines");
        json_begin_array(json);
        for (size_t i = 0; i < picks->picks.n; i++)
            report_json_line(report, list, &picks->picks.v[i], json);
        json_end_array(json);
        json_end_object(json);
    }
    report_json_silent(report, json);
    json_end_object(json);
}

/* --- Figures -------------------------------------------------------------------------------------------------------------------- */

static int64_t figure_value(const Figures *f, const FigureDef *def)
{
    return *(const int64_t *) (const void *) ((const char *) f + def->offset);
}

static void write_ratios(const Figures *f, JsonWriter *json)
{
    report_json_ratio(json, "rate", f->done, f->due);
    report_json_ratio(json, "on_time", f->on_time, f->due);
    report_json_ratio(json, "first_pass", f->first_pass, f->finished);
    report_json_ratio(json, "relapse", f->relapsed, f->ever_closed);
}

void report_json_figures(const Report *report, JsonWriter *json)
{
    g_autoptr(GString) scope = g_string_new(NULL);
    report_json_scope_query(report->scope, scope);
    json_key(json, "totals");
    json_begin_object(json);
    for (size_t i = 0; i < report_n_figures; i++)
        if (!flow_has_word("on_time first_pass", str_from(report_figures[i].name)))
            json_member_int(json, report_figures[i].name, figure_value(&report->totals, &report_figures[i]));
    json_member_int(json, "longest_overdue_days", report->totals.longest_overdue_days);
    write_ratios(&report->totals, json);
    json_end_object(json);
    json_key(json, "figures"); /* behind a scope's or a unit's query */
    json_begin_object(json);
    for (size_t i = 0; i < report_n_figures; i++) {
        g_autoptr(GString) query = g_string_new(NULL);
        append_figure(report, &report_figures[i], query);
        report_json_query(json, report_figures[i].name, query);
    }
    static const ListId flows[] = { LIST_NEW, LIST_CLOSED, LIST_RETURNED, LIST_RELAPSED };
    for (size_t i = 0; i < G_N_ELEMENTS(flows); i++) {
        g_autoptr(GString) query = g_string_new(NULL);
        g_autofree char *name = g_strdup_printf("since_%s", report_list_names[flows[i]]);
        append_since(report, report_list_names[flows[i]], query);
        report_json_query(json, name, query);
    }
    json_end_object(json);
    report_json_query(json, "query", scope);
}

static void json_tenths(JsonWriter *json, const char *name, bool given, int64_t tenths)
{
    char text[DECIMAL_TEXT_MAX];
    json_member_cstr(json, name, given ? decimal_format(decimal_make(tenths, 1), text) : NULL);
}

static void write_points(const ReportUnit *unit, JsonWriter *json)
{
    json_key(json, "points");
    json_begin_array(json);
    for (size_t i = 0; i < MEASURES && unit->points[i].measure; i++) {
        const ReportPoint *point = &unit->points[i];
        json_begin_object(json);
        json_member_cstr(json, "measure", point->measure);
        json_member_int(json, "weight", point->weight);
        report_json_ratio(json, "ratio", point->n, point->of);
        json_tenths(json, "points", point->of > 0, point->of > 0 ? (point->weight * point->n * 100 / point->of + 5) / 10 : 0);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_unit_query(const Report *report, const ReportUnit *unit, JsonWriter *json)
{
    g_autoptr(GString) query = g_string_new(NULL);
    ReportScope scope = *report->scope;
    scope.org_uid = unit->org.uid;
    scope.area = STR("");
    report_json_scope_query(&scope, query);
    report_json_query(json, "query", query);
}

static void write_unit(const Report *report, const ReportUnit *unit, JsonWriter *json)
{
    const Figures *f = &unit->f;
    json_begin_object(json);
    report_json_ref(json, "org", unit->org.uid, "name", unit->org.name);
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {
        { "total", f->tasks }, { "open", f->open }, { "due", f->due }, { "done", f->done }, { "overdue", f->overdue },
        { "longest_overdue_days", f->longest_overdue_days }, { "returned", unit->returned }, { "closed", unit->closed }, { "new", unit->added },
        { "relapsed", unit->relapsed }, { "suspended", f->suspended }, { "cancelled", f->cancelled }, { "waived", f->waived },
        { "red", f->lights[LIGHT_RED] }, { "amber", f->lights[LIGHT_AMBER] }, { "green", f->lights[LIGHT_GREEN] }, { "grey", f->lights[LIGHT_GREY] },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        json_member_int(json, counts[i].name, counts[i].value);
    write_ratios(f, json);
    json_key(json, "previous_rate");
    if (unit->previous_due == DB_NULL_INT)
        json_null(json);
    else {
        json_begin_array(json);
        json_int(json, unit->previous_done);
        json_int(json, unit->previous_due);
        json_end_array(json);
    }
    json_tenths(json, "score", unit->scored, unit->score_tenths);
    report_json_int(json, "rank", unit->scored ? unit->rank : DB_NULL_INT);
    report_json_int(json, "previous_rank", unit->previous_rank);
    write_points(unit, json);
    write_unit_query(report, unit, json);
    json_end_object(json);
}

/* --- The whole ------------------------------------------------------------------------------------------------------------------------ */

static void write_about(const Report *report, Str uid, const PersonRef *by, JsonWriter *json)
{
    char period[PERIOD_TEXT_MAX];
    json_member_str(json, "uid", uid);
    json_member_cstr(json, "kind", report_kind_name(report->kind));
    report_json_ref(json, "plan", report->scope->plan_uid, "title", report->scope->plan_title);
    report_json_ref(json, "org", report->scope->org_uid, "name", report->scope->org_name);
    json_member_cstr(json, "period", period_format(report->period, period));
    json_member_date(json, "from", report->from);
    json_member_date(json, "to", report->to);
    json_instant(report, json, "made", report->now);
    report_json_ref(json, "by", by->uid, "name", by->name);
    json_member_str(json, "previous", report->previous_uid);
}

bool report_json_write(Report *report, Str uid, const PersonRef *by, GString *out, GError **err)
{
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    write_about(report, uid, by, &json);
    report_json_figures(report, &json);
    write_since(report, &json);
    json_key(&json, "units");
    json_begin_array(&json);
    for (size_t i = 0; i < report->units.n; i++)
        write_unit(report, &report->units.v[i], &json);
    json_end_array(&json);
    if (!report_json_table(report, &json, err))
        return false;
    report_paper_write(&report->paper, &json);
    if (!report_json_pages(report, &json, err))
        return false;
    json_key(&json, "head"); /* the foot: the end of the chain that all this was read at */
    json_begin_object(&json);
    json_member_int(&json, "seq", report->head.seq);
    json_member_cstr(&json, "hash", report->head.hash);
    json_end_object(&json);
    json_end_object(&json);
    return true;
}
