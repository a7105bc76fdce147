/* Rows one by one over the decoded text; fields are views of it, unless doubled quotes must be undone. */
#include "base/csv.h"

#include "base/decode.h"
#include "base/limits.h"

#include "base/banned.h"

bool csv_init(CsvReader *csv, Str bytes, Arena *arena, GError **err)
{
    const char *encoding;
    Str text;
    if (!decode_text(bytes, arena, NULL, &encoding, &text, err))
        return false;
    *csv = (CsvReader) { .text = text, .line = 1, .arena = arena };
    return true;
}

static bool fault(const CsvReader *csv, BhError code, size_t at, const char *what, GError **err)
{
    size_t line_start = at;
    while (line_start > 0 && csv->text.p[line_start - 1] != '\n')
        line_start--;
    int64_t line = 1;
    for (const char *p = csv->text.p; (p = memchr(p, '\n', (size_t) (csv->text.p + line_start - p))); p++)
        line++;
    error_set(err, code, "%s", what);
    return error_at(err, "%" G_GINT64_FORMAT ":%zu", line, utf8_length((Str) { csv->text.p + line_start, at - line_start }) + 1);
}

static bool push_field(CsvReader *csv, Str field, GError **err)
{
    if (csv->n_fields >= LIMIT_CSV_COLUMNS)
        return fault(csv, BH_TOO_LARGE, csv->at, "the row has too many columns", err);
    if (field.n > LIMIT_CSV_FIELD_BYTES)
        return fault(csv, BH_TOO_LARGE, csv->at, "the field is too long", err);
    csv->fields = arena_grow(csv->arena, csv->fields, csv->n_fields, &csv->cap_fields, sizeof *csv->fields);
    csv->fields[csv->n_fields++] = field;
    return true;
}

Str csv_undouble(Arena *arena, Str inside)
{
    char *out = arena_alloc(arena, inside.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < inside.n; i++) {
        out[n++] = inside.p[i];
        i += inside.p[i] == '"';
    }
    return (Str) { out, n };
}

/* From behind the opening quote to behind the closing one. */
static bool quoted_field(CsvReader *csv, Str *ret_field, GError **err)
{
    size_t start = csv->at;
    bool doubled = false;
    for (size_t at = start;;) {
        const char *quote = at < csv->text.n ? memchr(csv->text.p + at, '"', csv->text.n - at) : NULL;
        if (!quote)
            return fault(csv, BH_BAD_INPUT, start - 1, "this quote is never closed", err);
        size_t place = (size_t) (quote - csv->text.p);
        if (place + 1 < csv->text.n && csv->text.p[place + 1] == '"') {
            doubled = true;
            at = place + 2;
            continue;
        }
        Str inside = { csv->text.p + start, place - start };
        csv->at = place + 1;
        *ret_field = doubled ? csv_undouble(csv->arena, inside) : inside;
        return true;
    }
}

/* How many bytes end the line here: 0 none, 1 for LF or CR, 2 for CR LF. */
static size_t line_end(Str text, size_t at)
{
    if (at >= text.n || (text.p[at] != '\n' && text.p[at] != '\r'))
        return 0;
    return text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n' ? 2 : 1;
}

static Str plain_field(CsvReader *csv)
{
    size_t start = csv->at;
    while (csv->at < csv->text.n && csv->text.p[csv->at] != ',' && !line_end(csv->text, csv->at))
        csv->at++;
    return (Str) { csv->text.p + start, csv->at - start };
}

static bool read_field(CsvReader *csv, GError **err)
{
    Str field;
    if (csv->at < csv->text.n && csv->text.p[csv->at] == '"') {
        csv->at++;
        if (!quoted_field(csv, &field, err))
            return false;
        bool ends = csv->at >= csv->text.n || csv->text.p[csv->at] == ',' || line_end(csv->text, csv->at);
        if (!ends)
            return fault(csv, BH_BAD_INPUT, csv->at, "something stands between the closing quote and the comma", err);
    } else
        field = plain_field(csv);
    return push_field(csv, field, err);
}

/* Behind empty lines; where the row before ended, its lines are counted with them. */
static void skip_empty(CsvReader *csv)
{
    for (size_t n; (n = line_end(csv->text, csv->at)) > 0;)
        csv->at += n;
}

static int64_t count_lines(Str text)
{
    int64_t lines = 0;
    for (size_t at = 0; at < text.n; at++)
        lines += line_end(text, at) > 0 && !(text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n');
    return lines;
}

bool csv_next(CsvReader *csv, bool *ret_more, GError **err)
{
    skip_empty(csv);
    csv->line += count_lines((Str) { csv->text.p + csv->row_start, csv->at - csv->row_start });
    csv->row_start = csv->at;
    csv->n_fields = 0;
    *ret_more = csv->at < csv->text.n;
    if (!*ret_more)
        return true;
    while (read_field(csv, err)) {
        if (csv->at < csv->text.n && csv->text.p[csv->at] == ',') {
            csv->at++;
            continue;
        }
        csv->at += line_end(csv->text, csv->at);
        return true;
    }
    return false;
}

static const Str *copy_fields(const CsvReader *csv, size_t n_columns, Arena *arena)
{
    Str *row = ARENA_ARRAY(arena, Str, n_columns + 1);
    for (size_t c = 0; c < n_columns; c++)
        row[c] = c < csv->n_fields ? csv->fields[c] : STR("");
    return row;
}

bool csv_table(Str bytes, size_t rows_max, Arena *arena, CsvTable *ret_table, GError **err)
{
    CsvReader csv;
    bool more;
    if (!csv_init(&csv, bytes, arena, err) || !csv_next(&csv, &more, err))
        return false;
    if (!more) {
        error_set(err, BH_BAD_INPUT, "the file has no header");
        return error_detail(err, "empty");
    }
    CsvTable table = { .header = copy_fields(&csv, csv.n_fields, arena), .n_columns = csv.n_fields, .first_line = (size_t) csv.line + 1 };
    ARENA_LIST(const Str *) rows = { 0 };
    while (csv_next(&csv, &more, err) && more) {
        if (rows.n == 0)
            table.first_line = (size_t) csv.line;
        if (rows.n >= rows_max)
            return error_set(err, BH_TOO_LARGE, "the file has more than %zu rows", rows_max);
        if (csv.n_fields > table.n_columns) {
            error_set(err, BH_BAD_INPUT, "the row has %zu fields, the header %zu", csv.n_fields, table.n_columns);
            return error_at(err, "%" G_GINT64_FORMAT ":1", csv.line);
        }
        *ARENA_PUSH(arena, &rows) = copy_fields(&csv, table.n_columns, arena);
    }
    table.rows = rows.v;
    table.n_rows = rows.n;
    *ret_table = table;
    return !more;
}
