/* view.h: private to doc. A document's text as the stages match on it: code points without layout, each of which knows where it stands in
 * the stored text.
 *
 * All three arrays have the same indices, so that a match is at once a value (orig) and a span (at). norm is folded one code point
 * to one: full-width ASCII to half-width (（１％，： become (1%,:), white space of every kind to a space); 〔〕 stay. Patterns and tables are written in the
 * folded form, as U"" literals. Line breaks inside a paragraph are gone; a paragraph ends in '\n'. */
#pragma once

#include <uchar.h>

#include "base/text.h"
#include "doc/doc.h"

typedef struct {
    const char32_t *norm, *orig;
    const uint32_t *at; /* n + 1: at[n] is the end */
    size_t n;
} View;

/* A literal for tables and comparisons: `W(U"不少于")`. */
typedef struct {
    const char32_t *p;
    size_t n;
} Word;
#define WORD_INIT(s) { s, sizeof(s) / sizeof(char32_t) - 1 }
#define W(s) ((Word) WORD_INIT(s))

/* Whether a word, taken as a set, has the character. */
static inline bool word_has(Word set, char32_t c)
{
    for (size_t i = 0; i < set.n; i++)
        if (set.p[i] == c)
            return true;
    return false;
}

/* A half-open range of a view. */
typedef struct {
    size_t from, to;
} Range;

static inline bool view_at(const View *view, size_t i, Word word)
{
    /* Most comparisons end at the first character. */
    return i + word.n <= view->n && word.n > 0 && view->norm[i] == word.p[0] && memcmp(view->norm + i, word.p, word.n * sizeof(char32_t)) == 0;
}

/* One code point as it stands in norm. */
static inline char32_t char_fold(char32_t c)
{
    enum { NO_BREAK_SPACE = 0x00A0, THIN_SPACES = 0x2000, LAST_THIN_SPACE = 0x200A, NARROW_SPACE = 0x202F, MATH_SPACE = 0x205F };
    if (is_han(c))
        return c;
    bool space = c == '\t' || c == NO_BREAK_SPACE || (c >= THIN_SPACES && c <= LAST_THIN_SPACE) || c == NARROW_SPACE || c == MATH_SPACE;
    return space ? ' ' : text_fold_char(c);
}

static inline bool is_blank(char32_t folded)
{
    return folded == ' ' || folded == '\n';
}

/* All of a UTF-8 text, line breaks and layout included: at[i] == i. */
View view_of_text(Str text, Arena *arena);

/* The original text of a range as UTF-8 in the arena, and its span; the '\n' between paragraphs is left out of the text. An empty range
 * gives no value. */
DocValue view_value(const View *view, Range range, Arena *arena);

/* The range without white space and the given punctuation at its ends. */
Range view_trim(const View *view, Range range, Word also);

/* Where the word first stands inside the range; range.to if nowhere. */
size_t view_find(const View *view, Range range, Word word);
