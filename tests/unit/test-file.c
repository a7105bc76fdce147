#include "base/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sink.h"

#include "base/banned.h"

static void assert_content(const char *path, const char *want)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) content = file_read(path, 1000, &err);
    g_assert_no_error(err);
    g_assert_cmpstr(content->str, ==, want);
}

/* How many things are in a folder, hidden ones too. */
static int entries(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    int count = 0;
    while (g_dir_read_name(dir))
        count++;
    return count;
}

static void test_read_limit(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autofree char *path = temp_dir_join(dir, "a");
    g_assert_true(file_write_atomic(path, STR("12345"), 0644, &err));
    g_autoptr(GString) whole = file_read(path, 5, &err);
    g_assert_cmpstr(whole->str, ==, "12345");
    g_assert_null(file_read(path, 4, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_assert_nonnull(strstr(err->message, path));
    g_clear_error(&err);
    g_assert_null(file_read("/dev/zero", 100000, &err)); /* says it is empty, and never ends */
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
}

static void test_read_missing(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autofree char *path = temp_dir_join(dir, "none");
    g_assert_null(file_read(path, 10, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
    g_assert_nonnull(strstr(err->message, path));
    g_clear_error(&err);
    g_assert_null(file_read(temp_dir_path(dir), 10, &err));
    g_assert_error(err, BH_ERROR, BH_INTERNAL);
}

static void test_read_pipe(void)
{
    g_autoptr(GError) err = NULL;
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_true(file_write_all(ends[1], STR("through a pipe"), &err));
    close(ends[1]);
    g_autoptr(GString) content = file_read_fd(ends[0], "the pipe", 100, &err);
    g_assert_cmpstr(content->str, ==, "through a pipe");
    close(ends[0]);
}

static void test_atomic(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autofree char *path = temp_dir_join(dir, "a");
    struct stat info;
    g_assert_true(file_write_atomic(path, STR("old"), 0600, &err));
    g_assert_true(file_write_atomic(path, STR("new"), 0640, &err));
    assert_content(path, "new");
    g_assert_cmpint(stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0640);
    g_assert_cmpint(entries(temp_dir_path(dir)), ==, 1);
    g_autofree char *nowhere = temp_dir_join(dir, "none/a");
    g_assert_false(file_write_atomic(nowhere, STR("x"), 0600, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
}

static void test_atomic_given_up(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    AtomicFile *file = atomic_file_new(temp_dir_path(dir), &err);
    g_assert_true(sink_write(sink_to_fd(atomic_file_fd_place(file)), STR("half"), &err));
    g_assert_cmpint(entries(temp_dir_path(dir)), ==, 1);
    atomic_file_free(file);
    g_assert_cmpint(entries(temp_dir_path(dir)), ==, 0);
}

static void test_append(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autofree char *path = temp_dir_join(dir, "log");
    g_assert_true(file_append_sync(path, STR("one\n"), &err));
    g_assert_true(file_append_sync(path, STR("two\n"), &err));
    assert_content(path, "one\ntwo\n");
}

/* What a full disk does, by a limit on the size of files: the old content stays, and no half line. */
static void full_disk(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) dir = temp_dir_new(&err);
    g_autofree char *path = temp_dir_join(dir, "log");
    g_assert_true(file_append_sync(path, STR("one\n"), &err));
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &(struct rlimit) { 6, 6 }), ==, 0);
    g_assert_false(file_append_sync(path, STR("two\n"), &err));
    g_clear_error(&err);
    g_assert_false(file_write_atomic(path, STR("three and more\n"), 0600, &err));
    g_assert_nonnull(strstr(err->message, path));
    assert_content(path, "one\n");
    g_assert_cmpint(entries(temp_dir_path(dir)), ==, 1);
}

static void test_no_half_writes(void)
{
    if (g_test_subprocess()) {
        full_disk();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
}

static void write_for_ever(const char *path)
{
    g_autofree char *content = g_malloc(300000);
    for (char c = 'a';; c = (char) (c == 'z' ? 'a' : c + 1)) {
        memset(content, c, 300000);
        file_write_atomic(path, (Str) { content, 300000 }, 0600, NULL);
    }
}

/* A writer killed at any moment leaves one of the contents, whole. */
static void test_killed(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a");
    g_assert_true(file_write_atomic(path, STR(""), 0600, NULL));
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0)
            write_for_ever(path);
        g_usleep((gulong) g_test_rand_int_range(500, 8000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        g_autoptr(GString) content = file_read(path, 300000, NULL);
        g_assert_true(content->len == 0 || content->len == 300000);
        for (gsize i = 1; i < content->len; i++)
            if (content->str[i] != content->str[0])
                g_error("two contents in one file");
    }
}

static void test_full_device(void)
{
    g_autoptr(GError) err = NULL;
    int fd = open("/dev/full", O_WRONLY);
    g_assert_cmpint(fd, >=, 0);
    g_assert_false(file_write_all(fd, STR("x"), &err));
    g_assert_error(err, BH_ERROR, BH_FULL);
    close(fd);
}

static void test_temp_dir(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(TempDir) kept = temp_dir_new(&err);
    g_autofree char *outside = temp_dir_join(kept, "outside");
    g_assert_true(file_write_atomic(outside, STR("stays"), 0600, &err));
    TempDir *dir = temp_dir_new(&err);
    g_autofree char *path = g_strdup(temp_dir_path(dir));
    g_autofree char *deep = temp_dir_join(dir, "a/b/c");
    g_autofree char *file = temp_dir_join(dir, "a/b/f");
    g_autofree char *link = temp_dir_join(dir, "a/link");
    g_assert_true(file_make_dir(deep, &err) && file_make_dir(deep, &err));
    g_assert_true(file_write_atomic(file, STR("x"), 0600, &err));
    g_assert_cmpint(symlink(temp_dir_path(kept), link), ==, 0);
    temp_dir_free(dir);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    assert_content(outside, "stays");
}

static void test_string_sink(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) string = g_string_new("ab");
    StringSink to = { string, 5 };
    g_assert_true(sink_write(sink_to_string(&to), STR("cde"), &err));
    g_assert_false(sink_write(sink_to_string(&to), STR("f"), &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_assert_cmpstr(string->str, ==, "abcde");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/file/read-limit", test_read_limit);
    g_test_add_func("/file/read-missing", test_read_missing);
    g_test_add_func("/file/read-pipe", test_read_pipe);
    g_test_add_func("/file/atomic", test_atomic);
    g_test_add_func("/file/atomic-given-up", test_atomic_given_up);
    g_test_add_func("/file/append", test_append);
    g_test_add_func("/file/no-half-writes", test_no_half_writes);
    g_test_add_func("/file/killed", test_killed);
    g_test_add_func("/file/full-device", test_full_device);
    g_test_add_func("/file/temp-dir", test_temp_dir);
    g_test_add_func("/file/string-sink", test_string_sink);
    return g_test_run();
}
