/* Making and changing plans: each is one transaction with its event. */
#include "base/i18n.h"
#include "base/limits.h"
#include "ledger/plan_do.h"
#include "ledger/task_do.h"
#include "db/queries.h"

#include "base/banned.h"

enum { CODE_CHARS = 20, YEAR_MIN = 2000, YEAR_MAX = 2199, DAYS_MAX = 3650, MONTH_DAY_MAX = 28 };

static const char plan_kinds[] = "plan rectification decision appointment gazette news other instruction hotline inspection audit meeting";

static bool bad(GError **err, const char *at, const char *detail, const char *message)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    error_at(err, "%s", at);
    return detail ? error_detail(err, detail) : false;
}

/* --- Title and code ---------------------------------------------------------------------------------------------------------- */

bool plan_title_fits(Str title, const char *at, GError **err)
{
    if (str_trim(title).n == 0)
        return bad(err, at, NULL, "a plan has a title");
    return utf8_length(title) <= LIMIT_TEXT_CHARS || bad(err, at, NULL, "the title is too long");
}

bool plan_code_fits(Str code, const char *at, GError **err)
{
    bool fits = code.n > 0 && utf8_length(code) <= CODE_CHARS;
    for (size_t i = 0; fits && i < code.n;) {
        uint32_t c = utf8_next(code, &i);
        fits = c > ' ' && c != '-' && c != '/' && c != 0x7F && c != 0xA0 && c != 0x3000;
    }
    return fits || bad(err, at, "code-bad", "a code has 1 to 20 characters, without blanks, '-' and '/'");
}

static bool code_taken(DbConn *conn, int64_t issuer, Str code, int64_t year, bool *ret_taken, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    PlanByCodeRow row;
    return db_one(conn, PlanByCode, arena, &row, ret_taken, err, .issuer = issuer, .code = code, .year = year);
}

bool plan_code_free(DbConn *conn, int64_t issuer, Str code, int64_t year, GError **err)
{
    bool taken;
    if (!code_taken(conn, issuer, code, year, &taken, err))
        return false;
    if (!taken)
        return true;
    error_set(err, BH_CONFLICT, "the issuer has a plan '" STR_FMT "' of %" G_GINT64_FORMAT " already", STR_ARG(code), year);
    error_at(err, "/code");
    return error_detail(err, "code-taken");
}

/* That of the kind; from the second of its year on with a number behind it. The store's papers are in Chinese, whoever looks at them. */
static bool default_code(DbConn *conn, const PlanSeed *seed, Arena *arena, Str *ret_code, GError **err)
{
    Str word = i18n(LANG_ZH, arena_printf(arena, "plan.code." STR_FMT, STR_ARG(seed->kind)).p);
    PlansOfKindRow row;
    bool taken;
    if (!word.p)
        word = i18n(LANG_ZH, "plan.code.other");
    if (!db_one(conn, PlansOfKind, arena, &row, &taken, err, .issuer = seed->issuer, .kind = seed->kind, .year = seed->year))
        return false;
    int64_t n = row.plans;
    do {
        *ret_code = ++n == 1 ? word : arena_printf(arena, STR_FMT "%" G_GINT64_FORMAT, STR_ARG(word), n);
        if (!code_taken(conn, seed->issuer, *ret_code, seed->year, &taken, err))
            return false;
    } while (taken);
    return true;
}

/* --- Writing ---------------------------------------------------------------------------------------------------------------------- */

static void plan_event(DbConn *tx, const Actor *actor, const Plan *before, const Plan *after, const char *verb, Str reason, Arena *arena)
{
    g_autoptr(GString) data = g_string_new(NULL);
    StateMap old = { 0 }, new;
    JsonWriter json;
    if (before)
        plan_state_map(before, arena, &old);
    plan_state_map(after, arena, &new);
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    if (str_trim(reason).n)
        json_member_str(&json, "reason", audit_digest(arena, reason));
    state_write_set(&old, &new, &json);
    json_end_object(&json);
    audit_append(tx, &actor->who, verb, (AuditObject) { "plan", after->uid }, str_from_gstring(data));
}

bool plan_insert(DbConn *tx, const Actor *actor, const PlanSeed *seed, const char *verb, Arena *arena, int64_t *ret_id, GError **err)
{
    PlanSettings settings = plan_settings_default();
    PlanInsertRow made;
    Plan plan;
    bool found;
    Str code = seed->code;
    if (!(code.p ? plan_code_free(tx, seed->issuer, code, seed->year, err) : default_code(tx, seed, arena, &code, err)))
        return false;
    if (!db_one(tx, PlanInsert, arena, &made, &found, err, .uid = seed->uid, .document = seed->document, .title = seed->title, .doc_no = seed->doc_no,
                .kind = seed->kind, .code = code, .year = seed->year, .basis = seed->basis, .issuer = seed->issuer, .issued = actor->who.at_ms,
                .issued_by = actor->user->account, .edition = seed->edition, .replaces = seed->replaces, .tasks = seed->tasks,
                .holding_days = settings.holding_days, .publicity_days = settings.publicity_days, .publicity_working = settings.publicity_working,
                .weekly_day = settings.weekly_day, .weekly_hour = settings.weekly_hour, .monthly_day = settings.monthly_day,
                .monthly_hour = settings.monthly_hour, .progress = settings.progress, .assess = settings.assess)
        || !plan_load(tx, arena, seed->uid, &plan, err))
        return false;
    plan_event(tx, actor, NULL, &plan, verb, STR_NONE, arena);
    *ret_id = made.id;
    return true;
}

bool plan_open(DbConn *tx, const Actor *actor, Str uid, int64_t version, const char *verb, Arena *arena, Plan *ret_plan, GError **err)
{
    if (!plan_load(tx, arena, uid, ret_plan, err))
        return false;
    Allowed allowed = plan_allowed(actor->user, ret_plan, verb, arena);
    if (!allowed.ok)
        return plan_refuse(&allowed, ret_plan, verb, err);
    if (version == ret_plan->version)
        return true;
    error_set(err, BH_CONFLICT, "the plan was changed in between: it has version %" G_GINT64_FORMAT, ret_plan->version);
    return error_detail(err, "version-stale");
}

bool plan_change(DbConn *tx, const Actor *actor, const Plan *before, const Plan *after, const char *verb, Str reason, Arena *arena, GError **err)
{
    const PlanSettings *settings = &after->settings;
    Plan next = *after;
    int64_t changes;
    next.version = before->version + 1;
    if (!db_exec(tx, PlanUpdate, &changes, err, .id = before->id, .version = before->version, .title = after->title, .code = after->code,
                 .state = after->state, .holding_days = settings->holding_days, .publicity_days = settings->publicity_days,
                 .publicity_working = settings->publicity_working, .weekly_day = settings->weekly_day, .weekly_hour = settings->weekly_hour,
                 .monthly_day = settings->monthly_day, .monthly_hour = settings->monthly_hour, .progress = settings->progress,
                 .assess = settings->assess))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the plan was changed in between");
        return error_detail(err, "version-stale");
    }
    plan_event(tx, actor, before, &next, verb, reason, arena);
    return true;
}

bool plan_open_again(DbConn *tx, const Actor *actor, Str uid, Str reason, Arena *arena, GError **err)
{
    Plan before;
    if (!plan_load(tx, arena, uid, &before, err))
        return false;
    if (str_eq(before.state, STR("open")))
        return true;
    Plan after = before;
    after.state = STR("open");
    return plan_change(tx, actor, &before, &after, "plan-open", reason, arena, err);
}

/* --- By hand ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Actor *actor;
    const NewPlan *wish;
    int64_t this_year;
    char uid[UID_TEXT_MAX];
} MakeArgs;

static bool make_in_tx(DbConn *tx, void *data, GError **err)
{
    const MakeArgs *args = data;
    const NewPlan *wish = args->wish;
    g_autoptr(Arena) arena = arena_new();
    Org issuer;
    bool found;
    int64_t id;
    if (!org_by_uid(tx, arena, wish->issuer, &issuer, &found, err))
        return false;
    if (!found)
        return bad(err, "/issuer", NULL, "no such organisation");
    Plan draft = { .uid = str_from(args->uid), .state = STR("open"), .issuer_path = issuer.path, .issuer_area = issuer.area };
    Allowed allowed = plan_allowed(args->actor->user, &draft, "add", arena);
    if (!allowed.ok)
        return plan_refuse(&allowed, &draft, "make", err);
    PlanSeed seed = {
        .uid = draft.uid, .title = str_trim(wish->title), .kind = wish->kind, .code = wish->code, .basis = wish->basis, .document = DB_NULL_INT,
        .issuer = issuer.id, .year = wish->year ? wish->year : args->this_year, .edition = 1, .replaces = DB_NULL_INT,
    };
    return plan_insert(tx, args->actor, &seed, "plan-make", arena, &id, err);
}

bool plan_make(const Ledger *ledger, const Actor *actor, const NewPlan *wish, Arena *arena, Str *ret_uid, GError **err)
{
    MakeArgs args = { .actor = actor, .wish = wish };
    int month, day, year;
    date_to_ymd(clock_today(ledger->clock), &year, &month, &day);
    args.this_year = year;
    if (!plan_title_fits(wish->title, "/title", err) || (wish->code.p && !plan_code_fits(wish->code, "/code", err))
        || !task_text_fits(wish->basis, "basis", err))
        return false;
    if (!flow_has_word(plan_kinds, wish->kind))
        return bad(err, "/kind", NULL, "no such kind of plan");
    if (wish->year && (wish->year < YEAR_MIN || wish->year > YEAR_MAX))
        return bad(err, "/year", NULL, "the year is one of 2000 to 2199");
    uid_new(args.uid);
    if (!ledger_write(ledger, make_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, str_from(args.uid));
    return true;
}

/* --- Settings ---------------------------------------------------------------------------------------------------------------------- */

static bool settings_fit(const PlanSettings *settings, GError **err)
{
    const struct {
        const char *at;
        int64_t value, max;
    } figures[] = {
        { "/settings/holding_days", settings->holding_days, DAYS_MAX },     { "/settings/publicity_days", settings->publicity_days, DAYS_MAX },
        { "/settings/weekly/day", settings->weekly_day, 7 },                { "/settings/weekly/hour", settings->weekly_hour, 23 },
        { "/settings/monthly/day", settings->monthly_day, MONTH_DAY_MAX },  { "/settings/monthly/hour", settings->monthly_hour, 23 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
        if (figures[i].value < 0 || figures[i].value > figures[i].max)
            return bad(err, figures[i].at, NULL, "out of range");
    return flow_has_word("none week month", settings->progress) || bad(err, "/settings/progress", NULL, "progress is reported: none, week or month");
}

typedef struct {
    const Actor *actor;
    Str uid;
    int64_t version;
    const PlanEdit *edit;
} EditArgs;

/* "close" and "open" are verbs of their own; anything else is an edit. */
static const char *verb_of(const PlanEdit *edit)
{
    if (!edit->state.p)
        return "edit";
    return str_eq(edit->state, STR("closed")) ? "close" : "open";
}

static bool new_code(DbConn *tx, const Plan *before, Str code, Plan *after, GError **err)
{
    if (!code.p || str_eq(code, before->code))
        return true;
    if (before->tasks > 0) {
        error_set(err, BH_CONFLICT, "the plan's tasks bear its code in their numbers");
        error_at(err, "/code");
        return error_detail(err, "code-in-use");
    }
    after->code = code;
    return plan_code_free(tx, before->issuer, code, before->year, err);
}

static bool edit_in_tx(DbConn *tx, void *data, GError **err)
{
    const EditArgs *args = data;
    const PlanEdit *edit = args->edit;
    g_autoptr(Arena) arena = arena_new();
    const char *verb = verb_of(edit);
    Plan before;
    if (!plan_open(tx, args->actor, args->uid, args->version, verb, arena, &before, err))
        return false;
    Plan after = before;
    if (!new_code(tx, &before, edit->code, &after, err))
        return false;
    if (edit->title.p)
        after.title = str_trim(edit->title);
    if (edit->state.p)
        after.state = edit->state;
    if (edit->settings)
        after.settings = *edit->settings;
    static const char *const events[][2] = { { "edit", "plan-edit" }, { "close", "plan-close" }, { "open", "plan-open" } };
    const char *event = events[0][1];
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        event = g_str_equal(verb, events[i][0]) ? events[i][1] : event;
    return plan_change(tx, args->actor, &before, &after, event, edit->reason, arena, err);
}

bool plan_edit(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanEdit *edit, GError **err)
{
    if ((edit->title.p && !plan_title_fits(edit->title, "/title", err)) || (edit->code.p && !plan_code_fits(edit->code, "/code", err))
        || (edit->settings && !settings_fit(edit->settings, err)) || !task_text_fits(edit->reason, "reason", err))
        return false;
    if (edit->state.p && !flow_has_word("open closed", edit->state))
        return bad(err, "/state", NULL, "a plan is open or closed");
    if (edit->state.p && str_eq(edit->state, STR("open")) && str_trim(edit->reason).n == 0)
        return bad(err, "/reason", "reason-missing", "a reason is needed");
    EditArgs args = { actor, uid, version, edit };
    return ledger_write(ledger, edit_in_tx, &args, err);
}
