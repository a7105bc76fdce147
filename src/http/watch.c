#include "http/server.h"

#include <sys/socket.h>

#include "base/banned.h"

struct Watched {
    Watched *next, *previous;
    int fd;
    int64_t deadline_ms; /* 0: none */
};

struct Watch {
    GMutex lock;
    Watched head; /* of a ring */
};

Watch *watch_new(void)
{
    Watch *watch = g_new0(Watch, 1);
    g_mutex_init(&watch->lock);
    watch->head.next = watch->head.previous = &watch->head;
    return watch;
}

void watch_free(Watch *watch)
{
    if (!watch)
        return;
    g_mutex_clear(&watch->lock);
    g_free(watch);
}

void watch_begin(Watch *watch, struct MHD_Connection *connection, void **context, int64_t ms)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    Watched *watched = g_new0(Watched, 1);
    g_mutex_lock(&watch->lock);
    *watched = (Watched) { watch->head.next, &watch->head, info->connect_fd, monotonic_ms() + ms };
    watched->next->previous = watched->previous->next = watched;
    g_mutex_unlock(&watch->lock);
    *context = watched;
}

/* The library closes the socket after it has told us so: what is in the ring is open. */
void watch_end(Watch *watch, void **context)
{
    Watched *watched = *context;
    g_mutex_lock(&watch->lock);
    watched->next->previous = watched->previous;
    watched->previous->next = watched->next;
    g_mutex_unlock(&watch->lock);
    g_free(watched);
    *context = NULL;
}

void watch_expect(Watch *watch, struct MHD_Connection *connection, int64_t ms)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    Watched *watched = info->socket_context;
    g_mutex_lock(&watch->lock);
    watched->deadline_ms = ms > 0 ? monotonic_ms() + ms : 0;
    g_mutex_unlock(&watch->lock);
}

/* Shut down, not closed: the library notices, and closes it as it does any other. */
void watch_cut_late(Watch *watch, int64_t now_ms)
{
    g_mutex_lock(&watch->lock);
    for (Watched *w = watch->head.next; w != &watch->head; w = w->next)
        if (w->deadline_ms > 0 && w->deadline_ms < now_ms) {
            shutdown(w->fd, SHUT_RDWR);
            w->deadline_ms = 0;
        }
    g_mutex_unlock(&watch->lock);
}
