/* The text side of the reader: bytes to stored text, stored text to blocks, blocks to facts. */

#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "base/limits.h"
#include "doc/facts.h"
#include "doc/pdf_pages.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    DocText text;
    GError *err;
    bool read;
} Read;

static Read read_bytes(Str bytes)
{
    Read read = { .arena = arena_new(), .diags = diags_new() };
    read.read = doc_text_read(bytes, "in", read.arena, read.diags, &read.text, &read.err);
    g_assert_true(read.read == (read.err == NULL));
    return read;
}

static void read_clear(Read *read)
{
    g_clear_error(&read->err);
    diags_free(read->diags);
    arena_free(read->arena);
}

#define assert_str(got, want) \
    do { \
        g_autofree char *got_ = str_dup(got); \
        g_assert_cmpstr(got_, ==, want); \
    } while (0)

static void assert_text(Str bytes, const char *encoding, const char *want)
{
    Read read = read_bytes(bytes);
    g_assert_no_error(read.err);
    g_assert_cmpstr(read.text.encoding, ==, encoding);
    assert_str(read.text.text, want);
    read_clear(&read);
}

static void assert_refused(Str bytes, BhError code, const char *detail)
{
    Read read = read_bytes(bytes);
    g_assert_error(read.err, BH_ERROR, (int) code);
    g_assert_cmpstr(error_get_detail(read.err), ==, detail);
    read_clear(&read);
}

/* --- Encodings ----------------------------------------------------------------------------------------------------- */

static Str converted(const char *text, const char *encoding, gchar **ret_kept)
{
    gsize n;
    *ret_kept = g_convert(text, -1, encoding, "UTF-8", NULL, &n, NULL);
    return (Str) { *ret_kept, n };
}

static void test_utf8(void)
{
    assert_text(STR("加强管理。"), "UTF-8", "加强管理。");
    assert_text(STR("\xEF\xBB\xBF加强管理。"), "UTF-8", "加强管理。");
    assert_text(STR("甲\r\n乙\r丙\f丁\n"), "UTF-8", "甲\n乙\n丙\n丁\n");
    assert_text(STR("表情📢之后"), "UTF-8", "表情📢之后");
}

static void test_other_encodings(void)
{
    const char *text = "示例市２０１２年工作要点\n一、加强管理\n（一）提高覆盖率，达到95%以上。㐀\n";
    static const struct {
        const char *encoding, *name;
        Str mark;
    } cases[] = { { "GB18030", "GB18030", STR_INIT("") }, { "UTF-16LE", "UTF-16", STR_INIT("\xFF\xFE") }, { "UTF-16BE", "UTF-16", STR_INIT("\xFE\xFF") } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree gchar *kept = NULL;
        g_autoptr(Arena) arena = arena_new();
        assert_text(arena_concat(arena, cases[i].mark, converted(text, cases[i].encoding, &kept)), cases[i].name, text);
    }
}

/* The place is that of the first byte in the other encoding. */
static void test_mixed(void)
{
    const char *utf8 = "一、加强疾病预防控制工作\n";
    g_autofree gchar *kept = NULL;
    Str gb = converted("二、提升医疗服务能力\n", "GB18030", &kept);
    g_autoptr(Arena) arena = arena_new();
    Read read = read_bytes(arena_concat(arena, str_from(utf8), gb));
    g_assert_error(read.err, BH_ERROR, BH_BAD_INPUT);
    g_assert_cmpstr(error_get_detail(read.err), ==, "mixed-encoding");
    g_autofree char *at = g_strdup_printf("byte %zu", strlen(utf8));
    g_assert_cmpstr(error_get_at(read.err), ==, at);
    read_clear(&read);
    assert_refused(arena_concat(arena, gb, str_from(utf8)), BH_BAD_INPUT, "mixed-encoding");
    assert_refused(STR("abc\xFF\xFF"), BH_BAD_INPUT, "mixed-encoding");
}

static void test_cut_off(void)
{
    Read read = read_bytes(STR("加强管\xE7\x90"));
    g_assert_no_error(read.err);
    assert_str(read.text.text, "加强管");
    g_assert_true(diags_has(read.diags, "broken-off"));
    g_assert_cmpuint(diags_get(read.diags, 0)->from, ==, 2);
    read_clear(&read);
}

/* --- What is no document ------------------------------------------------------------------------------------------- */

static void test_not_a_document(void)
{
    static const struct {
        Str bytes;
        const char *detail;
    } cases[] = {
        { STR_INIT(""), "empty" },
        { STR_INIT(" \n\u3000\r\n"), "empty" },
        { STR_INIT("\xEF\xBB\xBF"), "empty" },
        { STR_INIT("MZ\x90\0\3\0\0\0"), "not-a-document" },
        { STR_INIT("加强\0管理"), "not-a-document" },
        { STR_INIT("\x7F" "ELF\2\1\1"), "not-a-document" },
        { STR_INIT("PK\3\4 and no zip"), "not-a-document" },
        { STR_INIT("%PDF-1.4 and no pdf"), "not-a-document" },
        { STR_INIT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"), "not-a-document" },
        { STR_INIT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"), "encrypted" },
        { STR_INIT("<html><body><script>x</script></body></html>"), "empty" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(cases[i].bytes, BH_BAD_INPUT, cases[i].detail);
}

static void test_limits(void)
{
    g_autofree char *bytes = g_malloc(LIMIT_DOC_FILE_BYTES + 1);
    memset(bytes, 'a', LIMIT_DOC_FILE_BYTES + 1);
    Read read = read_bytes((Str) { bytes, LIMIT_DOC_BYTES });
    g_assert_no_error(read.err);
    g_assert_cmpuint(read.text.text.n, ==, LIMIT_DOC_BYTES);
    read_clear(&read);
    assert_refused((Str) { bytes, LIMIT_DOC_BYTES + 1 }, BH_TOO_LARGE, "too-large");
    assert_refused((Str) { bytes, LIMIT_DOC_FILE_BYTES + 1 }, BH_TOO_LARGE, "too-large");
}

/* --- 密级 ----------------------------------------------------------------------------------------------------------- */

static void test_classified(void)
{
    static const char *const refused[] = {
        "机密★1年\n示例市人民政府文件\n",
        "机密★一年\n示例市人民政府文件\n",
        "秘密★５年\n示例市人民政府文件\n",
        "绝密★至二〇三〇年底\n示例市人民政府文件\n",
        "（机密★1年）\n示例市人民政府文件\n",
        "【秘密】\n示例市人民政府文件\n",
        "000012\n秘密★6个月\n特急\n示例市卫生健康委员会文件\n",
        "绝密\n\n关于某事的通知\n",
        "　　机　密 ★ 长期\n关于某事的通知\n",
        "密级：秘密\n关于某事的通知\n",
        "000003  机密★3年  加急\n正文\n",
        "# 秘密★\n正文\n",
        "标题\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n附件\n机密★10年\n清单\n",
    };
    static const char *const read[] = {
        "严守国家秘密和工作秘密，落实保密责任。\n",
        "保守商业秘密\n",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n秘密\n",
        "密级：公开\n关于某事的通知\n",
        "机密级文件管理办法\n",
        "★五星示范单位\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
        assert_refused(str_from(refused[i]), BH_FORBIDDEN, "classified");
    for (size_t i = 0; i < G_N_ELEMENTS(read); i++)
        assert_text(str_from(read[i]), "UTF-8", read[i]);
}

/* The message holds no word of the text, nor the file's name. */
static void test_classified_says_nothing(void)
{
    Read read = read_bytes(STR("机密★1年\n关于甲乙丙的通知\n"));
    g_assert_null(strstr(read.err->message, "机密"));
    g_assert_null(strstr(read.err->message, "甲乙丙"));
    read_clear(&read);
}

/* --- HTML ---------------------------------------------------------------------------------------------------------- */

#define LONG_PART "健全完善各项制度机制，把各项任务落到实处，使群众在家门口看得上病、看得好病，不断提高满意度，并且把做法固定下来，形成长效机制，年底总结评估，结果向社会公布，接受监督，做到件件有着落、事事有回音，同时抓好安全生产和信访稳定，确保不出问题"

static const char page[] =
    "<!DOCTYPE html><html><head><title>x</title><style>p{}</style><script>var a='<p>no</p>';</script></head><body>"
    "<div class=top><a href=/>首页</a> <a href=/a>政务公开</a> <a href=/b>办事服务大厅网上平台</a></div>"
    "<table><tr><td>索 引 号</td><td>X1</td><td>文&emsp;号</td><td>示卫发〔2026〕1号</td></tr></table>"
    "<h1>示例市\n工作要点</h1>"
    "<div id=c><p>&emsp;一、加强&nbsp;管理&amp;服务。</p><p style='DISPLAY: none'>看不见</p><!-- <p>注释</p> -->"
    "<p>第一行<br>第二行</p><p>提高<b>覆盖率</b>至95%以上，做好\n各项工作，" LONG_PART "。</p>"
    "<table><tr><th>序号</th><th>任务</th><th>单位</th></tr><tr><td rowspan=2>1</td><td>甲<p>乙</p></td><td>丙处</td></tr>"
    "<tr><td>丁</td><td>戊处</td></tr><tr><td>2</td><td>己</td><td rowspan=2>庚处</td></tr><tr><td>3</td><td>辛</td></tr><tr><td colspan=3>说明</td></tr></table></div>"
    "<p>示例市卫生健康委员会</p><p>2026年1月5日</p>"
    "<div class=foot><a href=1>网站地图</a> <a href=2>联系我们</a></div><p>后面的话</p></body></html>";

static const char page_text[] =
    "索 引 号 | X1 | 文\u2003号 | 示卫发〔2026〕1号\n示例市工作要点\n\u2003一、加强\u00a0管理&服务。\n第一行\n第二行\n"
    "提高覆盖率至95%以上，做好各项工作，" LONG_PART "。\n序号 | 任务 | 单位\n1 | 甲乙 | 丙处\n| 丁 | 戊处\n2 | 己 | 庚处\n3 | 辛 | 庚处\n说明\n"
    "示例市卫生健康委员会\n2026年1月5日\n";

static void test_html(void)
{
    assert_text(str_from(page), "UTF-8", page_text);
}

static void test_html_flat(void)
{
    assert_text(STR("<html><body><a href=1>首页</a><p>甲。</p><p>乙。</p></body></html>"), "UTF-8", "甲。\n乙。\n");
}

static void test_html_gbk(void)
{
    g_autofree gchar *kept = NULL;
    Str bytes = converted("<html><head><meta charset=gb2312></head><body><p>加强管理，提高水平。</p></body></html>", "GB18030", &kept);
    assert_text(bytes, "GB18030", "加强管理，提高水平。\n");
}

static GString *repeated(const char *before, const char *piece, size_t times)
{
    GString *all = g_string_new(before);
    for (size_t i = 0; i < times; i++)
        g_string_append(all, piece);
    return all;
}

/* What would make the parser slow or deep is refused before it is parsed. */
static void test_html_hostile(void)
{
    g_autoptr(GString) deep = repeated("<html><body>", "<div>", 2000);
    g_autoptr(GString) attributes = repeated("<html><body ", "a=b ", 2000);
    assert_refused(str_from_gstring(deep), BH_TOO_LARGE, NULL);
    assert_refused(str_from_gstring(attributes), BH_TOO_LARGE, NULL);
    assert_refused(STR("<html><!-- never ends <p>text</p>"), BH_BAD_INPUT, "empty");
}

/* --- DOCX ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    Str content;
} Part;

static GString *make_zip(const Part *parts, size_t n)
{
    zip_source_t *sink = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(sink);
    zip_t *zip = zip_open_from_source(sink, ZIP_TRUNCATE, NULL);
    for (size_t i = 0; i < n; i++)
        zip_file_add(zip, parts[i].name, zip_source_buffer(zip, parts[i].content.p, parts[i].content.n, 0), 0);
    g_assert_cmpint(zip_close(zip), ==, 0);
    zip_source_open(sink);
    zip_stat_t stat;
    zip_source_stat(sink, &stat);
    GString *bytes = g_string_sized_new(stat.size);
    g_string_set_size(bytes, stat.size);
    zip_source_read(sink, bytes->str, stat.size);
    zip_source_close(sink);
    zip_source_free(sink);
    return bytes;
}

#define W_NS "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"

static GString *make_docx(const char *body, const char *numbering, const char *styles)
{
    g_autofree char *document = g_strdup_printf("<w:document " W_NS "><w:body>%s</w:body></w:document>", body);
    Part parts[3] = { { "word/document.xml", str_from(document) } };
    size_t n = 1;
    if (numbering)
        parts[n++] = (Part) { "word/numbering.xml", str_from(numbering) };
    if (styles)
        parts[n++] = (Part) { "word/styles.xml", str_from(styles) };
    return make_zip(parts, n);
}

static void assert_docx(const char *body, const char *numbering, const char *styles, const char *want)
{
    g_autoptr(GString) bytes = make_docx(body, numbering, styles);
    assert_text(str_from_gstring(bytes), "UTF-8", want);
}

static void test_docx_text(void)
{
    assert_docx("<w:p><w:r><w:t>加强</w:t></w:r><w:ins><w:r><w:t>管理</w:t></w:r></w:ins><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>"
                "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:r><w:tab/><w:t xml:space='preserve'> 甲</w:t><w:br/><w:t>乙</w:t></w:r></w:p>"
                "<w:p><w:r><w:footnoteReference w:id='1'/><w:t>丙</w:t></w:r></w:p><w:p/>",
                NULL, NULL, "加强管理\t 甲\n乙\n丙\n");
    assert_docx("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>序号</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>任务</w:t></w:r></w:p></w:tc></w:tr>"
                "<w:tr><w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>"
                "<w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p><w:p><w:r><w:t>乙</w:t></w:r></w:p></w:tc></w:tr>"
                "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>丙</w:t></w:r></w:p></w:tc></w:tr>"
                "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p><w:r><w:t>说明</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
                NULL, NULL, "序号 | 任务\n1 | 甲乙\n丙\n说明\n");
}

static void test_docx_numbering(void)
{
    static const char numbering[] =
        "<w:numbering " W_NS "><w:abstractNum w:abstractNumId='0'>"
        "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCounting'/><w:lvlText w:val='%1、'/></w:lvl>"
        "<w:lvl w:ilvl='1'><w:start w:val='9'/><w:numFmt w:val='chineseCounting'/><w:lvlText w:val='（%2）'/></w:lvl>"
        "<w:lvl w:ilvl='2'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%3.'/></w:lvl>"
        "<w:lvl w:ilvl='3'><w:start w:val='1'/><w:numFmt w:val='decimalEnclosedCircle'/><w:lvlText w:val='%4'/></w:lvl>"
        "<w:lvl w:ilvl='4'><w:numFmt w:val='bullet'/><w:lvlText w:val='x'/></w:lvl></w:abstractNum>"
        "<w:num w:numId='3'><w:abstractNumId w:val='0'/></w:num>"
        "<w:num w:numId='4'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/></w:lvlOverride></w:num></w:numbering>";
    static const char styles[] = "<w:styles " W_NS "><w:style w:styleId='base'><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='3'/></w:numPr></w:pPr></w:style>"
                                 "<w:style w:styleId='h2'><w:basedOn w:val='base'/></w:style></w:styles>";
#define LISTED(list, level, text) \
    "<w:p><w:pPr><w:numPr><w:ilvl w:val='" level "'/><w:numId w:val='" list "'/></w:numPr></w:pPr><w:r><w:t>" text "</w:t></w:r></w:p>"
    assert_docx(LISTED("3", "0", "甲") "<w:p><w:pPr><w:pStyle w:val='h2'/></w:pPr><w:r><w:t>乙</w:t></w:r></w:p>" LISTED("3", "1", "丙") LISTED("3", "1", "丁")
                LISTED("3", "2", "戊") LISTED("3", "2", "己") LISTED("3", "3", "庚") LISTED("3", "4", "辛") LISTED("3", "0", "壬") LISTED("3", "2", "癸")
                LISTED("4", "0", "子") LISTED("0", "0", "丑"),
                numbering, styles, "一、甲\n（九）乙\n（十）丙\n（十一）丁\n1. 戊\n2. 己\n①庚\n辛\n二、壬\n1. 癸\n五、子\n丑\n");
#undef LISTED
}

static void test_docx_refused(void)
{
    g_autoptr(GString) typed = make_zip(&(Part) { "word/document.xml", STR("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>") }, 1);
    g_autoptr(GString) broken = make_zip(&(Part) { "word/document.xml", STR("<a><b></a>") }, 1);
    g_autoptr(GString) other = make_zip(&(Part) { "xl/workbook.xml", STR("<a/>") }, 1);
    assert_refused(str_from_gstring(typed), BH_BAD_INPUT, "not-a-document");
    assert_refused(str_from_gstring(broken), BH_BAD_INPUT, "not-a-document");
    assert_refused(str_from_gstring(other), BH_BAD_INPUT, "not-a-document");
}

static void test_docx_bomb(void)
{
    size_t bytes = (size_t) LIMIT_DOC_UNPACKED_BYTES + 1;
    g_autofree char *blank = g_malloc(bytes);
    memset(blank, ' ', bytes);
    g_autoptr(GString) over = make_zip(&(Part) { "word/document.xml", (Str) { blank, bytes } }, 1);
    g_assert_cmpuint(over->len, <, 1024 * 1024);
    assert_refused(str_from_gstring(over), BH_TOO_LARGE, "too-large");
    /* Under the limit, but packed as no editor packs. */
    g_autoptr(GString) dense = make_zip(&(Part) { "word/document.xml", (Str) { blank, bytes / 2 } }, 1);
    assert_refused(str_from_gstring(dense), BH_TOO_LARGE, "too-large");
}

static void test_docx_deep(void)
{
    g_autoptr(GString) body = repeated("", "<w:x>", 300);
    for (int i = 0; i < 300; i++)
        g_string_append(body, "</w:x>");
    g_autoptr(GString) bytes = make_docx(body->str, NULL, NULL);
    assert_refused(str_from_gstring(bytes), BH_TOO_LARGE, NULL);
}

/* --- PDF ----------------------------------------------------------------------------------------------------------- */

static GString *data_file(const char *name)
{
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "tests/data/doc", name, NULL);
    g_autoptr(GError) err = NULL;
    GString *bytes = file_read(path, LIMIT_DOC_FILE_BYTES, &err);
    g_assert_no_error(err);
    return bytes;
}

/* A PATH with nothing but these programs, so that it does not matter what else is installed. */
static char *path_of(const char *const *programs, TempDir *dir)
{
    for (size_t i = 0; programs[i]; i++) {
        g_autofree char *program = g_find_program_in_path(programs[i]);
        g_autofree char *link = temp_dir_join(dir, programs[i]);
        g_assert_nonnull(program);
        g_assert_cmpint(symlink(program, link), ==, 0);
    }
    char *before = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", temp_dir_path(dir), TRUE);
    return before;
}

static void test_pdf(void)
{
    g_autoptr(GString) plain = data_file("two-pages.pdf");
    g_autoptr(GString) locked = data_file("encrypted.pdf");
    assert_text(str_from_gstring(plain), "UTF-8", "Work plan of the year\n1. Vaccinate 95% of all children\n2. Train 20 doctors\n");
    assert_refused(str_from_gstring(locked), BH_BAD_INPUT, "encrypted");
}

static void test_pdf_scan(void)
{
    static const char *const programs[] = { "prlimit", "pdftotext", "pdftoppm", "sh", "cat", NULL };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *before = path_of(programs, dir);
    g_autoptr(GString) scan = data_file("scan.pdf");
    assert_refused(str_from_gstring(scan), BH_BAD_INPUT, "no-text-layer");
    /* A program that says it is tesseract, and reads whatever picture it gets. */
    g_autofree char *fake = temp_dir_join(dir, "tesseract");
    g_assert_true(file_write_atomic(fake, STR("#!/bin/sh\ncat > /dev/null\necho '一、加强管理'\n"), 0700, NULL));
    Read read = read_bytes(str_from_gstring(scan));
    g_setenv("PATH", before, TRUE);
    g_assert_no_error(read.err);
    g_assert_true(read.text.recognised);
    assert_str(read.text.text, "一、加强管理\n");
    read_clear(&read);
}

static void test_pdf_absent(void)
{
    static const char *const none[] = { NULL };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autoptr(GString) plain = data_file("two-pages.pdf");
    g_autofree char *before = path_of(none, dir);
    Read read = read_bytes(str_from_gstring(plain));
    g_setenv("PATH", before, TRUE);
    g_assert_error(read.err, BH_ERROR, BH_UNAVAILABLE);
    g_assert_nonnull(strstr(error_get_hint(read.err), "poppler-utils"));
    read_clear(&read);
}

static void test_pdf_pages(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    /* A running head and page numbers go, gaps of the setting close, names and table columns stay apart. */
    Str joined = pdf_pages_join(STR("  示例市文件\n\n  示例市      2026年要点达到 95% 以上\n            — 1 —\n\f  示例市文件\n  序号   任务   单位\n  1   甲事   乙处\n  市卫健委    市财政局\n    — 2 —\n\f"),
                                arena, diags);
    assert_str(joined, "  示例市文件\n  示例市2026年要点达到95%以上\n序号 | 任务 | 单位\n1 | 甲事 | 乙处\n  市卫健委  市财政局\n");
    g_assert_true(diags_has(diags, "pdf-table"));
    g_autoptr(GString) columns = repeated("", "  左栏的文字写到这里为止还没有完   右栏的文字写到这里为止也没有完\n", 30);
    g_assert_true(pdf_pages_in_columns(str_from_gstring(columns)));
    g_assert_false(pdf_pages_in_columns(STR("  一栏的文字\n")));
}

/* --- Blocks -------------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    Diags *diags;
    DocText text;
    Blocks blocks;
} Made;

static Made make_blocks(const char *text)
{
    Made made = { .arena = arena_new(), .diags = diags_new() };
    g_assert_true(doc_text_read(str_from(text), "in", made.arena, made.diags, &made.text, NULL));
    made.blocks = blocks_make(&made.text, made.arena, made.diags);
    return made;
}

static void made_clear(Made *made)
{
    diags_free(made->diags);
    arena_free(made->arena);
}

/* Blocks as lines; the cells of a row in [ ]. */
static char *blocks_print(const Made *made)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < made->blocks.n_blocks; i++) {
        const Block *block = &made->blocks.blocks[i];
        for (size_t k = 0; k < block->n_cells; k++)
            g_string_append_printf(out, "[" STR_FMT "]", STR_ARG(view_value(&made->blocks.view, block->cells[k], made->arena).text));
        if (block->kind == BLOCK_PARAGRAPH)
            g_string_append_printf(out, STR_FMT, STR_ARG(view_value(&made->blocks.view, block->range, made->arena).text));
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static void assert_blocks(const char *text, const char *want)
{
    Made made = make_blocks(text);
    g_autofree char *got = blocks_print(&made);
    g_assert_cmpstr(got, ==, want);
    made_clear(&made);
}

#define FULL "加强疾病预防控制体系建设，健全监测预警机制，提高早期发现能力水" /* a line of 31 characters */

/* The text broken after every `width` characters. */
static void append_wrapped(GString *out, const char *text, size_t width)
{
    size_t i = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p), i++) {
        if (i > 0 && i % width == 0)
            g_string_append_c(out, '\n');
        g_string_append_len(out, p, g_utf8_next_char(p) - p);
    }
    g_string_append_c(out, '\n');
}

static void test_blocks_wrapped(void)
{
    for (size_t width = 20; width <= 40; width += 5) {
        g_autoptr(GString) text = g_string_new("工作要点\n一、总体要求\n");
        g_autoptr(GString) want = g_string_new(text->str);
        for (int i = 1; i <= 6; i++) {
            g_autofree char *item = g_strdup_printf("（%d）" FULL FULL FULL "平不断提升。", i);
            append_wrapped(text, item, width);
            g_string_append_printf(want, "%s\n", item);
        }
        assert_blocks(text->str, want->str);
    }
}

/* Lines that fill the column end with 。 here and there: only an indent begins a paragraph then. */
static void test_blocks_indented(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) want = g_string_new(NULL);
    for (int i = 0; i < 6; i++) {
        append_wrapped(text, "　　加强疾病预防控制体系建设，健全监测预警机制。完善早期发现，提高能力水平并且不断提升做好各项工作。", 25);
        g_string_append(want, "加强疾病预防控制体系建设，健全监测预警机制。完善早期发现，提高能力水平并且不断提升做好各项工作。\n");
    }
    assert_blocks(text->str, want->str);
}

static void test_blocks_joined(void)
{
    assert_blocks("关于印发《示例市\n\n工作要点》的通知\n", "关于印发《示例市工作要点》的通知\n");
    assert_blocks("做好以下工作，\n确保落实。\n", "做好以下工作，确保落实。\n");
    assert_blocks("use of hospital\ninformation,\nsystems.", "use of hospital\ninformation, systems.\n");
    /* A page break in the middle of a long sentence. */
    assert_blocks(FULL FULL FULL "实时掌\n\n握各地情况。\n", FULL FULL FULL "实时掌握各地情况。\n");
}

static void test_blocks_kept_apart(void)
{
    static const char *const kept[] = {
        "一、总体要求\n深入贯彻有关精神。\n",
        "组  长：甲某\n副组长：乙某\n成  员：丙某\n",
        "1. 甲\n2、乙\n（3）丙\n④丁\n第五条 戊\n",
        "示例市卫生健康委员会\n2026年1月5日\n",
        "市政府关于任职的通知（示府人〔2026〕1号\n工作动态\n",
        "一是甲；\n二是乙；\n三是丙。\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
        assert_blocks(kept[i], kept[i]);
}

static void test_blocks_chrome(void)
{
    assert_blocks("您当前的位置：首页 > 政务公开 > 文件\n【打印】 【关闭】 分享到： 微信 微博\n工作要点\n\n工作要点\n来源：某委 发布时间：2026-01-05 浏览次数：12\n"
                  "一、加强管理。\n— 3 —\n（此件公开发布）\n抄送：市政府办公室。\n示例市卫生健康委办公室 2026年1月5日印发\n上一篇：甲\n"
                  "主办单位：某委  地址：某路1号\n版权所有：某委 示ICP备00000000号\n",
                  "工作要点\n一、加强管理。\n");
    assert_blocks("主办单位：市卫生健康委\n一、活动主题\n", "主办单位：市卫生健康委\n一、活动主题\n");
}

static void test_blocks_fields(void)
{
    Made made = make_blocks("索 引 号：X/1 分类：卫生 通知\n发布机构：示例市卫生健康委 文　号：示卫发〔2026〕1号\n成文日期：2026-01-05 有效性：有效\n名称：工作要点\n工作要点\n");
    g_assert_cmpuint(made.blocks.n_blocks, ==, 1);
    g_assert_cmpuint(made.blocks.n_fields, ==, 4);
    g_assert_cmpint(made.blocks.fields[0].name, ==, FIELD_ISSUER);
    assert_str(made.blocks.fields[0].value.text, "示例市卫生健康委");
    assert_str(made.blocks.fields[1].value.text, "示卫发〔2026〕1号");
    g_assert_cmpuint(made.blocks.fields[1].value.span.to - made.blocks.fields[1].value.span.from, ==, 11);
    made_clear(&made);
}

static void test_blocks_rows(void)
{
    assert_blocks("序号|任务|单位\n1|甲|\n2||乙处\n", "[序号][任务][单位]\n[1][甲][]\n[2][][乙处]\n");
    assert_blocks("| 序号 | 任务 |\n|---|---|\n| 1 | 甲 |\n", "[序号][任务]\n[1][甲]\n");
    Made made = make_blocks("序号|任务|单位\n1|甲|乙\n一、服务\n2|丙|丁\n\n说明如下。\n说明二。\n说明三。\n说明四。\n甲|乙\n丙|丁\n");
    g_assert_cmpuint(made.blocks.blocks[3].table, ==, 1);
    g_assert_cmpuint(made.blocks.blocks[made.blocks.n_blocks - 1].table, ==, 2);
    made_clear(&made);
}

static void test_markdown(void)
{
    Made made = make_blocks("# 工作要点\n\n## 一、甲\n**（一）乙。**丙**丁**。\n- 一是戊；\n> 己。\n");
    g_autofree char *got = blocks_print(&made);
    g_assert_cmpstr(got, ==, "工作要点\n一、甲\n（一）乙。丙丁。\n一是戊；\n己。\n");
    g_assert_cmpint(made.blocks.blocks[0].heading, ==, 1);
    g_assert_cmpint(made.blocks.blocks[1].heading, ==, 2);
    made_clear(&made);
    assert_blocks("甲**乙**\n", "甲**乙**\n");
}

/* Spans are code points of the stored text, whatever came before: an emoji, CR LF, a mark, an invisible character. */
static void test_spans(void)
{
    Made made = make_blocks("\xEF\xBB\xBF📢甲\r\n　　乙\u200B丙，\r\n丁。\r\n");
    DocValue value = view_value(&made.blocks.view, made.blocks.blocks[1].range, made.arena);
    assert_str(value.text, "乙丙，丁。");
    g_assert_cmpuint(value.span.from, ==, 5);
    g_assert_cmpuint(value.span.to, ==, 12);
    made_clear(&made);
}

static void test_page_jump(void)
{
    Made made = make_blocks("推动落实。下转第3版>>>\n后面的话。\n");
    g_assert_true(diags_has(made.diags, "page-jump"));
    g_autofree char *got = blocks_print(&made);
    g_assert_cmpstr(got, ==, "推动落实。\n后面的话。\n");
    made_clear(&made);
}

/* --- Facts --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *title, *doc_no, *issuer, *issued;
    DocKind kind;
    int year;
} fact_cases[] = {
    { "示卫发〔2026〕3号\n\n关于印发《2026年工作\n要点》的通知\n各单位：\n现印发给你们。\n示例市卫生健康委员会\n2026年2月3日\n2026年工作要点\n一、甲\n1. 乙。\n",
      "2026年工作要点", "示卫发〔2026〕3号", "示例市卫生健康委员会", "2026-02-03", DOC_PLAN, 2026 },
    { "市政府办公室关于印发示例市\n健康行动方案（2024—2026年）的通知\n示政办发[2024]第 12号\n各区：\n示例市健康行动方案（2024—2026年）已经同意。\n示例市人民政府办公室\n二〇二四年十二月二十一日\n"
      "示例市健康\n行动方案（2024—2026年）\n为做好工作，制定本方案。\n",
      "示例市健康行动方案（2024—2026年）", "示政办发[2024]第 12号", "示例市人民政府办公室", "2024-12-21", DOC_PLAN, 2026 },
    { "中共示例市委员会\n关于巡视整改情况的通报\n\n根据安排，现予公布。\n一、总体情况\n", "中共示例市委员会关于巡视整改情况的通报", NULL, "中共示例市委员会", NULL, DOC_RECTIFICATION, 0 },
    { "示例市卫生健康委员会文件\n示卫人〔2026〕8号    签发人：甲某\n关于乙某同志任职的通知\n各处室：\n任命乙某为主任。\n示例市卫生健康委员会 2026年3月9日\n", "关于乙某同志任职的通知",
      "示卫人〔2026〕8号", "示例市卫生健康委员会", "2026-03-09", DOC_APPOINTMENT, 0 },
    { "关于表彰先进的决定\n（2026年5月6日示例市人民政府令第7号公布）\n现决定如下。\n", "关于表彰先进的决定", NULL, "示例市人民政府", "2026-05-06", DOC_DECISION, 0 },
    { "示例市防治规划（“十五五”）\n一、甲\n1.乙。\n", "示例市防治规划（“十五五”）", NULL, NULL, NULL, DOC_PLAN, 2030 },
    { "全市卫生健康工作会议召开\n1月8日，全市卫生健康工作会议召开。\n", "全市卫生健康工作会议召开", NULL, NULL, NULL, DOC_NEWS, 0 },
    { "关于做好整改工作方案的报告\n甲。\n示例市卫生局\n20 0年6月10日\n", "关于做好整改工作方案的报告", NULL, "示例市卫生局", NULL, DOC_PLAN, 0 },
    { "示例市转发甲办法的通知\n示卫〔2026〕1号\n关于印发《乙》的通知\n", "甲办法", "示卫〔2026〕1号", NULL, NULL, DOC_OTHER, 0 },
};

static void assert_value(Str got, const char *want)
{
    if (want)
        assert_str(got, want);
    else
        g_assert_null(got.p);
}

static void test_facts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fact_cases); i++) {
        Made made = make_blocks(fact_cases[i].text);
        DocFacts facts = facts_find(&made.blocks, (BlockRange) { 0, made.blocks.n_blocks }, made.arena, made.diags);
        char day[DATE_TEXT_MAX];
        assert_value(facts.title.text, fact_cases[i].title);
        assert_value(facts.doc_no.text, fact_cases[i].doc_no);
        assert_value(facts.issuer.text, fact_cases[i].issuer);
        g_assert_cmpstr(facts.issued == DATE_NONE ? NULL : date_format(facts.issued, day), ==, fact_cases[i].issued);
        g_assert_cmpint(facts.kind, ==, fact_cases[i].kind);
        g_assert_cmpint(facts.plan_year, ==, fact_cases[i].year);
        made_clear(&made);
    }
}

static void test_damaged_date(void)
{
    Made made = make_blocks("关于甲的报告\n乙。\n示例市卫生局\n2020年 月10日\n");
    DocFacts facts = facts_find(&made.blocks, (BlockRange) { 0, made.blocks.n_blocks }, made.arena, made.diags);
    g_assert_true(diags_has(made.diags, "damaged-date"));
    g_assert_cmpint(facts.issued, ==, DATE_NONE);
    assert_str(facts.issued_text.text, "2020年 月10日");
    made_clear(&made);
}

/* With its list of contents, which leaves one document out; and without any. */
static const char gazette_body[] = "文件选登\n市政府关于表彰甲的决定\n示政发〔2026〕1号\n各区：\n决定表彰。\n示例市人民政府\n2026年1月2日\n"
                                   "市政府办公室关于印发乙方案的通知\n示政办发〔2026〕2号\n各区：\n印发给你们。\n示例市人民政府办公室\n2026年1月3日\n乙方案\n一、甲\n1.丙。\n"
                                   "工作动态\n全市会议召开\n会议要求。\n项目开工\n";

static void assert_parts(const char *head, const char *const *titles, size_t n)
{
    g_autofree char *text = g_strconcat(head, gazette_body, NULL);
    Made made = make_blocks(text);
    size_t n_parts;
    const BlockRange *parts = gazette_parts(&made.blocks, (BlockRange) { 0, made.blocks.n_blocks }, made.arena, &n_parts);
    g_assert_cmpuint(n_parts, ==, n);
    for (size_t i = 0; i < n; i++)
        assert_str(facts_find(&made.blocks, parts[i], made.arena, made.diags).title.text, titles[i]);
    made_clear(&made);
}

static void test_gazette(void)
{
    static const char *const all[] = { "市政府关于表彰甲的决定", "乙方案", "全市会议召开", "项目开工" };
    assert_parts("示例市人民政府公报\n（2026年第1期）\n目  录\n文件选登\n市政府关于表彰甲的决定（示政发〔2026〕1号）……3\n工作动态\n全市会议召开……9\n项目开工……9\n\n", all, 4);
    assert_parts("示例市人民政府公报（2026年第1期）\n", all, 2);
    Made made = make_blocks("示例市卫生事业统计公报\n一、资源\n二、服务\n");
    size_t n_parts;
    gazette_parts(&made.blocks, (BlockRange) { 0, made.blocks.n_blocks }, made.arena, &n_parts);
    g_assert_cmpuint(n_parts, ==, 0);
    made_clear(&made);
}

/* --- Growth -------------------------------------------------------------------------------------------------------- */

/* So much of each that a stage whose time grew with the square would not end within the test's limit. */
static void test_linear(void)
{
    static const char *const pieces[] = { "(", "《", "甲\n", "a|b\n", "加强管理，\n", "1.", "首页 ", "文号：", " ", "下转第", "|", "市卫健委\n2026年1月2日\n" };
    enum { BYTES = 2 * 1024 * 1024 };
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) text = repeated("工作要点\n", pieces[i], BYTES / strlen(pieces[i]));
        Read read = read_bytes(str_from_gstring(text));
        g_assert_no_error(read.err);
        g_autoptr(Arena) arena = arena_new();
        blocks_make(&read.text, arena, read.diags);
        read_clear(&read);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        void (*run)(void);
    } tests[] = {
        { "/doc-text/utf8", test_utf8 },
        { "/doc-text/other-encodings", test_other_encodings },
        { "/doc-text/mixed-encodings", test_mixed },
        { "/doc-text/cut-off", test_cut_off },
        { "/doc-text/not-a-document", test_not_a_document },
        { "/doc-text/limits", test_limits },
        { "/doc-text/classified", test_classified },
        { "/doc-text/classified-says-nothing", test_classified_says_nothing },
        { "/doc-text/html", test_html },
        { "/doc-text/html-flat", test_html_flat },
        { "/doc-text/html-gbk", test_html_gbk },
        { "/doc-text/html-hostile", test_html_hostile },
        { "/doc-text/docx-text", test_docx_text },
        { "/doc-text/docx-numbering", test_docx_numbering },
        { "/doc-text/docx-refused", test_docx_refused },
        { "/doc-text/docx-bomb", test_docx_bomb },
        { "/doc-text/docx-deep", test_docx_deep },
        { "/doc-text/pdf", test_pdf },
        { "/doc-text/pdf-scan", test_pdf_scan },
        { "/doc-text/pdf-absent", test_pdf_absent },
        { "/doc-text/pdf-pages", test_pdf_pages },
        { "/doc-text/blocks-wrapped", test_blocks_wrapped },
        { "/doc-text/blocks-indented", test_blocks_indented },
        { "/doc-text/blocks-joined", test_blocks_joined },
        { "/doc-text/blocks-kept-apart", test_blocks_kept_apart },
        { "/doc-text/blocks-chrome", test_blocks_chrome },
        { "/doc-text/blocks-fields", test_blocks_fields },
        { "/doc-text/blocks-rows", test_blocks_rows },
        { "/doc-text/markdown", test_markdown },
        { "/doc-text/spans", test_spans },
        { "/doc-text/page-jump", test_page_jump },
        { "/doc-text/facts", test_facts },
        { "/doc-text/damaged-date", test_damaged_date },
        { "/doc-text/gazette", test_gazette },
        { "/doc-text/linear", test_linear },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_func(tests[i].path, tests[i].run);
    return g_test_run();
}
