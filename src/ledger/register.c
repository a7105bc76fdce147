/* Definitions of registers: read, checked, stored. */
#include "ledger/register_check.h"

#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"
#include "ledger/common.h"

#include "base/banned.h"

const char register_kinds[] = "document training roster archive photo figure other";

static const char *const field_types[] = { [FIELD_TEXT] = "text", [FIELD_INT] = "int", [FIELD_DATE] = "date" };

const char *register_field_type_name(RegisterFieldType type)
{
    return field_types[type];
}

/* --- A definition ------------------------------------------------------------------------------------------------------------ */

static bool is_id(Str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!g_ascii_islower(name.p[i]) && !(i > 0 && (g_ascii_isdigit(name.p[i]) || name.p[i] == '_')))
            return false;
    return name.n > 0 && name.n <= LIMIT_REGISTER_ID_CHARS;
}

static bool read_name(const JsonValue *object, const char *member, Str *ret_text, GError **err)
{
    if (!json_get_str(object, member, ret_text, err))
        return false;
    size_t chars = utf8_length(str_trim(*ret_text));
    return (chars > 0 && chars <= LIMIT_NAME_CHARS) || json_bad(json_get(object, member), err, "a name of 1 to %d characters is expected", LIMIT_NAME_CHARS);
}

static bool read_field_type(const JsonValue *object, RegisterFieldType *ret_type, GError **err)
{
    Str name;
    if (!json_get_str(object, "type", &name, err))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(field_types); i++)
        if (str_eq(name, str_from(field_types[i]))) {
            *ret_type = (RegisterFieldType) i;
            return true;
        }
    return json_bad(json_get(object, "type"), err, "a field is text, int or date");
}

static bool read_field(const JsonValue *object, const RegisterField *before, size_t n_before, RegisterField *ret_field, GError **err)
{
    RegisterField field = { 0 };
    if (!json_get_str(object, "name", &field.name, err) || !read_name(object, "label", &field.label, err) || !read_name(object, "label_en", &field.label_en, err)
        || !read_field_type(object, &field.type, err) || !json_opt_bool(object, "required", &field.required, err))
        return false;
    if (!is_id(field.name))
        return json_bad(json_get(object, "name"), err, "a field's name is lower-case letters, digits and _, at most %d", LIMIT_REGISTER_ID_CHARS);
    for (size_t i = 0; i < n_before; i++)
        if (str_eq(before[i].name, field.name))
            return json_bad(json_get(object, "name"), err, "the field '" STR_FMT "' is there twice", STR_ARG(field.name));
    *ret_field = field;
    return true;
}

static bool read_fields(const JsonValue *definition, Arena *arena, Register *reg, GError **err)
{
    const JsonValue *list;
    if (!json_get_array(definition, "fields", &list, err))
        return false;
    if (list->count == 0 || list->count > LIMIT_REGISTER_FIELDS)
        return json_bad(list, err, "a register has 1 to %d fields", LIMIT_REGISTER_FIELDS);
    RegisterField *fields = ARENA_ARRAY(arena, RegisterField, list->count);
    size_t n = 0;
    for (const JsonValue *v = list->first; v; v = v->next, n++)
        if (!read_field(v, fields, n, &fields[n], err))
            return false;
    reg->fields = fields;
    reg->n_fields = n;
    return true;
}

const RegisterField *register_field(const Register *reg, Str name)
{
    for (size_t i = 0; name.p && i < reg->n_fields; i++)
        if (str_eq(reg->fields[i].name, name))
            return &reg->fields[i];
    return NULL;
}

static bool read_key(const JsonValue *definition, Register *reg, GError **err)
{
    Str name;
    if (!json_get_str(definition, "key", &name, err))
        return false;
    const RegisterField *field = register_field(reg, name);
    if (!field || field->type != FIELD_TEXT || !field->required)
        return json_bad(json_get(definition, "key"), err, "the key is the name of a required text field");
    reg->key = (size_t) (field - reg->fields);
    return true;
}

static bool read_rules(const JsonValue *definition, Arena *arena, Register *reg, GError **err)
{
    const JsonValue *list;
    if (!json_get_array(definition, "checks", &list, err))
        return false;
    if (list->count == 0 || list->count > LIMIT_REGISTER_FIELDS)
        return json_bad(list, err, "a register has 1 to %d checks", LIMIT_REGISTER_FIELDS);
    RegisterRule *rules = ARENA_ARRAY(arena, RegisterRule, list->count);
    size_t n = 0;
    for (const JsonValue *v = list->first; v; v = v->next, n++)
        if (!register_rule_read(v, reg, &rules[n], err))
            return false;
    reg->rules = rules;
    reg->n_rules = n;
    return true;
}

static bool read_words(const JsonValue *definition, Arena *arena, Register *reg, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(definition, "words", &list, err) || !list)
        return list == NULL && (!err || !*err);
    if (list->count > LIMIT_REGISTER_WORDS)
        return json_bad(list, err, "at most %d words", LIMIT_REGISTER_WORDS);
    Str *words = ARENA_ARRAY(arena, Str, MAX(list->count, 1));
    size_t n = 0;
    for (const JsonValue *v = list->first; v; v = v->next, n++) {
        if (!json_as_str(v, &words[n], err))
            return false;
        if (utf8_length(words[n]) < 2)
            return json_bad(v, err, "a word of two characters or more is expected");
    }
    reg->words = words;
    reg->n_words = n;
    return true;
}

static Str canonical(const JsonValue *value, Arena *arena, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    return json_canonical(value, out, err) ? arena_str(arena, str_from_gstring(out)) : STR_NONE;
}

bool register_parse(Str code, Str proves, Str definition, Arena *arena, Register *ret_register, GError **err)
{
    if (!is_id(code)) {
        error_set(err, BH_BAD_INPUT, "a register's code is lower-case letters, digits and _, at most %d", LIMIT_REGISTER_ID_CHARS);
        return error_at(err, "/code");
    }
    if (!flow_has_word(register_kinds, proves)) {
        error_set(err, BH_BAD_INPUT, "a register proves one of %s, not '" STR_FMT "'", register_kinds, STR_ARG(proves));
        return error_at(err, "/proves");
    }
    Register reg = { .code = code, .proves = proves };
    const JsonValue *value = json_parse(definition, arena, err);
    if (!value || !read_name(value, "name", &reg.name, err) || !read_name(value, "name_en", &reg.name_en, err) || !read_fields(value, arena, &reg, err)
        || !read_key(value, &reg, err) || !read_rules(value, arena, &reg, err) || !read_words(value, arena, &reg, err))
        return false;
    reg.definition = canonical(value, arena, err);
    if (!reg.definition.p)
        return false;
    *ret_register = reg;
    return true;
}

/* --- In the store -------------------------------------------------------------------------------------------------------------- */

static bool register_of_row(const RegisterByCodeRow *row, Arena *arena, Register *ret_register, GError **err)
{
    if (!register_parse(arena_str(arena, row->code), arena_str(arena, row->proves), arena_str(arena, row->definition), arena, ret_register, err))
        return false;
    ret_register->id = row->id;
    ret_register->uid = arena_str(arena, row->uid);
    ret_register->version = row->version;
    return true;
}

bool register_by_code(DbConn *conn, Arena *arena, Str code, Register *ret_register, GError **err)
{
    RegisterByCodeRow row;
    bool found;
    if (!db_one(conn, RegisterByCode, arena, &row, &found, err, .code = code))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no register '" STR_FMT "'", STR_ARG(code));
    return register_of_row(&row, arena, ret_register, err);
}

bool register_proving(DbConn *conn, Arena *arena, Str kind, Register *ret_register, GError **err)
{
    RegisterProvingRow row;
    bool found;
    if (!db_one(conn, RegisterProving, arena, &row, &found, err, .proves = kind))
        return false;
    return found ? register_by_code(conn, arena, row.code, ret_register, err)
                 : error_set(err, BH_NOT_FOUND, "no register proves evidence of kind '" STR_FMT "'", STR_ARG(kind));
}

bool register_by_id(DbConn *conn, Arena *arena, int64_t id, Register *ret_register, GError **err)
{
    RegisterByIdRow row;
    bool found;
    if (!db_one(conn, RegisterById, arena, &row, &found, err, .id = id))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no such register");
    RegisterByCodeRow same = { row.id, row.uid, row.code, row.proves, row.definition, row.version };
    return register_of_row(&same, arena, ret_register, err);
}

typedef struct {
    const Actor *actor;
    Register reg;
    int64_t version;
} PutArgs;

static bool insert_register(DbConn *tx, const PutArgs *args, Arena *arena, GError **err)
{
    RegisterByCodeRow row;
    bool found;
    char uid[UID_TEXT_MAX];
    if (!db_one(tx, RegisterByCode, arena, &row, &found, err, .code = args->reg.code))
        return false;
    if (found) {
        error_set(err, BH_CONFLICT, "there is a register '" STR_FMT "' already", STR_ARG(args->reg.code));
        return error_detail(err, "register-known");
    }
    return db_exec(tx, RegisterInsert, NULL, err, .uid = str_from(uid_new(uid)), .code = args->reg.code, .proves = args->reg.proves,
                   .definition = args->reg.definition);
}

static bool change_register(DbConn *tx, const PutArgs *args, Arena *arena, GError **err)
{
    Register before;
    int64_t changes;
    if (!register_by_code(tx, arena, args->reg.code, &before, err)
        || !db_exec(tx, RegisterSet, &changes, err, .id = before.id, .version = args->version, .proves = args->reg.proves, .definition = args->reg.definition))
        return false;
    if (changes == 1)
        return true;
    error_set(err, BH_CONFLICT, "the register was changed in between: it has version %" G_GINT64_FORMAT, before.version);
    return error_detail(err, "version-stale");
}

static bool put_words(DbConn *tx, const PutArgs *args, Arena *arena, GError **err)
{
    Register now;
    if (!register_by_code(tx, arena, args->reg.code, &now, err) || !db_exec(tx, RegisterWordsDelete, NULL, err, .reg = now.id))
        return false;
    for (size_t i = 0; i < now.n_words; i++)
        if (!db_exec(tx, RegisterWordInsert, NULL, err, .reg = now.id, .word = now.words[i]))
            return false;
    return true;
}

static bool put_in_tx(DbConn *tx, void *data, GError **err)
{
    const PutArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    if (!(args->version == 0 ? insert_register : change_register)(tx, args, arena, err) || !put_words(tx, args, arena, err))
        return false;
    Str digest = audit_digest(arena, args->reg.definition);
    audit_append(tx, &args->actor->who, "register", (AuditObject) { "register", args->reg.code },
                 arena_printf(arena, "{\"set\":{\"definition\":\"" STR_FMT "\",\"proves\":\"" STR_FMT "\"}}", STR_ARG(digest), STR_ARG(args->reg.proves)));
    return true;
}

bool register_put(const Ledger *ledger, const Actor *actor, Str code, int64_t version, Str proves, Str definition, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    MayObject everything = { 0 };
    May answer = may(actor->user, VERB_ADMINISTER, &everything);
    PutArgs args = { .actor = actor, .version = version };
    if (!answer.ok) {
        error_set(err, BH_FORBIDDEN, "registers are set up by the system administrator");
        error_params(err, "role=%s", role_name(ROLE_SYSTEM_ADMIN));
        return error_detail(err, answer.why);
    }
    return register_parse(code, proves, definition, arena, &args.reg, err) && ledger_write(ledger, put_in_tx, &args, err);
}
