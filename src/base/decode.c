#include "base/decode.h"

#include <errno.h>
#include <iconv.h>

#include "base/banned.h"

/* GB18030 gives a meaning to nearly every pair of bytes, UTF-8 included, so that decoding without error proves nothing. UTF-8
 * proves itself: hardly any GB18030 line of some length is valid UTF-8. A file whose lines are UTF-8 here and not there is mixed. */

static bool not_a_document(GError **err, size_t at)
{
    error_set(err, BH_BAD_INPUT, "the file is no text: a control byte stands at byte %zu", at);
    error_at(err, "byte %zu", at);
    return error_detail(err, "not-a-document");
}

static bool mixed(GError **err, size_t at)
{
    error_set(err, BH_BAD_INPUT, "the file mixes encodings: the encoding changes at byte %zu", at);
    error_at(err, "byte %zu", at);
    error_hint(err, "open it in an editor and save all of it as UTF-8");
    return error_detail(err, "mixed-encoding");
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v') || c == 0x7F;
}

/* Bytes of a character begun but not ended at the end of s, which is valid before `bad`; 0 if the fault is of another kind. */
static size_t cut_off_at_end(Str s, size_t bad)
{
    size_t left = s.n - bad;
    unsigned char lead = (unsigned char) s.p[bad];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (left >= want)
        return 0;
    for (size_t i = 1; i < left; i++)
        if (((unsigned char) s.p[bad + i] & 0xC0) != 0x80)
            return 0;
    return left;
}

/* Characters beyond ASCII in a line that is valid UTF-8. */
static size_t wide_characters(Str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.n; i++)
        count += (unsigned char) line.p[i] >= 0xC0;
    return count;
}

/* Where the lines change from one encoding to the other; false if they do not. Lines of one wide character prove nothing. */
static bool find_change(Str bytes, size_t *ret_at)
{
    enum { PROOF = 2 };
    size_t first_utf8 = SIZE_MAX, first_other = SIZE_MAX;
    for (Str rest = bytes; rest.p;) {
        size_t at = (size_t) (rest.p - bytes.p);
        size_t bad;
        Str line = str_cut(&rest, '\n');
        if (!utf8_valid(line, &bad))
            first_other = MIN(first_other, at + bad);
        else if (wide_characters(line) >= PROOF)
            first_utf8 = MIN(first_utf8, at);
    }
    *ret_at = MAX(first_utf8, first_other);
    return *ret_at != SIZE_MAX;
}

bool decode_named(Str bytes, const char *encoding, Arena *arena, Str *ret_text, GError **err)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t) -1) {
        error_set(err, BH_BAD_INPUT, "no encoding '%.40s'", encoding);
        return error_detail(err, "mixed-encoding");
    }
    /* No encoding here grows by more than one half (GB18030 2 to 3, UTF-16 2 to 3), but for single bytes 1 to 3. */
    size_t room = bytes.n * 3 + 4, left = room, in_left = bytes.n;
    char *text = arena_alloc(arena, room), *out = text, *in = (char *) bytes.p;
    size_t done = iconv(converter, &in, &in_left, &out, &left);
    iconv_close(converter);
    if (done != 0) /* an error, or characters that were replaced */
        return mixed(err, (size_t) (in - bytes.p));
    *ret_text = (Str) { text, (size_t) (out - text) };
    return true;
}

static bool decode_utf16(Str bytes, const char *encoding, Arena *arena, const char **ret_encoding, Str *ret_text, GError **err)
{
    *ret_encoding = "UTF-16";
    return decode_named(str_from_at(bytes, 2), encoding, arena, ret_text, err);
}

static bool decode_bytes(Str bytes, Arena *arena, Diags *diags, const char **ret_encoding, Str *ret_text, GError **err)
{
    size_t bad, change;
    *ret_encoding = "UTF-8";
    *ret_text = bytes;
    if (utf8_valid(bytes, &bad))
        return true;
    if (cut_off_at_end(bytes, bad) > 0) {
        *ret_text = str_head(bytes, bad);
        size_t end = utf8_length(*ret_text);
        diag_add(diags, "broken-off", STR_NONE, end > 0 ? end - 1 : 0, end, "the file ends in the middle of a character");
        return true;
    }
    if (find_change(bytes, &change))
        return mixed(err, change);
    *ret_encoding = "GB18030";
    return decode_named(bytes, "GB18030", arena, ret_text, err);
}

bool decode_text(Str bytes, Arena *arena, Diags *diags, const char **ret_encoding, Str *ret_text, GError **err)
{
    if (str_starts(bytes, STR("\xFF\xFE")))
        return decode_utf16(bytes, "UTF-16LE", arena, ret_encoding, ret_text, err);
    if (str_starts(bytes, STR("\xFE\xFF")))
        return decode_utf16(bytes, "UTF-16BE", arena, ret_encoding, ret_text, err);
    for (size_t i = 0; i < bytes.n; i++)
        if (is_control((unsigned char) bytes.p[i]))
            return not_a_document(err, i);
    if (str_starts(bytes, STR("\xEF\xBB\xBF")))
        bytes = str_from_at(bytes, 3);
    return decode_bytes(bytes, arena, diags, ret_encoding, ret_text, err);
}
