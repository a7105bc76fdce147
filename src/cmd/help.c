#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"

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

bool print_out(Str text, GError **err)
{
    bool written = fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    return written || errno == EPIPE || error_set_errno(err, errno, "cannot write to standard output");
}

/* --- Help -------------------------------------------------------------------------------------------------------- */

static void append_synopsis(const Command *command, GString *out)
{
    g_string_append_printf(out, "bihuan %s", command->name);
    for (const Option *option = command->options; option->name; option++)
        g_string_append_printf(out, " [--%s%s%s]", option->name, option->value ? " " : "", option->value ? option->value : "");
    g_string_append_printf(out, " %s\n", command->usage);
}

void help_all(GString *out)
{
    g_string_append(out, "usage: bihuan COMMAND [OPTION...] [OPERAND...]\n\n");
    for (const Command *command = commands; command->name; command++)
        g_string_append_printf(out, "  %-12s %s\n", command->name, command->help);
    g_string_append(out, "\nbihuan help COMMAND says more.\n");
}

void help_command(const Command *command, GString *out)
{
    g_string_append(out, "usage: ");
    append_synopsis(command, out);
    g_string_append_printf(out, "\n%s\n", command->help);
    if (command->options->name)
        g_string_append_c(out, '\n');
    for (const Option *option = command->options; option->name; option++) {
        g_autofree char *form = g_strdup_printf("--%s %s", option->name, option->value ? option->value : "");
        g_string_append_printf(out, "  %-18s %s\n", form, option->help);
    }
    if (command->more)
        g_string_append_printf(out, "\n%s\n", command->more);
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

static void append_man_command(const Command *command, GString *out)
{
    g_autoptr(GString) synopsis = g_string_new(NULL);
    append_synopsis(command, synopsis);
    g_string_append(out, ".SS ");
    append_roff(out, synopsis->str);
    append_roff(out, command->help);
    g_string_append(out, ".\n");
    for (const Option *option = command->options; option->name; option++) {
        g_string_append_printf(out, ".TP\n\\fB\\-\\-%s\\fR%s%s\n", option->name, option->value ? " " : "", option->value ? option->value : "");
        append_roff(out, option->help);
        g_string_append_c(out, '\n');
    }
    if (command->more) {
        g_string_append(out, ".PP\n");
        append_roff(out, command->more);
        g_string_append_c(out, '\n');
    }
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

void help_bash_completion(GString *out)
{
    g_string_append(out, "_bihuan() {\n    local word=${COMP_WORDS[COMP_CWORD]}\n    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (const Command *command = commands; command->name; command++)
        g_string_append_printf(out, "%s%s", command == commands ? "" : " ", command->name);
    g_string_append(out, "' -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (const Command *command = commands; command->name; command++) {
        g_string_append_printf(out, "        %s) COMPREPLY=($(compgen -W '--help", command->name);
        for (const Option *option = command->options; option->name; option++)
            g_string_append_printf(out, " --%s", option->name);
        g_string_append(out, "' -- \"$word\")) ;;\n");
    }
    g_string_append(out, "    esac\n}\ncomplete -o default -F _bihuan bihuan\n");
}

/* --- Commands ---------------------------------------------------------------------------------------------------- */

bool cmd_help(const Args *args, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_count(args) > 1)
        return error_set(err, BH_USAGE, "help takes one command");
    const Command *command = args_count(args) == 1 ? command_find(args_operand(args, 0)) : NULL;
    if (args_count(args) == 1 && !command)
        return error_set(err, BH_USAGE, "no command '%s'", args_operand(args, 0));
    if (args_has(args, "man"))
        help_man(out);
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
