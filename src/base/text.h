/* text.h: one form for what people write in several: full-width letters and digits, and names of organisations. */
#pragma once

#include "base/arena.h"

/* The half-width form of a character: U+FF01 to U+FF5E become ASCII, U+3000 a space; others stay. Note that this makes
 * ，（）：；！？ ASCII too, and leaves 、。《》 as they are. */
static inline uint32_t text_fold_char(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    return c == 0x3000 ? ' ' : c;
}

/* The same over a text, which must be valid UTF-8: three bytes become one, so byte offsets move (characters do not).
 * s itself when there is nothing to fold. */
Str text_fold_width(Str s, Arena *arena);

/* What two spellings of one name share, for looking it up: NFKC with letters' case folded, without white space and
 * invisible characters, brackets ()（）[]［］〔〕【】 all ( and ), separators 、，,；; all 、, dots · • ・ all ·, dashes all -.
 * Not for showing. s must be valid UTF-8; "" for a name of nothing else. */
Str text_name_key(Str s, Arena *arena);
