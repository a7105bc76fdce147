/* api.h: what cmd brings together for the API of docs/internals/api.md. */
#pragma once

#include "http/http.h"
#include "org/org.h"

/* What the API's routes and jobs need beside HttpApp; hangs on HttpApp.data. */
typedef struct {
    const KeyRing *keys;
    SessionLimits sessions;
    bool demo;
} BhApp;

/* Sessions as org keeps them. `app` outlives the server. */
HttpAuth api_auth(const BhApp *app);

/* read-document, import-orgs, import-accounts, verify-audit, anchor. JobRun.data is the HttpApp. */
extern const JobKind api_job_kinds[];
