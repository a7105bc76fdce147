/* register_check.h: private to ledger: the table of checks, between the files that read definitions and those that use them. */
#pragma once

#include "ledger/register.h"

/* One check of a definition. BH_BAD_INPUT with a JSON pointer. */
bool register_rule_read(const JsonValue *value, const Register *reg, RegisterRule *ret_rule, GError **err);

const RegisterField *register_field(const Register *reg, Str name); /* NULL: none of that name */

/* The folded form of a key, as entries are looked up by it. */
Str register_key(Str text, Arena *arena);

/* All entries of a key, withdrawn ones included. */
typedef struct {
    RegisterRow *v;
    size_t n;
} RegisterRows;
bool register_rows_of_key(DbConn *conn, Arena *arena, int64_t reg, Str key, RegisterRows *ret_rows, GError **err);

/* What the register says now of a piece of evidence that names one. */
bool register_check_again(DbConn *tx, Arena *arena, const Task *task, const TaskEvidence *evidence, const Clock *clock, int64_t at_ms, TaskEvidence *ret_after, GError **err);

/* Keeps it. */
bool register_check_keep(DbConn *tx, Arena *arena, const TaskEvidence *evidence, GError **err);
