/* bihuan config: the configuration file as it would be with nothing set; or what holds now, and where it was set. */
#include <stdio.h>

#include "cmd/store.h"

#include "base/banned.h"

const Option config_options[] = {
    { "values", NULL, "print what holds now, and where each value comes from" },
    { "markdown", NULL, "print the settings as a page of the documentation" },
    STORE_OPTIONS,
    { NULL, NULL, NULL },
};

static void append_values(const Config *config, GString *out)
{
    for (ConfigId id = 0; id < CONFIG_SETTINGS; id++) {
        const ConfigSetting *setting = config_setting(id);
        g_autofree char *name = g_strdup_printf("%s.%s", setting->section, setting->name);
        g_string_append_printf(out, "%-28s %-24s %s\n", name, config_str(config, id), config_source(config, id));
    }
}

static void append_page(GString *out)
{
    const char *section = "";
    g_string_append(out, "# Configuration\n\nEverything has a default that is right with no file at all. A setting's value is the last given of: its\n"
                         "default; the file (`bihuan.conf` in the current folder, or `--config FILE`); the environment; a flag of the\n"
                         "command, where it has one.\n"
                         "`bihuan config` prints the file with everything in it, `bihuan config --values` what holds now and where it was set.\n\n"
                         "This page is made from the table of settings: `bihuan config --markdown`.\n");
    for (ConfigId id = 0; id < CONFIG_SETTINGS; id++) {
        const ConfigSetting *setting = config_setting(id);
        g_autofree char *variable = config_variable(id);
        if (!g_str_equal(section, setting->section))
            g_string_append_printf(out, "\n## [%s]\n\n| setting | default | environment | what it means |\n| --- | --- | --- | --- |\n", setting->section);
        section = setting->section;
        g_autofree char *fallback = setting->fallback[0] ? g_strdup_printf("`%s`", setting->fallback) : g_strdup("-");
        g_string_append_printf(out, "| `%s` | %s | `%s` | %s |\n", setting->name, fallback, variable, setting->meaning);
    }
}

bool cmd_config(const Args *args, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (!args_has(args, "values")) {
        (args_has(args, "markdown") ? append_page : config_write_commented)(out);
        return print_out(str_from_gstring(out), err);
    }
    g_autoptr(Config) config = store_config(args, err);
    if (!config)
        return false;
    append_values(config, out);
    return print_out(str_from_gstring(out), err);
}
