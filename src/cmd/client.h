/* client.h: private to cmd: a command's way to the store, which is always the API over DATA/bihuan.sock. Where a server answers there it is asked; else this
 * process takes the store and answers itself as long as the command lasts: there is one implementation of everything.
 *
 * Without --as the command acts as who owns the socket: an administrator, and nobody else. With it, as that user, whose password comes from
 * BIHUAN_PASSWORD, from --password-file, or is asked for, and the code of whose second factor from BIHUAN_CODE, or is asked for. With BIHUAN_TOKEN, and without
 * --as, as the account of that token. */
#pragma once

#include "base/json.h"
#include "cmd/store.h"

/* What client_open understands, beside STORE_OPTIONS. */
#define CLIENT_OPTIONS \
    { "as", "USER", "act as this user; the password is in BIHUAN_PASSWORD or --password-file, or is asked for" }, \
    { "password-file", "FILE", "the password of --as: the first line of this file" }

typedef struct Client Client;

Client *client_open(const Args *args, GError **err);
void client_close(Client *client); /* logs out */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_close)

enum { NO_VERSION = -1 };

typedef struct {
    const char *method;
    Str path;        /* behind /api/v1, with its query */
    Str body;        /* JSON, or STR_NONE */
    int64_t version; /* of If-Match; NO_VERSION: none */
} ClientCall;

/* One call. The answer's text and tree are in arena; the tree is NULL where nothing came back. A problem becomes an error of its class with its message,
 * place and hint. */
typedef struct {
    Str text;
    const JsonValue *json;
} ClientAnswer;
bool client_call(Client *client, const ClientCall *call, Arena *arena, ClientAnswer *ret_answer, GError **err);
bool client_get(Client *client, Str path, Arena *arena, const JsonValue **ret_json, GError **err);

/* Saves what a path answers as a new file or over an old one. */
bool client_download(Client *client, Str path, const char *file, GError **err);

/* Sends a file in pieces; progress on standard error where that is a terminal. */
bool client_upload(Client *client, const char *file, Arena *arena, Str *ret_uid, GError **err);

/* Waits for the job of an answer {"job":{…}} to end, showing its progress; BH_… of its error where it failed. */
bool client_wait(Client *client, const JsonValue *accepted, Arena *arena, ClientAnswer *ret_job, GError **err);

/* The path with the value appended, %-encoded. */
Str client_escape(Str value, Arena *arena);

/* The first line of a file, or what is typed at the terminal without showing it. Wiped by who gets it. */
char *password_read(const char *file, const char *prompt, GError **err);
