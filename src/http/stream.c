#include "http/server.h"

#include "base/banned.h"

/* The library asks for bytes on its own thread, which must not wait. When there are none, the connection is suspended; who
 * then brings some, or the end, resumes it. `waiting` says that it is suspended, under the lock, so that it is resumed
 * once for each time. */
enum { PIECE = 64 * 1024, AHEAD_MAX = 256 * 1024 };

struct Stream {
    HttpTask task;
    HttpServer *server;
    struct MHD_Connection *connection;
    gint refs; /* atomic */
    GMutex lock;
    GCond taken;
    GString *pending;
    size_t sent; /* of pending */
    HttpSource source; /* run NULL: events */
    bool started, waiting, ended, failed;
};

Stream *stream_new_events(void)
{
    Stream *stream = g_new0(Stream, 1);
    stream->refs = 1;
    stream->pending = g_string_new(NULL);
    g_mutex_init(&stream->lock);
    g_cond_init(&stream->taken);
    return stream;
}

void stream_ref(Stream *stream)
{
    g_atomic_int_inc(&stream->refs);
}

void stream_unref(Stream *stream)
{
    if (!stream || !g_atomic_int_dec_and_test(&stream->refs))
        return;
    if (stream->source.close)
        stream->source.close(stream->source.data);
    g_string_free(stream->pending, TRUE);
    g_cond_clear(&stream->taken);
    g_mutex_clear(&stream->lock);
    g_free(stream);
}

/* --- Bringing: each of these under the lock --------------------------------------------------------------------------- */

static void resume(Stream *stream)
{
    if (stream->waiting)
        MHD_resume_connection(stream->connection);
    stream->waiting = false;
}

static size_t ahead(const Stream *stream)
{
    return stream->pending->len - stream->sent;
}

static void append(Stream *stream, Str bytes)
{
    if (ahead(stream) == 0) {
        g_string_truncate(stream->pending, 0);
        stream->sent = 0;
    }
    g_string_append_len(stream->pending, bytes.p, (gssize) bytes.n);
    resume(stream);
}

static void finish(Stream *stream, bool failed)
{
    stream->failed |= failed;
    stream->ended = true;
    g_cond_broadcast(&stream->taken);
    resume(stream);
}

/* --- A source, on its own thread ---------------------------------------------------------------------------------------- */

static bool write_source(void *data, Str piece, GError **err)
{
    Stream *stream = data;
    g_mutex_lock(&stream->lock);
    while (!stream->ended && ahead(stream) > AHEAD_MAX && !server_is_closed(stream->server))
        g_cond_wait_until(&stream->taken, &stream->lock, g_get_monotonic_time() + G_TIME_SPAN_SECOND);
    bool read = !stream->ended && ahead(stream) <= AHEAD_MAX;
    if (read)
        append(stream, piece);
    g_mutex_unlock(&stream->lock);
    return read || error_set(err, BH_UNAVAILABLE, "nobody reads any more");
}

static void run_source(HttpTask *task)
{
    Stream *stream = (Stream *) task;
    g_autoptr(GError) err = NULL;
    bool ok = stream->source.run(stream->source.data, (Sink) { write_source, stream }, &err);
    if (!ok && error_class_of(err)->code != BH_UNAVAILABLE)
        log_failure(stream->server->app->log, LOG_LEVEL_WARNING, "answer-broken-off", err);
    g_mutex_lock(&stream->lock);
    finish(stream, !ok);
    g_mutex_unlock(&stream->lock);
    stream_unref(stream);
}

Stream *stream_new_source(HttpServer *server, HttpSource source)
{
    Stream *stream = stream_new_events();
    stream->server = server;
    stream->task.run = run_source;
    stream->source = source;
    return stream;
}

/* --- The library takes ------------------------------------------------------------------------------------------------ */

/* Under the lock: nothing to give now. */
static void wait_for_more(Stream *stream)
{
    stream->waiting = true;
    MHD_suspend_connection(stream->connection);
    if (!stream->source.run || stream->started)
        return;
    stream->started = true;
    stream_ref(stream);
    if (!server_push_sender(stream->server, &stream->task)) {
        finish(stream, true);
        g_atomic_int_add(&stream->refs, -1); /* not the last: the response holds one */
    }
}

static ssize_t give(void *cls, uint64_t at, char *buffer, size_t size)
{
    Stream *stream = cls;
    (void) at;
    ssize_t given = 0;
    g_mutex_lock(&stream->lock);
    if (ahead(stream) > 0) {
        given = (ssize_t) MIN(ahead(stream), size);
        memcpy(buffer, stream->pending->str + stream->sent, (size_t) given);
        stream->sent += (size_t) given;
        g_cond_signal(&stream->taken);
    } else if (stream->ended) {
        given = stream->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        wait_for_more(stream);
    }
    g_mutex_unlock(&stream->lock);
    return given;
}

static void given_up(void *cls)
{
    Stream *stream = cls;
    g_mutex_lock(&stream->lock);
    finish(stream, false);
    g_mutex_unlock(&stream->lock);
    stream_unref(stream);
}

struct MHD_Response *stream_response(Stream *stream, struct MHD_Connection *connection, int64_t size)
{
    stream_ref(stream);
    stream->connection = connection;
    return MHD_create_response_from_callback(size < 0 ? MHD_SIZE_UNKNOWN : (uint64_t) size, PIECE, give, stream, given_up);
}

/* --- Events --------------------------------------------------------------------------------------------------------------- */

/* A reader who takes nothing until AHEAD_MAX have gathered is cut off. */
void stream_append(Stream *stream, Str bytes)
{
    g_mutex_lock(&stream->lock);
    if (ahead(stream) + bytes.n > AHEAD_MAX)
        finish(stream, true);
    else if (!stream->ended)
        append(stream, bytes);
    g_mutex_unlock(&stream->lock);
}

void stream_end(Stream *stream)
{
    g_mutex_lock(&stream->lock);
    finish(stream, false);
    g_mutex_unlock(&stream->lock);
}

bool stream_ended(Stream *stream)
{
    g_mutex_lock(&stream->lock);
    bool ended = stream->ended;
    g_mutex_unlock(&stream->lock);
    return ended;
}
