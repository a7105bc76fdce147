#include "http/router.h"

#include "http/notation.h"

#include "base/banned.h"

/* A tree of segments: a request's path is cut once and walked down, whatever the number of routes. Of two ways, a
 * segment that stands in the table goes before a parameter, and the walk comes back for the parameter if it fails further
 * down. Its depth is that of the longest pattern, so this cannot run away. */
typedef struct RouteNode RouteNode;
struct RouteNode {
    Str segment;
    RouteNode *next, *children, *parameter;
    const RouteInfo *methods[HTTP_METHOD_COUNT];
};

struct Router {
    RouteNode root;
    RouteInfo *infos;
    size_t n_infos;
    Arena *arena;
};

const char *method_name(HttpMethod method)
{
    static const char *const names[] = { "GET", "POST", "PATCH", "DELETE", "other" };
    return names[method];
}

static RouteNode *child_for(Router *router, RouteNode *node, Str segment)
{
    for (RouteNode *child = node->children; child; child = child->next)
        if (str_eq(child->segment, segment))
            return child;
    RouteNode *child = ARENA_NEW(router->arena, RouteNode);
    *child = (RouteNode) { .segment = segment, .next = node->children };
    return node->children = child;
}

static RouteNode *parameter_of(Router *router, RouteNode *node)
{
    if (!node->parameter)
        node->parameter = ARENA_NEW(router->arena, RouteNode);
    return node->parameter;
}

static bool is_parameter(Str segment)
{
    return str_starts(segment, STR("{")) && str_ends(segment, STR("}"));
}

static void add_path(Router *router, RouteInfo *info)
{
    RouteNode *node = &router->root;
    Str rest = str_from_at(str_from(info->route->path), 1);
    for (size_t depth = 0; rest.p; depth++) {
        if (depth == ROUTE_SEGMENTS_MAX)
            g_error("route %s: too many segments", info->route->path);
        Str segment = str_cut(&rest, '/');
        if (is_parameter(segment)) {
            info->path[info->n_path++] = notation_param((Str) { segment.p + 1, segment.n - 2 }, PARAM_UID);
            node = parameter_of(router, node);
        } else {
            node = child_for(router, node, segment);
        }
    }
    if (node->methods[info->route->method])
        g_error("route %s stands twice", info->route->path);
    node->methods[info->route->method] = info;
}

static void read_query_notation(RouteInfo *info)
{
    Str rest = str_from(info->route->query), word;
    while (notation_word(&rest, &word)) {
        if (info->n_query == ROUTE_QUERY_MAX)
            g_error("route %s: too many parameters", info->route->path);
        info->query[info->n_query++] = notation_param(word, PARAM_TEXT);
    }
}

static void add_table(Router *router, const RouteTable *table)
{
    for (size_t i = 0; i < table->n_routes; i++) {
        RouteInfo *info = &router->infos[router->n_infos];
        *info = (RouteInfo) { .route = &table->routes[i], .index = router->n_infos };
        router->n_infos++;
        add_path(router, info);
        read_query_notation(info);
    }
}

/* --- Workbooks of lists ------------------------------------------------------------------------------------------------ */

static const RouteInfo *look_for_route(const Router *router, HttpMethod method, const char *path)
{
    for (size_t i = 0; i < router->n_infos; i++)
        if (router->infos[i].route->method == method && strcmp(router->infos[i].route->path, path) == 0)
            return &router->infos[i];
    return NULL;
}

static const RouteInfo *find_route(const Router *router, HttpMethod method, const char *path)
{
    const RouteInfo *found = look_for_route(router, method, path);
    if (found)
        return found;
    g_error("there is no route %s %s for a list", method_name(method), path);
}

/* The parameters of a list but those of its pages. */
static const char *export_query(Router *router, const char *query)
{
    static const char *const pages[] = { "limit:limit", "cursor", "total:bool" };
    g_autoptr(GString) all = g_string_new("lang:zh|en");
    Str rest = str_from(query), word;
    while (notation_word(&rest, &word)) {
        bool page = false;
        for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
            page |= str_eq(word, str_from(pages[i]));
        if (!page)
            g_string_append_printf(all, " " STR_FMT, STR_ARG(word));
    }
    return arena_str(router->arena, str_from_gstring(all)).p;
}

static void add_import(Router *router, const HttpExport *export)
{
    const RouteInfo *list = find_route(router, HTTP_GET, export->path);
    Route *route = ARENA_NEW(router->arena, Route);
    *route = (Route) { .method = HTTP_POST, .path = export->import, .need = list->route->need, .handler = import_list, .body = HTTP_JSON,
                       .answer = "JobAccepted", .summary = "check or apply the list as a workbook or CSV" };
    RouteInfo *info = &router->infos[router->n_infos];
    *info = (RouteInfo) { .route = route, .index = router->n_infos, .export = export, .exported = list };
    info->patched = export->patch ? find_route(router, HTTP_PATCH, export->patch) : NULL;
    if (export->whole && !look_for_route(router, HTTP_POST, export->whole))
        info->added = find_route(router, HTTP_PATCH, export->whole);
    else
        info->added = export->whole || export->add ? find_route(router, HTTP_POST, export->whole ? export->whole : export->add) : NULL;
    router->n_infos++;
    add_path(router, info);
}

static void add_export(Router *router, const HttpExport *export)
{
    const RouteInfo *list = find_route(router, HTTP_GET, export->path);
    Route *route = ARENA_NEW(router->arena, Route);
    *route = (Route) { .method = HTTP_GET, .path = export->as ? export->as : arena_printf(router->arena, "%s.xlsx", export->path).p, .need = list->route->need,
                       .handler = export_list, .query = export_query(router, list->route->query), .summary = "the same list as a workbook" };
    RouteInfo *info = &router->infos[router->n_infos];
    *info = (RouteInfo) { .route = route, .index = router->n_infos, .export = export, .exported = list };
    router->n_infos++;
    add_path(router, info);
    read_query_notation(info);
}

Router *router_new(const RouteTable *const *tables, size_t n_tables)
{
    Router *router = g_new0(Router, 1);
    router->arena = arena_new();
    size_t n = 0;
    for (size_t i = 0; i < n_tables; i++)
        n += tables[i]->n_routes + 2 * tables[i]->n_exports;
    router->infos = ARENA_ARRAY(router->arena, RouteInfo, n);
    for (size_t i = 0; i < n_tables; i++)
        add_table(router, tables[i]);
    for (size_t i = 0; i < n_tables; i++)
        for (size_t k = 0; k < tables[i]->n_exports; k++)
            add_export(router, &tables[i]->exports[k]);
    for (size_t i = 0; i < n_tables; i++)
        for (size_t k = 0; k < tables[i]->n_exports; k++)
            if (tables[i]->exports[k].import)
                add_import(router, &tables[i]->exports[k]);
    return router;
}

void router_free(Router *router)
{
    if (!router)
        return;
    arena_free(router->arena);
    g_free(router);
}

size_t router_count(const Router *router)
{
    return router->n_infos;
}

const RouteInfo *router_get(const Router *router, size_t index)
{
    return &router->infos[index];
}

/* --- Matching ------------------------------------------------------------------------------------------------------ */

typedef struct {
    Str segments[ROUTE_SEGMENTS_MAX];
    size_t n;
    Str *values;
} Walk;

static bool has_method(const RouteNode *node)
{
    for (int m = 0; m < HTTP_METHOD_COUNT; m++)
        if (node->methods[m])
            return true;
    return false;
}

/* The node at which segments from `depth` on end; values of parameters are filled in from n_values. */
static const RouteNode *walk(const Walk *w, const RouteNode *node, size_t depth, size_t n_values)
{
    if (depth == w->n)
        return has_method(node) ? node : NULL;
    Str segment = w->segments[depth];
    for (const RouteNode *child = node->children; child; child = child->next)
        if (str_eq(child->segment, segment)) {
            const RouteNode *end = walk(w, child, depth + 1, n_values);
            if (end)
                return end;
        }
    if (!node->parameter || segment.n == 0)
        return NULL;
    w->values[n_values] = segment;
    return walk(w, node->parameter, depth + 1, n_values + 1);
}

static bool cut_path(Str path, Walk *w)
{
    if (!str_starts(path, STR("/")))
        return false;
    for (Str rest = str_from_at(path, 1); rest.p; w->n++) {
        if (w->n == ROUTE_SEGMENTS_MAX)
            return false;
        w->segments[w->n] = str_cut(&rest, '/');
    }
    return true;
}

RouteMatch router_match(const Router *router, HttpMethod method, Str path)
{
    RouteMatch match = { 0 };
    Walk w = { .values = match.path };
    const RouteNode *end = cut_path(path, &w) ? walk(&w, &router->root, 0, 0) : NULL;
    if (!end)
        return match;
    for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
        if (end->methods[m])
            match.allow |= 1u << m;
    match.info = method < HTTP_METHOD_COUNT ? end->methods[method] : NULL;
    return match;
}

/* --- Values -------------------------------------------------------------------------------------------------------- */

bool url_decode(Str s, bool plus_is_space, Arena *arena, Str *ret_text)
{
    bool plain = !s.n || (!memchr(s.p, '%', s.n) && !(plus_is_space && memchr(s.p, '+', s.n)));
    if (plain) {
        *ret_text = s;
        return utf8_valid(s, NULL);
    }
    char *out = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            if (s.n - i < 3 || !g_ascii_isxdigit(s.p[i + 1]) || !g_ascii_isxdigit(s.p[i + 2]))
                return false;
            out[n++] = (char) (g_ascii_xdigit_value(s.p[i + 1]) << 4 | g_ascii_xdigit_value(s.p[i + 2]));
            i += 2;
        } else {
            out[n++] = plus_is_space && s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    *ret_text = (Str) { out, n };
    return utf8_valid(*ret_text, NULL);
}

static bool check_value(const Param *param, const char *where, Str value, GError **err)
{
    Str rest = value;
    bool ok = true;
    if (param->several)
        while (ok && rest.p)
            ok = param_check(param, str_cut(&rest, ','));
    else
        ok = param_check(param, value);
    if (ok)
        return true;
    error_set(err, BH_BAD_INPUT, "parameter '" STR_FMT "' is not %s", STR_ARG(param->name), param_expected(param->type));
    return error_at(err, "%s:" STR_FMT, where, STR_ARG(param->name));
}

static bool broken_escape(const char *where, Str name, GError **err)
{
    error_set(err, BH_BAD_INPUT, "broken encoding in the address");
    return error_at(err, "%s:" STR_FMT, where, STR_ARG(name));
}

bool router_check_path(RouteMatch *match, Arena *arena, GError **err)
{
    for (size_t i = 0; i < match->info->n_path; i++) {
        const Param *param = &match->info->path[i];
        if (!url_decode(match->path[i], false, arena, &match->path[i]))
            return broken_escape("path", param->name, err);
        if (!check_value(param, "path", match->path[i], err))
            return false;
    }
    return true;
}

static bool find_param(const RouteInfo *info, Str name, size_t *ret_index)
{
    for (size_t i = 0; i < info->n_query; i++)
        if (str_eq(info->query[i].name, name)) {
            *ret_index = i;
            return true;
        }
    return false;
}

/* A name that nobody knows is repeated to the asker, but only as far as it is short and plain. */
static bool unknown_param(Str name, GError **err)
{
    Param word = { .type = PARAM_WORD };
    error_set(err, BH_BAD_INPUT, "no such parameter here");
    return param_check(&word, name) ? error_at(err, "query:" STR_FMT, STR_ARG(name)) : error_at(err, "query");
}

static bool read_pair(const RouteInfo *info, Str pair, Arena *arena, Str *values, GError **err)
{
    Str value = pair, name = str_cut(&value, '=');
    size_t i;
    if (!url_decode(name, true, arena, &name) || !find_param(info, name, &i))
        return unknown_param(name, err);
    if (values[i].p) {
        error_set(err, BH_BAD_INPUT, "parameter '" STR_FMT "' is given twice", STR_ARG(name));
        return error_at(err, "query:" STR_FMT, STR_ARG(name));
    }
    if (!value.p)
        value = STR("");
    if (!url_decode(value, true, arena, &values[i]))
        return broken_escape("query", info->query[i].name, err);
    return check_value(&info->query[i], "query", values[i], err);
}

bool router_read_query(const RouteInfo *info, Str query, Arena *arena, Str *ret_values, GError **err)
{
    for (size_t i = 0; i < info->n_query; i++)
        ret_values[i] = STR_NONE;
    while (query.p) {
        Str pair = str_cut(&query, '&');
        if (pair.n > 0 && !read_pair(info, pair, arena, ret_values, err))
            return false;
    }
    return true;
}
