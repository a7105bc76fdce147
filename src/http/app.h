/* app.h: private to http: what the routes of the program share: what is open, who asks, and the small pieces of JSON that recur. The shapes are
 * those of docs/internals/api.md. */
#pragma once

#include "db/build.h"
#include "http/api.h"
#include "ledger/ledger.h"

static inline const BhApp *api_app(const HttpRequest *request)
{
    return request->app->data;
}

static inline const User *api_user(const HttpRequest *request)
{
    return request->session->user;
}

/* The ledger for a request: its changes take the Idempotency-Key along. */
Ledger api_ledger(HttpRequest *request);
Actor api_actor(const HttpRequest *request);
AuditWho api_who(const HttpRequest *request);

/* Fails with BH_TOO_MANY where this address guessed too often in the last minute; counts one more. */
bool guesses_allow(Guesses *guesses, Str peer, int64_t now_ms, GError **err);
void guesses_count(Guesses *guesses, Str peer, int64_t now_ms);

/* Whether the user must have a second factor in this store. */
bool api_second_required(const BhApp *app, const User *user);

/* How a session or token stands for its account, for routes that only a person may ask. */
const Session *api_session(const HttpRequest *request);

/* Fails with BH_FORBIDDEN "token-not-here" for who came by a token: passwords, second factors and tokens are a person's. */
bool api_person(const HttpRequest *request, GError **err);

/* Fails with BH_FORBIDDEN and the code of why not. */
bool api_may(const HttpRequest *request, Verb verb, const MayObject *object, GError **err);

/* The same for a "may" of an object: with the role that may. */
Allowed api_allowed(const HttpRequest *request, Verb verb, const MayObject *object);
Allowed api_allowed_of(Arena *arena, const May *answer);

/* {"uid","name"}; null where uid is STR_NONE. */
void json_ref(JsonWriter *json, Str uid, Str text);
void json_member_ref(JsonWriter *json, const char *name, Str uid, Str text);
/* {"uid","name","org":{…}}, or null */
void json_person(JsonWriter *json, const PersonRef *person);
void json_member_person(JsonWriter *json, const char *name, const PersonRef *person);
/* "for": whom the asker acts for as deputy, as {"uid","name"}; null for himself. */
void json_member_for(JsonWriter *json, const Absent *of);
void json_member_instant(JsonWriter *json, const HttpRequest *request, const char *name, int64_t at); /* null for DB_NULL_INT */

/* "name":{"ok":true} or {"ok":false,"why":…,"params":{…}} */
void json_member_allowed(JsonWriter *json, const char *name, const Allowed *allowed);

/* The events of an object, oldest first, as a list. */
bool api_write_events(HttpRequest *request, DbConn *conn, const char *kind, Str uid, GError **err);

/* A stored file as an answer to save; `sha256` as the store keeps it. */
bool api_send_blob(HttpRequest *request, Str sha256, const char *media, Str name, int64_t size, GError **err);

/* What a file of that name is, by its ending; "application/octet-stream" for any that is not known. */
const char *media_of_name(Str name);

/* Starts a job for the asker and answers 202. `argument`: a JSON object, or STR_NONE. */
bool api_start_job(HttpRequest *request, const char *kind, Str argument, GError **err);

/* The draft documents of the asker's that want something, as rows of "my work" into an open array. */
bool api_write_waiting_documents(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err);

/* A date of the body, or DATE_NONE. */
bool api_read_date(const JsonValue *object, const char *name, Date *ret_date, GError **err);

/* Joins the notes of where records of persons stand; takes away persons whom no record was ever about (person-job.c). */
bool job_settle_records(JobRun *run, GError **err);
bool job_sweep_persons(JobRun *run, GError **err);

/* Keeps the reports that meetings want by now. */
bool job_reports(JobRun *run, GError **err);

void json_member_grants(JsonWriter *json, const Grant *grants, size_t n);
