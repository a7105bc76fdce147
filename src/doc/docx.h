/* docx.h: private to doc: the parts of a DOCX. Source: ECMA-376 part 1 (17.3 paragraphs, 17.4 tables, 17.9 numbering, 17.13 revisions). */
#pragma once

#include "base/xml.h"

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
