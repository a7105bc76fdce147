/* Dispatches, summaries and assessments, and the leader's overview. */
#include <glib/gstdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "db/queries.h"
#include "http/app.h"
#include "http/report-cache.h"
#include "http/report-xlsx.h"

#include "base/banned.h"

/* --- What is asked for ------------------------------------------------------------------------------------------------------- */

static bool kind_of(Str name, const char *at, ReportKind *ret_kind, GError **err)
{
    if (report_kind_parse(name, ret_kind))
        return true;
    error_set(err, BH_BAD_INPUT, "a report is weekly, monthly or quarterly, not '" STR_FMT "'", STR_ARG(name));
    return error_at(err, "%s", at);
}

/* A scope that the asker may read; what is not there and what he may not see are told apart by may(), as for a task. */
static bool readable_scope(HttpRequest *request, DbConn *conn, Str plan, Str org, Str area, ReportScope *ret_scope, GError **err)
{
    return report_scope(conn, request->arena, plan, org, area, ret_scope, err) && api_may(request, VERB_READ_TASK, &ret_scope->facts, err);
}

static bool needs_scope(Str plan, Str org, GError **err)
{
    if (plan.p || org.p)
        return true;
    error_set(err, BH_BAD_INPUT, "a report is about a plan, an organisation, or a plan's tasks of an organisation: name plan or org");
    return error_at(err, "plan");
}

static bool send_json(HttpRequest *request, int status, const GString *text)
{
    json_raw(http_json(request, status), (Str) { text->str, text->len });
    return true;
}

/* --- Now and kept --------------------------------------------------------------------------------------------------------------- */

/* Whose counting is behind the cache. */
typedef struct {
    HttpRequest *request;
    DbConn *conn;
    ReportKind kind;
    const ReportScope *scope;
} Counting;

static bool count_report(void *data, GString *out, int64_t *ret_tasks, GError **err)
{
    const Counting *c = data;
    static const PersonRef nobody = { 0 };
    Ledger ledger = api_ledger(c->request);
    return report_now(&ledger, c->conn, c->kind, c->scope, &nobody, out, ret_tasks, err);
}

static bool count_overview(void *data, GString *out, int64_t *ret_tasks, GError **err)
{
    const Counting *c = data;
    Ledger ledger = api_ledger(c->request);
    return overview_write(&ledger, c->conn, c->scope, out, ret_tasks, err);
}

static Str scope_key(const Counting *c, const char *what)
{
    const ReportScope *scope = c->scope;
    return arena_printf(c->request->arena, "%s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " " STR_FMT " %d", what, (int) c->kind, scope->plan, scope->org,
                        STR_ARG(scope->area), clock_today(c->request->app->clock));
}

static bool report_text(HttpRequest *request, GString *out, GError **err)
{
    ReportKind kind;
    ReportScope scope;
    Str plan = http_query(request, "plan"), org = http_query(request, "org"), name = http_query(request, "kind");
    if (!needs_scope(plan, org, err) || !kind_of(name.p ? name : STR("weekly"), "kind", &kind, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Counting counting = { request, conn, kind, &scope };
    return conn && readable_scope(request, conn, plan, org, STR_NONE, &scope, err)
           && report_cache_get(api_app(request)->reports, scope_key(&counting, "report"), count_report, &counting, out, err);
}

static bool get_now(HttpRequest *request, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    return report_text(request, out, err) && send_json(request, 200, out);
}

static bool kept_text(HttpRequest *request, DbConn *conn, Str uid, GString *out, int64_t *ret_made, GError **err)
{
    ReportKept kept;
    ReportScope scope;
    if (!report_by_uid(conn, request->arena, uid, &kept, err) || !readable_scope(request, conn, kept.plan_uid, kept.org_uid, STR_NONE, &scope, err)
        || !report_write(conn, request->arena, &kept, request->app->clock, out, err))
        return false;
    *ret_made = kept.made;
    return true;
}

static bool answer_kept(HttpRequest *request, int status, Str uid, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(GString) out = g_string_new(NULL);
    int64_t made;
    return conn && kept_text(request, conn, uid, out, &made, err) && send_json(request, status, out);
}

static bool get_report(HttpRequest *request, GError **err)
{
    return answer_kept(request, 200, http_path(request, "uid"), err);
}

static bool may_keep(const HttpRequest *request, const ReportScope *scope, GError **err)
{
    Allowed allowed = report_allowed(api_user(request), scope);
    if (allowed.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "this account may not keep this report: %s", allowed.why);
    return error_detail(err, allowed.why);
}

static bool keep_scope(HttpRequest *request, ReportScope *scope, GError **err)
{
    Str plan = STR_NONE, org = STR_NONE;
    if (!json_opt_str(request->json, "plan", &plan, err) || !json_opt_str(request->json, "org", &org, err) || !needs_scope(plan, org, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && readable_scope(request, conn, plan, org, STR_NONE, scope, err);
}

static bool post_report(HttpRequest *request, GError **err)
{
    ReportKind kind;
    ReportScope scope;
    Str name, uid;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return json_get_str(request->json, "kind", &name, err) && kind_of(name, "/kind", &kind, err) && keep_scope(request, &scope, err)
           && may_keep(request, &scope, err) && report_keep(&ledger, &actor, kind, &scope, request->arena, &uid, err) && answer_kept(request, 201, uid, err);
}

/* --- Decisions ------------------------------------------------------------------------------------------------------------------------ */

static bool read_leads(const JsonValue *list, Arena *arena, NewDecision *decision, GError **err)
{
    Str *leads = ARENA_ARRAY(arena, Str, list ? list->count : 0);
    for (const JsonValue *lead = list ? list->first : NULL; lead; lead = lead->next)
        if (!json_as_str(lead, &leads[decision->n_leads++], err))
            return false;
    decision->leads = leads;
    return true;
}

static bool read_decision(HttpRequest *request, NewDecision *decision, GError **err)
{
    const JsonValue *leads = NULL;
    *decision = (NewDecision) { .due = DATE_NONE };
    return json_get_str(request->json, "text", &decision->text, err) && json_opt_str(request->json, "plan", &decision->plan, err)
           && json_opt_array(request->json, "lead", &leads, err) && read_leads(leads, request->arena, decision, err)
           && api_read_date(request->json, "due", &decision->due, err);
}

/* The report that is decided over, if the asker may read it. */
static bool decided_report(HttpRequest *request, ReportKept *ret_kept, GError **err)
{
    ReportScope scope;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && report_by_uid(conn, request->arena, http_path(request, "uid"), ret_kept, err)
           && readable_scope(request, conn, ret_kept->plan_uid, ret_kept->org_uid, STR_NONE, &scope, err);
}

static bool post_decision(HttpRequest *request, GError **err)
{
    ReportKept kept;
    NewDecision decision;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return decided_report(request, &kept, err) && read_decision(request, &decision, err)
           && report_decide(&ledger, &actor, &kept, &decision, request->arena, err) && answer_kept(request, 201, kept.uid, err);
}

/* --- As files ------------------------------------------------------------------------------------------------------------------------ */

/* kind, then what it is about, then the period. */
static Str file_name(const HttpRequest *request, Lang lang, const JsonValue *report)
{
    const JsonValue *title = json_get(json_get(report, "plan"), "title"), *org = json_get(json_get(report, "org"), "name");
    Str kind_key = arena_printf(request->arena, "report.kind." STR_FMT, STR_ARG(json_get(report, "kind")->text)), kind = i18n(lang, kind_key.p);
    Str about = title ? title->text : org ? org->text : STR("");
    return arena_printf(request->arena, STR_FMT "-" STR_FMT "-" STR_FMT ".xlsx", STR_ARG(kind), STR_ARG(about), STR_ARG(json_get(report, "period")->text));
}

static bool send_xlsx(HttpRequest *request, const GString *text, int64_t made, GError **err)
{
    Lang lang = LANG_ZH;
    lang_parse(http_query(request, "lang"), &lang);
    const JsonValue *report = json_parse((Str) { text->str, text->len }, request->arena, err);
    g_autofree char *path = g_strdup_printf("%s/tmp/%s.xlsx", request->app->data_dir, request->id);
    if (!report || !report_xlsx(report, lang, path, made, err))
        return false;
    g_autoptr(GString) file = file_read(path, LIMIT_EXPORT_BYTES, err);
    g_unlink(path);
    if (!file)
        return false;
    http_attachment(request, file_name(request, lang, report));
    return http_bytes(request, 200, media_of_name(STR(".xlsx")), (Str) { file->str, file->len });
}

static bool get_now_xlsx(HttpRequest *request, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    return report_text(request, out, err) && send_xlsx(request, out, clock_now_ms(request->app->clock), err);
}

static bool get_report_xlsx(HttpRequest *request, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int64_t made = 0;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !kept_text(request, conn, http_path(request, "uid"), out, &made, err))
        return false;
    g_clear_pointer(&conn, db_done);
    return send_xlsx(request, out, made, err);
}

/* --- The list --------------------------------------------------------------------------------------------------------------------- */

static const DbFilter report_filters[] = {
    { "kind", "r.kind", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "plan", "p.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "org", "o.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "period", "r.period", DB_FILTER_EQ, DB_TYPE_TEXT },
};
static const DbOrder newest_first[] = { { "made", "r.made", DB_TYPE_INT, true } };

static bool write_row(const HttpRequest *request, DbConn *conn, const ReportListRow *row, JsonWriter *json, GError **err)
{
    PersonRef by;
    if (!person_ref(conn, request->arena, row->made_by, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "kind", row->kind);
    json_key(json, "plan");
    if (row->plan_uid.p) {
        json_begin_object(json);
        json_member_str(json, "uid", row->plan_uid);
        json_member_str(json, "title", row->plan_title);
        json_end_object(json);
    } else
        json_null(json);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_str(json, "period", row->period);
    json_member_date(json, "from", row->day_from);
    json_member_date(json, "to", row->day_to);
    json_member_instant(json, request, "made", row->made);
    json_member_person(json, "by", &by);
    json_member_str(json, "previous", row->previous_uid);
    json_end_object(json);
    return true;
}

static bool get_reports(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, ReportList, "r.id", .account = request->session->account, .today = clock_today(request->app->clock));
    for (size_t i = 0; i < G_N_ELEMENTS(report_filters); i++) {
        Str value = http_query(request, report_filters[i].name);
        if (value.p && !db_list_filter(list, report_filters, G_N_ELEMENTS(report_filters), str_from(report_filters[i].name), value, err))
            return false;
    }
    if (!conn || !db_list_order(list, newest_first, 1, STR("made"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (ReportListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!write_row(request, conn, &row, json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- The leader's page ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const ReportScope *v;
    size_t n;
} ScopeChoice;

/* Without a name it is the widest place that a grant reaches; which others there are is told, so that one may choose. */
static bool overview_scope(HttpRequest *request, DbConn *conn, ReportScope *ret_scope, ScopeChoice *ret_choice, GError **err)
{
    Str plan = http_query(request, "plan"), org = http_query(request, "org"), area = http_query(request, "area");
    bool named = plan.p || org.p || area.n > 0;
    g_autoptr(GError) none = NULL;
    *ret_choice = (ScopeChoice) { 0 };
    if (!report_scopes_of_user(conn, request->arena, api_user(request), &ret_choice->v, &ret_choice->n, &none) && (!named || error_class_of(none)->code != BH_FORBIDDEN)) {
        g_propagate_error(err, g_steal_pointer(&none));
        return false;
    }
    if (named)
        return readable_scope(request, conn, plan, org, area, ret_scope, err);
    *ret_scope = ret_choice->v[0];
    return true;
}

static void write_choice(const ScopeChoice *choice, JsonWriter *json)
{
    json_begin_array(json);
    for (size_t i = 0; i < choice->n; i++) {
        const ReportScope *scope = &choice->v[i];
        json_begin_object(json);
        json_member_ref(json, "org", scope->org_uid, scope->org_name);
        json_key(json, "plan");
        if (scope->plan_uid.p) {
            json_begin_object(json);
            json_member_str(json, "uid", scope->plan_uid);
            json_member_str(json, "title", scope->plan_title);
            json_end_object(json);
        } else
            json_null(json);
        json_member_str(json, "area", scope->area.n > 0 ? scope->area : STR_NONE);
        json_end_object(json);
    }
    json_end_array(json);
}

/* What was counted, and behind its members what is of the asker. */
static bool send_overview(HttpRequest *request, const GString *text, const ScopeChoice *choice)
{
    g_autoptr(GString) scopes = g_string_new(NULL), whole = g_string_new_len(text->str, (gssize) text->len - 1);
    JsonWriter json;
    json_writer_init(&json, scopes, false);
    write_choice(choice, &json);
    g_string_append_printf(whole, ",\"scopes\":%s}", scopes->str);
    return send_json(request, 200, whole);
}

static bool get_overview(HttpRequest *request, GError **err)
{
    ReportScope scope;
    ScopeChoice choice;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    g_autoptr(GString) out = g_string_new(NULL);
    Counting counting = { request, conn, REPORT_WEEKLY, &scope };
    return conn && overview_scope(request, conn, &scope, &choice, err)
           && report_cache_get(api_app(request)->reports, scope_key(&counting, "overview"), count_overview, &counting, out, err)
           && send_overview(request, out, &choice);
}

/* --- At their time ---------------------------------------------------------------------------------------------------------------------- */

bool job_reports(JobRun *run, GError **err)
{
    const HttpApp *app = run->data;
    const BhApp *bihuan = app->data;
    Ledger ledger = { .db = run->db, .blobs = app->blobs, .clock = run->clock, .keys = bihuan->keys };
    int64_t kept;
    if (!reports_keep_due(&ledger, &kept, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "kept", kept);
    json_end_object(json);
    return true;
}

/* --- Routes ---------------------------------------------------------------------------------------------------------------------------- */

#define REPORTS "/api/v1/reports"
#define ABOUT " kind:weekly|monthly|quarterly plan:uid org:uid"

static const Route routes[] = {
    { HTTP_GET, REPORTS, HTTP_SESSION, get_reports, HTTP_LIST_QUERY ABOUT " period", HTTP_NO_BODY, "Reports", "kept reports, newest first" },
    { HTTP_GET, REPORTS "/now", HTTP_SESSION, get_now, ABOUT, HTTP_NO_BODY, "Report", "a report as it would be kept now" },
    { HTTP_POST, REPORTS, HTTP_SESSION, post_report, NULL, HTTP_JSON, "Report", "keep a report" },
    { HTTP_GET, REPORTS "/{uid}", HTTP_SESSION, get_report, NULL, HTTP_NO_BODY, "Report", "a kept report, the same for ever, and what was decided over it" },
    { HTTP_POST, REPORTS "/{uid}/decisions", HTTP_SESSION, post_decision, NULL, HTTP_JSON, "Report", "note what was decided: it becomes a task" },
    { HTTP_GET, REPORTS "/now/xlsx", HTTP_SESSION, get_now_xlsx, ABOUT " lang", HTTP_NO_BODY, NULL, "the same as a workbook" },
    { HTTP_GET, REPORTS "/{uid}/xlsx", HTTP_SESSION, get_report_xlsx, "lang", HTTP_NO_BODY, NULL, "a kept report as a workbook" },
    { HTTP_GET, "/api/v1/overview", HTTP_SESSION, get_overview, "plan:uid org:uid area", HTTP_NO_BODY, "Overview", "what is late and whose it is, on one page" },
};

static const HttpShape shapes[] = {
    { "ReportRow", "uid:uid kind plan:PlanRef? org:Ref? period from:date to:date made:instant by:PersonRef? previous:uid?" },
    { "Reports", "rows:[ReportRow] next? total:int" },
    { "Report", "uid:uid? kind plan:PlanRef? org:Ref? period from:date to:date made:instant by:any? previous:uid? totals:any figures:any query since:any"
                " units:[any] table_total:int table:[any] paper:any pages:[any] head:any decisions:[any]" },
    { "Overview", "org:Ref? plan:PlanRef? area? on:date figures:[any] matrix:any since:date turned_red_total:int turned_red_query turned_red:[any] relapses:[any] silent:[any]"
                  " districts:[any] scopes:[any]" },
};

const RouteTable report_routes = ROUTE_TABLE(routes, shapes);
