/* Signals become tasks: a score under its line is a rectification of the institution, in the plan that the commission keeps for it. The proof is the score itself: the task is claimed as any other, and the
 * engine finds it done when the scores are on their lines again, strikes it off, and opens it again when one falls while it is watched. One task for an institution and programme (the pack of the dataset): while it is open whatever else falls there hangs on it, for who mends an
 * institution's registers mends them together, and a city of a hundred institutions with forty datasets has more lines than anybody can work through. */
#include "base/i18n.h"
#include "db/queries.h"
#include "flow/signals.h"
#include "indicator/quality.h"
#include "ledger/change.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"

#include "base/banned.h"

enum { AT_ONCE = 20, DUE_DAYS = 30 };

typedef struct {
    DbConn *tx;
    Arena *arena;
    const Signal *signal;
    const Clock *clock;
    Date today;
    QualityHome home;
    User user;
    Actor actor;
    Task task;
} Taking;

/* --- The task ------------------------------------------------------------------------------------------------------------------- */

static Str text_of(const Taking *taking, const char *key, Str org)
{
    static const char *const names[] = { "name", "period", "programme" };
    const Signal *signal = taking->signal;
    const JsonValue *params = json_parse(signal->params, taking->arena, NULL);
    g_autoptr(GString) lines = g_string_new(NULL), text = g_string_new(NULL);
    char score[DECIMAL_TEXT_MAX], line[DECIMAL_TEXT_MAX];
    g_string_append_printf(lines, "org=" STR_FMT "\nscore=%s\nline=%s\n", STR_ARG(org), decimal_format(decimal_make(signal->value / 1000, 1), score),
                           decimal_format(decimal_make(signal->line / 1000, 1), line));
    for (size_t i = 0; params && i < G_N_ELEMENTS(names); i++) {
        Str value = STR_NONE;
        if (json_opt_str(params, names[i], &value, NULL) && value.p)
            g_string_append_printf(lines, "%s=" STR_FMT "\n", names[i], STR_ARG(value));
    }
    i18n_format(text, LANG_ZH, key, str_from_gstring(lines));
    return arena_str(taking->arena, str_from_gstring(text));
}

/* One for each year, with a title of its own. */
static bool find_plan(Taking *taking, GError **err)
{
    int year, month, day;
    PlanOfTitleRow row;
    bool found;
    date_to_ymd(taking->today, &year, &month, &day);
    g_autoptr(GString) title = g_string_new(NULL);
    i18n_format(title, LANG_ZH, "quality.plan", arena_printf(taking->arena, "year=%d", year));
    if (!db_one(taking->tx, PlanOfTitle, taking->arena, &row, &found, err, .issuer = taking->home.id, .title = str_from_gstring(title), .year = year))
        return false;
    taking->task.plan = row.id;
    taking->task.plan_uid = row.uid;
    if (found)
        return true;
    taking->task.plan_uid = fresh_uid(taking->arena);
    PlanSeed seed = { .uid = taking->task.plan_uid, .title = str_from_gstring(title), .kind = STR("rectification"), .document = DB_NULL_INT, .issuer = taking->home.id,
                      .year = year, .edition = 1, .replaces = DB_NULL_INT };
    return plan_insert(taking->tx, &taking->actor, &seed, "plan-make", taking->arena, &taking->task.plan, err);
}

static bool make_task(Taking *taking, GError **err)
{
    Org org;
    PlanNextSeqRow next;
    bool found;
    TaskOwner *owner = ARENA_NEW(taking->arena, TaskOwner);
    if (!find_plan(taking, err) || !org_by_id(taking->tx, taking->arena, taking->signal->org, &org, err)
        || !db_one(taking->tx, PlanNextSeq, taking->arena, &next, &found, err, .plan = taking->task.plan))
        return false;
    *owner = (TaskOwner) { .org = org.id, .role = STR("lead"), .written = org.name };
    Task *task = &taking->task;
    task->uid = fresh_uid(taking->arena);
    task->seq = next.seq;
    task->state = STR("issued");
    task->source = STR("quality");
    task->title = text_of(taking, "quality.task.title", org.name);
    task->text = text_of(taking, "quality.task.text", org.name);
    task->due = taking->today + DUE_DAYS;
    task->owners = owner;
    task->n_owners = 1;
    return db_exec(taking->tx, PlanTaskAdded, NULL, err, .plan = task->plan) && task_create(taking->tx, &taking->actor, taking->arena, task, err)
           && signal_take(taking->tx, taking->signal, task->uid, err);
}

/* In whose name plans are issued there; nobody: the signal waits. */
static bool find_issuer(Taking *taking, bool *ret_found, GError **err)
{
    int64_t account = DB_NULL_INT;
    if (!quality_home(taking->tx, taking->arena, &taking->home, err))
        return false;
    g_autoptr(DbRows) rows = db_query(taking->tx, AccountsBelow, err, .path = taking->home.path, .role = STR("issuer"), .today = taking->today);
    for (AccountsBelowRow row; rows && db_next(rows, &row, err);)
        account = account == DB_NULL_INT ? row.id : account;
    *ret_found = account != DB_NULL_INT;
    return db_rows_ok(rows) && (!*ret_found || user_load(taking->tx, taking->arena, account, taking->today, &taking->user, err));
}

/* "immunization." of "immunization.vaccination". */
static Str programme_of(const Signal *signal)
{
    const char *dot = memchr(signal->what.p, '.', signal->what.n);
    return dot ? str_head(signal->what, (size_t) (dot - signal->what.p) + 1) : signal->what;
}

/* It was found done, and fell back while it was watched: the same task, from the beginning (rule i). */
static bool reopen_watched(Taking *taking, bool *ret_found, GError **err)
{
    SignalTaskWatchedRow row;
    if (!db_one(taking->tx, SignalTaskWatched, taking->arena, &row, ret_found, err, .kind = taking->signal->kind, .org = taking->signal->org, .programme = programme_of(taking->signal),
                .today = taking->today))
        return false;
    return !*ret_found
           || (task_do_by_number(taking->tx, clock_now_ms(taking->clock), taking->today, taking->arena, row.task, "reopen", text_of(taking, "quality.task.relapsed", STR("")), err)
               && signal_take(taking->tx, taking->signal, row.task, err));
}

static bool take_in_tx(DbConn *tx, void *data, GError **err)
{
    Taking *taking = data;
    g_autoptr(Arena) arena = arena_new();
    SignalTaskOpenRow open;
    bool found;
    taking->tx = tx;
    taking->arena = arena;
    taking->task = task_blank();
    taking->actor = (Actor) { &taking->user, { STR_NONE, "engine", clock_now_ms(taking->clock) } };
    if (!db_one(tx, SignalTaskOpen, arena, &open, &found, err, .kind = taking->signal->kind, .org = taking->signal->org, .programme = programme_of(taking->signal)))
        return false;
    if (found)
        return signal_take(tx, taking->signal, open.task, err);
    if (!reopen_watched(taking, &found, err))
        return false;
    return found || (find_issuer(taking, &found, err) && (!found || make_task(taking, err)));
}

/* --- It is over ------------------------------------------------------------------------------------------------------------------ */

/* Claimed, and the score says so, too: verified and struck off (rule a). Where the plan shows such tasks in public first, its issuer strikes it off when that is over. */
static bool strike_off(Taking *taking, Str task, GError **err)
{
    int64_t now = clock_now_ms(taking->clock);
    Str reason = text_of(taking, "quality.task.verified", STR(""));
    Task after;
    if (!task_do_by_number(taking->tx, now, taking->today, taking->arena, task, "verify", reason, err) || !task_load(taking->tx, taking->arena, task, &after, err))
        return false;
    return after.publicity_until != DATE_NONE || task_do_by_number(taking->tx, now, taking->today, taking->arena, task, "close", reason, err);
}

/* What was claimed is found done by the score; what is not claimed yet waits for its claim. */
static bool end_in_tx(DbConn *tx, void *data, GError **err)
{
    Taking *taking = data;
    g_autoptr(Arena) arena = arena_new();
    Task task;
    bool lasts;
    taking->tx = tx;
    taking->arena = arena;
    if (!signal_lasts(tx, taking->signal->task, &lasts, err))
        return false;
    if (lasts) /* it fell again, or others of the task did not come right yet: these decide */
        return signal_end(tx, taking->signal, err);
    if (!task_load(tx, arena, taking->signal->task, &task, err))
        return false;
    if (flow_has_word("issued working returned reopened suspended draft", task.state))
        return true;
    return (!str_eq(task.state, STR("submitted")) || strike_off(taking, task.uid, err)) && signal_end(tx, taking->signal, err);
}

/* --- All ---------------------------------------------------------------------------------------------------------------------------- */

static bool each(Db *db, const Clock *clock, const char *state, DbWork work, size_t most, size_t *ret_n, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Signal *signals = NULL;
    g_autoptr(DbConn) conn = db_reader(db, err);
    if (!conn || !signals_in(conn, "quality", state, most, arena, &signals, ret_n, err))
        return false;
    db_done(g_steal_pointer(&conn));
    for (size_t i = 0; i < *ret_n; i++) {
        Taking taking = { .signal = &signals[i], .clock = clock, .today = clock_today(clock) };
        if (!db_write(db, DB_MESSAGES, work, &taking, err))
            return false;
    }
    return true;
}

bool ledger_take_signals(Db *db, const Clock *clock, GError **err)
{
    enum { CLEARED_AT_ONCE = 1000, ROUNDS = 100 };
    size_t n = AT_ONCE;
    for (int round = 0; n == AT_ONCE && round < ROUNDS; round++)
        if (!each(db, clock, "open", take_in_tx, AT_ONCE, &n, err))
            return false;
    return each(db, clock, "cleared", end_in_tx, CLEARED_AT_ONCE, &n, err);
}
