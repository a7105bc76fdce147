/* The reader as a whole: which format an input has, one input behind the other, batches taken. */
#include "base/limits.h"
#include "base/package.h"
#include "ingest/read.h"
#include "ingest/unread.h"

#include "base/banned.h"

const char *const ingest_formats[] = { "auto", "csv", "xlsx", "fhir", "hl7", "json", NULL };

enum { HEAD_BYTES = 4096 };

/* --- Which format --------------------------------------------------------------------------------------------------------- */

static Str without_mark(Str head)
{
    if (str_starts(head, STR("\xEF\xBB\xBF")))
        head = str_from_at(head, 3);
    while (head.n > 0 && (g_ascii_isspace(head.p[0]) || head.p[0] == 0x0B))
        head = str_from_at(head, 1);
    return head;
}

static bool is_hl7(Str head)
{
    static const char *const begins[] = { "MSH", "FHS", "BHS" };
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        if (str_starts(head, str_from(begins[i])) && head.n > 8)
            return !g_ascii_isalnum(head.p[3]) && head.p[3] != ',' && head.p[3] != '"' && head.p[3] != '\t' && (unsigned char) head.p[3] >= 0x20;
    return false;
}

IngestFormat ingest_detect(Str head)
{
    if (package_is(head) || package_is_ole(head))
        return INGEST_XLSX;
    Str text = without_mark(head);
    if (text.n == 0)
        return INGEST_AUTO;
    if (is_hl7(text))
        return INGEST_HL7;
    if (unread_code(head, text))
        return INGEST_AUTO;
    if (text.p[0] == '{' || text.p[0] == '[')
        return str_has(text, STR("\"resourceType\"")) ? INGEST_FHIR : INGEST_JSON;
    return INGEST_CSV;
}

/* --- Opening -------------------------------------------------------------------------------------------------------------- */

static const Driver *const drivers[] = {
    [INGEST_CSV] = &driver_csv, [INGEST_XLSX] = &driver_xlsx, [INGEST_FHIR] = &driver_fhir, [INGEST_HL7] = &driver_hl7, [INGEST_JSON] = &driver_json,
};

static void close_input(IngestReader *reader)
{
    if (reader->driver)
        reader->driver->close(reader);
    reader->driver = NULL;
    reader->done += reader->stream.at;
    stream_clear(&reader->stream);
    reader->stream = (Stream) { 0 };
}

static bool is_blank(Str head)
{
    return without_mark(head).n == 0 && head.n < HEAD_BYTES;
}

static bool open_input(IngestReader *reader, GError **err)
{
    Str head;
    const IngestInput *input = &reader->inputs[reader->at];
    stream_init(&reader->stream, input);
    reader->format = reader->options.format;
    reader->encoding = "UTF-8";
    reader->delimiter = 0;
    if (!stream_peek(&reader->stream, HEAD_BYTES, &head, err))
        return false;
    if (is_blank(head)) {
        error_set(err, BH_BAD_INPUT, "the file is empty");
        return error_detail(err, "empty");
    }
    if (reader->format == INGEST_AUTO)
        reader->format = ingest_detect(head);
    if (reader->format == INGEST_AUTO)
        return unread_refuse(unread_code(head, without_mark(head)), err);
    reader->driver = drivers[reader->format];
    reader->more = true;
    return reader->driver->open(reader, err);
}

static bool name_input(const IngestReader *reader, GError **err)
{
    const char *name = reader->inputs[reader->at].name, *at = err && *err ? error_get_at(*err) : NULL;
    if (name && reader->n_inputs > 1)
        error_at(err, "%s%s%s", name, at ? ": " : "", at ? at : "");
    return false;
}

IngestReader *ingest_open(const IngestInput *inputs, size_t n_inputs, const IngestOptions *options, GError **err)
{
    g_autoptr(IngestReader) reader = g_new0(IngestReader, 1);
    reader->arena = arena_new();
    reader->box = box_new();
    reader->inputs = ARENA_ARRAY(reader->arena, IngestInput, n_inputs);
    reader->n_inputs = n_inputs;
    for (size_t i = 0; i < n_inputs; i++)
        reader->inputs[i] = inputs[i];
    if (options)
        reader->options = *options;
    if (n_inputs == 0 || reader->options.header_row > LIMIT_INGEST_HEADER_ROW) {
        error_set(err, BH_BAD_INPUT, n_inputs == 0 ? "there is no file" : "the header's row is not among the first rows");
        error_detail(err, "empty");
        return NULL;
    }
    if (!open_input(reader, err)) {
        name_input(reader, err);
        return NULL;
    }
    return g_steal_pointer(&reader);
}

void ingest_close(IngestReader *reader)
{
    if (!reader)
        return;
    close_input(reader);
    if (reader->all)
        reader->free_all(reader->all);
    box_free(reader->box);
    arena_free(reader->arena);
    g_free(reader);
}

/* --- Reading -------------------------------------------------------------------------------------------------------------- */

static bool next_filled(IngestReader *reader, GError **err)
{
    while (box_is_empty(reader->box)) {
        if (reader->driver && !reader->more)
            close_input(reader);
        if (!reader->driver) {
            if (reader->at + 1 >= reader->n_inputs)
                return true;
            reader->at++;
            if (!open_input(reader, err))
                return false;
        }
        box_reset(reader->box);
        if (!reader->driver->next(reader, &reader->more, err))
            return false;
    }
    return true;
}

bool ingest_next(IngestReader *reader, const IngestBatch **ret_batch, GError **err)
{
    if (!reader->box)
        reader->box = box_new();
    box_reset(reader->box);
    if (reader->failed)
        return error_set(err, BH_INTERNAL, "the file was given up before");
    if (!next_filled(reader, err)) {
        reader->failed = true;
        return name_input(reader, err);
    }
    *ret_batch = box_is_empty(reader->box) ? NULL : &reader->box->batch;
    return true;
}

const IngestBatch *ingest_batch_take(IngestReader *reader)
{
    Box *box = g_steal_pointer(&reader->box);
    g_assert(box);
    return &box->batch;
}

void ingest_batch_free(const IngestBatch *batch)
{
    box_free((Box *) batch);
}

/* --- What the drivers need ------------------------------------------------------------------------------------------------- */

IngestTable *reader_table(IngestReader *reader, const Str *columns, size_t n_columns)
{
    IngestTable *table = ARENA_NEW(reader->arena, IngestTable);
    Str *copies = ARENA_ARRAY(reader->arena, Str, n_columns);
    for (size_t i = 0; i < n_columns; i++)
        copies[i] = arena_str(reader->arena, columns[i]);
    *table = (IngestTable) { .number = reader->n_tables++, .input = (uint32_t) reader->at, .columns = copies, .n_columns = n_columns };
    reader->table = table;
    return table;
}

IngestPlace reader_place(const IngestReader *reader, int kind, int64_t number)
{
    return (IngestPlace) { .kind = kind, .input = (uint32_t) reader->at, .number = number };
}

/* --- What was found out ------------------------------------------------------------------------------------------------------ */

void ingest_place_write(const IngestReader *reader, const IngestPlace *place, GString *out)
{
    const char *name = reader->inputs[place->input].name;
    if (reader->n_inputs > 1 && name)
        g_string_append_printf(out, "%s%s", name, place->kind == INGEST_AT_FILE ? "" : ": ");
    switch (place->kind) {
    case INGEST_AT_FILE: break;
    case INGEST_AT_LINE: g_string_append_printf(out, "line %" G_GINT64_FORMAT, place->number); break;
    case INGEST_AT_ROW: g_string_append_printf(out, "row %" G_GINT64_FORMAT, place->number); break;
    case INGEST_AT_ENTRY: g_string_append_printf(out, "Bundle.entry[%" G_GINT64_FORMAT "]", place->number); break;
    case INGEST_AT_ELEMENT: g_string_append_printf(out, "[%" G_GINT64_FORMAT "]", place->number); break;
    case INGEST_AT_MESSAGE:
        g_string_append_printf(out, "message %" G_GINT64_FORMAT, place->number);
        if (place->part > 0)
            g_string_append_printf(out, ", %s %u", place->segment, place->part);
        break;
    }
}

void ingest_finding_write(const IngestFinding *finding, Lang lang, GString *out)
{
    g_autofree char *key = g_strconcat("ingest.finding.", finding->code, NULL);
    i18n_format(out, lang, key, finding->params);
}

const IngestTable *ingest_header(const IngestReader *reader)
{
    return reader->format == INGEST_CSV || reader->format == INGEST_XLSX ? reader->table : NULL;
}

IngestFormat ingest_format(const IngestReader *reader)
{
    return reader->format;
}

const char *ingest_encoding(const IngestReader *reader)
{
    return reader->encoding;
}

char ingest_delimiter(const IngestReader *reader)
{
    return reader->delimiter;
}

uint64_t ingest_position(const IngestReader *reader)
{
    return reader->done + reader->stream.at;
}
