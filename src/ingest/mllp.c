#include "ingest/hl7.h"

#include "base/banned.h"

enum { FRAME_BEGIN = 0x0B, FRAME_END = 0x1C, CR = 0x0D, LF = 0x0A, KEPT_OF_TOO_LARGE = 4096 };

void mllp_init(MllpReader *reader, size_t limit)
{
    *reader = (MllpReader) { .limit = limit, .message = g_string_new(NULL) };
}

void mllp_clear(MllpReader *reader)
{
    if (reader->message)
        g_string_free(reader->message, TRUE);
    *reader = (MllpReader) { 0 };
}

/* Up to behind the byte that begins a frame; false: there is none in the piece. */
static bool seek_begin(MllpReader *reader, Str *piece)
{
    const char *begin = piece->n > 0 ? memchr(piece->p, FRAME_BEGIN, piece->n) : NULL;
    size_t skipped = begin ? (size_t) (begin - piece->p) : piece->n;
    for (size_t i = 0; i < skipped; i++)
        reader->dropped += piece->p[i] != CR && piece->p[i] != LF;
    *piece = str_from_at(*piece, skipped + (begin != NULL));
    if (!begin)
        return false;
    g_string_truncate(reader->message, 0);
    reader->state = MLLP_INSIDE;
    return true;
}

/* As much as belongs to the message. */
static void take_inside(MllpReader *reader, Str *piece)
{
    size_t n = 0;
    while (n < piece->n && piece->p[n] != FRAME_END && piece->p[n] != FRAME_BEGIN)
        n++;
    if (reader->state == MLLP_INSIDE && reader->message->len + n > reader->limit)
        reader->state = MLLP_OVER;
    size_t room = MAX(reader->limit, reader->message->len) - reader->message->len;
    g_string_append_len(reader->message, piece->p, (gssize) MIN(n, room));
    *piece = str_from_at(*piece, n);
}

static MllpEvent end_frame(MllpReader *reader, Str *ret_message, MllpEvent event)
{
    *ret_message = str_from_gstring(reader->message);
    if (event == MLLP_TOO_LARGE)
        *ret_message = str_head(*ret_message, KEPT_OF_TOO_LARGE);
    return event;
}

/* At the byte behind what belongs to the message. A 0x1C without 0x0D behind it ends the frame all the same: some senders leave it out. */
static MllpEvent at_sign(MllpReader *reader, Str *piece, Str *ret_message)
{
    bool over = reader->state == MLLP_OVER;
    bool ends = piece->p[0] == FRAME_END;
    *piece = str_from_at(*piece, 1);
    if (ends) {
        reader->state = MLLP_OUTSIDE;
        return end_frame(reader, ret_message, over ? MLLP_TOO_LARGE : MLLP_MESSAGE);
    }
    reader->state = MLLP_ENDING; /* a new frame begins: what there was of the first is given out before */
    return end_frame(reader, ret_message, over ? MLLP_TOO_LARGE : MLLP_BROKEN);
}

MllpEvent mllp_feed(MllpReader *reader, Str *piece, Str *ret_message)
{
    if (reader->state == MLLP_ENDING) {
        g_string_truncate(reader->message, 0);
        reader->state = MLLP_INSIDE;
    }
    if (reader->state == MLLP_OUTSIDE && !seek_begin(reader, piece))
        return MLLP_MORE;
    take_inside(reader, piece);
    return piece->n > 0 ? at_sign(reader, piece, ret_message) : MLLP_MORE;
}

void mllp_write(GString *out, Str message)
{
    g_string_append_c(out, FRAME_BEGIN);
    g_string_append_len(out, message.p, (gssize) message.n);
    g_string_append_c(out, FRAME_END);
    g_string_append_c(out, CR);
}
