/* Bytes from memory, a file or a function; and their text. Which encoding it is shows at the first bytes beyond ASCII: GB18030 gives a meaning to nearly every
 * pair of bytes, UTF-8 proves itself, so the lines that are UTF-8 are counted against those that are not. */
#include <errno.h>

#include "base/file.h"
#include "ingest/read.h"

#include "base/banned.h"

/* --- Bytes ------------------------------------------------------------------------------------------------------------- */

void stream_init(Stream *stream, const IngestInput *input)
{
    *stream = (Stream) { .input = input, .rest = input->bytes };
}

void stream_clear(Stream *stream)
{
    if (stream->head)
        g_string_free(stream->head, TRUE);
    stream->head = NULL;
}

/* One call of what gives the bytes: maybe fewer than wanted. */
static ssize_t read_once(Stream *stream, char *buffer, size_t n, GError **err)
{
    const IngestInput *input = stream->input;
    if (input->read)
        return input->read(input->data, buffer, n, err);
    if (!input->bytes.p)
        return file_read_some(input->fd, buffer, n, err);
    size_t taken = MIN(n, stream->rest.n);
    if (taken > 0)
        memcpy(buffer, stream->rest.p, taken);
    stream->rest = str_from_at(stream->rest, taken);
    return (ssize_t) taken;
}

static ssize_t read_fully(Stream *stream, char *buffer, size_t n, GError **err)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = read_once(stream, buffer + done, n - done, err);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t) got;
    }
    return (ssize_t) done;
}

static size_t read_head(Stream *stream, char *buffer, size_t n)
{
    size_t taken = stream->head ? MIN(n, stream->head->len - stream->head_at) : 0;
    if (taken == 0)
        return 0;
    memcpy(buffer, stream->head->str + stream->head_at, taken);
    stream->head_at += taken;
    return taken;
}

ssize_t stream_read(Stream *stream, char *buffer, size_t n, GError **err)
{
    size_t head = read_head(stream, buffer, n);
    ssize_t rest = head < n ? read_fully(stream, buffer + head, n - head, err) : 0;
    if (rest < 0)
        return -1;
    stream->at += head + (size_t) rest;
    return (ssize_t) head + rest;
}

size_t stream_piece(const Stream *stream)
{
    return stream->input->bytes.p ? MIN(TEXT_PIECE, stream->input->bytes.n + TEXT_ROOM_MIN) : TEXT_PIECE;
}

bool stream_peek(Stream *stream, size_t n, Str *ret_head, GError **err)
{
    stream->head = g_string_sized_new(n);
    ssize_t got = read_fully(stream, stream->head->str, n, err);
    if (got < 0)
        return false;
    g_string_set_size(stream->head, (gsize) got);
    *ret_head = str_from_gstring(stream->head);
    return true;
}

/* --- Text -------------------------------------------------------------------------------------------------------------- */

static const char utf8_name[] = "UTF-8", gb_name[] = "GB18030";

static bool is_ascii(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char) s.p[i] >= 0x80)
            return false;
    return true;
}

static size_t wide_characters(Str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.n; i++)
        count += (unsigned char) line.p[i] >= 0xC0;
    return count;
}

const char *text_guess(Str bytes)
{
    enum { PROOF = 2, CHARACTER = 4 };
    size_t bad, good_lines = 0, bad_lines = 0;
    if (is_ascii(bytes))
        return NULL;
    if (utf8_valid(bytes, &bad) || bytes.n - bad < CHARACTER)
        return utf8_name;
    for (Str rest = bytes; rest.p;) {
        Str line = str_cut(&rest, '\n');
        bool valid = utf8_valid(line, &bad);
        good_lines += valid && wide_characters(line) >= PROOF;
        bad_lines += !valid;
    }
    return good_lines >= bad_lines ? utf8_name : gb_name;
}

static bool use_encoding(TextStream *text, const char *encoding, GError **err)
{
    text->encoding = g_ascii_strcasecmp(encoding, utf8_name) == 0 ? utf8_name : g_intern_string(encoding);
    if (text->encoding == utf8_name)
        return true;
    text->converter = iconv_open(utf8_name, encoding);
    if (text->converter != (iconv_t) -1)
        return true;
    error_set(err, BH_BAD_INPUT, "no encoding '%.40s'", encoding);
    return error_detail(err, "unknown-encoding");
}

/* A byte-order mark is believed before anything else. */
static bool take_mark(TextStream *text, GError **err)
{
    static const struct {
        Str mark;
        const char *encoding;
    } marks[] = { { STR_INIT("\xEF\xBB\xBF"), utf8_name }, { STR_INIT("\xFF\xFE"), "UTF-16LE" }, { STR_INIT("\xFE\xFF"), "UTF-16BE" } };
    Str raw = { text->raw, text->n_raw };
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (str_starts(raw, marks[i].mark)) {
            text->n_raw -= marks[i].mark.n;
            memmove(text->raw, text->raw + marks[i].mark.n, text->n_raw);
            return use_encoding(text, marks[i].encoding, err);
        }
    return true;
}

/* UTF-16 without a mark: every second byte of what is ASCII in it is 0, and no other is. NULL: it is not. */
static const char *unmarked_utf16(Str raw)
{
    enum { LOOK = 1024, OFTEN = 16, SOME = 8 };
    size_t zeros[2] = { 0 }, n = MIN(raw.n, (size_t) LOOK), enough = MAX(n / OFTEN, SOME);
    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += raw.p[i] == 0;
    if (zeros[0] == 0 && zeros[1] >= enough)
        return "UTF-16LE";
    return zeros[1] == 0 && zeros[0] >= enough ? "UTF-16BE" : NULL;
}

static bool fill_raw(TextStream *text, size_t n, GError **err)
{
    if (text->ended || text->n_raw >= n)
        return true;
    ssize_t got = stream_read(text->stream, text->raw + text->n_raw, n - text->n_raw, err);
    if (got < 0)
        return false;
    text->ended = (size_t) got < n - text->n_raw;
    text->n_raw += (size_t) got;
    return true;
}

bool text_init(TextStream *text, Stream *stream, const char *encoding, GError **err)
{
    size_t piece = stream_piece(stream);
    *text = (TextStream) { .stream = stream, .converter = (iconv_t) -1, .raw = g_malloc(piece), .piece = piece };
    if (encoding)
        return use_encoding(text, encoding, err) && fill_raw(text, text->piece, err)
               && (text->encoding != utf8_name || take_mark(text, err));
    if (!fill_raw(text, text->piece, err) || !take_mark(text, err))
        return false;
    const char *wide = text->encoding ? NULL : unmarked_utf16((Str) { text->raw, text->n_raw });
    return !wide || use_encoding(text, wide, err);
}

void text_clear(TextStream *text)
{
    if (text->converter && text->converter != (iconv_t) -1)
        iconv_close(text->converter);
    g_free(text->raw);
    *text = (TextStream) { .converter = (iconv_t) -1 };
}

/* What was read is given out as it is. */
static size_t give_raw(TextStream *text, char *out, size_t room)
{
    size_t n = MIN(room, text->n_raw);
    memcpy(out, text->raw, n);
    text->n_raw -= n;
    memmove(text->raw, text->raw + n, text->n_raw);
    return n;
}

static ssize_t read_plain(TextStream *text, char *out, size_t room, GError **err)
{
    size_t n = give_raw(text, out, room);
    if (n == room || text->ended)
        return (ssize_t) n;
    ssize_t got = stream_read(text->stream, out + n, room - n, err);
    if (got < 0)
        return -1;
    text->ended = (size_t) got < room - n;
    return (ssize_t) n + got;
}

/* The converter stopped: at a byte that it does not have, at a character cut off, or for want of room. Whether it can go on now. */
static bool pass_fault(const TextStream *text, char **in, size_t *in_left, char **out, size_t *left)
{
    if (*in_left == 0 || *left == 0 || (errno == EINVAL && !text->ended) || errno == E2BIG)
        return false;
    *(*out)++ = (char) 0xFF;
    --*left;
    ++*in;
    --*in_left;
    return true;
}

static ssize_t read_converted(TextStream *text, char *out, size_t room, GError **err)
{
    if (!fill_raw(text, text->piece, err))
        return -1;
    char *in = text->raw, *to = out;
    size_t in_left = text->n_raw, left = room;
    while (iconv(text->converter, &in, &in_left, &to, &left) == (size_t) -1 && pass_fault(text, &in, &in_left, &to, &left)) {}
    memmove(text->raw, in, in_left);
    text->n_raw = in_left;
    return (ssize_t) (room - left);
}

ssize_t text_read(TextStream *text, char *out, size_t room, GError **err)
{
    g_assert(room >= TEXT_ROOM_MIN);
    if (!text->encoding) {
        if (!fill_raw(text, text->piece, err))
            return -1;
        const char *guess = text_guess((Str) { text->raw, text->n_raw });
        if (!guess)
            return (ssize_t) give_raw(text, out, room);
        if (!use_encoding(text, guess, err))
            return -1;
    }
    return text->encoding == utf8_name ? read_plain(text, out, room, err) : read_converted(text, out, room, err);
}
