/* set.h: a fixed set of texts, and code tables on it; private to src/expr. */
#pragma once

#include "base/arena.h"
#include "expr/expr.h"

typedef struct {
    uint32_t mask;
    const uint32_t *slots; /* place in texts plus one, by hash; 0: free */
    const Str *texts;
    const uint32_t *hashes; /* by place */
    uint32_t n;
} TextSet;

/* Of texts that differ from each other. They are kept, not copied. */
const TextSet *text_set_new(Arena *arena, const Str *texts, size_t n);
int64_t text_set_find(const TextSet *set, Str text); /* its place, or -1 */

struct ExprCodes {
    Str name;
    const TextSet *set;      /* the codes, each once, in their order */
    const ExprCode *codes;   /* as given, but in that order: those of one code stand together */
    const uint32_t *first;   /* by place in the set: the first of codes; one more behind the last */
    const uint32_t *parents; /* by place in the set: the place of the parent, or UINT32_MAX */
    bool ranked, dated;
};

static inline const ExprCode *codes_at(const ExprCodes *codes, size_t place)
{
    return &codes->codes[codes->first[place]];
}

/* Whether the code of a place is valid on a day. */
bool codes_valid_on(const ExprCodes *codes, size_t place, Date on);

/* By place: 1 for a code and all below it. */
const uint8_t *codes_below(const ExprCodes *codes, size_t place, Arena *arena);
