/* bihuan: the table of commands, and nothing else. */

#include <locale.h>
#include <stdio.h>

#include "cmd/cmd.h"

#include "base/banned.h"

const Command commands[] = {
    { "read", cmd_read, NEEDS_NOTHING, "FILE...", "read official documents and print what they hold", read_options,
      "FILE is a text, Markdown, HTML, DOCX or PDF file, a folder (all files in it and below), or - for standard input.\n"
      "Without another wish the result is JSON, one object a line for each document." },
    { "serve", cmd_serve, NEEDS_NOTHING, "", "open the store and serve pages and API until told to end", serve_options,
      "The first start makes the data folder, the key file and one security administrator, whose password is shown once." },
    { "demo", cmd_demo, NEEDS_NOTHING, "", "make the invented sample city with a clock of its own, and serve it", demo_options, NULL },
    { "key", cmd_key, NEEDS_NOTHING, "create|show|rotate", "make, show or rotate the key file", key_options, NULL },
    { "help", cmd_help, NEEDS_NOTHING, "[COMMAND]", "say what there is, or how a command is used", help_options, NULL },
    { "completion", cmd_completion, NEEDS_NOTHING, "bash", "print the completion for a shell", no_options,
      "For this shell: . <(bihuan completion bash)" },
    { NULL, NULL, NEEDS_NOTHING, NULL, NULL, NULL, NULL },
};

static int fail(const char *command, const GError *err)
{
    fprintf(stderr, "bihuan%s%s: %s\n", command ? " " : "", command ? command : "", err->message);
    if (error_get_hint(err))
        fprintf(stderr, "  %s\n", error_get_hint(err));
    else if (g_error_matches(err, BH_ERROR, BH_USAGE))
        fprintf(stderr, "  see: bihuan help%s%s\n", command ? " " : "", command ? command : "");
    return error_class_of(err)->exit_status;
}

static bool run(const Command *command, int argc, char **argv, GError **err)
{
    g_autoptr(Args) args = args_parse(command->options, argc, argv, err);
    return args && command->run(args, err);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_autoptr(GError) err = NULL;
    const char *name = argc > 1 ? argv[1] : "help";
    if (g_str_equal(name, "--help") || g_str_equal(name, "-h"))
        name = "help";
    const Command *command = command_find(name);
    if (!command) {
        error_set(&err, BH_USAGE, "no command '%s'", name);
        return fail(NULL, err);
    }
    bool wants_help = argc > 2 && (g_str_equal(argv[2], "--help") || g_str_equal(argv[2], "-h"));
    if (wants_help) {
        g_autoptr(GString) out = g_string_new(NULL);
        help_command(command, out);
        return print_out(str_from_gstring(out), &err) ? 0 : fail(name, err);
    }
    return run(command, MAX(argc - 2, 0), argv + MIN(argc, 2), &err) ? 0 : fail(name, err);
}
