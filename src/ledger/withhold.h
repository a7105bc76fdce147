/* withhold.h: what an issued document says of restricted tasks is not for everybody who may read the document.
 *
 * A commission that reads one document to seventy units and keeps one of its items to named people hands the others an excerpt (节选): the other items stay usable, the
 * numbering shows that there is one more, and what it says is covered. To refuse the whole document would take from sixty-nine owners the sentence that their own
 * tasks come from; to leave the item out without a word would make the count that the document itself declares look wrong. So the item keeps its place and its
 * number, each of its characters is a black square, and the file as it came, which cannot be covered, is only for who may read all of it. */
#pragma once

#include "ledger/ledger.h"

/* Spans of an issued document, in code points of its text, that hold restricted tasks which the user may not read. */
typedef struct {
    const Span *spans;
    size_t n;
} Withheld;

bool document_withheld(DbConn *conn, Arena *arena, const User *user, const DocumentRow *row, Withheld *ret_withheld, GError **err);
bool withheld_has(const Withheld *withheld, Span span); /* whether they overlap; never for a span that is nowhere */

/* The text with the spans covered, as long as before but for bytes. first: the place of its first character in the document. */
Str withheld_cover(const Withheld *withheld, Str text, size_t first, Arena *arena);

/* Covers the text, empties the items (`withheld`) and what is said of them elsewhere. Only for showing: such a draft is not written back. */
void draft_withhold(Draft *draft, const Withheld *withheld, Arena *arena);

/* Whether a correction (its path) is one of a withheld item. */
bool draft_edit_withheld(const Draft *draft, Str path);

/* Fails with BH_FORBIDDEN "document-withheld" (params n: how many) where anything is withheld. */
bool document_whole(const Withheld *withheld, GError **err);
