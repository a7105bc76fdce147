/* Objects as rows: their names are columns, in the order in which they come up. A name that comes up late widens the batch in hand. */
#include "base/json.h"
#include "base/limits.h"
#include "ingest/elements.h"

#include "base/banned.h"

typedef struct {
    ElementStream stream;
    ARENA_LIST(Str) names;   /* in the reader's arena */
    GHashTable *columns;     /* Str * of names to index + 1 */
    IngestTable *table;      /* of as many names as it has columns */
    size_t guess;            /* the column that comes next if this object is like the one before */
} Json;

static void close_json(IngestReader *reader)
{
    Json *json = reader->state;
    if (!json)
        return;
    element_stream_clear(&json->stream);
    g_hash_table_unref(json->columns);
    g_free(json);
    reader->state = NULL;
}

static bool open_json(IngestReader *reader, GError **err)
{
    Json *json = reader->state = g_new0(Json, 1);
    json->columns = g_hash_table_new(str_hash, str_equal);
    return element_stream_open(&json->stream, &reader->stream, reader->options.encoding, false, err);
}

/* --- Columns -------------------------------------------------------------------------------------------------------------- */

/* The rows that are in the box already get one cell more. */
static void widen(Box *box, size_t before)
{
    size_t n = box->n_rows, all = n * before;
    box_reserve_cells(box, n + 1);
    Str *cells = box->cells;
    memmove(cells + all + n, cells + all, (box->n_cells - all) * sizeof *cells); /* of the row in hand */
    for (size_t r = n; r-- > 0;) {
        memmove(cells + r * (before + 1), cells + r * before, before * sizeof *cells);
        cells[r * (before + 1) + before] = STR_NONE;
    }
    box->n_cells += n;
    box_cell(box, STR_NONE);
}

/* SIZE_MAX: too many. */
static size_t column_of(IngestReader *reader, Json *json, Str name)
{
    if (json->guess < json->names.n && str_eq(json->names.v[json->guess], name))
        return json->guess++;
    size_t known = GPOINTER_TO_SIZE(g_hash_table_lookup(json->columns, &name));
    if (known == 0) {
        if (json->names.n >= LIMIT_CSV_COLUMNS)
            return SIZE_MAX;
        Str *key = ARENA_NEW(reader->arena, Str);
        *key = arena_str(reader->arena, name);
        *ARENA_PUSH(reader->arena, &json->names) = *key;
        known = json->names.n;
        g_hash_table_insert(json->columns, key, GSIZE_TO_POINTER(known));
        widen(reader->box, known - 1);
    }
    json->guess = known;
    return known - 1;
}

/* --- An object ------------------------------------------------------------------------------------------------------------ */

static IngestFinding *lose(IngestReader *reader, const Json *json, const Element *element, const char *code, const char *text)
{
    return box_find(reader->box, code, true, reader_place(reader, element->kind, element->number), json->table, element->text, "%s", text);
}

static void lose_member(IngestReader *reader, const Json *json, const Element *element, const char *code, const char *text, Str name)
{
    IngestFinding *finding = lose(reader, json, element, code, text);
    box_params(reader->box, finding, "name=" STR_FMT, STR_ARG(utf8_head(name, 100)));
}

static void lose_malformed(IngestReader *reader, const Json *json, const Element *element, const JsonReader *in)
{
    g_autoptr(GError) fault = NULL;
    json_reader_error(in, &fault);
    IngestFinding *finding = lose(reader, json, element, "json-malformed", fault->message);
    box_params(reader->box, finding, "at=%s", error_get_at(fault));
}

/* What a member says as text; false: it says several things. */
static bool cell_of(JsonReader *in, JsonToken token, Str *ret_cell)
{
    switch (token) {
    case JSON_STRING:
    case JSON_NUMBER: *ret_cell = in->text; return true;
    case JSON_TRUE: *ret_cell = STR("true"); return true;
    case JSON_FALSE: *ret_cell = STR("false"); return true;
    case JSON_NULL: *ret_cell = STR(""); return true;
    default: return false;
    }
}

/* The members into the row in hand, which begins at cell `first` of the box and moves when a column comes up. False: the object is a finding. */
static bool take_members(IngestReader *reader, Json *json, const Element *element, JsonReader *in)
{
    Box *box = reader->box;
    for (JsonToken token; (token = json_next(in)) != JSON_END_OBJECT;) {
        if (token == JSON_ERROR)
            return lose_malformed(reader, json, element, in), false;
        Str name = in->text, cell;
        size_t column = column_of(reader, json, name);
        token = json_next(in);
        if (token == JSON_ERROR)
            return lose_malformed(reader, json, element, in), false;
        if (column == SIZE_MAX)
            return lose_member(reader, json, element, "json-columns", "the objects have too many names", name), false;
        if (!cell_of(in, token, &cell))
            return lose_member(reader, json, element, "json-nested", "a text, number or truth value is expected, not an object or list", name), false;
        Str *place = &box->cells[box->n_rows * json->names.n + column];
        if (place->p)
            return lose_member(reader, json, element, "json-twice", "a name stands twice in the object", name), false;
        *place = cell;
    }
    if (json_next(in) == JSON_END)
        return true;
    return lose_malformed(reader, json, element, in), false;
}

static void take_object(IngestReader *reader, Json *json, const Element *element)
{
    Box *box = reader->box;
    JsonReader in;
    json_reader_init(&in, element->text, box->arena);
    JsonToken token = json_next(&in);
    if (token == JSON_ERROR) {
        lose_malformed(reader, json, element, &in);
        return;
    }
    if (token != JSON_BEGIN_OBJECT) {
        lose(reader, json, element, "json-object", "an object is expected");
        return;
    }
    json->guess = 0;
    box_reserve_cells(box, json->names.n);
    for (size_t i = 0; i < json->names.n; i++)
        box->cells[box->n_cells++] = STR_NONE;
    if (take_members(reader, json, element, &in) && json->names.n > 0)
        box_row(box, reader_place(reader, element->kind, element->number), element->text);
    else
        box->n_cells = box->n_rows * json->names.n;
}

/* --- Batches --------------------------------------------------------------------------------------------------------------- */

static bool next_json(IngestReader *reader, bool *ret_more, GError **err)
{
    Json *json = reader->state;
    Box *box = reader->box;
    Element element;
    ElementEnd end = ELEMENT_FOUND;
    if (!element_stream_fill(&json->stream, box, err))
        return false;
    reader->encoding = json->stream.text.encoding ? json->stream.text.encoding : "UTF-8";
    while (box->n_rows < INGEST_BATCH_ROWS && box->findings.n < INGEST_BATCH_ROWS
           && (end = elements_next(&json->stream.elements, &element)) == ELEMENT_FOUND)
        take_object(reader, json, &element);
    element_stream_keep(&json->stream);
    json->stream.sated = end == ELEMENT_FOUND || (end == ELEMENT_BAD && !box_is_empty(box));
    if (end == ELEMENT_BAD && box_is_empty(box))
        return element_stream_bad(&json->stream, err);
    if (end == ELEMENT_MORE && !element_stream_too_long(&json->stream, reader, err))
        return false;
    if (!json->table || json->table->n_columns != json->names.n)
        json->table = reader_table(reader, json->names.v, json->names.n);
    *ret_more = end != ELEMENT_END;
    box_close(box, json->table);
    return true;
}

const Driver driver_json = { open_json, next_json, close_json };
