/* text.h: private to doc. The readers of the several forms of file. Each sets encoding and text (UTF-8, line ends as they come), and
 * `recognised`; text.c does what is common to them. */
#pragma once

#include "doc/doc.h"

typedef bool (*DocReader)(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err);

/* Whether the bytes are such a file. */
bool html_is(Str bytes);
bool docx_is(Str bytes); /* any zip file */
bool pdf_is(Str bytes);

bool html_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err);
bool docx_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err);
bool pdf_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err);
