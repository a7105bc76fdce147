/* docx.h: private to doc: the parts of a DOCX. Source: ECMA-376 part 1 (17.3 paragraphs, 17.4 tables, 17.9 numbering, 17.13 revisions). */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/* --- docx_xml.c: one part's XML as it comes ------------------------------------------------------------------------ */

typedef struct XmlAttributes XmlAttributes;

/* The value of an attribute by its name without prefix, valid during the call; STR_NONE. */
Str xml_attribute(const XmlAttributes *attributes, const char *name);
int xml_number(const XmlAttributes *attributes, const char *name, int otherwise);

/* w:val, which most properties use: for switches, absent is true, and "0", "false", "off" are false. */
bool xml_is_on(const XmlAttributes *attributes);

typedef struct {
    void (*begin)(void *data, const char *name, const XmlAttributes *attributes); /* names without prefix */
    void (*end)(void *data, const char *name);
    bool (*text)(void *data, Str text); /* false: stop, the text is over its limit; may be NULL */
} XmlHandler;

/* BH_BAD_INPUT "not-a-document": not well formed, or with a document type (no DOCX has one, and entities are a way to blow up); BH_TOO_LARGE:
 * nested over its depth, or stopped by `text`. */
bool xml_parse(Str xml, const XmlHandler *handler, void *data, GError **err);

/* --- docx_numbering.c: automatic numbers --------------------------------------------------------------------------- */

typedef struct Numbering Numbering;

/* From numbering.xml and styles.xml (STR_NONE where there is none). */
Numbering *numbering_new(Str numbering_xml, Str styles_xml, GError **err);
void numbering_free(Numbering *numbering);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Numbering, numbering_free)

/* The label of the next paragraph of a list, with what divides it from the text: "（一）", "3. "; "" for none. num_id or level < 0: as the
 * paragraph's style has it (style may be STR_NONE). Counts. */
void numbering_label(Numbering *numbering, int num_id, int level, Str style, GString *out);

/* --- docx.c ------------------------------------------------------------------------------------------------------- */

/* The text of a document's parts as they come out of the zip; numbering and styles may be STR_NONE. */
bool docx_read_parts(Str document, Str numbering, Str styles, Arena *arena, Str *ret_text, GError **err);
