#include "expr/set.h"

#include <xxhash.h>

#include "base/banned.h"

/* --- A set of texts: open addressing, at most half full ----------------------------------------------------------- */

static uint32_t hash_of(Str text)
{
    return (uint32_t) XXH3_64bits(text.p, text.n); /* the members are a pack's; what is looked up can slow down only itself */
}

const TextSet *text_set_new(Arena *arena, const Str *texts, size_t n)
{
    uint32_t size = 8;
    while (size < 2 * n)
        size *= 2;
    uint32_t *slots = ARENA_ARRAY(arena, uint32_t, size), *hashes = ARENA_ARRAY(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        hashes[i] = hash_of(texts[i]);
        uint32_t at = hashes[i] & (size - 1);
        while (slots[at])
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t) i + 1;
    }
    TextSet *set = ARENA_NEW(arena, TextSet);
    *set = (TextSet) { size - 1, slots, texts, hashes, (uint32_t) n };
    return set;
}

int64_t text_set_find(const TextSet *set, Str text)
{
    uint32_t hash = hash_of(text);
    for (uint32_t at = hash & set->mask; set->slots[at]; at = (at + 1) & set->mask) {
        uint32_t place = set->slots[at] - 1;
        if (set->hashes[place] == hash && str_eq(set->texts[place], text))
            return place;
    }
    return -1;
}

/* --- Code tables --------------------------------------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
    const ExprCode *x = a, *y = b;
    int order = str_cmp(x->code, y->code);
    return order ? order : (x->from > y->from) - (x->from < y->from); /* DATE_NONE is before all days */
}

/* The parents by place. A chain that comes back to itself is cut, so that walking up always ends. */
static const uint32_t *find_parents(const ExprCodes *codes, Arena *arena)
{
    uint32_t n = codes->set->n, *parents = ARENA_ARRAY(arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++)
        parents[i] = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        Str parent = codes_at(codes, i)->parent;
        int64_t above = parent.p ? text_set_find(codes->set, parent) : -1;
        uint32_t up = above < 0 ? UINT32_MAX : (uint32_t) above;
        while (up != UINT32_MAX && up != i)
            up = parents[up];
        if (up != i && above >= 0)
            parents[i] = (uint32_t) above;
    }
    return parents;
}

const ExprCodes *expr_codes_new(Arena *arena, Str name, const ExprCode *given, size_t n, bool ranked)
{
    ExprCode *sorted = ARENA_ARRAY(arena, ExprCode, n);
    if (n > 0)
        memcpy(sorted, given, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_code);
    Str *texts = ARENA_ARRAY(arena, Str, n);
    uint32_t *first = ARENA_ARRAY(arena, uint32_t, n + 1), different = 0;
    ExprCodes *codes = ARENA_NEW(arena, ExprCodes);
    for (size_t i = 0; i < n; i++) {
        codes->dated |= sorted[i].from != DATE_NONE || sorted[i].to != DATE_NONE;
        if (i > 0 && str_eq(sorted[i].code, sorted[i - 1].code))
            continue;
        texts[different] = sorted[i].code;
        first[different++] = (uint32_t) i;
    }
    first[different] = (uint32_t) n;
    codes->name = name;
    codes->codes = sorted;
    codes->first = first;
    codes->ranked = ranked;
    codes->set = text_set_new(arena, texts, different);
    codes->parents = find_parents(codes, arena);
    return codes;
}

Str expr_codes_name(const ExprCodes *codes)
{
    return codes->name;
}

bool codes_valid_on(const ExprCodes *codes, size_t place, Date on)
{
    for (uint32_t i = codes->first[place]; i < codes->first[place + 1]; i++) {
        const ExprCode *code = &codes->codes[i];
        if ((code->from == DATE_NONE || code->from <= on) && (code->to == DATE_NONE || on <= code->to))
            return true;
    }
    return false;
}

const uint8_t *codes_below(const ExprCodes *codes, size_t place, Arena *arena)
{
    uint8_t *below = ARENA_ARRAY(arena, uint8_t, codes->set->n);
    for (uint32_t i = 0; i < codes->set->n; i++) {
        uint32_t up = i;
        while (up != UINT32_MAX && up != place)
            up = codes->parents[up];
        below[i] = up == place;
    }
    return below;
}

uint64_t expr_dict_id(void)
{
    static uint64_t last;
    return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}
