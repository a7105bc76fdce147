/* How fast a workbook is read: as a stream of rows and as a table in memory, beside libxml2 alone over the same sheet (what no reader by it can beat) and our CSV over the
 * same cells. Rounds alternate and the best of each counts. Invented rows of a ledger: texts shared and inline, numbers, dates. */
#include <stdio.h>

#include "base/file.h"
#include "ingest/xlsx.h"
#include "publish/publish.h"

#include "base/banned.h"

enum { ROWS = 20000, COLUMNS = 18, ROUNDS = 5 };

static void column_of(size_t c, TableColumn *ret_column)
{
    static const ColumnType types[] = { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_TEXT, COLUMN_DATE, COLUMN_TEXT, COLUMN_TEXT };
    *ret_column = (TableColumn) { .title = "列", .type = types[c % G_N_ELEMENTS(types)], .width = 12 };
}

static Str text_of(size_t r, size_t c, Arena *arena)
{
    return arena_printf(arena, "第%zu行第%zu列：按月自查并报送整改进展", r % 500, c);
}

static void write_files(const char *path, GString *csv)
{
    g_autoptr(Arena) arena = arena_new();
    TableColumn columns[COLUMNS];
    TableCell cells[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++)
        column_of(c, &columns[c]);
    g_autoptr(XlsxBook) book = xlsx_new(path, 1, NULL);
    XlsxSheet *sheet = xlsx_sheet(book, "sheet", columns, COLUMNS, NULL);
    for (size_t r = 0; r < ROWS; r++) {
        ArenaMark mark = arena_mark(arena);
        for (size_t c = 0; c < COLUMNS; c++) {
            cells[c] = (TableCell) { .text = text_of(r, c, arena), .number = decimal_make((int64_t) r, 1), .has_number = true, .date = 20454 + (Date) (r % 365) };
            g_string_append_printf(csv, "%s" STR_FMT, c ? "," : "", STR_ARG(cells[c].text));
        }
        g_string_append_c(csv, '\n');
        xlsx_row(sheet, cells, NULL);
        arena_rewind(arena, mark);
    }
    xlsx_finish(book, NULL);
}

static bool count_row(void *data, const SheetRow *row, GError **err)
{
    (void) err;
    *(size_t *) data += row->n_cells;
    return true;
}

static bool count_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) attributes, (void) err;
    *(size_t *) data += name[0] == 'c' && name[1] == '\0';
    return true;
}

static bool no_end(void *data, const char *name, GError **err)
{
    (void) data, (void) name, (void) err;
    return true;
}

static bool no_text(void *data, Str text, GError **err)
{
    (void) data, (void) text, (void) err;
    return true;
}

static size_t read_stream(Str bytes, Str csv)
{
    (void) csv;
    static const SheetHandler handler = { NULL, count_row, NULL };
    size_t cells = 0;
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, NULL);
    xlsx_file_read(file, 0, &handler, &cells, NULL);
    return cells;
}

static size_t read_table(Str bytes, Str csv)
{
    (void) csv;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, NULL);
    SheetTable table = { 0 };
    xlsx_file_table(file, 0, arena, &table, NULL);
    return (size_t) table.n_rows * table.n_columns;
}

static size_t read_xml(Str bytes, Str csv)
{
    (void) csv;
    static const XmlHandler handler = { count_begin, no_end, no_text };
    size_t cells = 0;
    g_autoptr(Package) package = package_open(bytes, NULL);
    package_xml(package, "xl/worksheets/sheet1.xml", (size_t) 1 << 30, &handler, &cells, NULL);
    return cells;
}

static size_t read_csv(Str bytes, Str csv)
{
    (void) bytes;
    g_autoptr(Arena) arena = arena_new();
    CsvReader reader;
    size_t cells = 0;
    bool more = true;
    csv_init(&reader, csv, arena, NULL);
    while (csv_next(&reader, &more, NULL) && more)
        cells += reader.n_fields;
    return cells;
}

int main(void)
{
    static const struct {
        const char *name;
        size_t (*read)(Str bytes, Str csv);
    } ways[] = { { "xlsx, rows as a stream", read_stream }, { "xlsx, table in memory", read_table }, { "libxml2 alone", read_xml }, { "csv", read_csv } };
    double best[G_N_ELEMENTS(ways)] = { 0 };
    size_t cells[G_N_ELEMENTS(ways)];
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a.xlsx");
    g_autoptr(GString) csv = g_string_new(NULL);
    write_files(path, csv);
    g_autoptr(GString) bytes = file_read(path, 1 << 30, NULL);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
            gint64 start = g_get_monotonic_time();
            cells[i] = ways[i].read(str_from_gstring(bytes), str_from_gstring(csv));
            double seconds = (double) (g_get_monotonic_time() - start) / 1e6;
            best[i] = best[i] == 0 ? seconds : MIN(best[i], seconds);
        }
    printf("%d rows of %d columns, %.1f MB packed\n", ROWS, COLUMNS, (double) bytes->len / 1e6);
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++)
        printf("%-24s %8zu cells %9.0f rows/s  %.2f of libxml2\n", ways[i].name, cells[i], ROWS / best[i], best[2] / best[i]);
    return 0;
}
