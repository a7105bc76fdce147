#include "cmd/cmd.h"

#include "base/banned.h"

struct Args {
    const Option *options;
    const char **values; /* one an option; NULL: not given; a flag that is given has "" */
    const char **operands;
    size_t n_operands;
};

static size_t option_count(const Option *options)
{
    size_t n = 0;
    while (options[n].name)
        n++;
    return n;
}

static size_t option_index(const Option *options, Str name)
{
    size_t i = 0;
    while (options[i].name && !str_eq(str_from(options[i].name), name))
        i++;
    return i;
}

/* One option at argv[*i], perhaps with its value behind it. */
static bool take_option(Args *args, int argc, char **argv, int *i, GError **err)
{
    Str rest = str_from(argv[*i] + 2), name = str_cut(&rest, '=');
    size_t index = option_index(args->options, name);
    const Option *option = &args->options[index];
    if (!option->name)
        return error_set(err, BH_USAGE, "no option '--" STR_FMT "'", STR_ARG(name));
    if (args->values[index])
        return error_set(err, BH_USAGE, "option '--%s' is given twice", option->name);
    if (!option->value && rest.p)
        return error_set(err, BH_USAGE, "option '--%s' takes no value", option->name);
    if (option->value && !rest.p && *i + 1 >= argc)
        return error_set(err, BH_USAGE, "option '--%s' lacks its value %s", option->name, option->value);
    args->values[index] = !option->value ? "" : rest.p ? rest.p : argv[++*i];
    return true;
}

Args *args_parse(const Option *options, int argc, char **argv, GError **err)
{
    g_autoptr(Args) args = g_new0(Args, 1);
    args->options = options;
    args->values = g_new0(const char *, option_count(options) + 1);
    args->operands = g_new0(const char *, (size_t) argc + 1);
    bool ended = false;
    for (int i = 0; i < argc; i++) {
        bool is_option = !ended && argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_option && g_str_equal(argv[i], "--")) {
            ended = true;
        } else if (!is_option) {
            args->operands[args->n_operands++] = argv[i];
        } else if (argv[i][1] != '-') {
            error_set(err, BH_USAGE, "no option '%s'", argv[i]);
            return NULL;
        } else if (!take_option(args, argc, argv, &i, err)) {
            return NULL;
        }
    }
    return g_steal_pointer(&args);
}

void args_free(Args *args)
{
    if (!args)
        return;
    g_free(args->values);
    g_free(args->operands);
    g_free(args);
}

bool args_takes(const Args *args, const char *option)
{
    return args->options[option_index(args->options, str_from(option))].name != NULL;
}

const char *args_value(const Args *args, const char *option)
{
    size_t index = option_index(args->options, str_from(option));
    g_assert(args->options[index].name); /* the command asks for an option that its own table lacks */
    return args->values[index];
}

bool args_has(const Args *args, const char *option)
{
    return args_value(args, option) != NULL;
}

size_t args_count(const Args *args)
{
    return args->n_operands;
}

const char *args_operand(const Args *args, size_t index)
{
    return args->operands[index];
}
