/* Reminders: sent by the ladder each day, or by the issuer's hand; who is told, which letters go with it. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"

#include "base/banned.h"

enum { STEP_TASKS = 50 };

/* --- Whom ------------------------------------------------------------------------------------------------------------------------ */

static bool add_of_leads(DbConn *tx, const Task *task, Audience *audience, const Role *roles, size_t n_roles, size_t *ret_n, GError **err)
{
    *ret_n = 0;
    for (size_t i = 0; i < task->n_owners; i++) {
        size_t n = 0;
        if (str_eq(task->owners[i].role, STR("lead")) && !audience_add_roles(tx, audience, task->owners[i].org, roles, n_roles, &n, err))
            return false;
        *ret_n += n;
    }
    return true;
}

/* Who has a lead in his charge (分管领导). */
static bool add_in_charge(DbConn *tx, const Task *task, Audience *audience, size_t *ret_n, GError **err)
{
    *ret_n = 0;
    for (size_t i = 0; i < task->n_owners; i++) {
        int64_t account = DB_NULL_INT;
        if (str_eq(task->owners[i].role, STR("lead"))
            && (!org_leader(tx, task->owners[i].org, task->owners[i].path, &account, err) || !audience_add_person(tx, audience, account, err)))
            return false;
        *ret_n += account != DB_NULL_INT;
    }
    return true;
}

/* Who issued the plan, and who else issues in its organisation itself. */
static bool add_issuers(DbConn *tx, const Task *task, Audience *audience, GError **err)
{
    static const Role issuers[] = { ROLE_ISSUER };
    PlanIssuedByRow row;
    bool found;
    if (!db_one(tx, PlanIssuedBy, audience->arena, &row, &found, err, .plan = task->plan))
        return false;
    return audience_add_person(tx, audience, found ? row.account : DB_NULL_INT, err) && audience_add_roles(tx, audience, task->issuer, issuers, 1, NULL, err);
}

/* Each word of a step's `to`. A word that finds nobody falls back on the next below it, so that a reminder does not go nowhere. */
static bool add_receiver(DbConn *tx, const Task *task, Str word, Audience *audience, GError **err)
{
    static const Role handlers[] = { ROLE_HANDLER }, heads[] = { ROLE_UNIT_HEAD }, leaders[] = { ROLE_LEADER }, unit[] = { ROLE_UNIT_HEAD, ROLE_HANDLER };
    size_t n = 0;
    if (str_eq(word, STR("leader")))
        return task->leader_account != DB_NULL_INT ? audience_add_person(tx, audience, task->leader_account, err) : add_in_charge(tx, task, audience, &n, err);
    if (str_eq(word, STR("issuer")))
        return add_issuers(tx, task, audience, err);
    if (str_eq(word, STR("handler")) && task->handler_account != DB_NULL_INT)
        return audience_add_person(tx, audience, task->handler_account, err);
    if (str_eq(word, STR("unit")))
        return add_of_leads(tx, task, audience, unit, G_N_ELEMENTS(unit), &n, err);
    if (str_eq(word, STR("handler")) && !add_of_leads(tx, task, audience, handlers, 1, &n, err))
        return false;
    if (str_eq(word, STR("deputy")) && !add_in_charge(tx, task, audience, &n, err))
        return false;
    if (str_eq(word, STR("deputy")) && n == 0 && !add_of_leads(tx, task, audience, leaders, 1, &n, err))
        return false;
    return n > 0 || add_of_leads(tx, task, audience, heads, 1, &n, err);
}

/* For whom an account may read the task: 0 for himself, an account as its deputy; DB_NULL_INT: not at all. */
static bool reads_for(DbConn *tx, const Task *task, int64_t account, Date today, int64_t *ret_holder, GError **err)
{
    *ret_holder = DB_NULL_INT;
    g_autoptr(DbRows) rows = db_query(tx, TaskHolders, err, .task = task->id, .account = account, .today = today);
    for (TaskHoldersRow row; rows && db_next(rows, &row, err);) {
        if (row.holder == account)
            *ret_holder = 0;
        else if (*ret_holder == DB_NULL_INT)
            *ret_holder = row.holder;
    }
    return db_rows_ok(rows);
}

/* Only who may read the task is told of it. */
static bool keep_readers(DbConn *tx, const Task *task, const Audience *all, Audience *ret_readers, GError **err)
{
    for (size_t i = 0; i < all->accounts.n; i++) {
        int64_t holder;
        if (!reads_for(tx, task, all->accounts.v[i], all->today, &holder, err))
            return false;
        if (holder != DB_NULL_INT)
            audience_add_for(ret_readers, all->accounts.v[i], holder ? holder : all->holders.v[i]);
    }
    return true;
}

bool task_audience(DbConn *tx, const Task *task, Str to, Date today, Arena *arena, Audience *ret_audience, GError **err)
{
    Audience all = { .arena = arena, .today = today };
    *ret_audience = (Audience) { .arena = arena, .today = today };
    for (Str rest = to; rest.p;)
        if (!add_receiver(tx, task, str_cut(&rest, ' '), &all, err))
            return false;
    if (!keep_readers(tx, task, &all, ret_audience, err))
        return false;
    if (ret_audience->accounts.n > 0)
        return true;
    Audience heads = { .arena = arena, .today = today }; /* a restricted task's handlers may not read it: its heads do */
    return add_receiver(tx, task, STR("head"), &heads, err) && keep_readers(tx, task, &heads, ret_audience, err);
}

/* --- One reminder ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    DbConn *tx;
    Arena *arena;
    const Task *task;
    const Calendar *calendar;
    AuditWho who;
    int64_t account; /* who sends it by hand; DB_NULL_INT: the ladder */
    Date today, planned;
    Str step, level, to, text;
    bool letter;
    int64_t id, letters;
    Str uid, numbers; /* "letter 2026-3 …" for the event */
} Reminding;

static bool write_letter(Reminding *r, const TaskOwner *owner, GError **err)
{
    LetterNextRow next;
    bool found;
    int year, month, day;
    Str kind = str_eq(r->level, STR("order")) ? STR("order") : STR("letter");
    date_to_ymd(r->today, &year, &month, &day);
    if (!db_one(r->tx, LetterNext, r->arena, &next, &found, err, .issuer = r->task->issuer, .kind = kind, .year = year)
        || !db_exec(r->tx, LetterInsert, NULL, err, .uid = fresh_uid(r->arena), .kind = kind, .issuer = r->task->issuer, .year = year, .number = next.number,
                    .task = r->task->id, .reminder = r->id, .org = owner->org, .day = r->today,
                    .reply_by = calendar_add(r->calendar, r->today, LETTER_REPLY_DAYS)))
        return false;
    r->numbers = arena_printf(r->arena, STR_FMT "%s" STR_FMT " %d-%" G_GINT64_FORMAT, STR_ARG(r->numbers), r->numbers.n ? ", " : "", STR_ARG(kind), year,
                              next.number);
    r->letters++;
    return true;
}

static bool write_letters(Reminding *r, GError **err)
{
    for (size_t i = 0; r->letter && i < r->task->n_owners; i++)
        if (str_eq(r->task->owners[i].role, STR("lead")) && !write_letter(r, &r->task->owners[i], err))
            return false;
    return true;
}

static Str message_params(const Reminding *r)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_date(&json, "due", r->task->due);
    json_member_str(&json, "text", r->text);
    json_end_object(&json);
    return arena_str(r->arena, str_from_gstring(text));
}

static bool tell(Reminding *r, const Audience *audience, GError **err)
{
    g_autofree char *level = str_dup(r->level);
    Message message = { .kind = r->letter ? "letter" : "reminder", .level = level, .about = { "task", r->task->uid }, .params = message_params(r), .by = r->account,
                        .at_ms = r->who.at_ms };
    for (size_t i = 0; i < audience->accounts.n; i++) {
        message.uid = fresh_uid(r->arena);
        message.holder = audience->holders.v[i];
        if (!message_send(r->tx, audience->accounts.v[i], &message, err)
            || !db_exec(r->tx, ReminderToInsert, NULL, err, .reminder = r->id, .account = audience->accounts.v[i], .message = message.uid))
            return false;
    }
    return true;
}

static bool append_event(const Reminding *r, size_t told, GError **err)
{
    Str value;
    if (!reminder_value(r->tx, r->id, r->arena, &value, err))
        return false;
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_date(&json, "due", r->task->due);
    json_member_str(&json, "letters", r->numbers.n ? r->numbers : STR_NONE);
    json_member_str(&json, "level", r->level);
    json_key(&json, "set");
    json_begin_object(&json);
    json_key_str(&json, state_key(r->arena, "reminder", r->uid));
    json_str(&json, value);
    json_end_object(&json);
    json_member_str(&json, "text", r->text.p ? audit_digest(r->arena, r->text) : STR_NONE);
    json_member_int(&json, "told", (int64_t) told);
    json_end_object(&json);
    audit_append(r->tx, &r->who, "remind", (AuditObject) { "task", r->task->uid }, str_from_gstring(data));
    return true;
}

static bool remind(Reminding *r, GError **err)
{
    ReminderInsertRow made;
    bool found;
    Audience audience;
    r->uid = fresh_uid(r->arena);
    if (!task_audience(r->tx, r->task, r->to, r->today, r->arena, &audience, err)
        || !db_one(r->tx, ReminderInsert, r->arena, &made, &found, err, .uid = r->uid, .task = r->task->id, .due = r->task->due,
                   .step = r->step.p ? r->step : r->uid, .level = r->level, .planned = r->planned, .day = r->today, .sent = r->who.at_ms,
                   .account = r->account, .text = r->text))
        return false;
    r->id = made.id;
    return write_letters(r, err) && tell(r, &audience, err) && append_event(r, audience.accounts.n, err);
}

/* --- Every day ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Date today;
    AuditWho who;
    Calendar calendar;
    const int64_t *tasks; /* what may be due */
    size_t n_tasks, after; /* where this step begins */
    size_t looked;
    int64_t sent, letters;
} Daily;

static Str step_key(Arena *arena, const PlanStep *step)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT "%s " STR_FMT, step->days, step->working ? "w" : "", STR_ARG(step->level));
}

static bool read_sent(DbConn *tx, Arena *arena, const TaskToRemindRow *row, const PlanStep *steps, size_t n, Date *ret_sent, GError **err)
{
    for (size_t i = 0; i < n; i++)
        ret_sent[i] = DATE_NONE;
    g_autoptr(DbRows) rows = db_query(tx, RemindersSent, err, .task = row->id, .due = row->due);
    for (RemindersSentRow sent; rows && db_next(rows, &sent, err);)
        for (size_t i = 0; i < n; i++)
            if (str_eq(sent.step, step_key(arena, &steps[i])))
                ret_sent[i] = sent.day;
    return db_rows_ok(rows);
}

static bool send_step(DbConn *tx, Daily *daily, Arena *arena, const TaskToRemindRow *row, const PlanStep *step, Date planned, GError **err)
{
    Task task;
    if (!task_load(tx, arena, row->uid, &task, err))
        return false;
    Reminding r = { .tx = tx, .arena = arena, .task = &task, .calendar = &daily->calendar, .who = daily->who, .account = DB_NULL_INT, .today = daily->today,
                    .planned = planned, .step = step_key(arena, step), .level = step->level, .to = step->to, .letter = step->letter };
    if (!remind(&r, err))
        return false;
    daily->sent++;
    daily->letters += r.letters;
    return true;
}

static bool look_at(DbConn *tx, Daily *daily, const TaskToRemindRow *row, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    PlanStep *own;
    size_t n;
    Date sent[LADDER_STEPS_MAX], planned = DATE_NONE;
    if (!ladder_load(tx, arena, row->plan, &own, &n, err))
        return false;
    const PlanStep *steps = n > 0 ? own : ladder_default;
    n = n > 0 ? n : ladder_default_n;
    if (!read_sent(tx, arena, row, steps, n, sent, err))
        return false;
    ptrdiff_t next = ladder_next(&daily->calendar, steps, n, sent, row->due, daily->today, &planned);
    return next < 0 || send_step(tx, daily, arena, row, &steps[next], planned, err);
}

/* STEP_TASKS of the tasks, each as it stands now. */
static bool remind_in_tx(DbConn *tx, void *data, GError **err)
{
    Daily *daily = data;
    daily->looked = daily->sent = daily->letters = 0;
    for (size_t i = daily->after; i < daily->n_tasks && daily->looked < STEP_TASKS; i++, daily->looked++) {
        g_autoptr(Arena) arena = arena_new();
        TaskToRemindRow row;
        bool found;
        if (!db_one(tx, TaskToRemind, arena, &row, &found, err, .id = daily->tasks[i]) || (found && !look_at(tx, daily, &row, err)))
            return false;
    }
    return true;
}

static bool read_tasks(Db *db, Daily *daily, Arena *arena, GError **err)
{
    ARENA_LIST(int64_t) tasks = { 0 };
    g_autoptr(DbConn) conn = db_reader(db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, TasksToRemind, err, .until = daily->today + LADDER_AMBER_MAX) : NULL;
    for (TasksToRemindRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &tasks) = row.task;
    daily->tasks = tasks.v;
    daily->n_tasks = tasks.n;
    return db_rows_ok(rows);
}

static bool read_calendar(Db *db, Arena *arena, Calendar *ret_calendar, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    return conn && calendar_load(conn, arena, CALENDAR_CHINA, ret_calendar, err);
}

bool ladder_daily(Db *db, const Clock *clock, RemindTold told, void *told_data, RemindCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Daily daily = { .today = clock_today(clock), .who = { STR_NONE, "engine", clock_now_ms(clock) } };
    RemindCount count = { 0 };
    if (!read_calendar(db, arena, &daily.calendar, err))
        return false;
    if (calendar_working(&daily.calendar, daily.today) && !read_tasks(db, &daily, arena, err))
        return false;
    while (daily.after < daily.n_tasks) {
        if ((told && !told(told_data, err)) || !db_write(db, DB_BULK, remind_in_tx, &daily, err))
            return false;
        count.looked += (int64_t) daily.looked;
        count.sent += daily.sent;
        count.letters += daily.letters;
        daily.after += daily.looked;
    }
    *ret_count = count;
    return true;
}

/* --- By hand ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    const Calendar *calendar;
    Str uid, level, text;
    Date today;
} HandArgs;

static const PlanStep *default_step(Str level)
{
    for (size_t i = 0; i < ladder_default_n; i++)
        if (str_eq(ladder_default[i].level, level))
            return &ladder_default[i];
    return NULL;
}

static bool hand_in_tx(DbConn *tx, void *data, GError **err)
{
    const HandArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Task task;
    const PlanStep *step = default_step(args->level);
    if (!task_load(tx, arena, args->uid, &task, err))
        return false;
    Allowed allowed = task_allowed(args->actor->user, &task, "remind", arena);
    if (!allowed.ok)
        return task_refuse(allowed.why, allowed.params, STR("remind"), &task, err);
    Reminding r = { .tx = tx, .arena = arena, .task = &task, .calendar = args->calendar, .who = args->actor->who, .account = args->actor->user->account,
                    .today = args->today, .planned = args->today, .level = args->level, .to = step->to, .letter = step->letter,
                    .text = str_trim(args->text).n ? args->text : STR_NONE };
    return remind(&r, err);
}

bool task_remind(const Ledger *ledger, const Actor *actor, Str uid, Str level, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Calendar calendar;
    if (!default_step(level)) {
        error_set(err, BH_BAD_INPUT, "one of green, yellow, red, letter, order, bulletin and talk is expected");
        return error_at(err, "/level");
    }
    if (!task_text_fits(text, "text", err) || !read_calendar(ledger->db, arena, &calendar, err))
        return false;
    HandArgs args = { actor, &calendar, uid, level, text, clock_today(ledger->clock) };
    return ledger_write(ledger, hand_in_tx, &args, err);
}
