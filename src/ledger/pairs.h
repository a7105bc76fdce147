/* pairs.h: private to ledger: how much two texts share, by their pairs of neighbouring letters and digits (Dice's coefficient). */
#pragma once

#include "base/arena.h"

/* The different pairs of a text, sorted. At most the first PAIRS_CHARS characters count: an item's sentence, not its whole page. */
typedef struct {
    uint32_t *v;
    size_t n;
} Pairs;

enum { PAIRS_CHARS = 400 };

Pairs pairs_of(Str title, Str text, Arena *arena); /* valid UTF-8 */

/* 0 to 1000: twice the shared over all. */
int pairs_share(const Pairs *a, const Pairs *b);

/* Many texts, asked for those that share much with one: by lists of where each pair stands, so that most are never looked at. */
typedef struct PairsIndex PairsIndex;
PairsIndex *pairs_index_new(const Pairs *texts, size_t n, Arena *arena);

typedef struct {
    size_t index;
    int score;
} PairsHit;

/* The best `max` of at least `score`, best first; ties by index. Returns how many. */
size_t pairs_index_find(PairsIndex *index, const Pairs *text, int score, PairsHit *hits, size_t max);
