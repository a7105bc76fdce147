#include "base/config.h"

#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

#include "base/banned.h"

/* Each test runs in an empty folder of its own. */
typedef struct {
    TempDir *dir;
    char *path, *came_from;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->dir = temp_dir_new(NULL);
    f->path = temp_dir_join(f->dir, "other.conf");
    f->came_from = g_get_current_dir();
    g_assert_cmpint(chdir(temp_dir_path(f->dir)), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    g_assert_cmpint(chdir(f->came_from), ==, 0);
    temp_dir_free(f->dir);
    g_free(f->path);
    g_free(f->came_from);
}

static Config *load(const char *path)
{
    g_autoptr(GError) err = NULL;
    Config *config = config_load(path, &err);
    g_assert_no_error(err);
    return config;
}

static void write_text(const char *path, const char *text)
{
    g_assert_true(file_write_atomic(path, str_from(text), 0600, NULL));
}

static void test_defaults(Fixture *f, gconstpointer data)
{
    (void) f, (void) data;
    g_autoptr(Config) config = load(NULL);
    g_assert_cmpstr(config_str(config, CONFIG_SERVER_LISTEN), ==, "127.0.0.1");
    g_assert_cmpint(config_int(config, CONFIG_SERVER_PORT), ==, 8420);
    g_assert_cmpint(config_int(config, CONFIG_STORE_ZONE_MINUTES), ==, 480);
    g_assert_cmpint(config_int(config, CONFIG_LIMITS_UPLOAD_MB), ==, 6144);
    g_assert_false(config_bool(config, CONFIG_SERVER_BEHIND_PROXY));
    g_assert_cmpstr(config_str(config, CONFIG_STORE_URL), ==, "");
    g_assert_cmpstr(config_source(config, CONFIG_STORE_URL), ==, "default");
    g_assert_cmpint(config_workers(config), >=, 4);
}

static void test_order(Fixture *f, gconstpointer data)
{
    (void) data;
    write_text(f->path, "\xEF\xBB\xBF# ours\n[server]\r\n port = 9000 \nworkers=3\n\n[store]\ndata=/srv/数据\nurl=host=a b=c\n");
    g_setenv("BIHUAN_SERVER_WORKERS", "5", TRUE);
    g_setenv("BIHUAN_TEST_PG", "ignored", TRUE);
    g_autoptr(Config) config = load(f->path);
    g_unsetenv("BIHUAN_SERVER_WORKERS");
    g_unsetenv("BIHUAN_TEST_PG");
    g_assert_cmpint(config_int(config, CONFIG_SERVER_PORT), ==, 9000);
    g_assert_true(g_str_has_suffix(config_source(config, CONFIG_SERVER_PORT), "other.conf:3"));
    g_assert_cmpstr(config_str(config, CONFIG_STORE_DATA), ==, "/srv/数据");
    g_assert_cmpstr(config_str(config, CONFIG_STORE_URL), ==, "host=a b=c");
    g_assert_cmpint(config_workers(config), ==, 5);
    g_assert_cmpstr(config_source(config, CONFIG_SERVER_WORKERS), ==, "BIHUAN_SERVER_WORKERS");
    g_assert_true(config_set(config, "server-workers", "6", NULL));
    g_assert_true(config_set(config, "server.behind_proxy", "true", NULL));
    g_assert_cmpint(config_workers(config), ==, 6);
    g_assert_true(config_bool(config, CONFIG_SERVER_BEHIND_PROXY));
    g_assert_cmpstr(config_source(config, CONFIG_SERVER_BEHIND_PROXY), ==, "--server-behind-proxy");
}

static void test_found_here(Fixture *f, gconstpointer data)
{
    (void) f, (void) data;
    write_text("bihuan.conf", "[log]\nlevel=debug\n");
    g_autoptr(Config) config = load(NULL);
    g_assert_cmpstr(config_str(config, CONFIG_LOG_LEVEL), ==, "debug");
    g_assert_cmpstr(config_source(config, CONFIG_LOG_LEVEL), ==, "bihuan.conf:2");
}

static void test_faults(Fixture *f, gconstpointer data)
{
    (void) data;
    static const struct {
        const char *text, *at, *message;
    } cases[] = {
        { "[server]\nport=-1\n", ":2", "server.port: a number from 0 to 65535 expected, not '-1'" },
        { "[server]\n\nport=65536\n", ":3", "server.port: a number from 0 to 65535 expected, not '65536'" },
        { "[server]\nport=8420x\n", ":2", "server.port: a number from 0 to 65535 expected, not '8420x'" },
        { "[server]\nport=\n", ":2", "server.port: a number from 0 to 65535 expected, not ''" },
        { "[server]\nbehind_proxy=yes\n", ":2", "server.behind_proxy: true or false expected, not 'yes'" },
        { "[log]\nlevel=loud\n", ":2", "log.level: one of: debug info warning error expected, not 'loud'" },
        { "[server]\nprot=1\n", ":2", "in this section there is no setting 'prot'" },
        { "[store]\nport=1\n", ":2", "in this section there is no setting 'port'" },
        { "port=1\n", ":1", "in this section there is no setting 'port'" },
        { "[serve]\n", ":1", "there is no section '[serve]'" },
        { "[server\n", ":1", "there is no section '[server'" },
        { "[", ":1", "there is no section '['" },
        { "[server]\nport 1\n", ":2", "[section], name=value or # remark expected, not 'port 1'" },
        { "[server]\nport=1\nport=2\n", ":3", "a second value for 'port'" },
        { "[store]\ndata=\xff\n", ":2", NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        write_text(f->path, cases[i].text);
        g_assert_null(config_load(f->path, &err));
        g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
        if (cases[i].message)
            g_assert_cmpstr(err->message, ==, cases[i].message);
        g_assert_true(g_str_has_prefix(error_get_at(err), f->path));
        g_assert_cmpstr(error_get_at(err) + strlen(f->path), ==, cases[i].at);
    }
}

static void test_other_faults(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    g_assert_null(config_load(f->path, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
    g_clear_error(&err);
    g_autofree char *longest = g_strnfill(LIMIT_CONFIG_BYTES + 1, '#');
    write_text(f->path, longest);
    g_assert_null(config_load(f->path, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);
    longest[LIMIT_CONFIG_BYTES] = '\0';
    write_text(f->path, longest);
    config_free(load(f->path));
    g_setenv("BIHUAN_SERVER_PORT", "http", TRUE);
    g_assert_null(config_load(NULL, &err));
    g_unsetenv("BIHUAN_SERVER_PORT");
    g_assert_cmpstr(error_get_at(err), ==, "BIHUAN_SERVER_PORT");
    g_clear_error(&err);
    g_autoptr(Config) config = load(NULL);
    g_assert_false(config_set(config, "server-prot", "1", &err));
    g_assert_error(err, BH_ERROR, BH_USAGE);
    g_clear_error(&err);
    g_assert_false(config_set(config, "server-port", "x", &err));
    g_assert_error(err, BH_ERROR, BH_USAGE);
    g_assert_cmpint(config_int(config, CONFIG_SERVER_PORT), ==, 8420);
}

/* The printed file is read by us and by GKeyFile, as it is and with every setting made live, and changes nothing. */
static void test_commented(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GKeyFile) key_file = g_key_file_new();
    config_write_commented(text);
    write_text(f->path, text->str);
    g_autoptr(Config) commented = load(f->path);
    g_autoptr(GRegex) hash = g_regex_new("^#(?! )", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *uncommented = g_regex_replace_literal(hash, text->str, -1, 0, "", 0, NULL);
    write_text(f->path, uncommented);
    g_autoptr(Config) live = load(f->path);
    g_assert_true(g_key_file_load_from_file(key_file, f->path, G_KEY_FILE_NONE, NULL));
    for (ConfigId id = 0; id < CONFIG_SETTINGS; id++) {
        const ConfigSetting *setting = config_setting(id);
        g_autofree char *other = g_key_file_get_string(key_file, setting->section, setting->name, NULL);
        g_assert_cmpstr(config_str(live, id), ==, setting->fallback);
        g_assert_cmpstr(config_str(commented, id), ==, setting->fallback);
        g_assert_cmpstr(config_source(live, id), !=, "default");
        g_assert_cmpstr(other, ==, setting->fallback);
    }
}

static void test_help(Fixture *f, gconstpointer data)
{
    (void) f, (void) data;
    g_autoptr(GString) help = g_string_new(NULL);
    config_write_help(help);
    g_assert_nonnull(strstr(help->str, "  --server-port                  port to listen on; 0: any free one [8420]\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/config/defaults", Fixture, NULL, set_up, test_defaults, tear_down);
    g_test_add("/config/order", Fixture, NULL, set_up, test_order, tear_down);
    g_test_add("/config/found-here", Fixture, NULL, set_up, test_found_here, tear_down);
    g_test_add("/config/faults", Fixture, NULL, set_up, test_faults, tear_down);
    g_test_add("/config/other-faults", Fixture, NULL, set_up, test_other_faults, tear_down);
    g_test_add("/config/commented", Fixture, NULL, set_up, test_commented, tear_down);
    g_test_add("/config/help", Fixture, NULL, set_up, test_help, tear_down);
    return g_test_run();
}
