/* A task by hand: what a leader wrote on a paper, a call to 12345, an inspection or an audit found, a meeting decided. It goes into a plan that is there, or
 * into the one that its issuer keeps for that source and year. */
#include "base/i18n.h"
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"
#include "ledger/task_fields.h"

#include "base/banned.h"

static const char sources[] = "instruction hotline inspection audit meeting other";

typedef struct {
    const Actor *actor;
    const NewTask *new;
    const Clock *clock;
    char uid[UID_TEXT_MAX];
} AddArgs;

typedef struct {
    DbConn *tx;
    const AddArgs *args;
    Arena *arena;
    Task task;
} Adding;

static bool bad(const char *at, const char *detail, const char *message, GError **err)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    error_at(err, "%s", at);
    return error_detail(err, detail);
}

/* --- Which plan -------------------------------------------------------------------------------------------------------- */

static bool may_issue(const Adding *adding, MayObject object, GError **err)
{
    May answer = may(adding->args->actor->user, VERB_ISSUE, &object);
    if (answer.ok) {
        audit_on_behalf(adding->tx, answer.of ? answer.of->account_uid : STR_NONE);
        return true;
    }
    error_set(err, BH_FORBIDDEN, "this account may not issue there: %s", answer.why);
    if (answer.who.p)
        error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
    return error_detail(err, answer.why);
}

static bool named_plan(Adding *adding, GError **err)
{
    Plan plan;
    if (!plan_load(adding->tx, adding->arena, adding->args->new->plan, &plan, err))
        return false;
    Allowed allowed = plan_allowed(adding->args->actor->user, &plan, "add", adding->arena);
    if (!allowed.ok)
        return plan_refuse(&allowed, &plan, "add", err);
    audit_on_behalf(adding->tx, allowed.of ? allowed.of->account_uid : STR_NONE);
    adding->task.plan = plan.id;
    adding->task.plan_uid = plan.uid;
    adding->task.issuer_path = plan.issuer_path;
    adding->task.issuer_area = plan.issuer_area;
    return true;
}

/* For whom one issues who does not say it: the own legal body, or the own unit where the right reaches no further. */
static bool own_issuer(const Adding *adding, Org *ret_issuer, GError **err)
{
    const User *user = adding->args->actor->user;
    if (user->org == DB_NULL_INT)
        return may_issue(adding, (MayObject) { 0 }, err);
    if (!org_by_id(adding->tx, adding->arena, user->legal_body == DB_NULL_INT ? user->org : user->legal_body, ret_issuer, err))
        return false;
    MayObject object = { .place = ret_issuer->path, .area = ret_issuer->area };
    return may(user, VERB_ISSUE, &object).ok || org_by_id(adding->tx, adding->arena, user->org, ret_issuer, err);
}

static bool find_issuer(const Adding *adding, Org *ret_issuer, GError **err)
{
    bool found = true;
    Str uid = adding->args->new->issuer;
    if (!(uid.p ? org_by_uid(adding->tx, adding->arena, uid, ret_issuer, &found, err) : own_issuer(adding, ret_issuer, err)))
        return false;
    if (!found)
        return bad("/issuer", "org-unknown", "there is no such organisation", err);
    return may_issue(adding, (MayObject) { .place = ret_issuer->path, .area = ret_issuer->area }, err);
}

/* One plan for each issuer, source and year: one that is open. */
static bool standing_plan(Adding *adding, GError **err)
{
    const AddArgs *args = adding->args;
    int year, month, day;
    Org issuer;
    PlanStandingRow row;
    bool found;
    date_to_ymd(clock_today(args->clock), &year, &month, &day);
    if (!find_issuer(adding, &issuer, err)
        || !db_one(adding->tx, PlanStanding, adding->arena, &row, &found, err, .issuer = issuer.id, .kind = args->new->source, .year = year))
        return false;
    adding->task.issuer_path = issuer.path;
    adding->task.issuer_area = issuer.area;
    adding->task.plan = row.id;
    adding->task.plan_uid = row.uid;
    if (found)
        return true;
    g_autoptr(GString) title = g_string_new(NULL);
    i18n_format(title, LANG_ZH, arena_printf(adding->arena, "plan.standing." STR_FMT, STR_ARG(args->new->source)).p,
                arena_printf(adding->arena, "year=%d", year));
    adding->task.plan_uid = fresh_uid(adding->arena);
    PlanSeed seed = { .uid = adding->task.plan_uid, .title = str_from_gstring(title), .kind = args->new->source, .document = DB_NULL_INT, .issuer = issuer.id,
                      .year = year, .edition = 1, .replaces = DB_NULL_INT };
    return plan_insert(adding->tx, args->actor, &seed, "plan-make", adding->arena, &adding->task.plan, err);
}

/* --- The task ----------------------------------------------------------------------------------------------------------- */

static bool set_parent(Adding *adding, GError **err)
{
    Task parent;
    if (!adding->args->new->parent.p)
        return true;
    if (!task_load(adding->tx, adding->arena, adding->args->new->parent, &parent, err))
        return false;
    if (parent.plan != adding->task.plan || !flow_has_word("draft issued working returned reopened", parent.state))
        return bad("/parent", "parent-unfit", "a task above is one of the same plan that is not claimed yet", err);
    adding->task.parent = parent.id;
    adding->task.restricted = parent.restricted;
    return true;
}

/* Read as a draft, so that what may still be open is not refused field by field; then issued as a whole. */
static bool read_fields(Adding *adding, GError **err)
{
    Task *task = &adding->task;
    FieldWork work = { adding->tx, adding->arena, clock_today(adding->args->clock), task };
    task->state = STR("draft");
    if (!task_fields_set(&work, adding->args->new->fields, "plan source issuer parent issue", err))
        return false;
    if (!task->title.p)
        return bad("/title", "title-missing", "a task has a title", err);
    if (!task->text.p)
        task->text = task->title;
    if (!adding->args->new->issue)
        return true;
    Obstacle obstacle = task_obstacle(adding->args->actor->user, task, NEED_OWNER | NEED_DUE, NULL, adding->arena);
    if (obstacle.why)
        return bad(g_str_equal(obstacle.why, "due-missing") ? "/due" : "/lead", obstacle.why, "without a lead and a date it stays a draft", err);
    task->state = STR("issued");
    return true;
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    const AddArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    Adding adding = { tx, args, arena, task_blank() };
    PlanNextSeqRow next;
    bool found;
    adding.task.uid = str_from(args->uid);
    adding.task.source = args->new->source;
    adding.task.title = adding.task.text = STR_NONE;
    if (!(args->new->plan.p ? named_plan(&adding, err) : standing_plan(&adding, err)) || !set_parent(&adding, err) || !read_fields(&adding, err)
        || !db_one(tx, PlanNextSeq, arena, &next, &found, err, .plan = adding.task.plan))
        return false;
    adding.task.seq = next.seq;
    return db_exec(tx, PlanTaskAdded, NULL, err, .plan = adding.task.plan) && task_create(tx, args->actor, arena, &adding.task, err);
}

bool task_add(const Ledger *ledger, const Actor *actor, const NewTask *new, Arena *arena, Str *ret_uid, GError **err)
{
    if (!flow_has_word(sources, new->source)) {
        error_set(err, BH_BAD_INPUT, "a source is one of %s, not '" STR_FMT "'", sources, STR_ARG(new->source));
        return error_at(err, "/source");
    }
    AddArgs args = { .actor = actor, .new = new, .clock = ledger->clock };
    uid_new(args.uid);
    if (!ledger_write(ledger, add_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, str_from(args.uid));
    return true;
}
