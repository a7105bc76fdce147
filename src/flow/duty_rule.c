/* Rules: what they may say, and how they are kept. */
#include "base/limits.h"
#include "db/queries.h"
#include "flow/duty_private.h"

#include "base/banned.h"

static const struct {
    const char *word;
    PeriodKind kind;
} periods[] = {
    { "week", PERIOD_WEEK }, { "month", PERIOD_MONTH }, { "quarter", PERIOD_QUARTER }, { "half", PERIOD_HALF }, { "year", PERIOD_YEAR }, { "once", PERIOD_DAY },
};

bool duty_period_kind(Str every, PeriodKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(periods); i++)
        if (str_eq(every, str_from(periods[i].word))) {
            *ret_kind = periods[i].kind;
            return true;
        }
    return false;
}

static bool bad(GError **err, const char *at, const char *what)
{
    error_set(err, BH_BAD_INPUT, "%s", what);
    return error_at(err, "%s", at);
}

static bool check_owers(const DutyRule *rule, GError **err)
{
    bool orgs = str_eq(rule->owed, STR("orgs")), collective = str_eq(rule->owed, STR("collective")), function = str_eq(rule->owed, STR("function"));
    if (!orgs && !collective && !function && !str_eq(rule->owed, STR("subjects")))
        return bad(err, "/owed_by", "who owes is missing: orgs, collective or function");
    if ((orgs || collective) && rule->n_orgs == 0)
        return bad(err, "/owed_by", "an organisation is missing");
    if (rule->n_orgs > DUTY_ORGS_MAX)
        return bad(err, "/owed_by/orgs", "too many organisations: name a collective or a function");
    return !function || rule->function.n > 0 || bad(err, "/owed_by/function", "a function is missing");
}

bool duty_rule_check(const DutyRule *rule, GError **err)
{
    PeriodKind kind;
    if (str_trim(rule->name).n == 0 || utf8_length(rule->name) > LIMIT_NAME_CHARS)
        return bad(err, "/name", "a name of at most 200 characters is expected");
    if (!duty_period_kind(rule->every, &kind))
        return bad(err, "/every", "one of week, month, quarter, half, year and once is expected");
    if (rule->due_days < 0 || rule->due_days > DUTY_DAYS_MAX)
        return bad(err, "/due/days", "0 to 366 days are expected");
    if (rule->grace_days < 0 || rule->grace_days > DUTY_DAYS_MAX)
        return bad(err, "/grace_days", "0 to 366 days are expected");
    if (rule->to != DATE_NONE && rule->to < rule->from)
        return bad(err, "/to", "the end lies before the beginning");
    return check_owers(rule, err);
}

DutyDays duty_days(const Calendar *calendar, Date period_end_day, int due_days, bool due_working, int grace_days)
{
    Date due = due_working ? calendar_add(calendar, period_end_day, due_days) : period_end_day + due_days;
    return (DutyDays) { due, due + grace_days };
}

/* --- Keeping -------------------------------------------------------------------------------------------------------------------- */

static bool append_event(DbConn *tx, const AuditWho *who, const char *verb, Str uid, const DutyRule *rule, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str value;
    int64_t id;
    if (!duty_rule_value(tx, uid, arena, &id, &value, err))
        return false;
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_int(&json, "due_days", rule->due_days);
    json_member_str(&json, "every", rule->every);
    json_member_date(&json, "from", rule->from);
    json_member_int(&json, "grace_days", rule->grace_days);
    json_member_str(&json, "name", audit_digest(arena, rule->name));
    json_member_bool(&json, "on", rule->on);
    json_member_str(&json, "owed", rule->owed);
    json_key(&json, "set");
    json_begin_object(&json);
    json_member_str(&json, "rule", value);
    json_end_object(&json);
    json_member_date(&json, "to", rule->to);
    json_member_bool(&json, "working", rule->due_working);
    json_end_object(&json);
    audit_append(tx, who, verb, (AuditObject) { "duty_rule", uid }, str_from_gstring(data));
    return true;
}

static bool put_orgs(DbConn *tx, int64_t id, const DutyRule *rule, GError **err)
{
    if (!db_exec(tx, DutyRuleOrgsDelete, NULL, err, .rule = id))
        return false;
    for (size_t i = 0; i < rule->n_orgs; i++)
        if (!db_exec(tx, DutyRuleOrgInsert, NULL, err, .rule = id, .org = rule->orgs[i]))
            return false;
    return true;
}

static Str on_or_off(const DutyRule *rule)
{
    return rule->on ? STR("on") : STR("off");
}

static bool insert(DbConn *tx, const AuditWho *who, const DutyRule *rule, Str uid, Date today, Arena *arena, int64_t *ret_id, GError **err)
{
    DutyRuleInsertRow made;
    bool found;
    if (!db_one(tx, DutyRuleInsert, arena, &made, &found, err, .uid = uid, .key = rule->key, .name = rule->name, .org = rule->org, .owed = rule->owed,
                .function = rule->function, .every = rule->every, .due_days = rule->due_days, .due_working = rule->due_working,
                .grace_days = rule->grace_days, .calendar = rule->calendar, .valid_from = rule->from, .valid_to = rule->to, .what_plan = rule->plan,
                .state = on_or_off(rule), .opened = today - 1)
        || !put_orgs(tx, made.id, rule, err) || !append_event(tx, who, "duty-rule-add", uid, rule, err))
        return false;
    *ret_id = made.id;
    return true;
}

bool duty_rule_add(DbConn *tx, const AuditWho *who, const DutyRule *rule, Date today, Arena *arena, Str *ret_uid, GError **err)
{
    char uid[UID_TEXT_MAX];
    int64_t id;
    if (!insert(tx, who, rule, str_from(uid_new(uid)), today, arena, &id, err))
        return false;
    *ret_uid = arena_str(arena, str_from(uid));
    return true;
}

bool duty_rule_change(DbConn *tx, const AuditWho *who, Str uid, int64_t version, const DutyRule *rule, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DutyRuleByUidRow row;
    bool found;
    int64_t changes;
    if (!db_one(tx, DutyRuleByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no duty rule '" STR_FMT "'", STR_ARG(uid));
    if (!db_exec(tx, DutyRuleUpdate, &changes, err, .id = row.id, .version = version, .name = rule->name, .owed = rule->owed, .function = rule->function,
                 .every = rule->every, .due_days = rule->due_days, .due_working = rule->due_working, .grace_days = rule->grace_days,
                 .calendar = rule->calendar, .valid_from = rule->from, .valid_to = rule->to, .what_plan = rule->plan, .state = on_or_off(rule)))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the rule was changed in between: it has version %" G_GINT64_FORMAT, row.version);
        return error_detail(err, "version-stale");
    }
    return put_orgs(tx, row.id, rule, err) && append_event(tx, who, "duty-rule-change", uid, rule, err);
}

static bool is_same(const DutyRuleByUidRow *row, const DutyRule *rule)
{
    return str_eq(row->name, rule->name) && str_eq(row->owed, rule->owed) && str_eq(row->every, rule->every) && row->due_days == rule->due_days
           && row->due_working == rule->due_working && row->grace_days == rule->grace_days && str_eq(row->calendar, rule->calendar)
           && row->valid_from == rule->from && row->valid_to == rule->to && str_eq(row->state, on_or_off(rule));
}

bool duty_rule_keep(DbConn *tx, const AuditWho *who, const DutyRule *rule, Date today, Arena *arena, int64_t *ret_id, GError **err)
{
    DutyRuleByKeyRow known;
    DutyRuleByUidRow row;
    char uid[UID_TEXT_MAX];
    bool found;
    if (!db_one(tx, DutyRuleByKey, arena, &known, &found, err, .key = rule->key))
        return false;
    if (!found)
        return insert(tx, who, rule, str_from(uid_new(uid)), today, arena, ret_id, err);
    *ret_id = known.id;
    return db_one(tx, DutyRuleByUid, arena, &row, &found, err, .uid = known.uid)
           && (is_same(&row, rule) || duty_rule_change(tx, who, known.uid, known.version, rule, err));
}

bool duty_subject_set(DbConn *tx, int64_t rule, int64_t org, AuditObject subject, Date from, Date to, GError **err)
{
    return db_exec(tx, DutySubjectPut, NULL, err, .rule = rule, .org = org, .kind = str_from(subject.kind), .uid = subject.uid, .valid_from = from,
                   .valid_to = to);
}
