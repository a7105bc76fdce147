#include "base/limits.h"
#include "doc/child.h"
#include "doc/pdf_pages.h"
#include "doc/text.h"

#include "base/banned.h"

/* poppler's pdftotext reads the file as a child. Its -layout keeps each printed line whole and in place; without it, lines that are set in
 * pieces (a number in another font) come out in the wrong order, so that is used only for pages in two columns. */

static const ChildLimits limits = { .cpu_seconds = 30, .wall_ms = 60000, .memory_bytes = (size_t) 2 << 30, .output_bytes = (size_t) LIMIT_DOC_BYTES * 2 };

bool pdf_is(Str bytes)
{
    enum { HEAD = 1024 };
    return str_has(str_head(bytes, HEAD), STR("%PDF-"));
}

static bool refuse(GError **err, const char *detail, const char *message, const char *hint)
{
    error_set(err, BH_BAD_INPUT, "%s", message);
    if (hint)
        error_hint(err, "%s", hint);
    return error_detail(err, detail);
}

/* pdftotext's statuses: 1 the file cannot be opened, 3 its owner forbids copying. */
static bool check_status(int status, const GString *complaint, GError **err)
{
    enum { FORBIDDEN = 3 };
    if (status == 0)
        return true;
    if (status == FORBIDDEN || strstr(complaint->str, "password"))
        return refuse(err, "encrypted", "the PDF is encrypted", "save it without a password");
    return refuse(err, "not-a-document", "the PDF is damaged and cannot be read", NULL);
}

static bool run(const char *const *argv, Str bytes, GString **ret_output, GError **err)
{
    g_autoptr(GString) complaint = NULL;
    g_autoptr(GString) output = NULL;
    int status;
    if (!child_has(argv[0])) {
        error_set(err, BH_UNAVAILABLE, "the program '%s' is not installed", argv[0]);
        return error_hint(err, "install the package poppler-utils");
    }
    if (!child_run(argv, bytes, &limits, &output, &complaint, &status, err) || !check_status(status, complaint, err))
        return false;
    *ret_output = g_steal_pointer(&output);
    return true;
}

static bool extract(Str bytes, bool layout, GString **ret_output, GError **err)
{
    const char *const laid_out[] = { "pdftotext", "-layout", "-enc", "UTF-8", "/dev/stdin", "-", NULL };
    const char *const flowing[] = { "pdftotext", "-enc", "UTF-8", "/dev/stdin", "-", NULL };
    return run(layout ? laid_out : flowing, bytes, ret_output, err);
}

/* --- Scans --------------------------------------------------------------------------------------------------------- */

enum { MOST_SCANNED_PAGES = 60 };

/* One page as a picture, and the picture as text; false without an error: there is no such page. */
static bool recognise_page(Str bytes, int page, GString *text, GError **err)
{
    g_autofree char *number = g_strdup_printf("%d", page);
    const char *const draw[] = { "pdftoppm", "-q", "-r", "300", "-gray", "-png", "-f", number, "-l", number, "/dev/stdin", NULL };
    const char *const recognise[] = { "tesseract", "stdin", "stdout", "-l", "chi_sim", "--psm", "6", NULL };
    g_autoptr(GString) picture = NULL;
    g_autoptr(GString) words = NULL;
    g_autoptr(GString) complaint = NULL;
    g_autoptr(GString) complaint2 = NULL;
    int status;
    if (!child_run(draw, bytes, &limits, &picture, &complaint, &status, err))
        return false;
    if (status != 0 || picture->len == 0)
        return false;
    if (!child_run(recognise, str_from_gstring(picture), &limits, &words, &complaint2, &status, err))
        return false;
    if (status != 0)
        return refuse(err, "no-text-layer", "the PDF is a scan, and tesseract could not read it", "install the package tesseract-ocr-chi-sim");
    g_string_append_len(text, words->str, (gssize) words->len);
    g_string_append_c(text, '\f');
    return true;
}

static bool recognise(Str bytes, GString **ret_output, GError **err)
{
    if (!child_has("tesseract"))
        return refuse(err, "no-text-layer", "the PDF is a scan without a text in it", "install the package tesseract-ocr-chi-sim, or bring the document as text");
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    int page = 1;
    while (page <= MOST_SCANNED_PAGES && recognise_page(bytes, page, text, &failure))
        page++;
    if (failure) {
        g_propagate_error(err, g_steal_pointer(&failure));
        return false;
    }
    *ret_output = g_steal_pointer(&text);
    return true;
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static bool is_empty(const GString *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (!g_ascii_isspace(text->str[i]))
            return false;
    return true;
}

bool pdf_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err)
{
    g_autoptr(GString) pages = NULL;
    if (!extract(bytes, true, &pages, err))
        return false;
    text->recognised = is_empty(pages);
    bool columns = !text->recognised && pdf_pages_in_columns(str_from_gstring(pages));
    if (text->recognised || columns) {
        g_string_free(g_steal_pointer(&pages), TRUE);
        if (!(columns ? extract(bytes, false, &pages, err) : recognise(bytes, &pages, err)))
            return false;
    }
    if (!utf8_valid(str_from_gstring(pages), NULL))
        return refuse(err, "not-a-document", "the PDF's text cannot be read", NULL);
    text->encoding = "UTF-8";
    text->text = pdf_pages_join(str_from_gstring(pages), arena, diags);
    return true;
}
