/* call.h: private to cmd: commands that are calls of the API. Each is a row of a table: what it takes, the request that is made of it, how the answer is
 * shown; call.c carries out any of them. Those few that need more than one request (an edit that names the old value) have a function beside their table. */
#pragma once

#include "cmd/client.h"
#include "cmd/cmd.h"

typedef struct CallRun CallRun;

typedef enum {
    CALL_AS = 1,       /* a person's work: the administrator of the socket may not do it */
    CALL_VERSION = 2,  /* sends the version of the object at `object` */
    CALL_JOB = 4,      /* starts a job, and waits for it */
    CALL_PAGES = 8,    /* a list, page by page */
    CALL_ALONE = 16,   /* needs no store, and no option of one */
} CallFlags;

struct Call {
    const char *name; /* behind the command's: "list" */
    /* UID: any text; ORG, USER: looked up by name, and given as uid; FILE: sent as an upload; FILE... : one call each; OUT: a file to be written; [X]: may be missing. */
    const char *operands;
    const char *options; /* words of call_options */
    const char *help;
    const char *method;
    const char *path;    /* behind /api/v1: {uid} is the operand UID */
    const char *query;   /* options that are parameters of the query, by their own names */
    /* The body's members, blanks between: "note:--note" an option if it is given, "reason:--reason!" one that must be, "name:UID" an operand, "apply:!--check" true
     * unless given, "again:--again?" true if given, "kind:org@--org" a word if the option is given, "state:=active" a word,
     * "roles[]:--roles!" a list, an option of N a number, "person.name:--name!" in an object.
     * Words of one object stand together. */
    const char *body;
    unsigned flags;
    const char *object;  /* CALL_VERSION: "/tasks/{uid}" */
    bool (*run)(CallRun *run, GError **err); /* instead of method, path and body; or NULL */
    const char *view;    /* view.h; NULL: nothing is shown but the uid of what was made */
    bool (*direct)(const Args *args, GError **err); /* instead of all: reads the store itself, also beside a running server */
};

extern const Option call_options[];

/* The options of one call, ended by a row without name; g_free it. All say where the store is; those of the API also --json and --as. */
Option *call_options_of(const Call *call);

/* What a call is worked on with. */
struct CallRun {
    const Call *call;
    const Args *args;
    Client *client;
    Arena *arena;
    size_t file; /* of FILE...: which */
};

/* Runs a command's call. */
bool call_run(const Call *call, const Args *args, GError **err);

/* The operand of that name, looked up where it is an organisation or a user; STR_NONE where it was not given. */
bool call_operand(CallRun *run, const char *name, Str *ret_value, GError **err);
bool call_org(CallRun *run, Str name, Str *ret_uid, GError **err);
bool call_orgs(CallRun *run, Str names, Str *ret_uids, GError **err); /* several, commas between */

/* "/tasks/{uid}" with the operands in their places; the call's own path, and its query behind it. */
bool call_path(CallRun *run, const char *pattern, Str *ret_path, GError **err);
bool call_query(CallRun *run, Str *ret_path, GError **err);

/* Sends a request with a version and shows the answer, as run->call says. */
bool call_send(CallRun *run, const ClientCall *request, GError **err);

/* Shows an answer: its text for --json, else by the call's view. */
bool call_show(CallRun *run, const ClientAnswer *answer, GError **err);

/* Saves what the call's path and query name as the file OUT. */
bool call_export(CallRun *run, GError **err);

/* calls_plan.c: calls whose body is made of more than options. */
bool plan_stages_set(CallRun *run, GError **err);
bool task_split_call(CallRun *run, GError **err);
bool tasks_bulk_call(CallRun *run, GError **err);

/* --- The tables (calls.c, calls_*.c) -------------------------------------------------------------------------------------------------- */

extern const Call org_calls[], user_calls[], plan_calls[], ledger_calls[], job_calls[], audit_calls[], duty_calls[], calendar_calls[], message_calls[], remind_calls[];

extern const Call report_calls[], register_calls[], hub_calls[];

/* audit.c */
bool audit_verify_chain(const Args *args, GError **err);
bool audit_make_anchor(const Args *args, GError **err);
bool audit_rebuild(const Args *args, GError **err);
bool audit_export(const Args *args, GError **err);
bool audit_check_file(const Args *args, GError **err);
