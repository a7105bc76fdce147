/* router.h: private to http: tables of routes made into a tree of segments, and the parameters of a request read by it.
 *
 * The tree never changes once built: any thread may match. Everything that comes from outside (path, query) may be any
 * bytes. */
#pragma once

#include "http/http.h"

enum { ROUTE_SEGMENTS_MAX = 12, ROUTE_QUERY_MAX = 48 };

typedef enum {
    PARAM_TEXT, PARAM_UID, PARAM_WORD, PARAM_INT, PARAM_BOOL, PARAM_DATE, PARAM_LIMIT, PARAM_CHOICE,
} ParamType;

typedef struct {
    Str name;
    ParamType type;
    bool several; /* values separated by commas */
    Str words;    /* PARAM_CHOICE: "a|b|c" */
} Param;

/* A route, its notation read. */
typedef struct RouteInfo RouteInfo;
struct RouteInfo {
    const Route *route;
    size_t index; /* in the order of the tables: for metrics */
    Param path[ROUTE_SEGMENTS_MAX];
    size_t n_path;
    Param query[ROUTE_QUERY_MAX];
    size_t n_query;
    const HttpExport *export; /* it is the workbook of the list `exported`; NULL: it is not */
    const RouteInfo *exported;
    const RouteInfo *patched, *added; /* of what takes that workbook back: by which a row is changed, and made (or the whole list set) */
};

const char *method_name(HttpMethod method);

typedef struct Router Router;

/* Makes the routes of workbooks too (export.c). Two routes of one method and pattern, or notation that cannot be read, are mistakes of the program and end it. */
Router *router_new(const RouteTable *const *tables, size_t n_tables);
void router_free(Router *router);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Router, router_free)

size_t router_count(const Router *router);
const RouteInfo *router_get(const Router *router, size_t index);

typedef struct {
    const RouteInfo *info; /* NULL: the path is known, the method is not; or nothing is */
    Str path[ROUTE_SEGMENTS_MAX];   /* values of its parameters, in the pattern's order, as they came */
    unsigned allow;        /* bit 1 << HttpMethod for each method of the path; 0: no such path */
} RouteMatch;

/* `path` as it came, without the query. */
RouteMatch router_match(const Router *router, HttpMethod method, Str path);

/* Decodes and checks in place the values of the path. BH_BAD_INPUT, `at` "path:uid". */
bool router_check_path(RouteMatch *match, Arena *arena, GError **err);

/* Reads a query string into ret_values, one a parameter of the route, STR_NONE where it is not given. BH_BAD_INPUT for unknown,
 * doubled and wrong ones, `at` "query:late". */
bool router_read_query(const RouteInfo *info, Str query, Arena *arena, Str *ret_values, GError **err);

/* %XX decoded (and '+' as a space, where asked); in arena if it differs. False: a broken escape, U+0000 or no UTF-8. */
bool url_decode(Str s, bool plus_is_space, Arena *arena, Str *ret_text);

/* export.c: the handler of a list's workbook. */
bool export_list(HttpRequest *request, GError **err);

/* import-list.c: the handler of one that comes back. */
bool import_list(HttpRequest *request, GError **err);
