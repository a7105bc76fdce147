/* task_fields.h: private to ledger: the fields of a task that people write: by hand, by amendment, many at once. Values are JSON as the API has them. */
#pragma once

#include "base/json.h"
#include "ledger/change.h"

typedef struct {
    DbConn *tx;
    Arena *arena;
    Date today;
    Task *task; /* that of a change's `after`, or one that is to be made: plan, issuer and state are set */
} FieldWork;

typedef struct TaskField TaskField;

const TaskField *task_field(Str name); /* NULL: there is none */
const char *task_field_name(const TaskField *field);
bool task_field_marks(const TaskField *field);     /* what was promised changes: an amendment of it marks the task for good */
bool task_field_new_only(const TaskField *field);  /* only of a task that is being made */

/* Checks a value and puts it into the task; nothing is written. BH_BAD_INPUT with `at`, detail "org-unknown", "account-unknown", "leader-unreached" (not a leader
 * with a right over this task), "handler-not-in-lead", "reader-unreached" (has no role by which to read it). */
bool task_field_set(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err);

/* As the API shows it; lives in arena. */
Str task_field_print(const Task *task, const TaskField *field, Arena *arena);

/* All members of an object that are fields, in the order in which they hang together: owners before the handler. BH_BAD_INPUT for one that is none; `skip`: names
 * that are not meant, separated by spaces. */
bool task_fields_set(FieldWork *work, const JsonValue *object, const char *skip, GError **err);

/* The fields of the table in their order, NULL at the end. */
const TaskField *task_field_at(size_t index);
