#include "base/json.h"

#include "base/limits.h"

#include "base/banned.h"

/* Elements hang in lists: no array moves while it grows, and a caller walks them once. A name is looked up by walking
 * too, since requests have few members; only the check for doubled names needs a table where there are many. */
enum { FEW_MEMBERS = 16 };

typedef struct {
    JsonReader reader;
    size_t values;
    JsonValue *open[LIMIT_JSON_DEPTH + 1]; /* by depth; 0: stands around the whole */
    JsonValue *last[LIMIT_JSON_DEPTH + 1]; /* the latest child of each */
} Builder;

static bool doubled_among_few(const JsonValue *object, Str *ret_name)
{
    for (const JsonValue *a = object->first; a; a = a->next)
        for (const JsonValue *b = a->next; b; b = b->next)
            if (str_eq(a->name, b->name)) {
                *ret_name = a->name;
                return true;
            }
    return false;
}

static bool doubled_among_many(const JsonValue *object, Str *ret_name)
{
    g_autoptr(GHashTable) names = g_hash_table_new(str_hash, str_equal);
    for (const JsonValue *member = object->first; member; member = member->next)
        if (!g_hash_table_add(names, (gpointer) &member->name)) {
            *ret_name = member->name;
            return true;
        }
    return false;
}

static bool check_names(const JsonValue *object, GError **err)
{
    Str name;
    bool doubled = object->count <= FEW_MEMBERS ? doubled_among_few(object, &name) : doubled_among_many(object, &name);
    return !doubled || json_bad(object, err, "two members are named '" STR_FMT "'", STR_ARG(name));
}

static JsonValue *append(Builder *b, int depth, JsonToken type, Str name)
{
    JsonValue *parent = b->open[depth];
    JsonValue *value = ARENA_NEW(b->reader.arena, JsonValue);
    *value = (JsonValue) { .type = type, .text = b->reader.text, .name = name, .parent = depth > 0 ? parent : NULL };
    if (b->last[depth])
        b->last[depth]->next = value;
    else
        parent->first = value;
    b->last[depth] = value;
    parent->count++;
    return value;
}

/* Takes one token into the tree. The depth of a value is that of what it stands in. */
static bool take(Builder *b, JsonToken token, Str *name, GError **err)
{
    int depth = b->reader.depth;
    if (token == JSON_KEY) {
        *name = b->reader.text;
        return true;
    }
    if (token == JSON_END_ARRAY)
        return true;
    if (token == JSON_END_OBJECT)
        return check_names(b->open[depth + 1], err);
    if (++b->values > LIMIT_JSON_VALUES)
        return error_set(err, BH_TOO_LARGE, "JSON with more than %d values", LIMIT_JSON_VALUES);
    bool opens = token == JSON_BEGIN_OBJECT || token == JSON_BEGIN_ARRAY;
    JsonValue *value = append(b, opens ? depth - 1 : depth, token, *name);
    *name = STR_NONE;
    if (opens) {
        b->open[depth] = value;
        b->last[depth] = NULL;
    }
    return true;
}

const JsonValue *json_parse(Str input, Arena *arena, GError **err)
{
    JsonValue around = { .type = JSON_BEGIN_ARRAY };
    Builder b = { .open = { &around } };
    Str name = STR_NONE;
    json_reader_init(&b.reader, input, arena);
    for (JsonToken token; (token = json_next(&b.reader)) != JSON_END;) {
        if (token == JSON_ERROR) {
            json_reader_error(&b.reader, err);
            return NULL;
        }
        if (!take(&b, token, &name, err))
            return NULL;
    }
    return b.last[0];
}

const JsonValue *json_get(const JsonValue *object, const char *name)
{
    if (!object || object->type != JSON_BEGIN_OBJECT)
        return NULL;
    Str wanted = str_from(name);
    for (const JsonValue *member = object->first; member; member = member->next)
        if (str_eq(member->name, wanted))
            return member;
    return NULL;
}

/* --- Pointers (RFC 6901), for errors only ------------------------------------------------------------------------ */

static void append_step(GString *pointer, Str name)
{
    g_string_append_c(pointer, '/');
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '~')
            g_string_append(pointer, "~0");
        else if (name.p[i] == '/')
            g_string_append(pointer, "~1");
        else
            g_string_append_c(pointer, name.p[i]);
}

static size_t index_in_parent(const JsonValue *value)
{
    size_t index = 0;
    for (const JsonValue *v = value->parent->first; v && v != value; v = v->next)
        index++;
    return index;
}

/* Depth is at most LIMIT_JSON_DEPTH. */
static void append_pointer(GString *pointer, const JsonValue *value)
{
    if (!value || !value->parent)
        return;
    append_pointer(pointer, value->parent);
    if (value->parent->type == JSON_BEGIN_OBJECT)
        append_step(pointer, value->name);
    else
        g_string_append_printf(pointer, "/%zu", index_in_parent(value));
}

bool json_bad(const JsonValue *value, GError **err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GString) pointer = g_string_new(NULL);
    append_pointer(pointer, value);
    error_set(err, BH_BAD_INPUT, "%s", what);
    return error_at(err, "%s", pointer->str);
}

/* --- Getters ----------------------------------------------------------------------------------------------------- */

static bool expected(const JsonValue *value, const char *what, GError **err)
{
    return json_bad(value, err, "%s expected", what);
}

bool json_as_str(const JsonValue *value, Str *ret_text, GError **err)
{
    if (value->type != JSON_STRING)
        return expected(value, "a string", err);
    *ret_text = value->text;
    return true;
}

bool json_as_int(const JsonValue *value, int64_t min, int64_t max, int64_t *ret_value, GError **err)
{
    int64_t number;
    if (value->type != JSON_NUMBER || !str_to_int64(value->text, &number))
        return expected(value, "an integer", err);
    if (number < min || number > max)
        return json_bad(value, err, "a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " expected", min, max);
    *ret_value = number;
    return true;
}

bool json_as_decimal(const JsonValue *value, Decimal *ret_value, GError **err)
{
    if (value->type != JSON_NUMBER || !decimal_parse(value->text, ret_value))
        return expected(value, "a number of at most six decimals, without exponent,", err);
    return true;
}

bool json_as_bool(const JsonValue *value, bool *ret_value, GError **err)
{
    if (value->type != JSON_TRUE && value->type != JSON_FALSE)
        return expected(value, "true or false", err);
    *ret_value = value->type == JSON_TRUE;
    return true;
}

static bool as_object(const JsonValue *value, const JsonValue **ret_object, GError **err)
{
    if (value->type != JSON_BEGIN_OBJECT)
        return expected(value, "an object", err);
    *ret_object = value;
    return true;
}

static bool as_array(const JsonValue *value, const JsonValue **ret_array, GError **err)
{
    if (value->type != JSON_BEGIN_ARRAY)
        return expected(value, "an array", err);
    *ret_array = value;
    return true;
}

static const JsonValue *required(const JsonValue *object, const char *name, GError **err)
{
    const JsonValue *member = json_get(object, name);
    if (!member)
        json_bad(object, err, "an object with a member '%s' expected", name);
    return member;
}

/* NULL where the member is missing or null. */
static const JsonValue *optional(const JsonValue *object, const char *name)
{
    const JsonValue *member = json_get(object, name);
    return member && member->type != JSON_NULL ? member : NULL;
}

bool json_get_int(const JsonValue *object, const char *name, int64_t min, int64_t max, int64_t *ret_value, GError **err)
{
    const JsonValue *member = required(object, name, err);
    return member && json_as_int(member, min, max, ret_value, err);
}

bool json_opt_int(const JsonValue *object, const char *name, int64_t min, int64_t max, int64_t *ret_value, GError **err)
{
    const JsonValue *member = optional(object, name);
    return !member || json_as_int(member, min, max, ret_value, err);
}

/* The pair json_get_x and json_opt_x over one reader of a value. */
#define MEMBER_GETTERS(suffix, Type, as) \
    bool json_get_##suffix(const JsonValue *object, const char *name, Type *ret_value, GError **err) \
    { \
        const JsonValue *member = required(object, name, err); \
        return member && as(member, ret_value, err); \
    } \
    bool json_opt_##suffix(const JsonValue *object, const char *name, Type *ret_value, GError **err) \
    { \
        const JsonValue *member = optional(object, name); \
        return !member || as(member, ret_value, err); \
    }

MEMBER_GETTERS(str, Str, json_as_str)
MEMBER_GETTERS(decimal, Decimal, json_as_decimal)
MEMBER_GETTERS(bool, bool, json_as_bool)
MEMBER_GETTERS(object, const JsonValue *, as_object)
MEMBER_GETTERS(array, const JsonValue *, as_array)
