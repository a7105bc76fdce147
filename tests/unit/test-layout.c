/* A workbook from outside goes out as it came, but for some cells. */
#include "base/file.h"
#include "base/package.h"
#include "publish/layout.h"

#include "base/banned.h"

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

static const PackageEntry parts[] = {
    { "[Content_Types].xml",
      STR_INIT("<Types xmlns=\"t\"><Default Extension=\"xml\" ContentType=\"x\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"w\"/>"
               "<Override PartName=\"/xl/calcChain.xml\" ContentType=\"c\"/><Override PartName=\"/xl/comments1.xml\" ContentType=\"m\"/></Types>") },
    { "_rels/.rels", STR_INIT("<Relationships><Relationship Id=\"a\" Type=\"" REL "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>") },
    { "xl/workbook.xml",
      STR_INIT("<workbook xmlns=\"" MAIN "\" xmlns:r=\"" REL "\"><mc:AlternateContent xmlns:mc=\"m\"><x/></mc:AlternateContent><sheets>"
               "<sheet name=\"台账\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"其他\" sheetId=\"2\" r:id=\"r2\"/></sheets><definedNames/></workbook>") },
    { "xl/_rels/workbook.xml.rels",
      STR_INIT("<Relationships><Relationship Id=\"r1\" Type=\"" REL "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
               "<Relationship Id=\"r2\" Type=\"" REL "/worksheet\" Target=\"worksheets/sheet2.xml\"/>"
               "<Relationship Id=\"r3\" Type=\"" REL "/sharedStrings\" Target=\"sharedStrings.xml\"/>"
               "<Relationship Id=\"r4\" Type=\"" REL "/styles\" Target=\"styles.xml\"/>"
               "<Relationship Id=\"r5\" Type=\"" REL "/calcChain\" Target=\"calcChain.xml\"/></Relationships>") },
    { "xl/styles.xml", STR_INIT("<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>") },
    { "xl/sharedStrings.xml",
      STR_INIT("<sst><si><t>标题</t></si><si><r><rPr><b/></rPr><t>公开</t></r></si><si><t>保密的事</t></si><si><t>别处的事</t></si></sst>") },
    { "xl/calcChain.xml", STR_INIT("<calcChain/>") },
    { "xl/comments1.xml", STR_INIT("<comments>批注</comments>") },
    { "xl/worksheets/sheet1.xml",
      STR_INIT("<worksheet xmlns=\"" MAIN "\" xmlns:r=\"" REL "\"><dimension ref=\"A1:C4\"/><cols><col min=\"1\" max=\"2\" width=\"30.5\"/>"
               "<col min=\"3\" max=\"16384\" width=\"9\"/></cols><sheetData>"
               "<row r=\"1\" ht=\"40\"><c r=\"A1\" t=\"s\" s=\"0\"><v>0</v></c></row>"
               "<row r=\"2\"><c r=\"A2\"><f>ROW()-1</f><v>1</v></c><c r=\"B2\" t=\"s\"><v>1</v></c><c r=\"C2\" s=\"1\"><v>46203</v></c></row>"
               "<row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\" t=\"s\"><v>2</v></c><c r=\"C3\" s=\"1\"/></row>"
               "</sheetData><mergeCells count=\"1\"><mergeCell ref=\"A1:C1\"/></mergeCells><pageSetup r:id=\"r1\" orientation=\"landscape\"/></worksheet>") },
    { "xl/worksheets/sheet2.xml", STR_INIT("<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>3</v></c></row></sheetData></worksheet>") },
};

static Str original(Arena *arena)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_assert_true(package_write(parts, G_N_ELEMENTS(parts), bytes, NULL));
    return arena_str(arena, str_from_gstring(bytes));
}

static Str edited(const LayoutEdit *edit, Arena *arena)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autoptr(GError) err = NULL;
    g_assert_true(layout_write(original(arena), edit, bytes, &err));
    g_assert_no_error(err);
    return arena_str(arena, str_from_gstring(bytes));
}

static Str part_of(Str bytes, const char *name, Arena *arena)
{
    Str part;
    g_autoptr(Package) package = package_open(bytes, NULL);
    g_assert_true(package_part(package, name, 1 << 20, arena, &part, NULL));
    return part;
}

static char *cells_of(Str bytes, Arena *arena)
{
    GString *out = g_string_new(NULL);
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, NULL);
    SheetTable table;
    g_assert_true(xlsx_file_table(file, 0, arena, &table, NULL));
    for (uint32_t r = 0; r < table.n_rows; r++)
        for (uint32_t c = 0; c < table.n_columns; c++)
            if (sheet_cell(&table, r, c)) {
                char name[CELL_NAME_MAX];
                g_string_append_printf(out, "%s=" STR_FMT " ", cell_name(r, c, name), STR_ARG(sheet_cell(&table, r, c)->text));
            }
    return g_string_free(out, FALSE);
}

#define NOT_HIDDEN .hide_first = 1, .hide_last = 0

static void test_unchanged(void)
{
    g_autoptr(Arena) arena = arena_new();
    Str same = edited(&(LayoutEdit) { .style_row = 2, NOT_HIDDEN }, arena);
    g_autofree char *cells = cells_of(same, arena);
    g_assert_cmpstr(cells, ==, "A1=标题 A2=1 B2=公开 C2=2026-06-30 A3=2 B3=保密的事 ");
    Str sheet = part_of(same, "xl/worksheets/sheet1.xml", arena), before = parts[8].content;
    ptrdiff_t from = str_find(before, STR("<sheetData>"), 0), to = str_find(before, STR("<mergeCells"), 0);
    g_assert_true(str_has(sheet, STR("<row r=\"1\" ht=\"40\">")) && str_has(sheet, STR("<f>ROW()-1</f>")) && from > 0 && to > from);
    g_assert_true(str_has(sheet, STR("<col width=\"30.5\" min=\"1\" max=\"2\"/>")) && str_has(sheet, STR("orientation=\"landscape\"")));
    g_assert_true(str_has(part_of(same, "xl/sharedStrings.xml", arena), STR("<b/>")));
    g_assert_true(part_of(same, "xl/comments1.xml", arena).p && part_of(same, "xl/worksheets/sheet2.xml", arena).p);
    g_assert_false(part_of(same, "xl/calcChain.xml", arena).p);
    g_assert_false(str_has(part_of(same, "[Content_Types].xml", arena), STR("calcChain")));
}

/* A changed cell keeps its look, a day stays a day; a cell that was not there and rows behind the last are added. */
static void test_changed(void)
{
    static const LayoutCell cells[] = {
        { 1, 1, STR_INIT("改<了>"), DATE_NONE },         { 1, 2, STR_INIT("2026-09-30"), 20726 }, { 2, 2, STR_INIT("2026年底"), DATE_NONE },
        { 2, 3, STR_INIT("uid"), DATE_NONE },            { 5, 0, STR_INIT("3"), DATE_NONE },      { 5, 2, STR_INIT("2026-12-31"), 20818 },
    };
    g_autoptr(Arena) arena = arena_new();
    Str after = edited(&(LayoutEdit) { .cells = cells, .n_cells = G_N_ELEMENTS(cells), .style_row = 2, .hide_first = 3, .hide_last = 4 }, arena);
    g_autofree char *got = cells_of(after, arena);
    g_assert_cmpstr(got, ==, "A1=标题 A2=1 B2=改<了> C2=2026-09-30 A3=2 B3=保密的事 C3=2026年底 D3=uid A6=3 C6=2026-12-31 ");
    g_autoptr(XlsxFile) file = xlsx_file_open(after, NULL);
    SheetTable table;
    g_assert_true(xlsx_file_table(file, 0, arena, &table, NULL));
    g_assert_cmpint(sheet_cell(&table, 1, 2)->kind, ==, CELL_DATE);
    g_assert_cmpint(sheet_cell(&table, 5, 2)->kind, ==, CELL_DATE);
    g_assert_true(table.columns[3].hidden && !table.columns[2].hidden && table.columns[0].width == 30.5);
    g_assert_true(str_has(part_of(after, "xl/worksheets/sheet1.xml", arena), STR("<col width=\"9\" min=\"6\" max=\"16384\"/>")));
}

/* With a row that somebody may not see, nothing that it alone held goes out, in no part. */
static void test_without(void)
{
    static const bool without[] = { false, false, true };
    static const LayoutCell cells[] = { { 2, 1, STR_INIT("geheim"), DATE_NONE } };
    g_autoptr(Arena) arena = arena_new();
    Str bytes = edited(&(LayoutEdit) { .cells = cells, .n_cells = 1, .without = without, .n_without = 3, .style_row = 1, NOT_HIDDEN }, arena);
    g_autofree char *got = cells_of(bytes, arena);
    g_assert_cmpstr(got, ==, "A1=标题 A2=1 B2=公开 C2=2026-06-30 ");
    g_autoptr(Package) package = package_open(bytes, NULL);
    g_assert_false(package_has(package, "xl/worksheets/sheet2.xml") || package_has(package, "xl/comments1.xml"));
    for (size_t i = 0; i < package_count(package); i++) {
        Str part = part_of(bytes, package_name(package, i), arena);
        g_assert_false(str_has(part, STR("保密")) || str_has(part, STR("别处")) || str_has(part, STR("geheim")) || str_has(part, STR("其他")));
    }
    g_assert_true(str_has(part_of(bytes, "xl/sharedStrings.xml", arena), STR("公开")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/unchanged", test_unchanged);
    g_test_add_func("/layout/changed", test_changed);
    g_test_add_func("/layout/without", test_without);
    return g_test_run();
}
