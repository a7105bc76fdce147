/* What the demo's commission wants of others again and again (reports by week, month, quarter), who sends it in time, late, or not at all; and whose meetings are when. */
#include "cmd/demo_act.h"
#include "db/queries.h"
#include "flow/duty.h"
#include "ledger/report.h"

#include "base/banned.h"

static bool find_org(DemoPlay *play, Arena *arena, const User *issuer, Str name, Org *ret_org, GError **err)
{
    OrgMatch match;
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    if (!conn || !org_resolve(conn, arena, name, issuer->org_path, &match, err))
        return false;
    if (match.how == ORG_UNRESOLVED)
        return error_set(err, BH_BAD_INPUT, "the story names '" STR_FMT "', which is no organisation", STR_ARG(name));
    *ret_org = match.org;
    return true;
}

/* --- Rules, on the first day ----------------------------------------------------------------------------------------------------- */

typedef struct {
    DutyRule rule;
    AuditWho who;
    Date today;
    Arena *arena;
    Str uid;
} AddRule;

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    AddRule *add = data;
    return duty_rule_check(&add->rule, err) && duty_rule_add(tx, &add->who, &add->rule, add->today, add->arena, &add->uid, err);
}

static bool read_rule(const JsonValue *value, DutyRule *rule, Str *ret_owed, GError **err)
{
    int64_t days, grace;
    if (!json_get_str(value, "name", &rule->name, err) || !json_get_str(value, "owed", ret_owed, err) || !json_get_str(value, "every", &rule->every, err)
        || !json_get_int(value, "days", 0, DUTY_DAYS_MAX, &days, err) || !json_get_int(value, "grace", 0, DUTY_DAYS_MAX, &grace, err)
        || !json_get_bool(value, "working", &rule->due_working, err))
        return false;
    rule->due_days = (int) days;
    rule->grace_days = (int) grace;
    return true;
}

static bool add_rule(DemoPlay *play, const JsonValue *value, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const User *issuer = demo_issuer(play, err);
    Date today = clock_today(play->store->clock);
    DutyRule rule = { .calendar = CALENDAR_CHINA, .from = today, .to = DATE_NONE, .on = true };
    Str owed;
    Org org;
    if (!issuer)
        return err == NULL || *err == NULL;
    if (!read_rule(value, &rule, &owed, err) || !find_org(play, arena, issuer, owed, &org, err))
        return false;
    rule.org = issuer->legal_body == DB_NULL_INT ? issuer->org : issuer->legal_body;
    rule.owed = str_eq(org.kind, STR("collective")) ? STR("collective") : STR("orgs");
    rule.orgs = &org.id;
    rule.n_orgs = 1;
    AddRule add = { rule, demo_acting(play, issuer).who, today, arena, STR_NONE };
    return db_write(play->store->db, DB_INTERACTIVE, add_in_tx, &add, err);
}

typedef struct {
    Org org;
    OrgMeetings now;
    AuditWho who;
} SetMeetings;

static bool meet_in_tx(DbConn *tx, void *data, GError **err)
{
    const SetMeetings *set = data;
    return org_meetings_set(tx, &set->org, &set->now, &set->who, err);
}

static bool set_meetings(DemoPlay *play, const JsonValue *value, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const User *issuer = demo_issuer(play, err);
    Str name;
    SetMeetings set = { 0 };
    if (!issuer)
        return err == NULL || *err == NULL;
    if (!json_get_str(value, "org", &name, err) || !find_org(play, arena, issuer, name, &set.org, err)
        || !json_get_int(value, "weekly_day", 0, 7, &set.now.weekly_day, err) || !json_get_int(value, "weekly_hour", 0, 23, &set.now.weekly_hour, err)
        || !json_get_int(value, "monthly_day", 0, 28, &set.now.monthly_day, err) || !json_get_int(value, "monthly_hour", 0, 23, &set.now.monthly_hour, err))
        return false;
    set.who = demo_acting(play, issuer).who;
    return db_write(play->store->db, DB_INTERACTIVE, meet_in_tx, &set, err);
}

static bool each_of(DemoPlay *play, const char *name, bool (*make)(DemoPlay *play, const JsonValue *value, GError **err), GError **err)
{
    const JsonValue *list = json_get(play->story, name);
    for (const JsonValue *value = list ? list->first : NULL; value; value = value->next)
        if (!make(play, value, err))
            return false;
    return true;
}

/* Once: where there is a rule that somebody made, the city has them already. */
static bool make_rules(DemoPlay *play, GError **err)
{
    DemoDutyRulesRow row;
    bool found;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    if (!conn || !db_one(conn, DemoDutyRules, arena, &row, &found, err))
        return false;
    g_clear_pointer(&conn, db_done);
    return row.n > 0 || (each_of(play, "duties", add_rule, err) && each_of(play, "meetings", set_meetings, err));
}

/* --- Doing --------------------------------------------------------------------------------------------------------------------------- */

/* Most a day or two before it is due, some on the day, some late, a few never. */
static Date sending_day(Str key, Date due)
{
    uint32_t kind = demo_chance(key, "send", 100);
    if (kind < 60)
        return due - 1 - (Date) demo_chance(key, "early", 2);
    if (kind < 85)
        return due;
    return kind < 95 ? due + 1 + (Date) demo_chance(key, "late", 2) : due + 400;
}

typedef struct {
    DutyActor actor;
    Str uid, reason;
    const char *verb;
} Doing;

static bool do_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return duty_do(tx, &doing->actor, doing->uid, doing->verb, doing->reason, err);
}

static bool does_duties(Role role)
{
    return role == ROLE_HANDLER || role == ROLE_UNIT_HEAD || role == ROLE_REPORTER;
}

static const User *sender_of(DemoPlay *play, int64_t org, GError **err)
{
    for (size_t i = 0; i < play->n_actors; i++)
        if (play->actors[i].org == org && does_duties(play->actors[i].role))
            return demo_user(play, &play->actors[i], err);
    return NULL;
}

/* Whether the story says that most have nothing to report. */
static bool mostly_zero(const DemoPlay *play, Str rule)
{
    const JsonValue *list = json_get(play->story, "duties");
    for (const JsonValue *value = list ? list->first : NULL; value; value = value->next) {
        const JsonValue *name = json_get(value, "name"), *zero = json_get(value, "zero");
        if (name && str_eq(name->text, rule))
            return zero && zero->type == JSON_TRUE;
    }
    return false;
}

static bool send(DemoPlay *play, const DemoDutiesRow *row, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Date today = clock_today(play->store->clock);
    Str key = arena_printf(arena, STR_FMT "/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, STR_ARG(row->period), row->rule, row->org);
    if (today < sending_day(key, row->due))
        return true;
    const User *user = sender_of(play, row->org, err);
    if (!user)
        return err == NULL || *err == NULL; /* nobody is there: it will be missed */
    bool zero = mostly_zero(play, row->name) && demo_chance(key, "zero", 100) < 70;
    Actor actor = demo_acting(play, user);
    Doing doing = { { user, actor.who, today }, arena_str(arena, row->uid), STR_NONE, zero ? "zero" : "done" };
    return db_write(play->store->db, DB_INTERACTIVE, do_in_tx, &doing, err);
}

bool demo_duty_day(DemoPlay *play, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(DemoDutiesRow) list = { 0 };
    if (!make_rules(play, err))
        return false;
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, DemoDuties, err) : NULL;
    for (DemoDutiesRow row; rows && db_next(rows, &row, err);) {
        row.uid = arena_str(arena, row.uid);
        row.period = arena_str(arena, row.period);
        row.name = arena_str(arena, row.name);
        *ARENA_PUSH(arena, &list) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    g_clear_pointer(&rows, db_rows_free);
    g_clear_pointer(&conn, db_done);
    for (size_t i = 0; i < list.n; i++)
        if (!send(play, &list.v[i], err))
            return false;
    return true;
}
