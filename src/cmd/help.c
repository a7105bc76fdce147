#include <errno.h>
#include <stdio.h>

#include "cmd/call.h"

#include "base/banned.h"

const Option no_options[] = { { NULL, NULL, NULL } };
const Option help_options[] = {
    { "man", NULL, "print the source of the man page" },
    { NULL, NULL, NULL },
};

const Command *command_find(const char *name)
{
    for (const Command *command = commands; command->name; command++)
        if (g_str_equal(command->name, name))
            return command;
    return NULL;
}

const Call *call_find(const Command *command, const char *name)
{
    for (const Call *call = command->calls; call && call->name; call++)
        if (g_str_equal(call->name, name))
            return call;
    return NULL;
}

bool print_out(Str text, GError **err)
{
    bool written = fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    return written || errno == EPIPE || error_set_errno(err, errno, "cannot write to standard output");
}

/* --- Help -------------------------------------------------------------------------------------------------------- */

/* What is said of a command, or of one of its calls. */
typedef struct {
    const char *name, *call; /* call: NULL for a command */
    const char *usage, *help, *more;
    const Option *options;
} Topic;

static Topic topic_of(const Command *command)
{
    return (Topic) { command->name, NULL, command->usage, command->help, command->more, command->options };
}

static Topic topic_of_call(const Command *command, const Call *call, const Option *options)
{
    return (Topic) { command->name, call->name, call->operands, call->help, NULL, options };
}

static void append_name(const Topic *topic, GString *out)
{
    g_string_append_printf(out, "bihuan %s%s%s", topic->name, topic->call ? " " : "", topic->call ? topic->call : "");
}

static void append_synopsis(const Topic *topic, GString *out)
{
    append_name(topic, out);
    for (const Option *option = topic->options; option->name; option++)
        g_string_append_printf(out, " [--%s%s%s]", option->name, option->value ? " " : "", option->value ? option->value : "");
    g_string_append_printf(out, "%s%s\n", topic->usage[0] ? " " : "", topic->usage);
}

void help_all(GString *out)
{
    g_string_append(out, "usage: bihuan COMMAND [OPTION...] [OPERAND...]\n\n");
    for (const Command *command = commands; command->name; command++)
        g_string_append_printf(out, "  %-12s %s\n", command->name, command->help);
    g_string_append(out, "\nbihuan help COMMAND says more.\n");
}

static void help_topic(const Topic *topic, GString *out)
{
    g_string_append(out, "usage: ");
    append_synopsis(topic, out);
    g_string_append_printf(out, "\n%s\n", topic->help);
    if (topic->options->name)
        g_string_append_c(out, '\n');
    for (const Option *option = topic->options; option->name; option++) {
        g_autofree char *form = g_strdup_printf("--%s %s", option->name, option->value ? option->value : "");
        g_string_append_printf(out, "  %-22s %s\n", form, option->help);
    }
    if (topic->more)
        g_string_append_printf(out, "\n%s\n", topic->more);
}

/* A command with calls: each on a line. */
static void help_group(const Command *command, GString *out)
{
    g_string_append_printf(out, "usage: bihuan %s CALL [OPTION...] [OPERAND...]\n\n%s\n\n", command->name, command->help);
    for (const Call *call = command->calls; call->name; call++) {
        g_autofree char *form = g_strdup_printf("%s %s", call->name, call->operands);
        g_string_append_printf(out, "  %-28s %s\n", form, call->help);
    }
    if (command->more)
        g_string_append_printf(out, "\n%s\n", command->more);
    g_string_append_printf(out, "\nbihuan help %s CALL says more.\n", command->name);
}

void help_command(const Command *command, GString *out)
{
    Topic topic = topic_of(command);
    if (command->calls)
        help_group(command, out);
    else
        help_topic(&topic, out);
}

void help_call(const Command *command, const Call *call, GString *out)
{
    g_autofree Option *options = call_options_of(call);
    Topic topic = topic_of_call(command, call, options);
    help_topic(&topic, out);
}

/* --- Man page ---------------------------------------------------------------------------------------------------- */

/* A hyphen is a minus, a backslash itself, and a line may not begin with a full stop or an apostrophe. */
static void append_roff(GString *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        bool line_begins = p == text || p[-1] == '\n';
        if (line_begins && (*p == '.' || *p == '\''))
            g_string_append(out, "\\&");
        if (*p == '\\' || *p == '-')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

static void append_man_topic(const Topic *topic, GString *out)
{
    g_autoptr(GString) name = g_string_new(NULL);
    append_name(topic, name);
    g_string_append(out, ".SS ");
    append_roff(out, name->str);
    g_string_append_printf(out, "%s%s\n", topic->usage[0] ? " " : "", topic->usage);
    append_roff(out, topic->help);
    g_string_append(out, ".\n");
    for (const Option *option = topic->options; option->name; option++) {
        g_string_append(out, ".TP\n\\fB\\-\\-");
        append_roff(out, option->name);
        g_string_append_printf(out, "\\fR%s%s\n", option->value ? " " : "", option->value ? option->value : "");
        append_roff(out, option->help);
        g_string_append_c(out, '\n');
    }
    if (topic->more) {
        g_string_append(out, ".PP\n");
        append_roff(out, topic->more);
        g_string_append_c(out, '\n');
    }
}

static void append_man_calls(const Command *command, GString *out)
{
    for (const Call *call = command->calls; call->name; call++) {
        g_autofree Option *options = call_options_of(call);
        Topic topic = topic_of_call(command, call, options);
        append_man_topic(&topic, out);
    }
}

static void append_man_command(const Command *command, GString *out)
{
    Topic topic = topic_of(command);
    if (command->calls)
        append_man_calls(command, out);
    else
        append_man_topic(&topic, out);
}

/* The statuses of error.h, each once. */
static void append_man_statuses(GString *out)
{
    g_string_append(out, ".SH EXIT STATUS\n.TP\n0\ndone\n");
    for (BhError code = 0; code <= BH_INTERNAL; code++)
        g_string_append_printf(out, ".TP\n%d\n%s\n", error_class(code)->exit_status, error_class(code)->name);
}

void help_man(GString *out)
{
    g_string_append(out, ".TH BIHUAN 1\n.SH NAME\nbihuan \\- turn official documents into measured, closed work\n"
                         ".SH SYNOPSIS\n\\fBbihuan\\fR COMMAND [OPTION...] [OPERAND...]\n.SH COMMANDS\n");
    for (const Command *command = commands; command->name; command++)
        append_man_command(command, out);
    append_man_statuses(out);
}

/* --- Completion -------------------------------------------------------------------------------------------------- */

static void append_option_words(const Option *options, GString *out)
{
    g_string_append(out, "--help");
    for (const Option *option = options; option->name; option++)
        g_string_append_printf(out, " --%s", option->name);
}

static void append_case(GString *out, const char *name, const char *call)
{
    g_string_append_printf(out, "        '%s%s%s') words='", name, call ? " " : "", call ? call : "");
}

/* For a command with calls: their names, then the options of each. */
static void append_call_cases(const Command *command, GString *out)
{
    append_case(out, command->name, NULL);
    for (const Call *call = command->calls; call->name; call++)
        g_string_append_printf(out, "%s%s", call == command->calls ? "" : " ", call->name);
    g_string_append(out, "' ;;\n");
    for (const Call *call = command->calls; call->name; call++) {
        g_autofree Option *options = call_options_of(call);
        append_case(out, command->name, call->name);
        append_option_words(options, out);
        g_string_append(out, "' ;;\n");
    }
}

/* The words for what stands before the cursor: of a command with calls that are two words, else one. */
void help_bash_completion(GString *out)
{
    g_string_append(out, "_bihuan() {\n    local word=${COMP_WORDS[COMP_CWORD]} at=${COMP_WORDS[1]} words=\n"
                         "    if [ \"$COMP_CWORD\" = 1 ]; then at=; fi\n    case $at in\n        ");
    for (const Command *command = commands; command->name; command++)
        if (command->calls)
            g_string_append_printf(out, "%s|", command->name);
    g_string_truncate(out, out->len - 1);
    g_string_append(out, ") if [ \"$COMP_CWORD\" -gt 2 ]; then at=\"$at ${COMP_WORDS[2]}\"; fi ;;\n    esac\n    case $at in\n        '') words='");
    for (const Command *command = commands; command->name; command++)
        g_string_append_printf(out, "%s%s", command == commands ? "" : " ", command->name);
    g_string_append(out, "' ;;\n");
    for (const Command *command = commands; command->name; command++) {
        if (command->calls) {
            append_call_cases(command, out);
            continue;
        }
        append_case(out, command->name, NULL);
        append_option_words(command->options, out);
        g_string_append(out, "' ;;\n");
    }
    g_string_append(out, "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _bihuan bihuan\n");
}

/* --- Commands ---------------------------------------------------------------------------------------------------- */

bool cmd_help(const Args *args, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    size_t n = args_count(args);
    const Command *command = n > 0 ? command_find(args_operand(args, 0)) : NULL;
    const Call *call = n > 1 && command ? call_find(command, args_operand(args, 1)) : NULL;
    if (n > 0 && !command)
        return error_set(err, BH_USAGE, "no command '%s'", args_operand(args, 0));
    if (n > 2 || (n == 2 && !call))
        return error_set(err, BH_USAGE, "'%s' has no '%s'", command->name, args_operand(args, n - 1));
    if (args_has(args, "man"))
        help_man(out);
    else if (call)
        help_call(command, call, out);
    else if (command)
        help_command(command, out);
    else
        help_all(out);
    return print_out(str_from_gstring(out), err);
}

bool cmd_completion(const Args *args, GError **err)
{
    if (args_count(args) != 1 || !g_str_equal(args_operand(args, 0), "bash"))
        return error_set(err, BH_USAGE, "completion is there for: bash");
    g_autoptr(GString) out = g_string_new(NULL);
    help_bash_completion(out);
    return print_out(str_from_gstring(out), err);
}
