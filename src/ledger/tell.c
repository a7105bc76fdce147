/* Who is told of a change: the unit whose task came back or fell back, and in whose hands a task is new. New tasks of one plan are one message as long as it is
 * not read, so that a plan of seventy does not bury everything else. */
#include "db/queries.h"
#include "ledger/change.h"

#include "base/banned.h"

enum { ZONE_MINUTES = 8 * 60 };

static bool state_became(const Change *change, const char *state)
{
    return str_eq(change->after.state, str_from(state)) && !str_eq(change->before.state, str_from(state));
}

static bool came_back(const Change *change)
{
    return state_became(change, "returned");
}

static bool fell_back(const Change *change)
{
    return state_became(change, "reopened");
}

/* With a hand-over he who takes over is told of all at once. */
static bool has_new_handler(const Change *change)
{
    return change->before.id != 0 && change->after.handler_account != DB_NULL_INT && change->after.handler_account != change->before.handler_account
           && !g_str_equal(change->verb, "hand-over");
}

static bool has_new_leader(const Change *change)
{
    return change->before.id != 0 && change->after.leader_account != DB_NULL_INT && change->after.leader_account != change->before.leader_account
           && !g_str_equal(change->verb, "hand-over");
}

static const struct {
    const char *kind, *to; /* as a step of the ladder */
    bool (*happened)(const Change *change);
} tidings[] = {
    { "returned", "unit handler", came_back },
    { "relapse", "unit handler leader", fell_back },
    { "assigned", "handler", has_new_handler },
    { "assigned", "leader", has_new_leader },
};

static Message message_of(const Change *change, const char *kind)
{
    return (Message) { .kind = kind, .about = { "task", change->after.uid }, .by = change->actor->user ? change->actor->user->account : DB_NULL_INT,
                       .at_ms = change->actor->who.at_ms };
}

static bool tell(const Change *change, const char *kind, const char *to, GError **err)
{
    Audience audience;
    Message message = message_of(change, kind);
    Date today = date_of_instant(change->actor->who.at_ms, ZONE_MINUTES);
    return task_audience(change->tx, &change->after, str_from(to), today, change->arena, &audience, err)
           && message_send_all(change->tx, &audience, &message, err);
}

/* --- New tasks ------------------------------------------------------------------------------------------------------------------ */

static Str count_params(const Change *change, int64_t count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "plan", change->after.plan_title);
    json_member_str(&json, "tasks", arena_printf(change->arena, "%" G_GINT64_FORMAT, count));
    json_end_object(&json);
    return arena_str(change->arena, str_from_gstring(text));
}

static int64_t counted(Str params, Arena *arena)
{
    int64_t count = 0;
    const JsonValue *object = json_parse(params, arena, NULL), *tasks = object ? json_get(object, "tasks") : NULL;
    return tasks && str_to_int64(tasks->text, &count) ? count : 0;
}

static bool add_to_message(const Change *change, int64_t account, int64_t holder, GError **err)
{
    MessageUnreadAboutRow open;
    bool found;
    Message message = message_of(change, "assigned");
    if (account == message.by)
        return true;
    message.about = (AuditObject) { "plan", change->after.plan_uid };
    message.holder = holder;
    if (!db_one(change->tx, MessageUnreadAbout, change->arena, &open, &found, err, .account = account, .kind = STR("assigned"), .subject_kind = STR("plan"),
                .subject = change->after.plan_uid))
        return false;
    message.params = count_params(change, found ? counted(open.params, change->arena) + 1 : 1);
    return found ? db_exec(change->tx, MessageSetParams, NULL, err, .uid = open.uid, .params = message.params, .at = message.at_ms)
                 : message_send(change->tx, account, &message, err);
}

static bool tell_assigned(const Change *change, GError **err)
{
    Audience audience;
    Date today = date_of_instant(change->actor->who.at_ms, ZONE_MINUTES);
    Str to = change->after.handler_account == DB_NULL_INT ? STR("head leader") : STR("head handler leader");
    if (!task_audience(change->tx, &change->after, to, today, change->arena, &audience, err))
        return false;
    for (size_t i = 0; i < audience.accounts.n; i++)
        if (!add_to_message(change, audience.accounts.v[i], audience.holders.v[i], err))
            return false;
    return true;
}

bool change_tell(const Change *change, GError **err)
{
    if (state_became(change, "issued") && (change->before.id == 0 || str_eq(change->before.state, STR("draft"))))
        return tell_assigned(change, err);
    for (size_t i = 0; i < G_N_ELEMENTS(tidings); i++)
        if (tidings[i].happened(change) && !tell(change, tidings[i].kind, tidings[i].to, err))
            return false;
    return true;
}
