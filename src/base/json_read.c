#include "base/json.h"

#include "base/limits.h"

#include "base/banned.h"

/* A machine of a few states over bytes, without recursion: nesting is one bit a level. Nearly all bytes of real JSON
 * are inside strings, so these are passed over eight at a time and never copied unless they hold an escape. */
G_STATIC_ASSERT(LIMIT_JSON_DEPTH <= 64);

typedef enum { EXPECT_VALUE, EXPECT_FIRST_ELEMENT, EXPECT_FIRST_KEY, EXPECT_AFTER_VALUE, EXPECT_END } Expect;

static const char too_deep[] = "nested too deeply";
static const char too_long[] = "a string that is too long";

void json_reader_init(JsonReader *reader, Str input, Arena *arena)
{
    *reader = (JsonReader) { .input = input, .arena = arena, .expect = EXPECT_VALUE, .last = JSON_NULL };
}

static JsonToken fail(JsonReader *r, size_t at, const char *error)
{
    r->error = error;
    r->token_at = at;
    return JSON_ERROR;
}

static void skip_space(JsonReader *r)
{
    while (r->at < r->input.n) {
        char c = r->input.p[r->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        r->at++;
    }
}

/* The byte at the reader's place; 0, which no valid input holds, at the end. */
static char peek(const JsonReader *r)
{
    return r->at < r->input.n ? r->input.p[r->at] : 0;
}

/* --- Strings ------------------------------------------------------------------------------------------------- */

/* A byte of every lane that is zero in v gets its top bit; lanes above the first such may err. */
#define LANES(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ZERO_LANES(v) (((v) - LANES(1)) & ~(v) & LANES(0x80))

/* How many bytes from p on, of n, are ASCII that stands for itself. */
static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t v;
        memcpy(&v, p + i, 8);
        v = GUINT64_FROM_LE(v);
        uint64_t special = ZERO_LANES(v ^ LANES('"')) | ZERO_LANES(v ^ LANES('\\')) | ((v - LANES(0x20)) & ~v & LANES(0x80)) |
                           (v & LANES(0x80));
        if (special)
            return i + (size_t) __builtin_ctzll(special) / 8;
    }
    while (i < n && (unsigned char) p[i] >= 0x20 && (unsigned char) p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the character beyond ASCII at p; 0 where it is ill-formed (RFC 3629: shortest form, no surrogates, none
 * above U+10FFFF). n is at least 1. */
static size_t wide_char(const unsigned char *p, size_t n)
{
    if (p[0] >= 0xE0 && p[0] < 0xF0) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80, high = p[0] == 0xED ? 0x9F : 0xBF;
        return n >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80, high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return n >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
    }
    return p[0] >= 0xC2 && p[0] < 0xE0 && n >= 2 && is_tail(p[1]) ? 2 : 0;
}

/* From byte `from` on, past what is neither quote nor backslash. False at a byte that may not stand in a string. */
static bool skip_text(Str input, size_t from, size_t *ret_at)
{
    const unsigned char *p = (const unsigned char *) input.p;
    size_t i = from;
    for (;;) {
        i += plain_run(input.p + i, input.n - i);
        if (i >= input.n || p[i] < 0x80)
            break;
        for (size_t wide; i < input.n && p[i] >= 0x80 && (wide = wide_char(p + i, input.n - i)) > 0;)
            i += wide;
        if (i < input.n && p[i] >= 0x80)
            break;
    }
    *ret_at = i;
    return i < input.n && (p[i] == '"' || p[i] == '\\');
}

static bool read_hex4(Str s, size_t at, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    if (s.n < 4 || at > s.n - 4)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        int digit = g_ascii_xdigit_value(s.p[i]);
        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t) digit;
    }
    *ret_unit = unit;
    return true;
}

/* The character of the \u escape whose digits begin at *at, a pair taken as one; moves *at behind it. */
static bool read_unicode(Str raw, size_t *at, uint32_t *ret_char)
{
    uint32_t unit, low;
    if (!read_hex4(raw, *at, &unit) || unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
        return false;
    *at += 4;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (!str_starts(str_from_at(raw, *at), STR("\\u")) || !read_hex4(raw, *at + 2, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        *at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    *ret_char = unit;
    return true;
}

static char simple_escape(char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = c ? strchr(from, c) : NULL;
    return found ? to[found - from] : 0;
}

/* Decodes one escape; *at is the place of its backslash. An escape is never shorter than what it stands for. */
static bool unescape(Str raw, size_t *at, char **out)
{
    char c = *at + 1 < raw.n ? raw.p[*at + 1] : 0;
    *at += 2;
    if (c != 'u') {
        **out = simple_escape(c);
        return *(*out)++ != 0;
    }
    uint32_t unicode;
    if (!read_unicode(raw, at, &unicode))
        return false;
    *out += g_unichar_to_utf8(unicode, *out);
    return true;
}

/* `raw` holds at least one backslash and is otherwise checked. On a fault *ret_bad is the place of the escape. */
static bool unescape_all(Str raw, Arena *arena, Str *ret_text, size_t *ret_bad)
{
    char *start = arena_alloc(arena, raw.n + 1), *out = start;
    for (size_t at = 0; at < raw.n;) {
        const char *next = memchr(raw.p + at, '\\', raw.n - at);
        size_t plain = next ? (size_t) (next - raw.p) - at : raw.n - at;
        memcpy(out, raw.p + at, plain);
        out += plain;
        at += plain;
        *ret_bad = at;
        if (next && !unescape(raw, &at, &out))
            return false;
    }
    *ret_text = (Str) { start, (size_t) (out - start) };
    return true;
}

static JsonToken bad_text(JsonReader *r, size_t at)
{
    if (at >= r->input.n)
        return fail(r, at, "a string that does not end");
    if ((unsigned char) r->input.p[at] >= 0x80)
        return fail(r, at, "bytes that are not UTF-8");
    return fail(r, at, "a control character in a string");
}

/* r->at is at the opening quote. */
static JsonToken read_string(JsonReader *r, JsonToken token)
{
    size_t start = r->at + 1, end = start, bad = 0;
    bool escaped = false;
    for (;; escaped = true, end = MIN(end + 2, r->input.n)) {
        if (!skip_text(r->input, end, &end))
            return bad_text(r, end);
        if (r->input.p[end] == '"')
            break;
    }
    if (end - start > LIMIT_JSON_STRING_BYTES)
        return fail(r, start - 1, too_long);
    r->text = (Str) { r->input.p + start, end - start };
    if (escaped && !unescape_all(r->text, r->arena, &r->text, &bad))
        return fail(r, start + bad, "an escape that does not exist");
    r->at = end + 1;
    return token;
}

/* --- Other values --------------------------------------------------------------------------------------------- */

static size_t digits(Str s, size_t at)
{
    size_t i = at;
    while (i < s.n && g_ascii_isdigit(s.p[i]))
        i++;
    return i - at;
}

/* Bytes of the number that begins at `at`; 0 where there is none. */
static size_t number_length(Str s, size_t at)
{
    size_t i = at + (at < s.n && s.p[at] == '-');
    size_t whole = digits(s, i);
    if (whole == 0 || (whole > 1 && s.p[i] == '0'))
        return 0;
    i += whole;
    if (i < s.n && s.p[i] == '.') {
        size_t fraction = digits(s, i + 1);
        if (fraction == 0)
            return 0;
        i += 1 + fraction;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i += i + 1 < s.n && (s.p[i + 1] == '+' || s.p[i + 1] == '-') ? 2 : 1;
        size_t exponent = digits(s, i);
        if (exponent == 0)
            return 0;
        i += exponent;
    }
    return i - at;
}

static JsonToken read_number(JsonReader *r)
{
    size_t n = number_length(r->input, r->at);
    if (n == 0)
        return fail(r, r->at, "a number that is not written as JSON has it");
    r->text = (Str) { r->input.p + r->at, n };
    r->at += n;
    return JSON_NUMBER;
}

static JsonToken read_word(JsonReader *r)
{
    static const struct {
        Str word;
        JsonToken token;
    } words[] = { { STR_INIT("true"), JSON_TRUE }, { STR_INIT("false"), JSON_FALSE }, { STR_INIT("null"), JSON_NULL } };
    Str rest = str_from_at(r->input, r->at);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (str_starts(rest, words[i].word)) {
            r->at += words[i].word.n;
            return words[i].token;
        }
    return fail(r, r->at, rest.n == 0 ? "the end where a value was expected" : "something else where a value was expected");
}

static JsonToken open_level(JsonReader *r, bool object)
{
    if (r->depth >= LIMIT_JSON_DEPTH)
        return fail(r, r->at, too_deep);
    uint64_t bit = UINT64_C(1) << r->depth;
    r->objects = object ? r->objects | bit : r->objects & ~bit;
    r->depth++;
    r->at++;
    r->expect = object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ELEMENT;
    return object ? JSON_BEGIN_OBJECT : JSON_BEGIN_ARRAY;
}

static bool in_object(const JsonReader *r)
{
    return r->objects >> (r->depth - 1) & 1;
}

static void after_value(JsonReader *r)
{
    r->expect = r->depth > 0 ? EXPECT_AFTER_VALUE : EXPECT_END;
}

static JsonToken close_level(JsonReader *r)
{
    JsonToken token = in_object(r) ? JSON_END_OBJECT : JSON_END_ARRAY;
    r->depth--;
    r->at++;
    after_value(r);
    return token;
}

static JsonToken read_value(JsonReader *r)
{
    skip_space(r);
    r->token_at = r->at;
    char c = peek(r);
    if (c == '{' || c == '[')
        return open_level(r, c == '{');
    after_value(r);
    if (c == '"')
        return read_string(r, JSON_STRING);
    return c == '-' || g_ascii_isdigit(c) ? read_number(r) : read_word(r);
}

static JsonToken read_key(JsonReader *r)
{
    skip_space(r);
    r->token_at = r->at;
    if (peek(r) != '"')
        return fail(r, r->at, "something else where a member's name was expected");
    if (read_string(r, JSON_KEY) == JSON_ERROR)
        return JSON_ERROR;
    skip_space(r);
    if (peek(r) != ':')
        return fail(r, r->at, "something else where ':' was expected");
    r->at++;
    r->expect = EXPECT_VALUE;
    return JSON_KEY;
}

/* Behind a value inside an object or array. */
static JsonToken read_further(JsonReader *r)
{
    bool object = in_object(r);
    char c = peek(r);
    if (c == (object ? '}' : ']'))
        return close_level(r);
    if (c != ',')
        return fail(r, r->at, object ? "something else where ',' or '}' was expected" : "something else where ',' or ']' was expected");
    r->at++;
    return object ? read_key(r) : read_value(r);
}

static JsonToken step(JsonReader *r)
{
    if (r->last == JSON_ERROR)
        return JSON_ERROR;
    skip_space(r);
    r->token_at = r->at;
    switch ((Expect) r->expect) {
    case EXPECT_VALUE: return read_value(r);
    case EXPECT_FIRST_ELEMENT: return peek(r) == ']' ? close_level(r) : read_value(r);
    case EXPECT_FIRST_KEY: return peek(r) == '}' ? close_level(r) : read_key(r);
    case EXPECT_AFTER_VALUE: return read_further(r);
    case EXPECT_END: break;
    }
    return r->at == r->input.n ? JSON_END : fail(r, r->at, "something behind the end of the value");
}

JsonToken json_next(JsonReader *reader)
{
    return reader->last = step(reader);
}

bool json_skip(JsonReader *reader)
{
    int depth = reader->depth;
    do
        json_next(reader);
    while (reader->last != JSON_ERROR && reader->depth > depth);
    return reader->last != JSON_ERROR;
}

bool json_reader_error(const JsonReader *reader, GError **err)
{
    g_assert(reader->error);
    Str before = str_head(reader->input, reader->token_at);
    size_t lines = 1;
    for (ptrdiff_t at; (at = str_find(before, STR("\n"), 0)) >= 0; lines++)
        before = str_from_at(before, (size_t) at + 1);
    bool limit = reader->error == too_deep || reader->error == too_long;
    error_set(err, limit ? BH_TOO_LARGE : BH_BAD_INPUT, "not JSON: %s", reader->error);
    return error_at(err, "%zu:%zu", lines, utf8_length(before) + 1);
}
