/* cmd.h: the commands of the program. A command is a row of the table in main.c; help, completion and the man page are made from it. */
#pragma once

#include "base/error.h"

/* --- Arguments --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;  /* without the two hyphens */
    const char *value; /* what it takes, for the help ("FILE"); NULL: it is a flag */
    const char *help;
} Option;

/* What stood behind the command's name: `--name value`, `--name=value`, flags, and operands. "-" is an operand; behind "--" all are. */
typedef struct Args Args;

/* Reads them against the command's options (ended by a row without name). NULL and BH_USAGE: an option that it does not know, that is
 * given twice, or that lacks its value. The strings of argv are kept, not copied. */
Args *args_parse(const Option *options, int argc, char **argv, GError **err);
void args_free(Args *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Args, args_free)

bool args_takes(const Args *args, const char *option); /* whether the command's table has it */
bool args_has(const Args *args, const char *option);
const char *args_value(const Args *args, const char *option); /* NULL: not given */
size_t args_count(const Args *args);                          /* operands */
const char *args_operand(const Args *args, size_t index);

/* --- Commands ---------------------------------------------------------------------------------------------------- */

typedef struct Call Call; /* call.h */

typedef struct {
    const char *name;
    bool (*run)(const Args *args, GError **err); /* prints its result to standard output; what it returns in err, main prints */
    const char *usage; /* operands: "FILE..." */
    const char *help;  /* one line */
    const Option *options;
    const char *more;  /* paragraphs for `bihuan help COMMAND` and the man page, or NULL */
    const Call *calls; /* instead of run, usage and options: what stands behind the name; ends with a row without name */
} Command;

extern const Command commands[]; /* ends with a row without name */

const Command *command_find(const char *name); /* NULL: there is none */
const Call *call_find(const Command *command, const char *name);

/* help.c: everything that is printed from the table. */
void help_all(GString *out);
void help_command(const Command *command, GString *out);
void help_call(const Command *command, const Call *call, GString *out);
void help_man(GString *out);             /* the man page's source */
void help_bash_completion(GString *out); /* to be sourced by bash */

bool cmd_help(const Args *args, GError **err);
bool cmd_completion(const Args *args, GError **err);
bool cmd_read(const Args *args, GError **err);
bool cmd_serve(const Args *args, GError **err);
bool cmd_demo(const Args *args, GError **err);
bool cmd_key(const Args *args, GError **err);
bool cmd_backup(const Args *args, GError **err);
bool cmd_restore(const Args *args, GError **err);
bool cmd_upgrade(const Args *args, GError **err);
bool cmd_doctor(const Args *args, GError **err);
bool cmd_config(const Args *args, GError **err);
bool cmd_import(const Args *args, GError **err);

extern const Option help_options[], read_options[], no_options[], serve_options[], demo_options[], key_options[], backup_options[],
    restore_options[], upgrade_options[], doctor_options[], config_options[], import_options[];

/* Writes to standard output; BH_INTERNAL where that fails, but a reader that closed the pipe is none of our faults. */
bool print_out(Str text, GError **err);
