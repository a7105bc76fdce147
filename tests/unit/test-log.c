#include "base/log.h"

#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

#include "base/banned.h"

typedef struct {
    int ends[2];
    Clock *clock;
    Log *log;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    g_assert_cmpint(pipe(f->ends), ==, 0);
    f->clock = clock_new_manual(INT64_C(1795329005000), 480);
    f->log = log_new(f->ends[1], LOG_LEVEL_INFO, f->clock);
}

/* All that was logged; the log is closed by it. */
static GString *logged(Fixture *f)
{
    file_close(&f->ends[1]);
    return file_read_fd(f->ends[0], "the log", 1000000, NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    log_free(f->log);
    clock_free(f->clock);
    file_close(&f->ends[0]);
    file_close(&f->ends[1]);
}

static void test_line(Fixture *f, gconstpointer data)
{
    (void) data;
    log_debug(f->log, "not-wanted");
    log_info(f->log, "server-started", LOG_INT("port", 8420), LOG_BOOL("tls", false), LOG_CSTR("note", "a\n\"b\"\xff"));
    log_error(f->log, "no-fields");
    log_info(NULL, "nowhere");
    g_autoptr(GString) text = logged(f);
    g_assert_cmpstr(text->str, ==,
                    "{\"time\":\"2026-11-22T14:30:05+08:00\",\"level\":\"info\",\"event\":\"server-started\",\"port\":8420,"
                    "\"tls\":false,\"note\":\"a\\n\\\"b\\\"\uFFFD\"}\n"
                    "{\"time\":\"2026-11-22T14:30:05+08:00\",\"level\":\"error\",\"event\":\"no-fields\"}\n");
}

static void test_failure(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    error_set(&err, BH_CONFLICT, "changed meanwhile");
    error_detail(&err, "version-stale");
    error_hint(&err, "read it again");
    log_failure(f->log, LOG_LEVEL_WARNING, "job-failed", err);
    g_autoptr(GString) text = logged(f);
    g_assert_nonnull(strstr(text->str, "\"event\":\"job-failed\",\"code\":\"conflict\",\"detail\":\"version-stale\","
                                       "\"message\":\"changed meanwhile\",\"hint\":\"read it again\"}"));
}

static void test_failure_of_input(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autoptr(GError) err = NULL;
    error_set(&err, BH_BAD_INPUT, "no person 'an invented name'");
    error_at(&err, "/an invented name");
    error_hint(&err, "an invented name");
    error_detail(&err, "no-person");
    log_failure(f->log, LOG_LEVEL_WARNING, "import-failed", err);
    g_autoptr(GString) text = logged(f);
    g_assert_null(strstr(text->str, "invented"));
    g_assert_nonnull(strstr(text->str, "\"code\":\"bad-input\",\"detail\":\"no-person\"}"));
}

static void test_long_value(Fixture *f, gconstpointer data)
{
    (void) data;
    g_autofree char *long_text = g_strnfill(100000, 'x');
    log_info(f->log, "long", LOG_CSTR("text", long_text));
    g_autoptr(GString) text = logged(f);
    g_assert_cmpuint(text->len, <, LOG_VALUE_BYTES + 100);
}

static void test_rate(Fixture *f, gconstpointer data)
{
    (void) data;
    for (int i = 0; i < 1000; i++)
        log_info(f->log, "often", LOG_INT("i", i));
    log_info(f->log, "once");
    g_autoptr(GString) text = logged(f);
    int often = 0;
    for (const char *p = text->str; (p = strstr(p, "\"often\"")); p++)
        often++;
    g_assert_cmpint(often, ==, LOG_BURST);
    g_assert_nonnull(strstr(text->str, "\"once\""));
}

static void test_suppressed(Fixture *f, gconstpointer data)
{
    (void) data;
    log_set_rate(f->log, 2, 50);
    for (int i = 0; i < 10; i++)
        log_info(f->log, "often");
    g_usleep(60000);
    log_info(f->log, "often");
    log_info(f->log, "often");
    g_autoptr(GString) text = logged(f);
    const char *third = strstr(text->str, "\"often\",\"suppressed\":8}");
    g_assert_nonnull(third);
    g_assert_nonnull(strstr(third, "\"often\"}"));
}

static gpointer write_lines(gpointer data)
{
    static const char *const events[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
    for (int i = 0; i < LOG_BURST / 4 * (int) G_N_ELEMENTS(events); i++)
        log_info(data, events[i % (int) G_N_ELEMENTS(events)], LOG_INT("i", i), LOG_CSTR("text", "some words of a line"));
    return NULL;
}

static void test_threads(Fixture *f, gconstpointer data)
{
    (void) data;
    GThread *threads[4];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("writer", write_lines, f->log);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_autoptr(GString) text = logged(f);
    g_autoptr(Arena) arena = arena_new();
    int lines = 0;
    for (Str rest = str_from_gstring(text), line; (line = str_cut(&rest, '\n')).n > 0; lines++)
        g_assert_nonnull(json_parse(line, arena, NULL));
    g_assert_cmpint(lines, ==, 10 * LOG_BURST);
}

static void test_levels(void)
{
    LogLevel level = LOG_LEVEL_DEBUG;
    g_assert_true(log_level_parse(STR("warning"), &level));
    g_assert_cmpint(level, ==, LOG_LEVEL_WARNING);
    g_assert_false(log_level_parse(STR("Warning"), &level));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/log/line", Fixture, NULL, set_up, test_line, tear_down);
    g_test_add("/log/failure", Fixture, NULL, set_up, test_failure, tear_down);
    g_test_add("/log/failure-of-input", Fixture, NULL, set_up, test_failure_of_input, tear_down);
    g_test_add("/log/suppressed", Fixture, NULL, set_up, test_suppressed, tear_down);
    g_test_add("/log/long-value", Fixture, NULL, set_up, test_long_value, tear_down);
    g_test_add("/log/rate", Fixture, NULL, set_up, test_rate, tear_down);
    g_test_add("/log/threads", Fixture, NULL, set_up, test_threads, tear_down);
    g_test_add_func("/log/levels", test_levels);
    return g_test_run();
}
