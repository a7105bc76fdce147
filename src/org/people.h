/* people.h: private to org: persons, accounts and their roles in the making. */
#pragma once

#include "db/queries.h"
#include "org/org.h"

typedef unsigned RoleSet;
#define ROLE_BIT(role) (1u << (role))

/* System, security and audit administration: one person holds at most one of them (等保: the three administrators are separate). */
bool roles_exclude(RoleSet roles);
bool roles_refused(GError **err); /* BH_CONFLICT "roles-exclude" */

/* "handler reviewer", for an event. */
Str role_words(Arena *arena, RoleSet roles);

bool roles_of_account(DbConn *conn, int64_t account, RoleSet *ret_roles, GError **err);

/* All roles that a person holds through any account. */
bool roles_of_person(DbConn *conn, int64_t person, RoleSet *ret_roles, GError **err);

/* 3 to 32 of a-z A-Z 0-9 . _ -, a letter or digit first. */
bool username_valid(Str username);

typedef struct {
    Str name, id_number, telephone; /* the telephone only where the security administrator confirmed it */
} NewPerson;

#define PROOF_ID_NUMBER "id_number"
#define PROOF_TELEPHONE "telephone"

/* The proof of a person: an HMAC, so that the number itself stands nowhere. A number's letter X counts as written large. */
Str person_proof(Arena *arena, const char *kind, Str number, const KeyRing *keys);

/* The person with this proof, or a new one; BH_CONFLICT "person-known" where the known one has another name. Without a proof always a new one, who is not
 * proven (keys may be NULL). */
bool person_find_or_make(DbConn *tx, Arena *arena, const NewPerson *person, const KeyRing *keys, int64_t *ret_id, GError **err);

/* ret_uid (may be NULL) lives in arena. BH_CONFLICT "username-taken". */
bool account_insert(DbConn *tx, Arena *arena, Str username, int64_t person, int64_t org, Str title, Str password_hash, bool must_change, int64_t now_ms,
                    int64_t *ret_id, Str *ret_uid, GError **err);

/* Whether the person of an account may hold these roles too. BH_CONFLICT "roles-exclude". */
bool roles_fit_person(DbConn *tx, Arena *arena, int64_t account, RoleSet roles, GError **err);

/* One grant a role. Where: who works, reports or heads a unit, in it and below; who issues, reviews, inspects or leads, in the unit's legal body and
 * below; administrators everywhere. BH_CONFLICT "roles-exclude" against the person's other accounts. */
bool grants_by_default(DbConn *tx, Arena *arena, int64_t account, const Org *org, RoleSet roles, GError **err);

/* Writes a grant. */
typedef struct {
    int64_t account;
    Role role;
    WhereKind where;
    int64_t org, group; /* or DB_NULL_INT */
    Str area;
    bool by_plan;
    const Str *plans;
    size_t n_plans;
    Date from, to;
} GrantValues;
bool grant_insert(DbConn *tx, Arena *arena, const GrantValues *values, Str *ret_uid, GError **err);

/* All grants of an account are taken. */
bool grants_delete(DbConn *tx, int64_t account, GError **err);

/* A secret for one who logs in, 256 random bits as hex, and the SM3 by which it is stored. */
Str secret_new(Arena *arena);
void secret_hash(Str secret, char ret_hash[static HASH_TEXT_MAX]);

/* The account, which must not belong to the person who changes it: BH_FORBIDDEN "own-grant". by NULL: the engine. */
bool account_of_another(DbConn *tx, Arena *arena, Str uid, const User *by, AccountByUidRow *ret_row, GError **err);

/* An event about an account, with one member in its data (name NULL: none). */
void account_event(DbConn *tx, const AuditWho *who, const char *verb, Str uid, const char *name, Str value);
