/* Who acts for somebody absent. The grants go over by the view grant_held; here is who may say so, and for which days. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "org/people.h"

#include "base/banned.h"

May deputy_may(const User *user, int64_t account, Str org_path, Str org_area)
{
    if (account != DB_NULL_INT && user->account == account)
        return (May) { .ok = true };
    MayObject unit = { .place = org_path, .area = org_area };
    May answer = may(user, VERB_DEPUTISE, &unit);
    return answer.of ? (May) { .why = "deputy-only", .who = STR("unit_head") } : answer;
}

static bool deputy_allowed(const User *user, int64_t account, Str org_path, Str org_area, GError **err)
{
    May answer = deputy_may(user, account, org_path, org_area);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "who acts for somebody absent is named by that one, the head of the unit or the security administrator");
    if (answer.who.p)
        error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
    return error_detail(err, answer.why);
}

static bool account_in_use(DbConn *tx, Arena *arena, Str uid, const char *at, AccountByUidRow *ret_row, Org *ret_org, GError **err)
{
    bool found;
    if (!db_one(tx, AccountByUid, arena, ret_row, &found, err, .uid = uid))
        return false;
    if (found && str_eq(ret_row->state, STR("active")))
        return org_by_id(tx, arena, ret_row->org, ret_org, err);
    error_set(err, BH_BAD_INPUT, "no account in use '" STR_FMT "'", STR_ARG(uid));
    return error_at(err, "%s", at);
}

static bool refuse(const char *why, const char *message, GError **err)
{
    error_set(err, BH_CONFLICT, "%s", message);
    error_at(err, "/deputy");
    return error_detail(err, why);
}

/* The deputy is another person, of the same legal body: nobody gives away what a commission or a hospital was granted. */
static bool fits(DbConn *tx, const AccountByUidRow *account, const AccountByUidRow *deputy, const NewDeputy *wish, Arena *arena, GError **err)
{
    int64_t body, other;
    DeputiesBetweenRow row;
    bool found;
    if (account->person == deputy->person)
        return refuse("deputy-self", "nobody is his own deputy", err);
    if (!org_legal_body(tx, account->org_path, &body, err) || !org_legal_body(tx, deputy->org_path, &other, err)
        || !db_one(tx, DeputiesBetween, arena, &row, &found, err, .account = account->id, .from = wish->from, .to = wish->to))
        return false;
    if (body != other)
        return refuse("deputy-elsewhere", "a deputy belongs to the same legal body", err);
    return row.n == 0 || refuse("deputy-known", "somebody is deputy on some of these days already", err);
}

static void add_event(DbConn *tx, const NewDeputy *wish, const AuditWho *who, Arena *arena)
{
    char from[DATE_TEXT_MAX], to[DATE_TEXT_MAX];
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "deputy", wish->deputy_uid);
    json_member_cstr(&json, "from", date_format(wish->from, from));
    json_member_str(&json, "reason", audit_digest(arena, wish->reason));
    json_member_cstr(&json, "to", date_format(wish->to, to));
    json_end_object(&json);
    audit_append(tx, who, "deputy-add", (AuditObject) { "account", wish->account_uid }, str_from_gstring(text));
}

static bool wish_valid(const NewDeputy *deputy, Date today, GError **err)
{
    if (utf8_length(deputy->reason) > LIMIT_TEXT_CHARS) {
        error_set(err, BH_TOO_LARGE, "the reason is longer than %d characters", LIMIT_TEXT_CHARS);
        return error_at(err, "/reason");
    }
    const char *fault = deputy->to < deputy->from                       ? "the days end before they begin"
                        : deputy->to < today                            ? "these days are over"
                        : deputy->to - deputy->from > LIMIT_DEPUTY_DAYS ? "a deputy is named for a year at most"
                                                                        : NULL;
    if (fault) {
        error_set(err, BH_BAD_INPUT, "%s", fault);
        return error_at(err, "/to");
    }
    if (deputy->from < today) {
        error_set(err, BH_BAD_INPUT, "nobody becomes a deputy for days that are over");
        return error_at(err, "/from");
    }
    return true;
}

bool deputy_add(DbConn *tx, const NewDeputy *wish, const User *by, Date today, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err)
{
    AccountByUidRow account, deputy;
    Org unit, other;
    char uid[UID_TEXT_MAX];
    if (!wish_valid(wish, today, err) || !account_in_use(tx, arena, wish->account_uid, "/account", &account, &unit, err)
        || !deputy_allowed(by, account.id, unit.path, unit.area, err)
        || !account_in_use(tx, arena, wish->deputy_uid, "/deputy", &deputy, &other, err) || !fits(tx, &account, &deputy, wish, arena, err)
        || !db_exec(tx, DeputyInsert, NULL, err, .uid = str_from(uid_new(uid)), .account = account.id, .deputy = deputy.id, .from = wish->from, .to = wish->to,
                    .reason = wish->reason, .made_by = by->account, .made = who->at_ms))
        return false;
    *ret_uid = arena_str(arena, str_from(uid));
    add_event(tx, wish, who, arena);
    return true;
}

bool deputy_end(DbConn *tx, Str uid, const User *by, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DeputyByUidRow row;
    bool found;
    int64_t changes;
    if (!db_one(tx, DeputyByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no deputy '" STR_FMT "'", STR_ARG(uid));
    if (!deputy_allowed(by, row.account, row.org_path, row.org_area, err) || !db_exec(tx, DeputyEnd, &changes, err, .id = row.id, .at = who->at_ms))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "it has ended already");
        return error_detail(err, "deputy-over");
    }
    account_event(tx, who, "deputy-end", row.account_uid, "deputy", row.deputy_uid);
    return true;
}
