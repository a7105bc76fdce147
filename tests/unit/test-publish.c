/* Tables as XLSX: what is written is looked up in the parts of the file. */

#include <zip.h>

#include "base/file.h"
#include "base/limits.h"
#include "publish/publish.h"

static const TableColumn columns[] = { { "text", COLUMN_TEXT, 20 }, { "number", COLUMN_NUMBER, 10 }, { "day", COLUMN_DATE, 12 } };
enum { N_COLUMNS = 3 };
#define CREATED_MS INT64_C(1767225600000)

static GString *part_of(const char *path, const char *part)
{
    int code;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    g_assert_nonnull(zip);
    zip_stat_t stat;
    g_assert_cmpint(zip_stat(zip, part, 0, &stat), ==, 0);
    GString *content = g_string_sized_new(stat.size);
    g_string_set_size(content, stat.size);
    zip_file_t *file = zip_fopen(zip, part, 0);
    g_assert_cmpint(zip_fread(file, content->str, stat.size), ==, (int) stat.size);
    zip_fclose(file);
    zip_discard(zip);
    return content;
}

static void write_book(const char *path, const TableCell *cells, size_t rows)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxBook) book = xlsx_new(path, CREATED_MS, &err);
    g_assert_no_error(err);
    XlsxSheet *sheet = xlsx_sheet(book, "first", columns, N_COLUMNS, &err);
    XlsxSheet *other = xlsx_sheet(book, "second", columns, 1, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < rows; i++) {
        g_assert_true(xlsx_row(sheet, cells + i * N_COLUMNS, &err));
        g_assert_true(xlsx_row(other, cells + i * N_COLUMNS, &err));
    }
    g_assert_true(xlsx_finish(book, &err));
}

#define TEXT(s) { .text = STR_INIT(s), .date = DATE_NONE }
#define NOTHING { .date = DATE_NONE }

/* What begins like a formula, a link or a number stays text; figures keep their digits; nothing is an empty cell. */
static void test_cells(void)
{
    static const TableCell cells[] = {
        TEXT("=HYPERLINK(\"http://x\",\"y\")"), { .number = { 234, 1 }, .has_number = true }, { .date = 20454 },
        TEXT("@SUM(1)"), NOTHING, NOTHING,
        TEXT("<甲>&\"乙\""), { .number = { -5, 0 }, .has_number = true }, NOTHING,
        TEXT("0123"), NOTHING, NOTHING,
    };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a.xlsx");
    write_book(path, cells, G_N_ELEMENTS(cells) / N_COLUMNS);
    g_autoptr(GString) sheet = part_of(path, "xl/worksheets/sheet1.xml");
    g_assert_null(strstr(sheet->str, "<f>"));
    g_assert_nonnull(strstr(sheet->str, "<t>=HYPERLINK("));
    g_assert_nonnull(strstr(sheet->str, "<t>&lt;甲&gt;&amp;"));
    g_assert_nonnull(strstr(sheet->str, "<v>23.4"));
    g_assert_nonnull(strstr(sheet->str, "<v>46023</v>")); /* 2026-01-01, counted as Excel counts */
    g_assert_nonnull(strstr(sheet->str, "<t>0123</t>"));
    g_assert_nonnull(strstr(sheet->str, "autoFilter ref=\"A1:C5\""));
}

static void test_same_bytes(void)
{
    static const TableCell cells[] = { TEXT("甲"), NOTHING, NOTHING };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *a = temp_dir_join(dir, "a.xlsx");
    g_autofree char *b = temp_dir_join(dir, "b.xlsx");
    write_book(a, cells, 1);
    write_book(b, cells, 1);
    g_autoptr(GString) first = file_read(a, 1 << 20, NULL);
    g_autoptr(GString) second = file_read(b, 1 << 20, NULL);
    g_assert_cmpmem(first->str, first->len, second->str, second->len);
    g_autoptr(GString) core = part_of(a, "docProps/core.xml");
    g_assert_nonnull(strstr(core->str, "2026-01-01T00:00:00Z"));
}

static void test_limits(void)
{
    g_autofree char *long_text = g_strnfill(LIMIT_XLSX_TEXT_CHARS + 1, 'a');
    const TableCell cells[] = { { .text = { long_text, LIMIT_XLSX_TEXT_CHARS } }, NOTHING, NOTHING, { .text = { long_text, LIMIT_XLSX_TEXT_CHARS + 1 } }, NOTHING, NOTHING };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a.xlsx");
    write_book(path, cells, 2);
    g_autoptr(GString) sheet = part_of(path, "xl/worksheets/sheet1.xml");
    g_assert_nonnull(strstr(sheet->str, "aaa</t>"));
    g_assert_nonnull(strstr(sheet->str, "aaa…</t>"));
}

static void test_refused(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "absent/a.xlsx");
    g_autoptr(GError) err = NULL;
    g_autoptr(XlsxBook) book = xlsx_new(path, CREATED_MS, &err);
    g_assert_null(xlsx_sheet(book, "a/b", columns, N_COLUMNS, &err));
    g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
    g_clear_error(&err);
    g_assert_nonnull(xlsx_sheet(book, "a", columns, N_COLUMNS, &err));
    g_assert_false(xlsx_finish(book, &err));
    g_assert_error(err, BH_ERROR, BH_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/publish/cells", test_cells);
    g_test_add_func("/publish/same-bytes", test_same_bytes);
    g_test_add_func("/publish/limits", test_limits);
    g_test_add_func("/publish/refused", test_refused);
    return g_test_run();
}
