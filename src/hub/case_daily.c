/* What time alone does to cases: those who can take a step are told that some wait, and that some are late. Each step is a transaction that may be cut off behind any other: what was told is marked in it. */
#include "base/json.h"
#include "db/queries.h"
#include "flow/message.h"
#include "hub/case.h"

#include "base/banned.h"

enum { STEP_CASES = 500, TOLD_WAITS = 1, TOLD_LATE = 2 };
#define AHEAD_MS (INT64_C(24) * 60 * 60 * 1000)

/* What one person is told of one dataset. */
typedef struct {
    int64_t account, holder;
    const PackDataset *dataset;
    int64_t n, due; /* the soonest */
} Line;

typedef struct {
    Hub *hub;
    PacksRef *packs;
    int64_t now;
    Date today;
    Arena *arena;  /* of a step */
    int64_t from, told, until; /* those told so far, what they are told now, due before */
    ARENA_LIST(int64_t) ids;
    ARENA_LIST(Line) lines;
    int64_t count;
} Telling;

/* --- Whom ------------------------------------------------------------------------------------------------------------------------ */

static const Role takers[] = { ROLE_HANDLER, ROLE_UNIT_HEAD, ROLE_REPORTER, ROLE_REVIEWER, ROLE_ISSUER };

/* An area's code without what is below it: 990101 of 990101000000, 99 of 990000. */
static Str stem_of(Str area)
{
    while (area.n > 2 && area.p[area.n - 1] == '0' && area.p[area.n - 2] == '0')
        area.n -= 2;
    return area;
}

typedef struct {
    int64_t org;
    size_t near;
} Place;

/* The organisations with a function whose area holds the case's: the nearest of them, which may be several. */
static bool add_function(DbConn *tx, const CasesToTellRow *row, Str function, Arena *arena, Audience *audience, GError **err)
{
    ARENA_LIST(Place) places = { 0 };
    size_t nearest = 0;
    g_autoptr(DbRows) rows = db_query(tx, OrgsWithFunction, err, .function = function);
    for (OrgsWithFunctionRow org; rows && db_next(rows, &org, err);) {
        Str stem = stem_of(org.area);
        if (!str_starts(row->org_area, stem))
            continue;
        *ARENA_PUSH(arena, &places) = (Place) { org.id, stem.n };
        nearest = MAX(nearest, stem.n);
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < places.n; i++)
        if (places.v[i].near == nearest && !audience_add_roles(tx, audience, places.v[i].org, takers, G_N_ELEMENTS(takers), NULL, err))
            return false;
    return true;
}

/* Of those that the record names everybody, whatever they do: can_take finds out. */
static bool add_named(DbConn *tx, const HubConcerned *concerned, Audience *audience, GError **err)
{
    for (size_t i = 0; i < concerned->n_named; i++)
        if (!audience_add_roles(tx, audience, concerned->named[i].id, takers, G_N_ELEMENTS(takers), NULL, err))
            return false;
    return true;
}

static bool add_takers(DbConn *tx, const CasesToTellRow *row, const HubConcerned *concerned, const PackStep *step, Arena *arena, Audience *audience, GError **err)
{
    if (!add_named(tx, concerned, audience, err))
        return false;
    for (size_t i = 0; i < step->by.n; i++) {
        Str function = step->by.v[i].text;
        bool ok = str_eq(function, STR("reporter")) ? audience_add_roles(tx, audience, row->org, takers, 3, NULL, err) : add_function(tx, row, function, arena, audience, err);
        if (!ok)
            return false;
    }
    return true;
}

/* Only who can take it: others may not even know that there is such a case. */
static bool can_take(DbConn *tx, const CasesToTellRow *row, const HubConcerned *concerned, const PackFlow *flow, int64_t account, Arena *arena, Date today, bool *ret_can, GError **err)
{
    User user;
    if (!user_load(tx, arena, account, today, &user, err))
        return false;
    const Str *functions = hub_functions_of(tx, &user, arena, err);
    *ret_can = false;
    for (size_t s = 0; functions && s < flow->steps.n; s++) {
        const PackStep *step = &flow->steps.v[s];
        *ret_can |= step->within.node && hub_step_leads(step, row->state) && hub_step_may(&user, functions, step, concerned).ok;
    }
    return functions != NULL;
}

/* --- What --------------------------------------------------------------------------------------------------------------------------- */

static void add_line(Telling *t, int64_t account, int64_t holder, const PackDataset *dataset, int64_t due)
{
    for (size_t i = 0; i < t->lines.n; i++) {
        Line *line = &t->lines.v[i];
        if (line->account == account && line->dataset == dataset) {
            line->n++;
            line->due = MIN(line->due, due);
            return;
        }
    }
    *ARENA_PUSH(t->arena, &t->lines) = (Line) { account, holder, dataset, 1, due };
}

static bool add_case(DbConn *tx, Telling *t, const CasesToTellRow *row, GError **err)
{
    const PackDataset *dataset = packs_dataset(t->packs, row->dataset);
    Audience audience = { .arena = t->arena, .today = t->today };
    HubConcerned concerned;
    *ARENA_PUSH(t->arena, &t->ids) = row->id;
    if (!hub_case_concerned(tx, row->id, row->org_path, row->org_area, t->arena, &concerned, err))
        return false;
    for (size_t s = 0; dataset && dataset->flow && s < dataset->flow->steps.n; s++) {
        const PackStep *step = &dataset->flow->steps.v[s];
        if (step->within.node && hub_step_leads(step, row->state) && !add_takers(tx, row, &concerned, step, t->arena, &audience, err))
            return false;
    }
    for (size_t i = 0; i < audience.accounts.n; i++) {
        bool can;
        if (!can_take(tx, row, &concerned, dataset->flow, audience.accounts.v[i], t->arena, t->today, &can, err))
            return false;
        if (can)
            add_line(t, audience.accounts.v[i], audience.holders.v[i], dataset, row->due);
    }
    return true;
}

static Str params_of(const Telling *t, const Line *line)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char due[INSTANT_TEXT_MAX];
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "dataset", line->dataset->full_name);
    json_member_str(&json, "name", line->dataset->name);
    json_member_str(&json, "name_en", line->dataset->name_en.p ? line->dataset->name_en : line->dataset->name);
    json_member_int(&json, "n", line->n);
    json_member_cstr(&json, "due", instant_format(line->due, clock_zone_minutes(hub_open(t->hub)->clock), due));
    json_member_cstr(&json, "state", t->told == TOLD_LATE ? "late" : "waits");
    json_end_object(&json);
    return arena_str(t->arena, str_from_gstring(text));
}

static bool send_lines(DbConn *tx, const Telling *t, GError **err)
{
    for (size_t i = 0; i < t->lines.n; i++) {
        const Line *line = &t->lines.v[i];
        Message message = { .kind = "case", .params = params_of(t, line), .by = DB_NULL_INT, .at_ms = t->now, .holder = line->holder };
        if (!message_send(tx, line->account, &message, err))
            return false;
    }
    return true;
}

/* --- In steps ------------------------------------------------------------------------------------------------------------------------- */

static bool tell_in_tx(DbConn *tx, void *data, GError **err)
{
    Telling *t = data;
    ARENA_LIST(CasesToTellRow) list = { 0 };
    t->ids.n = t->lines.n = 0;
    g_autoptr(DbRows) rows = db_query(tx, CasesToTell, err, .told = t->from, .until = t->until, .limit = STEP_CASES);
    for (CasesToTellRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(CasesToTell, &row, t->arena);
        *ARENA_PUSH(t->arena, &list) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!add_case(tx, t, &list.v[i], err))
            return false;
    return t->ids.n == 0 || (send_lines(tx, t, err) && db_exec(tx, CasesTold, NULL, err, .ids = db_ids(tx, t->arena, t->ids.v, t->ids.n), .told = t->told));
}

static bool tell_all(Telling *t, HubCasesTold told, void *data, GError **err)
{
    size_t n;
    do {
        g_autoptr(Arena) arena = arena_new();
        Telling step = *t;
        step.arena = arena;
        if ((told && !told(data, err)) || !db_write(hub_open(t->hub)->db, DB_BULK, tell_in_tx, &step, err))
            return false;
        n = step.ids.n;
        t->count += (int64_t) n;
    } while (n == STEP_CASES);
    return true;
}

bool hub_cases_tell(Hub *hub, HubCasesTold told, void *data, int64_t *ret_cases, GError **err)
{
    const Clock *clock = hub_open(hub)->clock;
    int64_t now = clock_now_ms(clock);
    const struct {
        int64_t from, told, until;
    } turns[] = { { TOLD_WAITS, TOLD_LATE, now }, { 0, TOLD_LATE, now }, { 0, TOLD_WAITS, now + AHEAD_MS } };
    g_autoptr(PacksRef) packs = hub_packs(hub);
    *ret_cases = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(turns); i++) {
        Telling t = { .hub = hub, .packs = packs, .now = now, .today = clock_today(clock), .from = turns[i].from, .told = turns[i].told, .until = turns[i].until };
        if (!tell_all(&t, told, data, err))
            return false;
        *ret_cases += t.count;
    }
    return true;
}
