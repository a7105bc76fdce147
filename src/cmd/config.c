/* bihuan config: the configuration file as it would be with nothing set; or what holds now, and where it was set. */
#include <stdio.h>

#include "cmd/store.h"

#include "base/banned.h"

const Option config_options[] = {
    { "values", NULL, "print what holds now, and where each value comes from" },
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

bool cmd_config(const Args *args, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (args_count(args) > 0)
        return error_set(err, BH_USAGE, "it takes nothing, not '%s'", args_operand(args, 0));
    if (!args_has(args, "values")) {
        config_write_commented(out);
        return print_out(str_from_gstring(out), err);
    }
    g_autoptr(Config) config = store_config(args, err);
    if (!config)
        return false;
    append_values(config, out);
    return print_out(str_from_gstring(out), err);
}
