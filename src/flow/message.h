/* message.h: what somebody is told: a line in his messages, once, with what it is about. Told in the transaction of the change that it tells of: he is
 * told if it happened. What it says in words the pages make of kind, level and params (i18n message.KIND). */
#pragma once

#include "org/org.h"

typedef struct {
    const char *kind;  /* reminder mention handover deputy returned relapse report assigned letter duty defects defects-late */
    const char *level; /* of a reminder, else NULL */
    AuditObject about; /* kind NULL: nothing in particular */
    Str params;        /* a JSON object of texts; STR_NONE: none. It may not say what the receiver may not read */
    int64_t by;        /* account; DB_NULL_INT: the engine. Nobody is told what he did himself */
    int64_t at_ms;
    int64_t holder; /* the account for which the receiver is told, as deputy; 0: for himself */
    Str uid; /* STR_NONE: a new one */
} Message;

bool message_send(DbConn *tx, int64_t account, const Message *message, GError **err);

/* Accounts that are told something, each once. Begins zeroed. */
typedef struct {
    Arena *arena;
    Date today;
    ARENA_LIST(int64_t) accounts;
    ARENA_LIST(int64_t) holders; /* of each: for whom he is told, as deputy; 0: for himself */
} Audience;

void audience_add(Audience *audience, int64_t account); /* DB_NULL_INT: nobody */

/* As deputy of the holder; who is told for himself already is told once. */
void audience_add_for(Audience *audience, int64_t account, int64_t holder);

/* A person who is named (a handler, a leader in charge), and who acts for him today. */
bool audience_add_person(DbConn *conn, Audience *audience, int64_t account, GError **err);

/* The accounts in use of an organisation, itself and not what lies below, that hold one of the roles. ret_n (may be NULL): how many, known ones included. */
bool audience_add_roles(DbConn *conn, Audience *audience, int64_t org, const Role *roles, size_t n_roles, size_t *ret_n, GError **err);

bool message_send_all(DbConn *tx, const Audience *audience, const Message *message, GError **err);

/* How many an account has not read yet. */
bool messages_unread(DbConn *conn, int64_t account, int64_t *ret_count, GError **err);
