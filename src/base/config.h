/* config.h: the settings, as one table: name, type, default, range and meaning stand there once, and the commented file,
 * --help, the environment and all checks come from it.
 *
 * A setting's value is the last given of: its default; the file (GKeyFile's form: [section], name=value, '#' remarks);
 * the environment (BIHUAN_SERVER_PORT); a flag (--server-port). With no file at all every default is right. */
#pragma once

#include "base/error.h"

typedef enum { CONFIG_STR, CONFIG_INT, CONFIG_BOOL, CONFIG_CHOICE } ConfigType;

typedef enum {
    CONFIG_STORE_DATA,
    CONFIG_STORE_URL,
    CONFIG_STORE_ZONE_MINUTES,
    CONFIG_KEY_PATH,
    CONFIG_SERVER_LISTEN,
    CONFIG_SERVER_PORT,
    CONFIG_SERVER_BEHIND_PROXY,
    CONFIG_SERVER_TLS_CERTIFICATE,
    CONFIG_SERVER_TLS_KEY,
    CONFIG_SERVER_WORKERS,
    CONFIG_SERVER_IDLE_MINUTES,
    CONFIG_SERVER_ADMIN_IDLE_MINUTES,
    CONFIG_SERVER_SECOND_FACTOR,
    CONFIG_MLLP_LISTEN,
    CONFIG_MLLP_PORT,
    CONFIG_MLLP_BEHIND_PROXY,
    CONFIG_MLLP_TLS_CERTIFICATE,
    CONFIG_MLLP_TLS_KEY,
    CONFIG_MLLP_CONNECTIONS,
    CONFIG_MLLP_WITHIN,
    CONFIG_MLLP_SENDER,
    CONFIG_LIMITS_UPLOAD_MB,
    CONFIG_LOG_LEVEL,
    CONFIG_LOG_PATH,
    CONFIG_SETTINGS,
} ConfigId;

typedef struct {
    ConfigId id;
    const char *section, *name;
    ConfigType type;
    const char *fallback;
    int64_t min, max;    /* of an INT, both allowed */
    const char *choices; /* of a CHOICE: words with one space between them */
    const char *meaning; /* English; with the unit */
} ConfigSetting;

/* The row of a setting. */
const ConfigSetting *config_setting(ConfigId id);

typedef struct Config Config;

/* Defaults, then the file, then the environment. path NULL: "bihuan.conf" in the current folder if it is there. A file
 * that is named must be there (BH_NOT_FOUND). BH_BAD_INPUT for an unknown section or name, a name twice, or a value
 * that is not of the setting's type, with file:line or the variable's name in `at` and what was expected in the message.
 * Variables that begin with BIHUAN_ and name no setting are ignored: other programs' tests use such. */
Config *config_load(const char *path, GError **err);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* A flag: `name` is "server-port" or "server.port". BH_USAGE for a name or value that is none. */
bool config_set(Config *config, const char *name, const char *value, GError **err);

/* Never NULL; "" where it is empty. Lives as long as the config, or until config_set of it. */
const char *config_str(const Config *config, ConfigId id);
int64_t config_int(const Config *config, ConfigId id);
bool config_bool(const Config *config, ConfigId id);

/* The worker threads to start: as set, or for 0 one a processor and at least 4. */
int config_workers(const Config *config);

/* Where the value comes from: "default", "bihuan.conf:12", "BIHUAN_SERVER_PORT", "--server-port". */
const char *config_source(const Config *config, ConfigId id);

/* The environment variable of a setting; g_free it. */
char *config_variable(ConfigId id);

/* The whole file with every setting at its default, commented out, and what it means. */
void config_write_commented(GString *out);

/* For --help: a line a setting: flag, default, meaning. */
void config_write_help(GString *out);
