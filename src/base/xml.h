/* xml.h: an XML part as it comes, element by element, in constant memory however long it is. Names are without their prefix. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct XmlAttributes XmlAttributes;

/* The value of an attribute by its name without prefix, valid during the call; STR_NONE. */
Str xml_attribute(const XmlAttributes *attributes, const char *name);
int xml_number(const XmlAttributes *attributes, const char *name, int otherwise); /* -1 to 32767, else `otherwise` */

/* w:val, which most properties of a DOCX use: for switches, absent is true, and "0", "false", "off" are false. */
bool xml_is_on(const XmlAttributes *attributes);

/* Each returns false with err to end the reading there. `text` may be NULL; it may come in several pieces. */
typedef struct {
    bool (*begin)(void *data, const char *name, const XmlAttributes *attributes, GError **err);
    bool (*end)(void *data, const char *name, GError **err);
    bool (*text)(void *data, Str text, GError **err);
} XmlHandler;

/* Where the bytes come from: how many of at most `n` were put into `buffer`; 0 at the end, -1 with err. */
typedef struct {
    ssize_t (*read)(void *data, char *buffer, size_t n, GError **err);
    void *data;
} XmlSource;

/* BH_BAD_INPUT "not-a-document": not well formed, or with a document type (no office file has one, and entities are a way to blow up); BH_TOO_LARGE:
 * nested too deep. Else what the handler or the source said. */
bool xml_read(XmlSource source, const XmlHandler *handler, void *data, GError **err);
bool xml_parse(Str xml, const XmlHandler *handler, void *data, GError **err); /* of bytes in memory */

/* The same for a caller who reads on when he wants to: each piece (at most 1 GB) is parsed as far as it goes, and handlers are called. `last`: nothing follows, and
 * piece may be empty. After false no further call. */
typedef struct XmlPush XmlPush;
XmlPush *xml_push_new(const XmlHandler *handler, void *data);
bool xml_push(XmlPush *push, Str piece, bool last, GError **err);
void xml_push_free(XmlPush *push);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlPush, xml_push_free)

/* --- Writing ------------------------------------------------------------------------------------------------------- */

/* Appends text for between tags, or (the same) for within quotes of an attribute: characters that XML cannot hold are left out. */
void xml_escape(GString *out, Str text);

/* Appends the start tag of the element that `begin` was given, with prefix, namespaces and attributes as they came; `leave_out` (may be NULL) says
 * which attributes are not to go with it. It is not closed: the caller adds attributes and '>'. */
void xml_copy_begin(const XmlAttributes *attributes, bool (*leave_out)(const char *name), GString *out);
void xml_copy_end(const char *qualified, GString *out);
/* The element's name with its prefix, valid during the call. */
void xml_qualified(const XmlAttributes *attributes, GString *ret_name);
