/* The parts of a workbook go through unread but for four: the sheet (layout_sheet.c), and where cells or rows change, the calculation chain (Excel makes it anew), the strings and the
 * lists that name other parts. */
#include "base/limits.h"
#include "base/package.h"
#include "publish/layout_sheet.h"

#include "base/banned.h"

typedef struct {
    Package *package;
    Arena *arena;
    const XlsxSheetInfo *sheet;
    bool bare;       /* only the sheet goes out */
    GByteArray *used; /* by index of shared string: 1, it stands in the sheet that goes out */
    ARENA_LIST(PackageEntry) entries;
} Going;

/* --- Which parts go ------------------------------------------------------------------------------------------------------ */

static bool starts_any(Str name, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(name, str_from(words[i])))
            return true;
    return false;
}

static bool part_goes(const Going *going, Str name)
{
    static const char *const bare[] = { "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/theme/",
                                        "xl/sharedStrings.xml" };
    if (str_eq(name, STR("xl/calcChain.xml")))
        return false;
    return !going->bare || str_eq(name, going->sheet->part) || starts_any(name, bare, G_N_ELEMENTS(bare));
}

/* --- Lists of parts: content types, relationships, sheets ------------------------------------------------------------------ */

typedef struct {
    const Going *going;
    GString *out;
    GPtrArray *names; /* of the open elements, with their prefixes */
    int skipping;     /* depth inside what is left out */
    int string;       /* of the shared strings: the one at hand */
} Copy;

/* What a content type or a relationship points at; "/xl/a.xml", "worksheets/sheet1.xml". */
static bool target_goes(const Copy *copy, Str target)
{
    const Going *going = copy->going;
    Str name = str_starts(target, STR("/")) ? str_from_at(target, 1) : arena_concat(going->arena, STR("xl/"), target);
    if (str_eq(name, STR("xl/xl/workbook.xml")))
        return true;
    return part_goes(going, name) && (package_has(going->package, arena_str(going->arena, name).p) || !going->bare);
}

static bool leaves_out(const Copy *copy, const char *name, const XmlAttributes *attributes)
{
    static const char *const only_whole[] = { "definedNames", "externalReferences", "extLst", "pivotCaches", "customWorkbookViews", "bookViews",
                                              "AlternateContent", "revisionPtr" };
    if (g_str_equal(name, "Override"))
        return !target_goes(copy, xml_attribute(attributes, "PartName"));
    if (g_str_equal(name, "Relationship")) {
        bool outside = str_eq(xml_attribute(attributes, "TargetMode"), STR("External"));
        return outside ? copy->going->bare : !target_goes(copy, xml_attribute(attributes, "Target"));
    }
    if (!copy->going->bare)
        return false;
    if (g_str_equal(name, "sheet"))
        return !str_eq(xml_attribute(attributes, "name"), copy->going->sheet->name);
    for (size_t i = 0; i < G_N_ELEMENTS(only_whole); i++)
        if (g_str_equal(name, only_whole[i]))
            return true;
    return false;
}

static bool copy_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) err;
    Copy *copy = data;
    if (copy->skipping > 0 || leaves_out(copy, name, attributes)) {
        copy->skipping++;
        return true;
    }
    layout_open(copy->out, copy->names, attributes, NULL);
    return true;
}

static bool copy_end(void *data, const char *name, GError **err)
{
    (void) name, (void) err;
    Copy *copy = data;
    if (copy->skipping > 0)
        copy->skipping--;
    else
        layout_close(copy->out, copy->names);
    return true;
}

static bool copy_text(void *data, Str text, GError **err)
{
    (void) err;
    Copy *copy = data;
    if (copy->skipping == 0)
        xml_escape(copy->out, text);
    return true;
}

static bool add_part(Going *going, const char *name, const GString *content)
{
    *ARENA_PUSH(going->arena, &going->entries) = (PackageEntry) { arena_str(going->arena, str_from(name)).p, arena_str(going->arena, str_from_gstring(content)) };
    return true;
}

static bool copy_list(Going *going, const char *name, GError **err)
{
    static const XmlHandler handler = { copy_begin, copy_end, copy_text };
    g_autoptr(GString) out = g_string_new(LAYOUT_XML_HEAD);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Copy copy = { .going = going, .out = out, .names = names };
    return package_xml(going->package, name, LIMIT_XLSX_PART_BYTES, &handler, &copy, err) && add_part(going, name, out);
}

/* --- Strings: those that no cell has any more are emptied, so that the numbers of the others stay ------------------------------ */

static bool string_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    Copy *copy = data;
    bool unused = false;
    if (g_str_equal(name, "si")) {
        size_t index = (size_t) ++copy->string - 1;
        unused = index >= copy->going->used->len || !copy->going->used->data[index];
    }
    if (copy->skipping == 0 && unused)
        g_string_append(copy->out, "<si><t/></si>");
    if (copy->skipping > 0 || unused) {
        copy->skipping++;
        return true;
    }
    return copy_begin(data, name, attributes, err);
}

static bool copy_strings(Going *going, const char *name, GError **err)
{
    static const XmlHandler handler = { string_begin, copy_end, copy_text };
    g_autoptr(GString) out = g_string_new(LAYOUT_XML_HEAD);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Copy copy = { .going = going, .out = out, .names = names };
    return package_xml(going->package, name, LIMIT_XLSX_UNPACKED_BYTES, &handler, &copy, err) && add_part(going, name, out);
}

/* --- All ---------------------------------------------------------------------------------------------------------------------- */

static bool is_list(Str name)
{
    return str_eq(name, STR("[Content_Types].xml")) || str_eq(name, STR("xl/_rels/workbook.xml.rels")) || str_eq(name, STR("_rels/.rels"));
}

static bool copy_part(Going *going, const char *name, GError **err)
{
    Str content;
    if (str_eq(str_from(name), going->sheet->part))
        return true; /* it is there already */
    if (is_list(str_from(name)) || (going->bare && g_str_equal(name, "xl/workbook.xml")))
        return copy_list(going, name, err);
    if (going->bare && g_str_equal(name, "xl/sharedStrings.xml"))
        return copy_strings(going, name, err);
    if (!package_part(going->package, name, LIMIT_XLSX_UNPACKED_BYTES, going->arena, &content, err))
        return false;
    *ARENA_PUSH(going->arena, &going->entries) = (PackageEntry) { arena_str(going->arena, str_from(name)).p, content };
    return true;
}

static bool write_parts(Going *going, const XlsxFile *file, const LayoutEdit *edit, GError **err)
{
    g_autoptr(GString) sheet = g_string_new(LAYOUT_XML_HEAD);
    if (!layout_sheet(going->package, file, going->sheet, edit, sheet, going->used, err))
        return false;
    add_part(going, going->sheet->part.p, sheet);
    for (size_t i = 0; i < package_count(going->package); i++) {
        const char *name = package_name(going->package, i);
        bool folder = str_ends(str_from(name), STR("/"));
        if (!folder && part_goes(going, str_from(name)) && !copy_part(going, name, err))
            return false;
    }
    return true;
}

bool layout_write(Str original, const LayoutEdit *edit, GString *out, GError **err)
{
    size_t n;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(XlsxFile) file = xlsx_file_open(original, err);
    g_autoptr(Package) package = file ? package_open(original, err) : NULL;
    g_autoptr(GByteArray) used = g_byte_array_new();
    if (!package)
        return false;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(file, &n);
    if (edit->sheet >= n)
        return error_set(err, BH_BAD_INPUT, "the workbook has no sheet %zu", edit->sheet);
    Going going = { .package = package, .arena = arena, .sheet = &sheets[edit->sheet], .bare = edit->without != NULL, .used = used };
    return write_parts(&going, file, edit, err) && package_write(going.entries.v, going.entries.n, out, err);
}
