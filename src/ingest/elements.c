#include "ingest/elements.h"

#include "base/json.h"
#include "base/limits.h"

#include "base/banned.h"

/* --- Brackets -------------------------------------------------------------------------------------------------------------- */

static inline bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_space(Str text, size_t at)
{
    while (at < text.n && is_space(text.p[at]))
        at++;
    return at;
}

/* Behind the string that begins at `at`; 0: it does not end here. */
static size_t string_end(Str text, size_t at)
{
    for (at++; at < text.n;) {
        const char *quote = memchr(text.p + at, '"', text.n - at);
        if (!quote)
            return 0;
        size_t end = (size_t) (quote - text.p), slashes = 0;
        while (end - slashes > at && text.p[end - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return end + 1;
        at = end + 1;
    }
    return 0;
}

static const bool brackets[256] = { ['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true };

/* Behind the object or array that begins at `at`; 0: it does not end here. */
size_t json_nested_end(Str text, size_t at)
{
    size_t depth = 0;
    while (at < text.n) {
        char c = text.p[at];
        if (!brackets[(unsigned char) c]) {
            at++;
            continue;
        }
        if (c == '"') {
            at = string_end(text, at);
            if (at == 0)
                return 0;
            continue;
        }
        at++;
        depth = c == '{' || c == '[' ? depth + 1 : depth - 1;
        if (depth == 0)
            return at;
    }
    return 0;
}

/* The same of any value; a number or word ends before what cannot belong to it. */
static size_t value_end(Str text, size_t at)
{
    if (at >= text.n)
        return 0;
    if (text.p[at] == '{' || text.p[at] == '[')
        return json_nested_end(text, at);
    if (text.p[at] == '"')
        return string_end(text, at);
    size_t end = at;
    while (end < text.n && !is_space(text.p[end]) && text.p[end] != ',' && text.p[end] != ']' && text.p[end] != '}')
        end++;
    return end < text.n && end > at ? end : 0;
}

/* --- Elements -------------------------------------------------------------------------------------------------------------- */

void elements_feed(Elements *e, Str text, bool last)
{
    e->text = text;
    e->at = 0;
    e->last = last;
}

static ElementEnd more(const Elements *e)
{
    return e->last ? ELEMENT_BAD : ELEMENT_MORE;
}

static ElementEnd found(Elements *e, size_t from, size_t to, int kind, int64_t number, Element *ret)
{
    *ret = (Element) { { e->text.p + from, to - from }, kind, number };
    e->at = to;
    return ELEMENT_FOUND;
}

/* A line that is one object by itself, and no bundle: then each line is one. */
static bool is_line(Str line, bool fhir)
{
    g_autoptr(Arena) arena = arena_new();
    JsonReader json;
    json_reader_init(&json, line, arena);
    if (json_next(&json) != JSON_BEGIN_OBJECT)
        return false;
    bool is_bundle = false;
    for (JsonToken token; (token = json_next(&json)) != JSON_END;) {
        if (token == JSON_ERROR)
            return false;
        if (fhir && token == JSON_KEY && json.depth == 1 && str_eq(json.text, STR("resourceType")))
            is_bundle |= json_next(&json) == JSON_STRING && str_eq(json.text, STR("Bundle"));
    }
    return !is_bundle;
}

/* The first line that ends here; false: none does. */
static bool first_line(const Elements *e, Str *ret_line)
{
    Str rest = str_from_at(e->text, skip_space(e->text, e->at));
    Str line = str_cut(&rest, '\n');
    *ret_line = line;
    return rest.p || e->last;
}

static ElementEnd next_line(Elements *e, Element *ret)
{
    for (;;) {
        if (e->at >= e->text.n)
            return e->last ? ELEMENT_END : ELEMENT_MORE;
        Str rest = str_from_at(e->text, e->at), line = str_cut(&rest, '\n');
        if (!rest.p && !e->last)
            return ELEMENT_MORE;
        size_t from = e->at, to = from + line.n;
        e->at = rest.p ? to + 1 : to;
        e->line++;
        while (to > from && is_space(e->text.p[to - 1]))
            to--;
        from = MIN(skip_space(e->text, from), to);
        if (to == from)
            continue;
        *ret = (Element) { { e->text.p + from, to - from }, INGEST_AT_LINE, e->line };
        return ELEMENT_FOUND;
    }
}

/* Of a member of an object at the top. */
typedef enum { MEMBER, MEMBERS_END, MEMBERS_MORE, MEMBERS_BAD } MemberEnd;

/* The name of the member at *at, which moves to its value. */
static MemberEnd read_name(Str text, size_t *at, Str *ret_name)
{
    size_t i = *at;
    while (i < text.n && (is_space(text.p[i]) || text.p[i] == ','))
        i++;
    if (i >= text.n)
        return MEMBERS_MORE;
    if (text.p[i] == '}') {
        *at = i + 1;
        return MEMBERS_END;
    }
    size_t end = text.p[i] == '"' ? string_end(text, i) : 0;
    if (end == 0)
        return text.p[i] == '"' ? MEMBERS_MORE : MEMBERS_BAD;
    *ret_name = (Str) { text.p + i + 1, end - i - 2 };
    i = skip_space(text, end);
    if (i < text.n && text.p[i] != ':')
        return MEMBERS_BAD;
    *at = skip_space(text, i + 1);
    return *at < text.n ? MEMBER : MEMBERS_MORE;
}

/* An object at the top: a bundle's entries, or all of it. */
static ElementEnd top_object(Elements *e, size_t from, Element *ret)
{
    bool other = false; /* it says that it is no bundle */
    size_t at = from + 1;
    for (;;) {
        Str name;
        MemberEnd end = read_name(e->text, &at, &name);
        if (end == MEMBERS_END)
            return found(e, from, at, INGEST_AT_ELEMENT, e->top++, ret);
        if (end != MEMBER) {
            e->at = from;
            return end == MEMBERS_MORE ? more(e) : ELEMENT_BAD;
        }
        size_t value = value_end(e->text, at);
        if (str_eq(name, STR("entry")) && e->text.p[at] == '[' && !other) {
            e->state = IN_ENTRIES;
            e->number = 0;
            e->at = at + 1;
            return ELEMENT_AGAIN;
        }
        if (value == 0) {
            e->at = from;
            return more(e);
        }
        other |= str_eq(name, STR("resourceType")) && !str_eq((Str) { e->text.p + at, value - at }, STR("\"Bundle\""));
        at = value;
    }
}

static ElementEnd at_top(Elements *e, Element *ret)
{
    e->at = skip_space(e->text, e->at);
    if (e->at >= e->text.n)
        return e->last ? ELEMENT_END : ELEMENT_MORE;
    size_t from = e->at;
    if (e->text.p[from] == '[') {
        e->state = IN_ARRAY;
        e->number = 0;
        e->at = from + 1;
        return ELEMENT_AGAIN;
    }
    if (e->text.p[from] != '{')
        return ELEMENT_BAD;
    if (e->fhir)
        return top_object(e, from, ret);
    size_t end = json_nested_end(e->text, from);
    return end > 0 ? found(e, from, end, INGEST_AT_ELEMENT, e->top++, ret) : more(e);
}

static ElementEnd in_list(Elements *e, Element *ret)
{
    size_t at = e->at;
    while (at < e->text.n && (is_space(e->text.p[at]) || e->text.p[at] == ','))
        at++;
    e->at = at;
    if (at >= e->text.n)
        return more(e);
    if (e->text.p[at] == ']') {
        e->at = at + 1;
        e->state = e->state == IN_ARRAY ? AT_TOP : BEHIND_ENTRIES;
        return ELEMENT_AGAIN;
    }
    size_t end = value_end(e->text, at);
    return end > 0 ? found(e, at, end, e->state == IN_ARRAY ? INGEST_AT_ELEMENT : INGEST_AT_ENTRY, e->number++, ret) : more(e);
}

static ElementEnd behind_entries(Elements *e)
{
    for (;;) {
        Str name;
        size_t at = e->at;
        MemberEnd end = read_name(e->text, &at, &name);
        if (end == MEMBERS_END) {
            e->at = at;
            e->state = AT_TOP;
            e->top++;
            return ELEMENT_AGAIN;
        }
        size_t value = end == MEMBER ? value_end(e->text, at) : 0;
        if (value == 0)
            return end == MEMBERS_BAD ? ELEMENT_BAD : more(e);
        e->at = value;
    }
}

static ElementEnd step(Elements *e, Element *ret)
{
    switch (e->state) {
    case AT_START: break;
    case IN_LINES: return next_line(e, ret);
    case AT_TOP: return at_top(e, ret);
    case IN_ARRAY:
    case IN_ENTRIES: return in_list(e, ret);
    case BEHIND_ENTRIES: return behind_entries(e);
    }
    return ELEMENT_BAD;
}

/* No recursion: `[][][]…` may be long. */
ElementEnd elements_next(Elements *e, Element *ret)
{
    if (e->state == AT_START) {
        Str line;
        bool whole = first_line(e, &line);
        e->state = whole && is_line(line, e->fhir) ? IN_LINES : AT_TOP;
    }
    ElementEnd end;
    do
        end = step(e, ret);
    while (end == ELEMENT_AGAIN);
    return end;
}

/* --- Text -------------------------------------------------------------------------------------------------------------------- */

bool element_stream_open(ElementStream *stream, Stream *bytes, const char *encoding, bool fhir, GError **err)
{
    *stream = (ElementStream) { .elements = { .fhir = fhir }, .left = g_string_new(NULL) };
    if (!text_init(&stream->text, bytes, encoding, err))
        return false;
    stream->base = bytes->at - stream->text.n_raw; /* the byte-order mark */
    return true;
}

void element_stream_clear(ElementStream *stream)
{
    text_clear(&stream->text);
    if (stream->left)
        g_string_free(stream->left, TRUE);
    stream->left = NULL;
}

/* Behind the end of a line that was too long. */
static size_t skip_line(ElementStream *stream, const Box *box)
{
    const char *lf = stream->skipping && box->n_text > 0 ? memchr(box->text, '\n', box->n_text) : NULL;
    size_t from = !stream->skipping ? 0 : lf ? (size_t) (lf - box->text) + 1 : box->n_text;
    stream->elements.line += lf != NULL;
    stream->skipping &= !lf;
    return from;
}

bool element_stream_fill(ElementStream *stream, Box *box, GError **err)
{
    size_t piece = stream->sated ? 0 : MAX(stream_piece(stream->text.stream), stream->left->len);
    box_reserve_text(box, stream->left->len + piece);
    memcpy(box->text, stream->left->str, stream->left->len);
    box->n_text = stream->left->len;
    ssize_t got = stream->sated ? 0 : text_read(&stream->text, box->text + box->n_text, piece, err);
    if (got < 0)
        return false;
    box->n_text += (size_t) got;
    size_t from = skip_line(stream, box);
    stream->base += from;
    if (!stream->sated)
        stream->last = got == 0 || (stream->text.ended && stream->text.n_raw == 0);
    elements_feed(&stream->elements, (Str) { box->text + from, box->n_text - from }, stream->last);
    return true;
}

void element_stream_keep(ElementStream *stream)
{
    const Elements *e = &stream->elements;
    Str rest = str_from_at(e->text, e->at);
    g_string_truncate(stream->left, 0);
    g_string_append_len(stream->left, rest.p, (gssize) rest.n);
    stream->base += e->at;
}

bool element_stream_too_long(ElementStream *stream, IngestReader *reader, GError **err)
{
    if (stream->left->len <= LIMIT_INGEST_VALUE_BYTES)
        return true;
    if (stream->elements.state != IN_LINES) {
        error_set(err, BH_TOO_LARGE, "a value is longer than %d bytes", LIMIT_INGEST_VALUE_BYTES);
        return error_at(err, "byte %" G_GUINT64_FORMAT, stream->base);
    }
    Box *box = reader->box;
    IngestFinding *finding = box_find(box, "row-large", true, reader_place(reader, INGEST_AT_LINE, stream->elements.line + 1), NULL,
                                      str_from_gstring(stream->left), "the line is longer than %d bytes", LIMIT_INGEST_VALUE_BYTES);
    box_params(box, finding, "limit=%d", LIMIT_INGEST_VALUE_BYTES);
    stream->base += stream->left->len;
    g_string_truncate(stream->left, 0);
    stream->skipping = true;
    return true;
}

bool element_stream_bad(const ElementStream *stream, GError **err)
{
    error_set(err, BH_BAD_INPUT, "the file is no JSON from here on, or breaks off");
    error_at(err, "byte %" G_GUINT64_FORMAT, stream->base);
    return error_detail(err, "not-json");
}
