#include "cmd/view.h"

#include "base/columns.h"

#include "base/banned.h"

enum { COLUMNS_MAX = 16 };

/* "plan.title" */
static const JsonValue *at_place(const JsonValue *value, Str place)
{
    for (Str rest = place; rest.p && value;) {
        g_autofree char *name = str_dup(str_cut(&rest, '.'));
        value = json_get(value, name);
    }
    return value;
}

static void append_json(GString *out, const JsonValue *value)
{
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_value(&json, value);
}

/* What people call an object, if it has such a member. */
static const JsonValue *name_of(const JsonValue *object)
{
    static const char *const names[] = { "name", "title", "alias", "role", "uid" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const JsonValue *name = json_get(object, names[i]);
        if (name && name->type == JSON_STRING)
            return name;
    }
    return NULL;
}

static void append_value(GString *out, const JsonValue *value)
{
    switch (value ? value->type : JSON_NULL) {
    case JSON_NULL: break;
    case JSON_TRUE: g_string_append(out, "yes"); break;
    case JSON_FALSE: g_string_append(out, "no"); break;
    case JSON_BEGIN_ARRAY:
        for (const JsonValue *element = value->first; element; element = element->next) {
            append_value(out, element);
            g_string_append(out, element->next ? ", " : "");
        }
        break;
    case JSON_BEGIN_OBJECT:
        if (name_of(value))
            append_value(out, name_of(value));
        else
            append_json(out, value);
        break;
    default: g_string_append_len(out, value->text.p, (gssize) value->text.n);
    }
}

static void write_members(const JsonValue *answer, Str words, GString *out)
{
    for (Str rest = words; rest.p;) {
        Str place = str_cut(&rest, ' ');
        const JsonValue *value = place.n ? at_place(answer, place) : NULL;
        if (!value || value->type == JSON_NULL || (value->type == JSON_BEGIN_ARRAY && value->count == 0))
            continue;
        g_autofree char *label = g_strdelimit(str_dup(place), "._", ' ');
        g_string_append_printf(out, "%-16s ", label);
        append_value(out, value);
        g_string_append_c(out, '\n');
    }
}

/* A column's heading is the last word of its place, but for a name: whose it is says more. */
static Str heading(Str place)
{
    Str last = place, before = place;
    for (Str rest = place; rest.p;) {
        before = last;
        last = str_cut(&rest, '.');
    }
    return str_eq(last, STR("name")) ? before : last;
}

static void add_row(Columns *columns, const JsonValue *row, const Str *places, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    Str cells[COLUMNS_MAX];
    for (size_t c = 0; c < n; c++) {
        g_autoptr(GString) cell = g_string_new(NULL);
        append_value(cell, at_place(row, places[c]));
        cells[c] = arena_str(arena, str_from_gstring(cell));
    }
    columns_add(columns, cells);
}

static void write_table(const JsonValue *list, Str words, size_t most, GString *out)
{
    Str places[COLUMNS_MAX], headings[COLUMNS_MAX];
    size_t n = 0;
    for (Str rest = str_trim(words); rest.p && n < COLUMNS_MAX; n++) {
        places[n] = str_cut(&rest, ' ');
        headings[n] = heading(places[n]);
    }
    g_autoptr(Columns) columns = columns_new(headings, n, most);
    for (const JsonValue *row = list ? list->first : NULL; row; row = row->next)
        add_row(columns, row, places, n);
    columns_write(columns, out);
}

void view_write(const JsonValue *answer, const char *view, size_t most, GString *out)
{
    for (Str rest = str_from(view); rest.p;) {
        Str words = str_trim(str_cut(&rest, ';')), name = str_cut(&words, ':');
        if (!words.p) {
            write_members(answer, name, out);
            continue;
        }
        size_t before = out->len;
        write_table(at_place(answer, name), words, most, out);
        if (before > 0 && out->len > before)
            g_string_insert_c(out, (gssize) before, '\n');
    }
}
