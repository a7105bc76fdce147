/* Changes of many tasks at once, and hand-over. Each is cut into steps that end after a while, so that nobody waits behind five hundred tasks; each task is changed by
 * the rules and with the event of a single change. The first step takes the Idempotency-Key along. */
#include "base/limits.h"
#include "db/queries.h"
#include "flow/message.h"
#include "ledger/steps.h"
#include "ledger/task_do.h"

#include "base/banned.h"

static bool bad(GError **err, const char *at, const char *detail, const char *message)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    if (at)
        error_at(err, "%s", at);
    return detail ? error_detail(err, detail) : false;
}

/* --- Amending many ------------------------------------------------------------------------------------------------------ */

static const char bulk_fields[] = "due lead support handler leader stage category reminders";

typedef struct {
    const Actor *actor;
    BulkRow *rows;
    const JsonValue *set;
    Str reason;
    Date today;
    Arena *arena; /* of the answers */
} BulkArgs;

static bool check_readable(DbConn *tx, const Actor *actor, Arena *arena, Str uid, GError **err)
{
    Task task;
    if (!task_load(tx, arena, uid, &task, err))
        return false;
    MayObject facts = task_facts(&task, arena);
    return may(actor->user, VERB_READ_TASK, &facts).ok || error_set(err, BH_NOT_FOUND, "no task '" STR_FMT "'", STR_ARG(uid));
}

/* A refusal is that row's answer; what broke the transaction, or us, is the failure of all. */
static bool take_refusal(const BulkArgs *args, BulkRow *row, GError *refusal, GError **err)
{
    const ErrorClass *class = error_class_of(refusal);
    if (class->code == BH_INTERNAL || class->code == BH_UNAVAILABLE || class->code == BH_FULL) {
        g_propagate_error(err, refusal);
        return false;
    }
    const char *detail = error_get_detail(refusal);
    row->code = arena_str(args->arena, str_from(detail ? detail : class->name));
    row->message = arena_str(args->arena, str_from(refusal->message));
    row->params = arena_str(args->arena, str_from(error_get_params(refusal)));
    g_error_free(refusal);
    return true;
}

static bool amend_one(DbConn *tx, void *data, size_t i, GError **err)
{
    const BulkArgs *args = data;
    BulkRow *row = &args->rows[i];
    g_autoptr(Arena) arena = arena_new();
    GError *refusal = NULL;
    bool changed;
    TaskAmend amend = { .uid = row->uid, .reason = args->reason, .version = row->version, .set = args->set };
    row->done = check_readable(tx, args->actor, arena, row->uid, &refusal)
                && task_amend_in_tx(tx, args->actor, arena, args->today, &amend, &changed, &refusal);
    if (!row->done)
        return take_refusal(args, row, refusal, err);
    row->now = row->version + changed;
    return true;
}

static bool check_rows(const BulkRow *rows, size_t n, const JsonValue *set, GError **err)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(str_hash, str_equal);
    if (n == 0 || n > LIMIT_BULK_TASKS) {
        error_set(err, n ? BH_TOO_LARGE : BH_BAD_INPUT, "1 to %d tasks are changed at once", LIMIT_BULK_TASKS);
        return error_at(err, "/tasks");
    }
    for (size_t i = 0; i < n; i++)
        if (!g_hash_table_add(seen, (gpointer) &rows[i].uid)) {
            error_set(err, BH_BAD_INPUT, "a task is named twice");
            return error_at(err, "/tasks/%zu", i);
        }
    for (const JsonValue *member = set->first; member; member = member->next)
        if (!flow_has_word(bulk_fields, member->name))
            return json_bad(member, err, "at once only these can be changed: %s", bulk_fields);
    return set->first || json_bad(set, err, "what is to be changed is not said");
}

bool task_bulk(const Ledger *ledger, const Actor *actor, BulkRow *rows, size_t n, const JsonValue *set, Str reason, Arena *arena, GError **err)
{
    BulkArgs args = { actor, rows, set, reason, clock_today(ledger->clock), arena };
    Steps steps = { .one = amend_one, .data = &args, .n = n };
    return task_text_fits(reason, "reason", err) && check_rows(rows, n, set, err) && ledger_steps(ledger, &steps, err);
}

/* --- Hand-over ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id, legal_body;
    PersonRef ref;
    Str org_path, org_area;
    bool active;
} Colleague;

typedef struct {
    const Actor *actor;
    const Handover *handover;
    Colleague from, to;
    const Str *tasks;
    int64_t passed;
} HandArgs;

static bool find_colleague(DbConn *conn, Arena *arena, Str uid, const char *at, Colleague *ret_colleague, GError **err)
{
    AccountPlaceRow row;
    bool found;
    if (!db_one(conn, AccountPlace, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return bad(err, at, "account-unfit", "there is no such account");
    *ret_colleague = (Colleague) { .id = row.id, .ref = { row.uid, row.name, row.org_uid, row.org_name }, .org_path = row.org_path, .org_area = row.org_area,
                                   .active = str_eq(row.state, STR("active")) };
    return org_legal_body(conn, row.org_path, &ret_colleague->legal_body, err);
}

/* Whose right it is, and that the new one can stand where the old one stood. */
static bool check_hand_over(const HandArgs *args, GError **err)
{
    const Colleague *from = &args->from, *to = &args->to;
    MayObject object = { .owner_paths = &from->org_path, .owner_areas = &from->org_area, .n_owners = 1 };
    May answer = may(args->actor->user, VERB_HAND_OVER, &object);
    if (!answer.ok) {
        error_set(err, BH_FORBIDDEN, "handing over is refused: %s", answer.why);
        if (answer.who.p)
            error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
        return error_detail(err, answer.why);
    }
    bool fits = to->active && to->id != from->id && to->legal_body == from->legal_body;
    return fits || bad(err, "/to", "account-unfit", "the new one has an account in use, in the same legal body");
}

static bool open_tasks(DbConn *conn, Arena *arena, int64_t account, const Str **ret_tasks, size_t *ret_n, GError **err)
{
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TasksOfColleague, err, .account = account);
    for (TasksOfColleagueRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    *ret_tasks = uids.v;
    *ret_n = uids.n;
    return db_rows_ok(rows);
}

/* A handler stands in a lead of the task. */
static bool can_handle(const Task *task, const Colleague *to)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, STR("lead")) && org_within(to->org_path, task->owners[i].path))
            return true;
    return false;
}

static bool refuse_task(const Task *task, const char *message, GError **err)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    error_at(err, "/tasks");
    error_params(err, "number=" STR_FMT, STR_ARG(task->number));
    return error_detail(err, "account-unfit");
}

static bool check_task(const HandArgs *args, const Task *task, GError **err)
{
    bool handles = task->handler_account == args->from.id, leads = task->leader_account == args->from.id;
    if (!handles && !leads)
        return refuse_task(task, "this task is not in the hands of the one who leaves", err);
    return !handles || can_handle(task, &args->to) || refuse_task(task, "the new one does not stand in a lead of this task", err);
}

static bool pass_one(DbConn *tx, void *data, size_t i, GError **err)
{
    HandArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, args->tasks[i], DB_NULL_INT, "hand-over", err) || !check_task(args, &change.before, err))
        return false;
    Task *task = &change.after;
    if (task->handler_account == args->from.id) {
        task->handler_account = args->to.id;
        task->handler = args->to.ref;
    }
    if (task->leader_account == args->from.id) {
        task->leader_account = args->to.id;
        task->leader = args->to.ref;
    }
    change.reason = audit_digest(arena, args->handover->reason);
    return change_end(&change, err);
}

static bool tell(DbConn *tx, void *data, GError **err)
{
    const HandArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Message message = {
        .kind = "handover",
        .params = arena_printf(arena, "{\"count\":\"%" G_GINT64_FORMAT "\"}", args->passed),
        .by = args->actor->user->account,
        .at_ms = args->actor->who.at_ms,
    };
    return message_send(tx, args->to.id, &message, err);
}

/* All of them before the first is passed on: what is refused leaves nothing half done. */
static bool check_tasks(const HandArgs *args, DbConn *conn, size_t n, GError **err)
{
    for (size_t i = 0; i < n; i++) {
        g_autoptr(Arena) arena = arena_new();
        Task task;
        if (!task_load(conn, arena, args->tasks[i], &task, err) || !check_task(args, &task, err))
            return false;
    }
    return true;
}

static bool prepare(const Ledger *ledger, HandArgs *args, Arena *arena, size_t *ret_n, GError **err)
{
    const Handover *handover = args->handover;
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    if (!conn || !find_colleague(conn, arena, handover->from, "/from", &args->from, err) || !find_colleague(conn, arena, handover->to, "/to", &args->to, err)
        || !check_hand_over(args, err))
        return false;
    args->tasks = handover->tasks;
    *ret_n = handover->n_tasks;
    return (handover->tasks || open_tasks(conn, arena, args->from.id, &args->tasks, ret_n, err)) && check_tasks(args, conn, *ret_n, err);
}

bool ledger_hand_over(const Ledger *ledger, const Actor *actor, const Handover *handover, int64_t *ret_tasks, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    HandArgs args = { .actor = actor, .handover = handover };
    size_t n;
    if (!task_text_fits(handover->reason, "reason", err))
        return false;
    if (str_trim(handover->reason).n == 0)
        return bad(err, "/reason", "reason-missing", "a reason is needed");
    if (!prepare(ledger, &args, arena, &n, err))
        return false;
    Steps steps = { .one = pass_one, .data = &args, .n = n };
    if (!ledger_steps(ledger, &steps, err))
        return false;
    args.passed = (int64_t) n;
    *ret_tasks = args.passed;
    return n == 0 || db_write(ledger->db, DB_INTERACTIVE, tell, &args, err);
}
