/* The daily round of the demo's people: every open task is looked at, and what its state, its date and its own chance call for is done. */
#include "base/file.h"
#include "cmd/demo_act.h"
#include "db/queries.h"
#include "flow/flow.h"

#include "base/banned.h"

enum { STORY_BYTES = 1 << 20 };

DemoPlay *demo_play_new(Store *store, const char *path, bool *ret_none, GError **err)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(DemoPlay) play = g_new0(DemoPlay, 1);
    play->store = store;
    play->arena = arena_new();
    GString *content = file_read(path, STORY_BYTES, &problem);
    *ret_none = !content && g_error_matches(problem, BH_ERROR, BH_NOT_FOUND);
    if (!content) {
        if (!*ret_none)
            g_propagate_error(err, g_steal_pointer(&problem));
        return NULL;
    }
    Str text = arena_str(play->arena, str_from_gstring(content));
    g_string_free(content, TRUE);
    play->story = json_parse(text, play->arena, err);
    if (play->story)
        return g_steal_pointer(&play);
    g_prefix_error(err, "%s: ", path);
    return NULL;
}

void demo_play_free(DemoPlay *play)
{
    if (!play)
        return;
    if (play->takers)
        g_hash_table_unref(play->takers);
    arena_free(play->arena);
    g_free(play);
}

/* --- When --------------------------------------------------------------------------------------------------------------------------- */

typedef DemoTasksRow Row;

static int days_since(const DemoPlay *play, int64_t instant)
{
    const Clock *clock = play->store->clock;
    return clock_today(clock) - date_of_instant(instant, clock_zone_minutes(clock));
}

/* The day on which the unit claims: most well before the date, some late, a few never. A task of the whole year is done at some time of it. */
static Date claim_day(const DemoPlay *play, const Row *row)
{
    uint32_t kind = demo_chance(row->number, "manner", 100);
    Date due = row->due != DATE_NONE ? row->due : clock_today(play->store->clock) + 60;
    if (row->relapses > 0 || row->returns > 0)
        return due; /* decided by how long it was at work again */
    int year, month, day;
    date_to_ymd(due, &year, &month, &day);
    if (kind < 70)
        return due - 5 - (Date) demo_chance(row->number, "early", month == 12 ? 260 : 25);
    return kind < 90 ? due + 1 + (Date) demo_chance(row->number, "late", 30) : due + 400;
}

static bool time_to_claim(const DemoPlay *play, const Row *row)
{
    if (row->relapses > 0 || row->returns > 0)
        return days_since(play, row->changed) >= 9;
    return clock_today(play->store->clock) >= claim_day(play, row);
}

/* --- What each state calls for -------------------------------------------------------------------------------------------------------- */

typedef struct {
    DemoPlay *play;
    const Row *row;
    const Task *task;
} Turn;

static bool by(const Turn *turn, const char *verb, Role role, int64_t org, Str reason, Str note, GError **err)
{
    const User *user = demo_actor(turn->play, turn->task, verb, role, org, err);
    if (!user)
        return err == NULL || *err == NULL; /* nobody is there: the task waits, and its unit is silent */
    return demo_do(turn->play, user, turn->task->uid, verb, reason, note, DATE_NONE, err);
}

static bool accept(const Turn *turn, GError **err)
{
    if (days_since(turn->play, turn->row->changed) < 1 + (int) demo_chance(turn->row->number, "accept", 9))
        return true;
    const User *user = demo_actor(turn->play, turn->task, "accept", ROLE_HANDLER, turn->row->lead, err);
    if (!user && !(err && *err))
        user = demo_actor(turn->play, turn->task, "accept", ROLE_UNIT_HEAD, turn->row->lead, err);
    return user ? demo_do(turn->play, user, turn->task->uid, "accept", STR_NONE, STR_NONE, DATE_NONE, err) : err == NULL || *err == NULL;
}

static bool has_standing_evidence(const Task *task)
{
    for (size_t i = 0; i < task->n_evidence; i++)
        if (!task->evidence[i].withdrawn && (!task->evidence[i].check.register_code.p || task->evidence[i].check.held))
            return true;
    return false;
}

static bool claim(const Turn *turn, GError **err)
{
    DemoPlay *play = turn->play;
    g_autoptr(Arena) arena = arena_new();
    const User *worker = demo_actor(play, turn->task, "evidence", ROLE_HANDLER, turn->row->lead, err);
    if (!worker && !(err && *err))
        worker = demo_actor(play, turn->task, "evidence", ROLE_UNIT_HEAD, turn->row->lead, err);
    if (!worker)
        return err == NULL || *err == NULL;
    Task task = *turn->task;
    for (bool answered = true; answered;)
        if (!demo_answer(play, worker, &task, &answered, err) || !demo_task(play, arena, task.uid, &task, err))
            return false;
    if (task.parent_uid.p && !demo_report(play, worker, &task, 100, 0, err))
        return false;
    if (!has_standing_evidence(&task) && (!demo_prove(play, worker, &task, err) || !demo_task(play, arena, task.uid, &task, err)))
        return false;
    Turn then = { play, turn->row, &task };
    return by(&then, "submit", ROLE_UNIT_HEAD, turn->row->lead, STR_NONE, demo_text(play, "claims", task.number, 0), err);
}

/* One working day of five for each unit, so that not all report on the same. */
static bool its_day(const Turn *turn)
{
    return date_weekday(clock_today(turn->play->store->clock)) == 1 + (int) (turn->row->lead % 5);
}

/* Nearer to the day of the claim, further. */
static int64_t percent_now(const Turn *turn)
{
    int left = claim_day(turn->play, turn->row) - clock_today(turn->play->store->clock);
    return CLAMP(95 - left / 2, 5, 95);
}

/* One week of four, each task in its own. */
static bool reports_now(const Turn *turn)
{
    return demo_chance(turn->row->number, "tell", 4) == (uint32_t) (clock_today(turn->play->store->clock) / 7 % 4);
}

static bool work(const Turn *turn, GError **err)
{
    DemoPlay *play = turn->play;
    if (time_to_claim(play, turn->row))
        return claim(turn, err);
    if (!its_day(turn))
        return true;
    const User *user = demo_actor(play, turn->task, "measure", ROLE_HANDLER, turn->row->lead, err);
    if (!user && !(err && *err))
        user = demo_actor(play, turn->task, "measure", ROLE_UNIT_HEAD, turn->row->lead, err);
    if (!user)
        return err == NULL || *err == NULL;
    bool answered = false;
    if (reports_now(turn) && !demo_report(play, user, turn->task, percent_now(turn), clock_today(play->store->clock) / 28, err))
        return false;
    if (demo_chance(turn->row->number, "talk", 40) == (uint32_t) (clock_today(play->store->clock) / 7 % 40) && !demo_comment(play, user, turn->task, err))
        return false;
    return days_since(play, turn->row->changed) < 14 || demo_answer(play, user, turn->task, &answered, err);
}

/* The other leads confirm, a reviewer of another organisation says why no figure can decide where one stands, and judges. */
static bool judge(const Turn *turn, GError **err)
{
    DemoPlay *play = turn->play;
    for (size_t i = 0; i < turn->task->n_owners; i++)
        if (str_eq(turn->task->owners[i].role, STR("lead")) && !turn->task->owners[i].confirmed_by.uid.p && turn->task->owners[i].org != turn->task->claim_org) {
            const User *head = demo_actor(play, turn->task, "confirm", ROLE_UNIT_HEAD, turn->task->owners[i].org, err);
            if (!head)
                return err == NULL || *err == NULL;
            return demo_do(play, head, turn->task->uid, "confirm", STR_NONE, STR_NONE, DATE_NONE, err);
        }
    if (days_since(play, turn->row->changed) < 2 + (int) demo_chance(turn->row->number, "review", 5))
        return true;
    if (turn->row->figures > 0 && !turn->row->incomputable) {
        if (demo_chance(turn->row->number, "figure", 10) < 5) /* these wait for their figure */
            return true;
        return by(turn, "incomputable", ROLE_REVIEWER, turn->row->issuer, demo_text(play, "incomputable", turn->row->number, 0), STR_NONE, err);
    }
    if (turn->row->returns == 0 && demo_chance(turn->row->number, "return", 100) < 18)
        return by(turn, "return", ROLE_REVIEWER, turn->row->issuer, demo_text(play, "returns", turn->row->number, 0), STR_NONE, err);
    return by(turn, "verify", ROLE_REVIEWER, turn->row->issuer, STR_NONE, STR_NONE, err);
}

static bool strike_off(const Turn *turn, GError **err)
{
    if (days_since(turn->play, turn->row->changed) < 1 + (int) demo_chance(turn->row->number, "close", 4))
        return true;
    return by(turn, "close", ROLE_ISSUER, turn->row->issuer, STR_NONE, STR_NONE, err);
}

/* What was struck off is looked at again once, five to nine weeks later. */
static bool look_back(const Turn *turn, GError **err)
{
    if (turn->row->relapses > 0 || days_since(turn->play, turn->row->changed) != 35 + (int) demo_chance(turn->row->number, "look", 28)
        || demo_chance(turn->row->number, "relapse", 100) >= 9)
        return true;
    return by(turn, "reopen", ROLE_INSPECTOR, turn->row->issuer, demo_text(turn->play, "relapses", turn->row->number, 0), STR_NONE, err);
}

/* What a score asks for is answered by who is there for the unit, one week of three; the score alone says when it is done. */
static bool answer_score(const Turn *turn, GError **err)
{
    DemoPlay *play = turn->play;
    if (!its_day(turn) || demo_chance(turn->row->number, "tell", 3) != (uint32_t) (clock_today(play->store->clock) / 7 % 3))
        return true;
    bool answered = false;
    const User *user = demo_actor(play, turn->task, "measure", ROLE_UNIT_HEAD, turn->row->lead, err);
    if (!user && !(err && *err))
        user = demo_actor(play, turn->task, "measure", ROLE_HANDLER, turn->row->lead, err);
    if (!user || user->org != turn->row->lead)
        return err == NULL || *err == NULL;
    return demo_answer(play, user, turn->task, &answered, err) && (answered || demo_say(play, user, turn->task, "score_answers", err));
}

static const struct {
    const char *state;
    bool (*turn)(const Turn *turn, GError **err);
} score_turns[] = { { "issued", accept }, { "returned", accept }, { "reopened", accept }, { "working", answer_score } };

static const struct {
    const char *state;
    bool (*turn)(const Turn *turn, GError **err);
} turns[] = {
    { "issued", accept }, { "returned", accept }, { "reopened", accept },  { "working", work },
    { "submitted", judge }, { "verified", strike_off }, { "closed", look_back },
};

/* Before the state's own: few tasks are put off, put aside or dropped. */
static bool issuer_steps_in(const Turn *turn, bool *ret_did, GError **err)
{
    Date today = clock_today(turn->play->store->clock);
    uint32_t fate = demo_chance(turn->row->number, "fate", 1000);
    *ret_did = fate < 30 && str_eq(turn->row->state, STR("working")) && demo_chance(turn->row->number, "when", 120) == (uint32_t) (today % 120);
    if (!*ret_did)
        return true;
    bool suspend = fate < 20;
    const char *verb = suspend ? "suspend" : "cancel";
    const User *user = demo_actor(turn->play, turn->task, verb, ROLE_ISSUER, turn->row->issuer, err);
    if (!user)
        return err == NULL || *err == NULL;
    return demo_do(turn->play, user, turn->task->uid, verb, demo_text(turn->play, suspend ? "suspensions" : "cancellations", turn->row->number, 0), STR_NONE,
                   suspend ? today + 45 : DATE_NONE, err);
}

static bool take_score_turn(DemoPlay *play, const Row *row, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(score_turns); i++) {
        g_autoptr(Arena) arena = arena_new();
        Task task;
        Turn turn = { play, row, &task };
        if (str_eq(row->state, str_from(score_turns[i].state)))
            return demo_task(play, arena, row->uid, &task, err) && score_turns[i].turn(&turn, err);
    }
    return true;
}

static bool take_turn(DemoPlay *play, const Row *row, GError **err)
{
    if (row->by_score)
        return take_score_turn(play, row, err);
    for (size_t i = 0; i < G_N_ELEMENTS(turns); i++) {
        if (!str_eq(row->state, str_from(turns[i].state)))
            continue;
        g_autoptr(Arena) arena = arena_new();
        Task task;
        Turn turn = { play, row, &task };
        bool did;
        if (!demo_task(play, arena, row->uid, &task, err) || !demo_divide(play, &task, row->issuer, &did, err)
            || (!did && !issuer_steps_in(&turn, &did, err)))
            return false;
        return did || turns[i].turn(&turn, err);
    }
    return true;
}

/* --- A day ------------------------------------------------------------------------------------------------------------------------------ */

static bool load_actors(DemoPlay *play, GError **err)
{
    ARENA_LIST(DemoActor) actors = { 0 };
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, DemoActors, err) : NULL;
    for (DemoActorsRow row; rows && db_next(rows, &row, err);) {
        DemoActor actor = { .account = row.account, .org = row.org };
        if (role_parse(row.role, &actor.role))
            *ARENA_PUSH(play->arena, &actors) = actor;
    }
    play->actors = actors.v;
    play->n_actors = actors.n;
    return db_rows_ok(rows);
}

static Row kept_row(const Row *row, Arena *arena)
{
    Row kept = *row;
    kept.uid = arena_str(arena, row->uid);
    kept.number = arena_str(arena, row->number);
    kept.state = arena_str(arena, row->state);
    kept.kind = arena_str(arena, row->kind);
    return kept;
}

bool demo_play_day(DemoPlay *play, Hub *hub, int64_t *ret_acts, GError **err)
{
    int weekday = date_weekday(clock_today(play->store->clock));
    int64_t before = play->acts;
    *ret_acts = 0;
    if (weekday > 5)
        return true;
    if (!play->actors && !load_actors(play, err))
        return false;
    if (!demo_hand_day(play, err) || !demo_duty_day(play, err))
        return false;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(Row) list = { 0 };
    {
        g_autoptr(DbConn) conn = db_reader(play->store->db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, DemoTasks, err) : NULL;
        for (Row row; rows && db_next(rows, &row, err);)
            *ARENA_PUSH(arena, &list) = kept_row(&row, arena);
        if (!db_rows_ok(rows))
            return false;
    }
    for (size_t i = 0; i < list.n; i++)
        if (!take_turn(play, &list.v[i], err)) {
            g_prefix_error(err, "task " STR_FMT ": ", STR_ARG(list.v[i].number));
            return false;
        }
    if (!demo_case_day(play, hub, err))
        return false;
    *ret_acts = play->acts - before;
    return true;
}
