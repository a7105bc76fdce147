/* random.h: private to city: numbers by chance that are counted, not drawn: each is a function of the seed and of what it is for (which person, which occurrence, which field), so that
 * nothing changes when something else is asked first, is left out, or runs on another thread. */
#pragma once

#include "base/str.h"

/* Scatters 64 bits: each bit of the answer depends on all (the finalizer of splitmix64; Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static inline uint64_t random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* One number of two: the order counts. */
static inline uint64_t random_of(uint64_t a, uint64_t b)
{
    return random_mix(random_mix(a + UINT64_C(0x9E3779B97F4A7C15)) ^ (b * UINT64_C(0xD1342543DE82EF95)));
}

/* What a name is for. */
uint64_t random_key(uint64_t seed, Str name);

/* At least 0, below 1. */
static inline double random_unit(uint64_t x)
{
    return (double) (x >> 11) * 0x1p-53;
}

/* 0 to n - 1. */
static inline uint64_t random_below(uint64_t x, uint64_t n)
{
    return (uint64_t) (((unsigned __int128) x * n) >> 64);
}

/* Mean 0, deviation 1, never beyond 6: the sum of twelve even ones, which needs no function that differs between machines. */
double random_normal(uint64_t x);

/* How many events there are where `mean` are expected; at most a thousand. */
unsigned random_events(uint64_t x, double mean);

/* The place among n weights that were added up (the last is their sum, above 0). */
size_t random_place(uint64_t x, const double *sums, size_t n);
