/* Who is told of defects, and what every day does to those whose day is over: what was said to be corrected and was not goes back, its institution's heads and whoever sent it back are told, and a week
 * later those above. One message an organisation, however many defects it is about. */
#include "base/json.h"
#include "db/queries.h"
#include "flow/message.h"
#include "hub/defect.h"

#include "base/banned.h"

enum { STEP_DEFECTS = 200, STEP_ORGS = 200, RAISE_DAYS = 7 };

/* --- Whom -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Role *roles;
    size_t n;
} RoleGroup;

/* The first group of which an organisation, or else what it belongs to, has somebody. */
static bool add_first(DbConn *tx, int64_t org, const RoleGroup *groups, size_t n_groups, Audience *audience, GError **err)
{
    while (org != DB_NULL_INT) {
        Org of;
        for (size_t i = 0; i < n_groups; i++) {
            size_t n = 0;
            if (!audience_add_roles(tx, audience, org, groups[i].roles, groups[i].n, &n, err))
                return false;
            if (n > 0)
                return true;
        }
        if (!org_by_id(tx, audience->arena, org, &of, err))
            return false;
        org = of.parent;
    }
    return true;
}

/* Who mends an organisation's records. */
static bool add_menders(DbConn *tx, int64_t org, Audience *audience, GError **err)
{
    static const Role reporters[] = { ROLE_REPORTER }, unit[] = { ROLE_UNIT_HEAD, ROLE_HANDLER };
    static const RoleGroup groups[] = { { reporters, 1 }, { unit, 2 } };
    return add_first(tx, org, groups, G_N_ELEMENTS(groups), audience, err);
}

/* Who is above it: those who issue, and lead, where it belongs. */
static bool add_above(DbConn *tx, int64_t org, Audience *audience, GError **err)
{
    static const Role above[] = { ROLE_ISSUER, ROLE_LEADER };
    static const RoleGroup groups[] = { { above, 2 } };
    Org of;
    return org_by_id(tx, audience->arena, org, &of, err) && add_first(tx, of.parent, groups, 1, audience, err);
}

/* --- What they are told -------------------------------------------------------------------------------------------------------- */

static bool tell(DbConn *tx, const Audience *audience, const char *kind, const char *level, int64_t org, int64_t n, Date due, Str text, int64_t by, int64_t at_ms, GError **err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    JsonWriter json;
    Org of;
    if (!org_by_id(tx, audience->arena, org, &of, err))
        return false;
    json_writer_init(&json, params, false);
    json_begin_object(&json);
    json_member_date(&json, "due", due);
    json_member_str(&json, "n", arena_printf(audience->arena, "%" G_GINT64_FORMAT, n));
    json_member_str(&json, "org", of.name);
    json_member_str(&json, "text", text.n > 0 ? text : STR_NONE);
    json_end_object(&json);
    Message message = { .kind = kind, .level = level, .about = { "defects", of.uid }, .params = str_from_gstring(params), .by = by, .at_ms = at_ms };
    return message_send_all(tx, audience, &message, err);
}

bool defects_tell_sent(DbConn *tx, const HubActor *actor, int64_t org, int64_t n, Date due, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Audience audience = { .arena = arena, .today = actor->today };
    return add_menders(tx, org, &audience, err) && tell(tx, &audience, "defects", NULL, org, n, due, text, actor->account, actor->who.at_ms, err);
}

/* --- Every day -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Date today;
    AuditWho who;
    int64_t n;          /* that this step did */
    HubDefectDay day;
    DefectsOverRow org; /* of a step about one organisation */
    bool raise;
} Daily;

/* Said to be corrected, and still there on the day. */
static bool return_in_tx(DbConn *tx, void *data, GError **err)
{
    Daily *daily = data;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(DefectsUncorrectedRow) list = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, DefectsUncorrected, err, .today = daily->today, .limit = STEP_DEFECTS);
    for (DefectsUncorrectedRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(DefectsUncorrected, &row, arena);
        *ARENA_PUSH(arena, &list) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++) {
        if (!db_exec(tx, DefectReturn, NULL, err, .id = list.v[i].id) ||
            !db_exec(tx, DefectNoteAdd, NULL, err, .defect = list.v[i].id, .kind = STR("overdue"), .text = STR(""), .account = DB_NULL_INT, .at = daily->who.at_ms))
            return false;
        audit_append(tx, &daily->who, "send-back", (AuditObject) { "defect", list.v[i].uid }, STR("{}"));
    }
    daily->n = (int64_t) list.n;
    return true;
}

static bool add_senders(DbConn *tx, const Daily *daily, Audience *audience, GError **err)
{
    ARENA_LIST(int64_t) senders = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, DefectSenders, err, .org = daily->org.org, .today = daily->today);
    for (DefectSendersRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(audience->arena, &senders) = row.account;
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < senders.n; i++)
        if (!audience_add_person(tx, audience, senders.v[i], err))
            return false;
    return true;
}

static bool tell_in_tx(DbConn *tx, void *data, GError **err)
{
    const Daily *daily = data;
    g_autoptr(Arena) arena = arena_new();
    Audience audience = { .arena = arena, .today = daily->today };
    bool ok = daily->raise ? add_above(tx, daily->org.org, &audience, err) && db_exec(tx, DefectsRaised, NULL, err, .org = daily->org.org, .before = daily->today - RAISE_DAYS, .today = daily->today)
                           : add_menders(tx, daily->org.org, &audience, err) && add_senders(tx, daily, &audience, err) &&
                                 db_exec(tx, DefectsLateTold, NULL, err, .org = daily->org.org, .before = daily->today, .today = daily->today);
    return ok && tell(tx, &audience, "defects-late", daily->raise ? "red" : "yellow", daily->org.org, daily->org.n, daily->org.due, STR_NONE, DB_NULL_INT, daily->who.at_ms, err);
}

static bool list_orgs(Db *db, const Daily *daily, DefectsOverRow *ret_rows, size_t *ret_n, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    size_t n = 0;
    g_autoptr(DbRows) rows = conn ? db_query(conn, DefectsOver, err, .before = daily->today - (daily->raise ? RAISE_DAYS : 0), .raise = daily->raise, .limit = STEP_ORGS) : NULL;
    for (DefectsOverRow row; rows && db_next(rows, &row, err);)
        ret_rows[n++] = row;
    *ret_n = n;
    return db_rows_ok(rows);
}

static bool tell_orgs(Db *db, Daily *daily, bool raise, HubDefectGoOn go_on, void *data, GError **err)
{
    DefectsOverRow rows[STEP_ORGS];
    size_t n = STEP_ORGS;
    daily->raise = raise;
    while (n == STEP_ORGS) {
        if (!list_orgs(db, daily, rows, &n, err))
            return false;
        for (size_t i = 0; i < n; i++) {
            daily->org = rows[i];
            if ((go_on && !go_on(data, err)) || !db_write(db, DB_BULK, tell_in_tx, daily, err))
                return false;
            *(raise ? &daily->day.raised : &daily->day.late) += rows[i].n;
        }
    }
    return true;
}

bool hub_defects_daily(Db *db, const Clock *clock, HubDefectGoOn go_on, void *data, HubDefectDay *ret_day, GError **err)
{
    Daily daily = { .today = clock_today(clock), .who = { .via = "engine", .at_ms = clock_now_ms(clock) } };
    do {
        if ((go_on && !go_on(data, err)) || !db_write(db, DB_BULK, return_in_tx, &daily, err))
            return false;
        daily.day.returned += daily.n;
    } while (daily.n == STEP_DEFECTS);
    if (!tell_orgs(db, &daily, false, go_on, data, err) || !tell_orgs(db, &daily, true, go_on, data, err))
        return false;
    *ret_day = daily.day;
    return true;
}
