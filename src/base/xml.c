#include <libxml/parser.h>

#include "base/xml.h"

#include "base/banned.h"

enum { DEEPEST = 256, FIELDS = 5 /* libxml2 gives an attribute as name, prefix, URI, value, end */ };

struct XmlAttributes {
    const xmlChar **v;
    int n;
    const xmlChar *name, *prefix;
    const xmlChar **namespaces; /* prefix, URI */
    int n_namespaces;
};

typedef struct {
    const XmlHandler *handler;
    void *data;
    XmlSource source;
    xmlParserCtxtPtr parser;
    int depth;
    bool refused, over, stopped;
    GError *error;
} Parse;

static Str value_of(const xmlChar **field)
{
    return (Str) { (const char *) field[3], (size_t) (field[4] - field[3]) };
}

Str xml_attribute(const XmlAttributes *attributes, const char *name)
{
    for (int i = 0; i < attributes->n; i++) {
        const xmlChar **field = attributes->v + (ptrdiff_t) i * FIELDS;
        if (strcmp((const char *) field[0], name) == 0)
            return value_of(field);
    }
    return STR_NONE;
}

int xml_number(const XmlAttributes *attributes, const char *name, int otherwise)
{
    int64_t value;
    bool read = str_to_int64(xml_attribute(attributes, name), &value) && value >= -1 && value <= G_MAXINT16;
    return read ? (int) value : otherwise;
}

bool xml_is_on(const XmlAttributes *attributes)
{
    Str value = xml_attribute(attributes, "val");
    return !str_eq(value, STR("0")) && !str_eq(value, STR("false")) && !str_eq(value, STR("off"));
}

/* --- Reading ------------------------------------------------------------------------------------------------------- */

static void stop(Parse *parse)
{
    parse->stopped = true;
    xmlStopParser(parse->parser);
}

static void on_begin(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
                     int n_attributes, int n_defaulted, const xmlChar **attributes)
{
    (void) uri, (void) n_defaulted;
    Parse *parse = data;
    XmlAttributes all = { attributes, n_attributes, name, prefix, namespaces, n_namespaces };
    if (parse->stopped)
        return;
    parse->over |= ++parse->depth > DEEPEST;
    if (parse->over || !parse->handler->begin(parse->data, (const char *) name, &all, &parse->error))
        stop(parse);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void) prefix, (void) uri;
    Parse *parse = data;
    parse->depth--;
    if (!parse->stopped && !parse->handler->end(parse->data, (const char *) name, &parse->error))
        stop(parse);
}

static void on_text(void *data, const xmlChar *text, int length)
{
    Parse *parse = data;
    if (!parse->stopped && parse->handler->text
        && !parse->handler->text(parse->data, (Str) { (const char *) text, (size_t) length }, &parse->error))
        stop(parse);
}

static void on_document_type(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void) name, (void) external, (void) system;
    Parse *parse = data;
    parse->refused = true;
    stop(parse);
}

static void on_error(void *data, xmlErrorPtr error)
{
    (void) data, (void) error; /* whether it is well formed is asked at the end */
}

static bool not_a_document(GError **err, const char *why)
{
    error_set(err, BH_BAD_INPUT, "the document's XML %s", why);
    return error_detail(err, "not-a-document");
}

static int read_source(void *data, char *buffer, int n)
{
    Parse *parse = data;
    if (parse->stopped || parse->error || n <= 0)
        return 0;
    return (int) parse->source.read(parse->source.data, buffer, (size_t) n, &parse->error);
}

static xmlSAXHandler handlers(void)
{
    return (xmlSAXHandler) {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_begin,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_document_type,
        .serror = on_error,
    };
}

enum { XML_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOENT }; /* without NOENT, "&amp;" in an attribute comes as "&#38;" */

/* How it ended, once no more is to be parsed or something was wrong. */
static bool outcome(Parse *parse, bool well_formed, GError **err)
{
    if (parse->error) {
        g_propagate_error(err, g_steal_pointer(&parse->error));
        return false;
    }
    if (parse->over)
        return error_set(err, BH_TOO_LARGE, "the document is nested over %d deep", DEEPEST);
    if (parse->refused)
        return not_a_document(err, "has a document type");
    return well_formed || not_a_document(err, "is not well formed");
}

bool xml_read(XmlSource source, const XmlHandler *handler, void *data, GError **err)
{
    xmlSAXHandler sax = handlers();
    Parse parse = { .handler = handler, .data = data, .source = source };
    parse.parser = xmlCreateIOParserCtxt(&sax, &parse, read_source, NULL, &parse, XML_CHAR_ENCODING_NONE);
    if (!parse.parser)
        return parse.error ? (g_propagate_error(err, parse.error), false) : not_a_document(err, "is empty");
    xmlCtxtUseOptions(parse.parser, XML_OPTIONS);
    xmlParseDocument(parse.parser);
    bool well_formed = parse.parser->wellFormed;
    xmlFreeParserCtxt(parse.parser);
    return outcome(&parse, well_formed, err);
}

/* --- Piece by piece ------------------------------------------------------------------------------------------------ */

struct XmlPush {
    Parse parse;
};

XmlPush *xml_push_new(const XmlHandler *handler, void *data)
{
    xmlSAXHandler sax = handlers();
    XmlPush *push = g_new0(XmlPush, 1);
    push->parse = (Parse) { .handler = handler, .data = data };
    push->parse.parser = xmlCreatePushParserCtxt(&sax, &push->parse, NULL, 0, NULL);
    g_assert(push->parse.parser);
    xmlCtxtUseOptions(push->parse.parser, XML_OPTIONS);
    return push;
}

void xml_push_free(XmlPush *push)
{
    if (!push)
        return;
    xmlFreeParserCtxt(push->parse.parser);
    g_clear_error(&push->parse.error);
    g_free(push);
}

bool xml_push(XmlPush *push, Str piece, bool last, GError **err)
{
    Parse *parse = &push->parse;
    xmlParseChunk(parse->parser, piece.p ? piece.p : "", (int) piece.n, last);
    bool wrong = parse->stopped || parse->error || !parse->parser->wellFormed;
    return (!last && !wrong) || outcome(parse, parse->parser->wellFormed, err);
}

static ssize_t read_memory(void *data, char *buffer, size_t n, GError **err)
{
    (void) err;
    Str *rest = data;
    size_t taken = MIN(n, rest->n);
    if (taken > 0) {
        memcpy(buffer, rest->p, taken);
        *rest = str_from_at(*rest, taken);
    }
    return (ssize_t) taken;
}

bool xml_parse(Str xml, const XmlHandler *handler, void *data, GError **err)
{
    return xml_read((XmlSource) { read_memory, &xml }, handler, data, err);
}

/* --- Writing ------------------------------------------------------------------------------------------------------- */

static bool is_xml_char(uint32_t c)
{
    return (c >= 0x20 && c != 0xFFFE && c != 0xFFFF) || c == '\t' || c == '\n' || c == '\r';
}

static const char *entity_of(uint32_t c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\r': return "&#13;";
    default: return NULL;
    }
}

void xml_escape(GString *out, Str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t from = at;
        uint32_t c = utf8_next(text, &at);
        const char *entity = entity_of(c);
        if (entity)
            g_string_append(out, entity);
        else if (is_xml_char(c))
            g_string_append_len(out, text.p + from, (gssize) (at - from));
    }
}

static void append_name(GString *out, const xmlChar *prefix, const xmlChar *name)
{
    if (prefix && *prefix)
        g_string_append_printf(out, "%s:", (const char *) prefix);
    g_string_append(out, (const char *) name);
}

/* A line end or tab in an attribute must be written by number: a reader makes a space of it. */
static void append_attribute_value(GString *out, Str value)
{
    g_string_append(out, "=\"");
    for (Str rest = value; rest.p;) {
        xml_escape(out, str_cut(&rest, '\n'));
        if (rest.p)
            g_string_append(out, "&#10;");
    }
    g_string_append_c(out, '"');
}

void xml_qualified(const XmlAttributes *attributes, GString *ret_name)
{
    g_string_truncate(ret_name, 0);
    append_name(ret_name, attributes->prefix, attributes->name);
}

void xml_copy_begin(const XmlAttributes *attributes, bool (*leave_out)(const char *name), GString *out)
{
    g_string_append_c(out, '<');
    append_name(out, attributes->prefix, attributes->name);
    for (int i = 0; i < attributes->n_namespaces; i++) {
        const xmlChar *prefix = attributes->namespaces[2 * i], *uri = attributes->namespaces[2 * i + 1];
        g_string_append(out, prefix ? " xmlns:" : " xmlns");
        g_string_append(out, prefix ? (const char *) prefix : "");
        append_attribute_value(out, str_from((const char *) uri));
    }
    for (int i = 0; i < attributes->n; i++) {
        const xmlChar **field = attributes->v + (ptrdiff_t) i * FIELDS;
        if (leave_out && leave_out((const char *) field[0]))
            continue;
        g_string_append_c(out, ' ');
        append_name(out, field[1], field[0]);
        append_attribute_value(out, value_of(field));
    }
}

void xml_copy_end(const char *qualified, GString *out)
{
    g_string_append_printf(out, "</%s>", qualified);
}
