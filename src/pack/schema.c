/* The format, made from its tables: as JSON Schema for editors, as tables for docs/packs.md. */
#include "base/i18n.h"
#include "base/json.h"
#include "pack/load.h"

#include "base/banned.h"

static Str help(const Shape *shape, const ShapeKey *key, Lang lang)
{
    g_autofree char *name = g_strdup_printf("pack.key.%s.%s", shape->name, key->name);
    return i18n(lang, name);
}

/* --- JSON Schema ------------------------------------------------------------------------------------------------------- */

static const char id_pattern[] = "^[a-z](_?[a-z0-9])*$";

static const struct {
    const char *type, *pattern, *format;
} kinds[] = {
    [SHAPE_TEXT] = { "string", NULL, NULL },
    [SHAPE_ID] = { "string", id_pattern, NULL },
    [SHAPE_REF] = { "string", "^[a-z](_?[a-z0-9])*(\\.[a-z](_?[a-z0-9])*)?$", NULL },
    [SHAPE_VERSION] = { "string", "^[0-9]+\\.[0-9]+\\.[0-9]+$", NULL },
    [SHAPE_FILE] = { "string", "^[A-Za-z0-9_.-]+\\.csv$", NULL },
    [SHAPE_INT] = { "integer", NULL, NULL },
    [SHAPE_DECIMAL] = { "number", NULL, NULL },
    [SHAPE_BOOL] = { "boolean", NULL, NULL },
    [SHAPE_DATE] = { "string", NULL, "date" },
    [SHAPE_WORD] = { "string", NULL, NULL },
    [SHAPE_EXPR] = { "string", NULL, NULL },
    [SHAPE_SPAN] = { "string", "^[0-9]+ (hours?|days?|working days?|weeks?|months?|years?)$", NULL },
    [SHAPE_NAMES] = { NULL, NULL, NULL },
    [SHAPE_TEXTS] = { NULL, NULL, NULL },
    [SHAPE_PAIRS] = { "object", NULL, NULL },
    [SHAPE_TEXT_PAIRS] = { "object", NULL, NULL },
    [SHAPE_MAPS] = { "object", NULL, NULL },
    [SHAPE_OBJECT] = { NULL, NULL, NULL },
    [SHAPE_LIST] = { "array", NULL, NULL },
    [SHAPE_MAP] = { "object", NULL, NULL },
};

static void write_ref(JsonWriter *json, const Shape *shape)
{
    g_autofree char *ref = g_strdup_printf("#/$defs/%s", shape->name);
    json_member_cstr(json, "$ref", ref);
}

/* A text, or texts that differ. A code such as 01 is a number for YAML's own schema: texts are taken as scalars of any kind. */
static void write_scalar_types(JsonWriter *json)
{
    json_key(json, "type");
    json_begin_array(json);
    json_cstr(json, "string");
    json_cstr(json, "number");
    json_cstr(json, "boolean");
    json_end_array(json);
}

static void write_texts(JsonWriter *json)
{
    json_key(json, "oneOf");
    json_begin_array(json);
    json_begin_object(json);
    json_member_cstr(json, "type", "string");
    json_end_object(json);
    json_begin_object(json);
    json_member_cstr(json, "type", "array");
    json_member_bool(json, "uniqueItems", true);
    json_key(json, "items");
    json_begin_object(json);
    json_member_cstr(json, "type", "string");
    json_end_object(json);
    json_end_object(json);
    json_end_array(json);
}

static void write_words(JsonWriter *json, const char *const *words)
{
    json_key(json, "enum");
    json_begin_array(json);
    for (size_t i = 0; words[i]; i++)
        json_cstr(json, words[i]);
    json_end_array(json);
}

static void write_texts_by_text(JsonWriter *json)
{
    json_member_cstr(json, "type", "object");
    json_key(json, "additionalProperties");
    json_begin_object(json);
    write_scalar_types(json);
    json_end_object(json);
}

static void write_inner(JsonWriter *json, const ShapeKey *key)
{
    if (key->kind == SHAPE_LIST) {
        json_key(json, "items");
        json_begin_object(json);
        write_ref(json, key->shape);
        json_end_object(json);
    } else if (key->kind == SHAPE_MAP || key->kind == SHAPE_PAIRS || key->kind == SHAPE_TEXT_PAIRS || key->kind == SHAPE_MAPS) {
        json_key(json, "propertyNames");
        json_begin_object(json);
        json_member_cstr(json, "pattern", id_pattern);
        json_member_int(json, "maxLength", PACK_ID_CHARS);
        json_end_object(json);
        json_key(json, "additionalProperties");
        json_begin_object(json);
        if (key->shape)
            write_ref(json, key->shape);
        else if (key->kind == SHAPE_MAPS)
            write_texts_by_text(json);
        else
            json_member_cstr(json, "type", "string");
        json_end_object(json);
    }
}

static void write_property(JsonWriter *json, const Shape *shape, const ShapeKey *key)
{
    json_key(json, key->name);
    json_begin_object(json);
    g_autofree char *both = g_strdup_printf(STR_FMT "\n" STR_FMT, STR_ARG(help(shape, key, LANG_ZH)), STR_ARG(help(shape, key, LANG_EN)));
    json_member_cstr(json, "description", both);
    if (key->kind == SHAPE_OBJECT)
        write_ref(json, key->shape);
    else if (key->kind == SHAPE_NAMES || key->kind == SHAPE_TEXTS)
        write_texts(json);
    else if (key->kind == SHAPE_TEXT || key->kind == SHAPE_EXPR)
        write_scalar_types(json);
    else
        json_member_cstr(json, "type", kinds[key->kind].type);
    if (kinds[key->kind].pattern)
        json_member_cstr(json, "pattern", kinds[key->kind].pattern);
    if (kinds[key->kind].format)
        json_member_cstr(json, "format", kinds[key->kind].format);
    if (key->kind == SHAPE_ID)
        json_member_int(json, "maxLength", PACK_ID_CHARS);
    if (key->words)
        write_words(json, key->words);
    if (key->kind == SHAPE_INT || key->kind == SHAPE_DECIMAL) {
        json_member_int(json, "minimum", key->min);
        json_member_int(json, "maximum", key->max);
    }
    write_inner(json, key);
    json_end_object(json);
}

static void write_open(JsonWriter *json, const Shape *shape, const PackSections *sections)
{
    const PackSection *section;
    for (size_t i = 0; (section = pack_section_at(sections, i)); i++) {
        if (shape != (section->of_dataset ? &shape_dataset : &shape_pack))
            continue;
        json_key(json, section->name);
        json_begin_object(json);
        if (section->shapes)
            write_ref(json, section->shapes[0]);
        json_end_object(json);
    }
}

static void write_shape(JsonWriter *json, const Shape *shape, const PackSections *sections)
{
    json_key(json, shape->name);
    json_begin_object(json);
    json_member_cstr(json, "type", "object");
    json_member_bool(json, "additionalProperties", false);
    json_key(json, "required");
    json_begin_array(json);
    for (const ShapeKey *key = shape->keys; key->name; key++)
        if (key->required)
            json_cstr(json, key->name);
    json_end_array(json);
    json_key(json, "properties");
    json_begin_object(json);
    for (const ShapeKey *key = shape->keys; key->name; key++)
        write_property(json, shape, key);
    write_open(json, shape, sections);
    json_end_object(json);
    json_end_object(json);
}

static const Shape *const roots[] = { [PACK_SCHEMA_PACK] = &shape_pack, [PACK_SCHEMA_ELEMENTS] = &shape_elements, [PACK_SCHEMA_PROOF] = &shape_proof };

void pack_schema(PackSchema which, const PackSections *sections, GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out, true);
    json_begin_object(&json);
    json_member_cstr(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    write_ref(&json, roots[which]);
    json_key(&json, "$defs");
    json_begin_object(&json);
    for (size_t i = 0; shape_at(i); i++)
        write_shape(&json, shape_at(i), sections);
    const PackSection *section;
    for (size_t i = 0; (section = pack_section_at(sections, i)); i++)
        for (size_t s = 0; section->shapes && section->shapes[s]; s++)
            write_shape(&json, section->shapes[s], NULL);
    json_end_object(&json);
    json_end_object(&json);
    g_string_append_c(out, '\n');
}

/* --- Markdown ---------------------------------------------------------------------------------------------------------------- */

static const char *const kind_words[] = {
    [SHAPE_TEXT] = "text", [SHAPE_ID] = "id", [SHAPE_REF] = "id or PACK.id", [SHAPE_VERSION] = "version", [SHAPE_FILE] = "file", [SHAPE_INT] = "whole number",
    [SHAPE_DECIMAL] = "number", [SHAPE_BOOL] = "true or false", [SHAPE_DATE] = "day", [SHAPE_WORD] = "word", [SHAPE_EXPR] = "expression",
    [SHAPE_SPAN] = "span of time", [SHAPE_NAMES] = "list of ids", [SHAPE_TEXTS] = "list of texts", [SHAPE_PAIRS] = "map of ids to ids",
    [SHAPE_TEXT_PAIRS] = "map of ids to texts", [SHAPE_MAPS] = "map of ids to maps of texts to texts", [SHAPE_OBJECT] = "",
    [SHAPE_LIST] = "list of ", [SHAPE_MAP] = "map of ",
};

static void append_kind(GString *out, const ShapeKey *key)
{
    g_string_append(out, kind_words[key->kind]);
    if (key->shape)
        g_string_append_printf(out, "[%s](#%s)", key->shape->name, key->shape->name);
    for (size_t i = 0; key->words && key->words[i]; i++)
        g_string_append_printf(out, "%s`%s`", i > 0 ? ", " : ": ", key->words[i]);
    if (key->kind == SHAPE_INT || key->kind == SHAPE_DECIMAL)
        g_string_append_printf(out, " %d to %d", (int) key->min, (int) key->max);
}

static void append_shape(GString *out, const Shape *shape)
{
    g_string_append_printf(out, "\n### %s\n\n| key | is | English | %s |\n| --- | --- | --- | --- |\n", shape->name, i18n(LANG_ZH, "pack.chinese").p);
    for (const ShapeKey *key = shape->keys; key->name; key++) {
        g_string_append_printf(out, "| `%s`%s | ", key->name, key->required ? " **!**" : "");
        append_kind(out, key);
        g_string_append_printf(out, " | " STR_FMT " | " STR_FMT " |\n", STR_ARG(help(shape, key, LANG_EN)), STR_ARG(help(shape, key, LANG_ZH)));
    }
}

void pack_keys_markdown(GString *out)
{
    for (size_t i = 0; shape_at(i); i++)
        append_shape(out, shape_at(i));
}

void pack_section_markdown(const PackSection *section, GString *out)
{
    for (size_t i = 0; section->shapes && section->shapes[i]; i++)
        append_shape(out, section->shapes[i]);
}
