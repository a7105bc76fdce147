/* Asks a server at a set pace, and tells how long each kind of request took.
 *
 *     bench-load PORT CONNECTIONS REQUESTS-A-SECOND SECONDS < requests
 *
 * A line of `requests`: kind, method, path, headers ("A: b" joined by \r\n written as two characters each), body; tabs between. They are asked in turn, again from the
 * first behind the last. Each has its moment, whether or not those before are answered; the time counts from that moment, so a server that falls behind is not spared
 * (open loop). With 0 requests a second each connection asks as fast as it is answered, after a pause of PAUSE_MS (people at work). Prints a line a kind: count, failures, p50,
 * p99, longest in ms. */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 1000, BUFFER = 1 << 20, KINDS = 32, SAMPLES = 2000000 };

typedef struct {
    int kind;
    char *text; /* as it is sent */
    size_t n;
} Request;

typedef struct {
    char name[40];
    float *ms;
    _Atomic int n, failed;
} Kind;

static Request *requests;
static size_t n_requests;
static Kind kinds[KINDS];
static int n_kinds, port, pace;
static double seconds, begun;
static _Atomic long next_one;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
    struct timespec t = { (time_t) when, (long) ((when - (double) (time_t) when) * 1e9) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static int kind_of(const char *name)
{
    for (int i = 0; i < n_kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    g_strlcpy(kinds[n_kinds].name, name, sizeof kinds->name);
    kinds[n_kinds].ms = g_new(float, SAMPLES);
    return n_kinds++;
}

static void read_requests(void)
{
    static char line[65536];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char **part = g_strsplit(line, "\t", 5);
        if (g_strv_length(part) != 5)
            exit((fprintf(stderr, "bench-load: no request: %s\n", line), 2));
        g_autoptr(GString) headers = g_string_new(part[3]);
        g_string_replace(headers, "\\r\\n", "\r\n", 0);
        char *text = g_strdup_printf("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\nContent-Length: %zu\r\n\r\n%s", part[1], part[2], headers->str, strlen(part[4]), part[4]);
        requests = g_renew(Request, requests, n_requests + 1);
        requests[n_requests++] = (Request) { kind_of(part[0]), text, strlen(text) };
        g_strfreev(part);
    }
}

static int connect_to(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *) &to, sizeof to) != 0)
        exit((perror("bench-load: connect"), 1));
    return fd;
}

/* The status of the answer, all of which is read; 0: the connection broke. */
static int read_answer(int fd, char *buffer)
{
    size_t n = 0, want = 0;
    int status = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + n, BUFFER - 1 - n);
        if (got <= 0)
            return 0;
        n += (size_t) got;
        buffer[n] = 0;
        char *end = want ? NULL : strstr(buffer, "\r\n\r\n");
        if (end) {
            char *length = strcasestr(buffer, "\r\nContent-Length:");
            status = atoi(buffer + 9);
            want = (size_t) (end + 4 - buffer) + (length && length < end ? (size_t) atoll(length + 17) : 0);
        }
        if (want && n >= want)
            return status;
        if (n == BUFFER - 1 && want < BUFFER)
            return 0;
    }
}

static void keep(Kind *kind, double ms, bool failed)
{
    int at = atomic_fetch_add(&kind->n, 1);
    if (at < SAMPLES)
        kind->ms[at] = (float) ms;
    if (failed)
        atomic_fetch_add(&kind->failed, 1);
}

static void *run(void *data)
{
    (void) data;
    char *buffer = g_malloc(BUFFER);
    int fd = connect_to();
    unsigned mine = (unsigned) (uintptr_t) data * 7919u;
    for (;;) {
        long i = atomic_fetch_add(&next_one, 1);
        double moment = pace ? begun + (double) i / pace : now() + (double) (rand_r(&mine) % (2 * PAUSE_MS)) / 1000;
        if (moment > begun + seconds)
            break;
        sleep_until(moment);
        const Request *request = &requests[(size_t) i % n_requests];
        double sent = pace ? moment : now();
        int status = write(fd, request->text, request->n) == (ssize_t) request->n ? read_answer(fd, buffer) : 0;
        bool failed = status < 200 || status > 299;
        if (failed && getenv("BENCH_SHOW"))
            fprintf(stderr, "%d: %.200s\n%.400s\n", status, request->text, status ? buffer : "");
        keep(&kinds[request->kind], (now() - sent) * 1000, failed);
        if (status == 0) {
            close(fd);
            fd = connect_to();
        }
    }
    close(fd);
    g_free(buffer);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;
    return x < y ? -1 : x > y;
}

static void report(const char *name, float *ms, int n, int failed)
{
    if (n == 0)
        return;
    n = MIN(n, SAMPLES);
    qsort(ms, (size_t) n, sizeof *ms, by_size);
    printf("%-24s %7d %6d failed   p50 %8.2f   p99 %8.2f   longest %8.2f ms\n", name, n, failed, (double) ms[n / 2], (double) ms[(size_t) n * 99 / 100], (double) ms[n - 1]);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return fprintf(stderr, "usage: bench-load PORT CONNECTIONS REQUESTS-A-SECOND SECONDS < requests\n"), 64;
    port = atoi(argv[1]);
    int connections = atoi(argv[2]);
    pace = atoi(argv[3]);
    seconds = atof(argv[4]);
    read_requests();
    GThread **threads = g_new(GThread *, connections);
    begun = now() + 0.2;
    for (int i = 0; i < connections; i++)
        threads[i] = g_thread_new("load", run, GINT_TO_POINTER(i + 1));
    for (int i = 0; i < connections; i++)
        g_thread_join(threads[i]);
    float *all = g_new(float, (size_t) SAMPLES * 4);
    int n = 0, failed = 0;
    for (int i = 0; i < n_kinds; i++) {
        int here = MIN(kinds[i].n, SAMPLES);
        memcpy(all + n, kinds[i].ms, (size_t) here * sizeof *all);
        n += here;
        failed += kinds[i].failed;
        report(kinds[i].name, kinds[i].ms, here, kinds[i].failed);
    }
    report("all", all, n, failed);
    return failed > 0;
}
