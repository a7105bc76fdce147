/* api.h: what cmd brings together for the API of docs/internals/api.md. */
#pragma once

#include "http/http.h"
#include "hub/hub.h"
#include "org/org.h"

/* Wrong tokens by the address they came from (guesses.c). Any thread. */
typedef struct Guesses Guesses;
Guesses *guesses_new(void);
void guesses_free(Guesses *guesses);

/* What was counted over very large scopes a moment ago (report-cache.h). Any thread. */
typedef struct ReportCache ReportCache;
ReportCache *report_cache_new(void);
void report_cache_free(ReportCache *cache);

/* What the API's routes and jobs need beside HttpApp; hangs on HttpApp.data. */
typedef struct {
    const KeyRing *keys;
    SessionLimits sessions;
    bool demo;
    bool second_required; /* of administrators and leaders: without a second factor they can do nothing but get one */
    Guesses *guesses;     /* of tokens */
    ReportCache *reports;
    Hub *hub;             /* NULL: no packs are installed */
    const PackSections *sections; /* with which packs are loaded; NULL: none */
    HubPersons *persons;  /* of records */
} BhApp;

/* Sessions as org keeps them. `app` outlives the server. */
HttpAuth api_auth(const BhApp *app);

/* JobsOptions.look: gives a job to each arrival that nobody carries out: a crash left it while its sender waited, or how it ended could not be written on a full disk. A few times; then it has failed. */
bool api_resume(void *http_app, GError **err);

/* read-document, import-orgs, import-accounts, verify-audit, anchor. JobRun.data is the HttpApp. */
extern const JobKind api_job_kinds[];
