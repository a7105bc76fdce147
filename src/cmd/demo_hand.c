/* What comes to the demo's commission beside its documents: instructions, calls of citizens, findings of inspectors and auditors, each made a task by hand. */
#include "cmd/demo_act.h"

#include "base/banned.h"

/* The first working day from the 3rd of its month on, one day later for each item of the list, so that not all come at once. */
static bool its_day(Date today, int64_t month, int place)
{
    int year, now, day;
    Date at;
    date_to_ymd(today, &year, &now, &day);
    if (now != month || !date_from_ymd(year, now, 3 + place % 20, &at))
        return false;
    while (date_weekday(at) > 5)
        at++;
    return at == today;
}

const User *demo_issuer(DemoPlay *play, GError **err)
{
    for (size_t i = 0; i < play->n_actors; i++)
        if (play->actors[i].role == ROLE_ISSUER)
            return demo_user(play, &play->actors[i], err);
    return NULL;
}

typedef struct {
    Str source, title, text, lead;
    int64_t month, days;
} Hand;

static bool read_hand(const JsonValue *value, Hand *ret_hand, GError **err)
{
    return json_get_str(value, "source", &ret_hand->source, err) && json_get_str(value, "title", &ret_hand->title, err)
           && json_get_str(value, "text", &ret_hand->text, err) && json_get_str(value, "lead", &ret_hand->lead, err)
           && json_get_int(value, "month", 1, 12, &ret_hand->month, err) && json_get_int(value, "days", 1, 366, &ret_hand->days, err);
}

static bool find_lead(DemoPlay *play, Arena *arena, const Hand *hand, const User *issuer, Str *ret_uid, GError **err)
{
    OrgMatch match;
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    if (!conn || !org_resolve(conn, arena, hand->lead, issuer->org_path, &match, err))
        return false;
    if (match.how == ORG_UNRESOLVED)
        return error_set(err, BH_BAD_INPUT, "the story names '" STR_FMT "', which is no organisation", STR_ARG(hand->lead));
    *ret_uid = match.org.uid;
    return true;
}

static const JsonValue *fields_of(Arena *arena, const Hand *hand, Str lead, Date due, GError **err)
{
    char day[DATE_TEXT_MAX];
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    json_member_str(&json, "title", hand->title);
    json_member_str(&json, "text", hand->text);
    json_key(&json, "lead");
    json_begin_array(&json);
    json_str(&json, lead);
    json_end_array(&json);
    json_member_cstr(&json, "due", date_format(due, day));
    json_end_object(&json);
    return json_parse(arena_str(arena, str_from_gstring(out)), arena, err);
}

static bool hand_over(DemoPlay *play, const Hand *hand, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const User *issuer = demo_issuer(play, err);
    Str lead, uid;
    if (!issuer)
        return err == NULL || *err == NULL;
    if (!find_lead(play, arena, hand, issuer, &lead, err))
        return false;
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, issuer);
    Date due = clock_today(play->store->clock) + (Date) hand->days;
    NewTask task = { .source = hand->source, .issue = true, .fields = fields_of(arena, hand, lead, due, err) };
    return task.fields && task_add(&ledger, &actor, &task, arena, &uid, err);
}

bool demo_hand_day(DemoPlay *play, GError **err)
{
    const JsonValue *list = json_get(play->story, "hand");
    int place = 0;
    for (const JsonValue *value = list ? list->first : NULL; value; value = value->next, place++) {
        Hand hand;
        if (!read_hand(value, &hand, err))
            return false;
        if (its_day(clock_today(play->store->clock), hand.month, place) && !hand_over(play, &hand, err))
            return false;
    }
    return true;
}
