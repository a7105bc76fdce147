/* decode.h: bytes of a text file to UTF-8. */
#pragma once

#include "base/arena.h"
#include "base/diags.h"
#include "base/error.h"

/* UTF-8 (with or without a byte-order mark), UTF-16 with one, or GB18030, told by content; strict: no byte is replaced or passed
 * over, but for a character cut off at the very end, which becomes the finding `broken-off`.
 * Fails with BH_BAD_INPUT: "not-a-document" (control bytes), "mixed-encoding" (error_at: the byte where the other encoding begins). */
bool decode_text(Str bytes, Arena *arena, Diags *diags, const char **ret_encoding, Str *ret_text, GError **err);

/* From a named encoding, strictly. BH_BAD_INPUT with "mixed-encoding" for bytes that it does not have, or for a name that is none. */
bool decode_named(Str bytes, const char *encoding, Arena *arena, Str *ret_text, GError **err);
