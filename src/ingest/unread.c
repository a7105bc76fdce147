/* What is not read, by its name: who sent a picture is told that it is one, and what to do instead. Words: error.CODE and hint.CODE of i18n. */
#include "ingest/unread.h"

#include "base/banned.h"

static const struct {
    Str begins;
    const char *code;
} marks[] = {
    { STR_INIT("\x1F\x8B"), "file-compressed" },       { STR_INIT("BZh9"), "file-compressed" },
    { STR_INIT("\xFD" "7zXZ"), "file-compressed" },    { STR_INIT("7z\xBC\xAF\x27\x1C"), "file-compressed" },
    { STR_INIT("Rar!\x1A"), "file-compressed" },       { STR_INIT("\x28\xB5\x2F\xFD"), "file-compressed" },
    { STR_INIT("\x89PNG"), "file-picture" },           { STR_INIT("\xFF\xD8\xFF"), "file-picture" },
    { STR_INIT("GIF8"), "file-picture" },              { STR_INIT("II*\0"), "file-picture" },
    { STR_INIT("MM\0*"), "file-picture" },             { STR_INIT("%PDF"), "file-pdf" },
    { STR_INIT("{\\rtf"), "file-document" },
};

/* A page or XML: what many programs write and call .xls. No header begins so. */
static const char *const markup[] = { "<?xml", "<!", "<html", "<head", "<table", "<meta", "<style", "<div", "<office", "<workbook", "<Bundle" };

static const char *mark_of(Str head)
{
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (str_starts(head, marks[i].begins))
            return marks[i].code;
    return NULL;
}

const char *unread_code(Str head, Str text)
{
    const char *code = mark_of(head);
    if (code || text.n == 0)
        return code;
    for (size_t i = 0; i < G_N_ELEMENTS(markup); i++)
        if (text.n >= strlen(markup[i]) && g_ascii_strncasecmp(text.p, markup[i], strlen(markup[i])) == 0)
            return "file-page";
    return mark_of(text);
}

static const struct {
    const char *code, *says, *hint;
} words[] = {
    { "file-compressed", "the file is compressed (zip, gzip or the like)", "unpack it, and send the file that is in it" },
    { "file-picture", "the file is a picture", "a photograph or a scan holds no data: send the table that it shows, as .xlsx or CSV" },
    { "file-pdf", "the file is a PDF", "a PDF holds no data that could be read with certainty: send the table as .xlsx or CSV" },
    { "file-page", "the file is a web page or XML, whatever it is called", "open it in Excel or WPS, and save it as .xlsx or CSV" },
    { "file-document", "the file is a text document", "send the table that stands in it as .xlsx or CSV" },
    { "file-other-sheet", "the file is a workbook of another form (.xlsb, .ods)", "save it as .xlsx or CSV" },
    { "old-excel", "the file is an old Excel file (.xls)", "save it as .xlsx in Excel or WPS" },
    { "encrypted", "the file is protected by a password", "remove the password (save it without one), and send it again" },
};

bool unread_refuse(const char *code, GError **err)
{
    if (!code) {
        error_set(err, BH_BAD_INPUT, "the file is of no format that is known here");
        error_hint(err, "CSV, XLSX, FHIR as JSON and HL7 v2 are read");
        return error_detail(err, "unknown-format");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(words[i].code, code)) {
            error_set(err, BH_BAD_INPUT, "%s", words[i].says);
            error_hint(err, "%s", words[i].hint);
            return error_detail(err, words[i].code);
        }
    g_assert_not_reached();
}

bool unread_too_wide(int64_t row, int most, GError **err)
{
    error_set(err, BH_TOO_LARGE, "the table has more than %d columns", most);
    error_at(err, "row %" G_GINT64_FORMAT ", column %d", row, most + 1);
    error_hint(err, "leave out columns that are not needed, or send them as a second file");
    error_params(err, "limit=%d", most);
    return error_detail(err, "too-many-columns");
}

const char *unread_package(Package *package)
{
    static const struct {
        const char *part, *code;
    } parts[] = { { "word/document.xml", "file-document" }, { "ppt/presentation.xml", "file-document" }, { "xl/workbook.bin", "file-other-sheet" }, { "content.xml", "file-other-sheet" } };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (package_has(package, parts[i].part))
            return parts[i].code;
    return package_has(package, "[Content_Types].xml") ? NULL : "file-compressed";
}
