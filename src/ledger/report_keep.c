/* Reports that are kept, and what a meeting decides over them. */
#include "ledger/report_count.h"

#include "base/crypto.h"
#include "db/queries.h"
#include "flow/message.h"
#include "ledger/common.h"

#include "base/banned.h"

static bool make(const Ledger *ledger, DbConn *conn, Arena *arena, ReportKind kind, const ReportScope *scope, Str uid, const PersonRef *by, Report *report,
                 GString *out, GError **err)
{
    if (!report_begin(report, ledger, conn, arena, kind, scope, err))
        return false;
    if (!report_weights(report, err) || !report_count(report, err))
        return false;
    report_score(report);
    return report_json_write(report, uid, by, out, err);
}

bool report_now(const Ledger *ledger, DbConn *conn, ReportKind kind, const ReportScope *scope, const PersonRef *by, GString *out, int64_t *ret_tasks,
                GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_auto(Report) report = { 0 };
    if (!make(ledger, conn, arena, kind, scope, STR_NONE, by, &report, out, err))
        return false;
    *ret_tasks = report.totals.tasks;
    return true;
}

/* --- Keeping -------------------------------------------------------------------------------------------------------------------- */

Allowed report_allowed(const User *user, const ReportScope *scope)
{
    MayObject issued = scope->facts;
    if (scope->plan == DB_NULL_INT && scope->facts.n_owners > 0) {
        issued.place = scope->facts.owner_paths[0];
        issued.area = scope->facts.owner_areas[0];
    }
    May oversees = may(user, VERB_OVERSEE, &issued), reads = may(user, VERB_READ_TASK, &scope->facts);
    bool leads = user_has_role(user, ROLE_LEADER) || user_has_role(user, ROLE_INSPECTOR);
    if (oversees.ok || (reads.ok && leads))
        return (Allowed) { .ok = true };
    return (Allowed) { .why = oversees.why, .params = STR_NONE };
}

typedef struct {
    const Report *report;
    const Actor *actor; /* NULL: the engine */
    Str uid, body;
} Keep;

/* The event names the text by digest: whoever has it can show that it is the one that was kept. */
static bool keep_event(DbConn *tx, const Keep *keep, Str digest, Arena *arena, GError **err)
{
    int64_t id;
    Str value;
    if (!report_value(tx, keep->uid, arena, &id, &value, err))
        return false;
    const Report *report = keep->report;
    AuditWho engine = { .account = STR_NONE, .via = "engine", .at_ms = report->now };
    char period[PERIOD_TEXT_MAX];
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "digest", digest);
    json_member_cstr(&json, "kind", report_kind_name(report->kind));
    json_member_str(&json, "org", report->scope->org_uid);
    json_member_cstr(&json, "period", period_format(report->period, period));
    json_member_str(&json, "plan", report->scope->plan_uid);
    json_key(&json, "set");
    json_begin_object(&json);
    json_member_str(&json, "report", value);
    json_end_object(&json);
    json_end_object(&json);
    audit_append(tx, keep->actor ? &keep->actor->who : &engine, "report-keep", (AuditObject) { "report", keep->uid }, str_from_gstring(data));
    return true;
}

/* The plan's issuers and the leaders of its commission; of an organisation, its own leaders and heads. Nobody who might not read it. */
static bool find_audience(DbConn *tx, const Report *report, Arena *arena, Audience *audience, GError **err)
{
    static const Role issuers[] = { ROLE_ISSUER, ROLE_LEADER }, heads[] = { ROLE_UNIT_HEAD, ROLE_LEADER };
    PlanAssessRow plan;
    bool found;
    int64_t body;
    if (report->scope->plan == DB_NULL_INT)
        return report->scope->org == DB_NULL_INT || audience_add_roles(tx, audience, report->scope->org, heads, G_N_ELEMENTS(heads), NULL, err);
    if (!db_one(tx, PlanAssess, arena, &plan, &found, err, .plan = report->scope->plan) || !found)
        return false;
    if (!audience_add_roles(tx, audience, plan.issuer, issuers, G_N_ELEMENTS(issuers), NULL, err) || !org_legal_body(tx, plan.issuer_path, &body, err))
        return false;
    return body == DB_NULL_INT || body == plan.issuer || audience_add_roles(tx, audience, body, issuers + 1, 1, NULL, err);
}

static bool tell(DbConn *tx, const Keep *keep, Arena *arena, GError **err)
{
    const Report *report = keep->report;
    Audience audience = { .arena = arena, .today = report->today };
    char period[PERIOD_TEXT_MAX];
    Str params = arena_printf(arena, "{\"period\":\"%s\",\"report\":\"%s\"}", period_format(report->period, period), report_kind_name(report->kind));
    Message message = { .kind = "report", .about = { "report", keep->uid }, .params = params,
                        .by = keep->actor ? keep->actor->user->account : DB_NULL_INT, .at_ms = report->now };
    return find_audience(tx, report, arena, &audience, err) && message_send_all(tx, &audience, &message, err);
}

static bool keep_in_tx(DbConn *tx, void *data, GError **err)
{
    const Keep *keep = data;
    const Report *report = keep->report;
    g_autoptr(Arena) arena = arena_new();
    char period[PERIOD_TEXT_MAX];
    Str digest = audit_digest(arena, keep->body);
    ReportInsertRow row;
    bool found;
    if (!db_one(tx, ReportInsert, arena, &row, &found, err, .uid = keep->uid, .kind = str_from(report_kind_name(report->kind)), .plan = report->scope->plan,
                .org = report->scope->org, .period = str_from(period_format(report->period, period)), .day_from = report->from, .day_to = report->to,
                .made = report->now, .made_by = keep->actor ? keep->actor->user->account : DB_NULL_INT, .previous = report->previous,
                .seq = report->head.seq, .hash = str_from(report->head.hash), .digest = digest, .units = report_units_text(report), .body = keep->body))
        return false;
    return keep_event(tx, keep, digest, arena, err) && tell(tx, keep, arena, err);
}

/* Read in one state of the store, then written: what happens in between comes after the head that the report names, and so into the next one. */
bool report_keep(const Ledger *ledger, const Actor *actor, ReportKind kind, const ReportScope *scope, Arena *arena, Str *ret_uid, GError **err)
{
    g_autoptr(Arena) own = arena_new();
    g_auto(Report) report = { 0 };
    g_autoptr(GString) body = g_string_new(NULL);
    char uid[UID_TEXT_MAX];
    Str made = arena_str(arena, str_from(uid_new(uid)));
    PersonRef by = { 0 };
    if (actor)
        by = (PersonRef) { actor->user->account_uid, actor->user->person_name, actor->user->org_uid, actor->user->org_name };
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    if (!conn || !make(ledger, conn, own, kind, scope, made, &by, &report, body, err))
        return false;
    g_clear_pointer(&conn, db_done);
    Keep keep = { &report, actor, made, str_from_gstring(body) };
    if (!ledger_write(ledger, keep_in_tx, &keep, err))
        return false;
    *ret_uid = made;
    return true;
}

/* --- Kept ones -------------------------------------------------------------------------------------------------------------------------- */

bool report_by_uid(DbConn *conn, Arena *arena, Str uid, ReportKept *ret_kept, GError **err)
{
    ReportByUidRow row;
    bool found;
    if (!db_one(conn, ReportByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no report '" STR_FMT "'", STR_ARG(uid));
    *ret_kept = (ReportKept) { row.id, row.made, row.uid, row.plan_uid, row.org_uid, row.kind, row.period, row.body };
    return true;
}

static bool write_decision(DbConn *conn, Arena *arena, const ReportDecisionsRow *row, int zone, JsonWriter *json, GError **err)
{
    char at[INSTANT_TEXT_MAX];
    PersonRef by;
    if (!person_ref(conn, arena, row->account, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "text", row->text);
    json_key(json, "task");
    if (row->task_uid.p) {
        json_begin_object(json);
        json_member_str(json, "uid", row->task_uid);
        json_member_str(json, "number", row->number);
        json_member_str(json, "title", row->title);
        json_member_str(json, "state", row->state);
        json_member_date(json, "due", row->due);
        json_end_object(json);
    } else
        json_null(json);
    json_member_str(json, "by", by.name);
    json_member_cstr(json, "at", instant_format(row->at, zone, at));
    json_end_object(json);
    return true;
}

bool report_write(DbConn *conn, Arena *arena, const ReportKept *kept, const Clock *clock, GString *out, GError **err)
{
    g_string_append_len(out, kept->body.p, (gssize) kept->body.n - 1); /* up to its closing bracket */
    g_string_append(out, ",\"decisions\":");
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_array(&json);
    g_autoptr(DbRows) rows = db_query(conn, ReportDecisions, err, .report = kept->id);
    for (ReportDecisionsRow row; rows && db_next(rows, &row, err);)
        if (!write_decision(conn, arena, &row, clock_zone_minutes(clock), &json, err))
            return false;
    json_end_array(&json);
    g_string_append_c(out, '}');
    return db_rows_ok(rows);
}
