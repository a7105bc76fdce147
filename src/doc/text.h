/* text.h: private to doc. The readers of the several forms of file, each of which gives UTF-8; text.c does what is common to them. */
#pragma once

#include "doc/doc.h"

typedef bool (*DocReader)(Str bytes, Arena *arena, Diags *diags, const char **ret_encoding, Str *ret_text, GError **err);
