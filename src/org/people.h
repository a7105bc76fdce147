/* people.h: private to org: persons, accounts and their roles in the making. */
#pragma once

#include "org/org.h"

typedef unsigned RoleSet;
#define ROLE_BIT(role) (1u << (role))

/* System, security and audit administration: one person holds at most one of them (等保: the three administrators are separate). */
bool roles_exclude(RoleSet roles);

bool roles_of_account(DbConn *conn, int64_t account, RoleSet *ret_roles, GError **err);

/* All roles that a person holds through any account. */
bool roles_of_person(DbConn *conn, int64_t person, RoleSet *ret_roles, GError **err);

/* 3 to 32 of a-z A-Z 0-9 . _ -, a letter or digit first. */
bool username_valid(Str username);

/* A resident identity number: 17 digits with a date that exists, and the check digit (GB 11643-1999, ISO 7064 MOD 11-2). */
bool id_number_valid(Str number);

typedef struct {
    Str name, id_number, telephone; /* the telephone only where the security administrator confirmed it */
} NewPerson;

/* The person with this proof, or a new one. Without a proof always a new one, who is not proven. */
bool person_find_or_make(DbConn *tx, Arena *arena, const NewPerson *person, const KeyRing *keys, int64_t *ret_id, GError **err);

/* ret_uid (may be NULL) lives in arena. BH_CONFLICT "username-taken". */
bool account_insert(DbConn *tx, Arena *arena, Str username, int64_t person, int64_t org, Str title, Str password_hash, bool must_change, int64_t now_ms,
                    int64_t *ret_id, Str *ret_uid, GError **err);

/* One grant a role. Where: who works, reports or heads a unit, in it and below; who issues, reviews, inspects or leads, in the unit's legal body and
 * below; administrators everywhere. BH_CONFLICT "roles-exclude" against the person's other accounts. */
bool grants_by_default(DbConn *tx, Arena *arena, int64_t account, const Org *org, RoleSet roles, GError **err);
