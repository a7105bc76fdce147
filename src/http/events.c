#include "http/server.h"

#include "base/banned.h"

/* Who watches which job. A runner says only that a job has changed; the row is then read on a worker, once for all that
 * watch it, so that what they are told is committed. */
typedef struct {
    Str uid;
    Stream *stream; /* owned */
} Watcher;

struct Events {
    HttpServer *server;
    GMutex lock;
    GPtrArray *watchers;
};

typedef struct {
    HttpTask task;
    Events *events;
    Str uid;
} Refresh;

static void watcher_free(gpointer data)
{
    Watcher *watcher = data;
    stream_end(watcher->stream);
    stream_unref(watcher->stream);
    g_free((char *) (uintptr_t) watcher->uid.p);
    g_free(watcher);
}

Events *events_new(HttpServer *server)
{
    Events *events = g_new0(Events, 1);
    events->server = server;
    g_mutex_init(&events->lock);
    events->watchers = g_ptr_array_new_with_free_func(watcher_free);
    return events;
}

void events_free(Events *events)
{
    if (!events)
        return;
    g_ptr_array_unref(events->watchers);
    g_mutex_clear(&events->lock);
    g_free(events);
}

static bool job_is_over(const Job *job)
{
    return str_eq(job->state, STR("done")) || str_eq(job->state, STR("failed"));
}

/* The job as one event; *ret_over: there will be no further. */
static bool read_event(HttpServer *server, Arena *arena, Str uid, Str *ret_event, bool *ret_over, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(server->app->db, err);
    Job job;
    bool found;
    if (!conn || !job_by_uid(conn, arena, uid, &job, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no such job");
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter writer;
    json_writer_init(&writer, out, false);
    if (!job_answer(server->app, conn, arena, &job, &writer, err))
        return false;
    *ret_event = arena_printf(arena, "event: job\ndata: %s\n\n", out->str);
    *ret_over = job_is_over(&job);
    return true;
}

static void tell(Events *events, Str uid, Str event, bool over)
{
    g_mutex_lock(&events->lock);
    for (guint i = events->watchers->len; i-- > 0;) {
        Watcher *watcher = g_ptr_array_index(events->watchers, i);
        if (!str_eq(watcher->uid, uid))
            continue;
        stream_append(watcher->stream, event);
        if (over)
            g_ptr_array_remove_index_fast(events->watchers, i);
    }
    g_mutex_unlock(&events->lock);
}

static void refresh_free(Refresh *r)
{
    g_free((char *) (uintptr_t) r->uid.p);
    g_free(r);
}

static void refresh(HttpTask *task)
{
    Refresh *r = (Refresh *) task;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    Str event;
    bool over;
    if (read_event(r->events->server, arena, r->uid, &event, &over, &err))
        tell(r->events, r->uid, event, over);
    else
        log_failure(r->events->server->app->log, LOG_LEVEL_WARNING, "event-not-read", err);
    refresh_free(r);
}

static bool is_watched(Events *events, Str uid)
{
    bool watched = false;
    g_mutex_lock(&events->lock);
    for (guint i = 0; i < events->watchers->len && !watched; i++)
        watched = str_eq(((Watcher *) g_ptr_array_index(events->watchers, i))->uid, uid);
    g_mutex_unlock(&events->lock);
    return watched;
}

void events_changed(Str job_uid, void *data)
{
    Events *events = data;
    if (!is_watched(events, job_uid))
        return;
    Refresh *r = g_new0(Refresh, 1);
    *r = (Refresh) { { refresh }, events, { str_dup(job_uid), job_uid.n } };
    if (!server_push(events->server, &r->task))
        refresh_free(r);
}

/* Something to send now and then shows whether the reader is still there. */
void events_heartbeat(Events *events)
{
    g_mutex_lock(&events->lock);
    for (guint i = events->watchers->len; i-- > 0;) {
        Watcher *watcher = g_ptr_array_index(events->watchers, i);
        stream_append(watcher->stream, STR(":\n\n"));
        if (stream_ended(watcher->stream))
            g_ptr_array_remove_index_fast(events->watchers, i);
    }
    g_mutex_unlock(&events->lock);
}

void events_end(Events *events)
{
    g_mutex_lock(&events->lock);
    g_ptr_array_set_size(events->watchers, 0);
    g_mutex_unlock(&events->lock);
}

static void watch_job(Events *events, Str uid, Stream *stream)
{
    Watcher *watcher = g_new0(Watcher, 1);
    *watcher = (Watcher) { { str_dup(uid), uid.n }, stream };
    stream_ref(stream);
    g_mutex_lock(&events->lock);
    g_ptr_array_add(events->watchers, watcher);
    g_mutex_unlock(&events->lock);
}

/* Watched first, read then: a change between the two is told twice rather than not at all. */
bool http_job_events(HttpRequest *request, Str job_uid, GError **err)
{
    Exchange *x = exchange_of(request);
    Events *events = x->server->events;
    Stream *stream = stream_new_events();
    Str event;
    bool over;
    watch_job(events, job_uid, stream);
    if (!read_event(x->server, request->arena, job_uid, &event, &over, err)) {
        stream_end(stream);
        stream_unref(stream);
        return false;
    }
    answer_stream(x, "text/event-stream", stream, -1);
    tell(events, job_uid, event, over || g_atomic_int_get(&x->server->stopping));
    http_add_header(request, "X-Accel-Buffering", STR("no")); /* a proxy must not gather events */
    return true;
}
