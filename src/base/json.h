/* json.h: JSON read piece by piece, read as a tree, and written. Source: RFC 8259; canonical form: RFC 8785.
 *
 * All reading is strict: one value and nothing behind it but white space; UTF-8 without a byte order mark and without
 * U+0000, also not as an escape; escapes of surrogates only in pairs; numbers as the grammar has them. Nesting is held
 * to LIMIT_JSON_DEPTH, a string to LIMIT_JSON_STRING_BYTES, a tree to LIMIT_JSON_VALUES. */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"

/* --- Reading piece by piece ----------------------------------------------------------------------------------
 * For what is large or goes straight into rows. An object comes as BEGIN_OBJECT, then KEY and a value for each member,
 * then END_OBJECT. Members come as they stand: two of one name are both reported (the tree refuses them). */

typedef enum {
    JSON_ERROR, /* and again at every further call; json_reader_error says what it was */
    JSON_END,   /* the value is complete and nothing follows; and again at every further call */
    JSON_BEGIN_OBJECT,
    JSON_END_OBJECT,
    JSON_BEGIN_ARRAY,
    JSON_END_ARRAY,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
} JsonToken;

typedef struct {
    Str text;        /* of a KEY or STRING its content, of a NUMBER its digits as written */
    size_t token_at; /* byte offset at which the last token begins */
    int depth;       /* open objects and arrays, the last token counted */
    /* private */
    Str input;
    Arena *arena;
    size_t at;
    uint64_t objects; /* bit d set: what is open at depth d is an object, not an array */
    int expect;
    JsonToken last;
    const char *error;
} JsonReader;

/* Texts without escapes point into `input`, others are in `arena`; both outlive what is read from them. */
void json_reader_init(JsonReader *reader, Str input, Arena *arena);
JsonToken json_next(JsonReader *reader);

/* Passes over the value that comes next (after a KEY, or inside an array), whatever it is. False: an error. */
bool json_skip(JsonReader *reader);

/* Sets err to the reader's fault as BH_BAD_INPUT (BH_TOO_LARGE over a limit) with line:column in `at`, both from 1,
 * columns in characters. Returns false. Only after JSON_ERROR. */
bool json_reader_error(const JsonReader *reader, GError **err);

/* --- Reading a tree --------------------------------------------------------------------------------------------
 * For request bodies and files of settings: everything in one arena, members in the order of the input. An object
 * with two members of one name is refused. */

typedef struct JsonValue JsonValue;
struct JsonValue {
    JsonToken type;         /* BEGIN_OBJECT, BEGIN_ARRAY, STRING, NUMBER, TRUE, FALSE or NULL */
    Str text;               /* STRING, NUMBER: as in JsonReader */
    Str name;               /* of a member; STR_NONE in an array */
    size_t count;           /* members or elements */
    const JsonValue *first; /* of these, the first; each has the following one in `next` */
    const JsonValue *next, *parent;
};

/* NULL and err on a fault: BH_BAD_INPUT or BH_TOO_LARGE with line:column in `at`; for a doubled name `at` is the JSON
 * pointer of the object. */
const JsonValue *json_parse(Str input, Arena *arena, GError **err);

/* The member of that name; NULL where there is none, or where `object` is NULL or not an object. */
const JsonValue *json_get(const JsonValue *object, const char *name);

/* A member that must be there, and of the type. Otherwise false (output untouched) with BH_BAD_INPUT, the message
 * naming what was expected and `at` holding the JSON pointer. Both ends of the int's range are allowed values. */
bool json_get_str(const JsonValue *object, const char *name, Str *ret_text, GError **err);
bool json_get_int(const JsonValue *object, const char *name, int64_t min, int64_t max, int64_t *ret_value, GError **err);
bool json_get_decimal(const JsonValue *object, const char *name, Decimal *ret_value, GError **err);
bool json_get_bool(const JsonValue *object, const char *name, bool *ret_value, GError **err);
bool json_get_object(const JsonValue *object, const char *name, const JsonValue **ret_object, GError **err);
bool json_get_array(const JsonValue *object, const char *name, const JsonValue **ret_array, GError **err);

/* A member that may be missing or null: then true, and the output keeps what the caller put there. */
bool json_opt_str(const JsonValue *object, const char *name, Str *ret_text, GError **err);
bool json_opt_int(const JsonValue *object, const char *name, int64_t min, int64_t max, int64_t *ret_value, GError **err);
bool json_opt_decimal(const JsonValue *object, const char *name, Decimal *ret_value, GError **err);
bool json_opt_bool(const JsonValue *object, const char *name, bool *ret_value, GError **err);
bool json_opt_object(const JsonValue *object, const char *name, const JsonValue **ret_object, GError **err);
bool json_opt_array(const JsonValue *object, const char *name, const JsonValue **ret_array, GError **err);

/* The same for a value at hand, such as an array's element. */
bool json_as_str(const JsonValue *value, Str *ret_text, GError **err);
bool json_as_int(const JsonValue *value, int64_t min, int64_t max, int64_t *ret_value, GError **err);
bool json_as_decimal(const JsonValue *value, Decimal *ret_value, GError **err);
bool json_as_bool(const JsonValue *value, bool *ret_value, GError **err);

/* A caller's own objection to a value: BH_BAD_INPUT with the value's JSON pointer in `at`. Returns false. */
bool json_bad(const JsonValue *value, GError **err, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* --- Writing ----------------------------------------------------------------------------------------------------
 * The calls follow the output; a call in the wrong place is a mistake of the program and ends it. */

typedef struct {
    GString *out;
    bool pretty; /* two spaces a level, one member a line; otherwise no white space at all */
    /* private */
    int depth;
    uint64_t objects, filled; /* a bit a depth: is an object; has something in it */
    bool after_key;
} JsonWriter;

void json_writer_init(JsonWriter *writer, GString *out, bool pretty);
void json_begin_object(JsonWriter *writer);
void json_end_object(JsonWriter *writer);
void json_begin_array(JsonWriter *writer);
void json_end_array(JsonWriter *writer);
void json_key(JsonWriter *writer, const char *name); /* written as it is: a name of ours */
void json_key_str(JsonWriter *writer, Str name);

/* STR_NONE is written as null. A byte that is not UTF-8, and a NUL, becomes U+FFFD. */
void json_str(JsonWriter *writer, Str text);
void json_cstr(JsonWriter *writer, const char *text); /* NULL: null */
void json_int(JsonWriter *writer, int64_t value);
void json_decimal(JsonWriter *writer, Decimal value); /* as a number, shortest exact */
void json_bool(JsonWriter *writer, bool value);
void json_null(JsonWriter *writer);

/* A value that is JSON already; not checked. */
void json_raw(JsonWriter *writer, Str json);

/* A tree, members in their order. */
void json_value(JsonWriter *writer, const JsonValue *value);

/* Key and value in one. */
void json_member_str(JsonWriter *writer, const char *name, Str text);
void json_member_cstr(JsonWriter *writer, const char *name, const char *text);
void json_member_int(JsonWriter *writer, const char *name, int64_t value);
void json_member_bool(JsonWriter *writer, const char *name, bool value);
void json_member_date(JsonWriter *writer, const char *name, Date date); /* null for DATE_NONE */

/* An object of "name=value" lines, as errors and findings carry their parameters. */
void json_params(JsonWriter *writer, Str lines);

/* Appends the canonical form of RFC 8785 (members by name in UTF-16 order, no white space, shortest escapes), for what
 * is hashed or signed. Of numbers only integers that fit in an int64 are supported, written in full beyond 2^53 too;
 * any other is BH_BAD_INPUT, and then `out` is as before. */
bool json_canonical(const JsonValue *value, GString *out, GError **err);
