/* register.h: registers that typed evidence is checked against (design/ledger.md, "Problems become numbers"): documents issued, trainings held, rosters
 * emptied, forms archived, photographs. One mechanism, set up by configuration: a register is a definition in JSON (docs/registers.md) with fields,
 * a key, checks and the words by which a task's text asks for it. No register is known here by name.
 *
 * Entries are made by the unit that they speak of (VERB_WORK there). A piece of evidence may name an entry, or a key that several share (a roster);
 * then the register's checks are made at once, again at each change of the entry, and again when the task is submitted and verified. Evidence
 * whose check fails is no evidence. */
#pragma once

#include "ledger/ledger.h"

typedef enum { FIELD_TEXT, FIELD_INT, FIELD_DATE } RegisterFieldType;
const char *register_field_type_name(RegisterFieldType type); /* "text", "int", "date" */

typedef struct {
    Str name, label, label_en;
    RegisterFieldType type;
    bool required;
} RegisterField;

typedef struct RegisterCheck RegisterCheck; /* a row of the table of checks in register_check.c */

typedef struct {
    const RegisterCheck *check;
    Str field, of;  /* names of fields, or STR_NONE */
    int64_t number; /* "value" or "percent" */
} RegisterRule;

typedef struct {
    int64_t id, version; /* of the store; 0 where only parsed */
    Str uid, code, proves, name, name_en;
    Str definition; /* canonical JSON */
    const RegisterField *fields;
    size_t n_fields;
    size_t key; /* index of the key field, a text */
    const RegisterRule *rules;
    size_t n_rules;
    const Str *words;
    size_t n_words;
} Register;

/* The evidence kinds that a register may prove. */
extern const char register_kinds[];

/* A definition, checked: BH_BAD_INPUT with `at` a JSON pointer for an unknown field type, a check that is not known or names no field, a key that is no
 * text field, names twice, over LIMIT_REGISTER_FIELDS. Texts in arena. */
bool register_parse(Str code, Str proves, Str definition, Arena *arena, Register *ret_register, GError **err);

/* What stands for `args` in the documentation and the API: the names of all checks. NULL at the end. */
const char *register_check_name(size_t index);

bool register_by_code(DbConn *conn, Arena *arena, Str code, Register *ret_register, GError **err); /* BH_NOT_FOUND */
bool register_proving(DbConn *conn, Arena *arena, Str kind, Register *ret_register, GError **err); /* the first by code; BH_NOT_FOUND */
bool register_by_id(DbConn *conn, Arena *arena, int64_t id, Register *ret_register, GError **err);

/* Makes a register (version 0) or changes one. VERB_ADMINISTER. BH_CONFLICT "version-stale", "register-known"; entries that are there stay as they are: a
 * field that is gone is no longer shown. */
bool register_put(const Ledger *ledger, const Actor *actor, Str code, int64_t version, Str proves, Str definition, GError **err);

/* --- Entries ------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t id, version, register_id, org, size, account, at;
    Str uid, key, org_uid, org_name, org_path, org_area;
    Date day;
    const JsonValue *fields; /* an object of texts */
    Str file_name, media, blob; /* STR_NONE: no file */
    bool withdrawn;
} RegisterRow;

typedef struct {
    Str org_uid;
    const JsonValue *fields; /* an object: texts, or integers for int fields; null or nothing: none */
    Str file_name, media, blob;
    int64_t size;
} NewRegisterRow;

bool register_row_load(DbConn *conn, Arena *arena, Str uid, RegisterRow *ret_row, GError **err); /* BH_NOT_FOUND */
MayObject register_row_facts(const RegisterRow *row, Arena *arena);

/* What stands in an event's "set" for an entry. */
bool register_row_value(DbConn *conn, Str uid, Arena *arena, Str *ret_value, GError **err);

/* BH_BAD_INPUT at "/fields/NAME" ("field-missing", "field-unknown", or a value not of its type); BH_FORBIDDEN; BH_NOT_FOUND for the organisation. */
bool register_row_add(const Ledger *ledger, const Actor *actor, Str code, const NewRegisterRow *row, Arena *arena, Str *ret_uid, GError **err);

/* Changes the fields named (the others stay), or withdraws the entry; checks the evidence of open tasks that rests on it anew, in the same transaction. */
bool register_row_set(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const JsonValue *fields, bool withdraw, GError **err);

/* --- Checking ------------------------------------------------------------------------------------------------------ */

/* What a register says of one piece of evidence. facts: a JSON list of {"code","ok","params"}; codes have words in i18n as check.CODE. */
typedef struct {
    bool held;
    Str facts;
} RegisterVerdict;

/* row NULL: all entries of `key`. BH_NOT_FOUND "entry-missing" if there is none. */
bool register_check(DbConn *conn, Arena *arena, const Register *reg, const Task *task, const RegisterRow *row, Str key, const Clock *clock, RegisterVerdict *ret_verdict, GError **err);

/* Which kinds of evidence the text of a task asks for: at most LIMIT_ASKS, by the words of the registers; none for a task with figures. Writes them, and puts
 * them into `task`; change_issued does it for every task that is given out. */
bool task_asks_write(DbConn *tx, Arena *arena, Task *task, GError **err);
