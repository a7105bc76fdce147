/* Files of institutions as batches of cells: CSV, workbooks, JSON. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/package.h"
#include "ingest-show.h"

#include "base/banned.h"

typedef struct {
    Str in;
    const char *want;
    IngestOptions options;
} Case;

static void run(const Case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *got = show(cases[i].in, &cases[i].options);
        g_assert_cmpstr(got, ==, cases[i].want);
    }
}

static void test_csv(void)
{
    static const Case cases[] = {
        { STR_INIT("a,b\n1,2\r\n3,4\r5,6"), "a|b\nline 2 1|2\nline 3 3|4\nline 4 5|6\n", { 0 } },
        { STR_INIT("\xEF\xBB\xBF" "a;b\n1;2,5\n"), "a|b\nline 2 1|2,5\n", { 0 } },
        { STR_INIT("a\tb\n1\t\n"), "a|b\nline 2 1|\n", { 0 } },
        { STR_INIT("a|b|c\n1|2|3\n"), "a|b|c\nline 2 1|2|3\n", { 0 } },
        { STR_INIT("a^b\n1^2\n"), "a|b\nline 2 1|2\n", { .delimiter = '^' } },
        { STR_INIT("a,b\n\"x,\n\"\"y\"\"\",2\n3,4\n"), "a|b\nline 2 x,\n\"y\"|2\nline 4 3|4\n", { 0 } },
        { STR_INIT("a,b\n\n\r\n1,2\n,\n , \n"), "a|b\nline 4 1|2\n", { 0 } },
        { STR_INIT("只有一列\n甲\n乙\n"), "只有一列\nline 2 甲\nline 3 乙\n", { 0 } },
        { STR_INIT("\xd0\xd5\xc3\xfb,\xc8\xd5\xc6\xda\n\xbc\xd7,2026-01-02\n"), "姓名|日期\nline 2 甲|2026-01-02\n", { 0 } },
        { STR_INIT("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0-N\n\0"), "a|b\nline 2 1|中\n", { 0 } },
        { STR_INIT("1,2\n3,4\n"), "1|2\nline 1 1|2\nline 2 3|4\n", { .header_row = -1 } },
        { STR_INIT("x,y\na,b\n1,2\n"), "a|b\nline 3 1|2\n", { .header_row = 2 } },
        { STR_INIT("a,b\n1,2\n\x1a"), "a|b\nline 2 1|2\n", { 0 } },
        { STR_INIT("<?xml version=\"1.0\"?><Workbook/>"), "file-page: the file is a web page or XML, whatever it is called\n", { 0 } },
        { STR_INIT("\xEF\xBB\xBF <TABLE><tr>"), "file-page: the file is a web page or XML, whatever it is called\n", { 0 } },
        { STR_INIT("%PDF-1.4"), "file-pdf: the file is a PDF\n", { 0 } },
        { STR_INIT("a\0,\0b\0\n\0" "1\0,\0\x2d\x4e\n\0" "2\0,\0" "3\0"), "a|b\nline 2 1|中\nline 3 2|3\n", { 0 } },
        { STR_INIT("\0a\0,\0b\0\n\0" "1\0,\x4e\x2d\0\n\0" "2\0,\0" "3"), "a|b\nline 2 1|中\nline 3 2|3\n", { 0 } },
        { STR_INIT("a,b,,\n1,2,,\n3,4,5,\n"), "a|b\nline 2 1|2\n!row-long line 3: the row has 4 cells, the header 2 <3,4,5,>\n", { 0 } },
        { STR_INIT("a,b\nx\"y,\"\"\n"), "a|b\nline 2 x\"y|\n", { 0 } },
    };
    run(cases, G_N_ELEMENTS(cases));
}

static void test_csv_titles(void)
{
    static const Str known[] = { STR_INIT("身份证号"), STR_INIT("接种日期") };
    static const Case cases[] = {
        { STR_INIT("预防接种月报表,,\n填报单位：甲院,,\n身份证号,姓名,接种日期\n1,2,3\n"), "身份证号|姓名|接种日期\nline 4 1|2|3\n", { 0 } },
        { STR_INIT("预防接种月报表\n填报单位：,甲院,日期：,2026\n身份证号,姓名,接种日期,备注\n1,2,3,4\n"), "身份证号|姓名|接种日期|备注\nline 4 1|2|3|4\n",
          { .known = known, .n_known = 2 } },
    };
    run(cases, G_N_ELEMENTS(cases));
    g_autoptr(GError) err = NULL;
    g_autoptr(IngestReader) reader = ingest_open(&(IngestInput) { .bytes = cases[0].in }, 1, NULL, &err);
    const IngestBatch *batch;
    g_assert_true(ingest_next(reader, &batch, &err));
    g_assert_true(str_eq(batch->table->above, STR("预防接种月报表\n填报单位：甲院")));
    g_assert_cmpint(batch->table->header_row, ==, 3);
    g_assert_true(str_eq(batch->rows[0].raw, STR("1,2,3")));
    g_assert_cmpstr(ingest_encoding(reader), ==, "UTF-8");
    g_assert_cmpint(ingest_delimiter(reader), ==, ',');
    g_assert_cmpuint(ingest_position(reader), ==, cases[0].in.n);
}

static void test_csv_faults(void)
{
    static const Case cases[] = {
        { STR_INIT("a,b\n1\n2,3\n4,5,6\n"),
          "a|b\nline 3 2|3\n!row-short line 2: the row has 1 cells, the header 2 <1>\n!row-long line 4: the row has 3 cells, the header 2 <4,5,6>\n", { 0 } },
        { STR_INIT("a,b\n1,\"2\n3,4\n"), "a|b\nline 3 3|4\n!quote-open line 2: the quote at byte 3 of the line is never closed <1,\"2>\n", { 0 } },
        { STR_INIT("a,b\n1,\"2\"x\n3,4\n"),
          "a|b\nline 3 3|4\n!quote-behind line 2: something stands behind a closing quote at byte 6 of the line <1,\"2\"x>\n", { 0 } },
        { STR_INIT("名,值\n甲一,乙二\n丙三,\xFF\xD2\n丁四,戊五\n"),
          "名|值\nline 2 甲一|乙二\nline 4 丁四|戊五\n!bad-bytes line 3: the row has bytes that are no UTF-8 <丙三,\uFFFD\uFFFD>\n", { 0 } },
        { STR_INIT("a,b\n1,\0\n"), "not-a-document: the file is no text: a control byte stands at byte 6\n", { 0 } },
        { STR_INIT(""), "empty: the file is empty\n", { 0 } },
        { STR_INIT(" \r\n"), "empty: the file is empty\n", { 0 } },
        { STR_INIT("\n,,\n"), "empty: the file has no header\n", { .format = INGEST_CSV } },
        { STR_INIT("a,b\n"), "unknown-encoding: no encoding 'KLINGON'\n", { .encoding = "KLINGON" } },
        { STR_INIT("\xFF" "a,b\n1,2\n"), "mixed-encoding: the header is not UTF-8 at 1:1\n", { .encoding = "UTF-8" } },
        { STR_INIT("a,b\n"), "", { 0 } },
    };
    run(cases, G_N_ELEMENTS(cases));
}

/* --- Pieces, and the old reader as an oracle --------------------------------------------------------------------------- */

typedef struct {
    Str rest;
    size_t step;
} Drip;

static ssize_t drip(void *data, char *buffer, size_t n, GError **err)
{
    (void) err;
    Drip *from = data;
    size_t taken = MIN(MIN(n, from->step), from->rest.n);
    if (taken > 0)
        memcpy(buffer, from->rest.p, taken);
    from->rest = str_from_at(from->rest, taken);
    return (ssize_t) taken;
}

static GString *random_csv(GRand *rand, size_t rows)
{
    static const char *const cells[] = { "", "x", "12.5", "\"a,b\"", "\"say \"\"x\"\"\"", "\"two\nlines\"", "\"\"", "中文字段", "2026-01-02", "\"cr\r\nlf\"", "plain text" };
    static const char *const ends[] = { "\n", "\r\n", "\r" };
    GString *out = g_string_new("c1,c2,c3,c4\n");
    for (size_t r = 0; r < rows; r++) {
        for (int c = 0; c < 4; c++)
            g_string_append_printf(out, "%s%s", c > 0 ? "," : "r", cells[g_rand_int_range(rand, 0, G_N_ELEMENTS(cells)) * (c > 0)]);
        g_string_append(out, ends[g_rand_int_range(rand, 0, 3)]);
    }
    return out;
}

static char *by_csv_c(Str bytes)
{
    g_autoptr(Arena) arena = arena_new();
    CsvReader csv;
    bool more = true, first = true;
    GString *out = g_string_new(NULL);
    g_assert_true(csv_init(&csv, bytes, arena, NULL));
    for (; csv_next(&csv, &more, NULL) && more; first = false) {
        if (!first)
            g_string_append_printf(out, "line %" G_GINT64_FORMAT " ", csv.line);
        for (size_t i = 0; i < csv.n_fields; i++)
            g_string_append_printf(out, "%s" STR_FMT, i ? "|" : "", STR_ARG(csv.fields[i]));
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

/* Over the borders of pieces, whatever they cut. */
static void test_csv_pieces(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261123);
    for (int round = 0; round < 4; round++) {
        g_autoptr(GString) in = random_csv(rand, 40000);
        g_assert_cmpuint(in->len, >, 3 * 256 * 1024);
        g_autofree char *want = by_csv_c(str_from_gstring(in));
        Drip from = { str_from_gstring(in), (size_t) g_rand_int_range(rand, 1000, 300000) };
        g_autofree char *got = show_all(&(IngestInput) { .read = drip, .data = &from }, 1, NULL);
        g_assert_true(strcmp(got, want) == 0);
        g_autofree char *gb = g_convert(in->str, (gssize) in->len, "GB18030", "UTF-8", NULL, NULL, NULL);
        g_autofree char *converted = show(str_from(gb), NULL);
        g_assert_true(strcmp(converted, want) == 0);
    }
}

/* A file in another encoding whose first pieces are ASCII. */
static void test_late_encoding(void)
{
    g_autoptr(GString) in = g_string_new("a,b\n");
    while (in->len < 700000)
        g_string_append(in, "1,2\n");
    g_string_append(in, "3,\xd6\xd0\xce\xc4\n");
    g_autofree char *got = show(str_from_gstring(in), NULL);
    g_assert_true(g_str_has_suffix(got, " 3|中文\n"));
}

static void test_limits(void)
{
    g_autoptr(GString) in = g_string_new("a,b\n1,\"");
    while (in->len < LIMIT_CSV_FIELD_BYTES + 600000)
        g_string_append(in, "xxxxxxxxx\n");
    g_string_append(in, "\nlast,row\n");
    g_autofree char *open_quote = show(str_from_gstring(in), NULL);
    g_assert_nonnull(strstr(open_quote, "!quote-open line 2"));
    g_assert_true(g_str_has_suffix(open_quote, "<xxxxxxxxx>\n") || strstr(open_quote, " last|row\n"));

    g_string_assign(in, "a,b\n");
    for (size_t i = 0; i < LIMIT_INGEST_ROW_BYTES + 300000; i++)
        g_string_append_c(in, 'y');
    g_string_append(in, ",z\nlast,row\n");
    g_autofree char *long_row = show(str_from_gstring(in), NULL);
    g_assert_nonnull(strstr(long_row, "!row-large line 2"));
    g_assert_true(strstr(long_row, "line 3 last|row\n") != NULL);

    g_string_truncate(in, 0);
    for (int i = 0; i <= LIMIT_CSV_COLUMNS; i++)
        g_string_append_printf(in, "%sc%d", i > 0 ? "," : "", i);
    g_autofree char *wide = show(str_from_gstring(in), NULL);
    g_assert_cmpstr(wide, ==, "too-many-columns: the table has more than 1000 columns at row 1, column 1001\n");
    g_string_truncate(in, in->len - strlen(",c1000"));
    g_autofree char *fits = show(str_from_gstring(in), NULL);
    g_assert_cmpstr(fits, ==, "");
}

/* A batch that was taken stays while others come. */
static void test_take(void)
{
    g_autoptr(GString) in = g_string_new("n,text\n");
    for (int i = 0; i < 100000; i++)
        g_string_append_printf(in, "%d,\"t\"\"%d\"\n", i, i);
    g_autoptr(IngestReader) reader = ingest_open(&(IngestInput) { .bytes = str_from_gstring(in) }, 1, NULL, NULL);
    g_autoptr(GPtrArray) taken = g_ptr_array_new();
    const IngestBatch *batch;
    int64_t n = 0;
    while (ingest_next(reader, &batch, NULL) && batch)
        g_ptr_array_add(taken, (gpointer) ingest_batch_take(reader));
    for (size_t i = 0; i < taken->len; i++) {
        batch = taken->pdata[i];
        g_assert_cmpuint(batch->n_rows, <=, INGEST_BATCH_ROWS);
        for (size_t r = 0; r < batch->n_rows; r++, n++) {
            int64_t value = -1;
            g_assert_true(str_to_int64(ingest_row(batch, r)[0], &value));
            g_assert_cmpint(value, ==, n);
            g_assert_cmpint(batch->rows[r].place.number, ==, n + 2);
        }
        ingest_batch_free(batch);
    }
    g_assert_cmpint(n, ==, 100000);
}

/* --- Memory ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Str head, line;
    size_t at;
    uint64_t left;
} Lines;

/* The head, then the same line again and again. */
static ssize_t read_lines(void *data, char *buffer, size_t n, GError **err)
{
    (void) err;
    Lines *lines = data;
    size_t taken = MIN(n, lines->head.n);
    if (taken > 0) {
        memcpy(buffer, lines->head.p, taken);
        lines->head = str_from_at(lines->head, taken);
        return (ssize_t) taken;
    }
    for (; taken < n && lines->left > 0; lines->left--) {
        buffer[taken++] = lines->line.p[lines->at];
        lines->at = (lines->at + 1) % lines->line.n;
    }
    return (ssize_t) taken;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Short rows fill batches before a piece of text is used up. */
static void test_memory(void)
{
    static const struct {
        Str head, line;
    } cases[] = { { STR_INIT("a,b\n"), STR_INIT("1,2\n") }, { STR_INIT("[{\"a\":0}"), STR_INIT(",{\"a\":1}") }, { STR_INIT("{\"a\":0}\n"), STR_INIT("{\"a\":1}\n") } };
    enum { BYTES = 64 * 1024 * 1024, MOST_KB = 48 * 1024 };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Lines lines = { cases[i].head, cases[i].line, 0, BYTES / cases[i].line.n * cases[i].line.n };
        uint64_t rows = 0, want = lines.left / lines.line.n + (i > 0);
        long before = peak_kb();
        g_autoptr(IngestReader) reader = ingest_open(&(IngestInput) { .read = read_lines, .data = &lines }, 1, NULL, NULL);
        const IngestBatch *batch;
        while (ingest_next(reader, &batch, NULL) && batch)
            rows += batch->n_rows;
        g_assert_cmpuint(rows, ==, want);
        g_assert_cmpint(peak_kb() - before, <, MOST_KB);
    }
}

/* --- Workbooks --------------------------------------------------------------------------------------------------------- */

#define WORKBOOK_REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

/* Sheets "说明" (a note), "数据", "隐藏" (hidden), "更多". */
static GString *workbook(const char *data, const char *further)
{
    static const char styles[] = "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/></cellXfs></styleSheet>";
    static const char book[] =
        "<workbook xmlns:r='r'><sheets><sheet name='说明' sheetId='1' r:id='rId1'/><sheet name='数据' sheetId='2' r:id='rId2'/>"
        "<sheet name='隐藏' state='hidden' sheetId='3' r:id='rId3'/><sheet name='更多' sheetId='4' r:id='rId3'/></sheets></workbook>";
    static const char relations[] = "<Relationships><Relationship Id='rId1' Type='" WORKBOOK_REL "worksheet' Target='worksheets/sheet1.xml'/>"
                                    "<Relationship Id='rId2' Type='" WORKBOOK_REL "worksheet' Target='worksheets/sheet2.xml'/>"
                                    "<Relationship Id='rId3' Type='" WORKBOOK_REL "worksheet' Target='worksheets/sheet3.xml'/>"
                                    "<Relationship Id='rId4' Type='" WORKBOOK_REL "styles' Target='styles.xml'/></Relationships>";
    const PackageEntry entries[] = {
        { "xl/workbook.xml", str_from(book) },
        { "xl/_rels/workbook.xml.rels", str_from(relations) },
        { "xl/styles.xml", str_from(styles) },
        { "xl/worksheets/sheet1.xml", STR("<worksheet><sheetData/></worksheet>") },
        { "xl/worksheets/sheet2.xml", str_from(data) },
        { "xl/worksheets/sheet3.xml", str_from(further) },
    };
    GString *out = g_string_new(NULL);
    g_assert_true(package_write(entries, G_N_ELEMENTS(entries), out, NULL));
    return out;
}

#define INLINE(text) "<c t='inlineStr'><is><t>" text "</t></is></c>"
static const char data_sheet[] = "<worksheet><sheetData><row>" INLINE("月报表") "</row><row/><row>" INLINE("姓名") INLINE("日期") "</row>"
                                 "<row>" INLINE("甲") "<c s='1'><v>46203</v></c></row><row r='7'><c r='B7' s='1'><v>46204</v></c></row>"
                                 "<row><c r='A8'/><c r='D8'><v>1</v></c></row></sheetData></worksheet>";
static const char more_sheet[] = "<worksheet><sheetData><row>" INLINE("x") "</row><row><c><v>1.50</v></c></row></sheetData></worksheet>";
#define DATA_ROWS \
    "数据: 姓名|日期\nrow 4 甲|2026-06-30\nrow 7 |2026-07-01\n?cell-beyond row 8: a value stands behind the header's columns <>\n"

static void test_xlsx(void)
{
    g_autoptr(GString) book = workbook(data_sheet, more_sheet);
    const Case cases[] = {
        { str_from_gstring(book), DATA_ROWS, { 0 } },
        { str_from_gstring(book), DATA_ROWS "更多: x\nrow 2 1.5\n", { .sheet = STR("*") } },
        { str_from_gstring(book), "隐藏: x\nrow 2 1.5\n", { .sheet = STR("隐藏") } },
        { str_from_gstring(book), "no-sheet: the workbook has no sheet '缺'\n", { .sheet = STR("缺") } },
        { str_from_gstring(book), "empty: the workbook has no sheet with a header\n", { .sheet = STR("说明") } },
        { str_from_gstring(book), "更多: 1\nrow 1 x\nrow 2 1.5\n", { .sheet = STR("更多"), .header_row = -1 } },
        { STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "old-excel: the file is an old Excel file (.xls)\n", { 0 } },
        { STR("PK\x03\x04xx"), "not-a-document: the file is no document: its zip is damaged\n", { 0 } },
    };
    run(cases, G_N_ELEMENTS(cases));
    g_autoptr(Arena) arena = arena_new();
    const IngestSheet *sheets;
    size_t n;
    g_assert_true(ingest_sheets(&(IngestInput) { .bytes = str_from_gstring(book) }, arena, &sheets, &n, NULL));
    g_assert_cmpuint(n, ==, 4);
    g_assert_true(sheets[2].hidden && str_eq(sheets[2].name, STR("隐藏")));
}

/* Cells merged over rows: a heading of two rows, a value for several rows; what only some columns say stands in the row below. Titles and what is merged sideways are left alone. */
static void test_xlsx_merged(void)
{
    static const char sheet[] =
        "<x:worksheet xmlns:x='y'><x:sheetData><x:row r='1'><x:c r='A1' t='str'><x:v>登记表</x:v></x:c></x:row>"
        "<x:row r='2'><x:c r='A2' t='str'><x:v>日期</x:v></x:c><x:c r='B2' t='str'><x:v>结果</x:v></x:c></x:row>"
        "<x:row r='3'><x:c r='B3' t='str'><x:v>数值</x:v></x:c><x:c r='C3' t='str'><x:v>单位</x:v></x:c></x:row>"
        "<x:row r='4'><x:c r='A4' s='1'><x:v>46203</x:v></x:c><x:c r='B4'><x:v>1</x:v></x:c><x:c r='C4' t='str'><x:v>g</x:v></x:c></x:row>"
        "<x:row r='5'><x:c r='B5'><x:v>2</x:v></x:c></x:row><x:row r='6'><x:c r='B6'><x:f>1+2</x:f><x:v></x:v></x:c><x:c r='C6' t='str'><x:v>h</x:v></x:c></x:row></x:sheetData>"
        "<x:mergeCells count='5'><x:mergeCell ref='A4:A5'/><x:mergeCell ref='A1:C1'/><x:mergeCell ref=\"A2:A3\" /><x:mergeCell ref='B2:C2'/><x:mergeCell ref='C4:C5'/></x:mergeCells>"
        "</x:worksheet>";
    g_autoptr(GString) book = workbook(sheet, more_sheet);
    const Str known[] = { STR("日期"), STR("数值"), STR("单位") };
    const Case cases[] = {
        { str_from_gstring(book), "数据: 日期|数值|单位\nrow 4 2026-06-30|1|g\nrow 5 2026-06-30|2|g\nrow 6 ||h\n"
          "?cells-merged row 5: merged cells: what stands in them was taken for each of their rows <>\n?formula-empty row 6: a formula without a value: the file was never calculated <>\n",
          { .known = known, .n_known = 3 } },
    };
    run(cases, G_N_ELEMENTS(cases));
}

/* Explanations stand before the data, with a header of their own; and an instant at midnight is no day. */
static void test_xlsx_sheets(void)
{
    static const char first[] = "<worksheet><sheetData><row>" INLINE("填表说明") INLINE("内容") "</row><row>" INLINE("一") INLINE("每行一条") "</row></sheetData></worksheet>";
    static const char second[] = "<worksheet><sheetData><row>" INLINE("编号") INLINE("时间") "</row><row><c><v>1</v></c><c s='2'><v>46203</v></c></row></sheetData></worksheet>";
    g_autoptr(GString) book = workbook(first, second);
    const Str known[] = { STR("编号"), STR("时间") };
    const Case cases[] = {
        { str_from_gstring(book), "更多: 编号|时间\nrow 2 1|2026-06-30 00:00\n", { .known = known, .n_known = 2 } },
        { str_from_gstring(book), "数据: 填表说明|内容\nrow 2 一|每行一条\n", { 0 } },
        { str_from_gstring(book), "数据: 填表说明|内容\nrow 2 一|每行一条\n", { .sheet = STR("数据"), .known = known, .n_known = 2 } },
    };
    run(cases, G_N_ELEMENTS(cases));
}

/* From a file; and a sheet that ends in the middle gives its rows first. */
static void test_xlsx_file(void)
{
    g_autoptr(GString) sheet = g_string_new("<worksheet><sheetData><row>" INLINE("n") INLINE("m") "</row>");
    g_autoptr(GString) want = g_string_new("数据: n|m\n");
    for (int i = 0; i < 20000; i++) {
        g_string_append_printf(sheet, "<row><c><v>%d</v></c><c t='str'><v>t%d</v></c></row>", i, i);
        g_string_append_printf(want, "row %d %d|t%d\n", i + 2, i, i);
    }
    g_autofree char *broken = g_strconcat(sheet->str, "<row><c", NULL);
    g_string_append(sheet, "</sheetData></worksheet>");
    g_autoptr(GString) book = workbook(sheet->str, more_sheet);
    g_autoptr(GString) broken_book = workbook(broken, more_sheet);
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test-ingest-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    g_assert_true(file_write_all(fd, str_from_gstring(book), NULL));
    lseek(fd, 0, SEEK_SET);
    g_autofree char *got = show_all(&(IngestInput) { .fd = fd }, 1, NULL);
    g_assert_true(strcmp(got, want->str) == 0);
    close(fd);
    g_unlink(path);
    g_autofree char *cut = show(str_from_gstring(broken_book), NULL);
    g_assert_true(g_str_has_prefix(cut, "数据: n|m\nrow 2 0|t0\nrow 3 1|t1\n"));
    g_assert_true(g_str_has_suffix(cut, "not-a-document: the document's XML is not well formed\n"));
}

/* --- JSON ----------------------------------------------------------------------------------------------------------------- */

static void test_json(void)
{
    static const Case cases[] = {
        { STR_INIT("[{\"a\":1,\"b\":\"x\\n\"},{\"b\":null,\"c\":true},{}]"), "a|b|c\n[0] 1|x\n|~\n[1] ~||true\n[2] ~|~|~\n", { 0 } },
        { STR_INIT("{\"a\":\"甲\"}\n\n{\"a\":1.50}\r\n"), "a\nline 1 甲\nline 3 1.50\n", { 0 } },
        { STR_INIT("{\n \"a\": 1\n}\n{\"a\":2}"), "a\n[0] 1\n[1] 2\n", { 0 } },
        { STR_INIT("{\"a\":1}\n{\"a\":[1]}\n{\"a\":1,\"a\":2}\n{\"a\":}\n7\n{\"a\":3}\n"),
          "a\nline 1 1\nline 6 3\n!json-nested line 2: a text, number or truth value is expected, not an object or list <{\"a\":[1]}>\n"
          "!json-twice line 3: a name stands twice in the object <{\"a\":1,\"a\":2}>\n"
          "!json-malformed line 4: not JSON: something else where a value was expected <{\"a\":}>\n"
          "!json-object line 5: an object is expected <7>\n", { 0 } },
        { STR_INIT("[{\"a\":1},{\"a\":2"), "a\n[0] 1\nnot-json: the file is no JSON from here on, or breaks off at byte 9\n", { 0 } },
        { STR_INIT("[]"), "", { 0 } },
        { STR_INIT("{\"a\":1}x"), "a\n[0] 1\nnot-json: the file is no JSON from here on, or breaks off at byte 7\n", { 0 } },
    };
    run(cases, G_N_ELEMENTS(cases));
}

static void test_json_pieces(void)
{
    g_autoptr(GString) in = g_string_new("[");
    for (int i = 0; i < 50000; i++)
        g_string_append_printf(in, "%s{\"id\":%d,\"text\":\"a \\\"quoted\\\" {brace} ] 中文 %d\"}", i > 0 ? ",\n" : "", i, i);
    g_string_append(in, "]\n");
    Drip from = { str_from_gstring(in), 77777 };
    g_autofree char *got = show_all(&(IngestInput) { .read = drip, .data = &from }, 1, NULL);
    g_autoptr(GString) want = g_string_new("id|text\n");
    for (int i = 0; i < 50000; i++)
        g_string_append_printf(want, "[%d] %d|a \"quoted\" {brace} ] 中文 %d\n", i, i, i);
    g_assert_true(strcmp(got, want->str) == 0);
}

static void test_detect(void)
{
    static const struct {
        Str head;
        IngestFormat want;
    } cases[] = {
        { STR_INIT("PK\x03\x04"), INGEST_XLSX },
        { STR_INIT(" {\"resourceType\":\"Patient\"}"), INGEST_FHIR },
        { STR_INIT("[{\"a\":1}]"), INGEST_JSON },
        { STR_INIT("MSH|^~\\&|HIS"), INGEST_HL7 },
        { STR_INIT("\x0BMSH|^~\\&|HIS"), INGEST_HL7 },
        { STR_INIT("FHS|^~\\&|HIS"), INGEST_HL7 },
        { STR_INIT("MSH,a,b,c"), INGEST_CSV },
        { STR_INIT("a,b"), INGEST_CSV },
        { STR_INIT(" \n"), INGEST_AUTO },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(ingest_detect(cases[i].head), ==, cases[i].want);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ingest/csv", test_csv);
    g_test_add_func("/ingest/csv-titles", test_csv_titles);
    g_test_add_func("/ingest/csv-faults", test_csv_faults);
    g_test_add_func("/ingest/csv-pieces", test_csv_pieces);
    g_test_add_func("/ingest/late-encoding", test_late_encoding);
    g_test_add_func("/ingest/limits", test_limits);
    g_test_add_func("/ingest/take", test_take);
    g_test_add_func("/ingest/memory", test_memory);
    g_test_add_func("/ingest/xlsx", test_xlsx);
    g_test_add_func("/ingest/xlsx-merged", test_xlsx_merged);
    g_test_add_func("/ingest/xlsx-sheets", test_xlsx_sheets);
    g_test_add_func("/ingest/xlsx-file", test_xlsx_file);
    g_test_add_func("/ingest/json", test_json);
    g_test_add_func("/ingest/json-pieces", test_json_pieces);
    g_test_add_func("/ingest/detect", test_detect);
    return g_test_run();
}
