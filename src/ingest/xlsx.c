/* The parts of a workbook that all sheets share: which sheets there are, strings, number formats. They are read at opening; a sheet when it is asked for. */
#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "ingest/unread.h"
#include "ingest/xlsx.h"

#include "base/banned.h"

static bool not_a_workbook(GError **err, const char *why)
{
    error_set(err, BH_BAD_INPUT, "the file is no workbook: %s", why);
    return error_detail(err, "not-a-workbook");
}

static bool too_many(GError **err, const char *what, int limit)
{
    error_set(err, BH_TOO_LARGE, "the workbook has more than %d %s", limit, what);
    return error_detail(err, "too-large");
}

static bool end_nothing(void *data, const char *name, GError **err)
{
    (void) data, (void) name, (void) err;
    return true;
}

/* --- Relationships: which id means which part ------------------------------------------------------------------------ */

typedef struct {
    Str id, type, target;
} Relationship;

typedef struct {
    Arena *arena;
    ARENA_LIST(Relationship) list;
} Relationships;

static bool begin_relationship(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) err;
    Relationships *all = data;
    if (!g_str_equal(name, "Relationship") || str_eq(xml_attribute(attributes, "TargetMode"), STR("External")))
        return true;
    Relationship *one = ARENA_PUSH(all->arena, &all->list);
    one->id = arena_str(all->arena, xml_attribute(attributes, "Id"));
    one->type = arena_str(all->arena, xml_attribute(attributes, "Type"));
    one->target = arena_str(all->arena, xml_attribute(attributes, "Target"));
    return true;
}

static bool read_relationships(Package *package, Str part, Relationships *ret_all, GError **err)
{
    static const XmlHandler handler = { begin_relationship, end_nothing, NULL };
    if (!package_has(package, part.p))
        return true;
    return package_xml(package, part.p, LIMIT_XLSX_PART_BYTES, &handler, ret_all, err);
}

/* "worksheets/sheet1.xml" beside "xl/workbook.xml" is "xl/worksheets/sheet1.xml"; "/xl/…" is meant from the root. */
static Str beside(Str part, Str target, Arena *arena)
{
    if (str_starts(target, STR("/")))
        return arena_str(arena, str_from_at(target, 1));
    size_t folder = part.n;
    while (folder > 0 && part.p[folder - 1] != '/')
        folder--;
    while (str_starts(target, STR("../")) && folder > 0) {
        target = str_from_at(target, 3);
        folder--;
        while (folder > 0 && part.p[folder - 1] != '/')
            folder--;
    }
    return arena_concat(arena, str_head(part, folder), target);
}

static const Relationship *of_type(const Relationships *all, Str ending)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (str_ends(all->list.v[i].type, ending))
            return &all->list.v[i];
    return NULL;
}

static const Relationship *of_id(const Relationships *all, Str id)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (str_eq(all->list.v[i].id, id))
            return &all->list.v[i];
    return NULL;
}

static Str relationships_of(Str part, Arena *arena)
{
    Str folder = beside(part, STR(""), arena), name = str_from_at(part, folder.n);
    return arena_printf(arena, STR_FMT "_rels/" STR_FMT ".rels", STR_ARG(folder), STR_ARG(name));
}

/* --- The list of sheets ---------------------------------------------------------------------------------------------- */

typedef struct {
    XlsxFile *file;
    const Relationships *parts;
    Str workbook;
} SheetList;

static bool add_sheet(SheetList *list, const XmlAttributes *attributes, GError **err)
{
    XlsxFile *file = list->file;
    if (file->sheets.n >= LIMIT_XLSX_SHEETS)
        return too_many(err, "sheets", LIMIT_XLSX_SHEETS);
    const Relationship *part = of_id(list->parts, xml_attribute(attributes, "id"));
    if (!part || !str_ends(part->type, STR("/worksheet"))) /* a chart has a tab too */
        return true;
    Str state = xml_attribute(attributes, "state");
    *ARENA_PUSH(file->arena, &file->sheets) = (XlsxSheetInfo) {
        .name = arena_str(file->arena, xml_attribute(attributes, "name")),
        .hidden = str_eq(state, STR("hidden")) || str_eq(state, STR("veryHidden")),
        .part = beside(list->workbook, part->target, file->arena),
    };
    return true;
}

static bool begin_workbook(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    SheetList *list = data;
    if (g_str_equal(name, "workbookPr")) {
        Str on = xml_attribute(attributes, "date1904");
        list->file->from_1904 = str_eq(on, STR("1")) || str_eq(on, STR("true"));
    }
    return !g_str_equal(name, "sheet") || add_sheet(list, attributes, err);
}

/* --- Strings ------------------------------------------------------------------------------------------------------------ */

static int hex_value(Str s)
{
    int value = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = g_ascii_xdigit_value(s.p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* _x000D_ at this place: its character, and -1 if there is none. */
static int escaped_at(Str text, size_t at)
{
    enum { ESCAPE = 7 };
    bool shape = at + ESCAPE <= text.n && text.p[at] == '_' && text.p[at + 1] == 'x' && text.p[at + ESCAPE - 1] == '_';
    int value = shape ? hex_value((Str) { text.p + at + 2, 4 }) : -1;
    return value > 0 && !(value >= 0xD800 && value <= 0xDFFF) ? value : -1;
}

Str xlsx_text(Str text, Arena *arena)
{
    if (!str_has(text, STR("_x")) && !(text.n > 0 && memchr(text.p, '\r', text.n)))
        return text;
    g_autoptr(GString) out = g_string_sized_new(text.n);
    for (size_t at = 0; at < text.n;) {
        int escaped = escaped_at(text, at);
        gunichar c = escaped >= 0 ? (gunichar) escaped : (gunichar) (unsigned char) text.p[at];
        at += escaped >= 0 ? 7 : 1;
        if (c == '\r')
            continue;
        if (escaped >= 0)
            g_string_append_unichar(out, c);
        else
            g_string_append_c(out, (char) c);
    }
    return arena_str(arena, str_from_gstring(out));
}

char *xlsx_escaped(Str text)
{
    GString *out = g_string_sized_new(text.n + 1);
    for (size_t at = 0; at < text.n; at++) {
        if (escaped_at(text, at) >= 0)
            g_string_append(out, "_x005F");
        g_string_append_c(out, text.p[at]);
    }
    return g_string_free(out, FALSE);
}

bool rich_begin(RichText *rich, const char *name)
{
    rich->aids += g_str_equal(name, "rPh");
    rich->in_text = rich->aids == 0 && g_str_equal(name, "t");
    return rich->in_text;
}

bool rich_end(RichText *rich, const char *name)
{
    rich->aids -= g_str_equal(name, "rPh");
    rich->in_text = false;
    return true;
}

bool rich_take(RichText *rich, Str text, GError **err)
{
    if (!rich->in_text)
        return true;
    if (rich->text->len + text.n > LIMIT_XLSX_STRING_BYTES)
        return too_many(err, "bytes of text", LIMIT_XLSX_STRING_BYTES);
    g_string_append_len(rich->text, text.p, (gssize) text.n);
    return true;
}

typedef struct {
    XlsxFile *file;
    RichText rich;
    size_t bytes;
} Strings;

static bool begin_string(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) attributes, (void) err;
    Strings *strings = data;
    if (g_str_equal(name, "si"))
        g_string_truncate(strings->rich.text, 0);
    rich_begin(&strings->rich, name);
    return true;
}

/* Each costs its place in the list too, so that a million empty ones count. */
static bool end_string(void *data, const char *name, GError **err)
{
    Strings *strings = data;
    XlsxFile *file = strings->file;
    rich_end(&strings->rich, name);
    if (!g_str_equal(name, "si"))
        return true;
    strings->bytes += strings->rich.text->len + sizeof(Str);
    if (strings->bytes > LIMIT_XLSX_STRING_BYTES)
        return too_many(err, "bytes of text", LIMIT_XLSX_STRING_BYTES);
    Str text = arena_str(file->arena, str_from_gstring(strings->rich.text));
    *ARENA_PUSH(file->arena, &file->strings) = xlsx_text(text, file->arena);
    return true;
}

static bool take_string(void *data, Str text, GError **err)
{
    return rich_take(&((Strings *) data)->rich, text, err);
}

static bool read_strings(XlsxFile *file, Str part, GError **err)
{
    static const XmlHandler handler = { begin_string, end_string, take_string };
    g_autoptr(GString) text = g_string_new(NULL);
    Strings strings = { .file = file, .rich = { .text = text } };
    return package_xml(file->package, part.p, LIMIT_XLSX_UNPACKED_BYTES, &handler, &strings, err);
}

Str xlsx_shared_string(const XlsxFile *file, size_t index)
{
    return index < file->strings.n ? file->strings.v[index] : STR_NONE;
}

/* --- Number formats ----------------------------------------------------------------------------------------------------- */

typedef struct {
    XlsxFile *file;
    GHashTable *codes; /* id to CellFormat */
    bool in_cells;
} Styles;

static void add_code(Styles *styles, const XmlAttributes *attributes)
{
    int id = xml_number(attributes, "numFmtId", -1);
    if (id < 0)
        return;
    CellFormat *format = ARENA_NEW(styles->file->arena, CellFormat);
    *format = format_of_code(xml_attribute(attributes, "formatCode"));
    g_hash_table_insert(styles->codes, GINT_TO_POINTER(id), format);
}

static bool add_cell_format(const Styles *styles, const XmlAttributes *attributes, GError **err)
{
    XlsxFile *file = styles->file;
    if (file->formats.n >= LIMIT_XLSX_STYLES)
        return too_many(err, "cell formats", LIMIT_XLSX_STYLES);
    int id = xml_number(attributes, "numFmtId", 0);
    const CellFormat *own = g_hash_table_lookup(styles->codes, GINT_TO_POINTER(id));
    *ARENA_PUSH(file->arena, &file->formats) = own ? *own : format_builtin(id);
    return true;
}

static bool begin_style(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    Styles *styles = data;
    if (g_str_equal(name, "numFmt"))
        add_code(styles, attributes);
    else if (g_str_equal(name, "cellXfs"))
        styles->in_cells = true;
    else if (styles->in_cells && g_str_equal(name, "xf"))
        return add_cell_format(styles, attributes, err);
    return true;
}

static bool end_style(void *data, const char *name, GError **err)
{
    (void) err;
    Styles *styles = data;
    styles->in_cells &= !g_str_equal(name, "cellXfs");
    return true;
}

static bool read_styles(XlsxFile *file, Str part, GError **err)
{
    static const XmlHandler handler = { begin_style, end_style, NULL };
    g_autoptr(GHashTable) codes = g_hash_table_new(NULL, NULL);
    Styles styles = { .file = file, .codes = codes };
    return package_xml(file->package, part.p, LIMIT_XLSX_PART_BYTES, &handler, &styles, err);
}

/* --- Opening --------------------------------------------------------------------------------------------------------------- */

static Str workbook_part(XlsxFile *file, GError **err)
{
    Relationships root = { .arena = file->arena };
    if (!read_relationships(file->package, STR("_rels/.rels"), &root, err))
        return STR_NONE;
    const Relationship *found = of_type(&root, STR("/officeDocument"));
    Str part = found ? beside(STR(""), found->target, file->arena) : STR("xl/workbook.xml");
    if (package_has(file->package, part.p))
        return part;
    const char *other = unread_package(file->package);
    if (other)
        unread_refuse(other, err);
    else
        not_a_workbook(err, "the zip holds no xl/workbook.xml");
    return STR_NONE;
}

static bool read_shared(XlsxFile *file, GError **err)
{
    static const XmlHandler handler = { begin_workbook, end_nothing, NULL };
    Str workbook = workbook_part(file, err);
    Relationships parts = { .arena = file->arena };
    if (!workbook.p || !read_relationships(file->package, relationships_of(workbook, file->arena), &parts, err))
        return false;
    SheetList list = { file, &parts, workbook };
    if (!package_xml(file->package, workbook.p, LIMIT_XLSX_PART_BYTES, &handler, &list, err))
        return false;
    if (file->sheets.n == 0)
        return not_a_workbook(err, "it has no sheet");
    const Relationship *strings = of_type(&parts, STR("/sharedStrings")), *styles = of_type(&parts, STR("/styles"));
    return (!strings || read_strings(file, beside(workbook, strings->target, file->arena), err))
           && (!styles || read_styles(file, beside(workbook, styles->target, file->arena), err));
}

XlsxFile *xlsx_file_of(Package *package, GError **err)
{
    g_autoptr(XlsxFile) file = g_new0(XlsxFile, 1);
    file->arena = arena_new();
    file->package = package;
    return read_shared(file, err) ? g_steal_pointer(&file) : NULL;
}

static bool refuse_ole(PackageOle ole, GError **err)
{
    static const char *const codes[] = { [PACKAGE_OLE_OTHER] = "old-excel", [PACKAGE_OLE_ENCRYPTED] = "encrypted", [PACKAGE_OLE_DOC] = "file-document" };
    return unread_refuse(codes[ole], err);
}

XlsxFile *xlsx_file_open(Str bytes, GError **err)
{
    if (package_is_ole(bytes)) {
        refuse_ole(package_ole(bytes), err);
        return NULL;
    }
    if (!package_is(bytes)) {
        not_a_workbook(err, "it is no zip");
        return NULL;
    }
    Package *package = package_open(bytes, err);
    return package ? xlsx_file_of(package, err) : NULL;
}

XlsxFile *xlsx_file_open_fd(int fd, GError **err)
{
    char head[8];
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        error_set_errno(err, errno, "cannot read the workbook");
        return NULL;
    }
    Str bytes = { head, (size_t) n };
    if (package_is_ole(bytes)) {
        refuse_ole(package_ole_fd(fd), err);
        return NULL;
    }
    if (!package_is(bytes))
        return xlsx_file_open(bytes, err); /* says what it is instead */
    Package *package = package_open_fd(fd, err);
    return package ? xlsx_file_of(package, err) : NULL;
}

void xlsx_file_close(XlsxFile *file)
{
    if (!file)
        return;
    package_close(file->package);
    arena_free(file->arena);
    g_free(file);
}

const XlsxSheetInfo *xlsx_file_sheets(const XlsxFile *file, size_t *ret_n)
{
    *ret_n = file->sheets.n;
    return file->sheets.v;
}

bool xlsx_style_is_date(const XlsxFile *file, int32_t style)
{
    return style >= 0 && (size_t) style < file->formats.n
           && (file->formats.v[style].kind == FORMAT_DATE || file->formats.v[style].kind == FORMAT_DATE_TIME);
}
