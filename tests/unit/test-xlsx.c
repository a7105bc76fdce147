/* Workbooks as bytes in, cells out. */
#include <zip.h>

#include "base/file.h"
#include "base/limits.h"
#include "publish/publish.h"
#include "xlsx-parts.h"

#include "base/banned.h"

#define STYLES \
    "<styleSheet><numFmts><numFmt numFmtId='176' formatCode='yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@'/>" \
    "<numFmt numFmtId='177' formatCode='000'/><numFmt numFmtId='178' formatCode='[Red]0.00;General'/>" \
    "<numFmt numFmtId='179' formatCode='[$-804]yyyy&quot;年&quot;m&quot;月&quot;'/><numFmt numFmtId='180' formatCode='[h]:mm'/>" \
    "<numFmt numFmtId='181' formatCode='&quot;第&quot;0&quot;天&quot;'/><numFmt numFmtId='182' formatCode='0.0%'/></numFmts>" \
    "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>" \
    "<xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='9'/><xf numFmtId='176'/><xf numFmtId='177'/><xf numFmtId='178'/><xf numFmtId='179'/>" \
    "<xf numFmtId='180'/><xf numFmtId='181'/><xf numFmtId='182'/><xf numFmtId='22'/><xf numFmtId='58'/></cellXfs></styleSheet>"

/* Cells printed as A1=text/kind. */
static char *cells_of(XlsxFile *file, Arena *arena, GError **err)
{
    static const char kinds[] = { '-', 't', 'n', 'b', 'd', 'c', 'e' };
    GString *out = g_string_new(NULL);
    SheetTable table;
    if (!file || !xlsx_file_table(file, 0, arena, &table, err))
        return g_string_free(out, FALSE);
    for (uint32_t r = 0; r < table.n_rows; r++)
        for (uint32_t c = 0; c < table.n_columns; c++) {
            const SheetCell *cell = sheet_cell(&table, r, c);
            char name[CELL_NAME_MAX];
            if (cell)
                g_string_append_printf(out, "%s=" STR_FMT "/%c ", cell_name(r, c, name), STR_ARG(cell->text), kinds[cell->kind]);
        }
    return g_string_free(out, FALSE);
}

static void check(const char *properties, const char *strings, const char *sheet, const char *want)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxFile) file = file_of(properties, STYLES, strings, sheet, arena, &err);
    g_assert_no_error(err);
    g_autofree char *got = cells_of(file, arena, &err);
    g_assert_no_error(err);
    g_assert_cmpstr(got, ==, want);
}

#define ROW(cells) "<worksheet><sheetData><row r='1'>" cells "</row></sheetData></worksheet>"

static void test_strings(void)
{
    check("", "<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><rPr/><t xml:space='preserve'> 丙_x000D_&#10;丁</t></r><rPh><t>ding</t></rPh></si></sst>",
          ROW("<c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c><c r='D1' t='inlineStr'><is><r><t>_x005F_x</t></r><r><t>2</t></r></is></c>"
              "<c t='str'><f>A1</f><v>公式</v></c><c t='str'><f>A1</f><v></v></c>"),
          "A1=甲/t B1=乙 丙\n丁/t D1=_x2/t E1=公式/t F1=/- ");
}

static void test_numbers(void)
{
    check("", NULL,
          ROW("<c><v>0.1</v></c><c><v>12345678901</v></c><c><v>0.30000000000000004</v></c><c s='2'><v>0.98</v></c><c s='9'><v>0.985</v></c>"
              "<c s='4'><v>7</v></c><c s='4'><v>7.5</v></c><c s='5'><v>3</v></c><c t='b'><v>1</v></c><c t='e'><v>#DIV/0!</v></c><c s='8'><v>3</v></c>"
              "<c><v>x</v></c><c><v>1e999</v></c><c><v>1,5</v></c><c><v>1.10105199003071234E17</v></c>"),
          "A1=0.1/n B1=12345678901/n C1=0.3/n D1=98%/n E1=98.5%/n F1=007/n G1=7.5/n H1=3/n I1=TRUE/b J1=#DIV/0!/e K1=3/n L1=x/t M1=1e999/t N1=1,5/t "
          "O1=1.10105199003071e+17/n ");
}

static void test_dates(void)
{
    const char *sheet = ROW("<c s='1'><v>46203</v></c><c s='3'><v>46203</v></c><c s='6'><v>46203</v></c><c s='10'><v>46203.3541666667</v></c>"
                            "<c s='7'><v>0.5</v></c><c s='1'><v>1</v></c><c s='1'><v>59</v></c><c s='1'><v>61</v></c><c s='11'><v>46203</v></c>"
                            "<c t='d'><v>2026-06-30T08:30:00</v></c><c s='1'><v>9999999</v></c><c t='d'><v>2026-06-30T23:59:59Z</v></c>"
                            "<c t='d'><v>2026-06-30T</v></c>");
    check("", NULL, sheet,
          "A1=2026-06-30/d B1=2026-06-30/d C1=2026-06-30/d D1=2026-06-30 08:30/d E1=12:00/c F1=1900-01-01/d G1=1900-02-28/d H1=1900-03-01/d "
          "I1=2026-06-30/d J1=2026-06-30 08:30/d K1=9999999/n L1=2026-06-30 23:59:59/d M1=2026-06-30/d ");
    check("<workbookPr date1904='1'/>", NULL, ROW("<c s='1'><v>44741</v></c><c s='1'><v>0</v></c>"), "A1=2026-06-30/d B1=1904-01-01/d ");
}

static void test_table(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxFile) file = file_of("", NULL, NULL,
                                       "<worksheet><cols><col min='2' max='2' width='20.5' hidden='1'/></cols><sheetData>"
                                       "<row r='1'><c r='A1' t='inlineStr'><is><t>title</t></is></c></row>"
                                       "<row r='3' hidden='1'><c r='A3' t='inlineStr'><is><t>unit</t></is></c><c r='C3'><v>1</v></c></row>"
                                       "<row r='4'><c r='C4'><v>2</v></c><c r='Z4' s='3'/></row></sheetData>"
                                       "<mergeCells><mergeCell ref='A1:Z2'/><mergeCell ref='A3:A9'/><mergeCell ref='Y90:Z99'/></mergeCells></worksheet>",
                                       arena, &err);
    SheetTable table;
    g_assert_true(xlsx_file_table(file, 0, arena, &table, &err));
    g_assert_cmpstr(table.name.p, ==, "A & B");
    g_assert_cmpuint(table.n_rows, ==, 4);
    g_assert_cmpuint(table.n_columns, ==, 3);
    g_assert_cmpuint(table.n_merges, ==, 2);
    g_assert_true(table.columns[1].hidden && table.columns[1].width == 20.5 && !table.columns[0].hidden);
    g_assert_true(table.hidden_rows[2] && !table.hidden_rows[3]);
    g_assert_null(sheet_cell(&table, 3, 0));
    g_assert_cmpstr(sheet_filled(&table, 3, 0)->text.p, ==, "unit");
    g_assert_cmpstr(sheet_filled(&table, 1, 2)->text.p, ==, "title");
    g_assert_cmpuint(sheet_merge(&table, 1, 2)->column_last, ==, 2);
    g_assert_null(sheet_filled(&table, 99, 99));
    size_t n;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(file, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_true(!sheets[0].hidden && sheets[1].hidden);
}

static void test_faults(void)
{
    static const struct {
        const char *sheet, *at;
    } cases[] = {
        { ROW("<c r='B1'><v>1</v></c><c r='A1'><v>1</v></c>"), "C1" },
        { ROW("<c r='A1' t='s'><v>7</v></c>"), "A1" },
        { ROW("<c r='A2'><v>1</v></c>"), "A1" },
        { "<worksheet><sheetData><row r='2'/><row r='2'/></sheetData></worksheet>", "A2" },
        { "<worksheet><sheetData>", NULL },
        { "<!DOCTYPE a [<!ENTITY b 'cc'>]><worksheet/>", NULL },
        { "<worksheet><sheetData><row><c><v>1</v></c><c><v>1</v></c></row></sheetData><mergeCells><mergeCell ref='A1:B1'/>"
          "<mergeCell ref='B1:C1'/></mergeCells></worksheet>", NULL },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        g_autoptr(XlsxFile) file = file_of("", NULL, NULL, cases[i].sheet, arena, &err);
        g_autofree char *got = cells_of(file, arena, &err);
        g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
        g_assert_cmpstr(error_get_detail(err), ==, "not-a-document");
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
    }
}

static void refuse(Str bytes, const char *detail)
{
    g_autoptr(GError) err = NULL;
    g_assert_null(xlsx_file_open(bytes, &err));
    g_assert_cmpstr(error_get_detail(err), ==, detail);
}

static void test_no_workbook(void)
{
    refuse(STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 xls"), "old-excel");
    refuse(STR("a,b\n"), "not-a-workbook");
    refuse(STR("PK\x03\x04 broken"), "not-a-document");
    refuse(STR(""), "not-a-workbook");
}

/* --- Limits, each at its edge --------------------------------------------------------------------------------------- */

static void check_limit(const char *styles, const char *strings, const char *sheet, bool fits)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxFile) file = file_of("", styles, strings, sheet, arena, &err);
    g_autofree char *got = cells_of(file, arena, &err);
    if (fits)
        g_assert_no_error(err);
    else
        g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
}

static void test_columns_limit(void)
{
    char name[CELL_NAME_MAX];
    for (uint32_t c = LIMIT_XLSX_COLUMNS - 1; c <= LIMIT_XLSX_COLUMNS; c++) {
        g_autofree char *sheet = g_strdup_printf(ROW("<c r='%s'><v>1</v></c><c r='XFD1' s='3'/>"), cell_name(0, c, name));
        check_limit(NULL, NULL, sheet, c < LIMIT_XLSX_COLUMNS);
    }
}

static void test_table_limit(void)
{
    enum { ROWS = LIMIT_XLSX_TABLE_CELLS / 100 };
    for (int extra = 0; extra <= 1; extra++) {
        g_autofree char *sheet = g_strdup_printf("<worksheet><sheetData><row r='1'><c r='CV1'><v>1</v></c></row><row r='%d'><c><v>1</v></c></row>"
                                                 "</sheetData></worksheet>", ROWS + extra);
        check_limit(NULL, NULL, sheet, extra == 0);
    }
}

static void test_strings_limit(void)
{
    enum { PIECES = 64, PIECE = LIMIT_XLSX_STRING_BYTES / PIECES - sizeof(Str) };
    for (int extra = 0; extra <= 1; extra++) {
        g_autoptr(GString) strings = g_string_new("<sst>");
        g_autofree char *piece = g_strnfill(PIECE, 'x');
        for (int i = 0; i < PIECES; i++)
            g_string_append_printf(strings, "<si><t>%s%s</t></si>", piece, i == 0 && extra ? "x" : "");
        g_string_append(strings, "</sst>");
        check_limit(NULL, strings->str, ROW(""), extra == 0);
    }
}

static void test_counts_limit(void)
{
    for (int extra = 0; extra <= 1; extra++) {
        g_autoptr(GString) styles = g_string_new("<a><cellXfs>"), merges = g_string_new("<worksheet><mergeCells>");
        for (int i = 0; i < LIMIT_XLSX_STYLES + extra; i++)
            g_string_append(styles, "<xf/>");
        for (int i = 0; i < LIMIT_XLSX_MERGES + extra; i++)
            g_string_append_printf(merges, "<mergeCell ref='A%d'/>", i + 1);
        g_string_append(styles, "</cellXfs></a>");
        g_string_append(merges, "</mergeCells></worksheet>");
        check_limit(styles->str, NULL, ROW(""), extra == 0);
        check_limit(NULL, NULL, merges->str, extra == 0);
    }
}

/* --- Real zips ---------------------------------------------------------------------------------------------------------- */

static GString *zip_of(const char *const *names, const char *const *contents, const size_t *sizes, size_t n)
{
    zip_error_t error;
    zip_source_t *whole = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_source_keep(whole);
    zip_t *zip = zip_open_from_source(whole, ZIP_TRUNCATE, &error);
    for (size_t i = 0; i < n; i++)
        zip_file_add(zip, names[i], zip_source_buffer(zip, contents[i], sizes[i], 0), 0);
    g_assert_cmpint(zip_close(zip), ==, 0);
    g_assert_cmpint(zip_source_open(whole), ==, 0);
    zip_source_seek(whole, 0, SEEK_END);
    GString *bytes = g_string_new(NULL);
    g_string_set_size(bytes, (gsize) zip_source_tell(whole));
    zip_source_seek(whole, 0, SEEK_SET);
    g_assert_cmpint(zip_source_read(whole, bytes->str, bytes->len), ==, (int) bytes->len);
    zip_source_close(whole);
    zip_source_free(whole);
    return bytes;
}

#define WORKBOOK "<workbook xmlns:r='r'><sheets><sheet name='A' r:id='r1'/></sheets></workbook>"
#define RELATIONS "<Relationships><Relationship Id='r1' Type='" REL "worksheet' Target='worksheets/sheet1.xml'/></Relationships>"

static bool read_zip(const char *sheet, size_t size, GError **err)
{
    static const char *const names[] = { "xl/workbook.xml", "xl/_rels/workbook.xml.rels", SHEET_PART };
    const char *contents[] = { WORKBOOK, RELATIONS, sheet };
    const size_t sizes[] = { strlen(WORKBOOK), strlen(RELATIONS), size };
    g_autoptr(GString) bytes = zip_of(names, contents, sizes, 3);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(XlsxFile) file = xlsx_file_open(str_from_gstring(bytes), err);
    SheetTable table;
    return file && xlsx_file_table(file, 0, arena, &table, err);
}

static void test_zip(void)
{
    g_autoptr(GError) err = NULL;
    const char *sheet = ROW("<c><v>1</v></c>");
    g_assert_true(read_zip(sheet, strlen(sheet), &err));
}

/* 64 MB of blanks pack to 64 KB. */
static void test_bomb(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) sheet = g_string_new("<worksheet>");
    size_t from = sheet->len;
    g_string_set_size(sheet, from + ((gsize) 64 << 20));
    memset(sheet->str + from, ' ', sheet->len - from);
    g_string_append(sheet, "</worksheet>");
    g_assert_false(read_zip(sheet->str, sheet->len, &err));
    g_assert_cmpstr(error_get_detail(err), ==, "too-large");
}

static bool nothing_begins(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) data, (void) name, (void) attributes, (void) err;
    return true;
}

static bool nothing_ends(void *data, const char *name, GError **err)
{
    (void) data, (void) name, (void) err;
    return true;
}

/* A part at its limit, and a byte over it: whole, and as it comes. */
static void test_part_limit(void)
{
    static const char *const names[] = { "part.xml" };
    static const XmlHandler handler = { nothing_begins, nothing_ends, NULL };
    const char *contents[] = { "<a>12345</a>" };
    const size_t size = strlen(contents[0]);
    g_autoptr(GString) bytes = zip_of(names, contents, &size, 1);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Package) package = package_open(str_from_gstring(bytes), NULL);
    for (int extra = 0; extra <= 1; extra++) {
        Str part;
        g_assert_true(package_part(package, "part.xml", size - (size_t) extra, arena, &part, NULL) == !extra);
        g_assert_true(package_xml(package, "part.xml", size - (size_t) extra, &handler, NULL, NULL) == !extra);
    }
}

static void test_part_missing(void)
{
    static const char *const names[] = { "xl/workbook.xml", "xl/_rels/workbook.xml.rels" };
    const char *contents[] = { WORKBOOK, RELATIONS };
    const size_t sizes[] = { strlen(WORKBOOK), strlen(RELATIONS) };
    g_autoptr(GString) bytes = zip_of(names, contents, sizes, 2);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxFile) file = xlsx_file_open(str_from_gstring(bytes), &err);
    SheetTable table;
    g_assert_nonnull(file);
    g_assert_false(xlsx_file_table(file, 0, arena, &table, &err));
    g_assert_cmpstr(error_get_detail(err), ==, "not-a-document");
}

static void test_addresses(void)
{
    static const struct {
        const char *name;
        uint32_t row, column;
    } cases[] = { { "A1", 0, 0 }, { "Z9", 8, 25 }, { "AA10", 9, 26 }, { "XFD1048576", 1048575, 16383 } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char name[CELL_NAME_MAX];
        uint32_t row, column;
        g_assert_cmpstr(cell_name(cases[i].row, cases[i].column, name), ==, cases[i].name);
        g_assert_true(cell_parse(str_from(name), &row, &column));
        g_assert_true(row == cases[i].row && column == cases[i].column);
    }
    static const char *const bad[] = { "", "A", "1", "A0", "XFE1", "A1048577", "A1B", "AAAAAAAAAAAA1" };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint32_t row, column;
        g_assert_false(cell_parse(str_from(bad[i]), &row, &column));
    }
    CellRange range;
    g_assert_true(range_parse(STR("$B$2:C3"), &range) && range.row == 1 && range.column_last == 2);
    g_assert_false(range_parse(STR("C3:B2"), &range));
}

static void test_csv(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    SheetTable table;
    g_assert_true(csv_sheet(STR("a,b\n,2\n"), arena, &table, &err));
    g_assert_true(table.n_rows == 2 && table.n_columns == 2);
    g_assert_null(sheet_cell(&table, 1, 0));
    g_assert_true(str_eq(sheet_cell(&table, 1, 1)->text, STR("2")));
}

/* --- What we write is what we read --------------------------------------------------------------------------------------- */

enum { RANDOM_BOOKS = 40, RANDOM_ROWS = 30, RANDOM_COLUMNS = 12 };

/* Texts with what could be taken for something else: numbers, formulas, escapes, line ends, blanks at the ends, any plane. */
static Str random_text(GRand *random, Arena *arena)
{
    static const char *const pieces[] = { "甲", "=1+1", "_x000D_", "\n", " ", "<&>\"'", "0012", "2026-01-01", "𠀀", "a", "\t", "_x", "é", "#N/A", "，" };
    g_autoptr(GString) text = g_string_new(NULL);
    for (int n = g_rand_int_range(random, 0, 6); n > 0; n--)
        g_string_append(text, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
    return arena_str(arena, str_from_gstring(text));
}

static TableCell random_cell(GRand *random, ColumnType type, Arena *arena)
{
    TableCell cell = { .date = DATE_NONE };
    if (g_rand_int_range(random, 0, 5) == 0)
        return cell;
    cell.text = type == COLUMN_TEXT ? random_text(random, arena) : STR_NONE;
    cell.has_number = type == COLUMN_NUMBER;
    cell.number = decimal_make(g_rand_int_range(random, -1000000, 1000000), g_rand_int_range(random, 0, 5));
    cell.date = type == COLUMN_DATE ? g_rand_int_range(random, -25000, 80000) : DATE_NONE;
    return cell;
}

static void assert_cell(const SheetCell *got, const TableCell *want, ColumnType type)
{
    char number[DECIMAL_TEXT_MAX];
    if (type == COLUMN_NUMBER && want->has_number)
        g_assert_cmpstr(got->text.p, ==, decimal_format(want->number, number));
    else if (type == COLUMN_DATE && want->date != DATE_NONE)
        g_assert_cmpint(got->date, ==, want->date);
    else if (type == COLUMN_TEXT && want->text.n > 0)
        g_assert_cmpmem(got ? got->text.p : NULL, got ? got->text.n : 0, want->text.p, want->text.n);
    else
        g_assert_null(got);
}

static void round_trip(GRand *random, const char *path)
{
    g_autoptr(Arena) arena = arena_new();
    TableColumn columns[RANDOM_COLUMNS];
    TableCell cells[RANDOM_ROWS][RANDOM_COLUMNS];
    for (size_t c = 0; c < RANDOM_COLUMNS; c++)
        columns[c] = (TableColumn) { .title = "列", .type = (ColumnType) g_rand_int_range(random, 0, 3), .width = 8, .hidden = c == 3,
                                     .group = c > 4 && c < 8 ? "组" : NULL };
    g_autoptr(XlsxBook) book = xlsx_new(path, 1, NULL);
    XlsxSheet *sheet = xlsx_sheet(book, "a", columns, RANDOM_COLUMNS, NULL);
    for (size_t r = 0; r < RANDOM_ROWS; r++) {
        for (size_t c = 0; c < RANDOM_COLUMNS; c++)
            cells[r][c] = random_cell(random, columns[c].type, arena);
        g_assert_true(xlsx_row(sheet, cells[r], NULL));
    }
    g_assert_true(xlsx_finish(book, NULL));
    g_autoptr(GString) bytes = file_read(path, 1 << 24, NULL);
    g_autoptr(XlsxFile) file = xlsx_file_open(str_from_gstring(bytes), NULL);
    SheetTable table;
    g_assert_true(xlsx_file_table(file, 0, arena, &table, NULL));
    g_assert_true(table.columns[3].hidden && !table.columns[4].hidden);
    g_assert_cmpstr(sheet_filled(&table, 0, 7)->text.p, ==, "组");
    for (uint32_t r = 0; r < RANDOM_ROWS; r++)
        for (uint32_t c = 0; c < RANDOM_COLUMNS; c++)
            assert_cell(sheet_cell(&table, r + 2, c), &cells[r][c], columns[c].type);
}

static void test_random_tables(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a.xlsx");
    GRand *random = g_rand_new_with_seed((guint32) g_test_rand_int());
    for (int i = 0; i < RANDOM_BOOKS; i++)
        round_trip(random, path);
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xlsx/strings", test_strings);
    g_test_add_func("/xlsx/numbers", test_numbers);
    g_test_add_func("/xlsx/dates", test_dates);
    g_test_add_func("/xlsx/table", test_table);
    g_test_add_func("/xlsx/faults", test_faults);
    g_test_add_func("/xlsx/no-workbook", test_no_workbook);
    g_test_add_func("/xlsx/limit/columns", test_columns_limit);
    g_test_add_func("/xlsx/limit/table", test_table_limit);
    g_test_add_func("/xlsx/limit/strings", test_strings_limit);
    g_test_add_func("/xlsx/limit/counts", test_counts_limit);
    g_test_add_func("/xlsx/zip", test_zip);
    g_test_add_func("/xlsx/bomb", test_bomb);
    g_test_add_func("/xlsx/limit/part", test_part_limit);
    g_test_add_func("/xlsx/part-missing", test_part_missing);
    g_test_add_func("/xlsx/addresses", test_addresses);
    g_test_add_func("/xlsx/csv", test_csv);
    g_test_add_func("/xlsx/random-tables", test_random_tables);
    return g_test_run();
}
