#include "base/sink.h"

#include "base/file.h"

#include "base/banned.h"

static bool write_to_string(void *data, Str piece, GError **err)
{
    StringSink *to = data;
    if (piece.n > to->limit - to->string->len)
        return error_set(err, BH_TOO_LARGE, "more than %zu bytes", to->limit);
    g_string_append_len(to->string, piece.p, (gssize) piece.n);
    return true;
}

Sink sink_to_string(StringSink *to)
{
    g_assert(to->string->len <= to->limit);
    return (Sink) { write_to_string, to };
}

static bool write_to_fd(void *data, Str piece, GError **err)
{
    return file_write_all(*(const int *) data, piece, err);
}

Sink sink_to_fd(const int *fd)
{
    return (Sink) { write_to_fd, (void *) fd };
}
