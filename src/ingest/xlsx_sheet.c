/* A sheet as a stream. Excel leaves out what is empty, other programs leave out addresses too: a cell without one stands behind the one before. */
#include "ingest/unread.h"
#include "ingest/xlsx.h"

#include "base/limits.h"

#include "base/banned.h"

enum { FORMAT_ROWS = 1048576, FORMAT_COLUMNS = 16384, LETTERS = 26, NAME_LETTERS = 3 };

/* --- Addresses ------------------------------------------------------------------------------------------------------ */

const char *cell_name(uint32_t row, uint32_t column, char buffer[static CELL_NAME_MAX])
{
    char letters[NAME_LETTERS + 1];
    int at = NAME_LETTERS;
    letters[at] = '\0';
    for (uint32_t rest = column + 1; rest > 0 && at > 0; rest = (rest - 1) / LETTERS)
        letters[--at] = (char) ('A' + (rest - 1) % LETTERS);
    g_snprintf(buffer, CELL_NAME_MAX, "%s%u", letters + at, row + 1);
    return buffer;
}

static inline bool parse_name(const char **p, const char *end, uint32_t *ret_row, uint32_t *ret_column)
{
    uint32_t column = 0, row = 0;
    *p += *p < end && **p == '$';
    for (; *p < end && g_ascii_isalpha(**p) && column <= FORMAT_COLUMNS; ++*p)
        column = column * LETTERS + (uint32_t) (g_ascii_toupper(**p) - 'A' + 1);
    *p += *p < end && **p == '$';
    for (; *p < end && g_ascii_isdigit(**p) && row <= FORMAT_ROWS; ++*p)
        row = row * 10 + (uint32_t) (**p - '0');
    *ret_row = row - 1;
    *ret_column = column - 1;
    return column > 0 && column <= FORMAT_COLUMNS && row > 0 && row <= FORMAT_ROWS;
}

bool cell_parse(Str name, uint32_t *ret_row, uint32_t *ret_column)
{
    const char *p = name.p;
    return name.n > 0 && parse_name(&p, name.p + name.n, ret_row, ret_column) && p == name.p + name.n;
}

bool range_parse(Str text, CellRange *ret_range)
{
    Str rest = text, first = str_cut(&rest, ':'), last = rest.p ? rest : first;
    CellRange range;
    if (!cell_parse(first, &range.row, &range.column) || !cell_parse(last, &range.row_last, &range.column_last) || range.row > range.row_last
        || range.column > range.column_last)
        return false;
    *ret_range = range;
    return true;
}

/* --- Reading --------------------------------------------------------------------------------------------------------- */

typedef enum { IN_NOTHING, IN_VALUE, IN_INLINE } Place;
typedef enum { TYPE_NUMBER, TYPE_SHARED, TYPE_TEXT, TYPE_INLINE, TYPE_BOOL, TYPE_ERROR, TYPE_DATE } CellType;

typedef struct {
    XlsxFile *file;
    const SheetHandler *handler;
    void *data;
    Arena *arena; /* of the row */
    ArenaMark begin;
    SheetCell cells[LIMIT_XLSX_COLUMNS];
    SheetRow row;
    size_t n_cells;
    size_t merges;
    uint32_t next_row, next_column;
    bool in_row;
    /* of the cell */
    SheetCell cell;
    CellType type;
    Place place;
    GString *value;
    RichText inline_text;
} Reading;

static bool bad_cell(const Reading *reading, GError **err, const char *what)
{
    char name[CELL_NAME_MAX];
    error_set(err, BH_BAD_INPUT, "%s", what);
    error_detail(err, "not-a-document");
    return error_at(err, "%s", cell_name(reading->row.row, reading->cell.column, name));
}

static bool too_large(GError **err, const char *what, int limit)
{
    error_set(err, BH_TOO_LARGE, "the sheet has more than %d %s", limit, what);
    return error_detail(err, "too-large");
}

static bool is_true(Str value)
{
    return str_eq(value, STR("1")) || str_eq(value, STR("true"));
}

static bool begin_columns(Reading *reading, const XmlAttributes *attributes, GError **err)
{
    int first = xml_number(attributes, "min", 0), last = xml_number(attributes, "max", 0);
    Str width = xml_attribute(attributes, "width");
    char buffer[32];
    g_snprintf(buffer, sizeof buffer, STR_FMT, STR_ARG(str_head(width, sizeof buffer - 1)));
    double value = CLAMP(g_ascii_strtod(buffer, NULL), 0, 255);
    if (first < 1 || last < first || !reading->handler->columns)
        return true;
    bool hidden = is_true(xml_attribute(attributes, "hidden"));
    return reading->handler->columns(reading->data, (uint32_t) first - 1, (uint32_t) last - 1, value == value ? value : 0, hidden, err);
}

static bool begin_row(Reading *reading, const XmlAttributes *attributes, GError **err)
{
    int64_t number = (int64_t) reading->next_row + 1;
    Str r = xml_attribute(attributes, "r");
    if (r.p && (!str_to_int64(r, &number) || number < 1 || number > FORMAT_ROWS || number <= reading->next_row))
        return bad_cell(reading, err, "the rows of the sheet are not in order");
    if (number > FORMAT_ROWS)
        return too_large(err, "rows", FORMAT_ROWS);
    arena_rewind(reading->arena, reading->begin);
    reading->row = (SheetRow) { .row = (uint32_t) number - 1, .hidden = is_true(xml_attribute(attributes, "hidden")) };
    reading->next_row = (uint32_t) number;
    reading->next_column = 0;
    reading->n_cells = 0;
    reading->in_row = true;
    return true;
}

static CellType type_of(Str t)
{
    static const struct {
        Str name;
        CellType type;
    } types[] = {
        { STR_INIT("s"), TYPE_SHARED }, { STR_INIT("n"), TYPE_NUMBER }, { STR_INIT("str"), TYPE_TEXT }, { STR_INIT("inlineStr"), TYPE_INLINE },
        { STR_INIT("b"), TYPE_BOOL },   { STR_INIT("e"), TYPE_ERROR },  { STR_INIT("d"), TYPE_DATE },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (str_eq(t, types[i].name))
            return types[i].type;
    return TYPE_NUMBER;
}

static bool begin_cell(Reading *reading, const XmlAttributes *attributes, GError **err)
{
    uint32_t row = reading->row.row, column = reading->next_column;
    Str r = xml_attribute(attributes, "r");
    reading->cell.column = column;
    if (r.p && (!cell_parse(r, &row, &column) || row != reading->row.row || column < reading->next_column))
        return bad_cell(reading, err, "the cells of the row are not in order");
    reading->next_column = column + 1;
    reading->cell = (SheetCell) { .column = column, .date = DATE_NONE, .text = STR("") };
    reading->type = type_of(xml_attribute(attributes, "t"));
    int64_t style = 0;
    str_to_int64(xml_attribute(attributes, "s"), &style);
    reading->cell.style = style >= 0 && style < LIMIT_XLSX_STYLES ? (int32_t) style : 0;
    g_string_truncate(reading->value, 0);
    g_string_truncate(reading->inline_text.text, 0);
    return true;
}

static bool begin_merge(Reading *reading, const XmlAttributes *attributes, GError **err)
{
    CellRange range;
    if (++reading->merges > LIMIT_XLSX_MERGES)
        return too_large(err, "merged ranges", LIMIT_XLSX_MERGES);
    if (!range_parse(xml_attribute(attributes, "ref"), &range) || !reading->handler->merge)
        return true;
    return reading->handler->merge(reading->data, &range, err);
}

static bool on_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    Reading *reading = data;
    if (reading->place == IN_INLINE) {
        rich_begin(&reading->inline_text, name);
        return true;
    }
    switch (name[0]) {
    case 'c':
        if (name[1] == '\0' && reading->in_row)
            return begin_cell(reading, attributes, err);
        return strcmp(name, "col") != 0 || begin_columns(reading, attributes, err);
    case 'v':
        reading->place = name[1] == '\0' ? IN_VALUE : IN_NOTHING;
        return true;
    case 'f':
        reading->cell.formula |= name[1] == '\0';
        return true;
    case 'i':
        reading->place = strcmp(name, "is") == 0 ? IN_INLINE : IN_NOTHING;
        return true;
    case 'r':
        return strcmp(name, "row") != 0 || begin_row(reading, attributes, err);
    case 'm':
        return strcmp(name, "mergeCell") != 0 || begin_merge(reading, attributes, err);
    default:
        return true;
    }
}

/* --- A cell's value ----------------------------------------------------------------------------------------------------- */

static CellFormat format_of(const Reading *reading)
{
    size_t style = (size_t) reading->cell.style;
    return style < reading->file->formats.n ? reading->file->formats.v[style] : (CellFormat) { FORMAT_PLAIN, 0 };
}

static bool set_text(Reading *reading, Str text)
{
    reading->cell.kind = text.n > 0 ? CELL_TEXT : CELL_EMPTY;
    reading->cell.text = text;
    return true;
}

/* What is no number (NaN, a decimal comma: there are programs that write them) is the text that it is; whose column it is will say. */
static bool set_number(Reading *reading)
{
    char *end;
    reading->cell.number = g_ascii_strtod(reading->value->str, &end);
    if (*end || end == reading->value->str || !(reading->cell.number - reading->cell.number == 0)) {
        reading->cell.number = 0;
        return set_text(reading, arena_str(reading->arena, str_from_gstring(reading->value)));
    }
    format_apply(format_of(reading), reading->file->from_1904, reading->arena, &reading->cell);
    return true;
}

static bool set_shared(Reading *reading, GError **err)
{
    int64_t index;
    Str text = str_to_int64(str_from_gstring(reading->value), &index) && index >= 0 ? xlsx_shared_string(reading->file, (size_t) index) : STR_NONE;
    return text.p ? set_text(reading, text) : bad_cell(reading, err, "there is no string of this number");
}

static int two_digits(Str s, size_t at)
{
    return at + 2 <= s.n && g_ascii_isdigit(s.p[at]) && g_ascii_isdigit(s.p[at + 1]) ? (s.p[at] - '0') * 10 + s.p[at + 1] - '0' : -1;
}

/* ISO 8601, which programs of the strict form write, and a few others. */
static bool set_iso_date(Reading *reading, Str value)
{
    SheetCell *cell = &reading->cell;
    if (!date_parse(str_head(value, 10), &cell->date))
        return set_text(reading, arena_str(reading->arena, value));
    int hour = value.n > 10 && value.p[10] == 'T' ? two_digits(value, 11) : -1, minute = hour >= 0 ? two_digits(value, 14) : -1;
    int second = minute >= 0 && value.n > 16 && value.p[16] == ':' ? MAX(two_digits(value, 17), 0) : 0;
    cell->kind = CELL_DATE;
    cell->second = minute >= 0 ? (hour * 60 + minute) * 60 + second : 0;
    cell->has_time = cell->second > 0;
    cell->text = arena_str(reading->arena, str_head(value, 10));
    if (cell->has_time)
        cell->text = second ? arena_printf(reading->arena, STR_FMT " %02d:%02d:%02d", STR_ARG(cell->text), hour, minute, second)
                            : arena_printf(reading->arena, STR_FMT " %02d:%02d", STR_ARG(cell->text), hour, minute);
    return true;
}

static bool set_value(Reading *reading, GError **err)
{
    Str value = str_from_gstring(reading->value);
    SheetCell *cell = &reading->cell;
    if (reading->type == TYPE_INLINE)
        return set_text(reading, arena_str(reading->arena, xlsx_text(str_from_gstring(reading->inline_text.text), reading->arena)));
    if (value.n == 0)
        return true;
    switch (reading->type) {
    case TYPE_SHARED:
        return set_shared(reading, err);
    case TYPE_TEXT:
        return set_text(reading, arena_str(reading->arena, xlsx_text(value, reading->arena)));
    case TYPE_BOOL:
        cell->kind = CELL_BOOL;
        cell->number = is_true(value);
        cell->text = cell->number != 0 ? STR("TRUE") : STR("FALSE");
        return true;
    case TYPE_ERROR:
        cell->kind = CELL_ERROR;
        cell->text = arena_str(reading->arena, value);
        return true;
    case TYPE_DATE:
        return set_iso_date(reading, value);
    default:
        return set_number(reading);
    }
}

static bool end_cell(Reading *reading, GError **err)
{
    if (!set_value(reading, err))
        return false;
    if (reading->cell.kind == CELL_EMPTY && !reading->cell.formula)
        return true;
    if (reading->cell.column >= LIMIT_XLSX_COLUMNS)
        return unread_too_wide((int64_t) reading->row.row + 1, LIMIT_XLSX_COLUMNS, err);
    reading->cells[reading->n_cells++] = reading->cell;
    return true;
}

static bool end_row(Reading *reading, GError **err)
{
    reading->in_row = false;
    reading->row.cells = reading->cells;
    reading->row.n_cells = reading->n_cells;
    return !reading->handler->row || reading->handler->row(reading->data, &reading->row, err);
}

static bool on_end(void *data, const char *name, GError **err)
{
    Reading *reading = data;
    if (reading->place == IN_INLINE && strcmp(name, "is") != 0)
        return rich_end(&reading->inline_text, name);
    reading->place = IN_NOTHING;
    if (!reading->in_row)
        return true;
    if (name[0] == 'c' && name[1] == '\0')
        return end_cell(reading, err);
    return strcmp(name, "row") != 0 || end_row(reading, err);
}

static bool on_text(void *data, Str text, GError **err)
{
    Reading *reading = data;
    if (reading->place == IN_INLINE)
        return rich_take(&reading->inline_text, text, err);
    if (reading->place != IN_VALUE)
        return true;
    if (reading->value->len + text.n > LIMIT_XLSX_STRING_BYTES)
        return too_large(err, "bytes of text", LIMIT_XLSX_STRING_BYTES);
    g_string_append_len(reading->value, text.p, (gssize) text.n);
    return true;
}

static void reading_free(Reading *reading)
{
    g_string_free(reading->value, TRUE);
    g_string_free(reading->inline_text.text, TRUE);
    arena_free(reading->arena);
    g_free(reading);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reading, reading_free)

static Reading *reading_new(XlsxFile *file, const SheetHandler *handler, void *data)
{
    Reading *reading = g_new0(Reading, 1);
    reading->file = file;
    reading->handler = handler;
    reading->data = data;
    reading->arena = arena_new();
    reading->begin = arena_mark(reading->arena);
    reading->value = g_string_new(NULL);
    reading->inline_text.text = g_string_new(NULL);
    return reading;
}

static const XmlHandler xml_handler = { on_begin, on_end, on_text };

bool xlsx_file_read(XlsxFile *file, size_t sheet, const SheetHandler *handler, void *data, GError **err)
{
    g_autoptr(Reading) reading = reading_new(file, handler, data);
    return package_xml(file->package, file->sheets.v[sheet].part.p, LIMIT_XLSX_UNPACKED_BYTES, &xml_handler, reading, err);
}

/* --- The same step by step ----------------------------------------------------------------------------------------------- */

struct SheetStream {
    Reading *reading;
    PackagePart *part;
    XmlPush *xml;
    char piece[SHEET_STEP_BYTES];
};

SheetStream *sheet_stream_open(XlsxFile *file, size_t sheet, const SheetHandler *handler, void *data, GError **err)
{
    PackagePart *part = package_part_open(file->package, file->sheets.v[sheet].part.p, LIMIT_XLSX_UNPACKED_BYTES, err);
    if (!part)
        return NULL;
    SheetStream *stream = g_new0(SheetStream, 1);
    stream->part = part;
    stream->reading = reading_new(file, handler, data);
    stream->xml = xml_push_new(&xml_handler, stream->reading);
    return stream;
}

void sheet_stream_close(SheetStream *stream)
{
    if (!stream)
        return;
    xml_push_free(stream->xml);
    package_part_close(stream->part);
    reading_free(stream->reading);
    g_free(stream);
}

bool sheet_stream_step(SheetStream *stream, bool *ret_more, GError **err)
{
    ssize_t n = package_part_read(stream->part, stream->piece, sizeof stream->piece, err);
    if (n < 0)
        return false;
    *ret_more = n > 0;
    return xml_push(stream->xml, (Str) { stream->piece, (size_t) n }, n == 0, err);
}
