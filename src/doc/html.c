#include <libxml/HTMLparser.h>

#include "base/limits.h"
#include "base/decode.h"
#include "doc/layout.h"
#include "doc/text.h"

#include "base/banned.h"

/* A page as it was saved. libxml2 reports elements as they come (no tree, so memory is that of the text), layout.c keeps lines and weighs
 * the parts of the page. The bytes are decoded first and strictly: what the page says of its encoding is believed only where the bytes
 * themselves leave it open. Scripts, styles and comments are cut out before parsing: they are the bulk of a page, and what is in them
 * cannot then confuse or slow the parser. */

enum { DEEPEST_ELEMENT = 1000, MOST_ATTRIBUTES = 500 };

typedef enum {
    TAG_BLOCK = 1,    /* begins and ends a line */
    TAG_PART = 2,     /* may be the article */
    TAG_HIDDEN = 4,   /* with all that is in it */
    TAG_HEADING = 8,
    TAG_LINK = 16,
    TAG_TABLE = 32,
    TAG_ROW = 64,
    TAG_CELL = 128,
    TAG_BREAK = 256,  /* a line ends here; no content */
    TAG_PRE = 512,
} TagRole;

static const struct {
    const char *name;
    unsigned role;
} tags[] = {
    { "a", TAG_LINK },
    { "article", TAG_BLOCK | TAG_PART },
    { "aside", TAG_HIDDEN },
    { "blockquote", TAG_BLOCK },
    { "body", TAG_BLOCK },
    { "br", TAG_BREAK },
    { "button", TAG_HIDDEN },
    { "caption", TAG_BLOCK },
    { "center", TAG_BLOCK },
    { "dd", TAG_BLOCK },
    { "div", TAG_BLOCK | TAG_PART },
    { "dl", TAG_BLOCK },
    { "dt", TAG_BLOCK },
    { "fieldset", TAG_BLOCK },
    { "figcaption", TAG_BLOCK },
    { "footer", TAG_BLOCK | TAG_PART },
    { "form", TAG_BLOCK },
    { "h1", TAG_BLOCK | TAG_HEADING },
    { "h2", TAG_BLOCK | TAG_HEADING },
    { "h3", TAG_BLOCK | TAG_HEADING },
    { "h4", TAG_BLOCK },
    { "h5", TAG_BLOCK },
    { "h6", TAG_BLOCK },
    { "head", TAG_HIDDEN },
    { "header", TAG_BLOCK | TAG_PART },
    { "hr", TAG_BREAK },
    { "iframe", TAG_HIDDEN },
    { "li", TAG_BLOCK },
    { "main", TAG_BLOCK | TAG_PART },
    { "nav", TAG_HIDDEN },
    { "noscript", TAG_HIDDEN },
    { "object", TAG_HIDDEN },
    { "ol", TAG_BLOCK },
    { "p", TAG_BLOCK },
    { "pre", TAG_BLOCK | TAG_PRE },
    { "script", TAG_HIDDEN },
    { "section", TAG_BLOCK | TAG_PART },
    { "select", TAG_HIDDEN },
    { "style", TAG_HIDDEN },
    { "svg", TAG_HIDDEN },
    { "table", TAG_TABLE },
    { "td", TAG_CELL | TAG_PART },
    { "template", TAG_HIDDEN },
    { "textarea", TAG_HIDDEN },
    { "th", TAG_CELL | TAG_PART },
    { "title", TAG_HIDDEN },
    { "tr", TAG_ROW },
    { "ul", TAG_BLOCK },
};

typedef struct {
    htmlParserCtxtPtr parser;
    Layout *layout;
    GArray *open; /* of unsigned: the roles of the open elements */
    size_t hidden, links, pres;
    bool too_deep, too_large;
} Page;

static unsigned role_of(const xmlChar *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++)
        if (g_ascii_strcasecmp((const char *) name, tags[i].name) == 0)
            return tags[i].role;
    return 0;
}

/* --- Elements as they come ----------------------------------------------------------------------------------------- */

static const char *attribute(const xmlChar **attributes, const char *name)
{
    for (; attributes && attributes[0]; attributes += 2)
        if (g_ascii_strcasecmp((const char *) attributes[0], name) == 0)
            return attributes[1] ? (const char *) attributes[1] : "";
    return NULL;
}

static int number_attribute(const xmlChar **attributes, const char *name)
{
    const char *value = attribute(attributes, name);
    return value ? (int) CLAMP(g_ascii_strtoll(value, NULL, 10), 1, 1000) : 1;
}

static bool is_hidden(const xmlChar **attributes)
{
    const char *style = attribute(attributes, "style");
    g_autofree char *tight = style ? g_strdup(style) : NULL;
    if (attribute(attributes, "hidden"))
        return true;
    if (!tight)
        return false;
    char *out = tight;
    for (const char *in = tight; *in; in++)
        if (!g_ascii_isspace(*in))
            *out++ = g_ascii_tolower(*in);
    *out = '\0';
    return strstr(tight, "display:none") != NULL;
}

static void begin_roles(Page *page, unsigned role, const xmlChar **attributes)
{
    if (role & (TAG_BLOCK | TAG_BREAK))
        layout_break(page->layout);
    if (role & TAG_TABLE)
        layout_begin_table(page->layout);
    if (role & TAG_ROW)
        layout_begin_row(page->layout);
    if (role & TAG_CELL)
        layout_begin_cell(page->layout, number_attribute(attributes, "colspan"), number_attribute(attributes, "rowspan"));
    if (role & TAG_PART)
        layout_begin_part(page->layout);
    if (role & TAG_HEADING)
        layout_heading(page->layout, 1);
    page->links += (role & TAG_LINK) != 0;
    page->pres += (role & TAG_PRE) != 0;
}

static void end_roles(Page *page, unsigned role)
{
    if (role & TAG_BLOCK)
        layout_break(page->layout);
    if (role & TAG_HEADING)
        layout_heading(page->layout, 0);
    if (role & TAG_PART)
        layout_end_part(page->layout);
    if (role & TAG_ROW)
        layout_end_row(page->layout);
    if (role & TAG_TABLE)
        layout_end_table(page->layout);
    page->links -= (role & TAG_LINK) != 0;
    page->pres -= (role & TAG_PRE) != 0;
}

static void on_start(void *data, const xmlChar *name, const xmlChar **attributes)
{
    Page *page = data;
    unsigned role = role_of(name);
    if (is_hidden(attributes))
        role |= TAG_HIDDEN;
    g_array_append_val(page->open, role);
    page->hidden += (role & TAG_HIDDEN) != 0;
    if (page->hidden == 0)
        begin_roles(page, role, attributes);
    page->too_deep |= page->open->len > DEEPEST_ELEMENT;
    if (page->too_deep)
        xmlStopParser(page->parser);
}

static void on_end(void *data, const xmlChar *name)
{
    (void) name; /* the parser ends elements in the order in which they stand open */
    Page *page = data;
    if (page->open->len == 0)
        return;
    unsigned role = g_array_index(page->open, unsigned, page->open->len - 1);
    g_array_set_size(page->open, page->open->len - 1);
    if (page->hidden == 0)
        end_roles(page, role);
    page->hidden -= (role & TAG_HIDDEN) != 0;
}

static void on_text(void *data, const xmlChar *text, int length)
{
    Page *page = data;
    if (page->hidden > 0)
        return;
    Str piece = { (const char *) text, (size_t) length };
    if (page->pres > 0)
        layout_verbatim(page->layout, piece);
    else
        layout_text(page->layout, piece, page->links > 0);
    page->too_large |= layout_size(page->layout) > LIMIT_DOC_BYTES;
    if (page->too_large)
        xmlStopParser(page->parser);
}

/* --- Before parsing ------------------------------------------------------------------------------------------------ */

static ptrdiff_t find_ignoring_case(Str s, size_t from, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t i = from; i + n <= s.n; i++) {
        const char *next = memchr(s.p + i, needle[0], s.n - i - n + 1);
        if (!next)
            return -1;
        i = (size_t) (next - s.p);
        if (g_ascii_strncasecmp(next, needle, n) == 0)
            return (ptrdiff_t) i;
    }
    return -1;
}

static const struct {
    const char *begin, *end;
} cuts[] = { { "<!--", "-->" }, { "<script", "</script>" }, { "<style", "</style>" } };

/* Where the markup at i that is cut out ends; 0: nothing is cut out here. What never ends is cut to the end of the page. */
static size_t cut_end(Str page, size_t i)
{
    for (size_t k = 0; k < G_N_ELEMENTS(cuts); k++) {
        size_t n = strlen(cuts[k].begin);
        if (page.n - i < n || g_ascii_strncasecmp(page.p + i, cuts[k].begin, n) != 0)
            continue;
        ptrdiff_t end = find_ignoring_case(page, i + n, cuts[k].end);
        return end < 0 ? page.n : (size_t) end + strlen(cuts[k].end);
    }
    return 0;
}

/* Attributes in the tag at i: the parser compares each with all before it. */
static size_t count_attributes(Str page, size_t i)
{
    size_t count = 0;
    char quote = 0;
    for (i++; i < page.n && (quote || (page.p[i] != '>' && page.p[i] != '<')); i++) {
        char c = page.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && page.p[i - 1] == '=')
            quote = c;
        else if (g_ascii_isspace(c) && !g_ascii_isspace(page.p[i - 1]))
            count++;
        if (count > MOST_ATTRIBUTES)
            break;
    }
    return count;
}

/* The page without scripts, styles and comments; false: a tag has more attributes than any page needs. */
static bool prepare(Str page, Arena *arena, Str *ret_page)
{
    char *out = arena_alloc(arena, page.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < page.n;) {
        size_t end = page.p[i] == '<' ? cut_end(page, i) : 0;
        if (end > 0) {
            i = end;
            continue;
        }
        if (page.p[i] == '<' && count_attributes(page, i) > MOST_ATTRIBUTES)
            return false;
        out[n++] = page.p[i++];
    }
    *ret_page = (Str) { out, n };
    return true;
}

/* --- Encoding ------------------------------------------------------------------------------------------------------ */

/* charset=X or encoding="X" in the first bytes. */
static char *named_charset(Str bytes)
{
    enum { HEAD = 4096 };
    Str head = str_head(bytes, HEAD);
    ptrdiff_t at = find_ignoring_case(head, 0, "charset=");
    if (at < 0)
        return NULL;
    Str rest = str_from_at(head, (size_t) at + strlen("charset="));
    while (rest.n > 0 && strchr("\"' ", rest.p[0]))
        rest = str_from_at(rest, 1);
    size_t n = 0;
    while (n < rest.n && (g_ascii_isalnum(rest.p[n]) || rest.p[n] == '-' || rest.p[n] == '_'))
        n++;
    return g_strndup(rest.p, n);
}

/* UTF-8 and the GB family are told by the bytes; any other must be named. */
static bool decode_page(Str bytes, Arena *arena, Diags *diags, const char **ret_encoding, Str *ret_text, GError **err)
{
    static const char *const told[] = { "utf-8", "utf8", "gbk", "gb2312", "gb18030", "gb_2312-80", "x-gbk" };
    g_autofree char *charset = named_charset(bytes);
    bool is_told = !charset;
    for (size_t i = 0; i < G_N_ELEMENTS(told) && !is_told; i++)
        is_told = g_ascii_strcasecmp(charset, told[i]) == 0;
    if (is_told || utf8_valid(bytes, NULL))
        return decode_text(bytes, arena, diags, ret_encoding, ret_text, err);
    *ret_encoding = g_intern_string(charset);
    return decode_named(bytes, charset, arena, ret_text, err);
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static void parse(Page *page, Str text)
{
    static const htmlSAXHandler handler = {
        .startElement = on_start, .endElement = on_end, .characters = on_text, .ignorableWhitespace = on_text, .cdataBlock = on_text,
    };
    page->parser = htmlNewParserCtxt();
    *page->parser->sax = handler;
    page->parser->userData = page;
    htmlCtxtReadMemory(page->parser, text.p, (int) text.n, NULL, "UTF-8",
                       HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
    htmlFreeParserCtxt(page->parser);
}

bool html_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err)
{
    Str decoded, prepared;
    if (!decode_page(bytes, arena, diags, &text->encoding, &decoded, err))
        return false;
    if (!prepare(decoded, arena, &prepared))
        return error_set(err, BH_TOO_LARGE, "an element of the page has over %d attributes", MOST_ATTRIBUTES);
    g_autoptr(Layout) layout = layout_new();
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(unsigned));
    Page page = { .layout = layout, .open = open };
    parse(&page, prepared);
    if (page.too_deep)
        return error_set(err, BH_TOO_LARGE, "the page nests over %d elements", DEEPEST_ELEMENT);
    if (page.too_large)
        return error_set(err, BH_TOO_LARGE, "the page holds over %d bytes of text", LIMIT_DOC_BYTES);
    text->text = layout_article(layout, arena);
    return true;
}

bool html_is(Str bytes)
{
    static const char *const marks[] = { "<!doctype html", "<html", "<head", "<body", "<meta ", "<div", "<table", "<p>" };
    enum { HEAD = 2048 };
    Str head = str_trim(str_head(bytes, HEAD));
    if (head.n == 0 || head.p[0] != '<')
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (find_ignoring_case(head, 0, marks[i]) >= 0)
            return true;
    return false;
}
