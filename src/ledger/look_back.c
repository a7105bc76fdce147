/* Rounds of looking back: drawn once, answered task by task. */
#include "ledger/look_back_do.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"
#include "flow/duty.h"
#include "ledger/plan_do.h"
#include "ledger/scope.h"
#include "ledger/task_do.h"

#include "base/banned.h"

/* --- Loading ------------------------------------------------------------------------------------------------------------- */

static bool load_tasks(DbConn *conn, Arena *arena, LookBack *round, GError **err)
{
    ARENA_LIST(LookBackTask) tasks = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, LookBackTasks, err, .look_back = round->id);
    for (LookBackTasksRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &tasks) = (LookBackTask) {
            .task = row.task, .task_uid = arena_str(arena, row.task_uid), .result = arena_str(arena, row.result), .note = arena_str(arena, row.note), .at = row.at,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < tasks.n; i++)
        if (!person_ref(conn, arena, by.v[i], &tasks.v[i].by, NULL, err))
            return false;
    round->tasks = tasks.v;
    round->n_tasks = tasks.n;
    return true;
}

bool look_back_load(DbConn *conn, Arena *arena, Str uid, LookBack *ret_round, GError **err)
{
    LookBackByUidRow row;
    bool found;
    if (!db_one(conn, LookBackByUid, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no round '" STR_FMT "'", STR_ARG(uid));
    LookBack round = {
        .id = row.id, .issuer = row.issuer, .org = row.org, .share = row.share, .candidates = row.candidates, .made_at = row.made_at, .version = row.version,
        .uid = row.uid, .plan_uid = row.plan_uid, .plan_title = row.plan_title, .issuer_path = row.issuer_path, .issuer_area = row.issuer_area,
        .org_uid = row.org_uid, .org_name = row.org_name, .title = row.title, .sample = row.sample, .seed = row.seed, .begins = row.begins, .ends = row.ends,
    };
    if (!person_ref(conn, arena, row.made_by, &round.made_by, NULL, err) || !load_tasks(conn, arena, &round, err))
        return false;
    *ret_round = round;
    return true;
}

/* --- The state --------------------------------------------------------------------------------------------------------------- */

static Str int_text(Arena *arena, int64_t value)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

static Str date_text(Arena *arena, Date date)
{
    char text[DATE_TEXT_MAX];
    return arena_str(arena, str_from(date_format(date, text)));
}

static Str task_value(const LookBackTask *task, Arena *arena)
{
    if (!task->result.p && !task->by.uid.p && !task->note.p && task->at == DB_NULL_INT)
        return STR("open");
    const Str said[] = { task->note, task->by.uid, int_text(arena, task->at) };
    return arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(task->result), STR_ARG(state_digest(arena, said, G_N_ELEMENTS(said))));
}

void look_back_state_map(const LookBack *round, Arena *arena, StateMap *ret_map)
{
    const StateEntry entries[] = {
        { STR_INIT("begins"), date_text(arena, round->begins) },
        { STR_INIT("candidates"), int_text(arena, round->candidates) },
        { STR_INIT("ends"), date_text(arena, round->ends) },
        { STR_INIT("made_at"), int_text(arena, round->made_at) },
        { STR_INIT("made_by"), round->made_by.uid },
        { STR_INIT("org"), round->org_uid },
        { STR_INIT("plan"), round->plan_uid },
        { STR_INIT("sample"), round->sample },
        { STR_INIT("seed"), round->seed },
        { STR_INIT("share"), int_text(arena, round->share) },
        { STR_INIT("title"), audit_digest(arena, round->title) },
        { STR_INIT("version"), int_text(arena, round->version) },
    };
    StateMap map = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        *ARENA_PUSH(arena, &map) = entries[i];
    for (size_t i = 0; i < round->n_tasks; i++)
        *ARENA_PUSH(arena, &map) = (StateEntry) { state_key(arena, "task", round->tasks[i].task_uid), task_value(&round->tasks[i], arena) };
    state_map_sort(&map);
    *ret_map = map;
}

static void append_event(DbConn *tx, const Actor *actor, const LookBack *before, const LookBack *after, const char *verb, Arena *arena)
{
    g_autoptr(GString) data = g_string_new(NULL);
    StateMap old = { 0 }, new;
    JsonWriter json;
    if (before)
        look_back_state_map(before, arena, &old);
    look_back_state_map(after, arena, &new);
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    state_write_set(&old, &new, &json);
    json_end_object(&json);
    audit_append(tx, &actor->who, verb, (AuditObject) { "look_back", after->uid }, str_from_gstring(data));
}

/* --- Drawing ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Hash mark;
    int64_t task;
    Str uid;
} Lot;

static int by_mark(const void *a, const void *b)
{
    const Lot *x = a, *y = b;
    int order = memcmp(x->mark.bytes, y->mark.bytes, HASH_SIZE);
    return order ? order : str_cmp(x->uid, y->uid);
}

size_t look_back_order(Str seed, int64_t share, int64_t *tasks, Str *uids, size_t n)
{
    g_autofree Lot *lots = g_new(Lot, n + 1);
    for (size_t i = 0; i < n; i++)
        lots[i] = (Lot) { hmac_sm3_raw(seed, uids[i]), tasks[i], uids[i] };
    if (n > 1)
        qsort(lots, n, sizeof *lots, by_mark);
    for (size_t i = 0; i < n; i++) {
        tasks[i] = lots[i].task;
        uids[i] = lots[i].uid;
    }
    return (n * (size_t) share + 99) / 100;
}

typedef struct {
    const Actor *actor;
    const NewLookBack *wish;
    Date today;
    char uid[UID_TEXT_MAX], seed[33];
} DrawArgs;

typedef struct {
    DbConn *tx;
    const DrawArgs *args;
    Arena *arena;
    Plan plan;
    ARENA_LIST(int64_t) tasks;
    ARENA_LIST(Str) uids;
    size_t n; /* drawn */
    int64_t id;
} Drawing;

static bool find_candidates(Drawing *drawing, GError **err)
{
    DbList *list = db_list_new(drawing->arena, LookBackCandidates, "t.id", .plan = drawing->plan.id);
    scopes_where_seen(list, drawing->args->actor->user, drawing->arena);
    g_autoptr(DbRows) rows = db_list_run(list, drawing->tx, err);
    for (LookBackCandidatesRow row; rows && db_list_next(list, rows, &row, err);) {
        *ARENA_PUSH(drawing->arena, &drawing->tasks) = row.id;
        *ARENA_PUSH(drawing->arena, &drawing->uids) = arena_str(drawing->arena, row.uid);
    }
    if (!db_rows_ok(rows))
        return false;
    if (drawing->tasks.n > 0)
        return true;
    error_set(err, BH_CONFLICT, "no task of the plan is closed");
    return error_detail(err, "nothing-closed");
}

static bool insert_round(Drawing *drawing, GError **err)
{
    const DrawArgs *args = drawing->args;
    const NewLookBack *wish = args->wish;
    LookBackInsertRow made;
    bool found;
    if (!db_one(drawing->tx, LookBackInsert, drawing->arena, &made, &found, err, .uid = str_from(args->uid), .plan = drawing->plan.id,
                .org = args->actor->user->org, .title = str_trim(wish->title), .begins = wish->begins, .ends = wish->ends,
                .sample = wish->share == 100 ? STR("all") : STR("share"), .share = wish->share, .seed = str_from(args->seed),
                .candidates = (int64_t) drawing->tasks.n, .made_by = args->actor->user->account, .made_at = args->actor->who.at_ms))
        return false;
    drawing->id = made.id;
    for (size_t i = 0; i < drawing->n; i++)
        if (!db_exec(drawing->tx, LookBackTaskInsert, NULL, err, .look_back = made.id, .task = drawing->tasks.v[i]))
            return false;
    return true;
}

static Str duty_key(Arena *arena, Str uid)
{
    return arena_printf(arena, "look-back/" STR_FMT, STR_ARG(uid));
}

/* Each task drawn is owed by the unit that looks, by the last day of the round. */
static bool open_duties(Drawing *drawing, GError **err)
{
    const DrawArgs *args = drawing->args;
    const NewLookBack *wish = args->wish;
    DutyRule rule = {
        .key = duty_key(drawing->arena, str_from(args->uid)), .name = str_trim(wish->title), .org = drawing->plan.issuer, .owed = STR("subjects"), .every = STR("once"),
        .due_days = wish->ends - wish->begins, .calendar = CALENDAR_CHINA, .from = wish->begins, .to = wish->ends, .plan = drawing->plan.uid, .on = true,
    };
    int64_t id;
    if (!duty_rule_keep(drawing->tx, &args->actor->who, &rule, args->today, drawing->arena, &id, err))
        return false;
    for (size_t i = 0; i < drawing->n; i++)
        if (!duty_subject_set(drawing->tx, id, args->actor->user->org, (AuditObject) { "task", drawing->uids.v[i] }, wish->begins, wish->ends, err))
            return false;
    return true;
}

static bool draw_in_tx(DbConn *tx, void *data, GError **err)
{
    const DrawArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Drawing drawing = { .tx = tx, .args = args, .arena = arena };
    LookBack round;
    if (!plan_load(tx, arena, args->wish->plan, &drawing.plan, err))
        return false;
    Allowed allowed = plan_allowed(args->actor->user, &drawing.plan, "look_back", arena);
    if (!allowed.ok)
        return plan_refuse(&allowed, &drawing.plan, "look_back", err);
    if (!find_candidates(&drawing, err))
        return false;
    drawing.n = look_back_order(str_from(args->seed), args->wish->share, drawing.tasks.v, drawing.uids.v, drawing.tasks.n);
    audit_on_behalf(tx, allowed.of ? allowed.of->account_uid : STR_NONE);
    if (!insert_round(&drawing, err) || !open_duties(&drawing, err) || !look_back_load(tx, arena, str_from(args->uid), &round, err))
        return false;
    append_event(tx, args->actor, NULL, &round, "look-back-draw", arena);
    return true;
}

bool look_back_draw(const Ledger *ledger, const Actor *actor, const NewLookBack *wish, Arena *arena, Str *ret_uid, GError **err)
{
    DrawArgs args = { .actor = actor, .wish = wish, .today = clock_today(ledger->clock) };
    uint8_t chance[16];
    if (!plan_title_fits(wish->title, "/title", err))
        return false;
    if (wish->ends < wish->begins || wish->ends < args.today || wish->ends - wish->begins > DUTY_DAYS_MAX) {
        error_set(err, BH_BAD_INPUT, "a round ends after it begins, within a year, and not before today");
        error_at(err, "/until");
        return error_detail(err, "dates-wrong");
    }
    uid_new(args.uid);
    crypto_random(chance, sizeof chance);
    hex_write(chance, sizeof chance, args.seed);
    if (!ledger_write(ledger, draw_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, str_from(args.uid));
    return true;
}

/* --- What was found -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Actor *actor;
    const LookBackFound *found;
    const Clock *clock;
} FoundArgs;

static LookBackTask *task_of(const LookBack *round, Str uid)
{
    for (size_t i = 0; i < round->n_tasks; i++)
        if (str_eq(round->tasks[i].task_uid, uid))
            return &round->tasks[i];
    return NULL;
}

/* Who may say this of the task: who may reopen it; and that it holds, nobody who said so before. */
Allowed look_back_allowed(const User *user, const Task *task, bool held, Arena *arena)
{
    MayObject facts = task_facts(task, arena);
    May answer = may(user, VERB_REOPEN, &facts);
    if (!answer.ok)
        return (Allowed) { .why = answer.why, .params = task_role_named(&answer, arena) };
    Obstacle obstacle = task_obstacle(user, task, held ? NEED_OTHER_PERSON : 0, NULL, arena);
    return (Allowed) { .ok = !obstacle.why, .why = obstacle.why, .params = obstacle.params };
}

static bool may_judge(const FoundArgs *args, const Task *task, bool held, Arena *arena, GError **err)
{
    Allowed allowed = look_back_allowed(args->actor->user, task, held, arena);
    return allowed.ok || task_refuse(allowed.why, allowed.params, STR("look-back"), task, err);
}

static bool reopen_closed(DbConn *tx, const FoundArgs *args, const Task *task, GError **err)
{
    TaskWish wish = { .reason = args->found->note, .until = DATE_NONE };
    return !str_eq(task->state, STR("closed")) || task_do_in_tx(tx, args->actor, args->clock, task->uid, task->version, STR("reopen"), &wish, err);
}

static bool keep_result(DbConn *tx, const FoundArgs *args, const LookBack *round, const LookBackTask *row, Arena *arena, GError **err)
{
    const User *user = args->actor->user;
    int64_t changes, at = args->actor->who.at_ms;
    Str note = str_trim(args->found->note).n ? args->found->note : STR_NONE;
    LookBack after;
    if (!db_exec(tx, LookBackResult, &changes, err, .look_back = round->id, .task = row->task, .result = args->found->result, .note = note, .account = user->account,
                 .at = at))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "a result was given already");
        return error_detail(err, "result-given");
    }
    if (!db_exec(tx, LookBackTouch, NULL, err, .id = round->id) || !look_back_load(tx, arena, round->uid, &after, err))
        return false;
    append_event(tx, args->actor, round, &after, "look-back-found", arena);
    return true;
}

/* "unclear" is no answer yet: the duty stays. */
static bool meet_duty(DbConn *tx, const FoundArgs *args, const LookBack *round, Arena *arena, GError **err)
{
    char period[PERIOD_TEXT_MAX];
    if (str_eq(args->found->result, STR("unclear")))
        return true;
    DutyMet met = {
        .key = duty_key(arena, round->uid), .org = round->org, .subject = { "task", args->found->task },
        .period = str_from(period_format(period_of_date(PERIOD_DAY, round->begins), period)), .account = args->actor->user->account,
        .today = clock_today(args->clock),
    };
    return duty_met(tx, &args->actor->who, &met, err);
}

static bool found_in_tx(DbConn *tx, void *data, GError **err)
{
    const FoundArgs *args = data;
    const LookBackFound *found = args->found;
    g_autoptr(Arena) arena = arena_new();
    LookBack round;
    Task task;
    if (!look_back_load(tx, arena, found->round, &round, err))
        return false;
    const LookBackTask *row = task_of(&round, found->task);
    if (!row)
        return error_set(err, BH_NOT_FOUND, "no task '" STR_FMT "' in this round", STR_ARG(found->task));
    bool held = str_eq(found->result, STR("held")), relapsed = str_eq(found->result, STR("relapsed"));
    if (!task_load(tx, arena, found->task, &task, err) || !may_judge(args, &task, held, arena, err)
        || !keep_result(tx, args, &round, row, arena, err) || (relapsed && !reopen_closed(tx, args, &task, err)))
        return false;
    return meet_duty(tx, args, &round, arena, err);
}

bool look_back_found(const Ledger *ledger, const Actor *actor, const LookBackFound *found, GError **err)
{
    if (!flow_has_word("held relapsed unclear", found->result)) {
        error_set(err, BH_BAD_INPUT, "a result is held, relapsed or unclear, not '" STR_FMT "'", STR_ARG(found->result));
        return error_at(err, "/result");
    }
    if (str_eq(found->result, STR("relapsed")) && str_trim(found->note).n == 0) {
        error_set(err, BH_BAD_INPUT, "what fell back is said in the note");
        error_at(err, "/note");
        return error_detail(err, "reason-missing");
    }
    FoundArgs args = { actor, found, ledger->clock };
    return task_text_fits(found->note, "note", err) && ledger_write(ledger, found_in_tx, &args, err);
}
