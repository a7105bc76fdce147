/* tasks.h: for tests of the ledger: plans and tasks in the city of the samples, made without a document, and people who work on them. */
#pragma once

#include "fixture.h"
#include "ledger/ledger.h"

/* Codes of samples/organisations.csv, separated by spaces. */
typedef struct {
    const char *lead, *support;
    int figures;  /* counted on the task; 0: evidence alone decides */
    int measures; /* as many, open */
    int targets;
    bool restricted, draft;
    const char *value, *unit; /* of its targets; NULL: 95 % */
    const char *title, *text; /* NULL: something */
    int due_in;               /* days; 0: 100 */
} TaskSpec;

/* A plan of this organisation with these tasks, issued by that account. The uids live in f->arena. */
Str tasks_issue(Fixture *f, const char *issuer, const char *issuer_code, const TaskSpec *specs, size_t n, Str *ret_uids);

/* One task with a plan of its own, issued by issuer01 for the commission. */
Str tasks_one(Fixture *f, TaskSpec spec);

Ledger tasks_ledger(const Fixture *f);
Actor tasks_actor(Fixture *f, const char *username);

/* The task as it stands; it must exist. */
const Task *tasks_load(Fixture *f, Str uid);

/* A verb by an account at the task's present version, with a reason where `reason` is not NULL, and for "suspend" an end in ten days. */
bool tasks_do(Fixture *f, const char *username, Str uid, const char *verb, const char *reason, GError **err);

/* An amendment at the task's present version; set: a JSON object. */
bool tasks_amend(Fixture *f, const char *username, Str uid, const char *set, const char *reason, GError **err);

/* A task by hand from a JSON object of its fields; its uid in f->arena, STR_NONE where it was refused. */
Str tasks_add(Fixture *f, const char *username, const char *source, const char *fields, bool issue, GError **err);

/* Evidence without a file; its uid in *ret_uid (may be NULL). */
bool tasks_evidence(Fixture *f, const char *username, Str uid, Str *ret_uid, GError **err);

/* All measures answered as done by that account. */
void tasks_answer(Fixture *f, const char *username, Str uid);

/* Takes a task of 990000-WJW-07 from issued to the state, each step by the one whose it is; "verified" by reviewer01. */
void tasks_bring(Fixture *f, Str uid, const char *state);

/* The chain holds and every row says what its events say. */
void tasks_assert_proven(Fixture *f);
