#include "city/write.h"

#include "base/decimal.h"

#include "base/banned.h"

const CitySoftware *city_software(const CityDialects *dialects, const CityOrg *org, bool empty)
{
    const CitySoftware *own = org->software;
    bool messages = own->format == FORMAT_FHIR ? dialects->fhir != NULL : own->format == FORMAT_HL7 && dialects->hl7;
    return own->other && (!messages || empty) ? own->other : own;
}

/* --- Words ---------------------------------------------------------------------------------------------------------------------- */

Str write_heading(const CityFileOut *file, const CityOutput *output)
{
    int headings = file->software->headings;
    return headings == HEADINGS_ID || output->name.n == 0 ? output->id : headings == HEADINGS_ALSO && output->also.n > 0 ? output->also : output->name;
}

char *write_title(const CityFileOut *file, Str title)
{
    g_autofree char *pattern = str_dup(title), *org = str_dup(file->org->name), *dataset = str_dup(file->dialects->stream->stream->dataset->name);
    g_autoptr(GString) text = g_string_new(pattern);
    g_string_replace(text, "{org}", org, 0);
    g_string_replace(text, "{dataset}", dataset, 0);
    g_string_replace(text, "{period}", file->period_text, 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

const char *write_period(const CityFileOut *file, const CityBatch *batch, size_t row, char text[static PERIOD_TEXT_MAX])
{
    return period_format(period_of_date(file->dialects->stream->row_kind, batch->rows->occs[row].day), text);
}

static void add_number(GString *out, int64_t value, unsigned digits)
{
    char text[24];
    unsigned n = 0;
    for (uint64_t v = (uint64_t) value; v > 0 || n < digits; v /= 10)
        text[sizeof text - ++n] = (char) ('0' + v % 10);
    g_string_append_len(out, text + sizeof text - n, n);
}

static void add_date(GString *out, Date date, int style)
{
    int year, month, day;
    date_to_ymd(date, &year, &month, &day);
    add_number(out, year, 4);
    if (style != DATES_PLAIN)
        g_string_append_c(out, style == DATES_SLASH ? '/' : '-');
    add_number(out, month, style == DATES_SLASH ? 1 : 2);
    if (style != DATES_PLAIN)
        g_string_append_c(out, style == DATES_SLASH ? '/' : '-');
    add_number(out, day, style == DATES_SLASH ? 1 : 2);
}

static void add_time(GString *out, int64_t instant, int style)
{
    enum { ZONE_MS = 480 * 60000, DAY_MS = 86400000, MINUTE_MS = 60000 };
    int64_t local = instant + ZONE_MS, day = local >= 0 ? local / DAY_MS : -((-local + DAY_MS - 1) / DAY_MS), minute = (local - day * DAY_MS) / MINUTE_MS;
    add_date(out, (Date) day, style);
    if (style != DATES_PLAIN)
        g_string_append_c(out, ' ');
    add_number(out, minute / 60, 2);
    if (style != DATES_PLAIN)
        g_string_append_c(out, ':');
    add_number(out, minute % 60, 2);
    if (style == DATES_PLAIN)
        g_string_append(out, "00");
}

static void add_decimal(GString *out, int64_t value, int scale)
{
    char text[DECIMAL_TEXT_MAX];
    g_string_append(out, decimal_format(decimal_make(value, scale), text));
}

static void add_code(const CityFileOut *file, const CityOutput *output, Str code, GString *out)
{
    GHashTable *names = file->software->codes == CODES_NAME ? g_hash_table_lookup(file->dialects->code_names, output->codes) : NULL;
    const Str *name = names ? g_hash_table_lookup(names, &code) : NULL;
    Str text = name ? *name : code;
    g_string_append_len(out, text.p, (gssize) text.n);
}

static void add_org(const CityFileOut *file, int64_t index, GString *out)
{
    const CityOrg *org = &file->dialects->run->orgs.v[index];
    Str text = file->software->orgs == ORGS_CODE ? org->code : file->software->orgs == ORGS_SHORT ? org->short_name : org->name;
    g_string_append_len(out, text.p, (gssize) text.n);
}

void write_cell(const CityFileOut *file, const CityOutput *output, const ExprColumn *column, size_t row, GString *out)
{
    const CitySoftware *software = file->software;
    if (column_null(column, row))
        return;
    switch (output->as) {
    case PACK_INTEGER: case PACK_DECIMAL: add_decimal(out, ((const int64_t *) column->values)[row], output->scale); return;
    case PACK_DATE: add_date(out, ((const Date *) column->values)[row], software->dates); return;
    case PACK_TIME: add_time(out, ((const int64_t *) column->values)[row], software->dates); return;
    case PACK_ORG: add_org(file, ((const int64_t *) column->values)[row], out); return;
    case PACK_CODE: add_code(file, output, ((const Str *) column->values)[row], out); return;
    case PACK_BOOL: {
        bool is = ((const uint8_t *) column->values)[row];
        Str word = is ? software->yes : software->no, text = word.p ? word : is ? STR("true") : STR("false");
        g_string_append_len(out, text.p, (gssize) text.n);
        return;
    }
    default: {
        Str text = ((const Str *) column->values)[row];
        g_string_append_len(out, text.p, (gssize) text.n);
    }
    }
}

/* --- CSV ----------------------------------------------------------------------------------------------------------------------------- */

static char delimiter(const CityFileOut *file)
{
    Str given = file->software->delimiter;
    return given.n == 0 ? ',' : str_eq(given, STR("tab")) ? '\t' : given.p[0];
}

static void end_line(CityFileOut *file)
{
    g_string_append(file->out, str_eq(file->software->line_end, STR("lf")) ? "\n" : "\r\n");
}

/* Quotes what was appended from `from` on, if it needs that. */
static void quote(GString *out, size_t from, char comma)
{
    bool plain = true;
    for (size_t i = from; i < out->len && plain; i++)
        plain = out->str[i] != comma && out->str[i] != '"' && out->str[i] != '\n' && out->str[i] != '\r';
    if (plain)
        return;
    g_autofree char *text = g_strndup(out->str + from, out->len - from);
    g_string_truncate(out, from);
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void csv_begin(CityFileOut *file)
{
    const CityOutputs *outputs = file->dialects->outputs;
    char comma = delimiter(file);
    if (file->software->bom)
        g_string_append(file->out, "\xEF\xBB\xBF");
    for (size_t i = 0; i < file->software->title.n; i++) {
        g_autofree char *title = write_title(file, file->software->title.v[i].text);
        g_string_append(file->out, title);
        end_line(file);
    }
    for (size_t i = 0, n = 0; i < outputs->n; i++) {
        if (outputs->v[i].column == -1)
            continue;
        Str heading = write_heading(file, &outputs->v[i]);
        if (n++ > 0)
            g_string_append_c(file->out, comma);
        size_t from = file->out->len;
        g_string_append_len(file->out, heading.p, (gssize) heading.n);
        quote(file->out, from, comma);
    }
    end_line(file);
}

static void csv_row(CityFileOut *file, const CityBatch *batch, size_t row)
{
    const CityOutputs *outputs = file->dialects->outputs;
    char comma = delimiter(file), period[PERIOD_TEXT_MAX];
    for (size_t i = 0, n = 0; i < outputs->n; i++) {
        const CityOutput *output = &outputs->v[i];
        if (output->column == -1)
            continue;
        if (n++ > 0)
            g_string_append_c(file->out, comma);
        size_t from = file->out->len;
        if (output_is_period(output))
            g_string_append(file->out, write_period(file, batch, row, period));
        else if (batch->raw[i] && batch->raw[i][row].p)
            g_string_append_len(file->out, batch->raw[i][row].p, (gssize) batch->raw[i][row].n);
        else
            write_cell(file, output, batch->columns[i], row, file->out);
        /* Beside yes and no, the word for nothing would be read as no. */
        if (file->out->len == from && file->software->none.n > 0 && output->as != PACK_BOOL && !output_is_period(output))
            g_string_append_len(file->out, file->software->none.p, (gssize) file->software->none.n);
        quote(file->out, from, comma);
    }
    end_line(file);
}

static bool csv_end(CityFileOut *file, GError **err)
{
    Str encoding = file->software->encoding;
    if (encoding.n == 0 || str_eq(encoding, STR("utf-8")))
        return true;
    g_autofree char *to = str_dup(encoding);
    gsize n;
    g_autoptr(GError) problem = NULL;
    g_autofree char *bytes = g_convert(file->out->str, (gssize) file->out->len, to, "UTF-8", NULL, &n, &problem);
    if (!bytes)
        return error_set(err, BH_BAD_INPUT, "cannot write in %s: %s", to, problem->message);
    g_string_truncate(file->out, 0);
    g_string_append_len(file->out, bytes, (gssize) n);
    return true;
}

const CityWriter city_writers[] = {
    [FORMAT_CSV] = { "csv", csv_begin, csv_row, csv_end },
    [FORMAT_XLSX] = { "xlsx", send_xlsx_begin, send_xlsx_row, send_xlsx_end },
    [FORMAT_FHIR] = { "ndjson", send_message_begin, send_fhir_row, send_message_end },
    [FORMAT_HL7] = { "hl7", send_message_begin, send_hl7_row, send_message_end },
};
