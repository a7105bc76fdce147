/* Entries of registers. */
#include "ledger/register_check.h"

#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/task_do.h"

#include "base/banned.h"

Str register_key(Str text, Arena *arena)
{
    return text_name_key(text, arena);
}

/* --- Reading --------------------------------------------------------------------------------------------------------------------- */

static bool row_of(const RegisterRowFindRow *row, Arena *arena, RegisterRow *ret_row, GError **err)
{
    const JsonValue *fields = json_parse(arena_str(arena, row->fields), arena, err);
    if (!fields)
        return false;
    *ret_row = (RegisterRow) {
        .id = row->id,
        .version = row->version,
        .register_id = row->reg,
        .org = row->org,
        .size = row->size,
        .account = row->account,
        .at = row->at,
        .uid = arena_str(arena, row->uid),
        .key = arena_str(arena, row->key),
        .org_uid = arena_str(arena, row->org_uid),
        .org_name = arena_str(arena, row->org_name),
        .org_path = arena_str(arena, row->org_path),
        .org_area = arena_str(arena, row->org_area),
        .day = row->day,
        .fields = fields,
        .file_name = arena_str(arena, row->file_name),
        .media = arena_str(arena, row->media),
        .blob = arena_str(arena, row->blob),
        .withdrawn = row->withdrawn,
    };
    return true;
}

static bool find_rows(DbConn *conn, Arena *arena, Str uid, int64_t reg, Str key, RegisterRows *ret_rows, GError **err)
{
    ARENA_LIST(RegisterRow) list = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, RegisterRowFind, err, .uid = uid, .reg = reg, .key = key);
    for (RegisterRowFindRow row; rows && db_next(rows, &row, err);)
        if (!row_of(&row, arena, ARENA_PUSH(arena, &list), err))
            return false;
    *ret_rows = (RegisterRows) { list.v, list.n };
    return db_rows_ok(rows);
}

bool register_row_load(DbConn *conn, Arena *arena, Str uid, RegisterRow *ret_row, GError **err)
{
    RegisterRows rows;
    if (!find_rows(conn, arena, uid, DB_NULL_INT, STR_NONE, &rows, err))
        return false;
    if (rows.n == 0)
        return error_set(err, BH_NOT_FOUND, "no entry '" STR_FMT "' in a register", STR_ARG(uid));
    *ret_row = rows.v[0];
    return true;
}

bool register_rows_of_key(DbConn *conn, Arena *arena, int64_t reg, Str key, RegisterRows *ret_rows, GError **err)
{
    return find_rows(conn, arena, STR_NONE, reg, key, ret_rows, err);
}

MayObject register_row_facts(const RegisterRow *row, Arena *arena)
{
    Str *places = ARENA_ARRAY(arena, Str, 2);
    places[0] = row->org_path;
    places[1] = row->org_area;
    return (MayObject) { .owner_paths = &places[0], .owner_areas = &places[1], .n_owners = 1, .place = row->org_path, .area = row->org_area };
}

/* --- What is entered --------------------------------------------------------------------------------------------------------------- */

static bool field_error(const RegisterField *field, const char *code, GError **err, const char *what)
{
    error_set(err, BH_BAD_INPUT, "%s is expected in field '" STR_FMT "'", what, STR_ARG(field->name));
    error_at(err, "/fields/" STR_FMT, STR_ARG(field->name));
    error_params(err, "field=" STR_FMT, STR_ARG(field->label));
    return error_detail(err, code);
}

/* The text of a value as it is kept; STR_NONE: nothing is there. */
static bool field_text(const RegisterField *field, const JsonValue *value, Str *ret_text, GError **err)
{
    *ret_text = STR_NONE;
    if (!value || value->type == JSON_NULL)
        return true;
    Str text = value->type == JSON_STRING || value->type == JSON_NUMBER ? str_trim(value->text) : STR_NONE;
    if (!text.p)
        return field_error(field, "field-bad", err, "a text");
    if (text.n == 0)
        return true;
    Decimal number;
    Date day;
    if (field->type == FIELD_INT && (!decimal_parse(text, &number) || number.scale > 0 || number.value < 0))
        return field_error(field, "field-bad", err, "a whole number");
    if (field->type == FIELD_DATE && !date_parse(text, &day))
        return field_error(field, "field-bad", err, "a date like 2026-12-31");
    if (utf8_length(text) > LIMIT_REGISTER_TEXT_CHARS)
        return field_error(field, "field-bad", err, "a shorter text");
    *ret_text = text;
    return true;
}

static const JsonValue *member_of(const JsonValue *object, Str name)
{
    for (const JsonValue *v = object ? object->first : NULL; v; v = v->next)
        if (str_eq(v->name, name))
            return v;
    return NULL;
}

static bool known_fields(const Register *reg, const JsonValue *fields, GError **err)
{
    for (const JsonValue *v = fields ? fields->first : NULL; v; v = v->next)
        if (!register_field(reg, v->name)) {
            error_set(err, BH_BAD_INPUT, "register '" STR_FMT "' has no field '" STR_FMT "'", STR_ARG(reg->code), STR_ARG(v->name));
            error_at(err, "/fields/" STR_FMT, STR_ARG(v->name));
            return error_detail(err, "field-unknown");
        }
    return true;
}

/* What an entry comes to: its fields as JSON, its key and its day. */
typedef struct {
    Str key, fields;
    Date day;
} Entry;

/* `before`: the fields that stay where `fields` does not name them; may be NULL. */
static bool entry_of(const Register *reg, const JsonValue *fields, const JsonValue *before, Date today, Arena *arena, Entry *ret_entry, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    Entry entry = { .day = DATE_NONE };
    if (!known_fields(reg, fields, err))
        return false;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    for (size_t i = 0; i < reg->n_fields; i++) {
        const RegisterField *field = &reg->fields[i];
        const JsonValue *given = member_of(fields, field->name);
        Str text;
        if (!field_text(field, given ? given : member_of(before, field->name), &text, err))
            return false;
        if (!text.p && field->required)
            return field_error(field, "field-missing", err, "a value");
        if (text.p) {
            json_key_str(&json, field->name);
            json_str(&json, text);
        }
        if (i == reg->key)
            entry.key = register_key(text, arena);
        if (field->type == FIELD_DATE && text.p && entry.day == DATE_NONE)
            date_parse(text, &entry.day);
    }
    json_end_object(&json);
    if (entry.day == DATE_NONE)
        entry.day = today;
    entry.fields = arena_str(arena, str_from_gstring(out));
    *ret_entry = entry;
    return entry.key.n > 0 || field_error(&reg->fields[reg->key], "field-missing", err, "a letter or digit");
}

/* --- Writing ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Actor *actor;
    const NewRegisterRow *row; /* a new one; else `uid` and what follows */
    Str code, uid;
    int64_t version;
    const JsonValue *fields;
    bool withdraw;
    const Clock *clock;
} RowArgs;

static bool may_enter(const Actor *actor, const RegisterRow *row, Arena *arena, GError **err)
{
    MayObject facts = register_row_facts(row, arena);
    May answer = may(actor->user, VERB_WORK, &facts);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "an entry is made by the unit that it speaks of");
    Str role = task_role_named(&answer, arena);
    if (role.n > 0)
        error_params(err, STR_FMT, STR_ARG(role));
    return error_detail(err, answer.why);
}

bool register_row_value(DbConn *conn, Str uid, Arena *arena, Str *ret_value, GError **err)
{
    RegisterRowWholeRow row;
    bool found;
    char day[DATE_TEXT_MAX];
    if (!db_one(conn, RegisterRowWhole, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no entry '" STR_FMT "'", STR_ARG(uid));
    const Str said[] = {
        row.code, row.org_uid, row.key, str_from(date_format(row.day, day)), row.fields, row.file_name, row.media, row.blob, row.account_uid,
        arena_printf(arena, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, row.size, row.at, row.version),
    };
    *ret_value = arena_printf(arena, "%s " STR_FMT, row.withdrawn ? "withdrawn" : "entered", STR_ARG(state_digest(arena, said, G_N_ELEMENTS(said))));
    return true;
}

/* Of a row as it was just written. Data hold digests: an entry may name people. */
static bool row_event(DbConn *tx, const Actor *actor, const char *verb, Str code, Str uid, Str fields, Str blob, Arena *arena, GError **err)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    Str value;
    if (!register_row_value(tx, uid, arena, &value, err))
        return false;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "fields", audit_digest(arena, fields));
    json_member_str(&json, "file", blob);
    json_member_str(&json, "register", code);
    json_key(&json, "set");
    json_begin_object(&json);
    json_member_str(&json, "entry", value);
    json_end_object(&json);
    json_end_object(&json);
    audit_append(tx, &actor->who, verb, (AuditObject) { "register-row", uid }, str_from_gstring(data));
    return true;
}

static bool add_in_tx(DbConn *tx, void *data, GError **err)
{
    const RowArgs *args = data;
    const NewRegisterRow *row = args->row;
    g_autoptr(Arena) arena = arena_new();
    Register reg;
    Org org;
    Entry entry;
    bool found;
    if (!register_by_code(tx, arena, args->code, &reg, err) || !org_by_uid(tx, arena, row->org_uid, &org, &found, err))
        return false;
    if (!found) {
        error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(row->org_uid));
        return error_at(err, "/org");
    }
    RegisterRow facts = { .org_path = org.path, .org_area = org.area };
    if (!may_enter(args->actor, &facts, arena, err) || !entry_of(&reg, row->fields, NULL, clock_today(args->clock), arena, &entry, err))
        return false;
    return db_exec(tx, RegisterRowInsert, NULL, err, .uid = args->uid, .reg = reg.id, .org = org.id, .key = entry.key, .day = entry.day, .fields = entry.fields,
                   .file_name = row->file_name, .media = row->media, .size = row->blob.p ? row->size : DB_NULL_INT, .blob = row->blob,
                   .account = args->actor->user->account, .at = args->actor->who.at_ms)
           && row_event(tx, args->actor, "register-enter", args->code, args->uid, entry.fields, row->blob, arena, err);
}

bool register_row_add(const Ledger *ledger, const Actor *actor, Str code, const NewRegisterRow *row, Arena *arena, Str *ret_uid, GError **err)
{
    char uid[UID_TEXT_MAX];
    RowArgs args = { .actor = actor, .row = row, .code = code, .uid = str_from(uid_new(uid)), .clock = ledger->clock };
    if (!ledger_write(ledger, add_in_tx, &args, err))
        return false;
    *ret_uid = arena_str(arena, args.uid);
    return true;
}

/* The evidence of one open task that rests on the entry. */
static bool check_task_again(DbConn *tx, const RowArgs *args, Str task, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Change change;
    if (!change_begin(&change, tx, args->actor, arena, task, DB_NULL_INT, "evidence-check", err) || !task_checks_again(&change, args->clock, err))
        return false;
    return change.keys.n == 0 || change_end(&change, err);
}

static bool check_tasks_again(DbConn *tx, const RowArgs *args, const RegisterRow *row, Str key, Arena *arena, GError **err)
{
    ARENA_LIST(Str) tasks = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, TasksOnRegisterRow, err, .row = row->id, .reg = row->register_id, .key = key);
    for (TasksOnRegisterRowRow r; rows && db_next(rows, &r, err);)
        *ARENA_PUSH(arena, &tasks) = arena_str(arena, r.task_uid);
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < tasks.n; i++)
        if (!check_task_again(tx, args, tasks.v[i], err))
            return false;
    return true;
}

static bool set_in_tx(DbConn *tx, void *data, GError **err)
{
    const RowArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    RegisterRow row;
    Register reg;
    Entry entry;
    int64_t changes;
    if (!register_row_load(tx, arena, args->uid, &row, err) || !register_by_id(tx, arena, row.register_id, &reg, err)
        || !may_enter(args->actor, &row, arena, err) || !entry_of(&reg, args->fields, row.fields, row.day, arena, &entry, err)
        || !db_exec(tx, RegisterRowSet, &changes, err, .id = row.id, .version = args->version, .key = entry.key, .day = entry.day, .fields = entry.fields,
                    .withdrawn = row.withdrawn || args->withdraw))
        return false;
    if (changes == 0) {
        error_set(err, BH_CONFLICT, "the entry was changed in between: it has version %" G_GINT64_FORMAT, row.version);
        return error_detail(err, "version-stale");
    }
    return row_event(tx, args->actor, args->withdraw ? "register-withdraw" : "register-change", reg.code, row.uid, entry.fields, row.blob, arena, err)
           && check_tasks_again(tx, args, &row, row.key, arena, err)
           && (str_eq(row.key, entry.key) || check_tasks_again(tx, args, &row, entry.key, arena, err));
}

bool register_row_set(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const JsonValue *fields, bool withdraw, GError **err)
{
    RowArgs args = { .actor = actor, .uid = uid, .version = version, .fields = fields, .withdraw = withdraw, .clock = ledger->clock };
    return ledger_write(ledger, set_in_tx, &args, err);
}
