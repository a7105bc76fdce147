/* The parts of a workbook, divided by NUL: workbook, its relationships, styles, shared strings, sheet. */
#include "ingest/xlsx.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_table(XlsxFile *file, Arena *arena)
{
    SheetTable table;
    g_autoptr(GError) err = NULL;
    if (!xlsx_file_table(file, 0, arena, &table, &err)) {
        g_assert_nonnull(err);
        return;
    }
    for (uint32_t r = 0; r < table.n_rows; r++)
        for (uint32_t c = 0; c < table.n_columns; c++) {
            const SheetCell *cell = sheet_filled(&table, r, c);
            g_assert_true(!cell || utf8_valid(cell->text, NULL));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    Str rest = { (const char *) data, size };
    PackageEntry entries[] = { { "xl/workbook.xml" }, { "xl/_rels/workbook.xml.rels" }, { "xl/styles.xml" }, { "xl/sharedStrings.xml" },
                               { "xl/worksheets/sheet1.xml" } };
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        entries[i].content = str_cut(&rest, '\0');
    g_autoptr(XlsxFile) file = xlsx_file_of(package_of(entries, G_N_ELEMENTS(entries)), &err);
    if (file)
        read_table(file, arena);
    else
        g_assert_nonnull(err);
    return 0;
}
