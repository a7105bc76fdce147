#include "http/server.h"

#include "base/banned.h"

/* Counters only ever grow and are read one by one: a scrape may see one of a request's counts and not yet the other. */
static const int64_t bucket_us[] = { 1000, 5000, 25000, 100000, 500000, 2500000, 10000000 };

typedef struct {
    gint by_class[6]; /* 1xx … 5xx by first digit */
    gint64 us;
} RouteMetrics;

struct Metrics {
    size_t n_routes;
    gint buckets[G_N_ELEMENTS(bucket_us)];
    RouteMetrics routes[]; /* and one for what no route answered */
};

Metrics *metrics_new(const Router *router)
{
    size_t n = router_count(router);
    Metrics *metrics = g_malloc0(sizeof(Metrics) + (n + 1) * sizeof(RouteMetrics));
    metrics->n_routes = n;
    return metrics;
}

void metrics_free(Metrics *metrics)
{
    g_free(metrics);
}

void metrics_count(Metrics *metrics, size_t route_index, int status, int64_t us)
{
    RouteMetrics *route = &metrics->routes[route_index];
    g_atomic_int_inc(&route->by_class[CLAMP(status / 100, 0, 5)]);
    __atomic_fetch_add(&route->us, us, __ATOMIC_RELAXED);
    for (size_t i = 0; i < G_N_ELEMENTS(bucket_us); i++)
        if (us <= bucket_us[i])
            g_atomic_int_inc(&metrics->buckets[i]);
}

static void write_route(const RouteMetrics *route, const char *method, const char *path, GString *out)
{
    int64_t total = 0;
    for (int class = 1; class <= 5; class++) {
        int n = g_atomic_int_get(&route->by_class[class]);
        total += n;
        if (n > 0)
            g_string_append_printf(out, "bihuan_http_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} %d\n", method, path,
                                   class, n);
    }
    if (total > 0)
        g_string_append_printf(out, "bihuan_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n", method, path,
                               (double) __atomic_load_n(&route->us, __ATOMIC_RELAXED) / 1e6);
}

void metrics_write(const Metrics *metrics, const Router *router, GString *out)
{
    for (size_t i = 0; i < metrics->n_routes; i++) {
        const Route *route = router_get(router, i)->route;
        write_route(&metrics->routes[i], method_name(route->method), route->path, out);
    }
    write_route(&metrics->routes[metrics->n_routes], "any", "other", out);
    for (size_t i = 0; i < G_N_ELEMENTS(bucket_us); i++)
        g_string_append_printf(out, "bihuan_http_request_seconds_bucket{le=\"%g\"} %d\n", (double) bucket_us[i] / 1e6,
                               g_atomic_int_get(&metrics->buckets[i]));
}
