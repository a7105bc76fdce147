/* bihuan: the table of commands, and nothing else. */

#include <locale.h>
#include <stdio.h>

#include "cmd/call.h"
#include "cmd/packs.h"

#include "base/banned.h"

#define GROUP(name, help, more, calls) { name, NULL, NULL, help, NULL, more, calls }

const Command commands[] = {
    { "read", cmd_read, "FILE...", "read official documents and print what they hold", read_options,
      "FILE is a text, Markdown, HTML, DOCX or PDF file, a folder (all files in it and below), or - for standard input.\n"
      "Without another wish the result is JSON, one object a line for each document.", NULL },
    { "serve", cmd_serve, "", "open the store and serve pages and API until told to end", serve_options,
      "The first start makes the data folder, the key file and one security administrator, whose password is shown once.", NULL },
    { "demo", cmd_demo, "[city]", "make the invented sample city with a clock of its own, and serve it", demo_options,
      "bihuan demo city --out DIR makes files instead, as the city's institutions would send them: docs/city.md.", NULL },
    { "import", cmd_import, "FILE...", "take in files of records: CSV, XLSX, JSON, FHIR, HL7 v2", import_options,
      "What a file holds is found by its columns, or said by --dataset. Nothing of a row that cannot be stored is lost: --errors OUT saves such rows, and those\n"
      "that are held, with what is wrong; mended, the file can be sent again. The same file sent twice is taken in once.", NULL },
    GROUP("hub", "records of institutions: what arrived, what became of it", "UID is an arrival's or a batch's, DATASET is PACK.DATASET.", hub_calls),
    GROUP("org", "organisations", NULL, org_calls),
    GROUP("user", "people, their accounts and what they may do", NULL, user_calls),
    GROUP("plan", "documents in hand, and the plans made of them", "UID is a document's; bihuan plan documents lists them.", plan_calls),
    GROUP("ledger", "tasks, from their issue to their closing", "UID is a task's; bihuan ledger list lists them.", ledger_calls),
    GROUP("duty", "what units owe by a day, again and again", "UID is a duty's; bihuan duty list lists them.", duty_calls),
    GROUP("register", "what was issued, held, emptied or archived, which evidence is checked against", "CODE is a register's; bihuan register list lists them.", register_calls),
    GROUP("remind", "reminders of what is due, and letters", NULL, remind_calls),
    GROUP("calendar", "working days", "CODE is cn, the calendar that comes with the program, or one of your own.", calendar_calls),
    GROUP("message", "what one was told", NULL, message_calls),
    GROUP("report", "dispatches, summaries, assessments, and the leader's page", "UID is a report's; bihuan report list lists them.", report_calls),
    GROUP("pack", "packs: programmes declared in folders", "NAME is a pack's id. A folder of packs holds elements.yaml and a folder for each; docs/packs.md is their format.", pack_calls),
    GROUP("job", "work that takes longer than a request", NULL, job_calls),
    GROUP("audit", "the event log, and its proof", NULL, audit_calls),
    { "key", cmd_key, "create|show|rotate|reseal", "make, show or rotate the key file; seal a store anew", key_options, NULL, NULL },
    { "backup", cmd_backup, "DIR", "copy the store into a new folder, also while a server runs", backup_options,
      "The copy holds the database, the files as they are stored (sealed), the anchors, and a manifest with the hash of each.\n"
      "It never holds the key: without the key file, kept apart, it stays closed.", NULL },
    { "restore", cmd_restore, "DIR", "make a store of a backup, where there is none", restore_options,
      "The key file must be in its place first: a backup does not hold it.", NULL },
    { "upgrade", cmd_upgrade, "", "bring a store of an older version to this program's, after a backup", upgrade_options, NULL, NULL },
    { "doctor", cmd_doctor, "", "check everything, and say what to do", doctor_options,
      "Changes nothing, and may run beside a server. The exit status is 0 only if nothing must be done.", NULL },
    { "config", cmd_config, "", "print the configuration file with all settings and what they mean", config_options, NULL, NULL },
    { "help", cmd_help, "[COMMAND [CALL]]", "say what there is, or how a command is used", help_options, NULL, NULL },
    { "completion", cmd_completion, "bash", "print the completion for a shell", no_options, "For this shell: . <(bihuan completion bash)", NULL },
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

/* What the command line names: "org import". */
typedef struct {
    const Command *command;
    const Call *call; /* of a command with calls */
} Wish;

static void print_name(const Wish *wish, const char *before, const char *after)
{
    fprintf(stderr, "%s%s%s%s%s%s", before, wish->command ? " " : "", wish->command ? wish->command->name : "", wish->call ? " " : "",
            wish->call ? wish->call->name : "", after);
}

static int fail(const Wish *wish, const GError *err)
{
    print_name(wish, "bihuan", ": ");
    fprintf(stderr, "%s\n", err->message);
    if (error_get_at(err))
        fprintf(stderr, "  at %s\n", error_get_at(err));
    if (error_get_hint(err))
        fprintf(stderr, "  %s\n", error_get_hint(err));
    else if (g_error_matches(err, BH_ERROR, BH_USAGE))
        print_name(wish, "  see: bihuan help", "\n");
    return error_class_of(err)->exit_status;
}

static bool is_help(const char *word)
{
    return g_str_equal(word, "--help") || g_str_equal(word, "-h");
}

static bool run(const Wish *wish, int argc, char **argv, GError **err)
{
    g_autofree Option *options = wish->call ? call_options_of(wish->call) : NULL;
    g_autoptr(Args) args = args_parse(options ? options : wish->command->options, argc, argv, err);
    if (args && wish->command->usage && !wish->command->usage[0] && args_count(args) > 0)
        return error_set(err, BH_USAGE, "it takes nothing, not '%s'", args_operand(args, 0));
    return args && (wish->call ? call_run(wish->call, args, err) : wish->command->run(args, err));
}

static bool print_help(const Wish *wish, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (wish->call)
        help_call(wish->command, wish->call, out);
    else
        help_command(wish->command, out);
    return print_out(str_from_gstring(out), err);
}

/* Reads the name, and for a command with calls the one behind it; *ret_words: how many words that were. */
static bool find_wish(int argc, char **argv, Wish *wish, int *ret_words, GError **err)
{
    const char *name = argc > 1 ? argv[1] : "help";
    wish->command = command_find(is_help(name) ? "help" : name);
    if (!wish->command)
        return error_set(err, BH_USAGE, "no command '%s'", name);
    *ret_words = MIN(argc, 2);
    if (!wish->command->calls || (argc > 2 && is_help(argv[2])))
        return true;
    if (argc < 3)
        return error_set(err, BH_USAGE, "what of %s?", wish->command->help);
    wish->call = call_find(wish->command, argv[2]);
    *ret_words = 3;
    return wish->call || error_set(err, BH_USAGE, "no '%s'", argv[2]);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_autoptr(GError) err = NULL;
    Wish wish = { 0 };
    int words = 0;
    if (!find_wish(argc, argv, &wish, &words, &err))
        return fail(&wish, err);
    bool done = argc > words && is_help(argv[words]) ? print_help(&wish, &err) : run(&wish, argc - words, argv + words, &err);
    return done ? 0 : fail(&wish, err);
}
