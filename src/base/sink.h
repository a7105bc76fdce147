/* sink.h: where a stream of bytes goes, piece by piece. */
#pragma once

#include "base/error.h"

/* `write` takes a piece, which is the sink's only during the call; false with err ends the stream. */
typedef struct {
    bool (*write)(void *data, Str piece, GError **err);
    void *data;
} Sink;

static inline bool sink_write(Sink sink, Str piece, GError **err)
{
    return sink.write(sink.data, piece, err);
}

/* Appends to a string that may grow to `limit` bytes; more is BH_TOO_LARGE. */
typedef struct {
    GString *string;
    size_t limit;
} StringSink;
Sink sink_to_string(StringSink *to);

/* Writes all to a file descriptor, which lies at *fd; a full disk is BH_FULL. */
Sink sink_to_fd(const int *fd);
