/* What is to be done with an arrival, as JSON: in the store, in the API, and in mappings. */
#include "hub/arrive.h"

#include "base/limits.h"

#include "base/banned.h"

void hub_options_write(JsonWriter *json, const HubFileOptions *options)
{
    char delimiter[2] = { options->delimiter, 0 };
    json_begin_object(json);
    if (options->encoding.p)
        json_member_str(json, "encoding", options->encoding);
    if (options->delimiter)
        json_member_cstr(json, "delimiter", delimiter);
    if (options->sheet.p)
        json_member_str(json, "sheet", options->sheet);
    if (options->header_row)
        json_member_int(json, "header_row", options->header_row);
    json_end_object(json);
}

/* "\t" may be written as such, or as the word. */
static bool read_delimiter(const JsonValue *object, char *ret_delimiter, GError **err)
{
    Str text = STR_NONE;
    if (!json_opt_str(object, "delimiter", &text, err))
        return false;
    if (!text.p || text.n == 0)
        return true;
    if (str_eq(text, STR("tab")))
        text = STR("\t");
    if (text.n != 1 || text.p[0] == '"' || text.p[0] == '\n' || text.p[0] == '\r')
        return json_bad(json_get(object, "delimiter"), err, "a delimiter is one character, such as ',' or ';', or \"tab\"");
    *ret_delimiter = text.p[0];
    return true;
}

bool hub_options_read(const JsonValue *object, HubFileOptions *ret_options, GError **err)
{
    static const Str encodings[] = { STR_INIT("utf-8"), STR_INIT("gb18030"), STR_INIT("gbk"), STR_INIT("utf-16le"), STR_INIT("utf-16be") };
    HubFileOptions options = { 0 };
    if (!json_opt_str(object, "encoding", &options.encoding, err) || !json_opt_str(object, "sheet", &options.sheet, err)
        || !json_opt_int(object, "header_row", -1, 1000, &options.header_row, err) || !read_delimiter(object, &options.delimiter, err))
        return false;
    bool known = !options.encoding.p;
    for (size_t i = 0; i < G_N_ELEMENTS(encodings) && !known; i++)
        if (options.encoding.n == encodings[i].n && g_ascii_strncasecmp(options.encoding.p, encodings[i].p, encodings[i].n) == 0) {
            options.encoding = encodings[i]; /* readers take it as C calls it: with a NUL behind, which a text of the JSON has not */
            known = true;
        }
    if (!known)
        return json_bad(json_get(object, "encoding"), err, "an encoding is utf-8, gb18030, gbk, utf-16le or utf-16be");
    *ret_options = options;
    return true;
}

void hub_columns_write(JsonWriter *json, const HubColumn *columns, size_t n)
{
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(json);
        json_member_str(json, "from", columns[i].from);
        json_member_str(json, "to", columns[i].to.n > 0 ? columns[i].to : STR_NONE);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool read_column(const JsonValue *value, HubColumn *ret_column, GError **err)
{
    HubColumn column = { .to = STR("") };
    if (value->type != JSON_BEGIN_OBJECT)
        return json_bad(value, err, "a column is an object with from and to");
    if (!json_get_str(value, "from", &column.from, err) || !json_opt_str(value, "to", &column.to, err))
        return false;
    if (column.from.n == 0 || utf8_length(column.from) > LIMIT_NAME_CHARS)
        return json_bad(json_get(value, "from"), err, "a heading has 1 to %d characters", LIMIT_NAME_CHARS);
    *ret_column = column;
    return true;
}

static bool is_twice(const HubColumn *columns, size_t n, const HubColumn *column)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(columns[i].from, column->from) || (column->to.n > 0 && str_eq(columns[i].to, column->to)))
            return true;
    return false;
}

bool hub_columns_read(const JsonValue *array, Arena *arena, const HubColumn **ret_columns, size_t *ret_n, GError **err)
{
    size_t n = 0;
    if (!array || array->type == JSON_NULL) {
        *ret_columns = NULL;
        *ret_n = 0;
        return true;
    }
    if (array->type != JSON_BEGIN_ARRAY || array->count > HUB_MAPPING_COLUMNS)
        return json_bad(array, err, "columns are a list of at most %d", HUB_MAPPING_COLUMNS);
    HubColumn *columns = ARENA_ARRAY(arena, HubColumn, array->count + 1);
    for (const JsonValue *value = array->first; value; value = value->next, n++) {
        if (!read_column(value, &columns[n], err))
            return false;
        if (is_twice(columns, n, &columns[n])) {
            json_bad(value, err, "a heading, and a field, stands once in a mapping");
            return error_detail(err, "column-twice");
        }
    }
    *ret_columns = columns;
    *ret_n = n;
    return true;
}

void hub_wish_write(JsonWriter *json, const HubWish *wish)
{
    json_begin_object(json);
    json_key(json, "options");
    hub_options_write(json, &wish->options);
    if (wish->columns) {
        json_key(json, "columns");
        hub_columns_write(json, wish->columns, wish->n_columns);
    }
    if (wish->dry_run)
        json_member_bool(json, "dry_run", true);
    if (wish->sure)
        json_member_bool(json, "sure", true);
    json_end_object(json);
}
