/* Duties: what is owed by a day, and the rules that say so. */
#include "db/queries.h"
#include "http/flow-json.h"
#include "indicator/quality.h"

#include "base/banned.h"

/* --- Duties ------------------------------------------------------------------------------------------------------------------ */

static const DbFilter duty_filters[] = {
    { "org", "o.uid", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "rule", "r.uid", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "plan", "r.what_plan", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "state", "d.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "from", "d.due", DB_FILTER_GE, DB_TYPE_DATE },
    { "to", "d.due", DB_FILTER_LE, DB_TYPE_DATE },
};

static const DbOrder duty_orders[] = { { "due", "d.due", DB_TYPE_DATE, false } };

static void write_may(const HttpRequest *request, const Duty *duty, JsonWriter *json)
{
    static const char *const verbs[] = { "done", "zero", "excuse" };
    MayObject facts = duty_facts(duty, request->arena);
    json_key(json, "may");
    json_begin_object(json);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        May answer = { .ok = true };
        bool ok = flow_step(&duty_flow, duty->state, str_from(verbs[i]), api_user(request), &facts, &answer) != NULL;
        Allowed allowed = { ok, ok ? NULL : answer.why, answer.who.p ? arena_printf(request->arena, "role=" STR_FMT, STR_ARG(answer.who)) : STR_NONE };
        json_member_allowed(json, verbs[i], &allowed);
    }
    json_end_object(json);
}

/* A subject's title is only for whom may read the subject. */
static bool write_subject(const HttpRequest *request, DbConn *conn, const Duty *duty, JsonWriter *json, GError **err)
{
    json_key(json, "subject");
    if (!duty->subject.p) {
        json_null(json);
        return true;
    }
    TaskReadableRow task;
    bool found = false;
    if (str_eq(duty->subject_kind, STR("task"))
        && !db_one(conn, TaskReadable, request->arena, &task, &found, err, .uid = duty->subject, .account = request->session->account,
                   .today = clock_today(request->app->clock)))
        return false;
    json_begin_object(json);
    json_member_str(json, "kind", duty->subject_kind);
    json_member_str(json, "uid", duty->subject);
    json_member_str(json, "title", found ? task.title : STR_NONE);
    json_end_object(json);
    return true;
}

static void write_for(const HttpRequest *request, const Duty *duty, JsonWriter *json)
{
    MayObject facts = duty_facts(duty, request->arena);
    json_member_for(json, may(api_user(request), VERB_READ_DUTY, &facts).of);
}

static bool write_duty(const HttpRequest *request, DbConn *conn, const Duty *duty, JsonWriter *json, GError **err)
{
    PersonRef by;
    if (!person_ref(conn, request->arena, duty->done_by, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", duty->uid);
    json_member_ref(json, "rule", duty->rule_uid, duty->rule_name);
    json_member_ref(json, "org", duty->org_uid, duty->org_name);
    if (!write_subject(request, conn, duty, json, err))
        return false;
    json_member_str(json, "plan", duty->plan);
    json_member_str(json, "period", duty->period);
    json_member_date(json, "due", duty->due);
    json_member_date(json, "last", duty->last);
    json_member_str(json, "state", duty->state);
    json_member_int(json, "late_days", duty_late_days(duty, clock_today(request->app->clock)));
    json_member_instant(json, request, "done_at", duty->done_at);
    json_member_person(json, "by", &by);
    json_member_str(json, "reason", duty->reason);
    write_for(request, duty, json);
    json_member_int(json, "version", duty->version);
    write_may(request, duty, json);
    json_end_object(json);
    return true;
}

/* The asker's unit, and those of whom he is deputy for. */
static Str own_units(const HttpRequest *request)
{
    const User *user = api_user(request);
    g_autoptr(GString) uids = g_string_new(NULL);
    g_string_append_len(uids, user->org_uid.p, (gssize) user->org_uid.n);
    for (size_t i = 0; i < user->n_absents; i++)
        g_string_append_printf(uids, "," STR_FMT, STR_ARG(user->absents[i].org_uid));
    return arena_str(request->arena, str_from_gstring(uids));
}

static bool filter_duties(const HttpRequest *request, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(duty_filters); i++) {
        Str value = http_query(request, duty_filters[i].name);
        if (value.p && !db_list_filter(list, duty_filters, G_N_ELEMENTS(duty_filters), str_from(duty_filters[i].name), value, err))
            return false;
    }
    return !http_query_flag(request, "mine") || db_list_filter(list, duty_filters, G_N_ELEMENTS(duty_filters), STR("org"), own_units(request), err);
}

static bool get_duties(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, DutyList, "d.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_duties(request, list, err) || !db_list_order(list, duty_orders, 1, STR("due"), err) || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DutyListRow row; rows && db_list_next(list, rows, &row, err);) {
        Duty duty;
        if (!duty_load(conn, request->arena, row.uid, &duty, err) || !write_duty(request, conn, &duty, json, err))
            return false;
    }
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

static bool readable_duty(const HttpRequest *request, DbConn *conn, Duty *ret_duty, GError **err)
{
    if (!duty_load(conn, request->arena, http_path(request, "uid"), ret_duty, err))
        return false;
    MayObject facts = duty_facts(ret_duty, request->arena);
    return api_may(request, VERB_READ_DUTY, &facts, err);
}

static bool get_duty(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Duty duty;
    return conn && readable_duty(request, conn, &duty, err) && write_duty(request, conn, &duty, http_json(request, 200), err);
}

typedef struct {
    DutyActor actor;
    Str uid, reason;
    const char *verb;
} Doing;

static bool do_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    ExpectedActor actor = { doing->actor.who, doing->actor.user->account, doing->actor.today };
    g_autoptr(Arena) arena = arena_new();
    Duty duty;
    if (!duty_do(tx, &doing->actor, doing->uid, doing->verb, doing->reason, err) || !duty_load(tx, arena, doing->uid, &duty, err))
        return false;
    bool zero = g_str_equal(doing->verb, "zero");
    return (!zero && !g_str_equal(doing->verb, "excuse")) || expected_follow(tx, &actor, &duty, zero, doing->reason, err);
}

/* Who may not read it is not told how it stands. */
static bool check_readable(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Duty duty;
    return conn && readable_duty(request, conn, &duty, err);
}

static bool change_duty(HttpRequest *request, const char *verb, Str reason, GError **err)
{
    Doing doing = { { api_user(request), api_who(request), clock_today(request->app->clock) }, http_path(request, "uid"), reason, verb };
    return check_readable(request, err) && http_write(request, do_in_tx, &doing, err) && get_duty(request, err);
}

static bool post_done(HttpRequest *request, GError **err)
{
    bool zero = false;
    Str note = STR_NONE;
    return json_opt_bool(request->json, "zero", &zero, err) && json_opt_str(request->json, "note", &note, err)
           && change_duty(request, zero ? "zero" : "done", note, err);
}

static bool post_excuse(HttpRequest *request, GError **err)
{
    Str reason;
    return json_get_str(request->json, "reason", &reason, err) && change_duty(request, "excuse", reason, err);
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/duties", HTTP_SESSION, get_duties,
      HTTP_LIST_QUERY " org:uid rule:uid plan:uid state+:due|done|zero|missed|excused from:date to:date mine:bool", HTTP_NO_BODY, "Duties",
      "what is owed, soonest first" },
    { HTTP_GET, "/api/v1/duties/{uid}", HTTP_SESSION, get_duty, NULL, HTTP_NO_BODY, "Duty", "a duty" },
    { HTTP_POST, "/api/v1/duties/{uid}/done", HTTP_SESSION, post_done, NULL, HTTP_JSON, "Duty", "say that it is done, or that there was nothing to do" },
    { HTTP_POST, "/api/v1/duties/{uid}/excuse", HTTP_SESSION, post_excuse, NULL, HTTP_JSON, "Duty", "excuse it, with a reason" },
};

static const HttpShape shapes[] = {
    { "DutySubject", "kind uid:uid title?" },
    { "Duty", "uid:uid rule:Ref org:Ref subject:DutySubject? plan:uid? period due:date last:date state late_days:int done_at:instant? by:PersonRef? reason? for:Ref?"
              " version:int may:any" },
    { "Duties", "rows:[Duty] next? total:int" },
};

const RouteTable duty_routes = ROUTE_TABLE(routes, shapes);
