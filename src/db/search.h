/* search.h: full-text search, the same on both engines: tokens are made here, and each engine only keeps them with their places.
 *
 * A text is folded (full width to half, capitals to small) and cut into runs. A run of ideographs gives each two neighbours as one token, and its last
 * character as a token of its own; a run of other letters and digits is one token, a word (in pieces of SEARCH_WORD_CHARS). What is neither parts runs and leaves no gap.
 * So 霍乱2026年 is 霍乱, 乱, 2026, 年. The last character's own token keeps phrases together that go on in another script.
 *
 * A wish is terms with white space between; each term is a phrase, all must be found in the same text. The last ideograph of a term and its last word of letters may be
 * the beginning of a token: one character is found, too, and "cov" finds COVID. */
#pragma once

#include "db/db.h"

enum { SEARCH_WORD_CHARS = 32, SEARCH_TERMS = 8, SEARCH_TERM_CHARS = 64, SEARCH_PART_CHARS = 2000,
       SEARCH_PARTS = 512 /* of one text: a million characters; what comes behind is not found */ };

/* The tokens of a text of at most SEARCH_PART_CHARS + SEARCH_TERM_CHARS characters as the engine's index takes them: for a statement's argument. "" for a
 * text without any. PostgreSQL keeps at most 256 places of a token in one text. text: UTF-8. */
Str search_tokens(DbEngine engine, Str text, Arena *arena);

/* The next part of a long text, which overlaps the one before by SEARCH_TERM_CHARS, so that no phrase is lost between them. rest->p is NULL behind the last. */
Str search_part(Str *rest);

/* What the engine's index is asked for, by MATCH or @@. False: nothing to look for in it (no letter, digit or ideograph). What is over the limits is left out. */
bool search_wish(DbEngine engine, Str wish, Arena *arena, Str *ret_match);

/* Whether a text says all that is wished, as the engines' indexes find it. */
bool search_says(Str text, Str wish, Arena *arena);

/* Where a text says what is wished: `text` in pieces, those that are hits marked; about `chars` characters around the first hit, cut where characters end; the beginning
 * where there is none. Pieces point into text. */
typedef struct {
    Str text;
    bool hit;
} SearchPiece;
size_t search_pieces(Str text, Str wish, size_t chars, Arena *arena, const SearchPiece **ret_pieces);
