/* bihuan serve: the store at work until it is told to end. */
#include <stdio.h>

#include "cmd/service.h"
#include "ledger/scope.h"
#include "org/org.h"

#include "base/banned.h"

const Option serve_options[] = {
    STORE_OPTIONS,
    { "listen", "ADDRESS", "listen here (default: 127.0.0.1); beyond this machine only with TLS or --behind-proxy" },
    { "port", "PORT", "the port (default: 8420; 0: any free one)" },
    { "tls-certificate", "FILE", "the certificate with its chain, PEM" },
    { "tls-key", "FILE", "its key, PEM" },
    { "behind-proxy", "true|false", "whether a proxy in front does TLS; it is then believed about addresses" },
    { "log-level", "LEVEL", "debug, info, warning or error" },
    { "log-path", "FILE", "the log, JSON lines (default: standard error)" },
    { NULL, NULL, NULL },
};

/* The first start of a live store: one security administrator, whose password is shown here and never again. */
static bool greet_first_administrator(const Store *store, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) failure = NULL;
    Str username, password;
    if (first_administrator(store->db, store->clock, arena, &username, &password, &failure))
        printf("first start: log in as " STR_FMT " with the password " STR_FMT "\n"
               "it is shown only now; this account makes all others\n",
               STR_ARG(username), STR_ARG(password));
    if (!failure)
        return true;
    g_propagate_error(err, g_steal_pointer(&failure));
    return false;
}

bool cmd_serve(const Args *args, GError **err)
{
    service_block_signals();
    g_autoptr(Store) store = store_open(args, STORE_OWN, err);
    /* An import of organisations that was cut off may have left tasks listed where their owners stood before. */
    if (!store || !bring_calendars(store, err) || (!store->demo && !greet_first_administrator(store, err)) || !task_scopes_catch_up(store->db, err))
        return false;
    g_autoptr(Service) service = service_start(store, SERVE_ALL, err);
    if (!service)
        return false;
    service_run_jobs(service);
    printf("serving %s\n", service_address(service));
    fflush(stdout);
    service_wait_for_signal();
    return true;
}
