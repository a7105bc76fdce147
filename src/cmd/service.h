/* service.h: private to cmd: a store at work: its jobs, the API over HTTP and the socket, the pages. */
#pragma once

#include "cmd/store.h"
#include "http/http.h"
#include "hub/hub.h"

typedef struct Service Service;

typedef enum {
    SERVE_ALL,   /* as configured, and the store's socket */
    SERVE_LOCAL, /* the socket alone: for one command where no server runs */
} ServeMode;

/* Starts the server; jobs run from service_run_jobs on. The store outlives it. Signals that should end it must be blocked before, so that no thread takes
 * them. */
Service *service_start(Store *store, ServeMode mode, GError **err);
void service_stop(Service *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Service, service_stop)

/* "http://127.0.0.1:8420/", as long as the service lives; of SERVE_ALL. */
const char *service_address(const Service *service);

/* Blocks SIGINT and SIGTERM for this thread and those it starts; tells whether one of them came meanwhile; waits for one. */
void service_block_signals(void);
bool service_shall_end(void);
void service_wait_for_signal(void);

/* What comes in goes through it. */
Hub *service_hub(Service *service);

/* The jobs, for a command that runs what is due itself; service_run_jobs has them run as they come. */
Jobs *service_jobs(Service *service);
void service_run_jobs(Service *service);
