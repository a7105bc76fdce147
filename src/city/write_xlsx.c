/* Workbooks with what every reader of them needs and nothing else: one sheet, strings in their cells, days as serials. */
#include "base/decimal.h"
#include "base/package.h"
#include "city/write.h"

#include "base/banned.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACK_RELS "http://schemas.openxmlformats.org/package/2006/relationships"
#define TYPES "application/vnd.openxmlformats-officedocument.spreadsheetml."

enum { STYLE_PLAIN, STYLE_DAY, STYLE_TIME, STYLE_HEAD };
enum { LETTERS = 26, SERIAL_OF_1970 = 25569 };

static void add_place(GString *out, size_t column, uint32_t line)
{
    if (column >= LETTERS)
        g_string_append_c(out, (char) ('A' + column / LETTERS - 1));
    g_string_append_c(out, (char) ('A' + column % LETTERS));
    g_string_append_printf(out, "%u", line);
}

static void add_text(CityFileOut *file, size_t column, Str text, int style)
{
    g_string_append(file->out, "<c r=\"");
    add_place(file->out, column, file->line);
    g_string_append_printf(file->out, "\" s=\"%d\" t=\"inlineStr\"><is><t>", style);
    xml_escape(file->out, text);
    g_string_append(file->out, "</t></is></c>");
}

static void begin_line(CityFileOut *file)
{
    g_string_append_printf(file->out, "<row r=\"%u\">", ++file->line);
}

static void end_line(CityFileOut *file)
{
    g_string_append(file->out, "</row>");
}

void send_xlsx_begin(CityFileOut *file)
{
    const CityOutputs *outputs = file->dialects->outputs;
    g_string_append(file->out, XML "<worksheet xmlns=\"" MAIN "\"><sheetData>");
    for (size_t i = 0; i < file->software->title.n; i++) {
        g_autofree char *title = write_title(file, file->software->title.v[i].text);
        begin_line(file);
        add_text(file, 0, str_from(title), STYLE_HEAD);
        end_line(file);
    }
    begin_line(file);
    for (size_t i = 0, n = 0; i < outputs->n; i++)
        if (outputs->v[i].column != -1)
            add_text(file, n++, write_heading(file, &outputs->v[i]), STYLE_HEAD);
    end_line(file);
}

static void add_value(CityFileOut *file, size_t column, int style, const char *value)
{
    g_string_append(file->out, "<c r=\"");
    add_place(file->out, column, file->line);
    g_string_append_printf(file->out, "\" s=\"%d\"><v>%s</v></c>", style, value);
}

static void add_time(CityFileOut *file, size_t column, int64_t instant)
{
    enum { ZONE_MINUTES = 480, MINUTE_MS = 60000, DAY_MINUTES = 1440 };
    int64_t minutes = instant / MINUTE_MS + ZONE_MINUTES;
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    add_value(file, column, STYLE_TIME, g_ascii_formatd(text, sizeof text, "%.6f", SERIAL_OF_1970 + (double) minutes / DAY_MINUTES));
}

static void add_cell(CityFileOut *file, const CityOutput *output, const ExprColumn *values, size_t row, size_t column)
{
    char text[DECIMAL_TEXT_MAX];
    if (column_null(values, row))
        return;
    if (output->as == PACK_DATE) {
        g_snprintf(text, sizeof text, "%d", ((const Date *) values->values)[row] + SERIAL_OF_1970);
        add_value(file, column, STYLE_DAY, text);
    } else if (output->as == PACK_TIME) {
        add_time(file, column, ((const int64_t *) values->values)[row]);
    } else if (output->as == PACK_INTEGER || output->as == PACK_DECIMAL) {
        add_value(file, column, STYLE_PLAIN, decimal_format(decimal_make(((const int64_t *) values->values)[row], output->scale), text));
    } else {
        g_autoptr(GString) words = g_string_new(NULL);
        write_cell(file, output, values, row, words);
        add_text(file, column, str_from_gstring(words), STYLE_PLAIN);
    }
}

void send_xlsx_row(CityFileOut *file, const CityBatch *batch, size_t row)
{
    const CityOutputs *outputs = file->dialects->outputs;
    char period[PERIOD_TEXT_MAX];
    begin_line(file);
    for (size_t i = 0, n = 0; i < outputs->n; i++) {
        const CityOutput *output = &outputs->v[i];
        if (output->column == -1)
            continue;
        if (output_is_period(output))
            add_text(file, n, str_from(write_period(file, batch, row, period)), STYLE_PLAIN);
        else if (batch->raw[i] && batch->raw[i][row].p) {
            if (batch->raw[i][row].n > 0)
                add_text(file, n, batch->raw[i][row], STYLE_PLAIN);
        } else
            add_cell(file, output, batch->columns[i], row, n);
        n++;
    }
    end_line(file);
}

bool send_xlsx_end(CityFileOut *file, GError **err)
{
    g_string_append(file->out, "</sheetData></worksheet>");
    const PackageEntry parts[] = {
        { "[Content_Types].xml", STR_INIT(XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                                              "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                                              "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
                                              "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPES "sheet.main+xml\"/>"
                                              "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" TYPES "worksheet+xml\"/>"
                                              "<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPES "styles+xml\"/></Types>") },
        { "_rels/.rels", STR_INIT(XML "<Relationships xmlns=\"" PACK_RELS "\"><Relationship Id=\"rId1\" Type=\"" RELS "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>") },
        { "xl/workbook.xml", STR_INIT(XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELS "\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>") },
        { "xl/_rels/workbook.xml.rels", STR_INIT(XML "<Relationships xmlns=\"" PACK_RELS "\"><Relationship Id=\"rId1\" Type=\"" RELS "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                                                     "<Relationship Id=\"rId2\" Type=\"" RELS "/styles\" Target=\"styles.xml\"/></Relationships>") },
        { "xl/styles.xml", STR_INIT(XML "<styleSheet xmlns=\"" MAIN "\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd hh:mm\"/></numFmts>"
                                        "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
                                        "<fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills><borders count=\"1\"><border/></borders>"
                                        "<cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"4\"><xf xfId=\"0\"/><xf numFmtId=\"14\" xfId=\"0\" applyNumberFormat=\"1\"/>"
                                        "<xf numFmtId=\"164\" xfId=\"0\" applyNumberFormat=\"1\"/><xf fontId=\"1\" xfId=\"0\" applyFont=\"1\"/></cellXfs></styleSheet>") },
        { "xl/worksheets/sheet1.xml", str_from_gstring(file->out), .level = 1 },
    };
    g_autoptr(GString) whole = g_string_new(NULL);
    if (!package_write(parts, G_N_ELEMENTS(parts), whole, err))
        return false;
    GString *sheet = file->out;
    file->out = g_steal_pointer(&whole);
    g_string_free(sheet, TRUE);
    return true;
}
