#include "doc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#include "base/banned.h"

/* posix_spawn, because the server has threads and much memory. It cannot set limits, so prlimit (util-linux, essential in Debian) stands
 * before the program: it sets them for itself and then becomes it. */

enum { MOST_ARGUMENTS = 24, MOST_COMPLAINT = 4096, PIECE = 64 * 1024 };

extern char **environ;

bool child_has(const char *program)
{
    g_autofree char *path = g_find_program_in_path(program);
    return path != NULL;
}

/* The input as a file without a name. */
static int input_file(Str input, GError **err)
{
    AUTO_FD fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0) {
        error_set_errno(err, errno, "cannot hold the input of a program");
        return -1;
    }
    if (!file_write_all(fd, input, err))
        return -1;
    lseek(fd, 0, SEEK_SET);
    int kept = fd;
    fd = -1;
    return kept;
}

static bool spawn(const char *const *argv, const ChildLimits *limits, int in, int out, int complaint, pid_t *ret_pid, GError **err)
{
    g_autofree char *cpu = g_strdup_printf("--cpu=%d", limits->cpu_seconds);
    g_autofree char *memory = g_strdup_printf("--as=%zu", limits->memory_bytes);
    g_autofree char *size = g_strdup_printf("--fsize=%zu", limits->output_bytes);
    const char *all[MOST_ARGUMENTS] = { "prlimit", cpu, memory, size, "--core=0", "--" };
    size_t n = 6;
    for (size_t i = 0; argv[i]; i++) {
        g_assert(n + 1 < MOST_ARGUMENTS);
        all[n++] = argv[i];
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaint, STDERR_FILENO);
    int failed = posix_spawnp(ret_pid, all[0], &actions, NULL, (char **) all, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0 || error_set(err, BH_UNAVAILABLE, "cannot start '%s': %s", argv[0], g_strerror(failed));
}

/* What comes out of the pipe, up to its end. */
static bool drain(int fd, const ChildLimits *limits, GString *output, GError **err)
{
    int64_t deadline = monotonic_ms() + limits->wall_ms;
    g_autofree char *piece = g_malloc(PIECE);
    for (;;) {
        int64_t left = deadline - monotonic_ms();
        struct pollfd wait = { fd, POLLIN, 0 };
        if (left <= 0 || poll(&wait, 1, (int) left) == 0)
            return error_set(err, BH_TOO_LARGE, "the file takes longer than %d seconds to read", limits->wall_ms / 1000);
        ssize_t n = read(fd, piece, PIECE);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, errno, "cannot read from a program");
        g_string_append_len(output, piece, MAX(n, 0));
        if (output->len > limits->output_bytes)
            return error_set(err, BH_TOO_LARGE, "the file unpacks to more than %zu bytes", limits->output_bytes);
    }
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static GString *read_complaint(int fd)
{
    GString *text = g_string_sized_new(MOST_COMPLAINT);
    ssize_t n = pread(fd, text->str, MOST_COMPLAINT - 1, 0);
    g_string_set_size(text, (size_t) MAX(n, 0));
    return text;
}

bool child_run(const char *const *argv, Str input, const ChildLimits *limits, GString **ret_output, GString **ret_complaint, int *ret_status,
               GError **err)
{
    AUTO_FD in = input_file(input, err);
    AUTO_FD complaint = memfd_create("complaint", MFD_CLOEXEC);
    int pipe_fds[2];
    if (in < 0 || complaint < 0 || pipe2(pipe_fds, O_CLOEXEC) != 0)
        return err && *err ? false : error_set_errno(err, errno, "cannot make a pipe");
    AUTO_FD out = pipe_fds[0];
    AUTO_FD into = pipe_fds[1];
    pid_t pid;
    if (!spawn(argv, limits, in, into, complaint, &pid, err))
        return false;
    file_close(&into);
    g_autoptr(GString) output = g_string_new(NULL);
    bool drained = drain(out, limits, output, err);
    if (!drained)
        kill(pid, SIGKILL);
    *ret_status = wait_for(pid);
    if (!drained)
        return false;
    *ret_output = g_steal_pointer(&output);
    *ret_complaint = read_complaint(complaint);
    return true;
}
