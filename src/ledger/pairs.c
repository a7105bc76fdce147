#include "ledger/pairs.h"

#include "base/text.h"

#include "base/banned.h"

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

/* Two characters of 16 bits: beyond the basic plane two may share a value, which harms nothing. */
static size_t add_pairs(Str text, uint32_t *v, size_t n, size_t max)
{
    uint32_t last = 0;
    for (size_t at = 0; at < text.n && n < max;) {
        uint32_t c = text_fold_char(utf8_next(text, &at));
        if (!g_unichar_isalnum(c))
            continue;
        if (last)
            v[n++] = last << 16 | (c & 0xFFFF);
        last = c & 0xFFFF;
    }
    return n;
}

Pairs pairs_of(Str title, Str text, Arena *arena)
{
    uint32_t *v = ARENA_ARRAY(arena, uint32_t, 2 * PAIRS_CHARS);
    size_t n = add_pairs(text, v, add_pairs(title, v, 0, PAIRS_CHARS), 2 * PAIRS_CHARS), kept = 0;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || v[i] != v[i - 1])
            v[kept++] = v[i];
    return (Pairs) { v, kept };
}

int pairs_share(const Pairs *a, const Pairs *b)
{
    size_t shared = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->v[i] == b->v[k])
            shared++, i++, k++;
        else if (a->v[i] < b->v[k])
            i++;
        else
            k++;
    }
    return a->n + b->n ? (int) (2000 * shared / (a->n + b->n)) : 0;
}

/* --- Many ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t pair, text;
} Posting;

struct PairsIndex {
    const Pairs *texts;
    size_t n_texts;
    Posting *postings; /* sorted by pair */
    size_t n;
    uint32_t *shared; /* of each text with the one that is asked for; all 0 between two questions */
    uint32_t *met;    /* texts whose `shared` is not 0 */
};

static int by_pair(const void *a, const void *b)
{
    const Posting *x = a, *y = b;
    if (x->pair != y->pair)
        return x->pair < y->pair ? -1 : 1;
    return (x->text > y->text) - (x->text < y->text);
}

PairsIndex *pairs_index_new(const Pairs *texts, size_t n, Arena *arena)
{
    PairsIndex *index = ARENA_NEW(arena, PairsIndex);
    size_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += texts[i].n;
    *index = (PairsIndex) { texts, n, ARENA_ARRAY(arena, Posting, MAX(all, 1)), 0, ARENA_ARRAY(arena, uint32_t, MAX(n, 1)), ARENA_ARRAY(arena, uint32_t, MAX(n, 1)) };
    memset(index->shared, 0, MAX(n, 1) * sizeof *index->shared);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < texts[i].n; k++)
            index->postings[index->n++] = (Posting) { texts[i].v[k], (uint32_t) i };
    qsort(index->postings, index->n, sizeof *index->postings, by_pair);
    return index;
}

static size_t first_posting(const PairsIndex *index, uint32_t pair)
{
    size_t low = 0, high = index->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->postings[middle].pair < pair)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_shared(PairsIndex *index, const Pairs *text)
{
    size_t met = 0;
    for (size_t i = 0; i < text->n; i++)
        for (size_t p = first_posting(index, text->v[i]); p < index->n && index->postings[p].pair == text->v[i]; p++) {
            uint32_t other = index->postings[p].text;
            if (index->shared[other]++ == 0)
                index->met[met++] = other;
        }
    return met;
}

static size_t keep_best(PairsHit *hits, size_t n, size_t max, PairsHit hit)
{
    size_t at = n;
    while (at > 0 && (hits[at - 1].score < hit.score || (hits[at - 1].score == hit.score && hits[at - 1].index > hit.index)))
        at--;
    if (at == max)
        return n;
    n = MIN(n + 1, max);
    memmove(&hits[at + 1], &hits[at], (n - at - 1) * sizeof *hits);
    hits[at] = hit;
    return n;
}

size_t pairs_index_find(PairsIndex *index, const Pairs *text, int score, PairsHit *hits, size_t max)
{
    size_t met = count_shared(index, text), n = 0;
    for (size_t i = 0; i < met; i++) {
        uint32_t other = index->met[i];
        int found = (int) (2000 * (size_t) index->shared[other] / (text->n + index->texts[other].n));
        index->shared[other] = 0;
        if (found >= score)
            n = keep_best(hits, n, max, (PairsHit) { other, found });
    }
    return n;
}
