/* The checks of registers: one row each. A check looks at the entries (one, or all that share the key) and at the task, and says what it found: a
 * code with words in i18n, ok or not. */
#include "ledger/register_check.h"

#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"

#include "base/banned.h"

/* What a check looks at. */
typedef struct {
    DbConn *conn;
    Arena *arena;
    const Register *reg;
    const Task *task;
    const RegisterRow *rows; /* without those that were withdrawn; at least one */
    size_t n_rows;
    Date today;
    int zone_minutes;
    JsonWriter *facts;
    bool held;
} Checking;

/* Notes what was found. params: name=value lines, or STR_NONE. */
static bool found(Checking *c, const char *code, bool ok, Str params)
{
    json_begin_object(c->facts);
    json_member_cstr(c->facts, "code", code);
    json_member_bool(c->facts, "ok", ok);
    json_key(c->facts, "params");
    json_params(c->facts, params);
    json_end_object(c->facts);
    c->held = c->held && ok;
    return true;
}

static Str day_param(Checking *c, const char *name, Date day)
{
    char text[DATE_TEXT_MAX];
    return arena_printf(c->arena, "%s=%s", name, date_format(day, text));
}

static Str value_of(const RegisterRow *row, Str field)
{
    const JsonValue *value = row->fields ? row->fields->first : NULL;
    for (; value; value = value->next)
        if (str_eq(value->name, field))
            return value->text;
    return STR_NONE;
}

static int64_t number_of(const RegisterRow *row, Str field)
{
    Decimal number;
    Str text = value_of(row, field);
    return text.p && decimal_parse(text, &number) && number.scale == 0 ? number.value : 0;
}

/* --- The checks ----------------------------------------------------------------------------------------------------------------- */

/* The entry is an owner's, or that of a unit below one: what others did proves nothing. */
static bool of_owner(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) rule, (void) err;
    for (size_t r = 0; r < c->n_rows; r++) {
        bool owned = false;
        for (size_t i = 0; i < c->task->n_owners; i++)
            owned = owned || org_within(c->rows[r].org_path, c->task->owners[i].path);
        if (!owned)
            return found(c, "not-of-owner", false, arena_printf(c->arena, "org=" STR_FMT, STR_ARG(c->rows[r].org_name)));
    }
    return found(c, "of-owner", true, arena_printf(c->arena, "org=" STR_FMT, STR_ARG(c->rows[0].org_name)));
}

/* Not older than the task: what was done before cannot be its answer. */
static bool since_issue(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) rule;
    TaskIssuedOnRow row;
    bool there;
    if (!db_one(c->conn, TaskIssuedOn, c->arena, &row, &there, err, .task = c->task->uid))
        return false;
    Date issued = date_of_instant(there ? row.issued : 0, c->zone_minutes);
    for (size_t r = 0; r < c->n_rows; r++)
        if (c->rows[r].day < issued)
            return found(c, "before-issue", false, arena_printf(c->arena, STR_FMT "\n" STR_FMT, STR_ARG(day_param(c, "day", c->rows[r].day)), STR_ARG(day_param(c, "issued", issued))));
    return found(c, "since-issue", true, day_param(c, "day", c->rows[0].day));
}

static bool not_future(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) rule, (void) err;
    for (size_t r = 0; r < c->n_rows; r++)
        if (c->rows[r].day > c->today)
            return found(c, "in-future", false, day_param(c, "day", c->rows[r].day));
    return true;
}

static bool has_file(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) rule, (void) err;
    for (size_t r = 0; r < c->n_rows; r++)
        if (!c->rows[r].blob.p)
            return found(c, "file-missing", false, STR_NONE);
    return found(c, "file-there", true, STR_NONE);
}

static bool at_least(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) err;
    int64_t sum = 0;
    for (size_t r = 0; r < c->n_rows; r++)
        sum += number_of(&c->rows[r], rule->field);
    bool enough = sum >= rule->number;
    return found(c, enough ? "enough" : "too-few", enough,
                 arena_printf(c->arena, "field=" STR_FMT "\nvalue=%" G_GINT64_FORMAT "\nwant=%" G_GINT64_FORMAT, STR_ARG(rule->field), sum, rule->number));
}

static bool share(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) err;
    int64_t part = 0, whole = 0;
    for (size_t r = 0; r < c->n_rows; r++) {
        part += number_of(&c->rows[r], rule->field);
        whole += number_of(&c->rows[r], rule->of);
    }
    bool enough = whole > 0 && part <= G_MAXINT64 / 100 && whole <= G_MAXINT64 / 100 && part * 100 >= whole * rule->number;
    return found(c, enough ? "share-reached" : "share-missed", enough,
                 arena_printf(c->arena, "part=%" G_GINT64_FORMAT "\nwhole=%" G_GINT64_FORMAT "\npercent=%" G_GINT64_FORMAT, part, whole, rule->number));
}

/* Every entry of the roster has left it by today. A roster without entries never comes here: it proves nothing. */
static bool emptied(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) err;
    int64_t still = 0;
    for (size_t r = 0; r < c->n_rows; r++) {
        Date left;
        still += !date_parse(value_of(&c->rows[r], rule->field), &left) || left > c->today;
    }
    return found(c, still == 0 ? "emptied" : "not-empty", still == 0,
                 arena_printf(c->arena, "entries=%zu\nstill=%" G_GINT64_FORMAT, c->n_rows, still));
}

/* One photograph is not taken out of the drawer for every task. */
static bool first_use(Checking *c, const RegisterRule *rule, GError **err)
{
    (void) rule;
    for (size_t r = 0; r < c->n_rows; r++) {
        BlobUsedElsewhereRow row;
        bool there;
        if (!c->rows[r].blob.p)
            continue;
        if (!db_one(c->conn, BlobUsedElsewhere, c->arena, &row, &there, err, .blob = c->rows[r].blob, .task = c->task->id, .row = c->rows[r].id))
            return false;
        if (there && row.uses > 0)
            return found(c, "used-before", false, STR_NONE);
    }
    return found(c, "first-use", true, STR_NONE);
}

/* --- The table -------------------------------------------------------------------------------------------------------------------- */

enum { TAKES_FIELD = 1, TAKES_OF = 2, TAKES_VALUE = 4, TAKES_PERCENT = 8, TAKES_DATE = 16 };

struct RegisterCheck {
    const char *name;
    unsigned takes;
    bool (*run)(Checking *c, const RegisterRule *rule, GError **err);
};

static const RegisterCheck checks[] = {
    { "of-owner", 0, of_owner },
    { "since-issue", 0, since_issue },
    { "not-future", 0, not_future },
    { "has-file", 0, has_file },
    { "at-least", TAKES_FIELD | TAKES_VALUE, at_least },
    { "share", TAKES_FIELD | TAKES_OF | TAKES_PERCENT, share },
    { "emptied", TAKES_DATE, emptied },
    { "first-use", 0, first_use },
};

const char *register_check_name(size_t index)
{
    return index < G_N_ELEMENTS(checks) ? checks[index].name : NULL;
}

static bool read_field_name(const JsonValue *value, const char *member, const Register *reg, RegisterFieldType type, Str *ret_name, GError **err)
{
    if (!json_get_str(value, member, ret_name, err))
        return false;
    const RegisterField *field = register_field(reg, *ret_name);
    return (field && field->type == type)
           || json_bad(json_get(value, member), err, "the name of %s field of this register is expected", type == FIELD_INT ? "an int" : "a date");
}

bool register_rule_read(const JsonValue *value, const Register *reg, RegisterRule *ret_rule, GError **err)
{
    Str name;
    RegisterRule rule = { 0 };
    if (!json_get_str(value, "check", &name, err))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++)
        if (str_eq(name, str_from(checks[i].name)))
            rule.check = &checks[i];
    if (!rule.check)
        return json_bad(json_get(value, "check"), err, "no check '" STR_FMT "'", STR_ARG(name));
    unsigned takes = rule.check->takes;
    if ((takes & TAKES_FIELD && !read_field_name(value, "field", reg, FIELD_INT, &rule.field, err))
        || (takes & TAKES_DATE && !read_field_name(value, "field", reg, FIELD_DATE, &rule.field, err))
        || (takes & TAKES_OF && !read_field_name(value, "of", reg, FIELD_INT, &rule.of, err))
        || (takes & TAKES_VALUE && !json_get_int(value, "value", 0, G_MAXINT32, &rule.number, err))
        || (takes & TAKES_PERCENT && !json_get_int(value, "percent", 1, 100, &rule.number, err)))
        return false;
    *ret_rule = rule;
    return true;
}

/* --- Checking ------------------------------------------------------------------------------------------------------------------------ */

static bool run_checks(Checking *c, GError **err)
{
    for (size_t i = 0; i < c->reg->n_rules; i++)
        if (!c->reg->rules[i].check->run(c, &c->reg->rules[i], err))
            return false;
    return true;
}

/* Those of an owner, and not withdrawn; all that stand where no owner has one, so that the check can say whose they are. */
static RegisterRows standing(const Task *task, const RegisterRows *all, Arena *arena)
{
    RegisterRow *rows = ARENA_ARRAY(arena, RegisterRow, MAX(all->n, 1));
    size_t own = 0, n = 0;
    for (size_t r = 0; r < all->n; r++)
        for (size_t i = 0; !all->v[r].withdrawn && i < task->n_owners; i++)
            if (org_within(all->v[r].org_path, task->owners[i].path)) {
                rows[own++] = all->v[r];
                break;
            }
    if (own > 0)
        return (RegisterRows) { rows, own };
    for (size_t r = 0; r < all->n; r++)
        if (!all->v[r].withdrawn)
            rows[n++] = all->v[r];
    return (RegisterRows) { rows, n };
}

bool register_check(DbConn *conn, Arena *arena, const Register *reg, const Task *task, const RegisterRow *row, Str key, const Clock *clock, RegisterVerdict *ret_verdict,
                    GError **err)
{
    RegisterRows rows = { (RegisterRow *) row, 1 };
    if (!row && !register_rows_of_key(conn, arena, reg->id, key, &rows, err))
        return false;
    if (rows.n == 0) {
        error_set(err, BH_NOT_FOUND, "nothing is entered in register '" STR_FMT "' under this key", STR_ARG(reg->code));
        return error_detail(err, "entry-missing");
    }
    RegisterRows stand = standing(task, &rows, arena);
    g_autoptr(GString) facts = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, facts, false);
    json_begin_array(&json);
    Checking c = { conn, arena, reg, task, stand.v, stand.n, clock_today(clock), clock_zone_minutes(clock), &json, true };
    bool ran = stand.n > 0 ? run_checks(&c, err) : found(&c, "entry-withdrawn", false, STR_NONE);
    json_end_array(&json);
    if (ran)
        *ret_verdict = (RegisterVerdict) { c.held, arena_str(arena, str_from_gstring(facts)) };
    return ran;
}

bool register_check_again(DbConn *tx, Arena *arena, const Task *task, const TaskEvidence *evidence, const Clock *clock, int64_t at_ms, TaskEvidence *ret_after, GError **err)
{
    Register reg;
    RegisterRow row;
    RegisterVerdict verdict;
    bool one = evidence->check.row_uid.p;
    if (!register_by_code(tx, arena, evidence->check.register_code, &reg, err) || (one && !register_row_load(tx, arena, evidence->check.row_uid, &row, err))
        || !register_check(tx, arena, &reg, task, one ? &row : NULL, evidence->check.key, clock, &verdict, err))
        return false;
    *ret_after = *evidence;
    ret_after->check.held = verdict.held;
    ret_after->check.facts = verdict.facts;
    ret_after->check.at = at_ms;
    return true;
}

bool register_check_keep(DbConn *tx, Arena *arena, const TaskEvidence *evidence, GError **err)
{
    const EvidenceCheck *check = &evidence->check;
    RegisterByCodeRow reg; /* its id alone is wanted: the definition was read to check by it */
    RegisterRow row = { .id = DB_NULL_INT };
    EvidenceIdByUidRow id;
    bool found;
    if (!db_one(tx, RegisterByCode, arena, &reg, &found, err, .code = check->register_code)
        || (check->row_uid.p && !register_row_load(tx, arena, check->row_uid, &row, err))
        || !db_one(tx, EvidenceIdByUid, arena, &id, &found, err, .uid = evidence->uid))
        return false;
    return db_exec(tx, EvidenceCheckPut, NULL, err, .evidence = id.id, .reg = reg.id, .row = row.id, .key = check->key, .held = check->held, .facts = check->facts,
                   .at = check->at);
}

/* --- What a task asks for ------------------------------------------------------------------------------------------------------------- */

bool task_asks_write(DbConn *tx, Arena *arena, Task *task, GError **err)
{
    if (task->figures > 0) /* where a number proves, no paper is asked */
        return true;
    g_autoptr(GString) text = g_string_new_len(task->text.p, (gssize) task->text.n);
    for (size_t i = 0; i < task->n_measures; i++)
        g_string_append_printf(text, "\n" STR_FMT, STR_ARG(task->measures[i].text));
    TaskAsk *asks = ARENA_ARRAY(arena, TaskAsk, LIMIT_ASKS);
    size_t n = 0;
    g_autoptr(DbRows) rows = db_query(tx, RegisterWordsIn, err, .text = str_from_gstring(text));
    for (RegisterWordsInRow row; rows && db_next(rows, &row, err);)
        if (n < LIMIT_ASKS)
            asks[n++] = (TaskAsk) { arena_str(arena, row.kind), arena_str(arena, row.word) };
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!db_exec(tx, TaskAskInsert, NULL, err, .task = task->id, .kind = asks[i].kind, .word = asks[i].word))
            return false;
    task->asks = asks;
    task->n_asks = n;
    return true;
}
