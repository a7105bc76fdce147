#include "base/limits.h"
#include "base/package.h"
#include "doc/docx.h"
#include "doc/layout.h"
#include "doc/text.h"

#include "base/banned.h"

/* A DOCX is a zip of XML parts; the body is word/document.xml. Headers, footers, notes and comments are parts of their own and are not
 * read. */

bool docx_is(Str bytes)
{
    return package_is(bytes);
}

/* --- The body ------------------------------------------------------------------------------------------------------ */

typedef struct {
    Layout *layout;
    Numbering *numbering;
    int skipped; /* open elements whose text is not the document's */
    bool in_text, cell_pending, cell_hidden;
    int cell_columns;
    /* of the paragraph */
    bool labelled;
    int list, level;
    char style[64];
} Body;

/* Deleted and moved-away text, properties as they were before, the second of two renderings, and field codes. */
static bool is_skipped(const char *name)
{
    static const char *const names[] = { "del", "moveFrom", "pPrChange", "rPrChange", "tcPrChange", "Fallback", "instrText", "pict" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(name, names[i]))
            return true;
    return false;
}

/* A cell is begun by its first paragraph, when its properties are known. */
static void begin_pending_cell(Body *body)
{
    if (body->cell_pending)
        layout_begin_cell(body->layout, body->cell_columns, body->cell_hidden ? 0 : 1);
    body->cell_pending = false;
}

static void begin_paragraph(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    begin_pending_cell(body);
    layout_break(body->layout);
    body->labelled = false;
    body->list = body->level = -1;
    body->style[0] = '\0';
}

/* The number goes before the first text: an empty paragraph of a list shows none and does not count. */
static void put_label(Body *body)
{
    if (body->labelled)
        return;
    body->labelled = true;
    g_autoptr(GString) label = g_string_new(NULL);
    numbering_label(body->numbering, body->list, body->level, body->style[0] ? str_from(body->style) : STR_NONE, label);
    layout_verbatim(body->layout, str_from_gstring(label));
}

static void put(Body *body, Str text)
{
    if (body->skipped > 0 || body->cell_hidden)
        return;
    put_label(body);
    layout_verbatim(body->layout, text);
}

static void begin_table(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    begin_pending_cell(body);
    layout_begin_table(body->layout);
}

static void begin_row(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    layout_begin_row(body->layout);
}

static void begin_cell(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    body->cell_pending = true;
    body->cell_hidden = false;
    body->cell_columns = 1;
}

static void span_cell(Body *body, const XmlAttributes *attributes)
{
    body->cell_columns = xml_number(attributes, "val", 1);
}

/* Without "restart" it goes on with the cell above. */
static void merge_cell(Body *body, const XmlAttributes *attributes)
{
    body->cell_hidden = !str_eq(xml_attribute(attributes, "val"), STR("restart"));
}

static void set_list(Body *body, const XmlAttributes *attributes)
{
    body->list = xml_number(attributes, "val", -1);
}

static void set_level(Body *body, const XmlAttributes *attributes)
{
    body->level = xml_number(attributes, "val", -1);
}

static void set_style(Body *body, const XmlAttributes *attributes)
{
    Str style = xml_attribute(attributes, "val");
    g_snprintf(body->style, sizeof body->style, STR_FMT, STR_ARG(style));
}

static void begin_text(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    body->in_text = true;
}

static void put_tab(Body *body, const XmlAttributes *attributes)
{
    /* Inside tabs it defines a stop, and has a position. */
    if (!xml_attribute(attributes, "pos").p)
        put(body, STR("\t"));
}

static void put_break(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    layout_break(body->layout);
}

static void put_hyphen(Body *body, const XmlAttributes *attributes)
{
    (void) attributes;
    put(body, STR("-"));
}

static const struct {
    const char *name;
    void (*begin)(Body *body, const XmlAttributes *attributes);
} beginnings[] = {
    { "t", begin_text },        { "p", begin_paragraph }, { "tab", put_tab },      { "br", put_break },    { "cr", put_break },
    { "numId", set_list },      { "ilvl", set_level },    { "pStyle", set_style }, { "tbl", begin_table }, { "tr", begin_row },
    { "tc", begin_cell },       { "gridSpan", span_cell }, { "vMerge", merge_cell }, { "noBreakHyphen", put_hyphen },
};

static bool on_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    (void) err;
    Body *body = data;
    body->skipped += is_skipped(name);
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings) && body->skipped == 0; i++)
        if (g_str_equal(name, beginnings[i].name)) {
            beginnings[i].begin(body, attributes);
            break;
        }
    return true;
}

static bool on_end(void *data, const char *name, GError **err)
{
    (void) err;
    Body *body = data;
    bool outside = body->skipped == 0;
    body->skipped -= is_skipped(name);
    if (!outside)
        return true;
    if (g_str_equal(name, "t"))
        body->in_text = false;
    else if (g_str_equal(name, "p"))
        layout_break(body->layout);
    else if (g_str_equal(name, "tc"))
        begin_pending_cell(body);
    else if (g_str_equal(name, "tr"))
        layout_end_row(body->layout);
    else if (g_str_equal(name, "tbl"))
        layout_end_table(body->layout);
    if (g_str_equal(name, "tc"))
        body->cell_hidden = false;
    return true;
}

static bool on_text(void *data, Str text, GError **err)
{
    Body *body = data;
    if (body->in_text)
        put(body, text);
    return layout_size(body->layout) <= LIMIT_DOC_BYTES || error_set(err, BH_TOO_LARGE, "the document's text is too long");
}

bool docx_read_parts(Str document, Str numbering_xml, Str styles, Arena *arena, Str *ret_text, GError **err)
{
    static const XmlHandler handler = { on_begin, on_end, on_text };
    g_autoptr(Numbering) numbering = numbering_new(numbering_xml, styles, err);
    g_autoptr(Layout) layout = layout_new();
    Body body = { .layout = layout, .numbering = numbering };
    if (!numbering || !xml_parse(document, &handler, &body, err))
        return false;
    *ret_text = layout_all(layout, arena);
    return true;
}

bool docx_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err)
{
    (void) diags;
    g_autoptr(Arena) parts = arena_new();
    Str document, numbering, styles;
    g_autoptr(Package) package = package_open(bytes, err);
    if (!package || !package_part(package, "word/document.xml", LIMIT_DOC_UNPACKED_BYTES, parts, &document, err)
        || !package_part(package, "word/numbering.xml", LIMIT_DOC_UNPACKED_BYTES, parts, &numbering, err)
        || !package_part(package, "word/styles.xml", LIMIT_DOC_UNPACKED_BYTES, parts, &styles, err))
        return false;
    if (!document.p) {
        error_set(err, BH_BAD_INPUT, "the file is no document: the zip holds no word/document.xml");
        return error_detail(err, "not-a-document");
    }
    text->encoding = "UTF-8";
    return docx_read_parts(document, numbering, styles, arena, &text->text, err);
}
