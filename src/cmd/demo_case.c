/* The demo's people move cases: each morning every open case is looked at, and who is to take its next step takes it, most in time, some late, a few never. Who acts and when follows from the
 * institution and the record, so that the same city lives the same days. */
#include "cmd/demo_act.h"
#include "db/queries.h"
#include "hub/case.h"

#include "base/banned.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS, MORNING_HOUR = 11 /* what the day's files bring is there */, UNTIMED_DAYS = 10, PROMPT = 70, SLOW = 92, ODD_WAYS = 8, MANY_STEPS = 7 };

typedef DemoCasesRow Row;

typedef struct {
    DemoPlay *play;
    Hub *hub;
    PacksRef *packs;
    Arena *arena;
} Day;

typedef struct {
    const Day *day;
    const Row *row;
    const PackDataset *dataset;
    Str number;   /* what decides: whose record it is, of which dataset, and which */
    HubConcerned concerned;
    int64_t now;
} Turn;

/* --- When ------------------------------------------------------------------------------------------------------------------------ */

/* An institution does one kind of thing as it always does it: at some time of what it has, behind it, or not at all. */
static bool its_time(const Turn *turn)
{
    const Row *row = turn->row;
    g_autofree char *manner = g_strdup_printf(STR_FMT "/" STR_FMT, STR_ARG(row->org_code), STR_ARG(row->state));
    uint32_t kind = demo_chance(str_from(manner), "diligence", 100), luck = demo_chance(turn->number, "when", 100);
    int64_t start = MAX(row->since, row->begun), due = row->due == CASE_NO_DUE ? start + UNTIMED_DAYS * (int64_t) DAY_MS : row->due;
    if (kind < PROMPT)
        return turn->now + DAY_MS > due || turn->now >= start + (due - start) / 100 * luck;
    return kind < SLOW && turn->now >= MAX(start, due) + (1 + luck % 8) * (int64_t) DAY_MS;
}

/* --- Who ------------------------------------------------------------------------------------------------------------------------- */

static const Str *functions_of(const Day *day, DemoActor *actor, GError **err)
{
    if (actor->functions)
        return actor->functions;
    const User *user = demo_user(day->play, actor, err);
    g_autoptr(DbConn) conn = user ? db_reader(day->play->store->db, err) : NULL;
    return conn ? actor->functions = hub_functions_of(conn, user, day->play->arena, err) : NULL;
}

static size_t common(Str a, Str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

static bool works(Role role)
{
    return role == ROLE_REPORTER || role == ROLE_HANDLER || role == ROLE_UNIT_HEAD || role == ROLE_REVIEWER;
}

/* The nearest of those who may, by place from 1; 0: nobody. */
static bool look_for_taker(const Turn *turn, const PackStep *step, size_t *ret_place, GError **err)
{
    DemoPlay *play = turn->day->play;
    size_t best = 0;
    *ret_place = 0;
    for (size_t i = 0; i < play->n_actors; i++) {
        DemoActor *actor = &play->actors[i];
        const Str *functions = works(actor->role) ? functions_of(turn->day, actor, err) : NULL;
        if (works(actor->role) && !functions)
            return false;
        size_t near = functions ? 1 + common(actor->user->org_path, turn->row->org_path) : 0;
        if (near > best && hub_step_may(actor->user, functions, step, &turn->concerned).ok) {
            best = near;
            *ret_place = i + 1;
        }
    }
    return true;
}

/* *ret_user NULL: nobody is there, and the case waits. Where the record names nobody else it is the same for all of an institution. */
static bool find_taker(const Turn *turn, const PackStep *step, const User **ret_user, GError **err)
{
    DemoPlay *play = turn->day->play;
    gpointer known = NULL;
    size_t place = 0;
    g_autofree char *key = g_strdup_printf(STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(turn->row->org_code), STR_ARG(turn->row->dataset), STR_ARG(step->entry.id));
    if (!play->takers)
        play->takers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (turn->concerned.n_named == 0 && g_hash_table_lookup_extended(play->takers, key, NULL, &known))
        place = GPOINTER_TO_SIZE(known);
    else if (!look_for_taker(turn, step, &place, err))
        return false;
    else if (turn->concerned.n_named == 0)
        g_hash_table_insert(play->takers, g_steal_pointer(&key), GSIZE_TO_POINTER(place));
    *ret_user = place > 0 ? play->actors[place - 1].user : NULL;
    return true;
}

/* --- What is filled in ------------------------------------------------------------------------------------------------------------ */

static bool has(const Str *functions, Str wanted)
{
    for (; functions && functions->p; functions++)
        if (str_eq(*functions, wanted))
            return true;
    return false;
}

static bool awaits(const Turn *turn, Str state, const Str *functions)
{
    const PackFlow *flow = turn->dataset->flow;
    for (size_t s = 0; s < flow->steps.n; s++)
        for (size_t i = 0; hub_step_leads(&flow->steps.v[s], state) && i < flow->steps.v[s].by.n; i++)
            if (has(functions, flow->steps.v[s].by.v[i].text))
                return true;
    return false;
}

/* An institution that goes on with it: of those that are near and do what the next step is for one by chance; else the case's own. */
static Str next_org(const Turn *turn, const PackStep *step)
{
    DemoPlay *play = turn->day->play;
    size_t best = 0, n = 0;
    Str chosen = turn->row->org_uid;
    for (size_t i = 0; i < play->n_actors; i++) {
        const DemoActor *actor = &play->actors[i];
        size_t near = actor->role == ROLE_REPORTER && actor->functions && awaits(turn, step->to, actor->functions) ? 1 + common(actor->user->org_path, turn->row->org_path) : 0;
        n = near > best ? 0 : n;
        best = MAX(best, near);
        if (near > 0 && near == best && demo_chance(turn->number, "next", (uint32_t) ++n) == 0)
            chosen = actor->user->org_uid;
    }
    return chosen;
}

static Str some_code(const Turn *turn, const PackField *field)
{
    size_t n = field->codes ? field->codes->values.n : 0;
    Date today = clock_today(turn->day->play->store->clock);
    for (size_t i = 0; i < n; i++) {
        const PackCode *code = &field->codes->values.v[(i + demo_chance(turn->number, "code", (uint32_t) n)) % n];
        if ((code->from == DATE_NONE || code->from <= today) && (code->to == DATE_NONE || code->to >= today))
            return code->code;
    }
    return STR("");
}

/* What people write stands in the story: `case_FIELD`, or `case_text`. */
static Str some_text(const Turn *turn, const PackField *field)
{
    g_autofree char *list = g_strdup_printf("case_" STR_FMT, STR_ARG(field->entry.id));
    Str text = demo_text(turn->day->play, list, turn->number, 0);
    return text.n > 0 ? text : demo_text(turn->day->play, "case_text", turn->number, 0);
}

static Str value_of(const Turn *turn, const PackStep *step, const PackField *field)
{
    char *text = arena_alloc(turn->day->arena, INSTANT_TEXT_MAX);
    switch (field->type) {
    case PACK_ORG: return next_org(turn, step);
    case PACK_CODE: return some_code(turn, field);
    case PACK_BOOL: return demo_chance(turn->number, "yes", 100) < 88 ? STR("true") : STR("false");
    case PACK_DATE: return str_from(date_format(clock_today(turn->day->play->store->clock), text));
    case PACK_TIME: return str_from(instant_format(turn->now, clock_zone_minutes(turn->day->play->store->clock), text));
    case PACK_INTEGER: case PACK_DECIMAL: return STR("1");
    default: return some_text(turn, field);
    }
}

/* --- One step ---------------------------------------------------------------------------------------------------------------------- */

static bool write_bulk(void *writer, DbWork work, void *data, GError **err)
{
    return db_write(writer, DB_BULK, work, data, err);
}

static bool is_refusal(const GError *problem)
{
    return g_error_matches(problem, BH_ERROR, BH_CONFLICT) || g_error_matches(problem, BH_ERROR, BH_FORBIDDEN) || g_error_matches(problem, BH_ERROR, BH_NOT_FOUND)
           || g_error_matches(problem, BH_ERROR, BH_BAD_INPUT);
}

static bool take(const Turn *turn, const PackStep *step, const User *user, bool fill, bool *ret_did, Str *ret_why, GError **err)
{
    const Day *day = turn->day;
    Store *store = day->play->store;
    g_autoptr(GError) problem = NULL;
    HubStepFounds found;
    HubGiven *given = ARENA_ARRAY(day->arena, HubGiven, step->needs.n);
    HubTaking taking = { .uid = turn->row->uid, .version = turn->row->version, .step = step->entry.id, .note = STR_NONE, .given = given,
                         .actor = { { user->account_uid, "http", clock_now_ms(store->clock) }, user->account, clock_today(store->clock) }, .user = user, .write = write_bulk, .writer = store->db };
    for (size_t i = 0; fill && i < step->needs.n; i++)
        given[taking.n_given++] = (HubGiven) { step->needs.v[i].text, value_of(turn, step, pack_field(turn->dataset, step->needs.v[i].text)) };
    *ret_did = hub_case_take(day->hub, &taking, day->arena, &found, &problem);
    *ret_why = problem && error_get_detail(problem) ? arena_str(day->arena, str_from(error_get_detail(problem))) : STR_NONE;
    if (*ret_did || is_refusal(problem))
        return true;
    g_propagate_error(err, g_steal_pointer(&problem));
    return false;
}

/* As the record stands, and where something is missing, with what it needs. */
static bool try_step(const Turn *turn, const PackStep *step, bool *ret_did, GError **err)
{
    const User *user;
    Str why;
    *ret_did = false;
    if (!find_taker(turn, step, &user, err))
        return false;
    if (!user)
        return true;
    clock_set(turn->day->play->store->clock, clock_now_ms(turn->day->play->store->clock) + 60000);
    if (!take(turn, step, user, false, ret_did, &why, err))
        return false;
    if (!*ret_did && str_eq(why, STR("needs-missing")) && !take(turn, step, user, true, ret_did, &why, err))
        return false;
    turn->day->play->acts += *ret_did;
    return true;
}

/* Steps with a time are the way that cases go; a few go another, and so does what went round for long. */
static bool go_on(const Turn *turn, GError **err)
{
    const PackFlow *flow = turn->dataset->flow;
    g_autofree char *crossing = g_strdup_printf(STR_FMT "/" STR_FMT, STR_ARG(turn->number), STR_ARG(turn->row->state));
    bool odd = demo_chance(str_from(crossing), "way", 100) < ODD_WAYS || turn->row->version > MANY_STEPS, did = false;
    for (int round = 0; round < 2 && !did; round++)
        for (size_t s = 0; s < flow->steps.n && !did; s++) {
            const PackStep *step = &flow->steps.v[odd ? flow->steps.n - 1 - s : s];
            if (hub_step_leads(step, turn->row->state) && (step->within.node != NULL) == (round == (odd ? 1 : 0)) && !try_step(turn, step, &did, err))
                return false;
        }
    return true;
}

/* --- A day -------------------------------------------------------------------------------------------------------------------------- */

static bool take_turn(Day *day, const Row *row, GError **err)
{
    Turn turn = { .day = day, .row = row, .dataset = packs_dataset(day->packs, row->dataset), .now = clock_now_ms(day->play->store->clock) };
    turn.number = arena_printf(day->arena, STR_FMT "/" STR_FMT "/%" G_GINT64_FORMAT, STR_ARG(row->org_code), STR_ARG(row->dataset), row->key);
    if (!turn.dataset || !turn.dataset->flow || !its_time(&turn))
        return true;
    g_autoptr(DbConn) conn = db_reader(day->play->store->db, err);
    if (!conn || !hub_case_concerned(conn, row->id, row->org_path, row->org_area, day->arena, &turn.concerned, err))
        return false;
    db_done(g_steal_pointer(&conn));
    return go_on(&turn, err);
}

static bool open_cases(const Day *day, GArray *rows, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(day->play->store->db, err);
    g_autoptr(DbRows) found = conn ? db_query(conn, DemoCases, err, .now = clock_now_ms(day->play->store->clock)) : NULL;
    for (Row row; found && db_next(found, &row, err);) {
        db_row_keep(DemoCases, &row, day->arena);
        g_array_append_val(rows, row);
    }
    return db_rows_ok(found);
}

bool demo_case_day(DemoPlay *play, Hub *hub, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));
    const Clock *clock = play->store->clock;
    Day day = { play, hub, packs, arena };
    if (packs_count(packs) == 0)
        return true;
    clock_set(play->store->clock, ((int64_t) clock_today(clock) * 24 + MORNING_HOUR) * HOUR_MS - clock_zone_minutes(clock) * INT64_C(60000));
    if (!open_cases(&day, rows, err))
        return false;
    for (guint i = 0; i < rows->len; i++) {
        Day turn = { play, hub, packs, arena_new() };
        bool ok = take_turn(&turn, &g_array_index(rows, Row, i), err);
        arena_free(turn.arena);
        if (!ok)
            return false;
    }
    return true;
}
