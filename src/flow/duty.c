/* One duty: what may be done to it, and its events. */
#include "flow/duty_private.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

static const FlowStep duty_steps[] = {
    { "done", "due missed", "done", VERB_DO_DUTY, 0 },
    { "zero", "due missed", "zero", VERB_DO_DUTY, 0 },
    { "excuse", "due missed", "excused", VERB_EXCUSE_DUTY, 0 },
    { "miss", "due", "missed", VERB_COUNT, 0 }, /* the engine alone: no role has that verb */
};

const Flow duty_flow = { "duty", "due missed done zero excused", duty_steps, G_N_ELEMENTS(duty_steps) };

static Str or_none(Str text)
{
    return text.n > 0 ? text : STR_NONE;
}

bool duty_load(DbConn *conn, Arena *arena, Str uid, Duty *ret_duty, GError **err)
{
    DutyByUidRow row;
    bool found;
    if (!db_one(conn, DutyByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no duty '" STR_FMT "'", STR_ARG(uid));
    *ret_duty = (Duty) {
        .uid = row.uid, .rule_uid = row.rule_uid, .rule_name = row.rule_name, .plan = row.what_plan, .place_path = row.place_path,
        .place_area = row.place_area, .org = row.org, .org_uid = row.org_uid, .org_name = row.org_name, .org_path = row.org_path, .org_area = row.org_area,
        .subject_kind = or_none(row.subject_kind), .subject = or_none(row.subject), .period = row.period, .state = row.state, .reason = row.reason,
        .due = row.due, .last = row.last, .late_days = row.late_days, .done_at = row.done_at, .done_by = row.done_by, .version = row.version,
    };
    return true;
}

MayObject duty_facts(const Duty *duty, Arena *arena)
{
    Str *owner = ARENA_NEW(arena, Str), *area = ARENA_NEW(arena, Str);
    *owner = duty->org_path;
    *area = duty->org_area;
    return (MayObject) { .owner_paths = owner, .owner_areas = area, .n_owners = 1, .place = duty->place_path, .area = duty->place_area, .plan = duty->plan };
}

int64_t duty_late_days(const Duty *duty, Date today)
{
    bool open = str_eq(duty->state, STR("due")) || str_eq(duty->state, STR("missed"));
    return open ? MAX(0, today - duty->due) : duty->late_days;
}

/* --- Changing ----------------------------------------------------------------------------------------------------------------- */

static bool append_event(DbConn *tx, const AuditWho *who, const char *verb, const Duty *duty, Str state, int64_t late_days, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str value;
    if (!duty_value(tx, duty->uid, arena, &value, err))
        return false;
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_int(&json, "late_days", late_days);
    json_member_str(&json, "org", duty->org_uid);
    json_member_str(&json, "period", duty->period);
    json_member_str(&json, "reason", reason.p ? audit_digest(arena, reason) : STR_NONE);
    json_member_str(&json, "rule", duty->rule_uid);
    json_key(&json, "set");
    json_begin_object(&json);
    json_member_str(&json, "duty", value);
    json_end_object(&json);
    json_member_str(&json, "state", state);
    json_end_object(&json);
    audit_append(tx, who, verb, (AuditObject) { "duty", duty->uid }, str_from_gstring(data));
    return true;
}

/* `step` of duty_flow; late days only where something was done. */
static bool move(DbConn *tx, const AuditWho *who, const Duty *duty, const FlowStep *step, int64_t account, Date today, Str reason, GError **err)
{
    static const char *const verbs[] = { "duty-done", "duty-zero", "duty-excuse", "duty-miss" };
    bool met = flow_has_word("done zero", str_from(step->to)), missed = g_str_equal(step->verb, "miss");
    int64_t late = met ? MAX(0, today - duty->due) : 0, changes;
    if (!db_exec(tx, DutySet, &changes, err, .uid = duty->uid, .version = duty->version, .state = str_from(step->to), .late_days = late,
                 .done_at = missed ? DB_NULL_INT : who->at_ms, .done_by = account, .reason = reason))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the duty was changed in between");
        return error_detail(err, "version-stale");
    }
    return append_event(tx, who, verbs[step - duty_steps], duty, str_from(step->to), late, reason, err);
}

static const FlowStep *step_of(const char *verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(duty_steps); i++)
        if (g_str_equal(duty_steps[i].verb, verb))
            return &duty_steps[i];
    g_assert_not_reached();
}

static bool refuse(const May *answer, const char *verb, const Duty *duty, GError **err)
{
    bool state = g_str_equal(answer->why, "wrong-state");
    error_set(err, state ? BH_CONFLICT : BH_FORBIDDEN, "'%s' is refused for the duty " STR_FMT " in state '" STR_FMT "': %s", verb, STR_ARG(duty->uid),
              STR_ARG(duty->state), answer->why);
    if (answer->who.p)
        error_params(err, "role=" STR_FMT, STR_ARG(answer->who));
    return error_detail(err, answer->why);
}

static bool check_reason(const char *verb, Str reason, GError **err)
{
    if (utf8_length(reason) > LIMIT_TEXT_CHARS) {
        error_set(err, BH_TOO_LARGE, "the text is longer than %d characters", LIMIT_TEXT_CHARS);
        return error_at(err, "/reason");
    }
    if (!g_str_equal(verb, "excuse") || str_trim(reason).n > 0)
        return true;
    error_set(err, BH_BAD_INPUT, "a reason is needed");
    error_at(err, "/reason");
    return error_detail(err, "reason-missing");
}

bool duty_do(DbConn *tx, const DutyActor *actor, Str uid, const char *verb, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Duty duty;
    May answer;
    if (!duty_load(tx, arena, uid, &duty, err))
        return false;
    MayObject facts = duty_facts(&duty, arena);
    const FlowStep *step = flow_step(&duty_flow, duty.state, str_from(verb), actor->user, &facts, &answer);
    if (!step)
        return refuse(&answer, verb, &duty, err);
    return check_reason(verb, reason, err)
           && move(tx, &actor->who, &duty, step, actor->user->account, actor->today, str_trim(reason).n ? reason : STR_NONE, err);
}

/* By the engine: no right is asked. */
static bool move_uid(DbConn *tx, const AuditWho *who, Str uid, const char *verb, int64_t account, Date today, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Duty duty;
    return duty_load(tx, arena, uid, &duty, err) && move(tx, who, &duty, step_of(verb), account, today, reason, err);
}

bool duty_miss(DbConn *tx, const AuditWho *who, Str uid, Date today, GError **err)
{
    return move_uid(tx, who, uid, "miss", DB_NULL_INT, today, STR_NONE, err);
}

typedef ARENA_LIST(Str) Uids;

static bool end_all(DbConn *tx, const AuditWho *who, const DutyMet *met, const char *verb, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Uids uids = { 0 };
    bool about = met->subject.kind != NULL;
    g_autoptr(DbRows) rows = db_query(tx, DutyOf, err, .key = met->key, .org = met->org, .kind = str_from(about ? met->subject.kind : ""),
                                      .subject = about ? met->subject.uid : STR(""), .period = met->period);
    for (DutyOfRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!move_uid(tx, who, uids.v[i], verb, met->account, met->today, reason, err))
            return false;
    return true;
}

bool duty_met(DbConn *tx, const AuditWho *who, const DutyMet *met, GError **err)
{
    return end_all(tx, who, met, met->zero ? "zero" : "done", STR_NONE, err);
}

bool duty_excused(DbConn *tx, const AuditWho *who, const DutyMet *met, Str reason, GError **err)
{
    return end_all(tx, who, met, "excuse", reason, err);
}

bool duty_subject_end(DbConn *tx, const AuditWho *who, AuditObject subject, Date today, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Uids uids = { 0 };
    Str kind = str_from(subject.kind);
    g_autoptr(DbRows) rows = db_query(tx, DutiesOpenOfSubject, err, .kind = kind, .uid = subject.uid);
    for (DutiesOpenOfSubjectRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    if (!db_rows_ok(rows) || !db_exec(tx, DutySubjectEnd, NULL, err, .kind = kind, .uid = subject.uid, .day = today))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!move_uid(tx, who, uids.v[i], "excuse", DB_NULL_INT, today, reason, err))
            return false;
    return true;
}
