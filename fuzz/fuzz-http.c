/* The target of a request, as it comes from the wire: whatever is matched and accepted must be of the types that the table names. */
#include "http/notation.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool never(HttpRequest *request, GError **err)
{
    (void) request;
    return error_set(err, BH_INTERNAL, "not called");
}

#define QUERY "t u:uid n:int b:bool d:date l:limit c:draft|issued s+:a|b-c w+:word"
static const Route routes[] = {
    { HTTP_GET, "/a", HTTP_SESSION, never, QUERY, HTTP_NO_BODY, NULL, .summary = "" },
    { HTTP_GET, "/a/b", HTTP_SESSION, never, QUERY, HTTP_NO_BODY, NULL, .summary = "" },
    { HTTP_PATCH, "/a/{uid}", HTTP_SESSION, never, QUERY, HTTP_NO_BODY, NULL, .summary = "" },
    { HTTP_GET, "/a/{text:text}/c/{word:word}", HTTP_SESSION, never, NULL, HTTP_NO_BODY, NULL, .summary = "" },
    { HTTP_DELETE, "/a/b/{n:int}/{d:date}", HTTP_SESSION, never, QUERY, HTTP_NO_BODY, NULL, .summary = "" },
};
static const RouteTable table = { routes, G_N_ELEMENTS(routes), NULL, 0 };

static void check_value(const Param *param, Str value)
{
    g_assert_true(utf8_valid(value, NULL));
    for (Str rest = value; rest.p;)
        g_assert_true(param_check(param, param->several ? str_cut(&rest, ',') : str_cut(&rest, '\0')));
}

static void check_query(const RouteInfo *info, Str query, Arena *arena)
{
    Str values[ROUTE_QUERY_MAX];
    if (!router_read_query(info, query, arena, values, NULL))
        return;
    for (size_t i = 0; i < info->n_query; i++)
        if (values[i].p)
            check_value(&info->query[i], values[i]);
}

static void check_target(const Router *router, Str target, Arena *arena)
{
    Str query = target, path = str_cut(&query, '?');
    unsigned allow = router_match(router, HTTP_METHOD_COUNT, path).allow;
    for (HttpMethod method = 0; method < HTTP_METHOD_COUNT; method++) {
        RouteMatch match = router_match(router, method, path);
        g_assert_cmpuint(match.allow, ==, allow);
        g_assert_true((match.info != NULL) == ((allow & 1u << method) != 0));
        if (!match.info)
            continue;
        g_assert_cmpint(match.info->route->method, ==, method);
        check_query(match.info, query, arena);
        if (router_check_path(&match, arena, NULL))
            for (size_t i = 0; i < match.info->n_path; i++)
                check_value(&match.info->path[i], match.path[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const RouteTable *const tables[] = { &table };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Router) router = router_new(tables, 1);
    check_target(router, (Str) { (const char *) data, size }, arena);
    return 0;
}
