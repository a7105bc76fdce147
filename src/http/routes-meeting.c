/* When an organisation's meetings are. */
#include "http/plan-json.h"
#include "ledger/report.h"

#include "base/banned.h"

static bool find_org(HttpRequest *request, DbConn *conn, Org *ret_org, GError **err)
{
    bool found;
    Str uid = http_path(request, "uid");
    return org_by_uid(conn, request->arena, uid, ret_org, &found, err) && (found || error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(uid)));
}

static bool get_meetings(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Org org;
    OrgMeetings now;
    if (!conn || !find_org(request, conn, &org, err) || !org_meetings_load(conn, request->arena, &org, &now, err))
        return false;
    May answer = org_meetings_may(api_user(request), &org);
    Allowed edit = api_allowed_of(request->arena, &answer);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_ref(json, "org", org.uid, org.name);
    plan_meeting_write(json, "weekly", now.weekly_day, now.weekly_hour);
    plan_meeting_write(json, "monthly", now.monthly_day, now.monthly_hour);
    json_member_int(json, "version", now.version);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "edit", &edit);
    json_end_object(json);
    json_end_object(json);
    return true;
}

typedef struct {
    const Org *org;
    OrgMeetings now;
    AuditWho who;
} SetArgs;

static bool set_in_tx(DbConn *tx, void *data, GError **err)
{
    const SetArgs *args = data;
    return org_meetings_set(tx, args->org, &args->now, &args->who, err);
}

/* What is not named stays; what changed in between is told by the version. */
static bool read_set(HttpRequest *request, Org *ret_org, SetArgs *args, GError **err)
{
    int64_t version;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !find_org(request, conn, ret_org, err) || !org_meetings_load(conn, request->arena, ret_org, &args->now, err))
        return false;
    May edit = org_meetings_may(api_user(request), ret_org);
    if (!edit.ok) {
        error_set(err, BH_FORBIDDEN, "this account may not set the meetings of '" STR_FMT "'", STR_ARG(ret_org->name));
        error_params(err, "role=" STR_FMT, STR_ARG(edit.who));
        return error_detail(err, edit.why);
    }
    if (!http_if_match(request, &version, err) || !plan_meeting_read(request->json, "weekly", 7, &args->now.weekly_day, &args->now.weekly_hour, err)
        || !plan_meeting_read(request->json, "monthly", 28, &args->now.monthly_day, &args->now.monthly_hour, err))
        return false;
    args->now.version = version;
    return true;
}

static bool post_meetings(HttpRequest *request, GError **err)
{
    Org org;
    SetArgs args = { .org = &org, .who = api_who(request) };
    return read_set(request, &org, &args, err) && http_write(request, set_in_tx, &args, err) && get_meetings(request, err);
}

#define MEETINGS "/api/v1/orgs/{uid}/meetings"

static const Route routes[] = {
    { HTTP_GET, MEETINGS, HTTP_SESSION, get_meetings, NULL, HTTP_NO_BODY, "OrgMeetings", "when an organisation's meetings are, for which its reports are kept" },
    { HTTP_POST, MEETINGS, HTTP_SESSION, post_meetings, NULL, HTTP_JSON, "OrgMeetings", "set them; null for none" },
};

static const HttpShape shapes[] = {
    { "OrgMeetings", "org:Ref weekly:Meeting? monthly:Meeting? version:int may:any" },
};

const RouteTable meeting_routes = ROUTE_TABLE(routes, shapes);
