/* The program from outside: arguments, output, exit statuses. BIHUAN is its path. */

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

typedef struct {
    char *out, *complaint;
    int status;
} Run;

static Run run_with_input(const char *folder, const char *input, const char *const *words)
{
    Run run;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (char *) "sh");
    g_ptr_array_add(argv, (char *) "-c");
    g_ptr_array_add(argv, (char *) "input=$1; shift; printf '%s' \"$input\" | \"$BIHUAN\" \"$@\"");
    g_ptr_array_add(argv, (char *) "sh");
    g_ptr_array_add(argv, (char *) input);
    for (size_t i = 0; words[i]; i++)
        g_ptr_array_add(argv, (char *) words[i]);
    g_ptr_array_add(argv, NULL);
    g_autoptr(GError) err = NULL;
    int wait_status;
    g_spawn_sync(folder, (char **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &run.out, &run.complaint, &wait_status, &err);
    g_assert_no_error(err);
    g_assert_true(WIFEXITED(wait_status));
    run.status = WEXITSTATUS(wait_status);
    return run;
}

#define RUN(folder, ...) run_with_input(folder, "", (const char *const[]) { __VA_ARGS__, NULL })

static void run_clear(Run *run)
{
    g_free(run->out);
    g_free(run->complaint);
}

static void write_file(TempDir *dir, const char *name, const char *content)
{
    g_autofree char *path = temp_dir_join(dir, name);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_true(file_make_dir(folder, NULL));
    g_assert_true(file_write_atomic(path, str_from(content), 0600, NULL));
}

#define PLAN(year) year "年工作要点\n一、加强管理\n1. 提高接种率。接种率达到95%以上，覆盖率应达尽达，实现全覆盖。（牵头处室：疾控处；配合处室：某某处）\n"

/* One JSON object a line, in the order of the names; folders are gone through, hidden files and pipes are not read. */
static void test_read_json(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    write_file(dir, "in/b/2.txt", PLAN("2026"));
    write_file(dir, "in/a.txt", PLAN("2025"));
    write_file(dir, "in/.hidden", "x");
    g_autofree char *pipe = temp_dir_join(dir, "in/pipe");
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    Run run = RUN(temp_dir_path(dir), "read", "in");
    g_assert_cmpint(run.status, ==, 0);
    g_autoptr(Arena) arena = arena_new();
    Str rest = str_from(run.out);
    for (int year = 2025; year <= 2026; year++) {
        const JsonValue *doc = json_parse(str_cut(&rest, '\n'), arena, NULL);
        g_assert_nonnull(doc);
        Str title;
        g_autofree char *want = g_strdup_printf("%d年工作要点", year);
        g_assert_true(json_get_str(doc, "title", &title, NULL));
        g_assert_true(str_eq(title, str_from(want)));
        g_assert_nonnull(json_get(doc, "text_sha256"));
        g_assert_nonnull(json_get(json_get(doc, "items")->first, "lead_spans"));
    }
    g_assert_cmpuint(rest.n, ==, 0);
    run_clear(&run);
}

static void test_read_stdin(void)
{
    Run run = run_with_input(NULL, PLAN("2026"), (const char *const[]) { "read", "--table", "-", NULL });
    g_assert_cmpint(run.status, ==, 0);
    g_assert_nonnull(strstr(run.out, "2026年工作要点"));
    g_assert_nonnull(strstr(run.out, ">=95%"));
    run_clear(&run);
}

static void test_read_checks(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    write_file(dir, "plan.txt", PLAN("2026"));
    write_file(dir, "orgs.csv", "code,name,alias\n1,疾病预防控制处,疾控处；疾控\n");
    Run run = RUN(temp_dir_path(dir), "read", "--findings", "--orgs", "orgs.csv", "--as-of", "2027-03-01", "plan.txt");
    g_assert_cmpint(run.status, ==, 0);
    g_assert_nonnull(strstr(run.out, "plan.txt:"));
    g_assert_nonnull(strstr(run.out, "unknown-owner: "));
    g_assert_nonnull(strstr(run.out, "某某处"));
    g_assert_null(strstr(run.out, "疾控处"));
    g_assert_nonnull(strstr(run.out, "date-past: "));
    run_clear(&run);
}

static void test_read_xlsx(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    write_file(dir, "plan.txt", PLAN("2026"));
    g_autofree char *first = temp_dir_join(dir, "1.xlsx");
    g_autofree char *second = temp_dir_join(dir, "2.xlsx");
    Run run = RUN(temp_dir_path(dir), "read", "--xlsx=1.xlsx", "plan.txt");
    g_assert_cmpint(run.status, ==, 0);
    run_clear(&run);
    run = RUN(temp_dir_path(dir), "read", "--xlsx", "2.xlsx", "plan.txt");
    g_assert_cmpint(run.status, ==, 0);
    run_clear(&run);
    g_autoptr(GString) a = file_read(first, 1 << 20, NULL);
    g_autoptr(GString) b = file_read(second, 1 << 20, NULL);
    g_assert_true(str_starts(str_from_gstring(a), STR("PK")));
    g_assert_cmpmem(a->str, a->len, b->str, b->len);
}

/* Of several files each is read; the status is that of the first that could not be. */
static void test_read_failures(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    write_file(dir, "plan.txt", PLAN("2026"));
    write_file(dir, "secret.txt", "机密★1年\n关于甲的通知\n");
    write_file(dir, "empty.txt", "");
    Run run = RUN(temp_dir_path(dir), "read", "secret.txt", "empty.txt", "absent.txt", "plan.txt");
    g_assert_cmpint(run.status, ==, 77);
    g_assert_nonnull(strstr(run.out, "2026年工作要点"));
    g_assert_nonnull(strstr(run.complaint, "3 of 4 files"));
    g_assert_null(strstr(run.complaint, "甲"));
    run_clear(&run);
    run = RUN(temp_dir_path(dir), "read", "absent.txt");
    g_assert_cmpint(run.status, ==, 66);
    run_clear(&run);
    run = RUN(temp_dir_path(dir), "read", "secret.txt");
    g_assert_nonnull(strstr(run.complaint, "secret.txt: "));
    run_clear(&run);
}

static void test_usage(void)
{
    static const struct {
        const char *words[5];
        const char *says;
    } cases[] = {
        { { "read" }, "no file given" },
        { { "read", "--tabel", "x" }, "no option '--tabel'" },
        { { "read", "-x" }, "no option '-x'" },
        { { "read", "--xlsx" }, "lacks its value OUT" },
        { { "read", "--table=1", "x" }, "takes no value" },
        { { "read", "--table", "--table", "x" }, "given twice" },
        { { "read", "--table", "--json", "x" }, "only one of" },
        { { "read", "--as-of", "2026", "x" }, "no date" },
        { { "raed" }, "no command 'raed'" },
        { { "help", "raed" }, "no command 'raed'" },
        { { "completion", "csh" }, "bash" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Run run = run_with_input(NULL, "", cases[i].words);
        g_assert_cmpint(run.status, ==, 64);
        g_assert_nonnull(strstr(run.complaint, cases[i].says));
        g_assert_cmpstr(run.out, ==, "");
        run_clear(&run);
    }
}

static void test_help(void)
{
    static const char *const forms[][3] = { { "help" }, { "--help" }, { "help", "read" }, { "read", "--help" }, { "help", "--man" } };
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        Run run = run_with_input(NULL, "", forms[i]);
        g_assert_cmpint(run.status, ==, 0);
        g_assert_nonnull(strstr(run.out, "read"));
        run_clear(&run);
    }
}

/* What bash would be told is given to bash. */
static void test_completion(void)
{
    int wait_status;
    g_autofree char *out = NULL;
    static const char *const argv[] = { "bash", "-c",
                                        "eval \"$(\"$BIHUAN\" completion bash)\"; COMP_WORDS=(bihuan read --ta); COMP_CWORD=2; _bihuan; echo ${COMPREPLY[*]}", NULL };
    g_assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, &wait_status, NULL));
    g_assert_cmpstr(out, ==, "--table\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cmd/read-json", test_read_json);
    g_test_add_func("/cmd/read-stdin", test_read_stdin);
    g_test_add_func("/cmd/read-checks", test_read_checks);
    g_test_add_func("/cmd/read-xlsx", test_read_xlsx);
    g_test_add_func("/cmd/read-failures", test_read_failures);
    g_test_add_func("/cmd/usage", test_usage);
    g_test_add_func("/cmd/help", test_help);
    g_test_add_func("/cmd/completion", test_completion);
    return g_test_run();
}
