#include "base/config.h"

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

/* Read by hand and not by GKeyFile, which knows no line numbers. */

static const char file_name[] = "bihuan.conf";

static const ConfigSetting settings[] = {
    { CONFIG_STORE_DATA, "store", "data", CONFIG_STR, "bihuan-data", 0, 0, NULL,
      "folder of the store: database, files, log" },
    { CONFIG_STORE_URL, "store", "url", CONFIG_STR, "", 0, 0, NULL,
      "PostgreSQL connection string; empty: SQLite in the data folder" },
    { CONFIG_STORE_ZONE_MINUTES, "store", "zone_minutes", CONFIG_INT, "480", -720, 840, NULL,
      "the store's time zone, in minutes east of UTC" },
    { CONFIG_KEY_PATH, "key", "path", CONFIG_STR, "bihuan.key", 0, 0, NULL,
      "key file; keep it outside the data folder, and a copy apart from the backups" },
    { CONFIG_SERVER_LISTEN, "server", "listen", CONFIG_STR, "127.0.0.1", 0, 0, NULL,
      "address to listen on; beyond loopback needs TLS or behind_proxy" },
    { CONFIG_SERVER_PORT, "server", "port", CONFIG_INT, "8420", 0, 65535, NULL, "port to listen on; 0: any free one" },
    { CONFIG_SERVER_BEHIND_PROXY, "server", "behind_proxy", CONFIG_BOOL, "false", 0, 0, NULL,
      "a proxy on this machine does TLS and says who the client is" },
    { CONFIG_SERVER_TLS_CERTIFICATE, "server", "tls_certificate", CONFIG_STR, "", 0, 0, NULL,
      "PEM file with the certificate and those above it" },
    { CONFIG_SERVER_TLS_KEY, "server", "tls_key", CONFIG_STR, "", 0, 0, NULL, "PEM file with the certificate's key" },
    { CONFIG_SERVER_WORKERS, "server", "workers", CONFIG_INT, "0", 0, 256, NULL,
      "threads that serve requests; 0: one a processor, at least 4" },
    { CONFIG_SERVER_IDLE_MINUTES, "server", "idle_minutes", CONFIG_INT, "30", 1, 30, NULL,
      "minutes without a request after which a session ends" },
    { CONFIG_SERVER_ADMIN_IDLE_MINUTES, "server", "admin_idle_minutes", CONFIG_INT, "15", 1, 15, NULL,
      "the same for administrators" },
    { CONFIG_SERVER_SECOND_FACTOR, "server", "second_factor", CONFIG_CHOICE, "auto", 0, 0, "auto required off",
      "whether administrators and leaders need a second factor to log in; auto: on a live store, not in a demo" },
    { CONFIG_MLLP_LISTEN, "mllp", "listen", CONFIG_STR, "", 0, 0, NULL,
      "address to listen on for HL7 v2 messages (MLLP); empty: nowhere; beyond loopback needs TLS or behind_proxy" },
    { CONFIG_MLLP_PORT, "mllp", "port", CONFIG_INT, "2575", 0, 65535, NULL, "port for them; 0: any free one" },
    { CONFIG_MLLP_BEHIND_PROXY, "mllp", "behind_proxy", CONFIG_BOOL, "false", 0, 0, NULL, "a proxy on this machine does TLS for them" },
    { CONFIG_MLLP_TLS_CERTIFICATE, "mllp", "tls_certificate", CONFIG_STR, "", 0, 0, NULL, "PEM file with the certificate and those above it" },
    { CONFIG_MLLP_TLS_KEY, "mllp", "tls_key", CONFIG_STR, "", 0, 0, NULL, "PEM file with the certificate's key" },
    { CONFIG_MLLP_CONNECTIONS, "mllp", "connections", CONFIG_INT, "200", 1, 2000, NULL, "connections at a time; more are closed at once" },
    { CONFIG_MLLP_WITHIN, "mllp", "within", CONFIG_STR, "", 0, 0, NULL,
      "code of the organisation that senders (MSH-4) must be, or lie below; empty: any" },
    { CONFIG_MLLP_SENDER, "mllp", "sender", CONFIG_STR, "", 0, 0, NULL, "code of the organisation that sends where MSH-4 is empty; empty: such messages are refused" },
    { CONFIG_LIMITS_UPLOAD_MB, "limits", "upload_mb", CONFIG_INT, "6144", 1, LIMIT_UPLOAD_BYTES / 1024 / 1024, NULL,
      "largest file that can be uploaded, in MiB (documents and evidence: 512 at most)" },
    { CONFIG_LOG_LEVEL, "log", "level", CONFIG_CHOICE, "info", 0, 0, "debug info warning error",
      "the least that is logged" },
    { CONFIG_LOG_PATH, "log", "path", CONFIG_STR, "", 0, 0, NULL, "log file; empty: standard error" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(settings) == CONFIG_SETTINGS);

typedef struct {
    char *text, *source;
    int64_t number; /* of an INT or BOOL */
} Value;

struct Config {
    Value values[CONFIG_SETTINGS];
};

const ConfigSetting *config_setting(ConfigId id)
{
    g_assert(settings[id].id == id);
    return &settings[id];
}

/* --- Values ---------------------------------------------------------------------------------------------------------- */

static bool is_choice(const ConfigSetting *setting, Str text)
{
    for (Str rest = str_from(setting->choices); rest.p;)
        if (str_eq(str_cut(&rest, ' '), text))
            return true;
    return false;
}

static char *expected_of(const ConfigSetting *setting)
{
    switch (setting->type) {
    case CONFIG_STR: return g_strdup("a text in UTF-8 on one line");
    case CONFIG_BOOL: return g_strdup("true or false");
    case CONFIG_CHOICE: return g_strdup_printf("one of: %s", setting->choices);
    case CONFIG_INT: break;
    }
    return g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, setting->min, setting->max);
}

static bool read_value(const ConfigSetting *setting, Str text, int64_t *ret_number)
{
    switch (setting->type) {
    case CONFIG_STR: return utf8_valid(text, NULL) && !str_has(text, STR("\n"));
    case CONFIG_CHOICE: return is_choice(setting, text);
    case CONFIG_INT:
        return str_to_int64(text, ret_number) && *ret_number >= setting->min && *ret_number <= setting->max;
    case CONFIG_BOOL: *ret_number = str_eq(text, STR("true")); return *ret_number || str_eq(text, STR("false"));
    }
    return false;
}

/* Sets a value, or leaves all as it was and says what was expected. */
static bool take_value(Config *config, const ConfigSetting *setting, Str text, const char *source, BhError code, GError **err)
{
    int64_t number = 0;
    if (!read_value(setting, text, &number)) {
        g_autofree char *expected = expected_of(setting);
        error_set(err, code, "%s.%s: %s expected, not '" STR_FMT "'", setting->section, setting->name, expected, STR_ARG(text));
        return error_at(err, "%s", source);
    }
    Value *value = &config->values[setting->id];
    g_free(value->text);
    g_free(value->source);
    *value = (Value) { text.p ? str_dup(text) : g_strdup(""), g_strdup(source), number };
    return true;
}

static const ConfigSetting *find_setting(Str section, Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        if (str_eq(section, str_from(settings[i].section)) && str_eq(name, str_from(settings[i].name)))
            return &settings[i];
    return NULL;
}

static bool section_exists(Str section)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        if (str_eq(section, str_from(settings[i].section)))
            return true;
    return false;
}

/* --- The file -------------------------------------------------------------------------------------------------------- */

typedef struct {
    Config *config;
    const char *path;
    int line;
    Str section;
    bool given[CONFIG_SETTINGS];
} FileReader;

static bool bad_line(const FileReader *r, GError **err, const char *what, Str about)
{
    error_set(err, BH_BAD_INPUT, "%s '" STR_FMT "'", what, STR_ARG(about));
    return error_at(err, "%s:%d", r->path, r->line);
}

static bool read_assignment(FileReader *r, Str line, GError **err)
{
    Str value = line;
    Str name = str_trim(str_cut(&value, '='));
    if (!value.p)
        return bad_line(r, err, "[section], name=value or # remark expected, not", line);
    const ConfigSetting *setting = find_setting(r->section, name);
    if (!setting)
        return bad_line(r, err, "in this section there is no setting", name);
    if (r->given[setting->id])
        return bad_line(r, err, "a second value for", name);
    r->given[setting->id] = true;
    g_autofree char *source = g_strdup_printf("%s:%d", r->path, r->line);
    return take_value(r->config, setting, str_trim(value), source, BH_BAD_INPUT, err);
}

static bool read_line(FileReader *r, Str line, GError **err)
{
    if (line.n == 0 || line.p[0] == '#')
        return true;
    if (line.p[0] != '[')
        return read_assignment(r, line, err);
    r->section = str_trim(str_head(str_from_at(line, 1), line.n - 2));
    if (line.p[line.n - 1] != ']' || !section_exists(r->section))
        return bad_line(r, err, "there is no section", line);
    return true;
}

static bool read_file(Config *config, const char *path, GError **err)
{
    g_autoptr(GString) text = file_read(path, LIMIT_CONFIG_BYTES, err);
    if (!text)
        return false;
    FileReader reader = { .config = config, .path = path, .section = STR("") };
    for (Str rest = str_from_gstring(text); rest.p;) {
        reader.line++;
        if (!read_line(&reader, str_trim(str_cut(&rest, '\n')), err))
            return false;
    }
    return true;
}

/* --- Environment and flags --------------------------------------------------------------------------------------------- */

char *config_variable(ConfigId id)
{
    g_autofree char *lower = g_strdup_printf("bihuan_%s_%s", settings[id].section, settings[id].name);
    return g_ascii_strup(lower, -1);
}

static bool read_environment(Config *config, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *variable = config_variable(settings[i].id);
        const char *value = g_getenv(variable);
        if (value && !take_value(config, &settings[i], str_from(value), variable, BH_BAD_INPUT, err))
            return false;
    }
    return true;
}

/* "--server-admin-idle-minutes". */
static char *flag_of(const ConfigSetting *setting)
{
    return g_strdelimit(g_strdup_printf("--%s-%s", setting->section, setting->name), "_", '-');
}

bool config_set(Config *config, const char *name, const char *value, GError **err)
{
    g_autofree char *wanted = g_strdelimit(g_strdup_printf("--%s", name), "._", '-');
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *flag = flag_of(&settings[i]);
        if (g_str_equal(flag, wanted))
            return take_value(config, &settings[i], str_from(value), flag, BH_USAGE, err);
    }
    return error_set(err, BH_USAGE, "there is no setting '%s'", name);
}

/* --- The whole --------------------------------------------------------------------------------------------------------- */

Config *config_load(const char *path, GError **err)
{
    g_autoptr(Config) config = g_new0(Config, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        if (!take_value(config, &settings[i], str_from(settings[i].fallback), "default", BH_INTERNAL, err))
            return NULL;
    bool has_file = path || g_file_test(file_name, G_FILE_TEST_EXISTS);
    if (has_file && !read_file(config, path ? path : file_name, err))
        return NULL;
    return read_environment(config, err) ? g_steal_pointer(&config) : NULL;
}

void config_free(Config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
        g_free(config->values[i].text);
        g_free(config->values[i].source);
    }
    g_free(config);
}

const char *config_str(const Config *config, ConfigId id)
{
    return config->values[id].text;
}

int64_t config_int(const Config *config, ConfigId id)
{
    g_assert(settings[id].type == CONFIG_INT);
    return config->values[id].number;
}

bool config_bool(const Config *config, ConfigId id)
{
    g_assert(settings[id].type == CONFIG_BOOL);
    return config->values[id].number != 0;
}

int config_workers(const Config *config)
{
    int set = (int) config_int(config, CONFIG_SERVER_WORKERS);
    return set > 0 ? set : MAX((int) g_get_num_processors(), 4);
}

const char *config_source(const Config *config, ConfigId id)
{
    return config->values[id].source;
}

void config_write_commented(GString *out)
{
    const char *section = "";
    g_string_append(out, "# Settings of Bihuan. Each is shown with its default; take the '#' away to change it.\n"
                         "# A variable BIHUAN_SECTION_NAME or a flag --section-name overrides what stands here.\n");
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        const ConfigSetting *s = &settings[i];
        if (!g_str_equal(section, s->section))
            g_string_append_printf(out, "\n[%s]\n", s->section);
        section = s->section;
        g_autofree char *expected = s->type == CONFIG_STR ? NULL : expected_of(s);
        g_string_append_printf(out, "# %s%s%s%s\n#%s=%s\n", s->meaning, expected ? " (" : "", expected ? expected : "",
                               expected ? ")" : "", s->name, s->fallback);
    }
}

void config_write_help(GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_autofree char *flag = flag_of(&settings[i]);
        const char *fallback = settings[i].fallback;
        g_string_append_printf(out, "  %-30s %s%s%s%s\n", flag, settings[i].meaning, *fallback ? " [" : "", fallback,
                               *fallback ? "]" : "");
    }
}
