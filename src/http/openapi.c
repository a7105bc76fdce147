#include "http/notation.h"

#include "base/limits.h"

#include "base/banned.h"

/* OpenAPI 3.1 from the same tables that requests are checked by. Source: spec.openapis.org/oas/v3.1.0. */

#define UID_PATTERN "^[0-9a-hjkmnp-tv-z]{26}$"

typedef struct {
    JsonWriter *writer;
    const RouteTable *const *tables;
    size_t n_tables;
} OpenApi;

static void member_pair(JsonWriter *w, const char *a, const char *value_a, const char *b, const char *value_b)
{
    json_member_cstr(w, a, value_a);
    json_member_cstr(w, b, value_b);
}

/* --- Shapes ----------------------------------------------------------------------------------------------------------- */

static const struct {
    Str name;
    const char *type, *detail_name, *detail;
} plain_types[] = {
    { STR_INIT("text"), "string", NULL, NULL },
    { STR_INIT("uid"), "string", "pattern", UID_PATTERN },
    { STR_INIT("int"), "integer", "format", "int64" },
    { STR_INIT("number"), "number", NULL, NULL },
    { STR_INIT("bool"), "boolean", NULL, NULL },
    { STR_INIT("date"), "string", "format", "date" },
    { STR_INIT("instant"), "string", "format", "date-time" },
};

static bool shape_exists(const OpenApi *api, Str name)
{
    for (size_t i = 0; i < api->n_tables; i++)
        for (size_t k = 0; k < api->tables[i]->n_shapes; k++)
            if (str_eq(str_from(api->tables[i]->shapes[k].name), name))
                return true;
    return false;
}

static void write_ref(const OpenApi *api, Str shape)
{
    if (!shape_exists(api, shape))
        g_error("openapi: no shape \"" STR_FMT "\"", STR_ARG(shape));
    g_autofree char *ref = g_strdup_printf("#/components/schemas/" STR_FMT, STR_ARG(shape));
    json_member_cstr(api->writer, "$ref", ref);
}

static bool write_plain(JsonWriter *w, Str name, bool nullable)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain_types); i++) {
        if (!str_eq(plain_types[i].name, name))
            continue;
        json_key(w, "type");
        if (nullable)
            json_begin_array(w);
        json_cstr(w, plain_types[i].type);
        if (nullable) {
            json_cstr(w, "null");
            json_end_array(w);
        }
        if (plain_types[i].detail)
            json_member_cstr(w, plain_types[i].detail_name, plain_types[i].detail);
        return true;
    }
    return false;
}

static void write_array(const OpenApi *api, Str element)
{
    JsonWriter *w = api->writer;
    json_member_cstr(w, "type", "array");
    json_key(w, "items");
    json_begin_object(w);
    if (!write_plain(w, element, false) && !str_eq(element, STR("any")))
        write_ref(api, element);
    json_end_object(w);
}

static void write_nullable_ref(const OpenApi *api, Str shape)
{
    JsonWriter *w = api->writer;
    json_key(w, "oneOf");
    json_begin_array(w);
    json_begin_object(w);
    write_ref(api, shape);
    json_end_object(w);
    json_begin_object(w);
    json_member_cstr(w, "type", "null");
    json_end_object(w);
    json_end_array(w);
}

static void write_type(const OpenApi *api, Str type, bool nullable)
{
    JsonWriter *w = api->writer;
    json_begin_object(w);
    if (str_starts(type, STR("[")) && str_ends(type, STR("]")))
        write_array(api, (Str) { type.p + 1, type.n - 2 });
    else if (!str_eq(type, STR("any")) && !write_plain(w, type, nullable)) {
        if (nullable)
            write_nullable_ref(api, type);
        else
            write_ref(api, type);
    }
    json_end_object(w);
}

static void write_shape(const OpenApi *api, const HttpShape *shape)
{
    JsonWriter *w = api->writer;
    json_key(w, shape->name);
    json_begin_object(w);
    json_member_cstr(w, "type", "object");
    json_key(w, "properties");
    json_begin_object(w);
    Str rest = str_from(shape->members), word;
    while (notation_word(&rest, &word)) {
        bool nullable = str_ends(word, STR("?"));
        Str type = str_head(word, word.n - nullable), name = str_cut(&type, ':');
        json_key_str(w, name);
        write_type(api, type.p ? type : STR("text"), nullable);
    }
    json_end_object(w);
    json_end_object(w);
}

/* --- Parameters -------------------------------------------------------------------------------------------------------- */

static void write_choices(JsonWriter *w, Str words)
{
    json_member_cstr(w, "type", "string");
    json_key(w, "enum");
    json_begin_array(w);
    while (words.p)
        json_str(w, str_cut(&words, '|'));
    json_end_array(w);
}

static void write_param_schema(JsonWriter *w, const Param *param)
{
    json_begin_object(w);
    switch (param->type) {
    case PARAM_TEXT:
        json_member_cstr(w, "type", "string");
        break;
    case PARAM_UID:
        member_pair(w, "type", "string", "pattern", UID_PATTERN);
        break;
    case PARAM_WORD:
        member_pair(w, "type", "string", "pattern", "^[a-z0-9_-]+$");
        break;
    case PARAM_DATE:
        member_pair(w, "type", "string", "format", "date");
        break;
    case PARAM_CHOICE:
        write_choices(w, param->words);
        break;
    case PARAM_INT:
    case PARAM_LIMIT:
    case PARAM_BOOL:
        json_member_cstr(w, "type", "integer");
        json_member_int(w, "minimum", param->type == PARAM_LIMIT);
        if (param->type != PARAM_INT)
            json_member_int(w, "maximum", param->type == PARAM_LIMIT ? LIMIT_LIST_ROWS : 1);
        break;
    }
    json_end_object(w);
}

static void write_param(JsonWriter *w, const Param *param, const char *in)
{
    json_begin_object(w);
    json_member_str(w, "name", param->name);
    json_member_cstr(w, "in", in);
    if (strcmp(in, "path") == 0)
        json_member_bool(w, "required", true);
    json_key(w, "schema");
    if (param->several) {
        json_begin_object(w);
        json_member_cstr(w, "type", "array");
        json_key(w, "items");
    }
    write_param_schema(w, param);
    if (param->several) {
        json_end_object(w);
        json_member_cstr(w, "style", "form");
        json_member_bool(w, "explode", false);
    }
    json_end_object(w);
}

/* --- Operations ---------------------------------------------------------------------------------------------------------- */

static void write_content(JsonWriter *w, const char *type)
{
    json_key(w, "content");
    json_begin_object(w);
    json_key(w, type);
    json_begin_object(w);
    json_key(w, "schema");
}

static void end_content(JsonWriter *w)
{
    json_end_object(w);
    json_end_object(w);
}

static void write_body(JsonWriter *w, HttpBody body)
{
    if (body == HTTP_NO_BODY)
        return;
    json_key(w, "requestBody");
    json_begin_object(w);
    write_content(w, body == HTTP_RAW ? "application/octet-stream" : "application/json");
    json_begin_object(w);
    if (body == HTTP_JSON)
        json_member_cstr(w, "type", "object");
    json_end_object(w);
    end_content(w);
    json_end_object(w);
}

static void write_answers(const OpenApi *api, const Route *route)
{
    JsonWriter *w = api->writer;
    json_key(w, "responses");
    json_begin_object(w);
    json_key(w, "2XX");
    json_begin_object(w);
    json_member_cstr(w, "description", route->summary);
    if (route->answer) {
        write_content(w, "application/json");
        write_type(api, str_from(route->answer), false);
        end_content(w);
    }
    json_end_object(w);
    json_key(w, "default");
    json_begin_object(w);
    json_member_cstr(w, "description", "what was wrong");
    write_content(w, "application/problem+json");
    write_type(api, STR("Problem"), false);
    end_content(w);
    json_end_object(w);
    json_end_object(w);
}

static void write_operation(const OpenApi *api, const RouteInfo *info)
{
    static const char *const names[] = { "get", "post", "patch", "delete" };
    JsonWriter *w = api->writer;
    json_key(w, names[info->route->method]);
    json_begin_object(w);
    json_member_cstr(w, "summary", info->route->summary);
    json_key(w, "parameters");
    json_begin_array(w);
    for (size_t i = 0; i < info->n_path; i++)
        write_param(w, &info->path[i], "path");
    for (size_t i = 0; i < info->n_query; i++)
        write_param(w, &info->query[i], "query");
    json_end_array(w);
    write_body(w, info->route->body);
    write_answers(api, info->route);
    json_key(w, "security");
    json_begin_array(w);
    if (info->route->need == HTTP_SESSION) {
        json_begin_object(w);
        json_key(w, "session");
        json_begin_array(w);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

/* --- Paths ----------------------------------------------------------------------------------------------------------------- */

/* "{verb:word}" is "{verb}" to the outside. */
static char *outer_path(const char *path)
{
    GString *out = g_string_new(NULL);
    bool type = false;
    for (const char *p = path; *p; p++) {
        type = *p == ':' || (type && *p != '}');
        if (!type)
            g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

/* Methods of one path stand under one key, in the order of the tables. */
static bool seen_before(const Router *router, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(router_get(router, i)->route->path, router_get(router, index)->route->path) == 0)
            return true;
    return false;
}

static void write_paths(const OpenApi *api, const Router *router)
{
    JsonWriter *w = api->writer;
    json_key(w, "paths");
    json_begin_object(w);
    for (size_t i = 0; i < router_count(router); i++) {
        const char *path = router_get(router, i)->route->path;
        if (seen_before(router, i))
            continue;
        g_autofree char *outer = outer_path(path);
        json_key(w, outer);
        json_begin_object(w);
        for (size_t k = i; k < router_count(router); k++)
            if (strcmp(router_get(router, k)->route->path, path) == 0)
                write_operation(api, router_get(router, k));
        json_end_object(w);
    }
    json_end_object(w);
}

static void write_components(const OpenApi *api)
{
    JsonWriter *w = api->writer;
    json_key(w, "components");
    json_begin_object(w);
    json_key(w, "schemas");
    json_begin_object(w);
    for (size_t i = 0; i < api->n_tables; i++)
        for (size_t k = 0; k < api->tables[i]->n_shapes; k++)
            write_shape(api, &api->tables[i]->shapes[k]);
    json_end_object(w);
    json_key(w, "securitySchemes");
    json_begin_object(w);
    json_key(w, "session");
    json_begin_object(w);
    json_member_cstr(w, "type", "apiKey");
    member_pair(w, "in", "cookie", "name", "__Host-bihuan");
    json_member_cstr(w, "description", "without TLS (on loopback) the cookie is named bihuan; changes also carry X-CSRF-Token");
    json_end_object(w);
    json_end_object(w);
    json_end_object(w);
}

void http_openapi(const RouteTable *const *tables, size_t n_tables, GString *out)
{
    g_autoptr(Router) router = router_new(tables, n_tables);
    JsonWriter writer;
    json_writer_init(&writer, out, false);
    OpenApi api = { &writer, tables, n_tables };
    json_begin_object(&writer);
    json_member_cstr(&writer, "openapi", "3.1.0");
    json_key(&writer, "info");
    json_begin_object(&writer);
    member_pair(&writer, "title", "Bihuan", "version", "1");
    json_end_object(&writer);
    write_paths(&api, router);
    write_components(&api);
    json_end_object(&writer);
}
