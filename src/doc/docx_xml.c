#include <libxml/parser.h>

#include "doc/docx.h"

#include "base/banned.h"

enum { DEEPEST = 256, FIELDS = 5 /* libxml2 gives an attribute as name, prefix, URI, value, end */ };

struct XmlAttributes {
    const xmlChar **v;
    int n;
};

typedef struct {
    const XmlHandler *handler;
    void *data;
    xmlParserCtxtPtr parser;
    int depth;
    bool refused, over;
} Parse;

Str xml_attribute(const XmlAttributes *attributes, const char *name)
{
    for (int i = 0; i < attributes->n; i++) {
        const xmlChar **field = attributes->v + (ptrdiff_t) i * FIELDS;
        if (g_str_equal((const char *) field[0], name))
            return (Str) { (const char *) field[3], (size_t) (field[4] - field[3]) };
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

static void on_begin(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
                     int n_attributes, int n_defaulted, const xmlChar **attributes)
{
    (void) prefix, (void) uri, (void) n_namespaces, (void) namespaces, (void) n_defaulted;
    Parse *parse = data;
    XmlAttributes all = { attributes, n_attributes };
    parse->over |= ++parse->depth > DEEPEST;
    if (parse->over)
        xmlStopParser(parse->parser);
    else
        parse->handler->begin(parse->data, (const char *) name, &all);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void) prefix, (void) uri;
    Parse *parse = data;
    parse->depth--;
    parse->handler->end(parse->data, (const char *) name);
}

static void on_text(void *data, const xmlChar *text, int length)
{
    Parse *parse = data;
    if (!parse->handler->text || parse->over)
        return;
    parse->over = !parse->handler->text(parse->data, (Str) { (const char *) text, (size_t) length });
    if (parse->over)
        xmlStopParser(parse->parser);
}

static void on_document_type(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void) name, (void) external, (void) system;
    Parse *parse = data;
    parse->refused = true;
    xmlStopParser(parse->parser);
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

bool xml_parse(Str xml, const XmlHandler *handler, void *data, GError **err)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_begin,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_document_type,
        .serror = on_error,
    };
    Parse parse = { .handler = handler, .data = data };
    parse.parser = xmlCreatePushParserCtxt(&sax, &parse, NULL, 0, NULL);
    xmlCtxtUseOptions(parse.parser, XML_PARSE_NONET);
    xmlParseChunk(parse.parser, xml.p, (int) xml.n, 1);
    bool well_formed = parse.parser->wellFormed;
    xmlFreeParserCtxt(parse.parser);
    if (parse.over)
        return error_set(err, BH_TOO_LARGE, "the document is nested over %d deep, or its text is too long", DEEPEST);
    if (parse.refused)
        return not_a_document(err, "has a document type");
    return well_formed || not_a_document(err, "is not well formed");
}
