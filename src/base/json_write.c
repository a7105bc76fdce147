#include "base/json.h"

#include "base/limits.h"

#include "base/banned.h"

void json_writer_init(JsonWriter *writer, GString *out, bool pretty)
{
    *writer = (JsonWriter) { .out = out, .pretty = pretty };
}

/* --- Structure ------------------------------------------------------------------------------------------------- */

static uint64_t level_bit(const JsonWriter *w)
{
    return UINT64_C(1) << (w->depth - 1);
}

static bool in_object(const JsonWriter *w)
{
    return w->depth > 0 && (w->objects & level_bit(w));
}

static void new_line(JsonWriter *w)
{
    if (!w->pretty)
        return;
    g_string_append_c(w->out, '\n');
    for (int i = 0; i < w->depth; i++)
        g_string_append(w->out, "  ");
}

static void before_item(JsonWriter *w)
{
    if (w->depth == 0)
        return;
    if (w->filled & level_bit(w))
        g_string_append_c(w->out, ',');
    w->filled |= level_bit(w);
    new_line(w);
}

static void before_value(JsonWriter *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    g_assert(!in_object(w));
    before_item(w);
}

static void begin(JsonWriter *w, char c)
{
    g_assert(w->depth < LIMIT_JSON_DEPTH);
    before_value(w);
    g_string_append_c(w->out, c);
    w->depth++;
    w->objects = c == '{' ? w->objects | level_bit(w) : w->objects & ~level_bit(w);
    w->filled &= ~level_bit(w);
}

static void end(JsonWriter *w, char c)
{
    g_assert(w->depth > 0 && !w->after_key && in_object(w) == (c == '}'));
    bool filled = w->filled & level_bit(w);
    w->depth--;
    if (filled)
        new_line(w);
    g_string_append_c(w->out, c);
}

void json_begin_object(JsonWriter *writer)
{
    begin(writer, '{');
}

void json_end_object(JsonWriter *writer)
{
    end(writer, '}');
}

void json_begin_array(JsonWriter *writer)
{
    begin(writer, '[');
}

void json_end_array(JsonWriter *writer)
{
    end(writer, ']');
}

/* --- Text -------------------------------------------------------------------------------------------------------- */

static void append_escape(GString *out, unsigned char c)
{
    static const char names[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\' };
    if (c < sizeof names && names[c])
        g_string_append_printf(out, "\\%c", names[c]);
    else
        g_string_append_printf(out, "\\u%04x", c);
}

static void append_valid(GString *out, Str text)
{
    size_t done = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char) text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        g_string_append_len(out, text.p + done, (gssize) (i - done));
        append_escape(out, c);
        done = i + 1;
    }
    g_string_append_len(out, text.p + done, (gssize) (text.n - done));
}

static void append_string(GString *out, Str text)
{
    g_string_append_c(out, '"');
    while (text.n > 0) {
        size_t valid = text.n;
        bool whole = utf8_valid(text, &valid);
        append_valid(out, str_head(text, valid));
        if (!whole)
            g_string_append(out, "\xEF\xBF\xBD");
        text = str_from_at(text, whole ? valid : valid + 1);
    }
    g_string_append_c(out, '"');
}

static void before_key(JsonWriter *w)
{
    g_assert(in_object(w) && !w->after_key);
    before_item(w);
}

static void after_key(JsonWriter *w)
{
    g_string_append(w->out, w->pretty ? ": " : ":");
    w->after_key = true;
}

void json_key_str(JsonWriter *writer, Str name)
{
    before_key(writer);
    append_string(writer->out, name);
    after_key(writer);
}

/* Our own names need no escapes; a list writes thousands of them. */
void json_key(JsonWriter *writer, const char *name)
{
    before_key(writer);
    g_string_append_c(writer->out, '"');
    g_string_append(writer->out, name);
    g_string_append_c(writer->out, '"');
    after_key(writer);
}

/* --- Values ------------------------------------------------------------------------------------------------------ */

void json_raw(JsonWriter *writer, Str json)
{
    before_value(writer);
    g_string_append_len(writer->out, json.p, (gssize) json.n);
}

void json_null(JsonWriter *writer)
{
    json_raw(writer, STR("null"));
}

void json_bool(JsonWriter *writer, bool value)
{
    json_raw(writer, value ? STR("true") : STR("false"));
}

void json_int(JsonWriter *writer, int64_t value)
{
    char digits[21], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t) value : (uint64_t) value;
    before_value(writer);
    do
        *--at = (char) ('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--at = '-';
    g_string_append_len(writer->out, at, digits + sizeof digits - at);
}

void json_decimal(JsonWriter *writer, Decimal value)
{
    char buffer[DECIMAL_TEXT_MAX];
    json_raw(writer, str_from(decimal_format(value, buffer)));
}

void json_str(JsonWriter *writer, Str text)
{
    if (!text.p) {
        json_null(writer);
        return;
    }
    before_value(writer);
    append_string(writer->out, text);
}

void json_cstr(JsonWriter *writer, const char *text)
{
    json_str(writer, str_from(text));
}

void json_member_str(JsonWriter *writer, const char *name, Str text)
{
    json_key(writer, name);
    json_str(writer, text);
}

void json_member_cstr(JsonWriter *writer, const char *name, const char *text)
{
    json_key(writer, name);
    json_cstr(writer, text);
}

void json_member_int(JsonWriter *writer, const char *name, int64_t value)
{
    json_key(writer, name);
    json_int(writer, value);
}

void json_member_bool(JsonWriter *writer, const char *name, bool value)
{
    json_key(writer, name);
    json_bool(writer, value);
}

/* --- Trees: as they are, or canonical ---------------------------------------------------------------------------- */

static void write_scalar(JsonWriter *w, const JsonValue *value)
{
    switch (value->type) {
    case JSON_STRING: json_str(w, value->text); break;
    case JSON_NUMBER: json_raw(w, value->text); break;
    case JSON_TRUE: json_bool(w, true); break;
    case JSON_FALSE: json_bool(w, false); break;
    default: json_null(w); break;
    }
}

/* The depth of a tree is at most LIMIT_JSON_DEPTH. */
void json_value(JsonWriter *writer, const JsonValue *value)
{
    bool object = value->type == JSON_BEGIN_OBJECT;
    if (!object && value->type != JSON_BEGIN_ARRAY) {
        write_scalar(writer, value);
        return;
    }
    begin(writer, object ? '{' : '[');
    for (const JsonValue *child = value->first; child; child = child->next) {
        if (object)
            json_key_str(writer, child->name);
        json_value(writer, child);
    }
    end(writer, object ? '}' : ']');
}

/* Order of UTF-16 code units. It differs from that of the bytes only where the one character is above U+FFFF (a lead
 * byte from 0xF0; in UTF-16 surrogates from 0xD800) and the other from U+E000 to U+FFFF (lead bytes 0xEE and 0xEF). */
static int utf16_cmp(Str a, Str b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    if (i == a.n || i == b.n)
        return (a.n > b.n) - (a.n < b.n);
    unsigned char x = (unsigned char) a.p[i], y = (unsigned char) b.p[i];
    bool swapped = (x >= 0xF0 && (y == 0xEE || y == 0xEF)) || (y >= 0xF0 && (x == 0xEE || x == 0xEF));
    return swapped ? (x < y) - (x > y) : (x > y) - (x < y);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const JsonValue *const *x = a, *const *y = b;
    return utf16_cmp((*x)->name, (*y)->name);
}

static bool write_canonical(JsonWriter *w, const JsonValue *value, GError **err);

static bool write_members(JsonWriter *w, const JsonValue *object, GError **err)
{
    g_autoptr(GPtrArray) members = g_ptr_array_sized_new((guint) object->count);
    for (const JsonValue *child = object->first; child; child = child->next)
        g_ptr_array_add(members, (gpointer) child);
    g_ptr_array_sort(members, by_name);
    json_begin_object(w);
    for (guint i = 0; i < members->len; i++) {
        const JsonValue *member = g_ptr_array_index(members, i);
        json_key_str(w, member->name);
        if (!write_canonical(w, member, err))
            return false;
    }
    json_end_object(w);
    return true;
}

static bool write_elements(JsonWriter *w, const JsonValue *array, GError **err)
{
    json_begin_array(w);
    for (const JsonValue *child = array->first; child; child = child->next)
        if (!write_canonical(w, child, err))
            return false;
    json_end_array(w);
    return true;
}

static bool write_canonical(JsonWriter *w, const JsonValue *value, GError **err)
{
    if (value->type == JSON_BEGIN_OBJECT)
        return write_members(w, value, err);
    if (value->type == JSON_BEGIN_ARRAY)
        return write_elements(w, value, err);
    int64_t number;
    if (value->type != JSON_NUMBER)
        write_scalar(w, value);
    else if (json_as_int(value, INT64_MIN, INT64_MAX, &number, err))
        json_int(w, number);
    else
        return false;
    return true;
}

bool json_canonical(const JsonValue *value, GString *out, GError **err)
{
    JsonWriter w;
    gsize before = out->len;
    json_writer_init(&w, out, false);
    if (write_canonical(&w, value, err))
        return true;
    g_string_truncate(out, before);
    return false;
}

void json_member_date(JsonWriter *writer, const char *name, Date date)
{
    char text[DATE_TEXT_MAX];
    json_member_cstr(writer, name, date == DATE_NONE ? NULL : date_format(date, text));
}

void json_params(JsonWriter *writer, Str lines)
{
    json_begin_object(writer);
    for (Str rest = lines; rest.p;) {
        Str value = str_cut(&rest, '\n'), name = str_cut(&value, '=');
        if (name.n == 0)
            continue;
        json_key_str(writer, name);
        json_str(writer, value.p ? value : STR(""));
    }
    json_end_object(writer);
}
