#include "http/server.h"

#include "base/banned.h"

Str http_path(const HttpRequest *request, const char *name)
{
    const Exchange *x = exchange_of_const(request);
    for (size_t i = 0; i < x->match.info->n_path; i++)
        if (str_eq(x->match.info->path[i].name, str_from(name)))
            return x->match.path[i];
    g_error("route %s has no {%s}", request->route->path, name);
}

Str http_query(const HttpRequest *request, const char *name)
{
    const Exchange *x = exchange_of_const(request);
    for (size_t i = 0; i < x->match.info->n_query; i++)
        if (str_eq(x->match.info->query[i].name, str_from(name)))
            return x->query_values[i];
    g_error("route %s has no parameter '%s'", request->route->path, name);
}

Str http_query_all(const HttpRequest *request)
{
    const Exchange *x = exchange_of_const(request);
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < x->match.info->n_query; i++)
        if (x->query_values[i].p)
            g_string_append_printf(text, "%zu %zu " STR_FMT " ", i, x->query_values[i].n, STR_ARG(x->query_values[i]));
    return arena_str(request->arena, str_from_gstring(text));
}

int64_t http_query_int(const HttpRequest *request, const char *name, int64_t otherwise)
{
    int64_t value = otherwise;
    Str text = http_query(request, name);
    if (text.p)
        str_to_int64(text, &value);
    return value;
}

bool http_query_flag(const HttpRequest *request, const char *name)
{
    return str_eq(http_query(request, name), STR("1"));
}

Date http_query_date(const HttpRequest *request, const char *name)
{
    Date date = DATE_NONE;
    Str text = http_query(request, name);
    if (text.p)
        date_parse(text, &date);
    return date;
}

Str http_header(const HttpRequest *request, const char *name)
{
    const Exchange *x = exchange_of_const(request);
    if (!x->connection)
        return strcmp(name, "If-Match") == 0 ? x->if_match : STR_NONE;
    return str_from(MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name));
}

bool http_if_match(const HttpRequest *request, int64_t *ret_version, GError **err)
{
    Str tag = http_header(request, "If-Match");
    if (!tag.p) {
        error_set(err, BH_PRECONDITION, "a change names the version that it was made on");
        return error_hint(err, "send If-Match with the object's version in quotes");
    }
    int64_t version;
    bool quoted = tag.n > 2 && str_starts(tag, STR("\"")) && str_ends(tag, STR("\""));
    if (quoted && str_to_int64((Str) { tag.p + 1, tag.n - 2 }, &version) && version >= 0) {
        *ret_version = version;
        return true;
    }
    error_set(err, BH_BAD_INPUT, "If-Match holds no version");
    return error_at(err, "header:If-Match");
}

bool http_check_version(const HttpRequest *request, int64_t present, GError **err)
{
    int64_t version;
    if (!http_if_match(request, &version, err))
        return false;
    if (version == present)
        return true;
    error_set(err, BH_CONFLICT, "it was changed meanwhile: version %" G_GINT64_FORMAT " is now %" G_GINT64_FORMAT, version, present);
    return error_detail(err, "version-stale");
}
